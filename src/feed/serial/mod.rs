//! A serial line.
//!
//! ```text
//! open by its stable name ─▶ pump ─▶ ring ─▶ codec ─▶ writer          the pump reads on while the writer commits
//!       ▲                     └ unplugged: alarm ─▶ wait ─┐
//!       └─────────────────────────────────────────────────┘
//! ```
//! **Invariants.** The port is ours alone. A port that is gone is looked for under its name, ever more rarely, never
//! in a spin. Memory is bounded: without flow control what the ring can't hold is counted, told and cut off at line
//! ends, so that no line is made of two; with flow control the switch is held back instead.

mod marks;
mod port;
mod ring;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::ring::{Reader, Ring};
use super::codec::LineCodec;
use super::intake::Intake;
use super::quiet::Quiet;
use super::retry::Retry;
use super::{Error, Reading, connection};
use crate::clock::Clock;
use crate::config::{FlowControl, Serial};
use crate::register::alarms::key;
use crate::register::{self, Alarm, FeedNow, Handle, PortFaults};

/// Bytes kept while the database can't be written: at 9600 baud more than an hour's.
const RING_BYTES: usize = 4 * 1024 * 1024;

/// How often the port's counters are written down.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// A feed on a serial line.
#[derive(Debug, Clone)]
pub struct SerialLine {
    /// Device and its settings.
    pub settings: Serial,
    /// How it is cut into lines.
    pub reading: Reading,
}

/// A port read by hand, for commands that need no daemon.
#[derive(Debug)]
pub struct ByHand {
    port: port::Port,
    ring: Ring,
}

impl ByHand {
    /// Opens the port for us alone.
    ///
    /// # Errors
    /// Why it can't be had.
    pub fn open(settings: &Serial) -> Result<Self, String> {
        let held_back = settings.flow_control != FlowControl::None;
        Ok(Self {
            port: port::open(settings)?,
            ring: Ring::new(RING_BYTES, held_back),
        })
    }

    /// Reads until `with` has enough, or the port is gone; also what the driver has marked.
    pub async fn read<T>(self, with: impl AsyncFnOnce(Reader<'_>) -> T) -> (T, PortFaults) {
        let (done, ring) = (CancellationToken::new(), &self.ring);
        let reads = async {
            let value = with(Reader(ring)).await;
            done.cancel();
            value
        };
        let (value, ()) = tokio::join!(reads, self.port.pump(ring, &done));
        (value, ring.take_faults())
    }
}

struct Running {
    settings: Serial,
    reading: Reading,
    writer: Handle,
    clock: Clock,
    stop: CancellationToken,
    quiet: Quiet,
    ring_bytes: usize,
}

impl SerialLine {
    /// Reads until told to stop; what was read is durable when this returns.
    ///
    /// # Errors
    /// The register stopped.
    pub async fn run(self, writer: Handle, clock: Clock, stop: CancellationToken) -> Result<(), Error> {
        let feed = self.reading.feed.clone();
        let quiet = Quiet::new();
        let running = Running {
            settings: self.settings,
            // A line without calls is no fault of the port: opening it anew would change nothing.
            reading: Reading {
                idle_limit: None,
                ..self.reading
            },
            writer: writer.clone(),
            clock,
            stop,
            quiet: quiet.clone(),
            ring_bytes: RING_BYTES,
        };
        let result = tokio::select! {
            result = running.run() => result,
            error = quiet.watch(&feed, &writer) => Err(error),
        };
        result.map_err(|source| Error::Register {
            feed: feed.to_string(),
            source,
        })
    }
}

impl Running {
    async fn run(&self) -> Result<(), register::Error> {
        let mut retry = Retry::new(Duration::from_millis(500), Duration::from_secs(30));
        let feed = &self.reading.feed;
        loop {
            self.now(FeedNow::Connecting, None, PortFaults::default()).await?;
            let why = match port::open(&self.settings) {
                Ok(port) => {
                    retry.works();
                    self.now(FeedNow::Connected, None, PortFaults::default()).await?;
                    self.writer.clear_alarm(key("feed_lost", feed.as_str())).await?;
                    self.session(port).await?
                }
                Err(why) => why,
            };
            if self.stop.is_cancelled() {
                return Ok(());
            }
            let wait = retry.failed();
            tracing::warn!(feed = %feed, why, seconds = %format_args!("{:.1}", wait.as_secs_f32()), "the serial port is gone; trying again");
            self.now(FeedNow::Waiting, Some(why.clone()), PortFaults::default())
                .await?;
            let lost = Alarm::FeedLost {
                feed: feed.to_string(),
                why,
            };
            self.writer.raise_alarm(lost).await?;
            tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn now(&self, now: FeedNow, reason: Option<String>, faults: PortFaults) -> Result<(), register::Error> {
        self.writer.feed_now(&self.reading.feed, now, reason, faults).await
    }

    /// One opening of the port, to its end; returns why it ended.
    async fn session(&self, port: port::Port) -> Result<String, register::Error> {
        let ring = Ring::new(self.ring_bytes, self.settings.flow_control != FlowControl::None);
        let done = CancellationToken::new();
        let reads = async {
            let why = self.read(&ring).await;
            done.cancel();
            why
        };
        let counts = async {
            while !done.is_cancelled() {
                tokio::select! {
                    () = done.cancelled() => {}
                    () = tokio::time::sleep(COUNT_EVERY) => {}
                }
                self.count(&ring).await?;
            }
            Ok::<(), register::Error>(())
        };
        let (why, counted, ()) = tokio::join!(reads, counts, port.pump(&ring, &done));
        counted?;
        why
    }

    async fn count(&self, ring: &Ring) -> Result<(), register::Error> {
        let faults = ring.take_faults();
        if faults == PortFaults::default() {
            return Ok(());
        }
        tracing::warn!(feed = %self.reading.feed, breaks = faults.breaks, bad_bytes = faults.bad_bytes,
            lost_bytes = faults.lost_bytes, "faults on the serial line");
        self.now(FeedNow::Connected, None, faults).await
    }

    /// Reads the ring; after a loss on a new connection, as the line that was cut has lost its end.
    async fn read(&self, ring: &Ring) -> Result<String, register::Error> {
        let feed = &self.reading.feed;
        let device = self.settings.path.display().to_string();
        let mut headless = false;
        loop {
            let connection = self.writer.connection_opened(feed, &device).await?;
            tracing::info!(feed = %feed, device, connection, "reading a serial port");
            let mut intake = Intake::new(&self.reading, connection, &self.writer, self.clock);
            if headless {
                intake.codec = LineCodec::headless(self.reading.max_line);
            }
            let heard = || self.quiet.hear();
            let why = connection::read(&mut Reader(ring), &mut intake, &self.stop, heard).await?;
            self.writer.connection_closed(feed, connection, &why).await?;
            let Some(lost) = ring.take_loss() else {
                return Ok(ring.why().unwrap_or(why));
            };
            let lost = Alarm::LinesLost {
                feed: feed.to_string(),
                why: format!("{lost} bytes came faster than they could be stored"),
            };
            self.writer.raise_alarm(lost).await?;
            headless = true;
        }
    }
}

#[cfg(test)]
mod tests;
