//! Who may act, who only looks, and what nobody is shown.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::clock::Simulation;
use crate::mail::{Key, Keys};
use crate::register::Writer;
use crate::register::tests::{DIRECTORY, House, POLICY, rules_of, t};
use crate::web::Watch;

/// An office over the house, at that time.
fn office(house: House, directory: &str, clock: &str) -> (tempfile::TempDir, RegisterOffice) {
    let rules = Arc::new(rules_of(directory, POLICY));
    let path = house.path();
    let House { dir, mut store, .. } = house;
    store.adopt(Arc::clone(&rules), t("08:00:00")).unwrap();
    let clock = Clock::Simulated(Simulation {
        start: t(clock),
        anchor: Timestamp::now(),
        rate: 1.0,
    });
    let (_, handle) = Writer::start(store, clock).unwrap();
    let desk = LinkDesk {
        keys: Keys::new(0, Key::new(1, [7; 32]), Vec::new()),
        public_url: "http://fa.x.cn".to_owned(),
        from: "fa@x.cn".to_owned(),
        instance: "abc".to_owned(),
    };
    let rules = Arc::new(ArcSwap::new(rules));
    (dir, RegisterOffice::new(path, rules, Arc::new(desk), handle, clock))
}

fn link(person: &str, target: Target) -> Link {
    Link::new(person.parse().unwrap(), target, t("09:00:00"))
}

fn case(id: i64) -> Target {
    Target::Case(CaseId::new(id))
}

async fn standing(office: &RegisterOffice, person: &str) -> Standing {
    office.case_page(&link(person, case(1))).await.unwrap().standing
}

async fn note(office: &RegisterOffice, link: &Link, version: u64) -> Result<(), ActError> {
    let seen = Seen {
        address: "10.0.0.9".parse().unwrap(),
        agent: "b".to_owned(),
    };
    let command = Command::Note { text: "n".to_owned() };
    office.act(link, CaseId::new(1), version, command, &seen).await
}

/// Answered by wang, put through to liu.
fn put_through() -> House {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60", "leg 1 8022 09:01:05 3 60"]);
    house.tick("09:02:05");
    house
}

#[tokio::test]
async fn the_handler_acts_the_line_above_looks_and_who_had_it_is_shown_who_has_it() {
    let (_dir, office) = office(put_through(), DIRECTORY, "09:03:00");
    let mut found = Vec::new();
    for person in ["liu", "li", "zhao", "wang"] {
        found.push(standing(&office, person).await);
    }
    use Standing::{Acts, Looks, Moved};
    assert_eq!(found, [Acts, Looks, Looks, Moved]);

    let page = office.case_page(&link("liu", case(1))).await.unwrap();
    let refused = note(&office, &link("wang", case(1)), page.case.version).await;
    assert_eq!(
        refused,
        Err(ActError::NotHolder {
            who: "刘洋".to_owned()
        })
    );
    assert_eq!(note(&office, &link("liu", case(1)), page.case.version).await, Ok(()));
}

#[tokio::test]
async fn the_deputy_acts_while_the_handler_is_away() {
    let deputy = |to: &str| {
        let more = format!(r#"{{id="liu", deputies=["wang"], away=[{{from=2026-03-01, to={to}}}],"#);
        DIRECTORY.replace(r#"{id="liu","#, &more)
    };
    let (_dir, away) = office(put_through(), &deputy("2026-03-05"), "09:03:00");
    assert_eq!(standing(&away, "wang").await, Standing::Acts);
    assert_eq!(
        standing(&away, "liu").await,
        Standing::Acts,
        "the handler stays handler"
    );
    let version = away.case_page(&link("wang", case(1))).await.unwrap().case.version;
    assert_eq!(note(&away, &link("wang", case(1)), version).await, Ok(()));

    let (_dir, back) = office(put_through(), &deputy("2026-03-04"), "09:03:00");
    assert_eq!(standing(&back, "wang").await, Standing::Moved);
}

#[tokio::test]
async fn a_draft_is_shown_to_nobody_and_nobody_acts_on_it() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60"]);
    let (_dir, office) = office(house, DIRECTORY, "09:01:30");
    let wang = link("wang", case(1));
    assert!(matches!(office.case_page(&wang).await, Err(NoPage::Gone)));
    assert_eq!(note(&office, &wang, 1).await, Err(ActError::Gone));
    assert!(
        office
            .list_page(&link("wang", Target::List))
            .await
            .unwrap()
            .rows
            .is_empty()
    );
}

#[tokio::test]
async fn a_link_is_for_one_case_or_for_ones_list_and_a_stale_page_is_told_who_was_first() {
    let mut house = put_through();
    house.says("09:02:20", &["leg 2 8022 09:01:10 5 60 last from 13900000002"]);
    let (_dir, office) = office(house, DIRECTORY, "09:03:00");
    let version = office.case_page(&link("liu", case(1))).await.unwrap().case.version;
    assert_eq!(note(&office, &link("liu", case(2)), version).await, Err(ActError::Gone));
    assert_eq!(note(&office, &link("liu", Target::List), version).await, Ok(()));
    let stale = ActError::Stale {
        who: "刘洋".to_owned(),
        version: version + 1,
    };
    assert_eq!(note(&office, &link("li", case(1)), version).await, Err(stale));
    assert_eq!(
        note(&office, &link("wang", Target::List), version + 1).await,
        Err(ActError::NotHolder {
            who: "刘洋".to_owned()
        })
    );
    let list = office.list_page(&link("liu", Target::List)).await.unwrap();
    assert_eq!(
        list.rows.iter().map(|row| row.case.id.get()).collect::<Vec<_>>(),
        [1, 2]
    );
    assert!(matches!(
        office.case_page(&link("liu", case(9))).await,
        Err(NoPage::Gone)
    ));
}

/// Wang is away and Liu stands in: Wang's case is on Liu's list, said to be Wang's, and Liu may act from there.
#[tokio::test]
async fn the_deputys_list_has_the_cases_of_who_is_away() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house.tick("09:02:05");
    let away = r#"{id="wang", deputies=["liu"], away=[{from=2026-03-01, to=2026-03-05}],"#;
    let (_dir, office) = office(house, &DIRECTORY.replace(r#"{id="wang","#, away), "09:03:00");
    let list = office.list_page(&link("liu", Target::List)).await.unwrap();
    let rows: Vec<_> = list
        .rows
        .iter()
        .map(|row| (row.case.id.get(), row.of.clone()))
        .collect();
    assert_eq!(rows, [(1, Some("wang".parse().unwrap()))]);
    let version = list.rows[0].case.version;
    assert_eq!(note(&office, &link("liu", Target::List), version).await, Ok(()));
    let own = office.list_page(&link("wang", Target::List)).await.unwrap();
    assert_eq!(
        (own.rows.len(), own.rows[0].of.clone()),
        (1, None),
        "the handler stays handler"
    );
}

/// A supervisor with a case of their own gives it to those below, to nobody else, and rules on nothing of it.
#[tokio::test]
async fn a_supervisor_assigns_a_case_of_their_own_to_those_below() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8023 09:00:00 5 60 last"]);
    house.tick("09:02:05");
    let (_dir, office) = office(house, DIRECTORY, "09:03:00");
    let page = office.case_page(&link("li", case(1))).await.unwrap();
    let below: Vec<_> = page.below.iter().flatten().map(PersonId::as_str).collect();
    assert_eq!((page.standing, below), (Standing::Acts, vec!["wang", "liu"]));
    assert!(page.rights.holds && !page.rights.rules);
    assert_eq!(page.call.talk_seconds, Some(60));
    assert_eq!(page.number, None, "who answered the call has just spoken");
}

/// Not on the day of the call any more, the told-once notice is needed as well, and the page says so beforehand.
#[tokio::test]
async fn what_is_needed_not_at_once_is_told_before_closing() {
    let (_dir, office) = office(put_through(), DIRECTORY, "09:03:00");
    let page = office.case_page(&link("liu", case(1))).await.unwrap();
    let told_once = vec!["told_once".to_owned()];
    assert!(!page.needs[&crate::case::Duty::Own].contains(&told_once));
    let mut older = page.case.clone();
    older.opened_at = "2026-03-04T01:00:00Z".parse().unwrap();
    let rules = office.rules.load_full();
    let needs = versions::needs(&older, &rules.policy, &rules, t("09:03:00"));
    assert!(needs[&crate::case::Duty::Own].contains(&told_once));
}

/// A supervisor's list shows, besides their own, what they are mailed about below them.
#[tokio::test]
async fn the_supervisors_list_has_what_waits_for_them() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house.tick("09:02:05");
    house.says("09:02:20", &["leg 2 8022 09:01:10 5 60 last from 13900000002"]);
    let (_dir, office) = office(house, DIRECTORY, "09:02:40");
    let list = |who: &'static str| {
        let office = &office;
        async move {
            let page = office.list_page(&link(who, Target::List)).await.unwrap();
            let watched = page.watched.into_iter();
            watched.map(|(row, whys)| (row.case.id.get(), whys)).collect::<Vec<_>>()
        }
    };
    // Registering is due 120 s after the answer: of the first call by now, of the second not yet. That it was late
    // waits for a ruling.
    assert_eq!(list("li").await, [(1, vec![Watch::Overdue, Watch::Pending(1)])]);
    assert_eq!(list("wang").await, [], "nobody is below Wang");
}

/// Each reason by itself, the gravest first.
#[tokio::test]
async fn a_supervisors_list_is_in_the_order_of_what_is_to_be_done() {
    let mut house = House::new();
    for n in 1..=5 {
        let line = format!("leg {n} 8021 09:00:0{n} 5 60 last from 1390000000{n}");
        house.says("09:01:20", &[&line]);
    }
    let named = crate::case::Particulars {
        caller_name: Some("Chen".to_owned()),
        matter: Some("permit".to_owned()),
        ..crate::case::Particulars::default()
    };
    house.now = t("09:01:30");
    for id in 1..=4 {
        house.change(id, &Command::Register(named.clone()), "wang").unwrap();
    }
    let text = || "the files are in another town".to_owned();
    let until = "2026-03-16T09:30:00Z".parse().unwrap();
    let extend = Command::Extend {
        until,
        text: text(),
        caller_told: Some(text()),
    };
    house.change(1, &extend, "wang").unwrap();
    let hand_over = Command::HandOver {
        to: Some(To::Person("liu".parse().unwrap())),
        text: text(),
        particulars: crate::case::Particulars::default(),
    };
    house.change(2, &hand_over, "wang").unwrap();
    house.change(3, &Command::Hot { text: text() }, "wang").unwrap();
    // The fourth waits for nobody above; the fifth was not registered in 120 s.
    house.tick("09:02:20");
    let (_dir, office) = office(house, DIRECTORY, "09:03:00");
    let list = office.list_page(&link("li", Target::List)).await.unwrap();
    let found: Vec<_> = list
        .watched
        .into_iter()
        .map(|(row, whys)| (row.case.id.get(), whys))
        .collect();
    let expected = [
        (1, vec![Watch::ToRule]),
        (5, vec![Watch::Overdue, Watch::Pending(1)]),
        (3, vec![Watch::Hot]),
    ];
    assert_eq!(found, expected);
}

/// What was offered lies too long once its acceptance is due within two hours.
#[tokio::test]
async fn an_offer_that_nobody_answers_is_shown_above() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house.now = t("09:01:30");
    let hand_over = Command::HandOver {
        to: Some(To::Person("liu".parse().unwrap())),
        text: "permits are yours".to_owned(),
        particulars: crate::case::Particulars {
            caller_name: Some("Chen".to_owned()),
            matter: Some("permit".to_owned()),
            ..crate::case::Particulars::default()
        },
    };
    house.change(1, &hand_over, "wang").unwrap();
    // Four hours to accept: at 11:00 more than two are left, at 11:40 less.
    let (_dir, office) = office(house, DIRECTORY, "11:40:00");
    let list = office.list_page(&link("li", Target::List)).await.unwrap();
    let whys: Vec<_> = list
        .watched
        .iter()
        .map(|(row, whys)| (row.case.id.get(), whys.clone()))
        .collect();
    assert_eq!(whys, [(1, vec![Watch::Offered])]);
    let liu = office.list_page(&link("liu", Target::List)).await.unwrap();
    assert_eq!(liu.offered.len(), 1);
    assert!(liu.offered[0].returns, "whom it is offered to may give it back");
}

/// A violation that waits for its ruling is shown to who may rule, and to nobody it concerns.
#[tokio::test]
async fn the_case_page_rules_on_a_violation() {
    let mut house = House::new();
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house.tick("09:02:05");
    house.tick("09:02:20");
    let (_dir, office) = office(house, DIRECTORY, "09:03:00");
    let theirs = |page: &CasePage| page.breaches.iter().map(|breach| breach.theirs).collect::<Vec<_>>();
    let own = office.case_page(&link("wang", case(1))).await.unwrap();
    assert_eq!(theirs(&own), [false]);
    assert!(own.breaches[0].words.contains("王芳"), "{}", own.breaches[0].words);
    let page = office.case_page(&link("li", case(1))).await.unwrap();
    assert_eq!(theirs(&page), [true]);
    let seen = Seen {
        address: "10.0.0.9".parse().unwrap(),
        agent: "b".to_owned(),
    };
    let ruling = |confirmed| Command::RuleOn {
        violation: page.breaches[0].n,
        confirmed,
        reason: "the phone was down".to_owned(),
        sanction: None,
    };
    let version = page.case.version;
    let refused = office
        .act(&link("wang", case(1)), CaseId::new(1), version, ruling(false), &seen)
        .await;
    assert!(
        matches!(refused, Err(ActError::Refused(Refusal::NotPermitted { .. }))),
        "{refused:?}"
    );
    let li = link("li", case(1));
    assert_eq!(
        office.act(&li, CaseId::new(1), version, ruling(false), &seen).await,
        Ok(())
    );
    let page = office.case_page(&li).await.unwrap();
    assert_eq!(page.case.violations[0].status, crate::case::Status::Waived);
    assert_eq!(theirs(&page), [false], "a ruling stands");
}

/// A case is closed by what was in force at its answer, whatever the files say since.
#[tokio::test]
async fn pages_ask_what_the_policy_of_the_answer_asks() {
    let older =
        format!(r#"{POLICY}, duty.own.needs=["matter", "tried"], pause.reasons=["a_site_visit"], name.zh="旧制度""#);
    let mut house = House::with(Arc::new(rules_of(DIRECTORY, &older)));
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    house.tick("09:02:05");
    let (_dir, office) = office(house, DIRECTORY, "09:03:00");
    let own = |needs: &crate::web::Needs| needs[&crate::case::Duty::Own].clone();
    let asked: Vec<Vec<String>> = vec![vec!["matter".to_owned()], vec!["tried".to_owned()]];
    let page = office.case_page(&link("wang", case(1))).await.unwrap();
    assert_ne!(page.case.policy.1, office.rules.load().policy.version);
    assert_eq!(own(&page.needs), asked);
    assert_eq!(page.pause_reasons, ["a_site_visit"]);
    let list = office.list_page(&link("wang", Target::List)).await.unwrap();
    assert_eq!(
        (own(&list.rows[0].needs), list.rows[0].policy.as_str()),
        (asked, "旧制度")
    );
}

#[tokio::test]
async fn after_the_case_moved_who_is_named_may_still_dispute_and_nothing_else() {
    let (_dir, office) = office(put_through(), DIRECTORY, "09:03:00");
    let seen = Seen {
        address: "10.0.0.9".parse().unwrap(),
        agent: "b".to_owned(),
    };
    let dispute = || Command::Dispute {
        text: "Liu sat at my desk".to_owned(),
    };
    let version = office.case_page(&link("wang", case(1))).await.unwrap().case.version;
    let of = |person: &str| link(person, case(1));
    let contact = Command::Contact {
        text: "called".to_owned(),
    };
    for (person, command) in [("wang", contact), ("wang", Command::Note { text: "n".to_owned() })] {
        let refused = office.act(&of(person), CaseId::new(1), version, command, &seen).await;
        assert!(matches!(refused, Err(ActError::NotHolder { .. })), "{refused:?}");
    }
    assert_eq!(
        office.act(&of("wang"), CaseId::new(1), version, dispute(), &seen).await,
        Ok(())
    );
    let page = office.case_page(&of("wang")).await.unwrap();
    assert!(page.case.disputed && page.case.handler.as_str() == "liu");
    assert_eq!(page.standing, Standing::Moved, "it is still only shown");
}

#[tokio::test]
async fn whom_the_ladder_tells_of_an_offer_looks_though_not_above_the_handler() {
    // Zhou heads another department, which Li's case is offered to; Qian is the manager over it, above nobody here.
    let directory = DIRECTORY
        .replace(
            r#"{id="permits","#,
            r#"{id="tax", name="税务科", head="zhou"}, {id="permits","#,
        )
        .replace(
            r#"{id="wang","#,
            r#"{id="zhou", name="周明", mail="zhou@x.cn", department="tax", supervisor="qian"},
               {id="sun", name="孙丽", mail="sun@x.cn", department="tax"},
               {id="qian", name="钱进", mail="qian@x.cn", department="bureau", roles=["manager"]}, {id="wang","#,
        );
    let mut house = House::with(Arc::new(rules_of(&directory, POLICY)));
    house.says("09:01:05", &["leg 1 8021 09:00:00 5 60 last"]);
    let offer = Command::HandOver {
        to: Some(To::Person("sun".parse().unwrap())),
        text: "yours, I think".to_owned(),
        particulars: crate::case::Particulars::default(),
    };
    house.change(1, &offer, "wang").unwrap();
    let (_dir, office) = office(house, &directory, "09:03:00");
    let mut found = Vec::new();
    for person in ["sun", "zhou", "qian", "liu"] {
        found.push(standing(&office, person).await);
    }
    assert_eq!(
        found,
        [Standing::Offered, Standing::Looks, Standing::Looks, Standing::Moved]
    );
}
