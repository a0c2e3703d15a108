//! Avaya IP Office (500, 500 V2, Server Edition; B5800 Branch Gateway): SMDR output, comma-separated.
//!
//! Layout: Avaya's "SMDR Fields" page and the B5800 Manager manual, checked against lines of three sites.
//! The switch connects to us (or we to it), sends no login and no header, and prints a line when a *segment* ends:
//!
//! ```text
//! 1 call start          2008/06/28 09:30:57   the same in all segments of a call; the manual also omits seconds
//! 2 connected time      00:00:13              talk alone: no ring, hold, park
//! 3 ring time           7                     seconds; incoming: the whole wait
//! 4 caller              01707392200           blank if withheld; `number@host` on SIP
//! 5 direction           I                     I, O (internal calls are O)
//! 6 called number       299999                the target extension or group
//! 7 dialled number      299999                incoming: the DDI digits
//! 8 account             (blank)
//! 9 is internal         0                     0, 1; the manual misprints I for 1
//! 10 call ID            1000014160            restarts with the system
//! 11 continuation       1                     1: more segments follow
//! 12-15 party 1, party 2: device, name        E extension, T trunk, V9501.. voicemail, V1.. conference
//! 16, 17 hold, park     11,0                  seconds
//! 18, 19 authorisation  valid, code
//! 20-27 advice of charge
//! 28-30 external targeting cause, targeter, targeted number
//! 31-34 servers and call ids; 35 time of printing; 36, 37 consent, verification
//! ```
//!
//! Lines of 27 to 37 fields were met; 15 are enough to tell who answered, and what follows field 30 is ignored.
//! Names are not quoted: a comma in one is found by the devices and figures around it, else the line is not parsed.
//!
//! **Decided here.** Direction `O` with internal flag 1 or `I` is internal. Who answered: incoming, the extension of
//! either party; internal, the called one; if there was talk, hold or park. A party `V95xx`, or named `VM Channel`
//! (the manual misprints V9051), is voicemail: also a closing segment of zero seconds. Start plus ring is the answer
//! time, of a call's first segment alone: later ones repeat the start. Outgoing: a talk time means that the other side
//! answered; zero leaves it unknown. A blank caller of an outgoing segment is its extension, unless the switch made
//! the segment for somebody (field 28). Only a cause `Xfd` names a transfer. Missing seconds are `00` and `start` is
//! then inferred; a missing date (the manual prints `…`) cannot be made up: recognised, not parsed.
//!
//! **Cannot tell**: which twin of a pair answered, who calls in by name, why an outgoing call failed, the zone.

mod usual_line;

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use encoding_rs::Encoding;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n};
use nom::character::complete::{char, digit1, one_of};
use nom::combinator::{eof, map_opt, opt, recognize, value, verify};
use nom::sequence::{pair, preceded, terminated};

use crate::call::{Direction, Disposition, Machine};
use crate::smdr::figures::{digits, duration, number};
use crate::smdr::misfit::{Field, Fitted, Inner, Misfit, field, late, name_before, trim};
use crate::smdr::text::{decoded, filled};
use crate::smdr::usual;
use crate::smdr::view::{Deduced, Deductions, LegView};
use crate::smdr::{About, Dialect, Line, OptionError, OptionInfo, Options, Parsed, Parser, Said, Tells, options};
use usual_line::usual_segment;

/// The registry's entry.
pub static DIALECT: AvayaIpOffice = AvayaIpOffice;

/// The dialect.
pub struct AvayaIpOffice;

static ABOUT: About = About {
    name: "avaya-ip-office",
    title: "Avaya IP Office SMDR",
    models: &[
        "IP Office 500, 500 V2",
        "IP Office Server Edition",
        "B5800 Branch Gateway",
    ],
    transports: &["tcp", "file"],
    options: &[OptionInfo {
        name: "encoding",
        values: "a code page's name, such as utf-8, gb18030, latin1",
        default: "utf-8, what is none replaced",
        meaning: "how names are written",
    }],
    tells: Tells {
        ring_time: true,
        who_answered: true,
        missed: true,
        transfers: true,
        call_id: true,
        seconds: true,
        year: true,
        zone: false,
        stamp: "start",
        end_mark: "record",
    },
    limits: &[
        "the answer time is the start plus the ring time, and only the first segment of a call has one",
        "ring time of an incoming call is the whole wait at the switch, not that phone's ringing",
        "an outgoing call without talk is unknown: the format does not say whether it was busy or rang",
        "only transfers to the outside are named (cause Xfd); others show as further segments of one call ID",
        "a twin's answer is printed as the main extension's",
        "incoming calls have no caller's name",
        "a comma in a user's name is found by the fields around it; where that fails the line is not parsed",
        "call IDs restart with the system",
        "a voicemail answer, also one of zero seconds, is known by the device V95xx or the name VM Channel",
        "stamps without seconds count as second 00; a line without a date is not parsed",
    ],
    sources: &[
        "Avaya IP Office, SMDR Fields (2010)",
        "Avaya B5800 Branch Gateway Manager 10.0, SMDR examples",
        "lines of four sites, of 15, 30 and 34 fields",
    ],
};

impl Dialect for AvayaIpOffice {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// The share of the line's nine anchors that hold. A missing date leaves the rest.
    fn score(&self, line: &[u8]) -> f64 {
        let line = without_leading_filler(line);
        let mut cells = [&b""[..]; 15];
        let mut count = 0;
        for (cell, slot) in line.split(|b| *b == b',').zip(&mut cells) {
            *slot = trim(cell);
            count += 1;
        }
        let [
            start,
            connected,
            ring,
            _,
            direction,
            _,
            _,
            _,
            internal,
            id,
            more,
            device,
            ..,
        ] = cells;
        if !fits(duration, connected) || !fits(one_of("IO"), direction) {
            return 0.0;
        }
        let anchors = [
            true,
            true,
            fits(stamp, start),
            start
                .split(|b| *b == b' ')
                .next_back()
                .is_some_and(|time| fits(clock_time, time)),
            fits(number, ring),
            fits(one_of("01I"), internal),
            fits(digit1, id) && fits(one_of("01"), more),
            device.is_empty() || fits(device_text, device),
            count == 15,
        ];
        let held: u8 = anchors.into_iter().map(u8::from).sum();
        f64::from(held) / 9.0
    }

    fn parser(&self, options: &Options) -> Result<Box<dyn Parser>, OptionError> {
        ABOUT.check_names(options)?;
        Ok(Box::new(Segments {
            encoding: options::encoding(options)?,
            begun: Begun::default(),
        }))
    }

    fn shifted(&self, line: &[u8], seconds: i64) -> Option<Vec<u8>> {
        let filler = line.len() - without_leading_filler(line).len();
        let mut out = line[..filler].to_vec();
        for (n, cell) in line[filler..].split(|b| *b == b',').enumerate() {
            if n > 0 {
                out.push(b',');
            }
            // The time of printing is field 35, or a few later where a name holds commas.
            let moved = if n == 0 || n >= 30 {
                shifted_stamp(cell, seconds)
            } else {
                None
            };
            match moved {
                Some(moved) => out.extend_from_slice(moved.as_bytes()),
                None if n == 0 => return None,
                None => out.extend_from_slice(cell),
            }
        }
        Some(out)
    }
}

fn shifted_stamp(cell: &[u8], seconds: i64) -> Option<String> {
    let (_, start) = terminated(stamp, eof).parse(cell).ok()?;
    let at = start.at.checked_add(SignedDuration::from_secs(seconds)).ok()?;
    let format = if start.has_seconds {
        "%Y/%m/%d %H:%M:%S"
    } else {
        "%Y/%m/%d %H:%M"
    };
    Some(at.strftime(format).to_string())
}

/// A connection may begin with NULs, a file with a byte order mark.
fn without_leading_filler(line: &[u8]) -> &[u8] {
    let line = &line[line.iter().take_while(|b| **b == 0).count()..];
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
}

fn fits<'a, T>(
    mut parser: impl nom::Parser<&'a [u8], Output = T, Error = nom::error::Error<&'a [u8]>>,
    cell: &'a [u8],
) -> bool {
    parser.parse(cell).is_ok_and(|(rest, _)| rest.is_empty())
}

// ---- the running parser

struct Segments {
    encoding: &'static Encoding,
    begun: Begun,
}

impl Parser for Segments {
    fn read(&mut self, line: Line<'_>, say: &mut dyn FnMut(Said<'_>)) {
        if let Some(what) = no_segment(line.bytes) {
            return say(Said::Skipped {
                line: line.number,
                what,
            });
        }
        let text = without_leading_filler(line.bytes);
        if let Some(segment) = usual_segment(text) {
            return self.tell(line.number, text, &segment, say);
        }
        match segment(text) {
            Ok((_, segment)) => self.tell(line.number, text, &segment, say),
            Err(nom::Err::Error(misfit) | nom::Err::Failure(misfit)) => say(Said::misfit(line, &misfit)),
            Err(nom::Err::Incomplete(_)) => say(Said::Unparsed {
                line: line.number,
                column: line.bytes.len() + 1,
                error: "the line is cut".to_owned(),
            }),
        }
    }

    fn flush(&mut self, _: &mut Vec<Parsed>) {}
}

/// What a line is that tells of no call.
fn no_segment(line: &[u8]) -> Option<&'static str> {
    if line.first().is_some_and(u8::is_ascii_digit) {
        None
    } else if line.iter().all(u8::is_ascii_whitespace) {
        Some("blank line")
    } else if line.iter().all(u8::is_ascii_control) {
        Some("control bytes")
    } else {
        let title = without_leading_filler(line).get(..10)?;
        title.eq_ignore_ascii_case(b"call start").then_some("header")
    }
}

/// Which calls have more segments to come, so that those are not taken for the first.
#[derive(Default)]
struct Begun {
    starts: HashMap<u64, DateTime, BuildHasherDefault<Mixed>>,
    order: VecDeque<u64>,
}

/// Ids spread by one multiplication: there are few, and it is the switch that gives them.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, id: u64) {
        let mixed = (self.0 ^ id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

impl Begun {
    /// Calls remembered; a switch has far fewer going on.
    const LIMIT: usize = 2_000;

    fn is_first(&mut self, segment: &Segment<'_>) -> bool {
        if self.starts.is_empty() && !segment.more {
            return true;
        }
        // Ids of more digits than a switch prints may fall together: then their starts tell them apart.
        let digit = |id: u64, b: &u8| id.wrapping_mul(10).wrapping_add(u64::from(b.wrapping_sub(b'0')));
        let id = segment.call_id.iter().fold(0, digit);
        // An id with another start is another call: ids restart with the system.
        let first = self.starts.get(&id) != Some(&segment.start.at);
        if first && segment.more {
            if self.starts.insert(id, segment.start.at).is_none() {
                self.order.push_back(id);
            }
            if self.order.len() > Self::LIMIT
                && let Some(oldest) = self.order.pop_front()
            {
                self.starts.remove(&oldest);
            }
        }
        first
    }
}

// ---- the line

#[derive(Debug, Clone, Copy, PartialEq)]
struct Start {
    at: DateTime,
    has_seconds: bool,
}

/// The line's fields, as printed.
#[derive(Debug, PartialEq)]
struct Segment<'a> {
    /// All bytes of the line are visible ASCII or blanks.
    plain: bool,
    /// Some number may have a host behind it.
    has_host: bool,
    start: Start,
    connected: i64,
    ring: Option<i64>,
    caller: &'a [u8],
    incoming: bool,
    called: &'a [u8],
    dialled: &'a [u8],
    account: &'a [u8],
    internal: bool,
    call_id: &'a [u8],
    more: bool,
    party1: Party<'a>,
    party2: Party<'a>,
    hold: i64,
    park: i64,
    auth_code: Option<&'a [u8]>,
    cause: &'a [u8],
    targeter: &'a [u8],
}

impl<'a> Segment<'a> {
    /// The number of a SIP address.
    fn without_host(&self, number: &'a [u8]) -> &'a [u8] {
        if self.has_host {
            number.split(|b| *b == b'@').next().unwrap_or(number)
        } else {
            number
        }
    }
}

/// A device with the name printed beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Party<'a> {
    device: &'a [u8],
    /// Its first letter, and the digits behind it.
    kind: u8,
    number: &'a [u8],
    name: &'a [u8],
}

impl<'a> Party<'a> {
    #[inline]
    fn new(device: &'a [u8], name: &'a [u8]) -> Self {
        let (kind, number) = device
            .split_first()
            .map_or((0, &b""[..]), |(kind, number)| (*kind, number));
        Self {
            device,
            kind,
            number,
            name,
        }
    }

    /// Empty if the device is another: there is none without a number.
    #[inline(always)]
    fn number_after(&self, letter: u8) -> &'a [u8] {
        if self.kind == letter { self.number } else { b"" }
    }

    #[inline]
    fn extension(&self) -> &'a [u8] {
        self.number_after(b'E')
    }

    #[inline]
    fn is_voicemail(&self) -> bool {
        matches!(self.number_after(b'V'), [b'9', b'5', _, _]) || self.name.starts_with(b"VM Channel")
    }

    fn is_other_machine(&self) -> bool {
        !self.number_after(b'V').is_empty() && !self.is_voicemail()
    }
}

/// Cause and targeter.
type Targeting<'a> = (&'a [u8], &'a [u8]);
type Party2AndTimes<'a> = (Party<'a>, (i64, i64, bool));

fn segment(line: &[u8]) -> Fitted<'_, Segment<'_>> {
    let (rest, head) = (
        call_start,
        connected_time,
        ring_time,
        caller,
        direction,
        called_number,
        dialled_number,
    )
        .and((account, is_internal, call_id, continuation, party1_device))
        .parse(line)?;
    let ((start, connected, ring, caller, incoming, called, dialled), head) = head;
    let (account, internal, call_id, more, device) = head;
    let (rest, (name, (party2, (hold, park, authorised)))) = name_before(PARTY1_NAME, party2_and_times).parse(rest)?;
    let (rest, auth_code) = auth_code(rest)?;
    let (rest, (_user_charged, (cause, targeter))) = user_charged(rest)?;
    let segment = Segment {
        plain: usual::is_printable(line),
        has_host: line.contains(&b'@'),
        start,
        connected,
        ring,
        caller,
        incoming,
        called,
        dialled,
        account,
        internal,
        call_id,
        more,
        party1: Party::new(device, name),
        party2,
        hold,
        park,
        auth_code: authorised.then_some(auth_code),
        cause,
        targeter,
    };
    Ok((rest, segment))
}

const fn is(number: usize, name: &'static str, expected: &'static str) -> Field {
    Field { number, name, expected }
}

const PARTY1_NAME: Field = is(13, "party 1 name", "a name");
const PARTY2_NAME: Field = is(15, "party 2 name", "a name (15 fields or more)");
const LATE_CAUSE: Field = is(28, "external targeting cause", "the cause that stands in field 29");
const CAUSE: Field = is(28, "external targeting cause", "nothing, or a cause such as `U Xfd`");

fn call_start(i: &[u8]) -> Fitted<'_, Start> {
    field(is(1, "call start", "YYYY/MM/DD HH:MM:SS"), stamp)(i)
}

fn connected_time(i: &[u8]) -> Fitted<'_, i64> {
    field(is(2, "connected time", "HH:MM:SS"), duration)(i)
}

/// Analogue outgoing calls have none.
fn ring_time(i: &[u8]) -> Fitted<'_, Option<i64>> {
    field(is(3, "ring time", "seconds"), opt(number))(i)
}

fn caller(i: &[u8]) -> Fitted<'_, &[u8]> {
    field(is(4, "caller", "a number"), printable)(i)
}

fn direction(i: &[u8]) -> Fitted<'_, bool> {
    field(
        is(5, "direction", "I or O"),
        alt((value(true, char('I')), value(false, char('O')))),
    )(i)
}

fn called_number(i: &[u8]) -> Fitted<'_, &[u8]> {
    field(is(6, "called number", "a number"), printable)(i)
}

fn dialled_number(i: &[u8]) -> Fitted<'_, &[u8]> {
    field(is(7, "dialled number", "a number"), printable)(i)
}

fn account(i: &[u8]) -> Fitted<'_, &[u8]> {
    field(is(8, "account", "an account code"), printable)(i)
}

fn is_internal(i: &[u8]) -> Fitted<'_, bool> {
    field(
        is(9, "is internal", "0 or 1"),
        alt((value(false, char('0')), value(true, one_of("1I")))),
    )(i)
}

fn call_id(i: &[u8]) -> Fitted<'_, &[u8]> {
    field(is(10, "call ID", "a number"), digit1)(i)
}

fn continuation(i: &[u8]) -> Fitted<'_, bool> {
    field(
        is(11, "continuation", "0 or 1"),
        alt((value(false, char('0')), value(true, char('1')))),
    )(i)
}

fn party1_device(i: &[u8]) -> Fitted<'_, &[u8]> {
    field(is(12, "party 1 device", "E, T or V with a number"), opt_device)(i)
}

/// Fields 14 to 18, in one: they anchor the comma-ridden names before and among them.
fn party2_and_times(i: &[u8]) -> Fitted<'_, Party2AndTimes<'_>> {
    let about = is(14, "party 2 device", "E, T or V with a number, or nothing");
    let (after, device) = field(about, opt_device)(i)?;
    let (rest, (name, times)) = name_before(PARTY2_NAME, times)(after)?;
    if device.is_empty() && !name.is_empty() {
        let about = is(14, "party 2 device", "a device, since a name follows");
        return Err(nom::Err::Error(Misfit::new(about, b"", after.len())));
    }
    Ok((rest, (Party::new(device, name), times)))
}

/// Hold time, park time, and whether the authorisation code was valid.
fn times(i: &[u8]) -> Fitted<'_, (i64, i64, bool)> {
    let (rest, hold) = late_number(is(16, "hold time", "seconds"), i)?;
    let (rest, park) = late_number(is(17, "park time", "seconds"), rest)?;
    let valid = alt((
        value(true, char('1')),
        value(false, tag("0")),
        value(false, tag("n/a")),
        value(false, eof),
    ));
    let (rest, authorised) = late(is(18, "authorisation valid", "0, 1 or nothing"), valid)(rest)?;
    Ok((rest, (hold, park, authorised)))
}

/// Missing at the end of a short line, never blank within a long one: then it anchors the name before it.
fn late_number(about: Field, i: &[u8]) -> Fitted<'_, i64> {
    if matches!(i, b"" | b",") {
        Ok((b"", 0))
    } else {
        field(about, number)(i)
    }
}

fn auth_code(i: &[u8]) -> Fitted<'_, &[u8]> {
    late(is(19, "authorisation code", "a code"), printable)(i)
}

/// Fields 20 to 30: a name, charges, and why the switch made an outside segment.
fn user_charged(i: &[u8]) -> Fitted<'_, (&[u8], Targeting<'_>)> {
    if i.is_empty() {
        return Ok((i, (b"", (b"", b""))));
    }
    name_before(is(20, "user charged", "a name"), charges)(i)
}

fn charges(i: &[u8]) -> Fitted<'_, Targeting<'_>> {
    let (rest, _) = late(is(21, "call charge", "an amount"), amount)(i)?;
    let (rest, _) = late(is(22, "currency", "a currency"), take_while_m_n(0, 8, |_| true))(rest)?;
    let (rest, _) = (
        late(is(23, "amount at last user change", "an amount"), amount),
        late(is(24, "call units", "a number"), amount),
        late(is(25, "units at last user change", "a number"), amount),
        late(is(26, "cost per unit", "an amount"), amount),
        late(is(27, "mark up", "an amount"), amount),
    )
        .parse(rest)?;
    external_targeting(rest)
}

/// The cause, and who had set it up. A cause one field late means that a comma is too many before it.
fn external_targeting(i: &[u8]) -> Fitted<'_, Targeting<'_>> {
    let (after, cause) = late(CAUSE, alt((cause, recognize(eof))))(i)?;
    let (rest, targeter) = match after {
        [b',', last @ ..] if !last.contains(&b',') => (&b""[..], trim(last)),
        [] => (after, after),
        _ => {
            let number = field(is(30, "targeted number", "a number"), alt((dialled, recognize(eof))));
            let (rest, (targeter, _)) = name_before(is(29, "targeter", "a name"), number)(after)?;
            (rest, targeter)
        }
    };
    if cause.is_empty() && targeter.contains(&b' ') && fits(self::cause, targeter) {
        return Err(nom::Err::Error(Misfit::new(LATE_CAUSE, b"", after.len())));
    }
    Ok((rest, (cause, targeter)))
}

// ---- what stands in a field

fn printable(i: &[u8]) -> Inner<'_, &[u8]> {
    take_while(|b: u8| (b' '..=b'~').contains(&b)).parse(i)
}

fn dialled(i: &[u8]) -> Inner<'_, &[u8]> {
    verify(printable, |text: &[u8]| text.iter().any(u8::is_ascii_digit)).parse(i)
}

fn clock_time(i: &[u8]) -> Inner<'_, (i64, i64, Option<i64>)> {
    (
        digits(2, 23),
        preceded(char(':'), digits(2, 59)),
        opt(preceded(char(':'), digits(2, 59))),
    )
        .parse(i)
}

fn stamp(i: &[u8]) -> Inner<'_, Start> {
    let date = (
        digits(4, 9999),
        preceded(char('/'), digits(2, 12)),
        preceded(char('/'), digits(2, 31)),
    );
    map_opt((date, preceded(char(' '), clock_time)), |((y, mo, d), (h, mi, s))| {
        let small = |n: i64| i8::try_from(n).ok();
        let year = i16::try_from(y).ok()?;
        let at = DateTime::new(
            year,
            small(mo)?,
            small(d)?,
            small(h)?,
            small(mi)?,
            small(s.unwrap_or(0))?,
            0,
        );
        Some(Start {
            at: at.ok()?,
            has_seconds: s.is_some(),
        })
    })
    .parse(i)
}

fn device_text(i: &[u8]) -> Inner<'_, &[u8]> {
    recognize(pair(one_of("ETV"), digit1)).parse(i)
}

fn opt_device(i: &[u8]) -> Inner<'_, &[u8]> {
    alt((device_text, recognize(eof))).parse(i)
}

/// No letters, so that a name that slipped here is noticed.
fn amount(i: &[u8]) -> Inner<'_, ()> {
    value((), alt((tag("n/a"), take_while(|b| matches!(b, b' '..=b'@'))))).parse(i)
}

/// Who (`U` user, `HG` group, `LINE`, `AA`, `?` …), then perhaps why (`fu`, `Xfd`, `MT` …).
fn cause(i: &[u8]) -> Inner<'_, &[u8]> {
    let who = alt((tag("?"), take_while_m_n(1, 4, |b: u8| b.is_ascii_uppercase())));
    let why = take_while_m_n(1, 5, |b: u8| b.is_ascii_alphabetic());
    recognize(pair(who, opt(pair(one_of(" :"), why)))).parse(i)
}

// ---- what it means

impl Segments {
    #[inline]
    fn tell(&mut self, number: u64, line: &[u8], segment: &Segment<'_>, say: &mut dyn FnMut(Said<'_>)) {
        let first = self.begun.is_first(segment);
        say(Said::Leg(&self.leg(number, line, segment, first)));
    }

    #[inline(always)]
    fn leg<'a>(&self, number: u64, line: &'a [u8], s: &Segment<'a>, first: bool) -> LegView<'a> {
        let direction = match (s.incoming, s.internal) {
            (true, _) => Direction::Incoming,
            (false, true) => Direction::Internal,
            (false, false) => Direction::Outgoing,
        };
        let station = station(s, direction);
        let (disposition, answerer) = outcome(s, direction, station);
        let answered_at = if first { answered_at(s, disposition) } else { None };
        let caller = calling_number(s, direction);
        let mut inferred = Deductions::default();
        inferred.note(!s.start.has_seconds, Deduced::Start);
        inferred.note(answered_at.is_some(), Deduced::AnsweredAt);
        inferred.note(caller.inferred, Deduced::CallingNumber);
        let transferred = s.cause.ends_with(b" Xfd");
        let called = s.without_host(s.called);
        let dialled = s.without_host(s.dialled);
        LegView {
            encoding: self.encoding,
            answered_at,
            calling_number: caller.number,
            calling_name: match s.party1.extension() {
                b"" => b"",
                _ if s.incoming => b"",
                _ => self.name(s, s.party1.name),
            },
            called_number: if dialled.is_empty() { called } else { dialled },
            station: filled(station),
            answered_by: filled(answerer),
            trunk: if s.party1.kind == b'T' {
                s.party1.device
            } else if s.party2.kind == b'T' {
                s.party2.device
            } else {
                b""
            },
            ring_seconds: s.ring,
            talk_seconds: Some(s.connected),
            disposition,
            transfer: transferred.then(|| (self.name(s, s.targeter), station)),
            pbx_call_id: s.call_id,
            account_code: s.account,
            inferred,
            last: Some(!s.more),
            one_start: true,
            machine: match disposition {
                Disposition::Voicemail => Some(Machine::Voicemail),
                _ if !answerer.is_empty() => None,
                _ => [s.party1, s.party2]
                    .iter()
                    .any(Party::is_other_machine)
                    .then_some(Machine::Other),
            },
            target: called,
            agent: s.auth_code.filter(|code| !code.is_empty() && *code != b"n/a"),
            transferred,
            held_seconds: s.hold.saturating_add(s.park),
            resolution_seconds: if s.start.has_seconds { 1 } else { 60 },
            ..LegView::new(number, line, s.start.at, direction)
        }
    }

    /// Blank if noise got into it.
    fn name<'a>(&self, s: &Segment<'a>, name: &'a [u8]) -> &'a [u8] {
        let noisy = !s.plain && decoded(name, self.encoding).chars().any(char::is_control);
        if noisy { b"" } else { name }
    }
}

/// How the segment ended and which extension answered, if any did.
fn outcome<'a>(s: &Segment<'a>, direction: Direction, station: &'a [u8]) -> (Disposition, &'a [u8]) {
    if s.party1.is_voicemail() || s.party2.is_voicemail() {
        return (Disposition::Voicemail, b"");
    }
    let engaged = s.connected > 0 || s.hold > 0 || s.park > 0;
    match direction {
        Direction::Outgoing if s.connected > 0 => (Disposition::Answered, b""),
        Direction::Outgoing => (Disposition::Unknown, b""),
        Direction::Incoming => match station {
            b"" => (Disposition::NoAnswer, b""),
            extension if engaged => (Disposition::Answered, extension),
            _ => (Disposition::NoAnswer, b""),
        },
        Direction::Internal if engaged => (Disposition::Answered, s.party2.extension()),
        Direction::Internal => (Disposition::NoAnswer, b""),
    }
}

fn answered_at(s: &Segment<'_>, disposition: Disposition) -> Option<DateTime> {
    let answered = match disposition {
        Disposition::Answered => true,
        Disposition::Voicemail => s.connected > 0,
        Disposition::NoAnswer | Disposition::Busy | Disposition::Failed | Disposition::Unknown => false,
    };
    let ring = s.ring.filter(|_| answered)?;
    usual::moved(s.start.at, ring)
}

#[derive(Clone, Copy)]
struct Caller<'a> {
    /// Empty if there is none.
    number: &'a [u8],
    inferred: bool,
}

fn calling_number<'a>(s: &Segment<'a>, direction: Direction) -> Caller<'a> {
    let host = s.has_host && s.caller.contains(&b'@');
    let number = s.without_host(s.caller);
    // SIP's own word for a withheld number.
    let withheld = number.is_empty() || (host && number.eq_ignore_ascii_case(b"anonymous"));
    if !withheld {
        return Caller {
            number,
            inferred: false,
        };
    }
    // With a cause the switch made the segment for somebody else.
    let own = direction != Direction::Incoming && s.cause.is_empty();
    let number = if own { s.party1.extension() } else { b"" };
    Caller {
        number,
        inferred: !number.is_empty(),
    }
}

/// An extension outranks a trunk for being party 1, so either party may be it.
fn station<'a>(s: &Segment<'a>, direction: Direction) -> &'a [u8] {
    let (first, second) = (s.party1.extension(), s.party2.extension());
    match direction {
        Direction::Incoming if first.is_empty() => second,
        Direction::Internal if !second.is_empty() => second,
        Direction::Incoming | Direction::Internal | Direction::Outgoing => first,
    }
}

#[cfg(test)]
mod tests;
