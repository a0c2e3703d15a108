//! What becomes of messages: sent, tried again, refused, given up; and what stops all mail.
//!
//! ```text
//! begun ─┬─ sent
//!        ├─ waiting, without bytes   certainly not taken over: composed anew at `next_at`
//!        ├─ waiting, with bytes      nobody knows: the same bytes again at `next_at`
//!        └─ failed                   the address is dead, or five days have passed
//! ```
//! **Invariants.** Once it is not known whether a message arrived, its bytes stay as they are. A notice whose address
//! died waits again, for the next living one up the line. What is given up is failed, visibly, never dropped; `outbox
//! retry` revives it. The administrator hears of each dead address once.
//!
//! **Not here**: beginning messages ([`super::outbox`]).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::notes::Note;
use super::{Alarm, Error, Store, alarms, instant, millis, store};

/// A message that could not be delivered for so long after the first try is given up.
const GIVE_UP: SignedDuration = SignedDuration::from_hours(5 * 24);

/// Setting: why mail is held.
pub(super) const HELD: &str = "mail_held";

/// Setting: no mail before this instant, because the server is the trouble.
const PAUSE: &str = "mail_pause";

/// Setting: since when no mail has got through, because the server is the trouble; empty: it does.
const DOWN: &str = "mail_down_since";

/// An outage that is worth an alarm: shorter ones are a server's restart.
const DOWN_FOR: SignedDuration = SignedDuration::from_hours(1);

/// One message that is not accepted for so long is worth an alarm: greylisting takes minutes.
const STUCK_FOR: SignedDuration = SignedDuration::from_hours(4);

/// What became of a transmission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The other side has it.
    Sent,
    /// Certainly not taken over.
    Later {
        /// Try again then.
        at: Timestamp,
        /// Why.
        why: String,
        /// No other message before then either.
        everybody: bool,
        /// Time will not mend it.
        alarm: bool,
    },
    /// It may have arrived or not.
    Unknown {
        /// Try the same bytes again then.
        at: Timestamp,
        /// Why.
        why: String,
    },
    /// Never to this address.
    Refused {
        /// Why.
        why: String,
    },
}

/// What the fate of a message depends on.
struct Sending {
    reader: String,
    address: String,
    subject: String,
    note: bool,
    test: bool,
    /// The first failed try since it, or all mail, was let go.
    failing_since: Timestamp,
}

impl Store {
    /// Records what became of a message; inside a transaction.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn mail_fate(&mut self, message: i64, fate: &Fate, now: Timestamp) -> Result<(), Error> {
        let sending = self.sending(message, now)?;
        match fate {
            Fate::Sent => self.was_sent(message, &sending, now),
            // Whoever tests wants to know now, not to be surprised tomorrow.
            Fate::Later { why, .. } | Fate::Unknown { why, .. } | Fate::Refused { why } if sending.test => {
                self.failed(message, why)
            }
            Fate::Later { why, .. } | Fate::Unknown { why, .. }
                if now.duration_since(sending.failing_since) >= GIVE_UP =>
            {
                self.give_up(message, &sending, why, now)
            }
            Fate::Later {
                at,
                why,
                everybody,
                alarm,
            } => {
                self.trouble(&sending, why, *everybody, *alarm, now)?;
                if *everybody {
                    self.set_meta(PAUSE, &millis(*at).to_string())?;
                }
                self.conn.execute(
                    "UPDATE message SET state = 'waiting', attempts = attempts + 1, next_at = ?2, last_error = ?3,
                       failing_since = ?4, bytes = CASE WHEN doubt THEN bytes END WHERE id = ?1",
                    params![message, millis(*at), why, millis(sending.failing_since)],
                )?;
                Ok(())
            }
            Fate::Unknown { at, why } => {
                self.trouble(&sending, why, false, false, now)?;
                self.conn.execute(
                    "UPDATE message SET state = 'waiting', attempts = attempts + 1, next_at = ?2, last_error = ?3,
                       failing_since = ?4, doubt = 1 WHERE id = ?1",
                    params![message, millis(*at), why, millis(sending.failing_since)],
                )?;
                Ok(())
            }
            Fate::Refused { why } => self.was_refused(message, &sending, why, now),
        }
    }

    fn sending(&self, message: i64, now: Timestamp) -> Result<Sending, Error> {
        let row = |row: &rusqlite::Row<'_>| {
            Ok(Sending {
                reader: row.get("person")?,
                address: row.get("address")?,
                subject: row.get("subject")?,
                note: row.get::<_, Option<String>>("note")?.is_some(),
                test: row.get("test")?,
                failing_since: row.get::<_, Option<i64>>("failing_since")?.map_or(now, instant),
            })
        };
        Ok(self
            .conn
            .prepare_cached("SELECT * FROM message WHERE id = ?")?
            .query_row([message], row)?)
    }

    fn was_sent(&mut self, message: i64, sending: &Sending, now: Timestamp) -> Result<(), Error> {
        self.conn.execute(
            "UPDATE message SET state = 'sent', sent_at = ?2, attempts = attempts + 1, next_at = NULL, bytes = NULL,
               last_error = NULL WHERE id = ?1",
            params![message, millis(now)],
        )?;
        self.conn
            // What fell out before a later try is no part of what was sent.
            .execute(
                "UPDATE notice SET state = 'sent' WHERE message = ? AND state = 'waiting'",
                [message],
            )?;
        // A test may have gone to an address that was dead.
        self.conn
            .prepare_cached("DELETE FROM dead_address WHERE address = ?")?
            .execute([sending.address.to_lowercase()])?;
        self.clear_alarm(&alarms::key("mail_stuck", &sending.address), now)?;
        self.set_meta(DOWN, "")?;
        self.clear_alarm("mail_down", now)?;
        self.end_pause()
    }

    /// Raises what somebody must see to: nothing gets through for an hour, or one message is not accepted for four; at
    /// once what time won't mend (TLS, a login, a server that does not relay for us).
    fn trouble(
        &mut self,
        sending: &Sending,
        why: &str,
        everybody: bool,
        alarm: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let why = why.to_owned();
        if !everybody {
            let since = sending.failing_since;
            if alarm || now.duration_since(since) >= STUCK_FOR {
                let address = sending.address.clone();
                self.raise_alarm(&Alarm::MailStuck { address, since, why }, now)?;
            }
            return Ok(());
        }
        let since = store::meta(&self.conn, DOWN)?.and_then(|text| text.parse().ok());
        let since = since.map_or(now, instant);
        self.set_meta(DOWN, &millis(since).to_string())?;
        if alarm || now.duration_since(since) >= DOWN_FOR {
            self.raise_alarm(&Alarm::MailDown { since, why }, now)?;
        }
        Ok(())
    }

    fn failed(&mut self, message: i64, why: &str) -> Result<(), Error> {
        self.conn.execute(
            "UPDATE message SET state = 'failed', attempts = attempts + 1, next_at = NULL, bytes = NULL, last_error = ?2
             WHERE id = ?1",
            params![message, why],
        )?;
        Ok(())
    }

    fn was_refused(&mut self, message: i64, sending: &Sending, why: &str, now: Timestamp) -> Result<(), Error> {
        self.mark_dead(sending, why, now)?;
        if sending.note {
            // To the next one who looks after the house.
            self.conn.execute(
                "UPDATE message SET state = 'waiting', attempts = attempts + 1, next_at = NULL, bytes = NULL, doubt = 0,
                   last_error = ?2 WHERE id = ?1",
                params![message, why],
            )?;
            return Ok(());
        }
        self.failed(message, why)?;
        self.conn.execute(
            "UPDATE notice SET state = 'waiting', message = NULL WHERE message = ? AND state = 'waiting'",
            [message],
        )?;
        self.changed.notices = true;
        Ok(())
    }

    fn mark_dead(&mut self, sending: &Sending, why: &str, now: Timestamp) -> Result<(), Error> {
        let news = self.conn.execute(
            "INSERT OR IGNORE INTO dead_address(address, since, why) VALUES (?,?,?)",
            params![sending.address.to_lowercase(), millis(now), why],
        )?;
        if news == 0 {
            return Ok(());
        }
        let address = sending.address.clone();
        self.clear_alarm(&alarms::key("mail_stuck", &address), now)?;
        tracing::error!(
            address,
            why,
            "an address is dead: nothing more is sent to it until `firstanswer outbox retry`"
        );
        let why = why.to_owned();
        self.write_note(&Note::DeadAddress { address, why }, now)
    }

    fn give_up(&mut self, message: i64, sending: &Sending, why: &str, now: Timestamp) -> Result<(), Error> {
        tracing::error!(
            mail = message,
            to = sending.reader,
            why,
            "a mail could not be delivered for five days and is given up; `firstanswer outbox retry` tries again"
        );
        self.failed(message, why)?;
        self.conn.execute(
            "UPDATE notice SET state = 'failed', why = ?2 WHERE message = ?1 AND state = 'waiting'",
            params![message, why],
        )?;
        if sending.note {
            return Ok(());
        }
        let note = Note::GivenUp {
            address: sending.address.clone(),
            subject: sending.subject.clone(),
            why: why.to_owned(),
        };
        self.write_note(&note, now)
    }

    /// Addresses that a server refused for good, in lower case.
    pub(super) fn dead_addresses(&self) -> Result<BTreeSet<String>, Error> {
        dead_addresses(&self.conn)
    }

    /// Until when no mail is tried, if the server was the trouble.
    pub(super) fn mail_pause(&self) -> Result<Option<Timestamp>, Error> {
        mail_pause(&self.conn)
    }

    /// The server may be well again: what waited for it is tried now.
    pub(super) fn end_pause(&mut self) -> Result<(), Error> {
        if let Some(until) = self.mail_pause()? {
            self.conn.execute(
                "UPDATE message SET next_at = NULL WHERE state = 'waiting' AND next_at = ?",
                [millis(until)],
            )?;
            self.conn.execute("DELETE FROM meta WHERE key = ?", [PAUSE])?;
        }
        Ok(())
    }

    /// Holds all mail until `outbox retry`; inside a transaction.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn hold_mail(&mut self, why: &str, now: Timestamp) -> Result<(), Error> {
        self.set_meta(HELD, why)?;
        self.raise_alarm(&Alarm::MailHeld { why: why.to_owned() }, now)
            .map(drop)
    }

    /// A restore holds mail in a database that nobody has open: the administrator hears of it at the next start.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn tell_if_held(&mut self, now: Timestamp) -> Result<(), Error> {
        self.transact(|store| match store.mail_held()? {
            Some(why) => {
                tracing::warn!(%why, "mail is held until `firstanswer outbox retry`");
                store.raise_alarm(&Alarm::MailHeld { why }, now).map(drop)
            }
            None => Ok(()),
        })
    }

    /// Why mail is held, if it is.
    pub(super) fn mail_held(&self) -> Result<Option<String>, Error> {
        store::meta(&self.conn, HELD)
    }

    /// Lets mail go again and tries what waits or failed at once; refused addresses get another chance. Returns how
    /// many messages.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn retry_mail(&mut self, now: Timestamp) -> Result<usize, Error> {
        self.transact(|store| {
            if store.clear_alarm("mail_held", now)? {
                // Whoever lets it go knows; the letter would say what is no longer so.
                store.conn.execute(
                    "UPDATE message SET state = 'skipped', next_at = NULL, last_error = 'mail is held no longer'
                     WHERE state = 'waiting' AND note LIKE '%\"alarm\":\"mail_held\"%'",
                    [],
                )?;
            }
            let conn = &store.conn;
            conn.execute("DELETE FROM meta WHERE key IN (?, ?)", [HELD, PAUSE])?;
            conn.execute("DELETE FROM dead_address", [])?;
            // The five days begin anew: nothing could be sent while mail was held.
            conn.execute(
                "UPDATE message SET failing_since = NULL WHERE failing_since IS NOT NULL",
                [],
            )?;
            let waiting = conn.execute("UPDATE message SET next_at = NULL WHERE state = 'waiting'", [])?;
            conn.execute(
                "UPDATE notice SET state = 'waiting', message = NULL, why = NULL
                 WHERE state = 'failed' AND message IN (SELECT id FROM message WHERE state = 'failed')",
                [],
            )?;
            let notes = conn.execute(
                "UPDATE message SET state = 'waiting' WHERE state = 'failed' AND note IS NOT NULL AND NOT test",
                [],
            )?;
            // A test is tried once.
            let failed = conn.execute(
                "UPDATE message SET state = 'replaced' WHERE state = 'failed' AND NOT test",
                [],
            )?;
            Ok(waiting + notes + failed)
        })
    }
}

/// Addresses that a server refused for good, in lower case.
pub(super) fn dead_addresses(conn: &Connection) -> Result<BTreeSet<String>, Error> {
    let mut statement = conn.prepare_cached("SELECT address FROM dead_address")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Until when no mail is tried, if the server was the trouble.
pub(super) fn mail_pause(conn: &Connection) -> Result<Option<Timestamp>, Error> {
    Ok(store::meta(conn, PAUSE)?
        .and_then(|text| text.parse().ok())
        .map(instant))
}
