//! `journal reparse`: the quarantine goes through this program's dialects again.
//!
//! **Invariants.** Done again, it changes nothing. What parses now is learned now: deadlines never lie before that.

use jiff::Timestamp;

use super::lines::{Heard, failed};
use super::rows::LineState;
use super::{Error, Store, instant};
use crate::ids::{FeedName, LineId};

/// What `journal reparse` did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Reparsed {
    /// Lines looked at.
    pub lines: u64,
    /// Lines that became legs.
    pub legs: u64,
    /// Lines that became no record.
    pub skipped: u64,
    /// Lines that stay in quarantine.
    pub quarantined: u64,
}

/// A line of the quarantine.
struct Quarantined {
    id: LineId,
    feed: FeedName,
    raw: Vec<u8>,
    received_at: Timestamp,
}

impl Store {
    /// Parses the quarantine again with this program's dialects. What parses now joins its calls as late evidence;
    /// done again, it changes nothing. Commits per 1,000 lines.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn reparse(&mut self, now: Timestamp, mut progress: impl FnMut(u64, u64)) -> Result<Reparsed, Error> {
        let total: u64 = self.conn.query_row(
            "SELECT count(*) FROM journal WHERE state >= 3 AND state = 3",
            [],
            |row| row.get::<_, i64>(0),
        )? as u64;
        let mut done = Reparsed::default();
        let mut after = 0i64;
        loop {
            let (last, page) = self.quarantined_page(after)?;
            let Some(last) = last else { break };
            after = last;
            self.transact(|store| {
                // Another process may have written since the page before: what is remembered of the feeds is old.
                store.feeds.clear();
                page.iter()
                    .try_for_each(|line| store.reparse_line(line, now, &mut done))
            })?;
            progress(done.lines, total);
        }
        // Whoever mended the dialect need not wait for the switch to see that it is mended.
        let feeds: Vec<FeedName> = self.rules.feeds.keys().cloned().collect();
        self.transact(|store| {
            store.feeds.clear();
            feeds.iter().try_for_each(|feed| store.look_again(feed, now))
        })?;
        Ok(done)
    }

    /// The next lines, without those of feeds that the config no longer names; and the last one looked at.
    fn quarantined_page(&self, after: i64) -> Result<(Option<i64>, Vec<Quarantined>), Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT j.id, f.name, j.raw, j.received_at FROM journal j JOIN feed f ON f.id = j.feed
             WHERE j.state >= 3 AND j.state = 3 AND j.id > ? ORDER BY j.id LIMIT 1000",
        )?;
        let rows = statement.query_map([after], |row| {
            Ok((
                LineId::new(row.get(0)?),
                row.get::<_, String>(1)?,
                row.get(2)?,
                instant(row.get(3)?),
            ))
        })?;
        let (mut last, mut page) = (None, Vec::new());
        for row in rows {
            let (id, feed, raw, received_at) = row?;
            last = Some(id.get());
            match feed.parse() {
                Ok(feed) if self.rules.feeds.contains_key(&feed) => {
                    page.push(Quarantined {
                        id,
                        feed,
                        raw,
                        received_at,
                    });
                }
                _ => tracing::warn!(feed, line = %id, "a quarantined line of a feed that the config no longer names"),
            }
        }
        Ok((last, page))
    }

    fn still_quarantined(&self, id: LineId) -> Result<bool, Error> {
        Ok(self
            .conn
            .prepare_cached("SELECT EXISTS(SELECT 1 FROM journal WHERE id = ? AND state = 3)")?
            .query_row([id.get()], |row| row.get(0))?)
    }

    fn reparse_line(&mut self, line: &Quarantined, now: Timestamp, done: &mut Reparsed) -> Result<(), Error> {
        // The page was read before this transaction began: another `journal reparse` may have been faster.
        if !self.still_quarantined(line.id)? {
            return Ok(());
        }
        let mut state = self.feed_state(&line.feed)?;
        done.lines += 1;
        let heard = Heard {
            id: line.id,
            bytes: &line.raw,
            received_at: line.received_at,
            learned_at: now,
            drifts: false,
        };
        if state.parser.is_none() {
            done.quarantined += 1;
            self.feeds.insert(line.feed.clone(), state);
            return Ok(());
        }
        let attempt = self.isolated(&mut state, |store, state| store.apply_parsed(&line.feed, state, heard))?;
        let fates = attempt.unwrap_or_else(|why| vec![(line.id, failed(&why))]);
        for (id, outcome) in fates {
            match outcome.state {
                LineState::Leg => done.legs += 1,
                LineState::Skipped => done.skipped += 1,
                _ => done.quarantined += 1,
            }
            self.set_outcome(id, &outcome)?;
            state.count(outcome.state);
            state.counts.quarantined -= 1;
        }
        self.feeds.insert(line.feed.clone(), state);
        Ok(())
    }
}
