//! What happened to a case, in the past tense. Stored as JSON; variants may be added, never changed in meaning.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::Certainty;
use crate::case::life::{Ask, FrozenBy, To};
use crate::case::policy::Duty;
use crate::case::recount::Edited;
use crate::case::state::{Actor, CaseKind, DeadlineKind, Outcome, Told, Words};
use crate::case::violation::ViolationKind;
use crate::ids::{CallId, CaseId, CategoryId, DepartmentId, PersonId};

/// An event with its place: what the register keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    /// Position in the case, from 1.
    pub seq: u64,
    /// When, by our clock.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Through what: `feed`, `page`, `cli`, `clock`.
    pub channel: String,
    /// Raises the case's version: the first event of each change by people or the switch; never a breach or a suspicion.
    pub counts: bool,
    /// What.
    pub event: Event,
}

impl EventRow {
    /// Rows for the events of one decision: numbered from `first_seq`, and one of them counting unless the clock
    /// acted or nothing but breaches and suspicions was found.
    pub fn batch(first_seq: u64, at: Timestamp, actor: &Actor, channel: &str, events: Vec<Event>) -> Vec<Self> {
        let mut counted = *actor == Actor::Clock;
        events
            .into_iter()
            .zip(first_seq..)
            .map(|(event, seq)| {
                let counts = !counted && !matches!(event, Event::Breached { .. } | Event::Suspected { .. });
                counted |= counts;
                Self {
                    seq,
                    at,
                    actor: actor.clone(),
                    channel: channel.to_owned(),
                    counts,
                    event,
                }
            })
            .collect()
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A draft was opened (or a visit registered).
    Opened(Box<Opening>),
    /// Before settling: who answered first was computed again from more legs.
    Redrafted(Box<Holding>),
    /// The call is complete: clocks run, clerks see it.
    Settled,
    /// A late leg named a first answerer where there was none.
    AnswererFound(Box<Holding>),
    /// A late leg or a re-parse disagrees; the name stays.
    EvidenceDiffered {
        /// Whom the evidence now names.
        person: Option<PersonId>,
        /// In words.
        evidence: String,
    },
    /// The switch put the caller through to somebody who answered.
    PutThrough {
        /// Who.
        to: PersonId,
        /// Their department.
        department: DepartmentId,
        /// The extension.
        extension: String,
        /// When, by the PBX.
        answered_at: Timestamp,
        /// Seconds talked.
        talk_seconds: i64,
        /// What that did.
        #[serde(default)]
        effect: TransferEffect,
    },
    /// A deadline was set, or replaced the one of the same kind.
    DeadlineSet {
        /// Which.
        deadline: DeadlineKind,
        /// Where its clock started.
        started_at: Timestamp,
        /// When it is due.
        due_at: Timestamp,
        /// How it was computed.
        why: Words,
        /// A person gave the date: a promise, an extension. Else it was counted.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        given: bool,
    },
    /// A deadline was met by something that is no event of its own.
    DeadlineMet {
        /// Which.
        deadline: DeadlineKind,
        /// When.
        met_at: Timestamp,
    },
    /// A deadline no longer applies: the duty it came with changed.
    DeadlineDropped {
        /// Which.
        deadline: DeadlineKind,
    },
    /// The calendar has no working time to compute a deadline with: the case stays without it.
    DeadlineMissing {
        /// Which.
        deadline: DeadlineKind,
        /// Where its clock started.
        #[serde(default)]
        started_at: Option<Timestamp>,
        /// Why, in words.
        why: Words,
    },
    /// The calendar or the zone was changed, and the deadline moved with it.
    CalendarChanged {
        /// Which.
        deadline: DeadlineKind,
        /// What was changed.
        edited: Edited,
        /// Where its clock started.
        started_at: Timestamp,
        /// When it was due before; none: it could not be computed.
        was: Option<Timestamp>,
        /// When it is due now.
        due_at: Timestamp,
        /// How that was computed.
        why: Words,
    },
    /// A deadline passed unmet.
    Breached {
        /// Which.
        deadline: DeadlineKind,
        /// When it was due.
        due_at: Timestamp,
        /// Who is charged; nobody while the first answerer is ambiguous.
        charged_to: Option<PersonId>,
    },
    /// Name, matter and the like were written down.
    Registered(Box<Particulars>),
    /// The caller was told everything needed, once.
    ToldOnce(Told),
    /// A remark.
    Noted {
        /// What.
        text: String,
    },
    /// Done.
    Closed {
        /// How.
        outcome: Outcome,
        /// The sentence.
        text: String,
        /// The case it repeats.
        of: Option<CaseId>,
        /// The call that proves it.
        evidence: Option<CallId>,
    },
    /// Taken up again.
    Reopened {
        /// Why.
        reason: String,
    },
    /// Was none.
    Voided {
        /// Why.
        reason: String,
    },
    /// The caller rang again.
    Chased {
        /// With this call.
        call: CallId,
        /// Which became this case, if another answered.
        case: Option<CaseId>,
    },
    /// Tied to an earlier case of the same caller.
    Linked {
        /// Which.
        to: CaseId,
    },
    /// A draft ended: the complete call belongs to another case, whose number stands for this one.
    Attached {
        /// Which.
        to: CaseId,
    },
    /// A call that was a draft of its own belongs here.
    Joined {
        /// The call.
        call: CallId,
        /// The draft.
        from: CaseId,
    },
    /// It waits for the caller: the clock of closing stands.
    Paused {
        /// One of the policy's reasons.
        reason: String,
        /// What is waited for.
        text: String,
        /// When it ends by itself.
        until: Timestamp,
    },
    /// The clock of closing runs again.
    Resumed {
        /// Since when.
        since: Timestamp,
        /// A remark; empty if the pause ended by itself.
        text: String,
    },
    /// Offered to somebody, who has not accepted yet.
    Offered {
        /// To whom.
        to: To,
        /// Who is charged if nobody answers.
        answerable: PersonId,
        /// Who offers; none: the switch, by a transfer.
        by: Option<PersonId>,
        /// From when the offer runs.
        since: Timestamp,
        /// The offerer's sentence.
        text: String,
    },
    /// The offer was taken: responsibility moves.
    Accepted {
        /// Who handles it now.
        by: PersonId,
        /// Their department.
        department: DepartmentId,
    },
    /// The offer was declined, or a caller put through is given back.
    Returned {
        /// Who returned it.
        by: Option<PersonId>,
        /// Why.
        reason: String,
        /// Who has it again, where it had moved.
        to: Option<PersonId>,
        /// Their department.
        department: Option<DepartmentId>,
    },
    /// Nobody answered the offer in time: it is the offerer's again.
    Lapsed {
        /// To whom it was offered.
        to: To,
    },
    /// Given to somebody by force.
    Assigned {
        /// To whom.
        to: PersonId,
        /// Their department.
        department: DepartmentId,
        /// Why.
        reason: String,
    },
    /// Moves stop until the supervisor rules.
    Frozen {
        /// What went beyond the limit.
        by: FrozenBy,
        /// For whom the move that was one too many was meant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<To>,
        /// The sentence that was typed for them; empty where it came back.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// The supervisor's ruling on a frozen case.
    RuledTo {
        /// Who has it from now on.
        to: PersonId,
        /// Their department.
        department: DepartmentId,
        /// Why.
        reason: String,
    },
    /// The caller was spoken to.
    Contacted {
        /// The call that proves it.
        call: Option<CallId>,
        /// Who spoke.
        by: Option<PersonId>,
        /// From which extension.
        extension: Option<String>,
        /// When.
        since: Timestamp,
        /// For how long.
        talk_seconds: Option<i64>,
        /// What was said.
        text: String,
    },
    /// The caller was promised a date.
    Promised {
        /// Which.
        until: Timestamp,
        /// What was promised.
        text: String,
    },
    /// A deadline was moved, with the approver's word.
    Extended {
        /// Which.
        deadline: DeadlineKind,
        /// Until when.
        until: Timestamp,
        /// Why.
        text: String,
        /// How the caller was told of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caller_told: Option<String>,
    },
    /// The supervisor is asked for something.
    Asked {
        /// For what.
        what: Ask,
        /// The date asked for.
        until: Option<Timestamp>,
        /// Why.
        text: String,
        /// Who asks.
        by: Option<PersonId>,
        /// How the caller was told of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caller_told: Option<String>,
    },
    /// What was asked is granted.
    Approved {
        /// What.
        what: Ask,
        /// With what remark.
        text: String,
        /// Who asked; none: the administrator.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<PersonId>,
    },
    /// What was asked is not granted, or a dispute changes nothing.
    Declined {
        /// What was asked; none: it was a dispute.
        what: Option<Ask>,
        /// Who asked or disagreed; none: the administrator.
        to: Option<PersonId>,
        /// Why.
        reason: String,
    },
    /// Shown to the supervisor at once.
    Hot {
        /// Why.
        text: String,
    },
    /// The supervisor named another first answerer; both sets of evidence stay.
    Corrected {
        /// Who it is.
        to: PersonId,
        /// Their department.
        department: DepartmentId,
        /// Who stood there.
        was: Option<PersonId>,
        /// Whom later lines name, if they differed.
        evidence: Option<PersonId>,
        /// They handle it too: nobody had moved it.
        moved: bool,
        /// Why.
        reason: String,
    },
    /// Somebody named on the case does not agree.
    Disputed {
        /// Who.
        by: Option<PersonId>,
        /// Why.
        text: String,
    },
    /// The demand is unreasonable: stays in the register, out of the score.
    Unreasonable {
        /// Why.
        reason: String,
    },
    /// Somebody helps; the handler leads.
    CoHandlerAdded {
        /// Who.
        person: PersonId,
    },
    /// A candidate violation: counts once it is confirmed.
    Suspected {
        /// Of what.
        violation: ViolationKind,
        /// Who is concerned.
        person: Option<PersonId>,
        /// When it came about.
        since: Timestamp,
        /// The call that shows it.
        call: Option<CallId>,
        /// The other case that shows it.
        other: Option<CaseId>,
        /// In words.
        text: String,
    },
    /// The switch's line shows that what was found late had been done in time: waived, unless it was ruled on.
    ShownInTime {
        /// Its place among the case's violations.
        violation: u32,
    },
    /// A violation was confirmed or waived.
    ViolationRuled {
        /// Its place among the case's violations, from 0.
        violation: u32,
        /// Confirmed, else waived.
        confirmed: bool,
        /// Why.
        reason: String,
        /// From the policy's list.
        sanction: Option<String>,
    },
}

/// What putting the caller through did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferEffect {
    /// Who answered is handler now; passed on in time, and the caller knows.
    #[default]
    Moved,
    /// Passed on in time, and the caller knows; the handler stays until the other accepts.
    Offered,
    /// Kept as evidence alone: too short, too late, or the policy gives it no effect.
    Evidence,
}

/// What a case starts with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// What gave rise to it. (Named apart in JSON: an event's own tag is `kind`.)
    #[serde(rename = "case_kind")]
    pub kind: CaseKind,
    /// Its call.
    pub call: Option<CallId>,
    /// Who answered, who handles.
    pub holding: Holding,
    /// As printed by the switch.
    pub caller_number: Option<String>,
    /// Normalised.
    pub caller_key: Option<String>,
    /// As printed by the switch.
    pub caller_name: Option<String>,
    /// Category it starts in.
    pub category: CategoryId,
    /// Duty it starts with (account code).
    pub duty: Option<Duty>,
    /// When its first line arrived.
    pub received_at: Timestamp,
    /// Policy id and version.
    pub policy: (String, String),
}

/// Who answered first and who handles, as far as the legs tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Holding {
    /// Who answered first.
    pub first_answerer: Option<PersonId>,
    /// How sure.
    pub certainty: Certainty,
    /// Who handles.
    pub handler: PersonId,
    /// The handler's department.
    pub department: DepartmentId,
    /// How the handler got it: `answered`, `lead`, `head`, `fallback`.
    pub how: String,
    /// The extension that answered.
    pub extension: Option<String>,
    /// The instant the clocks run from.
    pub clock_base: Timestamp,
    /// The PBX's clock was ahead: receipt minus talk was taken.
    pub clock_flagged: bool,
}

/// What is written down about the caller and the matter; absent fields leave what stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Particulars {
    /// The caller's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_name: Option<String>,
    /// The caller would not give it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
    /// Another phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter: Option<String>,
    /// Whose matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<Duty>,
    /// What kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryId>,
    /// What the caller was told about where it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_told: Option<String>,
    /// The right office or person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right_body: Option<String>,
    /// Its phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right_phone: Option<String>,
    /// What was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<String>,
}
