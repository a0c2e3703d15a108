//! `outbox list`, `outbox retry`: what waits and why.

use std::io::Write;

use clap::{Args, Subcommand};

use super::screen::{safe, safe_json, table_in};
use super::session::Session;
use super::{Cli, Exit, shapes, tables};
use crate::l10n::Say;
use crate::register::{Alarm, WaitRow, WaitsFor};
use crate::remind::note::{Style, alarm_words, in_one_line};

/// Mails: what was sent, what waits and why; try again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  firstanswer outbox list --unsent\n  firstanswer outbox retry")]
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
            let mut rows = table_in(
                session.lang(),
                &["message", "to", "subject", "state", "tries", "next", "why"],
            );
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
                    Say(session.lang()).standing(&message.state).to_owned(),
                    message.attempts.to_string(),
                    tables::time(&session, message.next_at),
                    tables::text(message.last_error.as_deref()),
                ]);
            }
            if !json {
                writeln!(out, "{}", rows.trim_fmt())?;
                for row in session.reader.waiting_notices(&session.rules, session.now())? {
                    writeln!(out, "{}", waiting(&session, &row))?;
                }
                for (address, since, why) in session.reader.dead_addresses()? {
                    let since = session.time(since);
                    writeln!(out, "{} takes no mail since {since}: {}", safe(&address), safe(&why))?;
                }
                for row in session
                    .reader
                    .alarms()?
                    .into_iter()
                    .filter(|row| row.alarm.is_of_mail())
                {
                    writeln!(
                        out,
                        "alarm since {}: {}",
                        session.time(row.raised_at),
                        alarm(&session, &row.alarm)
                    )?;
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

/// `2 notices wait for Wang Fang, read by Liu Yang: the reader's quiet hours, until Thu 5 Mar 09:00`.
fn waiting(session: &Session, row: &WaitRow) -> String {
    let name = |id| tables::person_name(session, id);
    let read = match &row.reader {
        Some(reader) if *reader != row.person => format!(", read by {}", name(reader)),
        _ => String::new(),
    };
    let why = match row.waits_for {
        WaitsFor::Window => "for others to go with (digest window)",
        WaitsFor::Cap => "the reader has had the day's share (mail.cap_per_day)",
        WaitsFor::QuietHours => "the reader's quiet hours",
        WaitsFor::Retry => "they go with the message to the same reader that is tried again",
        WaitsFor::Server => "the mail server is in trouble",
        WaitsFor::Release => "all mail is held",
        WaitsFor::Mailbox => {
            "nobody in reach has a mailbox that takes mail: mend the directory, or say `firstanswer outbox retry`"
        }
        WaitsFor::Turn => "they are about to go",
    };
    let until = row
        .goes_at
        .map(|at| format!(", until {}", tables::time(session, Some(at))));
    let notices = if row.count == 1 {
        "1 notice waits"
    } else {
        "notices wait"
    };
    let count = if row.count == 1 {
        String::new()
    } else {
        format!("{} ", row.count)
    };
    format!(
        "{count}{notices} for {}{read}: {why}{}",
        name(&row.person),
        until.unwrap_or_default()
    )
}

fn alarm(session: &Session, alarm: &Alarm) -> String {
    let style = Style {
        lang: session.lang(),
        zone: session.zone(),
        now: session.now(),
    };
    let (_, words) = alarm_words(alarm, style);
    safe(&in_one_line(&words, session.lang()))
}
