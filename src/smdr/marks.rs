//! Where in 64 bytes some byte stands, as bits: the lowest stands for the first.
//!
//! Sixteen bytes are compared at once, in the processor's own way where `wide` knows it.

use wide::u8x16;

/// 64 bytes of a line.
#[derive(Debug, Clone, Copy)]
pub struct Block([u8x16; 4]);

impl Block {
    /// These bytes.
    #[inline(always)]
    pub fn of(bytes: &[u8; 64]) -> Self {
        let (parts, _) = bytes.as_chunks::<16>();
        Self([0, 1, 2, 3].map(|n| u8x16::new(parts[n])))
    }

    /// Which of them are this one.
    #[inline(always)]
    pub fn are(&self, byte: u8) -> u64 {
        self.marks(|part| part.simd_eq(u8x16::splat(byte)))
    }

    /// Which of them are from one byte up to another, both included.
    #[inline(always)]
    pub fn within(&self, from: u8, to: u8) -> u64 {
        let span = u8x16::splat(to.wrapping_sub(from));
        self.marks(|part| (part - u8x16::splat(from)).saturating_sub(span).simd_eq(u8x16::ZERO))
    }

    /// Whether one of them is this one.
    #[inline(always)]
    pub fn has(&self, byte: u8) -> bool {
        let [a, b, c, d] = self.0.map(|part| part.simd_eq(u8x16::splat(byte)));
        (a | b | c | d).to_bitmask() != 0
    }

    /// Whether all are visible ASCII or blanks.
    #[inline(always)]
    pub fn is_printable(&self) -> bool {
        let span = u8x16::splat(b'~' - b' ');
        let [a, b, c, d] = self.0.map(|part| (part - u8x16::splat(b' ')).saturating_sub(span));
        (a | b | c | d) == u8x16::ZERO
    }

    #[inline(always)]
    fn marks(&self, find: impl Fn(u8x16) -> u8x16) -> u64 {
        let [a, b, c, d] = self.0.map(|part| u64::from(find(part).to_bitmask()));
        a | b << 16 | c << 32 | d << 48
    }
}

/// Which bits have an odd number of bits set up to and with themselves: what is in quotes, with the opening ones.
pub const fn parity(quotes: u64) -> u64 {
    let mut odd = quotes;
    odd ^= odd << 1;
    odd ^= odd << 2;
    odd ^= odd << 4;
    odd ^= odd << 8;
    odd ^= odd << 16;
    odd ^ odd << 32
}

/// The 64 bytes of a line from `at` on, and how many of the lowest bits of their marks to drop: the last 64 overlap those
/// before. Behind the end of a shorter line are blanks.
#[inline(always)]
pub fn block(line: &[u8], at: usize) -> (Block, usize) {
    if let Some(block) = line.get(at..).and_then(<[u8]>::first_chunk) {
        return (Block::of(block), 0);
    }
    let left = line.len().saturating_sub(at);
    match line.last_chunk() {
        Some(last) => (Block::of(last), 64 - left),
        None => (Block::of(&padded(line)), 0),
    }
}

/// A line of less than 64 bytes, with blanks behind its end.
#[inline]
fn padded(line: &[u8]) -> [u8; 64] {
    /// Its first and its last bytes, which may overlap: quicker than so many as there are.
    fn both_ends<const N: usize>(line: &[u8], block: &mut [u8; 64]) -> Option<()> {
        *block.first_chunk_mut::<N>()? = *line.first_chunk()?;
        *block.get_mut(line.len() - N..)?.first_chunk_mut()? = *line.last_chunk::<N>()?;
        Some(())
    }
    let mut block = [b' '; 64];
    let done = both_ends::<32>(line, &mut block)
        .or_else(|| both_ends::<16>(line, &mut block))
        .or_else(|| both_ends::<8>(line, &mut block));
    if done.is_none() {
        for (to, from) in block.iter_mut().zip(line) {
            *to = *from;
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn marks_are_where_the_bytes_are(bytes in any::<[[u8; 32]; 2]>(), at in 0..64_usize, from in any::<u8>(), to in any::<u8>()) {
            let mut block = [0; 64];
            for (to, from) in block.iter_mut().zip(bytes.iter().flatten()) {
                *to = *from;
            }
            block[at] = from;
            let (from, to) = (from.min(to), from.max(to));
            for (from, to) in [(from, to), (from, from), (b' ', b'~')] {
                let block_of = Block::of(&block);
                let marks = block_of.within(from, to);
                prop_assert!(from != to || marks == block_of.are(from));
                prop_assert_eq!(block_of.has(from), block.contains(&from));
                prop_assert_eq!(block_of.is_printable(), block_of.within(b' ', b'~') == u64::MAX);
                for (n, b) in block.iter().enumerate() {
                    prop_assert_eq!(marks >> n & 1 == 1, (from..=to).contains(b));
                }
            }
        }

        #[test]
        fn blocks_hold_the_line(line in proptest::collection::vec(1_u8..4, 1..300)) {
            let mut found = Vec::new();
            for at in (0..line.len()).step_by(64) {
                let (block, drop) = block(&line, at);
                let marks = block.are(2) >> drop;
                found.extend((0..64 - drop).map(|n| marks >> n & 1 == 1));
            }
            let wanted: Vec<_> = line.iter().map(|b| *b == 2).collect();
            prop_assert!(found.starts_with(&wanted));
            prop_assert!(!found[wanted.len()..].contains(&true));
        }

        #[test]
        fn parity_is_counting(quotes in any::<u64>()) {
            for n in 0..64 {
                let up_to = quotes & (u64::MAX >> (63 - n));
                prop_assert_eq!(parity(quotes) >> n & 1, u64::from(up_to.count_ones() % 2));
            }
        }
    }
}
