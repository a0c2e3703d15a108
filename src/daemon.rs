//! `serve`: starts, supervises and stops the tasks.
//!
//! ```text
//! lock ─ store ─ writer ─┬─ feeds        stop: feeds, clock, pages take no more; the mailer ends the mail in hand;
//!                        ├─ ticker       when the last handle is gone the writer drains, commits and ends last
//!                        ├─ mailer
//!                        └─ pages
//! ```
//! **Invariants.** No task is detached: all are in one set, and the end of any of them is noticed. The writer or the
//! clock ending stops the daemon with a failure. A broken configuration at a reload changes nothing.

mod damage;
mod descriptors;
mod disk;
mod feeds;
mod reload;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use arc_swap::ArcSwap;
use jiff::SignedDuration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::call::number::DialPlan;
use crate::clock::{Clock, SimulatedTime};
use crate::config::{Config, Feed, Loaded};
use crate::directory::Directory;
use crate::mail::{Key, Keys, Transport};
use crate::office::RegisterOffice;
use crate::register::read::Reader;
use crate::register::{self, Checked, FeedRules, Handle, InstanceLock, Rules, Store, Writer, room};
use crate::remind::{LinkDesk, Mailer, Outlet, Ticker};
use crate::web;
use descriptors::Descriptors;
use feeds::Feeds;
use reload::House;

/// How long the tasks may take to stop.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// A task and how it ended.
type Ended = (String, anyhow::Result<()>);

/// The rules of a loaded configuration.
pub fn rules(loaded: &Loaded) -> Rules {
    let Loaded {
        config,
        directory,
        policy,
        calendar,
        ..
    } = loaded;
    let plan = DialPlan {
        country: config.site.country.clone(),
        area_code: config.site.area_code.clone().unwrap_or_default(),
        dial_out: config.site.dial_out.clone(),
    };
    Rules {
        zone: config.site.time_zone.clone(),
        lang: config.site.language,
        numbers: directory.numbers(&plan),
        plan,
        calendar: calendar.clone(),
        directory: directory.clone(),
        policy: Arc::new(policy.clone()),
        feeds: config
            .feeds
            .iter()
            .map(|feed| (feed.name.clone(), rules_of(feed)))
            .collect(),
        digest_window: SignedDuration::try_from(config.mail.digest_window).unwrap_or(SignedDuration::ZERO),
        admin: config.mail.admin.clone(),
        dead_man: config.mail.dead_man,
    }
}

/// What the register must know of a feed.
fn rules_of(feed: &Feed) -> FeedRules {
    FeedRules {
        dialect: feed.dialect.clone(),
        options: feed.options.clone(),
        zone: feed.time_zone.clone(),
        detect_lines: feed.detect_lines as usize,
        was: feed.was.clone(),
        silence: feed.silence,
        drift: i64::try_from(feed.drift.as_secs()).unwrap_or(i64::MAX),
        pair: feed.pair.clone(),
    }
}

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// What kept it from starting, or what ended it.
pub fn serve(config: &Path, loaded: Loaded, simulated: Option<SimulatedTime>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .build()
        .context("no threads for the daemon")?;
    runtime.block_on(run(config, loaded, simulated))
}

async fn run(config_path: &Path, mut loaded: Loaded, simulated: Option<SimulatedTime>) -> anyhow::Result<()> {
    let database = loaded.config.store.clone();
    if let Some(folder) = database.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("{}: can't be created", folder.display()))?;
    }
    let mut lock = with_what_is_kept(&database, || Ok(InstanceLock::take(&database)?))?;
    lock.look_back()?;
    let Open {
        writer,
        handle,
        rules,
        clock,
        desk,
        checked,
    } = open(&mut loaded, &database, simulated)?;
    lock.opened()?;
    let way_out = Arc::new(ArcSwap::from_pointee(outlet(&loaded.config, &desk)?));
    let rules = Arc::new(ArcSwap::new(rules));

    let (stop, descriptors) = (CancellationToken::new(), Descriptors::all());
    let mut tasks: JoinSet<Ended> = JoinSet::new();
    let mut feeds = Feeds::new(handle.clone(), clock, stop.clone(), descriptors);
    let started = start(
        &loaded.config,
        &mut feeds,
        descriptors,
        &handle,
        clock,
        &rules,
        Arc::clone(&desk),
        &way_out,
        &database,
        &stop,
        &mut tasks,
    );
    if let Err(error) = started {
        stop.cancel();
        handle.stopping();
        drop(handle);
        wind_down(tasks, feeds.into_tasks(), writer).await?;
        return Err(error);
    }
    if checked == Checked::Partly {
        let (database, hand, stop) = (database.clone(), handle.clone(), stop.clone());
        tasks.spawn(async move {
            (
                "check of the database".to_owned(),
                check_beside(database, hand, stop).await,
            )
        });
    }
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        database = %database.display(),
        pages = %loaded.config.web.listen,
        feeds = %feeds::in_words(&loaded.config.feeds),
        "firstanswer is ready"
    );
    let house = House {
        config_path,
        config: &loaded.config,
        database: &database,
        rules: &rules,
        desk: &desk,
        way_out: &way_out,
        writer: &handle,
    };
    let result = supervise(&house, &writer, &mut tasks, &mut feeds).await;
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    stop.cancel();
    handle.stopping();
    drop(handle);
    let whole = wind_down(tasks, feeds.into_tasks(), writer).await?;
    lock.closed()?;
    if whole {
        tracing::info!("firstanswer has stopped; nothing is lost");
    } else {
        tracing::error!(
            "firstanswer has stopped; lines that a feed had read and could not store are lost: have the switch send them again"
        );
    }
    result
}

/// The register as it was opened, and what it says of itself.
struct Open {
    writer: Writer,
    handle: Handle,
    rules: Arc<Rules>,
    clock: Clock,
    desk: Arc<LinkDesk>,
    checked: Checked,
}

/// A full disk keeps no daemon from starting: the room kept for that is given up, and the step tried again.
fn with_what_is_kept<T>(database: &Path, mut step: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<T> {
    loop {
        let error = match step() {
            Ok(done) => return Ok(done),
            Err(error) => error.downcast::<register::Error>()?,
        };
        let error = room::full_or(database, error);
        if !matches!(error, register::Error::Full { .. }) || !room::give_up(database) {
            return Err(error.into());
        }
        tracing::warn!(database = %database.display(), why = %error, "the disk is full; the room kept for that is given up");
    }
}

/// Opens the register; a damaged one too, for the lines must go somewhere.
fn open(loaded: &mut Loaded, database: &Path, simulated: Option<SimulatedTime>) -> anyhow::Result<Open> {
    match with_what_is_kept(database, || open_store(loaded, database, simulated)) {
        Ok((store, clock, desk)) => {
            let (rules, checked) = (Arc::clone(store.rules()), store.checked());
            let (writer, handle) = Writer::start(store, clock).context("the writer thread could not be started")?;
            Ok(Open {
                writer,
                handle,
                rules,
                clock,
                desk: Arc::new(desk),
                checked,
            })
        }
        Err(error) => match error.downcast::<register::Error>() {
            Ok(damage) if damage.is_damage() => open_beside(loaded, database, damage),
            Ok(error) => Err(error.into()),
            Err(error) => Err(error),
        },
    }
}

/// The database is damaged: what can still be read of it is used, and nothing is written.
fn open_beside(loaded: &Loaded, database: &Path, damage: register::Error) -> anyhow::Result<Open> {
    let reader = Reader::open(database).ok();
    let clock = reader.as_ref().and_then(|reader| reader.clock().ok());
    let clock = clock.unwrap_or(Clock::Real);
    let setting = |key: &str| reader.as_ref().and_then(|reader| reader.meta(key).ok().flatten());
    // Without the key no link opens, and none is forged.
    let secret = match setting("link_key") {
        Some(secret) => secret,
        None => random_text()?,
    };
    let epoch = setting(register::backup::EPOCH).and_then(|text| text.parse().ok());
    let desk = LinkDesk {
        keys: Keys::new(epoch.unwrap_or(0), Key::new(1, key_of(&secret)?), Vec::new()),
        ..desk_of(&loaded.config, "damaged")
    };
    let (writer, handle) = Writer::start_beside(database, clock, damage)?;
    Ok(Open {
        writer,
        handle,
        rules: Arc::new(rules(loaded)),
        clock,
        desk: Arc::new(desk),
        checked: Checked::Whole,
    })
}

/// Opens the store with people kept who still have cases, and with its clock and link keys.
fn open_store(
    loaded: &mut Loaded,
    database: &Path,
    simulated: Option<SimulatedTime>,
) -> anyhow::Result<(Store, Clock, LinkDesk)> {
    let mut store = Store::open_for_serve(database, Arc::new(rules(loaded)))?;
    let mut clock = store.clock()?;
    if let Some(simulated) = simulated {
        let simulation = simulated
            .begin(&loaded.config.site.time_zone)
            .context("the simulated start does not exist in the site's zone")?;
        clock = store.simulate(simulation)?;
    }
    keep_the_orphaned(&mut loaded.directory, &store)?;
    store.adopt(Arc::new(rules(loaded)), clock.now())?;
    store.replay_spill(clock.now())?;
    store.tell_if_held(clock.now())?;
    store.tell_of_suspicion(clock.now())?;
    let desk = link_desk(&mut store, &loaded.config)?;
    Ok((store, clock, desk))
}

/// A start must not fail because somebody with open cases left the directory: no feed may stay down for that.
fn keep_the_orphaned(directory: &mut Directory, store: &Store) -> anyhow::Result<()> {
    for id in store.orphaned(directory)? {
        match store.stored_person(&id)? {
            Some(mut person) => {
                if directory.department(&person.department).is_none()
                    && let Some(department) = directory.person(&directory.fallback).map(|p| p.department.clone())
                {
                    person.department = department;
                }
                tracing::error!(person = %id, "still has open cases but is no longer in the directory; kept as last \
                    known: put the person back, or run `firstanswer move-all`");
                directory.people.push(person);
                *directory = directory.clone();
            }
            None => tracing::error!(person = %id, "has open cases but was never stored"),
        }
    }
    Ok(())
}

fn link_desk(store: &mut Store, config: &Config) -> anyhow::Result<LinkDesk> {
    let secret = random_setting(store, "link_key")?;
    let instance = random_setting(store, "instance")?;
    Ok(LinkDesk {
        keys: Keys::new(store.epoch()?, Key::new(1, key_of(&secret)?), Vec::new()),
        ..desk_of(config, &instance)
    })
}

/// Without its keys.
fn desk_of(config: &Config, instance: &str) -> LinkDesk {
    LinkDesk {
        keys: Keys::new(0, Key::new(0, [0; 32]), Vec::new()),
        public_url: config.web.public_url.trim_end_matches('/').to_owned(),
        from: config.mail.from.clone(),
        instance: instance.chars().take(12).collect(),
    }
}

/// A stored key of 64 hex digits.
fn key_of(secret: &str) -> anyhow::Result<[u8; 32]> {
    let mut key = [0u8; 32];
    for (byte, pair) in key.iter_mut().zip(secret.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(pair).unwrap_or("00");
        *byte = u8::from_str_radix(digits, 16).context("the stored link key is garbled")?;
    }
    Ok(key)
}

/// How mail leaves, by this configuration.
fn outlet(config: &Config, desk: &LinkDesk) -> anyhow::Result<Outlet> {
    let desk = LinkDesk {
        from: config.mail.from.clone(),
        ..desk.clone()
    };
    Ok(Outlet {
        transport: Transport::of(&config.mail)?,
        compose: Arc::new(move |order, rules| desk.compose(order, rules)),
        per_minute: config.mail.rate,
    })
}

/// A stored random text of 64 hex digits, made when first asked for.
fn random_setting(store: &mut Store, key: &str) -> anyhow::Result<String> {
    if let Some(text) = store.meta(key)? {
        return Ok(text);
    }
    let text = random_text()?;
    store.transact(|store| store.set_meta(key, &text))?;
    Ok(text)
}

fn random_text() -> anyhow::Result<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[allow(clippy::too_many_arguments)] // the one place that wires everything
fn start(
    config: &Config,
    feeds: &mut Feeds,
    descriptors: Descriptors,
    writer: &Handle,
    clock: Clock,
    rules: &Arc<ArcSwap<Rules>>,
    desk: Arc<LinkDesk>,
    way_out: &Arc<ArcSwap<Outlet>>,
    database: &Path,
    stop: &CancellationToken,
    tasks: &mut JoinSet<Ended>,
) -> anyhow::Result<()> {
    feeds.start(&config.feeds)?;
    let mailer = Mailer::new(writer.clone(), clock, Arc::clone(way_out));
    let (ticker, token) = (Ticker::new(writer.clone(), clock), stop.clone());
    tasks.spawn(async move { ("clock".to_owned(), ticker.run(token).await.map_err(Into::into)) });
    let token = stop.clone();
    tasks.spawn(async move { ("mailer".to_owned(), mailer.run(token).await.map_err(Into::into)) });

    let listen = config.web.listen;
    let listener = std::net::TcpListener::bind(listen)
        .with_context(|| format!("web.listen {listen}: can't be listened on; is another program using it?"))?;
    listener
        .set_nonblocking(true)
        .with_context(|| format!("web.listen {listen}"))?;
    let office = RegisterOffice::new(database.to_owned(), Arc::clone(rules), desk, writer.clone(), clock);
    let token = stop.clone();
    let limits = web::Limits {
        connections: descriptors.pages(),
        ..web::Limits::default()
    };
    let pages = web::serve(listener, Arc::new(office), limits, token);
    tasks.spawn(async move { ("pages".to_owned(), pages.await.map_err(Into::into)) });
    let (hand, path, token) = (writer.clone(), database.to_owned(), stop.clone());
    tasks.spawn(async move {
        (
            "disk".to_owned(),
            disk::watch(path, hand, token).await.map_err(Into::into),
        )
    });
    let (hand, path, token) = (writer.clone(), database.to_owned(), stop.clone());
    let (with_rules, by, from) = (Arc::clone(rules), Arc::clone(way_out), config.mail.from.clone());
    tasks.spawn(async move {
        damage::watch(&path, hand, clock, with_rules, by, from, token).await;
        ("damage".to_owned(), Ok(()))
    });
    let (pulse, token) = (writer.clone(), stop.clone());
    tasks.spawn(async move { ("watchdog".to_owned(), watchdog(pulse, token).await) });
    Ok(())
}

/// The rest of the start's check; after damage lines go to the spill journal, and a failed read ends the daemon.
async fn check_beside(database: PathBuf, writer: Handle, stop: CancellationToken) -> anyhow::Result<()> {
    let token = stop.clone();
    let checked = tokio::task::spawn_blocking(move || register::check::beside(&database, move || token.is_cancelled()))
        .await
        .context("the database could not be checked")?;
    match checked {
        Ok(_) => {}
        Err(register::Error::Damaged { detail, .. }) => writer.found_damage(detail).await?,
        Err(error) => return Err(error.into()),
    }
    drop(writer);
    stop.cancelled().await;
    Ok(())
}

/// Feeds systemd's watchdog from the commit path: the writer must answer, not only this task live. One that waits for
/// room on the disk is alive: a restart would not help, and would drop the connections of the switches.
async fn watchdog(writer: Handle, stop: CancellationToken) -> anyhow::Result<()> {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        stop.cancelled().await;
        return Ok(());
    };
    let (mut open, mut waits) = (None, writer.waits());
    loop {
        // A question that is still open stays: another one would only queue up behind it.
        let question = open.get_or_insert_with(|| Box::pin(writer.next()));
        let answered = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            answered = question.as_mut() => Some(answered),
            () = tokio::time::sleep(limit / 4) => None,
        };
        let waited = std::mem::replace(&mut waits, writer.waits()) != waits;
        if let Some(answered) = answered {
            answered?;
            open = None;
        } else if !waited {
            continue;
        }
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(limit / 4) => {}
        }
    }
}

/// Waits for signals and for tasks that end too soon.
async fn supervise(
    house: &House<'_>,
    writer: &Writer,
    tasks: &mut JoinSet<Ended>,
    feeds: &mut Feeds,
) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM can't be watched")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT can't be watched")?;
    let mut hangup = signal(SignalKind::hangup()).context("SIGHUP can't be watched")?;
    loop {
        tokio::select! {
            _ = terminate.recv() => { tracing::info!("SIGTERM: stopping"); return Ok(()) }
            _ = interrupt.recv() => { tracing::info!("SIGINT: stopping"); return Ok(()) }
            _ = hangup.recv() => house.reload(feeds).await,
            ended = tasks.join_next() => return Err(too_soon(ended)),
            ended = feeds.ended() => return Err(too_soon(Some(ended))),
            () = ended(writer) => return Err(anyhow!("the writer ended by itself")),
        }
    }
}

/// Why a task that ended by itself ends the daemon.
fn too_soon(ended: Option<Result<Ended, JoinError>>) -> anyhow::Error {
    match ended {
        Some(Ok((task, Ok(())))) => anyhow!("the task `{task}` ended by itself"),
        Some(Ok((task, Err(error)))) => error.context(format!("the task `{task}` failed")),
        Some(Err(error)) => anyhow!("a task failed: {error}"),
        None => anyhow!("no task is left"),
    }
}

async fn ended(writer: &Writer) {
    while !writer.is_finished() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Waits for the tasks and then for the writer.
async fn wind_down(tasks: JoinSet<Ended>, feeds: JoinSet<Ended>, writer: Writer) -> anyhow::Result<bool> {
    let (_, feeds_ended) = tokio::join!(until_ended(tasks), until_ended(feeds));
    tokio::task::spawn_blocking(move || writer.join())
        .await
        .context("the writer could not be waited for")??;
    Ok(feeds_ended)
}

/// Waits for tasks that were told to stop; says how many remain. Whether all ended by themselves.
async fn until_ended(mut tasks: JoinSet<Ended>) -> bool {
    let mut whole = true;
    let deadline = tokio::time::Instant::now() + STOP_LIMIT;
    loop {
        match tokio::time::timeout(Duration::from_secs(5), tasks.join_next()).await {
            Ok(None) => return whole,
            Ok(Some(Ok((task, Err(error))))) => tracing::warn!(task, %error, "a task ended with an error"),
            Ok(Some(_)) => {}
            Err(_) if tokio::time::Instant::now() >= deadline => {
                tracing::error!(remaining = tasks.len(), "tasks did not stop in time and are cut off");
                tasks.shutdown().await;
                whole = false;
            }
            Err(_) => tracing::info!(remaining = tasks.len(), "still stopping"),
        }
    }
}
