//! Holes in what a feed gave us, kept until they are too old to matter: never silence.
//!
//! ```text
//! connection ends … the next opens      a hole in time, if it was business time
//!      ids 1204 … 1211 afterwards       and one in the switch's numbers: 6 calls are missing
//! the replay reaches our last line, or the next number follows: nothing is missing, no hole
//! ```
//! **Invariants.** Calls of a hole in the numbers that come later (they ended later) close it one by one.
//!
//! **Not here**: whether the lines are the same as before ([`super::replay`]).

use jiff::Timestamp;
use rusqlite::params;

use super::feed_state::FeedState;
use super::read::Reader;
use super::{Error, Store, instant, millis};
use crate::call::PlacedLeg;

/// A shorter break is none.
const SHORTEST_MS: i64 = 1_000;

/// Holes kept of each feed.
const KEPT: i64 = 100;

/// A switch that connects for each line leaves no holes between: connections shorter than this, most of the time.
const SHORT_LIVED_MS: i64 = 10_000;

/// A hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// `connection`: nothing was connected; `sequence`: the switch's numbers jump.
    pub kind: String,
    /// What came last before it.
    pub from: Timestamp,
    /// What came first after it.
    pub to: Timestamp,
    /// The switch's numbers around it.
    pub after_id: Option<i64>,
    /// The switch's numbers around it.
    pub before_id: Option<i64>,
    /// So many calls are missing.
    pub missing: Option<i64>,
    /// In words.
    pub why: String,
}

/// An unfilled hole in the numbers, and what is waited for after a reconnect.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    /// The highest number before the connection broke, and the boot epoch.
    before: Option<(i64, i64)>,
    /// When that was.
    broke_at: i64,
    /// Rows with the numbers around them.
    open: Vec<(i64, i64, i64)>,
}

impl Store {
    /// A connection opened after none was open: was business time missed?
    pub(super) fn after_a_break(
        &mut self,
        state: &mut FeedState,
        connection: i64,
        peer: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let earlier: Vec<(i64, Option<i64>)> = self
            .conn
            .prepare_cached(
                "SELECT opened_at, closed_at FROM connection WHERE feed = ? AND id <> ? ORDER BY id DESC LIMIT 20",
            )?
            .query_map([state.id, connection], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let Some(last) = earlier.iter().filter_map(|(_, closed)| *closed).max() else {
            return Ok(());
        };
        let open = earlier.iter().any(|(_, closed)| closed.is_none());
        if open || connects_for_each_line(&earlier) || self.is_followed(state.id)? {
            return Ok(());
        }
        state.numbers.broke_at = last;
        state.numbers.before = state.epoch.top_start.map(|_| (state.epoch.top_id, state.epoch.number));
        if millis(now) - last < SHORTEST_MS || self.rules.calendar.between(instant(last), now) <= 0 {
            return Ok(());
        }
        let why = format!("nothing was connected; then {peer} connected");
        self.write_gap(state.id, "connection", (last, millis(now)), None, &why)
    }

    /// A followed file waits for its reader: reading goes on at the place it stopped at, so a break misses nothing.
    fn is_followed(&self, feed: i64) -> Result<bool, Error> {
        let sql = "SELECT EXISTS(SELECT 1 FROM followed WHERE feed = ?)";
        Ok(self.conn.prepare_cached(sql)?.query_row([feed], |row| row.get(0))?)
    }

    fn write_gap(
        &self,
        feed: i64,
        kind: &str,
        (from, to): (i64, i64),
        numbers: Option<(i64, i64)>,
        why: &str,
    ) -> Result<(), Error> {
        self.conn
            .prepare_cached(
                "INSERT INTO gap(feed, kind, from_at, to_at, after_id, before_id, missing, why)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                feed,
                kind,
                from,
                to,
                numbers.map(|(after, _)| after),
                numbers.map(|(_, before)| before),
                numbers.map(|(after, before)| before - after - 1),
                why
            ])?;
        self.conn
            .prepare_cached(
                "DELETE FROM gap WHERE feed = ?1 AND id <=
                   (SELECT id FROM gap WHERE feed = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            )?
            .execute([feed, KEPT])?;
        let name: String = self
            .conn
            .prepare_cached("SELECT name FROM feed WHERE id = ?")?
            .query_row([feed], |row| row.get(0))?;
        tracing::warn!(
            feed = %name,
            why,
            "a hole in what the feed gave us; `firstanswer feed status --json` shows it"
        );
        Ok(())
    }

    /// A new call with a number of the switch: does it follow on the last one before the break?
    pub(super) fn check_number(&mut self, state: &mut FeedState, leg: &PlacedLeg) -> Result<(), Error> {
        if state.numbers.before.is_none() && state.numbers.open.is_empty() {
            return Ok(());
        }
        let Some(id) = leg.leg.pbx_call_id.as_deref().and_then(|id| id.parse::<i64>().ok()) else {
            return Ok(());
        };
        self.fill(state, id)?;
        let Some((top, epoch)) = state.numbers.before else {
            return Ok(());
        };
        if epoch == state.epoch.number && id <= top {
            // A call that began before the break and ended after it.
            return Ok(());
        }
        state.numbers.before = None;
        if epoch != state.epoch.number {
            return Ok(());
        }
        if id == top + 1 {
            let none = self
                .conn
                .prepare_cached("DELETE FROM gap WHERE feed = ? AND kind = 'connection' AND from_at = ?")?
                .execute([state.id, state.numbers.broke_at])?;
            if none > 0 {
                tracing::info!(
                    call = id,
                    "the hole was none: the switch's next number follows the last one before it"
                );
            }
            return Ok(());
        }
        let why = format!("the switch's call numbers go from {top} to {id}");
        let span = (state.numbers.broke_at, millis(leg.received_at));
        self.write_gap(state.id, "sequence", span, Some((top, id)), &why)?;
        state.numbers.open.push((self.conn.last_insert_rowid(), top, id));
        Ok(())
    }

    /// A call of a hole came after all.
    fn fill(&self, state: &mut FeedState, id: i64) -> Result<(), Error> {
        let around = |(_, after, before): &(i64, i64, i64)| (*after + 1..*before).contains(&id);
        let Some((gap, ..)) = state.numbers.open.iter().find(|gap| around(gap)) else {
            return Ok(());
        };
        self.conn
            .prepare_cached("UPDATE gap SET missing = missing - 1 WHERE id = ?")?
            .execute([gap])?;
        let closed = self
            .conn
            .prepare_cached("DELETE FROM gap WHERE id = ? AND missing <= 0")?
            .execute([gap])?;
        if closed > 0 {
            let gap = *gap;
            state.numbers.open.retain(|(row, ..)| *row != gap);
        }
        Ok(())
    }

    /// The holes in the numbers of the last days, to be filled by what still comes.
    pub(super) fn open_numbers(&self, feed: i64) -> Result<Numbers, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, after_id, before_id FROM gap WHERE feed = ? AND kind = 'sequence' ORDER BY id DESC LIMIT 5",
        )?;
        let rows = statement.query_map([feed], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(Numbers {
            open: rows.collect::<Result<_, _>>()?,
            ..Numbers::default()
        })
    }
}

/// Most of the latest connections were over at once.
fn connects_for_each_line(earlier: &[(i64, Option<i64>)]) -> bool {
    let short = |(opened, closed): &&(i64, Option<i64>)| closed.is_some_and(|closed| closed - opened < SHORT_LIVED_MS);
    earlier.len() >= 5 && earlier.iter().filter(short).count() * 2 > earlier.len()
}

impl Reader {
    /// The holes of a feed, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn gaps(&self, feed: &str) -> Result<Vec<Gap>, Error> {
        let mut statement = self.connection().prepare_cached(
            "SELECT g.* FROM gap g JOIN feed f ON f.id = g.feed WHERE f.name = ? ORDER BY g.from_at, g.id",
        )?;
        let rows = statement.query_map([feed], |row| {
            Ok(Gap {
                kind: row.get("kind")?,
                from: instant(row.get("from_at")?),
                to: instant(row.get("to_at")?),
                after_id: row.get("after_id")?,
                before_id: row.get("before_id")?,
                missing: row.get("missing")?,
                why: row.get("why")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What happened to a feed as a whole, oldest first: when and what.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn feed_events(&self, feed: &str) -> Result<Vec<(Timestamp, String)>, Error> {
        let mut statement = self.connection().prepare_cached(
            "SELECT e.at, e.text FROM feed_event e JOIN feed f ON f.id = e.feed WHERE f.name = ? ORDER BY e.id",
        )?;
        let rows = statement.query_map([feed], |row| Ok((instant(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
