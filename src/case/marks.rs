//! What people say of a case besides its matter: hot, disputed, unreasonable, who helps, who really answered first.
//!
//! **Invariants.** Only the supervisor's `correct` replaces a first answerer, with its reason and both sets of
//! evidence in the event; breaches found before stay charged as they were.

use crate::case::Refusal;
use crate::case::decide::{Work, required};
use crate::case::event::Event;
use crate::case::life::Ask;
use crate::case::permit;
use crate::ids::PersonId;

impl Work<'_> {
    pub(super) fn hot(&mut self, text: &str) -> Result<(), Refusal> {
        self.still_open("hot")?;
        let text = required(text, "text")?;
        if !self.case.hot {
            self.emit(Event::Hot { text });
        }
        Ok(())
    }

    pub(super) fn dispute(&mut self, text: &str) -> Result<(), Refusal> {
        let text = required(text, "text")?;
        let by = self.acting();
        self.emit(Event::Disputed { by, text });
        Ok(())
    }

    /// Confirmed by somebody above; from the handler it is a question to them.
    pub(super) fn unreasonable(&mut self, reason: &str) -> Result<(), Refusal> {
        let reason = required(reason, "reason")?;
        if self.case.unreasonable {
            return Ok(());
        }
        if permit::may_rule(&self.case, self.ctx) {
            self.emit(Event::Unreasonable { reason });
        } else {
            self.still_open("unreasonable")?;
            self.ask(Ask::Unreasonable, None, &reason, None)?;
        }
        Ok(())
    }

    pub(super) fn co_handler(&mut self, person: &PersonId) -> Result<(), Refusal> {
        self.still_open("co-handler")?;
        let known = self.ctx.directory.person(person).is_some();
        if !known || *person == self.case.handler {
            return Err(unknown(person));
        }
        if !self.case.co_handlers.contains(person) {
            self.emit(Event::CoHandlerAdded { person: person.clone() });
        }
        Ok(())
    }

    pub(super) fn correct(&mut self, to: &PersonId, reason: &str) -> Result<(), Refusal> {
        if !self.case.settled || self.case.state == crate::case::CaseState::Void {
            return Err(self.wrong_state("correct"));
        }
        let known = self.ctx.directory.person(to).is_some();
        if !known || self.case.first_answerer.as_ref() == Some(to) {
            return Err(unknown(to));
        }
        let reason = required(reason, "reason")?;
        // Whoever had it only because they were thought to have answered gives it up.
        let moved = self.case.is_open() && self.case.custody.len() == 1 && self.case.offer.is_none();
        self.emit(Event::Corrected {
            to: to.clone(),
            department: self.department_of(to),
            was: self.case.first_answerer.clone(),
            evidence: self.case.evidence_person.clone(),
            moved,
            reason,
        });
        Ok(())
    }
}

fn unknown(person: &PersonId) -> Refusal {
    Refusal::Unknown {
        field: "to",
        given: person.to_string(),
        known: Vec::new(),
    }
}
