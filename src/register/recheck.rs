//! What a notice says is looked at once more before its message is begun.
//!
//! **Invariants.** Each notice's case is read again in the transaction that begins its message: what was closed, met
//! or moved falls out, with why, and whom it concerns now hears of it instead.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::outbox::{DraftNotice, slug};
use super::{Error, Store, cases, instant};
use crate::case::happened::{self, Occasion};
use crate::case::{Case, EventRow, ladder};
use crate::ids::{CaseId, PersonId};

/// Notices in one message at most: reading their cases takes a tenth of a second, during which feeds wait. Whoever has
/// more due gets the oldest now, the rest in the next.
const MOST: usize = 5_000;

/// Why a notice fell out: whom it was for has the case no longer.
pub(super) const OTHER_HANDLER: &str = "the case has another handler now";

/// Why a notice fell out: the directory says that it is for others.
pub(super) const OTHERS: &str = "others are told of it now";

/// Why a notice fell out: nothing is to be done any more.
const CLOSED: &str = "the case was closed before";

/// Why a notice fell out: the clock of its deadline stands.
pub(super) const PAUSED: &str = "the case waits for the caller";

/// A notice as stored.
struct Stored {
    id: i64,
    case: CaseId,
    kind: String,
    due_at: Timestamp,
    rung: u32,
    copy: bool,
    person: PersonId,
    /// The ladder's repetition; of what happened: the event's place in the case.
    repeat: i64,
}

impl Store {
    /// What is to be told of what these people's notices say, and of those that belong to a message already.
    pub(super) fn live_notices(
        &mut self,
        people: &[PersonId],
        message: Option<i64>,
        now: Timestamp,
    ) -> Result<Vec<DraftNotice>, Error> {
        let mut live = Vec::new();
        for stored in self.stored_notices(people, message)? {
            let case = self.case(stored.case)?;
            let about = Occasion::named(&stored.kind).ok_or_else(|| Error::Garbled {
                what: format!("notice {}", stored.id),
                detail: format!("no such kind: {}", stored.kind),
            })?;
            let event = match about {
                Occasion::Deadline(_) => None,
                Occasion::Happened(_) => self.event_of(&stored)?,
            };
            if let Some(why) = self.fallen_out(&case, about, event.as_ref(), &stored, now) {
                self.conn
                    .prepare_cached("UPDATE notice SET state = 'skipped', why = ?2, message = NULL WHERE id = ?1")?
                    .execute(params![stored.id, why])?;
                tracing::info!(case = %case.id, person = %stored.person, why, at = %now, "a notice is not sent");
                // Whom it concerns now hears of it instead.
                self.write_due_notices(&case, now)?;
                continue;
            }
            let (called_number, talk_seconds) = self.call_facts(&case)?;
            live.push(DraftNotice {
                id: stored.id,
                person: stored.person,
                case,
                about,
                event,
                due_at: stored.due_at,
                rung: stored.rung,
                copy: stored.copy,
                called_number,
                talk_seconds,
            });
        }
        Ok(live)
    }

    /// What a notice of something that happened tells of.
    fn event_of(&self, stored: &Stored) -> Result<Option<EventRow>, Error> {
        let rows = cases::events_of(&self.conn, stored.case)?;
        let told = |row: &EventRow| i64::try_from(row.seq) == Ok(stored.repeat);
        Ok(rows.into_iter().find(told))
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

    /// Waiting notices of a message and of people, the oldest deadlines first.
    fn stored_notices(&self, people: &[PersonId], message: Option<i64>) -> Result<Vec<Stored>, Error> {
        let columns =
            "SELECT id, case_id, kind, deadline_at, rung, copy, person, repeat FROM notice WHERE state = 'waiting'";
        let mut found = Vec::new();
        let mut read = |rows: rusqlite::Rows<'_>| -> Result<(), Error> {
            let mut rows = rows;
            while let Some(row) = rows.next()? {
                found.push(Stored {
                    id: row.get(0)?,
                    case: CaseId::new(row.get(1)?),
                    kind: row.get(2)?,
                    due_at: instant(row.get(3)?),
                    rung: row.get(4)?,
                    copy: row.get(5)?,
                    person: slug(&row.get::<_, String>(6)?)?,
                    repeat: row.get(7)?,
                });
            }
            Ok(())
        };
        if let Some(message) = message {
            let mut statement = self.conn.prepare_cached(&format!("{columns} AND message = ?"))?;
            read(statement.query([message])?)?;
        }
        let mut statement = self.conn.prepare_cached(&format!(
            "{columns} AND message IS NULL AND person = ? ORDER BY at LIMIT {MOST}"
        ))?;
        for person in people {
            read(statement.query([person.as_str()])?)?;
        }
        // What is in the message already stands first, so it is what is left out last.
        found.truncate(MOST);
        found.sort_by_key(|stored| (stored.due_at, stored.id));
        Ok(found)
    }

    /// Why a notice need not be sent any more.
    fn fallen_out(
        &self,
        case: &Case,
        about: Occasion,
        event: Option<&EventRow>,
        stored: &Stored,
        now: Timestamp,
    ) -> Option<&'static str> {
        let (policy, rules) = (self.policies.of(&case.policy), &self.rules);
        let kind = match about {
            Occasion::Deadline(_) if !case.is_open() => return Some(CLOSED),
            Occasion::Deadline(kind) => kind,
            // A dispute and an answer outlive the closing.
            Occasion::Happened(happened) => {
                let event = event.map(|row| &row.event);
                let holds = happened::still_holds(case, happened, &stored.person, event, &rules.directory);
                let why = if case.is_open() { "it is no longer so" } else { CLOSED };
                return (!holds).then_some(why);
            }
        };
        // The last one: a deadline that moved away and back stands there twice.
        let deadline = case
            .deadlines
            .iter()
            .rfind(|d| d.kind == kind && d.due_at == stored.due_at);
        match deadline {
            None => return Some("the deadline moved"),
            Some(d) if d.dropped => return Some("the deadline moved"),
            Some(d) if d.met_at.is_some() => return Some("it was met before"),
            Some(_) => {}
        }
        let told = ladder::due_notices(case, &policy, &rules.calendar, &rules.directory, now);
        let still = told.iter().any(|due| {
            due.kind == kind && due.due_at == stored.due_at && due.rung == stored.rung && due.person == stored.person
        });
        let why = if case.is_paused(kind) {
            PAUSED
        } else if !stored.copy && case.handler != stored.person {
            OTHER_HANDLER
        } else {
            OTHERS
        };
        (!still).then_some(why)
    }
}
