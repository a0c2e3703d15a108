//! Outside numbers: whose duty mobile it is, who is known to call from it.
//!
//! Numbers are compared by key, which needs the site's dial plan: one [`Numbers`] is made per directory and plan.

use std::collections::HashMap;

use jiff::civil::DateTime;

use super::{Directory, Found, HoldingKey, Known};
use crate::call::number::{DialPlan, NumberKey, key};
use crate::ids::FeedName;

/// The directory's outside numbers by their keys: positions in its lists.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    holdings: HashMap<NumberKey, Vec<usize>>,
    known: HashMap<NumberKey, usize>,
}

impl Directory {
    /// The outside numbers of this directory, at a site.
    pub fn numbers(&self, plan: &DialPlan) -> Numbers {
        let mut numbers = Numbers::default();
        for (at, holding) in self.holdings.iter().enumerate() {
            if let HoldingKey::Number(number) = &holding.key
                && let Some(key) = key(number, false, plan)
            {
                numbers.holdings.entry(key).or_default().push(at);
            }
        }
        for (at, known) in self.known.iter().enumerate() {
            if let Some(key) = key(&known.number, false, plan) {
                numbers.known.entry(key).or_insert(at);
            }
        }
        numbers
    }

    /// Who held an outside number (a duty mobile) at a wall time of the site; `None` if nobody did.
    pub fn number_holder(&self, numbers: &Numbers, key: &NumberKey, feed: &FeedName, at: DateTime) -> Option<Found> {
        let rows = numbers.holdings.get(key)?;
        self.in_force(rows, feed, at.date()).map(|row| self.found(row, at))
    }

    /// The known outside number with that key.
    pub fn known(&self, numbers: &Numbers, key: &NumberKey) -> Option<&Known> {
        self.known.get(*numbers.known.get(key)?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{Holder, example};
    use super::*;

    #[test]
    fn numbers_are_found_however_they_are_written() {
        let d = example::directory();
        let plan = DialPlan {
            country: "CN".into(),
            area_code: "021".into(),
            dial_out: vec!["9".into()],
        };
        let numbers = d.numbers(&plan);
        let at: DateTime = "2026-10-08T10:00".parse().unwrap();
        let holder = |raw: &str, dialled| {
            let key = key(raw, dialled, &plan)?;
            d.number_holder(&numbers, &key, &"pbx".parse().unwrap(), at)
        };
        let found = holder("913800138000", true).unwrap();
        assert_eq!(found.holder, Holder::Person("liu".parse().unwrap()));
        assert_eq!(
            found.rule, "138****8000 → liu (directory.toml:18)",
            "evidence doesn't show the number"
        );
        assert_eq!(
            holder("+86 138 0013 8000", false).map(|found| found.holder),
            Some(found.holder)
        );
        assert_eq!(holder("13800138001", false), None);
        let known = |raw: &str| {
            d.known(&numbers, &key(raw, false, &plan).unwrap())
                .map(|known| known.opens)
        };
        assert_eq!(known("55501234"), Some(false));
        assert_eq!(known("+862155501234"), Some(false));
        assert_eq!(known("55501235"), None);
    }
}
