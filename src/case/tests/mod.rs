//! A bureau in Beijing in 2026: every test is a story that people, the switch and the clock tell by commands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod clock;
mod closing;
mod dates;
mod drafts;
mod feedback;
mod ladder;
mod late;
mod missed;
mod moving;
mod opening;
mod properties;
mod recount;
mod regulations;
mod shapes;
mod waiting;
mod who;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

use crate::calendar::{Calendar, CountFrom, Name, OffDays, Span, WeekHours, WorkDay};
use crate::call::Certainty;
use crate::case::event::{Event, EventRow, Holding, Opening, Particulars};
use crate::case::policy::{
    Category, Clocks, Duty, DutyRule, Opens, Policy, Quiet, Recipient, Rung, Superior, TransferRule,
};
use crate::case::state::{Actor, Case, CaseKind, DeadlineKind, Outcome};
use crate::case::{Command, Context, Refusal, decide, open};
use crate::directory::{Department, Directory, Person};
use crate::ids::{CaseId, PersonId};

pub(super) fn beijing() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

/// `"2026-10-08 16:40"`, Beijing time.
pub(super) fn t(text: &str) -> Timestamp {
    let wall: DateTime = text.replace(' ', "T").parse().unwrap();
    beijing().to_timestamp(wall).unwrap()
}

pub(super) fn p(id: &str) -> PersonId {
    id.parse().unwrap()
}

pub(super) fn calendar() -> Calendar {
    let time = |h, m| Time::new(h, m, 0, 0).unwrap();
    let mut hours = WeekHours::closed();
    for day in &mut hours.days[..5] {
        *day = vec![(time(9, 0), time(12, 0)), (time(13, 30), time(17, 30))];
    }
    let off = [
        ("2026-01-01", "2026-01-03"),
        ("2026-02-15", "2026-02-23"),
        ("2026-04-04", "2026-04-06"),
        ("2026-05-01", "2026-05-05"),
        ("2026-06-19", "2026-06-21"),
        ("2026-09-25", "2026-09-27"),
        ("2026-10-01", "2026-10-07"),
    ];
    let work = [
        "2026-01-04",
        "2026-02-14",
        "2026-02-28",
        "2026-05-09",
        "2026-09-20",
        "2026-10-10",
    ];
    Calendar {
        off: off
            .map(|(from, to)| OffDays {
                from: from.parse().unwrap(),
                to: to.parse().unwrap(),
                name: Name::default(),
            })
            .to_vec(),
        work: work
            .map(|date| WorkDay {
                date: date.parse().unwrap(),
                at: None,
                stands_for: None,
                name: Name::default(),
            })
            .to_vec(),
        ..Calendar::weekly("cn", beijing(), hours)
    }
}

/// The bureau: zhao above, li heads permits (wang, liu), chen heads roads (sun).
pub(super) fn directory() -> Directory {
    let department = |id: &str, parent: Option<&str>, head: &str, phone: Option<&str>| Department {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        name_en: None,
        parent: parent.map(|parent| parent.parse().unwrap()),
        head: p(head),
        phone: phone.map(str::to_owned),
        complaints: false,
    };
    let person = |id: &str, department: &str, roles: &[&str]| Person {
        id: p(id),
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
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    };
    Directory {
        departments: vec![
            department("bureau", None, "zhao", None),
            department("permits", Some("bureau"), "li", Some("8020")),
            department("roads", Some("bureau"), "chen", Some("8030")),
        ],
        people: vec![
            person("zhao", "bureau", &["manager"]),
            person("li", "permits", &["supervisor"]),
            person("wang", "permits", &[]),
            person("liu", "permits", &[]),
            person("chen", "roads", &["supervisor"]),
            person("sun", "roads", &[]),
        ],
        ..Directory::new(p("li"))
    }
}

const HOUR: i64 = 3600;

pub(super) fn needs(fields: &[&str]) -> Vec<Vec<String>> {
    fields
        .iter()
        .map(|field| field.split('|').map(str::to_owned).collect())
        .collect()
}

fn category(days: i64, default: bool) -> Category {
    Category {
        close: Span::BusinessDays(days),
        default,
        approver: None,
        to: None,
        needs: Vec::new(),
        confidential: false,
    }
}

/// The policy of the contract's example.
pub(super) fn policy() -> Policy {
    let rung = |rung, at, to: &[Recipient], cc: &[Recipient], every| Rung {
        rung,
        at,
        to: to.to_vec(),
        cc: cc.to_vec(),
        every,
    };
    let days = Span::BusinessDays;
    use Recipient::{Chain, Handler, Manager, Next, Supervisor};
    let relayed = |fields: &[&str], relay| DutyRule {
        needs: needs(fields),
        relay,
        ..DutyRule::default()
    };
    let told = ["caller_name", "matter", "caller_told"];
    Policy {
        id: "bureau".to_owned(),
        version: "0123456789ab".to_owned(),
        text: String::new(),
        name: Name::default(),
        effective: "2026-01-01".parse().unwrap(),
        observe_only: false,
        sanctions: Vec::new(),
        forbidden_phrases: vec!["不知道".to_owned(), "不归我管".to_owned()],
        ladder: vec![
            rung(0, days(-1), &[Handler], &[], None),
            rung(1, Span::Elapsed(0), &[Handler], &[], None),
            rung(2, days(1), &[Handler], &[Supervisor], None),
            rung(3, days(3), &[Supervisor], &[Handler, Next], None),
            rung(4, days(5), &[Manager], &[Chain], Some(days(5))),
        ],
        promise_max: None,
        repeat_within: None,
        account_codes: BTreeMap::new(),
        max_moves: 2,
        max_returns: 1,
        pause_reasons: Vec::new(),
        pause_max: None,
        extension_times: 1,
        extension_max: None,
        extension_approver: Superior::Supervisor,
        quiet: Quiet::None,
        cap_per_day: 10,
        opens: Opens {
            internal: false,
            min_talk: Span::Elapsed(0),
            max_age: days(2),
            transfer: TransferRule::Accept,
            missed_callback: true,
            short_abandon: Span::Elapsed(6),
            complaint_numbers: vec!["11111".to_owned()],
        },
        clock: Clocks {
            count_from: CountFrom::NextDay,
            floor: Span::Business(HOUR),
            register: Some(Span::EndOfDay),
            accept: Some(Span::Business(4 * HOUR)),
            contact: Some(days(1)),
            redo: Some(days(3)),
            feedback: Some(days(5)),
            callback: Some(Span::Business(4 * HOUR)),
        },
        duties: BTreeMap::from([
            (
                Duty::Own,
                DutyRule {
                    needs: needs(&["caller_name", "matter"]),
                    not_at_once: needs(&["told_once"]),
                    ..DutyRule::default()
                },
            ),
            (Duty::Unit, relayed(&told, Some(days(1)))),
            (Duty::Other, relayed(&told, Some(days(1)))),
            (Duty::Outside, relayed(&["matter", "right_body|tried"], None)),
            (Duty::Unclear, relayed(&[], Some(Span::Business(4 * HOUR)))),
        ]),
        categories: BTreeMap::from([
            ("inquiry".parse().unwrap(), category(1, false)),
            ("service".parse().unwrap(), category(5, true)),
            (
                "complex".parse().unwrap(),
                Category {
                    approver: Some(Superior::Supervisor),
                    ..category(15, false)
                },
            ),
            (
                "complaint".parse().unwrap(),
                Category {
                    needs: needs(&["matter", "caller_name|anonymous"]),
                    ..category(5, false)
                },
            ),
        ]),
        violations: BTreeMap::new(),
    }
}

/// Who answered, at an instant: `None` is a hole that li, the head, fills.
pub(super) fn holding(first: Option<&str>, answered_at: &str) -> Holding {
    Holding {
        first_answerer: first.map(p),
        certainty: if first.is_some() {
            Certainty::Certain
        } else {
            Certainty::Ambiguous
        },
        handler: p(first.unwrap_or("li")),
        department: "permits".parse().unwrap(),
        how: if first.is_some() { "answered" } else { "head" }.to_owned(),
        extension: Some("8021".to_owned()),
        clock_base: t(answered_at),
        clock_flagged: false,
    }
}

pub(super) fn opening_of(kind: CaseKind, first: Option<&str>, answered_at: &str) -> Opening {
    Opening {
        kind,
        call: Some(crate::ids::CallId::new(7)),
        holding: holding(first, answered_at),
        caller_number: Some("13800001111".to_owned()),
        caller_key: Some("+8613800001111".to_owned()),
        caller_name: None,
        category: "service".parse().unwrap(),
        duty: None,
        received_at: t(answered_at),
        policy: ("bureau".to_owned(), "0123456789ab".to_owned()),
    }
}

/// A case with its history, and the world it lives in.
pub(super) struct Story {
    pub policy: Policy,
    pub calendar: Calendar,
    pub directory: Directory,
    pub now: Timestamp,
    pub actor: Actor,
    pub rows: Vec<EventRow>,
    pub case: Case,
}

pub(super) const ID: i64 = 12;

impl Story {
    /// A draft, with the world as it is.
    pub(super) fn draft(opening: Opening) -> Self {
        Self::draft_in(policy(), calendar(), opening)
    }

    pub(super) fn draft_in(policy: Policy, calendar: Calendar, opening: Opening) -> Self {
        let directory = directory();
        let now = opening.received_at;
        let id = CaseId::new(ID);
        let ctx = Context {
            policy: &policy,
            calendar: &calendar,
            directory: &directory,
            now,
            actor: &Actor::Switch,
        };
        let events = open(id, opening.clone(), &ctx);
        let rows = EventRow::batch(1, now, &Actor::Switch, "feed", events);
        let case = Case::fold(id, &rows).unwrap();
        Self {
            policy,
            calendar,
            directory,
            now,
            actor: Actor::Switch,
            rows,
            case,
        }
    }

    /// Answered by wang, settled a minute later.
    pub(super) fn call(answered_at: &str) -> Self {
        let mut story = Self::draft(opening_of(CaseKind::Call, Some("wang"), answered_at));
        story.settled();
        story
    }

    pub(super) fn settled(&mut self) {
        self.now += jiff::SignedDuration::from_secs(60);
        self.actor = Actor::Clock;
        self.must(Command::Settle);
    }

    pub(super) fn at(&mut self, now: &str) -> &mut Self {
        self.now = t(now);
        self
    }

    pub(super) fn by(&mut self, person: &str) -> &mut Self {
        self.actor = Actor::Person(p(person));
        self
    }

    pub(super) fn as_actor(&mut self, actor: Actor) -> &mut Self {
        self.actor = actor;
        self
    }

    /// Decides, stores, applies; and holds the fold of all rows against the case.
    pub(super) fn run(&mut self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let ctx = Context {
            policy: &self.policy,
            calendar: &self.calendar,
            directory: &self.directory,
            now: self.now,
            actor: &self.actor,
        };
        let events = decide(&self.case, command, &ctx)?;
        let seq = self.rows.len() as u64 + 1;
        for row in EventRow::batch(seq, self.now, &self.actor, "test", events.clone()) {
            self.case.apply(&row);
            self.rows.push(row);
        }
        assert_eq!(
            Case::fold(self.case.id, &self.rows).as_ref(),
            Some(&self.case),
            "the fold is the state"
        );
        Ok(events)
    }

    #[track_caller]
    pub(super) fn must(&mut self, command: Command) -> Vec<Event> {
        self.run(&command)
            .unwrap_or_else(|refusal| panic!("{command:?}: {refusal:?}"))
    }

    #[track_caller]
    pub(super) fn refused(&mut self, command: Command) -> Refusal {
        self.run(&command).expect_err("should be refused")
    }

    #[track_caller]
    pub(super) fn lacks(&mut self, command: Command) -> Vec<String> {
        match self.refused(command) {
            Refusal::Lacks(fields) => fields,
            other => panic!("{other:?}"),
        }
    }

    /// The clock looks at an instant.
    pub(super) fn pass(&mut self, now: &str) -> &mut Self {
        self.at(now).as_actor(Actor::Clock);
        self.must(Command::Pass);
        self
    }

    /// Due dates that stand, by kind: Beijing wall time.
    #[track_caller]
    pub(super) fn due(&self, kind: DeadlineKind) -> String {
        let row = self
            .case
            .live(kind)
            .unwrap_or_else(|| panic!("no {kind:?} in {:?}", self.case.deadlines));
        wall(row.due_at)
    }
}

pub(super) fn wall(at: Timestamp) -> String {
    beijing().to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()
}

pub(super) fn register(name: &str, matter: &str) -> Command {
    Command::Register(particulars(name, matter))
}

pub(super) fn particulars(name: &str, matter: &str) -> Particulars {
    Particulars {
        caller_name: Some(name.to_owned()),
        matter: Some(matter.to_owned()),
        ..Particulars::default()
    }
}

pub(super) fn with_duty(duty: Duty) -> Particulars {
    Particulars {
        duty: Some(duty),
        ..Particulars::default()
    }
}

pub(super) fn with_category(category: &str) -> Particulars {
    Particulars {
        category: Some(category.parse().unwrap()),
        ..Particulars::default()
    }
}

pub(super) fn close(outcome: Outcome, text: &str, particulars: Particulars) -> Command {
    Command::Close {
        outcome,
        text: text.to_owned(),
        of: None,
        particulars,
    }
}

/// Everything an own matter needs on its day.
pub(super) fn close_own() -> Command {
    close(
        Outcome::Handled,
        "已办妥",
        Particulars {
            duty: Some(Duty::Own),
            ..particulars("张三", "执照")
        },
    )
}
