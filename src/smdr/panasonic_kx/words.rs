//! A line whose columns are not known, read by its words.

use smallvec::SmallVec;

use super::field::usual_digits;
use super::field::{account, digits, extension, is_code, is_cost, is_currency, is_known_code, is_ring, is_talk, span};
use super::line::{ACCOUNT, CODE, DIAL, EXTENSION, Fields, Head, Marked, Span, TRUNK};
use crate::smdr::misfit::{Misfit, fit};
use crate::smdr::{columns, usual};

/// A word with the number of the line's bytes that begin with it.
type Word<'a> = (&'a [u8], usize);

/// A line's words, and of which word a bit is set in `ticked` because it may be a span.
struct Words<'a> {
    all: SmallVec<[Word<'a>; 12]>,
    ticked: u64,
}

impl<'a> Words<'a> {
    fn of(marked: &Marked<'a>, rest: &'a [u8]) -> Self {
        if marked.line.len() > 128 {
            return Self::of_long(rest);
        }
        let line = marked.line;
        let mut words = Self {
            all: SmallVec::new(),
            ticked: 0,
        };
        let mut filled = marked.columns.filled() & columns::bits(line.len() - rest.len(), 128);
        while filled != 0 {
            let begin = filled.trailing_zeros() as usize;
            let end = begin + (!(filled >> begin)).trailing_zeros() as usize;
            // Added to its lowest bit, a word carries over its end.
            let behind = filled & filled.wrapping_add(filled & filled.wrapping_neg());
            let ticked = marked.ticks & (filled ^ behind) != 0;
            filled = behind;
            words.ticked |= u64::from(ticked) << words.all.len();
            words
                .all
                .push((line.get(begin..end).unwrap_or_default(), line.len() - begin));
        }
        words
    }

    fn of_long(rest: &'a [u8]) -> Self {
        /// More words than a line has.
        const WORDS: usize = 40;
        let mut left = rest.len();
        let mut all = SmallVec::new();
        for word in rest.split(|b| *b == b' ') {
            if !word.is_empty() && all.len() < WORDS {
                all.push((word, left));
            }
            left = left.saturating_sub(word.len() + 1);
        }
        Self { all, ticked: u64::MAX }
    }

    /// The last word that is such a span.
    #[inline]
    fn last_span(&self, is: impl Fn(&[u8]) -> bool) -> Option<usize> {
        let mut left = self.ticked;
        while left != 0 {
            let last = 63 - left.leading_zeros() as usize;
            if self.all.get(last).is_some_and(|(word, _)| is(word)) {
                return Some(last);
            }
            left &= !(1 << last);
        }
        None
    }
}

/// By words: the last duration, ring time or code ends the dialled number.
pub fn words<'a>(marked: &Marked<'a>, rest: &'a [u8], head: Head) -> Result<Fields<'a>, Misfit<'a>> {
    let line = marked.line;
    let words = Words::of(marked, rest);
    let (mut ring, mut talk, mut quoted) = (Span::Blank, Span::Blank, false);
    let (mut dial_end, mut after, mut announced) = (words.all.len(), words.all.len(), false);
    if let Some(at) = words.last_span(is_talk) {
        (dial_end, after) = (at, at + 1);
        (talk, quoted, _) = span(words.all[at].0).unwrap_or((Span::Blank, false, true));
    } else if let Some(at) = words.last_span(is_ring) {
        (dial_end, after) = (at + 1, at + 1);
    } else if words.all.last().is_some_and(|(word, _)| is_known_code(word)) {
        (dial_end, after) = (dial_end - 1, dial_end - 1);
    } else if is_announced(&words.all) {
        (dial_end, announced) = (dial_end - 1, true);
    }
    if dial_end > 0 && words.ticked & (1 << (dial_end - 1)) != 0 && is_ring(words.all[dial_end - 1].0) {
        dial_end -= 1;
        ring = span(words.all[dial_end].0).map_or(Span::Blank, |(span, _, _)| span);
    }
    let words = &words.all;
    let (account, code) = behind(&words[after..])?;
    let (extension, trunk, number) = before(&words[..dial_end])?;
    let dial = match (number.first(), number.last()) {
        (Some(first), Some(last)) => &line[line.len() - first.1..line.len() - last.1 + last.0.len()],
        _ => &b""[..],
    };
    if let Some(stray) = stray(line, number) {
        return Err(stray);
    }
    let fields = Fields {
        head,
        extension,
        trunk,
        dial,
        ring,
        talk,
        quoted,
        account,
        code: if announced { b"RC" } else { code },
    };
    // Without all of these only a phone's event or a sensor may follow.
    let event = trunk.is_empty() && dial.first().is_some_and(u8::is_ascii_alphabetic);
    if !fields.is_call() && !event && !dial.starts_with(b"<I>S") {
        return Err(Misfit::new(DIAL, dial, number.first().map_or(0, |(_, left)| *left)));
    }
    Ok(fields)
}

/// Small switches print a caller's number when it arrives: no duration, and only the dots of the code.
fn is_announced(words: &[Word<'_>]) -> bool {
    let opens = words.iter().position(|(word, _)| word.starts_with(b"<"));
    let named = |(word, _): &Word<'_>| memchr::memmem::find(word, b"incoming").is_some();
    words.last().is_some_and(|(word, _)| *word == b"....")
        && opens.is_some_and(|at| at <= 2 && words[at..].iter().any(named))
}

/// A word that is no part of a number or name: what noise has made of a column beside it.
fn stray<'a>(line: &'a [u8], number: &[Word<'a>]) -> Option<Misfit<'a>> {
    let is_span = |word: &[u8]| matches!(word, [.., b'\'', a, b] if a.is_ascii_digit() && b.is_ascii_digit());
    let marked = |word: &[u8]| memchr::memchr(b'<', word).is_some_and(|at| at > 0) && !word.starts_with(b"<D>");
    // `<    incoming    >` is one.
    let bracketed = number.first().is_some_and(|(word, _)| *word == b"<");
    let close = number.iter().position(|(word, _)| bracketed && word.starts_with(b">"));
    number.iter().enumerate().find_map(|(place, (word, left))| {
        let before = &line[..line.len() - left];
        let apart = place > close.unwrap_or(0) && before.ends_with(b"  ");
        let late = place > 0 && (word.starts_with(b"<I>") || word.starts_with(b"<D>"));
        (apart || late || is_span(word) || marked(word)).then(|| Misfit::new(DIAL, word, *left))
    })
}

/// Extension, trunk, and the words of the number.
type Before<'w, 'a> = (&'a [u8], &'a [u8], &'w [Word<'a>]);

fn before<'w, 'a>(words: &'w [Word<'a>]) -> Result<Before<'w, 'a>, Misfit<'a>> {
    let is_incoming = |word: &[u8]| {
        let known = || [&b"incoming"[..], b"DISA", b"DIL"];
        match word {
            [b'<', ..] => true,
            [b'i' | b'I' | b'd' | b'D', ..] => known().iter().any(|w| w.eq_ignore_ascii_case(word)),
            _ => false,
        }
    };
    let is_trunk = |word: &[u8]| word.len() <= 4 && word.iter().all(u8::is_ascii_digit);
    let none = &b""[..];
    match words {
        [] => Ok((none, none, words)),
        [(first, _), ..] if is_incoming(first) => Ok((none, none, words)),
        [(trunk, left), (second, _), ..] if is_incoming(second) => {
            Ok((none, fit(TRUNK, trunk, *left, digits)?, &words[1..]))
        }
        [first, (trunk, _), rest @ ..] if is_trunk(trunk) && (!rest.is_empty() || trunk.len() <= 2) => {
            Ok((extension_word(first)?, trunk, rest))
        }
        [first, rest @ ..] => Ok((extension_word(first)?, none, rest)),
    }
}

fn extension_word<'a>(&(word, left): &Word<'a>) -> Result<&'a [u8], Misfit<'a>> {
    match usual_digits(word) {
        Some(digits) => Ok(digits),
        None => fit(EXTENSION, word, left, extension),
    }
}

/// Account and condition code, with a cost before them in patterns B and C.
fn behind<'a>(words: &[Word<'a>]) -> Result<(&'a [u8], &'a [u8]), Misfit<'a>> {
    let (mut account_found, mut code) = (None, &b""[..]);
    for (place, (word, left)) in words.iter().enumerate() {
        if usual::is_digits(word) {
            // An account code as nearly all are.
            account_found = account_found.or(Some(*word));
            continue;
        }
        if *word == b"...." {
            // Four places in which no digit was keyed.
            account_found = account_found.or(Some(b""));
            continue;
        }
        if is_cost(word) || (place > 0 && is_currency(word) && is_cost(words[place - 1].0)) {
            continue;
        }
        if is_code(word) {
            code = word;
        } else if place + 1 == words.len() && word.first().is_some_and(u8::is_ascii_alphabetic) {
            return Err(Misfit::new(CODE, word, *left));
        } else {
            let found = fit(ACCOUNT, word, *left, account)?;
            // Small switches print the number of a DISA code behind the account's four places.
            account_found = account_found.or(Some(found));
        }
    }
    Ok((account_found.unwrap_or_default(), code))
}
