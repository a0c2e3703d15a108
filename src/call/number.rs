//! Numbers: the same caller under one key, however a switch writes them.
//!
//! A raw number is kept as the switch printed it ([`PhoneNumber`]); what is compared is its [`NumberKey`].
//!
//! | written | key |
//! | --- | --- |
//! | `13812345678`, `013812345678`, `+86 138 1234 5678`, `0086…` | `+8613812345678` |
//! | `021-5550 1234`, in Shanghai also `55501234` | `+862155501234` |
//! | `8021`, `12345`, `*61` | `short:8021`, `short:12345`, `short:*61` |
//! | `????`, blank, `anonymous`, `138****5678` | none: can't be compared |
//! | what fits nothing: a SIP user's name, 30 digits | `other:…` |
//!
//! **Invariants.** No text panics; work is linear in its first 128 characters. A key depends on the text and the
//! dial plan alone. `Debug` of either type shows masked digits: a caller's number is personal data.
//!
//! **Not here**: whose number it is ([`crate::directory`]).

mod china;
mod mask;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use mask::masked;

/// Characters of a raw number that are looked at.
const LONGEST: usize = 128;
/// Up to this many digits a number is internal or a service, never a subscriber's.
const SHORT: usize = 6;
/// Digits an international number has at most (E.164).
const E164: usize = 15;

/// What switches print for "the caller withheld it".
const WITHHELD: [&str; 20] = [
    "anonymous",
    "unknown",
    "unavailable",
    "private",
    "restricted",
    "withheld",
    "blocked",
    "asserted",
    "none",
    "null",
    "n/a",
    "not available",
    "no number",
    "number withheld",
    "out of area",
    "匿名",
    "未知",
    "保密",
    "隐藏",
    "无",
];

/// How numbers are dialled at a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialPlan {
    /// Two letters, such as `CN`.
    pub country: String,
    /// The site's own area code as dialled in the country (`021`); empty where the country has none.
    pub area_code: String,
    /// Prefixes for a line to the outside, such as `9`; stripped of dialled numbers only.
    pub dial_out: Vec<String>,
}

impl DialPlan {
    /// Whether the country is one whose numbers are known.
    pub fn country_known(&self) -> bool {
        phonenumber::country::Id::from_str(&self.country.to_ascii_uppercase()).is_ok()
    }
}

/// A number as the switch wrote it. `Debug` and `Display` mask it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Takes it as written.
    pub fn new(raw: impl Into<String>) -> Self {
        Self(raw.into())
    }

    /// All of it. Who calls this shows personal data.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What it is compared by; `dialled` numbers lose the dial-out prefix.
    pub fn key(&self, dialled: bool, plan: &DialPlan) -> Option<NumberKey> {
        key(&self.0, dialled, plan)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&masked(&self.0))
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({})", masked(&self.0))
    }
}

/// What numbers are compared by. `Display` is all of it, as stored; `Debug` masks it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumberKey(String);

impl NumberKey {
    /// The key as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an internal or service number.
    pub fn is_short(&self) -> bool {
        self.0.starts_with("short:")
    }

    fn e164(digits: &str) -> Self {
        Self::of_parts(["+", digits])
    }

    fn of_parts<const N: usize>(parts: [&str; N]) -> Self {
        Self(parts.concat())
    }

    fn short(text: &str) -> Self {
        Self(format!("short:{text}"))
    }

    fn other(text: &str) -> Self {
        Self(format!("other:{text}"))
    }
}

/// Why a stored text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a number key: expected `+` and digits, `short:…` or `other:…`")]
pub struct BadKey;

impl FromStr for NumberKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let fits = match text.strip_prefix('+') {
            Some(digits) => !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()),
            None => ["short:", "other:"]
                .iter()
                .any(|head| text.len() > head.len() && text.starts_with(head)),
        };
        if fits { Ok(Self(text.to_owned())) } else { Err(BadKey) }
    }
}

impl fmt::Display for NumberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for NumberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, number) = self.0.split_once(':').unwrap_or(("", &self.0));
        let colon = if kind.is_empty() { "" } else { ":" };
        write!(f, "NumberKey({kind}{colon}{})", masked(number))
    }
}

/// The key of a number as printed by a switch; `None` where it was withheld or can't be told.
///
/// ```
/// use firstanswer::call::number::{DialPlan, key};
/// let shanghai = DialPlan { country: "CN".into(), area_code: "021".into(), dial_out: vec!["9".into()] };
/// let of = |raw, dialled| key(raw, dialled, &shanghai).map(|key| key.to_string());
/// assert_eq!(of("5550 1234", false), of("902155501234", true));
/// ```
pub fn key(raw: &str, dialled: bool, plan: &DialPlan) -> Option<NumberKey> {
    let read;
    let (plus, digits) = if is_digits(raw) {
        (false, raw)
    } else {
        match written(raw) {
            Written::Nothing => return None,
            Written::Code(code) => return Some(NumberKey::short(&code)),
            Written::Name(name) => return Some(NumberKey::other(&name)),
            Written::Number { plus, digits } => {
                read = digits;
                (plus, read.as_str())
            }
        }
    };
    let digits = if dialled && !plus {
        without_dial_out(digits, plan)
    } else {
        digits
    };
    let abroad = if plus {
        Some(digits)
    } else {
        digits.strip_prefix("00").filter(|rest| rest.len() > SHORT)
    };
    Some(match abroad {
        _ if digits.len() <= SHORT => NumberKey::short(digits),
        Some(rest) => international(rest),
        None if plan.country.eq_ignore_ascii_case("CN") => china::national(digits, &plan.area_code),
        None => national(digits, plan),
    })
}

/// Whether a text is digits and nothing else, as nearly all numbers are: there is nothing to be read out of it.
fn is_digits(raw: &str) -> bool {
    !raw.is_empty() && raw.len() <= LONGEST && raw.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a switch printed that it knows no number: blank, `????`, `anonymous` and the like.
pub fn is_withheld(raw: &str) -> bool {
    if is_digits(raw) {
        return false;
    }
    let text = address(raw);
    is_no_number(&text, &text.to_lowercase())
}

fn is_no_number(text: &str, lower: &str) -> bool {
    text.is_empty() || text.contains('?') || WITHHELD.contains(&lower)
}

/// What a raw text turns out to be.
enum Written {
    /// Blank, withheld, or with digits hidden.
    Nothing,
    /// A feature code such as `*61`.
    Code(String),
    /// A name, as SIP users have.
    Name(String),
    /// Digits.
    Number { plus: bool, digits: String },
}

fn written(raw: &str) -> Written {
    let text = address(raw);
    let lower = text.to_lowercase();
    if is_no_number(&text, &lower) {
        return Written::Nothing;
    }
    if text.starts_with(['*', '#']) {
        let code: String = text
            .chars()
            .filter(|c| c.is_ascii_digit() || matches!(c, '*' | '#'))
            .collect();
        return if code.bytes().any(|byte| byte.is_ascii_digit()) {
            Written::Code(code)
        } else {
            Written::Nothing
        };
    }
    let text = text.replace("(0)", "");
    let plus = text.starts_with('+');
    let mut digits = String::new();
    for c in text.trim_end_matches('#').chars() {
        match c {
            '0'..='9' => digits.push(c),
            '*' => return Written::Nothing,
            // After a whole number: an extension in words.
            _ if c.is_alphabetic() && digits.len() > SHORT => break,
            _ if c.is_alphabetic() => return named(&lower),
            _ => {}
        }
    }
    if digits.is_empty() {
        Written::Nothing
    } else {
        Written::Number { plus, digits }
    }
}

/// A name; digits hidden by `x` are no name.
fn named(lower: &str) -> Written {
    let hidden = lower.chars().filter(|c| c.is_alphabetic()).all(|c| c == 'x');
    if hidden {
        Written::Nothing
    } else {
        Written::Name(lower.to_owned())
    }
}

/// The part before `@host` of what may be a SIP address; full-width digits become plain ones.
fn address(raw: &str) -> String {
    let text: String = raw.chars().take(LONGEST).map(plain).collect();
    let text = match text.split_once('<') {
        Some((_, rest)) if rest.contains('>') => rest.split('>').next().unwrap_or_default(),
        _ => &text,
    };
    let text = text.split(['@', ';']).next().unwrap_or_default().trim();
    let scheme = ["sip:", "sips:", "tel:"].into_iter().find(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    });
    text.get(scheme.map_or(0, str::len)..)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn plain(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// The longest dial-out prefix comes off, if anything is left.
fn without_dial_out<'d>(digits: &'d str, plan: &DialPlan) -> &'d str {
    plan.dial_out
        .iter()
        .filter_map(|prefix| digits.strip_prefix(prefix.as_str()))
        .filter(|rest| !rest.is_empty())
        .min_by_key(|rest| rest.len())
        .unwrap_or(digits)
}

/// Digits after `+` or `00`.
fn international(digits: &str) -> NumberKey {
    if let Some(rest) = digits.strip_prefix("86") {
        let rest = rest.trim_start_matches('0');
        return if rest.len() + 2 > SHORT {
            NumberKey::e164(&format!("86{rest}"))
        } else {
            NumberKey::other(digits)
        };
    }
    match phonenumber::parse(None, format!("+{digits}")) {
        Ok(number) if number.is_valid() => e164_of(&number),
        // A number of a range too new for the library, or none at all: as it is.
        _ if digits.len() <= E164 => NumberKey::e164(digits),
        _ => NumberKey::other(digits),
    }
}

/// Countries without a table of ours: the library knows their plans. What leaves fewer than six digits is no number.
fn national(digits: &str, plan: &DialPlan) -> NumberKey {
    let Ok(country) = phonenumber::country::Id::from_str(&plan.country.to_ascii_uppercase()) else {
        return NumberKey::other(digits);
    };
    if matches!(digits.len(), 7 | 8)
        && !plan.area_code.is_empty()
        && !digits.starts_with('0')
        && let Ok(number) = phonenumber::parse(Some(country), format!("{}{digits}", plan.area_code))
        && number.is_valid()
    {
        return e164_of(&number);
    }
    match phonenumber::parse(Some(country), digits) {
        Ok(number) if number.national().value() >= 100_000 => e164_of(&number),
        _ => NumberKey::other(digits),
    }
}

fn e164_of(number: &phonenumber::PhoneNumber) -> NumberKey {
    let national = number.national();
    let zeros = "0".repeat(usize::from(national.zeros()));
    NumberKey::e164(&format!("{}{zeros}{}", number.code().value(), national.value()))
}
