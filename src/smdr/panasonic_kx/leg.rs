//! What a Panasonic line means.

use std::borrow::Cow;

use encoding_rs::Encoding;
use jiff::civil::DateTime;

use super::line::{Fields, Span};
use crate::call::{Direction, Disposition, Machine};
use crate::smdr::stamps::Meaning;
use crate::smdr::text::filled;
use crate::smdr::usual;
use crate::smdr::view::{Deduced, Deductions, LegView};

/// What a line turned out to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Found<'a> {
    /// A finished leg.
    Leg,
    /// `AN`: a leg that goes on.
    Answer,
    /// `RC`: a call arrives.
    Arrival {
        /// On this trunk; empty if none is named.
        trunk: &'a [u8],
    },
    /// Something at a phone that is no call.
    Event(&'static str),
}

/// The other side, by the dial number's field; texts that are not there are empty.
#[derive(Debug, PartialEq)]
pub enum Party<'a> {
    /// A caller from outside.
    Incoming(Caller<'a>),
    /// An extension.
    Extension(&'a [u8]),
    /// An outside number.
    Dialled(&'a [u8]),
    /// None: an event.
    Event(&'static str),
}

/// A caller from outside.
#[derive(Debug, Default, PartialEq)]
pub struct Caller<'a> {
    name: &'a [u8],
    number: &'a [u8],
    /// The number that was called.
    ddi: &'a [u8],
    machine: Option<Machine>,
    /// By `incoming` in small letters, as small switches print it.
    small: bool,
    /// Through DISA: an announcement had it first.
    disa: bool,
    /// Known by ring time or code alone.
    inferred: bool,
}

/// The dial number's field as text.
pub fn dial_text<'a>(dial: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    // In all code pages that the option takes, ASCII is ASCII.
    match str::from_utf8(dial) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => encoding.decode_without_bom_handling(dial).0,
    }
}

impl<'a> Party<'a> {
    /// The same as [`Party::of`] finds where the field holds digits, as nearly all do.
    #[inline]
    pub fn usual(f: &Fields<'a>) -> Option<Self> {
        let (marked, number) = match f.dial {
            b"\\" => (true, &b""[..]),
            [b'<', b'I', b'>', number @ ..] => (true, number),
            number => (false, number),
        };
        if !(number.is_empty() || usual::is_digits(number)) {
            return None;
        }
        Some(if marked || f.is_answerable() {
            Self::Incoming(Caller {
                number,
                inferred: !marked,
                ..Caller::default()
            })
        } else {
            Self::Dialled(number)
        })
    }

    /// Reads the dial number's field with its surroundings.
    pub fn of(f: &Fields<'_>, dial: &'a str) -> Self {
        let dial = dial.trim();
        if let Some(caller) = incoming(dial) {
            return caller;
        }
        if let Some(extension) = dial.strip_prefix("EXT").filter(|e| is_number(e)) {
            Self::Extension(extension.as_bytes())
        } else if f.is_answerable() {
            let (name, number) = name_and_number(dial);
            Self::Incoming(Caller {
                name: name.as_bytes(),
                number: number.as_bytes(),
                inferred: true,
                ..Caller::default()
            })
        } else if f.trunk.is_empty() && f.code.is_empty() && dial.starts_with(|c: char| c.is_ascii_alphabetic()) {
            Self::Event("phone event")
        } else {
            Self::Dialled(dialled(dial).as_bytes())
        }
    }

    /// Only a KX-TA or TEA prints this.
    pub fn is_small(&self) -> bool {
        matches!(self, Self::Incoming(caller) if caller.small)
    }
}

/// `<D>…<I>…`, `<I>…`, `\`, and the small switches' words.
fn incoming(dial: &str) -> Option<Party<'_>> {
    if dial == "\\" {
        return Some(caller("", ""));
    }
    // Neither a mark nor a word.
    if usual::is_digits(dial.as_bytes()) {
        return None;
    }
    if let Some(after) = dial.strip_prefix("<D>") {
        let (called, from) = after.split_once("<I>").unwrap_or((after, ""));
        let (name, number) = name_and_number(called);
        return Some(caller(from, if number.is_empty() { name } else { number }));
    }
    if let Some(from) = dial.strip_prefix("<I>") {
        let sensor = from.strip_prefix('S').is_some_and(|n| n.len() == 3 && is_number(n));
        return Some(if sensor {
            Party::Event("sensor call")
        } else {
            caller(from, "")
        });
    }
    if !dial.bytes().fold(false, |has, b| has | b.is_ascii_alphabetic()) {
        return None;
    }
    by_words(dial)
}

fn caller<'a>(text: &'a str, ddi: &'a str) -> Party<'a> {
    let (name, number) = name_and_number(text);
    Party::Incoming(Caller {
        name: name.as_bytes(),
        number: number.as_bytes(),
        ddi: ddi.as_bytes(),
        ..Caller::default()
    })
}

fn by_words(dial: &str) -> Option<Party<'_>> {
    let text = dial.as_bytes();
    let has = |word: &[u8; 4], rest: &[u8]| {
        let first = word[0];
        memchr::memchr2_iter(first, first.to_ascii_uppercase(), text).any(|at| {
            let found = text.get(at..at + word.len() + rest.len());
            found
                .and_then(|found| found.split_first_chunk())
                .is_some_and(|(begin, end)| {
                    word.eq_ignore_ascii_case(begin as &[u8; 4]) && rest.eq_ignore_ascii_case(end)
                })
        })
    };
    let waiting = has(b"ucd ", b"waiting");
    if !waiting && !has(b"inco", b"ming") {
        return None;
    }
    let behind = dial.rsplit(['>', ' ']).next().unwrap_or_default();
    Some(Party::Incoming(Caller {
        number: if is_number(behind) { behind.as_bytes() } else { b"" },
        machine: waiting.then_some(Machine::Queue),
        // The first KX-TD print capitals, and no ring time either.
        small: !dial.starts_with("<INCOMING>"),
        disa: has(b"disa", b""),
        ..Caller::default()
    }))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_dialled)
}

fn is_dialled(b: u8) -> bool {
    matches!(b, b'0'..=b'9' | b'+' | b'*' | b'#' | b'-' | b'?')
}

/// Names and numbers share a field: what is at the end and can be dialled is the number, or what stands before a
/// blank and a name. Another text that begins with a figure and is no number is not cut: noise within a number would
/// give a shorter one. What is not there is empty.
fn name_and_number(text: &str) -> (&str, &str) {
    /// Shorter figures belong to the name.
    const SHORTEST: usize = 3;
    let text = text.trim();
    if usual::is_digits(text.as_bytes()) {
        return ("", text);
    }
    if text.is_empty() || is_noisy(text) {
        return ("", "");
    }
    if let Some((number, name)) = text.split_once(' ')
        && is_number(number)
        && number.len() >= SHORTEST
        && name.trim_start().starts_with(char::is_alphabetic)
    {
        // The KX-TD has the number first: `1022220 TOM HUNKS`.
        return (name.trim_start(), number);
    }
    let name = text.bytes().rposition(|b| !is_dialled(b)).map_or(0, |last| last + 1);
    let (name, number) = text.split_at_checked(name).unwrap_or((text, ""));
    let cut = name.is_empty() || (name.starts_with(char::is_alphabetic) && !name.ends_with('\u{fffd}'));
    if !cut || number.len() < SHORTEST.min(text.len()) {
        return (text, "");
    }
    (name.trim(), number)
}

fn is_noisy(text: &str) -> bool {
    if text.is_ascii() {
        usual::has_control(text.as_bytes())
    } else {
        text.chars().any(char::is_control)
    }
}

/// Without a flash before it, or the code of a switch in front of ours; empty if noise got into it.
fn dialled(dial: &str) -> &str {
    if usual::is_digits(dial.as_bytes()) {
        return dial;
    }
    let number = dial.strip_prefix("F/").unwrap_or(dial);
    let number = number.rsplit_once('=').map_or(number, |(_, behind)| behind);
    let number = match name_and_number(number) {
        (_, behind) if !behind.is_empty() && number.starts_with(char::is_alphabetic) => behind,
        _ => number,
    };
    let clean = !is_noisy(number) && !number.contains('\u{fffd}');
    if clean { number } else { "" }
}

/// What stands in the column of extensions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Station {
    /// An extension.
    Phone,
    /// `103B`: an announcement at an extension.
    Announcement,
    /// Door phone, tie trunk, trunk, a person's code, or blank.
    Other,
}

fn station(extension: &[u8]) -> Station {
    match extension {
        [] => Station::Other,
        [digits @ .., b'B'] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => Station::Announcement,
        digits if digits.iter().all(u8::is_ascii_digit) => Station::Phone,
        _ => Station::Other,
    }
}

/// What the line tells.
#[inline]
pub fn found<'a>(f: &Fields<'a>, party: &Party<'a>) -> Found<'a> {
    match (party, f.code) {
        (Party::Event(what), _) => Found::Event(what),
        (_, b"RC") => Found::Arrival { trunk: trunk(f) },
        (_, b"AN") if f.talk.seconds().unwrap_or(0) == 0 => Found::Answer,
        _ => Found::Leg,
    }
}

/// The leg of a line that tells of one.
#[inline(always)]
pub fn leg<'a>(
    number: u64,
    line: &'a [u8],
    at: DateTime,
    meaning: Meaning,
    f: &Fields<'a>,
    party: &Party<'a>,
    goes_on: bool,
) -> LegView<'a> {
    // An `AN` line is printed at the answer, whatever the final line's stamp is.
    let meaning = if goes_on { Meaning::Answer } else { meaning };
    let ring = f.ring.seconds();
    let talk = if goes_on { None } else { f.talk.seconds() };
    let (start, answer) = meaning.times(at, ring.unwrap_or(0), talk.unwrap_or(0));
    let told = outcome(f, party, goes_on);
    // A start without a ring time says nothing about the answer.
    let answered = told.disposition == Disposition::Answered && (meaning != Meaning::Start || ring.is_some());
    let mut inferred = Deductions::default();
    inferred.note(meaning != Meaning::Start || !f.head.has_seconds, Deduced::Start);
    inferred.note(
        answered && (meaning != Meaning::Answer || !f.head.has_seconds),
        Deduced::AnsweredAt,
    );
    if let Some(field) = told.deduced {
        inferred.note(true, field);
    }
    let by_little = matches!(party, Party::Incoming(caller) if caller.inferred);
    inferred.note(by_little, Deduced::Direction);

    let own = own(f);
    let sides = Sides::of(party, own);
    LegView {
        answered_at: answered.then_some(answer),
        calling_number: sides.calling,
        calling_name: sides.name,
        called_number: sides.called,
        station: filled(own),
        answered_by: filled(told.answered_by),
        trunk: trunk(f),
        ring_seconds: ring,
        talk_seconds: talk,
        disposition: told.disposition,
        transfer: transfer(f, own),
        account_code: f.account,
        inferred,
        machine: told.machine,
        target: if sides.direction == Direction::Incoming {
            own
        } else {
            b""
        },
        agent: f.extension.strip_prefix(b"*"),
        // Who came by the transfer of an earlier part is known in `held`.
        transferred: f.head.starred,
        marks_transfers: true,
        resolution_seconds: if f.head.has_seconds { 1 } else { 60 },
        ..LegView::new(number, line, start, sides.direction)
    }
}

/// Who called whom.
struct Sides<'a> {
    direction: Direction,
    calling: &'a [u8],
    name: &'a [u8],
    called: &'a [u8],
}

impl<'a> Sides<'a> {
    fn of(party: &Party<'a>, own: &'a [u8]) -> Self {
        let (direction, called) = match party {
            Party::Incoming(caller) => {
                return Self {
                    direction: Direction::Incoming,
                    calling: caller.number,
                    name: caller.name,
                    called: if caller.ddi.is_empty() { own } else { caller.ddi },
                };
            }
            Party::Extension(extension) => (Direction::Internal, *extension),
            Party::Dialled(number) => (Direction::Outgoing, *number),
            Party::Event(_) => (Direction::Outgoing, &b""[..]),
        };
        Self {
            direction,
            calling: own,
            name: b"",
            called,
        }
    }
}

/// How the leg ended.
struct Told<'a> {
    disposition: Disposition,
    answered_by: &'a [u8],
    machine: Option<Machine>,
    deduced: Option<Deduced>,
}

impl Told<'_> {
    fn plain(disposition: Disposition) -> Self {
        Self {
            disposition,
            answered_by: b"",
            machine: None,
            deduced: None,
        }
    }
}

fn outcome<'a>(f: &Fields<'a>, party: &Party<'a>, goes_on: bool) -> Told<'a> {
    let talked = f.talk.seconds().is_some_and(|seconds| seconds > 0);
    match party {
        Party::Incoming(caller) => incoming_outcome(f, caller, talked || goes_on),
        Party::Extension(extension) if talked => Told {
            answered_by: extension,
            deduced: Some(Deduced::AnsweredBy),
            ..Told::plain(Disposition::Answered)
        },
        Party::Extension(_) if f.talk == Span::Seconds(0) => Told::plain(Disposition::NoAnswer),
        Party::Dialled(_) if talked => Told::plain(Disposition::Answered),
        Party::Extension(_) | Party::Dialled(_) | Party::Event(_) => Told::plain(Disposition::Unknown),
    }
}

fn incoming_outcome<'a>(f: &Fields<'a>, caller: &Caller<'a>, talked: bool) -> Told<'a> {
    let station = station(f.extension);
    if f.code == b"NA" {
        return Told::plain(Disposition::NoAnswer);
    }
    if caller.machine.is_some() || station == Station::Announcement {
        return Told {
            machine: caller.machine.or(Some(Machine::Ivr)),
            ..Told::plain(Disposition::NoAnswer)
        };
    }
    if f.code == b"RM" {
        // Remote access: a modem took the call.
        return Told {
            machine: Some(Machine::Other),
            ..Told::plain(Disposition::NoAnswer)
        };
    }
    if talked && f.code != b"FW" && station == Station::Phone {
        return Told {
            answered_by: f.extension,
            deduced: caller.disa.then_some(Deduced::AnsweredBy),
            ..Told::plain(Disposition::Answered)
        };
    }
    match f.talk {
        _ if talked => Told::plain(Disposition::Unknown),
        Span::Seconds(_) => Told::plain(Disposition::NoAnswer),
        Span::Hidden => Told::plain(Disposition::Unknown),
        Span::Blank => Told {
            deduced: Some(Deduced::Disposition),
            ..Told::plain(Disposition::NoAnswer)
        },
    }
}

/// `TR` stands on the part that ends by a transfer, `*` on the one that begins by it.
fn transfer<'a>(f: &Fields<'a>, own: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    if f.code == b"TR" {
        Some((own, b""))
    } else if f.head.starred {
        Some((b"", own))
    } else {
        None
    }
}

/// The extension, or what stands for it; none for a trunk.
fn own<'a>(f: &Fields<'a>) -> &'a [u8] {
    let extension = match station(f.extension) {
        Station::Announcement => f.extension.strip_suffix(b"B").unwrap_or(f.extension),
        Station::Phone | Station::Other => f.extension,
    };
    if extension.starts_with(b"C-") { b"" } else { extension }
}

/// `00` stands for all trunks above 99.
fn trunk<'a>(f: &Fields<'a>) -> &'a [u8] {
    if f.trunk == b"00" { b"" } else { f.trunk }
}
