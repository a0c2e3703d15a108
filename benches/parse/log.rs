//! The log that is read: lines of `tests/golden/<dialect>` that real switches print, with other stamps and figures, so that
//! no line is met twice.
//!
//! A feed is one site: one switch, one layout, the same few kinds of lines in no order that could be learnt. So each golden
//! file is a site; its lines are drawn at random (from the same seed each time) for some thousand lines, then comes the
//! next. How many are drawn goes by how many golden lines the file has: what a log holds is the same in either order.

use std::fs;
use std::path::Path;

use firstanswer::smdr::{Dialect, Line, Options, Parsed};
use jiff::civil::date;

/// Lines of a log.
pub const LINES: usize = 100_000;

/// In which order lines follow one another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order {
    /// As in a feed, then that of the next site.
    SiteBySite,
    /// Each golden line once, all sites' layouts, again and again: as in no feed.
    Mixed,
}

/// A log of about [`LINES`] lines.
pub fn log(dialect: &dyn Dialect, order: Order) -> Vec<u8> {
    let mut text = Vec::new();
    for (n, line) in in_order(&sites(dialect), order).into_iter().enumerate() {
        let seconds = i64::try_from(n).unwrap() * 7;
        let line = dialect.shifted(line, seconds).unwrap_or_else(|| line.to_vec());
        let at = text.len();
        text.extend_from_slice(&line);
        other_figures(&mut text[at..], n);
        text.push(b'\n');
    }
    text.pop();
    text
}

fn in_order(sites: &[Vec<Vec<u8>>], order: Order) -> Vec<&[u8]> {
    let all: Vec<&[u8]> = sites.iter().flatten().map(Vec::as_slice).collect();
    if order == Order::Mixed {
        return all.iter().copied().cycle().take(LINES).collect();
    }
    let mut random = 88_172_645_463_325_252_u64;
    let mut drawn = Vec::with_capacity(LINES);
    for site in sites {
        for _ in 0..LINES * site.len() / all.len() {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            drawn.push(site[random as usize % site.len()].as_slice());
        }
    }
    drawn
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

/// Of each golden file, without those written to be odd, the lines that the dialect understands.
fn sites(dialect: &dyn Dialect) -> Vec<Vec<Vec<u8>>> {
    let folder = Path::new("tests/golden").join(dialect.about().name);
    let mut inputs: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    inputs.retain(|path| path.extension().is_some_and(|e| e == "in") && !path.ends_with("odd-lines.in"));
    inputs.sort();
    let lines = |path| {
        let text: Vec<u8> = fs::read(path).unwrap();
        let lines = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end);
        let lines = lines.filter(|line| !line.is_empty() && is_understood(dialect, line));
        lines.map(<[u8]>::to_vec).collect()
    };
    inputs.iter().map(lines).collect()
}

fn is_understood(dialect: &dyn Dialect, bytes: &[u8]) -> bool {
    let line = Line {
        number: 1,
        bytes,
        received: date(2026, 10, 8).at(12, 0, 0, 0),
    };
    let mut out = Vec::new();
    dialect.parser(&Options::new()).unwrap().line(line, &mut out);
    !out.iter().any(|p| matches!(p, Parsed::Unparsed { .. }))
}
