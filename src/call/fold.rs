//! All legs of a call become the call.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::first::{self, Answer};
use super::{Call, Certainty, Direction, Disposition, PlacedLeg, PutThrough, Text};
use crate::directory::Directory;
use crate::ids::FeedName;

/// Folds a call from its legs, in any order; `None` without legs.
///
/// `site` is the zone in which the directory's dates are meant.
pub fn fold(feed: &FeedName, mut legs: Vec<PlacedLeg>, directory: &Directory, site: &TimeZone) -> Option<Call> {
    legs.sort_by_key(|leg| leg.order);
    spread_segments(&mut legs);
    follow_parts(&mut legs);
    let head = legs.first()?;
    let incoming = legs.iter().any(|leg| leg.leg.direction == Direction::Incoming);
    let direction = if incoming {
        Direction::Incoming
    } else {
        head.leg.direction
    };

    let answers = first::human_answers(&legs, direction, feed, directory, site);
    let chosen = first::choose(&answers, directory);
    let answered = chosen.as_ref().and_then(|first| answers.get(first.index));
    let start = legs.iter().map(|leg| leg.start).min()?;
    let ended_at = legs.iter().filter_map(|leg| leg.ended_at).max();
    let answered_at = answered.map(|answer| answer.at);

    Some(Call {
        feed: feed.clone(),
        start,
        answered_at,
        ended_at,
        direction,
        calling_number: first_of(&legs, |leg| leg.leg.calling_number.as_ref()),
        calling_name: first_of(&legs, |leg| leg.leg.calling_name.as_ref()),
        called_number: first_of(&legs, |leg| leg.leg.called_number.as_ref()),
        target: first_of(&legs, |leg| leg.leg.marks.target.as_ref()),
        rung: rung(&legs),
        trunk: first_of(&legs, |leg| leg.leg.trunk.as_ref()),
        disposition: disposition(&legs, direction, answered.is_some()),
        answered_by: answered.map(|answer| answer.extension.clone()),
        person: chosen.as_ref().and_then(|first| first.person.clone()),
        certainty: chosen.as_ref().map_or(Certainty::Certain, |first| first.certainty),
        doubts: chosen.as_ref().map(|first| first.doubts.clone()).unwrap_or_default(),
        found: answered.map(|answer| answer.found.clone()),
        ring_seconds: answered
            .filter(|a| a.timed)
            .map(|a| (a.at.as_second() - start.as_second()).max(0)),
        talk_seconds: answered_at
            .zip(ended_at)
            .map(|(at, end)| (end.as_second() - at.as_second()).max(0)),
        account_code: legs
            .iter()
            .rev()
            .find_map(|leg| leg.leg.account_code.as_ref().map(Text::to_string)),
        put_through: put_through(&answers, chosen.map(|first| first.index)),
        first_received_at: legs.iter().map(|leg| leg.received_at).min()?,
        received_at: legs.iter().map(|leg| leg.received_at).max()?,
        ended: legs.iter().any(|leg| leg.leg.marks.last == Some(true)),
        legs: legs.len(),
    })
}

/// Segments that print one common start follow one another: each begins where the one before ended.
///
/// IP Office prints the call's start in every segment, so a later segment's own times are sums.
fn spread_segments(legs: &mut [PlacedLeg]) {
    let mut clock: Option<Timestamp> = None;
    for leg in legs.iter_mut().filter(|leg| leg.leg.marks.one_start) {
        let begins = clock.unwrap_or(leg.start);
        let later = clock.is_some();
        let ring = leg.leg.ring_seconds.unwrap_or(0);
        let talk = leg
            .leg
            .talk_seconds
            .unwrap_or(0)
            .saturating_add(leg.leg.marks.held_seconds);
        let at = |seconds: i64| begins.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(begins);
        if later {
            leg.start = begins;
            leg.leg.answered_at = None;
            leg.answered_at = leg.leg.answered_by.is_some().then(|| at(ring));
        }
        leg.ended_at = Some(at(ring.saturating_add(talk)));
        clock = leg.ended_at;
    }
}

/// Stamps without seconds are up to a minute early: what came by transfer begins when the part before it ended.
fn follow_parts(legs: &mut [PlacedLeg]) {
    let mut ended: Option<Timestamp> = None;
    let answered = |leg: &&mut PlacedLeg| leg.leg.disposition == Disposition::Answered && !leg.leg.marks.one_start;
    for leg in legs.iter_mut().filter(answered) {
        let most = leg.leg.marks.resolution_seconds.max(1) - 1;
        let early = ended.map_or(0, |end| end.as_second() - leg.start.as_second());
        if leg.leg.marks.transferred && early > 0 {
            let by = SignedDuration::from_secs(early.min(most));
            leg.start = leg.start.checked_add(by).unwrap_or(leg.start);
            for at in [&mut leg.answered_at, &mut leg.ended_at].into_iter().flatten() {
                *at = at.checked_add(by).unwrap_or(*at);
            }
        }
        ended = leg.ended_at.or(Some(leg.start));
    }
}

fn first_of(legs: &[PlacedLeg], field: impl Fn(&PlacedLeg) -> Option<&Text>) -> Option<String> {
    legs.iter().find_map(field).map(Text::to_string)
}

fn rung(legs: &[PlacedLeg]) -> Vec<String> {
    let mut rung: Vec<String> = Vec::new();
    for station in legs.iter().filter_map(|leg| leg.leg.station.as_ref()) {
        if !rung.iter().any(|known| known == station) {
            rung.push(station.to_string());
        }
    }
    rung
}

fn disposition(legs: &[PlacedLeg], direction: Direction, by_person: bool) -> Disposition {
    let any = |wanted: Disposition| legs.iter().any(|leg| leg.leg.disposition == wanted);
    if by_person || (direction != Direction::Incoming && any(Disposition::Answered)) {
        return Disposition::Answered;
    }
    // A closing segment of zero seconds never turns a mailbox's call into a lost one.
    if any(Disposition::Voicemail) {
        return Disposition::Voicemail;
    }
    if direction == Direction::Incoming && any(Disposition::Answered) {
        // A machine of the directory answered: for the caller nobody did.
        return Disposition::NoAnswer;
    }
    [Disposition::NoAnswer, Disposition::Busy, Disposition::Failed]
        .into_iter()
        .find(|wanted| any(*wanted))
        .unwrap_or(Disposition::Unknown)
}

fn put_through(answers: &[Answer], first: Option<usize>) -> Vec<PutThrough> {
    let Some((first, head)) = first.and_then(|first| Some((first, answers.get(first)?))) else {
        return Vec::new();
    };
    let mut holding = Some(head.extension.clone());
    let mut moves = Vec::new();
    // Who answered in the same second was not put through to: it is the tie that `first::choose` resolved.
    for answer in answers
        .iter()
        .skip(first + 1)
        .filter(|answer| !first::ties(head, answer))
    {
        if holding.as_ref() != Some(&answer.extension) {
            moves.push(PutThrough {
                extension: answer.extension.clone(),
                found: answer.found.clone(),
                at: answer.at,
                talk_seconds: answer.talk_seconds,
                order: answer.order,
            });
            holding = Some(answer.extension.clone());
        }
    }
    moves
}
