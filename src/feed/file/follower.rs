//! Which file is read, from where, and which comes after it.
//!
//! ```text
//! open ─▶ bytes … bytes ─▶ at its end ─┬─ the name still means it            ─▶ idle
//!                                      ├─ the name means another (rotated)   ─▶ rest, ended, files between, the new one
//!                                      └─ it is shorter, or says otherwise   ─▶ its copy's rest if there is one, then
//!                                         (copied away and emptied)             from the beginning
//! ```
//! **Invariants.** A file that was begun is read to its end before the next, under whatever name it lies. Files between
//! (several rotations at once) are those beside it that were written later and never read, in that order. A file that
//! can't be read now is not gone: it is waited for, and gone on with where it stopped.
//!
//! **Not here**: tasks and the register; this blocks, and is called from where it may.

use std::collections::{HashSet, VecDeque};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::siblings::{HEAD, Sibling, TAIL, at, before, beside, bytes_at, hash, written_at};
use crate::clock::Clock;
use crate::config::FileFrom;
use crate::feed::codec::LineCodec;
use crate::register::Place;

/// Bytes of one look.
const CHUNK: usize = 1024 * 1024;

/// A rotated file must be quiet for so long once the new one has text: whoever writes may still hold it open.
const GRACE: Duration = Duration::from_secs(2);

/// And for so long while the new one is empty.
const LONG_GRACE: Duration = Duration::from_secs(60);

/// What a look found.
#[derive(Debug)]
pub enum Step {
    /// A file begins, or goes on.
    Opened(Opened),
    /// More of it.
    Bytes(Vec<u8>),
    /// Nothing more now.
    Idle,
    /// It is read to its end, and another one comes.
    Ended(String),
    /// There is no file.
    Missing,
    /// Something may not have been read, and can't be any more.
    Lost(String),
}

/// A file that begins or goes on.
#[derive(Debug)]
pub struct Opened {
    pub peer: String,
    pub position: u64,
    pub seam: i64,
    /// The connection that read it before.
    pub before: Option<i64>,
}

#[derive(Debug)]
struct Open {
    file: File,
    path: PathBuf,
    dev: u64,
    ino: u64,
    offset: u64,
    head: Vec<u8>,
    /// The last bytes read: those before the place, and those the codec holds.
    recent: Vec<u8>,
    written_at: i64,
    connection: i64,
    quiet_since: Instant,
    /// It was copied away under this name: complete, whatever the name means now.
    is_copy: bool,
    /// It was emptied or written anew, and told so.
    is_cut: bool,
}

#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    from: FileFrom,
    max_line: usize,
    /// Files that were read, the last one first.
    known: Vec<Place>,
    /// The last known file is to be gone on with.
    resume: bool,
    open: Option<Open>,
    /// Files between the last one and the current.
    queue: VecDeque<PathBuf>,
    /// Files that were packed before they were read, by device and number: each is told once.
    packed: HashSet<(u64, u64)>,
}

impl Follower {
    pub fn new(path: PathBuf, from: FileFrom, max_line: usize, known: Vec<Place>) -> Self {
        Self {
            resume: !known.is_empty(),
            path,
            from,
            max_line,
            known,
            open: None,
            queue: VecDeque::new(),
            packed: HashSet::new(),
        }
    }

    /// Whether nothing was ever read under this name.
    pub fn is_new(&self) -> bool {
        self.known.is_empty()
    }

    /// Notes that there was no file when we first looked.
    pub fn nothing_yet(&mut self, connection: i64) -> Place {
        let place = Place {
            connection,
            ..Place::default()
        };
        self.known.insert(0, place.clone());
        self.resume = false;
        place
    }

    pub fn is_read_by(&mut self, connection: i64) {
        if let Some(open) = &mut self.open {
            open.connection = connection;
        }
    }

    /// How far the open file is taken, when the codec stands so.
    pub fn place(&self, codec: &LineCodec) -> Place {
        let Some(open) = &self.open else {
            return Place::default();
        };
        open.place(codec.held(), codec.seam())
    }

    /// Of what was read, only so much is still needed beyond the remembered.
    pub fn forget(&mut self, held: usize) {
        if let Some(open) = &mut self.open {
            let spare = open.recent.len().saturating_sub(held + TAIL);
            open.recent.drain(..spare);
        }
    }

    /// The open file is done with.
    pub fn left(&mut self) {
        if let Some(open) = self.open.take() {
            self.known
                .retain(|place| (place.dev, place.ino) != (open.dev, open.ino));
            self.known.insert(0, open.place(0, 0));
            self.resume = false;
        }
    }

    /// The open file can't be read now: it is gone on with from here, what the codec holds included.
    pub fn interrupted(&mut self, codec: &LineCodec) {
        if self.open.is_some() {
            let place = self.place(codec);
            self.left();
            // In the place of what `left` noted: nothing of it is done with.
            if let Some(last) = self.known.first_mut() {
                *last = place;
            }
            self.resume = true;
        }
    }

    /// Looks once.
    pub fn step(&mut self) -> io::Result<Step> {
        let Some(open) = &mut self.open else {
            return self.next_file();
        };
        if open.is_cut {
            return Ok(Step::Ended("emptied or written anew".to_owned()));
        }
        let size = open.file.metadata()?.len();
        if size != open.offset && !open.is_whole(size)? {
            return self.cut_down();
        }
        if size > open.offset {
            return open.read().map(Step::Bytes);
        }
        let named = fs::metadata(&self.path)
            .ok()
            .map(|m| Sibling::of(self.path.clone(), &m));
        if named.as_ref().is_some_and(|n| (n.dev, n.ino) == (open.dev, open.ino)) {
            return Ok(Step::Idle);
        }
        let quiet = open.quiet()?;
        let over = match named {
            _ if open.is_copy => true,
            Some(named) if named.size > 0 => quiet >= GRACE,
            Some(_) => quiet >= LONG_GRACE,
            None => false,
        };
        Ok(if over {
            Step::Ended("rotated away and read to its end".to_owned())
        } else {
            Step::Idle
        })
    }

    /// The open file is shorter than what was read of it, or says otherwise.
    fn cut_down(&mut self) -> io::Result<Step> {
        let Some(open) = &mut self.open else {
            return Ok(Step::Idle);
        };
        let place = open.place(0, 0);
        let copy = beside(&self.path)?
            .into_iter()
            .rev()
            .find(|sibling| !sibling.is(&place) && sibling.goes_on(&place));
        if let Some(copy) = copy
            && !open.is_copy
            && let Ok(file) = File::open(&copy.path)
        {
            tracing::info!(file = %open.path.display(), copy = %copy.path.display(), "copied away and emptied");
            (open.file, open.path, open.dev, open.ino) = (file, copy.path, copy.dev, copy.ino);
            open.is_copy = true;
            return self.step();
        }
        open.is_cut = true;
        Ok(Step::Lost(format!(
            "{}: the file was emptied or written anew after byte {} was read, and no copy of it lies beside it; what was \
             written to it in between is not read",
            open.path.display(),
            open.offset
        )))
    }

    fn next_file(&mut self) -> io::Result<Step> {
        let named = match fs::metadata(&self.path) {
            Ok(meta) => Some(Sibling::of(self.path.clone(), &meta)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let Some(last) = self.known.first().cloned() else {
            return match named {
                Some(named) => self.begin_first(&named),
                None => Ok(Step::Missing),
            };
        };
        if self.resume && last.ino != 0 {
            let step = self.go_on(named.as_ref(), &last)?;
            self.resume = matches!(step, Step::Missing);
            return Ok(step);
        }
        if self.queue.is_empty() {
            let (between, packed) = self.between(&last)?;
            if let Some(packed) = packed {
                return Ok(Step::Lost(packed));
            }
            self.queue = between.into();
        }
        if let Some(path) = self.queue.pop_front() {
            return self.open_at(&path, 0, 0, None);
        }
        match named {
            None => Ok(Step::Missing),
            // The same log, under a new number as an editor leaves it, or back after all.
            Some(named) if last.position > 0 && named.says(&last)? => {
                self.open_at(&named.path, last.position, last.seam, Some(last.connection))
            }
            Some(named) => self.open_at(&named.path, 0, 0, None),
        }
    }

    /// At a start, and after a file could not be read: the file read last, wherever it lies now.
    fn go_on(&mut self, named: Option<&Sibling>, last: &Place) -> io::Result<Step> {
        let others = beside(&self.path)?;
        let all = || named.into_iter().chain(&others);
        // Only what was read can tell whether it is the one: the file itself is waited for, and whatever has its name.
        let itself = match all().find(|sibling| sibling.is(last)) {
            Some(itself) if itself.says(last)? => Some(itself),
            _ => None,
        };
        let found = itself.or_else(|| all().find(|sibling| sibling.goes_on(last)));
        if let (None, Some(named)) = (found, named) {
            named.says(last)?;
        }
        match found {
            Some(found) => {
                let step = self.open_at(&found.path, last.position, last.seam, Some(last.connection))?;
                let is_copy = named.is_some_and(|named| named.is(last)) && !found.is(last);
                if let Some(open) = &mut self.open {
                    open.is_copy = is_copy;
                }
                Ok(step)
            }
            // Nothing has the name: it may be on a file system that is not there yet.
            None if named.is_none() => Ok(Step::Missing),
            None => {
                let why = format!(
                    "{}: the file that was read up to byte {} is gone; what was written to it after that is not read",
                    self.path.display(),
                    last.position
                );
                Ok(Step::Lost(why))
            }
        }
    }

    /// Files that were rotated away before they were ever seen; and what is lost, as it was packed before that.
    fn between(&mut self, last: &Place) -> io::Result<(Vec<PathBuf>, Option<String>)> {
        if last.ino == 0 {
            return Ok((Vec::new(), None));
        }
        let mut found = Vec::new();
        let later: Vec<Sibling> = beside(&self.path)?.into_iter().filter(|s| s.size > 0).collect();
        for sibling in &later {
            if sibling.written_at >= last.written_at && !sibling.is_packed() && !self.is_read(sibling)? {
                found.push(sibling.path.clone());
            }
        }
        Ok((found, self.packed_unread(&later, last)))
    }

    /// Packers keep the time of writing: what is packed and later than all we read was never read. But one packed file
    /// may be the one we read last, if that lies nowhere else.
    fn packed_unread(&mut self, beside: &[Sibling], last: &Place) -> Option<String> {
        let packed = || beside.iter().filter(|sibling| sibling.is_packed());
        let named = fs::metadata(&self.path).is_ok_and(|meta| Sibling::of(self.path.clone(), &meta).is(last));
        let own = named
            || beside.iter().any(|s| s.is(last) && !s.is_packed())
            || packed().any(|s| s.written_at == last.written_at);
        let unread: Vec<&Sibling> = packed()
            .filter(|sibling| sibling.written_at > last.written_at)
            .skip(usize::from(!own))
            .filter(|sibling| !self.packed.contains(&(sibling.dev, sibling.ino)))
            .collect();
        let names: Vec<String> = unread
            .iter()
            .map(|sibling| sibling.path.display().to_string())
            .collect();
        self.packed.extend(packed().map(|sibling| (sibling.dev, sibling.ino)));
        (!names.is_empty()).then(|| format!("{}: rotated and packed before it was read", names.join(", ")))
    }

    fn is_read(&self, sibling: &Sibling) -> io::Result<bool> {
        for place in &self.known {
            if sibling.is(place) || (place.position > 0 && sibling.says(place)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn begin_first(&mut self, named: &Sibling) -> io::Result<Step> {
        let position = match self.from {
            FileFrom::Start => 0,
            FileFrom::End => {
                let file = File::open(&named.path).map_err(|error| at(&named.path, &error))?;
                last_line_end(&file, named.size, self.max_line)?
            }
        };
        self.open_at(&named.path, position, 0, None)
    }

    fn open_at(&mut self, path: &Path, position: u64, seam: i64, before_it: Option<i64>) -> io::Result<Step> {
        let file = File::open(path).map_err(|error| at(path, &error))?;
        let meta = file.metadata()?;
        let sibling = Sibling::of(path.to_owned(), &meta);
        self.open = Some(Open {
            head: bytes_at(&file, 0, HEAD).map_err(|error| at(path, &error))?,
            recent: before(&file, position).map_err(|error| at(path, &error))?,
            file,
            path: sibling.path,
            dev: sibling.dev,
            ino: sibling.ino,
            offset: position,
            written_at: sibling.written_at,
            connection: 0,
            quiet_since: Instant::now(),
            is_copy: false,
            is_cut: false,
        });
        Ok(Step::Opened(Opened {
            peer: path.display().to_string(),
            position,
            seam,
            before: before_it,
        }))
    }
}

impl Open {
    fn place(&self, held: usize, seam: i64) -> Place {
        let taken = self.recent.len().saturating_sub(held);
        let taken = self.recent.get(..taken).unwrap_or_default();
        Place {
            connection: self.connection,
            dev: self.dev,
            ino: self.ino,
            position: self.offset - held as u64,
            seam,
            head: hash(&self.head),
            head_length: self.head.len() as u64,
            tail: hash(taken.get(taken.len().saturating_sub(TAIL)..).unwrap_or_default()),
            written_at: self.written_at,
        }
    }

    /// How long nobody has written: by its own stamp, or, if the clocks differ, since we last read.
    fn quiet(&self) -> io::Result<Duration> {
        // Stamps of files are real, whatever time the house lives in.
        let by_stamp = Clock::Real.now().as_millisecond() - written_at(&self.file.metadata()?);
        let by_stamp = Duration::from_millis(u64::try_from(by_stamp).unwrap_or(0));
        Ok(by_stamp.max(self.quiet_since.elapsed()))
    }

    /// Whether the file still says what was read of it.
    fn is_whole(&self, size: u64) -> io::Result<bool> {
        if size < self.offset {
            return Ok(false);
        }
        let read = self.recent.get(self.recent.len().saturating_sub(TAIL)..);
        Ok(before(&self.file, self.offset)? == read.unwrap_or_default())
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        let bytes = bytes_at(&self.file, self.offset, CHUNK)?;
        self.offset += bytes.len() as u64;
        self.recent.extend_from_slice(&bytes);
        if self.head.len() < HEAD {
            self.head = bytes_at(&self.file, 0, HEAD.min(usize::try_from(self.offset).unwrap_or(HEAD)))?;
        }
        self.written_at = written_at(&self.file.metadata()?);
        self.quiet_since = Instant::now();
        Ok(bytes)
    }
}

/// Where the last line begins that has not ended; the end, if it is longer than any line.
fn last_line_end(file: &File, size: u64, max_line: usize) -> io::Result<u64> {
    let look = size.min(max_line as u64);
    let bytes = bytes_at(file, size - look, usize::try_from(look).unwrap_or(max_line))?;
    let after = bytes.iter().rposition(|byte| matches!(byte, b'\n' | b'\r' | 0));
    Ok(match after {
        Some(at) => size - look + at as u64 + 1,
        None if look == size => 0,
        None => size,
    })
}
