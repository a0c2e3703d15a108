//! What happened to somebody's cases, for notices outside the ladder.
//!
//! **Invariants.** Who did it is not told about it. Nobody is told under a policy that only observes, or of a draft.
//! What no longer holds when the mail is begun falls out: of a department all who may accept are told, and once one has
//! accepted the others need not be any more.
//!
//! **Not here**: storing and sending (`register`, `remind`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::case::event::{Event, EventRow, TransferEffect};
use crate::case::life::To;
use crate::case::policy::Policy;
use crate::case::state::{Actor, Case, CaseState, DeadlineKind};
use crate::case::violation::Status;
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
    /// What they asked for is granted.
    Approved,
    /// A supervisor gave their case to somebody else.
    GivenAway,
    /// A violation that is charged to them was confirmed.
    Confirmed,
    /// A violation that was charged to them was waived.
    Waived,
    /// They answered first after all, or did not.
    Corrected,
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
            Event::Assigned { to, .. } | Event::RuledTo { to, .. } => {
                let before = had_it_before(case, to, row.at);
                let given_away = before.map(|person| (Happened::GivenAway, person.clone()));
                one(Happened::Assigned, to).into_iter().chain(given_away).collect()
            }
            Event::PutThrough {
                to,
                effect: TransferEffect::Moved,
                ..
            } => one(Happened::PutThrough, to),
            Event::Returned { .. } => one(Happened::Returned, &case.handler),
            Event::Lapsed { .. } => one(Happened::Bounced, &case.handler),
            Event::Hot { .. } => one(Happened::Hot, &supervisor()),
            Event::Frozen { .. } | Event::Asked { .. } => one(Happened::ToRule, &supervisor()),
            Event::Disputed { by, .. } => hear(case, by.as_ref(), &supervisor(), directory)
                .into_iter()
                .map(|person| (Happened::ToRule, person))
                .collect(),
            Event::Declined { to: Some(to), .. } => one(Happened::Declined, to),
            Event::Approved { to: Some(to), .. } => one(Happened::Approved, to),
            Event::ViolationRuled {
                violation, confirmed, ..
            } => {
                let ruled = usize::try_from(*violation).ok().and_then(|at| case.violations.get(at));
                let charged = ruled.and_then(|row| row.person.as_ref());
                let happened = if *confirmed {
                    Happened::Confirmed
                } else {
                    Happened::Waived
                };
                charged.map(|person| one(happened, person)).unwrap_or_default()
            }
            Event::Corrected { to, was, .. } => [Some(to), was.as_ref()]
                .into_iter()
                .flatten()
                .map(|person| (Happened::Corrected, person.clone()))
                .collect(),
            _ => Vec::new(),
        };
        let others = people
            .into_iter()
            .filter(|(_, person)| row.actor != Actor::Person(person.clone()))
            // What the same change has overtaken is not told.
            .filter(|(happened, person)| still_holds(case, *happened, person, Some(&row.event), directory));
        let told = others.map(|(happened, person)| Told {
            happened,
            seq: row.seq,
            person,
        });
        told.collect::<Vec<_>>()
    });
    told.collect()
}

/// Who hears a dispute: who may rule on what is charged to the person that disputes it; where nothing is, or nobody is
/// above them, who may correct or decline.
fn hear(case: &Case, by: Option<&PersonId>, supervisor: &PersonId, directory: &Directory) -> Vec<PersonId> {
    let own = by.and_then(|by| directory.supervisor_of(by));
    let charged = case.violations.iter().any(|row| {
        let theirs = row.person.as_ref() == by && by.is_some();
        theirs && row.status == Status::Pending
    });
    let mut people: Vec<PersonId> = own.into_iter().collect();
    if (!charged || people.is_empty()) && !people.contains(supervisor) {
        people.push(supervisor.clone());
    }
    people
}

/// Who had a case until it was given to somebody by force at that instant.
fn had_it_before<'a>(case: &'a Case, to: &PersonId, at: Timestamp) -> Option<&'a PersonId> {
    let place = case.custody.iter().rposition(|held| {
        let forced = matches!(held.how.as_str(), "assigned" | "ruled");
        held.person == *to && held.from >= at && forced
    })?;
    case.custody.get(place.checked_sub(1)?).map(|held| &held.person)
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

/// Whether what happened is still so: the offer waits, the case is theirs, the request or the dispute is unanswered.
/// `event`: what told of it, where it is known.
pub fn still_holds(
    case: &Case,
    happened: Happened,
    person: &PersonId,
    event: Option<&Event>,
    directory: &Directory,
) -> bool {
    match happened {
        Happened::Offered => case
            .offer
            .as_ref()
            .is_some_and(|offer| may_accept(case, &offer.to, &offer.answerable, directory).contains(person)),
        Happened::Assigned | Happened::PutThrough | Happened::Returned | Happened::Bounced => {
            case.is_open() && case.handler == *person
        }
        Happened::Hot => case.is_open() && case.hot,
        Happened::ToRule => waits_for_ruling(case, event),
        // A closed case is disputed, too.
        Happened::Declined => case.state != CaseState::Void && case.declined.is_some(),
        Happened::GivenAway => case.state != CaseState::Void && case.handler != *person,
        // An answer stays one.
        Happened::Approved | Happened::Confirmed | Happened::Waived | Happened::Corrected => {
            case.state != CaseState::Void
        }
    }
}

/// Whether the supervisor's word is still awaited on what an event asked. A dispute waits for its answer on a closed
/// case, too.
fn waits_for_ruling(case: &Case, event: Option<&Event>) -> bool {
    let (frozen, disputed) = (case.state == CaseState::Frozen, case.is_disputed());
    match event {
        Some(Event::Frozen { .. }) => frozen,
        Some(Event::Asked { what, until, text, .. }) => case
            .asked
            .as_ref()
            .is_some_and(|asked| (asked.what, asked.until, &asked.text) == (*what, *until, text)),
        Some(Event::Disputed { .. }) => disputed,
        _ => frozen || disputed || case.asked.is_some(),
    }
}
