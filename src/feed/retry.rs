//! How long to wait before the next try.
//!
//! **Invariants.** Waits double up to a limit. They are drawn from the upper half of their length, so that feeds that
//! failed together don't come back together. After a healthy minute they begin anew.

use std::time::Duration;

use tokio::time::Instant;

/// So long a connection must last to count as healthy.
pub(super) const HEALTHY: Duration = Duration::from_secs(60);

/// The waits of one kind of failure.
#[derive(Debug)]
pub(super) struct Retry {
    first: Duration,
    limit: Duration,
    next: Duration,
    began: Option<Instant>,
}

impl Retry {
    pub fn new(first: Duration, limit: Duration) -> Self {
        Self {
            first,
            limit,
            next: first,
            began: None,
        }
    }

    /// The usual: from one second to five minutes.
    pub fn usual() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_secs(5 * 60))
    }

    /// It works, for now.
    pub fn works(&mut self) {
        self.began = Some(Instant::now());
    }

    /// It works for good.
    pub fn reset(&mut self) {
        self.next = self.first;
        self.began = None;
    }

    /// It failed: how long to wait.
    pub fn failed(&mut self) -> Duration {
        if self.began.take().is_some_and(|at| at.elapsed() >= HEALTHY) {
            self.next = self.first;
        }
        let wait = self.next;
        self.next = (wait * 2).min(self.limit);
        wait / 2 + wait.mul_f64(chance() / 2.0)
    }
}

/// From 0 to below 1; any number does where the system has no chance to give.
fn chance() -> f64 {
    let mut bytes = [0u8; 2];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u16::from_be_bytes(bytes)) / 65_536.0,
        Err(_) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_double_to_their_limit_and_begin_anew_after_a_healthy_minute() {
        let mut retry = Retry::usual();
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            let wait = retry.failed();
            let most = Duration::from_secs(seconds);
            assert!(most / 2 <= wait && wait <= most, "{wait:?} for {most:?}");
        }
        retry.works();
        tokio::time::advance(Duration::from_secs(59)).await;
        assert!(retry.failed() >= Duration::from_secs(150), "59 seconds are no health");
        retry.works();
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(retry.failed() <= Duration::from_secs(1));
    }
}
