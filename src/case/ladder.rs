//! The ladder: who is urged about a deadline, when, and when the clock must look again.
//!
//! ```text
//!        rung 0          due: rung 1        rung 2           rung 3 …
//! ---------|-----------------|-----------------|----------------|---->
//!   before the deadline was set: skipped, except the one at the due instant itself
//! ```
//! **Invariants.** Nobody is urged about a draft, a closed or void case, a deadline met or dropped, or under a policy
//! that only observes. One person gets a rung once: as the one addressed, if also in copy. A rung that reaches nobody
//! reaches the handler. Of an offer, who is to answer it stands in the handler's place. All rungs that have come by `now` are given each time, of a repeated one the first and the
//! latest: whoever stores them knows which are told already.
//!
//! **Not here**: quiet hours, digests, the daily cap, deputies, dead mailboxes (`remind`).

use jiff::{SignedDuration, Timestamp};

use crate::calendar::{Calendar, Span};
use crate::case::policy::{Policy, Recipient, Rung};
use crate::case::state::{Case, Deadline, DeadlineKind};
use crate::directory::Directory;
use crate::ids::PersonId;

/// A clock that looks this much too late has stood still.
const STANDSTILL: SignedDuration = SignedDuration::from_hours(1);

/// A rung with its instant.
#[derive(Debug, Clone, PartialEq)]
pub struct RungAt {
    /// Its number.
    pub rung: u32,
    /// When.
    pub at: Timestamp,
    /// Who is told.
    pub to: Vec<Recipient>,
    /// Who gets a copy.
    pub cc: Vec<Recipient>,
    /// Repeated at this interval.
    pub every: Option<Span>,
}

/// A notice that is due: one thing to tell one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeDue {
    /// About which deadline.
    pub kind: DeadlineKind,
    /// Which rung.
    pub rung: u32,
    /// 0 the first time, then 1, 2 … of a rung with `every`.
    pub repeat: u32,
    /// When the deadline is (or was) due.
    pub due_at: Timestamp,
    /// The rung's own instant.
    pub at: Timestamp,
    /// Whom.
    pub person: PersonId,
    /// Told for information; another is addressed.
    pub copy: bool,
}

/// A rung that is never told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Of which deadline.
    pub kind: DeadlineKind,
    /// Which rung.
    pub rung: u32,
    /// When the deadline is due.
    pub due_at: Timestamp,
    /// When it would have been; `None`: it can't be computed.
    pub at: Option<Timestamp>,
    /// Why.
    pub reason: SkipReason,
}

/// Why a rung is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SkipReason {
    /// It lies before the deadline was set.
    BeforeCreation,
    /// The calendar has no working time to count.
    NoWorkingTime,
}

/// The rungs of a deadline that are to come or have come, by time.
pub fn rungs(case: &Case, deadline: &Deadline, policy: &Policy, calendar: &Calendar) -> Vec<RungAt> {
    if !urged(case, deadline, policy) {
        return Vec::new();
    }
    let placed = policy
        .ladder
        .iter()
        .filter_map(|rung| place(rung, deadline, calendar).ok());
    let mut rungs: Vec<RungAt> = placed.collect();
    rungs.sort_by_key(|rung| (rung.at, rung.rung));
    rungs
}

/// The rungs that are never told, for the log.
pub fn skipped(case: &Case, policy: &Policy, calendar: &Calendar) -> Vec<Skipped> {
    let watched = case.deadlines.iter().filter(|row| urged(case, row, policy));
    let all = watched.flat_map(|row| policy.ladder.iter().map(move |rung| (row, rung)));
    all.filter_map(|(row, rung)| place(rung, row, calendar).err()).collect()
}

/// Everything that is to be told by `now`, most overdue first.
pub fn due_notices(
    case: &Case,
    policy: &Policy,
    calendar: &Calendar,
    directory: &Directory,
    now: Timestamp,
) -> Vec<NoticeDue> {
    let mut rows: Vec<&Deadline> = case.deadlines.iter().collect();
    rows.sort_by_key(|row| row.due_at);
    let mut notices = Vec::new();
    for row in rows {
        for rung in rungs(case, row, policy, calendar)
            .into_iter()
            .filter(|rung| rung.at <= now)
        {
            let people = recipients(case, row.kind, &rung, directory);
            let last = latest_repeat(&rung, calendar, now).filter(|(repeat, _)| *repeat > 0);
            for (repeat, at) in std::iter::once((0, rung.at)).chain(last) {
                notices.extend(people.iter().map(|(person, copy)| NoticeDue {
                    kind: row.kind,
                    rung: rung.rung,
                    repeat,
                    due_at: row.due_at,
                    at,
                    person: person.clone(),
                    copy: *copy,
                }));
            }
        }
    }
    notices
}

/// Whether a notice found now is overtaken: a later one about the same deadline has come for the same person, and this
/// one is more than an hour late, as after a standstill.
pub fn overtaken(notice: &NoticeDue, all: &[NoticeDue], now: Timestamp) -> bool {
    let late = notice.at.duration_until(now) > STANDSTILL;
    let later = |other: &NoticeDue| {
        other.kind == notice.kind
            && other.due_at == notice.due_at
            && other.person == notice.person
            && (other.at, other.rung, other.repeat) > (notice.at, notice.rung, notice.repeat)
    };
    late && all.iter().any(later)
}

/// When the clock must look again: at the earliest deadline not yet found passed, or the next rung after `now`.
///
/// To be asked after [`due_notices`] was answered for the same `now`: what came by then is not named again.
pub fn next_instant(case: &Case, policy: &Policy, calendar: &Calendar, now: Timestamp) -> Option<Timestamp> {
    if !case.settled || !case.is_open() {
        return None;
    }
    let watched = || {
        case.deadlines
            .iter()
            .filter(|row| row.is_live() && !case.is_paused(row.kind))
    };
    let pause = case.pause().map(|pause| pause.until);
    let passing = watched().filter(|row| row.breached_at.is_none()).map(|row| row.due_at);
    let urging = watched()
        .flat_map(|row| rungs(case, row, policy, calendar))
        .filter_map(|rung| {
            if rung.at > now {
                Some(rung.at)
            } else {
                next_repeat(&rung, calendar, now)
            }
        });
    passing.chain(urging).chain(pause).min()
}

fn urged(case: &Case, deadline: &Deadline, policy: &Policy) -> bool {
    !policy.observe_only && case.settled && case.is_open() && deadline.is_live() && !case.is_paused(deadline.kind)
}

/// Where a rung falls. A heads-up that lies before the deadline was set would only confuse; but a deadline that was
/// late when it was set must still be told, by the rung at the due instant.
fn place(rung: &Rung, deadline: &Deadline, calendar: &Calendar) -> Result<RungAt, Skipped> {
    let skip = |at, reason| Skipped {
        kind: deadline.kind,
        rung: rung.rung,
        due_at: deadline.due_at,
        at,
        reason,
    };
    let at = calendar
        .shift(deadline.due_at, rung.at)
        .map_err(|_| skip(None, SkipReason::NoWorkingTime))?;
    if at < deadline.set_at && at != deadline.due_at {
        return Err(skip(Some(at), SkipReason::BeforeCreation));
    }
    Ok(RungAt {
        rung: rung.rung,
        at,
        to: rung.to.clone(),
        cc: rung.cc.clone(),
        every: rung.every,
    })
}

fn repeat_at(rung: &RungAt, repeat: u32, calendar: &Calendar) -> Option<Timestamp> {
    let times = |n: i64| (n > 0).then(|| n.checked_mul(i64::from(repeat))).flatten();
    let span = match rung.every? {
        Span::Elapsed(seconds) => Span::Elapsed(times(seconds)?),
        Span::Business(seconds) => Span::Business(times(seconds)?),
        Span::BusinessDays(days) => Span::BusinessDays(times(days)?),
        Span::EndOfDay => return None,
    };
    calendar.shift(rung.at, span).ok()
}

/// The latest repetition that has come: found by doubling, then halving, as there may be very many.
fn latest_repeat(rung: &RungAt, calendar: &Calendar, now: Timestamp) -> Option<(u32, Timestamp)> {
    let come = |repeat: u32| repeat_at(rung, repeat, calendar).filter(|at| *at <= now);
    come(1)?;
    let mut low = 1_u32;
    while low < u32::MAX / 2 && come(low * 2).is_some() {
        low *= 2;
    }
    let mut high = low.saturating_mul(2);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if come(middle).is_some() {
            low = middle
        } else {
            high = middle
        }
    }
    come(low).map(|at| (low, at))
}

fn next_repeat(rung: &RungAt, calendar: &Calendar, now: Timestamp) -> Option<Timestamp> {
    let told = latest_repeat(rung, calendar, now).map_or(0, |(repeat, _)| repeat);
    repeat_at(rung, told.checked_add(1)?, calendar)
}

/// Whom a rung reaches, each once; `true`: in copy.
fn recipients(case: &Case, kind: DeadlineKind, rung: &RungAt, directory: &Directory) -> Vec<(PersonId, bool)> {
    let urged = case.urged(kind);
    let mut found: Vec<(PersonId, bool)> = Vec::new();
    let mut add = |recipients: &[Recipient], copy: bool| {
        for person in recipients
            .iter()
            .flat_map(|recipient| resolve(urged, *recipient, directory))
        {
            if !found.iter().any(|(known, _)| *known == person) {
                found.push((person, copy));
            }
        }
    };
    add(&rung.to, false);
    add(&rung.cc, true);
    // Above the topmost there is nobody: then the rung stays with the handler.
    if !found.iter().any(|(_, copy)| !copy) {
        found.retain(|(person, _)| person != urged);
        found.insert(0, (urged.clone(), false));
    }
    found
}

fn resolve(handler: &PersonId, recipient: Recipient, directory: &Directory) -> Vec<PersonId> {
    let above = || directory.chain(handler);
    match recipient {
        Recipient::Handler => vec![handler.clone()],
        Recipient::Supervisor => above().into_iter().take(1).collect(),
        Recipient::Next => above().into_iter().skip(1).take(1).collect(),
        // Without the role anywhere above, the topmost stands in.
        Recipient::Manager => directory
            .manager_of(handler)
            .or_else(|| above().pop())
            .into_iter()
            .collect(),
        Recipient::Chain => directory.chain_to_manager(handler),
    }
}
