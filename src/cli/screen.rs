//! What goes to a terminal: tables that align wide characters, and nothing that steers the terminal.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use comfy_table::{Table, presets};

use crate::directory::Lang;
use crate::l10n::Say;
use crate::smdr::misfit::moves_the_cursor;

/// A table with these column heads.
pub(super) fn table(heads: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(heads.to_vec());
    table
}

/// The same in a language.
pub(super) fn table_in(lang: Lang, heads: &[&str]) -> Table {
    let heads: Vec<&str> = heads.iter().map(|head| Say(lang).head(head)).collect();
    table(&heads)
}

/// Without anything that moves a cursor: a caller's name is text from the network.
pub(super) fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if moves_the_cursor(c) {
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// What of a raw line is shown at most.
const SHOWN: usize = 300;

/// A raw line as shown, cut to what fits a screen of some lines, and how many cells lie before its `column` (a byte,
/// from 1). What is far to the right is brought into view.
pub(super) fn raw(raw: &[u8], column: Option<i64>) -> (String, Option<usize>) {
    let at = column
        .and_then(|c| usize::try_from(c).ok())
        .map(|c| c.saturating_sub(1).min(raw.len()));
    // Cut before a character, not within one; garbage may look like an endless one.
    let start = at.filter(|at| *at > SHOWN / 2).map_or(0, |at| {
        let cut = at - SHOWN / 3;
        let begins = |start: &usize| raw.get(*start).is_none_or(|b| b & 0xc0 != 0x80);
        (cut..cut + 4).find(begins).unwrap_or(cut)
    });
    let text = |bytes: &[u8]| safe(&String::from_utf8_lossy(bytes));
    let (before, after) = raw
        .get(start..)
        .unwrap_or_default()
        .split_at(at.unwrap_or(start) - start);
    let mut shown = if start > 0 {
        format!("… {}", text(before))
    } else {
        text(before)
    };
    let cells = unicode_width::UnicodeWidthStr::width(shown.as_str());
    shown.push_str(&text(after));
    if let Some((cut, _)) = shown.char_indices().nth(SHOWN) {
        let left = shown.len() - cut;
        shown.truncate(cut);
        let _ = write!(shown, "… ({left} more bytes)");
    }
    (shown, at.map(|_| cells))
}

/// JSON may hold DEL and the C1 controls as they are, terminals obey them: written as escapes instead.
pub(super) fn safe_json(json: String) -> String {
    if !json.contains(|c: char| ('\u{7f}'..='\u{9f}').contains(&c)) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if ('\u{7f}'..='\u{9f}').contains(&c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// The files, or standard input if there are none (or for `-`).
pub(super) fn open(files: &[PathBuf]) -> anyhow::Result<Vec<(String, Box<dyn Read>)>> {
    let stdin = || {
        (
            "standard input".to_owned(),
            Box::new(io::stdin().lock()) as Box<dyn Read>,
        )
    };
    if files.is_empty() {
        return Ok(vec![stdin()]);
    }
    files
        .iter()
        .map(|f| if f == Path::new("-") { Ok(stdin()) } else { open_file(f) })
        .collect()
}

fn open_file(file: &Path) -> anyhow::Result<(String, Box<dyn Read>)> {
    let name = file.display().to_string();
    let opened = File::open(file).with_context(|| format!("{name}: cannot be opened"))?;
    Ok((name, Box::new(opened)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_stands_under_the_byte_however_wide_what_is_before_it() {
        let (shown, cells) = raw("张三,\u{1}x,?".as_bytes(), Some(11));
        assert_eq!((shown.as_str(), cells), ("张三,\\u{1}x,?", Some(12)));
        assert_eq!(raw(b"ab", None), ("ab".to_owned(), None));
        assert_eq!(raw(b"ab", Some(99)).1, Some(2));
        let long = "y".repeat(1000);
        let (shown, cells) = raw(long.as_bytes(), Some(900));
        assert!(shown.starts_with("… y"), "{shown}");
        assert_eq!(cells, Some(102));
    }

    #[test]
    fn garbage_that_looks_like_the_middle_of_a_character_is_shown() {
        let garbage = [0x80; 400];
        for column in [None, Some(1), Some(2), Some(200), Some(401), Some(9_999)] {
            assert!(!raw(&garbage, column).0.is_empty(), "{column:?}");
        }
        assert_eq!(
            raw(b"\x80\x80ab", Some(1)).1,
            Some(0),
            "the caret stands under the first byte"
        );
    }

    #[test]
    fn terminals_get_no_escapes() {
        assert_eq!(safe("a\x1b[31m\u{9b}b\u{202e}"), "a\\u{1b}[31m\\u{9b}b\\u{202e}");
        assert_eq!(safe_json("\"\u{9b}张\u{7f}\"".to_owned()), "\"\\u009b张\\u007f\"");
    }
}
