//! `serve`: the daemon, in the foreground.

use std::io::IsTerminal;

use clap::Args;
use tracing_subscriber::EnvFilter;

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
    let filter = EnvFilter::try_from_env("FIRSTANSWER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let loaded = session::load(&cli.config)?;
    crate::daemon::serve(&cli.config, loaded, args.simulated_time)?;
    Ok(Exit::Done)
}
