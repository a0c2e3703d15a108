//! A calendar, from its file or inline in `firstanswer.toml`.
//!
//! **Not here**: counting on it ([`crate::calendar`]).

use std::collections::HashSet;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::hours::{hours, intervals, weekday};
use super::reader::{Field, Section};
use super::values::name;
use crate::calendar::{Calendar, OffDays, WorkDay};

/// What `calendar = {…}` says: a file, or the calendar itself.
pub(crate) enum From<'a> {
    File(Field<'a>),
    Inline(Box<Calendar>),
}

pub(crate) fn from<'a>(field: &Field<'a>, zone: &TimeZone) -> Option<From<'a>> {
    field.section(|s| {
        let path = s.field("path");
        if !s.has("path") {
            return read(s, zone, Some("site")).map(|calendar| From::Inline(Box::new(calendar)));
        }
        for key in ["id", "hours", "off", "work", "known_until"] {
            if s.field(key).is_some() {
                s.wrong_key(key, "the calendar has a file and is written here", "keep one of them");
            }
        }
        path.map(From::File)
    })
}

/// Reads a calendar; without a default id it must have its own.
pub(crate) fn read(s: &mut Section<'_>, zone: &TimeZone, id: Option<&str>) -> Option<Calendar> {
    let slug = |f: &Field<'_>| f.slug::<crate::ids::CategoryId>().map(String::from);
    let id = match id {
        Some(default) => s.or("id", Some(default.to_owned()), |f| slug(f).map(Some)),
        None => s.need("id", "\"cn\"", slug),
    };
    let hours = s.need("hours", "{mon-fri=\"09:00-12:00 13:30-17:30\"}", hours);
    let off = s.or("off", Vec::new(), |f| f.list(|f| f.section(off_days)));
    let mut seen: HashSet<Date> = HashSet::new();
    let work = s.or("work", Vec::new(), |f| {
        f.list(|f| {
            let day = f.section(work_day)?;
            if !seen.insert(day.date) {
                f.wrong(
                    format!("{} is a working day twice", day.date),
                    "write its hours in one row",
                );
            }
            Some(day)
        })
    });
    let known_until = s.opt("known_until", Field::date);
    Some(Calendar {
        id: id?,
        zone: zone.clone(),
        hours: hours?,
        off,
        work,
        known_until,
    })
}

fn off_days(s: &mut Section<'_>) -> Option<OffDays> {
    let from = s.need("date", "2026-10-01", Field::date);
    let to = s.opt("to", Field::date);
    let name = s.opt("name", name).unwrap_or_default();
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        s.wrong_key(
            "to",
            format!("{to} lies before {from}"),
            "both days are off: write the later one here",
        );
    }
    Some(OffDays {
        from: from?,
        to: to.or(from)?,
        name,
    })
}

fn work_day(s: &mut Section<'_>) -> Option<WorkDay> {
    let date = s.need("date", "2026-10-10", Field::date);
    let at: Option<Vec<(Time, Time)>> = s.opt("at", |f| f.parse_all(intervals));
    let name = s.opt("name", name).unwrap_or_default();
    let stands_for = s.opt("stands_for", |f| f.parse(weekday));
    Some(WorkDay {
        date: date?,
        at,
        stands_for,
        name,
    })
}
