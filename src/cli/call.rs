//! `call list`, `call show`: what the switch says happened.

use std::io::Write;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::filter::{CallFilterArgs, FilterArgs};
use super::screen::{safe, table_in};
use super::session::{Session, fail};
use super::sheet::{self, Format, Print};
use super::{Cli, Exit, shapes, tables};
use crate::ids::CallId;
use crate::l10n::Say;
use crate::register::read::CallRow;

/// Calls: list them, or show one with its legs and raw lines.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  firstanswer call list --from 2026-10-08 --missed\n  \
    firstanswer call show 12")]
pub struct CallArgs {
    /// What to do
    #[command(subcommand)]
    pub verb: CallVerb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum CallVerb {
    /// List calls, oldest first
    #[command(
        after_help = "Examples:\n  firstanswer call list --from 2026-03-05 --disposition no_answer\n  \
        firstanswer call list --person wang --json"
    )]
    List(Box<ListArgs>),
    /// Show one call with its legs, raw lines and the directory entries used
    #[command(after_help = "Example:\n  firstanswer call show 17")]
    Show(ShowArgs),
}

/// `call list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    calls: CallFilterArgs,
    #[command(flatten)]
    print: Print,
}

/// `call show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The call's number
    id: CallId,
    #[command(flatten)]
    print: Print,
}

/// Runs the command.
///
/// # Errors
/// Configuration or database can't be read, or there is no such call.
pub fn run(cli: &Cli, args: &CallArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let session = Session::open(cli)?;
    match &args.verb {
        CallVerb::List(list) => {
            let mut filter = list.filter.filter(&session)?;
            list.calls.narrow(&mut filter)?;
            let calls = session.reader.calls(&filter)?;
            let shown = calls.iter().map(|call| Ok(shapes::call(&session, call)));
            match list.print.format() {
                Format::Json => sheet::json(shown, out)?,
                Format::Csv => sheet::csv(&shapes::CALL, shown, out)?,
                Format::Table => print_table(&session, &calls, out)?,
            }
        }
        CallVerb::Show(show) => {
            let call = session.reader.call(show.id)?.ok_or_else(|| {
                fail(
                    Exit::Failed,
                    format!(
                        "call {}: there is none; `firstanswer call list` shows which there are",
                        show.id
                    ),
                )
            })?;
            let value = details(&session, &call)?;
            match show.print.format() {
                Format::Json => sheet::json([Ok(value)], out)?,
                Format::Csv => sheet::csv(&shapes::CALL, [Ok(value)], out)?,
                Format::Table => print_details(&session, &call, &value, out)?,
            }
        }
    }
    Ok(Exit::Done)
}

/// A call with its legs: what `call show --json` prints.
pub fn details(session: &Session, call: &CallRow) -> anyhow::Result<Value> {
    let feed: crate::ids::FeedName = call.feed.parse()?;
    let zone = session.rules.feeds.get(&feed).map_or(session.zone(), |feed| &feed.zone);
    let legs = session.reader.legs(call.id, zone)?;
    let mut legs_shown = Vec::new();
    for (index, placed) in legs.iter().enumerate() {
        let mut leg = serde_json::to_value(&placed.leg)?;
        let raw: Vec<String> = placed
            .line_ids
            .iter()
            .map(|id| {
                Ok(session
                    .reader
                    .line(*id)?
                    .map_or_else(String::new, |row| String::from_utf8_lossy(&row.raw).into_owned()))
            })
            .collect::<anyhow::Result<_>>()?;
        let at = session.zone().to_datetime(placed.answered_at.unwrap_or(placed.start));
        let station = placed.leg.answered_by.as_deref().or(placed.leg.station.as_deref());
        let found = station.map(|ext| {
            session
                .rules
                .directory
                .holder(ext, placed.leg.marks.agent.as_deref(), &feed, at)
        });
        let person = found.as_ref().and_then(|found| match &found.holder {
            crate::directory::Holder::Person(id) | crate::directory::Holder::Roster(id, _) => Some(id.clone()),
            _ => None,
        });
        let fields = leg.as_object_mut().ok_or_else(|| anyhow!("a leg is no object"))?;
        if placed.leg.marks.one_start && index > 0 {
            // Later segments of one start have no answer time of their own.
            fields.insert("answered_at".into(), Value::Null);
        }
        fields.insert("raw".into(), json!(raw.join("\n")));
        fields.insert("received_at".into(), json!(session.time(placed.received_at)));
        fields.insert("person".into(), json!(person));
        fields.insert("held_by_rule".into(), json!(found.map(|found| found.rule)));
        legs_shown.push(leg);
    }
    let mut value = shapes::call(session, call);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("doubts".into(), json!(call.doubts));
        fields.insert("leg_records".into(), Value::Array(legs_shown));
    }
    Ok(value)
}

fn print_table(session: &Session, calls: &[CallRow], out: &mut dyn Write) -> anyhow::Result<()> {
    let mut rows = table_in(
        session.lang(),
        &[
            "call",
            "start",
            "direction",
            "caller",
            "called",
            "answered by",
            "person",
            "sure",
            "ring",
            "talk",
            "case",
        ],
    );
    let say = Say(session.lang());
    for call in calls {
        let answered = call
            .answered_by
            .clone()
            .unwrap_or_else(|| say.disposition(call.disposition));
        rows.add_row([
            call.id.to_string(),
            tables::time(session, Some(call.start)),
            say.direction(call.direction).to_owned(),
            tables::text(call.calling_number.as_deref()),
            tables::text(call.called_number.as_deref()),
            safe(&answered),
            call.person
                .as_deref()
                .and_then(|id| id.parse().ok())
                .map_or_else(|| "-".into(), |id| tables::person_name(session, &id)),
            say.sure(call.certainty).to_owned(),
            seconds(call.ring_seconds),
            seconds(call.talk_seconds),
            call.case.map_or_else(|| "-".to_owned(), |id| format!("#{id}")),
        ]);
    }
    Ok(writeln!(out, "{}", rows.trim_fmt())?)
}

fn seconds(seconds: Option<i64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), |s| format!("{}:{:02}", s / 60, s % 60))
}

fn print_details(session: &Session, call: &CallRow, value: &Value, out: &mut dyn Write) -> anyhow::Result<()> {
    print_table(session, std::slice::from_ref(call), out)?;
    let Some(legs) = value.get("leg_records").and_then(Value::as_array) else {
        return Ok(());
    };
    let text = |leg: &Value, key: &str| match leg.get(key) {
        Some(Value::String(text)) => safe(text),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    };
    let mut rows = table_in(
        session.lang(),
        &[
            "leg",
            "station",
            "disposition",
            "answered by",
            "ring",
            "talk",
            "directory entry",
        ],
    );
    for (index, leg) in legs.iter().enumerate() {
        rows.add_row([
            (index + 1).to_string(),
            text(leg, "station"),
            text(leg, "disposition"),
            text(leg, "answered_by"),
            text(leg, "ring_seconds"),
            text(leg, "talk_seconds"),
            text(leg, "held_by_rule"),
        ]);
    }
    writeln!(out, "\n{}\n", rows.trim_fmt())?;
    for leg in legs {
        writeln!(out, "{}  {}", text(leg, "received_at"), text(leg, "raw"))?;
    }
    Ok(())
}
