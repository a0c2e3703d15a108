//! Policy versions: a case lives under the one in force at its answer, for life.
//!
//! ```text
//! loaded:      A          B      A again     C (effective later)
//! in force: ───┴─────A────┴──B───┴─────A────────────────────────┴──C──▶
//! ```
//! **Invariants.** A version may be in force in several periods; going back to an old one begins a new period and
//! leaves the first as it was. Whoever loads a version takes back what was to begin at its own beginning or later: the
//! files say what is wanted now. A stored text that this program can't read costs its own cases the exactness of their
//! rules, not the house its program: they go by the policy loaded now, which is an alarm while it matters.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, params};

use super::read::Reader;
use super::{Alarm, Error, Store, instant, millis};
use crate::case::Policy;
use crate::config::Problems;

/// Policy and version.
type Key = (String, String);

/// A version as the database keeps it.
fn stored(key: &Key, text: &str) -> Result<Policy, Problems> {
    crate::config::policy_from_text(&label(key), text)
}

fn label(key: &Key) -> String {
    format!("policy {} version {}", key.0, key.1)
}

impl Reader {
    /// The version that a case keeps; none if the database never saw it, or this program can't read it (which is an
    /// alarm).
    ///
    /// # Errors
    /// What SQLite says.
    pub fn policy(&self, key: &Key) -> Result<Option<Policy>, Error> {
        let text: Option<String> = self
            .connection()
            .query_row(
                "SELECT text FROM policy WHERE id = ? AND version = ?",
                [&key.0, &key.1],
                |row| row.get(0),
            )
            .optional()?;
        Ok(text.and_then(|text| stored(key, &text).ok()))
    }
}

/// All versions the database has seen.
#[derive(Clone)]
pub(super) struct Policies {
    versions: HashMap<Key, Arc<Policy>>,
    /// The periods: from when which, earliest first. The last was loaded last.
    timeline: Vec<(Timestamp, Arc<Policy>)>,
    /// The one loaded last, also if it can't be read.
    newest: Option<Key>,
    current: Arc<Policy>,
    /// Stored texts that can't be read, and why.
    unread: Vec<(Key, String)>,
    /// Versions whose lack the log has told.
    missed: Arc<Mutex<BTreeSet<Key>>>,
}

impl Policies {
    pub(super) fn read(conn: &Connection, current: &Arc<Policy>) -> Result<Self, Error> {
        let mut policies = Self {
            versions: HashMap::new(),
            timeline: Vec::new(),
            newest: None,
            current: Arc::clone(current),
            unread: Vec::new(),
            missed: Arc::default(),
        };
        let mut statement = conn.prepare("SELECT id, version, text FROM policy")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key: (String, String) = (row.get(0)?, row.get(1)?);
            let text: String = row.get(2)?;
            if key == (current.id.clone(), current.version.clone()) {
                policies.versions.insert(key, Arc::clone(current));
                continue;
            }
            match stored(&key, &text) {
                Ok(policy) => drop(policies.versions.insert(key, Arc::new(policy))),
                Err(problems) => {
                    tracing::warn!("{}, as stored, can't be read by this program: {problems}", label(&key));
                    let first = problems.iter().next().map(ToString::to_string);
                    let first = first.unwrap_or_else(|| problems.summary());
                    policies
                        .unread
                        .push((key, first.lines().next().unwrap_or_default().to_owned()));
                }
            }
        }
        let mut statement =
            conn.prepare("SELECT id, version, in_force_from FROM policy_period ORDER BY in_force_from, n")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key = (row.get(0)?, row.get(1)?);
            let policy = policies.versions.get(&key).unwrap_or(current);
            policies.timeline.push((instant(row.get(2)?), Arc::clone(policy)));
            policies.newest = Some(key);
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
        if self.newest.as_ref() == Some(&key) {
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
        self.newest = Some(key.clone());
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

    /// The version a case keeps; the current one where that can't be had, which the log tells once.
    pub(super) fn of(&self, key: &Key) -> Arc<Policy> {
        let kept = self.versions.get(key);
        if kept.is_none()
            && self
                .missed
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(key.clone())
        {
            tracing::error!(policy = %key.0, version = %key.1, instead = %self.current.version,
                "a case's policy can't be had: it goes by the one loaded now");
        }
        Arc::clone(kept.unwrap_or(&self.current))
    }
}

impl Store {
    /// Raises, or ends, the alarm of stored policies that can't be read although something goes by them; inside a
    /// transaction.
    pub(super) fn mind_policies(&mut self, now: Timestamp) -> Result<(), Error> {
        let mut missed = Vec::new();
        for ((id, version), why) in &self.policies.unread {
            let cases: i64 = self.conn.query_row(
                "SELECT count(*) FROM cases WHERE open AND json_extract(body, '$.policy[0]') = ?1
                   AND json_extract(body, '$.policy[1]') = ?2",
                [id, version],
                |row| row.get(0),
            )?;
            let in_force: Option<(String, String)> = self
                .conn
                .query_row(
                    "SELECT id, version FROM policy_period WHERE in_force_from <= ? ORDER BY in_force_from DESC, n DESC LIMIT 1",
                    [millis(now)],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            if cases > 0 || in_force.is_some_and(|key| key == (id.clone(), version.clone())) {
                missed.push((format!("{id} {version}"), cases, why.clone()));
            }
        }
        let Some((policy, cases, why)) = missed.into_iter().max_by_key(|(_, cases, _)| *cases) else {
            return self.clear_alarm("policy_unread", now).map(drop);
        };
        self.raise_alarm(&Alarm::PolicyUnread { policy, cases, why }, now)
            .map(drop)
    }
}
