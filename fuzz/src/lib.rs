//! What must hold for every input, as functions that panic where it does not.
//!
//! The libFuzzer targets call them, and so does `tests/it/fuzz.rs`, which drives them without a nightly compiler.
//!
//! - `framing`: items depend on the bytes alone, not on how they were chunked, and hold all that is no separator.
//! - `detection`: no line panics a dialect; scores lie between 0 and 1; the verdict is text.
//! - one for each dialect: every line is accounted for once, whatever the chunks; what is told of it keeps the
//!   contract's word; it prints as JSON.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use bytes::BytesMut;
use firstanswer::call::{Direction, Disposition, Leg};
use firstanswer::feed::codec::{Framed, LineCodec};
use firstanswer::smdr::{self, Line, Options, Parsed};
use jiff::civil::date;

/// A check with its name: that of its libFuzzer target and of its folder in `corpus`.
pub type Target = (&'static str, fn(&[u8]));

/// All checks.
pub const TARGETS: [Target; 7] = [
    ("framing", framing),
    ("detection", detection),
    ("avaya_ip_office", avaya_ip_office),
    ("panasonic_kx", panasonic_kx),
    ("siemens_hipath", siemens_hipath),
    ("asterisk_csv", asterisk_csv),
    ("three_cx", three_cx),
];

pub fn avaya_ip_office(data: &[u8]) {
    dialect("avaya-ip-office", data);
}

pub fn panasonic_kx(data: &[u8]) {
    dialect("panasonic-kx", data);
}

pub fn siemens_hipath(data: &[u8]) {
    dialect("siemens-hipath", data);
}

pub fn asterisk_csv(data: &[u8]) {
    dialect("asterisk-csv", data);
}

pub fn three_cx(data: &[u8]) {
    dialect("3cx", data);
}

/// Bytes that never are part of an item.
const SEPARATORS: &[u8] = b"\r\n\0\x0c\x02\x03";

/// A limit small enough that short inputs meet it.
const LIMIT: usize = 100;

pub fn framing(data: &[u8]) {
    let whole = frame(data, LIMIT, data.len());
    for chunk in [1, 7, 100] {
        assert_eq!(frame(data, LIMIT, chunk), whole, "by {chunk} bytes");
    }
    assert!(whole.iter().all(|item| item.bytes.len() <= LIMIT));
    let kept: Vec<u8> = whole.iter().flat_map(|item| item.bytes.to_vec()).collect();
    let text: Vec<u8> = data.iter().copied().filter(|b| !SEPARATORS.contains(b)).collect();
    assert_eq!(kept, text, "what is no separator is kept");
}

fn frame(data: &[u8], limit: usize, chunk: usize) -> Vec<Framed> {
    let mut codec = LineCodec::new(limit);
    let mut items = Vec::new();
    let mut buffer = BytesMut::new();
    for part in data.chunks(chunk.max(1)) {
        buffer.extend_from_slice(part);
        while let Some(item) = codec.decode_any(&mut buffer, false) {
            items.push(item);
        }
    }
    while let Some(item) = codec.decode_any(&mut buffer, true) {
        items.push(item);
    }
    items
}

pub fn detection(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|b| *b == b'\n').take(50).collect();
    let found = smdr::detect(&lines);
    assert!((0.0..=1.0).contains(&found.score) && found.runner_up_score <= found.score);
    assert!(found.dialect.is_none() || found.score >= 0.5);
    serde_json::to_string(&found).unwrap();
    for dialect in smdr::all() {
        for line in &lines {
            let score = dialect.score(line);
            assert!((0.0..=1.0).contains(&score), "{} scores {score}", dialect.about().name);
            dialect.shifted(line, 86_400);
            dialect.shifted(line, i64::MIN);
        }
    }
}

fn dialect(name: &str, data: &[u8]) {
    let items = frame(data, 4096, data.len());
    let found = parse(name, items.iter().map(|item| &item.bytes[..]));
    let chunked = frame(data, 4096, 5);
    let again = parse(name, chunked.iter().map(|item| &item.bytes[..]));
    assert_eq!(found, again, "the same bytes in other chunks");
    check_accounted(&items, &found);
    found.iter().for_each(check_told);
}

/// What becomes of lines.
pub fn parse<'a>(name: &str, lines: impl Iterator<Item = &'a [u8]>) -> Vec<Parsed> {
    let mut parser = smdr::by_name(name).unwrap().parser(&Options::new()).unwrap();
    let received = date(2026, 3, 5).at(12, 0, 0, 0);
    let mut out = Vec::new();
    for (number, bytes) in (1..).zip(lines) {
        let line = Line {
            number,
            bytes,
            received,
        };
        parser.line(line, &mut out);
    }
    parser.flush(&mut out);
    out
}

/// A line is in legs, or skipped, or unparsed: one of these, and the latter two once.
fn check_accounted(items: &[Framed], found: &[Parsed]) {
    let mut in_legs = vec![false; items.len() + 1];
    let mut alone = vec![0; items.len() + 1];
    for parsed in found {
        match parsed {
            Parsed::Leg(leg) => leg.line_numbers.iter().for_each(|n| in_legs[*n as usize] = true),
            Parsed::Skipped { line, .. } => alone[*line as usize] += 1,
            Parsed::Unparsed { line, column, .. } => {
                let length = items[*line as usize - 1].bytes.len();
                assert!((1..=length + 1).contains(column), "column {column} of {length}");
                alone[*line as usize] += 1;
            }
        }
    }
    for number in 1..=items.len() {
        let wanted = if in_legs[number] { 0 } else { 1 };
        assert_eq!(alone[number], wanted, "line {number}");
    }
}

fn check_told(parsed: &Parsed) {
    match parsed {
        Parsed::Leg(leg) => check_leg(leg),
        Parsed::Skipped { what, .. } => assert!(!what.is_empty()),
        Parsed::Unparsed { error, .. } => {
            assert!(!error.is_empty() && !error.contains(char::is_control), "{error:?}");
        }
    }
}

fn check_leg(leg: &Leg) {
    assert_eq!(leg.lines, leg.line_numbers.len() as u64);
    assert_eq!(leg.line_numbers.first(), Some(&leg.line));
    let answered = leg.disposition == Disposition::Answered;
    assert!(
        leg.answered_by.is_none() || answered,
        "an answerer of what nobody answered: {leg:?}"
    );
    assert!(
        leg.direction != Direction::Incoming || !answered || leg.answered_by.is_some(),
        "answered by nobody: {leg:?}"
    );
    let json = serde_json::to_string(leg).unwrap();
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["line"], leg.line);
}
