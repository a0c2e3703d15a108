//! `feed status`: the health of the feeds.

use std::io::Write;

use clap::{Args, Subcommand};

use super::screen::{safe, safe_json, table};
use super::session::Session;
use super::{Cli, Exit, shapes, tables};
use crate::register::read::FeedRow;
use crate::register::{InstanceLock, PortFaults};

/// Feeds: their health.
#[derive(Debug, Args)]
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
    let feeds = session.reader.feeds()?;
    let running = InstanceLock::is_held(&session.database);
    let mut rows = table(&[
        "feed",
        "dialect",
        "state",
        "last line",
        "lines",
        "legs",
        "skipped",
        "quarantined",
        "pending",
        "drift",
    ]);
    let mut shown = Vec::new();
    for mut feed in feeds {
        let configured = session
            .loaded
            .config
            .feeds
            .iter()
            .find(|f| f.name.as_str() == feed.name);
        let named = configured
            .map(|f| f.dialect.clone())
            .filter(|dialect| dialect != "auto");
        feed.dialect = named.or(feed.dialect);
        let transport = configured.map(|f| f.transport.key());
        let (state, reason) = state(&feed, transport, running);
        if json {
            writeln!(
                out,
                "{}",
                safe_json(shapes::feed(&session, &feed, transport.unwrap_or("none"), state, reason).to_string())
            )?;
            continue;
        }
        rows.add_row([
            feed.name.clone(),
            tables::text(feed.dialect.as_deref()),
            state.to_owned(),
            tables::time(&session, feed.last_line_at),
            feed.lines.to_string(),
            feed.legs.to_string(),
            feed.skipped.to_string(),
            feed.quarantined.to_string(),
            feed.pending.to_string(),
            feed.drift_seconds.map_or_else(|| "-".to_owned(), |s| format!("{s} s")),
        ]);
        shown.push((feed, transport));
    }
    if json {
        return Ok(Exit::Done);
    }
    writeln!(out, "{}", rows.trim_fmt())?;
    notes(&shown, running, out)?;
    super::alarms::print(&session, out)?;
    let unmapped = session.reader.unmapped()?;
    if !unmapped.is_empty() {
        writeln!(out, "\nextensions that answered and that the directory does not know:")?;
        for (extension, calls, last) in unmapped {
            writeln!(
                out,
                "  {}  {calls} calls, last {}",
                safe(&extension),
                tables::time(&session, Some(last))
            )?;
        }
    }
    Ok(Exit::Done)
}

/// In a word: is anything connected? And why not, if the daemon knows.
fn state<'a>(feed: &'a FeedRow, transport: Option<&str>, running: bool) -> (&'a str, Option<&'a str>) {
    match (transport, running, feed.connections > 0) {
        (None, ..) => ("removed", None),
        (Some(_), false, _) => ("stopped", None),
        (Some("tcp_listen"), true, true) => ("connected", None),
        (Some("tcp_listen"), true, false) => ("listening", None),
        (Some(_), true, _) => match &feed.now {
            Some((state, reason)) => (state, reason.as_deref()),
            None => ("connecting", None),
        },
    }
}

/// What the ports of serial feeds have counted, and why feeds wait.
fn notes(feeds: &[(FeedRow, Option<&'static str>)], running: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    for (feed, transport) in feeds {
        if let (_, Some(reason)) = state(feed, *transport, running) {
            writeln!(out, "\n{}: {}", safe(&feed.name), safe(reason))?;
        }
        let faults = feed.faults;
        if faults != PortFaults::default() {
            writeln!(
                out,
                "\n{}: {} breaks, {} bytes with a parity or framing error, {} bytes lost",
                safe(&feed.name),
                faults.breaks,
                faults.bad_bytes,
                faults.lost_bytes
            )?;
        }
    }
    Ok(())
}
