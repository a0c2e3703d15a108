//! From a letter to the bytes of a message: text and HTML, headers by a typed builder.
//!
//! **Invariants.** The same letter gives the same bytes (the boundary comes from the message id, the date from the
//! letter). The set of header fields does not depend on what a caller or clerk typed.

use std::time::{Duration, SystemTime};

use askama::Template;
use lettre::Message;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use super::letter::Letter;
use super::text::text;
use super::view::{View, header_text, one_line};
use super::{Error, letter::Addressee};

/// Longest thread kept in `References`: a digest of hundreds of cases needs no more.
const REFERENCES: usize = 20;

/// The message, as it goes over the wire (CR LF, no dot-stuffing).
///
/// # Errors
/// If sender or addressee is no address, or there is nothing to tell.
pub fn compose(letter: &Letter) -> Result<Vec<u8>, Error> {
    let failed = |why: String| Error::Compose {
        message_id: letter.message_id.clone(),
        why,
    };
    if letter.items.is_empty() {
        return Err(failed("it has no notices".to_owned()));
    }
    let view = View::new(letter);
    let html = Html { view: &view }.render().map_err(|e| failed(e.to_string()))?;
    let seconds = u64::try_from(letter.now.as_second()).unwrap_or(0);
    let body = MultiPart::alternative()
        .boundary(boundary(&letter.message_id))
        .singlepart(part(ContentType::TEXT_PLAIN, text(&view)))
        .singlepart(part(ContentType::TEXT_HTML, html));
    let message = Message::builder()
        .from(mailbox(&letter.from)?)
        .to(addressee(&letter.to)?)
        .subject(view.subject.clone())
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(format!("<{}>", id(&letter.message_id))))
        .references(references(letter))
        .header(AutoSubmitted)
        .header(SuppressReplies)
        .header(Language(view.say.tag()))
        .multipart(body)
        .map_err(|e| failed(e.to_string()))?;
    Ok(message.formatted())
}

/// Whether mail can be addressed so.
///
/// # Errors
/// Why not.
pub fn check_address(address: &str) -> Result<(), Error> {
    mailbox(address).map(drop)
}

/// The subject a letter will have, for lists.
pub fn subject(letter: &Letter) -> String {
    View::new(letter).subject
}

/// The stable id that all mails about a case refer to: `case-12@host`.
pub fn case_thread(case: crate::ids::CaseId, host: &str) -> String {
    format!("case-{case}@{}", id(host))
}

fn references(letter: &Letter) -> String {
    let mut cases: Vec<_> = letter.items.iter().map(|item| item.case).collect();
    cases.sort();
    cases.dedup();
    let ids: Vec<String> = cases
        .into_iter()
        .take(REFERENCES)
        .map(|case| format!("<{}>", case_thread(case, &letter.host)))
        .collect();
    ids.join(" ")
}

fn part(kind: ContentType, body: String) -> SinglePart {
    SinglePart::builder().header(kind).body(body)
}

/// What may stand in a message id.
pub(super) fn id(text: &str) -> String {
    let fits = |c: &char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.@".contains(*c);
    text.chars().filter(fits).collect()
}

fn boundary(message_id: &str) -> String {
    let hash = Sha256::digest(message_id.as_bytes());
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("fa-{hex}")
}

pub(super) fn mailbox(address: &str) -> Result<Mailbox, Error> {
    one_line(address)
        .parse()
        .map_err(|e: lettre::address::AddressError| Error::Address {
            address: one_line(address),
            why: e.to_string(),
        })
}

fn addressee(to: &Addressee) -> Result<Mailbox, Error> {
    let plain = mailbox(&to.address)?;
    let name = header_text(&to.name);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), plain.email))
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    view: &'a View,
}

macro_rules! fixed_header {
    ($type:ident, $name:literal, $value:literal) => {
        #[derive(Clone)]
        pub(super) struct $type;
        impl Header for $type {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }
            fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self)
            }
            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), $value.to_owned())
            }
        }
    };
}

// RFC 3834: no auto-reply answers it; Exchange listens to the second only.
fixed_header!(AutoSubmitted, "Auto-Submitted", "auto-generated");
fixed_header!(SuppressReplies, "X-Auto-Response-Suppress", "All");

#[derive(Clone)]
pub(super) struct Language(pub(super) &'static str);

impl Header for Language {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Language")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self("en"))
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.to_owned())
    }
}

#[cfg(test)]
#[path = "compose_tests.rs"]
mod tests;
