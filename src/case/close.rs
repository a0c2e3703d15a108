//! Closing: what must be there before a case is done.
//!
//! | outcome | needs |
//! | --- | --- |
//! | handled, explained, cannot_be_done | the needs of duty and category |
//! | guided | the same, and `right_body`, `right_phone` |
//! | outside | the same, and `right_body` or `tried` |
//! | duplicate | `of`: another case |
//! | unreachable, no_matter | nothing: nobody is there who could give a name |
//! | called_back | nothing; of a missed call only |
//!
//! Every one needs a typed sentence that is none of the policy's forbidden phrases; for `cannot_be_done` it holds the
//! reasons. Not on the answer's business day, the duty's `not_at_once` is needed too.
//!
//! **Invariants.** All that lacks is named at once. A refused closing writes nothing down.

use crate::call::Certainty;
use crate::case::decide::Work;
use crate::case::event::{Event, Particulars, TransferEffect};
use crate::case::particulars::clean;
use crate::case::permit;
use crate::case::state::{Actor, Case, CaseKind, CaseState, Outcome};
use crate::case::violation::ViolationKind;
use crate::case::{Context, Refusal};
use crate::ids::CaseId;

impl Work<'_> {
    /// Closes, with the particulars given in the same step.
    pub(super) fn close(
        &mut self,
        outcome: Outcome,
        text: &str,
        of: Option<CaseId>,
        particulars: &Particulars,
    ) -> Result<(), Refusal> {
        let frozen = self.case.state == CaseState::Frozen && !permit::may_rule(&self.case, self.ctx);
        if !self.case.is_open() || frozen {
            return Err(self.wrong_state("close"));
        }
        // Somebody acts on a draft: what the switch has told so far must do.
        self.settle();
        self.write_down(clean(particulars))?;
        self.pass();
        let text = text.trim();
        check_outcome(&self.case, outcome, of)?;
        if let Some(phrase) = forbidden(&self.ctx.policy.forbidden_phrases, text) {
            return Err(Refusal::ForbiddenPhrase(phrase));
        }
        let lacks = lacks(&self.case, outcome, text, of, self.ctx);
        if !lacks.is_empty() {
            return Err(Refusal::Lacks(lacks));
        }
        let of = of.filter(|_| outcome == Outcome::Duplicate);
        // Where the policy asks for it, closing was refused above; the rest is a fact for the supervisor.
        if outcome.dealt_with() && self.case.relayed_at.is_some() && !is_there(&self.case, "caller_told") {
            let charged = self.case.first_answerer.clone();
            let charged = charged.filter(|_| self.case.certainty != Certainty::Ambiguous);
            self.suspect(ViolationKind::NotTold, charged, "");
        }
        self.emit(Event::Closed {
            outcome,
            text: text.to_owned(),
            of,
            evidence: None,
        });
        Ok(())
    }
}

impl Outcome {
    /// Every outcome, in the order of the forms.
    pub const ALL: [Self; 9] = [
        Self::Handled,
        Self::Guided,
        Self::Explained,
        Self::Outside,
        Self::CannotBeDone,
        Self::Unreachable,
        Self::NoMatter,
        Self::Duplicate,
        Self::CalledBack,
    ];

    /// The name as users write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Handled => "handled",
            Self::Guided => "guided",
            Self::Explained => "explained",
            Self::Outside => "outside",
            Self::CannotBeDone => "cannot_be_done",
            Self::Unreachable => "unreachable",
            Self::NoMatter => "no_matter",
            Self::Duplicate => "duplicate",
            Self::CalledBack => "called_back",
        }
    }

    /// Whether the matter was dealt with, so that the duty's and the category's needs hold.
    pub(super) fn dealt_with(self) -> bool {
        match self {
            Self::Handled | Self::Guided | Self::Explained | Self::Outside | Self::CannotBeDone => true,
            Self::Unreachable | Self::NoMatter | Self::Duplicate | Self::CalledBack => false,
        }
    }
}

fn check_outcome(case: &Case, outcome: Outcome, of: Option<CaseId>) -> Result<(), Refusal> {
    if outcome == Outcome::CalledBack && case.kind != CaseKind::Callback {
        let known = Outcome::ALL.iter().filter(|known| **known != outcome);
        let known = known.map(|known| known.as_str().to_owned()).collect();
        return Err(Refusal::Unknown {
            field: "outcome",
            given: outcome.as_str().to_owned(),
            known,
        });
    }
    match of {
        Some(of) if outcome == Outcome::Duplicate && of == case.id => Err(Refusal::Unknown {
            field: "of",
            given: format!("#{of}"),
            known: Vec::new(),
        }),
        _ => Ok(()),
    }
}

/// Everything that lacks, each once, in the order of the form.
fn lacks(case: &Case, outcome: Outcome, text: &str, of: Option<CaseId>, ctx: &Context<'_>) -> Vec<String> {
    let mut lacks: Vec<String> = Vec::new();
    let mut need = |alternatives: &[&str]| {
        let name = alternatives.join("|");
        if !alternatives.iter().any(|field| is_there(case, field)) && !lacks.contains(&name) {
            lacks.push(name);
        }
    };
    if outcome.dealt_with() {
        for alternatives in policy_needs(case, ctx) {
            need(&alternatives.iter().map(String::as_str).collect::<Vec<_>>());
        }
        match outcome {
            Outcome::Guided => {
                need(&["right_body"]);
                need(&["right_phone"]);
            }
            Outcome::Outside => need(&["right_body", "tried"]),
            _ => {}
        }
    }
    if outcome == Outcome::Duplicate && of.is_none() {
        lacks.push("of".to_owned());
    }
    let typed = letters(text).next().is_some() || !matches!(ctx.actor, Actor::Person(_) | Actor::Admin);
    if !typed {
        lacks.push("text".to_owned());
    }
    lacks
}

/// Duty, category, and what the policy needs for them.
fn policy_needs(case: &Case, ctx: &Context<'_>) -> Vec<Vec<String>> {
    let mut needs = Vec::new();
    match case.duty.and_then(|duty| ctx.policy.duties.get(&duty)) {
        // Without a duty nobody knows what it needs; nearly every one needs these, so they are named at once.
        None => needs.extend(["duty", "caller_name", "matter"].map(|field| vec![field.to_owned()])),
        Some(rule) => {
            needs.extend(rule.needs.iter().cloned());
            if !ctx.calendar.same_business_day(case.opened_at, ctx.now) {
                needs.extend(rule.not_at_once.iter().cloned());
            }
        }
    }
    match ctx.policy.categories.get(&case.category) {
        None => needs.push(vec!["category".to_owned()]),
        Some(category) => needs.extend(category.needs.iter().cloned()),
    }
    needs
}

/// Whether a field that a policy may need has been filled. Fields that are none never are: the refusal shows them.
fn is_there(case: &Case, field: &str) -> bool {
    match field {
        "caller_name" => case.name_given || case.anonymous,
        "anonymous" => case.anonymous,
        "matter" => case.matter.is_some(),
        // The switch knows the number of most callers.
        "phone" => case.phone.is_some() || case.caller_key.is_some(),
        "caller_told" => {
            case.caller_told.is_some()
                || case
                    .passed_on
                    .iter()
                    .any(|passed| passed.effect != TransferEffect::Evidence)
                || case.called_since_relay()
        }
        "right_body" => case.right_body.is_some(),
        "right_phone" => case.right_phone.is_some(),
        "tried" => case.tried.is_some(),
        "told_once" => case.told.is_some(),
        _ => false,
    }
}

/// Names of fields that a policy's `needs` may name.
pub const NEEDS: [&str; 9] = [
    "caller_name",
    "anonymous",
    "matter",
    "phone",
    "caller_told",
    "right_body",
    "right_phone",
    "tried",
    "told_once",
];

/// The forbidden phrase that is the whole text, whatever blanks and punctuation are around it.
pub(super) fn forbidden(phrases: &[String], text: &str) -> Option<String> {
    let said: String = letters(text).collect();
    if said.is_empty() {
        return None;
    }
    phrases
        .iter()
        .find(|phrase| letters(phrase).collect::<String>() == said)
        .cloned()
}

pub(super) fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
}
