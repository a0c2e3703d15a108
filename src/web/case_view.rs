//! A case in words: heading, facts, deadlines, history, forms.

use std::borrow::Cow;

use askama::Template;
use jiff::Timestamp;

use super::fields::{Builder, Control, FormView, Typed};
use super::form::Verb;
use super::office::{CasePage, Standing};
use crate::case::{Case, CaseKind, CaseState, Deadline, Event};
use crate::l10n::events::Scene;
use crate::l10n::{Say, masked, when};
use crate::mail::Party;

/// The page of one case.
#[derive(Template)]
#[template(path = "case.html")]
pub(super) struct CaseView {
    say: Say,
    viewer: String,
    title: String,
    caller: String,
    /// Somebody who had the case once sees the number alone.
    name: Option<String>,
    /// For `tel:`, where the reader has to dial.
    dial: Option<String>,
    came: String,
    badge: Badge,
    banner: Option<Banner>,
    list_url: Option<String>,
    moved: Option<Party>,
    looks: Option<String>,
    facts: Vec<Fact>,
    deadlines: Vec<DeadlineView>,
    history: Vec<HistoryView>,
    forms: Vec<FormView>,
    differs: bool,
    flagged: bool,
}

/// A coloured word about where it stands.
pub(super) struct Badge {
    pub tone: &'static str,
    pub text: String,
    pub detail: String,
}

/// What a person must read first.
pub(super) struct Banner {
    pub tone: &'static str,
    pub text: String,
}

struct Fact {
    label: String,
    value: String,
    detail: String,
    faint: bool,
}

struct DeadlineView {
    what: &'static str,
    due: String,
    tone: &'static str,
    status: String,
    why: String,
}

struct HistoryView {
    at: String,
    who: String,
    what: String,
}

impl CaseView {
    pub(super) fn new(page: &CasePage, typed: &Typed, banner: Option<Banner>) -> Self {
        let say = Say(page.lang);
        let case = &page.case;
        let words = Worder { say, page };
        let moved = page.standing == Standing::Moved;
        let closed = matches!(case.state, CaseState::Closed | CaseState::Void);
        let builder = Builder {
            say,
            case: Some(case),
            categories: &page.categories,
            needs: &page.needs,
            typed,
        };
        let verbs: &[Verb] = match (page.standing, case.state) {
            (Standing::Moved | Standing::Looks, _) | (_, CaseState::Void) => &[],
            (Standing::Acts, CaseState::Closed) => &[Verb::Reopen, Verb::Note],
            (Standing::Acts, _) => &[Verb::Close, Verb::Register, Verb::ToldOnce, Verb::Note],
        };
        let banner = banner.or_else(|| words.closing());
        let number = case.caller_number.as_deref().and_then(masked);
        Self {
            say,
            viewer: page.people.name(&page.viewer),
            title: if moved {
                say.moved_title(case.id)
            } else {
                say.case_title(case.id)
            },
            caller: number.unwrap_or_else(|| say.no_number()),
            name: case.caller_name.clone().filter(|_| !moved),
            dial: page
                .number
                .clone()
                .filter(|_| page.standing == Standing::Acts && !closed),
            came: words.came(),
            badge: words.badge(),
            banner,
            list_url: page.list_url.clone(),
            moved: moved.then(|| page.people.get(&case.handler)),
            looks: (page.standing == Standing::Looks).then(|| page.people.name(&case.handler)),
            facts: if moved { Vec::new() } else { words.facts() },
            deadlines: if moved { Vec::new() } else { words.deadlines() },
            history: if moved { Vec::new() } else { words.history() },
            forms: verbs.iter().map(|verb| builder.form(*verb)).collect(),
            differs: case.evidence_differs,
            flagged: case.clock_flagged,
        }
    }
}

/// The earliest unmet deadline of a case.
pub(super) fn next_deadline(case: &Case) -> Option<&Deadline> {
    let open = |d: &&Deadline| d.met_at.is_none() && !d.dropped;
    case.deadlines.iter().filter(open).min_by_key(|d| d.due_at)
}

/// What a case's state says at a glance.
pub(super) fn badge(say: Say, case: &Case, now: Timestamp, near: impl Fn(Timestamp) -> String) -> Badge {
    let plain = |tone, text: &str| Badge {
        tone,
        text: text.to_owned(),
        detail: String::new(),
    };
    if case.state == CaseState::Closed {
        return plain("done", say.state(case.state));
    }
    if case.state == CaseState::Void {
        return plain("quiet", say.state(case.state));
    }
    let Some(next) = next_deadline(case) else {
        return plain("quiet", say.state(case.state));
    };
    let span = next.due_at.as_second() - now.as_second();
    let late = span <= 0;
    let what = say.deadline(next.kind);
    Badge {
        tone: match span {
            ..=0 => "late",
            1..=7_200 => "soon",
            _ => "calm",
        },
        text: if late {
            say.overdue()
        } else {
            say.state(case.state).to_owned()
        },
        detail: format!(
            "{} · {}",
            say.deadline_is(what, near(next.due_at)),
            match late {
                true => say.late_by(when::span(say.0, span)),
                false => say.left(when::span(say.0, span)),
            }
        ),
    }
}

/// Puts one page's data into words.
struct Worder<'a> {
    say: Say,
    page: &'a CasePage,
}

impl Worder<'_> {
    fn near(&self, at: Timestamp) -> String {
        when::near(self.say.0, at, &self.page.zone, self.page.now)
    }

    fn scene<R>(&self, tell: impl FnOnce(&Scene<'_>) -> R) -> R {
        tell(&Scene {
            say: self.say,
            zone: &self.page.zone,
            now: self.page.now,
            name: &|person| self.page.people.name(person),
        })
    }

    fn came(&self) -> String {
        let case = &self.page.case;
        let at = self.near(case.opened_at);
        match case.kind {
            CaseKind::Call => self.say.call_at(at),
            CaseKind::Callback => self.say.missed_at(at),
            CaseKind::Visit => self.say.visit_at(at),
        }
    }

    fn badge(&self) -> Badge {
        badge(self.say, &self.page.case, self.page.now, |at| self.near(at))
    }

    /// A case that is done says when and by whom before anything else.
    fn closing(&self) -> Option<Banner> {
        let mut events = self.page.events.iter().rev();
        match self.page.case.state {
            CaseState::Closed => {
                let row = events.find(|row| matches!(row.event, Event::Closed { .. }))?;
                let who = self.scene(|scene| scene.actor(&row.actor));
                let text = self.say.closed_banner(who, self.near(row.at));
                Some(Banner { tone: "done", text })
            }
            CaseState::Void => {
                let row = events.find(|row| matches!(row.event, Event::Voided { .. }))?;
                let who = self.scene(|scene| scene.actor(&row.actor));
                let text = self.say.voided_banner(who, self.near(row.at));
                Some(Banner { tone: "quiet", text })
            }
            CaseState::Open | CaseState::Offered | CaseState::Waiting | CaseState::Frozen => None,
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let (say, case) = (self.say, &self.page.case);
        let mut facts = Vec::new();
        let mut tell = |label: String, value: Option<Cow<'_, str>>, detail: String| {
            let Some(value) = value else { return };
            facts.push(Fact {
                label,
                value: value.into_owned(),
                detail,
                faint: false,
            });
        };
        let text = |value: &Option<String>| value.clone().map(Cow::Owned);
        let matter = match &case.matter {
            Some(matter) => matter.clone(),
            None => say.not_registered(),
        };
        tell(say.matter(), Some(matter.into()), String::new());
        let name = match case.anonymous {
            true => Some(say.label_anonymous()),
            false => case.caller_name.clone(),
        };
        tell(say.label_caller_name(), name.map(Cow::Owned), String::new());
        let extension = case
            .extension
            .as_ref()
            .map(|ext| say.extension(ext))
            .unwrap_or_default();
        let (first, sure) = match &case.first_answerer {
            Some(person) => (party(&self.page.people.get(person)), extension),
            None => (say.nobody_sure(), extension),
        };
        tell(say.first_answerer(), Some(first.into()), sure);
        let sure = say.certainty(case.certainty);
        tell(say.how_sure(), Some(sure.into()), String::new());
        let since = case.custody.iter().rev().find(|held| held.to.is_none());
        let since = since.map(|held| say.since(self.near(held.from))).unwrap_or_default();
        tell(
            say.handler(),
            Some(party(&self.page.people.get(&case.handler)).into()),
            since,
        );
        let duty = case.duty.map(|duty| Cow::Borrowed(say.duty(duty)));
        tell(say.label_duty(), duty, String::new());
        tell(
            say.label_category(),
            Some(say.category(&case.category).into()),
            String::new(),
        );
        let chased = (case.chases > 0).then(|| say.times(case.chases).into());
        tell(say.rang_again(), chased, String::new());
        let phone = case.phone.as_deref().and_then(masked);
        tell(say.label_phone(), phone.map(Cow::Owned), String::new());
        tell(say.label_caller_told(), text(&case.caller_told), String::new());
        let right_phone = case.right_phone.clone().unwrap_or_default();
        tell(say.label_right_body(), text(&case.right_body), right_phone);
        tell(say.label_tried(), text(&case.tried), String::new());
        let told = case.told.as_ref().map(|told| self.scene(|scene| scene.told(told)));
        tell(say.told_once_title(), told.map(Cow::Owned), String::new());
        if case.state == CaseState::Closed {
            let outcome = case.outcome.map(|outcome| Cow::Borrowed(say.outcome(outcome)));
            let how = case.closing_text.clone().unwrap_or_default();
            tell(say.label_outcome(), outcome, how);
        }
        if case.matter.is_none()
            && let Some(matter) = facts.first_mut()
        {
            matter.faint = true;
        }
        facts
    }

    /// In order of time; replaced ones are history.
    fn deadlines(&self) -> Vec<DeadlineView> {
        let say = self.say;
        let shown = |d: &&Deadline| !d.dropped || d.breached_at.is_some();
        let mut deadlines: Vec<&Deadline> = self.page.case.deadlines.iter().filter(shown).collect();
        deadlines.sort_by_key(|d| d.due_at);
        let view = |d: &Deadline| {
            let span = d.due_at.as_second() - self.page.now.as_second();
            let (tone, status) = match (d.met_at, d.dropped) {
                (Some(at), _) if d.breached_at.is_none() => ("done", say.met_at(self.near(at))),
                (Some(at), _) => ("late", say.met_late_at(self.near(at))),
                (None, true) => ("late", say.ended()),
                (None, false) if span <= 0 => ("late", say.late_by(when::span(say.0, span))),
                (None, false) => ("calm", say.left(when::span(say.0, span))),
            };
            DeadlineView {
                what: say.deadline(d.kind),
                due: self.near(d.due_at),
                tone,
                status,
                why: say.of(&d.why).to_owned(),
            }
        };
        deadlines.into_iter().map(view).collect()
    }

    /// Newest first; deadlines that were set stand in their own section.
    fn history(&self) -> Vec<HistoryView> {
        let told = |event: &Event| !matches!(event, Event::DeadlineSet { .. } | Event::Settled);
        self.page
            .events
            .iter()
            .rev()
            .filter(|row| told(&row.event))
            .map(|row| HistoryView {
                at: self.near(row.at),
                who: self.scene(|scene| scene.actor(&row.actor)),
                what: self.scene(|scene| scene.event(&row.event)),
            })
            .collect()
    }
}

fn party(party: &Party) -> String {
    match &party.phone {
        Some(phone) => format!("{} {phone}", party.name),
        None => party.name.clone(),
    }
}
