//! Cells of tables for people: names, short times, words of the catalogue.

use jiff::Timestamp;

use super::screen::safe;
use super::session::Session;
use crate::ids::PersonId;
use crate::l10n::when;

/// A person's name in the language of the output; an unknown one keeps the id.
pub fn person_name(session: &Session, id: &PersonId) -> String {
    safe(&session.rules.directory.display_name(id, session.lang()))
}

/// A person who may be missing.
pub fn person(session: &Session, id: Option<&PersonId>) -> String {
    id.map_or_else(|| "-".to_owned(), |id| person_name(session, id))
}

/// A short time of the site.
pub fn time(session: &Session, at: Option<Timestamp>) -> String {
    at.map_or_else(
        || "-".to_owned(),
        |at| when::near(session.lang(), at, session.zone(), session.now()),
    )
}

/// By when something is due, short.
pub fn due(session: &Session, at: Option<Timestamp>) -> String {
    at.map_or_else(
        || "-".to_owned(),
        |at| when::due(at, session.zone(), |at| time(session, Some(at))),
    )
}

/// A text that may be missing, made safe for a terminal.
pub fn text(text: Option<&str>) -> String {
    text.map_or_else(|| "-".to_owned(), safe)
}

/// A word of a fixed set as it is said; one that the set lacks is shown as it is.
pub fn said<T: serde::de::DeserializeOwned>(word: &str, say: impl FnOnce(T) -> &'static str) -> String {
    serde_json::from_value(word.into()).map_or_else(|_| safe(word), |known| say(known).to_owned())
}
