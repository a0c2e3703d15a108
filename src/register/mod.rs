//! The register: the database behind everything that must last.
//!
//! ```text
//! feed ──lines──▶ writer thread ──one transaction──▶ journal, leg, call, case, event, notice
//! page ─command─▶      │                                             ▲
//! clock ──tick──▶      └── answers only after the commit             │ read-only connections
//! cli ── own short transaction, same code ───────────────────────────┘
//! ```
//! **Invariants.** SQL stands in this room only. [`writer`] alone commits for the daemon. What was answered is on
//! disk (`synchronous=FULL`). After a crash the database is the state.
//!
//! **Not here**: what a line or a case means (pure rooms), when mail goes out (`remind`).

pub mod alarm_words;
pub mod alarms;
pub mod backup;
mod calls;
mod cases;
pub mod check;
mod checkpoint;
mod clock;
mod descriptor;
mod evidence;
mod fates;
mod feed_now;
mod feed_state;
mod floors;
mod gaps;
pub mod gauges;
mod guard;
mod health;
mod lines;
mod lock;
mod noise;
mod notes;
mod outbox;
mod pair;
mod parting;
mod policies;
mod reach;
pub mod read;
mod recent;
mod recheck;
mod recount;
mod release;
mod reparse;
mod replay;
pub mod room;
mod rows;
mod schema;
mod sketch;
pub mod spill;
mod store;
#[cfg(test)]
pub(crate) mod tests;
mod told;
mod unspill;
mod violations;
mod waiting;
pub mod writer;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub use alarms::{Alarm, AlarmRow};
pub use check::Checked;
pub use fates::Fate;
pub use feed_now::{FeedNow, Place, PortFaults};
pub use gaps::Gap;
pub use lines::{IncomingLine, LineKind};
pub use lock::InstanceLock;
pub use notes::Note;
pub use outbox::{Begun, Composed, Draft, DraftNotice, Order};
pub use recount::notes as calendar_notes;
pub use release::{WaitRow, WaitsFor};
pub use reparse::Reparsed;
pub use rows::LineState;
pub use store::{Changed, Store, Who};
pub use violations::{ViolationFilter, ViolationRow};
pub use writer::{Composer, Handle, Trouble, Writer};

use crate::calendar::{Calendar, Span};
use crate::call::number::DialPlan;
use crate::case::{Policy, Refusal};
use crate::directory::{Directory, Lang, Numbers};
use crate::ids::{CaseId, FeedName};

/// What went wrong in the register.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite said no.
    #[error("database: {}", said(.0))]
    Sqlite(#[from] rusqlite::Error),
    /// Made by a newer program.
    #[error(
        "database {}: version {found} is newer than this program knows ({known}); nothing was touched: install the \
         newer program again, or restore a backup made before the upgrade", path.display()
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// Another program's file.
    #[error("{}: not a firstanswer database; nothing was touched: name another file in `store.path`", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// The file can't be read.
    #[error("database {}: {source}; check that it exists and who may read it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is none yet.
    #[error("database {}: not there yet; start `firstanswer serve` once, it creates it", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Another daemon holds it.
    #[error("database {}: another `firstanswer serve` has it (process {holder}); stop that one first", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// Process id of the holder, as it wrote it.
        holder: String,
    },
    /// Damaged.
    #[error("database {}: integrity check failed: {detail}; stop, and restore the last backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        detail: String,
    },
    /// Damage was found before, or a write failed: until a start has checked it nothing is changed.
    #[error(
        "database {}: nothing can be changed now, for it may be damaged ({why}), and what is written would be lost with \
         it; start the daemon, which checks all of it, or stop it and restore a backup", path.display()
    )]
    Suspect {
        /// The file.
        path: PathBuf,
        /// What had failed.
        why: String,
    },
    /// There is no room for what must be written.
    #[error("{}: the disk is full ({room}); make room there, and try again", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// Where, how much is free, how much is needed.
        room: String,
    },
    /// `--simulated-time` on a database that has lived already.
    #[error("database {}: has been used already, and simulated time is for a new one; name another file in `store.path`", path.display())]
    NotNew {
        /// The file.
        path: PathBuf,
    },
    /// A file of that name is there already.
    #[error("{}: is there already; name another file, or add --force", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// A file can't be written, moved or synced.
    #[error("{}: {source}; is there room, and may this user write there?", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A copy does not hold what it was copied from.
    #[error("{}: the copy is not whole: {detail}; nothing was changed, try again", path.display())]
    NotWhole {
        /// Which.
        path: PathBuf,
        /// What differs.
        detail: String,
    },
    /// What is to be restored is no good.
    #[error("backup {}: {why}; take another backup", path.display())]
    BadBackup {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A file system on which two programs would write over each other.
    #[error(
        "database {}: it is on {kind}, where locks and syncs can't be trusted; put it on a disk of this machine \
         (`store.path`)", path.display()
    )]
    BadPlace {
        /// The file.
        path: PathBuf,
        /// The file system.
        kind: &'static str,
    },
    /// The write-ahead log of another file lies beside the database.
    #[error(
        "database {}: the file is not the one that the `-wal` file beside it belongs to, and SQLite would mix the two; \
         move the `-wal` and `-shm` files away, or put the old database back. `firstanswer restore` does this by itself",
        path.display()
    )]
    ForeignLog {
        /// The file.
        path: PathBuf,
    },
    /// A reader was ended: it kept the write-ahead log from shrinking.
    #[error(
        "reading took longer than {seconds} s and was ended, for meanwhile the database's log can't shrink; ask for less"
    )]
    TooLong {
        /// Its limit.
        seconds: u64,
    },
    /// No such case.
    #[error("case {0}: there is none; `firstanswer case list` shows which there are")]
    NoCase(CaseId),
    /// No such violation.
    #[error("violation {0}: there is none; `firstanswer violation list` shows which there are")]
    NoViolation(i64),
    /// The case refused.
    #[error("case {id}: {}", refusal.words(Lang::En))]
    Refused {
        /// Which.
        id: CaseId,
        /// Why.
        refusal: Refusal,
    },
    /// A stored text can't be read back.
    #[error("database: {what} can't be read back: {detail}")]
    Garbled {
        /// Which row.
        what: String,
        /// Why.
        detail: String,
    },
    /// The writer has stopped.
    #[error("the writer has stopped: {0}")]
    Stopped(String),
}

/// What SQLite says, once, and what to do about the usual ones.
fn said(error: &rusqlite::Error) -> String {
    use rusqlite::ErrorCode as Code;
    let rusqlite::Error::SqliteFailure(failure, detail) = error else {
        return error.to_string();
    };
    let what = detail.clone().unwrap_or_else(|| failure.to_string());
    let way_out = match failure.code {
        Code::ReadOnly | Code::PermissionDenied | Code::CannotOpen => "may this user write the file and its folder?",
        Code::DatabaseBusy | Code::DatabaseLocked => "another process had it for too long; try again",
        Code::DiskFull => "the disk is full; make room",
        Code::DatabaseCorrupt | Code::NotADatabase => {
            "the database is damaged: stop the daemon, and restore the last backup"
        }
        _ => return what,
    };
    format!("{what}; {way_out}")
}

impl Error {
    /// Whether what was read can't be: the database is damaged.
    pub fn is_damage(&self) -> bool {
        writer::is_damage(self)
    }

    /// Whether a repetition may succeed at once: another process had the database.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Sqlite(rusqlite::Error::SqliteFailure(e, _))
            if matches!(e.code, rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
    }
}

/// What the register's code goes by: the checked files, as one value that a reload replaces.
#[derive(Debug)]
pub struct Rules {
    /// The site's zone.
    pub zone: TimeZone,
    /// The site's language.
    pub lang: Lang,
    /// How numbers are dialled here.
    pub plan: DialPlan,
    /// The site's calendar.
    pub calendar: Calendar,
    /// People and extensions.
    pub directory: Directory,
    /// Outside numbers of the directory, normalised.
    pub numbers: Numbers,
    /// The policy as the files have it now.
    pub policy: Arc<Policy>,
    /// The feeds.
    pub feeds: BTreeMap<FeedName, FeedRules>,
    /// How long the first due notice waits for others.
    pub digest_window: SignedDuration,
    /// Who hears of dead addresses; without it the fallback person.
    pub admin: Option<String>,
    /// Without a call from any feed for so long somebody should look.
    pub dead_man: Option<Span>,
}

/// What the register must know of a feed.
#[derive(Debug, Clone)]
pub struct FeedRules {
    /// Dialect, or `auto`.
    pub dialect: String,
    /// Its options.
    pub options: crate::smdr::Options,
    /// Zone of the PBX's clock.
    pub zone: TimeZone,
    /// Lines before `auto` decides.
    pub detect_lines: usize,
    /// Names it had before.
    pub was: Vec<FeedName>,
    /// Silence longer than this is an alarm.
    pub silence: Option<Span>,
    /// Seconds that the switch's clock may be off; 0: any number.
    pub drift: i64,
    /// The other feed of a fail-over pair.
    pub pair: Option<FeedName>,
}

/// Milliseconds since 1970, as times are stored.
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// When what the code failed on is tried again.
pub(crate) fn an_hour_after(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MAX)
}

/// Back from [`millis`].
pub(crate) fn instant(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}
