//! Handing over: offer, acceptance, return, and the supervisor's word.
//!
//! ```text
//! open --hand over--> offered --accept--> open, theirs          assign: theirs at once, by force
//!                        \--return, or nobody answers in time--> open, the offerer's again
//! beyond `max_moves` or `max_returns`: frozen --rule--> open
//! hand over to another body: the caller is told, closed as `outside`
//! ```
//! **Invariants.** Responsibility moves by acceptance, a transfer of the switch, or force; until then the offerer has
//! the case. Nothing is offered to nobody, to oneself, or to somebody unknown. What was assigned can't be returned.
//!
//! **Not here**: who may (`permit`), what the switch's transfers do (`switch`).

use crate::case::decide::{Work, required};
use crate::case::event::{Event, Particulars};
use crate::case::life::{FrozenBy, To};
use crate::case::particulars::clean;
use crate::case::policy::{Duty, SentTo, Superior};
use crate::case::state::{CaseKind, CaseState, Custody, DeadlineKind, Outcome};
use crate::case::violation::ViolationKind;
use crate::case::{Refusal, close, permit};
use crate::ids::{DepartmentId, PersonId};

impl Work<'_> {
    /// Offers the case; `None`: to whom the policy sends such a matter.
    pub(super) fn hand_over(&mut self, to: Option<&To>, text: &str, given: &Particulars) -> Result<(), Refusal> {
        if self.case.state != CaseState::Open {
            return Err(self.wrong_state("hand-over"));
        }
        // Somebody acts on a draft: what the switch has told so far must do.
        self.settle();
        let given = clean(given);
        if let Some(To::Outside(name)) = to {
            return self.hand_outside(name, text, given);
        }
        self.write_down(given)?;
        let Some(to) = to.cloned().or_else(|| self.usual()) else {
            return Err(Refusal::Lacks(vec!["to".to_owned()]));
        };
        let answerable = self.answerable(&to)?;
        self.duty_by(&answerable)?;
        self.pass();
        let text = self.sentence(text)?;
        if self.case.moves >= self.ctx.policy.max_moves {
            self.freeze(FrozenBy::Moves, Some(to), text, Some(self.case.handler.clone()));
            return Ok(());
        }
        self.offer(to, answerable, self.acting(), self.ctx.now, text);
        Ok(())
    }

    /// Another body can't accept: the caller is told which, and the case is done.
    fn hand_outside(&mut self, name: &str, text: &str, given: Particulars) -> Result<(), Refusal> {
        let name = required(name, "to")?;
        let duty = given.duty.or(self.case.duty).or(Some(Duty::Outside));
        let given = Particulars {
            right_body: given.right_body.or(Some(name)),
            duty: duty.filter(|duty| self.ctx.policy.duties.contains_key(duty)),
            ..given
        };
        self.close(Outcome::Outside, text, None, &given)
    }

    /// Where the policy sends such a matter: complaints to their department's head, an unclear one to the supervisor.
    fn usual(&self) -> Option<To> {
        let directory = self.ctx.directory;
        let handler = &self.case.handler;
        let above = |superior: Superior| match superior {
            Superior::Supervisor => directory.supervisor_of(handler),
            // Without the role anywhere above, the topmost stands in, as on the ladder.
            Superior::Manager => directory.manager_of(handler).or_else(|| directory.chain(handler).pop()),
        };
        let sends = |to: SentTo| match to {
            SentTo::Complaints => directory
                .complaints_department()
                .map(|department| department.head.clone()),
            SentTo::Above(superior) => above(superior),
        };
        let category = self.ctx.policy.categories.get(&self.case.category);
        let duty = self.case.duty.and_then(|duty| self.ctx.policy.duties.get(&duty));
        category
            .and_then(|category| sends(category.to?))
            .or_else(|| above(duty?.to?))
            .map(To::Person)
    }

    /// Who answers for an offer; refuses nobody, oneself and the unknown.
    fn answerable(&self, to: &To) -> Result<PersonId, Refusal> {
        let directory = self.ctx.directory;
        let handler = &self.case.handler;
        let found = match to {
            To::Person(person) => directory
                .person(person)
                .filter(|found| found.id != *handler)
                .map(|found| found.id.clone()),
            To::Department(id) => directory
                .department(id)
                .filter(|_| directory.members(id).any(|member| member.id != *handler))
                .map(|department| department.head.clone()),
            To::Outside(_) => None,
        };
        found.ok_or_else(|| not_to(to))
    }

    /// Handing over says that the matter isn't one's own; whose it is follows from where it goes, unless it was said.
    fn duty_by(&mut self, to: &PersonId) -> Result<(), Refusal> {
        if self.case.duty.is_some() || self.case.kind == CaseKind::Callback {
            return Ok(());
        }
        let near = |person| self.ctx.directory.person(person).map(|found| &found.department);
        let duty = if near(to) == Some(&self.case.department) {
            Duty::Unit
        } else {
            Duty::Other
        };
        if !self.ctx.policy.duties.contains_key(&duty) {
            return Ok(());
        }
        self.write_down(Particulars {
            duty: Some(duty),
            ..Particulars::default()
        })
    }

    /// A typed sentence that is none of the forbidden phrases.
    pub(super) fn sentence(&self, text: &str) -> Result<String, Refusal> {
        if let Some(phrase) = close::forbidden(&self.ctx.policy.forbidden_phrases, text) {
            return Err(Refusal::ForbiddenPhrase(phrase));
        }
        if close::letters(text).next().is_none() {
            return Err(Refusal::Lacks(vec!["text".to_owned()]));
        }
        required(text, "text")
    }

    pub(super) fn offer(
        &mut self,
        to: To,
        answerable: PersonId,
        by: Option<PersonId>,
        since: jiff::Timestamp,
        text: String,
    ) {
        self.emit(Event::Offered {
            to,
            answerable,
            by,
            since,
            text,
        });
        if let Some(span) = self.ctx.policy.clock.accept {
            self.set(DeadlineKind::Accept, since, span);
        }
    }

    /// Takes what is offered.
    pub(super) fn accept(&mut self) -> Result<(), Refusal> {
        permit::check_offered(&self.case, true, self.ctx)?;
        let Some(offer) = self.case.offer.clone() else {
            return Err(self.wrong_state("accept"));
        };
        let by = match (&offer.to, self.acting()) {
            // A deputy takes it for the one it is meant for.
            (To::Department(_), Some(member)) if member != offer.answerable && !self.acts_for(&offer.answerable) => {
                member
            }
            _ => offer.answerable,
        };
        if by == self.case.handler {
            return Err(not_to(&To::Person(by)));
        }
        let department = self.department_of(&by);
        self.emit(Event::Accepted { by, department });
        self.taken_over();
        Ok(())
    }

    /// Whether who acts stands in for a person who is away.
    fn acts_for(&self, person: &PersonId) -> bool {
        let today = self.ctx.calendar.date_of(self.ctx.now);
        self.acting()
            .is_some_and(|acting| acting != *person && self.ctx.directory.acting_for(person, today).who == acting)
    }

    /// The new handler has not spoken to the caller yet; who asked a leader helps on.
    fn taken_over(&mut self) {
        if self.case.kind != CaseKind::Callback
            && let Some(span) = self.ctx.policy.clock.contact
        {
            self.set(DeadlineKind::Contact, self.ctx.now, span);
        }
        let first = self.case.first_answerer.clone();
        if self.case.duty == Some(Duty::Unclear)
            && let Some(person) = first
            && person != self.case.handler
            && !self.case.co_handlers.contains(&person)
        {
            self.emit(Event::CoHandlerAdded { person });
        }
    }

    /// Gives back what is offered, or what the switch put through.
    pub(super) fn give_back(&mut self, reason: &str) -> Result<(), Refusal> {
        permit::check_offered(&self.case, false, self.ctx)?;
        let back = match (&self.case.state, &self.case.offer) {
            (CaseState::Offered, Some(_)) => None,
            (CaseState::Open, None) => match previous(&self.case.custody) {
                Some(person) => Some(person.clone()),
                None if self.case.custody.last().is_some_and(forced) => {
                    return Err(Refusal::NotPermitted {
                        reason: permit::reason::FORCED,
                    });
                }
                None => return Err(self.wrong_state("return")),
            },
            _ => return Err(self.wrong_state("return")),
        };
        let reason = self.sentence(reason).map_err(as_reason)?;
        let department = back.as_ref().map(|person| self.department_of(person));
        let by = self.acting();
        let returned_by = match &self.case.offer {
            Some(offer) => by.clone().unwrap_or_else(|| offer.answerable.clone()),
            None => self.case.handler.clone(),
        };
        self.emit(Event::Returned {
            by,
            reason,
            to: back,
            department,
        });
        self.returned(returned_by);
        Ok(())
    }

    /// Nobody answered the offer by its deadline.
    pub(super) fn lapse(&mut self) {
        let lapsed = self
            .case
            .live(DeadlineKind::Accept)
            .is_some_and(|row| row.breached_at.is_some());
        if let Some(offer) = self.case.offer.clone().filter(|_| lapsed) {
            self.emit(Event::Lapsed { to: offer.to });
            self.returned(offer.answerable);
        }
    }

    fn returned(&mut self, by: PersonId) {
        if self.case.returns > self.ctx.policy.max_returns {
            self.freeze(FrozenBy::Returns, None, String::new(), Some(by));
        }
    }

    /// To and fro beyond the limit: the supervisor rules, and whether it was shirking is theirs to say.
    fn freeze(&mut self, by: FrozenBy, to: Option<To>, text: String, person: Option<PersonId>) {
        self.emit(Event::Frozen { by, to, text });
        self.suspect(ViolationKind::BuckPassing, person, "");
    }

    /// Gives the case to somebody by force.
    pub(super) fn assign(&mut self, to: &To, reason: &str) -> Result<(), Refusal> {
        if !self.case.is_open() || self.case.state == CaseState::Frozen {
            return Err(self.wrong_state("assign"));
        }
        self.settle();
        self.pass();
        let to = self.answerable(to)?;
        if to == self.case.handler {
            return Err(not_to(&To::Person(to)));
        }
        let reason = required(reason, "reason")?;
        let department = self.department_of(&to);
        self.emit(Event::Assigned { to, department, reason });
        self.taken_over();
        Ok(())
    }

    /// The supervisor's ruling on a frozen case: it goes on, with whom they say.
    pub(super) fn rule(&mut self, to: Option<&To>, reason: &str) -> Result<(), Refusal> {
        if self.case.state != CaseState::Frozen {
            return Err(self.wrong_state("rule"));
        }
        let handler = self.case.handler.clone();
        let to = match to {
            None => handler.clone(),
            Some(To::Person(person)) if *person == handler => handler.clone(),
            Some(to) => self.answerable(to)?,
        };
        let reason = required(reason, "reason")?;
        let department = self.department_of(&to);
        let moved = to != handler;
        self.emit(Event::RuledTo { to, department, reason });
        if moved {
            self.taken_over();
        }
        Ok(())
    }

    /// Where a person belongs; where the case is, for a stranger.
    pub(super) fn department_of(&self, person: &PersonId) -> DepartmentId {
        let found = self.ctx.directory.person(person);
        found.map_or_else(|| self.case.department.clone(), |person| person.department.clone())
    }
}

/// Before whom the switch put the caller through to the last holder.
fn previous(custody: &[Custody]) -> Option<&PersonId> {
    let (last, before) = custody.split_last()?;
    before
        .last()
        .filter(|_| last.how == "put_through")
        .map(|entry| &entry.person)
}

fn forced(entry: &Custody) -> bool {
    matches!(entry.how.as_str(), "assigned" | "ruled")
}

fn not_to(to: &To) -> Refusal {
    let given = match to {
        To::Person(person) => person.to_string(),
        To::Department(department) => department.to_string(),
        To::Outside(name) => format!("outside:{name}"),
    };
    Refusal::Unknown {
        field: "to",
        given,
        known: Vec::new(),
    }
}

/// A return's sentence is its reason.
fn as_reason(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Lacks(_) => Refusal::Lacks(vec!["reason".to_owned()]),
        other => other,
    }
}
