//! What an answered call says to the open cases of the other party, and what a caller's return says of closed ones.
//!
//! **Not here**: what counts as contact or as called back (`case` decides), which call opens a case (`calls`).

use jiff::Timestamp;

use super::rows::CallPlace;
use super::{Error, Store, Who, calls};
use crate::call::{Call, Direction, Disposition, NumberKey, number};
use crate::case::{Case, CaseKind, CaseState, Command, Spoken, opening};
use crate::directory::Holder;
use crate::ids::{CallId, CaseId, PersonId};

impl Store {
    /// Gives an answered call to the open cases of its other party; the first that takes it is the call's case.
    pub(super) fn spoken(
        &mut self,
        id: CallId,
        call: &Call,
        place: &mut CallPlace,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(key) = self.other_party(call) else {
            return Ok(());
        };
        let cases = self.open_cases_of(key.as_str())?;
        if cases.is_empty() {
            return Ok(());
        }
        let Some(spoken) = self.spoken_of(id, call)? else {
            return Ok(());
        };
        for case in cases {
            let changed = self.change(case.id, None, &Command::Spoken(spoken.clone()), &Who::switch(), now)?;
            let taken = changed.contacts.iter().any(|contact| contact.call == Some(id));
            if taken && place.case.is_none() && spoken.outgoing {
                place.case = Some(case.id.get());
            }
        }
        Ok(())
    }

    /// Who is at the other end of an answered call to or from the outside.
    fn other_party(&self, call: &Call) -> Option<NumberKey> {
        match call.direction {
            _ if call.disposition != Disposition::Answered => None,
            Direction::Incoming => {
                call.answered_by.as_ref()?;
                number::key(call.calling_number.as_deref()?, false, &self.rules.plan)
            }
            Direction::Outgoing => number::key(call.called_number.as_deref()?, true, &self.rules.plan),
            Direction::Internal => None,
        }
    }

    fn spoken_of(&self, id: CallId, call: &Call) -> Result<Option<Spoken>, Error> {
        let feed = self.rules.feeds.get(&call.feed);
        let legs = calls::placed_legs(&self.conn, id, feed.map_or(&self.rules.zone, |feed| &feed.zone))?;
        let coarse = legs.iter().map(|placed| placed.leg.marks.resolution_seconds).max();
        let resolution_seconds = coarse.unwrap_or(1).max(1);
        if call.direction == Direction::Incoming {
            return Ok(call.answered_at.map(|at| Spoken {
                call: id,
                by: call.person.clone(),
                extension: call.answered_by.clone(),
                at,
                resolution_seconds,
                talk_seconds: call.talk_seconds.unwrap_or(0),
                outgoing: false,
            }));
        }
        let answered = legs
            .into_iter()
            .find(|placed| placed.leg.disposition == Disposition::Answered);
        Ok(answered.map(|placed| {
            let at = placed.answered_at.unwrap_or(placed.start);
            let leg = placed.leg;
            let extension = leg.station.or(leg.calling_number);
            Spoken {
                call: id,
                by: extension
                    .as_deref()
                    .and_then(|ext| self.person_at(ext, leg.marks.agent.as_deref(), call, at)),
                extension: extension.map(String::from),
                at,
                resolution_seconds,
                talk_seconds: leg.talk_seconds.unwrap_or(0),
                outgoing: true,
            }
        }))
    }

    fn person_at(&self, extension: &str, agent: Option<&str>, call: &Call, at: Timestamp) -> Option<PersonId> {
        let wall = self.rules.zone.to_datetime(at);
        match self.rules.directory.holder(extension, agent, &call.feed, wall).holder {
            Holder::Person(person) | Holder::Roster(person, _) => Some(person),
            Holder::RosterHole(..) | Holder::UnknownMember(_) | Holder::Machine(..) | Holder::Unmapped => None,
        }
    }

    /// A caller without an open case rang: tied to the last case of theirs, which perhaps was closed too soon.
    pub(super) fn after_closing(
        &mut self,
        id: CallId,
        case: CaseId,
        key: &str,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(last) = self.last_closed_of(key)? else {
            return Ok(());
        };
        let again = Command::RepeatContact {
            call: id,
            case: Some(case),
            at,
        };
        self.change(last.id, None, &again, &Who::switch(), now)?;
        self.change(case, None, &Command::Link { to: last.id }, &Who::switch(), now)
            .map(drop)
    }

    fn last_closed_of(&self, key: &str) -> Result<Option<Case>, Error> {
        let mut statement = self.conn.prepare_cached(
            "SELECT body FROM cases WHERE caller_key = ? AND closed_at IS NOT NULL AND open = 0
             ORDER BY closed_at DESC LIMIT 1",
        )?;
        let mut rows = statement.query([key])?;
        let body: Option<String> = rows.next()?.map(|row| row.get(0)).transpose()?;
        body.map(|body| super::cases::case_from(&body)).transpose()
    }

    /// What a code keyed on the phone means for the call's own case.
    pub(super) fn coded(&mut self, id: CallId, call: &Call, case: CaseId, now: Timestamp) -> Result<(), Error> {
        if call.account_code.is_none() {
            return Ok(());
        }
        let case = self.case(case)?;
        let policy = self.policies.of(&case.policy);
        match opening::coded(call, &policy).filter(|_| case.call == Some(id)) {
            Some(command) => self.change(case.id, None, &command, &Who::switch(), now).map(drop),
            None => Ok(()),
        }
    }

    /// Opens the case of a visit, and writes down what was said; inside a transaction.
    ///
    /// # Errors
    /// A policy or directory with nothing in it, what the case refuses, or what SQLite says.
    pub fn open_visit(
        &mut self,
        person: &PersonId,
        particulars: crate::case::Particulars,
        who: &Who,
        now: Timestamp,
    ) -> Result<Case, Error> {
        let policy = self.policies.at(now);
        let category = particulars.category.clone();
        let opening = crate::case::visit(person, category, now, &policy, &self.rules.directory).ok_or_else(|| {
            Error::Garbled {
                what: "visit".into(),
                detail: "the policy has no category, or the directory no department".into(),
            }
        })?;
        let case = self.open(opening, who, now)?;
        if particulars == crate::case::Particulars::default() {
            return Ok(case);
        }
        self.change(case.id, None, &Command::Register(particulars), who, now)
    }

    /// Gives everything open of one person to another, one event each; inside a transaction. What was only offered to
    /// them is given too; back, if it was offered by the other.
    ///
    /// # Errors
    /// The first case that refuses, or what SQLite says.
    pub fn move_all(
        &mut self,
        from: &PersonId,
        to: &PersonId,
        reason: &str,
        who: &Who,
        now: Timestamp,
    ) -> Result<Vec<CaseId>, Error> {
        let ids: Vec<i64> = self
            .conn
            .prepare_cached(
                "SELECT id FROM cases WHERE open = 1 AND handler = ?1
                 UNION SELECT id FROM cases WHERE state = 'offered' AND open = 1
                   AND json_extract(body, '$.offer.answerable') = ?1 ORDER BY id",
            )?
            .query_map([from.as_str()], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut moved = Vec::with_capacity(ids.len());
        for id in ids.into_iter().map(CaseId::new) {
            let case = self.case(id)?;
            let reason = reason.to_owned();
            let command = if case.handler == *to {
                Command::Return { reason }
            } else {
                let to = crate::case::To::Person(to.clone());
                match case.state {
                    CaseState::Frozen => Command::Rule { to: Some(to), reason },
                    CaseState::Open | CaseState::Offered | CaseState::Waiting | CaseState::Closed | CaseState::Void => {
                        Command::Assign { to, reason }
                    }
                }
            };
            self.change(id, None, &command, who, now)?;
            moved.push(id);
        }
        Ok(moved)
    }

    /// Whether a missed call of this caller waits for its call-back already.
    pub(super) fn callback_of(earlier: &[Case]) -> Option<&Case> {
        earlier.iter().find(|old| old.kind == CaseKind::Callback)
    }
}

/// When a call was answered or given up.
pub(super) fn rang_at(call: &Call) -> Timestamp {
    call.answered_at.or(call.ended_at).unwrap_or(call.start)
}
