//! When a feed has been quiet long enough for an undecided `auto` to decide with what there is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::ids::FeedName;
use crate::register::{Error, Handle};

/// Silence of the whole feed after which an undecided `auto` may decide.
const DECIDE_AFTER: Duration = Duration::from_secs(5);

/// When the feed last sent a line; none: `auto` has been asked to decide since.
#[derive(Debug, Clone)]
pub(super) struct Quiet(Arc<Mutex<Option<Instant>>>);

impl Quiet {
    /// Lines that an earlier run left undecided count as heard now.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(Instant::now()))))
    }

    /// A line came.
    pub fn hear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// When the feed will have been quiet long enough.
    pub fn until(&self) -> Instant {
        let heard = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.map_or_else(|| Instant::now() + Duration::from_secs(1), |at| at + DECIDE_AFTER)
    }

    /// Lets `auto` decide if it is time, once.
    pub async fn decide(&self, feed: &FeedName, writer: &Handle) -> Result<(), Error> {
        let lasted = {
            let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let lasted = heard.is_some_and(|at| at.elapsed() >= DECIDE_AFTER);
            if lasted {
                *heard = None;
            }
            lasted
        };
        if lasted { writer.feed_silent(feed).await } else { Ok(()) }
    }

    /// Lets `auto` decide whenever it is time; returns when the register stops.
    pub async fn watch(&self, feed: &FeedName, writer: &Handle) -> Error {
        loop {
            tokio::time::sleep_until(self.until()).await;
            if let Err(error) = self.decide(feed, writer).await {
                return error;
            }
        }
    }
}
