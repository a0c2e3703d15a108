//! `feed status`: the health of the feeds.

use std::io::Write;

use clap::{Args, Subcommand};

use super::screen::{safe, safe_json, table};
use super::session::Session;
use super::{Cli, Exit, shapes, tables};
use crate::register::InstanceLock;
use crate::register::read::FeedRow;

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
        let feed = &feed;
        let transport = configured.map_or("none", |f| f.transport.key());
        let state = state(feed, configured.is_some(), running);
        if json {
            writeln!(
                out,
                "{}",
                safe_json(shapes::feed(&session, feed, transport, state).to_string())
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
    }
    if json {
        return Ok(Exit::Done);
    }
    writeln!(out, "{}", rows.trim_fmt())?;
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

/// In a word: is anything connected?
fn state(feed: &FeedRow, configured: bool, running: bool) -> &'static str {
    match (configured, running, feed.connections > 0) {
        (false, ..) => "removed",
        (true, false, _) => "stopped",
        (true, true, true) => "connected",
        (true, true, false) => "listening",
    }
}
