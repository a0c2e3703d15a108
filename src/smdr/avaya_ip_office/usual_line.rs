//! A line as nearly all are spelt, read by comparison.
//!
//! **Invariants.** What is found here is what the careful reader of the parent module finds; it alone says what is
//! wrong with a line.

use super::{Party, Segment, Start, Targeting, fits};
use crate::smdr::cells::Cells;
use crate::smdr::usual;

/// The line as nearly all are spelt: spans of two digits, no comma in a name.
#[inline]
pub fn usual_segment(line: &[u8]) -> Option<Segment<'_>> {
    let cells = Cells::cut(line, b',', b'@')?;
    if cells.count() < 15 {
        return None;
    }
    let plain = cells.is_printable;
    if !plain && ![3, 5, 6, 7, 18].into_iter().all(|n| usual::is_printable(cells.raw(n))) {
        return None;
    }
    // Blanks around these are for the careful reader.
    let flag = |n| match cells.raw(n) {
        b"0" => Some(false),
        b"1" => Some(true),
        // Manuals have it for the internal calls.
        b"I" if n == 8 => Some(true),
        _ => None,
    };
    let party = |n| usual_party(cells.raw(n), cells.get(n + 1));
    let party2 = party(13)?;
    if party2.device.is_empty() && !party2.name.is_empty() {
        return None;
    }
    let late = if is_late_blank(line, &cells) {
        Late::default()
    } else {
        usual_late(&cells)?
    };
    Some(Segment {
        plain,
        has_host: cells.has_wanted,
        start: usual_start(cells.raw(0))?,
        connected: usual::span(cells.raw(1))?,
        ring: match cells.raw(2) {
            b"" => None,
            digits => Some(usual::number(digits)?),
        },
        caller: cells.get(3),
        incoming: match cells.raw(4) {
            b"I" => true,
            b"O" => false,
            _ => return None,
        },
        called: cells.get(5),
        dialled: cells.get(6),
        account: cells.get(7),
        internal: flag(8)?,
        call_id: Some(cells.raw(9)).filter(|id| usual::is_digits(id))?,
        more: flag(10)?,
        party1: party(11)?,
        party2,
        hold: late.hold,
        park: late.park,
        auth_code: late.auth_code,
        cause: late.targeting.0,
        targeter: late.targeting.1,
    })
}

/// Fields 16 to 30.
#[derive(Default)]
struct Late<'a> {
    hold: i64,
    park: i64,
    auth_code: Option<&'a [u8]>,
    targeting: Targeting<'a>,
}

/// Nothing was held, parked, authorised, charged or targeted: so end most lines.
#[inline(always)]
fn is_late_blank(line: &[u8], cells: &Cells<'_>) -> bool {
    let begun = cells.end(14);
    line.get(begun..).is_some_and(|late| late.starts_with(b",0,0,"))
        && cells.count() >= 30
        && cells.end(29) - begun == 17
}

fn usual_late<'a>(cells: &Cells<'a>) -> Option<Late<'a>> {
    let number = |n| {
        if n < cells.count() {
            usual::number(cells.raw(n))
        } else {
            Some(0)
        }
    };
    let authorised = match cells.raw(17) {
        b"1" => true,
        b"0" | b"n/a" | b"" => false,
        _ => return None,
    };
    Some(Late {
        hold: number(15)?,
        park: number(16)?,
        auth_code: authorised.then(|| cells.get(18)),
        targeting: usual_targeting(cells)?,
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

#[inline(always)]
fn usual_party<'a>(device: &'a [u8], name: &'a [u8]) -> Option<Party<'a>> {
    let fits = match device {
        [] => true,
        [b'E' | b'T' | b'V', digits @ ..] => usual::is_digits(digits),
        _ => false,
    };
    fits.then(|| Party::new(device, name))
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
