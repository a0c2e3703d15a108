//! Cases: the events are appended, the row is their fold.
//!
//! **Invariants.** A case row's `body` equals the fold of its events. Only [`Store::change`] and [`Store::open`]
//! append.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::floors::{self, Numbered};
use super::{Error, Store, Who, millis};
use crate::case::{self, Case, CaseState, Command, Context, EventRow, Opening, Refusal};
use crate::ids::CaseId;

/// Reads a case back from its row.
pub(super) fn case_from(body: &str) -> Result<Case, Error> {
    serde_json::from_str(body).map_err(|e| Error::Garbled {
        what: "case".into(),
        detail: e.to_string(),
    })
}

pub(super) fn slug<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

impl Store {
    /// A case as it stands.
    ///
    /// # Errors
    /// [`Error::NoCase`], or what SQLite says.
    pub fn case(&self, id: CaseId) -> Result<Case, Error> {
        let body: Option<String> = self
            .conn
            .prepare_cached("SELECT body FROM cases WHERE id = ?")?
            .query_row([id.get()], |row| row.get(0))
            .optional()?;
        case_from(&body.ok_or(Error::NoCase(id))?)
    }

    /// Opens a case; inside a transaction.
    pub(super) fn open(&mut self, opening: Opening, who: &Who, now: Timestamp) -> Result<Case, Error> {
        let id = CaseId::new(floors::next_id(&self.conn, Numbered::Cases)?);
        let policy = self.policies.of(&opening.policy);
        let rules = std::sync::Arc::clone(&self.rules);
        let context = Context {
            policy: &policy,
            calendar: &rules.calendar,
            directory: &rules.directory,
            now,
            actor: &who.actor,
        };
        let events = case::open(id, opening, &context);
        let rows = EventRow::batch(1, now, &who.actor, who.channel, events);
        let mut case = Case::fold(id, &rows).ok_or_else(|| Error::Garbled {
            what: format!("case {id}"),
            detail: "it opened without an opening".into(),
        })?;
        self.save(&mut case, &rows, who, now)?;
        Ok(case)
    }

    /// Changes a case; inside a transaction. `known` is the version the actor saw, for changes by people.
    ///
    /// # Errors
    /// [`Error::Refused`] with the case unchanged, [`Error::NoCase`], or what SQLite says.
    pub fn change(
        &mut self,
        id: CaseId,
        known: Option<u64>,
        command: &Command,
        who: &Who,
        now: Timestamp,
    ) -> Result<Case, Error> {
        let mut case = self.case(id)?;
        if let Some(known) = known
            && known != case.version
        {
            return Err(Error::Refused {
                id,
                refusal: Refusal::Stale {
                    known,
                    now: case.version,
                },
            });
        }
        if let Command::Close { of: Some(of), .. } = command
            && matches!(self.case(*of), Err(Error::NoCase(_)))
        {
            // A duplicate names a case that there is; only the register knows which there are.
            let refusal = Refusal::Unknown {
                field: "of",
                given: of.to_string(),
                known: Vec::new(),
            };
            return Err(Error::Refused { id, refusal });
        }
        let policy = self.policies.of(&case.policy);
        let rules = std::sync::Arc::clone(&self.rules);
        let context = Context {
            policy: &policy,
            calendar: &rules.calendar,
            directory: &rules.directory,
            now,
            actor: &who.actor,
        };
        let events = case::decide(&case, command, &context).map_err(|refusal| Error::Refused { id, refusal })?;
        let last: i64 = self
            .conn
            .prepare_cached("SELECT coalesce(max(seq), 0) FROM event WHERE case_id = ?")?
            .query_row([id.get()], |row| row.get(0))?;
        let first = u64::try_from(last).unwrap_or(0) + 1;
        let rows = EventRow::batch(first, now, &who.actor, who.channel, events);
        for row in &rows {
            case.apply(row);
        }
        self.save(&mut case, &rows, who, now)?;
        Ok(case)
    }

    fn save(&mut self, case: &mut Case, rows: &[EventRow], who: &Who, now: Timestamp) -> Result<(), Error> {
        for row in rows {
            let garbled = |e: serde_json::Error| Error::Garbled {
                what: "event".into(),
                detail: e.to_string(),
            };
            self.conn
                .prepare_cached(
                    "INSERT INTO event(case_id, seq, at, actor, channel, seen, counts, body) VALUES (?,?,?,?,?,?,?,?)",
                )?
                .execute(params![
                    case.id.get(),
                    i64::try_from(row.seq).unwrap_or(i64::MAX),
                    millis(row.at),
                    serde_json::to_string(&row.actor).map_err(garbled)?,
                    row.channel,
                    who.seen,
                    row.counts,
                    serde_json::to_string(&row.event).map_err(garbled)?
                ])?;
        }
        if who.actor != crate::case::Actor::Switch {
            // The switch's word leaves the passing of deadlines to the clock, which looks when it was to look anyway.
            self.write_due_notices(case, now)?;
        }
        self.write_told(case, rows)?;
        self.write_violations(case, rows)?;
        let look_at = self.look_at(case, who, now)?;
        self.write_case(case, look_at)
    }

    /// When the clock must look at a case again. What was due and not yet looked at when the switch spoke still is.
    fn look_at(&self, case: &Case, who: &Who, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let policy = self.policies.of(&case.policy);
        let after = |told: Timestamp| case::ladder::next_instant(case, &policy, &self.rules.calendar, told);
        if who.actor != case::Actor::Switch {
            return Ok(after(now));
        }
        let before: Option<Option<i64>> = self
            .conn
            .prepare_cached("SELECT look_at FROM cases WHERE id = ?")?
            .query_row([case.id.get()], |row| row.get(0))
            .optional()?;
        Ok(match before.flatten().map(super::instant) {
            Some(before) => after(now).map(|next| next.min(before)),
            // Nothing was ever told of it, or nothing was to come.
            None => after(Timestamp::MIN),
        })
    }

    /// Writes a case's row: what lists and the clock look at, and the whole of it.
    fn write_case(&mut self, case: &Case, look_at: Option<Timestamp>) -> Result<(), Error> {
        let open = !matches!(case.state, CaseState::Closed | CaseState::Void);
        let body = serde_json::to_string(case).map_err(|e| Error::Garbled {
            what: format!("case {}", case.id),
            detail: e.to_string(),
        })?;
        self.conn
            .prepare_cached(
                "INSERT INTO cases(id, version, kind, state, settled, open, handler, first_answerer, department,
                   caller_key, call, opened_at, closed_at, due_at, look_at, body)
                 VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?16,?13,?14,?15)
                 ON CONFLICT(id) DO UPDATE SET version=?2, kind=?3, state=?4, settled=?5, open=?6, handler=?7,
                   first_answerer=?8, department=?9, caller_key=?10, call=?11, opened_at=?12, closed_at=?16, due_at=?13, look_at=?14,
                   body=?15",
            )?
            .execute(params![
                case.id.get(),
                i64::try_from(case.version).unwrap_or(i64::MAX),
                slug(case.kind),
                slug(case.state),
                case.settled,
                open,
                case.handler.as_str(),
                case.first_answerer.as_ref().map(|p| p.as_str()),
                case.department.as_str(),
                case.caller_key,
                case.call.map(|id| id.get()),
                millis(case.opened_at),
                case.due().map(|deadline| millis(deadline.due_at)),
                look_at.map(millis),
                body,
                case.closed_at.map(millis)
            ])?;
        self.changed.deadlines = true;
        Ok(())
    }
}

/// A case's events, in their order.
pub(super) fn events_of(conn: &rusqlite::Connection, id: CaseId) -> Result<Vec<EventRow>, Error> {
    let garbled = |e: serde_json::Error| Error::Garbled {
        what: format!("an event of case {id}"),
        detail: e.to_string(),
    };
    let mut statement =
        conn.prepare_cached("SELECT seq, at, actor, channel, counts, body FROM event WHERE case_id = ? ORDER BY seq")?;
    let mut rows = statement.query([id.get()])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let (actor, body): (String, String) = (row.get(2)?, row.get(5)?);
        events.push(EventRow {
            seq: u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0),
            at: super::instant(row.get(1)?),
            actor: serde_json::from_str(&actor).map_err(garbled)?,
            channel: row.get(3)?,
            counts: row.get(4)?,
            event: serde_json::from_str(&body).map_err(garbled)?,
        });
    }
    Ok(events)
}
