//! Figures of the house at this moment, for whoever watches over it.

use jiff::Timestamp;

use super::read::{FeedRow, Reader};
use super::{Error, millis};

/// What there is, and what waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauges {
    /// Cases that are open, settled ones only.
    pub cases_open: i64,
    /// Of those, with a deadline that has passed.
    pub cases_overdue: i64,
    /// Notices that no mail carries yet.
    pub notices_waiting: i64,
    /// Mails begun or to be tried again.
    pub mails_waiting: i64,
    /// Mails given up, until `outbox retry`.
    pub mails_failed: i64,
    /// Mail is held until `outbox retry`.
    pub mail_held: bool,
    /// Keys of the alarms that stand.
    pub alarms: Vec<String>,
    /// The feeds.
    pub feeds: Vec<FeedRow>,
}

impl Reader {
    /// What there is, and what waits.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn gauges(&self, now: Timestamp) -> Result<Gauges, Error> {
        let all = "SELECT (SELECT count(*) FROM cases WHERE open = 1 AND settled = 1),
                     (SELECT count(*) FROM cases WHERE open = 1 AND settled = 1 AND due_at <= ?),
                     (SELECT count(*) FROM notice WHERE state = 'waiting' AND message IS NULL),
                     (SELECT count(*) FROM message WHERE state IN ('begun', 'waiting')),
                     (SELECT count(*) FROM message WHERE state NOT IN ('sent', 'replaced') AND state = 'failed')";
        let counts: [i64; 5] = self.connection().prepare_cached(all)?.query_row([millis(now)], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])
        })?;
        let [cases_open, cases_overdue, notices_waiting, mails_waiting, mails_failed] = counts;
        Ok(Gauges {
            cases_open,
            cases_overdue,
            notices_waiting,
            mails_waiting,
            mails_failed,
            mail_held: self.mail_held()?.is_some(),
            alarms: self.alarms()?.iter().map(|row| row.alarm.key()).collect(),
            feeds: self.feeds()?,
        })
    }
}
