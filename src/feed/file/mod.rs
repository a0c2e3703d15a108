//! A file that the switch, or a program beside it, appends to.
//!
//! ```text
//! follower (blocking, elsewhere) ──bytes──▶ codec ──lines + place──▶ writer, one transaction
//! ```
//! **Invariants.** The place up to which the file is taken is committed with the lines before it: after a kill no line
//! is read twice or left out. A line without its end waits in the file; after an idle time it is shown as partial, and
//! its rest joins it, also after a restart.
//!
//! **Not here**: which file is read on after a rotation (`follower`).

mod follower;
mod siblings;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use bytes::BytesMut;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::follower::{Follower, Opened, Step};
use super::codec::LineCodec;
use super::intake::Intake;
use super::quiet::Quiet;
use super::{Error, Reading};
use crate::clock::Clock;
use crate::config::FileFrom;
use crate::ids::FeedName;
use crate::register::alarms::key;
use crate::register::{self, Alarm, FeedNow, Handle, LineKind, PortFaults};

/// How often the file is looked at: no event is relied upon, so that network file systems are no exception.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A followed file.
#[derive(Debug, Clone)]
pub struct FollowedFile {
    /// Its name; the file behind it changes when the log is rotated.
    pub path: PathBuf,
    /// Where to begin when no file of this name was ever read.
    pub from: FileFrom,
    /// How it is cut into lines.
    pub reading: Reading,
}

/// What runs.
struct Running<'a> {
    feed: &'a FeedName,
    reading: &'a Reading,
    writer: &'a Handle,
    clock: Clock,
    quiet: Quiet,
    intake: Option<Intake<'a>>,
    buffer: BytesMut,
    last_byte: Instant,
    said: Option<(FeedNow, Option<String>)>,
}

impl FollowedFile {
    /// Follows until told to stop; what was read is durable when this returns.
    ///
    /// # Errors
    /// The register stopped, or following failed in a way that is ours.
    pub async fn run(self, writer: Handle, clock: Clock, stop: CancellationToken) -> Result<(), Error> {
        let feed = self.reading.feed.clone();
        let quiet = Quiet::new();
        tokio::select! {
            result = self.follow(&writer, clock, quiet.clone(), &stop) => result,
            source = quiet.watch(&feed, &writer) => Err(Error::Register { feed: feed.to_string(), source }),
        }
    }

    async fn follow(&self, writer: &Handle, clock: Clock, quiet: Quiet, stop: &CancellationToken) -> Result<(), Error> {
        let feed = &self.reading.feed;
        let register = |source| Error::Register {
            feed: feed.to_string(),
            source,
        };
        let known = writer.followed(feed).await.map_err(register)?;
        let mut follower = Follower::new(self.path.clone(), self.from, self.reading.max_line, known);
        let mut running = Running {
            feed,
            reading: &self.reading,
            writer,
            clock,
            quiet,
            intake: None,
            buffer: BytesMut::new(),
            last_byte: Instant::now(),
            said: None,
        };
        while !stop.is_cancelled() {
            let looked = tokio::task::spawn_blocking(move || {
                let step = follower.step();
                (follower, step)
            });
            let (back, step) = looked.await.map_err(|error| Error::Following {
                feed: feed.to_string(),
                why: error.to_string(),
            })?;
            follower = back;
            let at_once = running.take(step, &mut follower).await.map_err(register)?;
            if !at_once {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        }
        // A line without its end stays in the file, and is read on at the next start.
        running.close("closed by us").await.map_err(register)
    }
}

impl<'a> Running<'a> {
    /// Acts on what the follower found; returns whether to look again at once.
    async fn take(&mut self, step: std::io::Result<Step>, follower: &mut Follower) -> Result<bool, register::Error> {
        match step {
            Ok(Step::Opened(opened)) => self.open(opened, follower).await?,
            Ok(Step::Bytes(bytes)) => {
                let Some(intake) = &mut self.intake else {
                    return Ok(true);
                };
                self.last_byte = Instant::now();
                self.buffer.extend_from_slice(&bytes);
                let place = |codec: &LineCodec| Some(follower.place(codec));
                if intake.take_to(&mut self.buffer, place).await? {
                    self.quiet.hear();
                }
                follower.forget(intake.codec.held());
            }
            Ok(Step::Ended(why)) => {
                if let Some(intake) = &mut self.intake {
                    intake
                        .tail(LineKind::Broken, |codec| Some(follower.place(codec)))
                        .await?;
                }
                follower.left();
                self.close(&why).await?;
            }
            Ok(Step::Idle) => {
                self.say(FeedNow::Connected, None).await?;
                if let Some(intake) = &mut self.intake
                    && intake.codec.held() > 0
                    && self.last_byte.elapsed() >= self.reading.idle
                {
                    intake
                        .tail(LineKind::Partial, |codec| Some(follower.place(codec)))
                        .await?;
                    follower.forget(0);
                }
                return Ok(false);
            }
            Ok(Step::Missing) => {
                if follower.is_new() {
                    // What is written from now on is new, also if we are not there when it begins.
                    let connection = self.writer.connection_opened(self.feed, "no file yet").await?;
                    let place = follower.nothing_yet(connection);
                    self.writer
                        .lines_to(self.feed, connection, Vec::new(), Some(place))
                        .await?;
                    self.writer
                        .connection_closed(self.feed, connection, "no file yet")
                        .await?;
                }
                self.say(FeedNow::Waiting, Some("there is no such file yet".to_owned()))
                    .await?;
                return Ok(false);
            }
            Ok(Step::Lost(why)) => {
                let feed = self.feed.to_string();
                self.writer.raise_alarm(Alarm::LinesLost { feed, why }).await?;
            }
            Err(error) => {
                let why = error.to_string();
                if let Some(intake) = &self.intake {
                    follower.interrupted(&intake.codec);
                }
                self.close(&why).await?;
                self.say(FeedNow::Waiting, Some(why.clone())).await?;
                let feed = self.feed.to_string();
                self.writer.raise_alarm(Alarm::FeedLost { feed, why }).await?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn open(&mut self, opened: Opened, follower: &mut Follower) -> Result<(), register::Error> {
        let connection = self.writer.connection_opened(self.feed, &opened.peer).await?;
        tracing::info!(feed = %self.feed, file = opened.peer, from = opened.position, connection, "reading a file");
        let mut intake = Intake::new(self.reading, connection, self.writer, self.clock);
        intake.codec = LineCodec::resume(self.reading.max_line, opened.seam);
        if let Some(before) = opened.before {
            self.writer.resume(self.feed, connection, before).await?;
        }
        follower.is_read_by(connection);
        intake.put(Vec::new(), Some(follower.place(&intake.codec))).await?;
        self.intake = Some(intake);
        self.last_byte = Instant::now();
        self.writer.clear_alarm(key("feed_lost", self.feed.as_str())).await?;
        self.say(FeedNow::Connected, None).await
    }

    async fn close(&mut self, why: &str) -> Result<(), register::Error> {
        if let Some(intake) = self.intake.take() {
            tracing::info!(feed = %self.feed, connection = intake.connection, why, "no longer reading the file");
            self.writer.connection_closed(self.feed, intake.connection, why).await?;
        }
        Ok(())
    }

    /// Says what the feed is doing, when that has changed.
    async fn say(&mut self, now: FeedNow, reason: Option<String>) -> Result<(), register::Error> {
        let said = Some((now, reason.clone()));
        if self.said != said {
            self.said = said;
            self.writer
                .feed_now(self.feed, now, reason, PortFaults::default())
                .await?;
        }
        Ok(())
    }
}
