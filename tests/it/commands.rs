//! Commands that print: what scripts and administrators may rely on.

use serde_json::{Value, json};

use crate::house::{House, check};
use crate::pbx::IpoLine;

/// One JSON object a line.
pub fn objects(out: &str) -> Vec<Value> {
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect()
}

#[test]
fn a_due_date_is_explained_from_its_computation() {
    let house = House::at("2026-10-08T10:10:00").build();
    // The two examples of the rules, and half an hour before closing.
    for (from, add, due) in [
        ("2026-10-08T16:40", "3 business days", "2026-10-12T17:30:00+08:00"),
        ("2026-09-29T16:40", "3 business days", "2026-10-09T17:30:00+08:00"),
        ("2026-10-08T17:00", "end of day", "2026-10-09T17:30:00+08:00"),
        ("2026-10-08T11:30", "4 business hours", "2026-10-08T17:00:00+08:00"),
        ("2026-10-08T08:40:00Z", "90s", "2026-10-08T16:41:30+08:00"),
    ] {
        let said = house
            .cli(["calendar", "due", "--from", from, "--add", add, "--json"])
            .ends(0);
        check(&objects(&said.out)[0], &json!({"due_at": due}));
    }
    let said = house
        .cli([
            "--lang",
            "en",
            "calendar",
            "due",
            "--from",
            "2026-10-08T16:40",
            "--add",
            "3 business days",
        ])
        .ends(0);
    assert!(said.out.contains("skip Sun, Mon 12"), "{}", said.out);
    let same_day = house.cli([
        "calendar",
        "due",
        "--from",
        "2026-10-08T10:00",
        "--add",
        "1 business day",
        "--count-from",
        "same_day",
        "--json",
    ]);
    check(
        &objects(&same_day.ends(0).out)[0],
        &json!({"due_at": "2026-10-08T17:30:00+08:00"}),
    );
    house
        .cli(["calendar", "due", "--from", "yesterday", "--add", "90s"])
        .ends(2);
    house
        .cli(["calendar", "due", "--from", "2026-10-08", "--add", "3 fortnights"])
        .ends(2);
}

#[test]
fn the_days_of_a_year_are_shown() {
    let house = House::at("2026-10-08T10:10:00").build();
    let days = objects(&house.cli(["calendar", "show", "--year", "2026", "--json"]).ends(0).out);
    assert_eq!(days.len(), 365);
    let of = |date: &str| days.iter().find(|day| day["date"] == date).unwrap();
    check(of("2026-10-01"), &json!({"kind": "holiday", "intervals": []}));
    check(
        of("2026-10-10"),
        &json!({"kind": "make_up", "intervals": [["09:00", "12:00"], ["13:30", "17:30"]]}),
    );
    check(of("2026-10-11"), &json!({"kind": "day_off", "intervals": []}));
    check(of("2026-10-12"), &json!({"kind": "working", "beyond_known": false}));
    let later = objects(&house.cli(["calendar", "show", "--year", "2027", "--json"]).ends(0).out);
    assert!(later.iter().all(|day| day["beyond_known"] == true), "2027 is not known");
}

#[test]
fn who_finds_duties_people_and_departments() {
    let house = House::at("2026-10-08T10:10:00").build();
    let hits = |words: &[&str]| {
        let mut args = vec!["who", "--json"];
        args.extend(words);
        objects(&house.cli_words(&args).ends(0).out)
    };
    check(
        &hits(&["wang"])[0],
        &json!({"handler": "wang", "outside": null, "phone": "8021"}),
    );
    assert_eq!(hits(&["nothing-of-the-kind"]), Vec::<Value>::new());
}

#[test]
fn the_policy_is_explained_in_both_languages() {
    let house = House::at("2026-10-08T10:10:00").build();
    let zh = house.cli(["--lang", "zh", "policy", "explain"]).ends(0).out;
    let en = house.cli(["--lang", "en", "policy", "explain"]).ends(0).out;
    assert!(zh.contains("当日下班前") && zh.contains("批评教育"), "{zh}");
    assert!(en.contains("registration: end of day") && en.contains("R4.4.1"), "{en}");
    for raw in ["caller_name", "caller_told", "told_once", "buck_passing", "扣"] {
        assert!(!zh.contains(raw) && !en.contains(raw), "{raw}: {zh} {en}");
    }
    assert!(
        zh.contains("来电人姓名、事项") && zh.contains("推诿：R4.4.4，考核权重"),
        "{zh}"
    );
    assert!(
        en.contains("Passing the buck: R4.4.4, weight") && en.contains("in the appraisal"),
        "{en}"
    );
}

#[test]
fn lists_are_cut_by_their_filters() {
    let house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    for (id, ext, caller) in [
        (1, "8021", "13812345601"),
        (2, "8022", "13812345602"),
        (3, "8021", "13812345603"),
    ] {
        pbx.send(
            IpoLine::incoming(ext, caller)
                .start(house.stamp(-60))
                .ring(5)
                .talk(30)
                .id(id),
        );
    }
    pbx.send(
        IpoLine::incoming("8022", "13812345604")
            .start(house.stamp(-50))
            .ring(9)
            .unanswered()
            .id(4),
    );
    house.wait_for_lines(4);
    let callers = |args: &[&str]| -> Vec<String> {
        let mut all = vec!["call", "list", "--json"];
        all.extend(args);
        let out = house.cli_words(&all).ends(0).out;
        objects(&out)
            .iter()
            .map(|call| call["calling_number"].as_str().unwrap().to_owned())
            .collect()
    };
    let (a, b, c, d) = ("13812345601", "13812345602", "13812345603", "13812345604");
    assert_eq!(callers(&[]), [a, b, c, d]);
    assert_eq!(callers(&["--person", "wang"]), [a, c]);
    assert_eq!(callers(&["--extension", "8022"]), [b, d], "also where it only rang");
    assert_eq!(callers(&["--disposition", "no_answer"]), [d]);
    assert_eq!(callers(&["--number", "45602"]), [b]);
    assert_eq!(callers(&["--limit", "2"]), [c, d], "the newest");
    assert_eq!(callers(&["--department", "permits"]), [a, b, c]);
    assert_eq!(callers(&["--from", "2026-10-09"]), Vec::<String>::new());
    house.cli(["call", "list", "--disposition", "lost"]).ends(2);
    let handled = house.cli(["case", "list", "--handler", "liu", "--json"]).ends(0).out;
    check(&objects(&handled)[0], &json!({"handler": "liu", "state": "open"}));
    house.cli(["case", "list", "--state", "opened"]).ends(2);
    house.cli(["case", "show", "99"]).ends(1);
}

#[test]
fn dropping_somebody_with_open_cases_is_refused_by_check() {
    let house = House::at("2026-10-08T10:10:00").open();
    house.pbx().connect().send(
        IpoLine::incoming("8021", "13812345601")
            .start(house.stamp(-60))
            .ring(5)
            .talk(30)
            .id(1),
    );
    house.wait_for_lines(1);
    let directory = std::fs::read_to_string(house.path("directory.toml")).unwrap();
    let without: String = directory
        .lines()
        .filter(|line| !line.contains("id=\"wang\""))
        .map(|line| format!("{line}\n"))
        .collect();
    house.write("directory.toml", &without.replace("\"wang\"", "\"liu\""));
    let said = house.cli(["check"]).ends(2);
    assert!(
        said.err.contains("wang") && said.err.contains("move-all"),
        "{}",
        said.err
    );
}

#[test]
fn a_deadline_that_a_promise_replaced_does_not_look_open() {
    let house = House::at("2026-10-08T10:10:00").open();
    house.pbx().connect().send(
        IpoLine::incoming("8021", "13812345601")
            .start(house.stamp(-60))
            .ring(5)
            .talk(30)
            .id(1),
    );
    house.wait_until("the case", |h| h.cases().iter().any(|case| case["settled"] == true));
    let promise = ["case", "promise", "1", "--until", "2026-10-12", "--text", "周一前答复"];
    house.cli(promise).ends(0);
    let shown = house.cli(["--lang", "en", "case", "show", "1"]).ends(0).out;
    let closes: Vec<bool> = shown
        .lines()
        .filter(|line| line.trim_start().starts_with("closing "))
        .map(|line| line.contains("no longer"))
        .collect();
    assert_eq!(closes, [true, false], "{shown}");
}

#[test]
fn a_duplicate_names_a_case_that_there_is() {
    let house = House::at("2026-10-08T10:10:00").open();
    house.pbx().connect().send(
        IpoLine::incoming("8021", "13812345601")
            .start(house.stamp(-60))
            .ring(5)
            .talk(30)
            .id(1),
    );
    house.wait_for_lines(1);
    let said = house.cli([
        "case",
        "close",
        "1",
        "--outcome",
        "duplicate",
        "--of",
        "999",
        "--text",
        "same as before",
    ]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.err.contains("999"), "{}", said.err);
    check(&house.case(1), &json!({"state": "open"}));
}

/// Heading and rows of a comma-separated list.
fn sheet(house: &House, words: &[&str]) -> Vec<Vec<String>> {
    let out = house.cli_words(words).ends(0).out;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_bytes());
    reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn lists_are_sheets_in_the_order_of_the_reference_even_without_rows() {
    let house = House::at("2026-10-08T10:10:00").open();
    let calls = ["call", "list", "--format", "csv"];
    let cases = ["case", "list", "--format", "csv"];
    let head = "id feed start answered_at ended_at direction calling_number calling_name called_number trunk \
        disposition answered_by answered_by_person certainty settled ring_seconds talk_seconds legs case";
    let (no_calls, no_cases) = (sheet(&house, &calls), sheet(&house, &cases));
    assert_eq!(no_calls.concat().join(" "), head);
    assert_eq!(no_cases[0][..4], ["id", "version", "kind", "state"]);

    house.pbx().connect().send(
        IpoLine::incoming("8021", "13812345678")
            .start(house.stamp(-10))
            .ring(10)
            .talk(5),
    );
    house.wait_for_lines(1);
    let one = sheet(&house, &["call", "show", "1", "--format", "csv"]);
    assert_eq!((one.len(), one[1][6].as_str()), (2, "13812345678"));
    assert_eq!(sheet(&house, &calls), one);
    let listed = sheet(&house, &cases);
    assert_eq!(listed.len(), 2);
    let shown = |column: &str| {
        let at = listed[0].iter().position(|name| name == column).unwrap();
        listed[1][at].clone()
    };
    assert_eq!(
        (shown("caller_number"), shown("handler")),
        ("138****5678".into(), "wang".into())
    );
    // JSON has the same fields in the same order, and `--format json` is `--json`.
    let json = house.cli(["case", "list", "--format", "json"]).ends(0).out;
    assert_eq!(json, house.cli(["case", "list", "--json"]).ends(0).out);
    let row: serde_json::Map<String, Value> = serde_json::from_str(json.trim()).unwrap();
    assert!(row.keys().eq(&listed[0]), "{json}");
}

#[test]
fn tables_speak_the_language_asked_for() {
    let (house, id, _) = crate::scenarios_case::reminded();
    let id = id.to_string();
    for words in [
        &["case", "list"][..],
        &["case", "show", &id],
        &["call", "list"],
        &["call", "show", "1"],
        &["violation", "list"],
        &["outbox", "list"],
        &["who", "营业执照"],
        &["calendar", "show", "--year", "2026"],
    ] {
        let words = [&["--lang", "zh"], words].concat();
        let said = house.cli_words(&words).ends(0).out;
        let heading = said.lines().find(|line| line.contains("  ")).unwrap();
        assert!(
            !heading.chars().any(|c| c.is_ascii_alphabetic()),
            "{words:?} speaks English: {heading}"
        );
    }
}

#[test]
fn a_case_is_shown_in_words_and_the_other_phone_as_asked() {
    let (house, id, _) = crate::scenarios_case::reminded();
    let id = id.to_string();
    house.cli(["case", "register", &id, "--phone", "13912340099"]).ends(0);
    house.cli(["case", "hot", &id, "--text", "急"]).ends(0);
    house.wait_until("the supervisor's notice", |h| {
        let row = h.cli(["case", "show", &id, "--json"]).rows().pop().unwrap();
        row["notices"]
            .as_array()
            .unwrap()
            .iter()
            .any(|notice| notice["kind"] == "hot")
    });
    for (lang, hot) in [("zh", "热点"), ("en", "marked as hot")] {
        let shown = house.cli(["--lang", lang, "case", "show", &id]).ends(0).out;
        assert!(shown.lines().any(|line| line.trim_start().starts_with(hot)), "{shown}");
        assert!(
            shown.contains("139****0099") && !shown.contains("13912340099"),
            "{shown}"
        );
        let revealed = house.cli(["--lang", lang, "case", "show", &id, "--reveal"]).ends(0).out;
        assert!(revealed.contains("13912340099"), "{revealed}");
    }
    let zh = house.cli(["--lang", "zh", "violation", "list"]).ends(0).out;
    assert!(
        zh.contains("王芳") && !zh.contains("wang") && zh.contains("处理"),
        "{zh}"
    );
}

#[test]
fn why_tells_who_corrected_and_what_stood_before() {
    let house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    // Nobody holds 8099.
    pbx.send(
        IpoLine::incoming("8099", "13812345601")
            .start(house.stamp(-60))
            .ring(5)
            .talk(30)
            .id(1),
    );
    house.wait_until("the case", |h| h.cases().iter().any(|case| case["settled"] == true));
    let why = |house: &House| house.cli(["--lang", "en", "case", "why", "1"]).ends(0).out;
    let before = why(&house);
    assert!(before.contains("first answerer: nobody ("), "{before}");
    let correct = ["case", "correct", "1", "--to", "wang", "--reason", "8099 is hers"];
    house.cli(correct).ends(0);
    let said = why(&house);
    assert!(said.contains("first answerer: Wang Fang (certain)\n"), "{said}");
    assert!(
        said.contains("corrected by admin, Thu 8 Oct") && said.contains("before: nobody: 8099 is hers"),
        "{said}"
    );
    assert!(
        said.contains("before that, by the directory entry: 8099 is not in the directory"),
        "{said}"
    );
    house.cli(["move-all", "--from", "wang", "--to", "wang"]).ends(2);
    let nobody = house.cli(["--as", "nobody", "case", "list"]).ends(1);
    assert!(nobody.err.contains("the directory knows nobody"), "{}", nobody.err);
}
