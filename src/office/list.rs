//! A person's list: their own cases, what is offered to them, and what waits for them as a supervisor.
//!
//! | waits because | when | for whom |
//! | --- | --- | --- |
//! | ruling | frozen, disputed (closed cases too), or something is asked for | who may rule on it |
//! | escalated | they were urged about the deadline, rung 2 or above | whom the ladder named |
//! | overdue | a deadline has passed | those above the handler |
//! | offered | an offer lies longer than a day, or its acceptance is due within two hours | those above who is to answer |
//! | hot | it was marked as hot | those above the handler |
//! | pending | a violation is not ruled on | those above whom it is charged to |
//!
//! **Invariants.** A case stands once, under the gravest of its reasons. Nobody is shown a ruling on themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{RegisterOffice, versions};
use crate::case::{Case, CaseState, DeadlineKind, Rights, Status, may_answer, may_choose, may_rule_on};
use crate::directory::Directory;
use crate::ids::{CaseId, PersonId};
use crate::l10n::Lang;
use crate::mail::{Link, Target};
use crate::register::read::{Among, Reader};
use crate::register::{self, Rules, ViolationFilter};
use crate::web::{ListPage, ListRow, Staff, Watch};

/// Others' cases shown on a supervisor's list; the gravest.
const MOST_WATCHED: usize = 50;

/// An offer that nobody answered for so long has lain too long.
const LONG: SignedDuration = SignedDuration::from_hours(24);

/// An acceptance due within this time, too.
const SOON: SignedDuration = SignedDuration::from_hours(2);

/// What the register holds for one reader.
struct Found {
    rows: Vec<Case>,
    offered: Vec<Case>,
    watched: Vec<(Case, Vec<Watch>)>,
    done: Vec<Case>,
}

/// Who reads, for whom, above whom.
struct Desk {
    rules: Arc<Rules>,
    viewer: PersonId,
    /// Those they stand in for.
    absent: Vec<PersonId>,
    /// Those below them.
    below: Vec<PersonId>,
    now: Timestamp,
}

impl RegisterOffice {
    pub(super) async fn list_of(&self, link: &Link, lang: Lang) -> Result<ListPage, register::Error> {
        let (rules, now) = (self.rules.load_full(), self.clock.now());
        let absent = self.stands_in_for(&link.person);
        let desk = Desk {
            below: below(&link.person, &absent, &rules.directory),
            rules: Arc::clone(&rules),
            viewer: link.person.clone(),
            absent,
            now,
        };
        let (links, link, versions) = (Arc::clone(&self.desk), link.clone(), self.versions.clone());
        let people = self.people(lang);
        let day = self.today();
        self.read(move |reader| {
            let found = desk.found(reader)?;
            let (mut categories, mut shut) = (BTreeMap::new(), BTreeSet::new());
            let mut row = |case: Case, own: bool| -> Result<ListRow, register::Error> {
                let policy = versions.of(&case, &rules, reader)?;
                if own {
                    // In the order of the newest policy that has it.
                    for (place, (id, category)) in policy.categories.iter().enumerate() {
                        categories.insert(id.clone(), place);
                        // One form for all: what is not the reader's to choose for one is not offered.
                        if !may_choose(&case, category, &link.person, &rules.directory) {
                            shut.insert(id.clone());
                        }
                    }
                }
                Ok(ListRow {
                    of: (own && case.handler != link.person).then(|| case.handler.clone()),
                    url: links.url_until(&link.person, Target::Case(case.id), link.expires),
                    needs: versions::needs(&case, &policy, &rules, now),
                    returns: case.offer.is_some() && may_answer(&case, &link.person, false, &rules.directory, day),
                    policy: policy.name.get(lang).unwrap_or(&policy.id).to_owned(),
                    case,
                })
            };
            let each =
                |cases: Vec<Case>, own: bool, row: &mut dyn FnMut(Case, bool) -> Result<ListRow, register::Error>| {
                    cases
                        .into_iter()
                        .map(|case| row(case, own))
                        .collect::<Result<Vec<_>, _>>()
                };
            let rows = each(found.rows, true, &mut row)?;
            let offered = each(found.offered, false, &mut row)?;
            let done = each(found.done, false, &mut row)?;
            let watched_more = found.watched.len().saturating_sub(MOST_WATCHED);
            let watched = found.watched.into_iter().take(MOST_WATCHED);
            let watched = watched.map(|(case, whys)| Ok((row(case, false)?, whys)));
            let watched = watched.collect::<Result<Vec<_>, register::Error>>()?;
            let mut categories: Vec<_> = categories.into_iter().collect();
            categories.retain(|(id, _)| !shut.contains(id));
            categories.sort_by_key(|(_, place)| *place);
            Ok(ListPage {
                lang,
                now,
                zone: rules.zone.clone(),
                calendar: rules.calendar.id.clone(),
                viewer: link.person.clone(),
                people,
                staff: Staff::of(&rules.directory, lang, day),
                rows,
                offered,
                watched,
                watched_more,
                done,
                categories: categories.into_iter().map(|(id, _)| id).collect(),
            })
        })
        .await
    }
}

impl Desk {
    fn found(&self, reader: &Reader) -> Result<Found, register::Error> {
        let today = self.rules.zone.to_datetime(self.now).date();
        let midnight = self.rules.zone.to_timestamp(today.at(0, 0, 0, 0)).unwrap_or(self.now);
        let mut rows = reader.open_cases_of(&self.viewer)?;
        for person in &self.absent {
            rows.extend(reader.open_cases_of(person)?);
        }
        let directory = &self.rules.directory;
        let (offered, others): (Vec<Case>, Vec<Case>) = reader
            .offered_cases()?
            .into_iter()
            .partition(|case| case.handler != self.viewer && may_answer(case, &self.viewer, true, directory, today));
        let mut theirs: BTreeMap<CaseId, Case> = BTreeMap::new();
        for person in &self.below {
            theirs.extend(reader.open_cases_of(person)?.into_iter().map(|case| (case.id, case)));
        }
        let waits_below = |case: &Case| {
            case.offer
                .as_ref()
                .is_some_and(|offer| self.below.contains(&offer.answerable))
        };
        theirs.extend(others.into_iter().filter(waits_below).map(|case| (case.id, case)));
        // Closed, or another department's by now: whoever disputes waits for an answer still.
        let disputed = reader.disputes_told(&self.viewer)?.into_iter();
        theirs.extend(disputed.filter(Case::is_disputed).map(|case| (case.id, case)));
        let pending = self.pending(reader, &mut theirs)?;
        theirs.retain(|id, case| {
            let own = case.handler == self.viewer || self.absent.contains(&case.handler);
            !offered.iter().any(|offer| offer.id == *id) && (!own || pending.contains_key(id))
        });
        let mut watched = Vec::new();
        for (id, case) in theirs {
            let whys = self.whys(reader, &case, pending.get(&id).copied().unwrap_or(0))?;
            if !whys.is_empty() {
                watched.push((case, whys));
            }
        }
        watched.sort_by_key(|(case, whys)| {
            let due = case.due().map_or(Timestamp::MAX, |due| due.due_at);
            (whys.first().map(rank), due, case.id)
        });
        Ok(Found {
            rows,
            offered,
            watched,
            done: reader.closed_since(&self.viewer, midnight)?,
        })
    }

    /// How many violations of which case wait for this reader's ruling; their cases join the others.
    fn pending(
        &self,
        reader: &Reader,
        theirs: &mut BTreeMap<CaseId, Case>,
    ) -> Result<BTreeMap<CaseId, usize>, register::Error> {
        let mut pending: BTreeMap<CaseId, usize> = BTreeMap::new();
        if self.below.is_empty() {
            return Ok(pending);
        }
        let rows = reader.violations(&ViolationFilter {
            people: Some(Among::These(self.below.clone())),
            status: Some("pending".to_owned()),
            ..ViolationFilter::default()
        })?;
        for row in rows {
            if !theirs.contains_key(&row.case)
                && let Some(case) = reader.case(row.case)?
            {
                theirs.insert(row.case, case);
            }
            let charged: Option<PersonId> = row.person.as_deref().and_then(|person| person.parse().ok());
            let may = |case: &Case| may_rule_on(case, charged.as_ref(), &self.viewer, &self.rules.directory);
            if theirs.get(&row.case).is_some_and(may) {
                *pending.entry(row.case).or_default() += 1;
            }
        }
        Ok(pending)
    }

    /// Why a case waits for the reader, the gravest first.
    fn whys(&self, reader: &Reader, case: &Case, pending: usize) -> Result<Vec<Watch>, register::Error> {
        let today = self.rules.zone.to_datetime(self.now).date();
        let below = |person: &PersonId| self.below.contains(person);
        let rights = Rights::of(case, &self.viewer, &self.rules.directory, today);
        let mut whys = Vec::new();
        let asks = case.is_open() && (case.state == CaseState::Frozen || case.asked.is_some());
        let theirs = case.violations.iter().any(|row| {
            let charged = row.person.as_ref().filter(|_| row.status == Status::Pending);
            charged == case.disputed_by.as_ref() && charged.is_some()
        });
        let rules = rights.answers || theirs && rules_on(case, &self.viewer, &self.rules.directory);
        if rights.rules && asks || case.is_disputed() && rules {
            whys.push(Watch::ToRule);
        }
        if case.overdue(self.now)
            && let Some(due) = case.due()
        {
            let mut rung = reader.escalated(case.id, due.due_at, &self.viewer)?;
            for person in &self.absent {
                rung = rung.max(reader.escalated(case.id, due.due_at, person)?);
            }
            whys.extend(rung.map(Watch::Escalated));
            whys.extend(below(&case.handler).then_some(Watch::Overdue));
        }
        let answerable = case.offer.as_ref().filter(|offer| below(&offer.answerable));
        whys.extend(
            answerable
                .filter(|offer| self.lies_long(case, offer.since))
                .map(|_| Watch::Offered),
        );
        whys.extend((case.is_open() && case.hot && below(&case.handler)).then_some(Watch::Hot));
        whys.extend((pending > 0).then_some(Watch::Pending(pending)));
        Ok(whys)
    }

    fn lies_long(&self, case: &Case, since: Timestamp) -> bool {
        let soon = |at: Timestamp| at.duration_since(self.now) <= SOON;
        let due = case.live(DeadlineKind::Accept).is_some_and(|row| soon(row.due_at));
        due || self.now.duration_since(since) >= LONG
    }
}

/// What holds work up comes first; a ruling on what is past comes last.
fn rank(why: &Watch) -> u8 {
    match why {
        Watch::ToRule => 0,
        Watch::Escalated(_) => 1,
        Watch::Overdue => 2,
        Watch::Offered => 3,
        Watch::Hot => 4,
        Watch::Pending(_) => 5,
    }
}

/// Those below a person; not whom they stand in for anyway.
fn below(viewer: &PersonId, absent: &[PersonId], directory: &Directory) -> Vec<PersonId> {
    let people = directory.people.iter().map(|person| &person.id);
    let below = people.filter(|id| directory.is_above(viewer, id) && !absent.contains(id));
    below.cloned().collect()
}

/// Whether a violation of the case waits for this person's ruling.
pub(super) fn rules_on(case: &Case, viewer: &PersonId, directory: &Directory) -> bool {
    let pending = case.violations.iter().filter(|row| row.status == Status::Pending);
    pending
        .into_iter()
        .any(|row| may_rule_on(case, row.person.as_ref(), viewer, directory))
}
