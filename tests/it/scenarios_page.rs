//! From page to page: a matter is handed over, taken or given back, without a command line.

use serde_json::json;

use crate::house::{House, check};
use crate::mailbox::Mail;
use crate::scenarios_case::reminded;

/// The mail that offers the case to Liu, once Wang has handed it over on the page.
#[track_caller]
fn handed_over(house: &House, wang: &str, id: i64) -> Mail {
    let version = house.case(1)["version"].to_string();
    let answer = house.post(
        wang,
        &[
            ("do", "hand-over"),
            ("version", &version),
            ("to", "liu"),
            ("outside", ""),
            ("text", "补办准营证，材料已核"),
            ("caller_told", "已告知转刘洋，电话 8022"),
        ],
    );
    assert_eq!(answer.status, 303, "{}", answer.body);
    check(
        &house.case_shown(1),
        &json!({"state": "offered", "handler": "wang", "caller_told": "已告知转刘洋，电话 8022"}),
    );
    house.wait_for("the mail that offers it", |h| {
        let offers = |m: &Mail| m.to == "liu@x.cn" && m.text.contains(&format!("#{id} is offered to you"));
        h.mails().into_iter().find(offers)
    })
}

#[test]
fn handed_over_by_page_offered_by_mail_accepted_by_page() {
    let (house, id, mail) = reminded();
    let wang = mail.link();
    let page = house.open(&wang);
    for shown in ["value=\"hand-over\"", "<option value=\"liu\">", "name=\"outside\""] {
        assert!(page.body.contains(shown), "{shown}\n{}", page.body);
    }
    assert!(!page.body.contains("value=\"accept\"") && !page.body.contains("value=\"assign\""));

    // Without a sentence nothing moves, and what was chosen is still there.
    let version = house.case(1)["version"].to_string();
    let lacks = house.post(&wang, &[("do", "hand-over"), ("version", &version), ("to", "liu")]);
    assert_eq!(lacks.status, 422);
    assert!(lacks.body.contains("<option value=\"liu\" selected>"));
    check(&house.case(1), &json!({"state": "open"}));

    let liu = handed_over(&house, &wang, id).link();
    let page = house.open(&liu);
    assert!(page.body.contains("补办准营证，材料已核") && page.body.contains("value=\"accept\""));
    assert!(!page.body.contains("value=\"close\""), "it is not Liu's yet");
    let version = house.case(1)["version"].to_string();
    // Wang can't accept what was offered to Liu.
    let own = house.post(&wang, &[("do", "accept"), ("version", &version)]);
    assert_eq!(own.status, 403);

    let accepted = house.post(&liu, &[("do", "accept"), ("version", &version)]);
    assert_eq!(accepted.status, 303, "{}", accepted.body);
    check(
        &house.case(1),
        &json!({"state": "open", "handler": "liu", "first_answerer": "wang"}),
    );
    assert!(house.open(&liu).body.contains("value=\"close\""));
    let late = house.post(&wang, &[("do", "note"), ("version", &version), ("text", "x")]);
    assert_eq!(late.status, 409);
    assert!(late.body.contains("刘洋"));
}

#[test]
fn what_is_offered_is_returned_by_page_with_a_reason() {
    let (house, id, mail) = reminded();
    let liu = handed_over(&house, &mail.link(), id).link();
    let version = house.case(1)["version"].to_string();
    let lacks = house.post(&liu, &[("do", "return"), ("version", &version), ("reason", "")]);
    assert_eq!(lacks.status, 422);
    let returned = house.post(
        &liu,
        &[
            ("do", "return"),
            ("version", &version),
            ("reason", "should go to the tax office"),
        ],
    );
    assert_eq!(returned.status, 303, "{}", returned.body);
    check(&house.case(1), &json!({"state": "open", "handler": "wang"}));
    let page = house.open(&mail.link());
    assert!(page.body.contains("should go to the tax office"));
    assert!(page.body.contains("value=\"close\""));
}

#[test]
fn the_supervisor_assigns_by_page_and_a_search_names_whom() {
    let (house, _, mail) = reminded();
    let found = house.open(&format!("{}?who=Liu", mail.link()));
    assert!(found.body.contains("to=liu#hand-over"), "{}", found.body);
    let before = house.case(1)["version"].clone();
    let said = house.cli(["--as", "wang", "case", "hot", "1", "--text", "急"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let li = house.wait_for_mail("li@x.cn").link();
    let page = house.open(&li);
    assert!(page.body.contains("value=\"assign\"") && !page.body.contains("value=\"close\""));
    let version = house.case(1)["version"].to_string();
    assert_ne!(version, before.to_string());
    let assigned = house.post(
        &li,
        &[
            ("do", "assign"),
            ("version", &version),
            ("to", "liu"),
            ("reason", "王芳另有任务"),
        ],
    );
    assert_eq!(assigned.status, 303, "{}", assigned.body);
    check(&house.case(1), &json!({"handler": "liu", "state": "open"}));
}
