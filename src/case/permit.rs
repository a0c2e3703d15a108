//! Who may do what to a case.
//!
//! | verb | who |
//! | --- | --- |
//! | register, tell-once, note | handler, co-handlers, first answerer, and who may close |
//! | close | handler, their deputy while they are away, their supervisors upward |
//! | reopen | as close |
//! | void | supervisors upward, managers; never handler or first answerer: nobody rules on themselves |
//!
//! The administrator on the machine may all of it; the switch and the clock speak for themselves.
//!
//! **Not here**: who may *see* a case (`web`), who a token or login is.

use crate::case::policy::Category;
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
        | Command::Pass => refuse(reason::SWITCH_ONLY),
        Command::Register(_) | Command::TellOnce(_) | Command::Note { .. } => {
            let involved = case.co_handlers.contains(person) || case.first_answerer.as_ref() == Some(person);
            if involved || holds(case, person, ctx) {
                Ok(())
            } else {
                refuse(reason::WRITE)
            }
        }
        Command::Close { .. } | Command::Reopen { .. } => {
            if holds(case, person, ctx) {
                Ok(())
            } else {
                refuse(reason::CLOSE)
            }
        }
        Command::Void { .. } => rules(case, person, ctx),
    }
}

/// Refuses a category whose choice is somebody else's to approve.
pub(super) fn check_category(case: &Case, category: &Category, ctx: &Context<'_>) -> Result<(), Refusal> {
    let (Some(approver), Actor::Person(person)) = (&category.approver, ctx.actor) else {
        return Ok(());
    };
    let allowed = match approver.as_str() {
        "manager" => has_role(ctx.directory, person, &["manager", "admin"]),
        _ => ctx.directory.is_above(person, &case.handler) || has_role(ctx.directory, person, &["manager", "admin"]),
    };
    if allowed && *person != case.handler {
        Ok(())
    } else {
        refuse(reason::CATEGORY)
    }
}

/// Whether an actor may rule on a case: a frozen one is theirs to free.
pub(super) fn may_rule(case: &Case, ctx: &Context<'_>) -> bool {
    match ctx.actor {
        Actor::Person(person) => rules(case, person, ctx).is_ok(),
        Actor::Admin | Actor::Switch | Actor::Clock => true,
    }
}

fn rules(case: &Case, person: &PersonId, ctx: &Context<'_>) -> Result<(), Refusal> {
    if *person == case.handler || case.first_answerer.as_ref() == Some(person) {
        return refuse(reason::OWN);
    }
    let directory = ctx.directory;
    let head = has_role(directory, person, &["supervisor"])
        && directory
            .person(person)
            .is_some_and(|found| found.department == case.department);
    if head || directory.is_above(person, &case.handler) || has_role(directory, person, &["manager", "admin"]) {
        Ok(())
    } else {
        refuse(reason::RULE)
    }
}

/// The handler, who acts for them, and the line above them.
fn holds(case: &Case, person: &PersonId, ctx: &Context<'_>) -> bool {
    let today = ctx.calendar.date_of(ctx.now);
    *person == case.handler
        || ctx.directory.acting_for(&case.handler, today).who == *person
        || ctx.directory.is_above(person, &case.handler)
        || has_role(ctx.directory, person, &["admin"])
}

fn has_role(directory: &Directory, person: &PersonId, roles: &[&str]) -> bool {
    roles.iter().any(|role| directory.has_role(person, role))
}

fn refuse<T>(reason: &'static str) -> Result<T, Refusal> {
    Err(Refusal::NotPermitted { reason })
}
