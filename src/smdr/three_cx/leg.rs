//! What a record means: direction, who answered first, who got the call from them.
//!
//! **Not here**: the fields of the line (`line`).

use std::borrow::Cow;

use encoding_rs::UTF_8;
use jiff::tz::Offset;

use super::Reader;
use super::line::Printed;
use crate::call::{Direction, Disposition, Machine};
use crate::smdr::Said;
use crate::smdr::stamps::seconds;
use crate::smdr::text::{decoded, filled};
use crate::smdr::view::{Deduced, Deductions, LegView};

/// The longest that a machine's answer takes, in seconds.
const QUICK: i64 = 1;

/// What a party is.
#[derive(Clone, Copy, PartialEq)]
enum Party<'a> {
    /// Beyond a trunk.
    Outside,
    /// A person's phone, for all that is known; `sure`: types or options say so.
    Extension { number: &'a [u8], sure: bool },
    /// A group of phones that rings without answering.
    Group,
    /// A machine that answers.
    Machine(Machine),
    /// The mailbox.
    Voicemail,
    /// The switch's own announcement that the call ends.
    EndCall,
    /// A pickup code.
    Pickup,
}

/// How the call went.
struct Outcome<'a> {
    disposition: Disposition,
    answered_by: Option<&'a [u8]>,
    /// Who got the call after the first answerer, in order.
    after: Vec<&'a [u8]>,
    /// The printed answer is a machine's, not a person's.
    machine: Option<Machine>,
    /// The field that was deduced.
    deduced: Option<Deduced>,
}

impl<'a> Outcome<'a> {
    fn none(disposition: Disposition, machine: Option<Machine>) -> Self {
        Self {
            disposition,
            answered_by: None,
            after: Vec::new(),
            machine,
            deduced: None,
        }
    }

    fn answered(by: &'a [u8], after: Vec<&'a [u8]>, deduced: bool) -> Self {
        Self {
            disposition: Disposition::Answered,
            answered_by: Some(by),
            after,
            machine: None,
            deduced: deduced.then_some(Deduced::AnsweredBy),
        }
    }
}

impl Reader {
    /// Says the leg; `name` is the caller's, decoded.
    #[inline]
    pub(super) fn tell(&self, number: u64, line: &[u8], r: &Printed<'_>, name: &str, say: &mut dyn FnMut(Said<'_>)) {
        let to = self.party(r.to, r.to_type);
        let direction = self.direction(r, to);
        let outcome = self.outcome(r, direction, to);
        let told = outcome.machine.is_none() || outcome.disposition == Disposition::Voicemail;
        let answered_at = r.answered.filter(|_| told);
        let ring_seconds = answered_at
            .filter(|_| outcome.machine.is_none())
            .map(|at| seconds(r.start, at))
            .filter(|ring| *ring >= 0);
        let mut inferred = Deductions::default();
        if let Some(field) = outcome.deduced {
            inferred.note(true, field);
        }
        inferred.note(ring_seconds.is_some(), Deduced::RingSeconds);
        let transfer = self.transfer(r, &outcome, to);
        let calling = without_host(bare(r.from));
        let anonymous = calling.eq_ignore_ascii_case(b"anonymous");
        say(Said::Leg(&LegView {
            answered_at,
            offset: self.utc.then_some(Offset::UTC),
            calling_number: if anonymous { b"" } else { calling },
            calling_name: if name.as_bytes() == bare(r.from) {
                b""
            } else {
                name.as_bytes()
            },
            called_number: called(r, to).unwrap_or_default(),
            station: outcome.answered_by.or(station(r, direction, to, &outcome)),
            answered_by: outcome.answered_by,
            trunk: trunk(r, direction).unwrap_or_default(),
            ring_seconds,
            talk_seconds: r.duration.filter(|_| told && answered_at.is_some()),
            disposition: outcome.disposition,
            pbx_call_id: r.call_id,
            account_code: r.code,
            inferred,
            last: Some(true),
            machine: outcome.machine,
            target: target(r, direction, to).unwrap_or_default(),
            transferred: transfer.is_some(),
            lasted_seconds: r.end.map(|end| seconds(r.start, end)).filter(|s| *s >= 0),
            passed_to: &outcome.after,
            transfer,
            ..LegView::new(number, line, r.start, direction)
        }));
    }

    /// The caller's name, decoded; blank if noise got into it.
    pub(super) fn name<'a>(&self, r: &Printed<'a>) -> Cow<'a, str> {
        if r.from_name.is_empty() {
            return Cow::Borrowed("");
        }
        let name = match str::from_utf8(r.from_name) {
            Ok(name) if r.plain || self.encoding == UTF_8 || name.is_ascii() => Cow::Borrowed(name),
            _ => Cow::Owned(decoded(r.from_name, self.encoding).into()),
        };
        if !r.plain && name.chars().any(char::is_control) {
            Cow::Borrowed("")
        } else if name.contains('"') {
            Cow::Owned(name.replace("\"\"", "\""))
        } else {
            name
        }
    }

    // ---- parties

    fn party<'a>(&self, number: &'a [u8], kind: &[u8]) -> Party<'a> {
        if number.starts_with(b"PickupExt.") {
            return Party::Pickup;
        }
        if number == b"EndCall" {
            return Party::EndCall;
        }
        let bare = bare(number);
        let inside = number.len() > bare.len();
        if inside && is_one_of(&self.voicemail, bare) {
            return Party::Voicemail;
        }
        if let Some(party) = by_type(kind, bare) {
            return party;
        }
        if self.queues.as_deref().is_some_and(|queues| is_one_of(queues, bare)) {
            return Party::Machine(Machine::Queue);
        }
        if inside || kind.eq_ignore_ascii_case(b"internal") {
            Party::Extension {
                number: bare,
                sure: self.queues.is_some(),
            }
        } else {
            Party::Outside
        }
    }

    fn direction(&self, r: &Printed<'_>, to: Party<'_>) -> Direction {
        if self.party(r.from, r.from_type) == Party::Outside {
            Direction::Incoming
        } else if matches!(to, Party::Outside | Party::EndCall) {
            Direction::Outgoing
        } else {
            Direction::Internal
        }
    }

    // ---- who answered

    fn outcome<'a>(&self, r: &Printed<'a>, direction: Direction, to: Party<'a>) -> Outcome<'a> {
        let Some(answered) = r.answered else {
            return Outcome::none(unanswered(r.terminated), None);
        };
        match to {
            Party::Voicemail => Outcome::none(Disposition::Voicemail, Some(Machine::Voicemail)),
            Party::EndCall => Outcome::none(Disposition::NoAnswer, Some(Machine::Ivr)),
            Party::Pickup => Outcome::none(Disposition::NoAnswer, Some(Machine::Other)),
            Party::Machine(machine) => self.behind(r, machine, false),
            Party::Group => Outcome {
                machine: None,
                ..self.behind(r, Machine::Queue, false)
            },
            Party::Outside if direction == Direction::Outgoing => Outcome::none(Disposition::Answered, None),
            Party::Outside => Outcome::none(Disposition::Unknown, None),
            Party::Extension { number, sure } => {
                let quick = !sure && (0..=QUICK).contains(&seconds(r.start, answered));
                if quick && moved_on(r) {
                    return self.behind(r, Machine::Queue, true);
                }
                if quick && direction == Direction::Incoming && r.change.is_empty() {
                    return Outcome {
                        deduced: Some(Deduced::Disposition),
                        ..Outcome::none(Disposition::NoAnswer, Some(Machine::Queue))
                    };
                }
                self.person(r, number, quick)
            }
        }
    }

    /// A phone answered: its own, or the one its calls were forwarded to before they were answered.
    fn person<'a>(&self, r: &Printed<'a>, number: &'a [u8], deduced: bool) -> Outcome<'a> {
        if r.change.starts_with(b"Fwd") {
            return match self.party(r.last, r.last_type) {
                Party::Extension { number, .. } => Outcome::answered(number, Vec::new(), deduced),
                Party::Voicemail => Outcome::none(Disposition::Voicemail, Some(Machine::Voicemail)),
                Party::Outside => Outcome::none(Disposition::Unknown, None),
                _ => Outcome::none(Disposition::NoAnswer, Some(Machine::Other)),
            };
        }
        let after = if moved_on(r) { self.people_behind(r) } else { Vec::new() };
        Outcome::answered(number, after, deduced)
    }

    /// A machine took the call: the person is the first behind it in the chain.
    fn behind<'a>(&self, r: &Printed<'a>, machine: Machine, deduced: bool) -> Outcome<'a> {
        let mut people = self.people_behind(r);
        let mut guessed = deduced;
        // The queue gave up: what took over is another queue if it passed the call on.
        if r.change == b"QFwdToDNA" && self.queues.is_none() && people.len() > 1 {
            people.remove(0);
            guessed = true;
        }
        let last = self.party(r.last, r.last_type);
        let mut people = people.into_iter();
        match people.next() {
            Some(first) => {
                let after: Vec<_> = people.collect();
                let guessed = guessed || !after.is_empty();
                Outcome {
                    machine: Some(machine),
                    ..Outcome::answered(first, after, guessed)
                }
            }
            None if last == Party::Voicemail => Outcome::none(Disposition::Voicemail, Some(Machine::Voicemail)),
            None if last == Party::Outside && !r.last.is_empty() => Outcome::none(Disposition::Unknown, Some(machine)),
            None => Outcome::none(Disposition::NoAnswer, Some(machine)),
        }
    }

    /// The phones that stand in the chain behind the one called, without those known to be no person's.
    fn people_behind<'a>(&self, r: &Printed<'a>) -> Vec<&'a [u8]> {
        let last = self.party(r.last, r.last_type);
        let chain: &[&'a [u8]] = if r.chain.is_empty() { &[r.last] } else { &r.chain };
        let called = chain.iter().skip(1).position(|party| *party == r.to);
        let from = called.map_or(usize::from(!r.chain.is_empty()), |place| place + 2);
        let mut people: Vec<&'a [u8]> = Vec::new();
        for party in chain.iter().skip(from) {
            let kind = if *party == r.last { r.last_type } else { b"" };
            // The chain has a mailbox's owner where the mailbox took the call.
            let owner = last == Party::Voicemail && bare(party) == r.last_dn;
            if let Party::Extension { number, .. } = self.party(party, kind)
                && *party != r.from
                && !owner
                && people.last() != Some(&number)
            {
                people.push(number);
            }
        }
        people
    }

    fn transfer<'a>(&self, r: &Printed<'a>, outcome: &Outcome<'a>, to: Party<'a>) -> Option<(&'a [u8], &'a [u8])> {
        let last = self.party(r.last, r.last_type);
        let (from, got) = if let Some(got) = outcome.after.last() {
            (outcome.answered_by?, *got)
        } else if r.change == b"ReplacedSrc" && r.last != r.to && r.last != r.from {
            // The caller gave what was called to a colleague, or an outside party to what was called.
            let got = match (last, to) {
                (Party::Outside, Party::Voicemail) => r.to_dn,
                (Party::Outside, _) => bare(r.to),
                _ => bare(r.last),
            };
            (bare(r.from), got)
        } else if moved_on(r) && last == Party::Outside && !r.change.starts_with(b"Fwd") {
            (outcome.answered_by?, r.last)
        } else {
            return None;
        };
        Some((from, got))
    }
}

/// Whether it is a type's cell: blank, or a word for what a party is.
pub(super) fn is_type(kind: &[u8]) -> bool {
    kind.is_empty() || kind.eq_ignore_ascii_case(b"internal") || by_type(kind, b"").is_some()
}

/// What the switch calls the party, in versions that do; the later ones write small letters and low lines.
fn by_type<'a>(kind: &[u8], number: &'a [u8]) -> Option<Party<'a>> {
    let is = |words: &[&str]| words.iter().any(|word| kind.eq_ignore_ascii_case(word.as_bytes()));
    if kind.is_empty() || is(&["internal"]) {
        None
    } else if is(&["extension"]) {
        Some(Party::Extension { number, sure: true })
    } else if is(&[
        "line",
        "externalline",
        "external",
        "external_line",
        "provider",
        "outbound_rule",
    ]) {
        Some(Party::Outside)
    } else if is(&["queue"]) {
        Some(Party::Machine(Machine::Queue))
    } else if is(&[
        "ringgroup",
        "ring_group",
        "ring_group_ring_all",
        "ring_group_hunt",
        "group",
    ]) {
        Some(Party::Group)
    } else if is(&["ivr", "digitalreceptionist", "digital_receptionist", "script"]) {
        Some(Party::Machine(Machine::Ivr))
    } else if is(&["fax"]) {
        Some(Party::Machine(Machine::Fax))
    } else if is(&["confplace", "conference", "parking", "parkplace"]) {
        Some(Party::Machine(Machine::Other))
    } else if is(&["voicemail", "vmail", "specialmenu"]) {
        Some(Party::Voicemail)
    } else {
        None
    }
}

/// Whether the call left the party called for another one.
fn moved_on(r: &Printed<'_>) -> bool {
    !r.change.is_empty() && r.change != b"ReplacedSrc" && !r.last.is_empty() && r.last != r.to && r.last != r.from
}

fn unanswered(terminated: &[u8]) -> Disposition {
    match terminated {
        b"Failed_Cancelled" => Disposition::NoAnswer,
        word if word.ends_with(b"Busy") || word.ends_with(b"busy") => Disposition::Busy,
        word if word.starts_with(b"Failed") || word.starts_with(b"NoRoute") => Disposition::Failed,
        b"failed" | b"no_route" => Disposition::Failed,
        _ => Disposition::NoAnswer,
    }
}

fn called<'a>(r: &Printed<'a>, to: Party<'_>) -> Option<&'a [u8]> {
    // Of a pickup `dial-no` is the party picked up.
    if to == Party::Pickup {
        return r.to.strip_prefix(b"PickupExt.").and_then(filled);
    }
    let dialled = filled(without_host(bare(r.dialled)));
    dialled.or_else(|| filled(without_host(bare(r.to))).filter(|_| to != Party::EndCall))
}

/// The phone the record is about, where nobody answered.
fn station<'a>(r: &Printed<'a>, direction: Direction, to: Party<'a>, outcome: &Outcome<'_>) -> Option<&'a [u8]> {
    match (direction, to) {
        (Direction::Outgoing, _) | (Direction::Internal, Party::Pickup) => filled(bare(r.from)),
        (_, Party::Extension { number, .. }) if outcome.machine.is_none() => Some(number),
        (_, Party::Extension { .. } | Party::Machine(_)) if outcome.disposition == Disposition::Voicemail => {
            filled(r.last_dn)
        }
        (_, Party::Voicemail) => filled(r.to_dn),
        _ => None,
    }
}

fn trunk<'a>(r: &Printed<'a>, direction: Direction) -> Option<&'a [u8]> {
    match direction {
        Direction::Incoming => filled(r.from_dn),
        // A call that was not set up has the number, or EndCall, in the trunk's place.
        Direction::Outgoing => {
            filled(r.to_dn).filter(|dn| *dn != r.to && *dn != r.dialled && dn.iter().all(u8::is_ascii_digit))
        }
        Direction::Internal => None,
    }
}

fn target<'a>(r: &Printed<'a>, direction: Direction, to: Party<'a>) -> Option<&'a [u8]> {
    match to {
        Party::EndCall | Party::Pickup => None,
        Party::Voicemail => filled(r.to_dn),
        _ if direction == Direction::Outgoing => None,
        _ => filled(bare(r.to)),
    }
}

/// Without the format's mark of an extension.
fn bare(number: &[u8]) -> &[u8] {
    number.strip_prefix(b"Ext.").unwrap_or(number)
}

fn without_host(number: &[u8]) -> &[u8] {
    number.split(|b| *b == b'@').next().unwrap_or(number)
}

fn is_one_of(numbers: &[String], number: &[u8]) -> bool {
    numbers.iter().any(|known| known.as_bytes() == number)
}
