//! Texts that users write for times: durations, hours of a week, days, zones.
//!
//! **Invariants.** Pure functions of the text; each refusal says what to write instead.
//!
//! **Not here**: what a duration means on a calendar ([`crate::calendar`]).

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use super::reader::{Field, Wrong, choose};
use crate::calendar::{Name, Span, WeekHours};

/// The longest duration: ten years.
const LONGEST_DAYS: i64 = 3_660;
/// What a duration looks like.
const SPAN_FORMS: &str = "write \"90s\", \"30m\", \"4h\", \"30 business minutes\", \"4 business hours\", \"2 business days\" or \"end of day\"";

/// `"90s"`, `"4 business hours"`, `"end of day"`: not negative.
pub(crate) fn span(text: &str) -> Result<Span, Wrong> {
    let value = signed_span(text)?;
    if matches!(value, Span::Elapsed(n) | Span::Business(n) | Span::BusinessDays(n) if n < 0) {
        return Err(Wrong::new(format!("`{text}` is negative"), "take the minus away"));
    }
    Ok(value)
}

/// The same with a minus allowed: before the deadline.
pub(crate) fn signed_span(text: &str) -> Result<Span, Wrong> {
    if text == "end of day" {
        return Ok(Span::EndOfDay);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [one] => elapsed(one, text),
        [number, "business", unit] => business(number, unit, text),
        [
            _,
            unit @ ("second" | "seconds" | "minute" | "minutes" | "hour" | "hours" | "day" | "days"),
        ] => {
            let short = unit.get(..1).unwrap_or_default();
            let way_out = match short {
                "d" => format!("write \"{} business {unit}\", or hours: \"48h\"", words[0]),
                _ => format!(
                    "write \"{0}{short}\" for elapsed time, or \"{0} business {unit}\"",
                    words[0]
                ),
            };
            Err(Wrong::new(format!("`{text}` is no duration"), way_out))
        }
        _ => Err(Wrong::new(format!("`{text}` is no duration"), SPAN_FORMS)),
    }
}

fn elapsed(word: &str, text: &str) -> Result<Span, Wrong> {
    let wrong = |way_out: &str| Wrong::new(format!("`{text}` is no duration"), way_out.to_owned());
    let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number = number(digits, text)?;
    let unit = word.get(digits.len()..).unwrap_or_default();
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => {
            return Err(wrong(&format!(
                "write hours, \"{}h\", or \"{number} business days\"",
                number * 24
            )));
        }
        "" => {
            return Err(wrong(&format!(
                "add the unit: \"{number}s\", \"{number}m\" or \"{number}h\""
            )));
        }
        _ => return Err(wrong(SPAN_FORMS)),
    };
    bounded(number, seconds, text).map(Span::Elapsed)
}

fn business(word: &str, unit: &str, text: &str) -> Result<Span, Wrong> {
    let number = number(word, text)?;
    match unit {
        "minute" | "minutes" => bounded(number, 60, text).map(Span::Business),
        "hour" | "hours" => bounded(number, 3_600, text).map(Span::Business),
        "day" | "days" => bounded(number, 86_400, text).map(|_| Span::BusinessDays(number)),
        _ => Err(Wrong::new(
            format!("`{unit}` is no unit of business time"),
            "write minutes, hours or days",
        )),
    }
}

fn number(digits: &str, text: &str) -> Result<i64, Wrong> {
    let plain = digits.strip_prefix('-').unwrap_or(digits);
    if plain.contains(['.', ',']) {
        return Err(Wrong::new(
            format!("`{text}` is no whole number of units"),
            "write the smaller unit: \"90m\"",
        ));
    }
    if plain.is_empty() || !plain.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Wrong::new(format!("`{text}` is no duration"), SPAN_FORMS));
    }
    digits
        .parse()
        .ok()
        .filter(|n: &i64| n.abs() <= LONGEST_DAYS * 86_400)
        .ok_or_else(|| too_long(text))
}

fn bounded(number: i64, seconds: i64, text: &str) -> Result<i64, Wrong> {
    number
        .checked_mul(seconds)
        .filter(|n| n.abs() <= LONGEST_DAYS * 86_400)
        .ok_or_else(|| too_long(text))
}

fn too_long(text: &str) -> Wrong {
    Wrong::new(format!("`{text}` is longer than ten years"), "write a shorter one")
}

/// A duration that runs day and night, in seconds.
pub(crate) fn elapsed_seconds(text: &str) -> Result<i64, Wrong> {
    match span(text)? {
        Span::Elapsed(seconds) => Ok(seconds),
        _ => Err(Wrong::new(
            format!("`{text}` runs on the calendar"),
            "write elapsed time here: \"90s\", \"5m\", \"2h\"",
        )),
    }
}

/// A duration with a length, not `"end of day"`.
pub(crate) fn length(text: &str) -> Result<Span, Wrong> {
    match span(text)? {
        Span::EndOfDay => Err(Wrong::new(
            "`end of day` has no length",
            "write a length: \"10 business days\"",
        )),
        value => Ok(value),
    }
}

/// A time of day, `08:30`; `24:00` only as an end.
fn time(text: &str, end: bool) -> Result<Time, Wrong> {
    let wrong = || {
        Wrong::new(
            format!("`{text}` is no time of day"),
            "write hours and minutes: \"08:30\"",
        )
    };
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour, 2) || !digits(minute, 2) || minute.len() != 2 {
        return Err(wrong());
    }
    let (hour, minute) = (
        hour.parse::<i8>().map_err(|_| wrong())?,
        minute.parse::<i8>().map_err(|_| wrong())?,
    );
    if end && hour == 24 && minute == 0 {
        return Ok(Time::midnight());
    }
    Time::new(hour, minute, 0, 0).map_err(|_| wrong())
}

/// `13:30-17:30`, within one day; an end of `24:00` comes out as midnight.
pub(crate) fn interval(text: &str) -> Result<(Time, Time), Wrong> {
    let wrong = || Wrong::new(format!("`{text}` is no interval"), "write \"09:00-12:00\"");
    let (from, to) = text.split_once('-').ok_or_else(wrong)?;
    let (from, to) = (time(from.trim(), false)?, time(to.trim(), true)?);
    let ends_at_midnight = to == Time::midnight() && text.trim_end().ends_with("24:00");
    if from >= to && !ends_at_midnight {
        let way_out = "write the earlier time first; a night is two intervals: up to \"24:00\", then from \"00:00\"";
        return Err(Wrong::new(format!("`{text}` runs backwards"), way_out));
    }
    Ok((from, to))
}

/// Quiet hours: `20:00-08:00` may run over midnight.
pub(crate) fn daily(text: &str) -> Result<(Time, Time), Wrong> {
    let wrong = || Wrong::new(format!("`{text}` is no interval"), "write \"20:00-08:00\"");
    let (from, to) = text.split_once('-').ok_or_else(wrong)?;
    let (from, to) = (time(from.trim(), false)?, time(to.trim(), true)?);
    if from == to {
        return Err(Wrong::new(
            format!("`{text}` is empty"),
            "write \"none\", or two different times",
        ));
    }
    Ok((from, to))
}

/// Any number of intervals of one day: sorted, disjoint.
pub(crate) fn intervals(text: &str) -> Result<Vec<(Time, Time)>, Wrong> {
    let words = text.split([' ', ',', '\t']).filter(|word| !word.is_empty());
    let mut list = words.map(interval).collect::<Result<Vec<_>, _>>()?;
    if list.is_empty() {
        return Err(Wrong::new("no hours are given", "write \"09:00-12:00 13:30-17:30\""));
    }
    sort_disjoint(&mut list)?;
    Ok(list)
}

fn sort_disjoint(list: &mut [(Time, Time)]) -> Result<(), Wrong> {
    list.sort();
    for pair in list.windows(2) {
        if let [(from, to), (next, end)] = pair
            && (*to == Time::midnight() || next < to)
        {
            let show = |from: &Time, to: &Time| {
                let to = if *to == Time::midnight() {
                    "24:00".to_owned()
                } else {
                    to.strftime("%H:%M").to_string()
                };
                format!("{}-{to}", from.strftime("%H:%M"))
            };
            let reason = format!("{} and {} overlap", show(from, to), show(next, end));
            return Err(Wrong::new(reason, "write each hour of a day once"));
        }
    }
    Ok(())
}

const DAYS: [(&str, &str, Weekday); 7] = [
    ("mon", "monday", Weekday::Monday),
    ("tue", "tuesday", Weekday::Tuesday),
    ("wed", "wednesday", Weekday::Wednesday),
    ("thu", "thursday", Weekday::Thursday),
    ("fri", "friday", Weekday::Friday),
    ("sat", "saturday", Weekday::Saturday),
    ("sun", "sunday", Weekday::Sunday),
];

fn day(text: &str) -> Result<usize, Wrong> {
    let lower = text.trim().to_ascii_lowercase();
    DAYS.iter()
        .position(|(short, long, _)| *short == lower || *long == lower)
        .ok_or_else(|| {
            Wrong::new(
                format!("`{text}` is no day of the week"),
                "write mon, tue, wed, thu, fri, sat or sun",
            )
        })
}

/// `mon-fri`, `sat`, `mon,wed`, `sat-mon`; each day once, Monday first.
pub(crate) fn weekdays(text: &str) -> Result<Vec<Weekday>, Wrong> {
    let mut on = [false; 7];
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (mut index, last) = (day(from)?, day(to)?);
        on[index] = true;
        while index != last {
            index = (index + 1) % 7;
            on[index] = true;
        }
    }
    Ok(DAYS
        .iter()
        .zip(on)
        .filter(|(_, on)| *on)
        .map(|((_, _, day), _)| *day)
        .collect())
}

/// A week under construction.
#[derive(Default)]
pub(crate) struct Week {
    days: [Vec<(Time, Time)>; 7],
}

impl Week {
    pub(crate) fn add(&mut self, on: &[Weekday], hours: &[(Time, Time)]) -> Result<(), Wrong> {
        for day in on {
            let index = usize::from(day.to_monday_zero_offset().unsigned_abs());
            if let Some(list) = self.days.get_mut(index) {
                list.extend_from_slice(hours);
                sort_disjoint(list).map_err(|wrong| {
                    let name = DAYS.get(index).map_or("", |(short, _, _)| short);
                    Wrong::new(format!("{name}: {}", wrong.reason), wrong.way_out)
                })?;
            }
        }
        Ok(())
    }

    pub(crate) fn done(self) -> WeekHours {
        WeekHours { days: self.days }
    }
}

/// `24x7`, or `mon-fri 09:00-12:00 13:30-17:30`; several groups follow one another, `;` between them if wished.
pub(crate) fn week_hours(text: &str) -> Result<WeekHours, Wrong> {
    let mut week = Week::default();
    if text.trim().eq_ignore_ascii_case("24x7") {
        let all: Vec<Weekday> = DAYS.iter().map(|(_, _, day)| *day).collect();
        week.add(&all, &[(Time::midnight(), Time::midnight())])?;
        return Ok(week.done());
    }
    let mut on: Vec<Weekday> = Vec::new();
    let mut pending = false;
    for word in text.split([' ', ';', '\t']).filter(|word| !word.is_empty()) {
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            if on.is_empty() {
                return Err(Wrong::new(
                    format!("`{word}` has no days before it"),
                    "write \"mon-fri 09:00-12:00\"",
                ));
            }
            week.add(&on, &[interval(word.trim_end_matches(','))?])?;
            pending = false;
        } else {
            if pending {
                return Err(Wrong::new("days without hours", "write \"mon-fri 09:00-12:00\""));
            }
            on = weekdays(word.trim_end_matches(','))?;
            pending = true;
        }
    }
    if pending || on.is_empty() {
        return Err(Wrong::new(
            "days without hours",
            "write \"mon-fri 09:00-12:00 13:30-17:30\", or \"24x7\"",
        ));
    }
    Ok(week.done())
}

/// Hours of a week: a text as above, or a table `{mon-fri="09:00-12:00"}`.
pub(crate) fn hours(field: &Field<'_>) -> Option<WeekHours> {
    if !matches!(field.node.value, super::tree::Value::Table(_)) {
        return field.parse(week_hours);
    }
    let mut week = Week::default();
    let mut given = false;
    field.map(|key, at, value| {
        let days = weekdays(key).map_err(|wrong| field.load.report(at, &value.path, &wrong.reason, &wrong.way_out));
        let hours = value.parse(intervals);
        given = true;
        if let (Ok(days), Some(hours)) = (days, hours)
            && let Err(wrong) = week.add(&days, &hours)
        {
            value.wrong(wrong.reason, wrong.way_out);
        }
    })?;
    if !given {
        field.wrong(
            "the calendar has no working time",
            "write {mon-fri=\"09:00-12:00 13:30-17:30\"}, or \"24x7\"",
        );
        return None;
    }
    Some(week.done())
}

/// A zone by its IANA name, or `local`: the machine's.
pub(crate) fn zone(text: &str) -> Result<TimeZone, Wrong> {
    if text == "local" {
        return TimeZone::try_system().map_err(|error| {
            Wrong::new(
                format!("the machine's zone is not known: {error}"),
                "name it: \"Asia/Shanghai\"",
            )
        });
    }
    TimeZone::get(text).map_err(|_| {
        let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let way_out = match super::reader::nearest(text, &names) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "write an IANA name such as \"Asia/Shanghai\", or \"local\"".to_owned(),
        };
        Wrong::new(format!("the time zone `{text}` is not known"), way_out)
    })
}

/// A name in both languages: `{zh="…", en="…"}`, or one text for the site's language.
pub(crate) fn name(field: &Field<'_>) -> Option<Name> {
    if let super::tree::Value::Text(_) = field.node.value {
        return field.text().map(|text| Name {
            zh: Some(text.to_owned()),
            en: None,
        });
    }
    field.section(|s| {
        Some(Name {
            zh: s.opt_text("zh"),
            en: s.opt_text("en"),
        })
    })
}

/// A mailbox `name@host`, checked as far as a mail server will.
pub(crate) fn address(text: &str) -> Result<String, Wrong> {
    let wrong = || Wrong::new(format!("`{text}` is no mail address"), "write name@host");
    let (local, host) = text.rsplit_once('@').ok_or_else(wrong)?;
    let atom = |part: &str| {
        let fits = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
        !part.is_empty() && part.chars().all(fits)
    };
    let label = |part: &str| {
        let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        !part.is_empty() && part.chars().all(fits) && !part.starts_with('-') && !part.ends_with('-')
    };
    let good = local.len() <= 64 && text.len() <= 254 && local.split('.').all(atom) && host.split('.').all(label);
    if good { Ok(text.to_owned()) } else { Err(wrong()) }
}

/// Says which of some names was meant.
pub(crate) fn unknown(what: &str, text: &str, names: &[&str]) -> Wrong {
    Wrong::new(format!("there is no {what} `{text}`"), choose(text, names))
}
