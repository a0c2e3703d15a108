//! `parse`: lines of a call log in, legs out. Needs no config and no database.
//!
//! Every input line shows in the output: as part of a leg, as skipped, or as an error with its raw text.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use bytes::Bytes;
use clap::Args;
use jiff::civil::{Date, DateTime};
use serde::Serialize;

use super::screen::{open, safe, safe_json, table};
use super::{Exit, complain};
use crate::call::{Leg, Text};
use crate::feed::source::{SourceLine, SourceReader};
use crate::smdr::{Line, OptionValue, Options, Parsed, Parser, Said, by_name, detect, nearest_name};

/// Lines that `auto` looks at before it decides.
pub(super) const DETECT_LINES: usize = 10_000;

/// Parse lines of a call log and print the legs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    firstanswer parse --dialect avaya-ip-office --json smdr.log\n  \
    zcat old.gz | firstanswer parse --dialect auto --received 2024-01-02\n\n\
    Several files are read as one log: line numbers run on.")]
pub struct ParseArgs {
    /// The dialect (see `firstanswer dialects`), or `auto` to detect it
    #[arg(long, value_name = "NAME")]
    pub dialect: String,
    /// An option of the dialect; may be repeated
    #[arg(long = "option", value_name = "K=V", value_parser = option)]
    pub options: Vec<(String, String)>,
    /// When the lines were received, for years the format lacks: 2024-01-02 or 2024-01-02T15:04 [default: now]
    #[arg(long, value_name = "DATE", value_parser = received)]
    pub received: Option<DateTime>,
    /// Print one JSON object a leg, instead of a table
    #[arg(long)]
    pub json: bool,
    /// The files; standard input if none or `-`
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

fn option(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, such as encoding=gb18030".to_owned()),
    }
}

fn received(text: &str) -> Result<DateTime, String> {
    let day = || text.parse::<Date>().map(|d| d.at(0, 0, 0, 0));
    text.parse::<DateTime>()
        .or_else(|_| day())
        .map_err(|_| "expected a date such as 2024-01-02".to_owned())
}

/// Runs the command.
///
/// # Errors
/// A file cannot be read, or the output not be written.
pub fn run(args: &ParseArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    if args.dialect != "auto" && by_name(&args.dialect).is_none() {
        return Ok(no_such_dialect(&args.dialect));
    }
    let mut log = Log::open(&args.files)?;
    let dialect = match by_name(&args.dialect) {
        Some(dialect) => Some(dialect),
        None => detect(&log.peek(DETECT_LINES)?).dialect.and_then(by_name),
    };
    let options: Options = args
        .options
        .iter()
        .map(|(k, v)| (k.clone(), OptionValue::Text(v.clone())))
        .collect();
    let parser = match dialect.map_or_else(|| Ok(Box::new(Unknown) as Box<dyn Parser>), |d| d.parser(&options)) {
        Ok(parser) => parser,
        Err(error) => {
            complain(format_args!("--{error}"));
            return Ok(Exit::Usage);
        }
    };
    let received = args.received.unwrap_or_else(crate::clock::wall_time);
    let mut run = Run::new(parser, received);
    if args.json {
        run.all(&mut log, |row| Ok(writeln!(out, "{}", row.json())?))?;
    } else {
        let (mut legs, mut others) = (table(HEADS), Vec::new());
        run.all(&mut log, |row| {
            match row {
                Row::Leg(leg) => drop(legs.add_row(cells(leg))),
                Row::Skipped { line, skipped } => others.push(format!("line {line}: skipped, {skipped}")),
                Row::Unparsed {
                    line, error, column, ..
                } => {
                    others.push(safe(&format!("line {line}, column {column}: {error}")));
                }
            }
            Ok(())
        })?;
        if !legs.is_empty() {
            writeln!(out, "{}", legs.trim_fmt())?;
        }
        for other in others {
            writeln!(out, "{other}")?;
        }
    }
    out.flush()?;
    let name = dialect.map_or("unknown dialect", |d| d.about().name);
    // Nobody is left to tell if stderr is gone.
    let _ = writeln!(io::stderr(), "{name}: {}", run.summary());
    Ok(Exit::Done)
}

fn no_such_dialect(name: &str) -> Exit {
    let hint = nearest_name(name).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    let name = safe(name);
    complain(format_args!(
        "--dialect: there is no dialect `{name}`{hint} (`firstanswer dialects` lists them)"
    ));
    Exit::Usage
}

/// A parser with the raw lines it has not accounted for yet.
pub struct Run {
    parser: Box<dyn Parser>,
    received: DateTime,
    held: BTreeMap<u64, Bytes>,
    parsed: Vec<Parsed>,
    lines: u64,
    legs: u64,
    skipped: u64,
    unparsed: u64,
}

impl Run {
    /// Starts with nothing read; `received` is the reference for years that the format lacks.
    pub fn new(parser: Box<dyn Parser>, received: DateTime) -> Self {
        let (held, parsed) = (BTreeMap::new(), Vec::new());
        Self {
            parser,
            received,
            held,
            parsed,
            lines: 0,
            legs: 0,
            skipped: 0,
            unparsed: 0,
        }
    }

    /// Parses all of `log` and shows what comes of it, in the order in which it is known.
    ///
    /// # Errors
    /// Those of `log` and of `show`.
    pub fn all(
        &mut self,
        log: impl Iterator<Item = anyhow::Result<SourceLine>>,
        mut show: impl FnMut(Row<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        for line in log {
            self.take(line?);
            self.show(&mut show)?;
        }
        self.parser.flush(&mut self.parsed);
        self.show(&mut show)
    }

    fn take(&mut self, line: SourceLine) {
        self.lines += 1;
        let number = line.number;
        if line.is_cut() {
            let error = format!(
                "the line has {} bytes; more than {} cannot be parsed",
                line.length,
                line.bytes.len()
            );
            self.parsed.push(Parsed::Unparsed {
                line: number,
                column: line.bytes.len() + 1,
                error,
            });
        } else {
            self.parser.line(
                Line {
                    number,
                    bytes: &line.bytes,
                    received: self.received,
                },
                &mut self.parsed,
            );
        }
        self.held.insert(number, line.bytes);
    }

    fn show(&mut self, show: &mut impl FnMut(Row<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
        for parsed in self.parsed.drain(..) {
            match parsed {
                Parsed::Leg(leg) => {
                    self.legs += 1;
                    leg.line_numbers.iter().for_each(|n| drop(self.held.remove(n)));
                    show(Row::Leg(&leg))?;
                }
                Parsed::Skipped { line, what } => {
                    self.skipped += 1;
                    self.held.remove(&line);
                    show(Row::Skipped { line, skipped: what })?;
                }
                Parsed::Unparsed { line, column, error } => {
                    self.unparsed += 1;
                    let raw = self.held.remove(&line).unwrap_or_default();
                    show(Row::Unparsed {
                        line,
                        error: &error,
                        column,
                        raw: &String::from_utf8_lossy(&raw),
                    })?;
                }
            }
        }
        Ok(())
    }

    /// The counts in words.
    pub fn summary(&self) -> String {
        let Self {
            lines,
            legs,
            skipped,
            unparsed,
            ..
        } = self;
        format!("lines {lines}, legs {legs}, skipped {skipped}, not parsed {unparsed}")
    }
}

/// One output row: what `parse --json` prints.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Row<'a> {
    /// A leg.
    Leg(&'a Leg),
    /// A line that tells of no call.
    Skipped {
        /// Its number.
        line: u64,
        /// What it is.
        skipped: &'a str,
    },
    /// A line that was not understood.
    Unparsed {
        /// Its number.
        line: u64,
        /// Why.
        error: &'a str,
        /// Where, in bytes from 1.
        column: usize,
        /// The line, what is no UTF-8 replaced.
        raw: &'a str,
    },
}

const HEADS: &[&str] = &[
    "line",
    "start",
    "direction",
    "calling",
    "name",
    "called",
    "station",
    "answered by",
    "ring",
    "talk",
    "disposition",
];

impl Row<'_> {
    /// As one line of JSON.
    pub fn json(&self) -> String {
        // Texts, numbers and lists of them always serialise.
        safe_json(serde_json::to_string(self).unwrap_or_default())
    }
}

fn cells(leg: &Leg) -> Vec<String> {
    let text = |text: &Option<Text>| text.as_deref().map_or_else(String::new, safe);
    let seconds = |seconds: Option<i64>| seconds.map_or_else(String::new, |s| s.to_string());
    vec![
        leg.line.to_string(),
        leg.start.to_string(),
        word(&leg.direction),
        text(&leg.calling_number),
        text(&leg.calling_name),
        text(&leg.called_number),
        text(&leg.station),
        text(&leg.answered_by),
        seconds(leg.ring_seconds),
        seconds(leg.talk_seconds),
        word(&leg.disposition),
    ]
}

/// The word that JSON has for it.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// What parses nothing because the dialect is not known.
struct Unknown;

impl Parser for Unknown {
    fn read(&mut self, line: Line<'_>, say: &mut dyn FnMut(Said<'_>)) {
        say(Said::Unparsed {
            line: line.number,
            column: 1,
            error: "unknown dialect".to_owned(),
        });
    }

    fn flush(&mut self, _: &mut Vec<Parsed>) {}
}

/// Files read one after the other as one log.
pub(super) struct Log {
    files: std::vec::IntoIter<(String, Box<dyn Read>)>,
    current: Option<(String, SourceReader<Box<dyn Read>>)>,
    peeked: VecDeque<SourceLine>,
    last: u64,
}

impl Log {
    /// Opens all of them at once, so that a missing one is told before anything is printed.
    pub(super) fn open(files: &[PathBuf]) -> anyhow::Result<Self> {
        let files = open(files)?.into_iter();
        Ok(Self {
            files,
            current: None,
            peeked: VecDeque::new(),
            last: 0,
        })
    }

    /// The first lines; they come again.
    pub(super) fn peek(&mut self, count: usize) -> anyhow::Result<Vec<&[u8]>> {
        while self.peeked.len() < count {
            match self.read().transpose()? {
                Some(line) => self.peeked.push_back(line),
                None => break,
            }
        }
        Ok(self.peeked.iter().map(|l| &l.bytes[..]).collect())
    }

    fn read(&mut self) -> Option<anyhow::Result<SourceLine>> {
        loop {
            if let Some((name, reader)) = &mut self.current
                && let Some(line) = reader.next()
            {
                return Some(match line {
                    Ok(line) => {
                        self.last = line.number;
                        Ok(line)
                    }
                    Err(error) => Err(anyhow::Error::new(error).context(format!("{name}: cannot be read"))),
                });
            }
            let (name, file) = self.files.next()?;
            self.current = Some((name, SourceReader::new(file, self.last)));
        }
    }
}

impl Iterator for Log {
    type Item = anyhow::Result<SourceLine>;

    fn next(&mut self) -> Option<Self::Item> {
        self.peeked.pop_front().map(Ok).or_else(|| self.read())
    }
}

/// What `parse --json` prints for a reader's lines.
#[cfg(test)]
pub fn json_lines(run: &mut Run, from: impl Read) -> String {
    let mut out = String::new();
    let lines = SourceReader::new(from, 0).map(|line| Ok(line?));
    let done = run.all(lines, |row| {
        out += &row.json();
        out.push('\n');
        Ok(())
    });
    assert!(done.is_ok(), "{done:?}");
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    const LINE: &str = "2026/03/02 09:15:02,00:01:30,12,8022,O,8021,8021,,1,1000201,0,E8022,王芳,E8021,Liu,0,0,,,,";

    /// Runs `parse` with these arguments on files of these contents.
    fn run_on(arguments: &[&str], files: &[&[u8]]) -> (Exit, String) {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<_> = (0..files.len()).map(|n| folder.path().join(n.to_string())).collect();
        paths
            .iter()
            .zip(files)
            .for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
        let paths = paths.iter().map(|p| p.to_str().unwrap());
        let cli = Cli::try_parse_from(
            ["firstanswer", "parse"]
                .into_iter()
                .chain(arguments.iter().copied())
                .chain(paths),
        );
        let Command::Parse(args) = cli.unwrap().command else {
            unreachable!()
        };
        let mut out = Vec::new();
        let exit = run(&args, &mut out).unwrap();
        (exit, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_name_that_does_not_exist_is_wrong_usage() {
        assert_eq!(run_on(&["--dialect", "avaya"], &[b"x"]).0, Exit::Usage);
        assert_eq!(
            run_on(&["--dialect", "avaya-ip-office", "--option", "colour=red"], &[b"x"]).0,
            Exit::Usage
        );
    }

    #[test]
    fn an_unknown_dialect_is_a_result() {
        let (exit, out) = run_on(&["--dialect", "auto", "--json"], &[b"hello\r\n\x1bworld\r\n"]);
        let wanted = concat!(
            "{\"line\":1,\"error\":\"unknown dialect\",\"column\":1,\"raw\":\"hello\"}\n",
            "{\"line\":2,\"error\":\"unknown dialect\",\"column\":1,\"raw\":\"\\u001bworld\"}\n",
        );
        assert_eq!((exit, out.as_str()), (Exit::Done, wanted));
    }

    #[test]
    fn files_are_one_log_and_auto_misses_no_line() {
        let (_, out) = run_on(
            &["--dialect", "auto", "--json"],
            &[format!("{LINE}\n\n").as_bytes(), LINE.as_bytes()],
        );
        let numbers: Vec<_> = out.lines().map(|l| l.split([':', ',']).nth(1).unwrap()).collect();
        assert_eq!(numbers, ["1", "2", "3"]);
    }

    #[test]
    fn f06_a_line_too_long_is_one_error() {
        let long = "x".repeat(100_000) + "\n" + LINE;
        let (_, out) = run_on(&["--dialect", "avaya-ip-office", "--json"], &[long.as_bytes()]);
        let start =
            "{\"line\":1,\"error\":\"the line has 100000 bytes; more than 65536 cannot be parsed\",\"column\":65537";
        assert!(out.starts_with(start), "{}", &out[..200]);
        assert_eq!(out.lines().count(), 2);
    }

    #[test]
    fn the_table_aligns_wide_names_and_lets_no_escape_through() {
        let evil = LINE.replace("8022,O", "80\u{1b}[2J,O");
        let plain = LINE.replace("王芳", "Wang");
        let (_, out) = run_on(
            &["--dialect", "avaya-ip-office"],
            &[format!("{LINE}\n{plain}\n{evil}").as_bytes()],
        );
        let wide: Vec<_> = out.lines().map(unicode_width::UnicodeWidthStr::width).collect();
        assert_eq!(wide[1], wide[2], "{out}");
        assert!(out.contains("80\\u{1b}[2J") && !out.contains('\u{1b}'), "{out}");
    }
}
