//! The fields of the forms that move a case, date it, or say something of it.

use super::fields::{Builder, Choice, Control, Field, Group};
use super::form::Verb;
use super::staff::{Colleague, Unit};
use crate::l10n::when;

impl Builder<'_> {
    /// The fields of every form but closing, registering and the told-once notice.
    pub(super) fn life_fields(&self, verb: Verb) -> Vec<Field> {
        let say = self.say;
        match verb {
            Verb::Accept => Vec::new(),
            Verb::HandOver => self.hand_over_fields(),
            Verb::Return | Verb::Decline => vec![self.sentence(verb, say.label_reason())],
            Verb::Assign => vec![
                self.people(verb, say.label_to(), self.below.is_none(), Some(say.choose())),
                self.sentence(verb, say.label_reason()),
            ],
            Verb::Rule => vec![
                Field {
                    required: false,
                    ..self.people(verb, say.label_rule_to(), true, Some(say.rule_stays()))
                },
                self.sentence(verb, say.label_reason()),
            ],
            Verb::Confirm | Verb::Waive => self.ruling_fields(verb),
            Verb::Approve => vec![Field {
                required: false,
                always: false,
                ..self.sentence(verb, say.label_note())
            }],
            Verb::Correct => vec![
                self.people(verb, say.label_correct_to(), false, Some(say.choose())),
                self.sentence(verb, say.label_reason()),
            ],
            Verb::CoHandler => vec![self.people(verb, say.label_co_handler(), false, Some(say.choose()))],
            Verb::Promise => vec![self.date(verb), self.sentence(verb, say.label_promised())],
            Verb::Wait => vec![
                self.pause_reason(verb),
                Field {
                    required: false,
                    hint: None,
                    label: say.label_wait_until(),
                    ..self.date(verb)
                },
                self.sentence(verb, say.label_wait_for()),
            ],
            Verb::Resume => vec![Field {
                required: false,
                always: false,
                ..self.sentence(verb, say.label_note())
            }],
            Verb::Extend => vec![
                self.date(verb),
                self.sentence(verb, say.label_reason()),
                Field {
                    required: true,
                    ..self.area(verb, "caller_told", say.label_extend_told(), None)
                },
            ],
            Verb::Contact => vec![self.sentence(verb, say.label_said())],
            Verb::Note => vec![self.sentence(verb, say.label_note())],
            _ => vec![self.sentence(verb, say.label_reason())],
        }
    }

    fn hand_over_fields(&self) -> Vec<Field> {
        let (say, verb) = (self.say, Verb::HandOver);
        let mut to = self.people(verb, say.label_to(), true, Some(say.to_by_rule()));
        to.required = false;
        to.who = true;
        let mut outside = self.line(verb, "outside", say.label_outside(), None);
        outside.hint = Some(say.hint_outside());
        let mut text = self.sentence(verb, say.label_hand_over_text());
        text.hint = Some(say.hint_hand_over_text());
        let stands = self.stands(|case| &case.caller_told);
        let mut told = self.line(verb, "caller_told", say.label_caller_told(), stands);
        told.hint = Some(say.hint_caller_told());
        told.width = "wide";
        vec![to, outside, text, told]
    }

    /// Which violation, with what sanction, why.
    fn ruling_fields(&self, verb: Verb) -> Vec<Field> {
        let say = self.say;
        let theirs = self.breaches.iter().filter(|breach| breach.theirs);
        let first = theirs.clone().next().map(|breach| breach.id.to_string());
        let chosen = self.chosen(verb, "violation", first);
        let choices = theirs.map(|breach| Choice {
            on: chosen == breach.id.to_string(),
            value: breach.id.to_string(),
            label: breach.words.clone(),
            hint: "",
        });
        let which = Field {
            required: true,
            width: "wide",
            ..self.field(
                verb,
                "violation",
                say.label_violation(),
                Control::Pick(choices.collect()),
            )
        };
        let chosen = self.value(verb, "sanction", None);
        let choice = |value: &str, label: String| Choice {
            on: chosen == value,
            value: value.to_owned(),
            label,
            hint: "",
        };
        let none = choice("", say.no_sanction());
        let sanctions = self.sanctions.iter().map(|sanction| choice(sanction, sanction.clone()));
        let control = Control::Pick(std::iter::once(none).chain(sanctions).collect());
        let sanction = self.field(verb, "sanction", say.label_sanction(), control);
        let asked = verb == Verb::Confirm && !self.sanctions.is_empty();
        let mut fields = vec![which];
        fields.extend(asked.then_some(sanction));
        fields.push(self.sentence(verb, say.label_reason()));
        fields
    }

    fn pause_reason(&self, verb: Verb) -> Field {
        let first = self.pause_reasons.first().cloned();
        let chosen = self.value(verb, "reason", first);
        let choice = |reason: &String| Choice {
            value: reason.clone(),
            label: self.say.pause_reason(reason),
            hint: "",
            on: chosen == *reason,
        };
        let control = Control::Pick(self.pause_reasons.iter().map(choice).collect());
        Field {
            required: true,
            ..self.field(verb, "reason", self.say.label_wait_reason(), control)
        }
    }

    fn date(&self, verb: Verb) -> Field {
        let value = self.value(verb, "until", None);
        let control = Control::Line { value, kind: "date" };
        Field {
            required: true,
            hint: Some(self.say.hint_until()),
            ..self.field(verb, "until", self.say.label_until(), control)
        }
    }

    /// A select of people by department; with departments, each comes first among its people.
    fn people(&self, verb: Verb, label: String, departments: bool, none: Option<String>) -> Field {
        let chosen = self.value(verb, "to", None);
        let choice = |value: String, label: String| Choice {
            on: value == chosen,
            value,
            label,
            hint: "",
        };
        let person = |found: &Colleague| {
            let label = match found.away {
                Some(day) => self.say.away_until(&found.name, when::date(self.say.0, day)),
                None => found.name.clone(),
            };
            choice(found.id.to_string(), label)
        };
        let open = |found: &&Colleague| match (verb, self.below, self.case) {
            (Verb::Assign, Some(below), _) => below.contains(&found.id),
            // Nobody hands over to, or helps, themselves.
            (Verb::HandOver | Verb::Assign | Verb::CoHandler, _, Some(case)) => {
                let helps = verb == Verb::CoHandler && case.co_handlers.contains(&found.id);
                found.id != case.handler && !helps
            }
            _ => true,
        };
        let group = |unit: &Unit| {
            let whole = departments.then(|| {
                let words = match verb {
                    Verb::HandOver => self.say.whole_department(&unit.name),
                    _ => self.say.department_head(&unit.name),
                };
                choice(unit.id.to_string(), words)
            });
            Group {
                label: unit.name.clone(),
                choices: whole
                    .into_iter()
                    .chain(unit.people.iter().filter(open).map(person))
                    .collect(),
            }
        };
        let control = Control::People {
            none: none.map(|label| choice(String::new(), label)),
            groups: self
                .staff
                .0
                .iter()
                .map(group)
                .filter(|group| !group.choices.is_empty())
                .collect(),
        };
        Field {
            required: true,
            ..self.field(verb, "to", label, control)
        }
    }
}
