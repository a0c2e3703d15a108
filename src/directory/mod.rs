//! People, departments, extensions and desks over time: who sat there then. Pure.
//!
//! Types are as `directory.toml` has them, checked by [`crate::config`].
//!
//! | file | question |
//! | --- | --- |
//! | `holder` | who sat at the extension then, and which row says so? |
//! | `numbers` | whose outside number is it? |
//! | `people` | who belongs where, who is above whom, what are they called? |
//! | `away` | who acts for somebody, and where does their mail go? |
//! | `duties` | who handles what? |
//!
//! **Invariants.** Every search ends, also where deputies, supervisors or departments form a loop, and whoever acts
//! for somebody is a named person. A directory is not changed after its first question: the [`Index`] is built then.
//!
//! **Not here**: when somebody works ([`crate::calendar`]), who answered a call first ([`crate::call`]).

mod away;
mod duties;
#[cfg(test)]
pub(crate) mod example;
mod holder;
mod index;
mod numbers;
mod people;

pub use away::{Acting, Mailbox};
pub use duties::WhoHit;
pub use index::Index;
pub use numbers::Numbers;

pub use crate::calendar::Lang;
use jiff::civil::{Date, Time, Weekday};

use crate::calendar::WeekHours;
use crate::call::Machine;
use crate::ids::{DepartmentId, DeskId, FeedName, PersonId};

/// The whole directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Directory {
    /// Who gets what nobody can be found for.
    pub fallback: PersonId,
    /// Departments.
    pub departments: Vec<Department>,
    /// People.
    pub people: Vec<Person>,
    /// Extensions, agents, outside numbers and who holds them when.
    pub holdings: Vec<Holding>,
    /// Desks and their rosters.
    pub desks: Vec<Desk>,
    /// Who handles what.
    pub duties: Vec<DutyEntry>,
    /// Known outside numbers.
    pub known: Vec<Known>,
    /// Where to find them; starts empty (`Index::default()`).
    pub index: Index,
}

/// A department.
#[derive(Debug, Clone, PartialEq)]
pub struct Department {
    /// Slug.
    pub id: DepartmentId,
    /// Name in the site's language.
    pub name: String,
    /// Name in English.
    pub name_en: Option<String>,
    /// The department above.
    pub parent: Option<DepartmentId>,
    /// Its head.
    pub head: PersonId,
    /// Phone that callers are told.
    pub phone: Option<String>,
    /// Complaints go here.
    pub complaints: bool,
}

/// A person.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Slug.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// Name in English.
    pub name_en: Option<String>,
    /// Mailbox.
    pub mail: Option<String>,
    /// Language of their mails and pages; the site's by default.
    pub language: Option<Lang>,
    /// Where they belong.
    pub department: DepartmentId,
    /// Named supervisor; otherwise the department's head, a head's the parent's.
    pub supervisor: Option<PersonId>,
    /// Who acts in their absence.
    pub deputies: Vec<PersonId>,
    /// Breaks a tie of first answerers: the higher is responsible.
    pub rank: i64,
    /// Operating-system login.
    pub login: Option<String>,
    /// Phone shown beside the name.
    pub phone: Option<String>,
    /// Personal working hours.
    pub hours: Option<WeekHours>,
    /// Absences, both days inclusive.
    pub away: Vec<Away>,
    /// Roles: `supervisor`, `manager`, `admin`.
    pub roles: Vec<String>,
}

/// An absence; both days inclusive.
#[derive(Debug, Clone, PartialEq)]
pub struct Away {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// What an extension, agent code or outside number stood for in `[from, to)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Holding {
    /// Which number.
    pub key: HoldingKey,
    /// Only on this feed, where two sites share numbers.
    pub feed: Option<FeedName>,
    /// From this day (site time), or always.
    pub from: Option<Date>,
    /// Before this day, or open.
    pub to: Option<Date>,
    /// Who or what.
    pub what: HoldingWhat,
    /// Where it stands, such as `directory.toml:12`: evidence for `case why`.
    pub place: String,
}

/// What is held.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HoldingKey {
    /// An extension.
    Ext(String),
    /// An agent login or authorisation code.
    Agent(String),
    /// An outside number (a duty mobile).
    Number(String),
}

/// Who or what holds it.
#[derive(Debug, Clone, PartialEq)]
pub enum HoldingWhat {
    /// One person.
    Person(PersonId),
    /// A desk with a roster.
    Desk(DeskId),
    /// No person.
    Machine {
        /// What kind.
        machine: Machine,
        /// Who answers for it.
        lead: Option<PersonId>,
    },
    /// A ring group.
    Group {
        /// Its extensions.
        members: Vec<String>,
        /// Who answers for it.
        lead: Option<PersonId>,
    },
}

/// A desk.
#[derive(Debug, Clone, PartialEq)]
pub struct Desk {
    /// Slug.
    pub id: DeskId,
    /// Where it belongs: its head handles holes of the roster.
    pub department: DepartmentId,
    /// Who sits there when; the last match wins.
    pub roster: Vec<RosterRow>,
}

/// One row of a roster.
#[derive(Debug, Clone, PartialEq)]
pub struct RosterRow {
    /// Days of the week, or one date.
    pub on: RosterDays,
    /// Half-open interval of the day; an end of 24:00 is written as midnight (`00:00`).
    pub at: (Time, Time),
    /// Who.
    pub person: PersonId,
}

/// Days a roster row holds for.
#[derive(Debug, Clone, PartialEq)]
pub enum RosterDays {
    /// Days of the week.
    Weekdays(Vec<Weekday>),
    /// One date.
    Date(Date),
}

/// Who handles what.
#[derive(Debug, Clone, PartialEq)]
pub struct DutyEntry {
    /// Words it is found by.
    pub words: Vec<String>,
    /// Department of ours.
    pub department: Option<DepartmentId>,
    /// Person of ours.
    pub handler: Option<PersonId>,
    /// Office outside.
    pub outside: Option<String>,
    /// Phone that callers are told.
    pub phone: Option<String>,
}

/// A known outside number.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// The number as written.
    pub number: String,
    /// Whose it is.
    pub name: String,
    /// Whether its calls open a case.
    pub opens: bool,
}

/// The answer to "who sat there then?".
#[derive(Debug, Clone, PartialEq)]
pub enum Holder {
    /// Exactly one person held it.
    Person(PersonId),
    /// By a desk's roster.
    Roster(PersonId, DeskId),
    /// The desk's roster has nobody then; its department's head handles.
    RosterHole(DeskId, PersonId),
    /// A ring group answered as such: an unknown member; the lead (or the fallback) handles.
    UnknownMember(PersonId),
    /// A machine.
    Machine(Machine, Option<PersonId>),
    /// The directory does not know it.
    Unmapped,
}

/// [`Holder`] and the row that said so.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Who.
    pub holder: Holder,
    /// The directory entry used, in one line with its place: evidence.
    pub rule: String,
}

impl Directory {
    /// An empty directory.
    pub fn new(fallback: PersonId) -> Self {
        Self {
            fallback,
            departments: Vec::new(),
            people: Vec::new(),
            holdings: Vec::new(),
            desks: Vec::new(),
            duties: Vec::new(),
            known: Vec::new(),
            index: Index::default(),
        }
    }
}
