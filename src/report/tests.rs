//! Sheets: no figure without its list, nothing divided by nothing, no formula.

use jiff::civil::date;
use jiff::tz::TimeZone;

use super::sheet::{Sheet, harmless};
use super::*;
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
