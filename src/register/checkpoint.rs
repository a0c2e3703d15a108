//! What was committed goes from the log into the database's file, beside the writer.
//!
//! ```text
//! writer   commit … commit ─────────────────────────────▶ the last few pages; the log begins anew
//!             │ the log is long        ▲ all but what came meanwhile is in the file
//! thread      └──▶ copy, sync, copy, sync ┘
//! ```
//! Left to SQLite, the commit that makes the log long would copy all of it and wait for the disk, and every line that
//! arrives meanwhile with it.
//!
//! **Invariants.** Nothing durable hangs on this: what is not in the file is in the log, and SQLite syncs the file
//! before the log begins anew. The writer looks between two commits, after it has answered. If the thread is late, the
//! writer does all of it. A write or sync that fails here fails the writer: nobody knows what is on the disk then.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, OpenFlags};

use super::{Error, Store, descriptor};

/// A log of so many pages is copied beside the writer.
const LONG: i32 = if cfg!(test) { 40 } else { 4_000 };

/// A log of so many pages is the writer's own business.
const TOO_LONG: i32 = 4 * LONG;

/// How often the thread copies before it leaves the rest to the writer: the second time there is little.
const ROUNDS: usize = 2;

/// What the thread is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Wait,
    Copy,
    End,
}

#[derive(Debug)]
struct Shared {
    /// Pages in the log at the last commit.
    pages: AtomicI32,
    /// The thread has done what it could.
    copied: AtomicBool,
    /// What kept it from that: the writer decides what it means.
    failed: Mutex<Option<Error>>,
    task: Mutex<Task>,
    bell: Condvar,
}

/// The writer's side. Dropped, it waits for the thread, so that the writer closes the database last.
#[derive(Debug)]
pub(super) struct Checkpoints {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Starts the thread for this store; from now on SQLite no longer copies by itself.
    pub(super) fn start(store: &mut Store) -> Result<Self, Error> {
        let path = store.path().to_owned();
        let conn = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        conn.pragma_update(None, "synchronous", "full")?;
        conn.pragma_update(None, "cache_size", 10)?;
        // Until it has read something a connection does not know that there is a log.
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        let shared = Arc::new(Shared {
            pages: AtomicI32::new(0),
            copied: AtomicBool::new(false),
            failed: Mutex::new(None),
            task: Mutex::new(Task::Wait),
            bell: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || theirs.work(&conn, &path))
            .map_err(|error| Error::Stopped(format!("no thread for checkpoints: {error}")))?;
        let counted = Arc::clone(&shared);
        store.conn.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            counted.pages.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// After a commit: wakes the thread, or does what it left.
    pub(super) fn look(&self, conn: &Connection) -> Result<(), Error> {
        let failed = self.shared.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(error) = failed {
            return Err(error);
        }
        let pages = self.shared.pages.load(Ordering::Relaxed);
        if self.shared.copied.swap(false, Ordering::Acquire) || pages >= TOO_LONG {
            return copy(conn);
        }
        if pages >= LONG {
            self.shared.give(Task::Copy);
        }
        Ok(())
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.shared.give(Task::End);
        if let Some(thread) = self.thread.take() {
            // A panic there was told already, and costs nothing that is durable.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn give(&self, task: Task) {
        let mut current = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if *current != Task::End {
            *current = task;
            self.bell.notify_one();
        }
    }

    /// Waits for something to do.
    fn next(&self) -> Task {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.bell.wait_while(task, |task| *task == Task::Wait);
        let mut task = waited.unwrap_or_else(PoisonError::into_inner);
        match *task {
            Task::End => Task::End,
            _ => std::mem::replace(&mut *task, Task::Wait),
        }
    }

    fn work(&self, conn: &Connection, path: &Path) {
        while self.next() == Task::Copy {
            for _ in 0..ROUNDS {
                // SQLite syncs only a copy into which nothing was written meanwhile; most of it is on disk by then.
                let done = copy(conn).and_then(|()| {
                    let file = descriptor::of(path);
                    file.and_then(|file| file.sync_data()).map_err(|source| Error::File {
                        path: path.to_owned(),
                        source,
                    })
                });
                if let Err(error) = done {
                    let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
                    *failed = Some(error);
                    break;
                }
            }
            self.copied.store(true, Ordering::Release);
        }
    }
}

/// Copies what nobody reads in its older shape; waits for nobody.
fn copy(conn: &Connection) -> Result<(), Error> {
    Ok(conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
}
