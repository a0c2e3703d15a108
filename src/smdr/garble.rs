//! What makes lines unreadable, told from their bytes. Pure.
//!
//! Seven data bits with a parity bit, read as eight: the high bit of each byte completes an even (or odd) number of
//! ones, and without it the lines are of a dialect. Anything else that is full of control and high bytes is a wrong
//! speed, or noise.
//!
//! **Not here**: names in a national code page: they are a small share of a line.

use super::detect::detect;

/// From this share of odd bytes on, lines are no text.
const SHARE: u32 = 20;

/// Of a hundred bytes so many must have a parity to call it one.
const IN_ORDER: usize = 97;

/// Lines that are no text, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Garbled {
    /// Of their bytes, how many in a hundred are no text.
    pub percent: u32,
    /// The likely cause.
    pub cause: Cause,
}

/// Why lines are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Seven data bits with an even parity bit, read as eight.
    EvenParity,
    /// The same with an odd one.
    OddParity,
    /// Without their highest bit the lines are of a dialect.
    HighBit,
    /// A wrong speed, or noise.
    Speed,
}

impl Cause {
    /// Its name in data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EvenParity => "even_parity",
            Self::OddParity => "odd_parity",
            Self::HighBit => "high_bit",
            Self::Speed => "speed",
        }
    }
}

/// Judges lines that no dialect could read; `None` if they are text after all.
pub fn garbled(lines: &[&[u8]]) -> Option<Garbled> {
    let bytes = || lines.iter().flat_map(|line| line.iter().copied());
    let all = bytes().count();
    let percent = u32::try_from(odd(lines) * 100 / all.max(1)).unwrap_or(100);
    (all > 0 && percent >= SHARE).then(|| Garbled {
        percent,
        cause: cause(lines, &bytes),
    })
}

/// How many bytes are no text. What is UTF-8 is text in any language.
pub fn odd(lines: &[&[u8]]) -> usize {
    let of = |line: &&[u8]| -> usize {
        let odd = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n' | '\u{c}' | '\u{2}' | '\u{3}');
        line.utf8_chunks()
            .map(|chunk| chunk.valid().chars().filter(|c| odd(*c)).count() + chunk.invalid().len())
            .sum()
    };
    lines.iter().map(of).sum()
}

fn cause<I: Iterator<Item = u8>>(lines: &[&[u8]], bytes: &impl Fn() -> I) -> Cause {
    let plain: Vec<Vec<u8>> = lines
        .iter()
        .map(|line| line.iter().map(|b| b & 0x7f).collect())
        .collect();
    let plain: Vec<&[u8]> = plain.iter().map(Vec::as_slice).collect();
    // A few wrong bytes are noise on top of it.
    let (all, even) = (bytes().count(), bytes().filter(|b| b.count_ones() % 2 == 0).count());
    if even * 100 >= all * IN_ORDER {
        Cause::EvenParity
    } else if even * 100 <= all * (100 - IN_ORDER) {
        Cause::OddParity
    } else if detect(&plain).dialect.is_some() {
        Cause::HighBit
    } else {
        Cause::Speed
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const LINE: &[u8] = b"2008/06/28 09:28:41,00:00:00,9,8004206,I,4324,4324,,0,1000014155,0,E4324,Joe Bloggs,\
        T9161,LINE 5.1,0,0,,,,,,,,,,,,,";

    fn with_parity(odd: u32) -> Vec<u8> {
        let set = |b: &u8| if b.count_ones() % 2 == odd { *b } else { b | 0x80 };
        LINE.iter().map(set).collect()
    }

    #[test]
    fn f08_parity_is_told_from_noise() {
        let cause = |line: &[u8]| garbled(&[line, line]).unwrap().cause;
        assert_eq!(cause(&with_parity(0)), Cause::EvenParity);
        assert_eq!(cause(&with_parity(1)), Cause::OddParity);
        let noise: Vec<u8> = (0..200u32).map(|n| (n * 167 % 251) as u8).collect();
        assert_eq!(cause(&noise), Cause::Speed);
    }

    #[test]
    fn f08_text_is_no_garbage() {
        assert_eq!(garbled(&[LINE, b"what is this"]), None);
        assert_eq!(garbled(&[]), None);
        // A name in GBK.
        let mut name = LINE.to_vec();
        name.extend(b"\xcd\xf5\xb7\xbc\xc1\xf5\xd1\xf3");
        assert_eq!(garbled(&[&name]), None);
        assert_eq!(garbled(&["张三丰,李四光,王五".as_bytes()]), None);
    }
}
