//! What a case is at a moment: the fold of its events.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::Certainty;
use crate::case::event::TransferEffect;
use crate::case::life::{Asked, Contact, Meant, Offer};
use crate::case::policy::Duty;
use crate::case::violation::Violation;
use crate::case::wait::Pause;
use crate::ids::{CallId, CaseId, CategoryId, DepartmentId, PersonId};

/// What gave rise to the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// An answered call.
    Call,
    /// A missed call.
    Callback,
    /// A visit, or a call registered by hand.
    Visit,
}

/// Where the case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Its handler has it.
    Open,
    /// Offered to somebody who has not accepted yet.
    Offered,
    /// Waits for the caller's papers.
    Waiting,
    /// Moved too often: the supervisor rules.
    Frozen,
    /// Done.
    Closed,
    /// Was none.
    Void,
}

/// Kinds of deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineKind {
    /// Name and matter written down.
    Register,
    /// Passed on, once it is not one's own.
    Relay,
    /// An offer answered.
    Accept,
    /// The caller spoken to.
    Contact,
    /// Closed.
    Close,
    /// Closed again after reopening.
    Redo,
    /// Staged feedback.
    Feedback,
    /// A missed caller called back.
    Callback,
}

/// How a case was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Done.
    Handled,
    /// The caller was told the right office or person and its phone.
    Guided,
    /// Explained.
    Explained,
    /// Another body's matter, told so.
    Outside,
    /// Can't be done, with reasons.
    CannotBeDone,
    /// The caller could not be reached.
    Unreachable,
    /// There was no matter.
    NoMatter,
    /// Repeats another case.
    Duplicate,
    /// A missed caller was called back.
    CalledBack,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person of the directory.
    Person(PersonId),
    /// The switch, through its lines.
    Switch,
    /// The clock.
    Clock,
    /// The administrator on the machine.
    Admin,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(p) => f.pad(p.as_str()),
            Self::Switch => f.pad("switch"),
            Self::Clock => f.pad("clock"),
            Self::Admin => f.pad("admin"),
        }
    }
}

/// One deadline of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deadline {
    /// What is due.
    pub kind: DeadlineKind,
    /// Where its clock started.
    pub started_at: Timestamp,
    /// When it is due.
    pub due_at: Timestamp,
    /// When it was set, by our clock: rungs of the ladder before this are skipped.
    pub set_at: Timestamp,
    /// When it was met.
    pub met_at: Option<Timestamp>,
    /// When the clock found it passed unmet; stays for ever.
    pub breached_at: Option<Timestamp>,
    /// Who is charged with the breach.
    pub charged_to: Option<PersonId>,
    /// How it was computed, in Chinese and English.
    pub why: Words,
    /// A person gave the date (a promise to the caller, an extension): no calendar or category counts it again.
    #[serde(default)]
    pub given: bool,
    /// No longer watched: the case closed otherwise, or the deadline was replaced.
    pub dropped: bool,
}

/// A deadline that could not be computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Undated {
    /// Which.
    pub kind: DeadlineKind,
    /// Where its clock started: counted from there once the calendar is mended.
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    /// Why.
    pub why: Words,
}

/// A put-through that the case has seen: late legs bring the same ones again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOn {
    /// At which extension it was answered.
    pub extension: String,
    /// When, by the PBX.
    pub answered_at: Timestamp,
    /// What it did.
    pub effect: TransferEffect,
}

/// One sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Who had the case when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custody {
    /// Who.
    pub person: PersonId,
    /// From.
    pub from: Timestamp,
    /// Until, or still.
    pub to: Option<Timestamp>,
    /// How they got it: `answered`, `fallback`, `put_through`, `accepted`, `returned`, `assigned`,
    /// `ruled`, `corrected`, `reopened`.
    pub how: String,
}

/// The told-once notice: what the caller was told, once and in full.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Told {
    /// The rule it rests on.
    pub basis: Option<String>,
    /// The way it goes.
    pub procedure: Option<String>,
    /// What to bring.
    pub materials: Option<String>,
    /// How long it takes.
    pub limit: Option<String>,
    /// Anything else.
    pub text: Option<String>,
}

/// A case. Built only by [`Case::apply`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Row number.
    pub id: CaseId,
    /// Counts changes by people and by the switch.
    pub version: u64,
    /// What gave rise to it.
    pub kind: CaseKind,
    /// Where it stands.
    pub state: CaseState,
    /// False while a draft: not shown to clerks, no clock fires.
    pub settled: bool,
    /// Name and matter are written down.
    pub registered: bool,
    /// Since when.
    pub registered_at: Option<Timestamp>,
    /// Its call.
    pub call: Option<CallId>,
    /// Whose matter.
    pub duty: Option<Duty>,
    /// What kind of matter.
    pub category: CategoryId,
    /// Who answered first; never replaced by a move.
    pub first_answerer: Option<PersonId>,
    /// How sure that is.
    pub certainty: Certainty,
    /// Who has it.
    pub handler: PersonId,
    /// Who helps.
    pub co_handlers: Vec<PersonId>,
    /// The handler's department.
    pub department: DepartmentId,
    /// The extension that answered (or was dialled).
    pub extension: Option<String>,
    /// As printed by the switch; masked wherever it is shown.
    pub caller_number: Option<String>,
    /// The normalised key of the caller.
    pub caller_key: Option<String>,
    /// As registered, else as the switch printed it.
    pub caller_name: Option<String>,
    /// A person wrote the name down; the switch's display is no registration.
    pub name_given: bool,
    /// The caller would not give a name.
    pub anonymous: bool,
    /// A phone to reach the caller on, if another.
    pub phone: Option<String>,
    /// What it is about.
    pub matter: Option<String>,
    /// The answer (or hang-up of the missed call) that the clocks run from.
    pub opened_at: Timestamp,
    /// The clocks run from receipt, because the PBX's clock was ahead.
    pub clock_flagged: bool,
    /// When its first line arrived.
    pub received_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// How.
    pub outcome: Option<Outcome>,
    /// The sentence typed at closing.
    pub closing_text: Option<String>,
    /// What the caller was told about where the matter went.
    pub caller_told: Option<String>,
    /// The right office or person.
    pub right_body: Option<String>,
    /// Its phone.
    pub right_phone: Option<String>,
    /// What was tried to find it.
    pub tried: Option<String>,
    /// The told-once notice.
    pub told: Option<Told>,
    /// The case this one repeats or follows.
    pub linked: Option<CaseId>,
    /// Times the caller rang again.
    pub chases: u32,
    /// With these calls.
    pub chased_by: Vec<CallId>,
    /// Put through to whom, when, with what effect.
    pub passed_on: Vec<PassedOn>,
    /// Later evidence disagrees with the first answerer.
    pub evidence_differs: bool,
    /// Whom that evidence names.
    pub evidence_person: Option<PersonId>,
    /// There was such evidence, also after it was judged: `evidence_person` is whom it named, or nobody.
    #[serde(default)]
    pub evidence_heard: bool,
    /// A person already acted on it: late legs are evidence only.
    pub acted: bool,
    /// Policy id and version, for life.
    pub policy: (String, String),
    /// Its deadlines, in the order they were set.
    pub deadlines: Vec<Deadline>,
    /// Deadlines that could not be computed: shown, so that nobody waits for them in vain.
    pub undated: Vec<Undated>,
    /// Who had it when.
    pub custody: Vec<Custody>,
    /// The offer that waits for its answer.
    #[serde(default)]
    pub offer: Option<Offer>,
    /// While it is frozen: the move that was one too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meant: Option<Meant>,
    /// When it was first offered, put through or assigned: what the caller is told counts from then.
    #[serde(default)]
    pub relayed_at: Option<Timestamp>,
    /// Times responsibility moved by acceptance or by a transfer.
    #[serde(default)]
    pub moves: u32,
    /// Times an offer came back, by a person or by its deadline.
    #[serde(default)]
    pub returns: u32,
    /// When the caller was spoken to again.
    #[serde(default)]
    pub contacts: Vec<Contact>,
    /// The date the caller was promised.
    #[serde(default)]
    pub promised: Option<Timestamp>,
    /// When it waited for the caller.
    #[serde(default)]
    pub pauses: Vec<Pause>,
    /// Times a deadline was extended.
    #[serde(default)]
    pub extended: u32,
    /// What waits for the supervisor's word.
    #[serde(default)]
    pub asked: Option<Asked>,
    /// Shown to the supervisor.
    #[serde(default)]
    pub hot: bool,
    /// Somebody named on it does not agree.
    #[serde(default)]
    pub disputed: bool,
    /// Who, last; none: the administrator.
    #[serde(default)]
    pub disputed_by: Option<PersonId>,
    /// Why the supervisor granted nothing, the last time.
    #[serde(default)]
    pub declined: Option<String>,
    /// The demand is unreasonable, confirmed: out of the score.
    #[serde(default)]
    pub unreasonable: bool,
    /// What was breached, in its order; nothing is ever taken away.
    #[serde(default)]
    pub violations: Vec<Violation>,
}
