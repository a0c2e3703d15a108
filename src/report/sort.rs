//! The order of a report's rows: by any of its columns.
//!
//! **Invariants.** What has nothing to divide comes last, whichever way the rows run; equals keep their order.

use std::cmp::Ordering;

use super::rows::{columns, rates};
use super::{Counts, Row};

/// By which column, which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// A count's or rate's name, or `name`.
    pub column: &'static str,
    /// The least first.
    pub ascending: bool,
}

impl Sort {
    /// By a column's name, the way one looks at it first: names from A, the most, and of rates the lowest.
    pub fn by(column: &str) -> Option<Self> {
        let counts = Counts::default();
        if column == "name" {
            return Some(Self {
                column: "name",
                ascending: true,
            });
        }
        let count = columns(&counts).into_iter().find(|(known, _)| *known == column);
        let rate = rates(&counts).into_iter().find(|(known, _)| *known == column);
        match (count, rate) {
            (Some((column, _)), _) => Some(Self {
                column,
                ascending: false,
            }),
            (None, Some((column, _))) => Some(Self {
                column,
                ascending: true,
            }),
            (None, None) => None,
        }
    }

    /// The other way round.
    #[must_use]
    pub fn turned(self) -> Self {
        Self {
            ascending: !self.ascending,
            ..self
        }
    }

    /// Puts rows in order.
    pub fn order(self, rows: &mut [Row]) {
        rows.sort_by(|a, b| match self.column {
            "name" => self.way(a.name.cmp(&b.name)),
            column => match (value(&a.counts, column), value(&b.counts, column)) {
                (Some(a), Some(b)) => self.way(a.total_cmp(&b)),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            },
        });
    }

    fn way(self, order: Ordering) -> Ordering {
        if self.ascending { order } else { order.reverse() }
    }
}

#[allow(clippy::cast_precision_loss)] // counts of calls stay far below 2^52
fn value(counts: &Counts, column: &str) -> Option<f64> {
    let count = columns(counts).into_iter().find(|(known, _)| *known == column);
    let rate = rates(counts).into_iter().find(|(known, _)| *known == column);
    count
        .map(|(_, count)| count as f64)
        .or_else(|| rate.and_then(|(_, rate)| rate))
}
