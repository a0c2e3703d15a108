//! Notices become messages.
//!
//! ```text
//! notice waiting ──begin (one transaction: re-read, compose, freeze)──▶ message begun ──▶ its fate
//!        └ case closed or moved meanwhile: skipped, with why     ▲            │
//!                                                                └─ composed anew after a definite "not now"
//! ```
//! **Invariants.** A message that may have arrived goes again byte for byte; one that certainly did not is composed
//! anew, with what else has come due for its reader. A notice is in at most one message that was not refused. A
//! message is one reader's, who may read for several people.
//!
//! **Not here**: who reads, and when mail may go ([`super::release`]); whether a notice still holds
//! ([`super::recheck`]); what becomes of a message ([`super::fates`]); letters that carry no notice
//! ([`super::notes`]).

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::floors::{self, Numbered};
use super::notes::Note;
use super::{Error, Store, millis};
use crate::case::happened::Occasion;
use crate::case::{Case, EventRow};
use crate::directory::Mailbox;
use crate::ids::PersonId;

/// One notice on its way into a message.
#[derive(Debug, Clone)]
pub struct DraftNotice {
    /// Row.
    pub id: i64,
    /// Whose it is; who reads may be another.
    pub person: PersonId,
    /// The case as it stands now.
    pub case: Case,
    /// What it tells.
    pub about: Occasion,
    /// What happened, if that is what it tells.
    pub event: Option<EventRow>,
    /// When the deadline is, or was, due; when it happened.
    pub due_at: Timestamp,
    /// The rung.
    pub rung: u32,
    /// A copy for somebody who is not the handler.
    pub copy: bool,
    /// What was dialled.
    pub called_number: Option<String>,
    /// How long the call's talk was, in seconds.
    pub talk_seconds: Option<i64>,
}

/// What a message is composed from.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The message's row; the same when it is composed anew.
    pub message: i64,
    /// Who reads it.
    pub reader: PersonId,
    /// Their mailbox.
    pub address: String,
    /// What to tell; not empty.
    pub notices: Vec<DraftNotice>,
    /// Now.
    pub now: Timestamp,
}

/// What is to be composed.
#[derive(Debug, Clone)]
pub enum Order {
    /// Notices to a person.
    Reminder(Draft),
    /// A letter that carries no notice.
    Note {
        /// The message's row.
        message: i64,
        /// Mailbox.
        address: String,
        /// What it says.
        note: Note,
        /// Now.
        now: Timestamp,
    },
}

impl Order {
    fn message(&self) -> i64 {
        match self {
            Self::Reminder(draft) => draft.message,
            Self::Note { message, .. } => *message,
        }
    }

    fn reader(&self) -> &str {
        match self {
            Self::Reminder(draft) => draft.reader.as_str(),
            Self::Note { address, .. } => address,
        }
    }
}

/// A message ready to be sent, durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Row.
    pub message: i64,
    /// To whom: a person's id, or an address.
    pub reader: String,
    /// Mailbox.
    pub address: String,
    /// Header.
    pub message_id: String,
    /// As composed.
    pub bytes: Vec<u8>,
    /// Transmissions tried before.
    pub attempts: u32,
}

/// What `compose` returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// Mailbox.
    pub address: String,
    /// Subject, for lists.
    pub subject: String,
    /// Header.
    pub message_id: String,
    /// The whole message.
    pub bytes: Vec<u8>,
}

/// An unsent message that is due, as stored.
struct Due {
    message: i64,
    state: String,
    reader: String,
    note: Option<String>,
    address: String,
    message_id: String,
    bytes: Option<Vec<u8>>,
    attempts: u32,
}

/// How a message is composed.
type Compose<'a> = &'a dyn Fn(&Order, &super::Rules) -> Result<Composed, String>;

impl Store {
    /// The next message to send: one that was begun before, else a new one; inside a transaction. `in_hand`: those that
    /// are being sent now.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn begin_mail(
        &mut self,
        now: Timestamp,
        in_hand: &[i64],
        compose: Compose<'_>,
    ) -> Result<Option<Begun>, Error> {
        let held = self.mail_held()?.is_some();
        let stopped = held || self.mail_pause()?.is_some_and(|until| until > now);
        while let Some(due) = self.next_due(now, stopped, in_hand)? {
            if let Some(begun) = self.begin_again(due, now, compose)? {
                return Ok(Some(begun));
            }
        }
        if !held {
            self.watch_reach(now)?;
        }
        while !stopped && let Some(pile) = self.look_at_mail(now).next_pile()? {
            let notices = self.live_notices(&pile.people, None, now)?;
            if notices.is_empty() {
                continue;
            }
            let order = reminder(self.new_message()?, pile.mailbox, notices, now);
            if let Some(begun) = self.freeze(&order, compose, now)? {
                return Ok(Some(begun));
            }
        }
        Ok(None)
    }

    /// The row of a message to come.
    pub(super) fn new_message(&self) -> Result<i64, Error> {
        floors::next_id(&self.conn, Numbered::Message)
    }

    /// A message whose time has come; tests first, and nothing else while mail is stopped.
    fn next_due(&self, now: Timestamp, stopped: bool, in_hand: &[i64]) -> Result<Option<Due>, Error> {
        let row = |row: &rusqlite::Row<'_>| {
            Ok(Due {
                message: row.get("id")?,
                state: row.get("state")?,
                reader: row.get("person")?,
                note: row.get("note")?,
                address: row.get("address")?,
                message_id: row.get("message_id")?,
                bytes: row.get("bytes")?,
                attempts: row.get("attempts")?,
            })
        };
        let in_hand = serde_json::json!(in_hand).to_string();
        Ok(self
            .conn
            .prepare_cached(
                "SELECT * FROM message WHERE state IN ('begun', 'waiting') AND coalesce(next_at, 0) <= ?1
                   AND (NOT ?2 OR test) AND id NOT IN (SELECT value FROM json_each(?3))
                 ORDER BY test DESC, id LIMIT 1",
            )?
            .query_row(params![millis(now), stopped, in_hand], row)
            .optional()?)
    }

    /// A frozen message goes as it is; one that certainly did not arrive is composed anew.
    fn begin_again(&mut self, due: Due, now: Timestamp, compose: Compose<'_>) -> Result<Option<Begun>, Error> {
        let message = due.message;
        if let Some(bytes) = due.bytes {
            if due.state == "begun" {
                // We were stopped while it was sent: nobody knows how far it got.
                self.conn
                    .execute("UPDATE message SET doubt = 1 WHERE id = ?", [message])?;
            }
            return Ok(Some(Begun {
                message,
                reader: due.reader,
                address: due.address,
                message_id: due.message_id,
                bytes,
                attempts: due.attempts,
            }));
        }
        let order = match due.note {
            Some(note) => self.note_order(message, &note, due.address, now)?,
            None => self.reminder_again(message, slug(&due.reader)?, now)?,
        };
        match order {
            Some(order) => self.freeze(&order, compose, now),
            None => Ok(None),
        }
    }

    /// The notices of a message that is composed anew, and what else waits for its reader; `None` if it is not to be
    /// sent now.
    fn reminder_again(&mut self, message: i64, reader: PersonId, now: Timestamp) -> Result<Option<Order>, Error> {
        if let Some(opening) = self.look_at_mail(now).quiet_until(&reader) {
            self.conn.execute(
                "UPDATE message SET next_at = ?2 WHERE id = ?1",
                params![message, millis(opening)],
            )?;
            return Ok(None);
        }
        self.release_strangers(message, &reader, now)?;
        let people = self.look_at_mail(now).read_for(&reader)?;
        let notices = self.live_notices(&people, Some(message), now)?;
        let mailbox = self.look_at_mail(now).read_by(&reader, &self.dead_addresses()?);
        match mailbox.filter(|mailbox| mailbox.person == reader && !notices.is_empty()) {
            Some(mailbox) => Ok(Some(reminder(message, mailbox, notices, now))),
            None => {
                self.conn.execute(
                    "UPDATE message SET state = 'skipped', next_at = NULL,
                       last_error = 'all of it was settled, or is read by somebody else, before it could be sent'
                     WHERE id = ?",
                    [message],
                )?;
                Ok(None)
            }
        }
    }

    /// Notices that this reader reads no longer (their person is back, or a mailbox died) leave the message and wait.
    fn release_strangers(&mut self, message: i64, reader: &PersonId, now: Timestamp) -> Result<(), Error> {
        let people: Vec<String> = self
            .conn
            .prepare_cached("SELECT DISTINCT person FROM notice WHERE message = ? AND state = 'waiting'")?
            .query_map([message], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let dead = self.dead_addresses()?;
        for person in people {
            let reads = self.look_at_mail(now).read_by(&slug(&person)?, &dead);
            if reads.is_none_or(|mailbox| mailbox.person != *reader) {
                self.conn
                    .prepare_cached(
                        "UPDATE notice SET message = NULL WHERE message = ? AND person = ? AND state = 'waiting'",
                    )?
                    .execute(params![message, person])?;
            }
        }
        Ok(())
    }

    /// Composes and makes durable. `None`: it can't be composed, which is said.
    fn freeze(&mut self, order: &Order, compose: Compose<'_>, now: Timestamp) -> Result<Option<Begun>, Error> {
        let (message, rules) = (order.message(), std::sync::Arc::clone(&self.rules));
        let composed = match compose(order, &rules) {
            Ok(composed) => composed,
            Err(why) => {
                tracing::error!(to = order.reader(), %why, "a message could not be composed");
                self.cannot_compose(order, &why, now)?;
                return Ok(None);
            }
        };
        self.conn.execute(
            "INSERT INTO message(id, person, address, subject, message_id, state, attempts, created_at, bytes)
             VALUES (?,?,?,?,?,'begun',0,?,?) ON CONFLICT(id) DO UPDATE SET address = excluded.address,
               subject = excluded.subject, message_id = excluded.message_id, state = 'begun', bytes = excluded.bytes",
            params![
                message,
                order.reader(),
                composed.address,
                composed.subject,
                composed.message_id,
                millis(now),
                composed.bytes,
            ],
        )?;
        if let Order::Reminder(draft) = order {
            self.attach(draft, "waiting", None)?;
        }
        let attempts = self
            .conn
            .query_row("SELECT attempts FROM message WHERE id = ?", [message], |row| row.get(0))?;
        Ok(Some(Begun {
            message,
            reader: order.reader().to_owned(),
            address: composed.address,
            message_id: composed.message_id,
            bytes: composed.bytes,
            attempts,
        }))
    }

    fn cannot_compose(&mut self, order: &Order, why: &str, now: Timestamp) -> Result<(), Error> {
        self.conn.execute(
            "INSERT INTO message(id, person, address, subject, message_id, state, attempts, created_at, last_error)
             VALUES (?1,?2,'','','','failed',0,?3,?4)
             ON CONFLICT(id) DO UPDATE SET state = 'failed', next_at = NULL, bytes = NULL, last_error = ?4",
            params![order.message(), order.reader(), millis(now), why],
        )?;
        match order {
            Order::Reminder(draft) => self.attach(draft, "failed", Some(why)),
            Order::Note { .. } => Ok(()),
        }
    }

    fn attach(&mut self, draft: &Draft, state: &str, why: Option<&str>) -> Result<(), Error> {
        for notice in &draft.notices {
            self.conn
                .prepare_cached("UPDATE notice SET message = ?2, state = ?3, why = ?4 WHERE id = ?1")?
                .execute(params![notice.id, draft.message, state, why])?;
        }
        Ok(())
    }
}

fn reminder(message: i64, mailbox: Mailbox, notices: Vec<DraftNotice>, now: Timestamp) -> Order {
    Order::Reminder(Draft {
        message,
        reader: mailbox.person,
        address: mailbox.address,
        notices,
        now,
    })
}

pub(super) fn slug(text: &str) -> Result<PersonId, Error> {
    text.parse().map_err(|e: crate::ids::BadSlug| Error::Garbled {
        what: "person".into(),
        detail: e.to_string(),
    })
}
