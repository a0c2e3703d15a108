//! The policy versions that cases live under, kept once read: a version never changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::case::policy::DutyRule;
use crate::case::{Case, Policy};
use crate::register::read::Reader;
use crate::register::{self, Rules};
use crate::web::Needs;

/// Id and version.
type Key = (String, String);

/// Versions that were read from the register.
#[derive(Debug, Clone, Default)]
pub(super) struct Versions(Arc<Mutex<HashMap<Key, Arc<Policy>>>>);

impl Versions {
    /// The version a case keeps for life; the one in force if the register does not know it.
    pub(super) fn of(&self, case: &Case, rules: &Rules, reader: &Reader) -> Result<Arc<Policy>, register::Error> {
        let current = &rules.policy;
        if (&case.policy.0, &case.policy.1) == (&current.id, &current.version) {
            return Ok(Arc::clone(current));
        }
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().get(&case.policy).cloned();
        if let Some(policy) = known {
            return Ok(policy);
        }
        let Some(policy) = reader.policy(&case.policy)? else {
            return Ok(Arc::clone(current));
        };
        let policy = Arc::new(policy);
        kept().insert(case.policy.clone(), Arc::clone(&policy));
        Ok(policy)
    }
}

/// What closing a case needs by its policy; if it is not closed on its own business day, what is then needed too.
pub(super) fn needs(case: &Case, policy: &Policy, rules: &Rules, now: Timestamp) -> Needs {
    let late = !rules.calendar.same_business_day(case.opened_at, now);
    let of = |rule: &DutyRule| {
        let more = rule.not_at_once.iter().filter(|_| late);
        rule.needs.iter().chain(more).cloned().collect()
    };
    policy.duties.iter().map(|(duty, rule)| (*duty, of(rule))).collect()
}
