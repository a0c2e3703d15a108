//! Waiting for the caller: the clock of closing stands still, and the others run. Dates counted by hand on the 2026
//! calendar: Thu 8 October, Fri 9, Sat 10 (make-up day), Mon 12 … Fri 16, Mon 19 …

use DeadlineKind::{Close, Feedback, Register};

use super::*;
use crate::case::state::CaseState;

fn policy_that_waits() -> Policy {
    Policy {
        pause_reasons: vec!["caller_papers".to_owned()],
        pause_max: Some(Span::BusinessDays(10)),
        ..policy()
    }
}

/// Answered on Thursday 8 October at ten, registered; a service: five business days, Wed 14 October.
fn service() -> Story {
    let opening = opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00");
    let mut story = Story::draft_in(policy_that_waits(), calendar(), opening);
    story.settled();
    story.at("2026-10-08 11:00").by("wang");
    story.must(register("张三", "执照"));
    assert_eq!(story.due(Close), "2026-10-14 17:30");
    story
}

fn wait(until: Option<&str>) -> Command {
    Command::Wait {
        reason: "caller_papers".to_owned(),
        text: "补营业执照副本".to_owned(),
        until: until.map(t),
    }
}

fn resume() -> Command {
    Command::Resume { text: String::new() }
}

#[test]
fn the_days_waited_are_added_and_nothing_is_late_meanwhile() {
    let mut story = service();
    story.at("2026-10-09 10:00").by("wang");
    story.must(wait(None));
    assert_eq!(story.case.state, CaseState::Waiting);
    assert_eq!(story.case.due(), None, "nothing else is due");
    story.pass("2026-10-15 09:00");
    assert!(story.case.violations.is_empty(), "Wed 14 passed while it waited");
    story.at("2026-10-15 10:00").by("wang");
    story.must(resume());
    // Sat 10, Mon 12, Tue 13, Wed 14, Thu 15 began: five more business days after Wed 14.
    assert_eq!(story.due(Close), "2026-10-21 17:30");
    assert!(
        story
            .case
            .live(Close)
            .unwrap()
            .why
            .en
            .contains("waiting for the caller")
    );
    story.pass("2026-10-21 17:30");
    assert_eq!(story.case.violations.len(), 1, "late after all");
}

#[test]
fn a_pause_within_a_day_moves_nothing() {
    let mut story = service();
    story.at("2026-10-09 10:00").by("wang");
    story.must(wait(None));
    story.at("2026-10-09 16:00");
    story.must(resume());
    assert_eq!(story.due(Close), "2026-10-14 17:30");
}

#[test]
fn a_pause_is_not_lost_on_a_change_of_category() {
    let mut story = service();
    story.at("2026-10-09 10:00").by("wang");
    story.must(wait(None));
    story.at("2026-10-13 11:00");
    story.must(resume());
    // Three days began: Thu 15, Fri 16, Mon 19.
    assert_eq!(story.due(Close), "2026-10-19 17:30");
    story.must(Command::Register(with_category("inquiry")));
    // One business day and three: Fri 9, Sat 10, Mon 12, Tue 13.
    assert_eq!(story.due(Close), "2026-10-13 17:30");
    story.by("li");
    story.must(Command::Register(with_category("complex")));
    // Fifteen and three: 9, 10, 12 to 16, 19 to 23, 26 to 30 are seventeen; Mon 2 November.
    assert_eq!(story.due(Close), "2026-11-02 17:30");
}

#[test]
fn only_the_clock_of_closing_stands() {
    let opening = opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00");
    let mut story = Story::draft_in(policy_that_waits(), calendar(), opening);
    story.settled();
    story.at("2026-10-08 11:00").by("li");
    story.must(Command::Register(with_category("complex")));
    story.at("2026-10-08 11:30").by("wang");
    story.must(wait(None));
    assert_eq!(story.case.due().map(|row| row.kind), Some(Register));
    story.pass("2026-10-14 17:30");
    let late: Vec<_> = story
        .case
        .deadlines
        .iter()
        .filter(|row| row.breached_at.is_some())
        .collect();
    let kinds: Vec<_> = late.iter().map(|row| row.kind).collect();
    assert_eq!(kinds, [Register, Feedback]);
}

#[test]
fn a_pause_ends_by_itself_and_all_of_them_have_a_limit() {
    let mut story = service();
    story.at("2026-10-09 10:00").by("wang");
    story.must(wait(None));
    // Ten business days: 10, 12 to 16, 19 to 22.
    assert_eq!(wall(story.case.pause().unwrap().until), "2026-10-22 17:30");
    story.pass("2026-10-23 09:00");
    assert_eq!(story.case.state, CaseState::Open);
    assert_eq!(wall(story.case.pauses[0].to.unwrap()), "2026-10-22 17:30");
    // Ten more after Wed 14: 15, 16, 19 to 23, 26, 27, 28.
    assert_eq!(story.due(Close), "2026-10-28 17:30");
    story.by("wang");
    assert!(matches!(story.refused(wait(None)), Refusal::NotPermitted { .. }));
}

#[test]
fn what_was_left_of_the_limit_is_the_next_pauses() {
    let mut story = service();
    story.at("2026-10-09 10:00").by("wang");
    story.must(wait(Some("2026-10-13 17:30")));
    story.at("2026-10-13 11:00");
    story.must(resume());
    // Three of ten are spent; seven are left: 14, 15, 16, 19, 20, 21, 22.
    let beyond = story.refused(wait(Some("2026-10-23 17:30")));
    assert!(matches!(beyond, Refusal::Unknown { field: "until", .. }), "{beyond:?}");
    story.must(wait(None));
    assert_eq!(wall(story.case.pause().unwrap().until), "2026-10-22 17:30");
}

#[test]
fn waiting_is_refused_without_a_reason_of_the_policy() {
    let mut story = service();
    story.at("2026-10-09 10:00").by("wang");
    let other = |reason: &str, text: &str| Command::Wait {
        reason: reason.to_owned(),
        text: text.to_owned(),
        until: None,
    };
    let none = story.refused(other(" ", "x"));
    assert_eq!(
        none.words(crate::directory::Lang::En),
        "still lacking: a reason (reason); one of caller_papers"
    );
    assert!(
        none.words(crate::directory::Lang::Zh)
            .ends_with("理由（reason）；可选：caller_papers"),
        "{none:?}"
    );
    assert_eq!(story.lacks(other("caller_papers", " ")), ["text"]);
    let unknown = story.refused(other("lunch", "x"));
    assert!(
        matches!(unknown, Refusal::Unknown { field: "reason", .. }),
        "{unknown:?}"
    );
    assert!(matches!(story.refused(resume()), Refusal::WrongState { .. }));
    story.policy.pause_reasons.clear();
    assert!(matches!(
        story.refused(other("caller_papers", "x")),
        Refusal::NotPermitted { .. }
    ));
    story.at("2026-10-09 10:00").by("sun");
    assert!(
        matches!(story.refused(wait(None)), Refusal::NotPermitted { .. }),
        "a stranger"
    );
}

#[test]
fn what_was_late_before_stays_late() {
    let mut story = service();
    story.pass("2026-10-14 17:30");
    story.at("2026-10-15 09:00").by("wang");
    story.must(wait(None));
    story.at("2026-10-19 10:00");
    story.must(resume());
    assert_eq!(story.due(Close), "2026-10-14 17:30");
    assert_eq!(story.case.violations.len(), 1);
}

#[test]
fn time_waited_is_nobodys_working_time() {
    let mut story = service();
    story.at("2026-10-09 10:00").by("wang");
    story.must(wait(None));
    story.at("2026-10-13 11:00");
    story.must(resume());
    let used = story
        .case
        .used_seconds(&story.calendar, t("2026-10-08 10:00"), t("2026-10-13 11:30"));
    // Thursday 2 + 4 hours, Friday one, Tuesday half an hour.
    assert_eq!(used, 27_000);
}

#[test]
fn a_promised_date_moves_by_the_days_waited_and_stays_promised() {
    let mut story = service();
    story.at("2026-10-08 11:30").by("wang");
    story.must(Command::Promise {
        until: t("2026-10-13 17:30"),
        text: "周二前".to_owned(),
    });
    story.at("2026-10-09 10:00");
    story.must(wait(None));
    story.at("2026-10-12 10:00");
    story.must(resume());
    // Sat 10 and Mon 12 began: Wed 14, Thu 15.
    assert_eq!(story.due(Close), "2026-10-15 17:30");
    story.must(Command::Register(with_category("inquiry")));
    assert_eq!(story.due(Close), "2026-10-15 17:30");
}

#[test]
fn a_date_promised_while_waiting_moves_by_what_is_waited_from_then_on() {
    let promised = |resumed: &str| {
        let mut story = service();
        story.at("2026-10-08 14:00").by("wang");
        story.must(wait(None));
        story.at("2026-10-12 09:30");
        story.must(Command::Promise {
            until: t("2026-10-13 17:30"),
            text: "周二前".to_owned(),
        });
        story.at(resumed);
        story.must(resume());
        story.due(Close)
    };
    // The same Monday: nothing was waited since. On Tuesday one day began.
    assert_eq!(promised("2026-10-12 15:00"), "2026-10-13 17:30");
    assert_eq!(promised("2026-10-13 10:00"), "2026-10-14 17:30");
}

#[test]
fn a_count_after_a_promise_is_a_count_again() {
    let mut story = service();
    story.at("2026-10-08 11:30").by("wang");
    story.must(wait(None));
    story.at("2026-10-08 14:00");
    story.must(Command::Promise {
        until: t("2026-10-13 17:30"),
        text: "周二前".to_owned(),
    });
    story.must(close_own());
    story.at("2026-10-09 14:00").by("li");
    story.must(Command::Reopen {
        reason: "未办结".to_owned(),
    });
    // Three business days from Fri 9: Sat 10, Mon 12, Tue 13.
    assert_eq!(story.due(DeadlineKind::Redo), "2026-10-13 17:30");
    story.by("wang").must(wait(None));
    story.at("2026-10-12 10:00");
    story.must(resume());
    // Sat 10 and Mon 12 began: two more, counted from the reopening.
    assert_eq!(story.due(DeadlineKind::Redo), "2026-10-15 17:30");
    assert!(story.case.live(DeadlineKind::Redo).is_some_and(|row| !row.given));
}

#[test]
fn the_end_of_the_day_moves_by_the_days_waited() {
    // The category wants it by the end of the day; `same_day` counts that day as the first.
    let waited = |answered: &str, count_from: CountFrom| {
        let mut policy = policy_that_waits();
        policy.clock.count_from = count_from;
        for category in policy.categories.values_mut() {
            category.close = Span::EndOfDay;
        }
        let mut story = Story::draft_in(policy, calendar(), opening_of(CaseKind::Call, Some("wang"), answered));
        story.settled();
        story.by("wang").must(wait(None));
        story.at("2026-10-09 10:00");
        story.must(resume());
        story.due(Close)
    };
    for count_from in [CountFrom::NextDay, CountFrom::SameDay] {
        // Thu 8 and a day.
        assert_eq!(waited("2026-10-08 14:00", count_from), "2026-10-09 17:30");
        // Less than an hour of Thursday was left: Fri 9 and a day, Sat 10 (make-up day).
        assert_eq!(waited("2026-10-08 17:00", count_from), "2026-10-10 17:30");
    }
}

#[test]
fn it_may_be_closed_while_it_waits() {
    let mut story = service();
    story.at("2026-10-08 14:00").by("wang");
    story.must(wait(None));
    story.at("2026-10-08 16:00");
    story.must(close_own());
    assert_eq!(story.case.state, CaseState::Closed);
    assert_eq!(story.case.pauses[0].to, Some(t("2026-10-08 16:00")));
}
