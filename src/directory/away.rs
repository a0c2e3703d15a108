//! Who acts for somebody, and where their mail goes.
//!
//! The order, until somebody fits: the person; their deputies, then their deputies' deputies, three links far, the
//! nearest first; the line upward; the fallback, who is taken as they are. So it always ends at a named person.

use std::collections::HashSet;

use jiff::civil::Date;

use super::{Directory, Person};
use crate::ids::PersonId;

/// Links of the deputy chain that are followed.
const LINKS: usize = 3;

/// Who acts, and through whom they were reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    /// Who acts.
    pub who: PersonId,
    /// Those passed on the way, the person asked for first; empty if they act themselves.
    pub through: Vec<PersonId>,
}

/// A mailbox, and through whom it was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Whose it is.
    pub person: PersonId,
    /// The address.
    pub address: String,
    /// Those passed on the way, the person asked for first; empty for their own.
    pub through: Vec<PersonId>,
}

impl Person {
    /// Whether they are away on a day (of the site).
    pub fn is_away(&self, date: Date) -> bool {
        self.away.iter().any(|away| away.from <= date && date <= away.to)
    }
}

impl Directory {
    /// Who acts for a person on a day; the person, unless away.
    pub fn acting_for(&self, id: &PersonId, date: Date) -> Acting {
        self.nearest(id, |person| !person.is_away(date))
            .unwrap_or_else(|| self.falls_back(id))
    }

    /// Whether somebody does what is another's on a day: that one is away, or has no mailbox to be reached by.
    pub fn stands_in(&self, who: &PersonId, absent: &PersonId, date: Date) -> bool {
        let reached = self.person(absent).is_some_and(|person| person.mail.is_some());
        self.acting_for(absent, date).who == *who
            || !reached
                && self
                    .mailbox_of(absent, date)
                    .is_some_and(|mailbox| mailbox.person == *who)
    }

    /// Where mail for a person goes on a day; `None` only if nobody at all has a mailbox.
    pub fn mailbox_of(&self, id: &PersonId, date: Date) -> Option<Mailbox> {
        self.mailbox_if(id, date, |_| true)
    }

    /// The same, passing over addresses that don't live.
    pub fn mailbox_if(&self, id: &PersonId, date: Date, lives: impl Fn(&str) -> bool) -> Option<Mailbox> {
        let address = |person: &Person| person.mail.clone().filter(|address| lives(address));
        let acting = self
            .nearest(id, |person| !person.is_away(date) && address(person).is_some())
            .unwrap_or_else(|| self.falls_back(id));
        let address = address(self.person(&acting.who)?)?;
        Some(Mailbox {
            person: acting.who,
            address,
            through: acting.through,
        })
    }

    fn falls_back(&self, id: &PersonId) -> Acting {
        let through = if *id == self.fallback {
            Vec::new()
        } else {
            vec![id.clone()]
        };
        Acting {
            who: self.fallback.clone(),
            through,
        }
    }

    fn nearest(&self, id: &PersonId, fits: impl Fn(&Person) -> bool) -> Option<Acting> {
        if self.person(id).is_some_and(&fits) {
            return Some(Acting {
                who: id.clone(),
                through: Vec::new(),
            });
        }
        self.deputy(id, &fits).or_else(|| self.above(id, &fits))
    }

    /// The nearest fitting deputy.
    fn deputy(&self, id: &PersonId, fits: &impl Fn(&Person) -> bool) -> Option<Acting> {
        let mut seen = HashSet::from([id]);
        let mut level: Vec<Vec<&PersonId>> = vec![vec![id]];
        for _ in 0..LINKS {
            let mut next = Vec::new();
            for path in &level {
                let deputies = path
                    .last()
                    .and_then(|last| self.person(last))
                    .map(|person| &person.deputies);
                for deputy in deputies.into_iter().flatten() {
                    if !seen.insert(deputy) {
                        continue;
                    }
                    if self.person(deputy).is_some_and(fits) {
                        let through = path.iter().map(|&passed| passed.clone()).collect();
                        return Some(Acting {
                            who: deputy.clone(),
                            through,
                        });
                    }
                    next.push(path.iter().copied().chain([deputy]).collect());
                }
            }
            level = next;
        }
        None
    }

    /// The nearest fitting supervisor.
    fn above(&self, id: &PersonId, fits: &impl Fn(&Person) -> bool) -> Option<Acting> {
        let mut through = vec![id.clone()];
        for supervisor in self.chain(id) {
            if self.person(&supervisor).is_some_and(fits) {
                return Some(Acting {
                    who: supervisor,
                    through,
                });
            }
            through.push(supervisor);
        }
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{Away, example};
    use super::*;

    fn id(text: &str) -> PersonId {
        text.parse().unwrap()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn acting(directory: &Directory, person: &str, date: &str) -> String {
        let acting = directory.acting_for(&id(person), day(date));
        let through: Vec<_> = acting.through.iter().map(PersonId::as_str).collect();
        format!("{} via {}", acting.who, through.join(" "))
    }

    fn mailbox(directory: &Directory, person: &str, date: &str) -> String {
        directory
            .mailbox_of(&id(person), day(date))
            .map(|mailbox| mailbox.address)
            .unwrap_or_default()
    }

    /// Away all through October 2026.
    fn send_away(directory: &mut Directory, people: &[&str]) {
        for person in directory
            .people
            .iter_mut()
            .filter(|person| people.contains(&person.id.as_str()))
        {
            person.away = vec![Away {
                from: day("2026-10-01"),
                to: day("2026-10-31"),
            }];
        }
    }

    #[test]
    fn both_days_of_an_absence_are_inclusive() {
        let d = example::directory();
        assert_eq!(acting(&d, "wang", "2026-10-07"), "wang via ");
        assert_eq!(acting(&d, "wang", "2026-10-08"), "liu via wang");
        assert_eq!(acting(&d, "wang", "2026-10-12"), "liu via wang");
        assert_eq!(acting(&d, "wang", "2026-10-13"), "wang via ");
    }

    #[test]
    fn f53_all_deputies_away_up_the_line_then_the_fallback() {
        let mut d = example::directory();
        send_away(&mut d, &["wang", "liu"]);
        assert_eq!(acting(&d, "wang", "2026-10-08"), "li via wang");
        send_away(&mut d, &["wang", "liu", "li"]);
        assert_eq!(acting(&d.clone(), "wang", "2026-10-08"), "zhao via wang li");
        send_away(&mut d, &["wang", "liu", "li", "zhao"]);
        assert_eq!(
            acting(&d.clone(), "wang", "2026-10-08"),
            "li via wang",
            "the fallback as they are"
        );
        assert_eq!(acting(&d.clone(), "li", "2026-10-08"), "li via ");
        assert_eq!(
            acting(&d.clone(), "gone", "2026-10-08"),
            "li via gone",
            "left the directory"
        );
    }

    #[test]
    fn f53_deputies_three_links_far_and_no_further() {
        let mut d = example::directory();
        for (n, name) in ["a", "b", "c", "d", "e"].iter().enumerate() {
            let deputies = ["b", "c", "d", "e"]
                .get(n)
                .map(|next| vec![id(next)])
                .unwrap_or_default();
            d.people.push(Person {
                deputies,
                ..example::person(name, "permits")
            });
        }
        send_away(&mut d, &["a", "b", "c"]);
        assert_eq!(acting(&d.clone(), "a", "2026-10-08"), "d via a b c");
        send_away(&mut d, &["a", "b", "c", "d"]);
        assert_eq!(
            acting(&d.clone(), "a", "2026-10-08"),
            "li via a",
            "e is four links away"
        );
        // A loop, and a nearer deputy named second.
        d.people[5].deputies = vec![id("a")];
        assert_eq!(acting(&d.clone(), "a", "2026-10-08"), "li via a");
        d.people[4].deputies = vec![id("b"), id("liu")];
        assert_eq!(acting(&d.clone(), "a", "2026-10-08"), "liu via a");
    }

    #[test]
    fn a_handler_without_a_mailbox() {
        let mut d = example::directory();
        assert_eq!(mailbox(&d, "wang", "2026-10-01"), "wang@x.cn");
        assert_eq!(mailbox(&d, "wang", "2026-10-08"), "liu@x.cn", "away");
        d.people[0].mail = None;
        assert_eq!(mailbox(&d.clone(), "wang", "2026-10-01"), "liu@x.cn", "the deputy");
        d.people[1].mail = None;
        assert_eq!(mailbox(&d.clone(), "wang", "2026-10-01"), "li@x.cn", "the supervisor");
        send_away(&mut d, &["li", "zhao"]);
        assert_eq!(
            mailbox(&d.clone(), "wang", "2026-10-20"),
            "li@x.cn",
            "the fallback, away or not"
        );
        d.people.iter_mut().for_each(|person| person.mail = None);
        assert_eq!(d.clone().mailbox_of(&id("wang"), day("2026-10-20")), None);
    }

    #[test]
    fn who_gets_the_mail_of_somebody_without_a_mailbox_stands_in() {
        let mut d = example::directory();
        let stands_in = |d: &Directory, who: &str| d.stands_in(&id(who), &id("wang"), day("2026-10-01"));
        assert!(!stands_in(&d, "liu"));
        d.people[0].mail = None;
        assert!(stands_in(&d, "liu") && stands_in(&d, "wang") && !stands_in(&d, "li"));
    }

    #[test]
    fn dead_addresses_are_passed_over() {
        let d = example::directory();
        let mailbox = d
            .mailbox_if(&id("liu"), day("2026-10-20"), |address| address != "liu@x.cn")
            .unwrap();
        assert_eq!((mailbox.person, mailbox.through), (id("li"), vec![id("liu")]));
    }
}
