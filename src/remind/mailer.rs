//! The mailer's task: begins messages, hands them to the transport, records their fate.
//!
//! **Invariants.** Before each message the wall clock is compared with the time since boot: after a jump everything
//! would seem due (or nothing), so mail is held until somebody has looked. A simulated clock does not jump.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{LONGEST_SLEEP, changed_elsewhere};
use crate::clock::{Clock, JumpWatch};
use crate::mail::{Delivery, Transport};
use crate::register::{Begun, Composer, Error, Fate, Handle};

/// First pause after a failed try; doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Longest pause between tries.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Sends what is begun, one message at a time.
pub struct Mailer {
    writer: Handle,
    clock: Clock,
    transport: Transport,
    compose: Composer,
    jumps: JumpWatch,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer")
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

impl Mailer {
    /// A mailer for this register.
    pub fn new(writer: Handle, clock: Clock, transport: Transport, compose: Composer) -> Self {
        Self {
            writer,
            clock,
            transport,
            compose,
            jumps: JumpWatch::start(clock),
        }
    }

    /// Runs until told to stop; ends the message in hand first.
    ///
    /// # Errors
    /// The register stopped.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), Error> {
        let mut bell = self.writer.bell();
        loop {
            bell.mark_unchanged();
            while !stop.is_cancelled()
                && let Some(begun) = self.begin().await?
            {
                self.send(begun).await?;
            }
            let (_, mail, version) = self.writer.next().await?;
            let wait = mail.map_or(LONGEST_SLEEP, |at| self.clock.until(at)).min(LONGEST_SLEEP);
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(wait.max(Duration::from_millis(5))) => {}
                changed = changed_elsewhere(&self.writer, version) => changed?,
                () = self.transport.rest() => {}
                rung = bell.changed() => if rung.is_err() { break },
            }
        }
        self.transport.close().await;
        Ok(())
    }

    async fn begin(&mut self) -> Result<Option<Begun>, Error> {
        if let Some(jump) = self.jumps.look() {
            let why = format!("the wall clock jumped by {jump:#} while the machine's uptime did not");
            tracing::error!(
                why,
                "mail is held until `firstanswer outbox retry`; is the clock right?"
            );
            self.writer.hold_mail(&why).await?;
        }
        self.writer.begin_mail(Arc::clone(&self.compose)).await
    }

    async fn send(&self, begun: Begun) -> Result<(), Error> {
        let Begun {
            message,
            reader,
            attempts,
            ..
        } = &begun;
        let delivery = self
            .transport
            .deliver(&begun.message_id, &begun.address, &begun.bytes)
            .await;
        let fate = match delivery {
            Delivery::Sent => {
                tracing::info!(mail = message, to = reader, "mail sent");
                Fate::Sent
            }
            Delivery::Later {
                after,
                why,
                everybody,
                alarm,
            } => {
                let at = self.next_try(*attempts, after);
                if alarm {
                    tracing::error!(mail = message, to = reader, why, next_at = %at, "mail not sent, and somebody must look");
                } else {
                    tracing::warn!(mail = message, to = reader, why, next_at = %at, "mail not sent yet");
                }
                Fate::Later { at, why, everybody }
            }
            Delivery::Unknown { why } => {
                let at = self.next_try(*attempts, None);
                tracing::warn!(mail = message, to = reader, why, next_at = %at, "nobody knows whether the mail arrived");
                Fate::Unknown { at, why }
            }
            Delivery::Refused { why } => {
                tracing::error!(mail = message, to = reader, why, "mail refused");
                Fate::Refused { why }
            }
        };
        self.writer.mail_fate(begun.message, fate).await
    }

    fn next_try(&self, attempts: u32, after: Option<Duration>) -> Timestamp {
        let pause = after
            .and_then(|d| SignedDuration::try_from(d).ok())
            .unwrap_or_else(|| pause(attempts));
        let now = self.clock.now();
        now.checked_add(pause).unwrap_or(now)
    }
}

fn pause(attempts: u32) -> SignedDuration {
    FIRST_PAUSE
        .checked_mul(1 << attempts.min(6))
        .map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour() {
        let minutes: Vec<i64> = [0, 1, 2, 5, 6, 60].into_iter().map(|n| pause(n).as_mins()).collect();
        assert_eq!(minutes, [1, 2, 4, 32, 60, 60]);
    }
}
