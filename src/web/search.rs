//! Who handles what: the search on a case page, and what its findings fill in.
//!
//! ```text
//! GET /t/{token}?who=words                         findings
//! GET /t/{token}?who=words&to=ID                   the same, and the handover's `to` chosen
//! GET /t/{token}?who=words&right_body=…&right_phone=…    the same, and the guiding fields filled in
//! ```
//! **Invariants.** Nothing but showing: a filled-in field is not posted until a person does.

use super::form::{Form, Verb};
use super::office::{CasePage, Office};
use super::possible::possible;
use super::staff::Hit;
use crate::l10n::{Lang, Say};

/// Findings shown; more help nobody.
const MOST: usize = 12;

/// Longest query that is searched for, in characters.
const LONGEST: usize = 100;

/// What a page was asked to find and to fill in.
#[derive(Default)]
pub(super) struct Search {
    words: String,
    hits: Vec<Hit>,
    pub prefill: Form,
}

impl Search {
    pub(super) fn of<O: Office>(office: &O, query: &str, lang: Lang) -> Self {
        let prefill = Form::parse(query.as_bytes());
        let words: String = prefill.get("who").unwrap_or_default().chars().take(LONGEST).collect();
        let mut hits = match words.is_empty() {
            true => Vec::new(),
            false => office.who(&words, lang),
        };
        hits.truncate(MOST);
        Self { words, hits, prefill }
    }
}

/// The search as the page shows it.
pub(super) struct SearchView {
    /// The form it stands below.
    pub after: &'static str,
    pub words: String,
    pub hits: Vec<HitView>,
}

/// One finding, and where its links lead.
pub(super) struct HitView {
    pub words: String,
    pub body: String,
    pub phone: Option<String>,
    pub give_url: Option<String>,
    pub guide_url: Option<String>,
}

impl SearchView {
    /// None where nothing could be done with a finding.
    pub(super) fn new(say: Say, page: &CasePage, search: &Search) -> Option<Self> {
        let verbs = possible(page);
        let gives = [Verb::HandOver, Verb::Assign, Verb::Rule]
            .into_iter()
            .find(|verb| verbs.contains(verb));
        let guides = verbs.contains(&Verb::Close);
        if gives.is_none() && !guides {
            return None;
        }
        let comma = match say.0 {
            Lang::Zh => "、",
            Lang::En => ", ",
        };
        let hits = search.hits.iter().map(|hit| HitView {
            words: hit.words.join(comma),
            body: hit.body(),
            phone: hit.phone.clone(),
            give_url: gives.and_then(|verb| give_url(&search.words, hit, verb)),
            guide_url: guides.then(|| guide_url(&search.words, hit)),
        });
        Some(Self {
            after: gives.unwrap_or(Verb::Close).as_str(),
            words: search.words.clone(),
            hits: hits.collect(),
        })
    }
}

fn give_url(words: &str, hit: &Hit, verb: Verb) -> Option<String> {
    let (name, value) = match (&hit.to, &hit.outside) {
        (Some(to), _) => ("to", to),
        (None, Some(outside)) if verb == Verb::HandOver => ("outside", outside),
        (None, _) => return None,
    };
    Some(address(&[("who", words), (name, value)], verb))
}

fn guide_url(words: &str, hit: &Hit) -> String {
    let (body, phone) = (hit.body(), hit.phone.clone().unwrap_or_default());
    let pairs = [
        ("who", words),
        ("right_body", body.as_str()),
        ("right_phone", phone.as_str()),
    ];
    address(&pairs, Verb::Close)
}

fn address(pairs: &[(&str, &str)], verb: Verb) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    format!("?{}#{}", query.finish(), verb.as_str())
}
