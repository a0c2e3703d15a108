//! One case's data put into words, section by section.

use jiff::Timestamp;

use super::office::{Breach, CasePage};
use crate::case::{Case, CaseKind, CaseState, Deadline, Event, Status};
use crate::l10n::events::Scene;
use crate::l10n::{Lang, Say, masked, when};
use crate::mail::Party;

/// From here on a deadline is near, in seconds: two hours.
const SOON: i64 = 7_200;

/// A coloured word about where a case stands.
pub(super) struct Badge {
    pub tone: &'static str,
    pub text: String,
    pub detail: String,
}

impl Badge {
    /// A case with no deadline running says so.
    pub(super) fn or_paused(mut self, say: Say) -> Self {
        if self.detail.is_empty() {
            self.detail = say.begun(say.paused_now());
        }
        self
    }
}

/// What a person must read first.
pub(super) struct Banner {
    pub tone: &'static str,
    pub text: String,
}

/// Label and value.
pub(super) struct Fact {
    pub label: String,
    pub value: String,
    pub detail: String,
    pub faint: bool,
}

/// One deadline.
pub(super) struct DeadlineView {
    pub what: String,
    pub due: String,
    pub tone: &'static str,
    pub status: String,
    pub why: String,
}

/// One violation.
pub(super) struct BreachView {
    pub what: String,
    pub tone: &'static str,
    pub status: String,
    /// The regulation's article, how the deadline was computed, why it was ruled so.
    pub lines: Vec<String>,
}

/// One event.
pub(super) struct HistoryView {
    pub at: String,
    pub who: String,
    pub what: String,
}

/// The earliest unmet deadline of a case.
pub(super) fn next_deadline(case: &Case) -> Option<&Deadline> {
    case.due()
}

/// How the caller came.
pub(super) fn came(say: Say, case: &Case, at: String) -> String {
    say.begun(match case.kind {
        CaseKind::Call => say.call_at(at),
        CaseKind::Callback => say.missed_at(at),
        CaseKind::Visit => say.visit_at(at),
    })
}

/// What a case's state says at a glance.
pub(super) fn badge(say: Say, case: &Case, now: Timestamp, near: impl Fn(Timestamp) -> String) -> Badge {
    let done = matches!(case.state, CaseState::Closed | CaseState::Void);
    let Some(next) = next_deadline(case).filter(|_| !done) else {
        return Badge {
            tone: if case.state == CaseState::Closed {
                "done"
            } else {
                "quiet"
            },
            text: say.begun(say.state(case.state)),
            detail: String::new(),
        };
    };
    let span = next.due_at.as_second() - now.as_second();
    let (tone, text, rest) = match span {
        ..=0 => ("late", say.overdue(), say.late_by(when::span(say.0, span))),
        1..=SOON => ("soon", say.due_soon(), say.left(when::span(say.0, span))),
        _ => (
            "calm",
            say.begun(say.state(case.state)),
            say.left(when::span(say.0, span)),
        ),
    };
    let due = say.deadline_is(say.deadline(next.kind), near(next.due_at));
    Badge {
        tone,
        text,
        detail: say.begun(format!("{due} · {rest}")),
    }
}

/// Puts one page's data into words.
pub(super) struct Worder<'a> {
    pub say: Say,
    pub page: &'a CasePage,
}

impl Worder<'_> {
    pub(super) fn near(&self, at: Timestamp) -> String {
        when::near(self.say.0, at, &self.page.zone, self.page.now)
    }

    /// By when something is to be done, or is over.
    pub(super) fn due(&self, at: Timestamp) -> String {
        when::due(at, &self.page.zone, |at| self.near(at))
    }

    fn scene<R>(&self, tell: impl FnOnce(&Scene<'_>) -> R) -> R {
        tell(&Scene {
            say: self.say,
            zone: &self.page.zone,
            now: self.page.now,
            name: &|person| self.page.people.name(person),
        })
    }

    /// A case that is done says when and by whom before anything else.
    pub(super) fn closing(&self) -> Option<Banner> {
        let ended = |event: &Event| match self.page.case.state {
            CaseState::Closed => matches!(event, Event::Closed { .. }),
            CaseState::Void => matches!(event, Event::Voided { .. }),
            CaseState::Open | CaseState::Offered | CaseState::Waiting | CaseState::Frozen => false,
        };
        let row = self.page.events.iter().rev().find(|row| ended(&row.event))?;
        let (who, at) = (self.scene(|scene| scene.actor(&row.actor)), self.near(row.at));
        Some(match self.page.case.state {
            CaseState::Closed => Banner {
                tone: "done",
                text: self.say.closed_banner(who, at),
            },
            _ => Banner {
                tone: "quiet",
                text: self.say.voided_banner(who, at),
            },
        })
    }

    /// What the case waits for, besides its deadlines.
    pub(super) fn notices(&self) -> Vec<Banner> {
        let (say, page) = (self.say, self.page);
        let case = &page.case;
        let disputed = case.is_disputed().then(|| ("calm", self.dispute()));
        if !case.is_open() {
            let banner = |(tone, text): (&'static str, String)| Banner {
                tone,
                text: unturned(&text),
            };
            return disputed.into_iter().map(banner).collect();
        }
        let offer = case.offer.as_ref().map(|offer| {
            let by = offer
                .by
                .as_ref()
                .map_or_else(|| say.by_switch(), |by| page.people.name(by));
            match page.answers.accept {
                true => say.offer_yours(by, &offer.text),
                false => say.offer_waits(page.staff.receiver(&offer.to, &page.people), &offer.text),
            }
        });
        let frozen = (case.state == CaseState::Frozen).then(|| match &case.meant {
            Some(meant) => {
                let to = page.staff.receiver(&meant.to, &page.people);
                say.frozen_meant(say.frozen_text(), to, &meant.text)
            }
            None => say.frozen_text(),
        });
        let asked = case.asked.as_ref().map(|asked| {
            let event = Event::Asked {
                what: asked.what,
                until: asked.until,
                text: asked.text.clone(),
                by: asked.by.clone(),
                caller_told: asked.caller_told.clone(),
            };
            let by = asked.by.as_ref().map(|by| page.people.name(by)).unwrap_or_default();
            self.says(&by, &self.scene(|scene| scene.event(&event)))
        });
        let calm = |text: Option<String>| text.map(|text| ("calm", text));
        let why_hot = page.events.iter().rev().find_map(|row| match &row.event {
            Event::Hot { text } => Some(text.as_str()),
            _ => None,
        });
        let hot = case.hot.then(|| ("late", say.hot_text(why_hot.unwrap_or_default())));
        let frozen = frozen.map(|text| ("late", text));
        let waits = case.pause().filter(|_| case.state == CaseState::Waiting).map(|pause| {
            let reason = say.pause_reason(&pause.reason);
            say.waits_text(reason, self.due(pause.until), &pause.text)
        });
        let all = [hot, frozen, calm(waits), calm(offer), calm(asked), disputed];
        let banner = |(tone, text): (&'static str, String)| Banner {
            tone,
            text: unturned(&text),
        };
        all.into_iter().flatten().map(banner).collect()
    }

    /// Who disagrees, and with what words.
    fn dispute(&self) -> String {
        let last = self.page.events.iter().rev().find_map(|row| match &row.event {
            Event::Disputed { by: Some(by), .. } => Some((by, &row.event)),
            _ => None,
        });
        match last.filter(|(by, _)| self.page.case.disputed_by.as_ref() == Some(*by)) {
            Some((by, event)) => self.says(&self.page.people.name(by), &self.scene(|scene| scene.event(event))),
            None => self.say.disputed_text(),
        }
    }

    fn says(&self, who: &str, what: &str) -> String {
        match self.say.0 {
            Lang::Zh => format!("{who}{what}"),
            Lang::En => format!("{who} {what}"),
        }
    }

    pub(super) fn facts(&self) -> Vec<Fact> {
        let mut facts = self.matter();
        facts.extend(self.holders());
        facts.extend(self.guidance());
        facts.extend(self.ending());
        facts
    }

    fn fact(&self, label: String, value: Option<String>) -> Option<Fact> {
        self.typed(label, Some(self.say.begun(value?)))
    }

    /// What somebody typed, letter by letter, but for what would turn the words around it.
    fn typed(&self, label: String, value: Option<String>) -> Option<Fact> {
        Some(Fact {
            label,
            value: unturned(&value?),
            detail: String::new(),
            faint: false,
        })
    }

    fn matter(&self) -> Vec<Fact> {
        let (say, case) = (self.say, &self.page.case);
        let none = || {
            let fact = self.fact(say.matter(), Some(say.not_registered()));
            fact.map(|fact| Fact { faint: true, ..fact })
        };
        let matter = self.typed(say.matter(), case.matter.clone()).or_else(none);
        let name = match case.anonymous {
            true => Some(say.label_anonymous()),
            false => case.caller_name.clone(),
        };
        // One rule for both numbers: in full for who has to dial.
        let phone = case.phone.as_deref().and_then(|phone| match self.page.calls() {
            true => Some(phone.to_owned()),
            false => masked(phone),
        });
        let duty = case.duty.map(|duty| say.whose(duty).to_owned());
        let chased = (case.chases > 0).then(|| say.times(case.chases));
        let facts = [
            matter,
            self.typed(say.label_caller_name(), name),
            self.fact(say.label_phone(), phone),
            self.fact(say.fact_duty(), duty),
            self.fact(say.fact_category(), Some(say.category(&case.category))),
            self.fact(say.rang_again(), chased),
        ];
        facts.into_iter().flatten().collect()
    }

    fn holders(&self) -> Vec<Fact> {
        let (say, case) = (self.say, &self.page.case);
        let first = case.first_answerer.as_ref().map(|person| self.page.people.get(person));
        // Where the person's phone is that extension, once is enough.
        let known = first.as_ref().is_some_and(|first| first.phone == case.extension);
        let extension = case.extension.as_ref().filter(|_| !known);
        let missed = case.kind == CaseKind::Callback && first.is_none();
        let nobody = || {
            if missed {
                say.nobody_answered()
            } else {
                say.nobody_sure()
            }
        };
        let first = first.as_ref().map_or_else(nobody, party);
        let since = case.custody.iter().rev().find(|held| held.to.is_none());
        let handler = party(&self.page.people.get(&case.handler));
        let call = &self.page.call;
        let call = say.call_facts(
            call.called_number
                .as_deref()
                .filter(|called| self.page.case.extension.as_deref() != Some(called)),
            call.talk_seconds,
        );
        let facts = [
            self.fact(say.the_call(), call),
            self.fact(say.first_answerer(), Some(first)).map(|fact| Fact {
                detail: extension.map(|ext| say.extension(ext)).unwrap_or_default(),
                ..fact
            }),
            self.fact(
                say.how_sure(),
                Some(say.certainty(case.certainty).to_owned()).filter(|_| !missed),
            ),
            self.fact(say.handler(), Some(handler)).map(|fact| Fact {
                detail: since.map(|held| say.since(self.near(held.from))).unwrap_or_default(),
                ..fact
            }),
            self.fact(say.co_handlers(), self.helpers()),
            self.fact(say.promised_until(), case.promised.map(|until| self.due(until))),
        ];
        facts.into_iter().flatten().collect()
    }

    fn helpers(&self) -> Option<String> {
        let names: Vec<String> = self
            .page
            .case
            .co_handlers
            .iter()
            .map(|id| self.page.people.name(id))
            .collect();
        (!names.is_empty()).then(|| {
            names.join(match self.say.0 {
                Lang::Zh => "、",
                Lang::En => ", ",
            })
        })
    }

    fn guidance(&self) -> Vec<Fact> {
        let (say, case) = (self.say, &self.page.case);
        let told = case.told.as_ref().map(|told| self.scene(|scene| scene.told(told)));
        let facts = [
            self.fact(say.label_caller_told(), case.caller_told.clone()),
            self.fact(say.label_right_body(), case.right_body.clone()),
            self.fact(say.label_right_phone(), case.right_phone.clone()),
            self.fact(say.label_tried(), case.tried.clone()),
            self.fact(say.told_once_title(), told),
        ];
        facts.into_iter().flatten().collect()
    }

    fn ending(&self) -> Option<Fact> {
        let case = &self.page.case;
        let outcome = case.outcome.filter(|_| case.state == CaseState::Closed)?;
        let fact = self.fact(self.say.label_outcome(), Some(self.say.outcome(outcome).to_owned()))?;
        Some(Fact {
            detail: case.closing_text.clone().unwrap_or_default(),
            ..fact
        })
    }

    /// In order of time; replaced ones are history.
    pub(super) fn deadlines(&self) -> Vec<DeadlineView> {
        let shown = |d: &&Deadline| !d.dropped || d.breached_at.is_some();
        let mut deadlines: Vec<&Deadline> = self.page.case.deadlines.iter().filter(shown).collect();
        deadlines.sort_by_key(|d| d.due_at);
        deadlines.into_iter().map(|d| self.deadline(d)).collect()
    }

    fn deadline(&self, d: &Deadline) -> DeadlineView {
        let say = self.say;
        let span = d.due_at.as_second() - self.page.now.as_second();
        let (tone, status) = match (d.met_at, d.dropped) {
            (Some(at), _) if !d.was_late() => ("done", say.met_at(self.near(at))),
            (Some(at), _) => ("late", say.met_late_at(self.near(at))),
            (None, true) => ("late", say.ended()),
            (None, false) if self.page.case.is_paused(d.kind) => ("calm", say.paused_now()),
            (None, false) if span <= 0 => ("late", say.late_by(when::span(say.0, span))),
            (None, false) if span <= SOON => ("soon", say.left(when::span(say.0, span))),
            (None, false) => ("calm", say.left(when::span(say.0, span))),
        };
        DeadlineView {
            what: say.begun(say.deadline(d.kind)),
            due: self.due(d.due_at),
            tone,
            status,
            why: say.begun(say.of(&d.why)),
        }
    }

    /// What was breached, with the rule and what shows it.
    pub(super) fn breaches(&self) -> Vec<BreachView> {
        let (say, case) = (self.say, &self.page.case);
        let one = |breach: &Breach| {
            let violation = case.violations.get(usize::try_from(breach.n).ok()?)?;
            let (tone, status) = match violation.status {
                Status::Pending => ("soon", say.status_pending()),
                Status::Confirmed => ("late", say.status_confirmed()),
                Status::Waived => ("calm", say.status_waived()),
            };
            let shows = case.breach_of(violation).map(|row| say.of(&row.why).to_owned());
            let shows = shows.or_else(|| Some(violation.text.clone()).filter(|text| !text.is_empty()));
            let ruled = violation.reason.as_ref().map(|reason| match &violation.sanction {
                Some(sanction) => say.labelled(sanction, reason),
                None => say.labelled_line(&status, reason),
            });
            let lines = [breach.article.clone(), shows, ruled];
            Some(BreachView {
                what: say.begun(&breach.words),
                tone,
                status,
                lines: lines
                    .into_iter()
                    .flatten()
                    .map(|line| unturned(&say.begun(line)))
                    .collect(),
            })
        };
        self.page.breaches.iter().filter_map(one).collect()
    }

    /// Newest first; deadlines that were set stand in their own section.
    pub(super) fn history(&self) -> Vec<HistoryView> {
        let told = |event: &Event| !matches!(event, Event::DeadlineSet { .. } | Event::Settled);
        let rows = self.page.events.iter().rev().filter(|row| told(&row.event));
        rows.map(|row| HistoryView {
            at: self.say.begun(self.near(row.at)),
            who: self.scene(|scene| scene.actor(&row.actor)),
            what: unturned(&self.say.begun(self.scene(|scene| scene.event(&row.event)))),
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

/// Without the marks that reverse the direction of writing.
pub(super) fn unturned(text: &str) -> String {
    let turns = |c: &char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| !turns(c)).collect()
}
