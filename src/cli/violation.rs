//! `violation list|confirm|waive`, and `move-all` for leavers.

use std::io::Write;

use clap::{Args, Subcommand};

use super::case_change::translated;
use super::filter::{NOBODY, among, person};
use super::screen::{safe, safe_json, table_in};
use super::session::{Session, fail, instant, until};
use super::{Cli, Exit, shapes, tables};
use crate::ids::CaseId;
use crate::l10n::Say;
use crate::register::ViolationFilter;
use crate::register::read::Slot;

/// Violations: what was breached, and what became of it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  firstanswer violation list\n  \
    firstanswer violation confirm 3 --reason 'no answer for two days'")]
pub struct ViolationArgs {
    /// What to do
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List violations, oldest first
    #[command(after_help = "Example:\n  firstanswer violation list --status pending --json")]
    List(ListArgs),
    /// Confirm one: it counts (supervisor)
    #[command(after_help = "Example:\n  firstanswer violation confirm 3 --reason '已核实' --sanction 批评教育")]
    Confirm(RulingArgs),
    /// Waive one: it stays visible and does not count (supervisor)
    #[command(after_help = "Example:\n  firstanswer violation waive 3 --reason 'the feed was down'")]
    Waive(RulingArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// From this time on (site time, or with an offset)
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this time; a date: through that day
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Of cases answered from this time on
    #[arg(long, value_name = "TIME")]
    answered_from: Option<String>,
    /// Of cases answered before this time; a date: through that day
    #[arg(long, value_name = "TIME")]
    answered_to: Option<String>,
    /// Of cases answered in this hour of the day
    #[arg(long, value_name = "0-23", value_parser = clap::value_parser!(i8).range(0..=23), conflicts_with = "weekday")]
    hour: Option<i8>,
    /// Of cases answered on this day of the week, 1 is Monday
    #[arg(long, value_name = "1-7", value_parser = clap::value_parser!(i8).range(1..=7))]
    weekday: Option<i8>,
    /// Charged to this person; `-`: to nobody
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
    /// Charged to somebody of this department; `-`: to nobody whom the directory has
    #[arg(long, value_name = "DEPARTMENT")]
    department: Option<String>,
    /// Of this case
    #[arg(long, value_name = "ID")]
    case: Option<CaseId>,
    /// pending, confirmed or waived
    #[arg(long, value_name = "STATUS", value_parser = ["pending", "confirmed", "waived"])]
    status: Option<String>,
    /// Such as late_close or buck_passing
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only the newest N
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print one JSON object a violation
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RulingArgs {
    /// The violation's number
    id: i64,
    /// Why
    #[arg(long, default_value = "")]
    reason: String,
    /// One of the policy's sanctions
    #[arg(long)]
    sanction: Option<String>,
}

/// `move-all`.
#[derive(Debug, Args)]
pub struct MoveAllArgs {
    /// Who has the cases
    #[arg(long, value_name = "PERSON")]
    from: String,
    /// Who gets them
    #[arg(long, value_name = "PERSON")]
    to: String,
    /// Why
    #[arg(long, default_value = "move-all")]
    reason: String,
}

/// Runs `violation`.
///
/// # Errors
/// Configuration or database can't be had, there is no such violation, or a rule refuses the ruling.
pub fn run(cli: &Cli, args: &ViolationArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let session = Session::open(cli)?;
    match &args.verb {
        Verb::List(list) => print_list(&session, list, out)?,
        Verb::Confirm(ruling) => rule(&session, ruling, true, out)?,
        Verb::Waive(ruling) => rule(&session, ruling, false, out)?,
    }
    Ok(Exit::Done)
}

fn print_list(session: &Session, args: &ListArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let time = |text: &Option<String>| text.as_deref().map(|text| instant(text, session.zone())).transpose();
    let end = |text: &Option<String>| text.as_deref().map(|text| until(text, session.zone())).transpose();
    let nobody = args.person.as_deref() == Some(NOBODY);
    let of = args.department.as_deref();
    let slot = args.hour.map(Slot::Hour).or(args.weekday.map(Slot::Weekday));
    let rows = session.reader.violations(&ViolationFilter {
        answered_from: time(&args.answered_from)?,
        answered_to: end(&args.answered_to)?,
        within: slot.map(|slot| (slot, session.zone().clone())),
        nobody,
        people: of.map(|text| among(session, text)).transpose()?,
        from: time(&args.from)?,
        to: end(&args.to)?,
        person: args.person.as_deref().filter(|_| !nobody).map(person).transpose()?,
        case: args.case,
        status: args.status.clone(),
        kind: args.kind.clone(),
        limit: args.limit,
    })?;
    if args.json {
        for row in &rows {
            writeln!(out, "{}", safe_json(shapes::violation(session, row).to_string()))?;
        }
        return Ok(());
    }
    let say = Say(session.lang());
    let mut shown = table_in(
        session.lang(),
        &[
            "violation",
            "case",
            "kind",
            "person",
            "at",
            "article",
            "status",
            "reason",
            "sanction",
        ],
    );
    for row in &rows {
        shown.add_row([
            row.id.to_string(),
            format!("#{}", row.case),
            tables::said(&row.kind, |kind| say.violation(kind)),
            charged(session, row.person.as_deref()),
            tables::time(session, Some(row.at)),
            tables::text(row.article.as_deref()),
            say.ruling(&row.status),
            row.reason.as_deref().map_or_else(|| "-".to_owned(), safe),
            tables::text(row.sanction.as_deref()),
        ]);
    }
    Ok(writeln!(out, "{}", shown.trim_fmt())?)
}

/// Whom it is charged to, by name.
fn charged(session: &Session, person: Option<&str>) -> String {
    match person.map(str::parse) {
        Some(Ok(id)) => tables::person_name(session, &id),
        _ => tables::text(person),
    }
}

fn rule(session: &Session, args: &RulingArgs, confirmed: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let who = session.who()?;
    let row = session.reader.violation(args.id)?;
    if let Some(row) = row.filter(|row| row.status != "pending") {
        let said = format!(
            "violation {} of case {}: it is {} already, and a ruling stands; `firstanswer violation list --status pending` \
             shows what waits for one",
            row.id, row.case, row.status
        );
        return Err(fail(Exit::Failed, anyhow::anyhow!(said)));
    }
    let mut store = session.store()?;
    let now = session.now();
    let ruled =
        store.transact(|store| store.rule_on(args.id, confirmed, &args.reason, args.sanction.clone(), &who, now));
    let case = ruled.map_err(|error| translated(error, session))?;
    let what = if confirmed { "confirmed" } else { "waived" };
    Ok(writeln!(out, "violation {} of case {}: {what}", args.id, case.id)?)
}

/// Runs `move-all`.
///
/// # Errors
/// As [`run`]; a case that can't be moved leaves all where they were.
pub fn move_all(cli: &Cli, args: &MoveAllArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let session = Session::open(cli)?;
    let (from, to) = (person(&args.from)?, person(&args.to)?);
    if from == to {
        return Err(fail(
            Exit::Usage,
            format!("--to {to}: they have these cases already; name somebody else"),
        ));
    }
    if session.rules.directory.person(&to).is_none() {
        return Err(fail(
            Exit::Failed,
            format!("--to {to}: not in the directory; name who is to have the cases"),
        ));
    }
    let who = session.who()?;
    let mut store = session.store()?;
    let now = session.now();
    let moved = store.transact(|store| store.move_all(&from, &to, &args.reason, &who, now));
    let moved = moved.map_err(|error| translated(error, &session))?;
    writeln!(out, "{} case(s) of {from} are {to}'s now", moved.len())?;
    Ok(Exit::Done)
}
