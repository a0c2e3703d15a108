//! Who may do what.

use super::*;
use crate::directory::{Away, Lang};

fn verbs() -> [(&'static str, Command); 4] {
    let reason = || "理由".to_owned();
    [
        (
            "note",
            Command::Note {
                text: "备注".to_owned(),
            },
        ),
        ("close", close_own()),
        ("reopen", Command::Reopen { reason: reason() }),
        ("void", Command::Void { reason: reason() }),
    ]
}

/// Whether a person may write, close, reopen and void a case of wang's, which liu helps with.
#[test]
fn each_their_own() {
    let table = [
        (Actor::Person(p("wang")), [true, true, true, false]),
        (Actor::Person(p("liu")), [true, false, false, false]),
        (Actor::Person(p("li")), [true, true, true, true]),
        (Actor::Person(p("zhao")), [true, true, true, true]),
        (Actor::Person(p("chen")), [false, false, false, false]),
        (Actor::Person(p("sun")), [false, false, false, false]),
        (Actor::Person(p("nobody")), [false, false, false, false]),
        (Actor::Admin, [true, true, true, true]),
    ];
    for (actor, allowed) in table {
        for ((verb, command), allowed) in verbs().into_iter().zip(allowed) {
            let mut story = Story::call("2026-10-08 10:00");
            if verb == "reopen" {
                story.by("wang").must(close_own());
            }
            story.case.co_handlers.push(p("liu"));
            let ctx = Context {
                policy: &story.policy,
                calendar: &story.calendar,
                directory: &story.directory,
                now: story.now,
                actor: &actor,
            };
            let answer = decide(&story.case, &command, &ctx);
            match (allowed, answer) {
                (true, Ok(_)) | (false, Err(Refusal::NotPermitted { .. })) => {}
                (_, answer) => panic!("{actor} {verb}: {answer:?}"),
            }
        }
    }
}

#[test]
fn a_deputy_acts_while_the_handler_is_away() {
    let mut story = Story::call("2026-10-08 10:00");
    let wang = story
        .directory
        .people
        .iter_mut()
        .find(|person| person.id == p("wang"))
        .unwrap();
    wang.deputies = vec![p("sun")];
    wang.away = vec![Away {
        from: "2026-10-09".parse().unwrap(),
        to: "2026-10-12".parse().unwrap(),
    }];
    let no_matter = close(Outcome::NoMatter, "打错了", Particulars::default());
    assert!(matches!(
        story.by("sun").refused(no_matter.clone()),
        Refusal::NotPermitted { .. }
    ));
    assert!(matches!(
        story.at("2026-10-13 09:00").refused(no_matter.clone()),
        Refusal::NotPermitted { .. }
    ));
    story.at("2026-10-12 17:00").must(no_matter);
}

#[test]
fn the_first_answerer_writes_but_no_longer_closes() {
    let mut story = Story::call("2026-10-08 10:00");
    story.as_actor(Actor::Switch).at("2026-10-08 10:30");
    story.must(late::put_through("sun", "roads", "8031", "2026-10-08 10:02", 60));
    story.by("wang").must(register("张三", "修路"));
    assert!(matches!(story.refused(close_own()), Refusal::NotPermitted { .. }));
    assert!(
        matches!(story.by("li").refused(close_own()), Refusal::NotPermitted { .. }),
        "not roads' head"
    );
    story.by("chen").must(close_own());
}

#[test]
fn nobody_rules_on_themselves() {
    let mut story = Story::draft(opening_of(CaseKind::Call, Some("li"), "2026-10-08 10:00"));
    story.settled();
    let void = Command::Void {
        reason: "误操作".to_owned(),
    };
    let refusal = story.by("li").refused(void.clone());
    assert!(
        refusal.words(Lang::En).contains("nobody rules on themselves"),
        "{refusal:?}"
    );
    assert!(refusal.words(Lang::Zh).contains("不得对本人"), "{refusal:?}");
    story.by("zhao").must(void);
}

#[test]
fn people_do_not_speak_for_the_switch() {
    let mut story = Story::call("2026-10-08 10:00");
    let put_through = late::put_through("sun", "roads", "8031", "2026-10-08 10:02", 60);
    for command in [
        Command::Settle,
        Command::Pass,
        put_through,
        Command::Link { to: CaseId::new(3) },
    ] {
        assert!(matches!(story.by("li").refused(command), Refusal::NotPermitted { .. }));
    }
}

#[test]
fn a_category_with_an_approver_is_the_supervisors_to_set() {
    let mut story = Story::call("2026-10-08 10:00");
    let complex = Command::Register(with_category("complex"));
    assert!(matches!(
        story.by("wang").refused(complex.clone()),
        Refusal::NotPermitted { .. }
    ));
    story.by("li").must(complex);
    // Oct: 9 10 12 13 14, 15 16 19 20 21, 22 23 26 27 28.
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-28 17:30");
    story.by("wang").must(Command::Register(Particulars {
        matter: Some("执照".to_owned()),
        ..with_category("complex")
    }));
}
