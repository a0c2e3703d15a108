//! Wall times of a switch become instants.

use jiff::tz::Offset;

use super::*;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Start and answer of an answered leg, placed in Berlin.
fn instants(start: &str, ring: i64, talk: i64, received: &str) -> (Timestamp, Timestamp) {
    let leg = answered("8031", start, ring, talk);
    let placed = placed(leg, 1, vec![LineId::new(1)], at(received), &berlin()).unwrap();
    (placed.start, placed.answered_at.unwrap())
}

#[test]
fn f40_a_doubled_hour_is_resolved_by_arrival() {
    // On 25 October 2026 the hour from 02:00 came twice: at +02:00 and at +01:00.
    let start = |text: &str, talk: i64, received: &str| instants(text, 0, talk, received).0;
    // Printed as it ended.
    assert_eq!(
        start("2026-10-25T02:30:00", 60, "2026-10-25T02:31:00+02:00"),
        at("2026-10-25T02:30:00+02:00")
    );
    assert_eq!(
        start("2026-10-25T02:30:00", 60, "2026-10-25T02:31:00+01:00"),
        at("2026-10-25T02:30:00+01:00")
    );
    // It talked for 70 minutes and ended in the second hour: it can't have begun there.
    assert_eq!(
        start("2026-10-25T02:10:00", 70 * 60, "2026-10-25T02:20:00+01:00"),
        at("2026-10-25T02:10:00+02:00")
    );
    // From a buffer, hours later: the later reading.
    assert_eq!(
        start("2026-10-25T02:30:00", 60, "2026-10-25T09:00:00+01:00"),
        at("2026-10-25T02:30:00+01:00")
    );
}

#[test]
fn f40_an_answer_in_the_doubled_hour_follows_its_start() {
    let mut leg = answered("8031", "2026-10-25T01:59:50", 15, 60);
    leg.answered_at = Some(Stamp::local(wall("2026-10-25T02:00:05")));
    let placed = placed(leg, 1, vec![LineId::new(1)], at("2026-10-25T09:00:00+01:00"), &berlin()).unwrap();
    assert_eq!(placed.start, at("2026-10-25T01:59:50+02:00"));
    assert_eq!(placed.answered_at, Some(at("2026-10-25T02:00:05+02:00")));
    assert_eq!(placed.ended_at, Some(at("2026-10-25T02:01:05+02:00")));

    let second = instants("2026-10-25T02:30:00", 10, 60, "2026-10-25T02:31:10+01:00");
    assert_eq!(second.1, at("2026-10-25T02:30:10+01:00"));
}

#[test]
fn f40_a_missing_hour_is_read_as_a_clock_that_was_not_put_forward() {
    // On 29 March 2026 the hour from 02:00 was left out: 02:30 at +01:00 is 03:30 at +02:00.
    let (start, answer) = instants("2026-03-29T02:30:00", 10, 60, "2026-03-29T03:31:10+02:00");
    assert_eq!(start, at("2026-03-29T03:30:00+02:00"));
    assert_eq!(answer, at("2026-03-29T03:30:10+02:00"));
}

#[test]
fn a_printed_offset_decides() {
    let mut leg = answered("8031", "2026-10-25T02:30:00", 10, 60);
    let offset = Some(Offset::constant(2));
    leg.start.offset = offset;
    leg.answered_at = leg.answered_at.map(|stamp| Stamp { offset, ..stamp });
    let placed = placed(leg, 1, vec![], at("2026-10-25T09:00:00+01:00"), &berlin()).unwrap();
    assert_eq!(placed.start, at("2026-10-25T00:30:00Z"));
    assert_eq!(placed.answered_at, Some(at("2026-10-25T00:30:10Z")));
}

#[test]
fn f44_figures_that_overflow_give_no_end_and_no_panic() {
    for seconds in [i64::MAX, i64::MIN, -5] {
        let leg = Leg {
            ring_seconds: Some(seconds),
            talk_seconds: Some(seconds),
            ..answered("8031", "2026-03-05T09:00:00", 0, 0)
        };
        let placed = placed(leg, 1, vec![LineId::new(1)], t("09:00:00"), &shanghai()).unwrap();
        let call = folded(&[placed]);
        assert!(call.talk_seconds.is_none_or(|talk| talk >= 0), "{seconds}: {call:?}");
    }
}
