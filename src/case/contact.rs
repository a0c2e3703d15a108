//! Speaking with the caller again: stated, or proved by the switch.
//!
//! | what the switch saw | an answered call's case | a missed call's case |
//! | --- | --- | --- |
//! | a call to the caller by the handler's department | contact; never closes it | called back, closed |
//! | any other answered call to or from the caller | nothing | called back, closed |
//!
//! **Invariants.** A call is evidence once. It counts from its own answer time, which lies after the missed call. Where
//! stamps lack seconds, it may be as late as they allow: who called back within the minute is not charged for a stamp.
//!
//! **Not here**: finding the cases of a number (`register`).

use jiff::{SignedDuration, Timestamp};

use crate::case::decide::{Work, required};
use crate::case::event::{Event, Particulars};
use crate::case::opening;
use crate::case::policy::Duty;
use crate::case::state::{CaseKind, DeadlineKind, Outcome};
use crate::case::{Case, CaseState, Refusal};
use crate::ids::{CallId, CategoryId, PersonId};

/// An answered call to or from the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// Which.
    pub call: CallId,
    /// Our side of it, as far as the directory knows.
    pub by: Option<PersonId>,
    /// The extension.
    pub extension: Option<String>,
    /// When it was answered, by the PBX.
    pub at: Timestamp,
    /// How coarse the stamps are: the answer was less than so many seconds after `at`.
    pub resolution_seconds: i64,
    /// For how long, in seconds.
    pub talk_seconds: i64,
    /// We called; else the caller did.
    pub outgoing: bool,
}

impl Spoken {
    /// When it was answered, as far as the case can tell: within what the stamps leave open, after what it follows.
    fn since(&self, case: &Case) -> Timestamp {
        let waiting = case
            .deadlines
            .iter()
            .filter(|row| row.is_live() && row.kind.waits_for_contact());
        let followed = [case.opened_at]
            .into_iter()
            .chain(case.relayed_at)
            .chain(waiting.map(|row| row.started_at));
        let open = SignedDuration::from_secs(self.resolution_seconds.max(1));
        let possible = followed.filter(|from| from.duration_since(self.at) < open);
        possible.max().map_or(self.at, |from| from.max(self.at))
    }
}

impl Work<'_> {
    /// Stated by a person.
    pub(super) fn contact(&mut self, text: &str) -> Result<(), Refusal> {
        self.still_open("contact")?;
        let text = required(text, "text")?;
        self.emit(Event::Contacted {
            call: None,
            by: self.acting(),
            extension: None,
            since: self.ctx.now,
            talk_seconds: None,
            text,
        });
        Ok(())
    }

    /// Seen by the switch.
    pub(super) fn spoken(&mut self, spoken: &Spoken) {
        let case = &self.case;
        let seen = case.call == Some(spoken.call) || case.contacts.iter().any(|old| old.call == Some(spoken.call));
        // A switch's clock that is ahead must not date a contact into the future.
        let since = spoken.since(case).min(self.ctx.now);
        if seen || !case.is_open() || since < case.opened_at {
            return;
        }
        let callback = case.kind == CaseKind::Callback;
        let of_department = spoken.by.as_ref().is_some_and(|person| {
            let found = self.ctx.directory.person(person);
            found.is_some_and(|found| found.department == case.department)
        });
        let counts = callback || (spoken.outgoing && of_department);
        if !counts {
            return;
        }
        let meets = |kind: DeadlineKind| kind.waits_for_contact() || callback && kind == DeadlineKind::Callback;
        self.pass_until(since, meets);
        self.emit(Event::Contacted {
            call: Some(spoken.call),
            by: spoken.by.clone(),
            extension: spoken.extension.clone(),
            since,
            talk_seconds: Some(spoken.talk_seconds),
            text: String::new(),
        });
        if callback {
            self.settle();
            self.meet(DeadlineKind::Callback, since);
            self.emit(Event::Closed {
                outcome: Outcome::CalledBack,
                text: String::new(),
                of: None,
                evidence: Some(spoken.call),
            });
        }
    }

    /// A code keyed on the phone: fills what nobody has said yet, and closes what nobody has acted on.
    pub(super) fn code(
        &mut self,
        code: &str,
        duty: Option<Duty>,
        category: Option<&CategoryId>,
        outcome: Option<Outcome>,
    ) {
        let case = &self.case;
        if case.acted || case.state != CaseState::Open || case.kind == CaseKind::Callback {
            return;
        }
        let policy = self.ctx.policy;
        let chosen = Some(&case.category) != opening::default_category(policy).as_ref();
        let said = Particulars {
            duty: duty.filter(|_| case.duty.is_none()),
            category: category.cloned().filter(|_| !chosen),
            ..Particulars::default()
        };
        // A code of the policy names what the policy has; one that does not says nothing.
        let _ = self.write_down(said);
        let outcome = outcome.filter(|outcome| !matches!(outcome, Outcome::CalledBack | Outcome::Duplicate));
        if let Some(outcome) = outcome.filter(|_| self.case.settled) {
            self.emit(Event::Closed {
                outcome,
                text: code.to_owned(),
                of: None,
                evidence: self.case.call,
            });
        }
    }
}
