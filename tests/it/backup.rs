//! Backup while the daemon runs, restore, and what becomes of both when they are cut off.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;

use crate::house::{House, Said, program};
use crate::pbx::IpoLine;

fn line(id: u32) -> IpoLine {
    IpoLine::incoming("8021", &format!("139{id:08}"))
        .start("2026/10/08 10:00:00")
        .id(id)
}

/// Lines and calls of a database file that stands alone.
fn held(path: &Path) -> (i64, i64) {
    let conn = Connection::open(path).unwrap();
    let state: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(state, "ok", "{}", path.display());
    let counts = "SELECT (SELECT count(*) FROM journal), (SELECT count(*) FROM call)";
    conn.query_row(counts, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn f32_a_backup_is_made_while_lines_flow_and_is_one_whole_file() {
    let house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    let sender = thread::spawn(move || {
        for id in 1..=600 {
            pbx.send(line(id));
            thread::sleep(Duration::from_millis(1));
        }
        pbx
    });
    house.wait_until("lines are there", |h| !h.journal().is_empty());
    fs::create_dir(house.path("copies")).unwrap();
    let mut last = 0;
    for n in 1..=5 {
        house.cli(["backup", &format!("copies/{n}.db")]).ends(0);
        let copy = house.path(&format!("copies/{n}.db"));
        let mode = fs::metadata(&copy).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "the key of the links is in it");
        let (lines, calls) = held(&copy);
        assert_eq!(lines, calls, "each line is one call: a copy is of one instant");
        assert!(lines >= last, "later copies hold more");
        last = lines;
    }
    drop(sender.join().unwrap());
    assert_eq!(
        names_in(&house.path("copies")),
        ["1.db", "2.db", "3.db", "4.db", "5.db"],
        "a copy is one file, and nothing is left beside it"
    );

    // What only the log holds is in the copy.
    house.wait_for_lines(600);
    let said = house.cli(["backup", "copies/all.db", "--json"]).rows();
    assert_eq!(said[0]["holds"]["lines"], 600);
    assert_eq!(held(&house.path("copies/all.db")), (600, 600));
}

#[test]
fn a_backup_replaces_nothing_unless_told_and_never_the_database() {
    let house = House::at("2026-10-08T10:10:00").open();
    house.pbx().connect().send(line(1));
    house.wait_for_lines(1);
    house.write("copy.db", "something of mine");
    let refused = house.cli(["backup", "copy.db"]).ends(1);
    assert!(
        refused.err.contains("copy.db") && refused.err.contains("--force"),
        "{}",
        refused.err
    );
    assert_eq!(fs::read_to_string(house.path("copy.db")).unwrap(), "something of mine");
    house.cli(["backup", "copy.db", "--force"]).ends(0);
    assert_eq!(held(&house.path("copy.db")), (1, 1));
    for own in [
        "var/firstanswer.db",
        "var/../var/firstanswer.db",
        "var/firstanswer.db-wal",
    ] {
        house.cli(["backup", own, "--force"]).ends(1);
    }
    let nowhere = house.cli(["backup", "no/such/folder/copy.db"]).ends(1);
    assert!(nowhere.err.contains("no/such/folder"), "{}", nowhere.err);
    assert_eq!(house.calls().len(), 1, "the database is as it was");
}

/// Runs a command that strace kills at its n-th write, sync or rename. Returns whether it came to its end.
fn killed_at(house: &House, n: u32, words: &[&str]) -> bool {
    let calls = "pwrite64,write,fsync,fdatasync,ftruncate,rename,renameat2,link,linkat,unlink";
    let status = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")])
        .args(["-e", &format!("inject={calls}:signal=KILL:when={n}")])
        .arg(program())
        .args(["--config", "firstanswer.toml"])
        .args(words)
        .current_dir(house.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("strace is missing; tests/run installs it");
    status.code() == Some(0)
}

/// Every moment of a small copy; further apart in a longer one, whose middle is pages like any other.
fn moments() -> impl Iterator<Item = u32> {
    (1..120).chain((120..600).step_by(11))
}

#[test]
fn f32_a_backup_killed_at_any_moment_leaves_no_half_file() {
    let house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    for id in 1..=50 {
        pbx.send(line(id));
    }
    house.wait_for_lines(50);
    let mut kills = 0;
    for n in moments() {
        if killed_at(&house, n, &["backup", "copy.db"]) {
            break;
        }
        kills += 1;
        if house.path("copy.db").exists() {
            assert_eq!(held(&house.path("copy.db")), (50, 50), "killed at {n}");
            fs::remove_file(house.path("copy.db")).unwrap();
        }
    }
    assert!(kills > 5, "the kills hit nothing");
    house.cli(["backup", "last.db"]).ends(0);
    assert_eq!(held(&house.path("last.db")), (50, 50));
    assert!(!house.path("last.db.part").exists());
}

#[test]
fn f27_a_backup_onto_a_full_disk_says_so_and_leaves_nothing() {
    let house = House::at("2026-10-08T10:10:00").open();
    house.pbx().connect().send(line(1));
    house.wait_for_lines(1);
    let full = crate::faults_disk::Tmpfs::mount(&house.path("full"), "64k");
    let said = house.cli(["backup", "full/copy.db"]).ends(1);
    assert!(said.err.contains("full"), "{}", said.err);
    assert_eq!(names_in(&full.path), Vec::<String>::new());
}

/// A backup with two calls, one mail sent, then a third call that only the database has.
fn house_with_backup() -> (House, String) {
    let house = House::at("2026-10-08T10:10:00").quick_reminders().open();
    let mut pbx = house.pbx().connect();
    pbx.send(
        IpoLine::incoming("8021", "13900000001")
            .start("2026/10/08 10:09:00")
            .id(1),
    );
    let mail = house.wait_for_mail("wang@x.cn");
    pbx.send(
        IpoLine::incoming("8021", "13900000002")
            .start("2026/10/08 10:10:00")
            .id(2),
    );
    house.wait_for_lines(2);
    house.cli(["backup", "copy.db"]).ends(0);
    pbx.send(
        IpoLine::incoming("8021", "13900000003")
            .start("2026/10/08 10:10:30")
            .id(3),
    );
    house.wait_for_lines(3);
    (house, mail.link())
}

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[test]
fn a_restore_of_what_is_no_backup_names_the_file_given_and_asks_for_another() {
    let (mut house, _) = house_with_backup();
    house.sigterm();
    std::fs::write(house.path("text.db"), "no database at all").unwrap();
    let mut bytes = std::fs::read(house.path("copy.db")).unwrap();
    let length = bytes.len();
    bytes[4096..length].fill(0xA5);
    std::fs::write(house.path("bad.db"), bytes).unwrap();
    for (file, why) in [
        ("text.db", "it is no firstanswer database"),
        ("bad.db", "it is damaged"),
        ("gone.db", "there is no such file"),
    ] {
        let said = house.cli(["restore", file]).ends(1);
        assert!(
            said.err.contains(&format!("backup {file}: {why}"))
                && said.err.contains("take another backup")
                && !said.err.contains("store.path"),
            "{}",
            said.err
        );
    }
}

#[test]
fn a_restore_voids_links_raises_ids_and_holds_mail() {
    let (mut house, link) = house_with_backup();
    assert_eq!(house.open(&link).status, 200);
    let running = house.cli(["restore", "copy.db"]).ends(3);
    assert!(running.err.contains("stop that one first"), "{}", running.err);
    assert_eq!(house.calls().len(), 3, "nothing was touched");

    assert_eq!(house.sigterm().code(), Some(0));
    let said = house.cli(["restore", "copy.db"]).ends(0);
    assert!(said.out.contains("2 lines, 2 calls, 2 cases"), "{}", said.out);
    let kept: Vec<String> = names_in(&house.path("var"))
        .into_iter()
        .filter(|name| name.contains("before-restore"))
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(
        held(&house.path(&format!("var/{}", kept[0]))),
        (3, 3),
        "the old database is whole"
    );

    house.start();
    assert_eq!(ids(&house.calls()), [1, 2]);
    assert_eq!(house.open(&link).status, 404, "a link sent before is void");
    let outbox = house.cli(["--lang", "en", "outbox", "list"]).ends(0);
    assert!(
        outbox.out.contains("all mail is held: restored from the backup"),
        "{}",
        outbox.out
    );

    house.pbx().connect().send(
        IpoLine::incoming("8021", "13900000004")
            .start("2026/10/08 10:11:00")
            .id(4),
    );
    house.wait_for_lines(3);
    assert_eq!(ids(&house.calls()), [1, 2, 10_003], "ids jump by 10,000");
    assert_eq!(ids(&house.cases()), [1, 2, 10_003]);
    assert_eq!(ids(&house.journal()), [1, 2, 10_003]);

    let conn = rusqlite::Connection::open(house.database()).unwrap();
    let standing = "SELECT count(*) FROM alarm WHERE key = 'mail_held' AND cleared_at IS NULL";
    let standing: i64 = conn.query_row(standing, [], |row| row.get(0)).unwrap();
    assert_eq!(standing, 1, "the administrator hears of it");
    drop(conn);

    let before = house.mails().len();
    house.wait_until("notices wait for the mail to go", |h| {
        h.cli(["--lang", "en", "outbox", "list"])
            .out
            .contains("notices wait for")
    });
    assert_eq!(house.mails().len(), before, "nothing is mailed until somebody looked");
    // The letter about it has neither reader nor subject yet, and says all the same what it is and what to do.
    let listed = house.cli(["outbox", "list"]).ends(0).out;
    let letter = listed.lines().find(|line| line.contains("邮件已暂停发送"));
    let letter = letter.unwrap_or_else(|| panic!("no letter among:\n{listed}"));
    for words in ["管理员", "所有邮件已暂停发送：", "运行 firstanswer outbox retry 后发送"] {
        assert!(letter.contains(words), "lacks {words}: {letter}");
    }
    house.cli(["outbox", "retry"]).ends(0);
    let fresh = house.wait_for("a mail after the retry", |h| h.mails().into_iter().nth(before));
    assert_eq!(house.open(&fresh.link()).status, 200, "new links open");
}

fn refused(house: &House, file: &str, words: &str) -> Said {
    let said = house.cli(["restore", file]).ends(1);
    assert!(said.err.contains(words), "{}", said.err);
    said
}

#[test]
fn a_restore_of_what_is_no_whole_backup_changes_nothing() {
    let (mut house, _) = house_with_backup();
    house.sigterm();
    let before = fs::read(house.database()).unwrap();
    let copy = fs::read(house.path("copy.db")).unwrap();

    refused(&house, "no-such.db", "no-such.db");
    house.write(
        "garbage.db",
        "not a database at all, not a database at all, not a database at all, not a database at all",
    );
    refused(&house, "garbage.db", "no firstanswer database");
    fs::write(house.path("empty.db"), "").unwrap();
    refused(&house, "empty.db", "no firstanswer database");
    // Cut in the middle, and one page of noise.
    fs::write(house.path("cut.db"), &copy[..copy.len() / 2]).unwrap();
    refused(&house, "cut.db", "cut.db");
    let mut noise = copy.clone();
    let middle = noise.len() / 2 / 4096 * 4096;
    noise[middle..middle + 4096].fill(0xA5);
    fs::write(house.path("noise.db"), noise).unwrap();
    refused(&house, "noise.db", "noise.db");
    // Made by a newer program: `user_version` at byte 60 of the header.
    let mut newer = copy;
    newer[60..64].copy_from_slice(&99u32.to_be_bytes());
    fs::write(house.path("newer.db"), newer).unwrap();
    refused(&house, "newer.db", "newer");

    assert_eq!(fs::read(house.database()).unwrap(), before, "byte for byte");
    assert!(!names_in(&house.path("var")).iter().any(|name| name.contains("restor")));
    house.start();
    assert_eq!(house.calls().len(), 3);
}

#[test]
fn f24_a_restore_killed_at_any_moment_leaves_the_old_database_or_the_new_one() {
    let (mut house, _) = house_with_backup();
    house.sigterm();
    let (mut old, mut new) = (0, 0);
    for n in moments() {
        if killed_at(&house, n, &["restore", "copy.db"]) {
            break;
        }
        match held(&house.database()) {
            (3, 3) => old += 1,
            (2, 2) => {
                new += 1;
                // Once more from the old one.
                let kept = names_in(&house.path("var"))
                    .into_iter()
                    .rfind(|name| name.contains("before-restore"));
                fs::rename(house.path(&format!("var/{}", kept.unwrap())), house.database()).unwrap();
            }
            other => panic!("killed at {n}: {other:?}"),
        }
    }
    assert!(old > 5, "the kills hit nothing: {old} old, {new} new");
    house.start();
    assert!(matches!(house.calls().len(), 2 | 3));
    house.sigterm();
    house.cli(["restore", "copy.db"]).ends(0);
    house.start();
    assert_eq!(house.calls().len(), 2);
    assert!(!house.path("var/firstanswer.db.restoring").exists());
}

#[test]
fn f32_a_log_that_is_gone_after_a_hard_end_is_told_and_one_of_another_file_refused() {
    let (mut house, _) = house_with_backup();
    house.kill9();
    // Somebody puts the copy into place by hand, and the log of the old database is still there.
    assert!(house.path("var/firstanswer.db-wal").exists());
    fs::rename(house.database(), house.path("old.db")).unwrap();
    fs::copy(house.path("copy.db"), house.database()).unwrap();
    house.spawn();
    assert_eq!(house.wait_for_end().code(), Some(1));
    assert!(
        house.tail().contains("-wal") && house.tail().contains("firstanswer restore"),
        "{}",
        house.tail()
    );
    assert_eq!(held(&house.path("copy.db")), (2, 2));

    // The old one back, but its log is lost.
    fs::rename(house.path("old.db"), house.database()).unwrap();
    for name in ["var/firstanswer.db-wal", "var/firstanswer.db-shm"] {
        fs::remove_file(house.path(name)).unwrap();
    }
    house.start();
    assert!(
        house.log().contains("the -wal file that it left is gone"),
        "{}",
        house.tail()
    );
    house.kill9();
    house.start();
    assert_eq!(
        house.log().matches("the -wal file that it left is gone").count(),
        1,
        "told once"
    );
}

#[test]
fn a_restore_makes_a_database_where_there_is_none() {
    let (mut house, _) = house_with_backup();
    house.sigterm();
    fs::rename(house.path("var"), house.path("lost")).unwrap();
    fs::create_dir(house.path("var")).unwrap();
    let said = house.cli(["restore", "copy.db", "--json"]).rows();
    assert_eq!(said[0]["before"], Value::Null);
    assert_eq!(said[0]["epoch"], 1);
    house.start();
    assert_eq!(ids(&house.calls()), [1, 2]);
}
