//! The spill journal: where lines go while the database is damaged.
//!
//! ```text
//! firstanswer-spill 1 5be1…                                            names this spill; then an entry a line
//! 9f86d081884c7d65 {"n":1,"at":1772676000123,"feed":"pbx","connection":7,"what":"line","kind":"whole","text":"…"}
//! ```
//! A line's bytes are `text` if they are UTF-8, else `base64`; the figure before an entry is the beginning of its
//! SHA-256.
//!
//! **Invariants.** Entries are only ever added, and none is answered before it is synced. One that was torn by a crash
//! was never answered; its sum tells it from the others. The file stays when its
//! lines are in the database: it only gets another name.
//!
//! **Not here**: when lines go here (`writer`), how they come into the database (`unspill`).

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::store::{beside, sync_folder};
use super::{Error, IncomingLine, LineKind, instant, millis};
use crate::ids::FeedName;

const HEAD: &str = "firstanswer-spill 1 ";

/// Connections opened while the database is damaged are numbered from here on.
const CONNECTIONS: i64 = 1 << 40;

/// Something that a feed told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Counts from 1.
    pub n: u64,
    /// When, in milliseconds.
    pub at: i64,
    pub feed: FeedName,
    pub connection: i64,
    #[serde(flatten)]
    pub told: Told,
}

/// What it told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(super) enum Told {
    Opened {
        peer: String,
    },
    Line {
        kind: LineKind,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        continues: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base64: Option<String>,
    },
    Closed {
        why: String,
    },
}

impl Told {
    pub fn line(line: &IncomingLine) -> Self {
        let text = std::str::from_utf8(&line.bytes).ok().map(str::to_owned);
        Self::Line {
            kind: line.kind,
            continues: line.continues,
            base64: text.is_none().then(|| STANDARD.encode(&line.bytes)),
            text,
        }
    }
}

impl Entry {
    /// The line again, if it is one.
    pub fn incoming(&self) -> Option<IncomingLine> {
        let Told::Line {
            kind,
            continues,
            text,
            base64,
        } = &self.told
        else {
            return None;
        };
        let bytes = match (text, base64) {
            (Some(text), _) => Bytes::copy_from_slice(text.as_bytes()),
            (None, Some(coded)) => STANDARD.decode(coded).ok()?.into(),
            (None, None) => return None,
        };
        Some(IncomingLine {
            bytes,
            received_at: instant(self.at),
            kind: *kind,
            continues: *continues,
        })
    }
}

/// Where it lies.
pub fn path_of(database: &Path) -> PathBuf {
    beside(database, ".spill")
}

/// The file, open for more.
#[derive(Debug)]
pub(super) struct Spill {
    file: File,
    path: PathBuf,
    next: u64,
    /// Bytes of whole entries.
    length: u64,
}

impl Spill {
    /// Goes on with the one that is there, or begins one.
    pub fn open(database: &Path) -> Result<Self, Error> {
        let path = path_of(database);
        let failed = |source| Error::File {
            path: path.clone(),
            source,
        };
        let before = read(database)?;
        let mut file = File::options()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        let next = match &before {
            Some(found) => {
                // What a crash tore off was answered to nobody.
                file.set_len(found.length).map_err(failed)?;
                found.entries.last().map_or(1, |entry| entry.n + 1)
            }
            None => {
                let mut id = [0u8; 16];
                getrandom::fill(&mut id).map_err(|error| failed(io::Error::other(error)))?;
                let head = format!("{HEAD}{}\n", hex(&id));
                file.set_len(0)
                    .and_then(|()| file.write_all(head.as_bytes()))
                    .map_err(failed)?;
                1
            }
        };
        file.sync_all().map_err(failed)?;
        sync_folder(&path);
        let length = file.metadata().map_err(failed)?.len();
        Ok(Self {
            file,
            path,
            next,
            length,
        })
    }

    /// The number of a connection that opens now.
    pub fn new_connection(&self, ahead: usize) -> i64 {
        CONNECTIONS + i64::try_from(self.next).unwrap_or(0) + i64::try_from(ahead).unwrap_or(0)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Entries so far.
    pub fn count(&self) -> u64 {
        self.next - 1
    }

    /// Adds what was told; durable when this returns. The outer error: nobody knows what is on the disk. The inner
    /// one: nothing of it is, and it may be tried again.
    pub fn add(&mut self, told: &[(Timestamp, FeedName, i64, Told)]) -> Result<io::Result<()>, Error> {
        let mut text = String::new();
        let mut next = self.next;
        for (at, feed, connection, told) in told {
            let entry = Entry {
                n: next,
                at: millis(*at),
                feed: feed.clone(),
                connection: *connection,
                told: told.clone(),
            };
            let body = serde_json::to_string(&entry).map_err(|e| Error::Garbled {
                what: "an entry of the spill journal".to_owned(),
                detail: e.to_string(),
            })?;
            text += &format!("{} {body}\n", sum(&body));
            next += 1;
        }
        let failed = |source| Error::File {
            path: self.path.clone(),
            source,
        };
        if let Err(error) = self.file.write_all(text.as_bytes()) {
            self.file.set_len(self.length).map_err(failed)?;
            return match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Ok(Err(error)),
                _ => Err(failed(error)),
            };
        }
        self.file.sync_data().map_err(failed)?;
        self.length += text.len() as u64;
        self.next = next;
        Ok(Ok(()))
    }
}

/// What a spill journal holds.
#[derive(Debug)]
pub(super) struct Found {
    pub id: String,
    pub entries: Vec<Entry>,
    /// Lines of the file that are no whole entries, though others follow.
    pub broken: Vec<usize>,
    /// Bytes up to the end of the last entry.
    length: u64,
}

/// Reads it; `None`: there is none, or none that anything was put into.
pub(super) fn read(database: &Path) -> Result<Option<Found>, Error> {
    let path = path_of(database);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Unreadable { path, source }),
    };
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let head = lines.next().unwrap_or_default();
    let id = std::str::from_utf8(head)
        .ok()
        .and_then(|head| head.strip_prefix(HEAD)?.strip_suffix('\n'));
    let Some(id) = id else {
        return if bytes.contains(&b'\n') {
            Err(Error::Garbled {
                what: format!("the spill journal {}", path.display()),
                detail: "its first line is another's; move the file away, and keep it".to_owned(),
            })
        } else {
            Ok(None)
        };
    };
    let mut found = Found {
        id: id.to_owned(),
        entries: Vec::new(),
        broken: Vec::new(),
        length: head.len() as u64,
    };
    let (mut at, mut doubtful) = (head.len(), Vec::new());
    for (index, line) in lines.enumerate() {
        at += line.len();
        match entry(line) {
            Some(entry) => {
                found.entries.push(entry);
                found.broken.append(&mut doubtful);
                found.length = at as u64;
            }
            None => doubtful.push(index + 2),
        }
    }
    Ok(Some(found))
}

fn entry(line: &[u8]) -> Option<Entry> {
    let (figure, body) = std::str::from_utf8(line).ok()?.strip_suffix('\n')?.split_once(' ')?;
    (figure == sum(body)).then(|| serde_json::from_str(body).ok()).flatten()
}

/// How many lines wait in it, and since when; for those who look from other rooms.
///
/// # Errors
/// It is there and can't be read.
pub fn waiting(database: &Path) -> Result<Option<(usize, Option<Timestamp>)>, Error> {
    Ok(read(database)?.map(|found| {
        let lines = found
            .entries
            .iter()
            .filter(|entry| matches!(entry.told, Told::Line { .. }));
        (lines.count(), found.entries.first().map(|entry| instant(entry.at)))
    }))
}

/// Its lines are in the database: it gets another name, and stays.
pub(super) fn set_aside(database: &Path, time: &str) -> Result<PathBuf, Error> {
    let mut aside = beside(database, &format!(".spill-replayed-{time}"));
    for n in 2.. {
        if aside.symlink_metadata().is_err() {
            break;
        }
        aside = beside(database, &format!(".spill-replayed-{time}-{n}"));
    }
    fs::rename(path_of(database), &aside).map_err(|source| Error::File {
        path: aside.clone(),
        source,
    })?;
    sync_folder(database);
    Ok(aside)
}

fn sum(body: &str) -> String {
    hex(Sha256::digest(body.as_bytes()).get(..8).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn line(bytes: &'static [u8]) -> Told {
        Told::line(&IncomingLine {
            bytes: Bytes::from_static(bytes),
            received_at: Timestamp::UNIX_EPOCH,
            kind: LineKind::Whole,
            continues: false,
        })
    }

    fn put(spill: &mut Spill, bytes: &'static [u8]) {
        let at = Timestamp::from_millisecond(1_772_676_000_123).unwrap();
        spill
            .add(&[(at, "pbx".parse().unwrap(), 7, line(bytes))])
            .unwrap()
            .unwrap();
    }

    fn bytes_in(database: &Path) -> Vec<Bytes> {
        let found = read(database).unwrap().unwrap();
        found
            .entries
            .iter()
            .map(|entry| entry.incoming().unwrap().bytes)
            .collect()
    }

    #[test]
    fn f31_what_goes_into_the_spill_comes_out_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("fa.db");
        let mut spill = Spill::open(&database).unwrap();
        put(&mut spill, b"10:00,8021");
        put(&mut spill, b"\xff\x00\x01 ESC \x1b[2J \"");
        drop(spill);
        let mut spill = Spill::open(&database).unwrap();
        assert_eq!(spill.count(), 2);
        put(&mut spill, "王".as_bytes());
        let lines: [&[u8]; 3] = [b"10:00,8021", b"\xff\x00\x01 ESC \x1b[2J \"", "王".as_bytes()];
        assert_eq!(bytes_in(&database), lines);
        let found = read(&database).unwrap().unwrap();
        assert_eq!(found.entries.iter().map(|e| e.n).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(found.entries[0].at, 1_772_676_000_123);
        let (lines, since) = waiting(&database).unwrap().unwrap();
        assert_eq!((lines, since.unwrap().as_millisecond()), (3, 1_772_676_000_123));
    }

    #[test]
    fn f31_a_spill_torn_at_any_byte_keeps_what_was_whole_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("fa.db");
        let mut spill = Spill::open(&database).unwrap();
        put(&mut spill, b"one");
        let first = spill.length;
        put(&mut spill, b"two");
        drop(spill);
        let whole = fs::read(path_of(&database)).unwrap();
        for cut in (0..whole.len()).rev().step_by(3) {
            fs::write(path_of(&database), &whole[..cut]).unwrap();
            let kept = usize::from(cut as u64 >= first);
            let mut spill = Spill::open(&database).unwrap();
            put(&mut spill, b"three");
            drop(spill);
            let expected: Vec<&[u8]> = [b"one".as_slice(), b"three"][1 - kept..].to_vec();
            assert_eq!(bytes_in(&database), expected, "torn at {cut}");
            assert!(read(&database).unwrap().unwrap().broken.is_empty());
        }
    }

    #[test]
    fn f31_a_byte_altered_in_a_spill_costs_its_entry_alone_and_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("fa.db");
        let mut spill = Spill::open(&database).unwrap();
        for bytes in [b"one".as_slice(), b"two", b"three"] {
            put(&mut spill, Box::leak(bytes.to_vec().into_boxed_slice()));
        }
        let mut file = fs::read(path_of(&database)).unwrap();
        let place = file.windows(3).position(|w| w == b"two").unwrap();
        file[place] = b'T';
        fs::write(path_of(&database), file).unwrap();
        assert_eq!(bytes_in(&database), [b"one".as_slice(), b"three"]);
        assert_eq!(
            read(&database).unwrap().unwrap().broken,
            [3],
            "the third line of the file"
        );
    }
}
