//! A manager's five questions, each asked once on the command line and once with two clicks at most. The answers are
//! counted by hand from the lines below.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::commands::objects;
use crate::house::{House, check, crate_root};
use crate::pbx::IpoLine;

/// A Friday's afternoon, looked at on the Monday after, in the next month.
///
/// | | Wang, 8021 | Liu, 8022 |
/// | --- | --- | --- |
/// | answered | 14:00 …1234, 14:10 …5602; closing was due as soon as they were received | 17:00 …5603, 17:01 …5604, 17:02 …5605; due Monday 10:30 |
/// | missed | 16:00 …5606, called back on Monday; 16:05 …5607 | 16:10 …5608 |
/// | closed on Monday | …5602, late | all three, in time |
fn friday() -> House {
    let house = House::at("2026-11-02T09:20:00")
        .call_backs()
        .policy(r#"clock.floor="0s""#)
        .policy(r#"category.service.close="2 business hours""#)
        .policy("duty.own.not_at_once=[]")
        .open();
    let mut pbx = house.pbx().connect();
    let call = |ext: &str, caller: &str, start: &str, id: u32| {
        let line = IpoLine::incoming(ext, caller).start(format!("2026/{start}"));
        line.ring(5).talk(60).id(id)
    };
    pbx.send(call("8021", "13800001234", "10/30 14:00:00", 1));
    pbx.send(call("8021", "13800005602", "10/30 14:10:00", 2));
    for (id, caller) in [(3, "13800005603"), (4, "13800005604"), (5, "13800005605")] {
        pbx.send(call("8022", caller, &format!("10/30 17:0{}:00", id - 3), id));
    }
    let missed = |ext: &str, caller: &str, start: &str, id| call(ext, caller, start, id).ring(20).unanswered();
    pbx.send(missed("8021", "13800005606", "10/30 16:00:00", 6));
    pbx.send(missed("8021", "13800005607", "10/30 16:05:00", 7));
    pbx.send(missed("8022", "13800005608", "10/30 16:10:00", 8));
    pbx.send(
        call("8021", "8021", "11/02 09:05:00", 9)
            .field(5, "O")
            .field(6, "913800005606")
            .field(7, "913800005606"),
    );
    pbx.send(call("8021", "13800001234", "11/02 09:10:00", 10));
    house.wait_for_lines(10);
    house.wait_until("the eight cases, one of them called back", |h| {
        let cases = h.cases();
        let settled = cases.iter().filter(|case| case["settled"] == true).count();
        settled == 8 && cases.iter().any(|case| case["outcome"] == "called_back")
    });
    house.wait_until("what was due on Friday", |h| {
        let overdue = h.cases().iter().filter(|case| case["overdue"] == true).count();
        overdue == 2
    });
    for caller in ["5602", "5603", "5604", "5605"] {
        let id = objects(&house.cli(["case", "list", "--number", caller, "--json"]).ends(0).out)[0]["id"].to_string();
        let words = ["case", "close", &id, "--outcome", "handled", "--duty", "own"];
        let said = [
            "--caller-name",
            "陈先生",
            "--matter",
            "执照",
            "--text",
            "已告知所需材料",
        ];
        house.cli_words(&[&words[..], &said[..]].concat()).ends(0);
    }
    house
}

const OCTOBER: [&str; 4] = ["--from", "2026-10-01", "--to", "2026-10-31"];

fn rows(house: &House, words: &[&str]) -> Vec<Value> {
    objects(&house.cli_words(&[words, &["--json"]].concat()).ends(0).out)
}

#[test]
fn who_answered_most_and_closed_latest_last_month() {
    let house = friday();
    let report = [&["report", "accountability"], &OCTOBER[..]].concat();
    let people = rows(&house, &report);
    check(
        &people[0],
        &json!({"key": "liu", "answered_first": 3, "closed": 3, "closed_in_time": 3}),
    );
    check(
        &people[1],
        &json!({"key": "wang", "answered_first": 2, "closed": 1, "closed_in_time": 0, "open": 1}),
    );
    let latest = rows(&house, &[&report[..], &["--sort", "closed_in_time_rate"]].concat());
    check(&latest[0], &json!({"key": "wang", "closed_in_time_rate": 0.0}));
    check(&latest[1], &json!({"key": "liu", "closed_in_time_rate": 1.0}));
    let turned = rows(
        &house,
        &[&report[..], &["--sort", "closed_in_time_rate", "--reverse"]].concat(),
    );
    check(&turned[0], &json!({"key": "liu"}));
    let wrong = house.cli_words(&[&report[..], &["--sort", "beauty"]].concat()).ends(2);
    assert!(wrong.err.contains("closed_in_time_rate"), "{}", wrong.err);

    // Whose missed calls were not called back?
    let missed = [&["call", "list", "--missed", "--only", "not-called-back"], &OCTOBER[..]].concat();
    let owed: Vec<String> = rows(&house, &missed)
        .iter()
        .map(|call| call["calling_number"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(owed, ["13800005607", "13800005608"]);
    check(&people[0], &json!({"key": "liu", "missed": 1, "called_back": 0}));
    check(&people[1], &json!({"key": "wang", "missed": 2, "called_back": 1}));

    // What is overdue now, and with whom?
    let overdue = rows(&house, &["case", "list", "--overdue"]);
    assert_eq!(overdue.len(), 1, "{overdue:#?}");
    check(
        &overdue[0],
        &json!({"handler": "wang", "caller_number": "138****1234", "overdue": true}),
    );

    // What happened with caller …1234?
    let calls = rows(&house, &["call", "list", "--number", "1234"]);
    let days: Vec<&str> = calls
        .iter()
        .map(|call| &call["start"].as_str().unwrap()[..10])
        .collect();
    assert_eq!(days, ["2026-10-30", "2026-11-02"]);
    let cases = rows(&house, &["case", "list", "--number", "1234"]);
    assert_eq!(cases.len(), 1);
    check(
        &cases[0],
        &json!({"first_answerer": "wang", "chases": 1, "state": "open"}),
    );

    // Print it.
    let paper = house
        .cli_words(&[&report[..], &["--format", "html"]].concat())
        .ends(0)
        .out;
    assert!(
        paper.contains("size: A4 landscape") && paper.contains("刘洋"),
        "{paper}"
    );
}

#[test]
fn the_five_questions_with_two_clicks_each() {
    let house = friday();
    let seen = std::env::var_os("FA_PAGES_SEEN").map_or_else(|| crate_root().join("target/pages-seen"), PathBuf::from);
    let plan = json!({"home": format!("http://127.0.0.1:{}", house.web_port), "seen": seen});
    let mut node = Command::new("node")
        .arg("manager.mjs")
        .current_dir(crate_root().join("tests"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node");
    let mut asked = node.stdin.take().unwrap();
    asked.write_all(plan.to_string().as_bytes()).unwrap();
    drop(asked);
    let output = node.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{}\n{}", said.join("\n"), house.tail());
}
