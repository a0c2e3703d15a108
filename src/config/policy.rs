//! A policy file, with the site's overrides laid over it before anything is checked.
//!
//! **Invariants.** A version is the first 12 hex digits of the SHA-256 of the policy's text. Without overrides that
//! is the file's own text; with them, the merged tree written out: a policy of its own.

use std::collections::BTreeMap;

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::hours::daily;
use super::ladder::ladder;
use super::load::Wrong;
use super::near::choose;
use super::reader::{Field, Section};
use super::source::Place;
use super::spans::{elapsed_seconds, length, span};
use super::values::name;
use crate::calendar::{CountFrom, Name, Span};
use crate::case::policy::{
    AccountCode, Category, Clocks, Duty, DutyRule, Opens, Policy, Quiet, SentTo, Superior, TransferRule,
};
use crate::ids::CategoryId;

/// What may be needed before a close: fields and steps that a case can show.
pub(crate) use crate::case::NEEDS as STEPS;
/// Outcomes of a close.
const OUTCOMES: [&str; 9] = [
    "handled",
    "guided",
    "explained",
    "outside",
    "cannot_be_done",
    "unreachable",
    "no_matter",
    "duplicate",
    "called_back",
];
/// Kinds of violations.
pub(crate) const VIOLATIONS: [&str; 16] = [
    "late_register",
    "late_relay",
    "late_accept",
    "late_contact",
    "late_close",
    "late_redo",
    "late_feedback",
    "late_callback",
    "not_told",
    "buck_passing",
    "repeat_contact",
    "over_promise",
    "cold",
    "rude",
    "favours",
    "name_refused",
];
/// Duties by the word in the file.
const DUTIES: [(&str, Duty); 5] = [
    ("own", Duty::Own),
    ("unit", Duty::Unit),
    ("other", Duty::Other),
    ("outside", Duty::Outside),
    ("unclear", Duty::Unclear),
];
const SUPERIORS: [(&str, Superior); 2] = [("supervisor", Superior::Supervisor), ("manager", Superior::Manager)];
const SENT_TO: [(&str, SentTo); 3] = [
    ("complaints", SentTo::Complaints),
    ("supervisor", SentTo::Above(Superior::Supervisor)),
    ("manager", SentTo::Above(Superior::Manager)),
];

/// First 12 hex digits of the SHA-256 of a text.
pub(crate) fn version(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The whole policy; `text` is what its version is made of.
pub(crate) fn read(s: &mut Section<'_>, text: String) -> Option<Policy> {
    let id = s.need("id", "\"bureau\"", |f| f.slug::<CategoryId>()).map(String::from);
    let name = s.opt("name", name);
    let effective = s.or("effective", Date::constant(2000, 1, 1), Field::date);
    let observe_only = s.or("observe_only", false, Field::bool);
    let sanctions = s.or("sanctions", Vec::new(), Field::texts);
    let forbidden_phrases = s.or("forbidden_phrases", Vec::new(), Field::texts);
    let ladder = s.need("ladder", "[ {rung=1, at=\"0s\", to=[\"handler\"]} ]", ladder);
    let promise_max = s.opt("promise", |f| f.section(|s| s.opt("max", |f| f.parse(length))));
    let repeat_within = s.opt("repeat_contact", |f| {
        f.section(|s| s.opt("within", |f| f.parse(length)))
    });
    let (max_moves, max_returns) = s.or("handover", (2, 1), |f| f.section(handover));
    let (pause_reasons, pause_max) = s.or("pause", (Vec::new(), None), |f| f.section(pause));
    let extension = s.or("extension", (1, None, Superior::Supervisor), |f| f.section(extension));
    let (quiet, cap_per_day) = s.or("mail", (Quiet::OutsideHours, 10), |f| f.section(mail));
    let opens = s.field("opens");
    let opens = opens.map_or_else(|| Some(default_opens()), |f| f.section(opens_section));
    let clock = s.field("clock");
    let clock = clock.map_or_else(|| Some(default_clocks()), |f| f.section(clocks));
    let duties = s.or("duty", BTreeMap::new(), |f| f.section(duties));
    let (categories, names) = s
        .need(
            "category",
            "{ service = {close=\"5 business days\", default=true} }",
            categories,
        )
        .unwrap_or_default();
    let account_codes = s.or("account_code", BTreeMap::new(), |f| account_codes(f, &names));
    let violations = s.or("violation", BTreeMap::new(), |f| f.section(violations));
    let id = id?;
    Some(Policy {
        version: version(&text),
        text,
        name: name.unwrap_or_else(|| Name {
            zh: None,
            en: Some(id.clone()),
        }),
        id,
        effective,
        observe_only,
        sanctions,
        forbidden_phrases,
        ladder: ladder?,
        promise_max,
        repeat_within,
        account_codes,
        max_moves,
        max_returns,
        pause_reasons,
        pause_max,
        extension_times: extension.0,
        extension_max: extension.1,
        extension_approver: extension.2,
        quiet,
        cap_per_day,
        opens: opens?,
        clock: clock?,
        duties,
        categories,
        violations,
    })
}

fn handover(s: &mut Section<'_>) -> Option<(u32, u32)> {
    Some((
        s.or("max_moves", 2, |f| f.count(0, 100)),
        s.or("max_returns", 1, |f| f.count(0, 100)),
    ))
}

fn pause(s: &mut Section<'_>) -> Option<(Vec<String>, Option<Span>)> {
    let reasons = s.or("reasons", Vec::new(), |f| {
        f.list(|f| f.slug::<CategoryId>().map(String::from))
    });
    Some((reasons, s.opt("max", |f| f.parse(length))))
}

fn extension(s: &mut Section<'_>) -> Option<(u32, Option<Span>, Superior)> {
    let times = s.or("times", 1, |f| f.count(0, 100));
    let max = s.opt("max", |f| f.parse(length));
    let approver = s.or("approver", Superior::Supervisor, |f| f.one_of(&SUPERIORS));
    Some((times, max, approver))
}

fn mail(s: &mut Section<'_>) -> Option<(Quiet, u32)> {
    Some((
        s.or("quiet", Quiet::OutsideHours, |f| f.parse(quiet)),
        s.or("cap_per_day", 10, |f| f.count(1, 10_000)),
    ))
}

fn quiet(text: &str) -> Result<Quiet, Wrong> {
    match text {
        "outside hours" => Ok(Quiet::OutsideHours),
        "none" => Ok(Quiet::None),
        _ => daily(text).map(|(from, to)| Quiet::Between(from, to)).map_err(|wrong| {
            Wrong::new(
                wrong.reason,
                "write \"outside hours\", \"none\", or an interval: \"20:00-08:00\"",
            )
        }),
    }
}

fn default_opens() -> Opens {
    Opens {
        internal: false,
        min_talk: Span::Elapsed(0),
        max_age: Span::BusinessDays(2),
        transfer: TransferRule::Accept,
        missed_callback: true,
        short_abandon: Span::Elapsed(6),
        complaint_numbers: Vec::new(),
    }
}

fn opens_section(s: &mut Section<'_>) -> Option<Opens> {
    let default = default_opens();
    let elapsed = |f: &Field<'_>| f.parse(elapsed_seconds).map(Span::Elapsed);
    let transfers = [
        ("accept", TransferRule::Accept),
        ("offer", TransferRule::Offer),
        ("none", TransferRule::None),
    ];
    Some(Opens {
        internal: s.or("internal", default.internal, Field::bool),
        min_talk: s.or("min_talk", default.min_talk, elapsed),
        max_age: s.or("max_age", default.max_age, |f| f.parse(length)),
        transfer: s.or("transfer", default.transfer, |f| f.one_of(&transfers)),
        missed_callback: s.or("missed", default.missed_callback, |f| {
            f.one_of(&[("callback", true), ("count", false)])
        }),
        short_abandon: s.or("short_abandon", default.short_abandon, elapsed),
        complaint_numbers: s.or("complaint_numbers", Vec::new(), Field::texts),
    })
}

fn default_clocks() -> Clocks {
    Clocks {
        count_from: CountFrom::NextDay,
        floor: Span::Business(3_600),
        register: None,
        accept: None,
        contact: None,
        redo: None,
        feedback: None,
        callback: None,
    }
}

fn clocks(s: &mut Section<'_>) -> Option<Clocks> {
    let default = default_clocks();
    let starts = [("next_day", CountFrom::NextDay), ("same_day", CountFrom::SameDay)];
    let count_from = s.or("count_from", default.count_from, |f| f.one_of(&starts));
    let floor = s.or("floor", default.floor, |f| f.parse(length));
    let mut clock = |key| s.opt(key, |f| f.parse(clock)).flatten();
    Some(Clocks {
        count_from,
        floor,
        register: clock("register"),
        accept: clock("accept"),
        contact: clock("contact"),
        redo: clock("redo"),
        feedback: clock("feedback"),
        callback: clock("callback"),
    })
}

/// A clock, or `"none"`: so that an override can take one away.
fn clock(text: &str) -> Result<Option<Span>, Wrong> {
    if text == "none" { Ok(None) } else { span(text).map(Some) }
}

fn duties(s: &mut Section<'_>) -> Option<BTreeMap<Duty, DutyRule>> {
    let rules = DUTIES.iter().filter_map(|(key, duty)| {
        let rule = s.opt(key, |f| {
            f.section(|s| {
                Some(DutyRule {
                    needs: s.or("needs", Vec::new(), steps),
                    not_at_once: s.or("not_at_once", Vec::new(), steps),
                    relay: s.opt("relay", |f| f.parse(clock)).flatten(),
                    to: s.opt("to", |f| f.one_of(&SUPERIORS)),
                })
            })
        });
        rule.map(|rule| (*duty, rule))
    });
    Some(rules.collect())
}

/// Needed steps; `a|b` is met by either.
fn steps(field: &Field<'_>) -> Option<Vec<Vec<String>>> {
    field.list(|f| f.parse(|text| text.split('|').map(|step| self::step(step.trim())).collect()))
}

fn step(text: &str) -> Result<String, Wrong> {
    if STEPS.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(Wrong::new(
        format!("the step `{text}` is not known"),
        choose(text, &STEPS),
    ))
}

type Categories = (BTreeMap<CategoryId, Category>, Vec<String>);

fn categories(field: &Field<'_>) -> Option<Categories> {
    let mut list = BTreeMap::new();
    let mut names = Vec::new();
    let mut default: Option<String> = None;
    let mut sound = true;
    field.map(|key, at, value| {
        names.push(key.to_owned());
        let id = key
            .parse::<CategoryId>()
            .map_err(|wrong| field.load.report(at, &value.path, &wrong.to_string(), ""));
        let category = value.section(|s| {
            let category = category(s)?;
            if category.default {
                if let Some(first) = &default {
                    let reason = format!("`{first}` is the default already");
                    s.wrong_key(
                        "default",
                        reason,
                        "one category is the default: write default = false in the other",
                    );
                }
                default.get_or_insert_with(|| key.to_owned());
            }
            Some(category)
        });
        sound &= category.is_some();
        if let (Ok(id), Some(category)) = (id, category) {
            list.insert(id, category);
        }
    })?;
    if default.is_none() && sound {
        field.wrong(
            "no category is the default",
            "add default = true to the one that is taken when none is chosen",
        );
    }
    Some((list, names))
}

fn category(s: &mut Section<'_>) -> Option<Category> {
    let close = s.need("close", "\"5 business days\"", |f| f.parse(span));
    let default = s.or("default", false, Field::bool);
    let approver = s.opt("approver", |f| f.one_of(&SUPERIORS));
    let to = s.opt("to", |f| f.one_of(&SENT_TO));
    let needs = s.or("needs", Vec::new(), steps);
    let confidential = s.or("confidential", false, Field::bool);
    Some(Category {
        close: close?,
        default,
        approver,
        to,
        needs,
        confidential,
    })
}

fn account_codes(field: &Field<'_>, categories: &[String]) -> Option<BTreeMap<String, AccountCode>> {
    let names: Vec<&str> = categories.iter().map(String::as_str).collect();
    let mut codes = BTreeMap::new();
    field.map(|code, _: Place, value| {
        let meaning = value.section(|s| {
            let category = s.opt("category", |f| {
                if f.load.is_in_part() {
                    return f.text().map(str::to_owned);
                }
                f.word(&names)
            });
            let category = category.and_then(|name| name.parse().ok());
            let outcome = s.opt("outcome", |f| f.word(&OUTCOMES));
            let duty = s.opt("duty", |f| f.one_of(&DUTIES));
            if !["category", "outcome", "duty"].iter().any(|key| s.has(key)) {
                s.wrong(
                    format!("the code {code} means nothing"),
                    "add category, outcome or duty",
                );
            }
            Some(AccountCode {
                category,
                outcome,
                duty,
            })
        });
        if let Some(meaning) = meaning {
            codes.insert(code.to_owned(), meaning);
        }
    })?;
    Some(codes)
}

fn violations(s: &mut Section<'_>) -> Option<BTreeMap<String, (String, u32)>> {
    let rows = VIOLATIONS.iter().filter_map(|kind| {
        let row = s.opt(kind, violation)?;
        Some(((*kind).to_owned(), row))
    });
    Some(rows.collect())
}

/// `["R4.4.1", 2]`: the article and the weight.
fn violation(field: &Field<'_>) -> Option<(String, u32)> {
    use super::tree::Value;
    let wrong = || {
        field.wrong("an article and a weight are wanted", "write [\"R4.4.1\", 2]");
        None
    };
    match &field.node.value {
        Value::List(pair) => match pair.as_slice() {
            [article, weight] => match (&article.value, &weight.value) {
                (Value::Text(article), Value::Int(weight @ 0..=100)) => {
                    Some((article.clone(), u32::try_from(*weight).unwrap_or_default()))
                }
                (Value::Text(_), Value::Int(weight)) => {
                    field.wrong(
                        format!("the weight {weight} is out of bounds"),
                        "write one from 0 to 100",
                    );
                    None
                }
                _ => wrong(),
            },
            _ => wrong(),
        },
        _ => wrong(),
    }
}
