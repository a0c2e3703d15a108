//! The mailer's task: begins messages, hands them to the transport, records their fate.
//!
//! ```text
//! register ──begin──▶ in hand: up to four at a server, one for a maildir ──fate──▶ register
//!              ▲ budget: so many in a minute
//! ```
//! **Invariants.** Before each message the wall clock is compared with the time since boot: after a jump everything
//! would seem due (or nothing), so mail is held until somebody has looked. A simulated clock does not jump. A message
//! that is stuck holds its own place and no other. While the server is in trouble one message at a time knocks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::budget::Budget;
use super::{LONGEST_SLEEP, changed_elsewhere};
use crate::clock::{Clock, JumpWatch};
use crate::mail::{Delivery, Transport};
use crate::register::{Begun, Composer, Error, Fate, Handle};

/// First pause after a failed try; doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Longest pause between tries.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// The way out: what a reload replaces.
pub struct Outlet {
    /// Where mail goes.
    pub transport: Transport,
    /// How it is written.
    pub compose: Composer,
    /// Messages in a minute; 0: no limit.
    pub per_minute: u32,
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet")
            .field("transport", &self.transport)
            .field("per_minute", &self.per_minute)
            .finish_non_exhaustive()
    }
}

/// Sends what is begun.
#[derive(Debug)]
pub struct Mailer {
    writer: Handle,
    clock: Clock,
    way_out: Arc<ArcSwap<Outlet>>,
    /// As last looked at, to notice a new one.
    outlet: Arc<Outlet>,
    jumps: JumpWatch,
    budget: Budget,
    /// What is being sent, by its task.
    in_hand: HashMap<Id, Begun>,
    /// The last answer was that the server is the trouble.
    troubled: bool,
}

impl Mailer {
    /// A mailer for this register.
    pub fn new(writer: Handle, clock: Clock, way_out: Arc<ArcSwap<Outlet>>) -> Self {
        let outlet = way_out.load_full();
        Self {
            writer,
            clock,
            jumps: JumpWatch::start(clock),
            budget: Budget::new(outlet.per_minute, Instant::now()),
            way_out,
            outlet,
            in_hand: HashMap::new(),
            troubled: false,
        }
    }

    /// Runs until told to stop; ends the messages in hand first.
    ///
    /// # Errors
    /// The register stopped.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), Error> {
        let mut bell = self.writer.bell();
        let mut sending = JoinSet::new();
        while !stop.is_cancelled() {
            self.look_at_the_way_out().await;
            bell.mark_unchanged();
            self.fill(&mut sending, &stop).await?;
            let (_, mail, version) = self.writer.next().await?;
            let wait = mail.map_or(LONGEST_SLEEP, |at| self.clock.until(at));
            // What is due while all hands are full is begun when one is free.
            let wait = if self.is_full() {
                LONGEST_SLEEP
            } else {
                self.budget.wait(Instant::now()).max(wait)
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(wait.clamp(Duration::from_millis(5), LONGEST_SLEEP)) => {}
                changed = changed_elsewhere(&self.writer, version) => changed?,
                () = self.outlet.transport.rest() => {}
                rung = bell.changed() => if rung.is_err() { break },
                Some(done) = sending.join_next_with_id() => self.settle(done).await?,
            }
        }
        while let Some(done) = sending.join_next_with_id().await {
            self.settle(done).await?;
        }
        self.outlet.transport.close().await;
        Ok(())
    }

    /// After a reload the old way out is left, once what is on it has gone.
    async fn look_at_the_way_out(&mut self) {
        let outlet = self.way_out.load_full();
        if !Arc::ptr_eq(&outlet, &self.outlet) {
            let old = std::mem::replace(&mut self.outlet, outlet);
            self.budget.allow(self.outlet.per_minute);
            self.troubled = false;
            old.transport.close().await;
        }
    }

    fn is_full(&self) -> bool {
        let most = if self.troubled {
            1
        } else {
            self.outlet.transport.at_once()
        };
        self.in_hand.len() >= most
    }

    /// Begins what may go, as long as there is a hand and a budget for it.
    async fn fill(&mut self, sending: &mut JoinSet<Delivery>, stop: &CancellationToken) -> Result<(), Error> {
        while !stop.is_cancelled() && !self.is_full() && self.budget.wait(Instant::now()).is_zero() {
            let Some(begun) = self.begin().await? else { break };
            self.budget.spend(Instant::now());
            let (outlet, message) = (Arc::clone(&self.outlet), begun.clone());
            let task = sending.spawn(async move {
                let Begun {
                    message_id,
                    address,
                    bytes,
                    ..
                } = message;
                outlet.transport.deliver(&message_id, &address, &bytes).await
            });
            self.in_hand.insert(task.id(), begun);
            // What has been answered meanwhile frees a hand, and may say that the server is in trouble.
            while let Some(done) = sending.try_join_next_with_id() {
                self.settle(done).await?;
            }
        }
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
        let in_hand = self.in_hand.values().map(|begun| begun.message).collect();
        self.writer.begin_mail(in_hand, Arc::clone(&self.outlet.compose)).await
    }

    async fn settle(&mut self, done: Result<(Id, Delivery), JoinError>) -> Result<(), Error> {
        let (task, delivery) = match done {
            Ok(done) => done,
            Err(error) => {
                let why = format!("the delivery was cut off: {error}");
                (error.id(), Delivery::Unknown { why })
            }
        };
        let Some(begun) = self.in_hand.remove(&task) else {
            return Ok(());
        };
        let before = self.troubled;
        self.troubled = match &delivery {
            Delivery::Sent | Delivery::Refused { .. } => false,
            Delivery::Later { everybody, .. } => *everybody,
            Delivery::Unknown { .. } => self.troubled,
        };
        if before != self.troubled {
            self.show_trouble();
        }
        let fate = self.fate(&begun, delivery);
        self.writer.mail_fate(begun.message, fate).await
    }

    /// Mail can't tell that mail does not go: `systemctl status` does, besides log, outbox and alarm.
    fn show_trouble(&self) {
        let state = if self.troubled {
            "mail does not go out; see `firstanswer outbox list`"
        } else {
            "mail goes out"
        };
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Status(state)]);
    }

    /// What came of it, said in the log.
    fn fate(&self, begun: &Begun, delivery: Delivery) -> Fate {
        let Begun {
            message,
            reader,
            attempts,
            ..
        } = begun;
        match delivery {
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
                Fate::Later {
                    at,
                    why,
                    everybody,
                    alarm,
                }
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
        }
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
