//! One line of a Panasonic, cut into its fields: by columns where they fit, else by words.

use jiff::civil::{DateTime, Time};
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n};
use nom::character::complete::{char, one_of};
use nom::combinator::{eof, map, map_opt, opt, peek, recognize, value, verify};
use nom::error::Error;
use nom::sequence::{preceded, terminated};

use crate::smdr::misfit::{Field, Inner, Misfit, fit, trim};
use crate::smdr::usual;

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
const RING: Field = is(6, "ring", "M'SS, or nothing");
const TALK: Field = is(7, "duration", "HH:MM'SS, or nothing");
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

/// What a line is that tells of no call.
pub fn no_call(line: &[u8]) -> Option<&'static str> {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Some("blank line");
    }
    if line.iter().all(u8::is_ascii_control) {
        return Some("control bytes");
    }
    if title(line).is_some() {
        return Some("page header");
    }
    // A date begins neither a page nor a dialogue.
    if line.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let text = trim(line);
    if text.len() >= 3 && text.iter().all(|b| matches!(b, b'-' | b'=')) {
        return Some("page header");
    }
    is_login(text).or_else(|| is_modem(text))
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
pub fn fields(line: &[u8]) -> Result<Fields<'_>, Misfit<'_>> {
    let (head, rest) = head(line)?;
    let by_column = LAYOUTS
        .iter()
        .find(|layout| head.date_end == 8 && layout.fits(line, rest));
    match by_column {
        Some(layout) => layout.fields(line, head),
        None => words(line, rest, head),
    }
}

/// Columns of a pattern: first and one past the last.
struct Layout {
    extension: (usize, usize),
    trunk: (usize, usize),
    dial: (usize, usize),
    ring: (usize, usize),
    talk: (usize, usize),
    account: (usize, usize),
    code: (usize, usize),
    /// What must be blank between them.
    gaps: &'static [usize],
}

/// Patterns A, B, C. B has no ring time, and its cost ends where the account code begins.
static LAYOUTS: [Layout; 3] = [
    Layout {
        extension: (17, 22),
        trunk: (23, 25),
        dial: (26, 51),
        ring: (52, 56),
        talk: (57, 65),
        account: (66, 76),
        code: (77, 80),
        gaps: &[8, 16, 22, 25, 51, 56, 65, 76],
    },
    Layout {
        extension: (17, 22),
        trunk: (23, 25),
        dial: (26, 46),
        ring: (46, 46),
        talk: (47, 55),
        account: (66, 76),
        code: (77, 80),
        gaps: &[8, 16, 22, 25, 46, 55, 76],
    },
    Layout {
        extension: (17, 22),
        trunk: (23, 27),
        dial: (28, 78),
        ring: (79, 83),
        talk: (84, 92),
        account: (105, 115),
        code: (116, 119),
        gaps: &[8, 16, 22, 27, 78, 83, 92, 104, 115],
    },
];

impl Layout {
    fn cell(line: &[u8], (from, to): (usize, usize)) -> &[u8] {
        line.get(from.min(line.len())..to.min(line.len())).unwrap_or_default()
    }

    /// Gaps are blank, spans are spans, and at least one of them or the code is there.
    fn fits(&self, line: &[u8], rest: &[u8]) -> bool {
        let blank = |at: &usize| line.get(*at).is_none_or(|b| *b == b' ');
        if !(line.len() - rest.len() <= 16 && self.gaps.iter().all(blank)) {
            return false;
        }
        let (ring, talk) = (span(Self::cell(line, self.ring)), span(Self::cell(line, self.talk)));
        let code = trim(Self::cell(line, self.code));
        let dial = Self::cell(line, self.dial);
        line.get(self.code.1..).is_none_or(|rest| trim(rest).is_empty())
            && ring.is_some_and(|(_, quoted, long)| !quoted && !long)
            && talk.is_some_and(|(span, _, long)| span == Span::Blank || long)
            && (code.is_empty() || is_code(code))
            && (ring.is_some_and(|r| r.0 != Span::Blank)
                || talk.is_some_and(|t| t.0 != Span::Blank)
                || is_known_code(code))
            && !(may_be_span(dial) && dial.split(|b| *b == b' ').any(is_talk))
    }

    fn fields<'a>(&self, line: &'a [u8], head: Head) -> Result<Fields<'a>, Misfit<'a>> {
        let cell = |columns| Self::cell(line, columns);
        let left = |columns: (usize, usize)| line.len().saturating_sub(columns.0);
        let (ring, _, _) = span(cell(self.ring)).ok_or(Misfit::new(RING, cell(self.ring), left(self.ring)))?;
        let (talk, quoted, _) = span(cell(self.talk)).ok_or(Misfit::new(TALK, cell(self.talk), left(self.talk)))?;
        Ok(Fields {
            head,
            extension: match usual_digits(cell(self.extension)) {
                Some(digits) => digits,
                None => fit(
                    EXTENSION,
                    cell(self.extension),
                    left(self.extension),
                    blank_or(extension),
                )?,
            },
            trunk: match usual_digits(cell(self.trunk)) {
                Some(digits) => digits,
                None => fit(TRUNK, cell(self.trunk), left(self.trunk), blank_or(digits))?,
            },
            dial: trim(cell(self.dial)),
            ring,
            talk,
            quoted,
            account: match trim(cell(self.account)) {
                [] => b"",
                _ => fit(ACCOUNT, cell(self.account), left(self.account), account)?,
            },
            code: trim(cell(self.code)),
        })
    }
}

/// A word with the number of the line's bytes that begin with it.
type Word<'a> = (&'a [u8], usize);

fn split(rest: &[u8]) -> Vec<Word<'_>> {
    /// More words than a line has.
    const WORDS: usize = 40;
    let mut left = rest.len();
    let mut words = Vec::new();
    for word in rest.split(|b| *b == b' ') {
        if !word.is_empty() && words.len() < WORDS {
            words.push((word, left));
        }
        left = left.saturating_sub(word.len() + 1);
    }
    words
}

/// By words: the last duration, ring time or code ends the dialled number.
fn words<'a>(line: &'a [u8], rest: &'a [u8], head: Head) -> Result<Fields<'a>, Misfit<'a>> {
    let words = split(rest);
    let (mut ring, mut talk, mut quoted) = (Span::Blank, Span::Blank, false);
    let last = |fits: &dyn Fn(&[u8]) -> bool| words.iter().rposition(|(word, _)| fits(word));
    let (mut dial_end, mut after, mut announced) = (words.len(), words.len(), false);
    if let Some(at) = last(&is_talk) {
        (dial_end, after) = (at, at + 1);
        (talk, quoted, _) = span(words[at].0).unwrap_or((Span::Blank, false, true));
    } else if let Some(at) = last(&is_ring) {
        (dial_end, after) = (at + 1, at + 1);
    } else if let Some(at) = last(&is_known_code).filter(|at| at + 1 == words.len()) {
        (dial_end, after) = (at, at);
    } else if is_announced(&words) {
        (dial_end, announced) = (words.len() - 1, true);
    }
    if dial_end > 0 && is_ring(words[dial_end - 1].0) {
        dial_end -= 1;
        ring = span(words[dial_end].0).map_or(Span::Blank, |(span, _, _)| span);
    }
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
        word.starts_with(b"<")
            || [&b"incoming"[..], b"DISA", b"DIL"]
                .iter()
                .any(|w| w.eq_ignore_ascii_case(word))
    };
    let is_trunk = |word: &[u8]| word.len() <= 4 && word.iter().all(u8::is_ascii_digit);
    let none = &b""[..];
    match words {
        [] => Ok((none, none, words)),
        [(first, _), ..] if is_incoming(first) => Ok((none, none, words)),
        [(trunk, left), (second, _), ..] if is_incoming(second) => {
            Ok((none, fit(TRUNK, trunk, *left, digits)?, &words[1..]))
        }
        [(first, left), (trunk, _), rest @ ..] if is_trunk(trunk) && (!rest.is_empty() || trunk.len() <= 2) => {
            Ok((fit(EXTENSION, first, *left, extension)?, trunk, rest))
        }
        [(first, left), rest @ ..] => Ok((fit(EXTENSION, first, *left, extension)?, none, rest)),
    }
}

/// Account and condition code, with a cost before them in patterns B and C.
fn behind<'a>(words: &[Word<'a>]) -> Result<(&'a [u8], &'a [u8]), Misfit<'a>> {
    let (mut account_found, mut code) = (None, &b""[..]);
    for (place, (word, left)) in words.iter().enumerate() {
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
fn usual_digits(cell: &[u8]) -> Option<&[u8]> {
    let cell = trim(cell);
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
fn span(cell: &[u8]) -> Option<(Span, bool, bool)> {
    let cell = trim(cell);
    match cell {
        [] => Some((Span::Blank, false, false)),
        _ if !may_be_span(cell) => None,
        _ => usual_span(cell).or_else(|| any_span(cell)),
    }
}

fn usual_span(cell: &[u8]) -> Option<(Span, bool, bool)> {
    match cell {
        [h1, h2, b':', m1, m2, b'\'', s1, s2] => {
            let seconds = usual::span(&[*h1, *h2, b':', *m1, *m2, b':', *s1, *s2])?;
            Some((Span::Seconds(seconds), false, true))
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
    [&b"RC"[..], b"AN", b"NA", b"TR", b"FW", b"RM", b"D0", b"CL"].contains(&word)
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
