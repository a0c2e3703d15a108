//! The files beside a followed one, and how one is recognised under another name.
//!
//! **Invariants.** A file is the one we read if it has the number we knew *and* says the same where we know it; or,
//! copied away, if it says the same at its beginning and before the place.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::register::Place;

/// Bytes of a file's beginning that are remembered.
pub const HEAD: usize = 256;

/// Bytes before the place that are remembered.
pub const TAIL: usize = 64;

/// Ends of names whose bytes are no lines.
const PACKED: [&str; 5] = [".gz", ".xz", ".bz2", ".zst", ".lz4"];

/// A file as it lies in the folder.
#[derive(Debug)]
pub struct Sibling {
    pub path: PathBuf,
    pub dev: u64,
    pub ino: u64,
    pub size: u64,
    /// Milliseconds.
    pub written_at: i64,
}

impl Sibling {
    pub fn of(path: PathBuf, meta: &Metadata) -> Self {
        Self {
            path,
            dev: meta.dev(),
            ino: meta.ino(),
            size: meta.len(),
            written_at: written_at(meta),
        }
    }

    pub fn is(&self, place: &Place) -> bool {
        (self.dev, self.ino) == (place.dev, place.ino)
    }

    pub fn is_packed(&self) -> bool {
        let name = self.path.to_string_lossy();
        PACKED.iter().any(|end| name.ends_with(end))
    }

    /// Whether it can be read, and says what was read there.
    pub fn goes_on(&self, place: &Place) -> bool {
        self.says(place).unwrap_or(false)
    }

    /// Whether it says what was read there: at its beginning, and before the place. The error: it can't be read now,
    /// which tells nothing.
    pub fn says(&self, place: &Place) -> io::Result<bool> {
        if self.size < place.position || place.ino == 0 {
            return Ok(false);
        }
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            opened => opened.map_err(|error| at(&self.path, &error))?,
        };
        let same = || -> io::Result<bool> {
            let head = bytes_at(&file, 0, usize::try_from(place.head_length).unwrap_or(HEAD))?;
            Ok(hash(&head) == place.head && hash(&before(&file, place.position)?) == place.tail)
        };
        same().map_err(|error| at(&self.path, &error))
    }
}

/// An error with the file it is about.
pub fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// When a file was written to, in milliseconds.
pub fn written_at(meta: &Metadata) -> i64 {
    meta.mtime() * 1000 + meta.mtime_nsec() / 1_000_000
}

/// The files beside `path` whose names begin with its own, by when they were written; `path` itself is not among them.
/// The error: the folder can't be read now. One that we may not list has none.
pub fn beside(path: &Path) -> io::Result<Vec<Sibling>> {
    let Some(name) = path.file_name() else {
        return Ok(Vec::new());
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
            return Ok(Vec::new());
        }
        read => read.map_err(|error| at(folder, &error))?,
    };
    let own = name.as_encoded_bytes();
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| at(folder, &error))?;
        if entry.file_name() == name || !entry.file_name().as_encoded_bytes().starts_with(own) {
            continue;
        }
        match entry.metadata() {
            Ok(meta) if meta.is_file() => found.push(Sibling::of(entry.path(), &meta)),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(at(&entry.path(), &error)),
            _ => {}
        }
    }
    found.sort_by_key(|sibling| (sibling.written_at, sibling.ino));
    Ok(found)
}

/// Up to `length` bytes from `at`.
pub fn bytes_at(file: &File, at: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while let Some(space) = bytes.get_mut(filled..).filter(|space| !space.is_empty()) {
        match file.read_at(space, at + filled as u64) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// The remembered bytes before a position.
pub fn before(file: &File, position: u64) -> io::Result<Vec<u8>> {
    let length = position.min(TAIL as u64);
    bytes_at(file, position - length, usize::try_from(length).unwrap_or(TAIL))
}

pub fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
