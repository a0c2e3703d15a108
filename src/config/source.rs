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
    /// Where its lines begin: a large directory asks for the line of every row.
    starts: Vec<usize>,
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
    pub(crate) fn new(path: PathBuf, label: String, text: String) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self {
            path,
            label,
            text,
            starts,
        }
    }

    /// Line and column, both from 1; columns count characters.
    pub(crate) fn line_column(&self, at: usize) -> (usize, usize) {
        let at = self.floor(at);
        let before = self.text.get(self.line_start(at)..at).unwrap_or_default();
        (self.line_number(at), before.chars().count() + 1)
    }

    fn line_number(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1)
    }

    /// The whole line around a byte, without its end.
    pub(crate) fn line(&self, at: usize) -> &str {
        let start = self.line_start(at);
        let rest = self.text.get(start..).unwrap_or_default();
        rest.split('\n').next().unwrap_or_default().trim_end_matches('\r')
    }

    /// The first byte of the line around `at`.
    pub(crate) fn line_start(&self, at: usize) -> usize {
        self.starts
            .get(self.line_number(self.floor(at)) - 1)
            .copied()
            .unwrap_or(0)
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
