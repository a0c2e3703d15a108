//! The usual spelling of a line, read by hand.
//!
//! A dialect's careful reader says of each line what it holds or where it is wrong. Nearly all lines of a switch are
//! spelt alike, and for those a few comparisons tell the same. What is spelt otherwise is left to the careful reader.
//!
//! **Invariants.** Nothing here judges: what does not fit is `None`, never an error, and what does is what the careful
//! reader would have found (`properties` holds the two against each other).

use jiff::SignedDuration;
use jiff::civil::{DateTime, Time};

/// More cells than any dialect looks at.
const MOST: usize = 32;

/// A line cut at one byte into at most 32 cells and a rest.
pub struct Cells<'a> {
    line: &'a [u8],
    /// Where each cell begins, and the one behind the last would.
    begins: [u16; MOST + 1],
    count: usize,
}

impl<'a> Cells<'a> {
    /// Cuts; `None` of a line longer than any.
    pub fn cut(line: &'a [u8], separator: u8) -> Option<Self> {
        Self::cut_where(line, |block| mask(block, separator))
    }

    /// Cuts at commas outside of quotes, which stay; and how many quotes there are.
    pub fn cut_quoted(line: &'a [u8]) -> Option<(Self, u32)> {
        let (mut quotes, mut open) = (0, 0);
        let cells = Self::cut_where(line, |block| {
            let commas = mask(block, b',');
            let quote = mask(block, b'"');
            if quote == 0 {
                return commas & !open;
            }
            quotes += quote.count_ones();
            let within = parity(quote) ^ open;
            open = 0_u64.wrapping_sub(within >> 63);
            commas & !within
        })?;
        Some((cells, quotes))
    }

    fn cut_where(line: &'a [u8], mut marks: impl FnMut(&[u8; 64]) -> u64) -> Option<Self> {
        let behind = u16::try_from(line.len()).ok()?.checked_add(1)?;
        let mut begins = [behind; MOST + 1];
        begins[0] = 0;
        let mut count = 0;
        let (blocks, tail) = line.as_chunks::<64>();
        let mut last = [0; 64];
        last[..tail.len()].copy_from_slice(tail);
        let mut base = 0_u16;
        for block in blocks.iter().chain([&last]) {
            let mut marks = marks(block);
            while marks != 0 && count < MOST {
                count += 1;
                // In range: there are fewer than u16::MAX bytes.
                begins[count] = base + marks.trailing_zeros() as u16 + 1;
                marks &= marks - 1;
            }
            base = base.saturating_add(64);
        }
        let count = (count + 1).min(MOST);
        Some(Self { line, begins, count })
    }

    /// How many cells, up to 32.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Where a cell ends, in bytes from the line's begin; that of the line for one that is not there.
    #[inline]
    pub fn end(&self, n: usize) -> usize {
        self.begins
            .get(n + 1)
            .map_or(self.line.len(), |next| usize::from(*next) - 1)
    }

    /// A cell as printed; empty if the line ended before it.
    #[inline]
    pub fn raw(&self, n: usize) -> &'a [u8] {
        let from = self.begins.get(n).map_or(usize::MAX, |from| usize::from(*from));
        self.line.get(from..self.end(n)).unwrap_or_default()
    }

    /// A cell without the blanks around it.
    #[inline]
    pub fn get(&self, n: usize) -> &'a [u8] {
        trimmed(self.raw(n))
    }
}

/// Without the blanks around it: most have none.
#[inline]
pub fn trimmed(cell: &[u8]) -> &[u8] {
    match cell {
        [b' ', ..] | [.., b' '] => super::misfit::trim(cell),
        _ => cell,
    }
}

/// Which of 64 bytes are this one: the lowest bit stands for the first.
pub fn mask(block: &[u8; 64], byte: u8) -> u64 {
    let same = block.map(|b| if b == byte { 0xff } else { 0 });
    let (words, _) = same.as_chunks::<8>();
    let mut mask = 0;
    for (n, word) in words.iter().enumerate() {
        // A bit of each byte, added up in the highest: no two are the same.
        let bits = u64::from_le_bytes(*word) & 0x8040_2010_0804_0201;
        mask |= (bits.wrapping_mul(0x0101_0101_0101_0101) >> 56) << (n * 8);
    }
    mask
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

/// Whether there is a control byte of ASCII.
pub fn has_control(line: &[u8]) -> bool {
    // No early end, so that many bytes are looked at at once.
    line.iter().fold(false, |found, b| found | (*b < b' ') | (*b == 0x7f))
}

/// A number of up to nine digits.
pub fn number(cell: &[u8]) -> Option<i64> {
    if cell.is_empty() || cell.len() > 9 {
        return None;
    }
    let mut number = 0;
    for byte in cell {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + i64::from(digit);
    }
    Some(number)
}

/// Two digits.
pub const fn two(high: u8, low: u8) -> Option<i8> {
    let (high, low) = (high.wrapping_sub(b'0'), low.wrapping_sub(b'0'));
    if high <= 9 && low <= 9 {
        Some((high * 10 + low) as i8)
    } else {
        None
    }
}

/// `YYYY/MM/DD HH:MM:SS`, with this stroke between the parts of the day.
pub fn stamp(cell: &[u8], stroke: u8) -> Option<DateTime> {
    let [c, y, a, b, s1, mo1, mo2, s2, d1, d2, b' ', clock @ ..] = cell else {
        return None;
    };
    if *s1 != stroke || *s2 != stroke {
        return None;
    }
    let day = jiff::civil::Date::new(
        i16::from(two(*c, *y)?) * 100 + i16::from(two(*a, *b)?),
        two(*mo1, *mo2)?,
        two(*d1, *d2)?,
    );
    Some(day.ok()?.to_datetime(time(clock)?))
}

/// `HH:MM:SS` of a clock.
pub fn time(cell: &[u8]) -> Option<Time> {
    let [h1, h2, b':', m1, m2, b':', s1, s2] = cell else {
        return None;
    };
    Time::new(two(*h1, *h2)?, two(*m1, *m2)?, two(*s1, *s2)?, 0).ok()
}

/// `HH:MM:SS` of a span, in seconds.
pub fn span(cell: &[u8]) -> Option<i64> {
    let [h1, h2, b':', m1, m2, b':', s1, s2] = cell else {
        return None;
    };
    let (hours, minutes, seconds) = (two(*h1, *h2)?, two(*m1, *m2)?, two(*s1, *s2)?);
    let fits = minutes < 60 && seconds < 60;
    fits.then(|| i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(seconds))
}

/// Digits, at least one.
pub fn is_digits(cell: &[u8]) -> bool {
    !cell.is_empty() && cell.iter().all(u8::is_ascii_digit)
}

/// Visible ASCII and blanks.
pub fn is_printable(cell: &[u8]) -> bool {
    // No early end, so that many bytes are looked at at once.
    cell.iter().fold(true, |is, b| is & (b.wrapping_sub(b' ') < 0x5f))
}

/// So many seconds later, or earlier: by the clock alone where the day stays the same.
pub fn moved(at: DateTime, seconds: i64) -> Option<DateTime> {
    let clock = i64::from(at.hour()) * 3600 + i64::from(at.minute()) * 60 + i64::from(at.second());
    match clock.checked_add(seconds)? {
        0 if seconds == 0 => Some(at),
        moved @ 0..86_400 if at.subsec_nanosecond() == 0 => {
            let moved = moved as i32;
            let (hour, minute, second) = (moved / 3600, moved / 60 % 60, moved % 60);
            Some(at.date().at(hour as i8, minute as i8, second as i8, 0))
        }
        _ => at.checked_add(SignedDuration::from_secs(seconds)).ok(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_beyond_the_last_are_empty() {
        let cells = Cells::cut(b"a, bc ,,d", b',');
        let cells = cells.as_ref();
        let found: Vec<_> = (0..6).filter_map(|n| cells.map(|c| c.get(n))).collect();
        assert_eq!(found, [&b"a"[..], b"bc", b"", b"d", b"", b""]);
        assert_eq!(cells.map(Cells::count), Some(4));
    }

    #[test]
    fn spellings_that_differ_are_left_alone() {
        assert_eq!(
            stamp(b"2026/03/04 09:15:02", b'/'),
            Some(date(2026, 3, 4).at(9, 15, 2, 0))
        );
        for other in [
            "2026-03-04 09:15:02",
            "2026/02/29 09:15:02",
            "2026/03/04 9:15:02",
            "2026/03/04 24:00:00",
            "",
        ] {
            assert_eq!(stamp(other.as_bytes(), b'/'), None, "{other}");
        }
        assert_eq!(span(b"99:59:59"), Some(359_999));
        assert_eq!(
            (span(b"00:60:00"), span(b"0:00:00"), span(b"-1:00:00")),
            (None, None, None)
        );
        assert_eq!(
            (number(b"007"), number(b""), number(b"1 "), number(b"1234567890")),
            (Some(7), None, None, None)
        );
        assert!(is_printable(b" ~") && !is_printable(b"\x7f") && !is_printable(b"\x1f") && !is_printable(b"\x80"));
    }

    proptest! {
        #[test]
        fn cutting_is_splitting(line in proptest::collection::vec(prop_oneof![Just(b','), Just(b'-'), Just(0xac), any::<u8>()], 0..200)) {
            let wanted: Vec<&[u8]> = line.split(|b| *b == b',').collect();
            let cells = Cells::cut(&line, b',');
            let cells = cells.as_ref();
            prop_assert_eq!(cells.map(Cells::count), Some(wanted.len().min(MOST)));
            for (n, wanted) in wanted.into_iter().enumerate().take(MOST) {
                prop_assert_eq!(cells.map(|cells| cells.raw(n)), Some(wanted));
            }
        }

        #[test]
        fn moving_is_adding(clock in 0i64..86_400, seconds in -200_000i64..200_000) {
            let at = date(2026, 2, 28).at(0, 0, 0, 0).saturating_add(SignedDuration::from_secs(clock));
            prop_assert_eq!(moved(at, seconds), at.checked_add(SignedDuration::from_secs(seconds)).ok());
        }
    }
}
