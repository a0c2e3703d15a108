//! `completions`: what a shell needs to complete our words.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Exit};

/// Print the completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  firstanswer completions bash > /usr/share/bash-completion/completions/firstanswer")]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Runs the command.
///
/// # Errors
/// Whoever reads went away.
pub fn run(args: &CompletionsArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    // Into memory first: the generator panics on a closed pipe.
    let mut words = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "firstanswer", &mut words);
    out.write_all(&words)?;
    Ok(Exit::Done)
}
