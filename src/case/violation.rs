//! Violations as facts of the case: what was breached, by whom, and what became of it.
//!
//! ```text
//! Breached (a deadline)  --\
//!                           > Violation, pending --confirm--> confirmed (scores)
//! Suspected (a candidate) -/                     --waive----> waived
//! ```
//! **Invariants.** A violation is never taken back, by nothing that happens to the case. Nobody rules on themselves:
//! confirming and waiving are for somebody above the person concerned, or a manager. A ruling stands. A deadline that was
//! found late and turns out to have been met in time is waived by the switch's own evidence.
//!
//! **Not here**: the table that lists them (`register`), complaints and what they find.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::case::decide::{Work, required, trimmed};
use crate::case::event::Event;
use crate::case::state::{Actor, Case, Deadline, DeadlineKind};
use crate::case::{Refusal, permit};
use crate::ids::{CallId, CaseId, PersonId};

/// Kinds of violation, with the names that policies and lists use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViolationKind {
    /// Not written down in time.
    LateRegister,
    /// Not handed over in time.
    LateRelay,
    /// An offer not answered in time.
    LateAccept,
    /// The caller not spoken to in time.
    LateContact,
    /// Not closed in time.
    LateClose,
    /// Not closed again in time.
    LateRedo,
    /// No staged feedback in time.
    LateFeedback,
    /// A missed caller not called back in time.
    LateCallback,
    /// The caller was not told where the matter went.
    NotTold,
    /// Moved to and fro.
    BuckPassing,
    /// The same caller rang again soon after the closing.
    RepeatContact,
    /// A date promised beyond the limit.
    OverPromise,
    /// Cold (by complaint).
    Cold,
    /// Rude (by complaint).
    Rude,
    /// Used the matter for favours (by complaint).
    Favours,
    /// Would not give their name (by complaint).
    NameRefused,
}

/// What became of a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not ruled on yet.
    #[default]
    Pending,
    /// Counts.
    Confirmed,
    /// Excused; stays visible.
    Waived,
}

/// One violation of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// What.
    pub kind: ViolationKind,
    /// Who is charged; nobody where the first answerer is ambiguous.
    pub person: Option<PersonId>,
    /// When: the deadline's own instant, or that of what raised the suspicion.
    pub at: Timestamp,
    /// The call that shows it.
    pub call: Option<CallId>,
    /// The other case that shows it.
    pub other: Option<CaseId>,
    /// In words, as far as there is more to say.
    pub text: String,
    /// What became of it.
    pub status: Status,
    /// Why it was confirmed or waived.
    pub reason: Option<String>,
    /// What the policy's list of sanctions was drawn on for.
    pub sanction: Option<String>,
}

impl ViolationKind {
    /// The name as policies write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LateRegister => "late_register",
            Self::LateRelay => "late_relay",
            Self::LateAccept => "late_accept",
            Self::LateContact => "late_contact",
            Self::LateClose => "late_close",
            Self::LateRedo => "late_redo",
            Self::LateFeedback => "late_feedback",
            Self::LateCallback => "late_callback",
            Self::NotTold => "not_told",
            Self::BuckPassing => "buck_passing",
            Self::RepeatContact => "repeat_contact",
            Self::OverPromise => "over_promise",
            Self::Cold => "cold",
            Self::Rude => "rude",
            Self::Favours => "favours",
            Self::NameRefused => "name_refused",
        }
    }

    /// What the breach of a deadline is.
    pub fn late(deadline: DeadlineKind) -> Self {
        match deadline {
            DeadlineKind::Register => Self::LateRegister,
            DeadlineKind::Relay => Self::LateRelay,
            DeadlineKind::Accept => Self::LateAccept,
            DeadlineKind::Contact => Self::LateContact,
            DeadlineKind::Close => Self::LateClose,
            DeadlineKind::Redo => Self::LateRedo,
            DeadlineKind::Feedback => Self::LateFeedback,
            DeadlineKind::Callback => Self::LateCallback,
        }
    }
}

impl Violation {
    /// A fact not ruled on yet.
    pub(super) fn new(kind: ViolationKind, person: Option<PersonId>, at: Timestamp) -> Self {
        Self {
            kind,
            person,
            at,
            call: None,
            other: None,
            text: String::new(),
            status: Status::Pending,
            reason: None,
            sanction: None,
        }
    }
}

impl Case {
    /// The deadline whose breach a violation is.
    pub fn breach_of(&self, violation: &Violation) -> Option<&Deadline> {
        self.deadlines
            .iter()
            .filter(|row| row.breached_at.is_some())
            .find(|row| ViolationKind::late(row.kind) == violation.kind && row.due_at == violation.at)
    }

    /// What proves a violation: the deadline as it stood, the call or case that shows it, and who had the case when.
    pub fn evidence_of(&self, violation: &Violation) -> serde_json::Value {
        let deadline = self.breach_of(violation);
        serde_json::json!({
            "started_at": deadline.map(|row| row.started_at),
            "due_at": deadline.map(|row| row.due_at),
            "why": deadline.map(|row| &row.why),
            "call": violation.call,
            "other_case": violation.other,
            "text": violation.text,
            "custody": self.custody,
        })
    }
}

/// Why a breach that the clock found is excused: the line that shows it came only when the call had ended.
pub(super) const IN_TIME: &str = "话单表明是在时限内办到的 (the call log shows that it was done in time)";

impl Work<'_> {
    /// Waives what was found late before the switch told that it was done in time, unless somebody ruled on it.
    pub(super) fn excuse(&mut self) {
        let excused = |violation: &Violation| {
            violation.status == Status::Pending
                && self.case.deadlines.iter().any(|row| {
                    let late = ViolationKind::late(row.kind) == violation.kind && row.due_at == violation.at;
                    late && row.met_at.is_some() && !row.was_late()
                })
        };
        let found: Vec<usize> = (0..)
            .zip(&self.case.violations)
            .filter(|(_, one)| excused(one))
            .map(|(at, _)| at)
            .collect();
        for at in found {
            let violation = u32::try_from(at).unwrap_or(u32::MAX);
            self.emit(Event::ShownInTime { violation });
        }
    }

    /// Confirms or waives one of the case's violations.
    pub(super) fn rule_on(
        &mut self,
        index: u32,
        confirmed: bool,
        reason: &str,
        sanction: &Option<String>,
    ) -> Result<(), Refusal> {
        let known = || {
            let pending = self.case.violations.iter().enumerate();
            pending
                .filter(|(_, violation)| violation.status == Status::Pending)
                .map(|(at, _)| at.to_string())
                .collect()
        };
        let found = usize::try_from(index).ok().and_then(|at| self.case.violations.get(at));
        let Some(violation) = found.filter(|violation| violation.status == Status::Pending) else {
            return Err(Refusal::Unknown {
                field: "violation",
                given: index.to_string(),
                known: known(),
            });
        };
        permit::check_ruling(&self.case, violation.person.as_ref(), self.ctx)?;
        let sanction = trimmed(sanction).filter(|_| confirmed);
        if let Some(given) = &sanction
            && !self.ctx.policy.sanctions.contains(given)
        {
            return Err(Refusal::Unknown {
                field: "sanction",
                given: given.clone(),
                known: self.ctx.policy.sanctions.clone(),
            });
        }
        let reason = required(reason, "reason")?;
        self.emit(Event::ViolationRuled {
            violation: index,
            confirmed,
            reason,
            sanction,
        });
        Ok(())
    }

    /// The switch saw the caller again, soon after the case was closed as dealt with.
    pub(super) fn repeat_contact(&mut self, call: CallId, other: Option<CaseId>, at: Timestamp) {
        let case = &self.case;
        let (Some(within), Some(closed_at), Some(outcome)) =
            (self.ctx.policy.repeat_within, case.closed_at, case.outcome)
        else {
            return;
        };
        let soon = self.ctx.calendar.shift(closed_at, within).is_ok_and(|end| at <= end);
        let seen = case
            .violations
            .iter()
            .any(|old| old.kind == ViolationKind::RepeatContact && old.call == Some(call));
        if !soon || seen || !outcome.dealt_with() {
            return;
        }
        let person = (case.certainty != crate::call::Certainty::Ambiguous || case.custody.len() > 1)
            .then(|| case.handler.clone());
        self.emit(Event::Suspected {
            violation: ViolationKind::RepeatContact,
            person,
            since: at,
            call: Some(call),
            other,
            text: String::new(),
        });
    }

    /// A candidate: counts only once somebody above has confirmed it.
    pub(super) fn suspect(&mut self, violation: ViolationKind, person: Option<PersonId>, text: &str) {
        self.emit(Event::Suspected {
            violation,
            person,
            since: self.ctx.now,
            call: None,
            other: None,
            text: text.to_owned(),
        });
    }

    /// The person who acts, where a person does.
    pub(super) fn acting(&self) -> Option<PersonId> {
        match self.ctx.actor {
            Actor::Person(person) => Some(person.clone()),
            Actor::Admin | Actor::Switch | Actor::Clock => None,
        }
    }
}
