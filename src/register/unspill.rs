//! The spill journal's lines come into the database that is whole again.
//!
//! **Invariants.** All in one transaction, with the number of the last entry: a crash leaves all of it or nothing, and
//! what is in is not put in again. The file gets another name only afterwards. A line that the switch sent to the old
//! database and again to the spill is recognised as after any reconnect.
//!
//! **Not here**: the file ([`super::spill`]).

use std::collections::HashMap;

use jiff::Timestamp;

use super::spill::{self, Entry, Found, Told};
use super::{Error, IncomingLine, Store, instant};
use crate::ids::FeedName;

/// Which spill was replayed last, and up to which entry.
const REPLAYED: &str = "spill_replayed";

/// A connection of the spill: its number here, and its last sign.
struct Opened {
    connection: i64,
    last: Timestamp,
}

impl Store {
    /// Replays the spill journal that lies beside the database, if there is one; how many lines came in.
    ///
    /// # Errors
    /// It can't be read, or what SQLite says; then nothing of it is in, and the file is as it was.
    pub fn replay_spill(&mut self, now: Timestamp) -> Result<usize, Error> {
        let path = self.path().to_owned();
        let Some(found) = spill::read(&path)? else { return Ok(0) };
        let done = self.meta(REPLAYED)?.and_then(|text| {
            let (id, n) = text.split_once(' ')?;
            (id == found.id).then(|| n.parse().ok()).flatten()
        });
        let done: u64 = done.unwrap_or(0);
        let new: Vec<&Entry> = found.entries.iter().filter(|entry| entry.n > done).collect();
        let lines = self.transact(|store| {
            let lines = store.take_spilled(&new)?;
            let last = found.entries.last().map_or(0, |entry| entry.n);
            store.set_meta(REPLAYED, &format!("{} {last}", found.id))?;
            Ok(lines)
        })?;
        let time = self.rules().zone.to_datetime(now).strftime("%Y%m%dT%H%M%S").to_string();
        tell_of_broken(&found);
        let aside = spill::set_aside(&path, &time)?;
        tracing::warn!(lines, kept = %aside.display(), "the lines that came while the database was damaged are in it now");
        Ok(lines)
    }

    /// In their order; inside a transaction.
    fn take_spilled(&mut self, entries: &[&Entry]) -> Result<usize, Error> {
        let mut opened: HashMap<(FeedName, i64), Opened> = HashMap::new();
        let (mut taken, mut strange) = (0, HashMap::<FeedName, usize>::new());
        for run in entries.chunk_by(|a, b| a.feed == b.feed && a.connection == b.connection && is_line(a) && is_line(b))
        {
            let Some(first) = run.first() else { continue };
            if !self.rules().feeds.contains_key(&first.feed) {
                *strange.entry(first.feed.clone()).or_default() += run.len();
                continue;
            }
            let (key, at) = ((first.feed.clone(), first.connection), instant(first.at));
            if let Told::Closed { why } = &first.told {
                if let Some(Opened { connection, .. }) = opened.remove(&key) {
                    self.connection_closed(&first.feed, connection, why, at)?;
                }
                continue;
            }
            let connection = match opened.get(&key) {
                Some(open) => open.connection,
                None => {
                    let peer = match &first.told {
                        Told::Opened { peer } => peer.as_str(),
                        // It was opened before the damage was found.
                        _ => "spill journal",
                    };
                    self.connection_opened(&first.feed, peer, at)?
                }
            };
            let lines: Vec<IncomingLine> = run.iter().filter_map(|entry| entry.incoming()).collect();
            taken += lines.len();
            if !lines.is_empty() {
                self.take_lines(&first.feed, connection, &lines, true)?;
            }
            let last = run.last().map_or(at, |entry| instant(entry.at));
            opened.insert(key, Opened { connection, last });
        }
        for ((feed, _), Opened { connection, last }) in opened {
            self.connection_closed(&feed, connection, "the daemon ended", last)?;
        }
        for (feed, count) in strange {
            tracing::error!(feed = %feed, count, "entries of the spill journal are of a feed that the configuration no \
                longer names: they stay in the file only");
        }
        Ok(taken)
    }
}

fn is_line(entry: &Entry) -> bool {
    matches!(entry.told, Told::Line { .. })
}

fn tell_of_broken(found: &Found) {
    if !found.broken.is_empty() {
        let lines: Vec<String> = found.broken.iter().map(usize::to_string).collect();
        tracing::error!(lines = %lines.join(", "), "entries of the spill journal are damaged and were left out: look at \
            these lines of the file");
    }
}
