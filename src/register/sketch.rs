//! Where a number may stand: a search by part of a number reads only the calls that may have it.
//!
//! ```text
//! call 0 … 8191 | 8192 … 16383 | … | the newest: no sketch yet, read one by one
//!       sketch         sketch            a number changed later: its call is a stray, read too
//! ```
//! A sketch is a set of bits for a block of calls. Each six and each nine characters in a row of its numbers set two. What
//! is looked for may stand in a block only if all its own bits are set there; then the block's calls are read. It costs
//! 16 bytes a call, and nothing while lines are taken: the clock sketches a block once it is full.
//!
//! **Invariants.** Blocks are sketched in their order, so one number says which are. A sketch may promise what is not
//! there, and never keeps back what is: numbers that change after it was made are strays (a trigger holds that).
//!
//! **Not here**: what is shorter than six characters is nearly everywhere, and calls are read until there are enough.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Error, Store};

/// Calls of a block. The trigger in the schema knows it too.
pub(super) const BLOCK: i64 = 8_192;

/// Rows of a sketch: a search reads one of them for each run of characters.
const PARTS: u64 = 256;

/// Bits of a row.
const BITS: u64 = 4_096;

/// Runs of characters, the long ones first: they leave the fewest blocks, and tell `999999999` from a lone `999999`.
const RUNS: [usize; 2] = [9, 6];

/// So many runs of what is looked for are enough to be sure.
const ENOUGH: usize = 12;

/// Where a run's two bits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spot {
    part: u64,
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
            part: (hash >> 32) % PARTS,
            bits: [(hash >> 40) % BITS, (hash >> 52) % BITS],
        }
    }

    fn in_text(text: &str) -> impl Iterator<Item = Self> {
        RUNS.iter()
            .flat_map(|length| text.as_bytes().windows(*length).map(Self::of))
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
        Self(vec![0; (PARTS * BITS / 8) as usize])
    }

    fn note(&mut self, text: &str) {
        for spot in Spot::in_text(text) {
            for bit in spot.bits.map(|bit| spot.part * BITS + bit) {
                if let Some(byte) = self.0.get_mut((bit / 8) as usize) {
                    *byte |= 1 << (bit % 8);
                }
            }
        }
    }

    fn rows(&self) -> impl Iterator<Item = (i64, &[u8])> {
        (0..).zip(self.0.chunks((BITS / 8) as usize))
    }
}

/// How many blocks have their sketch.
fn sketched(conn: &Connection) -> Result<i64, Error> {
    Ok(conn
        .prepare_cached("SELECT block + 1 FROM number_sketch WHERE part = 0 ORDER BY block DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
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
                if let Ok(Some(text)) = row.get_ref(column)?.as_str_or_null() {
                    sketch.note(text);
                }
            }
        }
        let mut insert = self
            .conn
            .prepare_cached("INSERT INTO number_sketch(part, block, bits) VALUES (?, ?, ?)")?;
        for (part, bits) in sketch.rows() {
            // A part without bits needs no row; but the first says that the block is done.
            if part == 0 || bits.iter().any(|byte| *byte != 0) {
                insert.execute(params![part, block, bits])?;
            }
        }
        Ok(true)
    }
}

/// The calls among which a text may stand in a number: from an id up to another, not with it; the newest first.
/// `None`: anywhere.
pub(super) fn places_of(conn: &Connection, text: &str) -> Result<Option<Vec<(i64, i64)>>, Error> {
    let mut spots: Vec<Spot> = Vec::new();
    for spot in Spot::in_text(text) {
        if spots.len() < ENOUGH && !spots.contains(&spot) {
            spots.push(spot);
        }
    }
    let blocks = sketched(conn)?;
    let Some((first, more)) = spots.split_first().filter(|_| blocks > 0) else {
        return Ok(None);
    };
    let mut held = blocks_with(conn, *first)?;
    for spot in more {
        if held.is_empty() {
            break;
        }
        let found = blocks_with(conn, *spot)?;
        held.retain(|block| found.binary_search(block).is_ok());
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

/// Blocks whose sketch has both bits, in their order.
fn blocks_with(conn: &Connection, spot: Spot) -> Result<Vec<i64>, Error> {
    let mut statement = conn.prepare_cached("SELECT block, bits FROM number_sketch WHERE part = ? ORDER BY block")?;
    let mut rows = statement.query([spot.part as i64])?;
    let mut blocks = Vec::new();
    while let Some(row) = rows.next()? {
        if row.get_ref(1)?.as_bytes().is_ok_and(|bits| spot.is_set(bits)) {
            blocks.push(row.get(0)?);
        }
    }
    Ok(blocks)
}
