//! Dates, times and spans in words, in the site's zone. Pure.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::Lang;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn month(date: Date) -> &'static str {
    let index = usize::try_from(date.month() - 1).unwrap_or(0);
    MONTHS.get(index).copied().unwrap_or("?")
}

/// A day of the week: `周四`, `Thu`.
pub fn weekday(lang: Lang, day: Weekday) -> &'static str {
    match (lang, day) {
        (Lang::Zh, Weekday::Monday) => "周一",
        (Lang::Zh, Weekday::Tuesday) => "周二",
        (Lang::Zh, Weekday::Wednesday) => "周三",
        (Lang::Zh, Weekday::Thursday) => "周四",
        (Lang::Zh, Weekday::Friday) => "周五",
        (Lang::Zh, Weekday::Saturday) => "周六",
        (Lang::Zh, Weekday::Sunday) => "周日",
        (Lang::En, Weekday::Monday) => "Mon",
        (Lang::En, Weekday::Tuesday) => "Tue",
        (Lang::En, Weekday::Wednesday) => "Wed",
        (Lang::En, Weekday::Thursday) => "Thu",
        (Lang::En, Weekday::Friday) => "Fri",
        (Lang::En, Weekday::Saturday) => "Sat",
        (Lang::En, Weekday::Sunday) => "Sun",
    }
}

/// A date without year: `3月5日`, `5 Mar`.
pub fn date(lang: Lang, date: Date) -> String {
    match lang {
        Lang::Zh => format!("{}月{}日", date.month(), date.day()),
        Lang::En => format!("{} {}", date.day(), month(date)),
    }
}

/// As in a subject: `3月5日 17:30`, `5 Mar 17:30`.
pub fn short(lang: Lang, at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned_datetime(zone.clone());
    format!("{} {:02}:{:02}", date(lang, local.date()), local.hour(), local.minute())
}

/// With the weekday, and the year where it is not this one: `3月5日（周四）17:30`, `Thu 5 Mar 17:30`.
pub fn long(lang: Lang, at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    let local = at.to_zoned_datetime(zone.clone());
    let this_year = now.to_zoned_datetime(zone.clone()).year() == local.year();
    let (day, clock) = (
        weekday(lang, local.weekday()),
        format!("{:02}:{:02}", local.hour(), local.minute()),
    );
    let (plain, year) = (date(lang, local.date()), local.year());
    match (lang, this_year) {
        (Lang::Zh, true) => format!("{plain}（{day}）{clock}"),
        (Lang::Zh, false) => format!("{year}年{plain}（{day}）{clock}"),
        (Lang::En, true) => format!("{day} {plain} {clock}"),
        (Lang::En, false) => format!("{day} {plain} {year} {clock}"),
    }
}

/// As people say it: `今天 17:30`, `tomorrow 09:00`, further away as [`long`].
pub fn near(lang: Lang, at: Timestamp, zone: &TimeZone, now: Timestamp) -> String {
    let local = at.to_zoned_datetime(zone.clone());
    let today = now.to_zoned_datetime(zone.clone()).date();
    let clock = format!("{:02}:{:02}", local.hour(), local.minute());
    let is = |day: Option<Date>| day == Some(local.date());
    let word = if is(Some(today)) {
        ("今天", "today")
    } else if is(today.tomorrow().ok()) {
        ("明天", "tomorrow")
    } else if is(today.yesterday().ok()) {
        ("昨天", "yesterday")
    } else {
        return long(lang, at, zone, now);
    };
    match lang {
        Lang::Zh => format!("{} {clock}", word.0),
        Lang::En => format!("{} {clock}", word.1),
    }
}

/// When something is due, by one of the words above: what is due at midnight is due by `24:00` of the day that ends
/// there, as its computation says.
pub fn due(at: Timestamp, zone: &TimeZone, said: impl Fn(Timestamp) -> String) -> String {
    let midnight = zone.to_datetime(at).time() == jiff::civil::Time::midnight();
    let minute = jiff::SignedDuration::from_mins(1);
    match at.checked_sub(minute).ok().filter(|_| midnight) {
        Some(before) => said(before).replace("23:59", "24:00"),
        None => said(at),
    }
}

/// How long somebody talked, to the second: `3 分 5 秒`, `3 min 5 s`.
pub fn talk(lang: Lang, seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let units = [(hours, "小时", "h"), (minutes, "分", "min"), (rest, "秒", "s")];
    let parts = units.iter().filter(|(n, ..)| *n > 0).map(|(n, zh, en)| match lang {
        Lang::Zh => format!("{n} {zh}"),
        Lang::En => format!("{n} {en}"),
    });
    let parts: Vec<String> = parts.collect();
    match (parts.is_empty(), lang) {
        (false, _) => parts.join(" "),
        (true, Lang::Zh) => "0 秒".to_owned(),
        (true, Lang::En) => "0 s".to_owned(),
    }
}

/// A span in its two largest units: `2 天 3 小时`, `2 d 3 h`; below a minute `不到 1 分钟`, `less than a minute`.
pub fn span(lang: Lang, seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let units: [(u64, &str, &str); 3] = [(days, "天", "d"), (hours, "小时", "h"), (minutes, "分钟", "min")];
    let first = units.iter().position(|(n, ..)| *n > 0);
    let Some(first) = first else {
        return match lang {
            Lang::Zh => "不到 1 分钟".to_owned(),
            Lang::En => "less than a minute".to_owned(),
        };
    };
    let parts: Vec<String> = units
        .iter()
        .skip(first)
        .take(2)
        .filter(|(n, ..)| *n > 0)
        .map(|(n, zh, en)| match lang {
            Lang::Zh => format!("{n} {zh}"),
            Lang::En => format!("{n} {en}"),
        })
        .collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn shanghai() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    #[test]
    fn what_is_due_at_midnight_is_due_by_the_end_of_its_day() {
        let (zone, now) = (shanghai(), at("2026-11-30T02:00:00Z"));
        let said = |due_at: &str| due(at(due_at), &zone, |at| near(Lang::Zh, at, &zone, now));
        assert_eq!(said("2026-11-30T16:00:00Z"), "今天 24:00");
        assert_eq!(said("2026-12-31T16:00:00Z"), "12月31日（周四）24:00");
        assert_eq!(said("2026-11-30T15:59:00Z"), "今天 23:59");
        assert_eq!(said("2026-12-01T01:00:00Z"), "明天 09:00");
    }

    #[test]
    fn subjects_use_the_sites_zone() {
        let due = at("2026-03-05T09:30:00Z");
        assert_eq!(short(Lang::Zh, due, &shanghai()), "3月5日 17:30");
        assert_eq!(short(Lang::En, due, &shanghai()), "5 Mar 17:30");
    }

    #[test]
    fn the_year_shows_only_where_it_is_another() {
        let due = at("2026-03-05T09:30:00Z");
        let later = at("2027-01-02T00:00:00Z");
        assert_eq!(long(Lang::Zh, due, &shanghai(), due), "3月5日（周四）17:30");
        assert_eq!(long(Lang::En, due, &shanghai(), due), "Thu 5 Mar 17:30");
        assert_eq!(long(Lang::Zh, due, &shanghai(), later), "2026年3月5日（周四）17:30");
        assert_eq!(long(Lang::En, due, &shanghai(), later), "Thu 5 Mar 2026 17:30");
    }

    #[test]
    fn near_days_have_names() {
        let now = at("2026-03-05T01:00:00Z");
        assert_eq!(
            near(Lang::Zh, at("2026-03-05T09:30:00Z"), &shanghai(), now),
            "今天 17:30"
        );
        assert_eq!(
            near(Lang::En, at("2026-03-06T01:00:00Z"), &shanghai(), now),
            "tomorrow 09:00"
        );
        assert_eq!(
            near(Lang::En, at("2026-03-03T16:00:00Z"), &shanghai(), now),
            "yesterday 00:00"
        );
        assert_eq!(
            near(Lang::En, at("2026-03-09T01:00:00Z"), &shanghai(), now),
            "Mon 9 Mar 09:00"
        );
    }

    #[test]
    fn spans_keep_two_units() {
        assert_eq!(span(Lang::En, 59), "less than a minute");
        assert_eq!(span(Lang::Zh, 3_660), "1 小时 1 分钟");
        assert_eq!(span(Lang::En, 2 * 86_400 + 3 * 3_600 + 59), "2 d 3 h");
        assert_eq!(span(Lang::En, 2 * 86_400 + 59 * 60), "2 d");
        assert_eq!(span(Lang::Zh, -7_200), "2 小时");
    }
}
