//! What is wrong with a configuration: one problem, and all of them.
//!
//! The first line is `file:line:column: path: reason; way out`, then the offending line with carets:
//!
//! ```text
//! site.toml:3:15: web.listen: `8080` is no address; write "127.0.0.1:8080"
//!   |
//! 3 | web = {listen="8080"}
//!   |               ^^^^^^
//! ```
//!
//! **Invariants.** Plain data: it outlives the files it speaks of. What looks like a secret is starred out before it
//! is kept, both in the words and in the quoted line.

use std::fmt;

use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::source::{Place, Source};

/// The widest part of a line that is quoted.
const QUOTED: usize = 100;

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, as the message shows it.
    pub file: String,
    /// Line from 1; none if the problem has no place in the file.
    pub line: Option<usize>,
    /// Column from 1, in characters.
    pub column: Option<usize>,
    /// The key it is about, such as `feed[0].tcp_listen`; empty for the file as a whole.
    pub path: String,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub way_out: String,
    /// The offending line.
    #[serde(skip)]
    quoted: Option<Quoted>,
    /// Orders problems: which file, which byte.
    #[serde(skip)]
    order: (usize, usize),
}

/// The part of a line that is shown, and what is underlined.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Quoted {
    text: String,
    blanks: usize,
    carets: usize,
}

impl Problem {
    pub(crate) fn at(source: &Source, place: Place, path: &str, reason: String, way_out: String) -> Self {
        let (line, column) = source.line_column(place.start);
        Self {
            file: source.label.clone(),
            line: Some(line),
            column: Some(column),
            path: path.to_owned(),
            reason: mask(&reason),
            way_out,
            quoted: Some(quote(source, place)),
            order: (place.file, place.start),
        }
    }

    /// A problem without a place, such as a file that can't be read.
    pub(crate) fn whole(file: &str, reason: String, way_out: String) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            column: None,
            path: String::new(),
            reason: mask(&reason),
            way_out,
            quoted: None,
            order: (usize::MAX, 0),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "{line}:{column}:")?;
        }
        if !self.path.is_empty() {
            write!(f, " {}:", self.path)?;
        }
        write!(f, " {}", self.reason)?;
        if !self.way_out.is_empty() {
            write!(f, "; {}", self.way_out)?;
        }
        if let (Some(line), Some(quoted)) = (self.line, &self.quoted) {
            let number = line.to_string();
            let margin = " ".repeat(number.len());
            let (blanks, carets) = (" ".repeat(quoted.blanks), "^".repeat(quoted.carets));
            write!(
                f,
                "\n{margin} |\n{number} | {}\n{margin} | {blanks}{carets}",
                quoted.text
            )?;
        }
        Ok(())
    }
}

/// All problems of one load, sorted by file and position; never empty when returned as an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    pub(crate) fn new(mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| problem.order);
        list.dedup();
        Self { list }
    }

    /// Each of them, in the order of files and positions.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.list.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// `3 problems in 2 files`.
    pub fn summary(&self) -> String {
        let mut files: Vec<&str> = self.list.iter().map(|problem| problem.file.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        let many = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        format!("{} in {}", many(self.list.len(), "problem"), many(files.len(), "file"))
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.list {
            writeln!(f, "{problem}")?;
        }
        f.write_str(&self.summary())
    }
}

impl std::error::Error for Problems {}

/// Cuts the line around the place to a readable width and measures the carets in terminal cells.
fn quote(source: &Source, place: Place) -> Quoted {
    let line = mask(source.line(place.start));
    let from = source.floor(place.start) - source.line_start(place.start);
    let to = (from + place.end.saturating_sub(place.start)).min(line.len()).max(from);
    let plain = |text: &str| -> String { text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect() };
    let before = plain(line.get(..from).unwrap_or(&line));
    let marked = plain(line.get(from..to).unwrap_or_default());
    let after = plain(line.get(to..).unwrap_or_default());
    let before = if before.width() > QUOTED / 2 {
        format!("…{}", last(&before, QUOTED / 2))
    } else {
        before
    };
    let marked = first(&marked, QUOTED / 2);
    let text = format!("{before}{marked}{after}");
    Quoted {
        blanks: before.width(),
        carets: marked.width().max(1),
        text: first(&text, QUOTED),
    }
}

/// The first so many cells of a text.
fn first(text: &str, cells: usize) -> String {
    let mut used = 0;
    let short: String = text
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= cells
        })
        .collect();
    if short.len() < text.len() {
        format!("{short}…")
    } else {
        short
    }
}

/// The last so many cells of a text.
fn last(text: &str, cells: usize) -> String {
    let mut used = 0;
    let back: Vec<char> = text
        .chars()
        .rev()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= cells
        })
        .collect();
    back.into_iter().rev().collect()
}

/// Stars out what may be a secret: the password of a URL, and the value of a key that is named like one.
///
/// Byte lengths are kept, so that carets still fit.
pub(crate) fn mask(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (at, _) in text.match_indices('@') {
        // The quoted text up to the `@`: `scheme://user:password`, or `user:password`.
        let start = text[..at].rfind(['"', '\'', '`']).map_or(0, |quote| quote + 1);
        let login = &text[start..at];
        let user = login.find("://").map_or(0, |scheme| scheme + 3);
        let colon = login[user..].find(':').map(|colon| user + colon + 1);
        if let Some(from) = colon.or((user > 0).then_some(user)) {
            star(&mut bytes, start + from, at);
        }
    }
    let lower = text.to_ascii_lowercase();
    for word in ["password", "passwd", "secret", "token"] {
        for (at, _) in lower.match_indices(word) {
            mask_value(text, at + word.len(), &mut bytes);
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| "***".to_owned())
}

/// Stars out `= value` after a key that ends at `from`, unless the key goes on (`password_file`).
fn mask_value(text: &str, from: usize, bytes: &mut [u8]) {
    let rest = &text[from..];
    let value = rest.trim_start_matches(['"', '\'', ' ', '\t']);
    let Some(value) = value.strip_prefix('=') else { return };
    let value = value.trim_start();
    let start = text.len() - value.len();
    let (start, len) = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => (start + 1, value[1..].find(quote).unwrap_or(value.len() - 1)),
        _ => (start, value.find([',', '}', ' ', '\n']).unwrap_or(value.len())),
    };
    star(bytes, start, start + len);
}

fn star(bytes: &mut [u8], from: usize, to: usize) {
    if let Some(part) = bytes.get_mut(from..to.max(from)) {
        part.fill(b'*');
    }
}
