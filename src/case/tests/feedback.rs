//! Staged feedback: only of what takes long, from the last contact. Dates were counted by hand on the 2026 calendar.

use DeadlineKind::{Close, Feedback};

use super::*;
use crate::case::Spoken;
use crate::ids::CallId;

/// Answered on Thursday 8 October, called complex by the supervisor: 15 business days, Wed 28 October.
fn complex() -> Story {
    let mut story = Story::call("2026-10-08 10:00");
    story.at("2026-10-08 11:00").by("li");
    story.must(Command::Register(with_category("complex")));
    assert_eq!(story.due(Close), "2026-10-28 17:30");
    story
}

fn calls_out(story: &mut Story, id: i64, at: &str) {
    story.at(at).as_actor(Actor::Switch);
    story.must(Command::Spoken(Spoken {
        call: CallId::new(id),
        by: Some(p("wang")),
        extension: Some("8021".to_owned()),
        at: t(at),
        resolution_seconds: 1,
        talk_seconds: 60,
        outgoing: true,
    }));
}

#[test]
fn what_takes_long_wants_feedback_within_five_days_of_the_answer() {
    let story = complex();
    // Fri 9, Sat 10 (make-up day), Mon 12, Tue 13, Wed 14.
    assert_eq!(story.due(Feedback), "2026-10-14 17:30");
    let row = story.case.live(Feedback).unwrap();
    assert_eq!(row.started_at, t("2026-10-08 10:00"));
}

#[test]
fn what_is_due_in_five_days_wants_none() {
    let mut story = Story::call("2026-10-08 10:00");
    assert!(story.case.live(Feedback).is_none(), "service: five business days");
    story.at("2026-10-08 11:00").by("wang");
    story.must(Command::Register(with_category("inquiry")));
    assert!(story.case.live(Feedback).is_none());
}

#[test]
fn each_contact_meets_it_and_starts_the_next() {
    let mut story = complex();
    calls_out(&mut story, 99, "2026-10-12 10:00");
    let met: Vec<_> = story.case.deadlines.iter().filter_map(|row| row.met_at).collect();
    assert!(met.contains(&t("2026-10-12 10:00")));
    // Tue 13, Wed 14, Thu 15, Fri 16, Mon 19.
    assert_eq!(story.due(Feedback), "2026-10-19 17:30");
}

#[test]
fn a_late_one_is_charged_to_the_holder_and_runs_until_contact() {
    let mut story = complex();
    story.pass("2026-10-14 17:30");
    let row = story.case.live(Feedback).expect("still owed");
    assert_eq!(row.charged_to, Some(p("wang")));
    let late = |story: &Story| {
        let of_feedback = |v: &&crate::case::Violation| v.kind == crate::case::ViolationKind::LateFeedback;
        story.case.violations.iter().filter(of_feedback).count()
    };
    assert_eq!(late(&story), 1);
    calls_out(&mut story, 99, "2026-10-15 09:00");
    // Fri 16, Mon 19, Tue 20, Wed 21, Thu 22.
    assert_eq!(story.due(Feedback), "2026-10-22 17:30");
    assert_eq!(late(&story), 1, "the breach stays");
}

#[test]
fn a_shorter_category_ends_it() {
    let mut story = complex();
    story.must(Command::Register(with_category("service")));
    assert!(story.case.live(Feedback).is_none());
    story.pass("2026-10-14 17:30");
    let kinds: Vec<_> = story.case.violations.iter().map(|v| v.kind).collect();
    assert!(!kinds.contains(&crate::case::ViolationKind::LateFeedback), "{kinds:?}");
}

#[test]
fn closing_ends_it() {
    let mut story = complex();
    story.by("wang").must(close_own());
    assert!(story.case.live(Feedback).is_none());
}
