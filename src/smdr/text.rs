//! Bytes of a line become texts of a leg.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use crate::call::Text;

/// What is no UTF-8 is replaced.
pub fn text(bytes: &[u8]) -> Text {
    match str::from_utf8(bytes) {
        Ok(text) => Text::new(text),
        Err(_) => String::from_utf8_lossy(bytes).into(),
    }
}

/// A line whose bytes were looked at once, for all texts that are cut out of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Source<'a> {
    /// Empty if the line is no UTF-8.
    text: &'a str,
}

impl<'a> Source<'a> {
    /// Looks at the line.
    pub fn of(line: &'a [u8]) -> Self {
        Self {
            text: str::from_utf8(line).unwrap_or_default(),
        }
    }

    /// The cell as a text; one that is no part of the line is looked at by itself.
    pub fn text(&self, cell: &[u8]) -> Text {
        let at = cell.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        match self.text.get(at..).and_then(|rest| rest.get(..cell.len())) {
            Some(text) => Text::new(text),
            None => text(cell),
        }
    }

    /// The cell in a code page, not copied where it can stay in the line.
    pub fn borrowed(&self, cell: &[u8], encoding: &'static Encoding) -> Cow<'a, str> {
        let at = cell.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        match self.text.get(at..).and_then(|rest| rest.get(..cell.len())) {
            Some(text) if encoding == UTF_8 || text.is_ascii() => Cow::Borrowed(text),
            _ => Cow::Owned(decoded(cell, encoding).into()),
        }
    }

    /// The cell in a code page.
    pub fn decoded(&self, cell: &[u8], encoding: &'static Encoding) -> Text {
        if encoding == UTF_8 {
            self.text(cell)
        } else {
            decoded(cell, encoding)
        }
    }
}

/// In the code page of the feed's names; what is none of it is replaced.
pub fn decoded(bytes: &[u8], encoding: &'static Encoding) -> Text {
    // All code pages that the option takes have ASCII in them.
    if encoding == UTF_8 || bytes.is_ascii() {
        text(bytes)
    } else {
        encoding.decode_without_bom_handling(bytes).0.into()
    }
}

/// The cell, if anything is printed in it.
pub fn filled(cell: &[u8]) -> Option<&[u8]> {
    (!cell.is_empty()).then_some(cell)
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;

    use super::*;

    #[test]
    fn f10_what_is_no_text_is_replaced() {
        assert_eq!(text(b"Wang"), "Wang");
        assert_eq!(text(b"a\xffb"), "a\u{fffd}b");
        assert_eq!(decoded(b"\xcd\xf5\xb7\xbc", GB18030), "王芳");
        assert_eq!(decoded("王芳".as_bytes(), UTF_8), "王芳");
    }

    #[test]
    fn a_cell_of_a_line_is_the_same_text() {
        let line = "a,王芳,b".as_bytes();
        let source = Source::of(line);
        assert_eq!(
            (source.text(&line[2..8]), source.text(&line[..0])),
            ("王芳".into(), "".into())
        );
        assert_eq!(source.text(&line[3..8]), text(&line[3..8]), "cut within a character");
        assert_eq!(source.text(b"elsewhere"), "elsewhere");
        let broken = b"a,b\xff";
        assert_eq!(Source::of(broken).text(&broken[..3]), "a,b");
    }
}
