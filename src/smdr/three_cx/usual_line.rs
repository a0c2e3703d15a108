//! A line as nearly all are spelt, read by comparison.
//!
//! **Invariants.** What is found here is what [`super::line::printed`] finds; it alone says what is wrong with a line.

use super::chain::Chain;
use super::layout::{
    BILL_CODE, CALLID, CHAIN, DIAL_NO, DURATION, FIELDS, FINAL_DN, FINAL_NUMBER, FROM_DN, FROM_NO, HISTORYID, Order,
    REASON_CHANGED, REASON_TERMINATED, SHORT, TIME_ANSWERED, TIME_END, TIME_START, TO_DN, TO_NO,
};
use super::line::Printed;
use super::party::Kind;
use crate::smdr::bytes::Class;
use crate::smdr::cells::Cells;
use crate::smdr::usual::{self, Day, trimmed};

static WORD: Class = Class::alphanumeric_and(b"_");
static ID: Class = Class::alphanumeric_and(b"_-.");

/// The line as nearly all are spelt: the usual fields or those of an order that is seen, quotes around the chain alone.
/// What is found is what the careful reader finds.
#[inline]
pub fn usual_line<'a>(line: &'a [u8], day: &mut Day) -> Option<Printed<'a>> {
    let mut cells = Cells::of(line)?;
    let quotes = cells.cut_quoted(b'@');
    if !cells.is_printable && usual::has_control(line) {
        return None;
    }
    let order = order(&cells);
    let count = cells.count();
    if order.chosen.is_none() && count != SHORT && count != FIELDS.len() {
        return None;
    }
    let parties = match (quotes, cells.raw(order.chain)) {
        (0, parties) => parties,
        (2, [b'"', parties @ .., b'"']) => parties,
        _ => return None,
    };
    let number = cells.raw(HISTORYID).strip_prefix(b"Call ");
    let is_call = number.is_some_and(usual::is_digits);
    let (id, terminated, change) = (
        cells.raw(CALLID),
        cells.raw(REASON_TERMINATED),
        cells.raw(REASON_CHANGED),
    );
    let named = !id.is_empty() & ID.has_all(id) & is_word(terminated) & (change.is_empty() || is_word(change));
    let to = cells.get(TO_NO);
    if !(is_call & named) || to.is_empty() || !cells.is_printable && !usual::is_printable(to) {
        return None;
    }
    let kinds = match order.types {
        Some(at) if order.chosen.is_some() && at + 3 > count => return None,
        Some(at) => Kind::three(|n| trimmed(cells.raw(at + n)))?,
        None => [Kind::Blank; 3],
    };
    let mut stamp = |place| match cells.raw(place) {
        b"" => Some(None),
        cell => day.stamp(whole(cell, 19)?).map(Some),
    };
    let duration = match cells.raw(DURATION) {
        b"" => None,
        cell => Some(usual::span(whole(cell, 8)?)?),
    };
    let (start, answered, end) = (stamp(TIME_START)??, stamp(TIME_ANSWERED)?, stamp(TIME_END)?);
    let last = cells.get(FINAL_NUMBER);
    let chain = match parties {
        b"" => Chain::default(),
        _ => Chain::of(trimmed(parties).strip_prefix(b"Chain: ")?)?,
    };
    let is_whole = parties.is_empty() && answered.is_none() || chain.is_whole(last);
    is_whole.then(|| Printed {
        plain: cells.is_printable,
        has_host: cells.has_wanted,
        call_id: id,
        duration,
        start,
        answered,
        end,
        terminated,
        from: cells.get(FROM_NO),
        to,
        from_dn: cells.get(FROM_DN),
        to_dn: cells.get(TO_DN),
        dialled: cells.get(DIAL_NO),
        change,
        last,
        last_dn: cells.get(FINAL_DN),
        code: if order.chain == CHAIN {
            cells.get(BILL_CODE)
        } else {
            b""
        },
        chain,
        from_type: kinds[0],
        to_type: kinds[1],
        last_type: kinds[2],
        from_name: order.names.map_or(b"", |at| cells.get(at)),
    })
}

/// The order of the fields.
#[inline]
fn order(cells: &Cells<'_>) -> Order {
    let cell = |n: usize| match cells.raw(n) {
        [b'"', inner @ .., b'"'] => inner,
        cell => cell,
    };
    let is_chain = |n: usize| cell(n).starts_with(b"Chain: ");
    let seen = (FROM_NO..CHAIN).fold(false, |seen, n| seen | (cells.first(n) == Some(b'C')));
    let printed = if seen {
        (0..cells.count()).find(|n| is_chain(*n))
    } else {
        // The fields before are words, stamps and figures.
        (CHAIN..cells.count()).find(|n| is_chain(*n))
    };
    Order::seen(cells.count(), printed, cell)
}

/// Seconds without the fraction that may be behind so many bytes.
#[inline]
fn whole(cell: &[u8], width: usize) -> Option<&[u8]> {
    if cell.len() == width {
        return Some(cell);
    }
    let (whole, fraction) = cell.split_at_checked(width)?;
    fraction
        .strip_prefix(b".")
        .is_some_and(usual::is_digits)
        .then_some(whole)
}

#[inline]
fn is_word(cell: &[u8]) -> bool {
    // As nearly all begin.
    let rest = cell.strip_prefix(b"TerminatedBy").or(cell.strip_prefix(b"Replaced"));
    match rest {
        Some(rest) => WORD.has_all(rest),
        None => cell.first().is_some_and(u8::is_ascii_alphabetic) && WORD.has_all(cell),
    }
}
