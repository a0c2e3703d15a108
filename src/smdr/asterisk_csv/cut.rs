//! Cells of a row, cut with care. Pure.
//!
//! **Invariants.** A cell is bare, or in quotes with inner quotes doubled; anything else, also a quote that is still
//! open at the end of the line, does not fit. No control byte is part of a row.

use smallvec::SmallVec;

use super::row::NAMES;
use crate::smdr::misfit::{Field, Misfit};

/// More cells than any layout has.
pub const MOST_CELLS: usize = 64;

/// One cell, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell<'a> {
    /// Where it begins, in bytes from the line's begin.
    pub at: usize,
    /// The bytes, quotes inside still doubled.
    pub bytes: &'a [u8],
    /// Whether there are any.
    pub doubled: bool,
}

/// The cells of a row.
pub type Cells<'a> = SmallVec<[Cell<'a>; 24]>;

/// Cuts a line into cells.
///
/// # Errors
/// A cell's quotes do not close, or noise stands beside them.
pub fn cells(line: &[u8]) -> Result<Cells<'_>, Misfit<'_>> {
    let mut cells = Cells::new();
    let mut begin = 0;
    loop {
        let rest = line.get(begin..).unwrap_or_default();
        let number = cells.len() + 1;
        let about = |expected| Field {
            number,
            name: NAMES.get(number - 1).copied().unwrap_or("cell"),
            expected,
        };
        let quoted = rest.first() == Some(&b'"');
        let length = match undoubled_length(rest).filter(|_| begin == 0) {
            Some(length) => length,
            None if quoted => quoted_length(rest),
            None => bare_length(rest),
        };
        let cell = rest.get(..length).unwrap_or_default();
        let bytes = match cell {
            _ if !quoted => cell,
            [b'"', inner @ .., b'"'] => inner,
            _ => return Err(Misfit::new(about("a text with a quote behind it"), cell, 0)),
        };
        if let Some(noise) = bytes.iter().position(u8::is_ascii_control) {
            let noise = begin + usize::from(quoted) + noise;
            return Err(Misfit::new(about("no control bytes"), cell, line.len() - noise));
        }
        cells.push(Cell {
            at: begin + usize::from(quoted),
            bytes,
            doubled: bytes.contains(&b'"'),
        });
        begin += length;
        match line.get(begin) {
            None => return Ok(cells),
            Some(b',') if cells.len() < MOST_CELLS => begin += 1,
            Some(_) => {
                let left = line.len() - begin;
                return Err(Misfit::new(about("a comma behind the cell"), &line[begin..], left));
            }
        }
    }
}

/// Bytes of a cell in quotes, up to and with the closing one; up to the line's end if there is none.
fn quoted_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(quote) = memchr::memchr(b'"', rest.get(at..).unwrap_or_default()) {
        at += quote + 1;
        if rest.get(at) != Some(&b'"') {
            return at;
        }
        at += 1;
    }
    // Not closed: give it no closing quote, even if the line ends in a doubled one.
    if rest.last() == Some(&b'"') {
        rest.len() - 1
    } else {
        rest.len()
    }
}

/// Up to Asterisk 1.6 the sample `cdr_custom.conf` put quotes around the caller id without doubling those in it:
/// `""Name" <number>",`.
pub fn undoubled_length(rest: &[u8]) -> Option<usize> {
    let name = rest.strip_prefix(b"\"\"")?;
    let plain = name.first().is_some_and(|b| !matches!(b, b'"' | b','));
    let end = memchr::memmem::find(rest, b"\" <")?;
    let behind = rest.get(end + 3..)?;
    let close = memchr::memchr(b'"', behind)?;
    let whole = behind.get(..close)?.ends_with(b">") && behind.get(close + 1) == Some(&b',');
    (plain && whole && !name.get(..end.checked_sub(2)?)?.contains(&b'"')).then_some(end + 3 + close + 1)
}

fn bare_length(rest: &[u8]) -> usize {
    memchr::memchr2(b',', b'"', rest).unwrap_or(rest.len())
}
