//! The commands: one file each; they print, they never decide.

pub mod check;
