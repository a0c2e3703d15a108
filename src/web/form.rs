//! From a posted form to a command: shape alone; what a case refuses is [`crate::case`]'s to say.
//!
//! **Invariants.** Nothing typed is lost: whatever is wrong, the form is there to be shown again. Control characters
//! never pass; line breaks only in fields that have them.

use super::reader::{Reader, Reads};
pub use super::verb::Verb;
use crate::case::{Command, Duty, Outcome, Refusal};
use crate::ids::CaseId;

/// Longest text of one field, in characters.
pub const LIMIT: usize = 2_000;

/// What each case of a list may have of its own.
pub(super) const ROW_FIELDS: [&str; 2] = ["caller_name", "matter"];

/// The name that a field has in a case's row of the list.
pub(super) fn row_field(field: &str, case: &str) -> String {
    format!("{field}_{case}")
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
    /// No date.
    NotADate(String),
    /// A date beyond what is allowed.
    NotUntil {
        /// What came.
        given: String,
        /// The limit.
        limit: String,
        /// The limit is the earliest, else the latest.
        early: bool,
    },
    /// The case itself, where another one is meant.
    Itself,
    /// Somebody who can't have it.
    NotTo,
    /// Left to the policy, which sends it nowhere.
    NoRule,
    /// A person or department, and another body too.
    Both,
    /// Longer than [`LIMIT`].
    TooLong,
    /// One of the forbidden phrases.
    Forbidden(String),
    /// The page's version is missing.
    NoVersion,
}

impl Problem {
    pub(super) fn new(field: &str, why: Why) -> Self {
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

    /// What was typed: every field that is not blank, in its order, without choices and what the page fills in.
    pub fn typed(&self) -> impl Iterator<Item = (&str, &str)> {
        let of_the_page = [
            "do",
            "version",
            "case",
            "violation",
            "outcome",
            "duty",
            "category",
            "anonymous",
        ];
        let fields = self.0.iter().map(|(name, value)| (name.as_str(), value.trim()));
        fields.filter(move |(name, value)| !value.is_empty() && !of_the_page.contains(name))
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

    /// The same form for one case of a list: what was typed in its own row, `caller_name_<case>` and `matter_<case>`.
    pub fn for_case(&self, case: &str) -> Self {
        let mut form = self.clone();
        for field in ROW_FIELDS {
            if let Some(own) = self.get(&row_field(field, case)) {
                form.0.retain(|(name, _)| name != field);
                form.0.push((field.to_owned(), own.to_owned()));
            }
        }
        form
    }

    /// The command a form asks for.
    ///
    /// # Errors
    /// Everything that is wrong with its fields, at once.
    pub fn command(&self, verb: Verb, reads: &Reads<'_>) -> Result<Command, Vec<Problem>> {
        Reader::new(self, reads).command(verb)
    }
}

/// What a refusal of a verb says about the fields of its form; nothing if it is about something else.
pub fn problems_of(verb: Verb, form: &Form, refusal: &Refusal) -> Vec<Problem> {
    let mut problems = match refusal {
        Refusal::Lacks(fields) if verb == Verb::HandOver && fields.as_slice() == ["to"] => {
            vec![Problem::new("to", Why::NoRule)]
        }
        Refusal::Lacks(fields) => fields.iter().flat_map(|field| lacking(field)).collect(),
        Refusal::ForbiddenPhrase(phrase) => vec![Problem::new("text", Why::Forbidden(phrase.clone()))],
        Refusal::Unknown { field, given, known } => {
            let why = match (*field, known.as_slice()) {
                // Both are wall clock times of one zone, which sort as they follow each other.
                ("until", [limit]) => Why::NotUntil {
                    given: form.get("until").unwrap_or(given).to_owned(),
                    limit: limit.clone(),
                    early: given <= limit,
                },
                ("of", []) if given.starts_with('#') => Why::Itself,
                ("to", []) if !given.is_empty() => Why::NotTo,
                _ if given.is_empty() => Why::Choice,
                _ => Why::Unknown {
                    given: given.clone(),
                    known: known.clone(),
                },
            };
            vec![Problem::new(field, why)]
        }
        Refusal::Stale { .. }
        | Refusal::WrongState { .. }
        | Refusal::AskedAlready { .. }
        | Refusal::NotPermitted { .. } => Vec::new(),
    };
    for problem in &mut problems {
        if matches!(problem.field.as_str(), "text" | "reason") {
            verb.sentence().clone_into(&mut problem.field);
        }
    }
    problems
}

/// `caller_name`, or alternatives: `right_body|tried`.
fn lacking(fields: &str) -> Vec<Problem> {
    let names: Vec<String> = fields.split('|').map(str::to_owned).collect();
    match names.as_slice() {
        [one] if one == "text" || one == "reason" => vec![Problem::new(one, Why::Sentence)],
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
