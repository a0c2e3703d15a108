//! From a posted form to a command: shape alone; what a case refuses is [`crate::case`]'s to say.
//!
//! **Invariants.** Nothing typed is lost: whatever is wrong, the form is there to be shown again. Control characters
//! never pass; line breaks only in fields that have them.

use crate::case::{Command, Duty, Outcome, Particulars, Refusal, Told};
use crate::ids::{CaseId, CategoryId};

/// Longest text of one field, in characters.
pub const LIMIT: usize = 2_000;

/// What a form can do: the names of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Done.
    Close,
    /// Write down name and matter.
    Register,
    /// What the caller was told, once.
    ToldOnce,
    /// A remark.
    Note,
    /// Take up again.
    Reopen,
}

impl Verb {
    /// All, in the order of the page.
    pub const ALL: [Self; 5] = [Self::Close, Self::Register, Self::ToldOnce, Self::Note, Self::Reopen];

    /// As in the field `do`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Register => "register",
            Self::ToldOnce => "told-once",
            Self::Note => "note",
            Self::Reopen => "reopen",
        }
    }

    /// The verb of a `do` field, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.as_str() == text)
    }
}

/// All outcomes with the names they have in forms and on the command line.
pub const OUTCOMES: [(Outcome, &str); 9] = [
    (Outcome::Handled, "handled"),
    (Outcome::Guided, "guided"),
    (Outcome::Explained, "explained"),
    (Outcome::Outside, "outside"),
    (Outcome::CannotBeDone, "cannot_be_done"),
    (Outcome::Unreachable, "unreachable"),
    (Outcome::NoMatter, "no_matter"),
    (Outcome::Duplicate, "duplicate"),
    (Outcome::CalledBack, "called_back"),
];

/// All duties with their names.
pub const DUTIES: [(Duty, &str); 5] = [
    (Duty::Own, "own"),
    (Duty::Unit, "unit"),
    (Duty::Other, "other"),
    (Duty::Outside, "outside"),
    (Duty::Unclear, "unclear"),
];

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which.
    pub field: String,
    /// What.
    pub why: Why,
}

/// What can be wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Needs a typed sentence.
    Sentence,
    /// Is empty.
    Missing,
    /// Nothing chosen.
    Choice,
    /// At least one of these fields.
    OneOf(Vec<String>),
    /// At least one field of the form.
    Something,
    /// Not one of the known values.
    Unknown {
        /// What came.
        given: String,
        /// What would do.
        known: Vec<String>,
    },
    /// No case number.
    NotANumber(String),
    /// Longer than [`LIMIT`].
    TooLong,
    /// One of the forbidden phrases.
    Forbidden(String),
    /// The page's version is missing.
    NoVersion,
}

impl Problem {
    fn new(field: &str, why: Why) -> Self {
        Self {
            field: field.to_owned(),
            why,
        }
    }
}

/// The fields as posted, cleaned, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`; broken escapes become replacement characters.
    pub fn parse(body: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(body);
        Self(pairs.map(|(name, value)| (name.into_owned(), clean(&value))).collect())
    }

    /// A field, trimmed; none if absent or blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(field, _)| field == name)?.1.trim();
        (!value.is_empty()).then_some(value)
    }

    /// All values of a repeated field, trimmed.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let of = self.0.iter().filter(|(field, _)| field == name);
        of.map(|(_, value)| value.trim()).collect()
    }

    /// The version the person saw.
    ///
    /// # Errors
    /// If it is missing or no number.
    pub fn version(&self) -> Result<u64, Problem> {
        let version = self.get("version").and_then(|text| text.parse().ok());
        version.ok_or_else(|| Problem::new("version", Why::NoVersion))
    }

    /// The cases a list form is about, each with the version seen there.
    ///
    /// Pairs `case` and `version` in the same order, or, from the page's check boxes, `case` with `version_<case>`.
    pub fn cases(&self) -> Vec<(String, Option<CaseId>, Option<u64>)> {
        let (cases, versions) = (self.all("case"), self.all("version"));
        let paired = cases.len() == versions.len();
        let one = |(place, text): (usize, &&str)| {
            let version = if paired {
                versions.get(place).copied()
            } else {
                self.get(&format!("version_{text}"))
            };
            let number = text.parse().ok();
            ((*text).to_owned(), number, version.and_then(|v| v.parse().ok()))
        };
        cases.iter().enumerate().map(one).collect()
    }

    /// The command a form asks for.
    ///
    /// # Errors
    /// Everything that is wrong with its fields, at once.
    pub fn command(&self, verb: Verb) -> Result<Command, Vec<Problem>> {
        let mut reader = Reader {
            form: self,
            problems: Vec::new(),
        };
        let command = match verb {
            Verb::Close => Command::Close {
                outcome: reader.outcome(),
                // With an outcome, an empty sentence is left to the case, which then says all that lacks at once.
                text: match (self.get("outcome"), self.get("text")) {
                    (Some(_), None) => String::new(),
                    _ => reader.sentence("text"),
                },
                of: reader.number("of"),
                particulars: reader.particulars(),
            },
            Verb::Register => Command::Register(reader.register()),
            Verb::ToldOnce => Command::TellOnce(reader.told()),
            Verb::Note => Command::Note {
                text: reader.sentence("text"),
            },
            Verb::Reopen => Command::Reopen {
                reason: match self.get("reason") {
                    Some(_) => reader.sentence("reason"),
                    None => reader.sentence("text"),
                },
            },
        };
        if reader.problems.is_empty() {
            Ok(command)
        } else {
            Err(reader.problems)
        }
    }
}

/// Reads fields and notes what is wrong with them.
struct Reader<'a> {
    form: &'a Form,
    problems: Vec<Problem>,
}

impl Reader<'_> {
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
            let why = Why::Unknown {
                given: text.chars().take(40).collect(),
                known: Vec::new(),
            };
            self.wrong("category", why);
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

/// What a refusal says about fields; nothing if it is about something else.
pub fn problems_of(refusal: &Refusal) -> Vec<Problem> {
    match refusal {
        Refusal::Lacks(fields) => fields.iter().flat_map(|field| lacking(field)).collect(),
        Refusal::ForbiddenPhrase(phrase) => vec![Problem::new("text", Why::Forbidden(phrase.clone()))],
        Refusal::Unknown { field, given, known } => {
            let why = Why::Unknown {
                given: given.clone(),
                known: known.clone(),
            };
            vec![Problem::new(field, why)]
        }
        Refusal::Stale { .. } | Refusal::WrongState { .. } | Refusal::NotPermitted { .. } => Vec::new(),
    }
}

/// `caller_name`, or alternatives: `right_body|tried`.
fn lacking(fields: &str) -> Vec<Problem> {
    let names: Vec<String> = fields.split('|').map(str::to_owned).collect();
    match names.as_slice() {
        [one] if one == "text" => vec![Problem::new(one, Why::Sentence)],
        [one] => vec![Problem::new(one, Why::Missing)],
        several => several
            .iter()
            .map(|name| Problem::new(name, Why::OneOf(several.to_vec())))
            .collect(),
    }
}

/// CR LF to LF; other control characters, direction overrides and the like out.
fn clean(text: &str) -> String {
    let hidden = |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| !hidden(c) && (matches!(c, '\n' | '\t') || !c.is_control()))
        .collect()
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
