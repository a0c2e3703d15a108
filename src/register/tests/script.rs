//! A dialect for tests: its lines say what the parser shall do.
//!
//! ```text
//! leg ID EXT HH:MM:SS RING TALK [last]    answered, of caller 13900000001 unless `from NUMBER` stands at the end
//! miss ID EXT HH:MM:SS RING [last]        rang only
//! out ID EXT HH:MM:SS RING TALK to NUMBER  EXT dialled NUMBER; with no talk nobody answered there
//! hold | show ID EXT HH:MM:SS RING TALK   two lines of one record
//! later ID EXT HH:MM:SS RING TALK         held until `all`, which gives out all of them
//! clash ID EXT HH:MM:SS RING TALK N       a leg that claims to be of line N: the register fails on it
//! blank | panic                           no record; the parser's fault
//! ```
//! `coarse` among the words: the stamps lack seconds.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

use crate::call::{Direction, Disposition, Inferred, Leg, Marks, Stamp, Text};
use crate::smdr::{About, Dialect, Line, OptionError, Options, Parsed, Parser, Said, registry};

pub(crate) fn by_name(name: &str) -> Option<&'static dyn Dialect> {
    static SCRIPT: Script = Script;
    if name == "script" {
        Some(&SCRIPT)
    } else {
        registry::by_name(name)
    }
}

struct Script;

#[derive(Default)]
struct Reader {
    held: Vec<u64>,
    later: Vec<Leg>,
}

impl Dialect for Script {
    fn about(&self) -> &'static About {
        registry::all()[0].about()
    }
    fn score(&self, _: &[u8]) -> f64 {
        0.0
    }
    fn parser(&self, _: &Options) -> Result<Box<dyn Parser>, OptionError> {
        Ok(Box::new(Reader::default()))
    }
    fn shifted(&self, _: &[u8], _: i64) -> Option<Vec<u8>> {
        None
    }
}

impl Parser for Reader {
    fn read(&mut self, line: Line<'_>, say: &mut dyn FnMut(Said<'_>)) {
        let text = String::from_utf8_lossy(line.bytes).into_owned();
        let words: Vec<&str> = text.split(' ').collect();
        match words.first().copied() {
            Some("hold") => self.held.push(line.number),
            Some("blank") => say(Said::Skipped {
                line: line.number,
                what: "blank",
            }),
            Some("later") => self.later.push(leg(&words, vec![line.number], line.received.date())),
            Some("all") => {
                for leg in self.later.drain(..) {
                    say(Said::Held(Box::new(leg)));
                }
                say(Said::Skipped {
                    line: line.number,
                    what: "all",
                });
            }
            Some("panic") => panic!("a hostile line"),
            Some("leg" | "miss" | "out" | "show" | "clash") if words.len() >= 5 => {
                let mut lines = std::mem::take(&mut self.held);
                lines.push(line.number);
                if words[0] == "clash" {
                    lines = vec![words[6].parse().unwrap()];
                }
                say(Said::Held(Box::new(leg(&words, lines, line.received.date()))));
            }
            _ => say(Said::Unparsed {
                line: line.number,
                column: 1,
                error: "not in the script".to_owned(),
            }),
        }
    }

    fn flush(&mut self, _: &mut Vec<Parsed>) {}
}

fn leg(words: &[&str], lines: Vec<u64>, day: Date) -> Leg {
    let start: DateTime = day.to_datetime(words[3].parse().unwrap());
    let ring: i64 = words[4].parse().unwrap();
    let out = words[0] == "out";
    let talk: i64 = words.get(5).and_then(|word| word.parse().ok()).unwrap_or(0);
    let answered = if out { talk > 0 } else { words[0] != "miss" };
    let after = |word: &str| words.iter().position(|w| *w == word).map(|at| Text::new(words[at + 1]));
    Leg {
        line: lines[0],
        lines: lines.len() as u64,
        line_numbers: lines.into(),
        start: Stamp::local(start),
        answered_at: answered.then(|| Stamp::local(start + SignedDuration::from_secs(ring))),
        direction: if out { Direction::Outgoing } else { Direction::Incoming },
        calling_number: Some(if out {
            words[2].into()
        } else {
            after("from").unwrap_or_else(|| "13900000001".into())
        }),
        calling_name: None,
        called_number: Some(after("to").unwrap_or_else(|| "8020".into())),
        station: Some(words[2].into()),
        answered_by: (answered && !out).then(|| words[2].into()),
        trunk: Some("T1".into()),
        ring_seconds: Some(ring),
        talk_seconds: Some(if answered { talk } else { 0 }),
        disposition: if answered {
            Disposition::Answered
        } else {
            Disposition::NoAnswer
        },
        transfer: None,
        pbx_call_id: Some(Text::new(words[1])).filter(|id| id != "-"),
        account_code: None,
        inferred: Inferred::new(),
        marks: Marks {
            last: words.contains(&"last").then_some(true),
            resolution_seconds: if words.contains(&"coarse") { 60 } else { 1 },
            ..Marks::default()
        },
    }
}
