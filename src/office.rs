//! The pages' way to the house: reads by connections of its own, acts through the writer.
//!
//! **Invariants.** Only [`Office::act`] changes anything. A link acts while its person has the case (or stands in for
//! who has it), and only shows afterwards; but whom the case names may dispute that as long as the link works.

mod figures;
mod list;
mod metrics;
mod versions;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;

use crate::case::{
    Case, CaseKind, Command, DeadlineKind, Policy, Refusal, Rights, To, Violation, answers_dispute, grants_extension,
    may_answer, may_choose, may_rule_on,
};
use crate::clock::Clock;
use crate::directory::{Directory, Lang};
use crate::ids::{CaseId, CategoryId, PersonId};
use crate::l10n::{Say, when};
use crate::mail::{BadLink, Link, Target};
use crate::register::read::Reader;
use crate::register::{self, Handle, Rules, Trouble, ViolationFilter, Who, room};
use crate::remind::LinkDesk;
use crate::report::why::Section;
use crate::web::{
    ActError, Answers, Asked, Behind, Breach, CallFacts, CasePage, Figures, Hit, ListPage, NoPage, Office, People,
    Seen, Staff, Standing,
};

/// A page is given up by then anyway; what reads longer keeps the write-ahead log from shrinking.
const LONGEST_READ: Duration = Duration::from_secs(15);

/// Readers kept open between requests.
const SPARE_READERS: usize = 4;

/// The office over the register.
pub struct RegisterOffice {
    path: PathBuf,
    rules: Arc<ArcSwap<Rules>>,
    desk: Arc<LinkDesk>,
    writer: Handle,
    clock: Clock,
    spare: Arc<Mutex<Vec<Reader>>>,
    versions: versions::Versions,
}

impl std::fmt::Debug for RegisterOffice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegisterOffice")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl RegisterOffice {
    /// An office for this register.
    pub fn new(path: PathBuf, rules: Arc<ArcSwap<Rules>>, desk: Arc<LinkDesk>, writer: Handle, clock: Clock) -> Self {
        Self {
            path,
            rules,
            desk,
            writer,
            clock,
            spare: Arc::new(Mutex::new(Vec::new())),
            versions: versions::Versions::default(),
        }
    }

    /// Runs a query on a reader, off the async threads.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Reader) -> Result<T, register::Error> + Send + 'static,
    ) -> Result<T, register::Error> {
        let (path, spare) = (self.path.clone(), Arc::clone(&self.spare));
        let work = move || {
            let kept = spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut reader = match kept {
                Some(reader) => reader,
                None => Reader::open(&path)?,
            };
            let result = reader.within(LONGEST_READ, query);
            if let Err(error @ register::Error::TooLong { .. }) = &result {
                tracing::warn!(%error, "a page's query was ended");
            }
            let mut spare = spare.lock().unwrap_or_else(PoisonError::into_inner);
            if spare.len() < SPARE_READERS {
                spare.push(reader);
            }
            result
        };
        let result = tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|error| Err(register::Error::Stopped(format!("a query was cut off: {error}"))));
        if let Err(error) = &result
            && error.is_damage()
            && !matches!(self.writer.trouble(), Trouble::Damaged(_))
        {
            let what = match error {
                register::Error::Damaged { detail, .. } => detail.clone(),
                error => error.to_string(),
            };
            let _ = self.writer.found_damage(what).await;
        }
        result
    }

    fn people(&self, lang: Lang) -> People {
        People::of(&self.rules.load().directory, lang, self.today())
    }

    /// What a person is to a case, and whether an offer of it is theirs to answer.
    fn standing(&self, viewer: &PersonId, case: &Case, now: Timestamp) -> (Standing, Answers) {
        let rules = self.rules.load();
        let today = rules.zone.to_datetime(now).date();
        let may = |accepting| may_answer(case, viewer, accepting, &rules.directory, today);
        let offered = case.offer.is_some();
        let answers = Answers {
            accept: offered && may(true),
            give_back: may(false),
        };
        let acts = case.handler == *viewer
            || case.co_handlers.contains(viewer)
            || rules.directory.stands_in(viewer, &case.handler, today);
        let standing = if acts {
            Standing::Acts
        } else if Rights::of(case, viewer, &rules.directory, today).governs
            || offered_below(case, viewer, &rules.directory)
            || list::rules_on(case, viewer, &rules.directory)
            || answers_dispute(case, viewer, &rules.directory)
        {
            Standing::Looks
        } else if answers.accept || offered && answers.give_back {
            Standing::Offered
        } else {
            Standing::Moved
        };
        (standing, answers)
    }

    /// Whom the reader may assign a case of their own to; none: it is not theirs.
    fn below(&self, viewer: &PersonId, case: &Case) -> Option<Vec<PersonId>> {
        let rules = self.rules.load();
        let below = |id: &&PersonId| rules.directory.is_above(viewer, id);
        let people = rules.directory.people.iter().map(|person| &person.id);
        (case.handler == *viewer).then(|| people.filter(below).cloned().collect())
    }

    /// Those who are away today, or can't be mailed, and whom a person stands in for.
    fn stands_in_for(&self, viewer: &PersonId) -> Vec<PersonId> {
        let (rules, today) = (self.rules.load(), self.today());
        let directory = &rules.directory;
        let others = directory.people.iter().filter(|person| person.id != *viewer);
        let theirs = others.filter(|person| directory.stands_in(viewer, &person.id, today));
        theirs.map(|person| person.id.clone()).collect()
    }

    fn today(&self) -> jiff::civil::Date {
        self.rules.load().zone.to_datetime(self.clock.now()).date()
    }
}

/// What was breached, by whom, when.
fn breach_words(violation: &Violation, lang: Lang, rules: &Rules, now: Timestamp) -> String {
    let say = Say(lang);
    let name = violation.person.as_ref().map_or_else(
        || say.charged_to_nobody(),
        |person| rules.directory.display_name(person, lang),
    );
    let at = when::near(lang, violation.at, &rules.zone, now);
    say.breach_line(say.violation(violation.kind), name, at)
}

/// The categories whose choice is the reader's; others need somebody above, who has them on a page of their own.
fn open_to(case: &Case, viewer: &PersonId, policy: &Policy, directory: &Directory) -> Vec<CategoryId> {
    let theirs = policy
        .categories
        .iter()
        .filter(|(_, category)| may_choose(case, category, viewer, directory));
    theirs.map(|(id, _)| id.clone()).collect()
}

/// Whether the reader has to call the caller: a missed call, or a matter that another passed on.
fn dials(case: &Case, rights: Rights) -> bool {
    let contact = [DeadlineKind::Contact, DeadlineKind::Feedback];
    let to_call = case.kind == CaseKind::Callback || contact.into_iter().any(|kind| case.live(kind).is_some());
    rights.holds && case.is_open() && to_call
}

/// Whether it is offered to somebody below this person: the ladder tells them when it is not answered.
fn offered_below(case: &Case, viewer: &PersonId, directory: &Directory) -> bool {
    case.offer
        .as_ref()
        .is_some_and(|offer| directory.is_above(viewer, &offer.answerable))
}

fn actor_words(actor: &crate::case::Actor, lang: Lang) -> String {
    let (zh, en) = match actor {
        crate::case::Actor::Person(person) => return person.to_string(),
        crate::case::Actor::Switch => ("交换机", "the switch"),
        crate::case::Actor::Clock => ("计时", "the clock"),
        crate::case::Actor::Admin => ("管理员", "the administrator"),
    };
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => en.to_owned(),
    }
}

fn no_page(error: &register::Error) -> NoPage {
    if !error.is_busy() {
        tracing::error!(%error, "a page could not be read");
    }
    NoPage::Busy
}

impl Office for RegisterOffice {
    fn language(&self, person: Option<&PersonId>) -> Lang {
        let rules = self.rules.load();
        person
            .and_then(|id| rules.directory.person(id))
            .and_then(|person| person.language)
            .unwrap_or(rules.lang)
    }

    async fn resolve(&self, token: &str) -> Result<Link, BadLink> {
        self.desk.keys.verify(token, self.clock.now())
    }

    async fn case_page(&self, link: &Link) -> Result<CasePage, NoPage> {
        let Target::Case(id) = link.target else {
            return Err(NoPage::Gone);
        };
        let rules = self.rules.load_full();
        let (versions, rules_then) = (self.versions.clone(), Arc::clone(&rules));
        let found = self
            .read(move |reader| {
                let Some(case) = reader.case(id)? else {
                    return Ok(None);
                };
                let call = case.call.map(|call| reader.call(call)).transpose()?.flatten();
                let policy = versions.of(&case, &rules_then, reader)?;
                let violations = reader.violations(&ViolationFilter {
                    case: Some(id),
                    ..ViolationFilter::default()
                })?;
                Ok(Some((reader.events(id)?, call, policy, violations, case)))
            })
            .await
            .map_err(|error| no_page(&error))?;
        let (events, call, policy, violations, case) = found.ok_or(NoPage::Gone)?;
        let call = call.map(|call| CallFacts {
            called_number: call.called_number,
            talk_seconds: call.talk_seconds,
        });
        if !case.settled {
            return Err(NoPage::Gone);
        }
        let (lang, now) = (self.language(Some(&link.person)), self.clock.now());
        let (standing, answers) = self.standing(&link.person, &case, now);
        let rights = Rights::of(&case, &link.person, &rules.directory, self.today());
        Ok(CasePage {
            lang,
            now,
            zone: rules.zone.clone(),
            viewer: link.person.clone(),
            standing,
            answers,
            rights,
            below: self.below(&link.person, &case),
            call: call.unwrap_or_default(),
            staff: Staff::of(&rules.directory, lang, self.today()),
            events,
            people: self.people(lang),
            categories: open_to(&case, &link.person, &policy, &rules.directory),
            needs: versions::needs(&case, &policy, &rules, now),
            // One request at a time: who may grant it themselves asks nobody.
            extensions: case.extended < policy.extension_times
                && (case.asked.is_none() || grants_extension(&case, &link.person, &policy, &rules.directory)),
            pause_reasons: policy.pause_reasons.clone(),
            breaches: violations
                .into_iter()
                .map(|row| {
                    let charged = row.person.as_deref().and_then(|person| person.parse().ok());
                    Breach {
                        id: row.id,
                        n: row.n,
                        article: row.article,
                        words: case
                            .violations
                            .get(row.n as usize)
                            .map_or_else(String::new, |found| breach_words(found, lang, &rules, now)),
                        theirs: row.status == "pending"
                            && may_rule_on(&case, charged.as_ref(), &link.person, &rules.directory),
                    }
                })
                .collect(),
            sanctions: policy.sanctions.clone(),
            number: case.caller_number.clone().filter(|_| dials(&case, rights)),
            dials: dials(&case, rights),
            // A link opens one case: passed on, it must not lead to all of them.
            list_url: None,
            case,
        })
    }

    async fn list_page(&self, link: &Link) -> Result<ListPage, NoPage> {
        let lang = self.language(Some(&link.person));
        self.list_of(link, lang).await.map_err(|error| no_page(&error))
    }

    fn who(&self, words: &str, lang: Lang) -> Vec<Hit> {
        let rules = self.rules.load();
        let found = rules.directory.who(words, self.today());
        found.iter().map(|hit| Hit::of(hit, &rules.directory, lang)).collect()
    }

    fn to(&self, given: &str) -> Option<To> {
        let rules = self.rules.load();
        let person = given.parse().ok().filter(|id| rules.directory.person(id).is_some());
        let department = || given.parse().ok().filter(|id| rules.directory.department(id).is_some());
        person.map(To::Person).or_else(|| department().map(To::Department))
    }

    fn until(&self, given: &str) -> Option<Timestamp> {
        self.rules.load().calendar.moment(given)
    }

    async fn act(
        &self,
        link: &Link,
        case: CaseId,
        version: u64,
        command: Command,
        seen: &Seen,
    ) -> Result<(), ActError> {
        let found = self
            .read(move |reader| reader.case(case))
            .await
            .map_err(|_| ActError::Busy)?;
        let current = found.filter(|case| case.settled).ok_or(ActError::Gone)?;
        let allowed = match link.target {
            Target::Case(id) => id == case,
            Target::List => true,
        };
        if !allowed {
            return Err(ActError::Gone);
        }
        let lang = self.language(Some(&link.person));
        let people = self.people(lang);
        let moved = self.standing(&link.person, &current, self.clock.now()).0 == Standing::Moved;
        if moved && !matches!(command, Command::Dispute { .. }) {
            return Err(ActError::NotHolder {
                who: people.name(&current.handler),
            });
        }
        let who = Who {
            actor: crate::case::Actor::Person(link.person.clone()),
            channel: "page",
            seen: Some(format!("{} {}", seen.address, seen.agent)),
        };
        match self.writer.change(case, version, command, who).await {
            Ok(_) => Ok(()),
            Err(register::Error::Refused {
                refusal: Refusal::Stale { now, .. },
                ..
            }) => Err(ActError::Stale {
                who: self.last_actor(case, &people, lang).await,
                version: now,
            }),
            Err(register::Error::Refused { refusal, .. }) => Err(ActError::Refused(refusal)),
            Err(register::Error::NoCase(_)) => Err(ActError::Gone),
            Err(error) => {
                tracing::error!(%error, case = %case, "an act on a page failed");
                Err(ActError::Busy)
            }
        }
    }

    async fn figures(&self, asked: Asked) -> Result<Figures, NoPage> {
        self.figures_of(asked).await.map_err(|error| no_page(&error))
    }

    async fn behind(&self, asked: Asked, key: Option<String>, count: String) -> Result<Behind, NoPage> {
        let behind = self.rows_behind(asked, key, count).await;
        behind.map_err(|error| no_page(&error))?.ok_or(NoPage::Gone)
    }

    async fn overdue(&self, lang: Lang) -> Result<Behind, NoPage> {
        self.overdue_of(lang).await.map_err(|error| no_page(&error))
    }

    async fn caller(&self, digits: String, lang: Lang) -> Result<[Behind; 2], NoPage> {
        self.caller_of(digits, lang).await.map_err(|error| no_page(&error))
    }

    async fn why(&self, id: CaseId, lang: Lang) -> Result<Vec<Section>, NoPage> {
        let sections = self.why_of(id, lang).await;
        sections.map_err(|error| no_page(&error))?.ok_or(NoPage::Gone)
    }

    fn day(&self) -> jiff::civil::Date {
        self.today()
    }

    async fn metrics(&self) -> Result<String, String> {
        let (now, path) = (self.clock.now(), self.path.clone());
        let asked = self.read(move |reader| {
            let length = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |file| file.len());
            let places = (room::free(&path).ok(), length(&path), room::log_length(&path));
            Ok((reader.gauges(now)?, places))
        });
        let (gauges, (free, database, log)) = asked.await.map_err(|error| {
            tracing::warn!(%error, "no figures for /metrics");
            "the database does not answer".to_owned()
        })?;
        let metrics = metrics::Metrics {
            gauges,
            now,
            commits: self.writer.commits(),
            busy: self.writer.busy(),
            waits: self.writer.waits(),
            slow: self.writer.pace().slow,
            free,
            database,
            log,
        };
        Ok(metrics.text())
    }

    async fn ready(&self) -> Result<(), String> {
        match self.writer.trouble() {
            Trouble::None => {}
            Trouble::Waits(why) => return Err(format!("the database can't be written: {why}")),
            Trouble::Damaged(why) => return Err(format!("lines go to the spill journal: {why}")),
        }
        self.read(Reader::ping).await.map_err(|error| {
            tracing::warn!(%error, "not ready");
            "the database does not answer".to_owned()
        })
    }
}

impl RegisterOffice {
    /// Who changed the case last, by name.
    async fn last_actor(&self, case: CaseId, people: &People, lang: Lang) -> String {
        let events = self.read(move |reader| reader.events(case)).await.unwrap_or_default();
        match events.iter().rev().find(|event| event.counts).map(|event| &event.actor) {
            Some(crate::case::Actor::Person(id)) => people.name(id),
            Some(actor) => actor_words(actor, lang),
            None => String::new(),
        }
    }
}

#[cfg(test)]
#[path = "office_tests.rs"]
mod tests;
