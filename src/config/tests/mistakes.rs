//! Mistakes, each with its place and its way out; all of them in one pass.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::config::{SecretFrom, missing_people};

#[test]
fn ten_mistakes_are_ten_problems_at_their_places() {
    let site = r#"site = {name="Demo", time_zone="Asia/Shangai", langauge="zh"}
directory = {path="people.toml"}
calendar = {hours="mon-fri 12:00-09:00"}
mail = {transport="smpt://mail.example.org", from="fa@localhost", digest_window=5}
policy = {use="bureau", override={clock.register="60 seconds", categroy.service.close="60s"}}
[[feed]]
name = "pbx"
tcp_listen = "127.0.0.1:2300"
serial = "/dev/ttyS0"
silence = = "2h"
"#;
    let people = PEOPLE.replace("fallback = \"li\"", "fallback = \"lee\"");
    let expected = [
        "etc/site.toml:1:32: site.time_zone: the time zone `Asia/Shangai` is not known; did you mean `Asia/Shanghai`?",
        "etc/site.toml:1:48: site.langauge: the key `langauge` is not known here; did you mean `language`?",
        "etc/site.toml:3:19: calendar.hours: `12:00-09:00` runs backwards; write the earlier time first; a night is two intervals: up to \"24:00\", then from \"00:00\"",
        "etc/site.toml:4:19: mail.transport: the mail transport `smpt` is not known; write \"maildir:var/mail\", \"smtp://HOST:PORT\", \"smtps://HOST:PORT\" or \"smtp+starttls://HOST:PORT\"",
        "etc/site.toml:4:81: mail.digest_window: a text is wanted, this is a number; write it in quotes: \"5\"",
        "etc/site.toml:5:50: clock.register: `60 seconds` is no duration; write \"60s\" for elapsed time, or \"60 business seconds\"",
        "etc/site.toml:5:64: categroy: the key `categroy` is not known here; did you mean `category`?",
        "etc/site.toml:9:1: feed[0].serial: the feed has `tcp_listen` and `serial`; keep one; two ways are two feeds",
        "etc/site.toml:10:11: feed[0].silence: the TOML does not parse: ",
        "etc/people.toml:1:12: fallback: there is no person `lee`; the nearest is `li`; known: li, wang",
    ];
    let found = places(read_two(site, &people));
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "\nfound    {found}\nexpected {expected}");
    }
}

#[test]
fn the_line_is_shown_with_carets_that_fit_wide_characters() {
    let site = SITE.to_owned() + "[web]\nlisten = \"一二:80\" # 网页\n";
    let problems = read_two(&site, PEOPLE).unwrap_err();
    let expected = "etc/site.toml:9:10: web.listen: `一二:80` is no address to listen on; write the address in numbers: \"127.0.0.1:80\"
  |
9 | listen = \"一二:80\" # 网页
  |          ^^^^^^^^^
1 problem in 1 file";
    assert_eq!(problems.to_string(), expected);
}

/// One mistake in the directory, at a line of [`PEOPLE`] with its last line replaced by `rows`.
#[track_caller]
fn directory_says(rows: &str, expected: &[&str]) {
    let people = PEOPLE.replace("holding = [ {ext=\"8021\", person=\"wang\"} ]\n", rows);
    let found = places(read_two(SITE, &people));
    let expected: Vec<String> = expected.iter().map(|text| format!("etc/people.toml:{text}")).collect();
    assert_eq!(found, expected);
}

#[test]
fn holdings_must_name_what_exists() {
    directory_says(
        r#"holding = [
 {ext="1", person="wong"},
 {ext="2", desk="front"},
 {ext="3", machine="queue", lead="lii"},
 {ext="4", person="li", feed="pbx2"},
 {ext=5, person="li"},
 {ext="6"},
 {ext="7", person="li", desk="front"},
 {ext="8", person="li", from=2026-05-01, to=2026-05-01},
 {ext="9", person="li", from="2026-05-01"} ]
"#,
        &[
            "7:19: holding[0].person: there is no person `wong`; did you mean `wang`?",
            "8:12: holding[1].desk: there is no desk `front`; take it out",
            "9:34: holding[2].lead: there is no person `lii`; did you mean `li`?",
            "10:25: holding[3].feed: there is no feed `pbx2`; did you mean `pbx`?",
            "11:7: holding[4].ext: a text is wanted, this is a number; write it in quotes: \"5\"",
            "12:2: holding[5]: who holds it is missing; add one of person, desk, machine, group",
            "13:25: holding[6].desk: `person` and `desk` are both given; keep one",
            "14:42: holding[7].to: nothing lies between 2026-05-01 and 2026-05-01; `to` is the first day that no longer counts: write a later one",
            "15:30: holding[8].from: a date is wanted, this is a text; write it without quotes: 2026-05-01",
        ],
    );
}

#[test]
fn holdings_of_one_number_must_not_meet() {
    directory_says(
        r#"holding = [
 {ext="1", person="li", from=2026-01-01, to=2026-07-01},
 {ext="1", person="wang", from=2026-06-30},
 {ext="2", person="li", to=2026-07-01},
 {ext="2", person="wang", from=2026-07-01},
 {ext="3", person="li"},
 {ext="3", person="wang", feed="pbx"},
 {ext="4", person="li"},
 {ext="4", person="wang", from=2026-07-01, to=2026-08-01},
 {agent="4", person="wang"} ]
"#,
        &[
            "8:27: holding[1].from: the extension 1 is held at the same time by the row at people.toml:7; end the earlier row (`to`) on the day the later one begins (`from`)",
            "14:27: holding[7].from: the extension 4 is held at the same time by the row at people.toml:13; end the earlier row (`to`) on the day the later one begins (`from`)",
        ],
    );
}

#[test]
fn people_and_departments_must_hang_together() {
    let people = r#"fallback = "b"
department = [
 {id="x", name="X", head="a", parent="y"},
 {id="y", name="Y", head="b", parent="x"},
 {id="z", name="Z", head="nobody", parent="w"} ]
person = [
 {id="a", name="A", department="x"},
 {id="b", name="B", department="y", supervisor="c", deputies=["b", "q"]},
 {id="c", name="C", department="y", mail="c@"},
 {id="c", name="C2", department="v", login="cc"},
 {id="d", name="D", department="y", login="cc", roles=["boss"], rank=1.5, away=[{from=2026-05-02, to=2026-05-01}]} ]
desk = [ {id="front", department="x", roster=[ {days="mon-fri", at="08:30-12:00", person="p"} ]} ]
duty = [ {words=[], handler="h"}, {words=["x"]} ]
"#;
    let expected = [
        "1:12: fallback: `b` has no mailbox, so what nobody can be found for would reach nobody; give that person a mail address, or name another",
        "3:31: department[0].parent: the departments are above each other: `x` → `y` → `x`; take one parent out",
        "5:26: department[2].head: there is no person `nobody`; the nearest is `b`; known: a, b, c, d",
        "5:43: department[2].parent: there is no department `w`; the nearest is `x`; known: x, y, z",
        "8:37: person[1].supervisor: they supervise each other: `b` → `c` → `b`; name another supervisor",
        "8:53: person[1].deputies: nobody is their own deputy; name another person",
        "8:68: person[1].deputies: there is no person `q`; the nearest is `a`; known: a, b, c, d",
        "9:42: person[2].mail: `c@` is no mail address; write name@host",
        "10:3: person[3].id: there are two people `c`; rename one of them",
        "10:33: person[3].department: there is no department `v`; the nearest is `x`; known: x, y, z",
        "11:37: person[4].login: `c` has the login `cc` already; a login names one person",
        "11:56: person[4].roles[0]: `boss` is not known here; the nearest is `admin`; known: supervisor, manager, admin",
        "11:70: person[4].rank: a whole number from -1000 to 1000 is wanted, this is a fraction; write it in digits, without quotes",
        "11:99: person[4].away[0].to: 2026-05-01 lies before 2026-05-02; both days are included: write the later one here",
        "12:90: desk[0].roster: there is no person `p`; the nearest is `a`; known: a, b, c, d",
        "13:11: duty[0].words: nobody can find it without words; write what callers say: [\"营业执照\"]",
        "13:29: duty[0].handler: there is no person `h`; the nearest is `a`; known: a, b, c, d",
        "13:35: duty[1]: it names nobody; add department, handler or outside",
    ];
    let found = places(read_two(SITE, people));
    assert_eq!(found, expected.map(|text| format!("etc/people.toml:{text}")));
}

#[test]
fn ports_of_feeds_and_pages_must_not_clash() {
    let site = SITE.to_owned()
        + r#"[[feed]]
name = "a"
tcp_listen = "127.0.0.1:2305"
[[feed]]
name = "b"
tcp_listen = "0.0.0.0:2305"
allow = ["192.168.1.20"]
[[feed]]
name = "c"
tcp_listen = "127.0.0.1:8080"
[[feed]]
name = "d"
tcp_listen = "127.0.0.2:2306"
[[feed]]
name = "e"
tcp_listen = "127.0.0.1:2306"
"#;
    let found = places(read_two(&site, PEOPLE));
    let said: Vec<&str> = found
        .iter()
        .filter_map(|line| line.split_once("feed["))
        .map(|(_, said)| said)
        .collect();
    assert_eq!(
        said,
        [
            "2].tcp_listen: the feed `a` listens on 127.0.0.1:2305 already; change one of them",
            "3].tcp_listen: the pages listen on 127.0.0.1:8080 already (`web.listen`); change one of them",
        ]
    );
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn feeds_must_not_clash() {
    let site = SITE.to_owned()
        + r#"[[feed]]
name = "pbx"
tcp_listen = "127.0.0.1:2300"
pair = "pbz"
[[feed]]
name = "none"
baud = 9600
[[feed]]
name = "open"
tcp_listen = "0.0.0.0:2301"
was = ["pbx"]
max_line = 4
"#;
    let expected = [
        "9:1: feed[1].name: there are two feeds `pbx`; rename one of them",
        "10:1: feed[1].tcp_listen: the feed `pbx` listens on 127.0.0.1:2300 already; change one of them",
        "11:1: feed[1].pair: there is no feed `pbz`; the nearest is `open`; known: none, open",
        "12:1: feed[2]: the feed has no transport; add tcp_listen, tcp_connect, serial or file",
        "14:1: feed[2].baud: `baud` belongs to `serial`; take it out, or add serial",
        "17:1: feed[3].tcp_listen: anybody could connect and forge calls; name the switch: allow = [\"192.168.1.20\"]",
        "18:1: feed[3].was: `pbx` is the name of a feed that still exists; name only feeds that are gone",
        "19:12: feed[3].max_line: 4 is out of bounds; write a number from 128 to 1048576",
    ];
    assert_eq!(
        places(read_two(&site, PEOPLE)),
        expected.map(|text| format!("etc/site.toml:{text}"))
    );
}

#[test]
fn a_mistake_hides_no_other() {
    let site = SITE.replace(
        "policy = {use=\"bureau\"}",
        r#"policy = {use="buraeu", override={mail.quiet="nnone", clock.registr="60s", category.own.needs=["mattr"]}}"#,
    ) + r#"dialect = "avya"
[[feed]]
name = "pbx"
tcp_listen = "127.0.0.1:2300"
dialect = "mitl"
[[feed]]
name = "serial"
serial = "/dev/ttyS0"
baud = "9600"
data_bits = "seven"
"#;
    let people = PEOPLE
        .replace("name=\"王芳\"", "name=\"王芳\", login=\"clerk\", rank=\"3\"")
        .replace(
            " {id=\"li\",",
            " {id=\"wang\", login=\"clerk\", department=\"permits\"},\n {id=\"li\",",
        );
    let expected = [
        "etc/site.toml:4:15: policy.use: there is no policy `buraeu`; did you mean `bureau`? Or name a file: \"policies/own.toml\"",
        "etc/site.toml:4:46: mail.quiet: ",
        "etc/site.toml:4:61: clock.registr: the key `registr` is not known here; did you mean `register`?",
        "etc/site.toml:4:96: category[own].needs[0]: ",
        "etc/site.toml:8:11: feed[0].dialect: the dialect `avya` is not known; ",
        "etc/site.toml:10:1: feed[1].name: there are two feeds `pbx`; rename one of them",
        "etc/site.toml:11:1: feed[1].tcp_listen: the feed `pbx` listens on 127.0.0.1:2300 already; change one of them",
        "etc/site.toml:12:11: feed[1].dialect: the dialect `mitl` is not known; ",
        "etc/site.toml:16:8: feed[2].baud: a whole number is wanted, this is a text; write it without quotes: 9600",
        "etc/site.toml:17:13: feed[2].data_bits: a whole number from 7 to 8 is wanted, this is a text; write it in digits, without quotes",
        "etc/people.toml:4:45: person[0].rank: a whole number is wanted, this is a text; write it without quotes: 3",
        "etc/people.toml:5:2: person[1]: `name` is missing; add name = \"王芳\"",
        "etc/people.toml:5:3: person[1].id: there are two people `wang`; rename one of them",
        "etc/people.toml:5:14: person[1].login: `wang` has the login `clerk` already; a login names one person",
    ];
    let found = places(read_two(&site, &people));
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "\nfound    {found}\nexpected {expected}");
    }
}

#[test]
fn an_override_of_a_policy_that_is_not_to_be_had_misses_nothing_of_it() {
    let over = r#"{category.own.needs=["matter"], account_code={"7"={category="own"}}, duty.own.needs="matter"}"#;
    let site = SITE.replace("\"bureau\"", &format!("\"own.toml\", override={over}"));
    let found = places(read_two(&site, PEOPLE));
    let expected = [
        "etc/site.toml:4:15: policy.use: etc/own.toml can't be read: ",
        "etc/site.toml:4:120: duty.own.needs: a list is wanted, this is a text; write it in square brackets: [ … ]",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "\nfound    {found}\nexpected {expected}");
    }
}

#[test]
fn a_policy_must_make_sense() {
    let policy = r#"id = "own"
ladder = [
 {rung=1, at="0s", to=["handler"]},
 {rung=1, at="1 business day", to=["handler"]},
 {rung=2, at="-1h", to=["boss"], every="0s"} ]
account_code = {"1"={category="servise"}}
extension = {approver="nobody"}
[duty]
own = {needs=["matter", "right_bdy|tried"]}
[category]
service = {close="5 business days", default=true}
inquiry = {close="-1 business day", default=true, to="nowhere"}
[violation]
late_clsoe = ["R1", 2]
late_relay = "R1"
rude = ["R1", 1000]
"#;
    let site = SITE.replace("use=\"bureau\"", "use=\"own.toml\"");
    let found = places(read(&[
        ("etc/site.toml", site.as_bytes()),
        ("etc/people.toml", PEOPLE.as_bytes()),
        ("etc/own.toml", policy.as_bytes()),
    ]));
    let expected = [
        "4:2: ladder[1]: rung 1 follows rung 1; number the rungs upwards, each once",
        "5:2: ladder[2]: rung 2 comes before rung 1; a higher rung comes later: put them in the order of `at`",
        "5:25: ladder[2].to[0]: `boss` is not known here; the nearest is `next`; known: handler, supervisor, next, manager, chain",
        "5:40: ladder[2].every: it would be repeated without end; write a length above zero: \"5 business days\"",
        "6:31: account_code[1].category: `servise` is not known here; did you mean `service`?",
        "7:23: extension.approver: `nobody` is not known here; the nearest is `manager`; known: supervisor, manager",
        "9:25: duty.own.needs[1]: the step `right_bdy` is not known; did you mean `right_body`?",
        "12:18: category[inquiry].close: `-1 business day` is negative; take the minus away",
        "12:54: category[inquiry].to: `nowhere` is not known here; the nearest is `manager`; known: complaints, supervisor, manager",
        "14:1: violation.late_clsoe: the key `late_clsoe` is not known here; did you mean `late_close`?",
        "15:14: violation.late_relay: an article and a weight are wanted; write [\"R4.4.1\", 2]",
        "16:8: violation.rude: the weight 1000 is out of bounds; write one from 0 to 100",
    ];
    assert_eq!(found, expected.map(|text| format!("etc/own.toml:{text}")));
}

#[test]
fn exactly_one_category_is_the_default() {
    let with = |over: &str| SITE.replace("use=\"bureau\"", &format!("use=\"bureau\", override={{{over}}}"));
    let none = places(read_two(&with("category.service.default=false"), PEOPLE));
    assert_eq!(none.len(), 1);
    assert!(
        none[0].contains(": category: no category is the default; add default = true"),
        "{}",
        none[0]
    );
    let two = places(read_two(&with("category.complex.default=true"), PEOPLE));
    assert_eq!(two.len(), 1);
    // The mistake was made in the main file, and there it is shown.
    assert!(
        two[0].starts_with("etc/site.toml:4:52: category[complex].default: `service` is the default already"),
        "{}",
        two[0]
    );
}

#[test]
fn calendars_must_run_forwards() {
    let calendar = r#"hours = {mon-fri="09:00-12:00 11:00-13:00", wed="14:00-25:00", sundae="09:00-12:00"}
off = [ {date=2026-10-07, to=2026-10-01} ]
work = [ {date=2026-10-10}, {date=2026-10-10, at="12:00"} ]
"#;
    let site = SITE.replace("hours=\"24x7\"", "path=\"cal.toml\"");
    let found = places(read(&[
        ("etc/site.toml", site.as_bytes()),
        ("etc/people.toml", PEOPLE.as_bytes()),
        ("etc/cal.toml", calendar.as_bytes()),
    ]));
    let expected = [
        "1:1: `id` is missing; add id = \"cn\"",
        "1:18: hours[mon-fri]: 09:00-12:00 and 11:00-13:00 overlap; write each hour of a day once",
        "1:49: hours[wed]: `25:00` is no time of day; write hours and minutes: \"08:30\"",
        "1:64: hours[sundae]: `sundae` is no day of the week; write mon, tue, wed, thu, fri, sat or sun",
        "2:27: off[0].to: 2026-10-01 lies before 2026-10-07; both days are off: write the later one here",
        "3:29: work[1]: 2026-10-10 is a working day twice; write its hours in one row",
        "3:50: work[1].at: `12:00` is no interval; write \"09:00-12:00\"",
    ];
    assert_eq!(found, expected.map(|text| format!("etc/cal.toml:{text}")));
}

#[test]
fn what_is_missing_is_named() {
    let found = places(read_two("[[feed]]\ntcp_listen = \"127.0.0.1:1\"\n", PEOPLE));
    let missing: Vec<&str> = found.iter().filter_map(|line| line.split('`').nth(1)).collect();
    assert_eq!(missing, ["directory", "calendar", "mail", "policy", "name"]);
    let found = places(read(&[("etc/site.toml", SITE.replace("bureau", "buro").as_bytes())]));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("etc/site.toml:1:19: directory.path: etc/people.toml can't be read: "),
        "{}",
        found[0]
    );
    assert!(
        found[1].starts_with("etc/site.toml:4:15: policy.use: there is no policy `buro`; did you mean `bureau`?"),
        "{}",
        found[1]
    );
    let none = places(read(&[]));
    assert!(none[0].starts_with("etc/site.toml: can't be read: "), "{none:?}");
}

#[test]
fn no_secret_is_in_an_error() {
    for transport in [
        "smtp://fa:geheim@mail.example.org",
        "smtps://fa:geh@eim@mail:25/x",
        "smtpx://geheim@m",
    ] {
        let site = SITE.replace("maildir:var/mail", transport);
        let text = read_two(&site, PEOPLE).unwrap_err().to_string();
        assert!(text.contains("mail.transport"), "{text}");
        assert!(!text.contains("geh") && !text.contains("eim"), "{text}");
    }
    let lines = [
        "password = \"geheim\"",
        "login = {user=\"x\", password='geheim'}",
        "password = geheim",
        "\"password\" = \"geheim",
        "tcp_connect = \"SMDR:geheim@pbx:23\"",
        "smtp_password = \"geheim\" x",
    ];
    for line in lines {
        let text = read_two(&format!("{SITE}{line}\n"), PEOPLE).unwrap_err().to_string();
        assert!(!text.contains("geheim"), "{text}");
    }
}

#[test]
fn a_password_file_is_not_read_by_the_check_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pw");
    let from = SecretFrom::File(path.clone());
    assert!(from.read(None).unwrap_err().to_string().contains("can't be read"));
    std::fs::write(&path, "geheim\n").unwrap();
    let secret = from.read(None).unwrap();
    assert_eq!(secret.expose(), "geheim");
    assert_eq!(format!("{secret:?}"), "Secret(***)");
    assert_eq!(
        SecretFrom::Credential("pw".to_owned())
            .read(Some(folder.path()))
            .unwrap()
            .expose(),
        "geheim"
    );
    std::fs::write(&path, b"\xffgeheim").unwrap();
    assert!(!from.read(None).unwrap_err().to_string().contains("geheim"));
    let site = SITE.replace(
        "maildir:var/mail\"",
        "smtps://mail:465\", user=\"fa\", password_file=\"/nowhere/pw\"",
    );
    assert!(read_two(&site, PEOPLE).is_ok());
}

#[test]
fn a_password_does_not_travel_in_clear() {
    let site = |host: &str| SITE.replace("maildir:var/mail\"", &format!("smtp://{host}\", user=\"fa\""));
    assert!(places(read_two(&site("mail.example.org:25"), PEOPLE))[0].contains("in clear; write smtps://"));
    assert!(read_two(&site("localhost:25"), PEOPLE).is_ok());
}

#[test]
fn f57_a_broken_file_gives_nothing_half_read() {
    // Everything but one word of the directory is right; the result has no part of it.
    let broken = PEOPLE.replace("head=\"li\"", "head=\"lo\"");
    assert!(read_two(SITE, &broken).is_err());
    // And repaired it is read whole.
    assert_eq!(read_two(SITE, PEOPLE).unwrap().directory.people.len(), 2);
}

#[test]
fn f53_a_dropped_person_with_open_cases_is_named() {
    let loaded = read_two(SITE, PEOPLE).unwrap();
    let ids = ["wang", "liu"].map(|id| id.parse().unwrap());
    let problems = missing_people(&loaded, &ids);
    assert_eq!(problems.len(), 1);
    let text = problems.to_string();
    assert!(
        text.starts_with("etc/people.toml:6:1: person: `liu` still has open cases")
            && text.contains("move-all --from liu"),
        "{text}"
    );
    assert!(missing_people(&loaded, &ids[..1]).is_empty());
}

#[test]
fn a_file_that_is_no_utf8_is_said_with_its_line() {
    let people = [PEOPLE.as_bytes(), b"# \xb9\xab\xb0\xb2\n"].concat();
    let found = places(read(&[
        ("etc/site.toml", SITE.as_bytes()),
        ("etc/people.toml", &people),
    ]));
    assert_eq!(
        found,
        ["etc/people.toml:7:3: the file is not UTF-8 here; save it as UTF-8"]
    );
}

#[test]
fn check_says_two_and_zero() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/quickstart.toml");
    assert_eq!(crate::cli::check::run(&config, false), crate::cli::Exit::Done);
    assert_eq!(
        crate::cli::check::run(Path::new("/nowhere/at/all.toml"), true),
        crate::cli::Exit::Usage
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for file in ["etc/site.toml", "etc/people.toml"] {
            let mut files = vec![("etc/site.toml", SITE.as_bytes()), ("etc/people.toml", PEOPLE.as_bytes())];
            files.iter_mut().filter(|(path, _)| *path == file).for_each(|(_, text)| *text = &bytes);
            let _ = read(&files).map_err(|problems| problems.to_string());
        }
    }

    /// One byte changed, taken out or put in: nearer to what people do than noise.
    #[test]
    fn no_slip_of_the_finger_panics(at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..3, which in 0..3usize) {
        let bureau = include_str!("../../../config/policies/bureau.toml");
        let site = SITE.replace("use=\"bureau\"", "use=\"own.toml\", override={mail.quiet=\"none\"}");
        let mut texts = [site.into_bytes(), PEOPLE.as_bytes().to_vec(), bureau.as_bytes().to_vec()];
        let text: &mut Vec<u8> = &mut texts[which];
        let at = at.index(text.len());
        match how {
            0 => text[at] = byte,
            1 => { text.remove(at); }
            _ => text.insert(at, byte),
        }
        let [site, people, own] = &texts;
        let _ = read(&[("etc/site.toml", site), ("etc/people.toml", people), ("etc/own.toml", own)])
            .map_err(|problems| problems.to_string());
    }
}

#[test]
fn depth_without_end_is_refused_and_not_followed() {
    let deep = 200_000;
    let dotted = format!("{}x = 1\n", "a.".repeat(deep));
    let header = format!("[{}x]\n", "a.".repeat(deep));
    let lists = format!("a = {}\n", "[".repeat(deep));
    let tables = format!("a = {}\n", "{a=".repeat(deep));
    for text in [dotted, header, lists, tables] {
        assert!(read(&[("etc/site.toml", text.as_bytes())]).is_err());
    }
}

#[test]
fn all_interfaces_need_a_public_address() {
    let site = SITE.to_owned() + "[web]\nlisten = \"0.0.0.0:8080\"\n";
    let found = places(read_two(&site, PEOPLE));
    let expected =
        "etc/site.toml:9:1: web.listen: links in mails would lead nowhere; add public_url = \"http://NAME:PORT\"";
    assert_eq!(found, [expected]);
}

#[test]
fn a_large_directory_is_read_in_a_moment() {
    let rows = |row: &dyn Fn(usize) -> String| (0..5_000).map(row).collect::<String>();
    let people = rows(&|n| format!(" {{id=\"p{n}\", name=\"P\", mail=\"p{n}@x.cn\", department=\"d\"}},\n"));
    let holdings = rows(&|n| format!(" {{ext=\"{n}\", person=\"p{n}\"}},\n"));
    let head = "fallback = \"p1\"\ndepartment = [ {id=\"d\", name=\"D\", head=\"p1\"} ]\n";
    let text = format!("{head}person = [\n{people}]\nholding = [\n{holdings}]\n");
    let begun = std::time::Instant::now();
    let loaded = read_two(SITE, &text).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(loaded.directory.holdings[4_999].place, "people.toml:10005");
    // Linear work takes well under a second even unoptimised; quadratic work took many.
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}

#[test]
fn impossible_dates_are_all_told_each_at_its_place() {
    let site = SITE.replace("calendar = {hours=\"24x7\"}", "calendar = {path=\"cal.toml\"}");
    let calendar = r#"id = "x"  # 2026-02-30 is none
hours = {mon-fri="12:00-09:00 9-12", sat="13:00-10:00"}
known_until = 2026-02-31
off = [ {date=2026-02-30, to=2026-13-01},
 {date=2026-10-01, to=2026-09-31, name="2026-02-30"} ]
work = [ {date = 2025-02-29}, {date=2026-11-31, at="09:00"}, {date=0000-01-01} ]
"#;
    let found = read(&[
        ("etc/site.toml", site.as_bytes()),
        ("etc/people.toml", PEOPLE.as_bytes()),
        ("etc/cal.toml", calendar.as_bytes()),
    ]);
    let say = "write a day of the calendar";
    let expected = [
        "2:18: hours[mon-fri]: `12:00-09:00` runs backwards; write the earlier time first; a night is two intervals: up to \"24:00\", then from \"00:00\"".to_owned(),
        "2:18: hours[mon-fri]: `9` is no time of day; write hours and minutes: \"08:30\"".to_owned(),
        "2:42: hours[sat]: `13:00-10:00` runs backwards; write the earlier time first; a night is two intervals: up to \"24:00\", then from \"00:00\"".to_owned(),
        format!("3:15: known_until: there is no day 2026-02-31: that month has 28 days; {say}"),
        format!("4:15: off[0].date: there is no day 2026-02-30: that month has 28 days; {say}"),
        format!("4:30: off[0].to: there is no day 2026-13-01: months are 01 to 12; {say}"),
        format!("5:23: off[1].to: there is no day 2026-09-31: that month has 30 days; {say}"),
        format!("6:18: work[0].date: there is no day 2025-02-29: that month has 28 days; {say}"),
        format!("6:37: work[1].date: there is no day 2026-11-31: that month has 30 days; {say}"),
        "6:52: work[1].at: `09:00` is no interval; write \"09:00-12:00\"".to_owned(),
        format!("6:68: work[2].date: there is no day 0000-01-01: years begin with 0001; {say}"),
    ];
    let expected: Vec<String> = expected.iter().map(|text| format!("etc/cal.toml:{text}")).collect();
    assert_eq!(places(found), expected);
}

#[test]
fn a_country_must_be_one_whose_numbers_are_known() {
    for (given, way_out) in [
        (
            "XX",
            "write its two capital letters: \"CN\"; the nearest are AX, CX, MX, SX, XK",
        ),
        ("cn", "did you mean `CN`?"),
        ("China", "write its two capital letters: \"CN\""),
    ] {
        let site = format!("site = {{country=\"{given}\"}}\n{SITE}");
        let expected = format!("etc/site.toml:1:17: site.country: the country `{given}` is not known; {way_out}");
        assert_eq!(places(read_two(&site, PEOPLE)), [expected]);
    }
    assert!(read_two(&format!("site = {{country=\"DE\"}}\n{SITE}"), PEOPLE).is_ok());
}
