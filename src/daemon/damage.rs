//! What the daemon does about a damaged database: it starts all the same, and tells the administrator by a mail of its
//! own, for none can be stored.
//!
//! **Not here**: where the lines go meanwhile (`register::spill`).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::mail::{Delivery, compose_plain};
use crate::register::{Alarm, Handle, Note, Rules, spill};
use crate::remind::{Outlet, host_of, note};

/// Between two tries of the mail; doubled up to an hour.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// Waits for damage, and tells of it once.
pub(super) async fn watch(
    database: &Path,
    writer: Handle,
    clock: Clock,
    rules: Arc<ArcSwap<Rules>>,
    way_out: Arc<ArcSwap<Outlet>>,
    from: String,
    stop: CancellationToken,
) {
    let why = tokio::select! {
        () = stop.cancelled() => return,
        why = writer.damaged() => why,
    };
    let state = "the database is damaged: lines go to the spill journal; see `firstanswer doctor`";
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Status(state)]);
    let alarm = Alarm::Damaged {
        why,
        spill: spill::path_of(database).display().to_string(),
    };
    tokio::select! {
        () = stop.cancelled() => return,
        () = tell(&alarm, clock, &rules, &way_out, &from) => {}
    }
    stop.cancelled().await;
}

async fn tell(alarm: &Alarm, clock: Clock, rules: &ArcSwap<Rules>, way_out: &ArcSwap<Outlet>, from: &str) {
    let begun = clock.now();
    let id = format!("damaged.{}@{}", begun.as_millisecond(), host_of(from));
    let mut pause = FIRST_PAUSE;
    loop {
        let (rules, outlet) = (rules.load_full(), way_out.load_full());
        let Some(address) = administrator(&rules) else {
            tracing::error!(
                "nobody can be written to about the damage: there is neither `mail.admin` nor the fallback's address"
            );
            return;
        };
        let style = note::Style {
            lang: rules.lang,
            zone: &rules.zone,
            now: begun,
        };
        let letter = note::letter(&Note::Alarm(alarm.clone()), &address, from, &id, style);
        let bytes = match compose_plain(&letter) {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::error!(%error, "the mail about the damage can't be written");
                return;
            }
        };
        match outlet.transport.deliver(&id, &address, &bytes).await {
            Delivery::Sent => {
                tracing::info!(to = address, "the administrator was written to about the damage");
                return;
            }
            Delivery::Refused { why } => {
                tracing::error!(to = address, why, "the mail about the damage was refused");
                return;
            }
            Delivery::Later { why, .. } | Delivery::Unknown { why } => {
                tracing::error!(to = address, why, "the mail about the damage does not go out yet");
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn administrator(rules: &Rules) -> Option<String> {
    rules.admin.clone().or_else(|| {
        let fallback = rules.directory.person(&rules.directory.fallback)?;
        fallback.mail.clone()
    })
}
