//! Policy versions: a case lives under the one in force at its answer, for life.
//!
//! ```text
//! loaded:      A          B      A again     C (effective later)
//! in force: ───┴─────A────┴──B───┴─────A────────────────────────┴──C──▶
//! ```
//! **Invariants.** A version may be in force in several periods; going back to an old one begins a new period and
//! leaves the first as it was. Whoever loads a version takes back what was to begin at its own beginning or later: the
//! files say what is wanted now.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, params};

use super::read::Reader;
use super::{Error, instant, millis};
use crate::case::Policy;

/// A version as the database keeps it.
fn stored(key: &(String, String), text: &str) -> Result<Policy, Error> {
    let label = format!("policy {} version {}", key.0, key.1);
    crate::config::policy_from_text(&label, text).map_err(|problems| Error::Garbled {
        what: label,
        detail: problems.summary(),
    })
}

impl Reader {
    /// The version that a case keeps; none if the database never saw it.
    ///
    /// # Errors
    /// What SQLite says, or it does not read as a policy.
    pub fn policy(&self, key: &(String, String)) -> Result<Option<Policy>, Error> {
        let text: Option<String> = self
            .connection()
            .query_row(
                "SELECT text FROM policy WHERE id = ? AND version = ?",
                [&key.0, &key.1],
                |row| row.get(0),
            )
            .optional()?;
        text.map(|text| stored(key, &text)).transpose()
    }
}

/// All versions the database has seen.
#[derive(Clone)]
pub(super) struct Policies {
    versions: HashMap<(String, String), Arc<Policy>>,
    /// The periods: from when which, earliest first. The last was loaded last.
    timeline: Vec<(Timestamp, Arc<Policy>)>,
    current: Arc<Policy>,
}

impl Policies {
    pub(super) fn read(conn: &Connection, current: &Arc<Policy>) -> Result<Self, Error> {
        let mut policies = Self {
            versions: HashMap::new(),
            timeline: Vec::new(),
            current: Arc::clone(current),
        };
        let mut statement = conn.prepare("SELECT id, version, text FROM policy")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key: (String, String) = (row.get(0)?, row.get(1)?);
            let text: String = row.get(2)?;
            let policy = if key == (current.id.clone(), current.version.clone()) {
                Arc::clone(current)
            } else {
                Arc::new(stored(&key, &text)?)
            };
            policies.versions.insert(key, policy);
        }
        let mut statement =
            conn.prepare("SELECT id, version, in_force_from FROM policy_period ORDER BY in_force_from, n")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key = (row.get(0)?, row.get(1)?);
            if let Some(policy) = policies.versions.get(&key) {
                policies.timeline.push((instant(row.get(2)?), Arc::clone(policy)));
            }
        }
        Ok(policies)
    }

    /// Begins a period of this version unless it is the one loaded last: in force from its date or from now, whichever
    /// is later.
    pub(super) fn adopt(
        &mut self,
        conn: &Connection,
        policy: &Arc<Policy>,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.current = Arc::clone(policy);
        let key = (policy.id.clone(), policy.version.clone());
        let newest = self.timeline.last().map(|(_, p)| (p.id.clone(), p.version.clone()));
        if newest.as_ref() == Some(&key) {
            return Ok(());
        }
        let effective = zone
            .to_timestamp(policy.effective.at(0, 0, 0, 0))
            .unwrap_or(Timestamp::MIN);
        // The first version is all there is, whatever its date says.
        let from = if self.timeline.is_empty() {
            effective.min(now)
        } else {
            effective.max(now)
        };
        conn.execute(
            "INSERT INTO policy(id, version, text, loaded_at, in_force_from) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT(id, version) DO UPDATE SET loaded_at = excluded.loaded_at, in_force_from = excluded.in_force_from",
            params![policy.id, policy.version, policy.text, millis(now), millis(from)],
        )?;
        conn.execute("DELETE FROM policy_period WHERE in_force_from >= ?", [millis(from)])?;
        conn.execute(
            "INSERT INTO policy_period(id, version, in_force_from) VALUES (?, ?, ?)",
            params![policy.id, policy.version, millis(from)],
        )?;
        self.timeline.retain(|(begins, _)| *begins < from);
        self.timeline.push((from, Arc::clone(policy)));
        self.versions.insert(key, Arc::clone(policy));
        Ok(())
    }

    /// The version in force at an answer; the first known one for answers before any.
    pub(super) fn at(&self, answer: Timestamp) -> Arc<Policy> {
        let found = self
            .timeline
            .iter()
            .rev()
            .find(|(from, _)| *from <= answer)
            .or(self.timeline.first());
        Arc::clone(found.map_or(&self.current, |(_, policy)| policy))
    }

    /// The version a case keeps.
    pub(super) fn of(&self, key: &(String, String)) -> Arc<Policy> {
        Arc::clone(self.versions.get(key).unwrap_or(&self.current))
    }
}
