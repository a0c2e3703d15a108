//! The page of one case: what it shows to whom.

use askama::Template;

use super::case_words::{Badge, Banner, BreachView, DeadlineView, Fact, HistoryView, Worder, badge, came, unturned};
use super::field_words::semicolon;
use super::fields::{Builder, Control, FormView, Typed};
use super::form::Form;
use super::office::{CasePage, Standing};
use super::possible::possible;
use super::search::{Search, SearchView};
use crate::case::CaseState;
use crate::l10n::{Say, masked};
use crate::mail::Party;

/// The page of one case.
#[derive(Template)]
#[template(path = "case.html")]
pub(super) struct CaseView {
    say: Say,
    viewer: String,
    title: String,
    caller: String,
    name: Option<String>,
    /// For `tel:`, where the reader has to dial.
    dial: Option<String>,
    came: String,
    matter: Option<String>,
    chased: Option<String>,
    badge: Badge,
    banner: Option<Banner>,
    list_url: Option<String>,
    moved: Option<Party>,
    looks: Option<String>,
    facts: Vec<Fact>,
    deadlines: Vec<DeadlineView>,
    breaches: Vec<BreachView>,
    history: Vec<HistoryView>,
    notices: Vec<Banner>,
    forms: Vec<FormView>,
    /// What was typed into a form that is no longer here.
    kept: Vec<Fact>,
    search: Option<SearchView>,
    differs: bool,
    flagged: bool,
    /// Nothing is to be done: what happened comes first.
    still: bool,
}

impl CaseView {
    pub(super) fn new(page: &CasePage, typed: &Typed, banner: Option<Banner>, search: &Search) -> Self {
        let say = Say(page.lang);
        let words = Worder { say, page };
        let gone = gone(&builder(say, page, typed, &search.prefill), page);
        let banner = banner.or(gone).or_else(|| words.closing());
        if page.standing == Standing::Moved {
            let builder = builder(say, page, typed, &search.prefill);
            let forms = forms(&builder, page);
            return Self {
                kept: kept(&builder, &forms),
                forms,
                ..Self::moved(&words, banner)
            };
        }
        let case = &page.case;
        let builder = builder(say, page, typed, &search.prefill);
        let forms = forms(&builder, page);
        Self {
            title: say.case_title(case.id),
            name: case.caller_name.clone(),
            dial: page.number.clone().filter(|_| page.calls()),
            matter: case.matter.clone(),
            chased: (case.chases > 0).then(|| say.chased(say.times(case.chases))),
            moved: None,
            looks: (page.standing == Standing::Looks && !forms.is_empty()).then(|| page.people.name(&case.handler)),
            facts: words.facts(),
            deadlines: words.deadlines(),
            breaches: words.breaches(),
            history: words.history(),
            notices: words.notices(),
            search: SearchView::new(say, page, search),
            kept: kept(&builder, &forms),
            forms,
            differs: case.evidence_differs,
            flagged: case.clock_flagged,
            still: !matches!(
                case.state,
                CaseState::Open | CaseState::Offered | CaseState::Waiting | CaseState::Frozen
            ),
            ..Self::moved(&words, banner)
        }
    }

    /// Somebody who had the case once sees a masked number, and who has it now.
    fn moved(words: &Worder<'_>, banner: Option<Banner>) -> Self {
        let (say, page) = (words.say, words.page);
        let case = &page.case;
        let number = case.caller_number.as_deref().and_then(masked);
        Self {
            say,
            viewer: page.people.name(&page.viewer),
            title: say.moved_title(case.id),
            caller: number.unwrap_or_else(|| say.no_number()),
            name: None,
            dial: None,
            came: came(say, case, words.near(case.opened_at)),
            matter: None,
            chased: None,
            badge: badge(say, case, page.now, |at| words.due(at)),
            banner,
            list_url: page.list_url.clone(),
            moved: Some(page.people.get(&case.handler)),
            looks: None,
            facts: Vec::new(),
            deadlines: Vec::new(),
            breaches: Vec::new(),
            history: Vec::new(),
            notices: Vec::new(),
            forms: Vec::new(),
            kept: Vec::new(),
            search: None,
            differs: false,
            flagged: false,
            still: true,
        }
    }
}

fn builder<'a>(say: Say, page: &'a CasePage, typed: &'a Typed, prefill: &'a Form) -> Builder<'a> {
    Builder {
        say,
        case: Some(&page.case),
        categories: &page.categories,
        call_backs: None,
        needs: &page.needs,
        staff: &page.staff,
        below: page.below.as_deref(),
        pause_reasons: &page.pause_reasons,
        breaches: &page.breaches,
        sanctions: &page.sanctions,
        asks: !page.rights.rules,
        dials: page.calls(),
        typed,
        prefill,
    }
}

fn forms(builder: &Builder<'_>, page: &CasePage) -> Vec<FormView> {
    let verbs = possible(page);
    verbs.into_iter().map(|verb| builder.form(verb)).collect()
}

/// What was wrong in a form that the page has no more: no field shows it, so it is said on top.
fn gone(builder: &Builder<'_>, page: &CasePage) -> Option<Banner> {
    let (say, typed) = (builder.say, builder.typed);
    let verb = typed.verb.filter(|verb| !possible(page).contains(verb))?;
    let wrong: Vec<String> = builder
        .problems_of_gone(verb)
        .into_iter()
        .map(|(_, line)| line)
        .collect();
    (!wrong.is_empty()).then(|| Banner {
        tone: "late",
        text: unturned(&format!(
            "{} {}",
            say.form_gone(say.state(page.case.state)),
            wrong.join(semicolon(say))
        )),
    })
}

/// What was typed stays readable though its form went with the case: to be sent on, or said to who has it.
fn kept(builder: &Builder<'_>, forms: &[FormView]) -> Vec<Fact> {
    let typed = builder.typed;
    let gone = typed
        .verb
        .filter(|verb| forms.iter().all(|form| form.verb != verb.as_str()));
    let labels = gone.map(|verb| builder.labels(verb)).unwrap_or_default();
    let fields = gone.into_iter().flat_map(|_| typed.form.typed());
    let fact = |(name, value): (&str, &str)| Fact {
        label: labels
            .iter()
            .find(|(known, _)| *known == name)
            .map_or_else(|| builder.label(name), |(_, label)| label.clone()),
        value: value.to_owned(),
        detail: String::new(),
        faint: false,
    };
    fields.map(fact).collect()
}
