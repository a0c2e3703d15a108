//! A line as nearly all are spelt, read by comparison.
//!
//! **Invariants.** What is found here is what [`super::line::printed`] finds; it alone says what is wrong with a line.

use super::leg::is_type;
use super::line::{
    BILL_CODE, CALLID, CHAIN, DIAL_NO, DURATION, FIELDS, FINAL_DN, FINAL_NUMBER, FINAL_TYPE, FROM_DISPNAME, FROM_DN,
    FROM_NO, FROM_TYPE, HISTORYID, Printed, REASON_CHANGED, REASON_TERMINATED, SHORT, TIME_ANSWERED, TIME_END,
    TIME_START, TO_DISPNAME, TO_DN, TO_NO, TO_TYPE, chain,
};
use crate::smdr::cells::Cells;
use crate::smdr::misfit::trim;
use crate::smdr::usual;

/// The line as nearly all are spelt: the usual fields, quotes around the chain alone. What is found is what the careful reader
/// finds.
pub fn usual_line(line: &[u8]) -> Option<Printed<'_>> {
    let (cells, quotes) = Cells::cut_quoted(line)?;
    let count = cells.count();
    if !(count == SHORT || count == FIELDS.len()) || !cells.is_printable && usual::has_control(line) {
        return None;
    }
    let parties = match (quotes, cells.raw(CHAIN)) {
        (0, parties) => parties,
        (2, [b'"', parties @ .., b'"']) => parties,
        _ => return None,
    };
    let words = |place| Some(cells.get(place)).filter(|cell| cell.is_empty() || is_word(cell));
    let stamp = |place| match cells.get(place) {
        b"" => Some(None),
        cell => usual::stamp(cell, b'/').map(Some),
    };
    let number = cells.get(HISTORYID).strip_prefix(b"Call ");
    if !number.is_some_and(usual::is_digits) {
        return None;
    }
    let is_id = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let printed = Printed {
        plain: cells.is_printable,
        call_id: Some(cells.get(CALLID)).filter(|id| !id.is_empty() && id.iter().all(is_id))?,
        duration: match cells.get(DURATION) {
            b"" => None,
            cell => Some(usual::span(cell)?),
        },
        start: stamp(TIME_START)??,
        answered: stamp(TIME_ANSWERED)?,
        end: stamp(TIME_END)?,
        terminated: words(REASON_TERMINATED).filter(|word| !word.is_empty())?,
        from: cells.get(FROM_NO),
        to: Some(cells.get(TO_NO)).filter(|to| !to.is_empty() && usual::is_printable(to))?,
        from_dn: cells.get(FROM_DN),
        to_dn: cells.get(TO_DN),
        dialled: cells.get(DIAL_NO),
        change: words(REASON_CHANGED)?,
        last: cells.get(FINAL_NUMBER),
        last_dn: cells.get(FINAL_DN),
        code: cells.get(BILL_CODE),
        chain: chain(trim(parties)).ok()?.1,
        from_type: words(FROM_TYPE).filter(|word| is_type(word))?,
        to_type: words(TO_TYPE).filter(|word| is_type(word))?,
        last_type: words(FINAL_TYPE).filter(|word| is_type(word))?,
        from_name: cells.get(FROM_DISPNAME),
    };
    // Names may come before the types: with none, the types stand where names would.
    let told = !printed.from_type.is_empty() || !printed.to_type.is_empty();
    if count > SHORT && !told && is_type(cells.get(TO_DISPNAME)) && !cells.get(TO_DISPNAME).is_empty() {
        return None;
    }
    let reaches = printed.last.is_empty() || printed.chain.contains(&printed.last);
    let whole = printed.chain.len() >= 2 && reaches || parties.is_empty() && printed.answered.is_none();
    whole.then_some(printed)
}

fn is_word(cell: &[u8]) -> bool {
    let letters = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    cell.first().is_some_and(u8::is_ascii_alphabetic) && cell.iter().all(letters)
}
