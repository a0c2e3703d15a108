//! What stands in a field of a Panasonic line.

use jiff::civil::Time;
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n};
use nom::character::complete::{char, one_of};
use nom::combinator::{eof, map, map_opt, opt, peek, recognize, value, verify};
use nom::error::Error;
use nom::sequence::{preceded, terminated};

use super::line::Span;
use crate::smdr::misfit::{Inner, trim};
use crate::smdr::usual;

/// One to five digits, blanks around them aside: an extension, a trunk.
#[inline]
pub fn usual_digits(cell: &[u8]) -> Option<&[u8]> {
    let cell = usual::trimmed(cell);
    (cell.len() <= 5 && usual::is_digits(cell)).then_some(cell)
}

/// From so many digits to so many.
pub fn figure<'a>(least: usize, most: usize) -> impl nom::Parser<&'a [u8], Output = i64, Error = Error<&'a [u8]>> {
    map(take_while_m_n(least, most, |b: u8| b.is_ascii_digit()), |d: &[u8]| {
        d.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0'))
    })
}

/// Two digits up to `most`.
pub fn two<'a>(most: i64) -> impl nom::Parser<&'a [u8], Output = i64, Error = Error<&'a [u8]>> {
    verify(figure(2, 2), move |n| *n <= most)
}

pub fn usual_day(i: &[u8]) -> Option<[i64; 3]> {
    let [a1, a2, b'/', b1, b2, b'/', c1, c2] = i else {
        return None;
    };
    let two = |high: &u8, low: &u8| usual::two(*high, *low).map(i64::from);
    Some([two(a1, a2)?, two(b1, b2)?, two(c1, c2)?])
}

pub fn day(i: &[u8]) -> Inner<'_, [i64; 3]> {
    match usual_day(i) {
        Some(day) => Ok((&[], day)),
        None => any_day(i),
    }
}

pub fn any_day(i: &[u8]) -> Inner<'_, [i64; 3]> {
    let parts = (
        alt((two(99), padded(), figure(1, 1))),
        preceded(char('/'), alt((two(99), padded()))),
        preceded(char('/'), two(99)),
    );
    map(parts, |(a, b, c)| [a, b, c]).parse(i)
}

/// A blank and a digit.
pub fn padded<'a>() -> impl nom::Parser<&'a [u8], Output = i64, Error = Error<&'a [u8]>> {
    preceded(char(' '), figure(1, 1))
}

/// Without seconds.
#[inline]
pub fn usual_clock(i: &[u8]) -> Option<(Time, bool, bool)> {
    let (hour, rest) = match i {
        [a, b':', rest @ ..] => (usual::two(b'0', *a)?, rest),
        [a, b, b':', rest @ ..] => (usual::two(*a, *b)?, rest),
        _ => return None,
    };
    let (m1, m2, half) = match rest {
        [a, b] => (a, b, None),
        [a, b, b'A', b'M'] => (a, b, Some(0)),
        [a, b, b'P', b'M'] => (a, b, Some(12)),
        _ => return None,
    };
    let hour = match half {
        None => hour,
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
    };
    let time = Time::new(hour, usual::two(*m1, *m2)?, 0, 0).ok()?;
    Some((time, false, half.is_some()))
}

/// The time, whether it has seconds, and whether AM or PM.
pub fn clock(i: &[u8]) -> Inner<'_, (Time, bool, bool)> {
    match usual_clock(i) {
        Some(clock) => Ok((&[], clock)),
        None => any_clock(i),
    }
}

pub fn any_clock(i: &[u8]) -> Inner<'_, (Time, bool, bool)> {
    let half = alt((value(0, tag("AM")), value(12, tag("PM"))));
    let parts = (
        figure(1, 2),
        preceded(char(':'), two(59)),
        opt(preceded(char(':'), two(59))),
        opt(half),
    );
    map_opt(parts, |(h, m, s, half)| {
        let hour = match half {
            None => h,
            Some(_) if !(1..=12).contains(&h) => return None,
            Some(half) => h % 12 + half,
        };
        let small = |n: i64| i8::try_from(n).ok();
        let time = Time::new(small(hour)?, small(m)?, small(s.unwrap_or(0))?, 0).ok()?;
        Some((time, s.is_some(), half.is_some()))
    })
    .parse(i)
}

pub fn digits(i: &[u8]) -> Inner<'_, &[u8]> {
    take_while_m_n(1, 6, |b: u8| b.is_ascii_digit()).parse(i)
}

/// `1200`, `D012`, `T001`, `*123`, `C-03`, `103B`.
pub fn extension(i: &[u8]) -> Inner<'_, &[u8]> {
    let mark = alt((tag("C-"), tag("*"), recognize(one_of("DT"))));
    let number = take_while_m_n(1, 5, |b: u8| b.is_ascii_digit());
    recognize((opt(mark), number, opt(char('B')))).parse(i)
}

pub fn blank_or<'a>(
    inner: impl nom::Parser<&'a [u8], Output = &'a [u8], Error = Error<&'a [u8]>>,
) -> impl nom::Parser<&'a [u8], Output = &'a [u8], Error = Error<&'a [u8]>> {
    alt((recognize(peek(eof)), inner))
}

/// Dots stand for digits that were not keyed.
pub fn account(i: &[u8]) -> Inner<'_, &[u8]> {
    let dots = || take_while(|b| b == b'.');
    preceded(dots(), terminated(take_while(|b: u8| b.is_ascii_digit()), dots())).parse(i)
}

/// `M'SS`, `HH:MM'SS`, `HH:MM'SS"`, with `*` for unknown digits, or blank: the span, whether `"` stands behind it, and
/// whether it has hours.
#[inline]
pub fn span(cell: &[u8]) -> Option<(Span, bool, bool)> {
    if cell.is_empty() {
        return Some((Span::Blank, false, false));
    }
    usual_span(cell).or_else(|| odd_span(trim(cell)))
}

#[cold]
pub fn odd_span(cell: &[u8]) -> Option<(Span, bool, bool)> {
    match cell {
        [] => Some((Span::Blank, false, false)),
        _ if !may_be_span(cell) => None,
        _ => any_span(cell),
    }
}

#[inline]
pub fn usual_span(cell: &[u8]) -> Option<(Span, bool, bool)> {
    match cell {
        [h1, h2, b':', m1, m2, b'\'', s1, s2] => {
            let seconds = usual::span(&[*h1, *h2, b':', *m1, *m2, b':', *s1, *s2])?;
            Some((Span::Seconds(seconds), false, true))
        }
        [h1, h2, b':', m1, m2, b'\'', s1, s2, b'"'] => {
            let seconds = usual::span(&[*h1, *h2, b':', *m1, *m2, b':', *s1, *s2])?;
            Some((Span::Seconds(seconds), true, true))
        }
        [m, b'\'', s1, s2] => {
            let seconds = usual::span(&[b'0', b'0', b':', b'0', *m, b':', *s1, *s2])?;
            Some((Span::Seconds(seconds), false, false))
        }
        _ => None,
    }
}

pub fn any_span(cell: &[u8]) -> Option<(Span, bool, bool)> {
    let (text, quoted) = match cell.strip_suffix(b"\"") {
        Some(text) => (text, true),
        None => (cell, false),
    };
    let hidden = text.contains(&b'*') && text.iter().all(|b| matches!(b, b'*' | b':' | b'\''));
    if hidden {
        return Some((Span::Hidden, quoted, text.contains(&b':')));
    }
    let long = map(
        terminated(
            (two(99), preceded(char(':'), two(59)), preceded(char('\''), two(59))),
            eof,
        ),
        |(h, m, s)| (h * 3600 + m * 60 + s, true),
    );
    let short = map(
        terminated((figure(1, 1), preceded(char('\''), two(59))), eof),
        |(m, s)| (m * 60 + s, false),
    );
    let parsed: Inner<'_, (i64, bool)> = alt((long, short)).parse(text);
    parsed
        .ok()
        .map(|(_, (seconds, long))| (Span::Seconds(seconds), quoted, long))
}

/// Has what each span has.
pub fn may_be_span(text: &[u8]) -> bool {
    text.iter().fold(false, |has, b| has | (*b == b'\'') | (*b == b'*'))
}

pub fn is_talk(word: &[u8]) -> bool {
    span(word).is_some_and(|(span, _, long)| span != Span::Blank && long)
}

pub fn is_ring(word: &[u8]) -> bool {
    span(word).is_some_and(|(span, quoted, long)| span != Span::Blank && !long && !quoted)
}

/// `TR`, `D0`: a capital and one more; account codes are digits.
pub fn is_code(word: &[u8]) -> bool {
    matches!(word, [a, b] if a.is_ascii_uppercase() && (b.is_ascii_uppercase() || b.is_ascii_digit()))
}

/// The codes that the guides list; `IN` of `LOG IN` is none.
pub fn is_known_code(word: &[u8]) -> bool {
    matches!(word, b"RC" | b"AN" | b"NA" | b"TR" | b"FW" | b"RM" | b"D0" | b"CL")
}

/// `00560.00EUR`, `0.25`; some sites have the currency first, `EU00560.00`.
pub fn is_cost(word: &[u8]) -> bool {
    let first = word.iter().position(u8::is_ascii_digit).unwrap_or(0);
    if first > 0 {
        return is_currency(&word[..first]) && is_amount(&word[first..]);
    }
    let figures = word
        .iter()
        .take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b','))
        .count();
    let (amount, currency) = word.split_at(figures);
    is_amount(amount) && (currency.is_empty() || is_currency(currency))
}

pub fn is_amount(text: &[u8]) -> bool {
    let figures = text.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','));
    let point = text.iter().position(|b| matches!(b, b'.' | b','));
    figures && point.is_some_and(|at| at > 0 && at + 1 < text.len())
}

pub fn is_currency(word: &[u8]) -> bool {
    word.len() <= 3 && word.iter().all(|b| b.is_ascii_alphabetic() || *b == b'$' || *b > 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smdr::golden;

    #[test]
    fn what_is_read_by_comparison_is_what_the_careful_reader_finds() {
        let (mut spans, mut days, mut clocks) = (0, 0, 0);
        for line in golden::inputs("panasonic-kx")
            .iter()
            .flat_map(|file| golden::lines(file))
        {
            for word in line.split(|b| *b == b' ').filter(|word| !word.is_empty()) {
                for (at, byte) in (0..word.len()).flat_map(|at| b"0369*:'/AP\" x\xff".map(|byte| (at, byte))) {
                    let mut altered = word.to_vec();
                    altered[at] = byte;
                    let altered = trim(&altered);
                    if !altered.is_empty() {
                        assert_eq!(span(altered), any_span(altered), "{}", altered.escape_ascii());
                    }
                    spans += u32::from(usual_span(altered).is_some());
                    if let Some(day) = usual_day(altered) {
                        days += 1;
                        assert_eq!(any_day(altered), Ok((&b""[..], day)), "{}", altered.escape_ascii());
                    }
                    if let Some(clock) = usual_clock(altered) {
                        clocks += 1;
                        assert_eq!(any_clock(altered), Ok((&b""[..], clock)), "{}", altered.escape_ascii());
                    }
                }
            }
        }
        assert!(spans > 500 && days > 500 && clocks > 500, "{spans} {days} {clocks}");
    }
}
