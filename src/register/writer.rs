//! The daemon's one writer: a thread of its own that owns the write connection.
//!
//! **Invariants.** Only this thread commits for the daemon. It drains what is queued, applies all of it in one
//! transaction, commits, and only then answers. It decides nothing. The queue is bounded: a full one holds the feeds
//! back, and through them the PBX.
//!
//! **Not here**: what the commands mean (the other files of this room).

mod damaged;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::checkpoint::Checkpoints;
use damaged::Damaged;

use super::outbox::{Composed, Order};
use super::{Alarm, Begun, Changed, Error, Fate, FeedNow, IncomingLine, Place, PortFaults, Rules, Store, Who, room};
use crate::case::{Case, Command};
use crate::clock::Clock;
use crate::ids::{CaseId, FeedName};

/// Commands waiting at most.
const QUEUE: usize = 64;

/// Lines applied in one transaction at most; the commit's cost is shared by them.
const LINES_PER_COMMIT: usize = 8_000;

/// A command and where its answer goes.
type Job = (Request, Answerer);

/// How a message is composed; given by the mail room.
pub type Composer = Arc<dyn Fn(&Order, &Rules) -> Result<Composed, String> + Send + Sync>;

/// Everything that can be asked of the writer.
enum Request {
    Opened {
        feed: FeedName,
        peer: String,
    },
    Lines {
        feed: FeedName,
        connection: i64,
        lines: Vec<IncomingLine>,
        place: Option<Box<Place>>,
    },
    Followed(FeedName),
    Resume {
        feed: FeedName,
        connection: i64,
        before: i64,
    },
    Now {
        feed: FeedName,
        now: FeedNow,
        reason: Option<String>,
        faults: PortFaults,
    },
    Silent {
        feed: FeedName,
    },
    Closed {
        feed: FeedName,
        connection: i64,
        why: String,
    },
    Change {
        id: CaseId,
        known: u64,
        command: Box<Command>,
        who: Who,
    },
    Tick,
    BeginMail {
        in_hand: Vec<i64>,
        compose: Composer,
    },
    MailFate {
        message: i64,
        fate: Fate,
    },
    HoldMail(String),
    Raise(Box<Alarm>),
    Clear(String),
    Adopt(Arc<Rules>),
    Peek,
    /// Somebody who reads found damage.
    FoundDamage(String),
    /// The daemon stops, and the writer should see that.
    LookUp,
}

/// What the writer answers.
enum Answer {
    Done,
    Connection(i64),
    Case(Box<Case>),
    More(bool),
    Places(Vec<Place>),
    Begun(Option<Begun>),
    Next {
        look: Option<Timestamp>,
        mail: Option<Timestamp>,
        data_version: i64,
    },
}

type Answerer = oneshot::Sender<Result<Answer, Error>>;

/// The running thread.
#[derive(Debug)]
pub struct Writer {
    thread: std::thread::JoinHandle<Result<(), Error>>,
}

/// A commit that takes so long is slow: usual are a few milliseconds.
pub const SLOW: Duration = Duration::from_secs(1);

/// How quickly the disk takes commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// Commits that wrote something.
    pub written: u64,
    /// Those that were [`SLOW`].
    pub slow: u64,
    /// What the slowest took, in milliseconds, since it was last asked for.
    pub slowest: u64,
}

/// What keeps the writer from writing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trouble {
    /// Nothing.
    #[default]
    None,
    /// It tries again and again; lines wait in the feeds.
    Waits(String),
    /// The database is damaged; lines go to the spill journal.
    Damaged(String),
}

/// The writer's signs of life.
#[derive(Debug, Default)]
struct Vitals {
    trouble: watch::Sender<Trouble>,
    commits: AtomicU64,
    /// Time spent in transactions, in microseconds.
    busy: AtomicU64,
    /// Commits that wrote something, those of them that were slow, and what the slowest took since somebody asked, in
    /// milliseconds.
    written: AtomicU64,
    slow: AtomicU64,
    slowest: AtomicU64,
    /// Times that it waited because the database could not be written.
    waits: AtomicU64,
    /// The daemon was told to stop.
    stopping: AtomicBool,
}

impl Vitals {
    /// How long the writer still waits for room once the daemon was told to stop.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// Waits a little for the database to be writable, each time longer; not for ever when the daemon stops.
    fn wait(
        &self,
        pause: &mut Duration,
        stop_seen: &mut Option<Instant>,
        error: &dyn std::fmt::Display,
    ) -> Result<(), Error> {
        self.waits.fetch_add(1, Ordering::Relaxed);
        let stopping = self.stopping.load(Ordering::Relaxed);
        if stopping && stop_seen.get_or_insert_with(Instant::now).elapsed() >= Self::PATIENCE {
            tracing::error!(%error, "the database could not be written until the end: what was read and is not stored is lost, \
                unless the switch sends it again");
            return Err(Error::Stopped(format!(
                "told to stop while the database could not be written: {error}"
            )));
        }
        std::thread::sleep(if stopping { Duration::from_millis(100) } else { *pause });
        *pause = (*pause * 2).min(Duration::from_secs(5));
        Ok(())
    }
}

/// A way to the writer; cheap to clone. When the last one is dropped, the writer drains, commits and ends.
#[derive(Debug, Clone)]
pub struct Handle {
    jobs: mpsc::Sender<Job>,
    changed: watch::Receiver<u64>,
    vitals: Arc<Vitals>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn start(mut store: Store, clock: Clock) -> std::io::Result<(Self, Handle)> {
        let checkpoints = Checkpoints::start(&mut store)
            .inspect_err(|error| tracing::warn!(%error, "no checkpoints beside the writer; SQLite makes them"))
            .ok();
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (bell, changed) = watch::channel(0);
        let vitals = Arc::new(Vitals::default());
        let signs = Arc::clone(&vitals);
        let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
            Loop {
                checkpoints,
                store,
                clock,
                queue,
                bell,
                vitals: signs,
                damage: None,
            }
            .run()
        })?;
        Ok((Self { thread }, Handle { jobs, changed, vitals }))
    }

    /// Starts the thread beside a database that is damaged: lines go to the spill journal from the first on.
    ///
    /// # Errors
    /// The spill journal can't be opened, or the operating system gives no thread.
    pub fn start_beside(database: &Path, clock: Clock, damage: Error) -> Result<(Self, Handle), Error> {
        let (jobs, mut queue) = mpsc::channel(QUEUE);
        let (bell, changed) = watch::channel(0);
        let vitals = Arc::new(Vitals::default());
        let beside = Damaged::begin(database, clock, Arc::clone(&vitals), damage)?;
        let run = move || {
            let _bell = bell;
            beside.run(&mut queue)
        };
        let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(run);
        let thread = thread.map_err(|error| Error::Stopped(format!("the system gives no thread: {error}")))?;
        Ok((Self { thread }, Handle { jobs, changed, vitals }))
    }

    /// Waits for the end of the thread; every [`Handle`] must be gone.
    ///
    /// # Errors
    /// What stopped the writer.
    pub fn join(self) -> Result<(), Error> {
        self.thread
            .join()
            .unwrap_or_else(|panic| Err(Error::Stopped(format!("it panicked: {}", text_of(&panic)))))
    }

    /// Whether the thread has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }
}

impl Handle {
    async fn ask(&self, request: Request) -> Result<Answer, Error> {
        let (answerer, answer) = oneshot::channel();
        let gone = || Error::Stopped("it no longer takes commands".to_owned());
        self.jobs.send((request, answerer)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// A connection of a feed was opened; its number.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn connection_opened(&self, feed: &FeedName, peer: &str) -> Result<i64, Error> {
        match self
            .ask(Request::Opened {
                feed: feed.clone(),
                peer: peer.to_owned(),
            })
            .await?
        {
            Answer::Connection(id) => Ok(id),
            _ => Ok(0),
        }
    }

    /// Lines of a connection; durable when this returns.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn lines(&self, feed: &FeedName, connection: i64, lines: Vec<IncomingLine>) -> Result<(), Error> {
        self.lines_to(feed, connection, lines, None).await
    }

    /// Lines of a file, and how far it is read with them: both durable, or neither.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn lines_to(
        &self,
        feed: &FeedName,
        connection: i64,
        lines: Vec<IncomingLine>,
        place: Option<Place>,
    ) -> Result<(), Error> {
        self.ask(Request::Lines {
            feed: feed.clone(),
            connection,
            lines,
            place: place.map(Box::new),
        })
        .await
        .map(drop)
    }

    /// The files a feed has read, the last one first.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn followed(&self, feed: &FeedName) -> Result<Vec<Place>, Error> {
        match self.ask(Request::Followed(feed.clone())).await? {
            Answer::Places(places) => Ok(places),
            _ => Ok(Vec::new()),
        }
    }

    /// `connection` goes on with the file that the connection `before` read: a line that had not ended may end.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn resume(&self, feed: &FeedName, connection: i64, before: i64) -> Result<(), Error> {
        let request = Request::Resume {
            feed: feed.clone(),
            connection,
            before,
        };
        self.ask(request).await.map(drop)
    }

    /// What a feed is doing, for `feed status`, and what its port has counted since it last said so.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn feed_now(
        &self,
        feed: &FeedName,
        now: FeedNow,
        reason: Option<String>,
        faults: PortFaults,
    ) -> Result<(), Error> {
        let request = Request::Now {
            feed: feed.clone(),
            now,
            reason,
            faults,
        };
        self.ask(request).await.map(drop)
    }

    /// The feed has been silent: an undecided `auto` may decide with what there is.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn feed_silent(&self, feed: &FeedName) -> Result<(), Error> {
        self.ask(Request::Silent { feed: feed.clone() }).await.map(drop)
    }

    /// A connection ended.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn connection_closed(&self, feed: &FeedName, connection: i64, why: &str) -> Result<(), Error> {
        let request = Request::Closed {
            feed: feed.clone(),
            connection,
            why: why.to_owned(),
        };
        self.ask(request).await.map(drop)
    }

    /// A person changes a case; durable when this returns.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::NoCase`], the writer has stopped, or what SQLite says.
    pub async fn change(&self, id: CaseId, known: u64, command: Command, who: Who) -> Result<Option<Case>, Error> {
        match self
            .ask(Request::Change {
                id,
                known,
                command: Box::new(command),
                who,
            })
            .await?
        {
            Answer::Case(case) => Ok(Some(*case)),
            _ => Ok(None),
        }
    }

    /// The clock's turn. Returns whether there is more to do at once.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn tick(&self) -> Result<bool, Error> {
        Ok(matches!(self.ask(Request::Tick).await?, Answer::More(true)))
    }

    /// The next message to send, frozen and durable; none of those that are being sent.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn begin_mail(&self, in_hand: Vec<i64>, compose: Composer) -> Result<Option<Begun>, Error> {
        match self.ask(Request::BeginMail { in_hand, compose }).await? {
            Answer::Begun(begun) => Ok(begun),
            _ => Ok(None),
        }
    }

    /// What became of a message.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn mail_fate(&self, message: i64, fate: Fate) -> Result<(), Error> {
        self.ask(Request::MailFate { message, fate }).await.map(drop)
    }

    /// Holds all mail until `outbox retry`.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn hold_mail(&self, why: &str) -> Result<(), Error> {
        self.ask(Request::HoldMail(why.to_owned())).await.map(drop)
    }

    /// Raises an alarm unless it stands already.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn raise_alarm(&self, alarm: Alarm) -> Result<(), Error> {
        self.ask(Request::Raise(Box::new(alarm))).await.map(drop)
    }

    /// The alarm with this key ([`Alarm::key`]) is over.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn clear_alarm(&self, key: String) -> Result<(), Error> {
        self.ask(Request::Clear(key)).await.map(drop)
    }

    /// New rules after a reload.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn adopt(&self, rules: Arc<Rules>) -> Result<(), Error> {
        self.ask(Request::Adopt(rules)).await.map(drop)
    }

    /// When the clock and the mailer must look again, and the database's `data_version`.
    ///
    /// # Errors
    /// The writer has stopped, or what SQLite says.
    pub async fn next(&self) -> Result<(Option<Timestamp>, Option<Timestamp>, i64), Error> {
        match self.ask(Request::Peek).await? {
            Answer::Next {
                look,
                mail,
                data_version,
            } => Ok((look, mail, data_version)),
            _ => Ok((None, None, 0)),
        }
    }

    /// A reader found damage: lines go to the spill journal from now on.
    ///
    /// # Errors
    /// The writer has stopped.
    pub async fn found_damage(&self, what: String) -> Result<(), Error> {
        self.ask(Request::FoundDamage(what)).await.map(drop)
    }

    /// The daemon was told to stop: readers of files that a damaged database holds may go, and a full disk is not waited
    /// for without end.
    pub fn stopping(&self) {
        self.vitals.stopping.store(true, Ordering::Relaxed);
        // With a full queue it sees it at the next command.
        let _ = self.jobs.try_send((Request::LookUp, oneshot::channel().0));
    }

    /// How quickly the disk takes commits, so far.
    pub fn pace(&self) -> Pace {
        Pace {
            written: self.vitals.written.load(Ordering::Relaxed),
            slow: self.vitals.slow.load(Ordering::Relaxed),
            slowest: self.vitals.slowest.load(Ordering::Relaxed),
        }
    }

    /// The same; the slowest is looked for anew.
    pub fn take_pace(&self) -> Pace {
        Pace {
            slowest: self.vitals.slowest.swap(0, Ordering::Relaxed),
            ..self.pace()
        }
    }

    /// What keeps the writer from writing now.
    pub fn trouble(&self) -> Trouble {
        self.vitals.trouble.borrow().clone()
    }

    /// Waits until the database is found damaged; says how.
    pub async fn damaged(&self) -> String {
        let mut trouble = self.vitals.trouble.subscribe();
        loop {
            if let Trouble::Damaged(why) = &*trouble.borrow_and_update() {
                return why.clone();
            }
            if trouble.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Rings whenever a commit may concern the clock or the mailer.
    pub fn bell(&self) -> watch::Receiver<u64> {
        self.changed.clone()
    }

    /// Commits so far.
    pub fn commits(&self) -> u64 {
        self.vitals.commits.load(Ordering::Relaxed)
    }

    /// Time that the commits so far took, with the work in them.
    pub fn busy(&self) -> Duration {
        Duration::from_micros(self.vitals.busy.load(Ordering::Relaxed))
    }

    /// How often the writer has looked whether the database can be written again: it waits, but it does not hang.
    pub fn waits(&self) -> u64 {
        self.vitals.waits.load(Ordering::Relaxed)
    }
}

struct Loop {
    /// Before the store: it ends first.
    checkpoints: Option<Checkpoints>,
    store: Store,
    clock: Clock,
    queue: mpsc::Receiver<Job>,
    bell: watch::Sender<u64>,
    vitals: Arc<Vitals>,
    /// Once the database was found damaged.
    damage: Option<Damaged>,
}

impl Loop {
    fn run(mut self) -> Result<(), Error> {
        while let Some(first) = self.queue.blocking_recv() {
            let jobs = self.gather(first);
            self.serve(jobs)?;
            if self.damage.is_none() {
                self.shorten_log()?;
            }
            if let Some(damage) = self.damage.take() {
                return damage.run(&mut self.queue);
            }
        }
        tracing::info!("the writer has drained its queue and ends");
        Ok(())
    }

    /// Whoever asked has been answered: now there is time for the log.
    fn shorten_log(&mut self) -> Result<(), Error> {
        let looked = self.checkpoints.as_ref().map(|log| log.look(&self.store.conn));
        match looked {
            Some(Err(error)) if is_damage(&error) => self.leave(error, Vec::new()),
            // A sync that failed is never tried again as if the first had not been.
            Some(Err(error)) if fatal(&error) || matches!(error, Error::File { .. }) => Err(self.give_up(error)),
            Some(Err(error)) => {
                tracing::warn!(%error, "the log could not be copied into the database now");
                Ok(())
            }
            Some(Ok(())) | None => Ok(()),
        }
    }

    /// What is queued by now, up to a commit's worth.
    fn gather(&mut self, first: Job) -> Vec<Job> {
        let weight = |job: &Job| match &job.0 {
            Request::Lines { lines, .. } => lines.len(),
            _ => 1,
        };
        let mut total = weight(&first);
        let mut jobs = vec![first];
        while total < LINES_PER_COMMIT {
            match self.queue.try_recv() {
                Ok(job) => {
                    total += weight(&job);
                    jobs.push(job);
                }
                Err(_) => break,
            }
        }
        jobs
    }

    /// All in one transaction; if that fails, each alone, so that one bad command does not take the others with it.
    fn serve(&mut self, jobs: Vec<Job>) -> Result<(), Error> {
        let damage = jobs.iter().find_map(|(request, _)| match request {
            Request::FoundDamage(what) => Some(what.clone()),
            _ => None,
        });
        if let Some(detail) = damage {
            let path = self.store.path().to_owned();
            return self.leave(Error::Damaged { path, detail }, jobs);
        }
        let now = self.clock.now();
        let all = |store: &mut Store| -> Result<Vec<Result<Answer, Error>>, Error> {
            jobs.iter()
                .map(|(request, _)| apply(store, request, now, false))
                .collect()
        };
        match self.attempt(all) {
            Ok(answers) => {
                self.ring();
                for ((_, answerer), answer) in jobs.into_iter().zip(answers) {
                    // Whoever asked may have gone; the work is done all the same.
                    let _ = answerer.send(answer);
                }
                Ok(())
            }
            Err(error) if is_damage(&error) => self.leave(error, jobs),
            Err(error) if fatal(&error) => Err(self.give_up(error)),
            Err(error) => {
                tracing::debug!(%error, "a batch failed; its commands are tried one by one");
                jobs.into_iter().try_for_each(|job| self.serve_alone(job))
            }
        }
    }

    fn serve_alone(&mut self, (mut request, answerer): Job) -> Result<(), Error> {
        if let Some(damage) = &mut self.damage {
            return damage.serve(vec![(request, answerer)]);
        }
        let mut pause = Duration::from_millis(100);
        let (mut unwritable, mut stop_seen) = (None, None);
        loop {
            let now = self.clock.now();
            let result = self.attempt(|store| apply(store, &request, now, true));
            let answer: Result<Answer, Error> = match result {
                Ok(answer) => answer,
                Err(error) if is_damage(&error) => return self.leave(error, vec![(request, answerer)]),
                Err(error) if fatal(&error) => return Err(self.give_up(error)),
                Err(error) if passing(&error) => {
                    self.vitals.trouble.send_replace(Trouble::Waits(error.to_string()));
                    if !error.is_busy() {
                        let why = unwritable.insert(format!("{error}; {}", room::in_words(self.store.path())));
                        if room::give_up(self.store.path()) {
                            let why = why.clone();
                            self.tell_of_disk(why, now)?;
                            continue;
                        }
                        self.store_what_fits(&mut request)?;
                    }
                    // A full disk or a long command of the CLI: hold the feeds back rather than lose a line.
                    tracing::error!(%error, "the database can't be written now; lines wait in the feeds");
                    self.vitals.wait(&mut pause, &mut stop_seen, &error)?;
                    continue;
                }
                Err(error) => Err(error),
            };
            self.vitals.trouble.send_if_modified(|trouble| {
                let waited = matches!(trouble, Trouble::Waits(_));
                if waited {
                    *trouble = Trouble::None;
                }
                waited
            });
            if let Some(why) = unwritable.take() {
                tracing::info!("the database can be written again");
                self.tell_of_disk(why, now)?;
            }
            self.ring();
            let _ = answerer.send(answer);
            return Ok(());
        }
    }

    /// Of lines that there is no room for together, those for which there is: a smaller transaction needs less. What is
    /// stored is taken out of the request; its place in a file stands for all of them, so a file's lines stay together.
    fn store_what_fits(&mut self, request: &mut Request) -> Result<(), Error> {
        let Request::Lines {
            feed,
            connection,
            lines,
            place: None,
        } = request
        else {
            return Ok(());
        };
        let mut size = lines.len() / 2;
        while size > 0 && lines.len() > 1 {
            size = size.min(lines.len() - 1);
            let some = lines.get(..size).unwrap_or_default();
            match self.attempt(|store| store.take_lines(feed, *connection, some, true)) {
                Ok(()) => {
                    lines.drain(..size);
                    self.ring();
                }
                Err(error) if passing(&error) => size /= 2,
                // The whole request meets it again, and says so.
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Raises the alarm, in room that was kept or was made; without any it waits for the next time.
    fn tell_of_disk(&mut self, why: String, now: Timestamp) -> Result<(), Error> {
        match self.attempt(|store| store.raise_alarm(&Alarm::Disk { why }, now)) {
            // The next command finds it too.
            Err(error) if is_damage(&error) => {}
            Err(error) if fatal(&error) => return Err(self.give_up(error)),
            Err(error) => tracing::error!(%error, "the alarm could not be stored"),
            Ok(_) => {
                // The alarm is a letter: the mailer must look.
                self.bell.send_modify(|count| *count += 1);
            }
        }
        Ok(())
    }

    /// The database is damaged: it is left alone, and what is asked is served without it.
    fn leave(&mut self, error: Error, jobs: Vec<Job>) -> Result<(), Error> {
        self.checkpoints = None;
        self.store.leave_alone();
        let mut damage = Damaged::begin(self.store.path(), self.clock, Arc::clone(&self.vitals), error)?;
        damage.serve(jobs)?;
        self.damage = Some(damage);
        Ok(())
    }

    /// One transaction; a panic inside it is a failure of the transaction, not of the daemon.
    fn attempt<T>(&mut self, change: impl FnOnce(&mut Store) -> Result<T, Error>) -> Result<T, Error> {
        let (store, begun) = (&mut self.store, Instant::now());
        let result = catch_unwind(AssertUnwindSafe(|| store.transact(change))).unwrap_or_else(|panic| {
            store.abandon();
            Err(Error::Stopped(format!("a panic: {}", text_of(&panic))))
        });
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.vitals.busy.fetch_add(micros, Ordering::Relaxed);
        if let Some(took) = self.store.take_commit_time() {
            self.vitals.written.fetch_add(1, Ordering::Relaxed);
            self.vitals.slow.fetch_add(u64::from(took >= SLOW), Ordering::Relaxed);
            let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            self.vitals.slowest.fetch_max(millis, Ordering::Relaxed);
        }
        result
    }

    fn ring(&mut self) {
        self.vitals.commits.fetch_add(1, Ordering::Relaxed);
        if self.store.take_changed() != Changed::default() {
            self.bell.send_modify(|count| *count += 1);
        }
    }

    /// After a failed write or sync the state of the file is unknown: nothing is tried again, the daemon stops.
    fn give_up(&mut self, error: Error) -> Error {
        tracing::error!(%error, "the database failed on a write: the daemon stops, and checks the file when started again");
        self.store.suspect(&error);
        error
    }
}

fn code(error: &Error) -> Option<rusqlite::ErrorCode> {
    match error {
        Error::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) => Some(failure.code),
        _ => None,
    }
}

pub(super) fn fatal(error: &Error) -> bool {
    use rusqlite::ErrorCode as Code;
    matches!(
        code(error),
        Some(Code::SystemIoFailure | Code::DatabaseCorrupt | Code::NotADatabase | Code::CannotOpen)
    )
}

/// SQLite found that what it read can't be.
pub(super) fn is_damage(error: &Error) -> bool {
    use rusqlite::ErrorCode as Code;
    matches!(error, Error::Damaged { .. }) || matches!(code(error), Some(Code::DatabaseCorrupt | Code::NotADatabase))
}

pub(super) fn passing(error: &Error) -> bool {
    use rusqlite::ErrorCode as Code;
    matches!(
        code(error),
        Some(Code::DiskFull | Code::DatabaseBusy | Code::DatabaseLocked | Code::ReadOnly | Code::OutOfMemory)
    )
}

/// Applies one command. The outer error rolls the transaction back, the inner one is an answer.
fn apply(store: &mut Store, request: &Request, now: Timestamp, careful: bool) -> Result<Result<Answer, Error>, Error> {
    let answer = match request {
        Request::Opened { feed, peer } => Answer::Connection(store.connection_opened(feed, peer, now)?),
        Request::Lines {
            feed,
            connection,
            lines,
            place,
        } => {
            store.take_lines(feed, *connection, lines, careful)?;
            if let Some(place) = place {
                store.note_place(feed, *connection, place)?;
            }
            Answer::Done
        }
        Request::Followed(feed) => Answer::Places(store.followed(feed)?),
        Request::Resume {
            feed,
            connection,
            before,
        } => {
            store.resume_line(feed, *connection, *before)?;
            Answer::Done
        }
        Request::Now {
            feed,
            now: doing,
            reason,
            faults,
        } => {
            store.note_feed(feed, *doing, reason.as_deref(), *faults, now)?;
            Answer::Done
        }
        Request::Silent { feed } => {
            store.decide_after_silence(feed)?;
            Answer::Done
        }
        Request::Closed { feed, connection, why } => {
            store.connection_closed(feed, *connection, why, now)?;
            Answer::Done
        }
        Request::Change {
            id,
            known,
            command,
            who,
        } => match store.change(*id, Some(*known), command, who, now) {
            Ok(case) => Answer::Case(Box::new(case)),
            Err(refusal @ (Error::Refused { .. } | Error::NoCase(_))) => return Ok(Err(refusal)),
            Err(error) => return Err(error),
        },
        Request::Tick => Answer::More(store.tick(now)?),
        Request::BeginMail { in_hand, compose } => Answer::Begun(store.begin_mail(now, in_hand, compose.as_ref())?),
        Request::MailFate { message, fate } => {
            store.mail_fate(*message, fate, now)?;
            Answer::Done
        }
        Request::HoldMail(why) => {
            store.hold_mail(why, now)?;
            Answer::Done
        }
        Request::Raise(alarm) => {
            store.raise_alarm(alarm, now)?;
            Answer::Done
        }
        Request::Clear(key) => {
            store.clear_alarm(key, now)?;
            Answer::Done
        }
        Request::Adopt(rules) => {
            store.take_over(Arc::clone(rules), now)?;
            Answer::Done
        }
        Request::Peek => Answer::Next {
            look: store.next_look()?,
            mail: store.next_mail(now)?,
            data_version: store.data_version()?,
        },
        Request::FoundDamage(_) | Request::LookUp => Answer::Done,
    };
    Ok(Ok(answer))
}

fn text_of(panic: &Box<dyn std::any::Any + Send>) -> String {
    super::guard::panic_text(panic.as_ref())
}
