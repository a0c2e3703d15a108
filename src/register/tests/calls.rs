//! Legs become calls, calls settle, cases follow.

use super::*;
use crate::call::{Certainty, Doubt};
use crate::case::{CaseState, Event, Outcome, Particulars};

fn note() -> Command {
    Command::Note { text: "n".to_owned() }
}

fn close(text: &str) -> Command {
    Command::Close {
        outcome: Outcome::Handled,
        text: text.to_owned(),
        of: None,
        particulars: Particulars {
            caller_name: Some("a".to_owned()),
            matter: Some("b".to_owned()),
            duty: Some(crate::case::Duty::Own),
            ..Particulars::default()
        },
    }
}

fn first(house: &House, case: i64) -> Option<String> {
    house.case(case).first_answerer.map(|person| person.to_string())
}

#[test]
fn a_call_without_an_end_mark_settles_sixty_seconds_after_its_last_line() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60"]);
    assert!(!house.case(1).settled);
    // Another line of the call begins the minute anew.
    house.says("09:01:35", &["miss 1 8022 09:01:05 10"]);
    house.tick("09:02:05");
    house.tick("09:02:34");
    assert!(!house.case(1).settled && !house.calls()[0].settled);
    assert_eq!(house.store.next_look().unwrap(), Some(t("09:02:35")));
    house.tick("09:02:35");
    assert!(house.case(1).settled && house.calls()[0].settled);
    // With the end mark it settles at once.
    house.says("09:11:05", &["leg 2 8022 09:10:00 5 60 last from 13900000002"]);
    assert!(house.case(2).settled);
}

#[test]
fn until_it_settles_the_first_answerer_is_computed_freely() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 9 60"]);
    assert_eq!(first(&house, 1).as_deref(), Some("wang"));
    house.says("09:01:06", &["leg 1 8022 09:00:00 4 2"]);
    assert_eq!(
        (first(&house, 1).as_deref(), house.handler(1).as_str()),
        (Some("liu"), "liu")
    );
    // At settling the later answer, which took over, gets the case.
    house.tick("09:02:06");
    assert_eq!(
        (first(&house, 1).as_deref(), house.handler(1).as_str()),
        (Some("liu"), "wang")
    );
    assert!(!house.case(1).evidence_differs);
}

#[test]
fn a_late_leg_fills_a_null_first_answerer() {
    let mut house = House::new();
    // The front desk has nobody on its roster in the morning: a hole.
    house.says("09:01:05", &["leg 1 8000 09:00:00 9 60"]).tick("09:02:05");
    assert_eq!((first(&house, 1), house.handler(1).as_str()), (None, "li"));
    assert_eq!(house.case(1).certainty, Certainty::Ambiguous);
    house.says("09:30:00", &["leg 1 8022 09:00:00 4 20"]);
    assert_eq!(
        (first(&house, 1).as_deref(), house.handler(1).as_str()),
        (Some("liu"), "liu")
    );
    assert!(!house.case(1).evidence_differs);
}

#[test]
fn a_late_leg_never_replaces_a_name() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 9 60"]).tick("09:02:05");
    house.says("09:30:00", &["leg 1 8022 09:00:00 4 2"]);
    let case = house.case(1);
    assert_eq!(
        (first(&house, 1).as_deref(), house.handler(1).as_str()),
        (Some("wang"), "wang")
    );
    assert!(case.evidence_differs);
    assert_eq!(case.evidence_person.unwrap().as_str(), "liu");
    // The call itself is the fold of all its legs.
    assert_eq!(house.calls()[0].person.as_deref(), Some("liu"));
}

#[test]
fn a_late_leg_that_names_nobody_before_a_name_is_a_clash_of_evidence() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 9 60"]).tick("09:02:05");
    // Somebody at an extension without an owner was faster.
    house.says("09:30:00", &["leg 1 8999 09:00:00 4 2"]);
    assert_eq!(house.calls()[0].doubts, [Doubt::Unmapped]);
    let case = house.case(1);
    assert!(case.evidence_differs && case.evidence_person.is_none());
    assert_eq!(first(&house, 1).as_deref(), Some("wang"));
}

#[test]
fn a_late_put_through_moves_custody_but_not_after_a_person_acted() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60"]).tick("09:02:05");
    house.says("09:20:00", &["leg 1 8022 09:01:05 3 10"]);
    assert_eq!(
        (first(&house, 1).as_deref(), house.handler(1).as_str()),
        (Some("wang"), "liu")
    );

    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60"]).tick("09:02:05");
    house.says("09:20:00", &["leg 1 8022 09:01:05 3 9"]);
    assert_eq!(house.handler(1), "wang", "nine seconds took nothing over");

    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60"]).tick("09:02:05");
    house.change(1, &close("done for her"), "wang").unwrap();
    let custody = house.case(1).custody;
    house.says("09:20:00", &["leg 1 8022 09:01:05 3 90"]);
    assert_eq!((house.handler(1).as_str(), house.case(1).custody), ("wang", custody));
    assert_eq!(house.case(1).passed_on.len(), 1, "kept as evidence");
}

#[test]
fn put_throughs_count_in_the_order_of_answers_whatever_was_printed_first() {
    let mut house = House::new();
    // wang asks li (printed first, for it ended first), then liu had the caller already.
    let lines = [
        "leg 1 8021 09:00:00 5 60",
        "leg 1 8023 09:02:00 5 20",
        "leg 1 8022 09:01:05 3 600",
    ];
    house.says("09:11:08", &lines).tick("09:12:08");
    let passed = house.case(1).passed_on;
    let passed: Vec<&str> = passed.iter().map(|passed| passed.extension.as_str()).collect();
    assert_eq!(passed, ["8022", "8023"]);
    assert_eq!(house.handler(1), "li");
}

#[test]
fn the_same_caller_again_is_a_chase_with_another_answerer_a_linked_case() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house.says("10:01:05", &["leg 2 8021 10:00:00 5 60 last"]);
    assert_eq!((house.cases(), house.case(1).chases), (1, 1));
    assert_eq!(house.calls()[1].case, Some(CaseId::new(1)));
    house.says("10:31:05", &["leg 3 8022 10:30:00 5 60 last"]);
    assert_eq!((house.cases(), house.case(1).chases), (2, 2));
    assert_eq!(house.case(2).linked, Some(CaseId::new(1)));
    // After closing: a new case.
    house.change(1, &close("done for her"), "wang").unwrap();
    house.change(2, &close("done for her"), "liu").unwrap();
    house.says("11:01:05", &["leg 4 8021 11:00:00 5 60 last"]);
    assert_eq!(house.cases(), 3);
    assert!(house.change(3, &note(), "wang").is_ok());
}

#[test]
fn the_same_caller_twice_within_the_minute_of_settling_is_one_case() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60"]);
    house.says("09:01:40", &["leg 2 8021 09:01:20 5 15"]);
    house.tick("09:02:05").tick("09:02:40");
    assert_eq!((house.cases(), house.case(1).chases), (1, 1));
    assert!(house.case(1).settled);
    assert_eq!(house.calls()[1].case, Some(CaseId::new(1)));
}

#[test]
fn a_call_that_cant_be_settled_does_not_stop_the_clock_of_others() {
    let mut house = House::new();
    house.says(
        "09:01:05",
        &["leg 1 8021 09:00:00 5 60", "leg 2 8022 09:00:00 5 60 from 13900000002"],
    );
    house
        .store
        .conn
        .execute("UPDATE leg SET start = 'x' WHERE call = 1", [])
        .unwrap();
    house.tick("09:02:05");
    assert_eq!(
        house.calls().iter().map(|call| call.settled).collect::<Vec<_>>(),
        [false, true]
    );
    // The same for a case.
    house
        .store
        .conn
        .execute("UPDATE cases SET body = 'x', look_at = 0 WHERE id = 1", [])
        .unwrap();
    house.tick("09:05:00");
    assert!(
        house
            .case(2)
            .deadlines
            .iter()
            .any(|deadline| deadline.breached_at.is_some())
    );
}

#[test]
fn a_draft_whose_first_answerer_turns_out_to_have_the_callers_case_ends_in_it() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    // Liu's leg comes first, so it looks like another answerer's: a draft, tied to wang's case.
    house.says("09:11:10", &["leg 2 8022 09:10:00 9 60"]);
    let draft = house.case(2);
    assert_eq!((draft.settled, draft.linked), (false, Some(CaseId::new(1))));
    assert_eq!((house.handler(2).as_str(), house.case(1).chases), ("liu", 1));
    // Wang had answered before.
    house.says("09:11:11", &["leg 2 8021 09:10:00 4 2"]);
    assert_eq!(first(&house, 2).as_deref(), Some("wang"));
    house.tick("09:12:11");
    let (old, draft) = (house.case(1), house.case(2));
    assert_eq!((draft.state, draft.linked), (CaseState::Void, Some(CaseId::new(1))));
    assert!(draft.deadlines.is_empty() && draft.violations.is_empty());
    assert_eq!((old.chases, old.chased_by.len()), (1, 1), "the call counts once");
    assert_eq!((house.handler(1).as_str(), old.state), ("wang", CaseState::Open));
    let call = house.calls().into_iter().find(|call| call.id.get() == 2).unwrap();
    assert_eq!((call.settled, call.case), (true, Some(CaseId::new(1))));
    let told = |id: i64, event: Event| {
        let events = house.reader().events(CaseId::new(id)).unwrap();
        events.iter().filter(|row| row.event == event).count()
    };
    assert_eq!(told(2, Event::Attached { to: CaseId::new(1) }), 1);
    let joined = Event::Joined {
        call: crate::ids::CallId::new(2),
        from: CaseId::new(2),
    };
    assert_eq!(told(1, joined), 1);
    // A leg that comes later still is evidence of the call, and opens nothing.
    house.says("09:20:00", &["leg 2 8023 09:10:00 30 5"]);
    assert_eq!(
        (house.case(1).state, house.case(2).state),
        (CaseState::Open, CaseState::Void)
    );
    assert_eq!(house.case(1).version, old.version);
}

#[test]
fn a_draft_that_a_person_acted_on_stays_a_case_of_its_own() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house.says("09:11:10", &["leg 2 8022 09:10:00 9 60"]);
    house.says("09:11:11", &["leg 2 8021 09:10:00 4 2"]);
    house.change(2, &close("done"), "wang").unwrap();
    house.tick("09:12:11");
    assert_eq!(
        (house.case(2).state, house.case(1).state),
        (CaseState::Closed, CaseState::Open)
    );
}

/// Missed calls open call-back cases, as in the shipped policy.
fn with_call_backs() -> House {
    let policy = POLICY.replace(r#", opens.missed="count""#, "");
    House::with(Arc::new(rules_of(DIRECTORY, &policy)))
}

#[test]
fn a_caller_is_not_called_back_by_the_next_number_dialled() {
    let mut house = with_call_backs();
    house.says("09:30:20", &["miss - 8021 09:30:00 20 last from 13800005555"]);
    assert_eq!(house.case(1).kind, crate::case::CaseKind::Callback);
    // Nobody is at home; the next number, dialled on the same trunk within the stamps' minute, answers.
    let lines = [
        "out - 8021 09:40:00 0 0 to 13800005555 coarse",
        "out - 8021 09:40:00 0 180 to 13900006666 coarse",
    ];
    house.says("09:43:00", &lines).tick("09:45:00");
    assert_eq!(house.calls().len(), 3);
    assert_eq!(house.case(1).state, CaseState::Open);
    // Tried again, and answered.
    house.says("09:52:00", &["out - 8021 09:50:00 0 120 to 13800005555 coarse"]);
    house.tick("09:54:00");
    assert_eq!(
        (house.case(1).state, house.case(1).outcome),
        (CaseState::Closed, Some(Outcome::CalledBack))
    );
}

#[test]
fn a_call_back_within_the_minute_counts_where_stamps_lack_seconds() {
    let mut house = with_call_backs();
    // Hung up at 09:02:05; called back at 09:02:10 for 160 s. Reckoned back from the minute of the end, as printed:
    // missed at 09:02:00, called back at 09:01:20.
    house.says("09:02:05", &["miss - 8021 09:01:40 20 last from 13800005555 coarse"]);
    house.says("09:04:50", &["out - 8021 09:01:20 0 160 last to 13800005555 coarse"]);
    assert_eq!(house.case(1).outcome, Some(Outcome::CalledBack));
}

#[test]
fn who_withheld_their_number_is_known_by_the_trunk() {
    let mut house = House::new();
    let lines = [
        "leg - 8021 09:00:00 5 60 from ????",
        "miss - 8022 09:01:06 9 from anonymous",
    ];
    house.says("09:02:00", &lines).tick("09:04:00");
    // Written in two ways, on one trunk: one call.
    assert_eq!(house.calls().len(), 1);
    house.says("09:10:00", &["miss - 8022 09:09:00 9 from 13900000007"]);
    assert_eq!(house.calls().len(), 2);
}
