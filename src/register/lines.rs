//! Lines into the journal, and through the dialect to legs.
//!
//! ```text
//! line ──▶ parser? none yet (`auto` undecided) ──▶ pending
//!             │ leg ──▶ calls.rs      │ skipped      │ unparsed ──▶ quarantined
//!             └ nothing yet (record not whole) ──▶ pending, until a later line finishes it
//! ```
//! **Invariants.** Every line is inserted, whatever becomes of it. A line on which the code fails is quarantined with
//! the failure as its reason, and the rest of its batch goes on.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::params;
use smallvec::SmallVec;

use super::feed_state::FeedState;
use super::floors::{self, Numbered};
use super::recent::{Seen, holds_text};
use super::rows::{Coded, LineState, run};
use super::{Error, Store, millis};
use crate::ids::{CallId, FeedName, LineId};
use crate::smdr::Parsed;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// All of it.
    Whole,
    /// A piece of a line longer than the limit.
    Piece,
    /// Its end has not come (silence).
    Partial,
    /// Its end will never come: the connection ended.
    Broken,
    /// A prompt of the switch, or its echo of what we answered: no line of its log.
    Prompt,
}

const PIECE: &str = "a piece of a line longer than the limit";
pub(super) const UNENDED: &str = "its end has not come";
const BROKEN: &str = "the connection ended in the middle of it";
const PROMPT: &str = "the switch asked for a login";
const HEADLESS: &str = "the rest of a line whose beginning is not known";

/// A whole line on its way to the dialect.
#[derive(Clone, Copy)]
pub(super) struct Heard<'a> {
    pub id: LineId,
    pub bytes: &'a [u8],
    /// When it arrived: the reference for missing years.
    pub received_at: Timestamp,
    /// When its content is learned; later than it arrived if it waited in quarantine.
    pub learned_at: Timestamp,
    /// Whether it says something about the PBX's clock.
    pub drifts: bool,
}

/// What became of one line.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub state: LineState,
    reason: Option<String>,
    column: Option<i64>,
    call: Option<CallId>,
    /// The line it repeats, or may repeat.
    pub link: Option<i64>,
}

impl Outcome {
    fn of(state: LineState) -> Self {
        Self {
            state,
            reason: None,
            column: None,
            call: None,
            link: None,
        }
    }
    /// Like another line.
    pub fn linked(state: LineState, line: i64, reason: String) -> Self {
        Self {
            link: Some(line),
            ..Self::because(state, reason)
        }
    }
    /// A leg that stands for itself although its last line may yet come.
    pub fn told_early(self) -> Self {
        let reason = (self.state == LineState::Leg).then(|| TOLD_EARLY.to_owned());
        Self {
            reason: reason.or(self.reason),
            ..self
        }
    }
    fn because(state: LineState, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..Self::of(state)
        }
    }
}

/// Beside the lines of a leg that came out by a silence: its last line may yet come, and takes this mark away.
pub(super) const TOLD_EARLY: &str = "told before its last line came";

/// The fate of a line on which the code fails.
pub(super) fn failed(why: &str) -> Outcome {
    Outcome::because(LineState::Quarantined, format!("the program failed on it: {why}"))
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
        let mut next = floors::next_id(&self.conn, Numbered::Journal)?;
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
        if let Some(last) = lines.last() {
            self.look_after(feed, &mut state, last.received_at)?;
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
        let begun = state.partial.get(&connection).copied().filter(|_| line.continues);
        let attempt = self.isolated(state, |store, state| store.take_line(feed, state, connection, line, id))?;
        let failure = match attempt {
            Ok(inserted) => return Ok(inserted),
            Err(failure) => failure,
        };
        tracing::error!(feed = %feed, line = id, why = %failure, "a line could not be applied and is in quarantine");
        let outcome = failed(&failure);
        let Some(begun) = begun else {
            self.insert_line(state, connection, line, id, &outcome)?;
            return Ok(true);
        };
        self.grow(begun, line)?;
        self.set_outcome(begun, &outcome)?;
        state.partial.remove(&connection);
        state.counts.partial -= 1;
        state.count(outcome.state);
        Ok(false)
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
        state.note_arrival(connection, millis(line.received_at));
        if line.continues
            && let Some(begun) = state.partial.get(&connection).copied()
        {
            self.join_rest(feed, state, connection, line, begun)?;
            return Ok(false);
        }
        let line_id = LineId::new(id);
        let outcome = match line.kind {
            LineKind::Whole if line.continues => Outcome::because(LineState::Partial, HEADLESS),
            LineKind::Whole => self.take_whole(feed, state, connection, line_id, &line.bytes, line.received_at)?,
            LineKind::Piece => Outcome::because(LineState::Partial, PIECE),
            LineKind::Partial => {
                state.partial.insert(connection, line_id);
                Outcome::because(LineState::Partial, UNENDED)
            }
            LineKind::Broken => Outcome::because(LineState::Partial, BROKEN),
            LineKind::Prompt => Outcome::because(LineState::Skipped, PROMPT),
        };
        self.insert_line(state, connection, line, id, &outcome)?;
        self.count_pending(feed, state, &outcome)?;
        Ok(true)
    }

    fn grow(&self, begun: LineId, line: &IncomingLine) -> Result<(), Error> {
        self.conn
            .prepare_cached("UPDATE journal SET raw = CAST(raw || ?2 AS BLOB), received_at = ?3 WHERE id = ?1")?
            .execute(params![begun.get(), &line.bytes[..], millis(line.received_at)])?;
        Ok(())
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
        self.grow(begun, line)?;
        state.counts.last_line_at = Some(millis(line.received_at));
        match line.kind {
            LineKind::Partial => {}
            LineKind::Broken | LineKind::Prompt => {
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
                let outcome = self.take_whole(feed, state, connection, begun, &raw, line.received_at)?;
                self.set_outcome(begun, &outcome)?;
                state.count(outcome.state);
                self.count_pending(feed, state, &outcome)?;
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
        let mut statement = self
            .conn
            .prepare_cached("INSERT INTO journal VALUES (?,?,?,?,?,?,?,?,?,?)")?;
        run!(
            statement;
            id,
            state.id,
            (connection > 0).then_some(connection),
            millis(line.received_at),
            &line.bytes[..],
            Coded(outcome.state),
            outcome.reason.as_deref(),
            outcome.column,
            outcome.call.map(CallId::get),
            outcome.link,
        )?;
        drop(statement);
        state.counts.lines += 1;
        state.counts.last_line_at = Some(millis(line.received_at));
        state.sample(&line.bytes, outcome);
        state.count(outcome.state);
        Ok(())
    }

    pub(super) fn set_outcome(&mut self, id: LineId, outcome: &Outcome) -> Result<(), Error> {
        self.conn
            .prepare_cached("UPDATE journal SET state = ?2, reason = ?3, col = ?4, call = ?5, link = ?6 WHERE id = ?1")?
            .execute(params![
                id.get(),
                Coded(outcome.state),
                outcome.reason,
                outcome.column,
                outcome.call.map(CallId::get),
                outcome.link
            ])?;
        Ok(())
    }

    /// A whole line: here before, or news.
    fn take_whole(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        connection: i64,
        id: LineId,
        bytes: &[u8],
        received_at: Timestamp,
    ) -> Result<Outcome, Error> {
        let sight = self.recognise(feed, state, connection, id, bytes, received_at)?;
        if let Some(outcome) = Outcome::of_sight(&sight) {
            return Ok(outcome);
        }
        let heard = Heard {
            id,
            bytes,
            received_at,
            learned_at: received_at,
            drifts: !state.in_burst(connection),
        };
        self.apply_news(feed, state, heard)
    }

    /// A line that takes effect, unless the other feed of a pair told it already; the outcome is this line's own.
    pub(super) fn apply_news(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        heard: Heard<'_>,
    ) -> Result<Outcome, Error> {
        if !holds_text(heard.bytes) {
            return self.parse_line(feed, state, heard);
        }
        let (hash, at) = (self.hash(heard.bytes), millis(heard.received_at));
        // Read before the line is entered, so that it is not among the earlier ones.
        self.recent_of(state, at)?;
        let twin = self.twin(feed, state, hash, at)?;
        let outcome = match &twin {
            Some((line, other)) => {
                let reason = format!("the same line came from feed {other} as line {line}");
                Outcome::linked(LineState::Duplicate, *line, reason)
            }
            None => self.parse_line(feed, state, heard)?,
        };
        let id = heard.id.get();
        self.recent_of(state, at)?.note(Seen {
            id,
            hash,
            at,
            root: twin.as_ref().map_or(id, |(line, _)| *line),
            skipped: outcome.state == LineState::Skipped,
            unread: outcome.state == LineState::Quarantined,
            paired: twin.is_some(),
        });
        Ok(outcome)
    }

    /// Parses one line and applies what it completes.
    fn parse_line(&mut self, feed: &FeedName, state: &mut FeedState, heard: Heard<'_>) -> Result<Outcome, Error> {
        if state.parser.is_none() {
            return Ok(Outcome::of(LineState::Pending));
        }
        let id = heard.id;
        let mut own = Outcome::of(LineState::Pending);
        for (line, outcome) in self.apply_parsed(feed, state, heard)? {
            if line == id {
                own = outcome;
            } else {
                self.settle_line(state, line, &outcome)?;
            }
        }
        // The clock looks after what waits.
        self.changed.deadlines |= own.state == LineState::Pending;
        Ok(own)
    }

    /// The outcome of a line that waited. One that was part of a leg already was counted then.
    pub(super) fn settle_line(&mut self, state: &mut FeedState, line: LineId, outcome: &Outcome) -> Result<(), Error> {
        let was: Coded<LineState> = self
            .conn
            .prepare_cached("SELECT state FROM journal WHERE id = ?")?
            .query_row([line.get()], |row| row.get(0))?;
        self.set_outcome(line, outcome)?;
        if was.0 == LineState::Pending {
            state.count(outcome.state);
        }
        Ok(())
    }

    pub(super) fn apply_parsed(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        heard: Heard<'_>,
    ) -> Result<Vec<(LineId, Outcome)>, Error> {
        let parsed = state.parse(heard.id, heard.bytes, heard.received_at);
        self.apply(feed, state, heard, parsed)
    }

    /// Applies what a parser gave out; the outcomes are those of the lines concerned.
    pub(super) fn apply(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        heard: Heard<'_>,
        parsed: Vec<Parsed>,
    ) -> Result<Vec<(LineId, Outcome)>, Error> {
        let mut fates = Vec::new();
        // One line may release many legs that were held: each is counted within its own line.
        let mut legs_of_line = SmallVec::<[(u64, usize); 4]>::new();
        for parsed in parsed {
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
                    let index = count_leg(&mut legs_of_line, leg.line);
                    let taken = self.take_leg(feed, state, leg, index, &heard)?;
                    match taken {
                        Some((call, late_by)) => {
                            if heard.drifts
                                && let Some(seconds) = late_by
                            {
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

    /// Lines of connections still open whose end has not come: the rest may come on the same connection.
    pub(super) fn unended_of(&self, feed: i64) -> Result<Vec<(i64, LineId)>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT j.connection, j.id FROM journal j JOIN connection c ON c.id = j.connection
             WHERE j.state >= 3 AND j.state = 4 AND j.feed = ? AND j.reason = ? AND c.closed_at IS NULL ORDER BY j.id",
        )?;
        let rows = statement.query_map(params![feed, UNENDED], |row| {
            Ok((row.get(0)?, LineId::new(row.get(1)?)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The connection of a line that had not ended is gone: its end will never come.
    pub(super) fn never_ended(&self, line: LineId) -> Result<(), Error> {
        self.conn
            .prepare_cached("UPDATE journal SET reason = ?2 WHERE id = ?1")?
            .execute(params![line.get(), BROKEN])?;
        Ok(())
    }
}

fn line_id(number: u64) -> LineId {
    LineId::new(i64::try_from(number).unwrap_or(i64::MAX))
}

/// How many legs of this line there were before, and one more now.
fn count_leg(counted: &mut SmallVec<[(u64, usize); 4]>, line: u64) -> usize {
    if let Some((_, count)) = counted.iter_mut().rev().find(|(of, _)| *of == line) {
        *count += 1;
        return *count - 1;
    }
    counted.push((line, 1));
    0
}
