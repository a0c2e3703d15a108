//! `detect`: which dialect a call log is of. Needs no config and no database.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::Exit;
use super::parse::{DETECT_LINES, Log};
use super::screen::{safe, safe_json, table};
use crate::smdr::detect;

/// Tell which dialect a call log is of.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    firstanswer detect smdr.log\n  \
    nc -l 2300 | head -20 | firstanswer detect --json\n\n\
    Several files are judged each by itself, by their first 10,000 lines.")]
pub struct DetectArgs {
    /// Print one JSON object a file
    #[arg(long)]
    pub json: bool,
    /// The files; standard input if none or `-`
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A file cannot be read, or the output not be written.
pub fn run(args: &DetectArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let mut rows = table(&["file", "dialect", "score", "runner-up", "score", "lines", "why"]);
    let stdin = [PathBuf::from("-")];
    for file in if args.files.is_empty() { &stdin[..] } else { &args.files } {
        let found = detect(&Log::open(std::slice::from_ref(file))?.peek(DETECT_LINES)?);
        if args.json {
            writeln!(out, "{}", safe_json(serde_json::to_string(&found)?))?;
            continue;
        }
        let (score, next_score) = (format!("{:.3}", found.score), format!("{:.3}", found.runner_up_score));
        rows.add_row([
            safe(&file.to_string_lossy()),
            found.dialect.unwrap_or("unknown").to_owned(),
            score,
            found.runner_up.unwrap_or_default().to_owned(),
            if found.runner_up.is_some() {
                next_score
            } else {
                String::new()
            },
            found.lines.to_string(),
            found.why,
        ]);
    }
    if !args.json {
        writeln!(out, "{}", rows.trim_fmt())?;
    }
    Ok(Exit::Done)
}
