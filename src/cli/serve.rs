//! `serve`: the daemon, in the foreground.

use std::io::IsTerminal;

use clap::Args;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, fmt};

use super::{Cli, Exit, session};
use crate::clock::SimulatedTime;

/// Run the daemon in the foreground.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    firstanswer serve --config config/quickstart.toml\n  \
    firstanswer serve --config trial.toml --simulated-time '2026-03-05T09:00:00x60'\n\n\
    SIGHUP reloads the configuration, SIGTERM drains and stops. FIRSTANSWER_LOG sets the level (info).")]
pub struct ServeArgs {
    /// For trials on a new database: start at this time, and let RATE simulated seconds pass per real one
    #[arg(long, value_name = "START[xRATE]")]
    pub simulated_time: Option<SimulatedTime>,
}

/// Runs the command.
///
/// # Errors
/// The configuration is wrong, the database can't be had, or what ended the daemon.
pub fn run(cli: &Cli, args: &ServeArgs) -> anyhow::Result<Exit> {
    start_log();
    let loaded = session::load(&cli.config)?;
    crate::daemon::serve(&cli.config, loaded, args.simulated_time)?;
    Ok(Exit::Done)
}

/// To the journal with its fields (`FA_FEED=…`) if that is where stderr goes, else to stderr as text.
fn start_log() {
    let filter = EnvFilter::try_from_env("FIRSTANSWER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let journal = if stderr_is_the_journal() { journal().ok() } else { None };
    let text = journal.is_none().then(|| {
        fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
    });
    tracing_subscriber::registry()
        .with(filter)
        .with(journal)
        .with(text)
        .init();
}

fn journal() -> std::io::Result<tracing_journald::Layer> {
    use tracing_journald::{Priority, PriorityMappings};
    let priorities = PriorityMappings {
        info: Priority::Informational,
        ..PriorityMappings::new()
    };
    Ok(tracing_journald::layer()?
        .with_field_prefix(Some("FA".to_owned()))
        .with_syslog_identifier("firstanswer".to_owned())
        .with_priority_mappings(priorities))
}

/// systemd names the file that it connected stderr to (`JOURNAL_STREAM`); a redirection since then shows.
fn stderr_is_the_journal() -> bool {
    let named = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    rustix::fs::fstat(std::io::stderr()).is_ok_and(|file| named == format!("{}:{}", file.st_dev, file.st_ino))
}
