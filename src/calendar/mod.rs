//! Business time: working hours, holidays, make-up days, and what "two business days from now" is. Pure.
//!
//! | file | question |
//! | --- | --- |
//! | `hours` | is it open, what kind of day is it, when does it open or close? |
//! | `due` | when is something due, and how did that come about? |
//! | `shift` | when is a step of urging, before or after a deadline? |
//! | `between` | how much working time passed? |
//! | `known` | what do due dates depend on that may change? |
//! | [`words`] | the computation in a sentence |
//!
//! **Invariants.** Intervals are half-open: at 17:30 a day that ends at 17:30 is closed. A wall time stands for the
//! first instant at which the clock on the wall shows it or a later one: a time that is missing (clocks forward) is
//! the moment of the change, a doubled one (clocks back) its first occurrence. So days neither overlap nor leave
//! gaps, and what comes later by the wall never comes earlier in time. Every search is bounded: two years without
//! working time, or ten years in all, end in [`NoWorkingTime`], never in a far date.
//!
//! **Not here**: reading calendar files ([`crate::config`]), which deadline takes which span ([`crate::case`]).

mod between;
mod due;
mod hours;
mod known;
mod shift;
pub mod words;

#[cfg(test)]
mod tests;

pub use hours::{Day, DayKind, instant as wall_instant};
pub use known::{Offsets, offsets_from};
pub use words::{Since, closing, explain, span_words};

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

/// Language of a person or of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// Working hours of a week: intervals per weekday, Monday first. An end of midnight (`00:00`) means 24:00.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekHours {
    /// Sorted, disjoint, half-open intervals for Monday … Sunday.
    pub days: [Vec<(Time, Time)>; 7],
}

/// A span of time as users write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Span {
    /// Runs day and night: `"90s"`, `"4h"`.
    Elapsed(i64),
    /// Seconds of working time: `"4 business hours"`, `"30 business minutes"`.
    Business(i64),
    /// Business days: `"2 business days"`.
    BusinessDays(i64),
    /// The close of that business day: `"end of day"`.
    EndOfDay,
}

/// Where counting of business days starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CountFrom {
    /// The answer's own day is not counted.
    #[default]
    NextDay,
    /// The answer's own day is day 1.
    SameDay,
}

/// A name in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// Chinese.
    pub zh: Option<String>,
    /// English.
    pub en: Option<String>,
}

impl Name {
    /// The name in that language, else in the other; `None` if there is none at all.
    pub fn get(&self, lang: Lang) -> Option<&str> {
        let (first, second) = match lang {
            Lang::Zh => (&self.zh, &self.en),
            Lang::En => (&self.en, &self.zh),
        };
        first.as_deref().or(second.as_deref())
    }
}

/// A calendar with its zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// Slug.
    pub id: String,
    /// Zone in which its hours are meant.
    pub zone: TimeZone,
    /// Hours of an ordinary week.
    pub hours: WeekHours,
    /// Days off, both days inclusive.
    pub off: Vec<OffDays>,
    /// Make-up working days.
    pub work: Vec<WorkDay>,
    /// Last day for which `off` and `work` are known.
    pub known_until: Option<Date>,
}

/// Days off, both inclusive.
#[derive(Debug, Clone, PartialEq)]
pub struct OffDays {
    /// First.
    pub from: Date,
    /// Last.
    pub to: Date,
    /// What for.
    pub name: Name,
}

/// A make-up working day.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkDay {
    /// When.
    pub date: Date,
    /// Its hours; those of the weekday it stands in for if none are given.
    pub at: Option<Vec<(Time, Time)>>,
    /// The weekday it stands in for; Monday unless said.
    pub stands_for: Option<Weekday>,
    /// What for.
    pub name: Name,
}

/// A due date and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// The instant.
    pub at: Timestamp,
    /// The computation, step by step; worded by [`explain`].
    pub steps: Vec<Step>,
}

/// One step of a due date's computation.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Counted from here.
    From(Timestamp),
    /// This much is added, days counted so.
    Add(Span, CountFrom),
    /// Elapsed time was added.
    Elapsed(i64),
    /// Working seconds used on a day.
    Used(Date, i64),
    /// The n-th business day.
    Day(i64, Date, Option<Name>),
    /// Days passed over: first, last, and why (a holiday's name, or none for ordinary non-working days).
    Skipped(Date, Date, Option<Name>),
    /// The close of a business day.
    CloseOf(Date),
    /// On this day less than one business hour was left: the next business day.
    TooLate(Date),
    /// Days beyond this one (`known_until`) were counted: by hours alone, their holidays aren't known.
    Unknown(Date),
    /// Not before receipt plus the floor.
    Floor(Timestamp),
}

/// The calendar has no working time to count: none within two years, or a span that takes more than ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the calendar has not enough working time around {from}: none within two years, or the span takes over ten")]
pub struct NoWorkingTime {
    /// Where the search began.
    pub from: Date,
}
