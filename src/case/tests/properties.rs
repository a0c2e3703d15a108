//! Whatever is asked in whatever order: the name stays, breaches stay, somebody handles, the version only rises.

use proptest::prelude::*;

use super::*;
use crate::case::{CaseState, Spoken, Status, To, Told};
use crate::ids::CallId;

const PEOPLE: [&str; 6] = ["zhao", "li", "wang", "liu", "chen", "sun"];

fn person() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&PEOPLE[..])
}

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        Just(Actor::Switch),
        Just(Actor::Clock),
        Just(Actor::Admin),
        person().prop_map(|id| Actor::Person(p(id)))
    ]
}

fn duty() -> impl Strategy<Value = Duty> {
    prop::sample::select(vec![Duty::Own, Duty::Unit, Duty::Other, Duty::Outside, Duty::Unclear])
}

fn given_particulars() -> impl Strategy<Value = Particulars> {
    let text = || prop::option::of(prop::sample::select(vec!["", " ", "张三", "已告知"]).prop_map(str::to_owned));
    let category = prop::sample::select(vec!["inquiry", "service", "complex", "complaint", "none"]);
    (
        text(),
        text(),
        any::<bool>(),
        prop::option::of(duty()),
        prop::option::of(category),
        text(),
    )
        .prop_map(|(caller_name, matter, anonymous, duty, category, rest)| Particulars {
            caller_name,
            matter,
            anonymous,
            duty,
            category: category.map(|category| category.parse().unwrap()),
            caller_told: rest.clone(),
            right_body: rest.clone(),
            right_phone: rest.clone(),
            tried: rest,
            phone: None,
        })
}

fn base() -> impl Strategy<Value = Timestamp> {
    (0_i64..7200).prop_map(|seconds| t("2026-10-08 09:00") + jiff::SignedDuration::from_secs(seconds))
}

fn some_holding() -> impl Strategy<Value = Box<Holding>> {
    (prop::option::of(person()), base()).prop_map(|(first, clock_base)| {
        Box::new(Holding {
            clock_base,
            ..holding(first, "2026-10-08 10:00")
        })
    })
}

fn command() -> impl Strategy<Value = Command> {
    let outcome = prop::sample::select(Outcome::ALL.to_vec());
    let text = prop::sample::select(vec!["", "不知道", "已办妥"]).prop_map(str::to_owned);
    prop_oneof![
        some_holding().prop_map(Command::Redraft),
        Just(Command::Settle),
        some_holding().prop_map(|holding| Command::LateEvidence {
            holding,
            evidence: String::new()
        }),
        (person(), base(), 0_i64..30).prop_map(|(to, answered_at, talk_seconds)| Command::PutThrough {
            to: p(to),
            department: "roads".parse().unwrap(),
            extension: "8031".to_owned(),
            answered_at,
            talk_seconds,
        }),
        (1_i64..4).prop_map(|call| Command::Chase {
            call: CallId::new(call),
            case: None
        }),
        (11_i64..14).prop_map(|to| Command::Link { to: CaseId::new(to) }),
        Just(Command::Pass),
        given_particulars().prop_map(Command::Register),
        Just(Command::TellOnce(Told {
            text: Some("请带身份证".to_owned()),
            ..Told::default()
        })),
        text.clone().prop_map(|text| Command::Note { text }),
        (outcome, text.clone(), prop::option::of(11_i64..14), given_particulars()).prop_map(
            |(outcome, text, of, particulars)| Command::Close {
                outcome,
                text,
                of: of.map(CaseId::new),
                particulars
            }
        ),
        text.clone().prop_map(|reason| Command::Reopen { reason }),
        text.prop_map(|reason| Command::Void { reason }),
        moving(),
        moving(),
        word(),
        seen(),
    ]
}

fn target() -> impl Strategy<Value = To> {
    prop_oneof![
        person().prop_map(|id| To::Person(p(id))),
        prop::sample::select(vec!["permits", "roads", "none"]).prop_map(|id| To::Department(id.parse().unwrap())),
        Just(To::Outside("公安局".to_owned())),
    ]
}

fn moving() -> impl Strategy<Value = Command> {
    let text = prop::sample::select(vec!["", "不归我管", "请办理"]).prop_map(str::to_owned);
    prop_oneof![
        (prop::option::of(target()), text.clone(), given_particulars())
            .prop_map(|(to, text, particulars)| Command::HandOver { to, text, particulars }),
        Just(Command::Accept),
        text.clone().prop_map(|reason| Command::Return { reason }),
        (target(), text.clone()).prop_map(|(to, reason)| Command::Assign { to, reason }),
        (prop::option::of(target()), text).prop_map(|(to, reason)| Command::Rule { to, reason }),
    ]
}

fn word() -> impl Strategy<Value = Command> {
    let text = prop::sample::select(vec!["", "说明"]).prop_map(str::to_owned);
    let until =
        || (0_i64..40 * 86_400).prop_map(|seconds| t("2026-10-08 10:00") + jiff::SignedDuration::from_secs(seconds));
    prop_oneof![
        text.clone().prop_map(|text| Command::Contact { text }),
        (until(), text.clone()).prop_map(|(until, text)| Command::Promise { until, text }),
        (until(), text.clone()).prop_map(|(until, text)| Command::Extend {
            until,
            caller_told: Some(text.clone()),
            text
        }),
        text.clone().prop_map(|text| Command::Approve { text }),
        text.clone().prop_map(|reason| Command::Decline { reason }),
        text.clone().prop_map(|text| Command::Hot { text }),
        (person(), text.clone()).prop_map(|(to, reason)| Command::Correct { to: p(to), reason }),
        text.clone().prop_map(|text| Command::Dispute { text }),
        text.clone().prop_map(|reason| Command::Unreasonable { reason }),
        person().prop_map(|id| Command::CoHandler { person: p(id) }),
        (0_u32..4, any::<bool>(), text).prop_map(|(violation, confirmed, reason)| Command::RuleOn {
            violation,
            confirmed,
            reason,
            sanction: None
        }),
    ]
}

fn seen() -> impl Strategy<Value = Command> {
    prop_oneof![
        (1_i64..9, prop::option::of(person()), base(), any::<bool>()).prop_map(|(call, by, at, outgoing)| {
            Command::Spoken(Spoken {
                call: CallId::new(call),
                by: by.map(p),
                extension: None,
                at,
                resolution_seconds: 1,
                talk_seconds: 20,
                outgoing,
            })
        }),
        prop::option::of(prop::sample::select(Outcome::ALL.to_vec())).prop_map(|outcome| Command::Code {
            code: "11".to_owned(),
            duty: Some(Duty::Own),
            category: Some("inquiry".parse().unwrap()),
            outcome,
        }),
        (1_i64..9, base()).prop_map(|(call, at)| Command::RepeatContact {
            call: CallId::new(call),
            case: None,
            at
        }),
    ]
}

/// What must hold after every step, against the state before it.
fn holds(before: &Case, story: &Story, events: &[Event], actor: &Actor) {
    let after = &story.case;
    let corrected = events.iter().any(|event| matches!(event, Event::Corrected { .. }));
    if before.settled && before.first_answerer.is_some() && !corrected {
        assert_eq!(after.first_answerer, before.first_answerer, "the name stays");
    }
    for (old, new) in before.deadlines.iter().zip(&after.deadlines) {
        assert_eq!((old.kind, old.due_at), (new.kind, new.due_at), "rows stay in place");
        if old.breached_at.is_some() {
            assert_eq!(
                (old.breached_at, &old.charged_to),
                (new.breached_at, &new.charged_to),
                "breaches stay"
            );
        }
        if old.met_at.is_some() {
            assert_eq!(old.met_at, new.met_at, "met once");
        }
    }
    assert!(after.deadlines.len() >= before.deadlines.len());
    assert_eq!(
        after.custody.last().map(|entry| &entry.person),
        Some(&after.handler),
        "the ledger ends with the handler"
    );
    assert!(
        after
            .custody
            .windows(2)
            .all(|pair| pair[0].to.is_some_and(|to| to <= pair[1].from)),
        "{:?}",
        after.custody
    );
    assert!(after.violations.len() >= before.violations.len(), "violations stay");
    for (old, new) in before.violations.iter().zip(&after.violations) {
        assert_eq!((old.kind, &old.person, old.at), (new.kind, &new.person, new.at));
        if old.status != Status::Pending {
            assert_eq!(old.status, new.status, "a ruling stands");
        }
    }
    if before.handler != after.handler && before.settled {
        let by_somebody = |event: &Event| {
            matches!(
                event,
                Event::Accepted { .. }
                    | Event::Assigned { .. }
                    | Event::RuledTo { .. }
                    | Event::Returned { .. }
                    | Event::Corrected { .. }
                    | Event::PutThrough { .. }
                    | Event::AnswererFound(_)
            )
        };
        assert!(
            events.iter().any(by_somebody),
            "custody moves by no other event: {events:?}"
        );
    }
    assert_eq!(after.offer.is_some(), after.state == CaseState::Offered);
    assert!(
        after
            .offer
            .as_ref()
            .is_none_or(|offer| offer.answerable != after.handler || matches!(offer.to, To::Department(_)))
    );
    let counts = |event: &Event| !matches!(event, Event::Breached { .. } | Event::Suspected { .. });
    let changed = events.iter().any(counts) && *actor != Actor::Clock;
    assert_eq!(
        after.version,
        before.version + u64::from(changed),
        "one a change: {events:?}"
    );
    for row in after.deadlines.iter().filter(|row| row.is_live()) {
        assert!(after.is_open(), "closed cases watch nothing");
        assert_eq!(
            after
                .deadlines
                .iter()
                .filter(|other| other.is_live() && other.kind == row.kind)
                .count(),
            1
        );
        assert!(
            row.breached_at.is_some() || row.due_at > story.now || *actor == Actor::Switch,
            "what passed is recorded, after the switch by the clock's next look"
        );
    }
    assert_eq!(after.closed_at.is_some(), after.state == CaseState::Closed);
    let notices = crate::case::ladder::due_notices(after, &story.policy, &story.calendar, &story.directory, story.now);
    let mut keys: Vec<_> = notices
        .iter()
        .map(|n| (n.kind, n.due_at, n.rung, n.repeat, &n.person))
        .collect();
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all, "a notice is unique");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_commands_breaks_a_case(
        kind in prop::sample::select(vec![CaseKind::Call, CaseKind::Callback, CaseKind::Visit]),
        first in prop::option::of(person()),
        settle in any::<bool>(),
        steps in prop::collection::vec((actor(), 0_i64..200_000, command()), 0..30),
    ) {
        let policy = Policy {
            promise_max: Some(Span::BusinessDays(10)),
            extension_max: Some(Span::BusinessDays(10)),
            repeat_within: Some(Span::BusinessDays(10)),
            ..policy()
        };
        let mut story = Story::draft_in(policy, calendar(), opening_of(kind, first, "2026-10-08 10:00"));
        if settle {
            story.settled();
        }
        for (actor, wait, command) in steps {
            story.now += jiff::SignedDuration::from_secs(wait);
            story.actor = actor.clone();
            let before = story.case.clone();
            match story.run(&command) {
                Ok(events) => holds(&before, &story, &events, &actor),
                Err(refusal) => {
                    prop_assert_eq!(&before, &story.case);
                    prop_assert!(!refusal.words(crate::directory::Lang::Zh).is_empty());
                }
            }
        }
    }
}
