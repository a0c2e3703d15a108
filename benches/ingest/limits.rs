//! What the machine can do when nothing but the disk and SQLite work.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tempfile::NamedTempFile;

use crate::table::percentile;

/// Rows of the largest table in one transaction, as the program's largest commit.
const ROWS_PER_COMMIT: usize = 8_000;

fn scratch() -> NamedTempFile {
    NamedTempFile::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// The median of a 4 KiB append with fdatasync: what one durable word costs here.
pub fn sync_unit() -> Duration {
    let mut file = scratch();
    let mut samples: Vec<Duration> = (0..400)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[7; 4096]).unwrap();
            file.as_file().sync_data().unwrap();
            begun.elapsed()
        })
        .collect();
    percentile(&mut samples, 50)
}

/// Appends the bytes in chunks, each synced.
pub fn append(bytes: &[u8], chunk: usize) -> Duration {
    let scratch = scratch();
    let mut file: &File = scratch.as_file();
    let begun = Instant::now();
    for part in bytes.chunks(chunk) {
        file.write_all(part).unwrap();
        file.sync_data().unwrap();
    }
    begun.elapsed()
}

/// Inserts all rows of `source` into a new database of the same shape: nothing else is timed.
pub fn bare_insert(source: &Path) -> Duration {
    let source = Connection::open(source).unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let target = Connection::open(folder.path().join("bare.db")).unwrap();
    for (pragma, value) in [
        ("journal_mode", "wal"),
        ("synchronous", "full"),
        ("wal_autocheckpoint", "4000"),
        ("cache_size", "-16384"),
    ] {
        target.pragma_update(None, pragma, value).unwrap();
    }
    let schema: Vec<String> = column(
        &source,
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'sqlite_sequence'",
    );
    target.execute_batch(&schema.join(";\n")).unwrap();

    let tables = ["journal", "leg", "call", "cases", "event"];
    let counts = tables.map(|table| rows_of(&source, table));
    let largest: usize = counts.iter().copied().max().unwrap_or(1);
    let commits = largest.div_ceil(ROWS_PER_COMMIT);
    let mut reads = tables.map(|t| source.prepare(&format!("SELECT * FROM {t}")).unwrap());
    let mut writes = [0, 1, 2, 3, 4].map(|i: usize| {
        let holes = vec!["?"; reads[i].column_count()].join(",");
        target
            .prepare(&format!("INSERT INTO {} VALUES ({holes})", tables[i]))
            .unwrap()
    });
    let widths: Vec<usize> = reads.iter().map(|r| r.column_count()).collect();
    let mut cursors: Vec<_> = reads.iter_mut().map(|read| read.query([]).unwrap()).collect();
    let mut spent = Duration::ZERO;
    for _ in 0..commits {
        let mut batch: Vec<Vec<Vec<Value>>> = Vec::new();
        for (i, cursor) in cursors.iter_mut().enumerate() {
            let mut rows = Vec::new();
            for _ in 0..counts[i].div_ceil(commits) {
                let Some(row) = cursor.next().unwrap() else { break };
                rows.push((0..widths[i]).map(|at| row.get(at).unwrap()).collect());
            }
            batch.push(rows);
        }
        let begun = Instant::now();
        target.execute_batch("BEGIN IMMEDIATE").unwrap();
        for (rows, write) in batch.iter().zip(&mut writes) {
            for row in rows {
                write.execute(params_from_iter(row)).unwrap();
            }
        }
        target.execute_batch("COMMIT").unwrap();
        spent += begun.elapsed();
    }
    spent
}

fn rows_of(conn: &Connection, table: &str) -> usize {
    let count = conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
    usize::try_from(count.unwrap()).unwrap()
}

fn column(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}
