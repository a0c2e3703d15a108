//! A line of fixed columns: where it is blank, as bits.
//!
//! **Invariants.** Only the first 128 bytes are looked at; no format has more columns.

use super::marks;

/// A line whose blanks are known.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    line: &'a [u8],
    /// Which bytes are there and no blanks.
    filled: u128,
}

/// Where a cell stands.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its first column.
    pub from: usize,
    /// One past its last.
    pub to: usize,
    /// The same as bits.
    pub bits: u128,
}

impl Column {
    /// From one column up to another.
    pub const fn of(from: usize, to: usize) -> Self {
        let bits = bits(from, to);
        Self { from, to, bits }
    }
}

/// So many columns from one on, as bits.
#[inline]
pub const fn bits(from: usize, to: usize) -> u128 {
    if to <= from || from >= 128 {
        return 0;
    }
    let width = if to - from < 128 { to - from } else { 128 };
    (u128::MAX >> (128 - width)) << from
}

impl<'a> Columns<'a> {
    /// Looks at the line.
    #[inline]
    pub fn of(line: &'a [u8]) -> Self {
        Self {
            line,
            filled: !marked(line, |block| block.are(b' ')) & bits(0, line.len()),
        }
    }

    /// Which bytes are no blanks.
    #[inline]
    pub const fn filled(&self) -> u128 {
        self.filled
    }

    /// From one column up to another, as far as the line goes, without blanks around.
    #[inline(always)]
    pub fn cell(&self, column: &Column) -> &'a [u8] {
        let inside = self.filled & column.bits;
        // If there is none, from 0 to 0: whether a cell is blank is chance.
        let begin = inside.trailing_zeros() as usize % 128;
        let end = 128 - inside.leading_zeros() as usize;
        self.line.get(begin..end).unwrap_or_default()
    }
}

/// Of the first 128 bytes, which `find` marks in their blocks; bytes behind the line may be marked.
#[inline]
pub fn marked(line: &[u8], find: impl Fn(&marks::Block) -> u64) -> u128 {
    let part = |at| {
        let (block, drop) = marks::block(line, at);
        u128::from(find(&block) >> drop)
    };
    if line.len() <= 64 {
        part(0)
    } else {
        part(0) | part(64) << 64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cells_are_trimmed_columns(
            line in proptest::collection::vec(prop_oneof![2 => Just(b' '), 1 => Just(b'x'), 1 => any::<u8>()], 0..200),
            from in 0_usize..128,
            width in 0_usize..128,
        ) {
            let to = (from + width).min(128);
            let whole = line.get(from..to.min(line.len())).unwrap_or_default();
            let found = Columns::of(&line).cell(&Column::of(from, to));
            prop_assert_eq!(found, crate::smdr::misfit::trim(whole));
        }
    }
}
