//! A small bureau for tests: the directory that the reference of the file format shows.
#![allow(clippy::unwrap_used)]

use jiff::civil::{Time, Weekday};

use super::{
    Away, Department, Desk, Directory, DutyEntry, Holding, HoldingKey, HoldingWhat, Known, Person, RosterDays,
    RosterRow,
};
use crate::call::Machine;

/// A person of a department, with a mailbox and nothing else.
pub(crate) fn person(id: &str, department: &str) -> Person {
    Person {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        name_en: None,
        mail: Some(format!("{id}@x.cn")),
        language: None,
        department: department.parse().unwrap(),
        supervisor: None,
        deputies: Vec::new(),
        rank: 0,
        login: None,
        phone: None,
        hours: None,
        away: Vec::new(),
        roles: Vec::new(),
    }
}

/// An extension's row; `place` is made of the line.
pub(crate) fn ext(ext: &str, what: HoldingWhat, line: u32) -> Holding {
    let place = format!("directory.toml:{line}");
    Holding {
        key: HoldingKey::Ext(ext.to_owned()),
        feed: None,
        from: None,
        to: None,
        what,
        place,
    }
}

pub(crate) fn held_by(person: &str) -> HoldingWhat {
    HoldingWhat::Person(person.parse().unwrap())
}

pub(crate) fn roster(days: &[Weekday], from: &str, to: &str, person: &str) -> RosterRow {
    RosterRow {
        on: RosterDays::Weekdays(days.to_vec()),
        at: (time(from), time(to)),
        person: person.parse().unwrap(),
    }
}

pub(crate) fn time(text: &str) -> Time {
    if text == "24:00" {
        Time::midnight()
    } else {
        format!("{text}:00").parse().unwrap()
    }
}

pub(crate) const MON_FRI: [Weekday; 5] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
];

/// wang, liu, li and zhao; wang is away from 8 to 12 October 2026.
pub(crate) fn directory() -> Directory {
    let department = |id: &str, name: &str, head: &str| Department {
        id: id.parse().unwrap(),
        name: name.to_owned(),
        name_en: None,
        parent: None,
        head: head.parse().unwrap(),
        phone: None,
        complaints: false,
    };
    let away = Away {
        from: "2026-10-08".parse().unwrap(),
        to: "2026-10-12".parse().unwrap(),
    };
    let duty = |words: &[&str]| DutyEntry {
        words: words.iter().map(|&word| word.to_owned()).collect(),
        department: None,
        handler: None,
        outside: None,
        phone: None,
    };
    Directory {
        departments: vec![
            Department {
                name_en: Some("Bureau".into()),
                complaints: true,
                ..department("bureau", "局机关", "zhao")
            },
            Department {
                parent: "bureau".parse().ok(),
                ..department("permits", "审批科", "li")
            },
        ],
        people: vec![
            Person {
                name: "王芳".into(),
                name_en: Some("Wang Fang".into()),
                deputies: vec!["liu".parse().unwrap()],
                rank: 3,
                login: Some("wangf".into()),
                away: vec![away],
                ..person("wang", "permits")
            },
            Person {
                name: "刘洋".into(),
                ..person("liu", "permits")
            },
            Person {
                name: "李强".into(),
                roles: vec!["supervisor".into()],
                ..person("li", "permits")
            },
            Person {
                name: "赵敏".into(),
                roles: vec!["manager".into()],
                ..person("zhao", "bureau")
            },
        ],
        holdings: holdings(),
        desks: vec![Desk {
            id: "front".parse().unwrap(),
            department: "permits".parse().unwrap(),
            roster: vec![
                roster(&MON_FRI, "08:30", "12:00", "wang"),
                RosterRow {
                    on: RosterDays::Date("2026-10-10".parse().unwrap()),
                    at: (time("08:30"), time("17:30")),
                    person: "liu".parse().unwrap(),
                },
            ],
        }],
        duties: vec![
            DutyEntry {
                handler: "wang".parse().ok(),
                ..duty(&["营业执照", "business licence"])
            },
            duty(&["营业执照年检"]),
            DutyEntry {
                outside: Some("公安局".into()),
                ..duty(&["户口"])
            },
        ],
        known: vec![Known {
            number: "02155501234".into(),
            name: "保洁".into(),
            opens: false,
        }],
        ..Directory::new("li".parse().unwrap())
    }
}

fn holdings() -> Vec<Holding> {
    let group = |members: &[&str], lead: Option<&str>| HoldingWhat::Group {
        members: members.iter().map(|&member| member.to_owned()).collect(),
        lead: lead.map(|lead| lead.parse().unwrap()),
    };
    let moved = "2026-07-01".parse().ok();
    vec![
        Holding {
            from: "2024-03-01".parse().ok(),
            to: moved,
            ..ext("8021", held_by("wang"), 12)
        },
        Holding {
            from: moved,
            ..ext("8021", held_by("liu"), 13)
        },
        ext("8000", HoldingWhat::Desk("front".parse().unwrap()), 14),
        ext(
            "8500",
            HoldingWhat::Machine {
                machine: Machine::Queue,
                lead: "li".parse().ok(),
            },
            15,
        ),
        ext("8600", group(&["8021", "8022"], Some("li")), 16),
        Holding {
            key: HoldingKey::Agent("4711".into()),
            ..ext("", held_by("wang"), 17)
        },
        Holding {
            key: HoldingKey::Number("13800138000".into()),
            ..ext("", held_by("liu"), 18)
        },
    ]
}
