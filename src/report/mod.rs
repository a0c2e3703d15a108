//! The managers' figures: who answers, who closes in time, who passes the buck.
//!
//! ```text
//! calls, cases, violations of a range --(by whom or when?)--> Counts per key --> Row: counts, rates, the lists behind
//! ```
//! **Invariants.** Every count names the command that lists what it counts, and asks the same question
//! ([`crate::case::tally`]) as that list. A rate with nothing to divide is none, never 0 or 100 %. What is not sure is
//! a count of its own and is charged to nobody. Pure: whoever reads the register feeds [`Accountability`].
//!
//! **Not here**: reading (`register`), printing ([`sheet`], `cli`, `web`).

mod rows;
pub mod sheet;
mod sort;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;
pub mod why;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

pub use rows::{ALL, Listing, Row, Rows, head, listing};
pub use sort::Sort;

use crate::call::{Certainty, Direction, Disposition};
use crate::case::tally::{self, Mark};
use crate::case::{Case, Status};
use crate::directory::{Directory, Lang};
use crate::ids::PersonId;
use crate::l10n::{Say, when};
use crate::register;
use crate::register::read::{CallRow, Filter, Reader};

/// What the rows stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// One row a person.
    Person,
    /// One row a department.
    Department,
    /// One row an hour of the day.
    Hour,
    /// One row a day of the week.
    Weekday,
    /// One row a day.
    Day,
    /// One row a month.
    Month,
}

impl By {
    /// All, in the order they are offered.
    pub const ALL: [Self; 6] = [
        Self::Person,
        Self::Department,
        Self::Hour,
        Self::Weekday,
        Self::Day,
        Self::Month,
    ];

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.as_str() == name)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Department => "department",
            Self::Hour => "hour",
            Self::Weekday => "weekday",
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

/// How often what happened. Counts are of calls and cases by the date of their answer (missed: of their start).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Counts {
    pub answered_first: u64,
    pub ambiguous: u64,
    pub registered: u64,
    pub registered_in_time: u64,
    pub handed_over: u64,
    pub closed: u64,
    pub closed_in_time: u64,
    pub open: u64,
    pub overdue: u64,
    pub missed: u64,
    pub called_back: u64,
    pub called_back_in_time: u64,
    pub called_back_proven: u64,
    pub violations_pending: u64,
    pub violations_confirmed: u64,
    /// Cases of whoever answered first: what `registered` and `handed_over` are parts of.
    pub cases: u64,
    /// Register was late.
    pub registered_late: u64,
    /// Closing was late, whether it was done since or not.
    pub closed_late: u64,
    /// Missed calls that owe a call-back.
    pub callbacks: u64,
    /// Calling back was late.
    pub called_back_late: u64,
}

impl Counts {
    /// The counts in the order of the columns.
    pub fn cells(&self) -> Vec<String> {
        rows::columns(self).map(|(_, count)| count.to_string()).to_vec()
    }

    /// Adds another row's, for a total.
    pub fn add(&mut self, other: &Self) {
        let Self {
            answered_first,
            ambiguous,
            registered,
            registered_in_time,
            handed_over,
            closed,
            closed_in_time,
            open,
            overdue,
            missed,
            called_back,
            called_back_in_time,
            called_back_proven,
            violations_pending,
            violations_confirmed,
            cases,
            registered_late,
            closed_late,
            callbacks,
            called_back_late,
        } = other;
        self.answered_first += answered_first;
        self.ambiguous += ambiguous;
        self.registered += registered;
        self.registered_in_time += registered_in_time;
        self.handed_over += handed_over;
        self.closed += closed;
        self.closed_in_time += closed_in_time;
        self.open += open;
        self.overdue += overdue;
        self.missed += missed;
        self.called_back += called_back;
        self.called_back_in_time += called_back_in_time;
        self.called_back_proven += called_back_proven;
        self.violations_pending += violations_pending;
        self.violations_confirmed += violations_confirmed;
        self.cases += cases;
        self.registered_late += registered_late;
        self.closed_late += closed_late;
        self.callbacks += callbacks;
        self.called_back_late += called_back_late;
    }
}

/// What a row is about; sorted as rows are shown, nobody last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A person, a department, or a date.
    Named(String),
    /// An hour, a weekday.
    Number(i8),
    /// Nobody is named: the first answerer is not sure.
    Nobody,
    /// Whoever it is: what the rows add up to.
    All,
}

/// Which range, by what, for whom to read.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// From.
    pub from: Timestamp,
    /// Before.
    pub to: Timestamp,
    /// What rows stand for.
    pub by: By,
    /// The site's zone: dates, hours and weekdays are its.
    pub zone: &'a TimeZone,
    /// Names and departments, as they are today.
    pub directory: &'a Directory,
    /// The reader's language.
    pub lang: Lang,
    /// Now: what is overdue.
    pub now: Timestamp,
}

/// Counts as calls and cases are given to it.
#[derive(Debug)]
pub struct Accountability<'a> {
    question: Question<'a>,
    counts: BTreeMap<Key, Counts>,
}

impl<'a> Accountability<'a> {
    /// Nothing counted yet.
    pub fn new(question: Question<'a>) -> Self {
        Self {
            question,
            counts: BTreeMap::new(),
        }
    }

    /// A call of the range, and its case if it is a missed one.
    pub fn call(&mut self, call: &CallRow, owed: Option<&Case>) {
        let begun = call.answered_at.unwrap_or(call.start);
        if let Some(owner) = &call.owed_by {
            let counts = self.of(owner.parse().ok().as_ref(), begun);
            counts.missed += 1;
            let Some(case) = owed else { return };
            let yes = |mark: Mark| u64::from(mark.of(case));
            counts.callbacks += u64::from(case.state != crate::case::CaseState::Void);
            counts.called_back += yes(Mark::CalledBack);
            counts.called_back_in_time += yes(Mark::CalledBackInTime);
            counts.called_back_proven += yes(Mark::CalledBackProven);
            counts.called_back_late += yes(Mark::CalledBackLate);
        } else if call.direction == Direction::Incoming && call.disposition == Disposition::Answered {
            let person = call.person.as_deref().and_then(|person| person.parse().ok());
            let counts = self.of(person.as_ref(), begun);
            match call.certainty {
                Certainty::Ambiguous => counts.ambiguous += 1,
                Certainty::Likely | Certainty::Certain => counts.answered_first += 1,
            }
        }
    }

    /// A case of the range.
    pub fn case(&mut self, case: &Case) {
        let yes = |mark: Mark| u64::from(mark.of(case));
        for violation in &case.violations {
            let counts = self.of(violation.person.as_ref(), case.opened_at);
            match violation.status {
                Status::Pending => counts.violations_pending += 1,
                Status::Confirmed => counts.violations_confirmed += 1,
                Status::Waived => {}
            }
        }
        if !Mark::Answered.of(case) {
            return;
        }
        let overdue = u64::from(case.overdue(self.question.now));
        // Whoever answered first stands for their department, wherever the case has gone since.
        let first = self.of(case.first_answerer.as_ref(), case.opened_at);
        first.cases += 1;
        first.registered += yes(Mark::Registered);
        first.registered_in_time += yes(Mark::RegisteredInTime);
        first.handed_over += yes(Mark::HandedOver);
        if case.certainty != Certainty::Ambiguous {
            // What is not sure counts against nobody.
            first.registered_late += yes(Mark::RegisteredLate);
        }
        let handler = self.of_handler(case);
        handler.closed += yes(Mark::Closed);
        handler.closed_in_time += yes(Mark::ClosedInTime);
        handler.open += yes(Mark::Open);
        handler.overdue += overdue;
        self.closed_late(case);
    }

    /// Closing late counts against who was charged with it, not against who has the case by now.
    fn closed_late(&mut self, case: &Case) {
        match self.question.by {
            By::Person | By::Department => {
                let charged: BTreeSet<&PersonId> = tally::charged_with_late_closing(case).collect();
                for person in charged {
                    self.of(Some(person), case.opened_at).closed_late += 1;
                }
            }
            By::Hour | By::Weekday | By::Day | By::Month => {
                self.of(None, case.opened_at).closed_late += u64::from(Mark::ClosedLate.of(case));
            }
        }
    }

    /// The counts of a person's row, or of the time's.
    fn of(&mut self, person: Option<&PersonId>, begun: Timestamp) -> &mut Counts {
        let department = || {
            let person = self.question.directory.person(person?)?;
            Some(person.department.as_str().to_owned())
        };
        let key = match self.question.by {
            By::Department => department().map_or(Key::Nobody, Key::Named),
            By::Person => person.map_or(Key::Nobody, |person| Key::Named(person.as_str().to_owned())),
            By::Hour | By::Weekday | By::Day | By::Month => self.slot(begun),
        };
        self.counts.entry(key).or_default()
    }

    /// The same for who has a case, which lies in a department of its own.
    fn of_handler(&mut self, case: &Case) -> &mut Counts {
        match self.question.by {
            By::Department => {
                let key = Key::Named(case.department.as_str().to_owned());
                self.counts.entry(key).or_default()
            }
            By::Person | By::Hour | By::Weekday | By::Day | By::Month => self.of(Some(&case.handler), case.opened_at),
        }
    }

    fn slot(&self, at: Timestamp) -> Key {
        let at = self.question.zone.to_datetime(at);
        match self.question.by {
            By::Hour => Key::Number(at.hour()),
            By::Weekday => Key::Number(at.weekday().to_monday_one_offset()),
            By::Month => Key::Named(format!("{:04}-{:02}", at.year(), at.month())),
            By::Day | By::Person | By::Department => Key::Named(at.date().to_string()),
        }
    }

    /// The rows, and what they add up to.
    pub fn rows(self) -> (Vec<Row>, Counts) {
        let mut total = Counts::default();
        let mut rows: Vec<Row> = self
            .counts
            .iter()
            .map(|(key, counts)| {
                total.add(counts);
                Row::new(&self.question, key, self.name(key), *counts)
            })
            .collect();
        if matches!(self.question.by, By::Person | By::Department) {
            // Who answered most stands first; nobody stays last.
            rows.sort_by_key(|row| (row.key.is_none(), std::cmp::Reverse(row.counts.answered_first)));
        }
        (rows, total)
    }

    fn name(&self, key: &Key) -> String {
        let (directory, lang) = (self.question.directory, self.question.lang);
        match (key, self.question.by) {
            (Key::Nobody, _) => Say(lang).nobody_sure(),
            (Key::All, _) => Say(lang).report_total(),
            (Key::Named(id), By::Person) => id
                .parse()
                .map_or_else(|_| id.clone(), |id| directory.display_name(&id, lang)),
            (Key::Named(id), By::Department) => id
                .parse()
                .map_or_else(|_| id.clone(), |id| directory.department_name(&id, lang)),
            (Key::Named(date), _) => date.clone(),
            (Key::Number(day), By::Weekday) => Weekday::from_monday_one_offset(*day)
                .map_or_else(|_| day.to_string(), |day| when::weekday(lang, day).to_owned()),
            (Key::Number(hour), _) => format!("{hour:02}:00"),
        }
    }
}

/// Holes of the call log that touch the range: figures may be low by what they hide.
///
/// # Errors
/// What SQLite says.
pub fn gaps(reader: &Reader, question: &Question<'_>) -> Result<usize, register::Error> {
    let mut touching = 0;
    for feed in reader.feeds()? {
        let all = reader.gaps(&feed.name)?;
        touching += all
            .iter()
            .filter(|gap| gap.from < question.to && gap.to >= question.from)
            .count();
    }
    Ok(touching)
}

/// Counts what the register holds of the range.
///
/// # Errors
/// What SQLite says.
pub fn accountability(reader: &Reader, question: Question<'_>) -> Result<(Vec<Row>, Counts), register::Error> {
    let range = Filter {
        from: Some(question.from),
        to: Some(question.to),
        ..Filter::default()
    };
    let now = question.now;
    let mut counting = Accountability::new(question);
    let mut owed = Vec::new();
    reader.each_call(&range, |call| match call.case {
        Some(_) if call.owed_by.is_some() => owed.push(call),
        _ => counting.call(&call, None),
    })?;
    for call in owed {
        let case = call.case.map(|id| reader.case(id)).transpose()?.flatten();
        counting.call(&call, case.as_ref());
    }
    reader.each_case(&range, now, |case| counting.case(&case))?;
    Ok(counting.rows())
}
