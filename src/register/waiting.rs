//! Lines that wait: for `auto` to decide, or for the rest of their record.
//!
//! **Invariants.** A waiting line is in the journal like any other. A restart finds it there and gives it to the new
//! parser; one on which the code fails goes to the quarantine and keeps no other back.

use jiff::Timestamp;
use rusqlite::params;

use super::feed_state::FeedState;
use super::lines::{Heard, Outcome, TOLD_EARLY, failed};
use super::read::Reader;
use super::rows::LineState;
use super::{Error, Store, instant};
use crate::ids::{FeedName, LineId};
use crate::smdr::detect::Detection;
use crate::smdr::{Parsed, detect, registry};

/// The latest lines that `auto` looks at.
const LOOKED_AT: usize = 200;

/// Silence of a feed after which what its parser holds stands for itself.
const SILENCE_MS: i64 = 60_000;

/// Lines among which one is looked for that was told early: more than a day's.
const REMEMBERED: i64 = 20_000;

/// So many of the latest lines of all feeds are searched for one feed's: the journal has no order by feed.
const SEARCHED: i64 = 20_000;

/// A line that waits in the journal.
pub(super) struct Waiting {
    id: LineId,
    raw: Vec<u8>,
    received_at: Timestamp,
}

impl Waiting {
    fn heard(&self) -> Heard<'_> {
        Heard {
            id: self.id,
            bytes: &self.raw,
            received_at: self.received_at,
            learned_at: self.received_at,
            drifts: false,
        }
    }
}

impl Store {
    /// One more line waits for `auto`; enough of them decide.
    pub(super) fn count_pending(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        outcome: &Outcome,
    ) -> Result<(), Error> {
        if state.parser.is_none() && outcome.state == LineState::Pending && outcome.link.is_none() {
            state.pending += 1;
            if state.pending.is_multiple_of(state.rules.detect_lines.max(1)) {
                self.decide_dialect(feed, state)?;
            }
        }
        Ok(())
    }

    /// `auto`: looks at the pending lines, and if one dialect is clear, parses them all. Returns whether it decided.
    fn decide_dialect(&mut self, feed: &FeedName, state: &mut FeedState) -> Result<bool, Error> {
        let latest = self.waiting(state.id, &format!("DESC LIMIT {LOOKED_AT}"))?;
        let lines: Vec<&[u8]> = latest.iter().rev().map(|line| line.raw.as_slice()).collect();
        let detection = detect::detect(&lines);
        let Some(dialect) = detection.dialect.and_then(registry::by_name) else {
            tracing::warn!(feed = %feed, lines = state.pending, why = %detection.why,
                "the dialect of the feed is not clear yet; its lines are kept");
            return Ok(false);
        };
        self.conn.execute(
            "UPDATE feed SET decided = 1, dialect = ?2 WHERE id = ?1",
            params![state.id, dialect.about().name],
        )?;
        tracing::info!(feed = %feed, dialect = dialect.about().name, score = detection.score, "dialect decided");
        state.dialect = Some(dialect);
        state.reset_parser();
        let pending = self.pending_of(state.id)?;
        self.feed_pending(feed, state, &pending)?;
        // Which of them are records is known only now.
        state.recent = None;
        Ok(true)
    }

    /// Decides `auto` after silence, with however few lines there are; inside a transaction.
    pub(super) fn decide_after_silence(&mut self, feed: &FeedName) -> Result<(), Error> {
        let mut state = self.feed_state(feed)?;
        if state.parser.is_none() && state.pending > 0 {
            self.decide_dialect(feed, &mut state)?;
        }
        self.feeds.insert(feed.clone(), state);
        Ok(())
    }

    pub(super) fn pending_of(&self, feed: i64) -> Result<Vec<Waiting>, Error> {
        self.waiting(feed, "")
    }

    fn waiting(&self, feed: i64, which: &str) -> Result<Vec<Waiting>, Error> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT id, raw, received_at FROM journal
             WHERE state >= 3 AND state = 5 AND feed = ? AND link IS NULL ORDER BY id {which}"
        ))?;
        let rows = statement.query_map([feed], |row| {
            Ok(Waiting {
                id: LineId::new(row.get(0)?),
                raw: row.get(1)?,
                received_at: instant(row.get(2)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Feeds silent for a minute: what their parsers hold stands for itself; inside a transaction.
    pub(super) fn release_waiting(&mut self, now: Timestamp) -> Result<(), Error> {
        let waiting: Vec<(String, i64)> = self
            .conn
            .prepare_cached(
                "SELECT f.name, max(coalesce(f.last_line_at, 0)) FROM journal j JOIN feed f ON f.id = j.feed
                 WHERE j.state >= 3 AND j.state = 5 AND j.link IS NULL GROUP BY f.name",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        self.flush_due = None;
        for (name, last) in waiting {
            let Some(feed) = name.parse().ok().filter(|feed| self.rules.feeds.contains_key(feed)) else {
                continue;
            };
            let mut state = self.feed_state(&feed)?;
            if state.parser.is_some() {
                let due = instant(last.saturating_add(SILENCE_MS));
                if due <= now {
                    self.flush_parser(&feed, &mut state, now)?;
                } else {
                    self.flush_due = Some(self.flush_due.map_or(due, |other| other.min(due)));
                }
            }
            self.feeds.insert(feed, state);
        }
        Ok(())
    }

    pub(super) fn flush_parser(&mut self, feed: &FeedName, state: &mut FeedState, now: Timestamp) -> Result<(), Error> {
        for parsed in state.flush() {
            let Parsed::Leg(leg) = &parsed else { continue };
            let id = LineId::new(i64::try_from(leg.line).unwrap_or(i64::MAX));
            let received_at = self
                .conn
                .prepare_cached("SELECT received_at FROM journal WHERE id = ?")?
                .query_row([id.get()], |row| row.get(0))
                .map(instant)?;
            let heard = Heard {
                id,
                bytes: &[],
                received_at,
                learned_at: now,
                drifts: false,
            };
            let attempt = self.guarded(|store| store.apply(feed, state, heard, vec![parsed]))?;
            for (line, outcome) in attempt.unwrap_or_else(|why| vec![(id, failed(&why))]) {
                self.settle_line(state, line, &outcome.told_early())?;
            }
        }
        Ok(())
    }

    /// A new parser hears again what the old one had told early, and what came since: a last line still finds its
    /// answer. Nothing of it takes effect anew.
    pub(super) fn remind_parser(&mut self, state: &mut FeedState) -> Result<(), Error> {
        let heard: Vec<Waiting> = {
            let mut statement = self.conn.prepare_cached(
                "SELECT id, raw, received_at FROM journal WHERE feed = ?1 AND state IN (0, 1) AND id >=
                   (SELECT min(id) FROM journal WHERE feed = ?1 AND state = 0 AND reason = ?2
                      AND id > (SELECT max(id) FROM journal) - ?3) ORDER BY id",
            )?;
            let rows = statement.query_map(params![state.id, TOLD_EARLY, REMEMBERED], |row| {
                Ok(Waiting {
                    id: LineId::new(row.get(0)?),
                    raw: row.get(1)?,
                    received_at: instant(row.get(2)?),
                })
            })?;
            rows.collect::<Result<_, _>>()?
        };
        for line in &heard {
            state.parse(line.id, &line.raw, line.received_at);
        }
        if !heard.is_empty() {
            state.flush();
        }
        Ok(())
    }

    pub(super) fn feed_pending(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        pending: &[Waiting],
    ) -> Result<(), Error> {
        for kept in pending {
            let attempt = self.isolated(state, |store, state| {
                for (line, outcome) in store.apply_parsed(feed, state, kept.heard())? {
                    store.settle_line(state, line, &outcome)?;
                }
                Ok(())
            })?;
            if let Err(why) = attempt {
                tracing::error!(feed = %feed, line = %kept.id, why = %why, "a line could not be applied and is in quarantine");
                let outcome = failed(&why);
                self.set_outcome(kept.id, &outcome)?;
                state.count(outcome.state);
            }
        }
        state.pending = 0;
        Ok(())
    }
}

impl Reader {
    /// What the latest lines of a feed look like, whatever its dialect is set to; `None`: none came lately.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn detected(&self, feed: &str) -> Result<Option<Detection>, Error> {
        let mut statement = self.connection().prepare_cached(
            "SELECT raw FROM journal WHERE feed = (SELECT id FROM feed WHERE name = ?1)
             AND id > (SELECT coalesce(max(id), 0) FROM journal) - ?2 ORDER BY id DESC LIMIT ?3",
        )?;
        let lines: Vec<Vec<u8>> = statement
            .query_map(params![feed, SEARCHED, LOOKED_AT.cast_signed()], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let lines: Vec<&[u8]> = lines.iter().rev().map(Vec::as_slice).collect();
        Ok((!lines.is_empty()).then(|| detect::detect(&lines)))
    }
}
