//! What a form says about its fields: what is needed when, and what is wrong.

use super::fields::{Builder, Field};
use super::form::{DUTIES, LIMIT, Problem, Verb, Why};
use crate::case::Duty;
use crate::l10n::{Lang, Say};

impl Builder<'_> {
    /// The duty the page opens with.
    pub(super) fn duty(&self) -> Duty {
        let typed = self.typed.form.get("duty");
        let typed = DUTIES.iter().find(|(_, name)| Some(*name) == typed);
        let stands = self.case.and_then(|case| case.duty);
        typed.map(|(duty, _)| *duty).or(stands).unwrap_or(Duty::Own)
    }

    /// Whether closing needs the field with the duty chosen now, and in words with which others.
    pub(super) fn needed(&self, name: &str) -> (bool, Option<String>) {
        let of = |alone: bool| -> Vec<Duty> {
            let has = |sets: &Vec<Vec<String>>| {
                sets.iter()
                    .any(|set| (set.len() == 1) == alone && set.iter().any(|field| field == name))
            };
            self.needs
                .iter()
                .filter(|(_, sets)| has(sets))
                .map(|(duty, _)| *duty)
                .collect()
        };
        if name == "caller_name" && self.case.is_some_and(|case| case.anonymous) {
            return (false, None);
        }
        let (alone, among) = (of(true), of(false));
        if alone.contains(&self.duty()) {
            return (true, None);
        }
        let words = |duties: &[Duty]| {
            let names: Vec<&str> = duties.iter().map(|duty| self.say.duty(*duty)).collect();
            names.join(self.comma())
        };
        let hint = if !alone.is_empty() {
            Some(self.say.needed_for(words(&alone)))
        } else if !among.is_empty() {
            Some(self.say.needed_among(words(&among)))
        } else {
            None
        };
        (false, hint)
    }

    pub(super) fn comma(&self) -> &'static str {
        comma(self.say)
    }

    /// The label of a field by its name in forms; names we have no label for stay as they are.
    pub(super) fn label(&self, name: &str) -> String {
        field_label(self.say, name)
    }

    pub(super) fn why(&self, why: &Why) -> String {
        why_words(self.say, why)
    }
    /// Problems as links to their fields; what this form does not show is said without one.
    pub(super) fn problems(&self, fields: &[Field], more: &[Field]) -> Vec<(String, String)> {
        let place = |name: &str| fields.iter().chain(more).find(|field| field.name == name);
        let line = |problem: &Problem| {
            let id = place(&problem.field).map(|field| field.id.clone());
            let id = id.unwrap_or_else(|| match (problem.field.as_str(), self.case) {
                // Another form of the same page.
                ("told_once", Some(_)) => Verb::ToldOnce.as_str().to_owned(),
                _ => String::new(),
            });
            let why = self.why(&problem.why);
            let label = place(&problem.field).map(|field| field.label.clone());
            match problem.field.as_str() {
                "version" => (id, why),
                name => (id, self.say.labelled(label.unwrap_or_else(|| self.label(name)), why)),
            }
        };
        self.typed.problems.iter().map(line).collect()
    }
}

/// What stands between the members of a list.
pub(super) fn comma(say: Say) -> &'static str {
    match say.0 {
        Lang::Zh => "、",
        Lang::En => ", ",
    }
}

/// What stands between two sentences of one hint.
pub(super) fn semicolon(say: Say) -> &'static str {
    match say.0 {
        Lang::Zh => "；",
        Lang::En => "; ",
    }
}

/// What is wrong with a field, in words.
pub(super) fn why_words(say: Say, why: &Why) -> String {
    match why {
        Why::Sentence => say.needs_sentence(),
        Why::Missing => say.needs_value(),
        Why::Choice => say.needs_choice(),
        Why::Something => say.needs_something(),
        Why::OneOf(fields) => {
            let labels: Vec<String> = fields.iter().map(|field| field_label(say, field)).collect();
            say.needs_one_of(labels.join(comma(say)))
        }
        Why::Unknown { given, known } if known.is_empty() => say.not_there(given),
        Why::NotADate(given) => say.not_a_date(given),
        Why::NotUntil {
            given,
            limit,
            early: true,
        } => say.too_early(given, limit),
        Why::NotUntil { given, limit, .. } => say.too_late(given, limit),
        Why::Itself => say.itself(),
        Why::NotTo => say.no_such_receiver(),
        Why::NoRule => say.no_rule_sends(),
        Why::Both => say.not_both(),
        Why::Unknown { given, known } => say.not_known(given, known.join(", ")),
        Why::NotANumber(given) => say.not_a_number(given),
        Why::TooLong => say.too_long(LIMIT),
        Why::Forbidden(phrase) => say.forbidden_phrase(phrase),
        Why::NoVersion => say.stale_form(),
    }
}

/// The label of a field by its name in forms.
pub(super) fn field_label(say: Say, name: &str) -> String {
    match name {
        "outcome" => say.label_outcome(),
        "text" => say.label_text(),
        "duty" => say.label_duty(),
        "category" => say.label_category(),
        "caller_name" => say.label_caller_name(),
        "anonymous" => say.label_anonymous(),
        "phone" => say.label_phone(),
        "matter" => say.label_matter(),
        "caller_told" => say.label_caller_told(),
        "right_body" => say.label_right_body(),
        "right_phone" => say.label_right_phone(),
        "tried" => say.label_tried(),
        "of" => say.label_of(),
        "told_once" => say.told_once_title(),
        "basis" => say.label_basis(),
        "procedure" => say.label_procedure(),
        "materials" => say.label_materials(),
        "limit" => say.label_limit(),
        "reason" => say.label_reason(),
        "to" => say.label_to(),
        "outside" => say.label_outside(),
        "until" => say.label_until(),
        "violation" => say.label_violation(),
        "sanction" => say.label_sanction(),
        other => other.to_owned(),
    }
}
