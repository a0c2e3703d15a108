//! Notices of what happened to somebody's cases: written with the event, outside the ladder.
//!
//! **Invariants.** A notice is unique by (case, event, person): the event's place in the case stands where the ladder
//! has its repetition.

use rusqlite::params;

use super::floors::{self, Numbered};
use super::{Error, Store, millis};
use crate::case::{Case, EventRow, happened};

impl Store {
    /// Writes what the events of one change tell people; part of every change.
    pub(super) fn write_told(&mut self, case: &Case, rows: &[EventRow]) -> Result<(), Error> {
        let policy = self.policies.of(&case.policy);
        let rules = std::sync::Arc::clone(&self.rules);
        for told in happened::told(case, rows, &policy, &rules.directory) {
            let Some(at) = rows.iter().find(|row| row.seq == told.seq).map(|row| millis(row.at)) else {
                continue;
            };
            let written = self
                .conn
                .prepare_cached(
                    "INSERT OR IGNORE INTO notice(id, case_id, kind, deadline_at, rung, repeat, person, at, copy, state)
                     VALUES (?6, ?1, ?2, ?3, 0, ?4, ?5, ?3, 0, 'waiting')",
                )?
                .execute(params![
                    case.id.get(),
                    super::cases::slug(told.happened),
                    at,
                    i64::try_from(told.seq).unwrap_or(i64::MAX),
                    told.person.as_str(),
                    floors::next_id(&self.conn, Numbered::Notice)?,
                ])?;
            self.changed.notices |= written > 0;
        }
        Ok(())
    }
}
