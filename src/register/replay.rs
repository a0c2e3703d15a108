//! A switch that connects again may send again what it sent before.
//!
//! ```text
//! connection opens ─▶ watched ──line like an earlier one──▶ undecided: pending, without effect
//!                        │                                     │ third match, or a PBX call id ─▶ replay: duplicates
//!                        │ another line                        │ mismatch, or 5 s ─▶ they take effect, in order
//!                        ▼                                     ▼
//!                      live: nothing is a duplicate     replay: duplicates until the first mismatch, then live
//! ```
//! **Invariants.** Only what the feed had before the connection opened is repeated, in its order, from the connection's
//! first line on. Lines that are no records (headers, ring alerts) neither count nor end a run. An undecided line is
//! in the journal with the line it is like (`link`), so that a killed daemon finds it again. Once a line takes effect
//! all undecided ones of ended connections have taken theirs.
//!
//! **Not here**: the latest lines themselves ([`super::recent`]).

use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::params;

use super::feed_state::FeedState;
use super::lines::{Heard, Outcome, failed};
use super::recent::{KEPT_FOR_MS, Recent, holds_text};
use super::rows::LineState;
use super::{Error, Store, instant, millis};
use crate::ids::{FeedName, LineId};
use crate::smdr::{Line, Parsed};

/// So many lines in a row make a replay, where the format prints no call id.
const ENOUGH: u32 = 3;

/// An undecided line takes effect after this.
const UNDECIDED_FOR: Duration = Duration::from_secs(5);

/// A connection whose first lines are compared with earlier ones.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    feed: FeedName,
    /// The last line before it opened.
    until: i64,
    /// Where in the latest lines the run may have come to.
    at: Vec<i64>,
    /// Records matched.
    counted: u32,
    /// It is a replay.
    replay: bool,
    /// Undecided lines.
    held: Vec<Held>,
    /// Since when.
    since: Option<Instant>,
    /// The connection has ended.
    closed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    id: i64,
    hash: u64,
    /// A header that is like no earlier line.
    strange: bool,
    skipped: bool,
}

/// What a line on a new connection is.
pub(super) enum Sight {
    /// Not one that was here before.
    News,
    /// Perhaps this one again.
    Undecided(i64),
    /// This one again.
    Repeat(i64),
}

impl Watch {
    fn new(feed: &FeedName, until: i64) -> Self {
        Self {
            feed: feed.clone(),
            until,
            at: Vec::new(),
            counted: 0,
            replay: false,
            held: Vec::new(),
            since: None,
            closed: false,
        }
    }

    fn hold(&mut self, held: Held) {
        self.held.push(held);
        self.since.get_or_insert_with(Instant::now);
    }

    fn is_overdue(&self, limit: Duration) -> bool {
        !self.replay && self.since.is_some_and(|since| since.elapsed() >= limit)
    }

    /// Where the run may go on with this line.
    fn go_on(&self, recent: &Recent, hash: u64, since: i64) -> Vec<i64> {
        if self.counted == 0 {
            // Headers alone say nothing of where the run begins.
            return recent.alike(hash, self.until, since);
        }
        let mut next: Vec<i64> = self
            .at
            .iter()
            .filter_map(|at| recent.next(*at, hash, self.until))
            .collect();
        next.dedup();
        next
    }

    /// The earlier line of each undecided one, the run having come to `last`.
    fn originals(&self, recent: &Recent, last: i64) -> Vec<(Held, Option<i64>)> {
        let mut at = last;
        let mut pairs: Vec<(Held, Option<i64>)> = self
            .held
            .iter()
            .rev()
            .map(|held| {
                let found = if held.strange {
                    None
                } else {
                    recent.previous(at, held.hash)
                };
                at = found.unwrap_or(at);
                (*held, found)
            })
            .collect();
        pairs.reverse();
        pairs
    }

    /// Whether its undecided records are the first ones of this run.
    fn begins(&self, run: &[u64]) -> bool {
        let own: Vec<u64> = self
            .held
            .iter()
            .filter(|held| !held.skipped)
            .map(|held| held.hash)
            .collect();
        run.starts_with(&own)
    }
}

impl Store {
    /// A connection opened: its first lines may be ones that were here before.
    pub(super) fn watch(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        connection: i64,
        now: i64,
    ) -> Result<(), Error> {
        if self.recent_of(state, now)?.is_empty() {
            return Ok(());
        }
        let until = self
            .conn
            .query_row("SELECT coalesce(max(id), 0) FROM journal", [], |row| row.get(0))?;
        self.watches.insert(connection, Watch::new(feed, until));
        Ok(())
    }

    /// A connection ended: what it left undecided waits on for its five seconds, or for the next one to go on with it.
    pub(super) fn end_watch(&mut self, connection: i64) {
        if let Some(watch) = self.watches.get_mut(&connection) {
            watch.closed = true;
            if watch.replay || watch.held.is_empty() {
                self.watches.remove(&connection);
            }
        }
    }

    /// After a start: what a killed daemon left undecided is undecided again.
    pub(super) fn read_undecided(&mut self) -> Result<(), Error> {
        type Row = (i64, Vec<u8>, i64, Option<i64>, String);
        let rows: Vec<Row> = self
            .conn
            .prepare(
                "SELECT j.id, j.raw, j.received_at, j.connection, f.name FROM journal j JOIN feed f ON f.id = j.feed
                 WHERE j.state >= 3 AND j.state = 5 AND j.link IS NOT NULL ORDER BY j.id",
            )?
            .query_map([], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })?
            .collect::<Result<_, _>>()?;
        for (id, raw, received_at, connection, feed) in rows {
            let Some(feed) = feed.parse().ok().filter(|feed| self.rules.feeds.contains_key(feed)) else {
                continue;
            };
            let state = self.feed_state(&feed)?;
            let skipped = state.would_skip(&raw, instant(received_at));
            self.feeds.insert(feed.clone(), state);
            let hash = self.hash(&raw);
            let watch = self
                .watches
                .entry(connection.unwrap_or_default())
                .or_insert_with(|| Watch::new(&feed, 0));
            watch.closed = true;
            watch.hold(Held {
                id,
                hash,
                strange: false,
                skipped,
            });
        }
        Ok(())
    }

    /// Whether this line of a new connection is one that was here before. `id` is its own.
    pub(super) fn recognise(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        connection: i64,
        id: LineId,
        bytes: &[u8],
        received_at: Timestamp,
    ) -> Result<Sight, Error> {
        if self.watches.is_empty() {
            return Ok(Sight::News);
        }
        if !holds_text(bytes) {
            return Ok(Sight::News);
        }
        let sight = match self.watches.remove(&connection) {
            Some(watch) if watch.is_overdue(UNDECIDED_FOR) => {
                self.take_effect(feed, state, &watch)?;
                Sight::News
            }
            Some(watch) => self.compare(feed, state, connection, watch, id, bytes, received_at)?,
            None => Sight::News,
        };
        if matches!(sight, Sight::News) {
            self.release_ended(feed, state)?;
        }
        Ok(sight)
    }

    #[allow(clippy::too_many_arguments)] // one line with all that is known of it
    fn compare(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        connection: i64,
        mut watch: Watch,
        id: LineId,
        bytes: &[u8],
        received_at: Timestamp,
    ) -> Result<Sight, Error> {
        let (hash, at) = (self.hash(bytes), millis(received_at));
        let skipped = state.would_skip(bytes, received_at);
        let recent = self.recent_of(state, at)?;
        let found = watch.go_on(recent, hash, at - KEPT_FOR_MS);
        let Some(last) = found.last().copied() else {
            if skipped {
                // A header of this connection: in its turn, if lines before it wait.
                let before = watch
                    .held
                    .last()
                    .and(watch.at.last().copied())
                    .filter(|_| !watch.replay);
                if before.is_some() {
                    watch.hold(Held {
                        id: id.get(),
                        hash,
                        strange: true,
                        skipped,
                    });
                }
                self.watches.insert(connection, watch);
                return Ok(before.map_or(Sight::News, Sight::Undecided));
            }
            self.take_effect(feed, state, &watch)?;
            return Ok(Sight::News);
        };
        let original = recent.get(last).map_or(last, |seen| seen.root);
        if skipped {
            watch.at.extend(found);
            watch.at.sort_unstable();
            watch.at.dedup();
        } else {
            watch.at = found;
            watch.counted += 1;
        }
        if !watch.replay && !skipped && (watch.counted >= ENOUGH || self.has_call_id(original)?) {
            watch.replay = true;
            tracing::info!(feed = %feed, connection, line = original, "the switch sends again what it sent before");
            self.repeat_held(feed, state, &mut watch, last, hash)?;
        }
        if watch.replay {
            if !skipped && recent_end(state, last) {
                self.nothing_missing(state.id, connection)?;
            }
            self.watches.insert(connection, watch);
            return Ok(Sight::Repeat(original));
        }
        watch.hold(Held {
            id: id.get(),
            hash,
            strange: false,
            skipped,
        });
        self.watches.insert(connection, watch);
        Ok(Sight::Undecided(original))
    }

    /// It is a replay: what waited is duplicates, also what an interrupted connection before left of the same run.
    fn repeat_held(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        watch: &mut Watch,
        last: i64,
        hash: u64,
    ) -> Result<(), Error> {
        let Some(recent) = &state.recent else { return Ok(()) };
        let pairs: Vec<(Held, Option<i64>)> = watch
            .originals(recent, last)
            .into_iter()
            .map(|(held, found)| (held, found.map(|id| recent.get(id).map_or(id, |seen| seen.root))))
            .collect();
        let mut run: Vec<u64> = watch
            .held
            .iter()
            .filter(|held| !held.skipped)
            .map(|held| held.hash)
            .collect();
        run.push(hash);
        for (held, original) in &pairs {
            self.settle_held(feed, state, *held, *original)?;
        }
        watch.held.clear();
        watch.since = None;
        let ended: Vec<i64> = self.ended_watches(feed, |left| left.begins(&run));
        for connection in ended {
            let Some(left) = self.watches.remove(&connection) else {
                continue;
            };
            let mut originals = pairs.iter().filter(|(held, _)| !held.skipped);
            for held in left.held {
                let original = if held.skipped {
                    None
                } else {
                    originals.next().and_then(|(_, line)| *line)
                };
                self.settle_held(feed, state, held, original)?;
            }
        }
        Ok(())
    }

    /// A feed has another name.
    pub(super) fn rename_watches(&mut self, old: &FeedName, new: &FeedName) {
        for watch in self.watches.values_mut().filter(|watch| watch.feed == *old) {
            watch.feed = new.clone();
        }
    }

    fn ended_watches(&self, feed: &FeedName, is_meant: impl Fn(&Watch) -> bool) -> Vec<i64> {
        let mut found: Vec<i64> = self
            .watches
            .iter()
            .filter(|(_, watch)| watch.closed && watch.feed == *feed && is_meant(watch))
            .map(|(connection, _)| *connection)
            .collect();
        found.sort_unstable();
        found
    }

    /// An undecided line is a duplicate, or (a header) takes effect.
    fn settle_held(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        held: Held,
        original: Option<i64>,
    ) -> Result<(), Error> {
        match original {
            Some(line) => {
                let outcome = Outcome::repeats(line);
                self.set_outcome(LineId::new(held.id), &outcome)?;
                state.count(outcome.state);
                Ok(())
            }
            None => self.take_held(feed, state, held.id),
        }
    }

    /// It was no replay: undecided lines take effect, in order.
    fn take_effect(&mut self, feed: &FeedName, state: &mut FeedState, watch: &Watch) -> Result<(), Error> {
        watch
            .held
            .iter()
            .try_for_each(|held| self.take_held(feed, state, held.id))
    }

    fn take_held(&mut self, feed: &FeedName, state: &mut FeedState, id: i64) -> Result<(), Error> {
        let (raw, received_at): (Vec<u8>, i64) = self
            .conn
            .prepare_cached("SELECT raw, received_at FROM journal WHERE id = ?")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        self.conn
            .prepare_cached("UPDATE journal SET link = NULL, reason = NULL WHERE id = ?")?
            .execute([id])?;
        let heard = Heard {
            id: LineId::new(id),
            bytes: &raw,
            received_at: instant(received_at),
            learned_at: instant(received_at),
            drifts: false,
        };
        let attempt = self.isolated(state, |store, state| store.apply_news(feed, state, heard))?;
        let outcome = attempt.unwrap_or_else(|why| {
            tracing::error!(feed = %feed, line = id, why = %why, "a line could not be applied and is in quarantine");
            failed(&why)
        });
        self.set_outcome(LineId::new(id), &outcome)?;
        state.count(outcome.state);
        self.count_pending(feed, state, &outcome)
    }

    /// What ended connections left undecided takes effect before something newer does.
    pub(super) fn release_ended(&mut self, feed: &FeedName, state: &mut FeedState) -> Result<(), Error> {
        for connection in self.ended_watches(feed, |_| true) {
            if let Some(watch) = self.watches.remove(&connection) {
                self.take_effect(feed, state, &watch)?;
            }
        }
        Ok(())
    }

    /// What has been undecided for five seconds takes effect; inside a transaction.
    pub(super) fn release_overdue(&mut self) -> Result<(), Error> {
        self.release_undecided(UNDECIDED_FOR)
    }

    pub(super) fn release_undecided(&mut self, limit: Duration) -> Result<(), Error> {
        let mut overdue: Vec<i64> = self
            .watches
            .iter()
            .filter(|(_, watch)| watch.is_overdue(limit))
            .map(|(connection, _)| *connection)
            .collect();
        overdue.sort_unstable();
        for connection in overdue {
            let Some(watch) = self.watches.remove(&connection) else {
                continue;
            };
            if !self.rules.feeds.contains_key(&watch.feed) {
                continue;
            }
            let feed = watch.feed.clone();
            let mut state = self.feed_state(&feed)?;
            self.take_effect(&feed, &mut state, &watch)?;
            self.feeds.insert(feed, state);
        }
        Ok(())
    }

    /// Whether something undecided must take effect now. Real time, as sockets keep it.
    pub(super) fn is_overdue(&self) -> bool {
        self.watches.values().any(|watch| watch.is_overdue(UNDECIDED_FOR))
    }

    /// Whether a line belongs to a call that has a PBX call id.
    fn has_call_id(&self, line: i64) -> Result<bool, Error> {
        Ok(self
            .conn
            .prepare_cached(
                "SELECT EXISTS(SELECT 1 FROM journal j JOIN call c ON c.id = j.call WHERE j.id = ? AND c.pbx_id IS NOT NULL)",
            )?
            .query_row([line], |row| row.get(0))?)
    }

    /// A feed's latest lines; read from the journal when first asked for.
    pub(super) fn recent_of<'s>(&self, state: &'s mut FeedState, now: i64) -> Result<&'s mut Recent, Error> {
        let recent = match state.recent.take() {
            Some(recent) => recent,
            None => self.read_recent(state.id, now)?,
        };
        Ok(state.recent.insert(recent))
    }

    /// The replay came to the last line there was: the switch kept all that came after it.
    fn nothing_missing(&self, feed: i64, connection: i64) -> Result<(), Error> {
        self.conn
            .prepare_cached(
                "DELETE FROM gap WHERE feed = ?1 AND kind = 'connection' AND to_at =
                   (SELECT opened_at FROM connection WHERE id = ?2)",
            )?
            .execute(params![feed, connection])?;
        Ok(())
    }
}

/// Whether this is the last record there was.
fn recent_end(state: &FeedState, line: i64) -> bool {
    let last = state.recent.as_ref().and_then(Recent::last);
    last.is_some_and(|last| last.id == line)
}

impl FeedState {
    /// Whether a line by itself is no record. Asked of a parser of its own: the feed's must not hear a line twice.
    fn would_skip(&self, bytes: &[u8], received_at: Timestamp) -> bool {
        let Some(Ok(mut parser)) = self.dialect.map(|dialect| dialect.parser(&self.rules.options)) else {
            return false;
        };
        let line = Line {
            number: 1,
            bytes,
            received: self.rules.zone.to_datetime(received_at),
        };
        let mut out = Vec::new();
        let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| parser.line(line, &mut out)));
        asked.is_ok() && matches!(out[..], [Parsed::Skipped { .. }])
    }
}

impl Outcome {
    /// A duplicate of this line.
    fn repeats(line: i64) -> Self {
        Self::linked(
            LineState::Duplicate,
            line,
            format!("repeats line {line} after a reconnect"),
        )
    }

    /// What a sight makes of a line; `None` for news.
    pub(super) fn of_sight(sight: &Sight) -> Option<Self> {
        match sight {
            Sight::News => None,
            Sight::Undecided(line) => Some(Self::linked(
                LineState::Pending,
                *line,
                format!("may repeat line {line} after a reconnect"),
            )),
            Sight::Repeat(line) => Some(Self::repeats(*line)),
        }
    }
}
