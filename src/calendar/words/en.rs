//! The sentence in English.

use jiff::civil::{Date, Weekday};

use super::super::{CountFrom, Lang, Span};
use super::{Item, Parts, Since, clock, split};

pub(super) fn sentence(parts: &Parts<'_>, since: Since) -> String {
    let mut dates = Dates { last: None };
    let mut text = String::new();
    if let Some(from) = parts.from {
        text = format!("{} {} {}", verb(since), dates.full(from.date()), clock(from.time()));
    }
    if let Some((added, count_from)) = parts.add {
        text = format!("{text}; {}{}", span(added), counted_from(parts, count_from));
    }
    let items: Vec<String> = parts.items.iter().map(|entry| item(entry, &mut dates)).collect();
    if !items.is_empty() {
        text = format!("{text}: {}", items.join(", "));
    }
    if let Some(floor) = parts.floor {
        text = format!(
            "{text}; not before {} {}",
            dates.full(floor.date()),
            clock(floor.time())
        );
    }
    let (date, at) = parts.due_day_and_clock(parts.at_a_close());
    text = format!("{text} → due {} {at}", dates.full(date));
    if let Some(offset) = &parts.doubled {
        text = format!("{text} ({offset})");
    }
    if let Some(last) = parts.unknown {
        text = format!(
            "{text} (holidays after {} {} are not known: working hours alone)",
            dates.month(last),
            last.year()
        );
    }
    text
}

fn verb(since: Since) -> &'static str {
    match since {
        Since::Answered => "answered",
        Since::HungUp => "hung up",
        Since::Offered => "offered",
        Since::Accepted => "accepted",
        Since::Assigned => "assigned",
        Since::Reopened => "reopened",
        Since::Contacted => "last contact",
        Since::Received => "received",
        Since::From => "from",
    }
}

fn counted_from(parts: &Parts<'_>, count_from: CountFrom) -> &'static str {
    match count_from {
        CountFrom::NextDay if parts.says_next_day() => " from the next day",
        CountFrom::SameDay if matches!(parts.add, Some((Span::BusinessDays(_), _))) => " from the same day",
        CountFrom::NextDay | CountFrom::SameDay => "",
    }
}

pub(super) fn span(span: Span) -> String {
    let some = |n: i64, unit: &str| {
        if n.abs() == 1 {
            format!("{n} {unit}")
        } else {
            format!("{n} {unit}s")
        }
    };
    match span {
        Span::Elapsed(seconds) => duration(seconds),
        Span::Business(s) if s % 3600 == 0 => some(s / 3600, "business hour"),
        Span::Business(s) if s % 60 == 0 => some(s / 60, "business minute"),
        Span::Business(s) => some(s, "business second"),
        Span::BusinessDays(days) => some(days, "business day"),
        Span::EndOfDay => "end of day".to_owned(),
    }
}

fn duration(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let (h, m, s) = split(seconds.saturating_abs());
    let words: Vec<String> = [(h, "h"), (m, "min"), (s, "s")]
        .into_iter()
        .filter(|&(n, _)| n > 0)
        .map(|(n, unit)| format!("{n} {unit}"))
        .collect();
    if words.is_empty() {
        "0 s".to_owned()
    } else {
        format!("{sign}{}", words.join(" "))
    }
}

fn item(item: &Item<'_>, dates: &mut Dates) -> String {
    match item {
        Item::Days(first, last) => dates.days(*first, *last),
        Item::MakeUp(date, name) => {
            let day = dates.day(*date);
            format!("{day} ({})", name.get(Lang::En).unwrap_or("make-up day"))
        }
        Item::Used(first, last, seconds) => {
            let days = dates.days(*first, *last);
            format!("{} on {days}", duration(*seconds))
        }
        Item::Off(first, last) => format!("skip {}", dates.off(*first, *last)),
        Item::Holiday(first, last, name) => {
            let days = if first == last {
                dates.day(*first)
            } else {
                dates.range(*first, *last)
            };
            format!("skip {days} ({})", name.get(Lang::En).unwrap_or("day off"))
        }
        Item::TooLate(date) => format!("less than one business hour left on {}", dates.day(*date)),
    }
}

/// Writes dates; remembers which was said last, so that a month is said where it changes.
struct Dates {
    last: Option<Date>,
}

impl Dates {
    /// `Thu 8 Oct`, with the year where it changes.
    fn full(&mut self, date: Date) -> String {
        let year = self.year(date);
        format!("{} {}{year}", weekday(date), self.month(date))
    }

    /// `Fri 9`, with the month where it changes.
    fn day(&mut self, date: Date) -> String {
        match self.last {
            Some(last) if last.first_of_month() == date.first_of_month() => {
                format!("{} {}", weekday(date), date.day())
            }
            _ => self.full(date),
        }
    }

    fn days(&mut self, first: Date, last: Date) -> String {
        if first == last {
            return self.day(first);
        }
        let first = self.day(first);
        format!("{first}–{}", self.day(last))
    }

    /// `1–7 Oct`, `30 Sep–3 Oct`.
    fn range(&mut self, first: Date, last: Date) -> String {
        let year = self.year(last);
        if first.first_of_month() == last.first_of_month() {
            return format!("{}–{}{year}", first.day(), self.month(last));
        }
        let first = self.month(first);
        format!("{first}–{}{year}", self.month(last))
    }

    /// Ordinary days off go by their names: `Sun`, `Sat–Sun`; a longer stretch by its dates.
    fn off(&mut self, first: Date, last: Date) -> String {
        match super::super::hours::days_between(first, last) {
            0 => weekday(first).to_owned(),
            1..7 => format!("{}–{}", weekday(first), weekday(last)),
            _ => self.range(first, last),
        }
    }

    fn year(&self, date: Date) -> String {
        match self.last {
            Some(last) if last.year() != date.year() => format!(" {}", date.year()),
            _ => String::new(),
        }
    }

    fn month(&mut self, date: Date) -> String {
        self.last = Some(date);
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let name = MONTHS
            .get(usize::from(date.month().unsigned_abs()).saturating_sub(1))
            .copied()
            .unwrap_or("?");
        format!("{} {name}", date.day())
    }
}

fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "Mon",
        Weekday::Tuesday => "Tue",
        Weekday::Wednesday => "Wed",
        Weekday::Thursday => "Thu",
        Weekday::Friday => "Fri",
        Weekday::Saturday => "Sat",
        Weekday::Sunday => "Sun",
    }
}
