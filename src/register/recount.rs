//! The calendar and the zone the database lives by: has either changed, and what is still to be counted again?
//!
//! ```text
//! start, reload ──adopt──▶ stored != now? ──yes──▶ meta `recount`, in the same transaction
//! clock's turn ──────────▶ `recount` there? ─yes──▶ 1,000 cases, and how far it came; nothing else falls due meanwhile
//! ```
//! **Invariants.** What the database knows of the calendar and what is still to be counted are written together: after
//! a crash the work goes on where it stopped. Until it is done no deadline is found passed, so that a deadline that the
//! change moves away is not breached for waiting its turn.
//!
//! **Not here**: what moves, and how far (`case::recount`).

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Alarm, Error, Store, Who, instant, millis};
use crate::calendar::{Calendar, offsets_from};
use crate::case::{Command, Edited};
use crate::ids::CaseId;

/// Cases counted again in one transaction.
const BATCH: usize = if cfg!(test) { 10 } else { 1000 };
/// How far ahead offsets are compared: as far as a calendar counts, ten years.
const HORIZON: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 3660);
const KNOWN: &str = "calendar";
const UNDER_WAY: &str = "recount";

/// The calendar as the database last knew it.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    days_and_hours: String,
    /// Milliseconds since 1970 and seconds east of Greenwich.
    offsets: Vec<(i64, i32)>,
    until: i64,
}

/// A count under way.
#[derive(Debug, Serialize, Deserialize)]
struct UnderWay {
    /// When the change was adopted.
    at: i64,
    edited: Edited,
    /// The last case that was looked at.
    done: i64,
    /// Cases and deadlines so far, for the log.
    cases: usize,
    moved: usize,
}

impl Known {
    fn of(calendar: &Calendar, now: Timestamp) -> Self {
        let until = now.checked_add(HORIZON).unwrap_or(Timestamp::MAX);
        let offsets = calendar.offsets(now, until);
        Self {
            days_and_hours: calendar.days_and_hours(),
            offsets: offsets.into_iter().map(|(at, offset)| (millis(at), offset)).collect(),
            until: millis(until),
        }
    }

    /// What differs in the calendar of today.
    fn edited(&self, calendar: &Calendar, now: Timestamp) -> Option<Edited> {
        if self.days_and_hours != calendar.days_and_hours() {
            return Some(Edited::Calendar);
        }
        let known: Vec<_> = self
            .offsets
            .iter()
            .map(|(at, offset)| (instant(*at), *offset))
            .collect();
        let begin = known.first().map_or(now, |(at, _)| now.max(*at));
        let until = instant(self.until);
        let differ = begin < until && offsets_from(&known, begin) != calendar.offsets(begin, until);
        differ.then_some(Edited::Zone)
    }
}

impl Store {
    /// Compares the calendar with the one the database knew, and notes what is to be counted again; inside a
    /// transaction.
    pub(super) fn mind_calendar(&mut self, now: Timestamp) -> Result<(), Error> {
        let rules = std::sync::Arc::clone(&self.rules);
        // What an older program, or a hand, wrote otherwise counts as never written.
        let known: Option<Known> = self.meta(KNOWN)?.and_then(|text| serde_json::from_str(&text).ok());
        if let Some(edited) = known.and_then(|known| known.edited(&rules.calendar, now)) {
            // A count that is not done yet began earlier: what passed since has not been looked at either.
            let before = self.under_way()?.map(|before| before.at);
            self.keep(
                UNDER_WAY,
                &UnderWay {
                    at: before.map_or(millis(now), |at| at.min(millis(now))),
                    edited,
                    done: 0,
                    cases: 0,
                    moved: 0,
                },
            )?;
            let what = match edited {
                Edited::Calendar => "the calendar was changed",
                Edited::Zone => "the rules of the site's time zone were changed",
            };
            tracing::info!("{what}: deadlines that are still to come are counted again");
            self.changed.deadlines = true;
        }
        self.keep(KNOWN, &Known::of(&rules.calendar, now))?;
        self.warn_of_calendar(now)
    }

    /// Counts the next cases again; inside a transaction. Returns whether there was anything to do.
    pub(super) fn recount_some(&mut self, now: Timestamp) -> Result<bool, Error> {
        let Some(mut under_way) = self.under_way()? else {
            return Ok(false);
        };
        let ids: Vec<i64> = self
            .conn
            .prepare_cached("SELECT id FROM cases WHERE open = 1 AND settled = 1 AND id > ? ORDER BY id LIMIT ?")?
            .query_map(params![under_way.done, BATCH as i64], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let command = Command::Recount {
            at: instant(under_way.at),
            edited: under_way.edited,
        };
        for id in ids.iter().copied().map(CaseId::new) {
            let before = self.case(id)?.deadlines.len();
            match self.guarded(|store| store.change(id, None, &command, &Who::clock(), now))? {
                Ok(case) => under_way.moved += case.deadlines.len() - before,
                Err(why) => tracing::error!(case = %id, why = %why, "its deadlines could not be counted again"),
            }
        }
        under_way.cases += ids.len();
        if ids.len() < BATCH {
            self.conn.execute("DELETE FROM meta WHERE key = ?", [UNDER_WAY])?;
            tracing::info!(
                cases = under_way.cases,
                moved = under_way.moved,
                "open deadlines were counted again"
            );
        } else if let Some(last) = ids.last() {
            under_way.done = *last;
            self.keep(UNDER_WAY, &under_way)?;
        }
        Ok(true)
    }

    /// Whether deadlines wait to be counted again.
    pub(super) fn recounts(&self) -> Result<bool, Error> {
        Ok(self.under_way()?.is_some())
    }

    fn under_way(&self) -> Result<Option<UnderWay>, Error> {
        let text = self.meta(UNDER_WAY)?;
        text.map(|text| serde_json::from_str(&text).map_err(|e| garbled(UNDER_WAY, &e)))
            .transpose()
    }

    fn keep(&mut self, key: &str, value: &impl Serialize) -> Result<(), Error> {
        let text = serde_json::to_string(value).map_err(|e| garbled(key, &e))?;
        self.set_meta(key, &text)
    }

    /// Raises and clears the alarms about the calendar, once a day; inside a transaction.
    pub(super) fn watch_calendar(&mut self, now: Timestamp) -> Result<(), Error> {
        let today = self.rules.calendar.date_of(now);
        if self.calendar_seen == Some(today) {
            return Ok(());
        }
        self.calendar_seen = Some(today);
        let ends = self.rules.calendar.warning(today).and(self.rules.calendar.known_until);
        match ends {
            Some(known_until) => {
                let alarm = Alarm::CalendarEnds { known_until };
                if self.stands_otherwise(&alarm)? {
                    self.clear_alarm("calendar_ends", now)?;
                }
                self.raise_alarm(&alarm, now)?
            }
            None => self.clear_alarm("calendar_ends", now)?,
        };
        match self.rules.calendar.next_open(now) {
            Err(_) => self.raise_alarm(&Alarm::NoWorkingTime, now)?,
            Ok(_) => self.clear_alarm("no_working_time", now)?,
        };
        Ok(())
    }

    /// Whether an alarm stands that says something else: of an earlier or later day.
    fn stands_otherwise(&self, alarm: &Alarm) -> Result<bool, Error> {
        let body: Option<String> = self
            .conn
            .prepare_cached("SELECT body FROM alarm WHERE key = ? AND cleared_at IS NULL")?
            .query_row([alarm.key()], |row| row.get(0))
            .optional()?;
        Ok(body.is_some_and(|body| serde_json::from_str::<Alarm>(&body).ok().as_ref() != Some(alarm)))
    }

    /// At a start and a reload the log says it again, though the alarm stands.
    fn warn_of_calendar(&mut self, now: Timestamp) -> Result<(), Error> {
        for note in notes(&self.rules.calendar, now) {
            tracing::warn!("{note}");
        }
        self.calendar_seen = None;
        self.watch_calendar(now)
    }
}

/// What is to be said of a calendar today: holidays that end, working time that lacks.
pub fn notes(calendar: &Calendar, now: Timestamp) -> Vec<String> {
    let mut notes = Vec::new();
    let left = calendar.warning(calendar.date_of(now));
    if let (Some(left), Some(until)) = (left, calendar.known_until) {
        let id = &calendar.id;
        notes.push(if left < 0 {
            format!("calendar {id}: its holidays were known until {until}; since then days run on the week's hours alone")
        } else {
            format!("calendar {id}: its holidays are known until {until}, {left} days from now; add the next year's to its file")
        });
    }
    if calendar.next_open(now).is_err() {
        let id = &calendar.id;
        notes.push(format!(
            "calendar {id}: no working time in the next two years, so no deadline has a date; set its `hours`"
        ));
    }
    notes
}

fn garbled(key: &str, error: &serde_json::Error) -> Error {
    Error::Garbled {
        what: format!("setting `{key}`"),
        detail: error.to_string(),
    }
}
