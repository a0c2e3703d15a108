//! What a golden line of Avaya IP Office cannot show.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::call::{Leg, Marks};
use crate::smdr::{OptionValue, golden};

const RECEIVED: DateTime = jiff::civil::date(2026, 3, 5).at(12, 0, 0, 0);

fn parse_with(options: &Options, lines: &[&[u8]]) -> Vec<Parsed> {
    let mut parser = DIALECT.parser(options).unwrap();
    let mut out = Vec::new();
    for (number, bytes) in (1..).zip(lines) {
        parser.line(
            Line {
                number,
                bytes,
                received: RECEIVED,
            },
            &mut out,
        );
    }
    parser.flush(&mut out);
    out
}

fn parse(line: &[u8]) -> Parsed {
    parse_with(&Options::new(), &[line]).remove(0)
}

#[track_caller]
fn leg(line: impl AsRef<[u8]>) -> Leg {
    match parse(line.as_ref()) {
        Parsed::Leg(leg) => leg,
        other => panic!("{other:?}"),
    }
}

/// An incoming call answered by 8021, with these cells put in place of its own (numbered from 1).
fn line(cells: &[(usize, &str)]) -> String {
    let mut line: Vec<&str> =
        "2026/03/02 09:15:02,00:01:30,12,02155501234,I,200,62345678,,0,1000201,0,E8021,Wang,T9003,Line 3.1,0,0"
            .split(',')
            .chain([""; 13])
            .collect();
    for (number, cell) in cells {
        line[number - 1] = cell;
    }
    line.join(",")
}

#[test]
fn f10_names_are_decoded_by_the_option() {
    let mut line = line(&[(5, "O"), (13, "@")]).into_bytes();
    let at = line.iter().position(|b| *b == b'@').unwrap();
    line.splice(at..=at, *b"\xcd\xf5\xb7\xbc");
    let options = Options::from([("encoding".to_owned(), OptionValue::Text("gb18030".to_owned()))]);
    let Parsed::Leg(leg) = parse_with(&options, &[&line]).remove(0) else {
        panic!()
    };
    assert_eq!(leg.calling_name.as_deref(), Some("王芳"));
}

#[test]
fn wrong_options_are_refused_with_a_way_out() {
    let refused = |name: &str, value: &str| {
        let options = Options::from([(name.to_owned(), OptionValue::Text(value.to_owned()))]);
        DIALECT.parser(&options).err().unwrap().to_string()
    };
    assert!(refused("encodign", "utf-8").contains("did you mean `encoding`?"));
    assert!(refused("encoding", "klingon").contains("`klingon` is no code page"));
    assert!(refused("encoding", "utf-16le").contains("no code page"));
}

#[test]
fn f09_noise_in_a_name_leaves_it_empty() {
    let noisy = leg(line(&[(5, "O"), (13, "Wa\u{7}ng")]));
    assert_eq!((noisy.calling_name, noisy.station.as_deref()), (None, Some("8021")));
}

#[test]
fn f11_what_tells_of_no_call_is_skipped() {
    for (line, what) in [
        ("", "blank line"),
        ("  \t", "blank line"),
        ("\u{1}\u{4}", "control bytes"),
        ("\u{feff}call start,Connected", "header"),
    ] {
        assert_eq!(parse(line.as_bytes()), Parsed::Skipped { line: 1, what }, "{line:?}");
    }
}

#[test]
fn f12_a_longer_tail_is_ignored() {
    let longer = line(&[]) + ",192.0.2.1,7,192.0.2.1,8,2026/03/02 09:16:44,0,0,something,new,,";
    assert_eq!(leg(longer).answered_by.as_deref(), Some("8021"));
}

#[test]
fn f43_without_seconds_the_stamps_are_inferred() {
    let coarse = leg(line(&[(1, "2026/03/02 09:15")]));
    assert_eq!(coarse.start.to_string(), "2026-03-02T09:15:00");
    assert_eq!(
        (coarse.inferred.to_vec(), coarse.marks.resolution_seconds),
        (vec!["start", "answered_at"], 60)
    );
}

#[test]
fn f44_figures_out_of_range() {
    assert_eq!(leg(line(&[(2, "240:00:00")])).talk_seconds, Some(864_000));
    assert_eq!(leg(line(&[(2, "00:00:00")])).disposition, Disposition::NoAnswer);
    let late = leg(line(&[(1, "9999/12/31 23:59:59"), (3, "9223372036854775807")]));
    assert_eq!((late.answered_at, late.ring_seconds), (None, Some(i64::MAX)));
    let most = i64::MAX.to_string();
    assert_eq!(leg(line(&[(16, &most), (17, &most)])).marks.held_seconds, i64::MAX);
    for (number, cell) in [
        (2, "-00:00:05"),
        (2, "99999999999:00:00"),
        (3, "-3"),
        (3, "9223372036854775808"),
    ] {
        assert!(
            matches!(parse(line(&[(number, cell)]).as_bytes()), Parsed::Unparsed { .. }),
            "{cell}"
        );
    }
}

#[test]
fn later_segments_have_no_answer_time_of_their_own() {
    let begun = line(&[(11, "1")]);
    let later = line(&[(12, "E8022")]);
    let restarted = line(&[(1, "2026/03/09 10:00:00")]);
    let lines = [begun.as_bytes(), later.as_bytes(), restarted.as_bytes()];
    let times: Vec<_> = parse_with(&Options::new(), &lines)
        .into_iter()
        .map(|p| {
            if let Parsed::Leg(leg) = p {
                leg.answered_at.map(|at| at.to_string())
            } else {
                panic!("{p:?}")
            }
        })
        .collect();
    let wanted = [
        Some("2026-03-02T09:15:14".to_owned()),
        None,
        Some("2026-03-09T10:00:12".to_owned()),
    ];
    assert_eq!(times, wanted);
}

#[test]
fn what_joins_legs() {
    let marks = leg(line(&[(11, "1"), (16, "3"), (17, "4"), (18, "1"), (19, "4711")])).marks;
    let wanted = Marks {
        last: Some(false),
        one_start: true,
        machine: None,
        target: Some("200".into()),
        agent: Some("4711".into()),
        transferred: false,
        marks_transfers: false,
        held_seconds: 7,
        resolution_seconds: 1,
        ..Marks::default()
    };
    assert_eq!(marks, wanted);
    assert_eq!(leg(line(&[(18, "1"), (19, "n/a")])).marks.agent, None);
    assert_eq!(
        leg(line(&[(12, "V9501"), (13, "")])).marks.machine,
        Some(Machine::Voicemail)
    );
    assert_eq!(
        leg(line(&[(12, "V11001"), (13, "CO Channel 100.1")])).marks.machine,
        Some(Machine::Other)
    );
}

#[test]
fn commas_in_names_are_found_or_refused() {
    let both = leg(line(&[
        (5, "O"),
        (9, "1"),
        (13, "Wang, F., Ms"),
        (14, "E8022"),
        (15, "Liu, Y."),
    ]));
    assert_eq!(
        (both.calling_name.as_deref(), both.answered_by.as_deref()),
        (Some("Wang, F., Ms"), Some("8022"))
    );
    let charged = leg(line(&[(5, "O"), (20, "Wang, F."), (28, "U Xfd"), (29, "Liu, Y.")]));
    assert_eq!(charged.transfer.unwrap().from.as_deref(), Some("Liu, Y."));
    for number in [4, 6, 7, 8] {
        assert!(
            matches!(parse(line(&[(number, "1,2")]).as_bytes()), Parsed::Unparsed { .. }),
            "field {number}"
        );
    }
}

#[test]
fn shifting_moves_both_stamps_and_nothing_else() {
    let before = line(&[(13, "Wang, F.")]) + ",192.0.2.1,7,192.0.2.1,8,2026/03/02 09:16:44,0,0";
    let after = DIALECT.shifted(before.as_bytes(), 86_400 + 60).unwrap();
    let wanted = before
        .replace("03/02 09:15:02", "03/03 09:16:02")
        .replace("03/02 09:16:44", "03/03 09:17:44");
    assert_eq!(String::from_utf8(after).unwrap(), wanted);
    assert_eq!(
        DIALECT.shifted(b"2008/07/09 17:55,x", 59).unwrap(),
        b"2008/07/09 17:55,x"
    );
    assert_eq!(DIALECT.shifted(b"Call Start,x", 59), None);
}

/// What may change in the output when a byte of this field does.
fn may_change(number: usize) -> &'static [&'static str] {
    const OUTCOME: &[&str] = &["disposition", "answered_by", "answered_at", "inferred"];
    const PARTY: &[&str] = &[
        "station",
        "trunk",
        "calling_number",
        "calling_name",
        "transfer",
        "disposition",
        "answered_by",
        "answered_at",
        "inferred",
    ];
    match number {
        1 => &["start", "answered_at", "inferred"],
        2 => &["talk_seconds", "disposition", "answered_by", "answered_at", "inferred"],
        3 => &["ring_seconds", "answered_at", "inferred"],
        4 => &["calling_number", "inferred"],
        5 | 9 => &[
            "direction",
            "station",
            "calling_number",
            "calling_name",
            "transfer",
            "disposition",
            "answered_by",
            "answered_at",
            "inferred",
        ],
        6 | 7 => &["called_number"],
        8 => &["account_code"],
        10 => &["pbx_call_id"],
        12..=15 => PARTY,
        16 | 17 => OUTCOME,
        28 => &["transfer", "calling_number", "inferred"],
        29 => &["transfer"],
        _ => &[],
    }
}

#[test]
fn f09_an_altered_byte_stays_in_its_field_or_the_line_is_unparsed() {
    let fields = |line: &[u8]| match parse(line) {
        Parsed::Leg(leg) => Some(serde_json::to_value(leg).unwrap()),
        _ => None,
    };
    let mut tried = 0;
    for line in golden::inputs(ABOUT.name).iter().flat_map(|f| golden::lines(f)) {
        let Some(before) = fields(&line) else { continue };
        if golden_line_has_commas_in_names(&line) {
            continue;
        }
        let mut number = 1;
        for at in 0..line.len() {
            let comma = line[at] == b',';
            for byte in *b",9x I\0\xff\x07" {
                let mut altered = line.to_vec();
                altered[at] = byte;
                let Some(after) = fields(&altered) else { continue };
                tried += 1;
                let next: &[&str] = if comma { may_change(number + 1) } else { &[] };
                for (key, value) in before.as_object().unwrap() {
                    let allowed = may_change(number).contains(&key.as_str()) || next.contains(&key.as_str());
                    let shown = altered.escape_ascii();
                    assert!(
                        allowed || after[key] == *value,
                        "{key} of {shown}: {value} became {}",
                        after[key]
                    );
                }
            }
            number += usize::from(comma);
        }
    }
    assert!(tried > 1000, "{tried}");
}

/// Their fields can't be counted by commas alone.
fn golden_line_has_commas_in_names(line: &[u8]) -> bool {
    line.windows(2).any(|w| w == b", ")
}

#[test]
fn the_usual_line_read_by_hand_is_what_the_careful_reader_finds() {
    let mut usual = 0;
    for line in golden::inputs("avaya-ip-office")
        .iter()
        .flat_map(|file| golden::lines(file))
    {
        for at in 0..line.len() {
            for byte in *b"|,9 I:\0\xff" {
                let mut altered = line.to_vec();
                altered[at] = byte;
                let Some(found) = usual_segment(&altered) else { continue };
                usual += 1;
                let careful = segment(&altered).map(|(_, segment)| segment);
                assert_eq!(careful.ok(), Some(found), "{}", altered.escape_ascii());
            }
        }
    }
    assert!(usual > 10_000, "{usual}");
}
