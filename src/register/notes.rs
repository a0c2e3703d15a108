//! Messages that carry no notice: to the administrator, and tests.
//!
//! **Invariants.** A note is written in the transaction that finds its reason. It goes to the administrator while that
//! address lives, else to whoever the fallback's mail reaches. A test goes to nobody else than was asked for.

use jiff::Timestamp;
use rusqlite::params;

use super::alarm_words::{Style, called};
use super::outbox::Order;
use super::{Error, Store, millis};
use crate::l10n::Lang;

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Note {
    /// Mail works.
    Test,
    /// A server refused an address for good.
    DeadAddress {
        /// Which.
        address: String,
        /// In the server's words.
        why: String,
    },
    /// A message could not be delivered for five days.
    GivenUp {
        /// To whom.
        address: String,
        /// Its subject.
        subject: String,
        /// What went wrong last.
        why: String,
    },
    /// Something must be looked into.
    Alarm(super::Alarm),
}

impl Store {
    /// A note to the administrator; inside a transaction.
    pub(super) fn write_note(&mut self, note: &Note, now: Timestamp) -> Result<(), Error> {
        self.put_note(note, "", now).map(drop)
    }

    /// A test mail to this address, for the daemon to send; its row. Inside a transaction.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn ask_for_test(&mut self, address: &str, now: Timestamp) -> Result<i64, Error> {
        self.put_note(&Note::Test, address, now)
    }

    fn put_note(&mut self, note: &Note, address: &str, now: Timestamp) -> Result<i64, Error> {
        let text = serde_json::to_string(note).map_err(|e| Error::Garbled {
            what: "note".into(),
            detail: e.to_string(),
        })?;
        let message = self.new_message()?;
        self.conn.execute(
            "INSERT INTO message(id, person, address, subject, message_id, state, attempts, created_at, note, test)
             VALUES (?1,?2,?2,'','','waiting',0,?3,?4,?5)",
            params![message, address, millis(now), text, *note == Note::Test],
        )?;
        self.changed.notices = true;
        Ok(message)
    }

    pub(super) fn test_waits(&self) -> Result<bool, Error> {
        Ok(self
            .conn
            .prepare_cached("SELECT EXISTS(SELECT 1 FROM message WHERE state IN ('begun', 'waiting') AND state = 'waiting' AND test)")?
            .query_row([], |row| row.get(0))?)
    }

    /// What is to be composed for a stored note; `None` if it reaches nobody, which is said.
    pub(super) fn note_order(
        &mut self,
        message: i64,
        text: &str,
        address: String,
        now: Timestamp,
    ) -> Result<Option<Order>, Error> {
        let note: Note = serde_json::from_str(text).map_err(|e| Error::Garbled {
            what: format!("message {message}"),
            detail: e.to_string(),
        })?;
        let address = if note == Note::Test {
            Some(address)
        } else {
            self.caretaker(now)?
        };
        let Some(address) = address else {
            let why = "neither the administrator nor the fallback person has an address that takes mail";
            let (lang, zone) = (Lang::En, &self.rules.zone);
            let unsaid = called(&note, Style { lang, zone, now });
            tracing::error!(
                mail = message,
                why,
                "a letter reaches nobody, for {why}: {unsaid}; set mail.admin, or give the fallback person a mailbox, and reload"
            );
            self.conn.execute(
                "UPDATE message SET state = 'failed', next_at = NULL, last_error = ?2 WHERE id = ?1",
                params![message, why],
            )?;
            return Ok(None);
        };
        self.conn.execute(
            "UPDATE message SET person = ?2 WHERE id = ?1",
            params![message, address],
        )?;
        Ok(Some(Order::Note {
            message,
            address,
            note,
            now,
        }))
    }

    /// The address of who looks after the house.
    fn caretaker(&self, now: Timestamp) -> Result<Option<String>, Error> {
        let (dead, rules) = (self.dead_addresses()?, &self.rules);
        let lives = |address: &str| !dead.contains(&address.to_lowercase());
        if let Some(admin) = rules.admin.as_ref().filter(|address| lives(address)) {
            return Ok(Some(admin.clone()));
        }
        let today = rules.zone.to_datetime(now).date();
        let fallback = rules.directory.mailbox_if(&rules.directory.fallback, today, lives);
        Ok(fallback.map(|mailbox| mailbox.address))
    }
}
