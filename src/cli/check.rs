//! `firstanswer check`: reads the configuration and says all that is wrong with it. Opens no feed, no port,
//! no mail server, and creates nothing.

use std::io::Write;
use std::path::Path;

use super::Exit;
use crate::clock::Clock;
use crate::config::{self, Loaded, Problems};
use crate::register::read::Reader;

/// Checks a configuration and prints the result.
pub fn run(config: &Path, json: bool) -> Exit {
    match config::load(config).and_then(nobody_dropped) {
        Ok(loaded) => {
            for note in crate::register::calendar_notes(&loaded.calendar, Clock::Real.now()) {
                let _ = writeln!(std::io::stderr(), "note: {note}");
            }
            // A closed pipe is the reader's choice, not a failure of the check.
            let _ = writeln!(
                std::io::stdout(),
                "{}",
                if json { as_json(&loaded) } else { summary(&loaded) }
            );
            Exit::Done
        }
        Err(problems) => {
            if json {
                let _ = std::io::stdout().write_all(lines(&problems).as_bytes());
                let _ = writeln!(std::io::stderr(), "{}", problems.summary());
            } else {
                let _ = writeln!(std::io::stderr(), "{problems}");
            }
            Exit::Usage
        }
    }
}

/// Somebody who still has open cases must not be dropped from the directory. Only a database that is there already is
/// looked at, read-only; one that can't be read says nothing about the files.
fn nobody_dropped(loaded: Loaded) -> Result<Loaded, Problems> {
    let needed = Reader::open(&loaded.config.store).and_then(|reader| reader.waited_for());
    let missing = config::missing_people(&loaded, &needed.unwrap_or_default());
    if missing.is_empty() { Ok(loaded) } else { Err(missing) }
}

/// One problem as one JSON object a line.
fn lines(problems: &Problems) -> String {
    let objects = problems
        .iter()
        .filter_map(|problem| serde_json::to_string(problem).ok());
    objects.map(|object| object + "\n").collect()
}

fn summary(loaded: &Loaded) -> String {
    let Loaded {
        config,
        directory,
        policy,
        calendar,
        ..
    } = loaded;
    let known = match calendar.known_until {
        Some(date) => format!("known until {date}"),
        None => "without holidays".to_owned(),
    };
    format!(
        "ok: {}, {}, {}, policy {} {}, calendar {} ({known})",
        counted(directory.people.len(), "person", "people"),
        counted(directory.holdings.len(), "number", "numbers"),
        counted(config.feeds.len(), "feed", "feeds"),
        policy.id,
        policy.version,
        calendar.id,
    )
}

fn counted(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

fn as_json(loaded: &Loaded) -> String {
    let Loaded {
        config,
        directory,
        policy,
        calendar,
        ..
    } = loaded;
    serde_json::json!({
        "people": directory.people.len(),
        "numbers": directory.holdings.len(),
        "feeds": config.feeds.iter().map(|feed| feed.name.as_str()).collect::<Vec<_>>(),
        "policy": { "id": policy.id, "version": policy.version },
        "calendar": { "id": calendar.id, "known_until": calendar.known_until.map(|date| date.to_string()) },
    })
    .to_string()
}
