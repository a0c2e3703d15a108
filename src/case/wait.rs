//! Waiting for the caller: the clock of closing stops, and starts again.
//!
//! ```text
//! open --wait (a reason of the policy)--> waiting --resume, or the pause's end--> open
//! ```
//! **Invariants.** A pause stops `close` and `redo` and nothing else. The time it took is added to every later
//! reckoning of those deadlines, so that another category does not lose it: whole business days to a deadline in
//! business days, working time to one in working time. All pauses of a case together last no longer than the policy's
//! `pause.max`. A deadline that was late before stays late.
//!
//! **Not here**: who may (`permit`).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, CountFrom, Due, NoWorkingTime, Span, Step};
use crate::case::deadlines;
use crate::case::decide::Work;
use crate::case::event::Event;
use crate::case::state::{Case, CaseState, DeadlineKind, Words};
use crate::case::{Refusal, permit};
use crate::directory::Lang;

/// The clock of closing stood still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// One of the policy's reasons.
    pub reason: String,
    /// What is waited for.
    pub text: String,
    /// From.
    pub from: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// When it ended; none: it lasts.
    pub to: Option<Timestamp>,
}

/// What a pause adds to a deadline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lost {
    /// Business days begun.
    pub days: i64,
    /// Seconds of working time.
    pub working: i64,
    /// Seconds.
    pub elapsed: i64,
}

impl Case {
    /// Whether a deadline's clock stands still now.
    pub fn is_paused(&self, kind: DeadlineKind) -> bool {
        self.state == CaseState::Waiting && stops(kind)
    }

    /// The pause that lasts.
    pub fn pause(&self) -> Option<&Pause> {
        self.pauses.last().filter(|pause| pause.to.is_none())
    }

    /// Seconds of working time between two instants in which the case did not wait for its caller.
    pub fn used_seconds(&self, calendar: &Calendar, from: Timestamp, to: Timestamp) -> i64 {
        let waited = |pause: &Pause| {
            let (from, to) = (pause.from.max(from), pause.to.unwrap_or(to).min(to));
            if from < to { calendar.between(from, to) } else { 0 }
        };
        calendar.between(from, to) - self.pauses.iter().map(waited).sum::<i64>()
    }

    /// What the pauses since a deadline's start have cost by now.
    pub(super) fn lost(&self, kind: DeadlineKind, started_at: Timestamp, calendar: &Calendar, now: Timestamp) -> Lost {
        let mut lost = Lost::default();
        for pause in self.pauses.iter().filter(|_| stops(kind)) {
            let (from, to) = (pause.from.max(started_at), pause.to.unwrap_or(now));
            if from >= to {
                continue;
            }
            lost.days += days_begun(calendar, from, to);
            lost.working += calendar.between(from, to);
            lost.elapsed += to.as_second() - from.as_second();
        }
        lost
    }
}

fn stops(kind: DeadlineKind) -> bool {
    matches!(kind, DeadlineKind::Close | DeadlineKind::Redo)
}

/// Business days that begin between two instants: none within a day, one over a night.
fn days_begun(calendar: &Calendar, from: Timestamp, to: Timestamp) -> i64 {
    let (mut day, last) = (calendar.date_of(from), calendar.date_of(to));
    let mut days = 0;
    while day < last {
        let Ok(next) = day.tomorrow() else { break };
        day = next;
        days += i64::from(calendar.is_business_day(day));
    }
    days
}

impl Lost {
    /// The span with the lost time in it.
    pub(super) fn added_to(self, span: Span) -> Span {
        match span {
            Span::BusinessDays(days) => Span::BusinessDays(days + self.days),
            Span::Business(seconds) => Span::Business(seconds + self.working),
            Span::Elapsed(seconds) => Span::Elapsed(seconds + self.elapsed),
            // Days come after the end of the day, see `due_with_pauses`.
            Span::EndOfDay => Span::EndOfDay,
        }
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Said after the computation of a deadline.
    pub(super) fn words(self, span: Span) -> Words {
        let say = |lang| crate::calendar::span_words(self.said(span), lang);
        Words {
            zh: format!("；其中等待来电人 {}不计", say(Lang::Zh)),
            en: format!("; {} of it spent waiting for the caller not counted", say(Lang::En)),
        }
    }

    fn said(self, span: Span) -> Span {
        match span {
            Span::BusinessDays(_) | Span::EndOfDay => Span::BusinessDays(self.days),
            Span::Business(_) => Span::Business(self.working),
            Span::Elapsed(_) => Span::Elapsed(self.elapsed),
        }
    }
}

impl Work<'_> {
    /// Stops the clock of closing.
    pub(super) fn wait(&mut self, reason: &str, text: &str, until: Option<Timestamp>) -> Result<(), Refusal> {
        if self.case.state != CaseState::Open {
            return Err(self.wrong_state("wait"));
        }
        self.settle();
        if self.case.live(self.closing_kind()).is_none() {
            return Err(Refusal::NotPermitted {
                reason: permit::reason::NO_CLOCK,
            });
        }
        let known = &self.ctx.policy.pause_reasons;
        if known.is_empty() {
            return Err(Refusal::NotPermitted {
                reason: permit::reason::NO_WAIT,
            });
        }
        let reason = reason.trim();
        // None given, too: the refusal names those that the policy knows.
        if !known.iter().any(|one| one == reason) {
            return Err(Refusal::Unknown {
                field: "reason",
                given: reason.to_owned(),
                known: known.clone(),
            });
        }
        let text = self.sentence(text)?;
        let limit = self.pause_limit()?;
        let until = match until {
            None if self.ctx.policy.pause_max.is_none() => return Err(Refusal::Lacks(vec!["until".to_owned()])),
            until => until.unwrap_or(limit),
        };
        if until <= self.ctx.now || until > limit {
            let bound = if until > limit { limit } else { self.ctx.now };
            return Err(self.not_until(until, bound));
        }
        self.emit(Event::Paused {
            reason: reason.to_owned(),
            text,
            until,
        });
        Ok(())
    }

    /// The latest end of a pause that begins now: what other pauses have left of the policy's limit.
    fn pause_limit(&self) -> Result<Timestamp, Refusal> {
        let (now, calendar) = (self.ctx.now, self.ctx.calendar);
        let Some(max) = self.ctx.policy.pause_max else {
            return Ok(Timestamp::MAX);
        };
        let used = self.case.lost(DeadlineKind::Close, Timestamp::MIN, calendar, now);
        let left = match max {
            Span::BusinessDays(days) => Span::BusinessDays(days - used.days),
            Span::Business(seconds) => Span::Business(seconds - used.working),
            Span::Elapsed(seconds) => Span::Elapsed(seconds - used.elapsed),
            Span::EndOfDay => Span::EndOfDay,
        };
        let none = matches!(left, Span::BusinessDays(n) | Span::Business(n) | Span::Elapsed(n) if n <= 0);
        let limit = calendar.due(now, left, CountFrom::NextDay).map(|due| due.at);
        limit.ok().filter(|_| !none).ok_or(Refusal::NotPermitted {
            reason: permit::reason::WAITED,
        })
    }

    /// Starts it again.
    pub(super) fn resume(&mut self, text: &str) -> Result<(), Refusal> {
        if self.case.state != CaseState::Waiting {
            return Err(self.wrong_state("resume"));
        }
        self.resumed(self.ctx.now, text.trim());
        Ok(())
    }

    /// A pause whose end has come ends then, whenever that is found.
    pub(super) fn pause_ends(&mut self) {
        let ended = self.case.pause().map(|pause| pause.until);
        if let Some(until) = ended.filter(|until| *until <= self.ctx.now && self.case.state == CaseState::Waiting) {
            self.resumed(until, "");
        }
    }

    fn resumed(&mut self, at: Timestamp, text: &str) {
        let pause = self.case.pause().cloned();
        self.emit(Event::Resumed {
            since: at,
            text: text.to_owned(),
        });
        let kind = self.closing_kind();
        let Some((pause, row)) = pause.zip(self.case.live(kind).cloned()) else {
            return;
        };
        if row.breached_at.is_some() {
            return;
        }
        if row.given {
            self.move_a_given_date(&pause, kind, &row, at);
        } else if let Some(span) = self.span_of(kind) {
            self.set(kind, row.started_at, span);
        }
    }

    /// A date that was promised or granted moves by the business days waited since: what was waited before is in it.
    fn move_a_given_date(
        &mut self,
        pause: &Pause,
        kind: DeadlineKind,
        row: &crate::case::state::Deadline,
        at: Timestamp,
    ) {
        let days = days_begun(self.ctx.calendar, pause.from.max(row.set_at), at);
        let Ok(due_at) = self.ctx.calendar.shift(row.due_at, Span::BusinessDays(days)) else {
            return;
        };
        if days == 0 || due_at == row.due_at {
            return;
        }
        let lost = Lost {
            days,
            ..Lost::default()
        };
        let added = lost.words(Span::BusinessDays(days));
        self.emit(Event::DeadlineSet {
            deadline: kind,
            started_at: row.started_at,
            due_at,
            why: joined(&row.why, &added),
            given: true,
        });
    }

    /// When something is due, counted from `base`, pauses left out; and how that came about.
    pub(super) fn due_with_pauses(
        &self,
        kind: DeadlineKind,
        base: Timestamp,
        span: Span,
    ) -> Result<(Due, Option<Words>), NoWorkingTime> {
        let lost = self.case.lost(kind, base, self.ctx.calendar, self.ctx.now);
        let mut due = deadlines::due(self.ctx, base, self.case.received_at, lost.added_to(span))?;
        if span == Span::EndOfDay && lost.days > 0 {
            due = self.days_after(due, lost.days)?;
        }
        Ok((due, (!lost.is_none()).then(|| lost.words(span))))
    }

    /// So many business days after the day whose end something was due at.
    fn days_after(&self, due: Due, days: i64) -> Result<Due, NoWorkingTime> {
        // The close of a day that ends at midnight belongs to that day.
        let last_second = due.at.checked_sub(SignedDuration::from_secs(1)).unwrap_or(due.at);
        let after = self
            .ctx
            .calendar
            .due(last_second, Span::BusinessDays(days), CountFrom::NextDay)?;
        let counted = after
            .steps
            .into_iter()
            .filter(|step| !matches!(step, Step::From(_) | Step::Add(..)));
        Ok(Due {
            at: after.at,
            steps: due.steps.into_iter().chain(counted).collect(),
        })
    }
}

/// One sentence after another.
pub(super) fn joined(first: &Words, then: &Words) -> Words {
    Words {
        zh: format!("{}{}", first.zh, then.zh),
        en: format!("{}{}", first.en, then.en),
    }
}
