//! Takes out the marks that the kernel puts before bytes that came in wrong (`PARMRK`).
//!
//! ```text
//! FF FF      the byte FF
//! FF 00 00   a break
//! FF 00 x    x came with a parity or framing error; it is kept
//! ```

use crate::register::PortFaults;

/// The state between two reads.
#[derive(Debug, Default)]
pub struct Marks {
    state: State,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Plain,
    Marked,
    Faulty,
}

impl Marks {
    /// The bytes without marks, onto `out`; what was marked is counted.
    pub fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>, faults: &mut PortFaults) {
        for &byte in bytes {
            self.state = match (self.state, byte) {
                (State::Plain, 0xff) => State::Marked,
                (State::Plain, _) => {
                    out.push(byte);
                    State::Plain
                }
                (State::Marked, 0) => State::Faulty,
                (State::Marked, _) => {
                    out.push(byte);
                    State::Plain
                }
                (State::Faulty, 0) => {
                    faults.breaks += 1;
                    State::Plain
                }
                (State::Faulty, _) => {
                    faults.bad_bytes += 1;
                    out.push(byte);
                    State::Plain
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f23_marks_are_counted_and_every_byte_is_kept() {
        let input = b"ab\xff\x00Zcd\xff\x00\x00e\xff\xfff\x00";
        for cut in 0..input.len() {
            let (mut marks, mut out, mut faults) = (Marks::default(), Vec::new(), PortFaults::default());
            marks.take(&input[..cut], &mut out, &mut faults);
            marks.take(&input[cut..], &mut out, &mut faults);
            assert_eq!(out, b"abZcde\xfff\x00", "cut at {cut}");
            assert_eq!((faults.bad_bytes, faults.breaks), (1, 1), "cut at {cut}");
        }
    }
}
