//! The fields of a line, in the order the administrator chose.
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

use super::leg::is_type;
use super::usual_line::usual_line;
use crate::smdr::OptionError;
use crate::smdr::figures::{self, digits};
use crate::smdr::misfit::{self, Field, Inner, Misfit, trim};
use crate::smdr::registry::nearest;
use crate::smdr::usual;

/// Fields as 3CX names them, in the usual order, with what they hold.
pub(super) const FIELDS: [(&str, &str); 27] = [
    ("historyid", "`Call ` and a number"),
    ("callid", "a call id"),
    ("duration", "HH:MM:SS or nothing"),
    ("time-start", "YYYY/MM/DD HH:MM:SS"),
    ("time-answered", "YYYY/MM/DD HH:MM:SS or nothing"),
    ("time-end", "YYYY/MM/DD HH:MM:SS or nothing"),
    ("reason-terminated", "a word such as TerminatedBySrc"),
    ("from-no", "a number"),
    ("to-no", "a number"),
    ("from-dn", "a number"),
    ("to-dn", "a number"),
    ("dial-no", "a number"),
    ("reason-changed", "a word such as ReplacedDst, or nothing"),
    ("final-number", "a number or name"),
    ("final-dn", "a number"),
    ("bill-code", "a code"),
    ("bill-rate", "an amount"),
    ("bill-cost", "an amount"),
    ("bill-name", "a name"),
    ("chain", "`Chain: ` and parties to the last, each with `;`"),
    ("from-type", "a word such as External"),
    ("to-type", "a word such as Internal"),
    ("final-type", "a word such as Internal"),
    ("from-dispname", "a name"),
    ("to-dispname", "a name"),
    ("final-dispname", "a name"),
    ("missed-queue-calls", "numbers"),
];
// Their places in it.
pub(super) const HISTORYID: usize = 0;
pub(super) const CALLID: usize = 1;
pub(super) const DURATION: usize = 2;
pub(super) const TIME_START: usize = 3;
pub(super) const TIME_ANSWERED: usize = 4;
pub(super) const TIME_END: usize = 5;
pub(super) const REASON_TERMINATED: usize = 6;
pub(super) const FROM_NO: usize = 7;
pub(super) const TO_NO: usize = 8;
pub(super) const FROM_DN: usize = 9;
pub(super) const TO_DN: usize = 10;
pub(super) const DIAL_NO: usize = 11;
pub(super) const REASON_CHANGED: usize = 12;
pub(super) const FINAL_NUMBER: usize = 13;
pub(super) const FINAL_DN: usize = 14;
pub(super) const BILL_CODE: usize = 15;
pub(super) const CHAIN: usize = 19;
pub(super) const FROM_TYPE: usize = 20;
pub(super) const TO_TYPE: usize = 21;
pub(super) const FINAL_TYPE: usize = 22;
pub(super) const FROM_DISPNAME: usize = 23;
pub(super) const TO_DISPNAME: usize = 24;

/// The usual order stops here, or goes on to the end.
pub(super) const SHORT: usize = 20;
/// So many fields are about billing.
const BILLING: usize = CHAIN - BILL_CODE;

fn index(name: &str) -> Option<usize> {
    let name = name.trim().to_lowercase().replace('_', "-");
    let name = if name == "final-no" { "final-number" } else { &name };
    FIELDS.iter().position(|(known, _)| *known == name)
}

/// Whether the cell is a field's name.
pub fn is_name(cell: &[u8]) -> bool {
    let plausible = cell.len() < 32 && !cell.iter().any(u8::is_ascii_digit);
    plausible && std::str::from_utf8(cell).is_ok_and(|name| index(name.trim_matches('"')).is_some())
}

/// Where each field stands.
pub struct Layout {
    places: [Option<usize>; FIELDS.len()],
    /// How many fields were chosen; `None`: the usual ones.
    chosen: Option<usize>,
}

impl Layout {
    /// The option `fields`.
    ///
    /// # Errors
    /// An unknown name, or one without which a call can't be told.
    pub fn option(names: Option<Vec<String>>) -> Result<Self, OptionError> {
        let wrong = |reason: String| OptionError::new("fields", reason);
        let Some(names) = names else {
            return Ok(Self::usual());
        };
        let mut places = [None; FIELDS.len()];
        for (place, name) in names.iter().enumerate() {
            let field = index(name).ok_or_else(|| {
                let near = nearest(name, FIELDS.iter().map(|(known, _)| *known));
                let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                wrong(format!("3CX has no field `{name}`{hint}"))
            })?;
            if places[field].replace(place).is_some() {
                return Err(wrong(format!("`{name}` is there twice")));
            }
        }
        for needed in ["time-start", "time-answered", "from-no", "to-no"] {
            if index(needed).is_none_or(|field| places[field].is_none()) {
                return Err(wrong(format!(
                    "`{needed}` is missing; add it in 3CX's CDR settings too"
                )));
            }
        }
        Ok(Self {
            places,
            chosen: Some(names.len()),
        })
    }

    /// The order of a line, where the option does not give it: sites leave the billing out, or have all fields in the order in
    /// which 3CX adds them, with missed calls and names before the types. The chain and the types show it.
    fn seen(cells: &[Cell<'_>]) -> Self {
        let count = cells.len();
        let printed = cells.iter().position(|cell| cell.bytes.starts_with(b"Chain: "));
        // A call that nobody took has no chain: the count and the first type show where it would stand.
        let short = [FIELDS.len() - BILLING - 1, FIELDS.len() - BILLING].contains(&count);
        let first = cells
            .get(FROM_TYPE - BILLING)
            .map(|cell| trim(cell.bytes))
            .unwrap_or_default();
        let chain = match printed {
            Some(place @ (BILL_CODE | CHAIN)) => place,
            None if short && !first.is_empty() && is_type(first) => CHAIN - BILLING,
            _ => CHAIN,
        };
        let behind = cells.get(chain + 1..).unwrap_or_default();
        let are_types = |three: &[Cell<'_>]| three.iter().all(|cell| is_type(trim(cell.bytes)));
        let told = |three: &[Cell<'_>]| are_types(three) && three.iter().any(|cell| !trim(cell.bytes).is_empty());
        // Names before the types, and before these perhaps the calls that were missed.
        let last = behind.len() >= 6 && behind.last_chunk::<3>().is_some_and(|three| told(three));
        let types_last = last && !behind.first_chunk::<3>().is_some_and(|three| told(three));
        let ends = matches!(behind, [] | [Cell { bytes: b"", .. }]);
        let closed = ends && count == SHORT + 1 && printed == Some(CHAIN);
        if chain == CHAIN && !types_last && !closed {
            return Self::usual();
        }
        let mut places: [Option<usize>; FIELDS.len()] =
            std::array::from_fn(|field| (field < BILL_CODE).then_some(field));
        if chain == CHAIN {
            (BILL_CODE..CHAIN).for_each(|field| places[field] = Some(field));
        }
        places[CHAIN] = Some(chain);
        let (types, names) = match behind.len() {
            0 | 1 => (None, None),
            6 | 7 if types_last => (Some(count - 3), Some(count - 6)),
            _ if types_last => (Some(count - 3), None),
            6 | 7 if behind.first_chunk::<3>().is_some_and(|three| are_types(three)) => {
                (Some(chain + 1), Some(chain + 4))
            }
            _ => (Some(chain + 1), None),
        };
        for (first, begin) in [(FROM_TYPE, types), (FROM_DISPNAME, names)] {
            (0..3).for_each(|n| places[first + n] = begin.map(|begin| begin + n));
        }
        Self {
            places,
            chosen: Some(count),
        }
    }

    fn usual() -> Self {
        Self {
            places: std::array::from_fn(Some),
            chosen: None,
        }
    }

    /// The field as it stands in a line; `None` where it was not chosen.
    fn field(&self, place: usize) -> Option<Field> {
        let (name, expected) = *FIELDS.get(place)?;
        let chosen = (*self.places.get(place)?)?;
        Some(Field {
            number: chosen + 1,
            name,
            expected,
        })
    }

    fn fits(&self, count: usize) -> bool {
        match self.chosen {
            // The last separator may close the line; a name may hold commas.
            Some(chosen) => count == chosen || count == chosen + 1,
            None => count == SHORT || count >= FIELDS.len(),
        }
    }
}

/// Parties of a call, in order.
pub type Chain<'a> = SmallVec<[&'a [u8]; 8]>;

/// The line's fields, as printed, prefixes and all.
#[derive(Debug, PartialEq)]
pub struct Printed<'a> {
    /// All bytes of the line are visible ASCII or blanks.
    pub plain: bool,
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
    pub from_type: &'a [u8],
    pub to_type: &'a [u8],
    pub last_type: &'a [u8],
    pub from_name: &'a [u8],
}

/// Reads the line, by comparison if it is spelt as nearly all are.
///
/// # Errors
/// The field that did not fit.
pub fn any<'a>(line: &'a [u8], layout: &Layout) -> Result<Printed<'a>, Misfit<'a>> {
    let usual = layout.chosen.is_none().then(|| usual_line(line)).flatten();
    usual.map_or_else(|| printed(line, layout), Ok)
}

/// Reads the line with care, and says what is wrong with it.
///
/// # Errors
/// The field that did not fit.
pub fn printed<'a>(line: &'a [u8], layout: &Layout) -> Result<Printed<'a>, Misfit<'a>> {
    let cells = cells(line)?;
    let seen = layout.chosen.is_none().then(|| Layout::seen(&cells));
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

    fn type_of(&self, place: usize) -> Result<&'a [u8], Misfit<'a>> {
        Ok(self.get(place, recognize(opt(word)))?.unwrap_or_default())
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
        let reaches = printed.last.is_empty() || printed.chain.contains(&printed.last);
        // Only a call that nobody and nothing took has no chain.
        let none = cell.bytes.is_empty() && printed.answered.is_none();
        if none || (printed.chain.len() >= 2 && reaches) {
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

/// Nothing, or parties each with its separator: the last separator shows that the chain is whole.
pub(super) fn chain(i: &[u8]) -> Inner<'_, Chain<'_>> {
    if i.is_empty() {
        return Ok((i, Chain::new()));
    }
    let calm = take_while(|b: u8| b >= b' ' && b != 0x7f);
    let (rest, text) = preceded(tag("Chain: "), calm).parse(i)?;
    let parties = |separator: u8| {
        let text = text.strip_suffix(&[separator])?;
        Some(text.split(move |b| *b == separator).map(trim).collect())
    };
    match parties(b';').or_else(|| parties(b',')) {
        Some(parties) => Ok((rest, parties)),
        None => Err(nom::Err::Error(nom::error::Error::new(
            rest,
            nom::error::ErrorKind::Char,
        ))),
    }
}
