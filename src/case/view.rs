//! What is read off a case: nothing here is stored.

use jiff::Timestamp;

use crate::case::Refusal;
use crate::case::event::{Holding, TransferEffect};
use crate::case::state::{Case, CaseState, Deadline, DeadlineKind};
use crate::case::violation::{Status, Violation};
use crate::ids::PersonId;

impl DeadlineKind {
    /// Whether speaking to the caller meets it.
    pub(super) fn waits_for_contact(self) -> bool {
        matches!(self, Self::Contact | Self::Feedback)
    }
}

impl Deadline {
    /// Still watched: neither met nor dropped. It may be late.
    pub fn is_live(&self) -> bool {
        self.met_at.is_none() && !self.dropped
    }

    /// Met when it was due or later, or found passed and not met; the instant itself is late.
    pub fn was_late(&self) -> bool {
        match self.met_at {
            Some(met_at) => met_at >= self.due_at,
            None => self.breached_at.is_some(),
        }
    }
}

impl Case {
    /// Neither closed nor void.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, CaseState::Closed | CaseState::Void)
    }

    /// Somebody disagrees with it and has no answer yet; also on a closed case.
    pub fn is_disputed(&self) -> bool {
        self.disputed && self.settled && self.state != CaseState::Void
    }

    /// The earliest deadline that is still to be met; none while a draft.
    pub fn due(&self) -> Option<&Deadline> {
        self.deadlines
            .iter()
            .filter(|row| row.is_live() && !self.is_paused(row.kind))
            .min_by_key(|row| row.due_at)
    }

    /// Whether a deadline has passed and is still to be met.
    pub fn overdue(&self, now: Timestamp) -> bool {
        self.is_open() && self.settled && self.due().is_some_and(|row| row.due_at <= now)
    }

    /// Violations that were not waived, whatever came after.
    pub fn violations(&self) -> usize {
        let standing = |violation: &&Violation| violation.status != Status::Waived;
        self.violations.iter().filter(standing).count()
    }

    /// Who is urged about a deadline: the handler, or whoever is to answer the offer.
    pub fn urged(&self, deadline: DeadlineKind) -> &PersonId {
        match &self.offer {
            Some(offer) if deadline == DeadlineKind::Accept => &offer.answerable,
            _ => &self.handler,
        }
    }

    /// The deadline of a kind that is still to be met.
    pub fn live(&self, kind: DeadlineKind) -> Option<&Deadline> {
        self.deadlines
            .iter()
            .rev()
            .find(|row| row.kind == kind && row.is_live())
    }

    /// Who held the case at an instant, by the custody ledger; before it begins, the first who had it.
    pub fn holder_at(&self, at: Timestamp) -> &PersonId {
        let held = self.custody.iter().rev().find(|entry| entry.from <= at);
        held.or(self.custody.first())
            .map_or(&self.handler, |entry| &entry.person)
    }

    /// When the switch first passed the caller on to somebody who took the call over.
    pub fn first_passed_on(&self) -> Option<Timestamp> {
        let passed = self
            .passed_on
            .iter()
            .filter(|passed| passed.effect != TransferEffect::Evidence);
        passed.map(|passed| passed.answered_at).min()
    }

    /// Whether the switch saw somebody speak to the caller after the matter had been passed on.
    pub fn called_since_relay(&self) -> bool {
        let proved = |since| {
            self.contacts
                .iter()
                .any(|contact| contact.call.is_some() && contact.at >= since)
        };
        self.relayed_at.is_some_and(proved)
    }

    /// Refuses what was decided on an older version.
    ///
    /// # Errors
    /// [`Refusal::Stale`] with both versions.
    pub fn check_version(&self, known: u64) -> Result<(), Refusal> {
        if known == self.version {
            Ok(())
        } else {
            Err(Refusal::Stale {
                known,
                now: self.version,
            })
        }
    }

    /// Whether a draft's first answerer and handler are those already.
    pub(super) fn is_held_as(&self, holding: &Holding) -> bool {
        self.first_answerer == holding.first_answerer
            && self.certainty == holding.certainty
            && self.handler == holding.handler
            && self.department == holding.department
            && self.extension == holding.extension
            && self.opened_at == holding.clock_base
            && self.clock_flagged == holding.clock_flagged
            && self.custody.first().is_some_and(|first| first.how == holding.how)
    }
}
