//! What users write becomes checked types: `firstanswer.toml`, the directory, the policy, the calendar.
//!
//! One pass reads every file and reports every problem with file, line, column, the reason and the way out.
//!
//! **Invariants.** [`load`] gives a whole configuration or all that is wrong with it, never half of one: a reload
//! keeps what it has when this fails. No input panics. Nothing but the named files is opened: no database, no
//! socket, no password file.
//!
//! **Not here**: what the values do. Durations run in [`crate::calendar`], people are found in
//! [`crate::directory`], a policy is obeyed in [`crate::case`].
//!
//! Paths of included files are relative to the file that names them; all others to the working directory.

mod calendar;
mod dates;
mod directory;
mod feed;
mod files;
mod hours;
mod ladder;
mod links;
mod load;
mod near;
mod policy;
mod problem;
mod reader;
mod secret;
mod settings;
pub mod shipped;
mod site;
mod source;
mod spans;
#[cfg(test)]
mod tests;
mod tree;
mod values;

use std::path::{Path, PathBuf};

use crate::calendar::{Calendar, Span};
use crate::case::policy::Policy;
use crate::directory::Directory;
use crate::ids::PersonId;
pub use load::Wrong;
use load::{Load, ReadFile};
pub use problem::{Problem, Problems};
pub use secret::{Secret, SecretError, SecretFrom};
pub use settings::{
    Config, Feed, FileFrom, FlowControl, Login, Mail, MailTransport, Parity, PolicyFrom, Serial, Site, Smtp,
    SwitchLogin, Tls, Transport, Web,
};
use source::Place;
pub use source::Source;

/// A whole configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What `firstanswer.toml` says.
    pub config: Config,
    /// Who is who, and who sat where when.
    pub directory: Directory,
    /// The regulation, overrides applied.
    pub policy: Policy,
    /// Working time.
    pub calendar: Calendar,
    /// Every file that was read, in order.
    pub sources: Vec<Source>,
}

/// Reads and checks a configuration: at a start, for `check`, and for a reload.
///
/// # Errors
/// Every problem of every file.
pub fn load(path: &Path) -> Result<Loaded, Problems> {
    load_with(path, &|path| std::fs::read(path))
}

/// The same with files from elsewhere.
pub(crate) fn load_with(path: &Path, read: ReadFile<'_>) -> Result<Loaded, Problems> {
    let load = Load::new(read);
    let parts = match load.file(path) {
        Ok(root) => files::all(&load, &root),
        Err(reason) => {
            let label = path.display().to_string();
            load.report_whole(
                &label,
                format!("can't be read: {reason}"),
                "name the configuration with --config FILE",
            );
            None
        }
    };
    let sources = load.finish()?;
    let (config, directory, policy, calendar) = parts.ok_or_else(|| unexplained(path))?;
    Ok(Loaded {
        config,
        directory,
        policy,
        calendar,
        sources,
    })
}

/// A policy from its text alone, as the register keeps it for the life of its cases.
///
/// # Errors
/// Every problem of the text; `label` stands where a file name would.
pub fn policy_from_text(label: &str, text: &str) -> Result<Policy, Problems> {
    let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
    let load = Load::new(&nothing);
    let root = load.text(PathBuf::from(label), label.to_owned(), text.to_owned());
    let policy = files::whole(&load, &root, |s| policy::read(s, text.to_owned())).flatten();
    load.finish()?;
    policy.ok_or_else(|| unexplained(Path::new(label)))
}

/// A duration as users write it: `"90s"`, `"4 business hours"`, `"end of day"`.
///
/// # Errors
/// What is wrong, and the forms there are.
pub fn parse_span(text: &str) -> Result<Span, Wrong> {
    spans::span(text)
}

/// People whom open cases wait for but who are no longer in the directory, told at the end of its file.
///
/// The caller knows the open cases; a check or a reload that finds somebody here is refused.
pub fn missing_people(loaded: &Loaded, waited_for: &[PersonId]) -> Problems {
    let file = loaded.sources.iter().position(|s| s.path == loaded.config.directory);
    let place = file.and_then(|file| {
        let source = loaded.sources.get(file)?;
        let end = source.text.trim_end().len();
        let start = source.line_start(end.saturating_sub(1));
        Some((source, Place { file, start, end }))
    });
    let strangers = loaded.directory.strangers(waited_for);
    let problems = strangers.iter().map(|id| {
        let reason = format!("`{id}` still has open cases but is no longer in this file");
        let way_out = format!("put the person back, or first run: firstanswer move-all --from {id} --to PERSON");
        match place {
            Some((source, place)) => Problem::at(source, place, "person", reason, way_out),
            None => Problem::whole("directory", reason, way_out),
        }
    });
    Problems::new(problems.collect())
}

/// Nothing was reported and yet a part is missing: a mistake of ours, said as such rather than panicked about.
fn unexplained(path: &Path) -> Problems {
    let label = path.display().to_string();
    Problems::new(vec![Problem::whole(
        &label,
        "could not be read in full".to_owned(),
        "report this as a bug".to_owned(),
    )])
}
