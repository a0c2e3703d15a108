//! What kind of day it is, and when it opens and closes.
//!
//! Entries rank: a `work` entry beats an `off` entry, an `off` entry beats the weekday's hours.

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::{Calendar, Name, NoWorkingTime, WeekHours, WorkDay};

/// Days that a search goes without working time before it gives up: two years.
pub(super) const IDLE_DAYS: i64 = 731;
/// Days that a search goes in all.
pub(super) const FAR_DAYS: i64 = 3660;
/// Days before the end of the known entries from which on [`Calendar::warning`] speaks.
const WARNING_DAYS: i64 = 60;

/// One day of a calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// Its working hours, half-open; an end of midnight means 24:00. Empty: no working time.
    pub intervals: Vec<(Time, Time)>,
    /// What kind of day.
    pub kind: DayKind,
    /// Beyond `known_until`: its kind comes from the week's hours alone.
    pub beyond_known: bool,
}

/// What kind of day it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayKind {
    /// A working day by the week's hours.
    Working,
    /// Not a working day by the week's hours.
    DayOff,
    /// Off by an entry of the calendar.
    Holiday(Name),
    /// A working day by an entry of the calendar.
    MakeUp(Name),
}

impl WeekHours {
    /// Every day from 00:00 to 24:00.
    pub fn always() -> Self {
        Self {
            days: std::array::from_fn(|_| vec![(Time::midnight(), Time::midnight())]),
        }
    }

    /// No working time at all.
    pub fn closed() -> Self {
        Self {
            days: std::array::from_fn(|_| Vec::new()),
        }
    }

    /// The intervals of a weekday.
    pub fn on(&self, weekday: Weekday) -> &[(Time, Time)] {
        match self
            .days
            .get(usize::from(weekday.to_monday_zero_offset().unsigned_abs()))
        {
            Some(intervals) => intervals,
            None => &[],
        }
    }
}

/// A day as the calendar's own data: nothing copied, for walking over many days.
pub(super) enum Kind<'c> {
    Working,
    DayOff,
    Holiday(&'c Name),
    MakeUp(&'c Name),
}

impl Calendar {
    /// A calendar of weekly hours alone, without holidays.
    pub fn weekly(id: &str, zone: TimeZone, hours: WeekHours) -> Self {
        Self {
            id: id.to_owned(),
            zone,
            hours,
            off: Vec::new(),
            work: Vec::new(),
            known_until: None,
        }
    }

    /// `24x7`: every day is a business day from 00:00 to 24:00.
    pub fn always(zone: TimeZone) -> Self {
        Self::weekly("24x7", zone, WeekHours::always())
    }

    /// The same calendar with a person's own hours.
    ///
    /// They never open a holiday. On a make-up day they are those of the weekday it stands in for (Monday unless
    /// said), whatever hours the house has on that day.
    pub fn for_person(&self, hours: &WeekHours) -> Self {
        let work = self
            .work
            .iter()
            .map(|entry| WorkDay {
                at: None,
                ..entry.clone()
            })
            .collect();
        Self {
            hours: hours.clone(),
            work,
            ..self.clone()
        }
    }

    /// One day: its hours and what kind of day it is.
    pub fn day(&self, date: Date) -> Day {
        let (kind, intervals) = self.look(date);
        let kind = match kind {
            Kind::Working => DayKind::Working,
            Kind::DayOff => DayKind::DayOff,
            Kind::Holiday(name) => DayKind::Holiday(name.clone()),
            Kind::MakeUp(name) => DayKind::MakeUp(name.clone()),
        };
        Day {
            date,
            intervals: intervals.to_vec(),
            kind,
            beyond_known: self.beyond_known(date),
        }
    }

    /// The day's kind and hours.
    pub(super) fn look(&self, date: Date) -> (Kind<'_>, &[(Time, Time)]) {
        if let Some(entry) = self.work.iter().find(|entry| entry.date == date) {
            let hours = match &entry.at {
                Some(at) => at,
                None => self.hours.on(entry.stands_for.unwrap_or(Weekday::Monday)),
            };
            return (Kind::MakeUp(&entry.name), hours);
        }
        if let Some(entry) = self.off.iter().find(|entry| entry.from <= date && date <= entry.to) {
            return (Kind::Holiday(&entry.name), &[]);
        }
        let hours = self.hours.on(date.weekday());
        (if hours.is_empty() { Kind::DayOff } else { Kind::Working }, hours)
    }

    pub(super) fn beyond_known(&self, date: Date) -> bool {
        self.known_until.is_some_and(|last| date > last)
    }

    /// Days left of the known holidays, once there are 60 or fewer; negative when they have run out.
    pub fn warning(&self, today: Date) -> Option<i64> {
        let left = days_between(today, self.known_until?);
        (left <= WARNING_DAYS).then_some(left)
    }

    /// The date on the wall.
    pub fn date_of(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// The working intervals of a day as instants, in order; none of them is empty.
    pub(super) fn spans(&self, date: Date) -> impl DoubleEndedIterator<Item = (Timestamp, Timestamp)> + '_ {
        let (_, intervals) = self.look(date);
        intervals.iter().filter_map(move |&(opens, closes)| {
            let start = instant(&self.zone, date, opens)?;
            let end = if closes == Time::midnight() {
                instant(&self.zone, date.tomorrow().ok()?, closes)?
            } else {
                instant(&self.zone, date, closes)?
            };
            (start < end).then_some((start, end))
        })
    }

    /// Whether the day has working time.
    pub fn is_business_day(&self, date: Date) -> bool {
        self.spans(date).next().is_some()
    }

    /// Whether it is working time; an interval's end is not.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.spans(self.date_of(at)).any(|(start, end)| start <= at && at < end)
    }

    /// The first instant of working time from `at` on: `at` itself while open.
    ///
    /// # Errors
    /// No working time within two years.
    pub fn next_open(&self, at: Timestamp) -> Result<Timestamp, NoWorkingTime> {
        let from = self.date_of(at);
        let mut date = from;
        for _ in 0..=IDLE_DAYS {
            if let Some((start, _)) = self.spans(date).find(|&(_, end)| at < end) {
                return Ok(start.max(at));
            }
            date = date.tomorrow().map_err(|_| NoWorkingTime { from })?;
        }
        Err(NoWorkingTime { from })
    }

    /// The close of business of a day; `None` without working time on it.
    pub fn close_of_day(&self, date: Date) -> Option<Timestamp> {
        self.spans(date).next_back().map(|(_, end)| end)
    }

    /// A moment by which something is to be done, as people name it: with an offset, by the wall, or a day, which means
    /// its close of business, and without business on it its end. `None`: it is none of these.
    pub fn moment(&self, given: &str) -> Option<Timestamp> {
        if let Ok(at) = given.parse() {
            return Some(at);
        }
        let day = given.parse::<Date>().ok().filter(|_| !given.contains(':'));
        let Some(day) = day else {
            return self.zone.to_timestamp(given.parse().ok()?).ok();
        };
        self.close_of_day(day)
            .or_else(|| instant(&self.zone, day.tomorrow().ok()?, Time::midnight()))
    }

    /// The business day an instant belongs to: its own date, whatever the hour, if that is a business day, else the
    /// next one. (Without any working time: its own date.)
    ///
    /// A call answered after closing belongs to the day it was answered on, so that "at once" doesn't change at the
    /// stroke of 17:30; one answered on a Sunday may still be settled at once on Monday.
    pub fn business_day_of(&self, at: Timestamp) -> Date {
        let own = self.date_of(at);
        let mut date = own;
        for _ in 0..=IDLE_DAYS {
            if self.is_business_day(date) {
                return date;
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        own
    }

    /// "At once": whether two instants belong to the same business day.
    pub fn same_business_day(&self, a: Timestamp, b: Timestamp) -> bool {
        self.business_day_of(a) == self.business_day_of(b)
    }
}

/// Days from one date to another.
pub(super) fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

/// The first instant at which a wall clock of the zone shows `time` on `date`, or a later time.
///
/// `None` only at the far ends of what can be represented.
pub fn instant(zone: &TimeZone, date: Date, time: Time) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(date.to_datetime(time));
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => ambiguous.compatible().ok(),
        AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
        AmbiguousOffset::Gap { .. } => {
            // Read with the new offset the missing time lies before the change: the change is what follows.
            let before = ambiguous.earlier().ok()?;
            zone.following(before).next().map(|change| change.timestamp())
        }
    }
}
