//! Lines that are no text: a wrong speed or parity, or noise.
//!
//! **Invariants.** [`garble`] alone judges, and this file alone raises the alarm and takes it back. Of a line that was
//! read no byte is noise, whatever its code page. The alarm is over when what comes is text, and the latest lines were
//! all understood.

use jiff::Timestamp;

use super::alarms::key;
use super::feed_state::FeedState;
use super::lines::Outcome;
use super::rows::LineState;
use super::{Alarm, Error, Store, millis};
use crate::ids::FeedName;
use crate::smdr::garble::{self, Garbled};

/// Bytes that are judged together.
const WINDOW: usize = 256;

/// Of a hundred bytes fewer are no sign of noise.
const FEW: u32 = 5;

/// So many latest lines must have been understood.
const UNDERSTOOD: usize = 10;

/// The bytes since the last judgement.
#[derive(Debug, Clone, Default)]
pub(super) struct Sample {
    /// Of lines that were read.
    read: usize,
    /// Lines that were not.
    unread: Vec<Vec<u8>>,
    unread_bytes: usize,
}

/// What a sample comes to.
enum Verdict {
    Noise(Garbled),
    Text,
    Unclear,
}

impl Sample {
    /// Counts a line.
    pub fn note(&mut self, bytes: &[u8], is_read: bool) {
        if is_read {
            self.read += bytes.len();
        } else if self.unread_bytes < WINDOW {
            self.unread_bytes += bytes.len();
            self.unread.push(bytes.to_vec());
        }
    }

    /// Judges when there is enough, and begins anew.
    fn judge(&mut self) -> Option<Verdict> {
        if self.read + self.unread_bytes < WINDOW {
            return None;
        }
        let sample = std::mem::take(self);
        let lines: Vec<&[u8]> = sample.unread.iter().map(Vec::as_slice).collect();
        let (part, all) = (sample.unread_bytes, sample.unread_bytes + sample.read);
        let percent = u32::try_from(garble::odd(&lines) * 100 / all).unwrap_or(100);
        Some(match garble::garbled(&lines) {
            Some(garbled) if part * 2 >= all => Verdict::Noise(garbled),
            _ if percent < FEW => Verdict::Text,
            _ => Verdict::Unclear,
        })
    }
}

impl FeedState {
    /// Counts a line with what became of it.
    pub(super) fn sample(&mut self, bytes: &[u8], outcome: &Outcome) {
        let is_read = match outcome.state {
            LineState::Leg | LineState::Skipped | LineState::Duplicate => true,
            LineState::Pending => self.parser.is_some() || outcome.link.is_some(),
            LineState::Quarantined | LineState::Partial => false,
        };
        self.sample.note(bytes, is_read);
    }
}

impl Store {
    /// After lines were taken: has noise begun, or ended?
    pub(super) fn look_for_noise(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        now: Timestamp,
    ) -> Result<(), Error> {
        match state.sample.judge() {
            Some(Verdict::Noise(garbled)) => self.tell_of_noise(feed, state, garbled, now),
            Some(Verdict::Text) if state.noisy => {
                let latest = self.recent_of(state, millis(now))?.telling().take(UNDERSTOOD);
                if latest.filter(|seen| seen.unread).count() == 0 {
                    state.noisy = false;
                    self.clear_alarm(&key("garbage", feed.as_str()), now)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Many of the latest lines were not understood: whether that is because they are noise.
    pub(super) fn unread_is_noise(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        lines: &[&[u8]],
        now: Timestamp,
    ) -> Result<bool, Error> {
        match garble::garbled(lines) {
            Some(garbled) => self.tell_of_noise(feed, state, garbled, now).map(|()| true),
            None => Ok(false),
        }
    }

    fn tell_of_noise(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        garbled: Garbled,
        now: Timestamp,
    ) -> Result<(), Error> {
        state.noisy = true;
        let alarm = Alarm::Garbage {
            feed: feed.to_string(),
            percent: garbled.percent,
            cause: garbled.cause.as_str().to_owned(),
        };
        self.raise_alarm(&alarm, now).map(drop)
    }
}
