//! Letters of one text without links: to the administrator, and tests.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::Message;
use lettre::message::SinglePart;
use lettre::message::header::ContentType;

use super::Error;
use super::compose::{AutoSubmitted, Language, SuppressReplies, id, mailbox};
use super::view::header_text;
use crate::l10n::Say;

/// A letter of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainLetter {
    /// Mailbox.
    pub to: String,
    /// The configured sender.
    pub from: String,
    /// The message's own id, without angle brackets.
    pub message_id: String,
    /// Subject.
    pub subject: String,
    /// The text, as paragraphs.
    pub text: Vec<String>,
    /// In which language it is.
    pub say: Say,
    /// `Date`.
    pub now: Timestamp,
}

/// The message, as it goes over the wire (CR LF, no dot-stuffing).
///
/// # Errors
/// If sender or addressee is no address.
pub fn compose_plain(letter: &PlainLetter) -> Result<Vec<u8>, Error> {
    let seconds = u64::try_from(letter.now.as_second()).unwrap_or(0);
    let text: Vec<String> = letter.text.iter().map(|part| super::view::one_line(part)).collect();
    let body = SinglePart::builder()
        .header(ContentType::TEXT_PLAIN)
        .body(format!("{}\r\n", text.join("\r\n\r\n")));
    let message = Message::builder()
        .from(mailbox(&letter.from)?)
        .to(mailbox(&letter.to)?)
        .subject(header_text(&letter.subject))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(format!("<{}>", id(&letter.message_id))))
        .header(AutoSubmitted)
        .header(SuppressReplies)
        .header(Language(letter.say.tag()))
        .singlepart(body)
        .map_err(|e| Error::Compose {
            message_id: letter.message_id.clone(),
            why: e.to_string(),
        })?;
    Ok(message.formatted())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use mail_parser::MessageParser;

    use super::*;
    use crate::directory::Lang;

    #[test]
    fn what_a_server_said_reaches_no_header_and_breaks_no_line() {
        let letter = PlainLetter {
            to: "root@x.cn".into(),
            from: "首问 <fa@x.cn>".into(),
            message_id: "fa.7@x.cn".into(),
            subject: "[首问] wang@x.cn\r\nBcc: all@x.cn".into(),
            text: vec!["550 gone\r\n.\r\nMAIL FROM:<x>".into(), "第二段".into()],
            say: Say(Lang::Zh),
            now: "2026-03-05T06:12:00Z".parse().unwrap(),
        };
        let bytes = compose_plain(&letter).unwrap();
        let mail = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(mail.subject(), Some("[首问] wang@x.cn Bcc: all@x.cn"));
        assert!(mail.bcc().is_none());
        assert_eq!(mail.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
        let text = mail.body_text(0).unwrap();
        assert_eq!(text.trim_end(), "550 gone . MAIL FROM:<x>\r\n\r\n第二段");
    }
}
