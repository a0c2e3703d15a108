//! Is the database whole? Asked at every start, without keeping a switch waiting.
//!
//! ```text
//! start ──▶ checked to the end within AT_ONCE? ── yes ──▶ feeds open
//!                │ no: a large database                      ▲
//!                └────────▶ feeds open; the rest beside the running daemon, on a connection of its own
//!                             └ damage: suspect mark, alarm; lines go to the spill journal (`spill`)
//! suspect mark (damage found, or a write or sync failed) ──▶ the next start checks all of it first
//! ```
//! **Invariants.** A suspect database is never fed before it was found whole. The mark is a file beside the database,
//! for nothing more is written into a damaged one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

use super::Error;
use super::store::{damage_of, open_reader};

/// A start takes no longer than this for the check; what is left is done beside the daemon.
pub(super) const AT_ONCE: Duration = Duration::from_millis(50);

/// How often the clock is looked at: every so many pages or instructions.
const STEP: i32 = 200;

/// How far a check came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// To the end: the database is whole.
    Whole,
    /// It was broken off.
    Partly,
}

fn mark_of(database: &Path) -> PathBuf {
    let mut name = database.file_name().unwrap_or_default().to_owned();
    name.push(".suspect");
    database.with_file_name(name)
}

/// Makes the next start check everything before it feeds anything.
pub(super) fn suspect(database: &Path, why: &Error) {
    let mark = mark_of(database);
    if let Err(error) = fs::write(&mark, format!("{why}\n")) {
        tracing::error!(file = %mark.display(), %error, "the mark for the next start could not be written");
    }
}

/// Why the database is suspect, if it is.
pub(super) fn suspicion(database: &Path) -> Option<String> {
    let mark = mark_of(database);
    let why = || fs::read_to_string(&mark).unwrap_or_default().trim().to_owned();
    mark.exists().then(why)
}

/// The check of a start: within the budget, or, of a suspect database, to its end.
pub(super) fn at_start(conn: &mut Connection, path: &Path, budget: Duration) -> Result<Checked, Error> {
    let mark = mark_of(path);
    if mark.exists() {
        tracing::warn!(database = %path.display(), "the database is suspect: all of it is checked before a feed is opened");
        let checked = quick_check(conn, path, || false)?;
        if let Err(error) = fs::remove_file(&mark) {
            tracing::warn!(file = %mark.display(), %error, "the mark could not be removed; the next start checks all again");
        }
        return Ok(checked);
    }
    let begun = Instant::now();
    quick_check(conn, path, move || begun.elapsed() > budget)
}

/// The check beside the running daemon, until `stop` says so.
///
/// # Errors
/// [`Error::Damaged`] or a failed read, and then the database is suspect. That it could not be checked for another
/// reason is told in the log: no feed is closed for that.
pub fn beside(path: &Path, stop: impl FnMut() -> bool + Send + 'static) -> Result<Checked, Error> {
    let begun = Instant::now();
    let checked = open_reader(path).and_then(|mut conn| quick_check(&mut conn, path, stop));
    match checked {
        Ok(checked) => {
            if checked == Checked::Whole {
                let millis = begun.elapsed().as_millis() as u64;
                tracing::info!(database = %path.display(), millis, "the database was checked: it is whole");
            }
            Ok(checked)
        }
        Err(error) if tells_of_damage(&error) => {
            tracing::error!(%error, "the check of the database failed");
            suspect(path, &error);
            Err(error)
        }
        Err(error) => {
            tracing::error!(%error, "the database could not be checked to its end; the next start tries again");
            Ok(Checked::Partly)
        }
    }
}

/// The whole check, of a database that may be in use.
///
/// # Errors
/// [`Error::Damaged`], or it can't be read.
pub fn all(path: &Path) -> Result<(), Error> {
    whole(&mut open_reader(path)?, path)
}

/// Whether damage was found before, or a write failed: the next start checks all of it.
pub fn is_suspect(path: &Path) -> bool {
    mark_of(path).exists()
}

/// The whole check, of a copy.
pub(super) fn whole(conn: &mut Connection, path: &Path) -> Result<(), Error> {
    quick_check(conn, path, || false).map(drop)
}

fn tells_of_damage(error: &Error) -> bool {
    match error {
        Error::Damaged { .. } => true,
        Error::Sqlite(error) => error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure),
        _ => false,
    }
}

fn quick_check(
    conn: &mut Connection,
    path: &Path,
    stop: impl FnMut() -> bool + Send + 'static,
) -> Result<Checked, Error> {
    conn.progress_handler(STEP, Some(stop))?;
    let verdict = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    conn.progress_handler(0, None::<fn() -> bool>)?;
    match verdict {
        Ok(verdict) if verdict == "ok" => Ok(Checked::Whole),
        Ok(detail) => Err(Error::Damaged {
            path: path.to_owned(),
            detail,
        }),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => Ok(Checked::Partly),
        Err(error) => Err(damage_of(path, error.into())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Seek, SeekFrom, Write};

    use super::*;
    use crate::register::schema;

    /// A database of a few hundred pages, all of it in the file.
    fn database(folder: &Path) -> PathBuf {
        let path = folder.join("fa.db");
        let mut conn = Connection::open(&path).unwrap();
        schema::migrate(&mut conn, &path).unwrap();
        conn.execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
             INSERT INTO journal(id, feed, received_at, raw, state) SELECT i, 1, i, zeroblob(80), 0 FROM n",
        )
        .unwrap();
        path
    }

    fn damage(path: &Path) {
        let mut file = fs::File::options().write(true).open(path).unwrap();
        let end = file.metadata().unwrap().len();
        file.seek(SeekFrom::Start(end / 2)).unwrap();
        file.write_all(&[0xA5; 16 * 4096]).unwrap();
    }

    #[test]
    fn f26_a_start_does_not_wait_for_the_end_of_a_long_check() {
        let folder = tempfile::tempdir().unwrap();
        let path = database(folder.path());
        let mut conn = Connection::open(&path).unwrap();
        assert_eq!(at_start(&mut conn, &path, Duration::ZERO).unwrap(), Checked::Partly);
        assert_eq!(at_start(&mut conn, &path, Duration::MAX).unwrap(), Checked::Whole);
        assert_eq!(beside(&path, || true).unwrap(), Checked::Partly);
        assert_eq!(beside(&path, || false).unwrap(), Checked::Whole);
        assert!(!mark_of(&path).exists());
    }

    #[test]
    fn f26_damage_found_beside_the_daemon_makes_the_next_start_check_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = database(folder.path());
        let whole = fs::read(&path).unwrap();
        damage(&path);
        assert!(matches!(beside(&path, || false), Err(Error::Damaged { .. })));
        let start = |path: &Path| at_start(&mut Connection::open(path).unwrap(), path, Duration::ZERO);
        // However often it is started: without a budget, and so the damage is found each time.
        assert!(matches!(start(&path), Err(Error::Damaged { .. })));
        assert!(matches!(start(&path), Err(Error::Damaged { .. })));
        fs::write(&path, whole).unwrap();
        assert_eq!(start(&path).unwrap(), Checked::Whole);
        assert_eq!(start(&path).unwrap(), Checked::Partly, "no longer suspect");
    }
}
