//! The page on a phone: without script, in Chinese, for a screen reader; shown by a real browser.

use std::process::Command;

use serde_json::json;

use crate::house::{check, crate_root};
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
