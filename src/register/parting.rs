//! Feeds that come and go at a reload.
//!
//! **Invariants.** A feed that is no longer named leaves nothing that waits for more of it: what its parser holds and
//! what is undecided takes effect, its alarms are over. A renamed one takes all of it along.

use jiff::Timestamp;

use super::{Error, Rules, Store, millis};
use crate::ids::FeedName;

/// Alarms that are about a feed, by the kind in their key.
const OF_FEEDS: [&str; 7] = [
    "feed_silent",
    "feed_lost",
    "login_refused",
    "quarantine",
    "garbage",
    "drift",
    "lines_lost",
];

impl Store {
    /// Before new rules are taken over; inside a transaction.
    pub(super) fn part_with_feeds(&mut self, rules: &Rules, now: Timestamp) -> Result<(), Error> {
        for name in rules.feeds.keys() {
            if !self.rules.feeds.contains_key(name) {
                self.joined.insert(name.clone(), millis(now));
            }
        }
        let gone: Vec<FeedName> = self
            .rules
            .feeds
            .keys()
            .filter(|name| !rules.feeds.contains_key(*name))
            .cloned()
            .collect();
        for old in gone {
            match rules.feeds.iter().find(|(_, feed)| feed.was.contains(&old)) {
                Some((new, _)) => self.rename_watches(&old, new),
                None => self.part_with(&old, now)?,
            }
        }
        self.clear_alarms_of_strangers(rules, now)
    }

    fn part_with(&mut self, feed: &FeedName, now: Timestamp) -> Result<(), Error> {
        self.decide_after_silence(feed)?;
        let mut state = self.feed_state(feed)?;
        self.release_ended(feed, &mut state)?;
        self.flush_parser(feed, &mut state, now)?;
        self.feeds.insert(feed.clone(), state);
        Ok(())
    }

    /// Alarms about feeds that nothing is expected of any more.
    fn clear_alarms_of_strangers(&mut self, rules: &Rules, now: Timestamp) -> Result<(), Error> {
        let keys: Vec<String> = self
            .conn
            .prepare_cached("SELECT key FROM alarm WHERE cleared_at IS NULL")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for key in keys {
            let Some((kind, about)) = key.split_once(':') else {
                continue;
            };
            let named = about.parse::<FeedName>().ok();
            let feed = named.and_then(|feed| rules.feeds.get(&feed));
            let expected = feed.is_some_and(|feed| kind != "feed_silent" || feed.silence.is_some());
            if OF_FEEDS.contains(&kind) && !expected {
                self.clear_alarm(&key, now)?;
            }
        }
        Ok(())
    }
}
