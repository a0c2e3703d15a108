//! Holes, silence, lines not understood, a clock that is off.

use super::LineState::{Leg, Quarantined};
use super::*;

fn alarms(house: &House) -> Vec<Alarm> {
    house
        .reader()
        .alarms()
        .unwrap()
        .into_iter()
        .map(|row| row.alarm)
        .collect()
}

/// A house that works 09:00-12:00 and 13:30-17:30 from Monday to Friday.
fn office(silence: Option<crate::calendar::Span>) -> House {
    House::with(office_rules(silence))
}

fn office_rules(silence: Option<crate::calendar::Span>) -> Arc<Rules> {
    let mut rules = rules_of(DIRECTORY, POLICY);
    let hours = |day: &str| (day.parse().unwrap(), "12:00".parse().unwrap());
    let spans = vec![hours("09:00"), ("13:30".parse().unwrap(), "17:30".parse().unwrap())];
    let days = std::array::from_fn(|day| if day < 5 { spans.clone() } else { Vec::new() });
    rules.calendar =
        crate::calendar::Calendar::weekly("office", rules.zone.clone(), crate::calendar::WeekHours { days });
    rules.feeds.get_mut(&feed("script")).unwrap().silence = silence;
    Arc::new(rules)
}

#[test]
fn f15_silence_counts_business_hours_and_is_told_once() {
    let mut house = office(Some(crate::calendar::Span::Business(7200)));
    house.tick("08:00:00");
    house.says("11:00:00", &["leg 1 8021 10:58:00 5 60"]);
    // An hour before noon, and one after half past one.
    house.tick("13:59:00").tick("14:29:59");
    assert_eq!(alarms(&house), []);
    house.tick("14:30:00").tick("15:00:00");
    let silent = Alarm::FeedSilent {
        feed: "script".to_owned(),
        since: t("11:00:00"),
    };
    assert_eq!(alarms(&house), [silent]);
    let letters = house.reader().outbox(false, None).unwrap();
    assert_eq!(letters.len(), 1);
    house.says("15:01:00", &["blank"]);
    assert_eq!(alarms(&house), []);
    house.tick("15:02:00");
    assert_eq!(alarms(&house), []);
}

/// A moment of a day of March 2026; [`t`] is of the fifth, a Thursday.
fn march(day: u32, clock: &str) -> Timestamp {
    let hours = i64::from(day) * 24 - 5 * 24;
    t(clock) + jiff::SignedDuration::from_hours(hours)
}

#[test]
fn f60_no_call_for_a_business_day_is_a_letter_however_much_else_is_sent() {
    let mut rules = Arc::into_inner(office_rules(None)).unwrap();
    rules.dead_man = Some(crate::calendar::Span::BusinessDays(1));
    let mut house = House::with(Arc::new(rules));
    let tick = |house: &mut House, at: Timestamp| while house.store.transact(|s| s.tick(at)).unwrap() {};
    house.tick("08:00:00");
    house.says("11:00:00", &["leg 1 8021 10:58:00 5 60"]);
    // Headers are lines, and no calls.
    house.says("17:00:00", &["blank"]);
    // A business day after eleven on Thursday is eleven on Friday.
    tick(&mut house, march(6, "10:59:00"));
    assert_eq!(alarms(&house), []);
    assert_eq!(
        house.store.next_look().unwrap().map(|at| at > march(6, "10:59:00")),
        Some(true)
    );
    tick(&mut house, march(9, "09:00:01"));
    let no_calls = Alarm::NoCalls { since: t("11:00:00") };
    assert_eq!(alarms(&house), std::slice::from_ref(&no_calls));
    tick(&mut house, march(10, "12:00:00"));
    assert_eq!(alarms(&house), [no_calls]);
    let letters = house.reader().outbox(false, None).unwrap();
    let notes = letters.iter().filter(|mail| mail.note.is_some()).count();
    assert_eq!(notes, 1, "one letter: {letters:?}");
    // The next call ends it.
    let now = march(10, "12:01:00");
    let (connection, line) = (house.connection, line("leg 2 8021 12:00:00 5 30", now));
    house
        .store
        .transact(|s| s.take_lines(&feed("script"), connection, &[line], false))
        .unwrap();
    tick(&mut house, march(10, "12:02:00"));
    assert_eq!(alarms(&house), []);
}

#[test]
fn f60_a_business_day_after_a_call_at_the_weekend_begins_on_monday() {
    let mut rules = Arc::into_inner(office_rules(None)).unwrap();
    rules.dead_man = Some(crate::calendar::Span::BusinessDays(1));
    let mut house = House::with(Arc::new(rules));
    let tick = |house: &mut House, at: Timestamp| while house.store.transact(|s| s.tick(at)).unwrap() {};
    house.tick("08:00:00");
    // Saturday the seventh, at ten.
    let (connection, call) = (house.connection, line("leg 1 8021 09:58:00 5 60", march(7, "10:00:00")));
    house
        .store
        .transact(|s| s.take_lines(&feed("script"), connection, &[call], false))
        .unwrap();
    // All of Monday is the business day: at ten on Monday one hour of it is over.
    tick(&mut house, march(9, "10:00:01"));
    tick(&mut house, march(9, "17:30:00"));
    assert_eq!(alarms(&house), []);
    tick(&mut house, march(10, "09:00:01"));
    let since = march(7, "10:00:00");
    assert_eq!(alarms(&house), [Alarm::NoCalls { since }]);
}

#[test]
fn f60_a_house_that_wants_no_such_letter_gets_none() {
    let mut rules = rules_of(DIRECTORY, POLICY);
    rules.dead_man = None;
    let mut house = House::with(Arc::new(rules));
    let at = march(20, "12:00:00");
    while house.store.transact(|s| s.tick(at)).unwrap() {}
    assert_eq!(alarms(&house), []);
}

#[test]
fn f15_silence_that_is_no_alarm_any_more_ends_one_that_stands() {
    let mut house = office(Some(crate::calendar::Span::Business(7200)));
    house.tick("08:00:00").tick("11:00:00");
    assert_eq!(alarms(&house).len(), 1);
    house.store.adopt(office_rules(None), t("11:01:00")).unwrap();
    assert_eq!(alarms(&house), [], "at the reload");
}

#[test]
fn f19_a_break_in_business_time_is_a_hole() {
    let mut house = office(None);
    let breaks = |house: &mut House, from: &str, to: &str| {
        let (connection, at) = (house.connection, t(from));
        house
            .store
            .transact(|s| s.connection_closed(&feed("script"), connection, "gone", at))
            .unwrap();
        house.now = t(to);
        house.connect("script");
    };
    let holes = |house: &House| -> Vec<(String, Timestamp, Timestamp, Option<i64>)> {
        let gaps = house.reader().gaps("script").unwrap();
        gaps.into_iter()
            .map(|gap| (gap.kind, gap.from, gap.to, gap.missing))
            .collect()
    };
    house.says("09:10:00", &["leg 500 8021 09:00:00 5 60"]);
    breaks(&mut house, "12:00:00", "13:30:00");
    assert_eq!(holes(&house), [], "nobody works then");
    // The next number follows: nothing was missed.
    breaks(&mut house, "14:00:00", "14:10:00");
    assert_eq!(holes(&house).len(), 1);
    house.says("14:11:00", &["leg 501 8021 14:05:00 5 60"]);
    assert_eq!(holes(&house), []);
    // Calls 502 to 504 are missing; 503 ended later.
    breaks(&mut house, "15:00:00", "15:20:00");
    house.says("15:21:00", &["leg 505 8022 15:19:00 5 60 from 13900000005"]);
    house.says("15:40:00", &["leg 503 8021 15:05:00 5 600 from 13900000003"]);
    assert_eq!(
        holes(&house),
        [
            ("connection".to_owned(), t("15:00:00"), t("15:20:00"), None),
            ("sequence".to_owned(), t("15:00:00"), t("15:21:00"), Some(2)),
        ]
    );
}

#[test]
fn f19_a_replay_up_to_our_last_line_leaves_no_hole() {
    let mut house = office(None);
    let lines = [1, 2, 3].map(|n| format!("leg - 8021 10:0{n}:00 5 20 last from 1390000000{n}"));
    let lines = lines.each_ref().map(String::as_str);
    house.says("10:10:00", &lines);
    let connection = house.connection;
    house
        .store
        .transact(|s| s.connection_closed(&feed("script"), connection, "gone", t("10:11:00")))
        .unwrap();
    house.now = t("10:20:00");
    house.connect("script");
    assert_eq!(house.reader().gaps("script").unwrap().len(), 1);
    house.says("10:20:01", &lines);
    assert_eq!(house.reader().gaps("script").unwrap(), []);
}

#[test]
fn f12_a_rising_share_of_lines_not_understood_is_an_alarm_until_it_falls() {
    let mut house = House::new();
    let legs = |n: u32| -> Vec<String> { (0..n).map(|i| format!("leg {i} 8021 09:00:00 5 60")).collect() };
    let says = |house: &mut House, lines: &[String]| {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        house.says("09:10:00", &lines);
    };
    says(&mut house, &legs(40));
    says(&mut house, &vec!["a new layout".to_owned(); 9]);
    assert_eq!(alarms(&house), []);
    says(&mut house, &vec!["a new layout".to_owned(); 1]);
    let quarantine = Alarm::Quarantine {
        feed: "script".to_owned(),
        percent: 20,
    };
    assert_eq!(alarms(&house), [quarantine]);
    says(&mut house, &legs(47));
    assert_eq!(alarms(&house).len(), 1);
    house.restart();
    house.connect("script");
    says(&mut house, &["leg 99 8022 09:05:00 5 60".to_owned()]);
    assert_eq!(alarms(&house), []);
}

#[test]
fn f12_the_alarm_is_over_when_the_mended_dialect_reads_the_lines_again() {
    let mut house = House::new();
    let lines: Vec<String> = (1..=12)
        .map(|id| ipo(1_000_000 + id, "09:00:00", 5, 60, "8021", false))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    house.says("09:10:00", &lines);
    assert_eq!(alarms(&house).len(), 1);
    // Nothing is mended yet.
    house.store.reparse(t("09:20:00"), |_, _| {}).unwrap();
    assert_eq!(alarms(&house).len(), 1);
    let mut newer = rules_of(DIRECTORY, POLICY);
    newer.feeds.get_mut(&feed("script")).unwrap().dialect = "avaya-ip-office".to_owned();
    house.store.adopt(Arc::new(newer), t("09:30:00")).unwrap();
    assert_eq!(house.store.reparse(t("09:31:00"), |_, _| {}).unwrap().legs, 12);
    assert_eq!(alarms(&house), []);
}

#[test]
fn f08_garbage_is_an_alarm_with_its_likely_cause() {
    let mut house = House::new();
    house.connect("any");
    let text = ipo(1_000_001, "09:00:00", 5, 60, "8021", false);
    let good: Vec<IncomingLine> = (0..3).map(|_| line(&text, t("09:10:00"))).collect();
    house.take("any", &good);
    let even: Vec<u8> = text
        .bytes()
        .map(|b| if b.count_ones() % 2 == 0 { b } else { b | 0x80 })
        .collect();
    let bad: Vec<IncomingLine> = (0..12)
        .map(|_| IncomingLine {
            bytes: even.clone().into(),
            ..line("", t("09:11:00"))
        })
        .collect();
    house.take("any", &bad);
    let [Alarm::Garbage { feed, percent, cause }] = &alarms(&house)[..] else {
        panic!("{:?}", alarms(&house));
    };
    assert_eq!(feed, "any");
    assert!(*percent >= 40, "{percent}");
    assert_eq!(cause, "even_parity");
    assert_eq!(house.calls().len(), 1, "no call is invented");
}

/// A line with its parity in the highest bit.
fn garbled(text: &str) -> IncomingLine {
    let even = |b: u8| if b.count_ones().is_multiple_of(2) { b } else { b | 0x80 };
    IncomingLine {
        bytes: text.bytes().map(even).collect::<Vec<u8>>().into(),
        ..line("", t("09:11:00"))
    }
}

#[test]
fn f08_noise_amid_good_lines_stands_until_all_is_understood() {
    let mut house = House::new();
    house.connect("any");
    let good = |n: u32| line(&ipo(1_000_001 + n, "09:00:00", 5, 60, "8021", false), t("09:10:00"));
    let bad = || garbled(&ipo(1, "09:00:00", 5, 60, "8021", false));
    let keys = |house: &House| -> Vec<String> {
        alarms(house)
            .iter()
            .map(Alarm::key)
            .filter(|key| !key.starts_with("drift"))
            .collect()
    };
    house.take("any", &(0..20).map(good).collect::<Vec<_>>());
    for n in 0..12 {
        house.take("any", &[good(20 + n * 3), good(21 + n * 3), good(22 + n * 3), bad()]);
    }
    assert_eq!(keys(&house), ["garbage:any"]);
    house.take("any", &(60..66).map(good).collect::<Vec<_>>());
    assert_eq!(keys(&house), ["garbage:any"], "text alone does not end it");
    house.take("any", &(66..76).map(good).collect::<Vec<_>>());
    assert_eq!(keys(&house), [] as [&str; 0], "nor does it become another alarm");
}

#[test]
fn f08_noise_is_told_before_any_dialect_is_known() {
    let mut house = House::new();
    house.connect("any");
    let text = ipo(1_000_001, "09:00:00", 5, 60, "8021", false);
    house.take("any", &vec![garbled(&text); 4]);
    assert_eq!(house.calls().len(), 0);
    assert!(
        matches!(&alarms(&house)[..], [Alarm::Garbage { .. }]),
        "{:?}",
        alarms(&house)
    );
    // A name in Chinese is text.
    let mut house = House::new();
    house.connect("any");
    house.take("any", &vec![line(&"张三丰,李四光,王五".repeat(10), t("09:10:00")); 4]);
    assert_eq!(alarms(&house), []);
}

#[test]
fn f42_a_clock_that_is_off_is_measured_and_an_alarm() {
    let mut house = House::new();
    house.says("09:00:10", &["blank"]);
    // Each line arrives ten minutes after the end it prints.
    let late = |house: &mut House, n: u32, by: i64| {
        let end = t("09:30:00") + SignedDuration::from_mins(i64::from(n));
        let text = format!("leg {n} 8021 09:{:02}:00 0 60 last from 1390000{n:04}", 29 + n);
        house.now = end + SignedDuration::from_secs(by);
        let now = house.now;
        house.take("script", &[line(&text, now)]);
    };
    for n in 0..5 {
        late(&mut house, n, 600);
    }
    assert_eq!(house.feed_row("script").drift_seconds, Some(600));
    let drift = Alarm::Drift {
        feed: "script".to_owned(),
        seconds: 600,
    };
    assert_eq!(alarms(&house), [drift]);
    for n in 5..20 {
        late(&mut house, n, 3);
    }
    assert_eq!(alarms(&house), []);
}

#[test]
fn auto_decides_anew_when_what_comes_is_of_another_dialect() {
    let mut house = House::new();
    house.connect("any");
    let first: Vec<IncomingLine> = (0..30)
        .map(|n| {
            line(
                &ipo(1_000_001 + n, &format!("09:{n:02}:00"), 5, 20, "8021", false),
                t("09:40:00"),
            )
        })
        .collect();
    house.take("any", &first);
    let hipath: Vec<IncomingLine> = (0..40)
        .map(|n| {
            let text = format!(
                "05.03.2610:{n:02}:00  1  802200:0500:00:20{:25}{:11} 1",
                format!("138000000{n:02}"),
                ""
            );
            line(&text, t("10:41:00"))
        })
        .collect();
    house.take("any", &hipath[..20]);
    assert_eq!(house.states()[30..], [Quarantined; 20]);
    house.take("any", &hipath[20..]);
    assert_eq!(house.states(), [Leg; 70]);
    assert_eq!(house.calls().len(), 70);
    assert_eq!(house.feed_row("any").dialect.as_deref(), Some("siemens-hipath"));
    let events = house.reader().feed_events("any").unwrap();
    assert_eq!(events.len(), 1);
    assert!(
        events[0].1.contains("siemens-hipath instead of avaya-ip-office"),
        "{events:?}"
    );
    house.count("any");
    // And what is of no dialect changes nothing.
    let noise: Vec<IncomingLine> = (0..60).map(|_| line("what is this", t("10:42:00"))).collect();
    house.take("any", &noise);
    assert_eq!(house.feed_row("any").dialect.as_deref(), Some("siemens-hipath"));
}

#[test]
fn each_loss_of_lines_is_told_and_kept_and_stands_for_a_day() {
    let mut house = House::new();
    let lose = |house: &mut House, bytes: u32, clock: &str| {
        let lost = Alarm::LinesLost {
            feed: "script".to_owned(),
            why: format!("{bytes} bytes"),
        };
        house.store.transact(|s| s.raise_alarm(&lost, t(clock))).unwrap();
        lost
    };
    let letters = |house: &House| house.reader().outbox(false, None).unwrap().len();
    lose(&mut house, 10, "09:00:00");
    let second = lose(&mut house, 20, "10:00:00");
    assert_eq!(alarms(&house), [second]);
    assert_eq!(letters(&house), 1, "a second letter within six hours");
    let third = lose(&mut house, 30, "16:00:00");
    assert_eq!(letters(&house), 2);
    let events = house.reader().feed_events("script").unwrap();
    let told: Vec<&str> = events.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(
        told,
        [
            "lines are lost: 10 bytes",
            "lines are lost: 20 bytes",
            "lines are lost: 30 bytes"
        ]
    );
    let day = SignedDuration::from_hours(24);
    house.store.transact(|s| s.tick(t("15:59:59") + day)).unwrap();
    assert_eq!(alarms(&house), [third]);
    house.store.transact(|s| s.tick(t("16:00:00") + day)).unwrap();
    assert_eq!(alarms(&house), []);
}
