//! What the pages need from the house: data to show and one way to act. Implemented over the register.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::staff::{Hit, Staff};
use crate::case::{Case, Command, Duty, EventRow, Refusal, Rights, To};
use crate::directory::{Directory, Lang};
use crate::ids::{CaseId, CategoryId, PersonId};
use crate::mail::{BadLink, Link, Party};
use crate::report::sheet::Sheet;
use crate::report::why::Section;
use crate::report::{By, Sort};

/// The house behind the pages.
///
/// Only [`Office::act`] changes anything; it is called for POST and for nothing else.
pub trait Office: Send + Sync + 'static {
    /// A person's language, or the site's.
    fn language(&self, person: Option<&PersonId>) -> Lang;

    /// Whose link it is and what it opens; the office knows keys and clock.
    fn resolve(&self, token: &str) -> impl Future<Output = Result<Link, BadLink>> + Send;

    /// The case behind a case link.
    fn case_page(&self, link: &Link) -> impl Future<Output = Result<CasePage, NoPage>> + Send;

    /// The open cases behind a list link.
    fn list_page(&self, link: &Link) -> impl Future<Output = Result<ListPage, NoPage>> + Send;

    /// Who handles what, or who is who, by words.
    fn who(&self, words: &str, lang: Lang) -> Vec<Hit>;

    /// A person, before a department of the same name; none if the directory knows neither.
    fn to(&self, given: &str) -> Option<To>;

    /// A date, which means its close of business, or a time of the site.
    fn until(&self, given: &str) -> Option<Timestamp>;

    /// Does it, durably, with address and agent in the event; `version` is what the person saw.
    fn act(
        &self,
        link: &Link,
        case: CaseId,
        version: u64,
        command: Command,
        seen: &Seen,
    ) -> impl Future<Output = Result<(), ActError>> + Send;

    /// The managers' figures of a range of days, both inclusive.
    fn figures(&self, asked: Asked) -> impl Future<Output = Result<Figures, NoPage>> + Send;

    /// What lies behind one of the figures.
    fn behind(
        &self,
        asked: Asked,
        key: Option<String>,
        count: String,
    ) -> impl Future<Output = Result<Behind, NoPage>> + Send;

    /// All that is overdue now, with whom; whenever it came.
    fn overdue(&self, lang: Lang) -> impl Future<Output = Result<Behind, NoPage>> + Send;

    /// Calls and cases of the callers whose number ends with these digits, the newest first.
    fn caller(&self, digits: String, lang: Lang) -> impl Future<Output = Result<[Behind; 2], NoPage>> + Send;

    /// Why a case is whose it is and due when; callers' numbers masked.
    fn why(&self, id: CaseId, lang: Lang) -> impl Future<Output = Result<Vec<Section>, NoPage>> + Send;

    /// Today, by the site's clock.
    fn day(&self) -> Date;

    /// Figures for whoever watches over the house, as Prometheus reads them; else why there are none, without secrets.
    fn metrics(&self) -> impl Future<Output = Result<String, String>> + Send;

    /// Ready to serve: listeners bound, store open. Else why not, in a few words without secrets.
    fn ready(&self) -> impl Future<Output = Result<(), String>> + Send;
}

/// Which figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// What rows stand for.
    pub by: By,
    /// In which order; none: who answered most first, times in their order.
    pub sort: Option<Sort>,
    /// The reader's language.
    pub lang: Lang,
}

/// The managers' figures.
#[derive(Debug)]
pub struct Figures {
    /// As a table.
    pub sheet: Sheet,
    /// How many cases are overdue now, of any day.
    pub overdue: usize,
}

/// What lies behind a figure, as a table.
#[derive(Debug, Default)]
pub struct Behind {
    /// Heads of the columns.
    pub heads: Vec<String>,
    /// The cells; callers' numbers are masked.
    pub rows: Vec<Vec<Cell>>,
    /// How many there are, if not all are shown.
    pub more: usize,
}

/// A cell of such a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub words: String,
    /// The case it leads to.
    pub case: Option<CaseId>,
    /// What somebody wrote: may be long.
    pub long: bool,
}

impl From<String> for Cell {
    fn from(words: String) -> Self {
        Self {
            words,
            ..Self::default()
        }
    }
}

/// Where an act came from; a link is a bearer's, so its events name both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The peer's address.
    pub address: IpAddr,
    /// `User-Agent`, cleaned and cut.
    pub agent: String,
}

/// Why there is no page to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPage {
    /// There is no such case, or no such figure.
    Gone,
    /// The database did not answer in time.
    Busy,
}

/// Why an act did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActError {
    /// Somebody changed it first.
    Stale {
        /// Who, by name.
        who: String,
        /// The version now.
        version: u64,
    },
    /// A rule refuses.
    Refused(Refusal),
    /// It is not this person's any more.
    NotHolder {
        /// Who has it, by name.
        who: String,
    },
    /// There is no such case.
    Gone,
    /// The database was busy; nothing was saved.
    Busy,
}

/// What a person is to the case they look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// May act: the handler, a deputy, a co-handler.
    Acts,
    /// Sees all and rules on it, but has it not: a supervisor.
    Looks,
    /// Is asked to take it.
    Offered,
    /// Had it once: is shown who has it, no more, and may only dispute what it says of them.
    Moved,
}

/// How a person may answer an offer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answers {
    /// Take it.
    pub accept: bool,
    /// Give it back.
    pub give_back: bool,
}

/// What the switch tells of a call, beyond what its case keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFacts {
    /// What was dialled (DDI), as printed.
    pub called_number: Option<String>,
    /// From the answer to the end, in seconds.
    pub talk_seconds: Option<i64>,
}

/// Names and phones of the people a page speaks of, in the reader's language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People(BTreeMap<PersonId, Party>);

impl People {
    /// Everybody of the directory, with the phones they are reached on that day.
    pub fn of(directory: &Directory, lang: Lang, day: Date) -> Self {
        let named = |person: &crate::directory::Person| Party {
            name: directory.display_name(&person.id, lang),
            phone: directory.phone_of(&person.id, day).map(str::to_owned),
        };
        directory.people.iter().map(|p| (p.id.clone(), named(p))).collect()
    }

    /// Name and phone; somebody the directory no longer knows keeps their id as name.
    pub fn get(&self, person: &PersonId) -> Party {
        self.0.get(person).cloned().unwrap_or_else(|| Party {
            name: person.to_string(),
            phone: None,
        })
    }

    /// The name alone.
    pub fn name(&self, person: &PersonId) -> String {
        self.get(person).name
    }
}

impl FromIterator<(PersonId, Party)> for People {
    fn from_iter<I: IntoIterator<Item = (PersonId, Party)>>(people: I) -> Self {
        Self(people.into_iter().collect())
    }
}

/// What closing needs, per duty: each entry is a set of alternative field names.
pub type Needs = BTreeMap<Duty, Vec<Vec<String>>>;

/// A case as one person may see it.
#[derive(Debug, Clone, PartialEq)]
pub struct CasePage {
    /// The reader's language.
    pub lang: Lang,
    /// Our clock.
    pub now: Timestamp,
    /// The site's zone.
    pub zone: TimeZone,
    /// Who reads.
    pub viewer: PersonId,
    /// What they may do.
    pub standing: Standing,
    /// How they may answer an offer of it.
    pub answers: Answers,
    /// What else they may, whatever its state.
    pub rights: Rights,
    /// Whom they may assign it to if that is not anybody: who has it gives it to those below.
    pub below: Option<Vec<PersonId>>,
    /// Whether another extension can be asked for: the policy allows it, and nothing waits for the supervisor's word.
    pub extensions: bool,
    /// Why it may wait for the caller; empty: the policy knows no such thing.
    pub pause_reasons: Vec<String>,
    /// The call behind it.
    pub call: CallFacts,
    /// Whom it can go to.
    pub staff: Staff,
    /// The case.
    pub case: Case,
    /// Its events, oldest first.
    pub events: Vec<EventRow>,
    /// Names.
    pub people: People,
    /// Categories of its policy, in the order to show them.
    pub categories: Vec<CategoryId>,
    /// What closing needs.
    pub needs: Needs,
    /// The caller's number in full where the reader has to dial it (a call-back); else it is shown masked.
    pub number: Option<String>,
    /// Whether the reader has to call the caller, on whichever number.
    pub dials: bool,
    /// The reader's own list, if they have one.
    pub list_url: Option<String>,
    /// What was breached, in its order.
    pub breaches: Vec<Breach>,
    /// What the policy's list of sanctions has.
    pub sanctions: Vec<String>,
}

impl CasePage {
    /// Whether the caller's numbers stand in full: for who acts and has to dial them.
    pub(super) fn calls(&self) -> bool {
        self.dials && self.standing == Standing::Acts
    }
}

/// A violation of a case, as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// Its number, as `violation list` has it.
    pub id: i64,
    /// Its place among the case's violations, from 0.
    pub n: u32,
    /// Of the regulation.
    pub article: Option<String>,
    /// Whether the reader may confirm or waive it.
    pub theirs: bool,
    /// What, who, when.
    pub words: String,
}

/// A person's open cases, and what waits for them as a supervisor.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPage {
    /// The reader's language.
    pub lang: Lang,
    /// Our clock.
    pub now: Timestamp,
    /// The site's zone.
    pub zone: TimeZone,
    /// The site's calendar, by its slug.
    pub calendar: String,
    /// Who reads.
    pub viewer: PersonId,
    /// Names.
    pub people: People,
    /// Names of departments.
    pub staff: Staff,
    /// In any order; the page puts the most urgent first.
    pub rows: Vec<ListRow>,
    /// Offered to the reader, who may accept.
    pub offered: Vec<ListRow>,
    /// Others' cases that wait for the reader as a supervisor, each with why: the first is the gravest.
    pub watched: Vec<(ListRow, Vec<Watch>)>,
    /// How many more there are of those.
    pub watched_more: usize,
    /// Closed today, the last first.
    pub done: Vec<ListRow>,
    /// Categories of the rows' policies, in the order to show them.
    pub categories: Vec<CategoryId>,
}

/// Why a case waits for somebody above who has it; in the order in which they are to be seen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Watch {
    /// Frozen, disputed, or something is asked for.
    ToRule,
    /// The reader was urged about it, at this rung.
    Escalated(u8),
    /// A deadline has passed.
    Overdue,
    /// Offered to somebody who does not answer.
    Offered,
    /// Marked as hot.
    Hot,
    /// So many violations wait for a ruling.
    Pending(usize),
}

/// One case of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListRow {
    /// The case.
    pub case: Case,
    /// The reader's own link to it.
    pub url: String,
    /// Whose it is, where the reader stands in for somebody who is away.
    pub of: Option<PersonId>,
    /// What closing it needs.
    pub needs: Needs,
    /// The policy it lives under, by name, in the reader's language.
    pub policy: String,
    /// It is offered to the reader, who may give it back.
    pub returns: bool,
}
