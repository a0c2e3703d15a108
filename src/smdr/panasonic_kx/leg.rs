//! What a Panasonic line means.

use encoding_rs::Encoding;
use jiff::civil::DateTime;

use super::line::{Fields, Span};
use crate::call::{Direction, Disposition, Inferred, Leg, LineNumbers, Machine, Marks, Stamp, Text, Transfer};
use crate::smdr::stamps::Meaning;
use crate::smdr::text::text;

/// What a line turned out to be.
pub enum Found {
    /// A finished leg.
    Leg(Leg),
    /// `AN`: a leg that goes on.
    Answer(Leg),
    /// `RC`: a call arrives.
    Arrival {
        /// On this trunk.
        trunk: Option<Text>,
    },
    /// Something at a phone that is no call.
    Event(&'static str),
}

/// The other side, by the dial number's field.
#[derive(Debug, PartialEq)]
pub enum Party {
    /// A caller from outside.
    Incoming(Caller),
    /// An extension.
    Extension(Text),
    /// An outside number.
    Dialled(Option<Text>),
    /// None: an event.
    Event(&'static str),
}

/// A caller from outside.
#[derive(Debug, Default, PartialEq)]
pub struct Caller {
    name: Option<Text>,
    number: Option<Text>,
    /// The number that was called.
    ddi: Option<Text>,
    machine: Option<Machine>,
    /// By `incoming` in small letters, as small switches print it.
    small: bool,
    /// Through DISA: an announcement had it first.
    disa: bool,
    /// Known by ring time or code alone.
    inferred: bool,
}

impl Party {
    /// Reads the dial number's field with its surroundings.
    pub fn of(f: &Fields<'_>, encoding: &'static Encoding) -> Self {
        let (dial, _) = encoding.decode_without_bom_handling(f.dial);
        let dial = dial.trim();
        if let Some(caller) = incoming(dial) {
            return caller;
        }
        let answerable = f.ring != Span::Blank || matches!(f.code, b"RC" | b"AN" | b"NA");
        if let Some(extension) = dial.strip_prefix("EXT").filter(|e| is_number(e)) {
            Self::Extension(extension.into())
        } else if answerable {
            let (name, number) = name_and_number(dial);
            Self::Incoming(Caller {
                name,
                number,
                inferred: true,
                ..Caller::default()
            })
        } else if f.trunk.is_empty() && f.code.is_empty() && dial.starts_with(|c: char| c.is_ascii_alphabetic()) {
            Self::Event("phone event")
        } else {
            Self::Dialled(dialled(dial))
        }
    }

    /// Only a KX-TA or TEA prints this.
    pub fn is_small(&self) -> bool {
        matches!(self, Self::Incoming(caller) if caller.small)
    }
}

/// `<D>…<I>…`, `<I>…`, `\`, and the small switches' words.
fn incoming(dial: &str) -> Option<Party> {
    let of = |text: &str, ddi: Option<Text>| {
        let (name, number) = name_and_number(text);
        Some(Party::Incoming(Caller {
            name,
            number,
            ddi,
            ..Caller::default()
        }))
    };
    if let Some(after) = dial.strip_prefix("<D>") {
        let (called, caller) = after.split_once("<I>").unwrap_or((after, ""));
        let (name, number) = name_and_number(called);
        return of(caller, number.or(name));
    }
    if let Some(caller) = dial.strip_prefix("<I>") {
        let sensor = caller.strip_prefix('S').is_some_and(|n| n.len() == 3 && is_number(n));
        return if sensor {
            Some(Party::Event("sensor call"))
        } else {
            of(caller, None)
        };
    }
    if dial == "\\" {
        return of("", None);
    }
    if !dial.bytes().fold(false, |has, b| has | b.is_ascii_alphabetic()) {
        return None;
    }
    let words = dial.to_ascii_lowercase();
    let waiting = words.contains("ucd waiting");
    if !waiting && !words.contains("incoming") {
        return None;
    }
    let behind = dial.rsplit(['>', ' ']).next().unwrap_or_default();
    Some(Party::Incoming(Caller {
        number: is_number(behind).then(|| behind.into()),
        machine: waiting.then_some(Machine::Queue),
        // The first KX-TD print capitals, and no ring time either.
        small: !dial.starts_with("<INCOMING>"),
        disa: words.contains("disa"),
        ..Caller::default()
    }))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| is_dialled(char::from(b)))
}

fn is_dialled(c: char) -> bool {
    matches!(c, '0'..='9' | '+' | '*' | '#' | '-' | '?')
}

/// Names and numbers share a field: what is at the end and can be dialled is the number, or what stands before a
/// blank and a name. Another text that begins with a
/// figure and is no number is not cut: noise within a number would give a shorter one.
fn name_and_number(text: &str) -> (Option<Text>, Option<Text>) {
    /// Shorter figures belong to the name.
    const SHORTEST: usize = 3;
    let text = text.trim();
    if text.is_empty() || is_noisy(text) {
        return (None, None);
    }
    if let Some((number, name)) = text.split_once(' ')
        && is_number(number)
        && number.len() >= SHORTEST
        && name.trim_start().starts_with(char::is_alphabetic)
    {
        // The KX-TD has the number first: `1022220 TOM HUNKS`.
        return (Some(name.trim_start().into()), Some(number.into()));
    }
    let name = text.trim_end_matches(is_dialled);
    let number = &text[name.len()..];
    let cut = name.is_empty() || (name.starts_with(char::is_alphabetic) && !name.ends_with('\u{fffd}'));
    if !cut || number.len() < SHORTEST.min(text.len()) {
        return (Some(text.into()), None);
    }
    let name = name.trim();
    ((!name.is_empty()).then(|| name.into()), Some(number.into()))
}

fn is_noisy(text: &str) -> bool {
    if text.is_ascii() {
        crate::smdr::usual::has_control(text.as_bytes())
    } else {
        text.chars().any(char::is_control)
    }
}

/// Without a flash before it, or the code of a switch in front of ours.
fn dialled(dial: &str) -> Option<Text> {
    let number = dial.strip_prefix("F/").unwrap_or(dial);
    let number = number.rsplit_once('=').map_or(number, |(_, behind)| behind);
    let number = if number.starts_with(|c: char| c.is_alphabetic()) {
        name_and_number(number).1.unwrap_or_else(|| number.into())
    } else {
        number.into()
    };
    let clean = !is_noisy(&number) && !number.contains('\u{fffd}');
    (clean && !number.is_empty()).then_some(number)
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
pub fn found(line: u64, at: DateTime, meaning: Meaning, f: &Fields<'_>, party: Party) -> Found {
    if let Party::Event(what) = party {
        return Found::Event(what);
    }
    if f.code == b"RC" {
        return Found::Arrival { trunk: trunk(f) };
    }
    let goes_on = f.code == b"AN" && f.talk.seconds().unwrap_or(0) == 0;
    // An `AN` line is printed at the answer, whatever the final line's stamp is.
    let meaning = if goes_on { Meaning::Answer } else { meaning };
    let leg = leg(line, at, meaning, f, party, goes_on);
    if goes_on { Found::Answer(leg) } else { Found::Leg(leg) }
}

fn leg(line: u64, at: DateTime, meaning: Meaning, f: &Fields<'_>, party: Party, goes_on: bool) -> Leg {
    let ring = f.ring.seconds();
    let talk = if goes_on { None } else { f.talk.seconds() };
    let (start, answer) = meaning.times(at, ring.unwrap_or(0), talk.unwrap_or(0));
    let told = outcome(f, &party, goes_on);
    // A start without a ring time says nothing about the answer.
    let answered = told.disposition == Disposition::Answered && (meaning != Meaning::Start || ring.is_some());
    let mut inferred = told.inferred;
    if meaning != Meaning::Start || !f.head.has_seconds {
        inferred.insert(0, "start");
    }
    if answered && (meaning != Meaning::Answer || !f.head.has_seconds) {
        inferred.insert(1.min(inferred.len()), "answered_at");
    }

    let own = own(f);
    let sides = Sides::of(party, own.clone());
    Leg {
        line,
        lines: 1,
        line_numbers: LineNumbers::from_slice(&[line]),
        start: Stamp::local(start),
        answered_at: answered.then(|| Stamp::local(answer)),
        direction: sides.direction,
        calling_number: sides.calling,
        calling_name: sides.name,
        called_number: sides.called,
        station: own.clone(),
        answered_by: told.answered_by,
        trunk: trunk(f),
        ring_seconds: ring,
        talk_seconds: talk,
        disposition: told.disposition,
        transfer: transfer(f, own.as_deref()),
        pbx_call_id: None,
        account_code: (!f.account.is_empty()).then(|| text(f.account)),
        inferred,
        marks: Marks {
            machine: told.machine,
            target: own.filter(|_| sides.direction == Direction::Incoming),
            agent: f.extension.strip_prefix(b"*").map(text),
            // Who came by the transfer of an earlier part is known in `held`.
            transferred: f.head.starred,
            marks_transfers: true,
            resolution_seconds: if f.head.has_seconds { 1 } else { 60 },
            ..Marks::default()
        },
    }
}

/// Who called whom.
struct Sides {
    direction: Direction,
    calling: Option<Text>,
    name: Option<Text>,
    called: Option<Text>,
}

impl Sides {
    fn of(party: Party, own: Option<Text>) -> Self {
        let (direction, called) = match party {
            Party::Incoming(caller) => {
                return Self {
                    direction: Direction::Incoming,
                    calling: caller.number,
                    name: caller.name,
                    called: caller.ddi.or(own),
                };
            }
            Party::Extension(extension) => (Direction::Internal, Some(extension)),
            Party::Dialled(number) => (Direction::Outgoing, number),
            Party::Event(_) => (Direction::Outgoing, None),
        };
        Self {
            direction,
            calling: own,
            name: None,
            called,
        }
    }
}

/// How the leg ended.
struct Told {
    disposition: Disposition,
    answered_by: Option<Text>,
    machine: Option<Machine>,
    inferred: Inferred,
}

impl Told {
    fn plain(disposition: Disposition) -> Self {
        Self {
            disposition,
            answered_by: None,
            machine: None,
            inferred: Inferred::new(),
        }
    }
}

fn outcome(f: &Fields<'_>, party: &Party, goes_on: bool) -> Told {
    let talked = f.talk.seconds().is_some_and(|seconds| seconds > 0);
    match party {
        Party::Incoming(caller) => {
            let mut told = incoming_outcome(f, caller, talked || goes_on);
            if caller.inferred {
                told.inferred.push("direction");
            }
            told
        }
        Party::Extension(extension) if talked => Told {
            answered_by: Some(extension.clone()),
            inferred: Inferred::from_slice(&["answered_by"]),
            ..Told::plain(Disposition::Answered)
        },
        Party::Extension(_) if f.talk == Span::Seconds(0) => Told::plain(Disposition::NoAnswer),
        Party::Dialled(_) if talked => Told::plain(Disposition::Answered),
        Party::Extension(_) | Party::Dialled(_) | Party::Event(_) => Told::plain(Disposition::Unknown),
    }
}

fn incoming_outcome(f: &Fields<'_>, caller: &Caller, talked: bool) -> Told {
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
            answered_by: Some(text(f.extension)),
            inferred: caller.disa.then_some("answered_by").into_iter().collect(),
            ..Told::plain(Disposition::Answered)
        };
    }
    match f.talk {
        _ if talked => Told::plain(Disposition::Unknown),
        Span::Seconds(_) => Told::plain(Disposition::NoAnswer),
        Span::Hidden => Told::plain(Disposition::Unknown),
        Span::Blank => Told {
            inferred: Inferred::from_slice(&["disposition"]),
            ..Told::plain(Disposition::NoAnswer)
        },
    }
}

/// `TR` stands on the part that ends by a transfer, `*` on the one that begins by it.
fn transfer(f: &Fields<'_>, own: Option<&str>) -> Option<Transfer> {
    let own = own.map(Text::new);
    if f.code == b"TR" {
        Some(Transfer { from: own, to: None })
    } else if f.head.starred {
        Some(Transfer { from: None, to: own })
    } else {
        None
    }
}

/// The extension, or what stands for it; none for a trunk.
fn own(f: &Fields<'_>) -> Option<Text> {
    let extension = match station(f.extension) {
        Station::Announcement => f.extension.strip_suffix(b"B").unwrap_or(f.extension),
        Station::Phone | Station::Other => f.extension,
    };
    let none = extension.is_empty() || extension.starts_with(b"C-");
    (!none).then(|| text(extension))
}

/// `00` stands for all trunks above 99.
fn trunk(f: &Fields<'_>) -> Option<Text> {
    (!f.trunk.is_empty() && f.trunk != b"00").then(|| text(f.trunk))
}
