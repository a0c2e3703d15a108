//! Panasonic KX-TD, TDA, TDE, NCP, NS (patterns A, B, C) and the small KX-TA, TEA: SMDR lines.
//!
//! Layout: the field tables of the KX-TD816, TDA100, NS1000 and TEA308 guides, and what two collectors slice. The
//! switch prints over RS-232C, or waits for us on TCP port 2300 and asks for a login. Pages begin with a title:
//!
//! ```text
//! 0         1         2         3         4         5         6         7
//! 01234567890123456789012345678901234567890123456789012345678901234567890123456789
//!   Date     Time    Ext CO        Dial Number        Ring Duration  Acc code  CD
//! 01/02/02 10:03AM  1200 01 <I>12345678901234567890   5'15 00:00'00            NA
//! ```
//!
//! Pattern B has a shorter number, no ring time and a cost; C has 120 columns. Lines whose blanks were lost are read
//! by their words: the duration, `HH:MM'SS`, is what stands out. `<I>` caller, `<D>` number that was called, `EXT` an
//! intercom call; codes: RC a call arrives, AN it is answered, NA the caller gave up, TR put through, FW forwarded.
//! Small switches print `incoming` for a caller, no ring time, `"` behind the duration, a `*` before the time of a call
//! that was put through, dates without zeros (` 1/ 6/05`), and a line without duration when a caller's number arrives.
//!
//! **Decided here.** The field tables call the stamp the end, the same guides' remarks the start: it is the end, and
//! the start on small switches (told by the title, `"`, `*` and `incoming`, but not `<INCOMING>`); the option `stamp` overrules. `RC` is
//! skipped. An `AN` line waits for the final line with the same trunk, extension and ring time: one leg. It is a leg
//! of its own once the trunk has another call, or after 24 hours. `TR` stands on the part that ends: the next answer
//! on its trunk within the stamp's coarseness came by transfer. A call with ring time, or RC, AN, NA, is incoming even
//! without `<I>`, inferred. A call forwarded outside (FW) is answered by nobody here. Trunk `00` is any above 99: none.
//!
//! **Cannot tell**: seconds, which parts belong together (trunk, caller and time join them), the zone, whether an
//! outgoing call on an analogue line was answered.

mod field;
mod held;
mod leg;
mod line;
mod no_call;
mod words;

use encoding_rs::Encoding;
use jiff::SignedDuration;
use jiff::civil::{DateTime, date};

use crate::smdr::misfit::{Misfit, leading_control};
use crate::smdr::stamps::{Meaning, nearest_day};
use crate::smdr::{About, Dialect, Line, OptionError, OptionInfo, Options, Parsed, Parser, Said, Tells, options};
use held::Held;
use leg::{Found, Party};
use line::Fields;
use no_call::Title;

/// The registry's entry.
pub static DIALECT: PanasonicKx = PanasonicKx;

/// The dialect.
pub struct PanasonicKx;

static ABOUT: About = About {
    name: "panasonic-kx",
    title: "Panasonic KX SMDR",
    models: &[
        "KX-TD 308, 816, 1232",
        "KX-TDA 15 to 600, KX-TDE",
        "KX-NCP, KX-NS, KX-NSX",
        "KX-TA 308 to 824, KX-TEA 308, KX-TES 824",
    ],
    transports: &["serial", "tcp"],
    options: &[
        OptionInfo {
            name: "date_order",
            values: "mdy, dmy or ymd",
            default: "mdy until a day above 12 decides",
            meaning: "the order of day, month and year",
        },
        OptionInfo {
            name: "stamp",
            values: "start, answer or end",
            default: "end; start on KX-TA and TEA",
            meaning: "what the date and time of a line are the time of",
        },
        OptionInfo {
            name: "encoding",
            values: "a code page's name, such as utf-8, gb18030, latin1",
            default: "utf-8, what is none replaced",
            meaning: "how names are written",
        },
    ],
    tells: Tells {
        ring_time: true,
        who_answered: true,
        missed: true,
        transfers: true,
        call_id: false,
        seconds: false,
        year: true,
        zone: false,
        stamp: "end",
        end_mark: "silence",
    },
    limits: &[
        "stamps have no seconds: start and answer are right to the minute",
        "the guides contradict themselves on whether the stamp is the end or the start; compare a call, set `stamp`",
        "days up to 12 are read month first until a later day shows the order; set `date_order` where the day is first",
        "pattern B and the KX-TA and TEA print no ring time",
        "parts of one call have no common id: trunk, caller and time join them",
        "a transfer is known by TR on the part before; transfers to a group by the switch itself have none",
        "trunks above 99 are printed as 00 in patterns A and B and are not told apart",
        "an outgoing call on an analogue line counts as answered once it has a duration",
        "names and numbers share a field of 20 or 25 characters and are cut there",
        "calls in progress at a reset of the switch, and lines while its buffer is full, are lost",
        "calls have no running number: lines that were lost show as a hole in time, never as a count",
    ],
    sources: &[
        "Panasonic KX-TD816, KX-TD308 user manuals, SMDR",
        "Panasonic KX-TDA100D, KX-NS1000 feature guides, patterns A, B, C",
        "Panasonic KX-TEA308, KX-TA616 guides, SMDR",
        "columns as two collectors for KX-NS and TDA read them",
    ],
};

impl Dialect for PanasonicKx {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// A call or a title: all; an event of a phone, a changed clock, or a cut line: a little.
    fn score(&self, line: &[u8]) -> f64 {
        if no_call::title(line).is_some() {
            return 1.0;
        }
        match line::fields(&line[leading_control(line)..]) {
            Ok(fields) if fields.is_call() => 1.0,
            Ok(_) => 0.3,
            Err(_) if line::head(&line[leading_control(line)..]).is_ok() => 0.3,
            Err(_) => 0.0,
        }
    }

    fn parser(&self, options: &Options) -> Result<Box<dyn Parser>, OptionError> {
        ABOUT.check_names(options)?;
        let order = match options::text(options, "date_order")? {
            None => None,
            Some("mdy") => Some(DateOrder::Mdy),
            Some("dmy") => Some(DateOrder::Dmy),
            Some("ymd") => Some(DateOrder::Ymd),
            Some(other) => {
                return Err(OptionError::new(
                    "date_order",
                    format!("`{other}` is none of mdy, dmy, ymd"),
                ));
            }
        };
        Ok(Box::new(Reading {
            encoding: options::encoding(options)?,
            stamp: Meaning::option(options)?,
            fixed: order.is_some(),
            order: order.unwrap_or(DateOrder::Mdy),
            small: false,
            held: Held::default(),
        }))
    }

    /// The line alone decides the order of its date: month first, unless that can't be.
    fn shifted(&self, line: &[u8], seconds: i64) -> Option<Vec<u8>> {
        let begun = leading_control(line);
        let (head, rest) = line::head(&line[begun..]).ok()?;
        let order = DateOrder::Mdy.after(head.date);
        let [year, month, day] = order.sorted(head.date);
        let day = nearest_day(year, month, day, date(2000, 1, 1))?;
        let at = day
            .to_datetime(head.clock)
            .checked_add(SignedDuration::from_secs(seconds))
            .ok()?;
        let mut out = line[..begun].to_vec();
        let day = at.strftime(order.format(head.blank_padded)).to_string();
        out.extend(if head.date_end < 8 { day.trim_start() } else { &day }.bytes());
        out.extend(&line[begun + head.date_end..begun + head.clock_at]);
        out.extend(head.clock_like(at).into_bytes());
        out.extend(rest);
        Some(out)
    }
}

/// The order of day, month and year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DateOrder {
    Mdy,
    Dmy,
    Ymd,
}

impl DateOrder {
    /// Year, month, day of three figures in this order.
    fn sorted(self, [a, b, c]: [i64; 3]) -> [i64; 3] {
        match self {
            Self::Mdy => [c, a, b],
            Self::Dmy => [c, b, a],
            Self::Ymd => [a, b, c],
        }
    }

    /// The order after these figures were seen: another one, if they can't be in this one.
    fn after(self, [a, b, c]: [i64; 3]) -> Self {
        match self {
            _ if a > 31 && b <= 12 && c <= 31 => Self::Ymd,
            Self::Mdy if a > 12 && a <= 31 && b <= 12 => Self::Dmy,
            Self::Dmy if b > 12 && b <= 31 && a <= 12 => Self::Mdy,
            _ => self,
        }
    }

    fn format(self, blank_padded: bool) -> &'static str {
        match (self, blank_padded) {
            (Self::Mdy, false) => "%m/%d/%y",
            (Self::Dmy, false) => "%d/%m/%y",
            (Self::Ymd, false) => "%y/%m/%d",
            (Self::Mdy, true) => "%_m/%_d/%y",
            (Self::Dmy, true) => "%_d/%_m/%y",
            (Self::Ymd, true) => "%y/%_m/%_d",
        }
    }
}

// ---- the running parser

struct Reading {
    encoding: &'static Encoding,
    /// As the option says; else by the model.
    stamp: Option<Meaning>,
    /// The option gives the order of dates.
    fixed: bool,
    order: DateOrder,
    /// A KX-TA or TEA, by its title or a line that only they print.
    small: bool,
    held: Held,
}

impl Parser for Reading {
    fn read(&mut self, line: Line<'_>, say: &mut dyn FnMut(Said<'_>)) {
        self.held.release_old(line.received, say);
        let text = &line.bytes[leading_control(line.bytes)..];
        if let Some((what, title)) = no_call::no_call(line.bytes) {
            if let Some(title) = title {
                self.small = title == Title::Small;
            }
            return say(Said::Skipped {
                line: line.number,
                what,
            });
        }
        let found = line::fields(text);
        let fields = match &found {
            Ok(fields) => fields,
            Err(_) if line::is_alarm(text) => {
                return say(Said::Skipped {
                    line: line.number,
                    what: "system alarm",
                });
            }
            Err(misfit) => return say(Said::misfit(line, misfit)),
        };
        if let Some(party) = Party::usual(fields) {
            return self.take(text, fields, party, line, say);
        }
        let dial = leg::dial_text(fields.dial, self.encoding);
        self.take(text, fields, Party::of(fields, &dial), line, say);
    }

    fn flush(&mut self, out: &mut Vec<Parsed>) {
        self.held.flush(&mut |said| out.push(said.into()));
    }
}

impl Reading {
    /// A line's fields, with the other side as read off them.
    #[inline]
    fn take<'a>(
        &mut self,
        text: &'a [u8],
        fields: &Fields<'a>,
        party: Party<'a>,
        line: Line<'_>,
        say: &mut dyn FnMut(Said<'_>),
    ) {
        if !self.fixed {
            self.order = self.order.after(fields.head.date);
        }
        self.small |= fields.is_small() || party.is_small();
        let at = match self.at(text, fields, line.received) {
            Ok(at) => at,
            Err(misfit) => return say(Said::misfit(line, &misfit)),
        };
        let meaning = self
            .stamp
            .unwrap_or(if self.small { Meaning::Start } else { Meaning::End });
        let skipped = |what| Said::Skipped {
            line: line.number,
            what,
        };
        let found = leg::found(fields, &party);
        let goes_on = found == Found::Answer;
        let leg = || leg::leg(line.number, text, at, meaning, fields, &party, goes_on);
        match found {
            Found::Leg => self.held.finished(&mut leg(), say),
            Found::Answer => self.held.hold(leg().to_leg(), line.received, say),
            Found::Arrival { trunk } => {
                self.held.release(trunk, say);
                say(skipped("ring alert"));
            }
            Found::Event(what) => say(skipped(what)),
        }
    }

    fn at<'a>(&self, text: &'a [u8], fields: &Fields<'_>, received: DateTime) -> Result<DateTime, Misfit<'a>> {
        let [year, month, day] = self.order.sorted(fields.head.date);
        let day = nearest_day(year, month, day, received.date()).ok_or_else(|| line::no_such_day(text))?;
        Ok(day.to_datetime(fields.head.clock))
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
