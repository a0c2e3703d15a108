//! Filters that lists of calls and cases share.

use clap::Args;

use super::Exit;
use super::session::{Session, fail, instant};
use crate::call::Disposition;
use crate::ids::{DepartmentId, PersonId};
use crate::register::read::Filter;

/// Which calls or cases; all given conditions hold together.
#[derive(Debug, Clone, Default, Args)]
pub struct FilterArgs {
    /// From this time on (site time, or with an offset)
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Answered by, or meant for, this extension
    #[arg(long, value_name = "EXT")]
    extension: Option<String>,
    /// Answered first (a case: or handled) by this person
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
    /// Of this department
    #[arg(long, value_name = "DEPARTMENT")]
    department: Option<String>,
    /// Whose number contains these digits
    #[arg(long, value_name = "DIGITS")]
    number: Option<String>,
    /// answered, no_answer, busy, failed, voicemail or unknown
    #[arg(long, value_name = "DISPOSITION")]
    disposition: Option<String>,
    /// Only the newest N
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

impl FilterArgs {
    /// The filter, checked.
    ///
    /// # Errors
    /// A time or a name that can't be one.
    pub fn filter(&self, session: &Session) -> anyhow::Result<Filter> {
        let zone = session.zone();
        let time = |text: &Option<String>| text.as_deref().map(|text| instant(text, zone)).transpose();
        let department = self
            .department
            .as_deref()
            .map(|text| text.parse::<DepartmentId>().map_err(|error| fail(Exit::Usage, error)))
            .transpose()?;
        let members = |id: &DepartmentId| {
            let members = session.rules.directory.members(id);
            members.map(|person| person.id.clone()).collect()
        };
        let disposition = self.disposition.as_deref().map(disposition).transpose()?;
        Ok(Filter {
            from: time(&self.from)?,
            to: time(&self.to)?,
            extension: self.extension.clone(),
            person: self.person.as_deref().map(person).transpose()?,
            people: department.as_ref().map(members),
            department,
            number: self.number.clone(),
            disposition,
            limit: self.limit,
            ..Filter::default()
        })
    }
}

/// A person's id as given on the command line.
///
/// # Errors
/// It can't be one.
pub fn person(text: &str) -> anyhow::Result<PersonId> {
    text.parse().map_err(|error| fail(Exit::Usage, error))
}

fn disposition(text: &str) -> anyhow::Result<Disposition> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| {
        fail(
            Exit::Usage,
            format!("--disposition {text}: write answered, no_answer, busy, failed, voicemail or unknown"),
        )
    })
}
