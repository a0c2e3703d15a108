//! The case: one person's responsibility for one call, as a pure function of its events.
//!
//! ```text
//! decide(case, command, context) -> events | refusal        apply(case, event) -> case
//! ```
//! | file | question |
//! | --- | --- |
//! | `decide` | what does a command do? then `switch` (legs), `particulars`, `close`; `permit`: may they? |
//! | `handover`, `contact`, `promise`, `marks`, [`violation`] | what people, switch and supervisor say of it |
//! | `apply`, `apply_life` | what is the case after an event? |
//! | `recount` | what does a change of the calendar move? |
//! | `deadlines`, `feedback` | what is due when, what has passed, who is charged? |
//! | [`mod@opening`], `missed`, `visit` | does a call open a case, and whose is it? |
//! | [`happened`] | who is told of what happened? |
//! | [`ladder`] | who is urged when, and when must the clock look again? |
//! | [`tally`] | what does a case count as in the figures? |
//! | `wait` | what does waiting for the caller stop? |
//! | `view`, `words` | what is read off a case; a refusal in words |
//!
//! **Invariants.** [`decide`] asks no clock and knows no database; whoever calls it stores the events and applies
//! them. The first answerer is never replaced by a move. A breach stays for ever. `handler` is always somebody.
//!
//! **Not here**: who may reach a case over which door (`web`, `cli`), storing (`register`), mail (`remind`).

mod apply;
mod apply_life;
mod close;
pub mod command;
mod contact;
mod deadlines;
mod decide;
pub mod event;
mod feedback;
mod guide;
mod handover;
pub mod happened;
pub mod ladder;
pub mod life;
mod marks;
mod missed;
pub mod opening;
mod particulars;
mod permit;
pub mod policy;
mod promise;
pub mod quiet;
mod recount;
pub mod state;
mod switch;
pub mod tally;
mod view;
pub mod violation;
mod visit;
mod wait;
mod words;

#[cfg(test)]
mod tests;

pub use close::NEEDS;
pub use command::{Command, Refusal};
pub use contact::Spoken;
pub use decide::{decide, open};
pub use event::{Event, EventRow, Holding, Opening, Particulars, TransferEffect};
pub use happened::Happened;
pub use life::{Ask, Asked, Contact, FrozenBy, Meant, Offer, To};
pub use opening::{Caller, Opens, Why, opening};
pub use permit::{Rights, answers_dispute, governs, grants_extension, may_answer, may_choose, may_rule_on};
pub use policy::{Duty, Policy};
pub use recount::Edited;
pub use state::{
    Actor, Case, CaseKind, CaseState, Custody, Deadline, DeadlineKind, Outcome, PassedOn, Told, Undated, Words,
};

pub use violation::{Status, Violation, ViolationKind};
pub use visit::visit;
pub use wait::Pause;
pub use words::{ask_words, reason_words};

use jiff::Timestamp;

use crate::calendar::Calendar;
use crate::directory::Directory;

/// What a decision may look at besides the case.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The policy version the case lives under.
    pub policy: &'a Policy,
    /// The site's calendar.
    pub calendar: &'a Calendar,
    /// The directory.
    pub directory: &'a Directory,
    /// Our clock.
    pub now: Timestamp,
    /// Who asks.
    pub actor: &'a Actor,
}

impl Context<'_> {
    /// The day of the site.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        self.calendar.date_of(self.now)
    }
}
