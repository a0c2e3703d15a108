//! What happens at `/t/{token}`.

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::case_view::CaseView;
use super::fields::Typed;
use super::form::Form;
use super::list_view::ListView;
use super::office::{NoPage, Office, Seen};
use super::posted::Posted;
use super::search::Search;
use crate::directory::Lang;
use crate::l10n::Say;
use crate::mail::{BadLink, Link, Target};

/// A page that says one thing.
#[derive(Template)]
#[template(path = "message.html")]
struct MessageView {
    say: Say,
    title: String,
    text: String,
}

type Token = Result<Path<String>, PathRejection>;

/// GET and HEAD: shows, and nothing else.
pub(super) async fn show<O: Office>(
    State(office): State<Arc<O>>,
    token: Token,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    let link = match open(&*office, token, &headers).await {
        Ok(link) => link,
        Err(page) => return page,
    };
    tracing::info!(person = %link.person, target = ?link.target, peer = %peer.ip(), "link opened");
    let lang = office.language(Some(&link.person));
    let typed = Typed::default();
    match link.target {
        Target::Case(_) => match office.case_page(&link).await {
            Ok(page) => {
                let search = Search::of(&*office, query.as_deref().unwrap_or_default(), lang);
                html(StatusCode::OK, lang, &CaseView::new(&page, &typed, None, &search))
            }
            Err(no) => no_page(lang, no),
        },
        Target::List => match office.list_page(&link).await {
            Ok(page) => {
                let all = query.is_some_and(|query| query.split('&').any(|part| part == "all=1"));
                html(StatusCode::OK, lang, &ListView::new(&page, &typed, all, None))
            }
            Err(no) => no_page(lang, no),
        },
    }
}

/// POST: acts.
pub(super) async fn act<O: Office>(
    State(office): State<Arc<O>>,
    token: Token,
    headers: HeaderMap,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let here = token
        .as_ref()
        .map(|Path(token)| format!("/t/{token}"))
        .unwrap_or_default();
    let link = match open(&*office, token, &headers).await {
        Ok(link) => link,
        Err(page) => return page,
    };
    let say = Say(office.language(Some(&link.person)));
    let body = match body {
        Ok(body) => body,
        Err(refused) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return message(refused.status(), say, say.too_large_title(), say.too_large_text());
        }
        Err(refused) => return message(refused.status(), say, say.bad_form_title(), say.bad_form_text()),
    };
    if !is_form(&headers) {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return message(status, say, say.bad_form_title(), say.bad_form_text());
    }
    let posted = Posted {
        office: &*office,
        say,
        here,
        seen: seen(&headers, peer),
        form: Form::parse(&body),
        link,
    };
    match posted.link.target {
        Target::Case(case) => posted.one(case).await,
        Target::List => posted.several().await,
    }
}

/// Everything else.
pub(super) async fn not_found<O: Office>(State(office): State<Arc<O>>, headers: HeaderMap) -> Response {
    let say = Say(guess(&*office, &headers));
    message(StatusCode::NOT_FOUND, say, say.not_found_title(), say.not_found_text())
}

/// The link behind a token, or the page that says why not.
async fn open<O: Office>(office: &O, token: Token, headers: &HeaderMap) -> Result<Link, Response> {
    let resolved = match token {
        Ok(Path(token)) => office.resolve(&token).await,
        Err(_) => Err(BadLink::Forged),
    };
    resolved.map_err(|bad| match bad {
        BadLink::Forged => {
            let say = Say(guess(office, headers));
            message(StatusCode::NOT_FOUND, say, say.not_found_title(), say.not_found_text())
        }
        BadLink::Expired(link) => {
            let say = Say(office.language(Some(&link.person)));
            message(StatusCode::GONE, say, say.expired_title(), say.expired_text())
        }
    })
}

fn seen(headers: &HeaderMap, peer: SocketAddr) -> Seen {
    let agent = headers.get(header::USER_AGENT).map(|agent| agent.as_bytes());
    let agent = String::from_utf8_lossy(agent.unwrap_or_default());
    Seen {
        address: peer.ip().to_canonical(),
        agent: agent.chars().filter(|c| !c.is_control()).take(200).collect(),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The first of our languages that the browser names, else the site's.
pub(super) fn guess<O: Office>(office: &O, headers: &HeaderMap) -> Lang {
    let wished = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|wished| wished.to_str().ok());
    let known = |tag: &str| match tag.trim().get(..2)?.to_ascii_lowercase().as_str() {
        "zh" => Some(Lang::Zh),
        "en" => Some(Lang::En),
        _ => None,
    };
    let first = wished.unwrap_or_default().split(',').find_map(known);
    first.unwrap_or_else(|| office.language(None))
}

pub(super) fn no_page(lang: Lang, no: NoPage) -> Response {
    let say = Say(lang);
    match no {
        NoPage::Gone => message(StatusCode::GONE, say, say.gone_title(), say.gone_text()),
        NoPage::Busy => message(StatusCode::SERVICE_UNAVAILABLE, say, say.busy_title(), say.busy_text()),
    }
}

pub(super) fn message(status: StatusCode, say: Say, title: String, text: String) -> Response {
    html(status, say.0, &MessageView { say, title, text })
}

pub(super) fn html(status: StatusCode, lang: Lang, page: &impl Template) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_LANGUAGE, Say(lang).tag()),
    ];
    match page.render() {
        Ok(body) => (status, headers, body).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
