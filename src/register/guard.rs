//! What fails on one line or one case must cost no other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::feed_state::FeedState;
use super::writer::{fatal, passing};
use super::{Error, Store};

impl Store {
    /// Tries something that may fail on what the switch or a case says: then nothing of it stays and the reason comes
    /// back. Trouble of the database itself is the outer error.
    pub(super) fn guarded<T>(
        &mut self,
        attempt: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<Result<T, String>, Error> {
        self.conn.execute_batch("SAVEPOINT line")?;
        let failure = match catch_unwind(AssertUnwindSafe(|| attempt(self))) {
            Ok(Ok(value)) => {
                self.conn.execute_batch("RELEASE line")?;
                return Ok(Ok(value));
            }
            Ok(Err(error)) if fatal(&error) || passing(&error) => return Err(error),
            Ok(Err(error)) => error.to_string(),
            Err(panic) => panic_text(panic.as_ref()),
        };
        self.conn.execute_batch("ROLLBACK TO line; RELEASE line")?;
        Ok(Err(failure))
    }

    /// [`Store::guarded`] with what is remembered of the feed; its parser begins anew after a failure.
    pub(super) fn isolated<T>(
        &mut self,
        state: &mut FeedState,
        attempt: impl FnOnce(&mut Self, &mut FeedState) -> Result<T, Error>,
    ) -> Result<Result<T, String>, Error> {
        let (mark, watches) = (state.mark(), self.watches.clone());
        let result = self.guarded(|store| attempt(store, state))?;
        if result.is_err() {
            state.back_to(mark);
            self.watches = watches;
        }
        Ok(result)
    }
}

/// The text of a panic.
pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without a message".to_owned())
}
