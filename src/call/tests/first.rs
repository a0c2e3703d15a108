//! Who answered first, how sure that is, and to whom the caller was put through.

use super::*;
use crate::directory::Holder;

fn person(call: &Call) -> &str {
    call.person.as_ref().map_or("nobody", PersonId::as_str)
}

fn moves(call: &Call) -> Vec<(&str, Timestamp, i64)> {
    let moves = call.put_through.iter();
    moves
        .map(|to| (to.extension.as_str(), to.at, to.talk_seconds))
        .collect()
}

/// A segment of IP Office: it prints the start of the call, not its own.
fn segment(station: &str, ring: i64, talk: i64) -> Leg {
    let mut leg = answered(station, "09:00:00", ring, talk);
    leg.marks.one_start = true;
    leg
}

#[test]
fn segments_of_one_start_are_in_the_order_of_emission() {
    // The second rings for less than the first, yet answered later.
    let call = call_of([segment("8032", 20, 30), segment("8031", 5, 40)]);
    assert_eq!((person(&call), call.certainty), ("liu", Certainty::Certain));
    assert_eq!(call.answered_at, Some(t("09:00:20")));
    // Begins where the first ended, 09:00:50, and rings for 5 s.
    assert_eq!(moves(&call), [("8031", t("09:00:55"), 40)]);
    assert_eq!((call.ring_seconds, call.talk_seconds), (Some(20), Some(75)));
}

#[test]
fn otherwise_the_earlier_answer_whatever_was_printed_first() {
    let call = call_of([answered("8031", "09:00:00", 10, 60), answered("8032", "09:00:00", 4, 3)]);
    assert_eq!(person(&call), "liu");
    assert_eq!(call.answered_at, Some(t("09:00:04")));
    assert_eq!(moves(&call), [("8031", t("09:00:10"), 60)]);
}

#[test]
fn a_tie_goes_to_the_higher_rank_and_is_ambiguous_and_no_put_through() {
    for order in [["8031", "8032"], ["8032", "8031"]] {
        let call = call_of(order.map(|station| answered(station, "09:00:00", 5, 60)));
        assert_eq!(
            (person(&call), call.certainty),
            ("wang", Certainty::Ambiguous),
            "{order:?}"
        );
        assert_eq!(call.doubts, [Doubt::Tie]);
        assert_eq!(moves(&call), []);
    }
    // Equal ranks: the earlier in emission.
    let call = call_of(["8033", "8032"].map(|station| answered(station, "09:00:00", 5, 60)));
    assert_eq!((person(&call), call.certainty), ("li", Certainty::Ambiguous));
}

/// Stamped without seconds.
fn coarse(mut leg: Leg) -> Leg {
    leg.marks.resolution_seconds = 60;
    leg
}

fn by_transfer(mut leg: Leg) -> Leg {
    leg.marks.transferred = true;
    leg
}

#[test]
fn who_came_by_transfer_is_never_first_though_a_stamp_without_seconds_says_so() {
    // Both ended at 09:01. The first rang for 6 s and talked for 10, the second talked for 54: reckoned back from the
    // full minute it began at 09:00:06, but it came from a part that ended at 09:01:00.
    let call = call_of([
        coarse(answered("8032", "09:00:44", 6, 10)),
        coarse(by_transfer(answered("8031", "09:00:06", 0, 54))),
    ]);
    assert_eq!((person(&call), call.certainty), ("liu", Certainty::Certain));
    assert_eq!(moves(&call), [("8031", t("09:01:00"), 54)]);
    assert_eq!((call.start, call.answered_at), (t("09:00:44"), Some(t("09:00:50"))));
    assert_eq!((call.ended_at, call.ring_seconds), (Some(t("09:01:54")), Some(6)));
    // With seconds too: the phone that got it was picked up, to be asked, before the part it came from began to count.
    let call = call_of([
        answered("8032", "09:00:00", 10, 60),
        by_transfer(answered("8031", "09:00:05", 2, 90)),
    ]);
    assert_eq!((person(&call), call.certainty), ("liu", Certainty::Certain));
    assert_eq!(moves(&call), [("8031", t("09:00:10"), 90)]);
}

#[test]
fn within_the_coarseness_of_stamps_emission_is_the_order_and_nobody_is_sure() {
    // Equal ranks, 59 s apart by stamps that lack seconds: it may have been the other way round.
    let call = call_of([
        coarse(answered("8033", "09:01:00", 5, 60)),
        coarse(answered("8032", "09:00:01", 5, 60)),
    ]);
    assert_eq!((person(&call), call.certainty), ("li", Certainty::Ambiguous));
    assert_eq!(
        (call.doubts.as_slice(), moves(&call)),
        ([Doubt::Tie].as_slice(), vec![])
    );
    // A whole minute apart: it can't have been.
    let call = call_of([
        coarse(answered("8033", "09:01:00", 5, 60)),
        coarse(answered("8032", "09:00:00", 5, 60)),
    ]);
    assert_eq!((person(&call), call.certainty), ("liu", Certainty::Certain));
    assert_eq!(moves(&call), [("8033", t("09:01:05"), 60)]);
}

#[test]
fn one_person_at_two_phones_is_no_tie() {
    let call = call_of(["8031", "8034"].map(|station| answered(station, "09:00:00", 5, 60)));
    assert_eq!((person(&call), call.certainty), ("wang", Certainty::Certain));
    assert_eq!(call.doubts, []);
}

#[test]
fn a_machine_of_the_directory_is_not_the_first() {
    // 8500 is a queue; it answers at once and passes the call on.
    let call = call_of([segment("8500", 0, 12), segment("8032", 3, 40)]);
    assert_eq!((person(&call), call.answered_by.as_deref()), ("liu", Some("8032")));
    assert_eq!(call.answered_at, Some(t("09:00:15")));
    assert_eq!((call.certainty, moves(&call)), (Certainty::Certain, vec![]));
    // Nobody after it: the caller was missed.
    let call = call_of([segment("8500", 0, 12)]);
    assert_eq!((person(&call), call.disposition), ("nobody", Disposition::NoAnswer));
}

#[test]
fn one_leg_may_name_all_who_had_the_call() {
    let passed = |by: &str, to: &[&str]| {
        let mut leg = answered(by, "09:00:00", 5, 60);
        leg.marks.passed_to = to.iter().map(|ext| (*ext).into()).collect();
        // Rang for 5 s, talked for 60.
        leg.marks.lasted_seconds = Some(65);
        leg
    };
    let call = call_of([passed("8031", &["8032"])]);
    assert_eq!((person(&call), call.certainty), ("wang", Certainty::Certain));
    let moved: Vec<_> = call
        .put_through
        .iter()
        .map(|p| (p.extension.as_str(), p.talk_seconds))
        .collect();
    assert_eq!(moved, [("8032", 60)]);
    assert_eq!(call.ended_at, Some(t("09:01:05")));
    // 8500 is a queue: who had the call from it is the first, which is a conclusion.
    let call = call_of([passed("8500", &["8032"])]);
    assert_eq!((person(&call), call.certainty), ("liu", Certainty::Likely));
    assert_eq!(call.put_through, []);
}

#[test]
fn a_group_that_answered_as_such_names_nobody() {
    let call = call_of([answered("8600", "09:00:00", 5, 60)]);
    assert_eq!((person(&call), call.certainty), ("nobody", Certainty::Ambiguous));
    assert_eq!(call.doubts, [Doubt::UnknownMember]);
    assert_eq!(call.found.unwrap().holder, Holder::UnknownMember("li".parse().unwrap()));
    assert_eq!(call.disposition, Disposition::Answered);
}

#[test]
fn a_roster_names_and_its_hole_names_nobody() {
    // Thursday: the roster of the front desk has wang from 08:30 to 12:00.
    let call = call_of([answered("8000", "11:59:50", 9, 60)]);
    assert_eq!((person(&call), call.certainty), ("wang", Certainty::Likely));
    assert_eq!(call.doubts, [Doubt::ByRoster]);
    // The answer counts, not the start: at 12:00:00 nobody is on it.
    let call = call_of([answered("8000", "11:59:50", 10, 60)]);
    assert_eq!((person(&call), call.certainty), ("nobody", Certainty::Ambiguous));
    assert_eq!(call.doubts, [Doubt::RosterHole]);
}

#[test]
fn an_agent_code_decides_before_the_extension() {
    let mut leg = answered("8032", "09:00:00", 5, 60);
    leg.marks.agent = Some("4711".into());
    assert_eq!(person(&call_of([leg])), "wang");
}

#[test]
fn what_the_dialect_deduced_is_likely_and_a_stranger_is_ambiguous() {
    let deduced = Leg {
        inferred: Inferred::from_slice(&["answered_by"]),
        ..answered("8032", "09:00:00", 5, 60)
    };
    let call = call_of([deduced]);
    assert_eq!((person(&call), call.certainty), ("liu", Certainty::Likely));
    let call = call_of([answered("8999", "09:00:00", 5, 60)]);
    assert_eq!((person(&call), call.certainty), ("nobody", Certainty::Ambiguous));
    assert_eq!(call.answered_by.as_deref(), Some("8999"));
}

#[test]
fn put_through_and_back_again() {
    let call = call_of([segment("8031", 5, 30), segment("8032", 4, 20), segment("8031", 2, 50)]);
    assert_eq!(person(&call), "wang");
    assert_eq!(moves(&call), [("8032", t("09:00:39"), 20), ("8031", t("09:01:01"), 50)]);
    // The same extension again is no move.
    let call = call_of([segment("8031", 5, 30), segment("8031", 0, 20)]);
    assert_eq!(moves(&call), []);
}

#[test]
fn hold_and_park_belong_to_the_segment() {
    let mut first = segment("8031", 5, 30);
    first.marks.held_seconds = 11;
    let call = call_of([first, segment("8032", 4, 20)]);
    assert_eq!(moves(&call), [("8032", t("09:00:50"), 20)]);
    assert_eq!(call.ended_at, Some(t("09:01:10")));
}

#[test]
fn what_became_of_the_call() {
    let voicemail = |talk: i64| Leg {
        answered_by: None,
        disposition: Disposition::Voicemail,
        ..segment("8031", 0, talk)
    };
    let rang = || {
        let mut leg = missed("8031", "09:00:00", 15);
        leg.marks.one_start = true;
        leg
    };
    let became = |legs: Vec<Leg>| call_of(legs).disposition;
    assert_eq!(
        became(vec![rang(), voicemail(20), voicemail(0)]),
        Disposition::Voicemail
    );
    assert_eq!(became(vec![rang(), rang()]), Disposition::NoAnswer);
    assert_eq!(became(vec![rang(), segment("8031", 5, 1)]), Disposition::Answered);
    // A mailbox before, a person afterwards.
    assert_eq!(
        became(vec![voicemail(20), segment("8031", 5, 1)]),
        Disposition::Answered
    );
    let busy = Leg {
        disposition: Disposition::Busy,
        ..rang()
    };
    assert_eq!(became(vec![busy]), Disposition::Busy);
}

#[test]
fn a_call_of_ours_has_no_first_answerer() {
    let out = Leg {
        direction: Direction::Outgoing,
        ..answered("8031", "09:00:00", 5, 60)
    };
    let call = call_of([out]);
    assert_eq!((person(&call), call.disposition), ("nobody", Disposition::Answered));
    assert_eq!(call.answered_at, None);
}
