//! What goes on beside the writer: other openings of the database, and its log that is shortened.

use std::os::unix::fs::MetadataExt;
use std::sync::{Arc as Shared, Mutex};

use rusqlite::trace::{TraceEvent, TraceEventCodes};

use super::*;
use crate::clock::Clock;

/// Locks that this process has on a file.
fn locks_on(path: &Path) -> usize {
    let (file, own) = (std::fs::metadata(path).unwrap(), std::process::id().to_string());
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    let inode = format!(":{}", file.ino());
    let ours = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.contains(&own.as_str()) && words.iter().any(|word| word.ends_with(&inode))
    };
    locks.lines().filter(ours).count()
}

#[test]
fn f24_another_opening_of_the_database_leaves_the_lock_that_keeps_its_log() {
    let house = House::new();
    assert_eq!(locks_on(&house.path()), 1, "SQLite's, while the store is open");
    for _ in 0..3 {
        let reader = house.reader();
        reader.ping().unwrap();
        drop(reader);
        assert_eq!(locks_on(&house.path()), 1);
    }
    let _ = crate::register::check::all(&house.path());
    assert_eq!(locks_on(&house.path()), 1);
}

/// A hundred commits, each longer than 40 kB.
async fn write(handle: &Handle) {
    for n in 0..100 {
        let lines = (0..10).map(|m| line(&format!("unknown {n} {m} {}", "x".repeat(4000)), t("09:00:00")));
        handle.lines(&feed("script"), 1, lines.collect()).await.unwrap();
    }
}

#[tokio::test]
async fn f24_the_log_begins_anew_beside_the_writer_and_every_line_stays() {
    let House { dir, store, .. } = House::new();
    let (writer, handle) = Writer::start(store, Clock::Real).unwrap();
    for _ in 0..3 {
        write(&handle).await;
    }
    let path = dir.path().join("fa.db");
    let log = room::log_length(&path);
    assert!(log < 6_000_000, "{log} of more than 12,000,000 bytes written");
    // As after a kill: what is in the file and the log now is all there is.
    let copy = tempfile::tempdir().unwrap();
    for more in ["", "-wal"] {
        let name = format!("fa.db{more}");
        std::fs::write(copy.path().join(&name), std::fs::read(dir.path().join(&name)).unwrap()).unwrap();
    }
    drop(handle);
    tokio::task::spawn_blocking(move || writer.join())
        .await
        .unwrap()
        .unwrap();
    for folder in [copy.path(), dir.path()] {
        let path = folder.join("fa.db");
        crate::register::check::all(&path).unwrap();
        let feeds = Reader::open(&path).unwrap().feeds().unwrap();
        let lines: i64 = feeds.iter().map(|feed| feed.lines).sum();
        assert_eq!(lines, 3000);
    }
}

#[tokio::test]
async fn f27_a_reader_who_stays_makes_the_log_long_but_holds_nobody() {
    let House { dir, store, .. } = House::new();
    let path = dir.path().join("fa.db");
    let (writer, handle) = Writer::start(store, Clock::Real).unwrap();
    let stays = rusqlite::Connection::open(&path).unwrap();
    let seen = |conn: &rusqlite::Connection| -> i64 {
        conn.query_row("SELECT count(*) FROM journal", [], |row| row.get(0))
            .unwrap()
    };
    stays.execute_batch("BEGIN").unwrap();
    assert_eq!(seen(&stays), 0);
    write(&handle).await;
    assert_eq!(seen(&stays), 0, "a reader sees its own instant");
    assert!(room::log_length(&path) > 4_000_000, "all of it is in the log");
    stays.execute_batch("COMMIT").unwrap();
    assert_eq!(seen(&stays), 1000);
    drop(handle);
    tokio::task::spawn_blocking(move || writer.join())
        .await
        .unwrap()
        .unwrap();
}

/// Tables that only ever grow.
const GROWING: [&str; 10] = [
    "journal",
    "leg",
    "call",
    "cases",
    "event",
    "notice",
    "message",
    "connection",
    "violation",
    "number_sketch",
];

/// Collects the statements that a connection runs.
pub(super) fn collect(conn: &mut rusqlite::Connection, into: &Shared<Mutex<Vec<String>>>) {
    let into = Shared::clone(into);
    conn.trace_v2(
        TraceEventCodes::SQLITE_TRACE_STMT,
        Some(move |event: TraceEvent<'_>| {
            if let TraceEvent::Stmt(statement, _) = event {
                into.lock().unwrap().push(statement.sql().into_owned());
            }
        }),
    )
    .unwrap();
}

/// Steps of a query's plan that read all of a table that grows.
pub(super) fn scans(conn: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let Ok(mut statement) = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")) else {
        return Vec::new();
    };
    for at in 1..=statement.parameter_count() {
        statement.raw_bind_parameter(at, 1).unwrap();
    }
    let mut steps = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get::<_, String>(3).unwrap());
    }
    let aliases = |name: &str| -> Vec<String> {
        let words: Vec<&str> = sql.split_whitespace().collect();
        let named = words
            .windows(2)
            .filter(|pair| pair[0] == name)
            .map(|pair| pair[1].to_owned());
        named.chain([name.to_owned()]).collect()
    };
    // Indexes of parts: open, waiting, to be looked at.
    let partial = [
        "_open",
        "_unsettled",
        "_undecided",
        "_waiting",
        "_due",
        "_offered",
        "_unsent",
        "_look",
        "_pending",
        "_nobody",
    ];
    steps
        .into_iter()
        .filter(|step| {
            let Some(rest) = step.strip_prefix("SCAN ") else {
                return false;
            };
            let table = rest.split_whitespace().next().unwrap_or_default();
            let grows = GROWING.iter().any(|name| aliases(name).contains(&table.to_owned()));
            grows && !partial.iter().any(|part| rest.contains(part))
        })
        .collect()
}

#[test]
fn no_query_of_a_working_day_reads_all_there_ever_was() {
    let asked = Shared::new(Mutex::new(Vec::new()));
    let mut house = House::new();
    collect(&mut house.store.conn, &asked);
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last", "unknown"]);
    house.tick("09:10:00");
    house
        .change(1, &Command::Note { text: "n".to_owned() }, "wang")
        .unwrap();
    house.connect("script");
    house.says("09:12:05", &["leg 2 8022 09:11:00 5 60 last"]);
    // As at a start.
    house.store.feeds.clear();
    let start = |store: &mut Store| store.close_stale_connections().and_then(|()| store.read_undecided());
    house.store.transact(start).unwrap();
    house.store.next_look().unwrap();
    house.store.next_mail(t("09:12:06")).unwrap();
    let mut reader = house.reader();
    collect(reader.connection_mut(), &asked);
    let (wang, id) = ("wang".parse().unwrap(), CaseId::new(1));
    let quarantined = reader.journal(true, None, Some(50), |_| Ok::<(), Error>(()));
    quarantined.unwrap();
    reader.gauges(t("09:12:06")).unwrap();
    reader.unmapped().unwrap();
    reader.outbox(true, Some(50)).unwrap();
    reader.open_cases_of(&wang).unwrap();
    reader.offered_cases().unwrap();
    reader.closed_since(&wang, t("00:00:00")).unwrap();
    reader.events(id).unwrap();
    reader.notices(id).unwrap();
    reader.reminders(id).unwrap();
    reader.waited_for().unwrap();
    let overdue = crate::register::read::Filter {
        overdue: true,
        ..Default::default()
    };
    reader.cases(&overdue, t("09:12:06")).unwrap();
    let month = crate::register::read::Filter {
        from: Some(t("00:00:00")),
        to: Some(t("23:00:00")),
        ..Default::default()
    };
    reader.calls(&month).unwrap();
    reader.cases(&month, t("09:12:06")).unwrap();
    let conn = rusqlite::Connection::open(house.path()).unwrap();
    let mut asked: Vec<String> = asked.lock().unwrap().clone();
    asked.sort();
    asked.dedup();
    assert!(asked.len() > 40, "{} statements", asked.len());
    let guilty: Vec<(String, Vec<String>)> = asked
        .into_iter()
        // The last connections, the newest first, of whichever feed.
        .filter(|sql| !sql.ends_with("ORDER BY id DESC LIMIT 20"))
        .map(|sql| (scans(&conn, &sql), sql))
        .filter(|(steps, _)| !steps.is_empty())
        .map(|(steps, sql)| (sql, steps))
        .collect();
    assert!(guilty.is_empty(), "{guilty:#?}");
}
