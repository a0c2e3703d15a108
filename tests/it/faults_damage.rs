//! The database is damaged, while the daemon runs or before it starts: lines go to the spill journal, and come into
//! the restored backup once.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

use rusqlite::Connection;
use serde_json::json;

use crate::house::{House, check};
use crate::pbx::IpoLine;

fn line(id: u32) -> IpoLine {
    IpoLine::incoming("8021", &format!("139{id:08}"))
        .start("2026/10/08 10:00:00")
        .id(id)
}

fn house() -> House {
    House::at("2026-10-08T10:10:00").build()
}

/// Overwrites all pages but the first, which says what the file is.
fn overwrite(house: &House) {
    let mut file = fs::OpenOptions::new().write(true).open(house.database()).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(4096)).unwrap();
    let rubbish = vec![0xA5; usize::try_from(length - 4096).unwrap()];
    file.write_all(&rubbish).unwrap();
    file.sync_all().unwrap();
}

/// Damages the file of the running daemon, and makes it read its pages again.
fn damage_under_the_daemon(house: &House) {
    let other = Connection::open(house.database()).unwrap();
    other.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    // All pages are in the file now, and none in the log.
    let mut left: i64 = 1;
    while left != 0 {
        left = other
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .unwrap();
    }
    other
        .execute_batch("BEGIN IMMEDIATE; INSERT OR REPLACE INTO meta(key, value) VALUES ('test', 'x')")
        .unwrap();
    overwrite(house);
    // What the daemon has in memory is out of date with this.
    other.execute_batch("COMMIT").unwrap();
    other
        .set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .unwrap();
}

/// Files of the spill, by what their names begin with.
fn spills(house: &House) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(house.path("var"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("firstanswer.db.spill"))
        .collect();
    found.sort();
    found
}

fn numbers(house: &House) -> Vec<String> {
    let mut numbers: Vec<String> = house
        .calls()
        .iter()
        .map(|call| call["calling_number"].as_str().unwrap().to_owned())
        .collect();
    numbers.sort();
    numbers
}

fn expected(ids: impl Iterator<Item = u32>) -> Vec<String> {
    ids.map(|id| format!("139{id:08}")).collect()
}

fn spilled(house: &House, line: &IpoLine) -> bool {
    let text = fs::read_to_string(house.path("var/firstanswer.db.spill")).unwrap_or_default();
    text.contains(&line.to_string())
}

#[test]
fn f31_a_page_damaged_under_the_running_daemon_costs_no_line() {
    let mut house = house();
    house.start();
    let pid = house.pid();
    let mut pbx = house.pbx().connect();
    for id in 1..=30 {
        pbx.send(line(id));
    }
    house.wait_for_lines(30);
    house.cli(["backup", "good.db"]).ends(0);
    assert_eq!(house.get("/readyz").status, 200);

    damage_under_the_daemon(&house);
    // On the connection that was open before, and on a new one; one line comes in two pieces.
    pbx.send(line(31)).send(line(32));
    house.wait_until("the lines are in the spill journal", |h| {
        spilled(h, &line(31)) && spilled(h, &line(32))
    });
    let mut second = house.pbx().connect();
    second.send(line(33));
    house.wait_until("a new connection is read too", |h| spilled(h, &line(33)));
    assert_eq!(house.pid(), pid);
    assert!(house.is_running());
    let ready = house.get("/readyz");
    assert_eq!(ready.status, 503, "{}", ready.body);
    assert!(
        ready.body.contains("spill journal") && ready.body.contains("firstanswer.db"),
        "{}",
        ready.body
    );
    assert_eq!(house.get("/healthz").status, 200);
    house.wait_until("the administrator is written to, past the database", |h| {
        h.mails().iter().any(|mail| {
            mail.to == "root@x.cn" && mail.subject.contains("损坏") && mail.text.contains("firstanswer restore")
        })
    });
    let doctor = house.cli(["--lang", "en", "doctor"]).ends(1);
    assert!(
        doctor.out.contains("WRONG spill: ") && doctor.out.contains("3 lines"),
        "{}",
        doctor.out
    );
    let damaged = fs::read(house.database()).unwrap();
    pbx.send(line(34));
    house.wait_until("and so on", |h| spilled(h, &line(34)));
    assert_eq!(house.sigterm().code(), Some(0), "{}", house.tail());
    assert!(
        fs::read(house.database()).unwrap() == damaged,
        "nothing is written into what is damaged"
    );

    house.cli(["restore", "good.db"]).ends(0);
    house.start();
    house.wait_until("the spill is replayed", |h| numbers(h) == expected(1..=34));
    assert_eq!(house.cases().len(), 34, "a case each");
    let journal = house.journal();
    let first = journal
        .iter()
        .find(|row| row["raw"] == line(31).to_string().as_str())
        .unwrap();
    check(first, &json!({"state": "leg", "feed": "pbx"}));
    let files = spills(&house);
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(
        files[0].to_string_lossy().contains(".spill-replayed-"),
        "kept under another name: {files:?}"
    );
    // The switch sends its buffer again.
    let mut pbx = house.pbx().connect();
    for id in 29..=36 {
        pbx.send(line(id));
    }
    house.wait_until("what is new comes in", |h| numbers(h) == expected(1..=36));
    assert_eq!(house.sigterm().code(), Some(0));
}

#[test]
fn f31_a_damaged_database_at_the_start_keeps_no_line_out_and_the_spill_goes_on_over_restarts() {
    let mut house = house();
    house.start();
    let mut pbx = house.pbx().connect();
    for id in 1..=30 {
        pbx.send(line(id));
    }
    house.wait_for_lines(30);
    house.cli(["backup", "good.db"]).ends(0);
    house.sigterm();
    overwrite(&house);
    for (id, hard) in (31..).zip([true, false, true]) {
        house.spawn();
        house.wait_until("it says what is wrong", |h| {
            std::net::TcpStream::connect(("127.0.0.1", h.web_port)).is_ok() && h.get("/readyz").status == 503
        });
        let mut pbx = house.pbx().connect();
        pbx.send(line(id));
        house.wait_until("the line is in the spill journal", |h| spilled(h, &line(id)));
        if hard {
            house.kill9();
        } else {
            house.sigterm();
        }
    }
    let log = house.log();
    assert!(
        log.contains("firstanswer.db") && log.contains("integrity check failed"),
        "names the file and the damage:\n{}",
        house.tail()
    );
    let said = house.cli(["--lang", "en", "doctor"]).ends(1);
    assert!(said.out.contains("3 lines"), "{}", said.out);
    house.cli(["restore", "good.db"]).ends(0);
    house.start();
    assert_eq!(numbers(&house), expected(1..=33));
}

#[test]
fn f31_a_command_changes_nothing_in_a_database_that_may_be_damaged_and_still_reads() {
    let mut house = house();
    house.start();
    house.pbx().connect().send(line(1));
    house.wait_for_lines(1);
    house.sigterm();
    let mark = house.path("var/firstanswer.db.suspect");
    fs::write(&mark, "disk I/O error\n").unwrap();
    for command in [
        &["case", "note", "1", "--text", "x"][..],
        &["move-all", "--from", "wang", "--to", "li"],
        &["journal", "reparse"],
        &["outbox", "retry"],
    ] {
        let said = house.cli_words(command).ends(1);
        assert!(
            said.err.contains("nothing can be changed now")
                && said.err.contains("disk I/O error")
                && said.err.contains("start the daemon")
                && said.err.contains("restore a backup"),
            "{command:?}: {}",
            said.err
        );
    }
    house.cli(["case", "show", "1"]).ends(0);
    // Found whole by a start, it is changed again.
    house.start();
    assert!(!mark.exists());
    house.cli(["case", "note", "1", "--text", "x"]).ends(0);
}

#[test]
fn f31_a_replay_killed_at_any_moment_is_all_or_nothing_and_happens_once() {
    let mut house = house();
    house.start();
    house.pbx().connect().send(line(1));
    house.wait_for_lines(1);
    house.cli(["backup", "good.db"]).ends(0);
    house.sigterm();
    overwrite(&house);
    house.spawn();
    house.wait_until("it runs", |h| {
        std::net::TcpStream::connect(("127.0.0.1", h.pbx_port)).is_ok()
    });
    let mut pbx = house.pbx().connect();
    for id in 2..=400 {
        pbx.send(line(id));
    }
    house.wait_until("all are in the spill", |h| spilled(h, &line(400)));
    house.kill9();
    house.cli(["restore", "good.db"]).ends(0);
    // From before it begins to after its end.
    for step in 0..12 {
        house.spawn();
        std::thread::sleep(std::time::Duration::from_millis(20 + step * 15));
        house.kill9();
    }
    house.start();
    assert_eq!(numbers(&house), expected(1..=400));
    assert_eq!(spills(&house).len(), 1);
    // Killed between the commit and the new name: the file is there again, and brings nothing in.
    house.sigterm();
    fs::rename(&spills(&house)[0], house.path("var/firstanswer.db.spill")).unwrap();
    house.start();
    assert_eq!(numbers(&house), expected(1..=400));
    assert_eq!(house.journal().len(), 400, "not even as duplicates");
}

#[test]
fn f31_a_followed_file_is_its_own_spill_and_read_on_after_the_restore() {
    let mut house = House::at("2026-10-08T10:10:00")
        .feed("file = \"log.csv\"\nfrom = \"start\"")
        .build();
    let write = |house: &House, ids: std::ops::RangeInclusive<u32>| {
        let lines: String = ids.map(|id| format!("{}\n", line(id))).collect();
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(house.path("log.csv"))
            .unwrap();
        file.write_all(lines.as_bytes()).unwrap();
    };
    write(&house, 1..=20);
    house.start();
    house.wait_for_lines(20);
    house.cli(["backup", "good.db"]).ends(0);
    // Between backup and damage: for a file they are not lost.
    write(&house, 21..=25);
    house.wait_for_lines(25);
    damage_under_the_daemon(&house);
    write(&house, 26..=30);
    house.wait_until("the damage is found", |h| h.get("/readyz").status == 503);
    assert_eq!(
        house.sigterm().code(),
        Some(0),
        "its reader is let go\n{}",
        house.tail()
    );
    house.cli(["restore", "good.db"]).ends(0);
    house.start();
    house.wait_until("all lines are there", |h| numbers(h) == expected(1..=30));
    assert_eq!(house.journal().len(), 30, "each once");
}
