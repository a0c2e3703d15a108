//! Siemens and Unify: Hicom 100 and 150, HiPath 1100, 3000 and 5000, OpenScape Office and Business: the call log,
//! compressed, in the long form for printers, or with bars.
//!
//! Layout: the Hicom 150 E manual and the HiPath 3000 Manager's, checked against lines of several sites. The switch
//! prints over V.24, or connects to us; OpenScape Office puts `|` between the same fields. All of them end in CR LF.
//!
//! ```text
//! 0         1         2         3         4         5         6         7         8         9
//! 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456
//! 31.01.2115:23:58  9   25000:0500:00:07353806404393                         1
//! date    time    tr extens.ring talk    other party's number     charge     type
//!                                                                              account    MSN
//! 20.06.12|13:11:35|201|33388|00:02|00:00:07|0123456789||1||||||
//! 15.12.00 12:23:34   4   1600 00:34 00:02:34 0230298007252                     1
//! ```
//!
//! The last line is the long form. GetAccount (with a node) and Hicom 100 E (narrower) are known by where the colons of
//! the spans stand; HiPath 1100, and lines whose blanks were lost, are read by their words.
//!
//! The stamp is the end of the leg. Types: 0 a phone rings (one line per phone, at once), 1 in, 2 out, 3 and 4 the
//! same for other services, 5 and 6 passed on, 7 and 8 conferences, 9 out by a forwarding; 30 more: the next part of
//! a connection that was put through, 35 and 36 to an extension, 37 and 38 to the outside; 50 more: through DISA.
//!
//! **Decided here.** Ring lines are skipped: they name nobody who answered, and the final line tells how long it rang.
//! A blank duration is a missed call; a duration of zero is taken for one, inferred, unless `zero_talk` says otherwise.
//! In a part put through to the outside (37, 38) the printed extension is who put it through, so nobody here answers
//! it. An outgoing call passed on (6, 36) or forwarded (9) prints the extension that has it, not the one that dialled.
//! Serial lines may begin with control bytes: no text, dropped.
//!
//! **Cannot tell**: which record follows which (trunk, number and time join them), the caller's name, why an outgoing
//! call failed, the zone, internal calls (they are not printed).

use jiff::SignedDuration;

use crate::smdr::misfit::leading_control;
use crate::smdr::stamps::{Meaning, nearest_day};
use crate::smdr::{About, Dialect, Line, OptionError, OptionInfo, Options, Parsed, Parser, Said, Tells, options};

use line::{Fields, fields, stamp};
use usual_line::usual_fields;

mod layouts;
mod leg;
mod line;
#[cfg(test)]
mod tests;
mod usual_line;

/// The registry's entry.
pub static DIALECT: SiemensHipath = SiemensHipath;

/// The dialect.
pub struct SiemensHipath;

static ABOUT: About = About {
    name: "siemens-hipath",
    title: "Siemens / Unify HiPath call log (compressed, long, or with bars)",
    models: &[
        "HiPath 1100, 3000, 5000 (also GetAccount)",
        "Hicom 100 E, 150 E, 150 H",
        "OpenScape Office, OpenScape Business",
    ],
    transports: &["serial", "tcp", "file"],
    options: &[
        OptionInfo {
            name: "stamp",
            values: "start, answer or end",
            default: "end",
            meaning: "what the date and time of a line are the time of",
        },
        OptionInfo {
            name: "zero_talk",
            values: "missed or answered",
            default: "missed",
            meaning: "what an incoming call of 00:00:00 was; a blank duration is always a missed call",
        },
    ],
    tells: Tells {
        ring_time: true,
        who_answered: true,
        missed: true,
        transfers: true,
        call_id: false,
        seconds: true,
        year: true,
        zone: false,
        stamp: "end",
        end_mark: "silence",
    },
    limits: &[
        "records of one call have no common id: trunk, number and time join them",
        "a duration of 00:00:00 does not say whether somebody answered; it counts as missed, inferred",
        "a missed call names one extension, the last that rang",
        "who puts a call through is not named in the part that follows; a part put through to the outside names nobody \
         who talks",
        "calls of other services (types 3, 4), such as fax, are likely at most",
        "internal calls are not printed, and callers have no name",
        "the year has two digits",
        "HiPath 4000 prints what its administrator has composed; that is not read",
        "calls have no running number: lines that were lost show as a hole in time, never as a count",
    ],
    sources: &[
        "Siemens Hicom 150 E Office service manual, call data",
        "Siemens HiPath 3000 Manager E, call charges; HiPath 5000, GetAccount",
        "Siemens Hicom 100 E and HiPath 1100 service manuals",
        "lines of several sites of 2018 to 2021, HiPath 3000, V.24",
        "lines of an OpenScape Office, with and without a title",
    ],
};

impl Dialect for SiemensHipath {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// All of the line, or half for a stamp of this form with something else behind it.
    fn score(&self, line: &[u8]) -> f64 {
        if is_title(line) {
            return 1.0;
        }
        let begun = leading_control(line);
        let line = &line[begun..];
        match fields(line) {
            Ok(_) => 1.0,
            // A day and a time with a blank between are anybody's.
            Err(_) if line.get(8) != Some(&b' ') && stamp(line).is_ok() => 0.5,
            Err(_) => 0.0,
        }
    }

    fn parser(&self, options: &Options) -> Result<Box<dyn Parser>, OptionError> {
        ABOUT.check_names(options)?;
        let zero_is_answered = match options::text(options, "zero_talk")? {
            None | Some("missed") => false,
            Some("answered") => true,
            Some(other) => {
                return Err(OptionError::new(
                    "zero_talk",
                    format!("`{other}` is neither missed nor answered"),
                ));
            }
        };
        Ok(Box::new(Reading {
            stamp: Meaning::option(options)?.unwrap_or(Meaning::End),
            zero_is_answered,
        }))
    }

    fn shifted(&self, line: &[u8], seconds: i64) -> Option<Vec<u8>> {
        let begun = leading_control(line);
        let (day, clock) = stamp(line.get(begun..)?).ok()?;
        // The century does not show, and years that end in 00 differ in one day only.
        let day = nearest_day(day.year, day.month, day.day, jiff::civil::date(2000, 1, 1))?;
        let at = day
            .to_datetime(clock)
            .checked_add(SignedDuration::from_secs(seconds))
            .ok()?;
        let bar = usize::from(matches!(line.get(begun + 8), Some(b'|' | b' ')));
        let mut out = line.to_vec();
        out.get_mut(begun..begun + 8)?
            .copy_from_slice(at.strftime("%d.%m.%y").to_string().as_bytes());
        let clock = begun + 8 + bar;
        out.get_mut(clock..clock + 8)?
            .copy_from_slice(at.strftime("%H:%M:%S").to_string().as_bytes());
        Some(out)
    }
}

/// The first line of OpenScape Office's uncompressed file, or of a page in the long layout: in the switch's language, but
/// the type is always `I`.
fn is_title(line: &[u8]) -> bool {
    let line = &line[leading_control(line)..];
    if line.len() >= 200 {
        return false;
    }
    let day = |word: &[u8]| [&b"dat"[..], b"fec"].iter().any(|d| word.eq_ignore_ascii_case(d));
    if !line.get(..3).is_some_and(day) {
        return false;
    }
    let separator = if line.contains(&b'|') { b'|' } else { b' ' };
    let mut words = line.split(|b| *b == separator).filter(|word| !word.is_empty());
    !line.iter().any(u8::is_ascii_digit) && words.clone().count() >= 8 && words.any(|word| word == b"I")
}

// ---- the running parser

struct Reading {
    stamp: Meaning,
    zero_is_answered: bool,
}

impl Parser for Reading {
    fn read(&mut self, line: Line<'_>, say: &mut dyn FnMut(Said<'_>)) {
        if let Some(what) = no_call(line.bytes) {
            let line = line.number;
            return say(Said::Skipped { line, what });
        }
        let text = &line.bytes[leading_control(line.bytes)..];
        if let Some(fields) = usual_fields(text) {
            return self.tell(line, text, &fields, say);
        }
        match fields(text) {
            Ok(fields) => self.tell(line, text, &fields, say),
            Err(misfit) => say(Said::misfit(line, &misfit)),
        }
    }

    fn flush(&mut self, _: &mut Vec<Parsed>) {}
}

impl Reading {
    #[inline]
    fn tell(&self, line: Line<'_>, text: &[u8], f: &Fields<'_>, say: &mut dyn FnMut(Said<'_>)) {
        let skipped = |what| Said::Skipped {
            line: line.number,
            what,
        };
        if f.is_charges_alone() {
            return say(skipped("charges without a call"));
        }
        match f.day.on(text, line.received.date()) {
            Ok(_) if f.kind.is_ring() => say(skipped("ring alert")),
            Ok(day) => say(Said::Leg(&self.leg(line.number, text, day.to_datetime(f.clock), f))),
            Err(misfit) => say(Said::misfit(line, &misfit)),
        }
    }
}

fn no_call(line: &[u8]) -> Option<&'static str> {
    if line.first().is_some_and(u8::is_ascii_digit) {
        None
    } else if line.iter().all(u8::is_ascii_whitespace) {
        Some("blank line")
    } else if line.iter().all(u8::is_ascii_control) {
        Some("control bytes")
    } else {
        is_title(line).then_some("header")
    }
}
