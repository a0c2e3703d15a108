//! Lines of an IP Office, as many as wanted, the same at each run.
//!
//! Of ten lines six are incoming calls that somebody answered, two are outgoing, two are the segments of one
//! incoming call: nine calls.

use std::ops::Range;

use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Zone of the switch's clock.
pub const ZONE: &str = "Asia/Shanghai";

/// Calls of years ago, one line every two seconds: they are counted and open no case.
pub fn history(lines: usize) -> Vec<u8> {
    history_part(0..lines)
}

/// Some of these lines; begin and end at full tens.
pub fn history_part(part: Range<usize>) -> Vec<u8> {
    let start = date(2019, 3, 4).at(8, 0, 0, 0);
    let mut out = Vec::with_capacity(part.len() * 150);
    for n in part.filter(|n| n % 10 != 9) {
        let at = start.saturating_add(SignedDuration::from_secs(n as i64 * 2));
        push(&mut out, n, at, n % 10);
    }
    out
}

/// Calls answered within the last minutes, each by somebody with a new caller: each opens a case.
pub fn fresh(lines: usize) -> Vec<u8> {
    let zone = TimeZone::get(ZONE).unwrap();
    let start = zone
        .to_datetime(Timestamp::now())
        .saturating_sub(SignedDuration::from_mins(4));
    let mut out = Vec::with_capacity(lines * 140);
    for n in 0..lines {
        let after = SignedDuration::from_secs(n as i64 * 60 / lines as i64);
        push(&mut out, n, start.saturating_add(after), 0);
    }
    out
}

fn push(out: &mut Vec<u8>, n: usize, start: DateTime, kind: usize) {
    use std::io::Write;
    let stamp = start.strftime("%Y/%m/%d %H:%M:%S");
    // Numbers without a pattern that an index could profit from.
    let mixed = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    let caller = 10_000_000 + mixed % 80_000_000;
    let (talk, ring) = (20 + mixed % 40, 3 + mixed % 20);
    let ext = if mixed.is_multiple_of(2) { "8021" } else { "8022" };
    let trunk = 9001 + mixed % 24;
    let id = 1_000_000 + n;
    let tail = "0,0,,,,,,,,,,,,,,,192.0.2.10,";
    match kind {
        6 | 7 => write!(
            out,
            "{stamp},00:00:{talk:02},0,{ext},O,9021{caller},9021{caller},,0,{id},0,E{ext},Wang Fang,T{trunk},Line 3.1,{tail}{id},192.0.2.10,{id}\r\n"
        ),
        8 => write!(
            out,
            "{stamp},00:00:{talk:02},{ring},021{caller},I,200,62345678,,0,{id},1,E{ext},Wang Fang,T{trunk},Line 3.1,{tail}{id},192.0.2.10,{id}\r\n\
             {stamp},00:00:{talk:02},0,021{caller},I,200,62345678,,0,{id},0,E8023,Liu Yang,T{trunk},Line 3.1,{tail}{id},192.0.2.10,{id}\r\n"
        ),
        _ => write!(
            out,
            "{stamp},00:00:{talk:02},{ring},021{caller},I,200,62345678,,0,{id},0,E{ext},Wang Fang,T{trunk},Line 3.1,{tail}{id},192.0.2.10,{id}\r\n"
        ),
    }
    .unwrap();
}
