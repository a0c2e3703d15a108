//! Asterisk and what is built on it (FreePBX, Issabel, Elastix): `Master.csv` of `cdr_csv` and `cdr_custom`.
//!
//! Layout: `cdr/cdr_csv.c` and the sample `cdr.conf` and `cdr_custom.conf` of Asterisk, checked against lines of three
//! sites. Texts are quoted, quotes in them doubled; a blank answer is nothing between commas.
//!
//! ```text
//! "","1111","1314","default","""1111 Ivanov"" <1111>","SIP/1111-000009c0","SIP/1314-000009c1","Dial","SIP/1314",
//! account src  dst    context  clid                    channel             dstchannel         lastapp lastdata
//!
//! "2018-09-07 11:08:40",,"2018-09-07 11:08:52",12,0,"NO ANSWER","DOCUMENTATION","1536293320.12674",""
//! start            answer end          duration billsec disposition amaflags     [uniqueid] [userfield]
//!                                                                   [peeraccount, linkedid, sequence]
//! ```
//!
//! `cdr_custom`'s sample begins with the caller id and has the account behind `amaflags`: seen from where the start
//! stands. Another order is told by the option `columns`.
//!
//! **Decided here.** A number of up to six digits (`extension_digits`) is an extension. A call is incoming if neither
//! the caller's channel is a phone's nor the caller's number an extension; else it is outgoing if a long number was
//! dialled to no phone of ours, and internal if not. The answerer is the phone of `dstchannel`, never `dst`, and
//! nobody if the last application was a machine's. `ANSWERED` without talk is a missed call, inferred; `NO ANSWER`
//! is one even with talk, which is the queue's. A row into a `Local` channel waits until the row that continues it
//! comes (same id and channel, begun where it ended; or the other half of the `Local` channel): both are one leg.
//! Not continued within eight lines, it stands for itself. An incoming call dialled to one channel that goes by a name or
//! a port (`SIP/alice`, `DAHDI/5`) was answered by the extension dialled, inferred. The own row of a called channel (`AppDial`) is skipped.
//!
//! **Cannot tell**: when an agent of a queue answered (the queue did before), the zone without `usegmtime`, whether a
//! line that is cut just behind a cell was longer.

mod meaning;
mod row;
mod usual_row;

use jiff::SignedDuration;

use crate::call::LineNumbers;
use crate::smdr::{
    About, Dialect, Line, OptionError, OptionInfo, OptionValue, Options, Parsed, Parser, Said, Tells, options,
};
use meaning::House;
use row::{Ended, Layout, Row};

/// The registry's entry.
pub static DIALECT: AsteriskCsv = AsteriskCsv;

/// The dialect.
pub struct AsteriskCsv;

static ABOUT: About = About {
    name: "asterisk-csv",
    title: "Asterisk call detail records (Master.csv of cdr_csv or cdr_custom)",
    models: &["Asterisk", "FreePBX, Issabel, Elastix"],
    transports: &["file", "tcp"],
    options: &[
        OptionInfo {
            name: "columns",
            values: "a list of column names, `-` for one to pass over",
            default: "the order of cdr_csv or of the sample cdr_custom.conf, as the line shows",
            meaning: "what cdr_custom.conf prints, in its order",
        },
        OptionInfo {
            name: "utc",
            values: "true or false",
            default: "false",
            meaning: "stamps are UTC: `usegmtime` in cdr.conf",
        },
        OptionInfo {
            name: "extension_digits",
            values: "1 to 12",
            default: "6",
            meaning: "up to so many digits a number is an extension",
        },
        OptionInfo {
            name: "encoding",
            values: "a code page, such as gb18030",
            default: "utf-8",
            meaning: "how names are written",
        },
    ],
    tells: Tells {
        ring_time: true,
        who_answered: true,
        missed: true,
        transfers: false,
        call_id: true,
        seconds: true,
        year: true,
        zone: false,
        stamp: "start",
        end_mark: "silence",
    },
    limits: &[
        "when an agent of a queue answered is not told: the answer printed is the queue's",
        "stamps have no zone: they are local unless the option utc says so",
        "calls that dialled nobody are printed only with unanswered=yes",
        "without linkedid (newcdrcolumns in cdr.conf) parts of a transferred call have no common id",
        "phones whose channel is not named by a number of up to extension_digits digits are taken for trunks",
        "a name with a line break in it is not read",
        "calls have no running number: lines that were lost show as a hole in time, never as a count",
    ],
    sources: &[
        "Asterisk source, cdr/cdr_csv.c, and the sample cdr.conf and cdr_custom.conf",
        "lines of three sites of 2009 and 2018, rows in the tests of other collectors",
    ],
};

impl Dialect for AsteriskCsv {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// All of the line, or half for a start where the format has it with something else elsewhere.
    fn score(&self, line: &[u8]) -> f64 {
        if row::is_title(line) || row::row(line, &Layout::Known, encoding_rs::UTF_8).is_ok() {
            return 1.0;
        }
        let begun = row::cells(line).is_ok_and(|cells| {
            let stamp = |n: usize| cells.get(n).is_some_and(|cell| row::stamp(cell.bytes).is_some());
            let channel = |n: usize| cells.get(n).is_some_and(|cell| cell.bytes.contains(&b'/'));
            (stamp(9) && channel(5)) || (stamp(8) && channel(4))
        });
        if begun { 0.5 } else { 0.0 }
    }

    fn parser(&self, options: &Options) -> Result<Box<dyn Parser>, OptionError> {
        ABOUT.check_names(options)?;
        Ok(Box::new(Reading {
            layout: layout(options)?,
            encoding: options::encoding(options)?,
            house: House {
                extension_digits: extension_digits(options)?,
                utc: utc(options)?,
            },
            held: Vec::new(),
        }))
    }

    fn shifted(&self, line: &[u8], seconds: i64) -> Option<Vec<u8>> {
        let mut out = line.to_vec();
        let mut moved = false;
        for cell in row::cells(line).ok()? {
            let Some(at) = row::stamp(cell.bytes) else { continue };
            let at = at.checked_add(SignedDuration::from_secs(seconds)).ok()?;
            let text = at.strftime("%Y-%m-%d %H:%M:%S").to_string();
            out.get_mut(cell.at..cell.at + 19)?
                .copy_from_slice(text.as_bytes().get(..19)?);
            moved = true;
        }
        moved.then_some(out)
    }
}

// ---- options

fn layout(options: &Options) -> Result<Layout, OptionError> {
    let wrong = |reason: String| OptionError::new("columns", reason);
    let names: Vec<&str> = match options.get("columns") {
        None => return Ok(Layout::Known),
        Some(OptionValue::List(names)) => names.iter().map(String::as_str).collect(),
        Some(OptionValue::Text(names)) => names.split(',').collect(),
        Some(_) => return Err(wrong("expected a list of column names".to_owned())),
    };
    let mut columns = Vec::new();
    for name in names {
        let name = name.trim();
        let Some(known) = (0..).zip(row::NAMES).find(|(_, n)| n.eq_ignore_ascii_case(name)) else {
            return Err(wrong(format!("`{name}` is none of {}", row::NAMES.join(", "))));
        };
        let (column, name) = known;
        if name != "-" && columns.contains(&column) {
            return Err(wrong(format!("`{name}` stands there twice")));
        }
        columns.push(column);
    }
    match row::NEEDED.iter().find(|needed| !columns.contains(needed)) {
        Some(lacks) => Err(wrong(format!(
            "`{}` is missing; calls cannot be read without it",
            row::name_of(*lacks)
        ))),
        None => Ok(Layout::Listed(columns)),
    }
}

fn utc(options: &Options) -> Result<bool, OptionError> {
    match options.get("utc") {
        None => Ok(false),
        Some(OptionValue::Bool(utc)) => Ok(*utc),
        Some(OptionValue::Text(text)) if text == "true" => Ok(true),
        Some(OptionValue::Text(text)) if text == "false" => Ok(false),
        Some(_) => Err(OptionError::new("utc", "expected true or false")),
    }
}

fn extension_digits(options: &Options) -> Result<usize, OptionError> {
    let digits = match options.get("extension_digits") {
        None => return Ok(6),
        Some(OptionValue::Int(digits)) => Some(*digits),
        Some(OptionValue::Text(text)) => text.parse().ok(),
        Some(_) => None,
    };
    digits
        .and_then(|digits| usize::try_from(digits).ok())
        .filter(|digits| (1..=12).contains(digits))
        .ok_or_else(|| OptionError::new("extension_digits", "expected a number from 1 to 12"))
}

// ---- the running parser

/// A row of a `Local` channel waits for so many more lines.
const PATIENCE: u8 = 8;

struct Reading {
    layout: Layout,
    encoding: &'static encoding_rs::Encoding,
    house: House,
    /// Rows that another may continue, with the lines they have waited for.
    held: Vec<(Row<'static>, u8)>,
}

impl Parser for Reading {
    fn read(&mut self, line: Line<'_>, say: &mut dyn FnMut(Said<'_>)) {
        let skipped = |what| Said::Skipped {
            line: line.number,
            what,
        };
        self.release(say);
        if line.bytes.iter().all(u8::is_ascii_whitespace) {
            return say(skipped("blank line"));
        }
        match row::row(line.bytes, &self.layout, self.encoding) {
            Ok(row) if meaning::is_called_half(&row) => say(skipped("own row of a called channel")),
            Ok(mut row) => {
                row.lines.push(line.number);
                self.take(&row, say);
            }
            // No row is a title, but not the other way round.
            Err(_) if row::is_title(line.bytes) => say(skipped("header")),
            Err(misfit) => say(Said::misfit(line, &misfit)),
        }
    }

    fn flush(&mut self, out: &mut Vec<Parsed>) {
        for (row, _) in std::mem::take(&mut self.held) {
            self.emit(&row, &mut |said| out.push(said.into()));
        }
    }
}

impl Reading {
    #[inline]
    fn emit(&self, row: &Row<'_>, say: &mut dyn FnMut(Said<'_>)) {
        let view = meaning::leg(row, self.house);
        if row.lines.len() <= 1 {
            return say(Said::Leg(&view));
        }
        let mut leg = view.to_leg();
        leg.lines = row.lines.len() as u64;
        leg.line_numbers = LineNumbers::from_slice(&row.lines);
        say(Said::Held(Box::new(leg)));
    }

    /// One more line has come: who has waited long enough stands for itself.
    fn release(&mut self, say: &mut dyn FnMut(Said<'_>)) {
        for (_, waited) in &mut self.held {
            *waited += 1;
        }
        let ready = self.held.iter().take_while(|(_, waited)| *waited > PATIENCE).count();
        if ready == 0 {
            return;
        }
        let ready: Vec<_> = self.held.drain(..ready).collect();
        for (row, _) in ready {
            self.emit(&row, say);
        }
    }

    fn take(&mut self, row: &Row<'_>, say: &mut dyn FnMut(Said<'_>)) {
        let joined = self.held.iter().enumerate().find_map(|(n, (held, _))| {
            if continues(held, row) {
                Some((n, join(held, row)))
            } else {
                continues(row, held).then(|| (n, join(row, held)))
            }
        });
        let row = match &joined {
            Some((_, joined)) => joined,
            None => row,
        };
        let kept = is_plumbing(row).then(|| row.clone().kept());
        if kept.is_none() {
            self.emit(row, say);
        }
        if let Some((n, _)) = joined {
            self.held.remove(n);
        }
        self.held.extend(kept.map(|row| (row, 0)));
    }
}

/// Whether a row may have a part in a `Local` channel that another row tells more of.
fn is_plumbing(row: &Row<'_>) -> bool {
    row.ended == Ended::Answered && (row.dst_channel.starts_with("Local/") || row.channel.starts_with("Local/"))
}

/// Whether `next` is what became of `row`, which went into a `Local` channel.
fn continues(row: &Row<'_>, next: &Row<'_>) -> bool {
    let Some(half) = row.dst_channel.strip_prefix("Local/") else {
        return false;
    };
    if row.ended != Ended::Answered {
        return false;
    }
    let other_half = next
        .channel
        .strip_prefix("Local/")
        .is_some_and(|other| other != half && without_half(other) == without_half(half));
    let gap = row.end.map(|end| next.start.duration_since(end).as_secs().abs());
    let same = !row.id.is_empty() && row.id == next.id && row.channel == next.channel;
    other_half || (same && gap.is_some_and(|seconds| seconds <= 1))
}

fn without_half(local: &str) -> &str {
    local.split(';').next().unwrap_or(local)
}

/// Both rows as one: begun as the first, answered as the second.
fn join<'a>(row: &Row<'a>, next: &Row<'a>) -> Row<'a> {
    let mut lines = row.lines.clone();
    lines.extend_from_slice(&next.lines);
    lines.sort_unstable();
    Row {
        lines,
        dst_channel: next.dst_channel.clone(),
        answer: next.answer,
        end: next.end,
        duration: None,
        billed: next.billed,
        ended: next.ended,
        machine_first: row.machine_first || row.answer == Some(row.start) || row.app.eq_ignore_ascii_case("Queue"),
        ..row.clone()
    }
}

#[cfg(test)]
mod tests;
