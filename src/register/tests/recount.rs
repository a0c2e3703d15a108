//! The calendar and the policy change under open cases: what the database notices, and that a crash loses nothing.
//!
//! Answered Thu 5 Mar 09:00, day and night at work: `close` (5 days) is Fri 6 … Tue 10, due when the 10th ends.

use super::*;
use crate::calendar::{OffDays, WeekHours};
use crate::case::{DeadlineKind, Edited, Event};

fn leg(id: u32, caller: u32) -> String {
    format!("leg {id} 8021 08:59:00 5 50 last from 139{caller:08}")
}

/// A case of wang's, settled.
fn with_a_case() -> House {
    let mut house = House::new();
    house.says("09:00:00", &[&leg(1, 1)]);
    house.tick("09:00:01");
    house
}

fn edited(edit: impl FnOnce(&mut Rules)) -> Arc<Rules> {
    let mut rules = rules_of(DIRECTORY, POLICY);
    edit(&mut rules);
    Arc::new(rules)
}

/// The weekend off.
fn with_days_off() -> Arc<Rules> {
    edited(|rules| {
        rules.calendar.off.push(OffDays {
            from: "2026-03-07".parse().unwrap(),
            to: "2026-03-08".parse().unwrap(),
            name: Default::default(),
        });
    })
}

/// Day of March and clock, Beijing time.
fn march(text: &str) -> Timestamp {
    format!("2026-03-{}+08:00", text.replace(' ', "T")).parse().unwrap()
}

impl House {
    fn close_due(&self, case: i64) -> Timestamp {
        self.case(case).live(DeadlineKind::Close).unwrap().due_at
    }

    fn changes(&self, case: i64) -> Vec<Edited> {
        let events = self.reader().events(CaseId::new(case)).unwrap();
        let edits = events.iter().filter_map(|row| match row.event {
            Event::CalendarChanged { edited, .. } => Some(edited),
            _ => None,
        });
        edits.collect()
    }

    fn adopt(&mut self, clock: &str, rules: Arc<Rules>) {
        self.now = t(clock);
        self.store.adopt(rules, t(clock)).unwrap();
    }

    fn alarms(&self) -> Vec<String> {
        self.reader()
            .alarms()
            .unwrap()
            .iter()
            .map(|row| row.alarm.key())
            .collect()
    }
}

#[test]
fn a_reload_with_another_calendar_moves_open_deadlines_once() {
    let mut house = with_a_case();
    assert_eq!(house.close_due(1), march("11 00:00:00"));
    house.adopt("10:00:00", with_days_off());
    house.tick("10:00:00");
    assert_eq!(
        house.close_due(1),
        march("13 00:00:00"),
        "Sat 7 and Sun 8 are passed over"
    );
    assert_eq!(house.changes(1), [Edited::Calendar]);
    // A restart and a reload with the same files change nothing.
    house.restart_with(with_days_off());
    house.adopt("11:00:00", with_days_off());
    house.tick("11:00:00");
    assert_eq!(house.changes(1), [Edited::Calendar]);
    // And back.
    house.adopt("12:00:00", rules());
    house.tick("12:00:00");
    assert_eq!(house.close_due(1), march("11 00:00:00"));
}

#[test]
fn an_edit_while_the_program_was_off_is_noticed_at_the_start() {
    let mut house = with_a_case();
    house.restart_with(with_days_off());
    house.tick("10:00:00");
    assert_eq!(house.changes(1), [Edited::Calendar]);
}

#[test]
fn other_names_of_days_off_move_nothing() {
    let mut house = House::with(with_days_off());
    house.says("09:00:00", &[&leg(1, 1)]);
    house.tick("09:00:01");
    let renamed = edited(|rules| {
        rules.calendar = with_days_off().calendar.clone();
        rules.calendar.off[0].name.zh = Some("停电".to_owned());
        rules.calendar.known_until = Some("2027-12-31".parse().unwrap());
    });
    house.adopt("10:00:00", renamed);
    house.tick("10:00:00");
    assert_eq!(house.changes(1), []);
}

#[test]
fn a_crash_in_the_middle_counts_each_case_once() {
    let mut house = House::new();
    let lines: Vec<String> = (1..=11).map(|id| leg(id, id)).collect();
    house.says("09:00:00", &lines.iter().map(String::as_str).collect::<Vec<_>>());
    house.tick("09:00:01");
    house.adopt("10:00:00", with_days_off());
    // One transaction, of ten cases in tests, then the end.
    let now = t("10:00:01");
    assert!(house.store.transact(|s| s.tick(now)).unwrap());
    // Events, and cases that have one.
    let counted = |house: &House| -> (i64, i64) {
        let count = "SELECT count(*), count(DISTINCT case_id) FROM event WHERE body LIKE '%\"calendar_changed\"%'";
        let row = house
            .store
            .conn
            .query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)));
        row.unwrap()
    };
    assert_eq!(counted(&house), (10, 10));
    house.restart_with(with_days_off());
    house.tick("10:01:00");
    assert_eq!(counted(&house), (11, 11), "none twice");
}

#[test]
fn nothing_falls_due_before_it_was_counted_again() {
    let mut house = with_a_case();
    // Adopted a minute before the end of the 10th; the clock comes two minutes later.
    house.now = march("10 23:59:00");
    house.store.adopt(with_days_off(), house.now).unwrap();
    let later = march("11 00:01:00");
    while house.store.transact(|s| s.tick(later)).unwrap() {}
    assert_eq!(house.close_due(1), march("13 00:00:00"));
    let late = house
        .case(1)
        .deadlines
        .iter()
        .filter(|row| row.kind == DeadlineKind::Close && row.breached_at.is_some())
        .count();
    assert_eq!(late, 0);
}

#[test]
fn an_edit_that_is_not_committed_is_noticed_again() {
    let mut house = with_a_case();
    let failed = house.store.transact(|s| {
        s.take_over(with_days_off(), t("10:00:00"))?;
        Err::<(), Error>(Error::Stopped("full".to_owned()))
    });
    assert!(failed.is_err());
    house.tick("10:00:01");
    assert_eq!(house.changes(1), []);
    house.adopt("10:01:00", with_days_off());
    house.tick("10:01:00");
    assert_eq!(house.changes(1), [Edited::Calendar]);
}

#[test]
fn f41_other_rules_of_the_zone_move_what_is_to_come() {
    // An hour ahead, until the time-zone data is brought up to date.
    let ahead = edited(|rules| rules.calendar.zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(9)));
    let mut house = House::with(Arc::clone(&ahead));
    house.says("09:00:00", &[&leg(1, 1)]);
    house.tick("09:00:01");
    assert_eq!(house.close_due(1), march("10 23:00:00"));
    house.adopt("10:00:00", rules());
    house.tick("10:00:00");
    assert_eq!(house.close_due(1), march("11 00:00:00"));
    assert_eq!(house.changes(1), [Edited::Zone]);
}

#[test]
fn f41_a_change_far_ahead_is_noticed_and_one_that_is_past_is_not() {
    let mut house = with_a_case();
    let known = house.store.meta("calendar").unwrap().unwrap();
    let with_offsets = |offsets: &str| {
        let mut known: serde_json::Value = serde_json::from_str(&known).unwrap();
        known["offsets"] = serde_json::from_str(offsets).unwrap();
        known.to_string()
    };
    let (begin, june, yesterday) = (
        millis(t("08:00:00")),
        1_780_243_200_000_i64,
        millis(march("04 08:00:00")),
    );
    for (stored, notices) in [
        // As it is.
        (format!("[[{begin},28800]]"), false),
        // Summer time was to begin in June, and was given up.
        (format!("[[{begin},28800],[{june},32400]]"), true),
        // What was before today is nobody's deadline any more.
        (format!("[[{yesterday},32400],[{begin},28800]]"), false),
        // An hour off today.
        (format!("[[{begin},32400]]"), true),
    ] {
        let text = with_offsets(&stored);
        house.store.transact(|s| s.set_meta("calendar", &text)).unwrap();
        house.adopt("10:00:00", rules());
        assert_eq!(house.store.meta("recount").unwrap().is_some(), notices, "{stored}");
        house.tick("10:00:00");
        assert_eq!(house.store.meta("recount").unwrap(), None, "{stored}");
    }
    assert_eq!(house.changes(1), [], "it was right all the time");
}

#[test]
fn f45_the_end_of_known_holidays_is_an_alarm_once_and_over_when_they_are_known() {
    let known_until = |date: &str| {
        let date = date.parse().unwrap();
        edited(|rules| rules.calendar.known_until = Some(date))
    };
    // 61 days before, then 60: the program runs on, nobody reloads.
    let mut house = House::with(known_until("2026-05-05"));
    house.tick("09:00:00");
    assert_eq!(house.alarms(), [""; 0]);
    let tomorrow = march("06 00:00:00");
    while house.store.transact(|s| s.tick(tomorrow)).unwrap() {}
    assert_eq!(house.alarms(), ["calendar_ends"]);
    let letters = |house: &House| house.reader().outbox(false, None).unwrap().len();
    assert_eq!(letters(&house), 1);
    house.now = march("06 09:00:00");
    house.restart_with(known_until("2026-05-05"));
    assert_eq!((house.alarms(), letters(&house)), (vec!["calendar_ends".to_owned()], 1));
    let now = house.now;
    // A later day that is still near: the alarm names it.
    house.store.adopt(known_until("2026-05-01"), now).unwrap();
    let named = house.reader().alarms().unwrap()[0].alarm.clone();
    assert_eq!(
        named,
        Alarm::CalendarEnds {
            known_until: "2026-05-01".parse().unwrap()
        }
    );
    house.store.adopt(known_until("2027-12-31"), now).unwrap();
    assert_eq!(house.alarms(), [""; 0]);
}

#[test]
fn f45_a_calendar_without_working_time_is_an_alarm_and_the_case_stays_visible() {
    let closed = edited(|rules| rules.calendar.hours = WeekHours::closed());
    let mut house = House::with(closed);
    assert_eq!(house.alarms(), ["no_working_time"]);
    house.says("09:00:00", &[&leg(1, 1)]);
    house.tick("09:00:01");
    let case = house.case(1);
    assert_eq!(house.cases(), 1);
    // The register deadline runs day and night; `close` has no date, and says so.
    assert_eq!(case.live(DeadlineKind::Close), None);
    assert_eq!(case.undated.len(), 1);
    house.adopt("10:00:00", rules());
    house.tick("10:00:00");
    assert_eq!(house.alarms(), [""; 0]);
    assert_eq!(house.close_due(1), march("11 00:00:00"));
}

#[test]
fn a_deadline_that_moved_away_and_back_is_told_of() {
    let mut house = with_a_case();
    let registered = Command::Register(crate::case::Particulars {
        caller_name: Some("a".to_owned()),
        matter: Some("b".to_owned()),
        ..Default::default()
    });
    house.change(1, &registered, "wang").unwrap();
    house.adopt("10:00:00", with_days_off());
    house.tick("10:00:00");
    house.adopt("12:00:00", rules());
    house.tick("12:00:00");
    assert_eq!(house.close_due(1), march("11 00:00:00"));
    let (due, sent) = (march("11 00:00:00"), march("11 00:01:00"));
    while house.store.transact(|s| s.tick(due)).unwrap() {}
    let begun = house.store.transact(|s| s.begin_mail(sent, &[], &compose)).unwrap();
    assert_eq!(
        begun.map(|begun| String::from_utf8(begun.bytes).unwrap()).as_deref(),
        Some("wang: 1 1")
    );
}

#[test]
fn f38_what_a_jump_forward_breached_stays_and_is_not_breached_again_after_the_jump_back() {
    // `register` is due at 09:01:50. The wall clock jumps to the next day, and back before the deadline.
    let mut house = with_a_case();
    let tomorrow = march("06 09:00:00");
    while house.store.transact(|s| s.tick(tomorrow)).unwrap() {}
    let late = |house: &House| {
        let rows = house.case(1).deadlines;
        let late: Vec<_> = rows
            .iter()
            .filter_map(|row| row.breached_at.map(|at| (row.kind, at)))
            .collect();
        (late, house.case(1).violations.len())
    };
    assert_eq!(late(&house), (vec![(DeadlineKind::Register, tomorrow)], 1));
    let notices = |house: &House| -> i64 {
        let counted = house
            .store
            .conn
            .query_row("SELECT count(*) FROM notice", [], |row| row.get(0));
        counted.unwrap()
    };
    let told = notices(&house);
    house.tick("09:00:30").tick("09:01:50").tick("09:30:00");
    assert_eq!(
        late(&house),
        (vec![(DeadlineKind::Register, tomorrow)], 1),
        "a fact, for somebody to waive"
    );
    assert_eq!(notices(&house), told, "nobody is told twice");
    // `close` lies ahead of both clocks, and runs on.
    assert_eq!(house.close_due(1), march("11 00:00:00"));
}

/// A policy that differs from [`POLICY`] by its register deadline, effective on a day of March.
fn policy(register: u32, effective: &str) -> Arc<Rules> {
    let text = format!(r#"clock.register="{register}s", effective=2026-{effective}"#);
    Arc::new(rules_of(
        DIRECTORY,
        &format!("{POLICY}, {text}").replace(r#"clock.register="120s", "#, ""),
    ))
}

fn version(rules: &Rules) -> String {
    rules.policy.version.clone()
}

#[test]
fn going_back_to_an_old_version_keeps_its_first_period() {
    let (a, b) = (policy(100, "01-01"), policy(200, "01-01"));
    let mut house = House::with(Arc::clone(&a));
    house.adopt("09:00:00", Arc::clone(&b));
    house.adopt("10:00:00", Arc::clone(&a));
    house.restart_with(Arc::clone(&a));
    // The first two lines come late, each for its own period.
    let lines = [
        "leg 1 8021 08:30:00 5 50 last from 13900000001",
        "leg 2 8021 09:30:00 5 50 last from 13900000002",
        "leg 3 8021 10:30:00 5 50 last from 13900000003",
    ];
    house.says("10:32:00", &lines);
    let versions = [1, 2, 3].map(|id| house.case(id).policy.1);
    assert_eq!(versions, [version(&a), version(&b), version(&a)]);
    // Back to B: what was answered before stays under its version.
    house.adopt("11:00:00", Arc::clone(&b));
    house.says(
        "11:31:00",
        &[
            "leg 4 8021 09:59:00 5 50 last from 13900000004",
            "leg 5 8021 11:30:00 5 50 last from 13900000005",
        ],
    );
    let versions = [3, 4, 5].map(|id| house.case(id).policy.1);
    assert_eq!(versions, [version(&a), version(&b), version(&b)]);
}

#[test]
fn versions_that_take_effect_later_follow_one_another() {
    let (a, b, c) = (policy(100, "01-01"), policy(200, "03-06"), policy(300, "03-08"));
    let mut house = House::with(Arc::clone(&a));
    house.adopt("09:00:00", Arc::clone(&b));
    house.adopt("09:01:00", Arc::clone(&c));
    let at = |house: &House, text: &str| house.store.policies.at(march(text)).version.clone();
    for (when, expected) in [
        ("05 12:00:00", &a),
        ("05 23:59:59", &a),
        ("06 00:00:00", &b),
        ("07 23:59:59", &b),
        ("08 00:00:00", &c),
        ("20 00:00:00", &c),
    ] {
        assert_eq!(at(&house, when), version(expected), "{when}");
    }
    house.restart_with(Arc::clone(&c));
    assert_eq!(at(&house, "07 12:00:00"), version(&b), "after a restart too");
}

#[test]
fn what_was_taken_back_before_its_day_never_takes_effect() {
    let (a, later) = (policy(100, "01-01"), policy(200, "03-10"));
    let mut house = House::with(Arc::clone(&a));
    house.adopt("09:00:00", later);
    house.adopt("10:00:00", Arc::clone(&a));
    assert_eq!(house.store.policies.at(march("12 09:00:00")).version, version(&a));
}

#[test]
fn a_stored_policy_that_can_not_be_read_costs_its_cases_their_rules_and_nothing_more() {
    let (a, b) = (policy(100, "01-01"), policy(200, "01-01"));
    let mut house = House::with(Arc::clone(&a));
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house.adopt("10:00:00", Arc::clone(&b));
    house.says("10:02:05", &["leg 2 8022 10:01:00 5 60 last from 13900000002"]);
    house
        .store
        .conn
        .execute("UPDATE policy SET text = 'id = 5' WHERE version = ?", [version(&a)])
        .unwrap();
    house.restart_with(Arc::clone(&b));
    assert_eq!(house.case(1).policy.1, version(&a), "its own, for life");
    let alarms = |house: &House| house.reader().alarms().unwrap();
    let raised = alarms(&house);
    let [raised] = &raised[..] else { panic!("{raised:?}") };
    let Alarm::PolicyUnread { policy, cases, why } = &raised.alarm else {
        panic!("{raised:?}")
    };
    assert_eq!(
        (policy.as_str(), *cases),
        (format!("bureau {}", version(&a)).as_str(), 1)
    );
    assert!(
        why.contains(":1:1: `ladder` is missing"),
        "where and what is wrong: {why}"
    );
    house.tick("12:00:00");

    // The newest one can't be read either, as after a downgrade: what is loaded is in force from now on.
    house
        .store
        .conn
        .execute("UPDATE policy SET text = 'id = 5'", [])
        .unwrap();
    let c = self::policy(300, "01-01");
    house.restart_with(Arc::clone(&c));
    house.says("12:02:05", &["leg 3 8021 12:01:00 5 60 last from 13900000003"]);
    assert_eq!(house.case(3).policy.1, version(&c));

    house.store.conn.execute("UPDATE cases SET open = 0", []).unwrap();
    house.restart_with(c);
    assert!(alarms(&house).is_empty(), "nothing goes by it");
}
