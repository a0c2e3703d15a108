//! A line cut at a separator, by bit masks of 64 bytes.
//!
//! **Invariants.** Cutting is splitting (a test holds them against each other); it never fails but on a line longer than
//! any. What else there is to know of all bytes is found on the way.

use super::marks;
use super::usual::trimmed;

/// More cells than any dialect looks at.
const MOST: usize = 32;

/// A line cut at one byte into at most 32 cells and a rest.
pub struct Cells<'a> {
    line: &'a [u8],
    /// Where each cell begins, and the one behind the last would.
    begins: [u16; MOST + 1],
    count: usize,
    /// All bytes are visible ASCII or blanks.
    pub is_printable: bool,
    /// There is such a byte as was looked for.
    pub has_wanted: bool,
}

impl<'a> Cells<'a> {
    /// Cuts, and looks for a byte; `None` of a line longer than any.
    #[inline(always)]
    pub fn cut(line: &'a [u8], separator: u8, wanted: u8) -> Option<Self> {
        let mut found = false;
        let mut cells = Self::cut_where(line, |block, drop| {
            found |= block.has(wanted);
            block.are(separator) >> drop
        })?;
        cells.has_wanted = found;
        Some(cells)
    }

    /// Cuts at commas outside of quotes, which stay; and how many quotes there are.
    #[inline]
    pub fn cut_quoted(line: &'a [u8]) -> Option<(Self, u32)> {
        let (mut quotes, mut open) = (0, 0);
        let cells = Self::cut_where(line, |block, drop| {
            let commas = block.are(b',') >> drop;
            let quote = block.are(b'"') >> drop;
            if quote == 0 {
                return commas & !open;
            }
            quotes += quote.count_ones();
            let within = marks::parity(quote) ^ open;
            open = 0_u64.wrapping_sub(within >> 63 & 1);
            commas & !within
        })?;
        Some((cells, quotes))
    }

    #[inline(always)]
    fn cut_where(line: &'a [u8], mut find: impl FnMut(&marks::Block, usize) -> u64) -> Option<Self> {
        let behind = u16::try_from(line.len()).ok()?.checked_add(1)?;
        let mut begins = [behind; MOST + 1];
        begins[0] = 0;
        let (mut at, mut count, mut odd) = (0, 0, false);
        while at < behind - 1 {
            let (block, drop) = marks::block(line, usize::from(at));
            let mut marks = find(&block, drop);
            odd |= !block.is_printable();
            while marks != 0 && count < MOST {
                count += 1;
                begins[count] = at.wrapping_add(1 + marks.trailing_zeros() as u16);
                marks &= marks - 1;
            }
            at = at.saturating_add(64);
        }
        Some(Self {
            line,
            begins,
            count: (count + 1).min(MOST),
            is_printable: !odd,
            has_wanted: false,
        })
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
            let Some((cells, quotes)) = Cells::cut_quoted(&line) else { return Err(TestCaseError::fail("cut")) };
            prop_assert_eq!(quotes as usize, line.iter().filter(|b| **b == b'"').count());
            for (n, wanted) in wanted.into_iter().enumerate().take(MOST) {
                prop_assert_eq!(cells.raw(n), wanted);
            }
        }
    }
}
