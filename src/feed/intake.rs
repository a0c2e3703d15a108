//! What all feeds have in common: bytes go through the codec, and lines to the writer.
//!
//! **Invariants.** What a call took is durable when it returns. Where in a file the bytes stood goes into the
//! transaction of their lines.

use bytes::{Bytes, BytesMut};
use tokio_util::codec::Decoder;

use super::Reading;
use super::codec::{Framed, LineCodec, Piece};
use crate::clock::Clock;
use crate::config::Secret;
use crate::register::{Error, Handle, IncomingLine, LineKind, Place};

/// The way of one connection's bytes to the writer.
pub(super) struct Intake<'a> {
    pub reading: &'a Reading,
    pub connection: i64,
    pub writer: &'a Handle,
    pub clock: Clock,
    pub codec: LineCodec,
    /// The password of the connection's login: a switch may echo it long after it was sent.
    pub secret: Option<Secret>,
}

impl<'a> Intake<'a> {
    pub fn new(reading: &'a Reading, connection: i64, writer: &'a Handle, clock: Clock) -> Self {
        Self {
            reading,
            connection,
            writer,
            clock,
            codec: LineCodec::new(reading.max_line),
            secret: None,
        }
    }

    /// Takes all of `buffer`; returns whether a line has ended.
    pub async fn take(&mut self, buffer: &mut BytesMut) -> Result<bool, Error> {
        self.take_to(buffer, |_| None).await
    }

    /// The same for a file: `place` tells how far it is read, given how the codec stands.
    pub async fn take_to(
        &mut self,
        buffer: &mut BytesMut,
        place: impl FnOnce(&LineCodec) -> Option<Place>,
    ) -> Result<bool, Error> {
        let mut lines = Vec::new();
        // The codec has no errors: any bytes are lines.
        while let Ok(Some(framed)) = self.codec.decode(buffer) {
            let kind = match framed.piece {
                Piece::Whole => LineKind::Whole,
                Piece::First | Piece::Middle | Piece::Last => LineKind::Piece,
                Piece::Partial => LineKind::Partial,
            };
            lines.push(self.line(framed, kind));
        }
        let some = !lines.is_empty();
        if some {
            let place = place(&self.codec);
            self.put(lines, place).await?;
        }
        Ok(some)
    }

    /// Keeps what came of a line whose end did not.
    pub async fn tail(&mut self, kind: LineKind, place: impl FnOnce(&LineCodec) -> Option<Place>) -> Result<(), Error> {
        let Some(tail) = self.codec.tail() else { return Ok(()) };
        let line = self.line(tail, kind);
        let place = place(&self.codec);
        self.put(vec![line], place).await
    }

    pub fn line(&self, framed: Framed, kind: LineKind) -> IncomingLine {
        let echo = self.secret.as_ref().and_then(|secret| starred(&framed.bytes, secret));
        let kind = match kind {
            LineKind::Whole if echo.is_some() => LineKind::Prompt,
            kind => kind,
        };
        IncomingLine {
            bytes: echo.unwrap_or(framed.bytes),
            received_at: self.clock.now(),
            kind,
            continues: framed.continues,
        }
    }

    pub async fn put(&self, lines: Vec<IncomingLine>, place: Option<Place>) -> Result<(), Error> {
        self.writer
            .lines_to(&self.reading.feed, self.connection, lines, place)
            .await
    }
}

/// An echo of the password, alone or after its question, with stars in its place. The same digits within a record are
/// left: a short password may be an extension's number.
pub(super) fn starred(bytes: &Bytes, secret: &Secret) -> Option<Bytes> {
    let password = secret.expose().as_bytes();
    let before = bytes.trim_ascii_end().strip_suffix(password)?;
    let asked = matches!(before.trim_ascii_end().last(), None | Some(b':' | b'?' | b'>'));
    if password.is_empty() || !asked {
        return None;
    }
    let mut starred = bytes.to_vec();
    if let Some(part) = starred.get_mut(before.len()..before.len() + password.len()) {
        part.fill(b'*');
    }
    Some(starred.into())
}
