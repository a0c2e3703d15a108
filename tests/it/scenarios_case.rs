//! A day at the desk: the reminder arrives, its link opens the page, the page closes the case; and what refuses.

use serde_json::json;

use crate::house::{House, check, instant, shanghai};
use crate::mailbox::Mail;
use crate::pbx::IpoLine;

/// What a complete closing says.
pub const CLOSING: [(&str, &str); 7] = [
    ("do", "close"),
    ("outcome", "handled"),
    ("duty", "own"),
    ("category", "inquiry"),
    ("caller_name", "陈先生"),
    ("matter", "营业执照怎么办"),
    ("text", "已告知所需材料"),
];

/// The same for the command line.
pub const CLOSE_FLAGS: [&str; 12] = [
    "--outcome",
    "handled",
    "--duty",
    "own",
    "--category",
    "inquiry",
    "--caller-name",
    "陈先生",
    "--matter",
    "营业执照怎么办",
    "--text",
    "已告知所需材料",
];

/// A house with one case of Wang's whose registering is overdue, and the mail that says so.
#[track_caller]
pub fn reminded() -> (House, i64, Mail) {
    let house = House::at("2026-10-08T10:00:00").quick_reminders().open();
    house.pbx().connect().send(
        IpoLine::incoming("8021", "13812345678")
            .start(house.stamp(-10))
            .ring(10)
            .talk(5),
    );
    house.wait_for_lines(1);
    let id = house.case(1)["id"].as_i64().unwrap();
    let mail = house.wait_for_mail("wang@x.cn");
    (house, id, mail)
}

/// `case close` with everything that is needed, and more flags.
#[track_caller]
pub fn close(house: &House, id: i64, more: &[&str]) -> crate::house::Said {
    let id = id.to_string();
    let mut words = vec!["case", "close", &id];
    words.extend(CLOSE_FLAGS);
    words.extend(more);
    house.cli_words(&words)
}

fn with_version(version: &str) -> Vec<(&str, &str)> {
    let mut fields = CLOSING.to_vec();
    fields.push(("version", version));
    fields
}

#[test]
fn what_a_verb_prints_counts_the_reminders_sent() {
    let (house, id, _) = reminded();
    house.wait_until("the mail is counted", |h| h.case(1)["reminders"] == 1);
    let said = house.cli(["case", "note", &id.to_string(), "--text", "回电未接", "--json"]);
    let row: serde_json::Value = serde_json::from_str(&said.ends(0).out).unwrap();
    assert_eq!(row["reminders"], 1, "{row}");
}

#[test]
fn the_reminders_link_opens_the_page_that_closes_the_case() {
    let (house, id, mail) = reminded();
    assert!(
        mail.subject.starts_with(&format!("[首问] 逾期 #{id} 138****5678")),
        "subject: {}",
        mail.subject
    );
    assert!(!mail.raw.contains("13812345678"), "the full number is in no mail");
    assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    for fact in ["8021", "王芳"] {
        assert!(mail.text.contains(fact), "the text should name {fact}:\n{}", mail.text);
    }
    let page = house.open(&mail.link());
    assert_eq!(page.status, 200);
    assert!(page.body.contains(&format!("#{id}")), "the page shows the case");

    let version = house.case(1)["version"].to_string();
    let done = house.post(&mail.link(), &with_version(&version));
    assert_eq!(done.status, 303, "{}", done.body);
    check(
        &house.case(1),
        &json!({"state": "closed", "outcome": "handled", "duty": "own", "category": "inquiry",
                "caller_name": "陈先生", "matter": "营业执照怎么办", "registered": true, "due_at": null, "due_kind": null}),
    );
}

#[test]
fn the_page_says_what_lacks_and_keeps_what_was_typed() {
    let (house, _, mail) = reminded();
    let version = house.case(1)["version"].to_string();
    let without_matter: Vec<_> = with_version(&version).into_iter().filter(|f| f.0 != "matter").collect();
    let refused = house.post(&mail.link(), &without_matter);
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("陈先生"), "what was typed is still there");
    check(&house.case(1), &json!({"state": "open"}));
}

#[test]
fn a_stale_version_is_a_conflict_at_both_doors() {
    let (house, id, mail) = reminded();
    let old = house.case(1)["version"].to_string();
    house
        .cli(["case", "note", &id.to_string(), "--text", "回电占线"])
        .ends(0);
    assert_eq!(house.post(&mail.link(), &with_version(&old)).status, 409);
    let said = close(&house, id, &["--if-version", &old]).ends(3);
    assert!(!said.err.trim().is_empty(), "a conflict says what changed");
    check(&house.case(1), &json!({"state": "open"}));
}

#[test]
fn closing_needs_duty_name_and_matter() {
    let house = House::at("2026-10-08T10:10:00").open();
    house
        .pbx()
        .connect()
        .send(IpoLine::incoming("8021", "13812345678").start("2026/10/08 10:00:00"));
    house.wait_for_lines(1);
    let id = house.case(1)["id"].as_i64().unwrap();
    let said = house
        .cli([
            "case",
            "close",
            &id.to_string(),
            "--outcome",
            "handled",
            "--duty",
            "own",
            "--text",
            "办好了",
        ])
        .ends(1);
    for lacking in ["caller_name", "matter"] {
        let flag = lacking.replace('_', "-");
        assert!(
            said.err.contains(lacking) || said.err.contains(&flag),
            "should name {lacking}: {}",
            said.err
        );
    }
    check(&house.case(1), &json!({"state": "open", "outcome": null}));

    close(&house, id, &[]).ends(0);
    check(&house.case(1), &json!({"state": "closed", "outcome": "handled"}));
    assert!(instant(&house.case(1)["closed_at"]).is_some());
}

#[test]
fn a_forbidden_phrase_is_no_closing_sentence() {
    let house = House::at("2026-10-08T10:10:00").open();
    house
        .pbx()
        .connect()
        .send(IpoLine::incoming("8021", "13812345678").start("2026/10/08 10:00:00"));
    house.wait_for_lines(1);
    let id = house.case(1)["id"].as_i64().unwrap();
    let mut flags = CLOSE_FLAGS;
    flags[11] = "不知道";
    let id_text = id.to_string();
    let mut words = vec!["case", "close", &id_text];
    words.extend(flags);
    let said = house.cli_words(&words).ends(1);
    assert!(said.err.contains("不知道"), "names the phrase: {}", said.err);
    check(&house.case(1), &json!({"state": "open"}));
}

#[test]
fn reopened_it_is_due_again_in_three_business_days() {
    let house = House::at("2026-10-08T10:10:00").open();
    house
        .pbx()
        .connect()
        .send(IpoLine::incoming("8021", "13812345678").start("2026/10/08 10:00:00"));
    house.wait_for_lines(1);
    let id = house.case(1)["id"].as_i64().unwrap();
    close(&house, id, &[]).ends(0);
    house
        .cli(["case", "reopen", &id.to_string(), "--reason", "材料清单有误"])
        .ends(0);
    check(
        &house.case(1),
        &json!({"state": "open", "outcome": null, "due_kind": "redo"}),
    );
    // Fri 9, Sat 10 (make-up day), Mon 12.
    assert_eq!(house.due(id, "redo"), shanghai("2026-10-12T17:30:00"));
}

#[test]
fn a_case_that_is_not_there_is_said_so() {
    let house = House::at("2026-10-08T10:10:00").open();
    let said = house.cli(["case", "show", "4711", "--json"]).ends(1);
    assert!(said.err.contains("4711"), "{}", said.err);
    assert_eq!(house.cli(["case", "list", "--json"]).rows().len(), 0);
    house.cli(["case", "lsit"]).ends(2);
}

#[test]
fn a_reminder_survives_a_restart_and_comes_once() {
    let (mut house, id, mail) = reminded();
    house.restart();
    // A second case's reminder proves that the mailer ran again after the restart.
    house.pbx().connect().send(
        IpoLine::incoming("8022", "13912345678")
            .start(house.stamp(0))
            .ring(10)
            .talk(5)
            .id(2),
    );
    let other = house.wait_for_mail("liu@x.cn");
    assert!(
        !mail.message_id.is_empty() && mail.message_id != other.message_id,
        "each message has an id of its own"
    );
    let same: Vec<_> = house
        .mails()
        .into_iter()
        .filter(|m| m.subject == mail.subject)
        .collect();
    assert_eq!(same.len(), 1, "case {id} was reminded of once");
    assert_eq!(
        house.open(&mail.link()).status,
        200,
        "the link of before the restart works"
    );
}
