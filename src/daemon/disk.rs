//! Looks after the disk: is there room, does the write-ahead log shrink, is it quick?
//!
//! **Not here**: what the writer does when a write fails (`register::writer`), how room is kept (`register::room`).

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::register::writer::Pace;
use crate::register::{Alarm, Error, Handle, alarms, room};

/// How often.
const EVERY: Duration = Duration::from_secs(5);

/// Below this the log is well again; SQLite cuts it to 64 MiB at its next turn.
const LOG_WELL: u64 = room::LOG_LIMIT / 2;

/// Commits are judged over this time.
const MINUTE: Duration = Duration::from_secs(60);

/// So many slow commits within it, and at least half of all, are an alarm.
const MANY: u64 = 3;

/// The commits of the last minute.
#[derive(Debug, Default)]
struct Pulse(VecDeque<(Instant, Pace)>);

impl Pulse {
    /// Whether the disk is slow; `None` while nothing is to be said.
    fn look(&mut self, now: Instant, pace: Pace) -> Option<Result<(), Alarm>> {
        self.0.push_back((now, pace));
        // The last one that is a minute old stays: the others are counted from there.
        while self.0.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= MINUTE) {
            self.0.pop_front();
        }
        let (since, first) = self.0.front()?;
        let (written, slow) = (pace.written - first.written, pace.slow - first.slow);
        if slow >= MANY && slow * 2 >= written {
            let millis = self.0.iter().skip(1).map(|(_, pace)| pace.slowest).max().unwrap_or(0);
            return Some(Err(Alarm::SlowDisk { millis }));
        }
        (written > 0 && slow == 0 && now.duration_since(*since) >= MINUTE).then_some(Ok(()))
    }
}

/// What one look finds; `None` where nothing can be said.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    disk: Option<Result<(), Alarm>>,
    log: Option<Result<(), Alarm>>,
}

fn look(database: &std::path::Path, log_limit: u64) -> Look {
    let disk = match room::keep(database) {
        Ok(true) => Some(Ok(())),
        Ok(false) => Some(Err(Alarm::Disk {
            why: room::in_words(database),
        })),
        // Not even that can be written.
        Err(error) => Some(Err(Alarm::Disk {
            why: format!("{error}; {}", room::in_words(database)),
        })),
    };
    let length = room::log_length(database);
    let log = if length > log_limit {
        let who: Vec<String> = room::who_reads(database).iter().map(u32::to_string).collect();
        Some(Err(Alarm::LongReader {
            megabytes: length >> 20,
            processes: who.join(", "),
        }))
    } else if length <= LOG_WELL {
        Some(Ok(()))
    } else {
        None
    };
    Look { disk, log }
}

/// Runs until told to stop.
pub(super) async fn watch(database: PathBuf, writer: Handle, stop: CancellationToken) -> Result<(), Error> {
    let (mut disk_well, mut log_well, mut quick, mut waits) = (None, None, None, writer.waits());
    let mut pulse = Pulse::default();
    loop {
        let path = database.clone();
        // A disk that hangs must not hold a thread of the feeds.
        let looking = tokio::task::spawn_blocking(move || look(&path, room::LOG_LIMIT));
        let found = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            found = looking => found,
        };
        if let Ok(found) = found {
            // The writer has raised the alarm by itself meanwhile.
            if std::mem::replace(&mut waits, writer.waits()) != waits {
                disk_well = None;
            }
            let telling = async {
                tell(&writer, found.disk, &mut disk_well, "disk").await?;
                tell(&writer, found.log, &mut log_well, "long_reader").await?;
                let pace = pulse.look(Instant::now(), writer.take_pace());
                tell(&writer, pace, &mut quick, "slow_disk").await
            };
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                told = telling => told?,
            }
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Raises or clears, if that is news.
async fn tell(
    writer: &Handle,
    found: Option<Result<(), Alarm>>,
    well: &mut Option<bool>,
    kind: &str,
) -> Result<(), Error> {
    let Some(found) = found else { return Ok(()) };
    if *well == Some(found.is_ok()) {
        return Ok(());
    }
    *well = Some(found.is_ok());
    match found {
        Ok(()) => writer.clear_alarm(alarms::key(kind, "")).await,
        Err(alarm) => writer.raise_alarm(alarm).await,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::register::room::held::HeldLog;

    #[test]
    fn f30_commits_slow_over_a_minute_are_an_alarm_until_a_minute_without_one() {
        let (begun, mut pulse) = (Instant::now(), Pulse::default());
        let (mut at, mut pace) = (begun, Pace::default());
        // Five seconds later, with so many more commits, so many of them slow.
        let mut five_later = |written, slow, slowest| {
            at += Duration::from_secs(5);
            pace = Pace {
                written: pace.written + written,
                slow: pace.slow + slow,
                slowest,
            };
            pulse.look(at, pace)
        };
        assert_eq!(five_later(100, 0, 3), None, "nothing to compare with yet");
        assert_eq!(five_later(100, 2, 4000), None, "two are a hiccup");
        assert_eq!(five_later(50, 10, 1500), None, "most are quick");
        for _ in 0..12 {
            assert_eq!(five_later(0, 0, 0), None, "nothing is written, nothing is said");
        }
        assert_eq!(five_later(2, 2, 2100), None);
        assert_eq!(five_later(1, 1, 1400), Some(Err(Alarm::SlowDisk { millis: 2100 })));
        for _ in 0..11 {
            let still = five_later(1, 0, 5);
            assert_ne!(still, Some(Ok(())), "the slow ones are less than a minute old");
        }
        assert_eq!(five_later(1, 0, 5), Some(Ok(())));
    }

    #[test]
    fn f35_a_log_that_cannot_shrink_is_told_with_who_reads() {
        let mut held = HeldLog::new();
        let path = held.path();
        assert_eq!(look(&path, 1 << 20).log, Some(Ok(())));
        held.read_for_long();
        held.write(2_000_000);
        let Some(Err(Alarm::LongReader { megabytes, processes })) = look(&path, 1 << 20).log else {
            panic!("{:?}", look(&path, 1 << 20));
        };
        assert_eq!(megabytes, 1);
        // This process reads, and is left out: the one to be ended is another.
        assert_eq!(processes, "");
        held.let_go();
        assert_eq!(look(&path, 1 << 20).log, Some(Ok(())));
    }
}
