//! How legs and calls lie in columns.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row};

use super::{Error, instant, millis};
use crate::call::{Call, Certainty, Direction, Disposition, Leg, Marks, PlacedLeg, Stamp, Text};
use crate::ids::{CallId, LineId, PersonId};

macro_rules! coded {
    ($type:ty, $($variant:path = $code:literal),+ $(,)?) => {
        impl ToSql for Coded<$type> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(match self.0 { $($variant => $code),+ } as i64))
            }
        }
        impl FromSql for Coded<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_i64()? {
                    $($code => Ok(Self($variant)),)+
                    other => Err(FromSqlError::OutOfRange(other)),
                }
            }
        }
    };
}

/// Runs a statement with these values in the order of its parameters. Each is bound as what it is: a list of values of
/// any kind takes twice the time, and sixty are bound for each line.
macro_rules! run {
    ($statement:ident; $($value:expr),+ $(,)?) => {{
        let mut at = 0usize;
        $(
            at += 1;
            $statement.raw_bind_parameter(at, $value)?;
        )+
        $statement.raw_execute()
    }};
}
pub(super) use run;

/// An enum stored as a small number.
#[derive(Debug, Clone, Copy)]
pub struct Coded<T>(pub T);

coded!(
    Direction,
    Direction::Incoming = 0,
    Direction::Outgoing = 1,
    Direction::Internal = 2
);
coded!(
    Disposition,
    Disposition::Answered = 0,
    Disposition::NoAnswer = 1,
    Disposition::Busy = 2,
    Disposition::Failed = 3,
    Disposition::Voicemail = 4,
    Disposition::Unknown = 5
);
coded!(
    Certainty,
    Certainty::Ambiguous = 0,
    Certainty::Likely = 1,
    Certainty::Certain = 2
);

/// What became of a journal line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Part of a leg.
    Leg,
    /// No record: header, banner, blank.
    Skipped,
    /// Seen before, in a replay.
    Duplicate,
    /// Not understood.
    Quarantined,
    /// A piece of a line.
    Partial,
    /// Waits: for its record to be whole, or for `auto` to decide.
    Pending,
}

coded!(
    LineState,
    LineState::Leg = 0,
    LineState::Skipped = 1,
    LineState::Duplicate = 2,
    LineState::Quarantined = 3,
    LineState::Partial = 4,
    LineState::Pending = 5
);

/// Room for this many legs of one line in the order of emission.
pub const LEGS_PER_LINE: u64 = 8;

/// Names that `inferred` may hold, so that stored texts become the dialects' own constants again.
const FIELDS: &[&str] = &[
    "start",
    "answered_at",
    "direction",
    "calling_number",
    "calling_name",
    "called_number",
    "station",
    "answered_by",
    "trunk",
    "ring_seconds",
    "talk_seconds",
    "disposition",
    "transfer",
    "pbx_call_id",
    "account_code",
    "machine",
];

fn stamp_text(stamp: &Stamp) -> String {
    stamp.to_string()
}

fn stamp_from(text: &str) -> Result<Stamp, Error> {
    let garbled = |detail: jiff::Error| Error::Garbled {
        what: format!("stamp `{text}`"),
        detail: detail.to_string(),
    };
    let (at, offset) = text.split_at(text.len().min(19));
    let at = at.parse().map_err(garbled)?;
    let offset = match offset {
        "" => None,
        "Z" => Some(jiff::tz::Offset::UTC),
        other => Some(
            jiff::fmt::strtime::parse("%:z", other)
                .map_err(garbled)?
                .offset()
                .unwrap_or(jiff::tz::Offset::UTC),
        ),
    };
    Ok(Stamp { at, offset })
}

/// Appends a leg to a call.
pub fn insert_leg(conn: &Connection, call: CallId, placed: &PlacedLeg) -> Result<(), Error> {
    let leg = &placed.leg;
    // All columns in their order: a statement is found by its text, and a long one is long to compare.
    let mut statement = conn.prepare_cached("INSERT INTO leg VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")?;
    let lines = (placed.line_ids.len() > 1).then(|| {
        placed
            .line_ids
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(",")
    });
    run!(
        statement;
        call.get(),
        placed.order as i64,
        lines,
        millis(placed.received_at),
        stamp_text(&leg.start),
        leg.answered_at.as_ref().map(stamp_text),
        Coded(leg.direction),
        leg.calling_number.as_deref(),
        leg.calling_name.as_deref(),
        leg.called_number.as_deref(),
        leg.station.as_deref(),
        leg.answered_by.as_deref(),
        leg.trunk.as_deref(),
        leg.ring_seconds,
        leg.talk_seconds,
        Coded(leg.disposition),
        leg.transfer.as_ref().and_then(|t| serde_json::to_string(t).ok()),
        leg.pbx_call_id.as_deref(),
        leg.account_code.as_deref(),
        (!leg.inferred.is_empty()).then(|| leg.inferred.join(",")),
        serde_json::to_string(&leg.marks).ok(),
    )?;
    Ok(())
}

/// A leg as stored, still without instants.
#[derive(Debug)]
pub struct StoredLeg {
    /// The leg.
    pub leg: Leg,
    /// Order of emission.
    pub order: u64,
    /// Its lines.
    pub line_ids: Vec<LineId>,
    /// When its last line arrived.
    pub received_at: jiff::Timestamp,
}

/// All legs of a call, in order of emission.
pub fn legs_of(conn: &Connection, call: CallId) -> Result<Vec<StoredLeg>, Error> {
    let mut statement = conn.prepare_cached(
        "SELECT ord, lines, received_at, start, answered_at, direction, calling_number, calling_name, called_number,
           station, answered_by, trunk, ring_seconds, talk_seconds, disposition, transfer, pbx_id, account_code,
           inferred, marks
         FROM leg WHERE call = ? ORDER BY ord",
    )?;
    let mut rows = statement.query([call.get()])?;
    let mut legs = Vec::new();
    while let Some(row) = rows.next()? {
        legs.push(stored_leg(row)?);
    }
    Ok(legs)
}

/// A column of text.
pub(super) fn text_of(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Text>> {
    let text = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    Ok(text.map(Text::new))
}

/// Columns as [`legs_of`] names them.
fn stored_leg(row: &Row<'_>) -> Result<StoredLeg, Error> {
    let order: i64 = row.get(0)?;
    let lines: Option<String> = row.get(1)?;
    let line_ids: Vec<LineId> = match lines {
        None => vec![LineId::new(order / LEGS_PER_LINE as i64)],
        Some(text) => text.split(',').filter_map(|id| id.parse().ok()).collect(),
    };
    let inferred: Option<String> = row.get(18)?;
    let transfer: Option<String> = row.get(15)?;
    let marks: Option<String> = row.get(19)?;
    let start: String = row.get(3)?;
    let answered_at: Option<String> = row.get(4)?;
    let direction: Coded<Direction> = row.get(5)?;
    let disposition: Coded<Disposition> = row.get(14)?;
    let leg = Leg {
        line: line_ids.first().map_or(0, |id| id.get() as u64),
        lines: line_ids.len() as u64,
        line_numbers: line_ids.iter().map(|id| id.get() as u64).collect(),
        start: stamp_from(&start)?,
        answered_at: answered_at.as_deref().map(stamp_from).transpose()?,
        direction: direction.0,
        calling_number: text_of(row, 6)?,
        calling_name: text_of(row, 7)?,
        called_number: text_of(row, 8)?,
        station: text_of(row, 9)?,
        answered_by: text_of(row, 10)?,
        trunk: text_of(row, 11)?,
        ring_seconds: row.get(12)?,
        talk_seconds: row.get(13)?,
        disposition: disposition.0,
        transfer: transfer.and_then(|text| serde_json::from_str(&text).ok()),
        pbx_call_id: text_of(row, 16)?,
        account_code: text_of(row, 17)?,
        inferred: inferred
            .unwrap_or_default()
            .split(',')
            .filter_map(|name| FIELDS.iter().copied().find(|field| *field == name))
            .collect(),
        marks: marks
            .and_then(|text| serde_json::from_str::<Marks>(&text).ok())
            .unwrap_or_default(),
    };
    Ok(StoredLeg {
        leg,
        order: order as u64,
        line_ids,
        received_at: instant(row.get(2)?),
    })
}

/// What the register keeps of a call besides its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct CallPlace {
    /// Feed row.
    pub feed: i64,
    /// Boot epoch.
    pub epoch: i64,
    /// The PBX's id.
    pub pbx_id: Option<String>,
    /// Settled.
    pub settled: bool,
    /// When it settles by silence.
    pub settle_at: Option<jiff::Timestamp>,
    /// Its case.
    pub case: Option<i64>,
    /// Order of the last put-through that was applied to the case.
    pub put_order: i64,
    /// Settled and missed: who should have answered.
    pub owed_by: Option<PersonId>,
}

/// All columns of a call in their order.
const INSERT_CALL: &str =
    "INSERT INTO call VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,
       ?26,?27,?28,?29)";

/// The same for a call that is there; its feed, epoch and PBX id stay (and their index with them).
const UPDATE_CALL: &str = "
    UPDATE call SET start=?3, answered_at=?4, ended_at=?5, direction=?6, calling_number=?7, calling_name=?8,
      called_number=?9, target=?10, trunk=?11, disposition=?12, answered_by=?13, person=?14, certainty=?15, doubts=?16,
      ring_seconds=?17, talk_seconds=?18, account_code=?19, legs=?20, received_at=?21, settled=?22, settle_at=?23,
      case_id=?26, put_order=?27, found=?28, owed_by=?29
    WHERE id=?1";

/// Writes a new call.
pub fn insert_call(conn: &Connection, id: CallId, call: &Call, place: &CallPlace) -> Result<(), Error> {
    write_call(conn, INSERT_CALL, id, call, place)
}

/// Writes a call again.
pub fn update_call(conn: &Connection, id: CallId, call: &Call, place: &CallPlace) -> Result<(), Error> {
    write_call(conn, UPDATE_CALL, id, call, place)
}

fn write_call(conn: &Connection, sql: &str, id: CallId, call: &Call, place: &CallPlace) -> Result<(), Error> {
    let doubts = (!call.doubts.is_empty()).then(|| serde_json::to_string(&call.doubts).unwrap_or_default());
    let mut statement = conn.prepare_cached(sql)?;
    run!(
        statement;
        id.get(),
        place.feed,
        millis(call.start),
        call.answered_at.map(millis),
        call.ended_at.map(millis),
        Coded(call.direction),
        call.calling_number.as_deref(),
        call.calling_name.as_deref(),
        call.called_number.as_deref(),
        call.target.as_deref(),
        call.trunk.as_deref(),
        Coded(call.disposition),
        call.answered_by.as_deref(),
        call.person.as_ref().map(|p| p.as_str()),
        Coded(call.certainty),
        doubts,
        call.ring_seconds,
        call.talk_seconds,
        call.account_code.as_deref(),
        call.legs as i64,
        millis(call.received_at),
        place.settled,
        place.settle_at.filter(|_| !place.settled).map(millis),
        place.epoch,
        place.pbx_id.as_deref(),
        place.case,
        place.put_order,
        call.found.as_ref().map(|f| f.rule.as_str()),
        place.owed_by.as_ref().map(|p| p.as_str()),
    )?;
    Ok(())
}

/// Reads what the register keeps of a call.
pub fn place_of(conn: &Connection, id: CallId) -> Result<CallPlace, Error> {
    let mut statement = conn.prepare_cached(
        "SELECT feed, epoch, pbx_id, settled, settle_at, case_id, put_order, owed_by FROM call WHERE id = ?",
    )?;
    Ok(statement.query_row([id.get()], |row| {
        Ok(CallPlace {
            feed: row.get(0)?,
            epoch: row.get(1)?,
            pbx_id: row.get(2)?,
            settled: row.get(3)?,
            settle_at: row.get::<_, Option<i64>>(4)?.map(instant),
            case: row.get(5)?,
            put_order: row.get(6)?,
            owed_by: row.get::<_, Option<String>>(7)?.and_then(|id| id.parse().ok()),
        })
    })?)
}
