//! The page on a phone: without script, in Chinese, for a screen reader; shown by a real browser.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::house::{House, check, crate_root, program};
use crate::pbx::IpoLine;
use crate::scenarios_case::reminded;

#[test]
fn heavy_the_page_works_on_a_phone_without_script() {
    let (house, _, mail) = reminded();
    let tests = crate_root().join("tests");
    assert!(
        tests.join(".parts/node_modules/playwright-core").exists(),
        "playwright-core is missing; tests/run installs it"
    );
    let output = Command::new("node")
        .arg(tests.join("page.mjs"))
        .arg(mail.link())
        .current_dir(&tests)
        .output()
        .expect("node");
    assert!(
        output.status.success(),
        "{}{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        house.tail()
    );
    check(
        &house.case(1),
        &json!({"state": "closed", "outcome": "handled", "caller_name": "陈先生"}),
    );
}

#[test]
fn every_verb_from_the_page_on_a_phone_in_chinese() {
    every_verb("zh", 390);
}

#[test]
fn every_verb_from_the_page_on_a_wide_screen_in_english() {
    every_verb("en", 1280);
}

/// One house, seventeen calls, and `tests/verbs.mjs` doing everything with them that a page can do. Pictures go to the
/// folder that `FA_PAGES_SEEN` names, or below `target`.
fn every_verb(lang: &'static str, width: u32) {
    let house = House::at("2026-10-08T10:00:00")
        .quick_reminders()
        .call_backs()
        .policy(
            r#"ladder=[{rung=1, at="0s", to=["handler"]}, {rung=2, at="180s", to=["handler"], cc=["supervisor"]}, {rung=3, at="360s", to=["supervisor"]}]"#,
        )
        .language(lang)
        .more_people("", r#" {ext="8020", person="li"},"#)
        .more_directory(
            r#"duty = [ {words=["准营证", "permit to trade"], department="permits", handler="liu", phone="8022"} ]"#,
        )
        .open();
    let mut pbx = house.pbx().connect();
    let call = |ext: &str, n: u32| {
        let line = IpoLine::incoming(ext, &format!("138000000{n:02}")).id(n).ring(10);
        line.start(house.stamp(-400 + i64::from(n))).talk(185)
    };
    let missed = 9;
    for n in 1..=17 {
        pbx.send(match n {
            1 => call("8021", n).field(6, "62340021").field(7, "62340021"),
            16 => call("8020", n),
            _ if n == missed => call("8021", n).unanswered(),
            _ => call("8021", n),
        });
    }
    house.wait_for_lines(17);
    let cases = house.cases();
    assert_eq!(cases.len(), 17, "{cases:#?}");
    let id = |n: usize| cases[n - 1]["id"].clone();
    let seen = std::env::var_os("FA_PAGES_SEEN").map_or_else(|| crate_root().join("target/pages-seen"), PathBuf::from);
    let plan = json!({
        "lang": lang, "width": width, "program": program(), "folder": house.path(""), "seen": seen,
        "ids": {
            "life": id(1), "guided": id(2), "explained": id(3), "outside": id(4), "cannot": id(5), "unreachable": id(6),
            "nothing": id(7), "again": id(8), "missed": id(9), "frozen": id(10), "handed": id(11), "void": id(12),
            "bulk": [id(13), id(14), id(15)], "lis": id(16), "complaint": id(17),
        },
    });
    let mut node = Command::new("node")
        .arg("verbs.mjs")
        .current_dir(crate_root().join("tests"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node");
    node.stdin
        .take()
        .unwrap()
        .write_all(plan.to_string().as_bytes())
        .unwrap();
    let output = node.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    println!("{}", said[1]);
    assert!(output.status.success(), "{}\n{}", said.join("\n"), house.tail());
}
