//! Faults of feeds that go out by themselves: a switch that is dialled, a serial line, a followed file.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::{House, PATIENCE, free_port};
use crate::pbx::IpoLine;
use crate::serial::Cable;

fn line(id: u32) -> IpoLine {
    IpoLine::incoming("8021", &format!("1381234{id:04}"))
        .start("2026/10/08 10:00:00")
        .id(id)
}

fn lines(ids: std::ops::RangeInclusive<u32>) -> String {
    ids.map(|id| format!("{}\r\n", line(id))).collect()
}

fn raw(row: &Value) -> &str {
    row["raw"].as_str().unwrap_or_default()
}

/// Each of the lines is in the journal once, as a leg, in order, and nothing else is a leg; each is one call.
#[track_caller]
fn once_each(house: &House, ids: std::ops::RangeInclusive<u32>) {
    let count = ids.clone().count();
    house.wait_until(&format!("{count} calls"), |h| h.calls().len() >= count);
    let journal = house.journal();
    let legs: Vec<&str> = journal.iter().filter(|row| row["state"] == "leg").map(raw).collect();
    let expected: Vec<String> = ids.map(|id| line(id).to_string()).collect();
    assert_eq!(legs, expected, "each line once, in order");
    assert_eq!(house.calls().len(), count, "each call once");
}

#[track_caller]
fn wait_for_state(house: &House, state: &str) -> Value {
    house.wait_for(&format!("the feed to be {state}"), |h| {
        Some(h.feed_status()).filter(|status| status["state"] == state)
    })
}

// --- a switch that is dialled -----------------------------------------------------------------------------------------

/// A switch that waits to be called.
struct Switch {
    listener: TcpListener,
}

impl Switch {
    fn on(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self { listener }
    }

    /// The next caller, if one comes in time.
    fn caller_within(&self, time: Duration) -> Option<TcpStream> {
        let begun = Instant::now();
        while begun.elapsed() < time {
            if let Ok((stream, _)) = self.listener.accept() {
                stream.set_nonblocking(false).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                return Some(stream);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    #[track_caller]
    fn caller(&self) -> TcpStream {
        self.caller_within(PATIENCE).expect("nobody called the switch")
    }
}

fn says(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).unwrap();
}

fn hears(stream: &TcpStream) -> String {
    let mut text = String::new();
    BufReader::with_capacity(1, stream).read_line(&mut text).unwrap();
    text.trim_end().to_owned()
}

/// A house that dials the switch at this port.
fn dialling(port: u16, login: bool) -> House {
    dialling_with(port, login, "PCCSMDR")
}

fn dialling_with(port: u16, login: bool, password: &str) -> House {
    let login = if login {
        "login = {user=\"SMDR\", password_file=\"password\"}"
    } else {
        ""
    };
    let mut house = House::at("2026-10-08T10:10:00")
        .feed(&format!("tcp_connect = \"localhost:{port}\"\n{login}"))
        .build();
    house.write("password", &format!("{password}\n"));
    house.start();
    house
}

#[test]
fn f14_a_switch_that_asks_gets_user_and_password_and_its_log_is_read_again_after_it_dropped() {
    let port = free_port();
    let switch = Switch::on(port);
    let house = dialling(port, true);
    for id in 1..=2 {
        let mut pbx = switch.caller();
        // As Panasonic's: a prompt without a line end, the typed echoed, the command repeated, the password as stars.
        says(&mut pbx, "-");
        assert_eq!(hears(&pbx), "SMDR");
        says(&mut pbx, "SMDR\r\nSMDR\rEnter Password:");
        assert_eq!(hears(&pbx), "PCCSMDR");
        says(&mut pbx, "*******\r\n");
        says(&mut pbx, &lines(id..=id));
        house.wait_until("the line is a call", |h| h.calls().len() == id as usize);
        assert_eq!(wait_for_state(&house, "connected")["transport"], "tcp_connect");
    }
    once_each(&house, 1..=2);
    let journal = house.journal();
    assert!(
        journal
            .iter()
            .any(|row| raw(row) == "Enter Password:" && row["state"] == "skipped")
    );
    assert!(
        journal.iter().all(|row| row["state"] != "quarantined"),
        "a login is no fault: {journal:#?}"
    );
}

#[test]
fn f14_a_refused_login_is_an_alarm_and_no_storm_and_the_password_is_written_nowhere() {
    let port = free_port();
    let switch = Switch::on(port);
    let house = dialling(port, true);
    let mut pbx = switch.caller();
    says(&mut pbx, "Welcome\r\nlogin: ");
    assert_eq!(hears(&pbx), "SMDR");
    says(&mut pbx, "Password: ");
    assert_eq!(hears(&pbx), "PCCSMDR");
    // This one echoes what it should not.
    says(&mut pbx, "PCCSMDR\r\nLogin incorrect\r\nlogin: ");
    let status = wait_for_state(&house, "login_refused");
    assert!(status["reason"].as_str().unwrap().contains("incorrect"), "{status}");
    assert_eq!(house.alarms(), ["login_refused:pbx"]);
    assert!(
        switch.caller_within(Duration::from_secs(4)).is_none(),
        "a second try within seconds would lock the account"
    );
    let journal = house.journal();
    assert!(journal.iter().any(|row| raw(row) == "Welcome"), "the banner is kept");
    assert!(
        journal.iter().any(|row| raw(row) == "*******"),
        "the echo is kept, masked"
    );
    for file in ["log", "var/firstanswer.db", "var/firstanswer.db-wal"] {
        let bytes = fs::read(house.path(file)).unwrap_or_default();
        assert!(
            memchr::memmem::find(&bytes, b"PCCSMDR").is_none(),
            "the password stands in {file}"
        );
    }

    // Mended, and the daemon told: it does not wait for its ten minutes.
    house.write("password", "BETTER\n");
    house.sighup();
    let mut pbx = switch.caller();
    says(&mut pbx, "login: ");
    assert_eq!(hears(&pbx), "SMDR");
    says(&mut pbx, "Password: ");
    assert_eq!(hears(&pbx), "BETTER");
    says(&mut pbx, &lines(1..=1));
    house.wait_until("the call", |h| h.calls().len() == 1);
    assert_eq!(house.alarms(), [] as [&str; 0]);
}

#[test]
fn f14_a_password_echoed_long_after_it_was_sent_is_written_nowhere() {
    let port = free_port();
    let switch = Switch::on(port);
    let house = dialling(port, true);
    // A busy switch: it is spoken to unasked, and prints what it was told when we believe the login to be over.
    let mut pbx = switch.caller();
    assert_eq!(hears(&pbx), "SMDR");
    assert_eq!(hears(&pbx), "PCCSMDR");
    wait_for_state(&house, "connected");
    says(&mut pbx, "-SMDR\r\nPCCSMDR\r\n\r\nEnter Password:PCCSMDR\r\n");
    says(&mut pbx, &lines(1..=1));
    once_each(&house, 1..=1);
    for file in ["log", "var/firstanswer.db", "var/firstanswer.db-wal"] {
        let bytes = fs::read(house.path(file)).unwrap_or_default();
        assert!(
            memchr::memmem::find(&bytes, b"PCCSMDR").is_none(),
            "the password stands in {file}"
        );
    }
}

#[test]
fn f14_a_prompt_that_is_not_echoed_does_not_swallow_the_first_line() {
    let port = free_port();
    let switch = Switch::on(port);
    let house = dialling(port, true);
    let mut pbx = switch.caller();
    says(&mut pbx, "Username: ");
    assert_eq!(hears(&pbx), "SMDR");
    says(&mut pbx, "Password: ");
    assert_eq!(hears(&pbx), "PCCSMDR");
    says(&mut pbx, &lines(1..=3));
    once_each(&house, 1..=3);
}

#[test]
fn f14_digits_in_a_call_are_not_taken_for_a_password_of_digits() {
    let port = free_port();
    let switch = Switch::on(port);
    let house = dialling_with(port, true, "1234");
    let mut pbx = switch.caller();
    says(&mut pbx, "Username: ");
    assert_eq!(hears(&pbx), "SMDR");
    says(&mut pbx, "Password: ");
    assert_eq!(hears(&pbx), "1234");
    // The callers' numbers hold it; the echo before them is the password.
    says(&mut pbx, "1234\r\n");
    says(&mut pbx, &lines(1..=2));
    once_each(&house, 1..=2);
    let journal = house.journal();
    assert!(journal.iter().any(|row| raw(row) == "****"), "the echo is kept, masked");
    assert!(journal.iter().all(|row| raw(row) != "1234"), "{journal:#?}");
}

#[test]
fn f14_a_silent_switch_is_spoken_to_and_one_that_asks_for_nothing_is_read() {
    let port = free_port();
    let switch = Switch::on(port);
    let house = dialling(port, true);
    // It says nothing until it is spoken to.
    let mut pbx = switch.caller();
    assert_eq!(hears(&pbx), "SMDR");
    assert_eq!(hears(&pbx), "PCCSMDR");
    says(&mut pbx, &lines(1..=1));
    house.wait_until("its line is a call", |h| h.calls().len() == 1);
    drop(pbx);
    // It was set to ask no more.
    let mut pbx = switch.caller();
    says(&mut pbx, &lines(2..=2));
    once_each(&house, 1..=2);
}

#[test]
fn f15_a_port_that_opens_and_shuts_is_an_alarm_too() {
    let port = free_port();
    let switch = Switch::on(port);
    let house = dialling(port, false);
    let begun = Instant::now();
    for _ in 0..3 {
        drop(switch.caller());
    }
    assert!(begun.elapsed() >= Duration::from_millis(1_500), "each try waits longer");
    house.wait_until("the alarm", |h| h.alarms() == ["feed_lost:pbx"]);
}

#[test]
fn f15_a_dead_switch_holds_no_start_and_is_found_when_it_lives() {
    let port = free_port();
    let house = dialling(port, false);
    let status = wait_for_state(&house, "waiting");
    assert!(status["reason"].as_str().unwrap().contains("refused"), "{status}");
    house.wait_until("the alarm", |h| h.alarms() == ["feed_lost:pbx"]);
    let switch = Switch::on(port);
    let mut pbx = switch.caller();
    says(&mut pbx, &lines(1..=2));
    once_each(&house, 1..=2);
    wait_for_state(&house, "connected");
    assert_eq!(house.alarms(), [] as [&str; 0], "the alarm is over");
    // It hangs up in the middle of a line, and comes back.
    says(&mut pbx, &line(3).to_string()[..50]);
    drop(pbx);
    let mut pbx = switch.caller();
    says(&mut pbx, &lines(4..=4));
    house.wait_until("the line after the break", |h| h.calls().len() == 3);
    let partial: Vec<_> = house
        .journal()
        .into_iter()
        .filter(|row| row["state"] == "partial")
        .collect();
    assert_eq!(partial.len(), 1);
    assert_eq!(raw(&partial[0]), &line(3).to_string()[..50]);
}

// --- a serial line ----------------------------------------------------------------------------------------------------

fn on_a_serial_line(keys: &str) -> (House, Cable) {
    let mut house = House::at("2026-10-08T10:10:00")
        .feed(&format!("serial = \"tty-pbx\"\n{keys}"))
        .build();
    let cable = Cable::new();
    cable.plug_in(&house.path("tty-pbx"));
    house.start();
    wait_for_state(&house, "connected");
    (house, cable)
}

#[test]
fn f22_an_adapter_unplugged_and_renumbered_is_found_by_its_stable_name() {
    let (house, mut cable) = on_a_serial_line("");
    cable.send(lines(1..=2));
    house.wait_until("two calls", |h| h.calls().len() == 2);
    let old = cable.device().to_owned();
    // Keep the number of the old device taken, so that the new one has another.
    drop(cable);
    let status = wait_for_state(&house, "waiting");
    assert!(
        status["reason"].as_str().unwrap().contains("unplugged")
            || status["reason"].as_str().unwrap().contains("opened"),
        "{status}"
    );
    house.wait_until("the alarm", |h| h.alarms() == ["feed_lost:pbx"]);
    let lines_of_log = house.log().lines().count();
    let spare = Cable::new();
    let mut cable = Cable::new();
    assert_ne!(cable.device(), old, "another number");
    cable.plug_in(&house.path("tty-pbx"));
    wait_for_state(&house, "connected");
    assert!(house.log().lines().count() < lines_of_log + 20, "no spin");
    cable.send(lines(3..=4));
    once_each(&house, 1..=4);
    assert_eq!(house.alarms(), [] as [&str; 0]);
    drop(spare);
}

#[test]
fn f22_the_port_is_ours_alone() {
    let (house, _cable) = on_a_serial_line("");
    let port = fs::File::open(house.path("tty-pbx"));
    let taken = match &port {
        Ok(port) => rustix::fs::flock(port, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_err(),
        Err(_) => true,
    };
    assert!(taken, "another program could take the port");
}

#[test]
fn f08_parity_garbage_is_kept_is_no_call_and_an_alarm_names_the_cause() {
    let (house, mut cable) = on_a_serial_line("");
    // The switch sends 7E1, the port is set to 8N1.
    let even = |byte: u8| {
        if byte.count_ones().is_multiple_of(2) {
            byte
        } else {
            byte | 0x80
        }
    };
    let garbled: Vec<u8> = lines(1..=5).bytes().map(even).collect();
    cable.send(&garbled);
    house.wait_until("the alarm", |h| h.alarms() == ["garbage:pbx"]);
    let database = rusqlite::Connection::open(house.database()).unwrap();
    let body: String = database
        .query_row("SELECT body FROM alarm WHERE key = 'garbage:pbx'", [], |row| row.get(0))
        .unwrap();
    assert!(body.contains("even_parity"), "{body}");
    assert_eq!(house.calls().len(), 0, "no call is invented");
    let kept: Vec<u8> = database
        .prepare("SELECT raw FROM journal ORDER BY id")
        .unwrap()
        .query_map([], |row| row.get::<_, Vec<u8>>(0))
        .unwrap()
        .flat_map(Result::unwrap)
        .collect();
    let text: Vec<u8> = garbled.iter().copied().filter(|b| *b != b'\n' && *b != b'\r').collect();
    assert_eq!(
        kept.iter().filter(|b| **b != 0x8d).count(),
        text.iter().filter(|b| **b != 0x8d).count(),
        "every byte is kept"
    );
}

#[test]
fn f08_seven_data_bits_read_what_eight_garble() {
    let (house, mut cable) = on_a_serial_line("data_bits = 7\nparity = \"even\"");
    let even = |byte: u8| {
        if byte.count_ones().is_multiple_of(2) {
            byte
        } else {
            byte | 0x80
        }
    };
    cable.send(lines(1..=5).bytes().map(even).collect::<Vec<u8>>());
    once_each(&house, 1..=5);
    assert_eq!(house.alarms(), [] as [&str; 0]);
}

#[test]
fn f21_a_serial_line_is_read_on_while_nothing_can_be_stored() {
    let (house, mut cable) = on_a_serial_line("");
    let other = rusqlite::Connection::open(house.database()).unwrap();
    other.busy_timeout(Duration::from_secs(5)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Far more than the kernel keeps of a terminal.
    let sent = lines(1..=1500);
    assert!(sent.len() > 150_000);
    cable.send(&sent);
    std::thread::sleep(Duration::from_millis(300));
    other.execute_batch("ROLLBACK").unwrap();
    once_each(&house, 1..=1500);
    assert_eq!(house.feed_status()["lost_bytes"], 0);
}

#[test]
fn play_plays_into_a_serial_line() {
    // A cable between two ports, as socat makes one: what is written to one pseudo-terminal comes out of the other.
    let (house, cable) = on_a_serial_line("");
    let other = Cable::new();
    house.write("played.txt", &lines(1..=50));
    let (mut from, mut to) = (other.switch.try_clone().unwrap(), cable.switch.try_clone().unwrap());
    std::thread::spawn(move || {
        let mut bytes = [0; 512];
        while let Ok(n @ 1..) = from.read(&mut bytes) {
            to.write_all(&bytes[..n]).unwrap();
        }
    });
    let device = other.device().to_str().unwrap().to_owned();
    let said = house.cli(["play", "--to", &device, "played.txt"]).ends(0);
    assert!(said.out.contains("50 lines"), "{}", said.out);
    once_each(&house, 1..=50);
}

// --- a followed file --------------------------------------------------------------------------------------------------

const LOG: &str = "Master.csv";

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn following(from: &str, first: &str) -> House {
    let mut house = House::at("2026-10-08T10:10:00")
        .feed(&format!("file = \"{LOG}\"\nfrom = \"{from}\""))
        .build();
    append(&house.path(LOG), first);
    house.start();
    wait_for_state(&house, "connected");
    house
}

#[test]
fn f20_a_file_rotated_both_ways_loses_no_line_and_doubles_none() {
    let house = following("start", &lines(1..=10));
    let (log, old) = (house.path(LOG), house.path("Master.csv.1"));
    append(&log, &lines(11..=20));
    // Renamed, and another begun; whoever wrote still has the old one open for a moment.
    fs::rename(&log, &old).unwrap();
    append(&old, &lines(21..=25));
    append(&log, &lines(26..=30));
    house.wait_until("the first rotation", |h| h.calls().len() == 30);
    // Copied away and emptied, right after a line was written.
    append(&log, &lines(31..=35));
    fs::rename(&old, house.path("Master.csv.2")).unwrap();
    fs::copy(&log, &old).unwrap();
    OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
    append(&log, &lines(36..=36));
    once_each(&house, 1..=36);
    append(&log, &lines(37..=40));
    once_each(&house, 1..=40);
}

#[test]
fn f20_a_file_rotated_twice_while_we_were_down_is_read_in_order() {
    let mut house = following("end", &lines(1..=3));
    let log = house.path(LOG);
    append(&log, &lines(4..=5));
    house.wait_until("what is new", |h| h.calls().len() == 2);
    house.kill9();
    append(&log, &lines(6..=7));
    fs::rename(&log, house.path("Master.csv.1")).unwrap();
    append(&log, &lines(8..=9));
    fs::rename(house.path("Master.csv.1"), house.path("Master.csv.2")).unwrap();
    fs::rename(&log, house.path("Master.csv.1")).unwrap();
    append(&log, &lines(10..=11));
    house.start();
    once_each(&house, 4..=11);
}

#[test]
fn f24_a_kill_while_a_file_is_read_neither_loses_nor_doubles() {
    let mut house = following("start", "");
    let log = house.path(LOG);
    let mut next = 1;
    for pause in [0, 40, 90, 170, 260] {
        for _ in 0..40 {
            append(&log, &lines(next..=next + 9));
            next += 10;
        }
        std::thread::sleep(Duration::from_millis(pause));
        house.restart();
    }
    once_each(&house, 1..=next - 1);
}

#[test]
fn f04_a_half_written_last_line_waits_for_its_rest_also_over_a_restart() {
    let mut house = following("start", &lines(1..=1));
    let log = house.path(LOG);
    let whole = line(2).to_string();
    append(&log, &whole[..60]);
    house.wait_until("the half line is shown", |h| {
        h.journal()
            .iter()
            .any(|row| row["state"] == "partial" && raw(row) == &whole[..60])
    });
    house.restart();
    append(&log, &whole[60..80]);
    house.sigterm();
    append(&log, &format!("{}\r\n", &whole[80..]));
    house.start();
    append(&log, &lines(3..=3));
    once_each(&house, 1..=3);
    assert_eq!(house.journal().len(), 3, "the half line is no row of its own any more");
}

#[test]
fn a_file_that_is_not_there_yet_is_waited_for_and_then_read_whole() {
    let mut house = House::at("2026-10-08T10:10:00")
        .feed(&format!("file = \"{LOG}\""))
        .open();
    assert_eq!(wait_for_state(&house, "waiting")["reason"], "there is no such file yet");
    house.kill9();
    append(&house.path(LOG), &lines(1..=2));
    house.start();
    once_each(&house, 1..=2);
}

#[test]
fn f20_a_break_of_a_followed_file_is_no_hole() {
    let mut house = following("start", &lines(1..=2));
    house.wait_until("the first lines", |h| h.calls().len() == 2);
    house.kill9();
    append(&house.path(LOG), &lines(3..=3));
    std::thread::sleep(Duration::from_millis(1_200));
    house.start();
    once_each(&house, 1..=3);
    let gaps = house.cli(["feed", "status", "--json"]).rows()[0]["gaps"].clone();
    assert_eq!(
        gaps,
        serde_json::json!([]),
        "the file waited for us: nothing is missing"
    );
}

#[test]
fn old_lines_of_a_file_are_history() {
    let old = line(1).start("2026/09/01 10:00:00");
    let house = following("start", &format!("{old}\r\n"));
    house.wait_until("the old call", |h| h.calls().len() == 1);
    assert_eq!(house.cases().len(), 0, "an answer of last month opens no case");
}

// --- all ways ---------------------------------------------------------------------------------------------------------

/// What a call is, but for when it was received.
fn essence(house: &House) -> Vec<String> {
    let mut calls = house.calls();
    for call in &mut calls {
        call.as_object_mut().unwrap().remove("received_at");
    }
    calls.iter().map(Value::to_string).collect()
}

#[test]
fn the_same_lines_give_the_same_calls_by_every_way() {
    let sent = lines(1..=1000);
    let by_burst = House::at("2026-10-08T10:10:00").open();
    by_burst.pbx().connect().bytes(sent.as_bytes());
    once_each(&by_burst, 1..=1000);
    let expected = essence(&by_burst);
    assert_eq!(expected.len(), 1000);

    let by_bytes = House::at("2026-10-08T10:10:00").open();
    let mut pbx = by_bytes.pbx().connect();
    for byte in sent.bytes() {
        pbx.bytes(&[byte]);
    }
    once_each(&by_bytes, 1..=1000);
    assert_eq!(essence(&by_bytes), expected, "by TCP, a byte a write");

    let (by_serial, mut cable) = on_a_serial_line("");
    cable.send(&sent);
    once_each(&by_serial, 1..=1000);
    assert_eq!(essence(&by_serial), expected, "by a serial line");

    let by_file = following("start", &sent);
    once_each(&by_file, 1..=1000);
    assert_eq!(essence(&by_file), expected, "by a file");

    // The switch connects again and sends all of it again, twice.
    for times in 1..=2 {
        by_burst.pbx().connect().bytes(sent.as_bytes());
        by_burst.wait_until("all of it again", |h| h.feed_status()["duplicates"] == times * 1000);
        assert_eq!(essence(&by_burst), expected, "sent again, {times}");
    }
}
