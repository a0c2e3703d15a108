//! The calendar against a clock that walks minute by minute and knows only "is this minute worked?".

use jiff::SignedDuration;
use jiff::civil::Weekday;
use proptest::prelude::*;

use super::super::{CountFrom, Span};
use super::*;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Whether a minute is worked, by the rules as a person would read them off the file.
fn worked(calendar: &Calendar, at: Timestamp) -> bool {
    let wall = calendar.zone.to_datetime(at);
    let mut hours = calendar.hours.days[usize::try_from(wall.weekday().to_monday_zero_offset()).unwrap()].clone();
    for entry in &calendar.off {
        if entry.from <= wall.date() && wall.date() <= entry.to {
            hours.clear();
        }
    }
    for entry in &calendar.work {
        if entry.date == wall.date() {
            hours = entry.at.clone().unwrap_or_else(|| calendar.hours.days[0].clone());
        }
    }
    hours
        .iter()
        .any(|&(start, end)| start <= wall.time() && (wall.time() < end || end == Time::midnight()))
}

/// The end of the n-th worked minute from `from` on.
fn walk(calendar: &Calendar, from: Timestamp, minutes: i64) -> Timestamp {
    let mut at = from;
    let mut left = minutes;
    while left > 0 {
        if worked(calendar, at) {
            left -= 1;
        }
        at += MINUTE;
    }
    at
}

/// The begin of the n-th worked minute before `from`.
fn walk_back(calendar: &Calendar, from: Timestamp, minutes: i64) -> Timestamp {
    let mut at = from;
    let mut left = minutes;
    while left > 0 {
        at -= MINUTE;
        if worked(calendar, at) {
            left -= 1;
        }
    }
    at
}

fn count(calendar: &Calendar, a: Timestamp, b: Timestamp) -> i64 {
    let mut at = a;
    let mut sum = 0;
    while at < b {
        sum += i64::from(worked(calendar, at));
        at += MINUTE;
    }
    sum
}

/// Whether any minute of a date is worked.
fn business_day(calendar: &Calendar, date: Date) -> bool {
    let noon = calendar
        .zone
        .to_ambiguous_timestamp(date.at(12, 0, 0, 0))
        .compatible()
        .unwrap();
    (-13 * 60..13 * 60).any(|minute| {
        let at = noon + SignedDuration::from_mins(minute);
        calendar.zone.to_datetime(at).date() == date && worked(calendar, at)
    })
}

/// Offices of three zones, days of both changes of clocks among theirs; night hours only where clocks don't change.
fn calendars() -> impl Strategy<Value = Calendar> {
    let hours = prop_oneof![
        Just("09:00-12:00 13:30-17:30"),
        Just("08:00-12:00"),
        Just("06:30-07:15 10:00-24:00"),
        Just("04:00-23:59"),
    ];
    let zones = prop_oneof![Just("Asia/Shanghai"), Just("Europe/Berlin"), Just("America/New_York")];
    let kinds = (
        prop::collection::vec(0u8..10, 0..3),
        prop::collection::vec(0i32..14, 0..4),
        any::<bool>(),
    );
    (hours, zones, kinds).prop_map(|(hours, zone_name, (offs, works, sunday))| {
        let mut calendar = Calendar::weekly("any", zone(zone_name), mon_fri(hours));
        if sunday {
            calendar.hours.days[6] = intervals("10:00-11:00");
        }
        let first = date("2026-10-20");
        for n in offs {
            let from = first.saturating_add(jiff::Span::new().days(i32::from(n)));
            let to = from.saturating_add(jiff::Span::new().days(i32::from(n % 4)));
            calendar.off.push(OffDays {
                from,
                to,
                name: name("假", "holiday"),
            });
        }
        for n in works {
            let date = first.saturating_add(jiff::Span::new().days(n));
            let at = (n % 3 == 0).then(|| intervals("09:00-12:00"));
            if !calendar.work.iter().any(|entry| entry.date == date) {
                calendar.work.push(WorkDay {
                    date,
                    at,
                    stands_for: Some(Weekday::Monday),
                    name: Name::default(),
                });
            }
        }
        calendar
    })
}

/// Whole minutes around the changes of clocks of autumn 2026 (25 October and 1 November).
fn instants() -> impl Strategy<Value = Timestamp> {
    let first: Timestamp = "2026-10-20T00:00:00Z".parse().unwrap();
    (0i64..14 * 24 * 60).prop_map(move |minutes| first + SignedDuration::from_mins(minutes))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn business_time_is_what_a_walking_clock_counts(calendar in calendars(), from in instants(), minutes in 1i64..1500) {
        let due = calendar.due(from, Span::Business(minutes * 60), CountFrom::NextDay).unwrap();
        prop_assert_eq!(due.at, walk(&calendar, from, minutes));
        prop_assert_eq!(calendar.between(from, due.at), minutes * 60);
        prop_assert_eq!(calendar.shift(from, Span::Business(minutes * 60)).unwrap(), due.at);
        let back = calendar.shift(from, Span::Business(-minutes * 60)).unwrap();
        prop_assert_eq!(back, walk_back(&calendar, from, minutes));
        prop_assert_eq!(calendar.between(back, from), minutes * 60);
    }

    #[test]
    fn between_is_what_a_walking_clock_counts(calendar in calendars(), a in instants(), b in instants()) {
        let (first, last) = (a.min(b), a.max(b));
        prop_assert_eq!(calendar.between(first, last), 60 * count(&calendar, first, last));
        prop_assert_eq!(calendar.between(a, b), -calendar.between(b, a));
    }

    #[test]
    fn openings_are_those_of_a_walking_clock(calendar in calendars(), at in instants()) {
        prop_assert_eq!(calendar.is_open(at), worked(&calendar, at));
        let mut open = at;
        while !worked(&calendar, open) {
            open += MINUTE;
        }
        prop_assert_eq!(calendar.next_open(at).unwrap(), open);
    }

    #[test]
    fn business_days_are_counted_one_by_one(
        calendar in calendars(), from in instants(), k in 1i64..8, same_day in any::<bool>(),
    ) {
        let count_from = if same_day { CountFrom::SameDay } else { CountFrom::NextDay };
        let own = calendar.zone.to_datetime(from).date();
        let end_of_own = calendar.zone.to_ambiguous_timestamp(own.tomorrow().unwrap().at(0, 0, 0, 0)).compatible().unwrap();
        let left_today = count(&calendar, from, end_of_own) > 0;
        let mut date = if same_day && left_today { own } else { own.tomorrow().unwrap() };
        let mut left = k;
        loop {
            if business_day(&calendar, date) {
                left -= 1;
                if left == 0 { break; }
            }
            date = date.tomorrow().unwrap();
        }
        let due = calendar.due(from, Span::BusinessDays(k), count_from).unwrap();
        prop_assert_eq!(Some(due.at), calendar.close_of_day(date));
        prop_assert!(due.at > from);
    }

    #[test]
    fn whole_days_keep_the_clock_time(calendar in calendars(), from in instants(), days in -8i64..8) {
        let wall = calendar.zone.to_datetime(from);
        // Midnight may be the close of the day before, and 02:00-03:00 is doubled on the days of change: tables.
        prop_assume!(wall.time() > Time::constant(3, 0, 0, 0));
        let shifted = calendar.zone.to_datetime(calendar.shift(from, Span::BusinessDays(days)).unwrap());
        prop_assert_eq!(shifted.time(), wall.time());
        let (mut date, mut passed) = (wall.date(), 0);
        while date != shifted.date() {
            date = if days > 0 { date.tomorrow() } else { date.yesterday() }.unwrap();
            passed += i64::from(business_day(&calendar, date));
        }
        prop_assert_eq!(passed, days.abs());
        prop_assert!(days == 0 || business_day(&calendar, date));
    }

    #[test]
    fn later_answers_are_never_due_earlier(calendar in calendars(), a in instants(), b in instants(), n in 1i64..6) {
        let (first, last) = (a.min(b), a.max(b));
        for span in [Span::Elapsed(n), Span::Business(n * 3600), Span::BusinessDays(n), Span::EndOfDay] {
            for count_from in [CountFrom::NextDay, CountFrom::SameDay] {
                let due = |from| calendar.due(from, span, count_from).unwrap().at;
                prop_assert!(due(first) <= due(last), "{:?}", span);
                prop_assert!(due(first) > first);
            }
        }
    }

    #[test]
    fn no_sentence_panics(calendar in calendars(), from in instants(), n in -3i64..40) {
        for span in [Span::Elapsed(n), Span::Business(n * 1234), Span::BusinessDays(n), Span::EndOfDay] {
            let due = calendar.due(from, span, CountFrom::SameDay).unwrap();
            for lang in [super::super::Lang::En, super::super::Lang::Zh] {
                let text = super::super::explain(&due, &calendar.zone, lang, super::super::Since::Answered);
                prop_assert!(text.contains('→'));
            }
        }
    }
}
