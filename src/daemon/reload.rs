//! SIGHUP: configuration, directory, policy and calendar are read again.
//!
//! **Invariants.** What is wrong with the files is said with its place, and then nothing changes. How mail leaves is
//! taken over at once: what is being sent ends on the old way. Listening addresses, how feeds are reached and the
//! database are taken over at the next start only; that is said too.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use sd_notify::NotifyState;

use crate::config::{self, Config, Loaded};
use crate::register::read::Reader;
use crate::register::{Handle, Rules};
use crate::remind::{LinkDesk, Outlet};

/// What a reload looks at and changes.
pub(super) struct House<'a> {
    pub config_path: &'a Path,
    /// As it was at the start.
    pub config: &'a Config,
    pub database: &'a Path,
    pub rules: &'a ArcSwap<Rules>,
    pub desk: &'a LinkDesk,
    pub way_out: &'a ArcSwap<Outlet>,
    pub writer: &'a Handle,
}

impl House<'_> {
    /// Reads the files again, and takes them over if they are right.
    pub async fn reload(&self) {
        let mut state = vec![NotifyState::Reloading];
        state.extend(NotifyState::monotonic_usec_now());
        let _ = sd_notify::notify(&state);
        match self.try_reload().await {
            Ok(notes) => {
                for note in notes {
                    tracing::warn!("{note}");
                }
                tracing::info!(config = %self.config_path.display(), "configuration reloaded");
            }
            Err(problems) => {
                for line in problems.lines().filter(|line| !line.trim().is_empty()) {
                    tracing::error!("{line}");
                }
                tracing::error!(config = %self.config_path.display(), "not reloaded: the old configuration stays");
            }
        }
        let _ = sd_notify::notify(&[NotifyState::Ready]);
    }

    async fn try_reload(&self) -> Result<Vec<String>, String> {
        // The system's time-zone data may be newer than what was read at the start.
        jiff::tz::db().reset();
        let path: PathBuf = self.config_path.to_owned();
        let loaded = tokio::task::spawn_blocking(move || config::load(&path))
            .await
            .map_err(|error| error.to_string())?
            .map_err(|problems| problems.to_string())?;
        let handlers = Reader::open(self.database).and_then(|reader| reader.handlers());
        let missing = config::missing_people(&loaded.directory, &handlers.map_err(|error| error.to_string())?);
        if !missing.is_empty() {
            return Err(missing.to_string());
        }
        let outlet = super::outlet(&loaded.config, self.desk).map_err(|error| format!("{error:#}"))?;
        let (fresh, mut notes) = self.with_old_feeds(&loaded);
        notes.extend(for_the_next_start(self.config, &loaded.config));
        let fresh = Arc::new(fresh);
        // Before the mailer is woken, or it would try the old way once more.
        let old = self.way_out.swap(Arc::new(outlet));
        if let Err(error) = self.writer.adopt(Arc::clone(&fresh)).await {
            self.way_out.store(old);
            return Err(error.to_string());
        }
        self.rules.store(fresh);
        Ok(notes)
    }

    /// Feeds open, close and change their names at a start only: until then those that run keep their rules.
    fn with_old_feeds(&self, loaded: &Loaded) -> (Rules, Vec<String>) {
        let mut fresh = super::rules(loaded);
        let old = self.rules.load();
        let mut notes = Vec::new();
        fresh.feeds.retain(|name, _| {
            let runs = old.feeds.contains_key(name);
            if !runs {
                notes.push(format!("feed {name}: new; it opens at the next restart"));
            }
            runs
        });
        for (name, feed) in &old.feeds {
            if !fresh.feeds.contains_key(name) {
                notes.push(format!(
                    "feed {name}: removed or renamed; it stays as it is until the next restart"
                ));
                fresh.feeds.insert(name.clone(), feed.clone());
            }
        }
        (fresh, notes)
    }
}

/// What a reload does not change while the daemon runs.
fn for_the_next_start(old: &Config, new: &Config) -> Vec<String> {
    let addresses = |config: &Config| -> Vec<_> {
        config
            .feeds
            .iter()
            .map(|feed| (feed.name.clone(), feed.transport.clone()))
            .collect()
    };
    let changed = [
        ("store", old.store != new.store),
        ("web", old.web != new.web),
        ("how feeds are reached", addresses(old) != addresses(new)),
    ];
    let changed = changed.into_iter().filter(|(_, changed)| *changed);
    changed
        .map(|(what, _)| format!("{what}: changed; it takes effect at the next restart"))
        .collect()
}
