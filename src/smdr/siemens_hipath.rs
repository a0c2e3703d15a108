//! Siemens and Unify: Hicom 100 and 150, HiPath 1100, 3000 and 5000, OpenScape Office and Business: the call log,
//! compressed, in the long form for printers, or with bars.
//!
//! Layout: the Hicom 150 E manual and the HiPath 3000 Manager's, checked against lines of several sites. The switch
//! prints over V.24, or connects to us; OpenScape Office puts `|` between the same fields. All of them end in CR LF.
//!
//! ```text
//! 0         1         2         3         4         5         6         7         8         9
//! 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456
//! 31.01.2115:23:58  9   25000:0500:00:07353806404393                         1
//! date    time    tr extens.ring talk    other party's number     charge     type
//!                                                                              account    MSN
//! 20.06.12|13:11:35|201|33388|00:02|00:00:07|0123456789||1||||||
//! 15.12.00 12:23:34   4   1600 00:34 00:02:34 0230298007252                     1
//! ```
//!
//! The last line is the long form. GetAccount (with a node) and Hicom 100 E (narrower) are known by where the colons of
//! the spans stand; HiPath 1100, and lines whose blanks were lost, are read by their words.
//!
//! The stamp is the end of the leg. Types: 0 a phone rings (one line per phone, at once), 1 in, 2 out, 3 and 4 the
//! same for other services, 5 and 6 passed on, 7 and 8 conferences, 9 out by a forwarding; 30 more: the next part of
//! a connection that was put through, 35 and 36 to an extension, 37 and 38 to the outside; 50 more: through DISA.
//!
//! **Decided here.** Ring lines are skipped: they name nobody who answered, and the final line tells how long it rang.
//! A blank duration is a missed call; a duration of zero is taken for one, inferred, unless `zero_talk` says otherwise.
//! In a part put through to the outside (37, 38) the printed extension is who put it through, so nobody here answers
//! it. An outgoing call passed on (6, 36) or forwarded (9) prints the extension that has it, not the one that dialled.
//! Serial lines may begin with control bytes: no text, dropped.
//!
//! **Cannot tell**: which record follows which (trunk, number and time join them), the caller's name, why an outgoing
//! call failed, the zone, internal calls (they are not printed).

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n};
use nom::character::complete::{char, digit1};
use nom::combinator::{eof, map, map_opt, value, verify};
use nom::sequence::preceded;

use crate::call::{Direction, Disposition};
use crate::smdr::cells::Cells;
use crate::smdr::misfit::{Field, Inner, Misfit, fit, leading_control};
use crate::smdr::stamps::{Meaning, nearest_day};
use crate::smdr::text::filled;
use crate::smdr::usual;
use crate::smdr::view::{Deduced, Deductions, LegView};
use crate::smdr::{About, Dialect, Line, OptionError, OptionInfo, Options, Parsed, Parser, Said, Tells, options};

use layouts::{Cell, cells};

/// The registry's entry.
pub static DIALECT: SiemensHipath = SiemensHipath;

/// The dialect.
pub struct SiemensHipath;

static ABOUT: About = About {
    name: "siemens-hipath",
    title: "Siemens / Unify HiPath call log (compressed, long, or with bars)",
    models: &[
        "HiPath 1100, 3000, 5000 (also GetAccount)",
        "Hicom 100 E, 150 E, 150 H",
        "OpenScape Office, OpenScape Business",
    ],
    transports: &["serial", "tcp", "file"],
    options: &[
        OptionInfo {
            name: "stamp",
            values: "start, answer or end",
            default: "end",
            meaning: "what the date and time of a line are the time of",
        },
        OptionInfo {
            name: "zero_talk",
            values: "missed or answered",
            default: "missed",
            meaning: "what an incoming call of 00:00:00 was; a blank duration is always a missed call",
        },
    ],
    tells: Tells {
        ring_time: true,
        who_answered: true,
        missed: true,
        transfers: true,
        call_id: false,
        seconds: true,
        year: true,
        zone: false,
        stamp: "end",
        end_mark: "silence",
    },
    limits: &[
        "records of one call have no common id: trunk, number and time join them",
        "a duration of 00:00:00 does not say whether somebody answered; it counts as missed, inferred",
        "a missed call names one extension, the last that rang",
        "who puts a call through is not named in the part that follows; a part put through to the outside names nobody \
         who talks",
        "calls of other services (types 3, 4), such as fax, are likely at most",
        "internal calls are not printed, and callers have no name",
        "the year has two digits",
        "HiPath 4000 prints what its administrator has composed; that is not read",
        "calls have no running number: lines that were lost show as a hole in time, never as a count",
    ],
    sources: &[
        "Siemens Hicom 150 E Office service manual, call data",
        "Siemens HiPath 3000 Manager E, call charges; HiPath 5000, GetAccount",
        "Siemens Hicom 100 E and HiPath 1100 service manuals",
        "lines of several sites of 2018 to 2021, HiPath 3000, V.24",
        "lines of an OpenScape Office, with and without a title",
    ],
};

impl Dialect for SiemensHipath {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// All of the line, or half for a stamp of this form with something else behind it.
    fn score(&self, line: &[u8]) -> f64 {
        if is_title(line) {
            return 1.0;
        }
        let begun = leading_control(line);
        let line = &line[begun..];
        match fields(line) {
            Ok(_) => 1.0,
            // A day and a time with a blank between are anybody's.
            Err(_) if line.get(8) != Some(&b' ') && stamp(line).is_ok() => 0.5,
            Err(_) => 0.0,
        }
    }

    fn parser(&self, options: &Options) -> Result<Box<dyn Parser>, OptionError> {
        ABOUT.check_names(options)?;
        let zero_is_answered = match options::text(options, "zero_talk")? {
            None | Some("missed") => false,
            Some("answered") => true,
            Some(other) => {
                return Err(OptionError::new(
                    "zero_talk",
                    format!("`{other}` is neither missed nor answered"),
                ));
            }
        };
        Ok(Box::new(Reading {
            stamp: Meaning::option(options)?.unwrap_or(Meaning::End),
            zero_is_answered,
        }))
    }

    fn shifted(&self, line: &[u8], seconds: i64) -> Option<Vec<u8>> {
        let begun = leading_control(line);
        let (day, clock) = stamp(line.get(begun..)?).ok()?;
        // The century does not show, and years that end in 00 differ in one day only.
        let day = nearest_day(day.year, day.month, day.day, jiff::civil::date(2000, 1, 1))?;
        let at = day
            .to_datetime(clock)
            .checked_add(SignedDuration::from_secs(seconds))
            .ok()?;
        let bar = usize::from(matches!(line.get(begun + 8), Some(b'|' | b' ')));
        let mut out = line.to_vec();
        out.get_mut(begun..begun + 8)?
            .copy_from_slice(at.strftime("%d.%m.%y").to_string().as_bytes());
        let clock = begun + 8 + bar;
        out.get_mut(clock..clock + 8)?
            .copy_from_slice(at.strftime("%H:%M:%S").to_string().as_bytes());
        Some(out)
    }
}

/// The first line of OpenScape Office's uncompressed file, or of a page in the long layout: in the switch's language, but
/// the type is always `I`.
fn is_title(line: &[u8]) -> bool {
    let line = &line[leading_control(line)..];
    let day = |word: &[u8]| [&b"dat"[..], b"fec"].iter().any(|d| word.eq_ignore_ascii_case(d));
    let separator = if line.contains(&b'|') { b'|' } else { b' ' };
    let mut words = line.split(|b| *b == separator).filter(|word| !word.is_empty());
    line.len() < 200
        && line.get(..3).is_some_and(day)
        && !line.iter().any(u8::is_ascii_digit)
        && words.clone().count() >= 8
        && words.any(|word| word == b"I")
}

// ---- the running parser

struct Reading {
    stamp: Meaning,
    zero_is_answered: bool,
}

impl Parser for Reading {
    fn read(&mut self, line: Line<'_>, say: &mut dyn FnMut(Said<'_>)) {
        let text = &line.bytes[leading_control(line.bytes)..];
        let skipped = |what| Said::Skipped {
            line: line.number,
            what,
        };
        if let Some(what) = no_call(line.bytes) {
            return say(skipped(what));
        }
        match call(text, line.received.date()) {
            Ok(Found::Nothing(what)) => say(skipped(what)),
            Ok(Found::Call(at, fields)) => say(Said::Leg(&self.leg(line.number, text, at, &fields))),
            Err(misfit) => say(Said::misfit(line, &misfit)),
        }
    }

    fn flush(&mut self, _: &mut Vec<Parsed>) {}
}

/// What a line turned out to be.
enum Found<'a> {
    Nothing(&'static str),
    Call(DateTime, Fields<'a>),
}

fn call(text: &[u8], received: Date) -> Result<Found<'_>, Misfit<'_>> {
    let f = usual_fields(text).map_or_else(|| fields(text), Ok)?;
    if f.is_charges_alone() {
        return Ok(Found::Nothing("charges without a call"));
    }
    let day = f.day.on(text, received)?;
    if f.kind.is_ring() {
        return Ok(Found::Nothing("ring alert"));
    }
    Ok(Found::Call(day.to_datetime(f.clock), f))
}

fn no_call(line: &[u8]) -> Option<&'static str> {
    if line.first().is_some_and(u8::is_ascii_digit) {
        None
    } else if line.iter().all(u8::is_ascii_whitespace) {
        Some("blank line")
    } else if line.iter().all(u8::is_ascii_control) {
        Some("control bytes")
    } else {
        is_title(line).then_some("header")
    }
}

// ---- the line

#[derive(Debug, Clone, Copy, PartialEq)]
struct Day {
    year: i64,
    month: i64,
    day: i64,
}

impl Day {
    /// Which day it is, as seen from `reference`.
    fn on<'a>(self, line: &'a [u8], reference: Date) -> Result<Date, Misfit<'a>> {
        let there = nearest_day(self.year, self.month, self.day, reference);
        there.ok_or_else(|| Misfit::new(DATE, line.get(..8).unwrap_or(line), line.len()))
    }
}

/// The call type: what happened, and whether the record is the next part of a connection that was put through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    what: u8,
    follows: bool,
    /// The caller came through the switch from outside (DISA).
    disa: bool,
}

impl Kind {
    #[inline]
    fn of(printed: &[u8]) -> Option<Self> {
        let (tens, what) = match printed {
            b"*" => (b'0', &b'0'),
            [tens @ (b'3' | b'5' | b'8'), what] => (*tens, what),
            [what] => (b'0', what),
            _ => return None,
        };
        what.is_ascii_digit().then(|| Self {
            what: what - b'0',
            follows: matches!(tens, b'3' | b'8'),
            disa: matches!(tens, b'5' | b'8'),
        })
    }

    fn is_ring(self) -> bool {
        self.what == 0
    }

    fn is_incoming(self) -> bool {
        matches!(self.what, 1 | 3 | 5 | 7)
    }

    /// Put through to the outside: the printed extension has left.
    fn is_to_outside(self) -> bool {
        self.follows && matches!(self.what, 7 | 8)
    }
}

/// The line's fields, as printed; blank texts are empty.
#[derive(Debug, PartialEq)]
struct Fields<'a> {
    day: Day,
    clock: Time,
    trunk: &'a [u8],
    extension: &'a [u8],
    ring: Option<i64>,
    talk: Option<i64>,
    number: &'a [u8],
    charged: bool,
    kind: Kind,
    account: &'a [u8],
    msn: &'a [u8],
}

impl Fields<'_> {
    /// Without clock and spans: pulses that came when there was no call.
    fn is_charges_alone(&self) -> bool {
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

/// The place of the type: what is behind it may lack.
const TYPE: usize = 8;

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

fn fields(line: &[u8]) -> Result<Fields<'_>, Misfit<'_>> {
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

/// The same of a line as nearly all are spelt; what does not fit is for [`fields`].
#[inline]
fn usual_fields(line: &[u8]) -> Option<Fields<'_>> {
    if line.get(8) == Some(&b'|') {
        let cells = Cells::cut(line, b'|', b'|')?;
        (cells.count() > TYPE).then(|| usual_cells(|n| cells.get(n)))?
    } else {
        let columns = layouts::usual_columns(line)?;
        let cell = |n: usize| -> &[u8] {
            let (from, to) = columns[n];
            usual::trimmed(line.get(from..to.min(line.len())).unwrap_or_default())
        };
        (line.len() > columns[TYPE].0).then(|| usual_cells(cell))?
    }
}

#[inline(always)]
fn usual_cells<'a>(cell: impl Fn(usize) -> &'a [u8]) -> Option<Fields<'a>> {
    let number = |n| Some(cell(n)).filter(|cell| is_usual_number(cell));
    let [day, _, _, month, _, _, year, _] = usual::pairs(cell(0).try_into().ok()?, b"00.00.00")?;
    let day = Day {
        year: year.into(),
        month: Some(month).filter(|month| *month <= 12)?.into(),
        day: Some(day).filter(|day| *day <= 31)?.into(),
    };
    let charge = cell(7);
    Some(Fields {
        day,
        clock: usual::time(cell(1))?,
        trunk: number(2)?,
        extension: number(3)?,
        ring: match cell(4) {
            [] => None,
            [a, b, b':', c, d] => Some(usual::span(&[b'0', b'0', b':', *a, *b, b':', *c, *d])?),
            _ => return None,
        },
        talk: match cell(5) {
            [] => None,
            span => Some(usual::span(span)?),
        },
        number: number(6)?,
        charged: is_amount(charge).then_some(!charge.is_empty())?,
        kind: Kind::of(cell(TYPE))?,
        account: number(9)?,
        msn: number(10)?,
    })
}

#[inline]
fn is_usual_number(cell: &[u8]) -> bool {
    let is_sent = |b: &u8| matches!(b, b'0'..=b'9' | b'+' | b'*' | b'#' | b'?');
    cell.is_empty() || usual::is_digits(cell) || cell.iter().all(is_sent)
}

fn is_amount(cell: &[u8]) -> bool {
    cell.iter().all(|b| matches!(b, b'0'..=b'9' | b'.' | b','))
}

fn stamp(line: &[u8]) -> Result<(Day, Time), Misfit<'_>> {
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

// ---- what it means

impl Reading {
    #[inline]
    fn leg<'a>(&self, number: u64, line: &'a [u8], at: DateTime, f: &Fields<'a>) -> LegView<'a> {
        let incoming = f.kind.is_incoming();
        let (ring, talk) = (f.ring.unwrap_or(0), f.talk.unwrap_or(0));
        let (start, answer) = self.stamp.times(at, ring, talk);
        let (disposition, answered_by) = self.outcome(f);
        let engaged = disposition == Disposition::Answered;
        let deduced = incoming && f.talk == Some(0);
        let likely = deduced || !answered_by.is_empty() && (f.kind.disa || matches!(f.kind.what, 3 | 7));
        let passed_on = !incoming && (f.kind.follows || f.kind.disa || matches!(f.kind.what, 6 | 8 | 9));

        let mut inferred = Deductions::default();
        inferred.note(self.stamp != Meaning::Start, Deduced::Start);
        inferred.note(engaged && self.stamp != Meaning::Answer, Deduced::AnsweredAt);
        inferred.note(deduced, Deduced::Disposition);
        inferred.note(likely, Deduced::AnsweredBy);
        inferred.note(passed_on && !f.extension.is_empty(), Deduced::CallingNumber);

        let (direction, calling, called) = if incoming {
            let called = if f.msn.is_empty() { f.extension } else { f.msn };
            (Direction::Incoming, f.number, called)
        } else {
            (Direction::Outgoing, f.extension, f.number)
        };
        LegView {
            answered_at: engaged.then_some(answer),
            calling_number: calling,
            called_number: called,
            station: filled(f.extension),
            answered_by: filled(answered_by),
            trunk: f.trunk,
            ring_seconds: f.ring,
            talk_seconds: f.talk,
            disposition,
            transfer: transfer(f),
            account_code: f.account,
            inferred,
            target: if incoming { f.extension } else { b"" },
            transferred: f.kind.follows || matches!(f.kind.what, 5..=8),
            marks_transfers: true,
            resolution_seconds: 1,
            ..LegView::new(number, line, start, direction)
        }
    }

    /// How the leg ended and which extension answered, if any did.
    fn outcome<'a>(&self, f: &Fields<'a>) -> (Disposition, &'a [u8]) {
        let talked = f.talk.is_some_and(|seconds| seconds > 0);
        if !f.kind.is_incoming() {
            return match talked {
                true => (Disposition::Answered, b""),
                false => (Disposition::Unknown, b""),
            };
        }
        let zero_counts = self.zero_is_answered && f.talk == Some(0);
        if !talked && !zero_counts {
            return (Disposition::NoAnswer, b"");
        }
        if f.extension.is_empty() || f.kind.is_to_outside() {
            (Disposition::Unknown, b"")
        } else {
            (Disposition::Answered, f.extension)
        }
    }
}

/// The next part of a connection names one side of the transfer.
fn transfer<'a>(f: &Fields<'a>) -> Option<(&'a [u8], &'a [u8])> {
    f.kind.follows.then(|| match f.kind.what {
        7 | 8 => (f.extension, &b""[..]),
        _ => (&b""[..], f.extension),
    })
}

#[path = "siemens_hipath_layouts.rs"]
mod layouts;
#[cfg(test)]
#[path = "siemens_hipath_tests.rs"]
mod tests;
