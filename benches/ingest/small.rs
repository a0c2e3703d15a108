//! The program itself: how large it is, how soon it speaks, how soon it listens.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::program::Program;
use crate::table::{Table, micros, millis, percentile};

const TIMES: usize = 20;

pub fn run(table: &mut Table) {
    let binary = env!("CARGO_BIN_EXE_firstanswer");
    let bytes = fs::metadata(binary).unwrap().len();
    table.row(
        "binary",
        format!("{:.1} MB", bytes as f64 / 1e6),
        "with line tables, as built here",
    );
    let stripped = tempfile::NamedTempFile::new().unwrap();
    let strip = Command::new("strip")
        .arg("-o")
        .arg(stripped.path())
        .arg(binary)
        .status();
    if strip.is_ok_and(|status| status.success()) {
        let bytes = fs::metadata(stripped.path()).unwrap().len();
        table.row("binary, stripped", format!("{:.1} MB", bytes as f64 / 1e6), "");
    }
    let nothing = samples(|| run_once("true", &[]));
    let mut version = samples(|| run_once(binary, &["--version"]));
    let version = percentile(&mut version, 50);
    table.row(
        "firstanswer --version, p50",
        micros(version),
        &format!("`true` takes {}", micros(percentile(&mut nothing.clone(), 50))),
    );
    let mut starts = samples(|| {
        let mut program = Program::new();
        let took = program.start();
        program.stop();
        took
    });
    table.row(
        "start to accepting, p50",
        millis(percentile(&mut starts, 50)),
        "empty database",
    );
    let mut program = Program::new();
    program.start();
    std::thread::sleep(Duration::from_secs(2));
    table.row(
        "memory idle",
        crate::table::megabytes(program.memory_kb("VmRSS")),
        "VmRSS, two seconds later",
    );
    program.stop();
}

fn samples(mut one: impl FnMut() -> Duration) -> Vec<Duration> {
    (0..TIMES).map(|_| one()).collect()
}

fn run_once(program: &str, words: &[&str]) -> Duration {
    let begun = Instant::now();
    assert!(Command::new(program).args(words).output().unwrap().status.success());
    begun.elapsed()
}
