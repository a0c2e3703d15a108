//! Legs by hand: what a dialect would have read, placed and folded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod first;
mod join;
mod properties;
mod time;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::*;
use crate::directory::Directory;
use crate::directory::example::{directory as example, ext, held_by};

pub(super) fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

/// `09:00:00` of Thursday 5 March 2026, Shanghai; or a whole stamp.
pub(super) fn wall(text: &str) -> DateTime {
    if text.len() == 8 {
        format!("2026-03-05T{text}").parse().unwrap()
    } else {
        text.parse().unwrap()
    }
}

pub(super) fn t(text: &str) -> Timestamp {
    shanghai().to_timestamp(wall(text)).unwrap()
}

/// wang (rank 3) has 8031, liu 8032, li (rank 0) 8033; and wang has a second phone, 8034.
pub(super) fn directory() -> Directory {
    let mut directory = example();
    for (line, (number, person)) in [("8031", "wang"), ("8032", "liu"), ("8033", "li"), ("8034", "wang")]
        .into_iter()
        .enumerate()
    {
        directory.holdings.push(ext(number, held_by(person), 100 + line as u32));
    }
    directory
}

/// An answered leg of a call from outside; with an id and times of its own.
pub(super) fn answered(station: &str, start: &str, ring: i64, talk: i64) -> Leg {
    let start = wall(start);
    Leg {
        line: 1,
        lines: 1,
        line_numbers: LineNumbers::from_slice(&[1]),
        start: Stamp::local(start),
        answered_at: Some(Stamp::local(start + jiff::SignedDuration::from_secs(ring))),
        direction: Direction::Incoming,
        calling_number: Some("13900000001".into()),
        calling_name: None,
        called_number: Some("8600".into()),
        station: Some(station.into()),
        answered_by: Some(station.into()),
        trunk: Some("T1".into()),
        ring_seconds: Some(ring),
        talk_seconds: Some(talk),
        disposition: Disposition::Answered,
        transfer: None,
        pbx_call_id: Some("100".into()),
        account_code: None,
        inferred: Inferred::new(),
        marks: Marks {
            resolution_seconds: 1,
            ..Marks::default()
        },
    }
}

/// A leg that rang without an answer.
pub(super) fn missed(station: &str, start: &str, ring: i64) -> Leg {
    Leg {
        answered_at: None,
        answered_by: None,
        talk_seconds: Some(0),
        disposition: Disposition::NoAnswer,
        ..answered(station, start, ring, 0)
    }
}

/// The leg without the switch's id.
pub(super) fn without_id(leg: Leg) -> Leg {
    Leg {
        pbx_call_id: None,
        ..leg
    }
}

/// Received when it ended.
pub(super) fn put(leg: Leg, order: u64) -> PlacedLeg {
    let busy = leg.ring_seconds.unwrap_or(0) + leg.talk_seconds.unwrap_or(0);
    let received = shanghai().to_timestamp(leg.start.at).unwrap() + jiff::SignedDuration::from_secs(busy.max(0));
    placed(leg, order, vec![LineId::new(order as i64)], received, &shanghai()).unwrap()
}

/// The call of legs given in their order of emission.
pub(super) fn call_of(legs: impl IntoIterator<Item = Leg>) -> Call {
    let legs: Vec<PlacedLeg> = (1..).zip(legs).map(|(order, leg)| put(leg, order)).collect();
    folded(&legs)
}

pub(super) fn folded(legs: &[PlacedLeg]) -> Call {
    fold(&"pbx".parse().unwrap(), legs.to_vec(), &directory(), &shanghai()).unwrap()
}
