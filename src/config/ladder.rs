//! The ladder of a policy: which rung when, to whom.

use std::cmp::Ordering;

use super::load::Wrong;
use super::reader::{Field, Section};
use super::spans::{length, signed_span};
use crate::calendar::Span;
use crate::case::policy::{Recipient, Rung};

const RECIPIENTS: [(&str, Recipient); 5] = [
    ("handler", Recipient::Handler),
    ("supervisor", Recipient::Supervisor),
    ("next", Recipient::Next),
    ("manager", Recipient::Manager),
    ("chain", Recipient::Chain),
];

/// All rungs, upwards.
pub(crate) fn ladder(field: &Field<'_>) -> Option<Vec<Rung>> {
    let mut last: Option<Rung> = None;
    let rungs = field.list(|f| {
        let rung = f.section(rung)?;
        if let Some(before) = &last {
            if rung.rung <= before.rung {
                let reason = format!("rung {} follows rung {}", rung.rung, before.rung);
                f.wrong(reason, "number the rungs upwards, each once");
            } else if earlier(rung.at, before.at) {
                let reason = format!("rung {} comes before rung {}", rung.rung, before.rung);
                f.wrong(reason, "a higher rung comes later: put them in the order of `at`");
            }
        }
        last = Some(rung.clone());
        Some(rung)
    })?;
    if let super::tree::Value::List(list) = &field.node.value
        && list.is_empty()
    {
        field.wrong(
            "the ladder has no rungs, so nobody would be reminded",
            "to mail nothing write observe_only = true",
        );
    }
    Some(rungs)
}

fn rung(s: &mut Section<'_>) -> Option<Rung> {
    let rung = s.need("rung", "1", |f| f.count(0, 100));
    let at = s.need("at", "\"1 business day\"", |f| f.parse(offset));
    let to = s.need("to", "[\"handler\"]", recipients);
    let cc = s.or("cc", Vec::new(), |f| f.list(|f| f.one_of(&RECIPIENTS)));
    let every = s.opt("every", |f| f.parse(positive));
    Some(Rung {
        rung: rung?,
        at: at?,
        to: to?,
        cc,
        every,
    })
}

/// Somebody, at least.
fn recipients(field: &Field<'_>) -> Option<Vec<Recipient>> {
    if matches!(&field.node.value, super::tree::Value::List(list) if list.is_empty()) {
        field.wrong("the rung reaches nobody", "write [\"handler\"]");
    }
    field.list(|f| f.one_of(&RECIPIENTS))
}

/// Before (`-1 business day`) or after the deadline.
fn offset(text: &str) -> Result<Span, Wrong> {
    match signed_span(text)? {
        Span::EndOfDay => length(text),
        value => Ok(value),
    }
}

fn positive(text: &str) -> Result<Span, Wrong> {
    match length(text)? {
        Span::Elapsed(0) | Span::Business(0) | Span::BusinessDays(0) => Err(Wrong::new(
            "it would be repeated without end",
            "write a length above zero: \"5 business days\"",
        )),
        value => Ok(value),
    }
}

/// Whether one offset surely comes before another: by its sign, or by length where both are of one kind.
fn earlier(this: Span, other: Span) -> bool {
    let length = |span: Span| match span {
        Span::Elapsed(n) => (0, n),
        Span::Business(n) => (1, n),
        Span::BusinessDays(n) => (2, n),
        Span::EndOfDay => (3, 1),
    };
    let ((kind, n), (other_kind, m)) = (length(this), length(other));
    match n.signum().cmp(&m.signum()) {
        Ordering::Less => true,
        Ordering::Greater => false,
        Ordering::Equal => kind == other_kind && n < m,
    }
}
