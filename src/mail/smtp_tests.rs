//! A conversation with servers that do what real ones do on bad days: each answer of the server is a line of a script.

#![allow(clippy::unwrap_used)]

use std::sync::Mutex as Plain;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::config::{SecretFrom, Tls};

/// What the server saw.
#[derive(Debug, Default)]
struct Seen {
    connections: usize,
    commands: Vec<String>,
    /// Bodies as they came, dots and all, without the final dot.
    bodies: Vec<Vec<u8>>,
}

/// A server: `answer(command)` is what it says; `hang`, `hang up` are what they say.
struct Server {
    port: u16,
    seen: Arc<Plain<Seen>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Answers = fn(&str) -> &'static str;

/// What a server says when all is well.
fn well(command: &str) -> &'static str {
    match command.split([' ', ':']).next().unwrap() {
        "greeting" => "220 sink ESMTP",
        "EHLO" => "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
        "DATA" => "354 go on",
        "AUTH" => "235 welcome",
        "QUIT" => "221 bye",
        _ => "250 ok",
    }
}

impl Server {
    async fn start(answer: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Plain::new(Seen::default()));
        let shared = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                shared.lock().unwrap().connections += 1;
                // One after another: the client under test has one connection.
                let _ = talk(stream, answer, &shared).await;
            }
        });
        Self { port, seen, task }
    }

    fn smtp(&self) -> Smtp {
        smtp_to(self.port, Tls::None, None)
    }

    fn commands(&self) -> Vec<String> {
        self.seen.lock().unwrap().commands.clone()
    }
}

fn smtp_to(port: u16, tls: Tls, login: Option<Login>) -> Smtp {
    let server = config::Smtp {
        host: "127.0.0.1".into(),
        port,
        tls,
        login,
        ca_file: None,
    };
    Smtp::new(server, "首问 <fa@x.cn>", None).with_limits(Limits {
        connect: Duration::from_millis(500),
        greeting: Duration::from_millis(300),
        command: Duration::from_millis(300),
        message: Duration::from_millis(300),
        idle: Duration::from_millis(400),
    })
}

async fn talk(stream: TcpStream, answer: Answers, seen: &Plain<Seen>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    if !say(&mut stream, answer("greeting")).await? {
        return Ok(());
    }
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        seen.lock().unwrap().commands.push(command.clone());
        let said = answer(&command);
        if !say(&mut stream, said).await? || command == "QUIT" {
            return Ok(());
        }
        if command == "DATA" && said.starts_with('3') {
            let mut body = Vec::new();
            while !body.ends_with(b"\r\n.\r\n") {
                body.push(stream.read_u8().await?);
            }
            body.truncate(body.len() - 3);
            seen.lock().unwrap().bodies.push(body);
            if !say(&mut stream, answer("end")).await? {
                return Ok(());
            }
        }
    }
}

/// False: the connection ends here.
async fn say(stream: &mut BufReader<TcpStream>, words: &str) -> std::io::Result<bool> {
    match words {
        "hang up" => return Ok(false),
        "hang" => {
            // Until the client has had enough.
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
            return Ok(false);
        }
        _ => {}
    }
    stream.write_all(format!("{words}\r\n").as_bytes()).await?;
    Ok(true)
}

const MAIL: &[u8] = b"Subject: x\r\n\r\nbody\r\n";

async fn check(answer: Answers, expect: impl Fn(&Delivery) -> bool, says: &str) {
    let server = Server::start(answer).await;
    let delivery = server.smtp().deliver("wang@x.cn", MAIL).await;
    assert!(expect(&delivery), "{delivery:?}");
    let text = format!("{delivery:?}");
    assert!(text.contains(says), "`{says}` in {text}");
    if !matches!(delivery, Delivery::Sent) {
        let place = format!("127.0.0.1:{}", server.port);
        assert!(text.contains(&place), "the server is named: {text}");
    }
}

fn sent(delivery: &Delivery) -> bool {
    *delivery == Delivery::Sent
}

fn unknown(delivery: &Delivery) -> bool {
    matches!(delivery, Delivery::Unknown { .. })
}

fn refused(delivery: &Delivery) -> bool {
    matches!(delivery, Delivery::Refused { .. })
}

fn later(everybody: bool, alarm: bool) -> impl Fn(&Delivery) -> bool {
    move |delivery| matches!(delivery, Delivery::Later { everybody: e, alarm: a, after: None, .. } if (*e, *a) == (everybody, alarm))
}

/// `well`, but for one command.
macro_rules! but {
    ($($command:literal => $answer:expr),+) => {
        |command: &str| match command {
            $(c if c.starts_with($command) => $answer,)+
            c => well(c),
        }
    };
}

#[tokio::test]
async fn a_mail_is_sent_with_the_null_sender() {
    let server = Server::start(well).await;
    assert_eq!(server.smtp().deliver("wang@x.cn", MAIL).await, Delivery::Sent);
    let commands = server.commands();
    assert!(commands[0].starts_with("EHLO "), "{commands:?}");
    assert_eq!(commands[1..], ["MAIL FROM:<>", "RCPT TO:<wang@x.cn>", "DATA"]);
}

#[tokio::test]
async fn f52_a_server_that_refuses_the_null_sender_gets_the_configured_one() {
    let server = Server::start(but!("MAIL FROM:<>" => "550 5.7.1 null sender not allowed")).await;
    let smtp = server.smtp();
    assert_eq!(smtp.deliver("wang@x.cn", MAIL).await, Delivery::Sent);
    assert_eq!(smtp.deliver("liu@x.cn", MAIL).await, Delivery::Sent);
    let commands = server.commands();
    let senders: Vec<_> = commands.iter().filter(|c| c.starts_with("MAIL")).collect();
    assert_eq!(
        senders,
        ["MAIL FROM:<>", "MAIL FROM:<fa@x.cn>", "MAIL FROM:<fa@x.cn>"],
        "asked once a connection"
    );
}

#[tokio::test]
async fn f48_each_answer_has_its_meaning() {
    check(well, sent, "Sent").await;
    let dead = [
        but!("RCPT" => "550 5.1.1 no such user") as Answers,
        but!("RCPT" => "550-no such user\r\n550 here"),
        but!("RCPT" => "551 user not local"),
        but!("RCPT" => "550 5.2.1 mailbox disabled"),
        but!("end" => "550 5.1.1 no such user"),
    ];
    for answer in dead {
        check(answer, refused, "55").await;
    }
    let not_now = [
        but!("RCPT" => "450 4.2.0 busy") as Answers,
        but!("RCPT" => "452 4.2.2 mailbox full"),
        but!("MAIL" => "452 4.3.1 disk full"),
        but!("DATA" => "451 try again"),
        but!("end" => "451 4.7.1 greylisted"),
    ];
    for answer in not_now {
        check(answer, later(false, false), "45").await;
    }
    // Not the addressee's fault: relaying denied, blocked, full, bad sender, content.
    let alarms = [
        but!("RCPT" => "554 5.7.1 Relay access denied") as Answers,
        but!("RCPT" => "550 5.7.1 client blocked"),
        but!("RCPT" => "554 no"),
        but!("RCPT" => "552 mailbox full"),
        but!("RCPT" => "553 5.1.8 bad sender"),
        but!("DATA" => "554 no"),
        but!("end" => "554 5.7.0 looks like spam"),
    ];
    for answer in alarms {
        check(answer, later(false, true), "55").await;
    }
    check(but!("MAIL" => "550 no"), later(true, true), "MAIL FROM: 550 no").await;
    check(
        but!("greeting" => "554 no SMTP here"),
        later(true, true),
        "greeting: 554",
    )
    .await;
    check(but!("greeting" => "421 busy"), later(true, false), "421 busy").await;
    check(but!("RCPT" => "421 going down"), later(true, false), "RCPT TO: 421").await;
    check(but!("end" => "421 going down"), later(true, false), "421").await;
}

#[tokio::test]
async fn f50_a_server_that_hangs_does_not_hold_us() {
    let begun = Instant::now();
    check(
        but!("greeting" => "hang"),
        later(true, false),
        "greeting: no answer within 0.3 s",
    )
    .await;
    check(but!("EHLO" => "hang"), later(true, false), "EHLO: no answer").await;
    check(but!("MAIL" => "hang"), later(true, false), "MAIL FROM: no answer").await;
    check(but!("RCPT" => "hang"), later(true, false), "RCPT TO: no answer").await;
    check(but!("DATA" => "hang"), later(true, false), "DATA: no answer").await;
    check(but!("end" => "hang"), unknown, "end of the message: no answer").await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn f49_after_the_last_byte_only_an_answer_tells() {
    check(but!("greeting" => "hang up"), later(true, false), "greeting").await;
    check(but!("EHLO" => "hang up"), later(true, false), "EHLO").await;
    check(but!("RCPT" => "hang up"), later(true, false), "RCPT TO").await;
    check(but!("DATA" => "hang up"), later(true, false), "DATA").await;
    check(but!("end" => "hang up"), unknown, "end of the message").await;
    check(but!("end" => "what?"), unknown, "end of the message").await;
}

#[tokio::test]
async fn nobody_there_is_later() {
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let delivery = smtp_to(free, Tls::None, None).deliver("wang@x.cn", MAIL).await;
    assert!(later(true, false)(&delivery), "{delivery:?}");
    assert!(format!("{delivery:?}").contains("connecting: the connection failed: Connection refused"));
}

#[tokio::test]
async fn smuggling_only_the_final_dot_ends_a_message() {
    let cases: [(&[u8], &[u8]); 6] = [
        (b"a\r\n.\r\nMAIL FROM:<e@x>\r\n", b"a\r\n..\r\nMAIL FROM:<e@x>\r\n"),
        (b"a\n.\nb\r\n", b"a\r\n..\r\nb\r\n"),
        (b"a\r.\rb\r\n", b"a\r\n..\r\nb\r\n"),
        (b"a\r\n.\nb\r\n", b"a\r\n..\r\nb\r\n"),
        (b".a\r\n..b\r\n", b"..a\r\n...b\r\n"),
        (b"no line end", b"no line end\r\n"),
    ];
    let server = Server::start(well).await;
    let smtp = server.smtp();
    for (given, wire) in cases {
        assert_eq!(smtp.deliver("wang@x.cn", given).await, Delivery::Sent);
        let body = server.seen.lock().unwrap().bodies.pop().unwrap();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            String::from_utf8(wire.to_vec()).unwrap()
        );
    }
}

#[tokio::test]
async fn header_injection_no_address_is_a_command() {
    let server = Server::start(well).await;
    for address in ["a@x.cn>\r\nRCPT TO:<b@x.cn", "a\r\n@x.cn", "a b@x.cn\n", ""] {
        let delivery = server.smtp().deliver(address, MAIL).await;
        assert!(refused(&delivery), "{address:?}: {delivery:?}");
    }
    assert_eq!(server.seen.lock().unwrap().connections, 0);
}

#[tokio::test]
async fn a_connection_is_kept_and_a_dropped_one_replaced() {
    let server = Server::start(well).await;
    let smtp = server.smtp();
    for _ in 0..3 {
        assert!(sent(&smtp.deliver("wang@x.cn", MAIL).await));
    }
    assert_eq!(server.seen.lock().unwrap().connections, 1);
    tokio::time::timeout(Duration::from_millis(800), smtp.rest())
        .await
        .unwrap_err();
    assert_eq!(server.commands().last().unwrap(), "QUIT", "closed when idle");
    assert!(sent(&smtp.deliver("wang@x.cn", MAIL).await));
    assert_eq!(server.seen.lock().unwrap().connections, 2);

    // This one hangs up whenever it is idle, that is, after each mail.
    let hasty = Server::start(but!("end" => "250 ok\r\n421 idle for too long")).await;
    let smtp = hasty.smtp();
    for _ in 0..2 {
        assert!(sent(&smtp.deliver("wang@x.cn", MAIL).await));
    }
    assert_eq!(hasty.seen.lock().unwrap().connections, 2);
}

#[tokio::test]
async fn after_a_refusal_the_next_mail_goes_on_the_same_connection() {
    let server = Server::start(but!("RCPT TO:<gone" => "550 5.1.1 no such user")).await;
    let smtp = server.smtp();
    assert!(refused(&smtp.deliver("gone@x.cn", MAIL).await));
    assert!(sent(&smtp.deliver("wang@x.cn", MAIL).await));
    assert_eq!(server.seen.lock().unwrap().connections, 1);
    assert!(server.commands().contains(&"RSET".to_owned()));
}

#[tokio::test]
async fn f51_stripped_starttls_sends_nothing() {
    let server = Server::start(well).await;
    let smtp = smtp_to(server.port, Tls::StartTls, None);
    let delivery = smtp.deliver("wang@x.cn", MAIL).await;
    assert!(later(true, true)(&delivery), "{delivery:?}");
    assert!(
        format!("{delivery:?}").contains("does not offer STARTTLS"),
        "{delivery:?}"
    );
    let commands = server.commands();
    assert!(commands.iter().all(|c| c.starts_with("EHLO")), "{commands:?}");

    // Offered, accepted, and then plain text slipped in behind the answer.
    let server = Server::start(|command| match command {
        c if c.starts_with("EHLO") => "250-sink\r\n250 STARTTLS",
        "STARTTLS" => "220 go\r\n250-sink\r\n250 AUTH PLAIN",
        c => well(c),
    })
    .await;
    let smtp = smtp_to(server.port, Tls::StartTls, Some(login_from("/nonexistent")));
    let delivery = smtp.deliver("wang@x.cn", MAIL).await;
    assert!(
        matches!(delivery, Delivery::Later { everybody: true, .. }),
        "{delivery:?}"
    );
    let commands = server.commands().join("\n");
    assert!(!commands.contains("MAIL") && !commands.contains("AUTH"), "{commands}");
}

fn login_from(path: &str) -> Login {
    Login {
        user: "fa".into(),
        password: SecretFrom::File(path.into()),
    }
}

#[tokio::test]
async fn secrets_a_password_stands_in_no_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "hunter2-geheim\n").unwrap();
    let login = login_from(file.path().to_str().unwrap());
    // "\0fa\0hunter2-geheim" in base64; this server repeats it.
    let server = Server::start(but!("AUTH" => "535 5.7.8 AGZhAGh1bnRlcjItZ2VoZWlt hunter2-geheim is wrong")).await;
    let smtp = smtp_to(server.port, Tls::None, Some(login.clone()));
    let delivery = smtp.deliver("wang@x.cn", MAIL).await;
    assert_eq!(server.commands()[1], "AUTH PLAIN AGZhAGh1bnRlcjItZ2VoZWlt");
    let text = format!("{delivery:?} {smtp:?}");
    assert!(
        later(true, true)(&delivery) && text.contains("login: 535 5.7.8"),
        "{text}"
    );
    assert!(!text.contains("hunter2") && !text.contains("AGZhAG"), "{text}");

    let server = Server::start(well).await;
    let smtp = smtp_to(server.port, Tls::None, Some(login));
    assert!(sent(&smtp.deliver("wang@x.cn", MAIL).await));
    // It is read when a connection is opened.
    std::fs::remove_file(file.path()).unwrap();
    smtp.close().await;
    let delivery = smtp.deliver("wang@x.cn", MAIL).await;
    assert!(later(true, true)(&delivery), "{delivery:?}");
}

#[tokio::test]
async fn a_server_that_speaks_gbk_is_understood() {
    // "550 5.1.1" and two characters in GBK, which are no UTF-8; a script can only hold text, so the bytes come here.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.write_all(b"220 sink\r\n").await.unwrap();
        while stream.read_line(&mut line).await.unwrap() > 0 {
            let answer: &[u8] = match &line[..4] {
                "RCPT" => b"550 5.1.1 \xd3\xc3\xbb\xa7\r\n",
                _ => b"250 ok\r\n",
            };
            stream.write_all(answer).await.unwrap();
            line.clear();
        }
    };
    let smtp = smtp_to(port, Tls::None, None);
    let client = async {
        let delivery = smtp.deliver("wang@x.cn", MAIL).await;
        smtp.close().await;
        delivery
    };
    let (delivery, ()) = tokio::join!(client, server);
    assert!(refused(&delivery), "{delivery:?}");
}

#[tokio::test]
async fn f50_no_mail_waits_for_a_held_back_acknowledgement() {
    let server = Server::start(well).await;
    let smtp = server.smtp();
    assert!(sent(&smtp.deliver("wang@x.cn", MAIL).await));
    let begun = Instant::now();
    let body = [MAIL, "x".repeat(2000).as_bytes(), b"\r\n"].concat();
    for _ in 0..50 {
        assert!(sent(&smtp.deliver("wang@x.cn", &body).await));
    }
    // One stall is 40 ms: fifty would be two seconds.
    assert!(begun.elapsed() < Duration::from_millis(1000), "{:?}", begun.elapsed());
}
