//! Events make the state: the only place where a case changes.
//!
//! **Invariants.** Nothing is refused here and nothing is looked up: an event that was decided once gives the same
//! case for ever, whatever the policy, the calendar and the directory have become since. A breach is never taken
//! back. The last entry of the custody ledger is always the handler's.
//!
//! **Not here**: whether an event may happen ([`super::decide`]).

use jiff::Timestamp;

use crate::case::event::{Event, EventRow, Holding, Opening, Particulars, TransferEffect};
use crate::case::life::To;
use crate::case::state::{
    Case, CaseKind, CaseState, Custody, Deadline, DeadlineKind, Outcome, PassedOn, Undated, Words,
};
use crate::case::violation::{Violation, ViolationKind};
use crate::ids::{CaseId, DepartmentId, PersonId};

impl Case {
    /// The case that an opening makes: a draft of version 1, opened at `at` by our clock.
    pub fn from_opening(id: CaseId, opening: &Opening, at: Timestamp) -> Self {
        let holding = &opening.holding;
        let custody = vec![first_custody(holding, at)];
        Self {
            id,
            version: 1,
            kind: opening.kind,
            state: CaseState::Open,
            settled: false,
            registered: false,
            registered_at: None,
            call: opening.call,
            duty: opening.duty,
            category: opening.category.clone(),
            first_answerer: holding.first_answerer.clone(),
            certainty: holding.certainty,
            handler: holding.handler.clone(),
            co_handlers: Vec::new(),
            department: holding.department.clone(),
            extension: holding.extension.clone(),
            caller_number: opening.caller_number.clone(),
            caller_key: opening.caller_key.clone(),
            caller_name: opening.caller_name.clone(),
            name_given: false,
            anonymous: false,
            phone: None,
            matter: None,
            opened_at: holding.clock_base,
            clock_flagged: holding.clock_flagged,
            received_at: opening.received_at,
            closed_at: None,
            outcome: None,
            closing_text: None,
            caller_told: None,
            right_body: None,
            right_phone: None,
            tried: None,
            told: None,
            linked: None,
            chases: 0,
            chased_by: Vec::new(),
            passed_on: Vec::new(),
            evidence_differs: false,
            evidence_person: None,
            evidence_heard: false,
            acted: false,
            policy: opening.policy.clone(),
            deadlines: Vec::new(),
            undated: Vec::new(),
            custody,
            offer: None,
            meant: None,
            relayed_at: None,
            moves: 0,
            returns: 0,
            contacts: Vec::new(),
            promised: None,
            pauses: Vec::new(),
            extended: 0,
            asked: None,
            hot: false,
            disputed: false,
            disputed_by: None,
            declined: None,
            unreasonable: false,
            violations: Vec::new(),
        }
    }

    /// The case that its events make; `None` unless they begin with an opening.
    pub fn fold(id: CaseId, rows: &[EventRow]) -> Option<Self> {
        let (first, rest) = rows.split_first()?;
        let Event::Opened(opening) = &first.event else {
            return None;
        };
        let mut case = Self::from_opening(id, opening, first.at);
        for row in rest {
            case.apply(row);
        }
        Some(case)
    }

    /// Takes one more event.
    pub fn apply(&mut self, row: &EventRow) {
        if row.counts && !matches!(row.event, Event::Opened(_)) {
            self.version += 1;
        }
        self.take(row.at, &row.event);
    }

    /// What an event changes besides the version.
    pub(super) fn take(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::Opened(_) | Event::Noted { .. } => {}
            Event::Redrafted(holding) => self.redraft(holding, at),
            Event::Settled => self.settled = true,
            Event::AnswererFound(holding) => self.answerer_found(holding, at),
            Event::EvidenceDiffered { person, .. } => {
                self.evidence_differs = true;
                self.evidence_heard = true;
                self.evidence_person = person.clone();
            }
            Event::PutThrough {
                to,
                department,
                extension,
                answered_at,
                effect,
                ..
            } => {
                let passed = PassedOn {
                    extension: extension.clone(),
                    answered_at: *answered_at,
                    effect: *effect,
                };
                self.put_through(passed, to, department, at);
            }
            Event::DeadlineSet {
                deadline,
                started_at,
                due_at,
                why,
                given,
            } => self.set_deadline(Deadline {
                given: *given,
                ..Deadline::set(*deadline, *started_at, *due_at, at, why)
            }),
            Event::DeadlineMet { deadline, met_at } => self.deadline_met(*deadline, *met_at),
            Event::DeadlineDropped { deadline } => self.drop_live(|kind| kind == *deadline),
            Event::CalendarChanged {
                deadline,
                started_at,
                due_at,
                why,
                ..
            } => self.set_deadline(Deadline::set(*deadline, *started_at, *due_at, at, why)),
            Event::DeadlineMissing {
                deadline,
                started_at,
                why,
            } => {
                self.undated.retain(|undated| undated.kind != *deadline);
                self.undated.push(Undated {
                    kind: *deadline,
                    started_at: *started_at,
                    why: why.clone(),
                });
            }
            Event::Breached {
                deadline,
                due_at,
                charged_to,
            } => self.breach(*deadline, *due_at, charged_to, at),
            Event::Registered(particulars) => self.write_down(particulars),
            Event::ToldOnce(told) => self.told = Some(told.clone()),
            Event::Closed { outcome, text, of, .. } => {
                self.outcome = Some(*outcome);
                self.closing_text = Some(text.clone());
                self.linked = of.or(self.linked);
                self.close(*outcome, at);
            }
            Event::Reopened { .. } => self.reopen(at),
            Event::Voided { .. } => {
                self.end(CaseState::Void, at);
                self.not_closed();
                self.drop_live(|_| true);
            }
            Event::Chased { call, .. } => {
                self.chases += 1;
                self.chased_by.push(*call);
            }
            Event::Linked { to } => self.linked = Some(*to),
            Event::Attached { to } => {
                self.settled = true;
                self.linked = Some(*to);
                self.end(CaseState::Void, at);
            }
            Event::Joined { .. } => {}
            Event::Offered { .. }
            | Event::Accepted { .. }
            | Event::Returned { .. }
            | Event::Lapsed { .. }
            | Event::Assigned { .. }
            | Event::Frozen { .. }
            | Event::RuledTo { .. } => self.take_move(at, event),
            Event::Contacted { .. }
            | Event::Promised { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::Extended { .. }
            | Event::Asked { .. }
            | Event::Approved { .. }
            | Event::Declined { .. }
            | Event::Hot { .. }
            | Event::Corrected { .. }
            | Event::Disputed { .. }
            | Event::Unreasonable { .. }
            | Event::CoHandlerAdded { .. }
            | Event::Suspected { .. }
            | Event::ShownInTime { .. }
            | Event::ViolationRuled { .. } => self.take_word(at, event),
        }
    }

    fn redraft(&mut self, holding: &Holding, at: Timestamp) {
        self.first_answerer = holding.first_answerer.clone();
        self.certainty = holding.certainty;
        self.handler = holding.handler.clone();
        self.department = holding.department.clone();
        self.extension = holding.extension.clone();
        self.opened_at = holding.clock_base;
        self.clock_flagged = holding.clock_flagged;
        self.custody = vec![first_custody(holding, at)];
    }

    fn answerer_found(&mut self, holding: &Holding, at: Timestamp) {
        self.first_answerer = holding.first_answerer.clone();
        self.certainty = holding.certainty;
        if self.kind == CaseKind::Callback {
            self.kind = CaseKind::Call;
            self.opened_at = holding.clock_base;
            self.clock_flagged = holding.clock_flagged;
            self.drop_live(|kind| kind == DeadlineKind::Callback);
        }
        if holding.extension.is_some() {
            self.extension = holding.extension.clone();
        }
        let never_moved = self.custody.len() <= 1;
        if never_moved {
            self.move_to(&holding.handler, &holding.department, at, &holding.how);
        }
    }

    fn put_through(&mut self, passed: PassedOn, to: &PersonId, department: &DepartmentId, at: Timestamp) {
        // A switch's clock that is ahead must not date custody into the future.
        let from = passed.answered_at.min(at);
        if passed.effect == TransferEffect::Moved && self.handler != *to {
            self.moves += 1;
            self.move_to(to, department, from, "put_through");
            // They have the caller on the line: what waited for their acceptance waits no more.
            let waited = self.offer.as_ref().filter(|offer| offer.to == To::Person(to.clone()));
            if let Some(since) = waited.map(|offer| offer.since) {
                self.offer_ends(Some(from.max(since)));
            }
        }
        if passed.effect != TransferEffect::Evidence {
            self.relayed_at = self.relayed_at.or(Some(from));
            self.meet(from, |kind| kind == DeadlineKind::Relay);
        }
        self.passed_on
            .retain(|seen| !(seen.extension == passed.extension && seen.answered_at == passed.answered_at));
        self.passed_on.push(passed);
    }

    pub(super) fn move_to(&mut self, person: &PersonId, department: &DepartmentId, from: Timestamp, how: &str) {
        if self.handler == *person {
            return;
        }
        let mut from = from;
        if let Some(last) = self.custody.last_mut() {
            from = from.max(last.from);
            last.to = Some(from);
        }
        self.custody.push(Custody {
            person: person.clone(),
            from,
            to: None,
            how: how.to_owned(),
        });
        self.handler = person.clone();
        self.department = department.clone();
    }

    fn set_deadline(&mut self, row: Deadline) {
        self.drop_live(|live| live == row.kind);
        self.undated.retain(|undated| undated.kind != row.kind);
        self.deadlines.push(row);
    }

    fn deadline_met(&mut self, kind: DeadlineKind, met_at: Timestamp) {
        if kind == DeadlineKind::Register && !self.registered {
            self.registered = true;
            self.registered_at = Some(met_at);
        }
        self.meet(met_at, |live| live == kind);
    }

    fn breach(&mut self, kind: DeadlineKind, due_at: Timestamp, charged_to: &Option<PersonId>, at: Timestamp) {
        let passed = |row: &&mut Deadline| row.kind == kind && row.due_at == due_at && row.breached_at.is_none();
        if let Some(row) = self.deadlines.iter_mut().rev().find(passed) {
            row.breached_at = Some(at);
            row.charged_to = charged_to.clone();
            let late = ViolationKind::late(kind);
            self.violations.push(Violation::new(late, charged_to.clone(), due_at));
        }
    }

    fn write_down(&mut self, given: &Particulars) {
        fn keep<T: Clone>(slot: &mut Option<T>, given: &Option<T>) {
            if given.is_some() {
                slot.clone_from(given);
            }
        }
        if given.anonymous {
            self.anonymous = true;
        }
        if given.caller_name.is_some() {
            self.name_given = true;
            self.anonymous = false;
        }
        keep(&mut self.caller_name, &given.caller_name);
        keep(&mut self.phone, &given.phone);
        keep(&mut self.matter, &given.matter);
        keep(&mut self.caller_told, &given.caller_told);
        keep(&mut self.right_body, &given.right_body);
        keep(&mut self.right_phone, &given.right_phone);
        keep(&mut self.tried, &given.tried);
        keep(&mut self.duty, &given.duty);
        if let Some(category) = &given.category {
            self.category = category.clone();
        }
    }

    fn close(&mut self, outcome: Outcome, at: Timestamp) {
        self.end(CaseState::Closed, at);
        self.closed_at = Some(at);
        self.meet(at, |kind| match kind {
            DeadlineKind::Register | DeadlineKind::Contact | DeadlineKind::Close | DeadlineKind::Redo => true,
            DeadlineKind::Relay => outcome == Outcome::Guided,
            DeadlineKind::Callback => outcome == Outcome::CalledBack,
            DeadlineKind::Accept | DeadlineKind::Feedback => false,
        });
        self.drop_live(|_| true);
    }

    fn end(&mut self, state: CaseState, at: Timestamp) {
        self.state = state;
        self.acted = true;
        self.offer = None;
        self.asked = None;
        self.pause_over(at);
        if let Some(last) = self.custody.last_mut()
            && last.to.is_none()
        {
            last.to = Some(at.max(last.from));
        }
    }

    fn reopen(&mut self, at: Timestamp) {
        self.state = CaseState::Open;
        self.not_closed();
        self.custody.push(Custody {
            person: self.handler.clone(),
            from: at,
            to: None,
            how: "reopened".to_owned(),
        });
    }

    /// A closing that holds no longer; its events tell of it.
    fn not_closed(&mut self) {
        self.closed_at = None;
        self.outcome = None;
        self.closing_text = None;
    }

    pub(super) fn meet(&mut self, met_at: Timestamp, which: impl Fn(DeadlineKind) -> bool) {
        for row in self.deadlines.iter_mut().filter(|row| row.is_live() && which(row.kind)) {
            row.met_at = Some(met_at);
        }
    }

    pub(super) fn drop_live(&mut self, which: impl Fn(DeadlineKind) -> bool) {
        for row in self.deadlines.iter_mut().filter(|row| row.is_live() && which(row.kind)) {
            row.dropped = true;
        }
    }
}

impl Deadline {
    /// A counted one, to be met.
    fn set(kind: DeadlineKind, started_at: Timestamp, due_at: Timestamp, set_at: Timestamp, why: &Words) -> Self {
        Self {
            kind,
            started_at,
            due_at,
            set_at,
            met_at: None,
            breached_at: None,
            charged_to: None,
            why: why.clone(),
            given: false,
            dropped: false,
        }
    }
}

fn first_custody(holding: &Holding, at: Timestamp) -> Custody {
    Custody {
        person: holding.handler.clone(),
        from: holding.clock_base.min(at),
        to: None,
        how: holding.how.clone(),
    }
}
