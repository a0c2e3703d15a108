//! What people, the switch and the clock ask of a case; and why a case refuses.

use jiff::Timestamp;

use crate::case::event::{Holding, Particulars};
use crate::case::state::{Outcome, Told};
use crate::ids::{CallId, CaseId, DepartmentId, PersonId};

/// A request to change one case.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Switch: the draft's first answerer, computed again.
    Redraft(Box<Holding>),
    /// Clock or switch: the call is complete.
    Settle,
    /// Switch: a leg came after settling; the whole call, answered by now, names somebody (or nobody).
    LateEvidence {
        /// Who the whole call names now.
        holding: Box<Holding>,
        /// In words.
        evidence: String,
    },
    /// Switch: the caller was put through. Without effect on a draft: to be given (again) once it is settled.
    PutThrough {
        /// To whom.
        to: PersonId,
        /// Their department.
        department: DepartmentId,
        /// At which extension.
        extension: String,
        /// When, by the PBX.
        answered_at: Timestamp,
        /// For how long.
        talk_seconds: i64,
    },
    /// Switch: the caller rang again.
    Chase {
        /// With this call.
        call: CallId,
        /// Which became this case, if another answered.
        case: Option<CaseId>,
    },
    /// Switch: this case follows an earlier one of the same caller.
    Link {
        /// Which.
        to: CaseId,
    },
    /// Clock: see which deadlines have passed.
    Pass,
    /// Write down name, matter and the like.
    Register(Particulars),
    /// The caller was told everything needed.
    TellOnce(Told),
    /// Remark.
    Note {
        /// What.
        text: String,
    },
    /// Close; particulars given with it are written down first.
    Close {
        /// How.
        outcome: Outcome,
        /// The sentence.
        text: String,
        /// The case it repeats.
        of: Option<CaseId>,
        /// Written down in the same step.
        particulars: Particulars,
    },
    /// Take up again.
    Reopen {
        /// Why.
        reason: String,
    },
    /// Was none.
    Void {
        /// Why.
        reason: String,
    },
}

/// Why a case did not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody else changed it first.
    Stale {
        /// What the caller knew.
        known: u64,
        /// What it is.
        now: u64,
    },
    /// Not in this state.
    WrongState {
        /// What it is in.
        state: crate::case::state::CaseState,
        /// What was asked.
        verb: &'static str,
    },
    /// Steps lack: names of fields, alternatives joined by `|`.
    Lacks(Vec<String>),
    /// Not this person's to do.
    NotPermitted {
        /// Why.
        reason: &'static str,
    },
    /// The text is one of the forbidden phrases.
    ForbiddenPhrase(String),
    /// A value the policy does not know.
    Unknown {
        /// Which field.
        field: &'static str,
        /// What was given.
        given: String,
        /// What would do.
        known: Vec<String>,
    },
}
