//! A line as nearly all are spelt, read by comparison.
//!
//! **Invariants.** What is found here is what the careful reader (`line`) finds; it alone says what is wrong with a line.
//! Whether a cell is blank, or a line has an answer, is chance, which no processor guesses: such cells are read both ways.

use super::layouts::{self, Layout, SECOND, TAIL};
use super::line::{Day, Fields, Kind, NUMBERS, TYPE};
use crate::smdr::cells::Cells;
use crate::smdr::{marks, usual};

/// The fields; of a line that does not fit, none.
#[inline]
pub fn usual_fields(line: &[u8]) -> Option<Fields<'_>> {
    if line.get(8) == Some(&b'|') {
        let cells = Cells::cut(line, b'|', b'|')?;
        (cells.count() > TYPE).then(|| usual_cells(|n| cells.get(n)))?
    } else if layouts::is_spaced(line) {
        let words = layouts::by_words(line)?;
        usual_cells(|n| words[n].map_or(b"", |(word, _)| word))
    } else {
        in_columns(line)
    }
}

/// The fields of a line of columns.
#[inline]
fn in_columns(line: &[u8]) -> Option<Fields<'_>> {
    let Layout { columns, bits } = layouts::columns(line);
    if line.len() <= columns[TYPE].0 {
        return None;
    }
    let window = |from| {
        let (block, drop) = marks::block(line, from);
        [!block.are(b' ') >> drop, block.within(b'0', b'9') >> drop]
    };
    let ([head, head_digits], [tail, tail_digits]) = (window(0), window(TAIL));
    // First and last byte that is no blank; of a blank cell the first of all, twice.
    let cell = |n: usize| {
        let (filled, at) = if n < SECOND { (head, 0) } else { (tail, TAIL) };
        let filled = filled & bits[n];
        let (begin, end) = (filled.trailing_zeros() % 64, 64 - filled.leading_zeros());
        line.get(at + begin as usize..at + end as usize).unwrap_or_default()
    };
    let is_odd = |n: usize| {
        let (filled, digits) = if n < SECOND {
            (head, head_digits)
        } else {
            (tail, tail_digits)
        };
        let filled = filled & bits[n];
        // Added to the lowest, the bits of a cell without a gap carry over it.
        (filled & !digits) | (filled & filled.wrapping_add(filled & filled.wrapping_neg()))
    };
    let odd = is_odd(2) | is_odd(3) | is_odd(6) | is_odd(9) | is_odd(10);
    if odd != 0 && !NUMBERS.into_iter().all(|n| is_usual_number(cell(n))) {
        return None;
    }
    let whole = |n: usize| {
        let filled = head & bits[n];
        (filled == 0 || filled == bits[n]).then_some(filled != 0)
    };
    // Three bytes before the span stand in for its hours.
    let ring: &[u8; 8] = line.get(columns[4].0 - 3..)?.first_chunk()?;
    let talk: &[u8; 8] = line.get(columns[5].0..)?.first_chunk()?;
    let read = Read {
        day: line.first_chunk()?,
        clock: line.get(columns[1].0..)?.first_chunk()?,
        ring: span(whole(4)?, u64::from_le_bytes(*ring) & !0xff_ffff | HOURS)?,
        talk: span(whole(5)?, u64::from_le_bytes(*talk))?,
    };
    usual_fields_of(read, cell)
}

/// The hours of a span that has none, and a colon.
const HOURS: u64 = u32::from_le_bytes(*b"00:\0") as u64;

/// A span that is there, or none.
#[inline(always)]
fn span(is_there: bool, text: u64) -> Option<Option<i64>> {
    let text = if is_there {
        text
    } else {
        u64::from_le_bytes(*b"00:00:00")
    };
    let seconds = usual::span(&text.to_le_bytes())?;
    Some(is_there.then_some(seconds))
}

/// The fields of cells without blanks around.
#[inline]
fn usual_cells<'a>(cell: impl Fn(usize) -> &'a [u8]) -> Option<Fields<'a>> {
    if !NUMBERS.into_iter().all(|n| is_usual_number(cell(n))) {
        return None;
    }
    let ring = match cell(4) {
        [] => None,
        [a, b, b':', c, d] => Some(usual::span(&[b'0', b'0', b':', *a, *b, b':', *c, *d])?),
        _ => return None,
    };
    let talk = match cell(5) {
        [] => None,
        talk => Some(usual::span(talk)?),
    };
    let read = Read {
        day: cell(0).try_into().ok()?,
        clock: cell(1).try_into().ok()?,
        ring,
        talk,
    };
    usual_fields_of(read, cell)
}

/// What has been read already.
struct Read<'a> {
    day: &'a [u8; 8],
    clock: &'a [u8; 8],
    ring: Option<i64>,
    talk: Option<i64>,
}

/// The fields, of which the numbers are known to be such.
#[inline(always)]
fn usual_fields_of<'a>(read: Read<'a>, cell: impl Fn(usize) -> &'a [u8]) -> Option<Fields<'a>> {
    let [day, _, _, month, _, _, year, _] = usual::pairs(read.day, b"00.00.00")?;
    if month > 12 || day > 31 {
        return None;
    }
    let charge = cell(7);
    Some(Fields {
        day: Day {
            year: year.into(),
            month: month.into(),
            day: day.into(),
        },
        clock: usual::time(read.clock)?,
        trunk: cell(2),
        extension: cell(3),
        ring: read.ring,
        talk: read.talk,
        number: cell(6),
        charged: is_amount(charge).then_some(!charge.is_empty())?,
        kind: Kind::of(cell(TYPE))?,
        account: cell(9),
        msn: cell(10),
    })
}

#[inline]
fn is_usual_number(cell: &[u8]) -> bool {
    let is_sent = |b: &u8| matches!(b, b'0'..=b'9' | b'+' | b'*' | b'#' | b'?');
    cell.is_empty() || usual::is_digits(cell) || cell.iter().all(is_sent)
}

fn is_amount(cell: &[u8]) -> bool {
    cell.iter().all(|b| matches!(b, b'0'..=b'9' | b'.' | b','))
}
