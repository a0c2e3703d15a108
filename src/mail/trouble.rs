//! What goes wrong in a conversation with a mail server, and what it means for the message.
//!
//! | | before the body | the body is sent |
//! |---|---|---|
//! | connection, time limit, greeting, TLS, login | later, and no other mail before then | unknown |
//! | 4xx (421: the server is going down) | later | later |
//! | 5xx to `RCPT` about the address; later with x.1 | refused: the address is dead | refused |
//! | other 5xx | later, with an alarm: it is not the addressee's fault | later, with an alarm |
//!
//! **Invariants.** A server's words are printed on one line, without control characters, and of a login only their
//! code: a server may repeat what we said.

use std::future::Future;
use std::io;
use std::time::Duration;

use super::Delivery;

/// Where in the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Connect,
    Greeting,
    StartTls,
    Tls,
    Hello,
    Login,
    Sender,
    Recipient,
    Data,
    Message,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::Greeting => "greeting",
            Self::StartTls => "STARTTLS",
            Self::Tls => "TLS",
            Self::Hello => "EHLO",
            Self::Login => "login",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::Message => "end of the message",
        }
    }
}

/// What went wrong.
#[derive(Debug)]
pub(super) enum What {
    /// The server said no.
    Said { code: u16, text: String },
    /// No answer in time.
    Late(Duration),
    /// The connection failed.
    Broken(io::Error),
    /// The reply makes no sense, or stops halfway.
    Garbled(String),
    /// We did not go on, and why.
    Own(String),
}

impl What {
    pub(super) fn of(error: lettre::transport::smtp::Error) -> Self {
        use std::error::Error;
        let text = error.source().map(ToString::to_string).unwrap_or_default();
        match error.status() {
            Some(code) => Self::Said {
                code: code.into(),
                text,
            },
            None if error.is_response() => Self::Garbled(text),
            None if error.is_client() => Self::Own(text),
            None => Self::Broken(io::Error::other(text)),
        }
    }

    /// Without the server's words: it may repeat what we said, and that was a password.
    pub(super) fn without_words(self) -> Self {
        match self {
            Self::Said { code, text } => Self::Said {
                code,
                text: enhanced(&text).map_or_else(String::new, |[a, b, c]| format!("{a}.{b}.{c}")),
            },
            Self::Garbled(_) => Self::Garbled("an answer that makes no sense".to_owned()),
            other => other,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Said { code, text } => printable(&format!("{code} {text}")),
            Self::Late(limit) => format!("no answer within {} s", limit.as_secs_f32()),
            Self::Broken(error) => format!("the connection failed: {}", printable(&error.to_string())),
            Self::Garbled(text) => format!(
                "the connection ended, or the answer makes no sense: {}",
                printable(text)
            ),
            Self::Own(why) => printable(why),
        }
    }
}

/// A server's words as they may stand in a log: one line, no control characters, not endless.
fn printable(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = line.split_whitespace().collect();
    words.join(" ").chars().take(300).collect()
}

/// The enhanced status code (RFC 3463) that a reply begins with.
fn enhanced(text: &str) -> Option<[u16; 3]> {
    let first = text.split_whitespace().next()?;
    let mut numbers = first.split('.').map(|n| n.parse::<u16>().ok());
    let code = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(code)
}

/// What went wrong, and where.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) stage: Stage,
    pub(super) what: What,
}

impl Trouble {
    pub(super) fn new(stage: Stage, what: What) -> Self {
        Self { stage, what }
    }

    pub(super) fn is_permanent(&self) -> bool {
        // 530 and 535: it wants a login, and another sender would not help.
        matches!(self.what, What::Said { code, .. } if code >= 500 && code != 530 && code != 535)
    }

    pub(super) fn is_loss(&self) -> bool {
        match &self.what {
            What::Broken(_) | What::Garbled(_) => true,
            What::Said { code, .. } => *code == 421,
            What::Late(_) | What::Own(_) => false,
        }
    }

    /// What it means for the message.
    pub(super) fn delivery(self, server: &str) -> Delivery {
        let why = format!("{server}: {}: {}", self.stage.name(), self.what.words());
        let message = |alarm| Delivery::Later {
            after: None,
            why: why.clone(),
            everybody: false,
            alarm,
        };
        let server = |alarm| Delivery::Later {
            after: None,
            why: why.clone(),
            everybody: true,
            alarm,
        };
        match (self.stage, &self.what) {
            (_, What::Said { code: 421, .. }) => server(false),
            // Nobody's password or certificate mends itself.
            (Stage::Tls | Stage::StartTls | Stage::Login, What::Own(_)) => server(true),
            (Stage::Message, What::Late(_) | What::Broken(_) | What::Garbled(_) | What::Own(_)) => {
                Delivery::Unknown { why }
            }
            (_, What::Late(_) | What::Broken(_) | What::Garbled(_) | What::Own(_)) => server(false),
            (Stage::Recipient | Stage::Data | Stage::Message, What::Said { code, text }) => match code {
                500.. if names_the_address(self.stage, *code, text) => Delivery::Refused { why },
                500.. => message(true),
                _ => message(false),
            },
            (Stage::Sender, What::Said { code: ..500, .. }) => message(false),
            (_, What::Said { code, .. }) => server(*code >= 500),
        }
    }
}

/// Whether a 5xx says that the address is dead, and not that we are unwelcome or the message is.
fn names_the_address(stage: Stage, code: u16, text: &str) -> bool {
    match (stage, enhanced(text)) {
        // RFC 3463: x.1 address, x.2 mailbox, x.4 routing; x.7 is policy: relaying denied, we are blocked, no login.
        // x.1.7 and x.1.8 speak of the sender.
        (_, Some([_, 1, 7 | 8])) => false,
        (Stage::Recipient, Some([_, subject, _])) => matches!(subject, 0 | 1 | 2 | 4) && code != 552,
        // 552 is a full mailbox (RFC 5321, 4.5.3.1.10: to be taken for 452); 530, 535 and 538 want a login;
        // 554 without more is how a server says that it does not relay for us.
        (Stage::Recipient, None) => !matches!(code, 502 | 503 | 530 | 534 | 535 | 538 | 552 | 554),
        (_, Some([_, subject, _])) => subject == 1,
        (_, None) => false,
    }
}

/// Runs one stage within its limit.
pub(super) async fn limited<T>(
    stage: Stage,
    limit: Duration,
    work: impl Future<Output = Result<T, What>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done.map_err(|what| Trouble::new(stage, what)),
        Err(_) => Err(Trouble::new(stage, What::Late(limit))),
    }
}
