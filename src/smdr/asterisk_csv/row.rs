//! A row of Asterisk's CSV: cells, which column is which, and what stands in them. Pure.
//!
//! **Invariants.** A cell is bare, or in quotes with inner quotes doubled; anything else, also a quote that is still
//! open at the end of the line, does not fit. No control byte is part of a row.
//!
//! **Not here**: what a row means ([`super::meaning`]).

use encoding_rs::Encoding;
use jiff::civil::DateTime;

use crate::call::LineNumbers;
use crate::smdr::misfit::{Field, Misfit};

/// A column of the call detail record, as `cdr.conf` and `cdr_custom.conf` call it.
pub const NAMES: [&str; 22] = [
    "accountcode",
    "src",
    "dst",
    "dcontext",
    "clid",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
    "uniqueid",
    "userfield",
    "peeraccount",
    "linkedid",
    "sequence",
    "-",
];

/// Columns without which a row says nothing of a call.
pub const NEEDED: [&str; 7] = ["src", "dst", "channel", "dstchannel", "start", "billsec", "disposition"];

/// `cdr_csv` prints these, and behind them what `cdr.conf` turns on.
const STANDARD: usize = 16;
/// The order of the sample `cdr_custom.conf`; the sequence came later.
const CUSTOM: [&str; 19] = [
    "clid",
    "src",
    "dst",
    "dcontext",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
    "accountcode",
    "uniqueid",
    "userfield",
    "sequence",
];

/// More cells than any layout has.
const MOST_CELLS: usize = 64;

/// One cell, without its quotes.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// Where it begins, in bytes from the line's begin.
    pub at: usize,
    /// The bytes, quotes inside still doubled.
    pub bytes: &'a [u8],
}

/// Cuts a line into cells.
///
/// # Errors
/// A cell's quotes do not close, or noise stands beside them.
pub fn cells(line: &[u8]) -> Result<Vec<Cell<'_>>, Misfit<'_>> {
    let mut cells = Vec::with_capacity(21);
    let mut begin = 0;
    loop {
        let rest = line.get(begin..).unwrap_or_default();
        let number = cells.len() + 1;
        let about = |expected| Field {
            number,
            name: NAMES.get(number - 1).copied().unwrap_or("cell"),
            expected,
        };
        let quoted = rest.first() == Some(&b'"');
        let length = if quoted { quoted_length(rest) } else { bare_length(rest) };
        let cell = rest.get(..length).unwrap_or_default();
        let bytes = match cell {
            _ if !quoted => cell,
            [b'"', inner @ .., b'"'] => inner,
            _ => return Err(Misfit::new(about("a text with a quote behind it"), cell, 0)),
        };
        if let Some(noise) = bytes.iter().position(u8::is_ascii_control) {
            let noise = begin + usize::from(quoted) + noise;
            return Err(Misfit::new(about("no control bytes"), cell, line.len() - noise));
        }
        cells.push(Cell {
            at: begin + usize::from(quoted),
            bytes,
        });
        begin += length;
        match line.get(begin) {
            None => return Ok(cells),
            Some(b',') if cells.len() < MOST_CELLS => begin += 1,
            Some(_) => {
                let left = line.len() - begin;
                return Err(Misfit::new(about("a comma behind the cell"), &line[begin..], left));
            }
        }
    }
}

/// Bytes of a cell in quotes, up to and with the closing one; up to the line's end if there is none.
fn quoted_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(quote) = memchr::memchr(b'"', rest.get(at..).unwrap_or_default()) {
        at += quote + 1;
        if rest.get(at) != Some(&b'"') {
            return at;
        }
        at += 1;
    }
    // Not closed: give it no closing quote, even if the line ends in a doubled one.
    if rest.last() == Some(&b'"') {
        rest.len() - 1
    } else {
        rest.len()
    }
}

fn bare_length(rest: &[u8]) -> usize {
    memchr::memchr2(b',', b'"', rest).unwrap_or(rest.len())
}

/// Which column each cell is.
#[derive(Debug, Clone)]
pub enum Layout {
    /// `cdr_csv`, or the sample of `cdr_custom`: seen from where the start stands.
    Known,
    /// As the option `columns` lists them.
    Listed(Vec<&'static str>),
}

/// The columns of a row with so many cells.
fn columns(layout: &Layout, cells: &[Cell<'_>]) -> Vec<&'static str> {
    if let Layout::Listed(names) = layout {
        return names.clone();
    }
    let is_stamp = |n: usize| cells.get(n).is_some_and(|cell| stamp(cell.bytes).is_some());
    if is_stamp(8) && !(is_stamp(9) && is_stamp(11)) {
        return CUSTOM[..cells.len().clamp(18, 19)].to_vec();
    }
    let mut names = NAMES[..STANDARD].to_vec();
    let alone = || match cells.get(STANDARD) {
        Some(cell) if is_unique_id(cell.bytes) => "uniqueid",
        _ => "userfield",
    };
    match cells.len().saturating_sub(STANDARD) {
        0 => {}
        1 => names.push(alone()),
        2 => names.extend(["uniqueid", "userfield"]),
        3 => names.extend(["peeraccount", "linkedid", "sequence"]),
        4 => names.extend([alone(), "peeraccount", "linkedid", "sequence"]),
        _ => names.extend(["uniqueid", "userfield", "peeraccount", "linkedid", "sequence"]),
    }
    names
}

/// `1536293101.12461`, perhaps behind the system's name.
fn is_unique_id(bytes: &[u8]) -> bool {
    let mut parts = bytes.rsplitn(2, |b| *b == b'.');
    let (Some(count), Some(seconds)) = (parts.next(), parts.next()) else {
        return false;
    };
    let digits = |d: &[u8]| !d.is_empty() && d.iter().all(u8::is_ascii_digit);
    digits(count)
        && seconds
            .rsplit(|b| *b == b'-')
            .next()
            .is_some_and(|s| s.len() >= 9 && digits(s))
}

/// Whether a line is the title that exports put first.
pub fn is_title(line: &[u8]) -> bool {
    let Ok(cells) = cells(line) else { return false };
    let named = |name: &str| cells.iter().any(|c| c.bytes.eq_ignore_ascii_case(name.as_bytes()));
    named("dstchannel") && named("lastapp") && named("disposition")
}

/// How `disposition` says that the row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The channel was answered, by whatever.
    Answered,
    /// It was not, or the caller hung up first.
    NoAnswer,
    /// Busy.
    Busy,
    /// No way to the target.
    Failed,
    /// Asterisk's own word.
    Unknown,
}

/// A row's values; blank ones are empty.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its lines: two once a row was joined with the one that continues it.
    pub lines: LineNumbers,
    /// `accountcode`.
    pub account: String,
    /// `src`.
    pub src: String,
    /// `dst`.
    pub dst: String,
    /// `clid`.
    pub clid: String,
    /// `channel`.
    pub channel: String,
    /// `dstchannel`.
    pub dst_channel: String,
    /// `lastapp`.
    pub app: String,
    /// `lastdata`.
    pub data: String,
    /// `start`.
    pub start: DateTime,
    /// `answer`.
    pub answer: Option<DateTime>,
    /// `end`.
    pub end: Option<DateTime>,
    /// `duration`, where it is printed.
    pub duration: Option<i64>,
    /// `billsec`.
    pub billed: i64,
    /// `disposition`.
    pub ended: Ended,
    /// `linkedid`, else `uniqueid`.
    pub id: String,
    /// The row joined into this one was answered before it rang here: by a menu or a queue.
    pub machine_first: bool,
}

/// Reads a row.
///
/// # Errors
/// The first cell that does not fit.
pub fn row<'a>(line: &'a [u8], layout: &Layout, encoding: &'static Encoding) -> Result<Row, Misfit<'a>> {
    let cells = cells(line)?;
    let columns = columns(layout, &cells);
    let reading = Reading { line, cells, columns };
    reading.check_count()?;
    let text = |name| reading.text(name, encoding);
    let linked = text("linkedid");
    reading.read("amaflags", "a word", |b| {
        b.first().is_some_and(u8::is_ascii_alphanumeric).then_some(())
    })?;
    Ok(Row {
        lines: LineNumbers::new(),
        account: text("accountcode"),
        src: text("src"),
        dst: text("dst"),
        clid: text("clid"),
        channel: reading
            .read("channel", "a technology, `/` and a name", |b| {
                b.contains(&b'/').then_some(())
            })
            .map(|_| text("channel"))?,
        dst_channel: text("dstchannel"),
        app: text("lastapp"),
        data: text("lastdata"),
        start: reading.must("start", "YYYY-MM-DD HH:MM:SS", stamp)?,
        answer: reading
            .read("answer", "YYYY-MM-DD HH:MM:SS, or nothing", blank_or(stamp))?
            .flatten(),
        end: reading
            .read("end", "YYYY-MM-DD HH:MM:SS, or nothing", blank_or(stamp))?
            .flatten(),
        duration: reading.read("duration", "seconds", seconds)?,
        billed: reading.must("billsec", "seconds", seconds)?,
        ended: reading.must("disposition", "ANSWERED, NO ANSWER, BUSY, FAILED and the like", ended)?,
        id: if linked.is_empty() { text("uniqueid") } else { linked },
        machine_first: false,
    })
}

struct Reading<'a> {
    line: &'a [u8],
    cells: Vec<Cell<'a>>,
    columns: Vec<&'static str>,
}

impl<'a> Reading<'a> {
    fn check_count(&self) -> Result<(), Misfit<'a>> {
        let (found, wanted) = (self.cells.len(), self.columns.len());
        let field = |number, name, expected| Field { number, name, expected };
        if let Some(name) = self.columns.get(found) {
            return Err(Misfit::missing(field(found + 1, name, "another cell"), 0));
        }
        match self.cells.get(wanted) {
            None => Ok(()),
            Some(cell) => {
                let about = field(wanted + 1, "end of line", "no more cells");
                Err(Misfit::new(about, cell.bytes, self.line.len() - cell.at))
            }
        }
    }

    fn cell(&self, name: &str) -> Option<(usize, Cell<'a>)> {
        let at = self.columns.iter().position(|c| *c == name)?;
        Some((at, *self.cells.get(at)?))
    }

    /// What `value` makes of a column; none where the layout lacks it.
    fn read<T>(
        &self,
        name: &'static str,
        expected: &'static str,
        value: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, Misfit<'a>> {
        let Some((at, cell)) = self.cell(name) else {
            return Ok(None);
        };
        let about = Field {
            number: at + 1,
            name,
            expected,
        };
        match value(cell.bytes) {
            Some(value) => Ok(Some(value)),
            None => Err(Misfit::new(about, cell.bytes, self.line.len() - cell.at)),
        }
    }

    fn must<T>(
        &self,
        name: &'static str,
        expected: &'static str,
        value: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, Misfit<'a>> {
        let number = self.columns.len();
        let lacks = Misfit::missing(Field { number, name, expected }, 0);
        self.read(name, expected, value)?.ok_or(lacks)
    }

    fn text(&self, name: &str, encoding: &'static Encoding) -> String {
        let Some((_, cell)) = self.cell(name) else {
            return String::new();
        };
        let (text, _) = encoding.decode_without_bom_handling(cell.bytes);
        text.replace("\"\"", "\"").trim().to_owned()
    }
}

fn blank_or<T>(value: impl Fn(&[u8]) -> Option<T>) -> impl Fn(&[u8]) -> Option<Option<T>> {
    move |bytes| match bytes {
        [] => Some(None),
        _ => value(bytes).map(Some),
    }
}

/// `YYYY-MM-DD HH:MM:SS`, a fraction behind it cut.
pub fn stamp(bytes: &[u8]) -> Option<DateTime> {
    let (whole, fraction) = bytes.split_at_checked(19)?;
    let digits = |b: &[u8]| !b.is_empty() && b.iter().all(u8::is_ascii_digit);
    if !fraction.is_empty() && !fraction.strip_prefix(b".").is_some_and(digits) {
        return None;
    }
    let form = b"0000-00-00 00:00:00";
    let fits = |(b, f): (&u8, &u8)| if *f == b'0' { b.is_ascii_digit() } else { b == f };
    if !whole.iter().zip(form).all(fits) {
        return None;
    }
    let part = |from: usize| i8::try_from(number(whole.get(from..from + 2)?)?).ok();
    let year = i16::try_from(number(whole.get(..4)?)?).ok()?;
    DateTime::new(year, part(5)?, part(8)?, part(11)?, part(14)?, part(17)?, 0).ok()
}

fn number(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whole seconds, a fraction behind them cut; no call lasts for years.
fn seconds(bytes: &[u8]) -> Option<i64> {
    let mut parts = bytes.splitn(2, |b| *b == b'.');
    let digits = |b: &&[u8]| (1..=8).contains(&b.len()) && b.iter().all(u8::is_ascii_digit);
    let whole = parts.next().filter(digits)?;
    match parts.next() {
        Some(fraction) if !digits(&fraction) => None,
        _ => number(whole),
    }
}

fn ended(bytes: &[u8]) -> Option<Ended> {
    Some(match bytes {
        b"ANSWERED" => Ended::Answered,
        b"NO ANSWER" | b"NOANSWER" | b"CANCEL" => Ended::NoAnswer,
        b"BUSY" => Ended::Busy,
        b"FAILED" | b"CONGESTION" => Ended::Failed,
        b"UNKNOWN" => Ended::Unknown,
        _ => return None,
    })
}
