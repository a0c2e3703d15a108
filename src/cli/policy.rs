//! `policy explain`: the policy in words. Needs no database.

use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::json;

use super::screen::{safe, safe_json};
use super::{Cli, Exit, session};
use crate::l10n::policy::explain;

/// The policy: what it says.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  firstanswer policy explain")]
pub struct PolicyArgs {
    /// What to do
    #[command(subcommand)]
    pub verb: PolicyVerb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum PolicyVerb {
    /// Say in words what the policy in force asks of whom, and when
    #[command(after_help = "Example:\n  firstanswer policy explain --lang zh")]
    Explain {
        /// Print one JSON object a heading
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// The configuration is wrong.
pub fn run(cli: &Cli, args: &PolicyArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let loaded = session::load(&cli.config)?;
    let lang = cli.lang_or(loaded.config.site.language);
    let PolicyVerb::Explain { json } = args.verb;
    for section in explain(&loaded.policy, lang) {
        if json {
            let object = json!({"title": section.title, "lines": section.lines});
            writeln!(out, "{}", safe_json(object.to_string()))?;
            continue;
        }
        writeln!(out, "{}", safe(&section.title))?;
        for line in &section.lines {
            writeln!(out, "  {}", safe(line))?;
        }
        writeln!(out)?;
    }
    Ok(Exit::Done)
}
