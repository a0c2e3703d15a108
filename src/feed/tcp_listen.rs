//! The switch connects to us.
//!
//! ```text
//! accept ─▶ allowed? ─▶ idle, holds no place ──first byte──▶ takes a place ─▶ read to its end ─▶ gives it back
//!                                              none free: waits, its bytes in the kernel's buffer
//! ```
//! **Invariants.** Only allowed addresses are read from; a refused one is logged once. At most `max_connections` are
//! read at once; a connection takes a place with its first byte, so that idle ones, however many, keep no switch out.
//! Who waits for a place loses nothing. Of very many idle ones the longest idle is closed.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ipnet::IpNet;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::Error;
use super::connection::{self, LAST_LOOK, Reading};
use super::intake::Intake;
use super::quiet::Quiet;
use crate::clock::Clock;
use crate::ids::FeedName;
use crate::register::{self, Handle};

/// Longer than any daemon runs.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

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
    /// Connections that may idle without having sent a byte; one more closes the longest idle.
    pub max_idle: usize,
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

/// A connection that has sent nothing yet, as the listener sees it.
struct Idle {
    since: Instant,
    proven: Arc<AtomicBool>,
    stop: CancellationToken,
}

/// What a connection needs of its listener.
struct Hall {
    reading: Reading,
    writer: Handle,
    clock: Clock,
    stop: CancellationToken,
    places: Arc<Semaphore>,
    proven: Arc<AtomicBool>,
    quiet: Quiet,
}

/// A running listener.
struct Listener {
    settings: TcpListen,
    writer: Handle,
    clock: Clock,
    stop: CancellationToken,
    tasks: JoinSet<Result<(), register::Error>>,
    idle: HashMap<Id, Idle>,
    places: Arc<Semaphore>,
    quiet: Quiet,
    strangers: HashMap<IpAddr, u64>,
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
        let places = Arc::new(Semaphore::new(self.max_connections.max(1)));
        let mut running = Listener {
            settings: self,
            writer,
            clock,
            stop,
            tasks: JoinSet::new(),
            idle: HashMap::new(),
            places,
            quiet: Quiet::new(),
            strangers: HashMap::new(),
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
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = tokio::time::sleep_until(self.quiet.until()) => self.quiet.decide(&self.settings.feed, &self.writer).await?,
                Some(ended) = self.tasks.join_next_with_id(), if !self.tasks.is_empty() => self.ended(ended)?,
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

    /// At a stop: who waits in the kernel has sent already; each is read as far as the kernel holds it.
    async fn take_the_last(&mut self, listener: &TcpListener) {
        while let Ok(Ok((stream, peer))) = timeout(LAST_LOOK, listener.accept()).await {
            self.accept(stream, peer);
        }
    }

    fn ended(
        &mut self,
        ended: Result<(Id, Result<(), register::Error>), tokio::task::JoinError>,
    ) -> Result<(), register::Error> {
        match ended {
            Ok((id, result)) => {
                self.idle.remove(&id);
                result
            }
            Err(error) => {
                self.idle.remove(&error.id());
                tracing::error!(feed = %self.settings.feed, %error, "a connection's task failed");
                Ok(())
            }
        }
    }

    fn is_allowed(&self, peer: SocketAddr) -> bool {
        let address = peer.ip().to_canonical();
        self.settings.allow.iter().any(|net| net.contains(&address))
    }

    fn accept(&mut self, stream: TcpStream, peer: SocketAddr) {
        if !self.is_allowed(peer) {
            self.refuse_stranger(peer.ip().to_canonical());
            return;
        }
        if let Err(error) = keep_alive(&stream) {
            tracing::warn!(feed = %self.settings.feed, peer = %peer, %error, "keep-alive could not be set");
        }
        self.idle.retain(|_, idle| !idle.proven.load(Ordering::Relaxed));
        if self.idle.len() >= self.settings.max_idle {
            self.close_the_idlest();
        }
        let (stop, proven) = (self.stop.child_token(), Arc::new(AtomicBool::new(false)));
        let hall = Hall {
            reading: self.settings.reading.clone(),
            writer: self.writer.clone(),
            clock: self.clock,
            stop: stop.clone(),
            places: Arc::clone(&self.places),
            proven: Arc::clone(&proven),
            quiet: self.quiet.clone(),
        };
        let id = self.tasks.spawn(serve(stream, peer, hall)).id();
        self.idle.insert(
            id,
            Idle {
                since: Instant::now(),
                proven,
                stop,
            },
        );
    }

    fn close_the_idlest(&mut self) {
        let idlest = self.idle.iter().min_by_key(|(_, idle)| idle.since).map(|(id, _)| *id);
        if let Some(idle) = idlest.and_then(|id| self.idle.remove(&id)) {
            idle.stop.cancel();
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
}

async fn serve(mut stream: TcpStream, peer: SocketAddr, hall: Hall) -> Result<(), register::Error> {
    let feed = &hall.reading.feed;
    let Some(_place) = place(&stream, peer, &hall).await else {
        return Ok(());
    };
    let connection = hall.writer.connection_opened(feed, &peer.to_string()).await?;
    tracing::info!(feed = %feed, peer = %peer, connection, "connected");
    let mut intake = Intake::new(&hall.reading, connection, &hall.writer, hall.clock);
    let why = connection::read(&mut stream, &mut intake, &hall.stop, || hall.quiet.hear()).await?;
    tracing::info!(feed = %feed, peer = %peer, connection, why, "disconnected");
    hall.writer.connection_closed(feed, connection, &why).await
}

/// Waits for the first byte, then for a place; `None` if neither will come. At a stop no place is needed any more.
async fn place(stream: &TcpStream, peer: SocketAddr, hall: &Hall) -> Option<Option<OwnedSemaphorePermit>> {
    let limit = hall.reading.idle_limit.unwrap_or(FOR_EVER);
    // Being readable may be said of a socket without bytes; a peek sees them.
    let mut first = [0];
    let sent = tokio::select! {
        sent = timeout(limit, stream.peek(&mut first)) => matches!(sent, Ok(Ok(1..))),
        () = hall.stop.cancelled() => false,
    };
    let sent =
        sent || (hall.stop.is_cancelled() && matches!(timeout(LAST_LOOK, stream.peek(&mut first)).await, Ok(Ok(1..))));
    if !sent {
        return None;
    }
    hall.proven.store(true, Ordering::Relaxed);
    if let Ok(free) = Arc::clone(&hall.places).try_acquire_owned() {
        return Some(Some(free));
    }
    tracing::warn!(feed = %hall.reading.feed, peer = %peer,
        "a connection waits: `max_connections` of them are being read; what it sends is kept by the kernel meanwhile");
    tokio::select! {
        free = Arc::clone(&hall.places).acquire_owned() => Some(free.ok()),
        () = hall.stop.cancelled() => Some(None),
    }
}

/// A peer that vanished without a word is noticed within two minutes.
pub(super) fn keep_alive(stream: &TcpStream) -> std::io::Result<()> {
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(15))
        .with_retries(4);
    SockRef::from(stream).set_tcp_keepalive(&keepalive)
}
