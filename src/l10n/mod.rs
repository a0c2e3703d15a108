//! Everything shown to people, in Chinese and English. Pure.
//!
//! One table, both languages side by side: `key(arguments) { "中文", "English" }`. A key without one of the two, an
//! argument that a sentence forgets or invents does not compile; `format!` checks it. That, and no look-up that can
//! fail while a mail is being written, is why this is a table of ours and not a catalogue read at run time: plurals
//! are needed by three English sentences, written out in [`names`].
//!
//! **Invariants.** Words are those of the glossary. No clock is asked: `now` is an argument.
//!
//! **Not here**: errors and the log (English, where they arise), HTML.

mod doctor_words;
mod entry;
pub mod events;
mod events_life;
mod feed_words;
mod heads;
pub mod mask;
pub mod names;
mod outbox_words;
mod page_words;
pub mod policy;
mod report_words;
pub mod when;
mod why_words;
mod words;

pub use crate::directory::Lang;
pub use mask::masked;

/// Says things in one language; copied into every template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Say(
    /// The language spoken.
    pub Lang,
);

impl Say {
    /// The BCP 47 tag for `lang` attributes and `Content-Language`.
    pub fn tag(self) -> &'static str {
        match self.0 {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// A sentence with its first letter as a line's beginning wants it; Chinese has no such thing.
    pub fn begun(self, sentence: impl Into<String>) -> String {
        let mut sentence = sentence.into();
        if let Some(first) = sentence.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        sentence
    }

    /// What was dialled and how long the talk was; none if the switch tells neither.
    pub fn call_facts(self, called: Option<&str>, talk_seconds: Option<i64>) -> Option<String> {
        let dialled = called.map(|number| self.dialled(number));
        let talked = talk_seconds.map(|seconds| self.talked(when::talk(self.0, seconds)));
        let parts: Vec<String> = dialled.into_iter().chain(talked).collect();
        let comma = match self.0 {
            Lang::Zh => "，",
            Lang::En => ", ",
        };
        (!parts.is_empty()).then(|| parts.join(comma))
    }

    /// One of two sentences that were made elsewhere in both languages.
    pub fn of(self, words: &crate::case::Words) -> &str {
        match self.0 {
            Lang::Zh => &words.zh,
            Lang::En => &words.en,
        }
    }
}

/// Turns a table into methods of [`Say`], and lists it for the tests.
macro_rules! catalogue {
    ($list:ident; $($key:ident $(($($arg:ident),+))? { $zh:literal, $en:literal })*) => {
        impl $crate::l10n::Say {
            $(
                #[doc = concat!("“", $zh, "”, “", $en, "”")]
                pub fn $key(self $($(, $arg: impl std::fmt::Display)+)?) -> String {
                    match self.0 {
                        $crate::l10n::Lang::Zh => format!($zh $($(, $arg = $arg)+)?),
                        $crate::l10n::Lang::En => format!($en $($(, $arg = $arg)+)?),
                    }
                }
            )*
        }

        /// Key, Chinese, English: for the tests that read all of them.
        #[cfg(test)]
        pub(super) const $list: &[(&str, &str, &str)] = &[$((stringify!($key), $zh, $en)),*];
    };
}
pub(crate) use catalogue;

#[cfg(test)]
mod tests {
    use super::{
        doctor_words::DOCTOR, feed_words::FEED, outbox_words::OUTBOX, page_words::PAGE, report_words::REPORT,
        why_words::WHY, words::COMMON,
    };

    /// Of all catalogues: key, Chinese, English.
    fn sentences() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
        [COMMON, PAGE, REPORT, WHY, DOCTOR, FEED, OUTBOX].into_iter().flatten()
    }

    fn is_chinese(c: char) -> bool {
        ('\u{3400}'..='\u{9fff}').contains(&c)
    }

    #[test]
    fn every_sentence_is_in_its_own_language() {
        for (key, zh, en) in sentences() {
            assert!(zh.chars().any(is_chinese), "{key}: no Chinese in “{zh}”");
            assert!(
                en.chars().any(|c| c.is_ascii_alphabetic()),
                "{key}: no English in “{en}”"
            );
            // The subject's mark is the one thing that stays what it is.
            assert!(!en.chars().any(is_chinese), "{key}: Chinese in “{en}”");
        }
    }

    #[test]
    fn the_glossary_has_no_synonyms() {
        for (key, _, en) in sentences() {
            let en = en.to_lowercase();
            for word in ["ticket", "assignee", "owner", "issue", "agent"] {
                assert!(!en.contains(word), "{key} says `{word}`");
            }
        }
    }
}
