//! Parsing, dialect by dialect, beside cutting the same bytes at line ends.
//!
//! ```text
//! cargo bench --bench parse                     every dialect, some seconds once built
//! cargo bench --bench parse -- panasonic-kx     some of them
//! ```
//! The lines are those of `tests/golden/<dialect>` that real switches print, repeated with other stamps and figures, so
//! that no line is met twice. Each round measures both on a thousand lines, one after the other; shown is the median of
//! all rounds. Nothing here passes or fails. What was found is in `docs/performance.md`.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use firstanswer::smdr::{Dialect, Line, Options, Parsed, Parser, registry};
use jiff::civil::date;

/// Lines of a log.
const LINES: usize = 100_000;

/// Lines of one round: over before another program gets the processor.
const PART: usize = 1_000;

/// How often the log is read.
const PASSES: usize = 5;

fn main() {
    let wanted: Vec<String> = env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    println!(
        "{:<16} {:>10} {:>12} {:>12} {:>8}  of the lines",
        "dialect", "bytes/line", "split", "parse", "ratio"
    );
    for dialect in registry::all() {
        let name = dialect.about().name;
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            measure(*dialect);
        }
    }
}

fn measure(dialect: &dyn Dialect) {
    let text = log(dialect);
    let lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
    let mut legs = 0;
    let mut rounds = Vec::new();
    for _ in 0..PASSES {
        let mut parser = dialect.parser(&Options::new()).unwrap();
        let mut out = Vec::with_capacity(64);
        for part in lines.chunks(PART) {
            let joined = part.join(&b'\n');
            let begun = Instant::now();
            split(&joined);
            let between = Instant::now();
            legs += parse(&mut *parser, part, &mut out);
            rounds.push((between - begun, between.elapsed()));
        }
    }
    let median = |pick: fn(&(Duration, Duration)) -> f64| {
        let mut all: Vec<f64> = rounds.iter().map(pick).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    println!(
        "{:<16} {:>10} {:>9.1} ns {:>9.1} ns {:>8.1}  {:.0} % are legs",
        dialect.about().name,
        text.len() / lines.len(),
        median(|(split, _)| per_line(*split)),
        median(|(_, parse)| per_line(*parse)),
        median(|(split, parse)| parse.as_secs_f64() / split.as_secs_f64()),
        legs as f64 * 100.0 / (lines.len() * PASSES) as f64,
    );
}

fn per_line(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9 / PART as f64
}

fn split(text: &[u8]) {
    let mut begin = 0;
    for end in memchr::memchr_iter(b'\n', text) {
        black_box(&text[begin..end]);
        begin = end + 1;
    }
}

/// How many legs came of the lines.
fn parse(parser: &mut dyn Parser, lines: &[&[u8]], out: &mut Vec<Parsed>) -> usize {
    let received = date(2026, 10, 8).at(12, 0, 0, 0);
    let mut legs = 0;
    for (number, bytes) in (1..).zip(lines) {
        let line = Line {
            number,
            bytes,
            received,
        };
        parser.line(line, out);
        legs += black_box(&*out).iter().filter(|p| matches!(p, Parsed::Leg(_))).count();
        out.clear();
    }
    legs
}

/// A log of [`LINES`] lines.
fn log(dialect: &dyn Dialect) -> Vec<u8> {
    let lines = golden(dialect);
    let mut text = Vec::new();
    for (n, line) in lines.iter().cycle().take(LINES).enumerate() {
        let seconds = i64::try_from(n).unwrap() * 7;
        let line = dialect.shifted(line, seconds).unwrap_or_else(|| line.clone());
        let at = text.len();
        text.extend_from_slice(&line);
        other_figures(&mut text[at..], n);
        text.push(b'\n');
    }
    text.pop();
    text
}

/// Other digits in the midst of long numbers: they are neither stamps nor extensions.
fn other_figures(line: &mut [u8], n: usize) {
    const LONG: usize = 7;
    let mut mixed = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    for run in line.chunk_by_mut(|a, b| a.is_ascii_digit() && b.is_ascii_digit()) {
        if run.len() >= LONG && run[0].is_ascii_digit() {
            for digit in &mut run[3..LONG] {
                *digit = b'0' + (mixed % 10) as u8;
                mixed /= 10;
            }
        }
    }
}

/// The golden lines that the dialect understands, without those written to be odd.
fn golden(dialect: &dyn Dialect) -> Vec<Vec<u8>> {
    let folder = Path::new("tests/golden").join(dialect.about().name);
    let mut inputs: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    inputs.retain(|path| path.extension().is_some_and(|e| e == "in") && !path.ends_with("odd-lines.in"));
    inputs.sort();
    let texts: Vec<Vec<u8>> = inputs.iter().map(|path| fs::read(path).unwrap()).collect();
    let lines = texts.iter().flat_map(|text| text.split(|b| *b == b'\n'));
    lines
        .map(|line| line.trim_ascii_end().to_vec())
        .filter(|line| !line.is_empty() && is_understood(dialect, line))
        .collect()
}

fn is_understood(dialect: &dyn Dialect, bytes: &[u8]) -> bool {
    let mut out = Vec::new();
    let (number, received) = (1, date(2026, 10, 8).at(12, 0, 0, 0));
    let line = Line {
        number,
        bytes,
        received,
    };
    dialect.parser(&Options::new()).unwrap().line(line, &mut out);
    !out.iter().any(|p| matches!(p, Parsed::Unparsed { .. }))
}
