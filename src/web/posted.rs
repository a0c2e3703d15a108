//! What becomes of a posted form: done and 303, or the page again with all that was typed and what stood in the way.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::case_view::CaseView;
use super::case_words::Banner;
use super::fields::Typed;
use super::form::{Form, Problem, Verb, problems_of};
use super::list_view::{ListView, Results, problem_words, refusal_words, refused};
use super::office::{ActError, Breach, CasePage, NoPage, Office, Seen, Standing};
use super::pages::{html, no_page};
use super::reader::Reads;
use super::search::Search;
use crate::case::{Command, Refusal};
use crate::ids::CaseId;
use crate::l10n::Say;
use crate::mail::Link;

/// A posted form and all that is needed to answer it.
pub(super) struct Posted<'a, O> {
    pub office: &'a O,
    pub say: Say,
    pub here: String,
    pub seen: Seen,
    pub form: Form,
    pub link: Link,
}

impl<O: Office> Posted<'_, O> {
    /// The form of a case page.
    pub(super) async fn one(self, case: CaseId) -> Response {
        let page = match self.office.case_page(&self.link).await {
            Ok(page) => page,
            Err(no) => return no_page(self.say.0, no),
        };
        if page.standing == Standing::Moved && self.verb() != Some(Verb::Dispute) {
            return self.case(StatusCode::CONFLICT, &page, self.verb(), Vec::new(), None);
        }
        let Some(verb) = self.verb() else {
            let banner = self.unknown_verb();
            return self.case(StatusCode::UNPROCESSABLE_ENTITY, &page, None, Vec::new(), Some(banner));
        };
        let (version, command) = match (self.form.version(), self.command(&self.form, verb, &page.breaches)) {
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

    fn command(&self, form: &Form, verb: Verb, breaches: &[Breach]) -> Result<Command, Vec<Problem>> {
        let reads = Reads {
            violation: &|number| {
                let found = breaches.iter().find(|breach| breach.id.to_string() == number);
                found.map(|breach| breach.n)
            },
            to: &|given| self.office.to(given),
            until: &|given| self.office.until(given),
        };
        form.command(verb, &reads)
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
                let problems = problems_of(verb, &self.form, refusal);
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
        problems: Vec<Problem>,
        banner: Option<Banner>,
    ) -> Response {
        let typed = Typed {
            verb,
            form: self.form.clone(),
            problems,
        };
        html(
            status,
            self.say.0,
            &CaseView::new(page, &typed, banner, &Search::default()),
        )
    }

    /// The form of a list page: each case by itself.
    pub(super) async fn several(self) -> Response {
        let say = self.say;
        let Some(verb) = self.verb() else {
            let banner = self.unknown_verb().text;
            return self
                .list(StatusCode::UNPROCESSABLE_ENTITY, Vec::new(), banner.into())
                .await;
        };
        if let Err(problems) = self.command(&self.form, verb, &[]) {
            // Only closing has a form of its own on the page to say it in.
            let banner = match verb {
                Verb::Close => say.problems_title(),
                _ => format!("{} {}", say.problems_title(), problem_words(say, &problems)),
            };
            return self
                .list(StatusCode::UNPROCESSABLE_ENTITY, problems, banner.into())
                .await;
        }
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
            // A row's own name and matter, so that no two cases need the same.
            let acted = match self.command(&self.form.for_case(&text), verb, &[]) {
                Ok(command) => self.act_on(case, version, &command).await,
                Err(problems) => Err((StatusCode::UNPROCESSABLE_ENTITY, problem_words(say, &problems))),
            };
            match acted {
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

    async fn list(&self, status: StatusCode, problems: Vec<Problem>, results: Results) -> Response {
        let page = match self.office.list_page(&self.link).await {
            Ok(page) => page,
            Err(no) => return no_page(self.say.0, no),
        };
        let typed = Typed {
            verb: Some(self.verb().unwrap_or(Verb::Close)),
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
        Refusal::Stale { .. } | Refusal::WrongState { .. } | Refusal::AskedAlready { .. } => StatusCode::CONFLICT,
        Refusal::NotPermitted { .. } => StatusCode::FORBIDDEN,
    }
}

fn see_other(place: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}
