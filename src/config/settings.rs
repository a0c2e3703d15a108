//! What `firstanswer.toml` says, checked: the types the daemon works with.
//!
//! **Invariants.** Every value is usable as it stands: addresses are parsed, zones looked up, files named relative to
//! the working directory. No secret is in here, only where to find it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use jiff::tz::TimeZone;

use super::secret::SecretFrom;
use crate::calendar::Span;
use crate::directory::Lang;
use crate::ids::FeedName;
use crate::smdr::Options;

/// The whole of `firstanswer.toml`, without the files it includes.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Who and where we are.
    pub site: Site,
    /// The database file.
    pub store: PathBuf,
    /// The directory file.
    pub directory: PathBuf,
    /// The calendar file, if it isn't written inline.
    pub calendar: Option<PathBuf>,
    /// Where the policy comes from.
    pub policy: PolicyFrom,
    /// Mail out.
    pub mail: Mail,
    /// Pages.
    pub web: Web,
    /// Connections to switches, in the order of the file.
    pub feeds: Vec<Feed>,
}

/// Who and where we are.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Name shown in mails and pages.
    pub name: String,
    /// Zone of wall times.
    pub time_zone: TimeZone,
    /// Language of what has no reader of its own.
    pub language: Lang,
    /// Country of numbers, two capital letters.
    pub country: String,
    /// Area code with its leading 0, added to short local numbers.
    pub area_code: Option<String>,
    /// Prefixes dialled for an outside line.
    pub dial_out: Vec<String>,
}

/// Where the policy comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyFrom {
    /// Built into the program.
    Shipped(String),
    /// A file of the site.
    File(PathBuf),
}

/// Mail out.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    /// How mail leaves.
    pub transport: MailTransport,
    /// The sender's address.
    pub from: String,
    /// Who hears of dead addresses, silent feeds, a full disk; without it the fallback person.
    pub admin: Option<String>,
    /// How long the first due notice waits for others.
    pub digest_window: Duration,
    /// Messages in a minute at most; 0: no limit.
    pub rate: u32,
    /// After so long without a call from any switch the administrator is written to; unless set, where one is named.
    pub dead_man: Option<Span>,
}

/// How mail leaves.
#[derive(Debug, Clone, PartialEq)]
pub enum MailTransport {
    /// Into a maildir.
    Maildir(PathBuf),
    /// To a mail server.
    Smtp(Smtp),
}

/// A mail server.
#[derive(Debug, Clone, PartialEq)]
pub struct Smtp {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Login, if the server wants one.
    pub login: Option<Login>,
    /// Certificates to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Not at all.
    None,
    /// From the first byte (`smtps://`).
    Implicit,
    /// After STARTTLS, which must succeed (`smtp+starttls://`).
    StartTls,
}

/// A user and where the password is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// User.
    pub user: String,
    /// Where the password is.
    pub password: SecretFrom,
}

/// A login at a switch: who, and how it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchLogin {
    /// User and password.
    pub login: Login,
    /// What ends its question for the user, in lower case.
    pub user_prompts: Vec<String>,
    /// What ends its question for the password, in lower case.
    pub password_prompts: Vec<String>,
}

/// Pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What links in mails begin with; no slash at the end.
    pub public_url: String,
}

/// A connection to one switch.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Its name.
    pub name: FeedName,
    /// Names it had before: their history is its own.
    pub was: Vec<FeedName>,
    /// Name of its dialect, or `auto`.
    pub dialect: String,
    /// Options of the dialect.
    pub options: Options,
    /// Zone of its stamps.
    pub time_zone: TimeZone,
    /// Silence longer than this is an alarm.
    pub silence: Option<Span>,
    /// Lines that `auto` waits for before it decides.
    pub detect_lines: u32,
    /// The switch's clock may be off by so much before it is an alarm; zero: it is never.
    pub drift: Duration,
    /// The other feed of a fail-over pair.
    pub pair: Option<FeedName>,
    /// Silence after which bytes without a line end count as a partial line.
    pub idle: Duration,
    /// A connection silent for this long is closed. A switch that does not notice loses what it says next, hence never
    /// unless told.
    pub idle_limit: Option<Duration>,
    /// Longest line in bytes; what is longer is cut into marked pieces.
    pub max_line: usize,
    /// How lines arrive.
    pub transport: Transport,
}

/// How lines arrive.
#[derive(Debug, Clone, PartialEq)]
pub enum Transport {
    /// The switch connects to us.
    TcpListen {
        /// Where to listen.
        listen: SocketAddr,
        /// Who may connect.
        allow: Vec<IpNet>,
        /// How many connections at once.
        max_connections: u32,
    },
    /// We connect to the switch.
    TcpConnect {
        /// Host name or address.
        host: String,
        /// Port.
        port: u16,
        /// What the switch asks for, if it asks.
        login: Option<SwitchLogin>,
    },
    /// A serial line.
    Serial(Serial),
    /// A file that grows.
    File {
        /// Which, relative to the working directory.
        path: PathBuf,
        /// Where to begin when it is first seen.
        from: FileFrom,
    },
}

impl Transport {
    /// The key it is written with.
    pub fn key(&self) -> &'static str {
        match self {
            Self::TcpListen { .. } => "tcp_listen",
            Self::TcpConnect { .. } => "tcp_connect",
            Self::Serial(_) => "serial",
            Self::File { .. } => "file",
        }
    }
}

/// Where to begin in a file that is first seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFrom {
    /// Only what is appended from now on.
    End,
    /// From the first line.
    Start,
}

/// A serial line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serial {
    /// The device.
    pub path: PathBuf,
    /// Bits a second.
    pub baud: u32,
    /// 7 or 8.
    pub data_bits: u32,
    /// Parity.
    pub parity: Parity,
    /// 1 or 2.
    pub stop_bits: u32,
    /// Flow control.
    pub flow_control: FlowControl,
}

/// Parity of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parity {
    /// None.
    None,
    /// Odd.
    Odd,
    /// Even.
    Even,
}

/// Flow control of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowControl {
    /// None.
    None,
    /// XON and XOFF characters.
    XonXoff,
    /// The RTS and CTS wires.
    RtsCts,
}
