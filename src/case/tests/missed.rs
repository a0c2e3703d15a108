//! Missed calls: which owe a call-back, whose it is, and from when.

use super::*;
use crate::call::{Call, Direction, Disposition, Machine, NumberKey};
use crate::case::opening::{Caller, Opens as Opened, Why, opening};
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
    assert_eq!(told(&story, from), [(Happened::Assigned, "liu".to_owned())]);
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
    assert_eq!(told(&story, from), [above(Happened::Hot)], "granted meanwhile");
}
