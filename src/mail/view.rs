//! A letter put into words: the same rows for the text part and the HTML part.

use jiff::Timestamp;

use super::letter::{About, Item, Letter, Party, Role};
use crate::case::{DeadlineKind, Happened};
use crate::directory::Lang;
use crate::l10n::{Say, when};

/// Notices told in full; what is beyond is named. After an outage there may be thousands, and a mail of megabytes
/// helps nobody.
const IN_FULL: usize = 100;

/// A letter in words.
pub(super) struct View {
    pub(super) say: Say,
    pub(super) subject: String,
    pub(super) greeting: String,
    /// Only where there are several.
    pub(super) digest: Option<String>,
    pub(super) items: Vec<ItemView>,
    /// Those that a digest only names, because it has so many.
    pub(super) rest: Option<String>,
    pub(super) list_url: String,
}

/// A notice in words.
pub(super) struct ItemView {
    pub(super) overdue: bool,
    pub(super) badge: String,
    pub(super) heading: String,
    pub(super) copy: bool,
    /// Caller and matter on one line, where several cases share a mail.
    pub(super) brief: String,
    /// How often the caller rang again.
    pub(super) again: Option<String>,
    pub(super) rows: Vec<Row>,
    pub(super) button: String,
    pub(super) url: String,
}

/// Label and value.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) value: String,
    /// Nothing is there yet.
    pub(super) faint: bool,
    /// Worth a second look.
    pub(super) strong: bool,
    /// Said in a digest's lines already: not again where the rest is folded.
    pub(super) said: bool,
}

/// Text without control characters and direction overrides, on one line: safe for headers and rows.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}'))
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// [`one_line`] for a header: a typed `=?…?=` stays what was typed, the builder would let it pass as encoded.
pub(super) fn header_text(text: &str) -> String {
    one_line(text).replace("=?", "= ?")
}

impl View {
    pub(super) fn new(letter: &Letter) -> Self {
        let say = Say(letter.to.lang);
        let mut items: Vec<&Item> = letter.items.iter().collect();
        items.sort_by_key(|item| item.urgency());
        let name = one_line(&letter.to.name);
        Self {
            say,
            subject: subject(say, letter, &items),
            greeting: if name.is_empty() {
                say.dear_nobody()
            } else {
                say.dear(name)
            },
            digest: (items.len() > 1).then(|| digest(say, &items)),
            rest: rest(say, items.get(IN_FULL..).unwrap_or_default()),
            items: items
                .into_iter()
                .take(IN_FULL)
                .map(|item| item_view(say, letter, item))
                .collect(),
            list_url: letter.list_url.clone(),
        }
    }

    /// Fonts that a reader of that language has; quoted for a `style` attribute.
    pub(super) fn font(&self) -> &'static str {
        match self.say.0 {
            Lang::Zh => {
                "-apple-system,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC','WenQuanYi Zen Hei',sans-serif"
            }
            Lang::En => "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif",
        }
    }
}

/// `[首问] 逾期 #12 138****5678 3月5日 17:30`; of several, the counts.
pub(super) fn subject(say: Say, letter: &Letter, items: &[&Item]) -> String {
    let rest = match items {
        [item] => {
            let number = item.number_masked.clone().unwrap_or_else(|| say.no_number());
            let mut parts = vec![badge(say, item), format!("#{}", item.case), number];
            parts.extend(
                item.due_at
                    .map(|due| when::due(due, &letter.zone, |at| when::short(say.0, at, &letter.zone))),
            );
            parts.join(" ")
        }
        several => say.digest(several.len(), several.iter().filter(|item| item.overdue).count()),
    };
    header_text(&format!("[{}] {rest}", say.mark()))
}

/// How many are to be seen to, and of how many the reader is only told.
fn digest(say: Say, items: &[&Item]) -> String {
    let copies = items.iter().filter(|item| item.why_you.role == Role::Copy).count();
    match (items.len() - copies, copies) {
        (own, 0) => say.digest_head(say.cases(own)),
        (0, copies) => say.digest_copies(say.cases(copies)),
        (own, copies) => say.digest_and_copies(say.cases(own), say.cases(copies)),
    }
}

/// A deadline, and whether it has passed.
fn due_row(say: Say, letter: &Letter, label: String, kind: DeadlineKind, due: Timestamp, late: bool) -> Row {
    let at = when::due(due, &letter.zone, |at| when::long(say.0, at, &letter.zone, letter.now));
    let said = match late {
        true => say.deadline_was(say.deadline(kind), at),
        false => say.deadline_is(say.deadline(kind), at),
    };
    Row {
        strong: late,
        ..Row::new(say, label, said)
    }
}

/// `And: #12 (overdue), #13`.
fn rest(say: Say, items: &[&Item]) -> Option<String> {
    let named = items.iter().map(|item| match item.overdue {
        true => format!("#{} ({})", item.case, say.overdue()),
        false => format!("#{}", item.case),
    });
    let named: Vec<String> = named.collect();
    (!named.is_empty()).then(|| say.and_more(named.join(", ")))
}

fn badge(say: Say, item: &Item) -> String {
    match item.about {
        About::Deadline(_) if item.overdue => say.overdue(),
        About::Deadline(_) if item.rung == 0 => say.due_soon(),
        About::Deadline(_) => say.due_now(),
        About::Happened(happened) => what(say, happened),
    }
}

/// What happened, in a word.
fn what(say: Say, happened: Happened) -> String {
    match happened {
        Happened::Offered => say.offered_to_you(),
        Happened::Assigned => say.assigned_to_you(),
        Happened::PutThrough => say.put_through_to_you(),
        Happened::Returned => say.returned_to_you(),
        Happened::Bounced => say.bounced(),
        Happened::Hot => say.hot_case(),
        Happened::ToRule => say.to_rule(),
        Happened::Declined => say.declined_to_you(),
        Happened::Approved => say.approved_to_you(),
        Happened::GivenAway => say.given_away(),
        Happened::Confirmed => say.violation_confirmed(),
        Happened::Waived => say.violation_waived(),
        Happened::Corrected => say.first_corrected(),
    }
}

fn item_view(say: Say, letter: &Letter, item: &Item) -> ItemView {
    let matter = match &item.matter {
        Some(matter) => Row::typed(say.matter(), one_line(matter)),
        None => Row::faint(say, say.matter(), say.not_registered()),
    };
    let caller = Row::new(say, say.caller(), caller(say, item));
    let brief = format!("{} · {}", caller.value, matter.value);
    let mut rows = vec![
        caller.in_brief(),
        matter.in_brief(),
        Row::new(say, say.why_you(), why_you(say, letter, item)),
    ];
    // Of a missed call nothing is doubtful: nobody answered it.
    if !item.missed {
        rows.push(Row::new(say, say.how_sure(), say.certainty(item.why_you.certainty)));
    }
    let called = item.called_number.as_deref().map(one_line);
    if let Some(call) = say.call_facts(called.as_deref(), item.talk_seconds) {
        rows.insert(1, Row::new(say, say.the_call(), call));
    }
    if let Some(said) = &item.said {
        rows.push(Row::typed(say.said_with_it(), one_line(said)));
    }
    for (happened, said) in &item.also_happened {
        let told = what(say, *happened);
        rows.push(match said {
            Some(said) => Row::typed(say.also_happened(), say.labelled_line(told, one_line(said))),
            None => Row::new(say, say.also_happened(), told),
        });
    }
    if let Some((due, kind)) = item.due_at.zip(due_kind(item)) {
        let late = item.overdue || due <= letter.now;
        rows.push(due_row(say, letter, say.deadline_label(), kind, due, late));
    }
    for (kind, due) in &item.also_due {
        rows.push(due_row(say, letter, say.also_due(), *kind, *due, *due <= letter.now));
    }
    if let Some(why) = &item.due_why {
        rows.push(Row::new(say, say.computed(), one_line(say.of(why))));
    }
    if item.chases > 0 {
        let row = Row::new(say, say.rang_again(), say.times(item.chases)).in_brief();
        rows.push(Row { strong: true, ..row });
    }
    match &item.first_answerer {
        Some(first) => rows.push(Row::new(say, say.first_answerer(), party(first))),
        // A call to return was answered by nobody, which is said already.
        None if item.why_you.role == Role::CallsBack => {}
        None if item.missed => rows.push(Row::faint(say, say.first_answerer(), say.nobody_missed())),
        None => rows.push(Row::faint(say, say.first_answerer(), say.nobody_sure())),
    }
    rows.push(Row::new(say, say.handler(), party(&item.handler)));
    ItemView {
        overdue: item.overdue,
        badge: match item.rung {
            0 | 1 => badge(say, item),
            rung => format!("{} · {}", badge(say, item), say.urged(rung)),
        },
        heading: heading(say, letter, item),
        copy: item.why_you.role == Role::Copy,
        brief,
        again: (item.chases > 0).then(|| say.chased(say.times(item.chases))),
        rows,
        button: say.open_case(item.case),
        url: item.url.clone(),
    }
}

fn due_kind(item: &Item) -> Option<DeadlineKind> {
    match item.about {
        About::Deadline(kind) => Some(kind),
        About::Happened(_) => item.due_kind,
    }
}

fn heading(say: Say, letter: &Letter, item: &Item) -> String {
    let id = item.case;
    match item.about {
        About::Deadline(kind) => {
            let due = item.due_at.unwrap_or(letter.now);
            let due = when::due(due, &letter.zone, |at| when::near(say.0, at, &letter.zone, letter.now));
            if item.overdue {
                say.head_overdue(id, say.deadline(kind), due)
            } else {
                say.head_due(id, say.deadline(kind), due)
            }
        }
        About::Happened(happened) => match happened {
            Happened::Offered => say.head_offered(id),
            Happened::Assigned => say.head_assigned(id),
            Happened::PutThrough => say.head_put_through(id),
            Happened::Returned => say.head_returned(id),
            Happened::Bounced => say.head_bounced(id),
            Happened::Hot => say.head_hot(id),
            Happened::ToRule => say.head_to_rule(id),
            Happened::Declined => say.head_declined(id),
            Happened::Approved => say.head_approved(id),
            Happened::GivenAway => say.head_given_away(id),
            Happened::Confirmed => say.head_confirmed(id),
            Happened::Waived => say.head_waived(id),
            Happened::Corrected => say.head_corrected(id),
        },
    }
}

fn caller(say: Say, item: &Item) -> String {
    let number = item.number_masked.clone().unwrap_or_else(|| say.no_number());
    match &item.caller_name {
        Some(name) => one_line(&format!("{number} {name}")),
        None => one_line(&number),
    }
}

fn why_you(say: Say, letter: &Letter, item: &Item) -> String {
    let why = why_this_role(say, letter, item);
    match (&item.why_you.instead_of, item.why_you.role) {
        (Some(name), role) if role != Role::Deputy => format!("{why}{}", say.read_for(one_line(name))),
        _ => why,
    }
}

fn why_this_role(say: Say, letter: &Letter, item: &Item) -> String {
    let at = when::long(say.0, item.why_you.at, &letter.zone, letter.now);
    let ext = item.why_you.extension.as_deref().map(one_line);
    let first = item.first_answerer.as_ref().map(|first| one_line(&first.name));
    match (item.why_you.role, ext, first) {
        (Role::Answered, Some(ext), _) => say.you_answered(ext, at),
        (Role::Answered, None, _) => say.you_answered_no_ext(at),
        (Role::Handles, Some(ext), Some(first)) => say.you_handle(first, ext, at),
        (Role::Handles, None, Some(first)) => say.you_handle_no_ext(first, at),
        (Role::Handles, _, None) | (Role::Lead, ..) => say.you_by_lead(at),
        (Role::Offered, ..) => match &item.by {
            Some(by) => say.you_offered(party(by)),
            None => say.you_offered(say.by_switch()),
        },
        (Role::CallsBack, Some(ext), _) => say.you_call_back(ext, at),
        (Role::CallsBack, None, _) => say.you_call_back_no_ext(at),
        (Role::Visit, ..) => say.you_visit(at),
        (Role::Deputy, ..) => {
            let of = item.why_you.instead_of.as_ref().unwrap_or(&item.handler.name);
            say.you_deputy(one_line(of))
        }
        (Role::Rules, ..) => say.you_rule(one_line(&item.handler.name)),
        (Role::Concerned, ..) => say.you_concerned(one_line(&item.handler.name)),
        (Role::Watches, ..) => say.you_watch(one_line(&item.handler.name)),
        (Role::Supervises, ..) => say.you_supervise(one_line(&item.handler.name)),
        (Role::Copy, ..) => say.you_copy(one_line(&item.handler.name)),
    }
}

fn party(party: &Party) -> String {
    let phone = party.phone.as_deref().unwrap_or_default();
    one_line(&format!("{} {phone}", party.name))
}

impl Row {
    fn new(say: Say, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: say.begun(value),
            faint: false,
            strong: false,
            said: false,
        }
    }

    /// What somebody typed, letter by letter.
    fn typed(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
            faint: false,
            strong: false,
            said: false,
        }
    }

    fn in_brief(self) -> Self {
        Self { said: true, ..self }
    }

    fn faint(say: Say, label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            faint: true,
            ..Self::new(say, label, value)
        }
    }
}
