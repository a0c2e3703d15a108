//! A case's life: missed callers are called back, matters handed over, codes keyed, dates promised.

use serde_json::json;

use crate::house::{House, check, shanghai};
use crate::pbx::IpoLine;

const CALLER: &str = "13812345678";

/// A call by an extension to the outside, answered after 5 s, 65 s of talk.
fn outgoing(ext: &str, number: &str) -> IpoLine {
    IpoLine::incoming(ext, ext)
        .field(5, "O")
        .field(6, number)
        .field(7, number)
        .talk(65)
}

/// A house at ten on Thursday, 8 October, with call-back cases.
fn house() -> House {
    House::at("2026-10-08T10:00:00").call_backs().open()
}

#[test]
fn a_missed_call_is_whose_phone_rang_and_any_call_to_the_caller_closes_it() {
    let house = house();
    let mut line = house.pbx().connect();
    line.send(
        IpoLine::incoming("8021", CALLER)
            .start("2026/10/08 09:58:00")
            .ring(20)
            .unanswered()
            .id(1),
    );
    let case = house.wait_for("the call-back case", |h| {
        h.cases().into_iter().find(|c| c["settled"] == true)
    });
    check(
        &case,
        &json!({
            "kind": "callback", "state": "open", "handler": "wang", "first_answerer": null,
            "opened_at": "2026-10-08T09:58:20+08:00", "due_kind": "callback",
            // 2 h 1 min 40 s till noon, the rest of four business hours after half past one.
            "due_at": "2026-10-08T15:28:20+08:00", "chases": 0,
        }),
    );
    // A second miss attaches; the caller hangs up at once and it is none.
    line.send(
        IpoLine::incoming("8022", CALLER)
            .start("2026/10/08 09:59:00")
            .ring(6)
            .unanswered()
            .id(2),
    );
    line.send(
        IpoLine::incoming("8022", "13912345678")
            .start("2026/10/08 09:59:10")
            .ring(5)
            .unanswered()
            .id(3),
    );
    house.wait_until("the second miss is attached", |h| h.case(1)["chases"] == 1);
    house.wait_for_lines(3);
    assert_eq!(house.cases().len(), 1);
    line.send(
        outgoing("8022", &format!("9{CALLER}"))
            .start("2026/10/08 09:59:30")
            .id(4),
    );
    house.wait_until("it is called back", |h| h.case(1)["state"] == "closed");
    let shown = house.case_shown(1);
    check(
        &shown,
        &json!({"outcome": "called_back", "handler": "wang", "violations": 0}),
    );
    check(
        &shown["deadlines"][0],
        &json!({"kind": "callback", "met_at": "2026-10-08T09:59:35+08:00", "breached": false}),
    );
    check(&shown["contacts"][0], &json!({"by": "liu", "talk_seconds": 65}));
}

#[test]
fn an_answered_call_of_the_caller_closes_the_call_back_too() {
    let house = house();
    let mut line = house.pbx().connect();
    line.send(
        IpoLine::incoming("8021", CALLER)
            .start("2026/10/08 09:50:00")
            .voicemail()
            .talk(12)
            .id(1),
    );
    house.wait_until("the call-back case", |h| {
        h.cases().iter().any(|c| c["kind"] == "callback")
    });
    line.send(IpoLine::incoming("8022", CALLER).start("2026/10/08 09:55:00").id(2));
    house.wait_until("two cases", |h| h.cases().len() == 2);
    check(&house.case(1), &json!({"state": "closed", "outcome": "called_back"}));
    check(
        &house.case(2),
        &json!({"kind": "call", "handler": "liu", "state": "open", "linked": 1}),
    );
}

#[test]
fn handed_over_told_accepted_and_proved() {
    let house = house();
    let mut line = house.pbx().connect();
    line.send(IpoLine::incoming("8021", CALLER).start("2026/10/08 09:50:00").id(1));
    house.wait_until("the case", |h| h.cases().iter().any(|c| c["settled"] == true));
    let said = house.cli([
        "--as",
        "wang",
        "case",
        "hand-over",
        "1",
        "--to",
        "liu",
        "--text",
        "请办理执照",
    ]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let shown = house.case_shown(1);
    check(&shown, &json!({"state": "offered", "handler": "wang", "duty": "unit"}));
    let mail = house.wait_for_mail("liu@x.cn");
    assert!(
        mail.text.contains("#1") || mail.subject.contains("#1"),
        "{}",
        mail.subject
    );

    assert_eq!(house.cli(["--as", "wang", "case", "accept", "1"]).code, Some(4));
    assert_eq!(
        house
            .cli(["--as", "wang", "case", "hand-over", "1", "--to", "li", "--text", "x"])
            .code,
        Some(1)
    );
    assert_eq!(house.cli(["--as", "liu", "case", "accept", "1"]).code, Some(0));
    check(
        &house.case(1),
        &json!({"state": "open", "handler": "liu", "first_answerer": "wang"}),
    );
    assert_eq!(house.due(1, "contact"), shanghai("2026-10-09T17:30:00"));

    // The switch tells our own time: a call after the acceptance is contact, and proves that the caller was told.
    line.send(outgoing("8022", &format!("9{CALLER}")).start(house.stamp(5)).id(2));
    house.wait_until("the contact", |h| {
        !h.case_shown(1)["contacts"].as_array().unwrap().is_empty()
    });
    check(&house.case(1), &json!({"state": "open"}));
    check(&house.call(2), &json!({"direction": "outgoing", "case": 1}));
    let said = house.cli([
        "--as",
        "liu",
        "case",
        "close",
        "1",
        "--outcome",
        "handled",
        "--caller-name",
        "陈先生",
        "--matter",
        "执照",
        "--text",
        "已办妥",
    ]);
    assert_eq!(said.code, Some(0), "told by the call itself: {}", said.err);
}

#[test]
fn a_code_keyed_on_the_phone_closes_at_settling() {
    let house = house();
    house.pbx().connect().send(
        IpoLine::incoming("8021", CALLER)
            .start("2026/10/08 09:50:00")
            .field(8, "11"),
    );
    house.wait_until("it is closed", |h| h.cases().iter().any(|c| c["state"] == "closed"));
    check(
        &house.case(1),
        &json!({"outcome": "handled", "category": "inquiry", "handler": "wang", "violations": 0}),
    );
}

#[test]
fn a_visit_is_registered_by_hand() {
    let house = house();
    let said = house.cli([
        "--as",
        "wang",
        "case",
        "open",
        "--caller-name",
        "陈先生",
        "--matter",
        "执照",
    ]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    check(
        &house.case(1),
        &json!({"kind": "visit", "call": null, "first_answerer": "wang", "registered": true, "settled": true}),
    );
}

#[test]
fn a_breach_is_a_violation_that_somebody_above_rules_on() {
    let (house, id, _) = crate::scenarios_case::reminded();
    let rows = house.cli(["violation", "list", "--json"]).rows();
    assert_eq!(rows.len(), 1, "{rows:#?}");
    check(
        &rows[0],
        &json!({"case": id, "kind": "late_register", "person": "wang", "article": null, "status": "pending"}),
    );
    assert_eq!(rows[0]["evidence"]["custody"][0]["person"], "wang");
    let number = rows[0]["id"].to_string();
    for (person, code) in [("wang", 4), ("liu", 4), ("li", 0), ("zhao", 1)] {
        let said = house.cli(["--as", person, "violation", "waive", &number, "--reason", "停电"]);
        assert_eq!(said.code, Some(code), "{person}: {}", said.err);
    }
    let rows = house.cli(["violation", "list", "--status", "waived", "--json"]).rows();
    check(&rows[0], &json!({"reason": "停电", "sanction": null}));
    check(&house.case(1), &json!({"violations": 0}));
    let again = house.cli(["violation", "confirm", &number, "--reason", "x"]).ends(1);
    assert!(again.err.contains("waived already"), "{}", again.err);
    assert_eq!(house.cli(["violation", "waive", "99", "--reason", "x"]).code, Some(1));
}

#[test]
fn everything_of_a_leaver_goes_to_another() {
    let house = house();
    let mut line = house.pbx().connect();
    for (id, caller) in [(1, "13812345678"), (2, "13912345678")] {
        line.send(IpoLine::incoming("8021", caller).start("2026/10/08 09:50:00").id(id));
    }
    house.wait_until("two cases", |h| {
        h.cases().iter().filter(|c| c["settled"] == true).count() == 2
    });
    assert_eq!(
        house
            .cli(["--as", "liu", "move-all", "--from", "wang", "--to", "liu"])
            .code,
        Some(4)
    );
    check(&house.case(1), &json!({"handler": "wang"}));
    assert_eq!(
        house
            .cli(["--as", "li", "move-all", "--from", "wang", "--to", "liu"])
            .code,
        Some(0)
    );
    for n in [1, 2] {
        check(&house.case(n), &json!({"handler": "liu", "first_answerer": "wang"}));
    }
}

#[test]
fn a_request_that_the_supervisor_declines_is_over_and_who_asked_hears_why() {
    let house = House::at("2026-10-08T10:10:00").open();
    house.pbx().connect().send(
        IpoLine::incoming("8021", CALLER)
            .start("2026/10/08 10:08:00")
            .talk(60)
            .id(1),
    );
    let case = house.wait_for("the case", |h| h.cases().into_iter().find(|c| c["settled"] == true));
    let shown = |h: &House| h.cli(["case", "show", "1", "--json"]).rows()[0].clone();
    let due = |h: &House| {
        let deadlines = shown(h)["deadlines"].as_array().unwrap().clone();
        deadlines.iter().rfind(|row| row["kind"] == "close").unwrap()["due_at"].clone()
    };
    let before = due(&house);
    let asked = [
        "--until",
        "2026-10-20",
        "--text",
        "须现场勘查",
        "--caller-told",
        "已电话告知",
    ];
    house
        .cli_words(&[&["--as", "wang", "case", "extend", "1"], &asked[..]].concat())
        .ends(0);
    // Nobody rules on themselves, and a reason there must be.
    house
        .cli(["--as", "wang", "case", "decline", "1", "--reason", "x"])
        .ends(4);
    let lacks = house.cli(["--as", "li", "case", "decline", "1"]).ends(1);
    assert!(lacks.err.contains("理由，写一句话（reason）"), "{}", lacks.err);
    house
        .cli(["--as", "li", "case", "decline", "1", "--reason", "材料已齐，请按期办结"])
        .ends(0);
    let declined = shown(&house);
    check(
        &declined,
        &json!({"asked": null, "version": case["version"].as_u64().unwrap() + 2}),
    );
    assert_eq!(due(&house), before, "the deadline stays");
    let last = declined["events"].as_array().unwrap().last().unwrap().clone();
    check(
        &last,
        &json!({"actor": "li", "channel": "cli", "kind": "declined", "text": "未批准（延期）：材料已齐，请按期办结"}),
    );
    let letter = house.wait_for("the letter to who asked", |h| {
        h.mails()
            .into_iter()
            .find(|m| m.to == "wang@x.cn" && m.subject.contains("未获批准"))
    });
    assert!(letter.text.contains("材料已齐，请按期办结"), "{}", letter.text);
    let again = house
        .cli(["--as", "li", "case", "decline", "1", "--reason", "x"])
        .ends(1);
    assert!(again.err.contains("不批准"), "{}", again.err);
}
