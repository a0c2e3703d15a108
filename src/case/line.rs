//! The line above a person, as the directory has it: supervisor, the supervisor's, up to the top.

use jiff::civil::Date;

use crate::directory::{Directory, Person};
use crate::ids::{DepartmentId, PersonId};

/// A person of the directory.
pub(super) fn person<'d>(directory: &'d Directory, id: &PersonId) -> Option<&'d Person> {
    directory.people.iter().find(|person| person.id == *id)
}

/// Where a person belongs; the fallback's department for a stranger, so that a case always has one.
pub(super) fn department_of(directory: &Directory, id: &PersonId) -> Option<DepartmentId> {
    person(directory, id)
        .or_else(|| person(directory, &directory.fallback))
        .map(|person| person.department.clone())
        .or_else(|| directory.departments.first().map(|department| department.id.clone()))
}

/// Everybody above a person, nearest first. A circle ends where it closes.
pub(super) fn above<'d>(directory: &'d Directory, id: &PersonId) -> Vec<&'d PersonId> {
    let mut line: Vec<&PersonId> = Vec::new();
    let mut at = supervisor(directory, id);
    while let Some(next) = at
        && next != id
        && !line.contains(&next)
    {
        line.push(next);
        at = supervisor(directory, next);
    }
    line
}

/// The named supervisor, else the department's head, else (of a head) the head of the nearest department above.
fn supervisor<'d>(directory: &'d Directory, id: &PersonId) -> Option<&'d PersonId> {
    let person = person(directory, id)?;
    if let Some(named) = &person.supervisor {
        return Some(named);
    }
    let mut department = directory
        .departments
        .iter()
        .find(|department| department.id == person.department);
    for _ in 0..=directory.departments.len() {
        let here = department?;
        if here.head != *id {
            return Some(&here.head);
        }
        let parent = here.parent.as_ref()?;
        department = directory.departments.iter().find(|department| department.id == *parent);
    }
    None
}

/// Who may act for a person who is away that day: the first deputy who is there, and theirs, at most three deep.
pub(super) fn acting_for<'d>(directory: &'d Directory, id: &PersonId, day: Date) -> Vec<&'d PersonId> {
    let mut acting: Vec<&PersonId> = Vec::new();
    let mut absent: Vec<&PersonId> = person(directory, id)
        .filter(|person| is_away(person, day))
        .map(|p| &p.id)
        .into_iter()
        .collect();
    for _ in 0..3 {
        let deputies = absent
            .iter()
            .filter_map(|id| person(directory, id))
            .flat_map(|person| &person.deputies);
        let fresh: Vec<&PersonId> = deputies
            .filter(|deputy| *deputy != id && !acting.contains(deputy))
            .collect();
        let away = |deputy: &&PersonId| person(directory, deputy).is_some_and(|person| is_away(person, day));
        absent = fresh.iter().copied().filter(away).collect();
        acting.extend(fresh);
    }
    acting
}

fn is_away(person: &Person, day: Date) -> bool {
    person.away.iter().any(|away| away.from <= day && day <= away.to)
}
