//! What the rules say, case by case. Expected values are counted by hand on a printed calendar.

use jiff::SignedDuration;

use super::super::{CountFrom, DayKind, Lang, NoWorkingTime, Since, Span, Step, WeekHours, explain};
use super::*;

const DAY: i64 = 86_400;

/// A line of the table: wall time, span, where days count from, expected wall time.
#[track_caller]
fn due(calendar: &Calendar, from: &str, span: Span, count_from: CountFrom, expect: &str) {
    let due = calendar.due(at(calendar, from), span, count_from).unwrap();
    assert_eq!(wall(calendar, due.at), expect, "{from} + {span:?}, {count_from:?}");
}

#[track_caller]
fn shifted(calendar: &Calendar, from: &str, span: Span, expect: &str) {
    let shifted = calendar.shift(at(calendar, from), span).unwrap();
    assert_eq!(wall(calendar, shifted), expect, "{from} {span:?}");
}

#[test]
fn kinds_of_days() {
    let cn = china();
    let row = |text: &str| {
        let day = cn.day(date(text));
        (day.intervals.len(), day.kind, day.beyond_known)
    };
    assert_eq!(row("2026-10-08"), (2, DayKind::Working, false));
    assert_eq!(row("2026-10-11"), (0, DayKind::DayOff, false));
    assert_eq!(
        row("2026-10-01"),
        (0, DayKind::Holiday(name("国庆节", "National Day")), false)
    );
    assert_eq!(
        row("2026-10-07"),
        (0, DayKind::Holiday(name("国庆节", "National Day")), false)
    );
    // Saturdays and a Sunday that are worked, with Monday's hours.
    for make_up in ["2026-02-14", "2026-02-28", "2026-09-20", "2026-10-10"] {
        assert_eq!(row(make_up), (2, DayKind::MakeUp(Name::default()), false), "{make_up}");
    }
    assert_eq!(row("2027-01-01"), (2, DayKind::Working, true));
    assert_eq!(row("2026-12-31"), (2, DayKind::Working, false));
}

#[test]
fn work_beats_off_beats_hours() {
    let mut cn = china();
    cn.work.push(work("2026-10-03", Some("09:00-12:00")));
    assert_eq!(cn.day(date("2026-10-03")).intervals, intervals("09:00-12:00"));
    assert_eq!(cn.day(date("2026-10-02")).intervals, []);
}

#[test]
fn a_make_up_day_may_stand_for_another_weekday() {
    let mut cn = china();
    cn.hours.days[4] = intervals("09:00-12:00");
    cn.work = vec![work("2026-10-10", None)];
    assert_eq!(
        cn.day(date("2026-10-10")).intervals,
        intervals("09:00-12:00 13:30-17:30")
    );
    cn.work[0].stands_for = Some(jiff::civil::Weekday::Friday);
    assert_eq!(cn.day(date("2026-10-10")).intervals, intervals("09:00-12:00"));
}

#[test]
fn intervals_are_half_open() {
    let cn = china();
    let open = |text| cn.is_open(at(&cn, text));
    assert!(!open("2026-10-08T08:59:59"));
    assert!(open("2026-10-08T09:00:00"));
    assert!(open("2026-10-08T11:59:59"));
    assert!(!open("2026-10-08T12:00:00"));
    assert!(open("2026-10-08T13:30:00"));
    assert!(!open("2026-10-08T17:30:00"));
    assert!(!open("2026-10-05T10:00:00"));
    assert!(open("2026-10-10T10:00:00"));
}

#[test]
fn next_open_finds_the_opening() {
    let cn = china();
    let next = |text| wall(&cn, cn.next_open(at(&cn, text)).unwrap());
    assert_eq!(next("2026-10-08T10:00:00"), "2026-10-08 10:00");
    assert_eq!(next("2026-10-08T12:00:00"), "2026-10-08 13:30");
    assert_eq!(next("2026-09-30T17:30:00"), "2026-10-08 09:00");
    assert_eq!(next("2026-10-09T20:00:00"), "2026-10-10 09:00");
}

#[test]
fn business_days() {
    let cn = china();
    use CountFrom::{NextDay, SameDay};
    let days = Span::BusinessDays;
    for (from, k, count_from, expect) in [
        // the rules' two examples
        ("2026-10-08T16:40:00", 3, NextDay, "2026-10-12 17:30"),
        ("2026-09-29T16:40:00", 3, NextDay, "2026-10-09 17:30"),
        // the answer's own day counts
        ("2026-10-08T16:40:00", 1, SameDay, "2026-10-08 17:30"),
        ("2026-10-08T16:40:00", 3, SameDay, "2026-10-10 17:30"),
        // before opening it counts too
        ("2026-10-08T07:00:00", 1, SameDay, "2026-10-08 17:30"),
        ("2026-10-08T07:00:00", 1, NextDay, "2026-10-09 17:30"),
        // in the lunch break
        ("2026-10-08T12:30:00", 1, NextDay, "2026-10-09 17:30"),
        // after closing nothing is left of the day: it can't be day 1
        ("2026-10-08T17:30:00", 1, SameDay, "2026-10-09 17:30"),
        ("2026-10-08T17:29:59", 1, SameDay, "2026-10-08 17:30"),
        ("2026-10-08T20:00:00", 1, NextDay, "2026-10-09 17:30"),
        // outside business days: the next one is day 1 with either setting
        ("2026-10-11T10:00:00", 1, NextDay, "2026-10-12 17:30"),
        ("2026-10-11T10:00:00", 1, SameDay, "2026-10-12 17:30"),
        ("2026-10-03T10:00:00", 2, NextDay, "2026-10-09 17:30"),
        ("2026-10-03T10:00:00", 2, SameDay, "2026-10-09 17:30"),
        // Spring Festival between two worked Saturdays
        ("2026-02-13T10:00:00", 1, NextDay, "2026-02-14 17:30"),
        ("2026-02-14T10:00:00", 1, NextDay, "2026-02-24 17:30"),
        ("2026-02-27T10:00:00", 2, NextDay, "2026-03-02 17:30"),
        // the worked Sunday
        ("2026-09-18T10:00:00", 1, NextDay, "2026-09-20 17:30"),
        ("2026-09-20T10:00:00", 1, NextDay, "2026-09-21 17:30"),
        // year end: holidays of 2027 aren't known
        ("2026-12-31T10:00:00", 1, NextDay, "2027-01-01 17:30"),
    ] {
        due(&cn, from, days(k), count_from, expect);
    }
}

#[test]
fn half_days() {
    let mut cn = china();
    cn.work = vec![work("2026-10-10", Some("09:00-12:00"))];
    due(
        &cn,
        "2026-10-09T10:00:00",
        Span::BusinessDays(1),
        CountFrom::NextDay,
        "2026-10-10 12:00",
    );
    due(
        &cn,
        "2026-10-10T11:00:00",
        Span::EndOfDay,
        CountFrom::NextDay,
        "2026-10-10 12:00",
    );
    due(
        &cn,
        "2026-10-10T11:00:01",
        Span::EndOfDay,
        CountFrom::NextDay,
        "2026-10-12 17:30",
    );
    due(
        &cn,
        "2026-10-09T17:00:00",
        Span::Business(4 * 3600),
        CountFrom::NextDay,
        "2026-10-12 09:30",
    );
}

#[test]
fn end_of_day_needs_one_business_hour() {
    let cn = china();
    for (from, expect) in [
        ("2026-10-08T07:00:00", "2026-10-08 17:30"),
        ("2026-10-08T16:30:00", "2026-10-08 17:30"),
        ("2026-10-08T16:30:01", "2026-10-09 17:30"),
        ("2026-10-08T16:40:00", "2026-10-09 17:30"),
        ("2026-10-08T17:30:00", "2026-10-09 17:30"),
        ("2026-10-08T23:00:00", "2026-10-09 17:30"),
        // lunch doesn't count as time left, the afternoon does
        ("2026-10-08T12:30:00", "2026-10-08 17:30"),
        ("2026-10-09T17:00:00", "2026-10-10 17:30"),
        ("2026-09-30T17:00:00", "2026-10-08 17:30"),
        ("2026-10-11T10:00:00", "2026-10-12 17:30"),
        ("2026-10-02T23:59:59", "2026-10-08 17:30"),
    ] {
        due(&cn, from, Span::EndOfDay, CountFrom::NextDay, expect);
    }
}

#[test]
fn business_hours_pass_lunch_nights_and_holidays() {
    let cn = china();
    let h = |n: i64| Span::Business(n * 3600);
    for (from, span, expect) in [
        ("2026-10-08T11:30:00", h(1), "2026-10-08 14:00"),
        // the last second worked, not the next opening
        ("2026-10-08T11:00:00", h(1), "2026-10-08 12:00"),
        ("2026-10-08T13:30:00", h(4), "2026-10-08 17:30"),
        ("2026-10-08T16:40:00", h(4), "2026-10-09 13:40"),
        ("2026-09-30T16:30:00", h(2), "2026-10-08 10:00"),
        ("2026-10-11T10:00:00", h(1), "2026-10-12 10:00"),
        ("2026-10-08T06:00:00", Span::Business(60), "2026-10-08 09:01"),
        ("2026-10-08T10:00:00", Span::Business(0), "2026-10-08 10:00"),
        ("2026-10-08T10:00:00", Span::Elapsed(90), "2026-10-08 10:01:30"),
    ] {
        due(&cn, from, span, CountFrom::NextDay, expect);
    }
}

#[test]
fn around_the_clock() {
    let always = Calendar::always(zone("Asia/Shanghai"));
    due(
        &always,
        "2026-10-03T16:40:00",
        Span::EndOfDay,
        CountFrom::NextDay,
        "2026-10-04 00:00",
    );
    due(
        &always,
        "2026-10-03T23:00:00",
        Span::EndOfDay,
        CountFrom::NextDay,
        "2026-10-04 00:00",
    );
    due(
        &always,
        "2026-10-03T23:00:01",
        Span::EndOfDay,
        CountFrom::NextDay,
        "2026-10-05 00:00",
    );
    due(
        &always,
        "2026-10-03T10:00:00",
        Span::BusinessDays(1),
        CountFrom::NextDay,
        "2026-10-05 00:00",
    );
    due(
        &always,
        "2026-10-03T10:00:00",
        Span::BusinessDays(1),
        CountFrom::SameDay,
        "2026-10-04 00:00",
    );
    due(
        &always,
        "2026-10-03T10:00:00",
        Span::Business(30 * 3600),
        CountFrom::NextDay,
        "2026-10-04 16:00",
    );
    assert!(always.is_open(at(&always, "2026-10-04T00:00:00")));
    assert_eq!(always.day(date("2026-10-04")).kind, DayKind::Working);
    assert_eq!(always.warning(date("2026-10-04")), None);
}

#[test]
fn steps_of_urging_keep_the_clock_time() {
    let cn = china();
    for (from, days, expect) in [
        ("2026-10-12T17:30:00", 1, "2026-10-13 17:30"),
        ("2026-10-12T17:30:00", -1, "2026-10-10 17:30"),
        ("2026-10-08T17:30:00", -1, "2026-09-30 17:30"),
        ("2026-09-30T17:30:00", 1, "2026-10-08 17:30"),
        ("2026-10-09T13:40:00", 3, "2026-10-13 13:40"),
        ("2026-10-09T13:40:00", 0, "2026-10-09 13:40"),
        // from a day off: the neighbours count
        ("2026-10-11T10:00:00", 1, "2026-10-12 10:00"),
        ("2026-10-11T10:00:00", -1, "2026-10-10 10:00"),
    ] {
        shifted(&cn, from, Span::BusinessDays(days), expect);
    }
    shifted(&cn, "2026-10-09T09:30:00", Span::Business(-3600), "2026-10-08 17:00");
    shifted(&cn, "2026-10-09T10:00:00", Span::Business(-3600), "2026-10-09 09:00");
    shifted(&cn, "2026-10-12T00:00:00", Span::Business(-3600), "2026-10-10 16:30");
    shifted(&cn, "2026-10-09T09:30:00", Span::Elapsed(-3600), "2026-10-09 08:30");
    shifted(&cn, "2026-10-09T09:30:00", Span::EndOfDay, "2026-10-09 17:30");
}

#[test]
fn a_deadline_at_midnight_belongs_to_the_day_it_closes() {
    let calendar = Calendar::weekly("ops", zone("Asia/Shanghai"), mon_fri("00:00-24:00"));
    // Friday 24:00 and Monday 24:00
    shifted(
        &calendar,
        "2026-10-17T00:00:00",
        Span::BusinessDays(1),
        "2026-10-20 00:00",
    );
    // Thursday 24:00
    shifted(
        &calendar,
        "2026-10-17T00:00:00",
        Span::BusinessDays(-1),
        "2026-10-16 00:00",
    );
}

#[test]
fn working_time_between() {
    let cn = china();
    let between = |a: &str, b: &str| cn.between(at(&cn, a), at(&cn, b));
    assert_eq!(between("2026-10-08T11:30:00", "2026-10-08T14:00:00"), 3600);
    assert_eq!(between("2026-10-08T14:00:00", "2026-10-08T11:30:00"), -3600);
    assert_eq!(between("2026-09-30T17:00:00", "2026-10-08T09:30:00"), 3600);
    // Fri 9 and the worked Saturday: two days of 7 hours
    assert_eq!(between("2026-10-09T00:00:00", "2026-10-12T00:00:00"), 2 * 7 * 3600);
    assert_eq!(between("2026-10-04T00:00:00", "2026-10-05T00:00:00"), 0);
}

#[test]
fn at_once_means_on_the_answers_business_day() {
    let cn = china();
    let same = |a: &str, b: &str| cn.same_business_day(at(&cn, a), at(&cn, b));
    assert!(same("2026-10-08T09:10:00", "2026-10-08T17:29:00"));
    assert!(same("2026-10-08T17:20:00", "2026-10-08T17:35:00"));
    assert!(!same("2026-10-08T17:20:00", "2026-10-09T09:00:00"));
    assert!(same("2026-10-11T10:00:00", "2026-10-12T09:00:00"));
    assert!(!same("2026-10-09T18:00:00", "2026-10-10T09:00:00"));
    assert_eq!(cn.business_day_of(at(&cn, "2026-10-02T10:00:00")), date("2026-10-08"));
}

#[test]
fn personal_hours_never_open_a_holiday() {
    let mut cn = china();
    cn.work
        .iter_mut()
        .for_each(|day| day.at = Some(intervals("09:00-12:00")));
    let mut hours = WeekHours::closed();
    hours.days[0] = intervals("10:00-16:00");
    hours.days[3] = intervals("08:00-20:00");
    hours.days[6] = intervals("08:00-20:00");
    let hers = cn.for_person(&hours);
    assert_eq!(hers.day(date("2026-10-01")).intervals, [], "a Thursday, National Day");
    assert_eq!(hers.day(date("2026-10-08")).intervals, intervals("08:00-20:00"));
    assert_eq!(
        hers.day(date("2026-10-10")).intervals,
        intervals("10:00-16:00"),
        "her Monday"
    );
    assert_eq!(
        hers.day(date("2026-10-11")).intervals,
        intervals("08:00-20:00"),
        "her Sundays"
    );
    assert_eq!(hers.day(date("2026-10-09")).intervals, [], "not her day");
}

#[test]
fn f40_berlin_the_missing_hour() {
    // 29 March 2026: 02:00 becomes 03:00.
    let night = Calendar::weekly(
        "night",
        zone("Europe/Berlin"),
        WeekHours {
            days: std::array::from_fn(|_| intervals("00:00-02:30 04:00-06:00")),
        },
    );
    let spans: Vec<_> = night.spans(date("2026-03-29")).collect();
    assert_eq!(spans[0].0.to_string(), "2026-03-28T23:00:00Z");
    assert_eq!(
        spans[0].1.to_string(),
        "2026-03-29T01:00:00Z",
        "02:30 is missing: closed at the change"
    );
    assert_eq!(
        night.between(at(&night, "2026-03-29T00:00:00"), at(&night, "2026-03-29T04:00:00")),
        2 * 3600
    );
    // The rung of a deadline at 02:30 falls on the change.
    let rung = night
        .shift(at(&night, "2026-03-28T02:30:00"), Span::BusinessDays(1))
        .unwrap();
    assert_eq!(rung.to_string(), "2026-03-29T01:00:00Z");
    let always = Calendar::always(zone("Europe/Berlin"));
    assert_eq!(
        always.between(at(&always, "2026-03-29T00:00:00"), at(&always, "2026-03-30T00:00:00")),
        23 * 3600
    );
    due(
        &always,
        "2026-03-28T10:00:00",
        Span::Business(24 * 3600),
        CountFrom::NextDay,
        "2026-03-29 11:00",
    );
    due(
        &always,
        "2026-03-28T10:00:00",
        Span::EndOfDay,
        CountFrom::NextDay,
        "2026-03-29 00:00",
    );
    shifted(
        &always,
        "2026-03-28T10:00:00",
        Span::BusinessDays(1),
        "2026-03-29 10:00",
    );
}

#[test]
fn f40_berlin_the_doubled_hour() {
    // 25 October 2026: 03:00 becomes 02:00 again.
    let night = Calendar::weekly(
        "night",
        zone("Europe/Berlin"),
        WeekHours {
            days: std::array::from_fn(|_| intervals("00:00-02:15 02:45-05:00")),
        },
    );
    let spans: Vec<_> = night
        .spans(date("2026-10-25"))
        .map(|(a, b)| (a.to_string(), b.to_string()))
        .collect();
    let expect = [
        ("2026-10-24T22:00:00Z", "2026-10-25T00:15:00Z"),
        ("2026-10-25T00:45:00Z", "2026-10-25T04:00:00Z"),
    ]
    .map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(spans, expect, "closed at the first 02:15, open from the first 02:45 on");
    assert!(night.is_open(at(&night, "2026-10-25T02:30:00 second")));
    assert!(!night.is_open(at(&night, "2026-10-25T02:30:00")));
    let always = Calendar::always(zone("Europe/Berlin"));
    assert_eq!(
        always.between(at(&always, "2026-10-25T00:00:00"), at(&always, "2026-10-26T00:00:00")),
        25 * 3600
    );
    assert_eq!(
        always.between(
            at(&always, "2026-10-25T02:30:00"),
            at(&always, "2026-10-25T02:30:00 second")
        ),
        3600
    );
    due(
        &always,
        "2026-10-24T10:00:00",
        Span::Business(24 * 3600),
        CountFrom::NextDay,
        "2026-10-25 09:00",
    );
}

#[test]
fn f40_new_york_both_changes() {
    // 8 March and 1 November 2026, at 02:00.
    let ny = Calendar::weekly(
        "ny",
        zone("America/New_York"),
        WeekHours {
            days: std::array::from_fn(|_| intervals("00:00-24:00")),
        },
    );
    let day = |text: &str| -> i64 { ny.spans(date(text)).map(|(a, b)| a.duration_until(b).as_hours()).sum() };
    assert_eq!(
        (
            day("2026-03-07"),
            day("2026-03-08"),
            day("2026-10-31"),
            day("2026-11-01")
        ),
        (24, 23, 24, 25)
    );
    let office = Calendar::weekly("ny", zone("America/New_York"), mon_fri("09:00-17:00"));
    due(
        &office,
        "2026-03-06T16:30:00",
        Span::Business(3600),
        CountFrom::NextDay,
        "2026-03-09 09:30",
    );
    due(
        &office,
        "2026-10-30T16:30:00",
        Span::BusinessDays(1),
        CountFrom::NextDay,
        "2026-11-02 17:00",
    );
    assert_eq!(
        office
            .due(
                at(&office, "2026-10-30T16:30:00"),
                Span::BusinessDays(1),
                CountFrom::NextDay
            )
            .unwrap()
            .at
            .to_string(),
        "2026-11-02T22:00:00Z"
    );
    // Back over the change the clock time stays, the distance grows by the hour.
    shifted(
        &office,
        "2026-11-02T17:00:00",
        Span::BusinessDays(-1),
        "2026-10-30 17:00",
    );
}

#[test]
fn a_day_that_a_zone_left_out_has_no_working_time() {
    // Samoa crossed the date line: 30 December 2011 did not happen.
    let apia = Calendar::always(zone("Pacific/Apia"));
    assert!(!apia.is_business_day(date("2011-12-30")));
    due(
        &apia,
        "2011-12-29T10:00:00",
        Span::BusinessDays(1),
        CountFrom::NextDay,
        "2012-01-01 00:00",
    );
}

#[test]
fn a_day_named_is_its_close_and_without_business_its_end() {
    let cn = china();
    for (given, wanted) in [
        ("2026-10-09", "2026-10-09 17:30"),
        // Sunday after the make-up Saturday: nobody works, the day is over at midnight.
        ("2026-10-11", "2026-10-12 00:00"),
        ("2026-10-11T10:15", "2026-10-11 10:15"),
        ("2026-10-09T08:00:00Z", "2026-10-09 16:00"),
    ] {
        assert_eq!(wall(&cn, cn.moment(given).unwrap()), wanted, "{given}");
    }
    for given in ["", "tomorrow", "2026-02-30", "17:30", "2026-10-09T25:00"] {
        assert_eq!(cn.moment(given), None, "{given}");
    }
}

#[test]
fn f45_no_working_time_is_said() {
    let never = Calendar::weekly("never", zone("Asia/Shanghai"), WeekHours::closed());
    let from = at(&never, "2026-10-08T10:00:00");
    let lost = NoWorkingTime {
        from: date("2026-10-08"),
    };
    for span in [Span::Business(1), Span::BusinessDays(1), Span::EndOfDay] {
        assert_eq!(never.due(from, span, CountFrom::SameDay), Err(lost));
        assert_eq!(never.shift(from, span), Err(lost));
    }
    assert_eq!(never.shift(from, Span::Business(-1)), Err(lost));
    assert_eq!(never.shift(from, Span::BusinessDays(-1)), Err(lost));
    assert_eq!(never.next_open(from), Err(lost));
    assert_eq!(never.close_of_day(date("2026-10-08")), None);
    assert_eq!(never.business_day_of(from), date("2026-10-08"));
    // A calendar all of whose days are off by a list that runs for ever.
    let mut off_for_ever = china();
    off_for_ever
        .off
        .push(off("2026-01-01", "9999-12-31", "停业", "closed down"));
    off_for_ever.work.clear();
    assert_eq!(
        off_for_ever.due(from, Span::BusinessDays(1), CountFrom::NextDay),
        Err(lost)
    );
    // Spans nobody means.
    for span in [
        Span::Business(i64::MAX),
        Span::BusinessDays(i64::MAX),
        Span::Elapsed(i64::MAX),
    ] {
        assert_eq!(china().due(from, span, CountFrom::NextDay), Err(lost));
    }
    for span in [
        Span::Business(i64::MIN),
        Span::BusinessDays(i64::MIN),
        Span::Elapsed(i64::MIN),
    ] {
        assert_eq!(china().shift(from, span), Err(lost));
    }
}

#[test]
fn the_ends_of_time_do_not_panic() {
    for calendar in [china(), Calendar::always(zone("America/New_York"))] {
        for at in [jiff::Timestamp::MIN, jiff::Timestamp::MAX] {
            for n in [-1, 1] {
                for span in [
                    Span::Business(n),
                    Span::BusinessDays(n),
                    Span::Elapsed(n),
                    Span::EndOfDay,
                ] {
                    let _ = calendar.shift(at, span);
                    let _ = calendar.due(at, span, CountFrom::SameDay);
                }
            }
            let _ = (
                calendar.next_open(at),
                calendar.is_open(at),
                calendar.business_day_of(at),
            );
        }
    }
}

#[test]
fn f45_the_end_of_known_holidays_is_said() {
    let cn = china();
    assert_eq!(cn.warning(date("2026-10-31")), None, "61 days before");
    assert_eq!(cn.warning(date("2026-11-01")), Some(60));
    assert_eq!(cn.warning(date("2026-12-31")), Some(0));
    assert_eq!(cn.warning(date("2027-01-02")), Some(-2));
    let due = cn
        .due(
            at(&cn, "2026-12-30T10:00:00"),
            Span::BusinessDays(3),
            CountFrom::NextDay,
        )
        .unwrap();
    assert_eq!(wall(&cn, due.at), "2027-01-04 17:30");
    let unknown: Vec<_> = due
        .steps
        .iter()
        .filter(|step| matches!(step, Step::Unknown(_)))
        .collect();
    assert_eq!(unknown, [&Step::Unknown(date("2026-12-31"))]);
    let before = cn
        .due(
            at(&cn, "2026-12-30T10:00:00"),
            Span::BusinessDays(1),
            CountFrom::NextDay,
        )
        .unwrap();
    assert!(!before.steps.iter().any(|step| matches!(step, Step::Unknown(_))));
}

#[test]
fn a_floor_moves_only_what_is_earlier() {
    let cn = china();
    let from = at(&cn, "2026-10-08T10:00:00");
    let due = cn.due(from, Span::EndOfDay, CountFrom::NextDay).unwrap();
    assert_eq!(due.clone().not_before(from), due);
    let floor = at(&cn, "2026-10-09T11:00:00");
    let late = due.not_before(floor);
    assert_eq!((late.at, late.steps.last()), (floor, Some(&Step::Floor(floor))));
}

#[test]
fn fractions_of_a_second_are_kept() {
    let cn = china();
    let from = at(&cn, "2026-10-08T11:59:59.5");
    let due = cn.due(from, Span::Business(60), CountFrom::NextDay).unwrap();
    assert_eq!(due.at, at(&cn, "2026-10-08T13:30:59.5"));
    assert_eq!(from.duration_until(due.at), SignedDuration::from_secs(3600 + 1800 + 60));
}

/// One sentence in both languages.
#[track_caller]
fn says(calendar: &Calendar, from: &str, span: Span, count_from: CountFrom, since: Since, en: &str, zh: &str) {
    let due = calendar.due(at(calendar, from), span, count_from).unwrap();
    assert_eq!(explain(&due, &calendar.zone, Lang::En, since), en);
    assert_eq!(explain(&due, &calendar.zone, Lang::Zh, since), zh);
}

#[test]
fn the_rules_two_sentences() {
    let cn = china();
    says(
        &cn,
        "2026-10-08T16:40:00",
        Span::BusinessDays(3),
        CountFrom::NextDay,
        Since::Answered,
        "answered Thu 8 Oct 16:40; 3 business days from the next day: Fri 9, Sat 10 (make-up day), skip Sun, Mon 12 → due Mon 12 Oct 17:30",
        "10月8日（周四）16:40接听；自次日起3个工作日：9日（周五）、10日（周六，调休上班）、跳过周日、12日（周一） → 10月12日（周一）17:30到期",
    );
    says(
        &cn,
        "2026-09-29T16:40:00",
        Span::BusinessDays(3),
        CountFrom::NextDay,
        Since::Answered,
        "answered Tue 29 Sep 16:40; 3 business days: Wed 30, skip 1–7 Oct (National Day), Thu 8, Fri 9 → due Fri 9 Oct 17:30",
        "9月29日（周二）16:40接听；3个工作日：30日（周三）、跳过10月1日至7日（国庆节）、8日（周四）、9日（周五） → 10月9日（周五）17:30到期",
    );
}

#[test]
fn sentences() {
    let cn = china();
    use CountFrom::{NextDay, SameDay};
    says(
        &cn,
        "2026-10-08T16:40:00",
        Span::EndOfDay,
        NextDay,
        Since::Answered,
        "answered Thu 8 Oct 16:40; end of day: less than one business hour left on Thu 8, Fri 9 → due Fri 9 Oct 17:30",
        "10月8日（周四）16:40接听；当日下班前：8日（周四）余下不足1个工作小时、9日（周五） → 10月9日（周五）17:30到期",
    );
    says(
        &cn,
        "2026-10-08T09:05:30",
        Span::EndOfDay,
        NextDay,
        Since::Answered,
        "answered Thu 8 Oct 09:05:30; end of day → due Thu 8 Oct 17:30",
        "10月8日（周四）09:05:30接听；当日下班前 → 10月8日（周四）17:30到期",
    );
    says(
        &cn,
        "2026-10-11T10:00:00",
        Span::EndOfDay,
        NextDay,
        Since::HungUp,
        "hung up Sun 11 Oct 10:00; end of day: skip Sun, Mon 12 → due Mon 12 Oct 17:30",
        "10月11日（周日）10:00来电未接挂断；当日下班前：跳过周日、12日（周一） → 10月12日（周一）17:30到期",
    );
    says(
        &cn,
        "2026-10-09T16:40:00",
        Span::Business(4 * 3600),
        NextDay,
        Since::Offered,
        "offered Fri 9 Oct 16:40; 4 business hours: 50 min on Fri 9, 3 h 10 min on Sat 10 → due Sat 10 Oct 13:40",
        "10月9日（周五）16:40转办；4个工作小时：9日（周五）计50分钟、10日（周六）计3小时10分钟 → 10月10日（周六）13:40到期",
    );
    says(
        &cn,
        "2026-10-13T10:00:00",
        Span::BusinessDays(1),
        SameDay,
        Since::Reopened,
        "reopened Tue 13 Oct 10:00; 1 business day from the same day: Tue 13 → due Tue 13 Oct 17:30",
        "10月13日（周二）10:00退回重办；自当日起1个工作日：13日（周二） → 10月13日（周二）17:30到期",
    );
    says(
        &cn,
        "2026-10-13T10:00:00",
        Span::Elapsed(DAY + 90),
        NextDay,
        Since::Received,
        "received Tue 13 Oct 10:00; 24 h 1 min 30 s → due Wed 14 Oct 10:01:30",
        "10月13日（周二）10:00收到话单；24小时1分钟30秒 → 10月14日（周三）10:01:30到期",
    );
    says(
        &cn,
        "2026-10-13T10:00:00",
        Span::BusinessDays(15),
        NextDay,
        Since::From,
        "from Tue 13 Oct 10:00; 15 business days from the next day: Wed 14–Fri 16, skip Sat–Sun, Mon 19–Fri 23, skip Sat–Sun, Mon 26–Fri 30, skip Sat–Sun, Mon 2 Nov–Tue 3 → due Tue 3 Nov 17:30",
        "自10月13日（周二）10:00起；自次日起15个工作日：14日（周三）至16日（周五）、跳过周六至周日、19日（周一）至23日（周五）、跳过周六至周日、26日（周一）至30日（周五）、跳过周六至周日、11月2日（周一）至3日（周二） → 11月3日（周二）17:30到期",
    );
    says(
        &cn,
        "2026-12-31T10:00:00",
        Span::BusinessDays(2),
        NextDay,
        Since::Answered,
        "answered Thu 31 Dec 10:00; 2 business days from the next day: Fri 1 Jan 2027, skip Sat–Sun, Mon 4 → due Mon 4 Jan 17:30 (holidays after 31 Dec 2026 are not known: working hours alone)",
        "12月31日（周四）10:00接听；自次日起2个工作日：2027年1月1日（周五）、跳过周六至周日、4日（周一） → 1月4日（周一）17:30到期（2026年12月31日之后的节假日未知，仅按工作时间计算）",
    );
}

#[test]
fn sentences_of_midnight_floor_and_doubled_hours() {
    let always = Calendar::always(zone("Europe/Berlin"));
    let due = |from: &str, span| always.due(at(&always, from), span, CountFrom::NextDay).unwrap();
    let en = |due| explain(&due, &always.zone, Lang::En, Since::Answered);
    assert_eq!(
        en(due("2026-10-23T10:00:00", Span::EndOfDay)),
        "answered Fri 23 Oct 10:00; end of day → due Fri 23 Oct 24:00"
    );
    assert_eq!(
        en(due("2026-10-23T10:00:00", Span::EndOfDay).not_before(at(&always, "2026-10-24T00:30:00"))),
        "answered Fri 23 Oct 10:00; end of day; not before Sat 24 Oct 00:30 → due Sat 24 Oct 00:30"
    );
    assert_eq!(
        en(due("2026-10-25T00:30:00", Span::Elapsed(3 * 3600))),
        "answered Sun 25 Oct 00:30; 3 h → due Sun 25 Oct 02:30 (+01:00)"
    );
}
