//! The files that were read, and places in them.
//!
//! **Invariants.** A [`Place`] belongs to one load; it is turned into file, line and column before it leaves the room.
//!
//! **Not here**: what is printed about a place ([`super::problem`]).

use std::path::PathBuf;

/// A file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it lies; for what is built into the program, its name in the shipped tree.
    pub path: PathBuf,
    /// The path as messages show it.
    pub label: String,
    /// Its text.
    pub text: String,
}

/// A stretch of bytes of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    /// Which source, in the order of reading.
    pub file: usize,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

impl Source {
    /// Line and column, both from 1; columns count characters.
    pub(crate) fn line_column(&self, at: usize) -> (usize, usize) {
        let start = self.line_start(at);
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = self.text.get(start..self.floor(at)).unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// The whole line around a byte, without its end.
    pub(crate) fn line(&self, at: usize) -> &str {
        let start = self.line_start(at);
        let rest = self.text.get(start..).unwrap_or_default();
        rest.split('\n').next().unwrap_or_default().trim_end_matches('\r')
    }

    /// The first byte of the line around `at`.
    pub(crate) fn line_start(&self, at: usize) -> usize {
        let before = self.text.get(..self.floor(at)).unwrap_or_default();
        before.rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The nearest character boundary at or before `at`.
    pub(crate) fn floor(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}
