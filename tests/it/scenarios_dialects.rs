//! The same day at other switches: an outside call rings a group of three, the second answers, talks, and puts the
//! caller through to a fourth, who talks. Lines are built from the documented layouts.
//!
//! **Not here**: what one line means (`tests/golden/`).

use serde_json::{Value, json};

use crate::house::{House, check};

const CALLER: &str = "13812345678";

/// A house with 8021 Wang, 8022 Liu, 8023 Zhou and 8024 Chen, behind another switch, at 60 seconds a second.
fn house(dialect: &str) -> House {
    House::at("2026-10-08T10:10:00")
        .rate(60.0)
        .dialect(dialect)
        .more_people(
            r#" {id="zhou", name="周敏", mail="zhou@x.cn", department="permits"},
 {id="chen", name="陈静", mail="chen@x.cn", department="permits"},"#,
            r#" {ext="8023", person="zhou"}, {ext="8024", person="chen"},"#,
        )
        .open()
}

#[track_caller]
fn send(house: &House, lines: &[String]) {
    let mut pbx = house.pbx().connect();
    for line in lines {
        pbx.send(line);
    }
    house.wait_for_lines(lines.len());
}

/// Waits for the calls to settle: these switches print no end mark, silence is it.
#[track_caller]
fn settled(house: &House) -> Vec<Value> {
    house.wait_until("all calls settled", |h| h.calls().iter().all(|c| c["settled"] == true));
    house.calls()
}

#[track_caller]
fn check_states(house: &House, states: &[&str]) {
    let journal = house.journal();
    let found: Vec<_> = journal.iter().map(|l| l["state"].as_str().unwrap()).collect();
    assert_eq!(found, states);
}

/// A HiPath line: date and time of the end, line, extension, ring, duration, number, charge, type.
fn hipath(clock: &str, extension: &str, ring: &str, talk: &str, kind: u8) -> String {
    format!(
        "08.10.26{clock}  1{extension:>6}{ring:5}{talk:8}{CALLER:25}{:11}{kind:>2}",
        ""
    )
}

/// The ring lines name all three phones and not who answers; type 35 names who got the call and not from whom.
#[test]
fn hipath_second_of_a_group_answers_and_puts_through() {
    let house = house("siemens-hipath");
    send(
        &house,
        &[
            hipath("10:00:00", "8021", "", "", 0),
            hipath("10:00:00", "8022", "", "", 0),
            hipath("10:00:00", "8023", "", "", 0),
            hipath("10:00:26", "8022", "00:06", "00:00:20", 1),
            hipath("10:01:28", "8024", "", "00:01:00", 35),
        ],
    );
    check_states(&house, &["skipped", "skipped", "skipped", "leg", "leg"]);
    let calls = settled(&house);
    assert_eq!(calls.len(), 1, "{calls:#?}");
    check(
        &calls[0],
        &json!({
            "legs": 2, "direction": "incoming", "disposition": "answered", "calling_number": CALLER,
            "answered_by": "8022", "answered_by_person": "liu", "certainty": "certain",
            "start": "2026-10-08T10:00:00+08:00", "answered_at": "2026-10-08T10:00:06+08:00",
            "ended_at": "2026-10-08T10:01:28+08:00", "ring_seconds": 6, "talk_seconds": 82,
        }),
    );
    assert_eq!(house.cases().len(), 1);
    check(
        &house.case(1),
        &json!({"first_answerer": "liu", "handler": "chen", "settled": true}),
    );
}

#[test]
fn hipath_missed_calls_open_no_case() {
    let house = house("siemens-hipath");
    send(
        &house,
        &[
            hipath("10:00:00", "8021", "", "", 0),
            hipath("10:00:20", "8021", "00:20", "", 1),
            hipath("10:05:20", "8022", "00:20", "00:00:00", 1),
        ],
    );
    let calls = settled(&house);
    let found: Vec<_> = calls.iter().map(|c| (&c["disposition"], &c["answered_by"])).collect();
    let missed = (&json!("no_answer"), &Value::Null);
    assert_eq!(found, [missed, missed]);
    check(&calls[0], &json!({"start": "2026-10-08T10:00:00+08:00"}));
    assert_eq!(house.cases(), [] as [Value; 0]);
}

/// A line of pattern A: date and time of the end, extension, trunk, caller, ring, duration, code.
fn panasonic(clock: &str, extension: &str, ring: &str, talk: &str, code: &str) -> String {
    let caller = format!("<I>{CALLER}");
    format!(
        "10/08/26 {clock:7} {extension:>5} 03 {caller:25} {ring:4} {talk:8} {:10} {code}",
        ""
    )
}

/// The format tells neither which phones rang nor seconds of the clock, and of a transfer only who ended the first
/// part by it: that the next answer on the trunk came by it is a conclusion. Who answered is printed.
#[test]
fn panasonic_second_of_a_group_answers_and_puts_through() {
    let house = house("panasonic-kx");
    send(
        &house,
        &[
            panasonic("10:00AM", "", "", "", "RC"),
            panasonic("10:00AM", "8022", "0'06", "", "AN"),
            panasonic("10:00AM", "8022", "0'06", "00:00'20", "TR"),
            panasonic("10:02AM", "8024", "", "00:01'00", ""),
        ],
    );
    check_states(&house, &["skipped", "leg", "leg", "leg"]);
    let calls = settled(&house);
    assert_eq!(calls.len(), 1, "{calls:#?}");
    // Ended in the minute of 10:00, 20 s of talk after 6 s of ringing.
    check(
        &calls[0],
        &json!({
            "legs": 2, "direction": "incoming", "disposition": "answered", "calling_number": CALLER, "trunk": "03",
            "answered_by": "8022", "answered_by_person": "liu", "certainty": "certain",
            "start": "2026-10-08T09:59:34+08:00", "answered_at": "2026-10-08T09:59:40+08:00",
            "ended_at": "2026-10-08T10:02:00+08:00", "ring_seconds": 6,
        }),
    );
    assert_eq!(house.cases().len(), 1);
    check(
        &house.case(1),
        &json!({"first_answerer": "liu", "handler": "chen", "settled": true}),
    );
}

/// Both parts ended in the minute of 10:01. Reckoned back from the full minute the second would have been answered 44 s
/// before the first; it came from it by transfer, so it began when the first ended.
#[test]
fn panasonic_who_was_put_through_to_in_the_same_minute_is_not_the_first() {
    let house = house("panasonic-kx");
    send(
        &house,
        &[
            panasonic("10:01AM", "8022", "0'06", "00:00'10", "TR"),
            panasonic("10:01AM", "8024", "", "00:00'54", ""),
        ],
    );
    let calls = settled(&house);
    assert_eq!(calls.len(), 1, "{calls:#?}");
    check(
        &calls[0],
        &json!({
            "legs": 2, "answered_by": "8022", "answered_by_person": "liu", "certainty": "certain",
            "start": "2026-10-08T10:00:44+08:00", "answered_at": "2026-10-08T10:00:50+08:00",
            "ended_at": "2026-10-08T10:01:54+08:00", "ring_seconds": 6,
        }),
    );
    check(&house.case(1), &json!({"first_answerer": "liu", "handler": "chen"}));
}

#[test]
fn panasonic_missed_calls_open_no_case() {
    let house = house("panasonic-kx");
    send(
        &house,
        &[
            panasonic("10:00AM", "", "", "", "RC"),
            panasonic("10:01AM", "8021", "0'20", "00:00'00", "NA"),
        ],
    );
    let calls = settled(&house);
    assert_eq!(calls.len(), 1);
    check(
        &calls[0],
        &json!({"disposition": "no_answer", "answered_by": null, "start": "2026-10-08T10:00:40+08:00"}),
    );
    assert_eq!(house.cases(), [] as [Value; 0]);
}

/// Without TR the next answer on the trunk is another call, even of the same caller within a minute.
#[test]
fn panasonic_two_answers_without_a_transfer_are_two_calls() {
    let house = house("panasonic-kx");
    send(
        &house,
        &[
            panasonic("10:00AM", "8022", "0'06", "00:00'20", ""),
            panasonic("10:02AM", "8024", "0'04", "00:01'00", ""),
        ],
    );
    let answered: Vec<_> = settled(&house).iter().map(|c| c["answered_by"].clone()).collect();
    assert_eq!(answered, ["8022", "8024"]);
}

/// An answer whose end has not been printed waits in the journal, and a kill does not lose it.
#[test]
fn f24_panasonic_an_answer_that_waits_survives_a_kill() {
    let mut house = house("panasonic-kx");
    let mut pbx = house.pbx().connect();
    pbx.send(panasonic("10:00AM", "8022", "0'06", "", "AN"));
    house.wait_until("the answer is durable", |h| {
        h.journal().iter().any(|l| l["state"] == "pending")
    });
    house.restart();
    send(&house, &[panasonic("10:05AM", "8022", "0'06", "00:04'50", "")]);
    check_states(&house, &["leg", "leg"]);
    let calls = settled(&house);
    assert_eq!(calls.len(), 1, "{calls:#?}");
    check(
        &calls[0],
        &json!({"legs": 1, "answered_by": "8022", "talk_seconds": 290}),
    );
}

/// A minute of silence lets the answer stand for itself; the restart comes before the final line does.
#[test]
fn f24_panasonic_an_answer_told_early_is_no_second_call_after_a_restart() {
    let mut house = House::at("2026-10-08T10:00:30")
        .dialect("panasonic-kx")
        .rate(30.0)
        .open();
    house
        .pbx()
        .connect()
        .send(panasonic("10:00AM", "8022", "0'06", "", "AN"));
    house.wait_until("the answer is told", |h| h.calls().len() == 1);
    house.restart();
    send(&house, &[panasonic("10:05AM", "8022", "0'06", "00:04'50", "")]);
    check_states(&house, &["leg", "leg"]);
    let calls = settled(&house);
    assert_eq!(calls.len(), 1, "{calls:#?}");
    check(
        &calls[0],
        &json!({"legs": 1, "answered_by": "8022", "talk_seconds": 290}),
    );
}

/// A 3CX record without types: start, answer and end as seconds after 02:00:00 UTC, who was called, what it became,
/// who took part.
fn three_cx(id: u32, answer: Option<u32>, end: u32, to: &str, change: &str, chain: &str) -> String {
    let clock = |seconds: u32| format!("2026/10/08 02:{:02}:{:02}", seconds / 60, seconds % 60);
    let talk = answer.map_or(String::new(), |at| {
        format!("00:{:02}:{:02}", (end - at) / 60, (end - at) % 60)
    });
    let number = to.trim_start_matches("Ext.");
    let change = if change.is_empty() {
        ",,".to_owned()
    } else {
        format!("{change},{}", change.rsplit("Ext.").next().unwrap())
    };
    format!(
        "Call {id},00000190AA{id:06}_{id},{talk},{},{},{},TerminatedBySrc,{CALLER},{to},10000,{number},{number},\
         {change},,,,,{chain}",
        clock(0),
        answer.map(clock).unwrap_or_default(),
        clock(end),
    )
}

/// One record has it all: the queue takes the call at once, the chain names who answered and who got it next.
#[test]
fn three_cx_second_of_a_group_answers_and_puts_through() {
    let house = house("3cx");
    let chain = format!("Chain: {CALLER};Ext.8500;Ext.8022;Ext.8024;");
    send(
        &house,
        &[three_cx(1, Some(1), 88, "Ext.8500", "ReplacedDst,Ext.8024", &chain)],
    );
    let calls = settled(&house);
    assert_eq!(calls.len(), 1, "{calls:#?}");
    check(
        &calls[0],
        &json!({
            "legs": 1, "direction": "incoming", "disposition": "answered", "calling_number": CALLER, "trunk": "10000",
            "answered_by": "8022", "answered_by_person": "liu", "certainty": "likely", "ring_seconds": null,
            "start": "2026-10-08T10:00:00+08:00", "ended_at": "2026-10-08T10:01:28+08:00",
        }),
    );
    assert_eq!(house.cases().len(), 1);
    check(
        &house.case(1),
        &json!({"first_answerer": "liu", "handler": "chen", "settled": true}),
    );
}

#[test]
fn three_cx_a_queues_call_is_the_agents() {
    let house = house("3cx");
    let chain = format!("Chain: {CALLER};Ext.8500;Ext.8022;");
    send(
        &house,
        &[three_cx(1, Some(0), 60, "Ext.8500", "ReplacedDst,Ext.8022", &chain)],
    );
    settled(&house);
    check(
        &house.case(1),
        &json!({"first_answerer": "liu", "handler": "liu", "settled": true}),
    );
}

/// Nobody answers: callers leave a queue, a queue's successor, a mailbox, a phone.
#[test]
fn three_cx_what_no_person_took_is_nobodys() {
    let house = house("3cx");
    let chain = |parties: &str| format!("Chain: {CALLER};{parties};");
    send(
        &house,
        &[
            three_cx(1, Some(1), 200, "Ext.8500", "", &chain("Ext.8500")),
            three_cx(2, Some(20), 50, "Ext.999", "", &chain("Ext.8022")),
            three_cx(3, None, 20, "Ext.8022", "", ""),
        ],
    );
    let calls = settled(&house);
    let found: Vec<_> = calls.iter().map(|c| (&c["disposition"], &c["answered_by"])).collect();
    let (missed, mailbox) = (json!("no_answer"), json!("voicemail"));
    assert_eq!(
        found,
        [
            (&missed, &Value::Null),
            (&mailbox, &Value::Null),
            (&missed, &Value::Null)
        ]
    );
    check(&calls[0], &json!({"ended_at": "2026-10-08T10:03:20+08:00"}));
    check(&calls[2], &json!({"ended_at": "2026-10-08T10:00:20+08:00"}));
    assert_eq!(house.cases(), [] as [Value; 0]);
}

/// A row of Asterisk with all columns; the call has one linkedid.
struct Asterisk {
    channel: &'static str,
    phone: &'static str,
    app: &'static str,
    start: &'static str,
    answer: &'static str,
    end: &'static str,
    talk: u32,
    disposition: &'static str,
}

impl Asterisk {
    fn line(&self) -> String {
        let stamp = |clock: &str| match clock {
            "" => String::new(),
            _ => format!("\"2026-10-08 {clock}\""),
        };
        let seconds = |clock: &str| clock.split(':').fold(0, |sum, n| sum * 60 + n.parse::<u32>().unwrap());
        let Self {
            channel,
            phone,
            app,
            disposition,
            talk,
            ..
        } = self;
        format!(
            r#""","{CALLER}","600","in","""{CALLER}"" <{CALLER}>","{channel}","{phone}","{app}","x",{},{},{},{},{talk},"{disposition}","DOCUMENTATION","1791424800.1","","","1791424800.1",7"#,
            stamp(self.start),
            stamp(self.answer),
            stamp(self.end),
            seconds(self.end) - seconds(self.start),
        )
    }
}

/// The group's phones are rows of one linkedid; after the transfer a further row with the same id.
#[test]
fn asterisk_second_of_a_group_answers_and_puts_through() {
    let house = house("asterisk-csv");
    let row = |phone, start, answer, end, talk, disposition| {
        let (channel, app) = ("PJSIP/carrier-00000001", "Dial");
        Asterisk {
            channel,
            phone,
            app,
            start,
            answer,
            end,
            talk,
            disposition,
        }
        .line()
    };
    send(
        &house,
        &[
            row("PJSIP/8021-00000002", "10:00:00", "", "10:00:06", 0, "NO ANSWER"),
            row(
                "PJSIP/8022-00000003",
                "10:00:00",
                "10:00:06",
                "10:00:26",
                20,
                "ANSWERED",
            ),
            row("PJSIP/8023-00000004", "10:00:00", "", "10:00:06", 0, "NO ANSWER"),
            row(
                "PJSIP/8024-00000005",
                "10:00:26",
                "10:00:28",
                "10:01:28",
                60,
                "ANSWERED",
            ),
        ],
    );
    let calls = settled(&house);
    assert_eq!(calls.len(), 1, "{calls:#?}");
    check(
        &calls[0],
        &json!({
            "legs": 4, "direction": "incoming", "disposition": "answered", "calling_number": CALLER,
            "answered_by": "8022", "answered_by_person": "liu", "certainty": "certain",
            "start": "2026-10-08T10:00:00+08:00", "answered_at": "2026-10-08T10:00:06+08:00",
            "ended_at": "2026-10-08T10:01:28+08:00", "ring_seconds": 6, "talk_seconds": 82,
        }),
    );
    assert_eq!(house.cases().len(), 1);
    check(
        &house.case(1),
        &json!({"first_answerer": "liu", "handler": "chen", "settled": true}),
    );
}

/// The queue picks up at once and prints so; its agent's phone is behind a Local channel.
#[test]
fn asterisk_a_queues_agent_answers_not_the_queue() {
    let house = house("asterisk-csv");
    let queue = Asterisk {
        channel: "PJSIP/carrier-00000001",
        phone: "Local/8022@from-queue-00000001;1",
        app: "Queue",
        start: "10:00:00",
        answer: "10:00:00",
        end: "10:01:30",
        talk: 90,
        disposition: "ANSWERED",
    };
    let agent = Asterisk {
        channel: "Local/8022@from-queue-00000001;2",
        phone: "PJSIP/8022-00000002",
        app: "Dial",
        start: "10:00:05",
        answer: "10:00:12",
        talk: 78,
        ..queue
    };
    send(&house, &[queue.line(), agent.line()]);
    let calls = settled(&house);
    assert_eq!(calls.len(), 1, "{calls:#?}");
    check(
        &calls[0],
        &json!({"legs": 1, "answered_by": "8022", "answered_at": "2026-10-08T10:00:12+08:00", "ring_seconds": 12}),
    );
}

/// Nobody answers: neither the mailbox nor the queue's pick-up counts.
#[test]
fn asterisk_missed_calls_open_no_case() {
    for (app, disposition, wanted) in [
        ("VoiceMail", "ANSWERED", "voicemail"),
        ("Queue", "NO ANSWER", "no_answer"),
    ] {
        let house = house("asterisk-csv");
        let row = Asterisk {
            channel: "PJSIP/carrier-00000001",
            phone: "PJSIP/8021-00000002",
            app,
            start: "10:00:00",
            answer: "10:00:00",
            end: "10:00:20",
            talk: 20,
            disposition,
        };
        send(&house, &[row.line()]);
        let calls = settled(&house);
        assert_eq!(calls.len(), 1);
        check(&calls[0], &json!({"disposition": wanted, "answered_by": null}));
        assert_eq!(house.cases(), [] as [Value; 0]);
    }
}
