//! Who answered first, who has the case now, how sure that is, and when it is due.
//!
//! All happens on Thursday 8 October 2026, the first working day after National Day, under the policy `bureau`:
//! registered by the end of the day (of the next one with less than a business hour left), closed within five
//! business days, the day of the answer not counted: Fri 9, Sat 10 (make-up day), Mon 12, Tue 13, Wed 14, 17:30.

use serde_json::{Value, json};

use crate::commands::objects;
use crate::house::{House, check, shanghai};
use crate::pbx::IpoLine;

const CALLER: &str = "13812345678";
const MORNING: &str = "2026/10/08 10:00:00";

/// Sends lines to a house whose clock is shortly after them, waits until they are in the journal.
#[track_caller]
fn told(clock: &str, lines: &[IpoLine]) -> House {
    let house = House::at(clock).open();
    let mut pbx = house.pbx().connect();
    for line in lines {
        pbx.send(line);
    }
    house.wait_for_lines(lines.len());
    house
}

/// Lines of the morning, and the one case that comes of them.
#[track_caller]
fn case_of(lines: &[IpoLine], expected: &Value) -> House {
    let house = told("2026-10-08T10:10:00", lines);
    let cases = house.cases();
    assert_eq!(cases.len(), 1, "one case, not {cases:#?}\n{}", house.tail());
    check(&cases[0], expected);
    house
}

/// Lines of the morning, and the one call without a case that comes of them.
#[track_caller]
fn call_without_case(lines: &[IpoLine], expected: &Value) {
    let house = told("2026-10-08T10:10:00", lines);
    let calls = house.calls();
    assert_eq!(calls.len(), 1, "one call, not {calls:#?}");
    check(&calls[0], expected);
    check(&calls[0], &json!({"case": null}));
    assert_eq!(house.cases(), [] as [Value; 0], "no case");
}

fn answered(ext: &str) -> IpoLine {
    IpoLine::incoming(ext, CALLER).start(MORNING)
}

#[test]
fn a_direct_answer_opens_a_case_of_who_answered() {
    let house = case_of(
        &[answered("8021")],
        &json!({
            "kind": "call", "state": "open", "settled": true, "registered": false,
            "first_answerer": "wang", "handler": "wang", "department": "permits",
            "category": "service", "duty": null, "outcome": null, "closed_at": null,
            "opened_at": "2026-10-08T10:00:05+08:00",
            "due_kind": "register", "due_at": "2026-10-08T17:30:00+08:00", "overdue": false,
            "chases": 0, "reminders": 0, "violations": 0,
        }),
    );
    let case = house.case(1);
    assert_eq!(case["caller_number"], "138****5678", "masked unless revealed");
    let id = case["id"].as_i64().unwrap();
    assert_eq!(house.due(id, "close"), shanghai("2026-10-14T17:30:00"));
    check(
        &house.call(1),
        &json!({
            "feed": "pbx", "direction": "incoming", "disposition": "answered", "legs": 1, "settled": true,
            "calling_number": CALLER, "called_number": "8021",
            "answered_by": "8021", "answered_by_person": "wang", "certainty": "certain",
            "start": "2026-10-08T10:00:00+08:00", "answered_at": "2026-10-08T10:00:05+08:00",
            "ended_at": "2026-10-08T10:03:05+08:00", "ring_seconds": 5, "talk_seconds": 180, "case": id,
        }),
    );
}

#[test]
fn with_less_than_a_business_hour_left_it_is_registered_the_next_day() {
    let house = told("2026-10-08T16:45:00", &[answered("8021").start("2026/10/08 16:40:00")]);
    let id = house.case(1)["id"].as_i64().unwrap();
    assert_eq!(house.due(id, "register"), shanghai("2026-10-09T17:30:00"));
    assert_eq!(house.due(id, "close"), shanghai("2026-10-14T17:30:00"));
}

#[test]
fn of_a_ring_group_the_member_who_answered_is_first() {
    let house = case_of(
        &[answered("8022").called("8600")],
        &json!({"first_answerer": "liu", "handler": "liu"}),
    );
    check(
        &house.call(1),
        &json!({"called_number": "8600", "answered_by": "8022", "certainty": "certain"}),
    );
}

#[test]
fn a_group_that_answers_as_such_is_its_leads_and_nobodys_fault() {
    let house = case_of(&[answered("8600")], &json!({"first_answerer": null, "handler": "li"}));
    check(
        &house.call(1),
        &json!({"answered_by_person": null, "certainty": "ambiguous"}),
    );
}

#[test]
fn who_picks_up_a_colleagues_phone_is_first() {
    let house = case_of(
        &[
            answered("8021").unanswered().ring(8).more(),
            answered("8022").called("8021").ring(1).talk(38),
        ],
        &json!({"first_answerer": "liu", "handler": "liu"}),
    );
    check(
        &house.call(1),
        &json!({"legs": 2, "answered_by": "8022", "disposition": "answered"}),
    );
}

#[test]
fn a_transfer_moves_the_handler_and_never_the_first_answerer() {
    let house = case_of(
        &[
            answered("8021").talk(20).more(),
            answered("8022").called("8021").ring(3).talk(60),
        ],
        &json!({"first_answerer": "wang", "handler": "liu", "state": "open"}),
    );
    check(
        &house.call(1),
        &json!({"legs": 2, "answered_by": "8021", "answered_by_person": "wang", "certainty": "certain"}),
    );
    let shown = house.case_shown(house.case(1)["id"].as_i64().unwrap());
    let custody: Vec<_> = shown["custody"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["person"])
        .collect();
    assert_eq!(custody, ["wang", "liu"], "custody in order");
}

#[test]
fn ten_seconds_after_a_transfer_are_enough() {
    case_of(
        &[
            answered("8021").talk(20).more(),
            answered("8022").called("8021").ring(3).talk(10),
        ],
        &json!({"first_answerer": "wang", "handler": "liu"}),
    );
}

#[test]
fn nine_seconds_after_a_transfer_move_nothing() {
    case_of(
        &[
            answered("8021").talk(20).more(),
            answered("8022").called("8021").ring(3).talk(9),
        ],
        &json!({"first_answerer": "wang", "handler": "wang"}),
    );
}

#[test]
fn parked_at_once_and_taken_back_it_stays_with_the_first() {
    // The vendor's example: connected 00:00:00, yet answered, because it was parked for 4 s.
    let house = case_of(
        &[
            answered("8021").talk(0).park(4).more(),
            answered("8021").ring(0).talk(30),
        ],
        &json!({"first_answerer": "wang", "handler": "wang"}),
    );
    check(
        &house.call(1),
        &json!({"disposition": "answered", "answered_by": "8021"}),
    );
}

#[test]
fn the_mailbox_opens_no_case() {
    call_without_case(
        &[answered("8021").ring(20).talk(15).voicemail()],
        &json!({"disposition": "voicemail", "answered_by": null, "answered_by_person": null}),
    );
}

#[test]
fn nobody_answered_opens_no_case_where_missed_calls_are_counted() {
    call_without_case(
        &[answered("8021").ring(20).unanswered()],
        &json!({"disposition": "no_answer", "answered_by": null, "talk_seconds": null}),
    );
}

#[test]
fn a_machine_of_the_directory_is_no_answerer() {
    let house = case_of(
        &[
            answered("8500").ring(0).talk(25).more(),
            answered("8022").called("8500").ring(25).talk(60),
        ],
        &json!({"first_answerer": "liu", "handler": "liu"}),
    );
    check(&house.call(1), &json!({"answered_by": "8022"}));
}

#[test]
fn an_extension_nobody_holds_falls_to_the_fallback() {
    let house = case_of(&[answered("8099")], &json!({"first_answerer": null, "handler": "li"}));
    check(
        &house.call(1),
        &json!({"answered_by": "8099", "answered_by_person": null, "certainty": "ambiguous"}),
    );
}

#[test]
fn a_desk_names_who_sits_there_by_roster() {
    let house = case_of(
        &[answered("8000")],
        &json!({"first_answerer": "wang", "handler": "wang"}),
    );
    check(&house.call(1), &json!({"certainty": "likely"}));
}

#[test]
fn a_hole_in_the_roster_is_the_heads_and_nobodys_fault() {
    let house = told("2026-10-08T14:10:00", &[answered("8000").start("2026/10/08 14:00:00")]);
    check(&house.case(1), &json!({"first_answerer": null, "handler": "li"}));
    check(
        &house.call(1),
        &json!({"answered_by": "8000", "answered_by_person": null, "certainty": "ambiguous"}),
    );
}

#[test]
fn outgoing_and_internal_calls_open_no_case() {
    let outgoing = answered("8021").field(4, "8021").field(5, "O").field(6, "913812345678");
    let internal = answered("8021")
        .id(2)
        .field(4, "8021")
        .field(5, "O")
        .called("8022")
        .field(9, 1)
        .field(14, "E8022");
    let house = told("2026-10-08T10:10:00", &[outgoing, internal]);
    let directions: Vec<_> = house.calls().iter().map(|c| c["direction"].clone()).collect();
    assert_eq!(directions, ["outgoing", "internal"]);
    assert_eq!(house.cases(), [] as [Value; 0]);
}

#[test]
fn an_old_archive_makes_calls_but_no_cases_and_no_mail() {
    // Two business days before Thursday morning lie behind the holidays; these are from before them.
    let lines: Vec<_> = (1..=20)
        .map(|n| {
            IpoLine::incoming("8021", "13812345678")
                .start(format!("2026/09/24 10:{n:02}:00"))
                .talk(10)
                .id(n)
        })
        .collect();
    let house = told("2026-10-08T10:10:00", &lines);
    assert_eq!(house.calls().len(), 20);
    assert_eq!(house.cases(), [] as [Value; 0], "history opens no case");
    assert_eq!(house.mails().len(), 0);
}

#[test]
fn the_same_caller_to_the_same_person_attaches() {
    let house = told(
        "2026-10-08T10:40:00",
        &[answered("8021"), answered("8021").start("2026/10/08 10:30:00").id(2)],
    );
    assert_eq!(house.cases().len(), 1, "no second case");
    check(&house.case(1), &json!({"chases": 1, "handler": "wang"}));
    let case = house.case(1)["id"].clone();
    check(&house.call(2), &json!({"case": case}));
}

#[test]
fn the_same_caller_to_another_opens_a_linked_case() {
    let house = told(
        "2026-10-08T10:40:00",
        &[answered("8021"), answered("8022").start("2026/10/08 10:30:00").id(2)],
    );
    assert_eq!(house.cases().len(), 2);
    let first = house.case(1)["id"].clone();
    check(&house.case(1), &json!({"chases": 1, "handler": "wang"}));
    check(
        &house.case(2),
        &json!({"chases": 0, "first_answerer": "liu", "handler": "liu", "linked": first}),
    );
}

#[test]
fn two_callers_without_a_number_are_not_the_same_caller() {
    let withheld = |id| answered("8021").field(4, "").id(id);
    let house = told("2026-10-08T10:10:00", &[withheld(1), withheld(2)]);
    assert_eq!(house.cases().len(), 2);
}

#[test]
fn why_shows_line_extension_and_person() {
    let house = case_of(&[answered("8021")], &json!({}));
    let id = house.case(1)["id"].to_string();
    let said = house.cli(["--lang", "en", "case", "why", &id]).ends(0);
    for evidence in ["E8021", "8021", "directory.toml", "Wang Fang", "certain"] {
        assert!(
            said.out.contains(evidence),
            "`case why` should show {evidence}:\n{}",
            said.out
        );
    }
}

/// The reason, the roster and the period of the entry in the reader's words; only ids, dates and places stay.
#[test]
fn why_in_chinese_is_in_chinese() {
    let house = House::at("2026-10-08T10:10:00")
        .more_people("", r#" {ext="8077", person="liu", from=2024-03-01},"#)
        .open();
    let mut pbx = house.pbx().connect();
    for (n, ext) in [(1, "8000"), (2, "8077")] {
        let line = IpoLine::incoming(ext, &format!("1381234560{n}")).id(n).ring(5).talk(60);
        pbx.send(line.start(format!("2026/10/08 10:0{n}:00")));
    }
    house.wait_for_lines(2);
    let why = |n: usize| {
        let id = house.case(n)["id"].to_string();
        house.cli(["--lang", "zh", "case", "why", &id]).ends(0).out
    };
    let desk = why(1);
    for said in [
        "值班岗 front",
        "值班表 周一至周五 08:30-12:00：wang",
        "按值班表认定",
        "已接听",
        "适用制度：bureau",
    ] {
        assert!(desk.contains(said), "{said}: {desk}");
    }
    let since = why(2);
    assert!(
        since.contains("8077 → liu，自 2024-03-01 起（directory.toml:"),
        "{since}"
    );
    for english in ["since", "roster", "desk", "answered", "due"] {
        assert!(
            !desk.contains(english) && !since.contains(english),
            "{english}: {desk}{since}"
        );
    }
    // For programs the entry stays as the directory says it.
    let id = house.case(2)["id"].to_string();
    let json = house.cli(["--lang", "zh", "case", "why", &id, "--json"]).ends(0).out;
    assert!(json.contains("8077 → liu since 2024-03-01"), "{json}");
}

#[test]
fn what_proves_a_violation_has_the_sites_times() {
    let house = House::at("2026-10-08T10:10:00")
        .policy(r#"clock.floor="0s""#)
        .policy(r#"clock.register="5m""#)
        .open();
    let mut pbx = house.pbx().connect();
    pbx.send(answered("8021").start("2026/10/08 09:59:55").ring(5).talk(60));
    house.wait_for_lines(1);
    let found = house.wait_for("the late registration", |h| {
        objects(&h.cli(["violation", "list", "--json"]).ends(0).out).pop()
    });
    check(&found, &json!({"kind": "late_register", "person": "wang"}));
    assert_eq!(found["evidence"]["started_at"], "2026-10-08T10:00:00+08:00");
    // Due at 10:05, but never before its line came.
    let due = found["evidence"]["due_at"].as_str().unwrap();
    assert!(
        due.starts_with("2026-10-08T10:10:0") && due.ends_with("+08:00"),
        "{due}"
    );
    assert_eq!(found["evidence"]["custody"][0]["from"], "2026-10-08T10:00:00+08:00");
    let id = house.case(1)["id"].to_string();
    let said = house.cli(["--lang", "en", "case", "why", &id]).ends(0).out;
    assert!(
        said.contains("charged to Wang Fang, Thu 8 Oct 10:10: pending"),
        "{said}"
    );
}
