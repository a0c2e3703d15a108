//! A feed over real sockets, with the register behind it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::tcp_listen::{TcpListen, bind};
use super::{Error, Reading};
use crate::clock::Clock;
use crate::register::LineState::{Leg, Partial, Quarantined};
use crate::register::read::Reader;
use crate::register::tests::{House, feed};
use crate::register::{LineState, Writer};

/// A running feed of the tests' script.
struct Feed {
    dir: TempDir,
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<Result<(), Error>>,
    writer: Writer,
}

struct Wish {
    allow: &'static str,
    max: usize,
    idle: Duration,
    limit: Option<Duration>,
}

const USUAL: Wish = Wish {
    allow: "127.0.0.0/8",
    max: 8,
    idle: Duration::from_millis(50),
    limit: None,
};

impl Feed {
    fn open(wish: Wish) -> Self {
        let House { dir, store, .. } = House::new();
        let (writer, handle) = Writer::start(store, Clock::Real).unwrap();
        let name = feed("script");
        let listener = bind(&name, "127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let listen = TcpListen {
            feed: name.clone(),
            allow: vec![wish.allow.parse().unwrap()],
            max_connections: wish.max,
            max_idle: 1024,
            reading: Reading {
                feed: name,
                idle: wish.idle,
                idle_limit: wish.limit,
                max_line: 1024,
            },
        };
        let stop = CancellationToken::new();
        let running = tokio::spawn(listen.run(listener, handle, Clock::Real, stop.clone()));
        Self {
            dir,
            address,
            stop,
            running,
            writer,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn says(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    fn journal(&self) -> Vec<(LineState, String)> {
        let reader = Reader::open(&self.dir.path().join("fa.db")).unwrap();
        let mut rows = Vec::new();
        reader
            .journal(false, None, None, |row| {
                rows.push((row.state, String::from_utf8(row.raw).unwrap()));
                Ok::<(), crate::register::Error>(())
            })
            .unwrap();
        rows
    }

    /// Waits in real time, also where the tests move the other one.
    #[track_caller]
    fn until(&self, what: &str, reached: impl Fn(&[(LineState, String)]) -> bool) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            for _ in 0..2_000 {
                if reached(&self.journal()) {
                    return;
                }
                tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(5)))
                    .await
                    .unwrap();
            }
            panic!("{place}: never {what}: {:?}", self.journal());
        }
    }

    async fn lines(&self, expected: &[(LineState, &str)]) {
        let wanted: Vec<(LineState, String)> = expected.iter().map(|(s, text)| (*s, (*text).to_owned())).collect();
        self.until(&format!("{wanted:?}"), |rows| rows == wanted).await;
    }

    /// Stops, and waits for the feed and the writer.
    async fn end(self) -> (TempDir, Vec<(LineState, String)>) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
        let writer = self.writer;
        tokio::task::spawn_blocking(move || writer.join())
            .await
            .unwrap()
            .unwrap();
        let reader = Reader::open(&self.dir.path().join("fa.db")).unwrap();
        let mut rows = Vec::new();
        reader
            .journal(false, None, None, |row| {
                rows.push((row.state, String::from_utf8(row.raw).unwrap()));
                Ok::<(), crate::register::Error>(())
            })
            .unwrap();
        (self.dir, rows)
    }
}

const WHOLE: &str = "leg 1 8021 09:00:00 5 60";

#[tokio::test]
async fn f04_silence_makes_a_partial_line_and_the_rest_joins_it() {
    let feed = Feed::open(USUAL);
    let mut switch = feed.says("leg 1 80").await;
    feed.lines(&[(Partial, "leg 1 80")]).await;
    switch.write_all(b"21 09:00:00 5").await.unwrap();
    feed.lines(&[(Partial, "leg 1 8021 09:00:00 5")]).await;
    switch.write_all(b" 60\r\n?\r\n").await.unwrap();
    feed.lines(&[(Leg, WHOLE), (Quarantined, "?")]).await;
    feed.end().await;
}

#[tokio::test]
async fn f05_a_connection_that_dies_leaves_its_fragment_marked() {
    let feed = Feed::open(USUAL);
    drop(feed.says(&format!("?\r\n{WHOLE}")).await);
    feed.lines(&[(Quarantined, "?"), (Partial, WHOLE)]).await;
    let (dir, _) = feed.end().await;
    let reader = Reader::open(&dir.path().join("fa.db")).unwrap();
    let row = reader.line(crate::ids::LineId::new(2)).unwrap().unwrap();
    assert_eq!(row.reason.as_deref(), Some("the connection ended in the middle of it"));
    assert_eq!(
        reader.feeds().unwrap().iter().map(|feed| feed.connections).sum::<i64>(),
        1,
        "the house's own"
    );
}

#[tokio::test]
async fn f20_a_stop_takes_what_the_kernel_holds_also_of_those_who_wait() {
    let feed = Feed::open(Wish { max: 1, ..USUAL });
    let mut open = feed.says("first\r\n").await;
    feed.lines(&[(Quarantined, "first")]).await;
    // One waits for the place.
    let _waits = feed.says("waits\r\n").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    // From here on nothing of the feed runs until it is told to stop: all of this lies in the kernel.
    let line = format!("{}\r\n", "x".repeat(98));
    let mut sent = 0;
    while sent < 600 && open.try_write(line.as_bytes()).is_ok_and(|n| n == line.len()) {
        sent += 1;
    }
    let mut late = std::net::TcpStream::connect(feed.address).unwrap();
    std::io::Write::write_all(&mut late, b"late\r\n").unwrap();
    let (_dir, rows) = feed.end().await;
    let count = |text: &str| rows.iter().filter(|(_, raw)| raw.starts_with(text)).count();
    assert_eq!((count("x"), count("waits"), count("late")), (sent, 1, 1));
    open.flush().await.unwrap();
}

#[tokio::test]
async fn a_crowd_waits_and_loses_no_line() {
    let feed = Feed::open(Wish { max: 1, ..USUAL });
    let first = feed.says("first\r\n").await;
    feed.lines(&[(Quarantined, "first")]).await;
    for text in ["second\r\n", "third\r\n"] {
        drop(feed.says(text).await);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    feed.lines(&[(Quarantined, "first")]).await;
    drop(first);
    feed.lines(&[(Quarantined, "first"), (Quarantined, "second"), (Quarantined, "third")])
        .await;
    feed.end().await;
}

#[tokio::test]
async fn idle_connections_hold_no_place() {
    let feed = Feed::open(Wish { max: 1, ..USUAL });
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(feed.connect().await);
    }
    // Nobody else connects and nothing ends: whoever sends first has the one place.
    let switch = feed.says("line\r\n").await;
    feed.lines(&[(Quarantined, "line")]).await;
    drop(switch);
    // One of those who idled is heard as soon as it says something.
    idle[50].write_all(b"later\r\n").await.unwrap();
    feed.lines(&[(Quarantined, "line"), (Quarantined, "later")]).await;
    feed.end().await;
}

#[tokio::test]
async fn strangers_are_refused_without_a_trace_in_the_journal() {
    let feed = Feed::open(Wish {
        allow: "10.0.0.0/8",
        ..USUAL
    });
    let mut stranger = feed.connect().await;
    let mut byte = [0];
    assert_eq!(stranger.read(&mut byte).await.unwrap_or(0), 0);
    let (dir, rows) = feed.end().await;
    assert_eq!(rows, []);
    let reader = Reader::open(&dir.path().join("fa.db")).unwrap();
    assert_eq!(
        reader.feeds().unwrap().iter().map(|feed| feed.connections).sum::<i64>(),
        1,
        "the house's own"
    );
}

#[tokio::test(start_paused = true)]
async fn f15_a_connection_silent_for_longer_than_the_limit_is_closed() {
    let hour = Duration::from_secs(3600);
    let feed = Feed::open(Wish {
        limit: Some(hour),
        ..USUAL
    });
    let before = tokio::time::Instant::now();
    let mut switch = feed.says("line\r\nrest").await;
    let mut byte = [0];
    assert_eq!(switch.read(&mut byte).await.unwrap_or(0), 0);
    assert!(before.elapsed() >= hour, "{:?}", before.elapsed());
    let (_dir, rows) = feed.end().await;
    assert_eq!(rows, [(Quarantined, "line".to_owned()), (Partial, "rest".to_owned())]);
}

#[tokio::test]
async fn a_taken_address_is_told_with_its_reason_once() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = bind(&"pbx".parse().unwrap(), taken.local_addr().unwrap());
    let said = format!("{:#}", anyhow::Error::from(refused.err().unwrap()));
    assert_eq!(said.matches("Address already in use").count(), 1, "{said}");
    assert!(said.contains("pbx") && said.contains("another program"), "{said}");
}
