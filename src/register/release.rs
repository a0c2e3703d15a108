//! Who waits for mail, who reads it for them, and when it may go.
//!
//! ```text
//! notice waiting ── of whom ──▶ reader: themselves, else deputy, up the line, fallback ──▶ released at …
//!                                  \ several people's, one reader: one message          window, cap, quiet hours
//! ```
//! **Invariants.** Window, cap and quiet hours are those of who reads. Who reads is asked for anew each time, so an
//! absence that begins or ends, a mailbox that dies or is mended, changes what is not begun yet. What reaches nobody
//! waits, with an alarm; it is never dropped.
//!
//! **Not here**: whether what a notice says still holds ([`super::recheck`]).

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::outbox::slug;
use super::{Alarm, Error, Store, alarms, instant, millis};
use crate::case::quiet;
use crate::directory::Mailbox;
use crate::ids::PersonId;

/// Kinds of notices of what happened, outside the daily cap.
const HAPPENED: &str = "('offered', 'assigned', 'put_through', 'returned', 'bounced', 'hot', 'to_rule')";

/// Somebody with notices that wait.
struct Waits {
    person: PersonId,
    /// Of the oldest notice: when, and its row.
    since: (Timestamp, i64),
    uncapped: bool,
}

/// A reader for whom notices wait: their own, and those of people they read for.
pub(super) struct Pile {
    pub(super) mailbox: Mailbox,
    pub(super) people: Vec<PersonId>,
    since: (Timestamp, i64),
    uncapped: bool,
}

impl Store {
    /// When the next message can be begun or tried again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn next_mail(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        if self.test_waits()? {
            return Ok(Some(Timestamp::UNIX_EPOCH));
        }
        if self.mail_held()?.is_some() {
            return Ok(None);
        }
        let notice = self
            .piles(now)?
            .iter()
            .map(|pile| self.released(pile))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .min();
        let retry: Option<i64> = self
            .conn
            .prepare_cached("SELECT min(coalesce(next_at, 0)) FROM message WHERE state IN ('begun', 'waiting')")?
            .query_row([], |row| row.get(0))?;
        let next = notice.into_iter().chain(retry.map(instant)).min();
        let pause = self.mail_pause()?.unwrap_or(Timestamp::MIN);
        Ok(next.map(|at| at.max(pause)))
    }

    /// Where a person's mail is read now: their mailbox, or that of who acts for them; `None`: no mailbox in reach
    /// takes mail.
    pub(super) fn read_by(&self, person: &PersonId, dead: &BTreeSet<String>, now: Timestamp) -> Option<Mailbox> {
        let today = self.rules.zone.to_datetime(now).date();
        let lives = |address: &str| !dead.contains(&address.to_lowercase());
        self.rules.directory.mailbox_if(person, today, lives)
    }

    /// The readers for whom notices wait, who has waited longest first; not those whose notices join a message that is
    /// tried again.
    fn piles(&self, now: Timestamp) -> Result<Vec<Pile>, Error> {
        let (dead, joining) = (self.dead_addresses()?, self.joining()?);
        let mut piles: Vec<Pile> = Vec::new();
        for waits in self.waiting_people()? {
            let Some(mailbox) = self.read_by(&waits.person, &dead, now) else {
                continue;
            };
            if joining.contains(mailbox.person.as_str()) {
                continue;
            }
            match piles.iter_mut().find(|pile| pile.mailbox.person == mailbox.person) {
                Some(pile) => {
                    pile.people.push(waits.person);
                    pile.since = pile.since.min(waits.since);
                    pile.uncapped |= waits.uncapped;
                }
                None => piles.push(Pile {
                    mailbox,
                    people: vec![waits.person],
                    since: waits.since,
                    uncapped: waits.uncapped,
                }),
            }
        }
        piles.sort_by_key(|pile| pile.since);
        Ok(piles)
    }

    /// People with notices that wait, since when, and whether one of them knows no daily cap; who has waited longest
    /// first. Goes from person to person in the index: there may be very many notices.
    fn waiting_people(&self) -> Result<Vec<Waits>, Error> {
        let mut next = self.conn.prepare_cached(
            "SELECT person, at, id FROM notice WHERE state = 'waiting' AND message IS NULL AND person > ?
             ORDER BY person, at, id LIMIT 1",
        )?;
        let mut uncapped = self.conn.prepare_cached(&format!(
            "SELECT EXISTS(SELECT 1 FROM notice WHERE state = 'waiting' AND message IS NULL AND person = ?
               AND (rung >= 2 OR kind IN {HAPPENED}))"
        ))?;
        let (mut people, mut last) = (Vec::new(), String::new());
        while let Some((person, at, id)) = next
            .query_row([&last], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))
            .optional()?
        {
            people.push(Waits {
                person: slug(&person)?,
                since: (instant(at), id),
                uncapped: uncapped.query_row([&person], |row| row.get(0))?,
            });
            last = person;
        }
        people.sort_by_key(|waits| waits.since);
        Ok(people)
    }

    /// Readers with a message that will be composed anew.
    fn joining(&self) -> Result<BTreeSet<String>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT person FROM message WHERE state = 'waiting' AND bytes IS NULL AND note IS NULL")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Everybody with waiting notices that this reader reads now.
    pub(super) fn read_for(&self, reader: &PersonId, now: Timestamp) -> Result<Vec<PersonId>, Error> {
        let dead = self.dead_addresses()?;
        let mut people: Vec<PersonId> = self.waiting_people()?.into_iter().map(|waits| waits.person).collect();
        people.retain(|person| {
            self.read_by(person, &dead, now)
                .is_some_and(|mailbox| mailbox.person == *reader)
        });
        Ok(people)
    }

    /// When what waits may go: after the digest window, under the day's cap, and not in the reader's quiet hours.
    fn released(&self, pile: &Pile) -> Result<Timestamp, Error> {
        let reader = &pile.mailbox.person;
        let (since, _) = pile.since;
        let gathered = since.checked_add(self.rules.digest_window).unwrap_or(since);
        let policy = &self.rules.policy;
        let ready = if pile.uncapped {
            gathered
        } else {
            let sent_on = |from, to| self.sent_on(reader, from, to);
            quiet::under_cap(policy.cap_per_day, &self.rules.zone, gathered, sent_on)?
        };
        let who = self.rules.directory.person(reader);
        Ok(quiet::until(&policy.quiet, &self.rules.calendar, who, ready).unwrap_or(ready))
    }

    /// Messages about deadlines that a reader was sent, or is being sent, in `[from, to)`.
    fn sent_on(&self, reader: &PersonId, from: Timestamp, to: Timestamp) -> Result<u32, Error> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT count(*) FROM message WHERE person = ? AND created_at >= ? AND created_at < ?
               AND state IN ('begun', 'waiting', 'sent')
               AND EXISTS(SELECT 1 FROM notice n WHERE n.message = message.id AND n.kind NOT IN {HAPPENED})"
        ))?;
        Ok(statement.query_row(params![reader.as_str(), millis(from), millis(to)], |row| row.get(0))?)
    }

    /// Until when a reader is not to be mailed, if this is such a time.
    pub(super) fn quiet_until(&self, reader: &PersonId, now: Timestamp) -> Option<Timestamp> {
        let who = self.rules.directory.person(reader);
        quiet::until(&self.rules.policy.quiet, &self.rules.calendar, who, now)
    }

    /// The pile that has waited longest and may be mailed now.
    pub(super) fn next_pile(&self, now: Timestamp) -> Result<Option<Pile>, Error> {
        for pile in self.piles(now)? {
            if self.released(&pile)? <= now && self.quiet_until(&pile.mailbox.person, now).is_none() {
                return Ok(Some(pile));
            }
        }
        Ok(None)
    }

    /// Raises an alarm for each person whose notices reach nobody, and for each who has no mailbox of their own; ends
    /// those that are over. Part of looking for mail.
    pub(super) fn watch_reach(&mut self, now: Timestamp) -> Result<(), Error> {
        let dead = self.dead_addresses()?;
        let mut standing = BTreeSet::new();
        for waits in self.waiting_people()? {
            let alarm = match self.read_by(&waits.person, &dead, now) {
                None => Alarm::NobodyToTell {
                    person: waits.person.to_string(),
                },
                Some(mailbox) if self.has_no_mailbox(&waits.person) => Alarm::NoMailbox {
                    person: waits.person.to_string(),
                    reader: mailbox.person.to_string(),
                },
                Some(_) => continue,
            };
            standing.insert(alarm.key());
            self.raise_alarm(&alarm, now)?;
        }
        for (key, person) in self.standing_about(&["nobody_to_tell", "no_mailbox"])? {
            // Without a mailbox somebody stays until the directory gives one; the other ends when all is told.
            let over = !standing.contains(&key)
                && (key.starts_with("nobody_to_tell")
                    || person.parse().is_ok_and(|person| !self.has_no_mailbox(&person)));
            if over {
                self.clear_alarm(&key, now)?;
            }
        }
        Ok(())
    }

    fn has_no_mailbox(&self, person: &PersonId) -> bool {
        self.rules
            .directory
            .person(person)
            .is_some_and(|found| found.mail.is_none())
    }

    /// Standing alarms of these kinds: key, and whom they are about.
    fn standing_about(&self, kinds: &[&str]) -> Result<Vec<(String, String)>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT key FROM alarm WHERE cleared_at IS NULL")?;
        let keys: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let about = |key: &str| {
            let (kind, about) = key.split_once(':')?;
            kinds
                .contains(&kind)
                .then(|| (alarms::key(kind, about), about.to_owned()))
        };
        Ok(keys.iter().filter_map(|key| about(key)).collect())
    }
}
