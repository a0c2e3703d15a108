//! What is due becomes a notice, then a message, then it is delivered.
//!
//! ```text
//! register: next look ──▶ clock task ──tick──▶ breaches, notices     (one transaction)
//! register: next mail ──▶ mailer ──begin──▶ message, frozen ──▶ transport ──▶ fate
//! ```
//! **Invariants.** The database says what is due; both tasks only sleep until then, at most half a minute, so that a
//! jump of the wall clock or a suspended machine is noticed. A message is sent only after it is durable as begun.
//!
//! **Not here**: which rungs there are ([`crate::case::ladder`]), how a mail looks ([`crate::mail`]).

mod letter;
#[cfg(test)]
mod letter_tests;
mod mailer;
mod ticker;

pub use letter::{LinkDesk, letter};
pub use mailer::Mailer;
pub use ticker::Ticker;

use std::time::Duration;

/// Longest sleep: the wall clock is looked at again at least this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
