//! What a golden line of a Panasonic cannot show.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::call::{Disposition, Leg, Machine};
use crate::smdr::{OptionValue, detect, properties};

const NOON: DateTime = date(2026, 3, 5).at(12, 0, 0, 0);

fn option(name: &str, value: &str) -> Options {
    Options::from([(name.to_owned(), OptionValue::Text(value.to_owned()))])
}

/// A line of pattern A on 4 March 2026.
fn line(clock: &str, extension: &str, trunk: &str, dial: &str, ring: &str, talk: &str, code: &str) -> String {
    format!(
        "03/04/26 {clock:7} {extension:>5} {trunk:2} {dial:25} {ring:4} {talk:8} {:10} {code}",
        ""
    )
}

/// 8022 answers after 6 s and talks for 2 min 40 s.
fn answered() -> String {
    line("09:03AM", "8022", "03", "<I>02155550123", "0'06", "00:02'40", "")
}

/// Lines received at so many hours after noon.
fn parse_at(options: &Options, lines: &[(i64, &[u8])]) -> Vec<Parsed> {
    let mut parser = DIALECT.parser(options).unwrap();
    let mut out = Vec::new();
    for (number, (hours, bytes)) in (1..).zip(lines) {
        let received = NOON.saturating_add(SignedDuration::from_hours(*hours));
        parser.line(
            Line {
                number,
                bytes,
                received,
            },
            &mut out,
        );
    }
    parser.flush(&mut out);
    out
}

fn parse(options: &Options, lines: &[&str]) -> Vec<Parsed> {
    let lines: Vec<_> = lines.iter().map(|line| (0, line.as_bytes())).collect();
    parse_at(options, &lines)
}

fn legs(parsed: Vec<Parsed>) -> Vec<Leg> {
    parsed
        .into_iter()
        .filter_map(|p| match p {
            Parsed::Leg(leg) => Some(leg),
            Parsed::Skipped { .. } | Parsed::Unparsed { .. } => None,
        })
        .collect()
}

#[track_caller]
fn leg(options: &Options, line: &str) -> Leg {
    let mut legs = legs(parse(options, &[line]));
    assert_eq!(legs.len(), 1, "{line}");
    legs.remove(0)
}

#[test]
fn the_stamps_meaning_is_an_option() {
    let times = |meaning: &str| {
        let leg = leg(&option("stamp", meaning), &answered());
        (leg.start.to_string(), leg.answered_at.unwrap().to_string())
    };
    let day = |clock: &str| format!("2026-03-04T{clock}");
    assert_eq!(times("start"), (day("09:03:00"), day("09:03:06")));
    assert_eq!(times("answer"), (day("09:02:54"), day("09:03:00")));
    assert_eq!(times("end"), (day("09:00:14"), day("09:00:20")));
}

#[test]
fn the_order_of_dates_is_an_option() {
    let start = |order: &str| leg(&option("date_order", order), &answered()).start.to_string();
    assert_eq!(start("mdy"), "2026-03-04T09:00:14");
    assert_eq!(start("dmy"), "2026-04-03T09:00:14");
    let ymd = answered().replace("03/04/26", "26/03/04");
    let ymd = leg(&option("date_order", "ymd"), &ymd);
    assert_eq!(ymd.start.to_string(), "2026-03-04T09:00:14");
    // An order that is given stays, and a date that it can't have is not parsed.
    let thirteenth = answered().replace("03/04/26", "13/04/26");
    assert_eq!(legs(parse(&option("date_order", "mdy"), &[&thirteenth])), []);
}

#[test]
fn wrong_options_are_refused_with_a_way_out() {
    let refused = |name: &str, value: &str| DIALECT.parser(&option(name, value)).err().unwrap().to_string();
    assert!(refused("dateorder", "mdy").contains("did you mean `date_order`?"));
    assert!(refused("date_order", "american").contains("none of mdy, dmy, ymd"));
    assert!(refused("stamp", "middle").contains("none of start, answer, end"));
    assert!(refused("encoding", "klingon").contains("no code page"));
}

#[test]
fn f10_names_are_decoded_by_the_option() {
    let mut bytes = answered().into_bytes();
    bytes.splice(29..33, *b"\xcd\xf5\xb7\xbc");
    let legs = legs(parse_at(&option("encoding", "gb18030"), &[(0, &bytes)]));
    assert_eq!(
        (legs[0].calling_name.as_deref(), legs[0].calling_number.as_deref()),
        (Some("王芳"), Some("5550123"))
    );
}

#[test]
fn a_title_without_ring_time_means_a_small_switch_whose_stamp_is_the_start() {
    let small = "Date Time Ext. CO Dial number Duration Code";
    let large = "Date Time Ext CO Dial Number Ring Duration Acc code CD";
    let call = "03/04/26 09:03AM 103 01 0215550123 00:02'40";
    let starts: Vec<_> = legs(parse(&Options::new(), &[call, small, call, large, call]))
        .iter()
        .map(|leg| leg.start.to_string())
        .collect();
    assert_eq!(
        starts,
        ["2026-03-04T09:00:20", "2026-03-04T09:03:00", "2026-03-04T09:00:20"]
    );
}

#[test]
fn f43_a_clock_of_24_hours_with_seconds_is_read() {
    let leg = leg(&Options::new(), "03/04/26 14:32:10 204 01 <I>02155550123 0'12 00:03'45");
    assert_eq!(
        (leg.start.to_string(), leg.marks.resolution_seconds),
        ("2026-03-04T14:28:13".to_owned(), 1)
    );
}

#[test]
fn an_answer_waits_for_its_final_line_and_no_longer_than_a_day() {
    let answer = line("09:00AM", "8022", "03", "<I>02155550123", "0'06", "", "AN");
    let other = line("09:30AM", "8021", "07", "<I>02155550188", "0'06", "00:01'00", "");
    let end = answered();
    let lines = |hours: i64, last: &str| {
        let legs = legs(parse_at(
            &Options::new(),
            &[(0, answer.as_bytes()), (1, other.as_bytes()), (hours, last.as_bytes())],
        ));
        legs.iter().map(|leg| leg.line_numbers.to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(lines(23, &end), [vec![2], vec![1, 3]]);
    assert_eq!(lines(25, &end), [vec![2], vec![1], vec![3]]);
    let ringing_longer = end.replace("0'06", "0'07");
    assert_eq!(lines(2, &ringing_longer), [vec![2], vec![3], vec![1]]);
    let alone = leg(&Options::new(), &answer);
    assert_eq!(
        (alone.answered_by.as_deref(), alone.talk_seconds, alone.disposition),
        (Some("8022"), None, Disposition::Answered)
    );
    assert_eq!(alone.answered_at.unwrap().to_string(), "2026-03-04T09:00:00");
}

#[test]
fn who_answers_after_tr_came_by_transfer() {
    let first = answered().replace("00:02'40            ", "00:02'40            TR");
    let second = line("09:08AM", "8024", "03", "<I>02155550123", "", "00:04'58", "");
    let transferred = |second: &str| {
        let legs = legs(parse(&Options::new(), &[&first, second]));
        assert_eq!(legs[0].transfer.as_ref().unwrap().from.as_deref(), Some("8022"));
        assert!(legs.iter().all(|leg| leg.marks.marks_transfers) && !legs[0].marks.transferred);
        legs[1].marks.transferred
    };
    assert!(transferred(&second));
    assert!(!transferred(&second.replace(" 03 ", " 04 ")), "another trunk");
    assert!(!transferred(&second.replace("0123", "0124")), "another caller");
    assert!(!transferred(&second.replace("09:08AM", "09:18AM")), "much later");
}

#[test]
fn machines_are_marked() {
    let machine = |line: &str| leg(&Options::new(), line).marks.machine;
    assert_eq!(
        machine("12/31/05 3:25PM 02 < UCD waiting > 00:11'48\""),
        Some(Machine::Queue)
    );
    assert_eq!(
        machine("12/31/05 3:25PM 103B 02 < incoming > 00:00'48\""),
        Some(Machine::Ivr)
    );
    assert_eq!(machine(&answered()), None);
    assert_eq!(
        leg(
            &Options::new(),
            &line("09:03AM", "*4711", "03", "123", "", "00:00'05", "")
        )
        .marks
        .agent
        .as_deref(),
        Some("4711")
    );
}

#[test]
fn shifting_moves_the_stamp_and_nothing_else() {
    let shifted = |line: &str, seconds| String::from_utf8(DIALECT.shifted(line.as_bytes(), seconds).unwrap()).unwrap();
    assert_eq!(
        shifted(&answered(), 3 * 3600),
        answered().replace("09:03AM", "12:03PM"),
        "columns stay"
    );
    assert_eq!(shifted("12/31/05 *12:54PM 101", 12 * 3600), "01/01/06 *12:54AM 101");
    assert_eq!(shifted("28/02/24 9:05 101", 86_400), "29/02/24 9:05 101");
    assert_eq!(shifted(" 1/ 6/05   1:18AM 107", 10 * 86_400), " 1/16/05   1:18AM 107");
    assert_eq!(shifted("1/31/05   1:18AM 107", 86_400), "2/ 1/05   1:18AM 107");
    assert_eq!(DIALECT.shifted(b"Date Time Ext", 1), None);
    assert_eq!(DIALECT.shifted(b"**/**/** **:****", 1), None);
}

#[test]
fn pages_with_noise_among_them_are_detected() {
    let call = answered();
    let title = b"  Date     Time    Ext CO        Dial Number        Ring Duration  Acc code  CD ";
    let found = detect(&[title, &[b'-'; 80], call.as_bytes(), b"ATZ", call.as_bytes()]);
    assert_eq!(found.dialect, Some("panasonic-kx"), "{found:?}");
    let found = detect(&[
        b"03/04/26 09:03AM all of us met in room 3, and it was John's",
        b"03/05/26 10:00AM 12 eggs",
    ]);
    assert_eq!(found.dialect, None, "{found:?}");
}

#[test]
fn f05_a_cut_line_gives_no_answer_that_was_not_there() {
    let whole = answered();
    for end in 0..whole.trim_end().len() {
        for leg in legs(parse(&Options::new(), &[&whole[..end]])) {
            assert_eq!(leg.answered_by, None, "{}", &whole[..end]);
        }
    }
}

#[test]
fn f05_a_date_that_lost_a_figure_is_none() {
    let parsed = parse(&Options::new(), &["2/31/26 09:03AM 103 01 0215550123 00:02'40"]);
    assert!(matches!(parsed[..], [Parsed::Unparsed { .. }]), "{parsed:?}");
    let start = |line| leg(&option("stamp", "start"), line).start.to_string();
    assert_eq!(
        start("2/ 3/26   9:03AM 103  01   0215550123  00:02'40\" ...."),
        "2026-02-03T09:03:00"
    );
}

#[test]
fn f44_figures_out_of_range_are_not_parsed() {
    let call = answered();
    for (cell, other) in [
        ("00:02'40", "00:60'40"),
        ("00:02'40", "00:02'60"),
        ("00:02'40", "-0:02'40"),
        ("0'06", "0'66"),
        ("03/04/26", "99/99/99"),
        ("09:03AM", "25:03AM"),
    ] {
        let parsed = parse(&Options::new(), &[&call.replacen(cell, other, 1)]);
        assert!(matches!(parsed[..], [Parsed::Unparsed { .. }]), "{other}: {parsed:?}");
    }
}

#[test]
fn f09_an_altered_byte_stays_in_its_field_or_the_line_is_unparsed() {
    const TIMES: [&str; 3] = ["start", "answered_at", "inferred"];
    const OUTCOME: [&str; 5] = ["disposition", "answered_by", "answered_at", "inferred", "talk_seconds"];
    const SIDES: [&str; 5] = [
        "direction",
        "calling_number",
        "calling_name",
        "called_number",
        "inferred",
    ];
    let all = [
        &TIMES[..],
        &OUTCOME,
        &SIDES,
        &["ring_seconds", "account_code", "transfer", "station", "trunk"],
    ]
    .concat();
    let may_change = |line: &[u8], at: usize| {
        let in_columns = line::fields(line).is_ok() && line.get(16) == Some(&b' ') && line.get(22) == Some(&b' ');
        if !in_columns || line.len() > 80 || line.get(57 + 5) != Some(&b'\'') {
            return all.clone();
        }
        match at {
            0..=16 => TIMES.to_vec(),
            17..=21 => [&["station", "transfer"][..], &SIDES, &OUTCOME].concat(),
            // A figure between two columns lengthens the one before it.
            22..=24 => [&["trunk", "station", "transfer"][..], &SIDES, &OUTCOME].concat(),
            25..=51 => [&SIDES[..], &OUTCOME, &["trunk"]].concat(),
            52..=56 => [&["ring_seconds"][..], &TIMES, &OUTCOME, &SIDES].concat(),
            57..=65 => [&TIMES[..], &OUTCOME].concat(),
            66..=76 => vec!["account_code"],
            _ => [&["transfer"][..], &OUTCOME, &SIDES, &TIMES].concat(),
        }
    };
    let parsed = properties::check_altered(&DIALECT, may_change);
    assert!(parsed > 1000, "{parsed}");
}
