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
use super::case_words::Banner;
use super::fields::Typed;
use super::form::{Form, Verb, problems_of};
use super::list_view::{ListView, Results, refusal_words, refused};
use super::office::{ActError, CasePage, NoPage, Office, Seen, Standing};
use crate::case::{Command, Refusal};
use crate::directory::Lang;
use crate::ids::CaseId;
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
    tracing::info!(person = %link.person, target = ?link.target, address = %peer.ip(), "link opened");
    let lang = office.language(Some(&link.person));
    let typed = Typed::default();
    match link.target {
        Target::Case(_) => match office.case_page(&link).await {
            Ok(page) => html(StatusCode::OK, lang, &CaseView::new(&page, &typed, None)),
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

/// A posted form and all that is needed to answer it.
struct Posted<'a, O> {
    office: &'a O,
    say: Say,
    here: String,
    seen: Seen,
    form: Form,
    link: Link,
}

impl<O: Office> Posted<'_, O> {
    /// The form of a case page.
    async fn one(self, case: CaseId) -> Response {
        let page = match self.office.case_page(&self.link).await {
            Ok(page) => page,
            Err(no) => return no_page(self.say.0, no),
        };
        if page.standing == Standing::Moved {
            return self.case(StatusCode::CONFLICT, &page, None, Vec::new(), None);
        }
        let Some(verb) = self.verb() else {
            let banner = self.unknown_verb();
            return self.case(StatusCode::UNPROCESSABLE_ENTITY, &page, None, Vec::new(), Some(banner));
        };
        let (version, command) = match (self.form.version(), self.form.command(verb)) {
            (Ok(version), Ok(command)) => (version, command),
            (version, command) => {
                let mut problems = command.err().unwrap_or_default();
                problems.extend(version.err());
                return self.case(StatusCode::UNPROCESSABLE_ENTITY, &page, Some(verb), problems, None);
            }
        };
        let acted = self.office.act(&self.link, case, version, command, &self.seen).await;
        match acted {
            Ok(()) => see_other(&self.here),
            Err(error) => self.refuse(verb, &error).await,
        }
    }

    /// The case page again, as it stands now, with what stood in the way.
    async fn refuse(&self, verb: Verb, error: &ActError) -> Response {
        let say = self.say;
        let page = match self.office.case_page(&self.link).await {
            Ok(page) => page,
            Err(no) => return no_page(say.0, no),
        };
        let (status, problems, text) = match error {
            ActError::Stale { who, .. } => (StatusCode::CONFLICT, Vec::new(), Some(say.changed_meanwhile(who))),
            ActError::NotHolder { who } => (StatusCode::CONFLICT, Vec::new(), Some(say.moved_text(who))),
            ActError::Gone => return no_page(say.0, NoPage::Gone),
            ActError::Busy => (StatusCode::SERVICE_UNAVAILABLE, Vec::new(), Some(say.busy())),
            ActError::Refused(refusal) => {
                let problems = problems_of(refusal);
                let text = problems.is_empty().then(|| refusal_words(say, refusal));
                (refusal_status(refusal), problems, text)
            }
        };
        let banner = text.map(|text| Banner { tone: "late", text });
        self.case(status, &page, Some(verb), problems, banner)
    }

    fn case(
        &self,
        status: StatusCode,
        page: &CasePage,
        verb: Option<Verb>,
        problems: Vec<super::form::Problem>,
        banner: Option<Banner>,
    ) -> Response {
        let typed = Typed {
            verb,
            form: self.form.clone(),
            problems,
        };
        html(status, self.say.0, &CaseView::new(page, &typed, banner))
    }

    /// The form of a list page: each case by itself.
    async fn several(self) -> Response {
        let say = self.say;
        let Some(verb) = self.verb() else {
            let banner = self.unknown_verb().text;
            return self
                .list(StatusCode::UNPROCESSABLE_ENTITY, Vec::new(), banner.into())
                .await;
        };
        let command = match self.form.command(verb) {
            Ok(command) => command,
            Err(problems) => {
                return self
                    .list(StatusCode::UNPROCESSABLE_ENTITY, problems, Results::default())
                    .await;
            }
        };
        let cases = self.form.cases();
        if cases.is_empty() {
            let banner = say.nothing_selected();
            return self
                .list(StatusCode::UNPROCESSABLE_ENTITY, Vec::new(), banner.into())
                .await;
        }
        let mut results = Results::default();
        let mut status = None;
        for (text, case, version) in cases {
            match self.act_on(case, version, &command).await {
                Ok(()) => results.done.push(text),
                Err((first, why)) => {
                    status.get_or_insert(first);
                    results.refused.push((text.chars().take(20).collect(), why));
                }
            }
        }
        match status {
            None => see_other(&self.here),
            Some(status) if results.done.is_empty() => self.list(status, Vec::new(), results).await,
            // Done in part: the page says which.
            Some(_) => self.list(StatusCode::OK, Vec::new(), results).await,
        }
    }

    async fn act_on(
        &self,
        case: Option<CaseId>,
        version: Option<u64>,
        command: &Command,
    ) -> Result<(), (StatusCode, String)> {
        let say = self.say;
        let lacks = |why: String| (StatusCode::UNPROCESSABLE_ENTITY, why);
        let case = case.ok_or_else(|| lacks(say.not_yours()))?;
        let version = version.ok_or_else(|| lacks(say.stale_form()))?;
        let acted = self
            .office
            .act(&self.link, case, version, command.clone(), &self.seen)
            .await;
        acted.map_err(|error| {
            let status = match &error {
                ActError::Stale { .. } | ActError::NotHolder { .. } | ActError::Gone => StatusCode::CONFLICT,
                ActError::Busy => StatusCode::SERVICE_UNAVAILABLE,
                ActError::Refused(refusal) => refusal_status(refusal),
            };
            (status, refused(say, &error))
        })
    }

    async fn list(&self, status: StatusCode, problems: Vec<super::form::Problem>, results: Results) -> Response {
        let page = match self.office.list_page(&self.link).await {
            Ok(page) => page,
            Err(no) => return no_page(self.say.0, no),
        };
        let typed = Typed {
            verb: Some(Verb::Close),
            form: self.form.clone(),
            problems,
        };
        html(status, self.say.0, &ListView::new(&page, &typed, false, Some(results)))
    }

    fn verb(&self) -> Option<Verb> {
        Verb::parse(self.form.get("do")?)
    }

    fn unknown_verb(&self) -> Banner {
        let given: String = self.form.get("do").unwrap_or_default().chars().take(40).collect();
        let known = Verb::ALL.map(Verb::as_str).join(", ");
        Banner {
            tone: "late",
            text: self.say.unknown_do(given, known),
        }
    }
}

impl From<String> for Results {
    fn from(banner: String) -> Self {
        Self {
            banner: Some(banner),
            ..Self::default()
        }
    }
}

/// 422: something lacks; 409: it is in another state by now; 403: not theirs to do.
fn refusal_status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Lacks(_) | Refusal::ForbiddenPhrase(_) | Refusal::Unknown { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::Stale { .. } | Refusal::WrongState { .. } => StatusCode::CONFLICT,
        Refusal::NotPermitted { .. } => StatusCode::FORBIDDEN,
    }
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
fn guess<O: Office>(office: &O, headers: &HeaderMap) -> Lang {
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

fn no_page(lang: Lang, no: NoPage) -> Response {
    let say = Say(lang);
    match no {
        NoPage::Gone => message(StatusCode::GONE, say, say.gone_title(), say.gone_text()),
        NoPage::Busy => message(StatusCode::SERVICE_UNAVAILABLE, say, say.busy_title(), say.busy_text()),
    }
}

fn message(status: StatusCode, say: Say, title: String, text: String) -> Response {
    html(status, say.0, &MessageView { say, title, text })
}

fn see_other(place: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}

fn html(status: StatusCode, lang: Lang, page: &impl Template) -> Response {
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
