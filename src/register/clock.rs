//! The clock's turn: calls settle, deadlines pass, notices are written.
//!
//! **Invariants.** A breach and its notices are written in the transaction that finds the instant passed. A notice is
//! unique by (case, kind, due, rung, repeat, person): finding the same instant twice writes nothing, but one that fell
//! out because it was not for this person then waits again once it is. A rung that was mailed is told: who takes the case
//! over afterwards hears of that, not of the rung again; a copy tells no handler. Nothing here trusts a timer: the
//! database says what is due.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::floors::{self, Numbered};
use super::{Error, Store, Who, instant, millis, recheck};
use crate::case::ladder::{self, NoticeDue};
use crate::case::{Case, Command};
use crate::ids::CaseId;

/// Cases looked at in one transaction.
const BATCH: usize = 500;

impl Store {
    /// Does what is due now; inside a transaction. Returns whether there may be more at once.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn tick(&mut self, now: Timestamp) -> Result<bool, Error> {
        let version = self.data_version()?;
        if std::mem::replace(&mut self.seen_version, version) != version {
            // A command of another process may have told somebody something: the mailer looks.
            self.changed.notices = true;
        }
        self.watch_calendar(now)?;
        if self.recount_some(now)? {
            return Ok(true);
        }
        self.release_overdue()?;
        self.look_for_silence(now)?;
        self.end_alarms_of_losses(now)?;
        self.look_for_calls(now)?;
        self.release_waiting(now)?;
        let settled = self.settle_due(now, BATCH)?;
        let due: Vec<i64> = self
            .conn
            .prepare_cached("SELECT id FROM cases WHERE look_at <= ? ORDER BY look_at LIMIT ?")?
            .query_map(params![millis(now), BATCH as i64], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for id in &due {
            let id = CaseId::new(*id);
            // One case that can't be reckoned with must not stop the clock of all others.
            if let Err(why) = self.guarded(|store| store.look(id, now))? {
                tracing::error!(case = %id, why = %why, "the clock failed on a case; tried again in an hour");
                self.conn
                    .prepare_cached("UPDATE cases SET look_at = ?2 WHERE id = ?1")?
                    .execute(params![id.get(), millis(super::an_hour_after(now))])?;
            }
        }
        let sketched = self.sketch_numbers()?;
        Ok(settled == BATCH || due.len() == BATCH || sketched)
    }

    /// When the clock must look again, if anything is going to happen.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn next_look(&self) -> Result<Option<Timestamp>, Error> {
        if self.recounts()? || self.is_overdue() {
            return Ok(Some(Timestamp::UNIX_EPOCH));
        }
        let settle: Option<i64> = self
            .conn
            .prepare_cached(
                "SELECT settle_at FROM call WHERE settled = 0 AND settle_at IS NOT NULL ORDER BY settle_at LIMIT 1",
            )?
            .query_row([], |row| row.get(0))
            .optional()?;
        let look: Option<i64> = self
            .conn
            .prepare_cached("SELECT look_at FROM cases WHERE look_at IS NOT NULL ORDER BY look_at LIMIT 1")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let due = settle.into_iter().chain(look).map(instant);
        Ok(due.chain(self.next_silence()).chain(self.flush_due).min())
    }

    fn look(&mut self, id: CaseId, now: Timestamp) -> Result<(), Error> {
        self.change(id, None, &Command::Pass, &Who::clock(), now).map(drop)
    }

    /// Writes the notices that are due for a case as it stands now; part of every change.
    pub(super) fn write_due_notices(&mut self, case: &Case, now: Timestamp) -> Result<(), Error> {
        let policy = self.policies.of(&case.policy);
        let rules = std::sync::Arc::clone(&self.rules);
        let due = ladder::due_notices(case, &policy, &rules.calendar, &rules.directory, now);
        for notice in &due {
            self.write_notice(case, notice, ladder::overtaken(notice, &due, now), now)?;
        }
        Ok(())
    }

    fn write_notice(&mut self, case: &Case, notice: &NoticeDue, overtaken: bool, now: Timestamp) -> Result<(), Error> {
        let kind = serde_json::to_value(notice.kind)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default();
        let written = self
            .conn
            .prepare_cached(
                "INSERT INTO notice(id, case_id, kind, deadline_at, rung, repeat, person, at, copy, state, why)
                 SELECT ?11,?1,?2,?3,?4,?5,?6,?7,?8,?9,?10 WHERE NOT EXISTS (
                   SELECT 1 FROM notice WHERE case_id = ?1 AND kind = ?2 AND deadline_at = ?3 AND rung = ?4
                     AND repeat = ?5 AND person <> ?6 AND copy = ?8 AND state = 'sent')
                 ON CONFLICT(case_id, kind, deadline_at, rung, repeat, person) DO UPDATE
                   SET state = ?9, why = ?10, at = ?7, copy = ?8, message = NULL
                   WHERE notice.state = 'skipped' AND notice.why IN (?12, ?13, ?14)",
            )?
            .execute(params![
                case.id.get(),
                kind,
                millis(notice.due_at),
                notice.rung,
                notice.repeat,
                notice.person.as_str(),
                millis(now),
                notice.copy,
                if overtaken { "skipped" } else { "waiting" },
                overtaken.then_some("overtaken by a later one after a standstill"),
                floors::next_id(&self.conn, Numbered::Notice)?,
                recheck::OTHER_HANDLER,
                recheck::OTHERS,
                recheck::PAUSED,
            ])?;
        if written > 0 && overtaken {
            tracing::info!(case = %case.id, person = %notice.person, rung = notice.rung, "a rung is skipped after a standstill");
        } else if written > 0 {
            self.changed.notices = true;
        }
        Ok(())
    }
}
