//! Which calls open a case, and whose.

use super::*;
use crate::call::{Call, Direction, Disposition, Machine, NumberKey};
use crate::case::opening::{Caller, Opens as Opened, Why, coded, opening};
use crate::case::policy::AccountCode;
use crate::directory::{Desk, Found, Holder, Known};
use crate::ids::CallId;

/// Incoming, answered by wang at 10:00, talked two minutes.
pub(super) fn call() -> Call {
    Call {
        feed: "pbx".parse().unwrap(),
        start: t("2026-10-08 09:59:50"),
        answered_at: Some(t("2026-10-08 10:00")),
        ended_at: Some(t("2026-10-08 10:02")),
        direction: Direction::Incoming,
        calling_number: Some("013800001111".to_owned()),
        calling_name: None,
        called_number: Some("55550000".to_owned()),
        target: Some("8021".to_owned()),
        rung: vec!["8021".to_owned()],
        trunk: None,
        disposition: Disposition::Answered,
        answered_by: Some("8021".to_owned()),
        person: Some(p("wang")),
        certainty: Certainty::Certain,
        doubts: Vec::new(),
        found: Some(Found {
            holder: Holder::Person(p("wang")),
            rule: String::new(),
        }),
        ring_seconds: Some(10),
        talk_seconds: Some(120),
        account_code: None,
        put_through: Vec::new(),
        first_received_at: t("2026-10-08 10:02"),
        received_at: t("2026-10-08 10:02"),
        ended: true,
        legs: 1,
    }
}

fn missed(call: &mut Call, disposition: Disposition) {
    (call.answered_at, call.answered_by, call.person, call.found) = (None, None, None, None);
    call.disposition = disposition;
}

fn held(holder: Holder) -> Call {
    Call {
        person: None,
        certainty: Certainty::Ambiguous,
        found: Some(Found {
            holder,
            rule: String::new(),
        }),
        ..call()
    }
}

pub(super) fn opens(call: &Call, received: &str, policy: &Policy, directory: &Directory) -> Opened {
    opening(
        call,
        CallId::new(7),
        t(received),
        policy,
        &calendar(),
        directory,
        Caller::default(),
    )
}

#[track_caller]
fn case_of(call: &Call, received: &str, policy: &Policy) -> Opening {
    match opens(call, received, policy, &directory()) {
        Opened::Case(opening) => *opening,
        Opened::Nothing(why) => panic!("{why:?}"),
    }
}

const RECEIVED: &str = "2026-10-08 10:02";

#[test]
fn an_answered_call_opens_one() {
    let opening = case_of(&call(), RECEIVED, &policy());
    assert_eq!(opening.kind, CaseKind::Call);
    assert_eq!(
        opening.holding,
        Holding {
            clock_base: t("2026-10-08 10:00"),
            ..holding(Some("wang"), RECEIVED)
        }
    );
    assert_eq!(opening.category.as_str(), "service");
    assert_eq!(opening.duty, None);
    assert_eq!(opening.policy, ("bureau".to_owned(), "0123456789ab".to_owned()));
    assert_eq!(opening.received_at, t(RECEIVED));
}

#[test]
fn why_a_call_opens_none() {
    type Change = fn(&mut Call, &mut Policy, &mut Directory);
    let table: [(Why, Change); 8] = [
        (Why::Outgoing, |call, _, _| call.direction = Direction::Outgoing),
        (Why::Internal, |call, _, _| call.direction = Direction::Internal),
        (Why::TooShort, |_, policy, _| policy.opens.min_talk = Span::Elapsed(121)),
        (Why::NoNumber, |call, _, _| missed(call, Disposition::NoAnswer)),
        (Why::NoNumber, |call, _, _| missed(call, Disposition::Voicemail)),
        (Why::Machine, |call, _, _| {
            missed(call, Disposition::NoAnswer);
            call.found = Some(Found {
                holder: Holder::Machine(Machine::Fax, None),
                rule: String::new(),
            });
        }),
        (Why::NotAnswered, |call, policy, _| {
            missed(call, Disposition::NoAnswer);
            call.direction = Direction::Internal;
            policy.opens.internal = true;
        }),
        (Why::Unready, |_, policy, _| policy.categories.clear()),
    ];
    for (why, change) in table {
        let (mut call, mut policy, mut directory) = (call(), policy(), directory());
        change(&mut call, &mut policy, &mut directory);
        assert_eq!(opens(&call, RECEIVED, &policy, &directory), Opened::Nothing(why));
    }
}

#[test]
fn internal_calls_where_the_policy_wants_them() {
    let mut policy = policy();
    policy.opens.internal = true;
    case_of(
        &Call {
            direction: Direction::Internal,
            ..call()
        },
        RECEIVED,
        &policy,
    );
}

#[test]
fn old_answers_are_history() {
    // Two business days after Thu 8 Oct 10:00 end at the close of the second: Fri 9, Sat 10 (make-up day) 17:30.
    for (received, history) in [("2026-10-10 17:30", false), ("2026-10-10 17:31", true)] {
        let answer = opens(&call(), received, &policy(), &directory());
        assert_eq!(answer == Opened::Nothing(Why::History), history, "{received}");
    }
    // An archive stays one without working time, too.
    let closed = Calendar::weekly("none", beijing(), WeekHours::closed());
    let answer = opening(
        &call(),
        CallId::new(7),
        t("2026-11-01 10:00"),
        &policy(),
        &closed,
        &directory(),
        Caller::default(),
    );
    assert_eq!(answer, Opened::Nothing(Why::History));
}

#[test]
fn f42_a_switch_clock_ahead_is_not_believed() {
    // Answer and receipt; the clocks' base, flagged or not. Talk was two minutes.
    for (received, base, flagged) in [
        ("2026-10-08 10:02", "2026-10-08 10:00", false),
        ("2026-10-08 09:58", "2026-10-08 10:00", false),
        ("2026-10-08 09:57:59", "2026-10-08 09:55:59", true),
        ("2026-10-08 04:00", "2026-10-08 03:58", true),
    ] {
        let opening = case_of(&call(), received, &policy());
        assert_eq!(
            (opening.holding.clock_base, opening.holding.clock_flagged),
            (t(base), flagged),
            "{received}"
        );
    }
}

#[test]
fn there_is_always_a_handler() {
    for (holder, handler, how) in [
        (Holder::RosterHole("front".parse().unwrap(), p("chen")), "chen", "head"),
        (Holder::UnknownMember(p("sun")), "sun", "lead"),
        (Holder::Machine(Machine::Queue, Some(p("sun"))), "sun", "lead"),
        (Holder::Machine(Machine::Queue, None), "li", "fallback"),
        (Holder::Unmapped, "li", "fallback"),
    ] {
        let holding = case_of(&held(holder.clone()), RECEIVED, &policy()).holding;
        assert_eq!(
            (holding.handler.as_str(), holding.how.as_str()),
            (handler, how),
            "{holder:?}"
        );
        assert_eq!(holding.first_answerer, None);
    }
}

#[test]
fn a_holes_department_is_the_desks() {
    let mut directory = directory();
    let desk = Desk {
        id: "front".parse().unwrap(),
        department: "permits".parse().unwrap(),
        roster: Vec::new(),
    };
    directory.desks = vec![desk];
    let call = held(Holder::RosterHole("front".parse().unwrap(), p("zhao")));
    let Opened::Case(opening) = opens(&call, RECEIVED, &policy(), &directory) else {
        panic!()
    };
    assert_eq!(opening.holding.department.as_str(), "permits");
}

#[test]
fn complaint_numbers_and_account_codes() {
    let mut policy = policy();
    let code = AccountCode {
        category: Some("inquiry".parse().unwrap()),
        outcome: None,
        duty: Some(Duty::Own),
    };
    policy.account_codes.insert("11".to_owned(), code);
    let coded_call = Call {
        account_code: Some("11".to_owned()),
        ..call()
    };
    let opening = case_of(&coded_call, RECEIVED, &policy);
    assert_eq!((opening.category.as_str(), opening.duty), ("inquiry", Some(Duty::Own)));
    let said = |category: Option<&str>| {
        Some(Command::Code {
            code: "11".to_owned(),
            duty: Some(Duty::Own),
            category: category.map(|category| category.parse().unwrap()),
            outcome: None,
        })
    };
    assert_eq!(coded(&coded_call, &policy), said(Some("inquiry")));
    assert_eq!(coded(&call(), &policy), None);

    let complaint = Call {
        called_number: Some("11111".to_owned()),
        ..coded_call
    };
    let opening = case_of(&complaint, RECEIVED, &policy);
    assert_eq!(
        opening.category.as_str(),
        "complaint",
        "a code keyed at the phone does not hide a complaint"
    );
    assert_eq!(coded(&complaint, &policy), said(None));
}

#[test]
fn known_numbers_open_none_where_the_directory_says_so() {
    let key: NumberKey = "+8613800001111".parse().unwrap();
    for (silent, opens) in [(true, false), (false, true)] {
        let known = Known {
            number: "13800001111".to_owned(),
            name: "保洁".to_owned(),
            opens: !silent,
        };
        let caller = Caller {
            key: Some(&key),
            known: Some(&known),
        };
        let answer = opening(
            &call(),
            CallId::new(7),
            t(RECEIVED),
            &policy(),
            &calendar(),
            &directory(),
            caller,
        );
        match answer {
            Opened::Case(opening) => assert_eq!((opens, opening.caller_key.as_deref()), (true, Some("+8613800001111"))),
            Opened::Nothing(why) => assert_eq!((opens, why), (false, Why::Known)),
        }
    }
}

#[test]
fn a_code_that_comes_late_is_registered_by_the_switch() {
    let mut story = Story::call("2026-10-08 10:00");
    let said = Particulars {
        duty: Some(Duty::Own),
        ..with_category("inquiry")
    };
    story.as_actor(Actor::Switch).must(Command::Register(said));
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-09 17:30");
}
