//! One case of a list in words: when what is due and by which rule, what it waits for, what the switch proves.

use std::collections::BTreeMap;

use super::case_words::{Badge, badge, came, unturned};
use super::field_words::field_label;
use super::form::{Form, ROW_FIELDS, row_field};
use super::office::{ListPage, ListRow, Watch};
use crate::case::{Ask, Asked, Case, CaseState, Outcome, To};
use crate::l10n::{Say, masked, when};

/// A row as the template draws it.
pub(super) struct RowView {
    pub id: String,
    pub version: u64,
    pub url: String,
    pub caller: String,
    pub matter: String,
    pub registered: bool,
    pub came: String,
    pub badge: Badge,
    /// Each running deadline with how it was computed, then the policy and the calendar.
    pub whys: Vec<String>,
    pub chased: Option<String>,
    pub on: bool,
    /// Whose it is, where the reader stands in.
    pub of: Option<String>,
    /// Who has it.
    pub holder: String,
    /// What it waits for, what was promised, what the switch proves.
    pub remarks: Vec<String>,
    /// What closing it may ask for and nobody wrote down yet.
    pub own: Vec<OwnField>,
    /// Why it was not done just now.
    pub problem: Option<String>,
    /// How it was closed; empty: it is open.
    pub outcome: String,
}

/// A field of one row.
pub(super) struct OwnField {
    pub name: String,
    pub field: &'static str,
    pub label: String,
    pub value: String,
}

/// Puts the rows of one page into words.
pub(super) struct Rower<'a> {
    pub say: Say,
    pub page: &'a ListPage,
}

impl Rower<'_> {
    fn near(&self, at: jiff::Timestamp) -> String {
        when::near(self.say.0, at, &self.page.zone, self.page.now)
    }

    /// By when something is to be done, or is over.
    fn due(&self, at: jiff::Timestamp) -> String {
        when::due(at, &self.page.zone, |at| self.near(at))
    }

    /// A date without its time, where it is to be answered by the close of that day.
    pub(super) fn is_today(&self, at: jiff::Timestamp) -> bool {
        let day = |at| self.page.zone.to_datetime(at).date();
        day(at) == day(self.page.now)
    }

    pub(super) fn row(&self, row: &ListRow) -> RowView {
        let (say, case) = (self.say, &row.case);
        let number = case.caller_number.as_deref().and_then(masked);
        let number = number.unwrap_or_else(|| say.no_number());
        RowView {
            id: case.id.to_string(),
            version: case.version,
            url: row.url.clone(),
            caller: match &case.caller_name {
                Some(name) => unturned(&format!("{number} {name}")),
                None => number,
            },
            matter: case.matter.as_deref().map_or_else(|| say.not_registered(), unturned),
            registered: case.matter.is_some(),
            came: came(say, case, self.near(case.opened_at)),
            badge: badge(say, case, self.page.now, |at| self.due(at)).or_paused(say),
            whys: self.whys(row),
            chased: (case.chases > 0).then(|| say.chased(say.times(case.chases))),
            on: false,
            of: row.of.as_ref().map(|person| say.row_of(self.page.people.name(person))),
            holder: self.page.people.name(&case.handler),
            remarks: self.remarks(case),
            own: Vec::new(),
            problem: None,
            outcome: case
                .outcome
                .map_or_else(String::new, |outcome| say.outcome(outcome).to_owned()),
        }
    }

    fn whys(&self, row: &ListRow) -> Vec<String> {
        let say = self.say;
        let mut live: Vec<_> = row.case.deadlines.iter().filter(|d| d.is_live()).collect();
        live.sort_by_key(|d| d.due_at);
        let why = |d: &&crate::case::Deadline| {
            let what = say.begun(say.deadline(d.kind));
            let what = match row.case.is_paused(d.kind) {
                true => say.labelled(what, say.paused_now()),
                false => what,
            };
            say.labelled_line(what, say.of(&d.why))
        };
        let mut whys: Vec<String> = live.iter().map(why).collect();
        if !whys.is_empty() {
            whys.push(say.row_by(&row.policy, &self.page.calendar));
        }
        whys
    }

    /// What it waits for on somebody else's side; none: it is the handler's move.
    pub(super) fn waits(&self, case: &Case) -> Option<String> {
        let say = self.say;
        let asked = || Some(say.row_asked(self.asked(case.asked.as_ref()?)));
        match (case.state, &case.offer, case.pause()) {
            (CaseState::Frozen, ..) => Some(say.row_frozen()),
            (CaseState::Offered, Some(offer), _) => {
                let to = self.receiver(&offer.to);
                Some(say.row_offered(unturned(&to), self.near(offer.since)))
            }
            (CaseState::Waiting, _, Some(pause)) => {
                let reason = say.pause_reason(&pause.reason);
                Some(say.row_waits(reason, self.due(pause.until)))
            }
            _ => asked(),
        }
    }

    fn remarks(&self, case: &Case) -> Vec<String> {
        let say = self.say;
        if case.state == CaseState::Closed {
            return self.proof(case).into_iter().collect();
        }
        let promised = case.promised.map(|until| say.row_promised(self.due(until)));
        let spoken = case.contacts.iter().rev().find_map(|contact| {
            let seconds = contact.talk_seconds.filter(|_| contact.call.is_some())?;
            Some(say.row_spoken(self.near(contact.at), when::talk(say.0, seconds)))
        });
        let disputed = case.disputed.then(|| say.row_disputed());
        let all = [self.waits(case), promised, spoken, disputed];
        all.into_iter().flatten().map(|remark| say.begun(remark)).collect()
    }

    /// What shows that the caller of a missed call was called back.
    fn proof(&self, case: &Case) -> Option<String> {
        let say = self.say;
        case.outcome.filter(|outcome| *outcome == Outcome::CalledBack)?;
        let proved = case.contacts.iter().rev().find_map(|contact| {
            let seconds = contact.talk_seconds.filter(|_| contact.call.is_some())?;
            Some(say.done_proved(self.near(contact.at), when::talk(say.0, seconds)))
        });
        Some(say.begun(proved.unwrap_or_else(|| say.done_stated())))
    }

    /// What a row of the supervisor's says besides: how far it was urged, how many violations wait.
    pub(super) fn watched(&self, row: &ListRow, whys: &[Watch]) -> RowView {
        let say = self.say;
        let more = whys.iter().filter_map(|why| match why {
            Watch::Pending(n) => Some(say.row_pending(*n)),
            Watch::Escalated(rung) => Some(say.urged(*rung)),
            Watch::ToRule | Watch::Overdue | Watch::Offered | Watch::Hot => None,
        });
        let mut view = self.row(row);
        if whys.contains(&Watch::ToRule) {
            view.remarks = self.to_rule(&row.case);
        }
        view.remarks.extend(more.map(|remark| say.begun(remark)));
        view
    }

    /// What is asked of who may rule.
    fn to_rule(&self, case: &Case) -> Vec<String> {
        let say = self.say;
        let asked = case.asked.as_ref().map(|asked| {
            let by = asked
                .by
                .as_ref()
                .map(|by| self.page.people.name(by))
                .unwrap_or_default();
            say.rule_asked(by, self.asked(asked), &asked.text)
        });
        let frozen = (case.state == CaseState::Frozen).then(|| match &case.meant {
            Some(meant) => say.frozen_meant(say.rule_frozen(), self.receiver(&meant.to), &meant.text),
            None => say.rule_frozen(),
        });
        let disputed = case.disputed.then(|| match &case.disputed_by {
            Some(by) => say.rule_disputed(self.page.people.name(by)),
            None => say.disputed_text(),
        });
        let all = [frozen, asked, disputed].into_iter().flatten();
        all.map(|line| unturned(&say.begun(line))).collect()
    }

    fn receiver(&self, to: &To) -> String {
        self.page.staff.receiver(to, &self.page.people)
    }

    fn asked(&self, asked: &Asked) -> String {
        let say = self.say;
        let until = asked.until.map(|until| self.due(until)).unwrap_or_default();
        match asked.what {
            Ask::Promise => say.asked_promise(until),
            Ask::Extension => say.asked_extension(until),
            Ask::Unreasonable => say.asked_unreasonable(),
        }
    }

    /// Name and matter, where a duty of the policy needs them and the case has none.
    pub(super) fn own_fields(&self, row: &ListRow, typed: &Form) -> Vec<OwnField> {
        let case = &row.case;
        let needed = |field: &str| row.needs.values().flatten().flatten().any(|need| need == field);
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
                label: field_label(self.say, field),
                name,
            }
        };
        ROW_FIELDS
            .into_iter()
            .filter(|field| needed(field) && lacks(field))
            .map(own)
            .collect()
    }
}

/// What any of the rows needs, per duty: what the form below them is marked with.
pub(super) fn needs_of(rows: &[ListRow]) -> super::office::Needs {
    let mut all: BTreeMap<_, Vec<Vec<String>>> = BTreeMap::new();
    for (duty, sets) in rows.iter().flat_map(|row| &row.needs) {
        let known = all.entry(*duty).or_default();
        for set in sets {
            if !known.contains(set) {
                known.push(set.clone());
            }
        }
    }
    all
}
