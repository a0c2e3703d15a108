//! A row's cells as nearly all are spelt, cut by bit masks.
//!
//! **Invariants.** What is found here is what the careful cutting of [`super::row`] finds; it alone says what is wrong
//! with a line.

use super::row::{Cell, Cells, MOST_CELLS};
use crate::smdr::{marks, usual};

/// The cells of a line without control bytes, in which no cell has quotes but a caller id where it usually stands. What
/// is in `cells` without them is of no use.
pub fn usual_cells<'a>(line: &'a [u8], cells: &mut Cells<'a>) -> Option<()> {
    /// Where `cdr_custom` and `cdr_csv` print it.
    const CALLER_IDS: [usize; 2] = [0, 4];
    if usual::has_control(line) {
        return None;
    }
    let (mut begin, mut quotes, mut outer, mut open) = (0, 0, 0, 0_u64);
    let mut push = |end: usize| {
        let cell = line.get(begin..end)?;
        let (at, bytes) = match cell {
            [b'"', inner @ .., b'"'] => {
                outer += 2;
                (begin + 1, inner)
            }
            [b'"', ..] => return None,
            _ => (begin, cell),
        };
        begin = end + 1;
        let doubled = false;
        (cells.len() < MOST_CELLS).then(|| cells.push(Cell { at, bytes, doubled }))
    };
    for base in (0..line.len()).step_by(64) {
        let (block, drop) = marks::block(line, base);
        let quote = block.are(b'"') >> drop;
        quotes += quote.count_ones();
        let within = marks::parity(quote) ^ open;
        open = 0_u64.wrapping_sub(within >> 63);
        let mut ends = (block.are(b',') >> drop) & !within;
        while ends != 0 {
            push(base + ends.trailing_zeros() as usize)?;
            ends &= ends - 1;
        }
    }
    push(line.len())?;
    for place in CALLER_IDS {
        if let Some(cell) = cells.get_mut(place)
            && quotes != outer
            && cell.bytes.contains(&b'"')
        {
            quotes -= doubled_quotes(line, *cell)?;
            cell.doubled = true;
        }
    }
    (open == 0 && quotes == outer).then_some(())
}

/// How many quotes there are in a cell, if each is doubled and the cell stands in quotes.
fn doubled_quotes(line: &[u8], cell: Cell<'_>) -> Option<u32> {
    let mut count = 0;
    let mut rest = cell.bytes;
    while let Some(at) = memchr::memchr(b'"', rest) {
        rest = rest.get(at..)?.strip_prefix(b"\"\"")?;
        count += 2;
    }
    let in_quotes = cell.at > 0 && line.get(cell.at - 1) == Some(&b'"');
    in_quotes.then_some(count)
}
