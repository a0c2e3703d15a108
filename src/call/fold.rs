//! All legs of a call become the call.

use super::{Call, PlacedLeg};
use crate::directory::Directory;
use crate::ids::FeedName;

/// Folds a call from its legs, in any order; `None` without legs.
pub fn fold(_feed: &FeedName, _legs: &[PlacedLeg], _directory: &Directory, _site: &jiff::tz::TimeZone) -> Option<Call> {
    None
}
