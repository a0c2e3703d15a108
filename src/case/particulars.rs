//! Writing down the caller and the matter.
//!
//! Particulars are merged: what is given replaces what stands, what is blank or absent leaves it. They are taken
//! whether they come alone (`register`) or with the closing form.
//!
//! A case is **registered** once name and matter are there. Where the policy's duty asks for no name (a matter of
//! another body), the matter is enough; a caller who gives no name is `anonymous`.

use crate::case::Refusal;
use crate::case::decide::{Work, trimmed};
use crate::case::event::{Event, Particulars};
use crate::case::guide;
use crate::case::permit;
use crate::case::policy::{Duty, Policy};
use crate::case::state::{Case, DeadlineKind};
use crate::ids::CategoryId;

impl Work<'_> {
    /// The verb: something must have been given.
    pub(super) fn register(&mut self, given: &Particulars) -> Result<(), Refusal> {
        self.still_open("register")?;
        let given = clean(given);
        if given == Particulars::default() {
            let lacks = missing_for_register(&self.case, self.ctx.policy);
            let lacks = if lacks.is_empty() {
                vec!["caller_name|anonymous|phone|matter".to_owned()]
            } else {
                lacks
            };
            return Err(Refusal::Lacks(lacks));
        }
        self.write_down(given)
    }

    /// Writes down what is new, and lets the deadlines follow duty and category.
    pub(super) fn write_down(&mut self, given: Particulars) -> Result<(), Refusal> {
        self.check_known(&given)?;
        let given = news(
            &self.case,
            guide::with_phone(self.ctx.directory, self.ctx.today(), given),
        );
        if given == Particulars::default() {
            return Ok(());
        }
        let (duty, category) = (given.duty.is_some(), given.category.is_some());
        self.emit(Event::Registered(Box::new(given)));
        if !self.case.registered && missing_for_register(&self.case, self.ctx.policy).is_empty() {
            self.emit(Event::DeadlineMet {
                deadline: DeadlineKind::Register,
                met_at: self.ctx.now,
            });
        }
        if self.case.settled && duty {
            self.relay_deadline();
        }
        if self.case.settled && category {
            self.close_deadline();
        }
        Ok(())
    }

    fn check_known(&self, given: &Particulars) -> Result<(), Refusal> {
        let policy = self.ctx.policy;
        if let Some(duty) = given.duty
            && !policy.duties.contains_key(&duty)
        {
            let known = policy.duties.keys().map(|duty| duty.as_str().to_owned()).collect();
            return Err(Refusal::Unknown {
                field: "duty",
                given: duty.as_str().to_owned(),
                known,
            });
        }
        if let Some(id) = &given.category {
            let Some(category) = policy.categories.get(id) else {
                let known = policy.categories.keys().map(CategoryId::to_string).collect();
                return Err(Refusal::Unknown {
                    field: "category",
                    given: id.to_string(),
                    known,
                });
            };
            if *id != self.case.category {
                permit::check_category(&self.case, category, self.ctx)?;
            }
        }
        Ok(())
    }
}

impl Duty {
    /// The name as users write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Unit => "unit",
            Self::Other => "other",
            Self::Outside => "outside",
            Self::Unclear => "unclear",
        }
    }
}

/// What a case lacks before it counts as registered.
pub(super) fn missing_for_register(case: &Case, policy: &Policy) -> Vec<String> {
    let rule = case.duty.and_then(|duty| policy.duties.get(&duty));
    let names_one = |needs: &[Vec<String>]| needs.iter().flatten().any(|need| need == "caller_name");
    let duty_wants_name = rule.is_none_or(|rule| rule.needs.is_empty() || names_one(&rule.needs));
    let category = policy.categories.get(&case.category);
    let wants_name = duty_wants_name || category.is_some_and(|category| names_one(&category.needs));
    let mut lacks = Vec::new();
    if wants_name && !case.name_given && !case.anonymous {
        lacks.push("caller_name|anonymous".to_owned());
    }
    if case.matter.is_none() {
        lacks.push("matter".to_owned());
    }
    lacks
}

/// Without blanks; a name given makes nobody anonymous.
pub(super) fn clean(given: &Particulars) -> Particulars {
    let caller_name = trimmed(&given.caller_name);
    Particulars {
        anonymous: given.anonymous && caller_name.is_none(),
        caller_name,
        phone: trimmed(&given.phone),
        matter: trimmed(&given.matter),
        duty: given.duty,
        category: given.category.clone(),
        caller_told: trimmed(&given.caller_told),
        right_body: trimmed(&given.right_body),
        right_phone: trimmed(&given.right_phone),
        tried: trimmed(&given.tried),
    }
}

/// Only what differs from what stands.
fn news(case: &Case, given: Particulars) -> Particulars {
    fn differing<T: PartialEq>(given: Option<T>, stands: &Option<T>) -> Option<T> {
        given.filter(|given| stands.as_ref() != Some(given))
    }
    let name_stands = if case.name_given {
        case.caller_name.clone()
    } else {
        None
    };
    Particulars {
        caller_name: differing(given.caller_name, &name_stands),
        anonymous: given.anonymous && !case.anonymous,
        phone: differing(given.phone, &case.phone),
        matter: differing(given.matter, &case.matter),
        duty: differing(given.duty, &case.duty),
        category: given.category.filter(|category| *category != case.category),
        caller_told: differing(given.caller_told, &case.caller_told),
        right_body: differing(given.right_body, &case.right_body),
        right_phone: differing(given.right_phone, &case.right_phone),
        tried: differing(given.tried, &case.tried),
    }
}
