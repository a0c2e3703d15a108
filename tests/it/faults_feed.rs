//! Faults on the way in: split, joined, endless, garbled, repeated lines; connections that die or never speak.

use std::fs;
use std::io::{ErrorKind, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::{House, check};
use crate::pbx::IpoLine;

fn house() -> House {
    House::at("2026-10-08T10:10:00").open()
}

fn line(id: u32) -> IpoLine {
    IpoLine::incoming("8021", &format!("1381234{id:04}"))
        .start("2026/10/08 10:00:00")
        .id(id)
}

fn raw_of(row: &Value) -> &str {
    row["raw"].as_str().unwrap_or_default()
}

/// Waits until the call of line `id` is there: the feed is alive and reads.
#[track_caller]
fn wait_for_call(house: &House, id: u32) -> Value {
    let caller = format!("1381234{id:04}");
    house.wait_for(&format!("the call from {caller}"), |h| {
        h.calls().into_iter().find(|c| c["calling_number"] == caller.as_str())
    })
}

#[test]
fn f01_a_line_cut_at_every_byte_is_whole() {
    let house = house();
    let mut pbx = house.pbx().connect();
    for byte in format!("{}\r\n", line(1)).bytes() {
        pbx.bytes(&[byte]);
    }
    wait_for_call(&house, 1);
    assert_eq!(raw_of(&house.journal()[0]), line(1).to_string());
    assert_eq!(house.journal().len(), 1);
}

#[test]
fn f02_many_lines_in_one_write_are_all_there() {
    let house = house();
    let block: String = (1..=300).map(|id| format!("{}\r\n", line(id))).collect();
    house.pbx().connect().bytes(block.as_bytes());
    house.wait_for_lines(300);
    let rows = house.journal();
    for (id, row) in (1..).zip(&rows) {
        assert_eq!(raw_of(row), line(id).to_string(), "in the order sent");
    }
    assert_eq!(house.calls().len(), 300);
}

#[test]
fn f03_every_usual_separator_separates() {
    let house = house();
    let separators: [&str; 8] = ["\r\n", "\n", "\r", "\n\r", "\r\n\0\0\0", "\0", "\x0c", "\x03\x02"];
    let mut sent = Vec::new();
    for (n, separator) in (0..).zip(separators) {
        let lines: Vec<_> = (1..=3).map(|i| line(n * 10 + i).to_string()).collect();
        let mut pbx = house.pbx().connect();
        pbx.bytes(format!("{}{separator}", lines.join(separator)).as_bytes());
        sent.extend(lines);
        let count = sent.len();
        house.wait_until(&format!("3 lines separated by {separator:?}"), |h| {
            h.calls().len() >= count
        });
    }
    let journal = house.journal();
    for line in &sent {
        let found = journal.iter().filter(|row| raw_of(row) == line).count();
        assert_eq!(found, 1, "no text lost, none twice: {line}");
    }
}

#[test]
fn f04_a_half_line_is_kept_after_a_pause_and_joined_when_the_rest_comes() {
    let house = house();
    let whole = line(1).to_string();
    let (first, rest) = whole.split_at(60);
    let mut pbx = house.pbx().connect();
    pbx.bytes(first.as_bytes());
    house.wait_until("the half line is kept as partial", |h| {
        h.journal()
            .iter()
            .any(|row| row["state"] == "partial" && raw_of(row) == first)
    });
    assert_eq!(house.calls().len(), 0, "half a line is no call");
    pbx.bytes(rest.as_bytes()).bytes(b"\r\n");
    check(
        &wait_for_call(&house, 1),
        &json!({"disposition": "answered", "answered_by": "8021"}),
    );
}

#[test]
fn f05_a_connection_that_dies_within_a_line_leaves_a_fragment_and_no_call() {
    let house = house();
    // Cut so that what is left would pass for a record.
    let cut = line(1).to_string();
    let cut = cut.trim_end_matches(',');
    house.pbx().connect().bytes(cut.as_bytes());
    house.pbx().connect().send(line(2));
    wait_for_call(&house, 2);
    house.wait_until("the fragment is kept", |h| {
        h.journal()
            .iter()
            .any(|row| row["state"] == "partial" && raw_of(row) == cut)
    });
    assert_eq!(house.calls().len(), 1, "the fragment is no call");
}

#[test]
fn f06_an_endless_line_is_cut_and_memory_stays_bounded() {
    let house = house();
    let before = house.memory_kb("VmHWM");
    let mut pbx = house.pbx().connect();
    let block = vec![b'x'; 1 << 20];
    for _ in 0..16 {
        pbx.bytes(&block);
    }
    pbx.bytes(b"\r\n").send(line(1));
    wait_for_call(&house, 1);
    let grown = house.memory_kb("VmHWM") - before;
    assert!(grown < 64 << 10, "16 MB without an end took {grown} kB");
    let rows = house.journal();
    let longest = rows.iter().map(|row| raw_of(row).len()).max().unwrap();
    assert!(longest < 1 << 20, "cut into pieces, the longest is {longest} bytes");
    assert!(
        rows.iter().any(|row| raw_of(row).starts_with("xxx")),
        "the pieces are kept"
    );
}

#[test]
fn f07_control_bytes_are_kept_and_shown_escaped() {
    let house = house();
    house
        .pbx()
        .connect()
        .bytes(b"not a record \x1b[2J\x07\x01 at all\r\n")
        .send(line(1));
    house.wait_for_lines(2);
    let rows = house.journal();
    let kept = rows
        .iter()
        .find(|r| raw_of(r).starts_with("not a record"))
        .expect("kept");
    assert_eq!(kept["state"], "quarantined");
    assert!(raw_of(kept).ends_with(" at all"), "to the last byte");
    let shown = house.cli(["journal", "list"]).ends(0).out;
    assert_eq!(
        shown.chars().find(|c| c.is_control() && *c != '\n'),
        None,
        "no control character reaches the terminal:\n{shown:?}"
    );
}

#[test]
fn f09_a_noise_byte_spoils_no_neighbour() {
    let house = house();
    let mut noisy = line(2).to_string().into_bytes();
    noisy[30] = 0xFF;
    noisy.extend(b"\r\n");
    house.pbx().connect().send(line(1)).bytes(&noisy).send(line(3));
    house.wait_for_lines(3);
    for id in [1, 3] {
        check(
            &wait_for_call(&house, id),
            &json!({"answered_by": "8021", "talk_seconds": 180, "legs": 1}),
        );
    }
}

#[test]
fn f10_a_latin_1_name_is_kept_and_the_call_counts() {
    let house = house();
    let mut text = line(1).name("M?ller").to_string().into_bytes();
    let at = text.iter().position(|&b| b == b'?').unwrap();
    text[at] = 0xFC;
    text.extend(b"\r\n");
    house.pbx().connect().bytes(&text);
    check(
        &wait_for_call(&house, 1),
        &json!({"answered_by": "8021", "certainty": "certain"}),
    );
}

#[test]
fn f11_blank_lines_and_headings_are_no_fault() {
    let house = house();
    house
        .pbx()
        .connect()
        .bytes(b"\r\n   \r\n\r\n")
        .send(line(1))
        .bytes(b"\r\n");
    wait_for_call(&house, 1);
    let quarantined = house.cli(["journal", "list", "--quarantined", "--json"]).rows();
    assert_eq!(quarantined, [] as [Value; 0]);
    assert_eq!(house.calls().len(), 1);
}

#[test]
fn f12_an_unknown_layout_is_kept_with_place_and_reason() {
    let house = house();
    house.pbx().connect().send("STATUS|7|what is this").send(line(1));
    house.wait_for_lines(2);
    let rows = house.cli(["journal", "list", "--quarantined", "--json"]).rows();
    assert_eq!(rows.len(), 1);
    check(
        &rows[0],
        &json!({"state": "quarantined", "raw": "STATUS|7|what is this", "feed": "pbx", "call": null}),
    );
    assert!(
        rows[0]["column"].as_i64().is_some_and(|c| c >= 1),
        "column: {}",
        rows[0]
    );
    assert!(
        rows[0]["reason"].as_str().is_some_and(|r| !r.is_empty()),
        "reason: {}",
        rows[0]
    );
}

#[test]
fn f13_a_line_that_begins_with_digits_is_no_length() {
    let house = house();
    house.pbx().connect().send("12 bottles").send(line(1));
    house.wait_for_lines(2);
    let rows = house.journal();
    assert_eq!(raw_of(&rows[0]), "12 bottles");
    assert_eq!(raw_of(&rows[1]), line(1).to_string());
}

#[test]
fn f15_a_silent_connection_is_probed_and_does_not_keep_another_out() {
    let house = house();
    let silent = house.pbx().connect();
    let peer = silent.stream.local_addr().unwrap().port();
    house.pbx().connect().send(line(1));
    wait_for_call(&house, 1);
    // The kernel's table: local address, remote address, state, queues, timer (02 = keep-alive).
    let (ours, theirs) = (format!(":{:04X}", house.pbx_port), format!(":{peer:04X}"));
    let timer = house.wait_for("the feed's end of the silent connection", |_| {
        let table = fs::read_to_string("/proc/net/tcp").unwrap();
        table.lines().find_map(|row| {
            let columns: Vec<&str> = row.split_whitespace().collect();
            let ours = columns.get(1)?.ends_with(&ours) && columns.get(2)?.ends_with(&theirs);
            ours.then(|| columns[5].to_owned())
        })
    });
    assert!(timer.starts_with("02:"), "keep-alive is on (timer column: {timer})");
}

#[test]
fn f16_two_connections_at_once_are_both_read() {
    let house = house();
    let (mut one, mut other) = (house.pbx().connect(), house.pbx().connect());
    let (first, second) = (line(1).to_string(), line(2).to_string());
    let ((a, b), (c, d)) = (first.split_at(40), second.split_at(70));
    one.bytes(a.as_bytes());
    other.bytes(c.as_bytes());
    one.bytes(b.as_bytes()).bytes(b"\r\n");
    other.bytes(d.as_bytes()).bytes(b"\r\n");
    wait_for_call(&house, 1);
    wait_for_call(&house, 2);
    assert_eq!(house.journal().len(), 2);
}

#[test]
fn f18_two_identical_calls_in_one_minute_are_two() {
    let house = house();
    let twin = |id| line(7).id(id);
    house.pbx().connect().send(twin(1)).send(twin(2));
    house.wait_for_lines(2);
    assert_eq!(house.calls().len(), 2);
    assert!(house.journal().iter().all(|row| row["state"] == "leg"));
}

#[test]
fn f21_a_slow_disk_holds_the_sender_back_and_loses_nothing() {
    let house = house();
    let mut pbx = house.pbx().connect();
    let before = house.memory_kb("VmHWM");
    // Somebody else holds the database; the program may not collect in memory what it can't store.
    let other = rusqlite::Connection::open(house.database()).unwrap();
    other.busy_timeout(Duration::from_secs(5)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let padding = "0".repeat(4000);
    pbx.stream.set_write_timeout(Some(Duration::from_millis(400))).unwrap();
    let begun = Instant::now();
    let (mut sent, mut cut) = (0, Vec::new());
    while cut.is_empty() {
        let text = format!("{}{padding}\r\n", line(sent + 1));
        match write_some(&mut pbx.stream, text.as_bytes()) {
            n if n == text.len() => sent += 1,
            n => cut = text.into_bytes().split_off(n),
        }
        assert!(sent < 8_000, "32 MB were taken while nothing could be stored");
        assert!(begun.elapsed() < Duration::from_secs(4), "no push-back within 4 s");
    }
    other.execute_batch("ROLLBACK").unwrap();
    pbx.stream.set_write_timeout(None).unwrap();
    pbx.bytes(&cut);

    let count = usize::try_from(sent + 1).unwrap();
    house.wait_for_lines(count);
    let journal = house.journal();
    assert_eq!(journal.len(), count);
    for (id, row) in (1..).zip(&journal) {
        assert!(raw_of(row).starts_with(&line(id).to_string()), "in order, line {id}");
    }
    let grown = house.memory_kb("VmHWM") - before;
    assert!(grown < 96 << 10, "memory grew by {grown} kB");
}

/// Writes until all is written or the other side stops reading; how much was written.
fn write_some(stream: &mut std::net::TcpStream, bytes: &[u8]) -> usize {
    let mut written = 0;
    while written < bytes.len() {
        match stream.write(&bytes[written..]) {
            Ok(n) => written += n,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
            Err(e) => panic!("the feed hung up: {e}"),
        }
    }
    written
}

#[test]
fn f25_hostile_bytes_do_not_end_the_feed() {
    let mut house = house();
    let mut pbx = house.pbx().connect();
    // A fixed sequence, so that a failure can be repeated.
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let good = line(1).to_string();
    for round in 0..200 {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..=round % 7 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let at = usize::try_from(seed % bytes.len() as u64).unwrap();
            bytes[at] = seed.to_le_bytes()[5];
        }
        pbx.bytes(&bytes).bytes(b"\r\n");
    }
    pbx.send(line(9999));
    wait_for_call(&house, 9999);
    assert!(house.is_running());
}

#[test]
fn f58_one_bad_line_ten_thousand_times_fills_no_log() {
    let house = house();
    let before = house.log().lines().count();
    let block = "this is no record\r\n".repeat(10_000);
    house.pbx().connect().bytes(block.as_bytes()).send(line(1));
    wait_for_call(&house, 1);
    let quarantined = house.cli(["journal", "list", "--quarantined", "--json"]).rows();
    assert_eq!(quarantined.len(), 10_000, "each is kept");
    let log = house.log();
    let said: Vec<&str> = log.lines().skip(before).collect();
    assert!(said.len() < 100, "{} log lines for one fault", said.len());
    assert!(
        said.iter()
            .any(|l| l.to_lowercase().contains("quarantin") || l.contains("no record")),
        "the log says it at all:\n{}",
        house.tail()
    );
}

#[test]
fn auto_decides_after_silence_though_the_switch_has_hung_up() {
    let house = House::at("2026-10-08T10:10:00").dialect("auto").open();
    // One line is fewer than `detect_lines`, and the connection is gone before the five seconds are over.
    house.pbx().connect().send(line(1));
    house.wait_until("the line waits", |h| {
        h.journal().iter().any(|row| row["state"] == "pending")
    });
    wait_for_call(&house, 1);
    assert_eq!(house.journal()[0]["state"], "leg");
}

#[test]
fn feed_status_says_what_the_lines_look_like() {
    let house = House::at("2026-10-08T10:10:00").dialect("asterisk-csv").open();
    house.pbx().connect().send(line(1));
    house.wait_until("the line is in the quarantine", |h| {
        h.journal().iter().any(|row| row["state"] == "quarantined")
    });
    let detected = &house.feed_status()["detected"];
    assert_eq!(
        (&detected["dialect"], &detected["lines"]),
        (&"avaya-ip-office".into(), &1.into()),
        "{detected}"
    );
    let said = house.cli(["feed", "status", "--lang", "en"]).out;
    assert!(
        said.contains("read as asterisk-csv, but its latest lines look like avaya-ip-office"),
        "{said}"
    );
}
