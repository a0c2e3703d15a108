//! `outbox list`, `outbox retry`: what waits and why.

use std::io::Write;

use clap::{Args, Subcommand};

use super::screen::{safe, safe_json, table};
use super::session::Session;
use super::{Cli, Exit, shapes, tables};

/// Mails: what was sent, what waits and why; try again.
#[derive(Debug, Args)]
pub struct OutboxArgs {
    /// What to do
    #[command(subcommand)]
    pub verb: OutboxVerb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum OutboxVerb {
    /// List messages, oldest first
    #[command(after_help = "Examples:\n  firstanswer outbox list --unsent\n  firstanswer outbox list --json")]
    List {
        /// Only those that were not sent
        #[arg(long)]
        unsent: bool,
        /// Only the newest N
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// Print one JSON object a message
        #[arg(long)]
        json: bool,
    },
    /// Let mail go, and try everything that waits or failed again, now; refused addresses get another chance
    #[command(after_help = "Example:\n  firstanswer outbox retry")]
    Retry,
}

/// Runs the command.
///
/// # Errors
/// Configuration or database can't be had.
pub fn run(cli: &Cli, args: &OutboxArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let session = Session::open(cli)?;
    match args.verb {
        OutboxVerb::List { unsent, limit, json } => {
            let messages = session.reader.outbox(unsent, limit)?;
            let mut rows = table(&["message", "to", "subject", "state", "tries", "next", "why"]);
            for message in &messages {
                if json {
                    writeln!(out, "{}", safe_json(shapes::message(&session, message).to_string()))?;
                    continue;
                }
                let to = message
                    .person
                    .parse()
                    .map_or_else(|_| safe(&message.person), |id| tables::person_name(&session, &id));
                rows.add_row([
                    message.message.to_string(),
                    to,
                    safe(&message.subject),
                    message.state.clone(),
                    message.attempts.to_string(),
                    tables::time(&session, message.next_at),
                    tables::text(message.last_error.as_deref()),
                ]);
            }
            if !json {
                writeln!(out, "{}", rows.trim_fmt())?;
                for (person, count) in session.reader.waiting_notices()? {
                    writeln!(
                        out,
                        "{count} notices wait for {} (digest window or quiet hours)",
                        safe(&person)
                    )?;
                }
                for (address, since, why) in session.reader.dead_addresses()? {
                    let since = session.time(since);
                    writeln!(out, "{} takes no mail since {since}: {}", safe(&address), safe(&why))?;
                }
                if let Some(why) = session.reader.mail_held()? {
                    writeln!(
                        out,
                        "all mail is held: {}; `firstanswer outbox retry` lets it go",
                        safe(&why)
                    )?;
                }
            }
        }
        OutboxVerb::Retry => {
            session.who()?;
            let count = session.store()?.retry_mail(session.now())?;
            writeln!(out, "{count} messages are tried again")?;
        }
    }
    Ok(Exit::Done)
}
