//! The managers' figures: counted by hand, each with the list behind it, and counted again from the events.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::commands::objects;
use crate::house::{House, check};
use crate::pbx::IpoLine;

/// A Thursday's morning: four answered calls, two missed ones, one of them called back, a hand-over, a late register.
fn morning() -> House {
    let house = House::at("2026-10-08T11:00:00")
        .call_backs()
        .policy(r#"clock.register="30m""#)
        .policy(r#"clock.floor="0s""#)
        .open();
    let mut pbx = house.pbx().connect();
    let call = |ext: &str, caller: &str, start: &str, id: u32| {
        IpoLine::incoming(ext, caller)
            .start(format!("2026/10/08 {start}"))
            .ring(5)
            .talk(60)
            .id(id)
    };
    pbx.send(call("8021", "13812345601", "09:10:00", 1));
    pbx.send(call("8021", "13812345602", "10:50:00", 2));
    pbx.send(call("8022", "13812345603", "10:55:00", 3));
    // Nobody holds 8099: who answered first is not sure.
    pbx.send(call("8099", "13812345604", "10:56:00", 4));
    let missed = |caller: &str, start: &str, id: u32| {
        IpoLine::incoming("8021", caller)
            .start(format!("2026/10/08 {start}"))
            .ring(20)
            .unanswered()
            .id(id)
    };
    pbx.send(missed("13812345605", "09:20:00", 5));
    pbx.send(missed("13812345606", "09:25:00", 6));
    pbx.send(
        IpoLine::incoming("8022", "8022")
            .field(5, "O")
            .field(6, "913812345605")
            .field(7, "913812345605")
            .start("2026/10/08 10:30:00")
            .talk(65)
            .id(7),
    );
    house.wait_for_lines(7);
    house.wait_until("the cases", |h| {
        h.cases().iter().filter(|case| case["settled"] == true).count() == 6
    });
    house.wait_until("09:15 was due at 09:45", |h| {
        h.cases()
            .iter()
            .any(|case| case["overdue"] == true && case["kind"] == "call")
    });
    let case = |caller: &str| {
        let last = &caller[caller.len() - 4..];
        let cases = house.cases();
        let found = cases
            .iter()
            .find(|case| case["caller_number"].as_str().unwrap().ends_with(last));
        found.unwrap()["id"].to_string()
    };
    let closed = [
        "--outcome",
        "handled",
        "--duty",
        "own",
        "--caller-name",
        "陈先生",
        "--matter",
        "执照",
        "--text",
        "已办",
    ];
    let close = |person: &str, id: &str| {
        let mut words = vec!["--as", person, "case", "close", id];
        words.extend(closed);
        house.cli_words(&words).ends(0);
    };
    close("wang", &case("13812345602"));
    let handed = case("13812345603");
    let text = ["--text", "请办理", "--caller-name", "周", "--matter", "执照"];
    let mut words = vec!["--as", "liu", "case", "hand-over", &handed, "--to", "wang"];
    words.extend(text);
    house.cli_words(&words).ends(0);
    house.cli(["--as", "wang", "case", "accept", &handed]).ends(0);
    house
}

fn report(house: &House, by: &str) -> Vec<Value> {
    let out = house
        .cli([
            "report",
            "accountability",
            "--from",
            "2026-10-08",
            "--to",
            "2026-10-08",
            "--by",
            by,
            "--json",
        ])
        .ends(0)
        .out;
    objects(&out)
}

fn row<'a>(rows: &'a [Value], key: &str) -> &'a Value {
    rows.iter()
        .find(|row| row["key"] == key)
        .unwrap_or_else(|| panic!("no row {key} in {rows:#?}"))
}

const COUNTS: [&str; 15] = [
    "answered_first",
    "ambiguous",
    "registered",
    "registered_in_time",
    "handed_over",
    "closed",
    "closed_in_time",
    "open",
    "overdue",
    "missed",
    "called_back",
    "called_back_in_time",
    "called_back_proven",
    "violations_pending",
    "violations_confirmed",
];

/// Each figure of the report by this, beside the list that it names.
#[track_caller]
fn figures_are_lengths(house: &House, by: &str) {
    for row in report(house, by) {
        for count in COUNTS {
            let arguments = row["rows"][count].as_array().unwrap();
            let mut words: Vec<&str> = arguments.iter().map(|word| word.as_str().unwrap()).collect();
            words.push("--json");
            let listed = objects(&house.cli_words(&words).ends(0).out).len();
            assert_eq!(row[count], json!(listed), "{by} {} {count}: {words:?}", row["key"]);
        }
    }
}

#[test]
fn every_figure_is_the_length_of_its_list() {
    let house = morning();
    for by in ["person", "department", "hour", "weekday", "day", "month"] {
        figures_are_lengths(&house, by);
    }
}

#[test]
fn a_call_back_that_is_only_said_stands_apart_from_one_that_the_switch_proves() {
    let house = morning();
    let owed = house
        .cases()
        .into_iter()
        .find(|case| case["kind"] == "callback" && case["state"] == "open")
        .unwrap();
    let id = owed["id"].to_string();
    let said = [
        "--outcome",
        "called_back",
        "--duty",
        "own",
        "--text",
        "用手机回过电话",
        "--caller-name",
        "陈",
        "--matter",
        "执照",
    ];
    house
        .cli_words(&[&["--as", "wang", "case", "close", &id], &said[..]].concat())
        .ends(0);
    check(
        row(&report(&house, "person"), "wang"),
        &json!({"called_back": 2, "called_back_proven": 1, "called_back_rate": 1.0}),
    );
    figures_are_lengths(&house, "person");
    let words = "count=called_back&key=wang&from=2026-10-08&to=2026-10-08&by=person";
    let page = house.get(&format!("/report/accountability/rows?{words}")).body;
    assert_eq!(page.matches("已回电，交换机证实").count(), 1, "{page}");
    assert_eq!(page.matches("已回电，仅由承办人说明").count(), 1, "{page}");
}

#[test]
fn what_somebody_did_who_left_is_in_a_row_and_in_its_list() {
    let house = morning();
    // Liu handed the only case over; by now nobody of that name is in the directory.
    let kept = std::fs::read_to_string(house.path("directory.toml")).unwrap();
    let without: Vec<&str> = kept.lines().filter(|line| !line.contains("\"liu\"")).collect();
    house.write("directory.toml", &without.join("\n"));
    let rows = report(&house, "department");
    let left = rows.iter().find(|row| row["key"].is_null()).unwrap();
    // The call of 8022, and the one of 8099 that nobody is sure of.
    check(left, &json!({"answered_first": 1, "ambiguous": 1}));
    for by in ["person", "department"] {
        figures_are_lengths(&house, by);
    }
}

#[test]
fn the_morning_as_one_would_count_it_by_hand() {
    let house = morning();
    let people = report(&house, "person");
    check(
        row(&people, "wang"),
        &json!({
            "by": "person", "name": "王芳",
            // 09:10 and 10:50; the first is still not registered, the second was closed at once.
            "answered_first": 2, "ambiguous": 0, "registered": 1, "registered_in_time": 1,
            // Liu's case is theirs now.
            "handed_over": 0, "closed": 1, "closed_in_time": 1, "open": 2, "overdue": 1,
            "missed": 2, "called_back": 1, "called_back_in_time": 1, "called_back_proven": 1,
            // The register of 09:10, due at 09:40.
            "violations_pending": 1, "violations_confirmed": 0,
            "registered_rate": 0.5, "registered_in_time_rate": 0.5, "closed_in_time_rate": 1.0, "called_back_rate": 0.5,
        }),
    );
    check(
        row(&people, "liu"),
        &json!({
            "answered_first": 1, "registered": 1, "handed_over": 1, "handed_over_rate": 1.0, "closed": 0, "open": 0,
            "missed": 0, "called_back_rate": null, "closed_in_time_rate": null,
        }),
    );
    // What is not sure stands beside, on a row of its own, and its case is the fallback's to handle.
    let nobody = people.iter().find(|row| row["key"].is_null()).unwrap();
    check(
        nobody,
        &json!({"answered_first": 0, "ambiguous": 1, "violations_pending": 0}),
    );
    check(row(&people, "li"), &json!({"answered_first": 0, "open": 1}));
    check(
        row(&report(&house, "hour"), "09"),
        &json!({"answered_first": 1, "missed": 2, "answered_rate": 1.0 / 3.0}),
    );
    check(
        row(&report(&house, "hour"), "10"),
        &json!({"answered_first": 2, "ambiguous": 1}),
    );
    check(
        row(&report(&house, "weekday"), "4"),
        &json!({"name": "周四", "answered_first": 3, "missed": 2}),
    );
    check(
        row(&report(&house, "month"), "2026-10"),
        &json!({"answered_first": 3, "open": 3}),
    );
    check(
        row(&report(&house, "department"), "permits"),
        &json!({"answered_first": 3, "open": 3, "missed": 2}),
    );
    assert_eq!(report(&house, "day").len(), 1);
    let empty = house.cli([
        "report",
        "accountability",
        "--from",
        "2026-10-09",
        "--to",
        "2026-10-09",
        "--json",
    ]);
    assert_eq!(empty.ends(0).out, "");
    house
        .cli(["report", "accountability", "--from", "2026-10-09", "--to", "2026-10-08"])
        .ends(2);
}

/// The events alone, read by rules written here, give the figures again.
#[test]
fn the_events_give_the_same_figures_again() {
    let house = morning();
    let mut counted: BTreeMap<String, BTreeMap<&str, i64>> = BTreeMap::new();
    for case in house.cases() {
        let shown = house.case_shown(case["id"].as_i64().unwrap());
        if shown["kind"] == "callback" {
            continue;
        }
        let kinds: Vec<&str> = shown["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["kind"].as_str().unwrap())
            .collect();
        let said = |kind: &str| i64::from(kinds.contains(&kind));
        let first = shown["first_answerer"].as_str().unwrap_or("").to_owned();
        let handler = shown["handler"].as_str().unwrap().to_owned();
        let mut add = |who: &str, what: &'static str, n: i64| {
            *counted.entry(who.to_owned()).or_default().entry(what).or_default() += n;
        };
        add(&first, "handed_over", said("accepted"));
        add(&handler, "closed", said("closed"));
        add(&handler, "open", 1 - said("closed"));
    }
    for row in report(&house, "person") {
        let who = row["key"].as_str().unwrap_or("");
        for what in ["handed_over", "closed", "open"] {
            let again = counted
                .get(who)
                .and_then(|counts| counts.get(what))
                .copied()
                .unwrap_or(0);
            assert_eq!(row[what], json!(again), "{who} {what}");
        }
    }
}

#[test]
fn every_format_says_the_same() {
    let house = morning();
    let print = |format: &str| {
        house
            .cli([
                "--lang",
                "en",
                "report",
                "accountability",
                "--from",
                "2026-10-08",
                "--to",
                "2026-10-08",
                "--format",
                format,
            ])
            .ends(0)
    };
    let table = print("table").out;
    assert!(
        table.contains("Wang Fang") && table.contains("Answered first"),
        "{table}"
    );
    assert!(table.contains("Calls whose first answerer is not sure: 1"), "{table}");
    let csv = print("csv").out;
    let wang = csv.lines().find(|line| line.starts_with("person,wang,")).unwrap();
    assert!(
        wang.starts_with("person,wang,Wang Fang,2,0,1,1,0,1,1,2,1,2,1,1,1,1,0,"),
        "{wang}"
    );
    let html = print("html").out;
    assert!(
        html.contains("<table>") && html.contains("Wang Fang") && html.contains("@page"),
        "{html}"
    );
    let bytes = house.cli_bytes(&[
        "report",
        "accountability",
        "--from",
        "2026-10-08",
        "--to",
        "2026-10-08",
        "--format",
        "xlsx",
    ]);
    assert_eq!(&bytes[..2], b"PK", "a spreadsheet is a zip");
}

#[test]
fn the_page_opens_the_rows_behind_each_figure() {
    let house = morning();
    let page = house.get("/report/accountability?from=2026-10-08&to=2026-10-08&by=person");
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(
        page.body.contains("王芳") && page.body.contains("首问责任统计"),
        "{}",
        page.body
    );
    let link = "/report/accountability/rows?from=2026-10-08&amp;to=2026-10-08&amp;by=person&amp;count=answered_first&amp;key=wang";
    let link = page.body.split('"').find(|part| part.replace("&#38;", "&amp;") == link);
    let link = link
        .expect("a link behind the figure")
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let behind = house.get(&link);
    assert_eq!(behind.status, 200);
    assert!(behind.body.contains("首问：2"), "{}", behind.body);
    assert!(
        behind.body.contains("138****5601") && behind.body.contains("138****5602"),
        "{}",
        behind.body
    );
    assert!(!behind.body.contains("13812345601"), "numbers are masked on pages");
    assert_eq!(house.get("/report/accountability").status, 200, "this month, by person");
    assert_eq!(house.get("/report/accountability?by=moon").status, 400);
    assert_eq!(
        house.get("/report/accountability?from=2026-10-09&to=2026-10-08").status,
        400
    );
    // What never was is not said to have been removed.
    let nothing = house.get("/report/accountability/rows?count=nothing");
    assert_eq!(nothing.status, 404);
    assert!(nothing.body.contains("没有名为“nothing”的数字"), "{}", nothing.body);
    let none = house.get("/report/case/99999");
    assert_eq!(none.status, 404);
    assert!(none.body.contains("没有首问责任记录 #99999"), "{}", none.body);
    assert!(!none.body.contains("保存期限"), "{}", none.body);
}

#[test]
fn the_page_is_for_this_machine_and_goes_through_no_proxy() {
    let house = House::at("2026-10-08T11:00:00").open();
    for header in ["X-Forwarded-For: 10.0.0.9", "Forwarded: for=10.0.0.9", "Via: 1.1 proxy"] {
        let answer = house.get_with("/report/accountability", header);
        assert_eq!(answer.status, 403, "{header}");
    }
}

#[test]
fn holes_of_the_call_log_stand_beside_the_figures() {
    let house = House::at("2026-10-08T11:00:00").open();
    let words = [
        "--lang",
        "en",
        "report",
        "accountability",
        "--from",
        "2026-10-08",
        "--to",
        "2026-10-08",
    ];
    let said = house.cli(words).ends(0).out;
    assert!(said.contains("No gaps of the call log are known"), "{said}");
    let mut pbx = house.pbx().connect();
    pbx.send(
        IpoLine::incoming("8021", "13812345601")
            .start("2026/10/08 10:50:00")
            .talk(60)
            .id(1),
    );
    house.wait_for_lines(1);
    drop(pbx);
    std::thread::sleep(std::time::Duration::from_millis(2_500));
    let mut pbx = house.pbx().connect();
    pbx.send(
        IpoLine::incoming("8021", "13812345602")
            .start("2026/10/08 10:55:00")
            .talk(60)
            .id(9),
    );
    house.wait_for_lines(2);
    house.wait_until("a hole", |h| h.cli(words).out.contains("The call log has"));
}
