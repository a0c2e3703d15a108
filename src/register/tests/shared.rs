//! Two stores on one file, rules that change, and what a failed transaction leaves.

use super::*;
use crate::case::Refusal;

fn note() -> Command {
    Command::Note { text: "n".to_owned() }
}

fn wang() -> Who {
    Who {
        actor: crate::case::Actor::Person("wang".parse().unwrap()),
        channel: "cli",
        seen: None,
    }
}

fn with_a_case() -> House {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house
}

#[test]
fn a_command_beside_the_daemon_sees_and_raises_the_same_version() {
    let mut house = with_a_case();
    let known = house.case(1).version;
    let mut command = Store::open_for_command(&house.path(), rules()).unwrap();
    let seen = house.store.data_version().unwrap();
    let id = CaseId::new(1);
    let changed = command
        .transact(|s| s.change(id, Some(known), &note(), &wang(), t("09:02:00")))
        .unwrap();
    assert_eq!(changed.version, known + 1);
    assert_ne!(house.store.data_version().unwrap(), seen, "the daemon notices");
    // The daemon's page still shows the old version.
    let stale = house
        .store
        .transact(|s| s.change(id, Some(known), &note(), &wang(), t("09:02:01")));
    let Err(Error::Refused { refusal, .. }) = stale else {
        panic!("{stale:?}")
    };
    assert_eq!(refusal, Refusal::Stale { known, now: known + 1 });
    assert_eq!(house.case(1), changed);
}

#[test]
fn a_store_that_can_not_begin_is_busy_and_nothing_is_lost() {
    let mut house = with_a_case();
    let mut command = Store::open_for_command(&house.path(), rules()).unwrap();
    command.conn.busy_timeout(std::time::Duration::from_millis(50)).unwrap();
    let busy = house.store.transact(|_| {
        let id = CaseId::new(1);
        Ok(command.transact(|s| s.change(id, None, &note(), &wang(), t("09:02:00"))))
    });
    assert!(busy.unwrap().unwrap_err().is_busy());
    let done = command.transact(|s| s.change(CaseId::new(1), None, &note(), &wang(), t("09:02:00")));
    assert_eq!(done.unwrap(), house.case(1));
}

#[test]
fn a_command_creates_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fa.db");
    let opened = Store::open_for_command(&path, rules());
    assert!(matches!(opened, Err(Error::Missing { .. })));
    assert!(!path.exists());
}

#[test]
fn rules_that_could_not_be_committed_are_not_in_force_and_can_be_adopted_again() {
    let mut house = with_a_case();
    let newer = Arc::new(rules_of(DIRECTORY, r#"clock.register="600s""#));
    let failed = house.store.transact(|s| {
        s.take_over(Arc::clone(&newer), t("09:05:00"))?;
        Err::<(), Error>(Error::Stopped("full".to_owned()))
    });
    assert!(failed.is_err());
    assert_eq!(house.store.rules().policy.version, rules().policy.version);
    house.store.adopt(Arc::clone(&newer), t("09:06:00")).unwrap();
    let stored: i64 = house
        .store
        .conn
        .query_row(
            "SELECT in_force_from FROM policy WHERE version = ?",
            [&newer.policy.version],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(instant(stored), t("09:06:00"));
}

#[test]
fn a_case_keeps_the_policy_of_its_answer_and_a_late_call_gets_the_one_in_force_then() {
    let mut house = with_a_case();
    let old = rules().policy.version.clone();
    let newer = Arc::new(rules_of(DIRECTORY, r#"clock.register="600s""#));
    house.store.adopt(Arc::clone(&newer), t("09:30:00")).unwrap();
    house.now = t("09:31:00");
    house.change(1, &note(), "wang").unwrap();
    // Answered before the change, printed after it; and one answered after it.
    house.says("09:32:00", &["leg 2 8022 09:29:00 5 60 last from 13900000002"]);
    house.says("09:33:00", &["leg 3 8022 09:31:00 5 60 last from 13900000003"]);
    let versions = [1, 2, 3].map(|id| house.case(id).policy.1);
    assert_eq!(versions, [old.clone(), old, newer.policy.version.clone()]);
}

#[test]
fn a_refused_change_leaves_nothing() {
    let mut house = with_a_case();
    let before = (house.case(1), house.reader().events(CaseId::new(1)).unwrap());
    let reopen = Command::Reopen {
        reason: "why".to_owned(),
    };
    assert!(matches!(house.change(1, &reopen, "wang"), Err(Error::Refused { .. })));
    assert!(matches!(house.change(7, &note(), "wang"), Err(Error::NoCase(_))));
    assert_eq!((house.case(1), house.reader().events(CaseId::new(1)).unwrap()), before);
}

fn admin() -> Who {
    Who {
        actor: crate::case::Actor::Admin,
        channel: "cli",
        seen: None,
    }
}

#[test]
fn who_is_to_answer_an_offer_is_waited_for_and_moved_like_a_handler() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house.says("09:02:05", &["leg 2 8022 09:01:00 5 60 last from 13900000002"]);
    let offer = Command::HandOver {
        to: Some(crate::case::To::Person("liu".parse().unwrap())),
        text: "please".to_owned(),
        particulars: crate::case::Particulars {
            caller_told: Some("told".to_owned()),
            ..crate::case::Particulars::default()
        },
    };
    house.change(1, &offer, "wang").unwrap();
    let who = |people: Vec<crate::ids::PersonId>| people.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(who(house.reader().waited_for().unwrap()), ["liu", "wang"]);
    // liu leaves: the case that liu has, and the one offered to liu, go to li.
    let mut directory = rules().directory.clone();
    directory.people.retain(|person| person.id.as_str() != "liu");
    assert_eq!(who(house.store.orphaned(&directory).unwrap()), ["liu"]);
    let (from, to) = ("liu".parse().unwrap(), "li".parse().unwrap());
    let now = house.now;
    let moved = house.store.transact(|s| s.move_all(&from, &to, "left", &admin(), now));
    assert_eq!(moved.unwrap().len(), 2);
    assert_eq!((house.handler(1).as_str(), house.handler(2).as_str()), ("li", "li"));
    assert_eq!(house.case(1).offer, None);
    assert_eq!(who(house.reader().waited_for().unwrap()), ["li"]);
}

#[test]
fn what_a_leaver_was_offered_by_the_successor_goes_back_to_them() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    let offer = Command::HandOver {
        to: Some(crate::case::To::Person("liu".parse().unwrap())),
        text: "please".to_owned(),
        particulars: crate::case::Particulars::default(),
    };
    house.change(1, &offer, "wang").unwrap();
    let (from, to) = ("liu".parse().unwrap(), "wang".parse().unwrap());
    let now = house.now;
    house
        .store
        .transact(|s| s.move_all(&from, &to, "left", &admin(), now))
        .unwrap();
    assert_eq!((house.handler(1).as_str(), house.case(1).offer), ("wang", None));
}
