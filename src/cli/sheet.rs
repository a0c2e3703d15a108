//! How lists are printed for other programs: one JSON object a row, or a table that spreadsheets open.
//!
//! **Invariants.** A table has its heading even without rows, and no cell of it is a formula.

use std::io::Write;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::screen::safe_json;
use crate::report::sheet::harmless;

/// How to print.
#[derive(Debug, Clone, Copy, Args)]
pub struct Print {
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Print one JSON object a row
    #[arg(long)]
    json: bool,
}

impl Print {
    /// What was asked for; `--json` is short for `--format json`.
    pub fn format(self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// One JSON object a line
    Json,
    /// Comma-separated, safe to open in a spreadsheet
    Csv,
}

/// One object a line.
///
/// # Errors
/// A row can't be had, or the output not be written.
pub fn json(rows: impl IntoIterator<Item = anyhow::Result<Value>>, out: &mut dyn Write) -> anyhow::Result<()> {
    for row in rows {
        writeln!(out, "{}", safe_json(row?.to_string()))?;
    }
    Ok(())
}

/// The columns named, of each row; a list within a cell is parted by blanks.
///
/// # Errors
/// The same.
pub fn csv(
    columns: &[&str],
    rows: impl IntoIterator<Item = anyhow::Result<Value>>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut sheet = csv::Writer::from_writer(out);
    sheet.write_record(columns)?;
    for row in rows {
        let row = row?;
        sheet.write_record(columns.iter().map(|column| cell(row.get(column))))?;
    }
    Ok(sheet.flush()?)
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => harmless(text),
        Some(Value::Array(list)) => {
            let texts: Vec<String> = list.iter().map(|value| cell(Some(value))).collect();
            texts.join(" ")
        }
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_no_formulas() {
        for (text, wanted) in [
            ("=1+1", "'=1+1"),
            ("+4930123", "'+4930123"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("a,b", "a,b"),
            ("=\"x\"", "'=\"x\""),
            ("138", "138"),
        ] {
            assert_eq!(cell(Some(&json!(text))), wanted);
        }
        assert_eq!(cell(Some(&json!(["wang", "=li"]))), "wang '=li");
    }

    #[test]
    fn a_table_without_rows_has_its_heading() {
        let mut out = Vec::new();
        csv(&["id", "start"], [], &mut out).unwrap();
        csv(
            &["id", "start"],
            [Ok(json!({"start": null, "id": 7, "x": 1}))],
            &mut out,
        )
        .unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "id,start\nid,start\n7,\n");
    }
}
