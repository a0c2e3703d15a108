//! Notices become messages, messages are sent.
//!
//! ```text
//! notice waiting ──begin (one transaction: re-read, compose, freeze)──▶ message begun ──▶ sent
//!        └ case closed or moved meanwhile: skipped, with why                 └ refused: notices wait again
//! ```
//! **Invariants.** Each notice's case is read again in the transaction that begins its message. A begun message is
//! sent byte for byte until its fate is known. A notice is in at most one message that was not refused.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Error, Store, instant, millis};
use crate::case::happened::{self, Occasion};
use crate::case::{Case, CaseState, quiet};
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
}

/// What a message is composed from.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The message's row, new for each composition.
    pub message: i64,
    /// To whom.
    pub person: PersonId,
    /// What to tell; not empty.
    pub notices: Vec<DraftNotice>,
    /// Now.
    pub now: Timestamp,
}

/// A message ready to be sent, durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Row.
    pub message: i64,
    /// To whom.
    pub person: PersonId,
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

/// What became of a transmission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The other side has it.
    Sent,
    /// Not now.
    Later {
        /// Try again then.
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

impl Store {
    /// When the next message can be begun or tried again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn next_mail(&self) -> Result<Option<Timestamp>, Error> {
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
        Ok(notice.into_iter().chain(retry.map(instant)).min())
    }

    /// People with notices that wait, since when, and whether one of them knows no daily cap.
    fn waiting_people(&self) -> Result<Vec<Waits>, Error> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT person, min(at), max(rung >= 2 OR kind IN {HAPPENED}) FROM notice
             WHERE state = 'waiting' AND message IS NULL GROUP BY person ORDER BY min(at)",
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

    /// The next message to send: one whose fate is unknown, else a new one; inside a transaction.
    ///
    /// # Errors
    /// What SQLite says, or what `compose` says.
    pub fn begin_mail(
        &mut self,
        now: Timestamp,
        compose: &dyn Fn(&Draft, &super::Rules) -> Result<Composed, String>,
    ) -> Result<Option<Begun>, Error> {
        if let Some(begun) = self.unfinished(now)? {
            return Ok(Some(begun));
        }
        while let Some(person) = self.next_person(now)? {
            let notices = self.live_notices(&person, now)?;
            if notices.is_empty() {
                continue;
            }
            let message: i64 = self
                .conn
                .query_row("SELECT coalesce(max(id), 0) + 1 FROM message", [], |row| row.get(0))?;
            let draft = Draft {
                message,
                person: person.clone(),
                notices,
                now,
            };
            let rules = std::sync::Arc::clone(&self.rules);
            return self.freeze(&draft, compose(&draft, &rules), now);
        }
        Ok(None)
    }

    /// A message that was begun and whose fate is not known, or that waits for its next try.
    fn unfinished(&mut self, now: Timestamp) -> Result<Option<Begun>, Error> {
        let row = self
            .conn
            .prepare_cached(
                "SELECT id, person, address, message_id, bytes, attempts FROM message
                 WHERE state IN ('begun', 'waiting') AND coalesce(next_at, 0) <= ? AND bytes IS NOT NULL
                 ORDER BY id LIMIT 1",
            )?
            .query_row([millis(now)], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, String>(3)?,
                    row.get::<_, Vec<u8>>(4)?,
                    row.get::<_, u32>(5)?,
                ))
            })
            .optional()?;
        let Some((message, person, address, message_id, bytes, attempts)) = row else {
            return Ok(None);
        };
        let person = slug(&person)?;
        Ok(Some(Begun {
            message,
            person,
            address,
            message_id,
            bytes,
            attempts,
        }))
    }

    /// Reads each notice's case again; what no longer holds falls out, with why.
    fn live_notices(&mut self, person: &PersonId, now: Timestamp) -> Result<Vec<DraftNotice>, Error> {
        let rows: Vec<(i64, i64, String, i64, u32, bool)> = self
            .conn
            .prepare_cached(
                "SELECT id, case_id, kind, deadline_at, rung, copy FROM notice
                 WHERE person = ? AND state = 'waiting' AND message IS NULL ORDER BY deadline_at, id",
            )?
            .query_map([person.as_str()], |row| {
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
            match fallen_out(&case, about, due_at, copy, person) {
                Some(why) => {
                    self.conn
                        .prepare_cached("UPDATE notice SET state = 'skipped', why = ?2 WHERE id = ?1")?
                        .execute(params![id, why])?;
                    tracing::info!(case = %case.id, person = %person, why, at = %now, "a notice is not sent");
                }
                None => live.push(DraftNotice {
                    id,
                    case,
                    about,
                    due_at,
                    rung,
                    copy,
                }),
            }
        }
        Ok(live)
    }

    fn freeze(
        &mut self,
        draft: &Draft,
        composed: Result<Composed, String>,
        now: Timestamp,
    ) -> Result<Option<Begun>, Error> {
        let (composed, state, error) = match composed {
            Ok(composed) => (composed, "begun", None),
            Err(why) => {
                tracing::error!(person = %draft.person, %why, "a message could not be composed");
                let none = Composed {
                    address: String::new(),
                    subject: String::new(),
                    message_id: String::new(),
                    bytes: vec![],
                };
                (none, "failed", Some(why))
            }
        };
        self.conn.execute(
            "INSERT INTO message(id, person, address, subject, message_id, state, attempts, created_at, bytes, last_error)
             VALUES (?,?,?,?,?,?,0,?,?,?)",
            params![
                draft.message,
                draft.person.as_str(),
                composed.address,
                composed.subject,
                composed.message_id,
                state,
                millis(now),
                composed.bytes,
                error
            ],
        )?;
        let notice_state = if error.is_some() { "failed" } else { "waiting" };
        for notice in &draft.notices {
            self.conn
                .prepare_cached("UPDATE notice SET message = ?2, state = ?3, why = ?4 WHERE id = ?1")?
                .execute(params![notice.id, draft.message, notice_state, error])?;
        }
        if error.is_some() {
            return Ok(None);
        }
        Ok(Some(Begun {
            message: draft.message,
            person: draft.person.clone(),
            address: composed.address,
            message_id: composed.message_id,
            bytes: composed.bytes,
            attempts: 0,
        }))
    }

    /// Records what became of a message; inside a transaction.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn mail_fate(&mut self, message: i64, fate: &Fate, now: Timestamp) -> Result<(), Error> {
        match fate {
            Fate::Sent => {
                self.conn.execute(
                    "UPDATE message SET state = 'sent', sent_at = ?2, attempts = attempts + 1, next_at = NULL, bytes = NULL,
                       last_error = NULL WHERE id = ?1",
                    params![message, millis(now)],
                )?;
                self.conn
                    .execute("UPDATE notice SET state = 'sent' WHERE message = ?", [message])?;
            }
            Fate::Later { at, why } => {
                self.conn.execute(
                    "UPDATE message SET state = 'waiting', attempts = attempts + 1, next_at = ?2, last_error = ?3
                     WHERE id = ?1",
                    params![message, millis(*at), why],
                )?;
            }
            Fate::Refused { why } => {
                self.conn.execute(
                    "UPDATE message SET state = 'failed', attempts = attempts + 1, next_at = NULL, last_error = ?2
                     WHERE id = ?1",
                    params![message, why],
                )?;
                self.conn.execute(
                    "UPDATE notice SET state = 'failed', why = ?2 WHERE message = ?1",
                    params![message, why],
                )?;
            }
        }
        Ok(())
    }

    /// Sends what waits or failed at once: its notices are composed anew. Returns how many messages.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn retry_mail(&mut self) -> Result<usize, Error> {
        self.transact(|store| {
            let waiting = store
                .conn
                .execute("UPDATE message SET next_at = NULL WHERE state = 'waiting'", [])?;
            store.conn.execute(
                "UPDATE notice SET state = 'waiting', message = NULL, why = NULL
                 WHERE state = 'failed' AND message IN (SELECT id FROM message WHERE state = 'failed')",
                [],
            )?;
            let failed = store
                .conn
                .execute("UPDATE message SET state = 'replaced' WHERE state = 'failed'", [])?;
            Ok(waiting + failed)
        })
    }
}

/// Why a notice need not be sent any more.
fn fallen_out(case: &Case, about: Occasion, due_at: Timestamp, copy: bool, person: &PersonId) -> Option<&'static str> {
    if matches!(case.state, CaseState::Closed | CaseState::Void) {
        return Some("the case was closed before");
    }
    let kind = match about {
        Occasion::Deadline(kind) => kind,
        Occasion::Happened(happened) => {
            return (!happened::still_holds(case, happened, person)).then_some("it is no longer so");
        }
    };
    let deadline = case.deadlines.iter().find(|d| d.kind == kind && d.due_at == due_at);
    match deadline {
        None => return Some("the deadline moved"),
        Some(d) if d.dropped => return Some("the deadline moved"),
        Some(d) if d.met_at.is_some() => return Some("it was met before"),
        Some(_) => {}
    }
    (!copy && case.urged(kind) != person).then_some("the case has another handler now")
}

fn slug(text: &str) -> Result<PersonId, Error> {
    text.parse().map_err(|e: crate::ids::BadSlug| Error::Garbled {
        what: "person".into(),
        detail: e.to_string(),
    })
}
