//! The violations of all cases as one list.
//!
//! **Invariants.** A row is written in the transaction of the event that made it, and never removed; only its ruling
//! is filled in. The cases' events are enough to write the whole table again.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::floors::{self, Numbered};
use super::read::{Among, Reader, Slot};
use super::{Error, Store, Who, cases, instant, millis};
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
    /// Of cases that began then or later.
    pub answered_from: Option<Timestamp>,
    /// Of cases that began before.
    pub answered_to: Option<Timestamp>,
    /// Of cases that began in this hour or on this weekday.
    pub within: Option<(Slot, jiff::tz::TimeZone)>,
    /// Charged to nobody.
    pub nobody: bool,
    /// Charged to one of these, or to none of these.
    pub people: Option<Among>,
    /// The newest so many.
    pub limit: Option<usize>,
}

const COLUMNS: &str =
    "SELECT v.id, v.case_id, v.n, v.kind, v.person, v.at, v.article, v.status, v.reason, v.sanction, v.evidence,
       k.opened_at FROM violation v JOIN cases k ON k.id = v.case_id";

impl Store {
    /// Writes a case's violations after a change that touched them; part of every change.
    pub(super) fn write_violations(&mut self, case: &Case, rows: &[EventRow]) -> Result<(), Error> {
        let touched = |row: &EventRow| {
            matches!(
                row.event,
                Event::Breached { .. }
                    | Event::Suspected { .. }
                    | Event::ShownInTime { .. }
                    | Event::ViolationRuled { .. }
            )
        };
        if !rows.iter().any(touched) {
            return Ok(());
        }
        let policy = self.policies.of(&case.policy);
        let mut statement = self.conn.prepare_cached(
            "INSERT INTO violation(id, case_id, n, kind, person, at, article, status, reason, sanction, evidence)
             VALUES (?11,?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)
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
                floors::next_id(&self.conn, Numbered::Violation)?,
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
    /// The disputed cases, also closed ones, of whose disputes a person was told, or is to be told.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn disputes_told(&self, person: &PersonId) -> Result<Vec<Case>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT body FROM cases WHERE instr(body, '\"disputed\":true') AND id IN (
               SELECT case_id FROM notice WHERE kind = 'to_rule' AND message IN (SELECT id FROM message WHERE person = ?1)
               UNION SELECT case_id FROM notice
               WHERE kind = 'to_rule' AND state = 'waiting' AND message IS NULL AND person = ?1)",
        )?;
        let rows = statement.query_map([person.as_str()], |row| row.get::<_, String>(0))?;
        rows.map(|body| cases::case_from(&body?)).collect()
    }

    /// Violations, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn violations(&self, filter: &ViolationFilter) -> Result<Vec<ViolationRow>, Error> {
        let mut statement = self.connection().prepare_cached(&format!(
            "{COLUMNS} WHERE (?1 IS NULL OR v.at >= ?1) AND (?2 IS NULL OR v.at < ?2) AND (?3 IS NULL OR v.person = ?3)
               AND (?4 IS NULL OR v.case_id = ?4) AND (?5 IS NULL OR v.status = ?5) AND (?6 IS NULL OR v.kind = ?6)
               AND (?7 IS NULL OR k.opened_at >= ?7) AND (?8 IS NULL OR k.opened_at < ?8)
               AND (v.person IS NULL OR NOT ?9)
             ORDER BY v.id DESC"
        ))?;
        let mut rows = statement.query(params![
            filter.from.map(millis),
            filter.to.map(millis),
            filter.person.as_ref().map(|person| person.as_str()),
            filter.case.map(CaseId::get),
            filter.status,
            filter.kind,
            filter.answered_from.map(millis),
            filter.answered_to.map(millis),
            filter.nobody
        ])?;
        let mut found = Vec::new();
        let wanted = filter.limit.unwrap_or(usize::MAX);
        while found.len() < wanted
            && let Some(row) = rows.next()?
        {
            let begun = instant(row.get("opened_at")?);
            let within = filter
                .within
                .as_ref()
                .is_none_or(|(slot, zone)| slot.holds(begun, zone));
            let one = violation(row)?;
            let of = |among: &Among| among.holds(one.person.as_deref());
            if within && filter.people.as_ref().is_none_or(of) {
                found.push(one);
            }
        }
        found.reverse();
        Ok(found)
    }

    /// One violation.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn violation(&self, id: i64) -> Result<Option<ViolationRow>, Error> {
        let mut statement = self.connection().prepare_cached(&format!("{COLUMNS} WHERE v.id = ?"))?;
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
