//! Where things stand in a directory, by name: a question costs the same with ten holdings and with ten thousand.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::OnceLock;

use super::{Directory, HoldingKey};
use crate::ids::{DepartmentId, DeskId, PersonId};

/// Built at the first question, from what the directory's lists hold then. A clone starts empty again, so a changed
/// copy is safe. Two indexes are always equal: what counts are the lists.
#[derive(Default)]
pub struct Index(OnceLock<Tables>);

/// Positions in the directory's lists.
#[derive(Default)]
pub(super) struct Tables {
    pub people: HashMap<PersonId, usize>,
    pub logins: HashMap<String, usize>,
    pub departments: HashMap<DepartmentId, usize>,
    pub members: HashMap<DepartmentId, Vec<usize>>,
    pub desks: HashMap<DeskId, usize>,
    pub extensions: HashMap<String, Vec<usize>>,
    pub agents: HashMap<String, Vec<usize>>,
}

impl Clone for Index {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Index {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Index")
    }
}

impl Directory {
    pub(super) fn tables(&self) -> &Tables {
        self.index.0.get_or_init(|| Tables::of(self))
    }
}

impl Tables {
    fn of(directory: &Directory) -> Self {
        let mut tables = Self {
            people: positions(directory.people.iter().map(|person| person.id.clone())),
            logins: HashMap::new(),
            departments: positions(directory.departments.iter().map(|department| department.id.clone())),
            members: HashMap::new(),
            desks: positions(directory.desks.iter().map(|desk| desk.id.clone())),
            extensions: HashMap::new(),
            agents: HashMap::new(),
        };
        for (at, person) in directory.people.iter().enumerate() {
            tables.members.entry(person.department.clone()).or_default().push(at);
            if let Some(login) = &person.login {
                tables.logins.entry(login.clone()).or_insert(at);
            }
        }
        for (at, holding) in directory.holdings.iter().enumerate() {
            match &holding.key {
                HoldingKey::Ext(ext) => tables.extensions.entry(ext.clone()).or_default().push(at),
                HoldingKey::Agent(code) => tables.agents.entry(code.clone()).or_default().push(at),
                // Compared by key, which needs the site's dial plan: `numbers`.
                HoldingKey::Number(_) => {}
            }
        }
        tables
    }
}

/// The first of each.
fn positions<K: Eq + Hash>(keys: impl Iterator<Item = K>) -> HashMap<K, usize> {
    let mut map = HashMap::new();
    for (at, key) in keys.enumerate() {
        map.entry(key).or_insert(at);
    }
    map
}
