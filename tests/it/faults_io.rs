//! The disk fails at any one write or sync, or from one on for ever: the real program on a layer that fails
//! ([`crate::broken_disk`]), then on a disk that is well again.
//!
//! *Durable* means: visible to another process. What was durable before the end is there afterwards, once; what the
//! switch then sends again is there once; no call is without its case.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::broken_disk::{self, Fault};
use crate::house::{House, PATIENCE, long};
use crate::pbx::IpoLine;

const LINES: u32 = 5;

fn house() -> House {
    House::now()
        .policy(r#"mail.quiet="none""#)
        .policy(r#"clock.floor="0s""#)
        .policy(r#"clock.register="1s""#)
        .build()
}

/// Calls that ended just now.
fn lines(house: &House) -> Vec<String> {
    let one = |id| {
        let line = IpoLine::incoming("8021", &format!("139{id:08}")).talk(2);
        line.start(house.stamp(-8)).id(id).to_string()
    };
    (1..=LINES).map(one).collect()
}

/// The first answerer was reminded.
fn mailed(house: &House) -> bool {
    house.mails().iter().any(|mail| mail.to == "wang@x.cn")
}

/// What another process sees of the journal now; nothing while there is no database.
fn durable(house: &House) -> Vec<String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read = || -> rusqlite::Result<Vec<String>> {
        let conn = Connection::open_with_flags(house.database(), flags)?;
        conn.busy_timeout(Duration::from_secs(2))?;
        let mut statement = conn.prepare("SELECT CAST(raw AS TEXT) FROM journal")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.collect()
    };
    read().unwrap_or_default()
}

/// Says that it waits for the disk, and so does neither end nor go on.
fn waits(house: &House) -> bool {
    house.log().contains("lines wait in the feeds")
}

/// Waits until it holds, or the program has ended, or waits for the disk. Whether it holds.
fn until(house: &mut House, holds: impl Fn(&House) -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if holds(house) {
            return true;
        }
        if !house.is_running() || waits(house) {
            return holds(house);
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "neither goes on, nor ends, nor says why\n{}",
            house.tail()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A switch sends its lines one by one, each when the one before is durable; then the clock's mail goes out.
/// Returns the lines sent.
fn a_day(house: &mut House, lines: &[String]) -> usize {
    let port = house.pbx_port;
    if !until(house, |_| TcpStream::connect(("127.0.0.1", port)).is_ok()) {
        return 0;
    }
    let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return 0;
    };
    let mut pbx = crate::pbx::Line { stream };
    for (n, line) in lines.iter().enumerate() {
        if pbx.try_bytes(format!("{line}\r\n").as_bytes()).is_err() {
            return n;
        }
        if !until(house, |h| durable(h).contains(line)) {
            return n + 1;
        }
    }
    until(house, |h| mailed(h) || h.log().contains("mail not sent"));
    lines.len()
}

/// One life on the failing disk, one on the mended. Returns whether a call failed.
fn ordeal(fault: Fault) -> bool {
    let mut house = house();
    let lines = lines(&house);
    broken_disk::put_under(&mut house, fault);
    house.spawn();
    let sent = a_day(&mut house, &lines);
    let before = durable(&house);
    let mails: Vec<String> = house.mails().into_iter().map(|mail| mail.raw).collect();
    let status = if !house.is_running() {
        house.wait_for_end()
    } else if waits(&house) {
        // A disk that stays full keeps it waiting: pulled out.
        house.kill9();
        std::process::ExitStatus::default()
    } else {
        house.sigterm()
    };
    let counted = broken_disk::counted(&house);
    assert!(
        counted.worked + counted.failed > 0,
        "the layer is not under the program"
    );
    let log = house.log();
    let told = log.lines().any(|line| {
        let hard = line.contains("ERROR") || line.contains("WARN") || line.starts_with("firstanswer:");
        hard && (line.contains("firstanswer.db") || line.contains("database") || line.contains("maildir var"))
    });
    match status.code() {
        Some(0) => {}
        Some(1) => assert!(told, "{fault:?}: ended without a clear word\n{}", house.tail()),
        other => panic!("{fault:?}: exit code {other:?} is documented nowhere\n{}", house.tail()),
    }
    let waited = waits(&house);

    broken_disk::mend(&mut house);
    house.start();
    let after = durable(&house);
    let times = |line: &String| after.iter().filter(|raw| *raw == line).count();
    for line in before.iter().filter(|line| lines.contains(line)) {
        assert_eq!(times(line), 1, "{fault:?}: was durable: {line}\n{}", house.tail());
    }
    if status.code() == Some(0) && !waited {
        // It stopped saying that nothing is lost.
        for line in &lines[..sent] {
            assert_eq!(times(line), 1, "{fault:?}: lost: {line}\n{}", house.tail());
        }
    }
    // The switch sends its buffer again.
    let mut pbx = house.pbx().connect();
    for line in &lines {
        pbx.send(line);
    }
    consistent(&house, &lines, fault);
    house.wait_until("the mail goes out at last", mailed);
    let now: Vec<String> = house.mails().into_iter().map(|mail| mail.raw).collect();
    for mail in &mails {
        assert!(now.contains(mail), "{fault:?}: a mail that had arrived has changed");
    }
    counted.failed > 0
}

/// Each line has its one call, and that its one case; the file is whole.
fn consistent(house: &House, lines: &[String], fault: Fault) {
    house.wait_until("each line has its call", |h| {
        let journal = h.journal();
        let legs = journal.iter().filter(|row| row["state"] == "leg").count();
        legs >= lines.len() && journal.iter().all(|row| row["state"] != "pending")
    });
    let mut legs: BTreeMap<String, u32> = BTreeMap::new();
    for row in house.journal().iter().filter(|row| row["state"] == "leg") {
        assert!(row["call"].is_i64(), "{fault:?}: half a call: {row}");
        *legs.entry(row["raw"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let once: BTreeMap<String, u32> = lines.iter().map(|line| (line.clone(), 1)).collect();
    assert_eq!(legs, once, "{fault:?}: each line takes effect once");
    let (calls, cases) = (house.calls(), house.cases());
    assert_eq!(calls.len(), lines.len(), "{fault:?}: one call each");
    let mut of_calls: Vec<&Value> = calls.iter().map(|call| &call["case"]).collect();
    of_calls.sort_by_key(|id| id.as_i64());
    let of_cases: Vec<&Value> = cases.iter().map(|case| &case["id"]).collect();
    assert_eq!(of_calls, of_cases, "{fault:?}: a case for each call");
    let conn = Connection::open(house.database()).unwrap();
    let whole: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok", "{fault:?}");
}

/// How many calls of a kind a life makes when nothing fails.
fn calls_of(call: &'static str) -> usize {
    let none = Fault {
        call,
        nth: 0,
        error: "EIO",
        ever: false,
    };
    let mut house = house();
    broken_disk::put_under(&mut house, none);
    house.spawn();
    let lines = lines(&house);
    assert_eq!(a_day(&mut house, &lines), lines.len());
    house.sigterm();
    broken_disk::counted(&house).worked
}

/// Every n until none fails in the long run, so many spread over all of them in the short one.
fn at_each(call: &'static str, error: &'static str, ever: bool, short: usize) {
    let one = |nth| ordeal(Fault { call, nth, error, ever });
    if long() {
        let last = (1..).find(|nth| !one(*nth)).unwrap();
        assert!(last > short, "only {last} calls of `{call}`");
        return;
    }
    let all = calls_of(call);
    assert!(all > short, "{all} calls of `{call}` are fewer than expected");
    let failed = (0..short).filter(|n| one(1 + n * all / short)).count();
    assert!(failed * 10 >= short * 8, "only {failed} of {short} faults came");
}

#[test]
fn f28_an_io_error_at_any_write_loses_nothing_durable() {
    at_each("write", "EIO", false, 8);
}

#[test]
fn f28_an_io_error_at_any_sync_loses_nothing_durable() {
    at_each("sync", "EIO", false, 6);
}

#[test]
fn f28_a_disk_that_dies_at_any_write_loses_nothing_durable() {
    at_each("write", "EIO", true, 5);
}

#[test]
fn f28_a_disk_full_at_any_write_loses_nothing_durable() {
    at_each("write", "ENOSPC", false, 5);
}

#[test]
fn f28_a_disk_that_stays_full_from_any_write_on_loses_nothing_durable() {
    at_each("write", "ENOSPC", true, 5);
}
