//! What a case counts as in the managers' figures.
//!
//! **Invariants.** The figures of a report and the lists behind them ask the same questions here, so they agree.
//! A void case counts as nothing.

use crate::case::state::{Case, CaseKind, CaseState, DeadlineKind, Outcome};
use crate::ids::PersonId;

/// A question that a case answers with yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// Of an answered call or a visit, not of a missed call.
    Answered,
    /// Name and matter were written down.
    Registered,
    /// The same, before it was due.
    RegisteredInTime,
    /// Register was due and was not done by then.
    RegisteredLate,
    /// Moved from its first answerer to somebody else.
    HandedOver,
    /// Closed.
    Closed,
    /// Closed, and never late with it.
    ClosedInTime,
    /// Late with closing: closed after it was due, or still open then.
    ClosedLate,
    /// Neither closed nor void.
    Open,
    /// A missed call whose caller was reached.
    CalledBack,
    /// The same, before it was due.
    CalledBackInTime,
    /// The same as called back, and a call that the switch printed proves it; else somebody says so.
    CalledBackProven,
    /// Calling back was due and was not done by then.
    CalledBackLate,
    /// A missed call whose caller was not reached.
    NotCalledBack,
}

impl Mark {
    /// All, with their names on the command line.
    pub const ALL: [(Self, &'static str); 14] = [
        (Self::Answered, "answered"),
        (Self::Registered, "registered"),
        (Self::RegisteredInTime, "registered-in-time"),
        (Self::RegisteredLate, "registered-late"),
        (Self::HandedOver, "handed-over"),
        (Self::Closed, "closed"),
        (Self::ClosedInTime, "closed-in-time"),
        (Self::ClosedLate, "closed-late"),
        (Self::Open, "open"),
        (Self::CalledBack, "called-back"),
        (Self::CalledBackInTime, "called-back-in-time"),
        (Self::CalledBackProven, "called-back-proven"),
        (Self::CalledBackLate, "called-back-late"),
        (Self::NotCalledBack, "not-called-back"),
    ];

    /// Its name on the command line.
    pub fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(mark, _)| *mark == self)
            .map_or("", |(_, name)| name)
    }

    /// Whether the case answers yes.
    pub fn of(self, case: &Case) -> bool {
        if case.state == CaseState::Void {
            return false;
        }
        let late = |kind| late(case, kind);
        let late_close = || late(DeadlineKind::Close) || late(DeadlineKind::Redo);
        match self {
            Self::Answered => case.kind != CaseKind::Callback,
            Self::Registered => case.registered,
            Self::RegisteredInTime => case.registered && !late(DeadlineKind::Register),
            Self::RegisteredLate => late(DeadlineKind::Register),
            Self::HandedOver => handed_over(case),
            Self::Closed => case.state == CaseState::Closed,
            Self::ClosedInTime => case.state == CaseState::Closed && !late_close(),
            Self::ClosedLate => late_close(),
            Self::Open => case.is_open(),
            Self::CalledBack => called_back(case),
            Self::CalledBackInTime => called_back(case) && !late(DeadlineKind::Callback),
            Self::CalledBackProven => called_back(case) && case.contacts.iter().any(|contact| contact.call.is_some()),
            Self::CalledBackLate => late(DeadlineKind::Callback),
            Self::NotCalledBack => case.kind == CaseKind::Callback && !called_back(case),
        }
    }
}

fn late(case: &Case, kind: DeadlineKind) -> bool {
    case.deadlines.iter().any(|row| row.kind == kind && row.was_late())
}

/// Who was charged with closing late, or closing again; nobody where that is not sure, or the case void.
pub fn charged_with_late_closing(case: &Case) -> impl Iterator<Item = &PersonId> {
    let counts = case.state != CaseState::Void;
    let late = case
        .deadlines
        .iter()
        .filter(move |row| counts && row.was_late() && matches!(row.kind, DeadlineKind::Close | DeadlineKind::Redo));
    late.filter_map(|row| row.charged_to.as_ref())
}

fn called_back(case: &Case) -> bool {
    case.kind == CaseKind::Callback && case.state == CaseState::Closed && case.outcome == Some(Outcome::CalledBack)
}

/// By acceptance, by the switch, or by force; not what came back unaccepted, and not a correction.
fn handed_over(case: &Case) -> bool {
    const MOVED: [&str; 4] = ["accepted", "put_through", "assigned", "ruled"];
    let first: Option<&PersonId> = case.first_answerer.as_ref();
    case.custody
        .iter()
        .any(|custody| MOVED.contains(&custody.how.as_str()) && Some(&custody.person) != first)
}
