//! The directory as a whole: names that must exist, circles that must not, times that must not overlap.

use std::collections::{HashMap, HashSet};

use super::directory::{Names, Raw, Row};
use super::load::Load;
use super::near::choose;
use super::source::Place;
use crate::directory::{Department, Directory, Holding, HoldingKey, HoldingWhat, Index, Person};
use crate::ids::{DepartmentId, PersonId};

/// Where one link is checked from.
struct Links<'a> {
    load: &'a Load<'a>,
    names: &'a Names,
}

impl Links<'_> {
    fn must(&self, what: &str, name: &str, names: &HashSet<String>, at: Place, path: &str) {
        if !names.contains(name) {
            let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
            names.sort_unstable();
            self.load
                .report(at, path, &format!("there is no {what} `{name}`"), &choose(name, &names));
        }
    }

    fn person<T>(&self, name: &PersonId, row: &Row<T>, key: &str) {
        self.must(
            "person",
            name.as_str(),
            &self.names.people,
            row.text_at(key, name.as_str()),
            &format!("{}.{key}", row.path),
        );
    }

    fn department<T>(&self, name: &DepartmentId, row: &Row<T>, key: &str) {
        let path = format!("{}.{key}", row.path);
        self.must(
            "department",
            name.as_str(),
            &self.names.departments,
            row.text_at(key, name.as_str()),
            &path,
        );
    }

    fn unique<T>(&self, what: &str, rows: &[Row<T>]) {
        let mut seen = HashSet::new();
        for row in rows {
            if let Some(id) = &row.id
                && !seen.insert(id)
            {
                let reason = format!("there are two {what} `{id}`");
                self.load.report(
                    row.key_at("id"),
                    &format!("{}.id", row.path),
                    &reason,
                    "rename one of them",
                );
            }
        }
    }
}

/// Checks what ties the tables together and builds the directory; `None` if a part of it is missing.
pub(crate) fn link(load: &Load<'_>, raw: Raw, feeds: &HashSet<String>) -> Option<Directory> {
    let links = Links {
        load,
        names: &raw.names,
    };
    links.unique("departments", &raw.departments);
    links.unique("people", &raw.people);
    links.unique("desks", &raw.desks);
    fallback(&links, &raw);
    departments(&links, &raw.departments);
    people(&links, &raw);
    holdings(&links, &raw.holdings, feeds);
    overlaps(load, &raw.holdings);
    for row in &raw.desks {
        let Some(desk) = &row.value else { continue };
        links.department(&desk.department, row, "department");
        desk.roster
            .iter()
            .for_each(|entry| links.person(&entry.person, row, "roster"));
    }
    for row in &raw.duties {
        let Some(duty) = &row.value else { continue };
        duty.department
            .iter()
            .for_each(|department| links.department(department, row, "department"));
        duty.handler
            .iter()
            .for_each(|person| links.person(person, row, "handler"));
    }
    Some(Directory {
        fallback: raw.fallback.map(|(id, _)| id)?,
        departments: values(raw.departments),
        people: values(raw.people),
        holdings: values(raw.holdings),
        desks: values(raw.desks),
        duties: values(raw.duties),
        known: raw.known,
        index: Index::default(),
    })
}

fn values<T>(rows: Vec<Row<T>>) -> Vec<T> {
    rows.into_iter().filter_map(|row| row.value).collect()
}

fn fallback(links: &Links<'_>, raw: &Raw) {
    let Some((id, at)) = &raw.fallback else { return };
    links.must("person", id.as_str(), &raw.names.people, *at, "fallback");
    let person = raw
        .people
        .iter()
        .filter_map(|row| row.value.as_ref())
        .find(|person| person.id == *id);
    if person.is_some_and(|person| person.mail.is_none()) {
        let reason = format!("`{id}` has no mailbox, so what nobody can be found for would reach nobody");
        links.load.report(
            *at,
            "fallback",
            &reason,
            "give that person a mail address, or name another",
        );
    }
}

fn departments(links: &Links<'_>, rows: &[Row<Department>]) {
    let parents: HashMap<&DepartmentId, &DepartmentId> = rows
        .iter()
        .filter_map(|row| row.value.as_ref())
        .filter_map(|department| department.parent.as_ref().map(|parent| (&department.id, parent)))
        .collect();
    let mut told: HashSet<&DepartmentId> = HashSet::new();
    for row in rows {
        let Some(department) = &row.value else { continue };
        links.person(&department.head, row, "head");
        department
            .parent
            .iter()
            .for_each(|parent| links.department(parent, row, "parent"));
        let circle = circle(&department.id, |id| parents.get(id).copied());
        if !circle.is_empty() && !told.contains(&department.id) {
            let reason = format!("the departments are above each other: {}", shown(&circle));
            let path = format!("{}.parent", row.path);
            links
                .load
                .report(row.key_at("parent"), &path, &reason, "take one parent out");
            told.extend(circle);
        }
    }
}

/// The circle that begins and ends at `start`, if there is one.
fn circle<'i, T: Eq + std::hash::Hash>(start: &'i T, next: impl Fn(&'i T) -> Option<&'i T>) -> Vec<&'i T> {
    let mut way = vec![start];
    let mut seen = HashSet::from([start]);
    let mut at = start;
    while let Some(above) = next(at) {
        if above == start {
            return way;
        }
        if !seen.insert(above) {
            break;
        }
        way.push(above);
        at = above;
    }
    Vec::new()
}

fn shown<T: std::fmt::Display>(circle: &[&T]) -> String {
    let names: Vec<String> = circle
        .iter()
        .chain(circle.first())
        .map(|id| format!("`{id}`"))
        .collect();
    names.join(" → ")
}

fn people(links: &Links<'_>, raw: &Raw) {
    let mut logins = HashMap::new();
    let above: HashMap<&PersonId, PersonId> = raw
        .people
        .iter()
        .filter_map(|row| row.value.as_ref())
        .filter_map(|person| supervisor(person, &raw.departments).map(|above| (&person.id, above)))
        .collect();
    let mut told: HashSet<PersonId> = HashSet::new();
    for row in &raw.people {
        // A person with a mistake elsewhere has the login all the same.
        if let (Some(login), Some(id)) = (row.text("login"), &row.id)
            && let Some(other) = logins.insert(login, id)
        {
            let reason = format!("`{other}` has the login `{login}` already");
            let path = format!("{}.login", row.path);
            links
                .load
                .report(row.key_at("login"), &path, &reason, "a login names one person");
        }
        let Some(person) = &row.value else { continue };
        links.department(&person.department, row, "department");
        person
            .supervisor
            .iter()
            .for_each(|above| links.person(above, row, "supervisor"));
        for deputy in &person.deputies {
            links.person(deputy, row, "deputies");
            if *deputy == person.id {
                let path = format!("{}.deputies", row.path);
                links.load.report(
                    row.key_at("deputies"),
                    &path,
                    "nobody is their own deputy",
                    "name another person",
                );
            }
        }
        // Reported where a supervisor is written, if one of the circle is; heads that sit in each other's
        // departments make one without.
        let circle = circle(&person.id, |id| above.get(id));
        let named = |id: &PersonId| {
            raw.people
                .iter()
                .filter_map(|row| row.value.as_ref())
                .any(|p| p.id == *id && p.supervisor.is_some())
        };
        let written = person.supervisor.is_some() || !circle.iter().any(|id| named(id));
        if written && !circle.is_empty() && !told.contains(&person.id) {
            let reason = format!("they supervise each other: {}", shown(&circle));
            let key = if person.supervisor.is_some() {
                "supervisor"
            } else {
                "department"
            };
            links.load.report(
                row.key_at(key),
                &format!("{}.{key}", row.path),
                &reason,
                "name another supervisor",
            );
            told.extend(circle.into_iter().cloned());
        }
    }
}

/// Who supervises a person: who is named, else the department's head; a head's: the nearest other head above.
fn supervisor(person: &Person, departments: &[Row<Department>]) -> Option<PersonId> {
    if let Some(named) = &person.supervisor {
        return Some(named.clone());
    }
    let find = |id: &DepartmentId| {
        departments
            .iter()
            .filter_map(|row| row.value.as_ref())
            .find(|d| d.id == *id)
    };
    let mut department = find(&person.department)?;
    let mut steps = 0;
    while department.head == person.id {
        department = find(department.parent.as_ref()?)?;
        steps += 1;
        if steps > departments.len() {
            return None;
        }
    }
    Some(department.head.clone())
}

fn holdings(links: &Links<'_>, rows: &[Row<Holding>], feeds: &HashSet<String>) {
    for row in rows {
        let Some(holding) = &row.value else { continue };
        match &holding.what {
            HoldingWhat::Person(person) => links.person(person, row, "person"),
            HoldingWhat::Desk(desk) => {
                let path = format!("{}.desk", row.path);
                links.must("desk", desk.as_str(), &links.names.desks, row.key_at("desk"), &path);
            }
            HoldingWhat::Machine { lead, .. } | HoldingWhat::Group { lead, .. } => {
                lead.iter().for_each(|lead| links.person(lead, row, "lead"));
            }
        }
        if let Some(feed) = &holding.feed {
            links.must(
                "feed",
                feed.as_str(),
                feeds,
                row.key_at("feed"),
                &format!("{}.feed", row.path),
            );
        }
    }
}

/// `[from, to)` of the same number on the same feed must not meet.
fn overlaps(load: &Load<'_>, rows: &[Row<Holding>]) {
    let mut by_number: HashMap<_, Vec<(&Row<Holding>, &Holding)>> = HashMap::new();
    for row in rows {
        if let Some(holding) = &row.value {
            by_number
                .entry((&holding.key, &holding.feed))
                .or_default()
                .push((row, holding));
        }
    }
    for ((key, _), mut list) in by_number {
        list.sort_by_key(|(row, holding)| (holding.from, row.at.start));
        let mut reach = list.first().copied();
        for (row, holding) in list.into_iter().skip(1) {
            let Some((_, before)) = reach else { break };
            let meets = before.to.is_none_or(|to| holding.from.is_none_or(|from| from < to));
            if meets {
                let name = match key {
                    HoldingKey::Ext(name) => format!("the extension {name}"),
                    HoldingKey::Agent(name) => format!("the agent {name}"),
                    HoldingKey::Number(name) => format!("the number {name}"),
                };
                let reason = format!("{name} is held at the same time by the row at {}", before.place);
                let key_at = ["from", "ext", "agent", "number"]
                    .iter()
                    .find(|key| row.keys.iter().any(|(k, _)| k == *key));
                let key = key_at.copied().unwrap_or("ext");
                let way_out = "end the earlier row (`to`) on the day the later one begins (`from`)";
                load.report(row.key_at(key), &format!("{}.{key}", row.path), &reason, way_out);
            }
            if before.to.is_some_and(|to| holding.to.is_none_or(|end| end > to)) {
                reach = Some((row, holding));
            }
        }
    }
}
