//! Wall time of a PBX becomes an instant.

use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::{Leg, PlacedLeg, Stamp};
use crate::ids::LineId;

/// How far the PBX's clock may run ahead of ours before we disbelieve it.
pub const AHEAD: SignedDuration = SignedDuration::from_mins(2);

/// The instant a stamp means in the feed's zone.
///
/// A doubled hour is resolved by arrival: the later reading, unless it lies in the future of `latest`, which is the
/// receipt less what the leg lasted since the stamp, for a switch prints a leg when it ends.
/// A missing hour is read with the offset before the change, as clocks that were not put forward run.
pub fn instant(stamp: &Stamp, zone: &TimeZone, latest: Timestamp) -> Option<Timestamp> {
    if let Some(offset) = stamp.offset {
        return offset.to_timestamp(stamp.at).ok();
    }
    match zone.to_ambiguous_timestamp(stamp.at).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(stamp.at).ok(),
        AmbiguousOffset::Gap { before, .. } => before.to_timestamp(stamp.at).ok(),
        AmbiguousOffset::Fold { before, after } => {
            let later = after.to_timestamp(stamp.at).ok()?;
            if later <= latest.checked_add(AHEAD).unwrap_or(Timestamp::MAX) {
                Some(later)
            } else {
                before.to_timestamp(stamp.at).ok()
            }
        }
    }
}

/// An answer's instant. Of a doubled hour the first reading that is not before the start: nobody rings for an hour.
fn answer(stamp: &Stamp, zone: &TimeZone, start: Timestamp, latest: Timestamp) -> Option<Timestamp> {
    if stamp.offset.is_none()
        && let AmbiguousOffset::Fold { before, .. } = zone.to_ambiguous_timestamp(stamp.at).offset()
        && let Ok(first) = before.to_timestamp(stamp.at)
        && first >= start
    {
        return Some(first);
    }
    instant(stamp, zone, latest)
}

/// A leg with its instants; `None` if its stamp lies outside the years that can be reckoned with.
pub fn placed(
    leg: Leg,
    order: u64,
    line_ids: Vec<LineId>,
    received_at: Timestamp,
    zone: &TimeZone,
) -> Option<PlacedLeg> {
    let busy = leg
        .talk_seconds
        .unwrap_or(0)
        .saturating_add(leg.marks.held_seconds)
        .max(0);
    let before = |seconds: i64| {
        let span = SignedDuration::from_secs(seconds);
        received_at.checked_sub(span).unwrap_or(received_at)
    };
    let ringing = leg.ring_seconds.unwrap_or(0).max(0);
    let whole = leg.marks.lasted_seconds.unwrap_or(busy.saturating_add(ringing));
    let start = instant(&leg.start, zone, before(whole))?;
    let answered_at = leg
        .answered_at
        .as_ref()
        .and_then(|stamp| answer(stamp, zone, start, before(busy)));
    let known = leg.talk_seconds.is_some() || leg.ring_seconds.is_some();
    let length = answered_at.map_or_else(
        || leg.ring_seconds.unwrap_or(0),
        |at| at.as_second() - start.as_second(),
    );
    let summed = || {
        length
            .saturating_add(leg.talk_seconds.unwrap_or(0))
            .saturating_add(leg.marks.held_seconds)
    };
    let ended_at = leg
        .marks
        .lasted_seconds
        .or_else(|| known.then(summed))
        .and_then(|seconds| start.checked_add(SignedDuration::from_secs(seconds)).ok());
    Some(PlacedLeg {
        leg,
        order,
        line_ids,
        received_at,
        start,
        answered_at,
        ended_at,
    })
}
