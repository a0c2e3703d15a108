//! Faults of the place the database lies in: full, read-only; and what `doctor` and `/metrics` say of the house.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::house::House;
use crate::mailbox;
use crate::pbx::IpoLine;

fn line(id: u32) -> IpoLine {
    IpoLine::incoming("8021", &format!("139{id:08}"))
        .start("2026/10/08 10:00:00")
        .id(id)
}

/// A small file system in memory; it goes with the test.
pub struct Tmpfs {
    /// Where.
    pub path: PathBuf,
}

impl Tmpfs {
    /// Mounts it; the folder is made.
    pub fn mount(path: &Path, size: &str) -> Self {
        fs::create_dir_all(path).unwrap();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(path)
            .status();
        assert!(done.unwrap().success(), "run as root: a small disk must be mounted");
        Self { path: path.to_owned() }
    }

    /// Takes all room that is left.
    pub fn fill(&self) {
        let mut file = fs::File::options()
            .create(true)
            .append(true)
            .open(self.path.join("fill"))
            .unwrap();
        for size in [1 << 16, 4096, 1] {
            let zeros = vec![0; size];
            while file.write_all(&zeros).is_ok() {}
        }
    }

    /// Gives so much of it back.
    pub fn give_back(&self, bytes: u64) {
        let file = fs::File::options().write(true).open(self.path.join("fill")).unwrap();
        let length = file.metadata().unwrap().len();
        file.set_len(length - bytes).unwrap();
    }

    /// Gives it back.
    pub fn make_room(&self) {
        fs::remove_file(self.path.join("fill")).unwrap();
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

fn disk_alarms(house: &House) -> i64 {
    let conn = rusqlite::Connection::open(house.database()).unwrap();
    let standing = "SELECT count(*) FROM alarm WHERE key = 'disk' AND cleared_at IS NULL";
    conn.query_row(standing, [], |row| row.get(0)).unwrap()
}

#[test]
fn f27_a_full_disk_is_told_by_mail_holds_the_lines_and_is_over_without_a_restart() {
    let mut house = House::at("2026-10-08T10:10:00")
        .mail(r#"transport="maildir:box""#)
        .build();
    let disk = Tmpfs::mount(&house.path("var"), "48m");
    house.start();
    let pid = house.pid();
    assert!(house.path("var/firstanswer.db.room").exists(), "room is kept");
    let mut pbx = house.pbx().connect();
    let mut sent = 1;
    pbx.send(line(sent));
    house.wait_for_lines(1);

    // Full: the room kept lets the alarm out.
    disk.fill();
    house.wait_until("the administrator is written to", |h| {
        sent += 1;
        pbx.send(line(sent));
        let mails = mailbox::read(&h.path("box"));
        mails
            .iter()
            .any(|mail| mail.to == "root@x.cn" && mail.subject.contains("磁盘"))
    });
    assert!(
        !house.path("var/firstanswer.db.room").exists(),
        "the room was given up for that"
    );

    // Full again: lines wait.
    disk.fill();
    house.wait_until("lines wait", |h| {
        if !h
            .log()
            .contains("the database can't be written now; lines wait in the feeds")
        {
            sent += 1;
            pbx.send(line(sent));
            return false;
        }
        true
    });
    assert!(house.is_running());
    for _ in 0..20 {
        sent += 1;
        pbx.send(line(sent));
    }
    disk.make_room();
    house.wait_for_lines(sent as usize);
    assert_eq!(house.pid(), pid, "no restart");
    let calls = house.calls();
    assert_eq!(calls.len(), sent as usize, "each line once");
    house.wait_until("the alarm is over, and room is kept again", |h| {
        disk_alarms(h) == 0 && h.path("var/firstanswer.db.room").exists()
    });
}

#[test]
fn f27_of_a_batch_too_large_for_the_disk_what_fits_is_stored_and_the_pages_say_that_the_rest_waits() {
    let mut house = House::at("2026-10-08T10:10:00").build();
    let disk = Tmpfs::mount(&house.path("var"), "48m");
    house.start();
    let mut pbx = house.pbx().connect();
    pbx.send(line(1));
    house.wait_for_lines(1);
    // No room is left, not even what was kept.
    disk.fill();
    let mut sent = 1;
    house.wait_until("lines wait", |h| {
        disk.fill();
        sent += 1;
        pbx.send(line(sent));
        std::thread::sleep(std::time::Duration::from_millis(50));
        h.log().contains("lines wait in the feeds")
    });
    let ready = house.get("/readyz");
    assert_eq!(ready.status, 503, "{}", ready.body);
    assert!(
        ready.body.contains("can't be written") && ready.body.contains("full"),
        "{}",
        ready.body
    );
    assert_eq!(house.get("/healthz").status, 200);
    let all: String = (sent + 1..=sent + 300).map(|id| format!("{}\r\n", line(id))).collect();
    let before = house.journal().len();
    let sender = std::thread::spawn(move || {
        pbx.bytes(all.as_bytes());
        pbx
    });
    let total = sent as usize + 300;
    // Less than three hundred lines with their calls and cases need.
    disk.give_back(200 << 10);
    house.wait_until("some of them are stored", |h| h.journal().len() > before);
    house.wait_until("the others wait", |h| h.get("/readyz").status == 503);
    let stored = house.journal().len();
    assert!(stored < total, "{stored} of {total}: the disk was not full");
    assert!(house.is_running());
    disk.make_room();
    house.wait_for_lines(total);
    let _pbx = sender.join().unwrap();
    assert_eq!(house.calls().len(), total, "each line once");
    assert_eq!(house.cases().len(), total);
    house.wait_until("ready again", |h| h.get("/readyz").status == 200);
    let why: String = rusqlite::Connection::open(house.database())
        .unwrap()
        .query_row("SELECT body FROM alarm WHERE key = 'disk'", [], |row| row.get(0))
        .unwrap();
    assert!(
        why.contains("var: ") && why.contains("MB are free, 16 MB are needed"),
        "says where, how much there is and how much is needed: {why}"
    );
}

#[test]
fn f27_a_stop_on_a_full_disk_ends_and_says_what_is_lost() {
    let mut house = House::at("2026-10-08T10:10:00").build();
    let disk = Tmpfs::mount(&house.path("var"), "48m");
    house.start();
    let mut pbx = house.pbx().connect();
    let mut sent = 0;
    house.wait_until("lines wait", |h| {
        disk.fill();
        sent += 1;
        pbx.send(line(sent));
        std::thread::sleep(std::time::Duration::from_millis(50));
        h.log().contains("lines wait in the feeds")
    });
    let stored = house.journal().len();
    let status = house.sigterm();
    assert_eq!(status.code(), Some(1), "not all of it is stored\n{}", house.tail());
    assert!(
        house.log().contains("what was read and is not stored is lost") && !house.log().contains("nothing is lost"),
        "{}",
        house.tail()
    );
    disk.make_room();
    house.start();
    assert_eq!(house.journal().len(), stored);
    // The switch sends it again.
    let mut pbx = house.pbx().connect();
    for id in 1..=sent {
        pbx.send(line(id));
    }
    house.wait_until("each line once", |h| h.calls().len() == sent as usize);
}

#[test]
fn f27_a_start_on_a_full_disk_takes_the_room_that_was_kept_and_without_it_says_what_to_do() {
    let mut house = House::at("2026-10-08T10:10:00").build();
    let disk = Tmpfs::mount(&house.path("var"), "48m");
    house.start();
    let mut pbx = house.pbx().connect();
    pbx.send(line(1));
    house.wait_for_lines(1);
    drop(pbx);
    house.sigterm();
    let room = house.path("var/firstanswer.db.room");
    assert!(room.exists());
    disk.fill();
    // A command that finds no room blames nobody else.
    let said = house.cli(["case", "note", "1", "--text", "x"]).ends(1);
    assert!(
        said.err.contains("the disk is full") && said.err.contains("MB are free") && !said.err.contains("locked"),
        "{}",
        said.err
    );
    house.start();
    assert!(!room.exists(), "given up for the start");
    house.pbx().connect().send(line(2));
    house.wait_for_lines(2);
    house.sigterm();

    // Nothing is left to give up; the lock can't be written either.
    let _ = fs::remove_file(house.path("var/firstanswer.db.lock"));
    disk.fill();
    let said = house.cli(["serve"]).ends(1);
    let last = said.err.lines().last().unwrap();
    assert!(
        last.contains("var/firstanswer.db") && last.contains("the disk is full") && last.contains("make room"),
        "{}",
        said.err
    );
    assert!(!last.contains("who may read it"), "{last}");
    disk.make_room();
    house.start();
    assert!(room.exists(), "kept again");
}

#[test]
fn f35_a_list_left_open_in_a_pager_ends_itself_when_the_log_grows_and_says_why() {
    let house = House::at("2026-10-08T10:10:00").open();
    let lines: String = (1..=500).map(|id| format!("{}\r\n", line(id))).collect();
    house.pbx().connect().bytes(lines.as_bytes());
    house.wait_for_lines(500);
    // More than a pipe holds, and nobody reads it.
    let mut list = Command::new(crate::house::program())
        .args(["--config", "firstanswer.toml", "journal", "list"])
        .current_dir(house.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(list.try_wait().unwrap().is_none(), "it waits for its reader");
    // As long as a log that could not shrink for a day; what is behind its frames is nothing.
    let log = fs::File::options()
        .write(true)
        .open(house.path("var/firstanswer.db-wal"))
        .unwrap();
    log.set_len(300 << 20).unwrap();
    house.wait_until("it ends", |_| list.try_wait().unwrap().is_some());
    let said = list.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(1));
    let why = String::from_utf8_lossy(&said.stderr);
    assert!(why.contains("it ends here") && why.contains("300 MB"), "{why}");
    house.pbx().connect().send(line(501));
    house.wait_for_lines(501);
}

#[test]
fn f29_a_disk_that_became_read_only_stops_the_program_which_starts_clean() {
    let mut house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    pbx.send(line(1));
    house.wait_for_lines(1);
    let mut strace = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64"])
        .args(["-e", "inject=pwrite64:error=EROFS", "-p", &house.pid().to_string()])
        .stderr(Stdio::null())
        .spawn()
        .expect("strace is missing; tests/run installs it");
    let traced = format!("TracerPid:\t{}", strace.id());
    house.wait_until("strace holds on", |h| {
        fs::read_to_string(format!("/proc/{}/status", h.pid()))
            .unwrap()
            .contains(&traced)
    });
    let _ = pbx.try_bytes(format!("{}\r\n", line(2)).as_bytes());
    let status = house.wait_for_end();
    let _ = strace.wait();
    assert_eq!(
        status.code(),
        Some(1),
        "never goes on as if it had worked\n{}",
        house.tail()
    );
    house.start();
    house.pbx().connect().send(line(3));
    house.wait_until("the feed reads again", |h| {
        h.calls().iter().any(|call| call["calling_number"] == "13900000003")
    });
}

/// What `doctor --json` says of one check.
fn of<'a>(rows: &'a [Value], check: &str) -> Vec<&'a Value> {
    rows.iter().filter(|row| row["check"] == check).collect()
}

#[test]
fn doctor_finds_what_is_wrong_and_names_the_way_out() {
    let mut house = House::now().open();
    let today = house.stamp(0);
    house
        .pbx()
        .connect()
        .send(IpoLine::incoming("8099", "13900000001").start(&today).id(1));
    house.wait_for_lines(1);
    let mode = fs::metadata(house.database()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode & 0o007, 0, "a new database is not for all to read");
    let said = house.cli(["doctor", "--json"]);
    let rows: Vec<Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for check in [
        "config", "database", "access", "daemon", "disk", "pages", "outbox", "alarms", "feed pbx",
    ] {
        assert_eq!(
            of(&rows, check).first().map(|row| &row["state"]),
            Some(&"ok".into()),
            "{check}: {rows:#?}"
        );
    }
    let stranger = of(&rows, "extensions");
    assert_eq!(stranger[0]["state"], "note");
    assert!(
        stranger[0]["text"]
            .as_str()
            .unwrap()
            .starts_with("8099 has answered 1 calls"),
        "{stranger:?}"
    );
    assert!(stranger[0]["way_out"].as_str().unwrap().contains("holding"));
    for row in &rows {
        assert_eq!(
            row["way_out"].is_string(),
            row["state"] != "ok",
            "a finding has a way out: {row}"
        );
    }

    // Mail is held, the daemon is gone, and somebody else has its port.
    house.sigterm();
    rusqlite::Connection::open(house.database())
        .unwrap()
        .execute(
            "INSERT INTO meta(key, value) VALUES ('mail_held', 'the clock jumped')",
            [],
        )
        .unwrap();
    let _other = TcpListener::bind(("127.0.0.1", house.pbx_port)).unwrap();
    let said = house.cli(["--lang", "en", "doctor"]).ends(1);
    for line in [
        "WRONG outbox: all mail is held: the clock jumped",
        &format!(
            "WRONG feed pbx: 127.0.0.1:{}: another program listens there",
            house.pbx_port
        ),
        "note  daemon: it does not run",
        "-> firstanswer outbox retry lets it go",
    ] {
        assert!(said.out.contains(line), "lacks `{line}`:\n{}", said.out);
    }
}

/// What a line says behind the name of the check has nothing for a Chinese reader.
fn english(line: &str) -> bool {
    let said = line.split_once("-> ").or_else(|| line.split_once('：'));
    said.is_some_and(|(_, said)| !said.is_empty() && said.is_ascii())
}

#[test]
fn doctor_and_feed_status_speak_chinese_to_a_chinese_site() {
    let mut house = House::now().open();
    let today = house.stamp(0);
    house
        .pbx()
        .connect()
        .send(IpoLine::incoming("8099", "13900000001").start(&today).id(1));
    house.wait_for_lines(1);
    let status = house.cli(["feed", "status"]).ends(0).out;
    for words in [
        "话单源",
        "话单格式",
        "接入方式",
        "最近话单",
        "原始话单",
        "通话段",
        "等待连接",
        "缺口",
    ] {
        assert!(status.contains(words), "lacks {words}:\n{status}");
    }
    assert!(
        status.contains("接听过来电、但通讯录中没有的分机：") && status.contains("8099  1 个来电，最近"),
        "{status}"
    );
    house.sigterm();
    let _other = TcpListener::bind(("127.0.0.1", house.pbx_port)).unwrap();
    let said = house.cli(["doctor"]).ends(1).out;
    for line in [
        &format!("错误 话单源 pbx：127.0.0.1:{}：被另一程序占用", house.pbx_port),
        "注意 守护程序：没有运行",
        "-> 请运行 systemctl start firstanswer，或 firstanswer serve",
        "注意 分机：分机 8099 接听过 1 个来电，却不属于任何人：由兜底人承办",
        "正常 待发邮件：没有滞留的邮件",
    ] {
        assert!(said.contains(line), "lacks `{line}`:\n{said}");
    }
    for line in said.lines().chain(status.lines()) {
        assert!(!english(line), "English for a Chinese reader: {line}");
    }
    // What a program reads is the same in every language.
    let said = house.cli(["doctor", "--json"]).ends(1).out;
    let rows: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(of(&rows, "daemon")[0]["text"], "it does not run");
}

#[test]
fn doctor_logs_in_to_the_mail_server_and_sends_nothing() {
    let house = House::now().mail(r#"transport="smtp://127.0.0.1:1""#).open();
    let said = house.cli(["--lang", "en", "doctor"]).ends(1);
    assert!(said.out.contains("WRONG mail: "), "{}", said.out);
    let sink = crate::sink::Sink::open(crate::sink::well);
    let house = House::now()
        .mail(&format!(r#"transport="smtp://127.0.0.1:{}""#, sink.port))
        .open();
    let said = house.cli(["--lang", "en", "doctor"]);
    assert!(
        said.out
            .contains(&format!("ok    mail: 127.0.0.1:{}: answers", sink.port)),
        "{}",
        said.out
    );
    assert!(sink.deliveries().is_empty());
}

#[test]
fn metrics_tell_of_lines_cases_and_commits_to_this_machine_alone() {
    let house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    pbx.send(line(1)).send("garbage that is no line of any switch");
    house.wait_for_lines(2);
    let page = house.get("/metrics");
    assert_eq!(page.status, 200);
    for line in [
        "firstanswer_feed_lines_total{feed=\"pbx\"} 2",
        "firstanswer_feed_legs_total{feed=\"pbx\"} 1",
        "firstanswer_feed_quarantined_total{feed=\"pbx\"} 1",
        "firstanswer_feed_connections{feed=\"pbx\"} 1",
        "firstanswer_cases_open 1",
        "firstanswer_alarms 0",
        "# TYPE firstanswer_commits_total counter",
    ] {
        assert!(page.body.lines().any(|l| l == line), "lacks `{line}`:\n{}", page.body);
    }
    let value = |name: &str| -> f64 {
        let found = page
            .body
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("{name}")).parse().unwrap()
    };
    assert!(value("firstanswer_commits_total") > 0.0);
    assert!(value("firstanswer_commit_seconds_total") > 0.0);
    assert!(value("firstanswer_disk_free_bytes") > 0.0);
    assert!(!page.body.contains("13900000001"), "no caller's number");
}
