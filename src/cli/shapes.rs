//! The JSON that commands print: field names are promised to scripts.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::session::Session;
use crate::call::number::masked;
use crate::case::{Case, Deadline, To};
use crate::l10n::Say;
use crate::l10n::events::Scene;
use crate::register::read::{CallRow, FeedRow, JournalRow, NoticeRow, OutboxRow};
use crate::register::{Alarm, Gap, ViolationRow};
use crate::smdr::detect::Detection;

/// The snake-case name of a unit enum.
pub fn name<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        _ => String::new(),
    }
}

fn when(session: &Session, at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| Value::String(session.time(at)))
}

/// Columns of a call, as listed.
pub const CALL: [&str; 19] = [
    "id",
    "feed",
    "start",
    "answered_at",
    "ended_at",
    "direction",
    "calling_number",
    "calling_name",
    "called_number",
    "trunk",
    "disposition",
    "answered_by",
    "answered_by_person",
    "certainty",
    "settled",
    "ring_seconds",
    "talk_seconds",
    "legs",
    "case",
];

/// A call as listed.
pub fn call(session: &Session, call: &CallRow) -> Value {
    json!({
        "id": call.id,
        "feed": call.feed,
        "start": session.time(call.start),
        "answered_at": when(session, call.answered_at),
        "ended_at": when(session, call.ended_at),
        "direction": call.direction,
        "calling_number": call.calling_number,
        "calling_name": call.calling_name,
        "called_number": call.called_number,
        "trunk": call.trunk,
        "disposition": call.disposition,
        "answered_by": call.answered_by,
        "answered_by_person": call.person,
        "certainty": call.certainty,
        "settled": call.settled,
        "ring_seconds": call.ring_seconds,
        "talk_seconds": call.talk_seconds,
        "legs": call.legs,
        "case": call.case,
    })
}

/// Columns of a case, as listed.
pub const CASE: [&str; 29] = [
    "id",
    "version",
    "kind",
    "state",
    "registered",
    "call",
    "duty",
    "category",
    "first_answerer",
    "certainty",
    "handler",
    "co_handlers",
    "department",
    "caller_number",
    "caller_name",
    "matter",
    "opened_at",
    "due_at",
    "due_kind",
    "overdue",
    "closed_at",
    "outcome",
    "reminders",
    "chases",
    "violations",
    "policy",
    "settled",
    "linked",
    "evidence_differs",
];

/// A case as listed.
pub fn case(session: &Session, case: &Case, reminders: i64, reveal: bool) -> Value {
    let now = session.now();
    let due = case.due().filter(|_| case.is_open());
    let number = case
        .caller_number
        .as_ref()
        .map(|number| if reveal { number.clone() } else { masked(number) });
    json!({
        "id": case.id,
        "version": case.version,
        "kind": case.kind,
        "state": case.state,
        "registered": case.registered,
        "call": case.call,
        "duty": case.duty,
        "category": case.category,
        "first_answerer": case.first_answerer,
        "certainty": case.certainty,
        "handler": case.handler,
        "co_handlers": case.co_handlers,
        "department": case.department,
        "caller_number": number,
        "caller_name": case.caller_name,
        "matter": case.matter,
        "opened_at": session.time(case.opened_at),
        "due_at": when(session, due.map(|d| d.due_at)),
        "due_kind": due.map(|d| d.kind),
        "overdue": case.overdue(now),
        "closed_at": when(session, case.closed_at),
        "outcome": case.outcome,
        "reminders": reminders,
        "chases": case.chases,
        "violations": case.violations(),
        "policy": format!("{} {}", case.policy.0, case.policy.1),
        "settled": case.settled,
        "linked": case.linked,
        "evidence_differs": case.evidence_differs,
    })
}

fn deadline(session: &Session, row: &Deadline) -> Value {
    json!({
        "kind": row.kind,
        "started_at": session.time(row.started_at),
        "due_at": session.time(row.due_at),
        "met_at": when(session, row.met_at),
        "breached": row.breached_at.is_some(),
        "breached_at": when(session, row.breached_at),
        "charged_to": row.charged_to,
        "dropped": row.dropped,
        "why": Say(session.lang()).of(&row.why),
    })
}

/// What `case show` adds to the listed case.
pub fn case_details(session: &Session, case: &Case) -> anyhow::Result<Map<String, Value>> {
    let custody = case.custody.iter().map(|held| {
        let until = held.to.or(case.closed_at).unwrap_or_else(|| session.now());
        json!({
            "person": held.person,
            "from": session.time(held.from),
            "to": when(session, held.to),
            "used_seconds": case.used_seconds(&session.rules.calendar, held.from, until),
            "how": held.how,
        })
    });
    let names = |id: &crate::ids::PersonId| super::tables::person_name(session, id);
    let scene = Scene {
        say: Say(session.lang()),
        zone: session.zone(),
        now: session.now(),
        name: &names,
    };
    let events = session.reader.events(case.id)?.into_iter().map(|row| {
        let kind = serde_json::to_value(&row.event)
            .ok()
            .and_then(|v| v.get("kind").cloned())
            .unwrap_or_default();
        json!({
            "seq": row.seq,
            "at": session.time(row.at),
            "actor": row.actor.to_string(),
            "channel": row.channel,
            "kind": kind,
            "text": scene.event(&row.event),
        })
    });
    let mut details = Map::new();
    details.insert(
        "deadlines".into(),
        case.deadlines.iter().map(|row| deadline(session, row)).collect(),
    );
    details.insert("custody".into(), custody.collect());
    details.insert("events".into(), events.collect());
    details.insert(
        "notices".into(),
        session
            .reader
            .notices(case.id)?
            .iter()
            .map(|row| notice(session, row))
            .collect(),
    );
    Ok(details)
}

/// The offer that waits for its answer.
pub fn offer(session: &Session, case: &Case) -> Value {
    case.offer.as_ref().map_or(Value::Null, |offer| {
        json!({
            "to": match &offer.to {
                To::Person(person) => person.to_string(),
                To::Department(department) => department.to_string(),
                To::Outside(name) => format!("outside:{name}"),
            },
            "answerable": offer.answerable,
            "by": offer.by,
            "since": session.time(offer.since),
            "text": offer.text,
        })
    })
}

/// What waits for the supervisor's word.
pub fn asked(session: &Session, case: &Case) -> Value {
    case.asked.as_ref().map_or(
        Value::Null,
        |asked| json!({"what": asked.what, "until": when(session, asked.until), "text": asked.text, "by": asked.by}),
    )
}

/// When the caller was spoken to again.
pub fn contacts(session: &Session, case: &Case) -> Value {
    let contacts = case.contacts.iter().map(|contact| {
        json!({
            "call": contact.call,
            "at": session.time(contact.at),
            "by": contact.by,
            "talk_seconds": contact.talk_seconds,
        })
    });
    contacts.collect()
}

/// A violation.
pub fn violation(session: &Session, row: &ViolationRow) -> Value {
    json!({
        "id": row.id,
        "case": row.case,
        "kind": row.kind,
        "person": row.person,
        "at": session.time(row.at),
        "article": row.article,
        "status": row.status,
        "reason": row.reason,
        "sanction": row.sanction,
        "evidence": local(session, row.evidence.clone()),
    })
}

/// Instants as the register keeps them, in the site's zone.
fn local(session: &Session, value: Value) -> Value {
    const INSTANTS: [&str; 4] = ["started_at", "due_at", "from", "to"];
    let instant = |name: &str, value: Value| {
        let at = value.as_str().filter(|_| INSTANTS.contains(&name));
        match at.and_then(|text| text.parse().ok()) {
            Some(at) => Value::String(session.time(at)),
            None => local(session, value),
        }
    };
    match value {
        Value::Array(rows) => rows.into_iter().map(|row| local(session, row)).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| {
                let value = instant(&name, value);
                (name, value)
            });
            Value::Object(fields.collect())
        }
        other => other,
    }
}

fn notice(session: &Session, row: &NoticeRow) -> Value {
    json!({
        "id": row.id,
        "kind": row.kind,
        "rung": row.rung,
        "person": row.person,
        "due_at": session.time(row.due_at),
        "state": row.state,
        "why": row.why,
        "message": row.message,
    })
}

/// A journal line. Bytes that are no UTF-8 are shown as U+FFFD; the journal keeps them exact.
pub fn line(session: &Session, row: &JournalRow) -> Value {
    json!({
        "id": row.id,
        "feed": row.feed,
        "received_at": session.time(row.received_at),
        "raw": String::from_utf8_lossy(&row.raw),
        "state": row.state,
        "reason": row.reason,
        "column": row.column,
        "call": row.call,
        "repeats": row.link,
    })
}

/// A feed.
pub fn feed(session: &Session, row: &FeedRow, transport: &str, state: State<'_>, told: &Told) -> Value {
    let events = told
        .events
        .iter()
        .map(|(at, text)| json!({"at": session.time(*at), "text": text}));
    json!({
        "name": row.name,
        "dialect": row.dialect,
        "detected": told.detected,
        "transport": transport,
        "state": state.0,
        "reason": state.1,
        "last_line_at": when(session, row.last_line_at),
        "lines": row.lines,
        "legs": row.legs,
        "skipped": row.skipped,
        "quarantined": row.quarantined,
        "duplicates": row.duplicates,
        "partial": row.partial,
        "pending": row.pending,
        "drift_seconds": row.drift_seconds,
        "breaks": row.faults.breaks,
        "bad_bytes": row.faults.bad_bytes,
        "lost_bytes": row.faults.lost_bytes,
        "connections": row.connections,
        "gaps": told.gaps.iter().map(|hole| gap(session, hole)).collect::<Vec<_>>(),
        "alarms": told.alarms,
        "events": events.collect::<Vec<_>>(),
    })
}

/// What a feed is doing, in a word, and why it waits.
pub type State<'a> = (&'a str, Option<&'a str>);

/// What is known of a feed beside its figures.
pub struct Told {
    /// What its latest lines look like.
    pub detected: Option<Detection>,
    /// Holes in what it gave us.
    pub gaps: Vec<Gap>,
    /// Alarms that stand.
    pub alarms: Vec<Alarm>,
    /// What happened to it as a whole.
    pub events: Vec<(jiff::Timestamp, String)>,
}

/// A hole in what a feed gave us.
fn gap(session: &Session, gap: &Gap) -> Value {
    json!({
        "kind": gap.kind,
        "from": session.time(gap.from),
        "to": session.time(gap.to),
        "after": gap.after_id,
        "before": gap.before_id,
        "missing": gap.missing,
        "why": gap.why,
    })
}

/// A message of the outbox.
pub fn message(session: &Session, row: &OutboxRow) -> Value {
    json!({
        "message": row.message,
        "person": row.note.is_none().then_some(&row.person),
        "address": row.address,
        "subject": row.subject,
        "state": row.state,
        "attempts": row.attempts,
        "next_at": when(session, row.next_at),
        "last_error": row.last_error,
        "notices": row.notices,
        "message_id": row.message_id,
        "created_at": session.time(row.created_at),
        "sent_at": when(session, row.sent_at),
    })
}
