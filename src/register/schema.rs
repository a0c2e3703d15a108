//! The tables, and how a database becomes the current version.
//!
//! **Invariants.** A migration is one transaction: after a crash the old version is whole. A database made by a newer
//! program is refused before anything is written. Only `serve` creates or migrates.

use std::os::unix::fs::FileExt;
use std::path::Path;

use rusqlite::Connection;

use super::{Error, descriptor};

/// Marks a file as ours in SQLite's header (`application_id`): "fans".
const APPLICATION_ID: u32 = 0x6661_6e73;

/// Each step brings the database from version *i* to *i + 1*. Steps are never edited once released.
const STEPS: &[&str] = &[V1, V2, V3, V4, V5, V6];

/// What this program knows.
pub const VERSION: u32 = STEPS.len() as u32;

const V1: &str = "
CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY) WITHOUT ROWID, STRICT;

CREATE TABLE feed(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, dialect TEXT, decided INTEGER NOT NULL DEFAULT 0,
  lines INTEGER NOT NULL DEFAULT 0, legs INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0,
  quarantined INTEGER NOT NULL DEFAULT 0, partial INTEGER NOT NULL DEFAULT 0, last_line_at INTEGER,
  epoch INTEGER NOT NULL DEFAULT 0, top_id INTEGER NOT NULL DEFAULT 0, top_start INTEGER, drift TEXT) STRICT;

CREATE TABLE connection(
  id INTEGER PRIMARY KEY, feed INTEGER NOT NULL, peer TEXT NOT NULL, opened_at INTEGER NOT NULL,
  closed_at INTEGER, why TEXT) STRICT;

CREATE TABLE journal(
  id INTEGER PRIMARY KEY, feed INTEGER NOT NULL, connection INTEGER, received_at INTEGER NOT NULL, raw BLOB NOT NULL,
  state INTEGER NOT NULL, reason TEXT, col INTEGER, call INTEGER) STRICT;
CREATE INDEX journal_unsettled ON journal(state, id) WHERE state >= 3;

CREATE TABLE call(
  id INTEGER PRIMARY KEY, feed INTEGER NOT NULL, start INTEGER NOT NULL, answered_at INTEGER, ended_at INTEGER,
  direction INTEGER NOT NULL, calling_number TEXT, calling_name TEXT, called_number TEXT, target TEXT, trunk TEXT,
  disposition INTEGER NOT NULL, answered_by TEXT, person TEXT, certainty INTEGER NOT NULL, doubts TEXT,
  ring_seconds INTEGER, talk_seconds INTEGER, account_code TEXT, legs INTEGER NOT NULL, received_at INTEGER NOT NULL,
  settled INTEGER NOT NULL, settle_at INTEGER, epoch INTEGER NOT NULL, pbx_id TEXT, case_id INTEGER,
  put_order INTEGER NOT NULL DEFAULT -1, found TEXT) STRICT;
CREATE INDEX call_start ON call(start);
CREATE INDEX call_pbx_id ON call(feed, pbx_id) WHERE pbx_id IS NOT NULL;
CREATE INDEX call_by_line ON call(feed, start) WHERE pbx_id IS NULL;
CREATE INDEX call_unsettled ON call(settle_at) WHERE settled = 0;

CREATE TABLE leg(
  call INTEGER NOT NULL, ord INTEGER NOT NULL, lines TEXT, received_at INTEGER NOT NULL, start TEXT NOT NULL,
  answered_at TEXT, direction INTEGER NOT NULL, calling_number TEXT, calling_name TEXT, called_number TEXT,
  station TEXT, answered_by TEXT, trunk TEXT, ring_seconds INTEGER, talk_seconds INTEGER,
  disposition INTEGER NOT NULL, transfer TEXT, pbx_id TEXT, account_code TEXT, inferred TEXT, marks TEXT) STRICT;
CREATE UNIQUE INDEX leg_call ON leg(call, ord);

CREATE TABLE cases(
  id INTEGER PRIMARY KEY, version INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, settled INTEGER NOT NULL,
  open INTEGER NOT NULL, handler TEXT NOT NULL, first_answerer TEXT, department TEXT NOT NULL, caller_key TEXT,
  call INTEGER, opened_at INTEGER NOT NULL, closed_at INTEGER, due_at INTEGER, look_at INTEGER, body TEXT NOT NULL) STRICT;
CREATE INDEX cases_look ON cases(look_at) WHERE look_at IS NOT NULL;
CREATE INDEX cases_open_caller ON cases(caller_key) WHERE open = 1 AND caller_key IS NOT NULL;
CREATE INDEX cases_open_handler ON cases(handler) WHERE open = 1;
CREATE INDEX cases_closed ON cases(handler, closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX cases_opened ON cases(opened_at);

CREATE TABLE event(
  case_id INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, channel TEXT NOT NULL,
  seen TEXT, counts INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(case_id, seq)) WITHOUT ROWID, STRICT;

CREATE TABLE notice(
  id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, kind TEXT NOT NULL, deadline_at INTEGER NOT NULL,
  rung INTEGER NOT NULL, repeat INTEGER NOT NULL, person TEXT NOT NULL, at INTEGER NOT NULL, copy INTEGER NOT NULL,
  state TEXT NOT NULL, why TEXT, message INTEGER,
  UNIQUE(case_id, kind, deadline_at, rung, repeat, person)) STRICT;
CREATE INDEX notice_waiting ON notice(person, at) WHERE state = 'waiting' AND message IS NULL;

CREATE TABLE message(
  id INTEGER PRIMARY KEY, person TEXT NOT NULL, address TEXT NOT NULL, subject TEXT NOT NULL, message_id TEXT NOT NULL,
  state TEXT NOT NULL, attempts INTEGER NOT NULL, created_at INTEGER NOT NULL, next_at INTEGER, last_error TEXT,
  bytes BLOB, sent_at INTEGER) STRICT;
CREATE INDEX message_unsent ON message(next_at) WHERE state IN ('begun', 'waiting');

CREATE TABLE person(id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE policy(
  id TEXT NOT NULL, version TEXT NOT NULL, text TEXT NOT NULL, loaded_at INTEGER NOT NULL, in_force_from INTEGER NOT NULL,
  PRIMARY KEY(id, version)) WITHOUT ROWID, STRICT;
";

/// Mail by SMTP: letters that carry no notice, messages whose outcome is unknown, addresses that were refused.
const V2: &str = "
ALTER TABLE message ADD COLUMN note TEXT;
ALTER TABLE message ADD COLUMN test INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN doubt INTEGER NOT NULL DEFAULT 0;
CREATE TABLE dead_address(address TEXT PRIMARY KEY, since INTEGER NOT NULL, why TEXT NOT NULL) WITHOUT ROWID, STRICT;
";

/// Violations as facts, and what the daily cap and repeat contacts look up.
const V3: &str = "
CREATE TABLE violation(
  id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, n INTEGER NOT NULL, kind TEXT NOT NULL, person TEXT,
  at INTEGER NOT NULL, article TEXT, status TEXT NOT NULL, reason TEXT, sanction TEXT, evidence TEXT NOT NULL,
  UNIQUE(case_id, n)) STRICT;
CREATE INDEX violation_person ON violation(person, at);
CREATE INDEX violation_pending ON violation(at) WHERE status = 'pending';
CREATE INDEX message_person ON message(person, created_at);
CREATE INDEX notice_message ON notice(message) WHERE message IS NOT NULL;
CREATE INDEX cases_closed_caller ON cases(caller_key, closed_at) WHERE closed_at IS NOT NULL AND caller_key IS NOT NULL;
";

/// Alarms; who should have answered a missed call; when which policy was in force; what feeds are doing and how far
/// followed files are read; lines that repeat earlier ones, and holes in what a feed gave us.
const V4: &str = "
ALTER TABLE call ADD COLUMN owed_by TEXT;
CREATE TABLE policy_period(
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, version TEXT NOT NULL, in_force_from INTEGER NOT NULL) STRICT;
INSERT INTO policy_period(id, version, in_force_from)
  SELECT id, version, in_force_from FROM policy ORDER BY in_force_from, loaded_at;

CREATE TABLE alarm(
  key TEXT PRIMARY KEY, body TEXT NOT NULL, raised_at INTEGER NOT NULL, letter_at INTEGER NOT NULL,
  cleared_at INTEGER) WITHOUT ROWID, STRICT;

CREATE TABLE feed_now(
  feed INTEGER PRIMARY KEY, state TEXT NOT NULL, reason TEXT, since INTEGER NOT NULL, breaks INTEGER NOT NULL DEFAULT 0,
  bad_bytes INTEGER NOT NULL DEFAULT 0, lost_bytes INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE followed(
  connection INTEGER PRIMARY KEY, feed INTEGER NOT NULL, dev INTEGER NOT NULL, ino INTEGER NOT NULL,
  position INTEGER NOT NULL, seam INTEGER NOT NULL, head TEXT NOT NULL, head_length INTEGER NOT NULL,
  tail TEXT NOT NULL, written_at INTEGER NOT NULL, open_line INTEGER) STRICT;
CREATE INDEX followed_feed ON followed(feed, connection);
ALTER TABLE journal ADD COLUMN link INTEGER;
CREATE INDEX journal_undecided ON journal(feed, id) WHERE state = 5 AND link IS NOT NULL;
ALTER TABLE feed ADD COLUMN duplicates INTEGER NOT NULL DEFAULT 0;
CREATE TABLE gap(
  id INTEGER PRIMARY KEY, feed INTEGER NOT NULL, kind TEXT NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL,
  after_id INTEGER, before_id INTEGER, missing INTEGER, why TEXT NOT NULL) STRICT;
CREATE INDEX gap_feed ON gap(feed, id);
CREATE TABLE feed_event(
  id INTEGER PRIMARY KEY, feed INTEGER NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
CREATE INDEX feed_event_feed ON feed_event(feed, id);
";

/// Since when a message fails; what lists, counts and the clock ask for often, without reading all there ever was.
///
/// SQLite takes a partial index for a query that repeats its condition as it is written there: `state >= 3` beside
/// `state = 5`. A test holds that no query of a working day reads all of a table that grows.
const V5: &str = "
ALTER TABLE message ADD COLUMN failing_since INTEGER;
CREATE INDEX message_open ON message(id) WHERE state NOT IN ('sent', 'replaced');
CREATE INDEX connection_open ON connection(feed) WHERE closed_at IS NULL;
CREATE INDEX call_nobody ON call(answered_by, start) WHERE person IS NULL AND answered_by IS NOT NULL;
CREATE INDEX cases_due ON cases(due_at, settled, open) WHERE open = 1;
CREATE INDEX cases_offered ON cases(state) WHERE state = 'offered';
";

/// Where a number may stand (`sketch`). Older calls are sketched block by block while the daemon runs: a search reads
/// meanwhile what has no sketch yet.
const V6: &str = "
CREATE TABLE number_sketch(id INTEGER PRIMARY KEY, bits BLOB NOT NULL) STRICT;
CREATE TABLE number_stray(call INTEGER PRIMARY KEY) STRICT;
CREATE TRIGGER call_number_changed AFTER UPDATE OF calling_number, called_number ON call
  WHEN new.calling_number IS NOT old.calling_number OR new.called_number IS NOT old.called_number
  BEGIN
    INSERT OR IGNORE INTO number_stray(call) SELECT new.id
      WHERE new.id < (SELECT (max(id) / 128 + 1) * 8192 FROM number_sketch);
  END;
";

/// Refuses a file that is not ours or newer than this program, by its header alone: nothing is touched.
pub fn check_header(path: &Path) -> Result<(), Error> {
    let mut header = [0u8; 100];
    let Ok(file) = descriptor::of(path) else { return Ok(()) };
    let mut filled = 0;
    while filled < header.len() {
        match file.read_at(&mut header[filled..], filled as u64) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) => {
                return Err(Error::Unreadable {
                    path: path.to_owned(),
                    source: e,
                });
            }
        }
    }
    if filled == 0 {
        return Ok(());
    }
    if filled < header.len() || &header[..16] != b"SQLite format 3\0" {
        return Err(Error::NotOurs { path: path.to_owned() });
    }
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (found, app) = (number(60), number(68));
    if app != APPLICATION_ID && !(app == 0 && found == 0) {
        return Err(Error::NotOurs { path: path.to_owned() });
    }
    refuse_newer(path, found)
}

fn refuse_newer(path: &Path, found: u32) -> Result<(), Error> {
    if found > VERSION {
        return Err(Error::TooNew {
            path: path.to_owned(),
            found,
            known: VERSION,
        });
    }
    Ok(())
}

/// The version stored in an open database.
pub fn version(conn: &Connection) -> Result<u32, Error> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Creates or migrates, all steps in one transaction.
pub fn migrate(conn: &mut Connection, path: &Path) -> Result<(), Error> {
    let found = version(conn)?;
    refuse_newer(path, found)?;
    if found == VERSION {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Exclusive)?;
    for step in STEPS.iter().skip(found as usize) {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()?;
    tracing::info!(from = found, version = VERSION, database = %path.display(), "database brought up to date");
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn periods_of_policies_are_taken_over_in_their_order() {
        let mut conn = Connection::open_in_memory().unwrap();
        for step in [V1, V2, V3] {
            conn.execute_batch(step).unwrap();
        }
        conn.pragma_update(None, "user_version", 3).unwrap();
        conn.execute_batch(
            "INSERT INTO policy VALUES ('bureau', 'b', '', 20, 20), ('bureau', 'a', '', 10, 0), ('bureau', 'c', '', 30, 20)",
        )
        .unwrap();
        migrate(&mut conn, Path::new("fa.db")).unwrap();
        let mut statement = conn
            .prepare("SELECT version, in_force_from FROM policy_period ORDER BY in_force_from, n")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)));
        let periods: Vec<_> = rows.unwrap().map(Result::unwrap).collect();
        assert_eq!(
            periods,
            [("a".to_owned(), 0), ("b".to_owned(), 20), ("c".to_owned(), 20)]
        );
    }
}
