//! How much working time passed.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::Calendar;

impl Calendar {
    /// Whole seconds of working time from `a` to `b`; negative if `b` lies before `a`.
    pub fn between(&self, a: Timestamp, b: Timestamp) -> i64 {
        if b < a {
            return -self.between(b, a);
        }
        let last = self.date_of(b);
        let mut date = self.date_of(a);
        let mut sum = SignedDuration::ZERO;
        loop {
            sum += self.worked_between(date, a, b);
            if date >= last {
                return sum.as_secs();
            }
            let Ok(next) = date.tomorrow() else {
                return sum.as_secs();
            };
            date = next;
        }
    }

    /// Working time of a day from an instant on.
    pub(super) fn worked(&self, date: Date, from: Timestamp) -> SignedDuration {
        self.worked_between(date, from, Timestamp::MAX)
    }

    fn worked_between(&self, date: Date, a: Timestamp, b: Timestamp) -> SignedDuration {
        self.spans(date)
            .map(|(start, end)| start.max(a).duration_until(end.min(b)))
            .filter(SignedDuration::is_positive)
            .fold(SignedDuration::ZERO, |sum, part| sum + part)
    }
}
