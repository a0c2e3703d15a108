//! Deadlines: where they fall, what meets them, who is charged. Dates were counted by hand on the 2026 calendar.

use DeadlineKind::{Callback, Close, Redo, Register, Relay};

use super::*;
use crate::calendar::WeekHours;

/// Answered, and when registering, closing (service, 5 days) and, as inquiry, closing (1 day) fall due.
const TABLE: &[(&str, &str, &str, &str)] = &[
    // Thu; 50 minutes left: register the next day. Fri 9, Sat 10 make-up, Mon 12, Tue 13, Wed 14.
    (
        "2026-10-08 16:40",
        "2026-10-09 17:30",
        "2026-10-14 17:30",
        "2026-10-09 17:30",
    ),
    // Exactly one hour left is not less than one.
    (
        "2026-10-08 16:30",
        "2026-10-08 17:30",
        "2026-10-14 17:30",
        "2026-10-09 17:30",
    ),
    // Wed 30, then National Day 1-7; Thu 8, Fri 9, Sat 10, Mon 12.
    (
        "2026-09-29 16:40",
        "2026-09-30 17:30",
        "2026-10-12 17:30",
        "2026-09-30 17:30",
    ),
    // Sat 14 Feb make-up, Spring Festival 15-23, Tue 24 … Fri 27 (Sat 28 is a make-up day, not needed).
    (
        "2026-02-13 10:00",
        "2026-02-13 17:30",
        "2026-02-27 17:30",
        "2026-02-14 17:30",
    ),
    // Sat 19 free, Sun 20 Sep make-up; Thu 24 is the day before Mid-Autumn.
    (
        "2026-09-18 10:00",
        "2026-09-18 17:30",
        "2026-09-24 17:30",
        "2026-09-20 17:30",
    ),
    // Answered on a holiday: the first business day after it is day 1.
    (
        "2026-10-03 10:00",
        "2026-10-08 17:30",
        "2026-10-13 17:30",
        "2026-10-08 17:30",
    ),
    // Labour Day 1-5 May, make-up Sat 9 May: Wed 6, Thu 7, Fri 8, Sat 9, Mon 11.
    (
        "2026-04-30 15:00",
        "2026-04-30 17:30",
        "2026-05-11 17:30",
        "2026-05-06 17:30",
    ),
];

#[test]
fn due_dates_of_an_answered_call() {
    for (answered, register, service, inquiry) in TABLE {
        let mut story = Story::call(answered);
        assert_eq!(story.due(Register), *register, "register, answered {answered}");
        assert_eq!(story.due(Close), *service, "service, answered {answered}");
        story.by("wang").must(Command::Register(with_category("inquiry")));
        assert_eq!(story.due(Close), *inquiry, "inquiry, answered {answered}");
    }
}

#[test]
fn relay_falls_due_by_the_duty() {
    for (duty, due) in [
        (Duty::Unit, Some("2026-10-09 17:30")),
        (Duty::Other, Some("2026-10-09 17:30")),
        // 50 minutes on Thursday, three hours on Friday morning, ten minutes after lunch.
        (Duty::Unclear, Some("2026-10-09 13:40")),
        (Duty::Own, None),
        (Duty::Outside, None),
    ] {
        let mut story = Story::call("2026-10-08 16:40");
        assert_eq!(story.case.live(Relay), None);
        story.by("wang").must(Command::Register(with_duty(duty)));
        assert_eq!(
            story.case.live(Relay).map(|row| wall(row.due_at)).as_deref(),
            due,
            "{duty:?}"
        );
    }
}

#[test]
fn a_duty_that_turns_out_own_drops_the_relay() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").must(Command::Register(with_duty(Duty::Unclear)));
    story.must(Command::Register(with_duty(Duty::Own)));
    assert_eq!(story.case.live(Relay), None);
    story.pass("2026-10-12 09:00");
    assert!(
        story
            .case
            .deadlines
            .iter()
            .all(|row| row.kind != Relay || row.breached_at.is_none())
    );
}

#[test]
fn a_missed_call_has_one_deadline() {
    let mut story = Story::draft(opening_of(CaseKind::Callback, Some("wang"), "2026-10-08 16:40"));
    story.settled();
    assert_eq!(story.due(Callback), "2026-10-09 13:40");
    assert_eq!(story.case.deadlines.len(), 1);
}

#[test]
fn a_visit_runs_at_once() {
    let story = Story::draft(opening_of(CaseKind::Visit, Some("wang"), "2026-10-08 16:40"));
    assert!(story.case.settled);
    assert_eq!(story.case.version, 1);
    assert_eq!(story.due(Close), "2026-10-14 17:30");
}

#[test]
fn no_deadline_before_receipt_plus_floor() {
    let mut opening = opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00");
    opening.received_at = t("2026-10-08 17:00");
    let mut story = Story::draft(opening);
    story.settled();
    // Half an hour is left on Thursday, the other half on Friday.
    assert_eq!(story.due(Register), "2026-10-09 09:30");
    assert_eq!(story.due(Close), "2026-10-14 17:30");
}

#[test]
fn a_case_seen_after_its_deadline_is_late_at_once() {
    let mut opening = opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00");
    opening.received_at = t("2026-10-09 10:00");
    let mut quick = policy();
    quick.clock.floor = Span::Elapsed(0);
    let mut story = Story::draft_in(quick, calendar(), opening);
    story.settled();
    let row = story.case.live(Register).unwrap();
    assert_eq!((row.breached_at, &row.charged_to), (Some(story.now), &Some(p("wang"))));
    assert_eq!(story.case.violations(), 1);
    assert!(story.case.overdue(story.now));
}

#[test]
fn f45_no_working_time_is_no_deadline_and_says_so() {
    let mut story = Story::draft_in(
        policy(),
        Calendar::weekly("none", beijing(), WeekHours::closed()),
        opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00"),
    );
    story.settled();
    assert!(story.case.settled);
    assert_eq!(story.case.deadlines, []);
    let undated: Vec<_> = story.case.undated.iter().map(|undated| undated.kind).collect();
    assert_eq!(undated, [Register, Close]);
    assert!(story.case.undated[0].why.en.contains("no working time"));
    story.by("wang").must(register("张三", "执照"));
    assert_eq!(story.case.undated.len(), 2);
    // Deadlines that run day and night don't need a calendar.
    story.policy.clock.redo = Some(Span::Elapsed(60));
    story.must(close_own());
    story.must(Command::Reopen {
        reason: "还有问题".to_owned(),
    });
    assert_eq!(story.due(Redo), "2026-10-08 10:02");
}

#[test]
fn why_is_said_in_both_languages() {
    let story = Story::call("2026-10-08 16:40");
    let why = &story.case.live(Close).unwrap().why;
    assert!(
        why.en.starts_with("answered Thu 8 Oct 16:40; 5 business days"),
        "{}",
        why.en
    );
    assert!(why.en.contains("Wed 14 Oct 17:30"), "{}", why.en);
    assert!(why.zh.contains("10月14日") && why.zh.contains("17:30"), "{}", why.zh);
}

#[test]
fn the_instant_itself_is_late() {
    let mut story = Story::call("2026-10-08 10:00");
    story.pass("2026-10-08 17:29:59");
    assert_eq!(story.case.violations(), 0);
    story.pass("2026-10-08 17:30");
    assert_eq!(story.case.violations(), 1);
    assert!(story.case.overdue(story.now));
    let version = story.case.version;
    story.pass("2026-10-08 17:31");
    assert_eq!(story.case.violations(), 1, "once");
    assert_eq!(story.case.version, version, "a breach raises no version");
}

#[test]
fn closing_late_is_late_even_if_the_clock_has_not_looked() {
    let mut story = Story::call("2026-10-08 10:00");
    let events = story.by("wang").at("2026-10-08 17:30").must(close_own());
    assert!(matches!(events[0], Event::Breached { deadline: Register, .. }));
    assert!(matches!(events.last(), Some(Event::Closed { .. })));
    assert_eq!(story.case.version, 2);
    let row = story.case.deadlines.iter().find(|row| row.kind == Register).unwrap();
    assert_eq!(row.met_at, Some(story.now));
    assert_eq!(row.charged_to, Some(p("wang")));
}

#[test]
fn a_breach_outlives_closing_reopening_and_another_category() {
    let mut story = Story::call("2026-10-08 16:40");
    story.by("wang").must(Command::Register(with_category("inquiry")));
    story.pass("2026-10-09 17:30");
    assert_eq!(story.case.violations(), 2, "register and close");
    // A longer category gives a new deadline; the old row keeps its breach.
    story
        .by("wang")
        .at("2026-10-10 09:00")
        .must(Command::Register(with_category("service")));
    assert_eq!(story.due(Close), "2026-10-14 17:30");
    let told = Command::TellOnce(crate::case::Told {
        text: Some("请带身份证".to_owned()),
        ..Default::default()
    });
    story.must(told);
    story.must(close_own());
    story.must(Command::Reopen {
        reason: "来电人不满意".to_owned(),
    });
    assert_eq!(story.due(Redo), "2026-10-14 17:30", "Sat 10: Mon 12, Tue 13, Wed 14");
    assert_eq!(story.case.violations(), 2);
    assert_eq!(story.case.live(Close), None, "stays met");
    story.pass("2026-10-14 17:30");
    assert_eq!(story.case.violations(), 3);
}

#[test]
fn redo_counts_from_the_reopening() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").must(close_own());
    assert_eq!(story.case.due(), None);
    story.at("2026-10-08 16:40").must(Command::Reopen {
        reason: "又来电".to_owned(),
    });
    assert_eq!(story.due(Redo), "2026-10-12 17:30");
    assert_eq!(story.case.due().map(|row| row.kind), Some(Redo));
    assert_eq!((story.case.outcome, story.case.closed_at), (None, None));
    story.must(close_own());
    assert_eq!(story.case.violations(), 0);
}

#[test]
fn the_breach_is_the_holders_at_that_instant() {
    let mut story = Story::call("2026-10-08 10:00");
    // sun took the call over at 10:02, but the leg was printed only after the register deadline had passed.
    story.at("2026-10-08 17:45").as_actor(Actor::Switch);
    story.must(late::put_through("sun", "roads", "8031", "2026-10-08 10:02", 400));
    story.pass("2026-10-08 17:45");
    let row = story.case.deadlines.iter().find(|row| row.kind == Register).unwrap();
    assert_eq!(row.charged_to, Some(p("sun")));
}

#[test]
fn relay_is_charged_to_the_first_answerer() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").must(Command::Register(Particulars {
        duty: Some(Duty::Other),
        ..particulars("张三", "修路")
    }));
    story.pass("2026-10-09 17:30");
    let row = story.case.live(Relay).unwrap();
    assert_eq!(row.charged_to, Some(p("wang")));
    assert_eq!(story.case.violations(), 1);
}

#[test]
fn nobody_is_charged_while_it_is_ambiguous() {
    let mut story = Story::draft(opening_of(CaseKind::Call, None, "2026-10-08 10:00"));
    story.settled();
    story.pass("2026-10-08 17:30");
    let row = story.case.live(Register).unwrap();
    assert!(row.breached_at.is_some());
    assert_eq!(row.charged_to, None);
}
