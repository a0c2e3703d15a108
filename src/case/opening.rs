//! Does a call open a case, and whose is it?
//!
//! ```text
//! Call + policy --(does it open one?)--> Nothing(why)
//!      \--(who answered, who handles, where do the clocks start?)--> Case(Opening)
//! ```
//! **Invariants.** There is always a handler: the person, else the group's lead or the department's head, else the
//! fallback. Clocks start at the PBX's answer; only where that lies more than two minutes after receipt, talk time
//! before receipt is taken, flagged.
//!
//! **Not here**: who owes the call-back of a missed call (`missed`), closing by a code keyed on the phone (`contact`).

use jiff::{SignedDuration, Timestamp};

use crate::calendar::{Calendar, CountFrom, Span};
use crate::call::{Call, Direction, Machine, NumberKey};
use crate::case::Command;
use crate::case::event::{Holding, Opening};
use crate::case::missed;
use crate::case::policy::{AccountCode, Policy};
use crate::case::state::{CaseKind, Outcome, Words};
use crate::directory::{Directory, Holder, Known};
use crate::ids::{CallId, CategoryId, DepartmentId, PersonId};

/// How far the PBX's clock may be ahead of ours before its answer time is not believed.
const CLOCK_AHEAD: SignedDuration = SignedDuration::from_secs(120);

/// What a call does.
#[derive(Debug, Clone, PartialEq)]
pub enum Opens {
    /// It opens a case.
    Case(Box<Opening>),
    /// It is counted, nothing more.
    Nothing(Why),
}

/// Why a call opens no case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// Station to station.
    Internal,
    /// We called.
    Outgoing,
    /// A known number whose calls open none.
    Known,
    /// A fax, a bridge or the like answered.
    Machine,
    /// Answered so long before receipt that it is history.
    History,
    /// Missed, and the policy only counts those.
    Missed,
    /// The caller gave up so soon that it is no missed call.
    ShortAbandon,
    /// Missed, and the number was withheld: nobody could call back.
    NoNumber,
    /// Nobody answered a call between stations.
    NotAnswered,
    /// The talk was shorter than the policy's `min_talk`.
    TooShort,
    /// The policy has no category, or the directory no department.
    Unready,
}

/// What is known of a caller by the number's key: looked up where the dial plan is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Caller<'a> {
    /// The normalised number; none where it was withheld.
    pub key: Option<&'a NumberKey>,
    /// The directory's entry of that number.
    pub known: Option<&'a Known>,
}

/// Decides from the whole call. `received_at` is when its first line arrived.
pub fn opening(
    call: &Call,
    call_id: CallId,
    received_at: Timestamp,
    policy: &Policy,
    calendar: &Calendar,
    directory: &Directory,
    caller: Caller<'_>,
) -> Opens {
    if let Some(why) = opens_none(call, received_at, policy, calendar, caller) {
        return Opens::Nothing(why);
    }
    let missed = call.answered_by.is_none();
    let code = code(call, policy).filter(|_| !missed);
    let category = complaint(call, policy)
        .or_else(|| code.and_then(|code| code.category.clone()))
        .or_else(|| default_category(policy));
    let holding = if missed {
        missed::holding(call, received_at, calendar, directory)
    } else {
        holding(call, received_at, directory)
    };
    let (Some(holding), Some(category)) = (holding, category) else {
        return Opens::Nothing(Why::Unready);
    };
    Opens::Case(Box::new(Opening {
        kind: if missed { CaseKind::Callback } else { CaseKind::Call },
        call: Some(call_id),
        holding,
        caller_number: call.calling_number.clone(),
        caller_key: caller.key.map(|key| key.as_str().to_owned()),
        caller_name: call.calling_name.clone(),
        category,
        duty: code.and_then(|code| code.duty),
        received_at,
        policy: (policy.id.clone(), policy.version.clone()),
    }))
}

/// Who answered first and who handles, as the legs so far tell. `None` only of a directory without departments.
pub fn holding(call: &Call, received_at: Timestamp, directory: &Directory) -> Option<Holding> {
    let (handler, department, how) = handler(call, directory)?;
    let (clock_base, clock_flagged) = clock_base(call, received_at);
    Some(Holding {
        first_answerer: call.person.clone(),
        certainty: call.certainty,
        handler,
        department,
        how: how.to_owned(),
        extension: call.answered_by.clone().or_else(|| call.target.clone()),
        clock_base,
        clock_flagged,
    })
}

/// What a code keyed on the phone says: for a case that was opened before the code was printed, and for closing.
pub fn coded(call: &Call, policy: &Policy) -> Option<Command> {
    let code = code(call, policy)?;
    let category = code.category.clone().filter(|_| complaint(call, policy).is_none());
    let known = |outcome: &String| Outcome::ALL.into_iter().find(|known| known.as_str() == outcome);
    // A complaint is never done by a key on the phone.
    let outcome = code
        .outcome
        .as_ref()
        .and_then(known)
        .filter(|_| complaint(call, policy).is_none());
    (code.duty.is_some() || category.is_some() || outcome.is_some()).then(|| Command::Code {
        code: call.account_code.as_deref().unwrap_or_default().trim().to_owned(),
        duty: code.duty,
        category,
        outcome,
    })
}

/// The category that is taken when none is chosen.
pub fn default_category(policy: &Policy) -> Option<CategoryId> {
    let marked = policy.categories.iter().find(|(_, category)| category.default);
    marked
        .or_else(|| policy.categories.iter().next())
        .map(|(id, _)| id.clone())
}

fn opens_none(
    call: &Call,
    received_at: Timestamp,
    policy: &Policy,
    calendar: &Calendar,
    caller: Caller<'_>,
) -> Option<Why> {
    let opens = &policy.opens;
    match call.direction {
        Direction::Outgoing => return Some(Why::Outgoing),
        Direction::Internal if !opens.internal => return Some(Why::Internal),
        Direction::Internal | Direction::Incoming => {}
    }
    if caller.known.is_some_and(|known| !known.opens) {
        return Some(Why::Known);
    }
    let answered_at = call.answered_at.filter(|_| call.answered_by.is_some());
    if answered_at.is_none() && by_a_machine(call) {
        return Some(Why::Machine);
    }
    let since = answered_at.or(call.ended_at).unwrap_or(call.start);
    if too_old(since, received_at, opens.max_age, calendar) {
        return Some(Why::History);
    }
    if answered_at.is_none() {
        return match call.direction {
            Direction::Incoming => not_called_back(call, policy, caller),
            Direction::Internal | Direction::Outgoing => Some(Why::NotAnswered),
        };
    }
    let min_talk = match opens.min_talk {
        Span::Elapsed(seconds) | Span::Business(seconds) => seconds,
        Span::BusinessDays(_) | Span::EndOfDay => 0,
    };
    call.talk_seconds.filter(|talk| *talk < min_talk).map(|_| Why::TooShort)
}

/// Who should have answered, if this is a missed call: from outside, answered by nobody, and not given up at once.
/// Whether it owes a call-back is another question: a withheld number is missed as well.
pub fn missed_by(
    call: &Call,
    policy: &Policy,
    calendar: &Calendar,
    directory: &Directory,
    caller: Caller<'_>,
) -> Option<PersonId> {
    let missed = call.direction == Direction::Incoming
        && call.answered_by.is_none()
        && !by_a_machine(call)
        && !given_up_at_once(call, policy)
        && caller.known.is_none_or(|known| known.opens);
    missed
        .then(|| missed::holding(call, call.first_received_at, calendar, directory))
        .flatten()
        .map(|holding| holding.handler)
}

fn given_up_at_once(call: &Call, policy: &Policy) -> bool {
    let limit = match policy.opens.short_abandon {
        Span::Elapsed(seconds) | Span::Business(seconds) => seconds,
        Span::BusinessDays(_) | Span::EndOfDay => 0,
    };
    let waited = call.ended_at.map(|end| end.as_second() - call.start.as_second());
    waited.is_some_and(|waited| waited < limit)
}

/// Why a missed call owes no call-back, if it does not.
fn not_called_back(call: &Call, policy: &Policy, caller: Caller<'_>) -> Option<Why> {
    if !policy.opens.missed_callback {
        Some(Why::Missed)
    } else if given_up_at_once(call, policy) {
        Some(Why::ShortAbandon)
    } else if caller.key.is_none() {
        Some(Why::NoNumber)
    } else {
        None
    }
}

/// A queue, a menu or a mailbox that took the call leaves it missed; anything else that is no person took it indeed.
fn by_a_machine(call: &Call) -> bool {
    let holder = call.found.as_ref().map(|found| &found.holder);
    matches!(holder, Some(Holder::Machine(Machine::Fax | Machine::Other, _)))
}

fn too_old(answered_at: Timestamp, received_at: Timestamp, max_age: Span, calendar: &Calendar) -> bool {
    // Counted as deadlines are: k business days end at the close of the k-th.
    let counted = calendar.due(answered_at, max_age, CountFrom::NextDay).map(|due| due.at);
    let limit = counted.or_else(|_| {
        // Without working time business days can't be counted: plain ones then, so that an archive stays one.
        let plain = match max_age {
            Span::Elapsed(seconds) | Span::Business(seconds) => seconds,
            Span::BusinessDays(days) => days.saturating_mul(86_400),
            Span::EndOfDay => 86_400,
        };
        calendar.shift(answered_at, Span::Elapsed(plain))
    });
    limit.is_ok_and(|limit| limit < received_at)
}

fn complaint(call: &Call, policy: &Policy) -> Option<CategoryId> {
    let dialled = [call.called_number.as_deref(), call.target.as_deref()];
    let numbers = &policy.opens.complaint_numbers;
    let rung = dialled
        .into_iter()
        .flatten()
        .any(|number| numbers.iter().any(|known| known == number));
    policy
        .categories
        .keys()
        .find(|id| rung && id.as_str() == "complaint")
        .cloned()
}

fn code<'p>(call: &Call, policy: &'p Policy) -> Option<&'p AccountCode> {
    policy.account_codes.get(call.account_code.as_deref()?.trim())
}

pub(super) fn clock_base(call: &Call, received_at: Timestamp) -> (Timestamp, bool) {
    let base = call.answered_at.or(call.ended_at).unwrap_or(call.start);
    if received_at.duration_until(base) <= CLOCK_AHEAD {
        return (base, false);
    }
    let talk = SignedDuration::from_secs(call.talk_seconds.unwrap_or(0).max(0));
    (received_at.checked_sub(talk).unwrap_or(received_at), true)
}

fn handler(call: &Call, directory: &Directory) -> Option<(PersonId, DepartmentId, &'static str)> {
    if let Some(person) = &call.person {
        return Some((person.clone(), department_of(directory, person)?, "answered"));
    }
    let holder = call.found.as_ref().map_or(&Holder::Unmapped, |found| &found.holder);
    let how = match holder {
        Holder::Person(_) | Holder::Roster(..) => "answered",
        Holder::RosterHole(..) => "head",
        Holder::UnknownMember(_) | Holder::Machine(_, Some(_)) => "lead",
        Holder::Machine(_, None) | Holder::Unmapped => "fallback",
    };
    let person = directory.answerable(holder);
    // A head of several departments handles a hole for the one whose desk it is.
    let desk = directory
        .desks
        .iter()
        .find(|desk| matches!(holder, Holder::RosterHole(hole, _) if *hole == desk.id));
    let department = desk
        .map(|desk| desk.department.clone())
        .or_else(|| department_of(directory, person))?;
    Some((person.clone(), department, how))
}

/// Where a person belongs; the fallback's department for a stranger, so that a case always has one.
pub(super) fn department_of(directory: &Directory, person: &PersonId) -> Option<DepartmentId> {
    let own = directory
        .person(person)
        .or_else(|| directory.person(&directory.fallback));
    let first = || directory.departments.first().map(|department| department.id.clone());
    own.map(|person| person.department.clone()).or_else(first)
}

impl Why {
    /// In a sentence.
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Self::Internal => ("内线通话不建立首问责任记录", "internal calls open no case"),
            Self::Outgoing => ("呼出通话不建立首问责任记录", "outgoing calls open no case"),
            Self::Known => (
                "该号码已登记为不建立首问责任记录",
                "a known number whose calls open no case",
            ),
            Self::Machine => ("由传真或其他设备接听", "a fax or another machine answered"),
            Self::History => (
                "收到话单时应答已超过制度规定的时限，只作历史",
                "answered too long before its line came: history",
            ),
            Self::Missed => (
                "无人接听，制度只作统计",
                "nobody answered, and the policy only counts those",
            ),
            Self::ShortAbandon => (
                "来电人很快挂断，不算未接来电",
                "the caller hung up so soon that it is no missed call",
            ),
            Self::NoNumber => (
                "无人接听，来电未显示号码，无法回电",
                "nobody answered, and the number was withheld, so nobody can call back",
            ),
            Self::NotAnswered => ("内线呼叫无人接听", "nobody answered the internal call"),
            Self::TooShort => (
                "通话短于制度规定的最短时长",
                "the talk was shorter than the policy's minimum",
            ),
            Self::Unready => (
                "制度没有事项类别或通讯录没有部门",
                "the policy has no category or the directory no department",
            ),
        };
        Words {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }
}
