//! The calendar was changed: what moves, how far, and what never does. Counted by hand on the 2026 calendar.
//!
//! Answered Thu 8 Oct 10:00: `close` (service, 5 days) is Fri 9, Sat 10 (make-up), Mon 12, Tue 13, Wed 14.

use super::*;
use crate::calendar::WeekHours;
use crate::case::state::CaseState;
use crate::case::{Deadline, Edited, ladder};

/// Registered, so that only `close`, due Wed 14 Oct 17:30, is left.
fn registered() -> Story {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").must(register("张三", "执照"));
    story
}

/// The calendar with more days off.
fn off(from: &str, to: &str) -> Calendar {
    let mut edited = calendar();
    edited.off.push(OffDays {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        name: Name::default(),
    });
    edited
}

/// The calendar with one more working day.
fn works(date: &str) -> Calendar {
    let mut edited = calendar();
    edited.work.push(WorkDay {
        date: date.parse().unwrap(),
        at: None,
        stands_for: None,
        name: Name::default(),
    });
    edited
}

impl Story {
    /// The edit is adopted and counted at once.
    fn edited(&mut self, now: &str, calendar: Calendar) -> Vec<Event> {
        self.at(now);
        self.counted(now, now, calendar, Edited::Calendar)
    }

    fn counted(&mut self, at: &str, now: &str, calendar: Calendar, edited: Edited) -> Vec<Event> {
        self.calendar = calendar;
        self.at(now).as_actor(Actor::Clock);
        self.must(Command::Recount { at: t(at), edited })
    }

    fn breaches(&self) -> Vec<&Deadline> {
        self.case
            .deadlines
            .iter()
            .filter(|row| row.breached_at.is_some())
            .collect()
    }
}

#[test]
fn days_declared_off_move_an_open_deadline_as_an_event() {
    let mut story = registered();
    let version = story.case.version;
    // Fri 9, Sat 10, Mon 12, Thu 15, Fri 16.
    let events = story.edited("2026-10-09 10:00", off("2026-10-13", "2026-10-14"));
    let [
        Event::CalendarChanged {
            deadline: DeadlineKind::Close,
            edited: Edited::Calendar,
            started_at,
            was,
            due_at,
            why,
        },
    ] = events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!(*started_at, t("2026-10-08 10:00"));
    assert_eq!(*was, Some(t("2026-10-14 17:30")));
    assert_eq!(*due_at, t("2026-10-16 17:30"));
    assert!(why.en.contains("answered Thu 8 Oct 10:00"), "{}", why.en);
    assert!(why.en.ends_with("due Fri 16 Oct 17:30"), "{}", why.en);
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-16 17:30");
    assert_eq!(story.case.version, version, "no change by a person or the switch");
}

#[test]
fn a_day_more_at_work_moves_it_earlier() {
    let mut story = registered();
    // Fri 9, Sat 10, Sun 11, Mon 12, Tue 13.
    story.edited("2026-10-09 10:00", works("2026-10-11"));
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-13 17:30");
}

#[test]
fn a_calendar_edit_creating_old_breaches_is_impossible() {
    // By the new calendar it was due on Tuesday at 17:30: it has until now plus one business hour.
    let mut story = registered();
    story.edited("2026-10-14 10:00", works("2026-10-11"));
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-14 11:00");
    assert!(story.breaches().is_empty() && story.case.violations.is_empty());
    // The same edit once more, as after a crash, gives no further hour.
    assert_eq!(story.edited("2026-10-14 10:30", works("2026-10-11")), []);
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-14 11:00");
    story.pass("2026-10-14 11:00");
    assert_eq!(story.breaches().len(), 1, "what is late by then is late");
}

#[test]
fn what_is_nearer_than_the_floor_is_not_moved_earlier() {
    let mut story = registered();
    assert_eq!(story.edited("2026-10-14 17:00", works("2026-10-11")), []);
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-14 17:30");
}

#[test]
fn a_later_date_is_not_before_the_floor_either() {
    // Wednesdays have no lunch any more and end at 17:45: so does Wed 14, but 25 minutes from now is no hour.
    let mut longer = calendar();
    longer.hours.days[2] = vec![(Time::constant(9, 0, 0, 0), Time::constant(17, 45, 0, 0))];
    let mut story = registered();
    story.edited("2026-10-14 17:20", longer);
    // 25 minutes of Wednesday, 35 of Thursday.
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-15 09:35");
}

#[test]
fn what_was_breached_or_met_stays_as_it_was() {
    let mut story = Story::call("2026-10-08 10:00");
    story.pass("2026-10-08 17:30");
    story.at("2026-10-09 09:00").by("wang").must(register("张三", "执照"));
    let register: Vec<Deadline> = story
        .case
        .deadlines
        .iter()
        .filter(|row| row.kind == DeadlineKind::Register)
        .cloned()
        .collect();
    story.pass("2026-10-14 17:30");
    let before = story.case.clone();
    assert_eq!(story.breaches().len(), 2);
    assert_eq!(story.edited("2026-10-15 09:00", off("2026-10-08", "2026-10-20")), []);
    assert_eq!(story.case, before);
    assert!(register.iter().all(|row| story.case.deadlines.contains(row)));
}

#[test]
fn what_had_passed_when_the_edit_came_is_breached_though_nobody_had_looked() {
    // The program stood still from Wednesday to Thursday; the outcome must not depend on that.
    let mut story = registered();
    story.edited("2026-10-15 09:00", off("2026-10-13", "2026-10-13"));
    let breached: Vec<String> = story.breaches().iter().map(|row| wall(row.due_at)).collect();
    assert_eq!(breached, ["2026-10-14 17:30"]);
    assert_eq!(story.case.violations.len(), 1);
}

#[test]
fn waiting_its_turn_breaches_nothing() {
    // Adopted a minute before it was due, counted a minute after.
    let mut story = registered();
    story.counted(
        "2026-10-14 17:29",
        "2026-10-14 17:31",
        off("2026-10-13", "2026-10-13"),
        Edited::Calendar,
    );
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-15 17:30");
    assert!(story.breaches().is_empty());
}

#[test]
fn a_date_that_a_person_gave_stands() {
    let mut promised = registered();
    promised.at("2026-10-08 10:30").by("wang").must(Command::Promise {
        until: t("2026-10-13 12:00"),
        text: "周二前答复".to_owned(),
    });
    assert_eq!(promised.edited("2026-10-09 10:00", off("2026-10-12", "2026-10-14")), []);
    assert_eq!(promised.due(DeadlineKind::Close), "2026-10-13 12:00");

    let mut extended = registered();
    extended.at("2026-10-08 10:30").by("li").must(Command::Extend {
        until: t("2026-10-20 17:30"),
        text: "须现场勘查".to_owned(),
        caller_told: Some("已电话告知".to_owned()),
    });
    // So long a matter wants feedback, and that is a count: it moves.
    let moved = extended.edited("2026-10-09 10:00", off("2026-10-12", "2026-10-21"));
    let of_feedback = |event: &Event| {
        matches!(
            event,
            Event::CalendarChanged {
                deadline: DeadlineKind::Feedback,
                ..
            }
        )
    };
    assert!(moved.len() == 1 && moved.iter().all(of_feedback), "{moved:?}");
    assert_eq!(extended.due(DeadlineKind::Close), "2026-10-20 17:30");
}

#[test]
fn a_closed_case_is_not_touched() {
    let mut story = Story::call("2026-10-08 10:00");
    story.at("2026-10-08 10:30").by("wang").must(close_own());
    assert_eq!(story.case.state, CaseState::Closed);
    assert_eq!(story.edited("2026-10-09 10:00", off("2026-10-12", "2026-10-14")), []);
}

#[test]
fn f41_a_zone_that_moves_by_an_hour_moves_what_is_to_come() {
    let mut story = registered();
    let tokyo = Calendar {
        zone: TimeZone::get("Asia/Tokyo").unwrap(),
        ..calendar()
    };
    let events = story.counted("2026-10-09 10:00", "2026-10-09 10:00", tokyo, Edited::Zone);
    assert!(
        matches!(
            events.as_slice(),
            [Event::CalendarChanged {
                edited: Edited::Zone,
                ..
            }]
        ),
        "{events:?}"
    );
    assert_eq!(
        story.due(DeadlineKind::Close),
        "2026-10-14 16:30",
        "17:30 in the new zone"
    );
}

#[test]
fn f45_a_calendar_without_working_time_moves_nothing_and_a_mended_one_dates_what_had_none() {
    let closed = Calendar {
        hours: WeekHours::closed(),
        work: Vec::new(),
        ..calendar()
    };
    let mut story = registered();
    assert_eq!(story.edited("2026-10-09 10:00", closed.clone()), []);
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-14 17:30");

    let mut born = Story::draft_in(
        policy(),
        closed,
        opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00"),
    );
    born.settled();
    let kinds: Vec<_> = born.case.undated.iter().map(|undated| undated.kind).collect();
    assert_eq!(kinds, [DeadlineKind::Register, DeadlineKind::Close]);
    assert!(born.case.is_open() && born.case.deadlines.is_empty());
    born.edited("2026-10-09 10:00", calendar());
    // The end of the 8th has passed: one business hour from now.
    assert_eq!(born.due(DeadlineKind::Register), "2026-10-09 11:00");
    assert_eq!(born.due(DeadlineKind::Close), "2026-10-14 17:30");
    assert!(born.case.undated.is_empty());
}

#[test]
fn rungs_before_the_move_are_not_told_again() {
    let mut story = registered();
    let told = |story: &Story, now: &str| -> Vec<(u32, String)> {
        ladder::due_notices(&story.case, &story.policy, &story.calendar, &story.directory, t(now))
            .iter()
            .map(|notice| (notice.rung, wall(notice.at)))
            .collect()
    };
    assert_eq!(told(&story, "2026-10-13 18:00"), [(0, "2026-10-13 17:30".to_owned())]);
    // Wednesday is off: due Thu 15; its rung 0 would have been on Tuesday at 17:30, before the move.
    story.edited("2026-10-13 18:00", off("2026-10-14", "2026-10-14"));
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-15 17:30");
    assert_eq!(told(&story, "2026-10-15 17:29"), []);
    assert_eq!(told(&story, "2026-10-15 17:30"), [(1, "2026-10-15 17:30".to_owned())]);
    // Moved earlier on, the heads-up comes anew.
    let mut early = registered();
    early.edited("2026-10-09 10:00", off("2026-10-14", "2026-10-14"));
    assert_eq!(told(&early, "2026-10-13 17:30"), [(0, "2026-10-13 17:30".to_owned())]);
}
