//! Mails: what they say, the links they carry, and how they leave the house.
//!
//! ```text
//! Letter --compose--> bytes of a message --Transport--> Delivery::{ Sent, Later, Unknown, Refused }
//!   `- Item.url <--sign-- Link { person, case or list, expires }
//! ```
//! **Invariants.** Nothing that came from a line or a person reaches a header with a control character in it. The
//! same letter composes to the same bytes. A message that was delivered is not delivered twice under its id.
//!
//! **Not here**: which notices make a message, when, and what happens after a refusal (`remind`).

pub mod compose;
pub mod letter;
pub mod link;
pub mod maildir;
pub mod plain;
mod secure;
pub mod smtp;
mod text;
mod trouble;
mod view;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::{self, MailTransport};

pub use compose::compose;
pub use letter::{About, Addressee, Item, Letter, Party, Role, WhyYou};
pub use link::{BadLink, Key, Keys, Link, Target};
pub use maildir::Maildir;
pub use plain::{PlainLetter, compose_plain};
pub use smtp::Smtp;

/// What can go wrong between a letter and its delivery.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address of the directory or config that mail can't use.
    #[error("`{address}` is no mail address: {why}; expected one like `wang@example.org`")]
    Address {
        /// As written.
        address: String,
        /// What the parser says.
        why: String,
    },
    /// The message could not be put together.
    #[error("message {message_id} can't be composed: {why}")]
    Compose {
        /// Its id.
        message_id: String,
        /// What the builder says.
        why: String,
    },
    /// The maildir does not take the message.
    #[error("maildir {}: {doing}: {source}; is it there, writable, and the disk not full?", path.display())]
    Maildir {
        /// The file or folder.
        path: PathBuf,
        /// What was being done to it.
        doing: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// No randomness for a link key.
    #[error("the system gives no random bytes for the link key: {0}")]
    Random(getrandom::Error),
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Taken over, durably.
    Sent,
    /// Certainly not taken over; may be composed anew.
    Later {
        /// Not before this much time has passed, if the other side said so.
        after: Option<Duration>,
        /// Why, for the outbox.
        why: String,
        /// Other messages would fare no better: the server is the trouble, not this message.
        everybody: bool,
        /// Time will not mend it: somebody must look.
        alarm: bool,
    },
    /// It may have been taken over or not: only the same bytes may go again.
    Unknown {
        /// Why, for the outbox.
        why: String,
    },
    /// Never to this address.
    Refused {
        /// Why, for the outbox and the administrator.
        why: String,
    },
}

/// The way out of the house.
#[derive(Debug, Clone)]
pub enum Transport {
    /// Files in a maildir.
    Maildir(Maildir),
    /// A mail server.
    Smtp(Smtp),
}

impl Transport {
    /// The configured way out; a maildir is made at once, a server is asked when there is mail.
    ///
    /// # Errors
    /// The maildir can't be made or written to.
    pub fn of(settings: &config::Mail) -> Result<Self, Error> {
        Ok(match &settings.transport {
            MailTransport::Maildir(path) => {
                let maildir = Maildir::new(path.clone());
                maildir.prepare()?;
                Self::Maildir(maildir)
            }
            MailTransport::Smtp(server) => {
                let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
                Self::Smtp(Smtp::new(server.clone(), &settings.from, credentials))
            }
        })
    }

    /// Hands one message over. After [`Delivery::Unknown`], and after a crash, the same id and bytes go again.
    pub async fn deliver(&self, message_id: &str, address: &str, bytes: &[u8]) -> Delivery {
        match self {
            Self::Maildir(maildir) => {
                let (maildir, id, bytes) = (maildir.clone(), message_id.to_owned(), bytes.to_vec());
                let done = tokio::task::spawn_blocking(move || maildir.deliver(&id, &bytes)).await;
                match done {
                    Ok(Ok(())) => Delivery::Sent,
                    Ok(Err(error)) => Delivery::Later {
                        after: None,
                        why: error.to_string(),
                        everybody: true,
                        alarm: true,
                    },
                    // A maildir knows a message by its id: doing it again makes no second one.
                    Err(stopped) => Delivery::Unknown {
                        why: format!("the delivery was cut off: {stopped}"),
                    },
                }
            }
            Self::Smtp(smtp) => smtp.deliver(address, bytes).await,
        }
    }

    /// How many messages may be on their way at once: a folder never hangs, and keeps its mails in their order.
    pub fn at_once(&self) -> usize {
        match self {
            Self::Maildir(_) => 1,
            Self::Smtp(_) => smtp::CONNECTIONS,
        }
    }

    /// Lets go of what has been idle for long enough; otherwise never returns. Meant to be dropped.
    pub async fn rest(&self) {
        match self {
            Self::Maildir(_) => std::future::pending().await,
            Self::Smtp(smtp) => smtp.rest().await,
        }
    }

    /// Lets go of everything, before the end.
    pub async fn close(&self) {
        match self {
            Self::Maildir(_) => {}
            Self::Smtp(smtp) => smtp.close().await,
        }
    }
}
