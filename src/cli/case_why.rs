//! `case why`: the evidence behind a case, from raw lines to due dates.

use std::io::Write;

use serde_json::json;

use super::call;
use super::case::ShowArgs;
use super::screen::{safe, safe_json};
use super::session::Session;
use crate::case::Case;
use crate::l10n::Say;
use crate::report::why::{Asker, owed};

/// Prints the evidence, as JSON or as sentences.
///
/// # Errors
/// The database can't be read.
pub fn print(session: &Session, case: &Case, args: &ShowArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let call = case.call.map(|id| session.reader.call(id)).transpose()?.flatten();
    let evidence = call.as_ref().map(|call| call::details(session, call)).transpose()?;
    if args.json {
        let owed = call.as_ref().and_then(|call| owed(&session.rules, case, call));
        let value = json!({
            "case": super::case::details(session, case, args.reveal)?,
            "call": evidence,
            "rule": call
                .as_ref()
                .and_then(|call| call.found.clone())
                .filter(|rule| !rule.is_empty())
                .or_else(|| owed.as_ref().and_then(|owed| owed.rule.clone())),
            "owed": owed,
            "certainty": case.certainty,
            "doubts": call.as_ref().map(|call| call.doubts.clone()).unwrap_or_default(),
        });
        writeln!(out, "{}", safe_json(value.to_string()))?;
        return Ok(());
    }
    let asker = Asker {
        rules: &session.rules,
        say: Say(session.lang()),
        now: session.now(),
        masked: false,
    };
    writeln!(out, "#{}", case.id)?;
    for section in asker.why(&session.reader, case)? {
        writeln!(out, "{}", safe(&section.title))?;
        for line in &section.lines {
            writeln!(out, "  {}", safe(line))?;
        }
    }
    Ok(())
}
