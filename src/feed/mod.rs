//! Feeds: bytes of a switch come in and are cut into lines.
//!
//! ```text
//! socket ──▶ codec ──lines──▶ writer        nothing more is read until the writer has made them durable
//! ```
//! **Invariants.** All kinds of feed use the one [`codec`]. Memory per connection is bounded. What was read reaches
//! the writer before the feed ends.
//!
//! **Not here**: what a line means ([`crate::smdr`]).

pub mod codec;
mod connection;
pub mod file;
mod intake;
pub mod login;
mod quiet;
mod retry;
pub mod serial;
pub mod source;
pub mod tcp_connect;
pub mod tcp_listen;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;

pub use connection::Reading;

/// What stops a feed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address can't be had.
    #[error("feed {feed}: {address} can't be listened on; is another program (or feed) using it?")]
    Bind {
        /// Which feed.
        feed: String,
        /// Which address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The listener broke.
    #[error("feed {feed}: accepting connections failed: {source}")]
    Accept {
        /// Which feed.
        feed: String,
        /// Why.
        source: std::io::Error,
    },
    /// The task that follows a file broke.
    #[error("feed {feed}: following the file failed: {why}")]
    Following {
        /// Which feed.
        feed: String,
        /// Why.
        why: String,
    },
    /// The register no longer takes lines.
    #[error("feed {feed}: {source}")]
    Register {
        /// Which feed.
        feed: String,
        /// Why.
        source: crate::register::Error,
    },
}
