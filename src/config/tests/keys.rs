//! The annotated files are the reference of the keys: what they show is known, what is known they show.
//!
//! A line that begins with `#` and no blank is a setting that is switched off; here all are switched on.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::config::load::Load;
use crate::config::reader::Section;
use crate::config::tree::{Entry, Node, Value};
use crate::config::{directory, files, policy};

/// Keys that hang on a free name: it is left out of their path.
const FREE: [&str; 4] = ["category", "account_code", "options", "hours"];

fn switched_on(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let bare = line.trim_start();
        match bare.strip_prefix('#') {
            Some(setting) if setting.starts_with(|c: char| !c.is_whitespace()) => setting,
            _ => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Paths of all keys of a tree, without indexes and free names.
fn shown(entries: &[Entry], path: &str, free: bool, keys: &mut BTreeSet<String>) {
    for Entry { key, node, .. } in entries {
        let here = match (free, path.is_empty()) {
            (true, _) => path.to_owned(),
            (false, true) => key.clone(),
            (false, false) => format!("{path}.{key}"),
        };
        if !free {
            keys.insert(here.clone());
        }
        below(node, &here, !free && FREE.contains(&key.as_str()), keys);
    }
}

fn below(node: &Node, path: &str, free: bool, keys: &mut BTreeSet<String>) {
    match &node.value {
        Value::Table(entries) => shown(entries, path, free, keys),
        Value::List(list) => list.iter().for_each(|node| below(node, path, free, keys)),
        _ => {}
    }
}

/// Reads a text with everything switched on; gives the keys it shows and those the reader asked for.
fn both(text: &str, read: impl FnOnce(&mut Section<'_>)) -> (BTreeSet<String>, BTreeSet<String>) {
    let nothing = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
    let load = Load::new(&nothing);
    let root = load.text(PathBuf::from("reference"), "reference".to_owned(), switched_on(text));
    let mut keys = BTreeSet::new();
    below(&root, "", false, &mut keys);
    assert!(!keys.is_empty());
    files::whole(&load, &root, read);
    let asked = load.asked.borrow().clone();
    let problems = load.finish().err().unwrap_or_default();
    let broken: Vec<String> = problems
        .iter()
        .filter(|problem| problem.reason.contains("TOML") || problem.reason.contains("not known"))
        .map(ToString::to_string)
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
    (keys, asked)
}

#[track_caller]
fn same(shown: &BTreeSet<String>, asked: &BTreeSet<String>) {
    let undocumented: Vec<_> = asked.difference(shown).collect();
    let unknown: Vec<_> = shown.difference(asked).collect();
    assert!(
        undocumented.is_empty(),
        "known, but not in the annotated file: {undocumented:?}"
    );
    assert!(unknown.is_empty(), "in the annotated file, but not known: {unknown:?}");
}

#[test]
fn main_file() {
    let (mut shown, mut asked) = both(include_str!("../../../config/firstanswer.toml"), files::ask_all);
    // The keys of an override are the policy's, those of an inline calendar the calendar's.
    for keys in [&mut shown, &mut asked] {
        let elsewhere = ["policy.override.", "calendar.off.", "calendar.work."];
        keys.retain(|key| !elsewhere.iter().any(|path| key.starts_with(path)));
    }
    same(&shown, &asked);
}

#[test]
fn directory_file() {
    let (shown, asked) = both(include_str!("../../../config/directory.example.toml"), |s| {
        directory::read(s);
    });
    let optional = ["person.supervisor", "holding.feed", "person.phone"];
    assert!(optional.iter().all(|key| shown.contains(*key)));
    same(&shown, &asked);
}

#[test]
fn policy_file() {
    let (shown, asked) = both(include_str!("../../../config/policies/bureau.toml"), |s| {
        policy::read(s, String::new());
    });
    let mut unshown = asked.clone();
    unshown.retain(|key| !shown.contains(key));
    // A policy names the violations, duties' parts and codes it needs; these it may name besides.
    unshown.retain(|key| !key.starts_with("violation.") && !key.starts_with("duty.") && key != "account_code.duty");
    assert!(unshown.is_empty(), "{unshown:?}");
    assert!(shown.difference(&asked).next().is_none());
}

#[test]
fn calendar_file() {
    let zone = jiff::tz::TimeZone::UTC;
    let (mut shown, asked) = both(include_str!("../../../config/calendars/cn.toml"), |s| {
        crate::config::calendar::read(s, &zone, None);
    });
    // Shown in a comment only, since no day of 2026 needs them.
    assert!(include_str!("../../../config/calendars/cn.toml").contains("at = \"09:00-12:00\""));
    shown.insert("work.at".to_owned());
    assert!(include_str!("../../../config/calendars/cn.toml").contains("stands_for = \"fri\""));
    shown.insert("work.stands_for".to_owned());
    same(&shown, &asked);
}
