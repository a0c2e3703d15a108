//! One line of a Panasonic, cut into its fields: by columns where they fit, else by words.

use jiff::civil::{DateTime, Time};
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n};
use nom::character::complete::{char, one_of};
use nom::combinator::{eof, map, map_opt, opt, peek, recognize, value, verify};
use nom::error::Error;
use nom::sequence::{preceded, terminated};
use smallvec::SmallVec;

use crate::smdr::columns::{self, Column, Columns};
use crate::smdr::misfit::{Field, Inner, Misfit, fit, trim};
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

const DATE: Field = is(1, "date", "MM/DD/YY, DD/MM/YY or YY/MM/DD");
const TIME: Field = is(2, "time", "HH:MM, perhaps with AM or PM");
const EXTENSION: Field = is(3, "ext", "an extension, or D, T, * or C- with a number");
const TRUNK: Field = is(4, "CO", "a trunk number, or nothing");
const DIAL: Field = is(5, "dial number", "a number or name, then a ring time, duration or code");
const ACCOUNT: Field = is(8, "acc code", "a code, or nothing");
const CODE: Field = is(9, "CD", "a condition code such as TR, or nothing");

/// The misfit of a date that is on no calendar.
pub fn no_such_day(line: &[u8]) -> Misfit<'_> {
    Misfit::new(DATE, line.get(..8).unwrap_or(line), line.len())
}

// ---- lines that are no call

/// Which switches print a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Title {
    Large,
    Small,
}

/// A page's title.
pub fn title(line: &[u8]) -> Option<Title> {
    // No title is longer, so that only so much is looked at.
    let text = line.get(..line.len().min(200))?;
    if !trim(text).get(..4)?.eq_ignore_ascii_case(b"date") {
        return None;
    }
    let text = text.to_ascii_lowercase();
    let has = |word: &[u8]| memchr::memmem::find(&text, word).is_some();
    let is_title = has(b"time") && has(b"ext") && has(b"dial");
    is_title.then(|| {
        if has(b"ring") || has(b"acc") || has(b"cost") {
            Title::Large
        } else {
            Title::Small
        }
    })
}

/// What a line is that tells of no call, and which title.
pub fn no_call(line: &[u8]) -> Option<(&'static str, Option<Title>)> {
    // A date begins neither a page nor a dialogue.
    if line.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    if line.iter().all(u8::is_ascii_whitespace) {
        return Some(("blank line", None));
    }
    if line.iter().all(u8::is_ascii_control) {
        return Some(("control bytes", None));
    }
    if let Some(title) = title(line) {
        return Some(("page header", Some(title)));
    }
    let text = trim(line);
    if text.len() >= 3 && text.iter().all(|b| matches!(b, b'-' | b'=')) {
        return Some(("page header", None));
    }
    is_login(text).or_else(|| is_modem(text)).map(|what| (what, None))
}

/// The prompt `-`, what we typed there and its echo.
fn is_login(text: &[u8]) -> Option<&'static str> {
    let typed = text.strip_prefix(b"-").unwrap_or(text);
    let dialogue = typed.is_empty()
        || typed.eq_ignore_ascii_case(b"SMDR")
        || text.starts_with(b"Enter Password")
        || text.iter().all(|b| *b == b'*');
    dialogue.then_some("login")
}

/// A serial line to a modem carries its commands and answers.
fn is_modem(text: &[u8]) -> Option<&'static str> {
    let said = [&b"OK"[..], b"RING", b"BUSY", b"ERROR", b"NO CARRIER", b"NO DIALTONE"];
    let command = text.starts_with(b"AT") && text.len() <= 80 && text.iter().all(|b| (b' '..=b'~').contains(b));
    (command || said.contains(&text) || text.starts_with(b"CONNECT")).then_some("modem")
}

// ---- the line

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
struct Marked<'a> {
    line: &'a [u8],
    columns: Columns<'a>,
    /// `'` and `*`, of which each span has one.
    ticks: u128,
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

/// A word with the number of the line's bytes that begin with it.
type Word<'a> = (&'a [u8], usize);

/// A line's words, and of which word a bit is set in `ticked` because it may be a span.
struct Words<'a> {
    all: SmallVec<[Word<'a>; 12]>,
    ticked: u64,
}

impl<'a> Words<'a> {
    fn of(marked: &Marked<'a>, rest: &'a [u8]) -> Self {
        if marked.line.len() > 128 {
            return Self::of_long(rest);
        }
        let line = marked.line;
        let mut words = Self {
            all: SmallVec::new(),
            ticked: 0,
        };
        let mut filled = marked.columns.filled() & columns::bits(line.len() - rest.len(), 128);
        while filled != 0 {
            let begin = filled.trailing_zeros() as usize;
            let end = begin + (!(filled >> begin)).trailing_zeros() as usize;
            // Added to its lowest bit, a word carries over its end.
            let behind = filled & filled.wrapping_add(filled & filled.wrapping_neg());
            let ticked = marked.ticks & (filled ^ behind) != 0;
            filled = behind;
            words.ticked |= u64::from(ticked) << words.all.len();
            words
                .all
                .push((line.get(begin..end).unwrap_or_default(), line.len() - begin));
        }
        words
    }

    fn of_long(rest: &'a [u8]) -> Self {
        /// More words than a line has.
        const WORDS: usize = 40;
        let mut left = rest.len();
        let mut all = SmallVec::new();
        for word in rest.split(|b| *b == b' ') {
            if !word.is_empty() && all.len() < WORDS {
                all.push((word, left));
            }
            left = left.saturating_sub(word.len() + 1);
        }
        Self { all, ticked: u64::MAX }
    }

    /// The last word that is such a span.
    #[inline]
    fn last_span(&self, is: impl Fn(&[u8]) -> bool) -> Option<usize> {
        let mut left = self.ticked;
        while left != 0 {
            let last = 63 - left.leading_zeros() as usize;
            if self.all.get(last).is_some_and(|(word, _)| is(word)) {
                return Some(last);
            }
            left &= !(1 << last);
        }
        None
    }
}

/// By words: the last duration, ring time or code ends the dialled number.
fn words<'a>(marked: &Marked<'a>, rest: &'a [u8], head: Head) -> Result<Fields<'a>, Misfit<'a>> {
    let line = marked.line;
    let words = Words::of(marked, rest);
    let (mut ring, mut talk, mut quoted) = (Span::Blank, Span::Blank, false);
    let (mut dial_end, mut after, mut announced) = (words.all.len(), words.all.len(), false);
    if let Some(at) = words.last_span(is_talk) {
        (dial_end, after) = (at, at + 1);
        (talk, quoted, _) = span(words.all[at].0).unwrap_or((Span::Blank, false, true));
    } else if let Some(at) = words.last_span(is_ring) {
        (dial_end, after) = (at + 1, at + 1);
    } else if words.all.last().is_some_and(|(word, _)| is_known_code(word)) {
        (dial_end, after) = (dial_end - 1, dial_end - 1);
    } else if is_announced(&words.all) {
        (dial_end, announced) = (dial_end - 1, true);
    }
    if dial_end > 0 && words.ticked & (1 << (dial_end - 1)) != 0 && is_ring(words.all[dial_end - 1].0) {
        dial_end -= 1;
        ring = span(words.all[dial_end].0).map_or(Span::Blank, |(span, _, _)| span);
    }
    let words = &words.all;
    let (account, code) = behind(&words[after..])?;
    let (extension, trunk, number) = before(&words[..dial_end])?;
    let dial = match (number.first(), number.last()) {
        (Some(first), Some(last)) => &line[line.len() - first.1..line.len() - last.1 + last.0.len()],
        _ => &b""[..],
    };
    if let Some(stray) = stray(line, number) {
        return Err(stray);
    }
    let fields = Fields {
        head,
        extension,
        trunk,
        dial,
        ring,
        talk,
        quoted,
        account,
        code: if announced { b"RC" } else { code },
    };
    // Without all of these only a phone's event or a sensor may follow.
    let event = trunk.is_empty() && dial.first().is_some_and(u8::is_ascii_alphabetic);
    if !fields.is_call() && !event && !dial.starts_with(b"<I>S") {
        return Err(Misfit::new(DIAL, dial, number.first().map_or(0, |(_, left)| *left)));
    }
    Ok(fields)
}

/// Small switches print a caller's number when it arrives: no duration, and only the dots of the code.
fn is_announced(words: &[Word<'_>]) -> bool {
    let opens = words.iter().position(|(word, _)| word.starts_with(b"<"));
    let named = |(word, _): &Word<'_>| memchr::memmem::find(word, b"incoming").is_some();
    words.last().is_some_and(|(word, _)| *word == b"....")
        && opens.is_some_and(|at| at <= 2 && words[at..].iter().any(named))
}

/// A word that is no part of a number or name: what noise has made of a column beside it.
fn stray<'a>(line: &'a [u8], number: &[Word<'a>]) -> Option<Misfit<'a>> {
    let is_span = |word: &[u8]| matches!(word, [.., b'\'', a, b] if a.is_ascii_digit() && b.is_ascii_digit());
    let marked = |word: &[u8]| memchr::memchr(b'<', word).is_some_and(|at| at > 0) && !word.starts_with(b"<D>");
    // `<    incoming    >` is one.
    let bracketed = number.first().is_some_and(|(word, _)| *word == b"<");
    let close = number.iter().position(|(word, _)| bracketed && word.starts_with(b">"));
    number.iter().enumerate().find_map(|(place, (word, left))| {
        let before = &line[..line.len() - left];
        let apart = place > close.unwrap_or(0) && before.ends_with(b"  ");
        let late = place > 0 && (word.starts_with(b"<I>") || word.starts_with(b"<D>"));
        (apart || late || is_span(word) || marked(word)).then(|| Misfit::new(DIAL, word, *left))
    })
}

/// Extension, trunk, and the words of the number.
type Before<'w, 'a> = (&'a [u8], &'a [u8], &'w [Word<'a>]);

fn before<'w, 'a>(words: &'w [Word<'a>]) -> Result<Before<'w, 'a>, Misfit<'a>> {
    let is_incoming = |word: &[u8]| {
        let known = || [&b"incoming"[..], b"DISA", b"DIL"];
        match word {
            [b'<', ..] => true,
            [b'i' | b'I' | b'd' | b'D', ..] => known().iter().any(|w| w.eq_ignore_ascii_case(word)),
            _ => false,
        }
    };
    let is_trunk = |word: &[u8]| word.len() <= 4 && word.iter().all(u8::is_ascii_digit);
    let none = &b""[..];
    match words {
        [] => Ok((none, none, words)),
        [(first, _), ..] if is_incoming(first) => Ok((none, none, words)),
        [(trunk, left), (second, _), ..] if is_incoming(second) => {
            Ok((none, fit(TRUNK, trunk, *left, digits)?, &words[1..]))
        }
        [first, (trunk, _), rest @ ..] if is_trunk(trunk) && (!rest.is_empty() || trunk.len() <= 2) => {
            Ok((extension_word(first)?, trunk, rest))
        }
        [first, rest @ ..] => Ok((extension_word(first)?, none, rest)),
    }
}

fn extension_word<'a>(&(word, left): &Word<'a>) -> Result<&'a [u8], Misfit<'a>> {
    match usual_digits(word) {
        Some(digits) => Ok(digits),
        None => fit(EXTENSION, word, left, extension),
    }
}

/// Account and condition code, with a cost before them in patterns B and C.
fn behind<'a>(words: &[Word<'a>]) -> Result<(&'a [u8], &'a [u8]), Misfit<'a>> {
    let (mut account_found, mut code) = (None, &b""[..]);
    for (place, (word, left)) in words.iter().enumerate() {
        if usual::is_digits(word) {
            // An account code as nearly all are.
            account_found = account_found.or(Some(*word));
            continue;
        }
        if *word == b"...." {
            // Four places in which no digit was keyed.
            account_found = account_found.or(Some(b""));
            continue;
        }
        if is_cost(word) || (place > 0 && is_currency(word) && is_cost(words[place - 1].0)) {
            continue;
        }
        if is_code(word) {
            code = word;
        } else if place + 1 == words.len() && word.first().is_some_and(u8::is_ascii_alphabetic) {
            return Err(Misfit::new(CODE, word, *left));
        } else {
            let found = fit(ACCOUNT, word, *left, account)?;
            // Small switches print the number of a DISA code behind the account's four places.
            account_found = account_found.or(Some(found));
        }
    }
    Ok((account_found.unwrap_or_default(), code))
}

// ---- what stands in a field

/// One to five digits, blanks around them aside: an extension, a trunk.
#[inline]
fn usual_digits(cell: &[u8]) -> Option<&[u8]> {
    let cell = usual::trimmed(cell);
    (cell.len() <= 5 && usual::is_digits(cell)).then_some(cell)
}

/// From so many digits to so many.
fn figure<'a>(least: usize, most: usize) -> impl nom::Parser<&'a [u8], Output = i64, Error = Error<&'a [u8]>> {
    map(take_while_m_n(least, most, |b: u8| b.is_ascii_digit()), |d: &[u8]| {
        d.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0'))
    })
}

/// Two digits up to `most`.
fn two<'a>(most: i64) -> impl nom::Parser<&'a [u8], Output = i64, Error = Error<&'a [u8]>> {
    verify(figure(2, 2), move |n| *n <= most)
}

fn usual_day(i: &[u8]) -> Option<[i64; 3]> {
    let [a1, a2, b'/', b1, b2, b'/', c1, c2] = i else {
        return None;
    };
    let two = |high: &u8, low: &u8| usual::two(*high, *low).map(i64::from);
    Some([two(a1, a2)?, two(b1, b2)?, two(c1, c2)?])
}

fn day(i: &[u8]) -> Inner<'_, [i64; 3]> {
    match usual_day(i) {
        Some(day) => Ok((&[], day)),
        None => any_day(i),
    }
}

fn any_day(i: &[u8]) -> Inner<'_, [i64; 3]> {
    let parts = (
        alt((two(99), padded(), figure(1, 1))),
        preceded(char('/'), alt((two(99), padded()))),
        preceded(char('/'), two(99)),
    );
    map(parts, |(a, b, c)| [a, b, c]).parse(i)
}

/// A blank and a digit.
fn padded<'a>() -> impl nom::Parser<&'a [u8], Output = i64, Error = Error<&'a [u8]>> {
    preceded(char(' '), figure(1, 1))
}

/// Without seconds.
#[inline]
fn usual_clock(i: &[u8]) -> Option<(Time, bool, bool)> {
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
fn clock(i: &[u8]) -> Inner<'_, (Time, bool, bool)> {
    match usual_clock(i) {
        Some(clock) => Ok((&[], clock)),
        None => any_clock(i),
    }
}

fn any_clock(i: &[u8]) -> Inner<'_, (Time, bool, bool)> {
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

fn digits(i: &[u8]) -> Inner<'_, &[u8]> {
    take_while_m_n(1, 6, |b: u8| b.is_ascii_digit()).parse(i)
}

/// `1200`, `D012`, `T001`, `*123`, `C-03`, `103B`.
fn extension(i: &[u8]) -> Inner<'_, &[u8]> {
    let mark = alt((tag("C-"), tag("*"), recognize(one_of("DT"))));
    let number = take_while_m_n(1, 5, |b: u8| b.is_ascii_digit());
    recognize((opt(mark), number, opt(char('B')))).parse(i)
}

fn blank_or<'a>(
    inner: impl nom::Parser<&'a [u8], Output = &'a [u8], Error = Error<&'a [u8]>>,
) -> impl nom::Parser<&'a [u8], Output = &'a [u8], Error = Error<&'a [u8]>> {
    alt((recognize(peek(eof)), inner))
}

/// Dots stand for digits that were not keyed.
fn account(i: &[u8]) -> Inner<'_, &[u8]> {
    let dots = || take_while(|b| b == b'.');
    preceded(dots(), terminated(take_while(|b: u8| b.is_ascii_digit()), dots())).parse(i)
}

/// `M'SS`, `HH:MM'SS`, `HH:MM'SS"`, with `*` for unknown digits, or blank: the span, whether `"` stands behind it, and
/// whether it has hours.
#[inline]
fn span(cell: &[u8]) -> Option<(Span, bool, bool)> {
    if cell.is_empty() {
        return Some((Span::Blank, false, false));
    }
    usual_span(cell).or_else(|| odd_span(trim(cell)))
}

#[cold]
fn odd_span(cell: &[u8]) -> Option<(Span, bool, bool)> {
    match cell {
        [] => Some((Span::Blank, false, false)),
        _ if !may_be_span(cell) => None,
        _ => any_span(cell),
    }
}

#[inline]
fn usual_span(cell: &[u8]) -> Option<(Span, bool, bool)> {
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

fn any_span(cell: &[u8]) -> Option<(Span, bool, bool)> {
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
fn may_be_span(text: &[u8]) -> bool {
    text.iter().fold(false, |has, b| has | (*b == b'\'') | (*b == b'*'))
}

fn is_talk(word: &[u8]) -> bool {
    span(word).is_some_and(|(span, _, long)| span != Span::Blank && long)
}

fn is_ring(word: &[u8]) -> bool {
    span(word).is_some_and(|(span, quoted, long)| span != Span::Blank && !long && !quoted)
}

/// `TR`, `D0`: a capital and one more; account codes are digits.
fn is_code(word: &[u8]) -> bool {
    matches!(word, [a, b] if a.is_ascii_uppercase() && (b.is_ascii_uppercase() || b.is_ascii_digit()))
}

/// The codes that the guides list; `IN` of `LOG IN` is none.
fn is_known_code(word: &[u8]) -> bool {
    matches!(word, b"RC" | b"AN" | b"NA" | b"TR" | b"FW" | b"RM" | b"D0" | b"CL")
}

/// `00560.00EUR`, `0.25`; some sites have the currency first, `EU00560.00`.
fn is_cost(word: &[u8]) -> bool {
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

fn is_amount(text: &[u8]) -> bool {
    let figures = text.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','));
    let point = text.iter().position(|b| matches!(b, b'.' | b','));
    figures && point.is_some_and(|at| at > 0 && at + 1 < text.len())
}

fn is_currency(word: &[u8]) -> bool {
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
