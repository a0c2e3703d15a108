//! The clock's task: settles calls and finds deadlines that have passed.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{LONGEST_SLEEP, changed_elsewhere};
use crate::clock::Clock;
use crate::register::{Error, Handle};

/// Looks when the register says so, and when another process has changed the database.
#[derive(Debug)]
pub struct Ticker {
    writer: Handle,
    clock: Clock,
    seen: i64,
}

impl Ticker {
    /// A ticker for this register.
    pub fn new(writer: Handle, clock: Clock) -> Self {
        Self { writer, clock, seen: 0 }
    }

    /// Runs until told to stop.
    ///
    /// # Errors
    /// The register stopped.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), Error> {
        let mut bell = self.writer.bell();
        loop {
            while self.writer.tick().await? {}
            bell.mark_unchanged();
            let (look, _, version) = self.writer.next().await?;
            self.seen = version;
            let wait = look.map_or(LONGEST_SLEEP, |at| self.clock.until(at)).min(LONGEST_SLEEP);
            // Never a busy loop, whatever the register says.
            let wait = wait.max(Duration::from_millis(5));
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(wait) => {}
                changed = changed_elsewhere(&self.writer, self.seen) => changed?,
                rung = bell.changed() => if rung.is_err() { return Ok(()) },
            }
        }
    }
}
