//! Faults of clocks, of timing between people and mail, and of configuration while it runs.

use std::fs;

use serde_json::json;

use crate::house::{DIRECTORY, House, check};
use crate::pbx::IpoLine;
use crate::scenarios_case::close;

fn line(house: &House, ext: &str, id: u32) -> IpoLine {
    IpoLine::incoming(ext, &format!("1391234{id:04}"))
        .start(house.stamp(-5))
        .ring(5)
        .talk(3)
        .id(id)
}

/// Moves the program's wall clock.
pub const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

#[test]
fn f39_a_wall_clock_set_back_mails_nothing_twice() {
    assert!(
        fs::exists(FAKETIME).unwrap(),
        "libfaketime is missing; tests/run installs it"
    );
    let shift = tempfile::NamedTempFile::new().unwrap();
    fs::write(shift.path(), "+0").unwrap();
    let house = House::now()
        .policy(r#"mail.quiet="none""#)
        .policy(r#"clock.floor="0s""#)
        .policy(r#"clock.register="3s""#)
        .env("LD_PRELOAD", FAKETIME)
        .env("FAKETIME_TIMESTAMP_FILE", shift.path().to_str().unwrap())
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .open();
    house.pbx().connect().send(line(&house, "8021", 1));
    let first = house.wait_for_mail("wang@x.cn");

    // Ten minutes back: within what is taken for an ordinary correction.
    fs::write(shift.path(), "-600").unwrap();
    house
        .pbx()
        .connect()
        .send(line(&house, "8022", 2).start(house.stamp(-605)));
    house.wait_until("the second case", |h| h.cases().len() == 2);
    fs::write(shift.path(), "+0").unwrap();
    house.wait_for_mail("liu@x.cn");
    let again = house.mails().into_iter().filter(|m| m.subject == first.subject).count();
    assert_eq!(again, 1, "one reminder for one deadline");
    let seen: Vec<_> = house.journal().iter().map(|row| row["id"].as_i64()).collect();
    assert!(
        seen.is_sorted() && seen.len() == 2,
        "order is by sequence, not by time: {seen:?}"
    );
}

#[test]
fn f54_what_is_closed_before_the_mail_is_begun_is_not_mailed() {
    // The notice is due after 4 s; the mail waits 3 simulated minutes (6 s) for others.
    let house = House::at("2026-10-08T10:00:00")
        .quick_reminders()
        .digest_window("3m")
        .open();
    let mut pbx = house.pbx().connect();
    pbx.send(line(&house, "8021", 1)).send(line(&house, "8021", 2));
    house.wait_for_lines(2);
    let (closed, open) = (
        house.case(1)["id"].as_i64().unwrap(),
        house.case(2)["id"].as_i64().unwrap(),
    );
    house.wait_until("the notice waits for others", |h| {
        let shown = h.case_shown(closed);
        shown["notices"]
            .as_array()
            .unwrap()
            .iter()
            .any(|n| n["state"] == "waiting")
    });
    assert_eq!(house.mails().len(), 0);
    close(&house, closed, &[]).ends(0);
    let mail = house.wait_for_mail("wang@x.cn");
    assert!(
        mail.text.contains(&format!("#{open}")),
        "the open one is mailed:\n{}",
        mail.text
    );
    assert!(
        !mail.text.contains(&format!("#{closed}")),
        "the closed one is not:\n{}",
        mail.text
    );
    let shown = house.case_shown(closed);
    let notices = shown["notices"].as_array().unwrap();
    assert!(
        notices.iter().any(|n| n["state"] == "skipped" && n["why"].is_string()),
        "the notice says why it was skipped: {notices:#?}"
    );
}

#[test]
fn f57_a_broken_directory_at_reload_changes_nothing_and_says_where() {
    let house = House::at("2026-10-08T10:10:00").open();
    let broken = DIRECTORY.replace(r#"{ext="8021", person="wang"}"#, r#"{ext="8021", person="wnag"}"#);
    let row = 1 + broken.lines().position(|l| l.contains("wnag")).unwrap();
    house.write("directory.toml", &broken);
    house.sighup();
    house.wait_until("the log names file, line and the nearest name", |h| {
        let log = h.log();
        log.contains(&format!("directory.toml:{row}:")) && log.contains("wnag")
    });
    let mut pbx = house.pbx().connect();
    pbx.send(line(&house, "8021", 1));
    // Commands read the files too, so the old ones are put back before the daemon is asked what it did meanwhile.
    house.write("directory.toml", DIRECTORY);
    house.wait_for_lines(1);
    check(&house.case(1), &json!({"handler": "wang"}));

    house.write(
        "directory.toml",
        &DIRECTORY.replace(r#"{ext="8021", person="wang"}"#, r#"{ext="8021", person="liu"}"#),
    );
    house.sighup();
    let mut id = 1;
    house.wait_until("a line is read by the mended directory", |h| {
        id += 1;
        pbx.send(line(h, "8021", id));
        h.wait_for_lines(id as usize);
        h.case(id as usize)["handler"] == "liu"
    });
    check(&house.case(1), &json!({"handler": "wang", "first_answerer": "wang"}));
}

#[test]
fn f57_check_reports_every_problem_at_once() {
    let house = House::at("2026-10-08T10:10:00").build();
    let config = fs::read_to_string(house.path("firstanswer.toml")).unwrap();
    let broken = config
        .replace("time_zone=\"Asia/Shanghai\"", "time_zone=\"Asia/Shangai\"")
        .replace("language=\"zh\"", "langauge=\"zh\"")
        .replace("transport=\"maildir:var/mail\"", "transport=\"pigeon:var/mail\"");
    house.write("firstanswer.toml", &broken);
    let said = house.cli(["check"]).ends(2);
    let all = format!("{}{}", said.out, said.err);
    for wrong in ["Asia/Shangai", "langauge", "pigeon"] {
        let at = broken.lines().position(|l| l.contains(wrong)).unwrap() + 1;
        assert!(all.contains(wrong), "names {wrong}:\n{all}");
        assert!(
            all.contains(&format!("firstanswer.toml:{at}:")),
            "line {at} of {wrong}:\n{all}"
        );
    }
    assert!(all.contains("language"), "did you mean `language`:\n{all}");
}

#[test]
fn f57_check_finds_nothing_wrong_with_a_good_house() {
    House::at("2026-10-08T10:10:00").build().cli(["check"]).ends(0);
}

#[test]
fn check_has_nothing_to_say_against_a_way_that_serve_reads() {
    let house = House::at("2026-10-08T10:10:00").feed("file = \"Master.csv\"").build();
    let said = house.cli(["check"]).ends(0);
    assert!(!said.err.contains("note: feed"), "{}", said.err);
}
