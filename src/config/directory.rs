//! The directory file: each table by itself. What ties them together is checked in [`super::links`].
//!
//! **Invariants.** A row that is wrong in one field still lends its id to the checks of others, so that one mistake
//! gives one problem.

use std::collections::HashSet;

use jiff::civil::{Date, Time};

use super::hours::{watch, week_hours, weekdays};
use super::load::Wrong;
use super::reader::{Field, Section};
use super::site::LANGUAGES;
use super::source::Place;
use super::tree::{Node, Value};
use super::values::address;
use crate::call::Machine;
use crate::directory::{
    Away, Department, Desk, DutyEntry, Holding, HoldingKey, HoldingWhat, Known, Person, RosterDays, RosterRow,
};
use crate::ids::PersonId;

/// Roles a person can have.
const ROLES: [&str; 3] = ["supervisor", "manager", "admin"];
/// Machines by the word in the file.
const MACHINES: [(&str, Machine); 5] = [
    ("queue", Machine::Queue),
    ("ivr", Machine::Ivr),
    ("voicemail", Machine::Voicemail),
    ("fax", Machine::Fax),
    ("other", Machine::Other),
];

/// A row and where it stands: the places of its keys are looked up when a link is wrong.
pub(crate) struct Row<T> {
    pub value: Option<T>,
    pub id: Option<String>,
    pub at: Place,
    pub path: String,
    /// Places of keys that name something elsewhere.
    pub keys: Vec<(&'static str, Place)>,
    /// Places of the texts under each key, however deep: what is wrong is marked itself.
    pub texts: Vec<(String, String, Place)>,
}

impl<T> Row<T> {
    pub(crate) fn key_at(&self, key: &str) -> Place {
        self.keys
            .iter()
            .find(|(known, _)| *known == key)
            .map_or(self.at, |(_, at)| *at)
    }

    /// The text of a key, as written.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        let found = self.texts.iter().find(|(under, ..)| under == key);
        found.map(|(_, text, _)| text.as_str())
    }

    /// Where a text stands under a key; where the key stands, if it isn't found.
    pub(crate) fn text_at(&self, key: &str, text: &str) -> Place {
        let found = self.texts.iter().find(|(under, what, _)| under == key && what == text);
        found.map_or_else(|| self.key_at(key), |(_, _, at)| *at)
    }
}

/// All texts below a node, with their places.
fn texts(node: &Node, under: &str, found: &mut Vec<(String, String, Place)>) {
    match &node.value {
        Value::Text(text) => found.push((under.to_owned(), text.clone(), node.at)),
        Value::List(list) => list.iter().for_each(|item| texts(item, under, found)),
        Value::Table(entries) => entries.iter().for_each(|entry| texts(&entry.node, under, found)),
        _ => {}
    }
}

/// The directory file as read, not yet linked.
#[derive(Default)]
pub(crate) struct Raw {
    pub fallback: Option<(PersonId, Place)>,
    pub departments: Vec<Row<Department>>,
    pub people: Vec<Row<Person>>,
    pub holdings: Vec<Row<Holding>>,
    pub desks: Vec<Row<Desk>>,
    pub duties: Vec<Row<DutyEntry>>,
    pub known: Vec<Known>,
    pub names: Names,
}

/// Every id that stands in the file, whether its row is right or not.
#[derive(Default)]
pub(crate) struct Names {
    pub people: HashSet<String>,
    pub departments: HashSet<String>,
    pub desks: HashSet<String>,
}

pub(crate) fn read(s: &mut Section<'_>) -> Raw {
    let fallback = s.need("fallback", "\"li\"", |f| f.slug().map(|id| (id, f.node.at)));
    let departments = s.need("department", "[ {id=\"…\", name=\"…\", head=\"…\"} ]", |f| {
        rows(f, department)
    });
    let people = s.need("person", "[ {id=\"…\", name=\"…\", department=\"…\"} ]", |f| {
        rows(f, person)
    });
    let holdings = s.opt("holding", |f| rows(f, holding)).unwrap_or_default();
    let desks = s.opt("desk", |f| rows(f, desk)).unwrap_or_default();
    let duties = s.opt("duty", |f| rows(f, duty)).unwrap_or_default();
    let known = s.opt("known", |f| f.list(|f| f.section(known))).unwrap_or_default();
    let (departments, people) = (departments.unwrap_or_default(), people.unwrap_or_default());
    let names = Names {
        people: ids(&people),
        departments: ids(&departments),
        desks: ids(&desks),
    };
    Raw {
        fallback,
        departments,
        people,
        holdings,
        desks,
        duties,
        known,
        names,
    }
}

fn ids<T>(rows: &[Row<T>]) -> HashSet<String> {
    rows.iter().filter_map(|row| row.id.clone()).collect()
}

fn rows<T>(field: &Field<'_>, read: fn(&mut Section<'_>) -> Option<T>) -> Option<Vec<Row<T>>> {
    const LINKS: [&str; 11] = [
        "id",
        "parent",
        "head",
        "department",
        "supervisor",
        "deputies",
        "person",
        "desk",
        "lead",
        "handler",
        "feed",
    ];
    field.list(|f| {
        f.section(|s| {
            let id = match &f.node.value {
                Value::Table(entries) => entries.iter().find(|e| e.key == "id").and_then(|entry| {
                    if let Value::Text(text) = &entry.node.value {
                        Some(text.clone())
                    } else {
                        None
                    }
                }),
                _ => None,
            };
            let mut keys: Vec<_> = LINKS
                .iter()
                .filter_map(|key| s.key_at(key).map(|at| (*key, at)))
                .collect();
            keys.extend(
                ["login", "roster", "ext", "agent", "number", "from"]
                    .iter()
                    .filter_map(|key| s.key_at(key).map(|at| (*key, at))),
            );
            let mut below = Vec::new();
            if let Value::Table(entries) = &f.node.value {
                entries
                    .iter()
                    .for_each(|entry| texts(&entry.node, &entry.key, &mut below));
            }
            let value = read(s);
            Some(Row {
                texts: below,
                value,
                id,
                at: s.at,
                path: s.path.clone(),
                keys,
            })
        })
    })
}

fn department(s: &mut Section<'_>) -> Option<Department> {
    let id = s.need("id", "\"permits\"", Field::slug);
    let name = s.need("name", "\"审批科\"", |f| f.text().map(str::to_owned));
    let name_en = s.opt_text("name_en");
    let parent = s.opt("parent", Field::slug);
    let head = s.need("head", "\"li\"", Field::slug);
    let phone = s.opt("phone", |f| f.parse(phone));
    let complaints = s.or("complaints", false, Field::bool);
    Some(Department {
        id: id?,
        name: name?,
        name_en,
        parent,
        head: head?,
        phone,
        complaints,
    })
}

fn person(s: &mut Section<'_>) -> Option<Person> {
    let id = s.need("id", "\"wang\"", Field::slug);
    let name = s.need("name", "\"王芳\"", |f| f.text().map(str::to_owned));
    let name_en = s.opt_text("name_en");
    let mail = s.opt("mail", |f| f.parse(address));
    let language = s.opt("language", |f| f.one_of(&LANGUAGES));
    let department = s.need("department", "\"permits\"", Field::slug);
    let supervisor = s.opt("supervisor", Field::slug);
    let deputies = s.or("deputies", Vec::new(), |f| f.list(Field::slug));
    let rank = s.or("rank", 0, |f| f.int(-1_000, 1_000));
    let login = s.opt_text("login");
    let phone = s.opt("phone", |f| f.parse(phone));
    let hours = s.opt("hours", |f| f.parse_all(week_hours));
    let away = s.or("away", Vec::new(), |f| f.list(|f| f.section(away)));
    let roles = s.or("roles", Vec::new(), |f| f.list(|f| f.word(&ROLES)));
    let (id, name, department) = (id?, name?, department?);
    Some(Person {
        id,
        name,
        name_en,
        mail,
        language,
        department,
        supervisor,
        deputies,
        rank,
        login,
        phone,
        hours,
        away,
        roles,
    })
}

fn phone(text: &str) -> Result<String, Wrong> {
    let good =
        text.chars().any(|c| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || " +-()*#/".contains(c));
    good.then(|| text.to_owned()).ok_or_else(|| {
        Wrong::new(
            format!("`{text}` is no phone number"),
            "write digits: \"8020\", \"021-55500100\"",
        )
    })
}

fn away(s: &mut Section<'_>) -> Option<Away> {
    let from = s.need("from", "2026-10-08", Field::date);
    let to = s.need("to", "2026-10-12", Field::date);
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        s.wrong_key(
            "to",
            format!("{to} lies before {from}"),
            "both days are included: write the later one here",
        );
    }
    Some(Away { from: from?, to: to? })
}

/// The one key of some that is given, or a problem.
fn exactly_one(s: &Section<'_>, keys: &[&'static str], what: &str) -> Option<&'static str> {
    let given: Vec<&'static str> = keys.iter().copied().filter(|key| s.has(key)).collect();
    match given.as_slice() {
        [one] => Some(*one),
        [] => {
            s.wrong(format!("{what} is missing"), format!("add one of {}", keys.join(", ")));
            None
        }
        [first, second, ..] => {
            s.wrong_key(second, format!("`{first}` and `{second}` are both given"), "keep one");
            None
        }
    }
}

fn holding(s: &mut Section<'_>) -> Option<Holding> {
    let ext = s.opt("ext", |f| f.parse(station));
    let agent = s.opt("agent", |f| f.parse(station));
    let number = s.opt("number", |f| f.parse(phone));
    let feed = s.opt("feed", Field::slug);
    let from = s.opt("from", Field::date);
    let to = s.opt("to", Field::date);
    let person = s.opt("person", Field::slug);
    let desk = s.opt("desk", Field::slug);
    let machine = s.opt("machine", |f| f.one_of(&MACHINES));
    let members = s.opt("group", |f| f.list(|f| f.parse(station)));
    let lead = s.opt("lead", Field::slug);
    let key = match exactly_one(s, &["ext", "agent", "number"], "the number that is held") {
        Some("ext") => ext.map(HoldingKey::Ext),
        Some("agent") => agent.map(HoldingKey::Agent),
        Some(_) => number.map(HoldingKey::Number),
        None => None,
    };
    let what = exactly_one(s, &["person", "desk", "machine", "group"], "who holds it");
    if let Some(kind @ ("person" | "desk")) = what
        && s.has("lead")
    {
        s.wrong_key(
            "lead",
            format!("a {kind} needs no lead"),
            "take it out; leads are for machines and groups",
        );
    }
    if members.as_ref().is_some_and(Vec::is_empty) {
        s.wrong_key(
            "group",
            "the group has no members",
            "name their extensions: [\"8021\", \"8022\"]",
        );
    }
    let what = match what? {
        "person" => person.map(HoldingWhat::Person),
        "desk" => desk.map(HoldingWhat::Desk),
        "machine" => machine.map(|machine| HoldingWhat::Machine { machine, lead }),
        _ => members.map(|members| HoldingWhat::Group { members, lead }),
    };
    order(s, from, to);
    Some(Holding {
        key: key?,
        feed,
        from,
        to,
        what: what?,
        place: s.load.name(s.at),
    })
}

fn order(s: &Section<'_>, from: Option<Date>, to: Option<Date>) {
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        let way_out = "`to` is the first day that no longer counts: write a later one";
        s.wrong_key("to", format!("nothing lies between {from} and {to}"), way_out);
    }
}

fn station(text: &str) -> Result<String, Wrong> {
    let good = text.len() <= 32 && text.chars().all(|c| c.is_alphanumeric() || "*#-_.+".contains(c));
    good.then(|| text.to_owned()).ok_or_else(|| {
        Wrong::new(
            format!("`{text}` is no extension"),
            "write it as the switch prints it: \"8021\"",
        )
    })
}

fn desk(s: &mut Section<'_>) -> Option<Desk> {
    let id = s.need("id", "\"front\"", Field::slug);
    let department = s.need("department", "\"permits\"", Field::slug);
    let roster = s.or("roster", Vec::new(), |f| f.list(|f| f.section(roster_row)));
    Some(Desk {
        id: id?,
        department: department?,
        roster,
    })
}

fn roster_row(s: &mut Section<'_>) -> Option<RosterRow> {
    let days = s.opt("days", |f| f.parse(weekdays)).map(RosterDays::Weekdays);
    let date = s.opt("date", Field::date).map(RosterDays::Date);
    let at = s.or("at", (Time::midnight(), Time::midnight()), |f| f.parse(watch));
    let person = s.need("person", "\"wang\"", Field::slug);
    exactly_one(s, &["days", "date"], "the day")?;
    Some(RosterRow {
        on: days.or(date)?,
        at,
        person: person?,
    })
}

fn duty(s: &mut Section<'_>) -> Option<DutyEntry> {
    let words = s.need("words", "[\"营业执照\"]", Field::texts);
    let department = s.opt("department", Field::slug);
    let handler = s.opt("handler", Field::slug);
    let outside = s.opt_text("outside");
    let phone = s.opt("phone", |f| f.parse(phone));
    if words.as_ref().is_some_and(Vec::is_empty) {
        s.wrong_key(
            "words",
            "nobody can find it without words",
            "write what callers say: [\"营业执照\"]",
        );
    }
    if !["department", "handler", "outside"].iter().any(|key| s.has(key)) {
        s.wrong("it names nobody", "add department, handler or outside");
    }
    if s.has("outside") && (s.has("department") || s.has("handler")) {
        s.wrong_key(
            "outside",
            "it is ours and outside at once",
            "keep one; two offices are two entries",
        );
    }
    Some(DutyEntry {
        words: words?,
        department,
        handler,
        outside,
        phone,
    })
}

fn known(s: &mut Section<'_>) -> Option<Known> {
    let number = s.need("number", "\"02155501234\"", |f| f.parse(phone));
    let name = s.need("name", "\"保洁\"", |f| f.text().map(str::to_owned));
    let opens = s.or("opens", true, Field::bool);
    Some(Known {
        number: number?,
        name: name?,
        opens,
    })
}
