//! The feeds that run, and how a reload changes them one by one.
//!
//! ```text
//! prepare: open new listeners ─▶ stop what goes or changes (drained) ─┬─▶ the register takes the new rules ─▶ carry_out
//!             can't be had: that feed stays as it is                  └─▶ it does not ─▶ go_back
//! ```
//! **Invariants.** A feed that is written as before keeps its connections. One that can't listen on its new address
//! stays as it was, with all of its old settings. While a listener is handed on, who calls waits in the kernel's queue.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::Ended;
use super::descriptors::Descriptors;
use crate::clock::Clock;
use crate::config::{Feed, Transport};
use crate::feed;
use crate::feed::file::FollowedFile;
use crate::feed::serial::SerialLine;
use crate::feed::tcp_connect::TcpConnect;
use crate::feed::tcp_listen::{self, TcpListen};
use crate::ids::FeedName;
use crate::register::Handle;
use crate::register::alarms::key;

/// How long a feed may take to stop.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A feed's work until it is told to stop.
type Running = Pin<Box<dyn Future<Output = Result<(), feed::Error>> + Send>>;

/// A feed that runs.
struct Runs {
    settings: Feed,
    stop: CancellationToken,
    /// Rung at a reload: who waits to try again tries at once, for a password may have been mended.
    again: Arc<Notify>,
    task: Id,
    /// A second hold on its address, for whoever comes after it.
    listener: Option<TcpListener>,
}

/// All that run.
pub(super) struct Feeds {
    writer: Handle,
    clock: Clock,
    stop: CancellationToken,
    descriptors: Descriptors,
    running: BTreeMap<FeedName, Runs>,
    tasks: JoinSet<Ended>,
    /// Ended by themselves while another was waited for.
    ended: Vec<Result<Ended, JoinError>>,
    /// Told to stop and not done in time: their end, when it comes, is no news.
    late: HashSet<Id>,
}

/// What a reload comes to. Those that had to stop have stopped.
pub(super) struct Plan {
    /// The feeds that will run, and whether they stay as they were although written otherwise.
    will: Vec<(Feed, bool)>,
    stopped: Vec<Stopped>,
    listeners: BTreeMap<FeedName, TcpListener>,
}

struct Stopped {
    settings: Feed,
    listener: Option<TcpListener>,
}

impl Plan {
    /// The feeds that will run, and whether they keep their old settings.
    pub fn feeds(&self) -> impl Iterator<Item = (&FeedName, bool)> {
        self.will.iter().map(|(feed, stays)| (&feed.name, *stays))
    }
}

impl Feeds {
    pub fn new(writer: Handle, clock: Clock, stop: CancellationToken, descriptors: Descriptors) -> Self {
        Self {
            writer,
            clock,
            stop,
            descriptors,
            running: BTreeMap::new(),
            tasks: JoinSet::new(),
            ended: Vec::new(),
            late: HashSet::new(),
        }
    }

    /// Starts all; none that listens may lack its address.
    pub fn start(&mut self, feeds: &[Feed]) -> anyhow::Result<()> {
        for feed in feeds {
            let listener = listens(feed).map(|at| tcp_listen::bind(&feed.name, at)).transpose()?;
            self.begin(feed.clone(), listener)?;
        }
        Ok(())
    }

    /// How one ended that was not told to.
    pub async fn ended(&mut self) -> Result<Ended, JoinError> {
        if let Some(ended) = self.ended.pop() {
            return ended;
        }
        loop {
            match self.tasks.join_next_with_id().await {
                Some(Ok((id, _))) if self.late.remove(&id) => {}
                Some(Err(error)) if self.late.remove(&error.id()) => {}
                Some(ended) => return ended.map(|(_, ended)| ended),
                None => std::future::pending().await,
            }
        }
    }

    /// What is left when the daemon stops.
    pub fn into_tasks(self) -> JoinSet<Ended> {
        self.tasks
    }

    fn begin(&mut self, settings: Feed, listener: Option<TcpListener>) -> Result<(), feed::Error> {
        let kept = listener.as_ref().and_then(|listener| listener.try_clone().ok());
        let stop = self.stop.child_token();
        let again = Arc::new(Notify::new());
        let how = (self.writer.clone(), self.clock, stop.clone(), Arc::clone(&again));
        let running = task(&settings, listener, how, self.descriptors.idle())?;
        let name = format!("feed {}", settings.name);
        let task = self
            .tasks
            .spawn(async move { (name, running.await.map_err(Into::into)) })
            .id();
        let runs = Runs {
            settings,
            stop,
            again,
            task,
            listener: kept,
        };
        self.running.insert(runs.settings.name.clone(), runs);
        Ok(())
    }

    /// Opens what is new, then stops what goes or changes. What can't be had is said, and stays as it is.
    pub async fn prepare(&mut self, wanted: &[Feed]) -> Plan {
        let mut listeners = BTreeMap::new();
        let mut refused = BTreeSet::new();
        let mut late = Vec::new();
        for feed in wanted.iter().filter(|feed| self.must_begin(feed)) {
            let Some(address) = listens(feed) else { continue };
            if self.holder(feed, address).is_some() {
                continue;
            }
            match tcp_listen::bind(&feed.name, address) {
                Ok(listener) => drop(listeners.insert(feed.name.clone(), listener)),
                Err(_) if self.stands_in_its_own_way(feed, address) => late.push((feed.clone(), address)),
                Err(error) => self.refuse(&mut refused, feed, &error.to_string()),
            }
        }
        self.refuse_followers(wanted, &mut refused);
        let mut stopped = Vec::new();
        for (feed, address) in late {
            stopped.extend(self.end(&feed.name).await);
            if let Some(own) = stopped.last_mut() {
                own.listener = None;
            }
            match tcp_listen::bind(&feed.name, address) {
                Ok(listener) => drop(listeners.insert(feed.name.clone(), listener)),
                Err(error) => {
                    self.refuse(&mut refused, &feed, &error.to_string());
                    self.again(stopped.pop());
                }
            }
        }
        let will = self.what_will_run(wanted, &refused, &stopped);
        let go: Vec<FeedName> = self
            .running
            .values()
            .map(|runs| &runs.settings)
            .filter(|old| {
                !will
                    .iter()
                    .any(|(new, _)| new.name == old.name && is_reached_alike(new, old))
            })
            .map(|old| old.name.clone())
            .collect();
        for name in go {
            stopped.extend(self.end(&name).await);
        }
        Plan {
            will,
            stopped,
            listeners,
        }
    }

    /// The register has the new rules: the feeds that are new or changed begin.
    pub async fn carry_out(&mut self, mut plan: Plan) {
        for (feed, _) in plan.will {
            if let Some(runs) = self.running.get_mut(&feed.name) {
                runs.settings = feed;
                runs.again.notify_waiters();
                continue;
            }
            let address = listens(&feed);
            let handed_on = |stopped: &mut Stopped| {
                let same = address.is_some() && listens(&stopped.settings) == address;
                let own = stopped.settings.name == feed.name || address.is_some_and(|at| at.port() != 0);
                (same && own).then(|| stopped.listener.take()).flatten()
            };
            let listener = plan
                .listeners
                .remove(&feed.name)
                .or_else(|| plan.stopped.iter_mut().find_map(handed_on));
            let changed = plan.stopped.iter().any(|old| old.settings.name == feed.name);
            if changed {
                self.forget_troubles(&feed.name).await;
            }
            let what = if changed {
                "changed; it begins anew"
            } else {
                "new; it begins"
            };
            tracing::info!("feed {}: {what}, {}", feed.name, place(&feed));
            if let Err(error) = self.begin(feed, listener) {
                tracing::error!("{error}");
            }
        }
        for old in plan.stopped.iter().map(|stopped| &stopped.settings) {
            if !self.running.contains_key(&old.name) {
                tracing::info!("feed {}: removed; what it sent is stored", old.name);
            }
        }
    }

    /// The register did not take the new rules: what was stopped begins again as it was.
    pub fn go_back(&mut self, plan: Plan) {
        for stopped in plan.stopped {
            self.again(Some(stopped));
        }
    }

    fn again(&mut self, stopped: Option<Stopped>) {
        let Some(Stopped { settings, listener }) = stopped else {
            return;
        };
        let listener = match (listener, listens(&settings)) {
            (None, Some(address)) => tcp_listen::bind(&settings.name, address).map(Some),
            (listener, _) => Ok(listener),
        };
        if let Err(error) = listener.and_then(|listener| self.begin(settings, listener)) {
            tracing::error!("{error}");
        }
    }

    /// Tells a feed to stop and waits until what it has read is durable.
    async fn end(&mut self, name: &FeedName) -> Option<Stopped> {
        let runs = self.running.remove(name)?;
        runs.stop.cancel();
        let deadline = tokio::time::Instant::now() + STOP_LIMIT;
        loop {
            match tokio::time::timeout_at(deadline, self.tasks.join_next_with_id()).await {
                Ok(Some(Ok((id, ended)))) if id == runs.task => {
                    if let (task, Err(error)) = ended {
                        tracing::warn!(task, %error, "a task ended with an error");
                    }
                    break;
                }
                Ok(Some(Err(error))) if error.id() == runs.task => {
                    tracing::error!(feed = %name, %error, "a feed's task failed");
                    break;
                }
                Ok(Some(Ok((id, _)))) if self.late.remove(&id) => {}
                Ok(Some(Err(error))) if self.late.remove(&error.id()) => {}
                Ok(Some(other)) => self.ended.push(other.map(|(_, ended)| ended)),
                Ok(None) => break,
                Err(_) => {
                    tracing::error!(feed = %name, "the feed did not stop in time");
                    self.late.insert(runs.task);
                    break;
                }
            }
        }
        Some(Stopped {
            settings: runs.settings,
            listener: runs.listener,
        })
    }

    /// What was wrong with the old way says nothing of the new one.
    async fn forget_troubles(&self, feed: &FeedName) {
        for kind in ["feed_lost", "login_refused", "garbage"] {
            if let Err(error) = self.writer.clear_alarm(key(kind, feed.as_str())).await {
                tracing::warn!(feed = %feed, %error, "an alarm could not be taken back");
            }
        }
    }

    fn refuse(&self, refused: &mut BTreeSet<FeedName>, feed: &Feed, why: &str) {
        let what = if self.running.contains_key(&feed.name) {
            "its old configuration stays"
        } else {
            "it is not started"
        };
        tracing::error!("{why}; {what}; send SIGHUP again when that is mended");
        refused.insert(feed.name.clone());
    }

    /// It is new, or reached otherwise than now.
    fn must_begin(&self, feed: &Feed) -> bool {
        self.running
            .get(&feed.name)
            .is_none_or(|runs| !is_reached_alike(&runs.settings, feed))
    }

    /// The feed that has the address now.
    fn holder(&self, feed: &Feed, address: SocketAddr) -> Option<&FeedName> {
        self.running
            .values()
            .filter(|runs| runs.listener.is_some() && listens(&runs.settings) == Some(address))
            .map(|runs| &runs.settings.name)
            .find(|name| **name == feed.name || address.port() != 0)
    }

    /// From one interface to all of them, or back: the port is free only when the feed has let go of it.
    fn stands_in_its_own_way(&self, feed: &Feed, address: SocketAddr) -> bool {
        self.running
            .get(&feed.name)
            .and_then(|runs| listens(&runs.settings))
            .is_some_and(|old| old.port() == address.port())
    }

    /// Who wants the address of a feed that stays is refused as well.
    fn refuse_followers(&self, wanted: &[Feed], refused: &mut BTreeSet<FeedName>) {
        loop {
            let blocked = wanted
                .iter()
                .filter(|feed| self.must_begin(feed) && !refused.contains(&feed.name))
                .find_map(|feed| {
                    let address = listens(feed)?;
                    let holder = self.holder(feed, address).filter(|holder| **holder != feed.name)?;
                    self.stays(holder, wanted, refused)
                        .then(|| (feed, address, holder.clone()))
                });
            let Some((feed, address, holder)) = blocked else { return };
            let why = format!(
                "feed {}: {address} can't be listened on: the feed {holder} stays there",
                feed.name
            );
            self.refuse(refused, feed, &why);
        }
    }

    /// Whether a running feed goes on as it is.
    fn stays(&self, name: &FeedName, wanted: &[Feed], refused: &BTreeSet<FeedName>) -> bool {
        match wanted.iter().find(|feed| feed.name == *name) {
            Some(feed) => refused.contains(name) || !self.must_begin(feed),
            // Renamed to one that can't be had.
            None => wanted
                .iter()
                .any(|feed| refused.contains(&feed.name) && feed.was.contains(name)),
        }
    }

    fn what_will_run(&self, wanted: &[Feed], refused: &BTreeSet<FeedName>, stopped: &[Stopped]) -> Vec<(Feed, bool)> {
        let as_it_was = |name: &FeedName| {
            let own = self.running.get(name).map(|runs| &runs.settings);
            own.or_else(|| {
                stopped
                    .iter()
                    .map(|stopped| &stopped.settings)
                    .find(|old| old.name == *name)
            })
        };
        let as_wanted = wanted.iter().filter_map(|feed| {
            if refused.contains(&feed.name) {
                Some((as_it_was(&feed.name)?.clone(), true))
            } else {
                Some((feed.clone(), false))
            }
        });
        let kept =
            self.running.values().map(|runs| &runs.settings).filter(|old| {
                !wanted.iter().any(|feed| feed.name == old.name) && self.stays(&old.name, wanted, refused)
            });
        as_wanted.chain(kept.map(|old| (old.clone(), true))).collect()
    }
}

/// Whether the bytes come the same way and are cut alike: what they mean is the register's alone, and needs no new
/// connection.
fn is_reached_alike(one: &Feed, other: &Feed) -> bool {
    one.transport == other.transport
        && one.idle == other.idle
        && one.idle_limit == other.idle_limit
        && one.max_line == other.max_line
}

fn listens(feed: &Feed) -> Option<SocketAddr> {
    match &feed.transport {
        Transport::TcpListen { listen, .. } => Some(*listen),
        _ => None,
    }
}

/// The feeds and where they are reached, for the log.
pub(super) fn in_words(feeds: &[Feed]) -> String {
    let one = |feed: &Feed| format!("{} {}", feed.name, place(feed));
    feeds.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn place(feed: &Feed) -> String {
    match &feed.transport {
        Transport::TcpListen { listen, .. } => format!("on {listen}"),
        Transport::TcpConnect { host, port, .. } => format!("from {host}:{port}"),
        Transport::Serial(serial) => format!("from {}", serial.path.display()),
        Transport::File { path, .. } => format!("from {}", path.display()),
    }
}

/// The work of a feed. One that listens has its address; the others begin to look for their switch, which need not be
/// there yet.
fn task(
    settings: &Feed,
    listener: Option<TcpListener>,
    (writer, clock, stop, again): (Handle, Clock, CancellationToken, Arc<Notify>),
    max_idle: usize,
) -> Result<Running, feed::Error> {
    let reading = feed::Reading {
        feed: settings.name.clone(),
        idle: settings.idle,
        idle_limit: settings.idle_limit,
        max_line: settings.max_line,
    };
    Ok(match &settings.transport {
        Transport::TcpListen {
            listen,
            allow,
            max_connections,
        } => {
            let listener = match listener {
                Some(listener) => listener,
                None => tcp_listen::bind(&settings.name, *listen)?,
            };
            let listen = TcpListen {
                feed: settings.name.clone(),
                allow: allow.clone(),
                max_connections: *max_connections as usize,
                max_idle,
                reading,
            };
            Box::pin(listen.run(listener, writer, clock, stop))
        }
        Transport::TcpConnect { host, port, login } => {
            let connect = TcpConnect {
                host: host.clone(),
                port: *port,
                login: login.clone(),
                reading,
                again,
            };
            Box::pin(connect.run(writer, clock, stop))
        }
        Transport::Serial(serial) => {
            let settings = serial.clone();
            Box::pin(SerialLine { settings, reading }.run(writer, clock, stop))
        }
        Transport::File { path, from } => {
            let (path, from) = (path.clone(), *from);
            Box::pin(FollowedFile { path, from, reading }.run(writer, clock, stop))
        }
    })
}
