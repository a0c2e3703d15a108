//! One connection of a feed, from its first byte to its last.
//!
//! ```text
//! read until the socket is empty (or a batch is full) ─▶ lines ─▶ writer, wait until durable ─▶ read on
//!        silence: the unterminated rest is kept as partial        end: it is kept as broken
//! ```

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::codec::Decoder;
use tokio_util::sync::CancellationToken;

use super::codec::{Framed, LineCodec, Piece};
use crate::clock::Clock;
use crate::ids::FeedName;
use crate::register::{Error, Handle, IncomingLine, LineKind};

/// Bytes taken from the socket before the writer is asked: the cost of a commit is shared by so many lines.
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
    /// A connection silent for this long is closed; keep-alive finds the dead ones sooner.
    pub idle_limit: Option<Duration>,
    /// Longest line.
    pub max_line: usize,
}

/// Reads one connection to its end; returns why it ended.
pub async fn read(
    mut stream: TcpStream,
    reading: &Reading,
    connection: i64,
    writer: &Handle,
    clock: Clock,
    stop: &CancellationToken,
    heard: impl Fn(),
) -> Result<String, Error> {
    let mut codec = LineCodec::new(reading.max_line);
    let mut buffer = BytesMut::with_capacity(64 * 1024);
    let mut silence = Silence::new(reading);
    let why = loop {
        let wake = silence.next(codec.held() > 0);
        let read = tokio::select! {
            biased;
            () = stop.cancelled() => {
                // What the kernel holds already was sent to us: it is not left behind.
                // Only the runtime's next look at the sockets tells of it, hence the wait.
                for _ in 0..LAST_BATCHES {
                    let readable = timeout(LAST_LOOK, stream.readable()).await.is_ok();
                    drain_socket(&stream, &mut buffer);
                    let lines = take_lines(&mut codec, &mut buffer, clock);
                    if !lines.is_empty() {
                        writer.lines(&reading.feed, connection, lines).await?;
                    }
                    if !readable {
                        break;
                    }
                }
                break "closed by us".to_owned();
            }
            read = timeout_at(wake, stream.read_buf(&mut buffer)) => read,
        };
        match read {
            Err(_elapsed) => match silence.passed() {
                Passed::Tail => {
                    if let Some(tail) = codec.tail() {
                        let line = line(tail, LineKind::Partial, clock);
                        writer.lines(&reading.feed, connection, vec![line]).await?;
                    }
                }
                Passed::Limit => break "silent for longer than the limit".to_owned(),
                Passed::Nothing => {}
            },
            Ok(Ok(0)) => break "the other side closed it".to_owned(),
            Ok(Err(error)) => break error.to_string(),
            Ok(Ok(_)) => {
                drain_socket(&stream, &mut buffer);
                silence.broken();
                let lines = take_lines(&mut codec, &mut buffer, clock);
                if !lines.is_empty() {
                    heard();
                    writer.lines(&reading.feed, connection, lines).await?;
                }
            }
        }
    };
    if let Some(tail) = codec.tail() {
        writer
            .lines(&reading.feed, connection, vec![line(tail, LineKind::Broken, clock)])
            .await?;
    }
    Ok(why)
}

/// Takes what the kernel holds already, without waiting.
fn drain_socket(stream: &TcpStream, buffer: &mut BytesMut) {
    while buffer.len() < BATCH_BYTES {
        buffer.reserve(64 * 1024);
        // The end and errors come again at the next read.
        match stream.try_read_buf(buffer) {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
}

fn take_lines(codec: &mut LineCodec, buffer: &mut BytesMut, clock: Clock) -> Vec<IncomingLine> {
    let mut lines = Vec::new();
    // The codec has no errors: any bytes are lines.
    while let Ok(Some(framed)) = codec.decode(buffer) {
        let kind = match framed.piece {
            Piece::Whole => LineKind::Whole,
            Piece::First | Piece::Middle | Piece::Last => LineKind::Piece,
            Piece::Partial => LineKind::Partial,
        };
        lines.push(line(framed, kind, clock));
    }
    lines
}

fn line(framed: Framed, kind: LineKind, clock: Clock) -> IncomingLine {
    IncomingLine {
        bytes: framed.bytes,
        received_at: clock.now(),
        kind,
        continues: framed.continues,
    }
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
