//! Missed calls: which owe a call-back, whose it is, and from when.

use super::*;
use crate::call::{Call, Direction, Disposition, Machine, NumberKey};
use crate::case::opening::{Caller, Opens as Opened, Why, opening};
use crate::case::tally::Mark;
use crate::case::{Happened, happened};
use crate::directory::{Holding as Row, HoldingKey, HoldingWhat};
use crate::ids::CallId;

/// Rang at 8021 from 09:59:40 to 10:00, nobody answered.
fn call() -> Call {
    Call {
        feed: "pbx".parse().unwrap(),
        start: t("2026-10-08 10:00") - jiff::SignedDuration::from_secs(20),
        answered_at: None,
        ended_at: Some(t("2026-10-08 10:00")),
        direction: Direction::Incoming,
        calling_number: Some("013800001111".to_owned()),
        calling_name: None,
        called_number: Some("55550000".to_owned()),
        target: Some("8021".to_owned()),
        rung: vec!["8021".to_owned()],
        trunk: None,
        disposition: Disposition::NoAnswer,
        answered_by: None,
        person: None,
        certainty: Certainty::Certain,
        doubts: Vec::new(),
        found: None,
        ring_seconds: None,
        talk_seconds: None,
        account_code: None,
        put_through: Vec::new(),
        first_received_at: t("2026-10-08 10:00"),
        received_at: t("2026-10-08 10:00"),
        ended: true,
        legs: 1,
    }
}

fn row(ext: &str, what: HoldingWhat) -> Row {
    Row {
        key: HoldingKey::Ext(ext.to_owned()),
        feed: None,
        from: None,
        to: None,
        what,
        place: String::new(),
    }
}

/// 8021 is wang's, 8600 a group that liu leads, 8700 one without a lead, 8900 the voicemail.
fn house() -> Directory {
    Directory {
        holdings: vec![
            row("8021", HoldingWhat::Person(p("wang"))),
            row(
                "8600",
                HoldingWhat::Group {
                    members: vec!["8021".to_owned()],
                    lead: Some(p("liu")),
                },
            ),
            row(
                "8900",
                HoldingWhat::Machine {
                    machine: Machine::Voicemail,
                    lead: None,
                },
            ),
        ],
        ..directory()
    }
}

fn opens(call: &Call, policy: &Policy) -> Opened {
    let key: NumberKey = "+8613800001111".parse().unwrap();
    let caller = Caller {
        key: Some(&key),
        known: None,
    };
    opening(
        call,
        CallId::new(7),
        t("2026-10-08 10:00"),
        policy,
        &calendar(),
        &house(),
        caller,
    )
}

#[track_caller]
fn owner(call: &Call) -> (String, String) {
    match opens(call, &policy()) {
        Opened::Case(opening) => {
            assert_eq!(opening.kind, CaseKind::Callback);
            assert_eq!(opening.holding.first_answerer, None);
            assert_eq!(opening.holding.clock_base, t("2026-10-08 10:00"), "the hang-up");
            (opening.holding.handler.to_string(), opening.holding.how)
        }
        Opened::Nothing(why) => panic!("{why:?}"),
    }
}

fn pair(person: &str, how: &str) -> (String, String) {
    (person.to_owned(), how.to_owned())
}

#[test]
fn who_was_dialled_calls_back() {
    assert_eq!(owner(&call()), pair("wang", "dialled"));
    let group = Call {
        target: Some("8600".to_owned()),
        ..call()
    };
    assert_eq!(owner(&group), pair("liu", "lead"));
    let mailbox = Call {
        target: Some("8900".to_owned()),
        disposition: Disposition::Voicemail,
        ..call()
    };
    assert_eq!(
        owner(&mailbox),
        pair("wang", "dialled"),
        "the phone that rang before the mailbox"
    );
    let nobody = Call {
        target: Some("8999".to_owned()),
        rung: Vec::new(),
        ..call()
    };
    assert_eq!(owner(&nobody), pair("li", "fallback"));
}

#[test]
fn what_is_no_missed_call() {
    let nothing = |call: &Call, policy: &Policy| match opens(call, policy) {
        Opened::Nothing(why) => why,
        Opened::Case(opening) => panic!("{opening:?}"),
    };
    // From start to hang-up: five seconds are too short, six are not.
    let rang = |seconds: i64| Call {
        start: t("2026-10-08 10:00") - jiff::SignedDuration::from_secs(seconds),
        ..call()
    };
    assert_eq!(nothing(&rang(5), &policy()), Why::ShortAbandon);
    assert_eq!(owner(&rang(6)), pair("wang", "dialled"));
    let mut counted = policy();
    counted.opens.missed_callback = false;
    assert_eq!(nothing(&call(), &counted), Why::Missed);
}

#[test]
fn late_call_backs_are_charged_to_who_was_dialled() {
    let Opened::Case(opening) = opens(&call(), &policy()) else {
        panic!("none");
    };
    let mut story = Story::draft(*opening);
    story.settled();
    // Four business hours from 10:00: two till noon, two from 13:30.
    assert_eq!(story.due(DeadlineKind::Callback), "2026-10-08 15:30");
    story.pass("2026-10-08 15:30");
    let late = &story.case.violations[0];
    assert_eq!(late.kind, crate::case::ViolationKind::LateCallback);
    assert_eq!(late.person, Some(p("wang")));
}

/// A missed call of 10:00, to be called back by 15:30.
fn to_call_back() -> Story {
    let Opened::Case(opening) = opens(&call(), &policy()) else {
        panic!("none");
    };
    let mut story = Story::draft(*opening);
    story.settled();
    story
}

fn called_back(story: &mut Story, at: &str, printed: &str) -> Vec<Event> {
    story.at(printed).as_actor(Actor::Switch);
    story.must(Command::Spoken(super::dates::spoken(30, "wang", at)))
}

fn counts(story: &Story) -> [bool; 3] {
    [Mark::CalledBack, Mark::CalledBackInTime, Mark::CalledBackLate].map(|mark| mark.of(&story.case))
}

#[test]
fn a_call_back_in_time_that_was_printed_too_late_is_in_time() {
    // Answered at 15:28, five minutes of talk: the line comes at 15:33, after the clock has looked.
    let mut story = to_call_back();
    story.pass("2026-10-08 15:30");
    assert_eq!(story.case.violations(), 1);
    called_back(&mut story, "2026-10-08 15:28", "2026-10-08 15:33");
    let row = &story.case.deadlines[0];
    assert_eq!(
        (row.met_at, row.breached_at),
        (Some(t("2026-10-08 15:28")), Some(t("2026-10-08 15:30"))),
        "the breach stays as a fact"
    );
    assert_eq!(story.case.violations[0].status, crate::case::Status::Waived);
    assert_eq!(story.case.violations(), 0);
    assert_eq!(counts(&story), [true, true, false]);
}

#[test]
fn what_a_person_ruled_on_stays_ruled() {
    let mut story = to_call_back();
    story.pass("2026-10-08 15:30");
    story.at("2026-10-08 15:31").by("li").must(Command::RuleOn {
        violation: 0,
        confirmed: true,
        reason: "未回电".to_owned(),
        sanction: None,
    });
    called_back(&mut story, "2026-10-08 15:28", "2026-10-08 15:33");
    assert_eq!(story.case.violations[0].status, crate::case::Status::Confirmed);
}

#[test]
fn a_late_call_back_is_late_though_the_clock_has_not_looked() {
    for at in ["2026-10-08 15:30", "2026-10-08 15:31"] {
        let mut story = to_call_back();
        let events = called_back(&mut story, at, "2026-10-08 15:33");
        assert!(matches!(events[0], Event::Breached { .. }), "{events:?}");
        let late = &story.case.violations[0];
        assert_eq!(
            (late.kind, late.person.clone(), late.status),
            (
                crate::case::ViolationKind::LateCallback,
                Some(p("wang")),
                crate::case::Status::Pending
            )
        );
        assert_eq!(counts(&story), [true, false, true]);
    }
}

#[test]
fn a_transfer_in_time_that_was_printed_too_late_is_in_time() {
    let mut story = Story::call("2026-10-08 10:00");
    story
        .at("2026-10-08 10:05")
        .by("wang")
        .must(Command::Register(with_duty(Duty::Unit)));
    // One business day: Fri 9.
    assert_eq!(story.due(DeadlineKind::Relay), "2026-10-09 17:30");
    story.pass("2026-10-09 17:30");
    let through = |at| super::late::put_through("sun", "roads", "8031", at, 600);
    let late_relay = |story: &Story| {
        let found = story
            .case
            .violations
            .iter()
            .find(|one| one.kind == crate::case::ViolationKind::LateRelay);
        found.map(|one| one.status)
    };
    assert_eq!(late_relay(&story), Some(crate::case::Status::Pending));
    let mut other = Story::call("2026-10-08 10:00");
    other
        .at("2026-10-08 10:05")
        .by("wang")
        .must(Command::Register(with_duty(Duty::Unit)));
    story.at("2026-10-09 17:40").as_actor(Actor::Switch);
    story.must(through("2026-10-09 17:29"));
    assert_eq!(late_relay(&story), Some(crate::case::Status::Waived));
    // Too late, and read before the clock looked.
    other.at("2026-10-09 17:45").as_actor(Actor::Switch);
    other.must(through("2026-10-09 17:35"));
    assert_eq!(late_relay(&other), Some(crate::case::Status::Pending));
}

#[test]
fn people_are_told_what_others_did_to_their_cases() {
    let told = |story: &Story, from: usize| {
        let told = happened::told(&story.case, &story.rows[from..], &story.policy, &story.directory);
        told.into_iter()
            .map(|told| (told.happened, told.person.to_string()))
            .collect::<Vec<_>>()
    };
    let mut story = Story::call("2026-10-08 10:00");
    let from = story.rows.len();
    story.by("wang").must(moving::to("sun"));
    assert_eq!(told(&story, from), [(Happened::Offered, "sun".to_owned())]);
    let from = story.rows.len();
    story.by("sun").must(moving::back());
    assert_eq!(told(&story, from), [(Happened::Returned, "wang".to_owned())]);
    let from = story.rows.len();
    story.by("li").must(Command::Assign {
        to: crate::case::To::Person(p("liu")),
        reason: "统筹".to_owned(),
    });
    let moved = [
        (Happened::Assigned, "liu".to_owned()),
        (Happened::GivenAway, "wang".to_owned()),
    ];
    assert_eq!(told(&story, from), moved);
    story.policy.observe_only = true;
    assert_eq!(told(&story, from), []);
    story.policy.observe_only = false;
    let from = story.rows.len();
    story.by("liu").must(Command::Hot {
        text: "群众聚集".to_owned(),
    });
    story.must(Command::Unreasonable {
        reason: "要求违反规定".to_owned(),
    });
    let above = |happened| (happened, "li".to_owned());
    assert_eq!(told(&story, from), [above(Happened::Hot), above(Happened::ToRule)]);
    story.by("li").must(Command::Approve { text: String::new() });
    let answered = (Happened::Approved, "liu".to_owned());
    assert_eq!(
        told(&story, from),
        [above(Happened::Hot), answered],
        "granted meanwhile"
    );
}
