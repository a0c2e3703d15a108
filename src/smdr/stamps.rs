//! Stamps of dialects that print a day, a clock time and spans, but neither the century nor the meaning. Pure.
//!
//! **Invariants.** A two-digit year, or one that lacks, is the one nearest the reference date in which the day exists. Start and answer
//! are computed from the stamp alone, with unknown spans as 0.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

use super::usual::moved;
use super::{OptionError, Options, options};

/// What a stamp is the time of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The call began (incoming: began to ring).
    Start,
    /// It was answered.
    Answer,
    /// It ended.
    End,
}

impl Meaning {
    /// The option `stamp`.
    ///
    /// # Errors
    /// Another word than `start`, `answer`, `end`.
    pub fn option(options: &Options) -> Result<Option<Self>, OptionError> {
        match options::text(options, "stamp")? {
            None => Ok(None),
            Some("start") => Ok(Some(Self::Start)),
            Some("answer") => Ok(Some(Self::Answer)),
            Some("end") => Ok(Some(Self::End)),
            Some(other) => Err(OptionError::new(
                "stamp",
                format!("`{other}` is none of start, answer, end"),
            )),
        }
    }

    /// Start of the leg and end of its ringing, for a stamp of this meaning.
    #[inline]
    pub fn times(self, stamp: DateTime, ring: i64, talk: i64) -> (DateTime, DateTime) {
        let on = |at: DateTime, seconds: i64| {
            moved(at, seconds).unwrap_or_else(|| at.saturating_add(SignedDuration::from_secs(seconds)))
        };
        let back = |at: DateTime, seconds: i64| on(at, seconds.saturating_neg());
        match self {
            Self::Start => (stamp, on(stamp, ring)),
            Self::Answer => (back(stamp, ring), stamp),
            Self::End => (back(stamp, talk.saturating_add(ring)), back(stamp, talk)),
        }
    }
}

/// The day of a two-digit year: of the years that end so and have the day, the nearest to `reference`.
pub fn nearest_day(year: i64, month: i64, day: i64, reference: Date) -> Option<Date> {
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let century = i64::from(reference.year()) / 100 * 100;
    let at_hand = i16::try_from(century + year).ok()?;
    if (at_hand - reference.year()).abs() < 50
        && let Ok(date) = Date::new(at_hand, month, day)
    {
        // Every other is more than fifty years off.
        return Some(date);
    }
    [century - 100, century, century + 100]
        .into_iter()
        .filter_map(|century| Date::new(i16::try_from(century + year).ok()?, month, day).ok())
        .min_by_key(|date| reference.duration_until(*date).abs())
}

/// The day of a format that prints no year: of the years that have the day, the nearest to `reference`.
pub fn nearest_year(month: i64, day: i64, reference: Date) -> Option<Date> {
    /// A leap day may be as far away as from 1896 or 1904 to 1900.
    const YEARS: i16 = 8;
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    (-YEARS..=YEARS)
        .filter_map(|years| Date::new(reference.year().checked_add(years)?, month, day).ok())
        .min_by_key(|date| reference.duration_until(*date).abs())
}

/// Seconds from one to another: by the clock alone on one day.
pub fn seconds(from: DateTime, to: DateTime) -> i64 {
    let clock = |at: DateTime| (i64::from(at.hour()) * 60 + i64::from(at.minute())) * 60 + i64::from(at.second());
    if from.date() == to.date() {
        clock(to) - clock(from)
    } else {
        to.duration_since(from).as_secs()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn f43_the_nearest_century_with_that_day_is_taken() {
        let now = date(2026, 3, 5);
        assert_eq!(nearest_day(26, 3, 4, now), Some(date(2026, 3, 4)));
        assert_eq!(nearest_day(99, 12, 31, now), Some(date(1999, 12, 31)));
        assert_eq!(nearest_day(75, 1, 1, now), Some(date(2075, 1, 1)));
        assert_eq!(nearest_day(76, 3, 6, now), Some(date(1976, 3, 6)));
        // 2000 was a leap year, 1900 was none and 2100 will be none.
        assert_eq!(nearest_day(0, 2, 29, date(2099, 12, 1)), Some(date(2000, 2, 29)));
        assert_eq!(nearest_day(25, 2, 29, now), None);
        assert_eq!(nearest_day(25, 13, 1, now), None);
    }

    #[test]
    fn f43_without_a_year_the_nearest_that_has_the_day_is_taken() {
        assert_eq!(nearest_year(12, 31, date(2026, 1, 1)), Some(date(2025, 12, 31)));
        assert_eq!(nearest_year(1, 1, date(2026, 12, 31)), Some(date(2027, 1, 1)));
        assert_eq!(nearest_year(3, 4, date(2026, 3, 5)), Some(date(2026, 3, 4)));
        assert_eq!(nearest_year(2, 29, date(2026, 3, 5)), Some(date(2028, 2, 29)));
        assert_eq!(nearest_year(2, 29, date(2025, 3, 5)), Some(date(2024, 2, 29)));
        assert_eq!(nearest_year(2, 29, date(2099, 3, 5)), Some(date(2096, 2, 29)));
        assert_eq!(nearest_year(2, 29, date(2100, 6, 1)), Some(date(2104, 2, 29)));
        assert_eq!(nearest_year(2, 30, date(2026, 3, 5)), None);
        assert_eq!(nearest_year(13, 1, date(2026, 3, 5)), None);
    }

    #[test]
    fn a_stamp_of_each_meaning_gives_start_and_answer() {
        let stamp = date(2026, 1, 1).at(0, 0, 10, 0);
        let at = |y, mo, d, h, mi, s| date(y, mo, d).at(h, mi, s, 0);
        assert_eq!(
            Meaning::End.times(stamp, 5, 60),
            (at(2025, 12, 31, 23, 59, 5), at(2025, 12, 31, 23, 59, 10))
        );
        assert_eq!(Meaning::Start.times(stamp, 5, 60), (stamp, at(2026, 1, 1, 0, 0, 15)));
        assert_eq!(Meaning::Answer.times(stamp, 5, 60), (at(2026, 1, 1, 0, 0, 5), stamp));
    }
}
