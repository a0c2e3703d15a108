//! A form as the template draws it: fields with their labels, values, marks and problems.
//!
//! What was typed wins over what stands in the case, what stands over the default; a problem opens the form it is in.

use super::field_words::semicolon;
use super::form::{Form, LIMIT, Problem, Verb};
use super::office::{Breach, Needs};
use super::staff::Staff;
use super::verb_words::verb_words;
use crate::case::{Case, Outcome};
use crate::ids::{CategoryId, PersonId};
use crate::l10n::{Say, masked};

/// One form.
pub(super) struct FormView {
    pub verb: &'static str,
    pub title: String,
    pub hint: String,
    pub button: String,
    pub version: Option<u64>,
    /// Shown without being asked for.
    pub open: bool,
    /// The one that most people came for.
    pub main: bool,
    pub fields: Vec<Field>,
    pub more: Vec<Field>,
    pub more_open: bool,
    pub problems: Vec<(String, String)>,
}

/// One field.
pub(super) struct Field {
    pub name: &'static str,
    pub id: String,
    pub label: String,
    pub hint: Option<String>,
    pub problem: Option<String>,
    /// Marked as needed.
    pub required: bool,
    /// Needed whatever else is chosen, so that a browser may insist.
    pub always: bool,
    /// How much of a row it takes: `wide`, `half`, `third`.
    pub width: &'static str,
    /// Searching for who handles it helps here.
    pub who: bool,
    pub control: Control,
}

/// How it is typed.
pub(super) enum Control {
    Line { value: String, kind: &'static str },
    Area { value: String, rows: u8 },
    Tick { on: bool },
    Chips(Vec<Choice>),
    Pick(Vec<Choice>),
    People { none: Option<Choice>, groups: Vec<Group> },
}

/// A department in a select.
pub(super) struct Group {
    pub label: String,
    pub choices: Vec<Choice>,
}

/// One of several.
pub(super) struct Choice {
    pub value: String,
    pub label: String,
    pub hint: &'static str,
    pub on: bool,
}

impl Field {
    /// Ids of what describes it, for `aria-describedby`.
    pub(super) fn described(&self) -> Option<String> {
        let mut ids = Vec::new();
        ids.extend(self.hint.is_some().then(|| format!("{}-hint", self.id)));
        ids.extend(self.problem.is_some().then(|| format!("{}-problem", self.id)));
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    pub(super) fn limit(&self) -> usize {
        LIMIT
    }
}

/// What was posted and what is wrong with it; shown only in the form it came from.
#[derive(Default, Clone)]
pub(super) struct Typed {
    pub verb: Option<Verb>,
    pub form: Form,
    pub problems: Vec<Problem>,
}

/// Builds the forms of one page.
pub(super) struct Builder<'a> {
    pub say: Say,
    /// None on the list page, where nothing stands yet.
    pub case: Option<&'a Case>,
    pub categories: &'a [CategoryId],
    /// On the list: whether some of the cases are calls to return, and whether all are.
    pub call_backs: Option<bool>,
    pub needs: &'a Needs,
    pub staff: &'a Staff,
    /// Whom alone it may be assigned to, if that is not anybody.
    pub below: Option<&'a [PersonId]>,
    /// Why it may wait for the caller.
    pub pause_reasons: &'a [String],
    /// Violations of the case.
    pub breaches: &'a [Breach],
    /// What confirming one may be answered with.
    pub sanctions: &'a [String],
    /// The reader can't rule on it: what they want of the supervisor is asked.
    pub asks: bool,
    /// The reader has to call the caller: numbers stand in full.
    pub dials: bool,
    pub typed: &'a Typed,
    /// What a search's finding fills in.
    pub prefill: &'a Form,
}

impl Builder<'_> {
    /// The form of a verb.
    pub(super) fn form(&self, verb: Verb) -> FormView {
        let (title, mut hint, button) = verb_words(self.say, verb, self.asks);
        if verb == Verb::Close && self.case.is_some_and(|case| case.told.is_none()) && self.needed("told_once").0 {
            hint = self.say.hint_close_told_once();
        }
        let (fields, more) = self.fields(verb);
        let posted = self.typed.verb == Some(verb);
        let problems = if posted {
            self.problems(&fields, &more)
        } else {
            Vec::new()
        };
        let found = |field: &Field| self.prefilled(verb, field.name).is_some();
        let filled = |field: &Field| {
            field.problem.is_some() || posted && self.typed.form.get(field.name).is_some() || found(field)
        };
        FormView {
            verb: verb.as_str(),
            title,
            hint,
            button,
            version: self.case.map(|case| case.version),
            open: verb.is_main() || verb == Verb::Confirm || posted || fields.iter().any(found),
            main: verb.is_main(),
            more_open: more.iter().any(filled),
            fields,
            more,
            problems,
        }
    }

    /// The list page's form: what is common to all the selected.
    pub(super) fn list_form(&self) -> FormView {
        let say = self.say;
        let mut form = self.form(Verb::Close);
        form.title = say.list_pick();
        form.hint = say.hint_list();
        form.button = say.button_close_list();
        form.more
            .retain(|field| !matches!(field.name, "of" | "phone" | "anonymous"));
        for field in form.fields.iter_mut().chain(&mut form.more) {
            field.width = match field.name {
                "duty" | "category" => "half",
                _ => "wide",
            };
        }
        form.fields.retain(|field| field.name != "caller_name");
        form.fields.retain(|field| field.name != "matter");
        form
    }

    /// What the fields of a verb's form are called.
    pub(super) fn labels(&self, verb: Verb) -> Vec<(&'static str, String)> {
        let (fields, more) = self.fields(verb);
        fields
            .into_iter()
            .chain(more)
            .map(|field| (field.name, field.label))
            .collect()
    }

    /// What is wrong with what was posted for a verb, whether or not the page has its form.
    pub(super) fn problems_of_gone(&self, verb: Verb) -> Vec<(String, String)> {
        let (fields, more) = self.fields(verb);
        self.problems(&fields, &more)
    }

    fn fields(&self, verb: Verb) -> (Vec<Field>, Vec<Field>) {
        let say = self.say;
        match verb {
            Verb::Close => self.close_fields(),
            Verb::Register => (self.register_fields(), Vec::new()),
            Verb::ToldOnce => (
                vec![
                    self.area(verb, "materials", say.label_materials(), self.told(|t| &t.materials)),
                    self.area(verb, "procedure", say.label_procedure(), self.told(|t| &t.procedure)),
                    self.line(verb, "basis", say.label_basis(), self.told(|t| &t.basis)),
                    self.line(verb, "limit", say.label_limit(), self.told(|t| &t.limit)),
                    self.area(verb, "text", say.label_more_text(), self.told(|t| &t.text)),
                ],
                Vec::new(),
            ),
            _ => (self.life_fields(verb), Vec::new()),
        }
    }

    fn close_fields(&self) -> (Vec<Field>, Vec<Field>) {
        let (say, verb) = (self.say, Verb::Close);
        let mut text = self.sentence(verb, say.label_text());
        text.hint = Some(say.hint_text());
        let stands = |pick: fn(&Case) -> &Option<String>| self.stands(pick);
        let mut fields = vec![
            self.outcomes(),
            text,
            self.area(verb, "matter", say.label_matter(), stands(|c| &c.matter)),
        ];
        let small = [
            self.line(verb, "caller_name", say.label_caller_name(), stands(|c| &c.caller_name)),
            self.duties(verb),
            self.category(verb),
        ];
        fields.extend(small.map(|field| Field {
            width: "third",
            ..field
        }));
        let mut told = self.line(verb, "caller_told", say.label_caller_told(), stands(|c| &c.caller_told));
        told.hint = told.hint.or_else(|| Some(say.hint_caller_told()));
        told.width = "wide";
        let mut of = self.line(verb, "of", say.label_of(), None);
        if let Control::Line { kind, .. } = &mut of.control {
            *kind = "number";
        }
        let mut tried = self.line(verb, "tried", say.label_tried(), stands(|c| &c.tried));
        tried.width = "wide";
        let mut right = self.line(verb, "right_body", say.label_right_body(), stands(|c| &c.right_body));
        right.who = self.case.is_some();
        let mut right_phone = self.tel(verb, "right_phone", say.label_right_phone(), stands(|c| &c.right_phone));
        for (field, outcome) in [
            (&mut right, Outcome::Guided),
            (&mut right_phone, Outcome::Guided),
            (&mut of, Outcome::Duplicate),
        ] {
            let needed = say.needed_for_outcome(say.outcome(outcome));
            field.hint = Some(match field.hint.take() {
                Some(hint) => format!("{needed}{}{hint}", semicolon(say)),
                None => needed,
            });
        }
        let more = vec![
            right,
            right_phone,
            told,
            tried,
            self.phone(verb),
            of,
            self.anonymous(verb),
        ];
        (fields, more)
    }

    fn register_fields(&self) -> Vec<Field> {
        let (say, verb) = (self.say, Verb::Register);
        let mut matter = self.area(verb, "matter", say.label_matter(), self.stands(|c| &c.matter));
        matter.width = "wide";
        vec![
            self.line(
                verb,
                "caller_name",
                say.label_caller_name(),
                self.stands(|c| &c.caller_name),
            ),
            self.phone(verb),
            matter,
            self.duties(verb),
            self.category(verb),
            self.anonymous(verb),
        ]
    }

    pub(super) fn stands(&self, pick: fn(&Case) -> &Option<String>) -> Option<String> {
        self.case.and_then(|case| pick(case).clone())
    }

    fn told(&self, pick: fn(&crate::case::Told) -> &Option<String>) -> Option<String> {
        self.case
            .and_then(|case| case.told.as_ref())
            .and_then(|told| pick(told).clone())
    }

    /// What this form's field shows: the typed text if it is the posted form.
    pub(super) fn value(&self, verb: Verb, name: &str, stands: Option<String>) -> String {
        if self.typed.verb == Some(verb) {
            return self.typed.form.get(name).unwrap_or_default().to_owned();
        }
        let found = self.prefilled(verb, name).map(str::to_owned);
        found.or(stands).unwrap_or_default()
    }

    /// What was found by a search and chosen for this field.
    fn prefilled(&self, verb: Verb, name: &str) -> Option<&str> {
        let takes = match verb {
            Verb::HandOver => matches!(name, "to" | "outside"),
            Verb::Assign | Verb::Rule => name == "to",
            Verb::Close => matches!(name, "right_body" | "right_phone"),
            _ => false,
        };
        self.prefill.get(name).filter(|_| takes && self.typed.verb.is_none())
    }

    pub(super) fn field(&self, verb: Verb, name: &'static str, label: String, control: Control) -> Field {
        let posted = self.typed.verb == Some(verb);
        let problem = self.typed.problems.iter().find(|p| posted && p.field == name);
        let (required, hint) = match verb {
            Verb::Close => self.needed(name),
            _ => (false, None),
        };
        Field {
            name,
            id: format!("{}-{name}", verb.as_str()),
            label,
            hint,
            problem: problem.map(|problem| self.why(&problem.why)),
            required,
            always: false,
            width: match control {
                Control::Area { .. } | Control::Chips(_) => "wide",
                Control::Line { .. } | Control::Tick { .. } | Control::Pick(_) | Control::People { .. } => "half",
            },
            who: false,
            control,
        }
    }

    pub(super) fn line(&self, verb: Verb, name: &'static str, label: String, stands: Option<String>) -> Field {
        let value = self.value(verb, name, stands);
        let control = Control::Line { value, kind: "text" };
        self.field(verb, name, label, control)
    }

    fn tel(&self, verb: Verb, name: &'static str, label: String, stands: Option<String>) -> Field {
        let value = self.value(verb, name, stands);
        let control = Control::Line { value, kind: "tel" };
        self.field(verb, name, label, control)
    }

    /// The caller's other number: who need not dial it finds it masked beside an empty field, which leaves it as it is.
    fn phone(&self, verb: Verb) -> Field {
        let stands = self.stands(|case| &case.phone);
        let shown = stands.clone().filter(|_| self.dials);
        let hidden = stands.filter(|_| !self.dials).as_deref().and_then(masked);
        let field = self.tel(verb, "phone", self.say.label_phone(), shown);
        Field {
            hint: hidden
                .map(|number| self.say.hint_phone_stands(number))
                .or(field.hint.clone()),
            ..field
        }
    }

    pub(super) fn area(&self, verb: Verb, name: &'static str, label: String, stands: Option<String>) -> Field {
        let value = self.value(verb, name, stands);
        self.field(verb, name, label, Control::Area { value, rows: 2 })
    }

    pub(super) fn sentence(&self, verb: Verb, label: String) -> Field {
        Field {
            required: true,
            always: true,
            ..self.area(verb, verb.sentence(), label, None)
        }
    }

    fn anonymous(&self, verb: Verb) -> Field {
        let on = match self.typed.verb == Some(verb) {
            true => self.typed.form.get("anonymous").is_some(),
            false => self.case.is_some_and(|case| case.anonymous),
        };
        self.field(verb, "anonymous", self.say.label_anonymous(), Control::Tick { on })
    }
}
