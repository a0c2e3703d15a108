//! Which legs are one call.

use super::*;

fn candidate(id: i64, leg: &PlacedLeg, epoch: i64) -> Candidate {
    Candidate {
        id: CallId::new(id),
        key: JoinKey::of(leg),
        start: leg.start,
        ended_at: leg.ended_at,
        answered: leg.leg.disposition == Disposition::Answered,
        epoch,
    }
}

use crate::ids::CallId;

/// Whether the second leg joins the call that the first one is.
#[track_caller]
fn check(first: Leg, second: Leg, joins: bool) {
    let (first, second) = (put(first, 1), put(second, 2));
    let expected = if joins {
        Placement::Join(CallId::new(7))
    } else {
        Placement::New
    };
    let found = place(&second, 0, &[candidate(7, &first, 0)]);
    assert_eq!(found, expected, "{second:?}");
}

#[test]
fn with_an_id_within_24_hours() {
    let first = || answered("8031", "2026-03-05T09:00:00", 5, 60);
    for (start, joins) in [
        ("2026-03-05T09:00:00", true),
        ("2026-03-05T17:00:00", true),
        ("2026-03-06T09:00:00", true),
        ("2026-03-06T09:00:01", false),
        // Lines need not come in the order of their starts.
        ("2026-03-04T09:00:00", true),
        ("2026-03-04T08:59:59", false),
    ] {
        check(first(), answered("8032", start, 5, 60), joins);
    }
}

#[test]
fn with_an_id_only_in_the_same_boot_epoch_and_the_latest() {
    let leg = put(answered("8031", "12:00:00", 5, 60), 9);
    let earlier = put(answered("8031", "09:00:00", 5, 60), 1);
    let later = put(answered("8031", "11:00:00", 5, 60), 2);
    let found = |epochs: [i64; 2]| {
        let calls = [candidate(1, &earlier, epochs[0]), candidate(2, &later, epochs[1])];
        place(&leg, 1, &calls)
    };
    assert_eq!(found([1, 1]), Placement::Join(CallId::new(2)));
    assert_eq!(found([1, 0]), Placement::Join(CallId::new(1)));
    assert_eq!(found([0, 0]), Placement::New);
}

fn with(id: &str, leg: Leg) -> PlacedLeg {
    put(
        Leg {
            pbx_call_id: Some(id.into()),
            ..leg
        },
        1,
    )
}

#[test]
fn a_lower_id_at_a_later_start_is_a_restart_of_the_switch() {
    let mut epoch = Epoch::default();
    let mut see = |id: &str, start: &str| {
        epoch.observe(&with(id, answered("8031", start, 5, 60)));
        epoch.number
    };
    assert_eq!(see("1000500", "09:00:00"), 0);
    assert_eq!(see("1000501", "09:01:00"), 0);
    // A call that began before and was printed after.
    assert_eq!(see("1000499", "08:59:00"), 0);
    // Ids are given a moment before or after the start is stamped.
    assert_eq!(see("1000498", "09:02:00"), 0);
    assert_eq!(see("1000000", "09:10:00"), 1);
    assert_eq!(see("1000001", "09:11:00"), 1);
    assert_eq!(see("1000000", "09:20:00"), 2);
}

#[test]
fn the_clock_set_back_an_hour_is_no_restart_and_ids_that_are_no_numbers_tell_nothing() {
    let mut epoch = Epoch::default();
    let mut see = |id: &str, start: &str| {
        epoch.observe(&with(id, answered("8031", start, 5, 60)));
        epoch.number
    };
    assert_eq!(see("1000500", "10:00:00"), 0);
    assert_eq!(see("1000501", "09:01:00"), 0);
    assert_eq!(see("1000502", "09:02:00"), 0);
    assert_eq!(see("a-17", "12:00:00"), 0);
    assert_eq!(see("a-01", "13:00:00"), 0);
    assert_eq!(see("1000503", "10:30:00"), 0);
    assert_eq!(see("1000001", "10:40:00"), 1);
}

#[test]
fn the_same_id_with_another_start_is_another_boot_where_all_segments_print_one() {
    let segment = |start: &str| {
        let mut leg = answered("8031", start, 5, 60);
        leg.marks.one_start = true;
        with("1000000", leg)
    };
    let mut epoch = Epoch::default();
    epoch.observe(&segment("09:00:00"));
    epoch.observe(&segment("09:00:00"));
    assert_eq!(epoch.number, 0);
    epoch.observe(&segment("14:00:00"));
    assert_eq!(epoch.number, 1);
}

#[test]
fn without_an_id_by_trunk_and_caller_within_ten_seconds_of_the_end() {
    // Rings 5 s and talks 60 s from 09:00:00: it ends at 09:01:05.
    let first = || without_id(answered("8031", "09:00:00", 5, 60));
    let next = |start: &str| without_id(missed("8032", start, 3));
    check(first(), next("09:01:05"), true);
    check(first(), next("09:01:15"), true);
    check(first(), next("09:01:16"), false);
    // It began while the first went on.
    check(first(), next("09:00:30"), true);
    // It began before the first: printed later, but not a follower.
    check(first(), next("08:59:59"), false);
    let caller = |number: Option<&str>| Leg {
        calling_number: number.map(Text::new),
        ..next("09:01:06")
    };
    check(first(), caller(Some("13900000002")), false);
    check(first(), caller(None), false);
    let trunk = Leg {
        trunk: Some("T2".into()),
        ..next("09:01:06")
    };
    check(first(), trunk, false);
}

#[test]
fn stamps_without_seconds_leave_a_minute_more() {
    let coarse = |mut leg: Leg| {
        leg.marks.resolution_seconds = 60;
        without_id(leg)
    };
    let first = || coarse(answered("8031", "09:00:00", 5, 60));
    check(first(), coarse(missed("8032", "09:02:00", 3)), true);
    check(first(), coarse(missed("8032", "09:03:00", 3)), false);
}

#[test]
fn who_dialled_two_numbers_made_two_calls() {
    let dialled = |leg: Leg, number: &str, direction: Direction| {
        without_id(Leg {
            direction,
            calling_number: Some("8031".into()),
            called_number: Some(number.into()),
            ..leg
        })
    };
    for direction in [Direction::Outgoing, Direction::Internal] {
        let first = || dialled(missed("8031", "09:00:00", 5), "13800005555", direction);
        let next = |number| dialled(answered("8031", "09:00:10", 2, 60), number, direction);
        check(first(), next("13800005555"), true);
        check(first(), next("13900006666"), false);
    }
    // A call from outside may be for another number at each of its parts.
    let part = |leg: Leg, number: &str| {
        without_id(Leg {
            called_number: Some(number.into()),
            ..leg
        })
    };
    check(
        part(answered("8031", "09:00:00", 5, 60), "8600"),
        part(missed("8032", "09:01:06", 3), "8032"),
        true,
    );
    // The same numbers the other way round are another call.
    let out = dialled(answered("8031", "09:00:00", 5, 60), "8600", Direction::Outgoing);
    let back = Leg {
        direction: Direction::Incoming,
        ..dialled(missed("8032", "09:01:06", 3), "8600", Direction::Outgoing)
    };
    check(out, back, false);
}

#[test]
fn withheld_is_written_in_more_than_one_way() {
    let caller = |leg: Leg, trunk: Option<&str>, number: Option<&str>| {
        without_id(Leg {
            trunk: trunk.map(Text::new),
            calling_number: number.map(Text::new),
            ..leg
        })
    };
    let first = |trunk, number| caller(answered("8031", "09:00:00", 5, 60), trunk, number);
    let next = |trunk, number| caller(missed("8032", "09:01:06", 3), trunk, number);
    for second in [Some("????"), Some("anonymous"), None] {
        // One trunk has one call at a time; without it two strangers are two.
        check(first(Some("T1"), Some("????")), next(Some("T1"), second), true);
        check(first(None, Some("????")), next(None, second), false);
    }
    check(
        first(Some("T1"), Some("????")),
        next(Some("T1"), Some("13900000001")),
        false,
    );
}

#[test]
fn a_withheld_number_without_a_trunk_joins_nothing() {
    let bare = |leg: Leg| {
        without_id(Leg {
            trunk: None,
            calling_number: None,
            ..leg
        })
    };
    let leg = put(bare(answered("8031", "09:00:00", 5, 60)), 1);
    assert_eq!(JoinKey::of(&leg), JoinKey::Alone);
    let other = candidate(7, &leg, 0);
    let next = put(bare(missed("8032", "09:01:06", 3)), 2);
    assert_eq!(place(&next, 0, &[other]), Placement::New);
}

#[test]
fn two_answered_legs_need_the_transfer_mark_where_the_dialect_has_one() {
    let first = || without_id(answered("8031", "09:00:00", 5, 60));
    let next = |marks: Marks| {
        without_id(Leg {
            marks,
            ..answered("8032", "09:01:06", 2, 60)
        })
    };
    let (has, none) = (true, false);
    check(
        first(),
        next(Marks {
            marks_transfers: has,
            ..Marks::default()
        }),
        false,
    );
    check(
        first(),
        next(Marks {
            marks_transfers: has,
            transferred: true,
            ..Marks::default()
        }),
        true,
    );
    check(
        first(),
        next(Marks {
            marks_transfers: none,
            ..Marks::default()
        }),
        true,
    );
    // An unanswered one needs none.
    let rang = Leg {
        marks: Marks {
            marks_transfers: has,
            ..Marks::default()
        },
        ..missed("8032", "09:01:06", 2)
    };
    check(first(), without_id(rang), true);
}

#[test]
fn f44_a_call_of_more_than_a_day_keeps_its_length() {
    let talk = 30 * 3600;
    let call = call_of([answered("8031", "2026-03-05T09:00:00", 5, talk)]);
    assert_eq!(call.talk_seconds, Some(talk));
    assert_eq!(call.ended_at, Some(t("2026-03-06T15:00:05")));
}
