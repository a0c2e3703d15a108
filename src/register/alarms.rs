//! Alarms: states of the house that somebody must look into, told once and shown until they are over.
//!
//! ```text
//! cause seen ──▶ raise ──▶ row in `alarm`, error in the log, one letter to the administrator
//! cause seen again ──▶ nothing           cause over ──▶ clear ──▶ row kept with its end, a line in the log
//! ```
//! **Invariants.** An alarm is unique by its key while it stands. A cause that comes and goes is written to the
//! administrator at most once in `LETTER_EVERY`; the log tells each time. What happens and is no state (a loss of
//! lines) is told and kept each time, and stands for a day.
//!
//! **Not here**: what raises them (feeds, calendar, mail), their sentences (`alarm_words`).

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, params};

use super::alarm_words::{Style, alarm_words, sentence};
use super::{Error, Note, Store, instant, millis};
use crate::l10n::Lang;

/// A cause that flickers writes one letter in this time.
const LETTER_EVERY: SignedDuration = SignedDuration::from_hours(6);

/// A loss can't be undone: its alarm stands for so long after the last one.
const LOSS_STANDS: SignedDuration = SignedDuration::from_hours(24);

/// What is wrong. Stored as JSON: variants and fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "alarm", rename_all = "snake_case")]
pub enum Alarm {
    /// No line came for longer than the feed's `silence`.
    FeedSilent {
        /// Which.
        feed: String,
        /// The last line's receipt, or since when the feed is waited for.
        since: Timestamp,
    },
    /// The other side can't be reached, or the device is gone.
    FeedLost {
        /// Which.
        feed: String,
        /// In the system's words.
        why: String,
    },
    /// The switch refused the login.
    LoginRefused {
        /// Which.
        feed: String,
        /// What it said, without the password.
        why: String,
    },
    /// No call came from any switch for longer than `mail.dead_man`.
    NoCalls {
        /// The last call's receipt, or since when calls are waited for.
        since: Timestamp,
    },
    /// Lines are not understood any more.
    Quarantine {
        /// Which.
        feed: String,
        /// Of the last lines, how many in a hundred.
        percent: u32,
    },
    /// Bytes that no line is made of: a wrong speed or parity.
    Garbage {
        /// Which.
        feed: String,
        /// Of the last bytes, how many in a hundred.
        percent: u32,
        /// The likely cause, by its name in data.
        cause: String,
    },
    /// The PBX's clock is off.
    Drift {
        /// Which.
        feed: String,
        /// Receipt minus end stamp.
        seconds: i64,
    },
    /// Lines were lost: our reader was too slow, or the switch's buffer ran over.
    LinesLost {
        /// Which.
        feed: String,
        /// What is known.
        why: String,
    },
    /// The calendar's holidays end soon, or have ended.
    CalendarEnds {
        /// Last day they are known.
        known_until: jiff::civil::Date,
    },
    /// The calendar has no working time, so no deadline has a date.
    NoWorkingTime,
    /// A stored policy can't be read: its cases go by the one loaded now.
    PolicyUnread {
        /// Which, and its version.
        policy: String,
        /// How many open cases have it.
        cases: i64,
        /// The first problem.
        why: String,
    },
    /// No mail gets through.
    MailDown {
        /// Since when.
        since: Timestamp,
        /// In the server's words.
        why: String,
    },
    /// Mail is held until `outbox retry`.
    MailHeld {
        /// Why.
        why: String,
    },
    /// A notice reaches nobody.
    NobodyToTell {
        /// Who was to be told.
        person: String,
    },
    /// A person with cases has no mailbox: somebody else reads for them.
    NoMailbox {
        /// Who.
        person: String,
        /// Who reads it.
        reader: String,
    },
    /// The server does not accept mail to one address that may well be alive: it is busy for too long, does not relay, or
    /// dislikes us.
    MailStuck {
        /// To which.
        address: String,
        /// Since when the message waits.
        since: Timestamp,
        /// In the server's words.
        why: String,
    },
    /// Somebody reads for so long that the write-ahead log can't shrink.
    LongReader {
        /// How long the log is.
        megabytes: u64,
        /// Which processes read.
        processes: String,
    },
    /// The disk is full or can't be written.
    Disk {
        /// What SQLite said, or where how much is free and how much is needed.
        why: String,
    },
    /// A write or sync of the database failed; the start that followed found it whole.
    DiskFailed {
        /// What SQLite said then.
        why: String,
    },
    /// Commits take long.
    SlowDisk {
        /// What the slowest of the last minute took, in milliseconds.
        millis: u64,
    },
    /// The database is damaged. Never stored: it is written by a letter of its own.
    Damaged {
        /// How.
        why: String,
        /// Where lines go meanwhile.
        spill: String,
    },
}

impl Alarm {
    /// What it is about: the alarm's kind, and the feed or person.
    pub fn key(&self) -> String {
        let (kind, about) = match self {
            Self::FeedSilent { feed, .. } => ("feed_silent", feed.as_str()),
            Self::FeedLost { feed, .. } => ("feed_lost", feed.as_str()),
            Self::LoginRefused { feed, .. } => ("login_refused", feed.as_str()),
            Self::NoCalls { .. } => ("no_calls", ""),
            Self::Quarantine { feed, .. } => ("quarantine", feed.as_str()),
            Self::Garbage { feed, .. } => ("garbage", feed.as_str()),
            Self::Drift { feed, .. } => ("drift", feed.as_str()),
            Self::LinesLost { feed, .. } => ("lines_lost", feed.as_str()),
            Self::CalendarEnds { .. } => ("calendar_ends", ""),
            Self::NoWorkingTime => ("no_working_time", ""),
            Self::PolicyUnread { .. } => ("policy_unread", ""),
            Self::MailDown { .. } => ("mail_down", ""),
            Self::MailHeld { .. } => ("mail_held", ""),
            Self::NobodyToTell { person } => ("nobody_to_tell", person.as_str()),
            Self::NoMailbox { person, .. } => ("no_mailbox", person.as_str()),
            Self::MailStuck { address, .. } => ("mail_stuck", address.as_str()),
            Self::LongReader { .. } => ("long_reader", ""),
            Self::Disk { .. } => ("disk", ""),
            Self::DiskFailed { .. } => ("disk_failed", ""),
            Self::SlowDisk { .. } => ("slow_disk", ""),
            Self::Damaged { .. } => ("damaged", ""),
        };
        key(kind, about)
    }

    /// The feed it is about.
    fn feed(&self) -> Option<&str> {
        match self {
            Self::FeedSilent { feed, .. }
            | Self::FeedLost { feed, .. }
            | Self::LoginRefused { feed, .. }
            | Self::Quarantine { feed, .. }
            | Self::Garbage { feed, .. }
            | Self::Drift { feed, .. }
            | Self::LinesLost { feed, .. } => Some(feed),
            _ => None,
        }
    }

    /// The person it is about.
    fn person(&self) -> Option<&str> {
        match self {
            Self::NobodyToTell { person } | Self::NoMailbox { person, .. } => Some(person),
            _ => None,
        }
    }

    /// What the system, a server or a switch said.
    fn why(&self) -> Option<&str> {
        match self {
            Self::FeedLost { why, .. }
            | Self::LoginRefused { why, .. }
            | Self::LinesLost { why, .. }
            | Self::PolicyUnread { why, .. }
            | Self::MailDown { why, .. }
            | Self::MailHeld { why }
            | Self::MailStuck { why, .. }
            | Self::Disk { why }
            | Self::DiskFailed { why }
            | Self::Damaged { why, .. } => Some(why),
            Self::Garbage { cause, .. } => Some(cause),
            _ => None,
        }
    }

    /// Whether it says why mail does not go, or not where it should.
    pub fn is_of_mail(&self) -> bool {
        matches!(
            self,
            Self::MailDown { .. }
                | Self::MailHeld { .. }
                | Self::MailStuck { .. }
                | Self::NobodyToTell { .. }
                | Self::NoMailbox { .. }
        )
    }
}

/// An alarm that was raised, or is over, and what the log says of it.
#[derive(Debug)]
pub(super) struct Told {
    alarm: Alarm,
    over: bool,
    sentence: String,
}

/// The key of an alarm of this kind about this feed or person (empty: about the house).
pub fn key(kind: &str, about: &str) -> String {
    if about.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind}:{about}")
    }
}

/// A stored alarm.
#[derive(Debug, Clone)]
pub struct AlarmRow {
    /// What is wrong.
    pub alarm: Alarm,
    /// Since when.
    pub raised_at: Timestamp,
    /// When it was over; `None` while it stands.
    pub cleared_at: Option<Timestamp>,
}

impl Store {
    /// Raises an alarm unless it stands already, or is of something that happens again; inside a transaction. Returns
    /// whether it is new.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn raise_alarm(&mut self, alarm: &Alarm, now: Timestamp) -> Result<bool, Error> {
        let key = alarm.key();
        let before: Option<(Option<i64>, i64)> = self
            .conn
            .prepare_cached("SELECT cleared_at, letter_at FROM alarm WHERE key = ?")?
            .query_row([&key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let happens = self.write_happened(alarm, now)?;
        if matches!(before, Some((None, _))) && !happens {
            return Ok(false);
        }
        let body = serde_json::to_string(alarm).map_err(|e| Error::Garbled {
            what: format!("alarm {key}"),
            detail: e.to_string(),
        })?;
        let last_letter = before.map(|(_, at)| instant(at));
        let letter = last_letter.is_none_or(|at| now.duration_since(at) >= LETTER_EVERY);
        let letter_at = if letter { now } else { last_letter.unwrap_or(now) };
        self.conn
            .prepare_cached(
                "INSERT INTO alarm(key, body, raised_at, letter_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT(key) DO UPDATE SET body = ?2, raised_at = ?3, letter_at = ?4, cleared_at = NULL",
            )?
            .execute(params![key, body, millis(now), millis(letter_at)])?;
        if letter {
            self.write_note(&Note::Alarm(alarm.clone()), now)?;
        }
        self.alarms_told.push(self.told(alarm, false, now));
        Ok(true)
    }

    /// A loss of lines is no state but happens: each stands among what happened to its feed. Returns whether it is one.
    fn write_happened(&self, alarm: &Alarm, now: Timestamp) -> Result<bool, Error> {
        let Alarm::LinesLost { feed, why } = alarm else {
            return Ok(false);
        };
        let id: Option<i64> = self
            .conn
            .prepare_cached("SELECT id FROM feed WHERE name = ?")?
            .query_row([feed], |row| row.get(0))
            .optional()?;
        if let Some(id) = id {
            self.write_feed_event(id, &format!("lines are lost: {why}"), now)?;
        }
        Ok(true)
    }

    /// What happened a day ago has been seen; inside a transaction.
    pub(super) fn end_alarms_of_losses(&mut self, now: Timestamp) -> Result<(), Error> {
        let keys: Vec<String> = self
            .conn
            .prepare_cached(
                "SELECT key FROM alarm WHERE cleared_at IS NULL AND raised_at <= ? AND key GLOB 'lines_lost:*'",
            )?
            .query_map([millis(now - LOSS_STANDS)], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for key in keys {
            self.clear_alarm(&key, now)?;
        }
        Ok(())
    }

    /// The log hears of alarms when they are committed: on a full disk the same one would be raised in vain again and
    /// again.
    pub(super) fn tell_of_alarms(&mut self) {
        for told in self.alarms_told.drain(..) {
            let (alarm, sentence) = (told.alarm.key(), told.sentence);
            let (feed, person, why) = (told.alarm.feed(), told.alarm.person(), told.alarm.why());
            if told.over {
                tracing::info!(alarm, feed, person, "an alarm is over: {sentence}");
            } else {
                tracing::error!(alarm, feed, person, why, "an alarm is raised: {sentence}");
            }
        }
    }

    /// What the log is to hear, in English and the site's time. One that is over is named only.
    fn told(&self, alarm: &Alarm, over: bool, now: Timestamp) -> Told {
        let style = Style {
            lang: Lang::En,
            zone: &self.rules.zone,
            now,
        };
        let sentence = match over {
            true => alarm_words(alarm, style).0,
            false => sentence(alarm, style),
        };
        Told {
            alarm: alarm.clone(),
            over,
            sentence,
        }
    }

    /// The cause is over; inside a transaction. Returns whether the alarm stood.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn clear_alarm(&mut self, key: &str, now: Timestamp) -> Result<bool, Error> {
        let body: Option<String> = self
            .conn
            .prepare_cached("UPDATE alarm SET cleared_at = ?2 WHERE key = ?1 AND cleared_at IS NULL RETURNING body")?
            .query_row(params![key, millis(now)], |row| row.get(0))
            .optional()?;
        // One of another version that can't be read ends all the same.
        if let Some(alarm) = body.as_deref().and_then(|body| serde_json::from_str(body).ok()) {
            self.alarms_told.push(self.told(&alarm, true, now));
        }
        Ok(body.is_some())
    }
}

impl super::read::Reader {
    /// The alarms that stand, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn alarms(&self) -> Result<Vec<AlarmRow>, Error> {
        let conn = self.connection();
        let mut statement = conn.prepare_cached(
            "SELECT body, raised_at, cleared_at FROM alarm WHERE cleared_at IS NULL ORDER BY raised_at, key",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, Option<i64>>(2)?,
            ))
        })?;
        let mut alarms = Vec::new();
        for row in rows {
            let (body, raised_at, cleared_at) = row?;
            alarms.push(AlarmRow {
                alarm: serde_json::from_str(&body).map_err(|e| Error::Garbled {
                    what: "alarm".to_owned(),
                    detail: e.to_string(),
                })?,
                raised_at: instant(raised_at),
                cleared_at: cleared_at.map(instant),
            });
        }
        Ok(alarms)
    }
}
