//! One open database and the code that changes it. The daemon's writer owns one; so does a command of the CLI.
//!
//! **Invariants.** Every change happens inside [`Store::transact`]. If it fails, nothing of it stays, neither on disk
//! nor in the caches here.

use std::collections::HashMap;
use std::hash::RandomState;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::check::{self, Checked};
use super::feed_state::FeedState;
use super::health::SilenceDue;
use super::policies::Policies;
use super::replay::Watch;
use super::{Alarm, Error, Rules, alarms, room, schema};
use crate::case::Actor;
use crate::clock::{Clock, Simulation};
use crate::directory::{Lang, Person};
use crate::ids::{DepartmentId, FeedName, PersonId};

/// Who does something, and how.
#[derive(Debug, Clone)]
pub struct Who {
    /// The actor.
    pub actor: Actor,
    /// `feed`, `page`, `cli`, `clock`.
    pub channel: &'static str,
    /// Address and agent of a page, OS user of a command.
    pub seen: Option<String>,
}

impl Who {
    /// The switch, through a feed.
    pub fn switch() -> Self {
        Self {
            actor: Actor::Switch,
            channel: "feed",
            seen: None,
        }
    }
    /// The clock.
    pub fn clock() -> Self {
        Self {
            actor: Actor::Clock,
            channel: "clock",
            seen: None,
        }
    }
}

/// What a transaction touched: whom to wake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// Deadlines or settling times may have changed.
    pub deadlines: bool,
    /// There may be something to mail.
    pub notices: bool,
}

/// The open database.
pub struct Store {
    pub(super) conn: Connection,
    pub(super) rules: Arc<Rules>,
    pub(super) policies: Policies,
    pub(super) feeds: HashMap<FeedName, FeedState>,
    pub(super) changed: Changed,
    /// Connections whose first lines may be ones that were here before, by number.
    pub(super) watches: HashMap<i64, Watch>,
    /// As they were before the transaction.
    watches_before: HashMap<i64, Watch>,
    /// Alarms raised (with what is wrong) and over in the transaction at hand: the log hears of them once they are so.
    pub(super) alarms_told: Vec<super::alarms::Told>,
    /// What lines are hashed with.
    pub(super) hasher: RandomState,
    /// When this store began to listen.
    pub(super) begun: Option<i64>,
    /// When a feed will have been silent long enough for what its parser holds.
    pub(super) flush_due: Option<Timestamp>,
    /// When feeds will have been silent too long.
    pub(super) silence_due: HashMap<FeedName, SilenceDue>,
    /// When no call will have come for too long.
    pub(super) calls_due: Option<SilenceDue>,
    /// How long the last commit that wrote something took.
    commit: Option<Duration>,
    /// When feeds were named that the start's rules did not have.
    pub(super) joined: HashMap<FeedName, i64>,
    /// Whether any feed has a fail-over pair.
    pub(super) paired_feeds: bool,
    /// Rules and policies as they were before the transaction that takes over new ones.
    before: Option<(Arc<Rules>, Policies)>,
    /// The next call's id; known only within a transaction, for another process may write between two.
    pub(super) next_call: Option<i64>,
    checked: Checked,
    /// Why the start checked all of it.
    suspicion: Option<String>,
    /// The day on which the calendar was last looked at for what is to be said of it.
    pub(super) calendar_seen: Option<jiff::civil::Date>,
    /// `data_version` when the clock last looked: another process may have written notices since.
    pub(super) seen_version: i64,
    /// A command of the CLI has it, which tries once.
    by_command: bool,
    path: PathBuf,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Settings every connection has.
fn configure(conn: &Connection) -> Result<(), Error> {
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.set_prepared_statement_cache_capacity(128);
    conn.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

/// Opens for reading only.
pub(super) fn open_reader(path: &Path) -> Result<Connection, Error> {
    read_only(path).map_err(|error| room::full_or(path, error))
}

fn read_only(path: &Path) -> Result<Connection, Error> {
    if !path.exists() {
        return Err(Error::Missing { path: path.to_owned() });
    }
    schema::check_header(path)?;
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    configure(&conn)?;
    let found = schema::version(&conn)?;
    if found > schema::VERSION {
        return Err(Error::TooNew {
            path: path.to_owned(),
            found,
            known: schema::VERSION,
        });
    }
    if found < schema::VERSION {
        return Err(Error::Missing { path: path.to_owned() });
    }
    Ok(conn)
}

impl Store {
    /// Opens for the daemon: creates or migrates, checks integrity, takes note of feeds, people and policy.
    ///
    /// # Errors
    /// A newer or foreign file, damage, or what SQLite says.
    pub fn open_for_serve(path: &Path, rules: Arc<Rules>) -> Result<Self, Error> {
        room::check_place(path)?;
        schema::check_header(path).map_err(|error| match error {
            // It was ours when damage was found in it.
            Error::NotOurs { path } if check::is_suspect(&path) => Error::Damaged {
                path,
                detail: "its first page is gone".to_owned(),
            },
            error => error,
        })?;
        let store = Self::create_or_open(path, rules).map_err(|error| damage_of(path, error))?;
        if let Err(error) = room::keep(path) {
            tracing::warn!(database = %path.display(), %error, "no room could be kept for the alarm of a full disk");
        }
        Ok(store)
    }

    fn create_or_open(path: &Path, rules: Arc<Rules>) -> Result<Self, Error> {
        make_private(path);
        let mut conn = Connection::open(path)?;
        configure(&conn)?;
        conn.pragma_update(None, "journal_mode", "wal")?;
        conn.pragma_update(None, "synchronous", "full")?;
        conn.pragma_update(None, "wal_autocheckpoint", 4000)?;
        conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        conn.pragma_update(None, "cache_size", -16 * 1024)?;
        let suspicion = check::suspicion(path);
        let checked = check::at_start(&mut conn, path, check::AT_ONCE)?;
        schema::migrate(&mut conn, path)?;
        sync_folder(path);
        let mut store = Self::with(conn, rules, path)?;
        store.transact(|store| {
            store.close_stale_connections()?;
            store.read_undecided()
        })?;
        store.checked = checked;
        store.suspicion = suspicion;
        Ok(store)
    }

    /// Opens for one command beside the daemon: nothing is created.
    ///
    /// # Errors
    /// As [`Store::open_for_serve`], and [`Error::Missing`]; [`Error::Suspect`] while nobody knows whether it is whole.
    pub fn open_for_command(path: &Path, rules: Arc<Rules>) -> Result<Self, Error> {
        drop(open_reader(path)?);
        if let Some(why) = check::suspicion(path) {
            return Err(Error::Suspect {
                path: path.to_owned(),
                why,
            });
        }
        let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        configure(&conn)?;
        conn.pragma_update(None, "synchronous", "full")?;
        let mut store = Self::with(conn, rules, path)?;
        store.by_command = true;
        Ok(store)
    }

    fn with(conn: Connection, rules: Arc<Rules>, path: &Path) -> Result<Self, Error> {
        let policies = Policies::read(&conn, &rules.policy)?;
        let paired_feeds = rules.feeds.values().any(|feed| feed.pair.is_some());
        // Else SQLite compiles a statement anew for each value it is bound to, where a partial index is near.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Self {
            conn,
            rules,
            policies,
            feeds: HashMap::new(),
            changed: Changed::default(),
            watches: HashMap::new(),
            watches_before: HashMap::new(),
            alarms_told: Vec::new(),
            hasher: RandomState::new(),
            begun: None,
            flush_due: None,
            silence_due: HashMap::new(),
            calls_due: None,
            commit: None,
            joined: HashMap::new(),
            paired_feeds,
            before: None,
            next_call: None,
            checked: Checked::Partly,
            suspicion: None,
            calendar_seen: None,
            seen_version: 0,
            by_command: false,
            path: path.to_owned(),
        })
    }

    /// How far the check at the start came; what is left is for [`check::beside`].
    pub fn checked(&self) -> Checked {
        self.checked
    }

    /// The administrator hears that a write had failed; the next start that follows no failure takes that back.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn tell_of_suspicion(&mut self, now: Timestamp) -> Result<(), Error> {
        match self.suspicion.take() {
            Some(why) => self.transact(|store| store.raise_alarm(&Alarm::DiskFailed { why }, now).map(drop)),
            None => self.transact(|store| store.clear_alarm(&alarms::key("disk_failed", ""), now).map(drop)),
        }
    }

    /// A write or sync failed, so the state of the file is unknown: the next start checks all of it first.
    pub(super) fn suspect(&self, why: &Error) {
        check::suspect(&self.path, why);
    }

    /// The database is damaged: not even its log is folded into it any more.
    pub(super) fn leave_alone(&mut self) {
        self.abandon();
        let _ = self
            .conn
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }

    /// The rules in force.
    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// Runs `change` in one transaction, durable when this returns `Ok`.
    ///
    /// # Errors
    /// What `change` returns, or what SQLite says at begin and commit; then nothing of it stays.
    pub fn transact<T>(&mut self, change: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let done = self.transact_once(change);
        // SQLite calls a disk busy on which it can't make room for its locks.
        done.map_err(|error| {
            if self.by_command {
                room::full_or(&self.path, error)
            } else {
                error
            }
        })
    }

    fn transact_once<T>(&mut self, change: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        self.next_call = None;
        self.watches_before.clone_from(&self.watches);
        let before = self.conn.total_changes();
        let result = change(self).and_then(|value| {
            self.flush_feeds()?;
            let (begun, writes) = (Instant::now(), self.conn.total_changes() != before);
            self.conn.prepare_cached("COMMIT")?.execute([])?;
            self.commit = writes.then(|| begun.elapsed());
            Ok(value)
        });
        match &result {
            Ok(_) => {
                self.before = None;
                self.tell_of_alarms();
            }
            // The error that matters is the one in hand; a failed rollback ends with the connection.
            Err(_) => self.abandon(),
        }
        result
    }

    /// How long the commit took that came last; none if it wrote nothing, or was asked for already.
    pub(super) fn take_commit_time(&mut self) -> Option<Duration> {
        self.commit.take()
    }

    /// What was touched since the last call.
    pub fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    /// Takes over new rules: policy version, people, feeds are stored. Where the calendar was changed, the clock
    /// counts open deadlines again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn adopt(&mut self, rules: Arc<Rules>, now: Timestamp) -> Result<(), Error> {
        self.transact(|store| store.take_over(rules, now))
    }

    /// [`Store::adopt`], inside a transaction.
    pub(super) fn take_over(&mut self, rules: Arc<Rules>, now: Timestamp) -> Result<(), Error> {
        self.part_with_feeds(&rules, now)?;
        self.flush_feeds()?;
        self.feeds.clear();
        self.silence_due.clear();
        // The span may be another; whether there is an alarm to take back shows with the next look.
        self.calls_due = self.calls_due.map(SilenceDue::anew);
        if self.before.is_none() {
            self.before = Some((Arc::clone(&self.rules), self.policies.clone()));
        }
        self.rules = Arc::clone(&rules);
        self.paired_feeds = rules.feeds.values().any(|feed| feed.pair.is_some());
        self.policies.adopt(&self.conn, &rules.policy, &rules.zone, now)?;
        self.mind_policies(now)?;
        self.rename_feeds()?;
        self.keep_people()?;
        self.mind_calendar(now)?;
        // Whoever restarts or reloads has perhaps mended what kept mail from going.
        self.changed.notices = true;
        self.end_pause()
    }

    /// After a panic in the middle of a transaction.
    pub(super) fn abandon(&mut self) {
        self.alarms_told.clear();
        self.calendar_seen = None;
        self.feeds.clear();
        self.silence_due.clear();
        self.calls_due = self.calls_due.map(SilenceDue::anew);
        self.watches.clone_from(&self.watches_before);
        if let Some((rules, policies)) = self.before.take() {
            self.paired_feeds = rules.feeds.values().any(|feed| feed.pair.is_some());
            (self.rules, self.policies) = (rules, policies);
        }
        if !self.conn.is_autocommit() {
            let _ = self.conn.execute_batch("ROLLBACK");
        }
    }

    /// People whom open cases wait for, and whom the directory given does not know.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn orphaned(&self, directory: &crate::directory::Directory) -> Result<Vec<PersonId>, Error> {
        Ok(directory.strangers(&waited_for(&self.conn)?))
    }

    /// A person as last stored, for a start with a directory that dropped them.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn stored_person(&self, id: &PersonId) -> Result<Option<Person>, Error> {
        let body: Option<String> = self
            .conn
            .query_row("SELECT body FROM person WHERE id = ?", [id.as_str()], |row| row.get(0))
            .optional()?;
        let Some(body) = body else { return Ok(None) };
        let kept: KeptPerson = serde_json::from_str(&body).map_err(|e| Error::Garbled {
            what: format!("person `{id}`"),
            detail: e.to_string(),
        })?;
        Ok(Some(kept.into_person(id.clone())))
    }

    fn keep_people(&mut self) -> Result<(), Error> {
        let mut statement = self
            .conn
            .prepare_cached("INSERT OR REPLACE INTO person(id, body) VALUES (?, ?)")?;
        for person in &self.rules.directory.people {
            let body = serde_json::to_string(&KeptPerson::of(person)).map_err(|e| Error::Garbled {
                what: format!("person `{}`", person.id),
                detail: e.to_string(),
            })?;
            statement.execute(params![person.id.as_str(), body])?;
        }
        Ok(())
    }

    fn rename_feeds(&mut self) -> Result<(), Error> {
        for (name, feed) in &self.rules.feeds {
            for old in &feed.was {
                self.conn.execute(
                    "UPDATE feed SET name = ?1 WHERE name = ?2 AND NOT EXISTS (SELECT 1 FROM feed WHERE name = ?1)",
                    [name.as_str(), old.as_str()],
                )?;
            }
            self.conn
                .execute("INSERT OR IGNORE INTO feed(name) VALUES (?)", [name.as_str()])?;
        }
        Ok(())
    }

    /// The clock this database lives by.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn clock(&self) -> Result<Clock, Error> {
        clock_of(&self.conn)
    }

    /// Makes a new database live by a simulated clock.
    ///
    /// # Errors
    /// [`Error::NotNew`] if it has lived already.
    pub fn simulate(&mut self, simulation: Simulation) -> Result<Clock, Error> {
        let path = self.path.clone();
        self.transact(|store| {
            let used: bool = store.conn.query_row(
                "SELECT EXISTS(SELECT 1 FROM connection) OR EXISTS(SELECT 1 FROM journal) OR EXISTS(SELECT 1 FROM cases)",
                [],
                |row| row.get(0),
            )?;
            if used {
                return Err(Error::NotNew { path });
            }
            let text = serde_json::to_string(&simulation).map_err(|e| Error::Garbled {
                what: "simulated time".into(),
                detail: e.to_string(),
            })?;
            store.set_meta("simulation", &text)
        })?;
        Ok(Clock::Simulated(simulation))
    }

    /// A stored setting.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn meta(&self, key: &str) -> Result<Option<String>, Error> {
        meta(&self.conn, key)
    }

    /// Stores a setting; inside a transaction.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_meta(&mut self, key: &str, value: &str) -> Result<(), Error> {
        self.conn
            .execute("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)", [key, value])?;
        Ok(())
    }

    /// How often this database was restored: links of earlier epochs are void.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn epoch(&self) -> Result<u32, Error> {
        Ok(self
            .meta(super::backup::EPOCH)?
            .and_then(|text| text.parse().ok())
            .unwrap_or(0))
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Changes whenever another connection has committed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn data_version(&self) -> Result<i64, Error> {
        Ok(self.conn.query_row("PRAGMA data_version", [], |row| row.get(0))?)
    }
}

/// SQLite's words for damage, with the file's name.
pub(super) fn damage_of(path: &Path, error: Error) -> Error {
    use rusqlite::ErrorCode as Code;
    match error {
        Error::Sqlite(rusqlite::Error::SqliteFailure(failure, detail))
            if matches!(failure.code, Code::DatabaseCorrupt | Code::NotADatabase) =>
        {
            Error::Damaged {
                path: path.to_owned(),
                detail: detail.unwrap_or_else(|| failure.to_string()),
            }
        }
        other => other,
    }
}

/// What is kept of a person, so that a start can do without their entry.
#[derive(serde::Serialize, serde::Deserialize)]
struct KeptPerson {
    name: String,
    name_en: Option<String>,
    mail: Option<String>,
    english: Option<bool>,
    department: DepartmentId,
    phone: Option<String>,
}

impl KeptPerson {
    fn of(person: &Person) -> Self {
        Self {
            name: person.name.clone(),
            name_en: person.name_en.clone(),
            mail: person.mail.clone(),
            english: person.language.map(|lang| lang == Lang::En),
            department: person.department.clone(),
            phone: person.phone.clone(),
        }
    }

    fn into_person(self, id: PersonId) -> Person {
        Person {
            id,
            name: self.name,
            name_en: self.name_en,
            mail: self.mail,
            language: self.english.map(|english| if english { Lang::En } else { Lang::Zh }),
            department: self.department,
            supervisor: None,
            deputies: Vec::new(),
            rank: 0,
            login: None,
            phone: self.phone,
            hours: None,
            away: Vec::new(),
            roles: Vec::new(),
        }
    }
}

/// A new database is not for all to read: calls and the key of the links are in it. SQLite gives the files beside it
/// the same mode. What can't be made here is told by SQLite, better.
fn make_private(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt;
    let _ = std::fs::File::options()
        .create_new(true)
        .write(true)
        .mode(0o640)
        .open(path);
}

/// The folder of a file.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// A file beside another: its name and more.
pub(super) fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(more);
    path.with_file_name(name)
}

/// Everybody whom an open case waits for: who has it, and who is to answer its offer.
pub(super) fn waited_for(conn: &Connection) -> Result<Vec<PersonId>, Error> {
    // From handler to handler, not from case to case: there are few of the one and many of the other.
    let mut statement = conn.prepare_cached(
        "WITH RECURSIVE has(handler) AS (
           SELECT min(handler) FROM cases WHERE open = 1
           UNION ALL SELECT (SELECT min(handler) FROM cases WHERE open = 1 AND handler > has.handler)
             FROM has WHERE has.handler IS NOT NULL)
         SELECT handler FROM has WHERE handler IS NOT NULL
         UNION SELECT json_extract(body, '$.offer.answerable') FROM cases
           WHERE state = 'offered' AND open = 1 AND json_extract(body, '$.offer.answerable') IS NOT NULL",
    )?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    Ok(rows
        .collect::<Result<Vec<_>, _>>()?
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect())
}

/// A stored setting.
pub(super) fn meta(conn: &Connection, key: &str) -> Result<Option<String>, Error> {
    Ok(conn
        .query_row("SELECT value FROM meta WHERE key = ?", [key], |row| row.get(0))
        .optional()?)
}

/// The clock a database lives by.
pub(super) fn clock_of(conn: &Connection) -> Result<Clock, Error> {
    match meta(conn, "simulation")? {
        None => Ok(Clock::Real),
        Some(text) => serde_json::from_str(&text)
            .map(Clock::Simulated)
            .map_err(|e| Error::Garbled {
                what: "simulated time".into(),
                detail: e.to_string(),
            }),
    }
}

/// A new file's name must be on disk too, or a power cut could lose the whole database.
pub(super) fn sync_folder(path: &Path) {
    let folder = folder_of(path);
    if let Err(error) = std::fs::File::open(folder).and_then(|f| f.sync_all()) {
        tracing::warn!(folder = %folder.display(), %error, "the folder could not be synced");
    }
}
