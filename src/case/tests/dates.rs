//! Dates people give, contacts the switch proves, and violations somebody rules on.

use super::*;
use crate::case::happened::{self, Happened};
use crate::case::{Ask, CaseState, Spoken, Status, ViolationKind};
use crate::ids::CallId;

fn limits() -> Policy {
    Policy {
        promise_max: Some(Span::BusinessDays(10)),
        extension_max: Some(Span::BusinessDays(10)),
        repeat_within: Some(Span::BusinessDays(10)),
        sanctions: vec!["批评教育".to_owned()],
        ..policy()
    }
}

fn call() -> Story {
    let mut story = Story::draft_in(
        limits(),
        calendar(),
        opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00"),
    );
    story.settled();
    story.at("2026-10-08 10:30").by("wang");
    story
}

fn promise(until: &str) -> Command {
    Command::Promise {
        until: t(until),
        text: "周五前答复".to_owned(),
    }
}

fn extend(until: &str) -> Command {
    Command::Extend {
        until: t(until),
        text: "须现场勘查".to_owned(),
        caller_told: Some("已电话告知".to_owned()),
    }
}

fn approve() -> Command {
    Command::Approve { text: String::new() }
}

fn until_refused(story: &mut Story, command: Command) {
    let refusal = story.refused(command);
    assert!(
        matches!(refusal, Refusal::Unknown { field: "until", .. }),
        "{refusal:?}"
    );
}

pub(super) fn spoken(call: i64, by: &str, at: &str) -> Spoken {
    Spoken {
        call: CallId::new(call),
        by: Some(p(by)),
        extension: Some("8022".to_owned()),
        at: t(at),
        resolution_seconds: 1,
        talk_seconds: 65,
        outgoing: true,
    }
}

#[test]
fn a_promise_is_the_close_deadline() {
    let mut story = call();
    // Service: five business days from Thu 8: Fri 9, Sat 10, Mon 12, Tue 13, Wed 14.
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-14 17:30");
    story.must(promise("2026-10-09 12:00"));
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-09 12:00");
    story.must(Command::Register(with_category("inquiry")));
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-09 12:00", "the promise stands");
    until_refused(&mut story, promise("2026-10-08 10:30"));
    story.pass("2026-10-09 12:00");
    let kinds: Vec<_> = story.case.violations.iter().map(|row| row.kind).collect();
    assert_eq!(kinds, [ViolationKind::LateRegister, ViolationKind::LateClose]);
}

#[test]
fn beyond_the_limit_a_promise_waits_for_the_supervisor() {
    let mut story = call();
    // Ten business days from Thu 8: 9, 10, 12, 13, 14, 15, 16, 19, 20, Wed 21, 17:30.
    story.must(promise("2026-10-21 17:30"));
    assert_eq!(story.case.violations, []);
    story.must(promise("2026-10-22 09:00"));
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-21 17:30", "the limit stands");
    let over = &story.case.violations[0];
    assert_eq!(
        (over.kind, &over.person),
        (ViolationKind::OverPromise, &Some(p("wang")))
    );
    assert!(matches!(story.refused(approve()), Refusal::NotPermitted { .. }));
    story.by("li").must(approve());
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-22 09:00");
    assert_eq!(story.case.asked, None);
}

#[test]
fn an_extension_is_the_supervisors_once_and_in_time() {
    let mut story = call();
    let untold = Command::Extend {
        until: t("2026-10-20 17:30"),
        text: " ".to_owned(),
        caller_told: None,
    };
    assert_eq!(story.lacks(untold), ["text", "caller_told"]);
    // Ten business days after Wed 14 Oct 17:30 is Wed 28 Oct 17:30.
    until_refused(&mut story, extend("2026-10-29 09:00"));
    until_refused(&mut story, extend("2026-10-14 17:30"));
    story.must(extend("2026-10-20 17:30"));
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-14 17:30", "asked, not granted");
    assert_eq!(story.case.asked.as_ref().unwrap().what, Ask::Extension);
    story.by("li").must(approve());
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-20 17:30");
    assert!(matches!(
        story.refused(extend("2026-10-21 17:30")),
        Refusal::NotPermitted { .. }
    ));
}

#[test]
fn how_the_caller_was_told_of_an_extension_is_kept_with_it_and_is_no_word_on_where_the_matter_went() {
    for granted_at_once in [false, true] {
        let mut story = call();
        story.must(Command::Register(with_duty(crate::case::Duty::Unit)));
        story.by(if granted_at_once { "li" } else { "wang" });
        let mut events = story.must(extend("2026-10-20 17:30"));
        if !granted_at_once {
            let asked = story.case.asked.as_ref().unwrap();
            assert_eq!(asked.caller_told.as_deref(), Some("已电话告知"));
            events.extend(story.by("li").must(approve()));
        }
        let registered = |event: &Event| matches!(event, Event::Registered(_));
        assert!(!events.iter().any(registered), "{events:?}");
        let told = events.iter().find_map(|event| match event {
            Event::Extended { caller_told, .. } => caller_told.clone(),
            _ => None,
        });
        assert_eq!(told.as_deref(), Some("已电话告知"));
        let done = || {
            let given = particulars("张三", "执照");
            close(Outcome::Handled, "已办妥", given)
        };
        assert_eq!(story.by("wang").lacks(done()), ["caller_told"]);
    }
}

#[test]
fn a_request_that_waits_is_not_replaced_by_the_next() {
    let ask = || Command::Unreasonable {
        reason: "要求违反规定".to_owned(),
    };
    let mut story = call();
    story.must(extend("2026-10-20 17:30"));
    let first = story.case.asked.clone();
    for next in [promise("2026-10-22 09:00"), extend("2026-10-21 17:30"), ask()] {
        let refusal = story.refused(next);
        let words = refusal.words(crate::directory::Lang::En);
        let said = "a request waits for the supervisor already: an extension until 2026-10-20 17:30; ";
        assert!(words.starts_with(said), "{words}");
        let words = refusal.words(crate::directory::Lang::Zh);
        assert!(
            words.starts_with("已有一项申请在等主管批准（延期 2026-10-20 17:30）"),
            "{words}"
        );
        assert_eq!(story.case.asked, first);
        assert_eq!(story.case.violations, [], "a promise that was refused is no suspicion");
    }
    // What needs nobody's word stays possible.
    story.must(promise("2026-10-13 12:00"));
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-13 12:00");
    assert_eq!(story.case.asked, first);
    story.by("li").must(ask());
    assert!(story.case.unreasonable);
    story.must(decline("本周有人手"));
    story.by("wang").must(extend("2026-10-21 17:30"));
}

#[test]
fn a_date_of_another_year_is_told_with_it() {
    let mut story = call();
    story.must(promise("2027-01-05 12:00"));
    story.by("li").must(approve());
    let why = &story.case.live(DeadlineKind::Close).unwrap().why;
    assert!(why.en.ends_with("due Tue 5 Jan 2027 12:00"), "{}", why.en);
    assert!(why.zh.contains("2027年1月5日（周二）12:00"), "{}", why.zh);
}

#[test]
fn what_has_passed_is_never_extended() {
    let mut story = call();
    story.must(extend("2026-10-20 17:30"));
    story.pass("2026-10-14 17:30");
    story.at("2026-10-14 17:31").by("li");
    assert!(matches!(story.refused(approve()), Refusal::WrongState { .. }));
    assert!(matches!(
        story.refused(extend("2026-10-20 17:30")),
        Refusal::WrongState { .. }
    ));
}

#[test]
fn the_switch_proves_contact_and_closes_nothing() {
    let mut story = call();
    story.must(moving::to("sun"));
    story.at("2026-10-08 11:00").by("sun").must(Command::Accept);
    story.at("2026-10-08 11:30").as_actor(Actor::Switch);
    // Before sun had it, from the wrong department, the caller's own call: none of them counts.
    story.must(Command::Spoken(spoken(20, "sun", "2026-10-08 10:59")));
    assert!(story.case.live(DeadlineKind::Contact).is_some());
    story.must(Command::Spoken(spoken(21, "liu", "2026-10-08 11:10")));
    story.must(Command::Spoken(Spoken {
        outgoing: false,
        ..spoken(22, "sun", "2026-10-08 11:11")
    }));
    assert!(story.case.live(DeadlineKind::Contact).is_some());
    story.must(Command::Spoken(spoken(23, "chen", "2026-10-08 11:20")));
    assert_eq!(story.case.live(DeadlineKind::Contact), None);
    let met = story
        .case
        .deadlines
        .iter()
        .find(|row| row.kind == DeadlineKind::Contact);
    assert_eq!(met.unwrap().met_at, Some(t("2026-10-08 11:20")));
    assert_eq!(story.case.state, CaseState::Open);
    let seen = story.case.contacts.last().unwrap();
    assert_eq!((seen.call, seen.talk_seconds), (Some(CallId::new(23)), Some(65)));
    assert_eq!(
        story.must(Command::Spoken(spoken(23, "chen", "2026-10-08 11:20"))),
        [],
        "once"
    );
}

#[test]
fn a_missed_caller_is_called_back_by_any_answered_call() {
    let mut story = Story::draft(opening_of(CaseKind::Callback, None, "2026-10-08 10:00"));
    story.settled();
    assert_eq!(story.due(DeadlineKind::Callback), "2026-10-08 15:30");
    story.at("2026-10-08 14:10").as_actor(Actor::Switch);
    assert_eq!(
        story.must(Command::Spoken(spoken(30, "sun", "2026-10-08 09:59"))),
        [],
        "before it"
    );
    story.must(Command::Spoken(spoken(31, "sun", "2026-10-08 14:05")));
    assert_eq!(story.case.state, CaseState::Closed);
    assert_eq!(story.case.outcome, Some(Outcome::CalledBack));
    assert_eq!(story.case.deadlines[0].met_at, Some(t("2026-10-08 14:05")));
    assert_eq!(story.case.handler, p("li"), "to the handler's account");
}

/// Stamped without seconds: the answer was up to 59 s later than reckoned.
fn coarse(spoken: Spoken) -> Spoken {
    Spoken {
        resolution_seconds: 60,
        ..spoken
    }
}

#[test]
fn a_prompt_call_back_counts_though_its_stamp_lacks_seconds() {
    // Hung up at 09:02:05, printed 09:02. Called back at 09:02:10 for 160 s, printed 09:04: reckoned from 09:01:20.
    let missed = || {
        let mut story = Story::draft(opening_of(CaseKind::Callback, None, "2026-10-08 09:02"));
        story.settled();
        story.at("2026-10-08 09:05").as_actor(Actor::Switch);
        story
    };
    let mut story = missed();
    story.must(Command::Spoken(coarse(spoken(30, "sun", "2026-10-08 09:01:20"))));
    assert_eq!(story.case.outcome, Some(Outcome::CalledBack));
    assert_eq!(story.case.deadlines[0].met_at, Some(t("2026-10-08 09:02")));
    // A whole minute before, or with seconds: that was before the caller was missed.
    let mut story = missed();
    assert_eq!(
        story.must(Command::Spoken(coarse(spoken(31, "sun", "2026-10-08 09:01")))),
        []
    );
    assert_eq!(
        story.must(Command::Spoken(spoken(32, "sun", "2026-10-08 09:01:59"))),
        []
    );
}

#[test]
fn contact_right_after_accepting_counts_though_its_stamp_lacks_seconds() {
    let mut story = call();
    story.must(moving::to("sun"));
    story.at("2026-10-08 11:00:40").by("sun").must(Command::Accept);
    story.at("2026-10-08 11:03").as_actor(Actor::Switch);
    story.must(Command::Spoken(coarse(spoken(20, "sun", "2026-10-08 11:00:20"))));
    assert_eq!(story.case.live(DeadlineKind::Contact), None);
    assert_eq!(story.case.contacts.last().unwrap().at, t("2026-10-08 11:00:40"));
}

#[test]
fn a_dispute_ends_with_the_ruling_on_what_was_disputed() {
    for confirmed in [true, false] {
        let mut story = call();
        // The register of Thu 8 is due at its end, the relay of a unit's matter at that of Fri 9.
        story.must(Command::Register(with_duty(crate::case::Duty::Unit)));
        story.pass("2026-10-09 17:30");
        assert_eq!(story.case.violations.len(), 2);
        story.by("wang").must(Command::Dispute {
            text: "当时系统故障".to_owned(),
        });
        let rule_on = |violation| Command::RuleOn {
            violation,
            confirmed,
            reason: "已核实".to_owned(),
            sanction: None,
        };
        story.by("li").must(rule_on(0));
        assert!(story.case.disputed, "one is left to rule on");
        story.must(rule_on(1));
        assert!(!story.case.disputed);
    }
}

#[test]
fn a_code_keyed_on_the_phone_closes_what_nobody_touched() {
    let code = || Command::Code {
        code: "11".to_owned(),
        duty: None,
        category: Some("inquiry".parse().unwrap()),
        outcome: Some(Outcome::Handled),
    };
    let mut story = call();
    story.as_actor(Actor::Switch).must(code());
    assert_eq!(
        (story.case.state, story.case.outcome),
        (CaseState::Closed, Some(Outcome::Handled))
    );
    assert_eq!(story.case.category.as_str(), "inquiry");
    assert_eq!(story.must(code()), [], "once");

    let mut story = call();
    story.must(moving::to("sun"));
    assert_eq!(story.as_actor(Actor::Switch).must(code()), [], "a person acted");
    let mut story = call();
    story.must(Command::Register(with_category("complaint")));
    story.as_actor(Actor::Switch).must(code());
    assert_eq!(story.case.category.as_str(), "complaint", "what a person chose stays");
}

#[test]
fn the_caller_again_soon_after_closing_is_a_suspicion() {
    let again = |call, at: &str| Command::RepeatContact {
        call: CallId::new(call),
        case: None,
        at: t(at),
    };
    let mut story = call();
    story.must(close_own());
    let version = story.case.version;
    // A rung's +10 business days keep the clock time: closed Thu 8 Oct 10:30, until Wed 21 Oct 10:30.
    story.at("2026-10-21 10:40").as_actor(Actor::Switch);
    assert_eq!(story.must(again(41, "2026-10-21 10:31")), []);
    story.must(again(40, "2026-10-21 10:30"));
    assert_eq!(story.must(again(40, "2026-10-21 10:30")), [], "once a call");
    let rang = &story.case.violations[0];
    assert_eq!(
        (rang.kind, &rang.person),
        (ViolationKind::RepeatContact, &Some(p("wang")))
    );
    assert_eq!(story.case.version, version, "a suspicion changes nothing of the case");
}

#[test]
fn nobody_rules_on_themselves() {
    let rule = |confirmed, sanction: Option<&str>| Command::RuleOn {
        violation: 0,
        confirmed,
        reason: "已核实".to_owned(),
        sanction: sanction.map(str::to_owned),
    };
    let mut story = call();
    story.pass("2026-10-08 17:30");
    assert_eq!(story.case.violations[0].kind, ViolationKind::LateRegister);
    for equal in ["wang", "liu", "sun", "chen"] {
        let refusal = story.by(equal).run(&rule(false, None)).unwrap_err();
        assert!(matches!(refusal, Refusal::NotPermitted { .. }), "{equal}");
    }
    story.by("li");
    assert!(matches!(
        story.refused(rule(true, Some("扣钱"))),
        Refusal::Unknown { field: "sanction", .. }
    ));
    story.must(rule(true, Some("批评教育")));
    let fact = &story.case.violations[0];
    assert_eq!(
        (fact.status, fact.sanction.as_deref()),
        (Status::Confirmed, Some("批评教育"))
    );
    assert!(
        matches!(story.refused(rule(false, None)), Refusal::Unknown { .. }),
        "a ruling stands"
    );
    assert_eq!(story.case.violations(), 1);
}

#[test]
fn a_supervisors_own_goes_up() {
    let mut story = Story::call("2026-10-08 10:00");
    story.by("zhao").must(Command::Assign {
        to: crate::case::To::Person(p("li")),
        reason: "由科长办理".to_owned(),
    });
    story.pass("2026-10-08 17:30");
    let waive = Command::RuleOn {
        violation: 0,
        confirmed: false,
        reason: "系统停机".to_owned(),
        sanction: None,
    };
    assert_eq!(story.case.violations[0].person, Some(p("li")));
    assert!(matches!(story.by("li").run(&waive), Err(Refusal::NotPermitted { .. })));
    story.by("zhao").must(waive);
    assert_eq!(story.case.violations(), 0, "waived, and still there");
    assert_eq!(story.case.violations.len(), 1);
}

#[test]
fn a_first_answerer_is_corrected_by_the_supervisor_alone() {
    let correct = || Command::Correct {
        to: p("liu"),
        reason: "换班未登记".to_owned(),
    };
    let mut story = call();
    assert!(matches!(story.refused(correct()), Refusal::NotPermitted { .. }));
    story.must(Command::Dispute {
        text: "当时不是我".to_owned(),
    });
    assert!(story.case.disputed);
    story.by("li").must(correct());
    assert_eq!(story.case.first_answerer, Some(p("liu")));
    assert_eq!(story.case.handler, p("liu"), "nobody had moved it");
    assert_eq!(story.case.custody[1].how, "corrected");
    assert!(!story.case.disputed);
}

#[test]
fn marks_of_a_case() {
    let mut story = call();
    story.must(Command::Hot {
        text: "群众聚集".to_owned(),
    });
    assert!(story.case.hot);
    story.must(Command::Unreasonable {
        reason: "要求违反规定".to_owned(),
    });
    assert!(!story.case.unreasonable, "the supervisor confirms it");
    story.by("li").must(approve());
    assert!(story.case.unreasonable);
    story.by("wang").must(Command::CoHandler { person: p("sun") });
    assert!(matches!(
        story.run(&Command::CoHandler { person: p("gone") }),
        Err(Refusal::Unknown { .. })
    ));
    story.by("sun").must(Command::Contact {
        text: "已回电".to_owned(),
    });
    assert_eq!(story.case.co_handlers, [p("sun")]);
}

fn decline(reason: &str) -> Command {
    Command::Decline {
        reason: reason.to_owned(),
    }
}

/// What the last command told people.
fn told_after(story: &mut Story, command: Command) -> Vec<(Happened, String)> {
    let from = story.rows.len();
    story.must(command);
    let told = happened::told(&story.case, &story.rows[from..], &story.policy, &story.directory);
    told.into_iter()
        .map(|told| (told.happened, told.person.to_string()))
        .collect()
}

#[test]
fn an_extension_that_is_declined_leaves_the_deadline_and_is_told_to_who_asked() {
    let mut story = call();
    let due = story.due(DeadlineKind::Close);
    story.must(extend("2026-10-20 17:30"));
    // Nobody declines their own wish, nor without a reason; strangers do neither.
    assert!(matches!(story.refused(decline("x")), Refusal::NotPermitted { .. }));
    story.by("liu");
    assert!(matches!(story.refused(decline("x")), Refusal::NotPermitted { .. }));
    story.by("li");
    assert_eq!(story.lacks(decline(" ")), ["reason"]);
    let told = told_after(&mut story, decline("材料已齐"));
    assert_eq!(told, [(Happened::Declined, "wang".to_owned())]);
    assert_eq!(story.case.asked, None);
    assert_eq!(story.due(DeadlineKind::Close), due);
    assert_eq!(story.case.extended, 0);
    assert!(matches!(story.refused(decline("x")), Refusal::WrongState { .. }));
    assert!(matches!(story.refused(approve()), Refusal::WrongState { .. }));
}

#[test]
fn a_dispute_that_is_declined_is_over_and_can_be_made_again() {
    let mut story = call();
    let dispute = || Command::Dispute {
        text: "不是我接的".to_owned(),
    };
    story.must(dispute());
    assert!(story.case.disputed);
    story.by("li");
    let told = told_after(&mut story, decline("话单写明是 8021"));
    assert_eq!(told, [(Happened::Declined, "wang".to_owned())]);
    assert!(!story.case.disputed);
    assert_eq!(story.case.first_answerer, Some(p("wang")));
    story.by("wang").must(dispute());
    assert!(story.case.disputed);
}

fn people(told: &[(Happened, &str)]) -> Vec<(Happened, String)> {
    told.iter()
        .map(|(happened, person)| (*happened, (*person).to_owned()))
        .collect()
}

/// wang answered, sun of roads has it now.
fn moved() -> Story {
    let mut story = call();
    story.must(moving::to("sun"));
    story.at("2026-10-08 11:00").by("sun").must(Command::Accept);
    story
}

#[test]
fn a_dispute_is_told_to_who_may_answer_it_wherever_the_case_is() {
    let dispute = || Command::Dispute {
        text: "不是我接的".to_owned(),
    };
    // Nothing is charged to wang: who stands over the case may correct it, wang's own head may decline.
    let mut story = moved();
    let told = told_after(story.by("wang"), dispute());
    assert_eq!(told, people(&[(Happened::ToRule, "li"), (Happened::ToRule, "chen")]));
    // What is charged to wang is li's to rule on alone.
    let mut story = moved();
    story.pass("2026-10-08 17:30");
    assert_eq!(story.case.violations[0].person, Some(p("sun")), "who has it");
    story.by("chen").must(Command::Assign {
        to: crate::case::To::Person(p("wang")),
        reason: "请继续办理".to_owned(),
    });
    let told = told_after(story.by("sun"), dispute());
    assert_eq!(told, people(&[(Happened::ToRule, "chen")]));
    let head = crate::case::Rights::of(&story.case, &p("chen"), &story.directory, "2026-10-08".parse().unwrap());
    assert!(head.answers && !head.governs, "{head:?}");
    let told = told_after(story.by("chen"), decline("话单写明"));
    assert_eq!(told, people(&[(Happened::Declined, "sun")]));
    assert!(!story.case.disputed);
    assert!(matches!(story.refused(decline("再次")), Refusal::NotPermitted { .. }));
}

#[test]
fn a_dispute_waits_for_its_answer_also_on_a_closed_case() {
    let mut story = call();
    let from = story.rows.len();
    story.must(Command::Dispute {
        text: "不是我接的".to_owned(),
    });
    let event = story.rows[from].event.clone();
    story.must(close_own());
    let holds = |story: &Story, event: &Event| {
        happened::still_holds(&story.case, Happened::ToRule, &p("li"), Some(event), &story.directory)
    };
    assert!(holds(&story, &event));
    let asked = Event::Asked {
        what: Ask::Unreasonable,
        until: None,
        text: "a".to_owned(),
        by: None,
        caller_told: None,
    };
    assert!(!holds(&story, &asked), "what is asked ends with the case");
    story.by("li").must(decline("话单写明是 8021"));
    assert!(!holds(&story, &event));
}

#[test]
fn who_asked_who_had_it_and_who_is_charged_hear_the_answer() {
    let mut story = call();
    story.must(extend("2026-10-20 17:30"));
    let told = told_after(story.by("li"), approve());
    assert_eq!(told, people(&[(Happened::Approved, "wang")]));
    story.pass("2026-10-08 17:30");
    for (confirmed, happened) in [(true, Happened::Confirmed), (false, Happened::Waived)] {
        let mut story = call();
        story.pass("2026-10-08 17:30");
        let rule = Command::RuleOn {
            violation: 0,
            confirmed,
            reason: "已核实".to_owned(),
            sanction: None,
        };
        let told = told_after(story.by("li"), rule);
        assert_eq!(told, people(&[(happened, "wang")]));
    }
    let correct = Command::Correct {
        to: p("liu"),
        reason: "换班未登记".to_owned(),
    };
    let told = told_after(story.by("li"), correct);
    assert_eq!(
        told,
        people(&[(Happened::Corrected, "liu"), (Happened::Corrected, "wang")])
    );
    let assign = Command::Assign {
        to: crate::case::To::Person(p("wang")),
        reason: "统筹".to_owned(),
    };
    let told = told_after(&mut story, assign);
    assert_eq!(
        told,
        people(&[(Happened::Assigned, "wang"), (Happened::GivenAway, "liu")])
    );
}
