//! One daemon per database: an advisory lock on a file beside it.
//!
//! The lock is the operating system's, so it falls with the process, however that ends. The file stays; it holds the
//! process id for the message.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::Error;

/// Held while `serve` runs.
#[derive(Debug)]
pub struct InstanceLock {
    _file: File,
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    database.with_file_name(name)
}

impl InstanceLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process has it.
    pub fn take(database: &Path) -> Result<Self, Error> {
        let path = lock_path(database);
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
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.take(32).read_to_string(&mut holder).map_err(unreadable)?;
                return Err(Error::Locked {
                    path: database.to_owned(),
                    holder: holder.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unreadable(source)),
        }
        file.set_len(0).map_err(unreadable)?;
        file.rewind().map_err(unreadable)?;
        writeln!(file, "{}", std::process::id()).map_err(unreadable)?;
        Ok(Self { _file: file })
    }

    /// Whether a daemon has the database now.
    pub fn is_held(database: &Path) -> bool {
        match File::options().read(true).open(lock_path(database)) {
            Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
            Err(_) => false,
        }
    }
}
