//! What the store remembers of a feed between transactions: its parser, counters, boot epoch, drift.
//!
//! **Invariants.** All of it can be read back from the database: after a failed transaction it is dropped and read
//! again, after a restart lines that waited for their record go to the new parser.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::params;

use super::floors::{self, Numbered};
use super::gaps::Numbers;
use super::guard::panic_text;
use super::noise::Sample;
use super::recent::Recent;
use super::rows::LineState;
#[cfg(test)]
use super::tests::script::by_name;
use super::{Error, FeedRules, Store, instant, millis};
use crate::call::{Epoch, PlacedLeg};
use crate::ids::{FeedName, LineId};
#[cfg(not(test))]
use crate::smdr::registry::by_name;
use crate::smdr::{Dialect, Line, Parsed, Parser};

/// The log tells of a feed's quarantine at most this often.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// How many drift samples the median is taken of.
const DRIFT_SAMPLES: usize = 51;

/// A pause this long ends a connection's first burst (the PBX's buffer).
const BURST_PAUSE_MS: i64 = 2_000;

/// What the store remembers of a feed between transactions; all of it can be read back.
pub(super) struct FeedState {
    pub(super) id: i64,
    pub(super) rules: FeedRules,
    pub(super) dialect: Option<&'static dyn Dialect>,
    pub(super) parser: Option<Box<dyn Parser>>,
    pub(super) epoch: Epoch,
    epoch_changed: bool,
    drift: VecDeque<i64>,
    drift_changed: bool,
    burst: HashMap<i64, i64>,
    pub(super) partial: HashMap<i64, LineId>,
    pub(super) pending: usize,
    pub(super) counts: Counts,
    /// Its latest lines, once they were asked for.
    pub(super) recent: Option<Recent>,
    /// What is waited for in the switch's numbers.
    pub(super) numbers: Numbers,
    /// Many of its latest lines were not understood.
    pub(super) unwell: bool,
    /// Its bytes were noise; not known after a start.
    pub(super) noisy: bool,
    pub(super) sample: Sample,
    /// Lines gone to quarantine that the log has not told of yet, and when it last did.
    untold: i64,
    told: Option<Instant>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) lines: i64,
    pub(super) legs: i64,
    pub(super) skipped: i64,
    pub(super) quarantined: i64,
    pub(super) partial: i64,
    pub(super) duplicates: i64,
    pub(super) last_line_at: Option<i64>,
}

impl Store {
    /// The cached state of a feed, or read back from the database.
    pub(super) fn feed_state(&mut self, feed: &FeedName) -> Result<FeedState, Error> {
        if let Some(state) = self.feeds.remove(feed) {
            return Ok(state);
        }
        let mut state = self.read_feed(feed)?;
        if state.parser.is_some() {
            // A restart in the middle of a record: what waited is given to the new parser again.
            self.remind_parser(&mut state)?;
            let pending = self.pending_of(state.id)?;
            self.feed_pending(feed, &mut state, &pending)?;
        }
        Ok(state)
    }

    fn read_feed(&mut self, feed: &FeedName) -> Result<FeedState, Error> {
        let rules = self.rules.feeds.get(feed).cloned().ok_or_else(|| Error::Garbled {
            what: format!("feed `{feed}`"),
            detail: "the config does not name it".to_owned(),
        })?;
        self.conn
            .execute("INSERT OR IGNORE INTO feed(name) VALUES (?)", [feed.as_str()])?;
        let (id, decided, dialect, epoch, drift): (i64, bool, Option<String>, Epoch, Option<String>) =
            self.conn.query_row(
                "SELECT id, decided, dialect, epoch, top_id, top_start, drift FROM feed WHERE name = ?",
                [feed.as_str()],
                |row| {
                    let epoch = Epoch {
                        number: row.get(3)?,
                        top_id: row.get(4)?,
                        top_start: row.get::<_, Option<i64>>(5)?.map(instant),
                    };
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, epoch, row.get(6)?))
                },
            )?;
        let name = if rules.dialect == "auto" {
            dialect.filter(|_| decided)
        } else {
            Some(rules.dialect.clone())
        };
        let pending: i64 = self.conn.query_row(
            "SELECT count(*) FROM journal WHERE state >= 3 AND state = 5 AND feed = ? AND link IS NULL",
            [id],
            |row| row.get(0),
        )?;
        let mut state = FeedState {
            id,
            rules,
            dialect: name.as_deref().and_then(by_name),
            parser: None,
            epoch,
            epoch_changed: false,
            drift: drift
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default(),
            drift_changed: false,
            burst: HashMap::new(),
            partial: HashMap::new(),
            pending: usize::try_from(pending).unwrap_or(0),
            counts: Counts::default(),
            recent: None,
            numbers: self.open_numbers(id)?,
            unwell: true,
            noisy: true,
            sample: Sample::default(),
            untold: 0,
            told: None,
        };
        state.partial = self.unended_of(id)?.into_iter().collect();
        state.reset_parser();
        Ok(state)
    }

    /// Writes the feeds' counters; the last step of a transaction.
    pub(super) fn flush_feeds(&mut self) -> Result<(), Error> {
        for (name, state) in &mut self.feeds {
            let counts = std::mem::take(&mut state.counts);
            state.tell_of_quarantine(name, counts.quarantined);
            if counts.lines != 0 || counts.last_line_at.is_some() || counts.touched() {
                self.conn
                    .prepare_cached(
                        "UPDATE feed SET lines = lines + ?2, legs = legs + ?3, skipped = skipped + ?4,
                           quarantined = quarantined + ?5, partial = partial + ?6,
                           last_line_at = coalesce(?7, last_line_at), duplicates = duplicates + ?8 WHERE id = ?1",
                    )?
                    .execute(params![
                        state.id,
                        counts.lines,
                        counts.legs,
                        counts.skipped,
                        counts.quarantined,
                        counts.partial,
                        counts.last_line_at,
                        counts.duplicates
                    ])?;
            }
            if std::mem::take(&mut state.epoch_changed) {
                self.conn
                    .prepare_cached("UPDATE feed SET epoch = ?2, top_id = ?3, top_start = ?4 WHERE id = ?1")?
                    .execute(params![
                        state.id,
                        state.epoch.number,
                        state.epoch.top_id,
                        state.epoch.top_start.map(millis)
                    ])?;
            }
            if std::mem::take(&mut state.drift_changed) {
                self.conn
                    .prepare_cached("UPDATE feed SET drift = ?2 WHERE id = ?1")?
                    .execute(params![state.id, serde_json::to_string(&state.drift).ok()])?;
            }
        }
        Ok(())
    }

    /// A connection was opened; returns its number.
    pub(super) fn connection_opened(&mut self, feed: &FeedName, peer: &str, now: Timestamp) -> Result<i64, Error> {
        let mut state = self.feed_state(feed)?;
        let id = floors::next_id(&self.conn, Numbered::Connection)?;
        self.conn.execute(
            "INSERT INTO connection(id, feed, peer, opened_at) VALUES (?, ?, ?, ?)",
            params![id, state.id, peer, millis(now)],
        )?;
        state.burst.insert(id, millis(now));
        self.watch(feed, &mut state, id, millis(now))?;
        self.after_a_break(&mut state, id, peer, now)?;
        self.feeds.insert(feed.clone(), state);
        Ok(id)
    }

    /// A connection ended.
    pub(super) fn connection_closed(
        &mut self,
        feed: &FeedName,
        connection: i64,
        why: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.conn.execute(
            "UPDATE connection SET closed_at = ?2, why = ?3 WHERE id = ?1",
            params![connection, millis(now), why],
        )?;
        let mut state = self.feed_state(feed)?;
        self.end_watch(connection);
        state.burst.remove(&connection);
        if let Some(line) = state.partial.remove(&connection) {
            self.never_ended(line)?;
        }
        self.feeds.insert(feed.clone(), state);
        Ok(())
    }

    /// Books that a killed daemon left open are closed: those connections ended with it.
    pub(super) fn close_stale_connections(&self) -> Result<(), Error> {
        let feeds: Vec<i64> = self
            .conn
            .prepare("SELECT DISTINCT feed FROM connection WHERE closed_at IS NULL")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for feed in feeds {
            for (_, line) in self.unended_of(feed)? {
                self.never_ended(line)?;
            }
        }
        self.conn.execute(
            "UPDATE connection SET why = 'the daemon ended', closed_at = max(opened_at,
               coalesce((SELECT last_line_at FROM feed WHERE feed.id = connection.feed), 0)) WHERE closed_at IS NULL",
            [],
        )?;
        Ok(())
    }
}

impl Counts {
    fn touched(&self) -> bool {
        self.legs != 0 || self.skipped != 0 || self.quarantined != 0 || self.partial != 0 || self.duplicates != 0
    }
}

/// What [`FeedState::back_to`] goes back to.
pub(super) struct Mark {
    dialect: Option<&'static dyn Dialect>,
    epoch: Epoch,
    epoch_changed: bool,
    drift: VecDeque<i64>,
    drift_changed: bool,
    partial: HashMap<i64, LineId>,
    pending: usize,
    counts: Counts,
    numbers: Numbers,
}

impl FeedState {
    /// What a failed attempt must not leave changed.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            dialect: self.dialect,
            epoch: self.epoch,
            epoch_changed: self.epoch_changed,
            drift: self.drift.clone(),
            drift_changed: self.drift_changed,
            partial: self.partial.clone(),
            pending: self.pending,
            counts: self.counts,
            numbers: self.numbers.clone(),
        }
    }

    /// After a failed attempt. The parser may have seen what is undone, so it begins anew.
    pub(super) fn back_to(&mut self, mark: Mark) {
        self.dialect = mark.dialect;
        self.epoch = mark.epoch;
        self.epoch_changed = mark.epoch_changed;
        self.drift = mark.drift;
        self.drift_changed = mark.drift_changed;
        self.partial = mark.partial;
        self.pending = mark.pending;
        self.counts = mark.counts;
        self.numbers = mark.numbers;
        self.reset_parser();
    }

    pub(super) fn reset_parser(&mut self) {
        let options = &self.rules.options;
        self.parser = self.dialect.and_then(|dialect| match dialect.parser(options) {
            Ok(parser) => Some(parser),
            Err(error) => {
                // `check` refuses such options; a dialect that `auto` found may not know those given.
                tracing::warn!(dialect = dialect.about().name, %error, "feed option ignored");
                dialect.parser(&crate::smdr::Options::new()).ok()
            }
        });
    }

    pub(super) fn parse(&mut self, id: LineId, bytes: &[u8], received_at: Timestamp) -> Vec<Parsed> {
        let mut out = Vec::with_capacity(1);
        let number = u64::try_from(id.get()).unwrap_or(0);
        let line = Line {
            number,
            bytes,
            received: self.rules.zone.to_datetime(received_at),
        };
        let Some(parser) = &mut self.parser else { return out };
        let attempt = catch_unwind(AssertUnwindSafe(|| parser.line(line, &mut out)));
        if let Err(panic) = attempt {
            let error = format!("the parser failed on it: {}", panic_text(panic.as_ref()));
            tracing::error!(line = %id, why = %error, "a hostile line is in quarantine");
            self.reset_parser();
            out = vec![Parsed::Unparsed {
                line: number,
                column: 1,
                error,
            }];
        }
        out
    }

    /// What the parser holds comes out.
    pub(super) fn flush(&mut self) -> Vec<Parsed> {
        let mut out = Vec::new();
        let Some(parser) = &mut self.parser else { return out };
        if catch_unwind(AssertUnwindSafe(|| parser.flush(&mut out))).is_err() {
            self.reset_parser();
        }
        out
    }

    pub(super) fn observe_epoch(&mut self, leg: &PlacedLeg) -> i64 {
        self.epoch_changed |= self.epoch.observe(leg);
        self.epoch.number
    }

    pub(super) fn count(&mut self, state: LineState) {
        match state {
            LineState::Leg => self.counts.legs += 1,
            LineState::Skipped => self.counts.skipped += 1,
            LineState::Quarantined => self.counts.quarantined += 1,
            LineState::Partial => self.counts.partial += 1,
            LineState::Duplicate => self.counts.duplicates += 1,
            LineState::Pending => {}
        }
    }

    /// One bad line repeated must not fill the log: told once a minute, with the count.
    fn tell_of_quarantine(&mut self, feed: &FeedName, lines: i64) {
        self.untold += lines.max(0);
        if self.untold > 0 && self.told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            tracing::warn!(feed = %feed, lines = self.untold,
                "lines were not understood and are in quarantine; `firstanswer journal list --quarantined` shows them");
            self.untold = 0;
            self.told = Some(Instant::now());
        }
    }

    pub(super) fn note_arrival(&mut self, connection: i64, at: i64) {
        if let Some(last) = self.burst.get_mut(&connection) {
            if at - *last >= BURST_PAUSE_MS {
                self.burst.remove(&connection);
            } else {
                *last = at;
            }
        }
    }

    /// A connection begins with what the PBX had buffered: such lines say nothing about its clock.
    pub(super) fn in_burst(&self, connection: i64) -> bool {
        self.burst.contains_key(&connection)
    }

    /// Whether there are samples of the clock since the last transaction.
    pub(super) fn drift_is_new(&self) -> bool {
        self.drift_changed
    }

    /// The median of the samples, if there are so many.
    pub(super) fn drift_median(&self, samples: usize) -> Option<i64> {
        let mut sorted: Vec<i64> = self.drift.iter().copied().collect();
        sorted.sort_unstable();
        sorted
            .get(sorted.len() / 2)
            .copied()
            .filter(|_| sorted.len() >= samples)
    }

    pub(super) fn note_drift(&mut self, seconds: i64) {
        self.drift.push_back(seconds);
        if self.drift.len() > DRIFT_SAMPLES {
            self.drift.pop_front();
        }
        self.drift_changed = true;
    }
}

/// The median of stored drift samples, in seconds; positive: lines arrive after the end they print.
pub(super) fn drift_median(stored: Option<&str>) -> Option<i64> {
    let mut samples: Vec<i64> = serde_json::from_str(stored?).ok()?;
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied()
}
