//! The usual spelling of a line, read by hand.
//!
//! A dialect's careful reader says of each line what it holds or where it is wrong. Nearly all lines of a switch are
//! spelt alike, and for those a few comparisons tell the same. What is spelt otherwise is left to the careful reader.
//!
//! **Invariants.** Nothing here judges: what does not fit is `None`, never an error, and what does is what the careful
//! reader would have found (`properties` holds the two against each other).

use jiff::SignedDuration;
use jiff::civil::{DateTime, Time};

/// Without the blanks around it: most have none.
#[inline]
pub fn trimmed(cell: &[u8]) -> &[u8] {
    match cell {
        [b' ', ..] | [.., b' '] => super::misfit::trim(cell),
        _ => cell,
    }
}

/// Whether there is a control byte of ASCII.
pub fn has_control(line: &[u8]) -> bool {
    // No early end, so that many bytes are looked at at once.
    line.iter().fold(false, |found, b| found | (*b < b' ') | (*b == 0x7f))
}

/// A number of up to nine digits.
#[inline]
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
#[inline]
pub const fn two(high: u8, low: u8) -> Option<i8> {
    let (high, low) = (high.wrapping_sub(b'0'), low.wrapping_sub(b'0'));
    if high <= 9 && low <= 9 {
        Some((high * 10 + low) as i8)
    } else {
        None
    }
}

/// Eight bytes spelt as `form`, in which `0` stands for any digit: in each place of a pair of digits the pair's number,
/// in that of its first. All at once.
#[inline]
pub fn pairs(bytes: &[u8; 8], form: &[u8; 8]) -> Option<[u8; 8]> {
    let form = u64::from_le_bytes(*form);
    let differs = u64::from_le_bytes(*bytes) ^ form;
    // What added to it gives a high bit: from 10 on for a digit, from 1 on for anything else.
    const ONES: u64 = 0x0101_0101_0101_0101;
    const ZEROS: u64 = ONES * b'0' as u64;
    let is_other = ((((form ^ ZEROS) & (ONES * 0x7f)) + ONES * 0x7f) | (form ^ ZEROS)) & (ONES * 0x80);
    let limit = ONES * 0x76 + (is_other >> 7) * 9;
    if (((differs & (ONES * 0x7f)) + limit) | differs) & (ONES * 0x80) != 0 {
        return None;
    }
    // At most 99 in each byte of digits, so that none runs over into the next.
    Some((differs.wrapping_mul(10).wrapping_add(differs >> 8)).to_le_bytes())
}

/// `YYYY/MM/DD HH:MM:SS`, with this stroke between the parts of the day.
#[inline(always)]
pub fn stamp(cell: &[u8], stroke: u8) -> Option<DateTime> {
    let (day, clock) = cell.split_first_chunk::<8>()?;
    let [century, _, year, _, _, month, ..] = pairs(day, &[b'0', b'0', b'0', b'0', stroke, b'0', b'0', stroke])?;
    let [d1, d2, b' ', clock @ ..] = clock else { return None };
    let day = jiff::civil::Date::new(i16::from(century) * 100 + i16::from(year), month as i8, two(*d1, *d2)?);
    Some(day.ok()?.to_datetime(time(clock)?))
}

/// `HH:MM:SS` of a clock.
#[inline(always)]
pub fn time(cell: &[u8]) -> Option<Time> {
    let [hour, _, _, minute, _, _, second, _] = pairs(cell.try_into().ok()?, b"00:00:00")?;
    Time::new(hour as i8, minute as i8, second as i8, 0).ok()
}

/// `HH:MM:SS` of a span, in seconds.
#[inline(always)]
pub fn span(cell: &[u8]) -> Option<i64> {
    let [hours, _, _, minutes, _, _, seconds, _] = pairs(cell.try_into().ok()?, b"00:00:00")?;
    let fits = minutes < 60 && seconds < 60;
    fits.then(|| i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(seconds))
}

/// Digits, at least one.
#[inline]
pub fn is_digits(cell: &[u8]) -> bool {
    /// Each byte is a digit.
    fn all(bytes: &[u8; 8]) -> bool {
        const ONES: u64 = 0x0101_0101_0101_0101;
        let differs = u64::from_le_bytes(*bytes) ^ (ONES * b'0' as u64);
        (((differs & (ONES * 0x7f)) + ONES * 0x76) | differs) & (ONES * 0x80) == 0
    }
    // Two looks that overlap, as nearly all are short.
    match (cell.first_chunk::<8>(), cell.last_chunk::<8>()) {
        (Some(first), Some(last)) if cell.len() <= 16 => all(first) & all(last),
        (None, _) => match (cell.first_chunk::<4>(), cell.last_chunk::<4>()) {
            (Some([a, b, c, d]), Some([e, f, g, h])) => all(&[*a, *b, *c, *d, *e, *f, *g, *h]),
            _ => match cell {
                // Up to three: the first, the last and the one between, which may be the same.
                [first, .., last] => {
                    let middle = cell.get(cell.len() / 2).unwrap_or(first);
                    first.is_ascii_digit() & middle.is_ascii_digit() & last.is_ascii_digit()
                }
                [one] => one.is_ascii_digit(),
                [] => false,
            },
        },
        _ => cell.iter().all(u8::is_ascii_digit),
    }
}

/// Visible ASCII and blanks.
pub fn is_printable(cell: &[u8]) -> bool {
    // No early end, so that many bytes are looked at at once.
    cell.iter().fold(true, |is, b| is & (b.wrapping_sub(b' ') < 0x5f))
}

/// So many seconds later, or earlier: by the clock alone where the day stays the same.
#[inline]
pub fn moved(at: DateTime, seconds: i64) -> Option<DateTime> {
    let clock = i64::from(at.hour()) * 3600 + i64::from(at.minute()) * 60 + i64::from(at.second());
    match clock.checked_add(seconds)? {
        moved @ 0..86_400 if at.subsec_nanosecond() == 0 => {
            let moved = moved as u32;
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
        fn digits_are_digits(cell in "[0-9]{0,20}[:/0-9a]?[0-9]{0,3}") {
            let cell = cell.as_bytes();
            prop_assert_eq!(is_digits(cell), !cell.is_empty() && cell.iter().all(u8::is_ascii_digit));
        }

        #[test]
        fn pairs_are_two_digits(bytes in any::<[u8; 8]>(), digits in "[0-9]{2}[:x][0-9]{2}:[0-9:]{2}") {
            let of = |bytes: &[u8; 8]| {
                let [h1, h2, b':', m1, m2, b':', s1, s2] = bytes else { return None };
                Some([two(*h1, *h2)?, two(*m1, *m2)?, two(*s1, *s2)?])
            };
            let mut some = [0; 8];
            for (to, from) in some.iter_mut().zip(digits.bytes()) {
                *to = from;
            }
            for bytes in [&bytes, &some] {
                let found = pairs(bytes, b"00:00:00").map(|p| [p[0] as i8, p[3] as i8, p[6] as i8]);
                prop_assert_eq!(found, of(bytes));
            }
        }

        #[test]
        fn moving_is_adding(clock in 0i64..86_400, seconds in -200_000i64..200_000) {
            let at = date(2026, 2, 28).at(0, 0, 0, 0).saturating_add(SignedDuration::from_secs(clock));
            prop_assert_eq!(moved(at, seconds), at.checked_add(SignedDuration::from_secs(seconds)).ok());
        }
    }
}
