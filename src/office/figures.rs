//! The managers' figures for the page, and the rows behind each.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::RegisterOffice;
use crate::call::Disposition;
use crate::case::Case;
use crate::directory::Lang;
use crate::ids::PersonId;
use crate::l10n::{Say, masked, when};
use crate::register::read::{CallRow, Reader};
use crate::register::{self, Rules, ViolationRow};
use crate::report::sheet::Sheet;
use crate::report::{self, Listing, Question};
use crate::web::{Asked, Behind, Figures};

/// Rows of a page at most; the command line lists all.
const SHOWN: usize = 500;

impl RegisterOffice {
    pub(super) async fn figures_of(&self, asked: Asked) -> Result<Figures, register::Error> {
        let (rules, now) = (self.rules.load_full(), self.clock.now());
        self.read(move |reader| {
            let question = question(&rules, asked, now);
            let (rows, total) = report::accountability(reader, question.clone())?;
            let gaps = report::gaps(reader, &question)?;
            let sheet = Sheet::new(&question, rows, total, gaps);
            Ok(Figures { sheet })
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
            let teller = Teller {
                say: Say(asked.lang),
                lang: asked.lang,
                zone: &rules.zone,
                rules: &rules,
                now,
            };
            teller.rows(reader, &listing).map(Some)
        })
        .await
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
        let say = self.say;
        let mut all: Vec<Vec<String>> = Vec::new();
        let heads = match listing {
            Listing::Calls(filter) => {
                all.extend(reader.calls(filter)?.iter().map(|call| self.call(call)));
                vec![
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
                ]
            }
            Listing::Cases(filter) => {
                all.extend(reader.cases(filter, self.now)?.iter().map(|case| self.case(case)));
                vec![
                    say.head_case(),
                    say.head_time(),
                    say.head_caller(),
                    say.head_matter(),
                    say.first_answerer(),
                    say.head_handler(),
                    say.head_state(),
                    say.head_deadline(),
                ]
            }
            Listing::Violations(filter) => {
                all.extend(reader.violations(filter)?.iter().map(|one| self.violation(one)));
                vec![
                    say.head_violation(),
                    say.head_case(),
                    say.head_kind(),
                    say.head_person(),
                    say.head_time(),
                    say.head_article(),
                ]
            }
        };
        let more = all.len().saturating_sub(SHOWN);
        all.truncate(SHOWN);
        Ok(Behind { heads, rows: all, more })
    }

    fn call(&self, call: &CallRow) -> Vec<String> {
        let whose = call.owed_by.as_deref().or(call.person.as_deref());
        let answered = call.disposition == Disposition::Answered;
        vec![
            call.id.to_string(),
            self.at(Some(call.answered_at.unwrap_or(call.start))),
            caller(call.calling_number.as_deref(), call.calling_name.as_deref()),
            text(call.called_number.as_deref()),
            text(call.answered_by.as_deref().or(call.target.as_deref())),
            self.name(whose),
            if answered {
                self.say.certainty(call.certainty).to_owned()
            } else {
                text(None)
            },
            self.span(call.ring_seconds),
            self.span(call.talk_seconds),
            call.case.map_or_else(|| text(None), |id| format!("#{id}")),
        ]
    }

    fn case(&self, case: &Case) -> Vec<String> {
        let due = case.due();
        vec![
            format!("#{}", case.id),
            self.at(Some(case.opened_at)),
            caller(case.caller_number.as_deref(), case.caller_name.as_deref()),
            text(case.matter.as_deref()),
            self.name(case.first_answerer.as_ref().map(PersonId::as_str)),
            self.name(Some(case.handler.as_str())),
            case.outcome.map_or_else(
                || self.say.state(case.state).to_owned(),
                |outcome| self.say.outcome(outcome).to_owned(),
            ),
            due.map_or_else(
                || text(None),
                |due| format!("{} {}", self.say.deadline(due.kind), self.at(Some(due.due_at))),
            ),
        ]
    }

    fn violation(&self, one: &ViolationRow) -> Vec<String> {
        let kind = serde_json::from_value(serde_json::Value::String(one.kind.clone()));
        vec![
            one.id.to_string(),
            format!("#{}", one.case),
            kind.map_or_else(|_| one.kind.clone(), |kind| self.say.violation(kind).to_owned()),
            self.name(one.person.as_deref()),
            self.at(Some(one.at)),
            text(one.article.as_deref()),
        ]
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
