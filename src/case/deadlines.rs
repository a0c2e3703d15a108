//! Setting deadlines, and finding that they have passed.
//!
//! ```text
//! kind      counts from            met by                                   charged to
//! register  answer                 registering, closing                     holder when it fell due
//! relay     answer, by the duty    offer, put-through, assigning, guided    first answerer
//! accept    offer                  accepting, returning; passing ends it    who was to answer, or the head
//! contact   taking over            speaking to the caller, closing          holder when it fell due
//! close     answer (or promise)    closing                                  holder when it fell due
//! redo      reopening              closing                                  holder when it fell due
//! feedback  last contact           speaking to the caller                   holder when it fell due
//! callback  hang-up                called back                              holder when it fell due
//! ```
//! **Invariants.** Late is what was met when it was due or later, or is due and unmet. A switch tells what happened when
//! the call ends: what it tells of in time excuses a breach that the clock found meanwhile, which stays as a fact; what
//! it tells of too late is a breach though the clock has not looked yet. No deadline falls before receipt plus the policy's floor. What can't be computed is no deadline
//! in a far year but a `DeadlineMissing` with its reason. Nobody is charged for having
//! been named where the first answerer is ambiguous.
//!
//! **Not here**: who is told about it ([`super::ladder`]), when `feedback` runs ([`super::feedback`]).

use jiff::Timestamp;

use crate::calendar::{Calendar, Due, NoWorkingTime, Since, Span, explain};
use crate::call::Certainty;
use crate::case::decide::Work;
use crate::case::event::Event;
use crate::case::policy::Duty;
use crate::case::state::{Case, CaseKind, DeadlineKind, Words};
use crate::case::wait::joined;
use crate::directory::Lang;
use crate::ids::PersonId;

impl Work<'_> {
    /// The deadlines that a complete call (or missed call, or visit) starts with.
    pub(super) fn first_deadlines(&mut self) {
        let policy = self.ctx.policy;
        let base = self.case.opened_at;
        if self.case.kind == CaseKind::Callback {
            if let Some(span) = policy.clock.callback {
                self.set(DeadlineKind::Callback, base, span);
            }
            return;
        }
        if let Some(span) = policy.clock.register {
            self.set(DeadlineKind::Register, base, span);
        }
        if let Some(met_at) = self.case.registered_at {
            self.meet(DeadlineKind::Register, met_at);
        }
        self.close_deadline();
        self.relay_deadline();
    }

    /// The close deadline of the category that stands, counted from the answer; none once the case was closed.
    pub(super) fn close_deadline(&mut self) {
        let met = self
            .case
            .deadlines
            .iter()
            .any(|row| row.kind == DeadlineKind::Close && row.met_at.is_some());
        // A date the caller was promised stands, whatever the category.
        if met || self.case.kind == CaseKind::Callback || self.case.promised.is_some() {
            return;
        }
        let close = self
            .ctx
            .policy
            .categories
            .get(&self.case.category)
            .map(|category| category.close);
        if let Some(span) = close {
            self.set(DeadlineKind::Close, self.case.opened_at, span);
        }
    }

    /// The relay deadline, once it is known that the matter isn't the answerer's own.
    pub(super) fn relay_deadline(&mut self) {
        if self.case.kind == CaseKind::Callback {
            return;
        }
        let Some(span) = self.case.duty.and_then(|duty| relay_span(self.ctx.policy, duty)) else {
            if self.case.live(DeadlineKind::Relay).is_some() {
                self.emit(Event::DeadlineDropped {
                    deadline: DeadlineKind::Relay,
                });
            }
            return;
        };
        let met = self
            .case
            .deadlines
            .iter()
            .any(|row| row.kind == DeadlineKind::Relay && row.met_at.is_some());
        if met {
            return;
        }
        self.set(DeadlineKind::Relay, self.case.opened_at, span);
        // The switch may have passed the caller on before anybody said whose matter it is.
        if let Some(met_at) = self.case.first_passed_on() {
            self.meet(DeadlineKind::Relay, met_at);
        }
    }

    /// Sets a deadline, or replaces the one of its kind. One that is late stays unless the new one is still to come.
    pub(super) fn set(&mut self, kind: DeadlineKind, base: Timestamp, span: Span) {
        match self.due_with_pauses(kind, base, span) {
            Ok((due, pauses)) => {
                if let Some(row) = self.case.live(kind)
                    && (row.due_at == due.at || (row.breached_at.is_some() && due.at <= self.ctx.now))
                {
                    return;
                }
                // Before any other contact, feedback counts from the answer.
                let said = kind == DeadlineKind::Feedback && base == self.case.opened_at;
                let told_from = if said { DeadlineKind::Close } else { kind };
                let mut why = words(&due, self.ctx.calendar, since(told_from, self.case.kind));
                if let Some(pauses) = &pauses {
                    why = joined(&why, pauses);
                }
                self.emit(Event::DeadlineSet {
                    deadline: kind,
                    started_at: base,
                    due_at: due.at,
                    why,
                    given: false,
                });
            }
            Err(NoWorkingTime { .. }) => {
                if !self.case.undated.iter().any(|undated| undated.kind == kind) {
                    self.emit(Event::DeadlineMissing {
                        deadline: kind,
                        started_at: Some(base),
                        why: no_working_time(),
                    });
                }
            }
        }
    }

    /// Records every deadline that has passed unmet, once.
    pub(super) fn pass(&mut self) {
        self.pause_ends();
        self.pass_until(self.ctx.now, |_| true);
        self.lapse();
    }

    /// The same of some kinds only and by an instant: what happened then found them passed.
    pub(super) fn pass_until(&mut self, at: Timestamp, which: impl Fn(DeadlineKind) -> bool) {
        let passed: Vec<_> = self
            .case
            .deadlines
            .iter()
            .filter(|row| row.is_live() && row.breached_at.is_none() && row.due_at <= at && which(row.kind))
            .filter(|row| !self.case.is_paused(row.kind))
            .map(|row| (row.kind, row.due_at))
            .collect();
        for (deadline, due_at) in passed {
            let charged_to = charged(&self.case, deadline, due_at);
            self.emit(Event::Breached {
                deadline,
                due_at,
                charged_to,
            });
        }
    }

    /// A deadline was met at an instant that may lie back; if it had passed by then, it is late all the same.
    pub(super) fn meet(&mut self, deadline: DeadlineKind, met_at: Timestamp) {
        self.pass_until(met_at, |kind| kind == deadline);
        self.emit(Event::DeadlineMet { deadline, met_at });
    }
}

pub(super) fn due(
    ctx: &crate::case::Context<'_>,
    base: Timestamp,
    received_at: Timestamp,
    span: Span,
) -> Result<Due, NoWorkingTime> {
    let clock = &ctx.policy.clock;
    let due = ctx.calendar.due(base, span, clock.count_from)?;
    // A floor in business time that can't be computed must not cost the deadlines that run day and night.
    let floor = ctx.calendar.shift(received_at, clock.floor).ok();
    Ok(match floor {
        Some(floor) => due.not_before(floor),
        None => due,
    })
}

pub(super) fn relay_span(policy: &crate::case::Policy, duty: Duty) -> Option<Span> {
    match duty {
        Duty::Unit | Duty::Other | Duty::Unclear => policy.duties.get(&duty)?.relay,
        Duty::Own | Duty::Outside => None,
    }
}

fn charged(case: &Case, kind: DeadlineKind, due_at: Timestamp) -> Option<PersonId> {
    // Who got the case only because nobody knows who answered is not charged; who took it over since is.
    let unsure = case.certainty == Certainty::Ambiguous;
    let first_holder = || case.custody.get(1).is_none_or(|second| second.from > due_at);
    match kind {
        DeadlineKind::Accept => case.offer.as_ref().map(|offer| offer.answerable.clone()),
        DeadlineKind::Relay => case.first_answerer.clone().filter(|_| !unsure),
        _ if unsure && first_holder() => None,
        DeadlineKind::Register
        | DeadlineKind::Contact
        | DeadlineKind::Close
        | DeadlineKind::Redo
        | DeadlineKind::Feedback
        | DeadlineKind::Callback => Some(case.holder_at(due_at).clone()),
    }
}

pub(super) fn since(deadline: DeadlineKind, case: CaseKind) -> Since {
    match deadline {
        DeadlineKind::Register | DeadlineKind::Relay | DeadlineKind::Close => match case {
            CaseKind::Call => Since::Answered,
            CaseKind::Callback => Since::HungUp,
            CaseKind::Visit => Since::Received,
        },
        DeadlineKind::Accept => Since::Offered,
        DeadlineKind::Contact => Since::Accepted,
        DeadlineKind::Redo => Since::Reopened,
        DeadlineKind::Feedback => Since::Contacted,
        DeadlineKind::Callback => Since::HungUp,
    }
}

pub(super) fn words(due: &Due, calendar: &Calendar, since: Since) -> Words {
    let say = |lang| explain(due, &calendar.zone, lang, since);
    Words {
        zh: say(Lang::Zh),
        en: say(Lang::En),
    }
}

fn no_working_time() -> Words {
    Words {
        zh: "日历中没有可计的工作时间，无法算出时限；请管理员检查日历".to_owned(),
        en: "the calendar has no working time to count, so no due date could be computed; \
             the administrator should check the calendar"
            .to_owned(),
    }
}
