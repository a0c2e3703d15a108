//! What commands on a register share: the configuration, a reader, who asks, and how failures end.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Cli, Exit};
use crate::case::{Actor, Refusal};
use crate::clock::Clock;
use crate::config::{self, Loaded};
use crate::directory::Lang;
use crate::ids::PersonId;
use crate::l10n::Say;
use crate::register::{self, Rules, Store, Who, read::Reader};

/// A failure with its exit code.
#[derive(Debug)]
pub struct Failure {
    /// The code.
    pub exit: Exit,
    text: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}

/// A failure with this code.
pub fn fail(exit: Exit, text: impl std::fmt::Display) -> anyhow::Error {
    Failure {
        exit,
        text: text.to_string(),
    }
    .into()
}

/// The exit code of an error.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return failure.exit;
    }
    error
        .downcast_ref::<register::Error>()
        .map_or(Exit::Failed, exit_of_register)
}

/// The exit code of what the register says.
pub(super) fn exit_of_register(error: &register::Error) -> Exit {
    match error {
        register::Error::Refused {
            refusal: Refusal::Stale { .. },
            ..
        } => Exit::Conflict,
        register::Error::Refused {
            refusal: Refusal::NotPermitted { .. },
            ..
        } => Exit::NotPermitted,
        register::Error::Locked { .. } => Exit::Conflict,
        error if error.is_busy() => Exit::Conflict,
        _ => Exit::Failed,
    }
}

/// Reads the configuration, or says everything that is wrong with it.
///
/// # Errors
/// Its problems, with the code for wrong configuration.
pub fn load(path: &Path) -> anyhow::Result<Loaded> {
    config::load(path).map_err(|problems| fail(Exit::Usage, problems))
}

/// A command's view of the house.
pub struct Session {
    /// The configuration.
    pub rules: Arc<Rules>,
    /// The database, for reading.
    pub reader: Reader,
    /// Its clock.
    pub clock: Clock,
    /// Where it lies.
    pub database: PathBuf,
    /// The configuration as read.
    pub loaded: Loaded,
    lang: Lang,
    act_as: Option<String>,
}

impl Session {
    /// Opens configuration and database.
    ///
    /// # Errors
    /// Either can't be read.
    pub fn open(cli: &Cli) -> anyhow::Result<Self> {
        let loaded = load(&cli.config)?;
        let database = loaded.config.store.clone();
        let reader = Reader::open(&database)?;
        let clock = reader.clock()?;
        let rules = Arc::new(crate::daemon::rules(&loaded));
        let session = Self {
            lang: cli.lang_or(rules.lang),
            rules,
            reader,
            clock,
            database,
            loaded,
            act_as: cli.act_as.clone(),
        };
        if session.act_as.is_some() {
            // A name that is nobody's is a slip, for those who only read too.
            session.who()?;
        }
        Ok(session)
    }

    /// Now, by the database's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The site's zone.
    pub fn zone(&self) -> &TimeZone {
        &self.rules.zone
    }

    /// The language of what is printed: the one asked for, else the site's.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// Speaks that language.
    pub fn say(&self) -> Say {
        Say(self.lang)
    }

    /// Opens the database for one change.
    ///
    /// # Errors
    /// It can't be opened for writing.
    pub fn store(&self) -> anyhow::Result<Store> {
        Store::open_for_command(&self.database, Arc::clone(&self.rules)).map_err(|error| {
            let (exit, said, file) = (
                exit_of_register(&error),
                error.to_string(),
                self.database.display().to_string(),
            );
            fail(
                exit,
                if said.contains(&file) {
                    said
                } else {
                    format!("{file}: {said}")
                },
            )
        })
    }

    /// An instant as printed: RFC 3339 with the site's offset.
    pub fn time(&self, at: Timestamp) -> String {
        rfc3339(at, self.zone())
    }

    /// Who acts, and as which OS user.
    ///
    /// # Errors
    /// An OS user nobody in the directory is; `--as` by somebody who may not; an unknown person.
    pub fn who(&self) -> anyhow::Result<Who> {
        let user = os_user()?;
        let service = std::fs::metadata(&self.database).is_ok_and(|file| owner(&file) == user.id);
        let actor = match &self.act_as {
            Some(name) => {
                if user.id != 0 && !service {
                    return Err(fail(
                        Exit::NotPermitted,
                        format!(
                            "--as {name}: only root and the service account may act for others; you are {}",
                            user.name
                        ),
                    ));
                }
                let id: PersonId = name
                    .parse()
                    .map_err(|error| fail(Exit::Usage, format!("--as: {error}")))?;
                if self.rules.directory.person(&id).is_none() {
                    return Err(fail(
                        Exit::Failed,
                        format!("--as {name}: the directory knows nobody of that name"),
                    ));
                }
                Actor::Person(id)
            }
            None if user.id == 0 => Actor::Admin,
            None => match self.rules.directory.person_by_login(&user.name) {
                Some(person) => Actor::Person(person.id.clone()),
                None => {
                    return Err(fail(
                        Exit::NotPermitted,
                        format!(
                            "you are {}, and nobody in the directory has that `login`; add it, or use --as as root",
                            user.name
                        ),
                    ));
                }
            },
        };
        Ok(Who {
            actor,
            channel: "cli",
            seen: Some(format!("os user {}", user.name)),
        })
    }
}

/// An instant as printed: RFC 3339 with the zone's offset, whole seconds.
pub fn rfc3339(at: Timestamp, zone: &TimeZone) -> String {
    let offset = zone.to_offset(at);
    crate::call::Stamp {
        at: offset.to_datetime(at),
        offset: Some(offset),
    }
    .rfc3339()
}

/// The end of a range as given: before this instant; a date alone means through that day, as people say it.
///
/// # Errors
/// As [`instant`].
pub fn until(text: &str, zone: &TimeZone) -> anyhow::Result<Timestamp> {
    let next = text
        .parse::<jiff::civil::Date>()
        .ok()
        .and_then(|day| day.tomorrow().ok());
    match next {
        Some(next) => instant(&next.to_string(), zone),
        None => instant(text, zone),
    }
}

/// An instant as given: RFC 3339, a wall time or a date of the site.
///
/// # Errors
/// Neither.
pub fn instant(text: &str, zone: &TimeZone) -> anyhow::Result<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let wall = text
        .parse::<jiff::civil::DateTime>()
        .or_else(|_| text.parse::<jiff::civil::Date>().map(|date| date.at(0, 0, 0, 0)))
        .map_err(|_| no_time(text))?;
    zone.to_timestamp(wall).map_err(|error| anyhow!("`{text}`: {error}"))
}

/// The way out of a time that is none.
pub fn no_time(given: &str) -> anyhow::Error {
    let reason = format!("`{given}` is no time: write 2026-03-05, 2026-03-05T17:30 or with an offset");
    fail(Exit::Usage, reason)
}

struct OsUser {
    id: u32,
    name: String,
}

/// The user this process runs as; `id` knows every kind of user database.
fn os_user() -> anyhow::Result<OsUser> {
    let id =
        owner(&std::fs::metadata("/proc/self").map_err(|e| anyhow!("/proc/self: {e}; who you are can't be told"))?);
    let asked = std::process::Command::new("id").arg("-un").output();
    let name = asked
        .ok()
        .filter(|out| out.status.success())
        .map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    Ok(OsUser {
        id,
        name: name.filter(|n| !n.is_empty()).unwrap_or_else(|| id.to_string()),
    })
}

fn owner(file: &std::fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::uid(file)
}
