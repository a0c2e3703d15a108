//! Faults of the machine and the database: kills, power, failing disks, a second instance, other versions.
//!
//! *Durable* means: visible in `journal list`. What was visible once must be there for ever, once.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::{House, check, long, open_file};
use crate::pbx::IpoLine;

fn line(id: u32) -> IpoLine {
    IpoLine::incoming("8021", &format!("139{id:08}"))
        .start("2026/10/08 10:00:00")
        .id(id)
}

fn raws(house: &House) -> Vec<String> {
    house
        .journal()
        .iter()
        .map(|row| row["raw"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Sends line after line until the connection breaks; returns the next unused id.
fn stream_lines(pbx: &mut crate::pbx::Line, mut id: u32) -> u32 {
    while pbx.try_bytes(format!("{}\r\n", line(id)).as_bytes()).is_ok() {
        id += 1;
        // Paced, so that kills hit between and within transactions rather than a full queue.
        thread::sleep(Duration::from_micros(300));
    }
    id + 1
}

#[test]
fn f24_kill_9_while_lines_flow_loses_nothing_durable_and_halves_nothing() {
    let kills = if long() { 3_000 } else { 100 };
    let mut house = House::at("2026-10-08T10:10:00").open();
    let mut next = 1;
    let mut durable: Vec<String> = Vec::new();
    for kill in 1..=kills {
        let mut pbx = house.pbx().connect();
        let first = next;
        let sender = thread::spawn(move || stream_lines(&mut pbx, first));
        // Different moments of the flow: 3 to 40 ms in.
        thread::sleep(Duration::from_millis(3 + kill * 7 % 38));
        if kill % 10 == 0 {
            durable = raws(&house);
        }
        house.kill9();
        next = sender.join().unwrap();
        house.start();
        if kill % 10 == 0 {
            let now = raws(&house);
            let now: HashSet<&String> = now.iter().collect();
            let lost: Vec<_> = durable.iter().filter(|l| !now.contains(l)).collect();
            assert!(
                lost.is_empty(),
                "after kill {kill} these durable lines are gone: {lost:#?}"
            );
            if long() && now.len() > 20_000 {
                house = House::at("2026-10-08T10:10:00").open();
                next = 1;
                durable.clear();
            }
        }
    }
    house.pbx().connect().send(line(next));
    house.wait_for("the feed reads after the last kill", |h| {
        h.calls()
            .into_iter()
            .find(|c| c["calling_number"] == format!("139{next:08}").as_str())
    });

    let journal = house.journal();
    assert!(journal.len() >= durable.len());
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for row in journal.iter().filter(|row| row["state"] == "leg") {
        *seen.entry(row["raw"].as_str().unwrap()).or_default() += 1;
        assert!(row["call"].is_i64(), "a leg without its call: {row}");
    }
    let twice: Vec<_> = seen.iter().filter(|(_, n)| **n > 1).collect();
    assert!(twice.is_empty(), "stored twice: {twice:#?}");
    for row in journal.iter().filter(|row| row["state"] != "leg") {
        check(row, &json!({"state": "partial", "call": null}));
    }
    let calls = house.calls();
    assert_eq!(calls.len(), seen.len(), "one call for each leg, no call without one");
    let no_case: Vec<&Value> = calls.iter().filter(|c| !c["case"].is_i64()).collect();
    assert!(no_case.is_empty(), "line, call and case come together: {no_case:#?}");
    assert_eq!(
        house.cases().len(),
        calls.len(),
        "one case for each call: every caller is another"
    );
}

#[test]
fn f24_sigterm_drains_what_was_sent() {
    let mut house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    for id in 1..=50 {
        pbx.send(line(id));
    }
    house.wait_until("the first line is durable", |h| !h.journal().is_empty());
    let status = house.sigterm();
    assert_eq!(status.code(), Some(0), "{}", house.tail());
    let before = raws(&house);
    house.start();
    assert_eq!(raws(&house), before, "a stop and a start change nothing");
}

#[test]
fn f20_after_a_kill_the_feed_listens_again_within_a_second() {
    let mut house = House::at("2026-10-08T10:10:00").open();
    let fastest = (0..5)
        .map(|_| {
            house.kill9();
            let begun = Instant::now();
            house.start();
            drop(house.pbx().connect());
            begun.elapsed()
        })
        .min()
        .unwrap();
    assert!(
        fastest < Duration::from_secs(1),
        "the fastest of five starts took {fastest:?}"
    );
}

/// Attaches strace to the running program and waits until it holds on.
fn strace(house: &House, arguments: &[&str], output: &Path) -> Child {
    let mut child = Command::new("strace")
        .args(["-f", "-y", "-o"])
        .arg(output)
        .args(arguments)
        .args(["-p", &house.pid().to_string()])
        .stderr(Stdio::piped())
        .spawn()
        .expect("strace");
    let mut stderr = child.stderr.take().unwrap();
    let (mut said, mut buffer) = (String::new(), [0; 256]);
    while !said.contains(" attached") {
        let n = stderr.read(&mut buffer).unwrap();
        assert!(n > 0, "strace could not attach: {said}");
        said += &String::from_utf8_lossy(&buffer[..n]);
    }
    // Keep reading, or strace might block on a full pipe.
    thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    child
}

#[test]
fn f26_each_commit_reaches_the_disk() {
    let house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    pbx.send(line(1));
    house.wait_for_lines(1);
    let trace = house.path("trace");
    let mut strace = strace(&house, &["-e", "trace=fsync,fdatasync"], &trace);
    let syncs = || {
        let text = fs::read_to_string(&trace).unwrap_or_default();
        text.lines()
            .filter(|l| l.contains("sync(") && l.contains("firstanswer.db-wal"))
            .count()
    };
    for id in 2..=4 {
        let before = syncs();
        pbx.send(line(id));
        house.wait_for_lines(id as usize);
        house.wait_until(&format!("the log of line {id} is synced (synchronous=FULL)"), |_| {
            syncs() > before
        });
    }
    strace.kill().unwrap();
    strace.wait().unwrap();
}

#[test]
fn f26_a_damaged_database_is_found_at_the_start() {
    let mut house = House::at("2026-10-08T10:10:00").open();
    for id in 1..=100 {
        house.pbx().connect().send(line(id));
    }
    house.wait_for_lines(100);
    house.sigterm();
    // Closing the last connection moves everything from the log into the file.
    rusqlite::Connection::open(house.database())
        .unwrap()
        .pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .unwrap();
    let mut file = fs::OpenOptions::new().write(true).open(house.database()).unwrap();
    let length = file.metadata().unwrap().len();
    // From the third page on: the header stays, so that it still looks like a database.
    file.seek(SeekFrom::Start(8192)).unwrap();
    file.write_all(&vec![0xA5; usize::try_from(length - 8192).unwrap().min(1 << 20)])
        .unwrap();
    drop(file);
    house.spawn();
    house.wait_until("it says that it is not ready", |h| {
        std::net::TcpStream::connect(("127.0.0.1", h.web_port)).is_ok() && h.get("/readyz").status == 503
    });
    let tail = house.tail().to_lowercase();
    let named = ["malformed", "integrity", "corrupt", "damaged"]
        .iter()
        .any(|w| tail.contains(w));
    assert!(
        named && tail.contains("firstanswer.db"),
        "names the file and the damage:\n{tail}"
    );
}

#[test]
fn f28_after_a_failed_fsync_the_program_stops_and_starts_clean() {
    let mut house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    for id in 1..=5 {
        pbx.send(line(id));
    }
    house.wait_for_lines(5);
    let inject = ["-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO"];
    let mut strace = strace(&house, &inject, &house.path("trace"));
    let _ = pbx.try_bytes(format!("{}\r\n", line(6)).as_bytes());
    let status = house.wait_for_end();
    let _ = strace.wait();
    assert_eq!(
        status.code(),
        Some(1),
        "never goes on as if it had worked\n{}",
        house.tail()
    );

    house.start();
    let kept = raws(&house);
    for id in 1..=5 {
        assert!(kept.contains(&line(id).to_string()), "line {id} was durable");
    }
    house.pbx().connect().send(line(7));
    house.wait_until("the feed reads again", |h| raws(h).contains(&line(7).to_string()));
    assert_eq!(house.alarms(), ["disk_failed"]);
    house.wait_until("the administrator is written to", |h| {
        h.mails()
            .iter()
            .any(|mail| mail.to == "root@x.cn" && mail.subject.contains("写入曾经出错"))
    });
    house.sigterm();
    house.start();
    assert_eq!(house.alarms(), [""; 0], "a start after no failure ends it");
    let state: String = rusqlite::Connection::open(house.database())
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(state, "ok");
}

#[test]
fn f30_a_slow_disk_widens_the_commit_and_loses_nothing() {
    let house = House::at("2026-10-08T10:10:00").open();
    let inject = [
        "-e",
        "trace=fsync,fdatasync",
        "-e",
        "inject=fsync,fdatasync:delay_enter=300000",
    ];
    let mut strace = strace(&house, &inject, &house.path("trace"));
    let mut pbx = house.pbx().connect();
    let begun = Instant::now();
    // One sync of 300 ms for each line would take more than a minute.
    for id in 1..=250 {
        pbx.send(line(id));
        thread::sleep(Duration::from_millis(1));
    }
    house.wait_for_lines(250);
    assert!(begun.elapsed() < Duration::from_secs(20), "took {:?}", begun.elapsed());
    strace.kill().unwrap();
    strace.wait().unwrap();
    assert_eq!(house.calls().len(), 250);
}

#[test]
fn f30_a_disk_that_is_slow_for_long_is_an_alarm_with_what_it_means() {
    let house = House::at("2026-10-08T10:10:00").open();
    let inject = [
        "-e",
        "trace=fsync,fdatasync",
        "-e",
        "inject=fsync,fdatasync:delay_enter=1100000",
    ];
    let mut strace = strace(&house, &inject, &house.path("trace"));
    let mut pbx = house.pbx().connect();
    let mut id = 0;
    house.wait_until("the alarm stands", |h| {
        id += 1;
        pbx.send(line(id));
        h.alarms().contains(&"slow_disk".to_owned())
    });
    strace.kill().unwrap();
    strace.wait().unwrap();
    let status = house.cli(["feed", "status"]).ends(0);
    assert!(
        status.out.contains("磁盘写入很慢") && status.out.contains("1.1 秒"),
        "{}",
        status.out
    );
    house.wait_for_lines(id as usize);
    assert_eq!(house.calls().len(), id as usize, "nothing is lost");
}

#[test]
fn f33_a_second_instance_is_refused() {
    let house = House::at("2026-10-08T10:10:00").open();
    let said = house.cli(["serve"]).ends(3);
    assert_eq!(said.err.trim().lines().count(), 1, "one clear line: {}", said.err);
    assert!(said.err.contains("firstanswer.db"), "names what is taken: {}", said.err);
    house.pbx().connect().send(line(1));
    house.wait_for_lines(1);
}

#[test]
fn f36_a_first_start_interrupted_anywhere_starts_again() {
    let mut house = House::at("2026-10-08T10:10:00").build();
    for ms in 0..25 {
        house.spawn();
        thread::sleep(Duration::from_millis(ms * 3));
        house.kill9();
    }
    house.start();
    house.pbx().connect().send(line(1));
    house.wait_for_lines(1);
    assert_eq!(house.cases().len(), 1);
}

#[test]
fn f37_a_newer_database_is_refused_and_not_touched() {
    let mut house = House::at("2026-10-08T10:10:00").open();
    house.pbx().connect().send(line(1));
    house.wait_for_lines(1);
    house.sigterm();
    let newer = rusqlite::Connection::open(house.database()).unwrap();
    newer.pragma_update(None, "user_version", 9_999).unwrap();
    newer.pragma_update(None, "wal_checkpoint", "TRUNCATE").unwrap();
    drop(newer);
    let read = || {
        let mut bytes = Vec::new();
        open_file(&house.database()).read_to_end(&mut bytes).unwrap();
        bytes
    };
    let before = read();
    let said = house.cli(["serve"]);
    assert!(matches!(said.code, Some(1 | 2)), "{said:?}");
    assert!(said.err.contains("9999"), "names the version it found: {}", said.err);
    assert!(said.err.contains("firstanswer.db"), "names the file: {}", said.err);
    assert!(read() == before, "not a byte changed");
    let list = house.cli(["case", "list", "--json"]);
    assert_ne!(list.code, Some(0), "the other commands refuse it too");
    assert!(read() == before, "not a byte changed");
}

#[test]
fn commands_say_when_there_is_no_database() {
    let house = House::at("2026-10-08T10:10:00").build();
    let said = house.cli(["case", "list", "--json"]).ends(1);
    assert!(said.err.contains("firstanswer.db"), "names the file: {}", said.err);
    assert!(!house.database().exists(), "only `serve` creates it");
}

#[test]
fn f59_a_crowd_of_visitors_keeps_neither_feed_nor_database_out() {
    let house = House::at("2026-10-08T10:10:00").descriptors(64).open();
    let visit = || std::net::TcpStream::connect(("127.0.0.1", house.web_port));
    let crowd: Vec<_> = (0..200).map_while(|_| visit().ok()).collect();
    assert_eq!(crowd.len(), 200);
    // The eight who have a place keep it until their ten seconds are over; the others are sent away.
    house.wait_until("most are sent away", |_| {
        let gone = |mut stream: &std::net::TcpStream| {
            stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
            match stream.read(&mut [0]) {
                Ok(0) => true,
                Ok(_) => false,
                Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
            }
        };
        crowd.iter().filter(|stream| gone(stream)).count() >= 192
    });
    for id in 1..=20 {
        house.pbx().connect().send(line(id));
    }
    house.wait_until("all calls are there", |h| h.calls().len() == 20);
    assert!(!house.log().contains("Too many open files"), "{}", house.tail());
    drop(crowd);
    house.wait_until("pages are there again", |h| {
        visit().is_ok()
            && std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| h.get("/readyz").status))
                .is_ok_and(|s| s == 200)
    });
}
