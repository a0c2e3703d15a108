//! Parsing, dialect by dialect, beside cutting the same bytes at line ends.
//!
//! ```text
//! cargo bench --bench parse                     every dialect, under a minute once built
//! cargo bench --bench parse -- panasonic-kx     some of them
//! LINES=100000 cargo bench --bench parse        a shorter log for what is measured from memory
//! MIXED=1 cargo bench --bench parse             the worst order of lines
//! ```
//! The log is site after site, as [`log`] makes it, or with `MIXED=1` all sites' layouts line by line, which no feed does.
//! Three things are timed, one after the other on the same lines:
//!
//! * *split*: `memchr` to each line end;
//! * *read*: that, and `Parser::read` of each line: all that it says is decided, its texts are still the line's;
//! * *leg*: that, and `LegView::to_leg`: the leg with texts of its own that joining and the register get.
//!
//! *From memory* is a log of a million lines and at least 145 MB, larger than any cache, read from its begin to its end;
//! its ratio is the one that is compared with the goal. *From cache* is a thousand lines at a time. Shown are medians.
//! Nothing here passes or fails. What was found is in `docs/performance.md`.
#![allow(clippy::unwrap_used)]

use std::env;
use std::hint::black_box;
use std::time::Instant;

use firstanswer::smdr::{Dialect, Line, Options, Said, registry};
use jiff::civil::{DateTime, date};

mod log;

use log::{LINES, Order};

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
    let order = env::var_os("MIXED").map_or(Order::SiteBySite, |_| Order::Mixed);
    let text = log::log(dialect, order);
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
