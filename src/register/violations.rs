//! The violations of all cases as one list.
//!
//! **Invariants.** A row is written in the transaction of the event that made it, and never removed; only its ruling
//! is filled in. The cases' events are enough to write the whole table again.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::read::Reader;
use super::{Error, Store, Who, instant, millis};
use crate::case::{Case, Command, Event, EventRow};
use crate::ids::{CaseId, PersonId};

/// A violation as listed.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct ViolationRow {
    pub id: i64,
    pub case: CaseId,
    /// Its place among the case's violations, from 0.
    pub n: u32,
    pub kind: String,
    pub person: Option<String>,
    pub at: Timestamp,
    /// Of the regulation, as the case's policy names it.
    pub article: Option<String>,
    /// `pending`, `confirmed`, `waived`.
    pub status: String,
    pub reason: Option<String>,
    pub sanction: Option<String>,
    pub evidence: serde_json::Value,
}

/// Which violations; all conditions hold together.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct ViolationFilter {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub person: Option<PersonId>,
    pub case: Option<CaseId>,
    pub status: Option<String>,
    pub kind: Option<String>,
    /// The newest so many.
    pub limit: Option<usize>,
}

const COLUMNS: &str =
    "SELECT id, case_id, n, kind, person, at, article, status, reason, sanction, evidence FROM violation";

impl Store {
    /// Writes a case's violations after a change that touched them; part of every change.
    pub(super) fn write_violations(&mut self, case: &Case, rows: &[EventRow]) -> Result<(), Error> {
        let touched = |row: &EventRow| {
            matches!(
                row.event,
                Event::Breached { .. } | Event::Suspected { .. } | Event::ViolationRuled { .. }
            )
        };
        if !rows.iter().any(touched) {
            return Ok(());
        }
        let policy = self.policies.of(&case.policy);
        let mut statement = self.conn.prepare_cached(
            "INSERT INTO violation(case_id, n, kind, person, at, article, status, reason, sanction, evidence)
             VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)
             ON CONFLICT(case_id, n) DO UPDATE SET status = ?7, reason = ?8, sanction = ?9",
        )?;
        for (n, violation) in case.violations.iter().enumerate() {
            let article = policy
                .violations
                .get(violation.kind.as_str())
                .map(|(article, _)| article);
            statement.execute(params![
                case.id.get(),
                i64::try_from(n).unwrap_or(i64::MAX),
                violation.kind.as_str(),
                violation.person.as_ref().map(|person| person.as_str()),
                millis(violation.at),
                article,
                super::cases::slug(violation.status),
                violation.reason,
                violation.sanction,
                case.evidence_of(violation).to_string(),
            ])?;
        }
        Ok(())
    }

    /// Confirms or waives a violation by its number; inside a transaction.
    ///
    /// # Errors
    /// [`Error::NoViolation`], what the case refuses, or what SQLite says.
    pub fn rule_on(
        &mut self,
        id: i64,
        confirmed: bool,
        reason: &str,
        sanction: Option<String>,
        who: &Who,
        now: Timestamp,
    ) -> Result<Case, Error> {
        let found: Option<(i64, u32)> = self
            .conn
            .prepare_cached("SELECT case_id, n FROM violation WHERE id = ?")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (case, violation) = found.ok_or(Error::NoViolation(id))?;
        let command = Command::RuleOn {
            violation,
            confirmed,
            reason: reason.to_owned(),
            sanction,
        };
        self.change(CaseId::new(case), None, &command, who, now)
    }
}

impl Reader {
    /// Violations, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn violations(&self, filter: &ViolationFilter) -> Result<Vec<ViolationRow>, Error> {
        let limit = filter.limit.map_or(-1, |n| i64::try_from(n).unwrap_or(i64::MAX));
        let mut statement = self.connection().prepare_cached(&format!(
            "{COLUMNS} WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR at < ?2) AND (?3 IS NULL OR person = ?3)
               AND (?4 IS NULL OR case_id = ?4) AND (?5 IS NULL OR status = ?5) AND (?6 IS NULL OR kind = ?6)
             ORDER BY id DESC LIMIT {limit}"
        ))?;
        let mut rows = statement.query(params![
            filter.from.map(millis),
            filter.to.map(millis),
            filter.person.as_ref().map(|person| person.as_str()),
            filter.case.map(CaseId::get),
            filter.status,
            filter.kind
        ])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(violation(row)?);
        }
        found.reverse();
        Ok(found)
    }

    /// One violation.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn violation(&self, id: i64) -> Result<Option<ViolationRow>, Error> {
        let mut statement = self.connection().prepare_cached(&format!("{COLUMNS} WHERE id = ?"))?;
        let mut rows = statement.query([id])?;
        rows.next()?.map(violation).transpose()
    }
}

fn violation(row: &Row<'_>) -> Result<ViolationRow, Error> {
    let evidence: String = row.get("evidence")?;
    Ok(ViolationRow {
        id: row.get("id")?,
        case: CaseId::new(row.get("case_id")?),
        n: row.get("n")?,
        kind: row.get("kind")?,
        person: row.get("person")?,
        at: instant(row.get("at")?),
        article: row.get("article")?,
        status: row.get("status")?,
        reason: row.get("reason")?,
        sanction: row.get("sanction")?,
        evidence: serde_json::from_str(&evidence).map_err(|e| Error::Garbled {
            what: "a violation's evidence".into(),
            detail: e.to_string(),
        })?,
    })
}
