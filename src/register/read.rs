//! Readers: their own read-only connections; nothing here waits for the writer or holds it.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::ToSql;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, Rows};

use super::feed_state::drift_median;
use super::rows::{Coded, LineState};
use super::{Error, PortFaults, calls, cases, instant, millis, sketch, store};
use crate::call::{Certainty, Direction, Disposition, Doubt, PlacedLeg};
use crate::case::tally::Mark;
use crate::case::{Case, EventRow};
use crate::clock::Clock;
use crate::directory::Directory;
use crate::ids::{CallId, CaseId, DepartmentId, LineId, PersonId};

/// How often a reader with a limit looks at the clock: every so many instructions.
const LOOK_EVERY: i32 = 10_000;

/// A read-only view of the database.
#[derive(Debug)]
pub struct Reader {
    pub(super) conn: Connection,
}

/// A call as listed.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct CallRow {
    pub id: CallId,
    pub feed: String,
    pub start: Timestamp,
    pub answered_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub direction: Direction,
    pub calling_number: Option<String>,
    pub calling_name: Option<String>,
    pub called_number: Option<String>,
    pub target: Option<String>,
    pub trunk: Option<String>,
    pub disposition: Disposition,
    pub answered_by: Option<String>,
    pub person: Option<String>,
    pub certainty: Certainty,
    pub doubts: Vec<Doubt>,
    pub ring_seconds: Option<i64>,
    pub talk_seconds: Option<i64>,
    pub account_code: Option<String>,
    pub legs: i64,
    pub received_at: Timestamp,
    pub settled: bool,
    pub case: Option<CaseId>,
    /// The directory entry used for the first answerer.
    pub found: Option<String>,
    /// Missed: who should have answered.
    pub owed_by: Option<String>,
}

/// A journal line.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct JournalRow {
    pub id: LineId,
    pub feed: String,
    pub received_at: Timestamp,
    pub raw: Vec<u8>,
    pub state: LineState,
    pub reason: Option<String>,
    pub column: Option<i64>,
    pub call: Option<CallId>,
    /// The line it repeats, or may repeat.
    pub link: Option<LineId>,
}

/// A feed's figures.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct FeedRow {
    pub name: String,
    pub dialect: Option<String>,
    pub lines: i64,
    pub legs: i64,
    pub skipped: i64,
    pub quarantined: i64,
    pub partial: i64,
    pub pending: i64,
    pub duplicates: i64,
    pub last_line_at: Option<Timestamp>,
    pub drift_seconds: Option<i64>,
    /// Connections open, as far as the daemon closed its books.
    pub connections: i64,
    /// What a feed that goes out by itself is doing, and why; as the daemon last said.
    pub now: Option<(String, Option<String>)>,
    /// What its serial port has marked or lost.
    pub faults: PortFaults,
}

/// A message of the outbox.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct OutboxRow {
    pub message: i64,
    pub person: String,
    pub address: String,
    pub subject: String,
    pub message_id: String,
    pub state: String,
    pub attempts: i64,
    pub created_at: Timestamp,
    pub next_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    pub last_error: Option<String>,
    /// `None`: it carries notices. A note is to an address, and `person` is not an id then.
    pub note: Option<String>,
    /// Notice rows it carries.
    pub notices: Vec<i64>,
}

/// A notice of a case.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct NoticeRow {
    pub id: i64,
    pub case: CaseId,
    pub kind: String,
    pub rung: i64,
    pub person: String,
    pub due_at: Timestamp,
    pub state: String,
    pub why: Option<String>,
    pub message: Option<i64>,
}

/// Which calls or cases; all conditions hold together.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct Filter {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub extension: Option<String>,
    pub person: Option<PersonId>,
    pub department: Option<DepartmentId>,
    /// Calls: answered first, or missed, by one of these or none of these. Cases: those of no department, that is none.
    pub people: Option<Among>,
    /// Digits that the caller's or called number contains, as printed.
    pub number: Option<String>,
    pub disposition: Option<Disposition>,
    pub state: Option<String>,
    pub kind: Option<String>,
    pub overdue: bool,
    pub handler: Option<PersonId>,
    /// The newest so many.
    pub limit: Option<usize>,
    /// Calls only: this direction.
    pub direction: Option<Direction>,
    /// Calls only: how sure the first answerer is, one of these.
    pub certainty: Vec<Certainty>,
    /// Calls only: missed, that is counted against whoever should have answered.
    pub missed: bool,
    /// Nobody (calls: answered or missed; cases: named as first answerer).
    pub nobody: bool,
    /// Cases only: this one answered first.
    pub first_answerer: Option<PersonId>,
    /// Cases only: one of these answered first, or none of these.
    pub first_among: Option<Among>,
    /// The case (a call: its case) bears all of these marks.
    pub marks: Vec<Mark>,
    /// Begun in this hour of the day, on this day of the week (Monday 1 to Sunday 7), of this zone.
    pub within: Option<(Slot, jiff::tz::TimeZone)>,
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Among {
    /// One of these: a department's people.
    These(Vec<PersonId>),
    /// None of these: nobody, or somebody whom the directory has no longer.
    NoneOf(Vec<PersonId>),
}

impl Among {
    /// A department's people, as they are today.
    pub fn members(directory: &Directory, department: &DepartmentId) -> Self {
        Self::These(directory.members(department).map(|person| person.id.clone()).collect())
    }

    /// Nobody of the directory.
    pub fn none_of(directory: &Directory) -> Self {
        Self::NoneOf(directory.people.iter().map(|person| person.id.clone()).collect())
    }

    /// Whether a person is meant, who may be missing.
    pub(super) fn holds(&self, person: Option<&str>) -> bool {
        let is_among =
            |people: &[PersonId]| person.is_some_and(|person| people.iter().any(|one| one.as_str() == person));
        match self {
            Self::These(people) => is_among(people),
            Self::NoneOf(people) => !is_among(people),
        }
    }
}

/// An hour of the day or a day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// 0 to 23.
    Hour(i8),
    /// Monday 1 to Sunday 7.
    Weekday(i8),
}

impl Slot {
    /// Whether an instant lies in it.
    pub fn holds(self, at: Timestamp, zone: &jiff::tz::TimeZone) -> bool {
        let at = zone.to_datetime(at);
        match self {
            Self::Hour(hour) => at.hour() == hour,
            Self::Weekday(day) => at.weekday().to_monday_one_offset() == day,
        }
    }
}

/// Conditions and their values, built from fixed pieces only.
struct Where {
    conditions: Vec<&'static str>,
    values: Vec<Box<dyn ToSql>>,
}

impl Where {
    fn new() -> Self {
        Self {
            conditions: Vec::new(),
            values: Vec::new(),
        }
    }
    fn and<T: ToSql + Clone + 'static>(&mut self, condition: &'static str, value: Option<T>) {
        if let Some(value) = value {
            for _ in 0..condition.matches('?').count() {
                self.values.push(Box::new(value.clone()));
            }
            self.conditions.push(condition);
        }
    }
    fn text(&self) -> String {
        if self.conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.conditions.join(" AND "))
        }
    }
    fn values(&self) -> Vec<&dyn ToSql> {
        self.values.iter().map(AsRef::as_ref).collect()
    }
}

const CALL_COLUMNS: &str = "SELECT c.*, f.name AS feed_name FROM call c JOIN feed f ON f.id = c.feed";

impl Reader {
    /// Opens a database that exists.
    ///
    /// # Errors
    /// It is missing, foreign, newer, or SQLite says no.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self {
            conn: store::open_reader(path)?,
        })
    }

    /// Reads for no longer than this: a reader keeps the write-ahead log from shrinking.
    ///
    /// # Errors
    /// [`Error::TooLong`], or what `query` returns.
    pub fn within<T>(&mut self, limit: Duration, query: impl FnOnce(&Self) -> Result<T, Error>) -> Result<T, Error> {
        let begun = Instant::now();
        self.conn
            .progress_handler(LOOK_EVERY, Some(move || begun.elapsed() > limit))?;
        let result = query(self);
        self.conn.progress_handler(0, None::<fn() -> bool>)?;
        match result {
            Err(Error::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                Err(Error::TooLong {
                    seconds: limit.as_secs(),
                })
            }
            result => result,
        }
    }

    /// For the readers of other files of this room.
    pub(super) fn connection(&self) -> &Connection {
        &self.conn
    }

    #[cfg(test)]
    pub(super) fn connection_mut(&mut self) -> &mut Connection {
        &mut self.conn
    }

    /// The clock this database lives by.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn clock(&self) -> Result<Clock, Error> {
        store::clock_of(&self.conn)
    }

    /// A stored setting.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn meta(&self, key: &str) -> Result<Option<String>, Error> {
        store::meta(&self.conn, key)
    }

    /// Whether the database answers: for readiness.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn ping(&self) -> Result<(), Error> {
        Ok(self
            .conn
            .query_row("SELECT 1 FROM meta LIMIT 1", [], |_| Ok(()))
            .optional()
            .map(drop)?)
    }

    /// Calls, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn calls(&self, filter: &Filter) -> Result<Vec<CallRow>, Error> {
        let mut calls = Vec::new();
        self.each_call(filter, |call| calls.push(call))?;
        calls.reverse();
        Ok(calls)
    }

    /// Calls one by one, the newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn each_call(&self, filter: &Filter, mut each: impl FnMut(CallRow)) -> Result<(), Error> {
        let mut narrow = Where::new();
        // By the answer, else by the start; the start alone has an index, and no call rings for a day.
        let slack = |at: Timestamp, hours: i64| at.checked_add(SignedDuration::from_hours(hours)).unwrap_or(at);
        narrow.and("c.start >= ?", filter.from.map(|at| millis(slack(at, -24))));
        narrow.and("c.start < ?", filter.to.map(millis));
        narrow.and("coalesce(c.answered_at, c.start) >= ?", filter.from.map(millis));
        narrow.and("coalesce(c.answered_at, c.start) < ?", filter.to.map(millis));
        narrow.and("c.direction = ?", filter.direction.map(Coded));
        narrow.and("(c.owed_by IS NOT NULL AND ?)", filter.missed.then_some(true));
        narrow.and(
            "(coalesce(c.person, c.owed_by) IS NULL AND ?)",
            filter.nobody.then_some(true),
        );
        narrow.and(
            "(c.answered_by = ? OR c.target = ? OR EXISTS(SELECT 1 FROM leg l WHERE l.call = c.id AND l.station = ?))",
            filter.extension.clone(),
        );
        let person = filter.person.as_ref().map(|p| p.as_str().to_owned());
        if filter.missed {
            narrow.and("c.owed_by = ?", person);
        } else {
            narrow.and("c.person = ?", person);
        }
        narrow.and("c.disposition = ?", filter.disposition.map(Coded));
        narrow.and(
            "(instr(coalesce(c.calling_number, ''), ?) OR instr(coalesce(c.called_number, ''), ?))",
            filter.number.clone(),
        );
        let mut wanted = filter.limit.unwrap_or(usize::MAX);
        // One instant for where the number may stand and for the calls there.
        let _snapshot = self
            .conn
            .is_autocommit()
            .then(|| self.conn.unchecked_transaction())
            .transpose()?;
        let places = match &filter.number {
            Some(number) => sketch::places_of(&self.conn, number)?,
            None => None,
        };
        if places.is_some() {
            narrow.conditions.push("c.id >= ? AND c.id < ?");
        }
        let sql = format!("{CALL_COLUMNS}{} ORDER BY c.id DESC", narrow.text());
        let mut statement = self.conn.prepare(&sql)?;
        let Some(places) = places else {
            let rows = statement.query(&narrow.values()[..])?;
            return self.take_calls(rows, filter, &mut wanted, &mut each);
        };
        for (from, to) in &places {
            if wanted == 0 {
                break;
            }
            let mut values = narrow.values();
            values.extend([from as &dyn ToSql, to]);
            let rows = statement.query(&values[..])?;
            self.take_calls(rows, filter, &mut wanted, &mut each)?;
        }
        Ok(())
    }

    /// Calls that fit also in what SQL does not look at, until there are enough.
    fn take_calls(
        &self,
        mut rows: Rows<'_>,
        filter: &Filter,
        wanted: &mut usize,
        each: &mut impl FnMut(CallRow),
    ) -> Result<(), Error> {
        while *wanted > 0
            && let Some(row) = rows.next()?
        {
            let call = call_row(row)?;
            let whose = if filter.missed { &call.owed_by } else { &call.person };
            let theirs = |among: &Among| among.holds(whose.as_deref());
            let begun = call.answered_at.unwrap_or(call.start);
            let within = filter
                .within
                .as_ref()
                .is_none_or(|(slot, zone)| slot.holds(begun, zone));
            let sure = filter.certainty.is_empty() || filter.certainty.contains(&call.certainty);
            if within && sure && filter.people.as_ref().is_none_or(theirs) && self.call_bears(&call, &filter.marks)? {
                each(call);
                *wanted -= 1;
            }
        }
        Ok(())
    }

    /// Whether a call's case bears these marks.
    fn call_bears(&self, call: &CallRow, marks: &[Mark]) -> Result<bool, Error> {
        if marks.is_empty() {
            return Ok(true);
        }
        let case = call.case.map(|id| self.case(id)).transpose()?.flatten();
        Ok(case.is_some_and(|case| marks.iter().all(|mark| mark.of(&case))))
    }

    /// One call.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn call(&self, id: CallId) -> Result<Option<CallRow>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT c.*, f.name AS feed_name FROM call c JOIN feed f ON f.id = c.feed WHERE c.id = ?",
        )?;
        let mut rows = statement.query([id.get()])?;
        rows.next()?.map(call_row).transpose()
    }

    /// A call's legs.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn legs(&self, id: CallId, zone: &jiff::tz::TimeZone) -> Result<Vec<PlacedLeg>, Error> {
        calls::placed_legs(&self.conn, id, zone)
    }

    /// A journal line by number.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn line(&self, id: LineId) -> Result<Option<JournalRow>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT j.*, f.name AS feed_name,
               CASE j.state WHEN 2 THEN (SELECT o.call FROM journal o WHERE o.id = j.link) END AS of_call
             FROM journal j JOIN feed f ON f.id = j.feed WHERE j.id = ?",
        )?;
        let mut rows = statement.query([id.get()])?;
        rows.next()?.map(journal_row).transpose()
    }

    /// Journal lines, oldest first, given to `each` one by one: the journal may be long.
    ///
    /// # Errors
    /// What SQLite says, or what `each` returns.
    pub fn journal<E: From<Error>>(
        &self,
        quarantined: bool,
        feed: Option<&str>,
        limit: Option<usize>,
        mut each: impl FnMut(JournalRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut narrow = Where::new();
        narrow.and("(j.state >= 3 AND j.state = ?)", quarantined.then_some(3i64));
        narrow.and("f.name = ?", feed.map(str::to_owned));
        let inner = match limit {
            None => String::new(),
            Some(n) => format!(" ORDER BY j.id DESC LIMIT {n}"),
        };
        let sql = format!(
            "SELECT * FROM (SELECT j.*, f.name AS feed_name, \
               CASE j.state WHEN 2 THEN (SELECT o.call FROM journal o WHERE o.id = j.link) END AS of_call FROM journal j JOIN feed f ON f.id = j.feed{}{inner}) \
             ORDER BY id",
            narrow.text()
        );
        let mut statement = self.conn.prepare(&sql).map_err(Error::from)?;
        let mut rows = statement.query(&narrow.values()[..]).map_err(Error::from)?;
        while let Some(row) = rows.next().map_err(Error::from)? {
            each(journal_row(row)?)?;
        }
        Ok(())
    }

    /// Cases, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn cases(&self, filter: &Filter, now: Timestamp) -> Result<Vec<Case>, Error> {
        let mut cases = Vec::new();
        self.each_case(filter, now, |case| cases.push(case))?;
        cases.reverse();
        Ok(cases)
    }

    /// Cases one by one, the newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn each_case(&self, filter: &Filter, now: Timestamp, mut each: impl FnMut(Case)) -> Result<(), Error> {
        if matches!(filter.people, Some(Among::NoneOf(_))) {
            // Each case lies in a department.
            return Ok(());
        }
        let mut narrow = Where::new();
        narrow.and("opened_at >= ?", filter.from.map(millis));
        narrow.and("opened_at < ?", filter.to.map(millis));
        narrow.and("state = ?", filter.state.clone());
        narrow.and("kind = ?", filter.kind.clone());
        narrow.and(
            "department = ?",
            filter.department.as_ref().map(|d| d.as_str().to_owned()),
        );
        narrow.and("handler = ?", filter.handler.as_ref().map(|p| p.as_str().to_owned()));
        narrow.and(
            "first_answerer = ?",
            filter.first_answerer.as_ref().map(|p| p.as_str().to_owned()),
        );
        narrow.and("(first_answerer IS NULL AND ?)", filter.nobody.then_some(true));
        narrow.and(
            "EXISTS(SELECT 1 FROM call c WHERE c.id = cases.call AND c.disposition = ?)",
            filter.disposition.map(Coded),
        );
        narrow.and(
            "(first_answerer = ? OR handler = ?)",
            filter.person.as_ref().map(|p| p.as_str().to_owned()),
        );
        narrow.and(
            "(open = 1 AND due_at IS NOT NULL AND due_at <= ?)",
            filter.overdue.then(|| millis(now)),
        );
        let sql = format!("SELECT body FROM cases{} ORDER BY id DESC", narrow.text());
        let mut statement = self.conn.prepare(&sql)?;
        let mut rows = statement.query(&narrow.values()[..])?;
        let mut wanted = filter.limit.unwrap_or(usize::MAX);
        while wanted > 0
            && let Some(row) = rows.next()?
        {
            let body: String = row.get(0)?;
            let case = cases::case_from(&body)?;
            if fits(&case, filter) {
                each(case);
                wanted -= 1;
            }
        }
        Ok(())
    }

    /// One case.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn case(&self, id: CaseId) -> Result<Option<Case>, Error> {
        let body: Option<String> = self
            .conn
            .prepare_cached("SELECT body FROM cases WHERE id = ?")?
            .query_row([id.get()], |row| row.get(0))
            .optional()?;
        body.map(|body| cases::case_from(&body)).transpose()
    }

    /// A person's open cases that clerks may see, most urgent first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn open_cases_of(&self, handler: &PersonId) -> Result<Vec<Case>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT body FROM cases WHERE open = 1 AND settled = 1 AND handler = ?
             ORDER BY due_at IS NULL, due_at, id",
        )?;
        let rows = statement.query_map([handler.as_str()], |row| row.get::<_, String>(0))?;
        rows.map(|body| cases::case_from(&body?)).collect()
    }

    /// The cases that wait for an offer to be answered, by anybody.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn offered_cases(&self) -> Result<Vec<Case>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT body FROM cases WHERE open = 1 AND settled = 1 AND state = 'offered'
             ORDER BY due_at IS NULL, due_at, id",
        )?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        rows.map(|body| cases::case_from(&body?)).collect()
    }

    /// Everybody whom an open case waits for: who has it, and who is to answer its offer.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn waited_for(&self) -> Result<Vec<PersonId>, Error> {
        store::waited_for(&self.conn)
    }

    /// The cases of a handler that were closed since then, the last first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn closed_since(&self, handler: &PersonId, since: Timestamp) -> Result<Vec<Case>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT body FROM cases WHERE state = 'closed' AND handler = ? AND closed_at >= ? ORDER BY closed_at DESC",
        )?;
        let values = rusqlite::params![handler.as_str(), millis(since)];
        let rows = statement.query_map(values, |row| row.get::<_, String>(0))?;
        rows.map(|body| cases::case_from(&body?)).collect()
    }

    /// The highest rung, from 2 on, by which a person was urged about a case's deadline; none if they were not, or
    /// only in copy.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn escalated(&self, case: CaseId, due_at: Timestamp, person: &PersonId) -> Result<Option<u8>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT max(rung) FROM notice WHERE case_id = ? AND deadline_at = ? AND person = ? AND rung >= 2
               AND copy = 0 AND state <> 'skipped'",
        )?;
        let values = rusqlite::params![case.get(), millis(due_at), person.as_str()];
        Ok(statement.query_row(values, |row| row.get(0))?)
    }

    /// A case's events.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn events(&self, id: CaseId) -> Result<Vec<EventRow>, Error> {
        cases::events_of(&self.conn, id)
    }

    /// A case's notices.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn notices(&self, id: CaseId) -> Result<Vec<NoticeRow>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, case_id, kind, rung, person, deadline_at, state, why, message FROM notice
             WHERE case_id = ? ORDER BY id",
        )?;
        let rows = statement.query_map([id.get()], |row| {
            Ok(NoticeRow {
                id: row.get(0)?,
                case: CaseId::new(row.get(1)?),
                kind: row.get(2)?,
                rung: row.get(3)?,
                person: row.get(4)?,
                due_at: instant(row.get(5)?),
                state: row.get(6)?,
                why: row.get(7)?,
                message: row.get(8)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Reminders of a case sent so far.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn reminders(&self, id: CaseId) -> Result<i64, Error> {
        let sent = "SELECT count(*) FROM notice WHERE case_id = ? AND state = 'sent'";
        Ok(self
            .conn
            .prepare_cached(sent)?
            .query_row([id.get()], |row| row.get(0))?)
    }

    /// The feeds.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn feeds(&self) -> Result<Vec<FeedRow>, Error> {
        let mut statement = self.conn.prepare(
            "SELECT f.*, (SELECT count(*) FROM journal j WHERE j.state >= 3 AND j.state = 5 AND j.feed = f.id) AS pending,
               (SELECT count(*) FROM connection c WHERE c.feed = f.id AND c.closed_at IS NULL) AS connections,
               n.state AS now, n.reason, n.breaks, n.bad_bytes, n.lost_bytes
             FROM feed f LEFT JOIN feed_now n ON n.feed = f.id ORDER BY f.name",
        )?;
        let rows = statement.query_map([], |row| {
            let count = |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<u32>>(column)?.unwrap_or(0).into());
            Ok(FeedRow {
                name: row.get("name")?,
                dialect: row.get("dialect")?,
                lines: row.get("lines")?,
                legs: row.get("legs")?,
                skipped: row.get("skipped")?,
                quarantined: row.get("quarantined")?,
                partial: row.get("partial")?,
                pending: row.get("pending")?,
                duplicates: row.get("duplicates")?,
                last_line_at: row.get::<_, Option<i64>>("last_line_at")?.map(instant),
                drift_seconds: drift_median(row.get::<_, Option<String>>("drift")?.as_deref()),
                connections: row.get("connections")?,
                now: row.get::<_, Option<String>>("now")?.zip(Some(row.get("reason")?)),
                faults: PortFaults {
                    breaks: count("breaks")?,
                    bad_bytes: count("bad_bytes")?,
                    lost_bytes: count("lost_bytes")?,
                },
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The outbox, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn outbox(&self, unsent_only: bool, limit: Option<usize>) -> Result<Vec<OutboxRow>, Error> {
        let narrow = if unsent_only {
            "WHERE state NOT IN ('sent', 'replaced')"
        } else {
            ""
        };
        let limit = limit.map_or(-1, |n| i64::try_from(n).unwrap_or(i64::MAX));
        let mut statement = self.conn.prepare(&format!(
            "SELECT * FROM message {narrow} ORDER BY id DESC LIMIT {limit}"
        ))?;
        let rows = statement.query_map([], |row| {
            Ok(OutboxRow {
                message: row.get("id")?,
                person: row.get("person")?,
                address: row.get("address")?,
                subject: row.get("subject")?,
                message_id: row.get("message_id")?,
                state: row.get("state")?,
                attempts: row.get("attempts")?,
                created_at: instant(row.get("created_at")?),
                next_at: row.get::<_, Option<i64>>("next_at")?.map(instant),
                sent_at: row.get::<_, Option<i64>>("sent_at")?.map(instant),
                last_error: row.get("last_error")?,
                note: row.get("note")?,
                notices: Vec::new(),
            })
        })?;
        let mut messages: Vec<OutboxRow> = rows.collect::<Result<_, _>>()?;
        let mut notices = self
            .conn
            .prepare_cached("SELECT id FROM notice WHERE message = ? ORDER BY id")?;
        for message in &mut messages {
            message.notices = notices
                .query_map([message.message], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
        }
        messages.reverse();
        Ok(messages)
    }

    /// How a message stands: its state, and why it was not sent.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn message_state(&self, message: i64) -> Result<Option<(String, Option<String>)>, Error> {
        Ok(self
            .conn
            .prepare_cached("SELECT state, last_error FROM message WHERE id = ?")?
            .query_row([message], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?)
    }

    /// Why all mail is held, if it is.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn mail_held(&self) -> Result<Option<String>, Error> {
        store::meta(&self.conn, super::fates::HELD)
    }

    /// Addresses that a server refused for good: address, since when, why.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn dead_addresses(&self) -> Result<Vec<(String, Timestamp, String)>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT address, since, why FROM dead_address ORDER BY since, address")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, instant(row.get(1)?), row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Extensions that answered or rang and that the directory does not know: number, calls, last seen.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn unmapped(&self) -> Result<Vec<(String, i64, Timestamp)>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT answered_by, count(*), max(start) FROM call
             WHERE answered_by IS NOT NULL AND person IS NULL AND doubts LIKE '%unmapped%'
             GROUP BY answered_by ORDER BY answered_by",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, instant(row.get(2)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The conditions that lie inside the case's body.
fn fits(case: &Case, filter: &Filter) -> bool {
    let contains = |text: &Option<String>, digits: &str| text.as_deref().is_some_and(|text| text.contains(digits));
    let within = filter.within.as_ref();
    within.is_none_or(|(slot, zone)| slot.holds(case.opened_at, zone))
        && filter.marks.iter().all(|mark| mark.of(case))
        && filter
            .first_among
            .as_ref()
            .is_none_or(|among| among.holds(case.first_answerer.as_ref().map(PersonId::as_str)))
        && filter
            .extension
            .as_ref()
            .is_none_or(|ext| case.extension.as_ref() == Some(ext))
        && filter
            .number
            .as_ref()
            .is_none_or(|digits| contains(&case.caller_number, digits) || contains(&case.caller_key, digits))
}

fn call_row(row: &Row<'_>) -> Result<CallRow, Error> {
    let time =
        |name: &str| -> rusqlite::Result<Option<Timestamp>> { Ok(row.get::<_, Option<i64>>(name)?.map(instant)) };
    let doubts: Option<String> = row.get("doubts")?;
    Ok(CallRow {
        id: CallId::new(row.get("id")?),
        feed: row.get("feed_name")?,
        start: instant(row.get("start")?),
        answered_at: time("answered_at")?,
        ended_at: time("ended_at")?,
        direction: row.get::<_, Coded<Direction>>("direction")?.0,
        calling_number: row.get("calling_number")?,
        calling_name: row.get("calling_name")?,
        called_number: row.get("called_number")?,
        target: row.get("target")?,
        trunk: row.get("trunk")?,
        disposition: row.get::<_, Coded<Disposition>>("disposition")?.0,
        answered_by: row.get("answered_by")?,
        person: row.get("person")?,
        certainty: row.get::<_, Coded<Certainty>>("certainty")?.0,
        doubts: doubts
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default(),
        ring_seconds: row.get("ring_seconds")?,
        talk_seconds: row.get("talk_seconds")?,
        account_code: row.get("account_code")?,
        legs: row.get("legs")?,
        received_at: instant(row.get("received_at")?),
        settled: row.get("settled")?,
        case: row.get::<_, Option<i64>>("case_id")?.map(CaseId::new),
        found: row.get("found")?,
        owed_by: row.get("owed_by")?,
    })
}

fn journal_row(row: &Row<'_>) -> Result<JournalRow, Error> {
    Ok(JournalRow {
        id: LineId::new(row.get("id")?),
        feed: row.get("feed_name")?,
        received_at: instant(row.get("received_at")?),
        raw: row.get("raw")?,
        state: row.get::<_, Coded<LineState>>("state")?.0,
        reason: row.get("reason")?,
        column: row.get("col")?,
        call: row
            .get::<_, Option<i64>>("call")?
            .or(row.get("of_call")?)
            .map(CallId::new),
        link: row.get::<_, Option<i64>>("link")?.map(LineId::new),
    })
}
