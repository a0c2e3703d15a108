//! Siemens and Unify: Hicom 150, HiPath 3000 and 5000, OpenScape Office and Business: the compressed call log.
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
//! ```
//!
//! The stamp is the end of the leg. Types: 0 a phone rings (one line per phone, at once), 1 in, 2 out, 3 and 4 the
//! same for other services, 5 and 6 passed on, 7 and 8 conferences, 9 out by a forwarding; 30 more: the next part of
//! a connection that was put through, 35 and 36 to an extension, 37 and 38 to the outside.
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
use nom::bytes::complete::{take_while, take_while_m_n};
use nom::character::complete::{char, digit1};
use nom::combinator::{eof, map, map_opt, value, verify};
use nom::sequence::preceded;

use crate::call::{Direction, Disposition, Inferred, Leg, LineNumbers, Marks, Stamp, Text, Transfer};
use crate::smdr::misfit::{Field, Inner, Misfit, fit, leading_control};
use crate::smdr::stamps::{Meaning, nearest_day};
use crate::smdr::text::Source;
use crate::smdr::usual;
use crate::smdr::{About, Dialect, Line, OptionError, OptionInfo, Options, Parsed, Parser, Tells, options};

/// The registry's entry.
pub static DIALECT: SiemensHipath = SiemensHipath;

/// The dialect.
pub struct SiemensHipath;

static ABOUT: About = About {
    name: "siemens-hipath",
    title: "Siemens / Unify HiPath call log (compressed, or with bars)",
    models: &[
        "HiPath 3000, 5000",
        "Hicom 150 E, 150 H",
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
        "the long format for printers and the re-formatted GetAccount file of HiPath 5000 are not read",
        "calls have no running number: lines that were lost show as a hole in time, never as a count",
    ],
    sources: &[
        "Siemens Hicom 150 E Office service manual, call data",
        "Siemens HiPath 3000 Manager E, call charges",
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
            Err(_) if stamp(line).is_ok() => 0.5,
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
        let bar = usize::from(line.get(begun + 8) == Some(&b'|'));
        let mut out = line.to_vec();
        out.get_mut(begun..begun + 8)?
            .copy_from_slice(at.strftime("%d.%m.%y").to_string().as_bytes());
        let clock = begun + 8 + bar;
        out.get_mut(clock..clock + 8)?
            .copy_from_slice(at.strftime("%H:%M:%S").to_string().as_bytes());
        Some(out)
    }
}

/// The first line of OpenScape Office's uncompressed file.
fn is_title(line: &[u8]) -> bool {
    line.get(..3).is_some_and(|word| word.eq_ignore_ascii_case(b"dat"))
        && line.iter().filter(|b| **b == b'|').count() >= 8
        && !line.iter().any(u8::is_ascii_digit)
}

// ---- the running parser

struct Reading {
    stamp: Meaning,
    zero_is_answered: bool,
}

impl Parser for Reading {
    fn line(&mut self, line: Line<'_>, out: &mut Vec<Parsed>) {
        let text = &line.bytes[leading_control(line.bytes)..];
        let skipped = |what| Parsed::Skipped {
            line: line.number,
            what,
        };
        out.push(match no_call(line.bytes) {
            Some(what) => skipped(what),
            None => match call(text, line.received.date()) {
                Ok(Found::Nothing(what)) => skipped(what),
                Ok(Found::Call(at, fields)) => Parsed::Leg(self.leg(line.number, at, &fields)),
                Err(misfit) => Parsed::Unparsed {
                    line: line.number,
                    column: misfit.column(line.bytes.len()),
                    error: misfit.text(),
                },
            },
        });
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
    if line.iter().all(u8::is_ascii_whitespace) {
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
}

impl Kind {
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

/// The line's fields, as printed; blank ones are none.
#[derive(Debug, PartialEq)]
struct Fields<'a> {
    source: Source<'a>,
    day: Day,
    clock: Time,
    trunk: Option<&'a [u8]>,
    extension: Option<&'a [u8]>,
    ring: Option<i64>,
    talk: Option<i64>,
    number: Option<&'a [u8]>,
    charged: bool,
    kind: Kind,
    account: Option<&'a [u8]>,
    msn: Option<&'a [u8]>,
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
const KIND: Field = is(9, "type", "0 to 9 or 30 to 39");
const ACCOUNT: Field = is(10, "account code", "a code, or nothing");
const MSN: Field = is(11, "MSN", "a number, or nothing");

/// Where each field stands in the compressed layout.
const COLUMNS: [(Field, usize, usize); 11] = [
    (DATE, 0, 8),
    (TIME, 8, 16),
    (TRUNK, 16, 19),
    (EXTENSION, 19, 25),
    (RING, 25, 30),
    (TALK, 30, 38),
    (NUMBER, 38, 63),
    (CHARGE, 63, 74),
    (KIND, 74, 76),
    (ACCOUNT, 76, 87),
    (MSN, 87, 98),
];

/// One cell with the number of the line's bytes that begin with it; absent where the line ended before it.
type Cell<'a> = Option<(&'a [u8], usize)>;

/// A line's cells, by bars if there is one behind the date, else by columns.
fn cells(line: &[u8]) -> [Cell<'_>; 11] {
    let mut cells = [None; 11];
    if line.get(8) == Some(&b'|') {
        let mut begin = 0;
        for (slot, cell) in cells.iter_mut().zip(line.split(|b| *b == b'|')) {
            *slot = Some((cell, line.len() - begin));
            begin += cell.len() + 1;
        }
    } else {
        for (slot, (_, from, to)) in cells.iter_mut().zip(COLUMNS) {
            let cell = line.get(from..to.min(line.len())).filter(|cell| !cell.is_empty());
            *slot = cell.map(|cell| (cell, line.len() - from));
        }
    }
    cells
}

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
fn may<'a>(about: Field, cell: Cell<'a>) -> Result<Option<&'a [u8]>, Misfit<'a>> {
    cell.map_or(Ok(None), |(cell, left)| fit(about, cell, left, number))
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
        source: Source::of(line),
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
fn usual_fields(line: &[u8]) -> Option<Fields<'_>> {
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
    ] = cells(line).map(|cell| cell.map(|(cell, _)| usual::trimmed(cell)));
    let must = |cell: Option<_>| usual_number(cell?);
    let may = |cell: Option<_>| cell.map_or(Some(None), usual_number);
    let [d1, d2, b'.', m1, m2, b'.', y1, y2] = date? else {
        return None;
    };
    let day = Day {
        year: usual::two(*y1, *y2)?.into(),
        month: usual::two(*m1, *m2).filter(|month| *month <= 12)?.into(),
        day: usual::two(*d1, *d2).filter(|day| *day <= 31)?.into(),
    };
    let charge = charge?;
    let (_, kind) = self::kind(kind?).ok().filter(|(rest, _)| rest.is_empty())?;
    Some(Fields {
        source: Source::of(line),
        day,
        clock: usual::time(time?)?,
        trunk: must(trunk)?,
        extension: must(extension)?,
        ring: match ring? {
            [] => None,
            [a, b, b':', c, d] => Some(usual::span(&[b'0', b'0', b':', *a, *b, b':', *c, *d])?),
            _ => return None,
        },
        talk: match talk? {
            [] => None,
            span => Some(usual::span(span)?),
        },
        number: must(party)?,
        charged: is_amount(charge).then_some(!charge.is_empty())?,
        kind,
        account: may(account)?,
        msn: may(msn)?,
    })
}

fn usual_number(cell: &[u8]) -> Option<Option<&[u8]>> {
    let fits = cell
        .iter()
        .all(|b| matches!(b, b'0'..=b'9' | b'+' | b'*' | b'#' | b'?'));
    fits.then_some((!cell.is_empty()).then_some(cell))
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
fn number(i: &[u8]) -> Inner<'_, Option<&[u8]>> {
    let text = take_while(|b: u8| b.is_ascii_digit() || b"+*#?".contains(&b));
    map(text, |text: &[u8]| (!text.is_empty()).then_some(text)).parse(i)
}

/// Pulses, or an amount of money; whether there is one.
fn amount(i: &[u8]) -> Inner<'_, bool> {
    map(
        take_while(|b: u8| b.is_ascii_digit() || b".,".contains(&b)),
        |text: &[u8]| !text.is_empty(),
    )
    .parse(i)
}

fn kind(i: &[u8]) -> Inner<'_, Kind> {
    map_opt(digit1, |digits: &[u8]| match digits {
        [b'3', what @ b'0'..=b'9'] => Some(Kind {
            what: what - b'0',
            follows: true,
        }),
        [what @ b'0'..=b'9'] => Some(Kind {
            what: what - b'0',
            follows: false,
        }),
        _ => None,
    })
    .parse(i)
}

// ---- what it means

impl Reading {
    fn leg(&self, line: u64, at: DateTime, f: &Fields<'_>) -> Leg {
        let text = |cell| f.source.text(cell);
        let incoming = f.kind.is_incoming();
        let (ring, talk) = (f.ring.unwrap_or(0), f.talk.unwrap_or(0));
        let (start, answer) = self.stamp.times(at, ring, talk);
        let (disposition, answered_by) = self.outcome(f);
        let engaged = disposition == Disposition::Answered;

        let mut inferred = Inferred::new();
        if self.stamp != Meaning::Start {
            inferred.push("start");
        }
        if engaged && self.stamp != Meaning::Answer {
            inferred.push("answered_at");
        }
        if incoming && f.talk == Some(0) {
            inferred.extend(["disposition", "answered_by"]);
        } else if answered_by.is_some() && matches!(f.kind.what, 3 | 7) {
            inferred.push("answered_by");
        }
        let passed_on = !incoming && (f.kind.follows || matches!(f.kind.what, 6 | 8 | 9));
        if passed_on && f.extension.is_some() {
            inferred.push("calling_number");
        }

        let (calling, called) = if incoming {
            (f.number, f.msn.or(f.extension))
        } else {
            (f.extension, f.number)
        };
        Leg {
            line,
            lines: 1,
            line_numbers: LineNumbers::from_slice(&[line]),
            start: Stamp::local(start),
            answered_at: engaged.then(|| Stamp::local(answer)),
            direction: if incoming {
                Direction::Incoming
            } else {
                Direction::Outgoing
            },
            calling_number: calling.map(text),
            calling_name: None,
            called_number: called.map(text),
            station: f.extension.map(text),
            answered_by,
            trunk: f.trunk.map(text),
            ring_seconds: f.ring,
            talk_seconds: f.talk,
            disposition,
            transfer: transfer(f),
            pbx_call_id: None,
            account_code: f.account.map(text),
            inferred,
            marks: Marks {
                last: None,
                target: f.extension.filter(|_| incoming).map(text),
                transferred: f.kind.follows || matches!(f.kind.what, 5..=8),
                marks_transfers: true,
                resolution_seconds: 1,
                ..Marks::default()
            },
        }
    }

    /// How the leg ended and which extension answered.
    fn outcome(&self, f: &Fields<'_>) -> (Disposition, Option<Text>) {
        let talked = f.talk.is_some_and(|seconds| seconds > 0);
        if !f.kind.is_incoming() {
            return match talked {
                true => (Disposition::Answered, None),
                false => (Disposition::Unknown, None),
            };
        }
        let zero_counts = self.zero_is_answered && f.talk == Some(0);
        if !talked && !zero_counts {
            return (Disposition::NoAnswer, None);
        }
        match f.extension {
            Some(extension) if !f.kind.is_to_outside() => (Disposition::Answered, Some(f.source.text(extension))),
            _ => (Disposition::Unknown, None),
        }
    }
}

/// The next part of a connection names one side of the transfer.
fn transfer(f: &Fields<'_>) -> Option<Transfer> {
    let named = f.kind.follows.then(|| f.extension.map(|cell| f.source.text(cell)));
    named.map(|extension| match f.kind.what {
        7 | 8 => Transfer {
            from: extension,
            to: None,
        },
        _ => Transfer {
            from: None,
            to: extension,
        },
    })
}

#[cfg(test)]
#[path = "siemens_hipath_tests.rs"]
mod tests;
