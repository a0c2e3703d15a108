//! The program, measured: lines to calls, durably, and what is asked of it then.
//!
//! ```text
//! cargo bench --bench ingest                    the first six parts, some minutes
//! cargo bench --bench ingest -- latency cases   some of: latency history restart cases small mail scale rsyslog
//! LINES=100000 cargo bench --bench ingest       a shorter history (1,000,000 lines else)
//! HISTORY=10000000 OPEN=1000000 cargo bench --bench ingest -- scale
//!                                               a long history beside a short one (1,000,000 and 20,000 else); 8 GB
//! ```
//! - `latency`: arrival to durable, at the writer. `history`, `restart`, `cases`: bursts through the real program.
//! - `small`: the binary, and how soon it starts. `mail`: mails on one connection.
//! - `scale`: pages, commands and the clock over a long history beside a short one; many open cases.
//! - `rsyslog`: the same lines into rsyslog, if that is installed.
//!
//! Every figure stands beside a limit of the same machine taken in the same run: only the ratios mean something
//! elsewhere. Nothing here passes or fails. What was found is in `docs/performance.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod house;
mod latency;
mod limits;
mod mail;
mod pbx;
mod program;
mod rsyslog;
mod scale;
mod small;
mod table;

use std::time::Instant;

use program::Program;
use table::Table;

/// Lines of history, unless `LINES` says otherwise.
const LINES: usize = 1_000_000;

/// Lines of the long history, unless `HISTORY` says otherwise.
const HISTORY: usize = 1_000_000;

/// Open cases over it, unless `OPEN` says otherwise.
const OPEN: usize = 20_000;

/// Parts that are run only when they are named: they are long, or need another program.
const NAMED: [&str; 2] = ["scale", "rsyslog"];

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let wants = |name: &str| wanted.is_empty() && !NAMED.contains(&name) || wanted.iter().any(|w| w == name);
    let lines = number("LINES", LINES);

    let mut table = Table::default();
    let unit = limits::sync_unit();
    table.row(
        "4 KiB append + fdatasync, p50",
        table::micros(unit),
        "the unit of latency",
    );
    if wants("latency") {
        latency::run(&mut table, unit);
    }
    if wants("history") || wants("restart") {
        history(&mut table, lines);
    }
    if wants("cases") {
        cases(&mut table, lines / 10);
    }
    if wants("small") {
        small::run(&mut table);
    }
    if wants("mail") {
        mail::run(&mut table);
    }
    if wants("scale") {
        scale::run(&mut table, number("HISTORY", HISTORY), number("OPEN", OPEN));
    }
    if wants("rsyslog") {
        rsyslog::run(&mut table, lines);
    }
    table.row(
        "4 KiB append + fdatasync, p50, at the end",
        table::micros(limits::sync_unit()),
        "did the machine stay the same?",
    );
    table.print();
}

/// History: calls without cases, then the restart over them.
fn history(table: &mut Table, lines: usize) {
    let bytes = pbx::history(lines);
    let mut program = Program::new();
    let empty = program.start();
    table.row("start, empty database", table::millis(empty), "spawned to accepting");
    let idle = program.memory_kb("VmRSS");
    table.row("memory idle", table::megabytes(idle), "VmRSS");

    let took = program.ingest(&bytes, lines);
    let rate = lines as f64 / took.time.as_secs_f64();
    table.row(
        "history, durable over TCP",
        table::rate(rate),
        &table::cpu(&took, lines),
    );
    table.row(
        "memory during the burst",
        table::megabytes(program.memory_kb("VmHWM")),
        "VmHWM",
    );
    table.row(
        "memory after the burst",
        table::megabytes(program.memory_kb("VmRSS")),
        "VmRSS",
    );
    program.kill9();
    let begun = Instant::now();
    let again = program.start();
    table.row(
        "start after kill -9",
        table::millis(again),
        &format!("{} calls, {} MB", program.calls(), program.size() / 1_000_000),
    );
    let checked = program.wait_for_check(begun);
    table.row("database checked", checked, "since that start");
    program.stop();

    let bare = lines as f64 / limits::bare_insert(&program.database()).as_secs_f64();
    table.row(
        "bare insert of the same rows",
        table::rate(bare),
        &table::share(rate, bare),
    );
    let raw = lines as f64 / limits::append(&bytes, 1 << 20).as_secs_f64();
    table.row(
        "append + fdatasync, 1 MiB chunks",
        table::rate(raw),
        &table::share(rate, raw),
    );
}

/// Calls answered now: each opens a case.
fn cases(table: &mut Table, lines: usize) {
    let bytes = pbx::fresh(lines);
    let mut program = Program::new();
    program.start();
    let took = program.ingest(&bytes, lines);
    let rate = lines as f64 / took.time.as_secs_f64();
    table.row(
        "with cases, durable over TCP",
        table::rate(rate),
        &table::cpu(&took, lines),
    );
    let cases = program.cases();
    table.row("cases opened", cases.to_string(), &format!("of {lines} lines"));
    program.stop();
    let bare = lines as f64 / limits::bare_insert(&program.database()).as_secs_f64();
    table.row(
        "bare insert of the same rows",
        table::rate(bare),
        &table::share(rate, bare),
    );
}
