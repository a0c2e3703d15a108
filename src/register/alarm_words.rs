//! An alarm in words: for the letter to the administrator, the commands, the log.
//!
//! **Not here**: the sentences themselves (`l10n`), the letter (`remind::note`).

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Alarm, Note};
use crate::l10n::{Lang, Say, when};

/// In what language a letter speaks, and by which clock.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    /// The reader's language.
    pub lang: Lang,
    /// The site's zone.
    pub zone: &'a TimeZone,
    /// Now.
    pub now: Timestamp,
}

/// What a letter to the administrator is about, in a few words.
pub fn called(note: &Note, style: Style<'_>) -> String {
    let say = Say(style.lang);
    match note {
        Note::Test => say.test_subject(),
        Note::DeadAddress { address, .. } => say.dead_subject(address),
        Note::GivenUp { address, .. } => say.given_up_subject(address),
        Note::Alarm(alarm) => alarm_words(alarm, style).0,
    }
}

/// What the log says of an alarm, in English: what it is called, what it means, why, and the way out, in one line.
pub(super) fn sentence(alarm: &Alarm, style: Style<'_>) -> String {
    let (called, text) = alarm_words(alarm, style);
    format!("{called}. {}", in_one_line(&text, style.lang))
}

/// Sentences in one line; those that end in what somebody said get their stop.
pub fn in_one_line(sentences: &[String], lang: Lang) -> String {
    let ended = sentences.iter().map(|sentence| {
        let stop = match lang {
            _ if sentence.ends_with(['.', '。', '?', '!', '；', ';']) => "",
            Lang::Zh => "。",
            Lang::En => ".",
        };
        format!("{sentence}{stop}")
    });
    ended.collect::<Vec<_>>().join(" ")
}

/// An alarm in words: what it is called, then what it means, why, and the way out.
pub fn alarm_words(alarm: &Alarm, style: Style<'_>) -> (String, Vec<String>) {
    let say = Say(style.lang);
    let at = |at: Timestamp| when::long(style.lang, at, style.zone, style.now);
    match alarm {
        Alarm::FeedSilent { feed, since } => (
            say.feed_silent_subject(feed),
            vec![say.feed_silent_text(feed, at(*since)), say.feed_silent_way_out(feed)],
        ),
        Alarm::NoCalls { since } => (
            say.no_calls_subject(),
            vec![say.no_calls_text(at(*since)), say.no_calls_way_out()],
        ),
        Alarm::FeedLost { feed, why } => (
            say.feed_lost_subject(feed),
            vec![say.feed_lost_text(feed), say.server_said(why), say.feed_lost_way_out()],
        ),
        Alarm::LoginRefused { feed, why } => (
            say.login_refused_subject(feed),
            vec![
                say.login_refused_text(feed),
                say.server_said(why),
                say.login_refused_way_out(),
            ],
        ),
        Alarm::Quarantine { feed, percent } => (
            say.quarantine_subject(feed),
            vec![say.quarantine_text(feed, percent), say.quarantine_way_out()],
        ),
        Alarm::Garbage { feed, percent, cause } => (
            say.garbage_subject(feed),
            vec![
                say.garbage_text(feed, percent, say.garbage_cause(cause)),
                say.garbage_way_out(),
            ],
        ),
        Alarm::Drift { feed, seconds } => (
            say.drift_subject(feed),
            vec![
                say.drift_text(feed, when::span(style.lang, seconds.saturating_abs())),
                say.drift_way_out(),
            ],
        ),
        Alarm::LinesLost { feed, why } => (
            say.lines_lost_subject(feed),
            vec![
                say.lines_lost_text(feed),
                say.server_said(why),
                say.lines_lost_way_out(),
            ],
        ),
        Alarm::CalendarEnds { known_until } => {
            let date = when::date(style.lang, *known_until);
            (
                say.calendar_ends_subject(&date),
                vec![say.calendar_ends_text(&date), say.calendar_ends_way_out()],
            )
        }
        Alarm::NoWorkingTime => (
            say.no_working_time_subject(),
            vec![say.no_working_time_text(), say.no_working_time_way_out()],
        ),
        Alarm::PolicyUnread { policy, cases, why } => (
            say.policy_unread_subject(policy),
            vec![
                say.policy_unread_text(policy, cases),
                say.server_said(why),
                say.policy_unread_way_out(),
            ],
        ),
        Alarm::MailDown { since, why } => (
            say.mail_down_subject(),
            vec![
                say.mail_down_text(at(*since)),
                say.server_said(why),
                say.mail_down_way_out(),
            ],
        ),
        Alarm::MailHeld { why } => (
            say.mail_held_subject(),
            vec![say.mail_held_text(), say.server_said(why), say.mail_held_way_out()],
        ),
        Alarm::NobodyToTell { person } => (
            say.nobody_to_tell_subject(person),
            vec![say.nobody_to_tell_text(person), say.nobody_to_tell_way_out()],
        ),
        Alarm::NoMailbox { person, reader } => (
            say.no_mailbox_subject(person),
            vec![say.no_mailbox_text(person, reader), say.no_mailbox_way_out()],
        ),
        Alarm::MailStuck { address, since, why } => (
            say.mail_stuck_subject(address),
            vec![
                say.mail_stuck_text(address, at(*since)),
                say.server_said(why),
                say.mail_stuck_way_out(),
            ],
        ),
        Alarm::LongReader { megabytes, processes } => (
            say.long_reader_subject(),
            vec![say.long_reader_text(*megabytes, processes), say.long_reader_way_out()],
        ),
        Alarm::Disk { why } => (
            say.disk_subject(),
            vec![say.disk_text(), say.server_said(why), say.disk_way_out()],
        ),
        Alarm::DiskFailed { why } => (
            say.disk_failed_subject(),
            vec![say.disk_failed_text(), say.server_said(why), say.disk_failed_way_out()],
        ),
        Alarm::SlowDisk { millis } => (
            say.slow_disk_subject(),
            vec![say.slow_disk_text(seconds(*millis)), say.slow_disk_way_out()],
        ),
        Alarm::Damaged { why, spill } => (
            say.damaged_subject(),
            vec![say.damaged_text(spill), say.server_said(why), say.damaged_way_out()],
        ),
    }
}

/// Milliseconds as seconds with one digit behind the point.
fn seconds(millis: u64) -> String {
    format!("{}.{}", millis / 1000, millis % 1000 / 100)
}
