//! One connection of a feed, from its first byte to its last.
//!
//! ```text
//! read until nothing is there (or a batch is full) ─▶ lines ─▶ writer, wait until durable ─▶ read on
//!        silence: the unterminated rest is kept as partial        end: it is kept as broken
//! ```

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::intake::Intake;
use crate::ids::FeedName;
use crate::register::{Error, LineKind};

/// Bytes taken before the writer is asked: the cost of a commit is shared by so many lines.
const BATCH_BYTES: usize = 1024 * 1024;

/// Batches taken at a stop at most: more than any kernel's buffer, and an end to a switch that never pauses.
const LAST_BATCHES: usize = 16;

/// How long a stop waits for the runtime to see what the kernel holds.
pub(super) const LAST_LOOK: Duration = Duration::from_millis(20);

/// How a connection is read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The feed.
    pub feed: FeedName,
    /// Silence after which an unterminated rest counts as partial.
    pub idle: Duration,
    /// A connection silent for this long is closed, if at all: keep-alive finds the dead ones.
    pub idle_limit: Option<Duration>,
    /// Longest line.
    pub max_line: usize,
}

/// Reads one connection to its end; returns why it ended.
pub(super) async fn read<R: AsyncRead + Unpin>(
    stream: &mut R,
    intake: &mut Intake<'_>,
    stop: &CancellationToken,
    heard: impl Fn(),
) -> Result<String, Error> {
    let mut buffer = BytesMut::with_capacity(64 * 1024);
    let mut silence = Silence::new(intake.reading);
    if intake.codec.held() > 0 {
        silence.broken();
    }
    let why = loop {
        let wake = silence.next(intake.codec.held() > 0);
        let read = tokio::select! {
            biased;
            () = stop.cancelled() => {
                // What the kernel holds already was sent to us: it is not left behind.
                // Only the runtime's next look at the sockets tells of it, hence the wait.
                for _ in 0..LAST_BATCHES {
                    let more = matches!(timeout(LAST_LOOK, stream.read_buf(&mut buffer)).await, Ok(Ok(1..)));
                    drain(stream, &mut buffer).await;
                    intake.take(&mut buffer).await?;
                    if !more {
                        break;
                    }
                }
                break "closed by us".to_owned();
            }
            read = timeout_at(wake, stream.read_buf(&mut buffer)) => read,
        };
        match read {
            Err(_elapsed) => match silence.passed() {
                Passed::Tail => intake.tail(LineKind::Partial, |_| None).await?,
                Passed::Limit => break "silent for longer than the limit".to_owned(),
                Passed::Nothing => {}
            },
            Ok(Ok(0)) => break "the other side closed it".to_owned(),
            Ok(Err(error)) => break error.to_string(),
            Ok(Ok(_)) => {
                drain(stream, &mut buffer).await;
                silence.broken();
                if intake.take(&mut buffer).await? {
                    heard();
                }
            }
        }
    };
    intake.tail(LineKind::Broken, |_| None).await?;
    Ok(why)
}

/// Takes what is there already, without waiting.
async fn drain<R: AsyncRead + Unpin>(stream: &mut R, buffer: &mut BytesMut) {
    while buffer.len() < BATCH_BYTES {
        buffer.reserve(64 * 1024);
        // The end comes again at the next read, and so does an error, or the end in its place: a socket's, and a ring's.
        match at_once(stream.read_buf(buffer)).await {
            Some(Ok(1..)) => {}
            _ => break,
        }
    }
}

/// What a future gives without waiting.
async fn at_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// What silence has come to mean.
enum Passed {
    /// The unterminated rest is a partial line.
    Tail,
    /// The connection is closed.
    Limit,
    Nothing,
}

/// Real time since the last byte, and what is to happen when it has lasted.
struct Silence {
    since: Instant,
    tail_after: Duration,
    limit: Option<Duration>,
    tail_due: bool,
}

impl Silence {
    fn new(reading: &Reading) -> Self {
        Self {
            since: Instant::now(),
            tail_after: reading.idle,
            limit: reading.idle_limit,
            tail_due: false,
        }
    }

    fn broken(&mut self) {
        self.since = Instant::now();
        self.tail_due = true;
    }

    fn next(&mut self, holding: bool) -> Instant {
        self.tail_due &= holding;
        let day = Duration::from_secs(24 * 3600);
        let after = [self.tail_due.then_some(self.tail_after), self.limit];
        self.since
            + after
                .into_iter()
                .flatten()
                .min()
                .unwrap_or(day)
                .max(Duration::from_millis(1))
    }

    fn passed(&mut self) -> Passed {
        let lasted = self.since.elapsed();
        if self.tail_due && lasted >= self.tail_after {
            self.tail_due = false;
            Passed::Tail
        } else if self.limit.is_some_and(|limit| lasted >= limit) {
            Passed::Limit
        } else {
            Passed::Nothing
        }
    }
}
