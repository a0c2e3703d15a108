//! Dialects: lines of a PBX's call log become legs. Pure.
//!
//! A dialect is one file here, one line in the [registry], one folder under `tests/golden/`.
//!
//! **Invariants.** Every line given to a parser comes out once: as part of a leg, as skipped, or as unparsed with
//! a column and a reason. No input panics. Work is linear in the length of the line.
//!
//! **Not here**: cutting bytes into lines (`feed::codec`), joining legs to calls ([`crate::call`]).

pub mod cells;
pub mod columns;
pub mod detect;
pub mod figures;
pub mod garble;
pub mod marks;
pub mod misfit;
pub mod options;
pub mod registry;
pub mod shift;
pub mod stamps;
pub mod text;
pub mod usual;
pub mod view;

#[cfg(test)]
mod golden;
#[cfg(test)]
#[allow(clippy::panic)]
mod properties;

use jiff::civil::DateTime;

pub use detect::{Detection, detect};
pub use registry::{all, by_name, nearest_name};
pub use view::LegView;

use crate::call::Leg;

/// What a dialect is, and what it can tell: printed by `firstanswer dialects`.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct About {
    /// Name used in the config, such as `avaya-ip-office`.
    pub name: &'static str,
    /// Maker and family in words.
    pub title: &'static str,
    /// PBX models that print it.
    pub models: &'static [&'static str],
    /// How the records usually travel: `tcp`, `serial`, `file`.
    pub transports: &'static [&'static str],
    /// Feed options it knows, with their meaning and default.
    pub options: &'static [OptionInfo],
    /// What the format can tell.
    pub tells: Tells,
    /// What it can't, in a sentence each: shown to administrators.
    pub limits: &'static [&'static str],
    /// Where the layout is documented or real lines were seen.
    pub sources: &'static [&'static str],
}

/// One option of a dialect.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct OptionInfo {
    /// Key in the feed's `options`.
    pub name: &'static str,
    /// Accepted values.
    pub values: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// What a format can tell.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Tells {
    /// Seconds of ringing.
    pub ring_time: bool,
    /// Which extension answered.
    pub who_answered: bool,
    /// Unanswered calls are printed.
    pub missed: bool,
    /// Transfers.
    pub transfers: bool,
    /// An id that joins legs.
    pub call_id: bool,
    /// Seconds in its stamps.
    pub seconds: bool,
    /// The year.
    pub year: bool,
    /// The zone.
    pub zone: bool,
    /// What the stamp means: `start`, `answer` or `end`.
    pub stamp: &'static str,
    /// How the end of a call is known: `record`, or `silence`.
    pub end_mark: &'static str,
}

/// Feed options as given (`options = {…}` or `--option K=V`).
pub type Options = std::collections::BTreeMap<String, OptionValue>;

/// One value of an option.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionValue {
    /// A text.
    Text(String),
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A list of texts.
    List(Vec<String>),
}

/// A wrong option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("option `{name}`: {reason}")]
pub struct OptionError {
    /// Which.
    pub name: String,
    /// Why, and what would be right.
    pub reason: String,
}

/// One framed line given to a parser.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// Number in its source, from 1 (journal id in the daemon).
    pub number: u64,
    /// The bytes without terminator.
    pub bytes: &'a [u8],
    /// Wall time of receipt in the feed's zone: the reference for missing years.
    pub received: DateTime,
}

/// What became of lines.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // nearly all are legs, and a box for each would cost a quarter of the parsing
pub enum Parsed {
    /// A leg; `line_numbers` says of which lines.
    Leg(Leg),
    /// No record: a header, a banner, a blank line.
    Skipped {
        /// Which line.
        line: u64,
        /// What it is, such as `page header`.
        what: &'static str,
    },
    /// Not understood: to the quarantine.
    Unparsed {
        /// Which line.
        line: u64,
        /// Column of the first byte that did not fit, from 1.
        column: usize,
        /// What was expected and what was found.
        error: String,
    },
}

/// What a parser says, while the line is at hand.
#[derive(Debug)]
pub enum Said<'a> {
    /// A leg, for as long as it is told of: it stays where it was made, for it is large.
    Leg(&'a LegView<'a>),
    /// A leg that was held, or one of several lines.
    Held(Box<Leg>),
    /// No record: see [`Parsed::Skipped`].
    Skipped {
        /// Which line.
        line: u64,
        /// What it is.
        what: &'static str,
    },
    /// Not understood: see [`Parsed::Unparsed`].
    Unparsed {
        /// Which line.
        line: u64,
        /// Column of the first byte that did not fit, from 1.
        column: usize,
        /// What was expected and what was found.
        error: String,
    },
}

impl Said<'_> {
    /// The line does not fit.
    pub fn misfit(line: Line<'_>, misfit: &misfit::Misfit<'_>) -> Self {
        Self::Unparsed {
            line: line.number,
            column: misfit.column(line.bytes.len()),
            error: misfit.text(),
        }
    }
}

impl From<Said<'_>> for Parsed {
    fn from(said: Said<'_>) -> Self {
        match said {
            Said::Leg(view) => Self::Leg(view.to_leg()),
            Said::Held(leg) => Self::Leg(*leg),
            Said::Skipped { line, what } => Self::Skipped { line, what },
            Said::Unparsed { line, column, error } => Self::Unparsed { line, column, error },
        }
    }
}

/// A dialect: how one PBX family prints calls.
pub trait Dialect: Send + Sync {
    /// Name, models, what it can tell.
    fn about(&self) -> &'static About;

    /// How much one line looks like this dialect, 0 to 1. Must not need neighbouring lines.
    fn score(&self, line: &[u8]) -> f64;

    /// A parser for one feed or file.
    ///
    /// # Errors
    /// An unknown option or a value it does not take.
    fn parser(&self, options: &Options) -> Result<Box<dyn Parser>, OptionError>;

    /// The same line with all its stamps moved by so many seconds; `None` if it has none.
    fn shifted(&self, line: &[u8], seconds: i64) -> Option<Vec<u8>>;
}

/// A running parser. It may hold lines back until their record is whole.
pub trait Parser: Send {
    /// Takes one line and says what is finished.
    fn read(&mut self, line: Line<'_>, say: &mut dyn FnMut(Said<'_>));

    /// No more lines (end of file, or a feed's long silence): what is held comes out. If lines come after all, a leg may
    /// come out once more with further lines; it is in place of the one before.
    fn flush(&mut self, out: &mut Vec<Parsed>);

    /// Takes one line, appends what is finished with texts of its own.
    fn line(&mut self, line: Line<'_>, out: &mut Vec<Parsed>) {
        self.read(line, &mut |said| out.push(said.into()));
    }
}
