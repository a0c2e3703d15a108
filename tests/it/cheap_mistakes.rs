//! Mistakes that such systems make cheaply, each forbidden by a test. Those that a room can show alone stand there:
//! GET that changes something (`f56_…`), mail after closing (`f54_…`), the same rung twice for the same due date
//! (`a_notice_is_written_once_however_often_the_clock_looks`), mail at midnight
//! (`quiet_hours_hold_what_came_until_the_opening`), 100 % at zero calls
//! (`a_hundred_per_cent_at_zero_calls_is_never_shown`), old breaches by a calendar edit
//! (`a_calendar_edit_creating_old_breaches_is_impossible`), a pause lost on a change of category
//! (`a_pause_is_not_lost_on_a_change_of_category`).

use std::time::Duration;

use serde_json::json;

use crate::commands::objects;
use crate::house::{DIRECTORY, House, check};
use crate::pbx::IpoLine;

const CALLER: &str = "13812345601";

/// A ring group of two rings in vain: the switch prints each phone, and it is one missed call.
#[test]
fn one_missed_call_is_not_counted_per_phone() {
    let house = House::at("2026-10-08T10:00:00").call_backs().open();
    let mut pbx = house.pbx().connect();
    let rang = |ext: &str| {
        IpoLine::incoming(ext, CALLER)
            .called("8600")
            .start("2026/10/08 09:50:00")
            .ring(20)
            .unanswered()
            .id(1)
    };
    pbx.send(rang("8021").more());
    pbx.send(rang("8022"));
    house.wait_until("the call-back case", |h| {
        h.cases().iter().any(|case| case["settled"] == true)
    });
    house.wait_for_lines(2);
    assert_eq!(house.calls().len(), 1);
    assert_eq!(house.cases().len(), 1);
    let words = [
        "report",
        "accountability",
        "--from",
        "2026-10-08",
        "--to",
        "2026-10-08",
        "--json",
    ];
    let rows = objects(&house.cli(words).ends(0).out);
    let missed: u64 = rows.iter().map(|row| row["missed"].as_u64().unwrap()).sum();
    assert_eq!(missed, 1, "{rows:#?}");
}

/// Who sat there last year is asked of last year's directory.
#[test]
fn todays_directory_is_not_used_for_last_years_call() {
    let moved = r#"{ext="8021", person="liu", to=2026-01-01}, {ext="8021", person="wang", from=2026-01-01}"#;
    let house = House::at("2026-10-08T10:00:00")
        .directory(&DIRECTORY.replace(r#"{ext="8021", person="wang"}"#, moved))
        .open();
    let mut pbx = house.pbx().connect();
    let call = |start: &str, id: u32| IpoLine::incoming("8021", CALLER).start(start).talk(60).id(id);
    pbx.send(call("2025/10/09 09:50:00", 1));
    pbx.send(call("2026/10/08 09:55:00", 2));
    house.wait_for_lines(2);
    check(&house.call(1), &json!({"answered_by_person": "liu", "case": null}));
    check(&house.call(2), &json!({"answered_by_person": "wang"}));
}

/// Five cases fell due while the daemon was down for hours: its people get one mail each, not five.
#[test]
fn no_storm_after_a_restart() {
    let mut house = House::at("2026-10-08T09:30:00")
        .rate(3600.0)
        .policy(r#"mail.quiet="none""#)
        .policy(r#"clock.floor="0s""#)
        .policy(r#"clock.register="4 business hours""#)
        .open();
    let mut pbx = house.pbx().connect();
    for id in 1..=5 {
        let caller = format!("1381234560{id}");
        pbx.send(
            IpoLine::incoming("8021", &caller)
                .start("2026/10/08 09:29:00")
                .talk(20)
                .id(id),
        );
    }
    house.wait_until("five cases", |h| {
        h.cases().iter().filter(|case| case["settled"] == true).count() == 5
    });
    house.kill9();
    // Due at 15:00 less a minute: five and a half hours of its time, as many seconds of ours; and two hours more.
    std::thread::sleep(Duration::from_secs(8));
    house.start();
    let first = house.wait_for_mail("wang@x.cn");
    for id in 1..=5 {
        assert!(
            first.text.contains(&format!("#{id}")),
            "one mail names all five: {}",
            first.text
        );
    }
    std::thread::sleep(Duration::from_secs(3));
    let mails = house.mails();
    let to_wang = mails.iter().filter(|mail| mail.to == "wang@x.cn").count();
    assert_eq!(
        to_wang,
        1,
        "{:?}",
        mails.iter().map(|mail| &mail.subject).collect::<Vec<_>>()
    );
}
