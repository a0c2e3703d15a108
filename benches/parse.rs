//! Parsing, dialect by dialect, beside cutting the same bytes at line ends.
//!
//! ```text
//! cargo bench --bench parse                     every dialect, under a minute once built
//! cargo bench --bench parse -- panasonic-kx     some of them
//! LINES=100000 cargo bench --bench parse        a shorter log for what is measured from memory
//! ```
//! The lines are those of `tests/golden/<dialect>` that real switches print, repeated with other stamps and figures, so
//! that no line is met twice. Three things are timed, one after the other on the same lines:
//!
//! * *split*: `memchr` to each line end;
//! * *read*: that, and `Parser::read` of each line: all that it says is decided, its texts are still the line's;
//! * *leg*: that, and `LegView::to_leg`: the leg with texts of its own that joining and the register get.
//!
//! *From memory* is a log of a million lines and at least 145 MB, larger than any cache, read from its begin to its end;
//! its ratio is the one that is compared with the goal. *From cache* is a thousand lines at a time. Shown are medians.
//! Nothing here passes or fails. What was found is in `docs/performance.md`.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;
use std::{env, fs};

use firstanswer::smdr::{Dialect, Line, Options, Parsed, Said, registry};
use jiff::civil::{DateTime, date};

/// Lines of the log; for what is measured from memory it is repeated.
const LINES: usize = 100_000;

/// Lines of what is measured from memory, and bytes if that is more.
const MANY: usize = 1_000_000;
const LARGE: usize = 145_000_000;

/// Lines of one round from cache: over before another program gets the processor.
const PART: usize = 1_000;

/// How often each is read.
const PASSES: usize = 5;

fn main() {
    let wanted: Vec<String> = env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let many = env::var("LINES").ok().and_then(|lines| lines.parse().ok());
    println!("ns a line:                  from memory                             from cache");
    println!("dialect          bytes  split   read      x    leg      x    split   read      x    leg      x   legs");
    for dialect in registry::all() {
        let name = dialect.about().name;
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            measure(*dialect, many);
        }
    }
}

fn measure(dialect: &dyn Dialect, many: Option<usize>) {
    let text = log(dialect);
    let count = text.split(|b| *b == b'\n').count();
    let memory = {
        let large = repeated(&text, many);
        (0..PASSES).map(|_| Round::of(dialect, &large)).collect()
    };
    let lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
    let parts: Vec<Vec<u8>> = lines.chunks(PART).map(|part| part.join(&b'\n')).collect();
    let cache = (0..PASSES)
        .flat_map(|_| parts.iter().map(|part| Round::of(dialect, part)))
        .collect();
    println!(
        "{:<16} {:>5} {} {} {:>4.0} %",
        dialect.about().name,
        text.len() / count,
        shown(memory),
        shown(cache),
        legs(dialect, &text) * 100.0 / count as f64
    );
}

/// Nanoseconds a line of one pass.
struct Round {
    split: f64,
    read: f64,
    leg: f64,
}

impl Round {
    fn of(dialect: &dyn Dialect, text: &[u8]) -> Self {
        let parser = || dialect.parser(&Options::new()).unwrap();
        let (mut reader, mut maker) = (parser(), parser());
        let mut out = Vec::with_capacity(64);
        let lines = memchr::memchr_iter(b'\n', text).count() + 1;
        let timed = |work: &mut dyn FnMut()| {
            let begun = Instant::now();
            work();
            begun.elapsed().as_secs_f64() * 1e9 / lines as f64
        };
        Self {
            split: timed(&mut || each(text, |_, bytes| _ = black_box(bytes))),
            read: timed(&mut || {
                each(text, |number, bytes| {
                    reader.read(line(number, bytes), &mut |said| _ = black_box(said));
                });
            }),
            leg: timed(&mut || {
                each(text, |number, bytes| {
                    maker.line(line(number, bytes), &mut out);
                    black_box(&out);
                    out.clear();
                });
            }),
        }
    }
}

/// Each line with its number, cut as the goal's measure cuts.
fn each(text: &[u8], mut see: impl FnMut(u64, &[u8])) {
    let (mut begin, mut number) = (0, 0);
    for end in memchr::memchr_iter(b'\n', text).chain([text.len()]) {
        number += 1;
        see(number, &text[begin..end]);
        begin = end + 1;
    }
}

fn line(number: u64, bytes: &[u8]) -> Line<'_> {
    const RECEIVED: DateTime = date(2026, 10, 8).at(12, 0, 0, 0);
    Line {
        number,
        bytes,
        received: RECEIVED,
    }
}

/// Medians, and how many times the split.
fn shown(rounds: Vec<Round>) -> String {
    let median = |pick: fn(&Round) -> f64| {
        let mut all: Vec<f64> = rounds.iter().map(pick).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let (split, read, leg) = (median(|r| r.split), median(|r| r.read), median(|r| r.leg));
    format!(
        "{split:>6.1} {read:>6.0} {:>6.1} {leg:>6.0} {:>6.1}",
        read / split,
        leg / split
    )
}

fn legs(dialect: &dyn Dialect, text: &[u8]) -> f64 {
    let mut parser = dialect.parser(&Options::new()).unwrap();
    let mut legs = 0.0;
    each(text, |number, bytes| {
        parser.read(line(number, bytes), &mut |said| {
            legs += f64::from(u8::from(matches!(said, Said::Leg(_) | Said::Held(_))));
        });
    });
    legs
}

/// The log again and again.
fn repeated(text: &[u8], lines: Option<usize>) -> Vec<u8> {
    let bytes = text.len() / LINES * lines.unwrap_or(MANY);
    let bytes = if lines.is_some() { bytes } else { bytes.max(LARGE) };
    let mut large = Vec::with_capacity(bytes + text.len());
    while large.len() < bytes {
        large.extend_from_slice(text);
        large.push(b'\n');
    }
    large.pop();
    large
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
    dialect.parser(&Options::new()).unwrap().line(line(1, bytes), &mut out);
    !out.iter().any(|p| matches!(p, Parsed::Unparsed { .. }))
}
