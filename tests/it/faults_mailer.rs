//! The mailer among others: one stuck mail beside many, another way out while it runs, what an independent reader sees,
//! what a log at its most talkative tells.

use std::fs;
use std::time::{Duration, Instant};

use crate::house::{House, Plan};
use crate::pbx::IpoLine;
use crate::post::{self, Doorman, Papers, Postfix};
use crate::sink::{self, Sink};

fn line(house: &House, ext: &str, id: u32) -> IpoLine {
    IpoLine::incoming(ext, &format!("1391234{id:04}"))
        .start(house.stamp(-5))
        .ring(5)
        .talk(3)
        .id(id)
}

fn quick() -> Plan {
    House::at("2026-10-08T10:00:00").quick_reminders()
}

/// Another `mail` in the configuration, and the daemon told of it.
fn reload(house: &House, from: &str, to: &str) {
    let config = fs::read_to_string(house.path("firstanswer.toml")).unwrap();
    assert!(config.contains(from), "{config}");
    house.write("firstanswer.toml", &config.replace(from, to));
    house.sighup();
}

#[test]
fn f50_a_mail_stuck_in_data_keeps_no_other_waiting() {
    // The first message never gets an answer to its final dot; the limit for that is two minutes.
    let sink = Sink::open(|command, nth| match command {
        "." if nth == 1 => Some("hang"),
        _ => sink::well(command, nth),
    });
    let house = quick().mail(&sink.settings()).open();
    let mut pbx = house.pbx().connect();
    pbx.send(line(&house, "8021", 1));
    house.wait_until("Wang's mail is stuck", |_| sink.deliveries().len() == 1);
    pbx.send(line(&house, "8022", 2));
    house.wait_until("Liu's goes", |_| sink.mails_to("liu@x.cn").len() == 1);
    pbx.send(line(&house, "8022", 3));
    house.wait_until("and the next", |_| sink.mails_to("liu@x.cn").len() == 2);
    assert_eq!(sink.deliveries()[0].to, "wang@x.cn");
    let state = |h: &House| h.cli(["outbox", "list", "--json"]).rows()[0]["state"].clone();
    assert_eq!(state(&house), "begun", "it is still in hand");
}

#[test]
fn f55_no_more_mails_in_a_minute_than_the_server_is_to_bear() {
    let sink = Sink::open(sink::well);
    let settings = format!("{}, rate=2", sink.settings());
    let house = quick().mail(&settings).open();
    let mut pbx = house.pbx().connect();
    for (ext, id) in [("8021", 1), ("8022", 2)] {
        pbx.send(line(&house, ext, id));
    }
    house.wait_until("two at once", |_| sink.mails().len() == 2);
    pbx.send(line(&house, "8021", 3));
    house.wait_until("the third is due", |h| {
        let id = h.case(3)["id"].as_i64();
        id.is_some_and(|id| !h.case_shown(id)["notices"].as_array().unwrap().is_empty())
    });
    // The next may go after half a minute.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        assert_eq!(sink.mails().len(), 2);
        std::thread::sleep(Duration::from_millis(100));
    }
    reload(&house, "rate=2", "rate=0");
    house.wait_until("without a limit it goes", |_| sink.mails().len() == 3);
}

#[test]
fn another_way_out_and_another_sender_take_effect_without_a_restart() {
    let (away, sink) = (Sink::away(sink::well), Sink::open(sink::well));
    let house = quick().mail(&away.settings()).open();
    house.pbx().connect().send(line(&house, "8021", 1));
    house.wait_until("nobody is there", |h| h.log().contains("connecting"));
    reload(&house, &away.settings(), &sink.settings());
    house.wait_until("the mail goes to the other", |_| sink.mails_to("wang@x.cn").len() == 1);
    reload(&house, r#"from="fa@x.cn""#, r#"from="Front desk <desk@y.cn>""#);
    house.wait_until("it is read again", |h| {
        h.log().matches("configuration reloaded").count() == 2
    });
    house.pbx().connect().send(line(&house, "8022", 2));
    let mail = house.wait_for("the next mail", |_| sink.mails_to("liu@x.cn").pop());
    assert!(mail.raw.contains("From: \"Front desk\" <desk@y.cn>"), "{}", mail.raw);
    assert!(!house.log().contains("next restart"), "{}", house.tail());

    // A way out that can't be had changes nothing.
    reload(&house, &sink.settings(), r#"transport="maildir:/proc/nowhere""#);
    house.wait_until("it is refused", |h| h.log().contains("not reloaded"));
    house.pbx().connect().send(line(&house, "8022", 3));
    house.wait_until("mail goes on as before", |_| sink.mails_to("liu@x.cn").len() == 2);
}

#[test]
fn a_chinese_mail_through_postfix_is_read_right_by_an_independent_reader() {
    let postfix = Postfix::start("", &Papers::issue(), "good");
    let house = quick()
        .mail(&format!(r#"transport="smtp://127.0.0.1:{}""#, postfix.smtp))
        .open();
    house.pbx().connect().send(line(&house, "8021", 1).name("李女士 é"));
    house.wait_for_lines(1);
    let id = house.case(1)["id"].to_string();
    let matter = "营业执照换发：材料不全，请一次性告知。".repeat(8);
    house.cli(["case", "register", &id, "--matter", &matter]);
    let mail = house.wait_for("a mail in the mailbox", |_| postfix.mails().pop());
    let read = post::read_by_python(mail.raw.as_bytes());
    let text = |key: &str| read[key].as_str().unwrap().to_owned();
    assert!(text("subject").starts_with("[首问] "), "{read}");
    assert_eq!(text("to"), "王芳 <wang@x.cn>");
    assert_eq!(text("types"), "text/plain utf-8, text/html utf-8");
    for part in ["text", "html"] {
        // Lines may be broken between characters.
        let bare: String = text(part).chars().filter(|c| !c.is_whitespace()).collect();
        assert!(bare.contains(&matter), "{part}: {}", text(part));
        assert!(bare.contains("王芳，您好"), "{part}");
    }
    assert_eq!(read["defects"], serde_json::json!([]), "{read}");
    let long = mail.raw.lines().map(str::len).max().unwrap();
    assert!(long <= 998, "RFC 5322: a line of {long} bytes");
}

#[test]
fn secrets_the_most_talkative_log_tells_neither_password_nor_link() {
    let papers = Papers::issue();
    let doorman = Doorman::start(&papers);
    let ca = papers.path("ca.pem");
    let settings = format!(
        r#"transport="smtp+starttls://localhost:{}", ca_file={ca:?}, user="fa", password_file="secret""#,
        doorman.port
    );
    let mut house = quick().mail(&settings).env("FIRSTANSWER_LOG", "trace").build();
    house.write("secret", "sésame 首问\n");
    house.start();
    house.pbx().connect().send(line(&house, "8021", 1));
    let mail = house.wait_for("the reminder", |_| {
        doorman.mails().into_iter().find(|m| m.to == "wang@x.cn")
    });
    let token = mail.link().rsplit('/').next().unwrap().to_owned();
    assert_eq!(house.open(&mail.link()).status, 200);
    house.post(&mail.link(), &[("do", "nonsense")]);
    house.sighup();
    house.wait_until("it is read again", |h| h.log().contains("configuration reloaded"));
    let log = house.log();
    assert!(log.contains("mail sent"), "{}", house.tail());
    // In clear, and as AUTH PLAIN and AUTH LOGIN say it.
    for secret in ["sésame", "首问\\n", "AGZhAHPDqXNhbWUg", "c8Opc2FtZSDpppbpl64", &token] {
        assert!(!log.contains(secret), "`{secret}` stands in the log");
    }
}
