//! Mails per second on one connection, to a server on this machine that takes all.
//!
//! Ours beside lettre's own connection (that which its pool keeps open) and beside a bare socket that pipelines.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use firstanswer::config::{Smtp as Server, Tls};
use firstanswer::mail::{Delivery, Smtp};
use lettre::address::Envelope;
use lettre::transport::smtp::client::SmtpConnection;
use lettre::transport::smtp::extension::ClientId;

use crate::table::Table;

/// Mails of those who are fast.
const MAILS: usize = 2_000;

/// Mails of lettre's connection, which waits 40 ms for each.
const FEW: usize = 50;

pub fn run(table: &mut Table) {
    let port = sink();
    let mail = message();
    let ours = rate(MAILS, ours(port, &mail));
    let stock = rate(FEW, stock(port, &mail));
    let raw = rate(MAILS, raw(port, &mail));
    table.row("mails on one connection", per_second(ours), "ours");
    table.row(
        "the same, lettre's connection",
        per_second(stock),
        &format!("ours is {:.0} × it", ours / stock),
    );
    table.row(
        "the same, bare and pipelined",
        per_second(raw),
        &format!("ours is {:.2} of it", ours / raw),
    );
}

fn rate(mails: usize, took: Duration) -> f64 {
    mails as f64 / took.as_secs_f64()
}

fn per_second(rate: f64) -> String {
    format!("{rate:.0} mails/s")
}

/// As long as a reminder with its HTML part.
fn message() -> Vec<u8> {
    let mut mail = b"From: fa@x.cn\r\nTo: wang@x.cn\r\nSubject: due\r\nMIME-Version: 1.0\r\n\r\n".to_vec();
    for n in 0..120 {
        write!(mail, "{n:04} {}\r\n", "x".repeat(66)).unwrap();
    }
    mail
}

/// A server that answers as soon as it can.
fn sink() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || talk(stream.unwrap()));
        }
    });
    port
}

/// Until the client hangs up; errors are its end.
fn talk(stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut said = stream.try_clone().ok()?;
    let mut heard = BufReader::new(stream);
    said.write_all(b"220 sink ESMTP\r\n").ok()?;
    let (mut line, mut answers, mut body) = (Vec::new(), Vec::new(), false);
    loop {
        line.clear();
        if heard.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        match (&line[..], body) {
            (b".\r\n", true) => {
                body = false;
                answers.extend_from_slice(b"250 taken\r\n");
            }
            (_, true) => {}
            (command, false) if command.starts_with(b"DATA") => {
                body = true;
                answers.extend_from_slice(b"354 go on\r\n");
            }
            (command, false) if command.starts_with(b"EHLO") => {
                answers.extend_from_slice(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
            }
            _ => answers.extend_from_slice(b"250 ok\r\n"),
        }
        // What was pipelined is answered together.
        if heard.buffer().is_empty() && !answers.is_empty() {
            said.write_all(&answers).ok()?;
            answers.clear();
        }
    }
}

fn ours(port: u16, mail: &[u8]) -> Duration {
    let server = Server {
        host: "127.0.0.1".into(),
        port,
        tls: Tls::None,
        login: None,
        ca_file: None,
    };
    let smtp = Smtp::new(server, "fa@x.cn", None);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        assert_eq!(smtp.deliver("wang@x.cn", mail).await, Delivery::Sent);
        let begun = Instant::now();
        for _ in 0..MAILS {
            assert_eq!(smtp.deliver("wang@x.cn", mail).await, Delivery::Sent);
        }
        begun.elapsed()
    })
}

fn stock(port: u16, mail: &[u8]) -> Duration {
    let address = |text: &str| text.parse().unwrap();
    let envelope = Envelope::new(Some(address("fa@x.cn")), vec![address("wang@x.cn")]).unwrap();
    let hello = ClientId::Domain("bench".into());
    let timeout = Some(Duration::from_secs(10));
    let mut conn = SmtpConnection::connect(("127.0.0.1", port), timeout, &hello, None, None).unwrap();
    conn.send(&envelope, mail).unwrap();
    let begun = Instant::now();
    for _ in 0..FEW {
        conn.send(&envelope, mail).unwrap();
    }
    begun.elapsed()
}

/// The next mail's commands leave with the last one's body.
fn raw(port: u16, mail: &[u8]) -> Duration {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_nodelay(true).unwrap();
    let mut heard = BufReader::new(socket.try_clone().unwrap());
    let mut line = String::new();
    let mut hear = |lines: usize| {
        for _ in 0..lines {
            line.clear();
            heard.read_line(&mut line).unwrap();
        }
    };
    let begin = b"MAIL FROM:<fa@x.cn>\r\nRCPT TO:<wang@x.cn>\r\nDATA\r\n";
    hear(1);
    socket.write_all(b"EHLO bench\r\n").unwrap();
    hear(3);
    socket.write_all(begin).unwrap();
    hear(3);
    let bytes = [mail, b".\r\n", begin].concat();
    let begun = Instant::now();
    for _ in 0..MAILS {
        socket.write_all(&bytes).unwrap();
        hear(4);
    }
    begun.elapsed()
}
