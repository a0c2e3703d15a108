//! When a person is not to be mailed.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::calendar::{Calendar, wall_instant};
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

/// Quiet runs from the first instant at which the wall shows `from` to the first at which it shows `to`, or later: where
/// clocks change it neither breaks off nor begins anew.
fn end_of_quiet(from: Time, to: Time, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let today = zone.to_datetime(now).date();
    let yesterday = today.checked_sub(1.day()).ok();
    [Some(today), yesterday].into_iter().flatten().find_map(|day| {
        let last = if to <= from { day.tomorrow().ok()? } else { day };
        let begins = wall_instant(zone, day, from)?;
        let ends = wall_instant(zone, last, to)?;
        (begins <= now && now < ends).then_some(ends)
    })
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

    #[test]
    fn f40_quiet_hours_where_clocks_change() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let calendar = Calendar::always(zone);
        let half_past = |hour| Time::constant(hour, 30, 0, 0);
        let check = |from: Time, to: Time, now: &str, opens: Option<&str>| {
            let quiet = Quiet::Between(from, to);
            assert_eq!(
                until(&quiet, &calendar, None, at(now)),
                opens.map(at),
                "{from} to {to} at {now}"
            );
        };
        // 29 March 2026: 02:00 becomes 03:00. An end at 02:30 is the change; so is a beginning.
        let (ten, half_past_two, six) = (half_past(22), half_past(2), half_past(6));
        check(
            ten,
            half_past_two,
            "2026-03-29T01:59:59+01:00",
            Some("2026-03-29T03:00:00+02:00"),
        );
        check(ten, half_past_two, "2026-03-29T03:00:00+02:00", None);
        check(half_past_two, six, "2026-03-29T01:59:59+01:00", None);
        check(
            half_past_two,
            six,
            "2026-03-29T03:00:00+02:00",
            Some("2026-03-29T06:30:00+02:00"),
        );
        // 25 October 2026: 03:00 becomes 02:00 again. The first 02:30 counts.
        check(
            ten,
            half_past_two,
            "2026-10-25T02:29:59+02:00",
            Some("2026-10-25T02:30:00+02:00"),
        );
        check(ten, half_past_two, "2026-10-25T02:30:00+02:00", None);
        check(ten, half_past_two, "2026-10-25T02:10:00+01:00", None);
        check(
            half_past_two,
            six,
            "2026-10-25T02:30:00+02:00",
            Some("2026-10-25T06:30:00+01:00"),
        );
        check(
            half_past_two,
            six,
            "2026-10-25T02:10:00+01:00",
            Some("2026-10-25T06:30:00+01:00"),
        );
    }

    #[test]
    fn f40_a_night_of_a_persons_own_hours_is_an_hour_shorter_or_longer() {
        // Quiet outside 00:00-02:30 and 04:00-06:00 of every day.
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let hours = vec![
            (Time::constant(0, 0, 0, 0), Time::constant(2, 30, 0, 0)),
            (Time::constant(4, 0, 0, 0), Time::constant(6, 0, 0, 0)),
        ];
        let week = crate::calendar::WeekHours {
            days: std::array::from_fn(|_| hours.clone()),
        };
        let calendar = Calendar::weekly("night", zone, week);
        let check = |now: &str, opens: Option<&str>| {
            assert_eq!(
                until(&Quiet::OutsideHours, &calendar, None, at(now)),
                opens.map(at),
                "{now}"
            );
        };
        check("2026-03-29T01:59:59+01:00", None);
        check("2026-03-29T03:00:00+02:00", Some("2026-03-29T04:00:00+02:00"));
        check("2026-10-25T02:29:59+02:00", None);
        check("2026-10-25T02:10:00+01:00", Some("2026-10-25T04:00:00+01:00"));
    }
}
