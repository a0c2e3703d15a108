//! Notices become messages.
//!
//! ```text
//! notice waiting ──begin (one transaction: re-read, compose, freeze)──▶ message begun ──▶ its fate
//!        └ case closed or moved meanwhile: skipped, with why     ▲            │
//!                                                                └─ composed anew after a definite "not now"
//! ```
//! **Invariants.** Each notice's case is read again in the transaction that begins its message. A message that may
//! have arrived goes again byte for byte; one that certainly did not is composed anew, with what else has come due for
//! that person. A notice is in at most one message that was not refused.
//!
//! **Not here**: what becomes of a message ([`super::fates`]), letters that carry no notice ([`super::notes`]).

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::floors::{self, Numbered};
use super::notes::Note;
use super::{Error, Store, instant, millis};
use crate::case::happened::{self, Occasion};
use crate::case::{Case, CaseState, ladder, quiet};
use crate::ids::{CaseId, PersonId};

/// Kinds of notices of what happened, outside the daily cap.
const HAPPENED: &str = "('offered', 'assigned', 'put_through', 'returned', 'hot', 'to_rule')";

/// Somebody with notices that wait.
struct Waits {
    person: PersonId,
    since: Timestamp,
    uncapped: bool,
}

/// One notice on its way into a message.
#[derive(Debug, Clone)]
pub struct DraftNotice {
    /// Row.
    pub id: i64,
    /// The case as it stands now.
    pub case: Case,
    /// What it tells.
    pub about: Occasion,
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
    /// To whom.
    pub person: PersonId,
    /// What to tell; not empty.
    pub notices: Vec<DraftNotice>,
    /// Addresses that a server refused for good, in lower case.
    pub dead: BTreeSet<String>,
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
            Self::Reminder(draft) => draft.person.as_str(),
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
    /// When the next message can be begun or tried again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn next_mail(&self) -> Result<Option<Timestamp>, Error> {
        if self.test_waits()? {
            return Ok(Some(Timestamp::UNIX_EPOCH));
        }
        if self.mail_held()?.is_some() {
            return Ok(None);
        }
        let notice = self
            .waiting_people()?
            .into_iter()
            .map(|waits| self.released(&waits))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .min();
        let retry: Option<i64> = self
            .conn
            .prepare_cached("SELECT min(coalesce(next_at, 0)) FROM message WHERE state IN ('begun', 'waiting')")?
            .query_row([], |row| row.get(0))?;
        let next = notice.into_iter().chain(retry.map(instant)).min();
        let pause = self.mail_pause()?.unwrap_or(Timestamp::MIN);
        Ok(next.map(|at| at.max(pause)))
    }

    /// People with notices that wait, since when, and whether one of them knows no daily cap; not those whose notices
    /// join a message that is tried again.
    fn waiting_people(&self) -> Result<Vec<Waits>, Error> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT person, min(at), max(rung >= 2 OR kind IN {HAPPENED}) FROM notice
             WHERE state = 'waiting' AND message IS NULL AND person NOT IN
               (SELECT person FROM message WHERE state = 'waiting' AND bytes IS NULL AND note IS NULL)
             GROUP BY person ORDER BY min(at), min(id)",
        ))?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?;
        rows.map(|row| {
            row.map_err(Error::from).and_then(|(person, at, uncapped)| {
                Ok(Waits {
                    person: slug(&person)?,
                    since: instant(at),
                    uncapped,
                })
            })
        })
        .collect()
    }

    /// When what waits may go: after the digest window, under the day's cap, and not in the person's quiet hours.
    fn released(&self, waits: &Waits) -> Result<Timestamp, Error> {
        let Waits { person, since, .. } = waits;
        let gathered = since.checked_add(self.rules.digest_window).unwrap_or(*since);
        let policy = &self.rules.policy;
        let ready = if waits.uncapped {
            gathered
        } else {
            let sent_on = |from, to| self.sent_on(person, from, to);
            quiet::under_cap(policy.cap_per_day, &self.rules.zone, gathered, sent_on)?
        };
        let who = self.rules.directory.person(person);
        Ok(quiet::until(&policy.quiet, &self.rules.calendar, who, ready).unwrap_or(ready))
    }

    /// Messages about deadlines that a person was sent, or is being sent, in `[from, to)`.
    fn sent_on(&self, person: &PersonId, from: Timestamp, to: Timestamp) -> Result<u32, Error> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT count(*) FROM message WHERE person = ? AND created_at >= ? AND created_at < ?
               AND state IN ('begun', 'waiting', 'sent')
               AND EXISTS(SELECT 1 FROM notice n WHERE n.message = message.id AND n.kind NOT IN {HAPPENED})"
        ))?;
        Ok(statement.query_row(params![person.as_str(), millis(from), millis(to)], |row| row.get(0))?)
    }

    /// Whoever has waited longest and may be mailed now.
    fn next_person(&self, now: Timestamp) -> Result<Option<PersonId>, Error> {
        let quiet_now = |person: &PersonId| {
            let who = self.rules.directory.person(person);
            quiet::until(&self.rules.policy.quiet, &self.rules.calendar, who, now).is_some()
        };
        for waits in self.waiting_people()? {
            if self.released(&waits)? <= now && !quiet_now(&waits.person) {
                return Ok(Some(waits.person));
            }
        }
        Ok(None)
    }

    /// The next message to send: one that was begun before, else a new one; inside a transaction.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn begin_mail(&mut self, now: Timestamp, compose: Compose<'_>) -> Result<Option<Begun>, Error> {
        let stopped = self.mail_held()?.is_some() || self.mail_pause()?.is_some_and(|until| until > now);
        while let Some(due) = self.next_due(now, stopped)? {
            if let Some(begun) = self.begin_again(due, now, compose)? {
                return Ok(Some(begun));
            }
        }
        while !stopped && let Some(person) = self.next_person(now)? {
            let notices = self.live_notices(&person, None, now)?;
            if notices.is_empty() {
                continue;
            }
            let order = self.reminder(self.new_message()?, person, notices, now)?;
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

    fn reminder(
        &self,
        message: i64,
        person: PersonId,
        notices: Vec<DraftNotice>,
        now: Timestamp,
    ) -> Result<Order, Error> {
        Ok(Order::Reminder(Draft {
            message,
            person,
            notices,
            dead: self.dead_addresses()?,
            now,
        }))
    }

    /// A message whose time has come; tests first, and nothing else while mail is stopped.
    fn next_due(&self, now: Timestamp, stopped: bool) -> Result<Option<Due>, Error> {
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
        Ok(self
            .conn
            .prepare_cached(
                "SELECT * FROM message WHERE state IN ('begun', 'waiting') AND coalesce(next_at, 0) <= ?1
                   AND (NOT ?2 OR test) ORDER BY test DESC, id LIMIT 1",
            )?
            .query_row(params![millis(now), stopped], row)
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

    /// The notices of a message that is composed anew, and what else waits for that person; `None` if it is not to be
    /// sent now.
    fn reminder_again(&mut self, message: i64, person: PersonId, now: Timestamp) -> Result<Option<Order>, Error> {
        let who = self.rules.directory.person(&person);
        if let Some(opening) = quiet::until(&self.rules.policy.quiet, &self.rules.calendar, who, now)
            && opening > now
        {
            self.conn.execute(
                "UPDATE message SET next_at = ?2 WHERE id = ?1",
                params![message, millis(opening)],
            )?;
            return Ok(None);
        }
        let notices = self.live_notices(&person, Some(message), now)?;
        if notices.is_empty() {
            self.conn.execute(
                "UPDATE message SET state = 'skipped', next_at = NULL, last_error = 'all of it was settled before it could be sent'
                 WHERE id = ?",
                [message],
            )?;
            return Ok(None);
        }
        self.reminder(message, person, notices, now).map(Some)
    }

    /// Reads each notice's case again; what no longer holds falls out, with why.
    fn live_notices(
        &mut self,
        person: &PersonId,
        message: Option<i64>,
        now: Timestamp,
    ) -> Result<Vec<DraftNotice>, Error> {
        let rows: Vec<(i64, i64, String, i64, u32, bool)> = self
            .conn
            .prepare_cached(
                "SELECT id, case_id, kind, deadline_at, rung, copy FROM notice
                 WHERE person = ?1 AND state = 'waiting' AND (message IS NULL OR message = ?2) ORDER BY deadline_at, id",
            )?
            .query_map(params![person.as_str(), message], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                ))
            })?
            .collect::<Result<_, _>>()?;
        let mut live = Vec::new();
        for (id, case, kind, due, rung, copy) in rows {
            let case = self.case(CaseId::new(case))?;
            let about = Occasion::named(&kind).ok_or_else(|| Error::Garbled {
                what: format!("notice {id}"),
                detail: format!("no such kind: {kind}"),
            })?;
            let due_at = instant(due);
            match self.fallen_out(&case, about, due_at, rung, person, now) {
                Some(why) => {
                    self.conn
                        .prepare_cached("UPDATE notice SET state = 'skipped', why = ?2 WHERE id = ?1")?
                        .execute(params![id, why])?;
                    tracing::info!(case = %case.id, person = %person, why, at = %now, "a notice is not sent");
                    // Whom it concerns now hears of it instead.
                    self.write_due_notices(&case, now)?;
                }
                None => {
                    let (called_number, talk_seconds) = self.call_facts(&case)?;
                    live.push(DraftNotice {
                        id,
                        case,
                        about,
                        due_at,
                        rung,
                        copy,
                        called_number,
                        talk_seconds,
                    });
                }
            }
        }
        Ok(live)
    }

    /// What was dialled and how long the talk was, of the call behind a case.
    fn call_facts(&self, case: &Case) -> Result<(Option<String>, Option<i64>), Error> {
        let Some(call) = case.call else {
            return Ok((None, None));
        };
        let found = self
            .conn
            .prepare_cached("SELECT called_number, talk_seconds FROM call WHERE id = ?")?
            .query_row([call.get()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(found.unwrap_or_default())
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

    /// Why a notice need not be sent any more.
    fn fallen_out(
        &self,
        case: &Case,
        about: Occasion,
        due_at: Timestamp,
        rung: u32,
        person: &PersonId,
        now: Timestamp,
    ) -> Option<&'static str> {
        if matches!(case.state, CaseState::Closed | CaseState::Void) {
            return Some("the case was closed before");
        }
        let kind = match about {
            Occasion::Deadline(kind) => kind,
            Occasion::Happened(happened) => {
                return (!happened::still_holds(case, happened, person)).then_some("it is no longer so");
            }
        };
        // The last one: a deadline that moved away and back stands there twice.
        let deadline = case.deadlines.iter().rfind(|d| d.kind == kind && d.due_at == due_at);
        match deadline {
            None => return Some("the deadline moved"),
            Some(d) if d.dropped => return Some("the deadline moved"),
            Some(d) if d.met_at.is_some() => return Some("it was met before"),
            Some(_) => {}
        }
        let (policy, rules) = (self.policies.of(&case.policy), &self.rules);
        let told = ladder::due_notices(case, &policy, &rules.calendar, &rules.directory, now);
        let still = told
            .iter()
            .any(|due| due.kind == kind && due.due_at == due_at && due.rung == rung && due.person == *person);
        (!still).then_some("the case has another handler now")
    }
}

fn slug(text: &str) -> Result<PersonId, Error> {
    text.parse().map_err(|e: crate::ids::BadSlug| Error::Garbled {
        what: "person".into(),
        detail: e.to_string(),
    })
}
