//! Forms as browsers post them become commands.

#![allow(clippy::unwrap_used)]

use super::*;

#[track_caller]
fn reads(verb: Verb, body: &str, expected: &Command) {
    assert_eq!(Form::parse(body.as_bytes()).command(verb).as_ref(), Ok(expected));
}

#[track_caller]
fn refuses(verb: Verb, body: &str, expected: &[(&str, Why)]) {
    let problems = Form::parse(body.as_bytes()).command(verb).unwrap_err();
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
    let form = Form::parse(b"caller_name=a%00%1B%5B31m%0D%0Ab%E2%80%AE&text=x%FF");
    let Command::Register(p) = form.command(Verb::Register).unwrap() else {
        unreachable!("a register form");
    };
    assert_eq!(p.caller_name.as_deref(), Some("a[31m b"));
    assert_eq!(form.get("text"), Some("x\u{fffd}"));
}

#[test]
fn a_text_has_a_limit_counted_in_characters() {
    let long = |n: usize| format!("text={}", "字".repeat(n));
    assert!(Form::parse(long(2_000).as_bytes()).command(Verb::Note).is_ok());
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
        problems_of(&lacks),
        [
            Problem::new("caller_name", Why::Missing),
            Problem::new("right_body", Why::OneOf(both.clone())),
            Problem::new("tried", Why::OneOf(both)),
        ]
    );
}

#[test]
fn verbs_are_those_of_the_command_line() {
    let names: Vec<_> = Verb::ALL.into_iter().map(Verb::as_str).collect();
    assert_eq!(names, ["close", "register", "told-once", "note", "reopen"]);
    assert_eq!(Verb::parse("told-once"), Some(Verb::ToldOnce));
    assert_eq!(Verb::parse("Close"), None);
}
