//! `journal reparse`: the quarantine goes through this program's dialects again.
//!
//! **Invariants.** Done again, it changes nothing. What parses now is learned now: deadlines never lie before that.

use jiff::Timestamp;

use super::lines::Heard;
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
        let total: u64 = self
            .conn
            .query_row("SELECT count(*) FROM journal WHERE state = 3", [], |row| {
                row.get::<_, i64>(0)
            })? as u64;
        let mut done = Reparsed::default();
        let mut after = 0i64;
        loop {
            let page = self.quarantined_page(after)?;
            let Some(last) = page.last() else { return Ok(done) };
            after = last.id.get();
            self.transact(|store| {
                page.iter()
                    .try_for_each(|line| store.reparse_line(line, now, &mut done))
            })?;
            progress(done.lines, total);
        }
    }

    fn quarantined_page(&self, after: i64) -> Result<Vec<Quarantined>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT j.id, f.name, j.raw, j.received_at FROM journal j JOIN feed f ON f.id = j.feed
             WHERE j.state = 3 AND j.id > ? ORDER BY j.id LIMIT 1000",
        )?;
        let rows = statement.query_map([after], |row| {
            Ok((
                LineId::new(row.get(0)?),
                row.get::<_, String>(1)?,
                row.get(2)?,
                instant(row.get(3)?),
            ))
        })?;
        let mut page = Vec::new();
        for row in rows {
            let (id, feed, raw, received_at) = row?;
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
        Ok(page)
    }

    fn reparse_line(&mut self, line: &Quarantined, now: Timestamp, done: &mut Reparsed) -> Result<(), Error> {
        let mut state = self.feed_state(&line.feed)?;
        done.lines += 1;
        let heard = Heard {
            id: line.id,
            bytes: &line.raw,
            received_at: line.received_at,
            learned_at: now,
            drifts: false,
        };
        let fates = if state.parser.is_some() {
            self.apply_parsed(&line.feed, &mut state, heard)?
        } else {
            Vec::new()
        };
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
