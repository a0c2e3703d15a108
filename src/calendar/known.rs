//! What due dates depend on, as far as it can change: the calendar's days and hours, and the zone's offsets.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::Time;

use super::Calendar;

/// A zone's offsets over a stretch of time: each from an instant on, in seconds east of Greenwich.
pub type Offsets = Vec<(Timestamp, i32)>;

impl Calendar {
    /// Days and hours as a text that differs where a due date may differ: names and `known_until` are left out.
    pub fn days_and_hours(&self) -> String {
        let mut text = String::new();
        for (day, hours) in self.hours.days.iter().enumerate() {
            // Writing to a text does not fail.
            let _ = write!(text, "{day}{};", list(hours));
        }
        for off in &self.off {
            let _ = write!(text, "off {} {};", off.from, off.to);
        }
        for work in &self.work {
            let hours = work.at.as_deref().map(list).unwrap_or_default();
            let stands_for = work.stands_for.map(|day| day.to_monday_zero_offset());
            let _ = write!(text, "work {}{hours} {stands_for:?};", work.date);
        }
        text
    }

    /// The zone's offsets from `from` to `until`, one entry for each change.
    pub fn offsets(&self, from: Timestamp, until: Timestamp) -> Offsets {
        let mut offsets = vec![(from, self.zone.to_offset(from).seconds())];
        let changes = self
            .zone
            .following(from)
            .take_while(|change| change.timestamp() <= until);
        for change in changes {
            let offset = change.offset().seconds();
            if offsets.last().is_some_and(|(_, last)| *last != offset) {
                offsets.push((change.timestamp(), offset));
            }
        }
        offsets
    }
}

/// The same offsets, seen from a later instant on.
pub fn offsets_from(offsets: &[(Timestamp, i32)], from: Timestamp) -> Offsets {
    let later = offsets.iter().position(|(at, _)| *at > from).unwrap_or(offsets.len());
    let current = offsets
        .get(..later)
        .and_then(<[_]>::last)
        .map(|(_, offset)| (from, *offset));
    current.into_iter().chain(offsets.iter().skip(later).copied()).collect()
}

fn list(hours: &[(Time, Time)]) -> String {
    hours.iter().map(|(from, to)| format!(" {from}-{to}")).collect()
}
