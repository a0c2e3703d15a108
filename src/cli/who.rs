//! `who`: who handles what. Needs no database.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::screen::{safe, safe_json, table_in};
use super::{Cli, Exit, session};
use crate::directory::Directory;

/// Who handles what: duties, people, departments.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  firstanswer who 营业执照\n  firstanswer who business licence --json")]
pub struct WhoArgs {
    /// Print one JSON object a hit
    #[arg(long)]
    pub json: bool,
    /// What the caller asks about, or a name
    #[arg(required = true)]
    pub words: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// The configuration is wrong.
pub fn run(cli: &Cli, args: &WhoArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let loaded = session::load(&cli.config)?;
    let lang = cli.lang_or(loaded.config.site.language);
    let zone = &loaded.config.site.time_zone;
    let today = zone.to_datetime(crate::clock::Clock::Real.now()).date();
    let directory = &loaded.directory;
    let hits = directory.who(&args.words.join(" "), today);
    let mut rows = table_in(lang, &["what", "department", "handler", "outside", "phone"]);
    for hit in &hits {
        if args.json {
            let object = json!({
                "words": hit.words,
                "department": hit.department,
                "handler": hit.handler,
                "outside": hit.outside,
                "phone": hit.phone,
            });
            writeln!(out, "{}", safe_json(object.to_string()))?;
            continue;
        }
        let named = |directory: &Directory| {
            let department = hit.department.as_ref().map(|id| directory.department_name(id, lang));
            let handler = hit.handler.as_ref().map(|id| directory.display_name(id, lang));
            (department.unwrap_or_default(), handler.unwrap_or_default())
        };
        let (department, handler) = named(directory);
        rows.add_row([
            safe(&hit.words.join(", ")),
            safe(&department),
            safe(&handler),
            safe(hit.outside.as_deref().unwrap_or_default()),
            safe(hit.phone.as_deref().unwrap_or_default()),
        ]);
    }
    if !args.json {
        writeln!(out, "{}", rows.trim_fmt())?;
    }
    Ok(Exit::Done)
}
