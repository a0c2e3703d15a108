//! Who belongs where, who is above whom, what they are called.
//!
//! The line upward: a named supervisor, else the department's head, a head's the head of the department above. It
//! never leads to oneself, never twice to the same person, and never to somebody the directory doesn't know.

use std::collections::HashSet;

use jiff::civil::Date;

use super::{Department, Directory, HoldingKey, HoldingWhat, Lang, Person};
use crate::ids::{DepartmentId, PersonId};

impl Directory {
    /// A person.
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.tables().people.get(id).and_then(|&at| self.people.get(at))
    }

    /// Whose operating-system login it is.
    pub fn person_by_login(&self, login: &str) -> Option<&Person> {
        self.tables().logins.get(login).and_then(|&at| self.people.get(at))
    }

    /// A department.
    pub fn department(&self, id: &DepartmentId) -> Option<&Department> {
        self.tables()
            .departments
            .get(id)
            .and_then(|&at| self.departments.get(at))
    }

    /// The department a person belongs to.
    pub fn department_of(&self, id: &PersonId) -> Option<&Department> {
        self.department(&self.person(id)?.department)
    }

    /// The people of a department itself, in the file's order; not of those below it.
    pub fn members(&self, id: &DepartmentId) -> impl Iterator<Item = &Person> {
        let members = self.tables().members.get(id).map_or(&[][..], Vec::as_slice);
        members.iter().filter_map(|&at| self.people.get(at))
    }

    /// The departments from one up to the top, itself first.
    pub fn departments_up(&self, id: &DepartmentId) -> Vec<&Department> {
        let mut up: Vec<&Department> = Vec::new();
        let mut next = self.department(id);
        while let Some(department) = next {
            if up.iter().any(|seen| seen.id == department.id) {
                break;
            }
            up.push(department);
            next = department.parent.as_ref().and_then(|parent| self.department(parent));
        }
        up
    }

    /// Whether a person belongs to a department or one below it.
    pub fn is_in(&self, person: &PersonId, department: &DepartmentId) -> bool {
        self.person(person).is_some_and(|person| {
            self.departments_up(&person.department)
                .iter()
                .any(|up| up.id == *department)
        })
    }

    /// The department that complaints go to.
    pub fn complaints_department(&self) -> Option<&Department> {
        self.departments.iter().find(|department| department.complaints)
    }

    /// The supervisor of a person; `None` at the top.
    pub fn supervisor_of(&self, id: &PersonId) -> Option<PersonId> {
        let person = self.person(id)?;
        let named = person
            .supervisor
            .as_ref()
            .filter(|named| *named != id && self.person(named).is_some());
        let heads = || {
            self.departments_up(&person.department)
                .into_iter()
                .map(|department| &department.head)
        };
        named
            .or_else(|| heads().find(|head| *head != id && self.person(head).is_some()))
            .cloned()
    }

    /// Everybody above a person: the supervisor first, the top last.
    pub fn chain(&self, id: &PersonId) -> Vec<PersonId> {
        let mut seen = HashSet::from([id.clone()]);
        let mut chain = Vec::new();
        let mut next = self.supervisor_of(id);
        while let Some(supervisor) = next {
            if !seen.insert(supervisor.clone()) {
                break;
            }
            next = self.supervisor_of(&supervisor);
            chain.push(supervisor);
        }
        chain
    }

    /// Those of some people whom this directory does not know.
    pub fn strangers(&self, people: &[PersonId]) -> Vec<PersonId> {
        people.iter().filter(|id| self.person(id).is_none()).cloned().collect()
    }

    /// The nearest person upward with the role `manager`.
    pub fn manager_of(&self, id: &PersonId) -> Option<PersonId> {
        self.chain(id).into_iter().find(|above| self.has_role(above, "manager"))
    }

    /// Everybody between a person and their manager; without a manager, everybody above.
    pub fn chain_to_manager(&self, id: &PersonId) -> Vec<PersonId> {
        self.chain(id)
            .into_iter()
            .take_while(|above| !self.has_role(above, "manager"))
            .collect()
    }

    /// Whether one person stands above another.
    pub fn is_above(&self, above: &PersonId, id: &PersonId) -> bool {
        self.chain(id).contains(above)
    }

    /// Whether a person has a role.
    pub fn has_role(&self, id: &PersonId, role: &str) -> bool {
        self.person(id)
            .is_some_and(|person| person.roles.iter().any(|has| has == role))
    }

    /// What a person is called in a language; the slug if the directory doesn't know them.
    pub fn display_name(&self, id: &PersonId, lang: Lang) -> String {
        match self.person(id) {
            Some(person) => in_language(&person.name, person.name_en.as_deref(), lang).to_owned(),
            None => id.to_string(),
        }
    }

    /// The phone to reach a person on: their own, else an extension they hold on that day, else the department's.
    pub fn phone_of(&self, id: &PersonId, day: Date) -> Option<&str> {
        let person = self.person(id)?;
        let held = || {
            self.holdings
                .iter()
                .find_map(|holding| match (&holding.key, &holding.what) {
                    (HoldingKey::Ext(ext), HoldingWhat::Person(holder)) if holder == id && holding.holds_on(day) => {
                        Some(ext.as_str())
                    }
                    _ => None,
                })
        };
        let department = || self.department(&person.department)?.phone.as_deref();
        person.phone.as_deref().or_else(held).or_else(department)
    }

    /// What a department is called in a language; the slug if the directory doesn't know it.
    pub fn department_name(&self, id: &DepartmentId, lang: Lang) -> String {
        match self.department(id) {
            Some(department) => in_language(&department.name, department.name_en.as_deref(), lang).to_owned(),
            None => id.to_string(),
        }
    }
}

fn in_language<'n>(name: &'n str, name_en: Option<&'n str>, lang: Lang) -> &'n str {
    match lang {
        Lang::En => name_en.unwrap_or(name),
        Lang::Zh => name,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::example;
    use super::*;

    fn id(text: &str) -> PersonId {
        text.parse().unwrap()
    }

    fn ids(people: Vec<PersonId>) -> String {
        people.iter().map(PersonId::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_line_upward() {
        let d = example::directory();
        assert_eq!(d.supervisor_of(&id("wang")), Some(id("li")), "the department's head");
        assert_eq!(
            d.supervisor_of(&id("li")),
            Some(id("zhao")),
            "a head's: the parent department's head"
        );
        assert_eq!(d.supervisor_of(&id("zhao")), None, "the top");
        assert_eq!(d.supervisor_of(&id("nobody")), None);
        assert_eq!(ids(d.chain(&id("wang"))), "li zhao");
        assert_eq!(d.manager_of(&id("wang")), Some(id("zhao")));
        assert_eq!(d.manager_of(&id("zhao")), None, "never oneself");
        assert_eq!(ids(d.chain_to_manager(&id("wang"))), "li");
        assert!(d.is_above(&id("zhao"), &id("wang")) && !d.is_above(&id("wang"), &id("zhao")));
    }

    #[test]
    fn a_named_supervisor_goes_before_the_head() {
        let mut d = example::directory();
        d.people[0].supervisor = Some(id("liu"));
        assert_eq!(ids(d.chain(&id("wang"))), "liu li zhao");
        let mut d = example::directory();
        d.people[0].supervisor = Some(id("wang"));
        assert_eq!(d.supervisor_of(&id("wang")), Some(id("li")), "never oneself");
        let mut d = example::directory();
        d.people[0].supervisor = Some(id("gone"));
        assert_eq!(d.supervisor_of(&id("wang")), Some(id("li")), "never somebody unknown");
    }

    #[test]
    fn one_head_of_two_levels_is_skipped() {
        let mut d = example::directory();
        // li heads the bureau too: above li there is nobody, above wang only li.
        d.departments[0].head = id("li");
        assert_eq!(d.supervisor_of(&id("li")), None);
        assert_eq!(ids(d.chain(&id("wang"))), "li");
    }

    #[test]
    fn f53_loops_end() {
        let mut d = example::directory();
        d.departments[0].parent = Some("permits".parse().unwrap());
        d.people[3].supervisor = Some(id("wang"));
        assert_eq!(ids(d.chain(&id("wang"))), "li zhao");
        assert_eq!(ids(d.chain(&id("zhao"))), "wang li");
        assert_eq!(d.manager_of(&id("zhao")), None);
        assert_eq!(d.departments_up(&"permits".parse().unwrap()).len(), 2);
    }

    #[test]
    fn departments_and_names() {
        let d = example::directory();
        let bureau = "bureau".parse().unwrap();
        assert_eq!(
            d.department_of(&id("wang")).map(|department| department.id.as_str()),
            Some("permits")
        );
        assert_eq!(
            d.complaints_department().map(|department| department.id.as_str()),
            Some("bureau")
        );
        assert!(d.is_in(&id("wang"), &bureau) && !d.is_in(&id("zhao"), &"permits".parse().unwrap()));
        assert_eq!(
            d.members(&bureau).map(|person| person.id.as_str()).collect::<Vec<_>>(),
            ["zhao"]
        );
        assert_eq!(d.members(&"permits".parse().unwrap()).count(), 3);
        assert_eq!(
            d.person_by_login("wangf").map(|person| person.id.as_str()),
            Some("wang")
        );
        assert_eq!(d.person_by_login("root"), None);
        assert_eq!(d.display_name(&id("wang"), Lang::En), "Wang Fang");
        assert_eq!(d.display_name(&id("wang"), Lang::Zh), "王芳");
        assert_eq!(d.display_name(&id("liu"), Lang::En), "刘洋");
        assert_eq!(d.display_name(&id("gone"), Lang::En), "gone");
        assert_eq!(d.department_name(&bureau, Lang::En), "Bureau");
    }
}
