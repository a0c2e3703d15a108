//! A line cut at a separator, by bit masks of 64 bytes.
//!
//! **Invariants.** Cutting is splitting (a test holds them against each other); it never fails but on a line longer than
//! any. What else there is to know of all bytes is found on the way.

use super::marks;
use super::usual::trimmed;

/// More cells than any dialect looks at.
const MOST: usize = 32;

/// So many are written down at once: in 64 bytes a switch rarely prints more.
const AT_ONCE: usize = 8;

/// A power of two, so that no place is outside.
const ROOM: usize = 64;

/// A line cut at one byte into at most 32 cells and a rest.
pub struct Cells<'a> {
    line: &'a [u8],
    /// Where one behind the line would begin.
    behind: u16,
    /// Where each cell begins, and the one behind the last would; so do all behind it.
    begins: [u16; ROOM],
    count: usize,
    /// All bytes are visible ASCII or blanks.
    pub is_printable: bool,
    /// There is such a byte as was looked for.
    pub has_wanted: bool,
}

impl<'a> Cells<'a> {
    /// Not cut yet: cut where it is, it need not be moved. `None` of a line longer than any.
    #[inline(always)]
    pub fn of(line: &'a [u8]) -> Option<Self> {
        let behind = u16::try_from(line.len()).ok()?.checked_add(1)?;
        let mut begins = [behind; ROOM];
        begins[0] = 0;
        Some(Self {
            line,
            behind,
            begins,
            count: 0,
            is_printable: false,
            has_wanted: false,
        })
    }

    /// Cuts, and looks for a byte; `None` of a line longer than any.
    #[inline]
    pub fn cut(line: &'a [u8], separator: u8, wanted: u8) -> Option<Self> {
        let mut cells = Self::of(line)?;
        cells.cut_at(separator, wanted);
        Some(cells)
    }

    /// Cuts, and looks for a byte.
    #[inline(always)]
    pub fn cut_at(&mut self, separator: u8, wanted: u8) {
        self.cut_where(wanted, |block, drop| block.are(separator) >> drop);
    }

    /// Cuts at commas outside of quotes, which stay; and says how many quotes there are. Looks for a byte, too.
    #[inline(always)]
    pub fn cut_quoted(&mut self, wanted: u8) -> u32 {
        let (mut quotes, mut open) = (0, 0);
        self.cut_where(wanted, |block, drop| {
            let commas = block.are(b',') >> drop;
            let quote = block.are(b'"') >> drop;
            if quote == 0 {
                return commas & !open;
            }
            quotes += quote.count_ones();
            let within = marks::parity(quote) ^ open;
            open = 0_u64.wrapping_sub(within >> 63 & 1);
            commas & !within
        });
        quotes
    }

    /// Cuts at commas outside of quotes, which stay; and says how many quotes there are but around whole cells. `None` if
    /// the last is not closed.
    #[inline(always)]
    pub fn cut_quoted_cells(&mut self) -> Option<u32> {
        /// The highest bit.
        const LAST: u64 = 1 << 63;
        let (mut inner, mut open, mut begins, mut last_quote) = (0, 0, 1, 0);
        self.cut_where(b'"', |block, drop| {
            let commas = block.are(b',') >> drop;
            let quotes = block.are(b'"') >> drop;
            let within = marks::parity(quotes) ^ open;
            let ends = commas & !within;
            // A quote ends a cell that a comma is behind, perhaps the first byte of the next block.
            inner += u32::from(last_quote & !ends & 1 != 0);
            let left = quotes & !(ends << 1 | begins) & !(ends >> 1);
            last_quote = left >> 63;
            let left = left & !LAST;
            if left != 0 {
                inner += left.count_ones();
            }
            begins = ends >> 63;
            open = 0_u64.wrapping_sub(within >> 63);
            ends
        });
        // The line's last byte ends a cell too; as the last of a block it was left to the next, which there is not.
        let last = self.line.last() == Some(&b'"') && !self.line.len().is_multiple_of(64);
        (open == 0).then(|| inner - u32::from(last))
    }

    #[inline(always)]
    fn cut_where(&mut self, wanted: u8, mut find: impl FnMut(&marks::Block, usize) -> u64) {
        let (mut odd, mut found) = (false, false);
        let (mut count, mut at) = (1, 0);
        while at < self.line.len() {
            let (block, drop) = marks::block(self.line, at);
            odd |= !block.is_printable();
            found |= block.has(wanted);
            let mut marks = find(&block, drop);
            while marks != 0 && count < MOST + 1 {
                // Several without a look at how many there are, which could not be foreseen: what is written for those
                // that are not there is overwritten.
                for _ in 0..AT_ONCE {
                    // In range: there are fewer than u16::MAX bytes.
                    self.begins[count % ROOM] = (at + 1) as u16 + marks.trailing_zeros() as u16;
                    count += usize::from(marks != 0);
                    marks &= marks.wrapping_sub(1);
                }
            }
            at += 64;
        }
        if let Some(rest) = self.begins.get_mut(count..).and_then(<[u16]>::first_chunk_mut) {
            *rest = [self.behind; AT_ONCE];
        }
        self.count = count.min(MOST);
        self.is_printable = !odd;
        self.has_wanted = found;
    }

    /// How many cells, up to 32.
    #[inline]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Where a cell ends, in bytes from the line's begin; that of the line for one that is not there.
    #[inline(always)]
    pub fn end(&self, n: usize) -> usize {
        self.begins
            .get(n + 1)
            .map_or(self.line.len(), |next| usize::from(*next) - 1)
    }

    /// A cell as printed; empty if the line ended before it.
    #[inline(always)]
    pub fn raw(&self, n: usize) -> &'a [u8] {
        let from = self.begins.get(n).map_or(usize::MAX, |from| usize::from(*from));
        self.line.get(from..self.end(n)).unwrap_or_default()
    }

    /// The first byte of a cell; the separator behind it if it is empty.
    #[inline(always)]
    pub fn first(&self, n: usize) -> Option<u8> {
        let from = self.begins.get(n)?;
        self.line.get(usize::from(*from)).copied()
    }

    /// A cell without the blanks around it.
    #[inline(always)]
    pub fn get(&self, n: usize) -> &'a [u8] {
        trimmed(self.raw(n))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_beyond_the_last_are_empty() {
        let cells = Cells::cut(b"a, bc ,,d", b',', b'@');
        let cells = cells.as_ref();
        let found: Vec<_> = (0..6).filter_map(|n| cells.map(|c| c.get(n))).collect();
        assert_eq!(found, [&b"a"[..], b"bc", b"", b"d", b"", b""]);
        assert_eq!(cells.map(Cells::count), Some(4));
    }

    proptest! {
        #[test]
        fn cutting_is_splitting(line in proptest::collection::vec(prop_oneof![4 => Just(b','), 4 => Just(b'-'), 1 => any::<u8>()], 0..200)) {
            let wanted: Vec<&[u8]> = line.split(|b| *b == b',').collect();
            let cells = Cells::cut(&line, b',', b'@');
            let cells = cells.as_ref();
            prop_assert_eq!(cells.map(Cells::count), Some(wanted.len().min(MOST)));
            for (n, wanted) in wanted.into_iter().enumerate().take(MOST) {
                prop_assert_eq!(cells.map(|cells| cells.raw(n)), Some(wanted));
            }
            let found = cells.map(|cells| (cells.is_printable, cells.has_wanted));
            let printable = line.iter().all(|b| (b' '..=b'~').contains(b));
            prop_assert_eq!(found, Some((printable, line.contains(&b'@'))));
        }

        #[test]
        fn commas_in_quotes_do_not_cut(line in proptest::collection::vec(prop_oneof![Just(b','), Just(b'"'), Just(b'-')], 0..200)) {
            let mut open = false;
            let wanted: Vec<&[u8]> = line.split(|b| { open ^= *b == b'"'; *b == b',' && !open }).collect();
            let Some(mut cells) = Cells::of(&line) else { return Err(TestCaseError::fail("too long")) };
            let quotes = cells.cut_quoted(b'@');
            prop_assert_eq!(quotes as usize, line.iter().filter(|b| **b == b'"').count());
            for (n, wanted) in wanted.into_iter().enumerate().take(MOST) {
                prop_assert_eq!(cells.raw(n), wanted);
            }
        }
    }
}
