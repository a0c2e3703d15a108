//! A mail server that does what a test wants: takes, refuses, hangs up, is away.
//!
//! **Not here**: real servers ([`crate::post`]).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::house::free_port;
use crate::mailbox::{self, Mail};

/// What is said to a command; `None` hangs up, `hang` says nothing more. The command `.` stands for the end of a message; the number counts
/// commands of that name, from 1, over all connections.
pub type Answers = fn(&str, usize) -> Option<&'static str>;

/// Takes everything.
pub fn well(command: &str, _: usize) -> Option<&'static str> {
    Some(match command.split([' ', ':']).next().unwrap() {
        "EHLO" => "250-sink\r\n250 8BITMIME",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "250 ok",
    })
}

/// One message as it came over the wire.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Of the envelope.
    pub to: String,
    /// Without dot-stuffing.
    pub bytes: Vec<u8>,
    /// The server said that it has it.
    pub taken: bool,
}

#[derive(Default)]
struct Shared {
    deliveries: Mutex<Vec<Delivery>>,
    commands: Mutex<Vec<String>>,
    open: AtomicBool,
}

/// The server.
pub struct Sink {
    /// Where it listens, when it does.
    pub port: u16,
    answers: Answers,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Sink {
    /// A server that is away.
    pub fn away(answers: Answers) -> Self {
        Self {
            port: free_port(),
            answers,
            shared: Arc::default(),
            thread: None,
        }
    }

    /// A server that listens.
    pub fn open(answers: Answers) -> Self {
        let mut sink = Self::away(answers);
        sink.listen();
        sink
    }

    /// It comes back.
    pub fn listen(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        let (shared, answers) = (Arc::clone(&self.shared), self.answers);
        shared.open.store(true, Ordering::SeqCst);
        self.thread = Some(std::thread::spawn(move || {
            for stream in listener.incoming() {
                if !shared.open.load(Ordering::SeqCst) {
                    return;
                }
                // Several at once, as a mailer has them; a conversation that goes on ends with the program.
                let (stream, shared) = (stream.unwrap(), Arc::clone(&shared));
                std::thread::spawn(move || talk(&stream, answers, &shared));
            }
        }));
    }

    /// The settings of a house that mails to it.
    pub fn settings(&self) -> String {
        format!(r#"transport="smtp://127.0.0.1:{}""#, self.port)
    }

    /// All that was sent to it, also what it did not take.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.deliveries.lock().unwrap().clone()
    }

    /// What it took, as its readers see it.
    pub fn mails(&self) -> Vec<Mail> {
        let taken = self.deliveries().into_iter().filter(|d| d.taken);
        taken.map(|d| mailbox::parse(&d.bytes)).collect()
    }

    /// What it took for one address.
    pub fn mails_to(&self, to: &str) -> Vec<Mail> {
        self.mails().into_iter().filter(|m| m.to == to).collect()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.open.store(false, Ordering::SeqCst);
        // Wakes it up.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn talk(stream: &TcpStream, answers: Answers, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    writer.write_all(b"220 sink\r\n")?;
    let mut to = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let command = line.trim_end();
        if let Some(address) = command.strip_prefix("RCPT TO:") {
            to = address.trim_matches(['<', '>']).to_owned();
        }
        let said = answer(command, answers, shared);
        let Some(said) = said else {
            return stream.shutdown(Shutdown::Both);
        };
        if said == "hang" {
            // Until the other side has had enough.
            let _ = reader.read_to_end(&mut Vec::new());
            return Ok(());
        }
        write!(writer, "{said}\r\n")?;
        if command == "QUIT" {
            return Ok(());
        }
        if command == "DATA" && said.starts_with('3') {
            let bytes = body(&mut reader)?;
            let said = answer(".", answers, shared);
            let taken = said.is_some_and(|s| s.starts_with('2'));
            let to = to.clone();
            shared.deliveries.lock().unwrap().push(Delivery { to, bytes, taken });
            let Some(said) = said else {
                return stream.shutdown(Shutdown::Both);
            };
            if said == "hang" {
                let _ = reader.read_to_end(&mut Vec::new());
                return Ok(());
            }
            write!(writer, "{said}\r\n")?;
        }
    }
}

fn answer(command: &str, answers: Answers, shared: &Shared) -> Option<&'static str> {
    let mut commands = shared.commands.lock().unwrap();
    commands.push(command.to_owned());
    let nth = commands.iter().filter(|c| *c == command).count();
    answers(command, nth)
}

fn body(reader: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n.\r\n") {
        reader.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    bytes.truncate(bytes.len() - 3);
    let text = String::from_utf8(bytes).expect("what is mailed is ASCII");
    Ok(text.replace("\r\n..", "\r\n.").into_bytes())
}
