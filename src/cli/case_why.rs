//! `case why`: the evidence behind a case, from raw lines to due dates.

use std::io::Write;

use serde_json::{Value, json};

use super::case::ShowArgs;
use super::screen::{safe, safe_json};
use super::session::Session;
use super::{call, tables};
use crate::case::Case;
use crate::l10n::Say;

/// Prints the evidence, as JSON or as sentences.
///
/// # Errors
/// The database can't be read.
pub fn print(session: &Session, case: &Case, args: &ShowArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let call = case.call.map(|id| session.reader.call(id)).transpose()?.flatten();
    let evidence = call.as_ref().map(|call| call::details(session, call)).transpose()?;
    if args.json {
        let value = json!({
            "case": super::case::details(session, case, args.reveal)?,
            "call": evidence,
            "rule": call.as_ref().and_then(|call| call.found.clone()),
            "certainty": case.certainty,
            "doubts": call.as_ref().map(|call| call.doubts.clone()).unwrap_or_default(),
        });
        writeln!(out, "{}", safe_json(value.to_string()))?;
        return Ok(());
    }
    let say = Say(session.lang());
    let legs = evidence
        .as_ref()
        .and_then(|v| v.get("leg_records"))
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let text = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).unwrap_or("-").to_owned();
    writeln!(out, "#{}\n{}", case.id, say.why_printed())?;
    for leg in &legs {
        writeln!(out, "  {}  {}", text(leg, "received_at"), safe(&text(leg, "raw")))?;
    }
    writeln!(out, "{}", say.why_read_as())?;
    for (index, leg) in legs.iter().enumerate() {
        let (station, answered) = (text(leg, "station"), text(leg, "answered_by"));
        let how = say.disposition(&text(leg, "disposition"));
        let entry = say.entry(&text(leg, "held_by_rule"));
        writeln!(
            out,
            "  {}",
            safe(&say.why_leg(index + 1, station, how, answered, entry))
        )?;
    }
    let first = tables::person(session, case.first_answerer.as_ref());
    let entry = call.as_ref().and_then(|call| call.found.as_deref());
    let entry = entry.map_or_else(|| "-".to_owned(), |entry| safe(&say.entry(entry)));
    writeln!(out, "{}", say.why_first(first, say.certainty(case.certainty), entry))?;
    for doubt in call.iter().flat_map(|call| &call.doubts) {
        writeln!(out, "  {}", say.doubt(*doubt))?;
    }
    if case.clock_flagged {
        writeln!(out, "  {}", say.why_clock())?;
    }
    writeln!(out, "{}", say.why_handler(tables::person_name(session, &case.handler)))?;
    let (policy, version) = &case.policy;
    writeln!(out, "{}", say.why_policy(safe(policy), safe(version)))?;
    print_deadlines(say, case, out)?;
    print_violations(session, say, case, out)
}

fn print_deadlines(say: Say, case: &Case, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "{}", say.why_deadlines())?;
    for deadline in &case.deadlines {
        let line = say.labelled_line(say.deadline(deadline.kind), safe(say.of(&deadline.why)));
        let line = if deadline.dropped {
            say.why_no_longer(line)
        } else {
            line
        };
        writeln!(out, "  {line}")?;
    }
    for undated in &case.undated {
        let line = say.labelled_line(say.deadline(undated.kind), safe(say.of(&undated.why)));
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

/// What was breached, with the deadline that shows it.
fn print_violations(session: &Session, say: Say, case: &Case, out: &mut dyn Write) -> anyhow::Result<()> {
    if case.violations.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", say.why_violations())?;
    for violation in &case.violations {
        let status = serde_json::to_value(violation.status)?;
        let line = say.why_violation(
            say.violation(violation.kind),
            tables::person(session, violation.person.as_ref()),
            session.time(violation.at),
            say.ruling(status.as_str().unwrap_or("-")),
        );
        writeln!(out, "  {line}")?;
        let shows = case.breach_of(violation).map(|row| safe(say.of(&row.why)));
        let shows = shows.or_else(|| (!violation.text.is_empty()).then(|| safe(&violation.text)));
        if let Some(shows) = shows {
            writeln!(out, "    {shows}")?;
        }
    }
    Ok(())
}
