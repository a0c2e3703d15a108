//! What the switch's lines do to a case: drafts, settling, late legs, put-throughs, the caller ringing again.
//!
//! A switch prints a leg when it *ends*: the leg that names somebody may come minutes after the case was settled.
//!
//! **Invariants.** A name that stands is never replaced. What a person decided (closed, reopened) is never moved by a
//! late leg. The same leg read twice changes nothing the second time.
//!
//! **Not here**: which legs make a call and who answered it ([`crate::call`]), offers by people (`handover`).

use jiff::Timestamp;

use crate::case::Refusal;
use crate::case::decide::Work;
use crate::case::event::{Event, Holding, TransferEffect};
use crate::case::life::To;
use crate::case::policy::TransferRule;
use crate::case::state::{CaseKind, CaseState, DeadlineKind};
use crate::ids::{CallId, CaseId};

/// A transferee who talks for less did not take the call over.
const TAKEN_OVER_SECONDS: i64 = 10;

impl Work<'_> {
    /// A draft's holding, computed again.
    pub(super) fn redraft(&mut self, holding: &Holding) -> Result<(), Refusal> {
        if self.case.settled {
            return Err(self.wrong_state("redraft"));
        }
        if self.case.is_open() && !self.case.is_held_as(holding) {
            self.emit(Event::Redrafted(Box::new(holding.clone())));
        }
        Ok(())
    }

    /// The call is complete. A draft that was voided meanwhile gets no clocks.
    pub(super) fn settle(&mut self) {
        if self.case.settled {
            return;
        }
        self.emit(Event::Settled);
        if self.case.is_open() {
            self.first_deadlines();
        }
    }

    /// Whom the whole call names, now that a late leg came.
    pub(super) fn late_evidence(&mut self, holding: &Holding, evidence: &str) {
        let case = &self.case;
        if case.state == CaseState::Void {
            return;
        }
        if !case.settled {
            if !case.is_held_as(holding) {
                self.emit(Event::Redrafted(Box::new(holding.clone())));
            }
            return;
        }
        let missed = case.kind == CaseKind::Callback;
        match (&case.first_answerer, &holding.first_answerer) {
            (None, None) if !missed => {}
            (Some(stands), Some(named)) if stands == named => {}
            (None, _) if !case.acted && case.offer.is_none() => self.answerer_found(holding, missed),
            (_, named) => {
                // What was judged already (`correct`) is not raised again by each later leg.
                if (case.evidence_heard || case.evidence_differs) && case.evidence_person == *named {
                    return;
                }
                self.emit(Event::EvidenceDiffered {
                    person: named.clone(),
                    evidence: evidence.to_owned(),
                });
            }
        }
    }

    fn answerer_found(&mut self, holding: &Holding, was_missed: bool) {
        self.emit(Event::AnswererFound(Box::new(holding.clone())));
        if was_missed {
            self.first_deadlines();
        }
    }

    /// What a put-through would do now.
    pub(super) fn transfer_effect(&self, answered_at: Timestamp, talk_seconds: i64) -> TransferEffect {
        let overtaken = self
            .case
            .passed_on
            .iter()
            .any(|passed| passed.effect == TransferEffect::Moved && passed.answered_at > answered_at);
        if talk_seconds < TAKEN_OVER_SECONDS || self.case.acted || !self.case.is_open() || overtaken {
            return TransferEffect::Evidence;
        }
        match self.ctx.policy.opens.transfer {
            TransferRule::Accept => TransferEffect::Moved,
            TransferRule::Offer => TransferEffect::Offered,
            TransferRule::None => TransferEffect::Evidence,
        }
    }

    /// The caller was put through; a draft waits until it is settled.
    pub(super) fn put_through(&mut self, event: Event) {
        let Event::PutThrough {
            to,
            extension,
            answered_at,
            effect,
            ..
        } = &event
        else {
            return;
        };
        let offered = (*effect == TransferEffect::Offered && *to != self.case.handler)
            .then(|| (to.clone(), (*answered_at).min(self.ctx.now)));
        if !self.case.settled || self.case.state == CaseState::Void {
            return;
        }
        let seen = self
            .case
            .passed_on
            .iter()
            .find(|p| p.extension == *extension && p.answered_at == *answered_at);
        let news = match seen {
            None => true,
            Some(seen) => seen.effect == TransferEffect::Evidence && *effect != TransferEffect::Evidence,
        };
        if news {
            if *effect != TransferEffect::Evidence {
                let relayed = (*answered_at).min(self.ctx.now);
                self.pass_until(relayed, |kind| kind == DeadlineKind::Relay);
            }
            self.emit(event);
            if let Some((to, since)) = offered {
                self.offer(To::Person(to.clone()), to, None, since, String::new());
            }
        }
    }

    /// The caller rang again; once for each call.
    pub(super) fn chase(&mut self, call: CallId, case: Option<CaseId>) -> Result<(), Refusal> {
        if !self.case.is_open() {
            return Err(self.wrong_state("chase"));
        }
        if !self.case.chased_by.contains(&call) {
            self.emit(Event::Chased { call, case });
        }
        Ok(())
    }

    /// A draft that turns out to be the caller's return to somebody who has their case: it ends, the other goes on.
    pub(super) fn attach(&mut self, to: CaseId) -> Result<(), Refusal> {
        if self.case.settled || !self.case.is_open() || self.case.acted || to == self.case.id {
            return Err(self.wrong_state("attach"));
        }
        self.emit(Event::Attached { to });
        Ok(())
    }

    /// The other side of it: the call counts here, once.
    pub(super) fn join(&mut self, call: CallId, from: CaseId) -> Result<(), Refusal> {
        self.chase(call, None)?;
        self.emit(Event::Joined { call, from });
        Ok(())
    }

    /// Ties the case to an earlier one; the first tie stays.
    pub(super) fn link(&mut self, to: CaseId) -> Result<(), Refusal> {
        if to == self.case.id {
            return Err(Refusal::Unknown {
                field: "of",
                given: format!("#{to}"),
                known: Vec::new(),
            });
        }
        if self.case.linked.is_none() {
            self.emit(Event::Linked { to });
        }
        Ok(())
    }
}
