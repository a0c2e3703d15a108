//! Cuts bytes into lines: one codec for sockets, serial ports and files.
//!
//! Switches end a line with CR, LF, CR LF or LF CR, put NULs after it (Definity) or before the first one
//! (IP Office), frame it by STX and ETX (NEAX) or start a page with a form feed. All of these separate, in any
//! mixture, without a setting:
//!
//! ```text
//! CR LF | LF CR | CR | LF       ends a line; one more of them is a blank line
//! NUL FF STX ETX                ends a line that has text, else is filler; the CR LF after it belongs to it
//! ```
//!
//! **Invariants.** The items depend on the bytes alone, not on how they were chunked. The items' bytes are the
//! input without its separators. At most the limit and one chunk are held. A line that begins with digits is text:
//! there is no octet counting. No input is an error.
//!
//! **Not here**: length-prefixed and acknowledged frames; when a feed has been idle long enough for [`LineCodec::tail`].

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::Decoder;

/// Longest line that stays in one piece, unless told otherwise.
pub const DEFAULT_LIMIT: usize = 64 * 1024;

/// What part of its line an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// All of it.
    Whole,
    /// The beginning of a line longer than the limit.
    First,
    /// More of such a line.
    Middle,
    /// The end of such a line.
    Last,
    /// The line's end has not come; taken by [`LineCodec::tail`] or at the end of the stream.
    Partial,
}

/// One line, or a piece of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framed {
    /// The bytes as received, without separators. Empty: a blank line, or (with `continues`) just the late end.
    pub bytes: Bytes,
    /// What part of its line this is.
    pub piece: Piece,
    /// The item before was a [`Piece::Partial`] and this goes on where it stopped.
    pub continues: bool,
}

/// What stood directly before the next byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing, or a finished pair such as CR LF.
    Fresh,
    Cr,
    Lf,
    /// A line ended by NUL, FF, STX or ETX: a line end that follows belongs to it.
    Mark,
}

/// The codec; one per connection or file.
#[derive(Debug)]
pub struct LineCodec {
    limit: usize,
    buffer: BytesMut,
    /// How much of `buffer` is known to hold no separator.
    searched: usize,
    before: Before,
    /// Bytes of the current line that `tail` took: they count towards the limit.
    taken: usize,
    /// `tail` took the beginning of the current line.
    continues: bool,
    /// Pieces of the current line went out already.
    cut: bool,
}

impl Default for LineCodec {
    fn default() -> Self {
        Self::new(DEFAULT_LIMIT)
    }
}

impl LineCodec {
    /// A codec that cuts lines longer than `limit` bytes (at least 1) into pieces.
    pub fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            buffer: BytesMut::new(),
            searched: 0,
            before: Before::Fresh,
            taken: 0,
            continues: false,
            cut: false,
        }
    }

    /// Takes what came of a line whose end did not, after an idle time or when the connection ended.
    /// If more of it comes later, the next item has `continues` set.
    pub fn tail(&mut self) -> Option<Framed> {
        if self.buffer.is_empty() {
            return None;
        }
        let bytes = self.buffer.split().freeze();
        self.searched = 0;
        self.taken += bytes.len();
        let continues = std::mem::replace(&mut self.continues, true);
        Some(Framed {
            bytes,
            piece: Piece::Partial,
            continues,
        })
    }

    /// A codec that goes on where another stopped: see [`LineCodec::seam`].
    pub fn resume(limit: usize, seam: i64) -> Self {
        let before = match seam & 3 {
            1 => Before::Cr,
            2 => Before::Lf,
            3 => Before::Mark,
            _ => Before::Fresh,
        };
        Self {
            before,
            continues: seam & 4 != 0,
            cut: seam & 8 != 0,
            taken: usize::try_from(seam >> 4).unwrap_or(0),
            ..Self::new(limit)
        }
    }

    /// A codec for bytes whose first are the rest of a line that is lost.
    pub fn headless(limit: usize) -> Self {
        Self {
            continues: true,
            ..Self::new(limit)
        }
    }

    /// Where in its grammar the codec stands after all bytes but those held; for [`LineCodec::resume`].
    pub fn seam(&self) -> i64 {
        let before = match self.before {
            Before::Fresh => 0,
            Before::Cr => 1,
            Before::Lf => 2,
            Before::Mark => 3,
        };
        let taken = i64::try_from(self.taken).unwrap_or(0) << 4;
        before | i64::from(self.continues) << 2 | i64::from(self.cut) << 3 | taken
    }

    /// The text held of a line that has not ended.
    pub fn unended(&self) -> &[u8] {
        &self.buffer
    }

    /// Ends the line that is held, as if a mark stood here: a prompt, which waits for an answer and not for a line end.
    pub fn end_here(&mut self) -> Option<Framed> {
        if self.buffer.is_empty() {
            return None;
        }
        let text = self.buffer.split().freeze();
        self.searched = 0;
        self.end_line(text, 0)
    }

    /// Bytes held of a line that has not ended: what `tail` would take.
    pub fn held(&self) -> usize {
        self.buffer.len()
    }

    /// The next item of what is held, if one is complete.
    fn next_item(&mut self) -> Option<Framed> {
        loop {
            let room = self.limit.saturating_sub(self.taken);
            let window = self.buffer.len().min(room + 1);
            let found = find_separator(self.buffer.get(self.searched..window)?);
            let Some(offset) = found else {
                self.searched = window;
                return (self.buffer.len() > room).then(|| self.cut_at(room));
            };
            let end = self.searched + offset;
            self.searched = 0;
            let text = self.buffer.split_to(end).freeze();
            let separator = self.buffer.get_u8();
            if let Some(item) = self.end_line(text, separator) {
                return Some(item);
            }
        }
    }

    /// A piece of a line that is too long.
    fn cut_at(&mut self, room: usize) -> Framed {
        let bytes = self.buffer.split_to(room).freeze();
        self.searched = 0;
        self.taken = 0;
        let piece = if std::mem::replace(&mut self.cut, true) {
            Piece::Middle
        } else {
            Piece::First
        };
        Framed {
            bytes,
            piece,
            continues: std::mem::take(&mut self.continues),
        }
    }

    /// What a separator after `text` makes: an item, or nothing if it only completes the line end before.
    fn end_line(&mut self, text: Bytes, separator: u8) -> Option<Framed> {
        let open = !text.is_empty() || self.continues || self.cut;
        let before = if open { Before::Fresh } else { self.before };
        let (emits, now) = match (separator, before) {
            (b'\n', Before::Cr) | (b'\r', Before::Lf) => (false, Before::Fresh),
            (b'\n', Before::Mark) => (false, Before::Lf),
            (b'\r', Before::Mark) => (false, Before::Cr),
            (b'\n', _) => (true, Before::Lf),
            (b'\r', _) => (true, Before::Cr),
            _ if open => (true, Before::Mark),
            _ => (false, before),
        };
        self.before = now;
        emits.then(|| {
            self.taken = 0;
            let piece = if std::mem::take(&mut self.cut) {
                Piece::Last
            } else {
                Piece::Whole
            };
            Framed {
                bytes: text,
                piece,
                continues: std::mem::take(&mut self.continues),
            }
        })
    }

    /// [`Decoder::decode`] and `decode_eof` for readers that are no stream: nothing can fail.
    pub fn decode_any(&mut self, source: &mut BytesMut, ended: bool) -> Option<Framed> {
        self.take_in(source);
        self.next_item().or_else(|| if ended { self.tail() } else { None })
    }

    fn take_in(&mut self, source: &mut BytesMut) {
        if self.buffer.is_empty() {
            self.buffer = source.split();
        } else {
            self.buffer.extend_from_slice(source);
            source.clear();
        }
    }
}

impl Decoder for LineCodec {
    type Item = Framed;
    type Error = io::Error;

    fn decode(&mut self, source: &mut BytesMut) -> io::Result<Option<Framed>> {
        Ok(self.decode_any(source, false))
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> io::Result<Option<Framed>> {
        Ok(self.decode_any(source, true))
    }
}

/// In steps, so that many separators of the one kind don't mean a long search for the other each time.
fn find_separator(text: &[u8]) -> Option<usize> {
    const STEP: usize = 256;
    text.chunks(STEP).enumerate().find_map(|(step, part)| {
        let line_end = memchr::memchr3(b'\r', b'\n', 0, part);
        let before = part.get(..line_end.unwrap_or(part.len())).unwrap_or(part);
        memchr::memchr3(0x0c, 0x02, 0x03, before)
            .or(line_end)
            .map(|at| step * STEP + at)
    })
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
