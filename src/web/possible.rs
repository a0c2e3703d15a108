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
        Standing::Acts => answers(*verb, page) || acts(*verb, page),
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

/// Who has it.
fn acts(verb: Verb, page: &CasePage) -> bool {
    let case = &page.case;
    let frozen = case.state == CaseState::Frozen;
    match verb {
        Verb::Close => case.is_open() && !frozen,
        Verb::HandOver => case.state == CaseState::Open,
        Verb::Contact | Verb::Register | Verb::ToldOnce | Verb::CoHandler => case.is_open(),
        Verb::Hot => case.is_open() && !case.hot,
        Verb::Promise => matches!(case.state, CaseState::Open | CaseState::Waiting),
        Verb::Extend => case.is_open() && extendable(page),
        Verb::Reopen => case.state == CaseState::Closed,
        Verb::Note => case.state != CaseState::Void,
        Verb::Dispute => case.state != CaseState::Void && named(page),
        _ => false,
    }
}

/// Who stands above who has it; nobody rules on a call they answered first themselves.
fn governs(verb: Verb, page: &CasePage) -> bool {
    let case = &page.case;
    let void = case.state == CaseState::Void;
    let rules = case.first_answerer.as_ref() != Some(&page.viewer);
    match verb {
        Verb::Rule => rules && case.state == CaseState::Frozen,
        Verb::Approve => rules && case.asked.is_some(),
        Verb::Assign => case.is_open() && case.state != CaseState::Frozen,
        Verb::Register => case.is_open(),
        Verb::Correct | Verb::Void => rules && !void,
        Verb::Unreasonable => rules && !void && !case.unreasonable,
        Verb::Note => !void,
        _ => false,
    }
}

/// The switch gave it to the handler; that can be given back.
fn put_through(case: &Case) -> bool {
    let last = case.custody.last().is_some_and(|held| held.how == "put_through");
    case.state == CaseState::Open && case.offer.is_none() && last && case.custody.len() > 1
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

/// Whether the case says something of the reader.
fn named(page: &CasePage) -> bool {
    let (case, viewer) = (&page.case, &page.viewer);
    case.first_answerer.as_ref() == Some(viewer)
        || case.custody.iter().any(|held| held.person == *viewer)
        || case.violations.iter().any(|row| row.person.as_ref() == Some(viewer))
}

/// Whether the case holds something against the reader: a violation, or that they answered first where that is not
/// certain.
fn blamed(page: &CasePage) -> bool {
    let (case, viewer) = (&page.case, &page.viewer);
    let doubted = case.certainty != Certainty::Certain || case.evidence_differs;
    case.first_answerer.as_ref() == Some(viewer) && doubted
        || case.violations.iter().any(|row| row.person.as_ref() == Some(viewer))
}
