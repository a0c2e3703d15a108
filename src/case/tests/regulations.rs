//! The articles, each under the shipped policy that carries it; `docs/regulations.md` names these tests.
//!
//! Articles, lists and dates are written here by hand, from the regulations and the calendar.

use super::*;
use crate::case::happened::{self, Happened};
use crate::case::opening::{Opens as Opened, Why};
use crate::case::{CaseState, FrozenBy, Spoken, Status, To, Told, ViolationKind, visit};
use crate::directory::DutyEntry;
use crate::ids::CallId;

const ALL: [&str; 5] = ["mall", "government", "community", "bureau", "bureau-calls"];

fn shipped(name: &str) -> Policy {
    let file = format!("{}/config/policies/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    crate::config::policy_from_text(name, &std::fs::read_to_string(file).unwrap()).unwrap()
}

/// Answered by wang on Thursday, 8 October, at ten; it is half past and wang acts.
fn under(name: &str) -> Story {
    under_with(name, |_| ())
}

fn under_with(name: &str, change: impl FnOnce(&mut Opening)) -> Story {
    let mut opening = opening_of(CaseKind::Call, Some("wang"), "2026-10-08 10:00");
    change(&mut opening);
    let mut story = Story::draft_in(shipped(name), calendar(), opening);
    story.settled();
    story.at("2026-10-08 10:30").by("wang");
    story
}

/// The caller's number was withheld.
fn withheld(opening: &mut Opening) {
    (opening.caller_number, opening.caller_key) = (None, None);
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn matter(duty: Duty) -> Particulars {
    Particulars {
        matter: some("执照"),
        ..with_duty(duty)
    }
}

fn named(duty: Duty) -> Particulars {
    Particulars {
        duty: Some(duty),
        ..particulars("张三", "执照")
    }
}

fn hand_over(to: Option<To>, text: &str, particulars: Particulars) -> Command {
    Command::HandOver {
        to,
        text: text.to_owned(),
        particulars,
    }
}

fn offer(to: &str) -> Command {
    hand_over(Some(To::Person(p(to))), "请办理", Particulars::default())
}

fn confirm(sanction: &str) -> Command {
    Command::RuleOn {
        violation: 0,
        confirmed: true,
        reason: "已核实".to_owned(),
        sanction: some(sanction),
    }
}

fn article(story: &Story, kind: ViolationKind) -> &str {
    story
        .policy
        .violations
        .get(kind.as_str())
        .map_or("", |(article, _)| article)
}

/// Kind, person and article of everything breached.
fn breached(story: &Story) -> Vec<(ViolationKind, &str, &str)> {
    let rows = story.case.violations.iter();
    rows.map(|row| {
        (
            row.kind,
            row.person.as_ref().map_or("", PersonId::as_str),
            article(story, row.kind),
        )
    })
    .collect()
}

fn opens(call: &crate::call::Call, policy: &Policy) -> Opened {
    super::opening::opens(call, "2026-10-08 10:02", policy, &directory())
}

#[test]
fn r1_3_an_own_matter_is_served_on_the_spot_in_one_step() {
    let mut story = under("mall");
    // Service: two business days from Thu 8: Fri 9, Sat 10 (make-up day).
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-10 17:30");
    story.must(close(Outcome::Handled, "已换货", matter(Duty::Own)));
    assert!(story.case.registered);
    assert_eq!((story.case.state, story.case.violations.len()), (CaseState::Closed, 0));
}

#[test]
fn r1_4_guiding_tells_the_office_and_its_phone() {
    let mut story = under("mall");
    let guided = |given| close(Outcome::Guided, "已告知到路政科", given);
    assert_eq!(
        story.lacks(guided(matter(Duty::Other))),
        ["caller_told", "right_body", "right_phone"]
    );
    story.must(guided(Particulars {
        caller_told: some("请到路政科"),
        right_body: some("roads"),
        ..matter(Duty::Other)
    }));
    assert_eq!(story.case.right_phone.as_deref(), Some("8030"), "the directory has it");
}

#[test]
fn r1_5a_the_forbidden_phrases_are_no_answer_at_any_step() {
    for phrase in ["我也不知道", "我也不太清楚", "你问别人吧", "这不属于我管"] {
        let mut story = under("mall");
        let refused = Refusal::ForbiddenPhrase(phrase.to_owned());
        let said = format!("{phrase}！");
        assert_eq!(
            story.refused(close(Outcome::Handled, &said, matter(Duty::Own))),
            refused
        );
        let sun = || Some(To::Person(p("sun")));
        assert_eq!(story.refused(hand_over(sun(), &said, Particulars::default())), refused);
        story.must(offer("sun"));
        assert_eq!(story.by("sun").refused(Command::Return { reason: said }), refused);
    }
    let mut story = under("mall");
    assert_eq!(story.lacks(close(Outcome::Handled, "", matter(Duty::Own))), ["text"]);
}

#[test]
fn r1_5a_never_to_nobody_to_oneself_nor_to_and_fro() {
    let mut story = under("mall");
    assert_eq!(story.lacks(hand_over(None, "请办理", Particulars::default())), ["to"]);
    assert!(matches!(
        story.refused(offer("wang")),
        Refusal::Unknown { field: "to", .. }
    ));
    for (from, to) in [("wang", "sun"), ("sun", "liu")] {
        story.by(from).must(offer(to));
        story.by(to).must(Command::Accept);
    }
    let third = story.must(offer("wang"));
    let frozen = |event: &Event| {
        matches!(
            event,
            Event::Frozen {
                by: FrozenBy::Moves,
                ..
            }
        )
    };
    assert!(third.iter().any(frozen), "{third:?}");
    assert_eq!(breached(&story), [(ViolationKind::BuckPassing, "liu", "R1.5a")]);
}

#[test]
fn r1_5b_r2_8_r4_4_the_sanction_is_chosen_from_the_policys_list() {
    let lists = [
        (
            "mall",
            ["口头警告", "书面警告", "罚款", "停岗培训", "解除劳动合同"].as_slice(),
        ),
        (
            "government",
            &["批评教育", "效能告诫", "通报批评", "取消评优资格", "调离岗位"],
        ),
        (
            "bureau",
            &[
                "批评教育",
                "通报批评",
                "待岗学习",
                "经济处罚",
                "解除劳动合同",
                "党纪政纪处分",
            ],
        ),
    ];
    for (name, list) in lists {
        for sanction in list {
            let mut story = under(name);
            story.pass("2026-10-14 17:30");
            story.by("li");
            assert!(matches!(
                story.refused(confirm("扣留证件")),
                Refusal::Unknown { field: "sanction", .. }
            ));
            story.must(confirm(sanction));
            let fact = &story.case.violations[0];
            assert_eq!(
                (fact.status, fact.sanction.as_deref()),
                (Status::Confirmed, Some(*sanction)),
                "{name}"
            );
        }
        assert_eq!(shipped(name).sanctions, list, "{name}");
    }
}

#[test]
fn r1_6_the_directory_knows_who_handles_what() {
    let mut directory = directory();
    directory.duties.push(DutyEntry {
        words: vec!["营业执照".to_owned()],
        department: Some("permits".parse().unwrap()),
        handler: Some(p("liu")),
        outside: None,
        phone: some("8022"),
    });
    let day = "2026-10-08".parse().unwrap();
    let hits = directory.who("请问营业执照怎么办", day);
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].handler, Some(p("liu")));
    assert_eq!(hits[0].phone.as_deref(), Some("8022"));
    assert_eq!(directory.who("roads", day)[0].phone.as_deref(), Some("8030"));
}

#[test]
fn r2_2_done_by_the_limit_of_its_category() {
    let mut story = under("government");
    // Service: 9, 10, 12, 13, 14.
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-14 17:30");
    story.must(Command::Register(with_category("inquiry")));
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-09 17:30");
    story.by("zhao").must(Command::Register(with_category("complex")));
    // Twenty: 9 10 12 13 14, 15 16 19 20 21, 22 23 26 27 28, 29 30 and 2 3 4 November.
    assert_eq!(story.due(DeadlineKind::Close), "2026-11-04 17:30");
}

#[test]
fn r2_3_internal_calls_and_leaders_too() {
    let internal = crate::call::Call {
        direction: crate::call::Direction::Internal,
        person: Some(p("zhao")),
        ..super::opening::call()
    };
    let Opened::Case(opening) = opens(&internal, &shipped("government")) else {
        panic!("none")
    };
    assert_eq!(opening.holding.first_answerer, Some(p("zhao")), "the leader answered");
    assert_eq!(opens(&internal, &shipped("bureau")), Opened::Nothing(Why::Internal));
}

#[test]
fn r2_3_1_r2_4b_a_definite_reply_never_beyond_the_limit() {
    let promise = |until: &str| Command::Promise {
        until: t(until),
        text: "届时答复".to_owned(),
    };
    let mut story = under("government");
    // Ten: 9 10 12 13 14, 15 16 19 20 21.
    story.must(promise("2026-10-21 17:30"));
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-21 17:30");
    assert_eq!(breached(&story), []);
    story.must(promise("2026-10-22 09:00"));
    assert_eq!(
        story.due(DeadlineKind::Close),
        "2026-10-21 17:30",
        "waits for the supervisor"
    );
    assert_eq!(breached(&story), [(ViolationKind::OverPromise, "wang", "R2.4b")]);
}

#[test]
fn r2_3_2a_the_section_and_its_number_are_told() {
    let mut story = under("government");
    let guided = |given| close(Outcome::Guided, "已告知科室和电话", given);
    assert_eq!(story.lacks(guided(matter(Duty::Other))), ["right_body", "right_phone"]);
    let section = Particulars {
        right_body: some("Roads"),
        ..matter(Duty::Other)
    };
    story.must(guided(section));
    assert_eq!(story.case.right_phone.as_deref(), Some("8030"));
}

#[test]
fn r2_3_2b_for_an_absent_colleague_it_is_taken_with_the_phone() {
    let mut story = under_with("government", withheld);
    let done = || close(Outcome::Handled, "已转告并答复", matter(Duty::Unit));
    assert_eq!(story.lacks(done()), ["phone"]);
    story.must(Command::Register(Particulars {
        phone: some("02155550000"),
        ..matter(Duty::Unit)
    }));
    // Four business hours from ten: two till noon, two from half past one.
    assert_eq!(story.due(DeadlineKind::Relay), "2026-10-08 15:30");
    story.must(offer("liu"));
    assert_eq!(story.case.handler, p("wang"), "until the colleague takes it");
    story.by("liu").must(Command::Accept);
    assert_eq!(
        (story.case.handler.as_str(), story.case.phone.as_deref()),
        ("liu", Some("02155550000"))
    );
}

#[test]
fn r2_3_3_an_overlapping_matter_has_one_lead_and_those_who_help() {
    let mut story = under("government");
    story.must(Command::CoHandler { person: p("sun") });
    let note = Command::Note {
        text: "路政科意见".to_owned(),
    };
    story.by("sun").must(note);
    let done = || close(Outcome::Handled, "两科会办完毕", matter(Duty::Own));
    assert!(matches!(story.refused(done()), Refusal::NotPermitted { .. }));
    story.by("wang").must(done());
}

#[test]
fn r2_4a_a_hot_matter_is_shown_to_the_supervisor_at_once() {
    let mut story = under("government");
    let from = story.rows.len();
    story.must(Command::Hot {
        text: "群众聚集".to_owned(),
    });
    let told = happened::told(&story.case, &story.rows[from..], &story.policy, &story.directory);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].happened, &told[0].person), (Happened::Hot, &p("li")));
}

#[test]
fn r2_4b_who_rings_again_after_closing_is_recognised() {
    let mut story = under("government");
    story.must(close(Outcome::Explained, "已说明政策", matter(Duty::Own)));
    let again = |call, at: &str| Command::RepeatContact {
        call: CallId::new(call),
        case: None,
        at: t(at),
    };
    // Twenty business days keep the clock time: closed Thu 8 October 10:30, until Wed 4 November 10:30.
    story.at("2026-11-04 11:00").as_actor(Actor::Switch);
    assert_eq!(story.must(again(8, "2026-11-04 10:31")), []);
    story.must(again(9, "2026-11-04 10:30"));
    assert_eq!(breached(&story), [(ViolationKind::RepeatContact, "wang", "")]);
}

#[test]
fn r2_4c_a_complaint_has_matter_name_and_phone() {
    let mut story = under_with("government", withheld);
    let complaint = |change: fn(&mut Particulars)| {
        let mut given = Particulars {
            duty: Some(Duty::Own),
            ..with_category("complaint")
        };
        change(&mut given);
        close(Outcome::Handled, "已受理并查处", given)
    };
    assert_eq!(
        story.lacks(complaint(|_| ())),
        ["matter", "caller_name|anonymous", "phone|anonymous"]
    );
    let told = |given: &mut Particulars| (given.matter, given.caller_name) = (some("收费"), some("张三"));
    assert_eq!(story.lacks(complaint(told)), ["phone|anonymous"]);
    story.must(Command::Register(with_category("complaint")));
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-14 17:30");
    story.must(complaint(|given| {
        (given.matter, given.anonymous) = (some("收费"), true)
    }));
}

#[test]
fn r2_5_to_the_leader_only_with_a_proposal() {
    let mut story = under("government");
    let up = |text: &str| hand_over(None, text, matter(Duty::Unclear));
    assert_eq!(story.lacks(up(" ")), ["text"]);
    story.must(up("建议由路政科牵头"));
    assert_eq!(story.case.offer.as_ref().unwrap().to, To::Person(p("li")));

    let mut story = under("government");
    let roads = || Some(To::Department("roads".parse().unwrap()));
    assert_eq!(story.lacks(hand_over(roads(), "", Particulars::default())), ["text"]);
    story.must(hand_over(roads(), "建议现场处理", Particulars::default()));
    assert_eq!(story.case.offer.as_ref().unwrap().answerable, p("chen"), "its leader");
}

#[test]
fn r2_6_told_once_by_whoever_holds_it() {
    let mut story = under("government");
    story.must(offer("sun"));
    story.by("sun").must(Command::Accept);
    let notice = Told {
        basis: some("公路法第四十四条"),
        procedure: some("窗口受理"),
        materials: some("申请书"),
        limit: some("5个工作日"),
        text: some("可以办理，材料尚缺申请书"),
    };
    story.must(Command::TellOnce(notice.clone()));
    assert_eq!(story.case.told, Some(notice));
    assert_eq!(
        story.lacks(Command::TellOnce(Told::default())),
        ["basis|procedure|materials|limit|text"]
    );
}

#[test]
fn r3_2_who_answered_cannot_decline() {
    let mut story = under("community");
    let back = Command::Return {
        reason: "非本人职责".to_owned(),
    };
    assert!(matches!(story.refused(back), Refusal::WrongState { .. }));
    let void = Command::Void {
        reason: "非本人职责".to_owned(),
    };
    assert!(matches!(story.refused(void), Refusal::NotPermitted { .. }));
    story.must(offer("sun"));
    let back = Command::Return {
        reason: "属审批科职责".to_owned(),
    };
    story.by("sun").must(back);
    assert_eq!(
        (story.case.state, story.case.handler.as_str()),
        (CaseState::Open, "wang")
    );
}

#[test]
fn r2_2_r3_3_r4_2_2_what_is_not_done_at_once_is_told_once() {
    for name in ["government", "community", "bureau"] {
        let mut story = under(name);
        story.must(Command::Register(named(Duty::Own)));
        let done = || close(Outcome::Handled, "已办妥", Particulars::default());
        story.at("2026-10-09 09:30");
        assert_eq!(story.lacks(done()), ["told_once"], "{name}");
        story.must(Command::TellOnce(Told {
            materials: some("身份证"),
            ..Told::default()
        }));
        story.must(done());
    }
}

#[test]
fn r3_4_r4_2_3_another_departments_matter_is_guided_or_handed_over() {
    for name in ["community", "bureau"] {
        let mut story = under(name);
        story.must(close(
            Outcome::Guided,
            "已告知路政科及电话",
            Particulars {
                caller_told: some("请打路政科"),
                right_body: some("roads"),
                ..named(Duty::Other)
            },
        ));
        let relay = story.case.deadlines.iter().find(|row| row.kind == DeadlineKind::Relay);
        assert_eq!(relay.unwrap().met_at, Some(t("2026-10-08 10:30")), "{name}");
        for to in [To::Person(p("sun")), To::Department("roads".parse().unwrap())] {
            let mut story = under(name);
            story.must(hand_over(Some(to), "请办理", Particulars::default()));
            assert_eq!(story.case.duty, Some(Duty::Other), "{name}");
        }
    }
}

#[test]
fn r3_5_r4_2_4_an_unclear_matter_goes_to_the_leader_soon_and_the_answerer_helps() {
    // Two business hours from ten are noon, four are half past three.
    for (name, relay) in [("community", "2026-10-08 12:00"), ("bureau", "2026-10-08 15:30")] {
        let mut story = under(name);
        story.must(Command::Register(named(Duty::Unclear)));
        assert_eq!(story.due(DeadlineKind::Relay), relay, "{name}");
        story.must(hand_over(None, "职责不清，请协调", Particulars::default()));
        assert_eq!(story.case.offer.as_ref().unwrap().to, To::Person(p("li")));
        story.by("li").must(Command::Accept);
        assert_eq!(story.case.co_handlers, [p("wang")], "{name}");
    }
}

#[test]
fn r3_6_r5_2_4_outside_the_right_body_is_told_or_what_was_tried() {
    for name in ALL {
        let outside = |given| close(Outcome::Outside, "已作说明", given);
        let mut story = under(name);
        assert_eq!(
            story.lacks(outside(with_duty(Duty::Outside))),
            ["matter", "right_body|tried"],
            "{name}"
        );
        story.must(outside(Particulars {
            tried: some("查114未果"),
            ..matter(Duty::Outside)
        }));
        let mut story = under(name);
        story.must(outside(Particulars {
            right_body: some("公安局"),
            ..matter(Duty::Outside)
        }));
    }
}

#[test]
fn r3_7_by_phone_matter_name_and_phone_are_written_down_and_relayed() {
    let mut story = under("community");
    assert_eq!(
        story.case.caller_key.as_deref(),
        Some("+8613800001111"),
        "from the switch"
    );
    assert_eq!(story.due(DeadlineKind::Register), "2026-10-08 17:30");
    for duty in [Duty::Own, Duty::Unit, Duty::Other] {
        let done = close(Outcome::Handled, "已办妥", with_duty(duty));
        assert_eq!(story.lacks(done), ["caller_name", "matter"], "{duty:?}");
    }
    story.must(Command::Register(named(Duty::Unit)));
    assert_eq!(story.due(DeadlineKind::Relay), "2026-10-08 15:30");
    story.pass("2026-10-08 15:30");
    assert_eq!(breached(&story), [(ViolationKind::LateRelay, "wang", "R3.7")]);
}

#[test]
fn r3_8_r4_2_6_what_cannot_be_done_is_explained_within_the_limit() {
    // Service: three business days (9, 10, 12) in the community, five (13, 14) in the bureau.
    for (name, before, due, article) in [
        ("community", "2026-10-12 17:29", "2026-10-12 17:30", "R3.8"),
        ("bureau", "2026-10-14 17:29", "2026-10-14 17:30", "R4.4.2"),
    ] {
        for (at, late) in [(before, false), (due, true)] {
            let mut story = under(name);
            story.must(Command::Register(named(Duty::Own)));
            story.must(Command::TellOnce(Told {
                basis: some("条例"),
                ..Told::default()
            }));
            let explained = |text| close(Outcome::CannotBeDone, text, Particulars::default());
            story.at(at);
            assert_eq!(story.lacks(explained(" ")), ["text"], "{name}: without reasons");
            story.must(explained("该用地不符合规划，依法不能办理"));
            let expected = [(ViolationKind::LateClose, "wang", article)];
            assert_eq!(breached(&story), if late { &expected[..] } else { &[] }, "{name} {at}");
        }
    }
}

#[test]
fn r4_2_5_the_caller_is_told_and_the_switch_may_prove_it() {
    let done = || close(Outcome::Handled, "已修复", named(Duty::Other));
    let relayed = || {
        let mut story = under("bureau");
        story.must(offer("sun"));
        story.at("2026-10-08 11:00").by("sun").must(Command::Accept);
        story
    };
    let mut stated = relayed();
    assert_eq!(stated.lacks(done()), ["caller_told"]);
    stated.must(Command::Register(Particulars {
        caller_told: some("已告知由路政科办理"),
        ..Particulars::default()
    }));
    stated.must(done());

    let mut proved = relayed();
    proved.at("2026-10-08 11:30").as_actor(Actor::Switch);
    proved.must(Command::Spoken(Spoken {
        call: CallId::new(8),
        by: Some(p("sun")),
        extension: some("8031"),
        at: t("2026-10-08 11:20"),
        resolution_seconds: 1,
        talk_seconds: 40,
        outgoing: true,
    }));
    proved.by("sun").must(done());
    assert_eq!(proved.case.caller_told, None, "nobody had to say so");
}

#[test]
fn r4_3_3_an_extension_has_its_reason_and_its_approver() {
    let extend = |text: &str| Command::Extend {
        until: t("2026-10-20 17:30"),
        text: text.to_owned(),
        caller_told: some("已告知来电人"),
    };
    let mut story = under("bureau");
    assert_eq!(story.lacks(extend(" ")), ["text"]);
    story.must(extend("须现场勘查"));
    assert_eq!(
        story.due(DeadlineKind::Close),
        "2026-10-14 17:30",
        "not before it is approved"
    );
    let approve = || Command::Approve { text: String::new() };
    assert!(matches!(story.refused(approve()), Refusal::NotPermitted { .. }));
    story.by("li").must(approve());
    assert_eq!(story.due(DeadlineKind::Close), "2026-10-20 17:30");
}

#[test]
fn r4_3_4_an_unreasonable_demand_stays_and_the_supervisor_confirms() {
    let mark = |reason: &str| Command::Unreasonable {
        reason: reason.to_owned(),
    };
    let mut story = under("bureau");
    assert_eq!(story.lacks(mark(" ")), ["reason"]);
    story.must(mark("要求违反规定"));
    assert!(!story.case.unreasonable);
    let approve = || Command::Approve { text: String::new() };
    assert!(matches!(story.refused(approve()), Refusal::NotPermitted { .. }));
    story.by("li").must(approve());
    assert!(story.case.unreasonable);
    assert_eq!(story.case.state, CaseState::Open, "it stays in the register");
}

#[test]
fn r4_4_1_r4_4_2_who_is_late_is_found_and_charged() {
    let mut story = under("bureau");
    story.must(Command::Register(named(Duty::Other)));
    story.pass("2026-10-09 17:30"); // one business day to pass it on
    story.at("2026-10-12 10:00").by("wang").must(offer("sun"));
    story.pass("2026-10-12 15:30"); // four business hours to answer, then it is wang's again
    story.by("wang").must(offer("sun"));
    story.at("2026-10-12 16:00").by("sun").must(Command::Accept);
    story.pass("2026-10-13 17:30"); // one business day to speak to the caller
    story.pass("2026-10-14 17:30"); // five from the answer: 9, 10, 12, 13, 14
    assert_eq!(
        breached(&story),
        [
            (ViolationKind::LateRelay, "wang", "R4.4.1"),
            (ViolationKind::LateAccept, "sun", "R4.4.2"),
            (ViolationKind::LateContact, "sun", "R4.4.2"),
            (ViolationKind::LateClose, "sun", "R4.4.2"),
        ]
    );
}

#[test]
fn r4_4_3_not_to_have_told_the_caller_is_found() {
    let mut story = under("bureau");
    story.must(hand_over(Some(To::Person(p("liu"))), "请办理", named(Duty::Own)));
    story.by("liu").must(Command::Accept);
    story.must(close(Outcome::Handled, "已办妥", Particulars::default()));
    assert_eq!(breached(&story), [(ViolationKind::NotTold, "wang", "R4.4.3")]);
}

#[test]
fn r4_5_the_complaint_number_opens_a_complaint() {
    let policy = shipped("bureau");
    for (number, category) in [("11111", "complaint"), ("55550000", "service")] {
        let call = crate::call::Call {
            called_number: some(number),
            ..super::opening::call()
        };
        let Opened::Case(opening) = opens(&call, &policy) else {
            panic!("none")
        };
        assert_eq!(opening.category.as_str(), category);
    }
}

#[test]
fn r5_1_a_visit_is_received_like_a_call() {
    let (policy, directory) = (shipped("bureau-calls"), directory());
    let opening = visit(&p("wang"), None, t("2026-10-08 10:00"), &policy, &directory).unwrap();
    let mut story = Story::draft_in(policy, calendar(), opening);
    assert_eq!(story.case.kind, CaseKind::Visit);
    assert_eq!(story.case.first_answerer, Some(p("wang")));
    assert_eq!(story.due(DeadlineKind::Register), "2026-10-08 17:30");
    story.at("2026-10-08 10:20").by("wang");
    story.must(close(Outcome::Explained, "已解释政策", matter(Duty::Own)));
}

#[test]
fn r5_2_2_r5_2_3_a_colleague_or_another_unit_is_told_or_takes_it() {
    for (duty, body, colleague) in [(Duty::Unit, "刘洋", "liu"), (Duty::Other, "路政科", "sun")] {
        let mut story = under("bureau-calls");
        let guided = |given| close(Outcome::Guided, "已告知承办人和电话", given);
        assert_eq!(
            story.lacks(guided(matter(duty))),
            ["caller_told", "right_body", "right_phone"]
        );
        story.must(guided(Particulars {
            caller_told: some("已告知"),
            right_body: some(body),
            right_phone: some("8022"),
            ..matter(duty)
        }));
        let mut story = under("bureau-calls");
        story.must(offer(colleague));
        assert_eq!(story.case.duty, Some(duty));
        assert_eq!(story.due(DeadlineKind::Accept), "2026-10-08 16:00");
    }
}

#[test]
fn r5_2_5_a_complaint_goes_to_its_head_or_the_number_is_told() {
    let complaint = || {
        let mut story = under("bureau-calls");
        story.directory.departments[0].complaints = true;
        story.directory.departments[0].phone = some("12345");
        story
    };
    let mut story = complaint();
    story.must(hand_over(None, "投诉转办", with_category("complaint")));
    assert_eq!(story.case.offer.as_ref().unwrap().to, To::Person(p("zhao")), "its head");

    let mut story = complaint();
    story.must(close(
        Outcome::Guided,
        "已告知投诉电话",
        Particulars {
            category: Some("complaint".parse().unwrap()),
            caller_told: some("请打投诉电话"),
            right_body: some("bureau"),
            ..named(Duty::Other)
        },
    ));
    assert_eq!(story.case.right_phone.as_deref(), Some("12345"));
}

#[test]
fn r5_2_7_never_unknown_and_never_impossible() {
    for phrase in ["不知道", "办不了", "不知道或办不了"] {
        let mut story = under("bureau-calls");
        assert_eq!(
            story.refused(close(Outcome::CannotBeDone, &format!(" {phrase}。"), matter(Duty::Own))),
            Refusal::ForbiddenPhrase(phrase.to_owned())
        );
    }
}
