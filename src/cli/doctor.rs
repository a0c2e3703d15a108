//! `doctor`: is all well? Each finding says what is wrong and the way out.
//!
//! **Invariants.** Looks, and changes nothing: no file is made, no device opened that the daemon reads, no switch dialled
//! behind its back. One check that fails keeps no other from being made.

mod feeds;
mod house;
mod mail;

use std::io::Write;

use clap::Args;

use super::screen::{safe, safe_json};
use super::session::load;
use super::{Cli, Exit};
use crate::config::Loaded;
use crate::l10n::{Lang, Say};
use crate::register::InstanceLock;
use crate::register::read::Reader;

/// Look whether all is well.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  firstanswer doctor\n  firstanswer doctor --mail me@example.org\n\n\
    Exit code 1 if something is wrong, 0 if there are only notes."
)]
pub struct DoctorArgs {
    /// Send a test mail there too; else the mail server is only logged in to
    #[arg(long, value_name = "ADDRESS")]
    pub mail: Option<String>,
    /// Print one JSON object a finding
    #[arg(long)]
    pub json: bool,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    /// Worth knowing.
    Note,
    /// Must be seen to.
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, serde::Serialize)]
struct Finding {
    check: String,
    state: State,
    text: String,
    way_out: Option<String>,
}

/// What is looked at, and what was found.
struct Visit<'a> {
    cli: &'a Cli,
    loaded: &'a Loaded,
    reader: Option<Reader>,
    /// A daemon has the database.
    running: bool,
    /// JSON is the same in every language.
    say: Say,
    findings: Vec<Finding>,
}

impl Visit<'_> {
    fn ok(&mut self, check: &str, text: impl Into<String>) {
        self.add(check, State::Ok, text.into(), None);
    }

    fn note(&mut self, check: &str, text: impl Into<String>, way_out: impl Into<String>) {
        self.add(check, State::Note, text.into(), Some(way_out.into()));
    }

    fn wrong(&mut self, check: &str, text: impl Into<String>, way_out: impl Into<String>) {
        self.add(check, State::Wrong, text.into(), Some(way_out.into()));
    }

    fn add(&mut self, check: &str, state: State, text: String, way_out: Option<String>) {
        self.findings.push(Finding {
            check: check.to_owned(),
            state,
            text,
            way_out,
        });
    }
}

/// Runs the command.
///
/// # Errors
/// The configuration is wrong: then nothing else can be looked at.
pub fn run(cli: &Cli, args: &DoctorArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let loaded = load(&cli.config)?;
    let mut visit = Visit {
        cli,
        reader: None,
        running: InstanceLock::is_held(&loaded.config.store),
        say: Say(match args.json {
            true => Lang::En,
            false => cli.lang_or(loaded.config.site.language),
        }),
        loaded: &loaded,
        findings: Vec::new(),
    };
    house::files(&mut visit);
    house::database(&mut visit);
    house::spill(&mut visit);
    house::disk(&mut visit);
    house::clock(&mut visit);
    house::calendar(&mut visit);
    feeds::all(&mut visit);
    feeds::pages(&mut visit);
    mail::way(&mut visit, args.mail.as_deref());
    mail::outbox(&mut visit);
    house::alarms(&mut visit);
    if args.json {
        for finding in &visit.findings {
            writeln!(out, "{}", safe_json(serde_json::to_string(finding)?))?;
        }
    } else {
        show(&visit.findings, visit.say, out)?;
    }
    let wrong = visit.findings.iter().any(|finding| finding.state == State::Wrong);
    Ok(if wrong { Exit::Failed } else { Exit::Done })
}

fn show(findings: &[Finding], say: Say, out: &mut dyn Write) -> anyhow::Result<()> {
    let (words, colon) = match say.0 {
        Lang::Zh => (["正常", "注意", "错误"], "："),
        Lang::En => (["ok   ", "note ", "WRONG"], ": "),
    };
    for finding in findings {
        let [ok, note, wrong] = words;
        let state = match finding.state {
            State::Ok => ok,
            State::Note => note,
            State::Wrong => wrong,
        };
        let check = say.checked(&finding.check);
        writeln!(out, "{state} {}{colon}{}", safe(&check), safe(&finding.text))?;
        if let Some(way_out) = &finding.way_out {
            writeln!(out, "      -> {}", safe(way_out))?;
        }
    }
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    let (wrong, notes) = (count(State::Wrong), count(State::Note));
    writeln!(out, "{}", say.doc_sum(findings.len(), wrong, notes))?;
    Ok(())
}
