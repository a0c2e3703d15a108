//! Who of several answered first, and how sure that is.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Certainty, Direction, Disposition, Doubt, PlacedLeg};
use crate::directory::{Directory, Found, Holder};
use crate::ids::{FeedName, PersonId};

/// One answer by an extension that the directory does not call a machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub extension: String,
    pub found: Found,
    /// When; the leg's start where the format gives no answer time.
    pub at: Timestamp,
    /// Whether `at` is an answer time.
    pub timed: bool,
    pub talk_seconds: i64,
    pub order: u64,
    one_start: bool,
    /// How far `at` may be from the truth: less than this many seconds.
    coarse: i64,
    /// The record says that the call came here by transfer.
    came_by_transfer: bool,
    deduced: bool,
}

/// The answer that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct First {
    /// Its place among the answers.
    pub index: usize,
    pub person: Option<PersonId>,
    pub certainty: Certainty,
    pub doubts: Vec<Doubt>,
}

/// Answers by people, in the order in which they happened.
///
/// Emission is the order; an answer goes before earlier lines only where its time says so for sure. `legs` are in the
/// order of emission.
pub fn human_answers(
    legs: &[PlacedLeg],
    direction: Direction,
    feed: &FeedName,
    directory: &Directory,
    site: &TimeZone,
) -> Vec<Answer> {
    if direction == Direction::Outgoing {
        return Vec::new();
    }
    let mut answers: Vec<Answer> = Vec::new();
    for answer in legs.iter().flat_map(|placed| answers_of(placed, feed, directory, site)) {
        let after = answers.iter().rposition(|emitted| !answer.precedes(emitted));
        answers.insert(after.map_or(0, |at| at + 1), answer);
    }
    let mut before = Timestamp::MIN;
    for answer in &mut answers {
        answer.at = answer.at.max(before);
        before = answer.at;
    }
    answers
}

impl Answer {
    /// Whether it surely came before an answer that was emitted earlier.
    ///
    /// Never what came by transfer, for the part it came from ended first; nor a segment of one common start, whose
    /// time is a sum of those before it.
    fn precedes(&self, emitted: &Self) -> bool {
        let apart = emitted.at.as_second() - self.at.as_second();
        !self.came_by_transfer && !self.one_start && !emitted.one_start && apart >= self.coarse.max(emitted.coarse)
    }
}

/// The answer of a leg, and those of the phones it names as having had the call afterwards.
fn answers_of(placed: &PlacedLeg, feed: &FeedName, directory: &Directory, site: &TimeZone) -> Vec<Answer> {
    let leg = &placed.leg;
    if leg.disposition != Disposition::Answered || leg.direction == Direction::Outgoing {
        return Vec::new();
    }
    let Some(first) = &leg.answered_by else {
        return Vec::new();
    };
    let talk = leg.talk_seconds.or(leg.marks.lasted_seconds).unwrap_or(0);
    let mut answers: Vec<Answer> = human_answer(placed, first, feed, directory, site).into_iter().collect();
    for (place, extension) in (1..).zip(&leg.marks.passed_to) {
        answers.extend(
            human_answer(placed, extension, feed, directory, site).map(|answer| Answer {
                timed: false,
                deduced: true,
                // Only who had it last may have had it for long.
                talk_seconds: if place == leg.marks.passed_to.len() { talk } else { 0 },
                ..answer
            }),
        );
    }
    answers
}

fn human_answer(
    placed: &PlacedLeg,
    extension: &str,
    feed: &FeedName,
    directory: &Directory,
    site: &TimeZone,
) -> Option<Answer> {
    let leg = &placed.leg;
    let at = placed.answered_at.unwrap_or(placed.start);
    let found = directory.holder(extension, leg.marks.agent.as_deref(), feed, site.to_datetime(at));
    if matches!(found.holder, Holder::Machine(..)) {
        return None;
    }
    Some(Answer {
        extension: extension.to_owned(),
        found,
        at,
        timed: placed.answered_at.is_some(),
        talk_seconds: leg.talk_seconds.unwrap_or(0),
        order: placed.order,
        one_start: leg.marks.one_start,
        coarse: leg.marks.resolution_seconds.max(1),
        came_by_transfer: leg.marks.transferred,
        deduced: leg
            .inferred
            .iter()
            .any(|field| *field == "answered_by" || *field == "station"),
    })
}

/// The first of the answers; of a tie, the higher rank.
pub fn choose(answers: &[Answer], directory: &Directory) -> Option<First> {
    let head = answers.first()?;
    let rank = |answer: &Answer| {
        person_of(&answer.found.holder)
            .and_then(|id| directory.person(&id))
            .map_or(i64::MIN, |person| person.rank)
    };
    let tied: Vec<usize> = (0..answers.len())
        .take_while(|i| *i == 0 || ties(head, &answers[*i]))
        .filter(|i| *i == 0 || !same_party(head, &answers[*i]))
        .collect();
    // Of equal ranks the earlier in emission stays.
    let index = tied
        .iter()
        .copied()
        .max_by_key(|i| (rank(&answers[*i]), std::cmp::Reverse(*i)))?;
    let answer = &answers[index];
    let mut doubts = Vec::new();
    if tied.len() > 1 {
        doubts.push(Doubt::Tie);
    }
    match &answer.found.holder {
        Holder::Person(_) | Holder::Machine(..) => {}
        Holder::Roster(..) => doubts.push(Doubt::ByRoster),
        Holder::RosterHole(..) => doubts.push(Doubt::RosterHole),
        Holder::UnknownMember(_) => doubts.push(Doubt::UnknownMember),
        Holder::Unmapped => doubts.push(Doubt::Unmapped),
    }
    if answer.deduced {
        doubts.push(Doubt::Deduced);
    }
    let certainty = doubts
        .iter()
        .map(|doubt| weight(*doubt))
        .min()
        .unwrap_or(Certainty::Certain);
    Some(First {
        index,
        person: person_of(&answer.found.holder),
        certainty,
        doubts,
    })
}

/// One person at two phones (a desk phone and its twin) does not tie with themselves.
fn same_party(a: &Answer, b: &Answer) -> bool {
    let person = person_of(&a.found.holder);
    a.extension == b.extension || (person.is_some() && person == person_of(&b.found.holder))
}

/// Whether an answer and a later one are so near that neither is known to be the first: in one second, or as near as
/// stamps without seconds can tell. What came by transfer is known to be later.
pub fn ties(a: &Answer, b: &Answer) -> bool {
    let apart = (b.at.as_second() - a.at.as_second()).abs();
    let comparable = !a.one_start && !b.one_start && a.timed && b.timed && !b.came_by_transfer;
    comparable && apart < a.coarse.max(b.coarse)
}

fn person_of(holder: &Holder) -> Option<PersonId> {
    match holder {
        Holder::Person(person) | Holder::Roster(person, _) => Some(person.clone()),
        Holder::RosterHole(..) | Holder::UnknownMember(_) | Holder::Machine(..) | Holder::Unmapped => None,
    }
}

fn weight(doubt: Doubt) -> Certainty {
    match doubt {
        Doubt::ByRoster | Doubt::Deduced => Certainty::Likely,
        Doubt::Tie | Doubt::RosterHole | Doubt::UnknownMember | Doubt::Unmapped => Certainty::Ambiguous,
    }
}
