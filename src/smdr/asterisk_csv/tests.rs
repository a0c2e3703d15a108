//! What a golden row of Asterisk cannot show.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::call::{Direction, Disposition, Leg};
use crate::smdr::{detect, golden, properties};

/// 201 answers an outside call after 4 s and talks for 30.
const ANSWERED: &str = r#""","01055501234","62345678","in","""Li"" <01055501234>","PJSIP/carrier-00000010","PJSIP/201-00000011","Dial","PJSIP/201,20","2026-03-04 09:00:00","2026-03-04 09:00:04","2026-03-04 09:00:34",34,30,"ANSWERED","DOCUMENTATION","1772586000.16","""#;

fn option(name: &str, value: &str) -> Options {
    Options::from([(name.to_owned(), OptionValue::Text(value.to_owned()))])
}

fn parse(options: &Options, lines: &[&str]) -> Vec<Parsed> {
    let mut parser = DIALECT.parser(options).unwrap();
    let mut out = Vec::new();
    for (number, line) in (1..).zip(lines) {
        let line = Line {
            number,
            bytes: line.as_bytes(),
            received: jiff::civil::date(2026, 3, 5).at(12, 0, 0, 0),
        };
        parser.line(line, &mut out);
    }
    parser.flush(&mut out);
    out
}

#[track_caller]
fn leg(options: &Options, line: &str) -> Leg {
    match parse(options, &[line]).remove(0) {
        Parsed::Leg(leg) => leg,
        other => panic!("{other:?}"),
    }
}

#[test]
fn stamps_are_utc_only_where_the_site_says_so() {
    let local = leg(&Options::new(), ANSWERED);
    assert_eq!(local.start.to_string(), "2026-03-04T09:00:00");
    for utc in [OptionValue::Bool(true), OptionValue::Text("true".to_owned())] {
        let leg = leg(&Options::from([("utc".to_owned(), utc)]), ANSWERED);
        assert_eq!(leg.start.to_string(), "2026-03-04T09:00:00Z");
        assert_eq!(leg.answered_at.unwrap().to_string(), "2026-03-04T09:00:04Z");
    }
}

#[test]
fn listed_columns_are_read_in_their_order() {
    let columns = "start,src,-,dst,channel,dstchannel,billsec,disposition,linkedid";
    let line = r#""2026-03-04 09:00:00",01055501234,x,201,SIP/carrier-0000000a,SIP/201-0000000b,30.25,ANSWERED,77.1"#;
    let leg = leg(&option("columns", columns), line);
    assert_eq!((leg.answered_by.as_deref(), leg.talk_seconds), (Some("201"), Some(30)));
    assert_eq!((leg.pbx_call_id.as_deref(), leg.ring_seconds), (Some("77.1"), None));
    let cut = parse(&option("columns", columns), &[&line[..line.len() - 5]]);
    assert!(matches!(cut[0], Parsed::Unparsed { .. }), "{cut:?}");
}

#[test]
fn wrong_options_are_refused_with_a_way_out() {
    let refused = |name: &str, value: &str| DIALECT.parser(&option(name, value)).err().unwrap().to_string();
    assert!(refused("colums", "src").contains("did you mean `columns`?"));
    assert!(refused("columns", "src,dst").contains("`channel` is missing"));
    assert!(refused("columns", "src,src").contains("twice"));
    assert!(refused("columns", "caller").contains("`caller` is none of accountcode"));
    assert!(refused("utc", "maybe").contains("true or false"));
    assert!(refused("extension_digits", "0").contains("1 to 12"));
}

#[test]
fn short_numbers_are_extensions_up_to_the_sites_length() {
    let other_switch = ANSWERED.replace("01055501234", "3711");
    assert_eq!(leg(&Options::new(), &other_switch).direction, Direction::Internal);
    assert_eq!(
        leg(&option("extension_digits", "3"), &other_switch).direction,
        Direction::Incoming
    );
}

#[test]
fn menus_mailboxes_and_bridges_answer_for_nobody() {
    for app in [
        "VoiceMail",
        "Playback",
        "BackGround",
        "ConfBridge",
        "MeetMe",
        "IVR",
        "ReceiveFAX",
    ] {
        let leg = leg(&Options::new(), &ANSWERED.replace("Dial", app));
        assert_eq!(leg.answered_by, None, "{app}");
        assert_ne!(leg.disposition, Disposition::Answered, "{app}");
        assert!(leg.marks.machine.is_some(), "{app}");
    }
}

#[test]
fn no_answer_with_talk_is_a_queues() {
    let queue = ANSWERED
        .replace("Dial", "Queue")
        .replace("\"ANSWERED\"", "\"NO ANSWER\"");
    let leg = leg(&Options::new(), &queue);
    assert_eq!((leg.disposition, leg.answered_by), (Disposition::NoAnswer, None));
    assert_eq!((leg.answered_at, leg.station.as_deref()), (None, Some("201")));
    assert_eq!(leg.marks.machine, Some(crate::call::leg::Machine::Queue));
}

#[test]
fn a_local_row_alone_names_the_extension_behind_it() {
    let local = ANSWERED.replace("PJSIP/201-00000011", "Local/201@from-internal-00000003;1");
    let leg = leg(&Options::new(), &local);
    assert_eq!(leg.answered_by.as_deref(), Some("201"));
    assert_eq!(leg.inferred.as_slice(), ["direction", "ring_seconds", "answered_by"]);
}

#[test]
fn a_local_row_waits_for_a_few_lines_only() {
    let local = ANSWERED.replace("PJSIP/201-00000011", "Local/201@from-internal-00000003;1");
    let other = ANSWERED.replace("1772586000.16", "1772586000.99");
    let mut lines = vec![local.as_str()];
    lines.extend([other.as_str(); 9]);
    let numbers: Vec<_> = parse(&Options::new(), &lines)
        .into_iter()
        .map(|p| match p {
            Parsed::Leg(leg) => leg.line,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, [2, 3, 4, 5, 6, 7, 8, 9, 1, 10]);
}

#[test]
fn the_halves_of_a_local_channel_are_one_leg_in_either_order() {
    let front = ANSWERED.replace("PJSIP/201-00000011", "Local/201@q-00000003;1");
    let back = ANSWERED
        .replace("PJSIP/carrier-00000010", "Local/201@q-00000003;2")
        .replace("1772586000.16", "1772586000.18");
    for lines in [[&front, &back], [&back, &front]] {
        let out = parse(&Options::new(), &[lines[0], lines[1]]);
        let [Parsed::Leg(leg)] = &out[..] else {
            panic!("{out:?}")
        };
        assert_eq!(
            (leg.line_numbers.as_slice(), leg.answered_by.as_deref()),
            (&[1, 2][..], Some("201"))
        );
        assert_eq!(leg.trunk.as_deref(), Some("PJSIP/carrier"));
        assert_eq!(leg.pbx_call_id.as_deref(), Some("1772586000.16"));
    }
}

#[test]
fn shifting_moves_all_stamps_and_nothing_else() {
    let shifted = DIALECT.shifted(ANSWERED.as_bytes(), 86_400).unwrap();
    assert_eq!(
        String::from_utf8(shifted).unwrap(),
        ANSWERED.replace("2026-03-04", "2026-03-05")
    );
    assert_eq!(DIALECT.shifted(b"accountcode,src", 1), None);
}

#[test]
fn f05_a_line_cut_before_its_ids_is_no_call() {
    let ids = ANSWERED.find(",\"1772586000.16\"").unwrap();
    for end in 1..ids {
        let cut = parse(&Options::new(), &[&ANSWERED[..end]]);
        assert!(matches!(cut[0], Parsed::Unparsed { .. }), "{cut:?}");
    }
}

#[test]
fn rows_of_other_csv_formats_are_not_ours() {
    let freeswitch = br#""Li","1001","1002","default","2026-03-04 09:00:00","2026-03-04 09:00:04","2026-03-04 09:00:34","34","30","NORMAL_CLEARING","a-b","","1001","PCMU","PCMU""#;
    let grandstream = br#"25,,"5300","5301","from-internal","""pn01"" <5300>","SIP/5300-00000010","SIP/5301-00000011","Dial",SIP/5301,60,"2026-03-04 09:00:00","2026-03-04 09:00:04","2026-03-04 09:00:34",34,30,"ANSWERED","DOCUMENTATION","1.2","","5300","5301","s""#;
    assert_eq!(detect(&[freeswitch]).dialect, None);
    assert_eq!(detect(&[grandstream]).dialect, None);
    assert_eq!(detect(&[ANSWERED.as_bytes()]).dialect, Some("asterisk-csv"));
}

#[test]
fn f09_an_altered_byte_stays_in_its_field_or_the_line_is_unparsed() {
    const ENDED: [&str; 7] = [
        "disposition",
        "answered_by",
        "answered_at",
        "ring_seconds",
        "station",
        "transfer",
        "inferred",
    ];
    const SIDES: [&str; 5] = ["direction", "calling_number", "calling_name", "called_number", "trunk"];
    let of = |column: &str| match column {
        "accountcode" => vec!["account_code"],
        "src" | "dst" | "clid" | "channel" | "dstchannel" | "lastapp" | "lastdata" => [&ENDED[..], &SIDES].concat(),
        "start" => vec!["start", "answered_at", "ring_seconds", "inferred"],
        "answer" => vec!["answered_at", "ring_seconds", "inferred"],
        "duration" => vec!["ring_seconds", "inferred"],
        "billsec" => [&ENDED[..], &["talk_seconds"]].concat(),
        "disposition" => ENDED.to_vec(),
        "uniqueid" | "linkedid" => vec!["pbx_call_id"],
        // What is not read: the end, the context, flags, the user's field.
        _ => Vec::new(),
    };
    let may_change = |line: &[u8], at: usize| {
        let cells = cut::cells(line).unwrap();
        let columns = row::columns(&Layout::Known, &cells);
        // The quote before a cell and the comma behind it belong to it.
        let place = cells.iter().rposition(|cell| cell.at <= at + 1).unwrap_or(0);
        let before = place.saturating_sub(usize::from(cells[place].at > at));
        [before, place]
            .iter()
            .filter_map(|n| columns.get(*n))
            .flat_map(|c| of(row::name_of(*c)))
            .collect()
    };
    let parsed = properties::check_altered(&DIALECT, may_change);
    assert!(parsed > 1000, "{parsed}");
}

#[test]
fn the_usual_line_read_by_comparison_is_what_the_careful_reader_finds() {
    let (mut usual, mut day) = (0, Day::new(b'-'));
    for line in golden::inputs("asterisk-csv")
        .iter()
        .flat_map(|file| golden::lines(file))
    {
        for (at, byte) in (0..line.len()).flat_map(|at| b"|,9x I:\0\xff\"".map(|byte| (at, byte))) {
            let mut altered = line.to_vec();
            altered[at] = byte;
            let Some(found) = usual_row::usual_row(&altered, 1, encoding_rs::UTF_8, &mut day) else {
                continue;
            };
            usual += 1;
            let careful = row::row(&altered, 1, &Layout::Known, encoding_rs::UTF_8).unwrap();
            assert_eq!(found, careful.row(), "{}", altered.escape_ascii());
        }
    }
    assert!(usual > 3000, "{usual}");
}
