//! `mail test`: proves that mail works.
//!
//! The daemon sends it if one runs, because the password may be a credential that only it is given; the command asks
//! through the database and waits for what becomes of it. Without a daemon the command sends it itself.

use std::io::Write;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};

use super::session::{Session, fail, load};
use super::{Cli, Exit};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::l10n::Say;
use crate::mail::{Delivery, Transport};
use crate::register::{InstanceLock, Note};
use crate::remind::note;

/// How long the daemon's answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Mail: prove that it works.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  firstanswer mail test --to me@example.org")]
pub struct MailArgs {
    /// What to do
    #[command(subcommand)]
    pub verb: MailVerb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum MailVerb {
    /// Send a test mail, by the daemon if one runs, and say what became of it
    #[command(after_help = "Example:\n  firstanswer mail test --to me@example.org")]
    Test {
        /// To whom
        #[arg(long, value_name = "ADDRESS")]
        to: String,
    },
}

/// Runs the command.
///
/// # Errors
/// The mail was not taken over, or nobody answered in time.
pub fn run(cli: &Cli, args: &MailArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let MailVerb::Test { to } = &args.verb;
    if let Err(why) = crate::mail::compose::check_address(to) {
        return Err(fail(Exit::Usage, format!("--to: {why}")));
    }
    let loaded = load(&cli.config)?;
    let by = send_test(cli, &loaded, to)?;
    let say = Say(cli.lang_or(loaded.config.site.language));
    writeln!(out, "{}", tested(say, to, by))?;
    Ok(Exit::Done)
}

/// Who handed a test mail over.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    Daemon,
    /// No daemon runs.
    Command,
}

/// That it went, and by whom.
pub(super) fn tested(say: Say, to: &str, by: By) -> String {
    match by {
        By::Daemon => say.doc_mail_tested(to),
        By::Command => say.doc_mail_tested_here(to),
    }
}

/// Sends a test mail; returns who sent it.
pub(super) fn send_test(cli: &Cli, loaded: &Loaded, to: &str) -> anyhow::Result<By> {
    if InstanceLock::is_held(&loaded.config.store) {
        ask_the_daemon(cli, to)?;
        return Ok(By::Daemon);
    }
    send_ourselves(loaded, to)?;
    Ok(By::Command)
}

fn ask_the_daemon(cli: &Cli, to: &str) -> anyhow::Result<()> {
    let session = Session::open(cli)?;
    session.who()?;
    let now = session.now();
    let message = session.store()?.transact(|store| store.ask_for_test(to, now))?;
    let asked = Instant::now();
    while asked.elapsed() < PATIENCE {
        match session.reader.message_state(message)? {
            Some((state, _)) if state == "sent" => return Ok(()),
            Some((state, why)) if state == "failed" => {
                let why = why.unwrap_or_else(|| "no reason was noted".to_owned());
                return Err(not_sent(to, &why));
            }
            _ => std::thread::sleep(Duration::from_millis(100)),
        }
    }
    let waited = PATIENCE.as_secs();
    Err(not_sent(
        to,
        &format!("the daemon has not told within {waited} s; see message {message} in `firstanswer outbox list`"),
    ))
}

fn send_ourselves(loaded: &Loaded, to: &str) -> anyhow::Result<()> {
    let mail = &loaded.config.mail;
    let host = crate::remind::host_of(&mail.from);
    let id = format!(
        "test.{}.{}@{host}",
        std::process::id(),
        Clock::Real.now().as_millisecond()
    );
    let style = note::Style {
        lang: loaded.config.site.language,
        zone: &loaded.config.site.time_zone,
        now: Clock::Real.now(),
    };
    let letter = note::letter(&Note::Test, to, &mail.from, &id, style);
    let bytes = crate::mail::compose_plain(&letter)?;
    let transport = Transport::of(mail)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let delivery = runtime.block_on(async {
        let delivery = transport.deliver(&letter.message_id, to, &bytes).await;
        transport.close().await;
        delivery
    });
    match delivery {
        Delivery::Sent => Ok(()),
        Delivery::Later { why, .. } | Delivery::Unknown { why } | Delivery::Refused { why } => Err(not_sent(to, &why)),
    }
}

fn not_sent(to: &str, why: &str) -> anyhow::Error {
    fail(Exit::Failed, format!("the test mail to {to} was not sent: {why}"))
}
