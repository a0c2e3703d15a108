//! `case list|show|why` and the verbs that change a case.

use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::filter::{FilterArgs, NOBODY, among, person};
use super::screen::{safe, safe_json, table_in};
use super::session::{Session, fail};
use super::sheet::{self, Format, Print};
use super::{Cli, Exit, case_change, case_why, shapes, tables};
use crate::case::Case;
use crate::case::happened::Occasion;
use crate::ids::CaseId;
use crate::l10n::Say;

/// Cases: list, show, explain, and change them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  firstanswer case list --overdue\n  \
    firstanswer case close 12 --outcome handled --duty own --text '已告知流程'")]
pub struct CaseArgs {
    /// What to do
    #[command(subcommand)]
    pub verb: CaseVerb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum CaseVerb {
    /// List cases, oldest first
    #[command(after_help = "Examples:\n  firstanswer case list --overdue\n  \
        firstanswer case list --handler wang --state open --json")]
    List(ListArgs),
    /// Show one case: deadlines, custody, events, notices
    #[command(after_help = "Example:\n  firstanswer case show 12")]
    Show(ShowArgs),
    /// Explain a case: raw lines, legs, rule, directory entry, certainty, due dates
    #[command(after_help = "Example:\n  firstanswer case why 12")]
    Why(ShowArgs),
    /// Write down who called and about what
    #[command(
        after_help = "Example:\n  firstanswer case register 12 --caller-name 陈先生 --matter 营业执照 --duty own"
    )]
    Register(case_change::ChangeArgs),
    /// Record that the caller was told everything needed, once
    #[command(
        after_help = "Example:\n  firstanswer case told-once 12 --basis '条例第8条' --materials '身份证' --limit '5 days'"
    )]
    ToldOnce(case_change::ChangeArgs),
    /// Add a remark
    #[command(after_help = "Example:\n  firstanswer case note 12 --text 'will call back in the afternoon'")]
    Note(case_change::ChangeArgs),
    /// Close with an outcome and a sentence
    #[command(
        after_help = "Example:\n  firstanswer case close 12 --outcome handled --duty own --caller-name 陈先生 \
        --matter 营业执照 --text '已告知流程'"
    )]
    Close(case_change::ChangeArgs),
    /// Take a closed case up again
    #[command(after_help = "Example:\n  firstanswer case reopen 12 --reason 'the caller rang again'")]
    Reopen(case_change::ChangeArgs),
    /// Void a case that was none (supervisor)
    #[command(after_help = "Example:\n  firstanswer case void 12 --reason 'test call'")]
    Void(case_change::ChangeArgs),
    /// Offer it to a person or department, or close it as another body's
    #[command(
        after_help = "Example:\n  firstanswer case hand-over 12 --to sun --text '请办理道路占用' --caller-told '已告知由路政科回电'"
    )]
    HandOver(case_change::ChangeArgs),
    /// Take what is offered
    #[command(after_help = "Example:\n  firstanswer case accept 12")]
    Accept(case_change::ChangeArgs),
    /// Give back what is offered, or what the switch put through
    #[command(after_help = "Example:\n  firstanswer case return 12 --reason 'the permits office handles it'")]
    Return(case_change::ChangeArgs),
    /// Give it to somebody by force (supervisor)
    #[command(after_help = "Example:\n  firstanswer case assign 12 --to liu --reason 'wang is away'")]
    Assign(case_change::ChangeArgs),
    /// Rule on a frozen case (supervisor)
    #[command(after_help = "Example:\n  firstanswer case rule 12 --to sun --reason 'roads handles it'")]
    Rule(case_change::ChangeArgs),
    /// Record that the caller was spoken to
    #[command(after_help = "Example:\n  firstanswer case contact 12 --text 'told what to bring'")]
    Contact(case_change::ChangeArgs),
    /// Promise the caller an answer by a date
    #[command(after_help = "Example:\n  firstanswer case promise 12 --until 2026-03-09 --text 'answer by Monday'")]
    Promise(case_change::ChangeArgs),
    /// Wait for the caller: the clock of closing stops
    #[command(
        after_help = "Example:\n  firstanswer case wait 12 --reason caller_papers --text '待补营业执照副本' --until 2026-03-13"
    )]
    Wait(case_change::ChangeArgs),
    /// Go on after waiting
    #[command(after_help = "Example:\n  firstanswer case resume 12 --text 'the papers are here'")]
    Resume(case_change::ChangeArgs),
    /// Move the close deadline, before it is due (supervisor)
    #[command(
        after_help = "Example:\n  firstanswer case extend 12 --until 2026-03-20 --text 'site visit' --caller-told 'told by phone'"
    )]
    Extend(case_change::ChangeArgs),
    /// Grant what was asked: a promise, an extension, an unreasonable demand (supervisor)
    #[command(after_help = "Example:\n  firstanswer case approve 12")]
    Approve(case_change::ChangeArgs),
    /// Not grant what was asked, or not agree with a dispute; who asked is told why (supervisor)
    #[command(after_help = "Example:\n  firstanswer case decline 12 --reason 'the papers came in time'")]
    Decline(case_change::ChangeArgs),
    /// Show it to the supervisor at once
    #[command(after_help = "Example:\n  firstanswer case hot 12 --text 'a crowd is waiting'")]
    Hot(case_change::ChangeArgs),
    /// Name another first answerer (supervisor)
    #[command(after_help = "Example:\n  firstanswer case correct 12 --to liu --reason 'shifts were swapped'")]
    Correct(case_change::ChangeArgs),
    /// Not agree with what the case says of you
    #[command(after_help = "Example:\n  firstanswer case dispute 12 --text 'I was not at that desk'")]
    Dispute(case_change::ChangeArgs),
    /// Mark the demand as unreasonable; a supervisor confirms
    #[command(after_help = "Example:\n  firstanswer case unreasonable 12 --reason 'asks for what the rules forbid'")]
    Unreasonable(case_change::ChangeArgs),
    /// Let somebody help
    #[command(after_help = "Example:\n  firstanswer case co-handler 12 --to sun")]
    CoHandler(case_change::ChangeArgs),
    /// Register a visit, or a call that no switch printed
    #[command(after_help = "Example:\n  firstanswer case open --caller-name 陈先生 --matter 营业执照 --duty own")]
    Open(case_change::Flags),
}

/// `case list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// open, offered, waiting, frozen, closed or void
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// call, callback or visit
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only those with a deadline that has passed
    #[arg(long)]
    overdue: bool,
    /// Only those this person has
    #[arg(long, value_name = "PERSON")]
    handler: Option<String>,
    /// Only those this person answered first; `-`: those whose first answerer is not sure
    #[arg(long, value_name = "PERSON")]
    first_answerer: Option<String>,
    /// Only those somebody of this department answered first; `-`: nobody of any
    #[arg(long, value_name = "DEPARTMENT")]
    first_department: Option<String>,
    /// Show callers' numbers in full
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    print: Print,
}

/// `case show`, `case why`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The case's number
    pub id: CaseId,
    /// Show the caller's number in full
    #[arg(long)]
    pub reveal: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// Configuration or database can't be had, there is no such case, or a rule refuses the change.
pub fn run(cli: &Cli, args: &CaseArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let session = Session::open(cli)?;
    match &args.verb {
        CaseVerb::List(list) => print_list(&session, list, out)?,
        CaseVerb::Show(show) => {
            let case = find(&session, show.id)?;
            print_case(&session, &case, show, out)?;
        }
        CaseVerb::Why(show) => {
            let case = find(&session, show.id)?;
            case_why::print(&session, &case, show, out)?;
        }
        CaseVerb::Open(flags) => case_change::open(&session, flags, out)?,
        verb => {
            let (name, change) = match verb {
                CaseVerb::Register(change) => ("register", change),
                CaseVerb::ToldOnce(change) => ("told-once", change),
                CaseVerb::Note(change) => ("note", change),
                CaseVerb::Close(change) => ("close", change),
                CaseVerb::Reopen(change) => ("reopen", change),
                CaseVerb::Void(change) => ("void", change),
                CaseVerb::HandOver(change) => ("hand-over", change),
                CaseVerb::Accept(change) => ("accept", change),
                CaseVerb::Return(change) => ("return", change),
                CaseVerb::Assign(change) => ("assign", change),
                CaseVerb::Rule(change) => ("rule", change),
                CaseVerb::Contact(change) => ("contact", change),
                CaseVerb::Promise(change) => ("promise", change),
                CaseVerb::Wait(change) => ("wait", change),
                CaseVerb::Resume(change) => ("resume", change),
                CaseVerb::Extend(change) => ("extend", change),
                CaseVerb::Approve(change) => ("approve", change),
                CaseVerb::Decline(change) => ("decline", change),
                CaseVerb::Hot(change) => ("hot", change),
                CaseVerb::Correct(change) => ("correct", change),
                CaseVerb::Dispute(change) => ("dispute", change),
                CaseVerb::Unreasonable(change) => ("unreasonable", change),
                CaseVerb::CoHandler(change) => ("co-handler", change),
                CaseVerb::List(_) | CaseVerb::Show(_) | CaseVerb::Why(_) | CaseVerb::Open(_) => return Ok(Exit::Done),
            };
            case_change::run(&session, name, change, out)?;
        }
    }
    Ok(Exit::Done)
}

fn find(session: &Session, id: CaseId) -> anyhow::Result<Case> {
    session
        .reader
        .case(id)?
        .ok_or_else(|| crate::register::Error::NoCase(id).into())
}

/// A word of a fixed set, so that a slip is an error and not an empty list.
fn one_of(flag: &str, given: Option<&String>, known: &[&str]) -> anyhow::Result<Option<String>> {
    match given {
        Some(word) if !known.contains(&word.as_str()) => Err(fail(
            Exit::Usage,
            format!("{flag} {word}: write one of {}", known.join(", ")),
        )),
        other => Ok(other.cloned()),
    }
}

fn print_list(session: &Session, args: &ListArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut filter = args.filter.filter(session)?;
    filter.state = one_of(
        "--state",
        args.state.as_ref(),
        &["open", "offered", "waiting", "frozen", "closed", "void"],
    )?;
    filter.kind = one_of("--kind", args.kind.as_ref(), &["call", "callback", "visit"])?;
    filter.overdue = args.overdue;
    filter.handler = args.handler.as_deref().map(person).transpose()?;
    match args.first_answerer.as_deref() {
        Some(NOBODY) => filter.nobody = true,
        other => filter.first_answerer = other.map(person).transpose()?,
    }
    let first = args.first_department.as_deref();
    filter.first_among = first.map(|text| among(session, text)).transpose()?;
    let cases = session.reader.cases(&filter, session.now())?;
    let shown = cases.iter().map(|case| {
        let sent = session.reader.reminders(case.id)?;
        Ok(shapes::case(session, case, sent, args.reveal))
    });
    match args.print.format() {
        Format::Json => return sheet::json(shown, out),
        Format::Csv => return sheet::csv(&shapes::CASE, shown, out),
        Format::Table => {}
    }
    let say = Say(session.lang());
    let mut rows = table_in(
        session.lang(),
        &[
            "case",
            "state",
            "caller",
            "caller's name",
            "matter",
            "handler",
            "opened",
            "due",
            "for",
            "late",
            "rang again",
        ],
    );
    for case in &cases {
        let due = case.due().filter(|_| case.is_open());
        let number = shown_number(case, args.reveal);
        rows.add_row([
            format!("#{}", case.id),
            if case.settled {
                say.state(case.state).to_owned()
            } else {
                say.draft().to_owned()
            },
            number,
            tables::text(case.caller_name.as_deref()),
            tables::text(case.matter.as_deref()),
            tables::person_name(session, &case.handler),
            tables::time(session, Some(case.opened_at)),
            tables::due(session, due.map(|d| d.due_at)),
            due.map_or_else(|| "-".to_owned(), |d| say.deadline(d.kind).to_owned()),
            if case.overdue(session.now()) {
                "!".to_owned()
            } else {
                String::new()
            },
            if case.chases > 0 {
                case.chases.to_string()
            } else {
                String::new()
            },
        ]);
    }
    Ok(writeln!(out, "{}", rows.trim_fmt())?)
}

fn shown_phone(number: &str, reveal: bool) -> String {
    safe(&if reveal {
        number.to_owned()
    } else {
        crate::call::number::masked(number)
    })
}

fn shown_number(case: &Case, reveal: bool) -> String {
    let number = case.caller_number.as_deref();
    number.map_or_else(|| "-".to_owned(), |number| shown_phone(number, reveal))
}

/// A case with everything: what `case show --json` prints.
pub fn details(session: &Session, case: &Case, reveal: bool) -> anyhow::Result<Value> {
    let reminders = session.reader.reminders(case.id)?;
    let mut value = shapes::case(session, case, reminders, reveal);
    let details = shapes::case_details(session, case)?;
    if let Some(fields) = value.as_object_mut() {
        fields.extend(details);
        let phone = case.phone.as_ref();
        let phone = phone.map(|phone| {
            if reveal {
                phone.clone()
            } else {
                crate::call::number::masked(phone)
            }
        });
        fields.insert("phone".into(), json!(phone));
        fields.insert("told".into(), json!(case.told));
        fields.insert("caller_told".into(), json!(case.caller_told));
        fields.insert("right_body".into(), json!(case.right_body));
        fields.insert("right_phone".into(), json!(case.right_phone));
        fields.insert("tried".into(), json!(case.tried));
        fields.insert("closing_text".into(), json!(case.closing_text));
        fields.insert("offer".into(), shapes::offer(session, case));
        fields.insert("asked".into(), shapes::asked(session, case));
        fields.insert("hot".into(), json!(case.hot));
        fields.insert("disputed".into(), json!(case.disputed));
        fields.insert("unreasonable".into(), json!(case.unreasonable));
        fields.insert("contacts".into(), shapes::contacts(session, case));
    }
    Ok(value)
}

fn print_case(session: &Session, case: &Case, args: &ShowArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let value = details(session, case, args.reveal)?;
    if args.json {
        writeln!(out, "{}", safe_json(value.to_string()))?;
        return Ok(());
    }
    let say = Say(session.lang());
    writeln!(
        out,
        "#{} {} {}  {}  {}",
        case.id,
        say.kind(case.kind),
        say.state(case.state),
        shown_number(case, args.reveal),
        tables::text(case.caller_name.as_deref())
    )?;
    let first = say.labelled(
        tables::person(session, case.first_answerer.as_ref()),
        say.certainty(case.certainty),
    );
    let mut known = table_in(session.lang(), &[]);
    known.add_row([say.head("matter"), &tables::text(case.matter.as_deref())]);
    known.add_row([say.head("first answerer"), &first]);
    known.add_row([say.head("handler"), &tables::person_name(session, &case.handler)]);
    if let Some(phone) = &case.phone {
        known.add_row([say.label_phone().as_str(), &shown_phone(phone, args.reveal)]);
    }
    writeln!(out, "{}", known.trim_fmt())?;
    let text = |row: &Value, key: &str| {
        row.get(key)
            .and_then(Value::as_str)
            .map_or_else(|| "-".to_owned(), safe)
    };
    let known = &session.rules.directory;
    let who = |word: &str| match word.parse() {
        Ok(id) if known.person(&id).is_some() => tables::person_name(session, &id),
        _ => say.standing(word).to_owned(),
    };
    let rows_of = |key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut rows = table_in(session.lang(), &["deadline", "due", "met", "breached", "why"]);
    for row in rows_of("deadlines") {
        let is = |key: &str| row.get(key).and_then(Value::as_bool).unwrap_or(false);
        let breached = is("breached");
        rows.add_row([
            tables::said(&text(&row, "kind"), |kind| say.deadline(kind)),
            text(&row, "due_at"),
            // What another deadline took the place of, or what fell away, is still listed: it must not look open.
            if is("dropped") {
                say.head("no longer").to_owned()
            } else {
                text(&row, "met_at")
            },
            if breached {
                say.head("yes").to_owned()
            } else {
                String::new()
            },
            text(&row, "why"),
        ]);
    }
    writeln!(out, "\n{}\n", rows.trim_fmt())?;
    let mut rows = table_in(session.lang(), &["when", "who", "how", "what"]);
    for row in rows_of("events") {
        rows.add_row([
            text(&row, "at"),
            who(&text(&row, "actor")),
            say.standing(&text(&row, "channel")).to_owned(),
            text(&row, "text"),
        ]);
    }
    writeln!(out, "{}", rows.trim_fmt())?;
    let notices = rows_of("notices");
    if !notices.is_empty() {
        let mut rows = table_in(session.lang(), &["notice", "rung", "to", "due", "state", "why"]);
        for row in &notices {
            let rung = row.get("rung").map(ToString::to_string).unwrap_or_default();
            rows.add_row([
                notice_kind(say, &text(row, "kind")),
                rung,
                who(&text(row, "person")),
                text(row, "due_at"),
                say.standing(&text(row, "state")).to_owned(),
                say.notice_why(&text(row, "why")).to_owned(),
            ]);
        }
        writeln!(out, "\n{}", rows.trim_fmt())?;
    }
    Ok(())
}

/// What a notice is about, in words; what this version does not know is shown as it is stored.
fn notice_kind(say: Say, stored: &str) -> String {
    match Occasion::named(stored) {
        Some(Occasion::Deadline(kind)) => say.deadline(kind).to_owned(),
        Some(Occasion::Happened(what)) => say.happened(what).to_owned(),
        None => stored.to_owned(),
    }
}
