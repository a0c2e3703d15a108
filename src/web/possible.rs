//! Which forms a case page shows: what its state allows to one of the reader's standing. Pure.
//!
//! **Invariants.** Only an offer: what is posted is decided by [`crate::case`], whatever the page showed.

use super::form::Verb;
use super::office::{CasePage, Standing};
use crate::call::Certainty;
use crate::case::{Case, CaseState, DeadlineKind};

/// The forms of a page, in their order.
pub(super) fn possible(page: &CasePage) -> Vec<Verb> {
    let fits = |verb: &Verb| match page.standing {
        // The case acts no more for them; what it says against them they may still dispute.
        Standing::Moved => *verb == Verb::Dispute && page.case.state != CaseState::Void && blamed(page),
        Standing::Offered => answers(*verb, page),
        Standing::Acts => answers(*verb, page) || acts(*verb, page) || governs(*verb, page),
        Standing::Looks => answers(*verb, page) || governs(*verb, page),
    };
    Verb::ALL.into_iter().filter(fits).collect()
}

/// What is offered to the reader, or was put through to them.
fn answers(verb: Verb, page: &CasePage) -> bool {
    let case = &page.case;
    let offered = case.state == CaseState::Offered && case.offer.is_some();
    match verb {
        Verb::Accept => page.answers.accept && offered && case.handler != page.viewer,
        Verb::Return => page.answers.give_back && (offered || put_through(case)),
        _ => false,
    }
}

/// Who has it, stands in for who has it, or helps.
fn acts(verb: Verb, page: &CasePage) -> bool {
    let (case, rights) = (&page.case, &page.rights);
    let (open, frozen) = (case.is_open(), case.state == CaseState::Frozen);
    match verb {
        Verb::Close => rights.holds && open && (!frozen || rights.rules),
        Verb::HandOver => rights.holds && case.state == CaseState::Open,
        Verb::Contact | Verb::Register | Verb::ToldOnce => rights.writes && open,
        Verb::CoHandler => rights.holds && open,
        Verb::Hot => rights.writes && open && !case.hot,
        Verb::Promise => rights.holds && matches!(case.state, CaseState::Open | CaseState::Waiting),
        Verb::Wait => rights.holds && case.state == CaseState::Open && waits(page),
        Verb::Resume => rights.holds && case.state == CaseState::Waiting,
        Verb::Extend => rights.holds && open && page.extensions && extendable(page),
        // A question to the supervisor: one at a time.
        Verb::Unreasonable => rights.holds && open && !case.unreasonable && case.asked.is_none(),
        Verb::Reopen => rights.holds && case.state == CaseState::Closed,
        Verb::Note => rights.writes && case.state != CaseState::Void,
        Verb::Dispute => rights.disputes && case.state != CaseState::Void,
        Verb::Assign => assigns(page),
        _ => false,
    }
}

/// Who stands above who has it; nobody rules on a case of their own.
fn governs(verb: Verb, page: &CasePage) -> bool {
    let (case, rights) = (&page.case, &page.rights);
    let void = case.state == CaseState::Void;
    match verb {
        Verb::Confirm | Verb::Waive => page.breaches.iter().any(|breach| breach.theirs),
        Verb::Rule => rights.rules && case.state == CaseState::Frozen,
        Verb::Approve => rights.rules && case.asked.is_some(),
        Verb::Decline => (rights.rules && case.asked.is_some()) || (rights.answers && case.asked.is_none()),
        Verb::Assign => assigns(page),
        Verb::Register => rights.holds && case.is_open(),
        Verb::Correct | Verb::Void => rights.rules && !void,
        Verb::Unreasonable => rights.rules && !void && !case.unreasonable,
        Verb::Reopen => rights.holds && case.state == CaseState::Closed,
        Verb::Note => rights.holds && !void,
        _ => false,
    }
}

/// A supervisor gives it to anybody; who has it, to those below them.
fn assigns(page: &CasePage) -> bool {
    let case = &page.case;
    let to_somebody = match &page.below {
        Some(below) => !below.is_empty(),
        None => page.rights.governs,
    };
    to_somebody && case.is_open() && case.state != CaseState::Frozen
}

/// The switch gave it to the handler; that can be given back.
fn put_through(case: &Case) -> bool {
    let last = case.custody.last().is_some_and(|held| held.how == "put_through");
    case.state == CaseState::Open && case.offer.is_none() && last && case.custody.len() > 1
}

/// Waiting stops the clock of closing, if one runs and the policy has a reason.
fn waits(page: &CasePage) -> bool {
    let runs = |kind| page.case.live(kind).is_some();
    !page.pause_reasons.is_empty() && (runs(DeadlineKind::Close) || runs(DeadlineKind::Redo))
}

/// A deadline that has passed is never extended.
fn extendable(page: &CasePage) -> bool {
    let running = |kind| {
        page.case
            .live(kind)
            .map(|row| row.breached_at.is_none() && row.due_at > page.now)
    };
    running(DeadlineKind::Redo)
        .or_else(|| running(DeadlineKind::Close))
        .unwrap_or(false)
}

/// Whether the case holds something against the reader: a violation, or that they answered first where that is not
/// certain.
fn blamed(page: &CasePage) -> bool {
    let (case, viewer) = (&page.case, &page.viewer);
    let doubted = case.certainty != Certainty::Certain || case.evidence_differs;
    case.first_answerer.as_ref() == Some(viewer) && doubted
        || case.violations.iter().any(|row| row.person.as_ref() == Some(viewer))
}
