//! The managers' figures as a page, and what lies behind each.
//!
//! **Invariants.** Shown on this machine only, until people have accounts: the peer's address must be a loopback one,
//! the host asked for must be this machine, and no proxy may stand between. GET alone; nothing here changes anything.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiff::civil::Date;

use super::office::{Asked, Behind, NoPage, Office};
use super::pages::{guess, html, message, no_page};
use crate::directory::Lang;
use crate::ids::CaseId;
use crate::l10n::Say;
use crate::report::sheet::Links;
use crate::report::why::Section;
use crate::report::{By, Sort};

/// Headers by which a proxy says whom it asks for.
const PROXY_HEADERS: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Fewest digits of a caller's number that are searched for: fewer would list half the town.
const FEWEST: usize = 4;

#[derive(Template)]
#[template(path = "figures.html")]
struct FiguresView {
    say: Say,
    asked: Asked,
    ways: Vec<Choice>,
    ranges: Vec<Choice>,
    overdue: usize,
    section: String,
}

struct Choice {
    value: String,
    words: String,
    chosen: bool,
}

/// One or two tables under a title.
#[derive(Template)]
#[template(path = "behind.html")]
struct BehindView {
    say: Say,
    title: String,
    back: String,
    tables: Vec<(String, Behind)>,
}

#[derive(Template)]
#[template(path = "why.html")]
struct WhyView {
    say: Say,
    id: String,
    sections: Vec<Section>,
}

/// `GET /report/accountability?from=…&to=…&by=…&sort=…&order=…`.
pub(super) async fn show<O: Office>(
    State(office): State<Arc<O>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    let lang = guess(&*office, &headers);
    if let Some(refusal) = from_elsewhere(peer, &headers, lang) {
        return refusal;
    }
    let query = Query::parse(query.as_deref().unwrap_or_default());
    let today = office.day();
    let Some(asked) = query.asked(today, lang) else {
        return bad(lang);
    };
    let figures = match office.figures(asked).await {
        Ok(figures) => figures,
        Err(no) => return no_page(lang, no),
    };
    let links = Links {
        behind: &|key, count| behind_address(asked, key, count),
        sorted: &|sort| {
            let sort = Some(sort);
            address(Asked { sort, ..asked })
        },
        sort: asked.sort,
    };
    let section = match figures.sheet.html(Some(&links)) {
        Ok(section) => section,
        Err(error) => {
            tracing::error!(%error, "the report could not be drawn");
            return no_page(lang, super::NoPage::Busy);
        }
    };
    let say = Say(lang);
    let way = |by: By| Choice {
        value: by.as_str().to_owned(),
        words: figures.sheet.by_words(by),
        chosen: by == asked.by,
    };
    let range = |words: String, from: Date, to: Date| Choice {
        value: address(Asked { from, to, ..asked }),
        words,
        chosen: (from, to) == (asked.from, asked.to),
    };
    let month = today.first_of_month();
    let last = month.yesterday().unwrap_or(month);
    let view = FiguresView {
        say,
        asked,
        ways: By::ALL.into_iter().map(way).collect(),
        ranges: vec![
            range(say.range_today(), today, today),
            range(say.range_this_month(), month, today),
            range(say.range_last_month(), last.first_of_month(), last),
        ],
        overdue: figures.overdue,
        section,
    };
    html(StatusCode::OK, lang, &view)
}

/// `GET /report/accountability/rows?…&count=…&key=…`.
pub(super) async fn behind<O: Office>(
    State(office): State<Arc<O>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    let lang = guess(&*office, &headers);
    if let Some(refusal) = from_elsewhere(peer, &headers, lang) {
        return refusal;
    }
    let query = Query::parse(query.as_deref().unwrap_or_default());
    let (Some(asked), Some(count)) = (query.asked(office.day(), lang), query.get("count")) else {
        return bad(lang);
    };
    let key = query.get("key").map(str::to_owned);
    match office.behind(asked, key, count.to_owned()).await {
        Ok(behind) => {
            let say = Say(lang);
            let title = counted(say, &crate::report::head(say, count), &behind);
            tables(say, address(asked), title, vec![(String::new(), behind)])
        }
        Err(NoPage::Gone) => {
            let say = Say(lang);
            let (title, text) = (say.no_count_title(), say.no_count_text(count));
            message(StatusCode::NOT_FOUND, say, title, text)
        }
        Err(no) => no_page(lang, no),
    }
}

/// `GET /report/overdue`: what is overdue now, and with whom.
pub(super) async fn overdue<O: Office>(
    State(office): State<Arc<O>>,
    headers: HeaderMap,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    let lang = guess(&*office, &headers);
    if let Some(refusal) = from_elsewhere(peer, &headers, lang) {
        return refusal;
    }
    let say = Say(lang);
    match office.overdue(lang).await {
        Ok(behind) => {
            let title = counted(say, &say.overdue_now(), &behind);
            tables(say, HOME.to_owned(), title, vec![(String::new(), behind)])
        }
        Err(no) => no_page(lang, no),
    }
}

/// `GET /report/caller?number=1234`: what happened with callers whose number ends like this.
pub(super) async fn caller<O: Office>(
    State(office): State<Arc<O>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    let lang = guess(&*office, &headers);
    if let Some(refusal) = from_elsewhere(peer, &headers, lang) {
        return refusal;
    }
    let say = Say(lang);
    let query = Query::parse(query.as_deref().unwrap_or_default());
    let digits: String = query
        .get("number")
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    if !(FEWEST..=20).contains(&digits.len()) {
        let (title, text) = (say.bad_number_title(), say.bad_number_text(FEWEST));
        return message(StatusCode::BAD_REQUEST, say, title, text);
    }
    // No page repeats more of a number than tells callers apart.
    let shown = digits.get(digits.len() - FEWEST..).unwrap_or_default().to_owned();
    match office.caller(digits, lang).await {
        Ok([calls, cases]) => {
            let both = vec![
                (counted(say, &say.head_case(), &cases), cases),
                (counted(say, &say.head_call(), &calls), calls),
            ];
            tables(say, HOME.to_owned(), say.caller_title(shown), both)
        }
        Err(no) => no_page(lang, no),
    }
}

/// `GET /report/case/{id}`: why it is whose it is and due when.
pub(super) async fn why<O: Office>(
    State(office): State<Arc<O>>,
    id: Result<Path<i64>, PathRejection>,
    headers: HeaderMap,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    let lang = guess(&*office, &headers);
    if let Some(refusal) = from_elsewhere(peer, &headers, lang) {
        return refusal;
    }
    let say = Say(lang);
    let Ok(Path(id)) = id else {
        return message(StatusCode::NOT_FOUND, say, say.not_found_title(), say.not_found_text());
    };
    match office.why(CaseId::new(id), lang).await {
        Ok(sections) => {
            let id = id.to_string();
            html(StatusCode::OK, lang, &WhyView { say, id, sections })
        }
        Err(NoPage::Gone) => message(StatusCode::NOT_FOUND, say, say.no_case_title(id), say.no_case_text()),
        Err(no) => no_page(lang, no),
    }
}

/// Where the figures begin.
const HOME: &str = "/report/accountability";

fn counted(say: Say, title: &str, behind: &Behind) -> String {
    say.labelled_line(title, behind.rows.len() + behind.more)
}

fn tables(say: Say, back: String, title: String, tables: Vec<(String, Behind)>) -> Response {
    let view = BehindView {
        say,
        title,
        back,
        tables,
    };
    html(StatusCode::OK, say.0, &view)
}

/// Figures are for managers, and without accounts only the machine's own users are known.
pub(super) fn from_elsewhere(peer: SocketAddr, headers: &HeaderMap, lang: Lang) -> Option<Response> {
    let proxied = PROXY_HEADERS.iter().any(|name| headers.contains_key(*name));
    if peer.ip().to_canonical().is_loopback() && !proxied && names_this_machine(headers) {
        return None;
    }
    let say = Say(lang);
    tracing::warn!(peer = %peer.ip(), proxied, "what is for this machine only was asked for from elsewhere and not shown");
    Some(message(
        StatusCode::FORBIDDEN,
        say,
        say.local_only_title(),
        say.local_only_text(),
    ))
}

/// A page elsewhere may give its own name this machine's address, and a browser here would fetch for it.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

fn bad(lang: Lang) -> Response {
    let say = Say(lang);
    message(
        StatusCode::BAD_REQUEST,
        say,
        say.bad_range_title(),
        say.bad_range_text(),
    )
}

struct Query(Vec<(String, String)>);

impl Query {
    fn parse(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// A value that is there and not empty.
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, value)| known == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// This month by person, where nothing else is said; `None` if what is said can't be.
    fn asked(&self, today: Date, lang: Lang) -> Option<Asked> {
        let date = |name: &str, default: Date| self.get(name).map_or(Some(default), |text| text.parse().ok());
        let by = match self.get("by") {
            None => By::Person,
            Some(name) => By::named(name)?,
        };
        let sort = match self.get("sort") {
            None => None,
            Some(column) => Some(Sort::by(column)?),
        };
        let sort = sort.map(|sort| match self.get("order") {
            Some(order) => Sort {
                ascending: order == "asc",
                ..sort
            },
            None => sort,
        });
        let (from, to) = (date("from", today.first_of_month())?, date("to", today)?);
        (from <= to).then_some(Asked {
            from,
            to,
            by,
            sort,
            lang,
        })
    }
}

fn address(asked: Asked) -> String {
    format!("{HOME}?{}", query_of(asked).finish())
}

fn behind_address(asked: Asked, key: Option<&str>, count: &str) -> String {
    let mut query = query_of(asked);
    query.append_pair("count", count);
    if let Some(key) = key {
        query.append_pair("key", key);
    }
    format!("{HOME}/rows?{}", query.finish())
}

fn query_of(asked: Asked) -> form_urlencoded::Serializer<'static, String> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("from", &asked.from.to_string())
        .append_pair("to", &asked.to.to_string())
        .append_pair("by", asked.by.as_str());
    if let Some(sort) = asked.sort {
        let order = if sort.ascending { "asc" } else { "desc" };
        query.append_pair("sort", sort.column).append_pair("order", order);
    }
    query
}
