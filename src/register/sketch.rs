//! Where a number may stand: a search by part of a number reads only the calls that may have it.
//!
//! ```text
//! call 0 … 8191 | 8192 … 16383 | … | the newest: no sketch yet, read one by one
//!       sketch         sketch            a number changed later: its call is a stray, read too
//! ```
//! A sketch is a set of bits for a block of calls. Each six and each eight characters in a row of its numbers set two. What
//! is looked for may stand in a block only if all its own bits are set there; then the block's calls are read. It costs
//! eight bytes a call, and no line waits for it: the clock sketches a block once it is full.
//!
//! **Invariants.** Blocks are sketched in their order, so one number says which are. A sketch may promise what is not
//! there, and never keeps back what is: numbers that change after it was made are strays (a trigger holds that).
//!
//! **Not here**: what is shorter than six characters is nearly everywhere, and calls are read until there are enough.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Error, Store};

/// Calls of a block. The trigger in the schema knows it too.
pub(super) const BLOCK: i64 = 8_192;

/// Rows of a sketch: a search reads one of them for each run of characters.
const PARTS: i64 = 128;

/// Bits of a row.
const BITS: u64 = 4_096;

/// Bytes of a row.
const BYTES: usize = (BITS / 8) as usize;

/// Runs of characters, the long ones first: they leave the fewest blocks, and tell `99999999` from a lone `999999`.
const RUNS: [usize; 2] = [8, 6];

/// So many runs of what is looked for are enough to be sure.
const ENOUGH: usize = 12;

/// Where a run's two bits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spot {
    part: i64,
    bits: [u64; 2],
}

impl Spot {
    /// Stored sketches were made by this: it stays as it is.
    fn of(run: &[u8]) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in run {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self {
            part: (hash >> 32) as i64 % PARTS,
            bits: [(hash >> 40) % BITS, (hash >> 52) % BITS],
        }
    }

    fn in_text(text: &[u8]) -> impl Iterator<Item = Self> {
        RUNS.iter().flat_map(|length| text.windows(*length).map(Self::of))
    }

    fn is_set(self, row: &[u8]) -> bool {
        self.bits.iter().all(|bit| {
            row.get((bit / 8) as usize)
                .is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
        })
    }
}

/// The bits of a block.
struct Sketch(Vec<u8>);

impl Sketch {
    fn new() -> Self {
        Self(vec![0; PARTS as usize * BYTES])
    }

    fn note(&mut self, text: &[u8]) {
        for spot in Spot::in_text(text) {
            for bit in spot.bits {
                if let Some(byte) = self.0.get_mut(spot.part as usize * BYTES + (bit / 8) as usize) {
                    *byte |= 1 << (bit % 8);
                }
            }
        }
    }

    fn rows(&self) -> impl Iterator<Item = (i64, &[u8])> {
        (0..).zip(self.0.chunks(BYTES))
    }
}

/// How many blocks have their sketch.
fn sketched(conn: &Connection) -> Result<i64, Error> {
    Ok(conn
        .prepare_cached("SELECT max(id) FROM number_sketch")?
        .query_row([], |row| row.get::<_, Option<i64>>(0))?
        .map_or(0, |last| last / PARTS + 1))
}

impl Store {
    /// Sketches the next block that is full; inside a transaction. Returns whether there was one.
    pub(super) fn sketch_numbers(&mut self) -> Result<bool, Error> {
        let block = sketched(&self.conn)?;
        let (from, to) = (block * BLOCK, (block + 1) * BLOCK);
        let full: bool = self
            .conn
            .prepare_cached("SELECT EXISTS(SELECT 1 FROM call WHERE id >= ?)")?
            .query_row([to], |row| row.get(0))?;
        if !full {
            return Ok(false);
        }
        let mut sketch = Sketch::new();
        let mut calls = self
            .conn
            .prepare_cached("SELECT calling_number, called_number FROM call WHERE id >= ? AND id < ?")?;
        let mut rows = calls.query([from, to])?;
        while let Some(row) = rows.next()? {
            for column in 0..2 {
                if let Ok(Some(text)) = row.get_ref(column)?.as_bytes_or_null() {
                    sketch.note(text);
                }
            }
        }
        let mut insert = self
            .conn
            .prepare_cached("INSERT INTO number_sketch(id, bits) VALUES (?, ?)")?;
        for (part, bits) in sketch.rows() {
            insert.execute(params![block * PARTS + part, bits])?;
        }
        Ok(true)
    }
}

/// The calls among which a text may stand in a number: from an id up to another, not with it; the newest first.
/// `None`: anywhere.
pub(super) fn places_of(conn: &Connection, text: &str) -> Result<Option<Vec<(i64, i64)>>, Error> {
    let mut spots: Vec<Spot> = Vec::new();
    for spot in Spot::in_text(text.as_bytes()) {
        if spots.len() < ENOUGH && !spots.contains(&spot) {
            spots.push(spot);
        }
    }
    let blocks = sketched(conn)?;
    if spots.is_empty() || blocks == 0 {
        return Ok(None);
    }
    let mut row = conn.prepare_cached("SELECT bits FROM number_sketch WHERE id = ?")?;
    let mut held: Vec<i64> = (0..blocks).collect();
    for spot in spots {
        let mut still = Vec::new();
        for block in held {
            let is_set = |row: &Row<'_>| Ok(row.get_ref(0)?.as_bytes().is_ok_and(|bits| spot.is_set(bits)));
            // Without its row nothing is known of a block: it is read.
            if row
                .query_row([block * PARTS + spot.part], is_set)
                .optional()?
                .unwrap_or(true)
            {
                still.push(block);
            }
        }
        held = still;
    }
    let mut places = vec![(blocks * BLOCK, i64::MAX)];
    let mut strays = conn.prepare_cached("SELECT call FROM number_stray")?;
    let strays = strays
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    let alone = strays
        .into_iter()
        .filter(|call| held.binary_search(&(call / BLOCK)).is_err());
    places.extend(alone.map(|call| (call, call + 1)));
    places.extend(held.iter().map(|block| (block * BLOCK, (block + 1) * BLOCK)));
    places.sort_unstable_by(|a, b| b.cmp(a));
    Ok(Some(places))
}
