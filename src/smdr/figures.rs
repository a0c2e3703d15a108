//! Figures as several dialects print them. For lines that are spelt as usual see [`super::usual`].

use nom::Parser;
use nom::bytes::complete::take;
use nom::character::complete::{char, digit1};
use nom::combinator::{map, map_opt, verify};
use nom::error::Error;
use nom::sequence::preceded;

use super::misfit::Inner;

/// Digits as far as they go; none, or more than 64 bits hold, do not fit.
pub fn number(i: &[u8]) -> Inner<'_, i64> {
    map_opt(digit1, as_number).parse(i)
}

/// Exactly `count` digits up to `most`.
pub fn digits<'a>(count: usize, most: i64) -> impl Parser<&'a [u8], Output = i64, Error = Error<&'a [u8]>> {
    let all = verify(take(count), |d: &[u8]| d.iter().all(u8::is_ascii_digit));
    verify(map_opt(all, as_number), move |n| *n <= most)
}

/// `H…:MM:SS` in seconds. Hours without limit: a call may last for days.
pub fn duration(i: &[u8]) -> Inner<'_, i64> {
    let hours = verify(number, |h| *h < 1_000_000_000);
    let minutes = preceded(char(':'), digits(2, 59));
    let seconds = preceded(char(':'), digits(2, 59));
    map((hours, minutes, seconds), |(h, m, s)| h * 3600 + m * 60 + s).parse(i)
}

fn as_number(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
