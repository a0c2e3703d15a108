//! Why a case is whose it is and due when: the switch's lines, what was read from them, the directory's entry, the
//! policy, deadlines, violations. In words, for a terminal and for a page.
//!
//! **Invariants.** Everything is said by what the register holds; the directory is asked for the time of each leg.
//! With `masked`, no caller's number is shown in full, not even in the switch's own line.

use jiff::Timestamp;

use crate::call::PlacedLeg;
use crate::case::{Actor, Case, CaseKind, Event};
use crate::ids::PersonId;
use crate::l10n::{Say, when};
use crate::register::read::{CallRow, Reader};
use crate::register::{self, Rules};

/// A heading and the lines under it; some headings say all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// What it stands over.
    pub lines: Vec<String>,
}

/// Who asks, in which language, and whether numbers are shown in full.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// Directory, zones, names.
    pub rules: &'a Rules,
    /// The reader's language.
    pub say: Say,
    /// Our clock.
    pub now: Timestamp,
    /// Callers' numbers are masked.
    pub masked: bool,
}

/// Why a call-back is whose it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Owed {
    /// The extension or group that was dialled; none: the line names none.
    pub dialled: Option<String>,
    /// Who was to call back at first.
    pub person: PersonId,
    /// As what: `dialled`, `lead`, `head`, `fallback`.
    pub how: String,
    /// The directory's line of that time.
    pub rule: Option<String>,
}

/// Why the call-back of a missed call is whose it is; none of a call that somebody answered.
pub fn owed(rules: &Rules, case: &Case, call: &CallRow) -> Option<Owed> {
    if case.kind != CaseKind::Callback || case.first_answerer.is_some() {
        return None;
    }
    let first = case.custody.first()?;
    let feed = call.feed.parse().ok();
    let at = rules.zone.to_datetime(call.start);
    let rule = case.extension.as_ref().zip(feed.as_ref());
    let rule = rule.map(|(dialled, feed)| rules.directory.holder(dialled, None, feed, at).rule);
    Some(Owed {
        dialled: case.extension.clone(),
        person: first.person.clone(),
        how: first.how.clone(),
        rule: rule.filter(|rule| !rule.is_empty()),
    })
}

impl Asker<'_> {
    /// All there is to say.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn why(&self, reader: &Reader, case: &Case) -> Result<Vec<Section>, register::Error> {
        let say = self.say;
        let call = case.call.map(|id| reader.call(id)).transpose()?.flatten();
        let mut sections = match &call {
            Some(call) => self.legs(reader, call)?,
            None => Vec::new(),
        };
        sections.push(self.first(reader, case, call.as_ref())?);
        let name = |person: &PersonId| self.rules.directory.display_name(person, say.0);
        let held = case.custody.iter().map(|held| {
            let to = held.to.map(|to| self.at(to));
            say.why_held(
                name(&held.person),
                self.at(held.from),
                to.unwrap_or_else(|| say.why_now()),
            )
        });
        sections.push(section(say.why_handler(name(&case.handler)), held.collect()));
        sections.push(section(say.why_policy(&case.policy.0, &case.policy.1), Vec::new()));
        sections.push(self.deadlines(case));
        sections.extend(self.violations(case));
        Ok(sections)
    }

    fn legs(&self, reader: &Reader, call: &CallRow) -> Result<Vec<Section>, register::Error> {
        let say = self.say;
        let feed = call.feed.parse().ok();
        let zone = feed.as_ref().and_then(|feed| self.rules.feeds.get(feed));
        let zone = zone.map_or(&self.rules.zone, |feed| &feed.zone);
        let legs = reader.legs(call.id, zone)?;
        let (mut printed, mut read_as) = (Vec::new(), Vec::new());
        for (leg, n) in legs.iter().zip(1usize..) {
            for id in &leg.line_ids {
                if let Some(line) = reader.line(*id)? {
                    let raw = String::from_utf8_lossy(&line.raw).into_owned();
                    printed.push(format!("{}  {}", self.at(leg.received_at), self.hidden(&raw, call)));
                }
            }
            let or_none = |text: Option<&str>| text.unwrap_or("-").to_owned();
            let entry = feed.as_ref().and_then(|feed| self.entry(leg, feed));
            read_as.push(say.why_leg(
                n,
                or_none(leg.leg.station.as_deref()),
                say.disposition(leg.leg.disposition),
                or_none(leg.leg.answered_by.as_deref()),
                entry.map_or_else(|| "-".to_owned(), |entry| say.entry(&entry)),
            ));
        }
        Ok(vec![
            section(say.why_printed(), printed),
            section(say.why_read_as(), read_as),
        ])
    }

    fn entry(&self, leg: &PlacedLeg, feed: &crate::ids::FeedName) -> Option<String> {
        let at = self.rules.zone.to_datetime(leg.answered_at.unwrap_or(leg.start));
        let station = leg.leg.answered_by.as_deref().or(leg.leg.station.as_deref())?;
        let agent = leg.leg.marks.agent.as_deref();
        Some(self.rules.directory.holder(station, agent, feed, at).rule)
    }

    /// The switch's line without the caller's number, where that is not to be shown.
    fn hidden(&self, raw: &str, call: &CallRow) -> String {
        if !self.masked {
            return raw.to_owned();
        }
        let numbers: Vec<&str> = [&call.calling_number, &call.called_number]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        hide(raw, &numbers)
    }

    /// Who answered first, by what, and who said otherwise: both stay.
    fn first(&self, reader: &Reader, case: &Case, call: Option<&CallRow>) -> Result<Section, register::Error> {
        let say = self.say;
        let name = |person: Option<&PersonId>| {
            person.map_or_else(
                || say.why_nobody(),
                |person| self.rules.directory.display_name(person, say.0),
            )
        };
        let mut lines = Vec::new();
        for row in reader.events(case.id)? {
            if let Event::Corrected { was, reason, .. } = &row.event {
                let by = match &row.actor {
                    Actor::Person(person) => name(Some(person)),
                    other => say.standing(&other.to_string()).to_owned(),
                };
                lines.push(say.why_corrected(self.at(row.at), by, name(was.as_ref()), reason));
            }
        }
        let is_corrected = !lines.is_empty();
        let entry = call.and_then(|call| call.found.as_deref());
        let entry = entry.filter(|entry| !entry.is_empty()).map(|entry| say.entry(entry));
        if is_corrected {
            lines.extend(entry.as_ref().map(|entry| say.why_first_before(entry)));
        }
        let owed = call.and_then(|call| owed(self.rules, case, call));
        lines.extend(owed.map(|owed| {
            let entry = owed.rule.map_or_else(|| "-".to_owned(), |rule| say.entry(&rule));
            let dialled = owed.dialled.as_deref().unwrap_or("-");
            say.why_owed(dialled, say.owed_as(&owed.how), name(Some(&owed.person)), entry)
        }));
        lines.extend(call.iter().flat_map(|call| &call.doubts).map(|doubt| say.doubt(*doubt)));
        lines.extend(case.clock_flagged.then(|| say.why_clock()));
        let (first, sure) = (name(case.first_answerer.as_ref()), say.certainty(case.certainty));
        let title = match entry {
            _ if case.kind == CaseKind::Callback && case.first_answerer.is_none() => say.why_missed(),
            Some(entry) if !is_corrected => say.why_first(first, sure, entry),
            _ => say.why_first_only(first, sure),
        };
        Ok(section(title, lines))
    }

    fn deadlines(&self, case: &Case) -> Section {
        let say = self.say;
        let dated = case.deadlines.iter().map(|deadline| {
            let line = say.labelled_line(say.deadline(deadline.kind), say.of(&deadline.why));
            match (deadline.dropped, deadline.met_at) {
                (true, _) => say.why_no_longer(line),
                (false, Some(at)) => say.why_met(line, self.at(at)),
                (false, None) => line,
            }
        });
        let undated = case.undated.iter();
        let undated = undated.map(|undated| say.labelled_line(say.deadline(undated.kind), say.of(&undated.why)));
        section(say.why_deadlines(), dated.chain(undated).collect())
    }

    fn violations(&self, case: &Case) -> Option<Section> {
        let say = self.say;
        let mut lines = Vec::new();
        for violation in &case.violations {
            let charged = violation.person.as_ref();
            let charged = charged.map_or_else(
                || say.why_nobody(),
                |person| self.rules.directory.display_name(person, say.0),
            );
            let status = match violation.status {
                crate::case::Status::Pending => say.status_pending(),
                crate::case::Status::Confirmed => say.status_confirmed(),
                crate::case::Status::Waived => say.status_waived(),
            };
            let what = say.violation(violation.kind);
            let line = say.why_violation(what, charged, self.at(violation.at), status);
            let shows = case.breach_of(violation).map(|row| say.of(&row.why).to_owned());
            let shows = shows.or_else(|| Some(violation.text.clone()).filter(|text| !text.is_empty()));
            lines.push(match shows {
                Some(shows) => say.labelled(line, shows),
                None => line,
            });
        }
        (!lines.is_empty()).then(|| section(say.why_violations(), lines))
    }

    fn at(&self, at: Timestamp) -> String {
        when::long(self.say.0, at, &self.rules.zone, self.now)
    }
}

/// Up to so many digits are an extension or a service: nobody's number.
const SHORT: usize = 6;

/// A line with these numbers masked: as they were read, and with another prefix, as a line has what was dialled beside
/// what was sent.
fn hide(raw: &str, numbers: &[&str]) -> String {
    let long = || numbers.iter().filter(|number| number.len() > SHORT);
    let as_read = long().fold(raw.to_owned(), |line, number| match crate::l10n::masked(number) {
        Some(masked) => line.replace(*number, &masked),
        None => line,
    });
    let same = |run: &str| {
        long().any(|number| {
            let digits: String = number.chars().filter(char::is_ascii_digit).collect();
            digits.len() > SHORT && (digits.ends_with(run) || run.ends_with(&digits))
        })
    };
    let mut line = String::with_capacity(as_read.len());
    for run in as_read.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits = run.trim_end_matches(|c: char| !c.is_ascii_digit());
        match crate::l10n::masked(digits).filter(|_| digits.len() > SHORT && same(digits)) {
            Some(masked) => line += &format!("{masked}{}", &run[digits.len()..]),
            None => line += run,
        }
    }
    line
}

fn section(title: String, lines: Vec<String>) -> Section {
    Section { title, lines }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::directory::Lang;
    use crate::register::tests::{DIRECTORY, House, POLICY, rules_of, t};

    #[test]
    fn of_a_missed_call_it_is_said_why_calling_back_is_whose_it_is() {
        let policy = POLICY.replace("\"count\"", "\"callback\"");
        let mut house = House::with(std::sync::Arc::new(rules_of(DIRECTORY, &policy)));
        house.says("09:01:05", &["miss - 8021 09:00:00 25 last from 13800005555"]);
        house.tick("09:05:00");
        let rules = rules_of(DIRECTORY, &policy);
        let reader = house.reader();
        let (case, call) = (house.case(1), house.calls().remove(0));
        let owed = owed(&rules, &case, &call).unwrap();
        assert_eq!(
            (owed.dialled.as_deref(), owed.person.as_str(), owed.how.as_str()),
            (Some("8021"), "wang", "dialled")
        );
        let expected = [
            (
                Lang::En,
                "8021 was dialled: calling back is for whose extension it is, 王芳, by the directory entry: 8021 → wang (",
            ),
            (Lang::Zh, "打到 8021，由这个分机的使用人 王芳 回电，依据：8021 → wang（"),
        ];
        for (lang, expected) in expected {
            let asker = Asker {
                rules: &rules,
                say: Say(lang),
                now: t("09:06:00"),
                masked: true,
            };
            let sections = asker.why(&reader, &case).unwrap();
            let lines: Vec<&String> = sections.iter().flat_map(|section| &section.lines).collect();
            assert!(lines.iter().any(|line| line.starts_with(expected)), "{lines:#?}");
        }
    }

    #[test]
    fn a_number_is_hidden_with_whatever_prefix_it_is_printed() {
        let line = "2026/10/08 09:00:00,00:00:15,0,215,O,13800004444,913800004444,,0,1009508,0,E215,王,T9018,线路 1";
        assert_eq!(
            hide(line, &["913800004444", "215"]),
            "2026/10/08 09:00:00,00:00:15,0,215,O,138****4444,9138****4444,,0,1009508,0,E215,王,T9018,线路 1"
        );
        assert_eq!(hide("I,+8613800004444,2", &["13800004444"]), "I,+86138****4444,2");
        assert_eq!(hide("a 008613800004444 b", &["+8613800004444"]), "a 0086138****4444 b");
        // What only looks like it, and what is short, stays.
        assert_eq!(hide("1000014444,8021", &["13800004444", "8021"]), "1000014444,8021");
    }
}
