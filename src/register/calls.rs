//! A leg finds its call, the call is folded again, and its case follows.
//!
//! **Invariants.** The call row is always the fold of all its legs. A call settles once; what comes later can fill a
//! null first answerer or move custody, never replace a name (`case::decide` holds that).

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::feed_state::FeedState;
use super::floors::{self, Numbered};
use super::lines::Heard;
use super::rows::{self, CallPlace, Coded};
use super::{Error, Store, Who, instant, millis, sketch};
use crate::call::{self, Call, Candidate, Disposition, JoinKey, Leg, PlacedLeg, Placement};
use crate::case::{Case, CaseKind, Command, Opens, opening};
use crate::directory::Holder;
use crate::ids::{CallId, CaseId, FeedName, LineId, PersonId};

/// A call settles this long after its last line, where the dialect has no end mark.
const SETTLE_AFTER: SignedDuration = SignedDuration::from_secs(60);

impl Store {
    /// Takes a leg; `None` if its date can't be reckoned with. Else its call, and how many seconds after the end it
    /// prints the leg arrived.
    pub(super) fn take_leg(
        &mut self,
        feed: &FeedName,
        state: &mut FeedState,
        leg: Leg,
        index: usize,
        heard: &Heard<'_>,
    ) -> Result<Option<(CallId, Option<i64>)>, Error> {
        let received_at = heard.learned_at;
        let order = leg.line * rows::LEGS_PER_LINE + index as u64;
        let lines = leg
            .line_numbers
            .iter()
            .map(|n| LineId::new(i64::try_from(*n).unwrap_or(i64::MAX)))
            .collect();
        let Some(placed) = call::placed(leg, order, lines, received_at, &state.rules.zone) else {
            return Ok(None);
        };
        // A line from the quarantine belongs to its own time, and says nothing of where the switch's ids are now.
        let epoch = if heard.learned_at > heard.received_at {
            self.epoch_around(state.id, heard.id)?.unwrap_or(state.epoch.number)
        } else {
            state.observe_epoch(&placed)
        };
        let key = JoinKey::of(&placed);
        let found = match self.told_before(&placed)? {
            Some(id) => Some(id),
            None => match call::place(&placed, epoch, &candidates(&self.conn, state.id, &key, &placed)?) {
                Placement::Join(id) => Some(id),
                Placement::New => None,
            },
        };
        let (id, mut place, legs) = match found {
            Some(id) => {
                rows::insert_leg(&self.conn, id, &placed)?;
                let zone = &state.rules.zone;
                (id, rows::place_of(&self.conn, id)?, placed_legs(&self.conn, id, zone)?)
            }
            None => {
                self.check_number(state, &placed)?;
                let id = self.next_call_id()?;
                rows::insert_leg(&self.conn, id, &placed)?;
                let place = CallPlace {
                    feed: state.id,
                    epoch,
                    pbx_id: placed.leg.pbx_call_id.as_ref().map(call::Text::to_string),
                    settled: false,
                    settle_at: None,
                    case: None,
                    put_order: -1,
                    owed_by: None,
                };
                (id, place, vec![placed])
            }
        };
        let Some(call) = call::fold(feed, legs, &self.rules.directory, &self.rules.zone) else {
            return Ok(None);
        };
        self.follow(id, &call, &mut place, order, received_at)?;
        match found {
            Some(_) => rows::update_call(&self.conn, id, &call, &place)?,
            None => rows::insert_call(&self.conn, id, &call, &place)?,
        }
        let alone = call.legs == 1 && call.ended;
        let late_by = call
            .ended_at
            .filter(|_| alone)
            .map(|end| received_at.as_second() - end.as_second());
        Ok(Some((id, late_by)))
    }

    /// The call of a leg that came out before its last line came; the leg of now takes its place there.
    fn told_before(&mut self, placed: &PlacedLeg) -> Result<Option<CallId>, Error> {
        let [first, _, ..] = placed.line_ids[..] else {
            return Ok(None);
        };
        let call: Option<i64> = self
            .conn
            .prepare_cached("SELECT call FROM journal WHERE id = ? AND state = 0 AND call IS NOT NULL")?
            .query_row([first.get()], |row| row.get(0))
            .optional()?;
        if let Some(call) = call {
            let from = first.get().saturating_mul(rows::LEGS_PER_LINE as i64);
            self.conn
                .prepare_cached("DELETE FROM leg WHERE call = ?1 AND ord BETWEEN ?2 AND ?3")?
                .execute([call, from, from.saturating_add(rows::LEGS_PER_LINE as i64 - 1)])?;
        }
        Ok(call.map(CallId::new))
    }

    /// The boot epoch of the last call before a line.
    fn epoch_around(&self, feed: i64, line: LineId) -> Result<Option<i64>, Error> {
        Ok(self
            .conn
            .prepare_cached(
                "SELECT c.epoch FROM journal j JOIN call c ON c.id = j.call
                 WHERE j.feed = ? AND j.id < ? ORDER BY j.id DESC LIMIT 1",
            )?
            .query_row([feed, line.get()], |row| row.get(0))
            .optional()?)
    }

    fn next_call_id(&mut self) -> Result<CallId, Error> {
        let next = match self.next_call {
            Some(next) => next,
            None => floors::next_id(&self.conn, Numbered::Call)?,
        };
        self.next_call = Some(next + 1);
        // A block is full: the clock sketches it.
        self.changed.deadlines |= next % sketch::BLOCK == 0;
        Ok(CallId::new(next))
    }

    /// What a new or changed call means for its case. `order` is the new leg's.
    fn follow(
        &mut self,
        id: CallId,
        call: &Call,
        place: &mut CallPlace,
        order: u64,
        now: Timestamp,
    ) -> Result<(), Error> {
        let late = place.settled;
        let settles = !late && call.ended;
        match place.case.map(CaseId::new) {
            None => {
                // Whoever is called back, or spoken to again, has that before the call opens anything of its own.
                self.spoken(id, call, place, now)?;
                self.open_case(id, call, place, late || settles, now)?;
            }
            Some(case) => self.follow_in_case(id, call, case, place, now)?,
        }
        if settles {
            place.settled = true;
            self.settle_case(id, call, place, now)?;
            place.owed_by = self.owed_by(call);
        } else if late {
            place.owed_by = self.owed_by(call);
            self.put_through(id, call, place, Some(order), now)?;
            if let Some(case) = place.case.map(CaseId::new) {
                self.coded(id, call, case, now)?;
            }
        } else {
            place.settle_at = now.checked_add(SETTLE_AFTER).ok();
            self.changed.deadlines = true;
        }
        Ok(())
    }

    /// Opens a draft, or attaches the call to an open case of the same caller.
    fn open_case(
        &mut self,
        id: CallId,
        call: &Call,
        place: &mut CallPlace,
        complete: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let caller = call.calling_number.as_deref().unwrap_or("");
        let key = crate::call::number::key(caller, false, &self.rules.plan);
        let policy = self.policies.at(call.answered_at.unwrap_or(call.start));
        let rules = std::sync::Arc::clone(&self.rules);
        let known = key.as_ref().and_then(|key| rules.directory.known(&rules.numbers, key));
        let caller = opening::Caller {
            key: key.as_ref(),
            known,
        };
        let opens = opening::opening(
            call,
            id,
            call.first_received_at,
            &policy,
            &rules.calendar,
            &rules.directory,
            caller,
        );
        let Opens::Case(opening) = opens else { return Ok(()) };
        let missed = opening.kind == CaseKind::Callback;
        if missed && !complete {
            return Ok(());
        }
        let earlier = match &opening.caller_key {
            Some(key) => self.open_cases_of(key)?,
            None => Vec::new(),
        };
        let of_person = of_person(&earlier, opening.holding.first_answerer.as_ref());
        let same = if missed { Self::callback_of(&earlier) } else { of_person };
        if let Some(old) = same {
            // Which answerer is first may still change until the call is complete.
            if complete {
                let old = old.id;
                self.change(old, None, &Command::Chase { call: id, case: None }, &Who::switch(), now)?;
                place.case = Some(old.get());
            }
            return Ok(());
        }
        let case = self.open(*opening, &Who::switch(), now)?;
        place.case = Some(case.id.get());
        if let (Some(key), true) = (&case.caller_key, earlier.is_empty()) {
            self.after_closing(id, case.id, key, super::evidence::rang_at(call), now)?;
        }
        if let Some(old) = earlier.first() {
            self.change(case.id, None, &Command::Link { to: old.id }, &Who::switch(), now)?;
            self.change(
                old.id,
                None,
                &Command::Chase {
                    call: id,
                    case: Some(case.id),
                },
                &Who::switch(),
                now,
            )?;
        }
        if place.settled {
            self.change(case.id, None, &Command::Settle, &Who::switch(), now)?;
        }
        Ok(())
    }

    /// More legs of a call that has a case: a draft is drawn again, a settled case hears the evidence.
    fn follow_in_case(
        &mut self,
        id: CallId,
        call: &Call,
        case: CaseId,
        place: &mut CallPlace,
        now: Timestamp,
    ) -> Result<(), Error> {
        let case = self.case(case)?;
        if case.call != Some(id) {
            // A further missed call that was attached, and was answered after all.
            return self.spoken(id, call, place, now);
        }
        let Some(holding) = opening::holding(call, call.first_received_at, &self.rules.directory) else {
            return Ok(());
        };
        let command = if case.settled {
            let unanswered = call.answered_by.is_none();
            if unanswered || holding.first_answerer == case.first_answerer {
                return Ok(());
            }
            Command::LateEvidence {
                evidence: evidence(call),
                holding: Box::new(holding),
            }
        } else {
            Command::Redraft(Box::new(holding))
        };
        self.change(case.id, None, &command, &Who::switch(), now).map(drop)
    }

    /// The call is complete: clocks start, and later answerers take over.
    fn settle_case(&mut self, id: CallId, call: &Call, place: &mut CallPlace, now: Timestamp) -> Result<(), Error> {
        let Some(case) = place.case.map(CaseId::new) else {
            return Ok(());
        };
        let mut case = self.case(case)?;
        if case.call == Some(id) && !case.settled {
            match self.same_persons(&case)? {
                Some(old) => {
                    self.change(case.id, None, &Command::Attach { to: old }, &Who::switch(), now)?;
                    let join = Command::Join {
                        call: id,
                        from: case.id,
                    };
                    case = self.change(old, None, &join, &Who::switch(), now)?;
                    place.case = Some(old.get());
                }
                None => drop(self.change(case.id, None, &Command::Settle, &Who::switch(), now)?),
            }
        }
        let case = case.id;
        self.put_through(id, call, place, None, now)?;
        self.coded(id, call, case, now)
    }

    /// The open case to which a complete draft belongs: who answered first may have changed since it was opened.
    fn same_persons(&self, draft: &Case) -> Result<Option<CaseId>, Error> {
        let (Some(key), true) = (&draft.caller_key, draft.is_open() && !draft.acted) else {
            return Ok(None);
        };
        let mut others = self.open_cases_of(key)?;
        others.retain(|other| other.id < draft.id && other.settled);
        Ok(of_person(&others, draft.first_answerer.as_ref()).map(|old| old.id))
    }

    /// Hands the case on as the caller was: each later answer once. `fresh` is the order of a leg that is new though
    /// it may be older than those told already (a line learned late).
    fn put_through(
        &mut self,
        id: CallId,
        call: &Call,
        place: &mut CallPlace,
        fresh: Option<u64>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(case) = place.case.map(CaseId::new) else {
            return Ok(());
        };
        let rules = std::sync::Arc::clone(&self.rules);
        let told = place.put_order;
        for step in &call.put_through {
            let order = i64::try_from(step.order).unwrap_or(i64::MAX);
            if order <= told && fresh != Some(step.order) {
                continue;
            }
            place.put_order = place.put_order.max(order);
            let current = self.case(case)?;
            if current.call != Some(id) {
                return Ok(());
            }
            let (Holder::Person(to) | Holder::Roster(to, _)) = &step.found.holder else {
                continue;
            };
            let Some(department) = rules.directory.person(to).map(|person| person.department.clone()) else {
                continue;
            };
            let to = to.clone();
            let command = Command::PutThrough {
                to,
                department,
                extension: step.extension.clone(),
                answered_at: step.at,
                talk_seconds: step.talk_seconds,
            };
            match self.change(case, None, &command, &Who::switch(), now) {
                Ok(_) => {}
                // Too short, closed, or the policy says no: the leg stays as evidence.
                Err(Error::Refused { refusal, .. }) => {
                    tracing::debug!(case = %case, ?refusal, "a put-through did not move the case");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Settles what has been silent long enough; inside a transaction.
    pub(super) fn settle_due(&mut self, now: Timestamp, limit: usize) -> Result<usize, Error> {
        let due: Vec<i64> = self
            .conn
            .prepare_cached("SELECT id FROM call WHERE settled = 0 AND settle_at <= ? ORDER BY settle_at LIMIT ?")?
            .query_map(params![millis(now), limit as i64], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for id in &due {
            let id = CallId::new(*id);
            if let Err(why) = self.guarded(|store| store.settle(id, now))? {
                tracing::error!(call = %id, why = %why, "a call could not be settled; tried again in an hour");
                self.conn
                    .prepare_cached("UPDATE call SET settle_at = ?2 WHERE id = ?1")?
                    .execute(params![id.get(), millis(super::an_hour_after(now))])?;
            }
        }
        Ok(due.len())
    }

    fn settle(&mut self, id: CallId, now: Timestamp) -> Result<(), Error> {
        let (call, mut place) = self.fold_stored(id)?.ok_or_else(|| Error::Garbled {
            what: format!("call {id}"),
            detail: "its legs can't be read".into(),
        })?;
        place.settled = true;
        if place.case.is_none() {
            self.open_case(id, &call, &mut place, true, now)?;
        }
        self.settle_case(id, &call, &mut place, now)?;
        place.owed_by = self.owed_by(&call);
        rows::update_call(&self.conn, id, &call, &place)
    }

    /// Who should have answered a missed call, for the count of missed calls.
    fn owed_by(&self, call: &Call) -> Option<PersonId> {
        if call.answered_by.is_some() {
            return None;
        }
        let rules = &self.rules;
        let key = crate::call::number::key(call.calling_number.as_deref().unwrap_or(""), false, &rules.plan);
        let known = key.as_ref().and_then(|key| rules.directory.known(&rules.numbers, key));
        let caller = opening::Caller {
            key: key.as_ref(),
            known,
        };
        let policy = self.policies.at(call.start);
        opening::missed_by(call, &policy, &rules.calendar, &rules.directory, caller)
    }

    /// A call folded again from its stored legs, with the feed's zone of today.
    pub(super) fn fold_stored(&self, id: CallId) -> Result<Option<(Call, CallPlace)>, Error> {
        let place = rows::place_of(&self.conn, id)?;
        let feed = feed_name(&self.conn, place.feed)?;
        let zone = self.rules.feeds.get(&feed).map_or(&self.rules.zone, |feed| &feed.zone);
        let legs = placed_legs(&self.conn, id, zone)?;
        Ok(call::fold(&feed, legs, &self.rules.directory, &self.rules.zone).map(|call| (call, place)))
    }

    /// Open cases of a caller, newest first. Drafts too: a caller who rings twice in a minute is one caller.
    pub(super) fn open_cases_of(&self, key: &str) -> Result<Vec<Case>, Error> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT body FROM cases WHERE open = 1 AND caller_key = ? ORDER BY id DESC")?;
        let rows = statement.query_map([key], |row| row.get::<_, String>(0))?;
        rows.map(|body| super::cases::case_from(&body?)).collect()
    }
}

/// The case that a person has, or answered first.
fn of_person<'c>(cases: &'c [Case], person: Option<&crate::ids::PersonId>) -> Option<&'c Case> {
    let person = person?;
    cases
        .iter()
        .find(|old| old.first_answerer.as_ref() == Some(person) || old.handler == *person)
}

/// What a late leg says, in words for the event.
fn evidence(call: &Call) -> String {
    let rule = call.found.as_ref().map_or("", |found| found.rule.as_str());
    format!(
        "{} legs; first answered by {}; {rule}",
        call.legs,
        call.answered_by.as_deref().unwrap_or("nobody")
    )
}

/// A feed's name by its row.
pub(super) fn feed_name(conn: &Connection, id: i64) -> Result<FeedName, Error> {
    let name: String = conn
        .prepare_cached("SELECT name FROM feed WHERE id = ?")?
        .query_row([id], |row| row.get(0))?;
    name.parse().map_err(|e: crate::ids::BadSlug| Error::Garbled {
        what: format!("feed row {id}"),
        detail: e.to_string(),
    })
}

/// A call's legs with their instants.
pub(super) fn placed_legs(conn: &Connection, id: CallId, zone: &jiff::tz::TimeZone) -> Result<Vec<PlacedLeg>, Error> {
    let stored = rows::legs_of(conn, id)?;
    Ok(stored
        .into_iter()
        .filter_map(|leg| call::placed(leg.leg, leg.order, leg.line_ids, leg.received_at, zone))
        .collect())
}

fn candidates(conn: &Connection, feed: i64, key: &JoinKey, leg: &PlacedLeg) -> Result<Vec<Candidate>, Error> {
    const AT_MOST: usize = 4;
    const BY_ID: &str = "SELECT id, start, ended_at, disposition, epoch FROM call
        WHERE feed = ? AND pbx_id = ? ORDER BY id DESC LIMIT 4";
    const BY_LINE: &str = "SELECT id, start, ended_at, disposition, epoch, calling_number, called_number FROM call
        WHERE feed = ?1 AND pbx_id IS NULL AND start BETWEEN ?2 AND ?3 AND direction = ?4 AND trunk IS ?5
          AND (?6 IS NULL OR calling_number = ?6) AND (?7 IS NULL OR called_number = ?7)
        ORDER BY start DESC";
    let read = |row: &rusqlite::Row<'_>, key: JoinKey| {
        let disposition: Coded<Disposition> = row.get(3)?;
        Ok(Candidate {
            id: CallId::new(row.get(0)?),
            key,
            start: instant(row.get(1)?),
            ended_at: row.get::<_, Option<i64>>(2)?.map(instant),
            answered: disposition.0 == Disposition::Answered,
            epoch: row.get(4)?,
        })
    };
    let rows: Result<Vec<_>, _> = match key {
        JoinKey::PbxId(pbx_id) => conn
            .prepare_cached(BY_ID)?
            .query_map(params![feed, pbx_id.as_str()], |row| read(row, key.clone()))?
            .collect(),
        JoinKey::Line {
            direction,
            trunk,
            caller,
            dialled,
        } => {
            let from = leg.start.checked_sub(call::ID_LIFE).unwrap_or(Timestamp::MIN);
            let until = leg
                .start
                .checked_add(SignedDuration::from_mins(1))
                .unwrap_or(Timestamp::MAX);
            let (trunk_text, caller, dialled) = (trunk.as_deref(), caller.as_deref(), dialled.as_deref());
            conn.prepare_cached(BY_LINE)?
                .query_map(
                    params![
                        feed,
                        millis(from),
                        millis(until),
                        Coded(*direction),
                        trunk_text,
                        caller,
                        dialled
                    ],
                    |row| {
                        let of = JoinKey::of_line(
                            *direction,
                            trunk.clone(),
                            rows::text_of(row, 5)?,
                            rows::text_of(row, 6)?,
                        );
                        read(row, of)
                    },
                )?
                // Who withheld a number is written in more than one way.
                .filter(|call| call.as_ref().map_or(true, |call| call.key == *key))
                .take(AT_MOST)
                .collect()
        }
        JoinKey::Alone => Ok(Vec::new()),
    };
    Ok(rows?)
}
