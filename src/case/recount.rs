//! Open deadlines after the calendar, or the zone's rules, were changed.
//!
//! ```text
//!            passed by the change          still to come
//! ----------------------------|--------------------------------->
//!   stays, breached if unmet  |  counted again from its own start
//! ```
//! **Invariants.** What was met, breached, or had passed when the change was adopted stays as it was: an edit makes no
//! old breach and takes none back. A deadline is never moved to before now plus the policy's floor; one that is nearer
//! than that already is not moved earlier at all, so that the same edit twice is the edit once. A date that a person
//! gave (a promise, an extension) stands: it is a word, not a count. A calendar without working time moves nothing.
//!
//! **Not here**: whether anything changed, and which cases are open (`register`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::calendar::{Due, Span};
use crate::case::deadlines::{relay_span, since, words};
use crate::case::decide::Work;
use crate::case::event::Event;
use crate::case::state::{Deadline, DeadlineKind};

/// What made deadlines be counted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edited {
    /// Hours, days off or make-up days.
    Calendar,
    /// The site's zone, or its rules in the system's time-zone data.
    Zone,
}

impl Work<'_> {
    /// Counts again what was still to come at `since`, when the change was adopted.
    pub(super) fn recount(&mut self, at: Timestamp, edited: Edited) {
        if !self.case.settled || !self.case.is_open() {
            return;
        }
        let floor = self.ctx.calendar.shift(self.ctx.now, self.ctx.policy.clock.floor).ok();
        let coming: Vec<Deadline> = self
            .case
            .deadlines
            .iter()
            .filter(|row| row.is_live() && row.breached_at.is_none() && row.due_at > at && !row.given)
            .cloned()
            .collect();
        for row in coming {
            if let Some(due) = self.count(row.kind, row.started_at) {
                self.move_to_count(&row, due, floor, edited);
            }
        }
        for undated in self.case.undated.clone() {
            let Some(started_at) = undated.started_at else { continue };
            if let Some(due) = self.count(undated.kind, started_at) {
                let due = not_before(due, floor);
                self.moved(undated.kind, started_at, None, &due, edited);
            }
        }
    }

    /// When the policy wants it, from its own start; `None` where the policy has no such clock or the calendar no
    /// working time.
    fn count(&self, kind: DeadlineKind, started_at: Timestamp) -> Option<Due> {
        let due = self.due_with_pauses(kind, started_at, self.span_of(kind)?);
        due.ok().map(|(due, _)| due)
    }

    fn move_to_count(&mut self, row: &Deadline, due: Due, floor: Option<Timestamp>, edited: Edited) {
        let limit = floor.map(|floor| {
            if due.at < row.due_at {
                floor.min(row.due_at)
            } else {
                floor
            }
        });
        if due.at == row.due_at {
            return;
        }
        let due = not_before(due, limit);
        if due.at != row.due_at {
            self.moved(row.kind, row.started_at, Some(row.due_at), &due, edited);
        }
    }

    fn moved(&mut self, kind: DeadlineKind, started_at: Timestamp, was: Option<Timestamp>, due: &Due, edited: Edited) {
        self.emit(Event::CalendarChanged {
            deadline: kind,
            edited,
            started_at,
            was,
            due_at: due.at,
            why: words(due, self.ctx.calendar, since(kind, self.case.kind)),
        });
    }

    pub(super) fn span_of(&self, kind: DeadlineKind) -> Option<Span> {
        let policy = self.ctx.policy;
        let clock = &policy.clock;
        match kind {
            DeadlineKind::Register => clock.register,
            DeadlineKind::Relay => self.case.duty.and_then(|duty| relay_span(policy, duty)),
            DeadlineKind::Accept => clock.accept,
            DeadlineKind::Contact => clock.contact,
            DeadlineKind::Close => policy
                .categories
                .get(&self.case.category)
                .map(|category| category.close),
            DeadlineKind::Redo => clock.redo,
            DeadlineKind::Feedback => clock.feedback,
            DeadlineKind::Callback => clock.callback,
        }
    }
}

fn not_before(due: Due, floor: Option<Timestamp>) -> Due {
    match floor {
        Some(floor) => due.not_before(floor),
        None => due,
    }
}
