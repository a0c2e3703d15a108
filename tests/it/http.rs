//! A browser of sixty lines: one HTTP/1.1 request on a connection of its own.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::house::PATIENCE;

/// An answer.
#[derive(Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// The head, status line included, as it came.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Response {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let is_it = |line: &&str| {
            line.split_once(':')
                .is_some_and(|(n, _)| n.trim().eq_ignore_ascii_case(name))
        };
        let line = self.head.lines().find(is_it)?;
        Some(line.split_once(':')?.1.trim())
    }
}

/// A form as a browser encodes it.
pub fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// Asks, and reads to the end.
pub fn request(port: u16, method: &str, path: &str, form: Option<&str>) -> Response {
    request_with(port, method, path, form, "")
}

/// The same with one more header.
pub fn request_with(port: u16, method: &str, path: &str, form: Option<&str>, header: &str) -> Response {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap_or_else(|e| panic!("page server: {e}"));
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let origin = format!("127.0.0.1:{port}");
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {origin}\r\nConnection: close\r\n");
    if !header.is_empty() {
        text += &format!("{header}\r\n");
    }
    if let Some(form) = form {
        text += &format!(
            "Origin: http://{origin}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            form.len()
        );
    }
    text += "\r\n";
    text += form.unwrap_or_default();
    stream.write_all(text.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    parse(&bytes).unwrap_or_else(|| panic!("{method} {path}: no HTTP answer: {:?}", String::from_utf8_lossy(&bytes)))
}

fn parse(bytes: &[u8]) -> Option<Response> {
    let split = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = &bytes[split + 4..];
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { unchunk(body)? } else { body.to_vec() };
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Response { status, head, body })
}

fn unchunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|w| w == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).ok()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(body.get(end + 2..end + 2 + size)?);
        body = body.get(end + 4 + size..)?;
    }
}

#[test]
fn answers_are_read_whole_or_in_chunks() {
    let plain = parse(b"HTTP/1.1 303 See Other\r\nLocation: /t/x\r\n\r\nbody").unwrap();
    assert_eq!(
        (plain.status, plain.header("location"), plain.body.as_str()),
        (303, Some("/t/x"), "body")
    );
    let chunked =
        parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n").unwrap();
    assert_eq!(chunked.body, "abcd");
}
