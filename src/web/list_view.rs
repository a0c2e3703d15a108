//! A person's open cases on one page, and what came of closing several of them.

use askama::Template;
use jiff::Timestamp;

use super::case_words::{Badge, badge, came, next_deadline, unturned};
use super::field_words::{comma, field_label, why_words};
use super::fields::{Builder, Control, FormView, Typed};
use super::form::{Form, Problem, ROW_FIELDS, row_field};
use super::office::{ActError, ListPage, ListRow};
use super::staff::Staff;
use crate::case::Refusal;
use crate::l10n::{Lang, Say, masked, when};

/// The list page.
#[derive(Template)]
#[template(path = "list.html")]
pub(super) struct ListView {
    say: Say,
    viewer: String,
    sum: String,
    closed_today: Option<String>,
    rows: Vec<RowView>,
    offered: Vec<OfferView>,
    /// Others' cases that wait for the reader as a supervisor.
    watched: Vec<RowView>,
    all: bool,
    results: Option<Results>,
    form: FormView,
}

struct RowView {
    id: String,
    version: u64,
    url: String,
    caller: String,
    matter: String,
    registered: bool,
    came: String,
    badge: Badge,
    chased: Option<String>,
    on: bool,
    /// Whose it is, where the reader stands in.
    of: Option<String>,
    /// Who has it.
    holder: String,
    /// What closing it may ask for and nobody wrote down yet.
    own: Vec<OwnField>,
    /// Why it was not done just now.
    problem: Option<String>,
}

/// A field of one row.
struct OwnField {
    name: String,
    field: &'static str,
    label: String,
    value: String,
}

/// A case that is offered to the reader.
struct OfferView {
    row: RowView,
    /// Who offers it, with what sentence.
    words: String,
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
        let mut rows: Vec<&ListRow> = page.rows.iter().collect();
        let due = |row: &ListRow| next_deadline(&row.case).map_or(Timestamp::MAX, |d| d.due_at);
        rows.sort_by_key(|row| (due(row), row.case.id));
        let overdue = rows.iter().filter(|row| due(row) <= page.now).count();
        let ticked = typed.form.all("case");
        let builder = Builder {
            say,
            case: None,
            categories: &page.categories,
            needs: &page.needs,
            staff: &Staff::default(),
            below: None,
            pause_reasons: &[],
            asks: true,
            typed,
            prefill: &Form::default(),
        };
        let view = |row: &ListRow| {
            let id = row.case.id.to_string();
            let on = all || ticked.contains(&id.as_str());
            let refused = results.as_ref().and_then(|results| {
                let of_this = results.refused.iter().find(|(case, _)| *case == id);
                of_this.map(|(_, why)| why.clone())
            });
            RowView {
                own: own_fields(say, page, row, &typed.form),
                problem: refused,
                ..row_view(say, page, row, on)
            }
        };
        Self {
            say,
            viewer: page.people.name(&page.viewer),
            sum: say.list_sum(say.cases(rows.len()), overdue),
            closed_today: (page.closed_today > 0).then(|| say.closed_today(say.cases(page.closed_today))),
            rows: rows.into_iter().map(view).collect(),
            offered: page.offered.iter().map(|row| offer_view(say, page, row)).collect(),
            watched: page.watched.iter().map(|row| row_view(say, page, row, false)).collect(),
            all,
            results,
            form: builder.list_form(),
        }
    }
}

fn offer_view(say: Say, page: &ListPage, row: &ListRow) -> OfferView {
    let offer = row.case.offer.as_ref();
    let by = offer.and_then(|offer| offer.by.as_ref());
    let by = by.map_or_else(|| say.by_switch(), |by| page.people.name(by));
    let text = offer.map(|offer| offer.text.as_str()).unwrap_or_default();
    OfferView {
        words: unturned(&say.offer_yours(by, text)),
        row: row_view(say, page, row, false),
    }
}

fn row_view(say: Say, page: &ListPage, row: &ListRow, on: bool) -> RowView {
    let case = &row.case;
    let near = |at| when::near(say.0, at, &page.zone, page.now);
    let number = case.caller_number.as_deref().and_then(masked);
    let number = number.unwrap_or_else(|| say.no_number());
    RowView {
        id: case.id.to_string(),
        version: case.version,
        url: row.url.clone(),
        caller: match &case.caller_name {
            Some(name) => format!("{number} {name}"),
            None => number,
        },
        matter: case.matter.clone().unwrap_or_else(|| say.not_registered()),
        registered: case.matter.is_some(),
        came: came(say, case, near(case.opened_at)),
        badge: badge(say, case, page.now, near),
        chased: (case.chases > 0).then(|| say.chased(say.times(case.chases))),
        on,
        of: row.of.as_ref().map(|person| say.row_of(page.people.name(person))),
        holder: page.people.name(&case.handler),
        own: Vec::new(),
        problem: None,
    }
}

/// Name and matter, where a duty of the policy needs them and the case has none.
fn own_fields(say: Say, page: &ListPage, row: &ListRow, typed: &Form) -> Vec<OwnField> {
    let case = &row.case;
    let needed = |field: &str| page.needs.values().flatten().flatten().any(|need| need == field);
    let lacks = |field: &str| match field {
        "caller_name" => !case.name_given && !case.anonymous,
        _ => case.matter.is_none(),
    };
    let own = |field: &'static str| {
        let name = row_field(field, &case.id.to_string());
        let stands = case.caller_name.clone().filter(|_| field == "caller_name");
        OwnField {
            value: typed.get(&name).map(str::to_owned).or(stands).unwrap_or_default(),
            field,
            label: field_label(say, field),
            name,
        }
    };
    ROW_FIELDS
        .into_iter()
        .filter(|field| needed(field) && lacks(field))
        .map(own)
        .collect()
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
        Refusal::Lacks(fields) => {
            let comma = match say.0 {
                Lang::Zh => "、",
                Lang::En => ", ",
            };
            let labels: Vec<String> = fields.iter().map(label).collect();
            say.refused_lacks(labels.join(comma))
        }
        Refusal::NotPermitted { reason } => say.not_permitted(reason),
        Refusal::ForbiddenPhrase(phrase) => say.forbidden_phrase(phrase),
        Refusal::Unknown { given, known, .. } if known.is_empty() => say.not_there(given),
        Refusal::Unknown { given, known, .. } => say.not_known(given, known.join(", ")),
    }
}
