//! Faults 1 to 13 as far as they are the codec's.
#![allow(clippy::unwrap_used)]

use bytes::BytesMut;
use proptest::prelude::*;
use tokio_util::codec::Decoder;

use super::{Framed, LineCodec, Piece};

const SEPARATORS: &[u8] = b"\r\n\0\x0c\x02\x03";

/// Feeds the chunks; the end of the stream comes after the last one.
fn run(limit: usize, chunks: &[&[u8]]) -> Vec<Framed> {
    let mut codec = LineCodec::new(limit);
    let mut source = BytesMut::new();
    let mut items = Vec::new();
    for chunk in chunks {
        source.extend_from_slice(chunk);
        while let Some(item) = codec.decode(&mut source).unwrap() {
            items.push(item);
        }
        assert!(codec.held() <= limit, "{} bytes held", codec.held());
    }
    while let Some(item) = codec.decode_eof(&mut source).unwrap() {
        items.push(item);
    }
    items
}

/// The texts of whole lines; `lines` must all be ended.
#[track_caller]
fn check(input: &[u8], lines: &[&str]) {
    let items = run(1000, &[input]);
    let found: Vec<_> = items
        .iter()
        .map(|i| String::from_utf8_lossy(&i.bytes).into_owned())
        .collect();
    assert_eq!(found, lines, "of {:?}", input.escape_ascii().to_string());
    assert!(items.iter().all(|i| i.piece == Piece::Whole && !i.continues));
}

#[test]
fn f02_many_lines_in_one_read() {
    check(b"one\r\ntwo\r\nthree\r\n", &["one", "two", "three"]);
}

#[test]
fn f03_every_separator_separates() {
    for separator in [
        "\r",
        "\n",
        "\r\n",
        "\n\r",
        "\0",
        "\0\0\0",
        "\x0c",
        "\x03",
        "\r\n\0\0\0",
        "\n\0\0\0",
        "\x03\r\n",
        "\x03\n",
        "\0\r",
    ] {
        let input = format!("one{separator}two{separator}");
        check(input.as_bytes(), &["one", "two"]);
    }
    check(b"\x02one\x03\x02two\x03", &["one", "two"]);
    check(b"\x02one\x03\r\n\x02two\x03\r\n", &["one", "two"]);
    check(b"\0\0\0one\r\n", &["one"]);
    check(
        b"one\r\ntwo\nthree\rfour\n\rfive\0six\x0cseven\r\n",
        &["one", "two", "three", "four", "five", "six", "seven"],
    );
}

#[test]
fn f03_two_line_ends_are_a_blank_line() {
    for twice in ["\n\n", "\r\r", "\r\n\r\n", "\n\r\n\r", "\r\n\n"] {
        check(format!("one{twice}two\n").as_bytes(), &["one", "", "two"]);
    }
    check(b"\r\none\r\n", &["", "one"]);
    check(b"one\r\n\x0ctwo\r\n", &["one", "two"]);
}

#[test]
fn f03_a_pair_split_between_reads_is_no_blank_line() {
    let items = run(1000, &[b"one\r", b"\ntwo\r", b"\n"]);
    assert_eq!(items.len(), 2);
}

#[test]
fn f04_silence_gives_a_partial_and_the_rest_says_that_it_continues() {
    let mut codec = LineCodec::default();
    let mut source = BytesMut::from(&b"abc"[..]);
    assert_eq!(codec.decode(&mut source).unwrap(), None);
    let partial = codec.tail().unwrap();
    assert_eq!(
        (&partial.bytes[..], partial.piece, partial.continues),
        (&b"abc"[..], Piece::Partial, false)
    );
    assert_eq!(codec.tail(), None);

    source.extend_from_slice(b"def\r\nnext\r\n");
    let rest = codec.decode(&mut source).unwrap().unwrap();
    assert_eq!(
        (&rest.bytes[..], rest.piece, rest.continues),
        (&b"def"[..], Piece::Whole, true)
    );
    let next = codec.decode(&mut source).unwrap().unwrap();
    assert_eq!(
        (&next.bytes[..], next.piece, next.continues),
        (&b"next"[..], Piece::Whole, false)
    );
}

#[test]
fn f04_only_the_line_end_comes_late() {
    let mut codec = LineCodec::default();
    let mut source = BytesMut::from(&b"abc"[..]);
    codec.decode(&mut source).unwrap();
    codec.tail().unwrap();
    source.extend_from_slice(b"\r\n");
    let rest = codec.decode(&mut source).unwrap().unwrap();
    assert_eq!((rest.bytes.len(), rest.piece, rest.continues), (0, Piece::Whole, true));
    assert_eq!(codec.decode(&mut source).unwrap(), None);
}

#[test]
fn f05_the_end_of_the_stream_gives_a_partial() {
    let items = run(1000, &[b"one\r\n2008/06/28 09:2"]);
    assert_eq!(items.last().map(|i| i.piece), Some(Piece::Partial));
}

#[test]
fn f06_endless_line_is_cut() {
    let long = [b'x'; 25];
    let items = run(10, &[&long[..13], &long[13..], b"\nnext\n"]);
    let shape: Vec<_> = items.iter().map(|i| (i.bytes.len(), i.piece)).collect();
    let wanted = [
        (10, Piece::First),
        (10, Piece::Middle),
        (5, Piece::Last),
        (4, Piece::Whole),
    ];
    assert_eq!(shape, wanted);
    assert_eq!(run(10, &[b"0123456789\n"]).first().map(|i| i.piece), Some(Piece::Whole));
}

#[test]
fn f06_a_line_that_drips_is_cut_too() {
    let mut codec = LineCodec::new(4);
    let mut source = BytesMut::new();
    let mut joined = 0;
    for _ in 0..100 {
        source.extend_from_slice(b"x");
        while let Some(item) = codec.decode(&mut source).unwrap() {
            joined = if item.piece == Piece::Partial { joined } else { 0 };
        }
        joined += codec.tail().map_or(0, |item| item.bytes.len());
        assert!(joined <= 4, "a reader that joins partials would hold {joined}");
    }
}

#[test]
fn f07_control_bytes_are_kept() {
    let input: Vec<u8> = (0u8..=255).filter(|b| !SEPARATORS.contains(b)).collect();
    assert_eq!(run(1000, &[&input, b"\n"])[0].bytes, input);
}

#[test]
fn f13_a_line_that_begins_with_digits_is_text() {
    check(b"5 hello\n12345 abc\n", &["5 hello", "12345 abc"]);
}

/// Bytes with many separators among them.
fn bytes_of_a_feed() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![3 => proptest::sample::select(SEPARATORS), 3 => Just(b'a'), 1 => any::<u8>()];
    proptest::collection::vec(byte, 0..200)
}

proptest! {
    #[test]
    fn f01_any_chunking_gives_the_same_items(
        input in bytes_of_a_feed(),
        cuts in proptest::collection::vec(0usize..200, 0..20),
        limit in 1usize..20,
    ) {
        let mut cuts: Vec<_> = cuts.into_iter().map(|c| c.min(input.len())).collect();
        cuts.sort_unstable();
        let mut chunks = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([input.len()]) {
            chunks.push(&input[from..cut]);
            from = cut;
        }
        let whole = run(limit, &[&input]);
        prop_assert_eq!(run(limit, &chunks), whole.clone());
        let each: Vec<&[u8]> = input.chunks(1).collect();
        prop_assert_eq!(run(limit, &each), whole);
    }

    #[test]
    fn f03_no_text_is_lost(input in bytes_of_a_feed(), limit in 1usize..20) {
        let items = run(limit, &[&input]);
        let out: Vec<u8> = items.iter().flat_map(|i| i.bytes.to_vec()).collect();
        let text: Vec<u8> = input.iter().copied().filter(|b| !SEPARATORS.contains(b)).collect();
        prop_assert_eq!(out, text);
        prop_assert!(items.iter().all(|i| i.bytes.len() <= limit));
    }

    #[test]
    fn f04_partials_joined_are_the_line(input in bytes_of_a_feed(), idle in 1usize..10) {
        let mut codec = LineCodec::new(1000);
        let mut source = BytesMut::new();
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut push = |item: Framed| if item.continues {
            lines.last_mut().unwrap().extend_from_slice(&item.bytes);
        } else {
            lines.push(item.bytes.to_vec());
        };
        for chunk in input.chunks(idle) {
            source.extend_from_slice(chunk);
            while let Some(item) = codec.decode(&mut source).unwrap() {
                push(item);
            }
            if let Some(item) = codec.tail() {
                push(item);
            }
        }
        let wanted: Vec<_> = run(1000, &[&input]).into_iter().map(|i| i.bytes.to_vec()).collect();
        prop_assert_eq!(lines, wanted);
    }
}
