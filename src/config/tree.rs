//! A TOML file as a tree of values that know their place.
//!
//! Our own tree and not the parser's, because a policy with overrides is one tree from two files: each value keeps
//! the file it was written in, so an error in an override points at the override.
//!
//! **Invariants.** Never panics, whatever the text. A tree is built even from a text with syntax errors, so that the
//! rest of the file is checked in the same pass.

use std::borrow::Cow;

use jiff::civil::Date;
use toml_spanner::{Arena, Item, Table as ParsedTable, Value as ParsedValue};

use super::dates;
use super::source::Place;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub value: Value,
    pub at: Place,
}

/// A TOML value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Date(Date),
    /// A day that there is not, as written.
    NoDay(String),
    /// A time, or a date with a time: no key takes one.
    Moment(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub key: String,
    pub key_at: Place,
    pub node: Node,
}

/// A syntax error, in the parser's words.
pub(crate) struct Fault {
    pub at: Place,
    pub path: String,
    pub message: String,
}

impl Value {
    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Int(_) => "a number",
            Self::Float(_) => "a fraction",
            Self::Bool(_) => "true or false",
            Self::Date(_) | Self::NoDay(_) => "a date",
            Self::Moment(_) => "a time",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// Parses a file; `file` is its number among the sources.
pub(crate) fn parse(text: &str, file: usize) -> (Node, Vec<Fault>) {
    let arena = Arena::new();
    let parsed = dates::stand_in(text);
    let document = toml_spanner::parse_recoverable(&parsed, &arena);
    let place = |span: toml_spanner::Span| Place {
        file,
        start: span.start as usize,
        end: span.end as usize,
    };
    let mut faults: Vec<Fault> = document
        .errors()
        .iter()
        .map(|error| Fault {
            at: place(error.span()),
            path: error.path().map(ToString::to_string).unwrap_or_default(),
            message: error.message(&parsed),
        })
        .collect();
    let whole = Place { file, start: 0, end: 0 };
    let mut root = Node {
        value: Value::Table(table(document.table(), whole, DEEPEST, &mut faults)),
        at: whole,
    };
    if let Cow::Owned(_) = parsed {
        restore(&mut root, text);
    }
    (root, faults)
}

/// Gives impossible dates their own words back.
fn restore(node: &mut Node, text: &str) {
    match &mut node.value {
        Value::NoDay(words) => *words = text.get(node.at.start..node.at.end).unwrap_or_default().to_owned(),
        Value::List(list) => list.iter_mut().for_each(|node| restore(node, text)),
        Value::Table(entries) => entries.iter_mut().for_each(|entry| restore(&mut entry.node, text)),
        _ => {}
    }
}

/// The deepest table that is followed: far below what a thread's stack holds, far above what anybody writes.
const DEEPEST: usize = 32;

fn table(parsed: &ParsedTable<'_>, outer: Place, deep: usize, faults: &mut Vec<Fault>) -> Vec<Entry> {
    let entries = parsed.entries().iter();
    entries
        .map(|(key, item)| {
            let span = key.span;
            let key_at = if span.is_empty() {
                outer
            } else {
                Place {
                    file: outer.file,
                    start: span.start as usize,
                    end: span.end as usize,
                }
            };
            Entry {
                key: key.as_str().to_owned(),
                key_at,
                node: node(item, key_at, deep, faults),
            }
        })
        .collect()
}

fn node(item: &Item<'_>, outer: Place, deep: usize, faults: &mut Vec<Fault>) -> Node {
    let span = item.span();
    let at = if span.is_empty() {
        outer
    } else {
        Place {
            file: outer.file,
            start: span.start as usize,
            end: span.end as usize,
        }
    };
    let value = match item.value() {
        ParsedValue::Array(_) | ParsedValue::Table(_) if deep == 0 => {
            faults.push(Fault {
                at,
                path: String::new(),
                message: "it is nested too deeply".to_owned(),
            });
            Value::List(Vec::new())
        }
        ParsedValue::String(text) => Value::Text((*text).to_owned()),
        ParsedValue::Integer(number) => number.as_i64().map_or(Value::Float(number.as_f64()), Value::Int),
        ParsedValue::Float(number) => Value::Float(*number),
        ParsedValue::Boolean(truth) => Value::Bool(*truth),
        ParsedValue::DateTime(moment) => match (moment.date(), moment.time()) {
            (Some(date), None) => date_value(date),
            _ => Value::Moment(format!("{moment:?}")),
        },
        ParsedValue::Array(list) => Value::List(list.iter().map(|item| node(item, at, deep - 1, faults)).collect()),
        ParsedValue::Table(inner) => Value::Table(table(inner, at, deep - 1, faults)),
    };
    Node { value, at }
}

fn date_value(date: toml_spanner::Date) -> Value {
    let year = i16::try_from(date.year).unwrap_or(i16::MAX);
    let (month, day) = (
        i8::try_from(date.month).unwrap_or(0),
        i8::try_from(date.day).unwrap_or(0),
    );
    match Date::new(year, month, day) {
        Ok(date) if !dates::stands_in(date.year()) => Value::Date(date),
        _ => Value::NoDay(String::new()),
    }
}

/// Lays a tree over another: tables are merged key by key, anything else is replaced.
pub(crate) fn overlay(base: &mut Vec<Entry>, over: &[Entry]) {
    for entry in over {
        match base.iter_mut().find(|known| known.key == entry.key) {
            Some(known) => match (&mut known.node.value, &entry.node.value) {
                (Value::Table(below), Value::Table(above)) => overlay(below, above),
                _ => {
                    known.node = entry.node.clone();
                    known.key_at = entry.key_at;
                }
            },
            None => base.push(entry.clone()),
        }
    }
}

/// Writes a tree as TOML, one key a line at the top: the text of a policy with its overrides applied.
pub(crate) fn write(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries {
        text.push_str(&write_key(&entry.key));
        text.push_str(" = ");
        write_value(&entry.node.value, &mut text);
        text.push('\n');
    }
    text
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Text(text) => out.push_str(&write_text(text)),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&format!("{number:?}")),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Date(date) => out.push_str(&date.to_string()),
        Value::Moment(text) | Value::NoDay(text) => out.push_str(text),

        Value::List(list) => {
            out.push('[');
            for (index, node) in list.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_value(&node.value, out);
            }
            out.push(']');
        }
        Value::Table(entries) => {
            out.push('{');
            for (index, entry) in entries.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                out.push_str(&write_key(&entry.key));
                out.push_str(" = ");
                write_value(&entry.node.value, out);
            }
            out.push('}');
        }
    }
}

fn write_key(key: &str) -> String {
    let bare = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if bare { key.to_owned() } else { write_text(key) }
}

fn write_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
