//! Masking: enough of a number to recognise it, not enough to ring it.
//!
//! The last four digits and the head (operator or area) stay, the four before the last four become stars:
//! `138****5678`, `021****1234`, `+86138****5678`. Of more than fifteen digits, which no number has, only the first
//! three and the last four stay. Up to six digits are an extension or a service (`8021`, `95588`), nobody's personal
//! data, and stay whole. Of a name the first letter stays.

use super::{SHORT, Written, address, written};

const TAIL: usize = 4;
const HIDDEN: usize = 4;
const LONGEST_NUMBER: usize = 15;

/// A number as it is shown to those who need no more of it.
pub fn masked(raw: &str) -> String {
    match written(raw) {
        Written::Number { plus, digits } => format!("{}{}", if plus { "+" } else { "" }, digits_masked(&digits)),
        Written::Code(code) => digits_masked(&code),
        Written::Name(name) => {
            let first: String = name.chars().take(1).collect();
            format!("{first}***")
        }
        Written::Nothing => digits_masked(&address(raw)),
    }
}

/// Masks the digits of a text and keeps everything else.
fn digits_masked(text: &str) -> String {
    let count = text.bytes().filter(u8::is_ascii_digit).count();
    let head = if count > LONGEST_NUMBER {
        3
    } else {
        count.saturating_sub(TAIL + HIDDEN)
    };
    let mut nth = 0;
    text.chars()
        .map(|c| {
            if !c.is_ascii_digit() || count <= SHORT {
                return c;
            }
            nth += 1;
            if nth > head && nth + TAIL <= count { '*' } else { c }
        })
        .collect()
}
