//! The ladder: instants, people, and when the clock looks again. wang's supervisor is li, li's is zhao, the manager.

use super::*;
use crate::case::ladder::{NoticeDue, SkipReason, due_notices, next_instant, overtaken, rungs, skipped};

impl Story {
    fn notices(&self, now: &str) -> Vec<NoticeDue> {
        due_notices(&self.case, &self.policy, &self.calendar, &self.directory, t(now))
    }

    /// `close/3.0 li, wang*` at each rung that has come; a star is a copy.
    fn told(&self, now: &str) -> Vec<String> {
        let mut told: Vec<(String, Vec<String>)> = Vec::new();
        for notice in self.notices(now) {
            let key = format!(
                "{:?}/{}.{} {}",
                notice.kind,
                notice.rung,
                notice.repeat,
                wall(notice.at)
            );
            let person = format!("{}{}", notice.person, if notice.copy { "*" } else { "" });
            match told.iter_mut().find(|(known, _)| *known == key) {
                Some((_, people)) => people.push(person),
                None => told.push((key, vec![person])),
            }
        }
        told.into_iter()
            .map(|(key, people)| format!("{key} {}", people.join(",")))
            .collect()
    }

    fn next(&self, now: &str) -> Option<String> {
        next_instant(&self.case, &self.policy, &self.calendar, t(now)).map(wall)
    }
}

/// Registered, so that only `close`, due Wed 14 Oct 17:30, is left.
fn registered() -> Story {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").must(register("张三", "执照"));
    story
}

#[test]
fn rungs_fall_where_the_policy_says() {
    let story = registered();
    let row = story.case.live(DeadlineKind::Close).unwrap();
    let at: Vec<String> = rungs(&story.case, row, &story.policy, &story.calendar)
        .iter()
        .map(|rung| wall(rung.at))
        .collect();
    let expected = [
        "2026-10-13 17:30",
        "2026-10-14 17:30",
        "2026-10-15 17:30",
        "2026-10-19 17:30",
        "2026-10-21 17:30",
    ];
    assert_eq!(at, expected);
}

#[test]
fn who_is_told_and_who_gets_a_copy() {
    let story = registered();
    assert_eq!(story.told("2026-10-13 17:29"), [""; 0]);
    assert_eq!(
        story.told("2026-10-28 17:30"),
        [
            "Close/0.0 2026-10-13 17:30 wang",
            "Close/1.0 2026-10-14 17:30 wang",
            "Close/2.0 2026-10-15 17:30 wang,li*",
            "Close/3.0 2026-10-19 17:30 li,wang*,zhao*",
            "Close/4.0 2026-10-21 17:30 zhao,li*",
            "Close/4.1 2026-10-28 17:30 zhao,li*",
        ]
    );
}

#[test]
fn a_head_has_fewer_above() {
    let mut story = Story::draft(opening_of(CaseKind::Call, Some("li"), "2026-10-08 10:00"));
    story.settled();
    story.by("li").must(register("张三", "执照"));
    assert_eq!(
        story.told("2026-10-21 17:30")[2..],
        [
            "Close/2.0 2026-10-15 17:30 li,zhao*",
            "Close/3.0 2026-10-19 17:30 zhao,li*",
            "Close/4.0 2026-10-21 17:30 zhao",
        ]
    );
}

#[test]
fn above_the_topmost_the_handler_is_told() {
    let mut story = Story::draft(opening_of(CaseKind::Call, Some("zhao"), "2026-10-08 10:00"));
    story.settled();
    story.by("zhao").must(register("张三", "执照"));
    assert_eq!(
        story.told("2026-10-21 17:30")[2..],
        [
            "Close/2.0 2026-10-15 17:30 zhao",
            "Close/3.0 2026-10-19 17:30 zhao",
            "Close/4.0 2026-10-21 17:30 zhao",
        ]
    );
}

#[test]
fn a_heads_up_before_the_deadline_was_set_is_skipped() {
    let story = Story::call("2026-10-08 10:00");
    // Registering is due today; a business day before that was 30 September.
    let told = story.told("2026-10-08 17:30");
    assert_eq!(told, ["Register/1.0 2026-10-08 17:30 wang"]);
    let skipped = skipped(&story.case, &story.policy, &story.calendar);
    assert_eq!(skipped.len(), 1);
    assert_eq!((skipped[0].kind, skipped[0].rung), (DeadlineKind::Register, 0));
    assert_eq!(skipped[0].at.map(wall).as_deref(), Some("2026-09-30 17:30"));
    assert_eq!(skipped[0].reason, SkipReason::BeforeCreation);
}

#[test]
fn a_deadline_late_from_the_start_is_still_told_once() {
    let mut quick = policy();
    quick.clock.floor = Span::Elapsed(0);
    quick.clock.register = Some(Span::Elapsed(30));
    let mut story = Story::draft_in(
        quick,
        calendar(),
        opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00"),
    );
    story.settled();
    assert_eq!(story.told("2026-10-08 10:01"), ["Register/1.0 2026-10-08 10:00 wang"]);
}

#[test]
fn silence_for_drafts_done_and_observed() {
    let far = "2026-12-01 10:00";
    let draft = Story::draft(opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00"));
    assert_eq!((draft.told(far).len(), draft.next(far)), (0, None));
    let mut story = registered();
    assert!(
        story
            .notices(far)
            .iter()
            .all(|notice| notice.kind == DeadlineKind::Close),
        "register was met"
    );
    story.policy.observe_only = true;
    assert_eq!(story.told(far).len(), 0);
    assert_eq!(
        story.next("2026-10-08 11:00").as_deref(),
        Some("2026-10-14 17:30"),
        "the breach is still recorded"
    );
    story.policy.observe_only = false;
    story.by("wang").at("2026-10-08 11:00").must(close_own());
    assert_eq!((story.told(far).len(), story.next(far)), (0, None));
    story.by("li").must(Command::Void {
        reason: "测试".to_owned(),
    });
    assert_eq!((story.told(far).len(), story.next(far)), (0, None));
}

#[test]
fn the_clock_looks_again_at_each_step() {
    let mut story = registered();
    let steps = [
        ("2026-10-08 11:00", "2026-10-13 17:30"),
        ("2026-10-13 17:30", "2026-10-14 17:30"),
        // Not found passed yet: the deadline itself, though it lies behind.
        ("2026-10-14 17:30", "2026-10-14 17:30"),
    ];
    for (now, next) in steps {
        assert_eq!(story.next(now).as_deref(), Some(next), "at {now}");
    }
    story.pass("2026-10-14 17:30");
    let steps = [
        ("2026-10-14 17:30", "2026-10-15 17:30"),
        ("2026-10-19 17:30", "2026-10-21 17:30"),
        ("2026-10-21 17:30", "2026-10-28 17:30"),
        ("2026-10-28 17:29", "2026-10-28 17:30"),
        ("2026-10-28 17:30", "2026-11-04 17:30"),
    ];
    for (now, next) in steps {
        assert_eq!(story.next(now).as_deref(), Some(next), "at {now}");
    }
}

#[test]
fn a_repetition_of_many_is_found_and_given_once() {
    let mut story = registered();
    story.policy.ladder.retain(|rung| rung.rung == 1);
    story.policy.ladder[0].every = Some(Span::Elapsed(60));
    let told = story.notices("2026-10-16 17:30:30");
    let repeats: Vec<u32> = told.iter().map(|notice| notice.repeat).collect();
    // Two days of 1,440 minutes.
    assert_eq!(repeats, [0, 2880]);
    let next = next_instant(&story.case, &story.policy, &story.calendar, t("2026-10-16 17:30:30"));
    assert_eq!(next, Some(t("2026-10-14 17:30")), "the breach first");
    story.policy.ladder[0].every = Some(Span::Elapsed(0));
    assert_eq!(story.notices("2026-10-16 17:30").len(), 1, "no interval, no repetition");
}

#[test]
fn a_new_handler_is_urged_instead_of_the_old_one() {
    let mut story = Story::call("2026-10-08 10:00");
    story.as_actor(Actor::Switch).at("2026-10-08 10:30");
    story.must(late::put_through("sun", "roads", "8031", "2026-10-08 10:02", 60));
    let told = story.told("2026-10-09 17:30");
    assert_eq!(told[1], "Register/2.0 2026-10-09 17:30 sun,chen*");
}

#[test]
fn after_a_standstill_a_person_hears_of_a_deadline_once() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").at("2026-10-08 11:00").must(register("张三", "执照"));
    // Close is due Wed 14 Oct 17:30; found on Fri 16 at nine: rungs 0 (Tue), 1 (Wed), 2 (Thu).
    story.pass("2026-10-16 09:00");
    let due = due_notices(&story.case, &story.policy, &story.calendar, &story.directory, story.now);
    let told = |now: &str| {
        let kept = due.iter().filter(|notice| !overtaken(notice, &due, t(now)));
        kept.map(|notice| (notice.rung, notice.person.as_str()))
            .collect::<Vec<_>>()
    };
    assert_eq!(told("2026-10-16 09:00"), [(2, "wang"), (2, "li")]);
    // Within the hour nothing has stood still: the rungs of Thu 17:30 and before, asked about at that time.
    assert_eq!(told("2026-10-13 18:30")[0], (0, "wang"));
}
