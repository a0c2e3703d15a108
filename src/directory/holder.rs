//! Who sat at an extension then, with the row that says so as evidence.
//!
//! An agent code decides before the extension, a row bound to the feed before one that is not. Rows hold for whole
//! days of the site, `[from, to)`. A roster's row over midnight (`20:00-08:00`) belongs to the day it starts on.

use jiff::civil::{Date, DateTime, Time, Weekday};

use super::{Desk, Directory, Found, Holder, Holding, HoldingKey, HoldingWhat, RosterDays, RosterRow};
use crate::call::Machine;
use crate::ids::{DeskId, FeedName, PersonId};

impl Directory {
    /// Who held an extension (or agent code) on a feed at a wall time of the site.
    pub fn holder(&self, ext: &str, agent: Option<&str>, feed: &FeedName, at: DateTime) -> Found {
        let tables = self.tables();
        let agents = agent.and_then(|code| tables.agents.get(code));
        if let Some(row) = agents.and_then(|rows| self.in_force(rows, feed, at.date())) {
            return self.found(row, at);
        }
        let Some(rows) = tables.extensions.get(ext) else {
            let rule = if ext.is_empty() {
                "the line names no extension".into()
            } else {
                unknown(ext)
            };
            return Found {
                holder: Holder::Unmapped,
                rule,
            };
        };
        match self.in_force(rows, feed, at.date()) {
            Some(row) => self.found(row, at),
            None => Found {
                holder: Holder::Unmapped,
                rule: self.why_unmapped(ext, rows, feed, at.date()),
            },
        }
    }

    /// Who answers for what was found: the one who held it, else the head or lead, else the fallback.
    pub fn answerable<'d>(&'d self, holder: &'d Holder) -> &'d PersonId {
        match holder {
            Holder::Person(person) | Holder::Roster(person, _) => person,
            Holder::RosterHole(_, person) | Holder::UnknownMember(person) => person,
            Holder::Machine(_, Some(lead)) => lead,
            Holder::Machine(_, None) | Holder::Unmapped => &self.fallback,
        }
    }

    /// The row that holds on a day: one bound to the feed before one that is not.
    pub(super) fn in_force(&self, rows: &[usize], feed: &FeedName, date: Date) -> Option<&Holding> {
        let holding = |bound: bool| {
            rows.iter()
                .filter_map(|&at| self.holdings.get(at))
                .find(|row| row.feed.is_some() == bound && on_feed(row, feed) && row.holds_on(date))
        };
        holding(true).or_else(|| holding(false))
    }

    pub(super) fn found(&self, row: &Holding, at: DateTime) -> Found {
        let holder = match &row.what {
            HoldingWhat::Person(person) => Holder::Person(person.clone()),
            HoldingWhat::Desk(desk) => return self.at_desk(row, desk, at),
            HoldingWhat::Machine { machine, lead } => Holder::Machine(*machine, lead.clone()),
            HoldingWhat::Group { lead, .. } => Holder::UnknownMember(lead.as_ref().unwrap_or(&self.fallback).clone()),
        };
        // Asked of each answer: pieces of a text rather than a text of each piece.
        let mut rule = String::with_capacity(64);
        rule.push_str(&row.label());
        rule.push_str(" → ");
        match &row.what {
            HoldingWhat::Person(person) => rule.push_str(person.as_str()),
            what => rule.push_str(&what.label()),
        }
        if let HoldingWhat::Group { lead: None, .. } = &row.what {
            rule.push_str(", no lead: ");
            rule.push_str(self.fallback.as_str());
            rule.push_str(", the fallback");
        }
        if row.from.is_some() || row.to.is_some() {
            rule.push_str(&row.period());
        }
        rule.push_str(" (");
        rule.push_str(&row.place);
        rule.push(')');
        Found { holder, rule }
    }

    fn at_desk(&self, row: &Holding, id: &DeskId, at: DateTime) -> Found {
        let desk = self.tables().desks.get(id).and_then(|&at| self.desks.get(at));
        let head = format!("{} → desk {id}{}", row.label(), row.period());
        if let Some(entry) = desk.and_then(|desk| desk.on_duty(at)) {
            let rule = format!("{head}, roster {entry}: {} ({})", entry.person, row.place);
            return Found {
                holder: Holder::Roster(entry.person.clone(), id.clone()),
                rule,
            };
        }
        let department = desk.and_then(|desk| self.department(&desk.department));
        let (person, who) = match department {
            Some(department) => (&department.head, format!("head of {}", department.id)),
            None => (&self.fallback, "the fallback".to_owned()),
        };
        let when = at.strftime("%a %Y-%m-%d %H:%M");
        let rule = format!("{head}, nobody on the roster {when}: {person}, {who} ({})", row.place);
        Found {
            holder: Holder::RosterHole(id.clone(), person.clone()),
            rule,
        }
    }

    /// Why an extension that has rows has none for that day.
    fn why_unmapped(&self, ext: &str, rows: &[usize], feed: &FeedName, date: Date) -> String {
        let all = || rows.iter().filter_map(|&at| self.holdings.get(at));
        let here = || all().filter(|row| on_feed(row, feed));
        let last = here()
            .filter(|row| row.to.is_some_and(|to| to <= date))
            .max_by_key(|row| row.to);
        let next = here()
            .filter(|row| row.from.is_some_and(|from| date < from))
            .min_by_key(|row| row.from);
        match (
            last.and_then(|row| Some((row, row.to?))),
            next.and_then(|row| Some((row, row.from?))),
        ) {
            (Some((was, to)), Some((_, from))) => {
                format!(
                    "{ext} was {}'s until {to} ({}); nobody until {from}",
                    was.what.label(),
                    was.place
                )
            }
            (Some((was, to)), None) => {
                format!(
                    "{ext} was {}'s until {to} ({}); nobody since",
                    was.what.label(),
                    was.place
                )
            }
            (None, Some((will, from))) => {
                format!(
                    "{ext} is {}'s from {from} on ({}); nobody before",
                    will.what.label(),
                    will.place
                )
            }
            (None, None) => match all().find_map(|row| Some((row, row.feed.as_ref()?))) {
                Some((row, other)) => format!("{ext} is in the directory for feed {other} only ({})", row.place),
                None => unknown(ext),
            },
        }
    }
}

fn unknown(ext: &str) -> String {
    format!("{ext} is not in the directory")
}

fn on_feed(row: &Holding, feed: &FeedName) -> bool {
    row.feed.as_ref().is_none_or(|bound| bound == feed)
}

impl Holding {
    /// Whether the row holds on a day.
    pub fn holds_on(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date < to)
    }

    fn label(&self) -> String {
        let key = match &self.key {
            HoldingKey::Ext(ext) => ext.clone(),
            HoldingKey::Agent(code) => format!("agent {code}"),
            HoldingKey::Number(number) => crate::call::number::masked(number),
        };
        match &self.feed {
            Some(feed) => format!("{key} on {feed}"),
            None => key,
        }
    }

    fn period(&self) -> String {
        let from = self.from.map(|from| format!(" since {from}")).unwrap_or_default();
        let to = self.to.map(|to| format!(" until {to}")).unwrap_or_default();
        format!("{from}{to}")
    }
}

impl HoldingWhat {
    fn label(&self) -> String {
        let with_lead = |what: String, lead: &Option<PersonId>| match lead {
            Some(lead) => format!("{what}, lead {lead}"),
            None => what,
        };
        match self {
            Self::Person(person) => person.to_string(),
            Self::Desk(desk) => format!("desk {desk}"),
            Self::Machine { machine, lead } => with_lead(machine_name(*machine).to_owned(), lead),
            Self::Group { members, lead } => with_lead(format!("group of {}", members.join(", ")), lead),
        }
    }
}

fn machine_name(machine: Machine) -> &'static str {
    match machine {
        Machine::Queue => "queue",
        Machine::Ivr => "ivr",
        Machine::Voicemail => "voicemail",
        Machine::Fax => "fax",
        Machine::Other => "machine",
    }
}

impl Desk {
    /// The roster's row for a wall time: the last that matches.
    pub fn on_duty(&self, at: DateTime) -> Option<&RosterRow> {
        self.roster.iter().rev().find(|row| row.covers(at))
    }
}

impl RosterRow {
    /// Whether the row holds at a wall time. From 08:00 to 08:00 is a whole day.
    pub fn covers(&self, at: DateTime) -> bool {
        let (start, end) = self.at;
        let (date, time) = (at.date(), at.time());
        if end == Time::midnight() {
            return self.is_for(date) && start <= time;
        }
        if start < end {
            return self.is_for(date) && start <= time && time < end;
        }
        let since_yesterday = time < end && date.yesterday().is_ok_and(|yesterday| self.is_for(yesterday));
        since_yesterday || (self.is_for(date) && start <= time)
    }

    fn is_for(&self, date: Date) -> bool {
        match &self.on {
            RosterDays::Weekdays(days) => days.contains(&date.weekday()),
            RosterDays::Date(only) => *only == date,
        }
    }
}

/// `mon tue 08:30-12:00`, `2026-10-10 20:00-24:00`.
impl std::fmt::Display for RosterRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.on {
            RosterDays::Weekdays(days) => f.write_str(&days_text(days))?,
            RosterDays::Date(date) => write!(f, "{date}")?,
        }
        let clock = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        let end = if self.at.1 == Time::midnight() {
            "24:00".to_owned()
        } else {
            clock(self.at.1)
        };
        write!(f, " {}-{end}", clock(self.at.0))
    }
}

/// Days of the week as the file writes them: `mon-fri`, `mon wed`.
fn days_text(days: &[Weekday]) -> String {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let mut numbers: Vec<usize> = days
        .iter()
        .map(|day| usize::from(day.to_monday_zero_offset().unsigned_abs()))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let name = |n: usize| NAMES.get(n).copied().unwrap_or("?");
    match (numbers.first(), numbers.last()) {
        (Some(&first), Some(&last)) if numbers.len() > 2 && last - first + 1 == numbers.len() => {
            format!("{}-{}", name(first), name(last))
        }
        _ => numbers.into_iter().map(name).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
#[path = "holder_tests.rs"]
mod tests;
