//! `dialects`: what the program can read, and what each format can tell. Needs no config and no database.

use std::io::Write;

use clap::Args;

use super::Exit;
use crate::smdr::{About, all};

/// List the dialects and what each can tell.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    firstanswer dialects\n  \
    firstanswer dialects --json | jq -r 'select(.tells.ring_time).name'")]
pub struct DialectsArgs {
    /// Print one JSON object a dialect
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// The output cannot be written.
pub fn run(args: &DialectsArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    for (n, dialect) in all().iter().enumerate() {
        let about = dialect.about();
        if args.json {
            writeln!(out, "{}", serde_json::to_string(about)?)?;
        } else {
            if n > 0 {
                writeln!(out)?;
            }
            describe(about, out)?;
        }
    }
    Ok(Exit::Done)
}

fn describe(about: &About, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}: {}", about.name, about.title)?;
    writeln!(out, "  models      {}", about.models.join(", "))?;
    writeln!(out, "  transports  {}", about.transports.join(", "))?;
    writeln!(out, "  tells       {}", told(about, true).join(", "))?;
    writeln!(out, "  not         {}", told(about, false).join(", "))?;
    writeln!(out, "  stamp       {} of the call", about.tells.stamp)?;
    writeln!(out, "  end         known by {}", about.tells.end_mark)?;
    for option in about.options {
        let (name, meaning, values) = (option.name, option.meaning, option.values);
        writeln!(
            out,
            "  option      {name}: {meaning}; {values}; by default {}",
            option.default
        )?;
    }
    for limit in about.limits {
        writeln!(out, "  limit       {limit}")?;
    }
    for source in about.sources {
        writeln!(out, "  source      {source}")?;
    }
    Ok(())
}

/// What the format tells, or does not.
fn told(about: &About, wanted: bool) -> Vec<&'static str> {
    let tells = &about.tells;
    let all = [
        ("ring time", tells.ring_time),
        ("who answered", tells.who_answered),
        ("missed calls", tells.missed),
        ("transfers", tells.transfers),
        ("call id", tells.call_id),
        ("seconds", tells.seconds),
        ("year", tells.year),
        ("zone", tells.zone),
    ];
    all.into_iter()
        .filter(|(_, told)| *told == wanted)
        .map(|(what, _)| what)
        .collect()
}
