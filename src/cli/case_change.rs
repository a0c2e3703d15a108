//! `case VERB ID`: one change of one case, in a short transaction of its own.

use std::io::Write;

use clap::Args;

use super::Exit;
use super::session::{Session, fail};
use super::shapes;
use crate::case::{CaseState, Command, Duty, Outcome, Particulars, Told};
use crate::ids::{CaseId, CategoryId};
use crate::register::Error;

/// The flags of a change; each verb takes those that mean something to it.
#[derive(Debug, Args)]
pub struct ChangeArgs {
    /// The case's number
    id: CaseId,
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
    let command = args.command(verb)?;
    let who = session.who()?;
    let mut store = session.store()?;
    let now = session.now();
    if let Some(of) = args.of {
        store.case(of)?;
    }
    let changed = store.transact(|store| {
        if store.case(args.id)?.settled || verb == "void" {
            store.change(args.id, args.if_version, &command, &who, now)
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
    if args.json {
        writeln!(out, "{}", shapes::case(session, &case, 0, false))?;
    } else {
        writeln!(out, "#{}: {} done, version {}", case.id, verb, case.version)?;
    }
    Ok(())
}

/// A refusal in the language of the output; the code stays that of the error.
fn translated(error: Error, session: &Session) -> anyhow::Error {
    let exit = super::session::exit_of(&anyhow::Error::new(clone_kind(&error)));
    match &error {
        Error::Refused { id, refusal } => fail(exit, format!("case {id}: {}", refusal.words(session.lang()))),
        _ => error.into(),
    }
}

fn clone_kind(error: &Error) -> Error {
    match error {
        Error::Refused { id, refusal } => Error::Refused {
            id: *id,
            refusal: refusal.clone(),
        },
        other => Error::Stopped(other.to_string()),
    }
}

impl ChangeArgs {
    fn command(&self, verb: &str) -> anyhow::Result<Command> {
        let text = self.text.clone().unwrap_or_default();
        Ok(match verb {
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
                        format!("case {}: --outcome lacks: {}", self.id, outcomes()),
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
            "reopen" => Command::Reopen {
                reason: self.reason.clone().or(self.text.clone()).unwrap_or_default(),
            },
            _ => Command::Void {
                reason: self.reason.clone().or(self.text.clone()).unwrap_or_default(),
            },
        })
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

fn outcomes() -> String {
    Outcome::ALL
        .iter()
        .map(|outcome| outcome.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}
