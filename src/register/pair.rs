//! A fail-over pair: two feeds that tell of the same calls.
//!
//! **Invariants.** The same line from both within a minute is one call; whichever comes second is the duplicate. Lines
//! pair off one by one: two identical lines of one feed are two calls, and want two of the other.

use super::feed_state::FeedState;
use super::{Error, Store};
use crate::ids::FeedName;

/// How far apart the two may arrive.
pub(super) const WITHIN_MS: i64 = 60_000;

impl Store {
    /// The line of the pair's other feed that this one repeats: it, and the feed. Each is found once.
    pub(super) fn twin(
        &mut self,
        feed: &FeedName,
        state: &FeedState,
        hash: u64,
        at: i64,
    ) -> Result<Option<(i64, FeedName)>, Error> {
        let Some(other) = self.other_of(feed, state) else {
            return Ok(None);
        };
        let mut its = self.feed_state(&other)?;
        let found = self
            .recent_of(&mut its, at)?
            .unpaired(hash, at - WITHIN_MS, at + WITHIN_MS)
            .map(|seen| {
                seen.paired = true;
                seen.root
            });
        self.feeds.insert(other.clone(), its);
        Ok(found.map(|line| (line, other)))
    }

    /// The other feed of a pair; it is enough if one of the two names the other.
    fn other_of(&self, feed: &FeedName, state: &FeedState) -> Option<FeedName> {
        if !self.paired_feeds {
            return None;
        }
        let feeds = &self.rules.feeds;
        let own = state.rules.pair.as_ref().filter(|other| feeds.contains_key(*other));
        let names_us = || {
            feeds
                .iter()
                .find(|(_, rules)| rules.pair.as_ref() == Some(feed))
                .map(|(name, _)| name)
        };
        own.or_else(names_us).filter(|other| *other != feed).cloned()
    }
}
