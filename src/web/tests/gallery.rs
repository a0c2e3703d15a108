//! Every kind of page, to be looked at.

use std::time::Duration;

use super::http::House;
use super::memory::{Memory, NOW, at, offer, person};
use crate::call::Certainty;
use crate::case::{
    Actor, Ask, Asked, CaseKind, CaseState, DeadlineKind, Duty, Event, EventRow, Outcome, Particulars, To,
};
use crate::directory::Lang;
use crate::ids::CaseId;
use crate::mail::Target;

/// Every kind of page is a whole page in its language. With `FA_LOOK_SECONDS` they are served so long besides, for
/// `tests/pages/look.mjs`: `name URL` lines are printed.
#[tokio::test]
async fn every_kind_of_page_is_whole() {
    let seconds: Option<u64> = std::env::var("FA_LOOK_SECONDS").ok().and_then(|s| s.parse().ok());
    let mut houses = Vec::new();
    for (lang, name) in [(Lang::Zh, "zh"), (Lang::En, "en")] {
        let house = House::open(gallery(lang)).await;
        let mut shown = Vec::new();
        let mut show = |what: &str, path: String| shown.push((what.to_owned(), path));
        let token = |who: &str, target| format!("/t/{}", house.office.token(who, target));
        let case = |id| Target::Case(CaseId::new(id));
        show("case", token("wang", case(12)));
        show("late", token("wang", case(13)));
        show("missed", token("wang", case(14)));
        show("closed", token("wang", case(15)));
        show("moved", token("liu", case(12)));
        show("copy", token("li", case(13)));
        let lacks = "do=close&version=3&outcome=outside&duty=outside&text=&phone=02155501234&caller_name=Li";
        show("lacks", format!("{} {lacks}", token("wang", case(12))));
        let stale = "do=close&version=2&outcome=guided&text=told+to+go+to+counter+3&matter=m&duty=own";
        show("stale", format!("{} {stale}", token("wang", case(12))));
        show("offered", token("liu", case(30)));
        show("waits", token("wang", case(30)));
        show("rule", token("li", case(31)));
        let who = pick_who(lang);
        show("search", format!("{}?who={who}&to=liu", token("wang", case(12))));
        let bad = "do=hand-over&version=3&to=liu&outside=x&text=";
        show("hand-over", format!("{} {bad}", token("wang", case(12))));
        let date = "do=extend&version=3&until=2026-05-01&text=more&caller_told=yes";
        show("extend", format!("{} {date}", token("wang", case(12))));
        show("offers", token("liu", Target::List));
        show("list", token("wang", Target::List));
        let part = "do=close&case=13&version=2&case=16&version_16=3&case=99&version=1&text=&outcome=guided";
        show("list-lacks", format!("{} {part}", token("wang", Target::List)));
        let refused = "do=close&case=13&version=2&case=99&version=1&text=told&outcome=guided";
        show("list-refused", format!("{} {refused}", token("wang", Target::List)));
        show("supervisor", token("li", Target::List));
        let bare = "do=return&case=30&version=3&reason=";
        show("return-lacks", format!("{} {bare}", token("liu", Target::List)));
        show("empty", token("zhao", Target::List));
        show("forged", "/t/forged".into());
        for (what, path) in shown {
            println!("{name}-{what} http://{}{path}", house.address);
            let page = match path.split_once(' ') {
                None => house.get(&path).await,
                Some((path, form)) => house.post(path, form).await,
            };
            let begins = format!("<html lang=\"{}\"", crate::l10n::Say(lang).tag());
            let spoken = page.body.contains(&begins) || what == "forged";
            assert!(
                spoken && page.body.trim_end().ends_with("</html>"),
                "{name}-{what}: {}",
                page.body
            );
            assert!(
                matches!(page.status, 200 | 404 | 409 | 422),
                "{name}-{what}: {}",
                page.status
            );
        }
        houses.push(house);
    }
    if let Some(seconds) = seconds {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
    for house in houses {
        house.close().await;
    }
}

fn pick_who(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "%E6%89%A7%E7%85%A7",
        Lang::En => "licence",
    }
}

/// Cases in every state worth a look.
fn gallery(lang: Lang) -> Memory {
    let office = Memory::new(lang);
    let pick = |zh: &str, en: &str| if lang == Lang::Zh { zh.to_owned() } else { en.to_owned() };
    office.add(12, |_| ());
    office.add(13, |case| {
        case.caller_name = Some(pick("李女士", "Ms Li"));
        case.matter = Some(pick(
            "咨询营业执照变更所需材料，想知道法人不到场能否代办",
            "Which papers are needed to change a business licence, and can somebody else bring them",
        ));
        case.registered = true;
        case.chases = 2;
        case.duty = Some(Duty::Own);
        case.certainty = Certainty::Likely;
        case.deadlines[0].met_at = Some(at("2026-03-05T07:00:00Z"));
        case.deadlines[1].due_at = at("2026-03-04T09:30:00Z");
        case.deadlines[1].breached_at = Some(at("2026-03-04T09:30:00Z"));
    });
    office.add(14, |case| {
        case.kind = CaseKind::Callback;
        case.first_answerer = None;
        case.deadlines.truncate(1);
        case.deadlines[0].kind = DeadlineKind::Callback;
        case.deadlines[0].due_at = at("2026-03-06T01:30:00Z");
    });
    office.add(15, |case| {
        case.caller_name = Some(pick("张先生", "Mr Zhang"));
        case.matter = Some(pick("补办准营证", "Replace a lost permit"));
        case.deadlines[0].met_at = Some(at("2026-03-05T07:00:00Z"));
        case.deadlines[1].met_at = Some(at(NOW));
    });
    for id in 16..22 {
        office.add(id, |case| {
            case.caller_number = Some(format!("139{id}00{id}77"));
            case.matter = (id % 2 == 0).then(|| pick("办理进度查询", "How far is my request"));
            case.opened_at = at("2026-03-05T03:00:00Z");
        });
    }
    let text = pick("咨询准营证补办，材料已核", "lost permit, papers are checked");
    office.add(22, |case| {
        case.state = CaseState::Waiting;
        case.matter = Some(pick("补办准营证", "Replace a lost permit"));
        case.deadlines[0].met_at = Some(at("2026-03-05T07:00:00Z"));
        case.pauses.push(crate::case::Pause {
            reason: "caller_papers".into(),
            text: pick("等身份证复印件", "a copy of the identity card"),
            from: at("2026-03-05T07:00:00Z"),
            until: at("2026-03-18T09:30:00Z"),
            to: None,
        });
    });
    office.add(23, |case| {
        case.matter = Some(pick("查询办理进度", "How far is my request"));
        case.deadlines[0].met_at = Some(at("2026-03-05T07:00:00Z"));
        case.deadlines[1].due_at = at("2026-03-05T09:30:00Z");
        case.promised = Some(at("2026-03-05T09:30:00Z"));
        case.contacts.push(crate::case::Contact {
            call: Some(crate::ids::CallId::new(7)),
            at: at("2026-03-05T06:20:00Z"),
            by: Some(person("wang")),
            talk_seconds: Some(65),
        });
    });
    for (id, proved) in [(24, true), (25, false)] {
        office.add(id, |case| {
            case.kind = CaseKind::Callback;
            case.state = CaseState::Closed;
            case.closed_at = Some(at("2026-03-05T06:20:00Z"));
            case.outcome = Some(Outcome::CalledBack);
            case.contacts.push(crate::case::Contact {
                call: proved.then(|| crate::ids::CallId::new(8)),
                at: at("2026-03-05T06:20:00Z"),
                by: Some(person("wang")),
                talk_seconds: proved.then_some(125),
            });
        });
    }
    office.add(30, |case| {
        case.state = CaseState::Offered;
        case.offer = Some(offer(To::Person(person("liu")), &text));
    });
    office.add(31, |case| {
        case.state = CaseState::Frozen;
        case.hot = true;
        case.co_handlers = vec![person("liu")];
        case.asked = Some(Asked {
            what: Ask::Extension,
            until: Some(at("2026-03-18T09:30:00Z")),
            text: pick("档案在外地，需要调取", "the files are elsewhere"),
            by: Some(person("wang")),
            caller_told: None,
        });
    });
    let mut cases = office.cases.lock().unwrap();
    let (case, events) = cases.get_mut(&CaseId::new(15)).unwrap();
    case.state = CaseState::Closed;
    case.closed_at = Some(at(NOW));
    case.outcome = Some(Outcome::Guided);
    case.closing_text = Some(pick("已告知到 3 号窗口办理", "told to go to counter 3"));
    let row = |seq: u64, event| EventRow {
        seq,
        at: at(NOW),
        actor: Actor::Person(person("wang")),
        channel: "page".into(),
        counts: true,
        event,
    };
    events.push(row(
        2,
        Event::Registered(Box::new(Particulars {
            caller_name: case.caller_name.clone(),
            matter: case.matter.clone(),
            duty: Some(Duty::Unit),
            ..Default::default()
        })),
    ));
    events.push(row(
        3,
        Event::Closed {
            outcome: Outcome::Guided,
            text: case.closing_text.clone().unwrap(),
            of: None,
            evidence: None,
        },
    ));
    drop(cases);
    office
}
