//! What a case goes through between its opening and its closing: offers, contacts, what was asked of the supervisor.
//!
//! **Not here**: how these come about (`handover`, `contact`, `promise`, `marks`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{CallId, DepartmentId, PersonId};

/// To whom a case is handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// A person, who accepts or returns it.
    Person(PersonId),
    /// A department: any of its members accepts, its head answers for it.
    Department(DepartmentId),
    /// Another body, by name: the caller is told, and the case is closed as `outside`.
    Outside(String),
}

/// An offer that waits for its answer. Until then the offerer has the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// To whom.
    pub to: To,
    /// Who is charged if nobody answers it: the person, or the department's head.
    pub answerable: PersonId,
    /// Who offered it; none: the switch, by a transfer.
    pub by: Option<PersonId>,
    /// Since when.
    pub since: Timestamp,
    /// The offerer's sentence.
    pub text: String,
}

/// The caller was spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The call that proves it; none: stated by a person.
    pub call: Option<CallId>,
    /// When.
    pub at: Timestamp,
    /// Who spoke, as far as it is known.
    pub by: Option<PersonId>,
    /// For how long, in seconds; none: stated by a person.
    pub talk_seconds: Option<i64>,
}

/// What only somebody else may grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// A promise beyond the policy's limit.
    Promise,
    /// A later deadline.
    Extension,
    /// That the demand is unreasonable.
    Unreasonable,
}

/// What was asked and is not granted yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// What.
    pub what: Ask,
    /// The date asked for.
    pub until: Option<Timestamp>,
    /// The reason.
    pub text: String,
    /// Who asked; none: the administrator.
    pub by: Option<PersonId>,
    /// How the caller was told of it.
    #[serde(default)]
    pub caller_told: Option<String>,
}

/// A move that was not made, because the case moved too often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meant {
    /// For whom it was meant.
    pub to: To,
    /// The sentence typed for them.
    pub text: String,
}

/// Why a case is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrozenBy {
    /// It would move more often than the policy allows.
    Moves,
    /// It came back more often than the policy allows.
    Returns,
}
