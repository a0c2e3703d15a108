//! Hours of a day and of a week as users write them: `09:00-12:00`, `mon-fri 09:00-12:00`, `24x7`.

use jiff::civil::{Time, Weekday};

use super::load::Wrong;
use super::reader::Field;
use crate::calendar::WeekHours;

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

/// Hours of a watch: `20:00-08:00` runs into the next day, `08:00-08:00` is a whole one.
pub(crate) fn watch(text: &str) -> Result<(Time, Time), Wrong> {
    let wrong = || {
        Wrong::new(
            format!("`{text}` is no interval"),
            "write \"08:30-12:00\", or \"20:00-08:00\"",
        )
    };
    let (from, to) = text.split_once('-').ok_or_else(wrong)?;
    Ok((time(from.trim(), false)?, time(to.trim(), true)?))
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

/// Any number of intervals of one day: sorted, disjoint; or everything that is wrong with them.
pub(crate) fn intervals(text: &str) -> Result<Vec<(Time, Time)>, Vec<Wrong>> {
    let mut wrongs = Vec::new();
    let words = text.split([' ', ',', '\t']).filter(|word| !word.is_empty());
    let mut list: Vec<_> = words.filter_map(|word| keep(interval(word), &mut wrongs)).collect();
    if list.is_empty() && wrongs.is_empty() {
        wrongs.push(Wrong::new("no hours are given", "write \"09:00-12:00 13:30-17:30\""));
    }
    keep(sort_disjoint(&mut list), &mut wrongs);
    if wrongs.is_empty() { Ok(list) } else { Err(wrongs) }
}

fn keep<T>(result: Result<T, Wrong>, wrongs: &mut Vec<Wrong>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(wrong) => {
            wrongs.push(wrong);
            None
        }
    }
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

/// One day of the week.
pub(crate) fn weekday(text: &str) -> Result<Weekday, Wrong> {
    day(text).map(|index| DAYS[index].2)
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

/// `24x7`, or `mon-fri 09:00-12:00 13:30-17:30`; several groups follow one another, `;` between them if wished. Or
/// everything that is wrong with it.
pub(crate) fn week_hours(text: &str) -> Result<WeekHours, Vec<Wrong>> {
    let (mut week, mut wrongs) = (Week::default(), Vec::new());
    if text.trim().eq_ignore_ascii_case("24x7") {
        let all: Vec<Weekday> = DAYS.iter().map(|(_, _, day)| *day).collect();
        keep(week.add(&all, &[(Time::midnight(), Time::midnight())]), &mut wrongs);
        return Ok(week.done());
    }
    let without_hours = || {
        Wrong::new(
            "days without hours",
            "write \"mon-fri 09:00-12:00 13:30-17:30\", or \"24x7\"",
        )
    };
    // None before any days; empty where they could not be read: their hours are read all the same.
    let mut on: Option<Vec<Weekday>> = None;
    let mut pending = false;
    for word in text.split([' ', ';', '\t']).filter(|word| !word.is_empty()) {
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            if on.is_none() {
                let reason = format!("`{word}` has no days before it");
                wrongs.push(Wrong::new(reason, "write \"mon-fri 09:00-12:00\""));
            }
            if let Some(hours) = keep(interval(word.trim_end_matches(',')), &mut wrongs) {
                keep(week.add(on.as_deref().unwrap_or_default(), &[hours]), &mut wrongs);
            }
            pending = false;
        } else {
            if pending {
                wrongs.push(without_hours());
            }
            on = Some(keep(weekdays(word.trim_end_matches(',')), &mut wrongs).unwrap_or_default());
            pending = true;
        }
    }
    if pending || on.is_none() && wrongs.is_empty() {
        wrongs.push(without_hours());
    }
    if wrongs.is_empty() {
        Ok(week.done())
    } else {
        Err(wrongs)
    }
}

/// Hours of a week: a text as above, or a table `{mon-fri="09:00-12:00"}`.
pub(crate) fn hours(field: &Field<'_>) -> Option<WeekHours> {
    if !matches!(field.node.value, super::tree::Value::Table(_)) {
        return field.parse_all(week_hours);
    }
    let mut week = Week::default();
    let mut given = false;
    field.map(|key, at, value| {
        let days = weekdays(key).map_err(|wrong| field.load.report(at, &value.path, &wrong.reason, &wrong.way_out));
        let hours = value.parse_all(intervals);
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
