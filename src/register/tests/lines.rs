//! Every line in the journal once, whatever becomes of it.

use super::LineState::{Leg, Partial, Pending, Quarantined, Skipped};
use super::*;

#[test]
fn f25_a_parser_that_panics_costs_its_line_alone() {
    let mut house = House::new();
    let lines = [
        "leg 1 8021 09:00:00 5 60",
        "panic",
        "leg 2 8022 09:01:00 5 60 from 13900000002",
    ];
    house.says("09:02:05", &lines);
    assert_eq!(house.states(), [Leg, Quarantined, Leg]);
    let reason = house.journal().remove(1).1.unwrap();
    assert_eq!(reason, "the parser failed on it: a hostile line");
    assert_eq!(house.calls().len(), 2);
    house.count("script");
}

#[test]
fn f25_a_line_on_which_the_register_fails_costs_itself_alone() {
    let mut house = House::new();
    let lines = [
        "leg 1 8021 09:00:00 5 60",
        "clash 1 8022 09:00:00 5 60 1",
        "leg 2 8022 09:01:00 5 60 from 13900000002",
    ];
    house.says("09:02:05", &lines);
    assert_eq!(house.states(), [Leg, Quarantined, Leg]);
    let reason = house.journal().remove(1).1.unwrap();
    assert!(
        reason.starts_with("the program failed on it: database: UNIQUE"),
        "{reason}"
    );
    assert_eq!(house.calls().iter().map(|call| call.legs).collect::<Vec<_>>(), [1, 1]);
    house.count("script");
}

#[test]
fn legs_that_one_line_releases_keep_the_lines_they_were_printed_in() {
    let mut house = House::new();
    let mut lines: Vec<String> = (1..=9)
        .map(|n| format!("later {n} 8021 09:0{n}:00 5 60 from 1390000000{n}"))
        .collect();
    lines.push("all".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    house.says("09:12:05", &lines);
    let reader = house.reader();
    let printed: Vec<Vec<i64>> = house
        .calls()
        .iter()
        .flat_map(|call| reader.legs(call.id, &jiff::tz::TimeZone::UTC).unwrap())
        .map(|leg| leg.line_ids.iter().map(|id| id.get()).collect())
        .collect();
    assert_eq!(printed, (1..=9).map(|n| vec![n]).collect::<Vec<_>>());
}

#[test]
fn f25_a_waiting_line_that_fails_does_not_keep_the_feed_down_after_a_restart() {
    let mut house = House::new();
    house.says("09:02:05", &["leg 1 8021 09:00:00 5 60", "hold"]);
    house
        .store
        .conn
        .execute(
            "UPDATE journal SET raw = CAST('clash 1 8022 09:00:00 5 60 1' AS BLOB) WHERE id = 2",
            [],
        )
        .unwrap();
    house.restart();
    house.connect("script");
    house.says("09:03:05", &["blank"]);
    assert_eq!(house.states(), [Leg, Quarantined, Skipped]);
    house.count("script");
}

#[test]
fn f24_a_record_of_two_lines_goes_on_after_a_restart() {
    let mut house = House::new();
    house.says("09:02:05", &["hold"]);
    assert_eq!(house.states(), [Pending]);
    house.restart();
    house.connect("script");
    house.says("09:02:06", &["show 1 8021 09:00:00 5 60"]);
    assert_eq!(house.states(), [Leg, Leg]);
    assert_eq!(house.calls()[0].legs, 1);
    house.count("script");
}

#[test]
fn f12_what_parses_later_keeps_its_line_ids_and_done_again_changes_nothing() {
    let mut house = House::new();
    // A dialect that does not know these lines yet: a call of two segments, with a header between.
    let lines = [
        ipo(1_000_001, "09:00:00", 5, 60, "8021", true),
        "garbage".to_owned(),
        ipo(1_000_001, "09:00:00", 3, 90, "8022", false),
    ];
    house.says("09:03:00", &lines.each_ref().map(String::as_str));
    assert_eq!(house.states(), [Quarantined; 3]);

    let mut newer = rules_of(DIRECTORY, POLICY);
    let script = feed("script");
    newer.feeds.get_mut(&script).unwrap().dialect = "avaya-ip-office".to_owned();
    house.restart_with(Arc::new(newer));
    let done = house.store.reparse(t("11:00:00"), |_, _| {}).unwrap();
    assert_eq!((done.lines, done.legs, done.quarantined), (3, 2, 1));
    assert_eq!(house.states(), [Leg, Quarantined, Leg]);
    let legs = house.reader().legs(
        crate::ids::CallId::new(1),
        &crate::calendar::Calendar::always(jiff::tz::TimeZone::UTC).zone,
    );
    let ids: Vec<i64> = legs.unwrap().iter().map(|leg| leg.line_ids[0].get()).collect();
    assert_eq!(ids, [1, 3]);
    house.count("script");

    let before = (house.journal(), house.calls(), house.case(1));
    let again = house.store.reparse(t("12:00:00"), |_, _| {}).unwrap();
    assert_eq!((again.lines, again.legs, again.quarantined), (1, 0, 1));
    assert_eq!((house.journal(), house.calls(), house.case(1)), before);
    house.count("script");
}

#[test]
fn f12_a_removed_feed_does_not_hide_the_quarantine_of_others() {
    let mut house = House::new();
    house
        .store
        .conn
        .execute_batch(
            "INSERT INTO feed(id, name) VALUES (99, 'gone');
             WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
             INSERT INTO journal(id, feed, received_at, raw, state) SELECT i, 99, 0, x'78', 3 FROM n;",
        )
        .unwrap();
    house.says("09:03:00", &["nothing known"]);
    assert_eq!(house.store.reparse(t("09:04:00"), |_, _| {}).unwrap().lines, 1);
}

#[test]
fn f12_a_line_learned_late_joins_the_call_of_its_own_boot_epoch() {
    let mut house = House::new();
    house.says("09:02:00", &["leg 500 8021 09:00:00 5 60"]);
    house.says("09:05:00", &["later 501", "leg 1 8022 09:03:30 5 60 from 13900000002"]);
    house.says("09:06:00", &["leg 2 8022 09:05:30 5 20 from 13900000003"]);
    // What the quarantine holds is a further leg of call 500, from before the switch restarted.
    house
        .store
        .conn
        .execute(
            "UPDATE journal SET raw = CAST('leg 500 8022 09:01:05 3 20' AS BLOB) WHERE id = 2",
            [],
        )
        .unwrap();
    house.store.reparse(t("10:00:00"), |_, _| {}).unwrap();
    let legs = |house: &House| house.calls().iter().map(|call| call.legs).collect::<Vec<_>>();
    assert_eq!(legs(&house), [2, 1, 1]);
    // And the ids of now are not taken for another restart.
    house.says("10:01:00", &["leg 2 8021 10:00:10 3 20 from 13900000003"]);
    assert_eq!(legs(&house), [2, 1, 2]);
}

#[test]
fn auto_keeps_lines_pending_over_a_restart_until_it_decides() {
    let mut house = House::new();
    house.connect("any");
    let lines: Vec<IncomingLine> = (0..2)
        .map(|n| line(&ipo(1_000_001 + n, "09:00:00", 5, 60, "8021", false), t("09:01:05")))
        .collect();
    house.take("any", &lines);
    assert_eq!(house.states(), [Pending, Pending]);
    house.restart();
    house.connect("any");
    assert_eq!((house.states(), house.calls().len()), (vec![Pending, Pending], 0));
    let third = line(&ipo(1_000_009, "09:02:00", 5, 60, "8022", false), t("09:03:05"));
    house.take("any", &[third]);
    assert_eq!(house.states(), [Leg, Leg, Leg]);
    assert_eq!(house.feed_row("any").dialect.as_deref(), Some("avaya-ip-office"));
    house.count("any");
    // The decision stands after a restart.
    house.restart();
    house.connect("any");
    let fourth = line(&ipo(1_000_010, "09:04:00", 5, 60, "8022", false), t("09:05:05"));
    house.take("any", &[fourth]);
    assert_eq!(house.states(), [Leg; 4]);
}

#[test]
fn auto_decides_after_silence_with_what_there_is() {
    let mut house = House::new();
    house.connect("any");
    house.take(
        "any",
        &[line(&ipo(1_000_001, "09:00:00", 5, 60, "8021", false), t("09:01:05"))],
    );
    house.store.transact(|s| s.decide_after_silence(&feed("any"))).unwrap();
    assert_eq!(house.states(), [Leg]);
    // Garbage alone decides nothing, and is kept.
    let mut house = House::new();
    house.connect("any");
    house.take(
        "any",
        &[
            line("?", t("09:01:05")),
            line("??", t("09:01:05")),
            line("???", t("09:01:05")),
        ],
    );
    house.store.transact(|s| s.decide_after_silence(&feed("any"))).unwrap();
    assert_eq!(house.states(), [Pending; 3]);
    house.count("any");
}

#[test]
fn auto_counts_a_line_that_came_in_two_parts() {
    let mut house = House::new();
    house.connect("any");
    let text = ipo(1_000_001, "09:00:00", 5, 60, "8021", false);
    house.take("any", &[line(&text, t("09:01:05")), line(&text, t("09:01:05"))]);
    let (head, rest) = text.split_at(30);
    house.take("any", &[kind(head, t("09:02:00"), LineKind::Partial)]);
    house.take("any", &[going_on(rest, "09:02:40", LineKind::Whole)]);
    assert_eq!(house.states(), [Leg, Leg, Leg]);
    house.count("any");
}

fn going_on(text: &str, clock: &str, what: LineKind) -> IncomingLine {
    IncomingLine {
        continues: true,
        ..kind(text, t(clock), what)
    }
}

#[test]
fn f04_the_rest_of_a_partial_line_joins_it_also_in_pieces_and_after_a_reload() {
    let mut house = House::new();
    house.take("script", &[kind("leg 1 80", t("09:00:00"), LineKind::Partial)]);
    assert_eq!(house.states(), [Partial]);
    house.take("script", &[going_on("21 09:", "09:01:00", LineKind::Partial)]);
    assert_eq!(
        house.journal(),
        [(
            Partial,
            Some("its end has not come".to_owned()),
            "leg 1 8021 09:".to_owned()
        )]
    );
    // New rules, or a failed transaction, make the store forget what it holds in memory.
    house.store.adopt(rules(), t("09:01:30")).unwrap();
    house.take(
        "script",
        &[
            going_on("00:00 5 60", "09:02:00", LineKind::Whole),
            line("blank", t("09:02:00")),
        ],
    );
    assert_eq!(house.states(), [Leg, Skipped]);
    assert_eq!(house.journal()[0].2, "leg 1 8021 09:00:00 5 60");
    house.count("script");
}

#[test]
fn f04_a_rest_belongs_to_its_own_connection() {
    let mut house = House::new();
    house.take("script", &[kind("leg 1 80", t("09:00:00"), LineKind::Partial)]);
    house.connect("script");
    house.take("script", &[going_on("21 09:00:00 5 60", "09:01:00", LineKind::Whole)]);
    // A rest without a beginning is no call either.
    assert_eq!(house.states(), [Partial, Partial]);
    assert_eq!(house.calls().len(), 0);
    house.count("script");
}

#[test]
fn f05_a_line_broken_by_its_connection_is_kept_marked_and_never_a_call() {
    let broken = "the connection ended in the middle of it";
    let whole = "leg 1 8021 09:00:00 5 60";
    let mut house = House::new();
    house.take("script", &[kind(whole, t("09:00:00"), LineKind::Broken)]);
    // Begun, gone on, broken.
    house.take("script", &[kind("leg 2", t("09:00:00"), LineKind::Partial)]);
    house.take("script", &[going_on(" 8021", "09:01:00", LineKind::Broken)]);
    // Begun, and the connection ended without another byte.
    house.take("script", &[kind("leg 3", t("09:00:00"), LineKind::Partial)]);
    let connection = house.connection;
    house
        .store
        .transact(|s| s.connection_closed(&feed("script"), connection, "gone", t("09:02:00")))
        .unwrap();
    // Begun, and the daemon was killed.
    house.connect("script");
    house.take("script", &[kind("leg 4", t("09:00:00"), LineKind::Partial)]);
    house.restart();
    let kept = |text: &str| (Partial, Some(broken.to_owned()), text.to_owned());
    assert_eq!(
        house.journal(),
        [kept(whole), kept("leg 2 8021"), kept("leg 3"), kept("leg 4")]
    );
    assert_eq!(house.calls().len(), 0);
    assert_eq!(house.feed_row("script").connections, 0);
    house.count("script");
}

#[test]
fn f06_pieces_of_an_overlong_line_are_kept_and_not_parsed() {
    let mut house = House::new();
    let whole = "leg 1 8021 09:00:00 5 60";
    house.take(
        "script",
        &[
            kind(whole, t("09:00:00"), LineKind::Piece),
            line("blank", t("09:00:00")),
        ],
    );
    assert_eq!(house.states(), [Partial, Skipped]);
    house.count("script");
}

#[test]
fn f25_a_joined_line_on_which_the_register_fails_is_one_quarantined_line() {
    let mut house = House::new();
    house.says("09:00:00", &["leg 1 8021 09:00:00 5 60"]);
    house.take("script", &[kind("clash 1 80", t("09:01:00"), LineKind::Partial)]);
    house.take("script", &[going_on("22 09:00:00 5 60 1", "09:01:40", LineKind::Whole)]);
    assert_eq!(house.states(), [Leg, Quarantined]);
    assert_eq!(house.journal()[1].2, "clash 1 8022 09:00:00 5 60 1");
    house.count("script");
}

/// A line of pattern A: date and time of the end, extension, trunk, caller, ring, duration, code.
fn panasonic(clock: &str, extension: &str, ring: &str, talk: &str, code: &str) -> String {
    format!(
        "03/05/26 {clock:7} {extension:>5} 03 {:25} {ring:4} {talk:8} {:10} {code}",
        "<I>13900000001", ""
    )
}

fn panasonic_house() -> House {
    let mut rules = rules_of(DIRECTORY, POLICY);
    rules.feeds.get_mut(&feed("any")).unwrap().dialect = "panasonic-kx".to_owned();
    let mut house = House::with(Arc::new(rules));
    house.connect("any");
    house
}

#[test]
fn an_answer_without_its_end_is_a_call_after_a_minute_of_silence_also_after_a_restart() {
    let mut house = panasonic_house();
    let answer = panasonic("10:00AM", "8022", "0'06", "", "AN");
    house.now = t("10:00:10");
    house.take("any", &[line(&answer, t("10:00:10"))]);
    house.tick("10:01:09");
    assert_eq!((house.states(), house.calls().len()), (vec![Pending], 0));
    let rules = Arc::clone(house.store.rules());
    house.restart_with(rules);
    house.tick("10:01:10");
    assert_eq!(house.states(), [Leg]);
    let call = house.calls().remove(0);
    assert_eq!(
        (call.answered_by.as_deref(), call.person.as_deref()),
        (Some("8022"), Some("liu"))
    );
    house.count("any");
}

#[test]
fn the_end_of_a_call_told_already_takes_the_place_of_its_answer() {
    let mut house = panasonic_house();
    house.now = t("10:00:10");
    house.take(
        "any",
        &[line(&panasonic("10:00AM", "8022", "0'06", "", "AN"), t("10:00:10"))],
    );
    house.tick("10:01:10");
    assert_eq!(house.cases(), 1);
    let end = panasonic("10:05AM", "8022", "0'06", "00:04'50", "");
    house.now = t("10:05:01");
    house.take("any", &[line(&end, t("10:05:01"))]);
    assert_eq!(house.states(), [Leg, Leg]);
    let calls = house.calls();
    assert_eq!(calls.len(), 1, "{calls:#?}");
    assert_eq!((calls[0].legs, calls[0].talk_seconds), (1, Some(290)));
    house.tick("10:07:00");
    assert_eq!(house.cases(), 1);
    house.count("any");
}
