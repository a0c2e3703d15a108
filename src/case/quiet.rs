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

/// When mail that the daily cap may hold goes, given when it is ready and how many a person got on a day. Rungs 2 and
/// above, and what happened, are never held: they are not asked about.
pub fn under_cap<E>(
    cap: u32,
    zone: &TimeZone,
    ready: Timestamp,
    mut sent_on: impl FnMut(Timestamp, Timestamp) -> Result<u32, E>,
) -> Result<Timestamp, E> {
    let midnight = |date: jiff::civil::Date| zone.to_timestamp(date.at(0, 0, 0, 0)).ok();
    // A cap of none would hold for ever what must be told at some time.
    if cap == 0 {
        return Ok(ready);
    }
    let mut at = ready;
    loop {
        let today = zone.to_datetime(at).date();
        let next = today.checked_add(1.day()).ok().and_then(midnight);
        let (Some(from), Some(next)) = (midnight(today), next) else {
            break;
        };
        if next <= at || sent_on(from, next)? < cap {
            break;
        }
        at = next;
    }
    Ok(at)
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
    fn the_tenth_mail_of_a_day_is_the_last() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let sent = |first: u32, second: u32| {
            move |from: Timestamp, _: Timestamp| -> Result<u32, ()> {
                Ok(if from == at("2026-03-05T00:00:00+08:00") {
                    first
                } else if from == at("2026-03-06T00:00:00+08:00") {
                    second
                } else {
                    0
                })
            }
        };
        let check = |first, second, goes: &str| {
            let ready = at("2026-03-05T15:00:00+08:00");
            assert_eq!(under_cap(10, &zone, ready, sent(first, second)), Ok(at(goes)));
        };
        check(9, 0, "2026-03-05T15:00:00+08:00");
        check(10, 9, "2026-03-06T00:00:00+08:00");
        check(10, 10, "2026-03-07T00:00:00+08:00");
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
