//! `calendar show`, `calendar due`: the days of a year, and a due date explained. Needs no database.

use std::io::Write;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::{Date, Time};
use serde_json::json;

use super::screen::{safe_json, table_in};
use super::session::{self, fail, instant, rfc3339};
use super::{Cli, Exit};
use crate::calendar::{CountFrom, Day, DayKind, Since, explain};
use crate::config::Loaded;
use crate::directory::Lang;
use crate::l10n::{Say, when};

/// Working time: the days of a year, and due dates.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  firstanswer calendar show --year 2026\n  \
    firstanswer calendar due --from 2026-10-08T16:40 --add '3 business days'")]
pub struct CalendarArgs {
    /// What to do
    #[command(subcommand)]
    pub verb: CalendarVerb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum CalendarVerb {
    /// Show the days of a year: hours, days off, make-up days
    #[command(after_help = "Example:\n  firstanswer calendar show --year 2026")]
    Show {
        /// Which year
        #[arg(long, value_name = "Y")]
        year: i16,
        /// Every day, not only those that differ from an ordinary week
        #[arg(long)]
        all: bool,
        /// Print one JSON object a day
        #[arg(long)]
        json: bool,
    },
    /// Compute and explain a due date
    #[command(after_help = "Example:\n  firstanswer calendar due --from 2026-10-08T16:40 --add '3 business days'")]
    Due {
        /// Where the clock starts (site time, or with an offset)
        #[arg(long, value_name = "TIME")]
        from: String,
        /// What is added, as the policy writes it: '4 business hours', '2 business days', 'end of day', '90s'
        #[arg(long, value_name = "DURATION")]
        add: String,
        /// Where business days count from; the policy's way if not given
        #[arg(long, value_enum)]
        count_from: Option<From>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Where business days count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum From {
    /// The day itself is not counted
    NextDay,
    /// The day itself is day 1
    SameDay,
}

/// Runs the command.
///
/// # Errors
/// The configuration is wrong, or a time or duration is none.
pub fn run(cli: &Cli, args: &CalendarArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let loaded = session::load(&cli.config)?;
    let lang = cli.lang_or(loaded.config.site.language);
    match &args.verb {
        CalendarVerb::Show { year, all, json } => show(&loaded, lang, *year, *all, *json, out)?,
        CalendarVerb::Due {
            from,
            add,
            count_from,
            json,
        } => {
            let zone = &loaded.config.site.time_zone;
            let start = instant(from, zone)?;
            let span = crate::config::parse_span(add)
                .map_err(|wrong| fail(Exit::Usage, format!("--add {add}: {}; {}", wrong.reason, wrong.way_out)))?;
            let count_from = match count_from {
                None => loaded.policy.clock.count_from,
                Some(From::NextDay) => CountFrom::NextDay,
                Some(From::SameDay) => CountFrom::SameDay,
            };
            let due = loaded
                .calendar
                .due(start, span, count_from)
                .map_err(|none| fail(Exit::Failed, none))?;
            let why = explain(&due, zone, lang, Since::From);
            let at = rfc3339(due.at, zone);
            if *json {
                writeln!(out, "{}", json!({"due_at": at, "why": why}))?;
            } else {
                writeln!(out, "{at}\n{why}")?;
            }
        }
    }
    Ok(Exit::Done)
}

fn show(loaded: &Loaded, lang: Lang, year: i16, all: bool, as_json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let first = Date::new(year, 1, 1).map_err(|_| fail(Exit::Usage, format!("--year {year}: no such year")))?;
    let mut rows = table_in(lang, &["date", "day", "kind", "hours", "name"]);
    for date in first
        .series(jiff::Span::new().days(1))
        .take_while(|date| date.year() == year)
    {
        let day = loaded.calendar.day(date);
        let (kind, name) = kind(&day);
        if as_json {
            let intervals: Vec<[String; 2]> = day
                .intervals
                .iter()
                .map(|(from, to)| [clock(*from), end(*to)])
                .collect();
            let object = json!({
                "date": date.to_string(),
                "kind": kind,
                "intervals": intervals,
                "name": name.map(|name| json!({"zh": name.zh, "en": name.en})),
                "beyond_known": day.beyond_known,
            });
            writeln!(out, "{}", safe_json(object.to_string()))?;
        } else if all || name.is_some() {
            let hours: Vec<String> = day
                .intervals
                .iter()
                .map(|(from, to)| format!("{}-{}", clock(*from), end(*to)))
                .collect();
            rows.add_row([
                date.to_string(),
                when::weekday(lang, date.weekday()).to_owned(),
                Say(lang).standing(kind).to_owned(),
                hours.join(" "),
                name.and_then(|name| name.get(lang)).unwrap_or_default().to_owned(),
            ]);
        }
    }
    if as_json {
        return Ok(());
    }
    writeln!(out, "{}", rows.trim_fmt())?;
    match loaded.calendar.known_until {
        Some(until) if until.year() < year || (until.year() == year && until < last(year)) => {
            writeln!(
                out,
                "holidays after {until} are not known: those days are by the week's hours alone"
            )?;
        }
        Some(_) => {}
        None => writeln!(out, "the calendar names no holidays: all days are by the week's hours")?,
    }
    Ok(())
}

fn last(year: i16) -> Date {
    Date::new(year, 12, 31).unwrap_or(Date::MAX)
}

fn kind(day: &Day) -> (&'static str, Option<&crate::calendar::Name>) {
    match &day.kind {
        DayKind::Working => ("working", None),
        DayKind::DayOff => ("day_off", None),
        DayKind::Holiday(name) => ("holiday", Some(name)),
        DayKind::MakeUp(name) => ("make_up", Some(name)),
    }
}

fn clock(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

fn end(time: Time) -> String {
    if time == Time::midnight() {
        "24:00".to_owned()
    } else {
        clock(time)
    }
}
