//! SIGHUP: configuration, directory, policy and calendar are read again.
//!
//! **Invariants.** What is wrong with the files is said with its place, and then nothing changes. How mail leaves is
//! taken over at once: what is being sent ends on the old way. Feeds come, go and change one by one ([`Feeds`]). The pages'
//! address and the database are taken over at the next start only; that is said too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use sd_notify::NotifyState;

use super::feeds::{Feeds, Plan};
use crate::config::{self, Config, Loaded};
use crate::ids::FeedName;
use crate::register::read::Reader;
use crate::register::{FeedRules, Handle, Rules};
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
    pub async fn reload(&self, feeds: &mut Feeds) {
        let mut state = vec![NotifyState::Reloading];
        state.extend(NotifyState::monotonic_usec_now());
        let _ = sd_notify::notify(&state);
        match self.try_reload(feeds).await {
            Ok(()) => {
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

    async fn try_reload(&self, feeds: &mut Feeds) -> Result<(), String> {
        // The system's time-zone data may be newer than what was read at the start.
        jiff::tz::db().reset();
        let path: PathBuf = self.config_path.to_owned();
        let loaded = tokio::task::spawn_blocking(move || config::load(&path))
            .await
            .map_err(|error| error.to_string())?
            .map_err(|problems| problems.to_string())?;
        let needed = Reader::open(self.database).and_then(|reader| reader.waited_for());
        let missing = config::missing_people(&loaded, &needed.map_err(|error| error.to_string())?);
        if !missing.is_empty() {
            return Err(missing.to_string());
        }
        let outlet = super::outlet(&loaded.config, self.desk).map_err(|error| format!("{error:#}"))?;
        let plan = feeds.prepare(&loaded.config.feeds).await;
        let fresh = Arc::new(self.rules_with(&loaded, &plan));
        // Before the mailer is woken, or it would try the old way once more.
        let old = self.way_out.swap(Arc::new(outlet));
        if let Err(error) = self.writer.adopt(Arc::clone(&fresh)).await {
            self.way_out.store(old);
            feeds.go_back(plan);
            return Err(error.to_string());
        }
        self.rules.store(fresh);
        feeds.carry_out(plan).await;
        for note in for_the_next_start(self.config, &loaded.config) {
            tracing::warn!("{note}");
        }
        Ok(())
    }

    /// The new rules, for the feeds that will run: one that can't be had as it is now written keeps those it has.
    fn rules_with(&self, loaded: &Loaded, plan: &Plan) -> Rules {
        let mut fresh = super::rules(loaded);
        let old = self.rules.load();
        let of = |name: &FeedName, stays: bool| -> Option<FeedRules> {
            if stays {
                old.feeds.get(name)
            } else {
                fresh.feeds.get(name)
            }
            .cloned()
        };
        let feeds: BTreeMap<FeedName, FeedRules> = plan
            .feeds()
            .filter_map(|(name, stays)| Some((name.clone(), of(name, stays)?)))
            .collect();
        fresh.feeds = feeds;
        fresh
    }
}

/// What a reload does not change while the daemon runs.
fn for_the_next_start(old: &Config, new: &Config) -> Vec<String> {
    let mut notes = Vec::new();
    if old.store != new.store {
        notes.push("store: changed; it takes effect at the next restart".to_owned());
    }
    if old.web.listen != new.web.listen {
        notes.push(format!(
            "web.listen: the pages stay on {} until the next restart",
            old.web.listen
        ));
    }
    if old.web.public_url != new.web.public_url {
        notes.push("web.public_url: changed; links in mails take it after the next restart".to_owned());
    }
    notes
}
