//! A leg as a dialect reads it off its line: the texts are still bytes of the line.
//!
//! Most of the time of reading a line went into copying texts that joining and the register copy again. A view is
//! decided in all that it says; what is left to [`LegView::to_leg`] is to copy, and to decode.
//!
//! **Invariants.** An empty text is none, but where it says otherwise. Texts are bytes of the line, or of what the line was made into: only then are
//! they looked at one by one.

use encoding_rs::{Encoding, UTF_8};
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::text::Source;
use crate::call::{Direction, Disposition, Inferred, Leg, LineNumbers, Machine, Marks, Stamp, Text, Transfer};

/// A field that was deduced rather than read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)] // the names of the fields themselves
pub enum Deduced {
    Start,
    AnsweredAt,
    Direction,
    CallingNumber,
    AnsweredBy,
    RingSeconds,
    Disposition,
}

impl Deduced {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Start, "start"),
        (Self::AnsweredAt, "answered_at"),
        (Self::Direction, "direction"),
        (Self::CallingNumber, "calling_number"),
        (Self::AnsweredBy, "answered_by"),
        (Self::RingSeconds, "ring_seconds"),
        (Self::Disposition, "disposition"),
    ];
}

/// Deduced fields in the order in which the dialect deduced them; each at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deductions {
    /// Of each, from the lowest bits on, its place among all and one more.
    packed: u32,
}

impl Deductions {
    /// Bits of each: there are less than sixteen fields.
    const BITS: u32 = 4;

    /// Adds one, if it holds.
    #[inline]
    pub fn note(&mut self, holds: bool, field: Deduced) {
        let behind = (32 - self.packed.leading_zeros()).next_multiple_of(Self::BITS);
        if holds {
            self.packed |= (field as u32 + 1) << (behind % 32);
        }
    }

    /// Their names.
    pub fn names(self) -> Inferred {
        let mut names = Inferred::new();
        let mut left = self.packed;
        while left != 0 {
            let place = (left % (1 << Self::BITS)) as usize;
            if let Some((_, name)) = Deduced::ALL.get(place.wrapping_sub(1)) {
                names.push(*name);
            }
            left >>= Self::BITS;
        }
        names
    }
}

/// One leg of one line; field meanings are those of [`Leg`].
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)] // they are Leg's
pub struct LegView<'a> {
    /// The line's number.
    pub number: u64,
    /// The line.
    pub line: &'a [u8],
    /// Of its texts.
    pub encoding: &'static Encoding,
    pub start: DateTime,
    pub answered_at: Option<DateTime>,
    /// Of both.
    pub offset: Option<Offset>,
    pub direction: Direction,
    pub calling_number: &'a [u8],
    pub calling_name: &'a [u8],
    pub called_number: &'a [u8],
    /// Here an empty text is one that was printed.
    pub station: Option<&'a [u8]>,
    /// So it is here, and with the agent.
    pub answered_by: Option<&'a [u8]>,
    pub trunk: &'a [u8],
    pub ring_seconds: Option<i64>,
    pub talk_seconds: Option<i64>,
    pub disposition: Disposition,
    /// Who put through, and to whom.
    pub transfer: Option<(&'a [u8], &'a [u8])>,
    pub pbx_call_id: &'a [u8],
    pub account_code: &'a [u8],
    pub inferred: Deductions,
    pub last: Option<bool>,
    pub one_start: bool,
    pub machine: Option<Machine>,
    pub target: &'a [u8],
    pub agent: Option<&'a [u8]>,
    pub transferred: bool,
    pub marks_transfers: bool,
    pub held_seconds: i64,
    pub resolution_seconds: i64,
    pub lasted_seconds: Option<i64>,
    pub passed_to: &'a [&'a [u8]],
}

impl<'a> LegView<'a> {
    /// A leg of which nothing is known but its line, its start and its way.
    #[inline]
    pub fn new(number: u64, line: &'a [u8], start: DateTime, direction: Direction) -> Self {
        Self {
            number,
            line,
            encoding: UTF_8,
            start,
            answered_at: None,
            offset: None,
            direction,
            calling_number: b"",
            calling_name: b"",
            called_number: b"",
            station: None,
            answered_by: None,
            trunk: b"",
            ring_seconds: None,
            talk_seconds: None,
            disposition: Disposition::Unknown,
            transfer: None,
            pbx_call_id: b"",
            account_code: b"",
            inferred: Deductions::default(),
            last: None,
            one_start: false,
            machine: None,
            target: b"",
            agent: None,
            transferred: false,
            marks_transfers: false,
            held_seconds: 0,
            resolution_seconds: 0,
            lasted_seconds: None,
            passed_to: &[],
        }
    }

    /// The same with texts of its own.
    pub fn to_leg(&self) -> Leg {
        let source = Source::of(self.line);
        let text = |cell: &[u8]| -> Option<Text> { (!cell.is_empty()).then(|| source.decoded(cell, self.encoding)) };
        let stamp = |at| Stamp {
            at,
            offset: self.offset,
        };
        Leg {
            line: self.number,
            lines: 1,
            line_numbers: LineNumbers::from_buf_and_len([self.number, 0], 1),
            start: stamp(self.start),
            answered_at: self.answered_at.map(stamp),
            direction: self.direction,
            calling_number: text(self.calling_number),
            calling_name: text(self.calling_name),
            called_number: text(self.called_number),
            station: self.station.map(|cell| source.decoded(cell, self.encoding)),
            answered_by: self.answered_by.map(|cell| source.decoded(cell, self.encoding)),
            trunk: text(self.trunk),
            ring_seconds: self.ring_seconds,
            talk_seconds: self.talk_seconds,
            disposition: self.disposition,
            transfer: self.transfer.map(|(from, to)| Transfer {
                from: text(from),
                to: text(to),
            }),
            pbx_call_id: text(self.pbx_call_id),
            account_code: text(self.account_code),
            inferred: self.inferred.names(),
            marks: Marks {
                last: self.last,
                one_start: self.one_start,
                machine: self.machine,
                target: text(self.target),
                agent: self.agent.map(|cell| source.decoded(cell, self.encoding)),
                transferred: self.transferred,
                marks_transfers: self.marks_transfers,
                held_seconds: self.held_seconds,
                resolution_seconds: self.resolution_seconds,
                lasted_seconds: self.lasted_seconds,
                passed_to: self
                    .passed_to
                    .iter()
                    .map(|cell| source.decoded(cell, self.encoding))
                    .collect(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deductions_keep_their_order() {
        let mut found = Deductions::default();
        for (field, _) in Deduced::ALL.into_iter().rev() {
            found.note(field != Deduced::Direction, field);
        }
        assert_eq!(
            found.names().as_slice(),
            [
                "disposition",
                "ring_seconds",
                "answered_by",
                "calling_number",
                "answered_at",
                "start"
            ]
        );
        assert!(Deductions::default().names().is_empty());
    }
}
