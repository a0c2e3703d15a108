//! Legs that wait for their final line, and parts that were put through.
//!
//! **Invariants.** What is held comes out once: in the leg of its final line, or alone. Only after a flush a final line
//! may still come: its leg is of both lines then, in place of the one of the answer. At most [`LIMIT`] are held, and
//! [`THROUGH`] parts remembered.

use std::collections::VecDeque;

use jiff::SignedDuration;
use jiff::civil::DateTime;

use crate::call::{Direction, Disposition, Leg, Text};
use crate::smdr::Parsed;

/// Calls going on at once are far fewer.
const LIMIT: usize = 1_000;
/// Parts put through within [`GAP`] are far fewer.
const THROUGH: usize = 50;
/// Nobody talks for longer; then the final line is lost.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// Between the end of a part and the answer by whom it was put through to, beside the stamp's coarseness.
const GAP: SignedDuration = SignedDuration::from_secs(10);

/// Both memories of the parser.
#[derive(Default)]
pub struct Held {
    answers: VecDeque<Answer>,
    through: VecDeque<Through>,
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
    trunk: Option<Text>,
    caller: Option<Text>,
    end: DateTime,
}

impl Held {
    /// An `AN` line: waits. The trunk can't have two calls, so another answer there was left without its end.
    pub fn hold(&mut self, leg: Leg, received: DateTime, out: &mut Vec<Parsed>) {
        match &leg.trunk {
            Some(trunk) => self.release(Some(trunk), out),
            None => self.release_where(out, |held| held.trunk.is_none() && held.station == leg.station),
        }
        self.answers.push_back(Answer {
            leg,
            received,
            told: false,
        });
        if self.answers.len() > LIMIT {
            self.release_first(out);
        }
    }

    /// A final line: with the answer that waits for it, or alone.
    pub fn finished(&mut self, mut leg: Leg, out: &mut Vec<Parsed>) {
        let same = self.answers.iter().position(|held| is_same(&held.leg, &leg));
        if let Some(answer) = same.and_then(|at| self.answers.remove(at)) {
            join(&mut leg, &answer.leg);
        } else if leg.direction == Direction::Outgoing && leg.trunk.is_some() {
            self.release(leg.trunk.as_deref(), out);
        }
        self.follow(&mut leg);
        out.push(Parsed::Leg(leg));
    }

    /// The trunk has another call: what waits there is whole.
    pub fn release(&mut self, trunk: Option<&str>, out: &mut Vec<Parsed>) {
        if trunk.is_some() {
            self.release_where(out, |held| held.trunk.as_deref() == trunk);
        }
    }

    /// What has waited too long is whole.
    pub fn release_old(&mut self, now: DateTime, out: &mut Vec<Parsed>) {
        while let Some(held) = self.answers.front()
            && now.duration_since(held.received) > LONGEST
        {
            self.release_first(out);
        }
    }

    /// No more lines.
    pub fn flush(&mut self, out: &mut Vec<Parsed>) {
        let mut answers = std::mem::take(&mut self.answers);
        for held in answers.iter_mut().filter(|held| !held.told) {
            self.follow(&mut held.leg);
            held.told = true;
            out.push(Parsed::Leg(held.leg.clone()));
        }
        self.answers = answers;
    }

    fn release_first(&mut self, out: &mut Vec<Parsed>) {
        if let Some(held) = self.answers.pop_front() {
            self.come_out(held, out);
        }
    }

    fn release_where(&mut self, out: &mut Vec<Parsed>, is_done: impl Fn(&Leg) -> bool) {
        while let Some(at) = self.answers.iter().position(|held| is_done(&held.leg)) {
            if let Some(held) = self.answers.remove(at) {
                self.come_out(held, out);
            }
        }
    }

    fn come_out(&mut self, mut held: Answer, out: &mut Vec<Parsed>) {
        if !held.told {
            self.follow(&mut held.leg);
            out.push(Parsed::Leg(held.leg));
        }
    }

    /// Marks an answer that came by the transfer of the part before; remembers a part that ends by one.
    fn follow(&mut self, leg: &mut Leg) {
        if leg.direction == Direction::Incoming && leg.disposition == Disposition::Answered {
            let coarse = SignedDuration::from_secs(leg.marks.resolution_seconds);
            let came = self.through.iter().position(|part| {
                let late = || leg.start.at.duration_since(part.end);
                part.trunk == leg.trunk
                    && part.caller == leg.calling_number
                    && (-coarse..=GAP + coarse).contains(&late())
            });
            if let Some(at) = came {
                self.through.remove(at);
                leg.marks.transferred = true;
            }
        }
        let puts_through = leg.transfer.as_ref().is_some_and(|transfer| transfer.from.is_some());
        if puts_through && (leg.trunk.is_some() || leg.calling_number.is_some()) {
            let seconds = leg
                .ring_seconds
                .unwrap_or(0)
                .saturating_add(leg.talk_seconds.unwrap_or(0));
            self.through.push_back(Through {
                trunk: leg.trunk.clone(),
                caller: leg.calling_number.clone(),
                end: leg.start.at.saturating_add(SignedDuration::from_secs(seconds)),
            });
            if self.through.len() > THROUGH {
                self.through.pop_front();
            }
        }
    }
}

/// An answer and a final line of one call at one extension.
fn is_same(answer: &Leg, leg: &Leg) -> bool {
    fn agree<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
        a.is_none() || b.is_none() || a == b
    }
    leg.direction == Direction::Incoming
        && leg.disposition == Disposition::Answered
        && answer.trunk == leg.trunk
        && answer.station == leg.station
        && agree(answer.ring_seconds.as_ref(), leg.ring_seconds.as_ref())
        && agree(answer.calling_number.as_ref(), leg.calling_number.as_ref())
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
