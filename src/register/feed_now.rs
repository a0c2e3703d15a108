//! What a feed is doing, and how far the file it follows is read.
//!
//! **Invariants.** A place is written in the transaction of the lines before it: after a crash no byte of a file is
//! read twice or left out. The place of a file belongs to the connection that read it; the last one is the current.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::lines::UNENDED;
use super::{Error, Store, millis};
use crate::ids::{FeedName, LineId};

/// Files remembered for each feed: what was rotated away long ago comes back under no name.
const FILES_KEPT: i64 = 64;

/// What a feed is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedNow {
    /// It waits for the switch to connect.
    Listening,
    /// It reads.
    Connected,
    /// It dials, or opens the port.
    Connecting,
    /// It failed and tries again later.
    Waiting,
    /// The switch refused the login; it tries again much later.
    LoginRefused,
}

impl FeedNow {
    /// The word of `feed status`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Listening => "listening",
            Self::Connected => "connected",
            Self::Connecting => "connecting",
            Self::Waiting => "waiting",
            Self::LoginRefused => "login_refused",
        }
    }
}

/// What a serial port has marked or lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PortFaults {
    /// Break conditions.
    pub breaks: u64,
    /// Bytes with a parity or framing error; they are kept all the same.
    pub bad_bytes: u64,
    /// Bytes that came faster than they could be stored, and are gone.
    pub lost_bytes: u64,
}

/// How far a file is read, and how it is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The connection that read it; 0 before there is one.
    pub connection: i64,
    /// Device the file is on.
    pub dev: u64,
    /// Its number there.
    pub ino: u64,
    /// Bytes taken, from the beginning.
    pub position: u64,
    /// What the codec was in the middle of.
    pub seam: i64,
    /// A hash of its first bytes.
    pub head: String,
    /// How many bytes that hash is of.
    pub head_length: u64,
    /// A hash of the last bytes before the position.
    pub tail: String,
    /// When it was last written to, in milliseconds.
    pub written_at: i64,
}

impl Store {
    /// Writes down what a feed is doing; inside a transaction.
    pub(super) fn note_feed(
        &mut self,
        feed: &FeedName,
        doing: FeedNow,
        reason: Option<&str>,
        faults: PortFaults,
        now: Timestamp,
    ) -> Result<(), Error> {
        let id = self.id_of(feed)?;
        self.conn
            .prepare_cached(
                "INSERT INTO feed_now(feed, state, reason, since, breaks, bad_bytes, lost_bytes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT(feed) DO UPDATE SET reason = ?3, since = iif(state = ?2, since, ?4), state = ?2,
                   breaks = breaks + ?5, bad_bytes = bad_bytes + ?6, lost_bytes = lost_bytes + ?7",
            )?
            .execute(params![
                id,
                doing.word(),
                reason,
                millis(now),
                faults.breaks.cast_signed(),
                faults.bad_bytes.cast_signed(),
                faults.lost_bytes.cast_signed()
            ])?;
        Ok(())
    }

    /// Writes down how far a file is read; inside the transaction of its lines, after them.
    pub(super) fn note_place(&mut self, feed: &FeedName, connection: i64, place: &Place) -> Result<(), Error> {
        let state = self.feed_state(feed)?;
        let (id, open_line) = (state.id, state.partial.get(&connection).map(|line| line.get()));
        self.feeds.insert(feed.clone(), state);
        let (dev, ino) = (place.dev.cast_signed(), place.ino.cast_signed());
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO followed(connection, feed, dev, ino, position, seam, head, head_length, tail,
                   written_at, open_line) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                connection,
                id,
                dev,
                ino,
                place.position.cast_signed(),
                place.seam,
                place.head,
                place.head_length.cast_signed(),
                place.tail,
                place.written_at,
                open_line
            ])?;
        self.conn
            .prepare_cached(
                "DELETE FROM followed WHERE feed = ?1 AND connection <> ?2 AND (dev = ?3 AND ino = ?4 OR connection <=
                   (SELECT connection FROM followed WHERE feed = ?1 ORDER BY connection DESC LIMIT 1 OFFSET ?5))",
            )?
            .execute(params![id, connection, dev, ino, FILES_KEPT])?;
        Ok(())
    }

    /// The files a feed has read, the last one first.
    pub(super) fn followed(&mut self, feed: &FeedName) -> Result<Vec<Place>, Error> {
        let id = self.id_of(feed)?;
        let mut statement = self
            .conn
            .prepare_cached("SELECT * FROM followed WHERE feed = ? ORDER BY connection DESC")?;
        let rows = statement.query_map([id], |row| {
            Ok(Place {
                connection: row.get("connection")?,
                dev: row.get::<_, i64>("dev")?.cast_unsigned(),
                ino: row.get::<_, i64>("ino")?.cast_unsigned(),
                position: row.get::<_, i64>("position")?.cast_unsigned(),
                seam: row.get("seam")?,
                head: row.get("head")?,
                head_length: row.get::<_, i64>("head_length")?.cast_unsigned(),
                tail: row.get("tail")?,
                written_at: row.get("written_at")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A line that had not ended when the connection `before` did may end on this one: the file still has its rest.
    pub(super) fn resume_line(&mut self, feed: &FeedName, connection: i64, before: i64) -> Result<(), Error> {
        let open: Option<i64> = self
            .conn
            .prepare_cached("SELECT open_line FROM followed WHERE connection = ?")?
            .query_row([before], |row| row.get(0))
            .optional()?
            .flatten();
        let Some(open) = open else { return Ok(()) };
        let marked = self
            .conn
            .prepare_cached("UPDATE journal SET reason = ?2, connection = ?3 WHERE id = ?1 AND state = 4")?
            .execute(params![open, UNENDED, connection])?;
        if marked > 0 {
            let mut state = self.feed_state(feed)?;
            state.partial.insert(connection, LineId::new(open));
            self.feeds.insert(feed.clone(), state);
        }
        Ok(())
    }

    fn id_of(&mut self, feed: &FeedName) -> Result<i64, Error> {
        let state = self.feed_state(feed)?;
        let id = state.id;
        self.feeds.insert(feed.clone(), state);
        Ok(id)
    }
}
