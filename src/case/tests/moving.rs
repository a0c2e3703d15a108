//! Handing over: who has it when, who is charged, and where to and fro ends.

use super::*;
use crate::case::event::TransferEffect;
use crate::case::policy::{SentTo, Superior, TransferRule};
use crate::case::{CaseState, FrozenBy, Status, To, ViolationKind};

pub(super) fn to(person: &str) -> Command {
    Command::HandOver {
        to: Some(To::Person(p(person))),
        text: "请办理执照".to_owned(),
        particulars: told(),
    }
}

fn told() -> Particulars {
    Particulars {
        caller_told: Some("已告知由路政科回电".to_owned()),
        ..Particulars::default()
    }
}

fn department(id: &str) -> Command {
    Command::HandOver {
        to: Some(To::Department(id.parse().unwrap())),
        text: "请办理".to_owned(),
        particulars: told(),
    }
}

pub(super) fn back() -> Command {
    Command::Return {
        reason: "属审批科职责".to_owned(),
    }
}

fn assign(person: &str) -> Command {
    Command::Assign {
        to: To::Person(p(person)),
        reason: "统筹安排".to_owned(),
    }
}

#[track_caller]
fn not_permitted(story: &mut Story, command: Command) {
    let refusal = story.refused(command);
    assert!(matches!(refusal, Refusal::NotPermitted { .. }), "{refusal:?}");
}

fn ledger(story: &Story) -> Vec<(&str, &str)> {
    let rows = story.case.custody.iter();
    rows.map(|entry| (entry.person.as_str(), entry.how.as_str())).collect()
}

#[test]
fn responsibility_moves_on_acceptance_alone() {
    let mut story = Story::call("2026-10-08 10:00");
    story.at("2026-10-08 10:30").by("wang").must(to("sun"));
    assert_eq!(story.case.state, CaseState::Offered);
    assert_eq!(story.case.handler, p("wang"), "the offerer has it until then");
    assert_eq!(story.case.duty, Some(Duty::Other), "roads is another department");
    // 10:30 to 12:00 is 1.5 business hours, 13:30 to 16:00 the other 2.5.
    assert_eq!(story.due(DeadlineKind::Accept), "2026-10-08 16:00");
    let relay = story.case.deadlines.iter().find(|row| row.kind == DeadlineKind::Relay);
    assert_eq!(
        relay.unwrap().met_at,
        Some(t("2026-10-08 10:30")),
        "an offer is the relay"
    );

    story.at("2026-10-08 11:00").by("sun").must(Command::Accept);
    assert_eq!(story.case.state, CaseState::Open);
    assert_eq!(story.case.handler, p("sun"));
    assert_eq!(story.case.department.as_str(), "roads");
    assert_eq!(story.case.first_answerer, Some(p("wang")), "who answered first stays");
    assert_eq!(ledger(&story), [("wang", "answered"), ("sun", "accepted")]);
    assert_eq!(story.case.custody[0].to, Some(t("2026-10-08 11:00")));
    // One business day from the acceptance, the day itself not counted: Fri 9.
    assert_eq!(story.due(DeadlineKind::Contact), "2026-10-09 17:30");
}

#[test]
fn never_to_nobody_to_oneself_to_a_stranger() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang");
    for target in ["wang", "gone"] {
        let refusal = story.refused(to(target));
        assert!(matches!(refusal, Refusal::Unknown { field: "to", .. }), "{refusal:?}");
    }
    assert!(matches!(story.refused(department("nowhere")), Refusal::Unknown { .. }));
    let nobody = Command::HandOver {
        to: None,
        text: "请办理".to_owned(),
        particulars: told(),
    };
    assert_eq!(story.lacks(nobody), ["to"]);
    let silent = |text: &str| Command::HandOver {
        to: Some(To::Person(p("sun"))),
        text: text.to_owned(),
        particulars: told(),
    };
    assert_eq!(story.lacks(silent(" ")), ["text"]);
    assert_eq!(
        story.refused(silent("不归我管")),
        Refusal::ForbiddenPhrase("不归我管".to_owned())
    );
    not_permitted(story.by("sun"), to("chen"));
    assert_eq!(story.case.state, CaseState::Open, "nothing was written down");
    assert_eq!(story.case.duty, None);
}

#[test]
fn only_whom_it_is_offered_to_answers() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").must(to("sun"));
    for stranger in ["wang", "liu", "chen"] {
        not_permitted(story.by(stranger), Command::Accept);
        not_permitted(story.by(stranger), back());
    }
    story.by("wang");
    assert!(
        matches!(story.refused(to("liu")), Refusal::WrongState { .. }),
        "one offer at a time"
    );
    // While sun is away, the deputy answers for them; sun handles.
    story.directory.people[5].deputies = vec![p("chen")];
    story.directory.people[5].away = vec![crate::directory::Away {
        from: "2026-10-08".parse().unwrap(),
        to: "2026-10-12".parse().unwrap(),
    }];
    story.directory = story.directory.clone();
    story.by("chen").must(Command::Accept);
    assert_eq!(story.case.handler, p("sun"));
}

#[test]
fn any_member_takes_what_is_offered_to_a_department() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").must(department("roads"));
    assert_eq!(
        story.case.urged(DeadlineKind::Accept),
        &p("chen"),
        "its head answers for it"
    );
    not_permitted(story.by("liu"), Command::Accept);
    not_permitted(story.by("sun"), back());
    story.by("sun").must(Command::Accept);
    assert_eq!(story.case.handler, p("sun"));
}

#[test]
fn a_return_needs_its_reason_and_gives_it_back() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").must(to("sun"));
    story.by("sun");
    assert_eq!(story.lacks(Command::Return { reason: " ".to_owned() }), ["reason"]);
    assert_eq!(
        story.refused(Command::Return {
            reason: "不归我管！".to_owned()
        }),
        Refusal::ForbiddenPhrase("不归我管".to_owned())
    );
    story.must(back());
    assert_eq!(
        (story.case.state, story.case.handler.as_str()),
        (CaseState::Open, "wang")
    );
    assert_eq!(story.case.live(DeadlineKind::Accept), None);
    assert_eq!(ledger(&story), [("wang", "answered")], "the offerer never lost it");
}

#[test]
fn nobody_answers_and_the_clock_returns_it() {
    let mut story = Story::call("2026-10-08 10:00");
    story.at("2026-10-08 10:30").by("wang").must(to("sun"));
    let version = story.case.version;
    story.pass("2026-10-08 15:59");
    assert_eq!(story.case.state, CaseState::Offered);
    story.pass("2026-10-08 16:00");
    assert_eq!(
        (story.case.state, story.case.handler.as_str()),
        (CaseState::Open, "wang")
    );
    assert_eq!(story.case.version, version, "the clock changes no version");
    let late = &story.case.violations[0];
    assert_eq!((late.kind, &late.person), (ViolationKind::LateAccept, &Some(p("sun"))));
    assert_eq!((late.at, late.status), (t("2026-10-08 16:00"), Status::Pending));
    story.by("sun");
    assert!(matches!(
        story.refused(Command::Accept),
        Refusal::NotPermitted { .. } | Refusal::WrongState { .. }
    ));
}

#[test]
fn the_third_move_is_frozen_until_the_supervisor_rules() {
    let mut story = Story::call("2026-10-08 10:00");
    story.at("2026-10-08 10:30").by("wang").must(to("sun"));
    story.by("sun").must(Command::Accept);
    story.must(to("liu"));
    story.by("liu").must(Command::Accept);
    let events = story.must(to("wang"));
    let frozen = |person: &str| Event::Frozen {
        by: FrozenBy::Moves,
        to: Some(To::Person(p(person))),
        text: "请办理执照".to_owned(),
    };
    assert!(events.contains(&frozen("wang")), "{events:?}");
    let meant = story.case.meant.clone().unwrap();
    assert_eq!((meant.to, meant.text.as_str()), (To::Person(p("wang")), "请办理执照"));
    assert_eq!(
        (story.case.state, story.case.handler.as_str()),
        (CaseState::Frozen, "liu")
    );
    let shirked = story.case.violations.last().unwrap();
    assert_eq!(
        (shirked.kind, &shirked.person),
        (ViolationKind::BuckPassing, &Some(p("liu")))
    );
    assert!(matches!(story.refused(to("sun")), Refusal::WrongState { .. }));
    assert!(matches!(story.refused(close_own()), Refusal::WrongState { .. }));

    let rule = |person: Option<&str>| Command::Rule {
        to: person.map(|person| To::Person(p(person))),
        reason: "由路政科办理".to_owned(),
    };
    not_permitted(&mut story, rule(Some("sun")));
    story.by("li").must(rule(Some("sun")));
    assert_eq!(
        (story.case.state, story.case.handler.as_str()),
        (CaseState::Open, "sun")
    );
    assert_eq!(story.case.meant, None);
    not_permitted(story.by("sun"), back());
    let events = story.must(to("liu"));
    assert!(events.contains(&frozen("liu")), "the limit stands");
}

#[test]
fn the_second_return_is_frozen() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").must(to("sun"));
    story.by("sun").must(back());
    story.by("wang").must(to("liu"));
    story.by("liu").must(back());
    assert_eq!(
        (story.case.state, story.case.handler.as_str()),
        (CaseState::Frozen, "wang")
    );
    let shirked = story.case.violations.last().unwrap();
    assert_eq!(
        (shirked.kind, &shirked.person),
        (ViolationKind::BuckPassing, &Some(p("liu")))
    );
}

#[test]
fn assigned_by_force_it_cant_be_returned() {
    let mut story = Story::call("2026-10-08 10:00");
    not_permitted(story.by("wang"), assign("sun"));
    not_permitted(story.by("chen"), assign("sun"));
    story.at("2026-10-08 11:00").by("li").must(assign("liu"));
    assert_eq!(ledger(&story), [("wang", "answered"), ("liu", "assigned")]);
    assert_eq!(story.due(DeadlineKind::Contact), "2026-10-09 17:30");
    not_permitted(story.by("liu"), back());
    story.by("wang");
    assert!(matches!(story.refused(back()), Refusal::NotPermitted { .. }));
    // An offer ends with it.
    story.by("liu").must(to("sun"));
    story.by("zhao").must(assign("chen"));
    assert_eq!(
        (story.case.state, story.case.handler.as_str()),
        (CaseState::Open, "chen")
    );
    assert_eq!(story.case.live(DeadlineKind::Accept), None);
    // A head gives to those below, not to others.
    not_permitted(story.by("chen"), assign("liu"));
    story.by("chen").must(assign("sun"));
}

#[test]
fn another_body_is_told_and_closes() {
    let mut story = Story::call("2026-10-08 10:00");
    let outside = |matter: Option<&str>| Command::HandOver {
        to: Some(To::Outside("公安局".to_owned())),
        text: "已告知到公安局办理".to_owned(),
        particulars: Particulars {
            matter: matter.map(str::to_owned),
            right_phone: Some("02155550000".to_owned()),
            ..Particulars::default()
        },
    };
    story.by("wang");
    assert_eq!(story.lacks(outside(None)), ["matter"]);
    story.must(outside(Some("户口")));
    assert_eq!(story.case.outcome, Some(Outcome::Outside));
    assert_eq!(story.case.right_body.as_deref(), Some("公安局"));
    assert_eq!(story.case.duty, Some(Duty::Outside));
}

#[test]
fn who_was_put_through_to_may_give_it_back() {
    let mut story = Story::call("2026-10-08 10:00");
    story.at("2026-10-08 10:20").as_actor(Actor::Switch);
    story.must(late::put_through("sun", "roads", "8031", "2026-10-08 10:02", 60));
    not_permitted(story.by("wang"), back());
    story.by("sun").must(back());
    assert_eq!(
        ledger(&story),
        [("wang", "answered"), ("sun", "put_through"), ("wang", "returned")]
    );
    assert_eq!(story.case.returns, 1);
    story.by("wang");
    assert!(matches!(story.refused(back()), Refusal::WrongState { .. }));
}

#[test]
fn a_transfer_may_be_an_offer() {
    let mut policy = policy();
    policy.opens.transfer = TransferRule::Offer;
    let opening = opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00");
    let mut story = Story::draft_in(policy, calendar(), opening);
    story.settled();
    story.at("2026-10-08 10:05").as_actor(Actor::Switch);
    story.must(late::put_through("sun", "roads", "8031", "2026-10-08 10:02", 60));
    assert_eq!(story.case.passed_on[0].effect, TransferEffect::Offered);
    assert_eq!(
        (story.case.state, story.case.handler.as_str()),
        (CaseState::Offered, "wang")
    );
    // Four business hours from 10:02: 1 h 58 min till noon, the rest after 13:30.
    assert_eq!(story.due(DeadlineKind::Accept), "2026-10-08 15:32");
    story.by("sun").must(Command::Accept);
    assert_eq!(story.case.handler, p("sun"));
}

#[test]
fn an_unclear_matter_goes_to_the_supervisor_and_the_answerer_helps() {
    let mut story = Story::call("2026-10-08 10:00");
    story.policy.duties.get_mut(&Duty::Unclear).unwrap().to = Some(Superior::Supervisor);
    story.by("wang").must(Command::HandOver {
        to: None,
        text: "职责不清，请协调".to_owned(),
        particulars: with_duty(Duty::Unclear),
    });
    assert_eq!(story.case.offer.as_ref().unwrap().to, To::Person(p("li")));
    story.by("li").must(Command::Accept);
    assert_eq!(story.case.co_handlers, [p("wang")]);
}

#[test]
fn a_complaint_goes_to_its_departments_head() {
    let mut story = Story::call("2026-10-08 10:00");
    story.directory.departments[0].complaints = true;
    story
        .policy
        .categories
        .get_mut(&"complaint".parse().unwrap())
        .unwrap()
        .to = Some(SentTo::Complaints);
    story.by("wang").must(Command::HandOver {
        to: None,
        text: "投诉转办".to_owned(),
        particulars: with_category("complaint"),
    });
    assert_eq!(story.case.offer.as_ref().unwrap().to, To::Person(p("zhao")));
}

#[test]
fn what_goes_to_the_manager_is_offered_to_the_manager() {
    let offered = |category: Option<SentTo>, duty: Option<Superior>| {
        let mut story = Story::call("2026-10-08 10:00");
        for kind in story.policy.categories.values_mut() {
            kind.to = category;
        }
        story.policy.duties.get_mut(&Duty::Unclear).unwrap().to = duty;
        story.by("wang").must(Command::HandOver {
            to: None,
            text: "请定夺".to_owned(),
            particulars: with_duty(Duty::Unclear),
        });
        story.case.offer.unwrap().answerable.to_string()
    };
    // wang's supervisor is li; zhao, above, is the manager.
    assert_eq!(offered(None, Some(Superior::Manager)), "zhao");
    assert_eq!(offered(None, Some(Superior::Supervisor)), "li");
    assert_eq!(
        offered(Some(SentTo::Above(Superior::Manager)), Some(Superior::Supervisor)),
        "zhao"
    );
    assert_eq!(offered(Some(SentTo::Above(Superior::Supervisor)), None), "li");
}

#[test]
fn not_to_have_told_the_caller_is_seen_at_closing() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("wang").must(Command::HandOver {
        to: Some(To::Person(p("liu"))),
        text: "请办理".to_owned(),
        particulars: with_duty(Duty::Own),
    });
    story.by("liu").must(Command::Accept);
    story.must(close_own());
    let untold = &story.case.violations[0];
    assert_eq!(
        (untold.kind, &untold.person),
        (ViolationKind::NotTold, &Some(p("wang")))
    );
}
