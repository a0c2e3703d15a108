//! From the main file to the files it includes, and all of them together.

use std::path::{Path, PathBuf};

use super::load::Load;
use super::near::choose;
use super::reader::{Field, Section};
use super::settings::{Config, Feed, Mail, PolicyFrom, Site, Web};
use super::tree::{self, Entry, Node, Value};
use super::{calendar, directory, feed, links, policy, shipped, site};
use crate::calendar::Calendar;
use crate::case::policy::Policy;
use crate::directory::Directory;

pub(crate) type Parts = (Config, Directory, Policy, Calendar);

/// The shipped policy that overrides are looked at over when theirs is not to be had.
const STAND_IN: &str = "bureau";

/// The main file as read.
struct Main<'a> {
    site: Site,
    store: PathBuf,
    mail: Option<Mail>,
    web: Web,
    feeds: Vec<Feed>,
    directory: Option<Included<'a>>,
    calendar: Option<CalendarSource<'a>>,
    policy: Option<PolicySource<'a>>,
}

/// An included file: its path, and the value that names it.
struct Included<'a> {
    path: PathBuf,
    field: Field<'a>,
}

enum CalendarSource<'a> {
    File(Included<'a>),
    Inline(Box<Calendar>),
}

/// Where the policy comes from (none if that is wrong), and what is laid over it.
struct PolicySource<'a> {
    from: Option<(PolicyFrom, Field<'a>)>,
    over: Option<&'a [Entry]>,
}

/// Reads the table of a whole file.
pub(crate) fn whole<'a, T>(load: &'a Load<'a>, root: &'a Node, read: impl FnOnce(&mut Section<'a>) -> T) -> Option<T> {
    let Value::Table(entries) = &root.value else {
        return None;
    };
    let mut section = Section::new(load, entries, root.at, String::new());
    let value = read(&mut section);
    section.done();
    Some(value)
}

/// Reads everything; `None` if a part is missing, and then problems were reported.
pub(crate) fn all<'a>(load: &'a Load<'a>, root: &'a Node) -> Option<Parts> {
    let main = whole(load, root, main_file)?;
    // Names as written, so that a feed with a mistake elsewhere can still be named by a holding.
    let names = feed::names(root).into_iter().collect();
    let directory = main.directory.as_ref().and_then(|included| {
        let root = open(load, included)?;
        let raw = whole(load, &root, directory::read)?;
        links::link(load, raw, &names)
    });
    let policy = main.policy.as_ref().and_then(|source| read_policy(load, source));
    let (calendar, calendar_path) = match main.calendar {
        Some(CalendarSource::Inline(calendar)) => (Some(*calendar), None),
        Some(CalendarSource::File(included)) => {
            let zone = &main.site.time_zone;
            let root = open(load, &included);
            let calendar = root.and_then(|root| whole(load, &root, |s| calendar::read(s, zone, None)).flatten());
            (calendar, Some(included.path))
        }
        None => (None, None),
    };
    let config = Config {
        site: main.site,
        store: main.store,
        directory: main.directory?.path,
        calendar: calendar_path,
        policy: main.policy?.from?.0,
        mail: main.mail?,
        web: main.web,
        feeds: main.feeds,
    };
    Some((config, directory?, policy?, calendar?))
}

fn main_file<'a>(s: &mut Section<'a>) -> Main<'a> {
    let site = s.opt("site", site::site).unwrap_or_default();
    let store = s.or("store", site::default_store(), site::store);
    let directory = s.need("directory", "{path=\"directory.toml\"}", |f| {
        f.section(|s| s.need("path", "\"directory.toml\"", |f| included(f)))
    });
    let calendar = s.need("calendar", "{hours=\"24x7\"}, or {path=\"calendars/cn.toml\"}", |f| {
        Some(match calendar::from(f, &site.time_zone)? {
            calendar::From::Inline(calendar) => CalendarSource::Inline(calendar),
            calendar::From::File(at) => CalendarSource::File(included(&at)?),
        })
    });
    let mail = s.need(
        "mail",
        "{transport=\"maildir:var/mail\", from=\"firstanswer@localhost\"}",
        site::mail,
    );
    let web = s.or("web", site::default_web(), site::web);
    let policy = s.need("policy", "{use=\"bureau\"}", policy_source);
    let feeds = s.or("feed", Vec::new(), |f| feed::feeds(f, &site.time_zone, web.listen));
    Main {
        site,
        store,
        mail,
        web,
        feeds,
        directory,
        calendar,
        policy,
    }
}

fn included<'a>(field: &Field<'a>) -> Option<Included<'a>> {
    let path = field.load.folder(field.node.at).join(field.text()?);
    Some(Included {
        path,
        field: Field {
            load: field.load,
            node: field.node,
            path: field.path.clone(),
        },
    })
}

fn open(load: &Load<'_>, included: &Included<'_>) -> Option<Node> {
    load.file(&included.path)
        .map_err(|reason| {
            let reason = format!("{} can't be read: {reason}", included.path.display());
            included
                .field
                .wrong(reason, "the path is relative to the file that names it");
        })
        .ok()
}

fn policy_source<'a>(field: &Field<'a>) -> Option<PolicySource<'a>> {
    field.section(|s| {
        let named = s.need("use", "\"bureau\"", |f| {
            let text = f.text()?;
            let names: Vec<&str> = shipped::POLICIES.iter().map(|(name, _)| *name).collect();
            let is_path = text.contains('/') || Path::new(text).extension().is_some_and(|end| end == "toml");
            if names.contains(&text) {
                Some((PolicyFrom::Shipped(text.to_owned()), included(f)?.field))
            } else if is_path {
                let included = included(f)?;
                Some((PolicyFrom::File(included.path), included.field))
            } else {
                let nearest = choose(text, &names);
                let or = if nearest.ends_with('?') { " Or" } else { "; or" };
                let way_out = format!("{nearest}{or} name a file: \"policies/own.toml\"");
                f.wrong(format!("there is no policy `{text}`"), way_out);
                None
            }
        });
        let over = s.opt("override", |f| match &f.node.value {
            Value::Table(entries) => Some(entries.as_slice()),
            _ => f.section(|_| None),
        });
        Some(PolicySource { from: named, over })
    })
}

fn read_policy(load: &Load<'_>, source: &PolicySource<'_>) -> Option<Policy> {
    let read = match &source.from {
        Some((PolicyFrom::Shipped(name), _)) => shipped_policy(load, name),
        Some((PolicyFrom::File(path), named)) => {
            let field = Field {
                load,
                node: named.node,
                path: named.path.clone(),
            };
            let path = path.clone();
            open(load, &Included { path, field })
        }
        None => None,
    };
    let Some(mut root) = read else {
        over_nothing(load, source.over?);
        return None;
    };
    let mut text = load.source_text(root.at);
    if let (Some(over), Value::Table(entries)) = (source.over.filter(|over| !over.is_empty()), &mut root.value) {
        tree::overlay(entries, over);
        text = tree::write(entries);
    }
    whole(load, &root, |s| policy::read(s, text)).flatten()
}

fn shipped_policy(load: &Load<'_>, name: &str) -> Option<Node> {
    let text = shipped::policy(name)?;
    let path = PathBuf::from(format!("policies/{name}.toml"));
    Some(load.text(path, format!("shipped policies/{name}.toml"), text.to_owned()))
}

/// The policy is not to be had: what is laid over it is looked at all the same, over a shipped one. What the right one
/// would bring along is then not missed.
fn over_nothing(load: &Load<'_>, over: &[Entry]) {
    let Some(mut root) = shipped_policy(load, STAND_IN) else {
        return;
    };
    if let Value::Table(entries) = &mut root.value {
        tree::overlay(entries, over);
    }
    load.in_part(|| whole(load, &root, |s| policy::read(s, String::new())));
}

/// Asks for every key of the main file, for the test that compares them with the annotated one.
#[cfg(test)]
pub(crate) fn ask_all(s: &mut Section<'_>) {
    main_file(s);
}
