//! The pages over an office in memory: what is shown, what acts, what is refused.

#![allow(clippy::unwrap_used)]

mod gallery;
mod http;
mod life;
mod memory;

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use self::http::House;
use self::memory::{Memory, at, person};
use super::Limits;
use crate::case::{CaseKind, CaseState, Duty, Outcome};
use crate::directory::Lang;
use crate::ids::CaseId;
use crate::mail::{Link, Target};

const CLOSE: &str = "do=close&version=3&outcome=handled&duty=own&category=service";

/// One case of Wang's behind a link.
async fn desk(lang: Lang) -> (House, CaseId, String) {
    let office = Memory::new(lang);
    let case = office.add(12, |_| ());
    let path = format!("/t/{}", office.token("wang", Target::Case(case)));
    (House::open(office).await, case, path)
}

#[tokio::test]
async fn the_page_tells_what_the_mail_promised() {
    let (house, _, path) = desk(Lang::Zh).await;
    let page = house.get(&path).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-language"), Some("zh-CN"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        page.header("content-security-policy"),
        Some("default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
    );
    for told in [
        "lang=\"zh-CN\"",
        "138****5678",
        "今天 14:12",
        "王芳 8021",
        "确定",
        "尚未登记",
        "今天 17:30",
        "当日下班 → 3月5日（周四）17:30",
    ] {
        assert!(page.body.contains(told), "lacks {told}");
    }
    assert!(!page.body.contains("13812345678"), "the number must be masked");
    assert!(!page.body.contains("<script"), "no script");
    let place = |verb: &str| page.body.find(&format!("name=\"do\" value=\"{verb}\"")).unwrap();
    assert!(place("close") < place("register") && place("register") < place("told-once"));
    assert!(place("told-once") < place("note"));
    house.close().await;
}

#[tokio::test]
async fn closing_redirects_and_the_page_says_when_and_by_whom() {
    let (house, case, path) = desk(Lang::En).await;
    let done = house
        .post(
            &path,
            &format!("{CLOSE}&caller_name=Li&matter=Licence&text=Told+what+to+bring"),
        )
        .await;
    assert_eq!((done.status, done.header("location")), (303, Some(path.as_str())));
    let closed = house.office.case(case);
    assert_eq!(closed.state, CaseState::Closed);
    assert_eq!(closed.outcome, Some(Outcome::Handled));
    assert_eq!(closed.closing_text.as_deref(), Some("Told what to bring"));
    assert_eq!(
        (closed.duty, closed.caller_name.as_deref()),
        (Some(Duty::Own), Some("Li"))
    );

    let page = house.get(&path).await;
    assert!(page.body.contains("Closed by Wang Fang, today 16:40"), "{}", page.body);
    assert!(page.body.contains("value=\"reopen\"") && !page.body.contains("value=\"close\""));
    let seen = house.office.seen.lock().unwrap()[0].clone();
    assert_eq!(
        (seen.address.to_string().as_str(), seen.agent.as_str()),
        ("127.0.0.1", "desk")
    );
    house.close().await;
}

#[tokio::test]
async fn every_verb_works_from_its_form() {
    let (house, case, path) = desk(Lang::Zh).await;
    for (form, version) in [
        (
            "do=register&version=3&caller_name=%E6%9D%8E&matter=m&duty=own&category=inquiry",
            4,
        ),
        ("do=told-once&version=4&materials=ID", 5),
        ("do=note&version=5&text=rang+back", 6),
        ("do=close&version=6&outcome=explained&text=done", 7),
        ("do=reopen&version=7&text=not+done", 8),
    ] {
        assert_eq!(house.post(&path, form).await.status, 303, "{form}");
        assert_eq!(house.office.case(case).version, version, "{form}");
    }
    house.close().await;
}

/// Threat: link prefetch by scanners.
#[tokio::test]
async fn f56_reading_a_hundred_times_changes_nothing() {
    let (house, case, path) = desk(Lang::Zh).await;
    let before = house.office.case(case);
    for _ in 0..100 {
        let get = house.get(&format!("{path}?do=close&text=x&version=3")).await;
        assert_eq!(get.status, 200);
        let head = house
            .raw(&format!("HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
            .await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
    }
    assert_eq!(house.office.acted(), 0);
    assert_eq!(house.office.case(case), before);
    for method in ["PUT", "DELETE", "PATCH"] {
        let other = house
            .raw(&format!(
                "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            ))
            .await;
        assert_eq!(other.status, 405, "{method}");
    }
    assert_eq!(house.office.acted(), 0);
    house.close().await;
}

#[tokio::test]
async fn forged_links_are_404_expired_ones_410() {
    let (house, _, path) = desk(Lang::Zh).await;
    let mut forged = path.clone();
    forged.pop();
    for path in [forged.as_str(), "/t/x", "/t/%FF%FE", "/t/", "/t/a/b", "/nowhere"] {
        assert_eq!(house.get(path).await.status, 404, "{path}");
    }
    assert_eq!(house.post(&forged, &format!("{CLOSE}&text=x")).await.status, 404);

    let old = Link::new(person("wang"), Target::List, at("2026-02-01T08:40:00Z"));
    let expired = house.get(&format!("/t/{}", house.office.keys.sign(&old))).await;
    assert_eq!(expired.status, 410);
    assert!(expired.body.contains("链接已过期"));
    assert!(!expired.body.contains("王芳"));
    let wished =
        house.raw("GET /t/x HTTP/1.1\r\nHost: x\r\nAccept-Language: fr, en-GB;q=0.8\r\nConnection: close\r\n\r\n");
    assert!(wished.await.body.contains("No such page"));
    house.close().await;
}

#[tokio::test]
async fn what_lacks_is_422_and_nothing_typed_is_lost() {
    let (house, case, path) = desk(Lang::Zh).await;
    let typed = "do=close&version=3&outcome=outside&duty=outside&category=complex&caller_name=%E6%9D%8E%E5%A5%B3%E5%A3%AB\
                 &matter=passport%22%3E&text=&caller_told=went+there&phone=02155501234&anonymous=1&of=9";
    let page = house.post(&path, typed).await;
    assert_eq!(page.status, 422);
    for kept in [
        "value=\"李女士\"",
        ">\npassport&#34;&#62;</textarea>",
        "value=\"went there\"",
        "value=\"02155501234\"",
        "value=\"9\"",
        "value=\"outside\" checked",
        "value=\"outside\" selected",
        "value=\"complex\" selected",
        "请写一句话，说明怎样办的",
    ] {
        assert!(page.body.contains(kept), "lost {kept}");
    }
    assert_eq!(
        house.office.cases.lock().unwrap()[&case].0.state,
        crate::case::CaseState::Open,
        "a form without its sentence changes nothing"
    );

    // A choice that was not posted stays what the case has: the first one would be a silent change.
    let page = house.post(&path, "do=close&version=3&outcome=handled&text=").await;
    assert!(page.body.contains("value=\"service\" selected"), "{}", page.body);

    // What the case refuses is marked at its fields too.
    let page = house.post(&path, &format!("{CLOSE}&text=told+all&duty=outside")).await;
    assert_eq!(page.status, 422);
    assert!(
        page.body.contains("请填写") && page.body.contains(">\ntold all</textarea>"),
        "{}",
        page.body
    );
    let page = house
        .post(&path, &format!("{CLOSE}&matter=m&text=%E4%B8%8D%E7%9F%A5%E9%81%93"))
        .await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("不能只写“不知道”"));
    assert_eq!(house.office.case(case).version, 3);
    house.close().await;
}

#[tokio::test]
async fn an_unknown_verb_or_a_missing_version_is_422() {
    let (house, _, path) = desk(Lang::En).await;
    let page = house.post(&path, "do=<b>explode&version=3&text=x").await;
    assert_eq!(page.status, 422);
    assert!(
        page.body
            .contains("close, confirm, waive, resume, return, hand-over, contact, register, told-once"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("<b>explode"));
    assert_eq!(house.post(&path, "").await.status, 422);
    let page = house.post(&path, "do=note&text=kept").await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("version is missing") && page.body.contains("kept</textarea>"));
    assert_eq!(house.office.acted(), 0);
    house.close().await;
}

#[tokio::test]
async fn a_changed_case_is_409_and_can_be_sent_again() {
    let (house, case, path) = desk(Lang::Zh).await;
    house.office.cases.lock().unwrap().get_mut(&case).unwrap().0.version = 4;
    let page = house.post(&path, &format!("{CLOSE}&matter=m&text=typed+already")).await;
    assert_eq!(page.status, 409);
    assert!(page.body.contains("刘洋 作了更改"));
    assert!(page.body.contains("typed already</textarea>") && page.body.contains("name=\"version\" value=\"4\""));

    // Closed in the meantime: says so.
    let form = |version| format!("do=close&version={version}&outcome=handled&matter=m&text=x");
    assert_eq!(house.post(&path, &form(4)).await.status, 303);
    let page = house.post(&path, &form(5)).await;
    assert_eq!(page.status, 409);
    assert!(page.body.contains("已办结"));
    house.close().await;
}

#[tokio::test]
async fn after_custody_moved_the_link_shows_who_and_refuses() {
    let (house, case, path) = desk(Lang::Zh).await;
    {
        let mut cases = house.office.cases.lock().unwrap();
        let case = &mut cases.get_mut(&case).unwrap().0;
        case.handler = person("liu");
        case.caller_name = Some("李女士".into());
        case.matter = Some("秘密".into());
    }
    let page = house.get(&path).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("刘洋") && page.body.contains("8022") && page.body.contains("138****5678"));
    assert!(!page.body.contains("李女士") && !page.body.contains("秘密") && !page.body.contains("<form"));
    let refused = house.post(&path, &format!("{CLOSE}&matter=m&text=typed+already")).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("刘洋") && !refused.body.contains("秘密"));
    assert!(refused.body.contains("<dd>typed already</dd>"), "nothing typed is lost");
    assert_eq!(house.office.case(case).version, 3);
    house.close().await;
}

#[tokio::test]
async fn the_line_above_sees_all_and_has_forms_of_its_own() {
    let (house, case, _) = desk(Lang::En).await;
    let path = format!("/t/{}", house.office.token("li", Target::Case(case)));
    let page = house.get(&path).await;
    assert!(
        page.body
            .contains("Wang Fang handles it; below is what you may do above them.")
            && page.body.contains("answered first")
    );
    let shown = life::verbs(&page);
    assert_eq!(shown, ["register", "assign", "correct", "unreasonable", "note", "void"]);
    let form = "do=void&version=3&reason=a+test+call";
    assert_eq!(house.post(&path, form).await.status, 303);
    assert_eq!(house.office.case(case).state, CaseState::Void);
    house.close().await;
}

/// Threat: stored XSS through caller name or number.
#[tokio::test]
async fn markup_in_names_stays_text() {
    let office = Memory::new(Lang::En);
    let nasty = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let case = office.add(12, |case| {
        case.caller_name = Some(nasty.into());
        case.caller_number = Some(format!("13812345678{nasty}"));
        case.matter = Some(nasty.into());
        case.extension = Some(nasty.into());
        case.right_body = Some("</textarea><script>alert(1)</script>".into());
    });
    let one = format!("/t/{}", office.token("wang", Target::Case(case)));
    let list = format!("/t/{}", office.token("wang", Target::List));
    let house = House::open(office).await;
    for path in [&one, &list] {
        let page = house.get(path).await;
        assert_eq!(page.status, 200);
        assert!(
            !page.body.contains("<script") && !page.body.contains("<img"),
            "{}",
            page.body
        );
        assert!(!page.body.contains("\"'>"), "{}", page.body);
    }
    let bounced = house
        .post(&one, "do=note&version=3&text=%3C/textarea%3E%3Cscript%3E&duty=%22%3E")
        .await;
    assert_eq!(bounced.status, 303);
    let page = house.get(&one).await;
    assert!(!page.body.contains("<script"));
    house.close().await;
}

/// Three cases of Wang's, one of Liu's.
async fn list_desk() -> (House, String) {
    let office = Memory::new(Lang::Zh);
    for id in [12, 13, 14] {
        office.add(id, |case| case.matter = Some("m".into()));
    }
    office.add(15, |case| case.handler = person("liu"));
    let path = format!("/t/{}", office.token("wang", Target::List));
    (House::open(office).await, path)
}

#[tokio::test]
async fn a_list_posts_pairs_and_each_is_applied_by_itself() {
    let (house, path) = list_desk().await;
    let form = "do=close&case=12&version=3&case=14&version=3&text=all+told&outcome=explained&duty=own&category=inquiry";
    let done = house.post(&path, form).await;
    assert_eq!((done.status, done.header("location")), (303, Some(path.as_str())));
    let state = |id| house.office.case(CaseId::new(id)).state;
    assert_eq!(
        [state(12), state(13), state(14)],
        [CaseState::Closed, CaseState::Open, CaseState::Closed]
    );

    // One stale, one somebody else's, one unknown, one good.
    let form = "do=close&case=13&version=3&case=15&version=3&case=99&version=1&case=12&version=3\
                &text=all+told&outcome=explained&duty=own";
    let page = house.post(&path, form).await;
    assert_eq!(page.status, 200);
    assert_eq!(state(13), CaseState::Closed);
    assert_eq!(state(15), CaseState::Open);
    for told in [
        "已办结 1 件",
        "未成功 3 件",
        "现在由 刘洋 承办",
        "已不存在",
        "刘洋 已作更改",
    ] {
        assert!(page.body.contains(told), "lacks {told}: {}", page.body);
    }
    house.close().await;
}

#[tokio::test]
async fn a_list_posts_check_boxes_too() {
    let (house, path) = list_desk().await;
    let page = house.get(&path).await;
    assert!(page.body.contains("name=\"version_13\" value=\"3\""));
    assert_eq!(page.body.matches("name=\"case\"").count(), 3);
    assert!(!house.get(&path).await.body.contains(" checked></label>"));
    let all = house.get(&format!("{path}?all=1")).await;
    assert_eq!(all.body.matches("checked></label>").count(), 3);

    let form = "do=close&version_12=3&case=13&version_13=3&version_14=3&text=told&outcome=handled&duty=own&category=";
    assert_eq!(house.post(&path, form).await.status, 303);
    assert_eq!(house.office.acted(), 1);
    assert_eq!(house.office.case(CaseId::new(13)).state, CaseState::Closed);
    assert_eq!(
        house.office.case(CaseId::new(13)).category.as_str(),
        "service",
        "each keeps its own"
    );
    house.close().await;
}

#[tokio::test]
async fn a_list_form_that_lacks_keeps_what_was_typed() {
    let (house, path) = list_desk().await;
    let page = house
        .post(
            &path,
            "do=close&case=13&version=3&text=&outcome=guided&right_body=Desk+3",
        )
        .await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("value=\"Desk 3\"") && page.body.contains("value=\"guided\" checked"));
    assert!(page.body.contains("value=\"13\" aria-label=\"选中 #13\" checked"));
    let page = house.post(&path, "do=close&text=told&outcome=guided").await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("请先勾选"));
    let all_refused = house
        .post(&path, "do=close&case=15&version=3&text=told&outcome=handled")
        .await;
    assert_eq!(all_refused.status, 409);
    house.close().await;
}

/// What the rows lack is typed in the rows; what is refused keeps it, is named there, and stays ticked.
#[tokio::test]
async fn each_row_of_a_list_has_a_name_and_a_matter_of_its_own() {
    let office = Memory::new(Lang::En);
    for id in [12, 13] {
        office.add(id, |_| ());
    }
    let path = format!("/t/{}", office.token("wang", Target::List));
    let house = House::open(office).await;
    let page = house.get(&path).await;
    assert!(page.body.contains("name=\"caller_name_12\"") && page.body.contains("name=\"matter_13\""));
    assert!(
        !page.body.contains("value=\"duplicate\""),
        "several cases don't repeat one and the same"
    );

    let form = "do=close&case=12&version_12=3&case=13&version_13=3&text=told&outcome=handled&duty=own&category=\
                &caller_name_12=Chen&matter_12=Licence&caller_name_13=Li&matter_13=";
    let page = house.post(&path, form).await;
    assert_eq!(page.status, 200, "done in part");
    let done = house.office.case(CaseId::new(12));
    assert_eq!(done.state, CaseState::Closed);
    assert_eq!(
        (done.caller_name.as_deref(), done.matter.as_deref()),
        (Some("Chen"), Some("Licence"))
    );
    assert_eq!(house.office.case(CaseId::new(13)).state, CaseState::Open);
    let row = "<p class=\"problem\" id=\"why-13\">lacks: Matter</p>";
    assert!(
        page.body.contains(row) && page.body.contains("name=\"caller_name_13\" value=\"Li\""),
        "{}",
        page.body
    );
    assert!(page.body.contains("value=\"13\" aria-label=\"Select #13\" checked"));
    let long = "x".repeat(2_001);
    let form = format!("do=close&case=13&version_13=3&text=told&outcome=handled&duty=own&matter_13={long}");
    let page = house.post(&path, &form).await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("too long, 2000 characters at most"), "{}", page.body);
    house.close().await;
}

#[tokio::test]
async fn a_busy_house_keeps_the_form() {
    let (house, case, path) = desk(Lang::En).await;
    *house.office.busy.lock().unwrap() = true;
    let page = house.post(&path, &format!("{CLOSE}&matter=m&text=typed")).await;
    assert_eq!(page.status, 503);
    assert!(page.body.contains("nothing was saved") && page.body.contains("typed</textarea>"));
    assert_eq!(house.office.case(case).version, 3);
    assert_eq!(house.get("/readyz").await.status, 503);
    assert_eq!(house.get("/healthz").await.status, 200);
    house.close().await;
}

#[tokio::test]
async fn a_missed_call_offers_its_own_outcome_first() {
    let office = Memory::new(Lang::En);
    let case = office.add(12, |case| case.kind = CaseKind::Callback);
    let path = format!("/t/{}", office.token("wang", Target::Case(case)));
    let house = House::open(office).await;
    let page = house.get(&path).await;
    assert!(page.body.contains("value=\"called_back\" checked"));
    assert!(
        page.body.contains("href=\"tel:13812345678\""),
        "who is to call back must be able to dial"
    );
    house.close().await;
}

#[tokio::test]
async fn bodies_are_limited_and_only_forms_are_read() {
    let (house, _, path) = desk(Lang::Zh).await;
    let large = format!("do=note&version=3&text={}", "x".repeat(256 * 1024));
    assert_eq!(house.post(&path, &large).await.status, 413);
    let json = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    assert_eq!(house.raw(&json).await.status, 415);
    assert_eq!(house.office.acted(), 0);
    house.close().await;
}

/// Threat: a page elsewhere whose name was given this machine's address.
#[tokio::test]
async fn figures_are_shown_to_those_who_ask_for_this_machine() {
    let (house, _, _) = desk(Lang::Zh).await;
    for (host, status) in [
        ("evil.example", 403),
        ("localhost.evil.example:8080", 403),
        ("10.0.0.7", 403),
        ("localhost:8080", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("[::1]", 200),
    ] {
        let asked = format!("GET /report/accountability HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let got = house.raw(&asked).await.status;
        assert_eq!(got == 403, status == 403, "{host}: {got}");
    }
    house.close().await;
}

/// Threat: slowloris.
#[tokio::test]
async fn half_a_head_is_cut() {
    let limits = Limits {
        head: Duration::from_millis(300),
        ..Limits::default()
    };
    let house = House::with_limits(Memory::new(Lang::Zh), limits).await;
    // The last one is whole, and then says nothing more.
    let idle = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    for half in ["", "GE", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", idle] {
        let begun = Instant::now();
        let mut stream = tokio::net::TcpStream::connect(house.address).await.unwrap();
        stream.write_all(half.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let cut = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
        assert!(cut.is_ok(), "{half:?} still open after {:?}", begun.elapsed());
    }
    house.close().await;
}

#[tokio::test]
async fn a_slow_office_is_cut_too() {
    let limits = Limits {
        request: Duration::from_millis(200),
        ..Limits::default()
    };
    let mut office = Memory::new(Lang::Zh);
    office.slow = Duration::from_secs(30);
    let house = House::with_limits(office, limits).await;
    assert_eq!(house.get("/t/x").await.status, 503);
    house.close().await;
}

#[tokio::test]
async fn the_style_sheet_is_inside() {
    let (house, ..) = desk(Lang::Zh).await;
    let sheet = house.get("/assets/app.css").await;
    assert_eq!(sheet.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(sheet.body.contains("prefers-color-scheme"));
    assert!(!sheet.body.contains("url(") && !sheet.body.contains("@import"));
    house.close().await;
}

#[tokio::test]
async fn missed_calls_are_closed_as_called_back_from_the_list_and_others_are_refused() {
    let office = Memory::new(Lang::Zh);
    let plain = office.add(12, |case| case.matter = Some("m".into()));
    let missed = office.add(13, |case| case.kind = CaseKind::Callback);
    let path = format!("/t/{}", office.token("wang", Target::List));
    let house = House::open(office).await;
    let page = house.get(&path).await;
    assert!(page.body.contains("value=\"handled\" checked") && page.body.contains("value=\"called_back\""));
    house.office.cases.lock().unwrap().get_mut(&missed).unwrap().0.matter = Some("m".into());
    let form = "do=close&case=12&version=3&case=13&version=3&outcome=called_back&text=已回电&duty=own";
    let done = house.post(&path, form).await;
    assert_eq!(done.status, 200);
    assert_eq!(house.office.case(missed).outcome, Some(Outcome::CalledBack));
    assert_eq!(house.office.case(plain).state, CaseState::Open);
    assert!(
        done.body.contains("这件不是未接来电，不能以“已回电”办结"),
        "{}",
        done.body
    );
    let rest = house.get(&path).await;
    assert!(
        !rest.body.contains("value=\"called_back\""),
        "nothing is left to call back"
    );
    house.close().await;
}
