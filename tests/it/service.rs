//! The program as a service of a real Debian 12: installed by the script, run, fed, hurt, reloaded and stopped.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::{DIRECTORY, PATIENCE};
use crate::machine::Machine;
use crate::pbx::IpoLine;
use crate::post::{Doorman, Papers};

const FEED: u16 = 2300;
const MAIL: u16 = 2525;

/// The caller of each line; masked in whatever the log says.
fn caller(id: u32) -> String {
    format!("1390000{id:04}")
}

fn line(id: u32) -> IpoLine {
    let now = jiff::tz::TimeZone::get("Asia/Shanghai")
        .unwrap()
        .to_datetime(jiff::Timestamp::now());
    IpoLine::incoming("8021", &caller(id))
        .start(now.strftime("%Y/%m/%d %H:%M:%S").to_string())
        .id(id)
}

fn config(mail: &str) -> String {
    format!(
        r#"site = {{name="House", time_zone="Asia/Shanghai", language="zh", country="CN", area_code="021", dial_out=["9"]}}
store = {{path="/var/lib/firstanswer/firstanswer.db"}}
directory = {{path="directory.toml"}}
calendar = {{hours="24x7"}}
mail = {{{mail}, from="fa@x.cn", admin="root@x.cn", digest_window="1s"}}
web = {{listen="127.0.0.1:8080", public_url="http://127.0.0.1:8080"}}
policy = {{use="bureau", override={{opens.missed="count", mail.quiet="none", clock.floor="0s", clock.register="3s"}}}}
[[feed]]
name = "pbx"
dialect = "avaya-ip-office"
tcp_listen = "127.0.0.1:{FEED}"
"#
    )
}

/// A machine with the service installed and running under this configuration.
fn installed(machine: &Machine, mail: &str) {
    machine.write("/etc/firstanswer/firstanswer.toml", &config(mail));
    machine.write("/etc/firstanswer/directory.toml", DIRECTORY);
    let said = machine.ok("sh /mnt/repo/systemd/install /mnt/t/firstanswer 2>&1");
    assert!(said.contains("runs."), "{said}");
    assert!(said.contains("kept: /etc/firstanswer/firstanswer.toml"), "{said}");
    machine.wait_until("the service is active", "systemctl is-active firstanswer", |said| {
        said == "active"
    });
}

fn send(machine: &Machine, lines: impl IntoIterator<Item = IpoLine>) {
    let target = format!("TCP:127.0.0.1:{FEED}");
    let mut socat = machine
        .enter("-n", &["socat", "-u", "-", &target])
        .stdin(Stdio::piped())
        .spawn()
        .expect("socat is missing; tests/run installs it");
    let mut to = socat.stdin.take().unwrap();
    for line in lines {
        write!(to, "{line}\r\n").unwrap();
    }
    drop(to);
    assert!(
        socat.wait().unwrap().success(),
        "the feed does not read\n{}",
        machine.tail()
    );
}

fn wait_for_lines(machine: &Machine, count: usize) {
    machine.wait_until(
        &format!("{count} lines in the journal"),
        "firstanswer journal list --json | wc -l",
        |said| said == count.to_string(),
    );
}

fn property(machine: &Machine, name: &str) -> String {
    machine.ok(&format!("systemctl show firstanswer --property={name} --value"))
}

#[test]
fn the_service_is_installed_runs_reminds_survives_and_stops() {
    let machine = Machine::boot();
    let papers = Papers::issue();
    fs::copy(papers.path("ca.pem"), machine.share().join("ca.pem")).unwrap();
    let doorman = Doorman::start_in(&papers, machine.leader(), MAIL);
    machine.write("/etc/credstore/firstanswer.smtp-password", "sésame 首问\n");
    machine.ok("chmod 600 /etc/credstore/firstanswer.smtp-password");
    machine.ok("mkdir -p /etc/firstanswer && cp /mnt/t/ca.pem /etc/firstanswer/");
    installed(
        &machine,
        &format!(r#"transport="smtp+starttls://localhost:{MAIL}", user="fa", ca_file="/etc/firstanswer/ca.pem""#),
    );

    // What was installed, and how safe it is.
    for file in [
        "/usr/local/share/man/man1/firstanswer.1",
        "/usr/local/share/man/man1/firstanswer-case-close.1",
        "/usr/local/share/bash-completion/completions/firstanswer",
        "/usr/local/share/zsh/site-functions/_firstanswer",
        "/usr/local/share/fish/vendor_completions.d/firstanswer.fish",
        "/usr/local/share/doc/firstanswer/serial.conf",
    ] {
        machine.ok(&format!("test -s {file}"));
    }
    assert_eq!(machine.ok("systemctl is-enabled firstanswer"), "enabled");
    assert_eq!(
        machine.ok("systemd-analyze verify --man=no firstanswer.service 2>&1"),
        ""
    );
    assert_eq!(machine.ok("stat -c '%a %U' /var/lib/firstanswer"), "750 firstanswer");
    assert_eq!(
        machine.ok("stat -c '%a %U' /var/lib/firstanswer/firstanswer.db"),
        "640 firstanswer"
    );
    assert_eq!(machine.ok("stat -c '%a %G' /etc/firstanswer"), "750 firstanswer");
    exposure_is_low(&machine);

    // A call, its case, its reminder, with the password that only the service has.
    send(&machine, [line(1)]);
    wait_for_lines(&machine, 1);
    let begun = Instant::now();
    let mail = loop {
        if let Some(mail) = doorman.mails().into_iter().find(|mail| mail.to == "wang@x.cn") {
            break mail;
        }
        assert!(begun.elapsed() < PATIENCE, "no reminder\n{}", machine.tail());
        thread::sleep(Duration::from_millis(50));
    };
    assert!(mail.subject.starts_with("[首问] "), "{}", mail.subject);
    let healthy = machine.sh("firstanswer --lang en doctor");
    assert!(
        healthy
            .out
            .contains("ok    mail: localhost:2525: answers and takes the login"),
        "{healthy:?}"
    );
    assert!(
        healthy
            .out
            .contains("ok    feed pbx: 127.0.0.1:2300: the daemon listens"),
        "{healthy:?}"
    );

    // kill -9: systemd starts it again, nothing is lost, the feed is back.
    send(&machine, (2..=20).map(line));
    wait_for_lines(&machine, 20);
    let before = property(&machine, "MainPID");
    machine.ok(&format!("kill -9 {before}"));
    machine.wait_until(
        "the service is back",
        "systemctl show firstanswer --property=MainPID --value; systemctl is-active firstanswer",
        |said| said.ends_with("\nactive") && !said.starts_with("0\n") && !said.starts_with(&format!("{before}\n")),
    );
    send(&machine, (21..=25).map(line));
    wait_for_lines(&machine, 25);

    reads_a_serial_line(&machine);
    reloads(&machine);
    backs_up(&machine);
    the_journal_has_fields(&machine);

    machine.ok("systemctl stop firstanswer");
    assert_eq!(property(&machine, "Result"), "success");
    assert!(
        machine.tail().contains("firstanswer has stopped; nothing is lost"),
        "{}",
        machine.tail()
    );
    wait_for_lines(&machine, 26);

    machine.ok("sh /mnt/repo/systemd/install uninstall");
    machine.ok("test -s /var/lib/firstanswer/firstanswer.db && test -s /etc/firstanswer/directory.toml");
    assert_eq!(
        machine
            .sh("ls /usr/local/bin/firstanswer /usr/local/lib/systemd/system/firstanswer.service")
            .code,
        Some(2)
    );
}

/// `systemd-analyze security`, as installed and with the drop-in for serial lines.
fn exposure_is_low(machine: &Machine) {
    let score = |machine: &Machine| -> f64 {
        let said = machine.ok("systemd-analyze security --no-pager firstanswer.service");
        let last = said.lines().last().unwrap_or_default();
        last.split_whitespace()
            .find_map(|word| word.parse().ok())
            .unwrap_or_else(|| panic!("no score: {last}"))
    };
    assert!(score(machine) <= 1.5, "{}", score(machine));
    machine.ok("mkdir -p /etc/systemd/system/firstanswer.service.d \
         && cp /usr/local/share/doc/firstanswer/serial.conf /etc/systemd/system/firstanswer.service.d/ \
         && systemctl daemon-reload");
    assert!(score(machine) <= 1.5, "with serial.conf: {}", score(machine));
    assert_eq!(
        machine.ok("systemd-analyze verify --man=no firstanswer.service 2>&1"),
        ""
    );
    machine.ok("rm -r /etc/systemd/system/firstanswer.service.d && systemctl daemon-reload");
}

/// A second feed on a pseudo-terminal, with the shipped drop-in.
fn reads_a_serial_line(machine: &Machine) {
    machine.ok(
        "setsid socat PTY,link=/run/ttyFA,rawer,mode=660,group=dialout PTY,link=/run/ttyPBX,rawer >/dev/null 2>&1 & \
         for i in $(seq 100); do [ -e /run/ttyPBX ] && exit 0; sleep 0.05; done; exit 1",
    );
    let feed = "[[feed]]\nname = \"serial\"\ndialect = \"avaya-ip-office\"\nserial = \"/run/ttyFA\"\n";
    let config = machine.ok("cat /etc/firstanswer/firstanswer.toml");
    machine.write("/etc/firstanswer/firstanswer.toml", &format!("{config}\n{feed}"));
    let with = "/etc/systemd/system/firstanswer.service.d";
    machine.ok(&format!(
        "mkdir -p {with} && cp /usr/local/share/doc/firstanswer/serial.conf {with}/"
    ));
    machine.write(&format!("{with}/pty.conf"), "[Service]\nDeviceAllow=char-pts rw\n");
    machine.ok("systemctl daemon-reload && systemctl restart firstanswer");
    machine.wait_until("the serial line is open", "firstanswer feed status --json", |said| {
        said.lines()
            .any(|row| row.contains("\"serial\"") && row.contains("connected"))
    });
    machine.write("/run/ttyPBX", &format!("{}\r\n", line(30)));
    machine.wait_until(
        "a line came by the serial port",
        "firstanswer journal list --json",
        |said| said.contains(&caller(30)),
    );
}

fn reloads(machine: &Machine) {
    let before = property(machine, "MainPID");
    let log = "journalctl -u firstanswer --no-pager -o cat";
    machine.write(
        "/etc/firstanswer/directory.toml",
        &DIRECTORY.replace("\"王芳\"", "\"王小芳\""),
    );
    machine.ok("systemctl reload firstanswer");
    machine.wait_until("the directory is read again", log, |said| {
        said.contains("configuration reloaded")
    });
    assert!(machine.ok("firstanswer who 王小芳").contains("王小芳"));

    machine.write(
        "/etc/firstanswer/directory.toml",
        &DIRECTORY.replace("rank=3", "rank=\"three\""),
    );
    machine.ok("systemctl reload firstanswer");
    machine.wait_until("the broken directory is refused", log, |said| {
        said.contains("not reloaded: the old configuration stays") && said.contains("directory.toml:7:")
    });
    assert_eq!(property(machine, "MainPID"), before, "a reload starts nothing anew");
    assert_eq!(property(machine, "ActiveState"), "active");
    machine.write("/etc/firstanswer/directory.toml", DIRECTORY);
}

fn backs_up(machine: &Machine) {
    let said = machine.ok("firstanswer backup /root/copy.db");
    assert!(said.contains("26 lines, 26 calls, 26 cases"), "{said}");
    assert_eq!(machine.ok("stat -c %a /root/copy.db"), "600");
    let refused = machine.sh("firstanswer restore /root/copy.db");
    assert_eq!(refused.code, Some(3), "a daemon runs: {refused:?}");
}

/// One name for one thing, and no caller's number in full.
fn the_journal_has_fields(machine: &Machine) {
    let known: BTreeSet<&str> = [
        "ADDRESS",
        "ALARM",
        "AT",
        "BAD_BYTES",
        "BREAKS",
        "CALL",
        "CASE",
        "CASES",
        "CONFIG",
        "CONNECTION",
        "COPY",
        "DATABASE",
        "DEVICE",
        "DIALECT",
        "ERROR",
        "FEED",
        "FEEDS",
        "FILE",
        "FILE_SYSTEM",
        "FOLDER",
        "FROM",
        "KIND",
        "LINE",
        "LINES",
        "LOST_BYTES",
        "MAIL",
        "MILLIS",
        "MINUTES",
        "MOVED",
        "NEXT_AT",
        "NOTE",
        "PAGES",
        "PEER",
        "PERSON",
        "POLICY",
        "PORT",
        "POSITION",
        "PROXIED",
        "REMAINING",
        "RUNG",
        "SCORE",
        "SECONDS",
        "TARGET",
        "TASK",
        "TO",
        "VERSION",
        "WHY",
    ]
    .into();
    let text = machine.ok("journalctl -u firstanswer --no-pager -o json");
    let mut seen = BTreeSet::new();
    for row in text.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        assert_eq!(
            row["SYSLOG_IDENTIFIER"]
                .as_str()
                .map(|who| who == "systemd" || who == "firstanswer"),
            Some(true),
            "{row}"
        );
        for (key, value) in row.as_object().unwrap() {
            if let Some(name) = key.strip_prefix("FA_") {
                assert!(
                    known.contains(name),
                    "a new name for a field, {name}: is there none for it yet? {row}"
                );
                seen.insert(name.to_owned());
            }
            for id in 1..=30 {
                assert!(
                    !value.to_string().contains(&caller(id)),
                    "a caller's number in full: {row}"
                );
            }
        }
    }
    for name in ["FEED", "PEER", "MAIL", "TO", "DATABASE", "CONFIG", "WHY"] {
        assert!(seen.contains(name), "{name} was not seen among {seen:?}");
    }
    let ready = machine
        .ok("journalctl -u firstanswer --no-pager -o cat -p info FA_DATABASE=/var/lib/firstanswer/firstanswer.db");
    assert!(ready.contains("firstanswer is ready"), "{ready}");
}

/// Systemd ends and starts a service that hangs; how often it did.
fn wait_for_restart(machine: &Machine, count: u32) {
    machine.wait_until(
        &format!("restart {count} by the watchdog"),
        "systemctl show firstanswer --property=NRestarts --value; systemctl is-active firstanswer",
        |said| said == format!("{count}\nactive"),
    );
}

#[test]
fn f60_a_daemon_that_hangs_is_ended_and_started_again() {
    let machine = Machine::boot();
    machine.write(
        "/etc/systemd/system/firstanswer.service.d/watchdog.conf",
        "[Service]\nWatchdogSec=2\n",
    );
    // On a clean machine: the shipped example runs, and says what is next.
    let said = machine.ok("sh /mnt/repo/systemd/install /mnt/t/firstanswer 2>&1");
    assert!(
        said.contains("new: /etc/firstanswer/firstanswer.toml") && said.contains("runs."),
        "{said}"
    );
    assert_eq!(machine.ok("systemctl is-active firstanswer"), "active");
    machine.ok("firstanswer check && test -d /var/lib/firstanswer/mail/new");
    assert_eq!(machine.ok("stat -c %U /var/lib/firstanswer/mail/new"), "firstanswer");
    // Installed again: an update, with what is configured by then.
    installed(&machine, r#"transport="maildir:/var/lib/firstanswer/mail""#);
    send(&machine, [line(1)]);
    wait_for_lines(&machine, 1);

    // Busy with nothing for longer than the limit is no hang.
    thread::sleep(Duration::from_secs(3));
    assert_eq!(property(&machine, "NRestarts"), "0");

    // All of it stands still.
    machine.ok(&format!("kill -STOP {}", property(&machine, "MainPID")));
    wait_for_restart(&machine, 1);

    // The thread that commits hangs in a sync, while all others live: pages still answer.
    let inside: u32 = property(&machine, "MainPID").parse().unwrap();
    let pid = machine.outside(inside).to_string();
    let mut strace = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"])
        .args(["-e", "inject=fsync,fdatasync:delay_enter=120000000", "-p", &pid])
        .spawn()
        .expect("strace is missing; tests/run installs it");
    let begun = Instant::now();
    while !fs::read_to_string(format!("/proc/{pid}/status"))
        .unwrap_or_default()
        .contains(&format!("TracerPid:\t{}", strace.id()))
    {
        assert!(begun.elapsed() < PATIENCE, "strace does not attach");
        thread::sleep(Duration::from_millis(20));
    }
    send(&machine, [line(2)]);
    let page = "printf 'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n'";
    let alive = machine.ok(&format!("{page} | socat -t 2 - TCP:127.0.0.1:8080"));
    assert!(alive.starts_with("HTTP/1.1 200"), "{alive}");
    let log = "journalctl -u firstanswer --no-pager -o cat";
    machine.wait_until("the hang is seen", log, |said| {
        said.matches("Watchdog timeout").count() == 2
    });
    // What strace holds can't end.
    let _ = strace.kill();
    let _ = strace.wait();
    wait_for_restart(&machine, 2);
    send(&machine, [line(3)]);
    machine.wait_until("the feed is read again", "firstanswer journal list --json", |said| {
        said.contains(&caller(3))
    });
}
