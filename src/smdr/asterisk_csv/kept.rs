//! A row that waits for the one that continues it, and which that is.

use super::app::App;
use super::row::{Ended, Row, TEXTS};
use crate::call::LineNumbers;

/// A copy of a row that outlives its line.
pub struct Kept {
    /// Numbers of its lines.
    pub lines: LineNumbers,
    /// So many more lines have come.
    pub waited: u8,
    /// All texts, one behind the other, and where each ends.
    text: Vec<u8>,
    ends: [usize; TEXTS],
    /// All else.
    rest: Row<'static>,
}

impl Kept {
    /// Copies it.
    pub fn of(row: &Row<'_>, lines: LineNumbers) -> Self {
        let text = row.texts().concat();
        let mut end = 0;
        let ends = row.texts().map(|text| {
            end += text.len();
            end
        });
        Self {
            lines,
            waited: 0,
            text,
            ends,
            rest: row.without_texts(),
        }
    }

    /// The row's id.
    #[inline]
    pub fn id(&self) -> &[u8] {
        let [.., begin, end] = self.ends;
        self.text.get(begin..end).unwrap_or_default()
    }

    /// The row.
    #[inline]
    pub fn row(&self) -> Row<'_> {
        let mut begin = 0;
        self.rest.with_texts(self.ends.map(|end| {
            let text = self.text.get(begin..end).unwrap_or_default();
            begin = end;
            text
        }))
    }
}

/// Numbers of a kept row's lines and of one that has come.
pub fn all_lines(kept: &[u64], number: u64) -> LineNumbers {
    let mut lines = LineNumbers::from_slice(kept);
    lines.push(number);
    lines.sort_unstable();
    lines
}

/// Whether a row may have a part in a `Local` channel that another row tells more of.
#[inline]
pub fn is_plumbing(row: &Row<'_>) -> bool {
    row.ended == Ended::Answered && in_local(row)
}

/// Whether one of its channels is a `Local` one.
#[inline]
pub fn in_local(row: &Row<'_>) -> bool {
    row.dst_channel.starts_with(b"Local/") || row.channel.starts_with(b"Local/")
}

/// Whether `next` is what became of `row`, which went into a `Local` channel.
pub fn continues(row: &Row<'_>, next: &Row<'_>) -> bool {
    let Some(half) = row.dst_channel.strip_prefix(b"Local/") else {
        return false;
    };
    if row.ended != Ended::Answered {
        return false;
    }
    let other_half = next
        .channel
        .strip_prefix(b"Local/")
        .is_some_and(|other| other != half && without_half(other) == without_half(half));
    let same = !row.id.is_empty() && row.id == next.id && row.channel == next.channel;
    let gap = || row.end.map(|end| next.start.duration_since(end).as_secs().abs());
    other_half || (same && gap().is_some_and(|seconds| seconds <= 1))
}

fn without_half(local: &[u8]) -> &[u8] {
    local.split(|b| *b == b';').next().unwrap_or(local)
}

/// Both rows as one: begun as the first, answered as the second.
pub fn join<'a>(row: &Row<'a>, next: &Row<'a>, lines: &[u64]) -> Row<'a> {
    Row {
        number: lines.first().copied().unwrap_or(row.number),
        is_joined: true,
        dst_channel: next.dst_channel,
        answer: next.answer,
        end: next.end,
        duration: None,
        billed: next.billed,
        ended: next.ended,
        machine_first: row.machine_first || row.answer == Some(row.start) || row.app == App::Queue,
        ..*row
    }
}
