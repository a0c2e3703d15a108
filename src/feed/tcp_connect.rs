//! We connect to the switch.
//!
//! ```text
//! look the name up ─▶ dial ─▶ log in ─▶ read to the end ─┐
//!     ▲                │         └ refused: wait long     │
//!     └──── wait ◀─────┴──────────────────────────────────┘
//! ```
//! **Invariants.** The name is looked up anew for each try. Tries grow rarer up to five minutes; a refused login is
//! tried again after five minutes at the soonest, so that no switch locks the account.

use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::intake::Intake;
use super::login::{self, Login};
use super::quiet::Quiet;
use super::retry::{HEALTHY, Retry};
use super::tcp_listen::keep_alive;
use super::{Error, Reading, connection};
use crate::clock::Clock;
use crate::config::SwitchLogin;
use crate::register::alarms::key;
use crate::register::{self, Alarm, FeedNow, Handle, PortFaults};

/// How long one address has to answer.
const DIAL_LIMIT: Duration = Duration::from_secs(10);

/// Failures in a row that are an alarm: a switch that restarts its own end is none.
const LOST_AFTER: u32 = 2;

/// A feed that dials.
#[derive(Debug, Clone)]
pub struct TcpConnect {
    /// Host name or address of the switch.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What it asks for, if it asks.
    pub login: Option<SwitchLogin>,
    /// How the connection is read.
    pub reading: Reading,
    /// Rung when something may have been mended: it does not wait any longer.
    pub again: Arc<Notify>,
}

/// How one try ended.
enum Ended {
    Stopped,
    /// In these words; whether lines had come.
    Lost(String, bool),
    Refused(String),
}

struct Running {
    settings: TcpConnect,
    writer: Handle,
    clock: Clock,
    stop: CancellationToken,
    quiet: Quiet,
    lost: Retry,
    refused: Retry,
    failures: u32,
}

impl TcpConnect {
    /// Connects and reads until told to stop; what was read is durable when this returns.
    ///
    /// # Errors
    /// The register stopped.
    pub async fn run(self, writer: Handle, clock: Clock, stop: CancellationToken) -> Result<(), Error> {
        let feed = self.reading.feed.clone();
        let quiet = Quiet::new();
        let mut running = Running {
            settings: self,
            writer: writer.clone(),
            clock,
            stop,
            quiet: quiet.clone(),
            lost: Retry::usual(),
            refused: Retry::new(Duration::from_secs(10 * 60), Duration::from_secs(2 * 3600)),
            failures: 0,
        };
        let result = tokio::select! {
            result = running.run() => result,
            error = quiet.watch(&feed, &writer) => Err(error),
        };
        result.map_err(|source| Error::Register {
            feed: feed.to_string(),
            source,
        })
    }
}

impl Running {
    async fn run(&mut self) -> Result<(), register::Error> {
        loop {
            let wait = match self.once().await? {
                Ended::Stopped => return Ok(()),
                Ended::Lost(why, lines) => self.lose(why, lines).await?,
                Ended::Refused(why) => self.refuse(why).await?,
            };
            tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(wait) => {}
                () = self.settings.again.notified() => {}
            }
        }
    }

    async fn lose(&mut self, why: String, lines: bool) -> Result<Duration, register::Error> {
        if lines {
            self.lost.reset();
            self.is_found().await?;
        }
        self.failures += 1;
        let wait = self.lost.failed();
        let feed = &self.settings.reading.feed;
        tracing::warn!(feed = %feed, why, seconds = %format_args!("{:.1}", wait.as_secs_f32()), "no connection to the switch; trying again");
        self.now(FeedNow::Waiting, Some(why.clone())).await?;
        if self.failures >= LOST_AFTER {
            let feed = self.settings.reading.feed.to_string();
            self.writer.raise_alarm(Alarm::FeedLost { feed, why }).await?;
        }
        Ok(wait)
    }

    async fn refuse(&mut self, why: String) -> Result<Duration, register::Error> {
        let wait = self.refused.failed();
        let feed = self.settings.reading.feed.to_string();
        tracing::error!(
            feed,
            why,
            minutes = wait.as_secs() / 60,
            "the switch refused the login; trying again"
        );
        self.now(FeedNow::LoginRefused, Some(why.clone())).await?;
        self.writer.raise_alarm(Alarm::LoginRefused { feed, why }).await?;
        Ok(wait)
    }

    async fn now(&self, now: FeedNow, reason: Option<String>) -> Result<(), register::Error> {
        let feed = &self.settings.reading.feed;
        self.writer.feed_now(feed, now, reason, PortFaults::default()).await
    }

    async fn once(&mut self) -> Result<Ended, register::Error> {
        let login = match self.login() {
            Ok(login) => login,
            Err(why) => return Ok(Ended::Lost(why, false)),
        };
        self.now(FeedNow::Connecting, None).await?;
        let dialled = tokio::select! {
            () = self.stop.cancelled() => return Ok(Ended::Stopped),
            dialled = dial(&self.settings.host, self.settings.port) => dialled,
        };
        let stream = match dialled {
            Ok(stream) => stream,
            Err(why) => return Ok(Ended::Lost(why, false)),
        };
        let feed = self.settings.reading.feed.clone();
        if let Err(error) = keep_alive(&stream) {
            tracing::warn!(feed = %feed, %error, "keep-alive could not be set");
        }
        let peer = format!("{}:{}", self.settings.host, self.settings.port);
        let connection = self.writer.connection_opened(&feed, &peer).await?;
        tracing::info!(feed = %feed, peer, connection, "connected to the switch");
        let ended = self.session(stream, connection, login.as_ref()).await?;
        let why = match &ended {
            Ended::Stopped => "closed by us",
            Ended::Lost(why, _) | Ended::Refused(why) => why,
        };
        tracing::info!(feed = %feed, peer, connection, why, "disconnected");
        self.writer.connection_closed(&feed, connection, why).await?;
        Ok(ended)
    }

    /// Logs in and reads; a connection that is made but says nothing yet counts as one.
    async fn session(
        &mut self,
        mut stream: TcpStream,
        connection: i64,
        login: Option<&Login>,
    ) -> Result<Ended, register::Error> {
        let settings = self.settings.clone();
        let writer = self.writer.clone();
        let mut intake = Intake::new(&settings.reading, connection, &writer, self.clock);
        if let Some(login) = login {
            intake.secret = Some(login.password.clone());
            match login::run(&mut stream, login, &mut intake, &self.stop).await? {
                // At a stop the reading takes what the kernel holds.
                login::End::In | login::End::Stopped => {}
                login::End::Refused(why) => return Ok(Ended::Refused(why)),
                login::End::Gone(why) => return Ok(Ended::Lost(why, false)),
            }
            self.refused.reset();
            let key = key("login_refused", settings.reading.feed.as_str());
            self.writer.clear_alarm(key).await?;
        }
        self.lost.works();
        self.now(FeedNow::Connected, None).await?;
        let (lines, quiet, healthy) = (AtomicBool::new(false), self.quiet.clone(), Notify::new());
        let heard = || {
            lines.store(true, Ordering::Relaxed);
            quiet.hear();
            healthy.notify_one();
        };
        let proven = async {
            tokio::select! {
                () = healthy.notified() => {}
                () = tokio::time::sleep(HEALTHY) => {}
            }
        };
        let stop = self.stop.clone();
        let mut read = pin!(connection::read(&mut stream, &mut intake, &stop, heard));
        let why = tokio::select! {
            why = &mut read => why?,
            () = proven => {
                self.is_found().await?;
                read.await?
            }
        };
        if stop.is_cancelled() {
            return Ok(Ended::Stopped);
        }
        Ok(Ended::Lost(why, lines.load(Ordering::Relaxed)))
    }

    /// The switch is there and not only a port that opens and shuts.
    async fn is_found(&mut self) -> Result<(), register::Error> {
        self.failures = 0;
        let key = key("feed_lost", self.settings.reading.feed.as_str());
        self.writer.clear_alarm(key).await
    }

    /// The login with its password, read anew: it may have been changed.
    fn login(&self) -> Result<Option<Login>, String> {
        let Some(wanted) = &self.settings.login else {
            return Ok(None);
        };
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let password = wanted.login.password.read(credentials.as_deref());
        Ok(Some(Login {
            user: wanted.login.user.clone(),
            password: password.map_err(|error| error.to_string())?,
            user_prompts: wanted.user_prompts.clone(),
            password_prompts: wanted.password_prompts.clone(),
        }))
    }
}

/// Looks the name up and tries its addresses in turn.
async fn dial(host: &str, port: u16) -> Result<TcpStream, String> {
    let found = timeout(DIAL_LIMIT, tokio::net::lookup_host((host, port))).await;
    let addresses = found
        .map_err(|_| format!("{host}: the name could not be looked up in time"))?
        .map_err(|error| format!("{host}: the name is not found: {error}"))?;
    let mut why = format!("{host}: the name has no address");
    for address in addresses {
        match timeout(DIAL_LIMIT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => why = format!("{address}: {error}"),
            Err(_) => why = format!("{address}: no answer in {} seconds", DIAL_LIMIT.as_secs()),
        }
    }
    Err(why)
}
