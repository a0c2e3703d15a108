//! `backup` and `restore`.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::session::{fail, load};
use super::{Cli, Exit};
use crate::clock::Clock;
use crate::register::backup::{self, Held};

/// Copy the database into a file, while the daemon runs.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  firstanswer backup /var/backups/firstanswer-$(date +%F).db\n\n\
    The copy is checked before it gets its name. It holds calls, names and the key of the links in mails: only its \
    owner can read it; keep it so."
)]
pub struct BackupArgs {
    /// The file to write
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    pub force: bool,
    /// Print what the copy holds as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Put a backup in the place of the database; the daemon must be stopped.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  systemctl stop firstanswer\n  firstanswer restore /var/backups/firstanswer.db\n  \
    systemctl start firstanswer\n\n\
    The database that was there stays beside it. Links in mails sent before no longer open; ids go on 10,000 higher; \
    mail waits until `firstanswer outbox retry`."
)]
pub struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print what was done as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Runs `backup`.
///
/// # Errors
/// The database can't be read, or the copy not written.
pub fn backup(cli: &Cli, args: &BackupArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let loaded = load(&cli.config)?;
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(0)
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} pages, {eta} left") {
        bar.set_style(style);
    }
    let held = backup::backup(&loaded.config.store, &args.file, args.force, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    let bytes = std::fs::metadata(&args.file).map_or(0, |file| file.len());
    if args.json {
        let row = serde_json::json!({"file": args.file, "bytes": bytes, "holds": held});
        writeln!(out, "{row}")?;
    } else {
        writeln!(
            out,
            "{}: {}, {:.1} MB, checked",
            args.file.display(),
            words(&held),
            bytes as f64 / 1e6
        )?;
    }
    Ok(Exit::Done)
}

/// Runs `restore`.
///
/// # Errors
/// A daemon runs, or the file is no whole backup of ours; then nothing was changed.
pub fn restore(cli: &Cli, args: &RestoreArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let loaded = load(&cli.config)?;
    let now = loaded.config.site.time_zone.to_datetime(Clock::Real.now());
    let made = std::fs::metadata(&args.file).and_then(|file| file.modified());
    let made = made
        .ok()
        .and_then(|at| jiff::Timestamp::try_from(at).ok())
        .map_or_else(String::new, |at| {
            let at = loaded.config.site.time_zone.to_datetime(at);
            format!(" of {}", at.strftime("%Y-%m-%d %H:%M"))
        });
    let why = format!(
        "restored from the backup {}{made}: some of it may have been sent since",
        args.file.display()
    );
    let time = now.strftime("%Y%m%dT%H%M%S").to_string();
    let store = &loaded.config.store;
    let done = backup::restore(store, &args.file, &time, &why).map_err(|error| {
        let text = format!("{error}; the database is as it was");
        match error {
            crate::register::Error::Locked { .. } => fail(Exit::Conflict, error),
            error if error.is_busy() => fail(Exit::Conflict, text),
            _ => fail(Exit::Failed, text),
        }
    })?;
    if args.json {
        let row = serde_json::json!({
            "database": store, "holds": done.held, "before": done.before, "epoch": done.epoch,
        });
        writeln!(out, "{row}")?;
        return Ok(Exit::Done);
    }
    writeln!(out, "{}: {} are back", store.display(), words(&done.held))?;
    if let Some(before) = &done.before {
        writeln!(out, "the database that was there is {}", before.display())?;
    }
    writeln!(
        out,
        "links in mails sent before no longer open, and ids go on 10,000 higher\n\
         next: start the daemon; look at `firstanswer outbox list`; let mail go with `firstanswer outbox retry`"
    )?;
    Ok(Exit::Done)
}

fn words(held: &Held) -> String {
    let Held {
        lines, calls, cases, ..
    } = held;
    format!("{lines} lines, {calls} calls, {cases} cases")
}
