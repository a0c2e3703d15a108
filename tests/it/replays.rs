//! What a switch sends again after a reconnect, through the real program.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::house::{House, crate_root};
use crate::pbx::IpoLine;

/// The lines of a dialect's golden files, as bytes on the wire.
fn golden(dialect: &str) -> Vec<u8> {
    let folder = crate_root().join("tests/golden").join(dialect);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "in"))
        .collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        all.extend(std::fs::read(file).unwrap());
        all.extend(b"\r\n");
    }
    all
}

/// What a house knows of calls: everything but when we heard of it.
fn calls(house: &House) -> BTreeMap<i64, Value> {
    let rows = house.cli(["call", "list", "--json"]).rows();
    rows.into_iter()
        .map(|mut row| {
            row.as_object_mut().unwrap().remove("settled");
            (row["id"].as_i64().unwrap(), row)
        })
        .collect()
}

fn lines(house: &House) -> i64 {
    house.cli(["feed", "status", "--json"]).rows()[0]["lines"]
        .as_i64()
        .unwrap()
}

#[track_caller]
fn check_replayed_twice(dialect: &str) {
    let house = House::at("2026-10-08T10:10:00").dialect(dialect).open();
    let wire = golden(dialect);
    // Every golden line begins a file of its own kind, so that headers of one layout don't lie within another.
    house.pbx().connect().bytes(&wire).bytes(b"\r\n");
    house.wait_until("the lines are there", |h| lines(h) > 0 && settled_count(h));
    let (first, count) = (calls(&house), lines(&house));
    for _ in 0..2 {
        let before = lines(&house);
        house.pbx().connect().bytes(&wire).bytes(b"\r\n");
        house.wait_until("the lines are there again", |h| lines(h) == before + count);
    }
    assert_eq!(calls(&house), first, "each call once");
    let again = &house.cli(["feed", "status", "--json"]).rows()[0];
    assert!(again["duplicates"].as_i64().unwrap() >= 6, "{again}");
}

/// No line has come for a moment.
fn settled_count(house: &House) -> bool {
    let before = lines(house);
    std::thread::sleep(std::time::Duration::from_millis(300));
    lines(house) == before
}

#[test]
fn f17_avaya_ip_office_sends_its_buffer_again() {
    check_replayed_twice("avaya-ip-office");
}

#[test]
fn f17_siemens_hipath_sends_its_buffer_again() {
    check_replayed_twice("siemens-hipath");
}

#[test]
fn f17_panasonic_kx_sends_its_buffer_again() {
    check_replayed_twice("panasonic-kx");
}

#[test]
fn f17_3cx_sends_its_buffer_again() {
    check_replayed_twice("3cx");
}

#[test]
fn f17_asterisk_csv_is_read_again() {
    check_replayed_twice("asterisk-csv");
}

fn hipath(second: usize) -> String {
    format!(
        "08.10.2610:{:02}:{:02}  1  802100:0500:00:20{:25}{:11} 1",
        second / 60,
        second % 60,
        format!("1381234{second:04}"),
        ""
    )
}

/// The kill comes while two lines wait to see whether more follow; the switch then sends all again.
#[test]
fn f17_f24_a_kill_while_a_replay_is_undecided_costs_nothing() {
    let mut house = House::at("2026-10-08T10:40:00").dialect("siemens-hipath").open();
    let sent: Vec<String> = (0..1000).map(hipath).collect();
    let wire = |from: usize, to: usize| -> Vec<u8> {
        sent[from..to]
            .iter()
            .flat_map(|l| format!("{l}\r\n").into_bytes())
            .collect()
    };
    house.pbx().connect().bytes(&wire(0, 900));
    house.wait_until("900 lines", |h| lines(h) == 900);
    let mut pbx = house.pbx().connect();
    pbx.bytes(&wire(0, 2));
    house.wait_until("two lines wait", |h| {
        h.cli(["feed", "status", "--json"]).rows()[0]["pending"] == 2
    });
    house.restart();
    house.pbx().connect().bytes(&wire(0, 1000));
    house.wait_until("all lines", |h| lines(h) == 1902);
    house.pbx().connect().bytes(&wire(0, 1000));
    house.wait_until("and again", |h| lines(h) == 2902);
    assert_eq!(house.calls().len(), 1000);
    let status = &house.cli(["feed", "status", "--json"]).rows()[0];
    assert_eq!(
        (&status["legs"], &status["duplicates"], &status["pending"]),
        (&1000.into(), &1902.into(), &0.into())
    );
}

#[test]
fn f18_one_like_line_after_a_reconnect_is_a_call_of_its_own() {
    let house = House::at("2026-10-08T10:40:00").dialect("siemens-hipath").open();
    house.pbx().connect().send(hipath(1));
    house.wait_for_lines(1);
    house.pbx().connect().send(hipath(1));
    // Durable at once, without effect for five seconds.
    house.wait_until("it waits", |h| {
        h.journal().len() == 2 && h.journal()[1]["state"] == "pending"
    });
    assert_eq!(house.calls().len(), 1);
    house.wait_for_lines(2);
    assert!(house.journal().iter().all(|row| row["state"] == "leg"));
}

#[test]
fn f17_a_call_id_makes_one_line_enough() {
    let house = House::at("2026-10-08T10:10:00").open();
    let line = IpoLine::incoming("8021", "13812340001")
        .start("2026/10/08 10:00:00")
        .id(1);
    house.pbx().connect().send(&line);
    house.wait_for_lines(1);
    house.pbx().connect().send(&line);
    house.wait_for_lines(2);
    let journal = house.journal();
    assert_eq!(journal[1]["state"], "duplicate");
    assert_eq!(journal[1]["call"], journal[0]["call"]);
    assert_eq!((house.calls().len(), house.cases().len()), (1, 1));
}

/// The switch's buffer ran over while nothing was connected: the break and the jump of its numbers are shown.
#[test]
fn f19_what_may_be_missing_is_shown() {
    let house = House::at("2026-10-08T10:10:00").rate(600.0).open();
    let line = |id: u32| {
        IpoLine::incoming("8021", &format!("1381234{id:04}"))
            .start("2026/10/08 10:00:00")
            .id(id)
    };
    let gaps = |h: &House| {
        h.cli(["feed", "status", "--json"]).rows()[0]["gaps"]
            .as_array()
            .unwrap()
            .clone()
    };
    house.pbx().connect().send(line(1)).send(line(2));
    house.wait_for_lines(2);
    house.wait_until("it has hung up", |h| {
        h.cli(["feed", "status", "--json"]).rows()[0]["connections"] == 0
    });
    // At this rate a second has passed since.
    house.pbx().connect().send(line(9));
    house.wait_until("the gaps are shown", |h| gaps(h).len() == 2);
    let shown = gaps(&house);
    assert_eq!(
        (&shown[0]["kind"], &shown[0]["missing"]),
        (&"connection".into(), &Value::Null)
    );
    assert_eq!(
        (&shown[1]["kind"], &shown[1]["missing"]),
        (&"sequence".into(), &6.into())
    );
    assert_eq!(
        (&shown[1]["after"], &shown[1]["before"]),
        (&1_000_002.into(), &1_000_009.into())
    );
    let table = house.cli(["feed", "status", "--lang", "en"]).ends(0).out;
    assert!(table.contains("6 calls missing"), "{table}");
    // Three of them come later, for they ended later.
    house.pbx().connect().send(line(4)).send(line(5)).send(line(6));
    house.wait_until("they are taken off", |h| gaps(h).iter().any(|gap| gap["missing"] == 3));
}
