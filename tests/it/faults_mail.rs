//! Faults of mail servers, and the administrator's questions to them.

use std::fs;
use std::time::{Duration, Instant};

use crate::faults_time::FAKETIME;
use crate::house::{House, Plan};
use crate::pbx::IpoLine;
use crate::post::{Doorman, Papers, Postfix};
use crate::sink::{self, Sink};

fn line(house: &House, ext: &str, id: u32) -> IpoLine {
    IpoLine::incoming(ext, &format!("1391234{id:04}"))
        .start(house.stamp(-5))
        .ring(5)
        .talk(3)
        .id(id)
}

/// Reminders after two simulated minutes, at any hour.
fn quick() -> Plan {
    House::at("2026-10-08T10:00:00").quick_reminders()
}

fn transport(scheme: &str, port: u16, ca: &Papers) -> String {
    let ca = ca.path("ca.pem");
    format!(r#"transport="{scheme}://localhost:{port}", ca_file={ca:?}"#)
}

#[test]
fn a_reminder_reaches_a_mailbox_through_postfix_in_each_way() {
    let papers = Papers::issue();
    let postfix = Postfix::start("", &papers, "good");
    let in_clear = format!(r#"transport="smtp://127.0.0.1:{}""#, postfix.smtp);
    let house = quick().mail(&in_clear).open();
    house.pbx().connect().send(line(&house, "8021", 1));
    let mail = house.wait_for("a mail in the mailbox", |_| postfix.mails().pop());
    assert_eq!(mail.to, "wang@x.cn");
    assert!(mail.subject.starts_with("[首问] "), "{}", mail.subject);
    assert!(
        mail.text.contains("王芳，您好：") && mail.html.contains("王芳"),
        "{}",
        mail.text
    );
    assert_eq!(house.open(&mail.link()).status, 200);
    // The null sender, and that a machine wrote it: nobody answers.
    assert!(mail.raw.starts_with("Return-Path: <>"), "{}", mail.raw);
    assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    drop(house);

    for (scheme, port) in [("smtp+starttls", postfix.smtp), ("smtps", postfix.smtps)] {
        let before = postfix.mails().len();
        let house = House::now().mail(&transport(scheme, port, &papers)).build();
        house.cli(["mail", "test", "--to", "liu@x.cn"]).ends(0);
        let mail = house.wait_for("a test mail", |_| postfix.mails().into_iter().nth(before));
        assert_eq!(
            (mail.to.as_str(), mail.subject.as_str()),
            ("liu@x.cn", "[首问] 测试邮件")
        );
        assert!(mail.raw.contains("(using TLSv1.3"), "{scheme}: {}", mail.raw);
    }
}

#[test]
fn f51_a_certificate_that_is_no_good_sends_nothing_and_says_why() {
    let papers = Papers::issue();
    let strangers = Papers::issue();
    for (name, trusted, why) in [
        ("old", &papers, "has expired"),
        ("other", &papers, "is not for `localhost`"),
        ("good", &strangers, "nobody we trust signed"),
    ] {
        let postfix = Postfix::start("", &papers, name);
        for (scheme, port) in [("smtp+starttls", postfix.smtp), ("smtps", postfix.smtps)] {
            let house = House::now().mail(&transport(scheme, port, trusted)).build();
            let said = house.cli(["mail", "test", "--to", "liu@x.cn"]).ends(1);
            assert!(said.err.contains(why), "{name} {scheme}: {}", said.err);
            assert!(said.err.contains(&format!("localhost:{port}")), "{}", said.err);
        }
        let log = postfix.log();
        assert!(!log.contains("from=<") && postfix.mails().is_empty(), "{name}: {log}");
    }
}

#[test]
fn secrets_a_login_is_made_under_tls_only_and_its_password_is_told_nobody() {
    let papers = Papers::issue();
    let doorman = Doorman::start(&papers);
    let settings = format!(
        r#"{}, user="fa", password_file="secret""#,
        transport("smtp+starttls", doorman.port, &papers)
    );
    let house = quick().mail(&settings).build();
    house.write("secret", "sésame 首问\n");
    house.cli(["mail", "test", "--to", "wang@x.cn"]).ends(0);
    assert_eq!(doorman.mails()[0].to, "wang@x.cn");

    house.write("secret", "sesame-wrong");
    let said = house.cli(["mail", "test", "--to", "wang@x.cn"]).ends(1);
    assert!(said.err.contains("login: 535"), "{}", said.err);
    assert!(!said.err.contains("sesame"), "{}", said.err);

    // The daemon meets the same refusal, keeps what waits, and sends it when the password is mended.
    let mut house = house;
    house.start();
    house.pbx().connect().send(line(&house, "8021", 1));
    house.wait_until("the refusal", |h| h.log().contains("login: 535"));
    let listed = house.cli(["--lang", "en", "outbox", "list"]).ends(0).out;
    assert!(listed.contains("login: 535"), "{listed}");
    house.write("secret", "sésame 首问\n");
    house.cli(["outbox", "retry"]).ends(0);
    let to = |address: &str| doorman.mails().iter().filter(|m| m.to == address).count();
    house.wait_until("the reminder", |_| to("wang@x.cn") == 2);
    // A login that is refused is an alarm at once, once.
    house.wait_until("the administrator's letter", |_| to("root@x.cn") == 1);
    // The log says it in a sentence: the thing, the reason, the way out; its fields stay.
    let log = house.log();
    let raised = log.lines().find(|line| line.contains("an alarm is raised")).unwrap();
    for words in [
        "an alarm is raised: Mail does not go out. From ",
        "login: 535",
        "Check the mail server; firstanswer outbox list shows what waits and why.",
        "alarm=\"mail_down\"",
    ] {
        assert!(raised.contains(words), "lacks `{words}`: {raised}");
    }
    assert!(!raised.contains('{'), "no JSON: {raised}");
    for text in [house.log(), listed] {
        assert!(!text.contains("sesame") && !text.contains("sésame"), "{text}");
    }
}

#[test]
fn f48_a_refused_address_is_passed_over_and_the_administrator_is_told_once() {
    let papers = Papers::issue();
    let postfix = Postfix::start("/^wang@/ 550 5.1.1 <wang@x.cn>: moved away\n", &papers, "good");
    let settings = format!(r#"transport="smtp://127.0.0.1:{}""#, postfix.smtp);
    let house = quick().mail(&settings).open();
    let mut pbx = house.pbx().connect();
    pbx.send(line(&house, "8021", 1));
    // Wang has no deputies: Li is next up the line.
    let to_li = house.wait_for("the notice one up", |_| {
        postfix.mails().into_iter().find(|m| m.to == "li@x.cn")
    });
    assert!(to_li.text.contains("王芳 不在或收不到邮件"), "{}", to_li.text);
    let told = house.wait_for("the letter to the administrator", |_| {
        postfix.mails().into_iter().find(|m| m.to == "root@x.cn")
    });
    assert_eq!(told.subject, "[首问] 邮箱无法送达：wang@x.cn");
    assert!(told.text.contains("550 5.1.1"), "{}", told.text);

    pbx.send(line(&house, "8021", 2));
    house.wait_until("the second case goes to Li at once", |_| {
        postfix.mails().iter().filter(|m| m.to == "li@x.cn").count() == 2
    });
    let told = postfix.mails().iter().filter(|m| m.to == "root@x.cn").count();
    assert_eq!(told, 1, "once an address");
    let refusals = postfix.log().matches("moved away").count();
    assert_eq!(refusals, 1, "nothing more is tried there:\n{}", postfix.log());
    let listed = house.cli(["--lang", "en", "outbox", "list"]).ends(0).out;
    assert!(listed.contains("wang@x.cn takes no mail since 2026-10-08"), "{listed}");
    let states: Vec<_> = house.case_shown(house.case(1)["id"].as_i64().unwrap())["notices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| (n["person"].clone(), n["state"].clone()))
        .collect();
    assert!(states.contains(&("wang".into(), "sent".into())), "{states:?}");

    house.cli(["outbox", "retry"]).ends(0);
    let listed = house.cli(["--lang", "en", "outbox", "list"]).ends(0).out;
    assert!(!listed.contains("takes no mail"), "{listed}");
    pbx.send(line(&house, "8021", 3));
    house.wait_until("the address is tried again", |_| {
        postfix.log().matches("moved away").count() == 2
    });
}

#[test]
fn f48_not_now_is_tried_again_and_composed_anew() {
    // Wang's mailbox is busy for the first two times; the pauses between are 1 and 2 simulated minutes.
    let sink = Sink::open(|command, nth| match command {
        "RCPT TO:<wang@x.cn>" if nth <= 2 => Some("450 4.2.0 busy"),
        _ => sink::well(command, nth),
    });
    let house = quick().mail(&sink.settings()).open();
    let mut pbx = house.pbx().connect();
    pbx.send(line(&house, "8021", 1))
        .send(line(&house, "8021", 2))
        .send(line(&house, "8022", 3));
    house.wait_for_lines(3);
    let (closed, open) = (
        house.case(1)["id"].as_i64().unwrap(),
        house.case(2)["id"].as_i64().unwrap(),
    );
    house.wait_until("the first refusal", |h| h.log().contains("450 4.2.0 busy"));
    crate::scenarios_case::close(&house, closed, &[]).ends(0);
    house.wait_until("Liu's mail does not wait for it", |_| {
        !sink.mails_to("liu@x.cn").is_empty()
    });
    let mail = house.wait_for("the mail, at last", |_| sink.mails_to("wang@x.cn").pop());
    assert!(mail.text.contains(&format!("#{open}")), "{}", mail.text);
    assert!(
        !mail.text.contains(&format!("#{closed}")),
        "closed meanwhile:\n{}",
        mail.text
    );
    house.wait_until("it is noted", |h| {
        let rows = h.cli(["outbox", "list", "--json"]).rows();
        rows.iter()
            .any(|r| r["person"] == "wang" && r["state"] == "sent" && r["attempts"] == 3)
    });
    assert_eq!(sink.mails_to("wang@x.cn").len(), 1);
}

#[test]
fn f49_a_mail_that_may_have_arrived_goes_again_byte_for_byte() {
    let sink = Sink::open(|command, nth| match command {
        "." if nth == 1 => None,
        _ => sink::well(command, nth),
    });
    let mut house = quick().mail(&sink.settings()).open();
    house.pbx().connect().send(line(&house, "8021", 1));
    house.wait_until("the first transmission", |_| sink.deliveries().len() == 1);
    house.wait_until("it is noted", |h| {
        h.cli(["outbox", "list", "--json"])
            .rows()
            .iter()
            .any(|r| r["state"] == "waiting")
    });
    // Neither a crash nor the closing of the case changes what was perhaps read already.
    let id = house.case(1)["id"].as_i64().unwrap();
    crate::scenarios_case::close(&house, id, &[]).ends(0);
    house.restart();
    house.wait_until("the second transmission", |_| sink.deliveries().len() == 2);
    let [first, second] = sink.deliveries().try_into().unwrap();
    assert_eq!(first.to, "wang@x.cn");
    assert_eq!(String::from_utf8(first.bytes), String::from_utf8(second.bytes));
    house.wait_until("sent", |h| {
        h.cli(["outbox", "list", "--json"])
            .rows()
            .iter()
            .all(|r| r["state"] == "sent")
    });
    assert_eq!(sink.deliveries().len(), 2);
}

#[test]
fn f46_a_server_that_is_away_for_a_day_loses_nothing_and_floods_nobody() {
    let mut sink = Sink::away(sink::well);
    // Two simulated hours a second.
    let house = House::at("2026-10-08T10:00:00")
        .rate(7200.0)
        .digest_window("1s")
        .policy(r#"mail.quiet="none""#)
        .policy(r#"clock.floor="0s""#)
        .policy(r#"clock.register="10m""#)
        .mail(&sink.settings())
        .open();
    let mut pbx = house.pbx().connect();
    let mut ids = Vec::new();
    for (n, ext) in ["8021", "8022", "8021", "8021"].into_iter().enumerate() {
        pbx.send(line(&house, ext, u32::try_from(n).unwrap() + 1));
        house.wait_for_lines(n + 1);
        ids.push(house.case(n + 1)["id"].as_i64().unwrap());
    }
    // The second rung comes a business day after the first; the supervisor is in copy.
    house.wait_until("all of the second rung waits", |h| {
        ids.iter().all(|id| {
            let shown = h.case_shown(*id);
            let notices = shown["notices"].as_array().unwrap();
            notices.iter().filter(|n| n["rung"] == 2).count() == 2
        })
    });
    let notices = |h: &House, state: &str| {
        let all = ids
            .iter()
            .flat_map(|id| h.case_shown(*id)["notices"].as_array().unwrap().clone());
        all.filter(|n| n["state"] == state).count()
    };
    assert_eq!(notices(&house, "sent") + notices(&house, "failed"), 0);
    assert!(
        house.log().matches("connecting").count() > 5,
        "it was tried again and again"
    );
    sink.listen();
    house.wait_until("everything is sent", |h| notices(h, "waiting") == 0);
    for (to, cases) in [("wang@x.cn", 3), ("liu@x.cn", 1), ("li@x.cn", 4)] {
        let mails = sink.mails_to(to);
        assert_eq!(mails.len(), 1, "one digest for {to}");
        let named = ids.iter().filter(|id| mails[0].text.contains(&format!("#{id}")));
        assert_eq!(named.count(), cases, "{to}: {}", mails[0].text);
    }
}

#[test]
fn f47_after_five_days_it_is_said_loudly_and_nothing_is_dropped() {
    let mut sink = Sink::away(sink::well);
    // Twelve simulated hours a second.
    let house = House::at("2026-10-08T10:00:00")
        .rate(43_200.0)
        .digest_window("1s")
        .policy(r#"mail.quiet="none""#)
        .policy(r#"clock.floor="0s""#)
        .policy(r#"clock.register="10m""#)
        // These days without a call would be a letter too.
        .mail(&format!("{}, dead_man=\"none\"", sink.settings()))
        .open();
    house.pbx().connect().send(line(&house, "8021", 1));
    house.wait_until("it is given up", |h| {
        h.log().contains("could not be delivered for five days")
    });
    let listed = house.cli(["outbox", "list", "--json"]).rows();
    let failed = listed
        .iter()
        .find(|r| r["state"] == "failed")
        .expect("a failed message");
    assert!(
        failed["last_error"].as_str().unwrap().contains("connecting"),
        "{failed}"
    );
    sink.listen();
    house.cli(["outbox", "retry"]).ends(0);
    house.wait_until("the reminder arrives after all", |_| {
        !sink.mails_to("wang@x.cn").is_empty()
    });
    // The outage was an alarm after an hour; its letter could not go before, and is one.
    house.wait_until("the administrator reads of both", |_| {
        sink.mails_to("root@x.cn").len() == 2
    });
    let mut told: Vec<String> = sink.mails_to("root@x.cn").into_iter().map(|m| m.subject).collect();
    told.sort();
    assert_eq!(told, ["[首问] 邮件五天未能送达：wang@x.cn", "[首问] 邮件无法发出"]);
}

#[test]
fn f38_after_a_jump_of_the_wall_clock_mail_is_held_until_somebody_looks() {
    assert!(
        fs::exists(FAKETIME).unwrap(),
        "libfaketime is missing; tests/run installs it"
    );
    let shift = tempfile::NamedTempFile::new().unwrap();
    fs::write(shift.path(), "+0").unwrap();
    let house = House::now()
        .policy(r#"mail.quiet="none""#)
        .policy(r#"clock.register="4h""#)
        .env("LD_PRELOAD", FAKETIME)
        .env("FAKETIME_TIMESTAMP_FILE", shift.path().to_str().unwrap())
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .open();
    let mut pbx = house.pbx().connect();
    pbx.send(line(&house, "8021", 1));
    house.wait_for_lines(1);
    let id = house.case(1)["id"].as_i64().unwrap();
    // It settles after a minute by the wall clock: five minutes, which are no jump.
    fs::write(shift.path(), "+300").unwrap();
    pbx.send(line(&house, "8022", 2).start(house.stamp(295)));
    house.wait_until("the case has settled", |h| h.case_shown(id)["settled"] == true);
    assert!(!house.log().contains("mail is held"), "five minutes are a correction");

    fs::write(shift.path(), "+90000").unwrap();
    pbx.send(line(&house, "8022", 3).start(house.stamp(89_995)));
    house.wait_until("the notice is due", |h| {
        !h.case_shown(id)["notices"].as_array().unwrap().is_empty()
    });
    house.wait_until("the alarm", |h| h.log().contains("mail is held"));
    // Longer than the digest window.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        assert_eq!(house.mails().len(), 0, "nothing is mailed");
        std::thread::sleep(Duration::from_millis(100));
    }
    let listed = house.cli(["--lang", "en", "outbox", "list"]).ends(0).out;
    assert!(listed.contains("all mail is held: the wall clock jumped"), "{listed}");
    let status = house.cli(["feed", "status"]).ends(0).out;
    assert!(status.contains("邮件已暂停发送"), "the alarm: {status}");
    // A test is somebody looking.
    house.cli(["mail", "test", "--to", "root@x.cn"]).ends(0);
    assert_eq!(house.mails().len(), 1);
    house.cli(["outbox", "retry"]).ends(0);
    house.wait_for_mail("wang@x.cn");
    let status = house.cli(["feed", "status"]).ends(0).out;
    assert!(!status.contains("邮件已暂停发送"), "the alarm is over: {status}");
}

#[test]
fn mail_test_goes_through_the_daemon_and_tells_what_became_of_it() {
    let sink = Sink::open(|command, nth| match command {
        "RCPT TO:<gone@x.cn>" => Some("550 5.1.1 nobody of that name"),
        "RCPT TO:<busy@x.cn>" => Some("450 4.2.0 busy"),
        _ => sink::well(command, nth),
    });
    let house = House::now().mail(&sink.settings()).open();
    let said = house.cli(["--lang", "en", "mail", "test", "--to", "root@x.cn"]).ends(0);
    assert!(said.out.contains("by the daemon"), "{}", said.out);
    assert_eq!(sink.mails()[0].to, "root@x.cn");
    for (to, why) in [("gone@x.cn", "nobody of that name"), ("busy@x.cn", "450 4.2.0 busy")] {
        let said = house.cli(["mail", "test", "--to", to]).ends(1);
        assert!(said.err.contains(why) && said.err.lines().count() == 1, "{}", said.err);
    }
    house.cli(["mail", "test", "--to", "no address"]).ends(2);
    // A test that failed is not tried again, and nobody is told of its address.
    let rows = house.cli(["outbox", "list", "--json"]).rows();
    let states: Vec<_> = rows.iter().map(|r| r["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["sent", "failed", "failed"]);
    let said = house.cli(["--lang", "en", "outbox", "retry"]).ends(0);
    assert!(said.out.starts_with("0 messages"), "{}", said.out);
    let rows = house.cli(["outbox", "list", "--json"]).rows();
    assert!(rows.iter().all(|row| row["state"] != "replaced"), "{rows:#?}");
    drop(house);

    let house = House::now().mail(&sink.settings()).build();
    let said = house.cli(["mail", "test", "--to", "root@x.cn"]).ends(0);
    assert!(said.out.contains("守护程序没有运行"), "{}", said.out);
    assert_eq!(sink.mails().len(), 2);
}
