//! One row: its counts, its rates, and for each count the command that lists what it counts.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::{By, Counts, Key, Question};
use crate::call::{Certainty, Direction, Disposition, Stamp};
use crate::case::tally::Mark;
use crate::ids::{DepartmentId, PersonId};
use crate::l10n::Say;
use crate::register::ViolationFilter;
use crate::register::read::{Among, Filter, Slot};

/// The key of what all rows add up to.
pub const ALL: &str = "*";

/// A row of the report.
#[derive(Debug, Clone)]
pub struct Row {
    /// What rows stand for.
    pub by: By,
    /// The person, department, hour (`09`), weekday (`1`), day or month; `None`: nobody is named.
    pub key: Option<String>,
    /// For people to read.
    pub name: String,
    /// What was counted.
    pub counts: Counts,
    /// The lists behind the counts.
    pub rows: Rows,
}

/// The commands that list what was counted, as arguments of `firstanswer`.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    lists: Vec<(&'static str, Vec<String>)>,
}

impl Rows {
    /// The arguments behind a count.
    pub fn of(&self, count: &str) -> Option<&[String]> {
        let found = self.lists.iter().find(|(name, _)| *name == count);
        found.map(|(_, arguments)| arguments.as_slice())
    }

    /// Count and arguments, in the order of the columns.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        self.lists.iter().map(|(name, arguments)| (*name, arguments.as_slice()))
    }
}

/// The count whose rows a rate is the share of.
pub(super) fn part(rate: &str) -> Option<&'static str> {
    Some(match rate {
        "registered_rate" => "registered",
        "registered_in_time_rate" => "registered_in_time",
        "handed_over_rate" => "handed_over",
        "closed_in_time_rate" => "closed_in_time",
        "called_back_rate" => "called_back",
        "called_back_in_time_rate" => "called_back_in_time",
        // Answered first, sure or not: two lists.
        _ => return None,
    })
}

/// The counts with their names, in the order of the columns.
pub(super) fn columns(counts: &Counts) -> [(&'static str, u64); 15] {
    [
        ("answered_first", counts.answered_first),
        ("ambiguous", counts.ambiguous),
        ("registered", counts.registered),
        ("registered_in_time", counts.registered_in_time),
        ("handed_over", counts.handed_over),
        ("closed", counts.closed),
        ("closed_in_time", counts.closed_in_time),
        ("open", counts.open),
        ("overdue", counts.overdue),
        ("missed", counts.missed),
        ("called_back", counts.called_back),
        ("called_back_in_time", counts.called_back_in_time),
        ("called_back_proven", counts.called_back_proven),
        ("violations_pending", counts.violations_pending),
        ("violations_confirmed", counts.violations_confirmed),
    ]
}

/// The rates with their names: a part and what it is part of.
pub(super) fn rates(counts: &Counts) -> [(&'static str, Option<f64>); 7] {
    let late = |in_time: u64, late: u64| rate(in_time, in_time + late);
    [
        ("answered_rate", {
            let answered = counts.answered_first + counts.ambiguous;
            rate(answered, answered + counts.missed)
        }),
        ("registered_rate", rate(counts.registered, counts.cases)),
        (
            "registered_in_time_rate",
            late(counts.registered_in_time, counts.registered_late),
        ),
        ("handed_over_rate", rate(counts.handed_over, counts.cases)),
        ("closed_in_time_rate", late(counts.closed_in_time, counts.closed_late)),
        ("called_back_rate", rate(counts.called_back, counts.callbacks)),
        (
            "called_back_in_time_rate",
            late(counts.called_back_in_time, counts.called_back_late),
        ),
    ]
}

/// Nothing to divide is no rate.
#[allow(clippy::cast_precision_loss)] // counts of calls stay far below 2^52
fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Row {
    pub(super) fn new(question: &Question<'_>, key: &Key, name: String, counts: Counts) -> Self {
        Self {
            by: question.by,
            key: match key {
                Key::Named(name) => Some(name.clone()),
                Key::Number(number) if question.by == By::Hour => Some(format!("{number:02}")),
                Key::Number(number) => Some(number.to_string()),
                Key::Nobody => None,
                Key::All => Some(ALL.to_owned()),
            },
            name,
            counts,
            rows: lists(question, key),
        }
    }

    /// A count by its name.
    pub fn count(&self, name: &str) -> Option<u64> {
        columns(&self.counts)
            .into_iter()
            .find_map(|(known, count)| (known == name).then_some(count))
    }

    /// As JSON: counts, rates (null where there is nothing to divide), and the lists behind the counts.
    pub fn json(&self) -> Value {
        let mut object = Map::new();
        object.insert("by".into(), json!(self.by.as_str()));
        object.insert("key".into(), json!(self.key));
        object.insert("name".into(), json!(self.name));
        for (name, count) in columns(&self.counts) {
            object.insert(name.into(), json!(count));
        }
        for (name, rate) in rates(&self.counts) {
            object.insert(name.into(), json!(rate));
        }
        let rows: Map<String, Value> = self
            .rows
            .iter()
            .map(|(name, arguments)| (name.to_owned(), json!(arguments)))
            .collect();
        object.insert("rows".into(), Value::Object(rows));
        Value::Object(object)
    }
}

/// The part of the range that a row is about.
struct Scope {
    from: Timestamp,
    to: Timestamp,
    slot: Option<Slot>,
}

/// What a count is a count of: the same conditions once as a filter and once as a command.
struct Condition {
    count: &'static str,
    of: Of,
    mark: Option<Mark>,
    /// How sure the first answerer is.
    certainty: &'static [Certainty],
    overdue: bool,
    status: &'static str,
}

/// Whose things are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Calls somebody answered first.
    Answered,
    /// Calls somebody should have answered.
    Missed,
    /// Cases by their first answerer.
    First,
    /// Cases by their handler.
    Handler,
    /// Violations by who is charged.
    Violations,
}

const SURE: &[Certainty] = &[Certainty::Certain, Certainty::Likely];
const UNSURE: &[Certainty] = &[Certainty::Ambiguous];

const CONDITIONS: [Condition; 15] = [
    Condition::of("answered_first", Of::Answered, None).sure(SURE),
    Condition::of("ambiguous", Of::Answered, None).sure(UNSURE),
    Condition::of("registered", Of::First, Some(Mark::Registered)),
    Condition::of("registered_in_time", Of::First, Some(Mark::RegisteredInTime)),
    Condition::of("handed_over", Of::First, Some(Mark::HandedOver)),
    Condition::of("closed", Of::Handler, Some(Mark::Closed)),
    Condition::of("closed_in_time", Of::Handler, Some(Mark::ClosedInTime)),
    Condition::of("open", Of::Handler, Some(Mark::Open)),
    Condition::of("overdue", Of::Handler, Some(Mark::Open)).overdue(),
    Condition::of("missed", Of::Missed, None),
    Condition::of("called_back", Of::Missed, Some(Mark::CalledBack)),
    Condition::of("called_back_in_time", Of::Missed, Some(Mark::CalledBackInTime)),
    Condition::of("called_back_proven", Of::Missed, Some(Mark::CalledBackProven)),
    Condition::of("violations_pending", Of::Violations, None).status("pending"),
    Condition::of("violations_confirmed", Of::Violations, None).status("confirmed"),
];

impl Condition {
    const fn of(count: &'static str, of: Of, mark: Option<Mark>) -> Self {
        Self {
            count,
            of,
            mark,
            certainty: &[],
            overdue: false,
            status: "",
        }
    }
    const fn sure(mut self, certainty: &'static [Certainty]) -> Self {
        self.certainty = certainty;
        self
    }
    const fn overdue(mut self) -> Self {
        self.overdue = true;
        self
    }
    const fn status(mut self, status: &'static str) -> Self {
        self.status = status;
        self
    }

    /// The flag that names whose they are.
    fn whose(&self) -> &'static str {
        match self.of {
            Of::Answered | Of::Missed | Of::Violations => "--person",
            Of::First => "--first-answerer",
            Of::Handler => "--handler",
        }
    }

    fn arguments(&self, question: &Question<'_>, key: &Key, scope: &Scope) -> Vec<String> {
        let (what, range) = match self.of {
            Of::Answered | Of::Missed => ("call", ["--from", "--to"]),
            Of::First | Of::Handler => ("case", ["--from", "--to"]),
            Of::Violations => ("violation", ["--answered-from", "--answered-to"]),
        };
        let rfc3339 = |at| rfc3339(at, question.zone);
        let (from, to) = (rfc3339(scope.from), rfc3339(scope.to));
        let mut words = vec![what, "list", range[0], &from, range[1], &to];
        let slot = match scope.slot {
            Some(Slot::Hour(hour)) => Some(("--hour", hour.to_string())),
            Some(Slot::Weekday(day)) => Some(("--weekday", day.to_string())),
            None => None,
        };
        if let Some((flag, value)) = &slot {
            words.extend([*flag, value]);
        }
        match (question.by, key) {
            (By::Person, Key::Named(id)) => words.extend([self.whose(), id]),
            (By::Department, Key::Named(id)) if self.of == Of::First => words.extend(["--first-department", id]),
            (By::Department, _) if self.of == Of::First => words.extend(["--first-department", "-"]),
            (By::Department, Key::Named(id)) => words.extend(["--department", id]),
            (By::Department, Key::Nobody) => words.extend(["--department", "-"]),
            (By::Person, Key::Nobody) => words.extend([self.whose(), "-"]),
            _ => {}
        }
        let certainty: Vec<&str> = self.certainty.iter().copied().map(certainty_word).collect();
        let certainty = certainty.join(",");
        match self.of {
            Of::Answered => words.extend([
                "--direction",
                "incoming",
                "--disposition",
                "answered",
                "--certainty",
                &certainty,
            ]),
            Of::Missed => words.push("--missed"),
            Of::First | Of::Handler => words.extend(["--only", Mark::Answered.as_str()]),
            Of::Violations => words.extend(["--status", self.status]),
        }
        if let Some(mark) = self.mark {
            words.extend(["--only", mark.as_str()]);
        }
        if self.overdue {
            words.push("--overdue");
        }
        words.into_iter().map(str::to_owned).collect()
    }

    fn listing(&self, question: &Question<'_>, key: &Key, scope: &Scope) -> Listing {
        let named = match (question.by, key) {
            (By::Person, Key::Named(id)) => id.parse::<PersonId>().ok(),
            _ => None,
        };
        let department = match (question.by, key) {
            (By::Department, Key::Named(id)) => id.parse::<DepartmentId>().ok(),
            _ => None,
        };
        let nobody = question.by == By::Person && *key == Key::Nobody;
        let people = match (question.by, key) {
            (By::Department, Key::Nobody) => Some(Among::none_of(question.directory)),
            _ => department.as_ref().map(|id| Among::members(question.directory, id)),
        };
        let within = scope.slot.map(|slot| (slot, question.zone.clone()));
        if self.of == Of::Violations {
            return Listing::Violations(ViolationFilter {
                answered_from: Some(scope.from),
                answered_to: Some(scope.to),
                within,
                person: named,
                nobody,
                people,
                status: Some(self.status.to_owned()),
                ..ViolationFilter::default()
            });
        }
        let mut filter = Filter {
            from: Some(scope.from),
            to: Some(scope.to),
            within,
            nobody,
            marks: self.mark.into_iter().collect(),
            overdue: self.overdue,
            certainty: self.certainty.to_vec(),
            ..Filter::default()
        };
        match self.of {
            Of::Answered | Of::Missed => {
                filter.person = named;
                filter.people = people;
                filter.missed = self.of == Of::Missed;
                if self.of == Of::Answered {
                    filter.direction = Some(Direction::Incoming);
                    filter.disposition = Some(Disposition::Answered);
                }
                Listing::Calls(filter)
            }
            Of::First | Of::Handler | Of::Violations => {
                filter.marks.push(Mark::Answered);
                match (self.of, question.by) {
                    (Of::First, By::Department) => filter.first_among = people,
                    (Of::First, _) => filter.first_answerer = named,
                    _ => {
                        filter.people = people;
                        filter.department = department;
                        filter.handler = named;
                    }
                }
                Listing::Cases(filter)
            }
        }
    }
}

fn certainty_word(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Certain => "certain",
        Certainty::Likely => "likely",
        Certainty::Ambiguous => "ambiguous",
    }
}

/// What lies behind a count.
#[derive(Debug, Clone)]
pub enum Listing {
    /// Calls.
    Calls(Filter),
    /// Cases.
    Cases(Filter),
    /// Violations.
    Violations(ViolationFilter),
}

/// What lies behind a count of the row with this key; `None` if there is no such count.
pub fn listing(question: &Question<'_>, key: Option<&str>, count: &str) -> Option<Listing> {
    let key = match (key, question.by) {
        (None, _) => Key::Nobody,
        (Some(ALL), _) => Key::All,
        (Some(number), By::Hour | By::Weekday) => Key::Number(number.parse().ok()?),
        (Some(name), _) => Key::Named(name.to_owned()),
    };
    let condition = CONDITIONS.iter().find(|condition| condition.count == count)?;
    Some(condition.listing(question, &key, &scope(question, &key)))
}

fn lists(question: &Question<'_>, key: &Key) -> Rows {
    let scope = scope(question, key);
    let arguments = |condition: &Condition| (condition.count, condition.arguments(question, key, &scope));
    Rows {
        lists: CONDITIONS.iter().map(arguments).collect(),
    }
}

fn rfc3339(at: Timestamp, zone: &TimeZone) -> String {
    let offset = zone.to_offset(at);
    Stamp {
        at: offset.to_datetime(at),
        offset: Some(offset),
    }
    .rfc3339()
}

/// A day's or month's row has its own range, cut to the report's.
fn scope(question: &Question<'_>, key: &Key) -> Scope {
    let (mut from, mut to) = (question.from, question.to);
    let mut slot = None;
    match key {
        Key::Named(date) if matches!(question.by, By::Day | By::Month) => {
            let first: Option<Date> = match question.by {
                By::Month => format!("{date}-01").parse().ok(),
                _ => date.parse().ok(),
            };
            let next = first.and_then(|first| match question.by {
                By::Month => first.checked_add(jiff::Span::new().months(1)).ok(),
                _ => first.tomorrow().ok(),
            });
            let begin = |day: Option<Date>| question.zone.to_timestamp(day?.at(0, 0, 0, 0)).ok();
            from = begin(first).map_or(from, |at| at.max(from));
            to = begin(next).map_or(to, |at| at.min(to));
        }
        Key::Number(hour) if question.by == By::Hour => slot = Some(Slot::Hour(*hour)),
        Key::Number(day) => slot = Some(Slot::Weekday(*day)),
        Key::Named(_) | Key::Nobody | Key::All => {}
    }
    Scope { from, to, slot }
}

/// A column's head.
pub fn head(say: Say, column: &str) -> String {
    match column {
        "name" => say.by_person(),
        "answered_first" => say.col_answered_first(),
        "ambiguous" => say.col_ambiguous(),
        "registered" => say.col_registered(),
        "registered_in_time" => say.col_registered_in_time(),
        "handed_over" => say.col_handed_over(),
        "closed" => say.col_closed(),
        "closed_in_time" => say.col_closed_in_time(),
        "open" => say.col_open(),
        "overdue" => say.col_overdue(),
        "missed" => say.col_missed(),
        "called_back" => say.col_called_back(),
        "called_back_in_time" => say.col_called_back_in_time(),
        "called_back_proven" => say.col_called_back_proven(),
        "violations_pending" => say.col_violations_pending(),
        "violations_confirmed" => say.col_violations_confirmed(),
        "answered_rate" => say.col_answered_rate(),
        "registered_rate" => say.col_registered_rate(),
        "registered_in_time_rate" => say.col_registered_in_time_rate(),
        "handed_over_rate" => say.col_handed_over_rate(),
        "closed_in_time_rate" => say.col_closed_in_time_rate(),
        "called_back_rate" => say.col_called_back_rate(),
        "called_back_in_time_rate" => say.col_called_back_in_time_rate(),
        other => other.to_owned(),
    }
}
