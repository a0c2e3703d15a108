//! Notices bytes that no line is made of: a wrong speed or parity.
//!
//! **Invariants.** It only counts: nothing is held back, changed or left out. Text of any language in UTF-8 is no
//! garbage; names in other code pages are too few to count.
//!
//! ```text
//! set for 8N1, the switch sends 7E1:   '1' 0x31 ──▶ 0xB1     bit 7 is each byte's parity: even (odd for 7O1)
//! wrong speed:                         any byte              no such order, many control bytes
//! ```

/// Bytes that are judged together.
const WINDOW: usize = 256;

/// Of a hundred bytes so many must be garbage for an alarm; below the second number it is over.
const TOO_MANY: u32 = 25;
const FEW: u32 = 5;

/// Of a hundred bytes so many must have a parity to call it one.
const IN_ORDER: usize = 97;

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Garbage has begun.
    Garbage {
        /// Of a hundred bytes.
        percent: u32,
        /// Why, most likely.
        cause: &'static str,
    },
    /// It is over.
    Clean,
}

/// The counters of one connection.
#[derive(Debug, Default)]
pub struct Watch {
    seen: usize,
    garbage: usize,
    even: usize,
    spoilt: bool,
    judged: bool,
}

impl Watch {
    /// Counts bytes; says when they have become garbage, or clean.
    pub fn look(&mut self, bytes: &[u8]) -> Option<Verdict> {
        let mut verdict = None;
        for part in bytes.chunks(WINDOW) {
            self.count(part);
            if self.seen >= WINDOW {
                verdict = self.judge().or(verdict);
            }
        }
        verdict
    }

    fn count(&mut self, bytes: &[u8]) {
        self.seen += bytes.len();
        self.even += bytes.iter().filter(|byte| byte.count_ones() % 2 == 0).count();
        for chunk in bytes.utf8_chunks() {
            let odd =
                |c: char| c.is_ascii_control() && !matches!(c, '\r' | '\n' | '\t' | '\0' | '\u{c}' | '\u{2}' | '\u{3}');
            self.garbage += chunk.valid().chars().filter(|c| odd(*c)).count() + chunk.invalid().len();
        }
    }

    fn judge(&mut self) -> Option<Verdict> {
        let percent = u32::try_from(self.garbage * 100 / self.seen).unwrap_or(100);
        let even = self.even * 100 / self.seen;
        let first = !std::mem::replace(&mut self.judged, true);
        (self.seen, self.garbage, self.even) = (0, 0, 0);
        if percent >= TOO_MANY && !self.spoilt {
            self.spoilt = true;
            let cause = if even >= IN_ORDER {
                "the switch sends 7 data bits with even parity: data_bits = 7, parity = \"even\""
            } else if even <= 100 - IN_ORDER {
                "the switch sends 7 data bits with odd parity: data_bits = 7, parity = \"odd\""
            } else {
                "the speed of the line is not the switch's: see baud"
            };
            return Some(Verdict::Garbage { percent, cause });
        }
        if percent < FEW && (self.spoilt || first) {
            self.spoilt = false;
            return Some(Verdict::Clean);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = b"10/08/26 10:03AM  101 01 <I>01381234567                  0'05 00:02'12          \r\n";

    fn with_parity(odd: u32) -> Vec<u8> {
        let byte = |b: &u8| if b.count_ones() % 2 == odd { *b } else { b | 0x80 };
        LINE.repeat(10).iter().map(byte).collect()
    }

    fn cause(bytes: &[u8]) -> Option<&'static str> {
        match Watch::default().look(bytes) {
            Some(Verdict::Garbage { cause, percent }) => {
                assert!(percent >= 25, "{percent}");
                Some(cause)
            }
            _ => None,
        }
    }

    #[test]
    fn f08_the_likely_cause_is_told() {
        assert!(cause(&with_parity(0)).is_some_and(|c| c.contains("even")));
        assert!(cause(&with_parity(1)).is_some_and(|c| c.contains("odd")));
        // What a line at the wrong speed looks like: no order at all.
        let mut seed = 7u32;
        let noise = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed.to_be_bytes()[0]
        });
        assert!(cause(&noise.take(2_000).collect::<Vec<_>>()).is_some_and(|c| c.contains("speed")));
    }

    #[test]
    fn f08_text_is_no_garbage_and_the_end_of_it_is_told() {
        assert_eq!(cause(&LINE.repeat(20)), None);
        assert_eq!(cause("张三丰,李四光,王五\r\n".repeat(200).as_bytes()), None);
        let mut watch = Watch::default();
        assert!(watch.look(&with_parity(0)).is_some());
        assert_eq!(watch.look(&with_parity(0)), None, "told once");
        assert_eq!(watch.look(&LINE.repeat(20)), Some(Verdict::Clean));
    }
}
