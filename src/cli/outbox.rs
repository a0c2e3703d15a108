//! `outbox list`, `outbox retry`: what waits and why.

use std::io::Write;

use clap::{Args, Subcommand};

use super::screen::{safe, safe_json, table_in};
use super::session::Session;
use super::{Cli, Exit, shapes, tables};
use crate::register::read::OutboxRow;
use crate::register::{Alarm, Note, WaitRow, WaitsFor};
use crate::remind::note::{Style, alarm_words, called, in_one_line};

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
            if json {
                for message in &messages {
                    writeln!(out, "{}", safe_json(shapes::message(&session, message).to_string()))?;
                }
            } else {
                list(&session, &messages, out)?;
            }
        }
        OutboxVerb::Retry => {
            session.who()?;
            let count = session.store()?.retry_mail(session.now())?;
            writeln!(out, "{}", session.say().outbox_retried(count))?;
        }
    }
    Ok(Exit::Done)
}

/// The messages, and below them what else keeps mail from going.
fn list(session: &Session, messages: &[OutboxRow], out: &mut dyn Write) -> anyhow::Result<()> {
    let say = session.say();
    let held = session.reader.mail_held()?.map(|why| say.outbox_held(safe(&why)));
    let heads = ["message", "to", "subject", "state", "tries", "next", "why"];
    let mut rows = table_in(session.lang(), &heads);
    for message in messages {
        rows.add_row(cells(session, message, held.as_deref()));
    }
    writeln!(out, "{}", rows.trim_fmt())?;
    for row in session.reader.waiting_notices(&session.rules, session.now())? {
        writeln!(out, "{}", waiting(session, &row))?;
    }
    for (address, since, why) in session.reader.dead_addresses()? {
        let since = session.time(since);
        writeln!(out, "{}", say.outbox_dead(safe(&address), since, safe(&why)))?;
    }
    let alarms = session.reader.alarms()?.into_iter();
    for row in alarms.filter(|row| row.alarm.is_of_mail()) {
        let since = session.time(row.raised_at);
        writeln!(out, "{}", say.alarm_since(since, alarm(session, &row.alarm)))?;
    }
    if let Some(held) = held {
        writeln!(out, "{held}")?;
    }
    Ok(())
}

/// A letter to whoever looks after the house has neither reader nor subject before it is begun: it is told what it is
/// and whom it is for, and why it does not go.
fn cells(session: &Session, message: &OutboxRow, held: Option<&str>) -> [String; 7] {
    let say = session.say();
    let style = Style {
        lang: session.lang(),
        zone: session.zone(),
        now: session.now(),
    };
    let note: Option<Note> = message.note.as_deref().and_then(|note| serde_json::from_str(note).ok());
    let to = match message.person.as_str() {
        "" => say.outbox_caretaker(),
        person => person
            .parse()
            .map_or_else(|_| safe(person), |id| tables::person_name(session, &id)),
    };
    let subject = match (&note, message.subject.as_str()) {
        (Some(note), "") => called(note, style),
        (_, subject) => subject.to_owned(),
    };
    let unsent = matches!(message.state.as_str(), "waiting" | "begun");
    let why = held.filter(|_| unsent).or(message.last_error.as_deref());
    [
        message.message.to_string(),
        to,
        safe(&subject),
        say.standing(&message.state).to_owned(),
        message.attempts.to_string(),
        tables::time(session, message.next_at),
        tables::text(why),
    ]
}

/// `2 notices wait for Wang Fang, read by Liu Yang: the reader's quiet hours, until Thu 5 Mar 09:00`.
fn waiting(session: &Session, row: &WaitRow) -> String {
    let (say, name) = (session.say(), |id| tables::person_name(session, id));
    let read = match &row.reader {
        Some(reader) if *reader != row.person => say.outbox_read_by(name(reader)),
        _ => String::new(),
    };
    let why = match row.waits_for {
        WaitsFor::Window => say.waits_window(),
        WaitsFor::Cap => say.waits_cap(),
        WaitsFor::QuietHours => say.waits_quiet(),
        WaitsFor::Retry => say.waits_retry(),
        WaitsFor::Server => say.waits_server(),
        WaitsFor::Release => say.waits_release(),
        WaitsFor::Mailbox => say.waits_mailbox(),
        WaitsFor::Turn => say.waits_turn(),
    };
    let until = row
        .goes_at
        .map(|at| say.outbox_until(tables::time(session, Some(at))))
        .unwrap_or_default();
    say.outbox_waits(row.count, &name(&row.person), &read, &why, &until)
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
