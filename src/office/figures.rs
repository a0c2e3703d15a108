//! The managers' figures for the page, and the rows behind each.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::RegisterOffice;
use crate::call::Disposition;
use crate::case::Case;
use crate::case::tally::Mark;
use crate::directory::Lang;
use crate::ids::{CaseId, PersonId};
use crate::l10n::{Say, masked, when};
use crate::register::read::{CallRow, Filter, Reader};
use crate::register::{self, Rules, ViolationRow};
use crate::report::sheet::Sheet;
use crate::report::why::{Asker, Section};
use crate::report::{self, Listing, Question};
use crate::web::{Asked, Behind, Cell, Figures};

/// Rows of a page at most; the command line lists all.
const SHOWN: usize = 500;

impl RegisterOffice {
    pub(super) async fn figures_of(&self, asked: Asked) -> Result<Figures, register::Error> {
        let (rules, now) = (self.rules.load_full(), self.clock.now());
        self.read(move |reader| {
            let question = question(&rules, asked, now);
            let (mut rows, total) = report::accountability(reader, question.clone())?;
            if let Some(sort) = asked.sort {
                sort.order(&mut rows);
            }
            let gaps = report::gaps(reader, &question)?;
            let sheet = Sheet::new(&question, rows, total, gaps);
            let mut overdue = 0;
            reader.each_case(&overdue_now(), now, |_| overdue += 1)?;
            Ok(Figures { sheet, overdue })
        })
        .await
    }

    /// What lies behind a count; `None` if there is no such count.
    pub(super) async fn rows_behind(
        &self,
        asked: Asked,
        key: Option<String>,
        count: String,
    ) -> Result<Option<Behind>, register::Error> {
        let (rules, now) = (self.rules.load_full(), self.clock.now());
        self.read(move |reader| {
            let question = question(&rules, asked, now);
            let Some(listing) = report::listing(&question, key.as_deref(), &count) else {
                return Ok(None);
            };
            teller(&rules, asked.lang, now).rows(reader, &listing).map(Some)
        })
        .await
    }

    /// What is overdue now, the oldest first.
    pub(super) async fn overdue_of(&self, lang: Lang) -> Result<Behind, register::Error> {
        let (rules, now) = (self.rules.load_full(), self.clock.now());
        self.read(move |reader| teller(&rules, lang, now).rows(reader, &Listing::Cases(overdue_now())))
            .await
    }

    /// Calls and cases of callers whose number ends with these digits.
    pub(super) async fn caller_of(&self, digits: String, lang: Lang) -> Result<[Behind; 2], register::Error> {
        let (rules, now) = (self.rules.load_full(), self.clock.now());
        self.read(move |reader| {
            let teller = teller(&rules, lang, now);
            let filter = || Filter {
                number: Some(digits.clone()),
                ..Filter::default()
            };
            let ends = |number: &Option<String>| number.as_ref().is_some_and(|number| number.ends_with(&digits));
            let mut calls = reader.calls(&filter())?;
            calls.retain(|call| ends(&call.calling_number) || ends(&call.called_number));
            let mut cases = reader.cases(&filter(), now)?;
            cases.retain(|case| case.settled && (ends(&case.caller_number) || ends(&case.caller_key)));
            calls.reverse();
            cases.reverse();
            Ok([teller.calls(reader, &calls, false)?, teller.cases(&cases)])
        })
        .await
    }

    /// Why a case is whose it is; none if there is no such case.
    pub(super) async fn why_of(&self, id: CaseId, lang: Lang) -> Result<Option<Vec<Section>>, register::Error> {
        let (rules, now) = (self.rules.load_full(), self.clock.now());
        self.read(move |reader| {
            let asker = Asker {
                rules: &rules,
                say: Say(lang),
                now,
                masked: true,
            };
            let case = reader.case(id)?;
            case.map(|case| asker.why(reader, &case)).transpose()
        })
        .await
    }
}

/// Of any day.
fn overdue_now() -> Filter {
    Filter {
        overdue: true,
        ..Filter::default()
    }
}

fn teller(rules: &Rules, lang: Lang, now: Timestamp) -> Teller<'_> {
    Teller {
        say: Say(lang),
        lang,
        zone: &rules.zone,
        rules,
        now,
    }
}

fn question(rules: &Rules, asked: Asked, now: Timestamp) -> Question<'_> {
    let midnight = |day: jiff::civil::Date| rules.zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(now);
    Question {
        from: midnight(asked.from),
        to: asked.to.tomorrow().map_or(Timestamp::MAX, midnight),
        by: asked.by,
        zone: &rules.zone,
        directory: &rules.directory,
        lang: asked.lang,
        now,
    }
}

/// Puts calls, cases and violations in words.
struct Teller<'a> {
    say: Say,
    lang: Lang,
    zone: &'a TimeZone,
    rules: &'a Rules,
    now: Timestamp,
}

impl Teller<'_> {
    fn rows(&self, reader: &Reader, listing: &Listing) -> Result<Behind, register::Error> {
        match listing {
            Listing::Calls(filter) => self.calls(reader, &reader.calls(filter)?, filter.missed),
            Listing::Cases(filter) => Ok(self.cases(&reader.cases(filter, self.now)?)),
            Listing::Violations(filter) => {
                let say = self.say;
                let rows = reader.violations(filter)?;
                let heads = vec![
                    say.head_violation(),
                    say.head_case(),
                    say.head_kind(),
                    say.head_person(),
                    say.head_time(),
                    say.head_article(),
                ];
                Ok(table(heads, rows.iter(), |one| self.violation(one)))
            }
        }
    }

    /// `missed`: who was to call back, and whether they did.
    fn calls(&self, reader: &Reader, calls: &[CallRow], missed: bool) -> Result<Behind, register::Error> {
        let say = self.say;
        let mut heads = vec![
            say.head_call(),
            say.head_time(),
            say.head_caller(),
            say.head_called(),
            say.head_extension(),
            say.head_person(),
            say.head_sure(),
            say.head_ring(),
            say.head_talk(),
            say.head_case(),
        ];
        let mut returned = Vec::new();
        if missed {
            heads.push(say.head_called_back());
            for call in calls.iter().take(SHOWN) {
                let case = call.case.map(|id| reader.case(id)).transpose()?.flatten();
                returned.push(self.returned(case.as_ref()));
            }
        }
        let mut returned = returned.into_iter();
        Ok(table(heads, calls.iter(), |call| {
            let mut cells = self.call(call);
            cells.extend(returned.next().map(Cell::from));
            cells
        }))
    }

    /// Whether the caller of a missed call was called back.
    fn returned(&self, case: Option<&Case>) -> String {
        match case {
            Some(case) if Mark::CalledBack.of(case) => {
                match case.contacts.iter().rev().find(|contact| contact.call.is_some()) {
                    Some(proved) => self.say.called_back_at(self.at(Some(proved.at))),
                    None => self.say.called_back_stated(self.at(case.closed_at)),
                }
            }
            Some(case) if Mark::NotCalledBack.of(case) => self.say.not_called_back(),
            // It was answered in the end, or the policy asks for no call-back.
            _ => self.say.owes_nothing(),
        }
    }

    fn cases(&self, cases: &[Case]) -> Behind {
        let say = self.say;
        let heads = vec![
            say.head_case(),
            say.head_time(),
            say.head_caller(),
            say.head_matter(),
            say.first_answerer(),
            say.head_handler(),
            say.head_state(),
            say.head_deadline(),
        ];
        table(heads, cases.iter(), |case| self.case(case))
    }

    fn call(&self, call: &CallRow) -> Vec<Cell> {
        let whose = call.owed_by.as_deref().or(call.person.as_deref());
        let answered = call.disposition == Disposition::Answered;
        let mut cells: Vec<Cell> = [
            call.id.to_string(),
            self.at(Some(call.answered_at.unwrap_or(call.start))),
            caller(call.calling_number.as_deref(), call.calling_name.as_deref()),
            outside(call.called_number.as_deref()),
            text(call.answered_by.as_deref().or(call.target.as_deref())),
            self.name(whose),
            if answered {
                self.say.certainty(call.certainty).to_owned()
            } else {
                text(None)
            },
            self.span(call.ring_seconds),
            self.span(call.talk_seconds),
        ]
        .map(Cell::from)
        .into();
        cells.push(call.case.map_or_else(|| text(None).into(), case_cell));
        cells
    }

    fn case(&self, case: &Case) -> Vec<Cell> {
        let due = case.due();
        let matter = Cell {
            long: true,
            ..text(case.matter.as_deref()).into()
        };
        let mut cells = vec![
            case_cell(case.id),
            self.at(Some(case.opened_at)).into(),
            caller(case.caller_number.as_deref(), case.caller_name.as_deref()).into(),
            matter,
        ];
        let rest = [
            self.name(case.first_answerer.as_ref().map(PersonId::as_str)),
            self.name(Some(case.handler.as_str())),
            case.outcome.filter(|_| !case.is_open()).map_or_else(
                || self.say.state(case.state).to_owned(),
                |outcome| self.say.outcome(outcome).to_owned(),
            ),
            due.filter(|_| case.is_open()).map_or_else(
                || text(None),
                |due| format!("{} {}", self.say.deadline(due.kind), self.at(Some(due.due_at))),
            ),
        ];
        cells.extend(rest.map(Cell::from));
        cells
    }

    fn violation(&self, one: &ViolationRow) -> Vec<Cell> {
        let kind = serde_json::from_value(serde_json::Value::String(one.kind.clone()));
        let mut cells = vec![one.id.to_string().into(), case_cell(one.case)];
        let rest = [
            kind.map_or_else(|_| one.kind.clone(), |kind| self.say.violation(kind).to_owned()),
            self.name(one.person.as_deref()),
            self.at(Some(one.at)),
            text(one.article.as_deref()),
        ];
        cells.extend(rest.map(Cell::from));
        cells
    }

    fn at(&self, at: Option<Timestamp>) -> String {
        at.map_or_else(|| text(None), |at| when::long(self.lang, at, self.zone, self.now))
    }

    fn span(&self, seconds: Option<i64>) -> String {
        let seconds = seconds.map(|seconds| seconds.max(0));
        seconds.map_or_else(|| text(None), |seconds| format!("{}:{:02}", seconds / 60, seconds % 60))
    }

    fn name(&self, id: Option<&str>) -> String {
        let id = id.and_then(|id| id.parse().ok());
        id.map_or_else(|| text(None), |id| self.rules.directory.display_name(&id, self.lang))
    }
}

fn table<'a, T: 'a>(
    heads: Vec<String>,
    all: impl ExactSizeIterator<Item = &'a T>,
    row: impl FnMut(&'a T) -> Vec<Cell>,
) -> Behind {
    let more = all.len().saturating_sub(SHOWN);
    let rows = all.take(SHOWN).map(row).collect();
    Behind { heads, rows, more }
}

fn case_cell(id: CaseId) -> Cell {
    Cell {
        words: format!("#{id}"),
        case: Some(id),
        long: false,
    }
}

/// What was dialled: an outside number is somebody's, an extension is nobody's.
fn outside(number: Option<&str>) -> String {
    let masked = number.filter(|number| number.len() > 6).and_then(masked);
    masked.unwrap_or_else(|| text(number))
}

/// Numbers are masked on pages; a name is what tells callers apart.
fn caller(number: Option<&str>, name: Option<&str>) -> String {
    let number = number.and_then(masked);
    match (number, name.filter(|name| !name.is_empty())) {
        (Some(number), Some(name)) => format!("{name} {number}"),
        (Some(number), None) => number,
        (None, Some(name)) => name.to_owned(),
        (None, None) => text(None),
    }
}

fn text(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}
