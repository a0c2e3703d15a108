//! Bytes of a line become texts of a leg.

use encoding_rs::{Encoding, UTF_8};

use crate::call::Text;

/// What is no UTF-8 is replaced.
pub fn text(bytes: &[u8]) -> Text {
    match str::from_utf8(bytes) {
        Ok(text) => Text::new(text),
        Err(_) => String::from_utf8_lossy(bytes).into(),
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
}
