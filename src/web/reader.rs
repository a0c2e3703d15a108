//! Reads the fields of a form into a command, and says all that is wrong with them at once.

use jiff::Timestamp;

use super::form::{DUTIES, Form, LIMIT, OUTCOMES, Problem, Verb, Why};
use crate::case::{Command, Outcome, Particulars, To, Told};
use crate::ids::{CaseId, CategoryId, PersonId};

/// What a form can't read by itself.
pub struct Reads<'a> {
    /// A person before a department of the same name; none if it is neither.
    pub to: &'a dyn Fn(&str) -> Option<To>,
    /// A date (its close of business) or a time of the site.
    pub until: &'a dyn Fn(&str) -> Option<Timestamp>,
    /// The place among the case's violations of one with that number.
    pub violation: &'a dyn Fn(&str) -> Option<u32>,
}

/// Reads fields and notes what is wrong with them.
pub(super) struct Reader<'a> {
    form: &'a Form,
    reads: &'a Reads<'a>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(form: &'a Form, reads: &'a Reads<'a>) -> Self {
        Self {
            form,
            reads,
            problems: Vec::new(),
        }
    }

    /// The command, or everything that is wrong.
    pub(super) fn command(mut self, verb: Verb) -> Result<Command, Vec<Problem>> {
        let command = match verb {
            Verb::Close => self.close(),
            Verb::Confirm | Verb::Waive => self.ruling(verb),
            Verb::HandOver | Verb::Accept | Verb::Return | Verb::Assign | Verb::Rule => self.moving(verb),
            Verb::Contact | Verb::Promise | Verb::Wait | Verb::Resume | Verb::Extend | Verb::Approve => {
                self.dated(verb)
            }
            _ => self.word(verb),
        };
        // What is wrong keeps no command; what has no command has something wrong.
        command.filter(|_| self.problems.is_empty()).ok_or(self.problems)
    }

    fn close(&mut self) -> Option<Command> {
        Some(Command::Close {
            outcome: self.outcome(),
            // With an outcome, an empty sentence is left to the case, which then says all that lacks at once.
            text: match (self.form.get("outcome"), self.form.get("text")) {
                (Some(_), None) => String::new(),
                _ => self.sentence("text"),
            },
            of: self.number("of"),
            particulars: self.particulars(),
        })
    }

    /// On a violation, by its number.
    fn ruling(&mut self, verb: Verb) -> Option<Command> {
        let given = self.form.get("violation").map(str::to_owned);
        let violation = given.as_deref().and_then(|number| (self.reads.violation)(number));
        match &given {
            None => self.wrong("violation", Why::Choice),
            Some(number) if violation.is_none() => self.unknown("violation", number),
            Some(_) => {}
        }
        let (reason, sanction) = (self.said(verb), self.line("sanction"));
        Some(Command::RuleOn {
            violation: violation?,
            confirmed: verb == Verb::Confirm,
            reason,
            sanction: sanction.filter(|_| verb == Verb::Confirm),
        })
    }

    /// Who has it.
    fn moving(&mut self, verb: Verb) -> Option<Command> {
        Some(match verb {
            Verb::HandOver => {
                let to = self.to();
                Command::HandOver {
                    to,
                    text: self.said(verb),
                    particulars: self.particulars(),
                }
            }
            Verb::Return => Command::Return {
                reason: self.said(verb),
            },
            Verb::Assign => {
                let (to, reason) = (self.needed_to(), self.said(verb));
                Command::Assign { to: to?, reason }
            }
            Verb::Rule => {
                let (to, reason) = (self.to(), self.said(verb));
                Command::Rule { to, reason }
            }
            _ => Command::Accept,
        })
    }

    /// What has to do with time.
    fn dated(&mut self, verb: Verb) -> Option<Command> {
        Some(match verb {
            Verb::Promise => {
                let (until, text) = (self.until(), self.said(verb));
                Command::Promise { until: until?, text }
            }
            Verb::Wait => {
                let until = self.form.get("until").is_some().then(|| self.until());
                Command::Wait {
                    reason: self.text("reason").unwrap_or_default(),
                    text: self.sentence("text"),
                    until: until.flatten(),
                }
            }
            Verb::Resume => Command::Resume {
                text: self.text("text").unwrap_or_default(),
            },
            Verb::Extend => {
                let (until, text) = (self.until(), self.said(verb));
                Command::Extend {
                    until: until?,
                    text,
                    caller_told: self.text("caller_told"),
                }
            }
            Verb::Contact => Command::Contact { text: self.said(verb) },
            _ => Command::Approve {
                text: self.text("text").or_else(|| self.text("reason")).unwrap_or_default(),
            },
        })
    }

    /// What is said of it.
    fn word(&mut self, verb: Verb) -> Option<Command> {
        Some(match verb {
            Verb::Register => Command::Register(self.register()),
            Verb::ToldOnce => Command::TellOnce(self.told()),
            Verb::Reopen => Command::Reopen {
                reason: self.said(verb),
            },
            Verb::Hot => Command::Hot { text: self.said(verb) },
            Verb::Dispute => Command::Dispute { text: self.said(verb) },
            Verb::Decline => Command::Decline {
                reason: self.said(verb),
            },
            Verb::Unreasonable => Command::Unreasonable {
                reason: self.said(verb),
            },
            Verb::Correct => {
                let (to, reason) = (self.person(), self.said(verb));
                Command::Correct { to: to?, reason }
            }
            Verb::CoHandler => Command::CoHandler { person: self.person()? },
            Verb::Void => Command::Void {
                reason: self.said(verb),
            },
            _ => Command::Note { text: self.said(verb) },
        })
    }

    /// The sentence of a verb: `text` or `reason`, whichever came.
    fn said(&mut self, verb: Verb) -> String {
        let other = ["text", "reason"]
            .into_iter()
            .find(|name| self.form.get(name).is_some());
        self.sentence(other.unwrap_or(verb.sentence()))
    }

    /// `to`, or another body by name.
    fn to(&mut self) -> Option<To> {
        let outside = self.line("outside");
        let Some(given) = self.form.get("to").map(str::to_owned) else {
            return outside.map(To::Outside);
        };
        if outside.is_some() {
            self.wrong("outside", Why::Both);
        }
        if let Some(name) = given.strip_prefix("outside:") {
            return Some(To::Outside(name.trim().to_owned()));
        }
        let to = (self.reads.to)(&given);
        if to.is_none() {
            self.unknown("to", &given);
        }
        to
    }

    fn needed_to(&mut self) -> Option<To> {
        if self.form.get("to").is_none() {
            self.wrong("to", Why::Choice);
        }
        self.to()
    }

    fn person(&mut self) -> Option<PersonId> {
        match self.needed_to()? {
            To::Person(person) => Some(person),
            To::Department(id) => {
                self.unknown("to", id.as_str());
                None
            }
            To::Outside(name) => {
                self.unknown("to", &name);
                None
            }
        }
    }

    fn until(&mut self) -> Option<Timestamp> {
        let Some(given) = self.form.get("until") else {
            self.wrong("until", Why::Missing);
            return None;
        };
        let until = (self.reads.until)(given);
        if until.is_none() {
            self.wrong("until", Why::NotADate(given.chars().take(40).collect()));
        }
        until
    }

    fn unknown(&mut self, field: &str, given: &str) {
        let why = Why::Unknown {
            given: given.chars().take(40).collect(),
            known: Vec::new(),
        };
        self.wrong(field, why);
    }

    fn wrong(&mut self, field: &str, why: Why) {
        self.problems.push(Problem::new(field, why));
    }

    fn text(&mut self, field: &str) -> Option<String> {
        let text = self.form.get(field)?;
        if text.chars().count() > LIMIT {
            self.wrong(field, Why::TooLong);
        }
        Some(text.to_owned())
    }

    fn line(&mut self, field: &str) -> Option<String> {
        let text = self.text(field)?;
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Dots and dashes are no sentence.
    fn sentence(&mut self, field: &str) -> String {
        let text = self.text(field).unwrap_or_default();
        if !text.chars().any(char::is_alphanumeric) {
            self.wrong(field, Why::Sentence);
        }
        text
    }

    fn one_of<T: Copy>(&mut self, field: &str, known: &[(T, &str)]) -> Option<T> {
        let given = self.form.get(field)?;
        let found = known.iter().find(|(_, name)| *name == given);
        if found.is_none() {
            let why = Why::Unknown {
                given: given.chars().take(40).collect(),
                known: known.iter().map(|(_, name)| (*name).to_owned()).collect(),
            };
            self.wrong(field, why);
        }
        found.map(|(value, _)| *value)
    }

    fn outcome(&mut self) -> Outcome {
        if self.form.get("outcome").is_none() {
            self.wrong("outcome", Why::Choice);
        }
        self.one_of("outcome", &OUTCOMES).unwrap_or(Outcome::Handled)
    }

    fn number(&mut self, field: &str) -> Option<CaseId> {
        let text = self.form.get(field)?;
        let number = text.parse().ok();
        if number.is_none() {
            self.wrong(field, Why::NotANumber(text.chars().take(40).collect()));
        }
        number
    }

    fn category(&mut self) -> Option<CategoryId> {
        let text = self.form.get("category")?;
        let category = text.parse().ok();
        if category.is_none() {
            self.unknown("category", text);
        }
        category
    }

    fn particulars(&mut self) -> Particulars {
        let ticked = |value: &str| !matches!(value, "0" | "false" | "no" | "off");
        Particulars {
            caller_name: self.line("caller_name"),
            anonymous: self.form.get("anonymous").is_some_and(ticked),
            phone: self.line("phone"),
            matter: self.text("matter"),
            duty: self.one_of("duty", &DUTIES),
            category: self.category(),
            caller_told: self.text("caller_told"),
            right_body: self.line("right_body"),
            right_phone: self.line("right_phone"),
            tried: self.text("tried"),
        }
    }

    fn register(&mut self) -> Particulars {
        let particulars = self.particulars();
        if particulars == Particulars::default() && self.problems.is_empty() {
            self.wrong("matter", Why::Something);
        }
        particulars
    }

    fn told(&mut self) -> Told {
        let told = Told {
            basis: self.text("basis"),
            procedure: self.text("procedure"),
            materials: self.text("materials"),
            limit: self.text("limit"),
            text: self.text("text"),
        };
        if told == Told::default() {
            self.wrong("materials", Why::Something);
        }
        told
    }
}
