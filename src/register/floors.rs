//! The next id of each kind.
//!
//! **Invariants.** An id is given once, also by a database that was restored: what was given after the backup may stand
//! in mails and notebooks, so a restored database begins 10,000 further on. That floor is kept in `meta`.

use rusqlite::{Connection, OptionalExtension, params};

use super::Error;

/// How far ids jump at a restore.
pub(super) const JUMP: i64 = 10_000;

/// Tables whose ids people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbered {
    Journal,
    Call,
    Cases,
    Message,
    Notice,
    Violation,
    Connection,
}

macro_rules! next_of {
    ($table:literal) => {
        concat!(
            "SELECT max(coalesce((SELECT max(id) FROM ",
            $table,
            "), 0), coalesce((SELECT value FROM meta WHERE key = 'floor_",
            $table,
            "'), 0)) + 1"
        )
    };
}

impl Numbered {
    const ALL: [Self; 7] = [
        Self::Journal,
        Self::Call,
        Self::Cases,
        Self::Message,
        Self::Notice,
        Self::Violation,
        Self::Connection,
    ];

    fn table(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Call => "call",
            Self::Cases => "cases",
            Self::Message => "message",
            Self::Notice => "notice",
            Self::Violation => "violation",
            Self::Connection => "connection",
        }
    }

    fn next_in_words(self) -> &'static str {
        match self {
            Self::Journal => next_of!("journal"),
            Self::Call => next_of!("call"),
            Self::Cases => next_of!("cases"),
            Self::Message => next_of!("message"),
            Self::Notice => next_of!("notice"),
            Self::Violation => next_of!("violation"),
            Self::Connection => next_of!("connection"),
        }
    }
}

/// The id that comes next; inside a transaction.
pub(super) fn next_id(conn: &Connection, what: Numbered) -> Result<i64, Error> {
    Ok(conn
        .prepare_cached(what.next_in_words())?
        .query_row([], |row| row.get(0))?)
}

/// Raises all floors: above what the restored copy gave by [`JUMP`], and above what `before`, the database that it
/// replaces, gave.
pub(super) fn jump(conn: &Connection, before: Option<&Connection>) -> Result<(), Error> {
    for what in Numbered::ALL {
        // An old copy may lack a table that came later: nothing of it was given then.
        let Some(next) = next_if_there(conn, what)? else {
            continue;
        };
        let given_before = before.and_then(|before| next_if_there(before, what).ok().flatten());
        let floor = (next - 1 + JUMP).max(given_before.unwrap_or(0) - 1);
        conn.execute(
            "INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)",
            params![format!("floor_{}", what.table()), floor],
        )?;
    }
    Ok(())
}

fn next_if_there(conn: &Connection, what: Numbered) -> Result<Option<i64>, Error> {
    let there: Option<i64> = conn
        .query_row(
            "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?",
            [what.table()],
            |row| row.get(0),
        )
        .optional()?;
    there.map(|_| next_id(conn, what)).transpose()
}
