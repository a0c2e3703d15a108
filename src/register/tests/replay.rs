//! A switch that sends again what it sent before, and feeds that tell of the same calls.

use std::time::Duration;

use proptest::prelude::*;

use super::LineState::{Duplicate, Leg, Pending, Quarantined, Skipped};
use super::*;

/// A line of the script without a call id; every minute another call.
fn leg(minute: u32) -> String {
    format!("leg - 8021 09:{minute:02}:00 5 20 last from 139000000{minute:02}")
}

fn legs(minutes: std::ops::Range<u32>) -> Vec<String> {
    minutes.map(leg).collect()
}

impl House {
    fn hears(&mut self, clock: &str, lines: &[String]) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        self.says(clock, &lines);
    }

    fn hangs_up(&mut self) {
        let (connection, now) = (self.connection, self.now);
        self.store
            .transact(|s| s.connection_closed(&feed("script"), connection, "gone", now))
            .unwrap();
    }

    fn reconnects(&mut self) {
        self.hangs_up();
        self.connect("script");
    }

    /// As if five seconds had passed.
    fn waits(&mut self) {
        self.store.transact(|s| s.release_undecided(Duration::ZERO)).unwrap();
    }

    /// The lines that each line repeats.
    fn links(&self) -> Vec<i64> {
        let mut links = Vec::new();
        self.reader()
            .journal(false, None, None, |row| {
                links.push(row.link.map_or(0, LineId::get));
                Ok::<(), Error>(())
            })
            .unwrap();
        links
    }
}

use crate::ids::LineId;

impl House {
    /// Legs of all calls: like lines of this dialect may be legs of one call.
    fn legs(&self) -> i64 {
        self.calls().iter().map(|call| call.legs).sum()
    }
}

#[test]
fn f17_three_lines_in_order_after_a_reconnect_are_a_replay() {
    let mut house = House::new();
    house.hears("09:20:00", &legs(0..6));
    house.reconnects();
    house.hears("09:30:00", &legs(2..4));
    assert_eq!(house.states()[6..], [Pending, Pending]);
    assert_eq!(house.links()[6..], [3, 4]);
    house.hears("09:30:00", &legs(4..8));
    assert_eq!(
        house.states()[6..],
        [Duplicate, Duplicate, Duplicate, Duplicate, Leg, Leg]
    );
    assert_eq!(house.links()[6..], [3, 4, 5, 6, 0, 0]);
    assert_eq!(house.legs(), 8);
    // A duplicate is linked to the call too.
    let mut call = None;
    house
        .reader()
        .journal(false, None, None, |row| {
            if row.id.get() == 7 {
                call = row.call;
            }
            Ok::<(), Error>(())
        })
        .unwrap();
    assert_eq!(call.map(crate::ids::CallId::get), Some(3));
    assert_eq!(house.feed_row("script").duplicates, 4);
    house.count("script");
}

#[test]
fn f17_with_a_call_id_one_line_is_enough() {
    let mut house = House::new();
    let line = "leg 17 8021 09:00:00 5 60";
    house.says("09:02:00", &[line]);
    house.reconnects();
    house.says("09:03:00", &[line, "leg 18 8022 09:02:30 5 20 from 13900000002", line]);
    // After the first mismatch nothing is a duplicate.
    assert_eq!(house.states(), [Leg, Duplicate, Leg, Leg]);
    assert_eq!(house.calls().iter().map(|call| call.legs).max(), Some(2));
    house.count("script");
}

#[test]
fn f18_one_or_two_like_lines_are_calls_of_their_own() {
    let mut house = House::new();
    house.hears("09:20:00", &legs(0..3));
    house.reconnects();
    house.hears("09:21:00", &[leg(1), leg(2), leg(9)]);
    assert_eq!(house.states(), [Leg; 6]);
    assert_eq!(house.links(), [0; 6]);
    house.reconnects();
    house.hears("09:22:00", &[leg(9)]);
    assert_eq!(house.states()[6..], [Pending]);
    house.waits();
    assert_eq!(house.states(), [Leg; 7]);
    house.hears("09:23:00", &[leg(9)]);
    assert_eq!(house.states(), [Leg; 8], "the connection is not new any more");
    house.count("script");
}

#[test]
fn f18_within_a_connection_nothing_is_a_duplicate() {
    let mut house = House::new();
    house.hears("09:20:00", &legs(0..5));
    house.hears("09:21:00", &legs(0..5));
    assert_eq!(house.states(), [Leg; 10]);
    assert_eq!(house.legs(), 10);
}

#[test]
fn f18_twins_in_a_replay_are_counted() {
    let mut house = House::new();
    house.hears("09:20:00", &[leg(1), leg(1), leg(2), leg(1), leg(1)]);
    house.reconnects();
    house.hears("09:21:00", &[leg(1), leg(1), leg(2), leg(1), leg(1), leg(1)]);
    assert_eq!(house.links(), [0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0]);
    assert_eq!(house.legs(), 6);
}

#[test]
fn f24_what_a_killed_daemon_left_undecided_is_part_of_the_next_replay() {
    let mut house = House::new();
    house.hears("09:20:00", &legs(0..4));
    house.reconnects();
    house.hears("09:21:00", &legs(0..2));
    house.restart();
    assert_eq!(house.states()[4..], [Pending, Pending]);
    house.connect("script");
    house.hears("09:21:30", &legs(0..5));
    assert_eq!(house.links(), [0, 0, 0, 0, 1, 2, 1, 2, 3, 4, 0]);
    assert_eq!(house.legs(), 5);
    house.count("script");
}

#[test]
fn f24_what_a_killed_daemon_left_undecided_takes_effect_before_anything_newer() {
    let mut house = House::new();
    house.hears("09:20:00", &legs(0..4));
    house.reconnects();
    house.hears("09:21:00", &legs(0..2));
    house.restart();
    house.connect("script");
    house.hears("09:21:30", &[leg(9)]);
    assert_eq!(house.states(), [Leg; 7]);
    assert_eq!(house.legs(), 7);
    // Or after five seconds, without anything newer.
    house.reconnects();
    house.hears("09:22:00", &[leg(9)]);
    house.restart();
    house.waits();
    assert_eq!(house.states(), [Leg; 8]);
    house.count("script");
}

#[test]
fn f17_a_failed_transaction_does_not_forget_the_replay() {
    let mut house = House::new();
    house.hears("09:20:00", &legs(0..6));
    house.reconnects();
    house.hears("09:21:00", &legs(0..4));
    let connection = house.connection;
    let lines: Vec<IncomingLine> = legs(4..6).iter().map(|text| line(text, t("09:21:00"))).collect();
    let failed = house.store.transact(|s| {
        s.take_lines(&feed("script"), connection, &lines, false)?;
        Err::<(), Error>(Error::Stopped("as if the disk were full".to_owned()))
    });
    assert!(failed.is_err());
    // And a reload makes the store forget what it holds of the feed.
    house.store.adopt(rules(), t("09:21:01")).unwrap();
    house.hears("09:21:02", &legs(4..7));
    assert_eq!(
        house.states()[6..],
        [Duplicate, Duplicate, Duplicate, Duplicate, Duplicate, Duplicate, Leg]
    );
    house.count("script");
}

#[test]
fn f11_headers_neither_count_nor_break_a_run() {
    let mut house = House::new();
    let header = "blank".to_owned();
    house.hears(
        "09:20:00",
        &[header.clone(), leg(0), leg(1), header.clone(), leg(2), leg(3)],
    );
    house.reconnects();
    house.hears(
        "09:21:00",
        &[
            header.clone(),
            header.clone(),
            leg(1),
            header.clone(),
            "".to_owned(),
            leg(2),
        ],
    );
    assert_eq!(house.legs(), 4);
    house.hears("09:21:00", &[leg(3), leg(4)]);
    assert_eq!(house.legs(), 5);
    let again = house.states().into_iter().filter(|state| *state == Leg).count();
    assert_eq!(again, 5);
    // Headers alone decide nothing.
    house.reconnects();
    house.hears(
        "09:22:00",
        &[header.clone(), header.clone(), header.clone(), leg(4), leg(7)],
    );
    assert_eq!(house.legs(), 7);
    house.waits();
    assert!(house.states().iter().all(|state| *state != Pending));
    house.count("script");
}

#[test]
fn f17_a_record_begun_before_the_reconnect_ends_after_it() {
    let mut house = House::new();
    house.hears("09:20:00", &[leg(0), leg(1), leg(2), "hold".to_owned()]);
    house.reconnects();
    let show = "show - 8022 09:10:00 5 20";
    house.hears(
        "09:21:00",
        &[leg(0), leg(1), leg(2), "hold".to_owned(), show.to_owned()],
    );
    assert_eq!(house.legs(), 4);
    assert_eq!(
        house.states(),
        [Leg, Leg, Leg, Leg, Duplicate, Duplicate, Duplicate, Duplicate, Leg]
    );
    house.count("script");
}

#[test]
fn f17_a_quarantined_line_is_not_quarantined_twice() {
    let mut house = House::new();
    let odd = "no such line".to_owned();
    house.hears("09:20:00", &[leg(0), odd.clone(), leg(1), leg(2)]);
    house.reconnects();
    house.hears("09:21:00", &[leg(0), odd, leg(1), leg(2)]);
    assert_eq!(
        house.states(),
        [Leg, Quarantined, Leg, Leg, Duplicate, Duplicate, Duplicate, Duplicate]
    );
    house.count("script");
}

#[test]
fn f17_lines_older_than_three_days_are_not_repeated() {
    let mut house = House::new();
    house.hears("09:20:00", &legs(0..4));
    house.hangs_up();
    house.now = t("09:20:01") + SignedDuration::from_hours(72);
    house.connect("script");
    let now = house.now;
    let lines: Vec<IncomingLine> = legs(0..4).iter().map(|text| line(text, now)).collect();
    house.take("script", &lines);
    assert_eq!(house.states(), [Leg; 8]);
}

#[test]
fn f17_an_undecided_auto_feed_sees_a_replay_too() {
    let mut house = House::with(Arc::new({
        let mut rules = rules_of(DIRECTORY, POLICY);
        rules.feeds.get_mut(&feed("any")).unwrap().detect_lines = 8;
        rules
    }));
    let lines = |house: &mut House, ids: std::ops::Range<u32>| {
        let lines: Vec<IncomingLine> = ids
            .map(|n| {
                line(
                    &ipo(1_000_001 + n, &format!("09:{n:02}:00"), 5, 20, "8021", false),
                    t("09:40:00"),
                )
            })
            .collect();
        house.take("any", &lines);
    };
    house.connect("any");
    lines(&mut house, 0..4);
    house.connect("any");
    lines(&mut house, 0..5);
    assert_eq!(
        house.states()[4..],
        [Duplicate, Duplicate, Duplicate, Duplicate, Pending]
    );
    assert_eq!(house.feed_row("any").pending, 5);
    lines(&mut house, 5..8);
    assert_eq!(house.legs(), 8);
    house.count("any");
}

fn pair() -> House {
    let mut rules = rules_of(DIRECTORY, POLICY);
    rules.feeds.get_mut(&feed("any")).unwrap().dialect = "script".to_owned();
    rules.feeds.get_mut(&feed("any")).unwrap().pair = Some(feed("script"));
    House::with(Arc::new(rules))
}

impl House {
    fn tells(&mut self, name: &str, clock: &str, lines: &[String]) {
        let lines: Vec<IncomingLine> = lines.iter().map(|text| line(text, t(clock))).collect();
        self.take(name, &lines);
    }
}

#[test]
fn f16_the_same_line_from_both_feeds_of_a_pair_is_one_call() {
    let mut house = pair();
    house.tells("script", "09:20:00", &[leg(1), leg(2)]);
    house.tells("any", "09:20:30", &[leg(2), leg(3)]);
    house.tells("script", "09:20:40", &[leg(3)]);
    house.tells("any", "09:21:00", &[leg(1)]);
    assert_eq!(house.links(), [0, 0, 2, 0, 4, 1]);
    assert_eq!(house.states(), [Leg, Leg, Duplicate, Leg, Duplicate, Duplicate]);
    assert_eq!(house.legs(), 3);
    house.count("script");
    house.count("any");
}

#[test]
fn f18_twins_of_a_pair_pair_off_by_count() {
    let mut house = pair();
    house.tells("script", "09:20:00", &[leg(1), leg(1)]);
    house.tells("any", "09:20:10", &[leg(1), leg(1), leg(1)]);
    house.tells("script", "09:20:20", &[leg(1)]);
    assert_eq!(house.links(), [0, 0, 1, 2, 0, 5]);
    assert_eq!(house.legs(), 3);
    // What paired off is known after a restart too.
    let rules = Arc::clone(house.store.rules());
    house.restart_with(rules);
    house.tells("any", "09:20:25", &[leg(1)]);
    assert_eq!(house.links()[6..], [0]);
}

#[test]
fn f16_after_a_minute_a_like_line_is_another_call() {
    let mut house = pair();
    house.tells("script", "09:20:00", &[leg(1)]);
    house.tells("any", "09:21:01", &[leg(1)]);
    assert_eq!(house.states(), [Leg, Leg]);
}

#[test]
fn f17_the_second_feed_of_a_pair_replays_its_own_lines() {
    let mut house = pair();
    house.tells("script", "09:20:00", &legs(0..4));
    house.connect("any");
    house.tells("any", "09:20:01", &legs(0..4));
    house.connect("any");
    house.tells("any", "09:30:00", &legs(0..5));
    assert_eq!(house.legs(), 5);
    assert_eq!(house.links()[8..], [1, 2, 3, 4, 0]);
    house.count("any");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever was sent, wherever the connection was cut: what the switch sends again from its buffer, twice over, is
    /// there once, as long as three records of it were here before.
    #[test]
    fn f17_what_is_sent_again_is_there_once(
        minutes in prop::collection::vec(0..12u32, 3..14),
        headers in prop::collection::vec(any::<bool>(), 14),
        cut in 3..14usize,
        keep in 0..14usize,
        killed in any::<bool>(),
    ) {
        let sent: Vec<String> = minutes
            .iter()
            .zip(&headers)
            .flat_map(|(minute, header)| header.then(|| "blank".to_owned()).into_iter().chain([leg(*minute)]))
            .collect();
        let records = |lines: &[String]| lines.iter().filter(|line| line.starts_with("leg")).count();
        let cut = cut.min(sent.len());
        let begin = keep.min(cut);
        prop_assume!(records(&sent[begin..cut]) >= 3);
        let mut house = House::new();
        house.hears("09:30:00", &sent[..cut]);
        // Sent again, but the connection breaks down before it is clear what this is.
        house.reconnects();
        house.hears("09:31:00", &sent[begin..(begin + 2).min(cut)]);
        if killed {
            house.restart();
            house.connect("script");
        } else {
            house.reconnects();
        }
        for _ in 0..2 {
            house.hears("09:32:00", &sent[begin..]);
            house.reconnects();
        }
        house.waits();
        prop_assert_eq!(usize::try_from(house.legs()).unwrap(), records(&sent));
        prop_assert!(house.states().iter().all(|state| matches!(state, Leg | Skipped | Duplicate)));
        house.count("script");
    }
}
