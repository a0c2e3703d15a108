//! What a record means: direction, who answered first, who got the call from them.
//!
//! **Not here**: the fields of the line (`line`).

use std::borrow::Cow;

use jiff::tz::Offset;
use smallvec::SmallVec;

use super::Reader;
use super::line::Printed;
use super::party::{Kind, Party, bare};
use crate::call::{Direction, Disposition, Machine};
use crate::smdr::bytes::same;
use crate::smdr::stamps::seconds;
use crate::smdr::text::{decoded, filled};
use crate::smdr::view::{Deduced, Deductions, LegView};

/// The longest that a machine's answer takes, in seconds.
const QUICK: i64 = 1;

/// Phones of people, in the order of the chain.
pub(super) type People<'a> = SmallVec<[&'a [u8]; 4]>;

/// How the call went.
#[derive(Clone, Copy)]
struct Outcome<'v, 'a> {
    disposition: Disposition,
    answered_by: Option<&'a [u8]>,
    /// Who got the call after the first answerer, in order.
    after: &'v [&'a [u8]],
    /// The printed answer is a machine's, not a person's.
    machine: Option<Machine>,
    /// The field that was deduced.
    deduced: Option<Deduced>,
}

impl<'v, 'a> Outcome<'v, 'a> {
    fn none(disposition: Disposition, machine: Option<Machine>) -> Self {
        Self {
            disposition,
            answered_by: None,
            after: &[],
            machine,
            deduced: None,
        }
    }

    fn answered(by: &'a [u8], after: &'v [&'a [u8]], deduced: bool) -> Self {
        Self {
            disposition: Disposition::Answered,
            answered_by: Some(by),
            after,
            machine: None,
            deduced: deduced.then_some(Deduced::AnsweredBy),
        }
    }
}

/// What the parties of a line are.
#[derive(Clone, Copy)]
pub(super) struct Parties<'v, 'a> {
    reader: &'v Reader,
    r: &'v Printed<'a>,
    to: Party<'a>,
    last: Party<'a>,
    direction: Direction,
    /// The call left the party called for another one.
    moved_on: bool,
}

impl<'v, 'a> Parties<'v, 'a> {
    /// Looks at them.
    #[inline]
    pub(super) fn of(reader: &'v Reader, r: &'v Printed<'a>) -> Self {
        let (from, to) = (reader.party(r.from, r.from_type), reader.party(r.to, r.to_type));
        let outside = matches!(to, Party::Outside | Party::EndCall);
        Self {
            reader,
            r,
            to,
            last: reader.party(r.last, r.last_type),
            direction: match (from, outside) {
                (Party::Outside, _) => Direction::Incoming,
                (_, true) => Direction::Outgoing,
                (_, false) => Direction::Internal,
            },
            moved_on: !r.change.is_empty() && moved_on(r),
        }
    }

    /// The phones behind the party called, if anything tells that there are some.
    #[inline]
    pub(super) fn look_behind(&self, people: &mut People<'a>) {
        let by_machine = matches!(self.to, Party::Machine(_) | Party::Group);
        if self.r.answered.is_some() && (self.moved_on || by_machine) {
            self.look_along_chain(people);
        }
    }

    /// Those that stand in the chain behind the one called, without those known to be no person's.
    fn look_along_chain(&self, people: &mut People<'a>) {
        let r = self.r;
        if r.chain.is_empty() {
            return self.look_at(r.last, people);
        }
        let mut behind = r.chain.parties();
        behind.next();
        let mut rest = behind;
        if !behind.any(|party| same(party, r.to)) {
            behind = rest;
        }
        rest = behind;
        rest.for_each(|party| self.look_at(party, people));
    }

    fn look_at(&self, party: &'a [u8], people: &mut People<'a>) {
        let r = self.r;
        let kind = if same(party, r.last) { r.last_type } else { Kind::Blank };
        // The chain has a mailbox's owner where the mailbox took the call.
        let owner = self.last == Party::Voicemail && bare(party) == r.last_dn;
        if let Party::Extension { number, .. } = self.reader.party(party, kind)
            && !same(party, r.from)
            && !owner
            && people.last() != Some(&number)
        {
            people.push(number);
        }
    }
}

/// A line of which all is known that tells how the call went.
pub(super) struct Told<'v, 'a> {
    pub(super) parties: Parties<'v, 'a>,
    /// The phones behind the party called.
    pub(super) people: &'v [&'a [u8]],
}

impl<'v, 'a> Told<'v, 'a> {
    /// The leg; `name` is the caller's, decoded.
    #[inline]
    pub(super) fn leg(&'v self, number: u64, line: &'a [u8], name: &'v [u8]) -> LegView<'v> {
        let Parties { r, to, direction, .. } = self.parties;
        let outcome = self.outcome();
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
        let transfer = self.transfer(&outcome);
        let from = bare(r.from);
        let calling = r.without_host(from);
        let anonymous = calling.eq_ignore_ascii_case(b"anonymous");
        LegView {
            answered_at,
            offset: self.parties.reader.utc.then_some(Offset::UTC),
            calling_number: if anonymous { b"" } else { calling },
            calling_name: if same(name, from) { b"" } else { name },
            called_number: self.called().unwrap_or_default(),
            station: outcome.answered_by.or(self.station(&outcome)),
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
            passed_to: outcome.after,
            transfer,
            ..LegView::new(number, line, r.start, direction)
        }
    }

    // ---- who answered

    #[inline]
    fn outcome(&'v self) -> Outcome<'v, 'a> {
        let Parties { r, direction, .. } = self.parties;
        let Some(answered) = r.answered else {
            return Outcome::none(unanswered(r.terminated), None);
        };
        match self.parties.to {
            Party::Voicemail => Outcome::none(Disposition::Voicemail, Some(Machine::Voicemail)),
            Party::EndCall => Outcome::none(Disposition::NoAnswer, Some(Machine::Ivr)),
            Party::Pickup => Outcome::none(Disposition::NoAnswer, Some(Machine::Other)),
            Party::Machine(machine) => self.behind(machine, false),
            Party::Group => Outcome {
                machine: None,
                ..self.behind(Machine::Queue, false)
            },
            Party::Outside if direction == Direction::Outgoing => Outcome::none(Disposition::Answered, None),
            Party::Outside => Outcome::none(Disposition::Unknown, None),
            Party::Extension { number, sure } => {
                let quick = !sure && (0..=QUICK).contains(&seconds(r.start, answered));
                if quick && self.parties.moved_on {
                    return self.behind(Machine::Queue, true);
                }
                if quick && direction == Direction::Incoming && r.change.is_empty() {
                    return Outcome {
                        deduced: Some(Deduced::Disposition),
                        ..Outcome::none(Disposition::NoAnswer, Some(Machine::Queue))
                    };
                }
                self.person(number, quick)
            }
        }
    }

    /// A phone answered: its own, or the one its calls were forwarded to before they were answered.
    fn person(&'v self, number: &'a [u8], deduced: bool) -> Outcome<'v, 'a> {
        if self.parties.r.change.starts_with(b"Fwd") {
            return match self.parties.last {
                Party::Extension { number, .. } => Outcome::answered(number, &[], deduced),
                Party::Voicemail => Outcome::none(Disposition::Voicemail, Some(Machine::Voicemail)),
                Party::Outside => Outcome::none(Disposition::Unknown, None),
                _ => Outcome::none(Disposition::NoAnswer, Some(Machine::Other)),
            };
        }
        let after: &[_] = if self.parties.moved_on { self.people } else { &[] };
        Outcome::answered(number, after, deduced)
    }

    /// A machine took the call: the person is the first behind it in the chain.
    fn behind(&'v self, machine: Machine, deduced: bool) -> Outcome<'v, 'a> {
        let mut people = self.people;
        let mut guessed = deduced;
        // The queue gave up: what took over is another queue if it passed the call on.
        if let [_, after @ ..] = people
            && !after.is_empty()
            && self.parties.r.change == b"QFwdToDNA"
            && self.parties.reader.queues.is_none()
        {
            people = after;
            guessed = true;
        }
        match (people, self.parties.last) {
            ([first, after @ ..], _) => Outcome {
                machine: Some(machine),
                ..Outcome::answered(first, after, guessed || !after.is_empty())
            },
            ([], Party::Voicemail) => Outcome::none(Disposition::Voicemail, Some(Machine::Voicemail)),
            ([], Party::Outside) if !self.parties.r.last.is_empty() => {
                Outcome::none(Disposition::Unknown, Some(machine))
            }
            ([], _) => Outcome::none(Disposition::NoAnswer, Some(machine)),
        }
    }

    #[inline]
    fn transfer(&self, outcome: &Outcome<'_, 'a>) -> Option<(&'a [u8], &'a [u8])> {
        let Parties { r, last, .. } = self.parties;
        if let Some(got) = outcome.after.last() {
            return Some((outcome.answered_by?, *got));
        }
        if r.change.is_empty() {
            return None;
        }
        if r.change == b"ReplacedSrc" && r.last != r.to && r.last != r.from {
            // The caller gave what was called to a colleague, or an outside party to what was called.
            let got = match (last, self.parties.to) {
                (Party::Outside, Party::Voicemail) => r.to_dn,
                (Party::Outside, _) => bare(r.to),
                _ => bare(r.last),
            };
            Some((bare(r.from), got))
        } else if self.parties.moved_on && last == Party::Outside && !r.change.starts_with(b"Fwd") {
            Some((outcome.answered_by?, r.last))
        } else {
            None
        }
    }

    // ---- numbers

    #[inline]
    fn called(&self) -> Option<&'a [u8]> {
        let Parties { r, to, .. } = self.parties;
        // Of a pickup `dial-no` is the party picked up.
        if to == Party::Pickup {
            return r.to.strip_prefix(b"PickupExt.").and_then(filled);
        }
        let dialled = filled(r.without_host(bare(r.dialled)));
        dialled.or_else(|| filled(r.without_host(bare(r.to))).filter(|_| to != Party::EndCall))
    }

    /// The phone the record is about, where nobody answered.
    #[inline]
    fn station(&self, outcome: &Outcome<'_, '_>) -> Option<&'a [u8]> {
        let r = self.parties.r;
        match (self.parties.direction, self.parties.to) {
            (Direction::Outgoing, _) | (Direction::Internal, Party::Pickup) => filled(bare(r.from)),
            (_, Party::Extension { number, .. }) if outcome.machine.is_none() => Some(number),
            (_, Party::Extension { .. } | Party::Machine(_)) if outcome.disposition == Disposition::Voicemail => {
                filled(r.last_dn)
            }
            (_, Party::Voicemail) => filled(r.to_dn),
            _ => None,
        }
    }
}

impl Reader {
    /// The caller's name, decoded; blank if noise got into it.
    #[inline]
    pub(super) fn name<'a>(&self, r: &Printed<'a>) -> Cow<'a, [u8]> {
        if r.plain && !r.from_name.contains(&b'"') {
            return Cow::Borrowed(r.from_name);
        }
        let name = decoded(r.from_name, self.encoding);
        if !r.plain && name.chars().any(char::is_control) {
            Cow::Borrowed(b"")
        } else {
            Cow::Owned(name.replace("\"\"", "\"").into_bytes())
        }
    }

    #[inline]
    fn party<'a>(&self, number: &'a [u8], kind: Kind) -> Party<'a> {
        let bare = bare(number);
        let inside = number.len() > bare.len();
        if !inside && number.starts_with(b"PickupExt.") {
            return Party::Pickup;
        }
        if !inside && number == b"EndCall" {
            return Party::EndCall;
        }
        if inside && is_one_of(&self.voicemail, bare) {
            return Party::Voicemail;
        }
        if let Some(party) = kind.party(bare) {
            return party;
        }
        if self.queues.as_deref().is_some_and(|queues| is_one_of(queues, bare)) {
            return Party::Machine(Machine::Queue);
        }
        if inside || kind == Kind::Internal {
            Party::Extension {
                number: bare,
                sure: self.queues.is_some(),
            }
        } else {
            Party::Outside
        }
    }
}

/// Whether a change took the call from the party called to another one.
fn moved_on(r: &Printed<'_>) -> bool {
    r.change != b"ReplacedSrc" && !r.last.is_empty() && !same(r.last, r.to) && !same(r.last, r.from)
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

#[inline]
fn is_one_of(numbers: &[String], number: &[u8]) -> bool {
    numbers.iter().any(|known| same(known.as_bytes(), number))
}
