//! A note becomes a letter.

use crate::l10n::Say;
use crate::mail::PlainLetter;
use crate::register::Note;
pub use crate::register::alarm_words::{Style, alarm_words, called, in_one_line};

/// The letter for a note.
pub fn letter(note: &Note, to: &str, from: &str, message_id: &str, style: Style<'_>) -> PlainLetter {
    let say = Say(style.lang);
    let (subject, text) = match note {
        Note::Test => (say.test_subject(), vec![say.test_text()]),
        Note::DeadAddress { address, why } => (
            say.dead_subject(address),
            vec![say.dead_text(address), say.server_said(why), say.dead_way_out()],
        ),
        Note::GivenUp { address, subject, why } => (
            say.given_up_subject(address),
            vec![
                say.given_up_text(address, subject),
                say.server_said(why),
                say.given_up_way_out(),
            ],
        ),
        Note::Alarm(alarm) => alarm_words(alarm, style),
    };
    PlainLetter {
        to: to.to_owned(),
        from: from.to_owned(),
        message_id: message_id.to_owned(),
        subject: format!("[{}] {subject}", say.mark()),
        text,
        say,
        now: style.now,
    }
}
