//! The maildir, read with a MIME reader that is not the program's own.

use std::fs;
use std::path::Path;

use mail_parser::{HeaderValue, MessageParser};

/// A mail as its reader sees it.
#[derive(Debug)]
pub struct Mail {
    /// The one address it went to.
    pub to: String,
    /// Decoded subject.
    pub subject: String,
    /// Decoded plain text.
    pub text: String,
    /// Decoded HTML.
    pub html: String,
    /// Without angle brackets.
    pub message_id: String,
    /// Names of the header fields, in order.
    pub headers: Vec<String>,
    /// The bytes.
    pub raw: String,
}

impl Mail {
    /// Links to pages of the house, in order.
    pub fn links(&self) -> Vec<String> {
        let parts = self.text.split(|c: char| c.is_whitespace() || "<>()\"".contains(c));
        parts
            .filter(|w| w.starts_with("http") && w.contains("/t/"))
            .map(str::to_owned)
            .collect()
    }

    /// The first link.
    #[track_caller]
    pub fn link(&self) -> String {
        let first = self.links().into_iter().next();
        first.unwrap_or_else(|| panic!("no link to a page in:\n{}", self.text))
    }

    /// A header's value as text.
    pub fn header(&self, name: &str) -> Option<String> {
        let message = MessageParser::default().parse(self.raw.as_bytes())?;
        match message.header(name.to_owned())? {
            HeaderValue::Text(text) => Some(text.to_string()),
            other => Some(format!("{other:?}")),
        }
    }
}

/// All mails of a maildir, oldest first.
pub fn read(maildir: &Path) -> Vec<Mail> {
    let mut files = Vec::new();
    for folder in ["new", "cur"] {
        let Ok(entries) = fs::read_dir(maildir.join(folder)) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            files.push((path.metadata().unwrap().modified().unwrap(), path));
        }
    }
    files.sort();
    files.iter().map(|(_, path)| parse(&fs::read(path).unwrap())).collect()
}

/// One mail by its bytes.
pub fn parse(bytes: &[u8]) -> Mail {
    let raw = String::from_utf8_lossy(bytes).into_owned();
    let message = MessageParser::default()
        .parse(bytes)
        .unwrap_or_else(|| panic!("no mail: {raw}"));
    let to: Vec<&str> = message
        .to()
        .into_iter()
        .flat_map(|a| a.iter())
        .filter_map(|a| a.address())
        .collect();
    assert_eq!(to.len(), 1, "a mail goes to one person: {raw}");
    Mail {
        to: to[0].to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        html: message.body_html(0).unwrap_or_default().into_owned(),
        message_id: message.message_id().unwrap_or_default().to_owned(),
        headers: message.headers().iter().map(|h| h.name().to_owned()).collect(),
        raw,
    }
}

#[test]
fn a_mail_is_read_as_its_reader_sees_it() {
    let raw = "From: fa@x.cn\r\nTo: <wang@x.cn>\r\nSubject: =?utf-8?B?W+mmlumXrl0=?= #1\r\nMessage-ID: <1@x>\r\n\
               Content-Type: text/plain; charset=utf-8\r\n\r\nsee http://127.0.0.1:1/t/abc.\r\n(http://127.0.0.1:1/t/def)\r\n";
    let mail = parse(raw.as_bytes());
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("wang@x.cn", "[首问] #1"));
    assert_eq!(mail.message_id, "1@x");
    assert_eq!(mail.links()[1], "http://127.0.0.1:1/t/def");
}
