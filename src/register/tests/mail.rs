//! Notices, and what becomes of them before and after their message is begun.

use super::*;
use crate::case::{Outcome, Particulars};

/// A settled case of wang, whose register deadline lies at 09:02:05.
fn house(policy: &str) -> House {
    let mut house = House::with(Arc::new(rules_of(DIRECTORY, &format!("{POLICY}{policy}"))));
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house
}

fn begin(house: &mut House, clock: &str) -> Option<Begun> {
    house.store.transact(|s| s.begin_mail(t(clock), &compose)).unwrap()
}

fn fate(house: &mut House, begun: &Begun, fate: &Fate, clock: &str) {
    house
        .store
        .transact(|s| s.mail_fate(begun.message, fate, t(clock)))
        .unwrap();
}

/// What is mailed to whom by then, sent at once.
fn mailed(house: &mut House, clock: &str) -> Vec<String> {
    let mut told = Vec::new();
    while let Some(begun) = begin(house, clock) {
        fate(house, &begun, &Fate::Sent, clock);
        told.push(String::from_utf8(begun.bytes).unwrap());
    }
    told
}

fn notices(house: &House) -> Vec<(i64, String, String, Option<String>)> {
    let rows = house.reader().notices(CaseId::new(1)).unwrap();
    rows.into_iter().map(|n| (n.rung, n.person, n.state, n.why)).collect()
}

fn waiting(rung: i64, person: &str) -> (i64, String, String, Option<String>) {
    (rung, person.to_owned(), "waiting".to_owned(), None)
}

fn skipped(rung: i64, person: &str, why: &str) -> (i64, String, String, Option<String>) {
    (rung, person.to_owned(), "skipped".to_owned(), Some(why.to_owned()))
}

fn registered() -> Command {
    Command::Register(Particulars {
        caller_name: Some("a".to_owned()),
        matter: Some("b".to_owned()),
        ..Particulars::default()
    })
}

#[test]
fn a_notice_is_written_once_however_often_the_clock_looks() {
    let mut house = house("");
    house.tick("09:02:04");
    assert_eq!(notices(&house), []);
    house.tick("09:02:05").tick("09:02:05").tick("09:03:00");
    house.restart_with(Arc::new(rules_of(DIRECTORY, POLICY)));
    house.tick("09:04:00");
    assert_eq!(notices(&house), [waiting(1, "wang")]);
    // The first due notice waits a minute for others.
    assert!(begin(&mut house, "09:03:04").is_none());
    assert_eq!(mailed(&mut house, "09:03:05"), ["wang: 1 1"]);
    house.tick("10:00:00");
    assert_eq!(mailed(&mut house, "10:02:00"), [] as [&str; 0]);
}

#[test]
fn f54_a_notice_falls_out_when_its_case_was_closed_or_the_deadline_met_before_its_mail() {
    let mut registered_in_time = house("");
    registered_in_time.tick("09:02:05");
    registered_in_time.change(1, &registered(), "wang").unwrap();
    assert_eq!(mailed(&mut registered_in_time, "09:05:00"), [] as [&str; 0]);
    assert_eq!(notices(&registered_in_time), [skipped(1, "wang", "it was met before")]);

    let mut closed = house("");
    closed.tick("09:02:05");
    let close = Command::Close {
        outcome: Outcome::Handled,
        text: "done for her".to_owned(),
        of: None,
        particulars: Particulars {
            caller_name: Some("a".to_owned()),
            matter: Some("b".to_owned()),
            duty: Some(crate::case::Duty::Own),
            ..Particulars::default()
        },
    };
    closed.change(1, &close, "wang").unwrap();
    assert_eq!(mailed(&mut closed, "09:05:00"), [] as [&str; 0]);
    assert_eq!(notices(&closed), [skipped(1, "wang", "the case was closed before")]);
}

#[test]
fn f54_after_a_put_through_the_new_handler_hears_instead() {
    let mut house = house("");
    house.tick("09:02:05");
    house.says("09:02:30", &["leg 1 8022 09:01:05 3 80"]);
    assert_eq!(house.handler(1), "liu");
    // The rung that is due and the news that the caller was put through go out together.
    assert_eq!(mailed(&mut house, "09:05:00"), ["liu: 1 1, 1 0"]);
    assert_eq!(
        notices(&house)[0],
        skipped(1, "wang", "the case has another handler now")
    );
    assert_eq!(mailed(&mut house, "09:10:00"), [] as [&str; 0]);
}

#[test]
fn who_takes_over_is_not_told_of_what_the_former_handler_was_told() {
    let mut house = house("");
    house.tick("09:02:05");
    assert_eq!(mailed(&mut house, "09:03:05"), ["wang: 1 1"]);
    house.says("09:04:00", &["leg 1 8022 09:01:05 3 80"]);
    assert_eq!(house.handler(1), "liu");
    house.tick("09:05:00");
    // That the caller was put through, and nothing of the rung that came when wang had it.
    assert_eq!(mailed(&mut house, "09:10:00"), ["liu: 1 0"]);
}

#[test]
fn a_rung_that_is_for_the_supervisor_reaches_the_supervisor() {
    let ladder = r#", ladder=[
        {rung=1, at="0s", to=["handler"]},
        {rung=2, at="1h", to=["supervisor"], cc=["handler"]},
        {rung=3, at="2h", to=["manager"]} ]"#;
    let mut house = house(ladder);
    house.tick("09:02:05");
    assert_eq!(mailed(&mut house, "09:03:05"), ["wang: 1 1"]);
    house.tick("10:02:05");
    assert_eq!(mailed(&mut house, "10:03:05"), ["li: 1 2", "wang: 1 2"]);
    house.tick("11:02:05");
    assert_eq!(mailed(&mut house, "11:03:05"), ["zhao: 1 3"]);
}

#[test]
fn what_falls_due_together_goes_out_together() {
    let mut house = house("");
    house.says("09:01:15", &["leg 2 8021 09:00:10 5 60 last from 13900000002"]);
    house.tick("09:02:05").tick("09:02:15");
    assert_eq!(mailed(&mut house, "09:03:05"), ["wang: 1 1, 2 1"]);
}

#[test]
fn f49_a_message_whose_fate_is_unknown_is_sent_again_byte_for_byte() {
    let mut house = house("");
    house.tick("09:02:05");
    let begun = begin(&mut house, "09:05:00").unwrap();
    house.restart();
    // Meanwhile its deadline was met: the bytes stay, for the other side may have them.
    house.change(1, &registered(), "wang").unwrap();
    let again = begin(&mut house, "09:06:00").unwrap();
    assert_eq!(again, begun);
    fate(&mut house, &again, &Fate::Sent, "09:06:00");
    assert_eq!(begin(&mut house, "09:07:00"), None);
    assert_eq!(notices(&house)[0].2, "sent");
}

#[test]
fn a_later_try_waits_for_its_time() {
    let mut house = house("");
    house.tick("09:02:05");
    let begun = begin(&mut house, "09:05:00").unwrap();
    let at = t("09:05:00") + MINUTE;
    fate(
        &mut house,
        &begun,
        &Fate::Later {
            at,
            why: "busy".to_owned(),
            everybody: false,
        },
        "09:05:00",
    );
    assert_eq!(house.store.next_mail().unwrap(), Some(t("09:06:00")));
    assert_eq!(begin(&mut house, "09:05:59"), None);
    let again = begin(&mut house, "09:06:00").unwrap();
    assert_eq!((again.attempts, &again.bytes), (1, &begun.bytes));
}

#[test]
fn quiet_hours_hold_what_came_until_the_opening() {
    let mut house = House::with(Arc::new(rules_of(
        DIRECTORY,
        r#"mail.quiet="09:00-10:00", clock.floor="0s", clock.register="120s", opens.missed="count""#,
    )));
    house
        .says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"])
        .tick("09:02:05");
    assert_eq!(house.store.next_mail().unwrap(), Some(t("10:00:00")));
    assert_eq!(mailed(&mut house, "09:59:59"), [] as [&str; 0]);
    assert_eq!(mailed(&mut house, "10:00:00"), ["wang: 1 1"]);
}

#[test]
fn an_alarm_is_told_once_until_it_is_over_and_flickering_writes_one_letter() {
    let mut house = house("");
    let silent = Alarm::FeedSilent {
        feed: "pbx".to_owned(),
        since: t("09:00:00"),
    };
    let raise = |house: &mut House, clock: &str| house.store.transact(|s| s.raise_alarm(&silent, t(clock))).unwrap();
    let letters = |house: &House| {
        let rows = house.reader().outbox(false, None).unwrap();
        rows.len()
    };
    assert!(raise(&mut house, "10:00:00"));
    assert!(!raise(&mut house, "10:30:00"), "it stands already");
    assert_eq!(letters(&house), 1);
    assert_eq!(house.reader().alarms().unwrap()[0].alarm, silent);

    let clear = |house: &mut House, clock: &str| {
        house
            .store
            .transact(|s| s.clear_alarm("feed_silent:pbx", t(clock)))
            .unwrap()
    };
    assert!(clear(&mut house, "11:00:00"));
    assert!(!clear(&mut house, "11:00:01"), "it is over already");
    assert!(house.reader().alarms().unwrap().is_empty());

    assert!(raise(&mut house, "11:30:00"), "it stands again");
    assert_eq!(letters(&house), 1, "a second letter within six hours");
    clear(&mut house, "15:00:00");
    raise(&mut house, "16:00:00");
    assert_eq!(letters(&house), 2, "six hours after the first letter there is another");
}
