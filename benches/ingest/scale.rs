//! What a long history costs: the same asked of a short and of a long one, in the same run.
//!
//! One program is fed calls without cases until there are 10⁵, asked, fed until there are `HISTORY`, and asked again.
//! Then cases are opened (`OPEN`), and it is killed and started.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use firstanswer::clock::Clock;
use firstanswer::ids::{CaseId, PersonId};
use firstanswer::mail::{Key, Keys, Link, Target};
use firstanswer::register::Store;
use firstanswer::{config, daemon};
use rusqlite::Connection;

use crate::pbx;
use crate::program::{Program, count};
use crate::table::{self, Table, micros, percentile};

/// Lines of the short history.
const SHORT: usize = 100_000;

/// Lines given to the program at once: they are made in memory.
const PART: usize = 500_000;

/// A page is asked for so many times.
const REQUESTS: usize = 300;

/// A command is run so many times.
const COMMANDS: usize = 20;

/// Samples of one question to a short and to a long history.
struct Asked {
    name: String,
    samples: Vec<Duration>,
}

pub fn run(table: &mut Table, history: usize, open: usize) {
    let mut program = Program::new();
    program.start();
    program.ingest(&pbx::fresh(40), 40);
    let idle = program.memory_kb("VmRSS");

    let begin = feed(&program, 0, SHORT);
    let short = ask(&program);
    let history = history.max(2 * SHORT);
    let mut fed = SHORT;
    while fed < history - SHORT {
        let lines = PART.min(history - SHORT - fed);
        feed(&program, fed, lines);
        fed += lines;
    }
    let end = feed(&program, fed, history - fed);
    table.row(
        format!("insert rate, lines {}..{history}", history - SHORT),
        table::rate(end),
        &format!("{:.2} of that of the first {SHORT}, {begin:.0} lines/s", end / begin),
    );
    table.row(
        "memory, idle / with that history",
        table::megabytes(program.memory_kb("VmRSS")),
        &format!("{} idle", table::megabytes(idle)),
    );
    let long = ask(&program);
    for (mut short, mut long) in short.into_iter().zip(long) {
        let p = |samples: &mut Vec<Duration>, percent| percentile(samples, percent);
        let (s50, s99) = (p(&mut short.samples, 50), p(&mut short.samples, 99));
        let (l50, l99) = (p(&mut long.samples, 50), p(&mut long.samples, 99));
        let times = |long: Duration, short: Duration| long.as_secs_f64() / short.as_secs_f64();
        table.row(
            &long.name,
            micros(l50),
            &format!(
                "p99 {}; short {}, {}; p50 {:.1} ×, p99 {:.1} ×",
                micros(l99),
                micros(s50),
                micros(s99),
                times(l50, s50),
                times(l99, s99)
            ),
        );
    }
    table.row(
        "database",
        format!("{} MB", program.size() / 1_000_000),
        &format!("{} calls", program.calls()),
    );
    deadlines(table, &mut program, open);
}

fn feed(program: &Program, from: usize, lines: usize) -> f64 {
    let bytes = pbx::history_part(from..from + lines);
    lines as f64 / program.ingest(&bytes, lines).time.as_secs_f64()
}

/// Every page, query of the command line, and what the clock asks.
fn ask(program: &Program) -> Vec<Asked> {
    let (list, case) = (
        token(program, Target::List),
        token(program, Target::Case(CaseId::new(1))),
    );
    let pages = [
        ("page: a person's list", format!("/t/{list}")),
        ("page: a case", format!("/t/{case}")),
        ("/metrics", "/metrics".to_owned()),
        ("/readyz", "/readyz".to_owned()),
    ];
    let mut asked: Vec<Asked> = pages
        .iter()
        .map(|(name, path)| Asked {
            name: (*name).to_owned(),
            samples: (0..REQUESTS).map(|_| get(program.web_port(), path)).collect(),
        })
        .collect();
    let commands: [&[&str]; 8] = [
        &["call", "list", "--limit", "50"],
        &["case", "list"],
        &["case", "show", "1"],
        &["feed", "status"],
        &["outbox", "list", "--limit", "50"],
        &["journal", "list", "--quarantined"],
        &["report", "accountability", "--from", "2019-03-04", "--to", "2019-03-05"],
        &["call", "list", "--limit", "50", "--number", "99999999999"],
    ];
    for words in commands {
        asked.push(Asked {
            name: words.join(" "),
            samples: (0..COMMANDS).map(|_| program.command(words)).collect(),
        });
    }
    let store = beside(program);
    asked.push(Asked {
        name: "next due, next mail".to_owned(),
        samples: (0..REQUESTS)
            .map(|_| {
                let begun = Instant::now();
                store.next_look().unwrap();
                store.next_mail(Clock::Real.now()).unwrap();
                begun.elapsed()
            })
            .collect(),
    });
    asked
}

/// The register as a command beside the program opens it.
fn beside(program: &Program) -> Store {
    let loaded = config::load(&program.folder().join("firstanswer.toml")).unwrap();
    Store::open_for_command(&program.database(), Arc::new(daemon::rules(&loaded))).unwrap()
}

/// A link as a mail carries it.
fn token(program: &Program, target: Target) -> String {
    let secret: String = program
        .reader()
        .query_row("SELECT value FROM meta WHERE key = 'link_key'", [], |row| row.get(0))
        .unwrap();
    let mut key = [0; 32];
    for (byte, pair) in key.iter_mut().zip(secret.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    }
    let handler: String = program
        .reader()
        .query_row("SELECT handler FROM cases WHERE id = 1", [], |row| row.get(0))
        .unwrap();
    let person: PersonId = handler.parse().unwrap();
    Keys::new(0, Key::new(1, key), Vec::new()).sign(&Link::new(person, target, Clock::Real.now()))
}

/// One request on a connection of its own; how long until all of the answer was there.
fn get(port: u16, path: &str) -> Duration {
    let begun = Instant::now();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let took = begun.elapsed();
    assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    took
}

/// Many open cases: the start over them, what is due next, and a batch of what is due.
fn deadlines(table: &mut Table, program: &mut Program, open: usize) {
    let took = program.ingest(&pbx::fresh(open), open);
    let cases = count(&program.reader(), "SELECT count(*) FROM cases WHERE open = 1");
    table.row(
        "cases opened over that history",
        table::rate(open as f64 / took.time.as_secs_f64()),
        &format!("{cases} open, each with its deadlines"),
    );
    let mut metrics: Vec<Duration> = (0..20).map(|_| get(program.web_port(), "/metrics")).collect();
    table.row("/metrics with these", micros(percentile(&mut metrics, 50)), "p50");
    program.kill9();
    let begun = Instant::now();
    let again = program.start();
    let read = raw_read(&program.reader());
    table.row(
        "start after kill -9",
        table::millis(again),
        &format!(
            "{} calls, {cases} open cases; reading these: {}",
            program.calls(),
            table::millis(read)
        ),
    );
    table.row("database checked", program.wait_for_check(begun), "since that start");
    let kept = program.memory_kb("VmRSS");
    table.row("memory after that start", table::megabytes(kept), "VmRSS");
    program.stop();

    let mut store = beside(program);
    let mut next: Vec<Duration> = (0..REQUESTS)
        .map(|_| {
            let begun = Instant::now();
            store.next_look().unwrap();
            begun.elapsed()
        })
        .collect();
    table.row("next due of these", micros(percentile(&mut next, 50)), "p50");
    let later = Clock::Real
        .now()
        .checked_add(jiff::SignedDuration::from_hours(24 * 40))
        .unwrap();
    let mut claims: Vec<Duration> = (0..10)
        .map(|_| {
            let begun = Instant::now();
            store.transact(|store| store.tick(later)).unwrap();
            begun.elapsed()
        })
        .collect();
    table.row(
        "500 due: breaches, notices, durable",
        micros(percentile(&mut claims, 50)),
        &format!(
            "p50; {:.2} ms per 100",
            percentile(&mut claims, 50).as_secs_f64() * 200.0
        ),
    );
}

/// What it would take to read all open cases at a start.
fn raw_read(conn: &Connection) -> Duration {
    let begun = Instant::now();
    let mut statement = conn
        .prepare("SELECT id, due_at, body FROM cases WHERE open = 1")
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut bytes = 0;
    while let Some(row) = rows.next().unwrap() {
        bytes += row.get_ref(2).unwrap().as_bytes().unwrap().len();
    }
    assert!(bytes > 0);
    begun.elapsed()
}
