//! Legs that come after settling: they fill a gap, move custody, or stand as evidence; they never replace a name.

use super::*;
use crate::case::event::TransferEffect;
use crate::case::policy::TransferRule;
use crate::ids::CallId;

pub(super) fn put_through(to: &str, department: &str, extension: &str, at: &str, talk_seconds: i64) -> Command {
    Command::PutThrough {
        to: p(to),
        department: department.parse().unwrap(),
        extension: extension.to_owned(),
        answered_at: t(at),
        talk_seconds,
    }
}

fn evidence(first: Option<&str>, at: &str) -> Command {
    Command::LateEvidence {
        holding: Box::new(holding(first, at)),
        evidence: "leg 3".to_owned(),
    }
}

fn hole() -> Story {
    let mut story = Story::draft(opening_of(CaseKind::Call, None, "2026-10-08 10:00"));
    story.settled();
    story.at("2026-10-08 10:20").as_actor(Actor::Switch);
    story
}

#[test]
fn a_late_leg_fills_a_hole() {
    let mut story = hole();
    story.must(evidence(Some("wang"), "2026-10-08 10:00"));
    assert_eq!(story.case.first_answerer, Some(p("wang")));
    assert_eq!(story.case.handler, p("wang"));
    assert_eq!(story.case.certainty, Certainty::Certain);
    let who: Vec<_> = story
        .case
        .custody
        .iter()
        .map(|entry| (entry.person.as_str(), entry.to.map(wall)))
        .collect();
    assert_eq!(who, [("li", Some("2026-10-08 10:20".to_owned())), ("wang", None)]);
    assert_eq!(
        story.case.live(DeadlineKind::Close).unwrap().started_at,
        t("2026-10-08 10:00")
    );
    assert_eq!(
        story.must(evidence(Some("wang"), "2026-10-08 10:00")),
        [],
        "twice is once"
    );
}

#[test]
fn a_late_leg_never_replaces_a_name() {
    let mut story = Story::call("2026-10-08 10:00");
    story
        .as_actor(Actor::Switch)
        .must(evidence(Some("liu"), "2026-10-08 09:59"));
    assert_eq!(story.case.first_answerer, Some(p("wang")));
    assert_eq!(story.case.handler, p("wang"));
    assert!(story.case.evidence_differs);
    assert_eq!(story.case.evidence_person, Some(p("liu")));
    assert_eq!(story.must(evidence(Some("liu"), "2026-10-08 09:59")), [], "said once");
}

#[test]
fn evidence_that_was_judged_is_not_raised_again() {
    for named in [Some("liu"), None] {
        let mut story = Story::call("2026-10-08 10:00");
        story.as_actor(Actor::Switch).must(evidence(named, "2026-10-08 09:59"));
        assert!(story.case.evidence_differs);
        story.by("li").must(Command::Correct {
            to: p("sun"),
            reason: "录音核实".to_owned(),
        });
        assert!(!story.case.evidence_differs);
        story.as_actor(Actor::Switch);
        assert_eq!(story.must(evidence(named, "2026-10-08 09:59")), [], "judged");
        // Somebody else is news.
        story.must(evidence(Some("chen"), "2026-10-08 09:58"));
        assert!(story.case.evidence_differs);
    }
}

#[test]
fn after_closing_a_late_leg_is_evidence_only() {
    let mut story = hole();
    story.by("li").must(close_own());
    story
        .as_actor(Actor::Switch)
        .must(evidence(Some("wang"), "2026-10-08 10:00"));
    assert_eq!(story.case.first_answerer, None);
    assert_eq!(story.case.handler, p("li"));
    assert!(story.case.evidence_differs);
    story.by("li").must(Command::Reopen {
        reason: "再办".to_owned(),
    });
    story
        .as_actor(Actor::Switch)
        .must(put_through("sun", "roads", "8031", "2026-10-08 10:02", 60));
    assert_eq!(story.case.handler, p("li"), "a person acted on it");
    assert_eq!(story.case.passed_on[0].effect, TransferEffect::Evidence);
}

#[test]
fn a_missed_call_that_was_answered_after_all_becomes_a_call() {
    let mut story = Story::draft(opening_of(CaseKind::Callback, None, "2026-10-08 10:00"));
    story.settled();
    story
        .as_actor(Actor::Switch)
        .at("2026-10-08 10:20")
        .must(evidence(Some("wang"), "2026-10-08 09:59"));
    assert_eq!(story.case.kind, CaseKind::Call);
    assert_eq!(story.case.first_answerer, Some(p("wang")));
    assert_eq!(story.case.opened_at, t("2026-10-08 09:59"));
    assert_eq!(story.case.live(DeadlineKind::Callback), None);
    assert_eq!(story.due(DeadlineKind::Register), "2026-10-08 17:30");
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-14 17:30");
}

#[test]
fn whoever_takes_the_call_over_becomes_handler() {
    let mut story = Story::call("2026-10-08 10:00");
    let start = story.case.version;
    story.at("2026-10-08 10:30").as_actor(Actor::Switch);
    story.must(put_through("sun", "roads", "8031", "2026-10-08 10:02", 10));
    let case = &story.case;
    assert_eq!((&case.first_answerer, &case.handler), (&Some(p("wang")), &p("sun")));
    assert_eq!(case.department.as_str(), "roads");
    assert_eq!(case.version, start + 1);
    let ledger: Vec<_> = case
        .custody
        .iter()
        .map(|e| (e.person.as_str(), wall(e.from), e.how.as_str()))
        .collect();
    let wang = ("wang", "2026-10-08 10:00".to_owned(), "answered");
    assert_eq!(ledger, [wang, ("sun", "2026-10-08 10:02".to_owned(), "put_through")]);
    assert_eq!(
        story.must(put_through("sun", "roads", "8031", "2026-10-08 10:02", 10)),
        [],
        "read twice"
    );
}

#[test]
fn nine_seconds_move_nothing() {
    let mut story = Story::call("2026-10-08 10:00");
    story
        .as_actor(Actor::Switch)
        .must(put_through("sun", "roads", "8031", "2026-10-08 10:02", 9));
    assert_eq!(story.case.handler, p("wang"));
    assert_eq!(story.case.passed_on[0].effect, TransferEffect::Evidence);
}

#[test]
fn a_put_through_meets_the_relay_and_tells_the_caller() {
    let mut story = Story::call("2026-10-08 10:00");
    story.as_actor(Actor::Switch).at("2026-10-08 10:30").must(put_through(
        "sun",
        "roads",
        "8031",
        "2026-10-08 10:02",
        60,
    ));
    // Whose matter it is, is written down only days later: the switch has proof that it was passed on in time.
    story.by("sun").at("2026-10-12 10:00");
    story.must(Command::Register(Particulars {
        duty: Some(Duty::Other),
        ..particulars("张三", "修路")
    }));
    let row = story
        .case
        .deadlines
        .iter()
        .find(|row| row.kind == DeadlineKind::Relay)
        .unwrap();
    assert_eq!(row.met_at, Some(t("2026-10-08 10:02")));
    assert_eq!(row.breached_at, None);
    story.must(close(Outcome::Handled, "已派人修复", Particulars::default()));
}

#[test]
fn the_policy_says_what_a_transfer_does() {
    for (rule, handler, met) in [
        (TransferRule::Accept, "sun", true),
        (TransferRule::Offer, "wang", true),
        (TransferRule::None, "wang", false),
    ] {
        let mut story = Story::call("2026-10-08 10:00");
        story.policy.opens.transfer = rule;
        story.by("wang").must(Command::Register(with_duty(Duty::Other)));
        story.as_actor(Actor::Switch).at("2026-10-08 10:30");
        story.must(put_through("sun", "roads", "8031", "2026-10-08 10:02", 60));
        assert_eq!(story.case.handler, p(handler), "{rule:?}");
        assert_eq!(story.case.live(DeadlineKind::Relay).is_none(), met, "{rule:?}");
    }
}

#[test]
fn an_earlier_transfer_printed_later_does_not_move_it_back() {
    let mut story = Story::call("2026-10-08 10:00");
    story.as_actor(Actor::Switch).at("2026-10-08 10:30");
    story.must(put_through("sun", "roads", "8031", "2026-10-08 10:05", 60));
    story.must(put_through("liu", "permits", "8022", "2026-10-08 10:02", 170));
    assert_eq!(story.case.handler, p("sun"));
    story.must(put_through("chen", "roads", "8030", "2026-10-08 10:08", 60));
    assert_eq!(story.case.handler, p("chen"));
    assert_eq!(story.case.holder_at(t("2026-10-08 10:06")), &p("sun"));
}

#[test]
fn a_switch_ahead_of_time_dates_no_custody_into_the_future() {
    let mut story = Story::call("2026-10-08 10:00");
    story.as_actor(Actor::Switch).at("2026-10-08 10:30");
    story.must(put_through("sun", "roads", "8031", "2026-10-08 12:00", 60));
    assert_eq!(story.case.custody[1].from, t("2026-10-08 10:30"));
}

#[test]
fn the_caller_ringing_again_is_counted_once_a_call() {
    let mut story = Story::call("2026-10-08 10:00");
    story.as_actor(Actor::Switch);
    for call in [8, 8, 9] {
        story.must(Command::Chase {
            call: CallId::new(call),
            case: None,
        });
    }
    assert_eq!(story.case.chases, 2);
    story.must(Command::Link { to: CaseId::new(3) });
    story.must(Command::Link { to: CaseId::new(4) });
    assert_eq!(story.case.linked, Some(CaseId::new(3)));
    assert!(matches!(
        story.refused(Command::Link { to: CaseId::new(ID) }),
        Refusal::Unknown { field: "of", .. }
    ));
    story.by("wang").must(close_own());
    story.as_actor(Actor::Switch);
    assert!(matches!(
        story.refused(Command::Chase {
            call: CallId::new(10),
            case: None
        }),
        Refusal::WrongState { .. }
    ));
}
