//! 3CX, versions 12 to 20: call detail records (CDR), comma-separated.
//!
//! Layout: 3CX's field list, checked against lines of a version 16 by socket, the same site's file, a version 20.
//! The switch connects to us (active socket), listens (passive), or writes a file. It prints a line when a call ends:
//!
//! ```text
//!  1 historyid         Call 23194              the switch's count of records
//!  2 callid            00000172FF13E364_4449
//!  3 duration          00:03:43                answer to end; blank: not answered
//!  4 time-start        2020/06/29 07:56:32     UTC
//!  5 time-answered     2020/06/29 07:56:33     blank: not answered; of a queue: when the *queue* took the call
//!  6 time-end          2020/06/29 08:00:16
//!  7 reason-terminated TerminatedBySrc         Failed, Failed_Cancelled (the caller gave up), NotAvailable …
//!  8, 9 from-no, to-no 0155501001, Ext.611     `Ext.` an extension, queue or group; EndCall; PickupExt.N; else outside
//! 10, 11 from-dn, to-dn 10000, 611             the trunk is the outside party's
//! 12 dial-no           611
//! 13 reason-changed    ReplacedDst             ReplacedSrc, QFwdToDNA (the queue gave up), Fwd_…
//! 14, 15 final-number, final-dn  Ext.194,194   after the change
//! 16-19 bill-code, rate, cost, name
//! 20 chain             Chain: 0155501001;Ext.611;Ext.194;    in files quoted, with commas
//! 21-23 from-type, to-type, final-type         External, Internal; version 20: Line, Queue, Extension …
//! 24-27 from-dispname, to-dispname, final-dispname, missed-queue-calls
//! ```
//!
//! The administrator chooses fields and their order (option `fields`); 20 and 27 are usual. Without the option it is seen
//! whether billing was left out, and whether missed calls and names stand before the types, as 3CX adds them.
//!
//! **Decided here.** A queue "answers" in 0 or 1 s, which is nobody's answer: the person is the first extension
//! behind it in the chain. What is a queue is told by its type or the option `queues`. Without both, an answer within
//! 1 s before a change to another number is a machine's, and so is one of an outside call that nothing follows (an
//! abandoned queue looks so): deduced. Where a queue gave up and several extensions follow, the first of them is the
//! next queue, unless `queues` says otherwise. Who is in the chain after the first got the call from them. The
//! extension 999 is the switch's mailbox, `to-dn` then its owner. `EndCall` is an announcement, a pickup code no
//! answer. `ReplacedSrc` leaves the answerer: the caller gave the other party away.
//!
//! **Cannot tell**: when a person behind a queue answered, which phones rang, how long anybody after the first talked.

mod leg;
mod line;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod usual_line;

use encoding_rs::Encoding;
use jiff::SignedDuration;

use crate::smdr::misfit::trim;
use crate::smdr::{
    About, Dialect, Line, OptionError, OptionInfo, OptionValue, Options, Parsed, Parser, Said, Tells, options,
};
use line::{Layout, without_leading_filler};

/// The registry's entry.
pub static DIALECT: ThreeCx = ThreeCx;

/// The dialect.
pub struct ThreeCx;

static ABOUT: About = About {
    name: "3cx",
    title: "3CX call detail records",
    models: &["3CX Phone System 12 to 20"],
    transports: &["tcp", "file"],
    options: &[
        OptionInfo {
            name: "queues",
            values: "a list of numbers",
            default: "none given: types tell, else an answer within 1 s is a machine's",
            meaning: "queues, ring groups, menus, conference rooms: what they do is nobody's answer, all else is a person's",
        },
        OptionInfo {
            name: "voicemail",
            values: "a list of numbers",
            default: "999",
            meaning: "the mailbox's extensions",
        },
        OptionInfo {
            name: "fields",
            values: "names as 3CX has them, such as time-start, in the order of the line",
            default: "historyid to chain (20 fields) or to missed-queue-calls (27); without billing, and names before types, are seen",
            meaning: "the fields chosen in 3CX's CDR settings",
        },
        OptionInfo {
            name: "utc",
            values: "true, false",
            default: "true",
            meaning: "stamps are UTC; false: the feed's zone",
        },
        OptionInfo {
            name: "encoding",
            values: "a code page's name, such as utf-8, gb18030, latin1",
            default: "utf-8, what is none replaced",
            meaning: "how names are written",
        },
    ],
    tells: Tells {
        ring_time: false,
        who_answered: true,
        missed: true,
        transfers: true,
        call_id: true,
        seconds: true,
        year: true,
        zone: true,
        stamp: "start",
        end_mark: "record",
    },
    limits: &[
        "the answer time of a queue call is the queue's: when a person answered behind it is not printed",
        "without types (Queue, Extension) and without the option `queues`, a queue is known only by its quick answer",
        "a call that a queue passed to another queue, and nobody took, names that queue unless `queues` lists it",
        "who answered first is read off the chain; how long each talked is not printed",
        "which phones rang is not printed; a ring group's number must be in `queues`, or be typed RingGroup",
        "whether a pickup code succeeded is not printed: it is a record of its own",
        "an outgoing call that ends in EndCall was not set up or not answered, which of both is not printed",
        "a conference room (700) is an extension like another, unless it is in `queues`",
        "a transfer with consultation prints the consultation as a call of its own",
        "calls have no running number: lines that were lost show as a hole in time, never as a count",
    ],
    sources: &[
        "3CX, CDR - Call Data Reader",
        "lines of a version 16 with 20 and with 27 fields",
        "a line of a version 20, orders of fields as other collectors expect them",
    ],
};

impl Dialect for ThreeCx {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// The share of the usual order's nine anchors that hold.
    fn score(&self, line: &[u8]) -> f64 {
        let line = without_leading_filler(line);
        if !line.starts_with(b"Call ") {
            return 0.0;
        }
        let mut cells = [&b""[..]; 20];
        let mut count = 0;
        for (cell, slot) in line.split(|b| *b == b',').zip(&mut cells) {
            *slot = trim(cell);
            count += 1;
        }
        let [history, id, duration, start, answered, end, reason, ..] = cells;
        let chain = cells[19].strip_prefix(b"\"").unwrap_or(cells[19]);
        let anchors = [
            line::is(line::history, history),
            line::is(line::call_id, id) && id.contains(&b'_'),
            duration.is_empty() || line::is(line::duration, duration),
            line::is(line::stamp, start),
            answered.is_empty() || line::is(line::stamp, answered),
            line::is(line::stamp, end),
            line::is(line::word, reason),
            count == 20,
            chain.is_empty() || chain.starts_with(b"Chain: "),
        ];
        if !(anchors[0] && (anchors[1] || anchors[3])) {
            return 0.0;
        }
        let held: u8 = anchors.into_iter().map(u8::from).sum();
        f64::from(held) / 9.0
    }

    fn parser(&self, options: &Options) -> Result<Box<dyn Parser>, OptionError> {
        ABOUT.check_names(options)?;
        Ok(Box::new(Reader {
            layout: Layout::option(list(options, "fields")?)?,
            queues: list(options, "queues")?,
            voicemail: list(options, "voicemail")?.unwrap_or_else(|| vec!["999".to_owned()]),
            utc: truth(options, "utc")?.unwrap_or(true),
            encoding: options::encoding(options)?,
        }))
    }

    fn shifted(&self, line: &[u8], seconds: i64) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(line.len());
        let mut moved = false;
        for (n, cell) in line.split(|b| *b == b',').enumerate() {
            if n > 0 {
                out.push(b',');
            }
            match shifted_stamp(cell, seconds) {
                Some(stamp) => {
                    moved = true;
                    out.extend_from_slice(stamp.as_bytes());
                }
                None => out.extend_from_slice(cell),
            }
        }
        moved.then_some(out)
    }
}

fn shifted_stamp(cell: &[u8], seconds: i64) -> Option<String> {
    let (rest, at) = line::stamp(cell).ok()?;
    let at = at.checked_add(SignedDuration::from_secs(seconds)).ok()?;
    let format = match cell.get(4) {
        Some(b'-') => "%Y-%m-%d %H:%M:%S",
        _ => "%Y/%m/%d %H:%M:%S",
    };
    rest.is_empty().then(|| at.strftime(format).to_string())
}

// ---- options

/// A list of texts; on the command line one text with commas.
fn list(options: &Options, name: &str) -> Result<Option<Vec<String>>, OptionError> {
    let words = |text: &str| {
        text.split([',', ';', ' '])
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    match options.get(name) {
        None => Ok(None),
        Some(OptionValue::List(list)) => Ok(Some(list.clone())),
        Some(OptionValue::Text(text)) => Ok(Some(words(text))),
        Some(_) => Err(OptionError::new(name, "expected a list of texts, such as [\"800\"]")),
    }
}

fn truth(options: &Options, name: &str) -> Result<Option<bool>, OptionError> {
    match options.get(name) {
        None => Ok(None),
        Some(OptionValue::Bool(truth)) => Ok(Some(*truth)),
        Some(OptionValue::Text(text)) if text == "true" => Ok(Some(true)),
        Some(OptionValue::Text(text)) if text == "false" => Ok(Some(false)),
        Some(_) => Err(OptionError::new(name, "expected true or false")),
    }
}

// ---- the running parser

struct Reader {
    layout: Layout,
    /// `None`: not given, so that queues must be guessed where types lack.
    queues: Option<Vec<String>>,
    voicemail: Vec<String>,
    utc: bool,
    encoding: &'static Encoding,
}

impl Parser for Reader {
    fn read(&mut self, line: Line<'_>, say: &mut dyn FnMut(Said<'_>)) {
        if let Some(what) = no_call(line.bytes) {
            return say(Said::Skipped {
                line: line.number,
                what,
            });
        }
        let text = without_leading_filler(line.bytes);
        match line::any(text, &self.layout) {
            Ok(printed) => {
                let name = self.name(&printed);
                self.tell(line.number, text, &printed, &name, say);
            }
            Err(misfit) => say(Said::misfit(line, &misfit)),
        }
    }

    fn flush(&mut self, _: &mut Vec<Parsed>) {}
}

/// What a line is that tells of no call.
fn no_call(line: &[u8]) -> Option<&'static str> {
    let text = without_leading_filler(line);
    if text.starts_with(b"Call ") {
        return None;
    }
    if text.iter().all(u8::is_ascii_whitespace) {
        Some("blank line")
    } else if text.iter().all(u8::is_ascii_control) {
        Some("control bytes")
    } else {
        // Titles are the names of the fields, in whatever order they were chosen.
        let first = text.split(|b| *b == b',').next()?;
        line::is_name(first).then_some("header")
    }
}
