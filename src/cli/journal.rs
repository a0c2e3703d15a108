//! `journal list`, `journal reparse`: the raw lines and the quarantine.

use std::io::{IsTerminal, Write};

use clap::{Args, Subcommand};
use indicatif::ProgressBar;

use super::screen::{raw, safe, safe_json};
use super::session::Session;
use super::{Cli, Exit, shapes};
use crate::register::read::JournalRow;

/// Raw lines as received: list them, or parse the quarantine again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  firstanswer journal list --quarantined\n  firstanswer journal reparse")]
pub struct JournalArgs {
    /// What to do
    #[command(subcommand)]
    pub verb: JournalVerb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum JournalVerb {
    /// List raw lines, oldest first
    #[command(
        after_help = "Examples:\n  firstanswer journal list --quarantined\n  firstanswer journal list --limit 20 --json"
    )]
    List(ListArgs),
    /// Parse the quarantine again, after an upgrade; done twice, it changes nothing more
    #[command(after_help = "Example:\n  firstanswer journal reparse")]
    Reparse {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// `journal list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only lines that were not understood
    #[arg(long)]
    quarantined: bool,
    /// Only this feed's
    #[arg(long, value_name = "FEED")]
    feed: Option<String>,
    /// Only the newest N
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// Configuration or database can't be had.
pub fn run(cli: &Cli, args: &JournalArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let session = Session::open(cli)?;
    match &args.verb {
        JournalVerb::List(list) => {
            super::long_read::watch(&session.database);
            session.reader.journal(
                list.quarantined,
                list.feed.as_deref(),
                list.limit,
                |row| -> anyhow::Result<()> {
                    if list.json {
                        writeln!(out, "{}", safe_json(shapes::line(&session, &row).to_string()))?;
                        return Ok(());
                    }
                    print_line(&session, &row, out)
                },
            )?;
        }
        JournalVerb::Reparse { json } => {
            session.who()?;
            let bar = if std::io::stderr().is_terminal() {
                ProgressBar::new(0)
            } else {
                ProgressBar::hidden()
            };
            let done = session.store()?.reparse(session.now(), |lines, total| {
                bar.set_length(total);
                bar.set_position(lines);
            })?;
            bar.finish_and_clear();
            if *json {
                writeln!(out, "{}", serde_json::to_string(&done)?)?;
            } else {
                writeln!(
                    out,
                    "{} lines parsed again: {} are legs now, {} no records, {} stay in quarantine",
                    done.lines, done.legs, done.skipped, done.quarantined
                )?;
            }
        }
    }
    Ok(Exit::Done)
}

/// A line for people: the raw text, a caret under the byte that did not fit, the reason.
fn print_line(session: &Session, row: &JournalRow, out: &mut dyn Write) -> anyhow::Result<()> {
    let (shown, cells) = raw(&row.raw, row.column);
    let head = format!(
        "{:>8}  {}  {:<11}  ",
        row.id,
        session.time(row.received_at),
        shapes::name(row.state)
    );
    writeln!(out, "{head}{shown}")?;
    let indent = " ".repeat(head.chars().count());
    if let Some(cells) = cells {
        writeln!(out, "{indent}{}^", " ".repeat(cells))?;
    }
    if let Some(reason) = &row.reason {
        let column = row.column.map(|c| format!("column {c}: ")).unwrap_or_default();
        writeln!(out, "{indent}{column}{}", safe(reason))?;
    }
    Ok(())
}
