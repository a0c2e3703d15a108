//! What `docs/privacy.md` says of who sees a caller's number, looked at from outside.

use crate::house::{House, check};
use crate::pbx::IpoLine;
use crate::scenarios_case::close;

/// In full, as the switch prints it.
const NUMBER: &str = "13800001234";

/// Said while closing: 陈先生, 营业执照怎么办.
const SAID: [&str; 2] = ["陈先生", "营业执照"];

#[test]
fn a_callers_number_is_in_full_only_where_the_document_says_so() {
    let house = House::at("2026-10-08T10:00:00").quick_reminders().open();
    house.pbx().connect().send(
        IpoLine::incoming("8021", NUMBER)
            .start(house.stamp(-10))
            .ring(10)
            .talk(5),
    );
    house.wait_for_lines(1);
    let mail = house.wait_for_mail("wang@x.cn");
    let page = house.open(&mail.link());
    assert_eq!(page.status, 200);
    close(&house, 1, &[]).ends(0);
    let rows = "/report/accountability/rows?from=2026-10-01&to=2026-10-31&by=person&count=answered_first&key=wang";
    let rows = house.get(rows);
    assert_eq!(rows.status, 200);

    // Masked, or not there at all.
    for (what, text) in [
        ("the mail's subject", mail.subject.clone()),
        ("the mail's text", mail.text.clone()),
        ("the mail's HTML", mail.html.clone()),
        ("the page", page.body),
        ("the page after closing", house.open(&mail.link()).body),
        ("the report's rows", rows.body),
        ("case list", house.cli(["case", "list"]).out),
        ("case show", house.cli(["case", "show", "1"]).out),
        ("outbox list", house.cli(["outbox", "list", "--json"]).out),
        ("violation list", house.cli(["violation", "list", "--json"]).out),
        ("feed status", house.cli(["feed", "status", "--json"]).out),
        ("doctor", house.cli(["doctor"]).out),
        ("/metrics", house.get("/metrics").body),
        ("the log", house.log()),
    ] {
        assert!(!text.is_empty(), "{what} says nothing");
        assert!(!text.contains(NUMBER), "{what} has the number in full:\n{text}");
    }
    // Nor what was said, outside mails, pages and commands about cases.
    for (what, text) in [("/metrics", house.get("/metrics").body), ("the log", house.log())] {
        for word in SAID {
            assert!(!text.contains(word), "{what} has {word}:\n{text}");
        }
    }

    // In full, for who may read the database.
    for words in [
        &["call", "list"][..],
        &["call", "show", "1"],
        &["case", "why", "1"],
        &["journal", "list"],
        &["case", "list", "--reveal"],
    ] {
        let said = house.cli_words(words).ends(0);
        assert!(said.out.contains(NUMBER), "{words:?}:\n{}", said.out);
    }
    check(&house.case(1), &serde_json::json!({"state": "closed"}));
}
