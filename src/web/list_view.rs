//! A person's start page: what is offered to them, what waits for them as a supervisor, their open cases, what they
//! closed today; and what came of closing several at once.
//!
//! **Invariants.** The most urgent first. What waits for somebody else stands apart, unless it is late: then it is to
//! be seen to. Each section is one tap from the top.

use askama::Template;
use jiff::Timestamp;

use super::case_words::{next_deadline, unturned};
use super::field_words::{comma, field_label, why_words};
use super::fields::{Builder, Control, FormView, Typed};
use super::form::{Form, Problem, Verb};
use super::list_row::{RowView, Rower, needs_of};
use super::office::{ActError, ListPage, ListRow, Watch};
use super::staff::Staff;
use crate::case::{CaseKind, Outcome, Refusal, reason_words};
use crate::l10n::{Lang, Say};

/// The list page.
#[derive(Template)]
#[template(path = "list.html")]
pub(super) struct ListView {
    say: Say,
    viewer: String,
    sum: String,
    closed_today: Option<String>,
    strip: Vec<Jump>,
    /// To do, and waiting for others.
    groups: Vec<Group>,
    offered: Vec<OfferView>,
    /// Others' cases that wait for the reader as a supervisor, by why: what only they can move stands before their own.
    above: Vec<Group>,
    watched: Vec<Group>,
    watched_more: Option<String>,
    done: Vec<RowView>,
    all: bool,
    results: Option<Results>,
    form: FormView,
}

/// A section's place and how many stand in it.
struct Jump {
    target: &'static str,
    count: usize,
    words: String,
    tone: &'static str,
}

/// Rows under one heading.
struct Group {
    id: &'static str,
    title: String,
    rows: Vec<RowView>,
}

/// A case that is offered to the reader.
struct OfferView {
    row: RowView,
    /// Who offers it, with what sentence.
    words: String,
    returns: bool,
    /// Why it should go back, if that was typed just now.
    reason: Option<String>,
}

/// What came of each selected case.
#[derive(Default)]
pub(super) struct Results {
    pub done: Vec<String>,
    pub refused: Vec<(String, String)>,
    /// Said on top instead of per case.
    pub banner: Option<String>,
}

impl Results {
    fn done_words(&self, say: &Say) -> String {
        say.list_done(say.cases(self.done.len()))
    }

    fn refused_words(&self, say: &Say) -> String {
        say.list_refused(say.cases(self.refused.len()))
    }
}

impl ListView {
    /// `all`: every box ticked, as the “select all” link asks.
    pub(super) fn new(page: &ListPage, typed: &Typed, all: bool, results: Option<Results>) -> Self {
        let say = Say(page.lang);
        let rower = Rower { say, page };
        let mut rows: Vec<&ListRow> = page.rows.iter().collect();
        rows.sort_by_key(|row| (due(row), row.case.id));
        let overdue = rows.iter().filter(|row| due(row) <= page.now).count();
        let ticked = typed.form.all("case");
        let needs = needs_of(&page.rows);
        let builder = Builder {
            say,
            case: None,
            categories: &page.categories,
            call_backs: call_backs(&page.rows),
            needs: &needs,
            staff: &Staff::default(),
            below: None,
            pause_reasons: &[],
            breaches: &[],
            sanctions: &[],
            asks: true,
            dials: false,
            typed,
            prefill: &Form::default(),
        };
        let view = |row: &&ListRow| {
            let id = row.case.id.to_string();
            let refused = results.as_ref().and_then(|results| {
                let of_this = results.refused.iter().find(|(case, _)| *case == id);
                of_this.map(|(_, why)| why.clone())
            });
            RowView {
                on: all || ticked.contains(&id.as_str()),
                own: rower.own_fields(row, &typed.form),
                problem: refused,
                ..rower.row(row)
            }
        };
        let waits = |row: &&&ListRow| rower.waits(&row.case).is_some() && due(row) > page.now;
        let group = |id, title, waiting: bool| Group {
            id,
            title,
            rows: rows.iter().filter(|row| waits(row) == waiting).map(view).collect(),
        };
        let groups = [
            group("todo", say.todo_title(), false),
            group("waits", say.waits_title(), true),
        ];
        let (above, watched): (Vec<Group>, Vec<Group>) = watched(&rower)
            .into_iter()
            .partition(|group| matches!(group.id, "watch-rule" | "watch-escalated"));
        let mut this = Self {
            say,
            viewer: page.people.name(&page.viewer),
            sum: say.list_sum(say.cases(rows.len()), overdue),
            closed_today: (!page.done.is_empty()).then(|| say.closed_today(say.cases(page.done.len()))),
            strip: Vec::new(),
            groups: groups.into_iter().filter(|group| !group.rows.is_empty()).collect(),
            offered: page.offered.iter().map(|row| offer_view(&rower, row, typed)).collect(),
            above,
            watched,
            watched_more: (page.watched_more > 0).then(|| say.watch_more(say.cases(page.watched_more))),
            done: page.done.iter().map(|row| rower.row(row)).collect(),
            all,
            results,
            form: builder.list_form(),
        };
        this.strip = this.jumps(&rower, &rows, overdue);
        this
    }

    /// One tap to each section that has something, and how much it is.
    fn jumps(&self, rower: &Rower<'_>, rows: &[&ListRow], overdue: usize) -> Vec<Jump> {
        let (say, page) = (self.say, rower.page);
        let today = |row: &&&ListRow| due(row) > page.now && rower.is_today(due(row));
        let promised = |row: &&&ListRow| row.case.promised.is_some_and(|until| rower.is_today(until));
        let jump = |target, count, words, tone| Jump {
            target,
            count,
            words,
            tone,
        };
        let mut jumps = vec![jump("offers", self.offered.len(), say.offered_to_you(), "soon")];
        let watch = |group: &Group| {
            let tone = match group.id {
                "watch-rule" | "watch-escalated" | "watch-overdue" => "late",
                _ => "soon",
            };
            jump(group.id, group.rows.len(), group.title.clone(), tone)
        };
        jumps.extend(self.above.iter().map(watch));
        let first = self.groups.first().map_or("todo", |group| group.id);
        jumps.push(jump(first, overdue, say.overdue(), "late"));
        jumps.push(jump(
            first,
            rows.iter().filter(today).count(),
            say.count_due_today(),
            "soon",
        ));
        let promised = rows.iter().filter(promised).count();
        jumps.push(jump(first, promised, say.count_promised_today(), "soon"));
        let waiting = self.groups.iter().filter(|group| group.id == "waits");
        jumps.extend(waiting.map(|group| jump("waits", group.rows.len(), group.title.clone(), "calm")));
        jumps.extend(self.watched.iter().map(watch));
        jumps.push(jump("done", self.done.len(), say.done_title(), "done"));
        jumps.retain(|jump| jump.count > 0);
        jumps
    }
}

/// Whether all are calls to return; none: no one is.
fn call_backs(rows: &[ListRow]) -> Option<bool> {
    let is = |row: &ListRow| row.case.kind == CaseKind::Callback;
    rows.iter().any(is).then(|| rows.iter().all(is))
}

/// The earliest unmet deadline; what has none comes last.
fn due(row: &ListRow) -> Timestamp {
    next_deadline(&row.case).map_or(Timestamp::MAX, |d| d.due_at)
}

/// By why, the gravest first.
fn watched(rower: &Rower<'_>) -> Vec<Group> {
    let say = rower.say;
    let mut groups: Vec<Group> = Vec::new();
    for (row, whys) in &rower.page.watched {
        let (id, title) = match whys.first() {
            Some(Watch::ToRule) => ("watch-rule", say.watch_rule()),
            Some(Watch::Pending(_)) => ("watch-pending", say.watch_pending()),
            Some(Watch::Escalated(_)) => ("watch-escalated", say.watch_escalated()),
            Some(Watch::Overdue) | None => ("watch-overdue", say.watch_overdue()),
            Some(Watch::Offered) => ("watch-offered", say.watch_offered()),
            Some(Watch::Hot) => ("watch-hot", say.watch_hot()),
        };
        let view = rower.watched(row, whys);
        match groups.iter_mut().find(|group| group.id == id) {
            Some(group) => group.rows.push(view),
            None => groups.push(Group {
                id,
                title,
                rows: vec![view],
            }),
        }
    }
    groups
}

fn offer_view(rower: &Rower<'_>, row: &ListRow, typed: &Typed) -> OfferView {
    let (say, page) = (rower.say, rower.page);
    let offer = row.case.offer.as_ref();
    let by = offer.and_then(|offer| offer.by.as_ref());
    let by = by.map_or_else(|| say.by_switch(), |by| page.people.name(by));
    let text = offer.map(|offer| offer.text.as_str()).unwrap_or_default();
    let mut view = rower.row(row);
    view.remarks.clear();
    let returned = typed.verb == Some(Verb::Return) && typed.form.get("case") == Some(view.id.as_str());
    OfferView {
        words: unturned(&say.offer_yours(by, text)),
        returns: row.returns,
        reason: returned.then(|| typed.form.get("reason").unwrap_or_default().to_owned()),
        row: view,
    }
}

/// What is wrong with one row's form, in one line.
pub(super) fn problem_words(say: Say, problems: &[Problem]) -> String {
    let line = |problem: &Problem| say.labelled(field_label(say, &problem.field), why_words(say, &problem.why));
    let lines: Vec<String> = problems.iter().map(line).collect();
    lines.join(comma(say))
}

/// Why a case of the list was not done, in one line.
pub(super) fn refused(say: Say, error: &ActError) -> String {
    match error {
        ActError::Stale { who, .. } => say.refused_stale(who),
        ActError::NotHolder { who } => say.refused_moved(who),
        ActError::Gone => say.refused_gone(),
        ActError::Busy => say.refused_busy(),
        ActError::Refused(refusal) => refusal_words(say, refusal),
    }
}

/// A refusal in one line.
pub(super) fn refusal_words(say: Say, refusal: &Refusal) -> String {
    let label = |fields: &String| -> String {
        let labels: Vec<String> = fields.split('|').map(|name| field_label(say, name)).collect();
        labels.join("/")
    };
    match refusal {
        Refusal::Stale { .. } => say.stale_form(),
        Refusal::WrongState { state, .. } => say.wrong_state(say.state(*state)),
        Refusal::AskedAlready { .. } => refusal.words(say.0),
        Refusal::Lacks(fields) => {
            let comma = match say.0 {
                Lang::Zh => "、",
                Lang::En => ", ",
            };
            let labels: Vec<String> = fields.iter().map(label).collect();
            say.refused_lacks(labels.join(comma))
        }
        Refusal::NotPermitted { reason } => say.not_permitted(reason_words(reason, say.0)),
        Refusal::ForbiddenPhrase(phrase) => say.forbidden_phrase(phrase),
        Refusal::Unknown {
            field: "outcome",
            given,
            ..
        } if given == Outcome::CalledBack.as_str() => say.no_call_back(say.outcome(Outcome::CalledBack)),
        Refusal::Unknown { given, known, .. } if known.is_empty() => say.not_there(given),
        Refusal::Unknown { given, known, .. } => say.not_known(given, known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_something_is_not_permitted_is_said_in_the_readers_language() {
        let refusal = Refusal::NotPermitted {
            reason: "nobody rules on themselves: ask the next supervisor",
        };
        let zh = refusal_words(Say(Lang::Zh), &refusal);
        assert!(!zh.chars().any(|c| c.is_ascii_alphabetic()), "{zh}");
        let en = refusal_words(Say(Lang::En), &refusal);
        assert!(en.contains("ask the next supervisor"), "{en}");
    }
}
