//! Lines that are no call: page headers, and what passes between a modem, a login and us.

use crate::smdr::misfit::trim;

/// Which switches print a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Title {
    Large,
    Small,
}

/// A page's title.
pub fn title(line: &[u8]) -> Option<Title> {
    // No title is longer, so that only so much is looked at.
    let text = line.get(..line.len().min(200))?;
    if !trim(text).get(..4)?.eq_ignore_ascii_case(b"date") {
        return None;
    }
    let text = text.to_ascii_lowercase();
    let has = |word: &[u8]| memchr::memmem::find(&text, word).is_some();
    let is_title = has(b"time") && has(b"ext") && has(b"dial");
    is_title.then(|| {
        if has(b"ring") || has(b"acc") || has(b"cost") {
            Title::Large
        } else {
            Title::Small
        }
    })
}

/// What a line is that tells of no call, and which title.
pub fn no_call(line: &[u8]) -> Option<(&'static str, Option<Title>)> {
    // A date begins neither a page nor a dialogue.
    if line.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    if line.iter().all(u8::is_ascii_whitespace) {
        return Some(("blank line", None));
    }
    if line.iter().all(u8::is_ascii_control) {
        return Some(("control bytes", None));
    }
    if let Some(title) = title(line) {
        return Some(("page header", Some(title)));
    }
    let text = trim(line);
    if text.len() >= 3 && text.iter().all(|b| matches!(b, b'-' | b'=')) {
        return Some(("page header", None));
    }
    is_login(text).or_else(|| is_modem(text)).map(|what| (what, None))
}

/// The prompt `-`, what we typed there and its echo.
fn is_login(text: &[u8]) -> Option<&'static str> {
    let typed = text.strip_prefix(b"-").unwrap_or(text);
    let dialogue = typed.is_empty()
        || typed.eq_ignore_ascii_case(b"SMDR")
        || text.starts_with(b"Enter Password")
        || text.iter().all(|b| *b == b'*');
    dialogue.then_some("login")
}

/// A serial line to a modem carries its commands and answers.
fn is_modem(text: &[u8]) -> Option<&'static str> {
    let said = [&b"OK"[..], b"RING", b"BUSY", b"ERROR", b"NO CARRIER", b"NO DIALTONE"];
    let command = text.starts_with(b"AT") && text.len() <= 80 && text.iter().all(|b| (b' '..=b'~').contains(b));
    (command || said.contains(&text) || text.starts_with(b"CONNECT")).then_some("modem")
}
