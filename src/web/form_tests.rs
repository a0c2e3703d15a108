//! Forms as browsers post them become commands.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::case::{Particulars, To, Told};

/// A house with wang and liu in permits, and one date.
fn command(verb: Verb, body: &str) -> Result<Command, Vec<Problem>> {
    let to = |given: &str| match given {
        "wang" | "liu" => Some(To::Person(given.parse().unwrap())),
        "permits" => Some(To::Department(given.parse().unwrap())),
        _ => None,
    };
    let until = |given: &str| (given == "2026-03-06").then(|| "2026-03-06T09:30:00Z".parse().unwrap());
    let violation = |given: &str| (given == "31").then_some(1);
    let reads = Reads {
        to: &to,
        until: &until,
        violation: &violation,
    };
    Form::parse(body.as_bytes()).command(verb, &reads)
}

#[track_caller]
fn reads(verb: Verb, body: &str, expected: &Command) {
    assert_eq!(command(verb, body).as_ref(), Ok(expected));
}

#[track_caller]
fn refuses(verb: Verb, body: &str, expected: &[(&str, Why)]) {
    let problems = command(verb, body).unwrap_err();
    let expected: Vec<Problem> = expected.iter().map(|(f, why)| Problem::new(f, why.clone())).collect();
    assert_eq!(problems, expected);
}

#[test]
fn closing_takes_all_its_fields() {
    reads(
        Verb::Close,
        "do=close&version=3&outcome=guided&text=Told+whom+to+ask&duty=outside&category=inquiry&caller_name=+Li+&phone=021\
         &matter=Passport&caller_told=t&right_body=Police&right_phone=110&tried=asked&of=%2311&anonymous=1",
        &Command::Close {
            outcome: Outcome::Guided,
            text: "Told whom to ask".into(),
            of: Some(CaseId::new(11)),
            particulars: Particulars {
                caller_name: Some("Li".into()),
                anonymous: true,
                phone: Some("021".into()),
                matter: Some("Passport".into()),
                duty: Some(Duty::Outside),
                category: Some("inquiry".parse().unwrap()),
                caller_told: Some("t".into()),
                right_body: Some("Police".into()),
                right_phone: Some("110".into()),
                tried: Some("asked".into()),
            },
        },
    );
}

#[test]
fn blank_fields_leave_what_stands() {
    reads(
        Verb::Close,
        "outcome=handled&text=done&caller_name=&matter=++&duty=&category=&of=",
        &Command::Close {
            outcome: Outcome::Handled,
            text: "done".into(),
            of: None,
            particulars: Particulars::default(),
        },
    );
}

#[test]
fn closing_needs_an_outcome_and_a_typed_sentence() {
    refuses(Verb::Close, "", &[("outcome", Why::Choice), ("text", Why::Sentence)]);
    refuses(Verb::Close, "outcome=handled&text=+...+", &[("text", Why::Sentence)]);
    reads(
        Verb::Note,
        "text=%E5%B7%B2%E5%8A%9E",
        &Command::Note { text: "已办".into() },
    );
}

#[test]
fn wrong_values_are_named_all_at_once() {
    let known = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    refuses(
        Verb::Close,
        "outcome=magic&text=x&of=twelve&duty=mine",
        &[
            (
                "outcome",
                Why::Unknown {
                    given: "magic".into(),
                    known: known(&[
                        "handled",
                        "guided",
                        "explained",
                        "outside",
                        "cannot_be_done",
                        "unreachable",
                        "no_matter",
                        "duplicate",
                        "called_back",
                    ]),
                },
            ),
            ("of", Why::NotANumber("twelve".into())),
            (
                "duty",
                Why::Unknown {
                    given: "mine".into(),
                    known: known(&["own", "unit", "other", "outside", "unclear"]),
                },
            ),
        ],
    );
}

#[test]
fn the_other_verbs() {
    reads(
        Verb::Register,
        "caller_name=Li&matter=a%0D%0Ab",
        &Command::Register(Particulars {
            caller_name: Some("Li".into()),
            matter: Some("a\nb".into()),
            ..Particulars::default()
        }),
    );
    refuses(Verb::Register, "caller_name=+", &[("matter", Why::Something)]);
    reads(
        Verb::ToldOnce,
        "basis=law&procedure=desk+3&materials=ID&limit=5+days&text=more",
        &Command::TellOnce(Told {
            basis: Some("law".into()),
            procedure: Some("desk 3".into()),
            materials: Some("ID".into()),
            limit: Some("5 days".into()),
            text: Some("more".into()),
        }),
    );
    refuses(Verb::ToldOnce, "", &[("materials", Why::Something)]);
    for field in ["text", "reason"] {
        reads(
            Verb::Reopen,
            &format!("{field}=not+done"),
            &Command::Reopen {
                reason: "not done".into(),
            },
        );
    }
}

#[test]
fn control_characters_do_not_pass() {
    let body = "caller_name=a%00%1B%5B31m%0D%0Ab%E2%80%AE&text=x%FF";
    let form = Form::parse(body.as_bytes());
    let Command::Register(p) = command(Verb::Register, body).unwrap() else {
        unreachable!("a register form");
    };
    assert_eq!(p.caller_name.as_deref(), Some("a[31m b"));
    assert_eq!(form.get("text"), Some("x\u{fffd}"));
}

#[test]
fn a_text_has_a_limit_counted_in_characters() {
    let long = |n: usize| format!("text={}", "字".repeat(n));
    assert!(command(Verb::Note, &long(2_000)).is_ok());
    refuses(Verb::Note, &long(2_001), &[("text", Why::TooLong)]);
}

#[test]
fn list_forms_pair_by_order_or_by_name() {
    let id = |n| Some(CaseId::new(n));
    let pairs = Form::parse(b"case=12&version=3&case=14&version=7");
    assert_eq!(
        pairs.cases(),
        [("12".into(), id(12), Some(3)), ("14".into(), id(14), Some(7))]
    );
    let boxes = Form::parse(b"version_12=3&version_13=1&case=12&version_14=7&case=14");
    assert_eq!(
        boxes.cases(),
        [("12".into(), id(12), Some(3)), ("14".into(), id(14), Some(7))]
    );
    let broken = Form::parse(b"case=12&case=x");
    assert_eq!(broken.cases(), [("12".into(), id(12), None), ("x".into(), None, None)]);
}

#[test]
fn refusals_mark_their_fields() {
    let lacks = Refusal::Lacks(vec!["caller_name".into(), "right_body|tried".into()]);
    let both = vec!["right_body".to_owned(), "tried".to_owned()];
    assert_eq!(
        problems_of(Verb::Close, &Form::default(), &lacks),
        [
            Problem::new("caller_name", Why::Missing),
            Problem::new("right_body", Why::OneOf(both.clone())),
            Problem::new("tried", Why::OneOf(both)),
        ]
    );
}

#[test]
fn handing_over_names_a_person_a_department_or_another_body() {
    let offer = |to| Command::HandOver {
        to,
        text: "please see".into(),
        particulars: Particulars {
            caller_told: Some("goes to Liu".into()),
            ..Particulars::default()
        },
    };
    let said = "&text=please+see&caller_told=goes+to+Liu";
    let outside = || Some(To::Outside("Tax office".into()));
    for (to, expected) in [
        ("to=liu", Some(To::Person("liu".parse().unwrap()))),
        ("to=permits&outside=", Some(To::Department("permits".parse().unwrap()))),
        ("to=&outside=Tax+office", outside()),
        ("to=outside%3ATax+office", outside()),
        ("to=", None),
    ] {
        reads(Verb::HandOver, &format!("{to}{said}"), &offer(expected));
    }
    refuses(
        Verb::HandOver,
        "to=liu&outside=Tax+office&text=...",
        &[("outside", Why::Both), ("text", Why::Sentence)],
    );
    let nobody = Why::Unknown {
        given: "nobody".into(),
        known: vec![],
    };
    refuses(Verb::HandOver, "to=nobody&text=x", &[("to", nobody)]);
}

#[test]
fn dates_and_people_are_read_by_the_house() {
    let until = "2026-03-06T09:30:00Z".parse().unwrap();
    reads(
        Verb::Promise,
        "until=2026-03-06&text=by+Friday",
        &Command::Promise {
            until,
            text: "by Friday".into(),
        },
    );
    reads(
        Verb::Extend,
        "until=2026-03-06&reason=files+are+elsewhere&caller_told=yes",
        &Command::Extend {
            until,
            text: "files are elsewhere".into(),
            caller_told: Some("yes".into()),
        },
    );
    refuses(
        Verb::Promise,
        "until=soon",
        &[("until", Why::NotADate("soon".into())), ("text", Why::Sentence)],
    );
    refuses(Verb::Extend, "text=x", &[("until", Why::Missing)]);
    reads(
        Verb::CoHandler,
        "to=liu",
        &Command::CoHandler {
            person: "liu".parse().unwrap(),
        },
    );
    refuses(Verb::Assign, "", &[("to", Why::Choice), ("reason", Why::Sentence)]);
    let department = Why::Unknown {
        given: "permits".into(),
        known: vec![],
    };
    refuses(Verb::Correct, "to=permits&reason=x", &[("to", department)]);
}

#[test]
fn a_refusal_marks_the_field_that_the_form_has() {
    let lacks = Refusal::Lacks(vec!["text".into()]);
    assert_eq!(
        problems_of(Verb::Return, &Form::default(), &lacks),
        [Problem::new("reason", Why::Sentence)]
    );
    let late = Refusal::Unknown {
        field: "until",
        given: "2026-05-01 17:30".into(),
        known: vec!["2026-03-20 17:30".into()],
    };
    let why = Why::NotUntil {
        given: "2026-05-01".into(),
        limit: "2026-03-20 17:30".into(),
        early: false,
    };
    let typed = Form::parse(b"until=2026-05-01");
    assert_eq!(problems_of(Verb::Extend, &typed, &late), [Problem::new("until", why)]);
}

#[test]
fn verbs_are_those_of_the_command_line() {
    for verb in Verb::ALL {
        assert_eq!(Verb::parse(verb.as_str()), Some(verb));
    }
    for name in ["hand-over", "told-once", "co-handler", "unreasonable"] {
        assert_eq!(Verb::parse(name).map(Verb::as_str), Some(name));
    }
    assert_eq!(Verb::parse("Close"), None);
}

#[test]
fn a_ruling_names_the_violation_by_its_number() {
    let ruled = |confirmed, sanction: Option<&str>| Command::RuleOn {
        violation: 1,
        confirmed,
        reason: "seen on the recording".into(),
        sanction: sanction.map(str::to_owned),
    };
    let body = "violation=31&reason=seen+on+the+recording&sanction=%E6%89%B9%E8%AF%84%E6%95%99%E8%82%B2";
    reads(Verb::Confirm, body, &ruled(true, Some("批评教育")));
    // What is excused has no sanction.
    reads(Verb::Waive, body, &ruled(false, None));
    refuses(
        Verb::Confirm,
        "violation=32&reason=x",
        &[(
            "violation",
            Why::Unknown {
                given: "32".into(),
                known: vec![],
            },
        )],
    );
    refuses(
        Verb::Waive,
        "reason=",
        &[("violation", Why::Choice), ("reason", Why::Sentence)],
    );
}
