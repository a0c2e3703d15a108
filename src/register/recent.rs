//! A feed's latest lines, by what they say: what a replay and a fail-over pair are recognised by.
//!
//! **Invariants.** Sorted by line. At most [`KEPT`] lines of the last [`KEPT_FOR_MS`]. Lines that repeat one of this
//! feed, that wait undecided, that are blank or not whole are not among them.
//!
//! **Not here**: what a repetition means ([`super::replay`], [`super::pair`]).

use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;

use rusqlite::{OptionalExtension, params};

use super::rows::{Coded, LineState};
use super::{Error, Store};

/// Lines of a feed that a replay may begin in.
const KEPT: usize = 5_000;

/// And how old they may be: 72 hours.
pub(super) const KEPT_FOR_MS: i64 = 72 * 3_600_000;

/// One of the latest lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// The line.
    pub id: i64,
    /// Of its bytes. Keyed anew at each start, so that nobody can make two lines look alike.
    pub hash: u64,
    /// When it arrived.
    pub at: i64,
    /// The line it is a duplicate of (from the other feed of a pair), else itself.
    pub root: i64,
    /// No record: a header, a ring alert.
    pub skipped: bool,
    /// Not understood.
    pub unread: bool,
    /// It has found its like on the other feed of a pair.
    pub paired: bool,
}

/// The latest lines of a feed.
#[derive(Debug, Default)]
pub(super) struct Recent {
    lines: VecDeque<Seen>,
}

impl Recent {
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Enters a line; the same again takes its place.
    pub fn note(&mut self, seen: Seen) {
        let at = match self.lines.back() {
            Some(last) if last.id >= seen.id => self.place(seen.id),
            _ => self.lines.len(),
        };
        match self.lines.get_mut(at) {
            Some(same) if same.id == seen.id => *same = seen,
            _ => self.lines.insert(at, seen),
        }
        while self.lines.len() > KEPT {
            self.lines.pop_front();
        }
    }

    fn place(&self, id: i64) -> usize {
        self.lines.partition_point(|seen| seen.id < id)
    }

    pub fn get(&self, id: i64) -> Option<&Seen> {
        self.lines.get(self.place(id)).filter(|seen| seen.id == id)
    }

    /// All lines like this one, up to line `until`, not older than `since`.
    pub fn alike(&self, hash: u64, until: i64, since: i64) -> Vec<i64> {
        self.lines
            .iter()
            .take_while(|seen| seen.id <= until)
            .filter(|seen| seen.hash == hash && seen.at >= since)
            .map(|seen| seen.id)
            .collect()
    }

    /// The line like this one that follows on line `id`; lines that are no records may lie between.
    pub fn next(&self, id: i64, hash: u64, until: i64) -> Option<i64> {
        let after = self.place(id + 1);
        for seen in self.lines.range(after..).take_while(|seen| seen.id <= until) {
            if seen.hash == hash {
                return Some(seen.id);
            }
            if !seen.skipped {
                return None;
            }
        }
        None
    }

    /// The line like this one that line `id` follows on.
    pub fn previous(&self, id: i64, hash: u64) -> Option<i64> {
        for seen in self.lines.range(..self.place(id)).rev() {
            if seen.hash == hash {
                return Some(seen.id);
            }
            if !seen.skipped {
                return None;
            }
        }
        None
    }

    /// The newest line, if any.
    pub fn last(&self) -> Option<&Seen> {
        self.lines.iter().rev().find(|seen| !seen.skipped)
    }

    /// The latest lines that are records or ought to be, newest first.
    pub fn telling(&self) -> impl Iterator<Item = &Seen> {
        self.lines.iter().rev().filter(|seen| !seen.skipped)
    }

    /// The first line like this one, of those that arrived at `from` or later, that has not found its like yet.
    pub fn unpaired(&mut self, hash: u64, from: i64, to: i64) -> Option<&mut Seen> {
        let begin = self.lines.iter().rev().take_while(|seen| seen.at >= from).count();
        let begin = self.lines.len() - begin;
        self.lines
            .range_mut(begin..)
            .find(|seen| seen.hash == hash && !seen.paired && seen.at <= to)
    }
}

/// Whether a line holds text at all.
pub(super) fn holds_text(bytes: &[u8]) -> bool {
    bytes.iter().any(|b| *b > b' ' && *b != 0x7f)
}

impl Store {
    /// A line's hash.
    pub(super) fn hash(&self, bytes: &[u8]) -> u64 {
        self.hasher.hash_one(bytes)
    }

    /// Reads a feed's latest lines back from the journal, as of `now`.
    pub(super) fn read_recent(&self, feed: i64, now: i64) -> Result<Recent, Error> {
        let floor = self.first_line_since(now.saturating_sub(KEPT_FOR_MS))?;
        let minute = self.first_line_since(now.saturating_sub(super::pair::WITHIN_MS))?;
        let linked: HashSet<i64> = self
            .conn
            .prepare_cached("SELECT link FROM journal WHERE id >= ? AND link IS NOT NULL AND state = 2")?
            .query_map([minute], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut statement = self.conn.prepare_cached(
            "SELECT j.id, j.received_at, j.raw, j.state, j.link FROM journal j
             WHERE j.id >= ?1 AND j.feed = ?2 AND j.state <> 4 AND (j.link IS NULL OR j.state = 2 AND
               (SELECT o.feed FROM journal o WHERE o.id = j.link) <> ?2)
             ORDER BY j.id DESC LIMIT ?3",
        )?;
        let mut rows = statement.query(params![floor, feed, KEPT as i64])?;
        let mut recent = Recent::default();
        while let Some(row) = rows.next()? {
            let raw = row.get_ref(2)?.as_bytes().unwrap_or_default();
            if !holds_text(raw) {
                continue;
            }
            let (id, link): (i64, Option<i64>) = (row.get(0)?, row.get(4)?);
            let state: Coded<LineState> = row.get(3)?;
            recent.lines.push_front(Seen {
                id,
                hash: self.hash(raw),
                at: row.get(1)?,
                root: link.unwrap_or(id),
                skipped: state.0 == LineState::Skipped,
                unread: state.0 == LineState::Quarantined,
                paired: link.is_some() || linked.contains(&id),
            });
        }
        Ok(recent)
    }

    /// The first line received at `since` or later: lines are numbered as they come, so halving finds it.
    fn first_line_since(&self, since: i64) -> Result<i64, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT id, received_at FROM journal WHERE id >= ? ORDER BY id LIMIT 1")?;
        let (mut low, mut high): (i64, i64) = self.conn.query_row(
            "SELECT coalesce(min(id), 0), coalesce(max(id), 0) + 1 FROM journal",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        while low < high {
            let middle = low + (high - low) / 2;
            let found: Option<(i64, i64)> = statement
                .query_row([middle], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            match found {
                Some((id, at)) if at < since => low = id + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn recent(lines: &[(u64, bool)]) -> Recent {
        let mut recent = Recent::default();
        for (id, (hash, skipped)) in (1..).zip(lines) {
            recent.note(Seen {
                id,
                hash: *hash,
                at: id * 1000,
                root: id,
                skipped: *skipped,
                unread: false,
                paired: false,
            });
        }
        recent
    }

    #[test]
    fn what_is_no_record_may_lie_between() {
        let lines = recent(&[(7, false), (1, true), (8, false), (7, false), (9, false)]);
        assert_eq!(lines.alike(7, 9, 0), [1, 4]);
        assert_eq!(lines.alike(7, 9, 2000), [4]);
        assert_eq!(lines.alike(7, 3, 0), [1]);
        assert_eq!(lines.next(1, 8, 9), Some(3));
        assert_eq!(lines.next(1, 1, 9), Some(2));
        assert_eq!(lines.next(1, 8, 2), None, "not beyond the connection's beginning");
        assert_eq!(lines.next(1, 7, 9), None, "line 3 lies between");
        assert_eq!(lines.previous(3, 7), Some(1));
        assert_eq!(lines.previous(4, 7), None);
    }

    #[test]
    fn a_line_that_took_effect_late_has_its_own_place() {
        let mut lines = recent(&[(7, false), (8, false), (9, false)]);
        let late = Seen {
            hash: 5,
            ..*lines.get(2).unwrap()
        };
        lines.note(late);
        assert_eq!((lines.next(1, 5, 9), lines.next(2, 9, 9)), (Some(2), Some(3)));
    }

    #[test]
    fn only_the_last_five_thousand_are_kept() {
        let lines = recent(&vec![(1, false); KEPT + 1]);
        assert_eq!(lines.alike(1, i64::MAX, 0).len(), KEPT);
        assert!(lines.get(1).is_none());
    }
}
