//! What people, the switch and the clock ask of a case; and why a case refuses.

use jiff::Timestamp;

use crate::case::contact::Spoken;
use crate::case::event::{Holding, Particulars};
use crate::case::life::To;
use crate::case::policy::Duty;
use crate::case::recount::Edited;
use crate::case::state::{Outcome, Told};
use crate::ids::{CallId, CaseId, CategoryId, DepartmentId, PersonId};

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
    /// Switch: the complete call was answered by somebody who has an open case of the caller; the draft ends there.
    Attach {
        /// That case.
        to: CaseId,
    },
    /// Switch: a call that was a draft of its own belongs to this case.
    Join {
        /// The call.
        call: CallId,
        /// The draft.
        from: CaseId,
    },
    /// Switch: an answered call to or from the caller.
    Spoken(Spoken),
    /// Switch: a code keyed on the phone. Without effect once a person acted.
    Code {
        /// As keyed.
        code: String,
        /// Whose matter it says.
        duty: Option<Duty>,
        /// What kind it says.
        category: Option<CategoryId>,
        /// How it closes the case; only once the call is complete.
        outcome: Option<Outcome>,
    },
    /// Switch: the caller of this closed case rang again. A suspicion if it was soon.
    RepeatContact {
        /// With this call.
        call: CallId,
        /// Which became this case.
        case: Option<CaseId>,
        /// When that was answered, or given up.
        at: Timestamp,
    },
    /// Clock: see which deadlines have passed.
    Pass,
    /// Clock: the calendar or the zone was changed; what was still to come then is counted again.
    Recount {
        /// When the change was adopted: deadlines up to here stay as they are.
        at: Timestamp,
        /// What was changed.
        edited: Edited,
    },
    /// Offer it to somebody; particulars given with it are written down first.
    HandOver {
        /// To whom; none: where the policy sends such a matter.
        to: Option<To>,
        /// The sentence.
        text: String,
        /// Written down in the same step: `caller_told`, the duty.
        particulars: Particulars,
    },
    /// Take what is offered.
    Accept,
    /// Give back what is offered, or what the switch put through.
    Return {
        /// Why.
        reason: String,
    },
    /// Give it to somebody by force.
    Assign {
        /// To whom: a person, or a department's head.
        to: To,
        /// Why.
        reason: String,
    },
    /// Rule on a frozen case.
    Rule {
        /// Who has it from now on; none: who has it.
        to: Option<To>,
        /// Why.
        reason: String,
    },
    /// The caller was spoken to.
    Contact {
        /// What was said.
        text: String,
    },
    /// The caller was promised an answer by a date.
    Promise {
        /// Which.
        until: Timestamp,
        /// What was promised.
        text: String,
    },
    /// Wait for the caller: the clock of closing stops.
    Wait {
        /// One of the policy's reasons.
        reason: String,
        /// What is waited for.
        text: String,
        /// Until when; none: as long as the policy allows.
        until: Option<Timestamp>,
    },
    /// Go on after waiting.
    Resume {
        /// A remark; may be empty.
        text: String,
    },
    /// Move the close deadline, before it is due.
    Extend {
        /// Until when.
        until: Timestamp,
        /// Why.
        text: String,
        /// What the caller was told of it.
        caller_told: Option<String>,
    },
    /// Grant what was asked: a promise, an extension, that a demand is unreasonable.
    Approve {
        /// A remark; may be empty.
        text: String,
    },
    /// Not grant what was asked, or not agree with a dispute.
    Decline {
        /// Why.
        reason: String,
    },
    /// Show it to the supervisor at once.
    Hot {
        /// Why.
        text: String,
    },
    /// Name another first answerer.
    Correct {
        /// Whom.
        to: PersonId,
        /// Why.
        reason: String,
    },
    /// Not agree with what the case says of oneself.
    Dispute {
        /// Why.
        text: String,
    },
    /// Mark the demand as unreasonable.
    Unreasonable {
        /// Why.
        reason: String,
    },
    /// Let somebody help.
    CoHandler {
        /// Whom.
        person: PersonId,
    },
    /// Rule on a violation of the case.
    RuleOn {
        /// Its place among the case's violations, from 0.
        violation: u32,
        /// Confirm, else waive.
        confirmed: bool,
        /// Why.
        reason: String,
        /// From the policy's list, when confirming.
        sanction: Option<String>,
    },
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

impl Command {
    /// Whether people ask for it; else the switch or the clock does.
    pub(super) fn is_by_people(&self) -> bool {
        match self {
            Self::Redraft(_)
            | Self::Settle
            | Self::LateEvidence { .. }
            | Self::PutThrough { .. }
            | Self::Chase { .. }
            | Self::Link { .. }
            | Self::Attach { .. }
            | Self::Join { .. }
            | Self::Spoken(_)
            | Self::Code { .. }
            | Self::RepeatContact { .. }
            | Self::Pass
            | Self::Recount { .. } => false,
            Self::HandOver { .. }
            | Self::Accept
            | Self::Return { .. }
            | Self::Assign { .. }
            | Self::Rule { .. }
            | Self::Contact { .. }
            | Self::Promise { .. }
            | Self::Wait { .. }
            | Self::Resume { .. }
            | Self::Extend { .. }
            | Self::Approve { .. }
            | Self::Decline { .. }
            | Self::Hot { .. }
            | Self::Correct { .. }
            | Self::Dispute { .. }
            | Self::Unreasonable { .. }
            | Self::CoHandler { .. }
            | Self::RuleOn { .. }
            | Self::Register(_)
            | Self::TellOnce(_)
            | Self::Note { .. }
            | Self::Close { .. }
            | Self::Reopen { .. }
            | Self::Void { .. } => true,
        }
    }
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
    /// Something waits for the supervisor's word already: the next would take its place.
    AskedAlready {
        /// What was asked.
        what: crate::case::life::Ask,
        /// The date asked for, as the wall has it.
        until: Option<String>,
    },
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
