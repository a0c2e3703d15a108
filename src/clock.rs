//! The one place that asks what time it is.
//!
//! A daemon has one [`Clock`]. Under `--simulated-time` it starts elsewhere and may run faster; settling, deadlines,
//! quiet hours and retries obey it, sockets and the watchdog don't.

use std::str::FromStr;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Tells the time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clock {
    /// The machine's clock.
    Real,
    /// Started at a given instant, at a given rate.
    Simulated(Simulation),
}

/// A simulated clock, as it is remembered in the database.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Simulation {
    /// What the simulated clock showed at `anchor`.
    pub start: Timestamp,
    /// The machine's time when it was started.
    pub anchor: Timestamp,
    /// Simulated seconds per real second.
    pub rate: f64,
}

impl Clock {
    /// Now, in whole milliseconds: what is stored compares equal to what was computed.
    pub fn now(&self) -> Timestamp {
        let now = match self {
            Self::Real => Timestamp::now(),
            Self::Simulated(simulation) => simulation.at(Timestamp::now()),
        };
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// How long, in real time, until the clock shows `at`; zero if it has passed.
    pub fn until(&self, at: Timestamp) -> Duration {
        let rate = match self {
            Self::Real => 1.0,
            Self::Simulated(simulation) => simulation.rate,
        };
        let left = at.duration_since(self.now()).as_secs_f64() / rate;
        Duration::try_from_secs_f64(left.max(0.0)).unwrap_or(Duration::MAX)
    }
}

impl Simulation {
    fn at(&self, real: Timestamp) -> Timestamp {
        let passed = real.duration_since(self.anchor).as_secs_f64() * self.rate;
        SignedDuration::try_from_secs_f64(passed)
            .ok()
            .and_then(|passed| self.start.checked_add(passed).ok())
            .unwrap_or(Timestamp::MAX)
    }
}

/// A jump of the wall clock by more than this is no correction.
const JUMP: SignedDuration = SignedDuration::from_mins(15);

/// Compares the wall clock with the time since boot, which counts sleep and is set by nobody.
#[derive(Debug, Clone)]
pub struct JumpWatch {
    /// Wall time minus uptime when last looked; none: the clock is simulated, or there is no `/proc/uptime`.
    boot: Option<Timestamp>,
}

impl JumpWatch {
    /// Begins to watch.
    pub fn start(clock: Clock) -> Self {
        let real = clock == Clock::Real;
        Self {
            boot: real.then(boot_time).flatten(),
        }
    }

    /// By how much the wall clock has jumped since the last look, if that is more than a correction.
    pub fn look(&mut self) -> Option<SignedDuration> {
        self.boot?;
        self.compare(boot_time()?)
    }

    fn compare(&mut self, now: Timestamp) -> Option<SignedDuration> {
        let jumped = now.duration_since(self.boot.replace(now)?);
        (jumped.abs() > JUMP).then(|| SignedDuration::from_secs(jumped.as_secs()))
    }
}

/// When this machine was booted, by the wall clock as it is now.
fn boot_time() -> Option<Timestamp> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    let uptime = text.split_whitespace().next()?.parse::<f64>().ok()?;
    let uptime = SignedDuration::try_from_secs_f64(uptime).ok()?;
    Timestamp::now().checked_sub(uptime).ok()
}

/// `START[xRATE]` as given on the command line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulatedTime {
    start: Start,
    rate: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Start {
    Instant(Timestamp),
    Wall(DateTime),
}

impl SimulatedTime {
    /// The simulation, started now; wall time is read in the site's zone.
    pub fn begin(&self, site: &TimeZone) -> Result<Simulation, jiff::Error> {
        let start = match self.start {
            Start::Instant(at) => at,
            Start::Wall(at) => site.to_timestamp(at)?,
        };
        Ok(Simulation {
            start,
            anchor: Timestamp::now(),
            rate: self.rate,
        })
    }
}

/// Why a text is no simulated time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no simulated time: write a start, and a rate if it shall run faster, as in '2026-03-05T09:00:00x60' or \
     '2026-03-05T09:00:00+08:00'"
)]
pub struct BadSimulatedTime(String);

impl FromStr for SimulatedTime {
    type Err = BadSimulatedTime;

    fn from_str(text: &str) -> Result<Self, BadSimulatedTime> {
        let bad = || BadSimulatedTime(text.to_owned());
        let (start, rate) = match text.rsplit_once(['x', 'X']) {
            Some((start, rate)) => (start, rate.parse::<f64>().map_err(|_| bad())?),
            None => (text, 1.0),
        };
        if !(rate > 0.0 && rate <= 1e6) {
            return Err(bad());
        }
        let start = start.trim();
        let start = start
            .parse()
            .map(Start::Instant)
            .or_else(|_| start.parse().map(Start::Wall))
            .map_err(|_| bad())?;
        Ok(Self { start, rate })
    }
}

/// The machine's wall time: for commands that know no register.
pub fn wall_time() -> DateTime {
    TimeZone::system().to_datetime(Timestamp::now())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_start_may_carry_a_zone_and_a_rate() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        for (text, start, rate) in [
            ("2026-03-05T09:00:00x60", "2026-03-05T01:00:00Z", 60.0),
            ("2026-03-05T09:00:00", "2026-03-05T01:00:00Z", 1.0),
            ("2026-03-05 09:00x0.5", "2026-03-05T01:00:00Z", 0.5),
            ("2026-03-05T09:00:00Z", "2026-03-05T09:00:00Z", 1.0),
            ("2026-03-05T09:00:00+08:00x3600", "2026-03-05T01:00:00Z", 3600.0),
        ] {
            let simulation = text.parse::<SimulatedTime>().unwrap().begin(&zone).unwrap();
            assert_eq!(simulation.start, start.parse::<Timestamp>().unwrap(), "{text}");
            assert_eq!(simulation.rate, rate, "{text}");
        }
        for text in [
            "",
            "tomorrow",
            "2026-03-05T09:00:00x0",
            "2026-03-05T09:00:00x-1",
            "2026-03-05T09:00:00xx2",
        ] {
            assert!(text.parse::<SimulatedTime>().is_err(), "{text}");
        }
    }

    #[test]
    fn f38_a_jump_is_told_once_and_a_correction_is_none() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut watch = JumpWatch {
            boot: Some(at("2026-03-05T01:00:00Z")),
        };
        assert_eq!(watch.compare(at("2026-03-05T01:15:00Z")), None);
        let day = watch.compare(at("2026-03-06T01:15:00Z"));
        assert_eq!(day, Some(SignedDuration::from_hours(24)));
        assert_eq!(watch.compare(at("2026-03-06T01:15:01Z")), None);
        let back = watch.compare(at("2026-03-06T01:00:00Z"));
        assert_eq!(back, Some(SignedDuration::from_secs(-15 * 60 - 1)));
        assert_eq!(JumpWatch { boot: None }.look(), None);
        assert!(boot_time().unwrap() <= Timestamp::now());
    }

    #[test]
    fn a_rate_stretches_what_has_passed() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let simulation = Simulation {
            start: at("2026-03-05T01:00:00Z"),
            anchor: at("2026-11-01T00:00:00Z"),
            rate: 60.0,
        };
        assert_eq!(simulation.at(at("2026-11-01T00:01:00Z")), at("2026-03-05T02:00:00Z"));
    }
}
