//! When something is due, and the steps that led there.
//!
//! The steps are noted by the computation itself, so that the sentence made of them can't say something else.
//!
//! Edge cases, each decided once:
//! - *Business days* end at the close of the k-th one. With `next_day` the day after the answer's own is the first
//!   that may count. With `same_day` the answer's own day is day 1, but only if it is a business day that has not
//!   closed yet: an answer outside business days, or after closing, counts the next business day as day 1 with
//!   either setting.
//! - *Business time* ends at the last second worked: four hours that fill an afternoon are due at its close, not at
//!   the next opening.
//! - *End of day* is the close of the answer's business day if at least one business hour of it is left, else (also
//!   after closing and on days off) that of the next one.
//! - A span that is zero or negative has no counting to show: the answer is that of [`Calendar::shift`].

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::hours::{FAR_DAYS, IDLE_DAYS, Kind, days_between};
use super::{Calendar, CountFrom, Due, Name, NoWorkingTime, Span, Step};

/// What must be left of a day for it to count as the "end of day".
const BUSINESS_HOUR: SignedDuration = SignedDuration::from_hours(1);

impl Calendar {
    /// When something is due that starts at `from` and takes `span`.
    ///
    /// # Errors
    /// No working time within two years, or a span that takes more than ten.
    pub fn due(&self, from: Timestamp, span: Span, count_from: CountFrom) -> Result<Due, NoWorkingTime> {
        let mut count = Count::new(self, from, span, count_from);
        let at = match span {
            Span::Elapsed(seconds) => {
                count.steps.push(Step::Elapsed(seconds));
                self.shift(from, span)?
            }
            Span::Business(seconds) if seconds > 0 => count.business_time(from, seconds)?,
            Span::BusinessDays(days) if days > 0 => count.business_days(from, days, count_from)?,
            Span::EndOfDay => count.end_of_day(from)?,
            Span::Business(_) | Span::BusinessDays(_) => self.shift(from, span)?,
        };
        Ok(Due { at, steps: count.steps })
    }
}

impl Due {
    /// The same, but not before `floor`: a line that came in late leaves time to act.
    #[must_use]
    pub fn not_before(mut self, floor: Timestamp) -> Self {
        if self.at < floor {
            self.at = floor;
            self.steps.push(Step::Floor(floor));
        }
        self
    }
}

/// A count under way.
struct Count<'c> {
    calendar: &'c Calendar,
    /// The date it began on: what the error names, and where the bounds are measured from.
    origin: Date,
    steps: Vec<Step>,
    /// Whether the end of the known holidays was noted already.
    said_unknown: bool,
}

impl<'c> Count<'c> {
    fn new(calendar: &'c Calendar, from: Timestamp, span: Span, count_from: CountFrom) -> Self {
        let steps = vec![Step::From(from), Step::Add(span, count_from)];
        Self {
            calendar,
            origin: calendar.date_of(from),
            steps,
            said_unknown: false,
        }
    }

    fn business_days(&mut self, from: Timestamp, days: i64, count_from: CountFrom) -> Result<Timestamp, NoWorkingTime> {
        let own_day_counts = count_from == CountFrom::SameDay
            && self
                .calendar
                .close_of_day(self.origin)
                .is_some_and(|close| from < close);
        let mut date = self.origin;
        for k in 1..=days {
            if !(k == 1 && own_day_counts) {
                date = self.next_business_day(date)?;
            }
            self.count_day(k, date);
        }
        self.close(date)
    }

    fn business_time(&mut self, from: Timestamp, seconds: i64) -> Result<Timestamp, NoWorkingTime> {
        let mut left = SignedDuration::from_secs(seconds);
        let mut date = self.origin;
        if !self.calendar.is_business_day(date) {
            date = self.first_business_day()?;
        }
        loop {
            let mut used = SignedDuration::ZERO;
            for (start, end) in self.calendar.spans(date) {
                let start = start.max(from);
                let room = start.duration_until(end);
                if room >= left {
                    self.steps.push(Step::Used(date, (used + left).as_secs()));
                    return start.checked_add(left).map_err(|_| self.lost());
                }
                if room.is_positive() {
                    used += room;
                    left -= room;
                }
            }
            if !used.is_zero() {
                self.steps.push(Step::Used(date, used.as_secs()));
            }
            date = self.next_business_day(date)?;
        }
    }

    fn end_of_day(&mut self, from: Timestamp) -> Result<Timestamp, NoWorkingTime> {
        let own = self.origin;
        if !self.calendar.is_business_day(own) {
            let date = self.first_business_day()?;
            self.count_day(1, date);
            return self.close(date);
        }
        if self.calendar.worked(own, from) >= BUSINESS_HOUR {
            return self.close(own);
        }
        self.steps.push(Step::TooLate(own));
        let date = self.next_business_day(own)?;
        self.count_day(1, date);
        self.close(date)
    }

    /// The first business day from the own day, itself off, on; it stands among the days passed over.
    fn first_business_day(&mut self) -> Result<Date, NoWorkingTime> {
        let before = self.origin.yesterday().map_err(|_| self.lost())?;
        self.next_business_day(before)
    }

    /// The next business day after a date. Days passed over become steps, those of one reason together.
    fn next_business_day(&mut self, after: Date) -> Result<Date, NoWorkingTime> {
        let calendar = self.calendar;
        let mut date = after;
        let mut passed: Option<(Date, Date, Option<&Name>)> = None;
        for _ in 0..=IDLE_DAYS {
            date = date.tomorrow().map_err(|_| self.lost())?;
            if calendar.is_business_day(date) {
                self.skipped(passed);
                self.mind_unknown(date);
                if days_between(self.origin, date) > FAR_DAYS {
                    return Err(self.lost());
                }
                return Ok(date);
            }
            let why = match calendar.look(date).0 {
                Kind::Holiday(name) | Kind::MakeUp(name) => Some(name),
                Kind::DayOff | Kind::Working => None,
            };
            passed = match passed {
                Some((first, _, before)) if before == why => Some((first, date, why)),
                other => {
                    self.skipped(other);
                    Some((date, date, why))
                }
            };
        }
        Err(self.lost())
    }

    fn skipped(&mut self, passed: Option<(Date, Date, Option<&Name>)>) {
        if let Some((first, last, why)) = passed {
            self.steps.push(Step::Skipped(first, last, why.cloned()));
        }
    }

    fn mind_unknown(&mut self, date: Date) {
        if let Some(last) = self.calendar.known_until
            && date > last
            && !self.said_unknown
        {
            self.said_unknown = true;
            self.steps.push(Step::Unknown(last));
        }
    }

    fn count_day(&mut self, k: i64, date: Date) {
        self.mind_unknown(date);
        let name = match self.calendar.look(date).0 {
            Kind::MakeUp(name) => Some(name.clone()),
            Kind::Working | Kind::DayOff | Kind::Holiday(_) => None,
        };
        self.steps.push(Step::Day(k, date, name));
    }

    fn close(&mut self, date: Date) -> Result<Timestamp, NoWorkingTime> {
        let close = self.calendar.close_of_day(date).ok_or_else(|| self.lost())?;
        self.mind_unknown(date);
        self.steps.push(Step::CloseOf(date));
        Ok(close)
    }

    fn lost(&self) -> NoWorkingTime {
        NoWorkingTime { from: self.origin }
    }
}
