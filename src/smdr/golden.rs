//! Golden files: `tests/golden/<dialect>/NAME.in` holds bytes as on the wire, `NAME.json` what they mean, as
//! `parse --json` prints it. `UPDATE=1` rewrites the latter; read the difference before it is committed.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use bytes::Bytes;
use jiff::civil::date;

use super::{Options, registry};
use crate::cli::parse::{Run, json_lines};
use crate::feed::source::SourceReader;

/// A dialect's folder.
pub fn folder(dialect: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(dialect)
}

/// Its `.in` files, sorted.
pub fn inputs(dialect: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder(dialect)) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "in"));
    files.sort();
    files
}

/// The lines of a file.
pub fn lines(file: &Path) -> Vec<Bytes> {
    SourceReader::new(std::fs::File::open(file).unwrap(), 0)
        .map(|l| l.unwrap().bytes)
        .collect()
}

#[test]
fn every_golden_line_means_what_was_written_down() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = String::new();
    for dialect in registry::all() {
        for input in inputs(dialect.about().name) {
            let received = date(2026, 3, 5).at(12, 0, 0, 0);
            let mut run = Run::new(dialect.parser(&Options::new()).unwrap(), received);
            let found = json_lines(&mut run, std::fs::File::open(&input).unwrap());
            let file = input.with_extension("json");
            if update {
                std::fs::write(&file, &found).unwrap();
            }
            let wanted = std::fs::read_to_string(&file).unwrap_or_else(|_| {
                wrong += &format!("\n{} is missing: all of it is new", file.display());
                String::new()
            });
            wrong += &difference(&file, &wanted, &found);
        }
    }
    assert!(
        wrong.is_empty(),
        "{wrong}\n(UPDATE=1 cargo nextest run smdr::golden writes the files; read every line that changed)"
    );
}

/// The lines that differ, `-` as written down, `+` as found.
fn difference(file: &Path, wanted: &str, found: &str) -> String {
    let (wanted, found): (Vec<_>, Vec<_>) = (wanted.lines().collect(), found.lines().collect());
    let mut out = String::new();
    for n in 0..wanted.len().max(found.len()) {
        let (w, f) = (wanted.get(n), found.get(n));
        if w != f {
            out += &format!(
                "\n{}:{}\n- {}\n+ {}",
                file.display(),
                n + 1,
                w.unwrap_or(&""),
                f.unwrap_or(&"")
            );
        }
    }
    out
}
