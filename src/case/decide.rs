//! Commands become events, or a refusal. The front door; each verb has its room behind it.
//!
//! ```text
//! open(opening)  -> Opened [, Settled, deadlines]          a visit is complete at once, a call is a draft
//! decide(case, command) -> who may? -> what passed meanwhile? -> the verb's events
//! ```
//! **Invariants.** A deadline that has passed by `ctx.now` is recorded before a person's verb takes effect, so that
//! closing one second late is late. Evidence of the switch is older than its line: it counts before the passing.
//! A command that changes nothing gives no events.
//!
//! **Not here**: the version a person knew ([`Case::check_version`] is for the caller, inside its transaction).

use crate::case::event::{Event, Opening};
use crate::case::state::{Actor, Case, CaseKind, CaseState, DeadlineKind, Told};
use crate::case::{Command, Context, Refusal, permit};
use crate::ids::CaseId;

/// A decision under way: the events so far, and the case as they leave it.
pub(super) struct Work<'a> {
    pub(super) case: Case,
    pub(super) ctx: &'a Context<'a>,
    pub(super) events: Vec<Event>,
}

impl<'a> Work<'a> {
    fn on(case: Case, ctx: &'a Context<'a>) -> Self {
        Self {
            case,
            ctx,
            events: Vec::new(),
        }
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.case.take(self.ctx.now, &event);
        self.events.push(event);
    }

    /// A wrong state for a verb.
    pub(super) fn wrong_state(&self, verb: &'static str) -> Refusal {
        Refusal::WrongState {
            state: self.case.state,
            verb,
        }
    }
}

/// The events of a new case: a draft for calls, missed or answered; a visit is complete, its clocks run.
pub fn open(id: CaseId, opening: Opening, ctx: &Context<'_>) -> Vec<Event> {
    let mut work = Work::on(Case::from_opening(id, &opening, ctx.now), ctx);
    let complete = opening.kind == CaseKind::Visit;
    work.events.push(Event::Opened(Box::new(opening)));
    if complete {
        work.settle();
        work.pass();
    }
    work.events
}

/// What a command does to a case.
///
/// # Errors
/// Why it does nothing: not permitted, a wrong state, missing steps, unknown values.
pub fn decide(case: &Case, command: &Command, ctx: &Context<'_>) -> Result<Vec<Event>, Refusal> {
    permit::check(case, command, ctx)?;
    let mut work = Work::on(case.clone(), ctx);
    if command.is_by_people() {
        work.pass();
    }
    work.act(command)?;
    // What only the clock or the calendar did leaves the caller's matter as long as it was.
    if !matches!(command, Command::Pass | Command::Recount { .. }) {
        work.follow_feedback();
    }
    // What the switch says is older than its line: all of it counts before the clock looks, or has looked.
    match ctx.actor {
        Actor::Switch => work.excuse(),
        Actor::Person(_) | Actor::Clock | Actor::Admin => work.pass(),
    }
    Ok(work.events)
}

impl Work<'_> {
    /// Each command's room.
    fn act(&mut self, command: &Command) -> Result<(), Refusal> {
        match command {
            Command::Redraft(holding) => self.redraft(holding)?,
            Command::Settle => self.settle(),
            Command::LateEvidence { holding, evidence } => self.late_evidence(holding, evidence),
            Command::PutThrough {
                to,
                department,
                extension,
                answered_at,
                talk_seconds,
            } => self.put_through(Event::PutThrough {
                to: to.clone(),
                department: department.clone(),
                extension: extension.clone(),
                answered_at: *answered_at,
                talk_seconds: *talk_seconds,
                effect: self.transfer_effect(*answered_at, *talk_seconds),
            }),
            Command::Chase { call, case } => self.chase(*call, *case)?,
            Command::Link { to } => self.link(*to)?,
            Command::Attach { to } => self.attach(*to)?,
            Command::Join { call, from } => self.join(*call, *from)?,
            Command::Spoken(spoken) => self.spoken(spoken),
            Command::Code {
                code,
                duty,
                category,
                outcome,
            } => self.code(code, *duty, category.as_ref(), *outcome),
            Command::RepeatContact { call, case, at } => self.repeat_contact(*call, *case, *at),
            Command::Pass => {}
            Command::Recount { at, edited } => self.recount(*at, *edited),
            Command::HandOver { to, text, particulars } => self.hand_over(to.as_ref(), text, particulars)?,
            Command::Accept => self.accept()?,
            Command::Return { reason } => self.give_back(reason)?,
            Command::Assign { to, reason } => self.assign(to, reason)?,
            Command::Rule { to, reason } => self.rule(to.as_ref(), reason)?,
            Command::Contact { text } => self.contact(text)?,
            Command::Promise { until, text } => self.promise(*until, text)?,
            Command::Wait { reason, text, until } => self.wait(reason, text, *until)?,
            Command::Resume { text } => self.resume(text)?,
            Command::Extend {
                until,
                text,
                caller_told,
            } => self.extend(*until, text, caller_told)?,
            Command::Approve { text } => self.approve(text)?,
            Command::Decline { reason } => self.decline(reason)?,
            Command::Hot { text } => self.hot(text)?,
            Command::Correct { to, reason } => self.correct(to, reason)?,
            Command::Dispute { text } => self.dispute(text)?,
            Command::Unreasonable { reason } => self.unreasonable(reason)?,
            Command::CoHandler { person } => self.co_handler(person)?,
            Command::RuleOn {
                violation,
                confirmed,
                reason,
                sanction,
            } => self.rule_on(*violation, *confirmed, reason, sanction)?,
            Command::Register(particulars) => self.register(particulars)?,
            Command::TellOnce(told) => self.tell_once(told)?,
            Command::Note { text } => self.note(text)?,
            Command::Close {
                outcome,
                text,
                of,
                particulars,
            } => self.close(*outcome, text, *of, particulars)?,
            Command::Reopen { reason } => self.reopen(reason)?,
            Command::Void { reason } => self.void(reason)?,
        }
        Ok(())
    }

    fn note(&mut self, text: &str) -> Result<(), Refusal> {
        let text = required(text, "text")?;
        self.emit(Event::Noted { text });
        Ok(())
    }

    /// Closed and void cases are not written on, except remarks.
    pub(super) fn still_open(&self, verb: &'static str) -> Result<(), Refusal> {
        if self.case.is_open() {
            Ok(())
        } else {
            Err(self.wrong_state(verb))
        }
    }

    fn tell_once(&mut self, told: &Told) -> Result<(), Refusal> {
        self.still_open("told-once")?;
        let told = Told {
            basis: trimmed(&told.basis),
            procedure: trimmed(&told.procedure),
            materials: trimmed(&told.materials),
            limit: trimmed(&told.limit),
            text: trimmed(&told.text),
        };
        if told == Told::default() {
            return Err(Refusal::Lacks(vec!["basis|procedure|materials|limit|text".to_owned()]));
        }
        // What was told stays told: a second notice adds to the first.
        let before = self.case.told.clone().unwrap_or_default();
        let told = Told {
            basis: told.basis.or(before.basis),
            procedure: told.procedure.or(before.procedure),
            materials: told.materials.or(before.materials),
            limit: told.limit.or(before.limit),
            text: told.text.or(before.text),
        };
        self.emit(Event::ToldOnce(told));
        Ok(())
    }

    fn reopen(&mut self, reason: &str) -> Result<(), Refusal> {
        if self.case.state != CaseState::Closed {
            return Err(self.wrong_state("reopen"));
        }
        let reason = required(reason, "reason")?;
        self.emit(Event::Reopened { reason });
        if let Some(span) = self.ctx.policy.clock.redo {
            self.set(DeadlineKind::Redo, self.ctx.now, span);
        }
        Ok(())
    }

    fn void(&mut self, reason: &str) -> Result<(), Refusal> {
        if self.case.state == CaseState::Void {
            return Err(self.wrong_state("void"));
        }
        let reason = required(reason, "reason")?;
        self.emit(Event::Voided { reason });
        Ok(())
    }
}

/// A text without blanks around it; `None` if nothing is left.
pub(super) fn trimmed(text: &Option<String>) -> Option<String> {
    text.as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// A text that must be there.
pub(super) fn required(text: &str, field: &str) -> Result<String, Refusal> {
    match text.trim() {
        "" => Err(Refusal::Lacks(vec![field.to_owned()])),
        text => Ok(text.to_owned()),
    }
}
