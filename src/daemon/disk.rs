//! Looks after the disk: is there room, does the write-ahead log shrink?
//!
//! **Not here**: what the writer does when a write fails (`register::writer`), how room is kept (`register::room`).

use std::path::PathBuf;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::register::{Alarm, Error, Handle, alarms, room};

/// How often.
const EVERY: Duration = Duration::from_secs(5);

/// Below this the log is well again; SQLite cuts it to 64 MiB at its next turn.
const LOG_WELL: u64 = room::LOG_LIMIT / 2;

/// What one look finds; `None` where nothing can be said.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    disk: Option<Result<(), Alarm>>,
    log: Option<Result<(), Alarm>>,
}

fn look(database: &std::path::Path, log_limit: u64) -> Look {
    let disk = match room::keep(database) {
        Ok(true) => Some(Ok(())),
        Ok(false) => {
            let free = room::free(database).unwrap_or(0) >> 20;
            Some(Err(Alarm::Disk {
                why: format!("{free} MB"),
            }))
        }
        // Not even that can be written.
        Err(error) => Some(Err(Alarm::Disk { why: error.to_string() })),
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
    let (mut disk_well, mut log_well, mut waits) = (None, None, writer.waits());
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
                tell(&writer, found.log, &mut log_well, "long_reader").await
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
