//! A draft of the register becomes a letter: names, links and words are looked up here.

use jiff::Timestamp;

use crate::call::Certainty;
use crate::case::happened::Occasion;
use crate::case::{Actor, Case, CaseKind, DeadlineKind, Event, Happened};
use crate::directory::{Lang, Person};
use crate::ids::PersonId;
use crate::l10n::events::Scene;
use crate::l10n::{Say, masked};
use crate::mail::{About, Addressee, Item, Keys, Letter, Link, Party, Role, Target, WhyYou, compose, compose_plain};
use crate::register::{Composed, Draft, DraftNotice, Order, Rules};

use super::note;

/// What every letter of this house needs besides the draft.
#[derive(Debug, Clone)]
pub struct LinkDesk {
    /// Signs links.
    pub keys: Keys,
    /// What links begin with; no slash at the end.
    pub public_url: String,
    /// The configured sender.
    pub from: String,
    /// Tells this database's messages from another's.
    pub instance: String,
}

impl LinkDesk {
    /// A person's own link, valid from now on.
    pub fn url(&self, person: &PersonId, target: Target, now: Timestamp) -> String {
        self.signed(&Link::new(person.clone(), target, now))
    }

    /// The same, to end when another link of theirs does.
    pub fn url_until(&self, person: &PersonId, target: Target, expires: Timestamp) -> String {
        self.signed(&Link {
            person: person.clone(),
            target,
            expires,
        })
    }

    fn signed(&self, link: &Link) -> String {
        format!("{}/t/{}", self.public_url, self.keys.sign(link))
    }

    /// Host part of message ids.
    fn host(&self) -> String {
        host_of(&self.from)
    }

    /// The id of a message, the same however often it is composed.
    fn message_id(&self, message: i64) -> String {
        format!("{}.{}@{}", self.instance, message, self.host())
    }

    /// Composes what is ordered, for the register to freeze.
    ///
    /// # Errors
    /// The address can't be used.
    pub fn compose(&self, order: &Order, rules: &Rules) -> Result<Composed, String> {
        match order {
            Order::Reminder(draft) => self.compose_reminder(draft, rules),
            Order::Note {
                message,
                address,
                note,
                now,
            } => {
                let id = self.message_id(*message);
                let style = note::Style {
                    lang: rules.lang,
                    zone: &rules.zone,
                    now: *now,
                };
                let letter = note::letter(note, address, &self.from, &id, style);
                let bytes = compose_plain(&letter).map_err(|e| e.to_string())?;
                Ok(Composed {
                    address: letter.to,
                    subject: letter.subject,
                    message_id: letter.message_id,
                    bytes,
                })
            }
        }
    }

    fn compose_reminder(&self, draft: &Draft, rules: &Rules) -> Result<Composed, String> {
        let letter = letter(self, draft, rules)?;
        let bytes = compose(&letter).map_err(|e| e.to_string())?;
        Ok(Composed {
            address: letter.to.address.clone(),
            subject: crate::mail::compose::subject(&letter),
            message_id: letter.message_id,
            bytes,
        })
    }
}

/// A sender's domain.
pub fn host_of(from: &str) -> String {
    let address = from.trim_end_matches('>');
    address
        .rsplit_once('@')
        .map_or_else(|| "localhost".to_owned(), |(_, host)| host.trim().to_owned())
}

/// The letter for a draft.
///
/// # Errors
/// The reader is not in the directory.
pub fn letter(desk: &LinkDesk, draft: &Draft, rules: &Rules) -> Result<Letter, String> {
    let reader = rules
        .directory
        .person(&draft.reader)
        .ok_or_else(|| format!("{} is not in the directory", draft.reader))?;
    let lang = reader.language.unwrap_or(rules.lang);
    let address = draft.address.clone();
    Ok(Letter {
        to: Addressee {
            name: name_of(reader, lang),
            address,
            lang,
        },
        from: desk.from.clone(),
        message_id: desk.message_id(draft.message),
        host: desk.host(),
        items: by_case(&draft.notices)
            .iter()
            .filter_map(|notices| {
                let (first, more) = notices.split_first()?;
                let mut item = item(desk, first, reader, draft.now, rules);
                // What happened is told with the deadline that is next: that one need not be said again.
                let told = item.due_kind.zip(item.due_at);
                let due = more.iter().filter_map(|notice| match notice.about {
                    Occasion::Deadline(kind) => Some((kind, notice.due_at)),
                    Occasion::Happened(_) => None,
                });
                item.also_due = due.filter(|due| Some(*due) != told).collect();
                let happened = more.iter().filter_map(|notice| match notice.about {
                    Occasion::Happened(happened) => Some((happened, said(notice, lang, draft.now, rules))),
                    Occasion::Deadline(_) => None,
                });
                item.also_happened = happened.collect();
                Some(item)
            })
            .collect(),
        list_url: desk.url(&reader.id, Target::List, draft.now),
        now: draft.now,
        zone: rules.zone.clone(),
    })
}

/// What falls due together on one case is told once: the case's notices, the most urgent first, of each deadline the
/// highest rung.
fn by_case(notices: &[DraftNotice]) -> Vec<Vec<&DraftNotice>> {
    let mut cases: Vec<Vec<&DraftNotice>> = Vec::new();
    for notice in notices {
        match cases
            .iter_mut()
            .find(|case| case.first().is_some_and(|first| first.case.id == notice.case.id))
        {
            None => cases.push(vec![notice]),
            Some(case) => match case
                .iter_mut()
                .find(|told| told.about == notice.about && told.due_at == notice.due_at && seq(told) == seq(notice))
            {
                None => case.push(notice),
                Some(told) if goes_before(notice, told) => *told = notice,
                Some(_) => {}
            },
        }
    }
    for case in &mut cases {
        // What happened explains why the deadlines are this person's: it comes first.
        case.sort_by_key(|notice| match notice.about {
            Occasion::Happened(_) => (notice.due_at, None),
            Occasion::Deadline(kind) => (notice.due_at, Some(kind)),
        });
        case.sort_by_key(|notice| match notice.about {
            // Why they are asked to act stands at the head.
            Occasion::Happened(Happened::ToRule | Happened::Offered | Happened::Assigned) => 0,
            Occasion::Happened(_) => 1,
            Occasion::Deadline(_) => 2,
        });
    }
    cases
}

/// Of two notices of the same thing to one reader: the higher rung, then the one that asks them to act.
fn goes_before(notice: &DraftNotice, told: &DraftNotice) -> bool {
    (notice.rung, !notice.copy) > (told.rung, !told.copy)
}

/// Which event a notice tells of.
fn seq(notice: &DraftNotice) -> Option<u64> {
    notice.event.as_ref().map(|row| row.seq)
}

/// Who said what when it happened: what was typed, with what it was about where that is not plain.
fn said(notice: &DraftNotice, lang: Lang, now: Timestamp, rules: &Rules) -> Option<String> {
    let row = notice.event.as_ref()?;
    let name = |person: &PersonId| rules.directory.display_name(person, lang);
    let scene = Scene {
        say: Say(lang),
        zone: &rules.zone,
        now,
        name: &name,
    };
    let by = match &row.actor {
        Actor::Person(person) => name(person),
        other => Say(lang).standing(&other.to_string()).to_owned(),
    };
    let told = match &row.event {
        Event::Offered { text, .. } | Event::Hot { text } => text.clone(),
        Event::Assigned { reason, .. } | Event::RuledTo { reason, .. } => reason.clone(),
        Event::Returned { reason, .. } | Event::Declined { reason, .. } => reason.clone(),
        Event::Disputed { .. } | Event::Asked { .. } => format!("{by} {}", scene.event(&row.event)),
        Event::Frozen { .. } | Event::Approved { .. } | Event::Corrected { .. } => scene.event(&row.event),
        Event::ViolationRuled { violation, reason, .. } => {
            let found = usize::try_from(*violation).ok();
            let found = found.and_then(|at| notice.case.violations.get(at));
            let what = found.map(|row| Say(lang).violation(row.kind)).unwrap_or_default();
            Say(lang).labelled_line(what, reason)
        }
        _ => String::new(),
    };
    Some(told).filter(|told| !told.is_empty())
}

fn name_of(person: &Person, lang: Lang) -> String {
    let english = person.name_en.clone().filter(|_| lang == Lang::En);
    english.unwrap_or_else(|| person.name.clone())
}

fn party(id: &PersonId, lang: Lang, now: Timestamp, rules: &Rules) -> Party {
    let today = rules.zone.to_datetime(now).date();
    Party {
        name: rules.directory.display_name(id, lang),
        phone: rules.directory.phone_of(id, today).map(str::to_owned),
    }
}

fn item(desk: &LinkDesk, notice: &DraftNotice, reader: &Person, now: Timestamp, rules: &Rules) -> Item {
    let lang = reader.language.unwrap_or(rules.lang);
    let case = &notice.case;
    let role = role(case, notice, reader);
    let (about, deadline) = match notice.about {
        Occasion::Deadline(kind) => {
            let due = case
                .deadlines
                .iter()
                .rfind(|d| d.kind == kind && d.due_at == notice.due_at);
            (About::Deadline(kind), due)
        }
        Occasion::Happened(happened) => {
            // Who is asked to accept is told until when.
            let accept = case
                .live(DeadlineKind::Accept)
                .filter(|_| happened == Happened::Offered);
            (About::Happened(happened), accept.or_else(|| case.due()))
        }
    };
    let offer = case.offer.as_ref().filter(|_| role == Role::Offered);
    let due_at = deadline.map_or(notice.due_at, |deadline| deadline.due_at);
    Item {
        case: case.id,
        about,
        rung: notice.rung,
        overdue: deadline.is_some() && due_at <= now,
        matter: case.matter.clone(),
        why_you: WhyYou {
            role,
            instead_of: (notice.person != reader.id).then(|| rules.directory.display_name(&notice.person, lang)),
            extension: case.extension.clone(),
            at: case.opened_at,
            certainty: case.certainty,
        },
        due_at: deadline.map(|d| d.due_at),
        due_kind: deadline.map(|d| d.kind),
        due_why: deadline.map(|d| d.why.clone()),
        also_due: Vec::new(),
        by: offer
            .and_then(|offer| offer.by.as_ref())
            .map(|by| party(by, lang, now, rules)),
        said: said(notice, lang, now, rules).or_else(|| offer.map(|offer| offer.text.clone())),
        also_happened: Vec::new(),
        missed: case.kind == CaseKind::Callback && case.first_answerer.is_none(),
        chases: case.chases,
        number_masked: case.caller_number.as_deref().and_then(masked),
        caller_name: case.caller_name.clone(),
        // The extension itself is told already.
        called_number: notice
            .called_number
            .clone()
            .filter(|number| case.extension.as_ref() != Some(number)),
        talk_seconds: notice.talk_seconds,
        first_answerer: case
            .first_answerer
            .as_ref()
            .filter(|_| case.certainty != Certainty::Ambiguous)
            .map(|id| party(id, lang, now, rules)),
        handler: party(&case.handler, lang, now, rules),
        url: desk.url(&reader.id, Target::Case(case.id), now),
    }
}

fn role(case: &Case, notice: &DraftNotice, reader: &Person) -> Role {
    if notice.copy {
        return Role::Copy;
    }
    if notice.person != reader.id {
        return Role::Deputy;
    }
    if case.offer.as_ref().is_some_and(|offer| offer.answerable == reader.id) {
        return Role::Offered;
    }
    if case.handler != reader.id {
        return match notice.about {
            Occasion::Happened(Happened::ToRule) => Role::Rules,
            Occasion::Happened(Happened::Hot) => Role::Watches,
            Occasion::Happened(_) => Role::Concerned,
            Occasion::Deadline(_) => Role::Supervises,
        };
    }
    match case.kind {
        CaseKind::Callback => Role::CallsBack,
        CaseKind::Visit => Role::Visit,
        CaseKind::Call if case.first_answerer.as_ref() == Some(&reader.id) => Role::Answered,
        CaseKind::Call if case.first_answerer.is_none() => Role::Lead,
        CaseKind::Call => Role::Handles,
    }
}
