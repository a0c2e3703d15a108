//! Dates: a promise to the caller, an extension by the supervisor, and what the supervisor is asked to grant.
//!
//! ```text
//! promise within `promise.max` of the answer  -> the close deadline is that date
//! promise beyond                              -> asked, suspected as `over_promise`; approve -> the date holds
//! extend by the approver -> a later deadline        extend by others -> asked; approve -> a later deadline
//! ```
//! **Invariants.** A deadline that has passed is never extended. Nobody grants their own wish. One wish waits at a
//! time; what needs nobody's word stays possible meanwhile.

use jiff::civil::DateTimeRound;
use jiff::{RoundMode, Timestamp, Unit};

use crate::calendar::closing;
use crate::case::decide::{Work, required, trimmed};
use crate::case::event::Event;
use crate::case::life::{Ask, Asked};
use crate::case::state::{CaseState, DeadlineKind, Words};
use crate::case::violation::ViolationKind;
use crate::case::{Refusal, permit};

impl Work<'_> {
    /// The caller was promised an answer by a date.
    pub(super) fn promise(&mut self, until: Timestamp, text: &str) -> Result<(), Refusal> {
        if !matches!(self.case.state, CaseState::Open | CaseState::Waiting) {
            return Err(self.wrong_state("promise"));
        }
        self.settle();
        let text = self.sentence(text)?;
        if until <= self.ctx.now {
            return Err(self.not_until(until, self.ctx.now));
        }
        let limit = self.ctx.policy.promise_max.and_then(|max| {
            self.ctx
                .calendar
                .due(self.case.opened_at, max, self.ctx.policy.clock.count_from)
                .ok()
        });
        if limit.is_some_and(|limit| until > limit.at) && !permit::may_rule(&self.case, self.ctx) {
            let person = self.case.handler.clone();
            self.ask(Ask::Promise, Some(until), &text, None)?;
            self.suspect(ViolationKind::OverPromise, Some(person), &text);
            return Ok(());
        }
        self.promised(until, text);
        Ok(())
    }

    fn promised(&mut self, until: Timestamp, text: String) {
        let kind = self.closing_kind();
        self.emit(Event::Promised { until, text });
        let started = self.case.live(kind).map_or(self.case.opened_at, |row| row.started_at);
        if self.case.live(kind).is_none_or(|row| row.due_at != until || !row.given) {
            self.emit(Event::DeadlineSet {
                deadline: kind,
                started_at: started,
                due_at: until,
                why: self.dated("答复来电人承诺的日期", "the date the caller was promised", until),
                given: true,
            });
        }
    }

    /// A later close deadline: granted by the approver, asked for by others.
    pub(super) fn extend(&mut self, until: Timestamp, text: &str, caller_told: &Option<String>) -> Result<(), Refusal> {
        self.still_open("extend")?;
        let kind = self.closing_kind();
        let Some(row) = self.case.live(kind).filter(|row| row.breached_at.is_none()).cloned() else {
            return Err(self.wrong_state("extending what has passed"));
        };
        let told = trimmed(caller_told);
        let mut lacks = Vec::new();
        if text.trim().is_empty() {
            lacks.push("text".to_owned());
        }
        if told.is_none() {
            lacks.push("caller_told".to_owned());
        }
        if !lacks.is_empty() {
            return Err(Refusal::Lacks(lacks));
        }
        if self.case.extended >= self.ctx.policy.extension_times {
            return Err(Refusal::NotPermitted {
                reason: permit::reason::EXTENDED,
            });
        }
        let max = self.ctx.policy.extension_max;
        let limit = max.and_then(|max| self.ctx.calendar.shift(row.due_at, max).ok());
        // The bound that was missed: too early, or beyond what the policy allows.
        let missed = Some(row.due_at).filter(|due| until <= *due);
        if let Some(bound) = missed.or(limit.filter(|limit| until > *limit)) {
            return Err(self.not_until(until, bound));
        }
        let text = required(text, "text")?;
        // That the caller knows of the extension says nothing of where the matter went: it is kept with the extension.
        if permit::may_extend(&self.case, self.ctx) {
            self.extended(until, text, told);
            Ok(())
        } else {
            self.ask(Ask::Extension, Some(until), &text, told)
        }
    }

    fn extended(&mut self, until: Timestamp, text: String, caller_told: Option<String>) {
        let deadline = self.closing_kind();
        let started_at = self
            .case
            .live(deadline)
            .map_or(self.case.opened_at, |row| row.started_at);
        self.emit(Event::Extended {
            deadline,
            until,
            text,
            caller_told,
        });
        self.emit(Event::DeadlineSet {
            deadline,
            started_at,
            due_at: until,
            why: self.dated("经批准延期至", "extended with approval to", until),
            given: true,
        });
    }

    /// Asks the supervisor; one thing at a time, so that nothing asked is lost.
    pub(super) fn ask(
        &mut self,
        what: Ask,
        until: Option<Timestamp>,
        text: &str,
        caller_told: Option<String>,
    ) -> Result<(), Refusal> {
        if let Some(Asked { what, until, .. }) = self.case.asked {
            let until = until.map(|until| self.wall(until));
            return Err(Refusal::AskedAlready { what, until });
        }
        let by = self.acting();
        self.emit(Event::Asked {
            what,
            until,
            text: text.to_owned(),
            by,
            caller_told,
        });
        Ok(())
    }

    /// Grants what was asked.
    pub(super) fn approve(&mut self, text: &str) -> Result<(), Refusal> {
        let Some(asked) = self.case.asked.clone() else {
            return Err(self.wrong_state("approve"));
        };
        if asked.by.is_some() && asked.by == self.acting() {
            return Err(Refusal::NotPermitted {
                reason: permit::reason::OWN,
            });
        }
        if asked.what == Ask::Extension {
            if !permit::may_extend(&self.case, self.ctx) {
                return Err(Refusal::NotPermitted {
                    reason: permit::reason::RULE,
                });
            }
            let running = self
                .case
                .live(self.closing_kind())
                .is_some_and(|row| row.breached_at.is_none());
            if !running {
                return Err(self.wrong_state("approve"));
            }
        }
        let late = asked.until.filter(|until| *until <= self.ctx.now);
        if let Some(until) = late {
            return Err(self.not_until(until, self.ctx.now));
        }
        self.emit(Event::Approved {
            what: asked.what,
            text: text.trim().to_owned(),
            to: asked.by.clone(),
        });
        match (asked.what, asked.until) {
            (Ask::Promise, Some(until)) => self.promised(until, asked.text),
            (Ask::Extension, Some(until)) => self.extended(until, asked.text, asked.caller_told),
            (Ask::Unreasonable, _) => self.emit(Event::Unreasonable { reason: asked.text }),
            (Ask::Promise | Ask::Extension, None) => {}
        }
        Ok(())
    }

    /// Does not grant what was asked; where nothing is, a dispute changes nothing. Who may approve may decline.
    pub(super) fn decline(&mut self, reason: &str) -> Result<(), Refusal> {
        let (what, to) = match (&self.case.asked, self.case.disputed) {
            (Some(asked), _) => (Some(asked.what), asked.by.clone()),
            (None, true) => (None, self.case.disputed_by.clone()),
            (None, false) => return Err(self.wrong_state("decline")),
        };
        let reason = required(reason, "reason")?;
        if to.is_some() && to == self.acting() {
            return Err(Refusal::NotPermitted {
                reason: permit::reason::OWN,
            });
        }
        if what == Some(Ask::Extension) && !permit::may_extend(&self.case, self.ctx) {
            return Err(Refusal::NotPermitted {
                reason: permit::reason::RULE,
            });
        }
        self.emit(Event::Declined { what, to, reason });
        Ok(())
    }

    /// A reopened case is to be closed again, any other to be closed.
    pub(super) fn closing_kind(&self) -> DeadlineKind {
        match self.case.live(DeadlineKind::Redo) {
            Some(_) => DeadlineKind::Redo,
            None => DeadlineKind::Close,
        }
    }

    pub(super) fn not_until(&self, until: Timestamp, limit: Timestamp) -> Refusal {
        Refusal::Unknown {
            field: "until",
            given: self.wall(until),
            known: vec![self.wall(limit)],
        }
    }

    fn dated(&self, zh: &str, en: &str, until: Timestamp) -> Words {
        let (date, clock) = closing(self.ctx.calendar.zone.to_datetime(until));
        let weekdays = ["日", "一", "二", "三", "四", "五", "六"];
        let day = usize::try_from(date.weekday().to_sunday_zero_offset()).unwrap_or(0);
        let day = weekdays.get(day).copied().unwrap_or_default();
        // A date far ahead, of another year, is told with it: 26 Nov would be taken for the next one.
        let near = date.year() == self.ctx.calendar.zone.to_datetime(self.ctx.now).year();
        let (zh_date, en_date) = if near {
            ("%-m月%-d日", "%a %-d %b")
        } else {
            ("%Y年%-m月%-d日", "%a %-d %b %Y")
        };
        Words {
            zh: format!("{zh} → {}（周{day}）{clock}到期", date.strftime(zh_date)),
            en: format!("{en} → due {} {clock}", date.strftime(en_date)),
        }
    }

    /// As texts these sort as they follow each other.
    fn wall(&self, at: Timestamp) -> String {
        let wall = self.ctx.calendar.zone.to_datetime(at);
        let minute = DateTimeRound::new().smallest(Unit::Minute).mode(RoundMode::Trunc);
        let (date, clock) = closing(wall.round(minute).unwrap_or(wall));
        format!("{date} {clock}")
    }
}
