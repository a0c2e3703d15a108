//! Whom a case counts for; sheets: no figure without its list, nothing divided by nothing, no formula.

use jiff::civil::date;
use jiff::tz::TimeZone;

use super::sheet::{Sheet, harmless};
use super::*;
use crate::case::{CaseKind, Deadline, DeadlineKind, Holding, Opening, Words};
use crate::ids::CaseId;
use crate::register::tests::rules;

fn question<'a>(directory: &'a Directory, zone: &'a TimeZone, by: By) -> Question<'a> {
    let at = |day| zone.to_timestamp(date(2026, 10, day).at(0, 0, 0, 0)).unwrap();
    Question {
        from: at(8),
        to: at(13),
        by,
        zone,
        directory,
        lang: Lang::En,
        now: at(13),
    }
}

fn sheet(by: By, key: Key, counts: Counts) -> Sheet {
    let directory = rules().directory.clone();
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let question = question(&directory, &zone, by);
    let counting = Accountability {
        question: question.clone(),
        counts: [(key, counts)].into(),
    };
    let (rows, total) = counting.rows();
    Sheet::new(&question, rows, total, 0)
}

/// Answered first by wang of permits (or nobody is sure), registered, handled by zhao of the bureau since.
fn moved_case(first: Option<&str>) -> Case {
    let at = "2026-10-08T09:00:00+08:00".parse().unwrap();
    let opening = Opening {
        kind: CaseKind::Call,
        call: None,
        holding: Holding {
            first_answerer: first.map(|first| first.parse().unwrap()),
            certainty: if first.is_some() {
                Certainty::Certain
            } else {
                Certainty::Ambiguous
            },
            handler: "zhao".parse().unwrap(),
            department: "bureau".parse().unwrap(),
            how: "answered".to_owned(),
            extension: None,
            clock_base: at,
            clock_flagged: false,
        },
        caller_number: None,
        caller_key: None,
        caller_name: None,
        category: "service".parse().unwrap(),
        duty: None,
        received_at: at,
        policy: ("bureau".to_owned(), "0123456789ab".to_owned()),
    };
    let mut case = Case::from_opening(CaseId::new(1), &opening, at);
    case.settled = true;
    case.registered = true;
    case
}

fn late_close(charged_to: Option<&str>) -> Deadline {
    let at = |text: &str| text.parse().unwrap();
    Deadline {
        kind: DeadlineKind::Close,
        started_at: at("2026-10-08T09:00:00+08:00"),
        due_at: at("2026-10-09T17:30:00+08:00"),
        set_at: at("2026-10-08T09:00:00+08:00"),
        met_at: None,
        breached_at: Some(at("2026-10-09T17:30:00+08:00")),
        charged_to: charged_to.map(|person| person.parse().unwrap()),
        why: Words::default(),
        given: false,
        dropped: false,
    }
}

/// Counts of each key that are not zero in one of the columns.
fn counted(by: By, cases: &[Case], count: fn(&Counts) -> u64) -> Vec<(Option<String>, u64)> {
    let directory = rules().directory.clone();
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let mut counting = Accountability::new(question(&directory, &zone, by));
    for case in cases {
        counting.case(case);
    }
    let (rows, _) = counting.rows();
    let found = rows.into_iter().map(|row| (row.key.clone(), count(&row.counts)));
    found.filter(|(_, count)| *count > 0).collect()
}

fn named(key: &str, count: u64) -> (Option<String>, u64) {
    (Some(key.to_owned()), count)
}

#[test]
fn late_closing_counts_against_who_was_charged_with_it() {
    let mut moved = moved_case(Some("wang"));
    moved.deadlines = vec![late_close(Some("wang"))];
    let late = |counts: &Counts| counts.closed_late;
    assert_eq!(
        counted(By::Person, std::slice::from_ref(&moved), late),
        [named("wang", 1)]
    );
    assert_eq!(
        counted(By::Department, std::slice::from_ref(&moved), late),
        [named("permits", 1)]
    );
    assert_eq!(
        counted(By::Day, std::slice::from_ref(&moved), late),
        [named("2026-10-08", 1)]
    );
    // Nobody is sure who answered, so nobody was charged: who has it is not late.
    let mut unsure = moved_case(None);
    unsure.deadlines = vec![late_close(None)];
    assert_eq!(counted(By::Person, std::slice::from_ref(&unsure), late), []);
}

#[test]
fn a_department_registers_what_its_people_answered_wherever_it_went() {
    let cases = [moved_case(Some("wang")), moved_case(None)];
    let registered = counted(By::Department, &cases, |counts| counts.registered);
    assert_eq!(registered, [named("permits", 1), (None, 1)]);
    assert_eq!(counted(By::Department, &cases, |counts| counts.handed_over), []);
    assert_eq!(
        counted(By::Department, &cases, |counts| counts.open),
        [named("bureau", 2)]
    );
    // The lists ask the same.
    let rows = |key: Key| {
        let sheet = sheet(By::Department, key, Counts::default());
        sheet.rows[0].rows.of("registered").unwrap().join(" ")
    };
    assert!(rows(Key::Named("permits".to_owned())).contains("--first-department permits --only answered"));
    assert!(rows(Key::Nobody).contains("--first-department - --only answered"));
}

#[test]
fn a_hundred_per_cent_at_zero_calls_is_never_shown() {
    let sheet = sheet(By::Person, Key::Named("wang".to_owned()), Counts::default());
    let row = sheet.rows[0].json();
    for (name, rate) in row.as_object().unwrap() {
        assert!(!name.ends_with("_rate") || rate.is_null(), "{name} is {rate}");
    }
    assert!(
        sheet
            .rates_in_words(&Counts::default())
            .iter()
            .all(|rate| rate == "n/a")
    );
    let mut csv = Vec::new();
    sheet.csv(&mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert!(csv.lines().nth(1).unwrap().ends_with(",0,,,,,,,"), "{csv}");
    assert!(!sheet.paper().unwrap().contains("100.0%"), "no 100 %");
}

#[test]
fn a_month_and_a_day_are_cut_to_the_range_and_hours_to_their_hour() {
    let rows = |by, key: Key| {
        let sheet = sheet(by, key, Counts::default());
        sheet.rows[0].rows.of("missed").unwrap().join(" ")
    };
    assert_eq!(
        rows(By::Month, Key::Named("2026-10".to_owned())),
        "call list --from 2026-10-08T00:00:00+08:00 --to 2026-10-13T00:00:00+08:00 --missed"
    );
    assert_eq!(
        rows(By::Day, Key::Named("2026-10-09".to_owned())),
        "call list --from 2026-10-09T00:00:00+08:00 --to 2026-10-10T00:00:00+08:00 --missed"
    );
    assert_eq!(
        rows(By::Hour, Key::Number(9)),
        "call list --from 2026-10-08T00:00:00+08:00 --to 2026-10-13T00:00:00+08:00 --hour 9 --missed"
    );
    assert_eq!(
        rows(By::Person, Key::Nobody),
        "call list --from 2026-10-08T00:00:00+08:00 --to 2026-10-13T00:00:00+08:00 --person - --missed"
    );
}

#[test]
fn no_cell_is_a_formula() {
    for text in ["=1+1", "+49 30", "-1", "@SUM(A1)", "\tx", "\rx", "\0x"] {
        assert_eq!(harmless(text), format!("'{text}"));
    }
    assert_eq!(harmless("王芳"), "王芳");
}

#[test]
fn a_name_with_markup_is_text_on_paper() {
    let sheet = sheet(
        By::Day,
        Key::Named("<script>alert(1)</script>".to_owned()),
        Counts::default(),
    );
    let page = sheet.paper().unwrap();
    assert!(!page.contains("<script>"), "{page}");
}
