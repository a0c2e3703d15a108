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

mod budget;
mod letter;
#[cfg(test)]
mod letter_tests;
mod mailer;
pub mod note;
mod ticker;

pub use letter::{LinkDesk, host_of, letter};
pub use mailer::{Mailer, Outlet};
pub use ticker::Ticker;

use std::time::Duration;

use crate::register::{Error, Handle};

/// Longest sleep: the wall clock is looked at again at least this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Other processes' commits are noticed this soon.
const POLL: Duration = Duration::from_secs(1);

/// Returns when another process (a command of the CLI) has committed since `seen`, or when something is overdue that
/// goes by real time and not by the house's clock.
async fn changed_elsewhere(writer: &Handle, seen: i64) -> Result<(), Error> {
    loop {
        tokio::time::sleep(POLL).await;
        let (look, _, version) = writer.next().await?;
        if version != seen || look == Some(jiff::Timestamp::UNIX_EPOCH) {
            return Ok(());
        }
    }
}
