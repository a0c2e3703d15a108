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
    house.store.transact(|s| s.begin_mail(t(clock), &[], &compose)).unwrap()
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
fn a_rung_that_came_just_before_the_switch_spoke_is_told_by_the_next_look() {
    let ladder = r#", ladder=[
        {rung=1, at="0s", to=["handler"]},
        {rung=2, at="1h", to=["supervisor"]},
        {rung=3, at="2h", to=["manager"]} ]"#;
    let mut house = house(ladder);
    house.tick("09:02:05");
    assert_eq!(mailed(&mut house, "09:03:05"), ["wang: 1 1"]);
    // The second rung comes at 10:02:05, the caller's next call a second later, and only then the clock looks.
    house.says("10:02:06", &["leg 2 8021 10:01:00 5 60 last"]);
    house.tick("10:02:07");
    let told = notices(&house);
    assert!(told.contains(&waiting(2, "li")), "{told:?}");
}

fn assign(house: &mut House, to: &str, clock: &str) {
    house.now = t(clock);
    let command = Command::Assign {
        to: crate::case::To::Person(to.parse().unwrap()),
        reason: "knows the matter".to_owned(),
    };
    house.change(1, &command, "li").unwrap();
}

#[test]
fn who_gets_a_case_back_is_told_of_the_rung_that_fell_out_meanwhile() {
    let mut house = house("");
    house.tick("09:02:05");
    assign(&mut house, "liu", "09:02:30");
    // Wang's falls out, and that the case is another's is told; liu's waits for its minute.
    assert_eq!(mailed(&mut house, "09:03:05"), ["wang: 1 0"]);
    assign(&mut house, "wang", "09:03:10");
    let told = mailed(&mut house, "09:10:00");
    assert!(
        told.iter()
            .any(|mail| mail.starts_with("wang: ") && mail.contains("1 1")),
        "{told:?}"
    );
    assert!(told.iter().all(|mail| !mail.starts_with("liu: 1 1")), "{told:?}");
}

#[test]
fn a_copy_that_went_out_does_not_stand_for_the_handlers_own() {
    // As when the supervisor's mail goes and the handler's waits for quiet hours.
    let mut house = house(r#", ladder=[{rung=2, at="0s", to=["handler"], cc=["supervisor"]}]"#);
    house.tick("09:02:05");
    house
        .store
        .conn
        .execute("UPDATE notice SET state = 'sent' WHERE person = 'li'", [])
        .unwrap();
    assign(&mut house, "liu", "09:03:00");
    let told = mailed(&mut house, "09:10:00");
    assert!(told.iter().any(|mail| mail.starts_with("liu: 1 2")), "{told:?}");
}

#[test]
fn a_notice_of_a_case_that_waits_for_its_caller_falls_out_for_that() {
    let mut house = house(r#", category.service.close="2h", ladder=[{rung=0, at="-100m", to=["handler"]}]"#);
    house.change(1, &registered(), "wang").unwrap();
    house.tick("09:25:00");
    assert_eq!(notices(&house), [waiting(0, "wang")]);
    let wait = Command::Wait {
        reason: "caller_papers".to_owned(),
        text: "brings the licence".to_owned(),
        until: None,
    };
    house.change(1, &wait, "wang").unwrap();
    assert_eq!(mailed(&mut house, "09:30:00"), [] as [&str; 0]);
    assert_eq!(notices(&house), [skipped(0, "wang", "the case waits for the caller")]);
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
fn what_fell_out_before_a_later_try_was_not_sent() {
    let mut house = house("");
    house.says("09:01:15", &["leg 2 8021 09:00:10 5 60 last from 13900000002"]);
    house.tick("09:02:05").tick("09:02:15");
    let begun = begin(&mut house, "09:03:05").unwrap();
    let later = Fate::Later {
        at: t("09:04:05"),
        why: "busy".to_owned(),
        everybody: false,
        alarm: false,
    };
    fate(&mut house, &begun, &later, "09:03:05");
    house.change(1, &registered(), "wang").unwrap();
    assert_eq!(mailed(&mut house, "09:05:00"), ["wang: 2 1"]);
    assert_eq!(notices(&house), [skipped(1, "wang", "it was met before")]);
    // Nor does it count among what the message carries: that is the other case's.
    let carried = &house.reader().outbox(false, None).unwrap()[0].notices;
    assert_eq!(carried, &[2]);
}

#[test]
fn f47_the_five_days_begin_with_the_first_failed_try_since_mail_was_let_go() {
    let mut house = house("");
    house.tick("09:02:05");
    let at = |days: i64| t("09:05:00") + SignedDuration::from_hours(24 * days);
    let try_on = |house: &mut House, day: i64| {
        let begun = house
            .store
            .transact(|s| s.begin_mail(at(day), &[], &compose))
            .unwrap()
            .unwrap();
        let greylisted = Fate::Later {
            at: at(day),
            why: "451 greylisted".to_owned(),
            everybody: false,
            alarm: false,
        };
        house
            .store
            .transact(|s| s.mail_fate(begun.message, &greylisted, at(day)))
            .unwrap();
        house.reader().outbox(false, None).unwrap()[0].state.clone()
    };
    assert_eq!(try_on(&mut house, 0), "waiting");
    house
        .store
        .transact(|s| s.hold_mail("the clock jumped", at(0)))
        .unwrap();
    house.store.retry_mail(at(7)).unwrap();
    assert_eq!(
        try_on(&mut house, 7),
        "waiting",
        "the first try after a week of holding"
    );
    assert_eq!(try_on(&mut house, 11), "waiting");
    assert_eq!(try_on(&mut house, 12), "failed");
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
            alarm: false,
        },
        "09:05:00",
    );
    assert_eq!(house.store.next_mail(t("09:05:00")).unwrap(), Some(t("09:06:00")));
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
    assert_eq!(house.store.next_mail(t("09:05:00")).unwrap(), Some(t("10:00:00")));
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

/// More rows of people, holdings and what people have.
fn people(replaced: &[(&str, &str)]) -> Arc<Rules> {
    let mut directory = DIRECTORY.to_owned();
    for (from, to) in replaced {
        assert!(directory.contains(from), "{from}");
        directory = directory.replace(from, to);
    }
    Arc::new(rules_of(&directory, POLICY))
}

/// Away on these days of March, liu stands in.
fn away(person: &str, from: u32, to: u32) -> (String, String) {
    let head = format!("{{id=\"{person}\",");
    let more = format!(" deputies=[\"liu\"], away=[{{from=2026-03-{from:02}, to=2026-03-{to:02}}}],");
    (head.clone(), head + &more)
}

fn both_away() -> Arc<Rules> {
    let (wang, li) = (away("wang", 5, 5), away("li", 5, 6));
    people(&[(&wang.0, &wang.1), (&li.0, &li.1)])
}

#[test]
fn f53_what_several_who_are_away_should_know_goes_to_their_deputy_as_one_mail() {
    let mut house = House::with(both_away());
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house.says("09:01:15", &["leg 2 8023 09:00:10 5 60 last from 13900000002"]);
    house.says("09:01:25", &["leg 3 8022 09:00:20 5 60 last from 13900000003"]);
    house.tick("09:02:30");
    // Wang's case, Li's and Liu's own.
    assert_eq!(mailed(&mut house, "09:05:00"), ["liu: 1 1, 2 1, 3 1"]);
    let whose: Vec<String> = (1..=3)
        .flat_map(|id| house.reader().notices(CaseId::new(id)).unwrap())
        .map(|n| format!("{} {}", n.person, n.state))
        .collect();
    assert_eq!(
        whose,
        ["wang sent", "li sent", "liu sent"],
        "each notice stays its person's"
    );
    // Back at the desk: what the deputy was told is not told again.
    assert_eq!(mailed(&mut house, "23:59:59"), [] as [&str; 0]);
    house.store.adopt(people(&[]), t("10:00:00")).unwrap();
    house.tick("10:01:00");
    assert_eq!(mailed(&mut house, "10:05:00"), [] as [&str; 0]);
}

#[test]
fn what_waits_to_be_tried_again_leaves_the_deputy_when_its_person_is_back() {
    let mut house = House::with(both_away());
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house.says("09:01:15", &["leg 2 8022 09:00:10 5 60 last from 13900000002"]);
    house.tick("09:02:15");
    let begun = begin(&mut house, "09:05:00").unwrap();
    assert_eq!(begun.reader, "liu");
    let later = Fate::Later {
        at: t("09:06:00"),
        why: "busy".to_owned(),
        everybody: false,
        alarm: false,
    };
    fate(&mut house, &begun, &later, "09:05:00");
    house.store.adopt(people(&[]), t("09:05:30")).unwrap();
    assert_eq!(mailed(&mut house, "09:06:30"), ["liu: 2 1", "wang: 1 1"]);
}

#[test]
fn quiet_hours_and_the_days_share_are_those_of_who_reads() {
    // Liu works in the afternoon only; Wang, who is away, all day.
    let wang = away("wang", 5, 5);
    let directory = DIRECTORY
        .replace(&wang.0, &wang.1)
        .replace(r#"{id="liu","#, r#"{id="liu", hours="mon-fri 13:30-17:30","#);
    let policy = format!(
        "{}, {}",
        POLICY.replace(r#"mail.quiet="none""#, r#"mail.quiet="outside hours""#),
        "mail.cap_per_day=1"
    );
    let mut house = House::with(Arc::new(rules_of(&directory, &policy)));
    house
        .says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"])
        .tick("09:02:05");
    assert_eq!(house.store.next_mail(t("09:02:05")).unwrap(), Some(t("13:30:00")));
    let waits = house
        .reader()
        .waiting_notices(house.store.rules(), t("09:02:05"))
        .unwrap();
    let liu = Some("liu".parse().unwrap());
    assert_eq!(
        (&waits[0].reader, &waits[0].waits_for, waits[0].goes_at, waits.len()),
        (&liu, &WaitsFor::QuietHours, Some(t("13:30:00")), 1)
    );
    assert_eq!(mailed(&mut house, "13:30:00"), ["liu: 1 1"]);
    // Liu has had the one mail of the day: what is for Liu comes tomorrow, at the opening.
    house
        .says("13:31:05", &["leg 2 8022 13:30:05 5 60 last from 13900000002"])
        .tick("13:32:10");
    let tomorrow = "2026-03-06T13:30:00+08:00".parse().unwrap();
    assert_eq!(house.store.next_mail(t("13:32:10")).unwrap(), Some(tomorrow));
}

#[test]
fn an_offer_to_a_department_is_told_to_all_who_may_accept_until_one_does() {
    let offered = |house: &mut House, to: &str| {
        let command = Command::HandOver {
            to: Some(crate::case::To::Department(to.parse().unwrap())),
            text: "yours, I think".to_owned(),
            particulars: Particulars::default(),
        };
        house.change(1, &command, "wang").unwrap();
    };
    let told = |house: &House| -> Vec<String> {
        let mut told: Vec<String> = house
            .reader()
            .notices(CaseId::new(1))
            .unwrap()
            .iter()
            .filter(|n| n.kind == "offered")
            .map(|n| format!("{} {} {}", n.person, n.state, n.why.as_deref().unwrap_or("-")))
            .collect();
        told.sort();
        told
    };
    // Liu and Li the head; not Wang, who has it still.
    let mut house = house("");
    offered(&mut house, "permits");
    assert_eq!(told(&house), ["li waiting -", "liu waiting -"]);
    house.change(1, &Command::Accept, "liu").unwrap();
    // The register deadline, at 09:02:05, is met; the window of the offers ends then.
    house.change(1, &registered(), "liu").unwrap();
    assert_eq!(mailed(&mut house, "09:03:00"), [] as [&str; 0]);
    assert_eq!(
        told(&house),
        ["li skipped it is no longer so", "liu skipped it is no longer so"]
    );
    // A department of which only the head has a mailbox: the head.
    let zhao = r#" {id="zhao","#;
    let more = format!(r#" {{id="sun", name="孙丽", department="bureau"}},{zhao}"#);
    let mut other = House::with(people(&[(zhao, &more)]));
    other.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    offered(&mut other, "bureau");
    assert_eq!(told(&other), ["zhao waiting -"]);
}

#[test]
fn an_offer_that_nobody_accepts_in_time_is_told_as_bounced_to_who_offered_it() {
    let mut house = house(r#", clock.accept="30m", ladder=[{rung=1, at="1000h", to=["handler"]}]"#);
    let offer = Command::HandOver {
        to: Some(crate::case::To::Person("liu".parse().unwrap())),
        text: "yours, I think".to_owned(),
        particulars: Particulars::default(),
    };
    house.change(1, &offer, "wang").unwrap();
    assert_eq!(mailed(&mut house, "09:10:00"), ["liu: 1 0"]);
    house.tick("09:31:05");
    assert_eq!(house.handler(1), "wang");
    assert_eq!(mailed(&mut house, "09:40:00"), ["wang: 1 0"]);
    let kinds: Vec<String> = house
        .reader()
        .notices(CaseId::new(1))
        .unwrap()
        .into_iter()
        .map(|n| format!("{} {}", n.kind, n.person))
        .collect();
    assert_eq!(kinds, ["offered liu", "bounced wang"]);
}

#[test]
fn what_reaches_nobody_waits_with_an_alarm_and_goes_when_a_mailbox_is_there() {
    let mut house = house("");
    house.tick("09:02:05");
    for address in ["wang@x.cn", "li@x.cn", "zhao@x.cn"] {
        let dead = "INSERT INTO dead_address(address, since, why) VALUES (?, 0, 'gone')";
        house.store.conn.execute(dead, [address]).unwrap();
    }
    assert_eq!(mailed(&mut house, "09:05:00"), [] as [&str; 0]);
    let alarms = |house: &House| -> Vec<String> {
        house
            .reader()
            .alarms()
            .unwrap()
            .iter()
            .map(|row| row.alarm.key())
            .collect()
    };
    assert_eq!(alarms(&house), ["nobody_to_tell:wang"]);
    let waits = house
        .reader()
        .waiting_notices(house.store.rules(), t("09:05:00"))
        .unwrap();
    assert_eq!((&waits[0].reader, &waits[0].waits_for), (&None, &WaitsFor::Mailbox));
    house.store.retry_mail(t("09:06:00")).unwrap();
    assert_eq!(mailed(&mut house, "09:07:00"), ["wang: 1 1"]);
    assert_eq!(begin(&mut house, "09:08:00"), None);
    assert_eq!(alarms(&house), [] as [&str; 0]);
}

#[test]
fn a_handler_without_a_mailbox_is_read_by_the_supervisor_and_it_is_shown() {
    let mut house = House::with(people(&[(r#" mail="wang@x.cn","#, "")]));
    house
        .says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"])
        .tick("09:02:05");
    assert_eq!(mailed(&mut house, "09:05:00"), ["li: 1 1"]);
    let keys = |house: &House| -> Vec<String> {
        house
            .reader()
            .alarms()
            .unwrap()
            .iter()
            .map(|row| row.alarm.key())
            .collect()
    };
    assert_eq!(keys(&house), ["no_mailbox:wang"]);
    house.store.adopt(people(&[]), t("10:00:00")).unwrap();
    assert_eq!(begin(&mut house, "10:01:00"), None);
    assert_eq!(keys(&house), [] as [&str; 0]);
}

#[test]
fn f46_an_hour_without_any_mail_is_an_alarm_until_one_gets_through() {
    let mut house = house("");
    house.tick("09:02:05");
    let keys = |house: &House| -> Vec<String> {
        house
            .reader()
            .alarms()
            .unwrap()
            .iter()
            .map(|row| row.alarm.key())
            .collect()
    };
    let no_connection = |at: &str| Fate::Later {
        at: t(at),
        why: "mail:25: connecting: the connection failed".to_owned(),
        everybody: true,
        alarm: false,
    };
    for (at, next, standing) in [
        ("09:05:00", "09:30:00", 0),
        ("10:04:59", "10:05:00", 0),
        ("10:05:00", "10:30:00", 1),
    ] {
        let begun = begin(&mut house, at).unwrap();
        fate(&mut house, &begun, &no_connection(next), at);
        assert_eq!(keys(&house).len(), standing, "{at}");
    }
    assert_eq!(
        mailed(&mut house, "10:30:00").first().map(String::as_str),
        Some("wang: 1 1")
    );
    assert_eq!(keys(&house), [] as [&str; 0]);
}

#[test]
fn f50_what_is_being_sent_is_not_begun_again_and_holds_nobody_else() {
    let mut house = house("");
    house.says("09:01:15", &["leg 2 8022 09:00:10 5 60 last from 13900000002"]);
    house.tick("09:02:15");
    let stuck = begin(&mut house, "09:05:00").unwrap();
    let next = |house: &mut House| {
        house
            .store
            .transact(|s| s.begin_mail(t("09:05:01"), &[stuck.message], &compose))
            .unwrap()
    };
    let other = next(&mut house).unwrap();
    assert_eq!((stuck.reader.as_str(), other.reader.as_str()), ("wang", "liu"));
    fate(&mut house, &other, &Fate::Sent, "09:05:02");
    assert_eq!(next(&mut house), None);
    // After a crash nobody has it in hand.
    assert_eq!(begin(&mut house, "09:06:00").unwrap().message, stuck.message);
}

/// So many cases of wang's, and of liu's ten seconds later, as an outage leaves them: copies of two real ones.
fn all_due(each: u32) -> House {
    let mut house = house("");
    house.says("09:01:15", &["leg 2 8022 09:00:10 5 60 last from 13900000002"]);
    let copy = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?2)
        INSERT INTO cases SELECT ?1 + 2 * n, version, kind, state, settled, open, handler, first_answerer, department,
          caller_key || '-' || n, call, opened_at, closed_at, due_at, look_at, json_set(body, '$.id', ?1 + 2 * n)
        FROM cases, n WHERE id = ?1";
    for id in [1, 2] {
        house.store.conn.execute(copy, [id, each - 1]).unwrap();
    }
    house
}

#[test]
fn f55_everything_due_at_once_is_claimed_in_batches_oldest_first_and_told_in_digests() {
    let long = std::env::var_os("FIRSTANSWER_LONG").is_some_and(|v| v != "0");
    // Ten mails of the day are the most that anybody gets.
    let each: u32 = if long { 50_000 } else { 10_000 };
    let mut house = all_due(each);
    house.tick("10:00:00");
    let mut told = Vec::new();
    while let Some(mail) = begin(&mut house, "10:02:00") {
        fate(&mut house, &mail, &Fate::Sent, "10:02:00");
        let text = String::from_utf8(mail.bytes).unwrap();
        told.push((mail.reader, text.split(", ").count()));
    }
    // 5,000 in one, so no transaction takes all; wang's, which fell due first, before liu's.
    let mails = each as usize / 5_000;
    let expected: Vec<_> = ["wang", "liu"]
        .iter()
        .flat_map(|who| vec![((*who).to_owned(), 5_000); mails])
        .collect();
    assert_eq!(told, expected);
    let left: i64 = house
        .store
        .conn
        .query_row("SELECT count(*) FROM notice WHERE state != 'sent'", [], |r| r.get(0))
        .unwrap();
    assert_eq!(left, 0);
}
