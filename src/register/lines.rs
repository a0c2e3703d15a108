//! Lines into the journal, and through the dialect to legs.
//!
//! ```text
//! line ──▶ parser? none yet (`auto` undecided) ──▶ pending
//!             │ leg ──▶ calls.rs      │ skipped      │ unparsed ──▶ quarantined
//!             └ nothing yet (record not whole) ──▶ pending, until a later line finishes it
//! ```
//! **Invariants.** Every line is inserted, whatever becomes of it. A line on which the code fails is quarantined with
//! the failure as its reason, and the rest of its batch goes on.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::params;

use super::rows::{Coded, LineState};
use super::{Error, FeedRules, Store, instant, millis};
use crate::call::Epoch;
use crate::ids::{CallId, FeedName, LineId};
use crate::smdr::{Dialect, Line, Parsed, Parser, detect, registry};

/// One line from a feed.
#[derive(Debug, Clone)]
pub struct IncomingLine {
    /// As received, without separators.
    pub bytes: Bytes,
    /// By our clock.
    pub received_at: Timestamp,
    /// Whole, or what piece.
    pub kind: LineKind,
    /// It goes on where the partial line before it on this connection stopped.
    pub continues: bool,
}

/// Whether a line is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// All of it.
    Whole,
    /// A piece of a line longer than the limit.
    Piece,
    /// Its end has not come (silence).
    Partial,
    /// Its end will never come: the connection ended.
    Broken,
}

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

const PIECE: &str = "a piece of a line longer than the limit";
const BROKEN: &str = "the connection ended in the middle of it";

/// How many drift samples the median is taken of.
const DRIFT_SAMPLES: usize = 51;

/// A pause this long ends a connection's first burst (the PBX's buffer).
const BURST_PAUSE_MS: i64 = 2_000;

/// What the store remembers of a feed between transactions; all of it can be read back.
pub(super) struct FeedState {
    pub(super) id: i64,
    pub(super) rules: FeedRules,
    dialect: Option<&'static dyn Dialect>,
    parser: Option<Box<dyn Parser>>,
    pub(super) epoch: Epoch,
    epoch_changed: bool,
    drift: VecDeque<i64>,
    drift_changed: bool,
    burst: HashMap<i64, i64>,
    partial: HashMap<i64, LineId>,
    pending: usize,
    counts: Counts,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    lines: i64,
    legs: i64,
    skipped: i64,
    quarantined: i64,
    partial: i64,
    last_line_at: Option<i64>,
}

/// What became of one line.
#[derive(Debug, Clone)]
struct Outcome {
    state: LineState,
    reason: Option<String>,
    column: Option<i64>,
    call: Option<CallId>,
}

impl Outcome {
    fn of(state: LineState) -> Self {
        Self {
            state,
            reason: None,
            column: None,
            call: None,
        }
    }
    fn because(state: LineState, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::of(state)
        }
    }
}

impl Store {
    /// Takes lines of one connection; inside a transaction. `careful` isolates each line, so that one on which the
    /// code fails does not take the others with it.
    pub(super) fn take_lines(
        &mut self,
        feed: &FeedName,
        connection: i64,
        lines: &[IncomingLine],
        careful: bool,
    ) -> Result<(), Error> {
        let mut state = self.feed_state(feed)?;
        let mut next: i64 = self
            .conn
            .query_row("SELECT coalesce(max(id), 0) + 1 FROM journal", [], |row| row.get(0))?;
        for line in lines {
            let result = if careful {
                self.take_line_carefully(feed, &mut state, connection, line, next)
            } else {
                self.take_line(feed, &mut state, connection, line, next)
            };
            if result? {
                next += 1;
            }
        }
        self.feeds.insert(feed.clone(), state);
        Ok(())
    }

    fn take_line_carefully(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        connection: i64,
        line: &IncomingLine,
        id: i64,
    ) -> Result<bool, Error> {
        self.conn.execute_batch("SAVEPOINT line")?;
        let attempt = catch_unwind(AssertUnwindSafe(|| self.take_line(feed, state, connection, line, id)));
        let failure = match attempt {
            Ok(Ok(inserted)) => {
                self.conn.execute_batch("RELEASE line")?;
                return Ok(inserted);
            }
            // Trouble of the database is not the line's fault.
            Ok(Err(error @ Error::Sqlite(_))) => return Err(error),
            Ok(Err(error)) => error.to_string(),
            Err(panic) => panic_text(panic.as_ref()),
        };
        self.conn.execute_batch("ROLLBACK TO line; RELEASE line")?;
        tracing::error!(feed = %feed, line = id, reason = %failure, "a line could not be applied and is in quarantine");
        state.reset_parser();
        let outcome = Outcome::because(LineState::Quarantined, format!("the program failed on it: {failure}"));
        self.insert_line(state, connection, line, id, &outcome)?;
        Ok(true)
    }

    /// Returns whether a journal row was added (a late rest is joined to an existing row).
    fn take_line(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        connection: i64,
        line: &IncomingLine,
        id: i64,
    ) -> Result<bool, Error> {
        if line.continues
            && let Some(begun) = state.partial.get(&connection).copied()
        {
            self.join_rest(feed, state, connection, line, begun)?;
            return Ok(false);
        }
        state.note_arrival(connection, millis(line.received_at));
        let line_id = LineId::new(id);
        let outcome = match line.kind {
            LineKind::Whole => self.parse_line(feed, state, connection, line_id, &line.bytes, line.received_at)?,
            LineKind::Piece => Outcome::because(LineState::Partial, PIECE),
            LineKind::Partial => {
                state.partial.insert(connection, line_id);
                Outcome::because(LineState::Partial, "its end has not come")
            }
            LineKind::Broken => Outcome::because(LineState::Partial, BROKEN),
        };
        self.insert_line(state, connection, line, id, &outcome)?;
        if state.parser.is_none() && outcome.state == LineState::Pending {
            state.pending += 1;
            if state.pending.is_multiple_of(state.rules.detect_lines.max(1)) {
                self.decide_dialect(feed, state)?;
            }
        }
        Ok(true)
    }

    /// The rest of a line whose beginning was kept as partial: the row grows, and is parsed when it is whole.
    fn join_rest(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        connection: i64,
        line: &IncomingLine,
        begun: LineId,
    ) -> Result<(), Error> {
        self.conn
            .prepare_cached("UPDATE journal SET raw = CAST(raw || ?2 AS BLOB), received_at = ?3 WHERE id = ?1")?
            .execute(params![begun.get(), &line.bytes[..], millis(line.received_at)])?;
        match line.kind {
            LineKind::Partial => {}
            LineKind::Broken => {
                self.set_outcome(begun, &Outcome::because(LineState::Partial, BROKEN))?;
                state.partial.remove(&connection);
            }
            LineKind::Piece => {
                self.set_outcome(begun, &Outcome::because(LineState::Partial, PIECE))?;
                state.partial.remove(&connection);
            }
            LineKind::Whole => {
                state.partial.remove(&connection);
                state.counts.partial -= 1;
                let raw: Vec<u8> =
                    self.conn
                        .query_row("SELECT raw FROM journal WHERE id = ?", [begun.get()], |row| row.get(0))?;
                let outcome = self.parse_line(feed, state, connection, begun, &raw, line.received_at)?;
                self.set_outcome(begun, &outcome)?;
                state.count(outcome.state);
                if state.parser.is_none() {
                    state.pending += 1;
                }
            }
        }
        Ok(())
    }

    fn insert_line(
        &mut self,
        state: &mut FeedState,
        connection: i64,
        line: &IncomingLine,
        id: i64,
        outcome: &Outcome,
    ) -> Result<(), Error> {
        self.conn
            .prepare_cached(
                "INSERT INTO journal(id, feed, connection, received_at, raw, state, reason, col, call)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                id,
                state.id,
                (connection > 0).then_some(connection),
                millis(line.received_at),
                &line.bytes[..],
                Coded(outcome.state),
                outcome.reason,
                outcome.column,
                outcome.call.map(CallId::get),
            ])?;
        state.counts.lines += 1;
        state.counts.last_line_at = Some(millis(line.received_at));
        state.count(outcome.state);
        Ok(())
    }

    fn set_outcome(&mut self, id: LineId, outcome: &Outcome) -> Result<(), Error> {
        self.conn
            .prepare_cached("UPDATE journal SET state = ?2, reason = ?3, col = ?4, call = ?5 WHERE id = ?1")?
            .execute(params![
                id.get(),
                Coded(outcome.state),
                outcome.reason,
                outcome.column,
                outcome.call.map(CallId::get)
            ])?;
        Ok(())
    }

    /// Parses one line and applies what it completes; the outcome is this line's own.
    fn parse_line(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        connection: i64,
        id: LineId,
        bytes: &[u8],
        received_at: Timestamp,
    ) -> Result<Outcome, Error> {
        if state.parser.is_none() {
            return Ok(Outcome::of(LineState::Pending));
        }
        let in_burst = state.in_burst(connection);
        let mut own = Outcome::of(LineState::Pending);
        for (line, outcome) in self.apply_parsed(feed, state, id, bytes, received_at, received_at, !in_burst)? {
            if line == id {
                own = outcome;
            } else {
                self.set_outcome(line, &outcome)?;
                state.count(outcome.state);
            }
        }
        Ok(own)
    }

    fn apply_parsed(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        id: LineId,
        bytes: &[u8],
        received_at: Timestamp,
        learned_at: Timestamp,
        drifts: bool,
    ) -> Result<Vec<(LineId, Outcome)>, Error> {
        let mut fates = Vec::new();
        let parsed = state.parse(id, bytes, received_at);
        for (index, parsed) in parsed.into_iter().enumerate() {
            match parsed {
                Parsed::Skipped { line, what } => {
                    fates.push((line_id(line), Outcome::because(LineState::Skipped, what)));
                }
                Parsed::Unparsed { line, column, error } => {
                    let outcome = Outcome {
                        column: Some(i64::try_from(column).unwrap_or(i64::MAX)),
                        ..Outcome::because(LineState::Quarantined, error)
                    };
                    fates.push((line_id(line), outcome));
                }
                Parsed::Leg(leg) => {
                    let lines: Vec<LineId> = leg.line_numbers.iter().copied().map(line_id).collect();
                    match self.take_leg(feed, state, *leg, index, learned_at)? {
                        Some((call, late_by)) => {
                            if drifts && let Some(seconds) = late_by {
                                state.note_drift(seconds);
                            }
                            let outcome = Outcome {
                                call: Some(call),
                                ..Outcome::of(LineState::Leg)
                            };
                            fates.extend(lines.into_iter().map(|line| (line, outcome.clone())));
                        }
                        None => {
                            let outcome = Outcome::because(
                                LineState::Quarantined,
                                "its date lies outside the years reckoned with",
                            );
                            fates.extend(lines.into_iter().map(|line| (line, outcome.clone())));
                        }
                    }
                }
            }
        }
        Ok(fates)
    }

    /// `auto`: looks at the pending lines, and if one dialect is clear, parses them all. Returns whether it decided.
    fn decide_dialect(&mut self, feed: &FeedName, state: &mut FeedState) -> Result<bool, Error> {
        let pending = self.pending_of(state.id)?;
        let lines: Vec<&[u8]> = pending
            .iter()
            .rev()
            .take(200)
            .rev()
            .map(|(_, raw, _)| raw.as_slice())
            .collect();
        let detection = detect::detect(&lines);
        let Some(dialect) = detection.dialect.and_then(registry::by_name) else {
            tracing::warn!(feed = %feed, lines = pending.len(), why = %detection.why,
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
        self.feed_pending(feed, state, &pending)?;
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

    fn pending_of(&self, feed: i64) -> Result<Vec<(LineId, Vec<u8>, Timestamp)>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT id, raw, received_at FROM journal WHERE state = 5 AND feed = ? ORDER BY id")?;
        let rows = statement.query_map([feed], |row| {
            Ok((LineId::new(row.get(0)?), row.get(1)?, instant(row.get(2)?)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn feed_pending(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        pending: &[(LineId, Vec<u8>, Timestamp)],
    ) -> Result<(), Error> {
        for (id, raw, received_at) in pending {
            for (line, outcome) in self.apply_parsed(feed, state, *id, raw, *received_at, *received_at, false)? {
                self.set_outcome(line, &outcome)?;
                state.count(outcome.state);
            }
        }
        state.pending = 0;
        Ok(())
    }

    /// The cached state of a feed, or read back from the database.
    pub(super) fn feed_state(&mut self, feed: &FeedName) -> Result<FeedState, Error> {
        if let Some(state) = self.feeds.remove(feed) {
            return Ok(state);
        }
        let mut state = self.read_feed(feed)?;
        if state.parser.is_some() {
            // A restart in the middle of a record: what waited is given to the new parser again.
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
            "SELECT count(*) FROM journal WHERE state = 5 AND feed = ?",
            [id],
            |row| row.get(0),
        )?;
        let mut state = FeedState {
            id,
            rules,
            dialect: name.as_deref().and_then(registry::by_name),
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
        };
        state.reset_parser();
        Ok(state)
    }

    /// Writes the feeds' counters; the last step of a transaction.
    pub(super) fn flush_feeds(&mut self) -> Result<(), Error> {
        for state in self.feeds.values_mut() {
            let counts = std::mem::take(&mut state.counts);
            if counts.lines != 0 || counts.last_line_at.is_some() || counts.touched() {
                self.conn
                    .prepare_cached(
                        "UPDATE feed SET lines = lines + ?2, legs = legs + ?3, skipped = skipped + ?4,
                           quarantined = quarantined + ?5, partial = partial + ?6,
                           last_line_at = coalesce(?7, last_line_at) WHERE id = ?1",
                    )?
                    .execute(params![
                        state.id,
                        counts.lines,
                        counts.legs,
                        counts.skipped,
                        counts.quarantined,
                        counts.partial,
                        counts.last_line_at
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
        self.conn.execute(
            "INSERT INTO connection(feed, peer, opened_at) VALUES (?, ?, ?)",
            params![state.id, peer, millis(now)],
        )?;
        let id = self.conn.last_insert_rowid();
        state.burst.insert(id, millis(now));
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
        if let Some(state) = self.feeds.get_mut(feed) {
            state.burst.remove(&connection);
            state.partial.remove(&connection);
        }
        Ok(())
    }

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
            let Some((last, ..)) = page.last() else { return Ok(done) };
            after = last.get();
            self.transact(|store| {
                for (id, feed, raw, received_at) in &page {
                    store.reparse_line(feed, *id, raw, *received_at, now, &mut done)?;
                }
                Ok(())
            })?;
            progress(done.lines, total);
        }
    }

    fn quarantined_page(&self, after: i64) -> Result<Vec<(LineId, FeedName, Vec<u8>, Timestamp)>, Error> {
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
            let (id, feed, raw, at) = row?;
            match feed.parse() {
                Ok(feed) if self.rules.feeds.contains_key(&feed) => page.push((id, feed, raw, at)),
                _ => tracing::warn!(feed, line = %id, "a quarantined line of a feed that the config no longer names"),
            }
        }
        Ok(page)
    }

    fn reparse_line(
        &mut self,
        feed: &FeedName,
        id: LineId,
        raw: &[u8],
        received_at: Timestamp,
        now: Timestamp,
        done: &mut Reparsed,
    ) -> Result<(), Error> {
        let mut state = self.feed_state(feed)?;
        done.lines += 1;
        let fates = if state.parser.is_some() {
            self.apply_parsed(feed, &mut state, id, raw, received_at, now, false)?
        } else {
            Vec::new()
        };
        for (line, outcome) in fates {
            match outcome.state {
                LineState::Leg => done.legs += 1,
                LineState::Skipped => done.skipped += 1,
                _ => done.quarantined += 1,
            }
            self.set_outcome(line, &outcome)?;
            state.count(outcome.state);
            state.counts.quarantined -= 1;
        }
        self.feeds.insert(feed.clone(), state);
        Ok(())
    }
}

impl Counts {
    fn touched(&self) -> bool {
        self.legs != 0 || self.skipped != 0 || self.quarantined != 0 || self.partial != 0
    }
}

impl FeedState {
    fn reset_parser(&mut self) {
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

    fn parse(&mut self, id: LineId, bytes: &[u8], received_at: Timestamp) -> Vec<Parsed> {
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
            tracing::error!(line = %id, reason = %error, "a hostile line is in quarantine");
            self.reset_parser();
            out = vec![Parsed::Unparsed {
                line: number,
                column: 1,
                error,
            }];
        }
        out
    }

    pub(super) fn observe_epoch(&mut self, leg: &crate::call::PlacedLeg) -> i64 {
        self.epoch_changed |= self.epoch.observe(leg);
        self.epoch.number
    }

    fn count(&mut self, state: LineState) {
        match state {
            LineState::Leg => self.counts.legs += 1,
            LineState::Skipped => self.counts.skipped += 1,
            LineState::Quarantined => self.counts.quarantined += 1,
            LineState::Partial => self.counts.partial += 1,
            LineState::Duplicate | LineState::Pending => {}
        }
    }

    fn note_arrival(&mut self, connection: i64, at: i64) {
        if let Some(last) = self.burst.get_mut(&connection) {
            if at - *last >= BURST_PAUSE_MS {
                self.burst.remove(&connection);
            } else {
                *last = at;
            }
        }
    }

    /// A connection begins with what the PBX had buffered: such lines say nothing about its clock.
    fn in_burst(&self, connection: i64) -> bool {
        self.burst.contains_key(&connection)
    }

    fn note_drift(&mut self, seconds: i64) {
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

fn line_id(number: u64) -> LineId {
    LineId::new(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The text of a panic.
pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without a message".to_owned())
}
