//! Who sat there then, row by row.
#![allow(clippy::unwrap_used)]

use super::super::example::{MON_FRI, directory, ext, held_by, roster};
use super::*;

/// The holder in short, and the rule.
#[track_caller]
fn check(directory: &Directory, asked: (&str, Option<&str>, &str), at: &str, expect: (&str, &str)) {
    let (ext, agent, feed) = asked;
    let found = directory.holder(ext, agent, &feed.parse().unwrap(), at.parse().unwrap());
    let short = match &found.holder {
        Holder::Person(person) => format!("{person}"),
        Holder::Roster(person, desk) => format!("{person} at {desk}"),
        Holder::RosterHole(desk, head) => format!("hole at {desk}: {head}"),
        Holder::UnknownMember(lead) => format!("some member: {lead}"),
        Holder::Machine(machine, lead) => format!("{machine:?} {lead:?}"),
        Holder::Unmapped => "-".to_owned(),
    };
    assert_eq!((short.as_str(), found.rule.as_str()), expect, "{asked:?} at {at}");
}

#[test]
fn an_extension_passes_from_one_to_another() {
    let d = directory();
    let asked = ("8021", None, "pbx");
    check(
        &d,
        asked,
        "2024-03-01T00:00",
        (
            "wang",
            "8021 → wang since 2024-03-01 until 2026-07-01 (directory.toml:12)",
        ),
    );
    check(
        &d,
        asked,
        "2026-06-30T23:59:59",
        (
            "wang",
            "8021 → wang since 2024-03-01 until 2026-07-01 (directory.toml:12)",
        ),
    );
    check(
        &d,
        asked,
        "2026-07-01T00:00",
        ("liu", "8021 → liu since 2026-07-01 (directory.toml:13)"),
    );
    check(
        &d,
        asked,
        "2024-02-29T12:00",
        (
            "-",
            "8021 is wang's from 2024-03-01 on (directory.toml:12); nobody before",
        ),
    );
}

#[test]
fn nobody_has_it_any_more_or_for_a_while() {
    let mut d = directory();
    d.holdings.remove(1);
    let asked = ("8021", None, "pbx");
    check(
        &d,
        asked,
        "2026-10-08T10:00",
        (
            "-",
            "8021 was wang's until 2026-07-01 (directory.toml:12); nobody since",
        ),
    );
    let mut d = d.clone();
    d.holdings.push(Holding {
        from: "2027-01-01".parse().ok(),
        ..ext("8021", held_by("liu"), 20)
    });
    check(
        &d,
        asked,
        "2026-10-08T10:00",
        (
            "-",
            "8021 was wang's until 2026-07-01 (directory.toml:12); nobody until 2027-01-01",
        ),
    );
    check(
        &d,
        ("9999", None, "pbx"),
        "2026-10-08T10:00",
        ("-", "9999 is not in the directory"),
    );
    check(
        &d,
        ("", None, "pbx"),
        "2026-10-08T10:00",
        ("-", "the line names no extension"),
    );
}

#[test]
fn an_agent_code_decides_before_the_extension() {
    let d = directory();
    let at = "2026-10-08T10:00";
    check(
        &d,
        ("8021", Some("4711"), "pbx"),
        at,
        ("wang", "agent 4711 → wang (directory.toml:17)"),
    );
    check(
        &d,
        ("8021", Some("4712"), "pbx"),
        at,
        ("liu", "8021 → liu since 2026-07-01 (directory.toml:13)"),
    );
    check(
        &d,
        ("", Some("4711"), "pbx"),
        at,
        ("wang", "agent 4711 → wang (directory.toml:17)"),
    );
    // An agent code is no extension.
    check(&d, ("4711", None, "pbx"), at, ("-", "4711 is not in the directory"));
}

#[test]
fn a_row_bound_to_the_feed_goes_before_one_that_is_not() {
    let mut d = directory();
    let north = Some("north".parse().unwrap());
    d.holdings.push(Holding {
        feed: north.clone(),
        ..ext("8021", held_by("zhao"), 30)
    });
    d.holdings.push(Holding {
        feed: north.clone(),
        ..ext("8700", held_by("zhao"), 31)
    });
    let at = "2026-10-08T10:00";
    check(
        &d,
        ("8021", None, "north"),
        at,
        ("zhao", "8021 on north → zhao (directory.toml:30)"),
    );
    check(
        &d,
        ("8021", None, "south"),
        at,
        ("liu", "8021 → liu since 2026-07-01 (directory.toml:13)"),
    );
    check(
        &d,
        ("8700", None, "south"),
        at,
        ("-", "8700 is in the directory for feed north only (directory.toml:31)"),
    );
    // A bound row that has ended gives way to the unbound one.
    let mut d = d.clone();
    d.holdings[7].to = "2026-08-01".parse().ok();
    check(
        &d,
        ("8021", None, "north"),
        at,
        ("liu", "8021 → liu since 2026-07-01 (directory.toml:13)"),
    );
}

#[test]
fn desks_groups_and_machines() {
    let d = directory();
    for (ext, at, expect) in [
        (
            "8000",
            "2026-10-07T08:30",
            (
                "wang at front",
                "8000 → desk front, roster mon-fri 08:30-12:00: wang (directory.toml:14)",
            ),
        ),
        (
            "8000",
            "2026-10-10T12:00",
            (
                "liu at front",
                "8000 → desk front, roster 2026-10-10 08:30-17:30: liu (directory.toml:14)",
            ),
        ),
        (
            "8000",
            "2026-10-07T12:00",
            (
                "hole at front: li",
                "8000 → desk front, nobody on the roster Wed 2026-10-07 12:00: li, head of permits (directory.toml:14)",
            ),
        ),
        (
            "8500",
            "2026-10-07T12:00",
            (
                "Queue Some(PersonId(\"li\"))",
                "8500 → queue, lead li (directory.toml:15)",
            ),
        ),
        (
            "8600",
            "2026-10-07T12:00",
            (
                "some member: li",
                "8600 → group of 8021, 8022, lead li (directory.toml:16)",
            ),
        ),
    ] {
        check(&d, (ext, None, "pbx"), at, expect);
    }
    let mut d = d.clone();
    d.fallback = "zhao".parse().unwrap();
    d.holdings[4].what = HoldingWhat::Group {
        members: vec!["8021".into()],
        lead: None,
    };
    check(
        &d,
        ("8600", None, "pbx"),
        "2026-10-07T12:00",
        (
            "some member: zhao",
            "8600 → group of 8021, no lead: zhao, the fallback (directory.toml:16)",
        ),
    );
}

#[test]
fn the_last_match_of_a_roster_wins() {
    let mut d = directory();
    d.desks[0]
        .roster
        .push(roster(&[Weekday::Saturday], "10:00", "11:00", "zhao"));
    let at_desk = |at: &str| {
        let at = at.parse().unwrap();
        d.desks[0]
            .on_duty(at)
            .map(|row| row.person.to_string())
            .unwrap_or_default()
    };
    assert_eq!(at_desk("2026-10-10T09:59"), "liu");
    assert_eq!(at_desk("2026-10-10T10:00"), "zhao");
    assert_eq!(at_desk("2026-10-10T11:00"), "liu");
    assert_eq!(at_desk("2026-10-10T17:30"), "", "half-open");
}

#[test]
fn a_night_belongs_to_the_day_it_starts_on() {
    let nights = roster(&MON_FRI, "20:00", "08:00", "wang");
    let covers = |row: &RosterRow, at: &str| row.covers(at.parse().unwrap());
    // Friday 9 to Saturday 10 October
    assert!(covers(&nights, "2026-10-09T20:00"));
    assert!(covers(&nights, "2026-10-10T07:59:59"));
    assert!(!covers(&nights, "2026-10-10T08:00"));
    assert!(!covers(&nights, "2026-10-10T20:00"), "no Saturday night");
    assert!(
        !covers(&nights, "2026-10-12T07:00"),
        "Sunday's night ends on Monday morning"
    );
    assert!(covers(&nights, "2026-10-13T07:00"));
    let evening = roster(&[Weekday::Friday], "20:00", "24:00", "wang");
    assert!(covers(&evening, "2026-10-09T23:59:59") && !covers(&evening, "2026-10-10T00:00"));
    let all_day = roster(&[Weekday::Friday], "00:00", "24:00", "wang");
    assert!(covers(&all_day, "2026-10-09T00:00") && !covers(&all_day, "2026-10-08T23:59"));
    let round = roster(&[Weekday::Friday], "08:00", "08:00", "wang");
    assert!(covers(&round, "2026-10-10T07:59") && !covers(&round, "2026-10-10T08:00"));
}

#[test]
fn who_answers_for_what_was_found() {
    let d = directory();
    let of = |ext: &str, at: &str| {
        let found = d.holder(ext, None, &"pbx".parse().unwrap(), at.parse().unwrap());
        d.answerable(&found.holder).to_string()
    };
    assert_eq!(of("8021", "2026-06-01T10:00"), "wang");
    assert_eq!(of("8000", "2026-10-07T12:00"), "li");
    assert_eq!(of("8600", "2026-10-07T12:00"), "li");
    assert_eq!(of("9999", "2026-10-07T12:00"), "li");
}

#[test]
fn the_index_knows_all_of_ten_thousand_holdings() {
    let mut d = directory();
    d.holdings = (0..10_000).map(|n| ext(&format!("x{n}"), held_by("wang"), n)).collect();
    for n in 0..10_000 {
        let found = d.holder(
            &format!("x{n}"),
            None,
            &"pbx".parse().unwrap(),
            "2026-10-08T10:00".parse().unwrap(),
        );
        assert_eq!(found.rule, format!("x{n} → wang (directory.toml:{n})"));
    }
}

#[test]
fn a_changed_copy_is_asked_afresh() {
    let d = directory();
    let at = "2026-10-08T10:00";
    check(&d, ("8777", None, "pbx"), at, ("-", "8777 is not in the directory"));
    let mut changed = d.clone();
    changed.holdings.insert(0, ext("8777", held_by("wang"), 40));
    check(
        &changed,
        ("8777", None, "pbx"),
        at,
        ("wang", "8777 → wang (directory.toml:40)"),
    );
    assert_ne!(d, changed);
}

#[test]
fn f40_a_roster_goes_by_the_wall_where_clocks_change() {
    let berlin = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let row = roster(&[Weekday::Sunday], "01:30", "02:30", "wang");
    let covers = |at: &str| row.covers(berlin.to_datetime(at.parse().unwrap()));
    // 29 March 2026, 02:00 becomes 03:00: the turn is half an hour long.
    assert!(covers("2026-03-29T01:59:59+01:00") && !covers("2026-03-29T03:00:00+02:00"));
    // 25 October 2026, 03:00 becomes 02:00 again: who sits there from 02:00 to 02:30 sits there both times.
    assert!(covers("2026-10-25T02:29:59+02:00") && !covers("2026-10-25T02:30:00+02:00"));
    assert!(covers("2026-10-25T02:10:00+01:00") && !covers("2026-10-25T02:30:00+01:00"));
}
