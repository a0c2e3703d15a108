//! Which call does a leg belong to?

use jiff::Timestamp;

use super::PlacedLeg;
use crate::ids::CallId;

/// What a leg is looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinKey {
    /// The PBX's own call id.
    PbxId(String),
    /// Trunk and caller.
    Line {
        /// Trunk as printed.
        trunk: Option<String>,
        /// Caller as printed.
        caller: Option<String>,
    },
    /// Neither: the leg is a call of its own.
    Alone,
}

/// A call that a leg may belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Which.
    pub id: CallId,
    /// Its start.
    pub start: Timestamp,
    /// Its end so far.
    pub ended_at: Option<Timestamp>,
    /// A person answered it.
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

/// Decides.
pub fn place(_leg: &PlacedLeg, _epoch: i64, _candidates: &[Candidate]) -> Placement {
    Placement::New
}
