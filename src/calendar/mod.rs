//! Business time: working hours, holidays, make-up days, and what "two business days from now" is. Pure.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

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
    /// Its hours; Monday's if none are given.
    pub at: Option<Vec<(Time, Time)>>,
    /// What for.
    pub name: Name,
}

/// A due date and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// The instant.
    pub at: Timestamp,
    /// The computation, step by step; worded by `l10n`.
    pub steps: Vec<Step>,
}

/// One step of a due date's computation.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Counted from here.
    From(Timestamp),
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
    /// Less than one business hour was left: the next business day.
    TooLate(Date),
    /// Beyond `known_until`: hours alone.
    Unknown(Date),
    /// Not before receipt plus the floor.
    Floor(Timestamp),
}

/// The calendar has no working time to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the calendar has no working time within two years of {from}")]
pub struct NoWorkingTime {
    /// Where the search began.
    pub from: Date,
}
