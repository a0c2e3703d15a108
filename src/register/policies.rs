//! Policy versions: a case lives under the one in force at its answer, for life.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, params};

use super::{Error, instant, millis};
use crate::case::Policy;

/// All versions the database has seen.
#[derive(Clone)]
pub(super) struct Policies {
    versions: HashMap<(String, String), Arc<Policy>>,
    /// When each came into force, earliest first.
    timeline: Vec<(Timestamp, Arc<Policy>)>,
    current: Arc<Policy>,
}

impl Policies {
    pub(super) fn read(conn: &Connection, current: &Arc<Policy>) -> Result<Self, Error> {
        let mut policies = Self {
            versions: HashMap::new(),
            timeline: Vec::new(),
            current: Arc::clone(current),
        };
        let mut statement =
            conn.prepare("SELECT id, version, text, in_force_from FROM policy ORDER BY in_force_from, loaded_at")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key: (String, String) = (row.get(0)?, row.get(1)?);
            let text: String = row.get(2)?;
            let policy = if key == (current.id.clone(), current.version.clone()) {
                Arc::clone(current)
            } else {
                let label = format!("policy {} version {}", key.0, key.1);
                let stored = crate::config::policy_from_text(&label, &text);
                Arc::new(stored.map_err(|problems| Error::Garbled {
                    what: label,
                    detail: problems.summary(),
                })?)
            };
            policies.timeline.push((instant(row.get(3)?), Arc::clone(&policy)));
            policies.versions.insert(key, policy);
        }
        Ok(policies)
    }

    /// Stores a version if it is new: in force from its date or from now, whichever is later.
    pub(super) fn adopt(
        &mut self,
        conn: &Connection,
        policy: &Arc<Policy>,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.current = Arc::clone(policy);
        let key = (policy.id.clone(), policy.version.clone());
        let newest = self.timeline.last().map(|(_, p)| (p.id.clone(), p.version.clone()));
        if newest.as_ref() == Some(&key) {
            return Ok(());
        }
        let effective = zone
            .to_timestamp(policy.effective.at(0, 0, 0, 0))
            .unwrap_or(Timestamp::MIN);
        let from = if self.timeline.is_empty() {
            effective
        } else {
            effective.max(now)
        };
        conn.execute(
            "INSERT INTO policy(id, version, text, loaded_at, in_force_from) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT(id, version) DO UPDATE SET loaded_at = excluded.loaded_at, in_force_from = excluded.in_force_from",
            params![policy.id, policy.version, policy.text, millis(now), millis(from)],
        )?;
        self.timeline
            .retain(|(_, p)| (p.id.as_str(), p.version.as_str()) != (key.0.as_str(), key.1.as_str()));
        self.timeline.push((from, Arc::clone(policy)));
        self.timeline.sort_by_key(|(from, _)| *from);
        self.versions.insert(key, Arc::clone(policy));
        Ok(())
    }

    /// The version in force at an answer; the first known one for answers before any.
    pub(super) fn at(&self, answer: Timestamp) -> Arc<Policy> {
        let found = self
            .timeline
            .iter()
            .rev()
            .find(|(from, _)| *from <= answer)
            .or(self.timeline.first());
        Arc::clone(found.map_or(&self.current, |(_, policy)| policy))
    }

    /// The version a case keeps.
    pub(super) fn of(&self, key: &(String, String)) -> Arc<Policy> {
        Arc::clone(self.versions.get(key).unwrap_or(&self.current))
    }
}
