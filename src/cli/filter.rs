//! Filters that lists of calls and cases share.

use clap::Args;

use super::Exit;
use super::session::{Session, fail, instant, until};
use crate::case::tally::Mark;
use crate::ids::{DepartmentId, PersonId};
use crate::register::read::{Among, Filter, Slot};

/// Stands for nobody where a person is named.
pub const NOBODY: &str = "-";

/// Which calls or cases; all given conditions hold together.
#[derive(Debug, Clone, Default, Args)]
pub struct FilterArgs {
    /// From this time on (site time, or with an offset)
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this time; a date: through that day
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Answered by, or meant for, this extension
    #[arg(long, value_name = "EXT")]
    extension: Option<String>,
    /// Answered first (a case: or handled) by this person; with --missed: who should have answered; `-`: nobody
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
    /// Of this department; `-`: of nobody whom the directory has
    #[arg(long, value_name = "DEPARTMENT")]
    department: Option<String>,
    /// Whose number contains these digits
    #[arg(long, value_name = "DIGITS")]
    number: Option<String>,
    /// answered, no_answer, busy, failed, voicemail or unknown
    #[arg(long, value_name = "DISPOSITION")]
    disposition: Option<String>,
    /// Begun in this hour of the day
    #[arg(long, value_name = "0-23", value_parser = clap::value_parser!(i8).range(0..=23), conflicts_with = "weekday")]
    hour: Option<i8>,
    /// Begun on this day of the week, 1 is Monday
    #[arg(long, value_name = "1-7", value_parser = clap::value_parser!(i8).range(1..=7))]
    weekday: Option<i8>,
    /// Whose case bears this mark, as the report counts it (may be repeated)
    #[arg(long, value_name = "MARK", value_parser = marks())]
    only: Vec<String>,
    /// Only the newest N
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// What only calls have.
#[derive(Debug, Clone, Default, Args)]
pub struct CallFilterArgs {
    /// incoming, outgoing or internal
    #[arg(long, value_name = "DIRECTION")]
    direction: Option<String>,
    /// How sure the first answerer is: certain, likely, ambiguous; several with commas
    #[arg(long, value_name = "CERTAINTY", value_delimiter = ',')]
    certainty: Vec<String>,
    /// Only missed calls
    #[arg(long)]
    missed: bool,
}

impl CallFilterArgs {
    /// Narrows a filter.
    ///
    /// # Errors
    /// A word that is none of those.
    pub fn narrow(&self, filter: &mut Filter) -> anyhow::Result<()> {
        filter.direction = self
            .direction
            .as_deref()
            .map(|text| word(text, "--direction", "incoming, outgoing or internal"))
            .transpose()?;
        let certainty = |text: &String| word(text, "--certainty", "certain, likely or ambiguous");
        filter.certainty = self.certainty.iter().map(certainty).collect::<anyhow::Result<_>>()?;
        filter.missed = self.missed;
        Ok(())
    }
}

fn marks() -> clap::builder::PossibleValuesParser {
    Mark::ALL.map(|(_, name)| name).into()
}

impl FilterArgs {
    /// The filter, checked.
    ///
    /// # Errors
    /// A time or a name that can't be one.
    pub fn filter(&self, session: &Session) -> anyhow::Result<Filter> {
        let zone = session.zone();
        let time = |text: &Option<String>| text.as_deref().map(|text| instant(text, zone)).transpose();
        let of = self.department.as_deref();
        let disposition = self
            .disposition
            .as_deref()
            .map(|text| {
                word(
                    text,
                    "--disposition",
                    "answered, no_answer, busy, failed, voicemail or unknown",
                )
            })
            .transpose()?;
        let nobody = self.person.as_deref() == Some(NOBODY);
        let slot = self.hour.map(Slot::Hour).or(self.weekday.map(Slot::Weekday));
        let named = |name: &String| Mark::ALL.iter().find(|(_, known)| known == name).map(|(mark, _)| *mark);
        Ok(Filter {
            from: time(&self.from)?,
            to: self.to.as_deref().map(|text| until(text, zone)).transpose()?,
            extension: self.extension.clone(),
            person: self.person.as_deref().filter(|_| !nobody).map(person).transpose()?,
            nobody,
            marks: self.only.iter().filter_map(named).collect(),
            within: slot.map(|slot| (slot, zone.clone())),
            people: of.map(|text| among(session, text)).transpose()?,
            department: of.filter(|text| *text != NOBODY).map(department).transpose()?,
            number: self.number.clone(),
            disposition,
            limit: self.limit,
            ..Filter::default()
        })
    }
}

/// A department's people; `-`: nobody whom the directory has.
///
/// # Errors
/// It can't be a department.
pub fn among(session: &Session, text: &str) -> anyhow::Result<Among> {
    let directory = &session.rules.directory;
    Ok(match text {
        NOBODY => Among::none_of(directory),
        name => Among::members(directory, &department(name)?),
    })
}

/// A person's id as given on the command line.
///
/// # Errors
/// It can't be one.
pub fn person(text: &str) -> anyhow::Result<PersonId> {
    text.parse().map_err(|error| fail(Exit::Usage, error))
}

/// A department's id as given on the command line.
///
/// # Errors
/// It can't be one.
pub fn department(text: &str) -> anyhow::Result<DepartmentId> {
    text.parse().map_err(|error| fail(Exit::Usage, error))
}

/// One of a few words.
fn word<T: serde::de::DeserializeOwned>(text: &str, flag: &str, known: &str) -> anyhow::Result<T> {
    serde_json::from_value(serde_json::Value::String(text.to_owned()))
        .map_err(|_| fail(Exit::Usage, format!("{flag} {text}: write {known}")))
}
