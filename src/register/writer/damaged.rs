//! The writer while the database is damaged: nothing more is written into it, and lines go to the spill journal.
//!
//! ```text
//! damage found ──▶ suspect mark, the file is left alone ──▶ lines, connections ──▶ spill journal
//!                                                       └─▶ all else: nothing to do, or "not now"
//! ```
//! **Invariants.** A line is answered when it is synced in the spill. A followed file is its own spill: its reader is
//! held, for after the restore it begins where the backup says.

use super::{Answer, Answerer, Error, Job, Request, Trouble, Vitals};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::register::spill::{Spill, Told};
use crate::register::store::damage_of;
use crate::register::{check, room};

/// Takes the writer's place.
pub(super) struct Damaged {
    database: PathBuf,
    clock: Clock,
    spill: Spill,
    vitals: Arc<Vitals>,
    why: String,
    /// Readers of files that wait for the end.
    held: Vec<(Answer, Answerer)>,
}

impl Damaged {
    /// From now on the database is left alone.
    pub fn begin(database: &Path, clock: Clock, vitals: Arc<Vitals>, error: Error) -> Result<Self, Error> {
        let error = damage_of(database, error);
        check::suspect(database, &error);
        let spill = Spill::open(database)?;
        tracing::error!(%error, spill = %spill.path().display(), before = spill.count(), "the database is damaged and \
            nothing more is written into it: lines go to the spill journal, until a backup is restored and the daemon \
            started again");
        let why = error.to_string();
        vitals.trouble.send_replace(Trouble::Damaged(why.clone()));
        Ok(Self {
            database: database.to_owned(),
            clock,
            spill,
            vitals,
            why,
            held: Vec::new(),
        })
    }

    /// Serves until nobody asks any more.
    pub fn run(mut self, queue: &mut mpsc::Receiver<Job>) -> Result<(), Error> {
        while let Some(first) = queue.blocking_recv() {
            let mut jobs = vec![first];
            while let Ok(job) = queue.try_recv() {
                jobs.push(job);
            }
            self.serve(jobs)?;
        }
        tracing::warn!(entries = self.spill.count(), spill = %self.spill.path().display(), "the database is still \
            damaged: restore a backup, then start the daemon, which puts the lines of the spill journal into it");
        Ok(())
    }

    /// Writes down what was told, then answers.
    pub fn serve(&mut self, jobs: Vec<Job>) -> Result<(), Error> {
        let now = self.clock.now();
        let (mut told, mut answers) = (Vec::new(), Vec::new());
        if self.is_stopping() {
            answers.extend(self.held.drain(..).map(|(answer, held)| (Ok(answer), held)));
        }
        for (request, answerer) in jobs {
            match request {
                Request::Opened { feed, peer } => {
                    let connection = self.spill.new_connection(told.len());
                    told.push((now, feed, connection, Told::Opened { peer }));
                    answers.push((Ok(Answer::Connection(connection)), answerer));
                }
                Request::Lines { place: Some(_), .. } => self.hold(Answer::Done, answerer, &mut answers),
                Request::Followed(_) => self.hold(Answer::Places(Vec::new()), answerer, &mut answers),
                Request::Lines {
                    feed,
                    connection,
                    lines,
                    ..
                } => {
                    let lines = lines
                        .iter()
                        .map(|line| (line.received_at, feed.clone(), connection, Told::line(line)));
                    told.extend(lines);
                    answers.push((Ok(Answer::Done), answerer));
                }
                Request::Closed { feed, connection, why } => {
                    told.push((now, feed, connection, Told::Closed { why }));
                    answers.push((Ok(Answer::Done), answerer));
                }
                other => answers.push((self.nothing(&other), answerer)),
            }
        }
        if !told.is_empty() {
            self.add(&told)?;
        }
        for (answer, answerer) in answers {
            let _ = answerer.send(answer);
        }
        Ok(())
    }

    /// Nobody is held any more.
    fn is_stopping(&self) -> bool {
        self.vitals.stopping.load(Ordering::Relaxed)
    }

    fn hold(&mut self, answer: Answer, answerer: Answerer, answers: &mut Vec<(Result<Answer, Error>, Answerer)>) {
        if self.is_stopping() {
            answers.push((Ok(answer), answerer));
        } else {
            self.held.push((answer, answerer));
        }
    }

    /// What asks for no line to be kept.
    fn nothing(&self, request: &Request) -> Result<Answer, Error> {
        match request {
            Request::Tick => Ok(Answer::More(false)),
            Request::BeginMail { .. } => Ok(Answer::Begun(None)),
            Request::Peek => Ok(Answer::Next {
                look: None,
                mail: None,
                data_version: 0,
            }),
            Request::Change { .. } | Request::Adopt(_) => Err(Error::Stopped(format!(
                "nothing can be changed until a backup is restored: {}",
                self.why
            ))),
            _ => Ok(Answer::Done),
        }
    }

    /// Until there is room for it.
    fn add(&mut self, told: &[(jiff::Timestamp, crate::ids::FeedName, i64, Told)]) -> Result<(), Error> {
        let (mut pause, mut stop_seen) = (Duration::from_millis(100), None);
        loop {
            let Err(error) = self.spill.add(told)? else {
                self.vitals.commits.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            };
            if room::give_up(&self.database) {
                continue;
            }
            tracing::error!(%error, spill = %self.spill.path().display(), "the spill journal can't be written now; lines \
                wait in the feeds");
            self.vitals.wait(&mut pause, &mut stop_seen, &error)?;
        }
    }
}
