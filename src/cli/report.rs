//! `report accountability`: who answers, who closes in time, who passes the buck.

use std::io::{IsTerminal, Write};

use clap::{Args, Subcommand, ValueEnum};

use super::screen::{safe, safe_json, table};
use super::session::{Session, fail, instant, until};
use super::{Cli, Exit};
use crate::report::sheet::Sheet;
use crate::report::{self, By, Question, Sort};

/// The managers' figures.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  firstanswer report accountability --from 2026-10-01 --to 2026-10-31 --by person")]
pub struct ReportArgs {
    /// Which
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Per person, department or time: answered first, registered, closed in time, handed over, missed, called back
    #[command(
        after_help = "Examples:\n  firstanswer report accountability --from 2026-10-01 --to 2026-10-31\n  \
        firstanswer report accountability --from 2026-10-01 --to 2026-10-31 --by department --format xlsx > october.xlsx\n  \
        firstanswer report accountability --from 2026-10-01 --to 2026-10-31 --sort closed_in_time_rate"
    )]
    Accountability(AccountabilityArgs),
}

#[derive(Debug, Args)]
struct AccountabilityArgs {
    /// From this time on (site time, or with an offset)
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Before this time; a date: through that day
    #[arg(long, value_name = "TIME")]
    to: String,
    /// What a row stands for
    #[arg(long, value_name = "BY", value_parser = ways(), default_value = "person")]
    by: String,
    /// Order rows by this column, as --json names it: of counts the most first, of rates the lowest
    #[arg(long, value_name = "COLUMN")]
    sort: Option<String>,
    /// The other way round
    #[arg(long, requires = "sort")]
    reverse: bool,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Print one JSON object a row
    #[arg(long)]
    json: bool,
}

fn ways() -> clap::builder::PossibleValuesParser {
    By::ALL.map(By::as_str).into()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON object a row
    Json,
    /// Comma-separated, safe to open in a spreadsheet
    Csv,
    /// A spreadsheet
    Xlsx,
    /// A page that prints on A4
    Html,
}

/// Runs the command.
///
/// # Errors
/// Configuration or database can't be had, or a time is none.
pub fn run(cli: &Cli, args: &ReportArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Verb::Accountability(args) = &args.verb;
    let session = Session::open(cli)?;
    super::long_read::watch(&session.database);
    let question = Question {
        from: instant(&args.from, session.zone())?,
        to: until(&args.to, session.zone())?,
        by: By::named(&args.by).unwrap_or(By::Person),
        zone: session.zone(),
        directory: &session.rules.directory,
        lang: session.lang(),
        now: session.now(),
    };
    if question.to <= question.from {
        return Err(fail(
            Exit::Usage,
            format!(
                "--to {}: lies before --from {}; give the later one as --to",
                args.to, args.from
            ),
        ));
    }
    let sort = args.sort.as_deref().map(|column| {
        Sort::by(column).ok_or_else(|| {
            let way_out = "columns are named as in --json, such as answered_first or closed_in_time_rate";
            fail(Exit::Usage, format!("--sort {column}: no such column; {way_out}"))
        })
    });
    let sort = sort
        .transpose()?
        .map(|sort| if args.reverse { sort.turned() } else { sort });
    let (mut rows, total) = report::accountability(&session.reader, question.clone())?;
    if let Some(sort) = sort {
        sort.order(&mut rows);
    }
    let gaps = report::gaps(&session.reader, &question)?;
    let sheet = Sheet::new(&question, rows, total, gaps);
    match if args.json { Format::Json } else { args.format } {
        Format::Json => {
            for row in &sheet.rows {
                writeln!(out, "{}", safe_json(row.json().to_string()))?;
            }
        }
        Format::Csv => sheet.csv(out)?,
        Format::Html => out.write_all(sheet.paper()?.as_bytes())?,
        Format::Xlsx => {
            if std::io::stdout().is_terminal() {
                return Err(fail(
                    Exit::Usage,
                    "--format xlsx: a terminal can't show it; write it to a file: > report.xlsx",
                ));
            }
            out.write_all(&sheet.xlsx()?)?;
        }
        Format::Table => print_table(&sheet, out)?,
    }
    Ok(Exit::Done)
}

fn print_table(sheet: &Sheet, out: &mut dyn Write) -> anyhow::Result<()> {
    let say = sheet.say;
    writeln!(out, "{} · {}", say.accountability(), sheet.range)?;
    writeln!(out, "{}", sheet.made)?;
    for remark in sheet.remarks() {
        writeln!(out, "{remark}")?;
    }
    if sheet.rows.is_empty() {
        return Ok(writeln!(out, "{}", say.report_empty())?);
    }
    let (count_heads, rate_heads) = sheet.heads();
    let print = |heads: &[String], cells: &dyn Fn(&report::Counts) -> Vec<String>, out: &mut dyn Write| {
        let by = sheet.by_head();
        let heads: Vec<&str> = std::iter::once(by.as_str())
            .chain(heads.iter().map(String::as_str))
            .collect();
        let mut shown = table(&heads);
        let lines = sheet.rows.iter().map(|row| (safe(&row.name), &row.counts));
        for (name, counts) in lines.chain([(say.report_total(), &sheet.total)]) {
            let mut line = vec![name];
            line.extend(cells(counts));
            shown.add_row(line);
        }
        for column in shown.column_iter_mut().skip(1) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
        writeln!(out, "\n{}", shown.trim_fmt())
    };
    print(&count_heads, &|counts| counts.cells(), out)?;
    print(&rate_heads, &|counts| sheet.rates_in_words(counts), out)?;
    Ok(())
}
