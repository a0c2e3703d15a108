//! Legs that wait for their final line, and parts that were put through.
//!
//! **Invariants.** What is held comes out once: in the leg of its final line, or alone. Only after a flush a final line
//! may still come: its leg is of both lines then, in place of the one of the answer. At most [`LIMIT`] are held, and
//! [`THROUGH`] parts remembered.

use std::collections::VecDeque;

use jiff::SignedDuration;
use jiff::civil::DateTime;

use crate::call::{Direction, Disposition, Leg, Text};
use crate::smdr::text::text;
use crate::smdr::{LegView, Said};

/// Who hears what comes out.
type Say<'s> = &'s mut dyn FnMut(Said<'_>);

/// Calls going on at once are far fewer.
const LIMIT: usize = 1_000;
/// Parts put through within [`GAP`] are far fewer.
const THROUGH: usize = 50;
/// Nobody talks for longer; then the final line is lost.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// Between the end of a part and the answer by whom it was put through to, in seconds, beside the stamp's coarseness.
const GAP: i64 = 10;

/// Both memories of the parser.
#[derive(Default)]
pub struct Held {
    answers: VecDeque<Answer>,
    through: VecDeque<Through>,
    /// Of each [`mixed`], how many of them there are: nearly all parts follow none.
    mixed: Counts,
}

/// How many parts there are of each of some mixtures.
struct Counts([u8; 256]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; 256])
    }
}

/// Trunk and caller in one byte.
fn mixed(trunk: &[u8], caller: &[u8]) -> usize {
    let last = |text: &[u8], n: usize| text.iter().rev().nth(n).map_or(0, |b| usize::from(*b));
    let sum = last(trunk, 0) * 29 + last(trunk, 1) * 7 + last(caller, 0) + last(caller, 1) * 13 + last(caller, 3) * 41;
    sum % 256
}

/// An answer whose final line has not come.
struct Answer {
    leg: Leg,
    received: DateTime,
    /// It came out by a flush.
    told: bool,
}

/// A part that ended by a transfer: who answers next on its trunk came by it.
struct Through {
    /// Empty if there is none, and so is the caller.
    trunk: Text,
    caller: Text,
    /// As [`clock`] counts.
    end: i64,
}

/// Seconds of a stamp since some day.
fn clock(at: DateTime) -> i64 {
    at.duration_since(jiff::civil::date(2000, 1, 1).at(0, 0, 0, 0))
        .as_secs()
}

impl Held {
    /// An `AN` line: waits. The trunk can't have two calls, so another answer there was left without its end.
    pub fn hold(&mut self, leg: Leg, received: DateTime, say: Say<'_>) {
        match &leg.trunk {
            Some(trunk) => self.release(trunk.as_bytes(), say),
            None => self.release_where(say, |held| held.trunk.is_none() && held.station == leg.station),
        }
        self.answers.push_back(Answer {
            leg,
            received,
            told: false,
        });
        if self.answers.len() > LIMIT {
            self.release_first(say);
        }
    }

    /// A final line: with the answer that waits for it, or alone.
    pub fn finished(&mut self, view: &mut LegView<'_>, say: Say<'_>) {
        let same = self.answers.iter().position(|held| is_same(&held.leg, view));
        if let Some(answer) = same.and_then(|at| self.answers.remove(at)) {
            let mut leg = view.to_leg();
            join(&mut leg, &answer.leg);
            leg.marks.transferred |= self.follow(&Part::of(&leg));
            return say(Said::Held(Box::new(leg)));
        }
        if view.direction == Direction::Outgoing {
            self.release(view.trunk, say);
        }
        view.transferred |= self.follow(&Part::of_view(view));
        say(Said::Leg(view));
    }

    /// The trunk, if there is one, has another call: what waits there is whole.
    pub fn release(&mut self, trunk: &[u8], say: Say<'_>) {
        if !trunk.is_empty() {
            self.release_where(say, |held| bytes(held.trunk.as_ref()) == trunk);
        }
    }

    /// What has waited too long is whole.
    pub fn release_old(&mut self, now: DateTime, say: Say<'_>) {
        while let Some(held) = self.answers.front()
            && now.date() != held.received.date()
            && now.duration_since(held.received) > LONGEST
        {
            self.release_first(say);
        }
    }

    /// No more lines.
    pub fn flush(&mut self, say: Say<'_>) {
        let mut answers = std::mem::take(&mut self.answers);
        for held in answers.iter_mut().filter(|held| !held.told) {
            held.leg.marks.transferred |= self.follow(&Part::of(&held.leg));
            held.told = true;
            say(Said::Held(Box::new(held.leg.clone())));
        }
        self.answers = answers;
    }

    fn release_first(&mut self, say: Say<'_>) {
        if let Some(held) = self.answers.pop_front() {
            self.come_out(held, say);
        }
    }

    fn release_where(&mut self, say: Say<'_>, is_done: impl Fn(&Leg) -> bool) {
        while let Some(at) = self.answers.iter().position(|held| is_done(&held.leg)) {
            if let Some(held) = self.answers.remove(at) {
                self.come_out(held, say);
            }
        }
    }

    fn come_out(&mut self, mut held: Answer, say: Say<'_>) {
        if !held.told {
            held.leg.marks.transferred |= self.follow(&Part::of(&held.leg));
            say(Said::Held(Box::new(held.leg)));
        }
    }

    /// Whether an answer came by the transfer of the part before; remembers a part that ends by one.
    fn follow(&mut self, part: &Part<'_>) -> bool {
        let mut came = false;
        let mixed = mixed(part.trunk, part.caller);
        if part.answered && self.mixed.0[mixed] > 0 {
            let start = clock(part.start);
            let coarse = part.coarse_seconds;
            let before = self.through.iter().position(|before| {
                (-coarse..=GAP + coarse).contains(&(start - before.end))
                    && before.trunk.as_bytes() == part.trunk
                    && before.caller.as_bytes() == part.caller
            });
            if let Some(at) = before {
                self.through.remove(at);
                self.mixed.0[mixed] -= 1;
                came = true;
            }
        }
        if part.puts_through && !(part.trunk.is_empty() && part.caller.is_empty()) {
            self.through.push_back(Through {
                trunk: text(part.trunk),
                caller: text(part.caller),
                end: clock(part.start.saturating_add(SignedDuration::from_secs(part.seconds))),
            });
            self.mixed.0[mixed] += 1;
            if self.through.len() > THROUGH
                && let Some(oldest) = self.through.pop_front()
            {
                self.mixed.0[self::mixed(oldest.trunk.as_bytes(), oldest.caller.as_bytes())] -= 1;
            }
        }
        came
    }
}

/// What there is to know of a part, to see whether it follows another.
struct Part<'l> {
    /// Incoming, by a person.
    answered: bool,
    start: DateTime,
    coarse_seconds: i64,
    trunk: &'l [u8],
    caller: &'l [u8],
    puts_through: bool,
    /// Ringing and talk.
    seconds: i64,
}

impl<'l> Part<'l> {
    fn of(leg: &'l Leg) -> Self {
        Self {
            answered: leg.direction == Direction::Incoming && leg.disposition == Disposition::Answered,
            start: leg.start.at,
            coarse_seconds: leg.marks.resolution_seconds,
            trunk: bytes(leg.trunk.as_ref()),
            caller: bytes(leg.calling_number.as_ref()),
            puts_through: leg.transfer.as_ref().is_some_and(|transfer| transfer.from.is_some()),
            seconds: sum(leg.ring_seconds, leg.talk_seconds),
        }
    }

    fn of_view(view: &LegView<'l>) -> Self {
        Self {
            answered: view.direction == Direction::Incoming && view.disposition == Disposition::Answered,
            start: view.start,
            coarse_seconds: view.resolution_seconds,
            trunk: view.trunk,
            caller: view.calling_number,
            puts_through: view.transfer.is_some_and(|(from, _)| !from.is_empty()),
            seconds: sum(view.ring_seconds, view.talk_seconds),
        }
    }
}

fn sum(ring: Option<i64>, talk: Option<i64>) -> i64 {
    ring.unwrap_or(0).saturating_add(talk.unwrap_or(0))
}

fn bytes(text: Option<&Text>) -> &[u8] {
    text.map_or(b"", |text| text.as_bytes())
}

/// An answer and a final line of one call at one extension.
fn is_same(answer: &Leg, view: &LegView<'_>) -> bool {
    let caller = bytes(answer.calling_number.as_ref());
    view.direction == Direction::Incoming
        && view.disposition == Disposition::Answered
        && bytes(answer.trunk.as_ref()) == view.trunk
        && answer.station.as_ref().map(|text| text.as_bytes()) == view.station
        && (answer.ring_seconds.is_none() || view.ring_seconds.is_none() || answer.ring_seconds == view.ring_seconds)
        && (caller.is_empty() || view.calling_number.is_empty() || caller == view.calling_number)
}

/// The answer's line becomes part of the final line's leg.
fn join(leg: &mut Leg, answer: &Leg) {
    leg.line_numbers.insert_from_slice(0, &answer.line_numbers);
    leg.line = answer.line;
    leg.lines += answer.lines;
    leg.marks.transferred |= answer.marks.transferred;
    let missing = |own: &mut Option<Text>, other: &Option<Text>| {
        if own.is_none() {
            own.clone_from(other);
        }
    };
    missing(&mut leg.calling_number, &answer.calling_number);
    missing(&mut leg.calling_name, &answer.calling_name);
}
