//! The sentence in Chinese.

use jiff::civil::{Date, DateTime, Weekday};

use super::super::{CountFrom, Lang, Span};
use super::{Item, Parts, Since, clock, split};

pub(super) fn sentence(parts: &Parts<'_>, since: Since) -> String {
    let mut dates = Dates { last: None };
    let mut text = String::new();
    if let Some(from) = parts.from {
        text = start(since, &moment(&mut dates, from));
    }
    if let Some((added, count_from)) = parts.add {
        text = format!("{text}；{}{}", counted_from(parts, count_from), span(added));
    }
    let items: Vec<String> = parts.items.iter().map(|entry| item(entry, &mut dates)).collect();
    if !items.is_empty() {
        text = format!("{text}：{}", items.join("、"));
    }
    if let Some(floor) = parts.floor {
        text = format!("{text}；不早于{}", moment(&mut dates, floor));
    }
    let (date, at) = parts.due_day_and_clock(parts.at_a_close());
    text = format!("{text} → {}{at}到期", dates.full(date));
    if let Some(offset) = &parts.doubled {
        text = format!("{text}（{offset}）");
    }
    if let Some(last) = parts.unknown {
        text = format!(
            "{text}（{}年{}之后的节假日未知，仅按工作时间计算）",
            last.year(),
            month_and_day(last)
        );
    }
    text
}

fn start(since: Since, at: &str) -> String {
    match since {
        Since::Answered => format!("{at}接听"),
        Since::HungUp => format!("{at}来电未接挂断"),
        Since::Offered => format!("{at}转办"),
        Since::Accepted => format!("{at}接办"),
        Since::Assigned => format!("{at}指派"),
        Since::Reopened => format!("{at}退回重办"),
        Since::Contacted => format!("{at}最近联系"),
        Since::Received => format!("{at}收到话单"),
        Since::From => format!("自{at}起"),
    }
}

fn counted_from(parts: &Parts<'_>, count_from: CountFrom) -> &'static str {
    match count_from {
        CountFrom::NextDay if parts.says_next_day() => "自次日起",
        CountFrom::SameDay if matches!(parts.add, Some((Span::BusinessDays(_), _))) => "自当日起",
        CountFrom::NextDay | CountFrom::SameDay => "",
    }
}

pub(super) fn span(span: Span) -> String {
    match span {
        Span::Elapsed(seconds) => duration(seconds),
        Span::Business(s) if s % 3600 == 0 => format!("{}个工作小时", s / 3600),
        Span::Business(s) if s % 60 == 0 => format!("{}分钟工作时间", s / 60),
        Span::Business(s) => format!("{s}秒工作时间"),
        Span::BusinessDays(days) => format!("{days}个工作日"),
        Span::EndOfDay => "当日下班前".to_owned(),
    }
}

fn duration(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let (h, m, s) = split(seconds.saturating_abs());
    let words: String = [(h, "小时"), (m, "分钟"), (s, "秒")]
        .into_iter()
        .filter(|&(n, _)| n > 0)
        .map(|(n, unit)| format!("{n}{unit}"))
        .collect();
    if words.is_empty() {
        "0秒".to_owned()
    } else {
        format!("{sign}{words}")
    }
}

fn item(item: &Item<'_>, dates: &mut Dates) -> String {
    match item {
        Item::Days(first, last) => dates.days(*first, *last),
        Item::MakeUp(date, name) => {
            let day = dates.bare(*date);
            format!(
                "{day}（{}，{}）",
                weekday(*date),
                name.get(Lang::Zh).unwrap_or("调休上班")
            )
        }
        Item::Used(first, last, seconds) => format!("{}计{}", dates.days(*first, *last), duration(*seconds)),
        Item::Off(first, last) => format!("跳过{}", dates.off(*first, *last)),
        Item::Holiday(first, last, name) => {
            let days = if first == last {
                dates.day(*first)
            } else {
                dates.range(*first, *last)
            };
            format!("跳过{days}（{}）", name.get(Lang::Zh).unwrap_or("放假"))
        }
        Item::TooLate(date) => format!("{}余下不足1个工作小时", dates.day(*date)),
    }
}

fn moment(dates: &mut Dates, at: DateTime) -> String {
    format!("{}{}", dates.full(at.date()), clock(at.time()))
}

fn month_and_day(date: Date) -> String {
    format!("{}月{}日", date.month(), date.day())
}

/// Writes dates; remembers which was said last, so that a month is said where it changes.
struct Dates {
    last: Option<Date>,
}

impl Dates {
    /// `10月8日（周四）`, with the year where it changes.
    fn full(&mut self, date: Date) -> String {
        format!("{}（{}）", self.month(date), weekday(date))
    }

    /// `9日（周五）`, with the month where it changes.
    fn day(&mut self, date: Date) -> String {
        format!("{}（{}）", self.bare(date), weekday(date))
    }

    fn days(&mut self, first: Date, last: Date) -> String {
        if first == last {
            return self.day(first);
        }
        let first = self.day(first);
        format!("{first}至{}", self.day(last))
    }

    /// `10月1日至7日`, `9月30日至10月3日`.
    fn range(&mut self, first: Date, last: Date) -> String {
        let first = self.month(first);
        format!("{first}至{}", self.bare(last))
    }

    /// Ordinary days off go by their names; a longer stretch by its dates.
    fn off(&mut self, first: Date, last: Date) -> String {
        match super::super::hours::days_between(first, last) {
            0 => weekday(first).to_owned(),
            1..7 => format!("{}至{}", weekday(first), weekday(last)),
            _ => self.range(first, last),
        }
    }

    fn bare(&mut self, date: Date) -> String {
        match self.last {
            Some(last) if last.first_of_month() == date.first_of_month() => format!("{}日", date.day()),
            _ => self.month(date),
        }
    }

    fn month(&mut self, date: Date) -> String {
        let year = match self.last {
            Some(last) if last.year() != date.year() => format!("{}年", date.year()),
            _ => String::new(),
        };
        self.last = Some(date);
        format!("{year}{}", month_and_day(date))
    }
}

fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "周一",
        Weekday::Tuesday => "周二",
        Weekday::Wednesday => "周三",
        Weekday::Thursday => "周四",
        Weekday::Friday => "周五",
        Weekday::Saturday => "周六",
        Weekday::Sunday => "周日",
    }
}
