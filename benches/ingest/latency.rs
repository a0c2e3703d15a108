//! From a line's arrival to its commit, as a connection sees it.
//!
//! Lines arrive by the clock. Like a connection, the loop takes all that have arrived, hands them to the writer,
//! and takes on when they are durable; a line's latency counts from its own arrival.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use firstanswer::clock::Clock;
use firstanswer::register::{Handle, IncomingLine, LineKind, Store, Writer};
use firstanswer::{config, daemon};

use crate::table::{Table, micros, percentile};
use crate::{house, pbx};

/// How long each rate lasts.
const LASTS: Duration = Duration::from_secs(8);

/// The system wakes a sleeper that much too late.
const AWAKE: Duration = Duration::from_micros(150);

pub fn run(table: &mut Table, unit: Duration) {
    for rate in [1_000, 10_000] {
        let mut samples = measure(rate);
        for percent in [50, 99] {
            let at = percentile(&mut samples, percent);
            let times = at.as_secs_f64() / unit.as_secs_f64();
            table.row(
                format!("arrival to durable at {rate} lines/s, p{percent}"),
                micros(at),
                &format!("{times:.1} × the unit"),
            );
        }
    }
}

fn measure(rate: usize) -> Vec<Duration> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    house::write(folder.path(), 1, 2);
    let loaded = config::load(&folder.path().join("firstanswer.toml")).unwrap();
    let rules = Arc::new(daemon::rules(&loaded));
    let mut store = Store::open_for_serve(&folder.path().join("var/firstanswer.db"), Arc::clone(&rules)).unwrap();
    store.adopt(rules, Clock::Real.now()).unwrap();
    let (writer, handle) = Writer::start(store, Clock::Real).unwrap();
    let count = rate * LASTS.as_secs() as usize;
    let text = Bytes::from(pbx::history(count));
    let lines: Vec<Bytes> = memchr::memchr_iter(b'\n', &text)
        .scan(0, |begin, end| {
            let line = text.slice(*begin..end - 1);
            *begin = end + 1;
            Some(line)
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let samples = runtime.block_on(feed(&handle, &lines, Duration::from_secs(1) / rate as u32));
    drop(handle);
    writer.join().unwrap();
    samples
}

async fn feed(writer: &Handle, lines: &[Bytes], every: Duration) -> Vec<Duration> {
    let name = house::FEED.parse().unwrap();
    let connection = writer.connection_opened(&name, "bench").await.unwrap();
    let mut samples = Vec::with_capacity(lines.len());
    let begun = Instant::now();
    let arrival = |n: usize| begun + every * n as u32;
    while samples.len() < lines.len() {
        let first = samples.len();
        // A timer of the runtime is too coarse, and so is the end of a sleep: the last bit is waited for awake.
        std::thread::sleep(arrival(first).saturating_duration_since(Instant::now() + AWAKE));
        while Instant::now() < arrival(first) {
            std::hint::spin_loop();
        }
        let now = Instant::now();
        let taken = lines[first..]
            .iter()
            .enumerate()
            .take_while(|(i, _)| arrival(first + i) <= now);
        let batch: Vec<IncomingLine> = taken
            .map(|(_, bytes)| IncomingLine {
                bytes: bytes.clone(),
                received_at: Clock::Real.now(),
                kind: LineKind::Whole,
                continues: false,
            })
            .collect();
        let end = first + batch.len();
        writer.lines(&name, connection, batch).await.unwrap();
        samples.extend((first..end).map(|n| arrival(n).elapsed()));
    }
    samples
}
