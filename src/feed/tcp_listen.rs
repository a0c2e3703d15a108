//! The switch connects to us.
//!
//! **Invariants.** Only allowed addresses are read from; a refused one is logged once. There are never more
//! connections than the limit: when it is reached, the longest silent connection that has not sent a line yet makes
//! room, so that idle strangers can't keep a switch out; if all have sent lines, the newcomer waits for a place with
//! what it sends in the kernel's buffer, so that switches that connect for each line lose none.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::Error;
use super::connection::{self, LAST_LOOK, Reading};
use crate::clock::Clock;
use crate::ids::FeedName;
use crate::register::{self, Handle};

/// A connection that has sent no line for this long may have to make room.
const PROVE_WITHIN: Duration = Duration::from_secs(20);

/// Silence of the whole feed after which an undecided `auto` may decide with what there is.
const DECIDE_AFTER: Duration = Duration::from_secs(5);

/// Connections that may wait for a place.
const WAITING: usize = 256;

/// Strangers remembered, so that each is logged once.
const STRANGERS: usize = 1024;

/// A feed that the switch connects to.
#[derive(Debug, Clone)]
pub struct TcpListen {
    /// Its name.
    pub feed: FeedName,
    /// Who may connect.
    pub allow: Vec<IpNet>,
    /// How many at once.
    pub max_connections: usize,
    /// How each connection is read.
    pub reading: Reading,
}

/// Takes the address; a restart gets it back at once.
///
/// # Errors
/// The address is taken or not ours.
pub fn bind(feed: &FeedName, address: SocketAddr) -> Result<std::net::TcpListener, Error> {
    let listen = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(128)?;
        Ok(std::net::TcpListener::from(socket))
    };
    listen().map_err(|source| Error::Bind {
        feed: feed.to_string(),
        address,
        source,
    })
}

/// One open connection, as the listener sees it.
struct Open {
    since: Instant,
    proven: Arc<AtomicBool>,
    stop: CancellationToken,
}

/// When the feed last sent a line; none: `auto` has been asked to decide since.
type LastHeard = Arc<Mutex<Option<Instant>>>;

/// Where a connection notes that it has heard a line.
struct Ear {
    proven: Arc<AtomicBool>,
    last: LastHeard,
}

impl Ear {
    fn hear(&self) {
        self.proven.store(true, Ordering::Relaxed);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// A running listener.
struct Listener {
    settings: TcpListen,
    writer: Handle,
    clock: Clock,
    stop: CancellationToken,
    tasks: JoinSet<Result<(), register::Error>>,
    open: HashMap<Id, Open>,
    heard: LastHeard,
    waiting: VecDeque<(TcpStream, SocketAddr)>,
    strangers: HashMap<IpAddr, u64>,
    /// Refused for lack of a place since the log last told.
    crowd: u64,
    crowd_told: Option<Instant>,
}

impl TcpListen {
    /// Accepts and reads until told to stop; what was read is durable when this returns.
    ///
    /// # Errors
    /// The listener broke, or the register stopped.
    pub async fn run(
        self,
        listener: std::net::TcpListener,
        writer: Handle,
        clock: Clock,
        stop: CancellationToken,
    ) -> Result<(), Error> {
        let feed = self.feed.to_string();
        let listener = TcpListener::from_std(listener).map_err(|source| Error::Accept {
            feed: feed.clone(),
            source,
        })?;
        let mut running = Listener {
            settings: self,
            writer,
            clock,
            stop,
            tasks: JoinSet::new(),
            open: HashMap::new(),
            // Lines that an earlier run left undecided count as heard now.
            heard: Arc::new(Mutex::new(Some(Instant::now()))),
            waiting: VecDeque::new(),
            strangers: HashMap::new(),
            crowd: 0,
            crowd_told: None,
        };
        running
            .run(&listener)
            .await
            .map_err(|source| Error::Register { feed, source })
    }
}

impl Listener {
    async fn run(&mut self, listener: &TcpListener) -> Result<(), register::Error> {
        loop {
            let room = self.room_at();
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = tokio::time::sleep_until(self.silent_at()) => self.silent().await?,
                Some(ended) = self.tasks.join_next_with_id(), if !self.tasks.is_empty() => self.ended(ended)?,
                () = at(room), if room.is_some() => self.admit(),
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.accept(stream, peer),
                    Err(error) => {
                        // Out of descriptors, or the peer is gone already: neither ends the feed.
                        tracing::warn!(feed = %self.settings.feed, %error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                },
            }
        }
        self.take_the_last(listener).await;
        while let Some(ended) = self.tasks.join_next_with_id().await {
            self.ended(ended)?;
        }
        Ok(())
    }

    /// When the feed will have been silent long enough for `auto`.
    fn silent_at(&self) -> Instant {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.map_or_else(|| Instant::now() + Duration::from_secs(1), |at| at + DECIDE_AFTER)
    }

    async fn silent(&self) -> Result<(), register::Error> {
        let lasted = {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            let lasted = heard.is_some_and(|at| at.elapsed() >= DECIDE_AFTER);
            if lasted {
                *heard = None;
            }
            lasted
        };
        if lasted {
            self.writer.feed_silent(&self.settings.feed).await
        } else {
            Ok(())
        }
    }

    /// At a stop: who waits, here or in the kernel, has sent already; each is read as far as the kernel holds it.
    async fn take_the_last(&mut self, listener: &TcpListener) {
        while self.waiting.len() < WAITING
            && let Ok(Ok((stream, peer))) = timeout(LAST_LOOK, listener.accept()).await
        {
            if self.is_allowed(peer) {
                self.waiting.push_back((stream, peer));
            }
        }
        while let Some((stream, peer)) = self.waiting.pop_front() {
            self.begin(stream, peer);
        }
    }

    fn ended(
        &mut self,
        ended: Result<(Id, Result<(), register::Error>), tokio::task::JoinError>,
    ) -> Result<(), register::Error> {
        let result = match ended {
            Ok((id, result)) => {
                self.open.remove(&id);
                result
            }
            Err(error) => {
                self.open.remove(&error.id());
                tracing::error!(feed = %self.settings.feed, %error, "a connection's task failed");
                Ok(())
            }
        };
        if !self.stop.is_cancelled() {
            self.admit();
        }
        result
    }

    /// Gives places to those who wait, first come first.
    fn admit(&mut self) {
        while !self.waiting.is_empty() && (self.open.len() < self.settings.max_connections || self.make_room()) {
            if let Some((stream, peer)) = self.waiting.pop_front() {
                self.begin(stream, peer);
            }
        }
    }

    /// When an idle stranger's time is up, if somebody waits for the place.
    fn room_at(&self) -> Option<Instant> {
        let unproven = self.open.values().filter(|open| !open.proven.load(Ordering::Relaxed));
        let first = unproven.map(|open| open.since + PROVE_WITHIN).min();
        first.filter(|_| !self.waiting.is_empty())
    }

    fn is_allowed(&self, peer: SocketAddr) -> bool {
        let address = peer.ip().to_canonical();
        self.settings.allow.iter().any(|net| net.contains(&address))
    }

    fn accept(&mut self, stream: TcpStream, peer: SocketAddr) {
        if !self.is_allowed(peer) {
            self.refuse_stranger(peer.ip().to_canonical());
        } else if self.waiting.len() < WAITING {
            self.waiting.push_back((stream, peer));
            self.admit();
        } else {
            self.refuse_crowd(peer);
        }
    }

    fn begin(&mut self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = keep_alive(&stream) {
            tracing::warn!(feed = %self.settings.feed, peer = %peer, %error, "keep-alive could not be set");
        }
        let stop = self.stop.child_token();
        let proven = Arc::new(AtomicBool::new(false));
        let task = serve(
            stream,
            peer,
            self.settings.reading.clone(),
            self.writer.clone(),
            self.clock,
            stop.clone(),
            Ear {
                proven: Arc::clone(&proven),
                last: Arc::clone(&self.heard),
            },
        );
        let id = self.tasks.spawn(task).id();
        self.open.insert(
            id,
            Open {
                since: Instant::now(),
                proven,
                stop,
            },
        );
    }

    fn refuse_crowd(&mut self, peer: SocketAddr) {
        self.crowd += 1;
        if self
            .crowd_told
            .is_none_or(|told| told.elapsed() >= Duration::from_secs(60))
        {
            tracing::warn!(feed = %self.settings.feed, peer = %peer, refused = self.crowd,
                limit = self.settings.max_connections,
                "connections refused: all allowed ones are in use and {WAITING} wait already; is `max_connections` too low?");
            self.crowd = 0;
            self.crowd_told = Some(Instant::now());
        }
    }

    fn refuse_stranger(&mut self, address: IpAddr) {
        if self.strangers.len() >= STRANGERS {
            self.strangers.clear();
        }
        let count = self.strangers.entry(address).or_insert(0);
        *count += 1;
        if *count == 1 {
            tracing::warn!(feed = %self.settings.feed, peer = %address,
                "connection refused: the address is not in the feed's `allow`; further ones are not logged");
        }
    }

    fn make_room(&mut self) -> bool {
        let idlest = self
            .open
            .iter()
            .filter(|(_, open)| !open.proven.load(Ordering::Relaxed) && open.since.elapsed() >= PROVE_WITHIN)
            .min_by_key(|(_, open)| open.since)
            .map(|(id, _)| *id);
        let Some(open) = idlest.and_then(|id| self.open.remove(&id)) else {
            return false;
        };
        open.stop.cancel();
        true
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    reading: Reading,
    writer: Handle,
    clock: Clock,
    stop: CancellationToken,
    ear: Ear,
) -> Result<(), register::Error> {
    let feed = reading.feed.clone();
    let connection = writer.connection_opened(&feed, &peer.to_string()).await?;
    tracing::info!(feed = %feed, peer = %peer, connection, "connected");
    let why = connection::read(stream, &reading, connection, &writer, clock, &stop, || ear.hear()).await?;
    tracing::info!(feed = %feed, peer = %peer, connection, why, "disconnected");
    writer.connection_closed(&feed, connection, &why).await
}

async fn at(instant: Option<Instant>) {
    if let Some(instant) = instant {
        tokio::time::sleep_until(instant).await;
    }
}

/// A peer that vanished without a word is noticed within two minutes.
fn keep_alive(stream: &TcpStream) -> std::io::Result<()> {
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(15))
        .with_retries(4);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}
