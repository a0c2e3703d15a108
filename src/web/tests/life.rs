//! Handing over, answering an offer, dates, the supervisor's forms, and the search that fills them in.

use super::http::{Answer, House};
use super::memory::{Memory, at, offer, person};
use crate::case::{Ask, Asked, CaseKind, CaseState, Custody, Event, Meant, To};
use crate::directory::Lang;
use crate::ids::CaseId;
use crate::mail::Target;

/// The forms of a page, in their order.
pub fn verbs(page: &Answer) -> Vec<String> {
    let rows = page.body.split("name=\"do\" value=\"").skip(1);
    rows.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
        .collect()
}

/// A case in a state of its own, and a link to it for each of three people.
async fn desk(lang: Lang, change: impl FnOnce(&mut crate::case::Case)) -> (House, CaseId, [String; 3]) {
    let office = Memory::new(lang);
    let case = office.add(12, change);
    let links = ["wang", "liu", "li"].map(|who| format!("/t/{}", office.token(who, Target::Case(case))));
    (House::open(office).await, case, links)
}

fn offered(case: &mut crate::case::Case) {
    case.state = CaseState::Offered;
    case.offer = Some(offer(To::Person(person("liu")), "lost permit, papers are checked"));
}

#[tokio::test]
async fn the_handler_has_a_form_for_each_thing_to_do_and_closing_comes_first() {
    let (house, _, [wang, ..]) = desk(Lang::Zh, |_| ()).await;
    let page = house.get(&wang).await;
    assert_eq!(
        verbs(&page),
        [
            "close",
            "hand-over",
            "contact",
            "register",
            "told-once",
            "promise",
            "wait",
            "extend",
            "co-handler",
            "hot",
            "unreasonable",
            "note",
            "dispute"
        ]
    );
    for told in [
        "<optgroup label=\"审批科\">",
        "<option value=\"permits\">",
        "<option value=\"liu\">刘洋</option>",
        "李强（外出至 3月9日",
        "name=\"outside\"",
        "id=\"promise-until\" name=\"until\"",
        "type=\"date\"",
        "href=\"#who\"",
    ] {
        assert!(page.body.contains(told), "lacks {told}");
    }
    house.close().await;
}

/// Who only helps writes, and is shown nothing that would be refused.
#[tokio::test]
async fn a_helper_is_shown_what_a_helper_may() {
    let helped = |case: &mut crate::case::Case| case.handler = person("liu");
    let (house, case, [wang, ..]) = desk(Lang::En, helped).await;
    assert!(verbs(&house.get(&wang).await).is_empty(), "it moved on");
    house.office.cases.lock().unwrap().get_mut(&case).unwrap().0.co_handlers = vec![person("wang")];
    let shown = verbs(&house.get(&wang).await);
    assert_eq!(shown, ["contact", "register", "told-once", "hot", "note", "dispute"]);
    house.close().await;
}

#[tokio::test]
async fn what_is_offered_is_accepted_first_and_by_whom_it_is_offered_to() {
    let (house, case, [wang, liu, _]) = desk(Lang::En, |_| ()).await;
    let form = "do=hand-over&version=3&to=liu&text=lost+permit,+papers+are+checked";
    assert_eq!(house.post(&wang, form).await.status, 303);
    let waits = house.get(&wang).await;
    assert!(
        waits
            .body
            .contains("Offered to Liu Yang; until accepted it stays where it is")
    );
    assert!(!verbs(&waits).contains(&"hand-over".to_owned()));

    let page = house.get(&liu).await;
    assert_eq!(verbs(&page), ["accept", "return"]);
    assert!(
        page.body
            .contains("Wang Fang offers it to you: lost permit, papers are checked")
    );
    assert_eq!(house.post(&liu, "do=accept&version=4").await.status, 303);
    assert_eq!(house.office.case(case).handler, person("liu"));
    let page = house.get(&liu).await;
    assert_eq!(verbs(&page).first().map(String::as_str), Some("close"));
    house.close().await;
}

#[tokio::test]
async fn returning_needs_a_reason_and_keeps_what_was_typed() {
    let (house, case, [_, liu, _]) = desk(Lang::En, offered).await;
    let lacks = house.post(&liu, "do=return&version=3&reason=...").await;
    assert_eq!(lacks.status, 422);
    assert!(lacks.body.contains("href=\"#return-reason\"") && lacks.body.contains("\n...</textarea>"));
    assert_eq!(
        house.post(&liu, "do=return&version=3&reason=not+ours").await.status,
        303
    );
    assert_eq!(house.office.case(case).state, CaseState::Open);
    let moved = house.get(&liu).await;
    assert!(moved.body.contains("no longer yours") && verbs(&moved).is_empty());
    house.close().await;
}

#[tokio::test]
async fn what_the_switch_put_through_can_be_returned() {
    let put_through = |case: &mut crate::case::Case| {
        let held = |who: &str, how: &str| Custody {
            person: person(who),
            from: case.opened_at,
            to: None,
            how: how.into(),
        };
        case.custody = vec![held("liu", "answered"), held("wang", "put_through")];
    };
    let (house, _, [wang, ..]) = desk(Lang::En, put_through).await;
    let page = house.get(&wang).await;
    assert_eq!(verbs(&page)[..2], ["close", "return"]);
    house.close().await;
}

#[tokio::test]
async fn a_date_means_its_close_of_business_and_a_wrong_one_is_said_at_its_field() {
    let (house, case, [wang, ..]) = desk(Lang::En, |_| ()).await;
    let wrong = house
        .post(&wang, "do=promise&version=3&until=soon&text=by+Friday")
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("“soon” is no date") && wrong.body.contains("by Friday"));
    let late = "do=extend&version=3&until=2026-05-01&text=files+are+elsewhere&caller_told=yes";
    let late = house.post(&wang, late).await;
    assert_eq!(late.status, 422);
    assert!(
        late.body
            .contains("2026-05-01 is too late: 2026-03-20 17:30 is the latest"),
        "{}",
        late.body
    );
    assert!(late.body.contains("value=\"2026-05-01\"") && late.body.contains("files are elsewhere"));
    let good = "do=promise&version=3&until=2026-03-06&text=by+Friday";
    assert_eq!(house.post(&wang, good).await.status, 303);
    let last = house.office.last_event(case);
    assert_eq!(
        last,
        Event::Promised {
            until: at("2026-03-06T09:30:00Z"),
            text: "by Friday".into()
        }
    );
    house.close().await;
}

#[tokio::test]
async fn a_frozen_case_is_the_supervisors_and_so_is_what_was_asked() {
    let (house, _, [wang, _, li]) = desk(Lang::En, |case| {
        case.state = CaseState::Frozen;
        case.asked = Some(Asked {
            what: Ask::Extension,
            until: Some(at("2026-03-18T09:30:00Z")),
            text: "files are elsewhere".into(),
            by: Some(person("wang")),
            caller_told: None,
        });
    })
    .await;
    let page = house.get(&li).await;
    assert_eq!(verbs(&page)[..3], ["rule", "approve", "decline"]);
    assert!(!verbs(&page).contains(&"assign".to_owned()));
    assert!(page.body.contains("Wang Fang asked the supervisor (an extension"));
    let page = house.get(&wang).await;
    for not in ["close", "hand-over", "promise", "rule"] {
        assert!(!verbs(&page).contains(&not.to_owned()), "{not}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_search_shows_who_handles_it_and_fills_the_forms_in() {
    let (house, case, [wang, liu, _]) = desk(Lang::En, |_| ()).await;
    let before = house.office.case(case);
    let found = house.get(&format!("{wang}?who=licence")).await;
    assert!(found.body.contains("business licence") && found.body.contains("href=\"tel:8022\""));
    assert!(
        found.body.contains("href=\"?who=licence&#38;to=liu#hand-over\""),
        "{}",
        found.body
    );
    let chosen = house.get(&format!("{wang}?who=licence&to=liu")).await;
    assert!(chosen.body.contains("<option value=\"liu\" selected>"));
    assert!(chosen.body.contains("id=\"hand-over\" open"));
    let guided = house
        .get(&format!(
            "{wang}?who=passport&right_body=Exit+and+Entry&right_phone=12367"
        ))
        .await;
    assert!(guided.body.contains("value=\"Exit and Entry\"") && guided.body.contains("value=\"12367\""));
    let outside = house.get(&format!("{wang}?who=passport")).await;
    assert!(outside.body.contains("&#38;outside=%E5%87%BA") && outside.body.contains("&#38;right_phone=12367#close"));
    let nothing = house.get(&format!("{wang}?who=%3Cb%3E")).await;
    assert!(nothing.body.contains("Nothing found for") && !nothing.body.contains("<b>"));
    assert!(
        !house
            .get(&format!("{liu}?who=licence"))
            .await
            .body
            .contains("business licence")
    );
    assert_eq!((house.office.acted(), house.office.case(case)), (0, before));
    house.close().await;
}

#[tokio::test]
async fn the_list_shows_what_is_offered_and_accepts_it() {
    let (house, case, _) = desk(Lang::En, offered).await;
    let list = format!("/t/{}", house.office.token("liu", Target::List));
    let page = house.get(&list).await;
    assert!(page.body.contains("Offered to you") && page.body.contains("lost permit, papers are checked"));
    assert_eq!(verbs(&page), ["accept", "return"]);
    // Given back without a reason: the page says what lacks, and the field is open to be filled in.
    let bare = house.post(&list, "do=return&case=12&version=3&reason=..").await;
    assert_eq!(bare.status, 422);
    assert!(bare.body.contains("<details class=\"back\" open>"), "{}", bare.body);
    assert!(bare.body.contains("Reason: please write one sentence"), "{}", bare.body);
    assert_eq!(house.post(&list, "do=accept&case=12&version=2").await.status, 409);
    assert_eq!(house.post(&list, "do=accept&case=12&version=3").await.status, 303);
    assert_eq!(house.office.case(case).handler, person("liu"));
    let page = house.get(&list).await;
    assert!(!page.body.contains("Offered to you"));
    assert_eq!(verbs(&page), ["close"]);
    house.close().await;
}

#[tokio::test]
async fn the_list_gives_back_what_is_offered() {
    let (house, case, _) = desk(Lang::Zh, offered).await;
    let list = format!("/t/{}", house.office.token("liu", Target::List));
    let given_back = house
        .post(
            &list,
            "do=return&case=12&version=3&reason=%E5%BA%94%E7%94%B1%E7%A8%8E%E5%8A%A1%E5%8A%9E",
        )
        .await;
    assert_eq!(given_back.status, 303, "{}", given_back.body);
    let event = house.office.last_event(case);
    let because = matches!(&event, Event::Returned { reason, .. } if reason == "应由税务办");
    assert!(because, "{event:?}");
    assert!(!house.get(&list).await.body.contains("转给您的"));
    house.close().await;
}

/// Due when and by which rule, what waits for whom, what was promised, what the switch proves.
#[tokio::test]
async fn the_start_page_says_why_and_what_waits_for_whom() {
    let office = Memory::new(Lang::En);
    office.add(1, |case| case.deadlines[0].due_at = at("2026-03-05T07:00:00Z"));
    office.add(2, |case| {
        case.state = CaseState::Offered;
        case.offer = Some(offer(To::Person(person("liu")), "permits are yours"));
    });
    office.add(3, |case| case.promised = Some(at("2026-03-05T09:30:00Z")));
    office.add(4, |case| {
        case.state = CaseState::Closed;
        case.closed_at = Some(at("2026-03-05T06:20:00Z"));
        case.outcome = Some(crate::case::Outcome::CalledBack);
        case.contacts.push(crate::case::Contact {
            call: Some(crate::ids::CallId::new(8)),
            at: at("2026-03-05T06:20:00Z"),
            by: Some(person("wang")),
            talk_seconds: Some(125),
        });
    });
    let house = House::open(office).await;
    let page = house
        .get(&format!("/t/{}", house.office.token("wang", Target::List)))
        .await;
    let body = &page.body;
    for said in [
        "<strong>1</strong> Overdue",
        "<strong>1</strong> Promised for today",
        "<strong>1</strong> Waiting for others",
        "<strong>1</strong> Closed today",
        "Registration: answered Thu 5 Mar 14:12; end of that day",
        "By: 首问责任制; calendar cn",
        "Offered to Liu Yang since today 16:40",
        "Promised by today 17:30",
        "Proved by the switch: spoke today 14:20 for 2 min 5 s",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }
    // The late one first; what waits for others after all that is to be done.
    let place = |id: &str| body.find(id).unwrap_or_else(|| unreachable!("{id}: {body}"));
    let order = [
        place(">#1 "),
        place(">#3 "),
        place("id=\"waits\""),
        place(">#2 "),
        place("id=\"done\""),
        place(">#4 "),
    ];
    assert!(order.is_sorted(), "{order:?}");
    house.close().await;
}

#[tokio::test]
async fn what_only_the_supervisor_can_move_stands_first_on_their_page() {
    let office = Memory::new(Lang::En);
    office.add(1, |case| {
        case.deadlines[0].due_at = at("2026-03-05T07:00:00Z");
        case.settled = true;
    });
    office.add(2, |case| {
        case.state = CaseState::Frozen;
        case.asked = Some(Asked {
            what: Ask::Extension,
            until: Some(at("2026-03-18T09:30:00Z")),
            text: "the files are elsewhere".into(),
            by: Some(person("wang")),
            caller_told: None,
        });
    });
    office.add(3, |case| case.handler = person("li"));
    office.add(4, |case| {
        case.state = CaseState::Frozen;
        case.meant = Some(Meant {
            to: To::Person(person("liu")),
            text: "the roads are yours".into(),
        });
        (case.disputed, case.disputed_by) = (true, Some(person("liu")));
    });
    let house = House::open(office).await;
    let page = house
        .get(&format!("/t/{}", house.office.token("li", Target::List)))
        .await;
    let body = &page.body;
    for said in [
        "href=\"#watch-rule\"><strong>2</strong> For you to rule on",
        "href=\"#watch-overdue\"><strong>1</strong> Overdue below you",
        "rule who handles it (meant for Liu",
        ": the roads are yours)",
        "Liu Yang disagrees with what it says",
        "Went to and fro too often: rule who handles it",
        "Wang Fang asks for more time, until Wed 18 Mar 17:30: the files are elsewhere",
        "Handler: Wang Fang",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }
    let place = |id: &str| body.find(id).unwrap_or_else(|| unreachable!("{id}: {body}"));
    let order = [
        place("id=\"watch-rule\""),
        place("id=\"todo\""),
        place("id=\"watch-overdue\""),
    ];
    assert!(order.is_sorted(), "{order:?}");
    house.close().await;
}

/// The options of a select on a page.
fn options(page: &Answer, id: &str) -> Vec<String> {
    let from = page.body.find(&format!("id=\"{id}\"")).unwrap();
    let select = &page.body[from..][..page.body[from..].find("</select>").unwrap()];
    let values = select.split("<option value=\"").skip(1);
    values.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn nobody_is_offered_as_receiver_of_what_they_have() {
    let (house, _, [wang, _, li]) = desk(Lang::Zh, |_| ()).await;
    let page = house.get(&wang).await;
    for select in ["hand-over-to", "co-handler-to"] {
        let known = options(&page, select);
        assert!(
            known.contains(&"liu".to_owned()) && !known.contains(&"wang".to_owned()),
            "{select}: {known:?}"
        );
    }
    assert!(page.body.contains("（部门，任何人可接收）"));
    let above = house.get(&li).await;
    assert!(!options(&above, "assign-to").contains(&"wang".to_owned()));
    assert!(
        above.body.contains("（部门，直接交给负责人）") && !above.body.contains("任何人可接收"),
        "what is assigned nobody accepts"
    );
    house.close().await;
}

#[tokio::test]
async fn a_refusal_names_the_field_of_its_form() {
    let (house, _, [wang, ..]) = desk(Lang::Zh, |_| ()).await;
    let nowhere = house.post(&wang, "do=hand-over&version=3&text=请办").await;
    assert_eq!(nowhere.status, 422);
    assert!(
        nowhere
            .body
            .contains("转给谁（制度没有规定这类事项转给谁，请选择人或部门）")
    );
    let nobody = house.post(&wang, "do=co-handler&version=3").await;
    assert_eq!(nobody.status, 422);
    assert!(nobody.body.contains("协办人（请选择）") && !nobody.body.contains("转给谁（请选择）"));
    let itself = "do=close&version=3&outcome=duplicate&of=12&text=重复&matter=m&duty=own";
    let itself = house.post(&wang, itself).await;
    assert_eq!(itself.status, 422);
    assert!(itself.body.contains("就是这一件，请填另一件的编号"));
    house.close().await;
}

#[tokio::test]
async fn what_was_typed_into_a_form_that_is_gone_is_named_as_there_and_said_to_be_wrong() {
    let (house, case, [wang, ..]) = desk(Lang::Zh, |_| ()).await;
    let done = "do=close&version=3&outcome=handled&text=已告知&matter=m&duty=own";
    assert_eq!(house.post(&wang, done).await.status, 303);
    let promise = house.post(&wang, "do=promise&version=4&until=soon&text=周五答复").await;
    assert_eq!(promise.status, 422);
    assert!(
        promise.body.contains("现在的状态是“已办结”") && promise.body.contains("“soon”不是日期"),
        "{}",
        promise.body
    );
    assert!(
        promise.body.contains("<dt>答应了什么</dt>") && !promise.body.contains("<dt>怎样办的</dt>"),
        "{}",
        promise.body
    );
    house.office.cases.lock().unwrap().get_mut(&case).unwrap().0.handler = person("liu");
    let moved = house.post(&wang, "do=note&version=4&text=他明天来").await;
    assert_eq!(moved.status, 409);
    assert!(
        moved.body.contains("<dt>备注</dt>") && !moved.body.contains("<dt>怎样办的</dt>"),
        "{}",
        moved.body
    );
    house.close().await;
}

#[tokio::test]
async fn who_may_still_disagree_is_not_told_that_nothing_is_possible() {
    let doubted = |case: &mut crate::case::Case| {
        case.handler = person("liu");
        case.evidence_differs = true;
    };
    let (house, _, [wang, ..]) = desk(Lang::Zh, doubted).await;
    let page = house.get(&wang).await;
    assert_eq!(verbs(&page), ["dispute"]);
    assert!(
        page.body.contains("可以在下面提出异议") && !page.body.contains("只能查看"),
        "{}",
        page.body
    );
    house.close().await;
}

#[tokio::test]
async fn the_other_phone_is_in_full_for_who_dials_and_nowhere_for_who_looks() {
    let office = Memory::new(Lang::Zh);
    let phone = |case: &mut crate::case::Case| case.phone = Some("13912340099".into());
    let missed = office.add(12, |case| {
        case.kind = CaseKind::Callback;
        phone(case);
    });
    let plain = office.add(13, phone);
    let link = |who: &str, case| format!("/t/{}", office.token(who, Target::Case(case)));
    let (dials, looks, holds) = (link("wang", missed), link("li", missed), link("wang", plain));
    let house = House::open(office).await;
    let page = house.get(&dials).await;
    assert!(page.body.contains("<dd>13912340099</dd>") && page.body.contains("value=\"13912340099\""));
    for path in [&looks, &holds] {
        let page = house.get(path).await;
        assert!(
            !page.body.contains("13912340099"),
            "{path}: in full for who need not dial"
        );
        assert!(page.body.contains("<dd>139****0099</dd>"));
        assert!(page.body.contains("已登记 139****0099；留空则不变"));
    }
    let form = "do=register&version=3&matter=执照&phone=";
    assert_eq!(house.post(&holds, form).await.status, 303);
    assert_eq!(
        house.office.case(plain).phone.as_deref(),
        Some("13912340099"),
        "left empty it stays"
    );
    house.close().await;
}
