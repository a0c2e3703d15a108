//! Who may do what to a case.
//!
//! | verb | who |
//! | --- | --- |
//! | register, tell-once, note | handler, co-handlers, first answerer, and who may close |
//! | close | handler, their deputy while they are away or can't be mailed, their supervisors upward |
//! | reopen | as close |
//! | hand-over, promise, wait, resume, extend, unreasonable, co-handler | as close |
//! | accept | whom it is offered to, of a department any member; their deputies while they are away |
//! | return | the same, of a department its head; who was put through to |
//! | contact, hot | as register |
//! | dispute | whoever had it, answered first, or is charged |
//! | assign | supervisors upward, managers; a handler to those below them |
//! | void, rule, approve, decline, correct | supervisors upward, managers; never handler or first answerer |
//! | decline a dispute | also those above who disputes |
//! | confirm, waive | those above the person concerned, managers; nobody rules on themselves |
//!
//! The administrator on the machine may all of it; the switch and the clock speak for themselves.
//!
//! **Not here**: who may *see* a case (`web`), who a token or login is.

use jiff::civil::Date;

use crate::case::life::To;
use crate::case::policy::{Category, Policy, Superior};
use crate::case::state::{Actor, Case};
use crate::case::{Command, Context, Refusal};
use crate::directory::Directory;
use crate::ids::PersonId;

/// The reasons, in English; [`super::words`] has the Chinese.
pub(super) mod reason {
    pub const STRANGER: &str = "not a person of the directory";
    pub const SWITCH_ONLY: &str = "only the switch and the clock say this";
    pub const WRITE: &str = "only the handler, those who help, the first answerer and the supervisors write on a case";
    pub const CLOSE: &str = "only the handler, a deputy while the handler is away, or a supervisor may do this";
    pub const CATEGORY: &str = "this category needs the supervisor: ask them to set it";
    pub const OWN: &str = "nobody rules on themselves: ask the next supervisor";
    pub const OFFERED: &str = "only whom it is offered to may answer: the person, a member of the department, a deputy";
    pub const FORCED: &str = "a supervisor assigned it, so it can't be returned: ask them, or dispute it";
    pub const DISPUTE: &str = "only those named on the case dispute it";
    pub const EXTENDED: &str = "the policy allows no further extension";
    pub const NO_CLOCK: &str = "no closing deadline runs that waiting could stop";
    pub const NO_WAIT: &str = "the policy knows no reason to wait for the caller";
    pub const WAITED: &str = "the case has waited for as long as the policy allows";
    pub const RULE: &str = "only a supervisor of the handler, a manager or the administrator may do this";
}

/// Refuses what isn't this actor's to do.
pub(super) fn check(case: &Case, command: &Command, ctx: &Context<'_>) -> Result<(), Refusal> {
    let Actor::Person(person) = ctx.actor else {
        return Ok(());
    };
    if ctx.directory.person(person).is_none() {
        return refuse(reason::STRANGER);
    }
    match command {
        Command::Redraft(_)
        | Command::Settle
        | Command::LateEvidence { .. }
        | Command::PutThrough { .. }
        | Command::Chase { .. }
        | Command::Link { .. }
        | Command::Attach { .. }
        | Command::Join { .. }
        | Command::Spoken(_)
        | Command::Code { .. }
        | Command::RepeatContact { .. }
        | Command::Pass
        | Command::Recount { .. } => refuse(reason::SWITCH_ONLY),
        // What is offered, and which violation, is read once the clock has looked.
        Command::Accept | Command::Return { .. } | Command::RuleOn { .. } => Ok(()),
        Command::Register(_)
        | Command::TellOnce(_)
        | Command::Note { .. }
        | Command::Contact { .. }
        | Command::Hot { .. } => {
            if involved(case, person) || holds(case, person, ctx.directory, ctx.today()) {
                Ok(())
            } else {
                refuse(reason::WRITE)
            }
        }
        Command::Assign { to, .. } => {
            let below = matches!(to, To::Person(to) if ctx.directory.is_above(person, to));
            // Who has it gives it to those below, not to equals: that takes an offer.
            let allowed = if *person == case.handler {
                below
            } else {
                governs(case, person, ctx.directory)
            };
            if allowed { Ok(()) } else { refuse(reason::RULE) }
        }
        Command::Dispute { .. } => {
            if named(case, person) {
                Ok(())
            } else {
                refuse(reason::DISPUTE)
            }
        }
        Command::Close { .. }
        | Command::Reopen { .. }
        | Command::HandOver { .. }
        | Command::Promise { .. }
        | Command::Wait { .. }
        | Command::Resume { .. }
        | Command::Extend { .. }
        | Command::Unreasonable { .. }
        | Command::CoHandler { .. } => {
            if holds(case, person, ctx.directory, ctx.today()) {
                Ok(())
            } else {
                refuse(reason::CLOSE)
            }
        }
        Command::Void { .. } | Command::Rule { .. } | Command::Approve { .. } | Command::Correct { .. } => {
            rules(case, person, ctx)
        }
        Command::Decline { .. } if case.asked.is_none() && answers_dispute(case, person, ctx.directory) => Ok(()),
        Command::Decline { .. } => rules(case, person, ctx),
    }
}

/// Refuses an answer to an offer by somebody it was not made to.
pub(super) fn check_offered(case: &Case, accepting: bool, ctx: &Context<'_>) -> Result<(), Refusal> {
    let Actor::Person(person) = ctx.actor else {
        return Ok(());
    };
    if may_answer(case, person, accepting, ctx.directory, ctx.today()) {
        Ok(())
    } else {
        refuse(reason::OFFERED)
    }
}

/// Whether a person may accept or return what is offered; without an offer: return what they have.
pub fn may_answer(case: &Case, person: &PersonId, accepting: bool, directory: &Directory, today: Date) -> bool {
    let acts_for = |other: &PersonId| other == person || directory.stands_in(person, other, today);
    let Some(offer) = &case.offer else {
        return acts_for(&case.handler);
    };
    let member = match &offer.to {
        To::Department(id) => accepting && directory.members(id).any(|member| acts_for(&member.id)),
        To::Person(_) | To::Outside(_) => false,
    };
    member || acts_for(&offer.answerable)
}

/// What a person may do to a case, whatever state it is in: for showing only what would not be refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rights {
    /// Register, note, contact, told-once, hot.
    pub writes: bool,
    /// Close, reopen, hand over, promise, extend, name a helper.
    pub holds: bool,
    /// Stands above who has it, heads its department, or is a manager.
    pub governs: bool,
    /// Rule, approve, decline, correct, void.
    pub rules: bool,
    /// Decline a dispute.
    pub answers: bool,
    /// Dispute.
    pub disputes: bool,
}

impl Rights {
    /// Those of a person on a day of the site.
    pub fn of(case: &Case, person: &PersonId, directory: &Directory, today: Date) -> Self {
        let holds = holds(case, person, directory, today);
        let governs = governs(case, person, directory);
        Self {
            writes: holds || involved(case, person),
            holds,
            governs,
            rules: governs && !concerned(case, person),
            answers: answers_dispute(case, person, directory),
            disputes: named(case, person),
        }
    }
}

/// Refuses a ruling on a violation by the person concerned, or by somebody who isn't above them.
pub(super) fn check_ruling(case: &Case, concerned: Option<&PersonId>, ctx: &Context<'_>) -> Result<(), Refusal> {
    let Actor::Person(person) = ctx.actor else {
        return Ok(());
    };
    if person == concerned.unwrap_or(&case.handler) {
        return refuse(reason::OWN);
    }
    if may_rule_on(case, concerned, person, ctx.directory) {
        Ok(())
    } else {
        refuse(reason::RULE)
    }
}

/// Whether a person may confirm or waive a violation that is charged to somebody (nobody: the handler is concerned).
pub fn may_rule_on(case: &Case, concerned: Option<&PersonId>, person: &PersonId, directory: &Directory) -> bool {
    let concerned = concerned.unwrap_or(&case.handler);
    let above = directory.is_above(person, concerned) || has_role(directory, person, &["manager", "admin"]);
    person != concerned && above
}

/// Whether an actor grants a later deadline: the policy's approver, never for themselves.
pub(super) fn may_extend(case: &Case, ctx: &Context<'_>) -> bool {
    let Actor::Person(person) = ctx.actor else {
        return *ctx.actor == Actor::Admin;
    };
    grants_extension(case, person, ctx.policy, ctx.directory)
}

/// Whether a person grants a later deadline: the policy's approver, never for themselves.
pub fn grants_extension(case: &Case, person: &PersonId, policy: &Policy, directory: &Directory) -> bool {
    let approver = match policy.extension_approver {
        Superior::Manager => has_role(directory, person, &["manager", "admin"]),
        Superior::Supervisor => governs(case, person, directory),
    };
    approver && *person != case.handler
}

/// Refuses a category whose choice is somebody else's to approve.
pub(super) fn check_category(case: &Case, category: &Category, ctx: &Context<'_>) -> Result<(), Refusal> {
    match ctx.actor {
        Actor::Person(person) if !may_choose(case, category, person, ctx.directory) => refuse(reason::CATEGORY),
        _ => Ok(()),
    }
}

/// Whether a person may give a case this category: some are for those above the handler alone.
pub fn may_choose(case: &Case, category: &Category, person: &PersonId, directory: &Directory) -> bool {
    let manager = || has_role(directory, person, &["manager", "admin"]);
    match category.approver {
        None => true,
        Some(_) if *person == case.handler => false,
        Some(Superior::Manager) => manager(),
        Some(Superior::Supervisor) => directory.is_above(person, &case.handler) || manager(),
    }
}

/// Whether an actor may rule on a case: a frozen one is theirs to free.
pub(super) fn may_rule(case: &Case, ctx: &Context<'_>) -> bool {
    match ctx.actor {
        Actor::Person(person) => rules(case, person, ctx).is_ok(),
        Actor::Admin | Actor::Switch | Actor::Clock => true,
    }
}

/// Whether a person may decline the dispute that waits: who stands above whoever disputes, or over the case; never of
/// their own.
pub fn answers_dispute(case: &Case, person: &PersonId, directory: &Directory) -> bool {
    let by = case.disputed_by.as_ref();
    let above = by.is_some_and(|by| directory.is_above(person, by)) || governs(case, person, directory);
    case.is_disputed() && by != Some(person) && above && !concerned(case, person)
}

fn rules(case: &Case, person: &PersonId, ctx: &Context<'_>) -> Result<(), Refusal> {
    if concerned(case, person) {
        return refuse(reason::OWN);
    }
    if governs(case, person, ctx.directory) {
        Ok(())
    } else {
        refuse(reason::RULE)
    }
}

/// Whether a person stands over a case: above the handler, head of the case's department, or a manager.
pub fn governs(case: &Case, person: &PersonId, directory: &Directory) -> bool {
    let head = has_role(directory, person, &["supervisor"])
        && directory
            .person(person)
            .is_some_and(|found| found.department == case.department);
    head || directory.is_above(person, &case.handler) || has_role(directory, person, &["manager", "admin"])
}

/// The handler, who acts for them, and the line above them.
fn holds(case: &Case, person: &PersonId, directory: &Directory, today: Date) -> bool {
    *person == case.handler
        || directory.stands_in(person, &case.handler, today)
        || directory.is_above(person, &case.handler)
        || has_role(directory, person, &["admin"])
}

/// Helps, or answered first.
fn involved(case: &Case, person: &PersonId) -> bool {
    case.co_handlers.contains(person) || case.first_answerer.as_ref() == Some(person)
}

/// Nobody rules on what they have or answered.
fn concerned(case: &Case, person: &PersonId) -> bool {
    *person == case.handler || case.first_answerer.as_ref() == Some(person)
}

/// Had it, answered it first, or is charged with something.
fn named(case: &Case, person: &PersonId) -> bool {
    let had_it = case.custody.iter().any(|entry| entry.person == *person);
    let charged = case.violations.iter().any(|row| row.person.as_ref() == Some(person));
    had_it || charged || case.first_answerer.as_ref() == Some(person)
}

fn has_role(directory: &Directory, person: &PersonId, roles: &[&str]) -> bool {
    roles.iter().any(|role| directory.has_role(person, role))
}

fn refuse<T>(reason: &'static str) -> Result<T, Refusal> {
    Err(Refusal::NotPermitted { reason })
}
