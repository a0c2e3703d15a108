//! The pictures in `docs/images`: taken from the real pages and mails of an invented office.
//!
//! Each run takes them anew and compares the words that can be seen, without figures, with those at the time of the
//! pictures (`docs/images/words.txt`). `UPDATE=1 cargo nextest run --test it pictures::` takes them again.
//!
//! **Invariants.** People and numbers are invented; a picture has at most 150 kB.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::house::{House, crate_root};
use crate::pbx::IpoLine;
use crate::scenarios_case::close;

/// Bytes of a picture at most.
const LIMIT: u64 = 150_000;

/// Runs `tests/pictures.mjs`; the words of each picture.
fn take(plan: &Value) -> Value {
    let mut node = Command::new("node")
        .arg("pictures.mjs")
        .current_dir(crate_root().join("tests"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is missing; tests/run installs it");
    let mut to = node.stdin.take().unwrap();
    to.write_all(plan.to_string().as_bytes()).unwrap();
    drop(to);
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "no pictures");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Words without figures: hours and counts are another run's.
fn without_figures(words: &Value) -> String {
    let mut text = String::new();
    for (name, seen) in words.as_object().unwrap() {
        let seen = seen.as_str().unwrap();
        let plain: String = seen.chars().map(|c| if c.is_ascii_digit() { ' ' } else { c }).collect();
        let lines = plain
            .lines()
            // Seconds are told unless they are none.
            .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ").replace(": :", ":"));
        let lines: Vec<String> = lines.filter(|l| !l.is_empty()).collect();
        text += &format!("== {name}\n{}\n", lines.join("\n"));
    }
    text
}

/// An office with a morning's calls; two cases are overdue.
fn office() -> (House, [Value; 4]) {
    let house = House::at("2026-10-08T10:00:00")
        .rate(30.0)
        .digest_window("1s")
        .policy(r#"mail.quiet="none""#)
        .policy(r#"clock.floor="0s""#)
        .policy(r#"clock.register="30m""#)
        .call_backs()
        .open();
    let mut pbx = house.pbx().connect();
    let line = |ext: &str, n: u32| {
        let call = IpoLine::incoming(ext, &format!("1380000{n:04}")).id(n).ring(6);
        // The first two were answered longer ago than registering may take.
        let ago = if n < 3 { 3000 } else { 900 };
        call.start(house.stamp(60 * i64::from(n) - ago)).talk(125)
    };
    pbx.send(line("8021", 1)).send(line("8022", 2));
    let (chinese, english) = (house.wait_for_mail("wang@x.cn"), house.wait_for_mail("liu@x.cn"));
    for n in 3..=12 {
        pbx.send(match n {
            5 | 9 => line("8021", n).unanswered(),
            _ if n % 3 == 0 => line("8022", n),
            _ => line("8021", n),
        });
    }
    house.wait_for_lines(12);
    for case in house.cases() {
        let id = case["id"].as_i64().unwrap();
        if case["kind"] == "call" && id > 2 && id != 4 {
            close(&house, id, &[]).ends(0);
        }
    }
    let report = "report/accountability?from=2026-10-01&to=2026-10-31&by=person";
    let report = format!("http://127.0.0.1:{}/{report}", house.web_port);
    let page = chinese.link();
    // The picture says how late it is.
    house.wait_until("it is late by a minute", |h| !h.open(&page).body.contains("不到"));
    let pictures = [
        json!({"name": "mail-en", "html": english.html, "width": 480, "height": 1000, "scale": 1.5, "lang": "en-GB"}),
        json!({"name": "mail-zh", "html": chinese.html, "width": 480, "height": 1000, "scale": 1.5, "lang": "zh-CN"}),
        json!({"name": "page-zh", "url": page, "width": 390, "height": 1000, "scale": 1.5, "lang": "zh-CN"}),
        json!({"name": "report-en", "url": report, "width": 1280, "height": 720, "scale": 1, "lang": "en-GB"}),
    ];
    (house, pictures)
}

#[test]
fn the_pictures_of_the_readme_show_what_is() {
    let (house, pictures) = office();
    let update = std::env::var_os("UPDATE").is_some();
    let images = crate_root().join("docs/images");
    let folder = if update { images.clone() } else { house.path("pictures") };
    let words = take(&json!({"folder": folder, "pictures": pictures}));
    let seen = without_figures(&words);
    if update {
        fs::write(images.join("words.txt"), &seen).unwrap();
    }
    let then = fs::read_to_string(images.join("words.txt")).unwrap();
    assert!(
        then == seen,
        "docs/images show what is no longer so; look, then UPDATE=1 cargo nextest run --test it pictures::\n\
         --- then\n{then}\n--- now\n{seen}"
    );
    for picture in &pictures {
        let name = picture["name"].as_str().unwrap();
        let size = fs::metadata(images.join(format!("{name}.png"))).unwrap().len();
        assert!(size <= LIMIT, "{name}.png has {size} bytes");
    }
    let there = fs::read_dir(&images).unwrap().count();
    assert_eq!(
        there,
        pictures.len() + 1,
        "each picture in docs/images is taken by this test"
    );
}
