//! The page of one case: what it shows to whom.

use askama::Template;

use super::case_words::{Badge, Banner, BreachView, DeadlineView, Fact, HistoryView, Worder, badge, came};
use super::field_words::field_label;
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
        let banner = banner.or_else(|| words.closing());
        if page.standing == Standing::Moved {
            let forms = forms(say, page, typed, &search.prefill);
            return Self {
                kept: kept(say, typed, &forms),
                forms,
                ..Self::moved(&words, banner)
            };
        }
        let case = &page.case;
        let forms = forms(say, page, typed, &search.prefill);
        Self {
            title: say.case_title(case.id),
            name: case.caller_name.clone(),
            dial: page.number.clone().filter(|_| page.standing == Standing::Acts),
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
            kept: kept(say, typed, &forms),
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
            badge: badge(say, case, page.now, |at| words.near(at)),
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

fn forms(say: Say, page: &CasePage, typed: &Typed, prefill: &Form) -> Vec<FormView> {
    let builder = Builder {
        say,
        case: Some(&page.case),
        categories: &page.categories,
        needs: &page.needs,
        staff: &page.staff,
        below: page.below.as_deref(),
        pause_reasons: &page.pause_reasons,
        breaches: &page.breaches,
        sanctions: &page.sanctions,
        asks: !page.rights.rules,
        typed,
        prefill,
    };
    let verbs = possible(page);
    verbs.into_iter().map(|verb| builder.form(verb)).collect()
}

/// What was typed stays readable though its form went with the case: to be sent on, or said to who has it.
fn kept(say: Say, typed: &Typed, forms: &[FormView]) -> Vec<Fact> {
    let gone = typed
        .verb
        .filter(|verb| forms.iter().all(|form| form.verb != verb.as_str()));
    let fields = gone.into_iter().flat_map(|_| typed.form.typed());
    let fact = |(name, value): (&str, &str)| Fact {
        label: field_label(say, name),
        value: value.to_owned(),
        detail: String::new(),
        faint: false,
    };
    fields.map(fact).collect()
}
