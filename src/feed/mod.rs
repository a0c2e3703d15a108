//! Feeds: bytes of a switch come in and are cut into lines.
//!
//! **Not here**: what a line means ([`crate::smdr`]).

pub mod codec;
pub mod source;
