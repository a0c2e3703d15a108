//! Which call does a leg belong to?
//!
//! With an id of the PBX: same feed, same boot epoch, within 24 hours, for ids restart with the switch. Without:
//! same direction, trunk, caller and, of calls that were dialled here, dialled number, next start at most 10 seconds
//! (plus the stamp's coarseness) after the previous end. Who withheld their number is nobody to be recognised by.

use jiff::{SignedDuration, Timestamp};

use super::{Direction, Disposition, PlacedLeg, Text, number};
use crate::ids::CallId;

/// A PBX id is one call for this long.
pub const ID_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Without an id: the next leg starts at most this long after the previous end.
pub const GAP_SECONDS: i64 = 10;

/// What a leg is looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinKey {
    /// The PBX's own call id.
    PbxId(Text),
    /// Trunk and parties, at least one of them known.
    Line {
        /// Seen from the PBX.
        direction: Direction,
        /// Trunk as printed.
        trunk: Option<Text>,
        /// Caller as printed; none where it was withheld.
        caller: Option<Text>,
        /// What a station dialled, as printed; none of calls from outside, which may be dialled on and on.
        dialled: Option<Text>,
    },
    /// Nothing is known: the leg is a call of its own.
    Alone,
}

impl JoinKey {
    /// The key of a leg.
    pub fn of(leg: &PlacedLeg) -> Self {
        let leg = &leg.leg;
        match &leg.pbx_call_id {
            Some(id) => Self::PbxId(id.clone()),
            None => Self::of_line(
                leg.direction,
                leg.trunk.clone(),
                leg.calling_number.clone(),
                leg.called_number.clone(),
            ),
        }
    }

    /// The key of a leg or call to which the switch gave no id.
    pub fn of_line(direction: Direction, trunk: Option<Text>, calling: Option<Text>, called: Option<Text>) -> Self {
        let caller = calling.filter(|text| !number::is_withheld(text));
        let dialled = called.filter(|_| direction != Direction::Incoming);
        if trunk.is_none() && caller.is_none() && dialled.is_none() {
            return Self::Alone;
        }
        Self::Line {
            direction,
            trunk,
            caller,
            dialled,
        }
    }
}

/// A call that a leg may belong to: found by the register under the leg's key.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Which.
    pub id: CallId,
    /// What it is looked up by.
    pub key: JoinKey,
    /// Its start.
    pub start: Timestamp,
    /// Its end so far.
    pub ended_at: Option<Timestamp>,
    /// Somebody answered it.
    pub answered: bool,
    /// Boot epoch of the PBX.
    pub epoch: i64,
}

/// Where a leg goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// To this call.
    Join(CallId),
    /// A new call.
    New,
}

/// Decides; of several the latest.
pub fn place(leg: &PlacedLeg, epoch: i64, candidates: &[Candidate]) -> Placement {
    let key = JoinKey::of(leg);
    let fits = |call: &&Candidate| match &key {
        key if call.key != *key => false,
        JoinKey::PbxId(_) => call.epoch == epoch && leg.start.duration_since(call.start).abs() <= id_life(leg),
        JoinKey::Line { .. } => follows(leg, call) && marked(leg, call),
        JoinKey::Alone => false,
    };
    candidates
        .iter()
        .filter(fits)
        .max_by_key(|call| (call.start, call.id))
        .map_or(Placement::New, |call| Placement::Join(call.id))
}

/// How far apart segments of one id may start: where all of them print one start, another start is another call.
fn id_life(leg: &PlacedLeg) -> SignedDuration {
    if leg.leg.marks.one_start {
        SignedDuration::from_secs(leg.leg.marks.resolution_seconds.max(1) - 1)
    } else {
        ID_LIFE
    }
}

fn follows(leg: &PlacedLeg, call: &Candidate) -> bool {
    let coarse = leg.leg.marks.resolution_seconds.max(1);
    let slack = SignedDuration::from_secs(GAP_SECONDS + if coarse > 1 { coarse } else { 0 });
    let end = call.ended_at.unwrap_or(call.start);
    leg.start.duration_since(call.start) >= -SignedDuration::from_secs(coarse - 1)
        && leg.start.duration_since(end) <= slack
}

/// Two answered legs are one call only with the transfer mark, where the dialect has one.
fn marked(leg: &PlacedLeg, call: &Candidate) -> bool {
    let answered = leg.leg.disposition == Disposition::Answered;
    !(answered && call.answered && leg.leg.marks.marks_transfers && !leg.leg.marks.transferred)
}

/// The boot epoch of a switch, told by its ids: they rise with the start of calls, so a lower id at a later start
/// means that the switch restarted and counts anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Epoch {
    /// Counts restarts seen.
    pub number: i64,
    /// Highest id of this epoch.
    pub top_id: i64,
    /// Start of the call with that id.
    pub top_start: Option<Timestamp>,
}

impl Epoch {
    /// Sees a leg, and says whether something changed. Ids that are no plain numbers don't restart.
    pub fn observe(&mut self, leg: &PlacedLeg) -> bool {
        let Some(id) = leg.leg.pbx_call_id.as_deref().and_then(|id| id.parse::<i64>().ok()) else {
            return false;
        };
        let Some(top) = self.top_start else {
            (self.top_id, self.top_start) = (id, Some(leg.start));
            return true;
        };
        let slack = SignedDuration::from_secs(leg.leg.marks.resolution_seconds.max(1) + 60);
        let later = leg.start.duration_since(top);
        // All segments of one id print one start: the same id later is another boot's. A doubled hour is no boot.
        let again = leg.leg.marks.one_start && id == self.top_id && later > slack + SignedDuration::from_hours(1);
        if again || (id < self.top_id && later > slack) {
            *self = Self {
                number: self.number + 1,
                top_id: id,
                top_start: Some(leg.start),
            };
            return true;
        }
        if id > self.top_id {
            (self.top_id, self.top_start) = (id, Some(leg.start));
            return true;
        }
        false
    }
}
