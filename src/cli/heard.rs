//! What `listen-raw` shows: each line as it came, what it means, and at the end a feed for the config.
//!
//! **Invariants.** Every line is shown once as it came. Until a dialect is clear, lines wait to be read; then all of
//! them are.
//!
//! **Not here**: where the bytes come from ([`super::listen_raw`]).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::screen::{self, safe, safe_json};
use crate::call::{self, Leg};
use crate::config::{FlowControl, Parity, Serial};
use crate::feed::codec::{Framed, Piece};
use crate::l10n::{Lang, Say};
use crate::smdr::{Detection, Dialect, Line, Options, Parsed, Parser, detect, garble};

/// Lines that the dialect is told from at most.
const LOOKED_AT: usize = 200;

/// Lines with text before a dialect is believed, unless no more come.
const ENOUGH: usize = 3;

/// Where the bytes come from.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Listen(SocketAddr),
    Connect(String),
    File(PathBuf),
    Serial(Serial),
}

/// Line ends seen.
#[derive(Debug, Default)]
struct Ends {
    counts: BTreeMap<&'static str, u64>,
    last: Option<u8>,
}

/// Everything heard so far.
pub(super) struct Heard {
    place: Place,
    json: bool,
    zone: TimeZone,
    dialect: Option<&'static dyn Dialect>,
    parser: Option<Box<dyn Parser>>,
    told: Option<String>,
    /// Lines that were not read yet, and those of which a record is not whole.
    waiting: BTreeMap<u64, (Bytes, Timestamp)>,
    sample: Vec<Bytes>,
    ends: Ends,
    peers: BTreeSet<String>,
    lines: u64,
    legs: u64,
    skipped: u64,
    unread: Vec<Bytes>,
    drift: Vec<i64>,
    extensions: BTreeSet<String>,
}

impl Ends {
    fn see(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let pair = match (self.last, byte) {
                (Some(b'\r'), b'\n') => Some(("CR", "CR LF")),
                (Some(b'\n'), b'\r') => Some(("LF", "LF CR")),
                _ => None,
            };
            if let Some((single, both)) = pair {
                if let Some(count) = self.counts.get_mut(single) {
                    *count -= 1;
                }
                *self.counts.entry(both).or_insert(0) += 1;
                self.last = None;
                continue;
            }
            let name = match byte {
                b'\r' => "CR",
                b'\n' => "LF",
                0 => "NUL",
                0x0c => "FF",
                0x02 => "STX",
                0x03 => "ETX",
                _ => "",
            };
            if !name.is_empty() {
                *self.counts.entry(name).or_insert(0) += 1;
            }
            self.last = Some(*byte);
        }
    }

    fn words(&self) -> String {
        let seen = self.counts.iter().filter(|(_, count)| **count > 0);
        let mut seen: Vec<_> = seen.collect();
        seen.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let words: Vec<String> = seen.iter().map(|(name, count)| format!("{name} ({count})")).collect();
        if words.is_empty() {
            "none".to_owned()
        } else {
            words.join(", ")
        }
    }
}

impl Heard {
    pub fn new(dialect: Option<&'static dyn Dialect>, place: Place, json: bool) -> Self {
        let parser = dialect.and_then(|dialect| dialect.parser(&Options::new()).ok());
        Self {
            place,
            json,
            zone: TimeZone::system(),
            dialect,
            parser,
            told: None,
            waiting: BTreeMap::new(),
            sample: Vec::new(),
            ends: Ends::default(),
            peers: BTreeSet::new(),
            lines: 0,
            legs: 0,
            skipped: 0,
            unread: Vec::new(),
            drift: Vec::new(),
            extensions: BTreeSet::new(),
        }
    }

    /// Whether there are as many lines as were asked for.
    pub fn has(&self, lines: Option<u64>) -> bool {
        lines.is_some_and(|lines| self.lines >= lines)
    }

    /// A remark for people.
    pub fn say(&self, out: &mut dyn Write, text: &str) -> anyhow::Result<()> {
        if !self.json {
            writeln!(out, "-- {}", safe(text))?;
        }
        out.flush()?;
        Ok(())
    }

    /// The other side is there.
    pub fn connected(&mut self, out: &mut dyn Write, peer: &str) -> anyhow::Result<()> {
        self.peers.insert(peer.to_owned());
        self.say(out, &format!("connected: {peer}"))
    }

    /// The bytes as they came, for the kind of line end.
    pub fn framing(&mut self, bytes: &[u8]) {
        self.ends.see(bytes);
    }

    /// One line, or a piece of one.
    pub fn line(&mut self, out: &mut dyn Write, line: &Framed) -> anyhow::Result<()> {
        let now = crate::clock::Clock::Real.now();
        self.lines += 1;
        let kind = match line.piece {
            Piece::Whole => "",
            Piece::Partial => "its end has not come",
            Piece::First | Piece::Middle | Piece::Last => "a piece of a line longer than the limit",
        };
        let kind = if line.continues { "goes on" } else { kind };
        let at = self.zone.to_datetime(now);
        if self.json {
            let row = json!({"at": at.to_string(), "line": self.lines, "bytes": line.bytes.len(),
                "raw": String::from_utf8_lossy(&line.bytes), "note": Some(kind).filter(|kind| !kind.is_empty())});
            writeln!(out, "{}", safe_json(row.to_string()))?;
        } else {
            let note = if kind.is_empty() {
                String::new()
            } else {
                format!("   [{kind}]")
            };
            let shown = screen::raw(&line.bytes, None).0;
            writeln!(out, "{} {:>5}  {shown}{note}", at.strftime("%H:%M:%S%.3f"), self.lines)?;
        }
        if line.piece != Piece::Whole || line.continues {
            return Ok(());
        }
        if self.sample.len() < LOOKED_AT {
            self.sample.push(line.bytes.clone());
        }
        self.waiting.insert(self.lines, (line.bytes.clone(), now));
        if self.parser.is_some() {
            self.read(out, self.lines)?;
        }
        Ok(())
    }

    fn detection(&self) -> Detection {
        let sample: Vec<&[u8]> = self.sample.iter().map(|line| &line[..]).collect();
        detect(&sample)
    }

    /// Tells what the lines look like so far; a clear dialect reads them.
    pub fn look(&mut self, out: &mut dyn Write) -> anyhow::Result<()> {
        if self.parser.is_none() {
            let found = self.detection();
            self.tell(out, &found)?;
            if found.lines >= ENOUGH {
                self.take_up(out, &found)?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, out: &mut dyn Write, found: &Detection) -> anyhow::Result<()> {
        let name = found.dialect.unwrap_or("unknown");
        if found.lines > 0 && self.told.as_deref() != Some(name) {
            self.told = Some(name.to_owned());
            self.say(out, &format!("dialect: {name}; {}", found.why))?;
        }
        Ok(())
    }

    fn take_up(&mut self, out: &mut dyn Write, found: &Detection) -> anyhow::Result<()> {
        self.dialect = found.dialect.and_then(crate::smdr::by_name);
        self.parser = self.dialect.and_then(|dialect| dialect.parser(&Options::new()).ok());
        if self.parser.is_some() {
            let waiting: Vec<u64> = self.waiting.keys().copied().collect();
            waiting.into_iter().try_for_each(|number| self.read(out, number))?;
        }
        Ok(())
    }

    fn read(&mut self, out: &mut dyn Write, number: u64) -> anyhow::Result<()> {
        let (Some(parser), Some((bytes, at))) = (&mut self.parser, self.waiting.get(&number)) else {
            return Ok(());
        };
        let line = Line {
            number,
            bytes,
            received: self.zone.to_datetime(*at),
        };
        let mut parsed = Vec::new();
        parser.line(line, &mut parsed);
        parsed.into_iter().try_for_each(|parsed| self.show(out, parsed))
    }

    fn show(&mut self, out: &mut dyn Write, parsed: Parsed) -> anyhow::Result<()> {
        match parsed {
            Parsed::Leg(leg) => self.show_leg(out, &leg),
            Parsed::Skipped { line, what } => {
                self.skipped += 1;
                self.waiting.remove(&line);
                if self.json {
                    writeln!(out, "{}", json!({"line": line, "skipped": what}))?;
                } else {
                    writeln!(out, "{:>18}  no record: {what}", line)?;
                }
                Ok(())
            }
            Parsed::Unparsed { line, column, error } => {
                let raw = self.waiting.remove(&line).map(|(raw, _)| raw).unwrap_or_default();
                if self.json {
                    let row = json!({"line": line, "error": error, "column": column});
                    writeln!(out, "{}", safe_json(row.to_string()))?;
                } else {
                    let (shown, cells) = screen::raw(&raw, i64::try_from(column).ok());
                    writeln!(out, "{line:>18}  {shown}")?;
                    writeln!(
                        out,
                        "{:>18}  {}^ column {column}: {}",
                        "",
                        " ".repeat(cells.unwrap_or(0)),
                        safe(&error)
                    )?;
                }
                if self.unread.len() < LOOKED_AT {
                    self.unread.push(raw);
                }
                Ok(())
            }
        }
    }

    fn show_leg(&mut self, out: &mut dyn Write, leg: &Leg) -> anyhow::Result<()> {
        self.legs += 1;
        let last = leg
            .line_numbers
            .last()
            .and_then(|line| self.waiting.get(line))
            .map(|(_, at)| *at);
        for line in &leg.line_numbers {
            self.waiting.remove(line);
        }
        let placed = last.and_then(|at| call::placed(leg.clone(), 0, Vec::new(), at, &self.zone));
        if let Some((end, at)) = placed.and_then(|placed| placed.ended_at.zip(last)) {
            self.drift.push(at.as_second() - end.as_second());
        }
        self.extensions
            .extend(leg.answered_by.as_ref().map(ToString::to_string));
        if self.json {
            writeln!(out, "{}", safe_json(json!({"leg": leg}).to_string()))?;
            return Ok(());
        }
        let text = |text: &Option<crate::call::Text>| text.as_deref().map_or_else(|| "?".to_owned(), safe);
        let name = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        writeln!(
            out,
            "{:>18}  leg: {} {} {} -> {}, {}{}",
            leg.line,
            leg.start,
            name(json!(leg.direction)),
            text(&leg.calling_number),
            text(&leg.called_number),
            name(json!(leg.disposition)),
            leg.answered_by
                .as_ref()
                .map(|ext| format!(" by {}", safe(ext)))
                .unwrap_or_default(),
        )?;
        Ok(())
    }

    fn drift(&self) -> Option<i64> {
        let mut sorted = self.drift.clone();
        sorted.sort_unstable();
        let live = !matches!(self.place, Place::File(_));
        sorted.get(sorted.len() / 2).copied().filter(|_| live)
    }

    /// The end: what is held comes out; the summary, and a feed for the config.
    pub fn finish(&mut self, out: &mut dyn Write) -> anyhow::Result<()> {
        if self.parser.is_none() {
            let found = self.detection();
            self.tell(out, &found)?;
            self.take_up(out, &found)?;
        }
        let mut parsed = Vec::new();
        if let Some(parser) = &mut self.parser {
            parser.flush(&mut parsed);
        }
        parsed.into_iter().try_for_each(|parsed| self.show(out, parsed))?;
        let name = self.dialect.map_or("auto", |dialect| dialect.about().name);
        let raw: Vec<&[u8]> = if self.dialect.is_some() {
            &self.unread
        } else {
            &self.sample
        }
        .iter()
        .map(|line| &line[..])
        .collect();
        let garbled = garble::garbled(&raw);
        if self.json {
            let row = json!({"lines": self.lines, "legs": self.legs, "skipped": self.skipped,
                "not_understood": self.unread.len(), "dialect": self.dialect.map(|d| d.about().name),
                "line_ends": self.ends.words(), "drift_seconds": self.drift(), "extensions": self.extensions,
                "likely_cause": garbled.map(|g| g.cause.as_str()), "config": self.snippet(name)});
            writeln!(out, "{}", safe_json(row.to_string()))?;
            return Ok(());
        }
        writeln!(
            out,
            "\n{} lines: {} legs, {} no records, {} not understood; line ends: {}",
            self.lines,
            self.legs,
            self.skipped,
            self.unread.len(),
            self.ends.words()
        )?;
        if let Some(seconds) = self.drift() {
            writeln!(out, "lines arrive {seconds} s after the end they print (median)")?;
        }
        if let Some(garbled) = garbled {
            writeln!(
                out,
                "{}% of the bytes that were not understood are no text: {}",
                garbled.percent,
                Say(Lang::En).garbage_cause(garbled.cause.as_str())
            )?;
        }
        if !self.extensions.is_empty() {
            let extensions: Vec<String> = self.extensions.iter().map(|ext| safe(ext)).collect();
            writeln!(out, "extensions that answered: {}", extensions.join(", "))?;
        }
        if self.dialect.is_none() {
            writeln!(
                out,
                "no dialect is clear yet: more lines tell more, `firstanswer dialects` lists what is known"
            )?;
        }
        writeln!(out, "\nfor firstanswer.toml:\n\n{}", self.snippet(name))?;
        Ok(())
    }

    /// A feed for the config.
    fn snippet(&self, dialect: &str) -> String {
        let quoted = |text: &str| toml_text(&safe(text));
        let place = match &self.place {
            Place::Listen(address) => {
                let width = |peer: &String| if peer.contains(':') { 128 } else { 32 };
                let allow: Vec<String> = self
                    .peers
                    .iter()
                    .map(|peer| format!("\"{peer}/{}\"", width(peer)))
                    .collect();
                let allow = if allow.is_empty() {
                    "\"127.0.0.0/8\"".to_owned()
                } else {
                    allow.join(", ")
                };
                format!("tcp_listen = \"{address}\"\nallow = [{allow}]\n")
            }
            Place::Connect(host) => format!("tcp_connect = {}\n", quoted(host)),
            Place::Serial(serial) => {
                let parity = match serial.parity {
                    Parity::None => "none",
                    Parity::Odd => "odd",
                    Parity::Even => "even",
                };
                let flow = match serial.flow_control {
                    FlowControl::None => "none",
                    FlowControl::XonXoff => "xonxoff",
                    FlowControl::RtsCts => "rtscts",
                };
                format!(
                    "serial = {}\nbaud = {}\ndata_bits = {}\nparity = \"{parity}\"\nstop_bits = {}\n\
                     flow_control = \"{flow}\"\n",
                    quoted(&serial.path.to_string_lossy()),
                    serial.baud,
                    serial.data_bits,
                    serial.stop_bits
                )
            }
            Place::File(file) => format!("file = {}\nfrom = \"end\"\n", quoted(&file.to_string_lossy())),
        };
        format!("[[feed]]\nname = \"pbx\"\ndialect = \"{dialect}\"\n{place}")
    }
}

/// A text as TOML writes it.
fn toml_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f03_line_ends_are_counted_also_over_two_reads() {
        let mut ends = Ends::default();
        ends.see(b"a\r");
        ends.see(b"\nb\r\nc\n");
        assert_eq!(ends.words(), "CR LF (2), LF (1)");
        assert_eq!(Ends::default().words(), "none");
    }
}
