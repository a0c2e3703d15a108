//! Where the fields of a HiPath line stand: by bars, by columns, by words. Pure.
//!
//! Layouts: the Hicom 150 E and Hicom 100 E service manuals, HiPath 3000/5000 and HiPath 1100.
//!
//! **Not here**: what stands in the fields.

use super::line::Kind;

/// Where each field stands, from and to; a field that a layout lacks has no width.
type Columns = [(usize, usize); 11];

/// A layout.
#[derive(Debug, PartialEq)]
pub struct Layout {
    /// Where each field stands.
    pub columns: Columns,
    /// The same as bits: of the first 64 bytes for the first fields, and for those from [`SECOND`] on of the 64 bytes
    /// from [`TAIL`] on.
    pub bits: [u64; 11],
}

/// From this field on, fields are seen in the second window.
pub const SECOND: usize = 6;
/// Where that begins.
pub const TAIL: usize = 36;

const fn layout(columns: Columns) -> Layout {
    let (mut bits, mut n) = ([0; 11], 0);
    while n < columns.len() {
        let window = if n < SECOND { 0 } else { TAIL };
        bits[n] = ((1 << (columns[n].1 - columns[n].0)) - 1) << (columns[n].0 - window);
        n += 1;
    }
    Layout { columns, bits }
}

/// The compressed layout.
static COLUMNS: Layout = layout([
    (0, 8),
    (8, 16),
    (16, 19),
    (19, 25),
    (25, 30),
    (30, 38),
    (38, 63),
    (63, 74),
    (74, 76),
    (76, 87),
    (87, 98),
]);
/// The long layout for printers, with blanks between the fields.
pub static LONG: Layout = layout([
    (0, 8),
    (9, 17),
    (18, 21),
    (22, 28),
    (29, 34),
    (35, 43),
    (44, 64),
    (65, 76),
    (77, 79),
    (79, 79),
    (79, 79),
]);
/// What GetAccount of HiPath 5000 makes of it: a node before the extension, the talk in seconds too, no ring time.
static GET_ACCOUNT: Layout = layout([
    (0, 8),
    (8, 16),
    (16, 19),
    (22, 28),
    (28, 28),
    (33, 41),
    (41, 66),
    (66, 77),
    (77, 78),
    (78, 89),
    (89, 100),
]);
/// The compressed layout of Hicom 100 E.
static HICOM_100: Layout = layout([
    (0, 8),
    (8, 16),
    (16, 18),
    (18, 23),
    (23, 28),
    (28, 36),
    (36, 56),
    (56, 67),
    (67, 69),
    (69, 80),
    (80, 91),
]);

/// The layout of a line with columns, by where the colons of its spans stand.
#[inline]
pub fn columns(line: &[u8]) -> &'static Layout {
    // Which colons there are is chance within a layout: no early ends.
    let colon = |at: usize| line.get(at) == Some(&b':');
    if line.get(8) == Some(&b' ') {
        &LONG
    } else if colon(35) & colon(38) & !colon(32) {
        &GET_ACCOUNT
    } else if !colon(27) & !colon(32) & (colon(25) | (colon(30) & colon(33))) {
        &HICOM_100
    } else {
        &COLUMNS
    }
}

/// One cell with the number of the line's bytes that begin with it; absent where the line ended before it.
pub type Cell<'a> = Option<(&'a [u8], usize)>;

/// A line's cells, by bars if there is one behind the date, else by columns.
pub fn cells(line: &[u8]) -> [Cell<'_>; 11] {
    let mut cells = [None; 11];
    if line.get(8) == Some(&b'|') {
        let mut begin = 0;
        for (slot, cell) in cells.iter_mut().zip(line.split(|b| *b == b'|')) {
            *slot = Some((cell, line.len() - begin));
            begin += cell.len() + 1;
        }
        return cells;
    }
    if is_spaced(line)
        && let Some(words) = by_words(line)
    {
        return words;
    }
    for (slot, (from, to)) in cells.iter_mut().zip(&columns(line).columns) {
        let cell = line.get(*from..(*to).min(line.len()));
        let cell = cell.filter(|cell| !cell.is_empty() || from == to);
        *slot = cell.map(|cell| (cell, line.len() - from));
    }
    cells
}

/// Blanks stand between the fields, but not in the long layout's columns: other widths, or blanks were lost.
#[inline]
pub fn is_spaced(line: &[u8]) -> bool {
    let colon = |at: usize| line.get(at) == Some(&b':');
    let long = || line.len() >= 78 && (colon(31) || (colon(37) && colon(40)));
    line.get(8) == Some(&b' ') && !long()
}

/// The cells of a line whose fields are known by their order: HiPath 1100 has a class of service behind the
/// extension, and the type before the charge.
pub fn by_words(line: &[u8]) -> Option<[Cell<'_>; 11]> {
    /// More than are told apart.
    const MOST: usize = 12;
    let (mut left, mut words, mut count) = (line.len(), [(&b""[..], 0); MOST], 0);
    for word in line.split(|b| *b == b' ') {
        if !word.is_empty() && count < MOST {
            words[count] = (word, left);
            count += 1;
        }
        left = left.saturating_sub(word.len() + 1);
    }
    let words = words.get(..count)?;
    let is_kind = |word: &(&[u8], usize)| Kind::of(word.0).is_some();
    let is_span = |length: usize| move |word: &(&[u8], usize)| word.0.len() == length && word.0.get(2) == Some(&b':');
    let spans = words
        .iter()
        .skip(2)
        .position(|word| is_span(5)(word) || is_span(8)(word))?
        + 2;
    let (before, after) = (words.get(2..spans)?, words.get(spans..)?);
    let (ring, after) = match after {
        [ring, rest @ ..] if is_span(5)(ring) => (Some(*ring), rest),
        rest => (None, rest),
    };
    let (talk, after) = match after {
        [talk, rest @ ..] if is_span(8)(talk) => (Some(*talk), rest),
        rest => (None, rest),
    };
    // Longer ones are two that grew together.
    let ([trunk, extension] | [trunk, extension, _]) = before else {
        return None;
    };
    if trunk.0.len() > 3 || extension.0.len() > 6 {
        return None;
    }
    let (number, charge, kind) = match after {
        [kind] => (None, None, kind),
        [number, kind] => (Some(*number), None, kind),
        [number, kind, charge, ..] if is_kind(kind) => (Some(*number), Some(*charge), kind),
        [number, charge, kind] => (Some(*number), Some(*charge), kind),
        _ => return None,
    };
    let or_blank = |word: Option<(_, usize)>| word.or(Some((&b""[..], kind.1)));
    let [date, time] = [0, 1].map(|at| words.get(at).copied());
    let account = after.get(3).copied();
    Some([
        date,
        time,
        Some(*trunk),
        Some(*extension),
        or_blank(ring),
        or_blank(talk),
        or_blank(number),
        or_blank(charge),
        Some(*kind),
        account,
        None,
    ])
}
