//! The fields of a form where one of several is chosen: outcome, duty, category.

use super::fields::{Builder, Choice, Control, Field};
use super::form::{DUTIES, OUTCOMES, Verb};
use crate::case::{CaseKind, Duty, Outcome};

impl Builder<'_> {
    pub(super) fn outcomes(&self) -> Field {
        // On the list: where all are calls to return, their own outcome comes first, where some are, it is among the rest.
        let missed = self
            .case
            .map_or(self.call_backs == Some(true), |case| case.kind == CaseKind::Callback);
        let default = if missed { Outcome::CalledBack } else { Outcome::Handled };
        let standing = OUTCOMES.iter().find(|(outcome, _)| *outcome == default);
        let chosen = self.value(Verb::Close, "outcome", standing.map(|(_, name)| (*name).to_owned()));
        // For a missed call its own outcome comes first; for the rest it makes no sense and goes.
        let mut known: Vec<_> = OUTCOMES.to_vec();
        known.retain(|(outcome, _)| missed || self.call_backs.is_some() || *outcome != Outcome::CalledBack);
        // Several cases don't repeat one and the same.
        known.retain(|(outcome, _)| self.case.is_some() || *outcome != Outcome::Duplicate);
        known.sort_by_key(|(outcome, _)| *outcome != default);
        let choices = known.into_iter().map(|(outcome, name)| Choice {
            value: name.to_owned(),
            label: self.say.outcome(outcome).to_owned(),
            hint: self.say.outcome_hint(outcome),
            on: chosen == name,
        });
        let control = Control::Chips(choices.collect());
        Field {
            required: true,
            hint: Some(match self.case {
                None if self.call_backs.is_some() => self.say.hint_outcome_list_missed(),
                None => self.say.hint_outcome_list(),
                Some(_) if missed => self.say.hint_outcome_missed(),
                Some(_) => self.say.hint_outcome(),
            }),
            ..self.field(Verb::Close, "outcome", self.say.label_outcome(), control)
        }
    }

    /// A choice that was not posted stays what it was: a browser would show the first.
    pub(super) fn chosen(&self, verb: Verb, name: &str, stands: Option<String>) -> String {
        let typed = self.value(verb, name, stands.clone());
        if typed.is_empty() {
            stands.unwrap_or_default()
        } else {
            typed
        }
    }

    pub(super) fn duties(&self, verb: Verb) -> Field {
        let duty = self.case.and_then(|case| case.duty).unwrap_or(Duty::Own);
        let standing = DUTIES.iter().find(|(known, _)| *known == duty);
        let chosen = self.chosen(verb, "duty", standing.map(|(_, name)| (*name).to_owned()));
        let choices = DUTIES.iter().map(|(duty, name)| Choice {
            value: (*name).to_owned(),
            label: self.say.duty(*duty).to_owned(),
            hint: "",
            on: chosen == *name,
        });
        let control = Control::Pick(choices.collect());
        Field {
            required: verb == Verb::Close,
            ..self.field(verb, "duty", self.say.label_duty(), control)
        }
    }

    pub(super) fn category(&self, verb: Verb) -> Field {
        let standing = self.case.map(|case| case.category.to_string());
        let chosen = self.chosen(verb, "category", standing);
        let mut choices: Vec<Choice> = Vec::new();
        if self.case.is_none() {
            // On the list: each keeps its own.
            choices.push(Choice {
                value: String::new(),
                label: self.say.keep_category(),
                hint: "",
                on: chosen.is_empty(),
            });
        }
        // A category that the policy dropped still shows on the cases that have it.
        let own = self
            .case
            .map(|case| &case.category)
            .filter(|own| !self.categories.contains(own));
        choices.extend(self.categories.iter().chain(own).map(|category| Choice {
            value: category.to_string(),
            label: self.say.category(category),
            hint: "",
            on: chosen == category.as_str(),
        }));
        let control = Control::Pick(choices);
        Field {
            required: verb == Verb::Close && self.case.is_some(),
            ..self.field(verb, "category", self.say.label_category(), control)
        }
    }
}
