//! The writer thread: order, groups, a full disk, the end.

use std::time::Duration;

use super::*;
use crate::case::Actor;
use crate::clock::Clock;

fn wang() -> Who {
    Who {
        actor: Actor::Person("wang".parse().unwrap()),
        channel: "page",
        seen: None,
    }
}

fn note() -> Command {
    Command::Note { text: "n".to_owned() }
}

/// The house's store under a writer; lines are those of the script.
fn start(house: House) -> (tempfile::TempDir, Writer, Handle) {
    let House { dir, store, .. } = house;
    let (writer, handle) = Writer::start(store, Clock::Real).unwrap();
    (dir, writer, handle)
}

fn count(dir: &tempfile::TempDir) -> usize {
    let mut lines = 0;
    let reader = Reader::open(&dir.path().join("fa.db")).unwrap();
    reader
        .journal(false, None, None, |_| {
            lines += 1;
            Ok::<(), Error>(())
        })
        .unwrap();
    lines
}

#[tokio::test]
async fn what_is_queued_when_the_last_handle_goes_is_written_before_the_writer_ends() {
    let (dir, writer, handle) = start(House::new());
    let mut asked = tokio::task::JoinSet::new();
    for n in 0..40 {
        let handle = handle.clone();
        let lines = vec![line(&format!("unknown {n}"), t("09:00:00")); 5];
        asked.spawn(async move { handle.lines(&feed("script"), 1, lines).await });
    }
    drop(handle);
    tokio::task::spawn_blocking(move || writer.join())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(count(&dir), 200);
    for answer in asked.join_all().await {
        answer.unwrap();
    }
}

#[tokio::test]
async fn a_refused_change_and_a_hostile_line_disturb_no_other_of_their_group() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    let version = house.case(1).version;
    let (dir, writer, handle) = start(house);
    let id = CaseId::new(1);
    let script = feed("script");
    // All are queued before the thread runs again: one group.
    let (hostile, good) = (
        vec![line("clash 1 8022 09:00:00 5 60 1", t("09:02:00"))],
        vec![line("blank", t("09:02:00"))],
    );
    let answers = tokio::join!(
        handle.change(id, version + 7, note(), wang()),
        handle.lines(&script, 1, hostile),
        handle.change(id, version, note(), wang()),
        handle.lines(&script, 1, good),
        handle.change(CaseId::new(9), 1, note(), wang()),
    );
    assert!(matches!(answers.0, Err(Error::Refused { .. })));
    assert!(answers.1.is_ok() && answers.3.is_ok());
    assert_eq!(answers.2.unwrap().unwrap().version, version + 1);
    assert!(matches!(answers.4, Err(Error::NoCase(_))));
    drop(handle);
    writer.join().unwrap();
    let reader = Reader::open(&dir.path().join("fa.db")).unwrap();
    let states = [1, 2, 3].map(|id| reader.line(crate::ids::LineId::new(id)).unwrap().unwrap().state);
    assert_eq!(states, [LineState::Leg, LineState::Quarantined, LineState::Skipped]);
    let events = reader.events(id).unwrap();
    let noted = events
        .iter()
        .filter(|row| matches!(row.event, crate::case::Event::Noted { .. }));
    assert_eq!(noted.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn f27_with_a_full_disk_the_writer_waits_and_goes_on_when_there_is_room() {
    let house = House::new();
    house
        .store
        .conn
        .execute_batch("CREATE TABLE filler(x BLOB); INSERT INTO filler VALUES (zeroblob(2000000))")
        .unwrap();
    // No page more than there are: SQLite says "full", as it does for a full disk.
    let pages: i64 = house
        .store
        .conn
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    house.store.conn.pragma_update(None, "max_page_count", pages).unwrap();
    let (dir, writer, handle) = start(house);
    let lines: Vec<IncomingLine> = (0..500)
        .map(|n| line(&format!("unknown {n} {}", "x".repeat(200)), t("09:00:00")))
        .collect();
    let sender = handle.clone();
    let sending = tokio::spawn(async move { sender.lines(&feed("script"), 1, lines).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!sending.is_finished(), "nothing is acknowledged before it is durable");
    // What fits is there already, and the rest waits.
    assert!(count(&dir) < 500, "the disk is full");
    let room = rusqlite::Connection::open(dir.path().join("fa.db")).unwrap();
    room.busy_timeout(Duration::from_secs(5)).unwrap();
    room.execute("DELETE FROM filler", []).unwrap();
    sending.await.unwrap().unwrap();
    assert_eq!(count(&dir), 500);
    drop(handle);
    tokio::task::spawn_blocking(move || writer.join())
        .await
        .unwrap()
        .unwrap();
}

#[test]
fn f35_a_query_that_takes_too_long_is_ended_and_says_so() {
    let house = House::new();
    let mut reader = house.reader();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let limit = Duration::from_millis(50);
    let ended = reader.within(limit, |reader| {
        Ok(reader.connection().query_row(endless, [], |row| row.get::<_, i64>(0))?)
    });
    assert!(matches!(ended, Err(Error::TooLong { .. })), "{ended:?}");
    // The next one has its own limit.
    assert!(
        reader
            .within(Duration::from_secs(10), Reader::alarms)
            .unwrap()
            .is_empty()
    );
    assert!(reader.alarms().unwrap().is_empty());
}
