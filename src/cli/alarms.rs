//! The alarms that stand, below what `feed status` prints.

use std::io::Write;

use super::screen::safe;
use super::session::Session;
use crate::remind::note::{Style, alarm_words};

/// One line an alarm: since when, and what it is called.
///
/// # Errors
/// The database can't be read.
pub fn print(session: &Session, out: &mut dyn Write) -> anyhow::Result<()> {
    let style = Style {
        lang: session.lang(),
        zone: &session.loaded.config.site.time_zone,
        now: session.now(),
    };
    for row in session.reader.alarms()? {
        let (name, text) = alarm_words(&row.alarm, style);
        let since = session.time(row.raised_at);
        writeln!(out, "{}", session.say().alarm_since(since, safe(&name)))?;
        for line in text {
            writeln!(out, "  {}", safe(&line))?;
        }
    }
    Ok(())
}
