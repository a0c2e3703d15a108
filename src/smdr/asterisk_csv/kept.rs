//! A row that waits for the one that continues it.

use super::row::{Row, TEXTS};
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
