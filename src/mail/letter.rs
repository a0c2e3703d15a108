//! What a mail is about, as plain data: everything [`super::compose()`] needs, and nothing to look up.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::call::Certainty;
use crate::case::{DeadlineKind, Happened, Words};
use crate::directory::Lang;
use crate::ids::CaseId;

/// One mail to one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// To whom.
    pub to: Addressee,
    /// The configured sender: an address, or `Name <address>`.
    pub from: String,
    /// The message's own id, without angle brackets: `local@host`.
    pub message_id: String,
    /// Host part of the ids that thread cases; must not change over a case's life.
    pub host: String,
    /// What it tells; one or more. Any order: the letter puts the most urgent first.
    pub items: Vec<Item>,
    /// The page with everything that is theirs.
    pub list_url: String,
    /// Our clock: `Date`, and what is near.
    pub now: Timestamp,
    /// The site's zone.
    pub zone: TimeZone,
}

/// Who gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// Name, in their language.
    pub name: String,
    /// Mailbox, from the directory.
    pub address: String,
    /// Their language.
    pub lang: Lang,
}

/// One notice.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Which case.
    pub case: CaseId,
    /// What it tells.
    pub about: About,
    /// Rung of the ladder; 0 for things that happened.
    pub rung: u32,
    /// The deadline has passed.
    pub overdue: bool,
    /// As registered; none: nothing is yet.
    pub matter: Option<String>,
    /// Why this person.
    pub why_you: WhyYou,
    /// The earliest unmet deadline (or the one the notice is about).
    pub due_at: Option<Timestamp>,
    /// What is due then.
    pub due_kind: Option<DeadlineKind>,
    /// How it was computed.
    pub due_why: Option<Words>,
    /// Further deadlines of the case that fell due with it.
    pub also_due: Vec<(DeadlineKind, Timestamp)>,
    /// What else happened to it since, each with what was typed.
    pub also_happened: Vec<(Happened, Option<String>)>,
    /// Nobody answered the call.
    pub missed: bool,
    /// Who passed it on, where it is offered to the reader.
    pub by: Option<Party>,
    /// The sentence that came with it: of an offer, or of what the supervisor is asked.
    pub said: Option<String>,
    /// Times the caller rang again.
    pub chases: u32,
    /// Already masked; none: withheld.
    pub number_masked: Option<String>,
    /// As registered, else as the switch printed it.
    pub caller_name: Option<String>,
    /// None while it is not sure.
    pub first_answerer: Option<Party>,
    /// What was dialled (DDI), as the switch printed it.
    pub called_number: Option<String>,
    /// From the answer to the end, in seconds; none: nobody talked, or the switch does not tell.
    pub talk_seconds: Option<i64>,
    /// Who has it now.
    pub handler: Party,
    /// This person's own link to the case.
    pub url: String,
}

/// What a notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A deadline comes or has passed.
    Deadline(DeadlineKind),
    /// Something happened.
    Happened(Happened),
}

/// Why this person gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyYou {
    /// What they are to the case.
    pub role: Role,
    /// For whom they read it, as a deputy.
    pub instead_of: Option<String>,
    /// The extension that answered, or was dialled.
    pub extension: Option<String>,
    /// The answer, or the hang-up of the missed call, or the visit.
    pub at: Timestamp,
    /// How sure the first answerer is.
    pub certainty: Certainty,
}

/// What a person is to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Answered first, and handles it.
    Answered,
    /// Handles what another answered.
    Handles,
    /// Is asked to take it, or to give it back.
    Offered,
    /// Is to call back.
    CallsBack,
    /// Registered a visit.
    Visit,
    /// Handles it because the first answerer is not sure.
    Lead,
    /// Acts for who is away, or has no mailbox that takes mail.
    Deputy,
    /// Is told as the handler's supervisor or manager, to see to it.
    Supervises,
    /// The handler's supervisor, asked for a ruling.
    Rules,
    /// The handler's supervisor, told of something that is not late.
    Watches,
    /// Is told what was decided about them.
    Concerned,
    /// Is in copy, with a link of their own.
    Copy,
}

/// A person with the phone shown beside the name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Party {
    /// Name, in the reader's language.
    pub name: String,
    /// Their phone.
    pub phone: Option<String>,
}

impl Item {
    /// Order within a letter: overdue first, then by due time, then by rung from above, then by case.
    pub(super) fn urgency(&self) -> (bool, Timestamp, std::cmp::Reverse<u32>, CaseId) {
        let due = self.due_at.unwrap_or(Timestamp::MAX);
        (!self.overdue, due, std::cmp::Reverse(self.rung), self.case)
    }
}
