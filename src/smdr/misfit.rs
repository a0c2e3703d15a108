//! Fields of a line, by separator or by column, and what to say about one that does not fit.
//!
//! **Invariants.** A misfit names the field by number and name, what was expected and what was found (escaped,
//! cut to 40 characters), and the column of the first byte that did not fit, counted in bytes from 1.

use std::fmt::Write;

use nom::combinator::all_consuming;
use nom::error::{Error, ErrorKind, ParseError};
use nom::{IResult, Parser};

/// What a field's inner parser gives: nom's own error holds the place.
pub type Inner<'a, T> = IResult<&'a [u8], T, Error<&'a [u8]>>;
/// What a field gives.
pub type Fitted<'a, T> = IResult<&'a [u8], T, Misfit<'a>>;

/// A field as the manual describes it.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its number, from 1.
    pub number: usize,
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub expected: &'static str,
}

/// The field that did not fit.
#[derive(Debug, Clone)]
pub struct Misfit<'a> {
    field: Field,
    /// The whole field; `None`: the line ended before it.
    found: Option<&'a [u8]>,
    /// Bytes from the first that did not fit to the line's end.
    left: usize,
}

impl<'a> Misfit<'a> {
    /// `field` was found to be `cell`, which does not fit; `left` bytes of the line begin with it.
    pub fn new(field: Field, cell: &'a [u8], left: usize) -> Self {
        Self {
            field,
            found: Some(cell),
            left,
        }
    }

    /// The line ended before `field`, with `left` bytes behind that place (0, unless a later cell is asked for).
    pub const fn missing(field: Field, left: usize) -> Self {
        Self {
            field,
            found: None,
            left,
        }
    }

    /// Column in a line of `length` bytes, from 1.
    pub fn column(&self, length: usize) -> usize {
        length.saturating_sub(self.left) + 1
    }

    /// The sentence for the quarantine.
    pub fn text(&self) -> String {
        let Field { number, name, expected } = self.field;
        match self.found {
            Some([]) => format!("field {number} ({name}): expected {expected}, found nothing"),
            Some(cell) => format!(
                "field {number} ({name}): expected {expected}, found `{}`",
                shown(cell, 40)
            ),
            None => {
                format!(
                    "field {number} ({name}): expected {expected}, but the line ends after field {}",
                    number - 1
                )
            }
        }
    }
}

impl<'a> ParseError<&'a [u8]> for Misfit<'a> {
    fn from_error_kind(input: &'a [u8], _: ErrorKind) -> Self {
        let field = Field {
            number: 1,
            name: "line",
            expected: "another layout",
        };
        Self {
            field,
            found: Some(input),
            left: input.len(),
        }
    }

    fn append(_: &'a [u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// A field that must be there: its comma (none before the first), then a cell that `inner` takes to its end.
/// Blanks around the value are no part of it.
pub fn field<'a, T>(
    about: Field,
    mut inner: impl Parser<&'a [u8], Output = T, Error = Error<&'a [u8]>>,
) -> impl FnMut(&'a [u8]) -> Fitted<'a, T> {
    move |input| {
        let start = match input {
            [b',', start @ ..] if about.number > 1 => start,
            _ if about.number > 1 => {
                return Err(nom::Err::Error(Misfit {
                    field: about,
                    found: None,
                    left: input.len(),
                }));
            }
            _ => input,
        };
        let (rest, cell) = cell(start);
        match fit(about, cell, start.len(), |i| inner.parse(i)) {
            Ok(found) => Ok((rest, found)),
            Err(misfit) => Err(nom::Err::Error(misfit)),
        }
    }
}

/// What `inner` makes of the whole of `cell`, blanks around it aside; `left` bytes of the line begin with the cell.
///
/// # Errors
/// The cell holds something else.
pub fn fit<'a, T>(
    about: Field,
    cell: &'a [u8],
    left: usize,
    mut inner: impl Parser<&'a [u8], Output = T, Error = Error<&'a [u8]>>,
) -> Result<T, Misfit<'a>> {
    let behind = left.saturating_sub(cell.len()) + blanks_behind(cell);
    match all_consuming(|i| inner.parse(i)).parse(trim(cell)) {
        Ok((_, found)) => Ok(found),
        Err(nom::Err::Error(e) | nom::Err::Failure(e)) => Err(Misfit::new(about, cell, e.input.len() + behind)),
        Err(nom::Err::Incomplete(_)) => Err(Misfit::new(about, cell, left)),
    }
}

/// A field that may be missing because the line ends before it: then it counts as blank.
pub fn late<'a, T>(
    about: Field,
    inner: impl Parser<&'a [u8], Output = T, Error = Error<&'a [u8]>>,
) -> impl FnMut(&'a [u8]) -> Fitted<'a, T> {
    let mut present = field(about, inner);
    move |input| {
        if input.is_empty() {
            present(b",").map(|(_, v)| (input, v))
        } else {
            present(input)
        }
    }
}

/// A name, in which the format does not quote commas: it ends at the first comma after which `next` fits.
/// A figure alone between commas is never part of a name: with noise behind it, it would be taken for one.
/// What is told when nothing fits is about the shortest name.
pub fn name_before<'a, T>(
    about: Field,
    mut next: impl FnMut(&'a [u8]) -> Fitted<'a, T>,
) -> impl FnMut(&'a [u8]) -> Fitted<'a, (&'a [u8], T)> {
    /// More commas than any name has.
    const COMMAS: usize = 8;
    move |input| {
        let Some((b',', start)) = input.split_first() else {
            return Err(nom::Err::Error(Misfit {
                field: about,
                found: None,
                left: input.len(),
            }));
        };
        let mut first = None;
        let mut begin = 0;
        for end in memchr::memchr_iter(b',', start).chain([start.len()]).take(COMMAS) {
            let part = trim(start.get(begin..end).unwrap_or_default());
            if begin > 0 && !part.is_empty() && part.iter().all(u8::is_ascii_digit) {
                break;
            }
            begin = end + 1;
            let (name, rest) = start.split_at(end);
            match next(rest) {
                Ok((rest, then)) => return Ok((rest, (trim(name), then))),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or_else(|| nom::Err::Error(Misfit::new(about, start, start.len()))))
    }
}

fn cell(input: &[u8]) -> (&[u8], &[u8]) {
    let (cell, rest) = input.split_at(memchr::memchr(b',', input).unwrap_or(input.len()));
    (rest, cell)
}

fn blanks_behind(cell: &[u8]) -> usize {
    cell.iter().rev().take_while(|b| **b == b' ').count()
}

/// Without the blanks around it.
pub fn trim(cell: &[u8]) -> &[u8] {
    let cell = &cell[..cell.len() - blanks_behind(cell)];
    &cell[cell.iter().take_while(|b| **b == b' ').count()..]
}

/// How many bytes before the text are control bytes: a serial line may begin with DLE, DC3, DC1 and the like.
pub fn leading_control(line: &[u8]) -> usize {
    line.iter().take_while(|b| b.is_ascii_control()).count()
}

/// Bytes for people's eyes: at most `limit` characters, nothing that moves a cursor.
pub fn shown(bytes: &[u8], limit: usize) -> String {
    // Only so much is decoded, however long the line: a character has at most four bytes.
    let head = &bytes[..bytes.len().min(limit * 4 + 4)];
    let text = String::from_utf8_lossy(head);
    let mut out = String::new();
    for (n, c) in text.chars().enumerate() {
        if n == limit {
            out.push('…');
            break;
        }
        if moves_the_cursor(c) {
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Control characters, and those that turn the direction of writing.
pub fn moves_the_cursor(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f07_control_bytes_are_shown_escaped() {
        assert_eq!(shown(b"\x1b[2Ja\xffb\xc2\x9b", 40), "\\u{1b}[2Ja\u{fffd}b\\u{9b}");
    }

    #[test]
    fn found_text_is_cut() {
        assert_eq!(shown("电".repeat(41).as_bytes(), 40), format!("{}…", "电".repeat(40)));
        assert_eq!(shown(&[b'x'; 40], 40), "x".repeat(40));
    }
}
