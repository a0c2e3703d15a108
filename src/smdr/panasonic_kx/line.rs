//! One line of a Panasonic, cut into its fields: by columns where they fit, else by words.

use jiff::civil::{DateTime, Time};

use super::field::{
    account, blank_or, clock, day, digits, extension, is_code, is_known_code, is_talk, span, usual_clock, usual_digits,
};
use super::words::words;
use crate::smdr::columns::{self, Column, Columns};
use crate::smdr::misfit::{Field, Misfit, fit, trim};
use crate::smdr::{marks, usual};

/// A span's cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Nothing is printed.
    Blank,
    /// Seconds.
    Seconds(i64),
    /// `*`: the clock was set several times during the call.
    Hidden,
}

impl Span {
    pub fn seconds(self) -> Option<i64> {
        match self {
            Self::Seconds(seconds) => Some(seconds),
            Self::Blank | Self::Hidden => None,
        }
    }
}

/// Date and time.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// The date's figures, in the order in which they stand.
    pub date: [i64; 3],
    pub clock: Time,
    pub has_seconds: bool,
    /// `*` before the time: a call that was put through.
    pub starred: bool,
    /// Where the time begins.
    pub clock_at: usize,
    /// Behind the date: 8, or 7 where its leading blank was lost.
    pub date_end: usize,
    /// ` 1/ 6/05`: small switches print no leading zeros.
    pub blank_padded: bool,
    twelve_hours: bool,
    padded: bool,
}

impl Head {
    /// Another time in the same form.
    pub fn clock_like(&self, at: DateTime) -> String {
        let seconds = if self.has_seconds { ":%S" } else { "" };
        let form = match (self.twelve_hours, self.padded) {
            (true, true) => format!("%I:%M{seconds}%p"),
            (true, false) => format!("%-I:%M{seconds}%p"),
            (false, true) => format!("%H:%M{seconds}"),
            (false, false) => format!("%-H:%M{seconds}"),
        };
        at.strftime(&form).to_string()
    }
}

/// The line's fields, as printed, without blanks around them.
#[derive(Debug)]
pub struct Fields<'a> {
    pub head: Head,
    pub extension: &'a [u8],
    pub trunk: &'a [u8],
    pub dial: &'a [u8],
    pub ring: Span,
    pub talk: Span,
    /// `"` behind the duration: a small switch.
    pub quoted: bool,
    pub account: &'a [u8],
    pub code: &'a [u8],
}

impl Fields<'_> {
    /// Has what only calls have.
    pub fn is_call(&self) -> bool {
        self.ring != Span::Blank || self.talk != Span::Blank || !self.code.is_empty()
    }

    /// By ring time or code a call from outside.
    pub fn is_answerable(&self) -> bool {
        self.ring != Span::Blank || matches!(self.code, b"RC" | b"AN" | b"NA")
    }

    /// Of a KX-TA or TEA.
    pub fn is_small(&self) -> bool {
        self.quoted || self.head.starred
    }
}

const fn is(number: usize, name: &'static str, expected: &'static str) -> Field {
    Field { number, name, expected }
}

pub const DATE: Field = is(1, "date", "MM/DD/YY, DD/MM/YY or YY/MM/DD");
pub const TIME: Field = is(2, "time", "HH:MM, perhaps with AM or PM");
pub const EXTENSION: Field = is(3, "ext", "an extension, or D, T, * or C- with a number");
pub const TRUNK: Field = is(4, "CO", "a trunk number, or nothing");
pub const DIAL: Field = is(5, "dial number", "a number or name, then a ring time, duration or code");
pub const ACCOUNT: Field = is(8, "acc code", "a code, or nothing");
pub const CODE: Field = is(9, "CD", "a condition code such as TR, or nothing");

/// The misfit of a date that is on no calendar.
pub fn no_such_day(line: &[u8]) -> Misfit<'_> {
    Misfit::new(DATE, line.get(..8).unwrap_or(line), line.len())
}

/// Date and time, and what follows.
pub fn head(line: &[u8]) -> Result<(Head, &[u8]), Misfit<'_>> {
    let day_end = if is_short_date(line) { 7 } else { line.len().min(8) };
    let date = fit(DATE, &line[..day_end], line.len(), day)?;
    let after = &line[day_end..];
    let blanks = after.iter().take_while(|b| **b == b' ').count();
    let starred = after.get(blanks) == Some(&b'*');
    let clock_at = day_end + blanks + usize::from(starred);
    let text = line.get(clock_at..).filter(|text| !text.is_empty());
    let text = text.ok_or(Misfit::missing(TIME, 0))?;
    let end = memchr::memchr(b' ', text).unwrap_or(text.len());
    if blanks == 0 {
        return Err(Misfit::new(TIME, &text[..end], after.len()));
    }
    let (clock, has_seconds, twelve_hours) = fit(TIME, &text[..end], text.len(), clock)?;
    let head = Head {
        date,
        clock,
        has_seconds,
        starred,
        clock_at,
        date_end: day_end,
        blank_padded: line[..day_end].contains(&b' ') || day_end < 8,
        twelve_hours,
        padded: text.get(2) == Some(&b':'),
    };
    Ok((head, &text[end..]))
}

/// The same, spelt as nearly all are.
#[inline]
fn usual_head(line: &[u8]) -> Option<(Head, &[u8])> {
    /// As in `12:34:56PM`.
    const LONGEST: usize = 10;
    let (day, after) = line.split_first_chunk::<8>()?;
    let [a, _, _, b, _, _, c, _] = usual::pairs(day, b"00/00/00")?;
    let (starred, text) = match after {
        [b' ', b'*', text @ ..] => (true, text),
        [b' ', text @ ..] => (false, text),
        _ => return None,
    };
    // `12:34`, `12:34PM`, `1:04PM`: what has a blank within is no clock.
    let ends = |end: usize| (text.get(end) == Some(&b' ')).then_some(end);
    let other = || text.iter().take(LONGEST + 1).position(|b| *b == b' ');
    let end = ends(5).or_else(|| ends(7)).or_else(|| ends(6)).or_else(other);
    let end = end.unwrap_or(text.len());
    let (cell, rest) = text.split_at_checked(end)?;
    let (clock, has_seconds, twelve_hours) = usual_clock(cell)?;
    let head = Head {
        date: [a, b, c].map(i64::from),
        clock,
        has_seconds,
        starred,
        clock_at: line.len() - text.len(),
        date_end: 8,
        blank_padded: false,
        twelve_hours,
        padded: text.get(2) == Some(&b':'),
    };
    Some((head, rest))
}

/// Behind date and time, `MJ ALM` or `MN ALM`: an error of the switch, printed where calls are.
pub fn is_alarm(line: &[u8]) -> bool {
    head(line).is_ok_and(|(_, rest)| matches!(trim(rest), [b'M', b'J' | b'N', b' ', b'A', b'L', b'M', b' ', ..]))
}

/// A date whose leading blank was lost, such as `1/ 6/05`. Two blanks, or one within it, show that no figure was.
fn is_short_date(line: &[u8]) -> bool {
    match line {
        [month, b'/', _, _, b'/', _, _, b' ', rest @ ..] => {
            month.is_ascii_digit() && (line[2] == b' ' || rest.first() == Some(&b' '))
        }
        _ => false,
    }
}

/// All fields.
#[inline]
pub fn fields(line: &[u8]) -> Result<Fields<'_>, Misfit<'_>> {
    let (head, rest) = match usual_head(line) {
        Some(usual) => usual,
        None => head(line)?,
    };
    let marked = Marked::of(line);
    let by_column = LAYOUTS
        .iter()
        .filter(|_| head.date_end == 8)
        .find_map(|layout| layout.spans(&marked, rest).map(|spans| (layout, spans)));
    match by_column {
        Some((layout, spans)) => layout.fields(&marked, head, spans),
        None => words(&marked, rest, head),
    }
}

/// A line whose blanks and span marks are known.
pub struct Marked<'a> {
    pub line: &'a [u8],
    pub columns: Columns<'a>,
    /// `'` and `*`, of which each span has one.
    pub ticks: u128,
}

impl<'a> Marked<'a> {
    #[inline]
    fn of(line: &'a [u8]) -> Self {
        let ticks = |block: &marks::Block| block.are(b'\'') | block.are(b'*');
        Self {
            line,
            columns: Columns::of(line),
            ticks: columns::marked(line, ticks),
        }
    }
}

/// Columns of a pattern.
struct Layout {
    extension: Column,
    trunk: Column,
    dial: Column,
    ring: Column,
    talk: Column,
    account: Column,
    code: Column,
    /// What must be blank between them.
    gaps: u128,
}

/// These columns, as bits.
const fn all(columns: &[usize]) -> u128 {
    let (mut found, mut n) = (0, 0);
    while n < columns.len() {
        found |= 1 << columns[n];
        n += 1;
    }
    found
}

/// Patterns A, B, C. B has no ring time, and its cost ends where the account code begins.
static LAYOUTS: [Layout; 3] = [
    Layout {
        extension: Column::of(17, 22),
        trunk: Column::of(23, 25),
        dial: Column::of(26, 51),
        ring: Column::of(52, 56),
        talk: Column::of(57, 65),
        account: Column::of(66, 76),
        code: Column::of(77, 80),
        gaps: all(&[8, 16, 22, 25, 51, 56, 65, 76]),
    },
    Layout {
        extension: Column::of(17, 22),
        trunk: Column::of(23, 25),
        dial: Column::of(26, 46),
        ring: Column::of(46, 46),
        talk: Column::of(47, 55),
        account: Column::of(66, 76),
        code: Column::of(77, 80),
        gaps: all(&[8, 16, 22, 25, 46, 55, 76]),
    },
    Layout {
        extension: Column::of(17, 22),
        trunk: Column::of(23, 27),
        dial: Column::of(28, 78),
        ring: Column::of(79, 83),
        talk: Column::of(84, 92),
        account: Column::of(105, 115),
        code: Column::of(116, 119),
        gaps: all(&[8, 16, 22, 27, 78, 83, 92, 104, 115]),
    },
];

impl Layout {
    /// Ring time, and talk with whether `"` stands behind it: if gaps are blank, spans are spans, and at least one of
    /// them or the code is there.
    #[inline]
    fn spans(&self, marked: &Marked<'_>, rest: &[u8]) -> Option<(Span, Span, bool)> {
        let Marked { line, columns, ticks } = marked;
        if line.len() - rest.len() > 16 || columns.filled() & self.gaps != 0 {
            return None;
        }
        let cell = |column: &Column| columns.cell(column);
        let (ring, ring_quoted, ring_long) = span(cell(&self.ring))?;
        let (talk, quoted, long) = span(cell(&self.talk))?;
        let code = cell(&self.code);
        let behind = columns.filled() >> self.code.to == 0 && line.get(128..).is_none_or(|rest| trim(rest).is_empty());
        let no_talk_within = || ticks & self.dial.bits == 0 || !cell(&self.dial).split(|b| *b == b' ').any(is_talk);
        let fits = !ring_quoted
            && !ring_long
            && (talk == Span::Blank || long)
            && (code.is_empty() || is_code(code))
            && (ring != Span::Blank || talk != Span::Blank || is_known_code(code))
            && behind
            && no_talk_within();
        fits.then_some((ring, talk, quoted))
    }

    fn fields<'a>(
        &self,
        marked: &Marked<'a>,
        head: Head,
        (ring, talk, quoted): (Span, Span, bool),
    ) -> Result<Fields<'a>, Misfit<'a>> {
        let line = marked.line;
        let cell = |column: &Column| marked.columns.cell(column);
        // What does not fit is told with its blanks.
        let raw = |column: &Column| line.get(column.from..column.to.min(line.len())).unwrap_or_default();
        let left = |column: &Column| line.len().saturating_sub(column.from);
        Ok(Fields {
            head,
            extension: match usual_digits(cell(&self.extension)) {
                Some(digits) => digits,
                None => fit(
                    EXTENSION,
                    raw(&self.extension),
                    left(&self.extension),
                    blank_or(extension),
                )?,
            },
            trunk: match usual_digits(cell(&self.trunk)) {
                Some(digits) => digits,
                None => fit(TRUNK, raw(&self.trunk), left(&self.trunk), blank_or(digits))?,
            },
            dial: cell(&self.dial),
            ring,
            talk,
            quoted,
            account: match cell(&self.account) {
                [] => b"",
                code if usual::is_digits(code) => code,
                _ => fit(ACCOUNT, raw(&self.account), left(&self.account), account)?,
            },
            code: cell(&self.code),
        })
    }
}
