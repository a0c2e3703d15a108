//! Delivery to a mail server by SMTP.
//!
//! ```text
//! connect ─ greeting ─ TLS ─ EHLO ─ AUTH ─┬─ MAIL ─ RCPT ─ DATA ─ body ─ "." ─┐
//!                                         └────── kept for the next one ◀─────┘ closed when idle
//! ```
//! Several messages may be on their way at once, each on a connection of its own: one that is stuck holds no other.
//! What each answer means for the message is in `trouble`; `docs/mail.md` tells it to administrators.
//!
//! **Invariants.** Each stage has its time limit. A password is read when a connection is opened, said only under TLS
//! or to this machine itself, and stands in no error, log or `Debug`. After the last byte of a message only the
//! server's answer says what became of it: without one the outcome is unknown, never "not sent". The bytes that
//! arrive are the bytes given, with each lone CR or LF made a line end.
//!
//! **Sender of the envelope**: the null sender, so that no machine answers a reminder and no bounce of one makes
//! another mail. A server that refuses it gets the configured `from` instead.
//!
//! **Not here**: connecting and TLS (`secure`), when to try again (`remind`).

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use tokio::time::Instant;

use super::trouble::{Stage, Trouble, What, limited};
use super::{Delivery, secure};
use crate::config::{self, Login};

/// Connections at most. Few, because servers count those of one client.
pub(super) const CONNECTIONS: usize = 4;

/// How long each stage may take. Shorter than RFC 5321 (4.5.3.2) allows to a relay that has other things to do: a
/// stuck message holds one of few connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until the connection stands.
    pub connect: Duration,
    /// Until the server has greeted.
    pub greeting: Duration,
    /// For each command, and for the TLS handshake.
    pub command: Duration,
    /// From the first byte of a message to the answer to its final dot; many servers scan before they answer.
    pub message: Duration,
    /// A connection without mail for so long is closed.
    pub idle: Duration,
}

/// How long the answer to `QUIT` is waited for.
const GOODBYE: Duration = Duration::from_secs(2);

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            greeting: Duration::from_secs(30),
            command: Duration::from_secs(30),
            message: Duration::from_secs(120),
            idle: Duration::from_secs(10),
        }
    }
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    server: Arc<config::Smtp>,
    /// Who sends, where the null sender is refused.
    from: String,
    /// systemd's folder of credentials.
    credentials: Option<PathBuf>,
    limits: Limits,
    /// Those that are idle; the last used last.
    idle: Arc<Mutex<Vec<Line>>>,
}

/// An open connection, logged in.
#[derive(Debug)]
struct Line {
    conn: Conn,
    /// The server does not take the null sender.
    names_sender: bool,
    last_used: Instant,
}

/// The protocol's state; it has no `Debug` of its own, and shall print nothing anyway.
struct Conn(AsyncSmtpConnection);

impl std::fmt::Debug for Conn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Conn")
    }
}

impl Smtp {
    /// The configured server. `from` is the configured sender, `credentials` systemd's folder, if there is one.
    pub fn new(server: config::Smtp, from: &str, credentials: Option<PathBuf>) -> Self {
        Self {
            server: Arc::new(server),
            from: from.to_owned(),
            credentials,
            limits: Limits::default(),
            idle: Arc::new(Mutex::new(Vec::new())),
        }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Hands one message over to the server.
    pub async fn deliver(&self, to: &str, bytes: &[u8]) -> Delivery {
        let Ok(to) = to.parse::<Address>() else {
            return Delivery::Refused {
                why: format!("`{to}` is no mail address"),
            };
        };
        match self.send(&to, bytes).await {
            Ok(()) => Delivery::Sent,
            Err(trouble) => trouble.delivery(&format!("{}:{}", self.server.host, self.server.port)),
        }
    }

    /// Connects and logs in, and sends nothing.
    ///
    /// # Errors
    /// Why that does not work.
    pub async fn prove(&self) -> Result<(), String> {
        match self.connect().await {
            Ok(mut line) => {
                let _ = tokio::time::timeout(GOODBYE, line.conn.0.command(Quit)).await;
                Ok(())
            }
            Err(trouble) => match trouble.delivery(&format!("{}:{}", self.server.host, self.server.port)) {
                Delivery::Sent => Ok(()),
                Delivery::Later { why, .. } | Delivery::Unknown { why } | Delivery::Refused { why } => Err(why),
            },
        }
    }

    /// Closes connections once they have been idle for long enough; otherwise never returns. Meant to be dropped.
    pub async fn rest(&self) {
        loop {
            let first = self.idle().first().map(|line| line.last_used + self.limits.idle);
            match first {
                None => return std::future::pending().await,
                Some(at) if at <= Instant::now() => {
                    let tired = self.idle().remove(0);
                    goodbye(tired).await;
                }
                Some(at) => tokio::time::sleep_until(at).await,
            }
        }
    }

    /// Says goodbye on all connections that are idle.
    pub async fn close(&self) {
        let lines = std::mem::take(&mut *self.idle());
        for line in lines {
            goodbye(line).await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Line>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, to: &Address, bytes: &[u8]) -> Result<(), Trouble> {
        let kept = self
            .idle()
            .pop()
            .filter(|line| line.last_used.elapsed() < self.limits.idle);
        if let Some(mut line) = kept {
            match self.transact(&mut line, to, bytes).await {
                // Servers hang up on idle clients; that says nothing about this message.
                Err(trouble) if trouble.stage == Stage::Sender && trouble.is_loss() => {}
                done => {
                    self.keep(line, &done);
                    return done;
                }
            }
        }
        let mut line = self.connect().await?;
        let done = self.transact(&mut line, to, bytes).await;
        self.keep(line, &done);
        done
    }

    /// A connection that still answers is kept for the next message.
    fn keep(&self, mut line: Line, done: &Result<(), Trouble>) {
        let usable = match done {
            Ok(()) => true,
            Err(trouble) => matches!(trouble.what, What::Said { code, .. } if code != 421),
        };
        if usable {
            line.last_used = Instant::now();
            self.idle().push(line);
        }
    }

    async fn connect(&self) -> Result<Line, Trouble> {
        let hello = hello_name();
        let stream = secure::open(&self.server, &hello.to_string(), &self.limits).await?;
        let private = stream.is_private();
        let greet = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello);
        let greet = async { greet.await.map_err(What::of) };
        let mut conn = limited(Stage::Hello, self.limits.command, greet).await?;
        if let Some(login) = &self.server.login {
            self.log_in(&mut conn, login, private).await?;
        }
        Ok(Line {
            conn: Conn(conn),
            names_sender: false,
            last_used: Instant::now(),
        })
    }

    async fn log_in(&self, conn: &mut AsyncSmtpConnection, login: &Login, private: bool) -> Result<(), Trouble> {
        let own = |why: String| Trouble::new(Stage::Login, What::Own(why));
        if !private {
            return Err(own(
                "the password is not sent in clear; write smtps:// or smtp+starttls://".into(),
            ));
        }
        let ways = [Mechanism::Plain, Mechanism::Login];
        if conn.server_info().get_auth_mechanism(&ways).is_none() {
            return Err(own(
                "the server offers no login that we know (AUTH PLAIN or LOGIN)".into()
            ));
        }
        let password = login
            .password
            .read(self.credentials.as_deref())
            .map_err(|error| own(error.to_string()))?;
        let credentials = Credentials::new(login.user.clone(), password.expose().to_owned());
        let auth = conn.auth(&ways, &credentials);
        let auth = async { auth.await.map_err(|error| What::of(error).without_words()) };
        limited(Stage::Login, self.limits.command, auth).await.map(drop)
    }

    async fn transact(&self, line: &mut Line, to: &Address, bytes: &[u8]) -> Result<(), Trouble> {
        let limit = self.limits.command;
        let conn = &mut line.conn.0;
        let sender = if line.names_sender { self.sender() } else { None };
        let named = sender.is_some();
        let begin = self.mail_from(conn, sender, to, bytes);
        match command(conn, Stage::Sender, limit, begin).await {
            Err(trouble) if !named && trouble.is_permanent() && self.sender().is_some() => {
                let again = self.mail_from(conn, self.sender(), to, bytes);
                command(conn, Stage::Sender, limit, again).await?;
                line.names_sender = true;
            }
            other => other?,
        }
        command(conn, Stage::Recipient, limit, Rcpt::new(to.clone(), vec![])).await?;
        command(conn, Stage::Data, limit, Data).await?;
        let whole = line_ends(bytes);
        // The last line end belongs to the final dot, and is written with it.
        let body = whole.strip_suffix(b"\r\n").unwrap_or(&whole);
        let message = async { conn.message(body).await.map_err(What::of) };
        limited(Stage::Message, self.limits.message, message).await?;
        line.last_used = Instant::now();
        Ok(())
    }

    fn sender(&self) -> Option<Address> {
        let mailbox: lettre::message::Mailbox = self.from.parse().ok()?;
        Some(mailbox.email)
    }

    fn mail_from(&self, conn: &AsyncSmtpConnection, sender: Option<Address>, to: &Address, bytes: &[u8]) -> Mail {
        let server = conn.server_info();
        let mut options = Vec::new();
        let address = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        if !(address(to) && sender.as_ref().is_none_or(address)) && server.supports_feature(Extension::SmtpUtfEight) {
            options.push(MailParameter::SmtpUtfEight);
        }
        if !bytes.is_ascii() && server.supports_feature(Extension::EightBitMime) {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Mail::new(sender, options)
    }
}

async fn command(
    conn: &mut AsyncSmtpConnection,
    stage: Stage,
    limit: Duration,
    command: impl std::fmt::Display,
) -> Result<(), Trouble> {
    let said = async { conn.command(command).await.map_err(What::of) };
    let done = limited(stage, limit, said).await.map(drop);
    if let Err(trouble) = &done
        && matches!(trouble.what, What::Said { code, .. } if code != 421)
        && stage != Stage::Sender
    {
        // The server keeps an unfinished transaction otherwise; if this fails the next command tells.
        let _ = tokio::time::timeout(limit, conn.command(Rset)).await;
    }
    done
}

async fn goodbye(mut line: Line) {
    // Whether it is heard makes no difference.
    let _ = tokio::time::timeout(GOODBYE, line.conn.0.command(Quit)).await;
}

/// Each CR or LF that stands alone becomes a line end: only CR LF "." CR LF ends a message, for every server.
fn line_ends(bytes: &[u8]) -> Cow<'_, [u8]> {
    let lone = |at: usize| match bytes[at] {
        b'\n' => at == 0 || bytes[at - 1] != b'\r',
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    if !(0..bytes.len()).any(lone) {
        return Cow::Borrowed(bytes);
    }
    let mut whole = Vec::with_capacity(bytes.len() + 64);
    for (at, &byte) in bytes.iter().enumerate() {
        if lone(at) {
            whole.extend_from_slice(b"\r\n");
        } else {
            whole.push(byte);
        }
    }
    Cow::Owned(whole)
}

/// What we call ourselves: the machine's full name if it has one, else nothing that a server could find wrong.
fn hello_name() -> ClientId {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    let good = name.contains('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    if good {
        ClientId::Domain(name.to_owned())
    } else {
        ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST)
    }
}

#[cfg(test)]
#[path = "smtp_tests.rs"]
mod tests;
