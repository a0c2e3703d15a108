//! From legs to a call: joining, and who answered first. Pure: no I/O, the time is an argument.

pub mod leg;

pub use leg::{Direction, Disposition, Leg, Machine, Marks, Stamp, Transfer};
