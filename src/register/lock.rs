//! One daemon per database: an advisory lock on a file beside it.
//!
//! The lock is the operating system's, so it falls with the process, however that ends. The file stays; it holds the
//! process id for the message, and while a daemon has the database open, which two files belong together:
//!
//! ```text
//! 4711
//! open 2049 131 132        device, inode of the database, inode of its -wal
//! ```
//! A daemon that stops takes the second line out. One that finds it knows that the last one was ended hard, and what it
//! left behind.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Error;
use super::store::beside;

/// Held while `serve` runs, or `restore`.
#[derive(Debug)]
pub struct InstanceLock {
    file: File,
    path: PathBuf,
    database: PathBuf,
    left: Option<Pair>,
}

/// A database and its log, as one daemon had them open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pair {
    device: u64,
    database: u64,
    log: u64,
}

impl Pair {
    fn of(database: &Path) -> Option<Self> {
        let file = fs::metadata(database).ok()?;
        let log = fs::metadata(beside(database, "-wal")).ok()?;
        Some(Self {
            device: file.dev(),
            database: file.ino(),
            log: log.ino(),
        })
    }

    fn parse(line: &str) -> Option<Self> {
        let mut numbers = line.strip_prefix("open ")?.split(' ').map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self {
            device: next()?,
            database: next()?,
            log: next()?,
        })
    }
}

impl InstanceLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process has it.
    pub fn take(database: &Path) -> Result<Self, Error> {
        let path = beside(database, ".lock");
        let unreadable = |source| Error::Unreadable {
            path: path.clone(),
            source,
        };
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(unreadable)?;
        let lock = file.try_lock();
        let mut text = String::new();
        Read::by_ref(&mut file)
            .take(200)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        match lock {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked {
                    path: database.to_owned(),
                    holder: text.lines().next().unwrap_or_default().trim().to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unreadable(source)),
        }
        let mut lock = Self {
            file,
            path,
            database: database.to_owned(),
            left: text.lines().nth(1).and_then(Pair::parse),
        };
        // What the last one left is kept until this one has the database open: a start that fails must not lose it.
        lock.write(lock.left)?;
        Ok(lock)
    }

    /// Looks at what a daemon that was ended hard left behind.
    ///
    /// # Errors
    /// [`Error::ForeignLog`]: the database was replaced, and the log of the old one is still there.
    pub fn look_back(&self) -> Result<(), Error> {
        let Some(left) = self.left else { return Ok(()) };
        match (Pair::of(&self.database), fs::metadata(&self.database)) {
            // Both are others: the whole folder was copied, or the log was folded in and begun again.
            (Some(now), _) if now.log == left.log && now.device == left.device && now.database != left.database => {
                Err(Error::ForeignLog {
                    path: self.database.clone(),
                })
            }
            (None, Ok(_)) => {
                tracing::warn!(database = %self.database.display(), "the last daemon was ended hard, and the -wal file \
                    that it left is gone: if the database was copied or moved without it, what was committed last is \
                    missing, so stop, and put it back. If a firstanswer command ran since, all is well");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The daemon has the database open.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn opened(&mut self) -> Result<(), Error> {
        self.write(Pair::of(&self.database))
    }

    /// The database is closed; nothing is left behind.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn closed(&mut self) -> Result<(), Error> {
        self.write(None)
    }

    fn write(&mut self, pair: Option<Pair>) -> Result<(), Error> {
        let mut text = format!("{}\n", std::process::id());
        if let Some(Pair { device, database, log }) = pair {
            text += &format!("open {device} {database} {log}\n");
        }
        self.file
            .rewind()
            .and_then(|()| self.file.write_all(text.as_bytes()))
            .and_then(|()| self.file.set_len(text.len() as u64))
            .map_err(|source| Error::Unreadable {
                path: self.path.clone(),
                source,
            })
    }

    /// Whether a daemon has the database now.
    pub fn is_held(database: &Path) -> bool {
        match File::options().read(true).open(beside(database, ".lock")) {
            Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
            Err(_) => false,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn house() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("fa.db");
        fs::write(&database, "old").unwrap();
        fs::write(beside(&database, "-wal"), "log").unwrap();
        (folder, database)
    }

    #[test]
    fn f32_a_database_put_under_the_log_of_another_is_refused_however_often() {
        let (folder, database) = house();
        InstanceLock::take(&database).unwrap().opened().unwrap();
        InstanceLock::take(&database).unwrap().look_back().unwrap();
        let copy = folder.path().join("copy");
        fs::write(&copy, "new").unwrap();
        fs::rename(&copy, &database).unwrap();
        for _ in 0..2 {
            let refused = InstanceLock::take(&database).unwrap().look_back();
            assert!(matches!(refused, Err(Error::ForeignLog { .. })), "{refused:?}");
        }
        fs::remove_file(beside(&database, "-wal")).unwrap();
        InstanceLock::take(&database).unwrap().look_back().unwrap();
    }

    #[test]
    fn f32_a_folder_copied_as_a_whole_is_no_fault_nor_is_a_clean_stop() {
        let (_folder, database) = house();
        InstanceLock::take(&database).unwrap().opened().unwrap();
        let copied = tempfile::tempdir().unwrap();
        let there = copied.path().join("fa.db");
        for more in ["", "-wal", ".lock"] {
            fs::copy(beside(&database, more), beside(&there, more)).unwrap();
        }
        InstanceLock::take(&there).unwrap().look_back().unwrap();
        let mut lock = InstanceLock::take(&database).unwrap();
        lock.closed().unwrap();
        drop(lock);
        assert_eq!(InstanceLock::take(&database).unwrap().left, None);
    }
}
