//! Whom a case can go to: departments with their people, and what a search for duties and names finds.

use jiff::civil::Date;

use super::office::People;
use crate::case::To;
use crate::directory::{Directory, Lang, WhoHit};
use crate::ids::{DepartmentId, PersonId};

/// All departments with their people, in the order of the directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Staff(
    /// Those that have people.
    pub Vec<Unit>,
);

/// A department and its people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Slug.
    pub id: DepartmentId,
    /// Name in the reader's language.
    pub name: String,
    /// Who works there.
    pub people: Vec<Colleague>,
}

/// One person to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    /// Slug.
    pub id: PersonId,
    /// Name in the reader's language.
    pub name: String,
    /// The last day of an absence that holds now.
    pub away: Option<Date>,
}

impl Staff {
    /// Everybody, with who is away on that day.
    pub fn of(directory: &Directory, lang: Lang, day: Date) -> Self {
        let colleague = |person: &crate::directory::Person| Colleague {
            id: person.id.clone(),
            name: directory.display_name(&person.id, lang),
            away: person
                .away
                .iter()
                .filter(|away| away.from <= day && day <= away.to)
                .map(|away| away.to)
                .max(),
        };
        let unit = |department: &crate::directory::Department| Unit {
            id: department.id.clone(),
            name: directory.department_name(&department.id, lang),
            people: directory.members(&department.id).map(colleague).collect(),
        };
        let units = directory.departments.iter().map(unit);
        Self(units.filter(|unit| !unit.people.is_empty()).collect())
    }

    /// A department's name; the slug if it has nobody.
    pub fn department(&self, id: &DepartmentId) -> String {
        let found = self.0.iter().find(|unit| unit.id == *id);
        found.map_or_else(|| id.to_string(), |unit| unit.name.clone())
    }

    /// What whoever a case is to go to is called.
    pub(super) fn receiver(&self, to: &To, people: &People) -> String {
        match to {
            To::Person(person) => people.name(person),
            To::Department(id) => self.department(id),
            To::Outside(name) => name.clone(),
        }
    }
}

/// One finding of a search, in the reader's language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hit {
    /// What was found: the duty's words, or names.
    pub words: Vec<String>,
    /// Department of ours.
    pub department: Option<String>,
    /// Person of ours.
    pub person: Option<String>,
    /// Office outside.
    pub outside: Option<String>,
    /// Phone that callers are told.
    pub phone: Option<String>,
    /// What the field `to` of a handover takes; none for an office outside.
    pub to: Option<String>,
}

impl Hit {
    /// A finding of the directory.
    pub fn of(hit: &WhoHit, directory: &Directory, lang: Lang) -> Self {
        let person = hit.handler.as_ref();
        let department = hit.department.as_ref();
        Self {
            words: hit.words.clone(),
            department: department.map(|id| directory.department_name(id, lang)),
            person: person.map(|id| directory.display_name(id, lang)),
            outside: hit.outside.clone(),
            phone: hit.phone.clone(),
            to: person
                .map(PersonId::to_string)
                .or_else(|| department.map(DepartmentId::to_string)),
        }
    }

    /// Department and person, or the office outside.
    pub fn body(&self) -> String {
        let parts = [&self.outside, &self.department, &self.person];
        parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
    }
}
