//! A row of Asterisk's CSV: which column is which, and what stands in them. Pure.
//!
//! **Not here**: where its cells are ([`super::cut`]), what a row means ([`super::meaning`]).

use std::borrow::Cow;

use encoding_rs::Encoding;
use jiff::civil::DateTime;

use super::app::App;
use super::cut::{Cell, cells};
use crate::smdr::misfit::{Field, Misfit};
use crate::smdr::text::Source;
use crate::smdr::usual;

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

/// A column, by its place among the [`NAMES`].
pub type Column = u8;
const ACCOUNT: Column = 0;
const SRC: Column = 1;
const DST: Column = 2;
const CONTEXT: Column = 3;
const CLID: Column = 4;
const CHANNEL: Column = 5;
const DST_CHANNEL: Column = 6;
const APP: Column = 7;
const DATA: Column = 8;
const START: Column = 9;
const ANSWER: Column = 10;
const END: Column = 11;
const DURATION: Column = 12;
const BILLED: Column = 13;
const ENDED: Column = 14;
const AMA_FLAGS: Column = 15;
const UNIQUE_ID: Column = 16;
const USER_FIELD: Column = 17;
const PEER_ACCOUNT: Column = 18;
const LINKED_ID: Column = 19;
const SEQUENCE: Column = 20;

/// Columns without which a row says nothing of a call.
pub const NEEDED: [Column; 7] = [SRC, DST, CHANNEL, DST_CHANNEL, START, BILLED, ENDED];

/// `cdr_csv` prints these, and behind them what `cdr.conf` turns on.
const STANDARD: [Column; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// The order of the sample `cdr_custom.conf`; the sequence came later.
const CUSTOM: [Column; 19] = [
    CLID,
    SRC,
    DST,
    CONTEXT,
    CHANNEL,
    DST_CHANNEL,
    APP,
    DATA,
    START,
    ANSWER,
    END,
    DURATION,
    BILLED,
    ENDED,
    AMA_FLAGS,
    ACCOUNT,
    UNIQUE_ID,
    USER_FIELD,
    SEQUENCE,
];

/// The column's name.
pub fn name_of(column: Column) -> &'static str {
    NAMES.get(usize::from(column)).copied().unwrap_or("cell")
}

/// Which column each cell is.
#[derive(Debug, Clone)]
pub enum Layout {
    /// `cdr_csv`, or the sample of `cdr_custom`: seen from where the start stands.
    Known,
    /// As the option `columns` lists them.
    Listed(Vec<Column>),
}

/// Which column each cell is.
pub type Columns<'a> = Cow<'a, [Column]>;

/// The columns of a row with so many cells.
pub fn columns<'a>(layout: &'a Layout, cells: &[Cell<'_>]) -> Columns<'a> {
    const WITH_ID: [Column; 18] = {
        let mut columns = [UNIQUE_ID; 18];
        let mut n = 0;
        while n < STANDARD.len() {
            columns[n] = STANDARD[n];
            n += 1;
        }
        columns[17] = USER_FIELD;
        columns
    };
    if let Layout::Listed(listed) = layout {
        return Cow::Borrowed(listed);
    }
    let is_stamp = |n: usize| cells.get(n).is_some_and(|cell| stamp(cell.bytes).is_some());
    if is_stamp(8) && !(is_stamp(9) && is_stamp(11)) {
        return Cow::Borrowed(&CUSTOM[..cells.len().clamp(18, 19)]);
    }
    let alone = || match cells.get(STANDARD.len()) {
        Some(cell) if is_unique_id(cell.bytes) => UNIQUE_ID,
        _ => USER_FIELD,
    };
    let with = |more: &[Column]| Cow::Owned([&STANDARD, more].concat());
    match cells.len().saturating_sub(STANDARD.len()) {
        0 => Cow::Borrowed(&STANDARD),
        1 if alone() == UNIQUE_ID => Cow::Borrowed(&WITH_ID[..17]),
        1 => with(&[USER_FIELD]),
        2 => Cow::Borrowed(&WITH_ID),
        3 => with(&[PEER_ACCOUNT, LINKED_ID, SEQUENCE]),
        4 => with(&[alone(), PEER_ACCOUNT, LINKED_ID, SEQUENCE]),
        _ => with(&[UNIQUE_ID, USER_FIELD, PEER_ACCOUNT, LINKED_ID, SEQUENCE]),
    }
}

/// `1536293101.12461`, perhaps behind the system's name.
pub fn is_unique_id(bytes: &[u8]) -> bool {
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

/// A row's values; blank ones are empty. Its texts are UTF-8.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// The line; empty once the row outlives it.
    pub line: &'a [u8],
    /// Its first line's number.
    pub number: u64,
    /// It was joined with a row that continues it.
    pub is_joined: bool,
    /// `accountcode`.
    pub account: &'a [u8],
    /// `src`.
    pub src: &'a [u8],
    /// `dst`.
    pub dst: &'a [u8],
    /// `clid`.
    pub clid: &'a [u8],
    /// `channel`.
    pub channel: &'a [u8],
    /// `dstchannel`.
    pub dst_channel: &'a [u8],
    /// `lastapp`.
    pub app: App,
    /// `lastdata`.
    pub data: &'a [u8],
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
    pub id: &'a [u8],
    /// The row joined into this one was answered before it rang here: by a menu or a queue.
    pub machine_first: bool,
}

/// Texts of a row.
pub const TEXTS: usize = 8;

/// A row with texts that need not be the line's.
pub struct Read<'a> {
    texts: [Cow<'a, str>; TEXTS],
    rest: Row<'a>,
}

impl Read<'_> {
    /// The row.
    pub fn row(&self) -> Row<'_> {
        self.rest.with_texts(self.texts.each_ref().map(|text| text.as_bytes()))
    }
}

impl<'a> Row<'a> {
    /// All of them.
    pub const fn texts(&self) -> [&'a [u8]; TEXTS] {
        [
            self.account,
            self.src,
            self.dst,
            self.clid,
            self.channel,
            self.dst_channel,
            self.data,
            self.id,
        ]
    }

    /// The same without its line and its texts.
    pub const fn without_texts(&self) -> Row<'static> {
        Row {
            line: b"",
            number: self.number,
            is_joined: self.is_joined,
            account: b"",
            src: b"",
            dst: b"",
            clid: b"",
            channel: b"",
            dst_channel: b"",
            app: self.app,
            data: b"",
            start: self.start,
            answer: self.answer,
            end: self.end,
            duration: self.duration,
            billed: self.billed,
            ended: self.ended,
            id: b"",
            machine_first: self.machine_first,
        }
    }

    /// The same with other texts.
    pub const fn with_texts<'t>(&self, texts: [&'t [u8]; TEXTS]) -> Row<'t>
    where
        'a: 't,
    {
        let [account, src, dst, clid, channel, dst_channel, data, id] = texts;
        Row {
            account,
            src,
            dst,
            clid,
            channel,
            dst_channel,
            data,
            id,
            ..*self
        }
    }
}

/// Reads a row with care.
///
/// # Errors
/// The first cell that does not fit.
pub fn row<'a>(
    line: &'a [u8],
    number: u64,
    layout: &Layout,
    encoding: &'static Encoding,
) -> Result<Read<'a>, Misfit<'a>> {
    let cut = cells(line)?;
    let columns = columns(layout, &cut);
    let reading = Reading {
        line,
        source: Source::of(line),
        cells: &cut,
        places: places(&columns),
        columns,
    };
    reading.check_count()?;
    let text = |column| reading.text(column, encoding);
    reading.read(AMA_FLAGS, "a word", |b| {
        b.first().is_some_and(u8::is_ascii_alphanumeric).then_some(())
    })?;
    reading.read(CHANNEL, "a technology, `/` and a name", |b| {
        b.contains(&b'/').then_some(())
    })?;
    let rest = Row {
        line,
        number,
        is_joined: false,
        account: b"",
        src: b"",
        dst: b"",
        clid: b"",
        channel: b"",
        dst_channel: b"",
        app: App::of(text(APP).as_bytes()),
        data: b"",
        start: reading.must(START, "YYYY-MM-DD HH:MM:SS", stamp)?,
        answer: reading
            .read(ANSWER, "YYYY-MM-DD HH:MM:SS, or nothing", blank_or(stamp))?
            .flatten(),
        end: reading
            .read(END, "YYYY-MM-DD HH:MM:SS, or nothing", blank_or(stamp))?
            .flatten(),
        duration: reading.read(DURATION, "seconds", seconds)?,
        billed: reading.must(BILLED, "seconds", seconds)?,
        ended: reading.must(ENDED, "ANSWERED, NO ANSWER, BUSY, FAILED and the like", ended)?,
        id: b"",
        machine_first: false,
    };
    let linked = text(LINKED_ID);
    let texts = [
        text(ACCOUNT),
        text(SRC),
        text(DST),
        text(CLID),
        text(CHANNEL),
        text(DST_CHANNEL),
        text(DATA),
        if linked.is_empty() { text(UNIQUE_ID) } else { linked },
    ];
    Ok(Read { texts, rest })
}

/// Where each column stands; beyond all cells if it does not.
fn places(columns: &[Column]) -> [u8; NAMES.len()] {
    let mut places = [u8::MAX; NAMES.len()];
    for (place, column) in (0_u8..).zip(columns) {
        // The first of two counts.
        if let Some(slot @ &mut u8::MAX) = places.get_mut(usize::from(*column)) {
            *slot = place;
        }
    }
    places
}

struct Reading<'a, 'l, 'c> {
    line: &'a [u8],
    source: Source<'a>,
    cells: &'c [Cell<'a>],
    columns: Columns<'l>,
    places: [u8; NAMES.len()],
}

impl<'a> Reading<'a, '_, '_> {
    fn check_count(&self) -> Result<(), Misfit<'a>> {
        let (found, wanted) = (self.cells.len(), self.columns.len());
        let field = |number, name, expected| Field { number, name, expected };
        if let Some(column) = self.columns.get(found) {
            return Err(Misfit::missing(field(found + 1, name_of(*column), "another cell"), 0));
        }
        match self.cells.get(wanted) {
            None => Ok(()),
            Some(cell) => {
                let about = field(wanted + 1, "end of line", "no more cells");
                Err(Misfit::new(about, cell.bytes, self.line.len() - cell.at))
            }
        }
    }

    fn cell(&self, column: Column) -> Option<(usize, Cell<'a>)> {
        let at = usize::from(*self.places.get(usize::from(column))?);
        Some((at, *self.cells.get(at)?))
    }

    /// What `value` makes of a column; none where the layout lacks it.
    fn read<T>(
        &self,
        column: Column,
        expected: &'static str,
        value: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, Misfit<'a>> {
        let Some((at, cell)) = self.cell(column) else {
            return Ok(None);
        };
        let about = Field {
            number: at + 1,
            name: name_of(column),
            expected,
        };
        match value(cell.bytes) {
            Some(value) => Ok(Some(value)),
            None => Err(Misfit::new(about, cell.bytes, self.line.len() - cell.at)),
        }
    }

    fn must<T>(
        &self,
        column: Column,
        expected: &'static str,
        value: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, Misfit<'a>> {
        let lacks = Field {
            number: self.columns.len(),
            name: name_of(column),
            expected,
        };
        self.read(column, expected, value)?.ok_or(Misfit::missing(lacks, 0))
    }

    fn text(&self, column: Column, encoding: &'static Encoding) -> Cow<'a, str> {
        let Some((_, cell)) = self.cell(column) else {
            return Cow::Borrowed("");
        };
        let ends = |b: Option<&u8>| b.is_none_or(|b| b.is_ascii_graphic());
        let text = self.source.borrowed(cell.bytes, encoding);
        let plain = !cell.doubled || column == CLID && is_name_quoted(cell.bytes);
        if ends(cell.bytes.first()) && ends(cell.bytes.last()) && plain {
            return text;
        }
        Cow::Owned(text.replace("\"\"", "\"").trim().to_owned())
    }
}

/// `""Name"" <number>`: who reads it drops all quotes around the name, doubled or not.
pub fn is_name_quoted(clid: &[u8]) -> bool {
    let Some(name) = clid.strip_prefix(b"\"\"") else {
        return false;
    };
    let end = name.iter().position(|b| *b == b'"').unwrap_or(name.len());
    let behind = name.get(end..).and_then(|rest| rest.strip_prefix(b"\"\" <"));
    behind.is_some_and(|number| !number.contains(&b'"'))
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
    if !fraction.is_empty() && !fraction.strip_prefix(b".").is_some_and(usual::is_digits) {
        return None;
    }
    usual::stamp(whole, b'-')
}

/// Whole seconds, a fraction behind them cut; no call lasts for years.
pub fn seconds(bytes: &[u8]) -> Option<i64> {
    let mut parts = bytes.splitn(2, |b| *b == b'.');
    let digits = |b: &&[u8]| (1..=8).contains(&b.len()) && b.iter().all(u8::is_ascii_digit);
    let whole = parts.next().filter(digits)?;
    match parts.next() {
        Some(fraction) if !digits(&fraction) => None,
        _ => usual::number(whole),
    }
}

pub fn ended(bytes: &[u8]) -> Option<Ended> {
    Some(match bytes {
        b"ANSWERED" => Ended::Answered,
        b"NO ANSWER" | b"NOANSWER" | b"CANCEL" => Ended::NoAnswer,
        b"BUSY" => Ended::Busy,
        b"FAILED" | b"CONGESTION" => Ended::Failed,
        b"UNKNOWN" => Ended::Unknown,
        _ => return None,
    })
}
