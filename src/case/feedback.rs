//! Staged feedback: a matter that takes long is no reason to leave the caller without a word.
//!
//! ```text
//! answer ----------- contact ------------- contact ------- close
//!    \__ feedback ____/  \____ feedback _____/  \__ feedback …
//! ```
//! **Invariants.** It runs only while `close` lies more than five business days after the answer, and stops when a
//! shorter category is chosen. It counts from the last time the caller was spoken to, first from the answer itself:
//! who answered has just spoken.
//!
//! **Not here**: what counts as contact ([`super::contact`]).

use crate::calendar::Span;
use crate::case::deadlines::due;
use crate::case::decide::Work;
use crate::case::event::Event;
use crate::case::state::{CaseKind, DeadlineKind};

/// Nearer than this the closing itself is the feedback.
const LONG: Span = Span::BusinessDays(5);

impl Work<'_> {
    /// Lets the deadline follow contacts and the close deadline. To be asked after every change; nothing changed is
    /// nothing done.
    pub(super) fn follow_feedback(&mut self) {
        let case = &self.case;
        if !case.settled || !case.is_open() || case.kind == CaseKind::Callback {
            return;
        }
        let Some(span) = self.ctx.policy.clock.feedback.filter(|_| self.takes_long()) else {
            if case.live(DeadlineKind::Feedback).is_some() {
                self.emit(Event::DeadlineDropped {
                    deadline: DeadlineKind::Feedback,
                });
            }
            return;
        };
        let last = case.contacts.iter().map(|contact| contact.at).max();
        let base = last.map_or(case.opened_at, |at| at.max(case.opened_at));
        let runs = case.live(DeadlineKind::Feedback).map(|row| row.started_at);
        if runs.is_some_and(|started_at| started_at >= base) {
            return;
        }
        // Nobody could know before that it would take long: what would be late already counts from now.
        let late = due(self.ctx, base, case.received_at, span).is_ok_and(|due| due.at <= self.ctx.now);
        let base = if late { self.ctx.now } else { base };
        self.set(DeadlineKind::Feedback, base, span);
    }

    fn takes_long(&self) -> bool {
        let case = &self.case;
        let limit = due(self.ctx, case.opened_at, case.received_at, LONG);
        let close = case.live(DeadlineKind::Close);
        close.is_some_and(|close| limit.is_ok_and(|limit| close.due_at > limit.at))
    }
}
