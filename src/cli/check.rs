//! `firstanswer check`: reads the configuration and says all that is wrong with it. Opens nothing.

use std::io::Write;
use std::path::Path;

use super::Exit;
use crate::config::{self, Loaded, Problems};

/// Checks a configuration and prints the result.
pub fn run(config: &Path, json: bool) -> Exit {
    match config::load(config) {
        Ok(loaded) => {
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
        "ok: {} people, {} numbers, {} feeds, policy {} {}, calendar {} ({known})",
        directory.people.len(),
        directory.holdings.len(),
        config.feeds.len(),
        policy.id,
        policy.version,
        calendar.id,
    )
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
