//! What an attacker tries: forged lines, markup and escapes in names, forged links, machines that follow links.

use std::io::Read;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Value, json};

use crate::house::{House, PATIENCE, check};
use crate::http;
use crate::pbx::IpoLine;
use crate::scenarios_case::{CLOSING, reminded};

const SCRIPT: &str = "<script>alert(1)</script>";

#[test]
fn forged_source_a_foreign_address_is_refused_and_logged_once() {
    let house = House::at("2026-10-08T10:10:00").allow(r#"["127.0.0.1/32"]"#).open();
    for _ in 0..5 {
        let mut foreign = house.pbx().connect_from(Ipv4Addr::new(127, 0, 0, 2));
        let _ = foreign.try_bytes(b"2026/10/08 10:00:00,00:03:00,5,13812345678,I,8021,8021\r\n");
        foreign.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let end = foreign.stream.read(&mut [0; 16]);
        assert!(!matches!(end, Ok(1..)), "nothing is said to a stranger");
    }
    house.pbx().connect().send(
        IpoLine::incoming("8021", "13812345678")
            .start("2026/10/08 10:00:00")
            .id(1),
    );
    house.wait_for_lines(1);
    assert_eq!(house.journal().len(), 1, "nothing of the stranger's is kept");
    let log = house.log();
    assert_eq!(
        log.lines().filter(|l| l.contains("127.0.0.2")).count(),
        1,
        "{}",
        house.tail()
    );
}

#[test]
fn slowloris_half_a_request_and_idle_feeds_keep_nobody_out() {
    let house = House::at("2026-10-08T10:10:00").open();
    let mut idle = Vec::new();
    for _ in 0..200 {
        let page = std::net::TcpStream::connect(("127.0.0.1", house.web_port)).unwrap();
        idle.push(page);
    }
    let mut slow = std::net::TcpStream::connect(("127.0.0.1", house.web_port)).unwrap();
    std::io::Write::write_all(&mut slow, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    assert_eq!(house.get("/healthz").status, 200);
    house
        .pbx()
        .connect()
        .send(IpoLine::incoming("8021", "13812345678").start("2026/10/08 10:00:00"));
    house.wait_for_lines(1);
    slow.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut rest = Vec::new();
    let ended = slow.read_to_end(&mut rest);
    assert!(ended.is_ok(), "half a request is cut off, not held: {ended:?}");
}

#[test]
fn stored_xss_names_with_markup_are_text_in_mail_and_page() {
    let house = House::at("2026-10-08T10:00:00").quick_reminders().open();
    house.pbx().connect().send(
        IpoLine::incoming("8021", SCRIPT)
            .start(house.stamp(-10))
            .ring(10)
            .talk(5)
            .name(SCRIPT),
    );
    house.wait_for_lines(1);
    let id = house.case(1)["id"].to_string();
    house
        .cli(["case", "note", &id, "--text", &format!("\"'>{SCRIPT}")])
        .ends(0);
    house
        .cli(["case", "register", &id, "--caller-name", SCRIPT, "--phone", SCRIPT])
        .ends(0);
    let mail = house.wait_for_mail("wang@x.cn");
    assert!(!mail.html.contains("<script"), "{}", mail.html);
    let page = house.open(&mail.link());
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<script"), "{}", page.body);
    assert!(
        page.body.contains("&lt;script") || page.body.contains("&#60;script"),
        "it is shown as text"
    );
    let policy = page
        .header("Content-Security-Policy")
        .expect("a content security policy");
    assert!(
        !policy.contains("unsafe-inline") || !policy.contains("script-src"),
        "{policy}"
    );
    assert_eq!(page.header("X-Content-Type-Options"), Some("nosniff"));
    assert_eq!(
        page.header("Referrer-Policy"),
        Some("no-referrer"),
        "the token stays here"
    );
}

#[test]
fn header_injection_line_ends_in_a_name_make_no_header() {
    let house = House::at("2026-10-08T10:00:00").quick_reminders().open();
    house.pbx().connect().send(
        IpoLine::incoming("8021", "13812345678")
            .start(house.stamp(-10))
            .ring(10)
            .talk(5),
    );
    house.wait_for_lines(1);
    let id = house.case(1)["id"].to_string();
    // A name alone does not register the case, so the reminder still goes out, with the name in it.
    house.cli([
        "case",
        "register",
        &id,
        "--caller-name",
        "x\r\nBcc: evil@x.cn\r\n\r\nboo",
    ]);
    let mail = house.wait_for_mail("wang@x.cn");
    assert!(
        !mail.headers.iter().any(|h| h.eq_ignore_ascii_case("bcc")),
        "{:?}",
        mail.headers
    );
    for name in ["To", "From", "Subject", "Message-ID", "Date", "Auto-Submitted"] {
        let count = mail.headers.iter().filter(|h| h.eq_ignore_ascii_case(name)).count();
        assert_eq!(count, 1, "{name} once in {:?}", mail.headers);
    }
    assert_eq!(mail.subject.find(|c: char| c.is_control()), None, "{:?}", mail.subject);
}

#[test]
fn sql_quotes_in_each_field_are_text() {
    let house = House::at("2026-10-08T10:10:00").open();
    let mut pbx = house.pbx().connect();
    for field in 1..=30 {
        let line = IpoLine::incoming("8021", "13812345678")
            .start("2026/10/08 10:00:00")
            .id(field)
            .field(field as usize, "x'); DROP TABLE journal; --");
        pbx.send(line);
    }
    pbx.send(
        IpoLine::incoming("8022", "13912345678")
            .start("2026/10/08 10:01:00")
            .id(99),
    );
    house.wait_for_lines(31);
    assert_eq!(house.journal().len(), 31);
    let call = house.calls().pop().unwrap();
    check(&call, &json!({"calling_number": "13912345678", "answered_by": "8022"}));
    let filtered = house.cli(["case", "list", "--json", "--handler", "x' OR '1'='1"]);
    assert_eq!(filtered.out, "", "a quote in a filter finds nothing");
}

#[test]
fn terminal_escapes_never_reach_terminal_or_log() {
    let house = House::at("2026-10-08T10:10:00").open();
    let evil = "\x1b]0;owned\x07\x1b[31m\u{9b}2J";
    house.pbx().connect().send(
        IpoLine::incoming("8021", &format!("138{evil}"))
            .start("2026/10/08 10:00:00")
            .name(evil)
            .field(8, evil),
    );
    house.pbx().connect().send(format!("rubbish {evil}"));
    house.wait_for_lines(2);
    let mut shown = vec![house.log()];
    for words in [
        ["call", "list"],
        ["case", "list"],
        ["journal", "list"],
        ["feed", "status"],
    ] {
        shown.push(house.cli(words).out);
    }
    for case in house.cases() {
        let id = case["id"].to_string();
        shown.push(house.cli(["case", "show", &id]).ends(0).out);
        shown.push(house.cli(["case", "why", &id]).ends(0).out);
    }
    for text in shown {
        assert_eq!(
            text.find(['\x1b', '\x07', '\u{9b}']),
            None,
            "escape sequences reach the reader:\n{text:?}"
        );
    }
}

#[test]
fn link_forgery_no_changed_token_is_taken() {
    let (house, _, mail) = reminded();
    let path = house.path_of(&mail.link());
    let (base, token) = path.rsplit_once('/').unwrap();
    for at in 0..token.len() {
        let mut forged = token.as_bytes().to_vec();
        // The nearest other letter: differs in few bits, also in those at the end that carry nothing.
        forged[at] = match forged[at] {
            b'A' => b'B',
            b'z' => b'y',
            b'Z' => b'Y',
            b'9' => b'8',
            b'-' | b'_' | b'.' => b'A',
            other => other + 1,
        };
        let forged = String::from_utf8(forged).unwrap();
        let answer = house.get(&format!("{base}/{forged}"));
        assert_eq!(answer.status, 404, "letter {at} of the token changed and it was taken");
    }
    for mangled in ["", "x", &token[1..], &format!("{token}{token}"), "%00", "..%2f.."] {
        assert_eq!(house.get(&format!("{base}/{mangled}")).status, 404, "{mangled}");
    }
    let forged = format!("{base}/{}A", &token[..token.len() - 2]);
    let posted = http::request(house.web_port, "POST", &forged, Some(&http::form(&CLOSING)));
    assert_eq!(posted.status, 404);
    check(&house.case(1), &json!({"state": "open"}));
}

#[test]
fn f56_a_machine_that_opens_each_link_changes_nothing() {
    let (house, id, mail) = reminded();
    let strip = |mut shown: Value| {
        shown["notices"].take();
        shown["reminders"].take();
        shown
    };
    let before = strip(house.case_shown(id));
    let path = house.path_of(&mail.link());
    for n in 0..100 {
        let method = if n % 2 == 0 { "GET" } else { "HEAD" };
        for path in [&path, &format!("{path}?do=close&outcome=handled&text=x&duty=own")] {
            assert_eq!(http::request(house.web_port, method, path, None).status, 200);
        }
    }
    let mut after = strip(house.case_shown(id));
    // Working time runs on while machines read.
    for (was, is) in [(&before, &mut after)] {
        for n in 0..was["custody"].as_array().map_or(0, Vec::len) {
            is["custody"][n]["used_seconds"] = was["custody"][n]["used_seconds"].clone();
        }
        is["overdue"] = was["overdue"].clone();
    }
    assert_eq!(after, before, "state, version and events are as they were");
}

#[test]
fn a_link_is_one_persons_after_the_case_moved_it_only_shows() {
    let house = House::at("2026-10-08T10:00:00").quick_reminders().open();
    let start = house.stamp(-10);
    let segment = |ext| IpoLine::incoming(ext, "13812345678").start(&start).ring(10).talk(30);
    let mut pbx = house.pbx().connect();
    // More lines are announced, but the caller stays on the phone: the call settles by silence.
    pbx.send(segment("8021").more());
    let mail = house.wait_for_mail("wang@x.cn");
    pbx.send(segment("8022").called("8021").ring(3));
    house.wait_until("the switch moved the case to Liu", |h| h.case(1)["handler"] == "liu");

    let page = house.open(&mail.link());
    assert_eq!(page.status, 200);
    let version = house.case(1)["version"].to_string();
    let mut fields = CLOSING.to_vec();
    fields.push(("version", &version));
    let refused = house.post(&mail.link(), &fields);
    assert_eq!(refused.status, 409);
    for body in [&page.body, &refused.body] {
        assert!(
            body.contains("刘洋") || body.contains("Liu Yang"),
            "the page says who has it:\n{body}"
        );
        assert!(!body.contains("13812345678"), "masked");
    }
    check(
        &house.case(1),
        &json!({"state": "open", "handler": "liu", "first_answerer": "wang"}),
    );
}
