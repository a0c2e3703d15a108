//! One station's part in a call, as a dialect read it from one line or a few.
//!
//! The public fields are what `parse --json` prints; [`Marks`] are what a dialect adds for joining legs to calls
//! and are not printed.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// A number, a name, an id: up to 23 bytes stand in the leg itself, for a switch prints hundreds of legs and a dozen
/// such texts in each.
pub type Text = smol_str::SmolStr;

/// Numbers of a leg's lines; one or two in nearly all.
pub type LineNumbers = smallvec::SmallVec<[u64; 2]>;

/// Names of fields deduced rather than read, in the order in which the dialect deduced them.
pub type Inferred = smallvec::SmallVec<[&'static str; 3]>;

/// A point of time as the PBX printed it: wall time, with an offset only where the format prints one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Wall time of the PBX's clock, whole seconds.
    pub at: DateTime,
    /// The offset, where the format prints one or is defined as UTC.
    pub offset: Option<Offset>,
}

impl Stamp {
    /// Wall time without an offset.
    pub const fn local(at: DateTime) -> Self {
        Self { at, offset: None }
    }
}

impl Stamp {
    /// Always with a numeric offset, as RFC 3339 times of the register are shown; UTC if none is known.
    pub fn rfc3339(&self) -> String {
        let seconds = self.offset.map_or(0, Offset::seconds);
        let sign = if seconds < 0 { '-' } else { '+' };
        let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() % 3600 / 60);
        format!("{}{sign}{hours:02}:{minutes:02}", self.at.strftime("%Y-%m-%dT%H:%M:%S"))
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By hand: two stamps of each leg are printed, and it takes a fifth of what a format takes.
        match digits(self.at) {
            Some(text) => f.write_str(std::str::from_utf8(&text).unwrap_or_default())?,
            None => write!(f, "{:.0}", self.at)?,
        }
        match self.offset {
            None => Ok(()),
            Some(o) if o == Offset::UTC => f.write_str("Z"),
            Some(o) => {
                let s = o.seconds();
                let (sign, s) = if s < 0 { ('-', -s) } else { ('+', s) };
                write!(f, "{sign}{:02}:{:02}", s / 3600, s % 3600 / 60)
            }
        }
    }
}

/// `2026-03-05T09:00:00`; years of four digits only.
fn digits(at: DateTime) -> Option<[u8; 19]> {
    let year = u16::try_from(at.year()).ok().filter(|year| *year < 10_000)?;
    let mut text = *b"0000-00-00T00:00:00";
    let mut put = |place: usize, number: u16| {
        if let Some([tens, ones]) = text.get_mut(place..place + 2) {
            *tens += (number / 10 % 10) as u8;
            *ones += (number % 10) as u8;
        }
    };
    put(0, year / 100);
    put(2, year % 100);
    let two = [at.month(), at.day(), at.hour(), at.minute(), at.second()];
    for (place, number) in [5, 8, 11, 14, 17].into_iter().zip(two) {
        put(place, u16::from(number.unsigned_abs()));
    }
    Some(text)
}

impl Serialize for Stamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Seen from the PBX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// An outside party called in.
    Incoming,
    /// A station called out.
    Outgoing,
    /// Station to station.
    Internal,
}

/// How a leg, or a call, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// A person answered (outgoing: the other side did).
    Answered,
    /// Nobody answered.
    NoAnswer,
    /// The target was busy.
    Busy,
    /// The call could not be set up.
    Failed,
    /// Voicemail took it.
    Voicemail,
    /// The format does not tell.
    Unknown,
}

/// What answered, where it was no person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Machine {
    /// A queue or an automatic attendant's waiting line.
    Queue,
    /// A menu or announcement.
    Ivr,
    /// A mailbox.
    Voicemail,
    /// A fax.
    Fax,
    /// A conference bridge, a tone, a park slot, a door phone.
    Other,
}

/// A transfer as the record itself names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Who transferred.
    pub from: Option<Text>,
    /// Who got the call.
    pub to: Option<Text>,
}

/// One leg. Field meanings are those of `parse --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leg {
    /// The leg's first input line, from 1.
    pub line: u64,
    /// How many lines it took.
    pub lines: u64,
    /// Which lines.
    pub line_numbers: LineNumbers,
    /// When the leg began (incoming: began to ring).
    pub start: Stamp,
    /// When it was answered.
    pub answered_at: Option<Stamp>,
    /// Seen from the PBX.
    pub direction: Direction,
    /// Who called.
    pub calling_number: Option<Text>,
    /// The caller's name.
    pub calling_name: Option<Text>,
    /// What was dialled.
    pub called_number: Option<Text>,
    /// The extension this record is about.
    pub station: Option<Text>,
    /// The extension that answered; null if nobody did or a machine did.
    pub answered_by: Option<Text>,
    /// The line to the outside.
    pub trunk: Option<Text>,
    /// Seconds of ringing; null: the format does not tell.
    pub ring_seconds: Option<i64>,
    /// Seconds from answer to release.
    pub talk_seconds: Option<i64>,
    /// How the leg ended.
    pub disposition: Disposition,
    /// The transfer the record names.
    pub transfer: Option<Transfer>,
    /// What joins legs to calls.
    pub pbx_call_id: Option<Text>,
    /// A code keyed on the phone.
    pub account_code: Option<Text>,
    /// Names of fields deduced rather than read.
    pub inferred: Inferred,
    /// For joining; not printed.
    #[serde(skip)]
    pub marks: Marks,
}

/// What a dialect knows beyond the printed fields: the joiner's evidence.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// `Some(true)`: the format says that no more records of this call follow; `Some(false)`: that more do.
    /// `None`: the format does not tell, the call settles by silence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<bool>,
    /// All segments of one call id print the same start, and follow one another in the order of emission
    /// (IP Office). Later segments then have no start and no answer time of their own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub one_start: bool,
    /// What answered, where the format shows that it was no person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    /// The extension or group the call was for, where `called_number` is the outside number dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Text>,
    /// Agent login or authorisation code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Text>,
    /// The record itself says that this leg came by transfer (or was passed on by one).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub transferred: bool,
    /// Whether the dialect marks transfers at all: if so, two answered legs join without an id only when marked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub marks_transfers: bool,
    /// Seconds on hold and parked, where talk is printed without them.
    #[serde(skip_serializing_if = "is_zero")]
    pub held_seconds: i64,
    /// Coarseness of the stamps: 1 (or unset), or 60 where seconds lack.
    #[serde(skip_serializing_if = "is_fine")]
    pub resolution_seconds: i64,
    /// Seconds from start to end, where the format prints both but not when a person answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lasted_seconds: Option<i64>,
    /// Who had the call after `answered_by`, in order, where one record names them all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_to: Vec<Text>,
}

fn is_zero(seconds: &i64) -> bool {
    *seconds == 0
}

fn is_fine(seconds: &i64) -> bool {
    *seconds <= 1
}
