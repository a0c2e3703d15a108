//! `listen-raw`: the administrator's first hour.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::house::{crate_root, program};
use crate::pbx::IpoLine;
use crate::serial::Cable;

fn golden() -> std::path::PathBuf {
    let folder = crate_root().join("tests/golden/siemens-hipath");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .into_iter()
        .find(|file| file.extension().is_some_and(|ext| ext == "in"))
        .unwrap()
}

fn listen(words: &[&str]) -> Child {
    Command::new(program())
        .arg("listen-raw")
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_file_is_shown_read_and_ends_with_a_feed_for_the_config() {
    let file = golden();
    let done = listen(&["--file", file.to_str().unwrap(), "--json"])
        .wait_with_output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let text = String::from_utf8(done.stdout).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = rows.last().unwrap();
    assert_eq!(summary["dialect"], "siemens-hipath");
    assert!(summary["legs"].as_u64().unwrap() > 0);
    let config = summary["config"].as_str().unwrap();
    assert!(
        config.contains("dialect = \"siemens-hipath\"") && config.contains("file = "),
        "{config}"
    );
    let raw = rows.iter().filter(|row| !row["raw"].is_null()).count();
    assert_eq!(summary["lines"].as_u64(), Some(raw as u64));
}

/// Bytes that steer terminals are shown escaped, what does not fit is marked, and Ctrl-C ends with the summary.
#[test]
fn a_switch_that_connects_is_shown_until_ctrl_c() {
    let mut child = listen(&["--listen", "127.0.0.1:0"]);
    let mut shown = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    shown.read_line(&mut first).unwrap();
    let address = first
        .split_whitespace()
        .find(|word| word.starts_with("127.0.0.1:"))
        .unwrap();
    let mut pbx = TcpStream::connect(address.trim_end_matches(';')).unwrap();
    for id in 1..=4 {
        let line = IpoLine::incoming("8021", "13812340001")
            .start("2026/10/08 10:00:00")
            .id(id);
        write!(pbx, "{line}\r\n").unwrap();
    }
    pbx.write_all(b"what \x1b[2J is this\r\n").unwrap();
    let mut text = first.clone();
    while !text.contains("column 1:") {
        assert!(shown.read_line(&mut text).unwrap() > 0, "it ended: {text}");
    }
    let stopped = Command::new("kill")
        .args(["-s", "INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(stopped.success());
    shown.read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success());
    for wanted in [
        "leg: 2026-10-08T10:00:00 incoming 13812340001 -> 8021, answered by 8021",
        "what \\u{1b}[2J is this",
        "5 lines: 4 legs, 0 no records, 1 not understood; line ends: CR LF (5)",
        "extensions that answered: 8021",
        "dialect = \"avaya-ip-office\"",
        "allow = [\"127.0.0.1/32\"]",
    ] {
        assert!(text.contains(wanted), "`{wanted}` is not in:\n{text}");
    }
    assert!(!text.contains('\x1b'));
}

#[test]
fn a_wrong_call_is_wrong_usage() {
    assert_eq!(listen(&[]).wait().unwrap().code(), Some(2));
    assert_eq!(
        listen(&["--file", "x", "--dialect", "nortel"]).wait().unwrap().code(),
        Some(2)
    );
    assert_eq!(listen(&["--file", "/nowhere/x"]).wait().unwrap().code(), Some(1));
}

#[test]
fn a_serial_line_is_shown_and_ends_with_a_feed_for_the_config() {
    let mut cable = Cable::new();
    let device = cable.device().to_str().unwrap().to_owned();
    let mut child = listen(&["--serial", &device, "--baud", "19200", "--lines", "3"]);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    assert!(first.contains("at 19200 baud"), "{first}");
    for id in 1..=3 {
        let line = IpoLine::incoming("8021", "13812345678")
            .start("2026/10/08 10:00:00")
            .id(id);
        cable.send(format!("{line}\r\n"));
    }
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "{rest}");
    assert!(rest.contains("dialect = \"avaya-ip-office\""), "{rest}");
    assert!(rest.contains(&format!("serial = \"{device}\"\nbaud = 19200")), "{rest}");
}
