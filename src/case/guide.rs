//! The right office's phone, where the directory knows it: the caller is told both.
//!
//! **Not here**: searching the directory by words (`who`); a guess is for people to choose from, this takes only what
//! was named exactly.

use jiff::civil::Date;

use crate::case::event::Particulars;
use crate::directory::Directory;

/// Adds the phone of the office or person named, unless one was given; `day` is that of today's extensions.
pub(super) fn with_phone(directory: &Directory, day: Date, mut given: Particulars) -> Particulars {
    if let Some(body) = &given.right_body
        && given.right_phone.is_none()
    {
        given.right_phone = phone_of(directory, day, body);
    }
    given
}

fn phone_of(directory: &Directory, day: Date, body: &str) -> Option<String> {
    let same = |name: &str| name.trim().to_lowercase() == body.trim().to_lowercase();
    let outside = directory
        .duties
        .iter()
        .filter(|duty| duty.outside.as_deref().is_some_and(same));
    let departments = directory.departments.iter().filter(|department| {
        same(department.id.as_str()) || same(&department.name) || department.name_en.as_deref().is_some_and(same)
    });
    let people = directory
        .people
        .iter()
        .filter(|person| same(person.id.as_str()) || same(&person.name) || person.name_en.as_deref().is_some_and(same));
    outside
        .filter_map(|duty| duty.phone.as_deref())
        .chain(departments.filter_map(|department| department.phone.as_deref()))
        .chain(people.filter_map(|person| directory.phone_of(&person.id, day)))
        .next()
        .map(str::to_owned)
}
