//! Where in 64 bytes some byte stands, as bits: the lowest stands for the first.
//!
//! The processor's own way to such marks would need `unsafe`: a multiplication adds them up instead.

/// 64 bytes of a line.
pub type Block = [u8; 64];

/// Which of 64 bytes are this one.
#[inline]
pub fn of(block: &Block, byte: u8) -> u64 {
    let found = block.map(|b| if b == byte { 0xff } else { 0 });
    let (words, _) = found.as_chunks::<8>();
    let mut marks = 0;
    for (n, word) in words.iter().enumerate() {
        // A bit of each byte, added up in the highest: no two are the same.
        let bits = u64::from_le_bytes(*word) & 0x8040_2010_0804_0201;
        marks |= (bits.wrapping_mul(0x0101_0101_0101_0101) >> 56) << (n * 8);
    }
    marks
}

/// Whether one of 64 bytes is such a one.
#[inline]
pub fn has(block: &Block, is: impl Fn(u8) -> bool) -> bool {
    // No early end, so that many bytes are looked at at once.
    block.iter().fold(false, |has, b| has | is(*b))
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
#[inline]
pub fn block(line: &[u8], at: usize) -> (Block, usize) {
    if let Some(block) = line.get(at..).and_then(<[u8]>::first_chunk) {
        return (*block, 0);
    }
    let left = line.len().saturating_sub(at);
    if let Some(last) = line.last_chunk() {
        return (*last, 64 - left);
    }
    let mut block = [b' '; 64];
    for (to, from) in block.iter_mut().zip(line) {
        *to = *from;
    }
    (block, 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn marks_are_where_the_byte_is(bytes in any::<[[u8; 32]; 2]>(), byte in any::<u8>()) {
            let mut block = [0; 64];
            for (to, from) in block.iter_mut().zip(bytes.iter().flatten()) {
                *to = *from;
            }
            block[5] = byte;
            for (n, b) in block.iter().enumerate() {
                prop_assert_eq!(of(&block, byte) >> n & 1 == 1, *b == byte);
            }
            prop_assert_eq!(has(&block, |b| b < 3), block.iter().any(|b| *b < 3));
        }

        #[test]
        fn blocks_hold_the_line(line in proptest::collection::vec(1_u8..4, 1..300)) {
            let mut found = Vec::new();
            for at in (0..line.len()).step_by(64) {
                let (block, drop) = block(&line, at);
                let marks = of(&block, 2) >> drop;
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
