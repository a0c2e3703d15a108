//! A due date's computation in a sentence, in Chinese and English.
//!
//! "answered Thu 8 Oct 16:40; 3 business days from the next day: Fri 9, Sat 10 (make-up day), skip Sun, Mon 12 →
//! due Mon 12 Oct 17:30".
//!
//! The sentence is made of the [steps](Step) alone and computes nothing. Months and years are said where they change.
//! Beyond seven counted days, days that follow one another are drawn together (`Mon 12–Fri 16`). "From the next day"
//! is left out where a holiday is passed over: there the sentence is long, and shows its first day anyway.

mod en;
mod zh;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::{Due, Lang, Name, Span, Step};

/// Counted days beyond which those in a row are drawn together.
const LISTED_DAYS: usize = 7;

/// What a deadline counts from: the sentence's first verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Since {
    /// The call was answered.
    Answered,
    /// A missed call's caller hung up.
    HungUp,
    /// The case was offered to somebody.
    Offered,
    /// It was accepted.
    Accepted,
    /// It was assigned by force, or put through.
    Assigned,
    /// It was reopened.
    Reopened,
    /// The caller was last spoken to.
    Contacted,
    /// The line came in.
    Received,
    /// A time given by hand.
    From,
}

/// One part of the list between the colon and the arrow.
#[derive(Debug, Clone, PartialEq)]
enum Item<'s> {
    /// Counted days, first and last; more than one only where days are drawn together.
    Days(Date, Date),
    /// A make-up day.
    MakeUp(Date, &'s Name),
    /// Working seconds used on days.
    Used(Date, Date, i64),
    /// Ordinary days off passed over.
    Off(Date, Date),
    /// Holidays passed over.
    Holiday(Date, Date, &'s Name),
    /// Less than a business hour was left of the day.
    TooLate(Date),
}

/// What the sentence is made of.
struct Parts<'s> {
    from: Option<DateTime>,
    add: Option<(Span, super::CountFrom)>,
    items: Vec<Item<'s>>,
    floor: Option<DateTime>,
    unknown: Option<Date>,
    due: DateTime,
    /// The due date's offset, where its wall time happens twice that day.
    doubled: Option<String>,
}

/// A span as users say it: `2 business days`, `30分钟工作时间`.
pub fn span_words(span: Span, lang: Lang) -> String {
    match lang {
        Lang::En => en::span(span),
        Lang::Zh => zh::span(span),
    }
}

/// The computation of a due date, as a sentence with times of that zone.
pub fn explain(due: &Due, zone: &TimeZone, lang: Lang, since: Since) -> String {
    let parts = parts(due, zone);
    match lang {
        Lang::En => en::sentence(&parts, since),
        Lang::Zh => zh::sentence(&parts, since),
    }
}

fn parts<'s>(due: &'s Due, zone: &TimeZone) -> Parts<'s> {
    let wall = |at: Timestamp| zone.to_datetime(at);
    let mut parts = Parts {
        from: None,
        add: None,
        items: Vec::new(),
        floor: None,
        unknown: None,
        due: wall(due.at),
        doubled: doubled(due.at, zone),
    };
    for step in &due.steps {
        match step {
            Step::From(at) => parts.from = Some(wall(*at)),
            Step::Add(span, count_from) => parts.add = Some((*span, *count_from)),
            Step::Elapsed(_) | Step::CloseOf(_) => {}
            Step::Used(date, seconds) => parts.items.push(Item::Used(*date, *date, *seconds)),
            Step::Day(_, date, None) => parts.items.push(Item::Days(*date, *date)),
            Step::Day(_, date, Some(name)) => parts.items.push(Item::MakeUp(*date, name)),
            Step::Skipped(first, last, None) => parts.items.push(Item::Off(*first, *last)),
            Step::Skipped(first, last, Some(name)) => parts.items.push(Item::Holiday(*first, *last, name)),
            Step::TooLate(date) => parts.items.push(Item::TooLate(*date)),
            Step::Unknown(last) => parts.unknown = Some(*last),
            Step::Floor(at) => parts.floor = Some(wall(*at)),
        }
    }
    let counted = parts
        .items
        .iter()
        .filter(|item| matches!(item, Item::Days(..) | Item::Used(..)))
        .count();
    if counted > LISTED_DAYS {
        parts.items = drawn_together(parts.items);
    }
    parts
}

/// Counted days that follow one another become one item.
fn drawn_together(items: Vec<Item<'_>>) -> Vec<Item<'_>> {
    let mut out: Vec<Item<'_>> = Vec::new();
    for item in items {
        let follows = |last: Date, first: Date| last.tomorrow().is_ok_and(|next| next == first);
        match (out.last_mut(), &item) {
            (Some(Item::Days(_, last)), Item::Days(first, end)) if follows(*last, *first) => *last = *end,
            (Some(Item::Used(_, last, sum)), Item::Used(first, end, more)) if follows(*last, *first) => {
                *last = *end;
                *sum += more;
            }
            _ => out.push(item),
        }
    }
    out
}

/// `+01:00` where the wall time happens twice (clocks go back).
fn doubled(at: Timestamp, zone: &TimeZone) -> Option<String> {
    let ambiguous = zone.to_ambiguous_timestamp(zone.to_datetime(at));
    if !ambiguous.is_ambiguous() {
        return None;
    }
    let seconds = zone.to_offset(at).seconds();
    let (sign, seconds) = if seconds < 0 { ('-', -seconds) } else { ('+', seconds) };
    Some(format!("{sign}{:02}:{:02}", seconds / 3600, seconds % 3600 / 60))
}

/// The day and the clock of the end of something, as they are said: midnight is 24:00 of the day that ends.
pub fn closing(end: DateTime) -> (Date, String) {
    match end.date().yesterday() {
        Ok(yesterday) if end.time() == Time::midnight() => (yesterday, "24:00".to_owned()),
        _ => (end.date(), clock(end.time())),
    }
}

impl Parts<'_> {
    /// The due date as it is said: a close at midnight is 24:00 of the day that closes.
    fn due_day_and_clock(&self, steps_close: bool) -> (Date, String) {
        if steps_close {
            return closing(self.due);
        }
        (self.due.date(), clock(self.due.time()))
    }

    /// Whether the due date is the close of a day.
    fn at_a_close(&self) -> bool {
        self.floor.is_none()
            && matches!(
                self.add,
                Some((Span::BusinessDays(_) | Span::EndOfDay | Span::Business(_), _))
            )
    }

    /// Whether to say from which day on days are counted.
    fn says_next_day(&self) -> bool {
        matches!(self.add, Some((Span::BusinessDays(_), super::CountFrom::NextDay)))
            && !self.items.iter().any(|item| matches!(item, Item::Holiday(..)))
    }
}

/// The clock, with seconds only where there are any.
fn clock(time: Time) -> String {
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    if second == 0 {
        format!("{hour:02}:{minute:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}")
    }
}

/// Hours, minutes and seconds of a duration.
fn split(seconds: i64) -> (i64, i64, i64) {
    (seconds / 3600, seconds % 3600 / 60, seconds % 60)
}
