//! A descriptor of a database's file beside SQLite's own.
//!
//! **Invariants.** It is never closed. POSIX gives up all locks of a process on a file when that process closes any
//! descriptor of it: SQLite's lock too, and whoever opened the database elsewhere would take it for unused and remove
//! the log that is being written. So each file has one descriptor, kept until the process ends.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Device and inode: a file that is kept open can't give its inode to another.
type Identity = (u64, u64);

static KEPT: Mutex<Option<HashMap<Identity, &'static File>>> = Mutex::new(None);

/// The file's descriptor, for reading.
pub(super) fn of(path: &Path) -> io::Result<&'static File> {
    let identity = |file: &std::fs::Metadata| (file.dev(), file.ino());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_default();
    if let Some(file) = kept.get(&identity(&std::fs::metadata(path)?)) {
        return Ok(file);
    }
    let file = File::open(path)?;
    // Leaked before it is known whether another is kept: the name may have got a known file meanwhile.
    let file: &'static File = Box::leak(Box::new(file));
    let identity = identity(&file.metadata()?);
    Ok(kept.entry(identity).or_insert(file))
}
