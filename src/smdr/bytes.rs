//! Short texts compared, and told by their bytes, with few branches.

/// Whether both are the same: short texts are compared without a call.
#[inline]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    /// Two looks that overlap.
    fn ends<const N: usize>(a: &[u8], b: &[u8]) -> Option<bool> {
        let first = a.first_chunk::<N>()? == b.first_chunk()?;
        Some(first & (a.last_chunk::<N>()? == b.last_chunk()?))
    }
    a.len() == b.len()
        && match a.len() {
            0 => true,
            1..=3 => ends::<1>(a, b) == Some(true) && a.get(a.len() / 2) == b.get(b.len() / 2),
            4..=7 => ends::<4>(a, b) == Some(true),
            8..=16 => ends::<8>(a, b) == Some(true),
            _ => a == b,
        }
}

/// Bytes of a kind, such as those of a word.
pub struct Class([bool; 256]);

impl Class {
    /// These.
    pub const fn of(bytes: &[u8]) -> Self {
        let mut class = [false; 256];
        let mut n = 0;
        while n < bytes.len() {
            class[bytes[n] as usize] = true;
            n += 1;
        }
        Self(class)
    }

    /// Letters and digits of ASCII, and these.
    pub const fn alphanumeric_and(others: &[u8]) -> Self {
        let mut class = Self::of(others);
        let mut byte = 0;
        while byte < 128 {
            class.0[byte] |= (byte as u8).is_ascii_alphanumeric();
            byte += 1;
        }
        class
    }

    /// Whether all of a cell are of it.
    #[inline]
    pub fn has_all(&self, cell: &[u8]) -> bool {
        // No early end: each look at a byte is one less to be foreseen.
        cell.iter().fold(true, |all, b| all & self.0[usize::from(*b)])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_class_has_its_bytes_and_no_others() {
        let class = Class::alphanumeric_and(b"_");
        assert!(class.has_all(b"") && class.has_all(b"aZ_09"));
        assert!(!class.has_all(b"a-") && !class.has_all(b"\xe4"));
        assert!(Class::of(b"ab").has_all(b"ba") && !Class::of(b"ab").has_all(b"abc"));
    }

    proptest! {
        #[test]
        fn the_same_is_equal(a in "[ab]{0,20}", b in "[ab]{0,20}", at in any::<prop::sample::Index>()) {
            prop_assert_eq!(same(a.as_bytes(), b.as_bytes()), a == b);
            prop_assert!(same(a.as_bytes(), a.clone().as_bytes()));
            let mut other = a.clone().into_bytes();
            if let Some(byte) = (!a.is_empty()).then(|| &mut other[at.index(a.len())]) {
                *byte += 1;
                prop_assert!(!same(a.as_bytes(), &other));
            }
        }
    }
}
