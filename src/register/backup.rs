//! Backup while the daemon runs, and restore.
//!
//! ```text
//! backup    database ──one snapshot, page by page──▶ FILE.part ─ check, count, sync ─▶ FILE
//! restore   FILE ─ check ──▶ database.restoring ─ epoch, ids, mail held, check, sync
//!           old database ─ log folded in ─▶ database.before-restore-TIME (a second name of the same file)
//!           database.restoring ─ renamed ─▶ database
//! ```
//! **Invariants.** Under the final name there is never half a file: what is under it was checked and synced before, and
//! the step that puts it there is one. A kill at any point leaves the old database, or the new one, whole. The copy is
//! a single file of its own, without a log that could be left behind. Nobody but the owner can read it: the key of the
//! links in mails is in it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::store::{beside, damage_of, folder_of, open_reader, sync_folder};
use super::{Error, InstanceLock, check, fates, floors, schema};

/// Setting: how often the database was restored.
pub(crate) const EPOCH: &str = "epoch";

/// Pages copied between two looks at the progress.
const STEP: i32 = 1_000;

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Held {
    /// Raw lines.
    pub lines: i64,
    /// Calls.
    pub calls: i64,
    /// Cases.
    pub cases: i64,
    /// Events of cases.
    pub events: i64,
    /// Messages.
    pub messages: i64,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the database holds now.
    pub held: Held,
    /// Where the database that was there before lies now.
    pub before: Option<PathBuf>,
    /// The new epoch.
    pub epoch: u32,
}

/// Copies the database into a file of its own; the daemon may run. `progress` is told pages copied and pages in all.
///
/// # Errors
/// The target is there already (and not `force`), no room, or what SQLite says; then there is no new file.
pub fn backup(database: &Path, target: &Path, force: bool, progress: impl FnMut(u64, u64)) -> Result<Held, Error> {
    let source = open_reader(database)?;
    refuse_own_files(database, target)?;
    if !force && target.symlink_metadata().is_ok() {
        return Err(Error::Exists {
            path: target.to_owned(),
        });
    }
    let part = beside(target, ".part");
    let copied = copy(&source, &part, progress).and_then(|(conn, held)| {
        finish(conn, &part, &held)?;
        publish(&part, target, force)?;
        Ok(held)
    });
    if copied.is_err() {
        clear(&part);
    }
    copied
}

/// A backup over the database itself would take it away from a daemon that runs.
fn refuse_own_files(database: &Path, target: &Path) -> Result<(), Error> {
    let whole = |path: &Path| -> Option<PathBuf> {
        let folder = fs::canonicalize(folder_of(path)).ok()?;
        Some(fs::canonicalize(path).unwrap_or_else(|_| folder.join(path.file_name().unwrap_or_default())))
    };
    let Some(target_path) = whole(target) else {
        return Err(Error::File {
            path: target.to_owned(),
            source: io::ErrorKind::NotFound.into(),
        });
    };
    let own = ["", "-wal", "-shm", ".lock", ".room", ".suspect", ".spill"].map(|more| whole(&beside(database, more)));
    if own.contains(&Some(target_path)) {
        return Err(Error::File {
            path: target.to_owned(),
            source: io::Error::other("this is the database itself, or belongs to it"),
        });
    }
    Ok(())
}

/// All pages as of one instant, into a new file that only its owner can read.
fn copy(source: &Connection, part: &Path, mut progress: impl FnMut(u64, u64)) -> Result<(Connection, Held), Error> {
    clear(part);
    let file_error = |source| Error::File {
        path: part.to_owned(),
        source,
    };
    File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(part)
        .map_err(file_error)?;
    // The count holds the snapshot: what is committed meanwhile neither shows nor makes the copy begin again.
    source.execute_batch("BEGIN")?;
    let held = Held::count(source)?;
    let mut conn = Connection::open(part)?;
    {
        let copying = Backup::new(source, &mut conn)?;
        loop {
            let step = copying.step(STEP)?;
            let done = copying.progress();
            let all = u64::try_from(done.pagecount).unwrap_or(0);
            progress(all.saturating_sub(u64::try_from(done.remaining).unwrap_or(0)), all);
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
    source.execute_batch("ROLLBACK")?;
    // A file alone: no log beside it that could be lost.
    conn.pragma_update(None, "journal_mode", "delete")?;
    Ok((conn, held))
}

/// Looks whether the copy is whole, and makes it durable.
fn finish(mut conn: Connection, part: &Path, held: &Held) -> Result<(), Error> {
    check::whole(&mut conn, part)?;
    let found = Held::count(&conn)?;
    if found != *held {
        return Err(Error::NotWhole {
            path: part.to_owned(),
            detail: format!("it holds {found:?} instead of {held:?}"),
        });
    }
    conn.close().map_err(|(_, error)| error)?;
    File::open(part)
        .and_then(|file| file.sync_all())
        .map_err(|source| Error::File {
            path: part.to_owned(),
            source,
        })
}

fn publish(part: &Path, target: &Path, force: bool) -> Result<(), Error> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let renamed = if force {
        fs::rename(part, target)
    } else {
        match renameat_with(CWD, part, CWD, target, RenameFlags::NOREPLACE) {
            // Some file systems can't tell; that nothing was there was seen before.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => fs::rename(part, target),
            done => done.map_err(io::Error::from),
        }
    };
    renamed.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => Error::Exists {
            path: target.to_owned(),
        },
        _ => Error::File {
            path: target.to_owned(),
            source,
        },
    })?;
    sync_folder(target);
    Ok(())
}

/// Removes an unfinished copy and what SQLite put beside it.
fn clear(part: &Path) {
    for more in ["", "-journal", "-wal", "-shm"] {
        let _ = fs::remove_file(beside(part, more));
    }
}

impl Held {
    fn count(conn: &Connection) -> Result<Self, Error> {
        let all = "SELECT (SELECT count(*) FROM journal), (SELECT count(*) FROM call), (SELECT count(*) FROM cases),
                     (SELECT count(*) FROM event), (SELECT count(*) FROM message)";
        Ok(conn.query_row(all, [], |row| {
            Ok(Self {
                lines: row.get(0)?,
                calls: row.get(1)?,
                cases: row.get(2)?,
                events: row.get(3)?,
                messages: row.get(4)?,
            })
        })?)
    }
}

/// Puts a backup in the place of the database; `time` names the one that was there, `why` holds the mail. The daemon
/// must not run.
///
/// # Errors
/// A daemon runs, the file is not a whole database of ours, or what the system says; then the database is as before.
pub fn restore(database: &Path, backup: &Path, time: &str, why: &str) -> Result<Restored, Error> {
    // Before anything of ours is touched.
    let source = open_copy(backup).map_err(|error| unfit(backup, error))?;
    let mut lock = InstanceLock::take(database)?;
    let owner = owner_of(database);
    let part = beside(database, ".restoring");
    let restored = put_in_place(database, &source, &part, time, why, owner);
    match restored {
        // What a daemon that was ended hard left behind belonged to the old database.
        Ok(_) => lock.closed()?,
        Err(_) => clear(&part),
    }
    own(&beside(database, ".lock"), owner);
    drop(lock);
    restored
}

/// What is wrong with the file given, and that another one is wanted: the database is not what it is about.
fn unfit(path: &Path, error: Error) -> Error {
    let why = match error {
        Error::Damaged { detail, .. } => format!("it is damaged: {detail}"),
        Error::NotOurs { .. } => "it is no firstanswer database".to_owned(),
        Error::Unreadable { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            "there is no such file".to_owned()
        }
        Error::Unreadable { source, .. } => format!("it can't be read: {source}"),
        Error::Sqlite(error) => format!("it can't be read: {error}"),
        other => return other,
    };
    Error::BadBackup {
        path: path.to_owned(),
        why,
    }
}

/// The backup, checked from end to end.
fn open_copy(path: &Path) -> Result<Connection, Error> {
    if !path.exists() {
        return Err(Error::Unreadable {
            path: path.to_owned(),
            source: io::ErrorKind::NotFound.into(),
        });
    }
    schema::check_header(path)?;
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, read_only)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    let version = schema::version(&conn).map_err(|error| damage_of(path, error))?;
    if version == 0 {
        return Err(Error::NotOurs { path: path.to_owned() });
    }
    check::whole(&mut conn, path)?;
    Ok(conn)
}

fn put_in_place(
    database: &Path,
    source: &Connection,
    part: &Path,
    time: &str,
    why: &str,
    owner: Option<(u32, u32, u32)>,
) -> Result<Restored, Error> {
    let (mut conn, held) = copy(source, part, |_, _| {})?;
    let old = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let old = database
        .exists()
        .then(|| Connection::open_with_flags(database, old).ok())
        .flatten();
    let epoch = begin_anew(&mut conn, old.as_ref(), why)?;
    finish(conn, part, &held)?;
    own(part, owner);
    if let Some(old) = old {
        fold_log(old)?;
    }
    let before = set_aside(database, time)?;
    fs::rename(part, database).map_err(|source| Error::File {
        path: database.to_owned(),
        source,
    })?;
    sync_folder(database);
    let _ = fs::remove_file(beside(database, ".suspect"));
    Ok(Restored { held, before, epoch })
}

/// A new epoch voids the links of all mails sent so far; ids jump, for some were given after the backup; what the
/// backup thinks unsent may have been sent since, so somebody looks before it goes.
fn begin_anew(conn: &mut Connection, old: Option<&Connection>, why: &str) -> Result<u32, Error> {
    let tx = conn.transaction()?;
    let epoch_of = |conn: &Connection| -> Option<u32> { super::store::meta(conn, EPOCH).ok()??.parse().ok() };
    let epoch = epoch_of(&tx).max(old.and_then(epoch_of)).unwrap_or(0) + 1;
    for (key, value) in [(EPOCH, epoch.to_string().as_str()), (fates::HELD, why)] {
        tx.execute("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)", [key, value])?;
    }
    floors::jump(&tx, old)?;
    tx.commit()?;
    Ok(epoch)
}

/// Everything of the old database into its one file. A damaged one stays as it is.
fn fold_log(old: Connection) -> Result<(), Error> {
    old.busy_timeout(Duration::from_secs(5))?;
    let busy = old.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    match busy {
        Ok(0) => Ok(()),
        Ok(_) => Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
            Some("a command still reads the database".to_owned()),
        )
        .into()),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "the old database is damaged; it is kept with its log");
            Ok(())
        }
    }
}

/// Gives the old database a second name, so that the first is free to be taken in one step.
fn set_aside(database: &Path, time: &str) -> Result<Option<PathBuf>, Error> {
    if !database.exists() {
        return Ok(None);
    }
    let mut before = beside(database, &format!(".before-restore-{time}"));
    for n in 2.. {
        if before.symlink_metadata().is_err() {
            break;
        }
        before = beside(database, &format!(".before-restore-{time}-{n}"));
    }
    let file_error = |source| Error::File {
        path: before.clone(),
        source,
    };
    if fs::hard_link(database, &before).is_err() {
        // A file system without second names.
        fs::copy(database, &before).map_err(file_error)?;
    }
    // Only a damaged database still has a log here; the new one must not find it.
    let log = beside(database, "-wal");
    if log.exists() {
        fs::rename(&log, beside(&before, "-wal")).map_err(file_error)?;
    }
    let _ = fs::remove_file(beside(database, "-shm"));
    Ok(Some(before))
}

/// Whose the database is, and its mode; without one, whose the folder is: root restores for the service.
fn owner_of(database: &Path) -> Option<(u32, u32, u32)> {
    if let Ok(file) = fs::metadata(database) {
        return Some((file.uid(), file.gid(), file.mode() & 0o777));
    }
    let folder = fs::metadata(folder_of(database)).ok()?;
    Some((folder.uid(), folder.gid(), 0o640))
}

fn own(path: &Path, owner: Option<(u32, u32, u32)>) {
    let Some((uid, gid, mode)) = owner else { return };
    let given = std::os::unix::fs::chown(path, Some(uid), Some(gid))
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(mode)));
    if let Err(error) = given {
        tracing::warn!(file = %path.display(), %error, "the file could not be given to the database's owner");
    }
}
