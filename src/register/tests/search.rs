//! A search by part of a number, over calls that have a sketch and calls that have none.

use std::sync::{Arc as Shared, Mutex};

use super::beside::{collect, scans};
use super::*;
use crate::register::read::Filter;
use crate::register::sketch::BLOCK;

/// Two blocks and a hundred calls more; all numbers but those named are `021` and eight digits from `10000001` on.
const CALLS: i64 = 2 * BLOCK + 100;

fn with_calls(special: &[(i64, Option<&str>, Option<&str>)]) -> House {
    let house = House::new();
    house
        .store
        .conn
        .execute(
            "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ?)
             INSERT INTO call(id, feed, start, direction, calling_number, called_number, disposition, certainty, legs,
               received_at, settled, epoch)
             SELECT n.id, feed.id, n.id, 0, '021' || (10000000 + n.id), '62345678', 0, 2, 1, n.id, 1, 0
             FROM n, feed WHERE feed.name = 'script'",
            [CALLS],
        )
        .unwrap();
    for (id, calling, called) in special {
        let values = rusqlite::params![id, calling, called];
        let sql = "UPDATE call SET calling_number = ?2, called_number = ?3 WHERE id = ?1";
        assert_eq!(house.store.conn.execute(sql, values).unwrap(), 1);
    }
    house
}

fn count(house: &House, sql: &str) -> i64 {
    house.store.conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[track_caller]
fn check(house: &House, number: &str, limit: Option<usize>, calls: &[i64]) {
    let filter = Filter {
        number: Some(number.to_owned()),
        limit,
        ..Filter::default()
    };
    let found = house.reader().calls(&filter).unwrap();
    let found: Vec<i64> = found.iter().map(|call| call.id.get()).collect();
    assert_eq!(found, calls, "{number}");
}

/// What holds with and without sketches.
fn check_all(house: &House) {
    let last = 2 * BLOCK + 6;
    check(house, "13812345678", None, &[5, 20, last]);
    check(house, "13812345678", Some(2), &[20, last]);
    check(house, "812345", None, &[5, 20, last]);
    check(house, "5678901", None, &[]);
    check(house, "8613812345678", None, &[20]);
    check(house, "99999999999", None, &[]);
    check(house, "999999", None, &[7]);
    check(house, "9999999", None, &[]);
    check(house, "02110008193", None, &[8193]);
    check(house, "*61", None, &[12]);
    check(house, "61", Some(1), &[16_461]);
    check(house, "????", None, &[9001]);
    check(house, "anonymous", None, &[9000]);
    check(house, "Anonymous", None, &[]);
    check(house, "匿名来电", None, &[9002]);
    check(house, "1381234567890123456789", None, &[]);
}

#[test]
fn a_search_by_part_of_a_number_finds_the_same_with_and_without_sketches() {
    let mut house = with_calls(&[
        (5, Some("13812345678"), None),
        (7, Some("999999"), None),
        (12, Some("8021"), Some("*61")),
        (20, None, Some("+8613812345678")),
        (8192, None, None),
        (9000, Some("anonymous"), None),
        (9001, Some("????"), Some("8021")),
        (9002, Some("匿名来电"), None),
        (2 * BLOCK + 6, Some("13812345678"), None),
    ]);
    // A database of before: its calls have no sketch yet.
    assert_eq!(count(&house, "SELECT count(*) FROM number_sketch"), 0);
    check_all(&house);
    house.tick("09:00:00");
    // Calls 0 to 8191 and 8192 to 16383 have one; the last hundred are read.
    let blocks = "SELECT count(DISTINCT id / 128) FROM number_sketch";
    assert_eq!(count(&house, blocks), 2);
    assert_eq!(count(&house, "SELECT count(*) FROM number_stray"), 0);
    check_all(&house);
    house.tick("09:00:01");
    assert_eq!(count(&house, blocks), 2, "the third is not full");
    house.restart();
    check_all(&house);
}

#[test]
fn a_number_that_changes_after_its_call_was_sketched_is_found() {
    let mut house = with_calls(&[]);
    house.tick("09:00:00");
    check(&house, "13900000001", None, &[]);
    let set = |id: i64, number: Option<&str>| {
        let sql = "UPDATE call SET calling_number = ?2, called_number = called_number, talk_seconds = 7 WHERE id = ?1";
        house.store.conn.execute(sql, rusqlite::params![id, number]).unwrap();
    };
    set(30, Some("13900000001"));
    set(9000, Some("13900000001"));
    set(40, Some("02110000040"));
    set(50, None);
    set(CALLS, Some("13900000001"));
    check(&house, "13900000001", None, &[30, 9000, CALLS]);
    check(&house, "02110000030", None, &[]);
    check(&house, "02110000040", None, &[40]);
    check(&house, "02110000050", None, &[]);
    // A number that stayed is no change, and what has no sketch needs none.
    let strays = house.store.conn.prepare("SELECT call FROM number_stray ORDER BY call");
    let strays: Vec<i64> = strays
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(strays, [30, 50, 9000]);
}

#[test]
fn the_clock_sketches_what_lines_filled() {
    let mut house = with_calls(&[]);
    house.tick("09:00:00");
    house.store.take_changed();
    let nearly_full = "INSERT INTO call SELECT 24575, feed, start, answered_at, ended_at, direction, calling_number,
        calling_name, called_number, target, trunk, disposition, answered_by, person, certainty, doubts, ring_seconds,
        talk_seconds, account_code, legs, received_at, settled, settle_at, epoch, pbx_id, case_id, put_order, found, owed_by
        FROM call WHERE id = 1";
    house.store.conn.execute_batch(nearly_full).unwrap();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last from 13900000002"]);
    assert!(house.store.take_changed().deadlines, "the clock looks at once");
    house.tick("09:01:06");
    assert_eq!(count(&house, "SELECT max(id) / 128 FROM number_sketch"), 2);
    check(&house, "13900000002", None, &[24_576]);
}

#[test]
fn a_search_reads_sketches_and_no_call_that_can_not_have_the_number() {
    let mut house = with_calls(&[(5, Some("13812345678"), None)]);
    house.tick("09:00:00");
    let mut reader = house.reader();
    let asked = Shared::new(Mutex::new(Vec::new()));
    collect(reader.connection_mut(), &asked);
    let filter = Filter {
        number: Some("13812345678".to_owned()),
        ..Filter::default()
    };
    assert_eq!(reader.calls(&filter).unwrap().len(), 1);
    let asked = asked.lock().unwrap();
    let of_calls: Vec<&String> = asked.iter().filter(|sql| sql.contains("FROM call")).collect();
    assert_eq!(of_calls.len(), 2, "the newest, and the block of call 5: {of_calls:#?}");
    let conn = rusqlite::Connection::open(house.path()).unwrap();
    for sql in asked.iter() {
        assert_eq!(scans(&conn, sql), [""; 0], "{sql}");
    }
}
