//! What a golden line of HiPath cannot show.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::layouts::{LONG, columns};
use super::*;
use crate::call::{Disposition, Leg, Marks};
use crate::smdr::{OptionValue, detect, golden, properties};

/// 250 answers after 5 s and talks for 7.
const ANSWERED: &str = "31.01.2115:23:58  9   25000:0500:00:07353805550193                         1";

fn option(name: &str, value: &str) -> Options {
    Options::from([(name.to_owned(), OptionValue::Text(value.to_owned()))])
}

fn parse(options: &Options, line: &str) -> Parsed {
    let mut parser = DIALECT.parser(options).unwrap();
    let mut out = Vec::new();
    let line = Line {
        number: 1,
        bytes: line.as_bytes(),
        received: jiff::civil::date(2026, 3, 5).at(12, 0, 0, 0),
    };
    parser.line(line, &mut out);
    parser.flush(&mut out);
    out.remove(0)
}

#[track_caller]
fn leg(options: &Options, line: &str) -> Leg {
    match parse(options, line) {
        Parsed::Leg(leg) => leg,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_stamps_meaning_is_an_option() {
    let times = |meaning: &str| {
        let leg = leg(&option("stamp", meaning), ANSWERED);
        (
            leg.start.to_string(),
            leg.answered_at.unwrap().to_string(),
            leg.inferred.to_vec(),
        )
    };
    let day = |clock: &str| format!("2021-01-31T{clock}");
    assert_eq!(times("start"), (day("15:23:58"), day("15:24:03"), vec!["answered_at"]));
    assert_eq!(times("answer"), (day("15:23:53"), day("15:23:58"), vec!["start"]));
    assert_eq!(
        times("end"),
        (day("15:23:46"), day("15:23:51"), vec!["start", "answered_at"])
    );
}

#[test]
fn zero_talk_counts_as_an_answer_only_where_the_site_says_so() {
    let zero = ANSWERED.replace("00:00:07", "00:00:00");
    let counted = leg(&option("zero_talk", "answered"), &zero);
    assert_eq!(counted.answered_by.as_deref(), Some("250"));
    assert!(counted.inferred.contains(&"answered_by"), "{:?}", counted.inferred);
    let blank = ANSWERED.replace("00:00:07", "        ");
    let missed = leg(&option("zero_talk", "answered"), &blank);
    assert_eq!(
        (missed.disposition, missed.answered_by, missed.inferred.to_vec()),
        (Disposition::NoAnswer, None, vec!["start"])
    );
}

#[test]
fn wrong_options_are_refused_with_a_way_out() {
    let refused = |name: &str, value: &str| DIALECT.parser(&option(name, value)).err().unwrap().to_string();
    assert!(refused("stmap", "end").contains("did you mean `stamp`?"));
    assert!(refused("stamp", "middle").contains("none of start, answer, end"));
    assert!(refused("zero_talk", "maybe").contains("neither missed nor answered"));
}

#[test]
fn what_joins_legs() {
    let marks = |kind: &str| {
        let line = format!("{}{kind}", &ANSWERED[..74]);
        leg(&Options::new(), &line).marks
    };
    let first = marks(" 1");
    let wanted = Marks {
        last: None,
        one_start: false,
        machine: None,
        target: Some("250".into()),
        agent: None,
        transferred: false,
        marks_transfers: true,
        held_seconds: 0,
        resolution_seconds: 1,
        ..Marks::default()
    };
    assert_eq!(first, wanted);
    assert!(marks("35").transferred && marks(" 5").transferred && marks("38").transferred);
    assert!(!marks(" 2").transferred && !marks(" 9").transferred);
}

#[test]
fn shifting_moves_the_stamp_and_nothing_else() {
    let shifted = |line: &str, seconds| String::from_utf8(DIALECT.shifted(line.as_bytes(), seconds).unwrap()).unwrap();
    assert_eq!(
        shifted(ANSWERED, 86_400),
        ANSWERED.replace("31.01.2115:23:58", "01.02.2115:23:58")
    );
    assert_eq!(
        shifted("\x13\x1128.02.24|23:59:59|201|x", 1),
        "\x13\x1129.02.24|00:00:00|201|x"
    );
    assert_eq!(
        shifted("31.12.9923:59:59 x", 1),
        "01.01.0000:00:00 x",
        "the century does not show"
    );
    assert_eq!(DIALECT.shifted(b"Datum|Uhrzeit", 1), None);
}

#[test]
fn a_few_lines_with_noise_among_them_are_detected() {
    let found = detect(&[ANSWERED.as_bytes(), b"31.01.2115:23:58  9   2500", b"\x10\xff", b"~~~"]);
    assert_eq!(found.dialect, None, "{found:?}");
    let found = detect(&[ANSWERED.as_bytes(), b"31.01.2115:23:58  9   2500", ANSWERED.as_bytes()]);
    assert_eq!(found.dialect, Some("siemens-hipath"), "{found:?}");
}

#[test]
fn f05_a_cut_line_is_no_call() {
    for end in 0..ANSWERED.len() {
        let cut = parse(&Options::new(), &ANSWERED[..end]);
        assert!(!matches!(cut, Parsed::Leg(_)), "{cut:?}");
    }
}

#[test]
fn f09_an_altered_byte_stays_in_its_field_or_the_line_is_unparsed() {
    const TIMES: [&str; 2] = ["start", "answered_at"];
    const OUTCOME: [&str; 4] = ["disposition", "answered_by", "inferred", "answered_at"];
    let place = |line: &[u8], at: usize| {
        let begun = leading_control(line);
        match line[begun..].get(8) {
            Some(b'|') => line[begun..at].iter().filter(|b| **b == b'|').count() + 1,
            // The blanks before and behind a cell are its own.
            Some(b' ') => LONG
                .columns
                .iter()
                .rposition(|(from, to)| from < to && at - begun + 1 >= *from)
                .map_or(12, |field| field + 1),
            _ => columns(&line[begun..])
                .columns
                .iter()
                .position(|(from, to)| (*from..*to).contains(&(at - begun)))
                .map_or(12, |field| field + 1),
        }
    };
    let may_change = |line: &[u8], at: usize| {
        if line.get(8) == Some(&b' ') && line.len() < 78 {
            // Read by words: a blank belongs to both beside it.
            let word = line[..at].split(|b| *b == b' ').filter(|word| !word.is_empty()).count();
            let behind = [
                &["ring_seconds", "talk_seconds", "direction", "account_code"][..],
                &TIMES,
                &OUTCOME,
            ]
            .concat();
            let numbers = ["station", "calling_number", "called_number", "transfer"];
            return match word {
                0 | 1 => TIMES.to_vec(),
                2 | 3 => [&["trunk"][..], &TIMES, &numbers, &OUTCOME].concat(),
                4 => [&["trunk"][..], &numbers, &behind].concat(),
                _ => [&numbers[..], &behind].concat(),
            };
        }
        let field = place(line, at.max(leading_control(line)));
        match field {
            1 | 2 => TIMES.to_vec(),
            3 => vec!["trunk"],
            4 => [
                &["station", "calling_number", "called_number", "transfer"][..],
                &OUTCOME,
            ]
            .concat(),
            5 | 6 => [&["ring_seconds", "talk_seconds"][..], &TIMES, &OUTCOME].concat(),
            7 => vec!["calling_number", "called_number"],
            9 => [
                &["direction", "calling_number", "called_number", "transfer"][..],
                // A bar too few or too many behind the type moves what follows.
                &["account_code"],
                &OUTCOME,
            ]
            .concat(),
            10 => vec!["account_code", "called_number"],
            11 => vec!["called_number"],
            _ => vec![],
        }
    };
    let parsed = properties::check_altered(&DIALECT, may_change);
    assert!(parsed > 1000, "{parsed}");
}

#[test]
fn the_usual_line_read_by_comparison_is_what_the_careful_reader_finds() {
    let mut usual = 0;
    for line in golden::inputs("siemens-hipath")
        .iter()
        .flat_map(|file| golden::lines(file))
    {
        for (at, byte) in (0..line.len()).flat_map(|at| b"|,9x I:\0\xff\"".map(|byte| (at, byte))) {
            let mut altered = line.to_vec();
            altered[at] = byte;
            let Some(found) = usual_fields(&altered) else { continue };
            usual += 1;
            let careful = fields(&altered).unwrap();
            assert_eq!(found, careful, "{}", altered.escape_ascii());
        }
    }
    assert!(usual > 3000, "{usual}");
}
