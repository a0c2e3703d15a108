//! rsyslog beside us, if it is installed: the same lines over TCP into its file, without and with a sync.
//!
//! It gets lines without CR, and its octet-counted framing is off: lines that begin with a digit would be taken for a
//! length otherwise. It keeps text; we keep calls.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::pbx;
use crate::program::{Program, free_port};
use crate::table::{Table, cpu, rate};

pub fn run(table: &mut Table, lines: usize) {
    if Command::new("rsyslogd").arg("-v").output().is_err() {
        table.row("rsyslog", "not here", "install it to compare");
        return;
    }
    let mut bytes = pbx::history(lines);
    bytes.retain(|byte| *byte != b'\r');
    let mut program = Program::new();
    program.start();
    let took = program.ingest(&bytes, lines);
    program.stop();
    let ours = lines as f64 / took.time.as_secs_f64();
    table.row("history, durable as calls", rate(ours), &cpu(&took, lines));
    for (name, sync, part) in [
        ("rsyslog, no sync", "off", &bytes[..]),
        ("rsyslog, sync", "on", &bytes[..end_of(&bytes, lines / 10)]),
    ] {
        let count = memchr::memchr_iter(b'\n', part).count();
        let theirs = count as f64 / write(part, sync).as_secs_f64();
        table.row(name, rate(theirs), &format!("ours is {:.2} of it", ours / theirs));
    }
}

/// Where so many lines end.
fn end_of(bytes: &[u8], lines: usize) -> usize {
    memchr::memchr_iter(b'\n', bytes).nth(lines - 1).unwrap() + 1
}

/// First byte sent to last byte in its file.
fn write(bytes: &[u8], sync: &str) -> Duration {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (port, there, out) = (free_port(), folder.path().display(), folder.path().join("out"));
    let config = format!(
        r#"global(workDirectory="{there}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
module(load="imptcp")
template(name="raw" type="string" string="%rawmsg%\n")
ruleset(name="r") {{ action(type="omfile" file="{there}/out" template="raw" sync="{sync}") }}
input(type="imptcp" port="{port}" address="127.0.0.1" ruleset="r" supportOctetCountedFraming="off")
"#
    );
    fs::write(folder.path().join("conf"), config).unwrap();
    let mut child = Command::new("rsyslogd")
        .arg("-n")
        .arg("-f")
        .arg(folder.path().join("conf"))
        .arg("-i")
        .arg(folder.path().join("pid"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut socket = loop {
        if let Ok(socket) = TcpStream::connect(("127.0.0.1", port)) {
            break socket;
        }
        assert!(child.try_wait().unwrap().is_none(), "rsyslogd ended");
        std::thread::sleep(Duration::from_millis(5));
    };
    let begun = Instant::now();
    socket.write_all(bytes).unwrap();
    drop(socket);
    while fs::metadata(&out).map_or(0, |file| file.len()) < bytes.len() as u64 {
        assert!(begun.elapsed() < Duration::from_secs(300), "rsyslogd did not write all");
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = begun.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(fs::read(&out).unwrap() == bytes, "rsyslogd wrote something else");
    took
}
