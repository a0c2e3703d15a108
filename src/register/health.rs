//! The health of feeds: silence, no call from any, lines not understood, a clock that is off, a dialect that was wrong.
//!
//! **Invariants.** An alarm stands while its cause does. Silence is counted on the calendar, from the last line or the
//! daemon's start, or since when the feed is named. A dialect that `auto` found is given up only for another that clearly fits what the first does not
//! read; lines that were read stay as they are.
//!
//! **Not here**: lines that are no text ([`super::noise`]), how an alarm reaches the administrator ([`super::alarms`]).

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::alarms::key;
use super::feed_state::FeedState;
use super::lines::{Heard, failed};
use super::{Alarm, Error, Store, instant, millis};
use crate::ids::{FeedName, LineId};
use crate::smdr::{detect, registry};

/// The latest lines that are looked at.
const LOOKED_AT: usize = 50;

/// So many of them not understood are an alarm.
const MANY: usize = 10;

/// So few, and it is over.
const FEW: usize = 2;

/// So many read lines in a row are from before the layout changed.
const BEFORE: usize = 10;

/// A median of fewer says nothing.
const DRIFT_SAMPLES: usize = 5;

/// When silence will be an alarm, computed once for each last line.
#[derive(Debug, Clone, Copy)]
pub(super) struct SilenceDue {
    base: i64,
    at: Option<Timestamp>,
}

impl SilenceDue {
    /// To be computed again at the next look.
    pub(super) const fn anew(self) -> Self {
        Self { base: 0, ..self }
    }
}

/// How the latest lines of a feed were read.
struct Latest {
    lines: usize,
    unread: Vec<i64>,
}

impl Store {
    /// After lines of a feed were taken.
    pub(super) fn look_after(&mut self, feed: &FeedName, state: &mut FeedState, now: Timestamp) -> Result<(), Error> {
        // Also where silence is no alarm any more: one may stand from before.
        self.clear_alarm(&key("feed_silent", feed.as_str()), now)?;
        if state.drift_is_new() {
            self.look_at_drift(feed, state, now)?;
        }
        if state.counts.quarantined > 0 || (state.unwell && state.counts.legs > 0) {
            self.look_at_quarantine(feed, state, now)?;
        }
        self.look_for_noise(feed, state, now)
    }

    fn look_at_drift(&mut self, feed: &FeedName, state: &FeedState, now: Timestamp) -> Result<(), Error> {
        let Some(seconds) = state.drift_median(DRIFT_SAMPLES) else {
            return Ok(());
        };
        // Half of what is an alarm, and it is over.
        let (feed, limit) = (feed.to_string(), state.rules.drift);
        if limit > 0 && seconds.abs() > limit {
            self.raise_alarm(&Alarm::Drift { feed, seconds }, now)?;
        } else if limit == 0 || seconds.abs() <= limit / 2 {
            self.clear_alarm(&key("drift", &feed), now)?;
        }
        Ok(())
    }

    fn look_at_quarantine(&mut self, feed: &FeedName, state: &mut FeedState, now: Timestamp) -> Result<(), Error> {
        let latest = self.latest(state, now)?;
        if latest.unread.len() >= MANY {
            if self.decide_anew(feed, state, &latest, now)? {
                return Ok(());
            }
            state.unwell = true;
            // Read lines tell of no trouble, however many before them were not.
            if state.counts.quarantined > 0 {
                self.alarm_of_unread(feed, state, &latest, now)?;
            }
        } else if latest.unread.len() <= FEW && state.unwell {
            state.unwell = false;
            self.clear_alarm(&key("quarantine", feed.as_str()), now)?;
        }
        Ok(())
    }

    /// After the quarantine was read again: an alarm whose cause is gone is over.
    pub(super) fn look_again(&mut self, feed: &FeedName, now: Timestamp) -> Result<(), Error> {
        let mut state = self.feed_state(feed)?;
        let latest = self.latest(&mut state, now)?;
        if latest.unread.len() <= FEW {
            state.unwell = false;
            self.clear_alarm(&key("quarantine", feed.as_str()), now)?;
        }
        self.feeds.insert(feed.clone(), state);
        Ok(())
    }

    fn latest(&self, state: &mut FeedState, now: Timestamp) -> Result<Latest, Error> {
        let recent = self.recent_of(state, millis(now))?;
        let latest = || recent.telling().take(LOOKED_AT);
        Ok(Latest {
            lines: latest().count(),
            unread: latest().filter(|seen| seen.unread).map(|seen| seen.id).collect(),
        })
    }

    fn alarm_of_unread(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        latest: &Latest,
        now: Timestamp,
    ) -> Result<(), Error> {
        let name = feed.to_string();
        let stands: bool = self
            .conn
            .prepare_cached("SELECT EXISTS(SELECT 1 FROM alarm WHERE key IN (?, ?) AND cleared_at IS NULL)")?
            .query_row([key("quarantine", &name), key("garbage", &name)], |row| row.get(0))?;
        if stands {
            return Ok(());
        }
        let raw = self.raw_of(&latest.unread)?;
        let lines: Vec<&[u8]> = raw.iter().map(Vec::as_slice).collect();
        if self.unread_is_noise(feed, state, &lines, now)? {
            return Ok(());
        }
        let alarm = Alarm::Quarantine {
            feed: name,
            percent: u32::try_from(latest.unread.len() * 100 / latest.lines.max(1)).unwrap_or(100),
        };
        self.raise_alarm(&alarm, now).map(drop)
    }

    /// Raw lines, oldest first; `ids` newest first.
    fn raw_of(&self, ids: &[i64]) -> Result<Vec<Vec<u8>>, Error> {
        let mut statement = self.conn.prepare_cached("SELECT raw FROM journal WHERE id = ?")?;
        let rows = ids.iter().rev().map(|id| statement.query_row([id], |row| row.get(0)));
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// `auto` chose a dialect that does not read what comes now: another that does takes over, and reads what waits in
    /// quarantine since. Returns whether it did.
    fn decide_anew(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        latest: &Latest,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let auto = state.rules.dialect == "auto" && latest.lines == LOOKED_AT && latest.unread.len() * 2 > LOOKED_AT;
        let Some(old) = state.dialect.filter(|_| auto).map(|dialect| dialect.about().name) else {
            return Ok(false);
        };
        let raw = self.raw_of(&latest.unread)?;
        let lines: Vec<&[u8]> = raw.iter().map(Vec::as_slice).collect();
        let detection = detect::detect(&lines);
        let Some(dialect) = detection
            .dialect
            .filter(|name| *name != old)
            .and_then(registry::by_name)
        else {
            return Ok(false);
        };
        let new = dialect.about().name;
        let text = format!(
            "`auto` decides anew: {new} instead of {old}, for {} of the last {LOOKED_AT} lines were not understood; {}",
            latest.unread.len(),
            detection.why
        );
        tracing::warn!(feed = %feed, "{text}");
        self.conn.execute(
            "UPDATE feed SET decided = 1, dialect = ?2 WHERE id = ?1",
            params![state.id, new],
        )?;
        self.write_feed_event(state.id, &text, now)?;
        let unread = self.unread_since(state, now)?;
        state.dialect = Some(dialect);
        state.reset_parser();
        for id in unread {
            self.read_again(feed, state, id, now)?;
        }
        state.recent = None;
        state.unwell = false;
        self.clear_alarm(&key("quarantine", feed.as_str()), now)?;
        Ok(true)
    }

    /// What was not understood since the layout changed, oldest first.
    fn unread_since(&self, state: &mut FeedState, now: Timestamp) -> Result<Vec<i64>, Error> {
        let (mut unread, mut read) = (Vec::new(), 0);
        for seen in self.recent_of(state, millis(now))?.telling() {
            if seen.unread {
                unread.push(seen.id);
                read = 0;
            } else {
                read += 1;
            }
            if read >= BEFORE {
                break;
            }
        }
        unread.reverse();
        Ok(unread)
    }

    fn read_again(&mut self, feed: &FeedName, state: &mut FeedState, id: i64, now: Timestamp) -> Result<(), Error> {
        let row: (Vec<u8>, i64, i64) = self
            .conn
            .prepare_cached("SELECT raw, received_at, state FROM journal WHERE id = ?")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let (raw, received_at, 3) = row else { return Ok(()) };
        let heard = Heard {
            id: LineId::new(id),
            bytes: &raw,
            received_at: instant(received_at),
            learned_at: now,
            drifts: false,
        };
        let attempt = self.isolated(state, |store, state| store.apply_parsed(feed, state, heard))?;
        for (line, outcome) in attempt.unwrap_or_else(|why| vec![(LineId::new(id), failed(&why))]) {
            self.set_outcome(line, &outcome)?;
            state.count(outcome.state);
            state.counts.quarantined -= 1;
        }
        Ok(())
    }

    /// Something that happened to a feed as a whole, for `feed status`.
    pub(super) fn write_feed_event(&self, feed: i64, text: &str, now: Timestamp) -> Result<(), Error> {
        self.conn
            .prepare_cached("INSERT INTO feed_event(feed, at, text) VALUES (?, ?, ?)")?
            .execute(params![feed, millis(now), text])?;
        Ok(())
    }

    /// Alarms of feeds that fell quiet; inside a transaction.
    pub(super) fn look_for_silence(&mut self, now: Timestamp) -> Result<(), Error> {
        let begun = *self.begun.get_or_insert(millis(now));
        let rules = std::sync::Arc::clone(&self.rules);
        for (name, feed) in &rules.feeds {
            let Some(span) = feed.silence else { continue };
            let last: Option<i64> = self
                .conn
                .prepare_cached("SELECT max(last_line_at) FROM feed WHERE name = ?")?
                .query_row([name.as_str()], |row| row.get(0))?;
            let begun = begun.max(self.joined.get(name).copied().unwrap_or(begun));
            let base = last.unwrap_or(begun).max(begun);
            let due = match self.silence_due.get(name) {
                Some(due) if due.base == base => *due,
                _ => {
                    let at = rules.calendar.shift(instant(base), span).ok();
                    let due = SilenceDue { base, at };
                    self.silence_due.insert(name.clone(), due);
                    due
                }
            };
            if due.at.is_some_and(|at| at <= now) {
                let alarm = Alarm::FeedSilent {
                    feed: name.to_string(),
                    since: instant(last.unwrap_or(base)),
                };
                self.raise_alarm(&alarm, now)?;
                // Told; nothing more to wait for until the next line.
                self.silence_due.insert(name.clone(), SilenceDue { base, at: None });
            }
        }
        Ok(())
    }

    /// The alarm that no call comes from any feed, whatever else they send; inside a transaction.
    pub(super) fn look_for_calls(&mut self, now: Timestamp) -> Result<(), Error> {
        let rules = std::sync::Arc::clone(&self.rules);
        let Some(span) = rules.dead_man.filter(|_| !rules.feeds.is_empty()) else {
            self.calls_due = None;
            self.clear_alarm(&key("no_calls", ""), now)?;
            return Ok(());
        };
        let begun = *self.begun.get_or_insert(millis(now));
        let last: Option<i64> = self
            .conn
            .prepare_cached("SELECT received_at FROM call WHERE id = (SELECT max(id) FROM call)")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let base = last.unwrap_or(begun).max(begun);
        match self.calls_due {
            Some(due) if due.base == base => {}
            _ => {
                // After a call on a day off the day begins with the next opening: else it were over at its hour.
                let from = rules.calendar.next_open(instant(base));
                let at = from.and_then(|from| rules.calendar.shift(from, span)).ok();
                self.calls_due = Some(SilenceDue { base, at });
                if last.is_some_and(|last| last >= begun) {
                    self.clear_alarm(&key("no_calls", ""), now)?;
                }
            }
        }
        if self.calls_due.is_some_and(|due| due.at.is_some_and(|at| at <= now)) {
            let since = instant(last.unwrap_or(base));
            self.raise_alarm(&Alarm::NoCalls { since }, now)?;
            self.calls_due = Some(SilenceDue { base, at: None });
        }
        Ok(())
    }

    /// When the next feed will have been silent too long, or all of them without a call.
    pub(super) fn next_silence(&self) -> Option<Timestamp> {
        let feeds = self.silence_due.values();
        feeds.chain(&self.calls_due).filter_map(|due| due.at).min()
    }
}
