//! Alarms about people whom mail does not reach.
//!
//! **Invariants.** Somebody whose notices wait and reach nobody is an alarm until they do; somebody with notices and
//! without a mailbox of their own is one until the directory gives one. Neither keeps anything from going.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Alarm, Error, Store, alarms};
use crate::ids::PersonId;

impl Store {
    /// Raises and ends them; part of looking for mail, inside a transaction.
    pub(super) fn watch_reach(&mut self, now: Timestamp) -> Result<(), Error> {
        let found = self.unreached(now)?;
        for alarm in &found {
            self.raise_alarm(alarm, now)?;
        }
        let standing: BTreeSet<String> = found.iter().map(Alarm::key).collect();
        for (kind, person) in self.standing_about(&["nobody_to_tell", "no_mailbox"])? {
            let mended = kind == "nobody_to_tell" || person.parse().is_ok_and(|person| !self.has_no_mailbox(&person));
            let key = alarms::key(&kind, &person);
            if mended && !standing.contains(&key) {
                self.clear_alarm(&key, now)?;
            }
        }
        Ok(())
    }

    fn unreached(&self, now: Timestamp) -> Result<Vec<Alarm>, Error> {
        let (dead, look) = (self.dead_addresses()?, self.look_at_mail(now));
        let mut found = Vec::new();
        for waits in look.waiting_people()? {
            let person = waits.person.to_string();
            match look.read_by(&waits.person, &dead) {
                None => found.push(Alarm::NobodyToTell { person }),
                Some(mailbox) if self.has_no_mailbox(&waits.person) => found.push(Alarm::NoMailbox {
                    person,
                    reader: mailbox.person.to_string(),
                }),
                Some(_) => {}
            }
        }
        Ok(found)
    }

    fn has_no_mailbox(&self, person: &PersonId) -> bool {
        let found = self.rules.directory.person(person);
        found.is_some_and(|found| found.mail.is_none())
    }

    /// Standing alarms of these kinds: kind, and whom they are about.
    fn standing_about(&self, kinds: &[&str]) -> Result<Vec<(String, String)>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT key FROM alarm WHERE cleared_at IS NULL")?;
        let keys: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let about = keys.iter().filter_map(|key| key.split_once(':'));
        Ok(about
            .filter(|(kind, _)| kinds.contains(kind))
            .map(|(kind, about)| (kind.to_owned(), about.to_owned()))
            .collect())
    }
}
