//! Durations as users write them: `"90s"`, `"4 business hours"`, `"end of day"`.
//!
//! **Not here**: what a duration means on a calendar ([`crate::calendar`]).

use super::load::Wrong;
use crate::calendar::Span;

/// The longest duration: ten years.
const LONGEST_DAYS: i64 = 3_660;
/// What a duration looks like.
const SPAN_FORMS: &str = "write \"90s\", \"30m\", \"4h\", \"30 business minutes\", \"4 business hours\", \"2 business days\" or \"end of day\"";

/// `"90s"`, `"4 business hours"`, `"end of day"`: not negative.
pub(crate) fn span(text: &str) -> Result<Span, Wrong> {
    let value = signed_span(text)?;
    if matches!(value, Span::Elapsed(n) | Span::Business(n) | Span::BusinessDays(n) if n < 0) {
        return Err(Wrong::new(format!("`{text}` is negative"), "take the minus away"));
    }
    Ok(value)
}

/// The same with a minus allowed: before the deadline.
pub(crate) fn signed_span(text: &str) -> Result<Span, Wrong> {
    if text == "end of day" {
        return Ok(Span::EndOfDay);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [one] => elapsed(one, text),
        [number, "business", unit] => business(number, unit, text),
        [
            _,
            unit @ ("second" | "seconds" | "minute" | "minutes" | "hour" | "hours" | "day" | "days"),
        ] => {
            let short = unit.get(..1).unwrap_or_default();
            let way_out = match short {
                "d" => format!("write \"{} business {unit}\", or hours: \"48h\"", words[0]),
                _ => format!(
                    "write \"{0}{short}\" for elapsed time, or \"{0} business {unit}\"",
                    words[0]
                ),
            };
            Err(Wrong::new(format!("`{text}` is no duration"), way_out))
        }
        _ => Err(Wrong::new(format!("`{text}` is no duration"), SPAN_FORMS)),
    }
}

fn elapsed(word: &str, text: &str) -> Result<Span, Wrong> {
    let wrong = |way_out: &str| Wrong::new(format!("`{text}` is no duration"), way_out.to_owned());
    let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number = number(digits, text)?;
    let unit = word.get(digits.len()..).unwrap_or_default();
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => {
            return Err(wrong(&format!(
                "write hours, \"{}h\", or \"{number} business days\"",
                number * 24
            )));
        }
        "" => {
            return Err(wrong(&format!(
                "add the unit: \"{number}s\", \"{number}m\" or \"{number}h\""
            )));
        }
        _ => return Err(wrong(SPAN_FORMS)),
    };
    bounded(number, seconds, text).map(Span::Elapsed)
}

fn business(word: &str, unit: &str, text: &str) -> Result<Span, Wrong> {
    let number = number(word, text)?;
    match unit {
        "minute" | "minutes" => bounded(number, 60, text).map(Span::Business),
        "hour" | "hours" => bounded(number, 3_600, text).map(Span::Business),
        "day" | "days" => bounded(number, 86_400, text).map(|_| Span::BusinessDays(number)),
        _ => Err(Wrong::new(
            format!("`{unit}` is no unit of business time"),
            "write minutes, hours or days",
        )),
    }
}

fn number(digits: &str, text: &str) -> Result<i64, Wrong> {
    let plain = digits.strip_prefix('-').unwrap_or(digits);
    if plain.contains(['.', ',']) {
        return Err(Wrong::new(
            format!("`{text}` is no whole number of units"),
            "write the smaller unit: \"90m\"",
        ));
    }
    if plain.is_empty() || !plain.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Wrong::new(format!("`{text}` is no duration"), SPAN_FORMS));
    }
    digits
        .parse()
        .ok()
        .filter(|n: &i64| n.abs() <= LONGEST_DAYS * 86_400)
        .ok_or_else(|| too_long(text))
}

fn bounded(number: i64, seconds: i64, text: &str) -> Result<i64, Wrong> {
    number
        .checked_mul(seconds)
        .filter(|n| n.abs() <= LONGEST_DAYS * 86_400)
        .ok_or_else(|| too_long(text))
}

fn too_long(text: &str) -> Wrong {
    Wrong::new(format!("`{text}` is longer than ten years"), "write a shorter one")
}

/// A duration that runs day and night, in seconds.
pub(crate) fn elapsed_seconds(text: &str) -> Result<i64, Wrong> {
    match span(text)? {
        Span::Elapsed(seconds) => Ok(seconds),
        _ => Err(Wrong::new(
            format!("`{text}` runs on the calendar"),
            "write elapsed time here: \"90s\", \"5m\", \"2h\"",
        )),
    }
}

/// A duration with a length, not `"end of day"`.
pub(crate) fn length(text: &str) -> Result<Span, Wrong> {
    match span(text)? {
        Span::EndOfDay => Err(Wrong::new(
            "`end of day` has no length",
            "write a length: \"10 business days\"",
        )),
        value => Ok(value),
    }
}
