//! What goes to a terminal: tables that align wide characters, and nothing that steers the terminal.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use comfy_table::{Table, presets};

use crate::smdr::misfit::moves_the_cursor;

/// A table with these column heads.
pub(super) fn table(heads: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(heads.to_vec());
    table
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
    fn terminals_get_no_escapes() {
        assert_eq!(safe("a\x1b[31m\u{9b}b\u{202e}"), "a\\u{1b}[31m\\u{9b}b\\u{202e}");
        assert_eq!(safe_json("\"\u{9b}张\u{7f}\"".to_owned()), "\"\\u009b张\\u007f\"");
    }
}
