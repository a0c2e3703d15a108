//! The place the database lies in: what kind of file system, how much room, and the room kept for an alarm.
//!
//! **Invariants.** A database is not opened where locks do not hold. Beside it lies a file of [`KEPT`] bytes that holds
//! nothing: when the disk is full it is given up, so that the alarm and its mail can still be stored and sent.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Error;
use super::store::{beside, folder_of};

/// Room kept for the alarm: its rows, its mail, and what the feeds bring meanwhile.
pub const KEPT: u64 = 8 << 20;

/// A write-ahead log longer than this is kept from shrinking by somebody who reads.
pub const LOG_LIMIT: u64 = 256 << 20;

fn kept_file(database: &Path) -> PathBuf {
    beside(database, ".room")
}

/// Keeps the room, if it is not kept already and there is twice as much.
///
/// # Errors
/// The file can't be made.
pub fn keep(database: &Path) -> io::Result<bool> {
    let path = kept_file(database);
    if fs::metadata(&path).is_ok_and(|file| file.len() >= KEPT) {
        return Ok(true);
    }
    if free(database)? < 2 * KEPT {
        return Ok(false);
    }
    let file = File::options().create(true).truncate(true).write(true).open(&path)?;
    let kept = match rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, KEPT) {
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => fill(&file),
        kept => kept.map_err(io::Error::from),
    };
    if kept.is_err() {
        let _ = fs::remove_file(&path);
    }
    kept.map(|()| true)
}

/// For file systems that can't be asked for room.
fn fill(mut file: &File) -> io::Result<()> {
    let zeros = vec![0; 1 << 16];
    for _ in 0..KEPT >> 16 {
        file.write_all(&zeros)?;
    }
    file.sync_all()
}

/// Gives the room up. Returns whether there was some.
pub fn give_up(database: &Path) -> bool {
    fs::remove_file(kept_file(database)).is_ok()
}

/// Whether the room is kept.
pub fn is_kept(database: &Path) -> bool {
    kept_file(database).exists()
}

/// Bytes that this user can still write.
///
/// # Errors
/// The folder can't be looked at.
pub fn free(database: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(folder_of(database))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Where, how much is free, and how much is wanted, for an alarm.
pub fn in_words(database: &Path) -> String {
    let folder = folder_of(database).display().to_string();
    match free(database) {
        Ok(free) => format!(
            "{folder}: {}.{} MB are free, {} MB are needed",
            free >> 20,
            (free >> 10) % 1024 * 10 / 1024,
            (2 * KEPT) >> 20
        ),
        Err(error) => format!("{folder}: {error}"),
    }
}

/// With less than this no write goes through, whatever SQLite calls the failure.
const NOTHING: u64 = 64 << 10;

/// SQLite can't extend the shared memory beside the database.
const SHM_SIZE: i32 = 4874;

/// Says that the disk is full where that is why something failed.
pub fn full_or(path: &Path, error: Error) -> Error {
    use rusqlite::ErrorCode as Code;
    let none_left = || free(path).is_ok_and(|free| free < NOTHING);
    let full = match &error {
        Error::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) => match failure.code {
            Code::DiskFull => true,
            _ if failure.extended_code == SHM_SIZE => true,
            Code::SystemIoFailure | Code::DatabaseBusy | Code::DatabaseLocked | Code::CannotOpen => none_left(),
            _ => false,
        },
        Error::Unreadable { source, .. } | Error::File { source, .. } => {
            matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        }
        _ => false,
    };
    let path = match &error {
        Error::Unreadable { path, .. } | Error::File { path, .. } => path,
        _ => path,
    };
    if !full {
        return error;
    }
    Error::Full {
        path: path.to_owned(),
        room: in_words(path),
    }
}

/// Length of the write-ahead log.
pub fn log_length(database: &Path) -> u64 {
    fs::metadata(beside(database, "-wal")).map_or(0, |file| file.len())
}

/// Processes that hold a lock on the database's shared memory, without this one: who keeps the log from shrinking.
pub fn who_reads(database: &Path) -> Vec<u32> {
    use std::os::unix::fs::MetadataExt;
    let Ok(file) = fs::metadata(beside(database, "-shm")) else {
        return Vec::new();
    };
    // `1: POSIX  ADVISORY  READ 4711 fe:01:1234 124 124`; the last part of the third is the inode, the first two the
    // device.
    let device = format!(
        "{:02x}:{:02x}:{}",
        rustix::fs::major(file.dev()),
        rustix::fs::minor(file.dev()),
        file.ino()
    );
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    let mut who: Vec<u32> = locks
        .lines()
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "->").collect();
            let [_, "POSIX", _, "READ", process, file, from, ..] = words[..] else {
                return None;
            };
            // Bytes 123 to 127 are the marks of readers; 120 to 122 are short, 128 says that the file is open.
            let mark = from.parse::<u64>().is_ok_and(|from| (123..=127).contains(&from));
            (file == device && mark).then(|| process.parse().ok()).flatten()
        })
        .filter(|process| *process != std::process::id())
        .collect();
    who.sort_unstable();
    who.dedup();
    who
}

/// Refuses a file system on which another machine could write at the same time, or on which locks are not real.
pub(super) fn check_place(path: &Path) -> Result<(), Error> {
    let Ok(stat) = rustix::fs::statfs(folder_of(path)) else {
        return Ok(());
    };
    #[allow(clippy::unnecessary_cast)] // its type differs between machines
    match shared(stat.f_type as u64 & 0xffff_ffff) {
        Some((kind, true)) => Err(Error::BadPlace {
            path: path.to_owned(),
            kind,
        }),
        Some((kind, false)) => {
            tracing::warn!(database = %path.display(), file_system = kind, "the database is on a file system whose locks and syncs \
                are as good as the program behind it; a disk of this machine is safer");
            Ok(())
        }
        None => Ok(()),
    }
}

/// File systems that are no disk of this machine, by the numbers in statfs(2), and whether they are refused.
fn shared(kind: u64) -> Option<(&'static str, bool)> {
    Some(match kind {
        0x6969 => ("NFS", true),
        0x517b => ("SMB", true),
        0xff53_4d42 => ("CIFS", true),
        0xfe53_4d42 => ("SMB2", true),
        0x0102_1997 => ("9P", true),
        0x5346_414f | 0x6b41_4653 => ("AFS", true),
        0x564c => ("NCP", true),
        0x7375_7245 => ("Coda", true),
        0x6573_5546 => ("FUSE", false),
        0x00c3_6400 => ("Ceph", false),
        _ => return None,
    })
}

/// A database whose write-ahead log a reader holds, for those who watch it from other rooms.
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod held {
    use std::path::PathBuf;

    use rusqlite::Connection;

    pub(crate) struct HeldLog {
        folder: tempfile::TempDir,
        writer: Connection,
        reader: Option<Connection>,
    }

    impl HeldLog {
        pub(crate) fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let writer = Connection::open(folder.path().join("fa.db")).unwrap();
            writer.pragma_update(None, "journal_mode", "wal").unwrap();
            writer
                .execute_batch("CREATE TABLE t(x); INSERT INTO t VALUES (1)")
                .unwrap();
            Self {
                folder,
                writer,
                reader: None,
            }
        }

        pub(crate) fn path(&self) -> PathBuf {
            self.folder.path().join("fa.db")
        }

        pub(crate) fn read_for_long(&mut self) {
            let reader = Connection::open(self.path()).unwrap();
            reader.execute_batch("BEGIN; SELECT * FROM t").unwrap();
            self.reader = Some(reader);
        }

        pub(crate) fn write(&self, bytes: u32) {
            self.writer
                .execute("INSERT INTO t VALUES (zeroblob(?))", [bytes])
                .unwrap();
        }

        pub(crate) fn let_go(&mut self) {
            if let Some(reader) = self.reader.take() {
                reader.execute_batch("COMMIT").unwrap();
            }
            self.writer.pragma_update(None, "wal_checkpoint", "TRUNCATE").unwrap();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn f34_shared_file_systems_are_refused_and_disks_are_not() {
        // From statfs(2).
        assert_eq!(shared(0x6969), Some(("NFS", true)));
        assert_eq!(shared(0xff53_4d42), Some(("CIFS", true)));
        assert_eq!(shared(0x6573_5546), Some(("FUSE", false)));
        for disk in [0xef53_u64, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630] {
            assert_eq!(shared(disk), None, "{disk:x}");
        }
        let folder = tempfile::tempdir().unwrap();
        check_place(&folder.path().join("fa.db")).unwrap();
    }

    #[test]
    fn f27_room_is_written_where_it_cannot_be_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("room");
        fill(&File::create(&path).unwrap()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), KEPT);
    }

    #[test]
    fn f27_room_is_kept_and_given_up_once() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("fa.db");
        assert!(!is_kept(&database));
        assert!(keep(&database).unwrap());
        assert!(is_kept(&database));
        use std::os::unix::fs::MetadataExt;
        let file = fs::metadata(folder.path().join("fa.db.room")).unwrap();
        assert_eq!(file.len(), KEPT);
        assert!(file.blocks() * 512 >= KEPT, "really taken, not a hole");
        assert!(give_up(&database));
        assert!(!give_up(&database));
    }
}
