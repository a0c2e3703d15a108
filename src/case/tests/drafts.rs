//! Drafts: the name is free until the call is complete, and no clock runs.

use super::*;

#[test]
fn a_draft_follows_the_legs_and_has_no_deadline() {
    let mut story = Story::draft(opening_of(CaseKind::Call, None, "2026-10-08 10:00"));
    assert_eq!(story.case.handler, p("li"));
    story.must(Command::Redraft(Box::new(holding(Some("liu"), "2026-10-08 10:00:05"))));
    story.must(Command::Redraft(Box::new(holding(Some("wang"), "2026-10-08 09:59"))));
    assert_eq!(story.case.first_answerer, Some(p("wang")));
    assert_eq!(story.case.handler, p("wang"));
    assert_eq!(story.case.opened_at, t("2026-10-08 09:59"));
    assert_eq!(story.case.custody.len(), 1);
    assert_eq!(story.case.version, 3);
    story.pass("2026-10-20 10:00");
    assert_eq!(story.case.deadlines, []);
    assert!(!story.case.overdue(story.now));
}

#[test]
fn the_same_holding_changes_nothing() {
    let mut story = Story::draft(opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00"));
    let events = story.must(Command::Redraft(Box::new(holding(Some("wang"), "2026-10-08 10:00"))));
    assert_eq!(events, []);
    assert_eq!(story.case.version, 1);
}

#[test]
fn settling_twice_changes_nothing_and_redrafting_is_over() {
    let mut story = Story::call("2026-10-08 10:00");
    assert_eq!(story.must(Command::Settle), []);
    let refusal = story.refused(Command::Redraft(Box::new(holding(Some("liu"), "2026-10-08 10:00"))));
    assert!(matches!(refusal, Refusal::WrongState { verb: "redraft", .. }));
}

#[test]
fn a_clerk_may_close_a_draft_which_settles_it() {
    let mut story = Story::draft(opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00"));
    let events = story.by("wang").must(close_own());
    assert!(matches!(events[0], Event::Settled));
    assert!(story.case.settled && !story.case.is_open());
    assert_eq!(story.case.version, 2, "one change");
    let row = story
        .case
        .deadlines
        .iter()
        .find(|row| row.kind == DeadlineKind::Close)
        .unwrap();
    assert_eq!(row.met_at, Some(story.now));
}

#[test]
fn what_was_registered_in_the_draft_meets_the_deadline_at_its_own_time() {
    let mut story = Story::draft(opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00"));
    story.by("wang").must(register("张三", "执照"));
    let registered_at = story.now;
    story.settled();
    let row = story
        .case
        .deadlines
        .iter()
        .find(|row| row.kind == DeadlineKind::Register)
        .unwrap();
    assert_eq!(row.met_at, Some(registered_at));
}

#[test]
fn a_voided_draft_gets_no_clock() {
    let mut story = Story::draft(opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00"));
    story.by("li").must(Command::Void {
        reason: "测试电话".to_owned(),
    });
    story.settled();
    assert_eq!(story.case.deadlines, []);
    assert_eq!(
        story.must(Command::LateEvidence {
            holding: Box::new(holding(Some("liu"), "2026-10-08 10:00")),
            evidence: String::new(),
        }),
        []
    );
}

#[test]
fn a_put_through_waits_until_the_draft_is_settled() {
    let mut story = Story::draft(opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00"));
    let put_through = late::put_through("sun", "roads", "8031", "2026-10-08 10:02", 60);
    assert_eq!(story.must(put_through.clone()), []);
    story.settled();
    story.as_actor(Actor::Switch).at("2026-10-08 10:04").must(put_through);
    assert_eq!(story.case.handler, p("sun"));
}
