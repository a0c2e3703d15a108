//! Bytes of a serial port that wait for the writer.
//!
//! **Invariants.** It holds no more than its size and one read. What it can't hold is lost as one stretch, from the
//! first byte that found no room to the moment all before it is read; the reader learns of it between the two, and gets
//! nothing more until the loss is taken.

use std::io;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::Notify;

use crate::register::PortFaults;

/// The buffer between pump and reader.
#[derive(Debug)]
pub struct Ring {
    state: Mutex<State>,
    size: usize,
    /// The other side can be held back: nothing is thrown away.
    holds_back: bool,
    room: Notify,
}

#[derive(Debug, Default)]
struct State {
    bytes: BytesMut,
    /// Bytes thrown away in the stretch that is being lost.
    losing: u64,
    /// Bytes of a stretch that the reader has come to.
    lost: Option<u64>,
    ended: Option<String>,
    faults: PortFaults,
    reader: Option<Waker>,
}

impl Ring {
    pub fn new(size: usize, holds_back: bool) -> Self {
        Self {
            state: Mutex::default(),
            size,
            holds_back,
            room: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn push(&self, bytes: &[u8], faults: PortFaults) {
        let mut state = self.state();
        state.faults.breaks += faults.breaks;
        state.faults.bad_bytes += faults.bad_bytes;
        if state.losing > 0 || (!self.holds_back && state.bytes.len() + bytes.len() > self.size) {
            state.losing += bytes.len() as u64;
            state.faults.lost_bytes += bytes.len() as u64;
        } else {
            state.bytes.extend_from_slice(bytes);
        }
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }

    /// No more will come.
    pub fn end(&self, why: String) {
        let mut state = self.state();
        state.ended = Some(why);
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }

    /// Waits until there is room, where the other side can be held back.
    pub async fn has_room(&self) {
        while self.holds_back && self.state().bytes.len() >= self.size {
            self.room.notified().await;
        }
    }

    /// Bytes lost at the place the reader has come to.
    pub fn take_loss(&self) -> Option<u64> {
        self.state().lost.take()
    }

    /// Why no more will come.
    pub fn why(&self) -> Option<String> {
        self.state().ended.clone()
    }

    /// What was counted since the last call.
    pub fn take_faults(&self) -> PortFaults {
        std::mem::take(&mut self.state().faults)
    }
}

fn something_is_missing() -> io::Error {
    io::Error::other("bytes came faster than they could be stored")
}

/// The reader's end.
#[derive(Debug)]
pub struct Reader<'a>(pub &'a Ring);

impl AsyncRead for Reader<'_> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.state();
        // Told until it is taken: whoever reads on regardless would make one line of two.
        if state.lost.is_some() {
            return Poll::Ready(Err(something_is_missing()));
        }
        if !state.bytes.is_empty() {
            let length = state.bytes.len().min(out.remaining());
            out.put_slice(state.bytes.get(..length).unwrap_or_default());
            state.bytes.advance(length);
            self.0.room.notify_one();
            return Poll::Ready(Ok(()));
        }
        if state.losing > 0 {
            state.lost = Some(std::mem::take(&mut state.losing));
            return Poll::Ready(Err(something_is_missing()));
        }
        if state.ended.is_some() {
            return Poll::Ready(Ok(()));
        }
        state.reader = Some(context.waker().clone());
        Poll::Pending
    }
}
