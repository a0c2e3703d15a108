//! Registering and closing: what must be there, and how a refusal says what lacks.

use Outcome::{CalledBack, CannotBeDone, Duplicate, Explained, Guided, Handled, NoMatter, Outside, Unreachable};

use super::*;
use crate::case::Told;
use crate::directory::Lang;

fn duty_and(duty: Duty, change: impl FnOnce(&mut Particulars)) -> Particulars {
    let mut given = Particulars {
        duty: Some(duty),
        ..particulars("张三", "执照")
    };
    change(&mut given);
    given
}

/// Given on the day itself, what lacks; nothing: closed.
fn table() -> Vec<(&'static str, Outcome, Particulars, &'static [&'static str])> {
    let none = Particulars::default;
    let name = |fill: &str| Some(fill.to_owned());
    vec![
        (
            "nothing but a sentence",
            Handled,
            none(),
            &["duty", "caller_name", "matter"],
        ),
        ("own", Handled, duty_and(Duty::Own, |_| {}), &[]),
        ("own, explained", Explained, duty_and(Duty::Own, |_| {}), &[]),
        (
            "own, nothing written",
            Handled,
            with_duty(Duty::Own),
            &["caller_name", "matter"],
        ),
        (
            "blanks are nothing",
            Handled,
            duty_and(Duty::Own, |p| p.matter = name("  ")),
            &["matter"],
        ),
        (
            "unit needs the caller told",
            Handled,
            duty_and(Duty::Unit, |_| {}),
            &["caller_told"],
        ),
        (
            "unit",
            Handled,
            duty_and(Duty::Unit, |p| p.caller_told = name("已转刘洋")),
            &[],
        ),
        (
            "guided needs office and phone, all at once",
            Guided,
            with_duty(Duty::Other),
            &["caller_name", "matter", "caller_told", "right_body", "right_phone"],
        ),
        (
            "guided",
            Guided,
            duty_and(Duty::Other, |p| {
                p.caller_told = name("请打给公安局");
                p.right_body = name("公安局");
                p.right_phone = name("02112345678");
            }),
            &[],
        ),
        (
            "guided to a department of ours: the directory has the phone",
            Guided,
            duty_and(Duty::Other, |p| {
                p.caller_told = name("请打给roads");
                p.right_body = name("roads");
            }),
            &[],
        ),
        (
            "outside needs no name",
            Outside,
            with_duty(Duty::Outside),
            &["matter", "right_body|tried"],
        ),
        (
            "outside, tried",
            Outside,
            duty_and(Duty::Outside, |p| p.tried = name("查了114")),
            &[],
        ),
        (
            "own, but outside",
            Outside,
            duty_and(Duty::Own, |_| {}),
            &["right_body|tried"],
        ),
        (
            "unclear has no needs of its own",
            CannotBeDone,
            with_duty(Duty::Unclear),
            &[],
        ),
        ("no matter needs nothing", NoMatter, none(), &[]),
        ("unreachable needs nothing", Unreachable, none(), &[]),
        ("duplicate needs the other", Duplicate, none(), &["of"]),
        (
            "complaint: a name or none, but said so",
            Handled,
            Particulars {
                duty: Some(Duty::Unclear),
                ..with_category("complaint")
            },
            &["matter", "caller_name|anonymous"],
        ),
        (
            "complaint, anonymous",
            Handled,
            Particulars {
                duty: Some(Duty::Unclear),
                anonymous: true,
                matter: name("态度差"),
                ..with_category("complaint")
            },
            &[],
        ),
    ]
}

#[test]
fn what_lacks_is_named_all_at_once() {
    for (row, outcome, given, lacking) in table() {
        let mut story = Story::call("2026-10-08 10:00");
        let before = story.case.clone();
        match story
            .by("wang")
            .at("2026-10-08 11:00")
            .run(&close(outcome, "已答复来电人", given))
        {
            Ok(_) => assert_eq!(lacking, [""; 0], "{row}: closed"),
            Err(Refusal::Lacks(fields)) => {
                assert_eq!(fields, lacking, "{row}");
                assert_eq!(story.case, before, "{row}: a refusal writes nothing");
            }
            Err(other) => panic!("{row}: {other:?}"),
        }
    }
}

#[test]
fn the_next_day_needs_the_told_once_notice() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").at("2026-10-09 09:30");
    assert_eq!(story.lacks(close_own()), ["told_once"]);
    let blank = Command::TellOnce(Told {
        basis: Some(" ".to_owned()),
        ..Told::default()
    });
    assert_eq!(story.lacks(blank), ["basis|procedure|materials|limit|text"]);
    story.must(Command::TellOnce(Told {
        materials: Some("身份证".to_owned()),
        ..Told::default()
    }));
    story.must(Command::TellOnce(Told {
        limit: Some("5日".to_owned()),
        ..Told::default()
    }));
    assert_eq!(story.case.told.as_ref().unwrap().materials.as_deref(), Some("身份证"));
    story.must(close_own());
}

#[test]
fn a_call_on_a_holiday_is_at_once_on_the_next_business_day() {
    let mut story = Story::call("2026-10-03 10:00");
    story.by("wang").at("2026-10-08 10:00").must(close_own());
    assert_eq!(story.case.violations(), 0);
}

#[test]
fn forbidden_phrases_whatever_is_around_them() {
    for text in ["不知道", " 不 知道。", "“不归我管！”"] {
        let mut story = Story::call("2026-10-08 10:00");
        let refusal = story
            .by("wang")
            .refused(close(Handled, text, particulars("张三", "执照")));
        assert!(matches!(refusal, Refusal::ForbiddenPhrase(_)), "{text}");
    }
    let mut story = Story::call("2026-10-08 10:00");
    let own = duty_and(Duty::Own, |_| {});
    story.by("wang").must(close(Handled, "来电人不知道地址，已告知", own));
}

#[test]
fn a_sentence_has_letters() {
    for text in ["", "  ", "。。"] {
        let mut story = Story::call("2026-10-08 10:00");
        assert_eq!(
            story.by("wang").lacks(close(NoMatter, text, Particulars::default())),
            ["text"]
        );
    }
}

#[test]
fn a_duplicate_names_another_case() {
    let mut story = Story::call("2026-10-08 10:00");
    let of = |of| Command::Close {
        outcome: Duplicate,
        text: "同一事项".to_owned(),
        of: Some(CaseId::new(of)),
        particulars: Particulars::default(),
    };
    assert!(matches!(
        story.by("wang").refused(of(ID)),
        Refusal::Unknown { field: "of", .. }
    ));
    story.must(of(3));
    assert_eq!(story.case.linked, Some(CaseId::new(3)));
}

#[test]
fn called_back_is_for_missed_calls() {
    let mut story = Story::call("2026-10-08 10:00");
    let called_back = close(CalledBack, "已回电", Particulars::default());
    assert!(matches!(
        story.by("wang").refused(called_back.clone()),
        Refusal::Unknown { field: "outcome", .. }
    ));
    for (outcome, met) in [(CalledBack, true), (Unreachable, false)] {
        let mut story = Story::draft(opening_of(CaseKind::Callback, Some("wang"), "2026-10-08 10:00"));
        story.settled();
        story
            .by("wang")
            .must(close(outcome, "多次拨打", Particulars::default()));
        let row = &story.case.deadlines[0];
        assert_eq!((row.met_at.is_some(), row.dropped), (met, !met));
    }
    // By itself, without a sentence.
    let mut story = Story::draft(opening_of(CaseKind::Callback, Some("wang"), "2026-10-08 10:00"));
    story.settled();
    story
        .as_actor(Actor::Switch)
        .must(close(CalledBack, "", Particulars::default()));
}

#[test]
fn guided_meets_the_relay_other_outcomes_drop_it() {
    for (outcome, met) in [(Guided, true), (Handled, false)] {
        let mut story = Story::call("2026-10-08 10:00");
        let given = duty_and(Duty::Other, |p| {
            p.caller_told = Some("已告知".to_owned());
            p.right_body = Some("公安局".to_owned());
            p.right_phone = Some("02112345678".to_owned());
        });
        story
            .by("wang")
            .at("2026-10-08 11:00")
            .must(close(outcome, "已告知公安局电话", given));
        let row = story
            .case
            .deadlines
            .iter()
            .find(|row| row.kind == DeadlineKind::Relay)
            .unwrap();
        assert_eq!((row.met_at.is_some(), row.dropped), (met, !met), "{outcome:?}");
    }
}

#[test]
fn registered_is_name_and_matter() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").at("2026-10-08 11:00");
    assert_eq!(
        story.lacks(Command::Register(Particulars::default())),
        ["caller_name|anonymous", "matter"]
    );
    story.must(register("  ", "执照"));
    assert!(!story.case.registered);
    story.must(register(" 张三 ", ""));
    assert!(story.case.registered);
    assert_eq!(story.case.caller_name.as_deref(), Some("张三"));
    assert_eq!(story.case.matter.as_deref(), Some("执照"));
    let row = story
        .case
        .deadlines
        .iter()
        .find(|row| row.kind == DeadlineKind::Register)
        .unwrap();
    assert_eq!(row.met_at, Some(story.now));
    let version = story.case.version;
    assert_eq!(story.must(register("张三", "执照")), [], "nothing new");
    assert_eq!(story.case.version, version);
}

#[test]
fn the_switchs_display_is_no_registration() {
    let mut opening = opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00");
    opening.caller_name = Some("SHANGHAI CN".to_owned());
    let mut story = Story::draft(opening);
    story.settled();
    story.by("wang").must(Command::Register(Particulars {
        matter: Some("执照".to_owned()),
        ..Particulars::default()
    }));
    assert!(!story.case.registered);
    story.must(register("SHANGHAI CN", ""));
    assert!(story.case.registered);
}

#[test]
fn another_bodys_matter_needs_no_name() {
    let mut story = Story::call("2026-10-08 10:00");
    let given = Particulars {
        duty: Some(Duty::Outside),
        ..particulars("", "户口")
    };
    story.by("wang").must(Command::Register(given));
    assert!(story.case.registered);
}

#[test]
fn anonymous_until_a_name_is_given() {
    let mut story = Story::call("2026-10-08 10:00");
    let anonymous = Particulars {
        anonymous: true,
        ..particulars("", "投诉")
    };
    story.by("wang").must(Command::Register(anonymous));
    assert!(story.case.anonymous && story.case.registered);
    story.must(register("张三", ""));
    assert!(!story.case.anonymous);
}

#[test]
fn unknown_duty_and_category_name_the_known_ones() {
    let mut story = Story::call("2026-10-08 10:00");
    let refusal = story.by("wang").refused(Command::Register(with_category("servise")));
    let known = ["complaint", "complex", "inquiry", "service"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(
        refusal,
        Refusal::Unknown {
            field: "category",
            given: "servise".to_owned(),
            known
        }
    );
    story.policy.duties.remove(&Duty::Unclear);
    let refusal = story.refused(Command::Register(with_duty(Duty::Unclear)));
    let known = ["own", "unit", "other", "outside"].map(str::to_owned).to_vec();
    assert_eq!(
        refusal,
        Refusal::Unknown {
            field: "duty",
            given: "unclear".to_owned(),
            known
        }
    );
}

#[test]
fn closed_cases_take_remarks_only() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").must(close_own());
    assert!(matches!(
        story.refused(close_own()),
        Refusal::WrongState { verb: "close", .. }
    ));
    assert!(matches!(
        story.refused(register("李四", "")),
        Refusal::WrongState { verb: "register", .. }
    ));
    story.must(Command::Note {
        text: "来电人致谢".to_owned(),
    });
    assert_eq!(story.lacks(Command::Note { text: " ".to_owned() }), ["text"]);
    assert_eq!(story.lacks(Command::Reopen { reason: " ".to_owned() }), ["reason"]);
    story.must(Command::Reopen {
        reason: "未办完".to_owned(),
    });
    assert!(matches!(
        story.refused(Command::Reopen {
            reason: "再来".to_owned()
        }),
        Refusal::WrongState { verb: "reopen", .. }
    ));
}

#[test]
fn a_stale_version_is_refused() {
    let story = Story::call("2026-10-08 10:00");
    assert_eq!(story.case.check_version(story.case.version), Ok(()));
    assert_eq!(
        story.case.check_version(0),
        Err(Refusal::Stale {
            known: 0,
            now: story.case.version
        })
    );
}

#[test]
fn refusals_say_what_to_do() {
    let lacks = Refusal::Lacks(vec!["caller_name".to_owned(), "right_body|tried".to_owned()]);
    insta_eq(
        &lacks,
        "还缺：来电人姓名（caller_name）、应找的单位或人员或为查找承办单位所做的努力（right_body|tried）；请补填后再提交",
        "still lacking: the caller's name (caller_name), the right office or person or what was tried to find the \
         right office (right_body|tried); add it and send again",
    );
    insta_eq(
        &Refusal::Stale { known: 3, now: 5 },
        "这件记录已被他人更改（您看到的是第 3 版，现为第 5 版）；请刷新后再办",
        "somebody else changed the case first (you saw version 3, it is 5 now); look again, then repeat",
    );
    let closed = Refusal::WrongState {
        state: crate::case::CaseState::Closed,
        verb: "register",
    };
    insta_eq(
        &closed,
        "已办结，不能再做“登记”；如需继续，请先重新办理（reopen）",
        "the case is closed, so register is not possible; reopen it first",
    );
}

#[track_caller]
fn insta_eq(refusal: &Refusal, zh: &str, en: &str) {
    assert_eq!(refusal.words(Lang::Zh), zh);
    assert_eq!(refusal.words(Lang::En), en);
}

#[test]
fn the_phone_of_a_colleague_is_the_one_they_are_reached_on() {
    use crate::directory::example::{ext, held_by};
    let guided_to = |holdings| {
        let mut story = Story::call("2026-10-08 10:00");
        story.directory.holdings = holdings;
        story.by("wang").must(Command::Register(Particulars {
            right_body: Some("sun".to_owned()),
            ..Particulars::default()
        }));
        story.case.right_phone
    };
    // sun has no phone of their own: the extension they hold, else the department's.
    assert_eq!(guided_to(vec![ext("8031", held_by("sun"), 1)]).as_deref(), Some("8031"));
    assert_eq!(guided_to(Vec::new()).as_deref(), Some("8030"));
}
