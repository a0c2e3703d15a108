//! Walking a tree: every field is read, every problem kept, nothing stops at the first.
//!
//! A [`Section`] is one table. It remembers which keys it was asked for, so that [`Section::done`] can name the
//! unknown ones with the nearest known key. A [`Field`] is one value with its path.
//!
//! **Invariants.** A reader that returns `None` has reported why, or the key was absent and may be.

use std::collections::HashSet;

use jiff::civil::Date;

use super::dates;
use super::load::{Load, Wrong};
use super::near::choose;
use super::problem::mask;
use super::source::Place;
use super::tree::{Entry, Node, Value};

pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// A value and its path.
pub(crate) struct Field<'a> {
    pub load: &'a Load<'a>,
    pub node: &'a Node,
    pub path: String,
}

impl<'a> Field<'a> {
    /// Reports a problem with this value.
    pub(crate) fn wrong(&self, reason: impl AsRef<str>, way_out: impl AsRef<str>) {
        self.load
            .report(self.node.at, &self.path, reason.as_ref(), way_out.as_ref());
    }

    fn wants<T>(&self, what: &str, example: &str) -> Option<T> {
        self.wrong(format!("{what} is wanted, this is {}", self.node.value.kind()), example);
        None
    }

    pub(crate) fn text(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::Text(text) if text.trim().is_empty() => {
                self.wrong("the text is empty", "fill it in, or leave the key out");
                None
            }
            Value::Text(text) if text.chars().any(|c| c.is_control() && c != '\n') => {
                self.wrong("the text has control characters", "take them out");
                None
            }
            Value::Text(text) => Some(text),
            Value::Int(number) => self.wants("a text", &format!("write it in quotes: \"{number}\"")),
            _ => self.wants("a text", "write it in quotes"),
        }
    }

    pub(crate) fn bool(&self) -> Option<bool> {
        match &self.node.value {
            Value::Bool(truth) => Some(*truth),
            _ => self.wants("true or false", "write it without quotes: true"),
        }
    }

    /// A whole number within bounds.
    pub(crate) fn int(&self, least: i64, most: i64) -> Option<i64> {
        match self.node.value {
            Value::Int(number) if (least..=most).contains(&number) => Some(number),
            Value::Int(number) => {
                self.wrong(
                    format!("{number} is out of bounds"),
                    format!("write a number from {least} to {most}"),
                );
                None
            }
            Value::Text(ref text) if text.trim().parse().is_ok_and(|n| (least..=most).contains(&n)) => {
                self.wants("a whole number", &format!("write it without quotes: {}", text.trim()))
            }
            _ => {
                let what = format!("a whole number from {least} to {most}");
                self.wants(&what, "write it in digits, without quotes")
            }
        }
    }

    pub(crate) fn count(&self, least: u32, most: u32) -> Option<u32> {
        self.int(least.into(), most.into())
            .and_then(|number| u32::try_from(number).ok())
    }

    pub(crate) fn date(&self) -> Option<Date> {
        match &self.node.value {
            Value::Date(date) => Some(*date),
            Value::NoDay(text) => {
                self.wrong(dates::why(text), "write a day of the calendar");
                None
            }
            Value::Text(text) if text.parse::<Date>().is_ok() => {
                self.wants("a date", &format!("write it without quotes: {text}"))
            }
            _ => self.wants("a date", "write it as 2026-10-08, without quotes"),
        }
    }

    /// A text that a parser understands.
    pub(crate) fn parse<T>(&self, parse: impl FnOnce(&str) -> Result<T, Wrong>) -> Option<T> {
        match parse(self.text()?) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong(wrong.reason, wrong.way_out);
                None
            }
        }
    }

    /// A text that a parser understands, or several things wrong with it: all are told.
    pub(crate) fn parse_all<T>(&self, parse: impl FnOnce(&str) -> Result<T, Vec<Wrong>>) -> Option<T> {
        match parse(self.text()?) {
            Ok(value) => Some(value),
            Err(wrongs) => {
                for wrong in wrongs {
                    self.wrong(wrong.reason, wrong.way_out);
                }
                None
            }
        }
    }

    /// A name made of letters, digits, `-`, `_`, `.`.
    pub(crate) fn slug<T: std::str::FromStr<Err = crate::ids::BadSlug>>(&self) -> Option<T> {
        self.parse(|text| {
            text.parse()
                .map_err(|error: crate::ids::BadSlug| Wrong::new(error.to_string(), ""))
        })
    }

    /// One of a few words.
    pub(crate) fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.wrong(format!("`{text}` is not known here"), choose(text, &known));
        }
        found
    }

    /// One of a few words, kept as text.
    pub(crate) fn word(&self, words: &[&str]) -> Option<String> {
        let pairs: Vec<(&str, &str)> = words.iter().map(|word| (*word, *word)).collect();
        self.one_of(&pairs).map(str::to_owned)
    }

    /// A list; elements that are wrong are reported and left out.
    pub(crate) fn list<T>(&self, mut read: impl FnMut(&Field<'a>) -> Option<T>) -> Option<Vec<T>> {
        match &self.node.value {
            Value::List(list) => {
                let fields = list.iter().enumerate().map(|(index, node)| Field {
                    load: self.load,
                    node,
                    path: format!("{}[{index}]", self.path),
                });
                Some(fields.filter_map(|field| read(&field)).collect())
            }
            _ => self.wants("a list", "write it in square brackets: [ … ]"),
        }
    }

    pub(crate) fn texts(&self) -> Option<Vec<String>> {
        self.list(|field| field.text().map(str::to_owned))
    }

    /// A table with known keys.
    pub(crate) fn section<T>(&self, read: impl FnOnce(&mut Section<'a>) -> Option<T>) -> Option<T> {
        let Value::Table(entries) = &self.node.value else {
            return self.wants("a table", "write it in braces: { key = … }");
        };
        let mut section = Section::new(self.load, entries, self.node.at, self.path.clone());
        let value = read(&mut section);
        section.done();
        value
    }

    /// A table whose keys are free names.
    pub(crate) fn map(&self, mut read: impl FnMut(&str, Place, &Field<'a>)) -> Option<()> {
        let Value::Table(entries) = &self.node.value else {
            return self.wants("a table", "write it in braces: { name = … }");
        };
        for entry in entries {
            let path = format!("{}[{}]", self.path, entry.key);
            read(
                &entry.key,
                entry.key_at,
                &Field {
                    load: self.load,
                    node: &entry.node,
                    path,
                },
            );
        }
        Some(())
    }
}

/// A table that is being read.
pub(crate) struct Section<'a> {
    pub load: &'a Load<'a>,
    pub at: Place,
    pub path: String,
    entries: &'a [Entry],
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    pub(crate) fn new(load: &'a Load<'a>, entries: &'a [Entry], at: Place, path: String) -> Self {
        Self {
            load,
            at,
            path,
            entries,
            known: Vec::new(),
        }
    }

    /// The value of a key, if it is there. The key is known from now on.
    pub(crate) fn field(&mut self, key: &'static str) -> Option<Field<'a>> {
        self.known.push(key);
        #[cfg(test)]
        self.load.note_asked(&self.path, key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(Field {
            load: self.load,
            node: &entry.node,
            path: join(&self.path, key),
        })
    }

    /// An optional key.
    pub(crate) fn opt<T>(&mut self, key: &'static str, read: impl FnOnce(&Field<'a>) -> Option<T>) -> Option<T> {
        self.field(key).and_then(|field| read(&field))
    }

    /// A key with a default.
    pub(crate) fn or<T>(&mut self, key: &'static str, default: T, read: impl FnOnce(&Field<'a>) -> Option<T>) -> T {
        self.opt(key, read).unwrap_or(default)
    }

    /// A key that must be there.
    pub(crate) fn need<T>(
        &mut self,
        key: &'static str,
        example: &str,
        read: impl FnOnce(&Field<'a>) -> Option<T>,
    ) -> Option<T> {
        match self.field(key) {
            Some(field) => read(&field),
            None => {
                if !self.load.is_broken(self.at.file, key) {
                    self.wrong(format!("`{key}` is missing"), format!("add {key} = {example}"));
                }
                None
            }
        }
    }

    pub(crate) fn opt_text(&mut self, key: &'static str) -> Option<String> {
        self.opt(key, |field| field.text().map(str::to_owned))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// The text of a key, as written.
    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        match &entry.node.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Where a key stands, if it is there.
    pub(crate) fn key_at(&self, key: &str) -> Option<Place> {
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| entry.key_at)
    }

    /// Reports a problem with the table as a whole.
    pub(crate) fn wrong(&self, reason: impl AsRef<str>, way_out: impl AsRef<str>) {
        self.load.report(self.at, &self.path, reason.as_ref(), way_out.as_ref());
    }

    /// Reports a problem with a key that is there.
    pub(crate) fn wrong_key(&self, key: &str, reason: impl AsRef<str>, way_out: impl AsRef<str>) {
        let at = self.key_at(key).unwrap_or(self.at);
        self.load
            .report(at, &join(&self.path, key), reason.as_ref(), way_out.as_ref());
    }

    /// Reports keys that nobody asked for.
    pub(crate) fn done(self) {
        let known: HashSet<&str> = self.known.iter().copied().collect();
        for entry in self.entries.iter().filter(|entry| !known.contains(entry.key.as_str())) {
            let path = join(&self.path, &entry.key);
            let reason = format!("the key `{}` is not known here", mask(&entry.key));
            self.load
                .report(entry.key_at, &path, &reason, &choose(&entry.key, &self.known));
        }
    }
}
