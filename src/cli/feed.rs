//! `feed status`: the health of the feeds.

use std::io::Write;

use clap::{Args, Subcommand};

use super::screen::{safe, safe_json, table_in};
use super::session::Session;
use super::shapes::{State, Told};
use super::{Cli, Exit, shapes, tables};
use crate::config::{Feed, Transport};
use crate::l10n::Say;
use crate::register::read::FeedRow;
use crate::register::{Alarm, AlarmRow, InstanceLock, PortFaults};
use crate::smdr::detect::Detection;

/// Feeds: their health.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  firstanswer feed status")]
pub struct FeedArgs {
    /// What to do
    #[command(subcommand)]
    pub verb: FeedVerb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum FeedVerb {
    /// What arrives on each feed, and what became of it
    #[command(after_help = "Example:\n  firstanswer feed status")]
    Status {
        /// Print one JSON object a feed
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// Configuration or database can't be read.
pub fn run(cli: &Cli, args: &FeedArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let session = Session::open(cli)?;
    let FeedVerb::Status { json } = args.verb;
    let running = InstanceLock::is_held(&session.database);
    let standing = session.reader.alarms()?;
    let heads = [
        "feed",
        "dialect",
        "transport",
        "state",
        "last line",
        "lines",
        "legs",
        "skipped",
        "quarantined",
        "duplicates",
        "partial",
        "pending",
        "drift",
        "gaps",
    ];
    let mut rows = table_in(session.lang(), &heads);
    let mut notes = Vec::new();
    for mut feed in session.reader.feeds()? {
        let feeds = &session.loaded.config.feeds;
        let configured = feeds.iter().find(|f| f.name.as_str() == feed.name);
        let named = configured
            .map(|f| f.dialect.clone())
            .filter(|dialect| dialect != "auto");
        feed.dialect = named.or(feed.dialect);
        let transport = configured.map_or("none", |f| f.transport.key());
        let told = Told {
            detected: session.reader.detected(&feed.name)?,
            gaps: session.reader.gaps(&feed.name)?,
            alarms: alarms_of(&feed.name, &standing),
            events: session.reader.feed_events(&feed.name)?,
        };
        let silent = told
            .alarms
            .iter()
            .any(|alarm| matches!(alarm, Alarm::FeedSilent { .. }));
        let now = feed.now.clone();
        let state = state(&feed, now.as_ref(), configured, running, silent);
        if json {
            let shape = shapes::feed(&session, &feed, transport, state, &told);
            writeln!(out, "{}", safe_json(shape.to_string()))?;
            continue;
        }
        rows.add_row(cells(&session, &feed, transport, state.0, &told));
        notes.extend(notes_of(&session, &feed, state, &told));
    }
    if json {
        return Ok(Exit::Done);
    }
    writeln!(out, "{}", rows.trim_fmt())?;
    for note in notes {
        writeln!(out, "{note}")?;
    }
    super::alarms::print(&session, out)?;
    print_unmapped(&session, out)
}

fn cells(session: &Session, feed: &FeedRow, transport: &str, state: &str, told: &Told) -> [String; 14] {
    [
        feed.name.clone(),
        tables::text(feed.dialect.as_deref()),
        transport.to_owned(),
        session.say().feed_state(state).to_owned(),
        tables::time(session, feed.last_line_at),
        feed.lines.to_string(),
        feed.legs.to_string(),
        feed.skipped.to_string(),
        feed.quarantined.to_string(),
        feed.duplicates.to_string(),
        feed.partial.to_string(),
        feed.pending.to_string(),
        feed.drift_seconds
            .map_or_else(|| "-".to_owned(), |seconds| session.say().feed_drift(seconds)),
        told.gaps.len().to_string(),
    ]
}

/// Why it waits, what its port has counted, the last hole and the last event, a line each.
fn notes_of(session: &Session, row: &FeedRow, (_, reason): State<'_>, told: &Told) -> Vec<String> {
    let (say, feed) = (session.say(), safe(&row.name));
    let time = |at| tables::time(session, Some(at));
    let mut notes: Vec<String> = reason
        .map(|reason| say.labelled_line(&feed, safe(reason)))
        .into_iter()
        .collect();
    notes.extend(
        detection_note(say, row.dialect.as_deref(), told.detected.as_ref()).map(|note| say.labelled_line(&feed, note)),
    );
    let faults = row.faults;
    if faults != PortFaults::default() {
        let faults = say.feed_faults(faults.breaks, faults.bad_bytes, faults.lost_bytes);
        notes.push(say.labelled_line(&feed, faults));
    }
    if let Some(gap) = told.gaps.last() {
        let (from, to, why) = (time(gap.from), time(gap.to), safe(&say.gap_why(&gap.why)));
        let gap = match gap.missing {
            Some(calls) => say.feed_gap_missing(from, to, why, calls),
            None => say.feed_gap(from, to, why),
        };
        notes.push(say.labelled_line(&feed, gap));
    }
    if let Some((at, text)) = told.events.last() {
        let event = format!("{} {}", time(*at), safe(&say.feed_event(text)));
        notes.push(say.labelled_line(&feed, event));
    }
    notes
}

/// What the lines look like, where that is not what the feed takes them for.
fn detection_note(say: Say, dialect: Option<&str>, detected: Option<&Detection>) -> Option<String> {
    let detected = detected.filter(|found| found.lines > 0)?;
    let found = (detected.lines, detected.score, detected.why.as_str());
    match (dialect, detected.dialect) {
        (Some(dialect), Some(seen)) if dialect != seen => Some(say.feed_read_wrong(dialect, seen, found)),
        (None, _) => Some(say.feed_undecided(found)),
        _ => None,
    }
}

fn print_unmapped(session: &Session, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (say, unmapped) = (session.say(), session.reader.unmapped()?);
    if !unmapped.is_empty() {
        writeln!(out, "\n{}", say.feed_unmapped())?;
        for (extension, calls, last) in unmapped {
            let last = tables::time(session, Some(last));
            writeln!(out, "  {}", say.feed_unmapped_one(safe(&extension), calls, last))?;
        }
    }
    Ok(Exit::Done)
}

/// The standing alarms that are about this feed.
fn alarms_of(feed: &str, standing: &[AlarmRow]) -> Vec<Alarm> {
    let about = |row: &&AlarmRow| row.alarm.key().split_once(':').is_some_and(|(_, about)| about == feed);
    let of_feeds = |row: &&AlarmRow| !matches!(row.alarm, Alarm::NobodyToTell { .. });
    standing
        .iter()
        .filter(about)
        .filter(of_feeds)
        .map(|row| row.alarm.clone())
        .collect()
}

/// In a word: is anything connected, does it speak? And why not, if the daemon knows.
fn state<'a>(
    feed: &FeedRow,
    now: Option<&'a (String, Option<String>)>,
    configured: Option<&Feed>,
    running: bool,
    silent: bool,
) -> State<'a> {
    let Some(configured) = configured else {
        return ("removed", None);
    };
    let listens = matches!(configured.transport, Transport::TcpListen { .. });
    match (running, silent, listens, now) {
        (false, ..) => ("stopped", None),
        (true, _, false, Some((state, reason))) if state != "connected" => (state, reason.as_deref()),
        (true, true, ..) => ("silent", None),
        (true, false, true, _) if feed.connections > 0 => ("connected", None),
        (true, false, true, _) => ("listening", None),
        (true, false, false, Some((state, reason))) => (state, reason.as_deref()),
        (true, false, false, None) => ("connecting", None),
    }
}
