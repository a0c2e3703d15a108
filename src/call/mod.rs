//! From legs to a call: joining, and who answered first. Pure: no I/O, the time is an argument.

pub mod leg;
pub mod number;

pub use leg::{Direction, Disposition, Leg, Machine, Marks, Stamp, Transfer};
pub use number::{DialPlan, NumberKey, PhoneNumber};
