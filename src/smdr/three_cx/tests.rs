//! What a golden line of 3CX cannot show: options, detection, damage.

use super::*;
use crate::call::{Disposition, Leg, Machine};
use crate::smdr::{detect, golden, properties};

/// A queue takes the call at once, 182 answers it and passes it to 112.
const PASSED_ON: &str = "Call 23200,00000172FEF9D126_4414,00:39:39,2020/06/29 07:28:04,2020/06/29 07:28:04,\
    2020/06/29 08:07:44,TerminatedBySrc,0155500004,Ext.611,10000,611,611,ReplacedDst,Ext.112,112,,,,,\
    Chain: 0155500004;Ext.611;Ext.182;Ext.112;";
/// A queue gives up after 166 s for another one, where nobody answers.
const GIVEN_UP: &str = "Call 23496,0000017303FC86E2_4823,00:02:46,2020/06/30 06:49:08,2020/06/30 06:49:08,\
    2020/06/30 06:51:54,TerminatedBySrc,0155500038,Ext.612,10000,612,612,QFwdToDNA,Ext.610,610,,,,,\
    Chain: 0155500038;Ext.612;Ext.610;";
/// A caller waits in a queue for 207 s.
const ABANDONED: &str = "Call 23280,00000172FF56041A_4557,00:03:27,2020/06/29 09:08:46,2020/06/29 09:08:47,\
    2020/06/29 09:12:14,TerminatedBySrc,0155500024,Ext.611,10000,611,611,,,,,,,,Chain: 0155500024;Ext.611;";

fn option(name: &str, value: &str) -> Options {
    Options::from([(name.to_owned(), OptionValue::Text(value.to_owned()))])
}

fn parse(options: &Options, line: &[u8]) -> Parsed {
    let mut parser = DIALECT.parser(options).unwrap();
    let mut out = Vec::new();
    let line = Line {
        number: 1,
        bytes: line,
        received: jiff::civil::date(2026, 3, 5).at(12, 0, 0, 0),
    };
    parser.line(line, &mut out);
    parser.flush(&mut out);
    out.remove(0)
}

#[track_caller]
fn leg(options: &Options, line: &str) -> Leg {
    match parse(options, line.as_bytes()) {
        Parsed::Leg(leg) => leg,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_answer(options: &Options, line: &str, by: Option<&str>, inferred: &[&str]) {
    let leg = leg(options, line);
    assert_eq!(
        (leg.answered_by.as_deref(), &leg.inferred[..]),
        (by, inferred),
        "{line}"
    );
}

#[test]
fn listed_queues_are_no_deduction() {
    let queues = option("queues", "610, 611,612");
    check_answer(&queues, GIVEN_UP, None, &[]);
    check_answer(&queues, ABANDONED, None, &[]);
    let answered = ABANDONED.replace("611,,,,", "611,ReplacedDst,Ext.194,194,");
    let answered = answered.replace("Ext.611;", "Ext.611;Ext.194;");
    check_answer(&queues, &answered, Some("194"), &[]);
    // Who of two in the chain answered first is read off their order.
    check_answer(&queues, PASSED_ON, Some("182"), &["answered_by"]);
    // Two queues, then two people.
    let both = GIVEN_UP
        .replace("Ext.610,610", "Ext.195,195")
        .replace("Ext.610;", "Ext.610;Ext.185;Ext.195;");
    let both = leg(&queues, &both);
    assert_eq!(
        (both.answered_by.as_deref(), both.marks.passed_to),
        (Some("185"), vec!["195".into()])
    );
}

#[test]
fn a_phone_that_no_list_names_may_answer_at_once() {
    let none = Options::from([("queues".to_owned(), OptionValue::List(Vec::new()))]);
    let found = leg(&none, ABANDONED);
    assert_eq!(
        (found.answered_by.as_deref(), found.ring_seconds, found.talk_seconds),
        (Some("611"), Some(1), Some(207))
    );
    // Two seconds are a person's even without a list.
    let slower = ABANDONED.replace("09:08:47", "09:08:48");
    check_answer(&Options::new(), &slower, Some("611"), &["ring_seconds"]);
}

#[test]
fn a_ring_group_that_answers_late_is_listed_or_typed() {
    let group = PASSED_ON
        .replace("07:28:04,\n", "")
        .replacen("07:28:04,2020/06/29 08", "07:28:10,2020/06/29 08", 1);
    assert!(group.contains("07:28:10"), "{group}");
    check_answer(&option("queues", "611"), &group, Some("182"), &["answered_by"]);
    // A group rings and leaves answering to its phones: the time is a person's.
    let typed = leg(&Options::new(), &format!("{group},Line,RingGroup,Extension,,,,"));
    assert_eq!(
        (typed.answered_by.as_deref(), typed.ring_seconds),
        (Some("182"), Some(6))
    );
}

#[test]
fn what_joins_and_what_follows() {
    let passed = leg(&Options::new(), PASSED_ON);
    let wanted = crate::call::Marks {
        last: Some(true),
        machine: Some(Machine::Queue),
        target: Some("611".into()),
        transferred: true,
        // 07:28:04 to 08:07:44
        lasted_seconds: Some(2380),
        passed_to: vec!["112".into()],
        ..crate::call::Marks::default()
    };
    assert_eq!(passed.marks, wanted);
}

#[test]
fn the_mailbox_is_an_option() {
    let line = ABANDONED
        .replace("Ext.611,10000,611", "Ext.888,10000,106")
        .replace("09:08:47", "09:09:06");
    assert_eq!(
        leg(&option("voicemail", "888"), &line).disposition,
        Disposition::Voicemail
    );
    assert_eq!(leg(&Options::new(), &line).disposition, Disposition::Answered);
}

#[test]
fn stamps_are_utc_unless_the_site_says_otherwise() {
    assert_eq!(
        leg(&Options::new(), ABANDONED).start.to_string(),
        "2020-06-29T09:08:46Z"
    );
    assert_eq!(
        leg(&option("utc", "false"), ABANDONED).start.to_string(),
        "2020-06-29T09:08:46"
    );
}

#[test]
fn fields_may_be_chosen() {
    let fields = "time-start;time-answered,to-no from-no,FINAL_NUMBER chain,final-dispname";
    let line = b"2020/06/29 09:08:46,2020/06/29 09:08:47,Ext.611,0155500024,Ext.194,\"Chain: 0155500024,Ext.611,Ext.194,\",Ann";
    let Parsed::Leg(found) = parse(&option("fields", fields), line) else {
        panic!()
    };
    let got = (
        found.calling_number.as_deref(),
        found.called_number.as_deref(),
        found.answered_by.as_deref(),
    );
    assert_eq!(
        got,
        (Some("0155500024"), Some("611"), None),
        "without reason-changed nothing tells that 194 took it"
    );
    let fields = fields.replace("FINAL", "reason-changed,final");
    let line = String::from_utf8_lossy(line).replace("Ext.194,\"", "ReplacedDst,Ext.194,\"");
    check_answer(&option("fields", &fields), &line, Some("194"), &["answered_by"]);
}

#[test]
fn wrong_options_are_refused_with_a_way_out() {
    let refused = |name: &str, value: &str| DIALECT.parser(&option(name, value)).err().unwrap().to_string();
    assert!(refused("queue", "611").contains("did you mean `queues`?"));
    assert!(refused("utc", "maybe").contains("true or false"));
    assert!(refused("fields", "time-strat").contains("did you mean `time-start`?"));
    assert!(refused("fields", "time-start,time-start").contains("twice"));
    assert!(refused("fields", "time-start,from-no,to-no").contains("`time-answered` is missing"));
    let number = Options::from([("queues".to_owned(), OptionValue::Int(611))]);
    assert!(
        DIALECT
            .parser(&number)
            .err()
            .unwrap()
            .to_string()
            .contains("list of texts")
    );
}

#[test]
fn shifting_moves_the_stamps_and_nothing_else() {
    let shifted = String::from_utf8(DIALECT.shifted(ABANDONED.as_bytes(), 86_400).unwrap()).unwrap();
    assert_eq!(shifted, ABANDONED.replace("06/29", "06/30"));
    assert_eq!(DIALECT.shifted(b"historyid,callid", 1), None);
}

#[test]
fn a_few_lines_with_noise_among_them_are_detected() {
    assert_eq!(detect(&[ABANDONED.as_bytes()]).dialect, Some("3cx"));
    assert_eq!(
        detect(&[ABANDONED.as_bytes(), b"\xff~", PASSED_ON.as_bytes()]).dialect,
        Some("3cx")
    );
    assert_eq!(detect(&[b"Call me,maybe", b"Call 5,1", b"Call 7"]).dialect, None);
}

#[test]
fn f05_a_cut_line_is_no_call() {
    let typed = format!("{PASSED_ON},Line,Queue,Extension,a,b,c,");
    for whole in [PASSED_ON, GIVEN_UP, ABANDONED, &typed] {
        for end in 0..whole.len() {
            let cut = parse(&Options::new(), &whole.as_bytes()[..end]);
            // Twenty fields are whole, and some switches close them with a comma.
            let good = whole.len() > PASSED_ON.len() && (end == PASSED_ON.len() || end == PASSED_ON.len() + 1);
            assert_eq!(matches!(cut, Parsed::Leg(_)), good, "{cut:?}");
        }
    }
}

#[test]
fn f09_an_altered_byte_stays_in_its_field_or_the_line_is_unparsed() {
    const OUTCOME: [&str; 8] = [
        "disposition",
        "answered_by",
        "answered_at",
        "station",
        "ring_seconds",
        "talk_seconds",
        "inferred",
        "transfer",
    ];
    const PARTY: [&str; 4] = ["direction", "calling_number", "called_number", "trunk"];
    let may_change = |line: &[u8], at: usize| {
        let mut quoted = false;
        let mut field = 1;
        let text = without_leading_filler(line);
        for byte in text.iter().take(at.saturating_sub(line.len() - text.len())) {
            quoted ^= *byte == b'"';
            field += usize::from(*byte == b',' && !quoted);
        }
        let cells: Vec<&[u8]> = text.split(|b| *b == b',').collect();
        let without_billing = cells[15].starts_with(b"Chain: ") || cells[16] == b"Line";
        // Types may be the last fields.
        let types_last = [b"Extension", &b"Queue"[..]].contains(&cells[cells.len() - 2]);
        match field {
            16.. if without_billing => [&OUTCOME[..], &["direction", "called_number", "calling_name"]].concat(),
            20.. if types_last => [&OUTCOME[..], &["direction", "called_number", "calling_name"]].concat(),
            2 => vec!["pbx_call_id"],
            3 => vec!["talk_seconds"],
            4 | 5 => [&["start"][..], &OUTCOME].concat(),
            7 => vec!["disposition"],
            8..=12 => [&PARTY[..], &OUTCOME, &["calling_name"]].concat(),
            // A comma too many leaves the names' places unknown.
            13..=15 | 20..=23 => [&OUTCOME[..], &["direction", "called_number", "calling_name"]].concat(),
            16 => vec!["account_code"],
            24..=27 => vec!["calling_name"],
            _ => vec![],
        }
    };
    let parsed = properties::check_altered(&DIALECT, may_change);
    assert!(parsed > 1000, "{parsed}");
}

#[test]
fn listed_queues_answer_no_golden_line() {
    for file in golden::inputs("3cx") {
        for line in golden::lines(&file) {
            let Parsed::Leg(leg) = parse(&option("queues", "610,611,612,615"), &line) else {
                continue;
            };
            let by = leg.answered_by.unwrap_or_default();
            assert!(!["610", "611", "612", "615", "999"].contains(&by.as_str()), "{line:?}");
        }
    }
}

#[test]
fn the_usual_line_read_by_comparison_is_what_the_careful_reader_finds() {
    let layout = Layout::option(None).unwrap();
    let (mut usual, mut day) = (0, crate::smdr::usual::Day::new(b'/'));
    for line in golden::inputs("3cx").iter().flat_map(|file| golden::lines(file)) {
        for (at, byte) in (0..line.len()).flat_map(|at| b"|,9x I:\0\xff\"".map(|byte| (at, byte))) {
            let mut altered = line.to_vec();
            altered[at] = byte;
            let Some(found) = usual_line::usual_line(&altered, &mut day) else {
                continue;
            };
            usual += 1;
            let careful = line::printed(&altered, &layout).unwrap();
            assert_eq!(found, careful, "{}", altered.escape_ascii());
        }
    }
    assert!(usual > 3000, "{usual}");
}
