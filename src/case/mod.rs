//! The case: one person's responsibility for one call, as a pure function of its events.

pub mod policy;

pub use policy::{Duty, Policy};
