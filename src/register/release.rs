//! Who waits for mail, who reads it for them, and when it may go.
//!
//! ```text
//! notice waiting ── of whom ──▶ reader: themselves, else deputy, up the line, fallback ──▶ released at …
//!                                  \ several people's, one reader: one message          window, cap, quiet hours
//! ```
//! **Invariants.** Window, cap and quiet hours are those of who reads. Who reads is asked for anew each time, so an
//! absence that begins or ends, a mailbox that dies or is mended, changes what is not begun yet. What reaches nobody
//! waits; it is never dropped.
//!
//! **Not here**: whether what a notice says still holds ([`super::recheck`]), alarms about it ([`super::reach`]).

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::outbox::slug;
use super::read::Reader;
use super::{Error, Rules, Store, fates, instant, millis, store};
use crate::case::quiet;
use crate::directory::Mailbox;
use crate::ids::PersonId;

/// Kinds of notices of what happened, outside the daily cap.
const HAPPENED: &str = "('offered', 'assigned', 'put_through', 'returned', 'bounced', 'hot', 'to_rule', 'declined', \
                        'approved', 'given_away', 'confirmed', 'waived', 'corrected')";

/// Somebody with notices that wait.
pub(super) struct Waits {
    pub(super) person: PersonId,
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

/// What notices wait for, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitsFor {
    /// Others that fall due together.
    Window,
    /// The next day: the reader had enough today.
    Cap,
    /// The reader's opening.
    QuietHours,
    /// The message to the same reader that is tried again.
    Retry,
    /// The server, which was in trouble.
    Server,
    /// Somebody who says `outbox retry`.
    Release,
    /// A mailbox: nobody in reach has one that takes mail.
    Mailbox,
    /// Nothing: the mailer is at it.
    Turn,
}

/// Somebody whose notices wait, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitRow {
    /// Whose they are.
    pub person: PersonId,
    /// Who reads them; `None`: nobody.
    pub reader: Option<PersonId>,
    /// How many.
    pub count: i64,
    /// When they go, as far as it is known.
    pub goes_at: Option<Timestamp>,
    /// For what they wait.
    pub waits_for: WaitsFor,
}

/// A look at what waits, by the rules in force.
pub(super) struct Look<'a> {
    pub(super) conn: &'a Connection,
    pub(super) rules: &'a Rules,
    pub(super) now: Timestamp,
}

impl Store {
    pub(super) fn look_at_mail(&self, now: Timestamp) -> Look<'_> {
        Look {
            conn: &self.conn,
            rules: &self.rules,
            now,
        }
    }

    /// When the next message can be begun or tried again; those that are begun are in hand, or are taken up at the next
    /// look in any case.
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
        let look = self.look_at_mail(now);
        let mut next = None;
        for pile in look.piles()? {
            let (at, _) = look.released(&pile)?;
            next = next.into_iter().chain([at]).min();
        }
        let retry: Option<i64> = self
            .conn
            .prepare_cached("SELECT min(coalesce(next_at, 0)) FROM message WHERE state IN ('begun', 'waiting') AND state = 'waiting'")?
            .query_row([], |row| row.get(0))?;
        let next = next.into_iter().chain(retry.map(instant)).min();
        let pause = self.mail_pause()?.unwrap_or(Timestamp::MIN);
        Ok(next.map(|at| at.max(pause)))
    }
}

impl Look<'_> {
    /// Where a person's mail is read now: their mailbox, or that of who acts for them; `None`: no mailbox in reach
    /// takes mail.
    pub(super) fn read_by(&self, person: &PersonId, dead: &BTreeSet<String>) -> Option<Mailbox> {
        let today = self.rules.zone.to_datetime(self.now).date();
        let lives = |address: &str| !dead.contains(&address.to_lowercase());
        self.rules.directory.mailbox_if(person, today, lives)
    }

    /// The readers for whom notices wait, who has waited longest first; not those whose notices join a message that is
    /// tried again.
    pub(super) fn piles(&self) -> Result<Vec<Pile>, Error> {
        let (dead, joining) = (fates::dead_addresses(self.conn)?, self.joining()?);
        let mut piles: Vec<Pile> = Vec::new();
        for waits in self.waiting_people()? {
            let Some(mailbox) = self.read_by(&waits.person, &dead) else {
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
    pub(super) fn waiting_people(&self) -> Result<Vec<Waits>, Error> {
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
        let mut statement = self.conn.prepare_cached(
            "SELECT person FROM message
                 WHERE state IN ('begun', 'waiting') AND state = 'waiting' AND bytes IS NULL AND note IS NULL",
        )?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Everybody with waiting notices that this reader reads now.
    pub(super) fn read_for(&self, reader: &PersonId) -> Result<Vec<PersonId>, Error> {
        let dead = fates::dead_addresses(self.conn)?;
        let mut people: Vec<PersonId> = self.waiting_people()?.into_iter().map(|waits| waits.person).collect();
        people.retain(|person| {
            self.read_by(person, &dead)
                .is_some_and(|mailbox| mailbox.person == *reader)
        });
        Ok(people)
    }

    /// When what waits may go: after the digest window, under the day's cap, and not in the reader's quiet hours; and
    /// which of them is the last to end.
    pub(super) fn released(&self, pile: &Pile) -> Result<(Timestamp, WaitsFor), Error> {
        let (reader, (since, _)) = (&pile.mailbox.person, pile.since);
        let gathered = since.checked_add(self.rules.digest_window).unwrap_or(since);
        let policy = &self.rules.policy;
        let ready = if pile.uncapped {
            gathered
        } else {
            let sent_on = |from, to| self.sent_on(reader, from, to);
            quiet::under_cap(policy.cap_per_day, &self.rules.zone, gathered, sent_on)?
        };
        let who = self.rules.directory.person(reader);
        Ok(
            match quiet::until(&policy.quiet, &self.rules.calendar, who, ready.max(self.now)) {
                Some(opening) => (opening, WaitsFor::QuietHours),
                None if ready > gathered => (ready, WaitsFor::Cap),
                None if ready > self.now => (ready, WaitsFor::Window),
                None => (ready, WaitsFor::Turn),
            },
        )
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

    /// Until when a reader is not to be mailed, if now is such a time.
    pub(super) fn quiet_until(&self, reader: &PersonId) -> Option<Timestamp> {
        let who = self.rules.directory.person(reader);
        quiet::until(&self.rules.policy.quiet, &self.rules.calendar, who, self.now)
    }

    /// The pile that has waited longest and may be mailed now.
    pub(super) fn next_pile(&self) -> Result<Option<Pile>, Error> {
        for pile in self.piles()? {
            if self.released(&pile)?.0 <= self.now {
                return Ok(Some(pile));
            }
        }
        Ok(None)
    }

    fn rows(&self) -> Result<Vec<WaitRow>, Error> {
        let (dead, piles) = (fates::dead_addresses(self.conn)?, self.piles()?);
        let pause = fates::mail_pause(self.conn)?.filter(|until| *until > self.now);
        let held = store::meta(self.conn, fates::HELD)?.is_some();
        let mut count = self
            .conn
            .prepare_cached("SELECT count(*) FROM notice WHERE state = 'waiting' AND message IS NULL AND person = ?")?;
        let mut rows = Vec::new();
        for waits in self.waiting_people()? {
            let reader = self.read_by(&waits.person, &dead).map(|mailbox| mailbox.person);
            let pile = piles.iter().find(|pile| pile.people.contains(&waits.person));
            let (goes_at, waits_for) = match (&reader, pile) {
                (None, _) => (None, WaitsFor::Mailbox),
                _ if held => (None, WaitsFor::Release),
                (Some(_), None) => (None, WaitsFor::Retry),
                (Some(_), Some(pile)) => match (self.released(pile)?, pause) {
                    ((at, _), Some(until)) if until >= at => (Some(until), WaitsFor::Server),
                    ((at, why), _) => (Some(at).filter(|at| *at > self.now), why),
                },
            };
            rows.push(WaitRow {
                count: count.query_row([waits.person.as_str()], |row| row.get(0))?,
                person: waits.person,
                reader,
                goes_at,
                waits_for,
            });
        }
        Ok(rows)
    }
}

impl Reader {
    /// Whose notices wait for a message, and for what, by these rules; who has waited longest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn waiting_notices(&self, rules: &Rules, now: Timestamp) -> Result<Vec<WaitRow>, Error> {
        let conn = self.connection();
        Look { conn, rules, now }.rows()
    }
}
