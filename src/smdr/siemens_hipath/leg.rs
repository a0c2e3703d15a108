//! What a line means: who called whom, who answered, when.

use jiff::civil::DateTime;

use super::Reading;
use super::line::Fields;
use crate::call::{Direction, Disposition};
use crate::smdr::stamps::Meaning;
use crate::smdr::text::filled;
use crate::smdr::view::{Deduced, Deductions, LegView};

impl Reading {
    #[inline]
    pub fn leg<'a>(&self, number: u64, line: &'a [u8], at: DateTime, f: &Fields<'a>) -> LegView<'a> {
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
