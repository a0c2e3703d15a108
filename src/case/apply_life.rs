//! The second half of [`super::apply`]: moves between people, and what people and the supervisor say of a case.

use jiff::Timestamp;

use crate::call::Certainty;
use crate::case::event::Event;
use crate::case::life::{Asked, Contact, Meant, Offer};
use crate::case::state::{Case, CaseState, DeadlineKind};
use crate::case::violation::{IN_TIME, Status, Violation};
use crate::case::wait::Pause;
use crate::ids::{DepartmentId, PersonId};

impl Case {
    pub(super) fn take_move(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::Offered {
                to,
                answerable,
                by,
                since,
                text,
            } => {
                self.state = CaseState::Offered;
                self.acted |= by.is_some();
                self.relayed_at = self.relayed_at.or(Some(*since));
                self.meet(*since, |kind| kind == DeadlineKind::Relay);
                self.offer = Some(Offer {
                    to: to.clone(),
                    answerable: answerable.clone(),
                    by: by.clone(),
                    since: *since,
                    text: text.clone(),
                });
            }
            Event::Accepted { by, department } => {
                self.moves += 1;
                self.offer_ends(Some(at));
                self.taken_over(by, department, at, "accepted");
            }
            Event::Returned { to, department, .. } => {
                self.returns += 1;
                self.acted = true;
                self.offer_ends(Some(at));
                if let (Some(to), Some(department)) = (to, department) {
                    self.move_to(to, department, at, "returned");
                }
            }
            Event::Lapsed { .. } => {
                self.returns += 1;
                self.offer_ends(None);
            }
            Event::Assigned { to, department, .. } => {
                self.relayed_at = self.relayed_at.or(Some(at));
                self.meet(at, |kind| kind == DeadlineKind::Relay);
                self.offer_ends(None);
                self.taken_over(to, department, at, "assigned");
            }
            Event::RuledTo { to, department, .. } => {
                self.disputed = false;
                self.offer_ends(None);
                self.taken_over(to, department, at, "ruled");
            }
            Event::Frozen { to, text, .. } => {
                self.offer_ends(None);
                self.meant = to.clone().map(|to| Meant { to, text: text.clone() });
                self.state = CaseState::Frozen;
                self.acted = true;
            }
            // Taken elsewhere, see `apply`.
            Event::Opened(_)
            | Event::Redrafted(_)
            | Event::Settled
            | Event::AnswererFound(_)
            | Event::EvidenceDiffered { .. }
            | Event::PutThrough { .. }
            | Event::DeadlineSet { .. }
            | Event::DeadlineMet { .. }
            | Event::DeadlineDropped { .. }
            | Event::DeadlineMissing { .. }
            | Event::CalendarChanged { .. }
            | Event::Breached { .. }
            | Event::Registered(_)
            | Event::ToldOnce(_)
            | Event::Noted { .. }
            | Event::Closed { .. }
            | Event::Reopened { .. }
            | Event::Voided { .. }
            | Event::Chased { .. }
            | Event::Linked { .. }
            | Event::Attached { .. }
            | Event::Joined { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::Contacted { .. }
            | Event::Promised { .. }
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
            | Event::ViolationRuled { .. } => {}
        }
    }

    /// Back from `Offered`: answered, if `met_at` says when.
    pub(super) fn offer_ends(&mut self, met_at: Option<Timestamp>) {
        self.offer = None;
        self.meant = None;
        if matches!(self.state, CaseState::Offered | CaseState::Frozen) {
            self.state = CaseState::Open;
        }
        if let Some(met_at) = met_at {
            self.meet(met_at, |kind| kind == DeadlineKind::Accept);
        }
        self.drop_live(|kind| kind == DeadlineKind::Accept);
    }

    fn taken_over(&mut self, person: &PersonId, department: &DepartmentId, at: Timestamp, how: &str) {
        self.acted = true;
        self.co_handlers.retain(|helps| helps != person);
        self.move_to(person, department, at, how);
    }

    pub(super) fn take_word(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::Contacted {
                call,
                by,
                since,
                talk_seconds,
                ..
            } => self.contacted(*since, *call, by, *talk_seconds),
            Event::Promised { until, .. } => self.promised = Some(*until),
            Event::Paused { reason, text, until } => {
                self.acted = true;
                self.state = CaseState::Waiting;
                self.pauses.push(Pause {
                    reason: reason.clone(),
                    text: text.clone(),
                    from: at,
                    until: *until,
                    to: None,
                });
            }
            Event::Resumed { since, .. } => {
                self.pause_over(*since);
                self.state = CaseState::Open;
            }
            Event::Extended { .. } => self.extended += 1,
            Event::Asked {
                what,
                until,
                text,
                by,
                caller_told,
            } => {
                self.asked = Some(Asked {
                    what: *what,
                    until: *until,
                    text: text.clone(),
                    by: by.clone(),
                    caller_told: caller_told.clone(),
                });
            }
            Event::Approved { .. } => self.asked = None,
            Event::Hot { .. } => self.hot = true,
            Event::Declined { what, reason, .. } => {
                match what {
                    Some(_) => self.asked = None,
                    None => self.disputed = false,
                }
                self.declined = Some(reason.clone());
            }
            Event::Disputed { by, .. } => {
                self.disputed = true;
                self.disputed_by = by.clone();
            }
            Event::Unreasonable { .. } => self.unreasonable = true,
            Event::CoHandlerAdded { person } => self.co_handlers.push(person.clone()),
            Event::Corrected {
                to, department, moved, ..
            } => {
                self.first_answerer = Some(to.clone());
                self.certainty = Certainty::Certain;
                self.evidence_differs = false;
                self.disputed = false;
                if *moved {
                    self.taken_over(to, department, at, "corrected");
                }
            }
            Event::Suspected {
                violation,
                person,
                since,
                call,
                other,
                text,
            } => self.violations.push(Violation {
                call: *call,
                other: *other,
                text: text.clone(),
                ..Violation::new(*violation, person.clone(), *since)
            }),
            Event::ShownInTime { violation } => self.ruled(*violation, Status::Waived, IN_TIME, &None),
            Event::ViolationRuled {
                violation,
                confirmed,
                reason,
                sanction,
            } => {
                let status = if *confirmed { Status::Confirmed } else { Status::Waived };
                self.ruled(*violation, status, reason, sanction);
                // Who ruled on all that there was to rule on has heard the other side.
                self.disputed &= self.violations.iter().any(|row| row.status == Status::Pending);
            }
            // Taken elsewhere, see `apply`.
            Event::Opened(_)
            | Event::Redrafted(_)
            | Event::Settled
            | Event::AnswererFound(_)
            | Event::EvidenceDiffered { .. }
            | Event::PutThrough { .. }
            | Event::DeadlineSet { .. }
            | Event::DeadlineMet { .. }
            | Event::DeadlineDropped { .. }
            | Event::DeadlineMissing { .. }
            | Event::CalendarChanged { .. }
            | Event::Breached { .. }
            | Event::Registered(_)
            | Event::ToldOnce(_)
            | Event::Noted { .. }
            | Event::Closed { .. }
            | Event::Reopened { .. }
            | Event::Voided { .. }
            | Event::Chased { .. }
            | Event::Linked { .. }
            | Event::Attached { .. }
            | Event::Joined { .. }
            | Event::Offered { .. }
            | Event::Accepted { .. }
            | Event::Returned { .. }
            | Event::Lapsed { .. }
            | Event::Assigned { .. }
            | Event::Frozen { .. }
            | Event::RuledTo { .. } => {}
        }
    }

    fn ruled(&mut self, violation: u32, status: Status, reason: &str, sanction: &Option<String>) {
        let at = usize::try_from(violation).unwrap_or(usize::MAX);
        if let Some(row) = self.violations.get_mut(at) {
            row.status = status;
            row.reason = Some(reason.to_owned());
            row.sanction.clone_from(sanction);
        }
    }

    /// Ends the pause that lasts, if one does.
    pub(super) fn pause_over(&mut self, at: Timestamp) {
        if let Some(pause) = self.pauses.last_mut().filter(|pause| pause.to.is_none()) {
            pause.to = Some(at.max(pause.from));
        }
    }

    /// Meets what waits for contact, if its clock had started by then.
    fn contacted(
        &mut self,
        since: Timestamp,
        call: Option<crate::ids::CallId>,
        by: &Option<PersonId>,
        talk_seconds: Option<i64>,
    ) {
        self.contacts.push(Contact {
            call,
            at: since,
            by: by.clone(),
            talk_seconds,
        });
        let rows = self.deadlines.iter_mut();
        for row in rows.filter(|row| row.is_live() && row.kind.waits_for_contact() && row.started_at <= since) {
            row.met_at = Some(since);
        }
    }
}
