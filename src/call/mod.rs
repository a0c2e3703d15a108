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

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use fold::fold;
pub use join::{Candidate, Epoch, GAP_SECONDS, ID_LIFE, JoinKey, Placement, place};
pub use leg::{Direction, Disposition, Leg, Machine, Marks, Stamp, Transfer};
pub use number::{DialPlan, NumberKey, PhoneNumber};
