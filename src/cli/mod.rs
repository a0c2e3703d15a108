//! The command line: one file per command. Commands print; what is right is decided in the other rooms.

mod alarms;
pub mod backup;
pub mod calendar;
pub mod call;
pub mod case;
mod case_change;
mod case_why;
pub mod check;
pub mod completions;
pub mod detect;
pub mod dialects;
mod doctor;
pub mod feed;
mod filter;
mod heard;
pub mod journal;
pub mod listen_raw;
pub mod long_read;
mod mail;
pub mod man;
pub mod outbox;
pub mod parse;
pub mod play;
pub mod policy;
pub mod report;
mod screen;
pub mod serve;
pub mod session;
mod shapes;
mod sheet;
mod tables;
pub mod violation;
pub mod who;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::directory::Lang;

/// How a command ended; the codes are promised to scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done: also with an empty list, or lines that did not parse.
    Done = 0,
    /// What was asked for failed, or was not found.
    Failed = 1,
    /// Wrong usage or config.
    Usage = 2,
    /// Somebody else changed it first, or the database was busy.
    Conflict = 3,
    /// Not permitted.
    NotPermitted = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Reads a phone switch's call log and makes sure that every answered call is owned by somebody until it is done.
#[derive(Debug, Parser)]
#[command(
    name = "firstanswer",
    version,
    max_term_width = 100,
    after_help = "Examples:\n  firstanswer check --config config/firstanswer.toml\n  firstanswer case list --overdue\n\n\
    firstanswer COMMAND --help shows more."
)]
pub struct Cli {
    /// The config file.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "/etc/firstanswer/firstanswer.toml"
    )]
    pub config: PathBuf,
    /// Language of what is printed.
    #[arg(long, global = true, value_enum)]
    pub lang: Option<Language>,
    /// Act as this person (root and the service account only).
    #[arg(long = "as", global = true, value_name = "PERSON")]
    pub act_as: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The language asked for, else the site's.
    pub fn lang_or(&self, site: Lang) -> Lang {
        match self.lang {
            Some(Language::Zh) => Lang::Zh,
            Some(Language::En) => Lang::En,
            None => site,
        }
    }
}

/// A language of the catalogues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon in the foreground
    Serve(serve::ServeArgs),
    /// Check the configuration, the directory, the policy and the calendar; opens nothing
    #[command(after_help = "Example:\n  firstanswer check --config config/firstanswer.toml")]
    Check {
        /// Print one JSON object a problem
        #[arg(long)]
        json: bool,
    },
    /// Parse lines of a call log and print the legs
    Parse(parse::ParseArgs),
    /// Tell which dialect a call log is of
    Detect(detect::DetectArgs),
    /// List the dialects and what each can tell
    Dialects(dialects::DialectsArgs),
    /// Show what a switch sends, and what can be made of it; stores nothing
    ListenRaw(listen_raw::ListenRawArgs),
    /// Play a call log into a feed, as the switch would
    Play(play::PlayArgs),
    /// Calls: list them, or show one with its legs and raw lines
    Call(call::CallArgs),
    /// Cases: list, show, explain, and change them
    Case(Box<case::CaseArgs>),
    /// Violations: list them, confirm or waive one
    Violation(violation::ViolationArgs),
    /// Give everything open of one person to another (a leaver)
    #[command(after_help = "Example:\n  firstanswer move-all --from wang --to liu --reason 'wang left'")]
    MoveAll(violation::MoveAllArgs),
    /// Raw lines as received, and the quarantine
    Journal(journal::JournalArgs),
    /// Feeds: their health
    Feed(feed::FeedArgs),
    /// Who handles what: duties, people, departments
    Who(who::WhoArgs),
    /// Working time: the days of a year, and due dates
    Calendar(calendar::CalendarArgs),
    /// The policy in words
    Policy(policy::PolicyArgs),
    /// The managers' figures: who answers, who closes in time, who passes the buck
    Report(report::ReportArgs),
    /// Mail: prove that it works
    Mail(mail::MailArgs),
    /// Mails: what was sent, what waits and why
    Outbox(outbox::OutboxArgs),
    /// Copy the database into a file, while the daemon runs
    Backup(backup::BackupArgs),
    /// Put a backup in the place of the database; the daemon must be stopped
    Restore(backup::RestoreArgs),
    /// Look whether all is well: files, feeds, mail, clock, disk, database; each finding with the way out
    Doctor(doctor::DoctorArgs),
    /// Completions for a shell
    Completions(completions::CompletionsArgs),
    /// The manual, as man pages
    Man(man::ManArgs),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = match &cli.command {
        Command::Parse(args) => parse::run(args, &mut out),
        Command::Detect(args) => detect::run(args, &mut out),
        Command::Dialects(args) => dialects::run(args, &mut out),
        Command::Serve(args) => serve::run(&cli, args),
        Command::Check { json } => Ok(check::run(&cli.config, *json)),
        Command::ListenRaw(args) => listen_raw::run(args, &mut out),
        Command::Play(args) => play::run(args, &mut out),
        Command::Call(args) => call::run(&cli, args, &mut out),
        Command::Case(args) => case::run(&cli, args, &mut out),
        Command::Violation(args) => violation::run(&cli, args, &mut out),
        Command::MoveAll(args) => violation::move_all(&cli, args, &mut out),
        Command::Journal(args) => journal::run(&cli, args, &mut out),
        Command::Feed(args) => feed::run(&cli, args, &mut out),
        Command::Who(args) => who::run(&cli, args, &mut out),
        Command::Calendar(args) => calendar::run(&cli, args, &mut out),
        Command::Policy(args) => policy::run(&cli, args, &mut out),
        Command::Report(args) => report::run(&cli, args, &mut out),
        Command::Mail(args) => mail::run(&cli, args, &mut out),
        Command::Outbox(args) => outbox::run(&cli, args, &mut out),
        Command::Backup(args) => backup::backup(&cli, args, &mut out),
        Command::Restore(args) => backup::restore(&cli, args, &mut out),
        Command::Doctor(args) => doctor::run(&cli, args, &mut out),
        Command::Completions(args) => completions::run(args, &mut out),
        Command::Man(args) => man::run(args, &mut out),
    };
    let done = done.and_then(|exit| Ok(out.flush().map(|()| exit)?));
    match done {
        Ok(exit) => exit.into(),
        Err(error) if is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            complain(format_args!("{}", causes(&error)));
            session::exit_of(&error).into()
        }
    }
}

/// An error and what caused it, each said once: many name their cause themselves.
fn causes(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for error in error.chain() {
        let cause = error.to_string();
        if said.is_empty() {
            said = cause;
        } else if !said.contains(&cause) {
            said += &format!(": {cause}");
        }
        // Has said what it was caused by, in its own words.
        if error.is::<crate::register::Error>() {
            break;
        }
    }
    said
}

/// Whoever read our output has seen enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// One line on stderr.
fn complain(what: std::fmt::Arguments<'_>) {
    // Nobody is left to tell if stderr is gone.
    let _ = writeln!(io::stderr(), "firstanswer: {what}");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::{Command, CommandFactory, Parser};

    use super::{Cli, causes};

    #[test]
    fn a_cause_that_an_error_names_itself_is_said_once() {
        let error = anyhow::anyhow!("disk full")
            .context("a.db: disk full; make room")
            .context("no start");
        assert_eq!(causes(&error), "no start: a.db: disk full; make room");
    }

    #[test]
    fn every_command_has_an_example() {
        Cli::command().debug_assert();
        check(&Cli::command());
    }

    /// Groups of commands, too; and each example is one that the program takes.
    fn check(command: &Command) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples = help.lines().filter(|line| line.starts_with("  firstanswer "));
        let mut count = 0;
        for example in examples {
            // What a shell does to it: no word of these has a quote inside.
            let example = example.replace("$(date +%F)", "2026-10-08");
            let parts = example
                .trim()
                .split('\'')
                .enumerate()
                .flat_map(|(nth, part)| match nth % 2 {
                    0 => part.split_whitespace().collect(),
                    _ => vec![part],
                });
            let plain: Vec<&str> = parts.take_while(|word| !["|", ">", "&&"].contains(word)).collect();
            let taken = Cli::try_parse_from(plain);
            assert!(taken.is_ok(), "{example}: {}", taken.unwrap_err());
            count += 1;
        }
        assert!(count > 0, "{} has no example", command.get_name());
        command.get_subcommands().for_each(check);
    }
}
