//! Business time by hand-written tables, and against a clock that walks minute by minute.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod oracle;
mod table;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::{Calendar, Name, OffDays, WeekHours, WorkDay};

/// `"09:00-12:00 13:30-17:30"`.
fn intervals(text: &str) -> Vec<(Time, Time)> {
    let time = |text: &str| match text {
        "24:00" => Time::midnight(),
        text => format!("{text}:00").parse().unwrap(),
    };
    text.split_whitespace()
        .map(|interval| {
            let (start, end) = interval.split_once('-').unwrap();
            (time(start), time(end))
        })
        .collect()
}

/// The same hours from Monday to Friday.
fn mon_fri(text: &str) -> WeekHours {
    let mut hours = WeekHours::closed();
    for day in &mut hours.days[..5] {
        *day = intervals(text);
    }
    hours
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn name(zh: &str, en: &str) -> Name {
    Name {
        zh: Some(zh.into()),
        en: Some(en.into()),
    }
}

fn off(from: &str, to: &str, zh: &str, en: &str) -> OffDays {
    OffDays {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        name: name(zh, en),
    }
}

fn work(date: &str, at: Option<&str>) -> WorkDay {
    let name = Name::default();
    WorkDay {
        date: date.parse().unwrap(),
        at: at.map(intervals),
        stands_for: None,
        name,
    }
}

/// China in 2026, by the notice of the State Council of November 2025.
fn china() -> Calendar {
    Calendar {
        off: vec![
            off("2026-01-01", "2026-01-03", "元旦", "New Year"),
            off("2026-02-15", "2026-02-23", "春节", "Spring Festival"),
            off("2026-04-04", "2026-04-06", "清明节", "Qingming"),
            off("2026-05-01", "2026-05-05", "劳动节", "Labour Day"),
            off("2026-06-19", "2026-06-21", "端午节", "Dragon Boat Festival"),
            off("2026-09-25", "2026-09-27", "中秋节", "Mid-Autumn Festival"),
            off("2026-10-01", "2026-10-07", "国庆节", "National Day"),
        ],
        work: [
            "2026-01-04",
            "2026-02-14",
            "2026-02-28",
            "2026-05-09",
            "2026-09-20",
            "2026-10-10",
        ]
        .map(|date| work(date, None))
        .into(),
        known_until: Some("2026-12-31".parse().unwrap()),
        ..Calendar::weekly("cn", zone("Asia/Shanghai"), mon_fri("09:00-12:00 13:30-17:30"))
    }
}

/// An instant by the calendar's wall; `first`/`second` pick from a doubled hour.
fn at(calendar: &Calendar, text: &str) -> Timestamp {
    let (text, second) = match text.strip_suffix(" second") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let wall: DateTime = text.parse().unwrap();
    let ambiguous = calendar.zone.to_ambiguous_timestamp(wall);
    if second {
        ambiguous.later().unwrap()
    } else {
        ambiguous.compatible().unwrap()
    }
}

/// `2026-10-12 17:30`, with seconds only where there are any.
fn wall(calendar: &Calendar, at: Timestamp) -> String {
    let wall = calendar.zone.to_datetime(at);
    wall.strftime(if wall.second() == 0 {
        "%Y-%m-%d %H:%M"
    } else {
        "%Y-%m-%d %H:%M:%S"
    })
    .to_string()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}
