//! The chain of a call: who had it, one after the other.

use nom::Parser as _;
use nom::bytes::complete::{tag, take_while};
use nom::sequence::preceded;

use crate::smdr::bytes::same;
use crate::smdr::marks;
use crate::smdr::misfit::Inner;
use crate::smdr::usual::trimmed;

/// Parties of a call, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chain<'a> {
    /// Without the last separator.
    text: &'a [u8],
    separator: u8,
    /// Where in the first 64 bytes the separators are.
    marks: u64,
}

impl<'a> Chain<'a> {
    /// Of what stands behind `Chain: `: parties each with its separator, the last too, which shows that the chain is whole.
    #[inline]
    pub fn of(text: &'a [u8]) -> Option<Self> {
        let (separator @ (b';' | b','), text) = text.split_last().map(|(last, text)| (*last, text))? else {
            return None;
        };
        Some(Self {
            text,
            separator,
            marks: marked(text, separator, 0),
        })
    }

    /// The call was not taken: there is nobody.
    pub const fn is_empty(&self) -> bool {
        self.separator == 0
    }

    /// The parties; empty ones stay.
    #[inline]
    pub const fn parties(&self) -> Parties<'a> {
        Parties {
            chain: *self,
            begin: if self.is_empty() { usize::MAX } else { 0 },
            block: 0,
        }
    }

    /// Whether the party that the call ended with is there, and another.
    #[inline]
    pub fn is_whole(&self, last: &[u8]) -> bool {
        // That party is nearly always the last.
        let behind = 64 - self.marks.leading_zeros() as usize;
        let ends = self.text.len() <= 64 && self.text.get(behind..).is_some_and(|party| same(party, last));
        self.marks != 0 && (last.is_empty() || ends) || self.is_whole_somehow(last)
    }

    #[cold]
    fn is_whole_somehow(&self, last: &[u8]) -> bool {
        self.parties().nth(1).is_some() && (last.is_empty() || self.parties().any(|party| party == last))
    }
}

/// Where from one byte on the separators are.
#[inline]
fn marked(text: &[u8], separator: u8, at: usize) -> u64 {
    let (block, drop) = marks::block(text, at);
    block.are(separator) >> drop
}

/// One party after the other.
#[derive(Debug, Clone, Copy)]
pub struct Parties<'a> {
    chain: Chain<'a>,
    /// Where the next begins; behind the text: there is none.
    begin: usize,
    /// Where the marks begin.
    block: usize,
}

impl<'a> Iterator for Parties<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.chain.text;
        let left = text.get(self.begin..)?;
        while self.chain.marks == 0 {
            self.block += 64;
            if self.block >= text.len() {
                self.begin = usize::MAX;
                return Some(trimmed(left));
            }
            self.chain.marks = marked(text, self.chain.separator, self.block);
        }
        let end = self.block + self.chain.marks.trailing_zeros() as usize;
        self.chain.marks &= self.chain.marks - 1;
        let party = text.get(self.begin..end)?;
        self.begin = end + 1;
        Some(trimmed(party))
    }
}

/// Nothing, or what a chain is.
pub fn chain(i: &[u8]) -> Inner<'_, Chain<'_>> {
    if i.is_empty() {
        return Ok((i, Chain::default()));
    }
    let calm = take_while(|b: u8| b >= b' ' && b != 0x7f);
    let (rest, text) = preceded(tag("Chain: "), calm).parse(i)?;
    match Chain::of(text) {
        Some(chain) => Ok((rest, chain)),
        None => Err(nom::Err::Error(nom::error::Error::new(
            rest,
            nom::error::ErrorKind::Char,
        ))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parties_are_what_is_between_separators(
            parties in proptest::collection::vec("[ 0-9E]{0,30}", 1..9),
            separator in prop_oneof![Just(";"), Just(",")],
            last in "[0-9E]{0,2}",
        ) {
            let text = parties.join(separator) + separator;
            let chain = Chain::of(text.as_bytes()).unwrap();
            let wanted: Vec<&[u8]> = parties.iter().map(|party| party.trim().as_bytes()).collect();
            prop_assert_eq!(chain.parties().collect::<Vec<_>>(), wanted.clone());
            for last in [last.as_bytes(), wanted.last().unwrap(), wanted[0]] {
                let whole = wanted.len() > 1 && (last.is_empty() || wanted.contains(&last));
                prop_assert_eq!(chain.is_whole(last), whole);
            }
        }
    }
}
