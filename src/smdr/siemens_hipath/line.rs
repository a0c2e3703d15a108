//! The fields of a line, read with care: each is found, or it is said what is wrong with it.
//!
//! **Not here**: where they stand (`layouts`), what they mean (`leg`).

use jiff::civil::{Date, Time};
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n};
use nom::character::complete::{char, digit1};
use nom::combinator::{eof, map, map_opt, value, verify};
use nom::sequence::preceded;

use super::layouts::{Cell, cells};
use crate::smdr::misfit::{Field, Inner, Misfit, fit};
use crate::smdr::stamps::nearest_day;
use crate::smdr::usual;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    pub year: i64,
    pub month: i64,
    pub day: i64,
}

impl Day {
    /// Which day it is, as seen from `reference`.
    pub fn on<'a>(self, line: &'a [u8], reference: Date) -> Result<Date, Misfit<'a>> {
        let there = nearest_day(self.year, self.month, self.day, reference);
        there.ok_or_else(|| Misfit::new(DATE, line.get(..8).unwrap_or(line), line.len()))
    }
}

/// The call type: what happened, and whether the record is the next part of a connection that was put through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub what: u8,
    pub follows: bool,
    /// The caller came through the switch from outside (DISA).
    pub disa: bool,
}

impl Kind {
    #[inline]
    pub fn of(printed: &[u8]) -> Option<Self> {
        let (tens, what) = match printed {
            [tens @ (b'3' | b'5' | b'8'), what] => (*tens, *what),
            [b'*'] => (b'0', b'0'),
            [what] => (b'0', *what),
            _ => return None,
        };
        what.is_ascii_digit().then(|| Self {
            what: what - b'0',
            follows: matches!(tens, b'3' | b'8'),
            disa: matches!(tens, b'5' | b'8'),
        })
    }

    pub fn is_ring(self) -> bool {
        self.what == 0
    }

    pub fn is_incoming(self) -> bool {
        matches!(self.what, 1 | 3 | 5 | 7)
    }

    /// Put through to the outside: the printed extension has left.
    pub fn is_to_outside(self) -> bool {
        self.follows && matches!(self.what, 7 | 8)
    }
}

/// The line's fields, as printed; blank texts are empty.
#[derive(Debug, PartialEq)]
pub struct Fields<'a> {
    pub day: Day,
    pub clock: Time,
    pub trunk: &'a [u8],
    pub extension: &'a [u8],
    pub ring: Option<i64>,
    pub talk: Option<i64>,
    pub number: &'a [u8],
    pub charged: bool,
    pub kind: Kind,
    pub account: &'a [u8],
    pub msn: &'a [u8],
}

impl Fields<'_> {
    /// Without clock and spans: pulses that came when there was no call.
    pub fn is_charges_alone(&self) -> bool {
        let no_clock = self.day.day == 1 && self.day.month == 1 && self.day.year == 0 && self.clock == Time::midnight();
        no_clock && self.charged && self.ring.is_none() && self.talk.is_none()
    }
}

const fn is(number: usize, name: &'static str, expected: &'static str) -> Field {
    Field { number, name, expected }
}

const DATE: Field = is(1, "date", "DD.MM.YY");
const TIME: Field = is(2, "time", "HH:MM:SS");
const TRUNK: Field = is(3, "line", "a number, or nothing");
const EXTENSION: Field = is(4, "extension", "a number, or nothing");
const RING: Field = is(5, "ring time", "MM:SS, or nothing");
const TALK: Field = is(6, "duration", "HH:MM:SS, or nothing");
const NUMBER: Field = is(7, "number", "a number, or nothing");
const CHARGE: Field = is(8, "charge", "an amount, or nothing");
const KIND: Field = is(9, "type", "0 to 9, with 30, 50 or 80 more");
const ACCOUNT: Field = is(10, "account code", "a code, or nothing");
const MSN: Field = is(11, "MSN", "a number, or nothing");

/// The places of the fields that are numbers.
pub const NUMBERS: [usize; 5] = [2, 3, 6, 9, 10];

/// The place of the type: what is behind it may lack.
pub const TYPE: usize = 8;

/// A cell up to the type must be there.
fn must<'a, T>(
    about: Field,
    cell: Cell<'a>,
    inner: impl nom::Parser<&'a [u8], Output = T, Error = nom::error::Error<&'a [u8]>>,
) -> Result<T, Misfit<'a>> {
    let (cell, left) = cell.ok_or(Misfit::missing(about, 0))?;
    fit(about, cell, left, inner)
}

/// A cell behind the type may lack.
fn may<'a>(about: Field, cell: Cell<'a>) -> Result<&'a [u8], Misfit<'a>> {
    cell.map_or(Ok(b""), |(cell, left)| fit(about, cell, left, number))
}

pub fn fields(line: &[u8]) -> Result<Fields<'_>, Misfit<'_>> {
    let [
        date,
        time,
        trunk,
        extension,
        ring,
        talk,
        party,
        charge,
        kind,
        account,
        msn,
    ] = cells(line);
    Ok(Fields {
        day: must(DATE, date, day)?,
        clock: must(TIME, time, clock)?,
        trunk: must(TRUNK, trunk, number)?,
        extension: must(EXTENSION, extension, number)?,
        ring: must(RING, ring, blank_or(minutes_seconds))?,
        talk: must(TALK, talk, blank_or(hours_minutes_seconds))?,
        number: must(NUMBER, party, number)?,
        charged: must(CHARGE, charge, amount)?,
        kind: must(KIND, kind, self::kind)?,
        account: may(ACCOUNT, account)?,
        msn: may(MSN, msn)?,
    })
}

pub fn stamp(line: &[u8]) -> Result<(Day, Time), Misfit<'_>> {
    let [date, time, ..] = cells(line);
    Ok((must(DATE, date, day)?, must(TIME, time, clock)?))
}

// ---- what stands in a field

/// Two digits up to `most`.
fn two<'a>(most: i64) -> impl nom::Parser<&'a [u8], Output = i64, Error = nom::error::Error<&'a [u8]>> {
    let digits = take_while_m_n(2, 2, |b: u8| b.is_ascii_digit());
    let value = map(digits, |d: &[u8]| d.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0')));
    verify(value, move |n| *n <= most)
}

fn day(i: &[u8]) -> Inner<'_, Day> {
    let parts = (two(31), preceded(char('.'), two(12)), preceded(char('.'), two(99)));
    map(parts, |(day, month, year)| Day { year, month, day }).parse(i)
}

fn clock(i: &[u8]) -> Inner<'_, Time> {
    if let Some(clock) = usual::time(i) {
        return Ok((&[], clock));
    }
    let parts = (two(23), preceded(char(':'), two(59)), preceded(char(':'), two(59)));
    let small = |n: i64| i8::try_from(n).ok();
    map_opt(parts, |(h, m, s)| Time::new(small(h)?, small(m)?, small(s)?, 0).ok()).parse(i)
}

fn minutes_seconds(i: &[u8]) -> Inner<'_, i64> {
    map((two(99), preceded(char(':'), two(59))), |(m, s)| m * 60 + s).parse(i)
}

fn hours_minutes_seconds(i: &[u8]) -> Inner<'_, i64> {
    if let Some(seconds) = usual::span(i) {
        return Ok((&[], seconds));
    }
    let parts = (two(99), preceded(char(':'), two(59)), preceded(char(':'), two(59)));
    map(parts, |(h, m, s)| h * 3600 + m * 60 + s).parse(i)
}

fn blank_or<'a, T: Clone>(
    inner: impl nom::Parser<&'a [u8], Output = T, Error = nom::error::Error<&'a [u8]>>,
) -> impl nom::Parser<&'a [u8], Output = Option<T>, Error = nom::error::Error<&'a [u8]>> {
    alt((value(None, eof), map(inner, Some)))
}

/// Digits and what phones send beside them; `????` hides a caller's last four.
fn number(i: &[u8]) -> Inner<'_, &[u8]> {
    take_while(|b: u8| b.is_ascii_digit() || b"+*#?".contains(&b)).parse(i)
}

/// Pulses, or an amount of money; whether there is one.
fn amount(i: &[u8]) -> Inner<'_, bool> {
    map(
        take_while(|b: u8| b.is_ascii_digit() || b".,".contains(&b)),
        |text: &[u8]| !text.is_empty(),
    )
    .parse(i)
}

/// One digit; 30 more for the next part, 50 more for DISA. `*` is a small switch's call that nobody has answered yet.
fn kind(i: &[u8]) -> Inner<'_, Kind> {
    map_opt(alt((digit1, tag("*"))), Kind::of).parse(i)
}
