//! The managers' figures as a page, and what lies behind each.
//!
//! **Invariants.** Shown on this machine only, until people have accounts: the peer's address must be a loopback one,
//! and no proxy may stand between. GET alone; nothing here changes anything.

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiff::civil::Date;

use super::office::{Asked, Behind, Office};
use super::pages::{guess, html, message, no_page};
use crate::directory::Lang;
use crate::l10n::Say;
use crate::report::{By, Row};

/// Headers by which a proxy says whom it asks for.
const PROXY_HEADERS: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

#[derive(Template)]
#[template(path = "figures.html")]
struct FiguresView {
    say: Say,
    from: String,
    to: String,
    ways: Vec<Choice>,
    ranges: Vec<Choice>,
    section: String,
}

struct Choice {
    value: String,
    words: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "behind.html")]
struct BehindView {
    say: Say,
    title: String,
    back: String,
    behind: Behind,
}

/// `GET /report/accountability?from=…&to=…&by=…`.
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
    let link = |row: &Row, count: &str| behind_address(asked, row.key.as_deref(), count);
    let section = match figures.sheet.html(Some(&link)) {
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
        from: asked.from.to_string(),
        to: asked.to.to_string(),
        ways: By::ALL.into_iter().map(way).collect(),
        ranges: vec![
            range(say.range_today(), today, today),
            range(say.range_this_month(), month, today),
            range(say.range_last_month(), last.first_of_month(), last),
        ],
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
            let view = BehindView {
                say,
                title: crate::report::head(say, count),
                back: address(asked),
                behind,
            };
            html(StatusCode::OK, lang, &view)
        }
        Err(no) => no_page(lang, no),
    }
}

/// Figures are for managers, and without accounts only the machine's own users are known.
pub(super) fn from_elsewhere(peer: SocketAddr, headers: &HeaderMap, lang: Lang) -> Option<Response> {
    let proxied = PROXY_HEADERS.iter().any(|name| headers.contains_key(*name));
    if peer.ip().to_canonical().is_loopback() && !proxied {
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
        let (from, to) = (date("from", today.first_of_month())?, date("to", today)?);
        (from <= to).then_some(Asked { from, to, by, lang })
    }
}

fn address(asked: Asked) -> String {
    format!(
        "/report/accountability?from={}&to={}&by={}",
        asked.from,
        asked.to,
        asked.by.as_str()
    )
}

fn behind_address(asked: Asked, key: Option<&str>, count: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("from", &asked.from.to_string())
        .append_pair("to", &asked.to.to_string())
        .append_pair("by", asked.by.as_str())
        .append_pair("count", count);
    if let Some(key) = key {
        query.append_pair("key", key);
    }
    format!("/report/accountability/rows?{}", query.finish())
}
