//! Reads a file or standard input as numbered lines, for the commands that need no daemon.
//!
//! **Invariants.** Lines are numbered from 1 whatever ends them; blank lines count. A line longer than the codec's
//! limit is one line of which the beginning is kept. A file's last line needs no end.

use std::io::{self, Read};

use bytes::{Bytes, BytesMut};

use super::codec::{LineCodec, Piece};

/// One line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLine {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes without the line end, up to the codec's limit.
    pub bytes: Bytes,
    /// Its whole length in bytes: more than `bytes` holds if it was too long.
    pub length: u64,
}

impl SourceLine {
    /// Whether the line was longer than the limit.
    pub fn is_cut(&self) -> bool {
        self.length > self.bytes.len() as u64
    }
}

/// An iterator over the lines of a reader.
pub struct SourceReader<R> {
    from: R,
    codec: LineCodec,
    chunk: BytesMut,
    number: u64,
    /// A line that is too long, until its end is read.
    long: Option<SourceLine>,
    ended: bool,
}

impl<R: Read> SourceReader<R> {
    /// Reads `from`; the first line gets number `after + 1`.
    pub fn new(from: R, after: u64) -> Self {
        let codec = LineCodec::default();
        Self {
            from,
            codec,
            chunk: BytesMut::new(),
            number: after,
            long: None,
            ended: false,
        }
    }

    fn next_line(&mut self) -> io::Result<Option<SourceLine>> {
        loop {
            while let Some(item) = self.codec.decode_any(&mut self.chunk, self.ended) {
                if let Some(line) = self.join(item.bytes, item.piece) {
                    return Ok(Some(line));
                }
            }
            if self.ended {
                return Ok(self.long.take());
            }
            self.fill()?;
        }
    }

    /// Counts a line when its first piece comes, gives it out with its last.
    fn join(&mut self, bytes: Bytes, piece: Piece) -> Option<SourceLine> {
        let length = bytes.len() as u64;
        if let Some(long) = &mut self.long {
            long.length += length;
            return if piece == Piece::Middle { None } else { self.long.take() };
        }
        self.number += 1;
        let line = SourceLine {
            number: self.number,
            bytes,
            length,
        };
        if piece == Piece::First {
            self.long = Some(line);
            return None;
        }
        Some(line)
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut space = [0; 8192];
        let got = loop {
            match self.from.read(&mut space) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.ended = got == 0;
        self.chunk.extend_from_slice(space.get(..got).unwrap_or_default());
        Ok(())
    }
}

impl<R: Read> Iterator for SourceReader<R> {
    type Item = io::Result<SourceLine>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_line().transpose()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<(u64, usize, u64)> {
        SourceReader::new(input, 0)
            .map(|l| l.unwrap())
            .map(|l| (l.number, l.bytes.len(), l.length))
            .collect()
    }

    #[test]
    fn blank_lines_count_and_the_last_line_needs_no_end() {
        assert_eq!(lines(b"ab\r\n\r\ncde"), [(1, 2, 2), (2, 0, 0), (3, 3, 3)]);
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn f06_a_long_line_is_one_line() {
        let mut input = vec![b'x'; 200_000];
        input.extend_from_slice(b"\nab\n");
        assert_eq!(lines(&input), [(1, 65_536, 200_000), (2, 2, 2)]);
        assert_eq!(lines(&input[..150_000]), [(1, 65_536, 150_000)]);
    }
}
