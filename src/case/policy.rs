//! A regulation as data: categories, deadlines, required steps, ladder, sanctions. Pure; read by [`crate::config`].

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};

use crate::calendar::{CountFrom, Name, Span};
use crate::ids::CategoryId;

/// A policy, checked. Field meanings are those of the policy file.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Slug.
    pub id: String,
    /// First 12 hex digits of the SHA-256 of its text with overrides applied.
    pub version: String,
    /// Its text with overrides applied; kept in the register for the life of its cases.
    pub text: String,
    /// Name in both languages.
    pub name: Name,
    /// In force from this day, or from its loading, whichever is later.
    pub effective: Date,
    /// Record all, mail nothing.
    pub observe_only: bool,
    /// Sanctions a supervisor may choose.
    pub sanctions: Vec<String>,
    /// Refused as the whole text of a close.
    pub forbidden_phrases: Vec<String>,
    /// The steps of urging.
    pub ladder: Vec<Rung>,
    /// No promise beyond this.
    pub promise_max: Option<Span>,
    /// The same caller again within this after closing.
    pub repeat_within: Option<Span>,
    /// What a code keyed on the phone says.
    pub account_codes: BTreeMap<String, AccountCode>,
    /// Beyond: frozen.
    pub max_moves: u32,
    /// Beyond: frozen.
    pub max_returns: u32,
    /// Reasons a clock may pause for.
    pub pause_reasons: Vec<String>,
    /// Longest pause in all.
    pub pause_max: Option<Span>,
    /// How often a deadline may be extended.
    pub extension_times: u32,
    /// By how much at most.
    pub extension_max: Option<Span>,
    /// Who approves.
    pub extension_approver: Superior,
    /// When no mail goes out.
    pub quiet: Quiet,
    /// Mails of rungs 0 and 1 to one person on one day.
    pub cap_per_day: u32,
    /// Which calls open a case.
    pub opens: Opens,
    /// The clocks.
    pub clock: Clocks,
    /// Per duty: what is needed before closing.
    pub duties: BTreeMap<Duty, DutyRule>,
    /// Per category.
    pub categories: BTreeMap<CategoryId, Category>,
    /// Violations: article and weight.
    pub violations: BTreeMap<String, (String, u32)>,
}

/// Whose matter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// The answerer's own.
    Own,
    /// The answerer's department.
    Unit,
    /// Another department.
    Other,
    /// Another body.
    Outside,
    /// Nobody knows yet.
    Unclear,
}

/// One rung of the ladder.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// Its number.
    pub rung: u32,
    /// Relative to the deadline; may be negative.
    pub at: Span,
    /// Who is told.
    pub to: Vec<Recipient>,
    /// Who gets a copy of their own.
    pub cc: Vec<Recipient>,
    /// Repeated at this interval.
    pub every: Option<Span>,
}

/// Who a rung reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// Who has the case.
    Handler,
    /// Their supervisor.
    Supervisor,
    /// The supervisor's supervisor.
    Next,
    /// The nearest with the role `manager` upward.
    Manager,
    /// All between.
    Chain,
}

/// What an account code means.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AccountCode {
    /// Category it sets.
    pub category: Option<CategoryId>,
    /// Outcome it closes with.
    pub outcome: Option<String>,
    /// Duty it sets.
    pub duty: Option<Duty>,
}

/// When no mail goes out.
#[derive(Debug, Clone, PartialEq)]
pub enum Quiet {
    /// Outside the person's working hours.
    OutsideHours,
    /// Never quiet.
    None,
    /// Between two times of day (over midnight if the second is earlier).
    Between(Time, Time),
}

/// Which calls open a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Opens {
    /// Internal calls too.
    pub internal: bool,
    /// Shorter talks open none.
    pub min_talk: Span,
    /// Older answers are history.
    pub max_age: Span,
    /// What a PBX transfer does.
    pub transfer: TransferRule,
    /// Missed calls open a call-back case.
    pub missed_callback: bool,
    /// Abandoned sooner than this: not a missed call.
    pub short_abandon: Span,
    /// Calls to these open a complaint.
    pub complaint_numbers: Vec<String>,
}

/// What a transferee who answers becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferRule {
    /// Handler at once; may return it.
    Accept,
    /// Offered it.
    Offer,
    /// Nothing.
    None,
}

/// The clocks of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Clocks {
    /// Where business days count from.
    pub count_from: CountFrom,
    /// No deadline earlier than receipt plus this.
    pub floor: Span,
    /// Until the case is registered.
    pub register: Option<Span>,
    /// Until an offer is accepted.
    pub accept: Option<Span>,
    /// Until the caller is contacted.
    pub contact: Option<Span>,
    /// Until a reopened case is closed.
    pub redo: Option<Span>,
    /// Between staged feedbacks.
    pub feedback: Option<Span>,
    /// Until a missed caller is called back.
    pub callback: Option<Span>,
}

/// What a duty needs before it may be closed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DutyRule {
    /// Each entry is a set of alternatives (`right_body|tried`).
    pub needs: Vec<Vec<String>>,
    /// Needed too when not closed on the answer's business day.
    pub not_at_once: Vec<Vec<String>>,
    /// The relay deadline.
    pub relay: Option<Span>,
    /// Goes to whom.
    pub to: Option<Superior>,
}

/// Somebody above the handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Superior {
    /// The next one above.
    Supervisor,
    /// The nearest above with the role `manager`.
    Manager,
}

/// Where a kind of matter is handed to when nobody is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentTo {
    /// The head of the department for complaints.
    Complaints,
    /// Somebody above the handler.
    Above(Superior),
}

/// A kind of matter.
#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    /// Its close deadline.
    pub close: Span,
    /// Taken when none is chosen.
    pub default: bool,
    /// Who approves it.
    pub approver: Option<Superior>,
    /// Goes to whom.
    pub to: Option<SentTo>,
    /// Needed besides the duty's.
    pub needs: Vec<Vec<String>>,
    /// Hidden from whom it is about.
    pub confidential: bool,
}
