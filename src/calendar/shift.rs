//! Steps of urging: an instant moved forward or back on the calendar.
//!
//! Unlike a due date, a step of whole business days keeps the clock time: one business day after 17:30 is 17:30 of
//! the next business day, also where that one closes at noon (quiet hours are the mailer's business). What is missing
//! or doubled on the wall that day follows the room's rule: the moment of the change, the first occurrence.
//! A deadline at 24:00 belongs to the day it closes: one business day after Friday 24:00 is Monday 24:00.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};

use super::hours::{FAR_DAYS, IDLE_DAYS, days_between, instant};
use super::{Calendar, CountFrom, NoWorkingTime, Span};

impl Calendar {
    /// The instant that lies `span` after `from`, or before it where the span is negative.
    ///
    /// Business time forward gives the earliest such instant (a close), backward the latest (an opening), so that
    /// [`between`](Calendar::between) of the two is the span. `EndOfDay` is the [due date](Calendar::due).
    ///
    /// # Errors
    /// No working time within two years, or a span that takes more than ten.
    pub fn shift(&self, from: Timestamp, span: Span) -> Result<Timestamp, NoWorkingTime> {
        let lost = NoWorkingTime {
            from: self.date_of(from),
        };
        match span {
            Span::Elapsed(seconds) => {
                if seconds.unsigned_abs() > FAR_DAYS.unsigned_abs() * 86_400 {
                    return Err(lost);
                }
                from.checked_add(SignedDuration::from_secs(seconds)).map_err(|_| lost)
            }
            Span::Business(0) | Span::BusinessDays(0) => Ok(from),
            Span::Business(seconds) if seconds < 0 => self.back(from, seconds.unsigned_abs()),
            Span::BusinessDays(days) => self.by_days(from, days),
            Span::Business(_) | Span::EndOfDay => self.due(from, span, CountFrom::NextDay).map(|due| due.at),
        }
    }

    fn by_days(&self, from: Timestamp, days: i64) -> Result<Timestamp, NoWorkingTime> {
        let origin = self.date_of(from);
        let lost = NoWorkingTime { from: origin };
        let wall = self.zone.to_datetime(from);
        let closes_yesterday = wall.time() == Time::midnight()
            && origin
                .yesterday()
                .is_ok_and(|yesterday| self.close_of_day(yesterday) == Some(from));
        let mut date = if closes_yesterday {
            origin.yesterday().map_err(|_| lost)?
        } else {
            origin
        };
        for _ in 0..days.unsigned_abs() {
            date = self.neighbour(date, days > 0, lost)?;
            if days_between(origin, date).abs() > FAR_DAYS {
                return Err(lost);
            }
        }
        if closes_yesterday {
            date = date.tomorrow().map_err(|_| lost)?;
        }
        instant(&self.zone, date, wall.time()).ok_or(lost)
    }

    /// The next business day, or the one before.
    fn neighbour(&self, from: Date, forward: bool, lost: NoWorkingTime) -> Result<Date, NoWorkingTime> {
        let mut date = from;
        for _ in 0..=IDLE_DAYS {
            date = if forward { date.tomorrow() } else { date.yesterday() }.map_err(|_| lost)?;
            if self.is_business_day(date) {
                return Ok(date);
            }
        }
        Err(lost)
    }

    /// The latest instant from which `seconds` of working time lead to `from`.
    fn back(&self, from: Timestamp, seconds: u64) -> Result<Timestamp, NoWorkingTime> {
        let origin = self.date_of(from);
        let lost = NoWorkingTime { from: origin };
        let mut left = SignedDuration::from_secs(i64::try_from(seconds).map_err(|_| lost)?);
        let mut date = origin;
        loop {
            for (start, end) in self.spans(date).rev() {
                let end = end.min(from);
                let room = start.duration_until(end);
                if room >= left {
                    return end.checked_sub(left).map_err(|_| lost);
                }
                if room.is_positive() {
                    left -= room;
                }
            }
            date = self.neighbour(date, false, lost)?;
            if days_between(date, origin) > FAR_DAYS {
                return Err(lost);
            }
        }
    }
}
