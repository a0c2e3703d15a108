//! The switch's clock is wrong, or prints less than a moment: whose time counts, and who is told.
//!
//! Rules: deadlines run from the switch's answer time; more than two minutes in the future, receipt minus talk is the
//! base. No deadline falls before receipt plus the floor (one business hour).

use serde_json::json;

use crate::house::{House, Plan, check, instant, shanghai};
use crate::pbx::IpoLine;

/// One answered call of Wang's, three minutes of talk unless said, told at once.
#[track_caller]
fn told(plan: Plan, line: &IpoLine) -> (House, i64) {
    let house = plan.open();
    house.pbx().connect().send(line);
    house.wait_for_lines(1);
    let id = house.case(1)["id"].as_i64().unwrap();
    (house, id)
}

fn answered(start: &str) -> IpoLine {
    IpoLine::incoming("8021", "13812345678").start(start)
}

/// Due times that depend on the moment of receipt may be late by what the test itself took.
#[track_caller]
fn due_about(house: &House, case: i64, kind: &str, wall: &str) {
    let late = house.due(case, kind).duration_since(shanghai(wall)).as_secs();
    assert!((0..=30).contains(&late), "{kind}: {late} s after {wall}");
}

#[test]
fn f42_a_pbx_clock_eight_hours_behind_still_leaves_an_hour() {
    // UTC instead of Shanghai: 08:40 for what happened at 16:40, told at 16:45.
    let (house, id) = told(House::at("2026-10-08T16:45:00"), &answered("2026/10/08 08:40:00"));
    check(&house.call(1), &json!({"start": "2026-10-08T08:40:00+08:00"}));
    // End of 8 October would be within the hour after receipt: 45 minutes of Thursday, 15 of Friday.
    due_about(&house, id, "register", "2026-10-09T09:15:00");
    assert_eq!(house.due(id, "close"), shanghai("2026-10-14T17:30:00"));
}

#[test]
fn f42_a_pbx_clock_eight_hours_ahead_does_not_move_deadlines() {
    let (house, id) = told(House::at("2026-10-08T16:45:00"), &answered("2026/10/09 00:40:00"));
    check(&house.call(1), &json!({"start": "2026-10-09T00:40:00+08:00"}));
    // The base is 16:42 on the 8th; from the switch's answer time, close would be due on Thursday the 15th.
    assert_eq!(house.due(id, "register"), shanghai("2026-10-09T17:30:00"));
    assert_eq!(house.due(id, "close"), shanghai("2026-10-14T17:30:00"));
}

#[test]
fn f42_three_minutes_ahead_are_not_believed() {
    // Told at 16:31, says 16:34:05. Receipt minus talk is 16:28: more than a business hour left, so due today;
    // 16:34 would be due tomorrow.
    let plan = House::at("2026-10-08T16:31:00").policy(r#"clock.floor="0s""#);
    let (house, id) = told(plan, &answered("2026/10/08 16:34:00"));
    assert_eq!(house.due(id, "register"), shanghai("2026-10-08T17:30:00"));
}

#[test]
fn f42_one_minute_ahead_is_believed() {
    // Told at 16:29:30, says 16:30:35: less than a business hour left. Receipt minus talk would be 16:26:30.
    let plan = House::at("2026-10-08T16:29:30").policy(r#"clock.floor="0s""#);
    let (house, id) = told(plan, &answered("2026/10/08 16:30:30"));
    assert_eq!(house.due(id, "register"), shanghai("2026-10-09T17:30:00"));
}

#[test]
fn f43_a_stamp_without_seconds_is_read() {
    let (house, _) = told(House::at("2026-10-08T10:10:00"), &answered("2026/10/08 10:00"));
    check(
        &house.call(1),
        &json!({"start": "2026-10-08T10:00:00+08:00", "ring_seconds": 5}),
    );
}

#[test]
fn f44_a_call_of_thirty_hours_is_kept_as_printed() {
    let (house, _) = told(
        House::at("2026-10-08T10:10:00"),
        &answered("2026/10/07 03:00:00").talk(30 * 3600),
    );
    check(
        &house.call(1),
        &json!({"talk_seconds": 108_000, "disposition": "answered"}),
    );
    let ended = instant(&house.call(1)["ended_at"]);
    assert_eq!(ended, Some(shanghai("2026-10-08T09:00:05")));
}

#[test]
fn f44_impossible_durations_do_not_stop_the_feed() {
    let house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    let durations = ["-0:00:01", "99:99:99", "18446744073709551616", "00:00:60"];
    for (n, duration) in (1..).zip(durations) {
        pbx.send(answered("2026/10/08 10:00:00").id(n).field(2, duration));
    }
    pbx.send(answered("2026/10/08 10:01:00").id(99));
    house.wait_for_lines(durations.len() + 1);
    let last = house.calls().pop().expect("the good line's call");
    check(
        &last,
        &json!({"start": "2026-10-08T10:01:00+08:00", "talk_seconds": 180}),
    );
}
