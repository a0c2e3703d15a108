//! Walking a tree: every field is read, every problem kept, nothing stops at the first.
//!
//! A [`Section`] is one table. It remembers which keys it was asked for, so that [`Section::done`] can name the
//! unknown ones with the nearest known key. A [`Field`] is one value with its path.
//!
//! **Invariants.** A reader that returns `None` has reported why, or the key was absent and may be.

use std::cell::{Cell, RefCell};
#[cfg(test)]
use std::collections::BTreeSet;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::problem::{Problem, Problems, mask};
use super::source::{Place, Source};
use super::tree::{self, Entry, Node, Value};

/// The largest file that is read.
const LARGEST: usize = 32 << 20;

/// How files are read: given by the caller, so that tests need no disk.
pub(crate) type ReadFile<'f> = &'f dyn Fn(&Path) -> std::io::Result<Vec<u8>>;

/// A text that is not what a key wants: why, and what would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong.
    pub reason: String,
    /// What to write instead.
    pub way_out: String,
}

impl Wrong {
    pub(crate) fn new(reason: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            way_out: way_out.into(),
        }
    }
}

/// What one load gathers: sources and problems.
pub(crate) struct Load<'f> {
    read: ReadFile<'f>,
    sources: RefCell<Vec<Source>>,
    problems: RefCell<Vec<Problem>>,
    /// Per source: the text of the lines that did not parse. A key that stands there isn't missing.
    broken: RefCell<Vec<String>>,
    placeless: Cell<bool>,
    /// Keys that were asked for, with indexes and free names taken out: the reference test's other half.
    #[cfg(test)]
    pub asked: RefCell<BTreeSet<String>>,
}

impl<'f> Load<'f> {
    pub(crate) fn new(read: ReadFile<'f>) -> Self {
        Self {
            read,
            sources: RefCell::default(),
            problems: RefCell::default(),
            broken: RefCell::default(),
            placeless: Cell::new(false),
            #[cfg(test)]
            asked: RefCell::default(),
        }
    }

    /// Reads and parses a file; the error is why it can't be read.
    pub(crate) fn file(&self, path: &Path) -> Result<Node, String> {
        let bytes = (self.read)(path).map_err(|error| error.to_string())?;
        if bytes.len() > LARGEST {
            return Err(format!("it has more than {} MB", LARGEST >> 20));
        }
        let label = path.display().to_string();
        match String::from_utf8(bytes) {
            Ok(text) => Ok(self.text(path.to_owned(), label, text)),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let node = self.text(path.to_owned(), label, text);
                let at = Place {
                    start: good,
                    end: good + 1,
                    ..node.at
                };
                self.report(at, "", "the file is not UTF-8 here", "save it as UTF-8");
                Ok(node)
            }
        }
    }

    /// Parses a text that is at hand, such as a policy built into the program.
    pub(crate) fn text(&self, path: PathBuf, label: String, text: String) -> Node {
        let file = self.sources.borrow().len();
        let (root, faults) = tree::parse(&text, file);
        let source = Source::new(path, label, text);
        let broken = faults
            .iter()
            .map(|fault| source.line(fault.at.start))
            .collect::<Vec<_>>()
            .join("\n");
        self.broken.borrow_mut().push(broken);
        self.sources.borrow_mut().push(source);
        for fault in faults {
            let reason = format!("the TOML does not parse: {}", fault.message);
            self.report(
                fault.at,
                &fault.path,
                &reason,
                "repair the line; later ones were read all the same",
            );
        }
        root
    }

    pub(crate) fn report(&self, at: Place, path: &str, reason: &str, way_out: &str) {
        if let Some(source) = self.sources.borrow().get(at.file) {
            let problem = Problem::at(source, at, path, reason.to_owned(), way_out.to_owned());
            self.problems.borrow_mut().push(problem);
        }
    }

    pub(crate) fn report_whole(&self, file: &str, reason: String, way_out: &str) {
        self.placeless.set(true);
        self.problems
            .borrow_mut()
            .push(Problem::whole(file, reason, way_out.to_owned()));
    }

    /// `file:line` of a place, as evidence shows it.
    pub(crate) fn name(&self, at: Place) -> String {
        let sources = self.sources.borrow();
        sources.get(at.file).map_or_else(String::new, |source| {
            let file = source.path.file_name().map(|name| name.to_string_lossy().into_owned());
            format!(
                "{}:{}",
                file.unwrap_or_else(|| source.label.clone()),
                source.line_column(at.start).0
            )
        })
    }

    /// The folder of the file that a place is in.
    pub(crate) fn folder(&self, at: Place) -> PathBuf {
        let sources = self.sources.borrow();
        sources
            .get(at.file)
            .and_then(|s| s.path.parent())
            .map(Path::to_owned)
            .unwrap_or_default()
    }

    pub(crate) fn source_text(&self, at: Place) -> String {
        self.sources
            .borrow()
            .get(at.file)
            .map(|source| source.text.clone())
            .unwrap_or_default()
    }

    fn is_broken(&self, file: usize, key: &str) -> bool {
        self.broken.borrow().get(file).is_some_and(|lines| lines.contains(key))
    }

    /// Ends the load: the sources if nothing is wrong, else all that is.
    pub(crate) fn finish(self) -> Result<Vec<Source>, Problems> {
        let problems = Problems::new(self.problems.into_inner());
        if problems.is_empty() {
            Ok(self.sources.into_inner())
        } else {
            Err(problems)
        }
    }

    #[cfg(test)]
    fn note_asked(&self, path: &str, key: &str) {
        let mut plain = String::new();
        let mut inside = false;
        for c in path.chars() {
            match c {
                '[' => inside = true,
                ']' => inside = false,
                c if !inside => plain.push(c),
                _ => {}
            }
        }
        self.asked.borrow_mut().insert(join(&plain, key));
    }
}

fn join(path: &str, key: &str) -> String {
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
            _ => self.wants("a whole number", "write it without quotes: 3"),
        }
    }

    pub(crate) fn count(&self, least: u32, most: u32) -> Option<u32> {
        self.int(least.into(), most.into())
            .and_then(|number| u32::try_from(number).ok())
    }

    pub(crate) fn date(&self) -> Option<Date> {
        match &self.node.value {
            Value::Date(date) => Some(*date),
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

/// The nearest of some names, if one is near enough to be meant.
pub(crate) fn nearest<'n>(text: &str, names: &[&'n str]) -> Option<&'n str> {
    let (distance, name) = least_distant(text, names)?;
    let longest = text.chars().count().max(name.chars().count());
    (distance * 2 <= longest).then_some(name)
}

fn least_distant<'n>(text: &str, names: &[&'n str]) -> Option<(usize, &'n str)> {
    let text = text.to_lowercase();
    let scored = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&text, &name.to_lowercase()), *name));
    scored.min_by_key(|(distance, _)| *distance)
}

/// `did you mean …?`, or the nearest and what else there is to choose from.
pub(crate) fn choose(text: &str, names: &[&str]) -> String {
    if let Some(name) = nearest(text, names) {
        return format!("did you mean `{name}`?");
    }
    let Some((_, name)) = least_distant(text, names) else {
        return "take it out".to_owned();
    };
    let mut known: Vec<&str> = Vec::new();
    for name in names {
        if !known.contains(name) && known.len() < 40 {
            known.push(name);
        }
    }
    format!("the nearest is `{name}`; known: {}", known.join(", "))
}
