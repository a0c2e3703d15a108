//! Answers a switch that asks who we are before it prints its log.
//!
//! ```text
//! Panasonic:   -              ◀── SMDR        Mitel, terminals:   login:      ◀── user
//!              Enter Password:◀── PCCSMDR                         password:   ◀── password
//!              *******                                            (nothing)
//! ```
//! A prompt waits for an answer and not for a line end: it is recognised by how the unended text stops. Switches that
//! say nothing until they are spoken to get the user after three seconds, and the password after three more.
//!
//! **Invariants.** All that came is kept: lines like any other, prompts and echoes as skipped. The password is in no
//! line that is kept, also where the switch echoes it, and in no log; digits within a call's line are not taken for it.
//! It is sent once.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_util::codec::Decoder;
use tokio_util::sync::CancellationToken;

use super::codec::{Framed, Piece};
use super::intake::{Intake, starred};
use crate::config::Secret;
use crate::register::{Error, IncomingLine, LineKind};

/// How long the switch has for its next word.
const PATIENCE: Duration = Duration::from_secs(3);

/// A pause before each answer: some switches drop what comes at once.
const BREATH: Duration = Duration::from_millis(100);

/// What ends a question for the user, unless told otherwise; one of one character must stand alone.
pub const USER_PROMPTS: [&str; 10] = [
    "login:",
    "user:",
    "username:",
    "user name:",
    "user id:",
    "userid:",
    "id:",
    "enter:",
    "-",
    ">",
];

/// What ends a question for the password, unless told otherwise.
pub const PASSWORD_PROMPTS: [&str; 8] = [
    "password:",
    "password?",
    "passwd:",
    "passcode:",
    "pin:",
    "kennwort:",
    "密码:",
    "密码：",
];

/// Words of a refusal.
const REFUSALS: [&str; 11] = [
    "incorrect",
    "invalid",
    "denied",
    "failed",
    "wrong",
    "bad password",
    "no such",
    "unknown",
    "refused",
    "locked",
    "try again",
];

/// Who we say we are, and how the switch asks.
#[derive(Debug, Clone)]
pub struct Login {
    /// User.
    pub user: String,
    /// Password.
    pub password: Secret,
    /// What ends a question for the user, in lower case.
    pub user_prompts: Vec<String>,
    /// What ends a question for the password, in lower case.
    pub password_prompts: Vec<String>,
}

/// How a login ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The log may come; or the switch asked for nothing.
    In,
    /// The switch said no, in these words.
    Refused(String),
    /// The connection ended too soon.
    Gone(String),
    /// We are to stop.
    Stopped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Start,
    UserSent,
    PasswordSent,
}

/// What the text that has not ended asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    User,
    Password,
}

struct Dialogue<'a, 'b> {
    login: &'a Login,
    intake: &'a mut Intake<'b>,
    phase: Phase,
    lines: bool,
}

/// Leads the dialogue until the log may come.
pub(super) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    login: &Login,
    intake: &mut Intake<'_>,
    stop: &CancellationToken,
) -> Result<End, Error> {
    let mut dialogue = Dialogue {
        login,
        intake,
        phase: Phase::Start,
        lines: false,
    };
    let mut buffer = BytesMut::new();
    loop {
        let read = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(End::Stopped),
            read = timeout(PATIENCE, stream.read_buf(&mut buffer)) => read,
        };
        let answer = match read {
            Err(_elapsed) => match dialogue.silence() {
                Some(answer) => answer,
                None => return dialogue.done(End::In).await,
            },
            Ok(Ok(0)) => return dialogue.ended("the switch closed the connection").await,
            Ok(Err(error)) => return dialogue.ended(&error.to_string()).await,
            Ok(Ok(_)) => {
                if let Some(end) = dialogue.lines(&mut buffer).await? {
                    return dialogue.done(end).await;
                }
                match dialogue.asked() {
                    None => continue,
                    Some(asked) => match dialogue.answer(asked) {
                        Some(answer) => {
                            dialogue.prompt().await?;
                            answer
                        }
                        None => {
                            let why = format!("it asked again: {}", dialogue.shown(dialogue.intake.codec.unended()));
                            return dialogue.done(End::Refused(why)).await;
                        }
                    },
                }
            }
        };
        tokio::time::sleep(BREATH).await;
        let text = match answer {
            Asked::User => &login.user,
            Asked::Password => login.password.expose(),
        };
        let sent = stream.write_all(format!("{text}\r\n").as_bytes()).await;
        if let Err(error) = sent {
            return dialogue.ended(&error.to_string()).await;
        }
        dialogue.phase = match answer {
            Asked::User => Phase::UserSent,
            Asked::Password => Phase::PasswordSent,
        };
    }
}

impl Dialogue<'_, '_> {
    /// Nothing came for a while: what to say unasked; `None`: the log may come.
    fn silence(&self) -> Option<Asked> {
        match self.phase {
            Phase::Start if self.lines => None,
            Phase::Start => Some(Asked::User),
            Phase::UserSent => Some(Asked::Password),
            Phase::PasswordSent => None,
        }
    }

    /// What to say when asked; `None`: it was said already.
    fn answer(&self, asked: Asked) -> Option<Asked> {
        let fresh = match asked {
            Asked::User => self.phase == Phase::Start,
            Asked::Password => self.phase != Phase::PasswordSent,
        };
        fresh.then_some(asked)
    }

    fn asked(&self) -> Option<Asked> {
        let text = without_telnet(self.intake.codec.unended());
        let text = String::from_utf8_lossy(&text).trim().to_lowercase();
        let ends = |prompts: &[String]| {
            prompts.iter().any(|prompt| match prompt.chars().count() {
                1 => text == *prompt,
                _ => text.ends_with(prompt.as_str()),
            })
        };
        if ends(&self.login.password_prompts) {
            return Some(Asked::Password);
        }
        ends(&self.login.user_prompts).then_some(Asked::User)
    }

    /// Takes the lines that have ended; says how the login ended if they tell it.
    async fn lines(&mut self, buffer: &mut BytesMut) -> Result<Option<End>, Error> {
        let (mut lines, mut end) = (Vec::new(), None);
        while let Ok(Some(framed)) = self.intake.codec.decode(buffer) {
            if end.is_none() {
                let (line, told) = self.line(framed);
                lines.push(line);
                end = told;
            } else {
                lines.push(self.plain(framed));
            }
        }
        if !lines.is_empty() {
            self.intake.put(lines, None).await?;
        }
        Ok(end)
    }

    fn line(&mut self, framed: Framed) -> (IncomingLine, Option<End>) {
        let text = self.shown(&framed.bytes);
        let said = text.trim().to_lowercase();
        let refused = self.phase != Phase::Start
            && !said.starts_with(|c: char| c.is_ascii_digit())
            && REFUSALS.iter().any(|word| said.contains(word));
        let echo = said.is_empty()
            || said.bytes().all(|b| b == b'*')
            || (self.phase != Phase::Start && said == self.login.user.to_lowercase());
        if refused || (echo && !said.is_empty()) || self.echoes_password(&framed.bytes) {
            let line = self.skipped(framed);
            return (line, refused.then_some(End::Refused(text)));
        }
        self.lines |= !echo;
        let inside = self.phase == Phase::PasswordSent && !echo;
        (self.plain(framed), inside.then_some(End::In))
    }

    fn plain(&self, framed: Framed) -> IncomingLine {
        let kind = if framed.piece == Piece::Whole {
            LineKind::Whole
        } else {
            LineKind::Piece
        };
        self.intake.line(framed, kind)
    }

    fn skipped(&self, framed: Framed) -> IncomingLine {
        let bytes = self.masked(&framed.bytes);
        self.intake.line(Framed { bytes, ..framed }, LineKind::Prompt)
    }

    /// Keeps the prompt that is held; what follows is a line of its own.
    async fn prompt(&mut self) -> Result<(), Error> {
        let Some(framed) = self.intake.codec.end_here() else {
            return Ok(());
        };
        let line = self.skipped(framed);
        self.intake.put(vec![line], None).await
    }

    /// The dialogue is over: an echo that is held must not run into the first line.
    async fn done(&mut self, end: End) -> Result<End, Error> {
        let held = self.intake.codec.unended().to_vec();
        let echo = held.iter().all(|byte| matches!(byte, b'*' | b' '));
        if end != End::In || echo || self.echoes_password(&Bytes::from(held)) {
            self.prompt().await?;
        }
        Ok(end)
    }

    async fn ended(&mut self, why: &str) -> Result<End, Error> {
        self.prompt().await?;
        Ok(if self.phase == Phase::PasswordSent {
            End::Refused(format!("{why} after the password"))
        } else {
            End::Gone(why.to_owned())
        })
    }

    /// A password of digits may be part of any line's numbers: it must stand as an echo does. Other ones are in none.
    fn echoes_password(&self, bytes: &Bytes) -> bool {
        let password = self.login.password.expose();
        let digits = password.bytes().all(|byte| byte.is_ascii_digit());
        let told = starred(bytes, &self.login.password).is_some()
            || (!digits && memchr::memmem::find(bytes, password.as_bytes()).is_some());
        self.phase == Phase::PasswordSent && told
    }

    /// The bytes with each occurrence of the password made stars.
    fn masked(&self, bytes: &Bytes) -> Bytes {
        let password = self.login.password.expose().as_bytes();
        if self.phase != Phase::PasswordSent || password.is_empty() {
            return bytes.clone();
        }
        let mut masked = bytes.to_vec();
        for at in memchr::memmem::find_iter(bytes, password) {
            if let Some(part) = masked.get_mut(at..at + password.len()) {
                part.fill(b'*');
            }
        }
        masked.into()
    }

    fn shown(&self, bytes: &[u8]) -> String {
        let text = self.masked(&Bytes::copy_from_slice(bytes));
        let text = String::from_utf8_lossy(&text);
        text.chars().filter(|c| !c.is_control()).take(80).collect()
    }
}

/// Without the commands (IAC WILL, WONT, DO, DONT and an option) that a telnet server begins with.
fn without_telnet(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        rest = match rest {
            [0xff, 0xfb..=0xfe, _, after @ ..] => after,
            _ => {
                text.push(*first);
                after
            }
        };
    }
    text
}
