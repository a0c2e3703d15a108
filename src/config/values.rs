//! Other texts with a meaning: zones, names in two languages, mail addresses.

use jiff::tz::TimeZone;

use super::load::Wrong;
use super::near::choose;
use super::reader::Field;
use crate::calendar::Name;

/// A zone by its IANA name, or `local`: the machine's.
pub(crate) fn zone(text: &str) -> Result<TimeZone, Wrong> {
    if text == "local" {
        return TimeZone::try_system().map_err(|error| {
            Wrong::new(
                format!("the machine's zone is not known: {error}"),
                "name it: \"Asia/Shanghai\"",
            )
        });
    }
    TimeZone::get(text).map_err(|_| {
        let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let way_out = match super::near::nearest(text, &names) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "write an IANA name such as \"Asia/Shanghai\", or \"local\"".to_owned(),
        };
        Wrong::new(format!("the time zone `{text}` is not known"), way_out)
    })
}

/// A name in both languages: `{zh="…", en="…"}`, or one text for the site's language.
pub(crate) fn name(field: &Field<'_>) -> Option<Name> {
    if let super::tree::Value::Text(_) = field.node.value {
        return field.text().map(|text| Name {
            zh: Some(text.to_owned()),
            en: None,
        });
    }
    field.section(|s| {
        Some(Name {
            zh: s.opt_text("zh"),
            en: s.opt_text("en"),
        })
    })
}

/// A mailbox `name@host`, checked as far as a mail server will.
pub(crate) fn address(text: &str) -> Result<String, Wrong> {
    let wrong = || Wrong::new(format!("`{text}` is no mail address"), "write name@host");
    let (local, host) = text.rsplit_once('@').ok_or_else(wrong)?;
    let atom = |part: &str| {
        let fits = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
        !part.is_empty() && part.chars().all(fits)
    };
    let label = |part: &str| {
        let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        !part.is_empty() && part.chars().all(fits) && !part.starts_with('-') && !part.ends_with('-')
    };
    let good = local.len() <= 64 && text.len() <= 254 && local.split('.').all(atom) && host.split('.').all(label);
    if good { Ok(text.to_owned()) } else { Err(wrong()) }
}

/// A sender: an address, or `Name <address>`.
pub(crate) fn sender(text: &str) -> Result<String, Wrong> {
    let Some((name, rest)) = text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) else {
        return address(text);
    };
    address(rest)?;
    let fits = |c: char| !c.is_control() && !"<>\"@,;:".contains(c);
    let name = name.trim();
    if name.is_empty() || !name.chars().all(fits) {
        return Err(Wrong::new(
            format!("`{name}` can't stand as a sender's name"),
            "write `Name <name@host>`, or the address alone",
        ));
    }
    Ok(format!("{name} <{rest}>"))
}

/// Says which of some names was meant.
pub(crate) fn unknown(what: &str, text: &str, names: &[&str]) -> Wrong {
    Wrong::new(format!("there is no {what} `{text}`"), choose(text, names))
}
