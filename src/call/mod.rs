//! From legs to a call: joining, and who answered first. Pure: no I/O, the time is an argument.
//!
//! ```text
//! Leg --(zone, receipt)--> PlacedLeg --join--> which call?
//!                              all legs of it --fold--> Call { first answerer, certainty, put-throughs, … }
//! ```
//! **Invariants.** [`fold`] looks at nothing but the legs, the directory and the dialect's marks: the same legs in
//! the same order of emission give the same call, whenever and how often it is asked.
//!
//! **Not here**: what a call means for cases ([`crate::case`]), where legs are kept (`register`).

mod first;
mod fold;
mod join;
pub mod leg;
pub mod number;
#[cfg(test)]
mod tests;
mod time;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use fold::fold;
pub use join::{Candidate, Epoch, GAP_SECONDS, ID_LIFE, JoinKey, Placement, place};
pub use leg::{Direction, Disposition, Inferred, Leg, LineNumbers, Machine, Marks, Stamp, Text, Transfer};
pub use number::{DialPlan, NumberKey, PhoneNumber};
pub use time::{AHEAD, instant, placed};

use crate::directory::Found;
use crate::ids::{FeedName, LineId, PersonId};

/// How sure the first answerer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// A tie, a hole in the roster, an unknown member, a clash of evidence. Never counts against a person.
    Ambiguous,
    /// By a rule, a roster, or a deduced field.
    Likely,
    /// The format names the extension and exactly one person held it.
    Certain,
}

/// A leg with its place in time and in the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedLeg {
    /// As the dialect read it.
    pub leg: Leg,
    /// Order of emission in the feed.
    pub order: u64,
    /// Its journal lines.
    pub line_ids: Vec<LineId>,
    /// When its last line arrived, by our clock.
    pub received_at: Timestamp,
    /// Start as an instant, by the feed's zone.
    pub start: Timestamp,
    /// Answer as an instant.
    pub answered_at: Option<Timestamp>,
    /// End as an instant, as far as the format tells.
    pub ended_at: Option<Timestamp>,
}

/// A call: all legs of one conversation, folded.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Where it came from.
    pub feed: FeedName,
    /// When it began, by the PBX.
    pub start: Timestamp,
    /// When the first human answered.
    pub answered_at: Option<Timestamp>,
    /// When it ended, by the PBX.
    pub ended_at: Option<Timestamp>,
    /// Of the first leg.
    pub direction: Direction,
    /// Who called, as printed.
    pub calling_number: Option<String>,
    /// The caller's name.
    pub calling_name: Option<String>,
    /// What was dialled, as printed.
    pub called_number: Option<String>,
    /// The extension or group it was for.
    pub target: Option<String>,
    /// The extensions that rang, in order.
    pub rung: Vec<String>,
    /// The line to the outside.
    pub trunk: Option<String>,
    /// Of the whole call.
    pub disposition: Disposition,
    /// Extension of the first human answerer.
    pub answered_by: Option<String>,
    /// The person behind it.
    pub person: Option<PersonId>,
    /// How sure that is.
    pub certainty: Certainty,
    /// What makes it less than certain, for `case why`.
    pub doubts: Vec<Doubt>,
    /// The directory entry used for the first answerer.
    pub found: Option<Found>,
    /// From start to the first human answer.
    pub ring_seconds: Option<i64>,
    /// From there to the end.
    pub talk_seconds: Option<i64>,
    /// Code keyed on the phone (the last one).
    pub account_code: Option<String>,
    /// Later human answers by somebody else.
    pub put_through: Vec<PutThrough>,
    /// When the first line arrived.
    pub first_received_at: Timestamp,
    /// When the last line arrived.
    pub received_at: Timestamp,
    /// The dialect's end mark was seen.
    pub ended: bool,
    /// How many legs.
    pub legs: usize,
}

/// A later station that answered the same call.
#[derive(Debug, Clone, PartialEq)]
pub struct PutThrough {
    /// Which extension.
    pub extension: String,
    /// Who sat there.
    pub found: Found,
    /// When, by the PBX (computed where the format gives no time of its own).
    pub at: Timestamp,
    /// How long they talked.
    pub talk_seconds: i64,
    /// The leg's order of emission: evidence.
    pub order: u64,
}

/// Why a first answerer is less than certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Two answered in the same second; the higher rank was taken.
    Tie,
    /// A desk's roster named the person.
    ByRoster,
    /// The roster has a hole.
    RosterHole,
    /// A ring group answered as such.
    UnknownMember,
    /// The directory does not know the extension.
    Unmapped,
    /// The dialect deduced who answered.
    Deduced,
}
