//! The mailer's task: begins messages, hands them to the transport, records their fate.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::LONGEST_SLEEP;
use crate::clock::Clock;
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
        }
    }

    /// Runs until told to stop; ends the message in hand first.
    ///
    /// # Errors
    /// The register stopped.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        let mut bell = self.writer.bell();
        loop {
            bell.mark_unchanged();
            while !stop.is_cancelled()
                && let Some(begun) = self.writer.begin_mail(Arc::clone(&self.compose)).await?
            {
                self.send(begun).await?;
            }
            let (_, mail, _) = self.writer.next().await?;
            let wait = mail.map_or(LONGEST_SLEEP, |at| self.clock.until(at)).min(LONGEST_SLEEP);
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(wait.max(Duration::from_millis(5))) => {}
                rung = bell.changed() => if rung.is_err() { return Ok(()) },
            }
        }
    }

    async fn send(&self, begun: Begun) -> Result<(), Error> {
        let fate = match self.transport.deliver(&begun.message_id, &begun.bytes).await {
            Delivery::Sent => {
                tracing::info!(message = begun.message, person = %begun.person, "mail sent");
                Fate::Sent
            }
            Delivery::Later { after, why } => {
                let pause = after
                    .and_then(|d| SignedDuration::try_from(d).ok())
                    .unwrap_or_else(|| pause(begun.attempts));
                let now = self.clock.now();
                let at = now.checked_add(pause).unwrap_or(now);
                tracing::warn!(message = begun.message, person = %begun.person, why, next_at = %at, "mail not sent yet");
                Fate::Later { at, why }
            }
            Delivery::Refused { why } => {
                tracing::error!(message = begun.message, person = %begun.person, why, "mail refused");
                Fate::Refused { why }
            }
        };
        self.writer.mail_fate(begun.message, fate).await
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
