//! `case VERB ID`: one change of one case, in a short transaction of its own.

use std::io::Write;

use clap::Args;
use jiff::Timestamp;

use super::session::{Session, exit_of_register, fail, no_time};
use super::{Exit, shapes, sheet};
use crate::case::{Actor, Case, CaseState, Command, Duty, Outcome, Particulars, To, Told};
use crate::ids::{CaseId, CategoryId, DepartmentId, PersonId};
use crate::register::Error;

/// Which case, and what about it.
#[derive(Debug, Args)]
pub struct ChangeArgs {
    /// The case's number
    id: CaseId,
    #[command(flatten)]
    flags: Flags,
}

/// The flags of a change; each verb takes those that mean something to it.
#[derive(Debug, Args)]
pub struct Flags {
    /// A person or department of the directory, or outside:NAME
    #[arg(long, value_name = "WHO")]
    to: Option<String>,
    /// A date (its close of business) or a time
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// The sentence, or the remark
    #[arg(long)]
    text: Option<String>,
    /// Why
    #[arg(long)]
    reason: Option<String>,
    /// handled, guided, explained, outside, cannot_be_done, unreachable, no_matter, duplicate
    #[arg(long)]
    outcome: Option<String>,
    /// The case this one repeats
    #[arg(long, value_name = "ID")]
    of: Option<CaseId>,
    /// own, unit, other, outside or unclear
    #[arg(long)]
    duty: Option<String>,
    /// Category of the policy
    #[arg(long)]
    category: Option<String>,
    /// The caller's name
    #[arg(long)]
    caller_name: Option<String>,
    /// The caller would not give a name
    #[arg(long)]
    anonymous: bool,
    /// A phone to reach the caller on
    #[arg(long)]
    phone: Option<String>,
    /// What it is about
    #[arg(long)]
    matter: Option<String>,
    /// What the caller was told about where the matter went
    #[arg(long)]
    caller_told: Option<String>,
    /// The right office or person
    #[arg(long)]
    right_body: Option<String>,
    /// Its phone
    #[arg(long)]
    right_phone: Option<String>,
    /// What was tried to find it
    #[arg(long)]
    tried: Option<String>,
    /// Told once: the rule it rests on
    #[arg(long)]
    basis: Option<String>,
    /// Told once: the way it goes
    #[arg(long)]
    procedure: Option<String>,
    /// Told once: what to bring
    #[arg(long)]
    materials: Option<String>,
    /// Told once: how long it takes
    #[arg(long)]
    limit: Option<String>,
    /// Only if the case is still at this version
    #[arg(long, value_name = "N")]
    if_version: Option<u64>,
    /// Print the changed case as JSON
    #[arg(long)]
    json: bool,
}

/// Runs one verb.
///
/// # Errors
/// A flag that can't be read, a rule that refuses, a version that moved on, a busy database.
pub fn run(session: &Session, verb: &str, args: &ChangeArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let command = args.flags.command(args.id, verb, session)?;
    let who = session.who()?;
    let mut store = session.store()?;
    let now = session.now();
    let flags = &args.flags;
    if let Some(of) = flags.of {
        store.case(of)?;
    }
    let changed = store.transact(|store| {
        if store.case(args.id)?.settled || verb == "void" {
            store.change(args.id, flags.if_version, &command, &who, now)
        } else {
            Err(Error::Refused {
                id: args.id,
                refusal: crate::case::Refusal::WrongState {
                    state: CaseState::Open,
                    verb: "change a call in progress",
                },
            })
        }
    });
    let case = changed.map_err(|error| translated(error, session))?;
    print(session, &case, verb, flags.json, out)
}

fn print(session: &Session, case: &Case, verb: &str, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    if json {
        let reminders = session.reader.reminders(case.id)?;
        sheet::json([Ok(shapes::case(session, case, reminders, false))], out)?;
    } else {
        writeln!(out, "#{}: {} done, version {}", case.id, verb, case.version)?;
    }
    Ok(())
}

/// Registers a visit, or a call that no switch printed.
///
/// # Errors
/// A flag that can't be read, somebody who may not, a rule that refuses, a busy database.
pub fn open(session: &Session, args: &Flags, out: &mut dyn Write) -> anyhow::Result<()> {
    let who = session.who()?;
    let given = args.to.as_deref().map(super::filter::person).transpose()?;
    let directory = &session.rules.directory;
    let person = match (&who.actor, given) {
        (Actor::Person(actor), Some(other)) if *actor != other && !directory.is_above(actor, &other) => {
            let reason = format!("--to {other}: only their supervisor registers a visit for somebody else");
            return Err(fail(Exit::NotPermitted, reason));
        }
        (_, Some(other)) if directory.person(&other).is_none() => {
            return Err(fail(Exit::Failed, format!("--to {other}: not in the directory")));
        }
        (_, Some(other)) => other,
        (Actor::Person(actor), None) => actor.clone(),
        _ => return Err(fail(Exit::Usage, "--to lacks: who received the visitor")),
    };
    let particulars = args.particulars()?;
    let mut store = session.store()?;
    let now = session.now();
    let opened = store.transact(|store| store.open_visit(&person, particulars, &who, now));
    let case = opened.map_err(|error| translated(error, session))?;
    print(session, &case, "open", args.json, out)
}

/// A refusal in the language of the output; the code stays that of the error.
pub(super) fn translated(error: Error, session: &Session) -> anyhow::Error {
    match &error {
        Error::Refused { id, refusal } => fail(
            exit_of_register(&error),
            format!("case {id}: {}", refusal.words(session.lang())),
        ),
        _ => error.into(),
    }
}

impl Flags {
    fn command(&self, id: CaseId, verb: &str, session: &Session) -> anyhow::Result<Command> {
        let text = self.text.clone().unwrap_or_default();
        let reason = self.reason.clone().or(self.text.clone()).unwrap_or_default();
        Ok(match verb {
            "hand-over" => Command::HandOver {
                to: self.to(session)?,
                text,
                particulars: self.particulars()?,
            },
            "accept" => Command::Accept,
            "return" => Command::Return { reason },
            "assign" => Command::Assign {
                to: self.to(session)?.ok_or_else(|| lacking(id, "--to"))?,
                reason,
            },
            "rule" => Command::Rule {
                to: self.to(session)?,
                reason,
            },
            "contact" => Command::Contact { text },
            "promise" => Command::Promise {
                until: self.until(id, session)?,
                text,
            },
            "wait" => Command::Wait {
                reason: self.reason.clone().unwrap_or_default(),
                text,
                until: self.until.is_some().then(|| self.until(id, session)).transpose()?,
            },
            "resume" => Command::Resume { text: reason },
            "extend" => Command::Extend {
                until: self.until(id, session)?,
                text: reason,
                caller_told: self.caller_told.clone(),
            },
            "approve" => Command::Approve { text: reason },
            "decline" => Command::Decline { reason },
            "hot" => Command::Hot { text: reason },
            "dispute" => Command::Dispute { text: reason },
            "unreasonable" => Command::Unreasonable { reason },
            "correct" => Command::Correct {
                to: self.person(id)?,
                reason,
            },
            "co-handler" => Command::CoHandler {
                person: self.person(id)?,
            },
            "register" => Command::Register(self.particulars()?),
            "told-once" => Command::TellOnce(Told {
                basis: self.basis.clone(),
                procedure: self.procedure.clone(),
                materials: self.materials.clone(),
                limit: self.limit.clone(),
                text: self.text.clone(),
            }),
            "note" => Command::Note { text },
            "close" => {
                let Some(outcome) = &self.outcome else {
                    return Err(fail(
                        Exit::Failed,
                        format!("case {id}: --outcome lacks: {}", outcomes()),
                    ));
                };
                let outcome = serde_json::from_value::<Outcome>(serde_json::Value::String(outcome.clone()))
                    .map_err(|_| fail(Exit::Usage, format!("--outcome {outcome}: write one of {}", outcomes())))?;
                Command::Close {
                    outcome,
                    text,
                    of: self.of,
                    particulars: self.particulars()?,
                }
            }
            "reopen" => Command::Reopen { reason },
            "void" => Command::Void { reason },
            other => return Err(fail(Exit::Usage, format!("case {id}: there is no verb `{other}`"))),
        })
    }

    /// A person before a department of the same name; what neither is, the case refuses.
    fn to(&self, session: &Session) -> anyhow::Result<Option<To>> {
        let Some(given) = &self.to else { return Ok(None) };
        if let Some(name) = given.strip_prefix("outside:") {
            return Ok(Some(To::Outside(name.to_owned())));
        }
        let person = super::filter::person(given)?;
        if session.rules.directory.person(&person).is_none()
            && let Ok(department) = given.parse::<DepartmentId>()
            && session.rules.directory.department(&department).is_some()
        {
            return Ok(Some(To::Department(department)));
        }
        Ok(Some(To::Person(person)))
    }

    fn person(&self, id: CaseId) -> anyhow::Result<PersonId> {
        super::filter::person(self.to.as_deref().ok_or_else(|| lacking(id, "--to"))?)
    }

    fn until(&self, id: CaseId, session: &Session) -> anyhow::Result<Timestamp> {
        let given = self.until.as_deref().ok_or_else(|| lacking(id, "--until"))?;
        session.rules.calendar.moment(given).ok_or_else(|| no_time(given))
    }

    fn particulars(&self) -> anyhow::Result<Particulars> {
        let duty = self
            .duty
            .as_ref()
            .map(|duty| {
                serde_json::from_value::<Duty>(serde_json::Value::String(duty.clone())).map_err(|_| {
                    fail(
                        Exit::Usage,
                        format!("--duty {duty}: write own, unit, other, outside or unclear"),
                    )
                })
            })
            .transpose()?;
        let category = self
            .category
            .as_ref()
            .map(|category| {
                category
                    .parse::<CategoryId>()
                    .map_err(|error| fail(Exit::Usage, format!("--category: {error}")))
            })
            .transpose()?;
        Ok(Particulars {
            caller_name: self.caller_name.clone(),
            anonymous: self.anonymous,
            phone: self.phone.clone(),
            matter: self.matter.clone(),
            duty,
            category,
            caller_told: self.caller_told.clone(),
            right_body: self.right_body.clone(),
            right_phone: self.right_phone.clone(),
            tried: self.tried.clone(),
        })
    }
}

fn lacking(id: CaseId, flag: &str) -> anyhow::Error {
    fail(Exit::Failed, format!("case {id}: {flag} lacks"))
}

fn outcomes() -> String {
    Outcome::ALL
        .iter()
        .map(|outcome| outcome.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}
