//! A line as nearly all are spelt, read by comparison.
//!
//! **Invariants.** What is found here is what the careful reader of the parent module finds; it alone says what is
//! wrong with a line.

use super::{Party, Segment, Start, Targeting, fits};
use crate::smdr::text::Source;
use crate::smdr::usual::{self, Cells};

/// The line as nearly all are spelt: spans of two digits, no comma in a name.
pub fn usual_segment(line: &[u8]) -> Option<Segment<'_>> {
    let cells = Cells::cut(line, b',')?;
    if cells.count() < 15 {
        return None;
    }
    let plain = usual::is_printable(line);
    let text = |n| Some(cells.get(n)).filter(|cell| plain || usual::is_printable(cell));
    let flag = |n| match cells.get(n) {
        b"0" => Some(false),
        b"1" => Some(true),
        // Manuals have it for the internal calls.
        b"I" if n == 8 => Some(true),
        _ => None,
    };
    let device = |n| Some(cells.get(n)).filter(|cell| is_usual_device(cell));
    let late_number = |n| {
        if n < cells.count() {
            usual::number(cells.get(n))
        } else {
            Some(0)
        }
    };
    let party2 = Party {
        device: device(13)?,
        name: cells.get(14),
    };
    if party2.device.is_empty() && !party2.name.is_empty() {
        return None;
    }
    let authorised = match cells.get(17) {
        b"1" => true,
        b"0" | b"n/a" | b"" => false,
        _ => return None,
    };
    let auth_code = text(18)?;
    let (cause, targeter) = usual_targeting(&cells)?;
    Some(Segment {
        source: Source::of(line),
        plain,
        has_host: memchr::memchr(b'@', line).is_some(),
        start: usual_start(cells.get(0))?,
        connected: usual::span(cells.get(1))?,
        ring: match cells.get(2) {
            b"" => None,
            digits => Some(usual::number(digits)?),
        },
        caller: text(3)?,
        incoming: match cells.get(4) {
            b"I" => true,
            b"O" => false,
            _ => return None,
        },
        called: text(5)?,
        dialled: text(6)?,
        account: text(7)?,
        internal: flag(8)?,
        call_id: Some(cells.get(9)).filter(|id| usual::is_digits(id))?,
        more: flag(10)?,
        party1: Party {
            device: device(11)?,
            name: cells.get(12),
        },
        party2,
        hold: late_number(15)?,
        park: late_number(16)?,
        auth_code: authorised.then_some(auth_code),
        cause,
        targeter,
    })
}

fn usual_start(cell: &[u8]) -> Option<Start> {
    let has_seconds = cell.len() == 19;
    let at = if has_seconds {
        usual::stamp(cell, b'/')
    } else {
        let mut whole = *b"YYYY/MM/DD HH:MM:00";
        whole
            .get_mut(..16)?
            .copy_from_slice(Some(cell).filter(|cell| cell.len() == 16)?);
        usual::stamp(&whole, b'/')
    };
    Some(Start { at: at?, has_seconds })
}

fn is_usual_device(cell: &[u8]) -> bool {
    match cell {
        [] => true,
        [b'E' | b'T' | b'V', digits @ ..] => usual::is_digits(digits),
        _ => false,
    }
}

/// Fields 20 to 30, blank but for digits in those of a charge, or for the cause and its targeter.
fn usual_targeting<'a>(cells: &Cells<'a>) -> Option<Targeting<'a>> {
    const NONE: Targeting<'static> = (b"", b"");
    let commas_alone = cells.count() >= 30 && cells.end(29) - cells.end(19) == 10;
    if cells.count() <= 20 || commas_alone {
        return Some(NONE);
    }
    let is_amount = |n| cells.get(n).iter().all(|b| matches!(b, b' '..=b'@'));
    if !(is_amount(20) && cells.get(21).len() <= 8 && (22..=26).all(is_amount)) {
        return None;
    }
    let (cause, targeter, number) = (cells.get(27), cells.get(28), cells.get(29));
    let last = number.is_empty() || (usual::is_printable(number) && number.iter().any(u8::is_ascii_digit));
    let usual = cause.is_empty() && targeter.is_empty() || fits(super::cause, cause);
    (last && usual).then_some((cause, targeter))
}
