//! What is right is read as it was meant; what is shipped is right.

use std::path::Path;
use std::time::Duration;

use jiff::civil::{date, time};

use super::*;
use crate::calendar::Span;
use crate::case::policy::{Duty, Quiet, Superior};
use crate::config::{MailTransport, PolicyFrom, SecretFrom, Tls, Transport, load, policy_from_text, shipped};
use crate::directory::{HoldingKey, HoldingWhat, RosterDays};
use crate::smdr::OptionValue;

fn shipped_file(name: &str) -> Loaded {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name);
    load(&path).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn the_quick_start_is_right() {
    let loaded = shipped_file("quickstart.toml");
    assert_eq!(loaded.config.mail.transport, MailTransport::Maildir("var/mail".into()));
    assert_eq!(loaded.config.mail.digest_window, Duration::from_secs(5));
    assert_eq!(loaded.config.web.public_url, "http://127.0.0.1:8080");
    assert_eq!(loaded.config.store, Path::new("var/firstanswer.db"));
    assert_eq!(loaded.policy.quiet, Quiet::None);
    assert_eq!(loaded.policy.clock.register, Some(Span::Elapsed(60)));
    assert_eq!(loaded.policy.clock.floor, Span::Elapsed(0));
    assert_eq!(
        loaded.policy.categories[&"service".parse().unwrap()].close,
        Span::Elapsed(60)
    );
    // What the override does not name stays as the bureau has it.
    assert_eq!(
        loaded.policy.categories[&"inquiry".parse().unwrap()].close,
        Span::BusinessDays(1)
    );
    assert_eq!(
        loaded.calendar.hours.days[6],
        vec![(time(0, 0, 0, 0), time(0, 0, 0, 0))]
    );
    assert_eq!(loaded.directory.people[0].name, "王芳");
}

#[test]
fn a_connection_may_be_silent_over_the_longest_holidays() {
    let loaded = read_two(SITE, PEOPLE).unwrap();
    assert_eq!(loaded.config.feeds[0].idle_limit, None);
}

#[test]
fn the_annotated_file_is_right() {
    let loaded = shipped_file("firstanswer.toml");
    assert_eq!(loaded.calendar.id, "cn");
    assert_eq!(loaded.calendar.known_until, Some(date(2026, 12, 31)));
    assert_eq!(loaded.calendar.work.len(), 6);
    let days: i32 = loaded
        .calendar
        .off
        .iter()
        .map(|off| (off.to - off.from).get_days() + 1)
        .sum();
    // 3 + 9 + 3 + 5 + 3 + 3 + 7 days off in the notice for 2026.
    assert_eq!(days, 33);
    assert_eq!(loaded.sources.len(), 4);
}

#[test]
fn each_shipped_policy_is_right_and_names_its_articles() {
    let articles = [
        ("bureau", "R4."),
        ("bureau-calls", "R5."),
        ("community", "R3."),
        ("government", "R2."),
        ("mall", "R1."),
    ];
    for ((name, text), (expected, article)) in shipped::POLICIES.iter().zip(articles) {
        assert_eq!(*name, expected);
        let policy = policy_from_text(name, text).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(policy.id, *name);
        assert!(policy.name.zh.is_some() && policy.name.en.is_some());
        assert!(!policy.violations.is_empty());
        assert!(
            policy.violations.values().all(|(named, _)| named.starts_with(article)),
            "{name}"
        );
        assert_eq!(policy.duties.len(), 5);
        assert_eq!(policy.categories.len(), 4);
        assert_eq!(
            policy.opens.internal,
            *name == "government",
            "only R2.3 asks for internal calls"
        );
        assert!(text.contains("are ours, for the site to change"));
    }
}

#[test]
fn the_sample_feed_has_thirty_fields_a_line_and_crlf() {
    let text = include_str!("../../../config/sample-feed.txt");
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 28);
    for line in lines {
        assert!(!line.contains('\n') && line.starts_with("2026/09/15 09:"), "{line}");
        assert_eq!(line.split(',').count(), 30, "{line}");
    }
}

#[test]
fn the_bureau_of_the_contract_is_read_word_for_word() {
    let policy = policy_from_text("bureau", shipped::POLICIES[0].1).unwrap();
    assert_eq!(policy.effective, date(2026, 1, 1));
    assert_eq!(policy.sanctions.len(), 6);
    let at: Vec<Span> = policy.ladder.iter().map(|rung| rung.at).collect();
    let days = Span::BusinessDays;
    assert_eq!(at, [days(-1), Span::Elapsed(0), days(1), days(3), days(5)]);
    assert_eq!(policy.ladder[4].every, Some(days(5)));
    assert_eq!(policy.clock.register, Some(Span::EndOfDay));
    assert_eq!(policy.clock.accept, Some(Span::Business(4 * 3600)));
    assert_eq!(
        policy.duties[&Duty::Outside].needs,
        [vec!["matter"], vec!["right_body", "tried"]]
    );
    assert_eq!(policy.duties[&Duty::Unclear].to, Some(Superior::Supervisor));
    assert_eq!(policy.violations["late_close"], ("R4.4.2".to_owned(), 3));
    let code = &policy.account_codes["11"];
    assert_eq!(
        (code.category.as_ref().unwrap().as_str(), code.outcome.as_deref()),
        ("inquiry", Some("handled"))
    );
    let complaint = &policy.categories[&"complaint".parse().unwrap()];
    assert!(complaint.confidential && !complaint.default);
    assert_eq!(complaint.needs, [vec!["matter"], vec!["caller_name", "anonymous"]]);
}

#[test]
fn both_ways_to_write_a_list_of_tables_give_the_same() {
    let inline = read_two(SITE, PEOPLE).unwrap();
    let people = r#"fallback = "li"
[[department]]
id = "permits"
name = "审批科"
head = "li"
[[person]]
id = "wang"
name = "王芳"
mail = "wang@x.cn"
department = "permits"
[[person]]
id = "li"
name = "李强"
mail = "li@x.cn"
department = "permits"
[[holding]]
ext = "8021"
person = "wang"
"#;
    let tables = read_two(SITE, people).unwrap();
    assert_eq!(inline.directory.people, tables.directory.people);
    assert_eq!(inline.directory.departments, tables.directory.departments);
    assert_eq!(inline.directory.holdings[0].key, tables.directory.holdings[0].key);
    assert_eq!(tables.directory.holdings[0].place, "people.toml:16");
}

#[test]
fn the_directory_of_the_contract_is_read() {
    let people = r#"fallback = "li"
department = [
 {id="bureau", name="局机关", name_en="Bureau", head="zhao", complaints=true},
 {id="permits", name="审批科", name_en="Permits", parent="bureau", head="li", phone="8020"} ]
person = [
 {id="wang", name="王芳", name_en="Wang Fang", mail="wang@x.cn", language="zh", department="permits", deputies=["liu"], rank=3, login="wangf", hours="mon-fri 09:00-12:00 13:30-17:30", away=[{from=2026-10-08, to=2026-10-12}]},
 {id="liu", name="刘洋", mail="liu@x.cn", department="permits"},
 {id="li", name="李强", mail="li@x.cn", department="permits", roles=["supervisor"]},
 {id="zhao", name="赵敏", mail="zhao@x.cn", department="bureau", roles=["manager"]} ]
holding = [
 {ext="8021", person="wang", from=2024-03-01, to=2026-07-01},
 {ext="8021", person="liu", from=2026-07-01},
 {ext="8000", desk="front"},
 {ext="8500", machine="queue", lead="li"},
 {ext="8600", group=["8021", "8022"], lead="li"},
 {agent="4711", person="wang"},
 {number="13800138000", person="liu"} ]
desk = [ {id="front", department="permits", roster=[
 {days="mon-fri", at="08:30-12:00", person="wang"},
 {date=2026-10-10, at="08:30-17:30", person="liu"} ]} ]
duty = [
 {words=["营业执照","business licence"], department="permits", handler="wang", phone="8021"},
 {words=["户口"], outside="公安局", phone="02112345678"} ]
known = [ {number="02155501234", name="保洁", opens=false} ]
"#;
    let directory = read_two(SITE, people)
        .unwrap_or_else(|problems| panic!("{problems}"))
        .directory;
    let wang = &directory.people[0];
    assert_eq!(wang.rank, 3);
    assert_eq!(wang.away[0].to, date(2026, 10, 12));
    let hours = wang.hours.as_ref().unwrap();
    assert_eq!(
        hours.days[0],
        [
            (time(9, 0, 0, 0), time(12, 0, 0, 0)),
            (time(13, 30, 0, 0), time(17, 30, 0, 0))
        ]
    );
    assert!(hours.days[5].is_empty());
    assert_eq!(directory.holdings.len(), 7);
    assert_eq!(directory.holdings[5].key, HoldingKey::Agent("4711".to_owned()));
    assert!(matches!(&directory.holdings[4].what, HoldingWhat::Group { members, lead: Some(_) } if members.len() == 2));
    assert_eq!(directory.desks[0].roster[1].on, RosterDays::Date(date(2026, 10, 10)));
    assert!(!directory.known[0].opens);
}

#[test]
fn a_sender_may_have_a_name() {
    use crate::config::values::sender;
    for (given, read) in [
        ("fa@x.cn", Some("fa@x.cn")),
        ("首问 <fa@x.cn>", Some("首问 <fa@x.cn>")),
        ("Front desk  <desk@y.cn>", Some("Front desk <desk@y.cn>")),
        ("<fa@x.cn>", None),
        ("a <fa>", None),
        ("a\r\nBcc: b <fa@x.cn>", None),
        ("a <b@x.cn>, c <d@x.cn>", None),
    ] {
        assert_eq!(sender(given).ok().as_deref(), read, "{given:?}");
    }
}

#[test]
fn every_transport_is_read() {
    let feeds = r#"directory = {path="people.toml"}
calendar = {path="cal/office.toml"}
mail = {transport="smtp+starttls://mail.example.org", from="fa@example.org", user="fa", password_file="/etc/fa/pw", ca_file="/etc/fa/ca.pem"}
policy = {use="mall", override={category.service.close="3 business days"}}
[[feed]]
name = "listen"
was = ["old"]
dialect = "avaya-ip-office"
options = {encoding="gb18030"}
time_zone = "Asia/Shanghai"
silence = "2 business hours"
pair = "connect"
tcp_listen = "0.0.0.0:2300"
allow = ["192.168.1.9/24", "10.0.0.7"]
[[feed]]
name = "connect"
drift = "10m"
tcp_connect = "pbx.example.org:2300"
login = {user="SMDR", password_file="/etc/fa/smdr"}
[[feed]]
name = "serial"
serial = "/dev/serial/by-id/x"
data_bits = 7
parity = "even"
flow_control = "rtscts"
[[feed]]
name = "file"
file = "/var/log/cdr.csv"
from = "start"
"#;
    let office =
        "id=\"office\"\nhours={mon-thu=\"09:00-12:00 13:00-17:00\", fri=\"09:00-12:00\", sun=\"20:00-24:00\"}\n";
    let files = [
        ("etc/site.toml", feeds),
        ("etc/people.toml", PEOPLE),
        ("etc/cal/office.toml", office),
    ];
    let files = files.map(|(path, text)| (path, text.as_bytes()));
    let loaded = read(&files).unwrap_or_else(|problems| panic!("{problems}"));
    let MailTransport::Smtp(smtp) = &loaded.config.mail.transport else {
        panic!("no mail server")
    };
    assert_eq!(
        (smtp.host.as_str(), smtp.port, smtp.tls),
        ("mail.example.org", 587, Tls::StartTls)
    );
    assert_eq!(
        smtp.login.as_ref().unwrap().password,
        SecretFrom::File("/etc/fa/pw".into())
    );
    assert_eq!(loaded.config.policy, PolicyFrom::Shipped("mall".to_owned()));
    let listen = &loaded.config.feeds[0];
    assert_eq!(listen.options["encoding"], OptionValue::Text("gb18030".to_owned()));
    assert_eq!(listen.silence, Some(Span::Business(7200)));
    assert_eq!(listen.drift, Duration::from_secs(120), "unless it says otherwise");
    assert_eq!(loaded.config.feeds[1].drift, Duration::from_secs(600));
    let Transport::TcpListen { allow, .. } = &listen.transport else {
        panic!("does not listen")
    };
    assert_eq!(
        allow.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["192.168.1.0/24", "10.0.0.7/32"]
    );
    let keys: Vec<&str> = loaded.config.feeds.iter().map(|feed| feed.transport.key()).collect();
    assert_eq!(keys, ["tcp_listen", "tcp_connect", "serial", "file"]);
    assert_eq!(loaded.calendar.hours.days[6], [(time(20, 0, 0, 0), time(0, 0, 0, 0))]);
    assert_eq!(loaded.calendar.hours.days[4].len(), 1);
}

#[test]
fn a_version_is_the_hash_of_the_text_and_an_override_makes_another() {
    let plain = read_two(SITE, PEOPLE).unwrap().policy;
    // The test vector of FIPS 180-2 for "abc".
    assert_eq!(crate::config::policy::version("abc"), "ba7816bf8f01");
    assert_eq!(plain.text, shipped::POLICIES[0].1);
    assert_eq!(plain.version, crate::config::policy::version(&plain.text));
    let site = SITE.replace(
        "use=\"bureau\"",
        "use=\"bureau\", override={mail.quiet=\"20:00-08:00\"}",
    );
    let changed = read_two(&site, PEOPLE).unwrap().policy;
    assert_ne!(changed.version, plain.version);
    assert_eq!(changed.quiet, Quiet::Between(time(20, 0, 0, 0), time(8, 0, 0, 0)));
    // The register keeps the text: it must give the same policy again.
    assert_eq!(policy_from_text("kept", &changed.text).unwrap(), changed);
    assert_eq!(policy_from_text("kept", &plain.text).unwrap(), plain);
}

#[test]
fn f60_a_day_without_calls_is_written_to_an_administrator_who_is_named() {
    let dead_man = |mail: &str| {
        let site = SITE.replace("from=\"fa@localhost\"", &format!("from=\"fa@localhost\"{mail}"));
        read_two(&site, PEOPLE).unwrap().config.mail.dead_man
    };
    let day = Some(crate::calendar::Span::BusinessDays(1));
    assert_eq!(dead_man(""), None, "no clerk gets it unasked");
    assert_eq!(dead_man(", admin=\"root@localhost\""), day);
    assert_eq!(dead_man(", dead_man=\"1 business day\""), day);
    assert_eq!(dead_man(", admin=\"root@localhost\", dead_man=\"none\""), None);
}

#[test]
fn a_desk_has_a_night_watch() {
    let desk =
        r#"desk = [ {id="gate", department="permits", roster=[ {days="fri", at="20:00-08:00", person="wang"} ]} ]"#;
    let loaded = read_two(SITE, &format!("{PEOPLE}{desk}\n")).unwrap();
    let on_duty = |at: jiff::civil::DateTime| loaded.directory.desks[0].on_duty(at).is_some();
    // Friday 9 October 2026, and the morning after.
    assert!(!on_duty(date(2026, 10, 9).at(7, 59, 0, 0)));
    assert!(on_duty(date(2026, 10, 9).at(20, 0, 0, 0)));
    assert!(on_duty(date(2026, 10, 10).at(7, 59, 59, 0)));
    assert!(!on_duty(date(2026, 10, 10).at(8, 0, 0, 0)));
}
