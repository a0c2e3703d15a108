//! `man`: the manual, one page for each command, from the same words as `--help`.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::session::fail;
use super::{Cli, Exit};

/// Write the man pages into a folder.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  firstanswer man /usr/local/share/man/man1")]
pub struct ManArgs {
    /// The folder; it is made if it is not there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// The folder can't be written.
pub fn run(args: &ManArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let folder = &args.folder;
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), folder));
    written.map_err(|error| {
        let why = format!("{}: {error}; name a folder that you may write", folder.display());
        fail(Exit::Failed, why)
    })?;
    writeln!(out, "the manual is in {}: man -l {0}/firstanswer.1", folder.display())?;
    Ok(Exit::Done)
}
