//! Missed calls: who is to call back.
//!
//! ```text
//! dialled extension's person -> else the group's lead, the desk's head -> else the department's head -> the fallback
//! ```
//! **Invariants.** The clock starts at the hang-up. There is always an owner. Nobody answered first.
//!
//! **Not here**: whether a missed call opens a case ([`super::opening`]), what closes it (`contact`).

use jiff::Timestamp;

use crate::calendar::Calendar;
use crate::call::{Call, Certainty};
use crate::case::event::Holding;
use crate::case::opening;
use crate::directory::{Directory, Found, Holder};

/// Who owes the call-back, and from when. `None` only of a directory without departments.
pub(super) fn holding(
    call: &Call,
    received_at: Timestamp,
    calendar: &Calendar,
    directory: &Directory,
) -> Option<Holding> {
    let (extension, found) = dialled(call, calendar, directory);
    let person = directory.answerable(&found.holder).clone();
    let (clock_base, clock_flagged) = opening::clock_base(call, received_at);
    let how = match &found.holder {
        Holder::Person(_) | Holder::Roster(..) => "dialled",
        Holder::UnknownMember(_) | Holder::Machine(_, Some(_)) => "lead",
        Holder::RosterHole(..) => "head",
        Holder::Machine(_, None) | Holder::Unmapped => "fallback",
    };
    Some(Holding {
        first_answerer: None,
        certainty: match &found.holder {
            Holder::Person(_) => Certainty::Certain,
            _ => Certainty::Likely,
        },
        department: opening::department_of(directory, &person)?,
        handler: person,
        how: how.to_owned(),
        extension,
        clock_base,
        clock_flagged,
    })
}

/// The extension that was dialled; where the directory does not know it, the first that rang and is known.
fn dialled(call: &Call, calendar: &Calendar, directory: &Directory) -> (Option<String>, Found) {
    let at = calendar.zone.to_datetime(call.start);
    let numbers = call.target.iter().chain(&call.called_number).chain(&call.rung);
    let mut found = numbers.map(|number| (number, directory.holder(number, None, &call.feed, at)));
    let mut first = None;
    let known = found.find(|(number, found)| {
        first.get_or_insert_with(|| (*number).clone());
        // A machine that nobody leads tells less than the phone that rang.
        !matches!(found.holder, Holder::Unmapped | Holder::Machine(_, None))
    });
    match known {
        Some((number, found)) => (Some(number.clone()), found),
        None => (
            first,
            Found {
                holder: Holder::Unmapped,
                rule: String::new(),
            },
        ),
    }
}
