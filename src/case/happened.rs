//! What happened to somebody's cases, for notices outside the ladder.
//!
//! **Invariants.** Who did it is not told about it. Nobody is told under a policy that only observes, or of a draft.
//! What no longer holds when the mail is begun falls out: of a department all who may accept are told, and once one has
//! accepted the others need not be any more.
//!
//! **Not here**: storing and sending (`register`, `remind`).

use serde::{Deserialize, Serialize};

use crate::case::event::{Event, EventRow, TransferEffect};
use crate::case::life::To;
use crate::case::policy::Policy;
use crate::case::state::{Actor, Case, CaseState, DeadlineKind};
use crate::directory::Directory;
use crate::ids::PersonId;

/// Things that happen to a person's cases. The names are those of notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// Somebody offers it.
    Offered,
    /// A supervisor gave it by force.
    Assigned,
    /// The switch put the caller through.
    PutThrough,
    /// The other one returned it.
    Returned,
    /// Nobody accepted the offer in time: it is the offerer's again.
    Bounced,
    /// It is hot: shown to the supervisor at once.
    Hot,
    /// The supervisor's word is asked for: it is frozen, disputed, or something is to be granted.
    ToRule,
    /// What they asked for is not granted, or their dispute changes nothing.
    Declined,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// A deadline comes or has passed.
    Deadline(DeadlineKind),
    /// Something happened.
    Happened(Happened),
}

impl Occasion {
    /// By the name that notices are stored with.
    pub fn named(name: &str) -> Option<Self> {
        let text = serde_json::Value::String(name.to_owned());
        let deadline = serde_json::from_value(text.clone()).ok().map(Self::Deadline);
        deadline.or_else(|| serde_json::from_value(text).ok().map(Self::Happened))
    }
}

/// What is to be told, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What.
    pub happened: Happened,
    /// Of which event: its place in the case.
    pub seq: u64,
    /// To whom.
    pub person: PersonId,
}

/// What the events of one change tell people, given the case as they leave it.
pub fn told(case: &Case, rows: &[EventRow], policy: &Policy, directory: &Directory) -> Vec<Told> {
    if policy.observe_only || !case.settled {
        return Vec::new();
    }
    // Above the topmost there is nobody: the fallback must do.
    let supervisor = || {
        directory
            .supervisor_of(&case.handler)
            .unwrap_or(directory.fallback.clone())
    };
    let told = rows.iter().flat_map(|row| {
        let one = |happened, person: &PersonId| vec![(happened, person.clone())];
        let people = match &row.event {
            Event::Offered { to, answerable, .. } => may_accept(case, to, answerable, directory)
                .into_iter()
                .map(|person| (Happened::Offered, person))
                .collect(),
            Event::Assigned { to, .. } | Event::RuledTo { to, .. } => one(Happened::Assigned, to),
            Event::PutThrough {
                to,
                effect: TransferEffect::Moved,
                ..
            } => one(Happened::PutThrough, to),
            Event::Returned { .. } => one(Happened::Returned, &case.handler),
            Event::Lapsed { .. } => one(Happened::Bounced, &case.handler),
            Event::Hot { .. } => one(Happened::Hot, &supervisor()),
            Event::Frozen { .. } | Event::Asked { .. } | Event::Disputed { .. } => one(Happened::ToRule, &supervisor()),
            Event::Declined { to: Some(to), .. } => one(Happened::Declined, to),
            _ => Vec::new(),
        };
        let others = people
            .into_iter()
            .filter(|(_, person)| row.actor != Actor::Person(person.clone()));
        let told = others.map(|(happened, person)| Told {
            happened,
            seq: row.seq,
            person,
        });
        told.collect::<Vec<_>>()
    });
    // What the same change has overtaken is not told.
    told.filter(|told| still_holds(case, told.happened, &told.person, directory))
        .collect()
}

/// Whom an offer is told: the person; of a department its head, who answers for it, and every member with a mailbox.
fn may_accept(case: &Case, to: &To, answerable: &PersonId, directory: &Directory) -> Vec<PersonId> {
    let mut people = vec![answerable.clone()];
    if let To::Department(id) = to {
        let members = directory
            .members(id)
            .filter(|member| member.mail.is_some() && member.id != *answerable);
        people.extend(members.map(|member| member.id.clone()));
    }
    // Who offered it has it still.
    people.retain(|person| *person != case.handler);
    people
}

/// Whether what happened is still so: the offer waits, the case is theirs.
pub fn still_holds(case: &Case, happened: Happened, person: &PersonId, directory: &Directory) -> bool {
    match happened {
        Happened::Offered => case
            .offer
            .as_ref()
            .is_some_and(|offer| may_accept(case, &offer.to, &offer.answerable, directory).contains(person)),
        Happened::Assigned | Happened::PutThrough | Happened::Returned | Happened::Bounced => {
            case.is_open() && case.handler == *person
        }
        Happened::Hot => case.is_open() && case.hot,
        // A closed case is disputed, too.
        Happened::Declined => case.state != CaseState::Void && case.declined.is_some(),
        Happened::ToRule => case.state == CaseState::Frozen || case.asked.is_some() || case.disputed,
    }
}
