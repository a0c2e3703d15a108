//! A row as nearly all are spelt, cut by bit masks and read by comparison.
//!
//! **Invariants.** What is found here is what the careful reading of [`super::row`] finds; it alone says what is wrong
//! with a line.

use encoding_rs::{Encoding, UTF_8};

use super::app::App;
use super::cut;
use super::row::{self, Row};
use crate::smdr::cells::Cells;
use crate::smdr::usual::{self, Day};

/// The row of a line in a known layout in which no cell has quotes within, but a caller id its name's.
#[inline]
pub fn usual_row<'a>(line: &'a [u8], number: u64, encoding: &'static Encoding, day: &mut Day) -> Option<Row<'a>> {
    let mut cells = Cells::of(line)?;
    let inner = cells.cut_quoted_cells()?;
    let is_text = || encoding == UTF_8 && !usual::has_control(line) && str::from_utf8(line).is_ok();
    if !cells.is_printable && !is_text() {
        return None;
    }
    let cell = |n: usize| unquoted(cells.raw(n));
    let count = cells.count();
    // `cdr_custom` begins with the caller id, and has the account behind the flags.
    let is_custom = is_like_stamp(cell(8)) && !(is_like_stamp(cell(9)) && is_like_stamp(cell(11)));
    let shift = usize::from(is_custom);
    let (unique, linked) = match (is_custom, count) {
        (true, 18 | 19) => (Some(16), None),
        (false, 16) => (None, None),
        (false, 18) => (Some(16), None),
        (false, 17 | 20) => (row::is_unique_id(cell(16)).then_some(16), (count == 20).then_some(18)),
        (false, 19) => (None, Some(17)),
        (false, 21) => (Some(16), Some(19)),
        _ => return None,
    };
    let clid = cell(if is_custom { 0 } else { 4 });
    let is_known = match inner {
        0 => true,
        2 => is_custom && cut::undoubled_length(line) == Some(cells.raw(0).len()),
        4 => row::is_name_quoted(clid),
        _ => false,
    };
    if !is_known {
        return None;
    }
    let mut stamp = |n: usize| match cell(n) {
        b"" => Some(None),
        // A fraction behind it is cut.
        cell => day.stamp(cell).map(Some),
    };
    let (start, answer, end) = (stamp(9 - shift)??, stamp(10 - shift)?, stamp(11 - shift)?);
    let (duration, billed) = (seconds(cell(12 - shift))?, seconds(cell(13 - shift))?);
    let has_flags = cell(15 - shift).first().is_some_and(u8::is_ascii_alphanumeric);
    let optional = |place: Option<usize>| place.map_or(&b""[..], cell);
    let linked = optional(linked);
    let row = Row {
        line,
        number,
        is_joined: false,
        account: cell(if is_custom { 15 } else { 0 }),
        src: cell(1),
        dst: cell(2),
        clid,
        channel: cell(5 - shift),
        dst_channel: cell(6 - shift),
        app: App::of(cell(7 - shift)),
        data: cell(8 - shift),
        start,
        answer,
        end,
        duration: Some(duration),
        billed,
        ended: row::ended(cell(14 - shift))?,
        id: if linked.is_empty() { optional(unique) } else { linked },
        machine_first: false,
    };
    let technology = row.channel.iter().take_while(|b| **b != b'/').count();
    let fits = technology < row.channel.len() && has_flags && has_no_blank_ends(cell(7 - shift));
    (fits && row.texts().iter().all(|text| has_no_blank_ends(text))).then_some(row)
}

/// A cell that is quoted if it begins so.
#[inline(always)]
fn unquoted(cell: &[u8]) -> &[u8] {
    match cell {
        [b'"', inner @ .., _] => inner,
        _ => cell,
    }
}

/// It stands where a stamp may, and nothing else that begins so does.
#[inline]
fn is_like_stamp(cell: &[u8]) -> bool {
    cell.get(4) == Some(&b'-') && row::stamp(cell).is_some()
}

#[inline]
fn seconds(cell: &[u8]) -> Option<i64> {
    usual::number(cell).filter(|_| cell.len() <= 8)
}

/// Nothing is to be cut off.
#[inline(always)]
fn has_no_blank_ends(text: &[u8]) -> bool {
    match text {
        [] => true,
        [first, ..] => first.is_ascii_graphic() & text.last().is_some_and(u8::is_ascii_graphic),
    }
}
