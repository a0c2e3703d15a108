//! One load: the files it read and the problems it found.

use std::cell::{Cell, RefCell};
#[cfg(test)]
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::problem::{Problem, Problems};
use super::source::{Place, Source};
use super::tree::{self, Node};

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
    /// A part of the whole is not to be had: what may stand in it is not missed.
    in_part: Cell<bool>,
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
            in_part: Cell::default(),
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

    /// Reads what may be without a part of itself.
    pub(crate) fn in_part<T>(&self, read: impl FnOnce() -> T) -> T {
        self.in_part.set(true);
        let value = read();
        self.in_part.set(false);
        value
    }

    /// Whether names and keys may stand in a part that is not to be had.
    pub(crate) fn is_in_part(&self) -> bool {
        self.in_part.get()
    }

    /// Whether a key may stand where it can't be read.
    pub(crate) fn is_broken(&self, file: usize, key: &str) -> bool {
        self.in_part.get() || self.broken.borrow().get(file).is_some_and(|lines| lines.contains(key))
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
    pub(crate) fn note_asked(&self, path: &str, key: &str) {
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
        self.asked.borrow_mut().insert(super::reader::join(&plain, key));
    }
}
