//! Whatever comes in: each line once, each case the fold of its events.

use proptest::prelude::*;

use super::*;
use crate::case::{Outcome, Particulars, Told};

fn any_line() -> impl Strategy<Value = String> {
    let leg = (
        1..6u32,
        prop::sample::select(vec!["8021", "8022", "8000", "8999"]),
        0..50u32,
        0..20u32,
        0..90u32,
        any::<bool>(),
    );
    let call = leg.prop_map(|(id, ext, minute, ring, talk, last)| {
        let end = if last { " last" } else { "" };
        format!("leg {id} {ext} 09:{minute:02}:00 {ring} {talk}{end} from 1390000000{id}")
    });
    let missed = (1..6u32, 0..50u32).prop_map(|(id, minute)| format!("miss {id} 8021 09:{minute:02}:00 9"));
    prop_oneof![
        6 => call,
        2 => missed,
        1 => Just("blank".to_owned()),
        1 => Just("panic".to_owned()),
        1 => Just("hold".to_owned()),
        1 => Just("show 7 8022 09:30:00 3 30".to_owned()),
        1 => "[a-z ,]{0,20}",
    ]
}

#[derive(Debug, Clone)]
enum Step {
    Lines(Vec<(String, LineKind)>),
    Rest(String, bool),
    Tick,
    Restart,
    Hangup,
}

fn any_step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![12 => Just(LineKind::Whole), 1 => Just(LineKind::Piece), 1 => Just(LineKind::Partial), 1 => Just(LineKind::Broken)];
    prop_oneof![
        6 => prop::collection::vec((any_line(), kind), 1..5).prop_map(Step::Lines),
        2 => (any_line(), any::<bool>()).prop_map(|(text, whole)| Step::Rest(text, whole)),
        1 => Just(Step::Tick),
        1 => Just(Step::Restart),
        1 => Just(Step::Hangup),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let text = || prop::sample::select(vec!["", "a matter", "another"]).prop_map(str::to_owned);
    let particulars = (text(), text(), any::<bool>()).prop_map(|(name, matter, own)| Particulars {
        caller_name: Some(name).filter(|name| !name.is_empty()),
        matter: Some(matter).filter(|matter| !matter.is_empty()),
        duty: own.then_some(crate::case::Duty::Own),
        ..Particulars::default()
    });
    prop_oneof![
        text().prop_map(|text| Command::Note { text }),
        particulars.clone().prop_map(Command::Register),
        text().prop_map(|text| Command::TellOnce(Told {
            basis: Some(text),
            ..Told::default()
        })),
        (particulars, text()).prop_map(|(particulars, text)| Command::Close {
            outcome: Outcome::Handled,
            text,
            of: None,
            particulars
        }),
        text().prop_map(|reason| Command::Reopen { reason }),
        text().prop_map(|reason| Command::Void { reason }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_line_is_kept_once_and_counted(steps in prop::collection::vec(any_step(), 1..12)) {
        let mut house = House::new();
        // The model: what the journal must hold, and whether the last line of the connection waits for its rest.
        let (mut kept, mut open): (Vec<String>, Option<usize>) = (Vec::new(), None);
        let mut clock = t("10:00:00");
        for step in steps {
            clock += MINUTE;
            house.now = clock;
            match step {
                Step::Lines(lines) => {
                    let lines: Vec<IncomingLine> = lines.iter().map(|(text, what)| {
                        kept.push(text.clone());
                        open = if *what == LineKind::Partial { Some(kept.len() - 1) } else { open };
                        kind(text, clock, *what)
                    }).collect();
                    house.take("script", &lines);
                }
                Step::Rest(text, whole) => {
                    let what = if whole { LineKind::Whole } else { LineKind::Partial };
                    match open {
                        Some(at) => kept[at].push_str(&text),
                        None => kept.push(text.clone()),
                    }
                    open = if whole { None } else { open.or(Some(kept.len() - 1)) };
                    house.take("script", &[IncomingLine { continues: true, ..kind(&text, clock, what) }]);
                }
                Step::Tick => { house.store.transact(|s| s.tick(clock)).unwrap(); }
                Step::Restart | Step::Hangup => {
                    open = None;
                    if matches!(step, Step::Restart) {
                        house.restart();
                    } else {
                        let connection = house.connection;
                        house.store.transact(|s| s.connection_closed(&feed("script"), connection, "x", clock)).unwrap();
                    }
                    house.connect("script");
                }
            }
        }
        let journal: Vec<String> = house.journal().into_iter().map(|(_, _, raw)| raw).collect();
        prop_assert_eq!(journal, kept);
        house.count("script");
    }

    #[test]
    fn a_case_is_the_fold_of_its_events(commands in prop::collection::vec((command(), 0..3usize, 0..900i64), 0..12), late in any_line()) {
        let mut house = House::new();
        house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
        for (number, (command, who, later)) in commands.into_iter().enumerate() {
            house.now += SignedDuration::from_secs(later);
            let _ = house.change(1, &command, ["wang", "li", "zhao"][who]);
            if number == 3 {
                let line = line(&late, house.now);
                house.take("script", &[line]);
            }
            let now = house.now;
            house.store.transact(|s| s.tick(now)).unwrap();
        }
        for case in house.reader().cases(&read::Filter::default(), house.now).unwrap() {
            let events = house.reader().events(case.id).unwrap();
            prop_assert_eq!(Case::fold(case.id, &events), Some(case));
        }
    }
}
