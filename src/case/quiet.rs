//! When a person is not to be mailed.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::calendar::Calendar;
use crate::case::policy::Quiet;
use crate::directory::Person;

/// Until when mail to this person is held; `None`: it may go now. Intervals are half-open: closing time is quiet.
///
/// A calendar without working time holds nothing: better a mail at night than none.
pub fn until(quiet: &Quiet, calendar: &Calendar, person: Option<&Person>, now: Timestamp) -> Option<Timestamp> {
    let opening = match quiet {
        Quiet::None => return None,
        Quiet::OutsideHours => {
            let own = person
                .and_then(|p| p.hours.as_ref())
                .map(|hours| calendar.for_person(hours));
            own.as_ref()
                .unwrap_or(calendar)
                .next_open(now)
                .or_else(|_| calendar.next_open(now))
                .ok()?
        }
        Quiet::Between(from, to) => end_of_quiet(*from, *to, &calendar.zone, now)?,
    };
    (opening > now).then_some(opening)
}

fn end_of_quiet(from: Time, to: Time, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let wall = zone.to_datetime(now);
    let time = wall.time();
    let over_midnight = to <= from;
    let inside = if over_midnight {
        time >= from || time < to
    } else {
        time >= from && time < to
    };
    if !inside {
        return None;
    }
    let day = if over_midnight && time >= from {
        wall.date().checked_add(1.day()).ok()?
    } else {
        wall.date()
    };
    zone.to_timestamp(day.to_datetime(to)).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn between_two_times_over_midnight() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let quiet = Quiet::Between(Time::constant(20, 0, 0, 0), Time::constant(8, 0, 0, 0));
        let calendar = Calendar::always(zone);
        let check = |now: &str, opens: Option<&str>| {
            assert_eq!(until(&quiet, &calendar, None, at(now)), opens.map(at), "{now}");
        };
        check("2026-03-05T19:59:59+08:00", None);
        check("2026-03-05T20:00:00+08:00", Some("2026-03-06T08:00:00+08:00"));
        check("2026-03-06T03:00:00+08:00", Some("2026-03-06T08:00:00+08:00"));
        check("2026-03-06T08:00:00+08:00", None);
    }
}
