//! The report as a table: for a terminal, CSV, XLSX, and HTML that prints on A4.
//!
//! **Invariants.** No cell can be a formula: in CSV a text that a spreadsheet would take for one gets an apostrophe in
//! front (OWASP ASVS 1.2.10), in XLSX texts are texts and numbers are numbers.

use std::io::Write;

use askama::Template;
use jiff::Timestamp;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, XlsxError};

use super::rows::{columns, head, part, rates};
use super::{ALL, By, Counts, Question, Row, Sort};
use crate::l10n::{Say, when};

/// What makes a page of it: where its links lead.
pub struct Links<'a> {
    /// The address behind a count: of the row with this key (none: of nobody), of this column.
    pub behind: &'a dyn Fn(Option<&str>, &str) -> String,
    /// The same figures in another order.
    pub sorted: &'a dyn Fn(Sort) -> String,
    /// The order they are in.
    pub sort: Option<Sort>,
}

/// A rate with nothing to divide, in every language.
const NONE: &str = "n/a";

/// A report ready to be shown.
#[derive(Debug)]
pub struct Sheet {
    /// The reader's language.
    pub say: Say,
    /// What rows stand for.
    pub by: By,
    /// The range in words.
    pub range: String,
    /// When it was made, in words.
    pub made: String,
    /// The rows.
    pub rows: Vec<Row>,
    /// What they add up to.
    pub total: Counts,
    /// Holes of the call log that lie in the range.
    pub gaps: usize,
}

/// One line of cells, already in words.
struct Line {
    name: String,
    counts: Vec<Cell>,
    rates: Vec<Cell>,
}

/// A column's head, and what it is sorted by.
struct Head {
    words: String,
    /// Sorts by it; empty: nowhere.
    link: String,
    /// For `aria-sort`.
    way: Option<&'static str>,
}

struct Cell {
    words: String,
    /// Where the rows behind it are shown; empty: nowhere.
    link: String,
    /// The command that lists them.
    command: String,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    say: Say,
    sheet: &'a Sheet,
    by: Head,
    count_heads: Vec<Head>,
    rate_heads: Vec<Head>,
    lines: Vec<Line>,
    total: Line,
}

/// The section as a page of its own.
#[derive(Template)]
#[template(path = "report_page.html")]
struct Paper {
    say: Say,
    title: String,
    section: String,
}

impl Sheet {
    /// Rows and totals of a question, in words.
    pub fn new(question: &Question<'_>, rows: Vec<Row>, total: Counts, gaps: usize) -> Self {
        let (lang, zone) = (question.lang, question.zone);
        let say = Say(lang);
        let last = question.to.checked_sub(jiff::SignedDuration::from_nanos(1));
        let day = |at: Timestamp| zone.to_datetime(at).date().to_string();
        Self {
            say,
            by: question.by,
            range: say.report_range(day(question.from), day(last.unwrap_or(question.to))),
            made: say.report_made(when::long(lang, question.now, zone, question.now)),
            rows,
            total,
            gaps,
        }
    }

    /// The head of the first column.
    pub fn by_head(&self) -> String {
        self.by_words(self.by)
    }

    /// What rows may stand for, in words.
    pub fn by_words(&self, by: By) -> String {
        let say = self.say;
        match by {
            By::Person => say.by_person(),
            By::Department => say.by_department(),
            By::Hour => say.by_hour(),
            By::Weekday => say.by_weekday(),
            By::Day => say.by_day(),
            By::Month => say.by_month(),
        }
    }

    /// The heads of counts and of rates.
    pub fn heads(&self) -> (Vec<String>, Vec<String>) {
        let counts = columns(&self.total).map(|(name, _)| head(self.say, name)).to_vec();
        let rates = rates(&self.total).map(|(name, _)| head(self.say, name)).to_vec();
        (counts, rates)
    }

    /// What must stand beside the figures: what is not sure, and holes of the call log.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.total.ambiguous > 0 {
            remarks.push(self.say.report_unsure(self.total.ambiguous));
        }
        remarks.push(match self.gaps {
            0 => self.say.report_no_gaps(),
            gaps => self.say.report_gaps(gaps),
        });
        remarks
    }

    /// Rates in words.
    pub fn rates_in_words(&self, counts: &Counts) -> Vec<String> {
        rates(counts)
            .map(|(_, rate)| rate.map_or_else(|| NONE.to_owned(), |rate| format!("{:.1}%", rate * 100.0)))
            .to_vec()
    }

    /// Comma-separated; a rate with nothing to divide is an empty cell.
    ///
    /// # Errors
    /// The output can't be written.
    pub fn csv(&self, out: &mut dyn Write) -> Result<(), csv::Error> {
        let mut sheet = csv::Writer::from_writer(out);
        let mut heads = vec!["by".to_owned(), "key".to_owned(), "name".to_owned()];
        heads.extend(columns(&self.total).map(|(name, _)| name.to_owned()));
        heads.extend(rates(&self.total).map(|(name, _)| name.to_owned()));
        sheet.write_record(&heads)?;
        for row in &self.rows {
            let mut cells = vec![
                row.by.as_str().to_owned(),
                harmless(row.key.as_deref().unwrap_or_default()),
                harmless(&row.name),
            ];
            cells.extend(columns(&row.counts).map(|(_, count)| count.to_string()));
            cells.extend(rates(&row.counts).map(|(_, rate)| rate.map(|rate| format!("{rate:.4}")).unwrap_or_default()));
            sheet.write_record(&cells)?;
        }
        sheet.flush()?;
        Ok(())
    }

    /// An Excel file: texts are texts, counts whole numbers, rates per cent.
    ///
    /// # Errors
    /// The file can't be put together.
    pub fn xlsx(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        let bold = Format::new().set_bold();
        let heading = Format::new()
            .set_bold()
            .set_text_wrap()
            .set_align(FormatAlign::VerticalCenter)
            .set_border_bottom(rust_xlsxwriter::FormatBorder::Thin);
        let percent = Format::new().set_num_format("0.0%");
        let whole = Format::new().set_num_format("#,##0");
        sheet.set_name(self.say.accountability())?;
        sheet.write_with_format(0, 0, self.say.accountability(), &bold)?;
        sheet.write(1, 0, &self.range)?;
        sheet.write(1, 4, &self.made)?;
        let (counts, rate_heads) = self.heads();
        let heads = std::iter::once(self.by_head()).chain(counts).chain(rate_heads);
        for (column, head) in (0u16..).zip(heads) {
            sheet.write_with_format(3, column, head, &heading)?;
        }
        let total = self.say.report_total();
        let lines = self.rows.iter().map(|row| (row.name.as_str(), &row.counts));
        let mut at = 4;
        for (name, line) in lines.chain([(total.as_str(), &self.total)]) {
            sheet.write(at, 0, name)?;
            let mut column = 1;
            for (_, count) in columns(line) {
                #[allow(clippy::cast_precision_loss)] // counts of calls stay far below 2^52
                sheet.write_number_with_format(at, column, count as f64, &whole)?;
                column += 1;
            }
            for (_, rate) in rates(line) {
                match rate {
                    Some(rate) => sheet.write_number_with_format(at, column, rate, &percent)?,
                    None => sheet.write(at, column, NONE)?,
                };
                column += 1;
            }
            at += 1;
        }
        for remark in self.remarks() {
            at += 1;
            sheet.write(at, 0, remark)?;
        }
        sheet.set_column_width(0, 16)?;
        sheet.set_freeze_panes(4, 1)?;
        sheet.set_landscape();
        sheet.set_paper_size(9);
        sheet.set_print_fit_to_pages(1, 0);
        sheet.set_repeat_rows(3, 3)?;
        book.save_to_buffer()
    }

    /// The section of a page; without links where there is no server.
    ///
    /// # Errors
    /// The page can't be drawn.
    pub fn html(&self, links: Option<&Links<'_>>) -> Result<String, askama::Error> {
        let heads = |names: &[&'static str]| names.iter().map(|name| self.page_head(name, links)).collect();
        let of_total = |column: &str| links.map(|links| (links.behind)(Some(ALL), column));
        let line = |row: &Row| {
            let link = |column: &str| links.map(|links| (links.behind)(row.key.as_deref(), column));
            let command = |column: &str| {
                let arguments = row.rows.of(column).map(|arguments| arguments.join(" "));
                arguments
                    .map(|arguments| format!("firstanswer {arguments}"))
                    .unwrap_or_default()
            };
            self.line(&row.name, &row.counts, &link, &command)
        };
        Page {
            say: self.say,
            sheet: self,
            by: Head {
                words: self.by_head(),
                ..self.page_head("name", links)
            },
            count_heads: heads(&columns(&self.total).map(|(name, _)| name)),
            rate_heads: heads(&rates(&self.total).map(|(name, _)| name)),
            lines: self.rows.iter().map(line).collect(),
            total: self.line(&self.say.report_total(), &self.total, &of_total, &|_| String::new()),
        }
        .render()
    }

    fn page_head(&self, column: &str, links: Option<&Links<'_>>) -> Head {
        let sorted = links.and_then(|links| links.sort).filter(|sort| sort.column == column);
        let next = sorted.map(Sort::turned).or_else(|| Sort::by(column));
        Head {
            words: head(self.say, column),
            link: links
                .zip(next)
                .map(|(links, next)| (links.sorted)(next))
                .unwrap_or_default(),
            way: sorted.map(|sort| if sort.ascending { "ascending" } else { "descending" }),
        }
    }

    /// A line of cells: each count leads to its rows, each rate to the rows it is the share of.
    fn line(
        &self,
        name: &str,
        counts: &Counts,
        link: &dyn Fn(&str) -> Option<String>,
        command: &dyn Fn(&str) -> String,
    ) -> Line {
        let count = |(column, count): (&str, u64)| Cell {
            words: count.to_string(),
            link: link(column).filter(|_| count > 0).unwrap_or_default(),
            command: command(column),
        };
        let rate = |((rate, _), words): ((&str, Option<f64>), String)| {
            let behind = part(rate).filter(|part| {
                let counted = columns(counts).into_iter().find(|(column, _)| column == part);
                counted.is_some_and(|(_, count)| count > 0)
            });
            Cell {
                words,
                link: behind.and_then(link).unwrap_or_default(),
                command: behind.map(command).unwrap_or_default(),
            }
        };
        Line {
            name: name.to_owned(),
            counts: columns(counts).map(count).into(),
            rates: rates(counts)
                .into_iter()
                .zip(self.rates_in_words(counts))
                .map(rate)
                .collect(),
        }
    }

    /// A page of its own, for a file and for paper.
    ///
    /// # Errors
    /// The page can't be drawn.
    pub fn paper(&self) -> Result<String, askama::Error> {
        Paper {
            say: self.say,
            title: format!("{} {}", self.say.accountability(), self.range),
            section: self.html(None)?,
        }
        .render()
    }
}

/// A text that no spreadsheet takes for a formula.
pub fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
