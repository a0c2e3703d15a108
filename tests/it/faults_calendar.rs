//! The calendar changes under open cases, clocks change at night, holidays end: the real program, on simulated time.

use std::fs;

use serde_json::Value;

use crate::house::{House, Plan, crate_root, long, shanghai};
use crate::pbx::IpoLine;

/// One call of Wang's, answered five seconds after `start`, told at once.
fn told(plan: Plan, start: &str) -> (House, i64) {
    let house = plan.open();
    let line = IpoLine::incoming("8021", "13912340001").start(start).ring(5).talk(60);
    house.pbx().connect().send(line);
    house.wait_for_lines(1);
    let id = house.case(1)["id"].as_i64().unwrap();
    (house, id)
}

/// Answered Thu 8 Oct 2026 at 10:00:05.
fn thursday() -> (House, i64) {
    told(House::at("2026-10-08T10:10:00"), "2026/10/08 10:00:00")
}

/// The shipped calendar with Tuesday 13 and Wednesday 14 October off.
fn with_days_off(house: &House) {
    let cn = fs::read_to_string(crate_root().join("config/calendars/cn.toml")).unwrap();
    let row = "off = [\n  {date = 2026-10-13, to = 2026-10-14, name = {zh = \"停电\", en = \"Power cut\"}},";
    house.write("calendar.toml", &cn.replacen("off = [", row, 1));
    let config = fs::read_to_string(house.path("firstanswer.toml")).unwrap();
    let line = config.lines().find(|line| line.starts_with("calendar = ")).unwrap();
    house.write(
        "firstanswer.toml",
        &config.replace(line, "calendar = {path=\"calendar.toml\"}"),
    );
}

/// The sentences of a case's history that tell of a changed calendar.
fn changes(house: &House, id: i64) -> Vec<Value> {
    let shown = house.case_shown(id);
    let events = shown["events"].as_array().expect("events");
    let told = events.iter().filter(|event| event["kind"] == "calendar_changed");
    told.cloned().collect()
}

#[test]
fn a_calendar_edit_and_a_reload_move_the_open_deadline() {
    let (house, id) = thursday();
    assert_eq!(house.due(id, "close"), shanghai("2026-10-14T17:30:00"));
    with_days_off(&house);
    house.sighup();
    // Fri 9, Sat 10 (make-up), Mon 12, Thu 15, Fri 16.
    house.wait_until("the deadline moves", |h| {
        h.due(id, "close") == shanghai("2026-10-16T17:30:00")
    });
    assert_eq!(
        house.due(id, "register"),
        shanghai("2026-10-08T17:30:00"),
        "not touched by it"
    );
    assert_eq!(changes(&house, id).len(), 1);
    let why = house.cli(["case", "why", &id.to_string(), "--lang", "en"]).ends(0).out;
    assert!(why.contains("Power cut"), "{why}");
    assert_eq!(house.case_shown(id)["version"], house.case(1)["version"]);
}

#[test]
fn a_calendar_edit_while_the_program_is_down_is_noticed_at_the_start_and_once() {
    let (mut house, id) = thursday();
    house.kill9();
    with_days_off(&house);
    house.start();
    house.wait_until("the deadline moves", |h| {
        h.due(id, "close") == shanghai("2026-10-16T17:30:00")
    });
    house.restart();
    house.wait_until("the second start has looked", |h| {
        h.log().matches("firstanswer is ready").count() == 3
    });
    assert_eq!(changes(&house, id).len(), 1);
}

#[test]
fn killed_in_the_middle_of_counting_again_it_goes_on_and_moves_each_deadline_once() {
    let mut house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    // One transaction's worth, or two and a half.
    let cases = if long() { 2500 } else { 100 };
    for n in 1..=cases {
        let caller = format!("1391{n:07}");
        let line = IpoLine::incoming("8021", &caller)
            .start("2026/10/08 10:00:00")
            .ring(5)
            .talk(60)
            .id(n);
        pbx.send(line);
    }
    let moved = |house: &House| -> (i64, i64) {
        let database = rusqlite::Connection::open(house.database()).unwrap();
        let count = "SELECT count(*), count(DISTINCT case_id) FROM event WHERE body LIKE '%\"calendar_changed\"%'";
        database
            .query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
    };
    house.wait_until("all cases", |h| {
        let database = rusqlite::Connection::open(h.database()).unwrap();
        let open: i64 = database
            .query_row("SELECT count(*) FROM cases WHERE settled = 1", [], |row| row.get(0))
            .unwrap();
        open == i64::from(cases)
    });
    with_days_off(&house);
    house.sighup();
    // What is asked below holds wherever it is killed.
    house.wait_until("the change is adopted", |h| {
        h.log().contains("the calendar was changed")
    });
    house.kill9();
    house.start();
    house.wait_until("all of them", |h| moved(h).1 == i64::from(cases));
    assert_eq!(moved(&house), (i64::from(cases), i64::from(cases)), "none twice");
    house.wait_until("it is told", |h| h.log().contains("open deadlines were counted again"));
}

#[test]
fn f41_new_time_zone_data_moves_open_deadlines_at_a_reload() {
    let zones = tempfile::tempdir().unwrap();
    let system = |zone: &str| fs::read(format!("/usr/share/zoneinfo/{zone}")).expect("the system's time-zone data");
    let shanghai_is = |zone: &str| fs::write(zones.path().join("Asia/Shanghai"), system(zone)).unwrap();
    fs::create_dir(zones.path().join("Asia")).unwrap();
    shanghai_is("Asia/Shanghai");
    let plan = House::at("2026-10-08T10:10:00").env("TZDIR", zones.path().to_str().unwrap());
    let (mut house, id) = told(plan, "2026/10/08 10:00:00");
    assert_eq!(house.due(id, "close"), shanghai("2026-10-14T17:30:00"));
    // The government puts the clocks an hour forward, and the system's data is brought up to date.
    shanghai_is("Asia/Tokyo");
    house.sighup();
    house.wait_until("an hour earlier", |h| {
        h.due(id, "close") == shanghai("2026-10-14T16:30:00")
    });
    // And back, while the program is down.
    house.kill9();
    shanghai_is("Asia/Shanghai");
    house.start();
    house.wait_until("as it was", |h| h.due(id, "close") == shanghai("2026-10-14T17:30:00"));
    assert_eq!(changes(&house, id).len(), 4, "registering and closing, there and back");
}

/// A house in Berlin that works from midnight to six.
fn berlin(start: &str, register: &str) -> Plan {
    House::at(start)
        .zone("Europe/Berlin")
        .calendar(r#"{hours={mon-sun="00:00-06:00"}}"#)
        .policy(&format!("clock.register={register:?}"))
        .policy(r#"clock.floor="0s""#)
}

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

#[test]
fn f40_a_deadline_over_the_night_that_lacks_an_hour() {
    let (house, id) = told(berlin("2026-03-29T00:35:00", "4 business hours"), "2026/03/29 00:29:55");
    // An hour and a half until two, which is three; then two and a half.
    assert_eq!(house.due(id, "register"), at("2026-03-29T05:30:00+02:00"));
    // Five days from the next: Fri 3 April, when it closes.
    assert_eq!(house.due(id, "close"), at("2026-04-03T06:00:00+02:00"));
}

#[test]
fn f40_a_deadline_over_the_night_with_an_hour_twice() {
    let (house, id) = told(berlin("2026-10-25T00:35:00", "4 business hours"), "2026/10/25 00:29:55");
    assert_eq!(house.due(id, "register"), at("2026-10-25T03:30:00+01:00"));
    assert_eq!(house.due(id, "close"), at("2026-10-30T06:00:00+01:00"));
}

#[test]
fn f40_mail_held_over_the_missing_hour_goes_when_the_clock_is_put_forward() {
    // Late at 01:53; quiet until 02:30, which is missing: three o'clock, seven minutes later.
    let plan = berlin("2026-03-29T01:51:00", "120s")
        .rate(60.0)
        .policy(r#"mail.quiet="22:00-02:30""#);
    let (house, _) = told(plan, "2026/03/29 01:50:55");
    house.wait_for_mail("wang@x.cn");
    // The mail lies there a moment before it is noted as sent.
    let sent: Vec<jiff::Timestamp> = house.wait_for("the mail is noted as sent", |h| {
        let rows = h.cli(["outbox", "list", "--json"]).rows();
        let sent = rows.iter().filter_map(|row| crate::house::instant(&row["sent_at"]));
        Some(sent.collect::<Vec<_>>()).filter(|sent| !sent.is_empty())
    });
    assert_eq!(sent.len(), 1, "{sent:?}");
    let late = sent[0].duration_since(at("2026-03-29T03:00:00+02:00")).as_secs();
    assert!((0..20 * 60).contains(&late), "sent {}, not half an hour later", sent[0]);
}

#[test]
fn f45_check_and_the_log_say_that_holidays_end() {
    let house = House::at("2026-11-20T10:00:00").build();
    let cn = fs::read_to_string(crate_root().join("config/calendars/cn.toml")).unwrap();
    // As far ahead of the machine's clock as of the simulated one: `check` has no other.
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let in_twenty_days = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(20 * 24);
    let soon = zone.to_datetime(in_twenty_days).date().to_string();
    house.write(
        "calendar.toml",
        &cn.replace("known_until = 2026-12-31", &format!("known_until = {soon}")),
    );
    let config = fs::read_to_string(house.path("firstanswer.toml")).unwrap();
    let line = config.lines().find(|line| line.starts_with("calendar = ")).unwrap();
    house.write(
        "firstanswer.toml",
        &config.replace(line, "calendar = {path=\"calendar.toml\"}"),
    );
    let said = house.cli(["check"]).ends(0);
    assert!(
        said.err.contains(&format!("known until {soon}, 20 days from now")),
        "{}",
        said.err
    );

    let mut house = House::at("2026-11-20T10:00:00").digest_window("0s").open();
    let warned = |house: &House| {
        house
            .log()
            .matches("holidays are known until 2026-12-31, 41 days from now")
            .count()
    };
    assert_eq!(warned(&house), 1, "{}", house.tail());
    let mail = house.wait_for_mail("root@x.cn");
    assert!(mail.text.contains("12月31日"), "{}", mail.text);
    house.restart();
    house.wait_until("the log says it at each start", |h| warned(h) == 2);
    assert_eq!(house.mails().len(), 1, "the administrator hears it once");
    let status = house.cli(["feed", "status"]).ends(0).out;
    assert!(status.contains("日历只到"), "{status}");
    // What falls due beyond says that its holidays are not known.
    let due = house.cli([
        "calendar",
        "due",
        "--from",
        "2026-12-30T10:00",
        "--add",
        "5 business days",
        "--lang",
        "en",
    ]);
    let due = due.ends(0).out;
    assert!(due.contains("not known"), "{due}");
}

#[test]
fn f45_a_calendar_without_working_time_is_an_alarm_and_the_case_is_shown_without_a_date() {
    // Every Monday is a holiday, and Mondays alone are worked.
    let plan = House::at("2026-10-08T10:10:00")
        .calendar(r#"{hours={mon="09:00-12:00"}, off=[{date=2026-01-01, to=2036-12-31}]}"#)
        .policy(r#"opens.max_age="48h""#);
    let (house, id) = told(plan, "2026/10/08 10:00:00");
    let shown = house.case_shown(id);
    assert_eq!(shown["deadlines"].as_array().map(Vec::len), Some(0), "{shown:#}");
    let why = house.cli(["case", "why", &id.to_string(), "--lang", "en"]).ends(0).out;
    assert!(why.contains("no working time"), "{why}");
    let mail = house.wait_for_mail("root@x.cn");
    assert!(mail.subject.contains("日历没有工作时间"), "{}", mail.subject);
    assert!(
        house.log().contains("no working time in the next two years"),
        "{}",
        house.tail()
    );
}
