//! What stands in the fields of a line, read with care.
//!
//! **Invariants.** Cells are cut once, quotes respected; a quoted cell's place is that of its content. A line whose
//! chain lacks its end, or the party the call ended with, is cut and no record.
//!
//! **Not here**: what a record means (`leg`).

use jiff::civil::DateTime;
use nom::Parser as _;
use nom::bytes::complete::{tag, take, take_while, take_while1};
use nom::character::complete::{char, digit1, one_of};
use nom::combinator::{all_consuming, map, map_opt, opt, recognize, verify};
use nom::sequence::{pair, preceded, terminated};
use smallvec::SmallVec;

use super::chain::{Chain, chain};
use super::layout::{
    BILL_CODE, CALLID, CHAIN, DIAL_NO, DURATION, FIELDS, FINAL_DN, FINAL_NUMBER, FINAL_TYPE, FROM_DISPNAME, FROM_DN,
    FROM_NO, FROM_TYPE, HISTORYID, Layout, Order, REASON_CHANGED, REASON_TERMINATED, SHORT, TIME_ANSWERED, TIME_END,
    TIME_START, TO_DN, TO_NO, TO_TYPE,
};
use super::party::Kind;
use crate::smdr::figures::{self, digits};
use crate::smdr::misfit::{self, Field, Inner, Misfit, trim};
use crate::smdr::usual;

/// The line's fields, as printed, prefixes and all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Printed<'a> {
    /// All bytes of the line are visible ASCII or blanks.
    pub plain: bool,
    /// There may be hosts behind numbers.
    pub has_host: bool,
    pub call_id: &'a [u8],
    pub duration: Option<i64>,
    pub start: DateTime,
    pub answered: Option<DateTime>,
    pub end: Option<DateTime>,
    pub terminated: &'a [u8],
    pub from: &'a [u8],
    pub to: &'a [u8],
    pub from_dn: &'a [u8],
    pub to_dn: &'a [u8],
    pub dialled: &'a [u8],
    pub change: &'a [u8],
    pub last: &'a [u8],
    pub last_dn: &'a [u8],
    pub code: &'a [u8],
    /// Parties after `Chain: `; empty ones stay.
    pub chain: Chain<'a>,
    pub from_type: Kind,
    pub to_type: Kind,
    pub last_type: Kind,
    pub from_name: &'a [u8],
}

impl<'a> Printed<'a> {
    /// The number without the host that may be behind it.
    #[inline]
    pub fn without_host(&self, number: &'a [u8]) -> &'a [u8] {
        if self.has_host {
            number.split(|b| *b == b'@').next().unwrap_or(number)
        } else {
            number
        }
    }
}

/// Reads the line with care, and says what is wrong with it.
///
/// # Errors
/// The field that did not fit.
pub fn printed<'a>(line: &'a [u8], layout: &Layout) -> Result<Printed<'a>, Misfit<'a>> {
    let cells = cells(line)?;
    let seen = layout.chosen.is_none().then(|| {
        let printed = cells.iter().position(|cell| cell.bytes.starts_with(b"Chain: "));
        let bytes = |n: usize| cells.get(n).map(|cell| cell.bytes).unwrap_or_default();
        Layout::of(&Order::seen(cells.len(), printed, bytes))
    });
    let layout = seen.as_ref().unwrap_or(layout);
    let cells = Cells {
        cells,
        length: line.len(),
        layout,
    };
    if layout.field(HISTORYID).is_some() {
        cells.get(HISTORYID, history)?;
    }
    let duration = cells.get(DURATION, filled(duration))?;
    let start = cells.needed(TIME_START, stamp)?;
    let answered = cells.get(TIME_ANSWERED, filled(stamp))?.flatten();
    let end = cells.get(TIME_END, filled(stamp))?.flatten();
    let printed = Printed {
        plain: usual::is_printable(line),
        has_host: line.contains(&b'@'),
        call_id: cells.get(CALLID, call_id)?.unwrap_or_default(),
        duration: duration.flatten(),
        start,
        answered,
        end,
        terminated: cells.get(REASON_TERMINATED, word)?.unwrap_or_default(),
        from: cells.text(FROM_NO)?,
        to: cells.needed(TO_NO, take_while1(|b: u8| (b' '..=b'~').contains(&b)))?,
        from_dn: cells.text(FROM_DN)?,
        to_dn: cells.text(TO_DN)?,
        dialled: cells.text(DIAL_NO)?,
        change: cells.get(REASON_CHANGED, recognize(opt(word)))?.unwrap_or_default(),
        last: cells.text(FINAL_NUMBER)?,
        last_dn: cells.text(FINAL_DN)?,
        code: cells.text(BILL_CODE)?,
        chain: cells.get(CHAIN, chain)?.unwrap_or_default(),
        from_type: cells.type_of(FROM_TYPE)?,
        to_type: cells.type_of(TO_TYPE)?,
        last_type: cells.type_of(FINAL_TYPE)?,
        // With a comma in some name nobody knows where it begins.
        from_name: cells.name(FROM_DISPNAME),
    };
    cells.check_whole(&printed)?;
    Ok(printed)
}

struct Cells<'a, 'l> {
    cells: SmallVec<[Cell<'a>; 28]>,
    length: usize,
    layout: &'l Layout,
}

#[derive(Clone, Copy)]
struct Cell<'a> {
    begin: usize,
    bytes: &'a [u8],
}

impl<'a> Cells<'a, '_> {
    /// What `inner` makes of the cell; `None` where the line's layout lacks the field.
    fn get<T>(
        &self,
        place: usize,
        inner: impl nom::Parser<&'a [u8], Output = T, Error = nom::error::Error<&'a [u8]>>,
    ) -> Result<Option<T>, Misfit<'a>> {
        let Some(field) = self.layout.field(place) else {
            return Ok(None);
        };
        match self.cells.get(field.number - 1) {
            Some(cell) => misfit::fit(field, cell.bytes, self.length - cell.begin, inner).map(Some),
            None if self.layout.chosen.is_none() && field.number > SHORT && self.cells.len() == SHORT => Ok(None),
            None => Err(Misfit::missing(
                Field {
                    number: self.cells.len() + 1,
                    ..field
                },
                0,
            )),
        }
    }

    fn needed<T>(
        &self,
        place: usize,
        inner: impl nom::Parser<&'a [u8], Output = T, Error = nom::error::Error<&'a [u8]>>,
    ) -> Result<T, Misfit<'a>> {
        let none = Field {
            number: 1,
            name: "line",
            expected: "a needed field",
        };
        self.get(place, inner)?.ok_or_else(|| Misfit::missing(none, 0))
    }

    fn text(&self, place: usize) -> Result<&'a [u8], Misfit<'a>> {
        let calm = take_while(|b: u8| b >= b' ' && b != 0x7f);
        Ok(self.get(place, calm)?.unwrap_or_default())
    }

    fn type_of(&self, place: usize) -> Result<Kind, Misfit<'a>> {
        let word = self.get(place, recognize(opt(word)))?.unwrap_or_default();
        Ok(Kind::of(word).unwrap_or(Kind::Blank))
    }

    fn name(&self, place: usize) -> &'a [u8] {
        let whole = self.layout.chosen.unwrap_or(FIELDS.len());
        match self.layout.field(place) {
            Some(field) if self.cells.len() == whole => self
                .cells
                .get(field.number - 1)
                .map(|cell| trim(cell.bytes))
                .unwrap_or_default(),
            _ => b"",
        }
    }

    /// A line that was cut has too few fields, or a chain that does not come to the final party.
    fn check_whole(&self, printed: &Printed<'a>) -> Result<(), Misfit<'a>> {
        if !self.layout.fits(self.cells.len()) {
            let field = Field {
                number: self.cells.len() + 1,
                name: "line",
                expected: "20 fields, 27, or those of the option `fields`",
            };
            return Err(Misfit::missing(field, 0));
        }
        let Some(field) = self.layout.field(CHAIN) else {
            return Ok(());
        };
        let Some(cell) = self.cells.get(field.number - 1) else {
            return Ok(());
        };
        // Only a call that nobody and nothing took has no chain.
        let none = cell.bytes.is_empty() && printed.answered.is_none();
        if none || printed.chain.is_whole(printed.last) {
            return Ok(());
        }
        let behind = self.length - cell.begin - cell.bytes.len();
        Err(Misfit::new(field, cell.bytes, behind))
    }
}

/// Cuts the line at commas; a cell may be quoted, and then hold commas and doubled quotes.
fn cells(line: &[u8]) -> Result<SmallVec<[Cell<'_>; 28]>, Misfit<'_>> {
    let mut cells = SmallVec::new();
    let mut begin = 0;
    loop {
        let left = line.get(begin..).unwrap_or_default();
        let (cell, next) = if let Some(inner) = left.strip_prefix(b"\"") {
            let Some(length) = quoted(inner) else {
                let field = Field {
                    number: cells.len() + 1,
                    name: "quoted",
                    expected: "a closing quote before the next comma",
                };
                return Err(Misfit::new(field, left, left.len()));
            };
            let bytes = inner.get(..length).unwrap_or_default();
            (
                Cell {
                    begin: begin + 1,
                    bytes,
                },
                begin + length + 2,
            )
        } else {
            let length = memchr::memchr(b',', left).unwrap_or(left.len());
            let bytes = left.get(..length).unwrap_or_default();
            (Cell { begin, bytes }, begin + length)
        };
        cells.push(cell);
        if next >= line.len() {
            return Ok(cells);
        }
        begin = next + 1;
    }
}

/// Length of what is quoted, if the quote ends the cell.
fn quoted(inner: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let end = from + memchr::memchr(b'"', inner.get(from..)?)?;
        match inner.get(end + 1) {
            None | Some(b',') => return Some(end),
            Some(b'"') => from = end + 2,
            Some(_) => return None,
        }
    }
}

/// A connection may begin with NULs, a file with a byte order mark.
pub fn without_leading_filler(line: &[u8]) -> &[u8] {
    let line = &line[line.iter().take_while(|b| **b == 0).count()..];
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
}

// ---- what stands in a field

/// Whether the whole cell is such a thing.
pub fn is<'a, T>(parser: impl Fn(&'a [u8]) -> Inner<'a, T>, cell: &'a [u8]) -> bool {
    all_consuming(parser).parse(cell).is_ok()
}

pub fn history(i: &[u8]) -> Inner<'_, &[u8]> {
    preceded(tag("Call "), digit1).parse(i)
}

pub fn call_id(i: &[u8]) -> Inner<'_, &[u8]> {
    take_while1(|b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')).parse(i)
}

pub fn word(i: &[u8]) -> Inner<'_, &[u8]> {
    let letters = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    recognize(pair(
        verify(take(1_usize), |b: &[u8]| b.iter().all(u8::is_ascii_alphabetic)),
        take_while(letters),
    ))
    .parse(i)
}

/// Hours without limit: a call may last for days.
pub fn duration(i: &[u8]) -> Inner<'_, i64> {
    match usual::span(i) {
        Some(seconds) => Ok((&[], seconds)),
        None => terminated(figures::duration, opt(pair(char('.'), digit1))).parse(i),
    }
}

/// Strokes or hyphens; fractions of a second are cut.
pub fn stamp(i: &[u8]) -> Inner<'_, DateTime> {
    match usual::stamp(i, b'/') {
        Some(at) => Ok((&[], at)),
        None => any_stamp(i),
    }
}

fn any_stamp(i: &[u8]) -> Inner<'_, DateTime> {
    let stroke = || one_of("/-");
    let date = (
        digits(4, 9999),
        preceded(stroke(), digits(2, 12)),
        preceded(stroke(), digits(2, 31)),
    );
    let time = (
        digits(2, 23),
        preceded(char(':'), digits(2, 59)),
        preceded(char(':'), digits(2, 59)),
    );
    let fraction = opt(pair(char('.'), digit1));
    map_opt((date, char(' '), time, fraction), |((y, mo, d), _, (h, mi, s), _)| {
        let small = |n: i64| i8::try_from(n).ok();
        let year = i16::try_from(y).ok()?;
        DateTime::new(year, small(mo)?, small(d)?, small(h)?, small(mi)?, small(s)?, 0).ok()
    })
    .parse(i)
}

/// Nothing, or what `inner` takes: its error is the place that did not fit.
fn filled<'a, T>(
    inner: impl Fn(&'a [u8]) -> Inner<'a, T>,
) -> impl nom::Parser<&'a [u8], Output = Option<T>, Error = nom::error::Error<&'a [u8]>> {
    move |i: &'a [u8]| {
        if i.is_empty() {
            Ok((i, None))
        } else {
            map(&inner, Some).parse(i)
        }
    }
}
