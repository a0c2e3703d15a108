//! How many messages may go in a minute: a bucket that holds a minute's worth and fills evenly.

use std::time::Duration;

use tokio::time::Instant;

/// The bucket. Its time is real, also under a simulated clock: it protects the mail server.
#[derive(Debug)]
pub(super) struct Budget {
    /// In a minute; 0: no limit.
    per_minute: u32,
    /// Messages that may go at once.
    left: f64,
    /// When that was reckoned.
    at: Instant,
}

impl Budget {
    /// Full.
    pub(super) fn new(per_minute: u32, now: Instant) -> Self {
        Self {
            per_minute,
            left: f64::from(per_minute),
            at: now,
        }
    }

    /// From now on another limit; what was spent stays spent.
    pub(super) fn allow(&mut self, per_minute: u32) {
        self.per_minute = per_minute;
        self.left = self.left.min(f64::from(per_minute));
    }

    /// How long until the next may go; zero if it may go now.
    pub(super) fn wait(&mut self, now: Instant) -> Duration {
        if self.per_minute == 0 {
            return Duration::ZERO;
        }
        let per_second = f64::from(self.per_minute) / 60.0;
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * per_second).min(f64::from(self.per_minute));
        self.at = now;
        Duration::from_secs_f64(((1.0 - self.left) / per_second).max(0.0))
    }

    /// One has gone.
    pub(super) fn spend(&mut self, now: Instant) {
        self.wait(now);
        self.left -= 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f55_a_minutes_worth_at_once_then_evenly() {
        let begun = Instant::now();
        let mut budget = Budget::new(60, begun);
        for n in 0..60 {
            assert!(budget.wait(begun).is_zero(), "message {n}");
            budget.spend(begun);
        }
        assert_eq!(budget.wait(begun), Duration::from_secs(1));
        let later = begun + Duration::from_secs(10);
        let sent = (0..100).take_while(|_| {
            let may = budget.wait(later).is_zero();
            budget.spend(later);
            may
        });
        assert_eq!(sent.count(), 10);
        // However long nothing goes, no more than a minute's worth is saved.
        let mut rested = Budget::new(60, begun);
        rested.wait(begun + Duration::from_secs(86_400));
        assert_eq!(rested.left, 60.0);
        assert!(Budget::new(0, begun).wait(begun).is_zero());
    }
}
