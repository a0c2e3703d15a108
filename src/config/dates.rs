//! Impossible dates, found before the parser stops at them.
//!
//! TOML's parser gives up the whole table or list around a day that there is not, and with it every later mistake in
//! it. So they are looked for first, and a stand-in is parsed; who wants a date there tells of it ([`super::reader`]).
//!
//! **Invariants.** The text keeps its length: places stay what they were. Texts and comments are left alone.

use std::borrow::Cow;

use jiff::civil::Date;

/// What is parsed in the place of an impossible date: nobody writes the year 0.
const STAND_IN: &str = "0000-01-01";
/// Length of a date.
const LENGTH: usize = STAND_IN.len();

/// The text with stand-ins; borrowed where there is no impossible date.
pub(crate) fn stand_in(text: &str) -> Cow<'_, str> {
    let places = impossible(text);
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut fixed = String::with_capacity(text.len());
    let mut done = 0;
    for at in places {
        fixed.push_str(text.get(done..at).unwrap_or_default());
        fixed.push_str(STAND_IN);
        done = at + LENGTH;
    }
    fixed.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(fixed)
}

/// Whether this year is the stand-in's.
pub(crate) fn stands_in(year: i16) -> bool {
    year == 0
}

/// Why there is no such day, for the message.
pub(crate) fn why(date: &str) -> String {
    let part = |range| date.get(range).and_then(|digits: &str| digits.parse::<i16>().ok());
    let month = part(5..7).and_then(|month| i8::try_from(month).ok());
    if date.starts_with("0000") {
        return format!("there is no day {date}: years begin with 0001");
    }
    let first = part(0..4)
        .zip(month)
        .and_then(|(year, month)| Date::new(year, month, 1).ok());
    match first {
        Some(first) => format!("there is no day {date}: that month has {} days", first.days_in_month()),
        None => format!("there is no day {date}: months are 01 to 12"),
    }
}

/// Where dates stand that are none, outside texts and comments.
fn impossible(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'#' => at + bytes[at..].iter().take_while(|b| **b != b'\n').count(),
            b'"' | b'\'' => after_text(bytes, at),
            byte if is_word(byte) => {
                let length = bytes[at..].iter().take_while(|b| is_word(**b)).count();
                if is_no_day(bytes, at) {
                    places.push(at);
                }
                at + length
            }
            _ => at + 1,
        };
    }
    places
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'.' | b':')
}

/// The byte after a text that begins here; the end where it is not closed.
fn after_text(bytes: &[u8], begin: usize) -> usize {
    let quote = bytes[begin];
    let three = [quote; 3];
    let long = bytes[begin..].starts_with(&three);
    let mut at = begin + if long { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 1,
            // A text of one line that is not closed ends with its line.
            b'\n' if !long => return at,
            byte if byte == quote && !long => return at + 1,
            byte if byte == quote && bytes[at..].starts_with(&three) => return at + 3,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// A date's shape, perhaps with a time behind it, that names no day; not a key.
fn is_no_day(bytes: &[u8], at: usize) -> bool {
    let Some(date) = bytes.get(at..at + LENGTH) else {
        return false;
    };
    let shape = date.iter().enumerate().all(|(index, byte)| match index {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let ends = bytes
        .get(at + LENGTH)
        .is_none_or(|next| !is_word(*next) || matches!(next, b'T' | b't'));
    let mut rest = bytes
        .iter()
        .skip(at + LENGTH)
        .skip_while(|byte| matches!(byte, b' ' | b'\t'));
    if !shape || !ends || rest.next() == Some(&b'=') {
        return false;
    }
    let text = std::str::from_utf8(date).unwrap_or_default();
    text.parse::<Date>().map_or(true, |day| day.year() == 0)
}
