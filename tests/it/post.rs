//! Real mail servers: a Postfix of its own, with its own queue and certificates; and aiosmtpd where a login is wanted.
//!
//! **Invariants.** Nothing of the machine's own mail system is touched. What is missing fails the test.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;

use crate::house::{PATIENCE, free_port};
use crate::mailbox::{self, Mail};

/// A certificate authority and what it signed, made by openssl.
pub struct Papers {
    dir: TempDir,
}

impl Papers {
    /// An authority, and certificates: `good` for localhost, `other` for another host, `old` that has expired.
    pub fn issue() -> Self {
        let papers = Self {
            dir: TempDir::with_prefix("fa-papers").unwrap(),
        };
        fs::set_permissions(papers.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        let ca = [
            "-x509",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
            "-subj",
            "/CN=House CA",
            "-days",
            "30",
        ];
        papers.openssl(&[&["req"], &key[..], &ca].concat());
        for (name, host, days) in [
            ("good", "localhost", "30"),
            ("other", "mail.example.org", "30"),
            ("old", "localhost", "-1"),
        ] {
            let (key_file, csr, pem, ext) = (
                format!("{name}.key"),
                format!("{name}.csr"),
                format!("{name}.pem"),
                format!("{name}.ext"),
            );
            let request = ["-keyout", &key_file, "-out", &csr, "-subj", "/CN=server"];
            papers.openssl(&[&["req"], &key[..], &request].concat());
            fs::write(
                papers.path(&ext),
                format!("subjectAltName=DNS:{host}\nbasicConstraints=CA:FALSE\n"),
            )
            .unwrap();
            papers.openssl(&[
                "x509", "-req", "-in", &csr, "-CA", "ca.pem", "-CAkey", "ca.key", "-out", &pem, "-days", days,
                "-extfile", &ext,
            ]);
        }
        papers
    }

    /// A file of it: `ca.pem`, `good.pem`, `good.key` …
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn openssl(&self, words: &[&str]) {
        let done = Command::new("openssl")
            .args(words)
            .current_dir(self.dir.path())
            .output();
        let done = done.expect("openssl is missing; tests/run installs it");
        assert!(
            done.status.success(),
            "{words:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
}

/// A running Postfix for x.cn that delivers everything into one maildir.
pub struct Postfix {
    /// In clear, and with STARTTLS.
    pub smtp: u16,
    /// TLS from the first byte.
    pub smtps: u16,
    dir: TempDir,
    child: Child,
}

impl Postfix {
    /// Starts it. `access`: lines such as `/^gone@/ 550 5.1.1 no such user`; `papers` and `name` as in [`Papers`].
    pub fn start(access: &str, papers: &Papers, name: &str) -> Self {
        let dir = TempDir::with_prefix("fa-postfix").unwrap();
        let root = dir.path();
        fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["etc", "queue", "data", "mail", "log"] {
            fs::create_dir(root.join(folder)).unwrap();
        }
        let (uid, gid) = (id("-u"), id("-g"));
        for folder in ["data", "mail"] {
            own(&root.join(folder), uid, gid);
        }
        let (smtp, smtps) = (free_port(), free_port());
        fs::write(root.join("etc/main.cf"), main_cf(root, papers, name, uid, gid)).unwrap();
        fs::write(root.join("etc/master.cf"), master_cf(smtp, smtps)).unwrap();
        fs::write(root.join("etc/boxes"), "@x.cn box/\n").unwrap();
        fs::write(root.join("etc/access"), access).unwrap();
        let out = fs::File::create(root.join("log/out")).unwrap();
        let child = Command::new("postfix")
            .arg("-c")
            .arg(root.join("etc"))
            .arg("start-fg")
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .expect("postfix is missing; tests/run installs it");
        let postfix = Self {
            smtp,
            smtps,
            dir,
            child,
        };
        for port in [smtp, smtps] {
            wait_for_port(port, || postfix.log());
        }
        postfix
    }

    /// What it delivered.
    pub fn mails(&self) -> Vec<Mail> {
        mailbox::read(&self.dir.path().join("mail/box"))
    }

    /// Its log.
    pub fn log(&self) -> String {
        ["log/maillog", "log/out"]
            .map(|name| fs::read_to_string(self.dir.path().join(name)).unwrap_or_default())
            .join("\n")
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- postfix ---\n{}", self.log());
        }
        let etc = self.dir.path().join("etc");
        let _ = Command::new("postfix").arg("-c").arg(etc).arg("stop").output();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main_cf(root: &Path, papers: &Papers, name: &str, uid: u32, gid: u32) -> String {
    let root = root.display();
    let (pem, key) = (papers.path(&format!("{name}.pem")), papers.path(&format!("{name}.key")));
    format!(
        "compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/log/maillog
maillog_file_prefixes = {root}/log
myhostname = mx.x.cn
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
virtual_mailbox_domains = x.cn
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = texthash:{root}/etc/boxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
default_transport = error:nothing leaves this machine
smtpd_recipient_restrictions = check_recipient_access regexp:{root}/etc/access, permit_mynetworks, reject
smtpd_tls_cert_file = {pem}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
",
        pem = pem.display(),
        key = key.display(),
    )
}

fn master_cf(smtp: u16, smtps: u16) -> String {
    format!(
        "127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{smtps} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"
    )
}

fn id(what: &str) -> u32 {
    let said = Command::new("id").args([what, "postfix"]).output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout);
    text.trim().parse().expect("the user postfix; tests/run installs it")
}

fn own(path: &Path, uid: u32, gid: u32) {
    std::os::unix::fs::chown(path, Some(uid), Some(gid)).expect("run as root: Postfix changes users");
}

fn wait_for_port(port: u16, log: impl Fn() -> String) {
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < PATIENCE, "nobody listens on {port}:\n{}", log());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// A server that wants a login, after STARTTLS only: aiosmtpd. It prints what it took.
const DOORMAN: &str = r#"
import os, ssl, sys, time
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
port, pem, key, folder, user, password = int(sys.argv[1]), *sys.argv[2:7]
class Box:
    count = 0
    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        # Seen whole or not at all.
        with open(f"{folder}/.{self.count}", "wb") as f:
            f.write(envelope.original_content)
        os.rename(f"{folder}/.{self.count}", f"{folder}/{self.count}")
        return "250 ok"
def check(server, session, envelope, mechanism, data):
    good = data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=good, handled=False)
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(pem, key)
Controller(Box(), hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True,
           authenticator=check, auth_required=True).start()
print("ready", flush=True)
time.sleep(600)
"#;

/// The login of [`Doorman::start`].
const LOGIN: [&str; 2] = ["fa", "sésame 首问"];

/// aiosmtpd with a login.
pub struct Doorman {
    /// Where it listens.
    pub port: u16,
    dir: TempDir,
    child: Child,
}

impl Doorman {
    /// Starts it with the good certificate and the login `fa`, `sésame 首问`.
    pub fn start(papers: &Papers) -> Self {
        Self::start_as(Command::new("/usr/bin/python3"), papers, "good", free_port(), LOGIN)
    }

    /// The same, in the network of another machine: `leader` is one of its processes.
    pub fn start_in(papers: &Papers, leader: u32, port: u16) -> Self {
        Self::start_for(papers, "good", leader, port, LOGIN)
    }

    /// The same, with one of the [`Papers`] and with this user and password.
    pub fn start_for(papers: &Papers, name: &str, leader: u32, port: u16, login: [&str; 2]) -> Self {
        let mut there = Command::new("nsenter");
        there.args(["-t", &leader.to_string(), "-n", "--", "/usr/bin/python3"]);
        Self::start_as(there, papers, name, port, login)
    }

    fn start_as(mut python: Command, papers: &Papers, name: &str, port: u16, login: [&str; 2]) -> Self {
        let dir = TempDir::with_prefix("fa-doorman").unwrap();
        let mut child = python
            .args(["-c", DOORMAN, &port.to_string()])
            .args([papers.path(&format!("{name}.pem")), papers.path(&format!("{name}.key"))])
            .arg(dir.path())
            .args(login)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("/usr/bin/python3 is missing");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "ready\n", "python3-aiosmtpd is missing? tests/run installs it");
        Self { port, dir, child }
    }

    /// What it took.
    pub fn mails(&self) -> Vec<Mail> {
        let files = fs::read_dir(self.dir.path()).unwrap();
        files
            .map(|file| file.unwrap())
            .filter(|file| !file.file_name().to_string_lossy().starts_with('.'))
            .map(|file| mailbox::parse(&fs::read(file.path()).unwrap()))
            .collect()
    }
}

impl Drop for Doorman {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a mail as Python's `email` does, and tells what it found.
const READER: &str = r#"
import email, email.policy, json, sys
mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
parts = [p for p in mail.walk() if not p.is_multipart()]
body = {p.get_content_type(): p.get_content() for p in parts}
print(json.dumps({
    "subject": mail["Subject"], "to": mail["To"], "text": body.get("text/plain"), "html": body.get("text/html"),
    "types": ", ".join(f"{p.get_content_type()} {p.get_content_charset()}" for p in parts),
    "defects": [repr(d) for p in mail.walk() for d in p.defects]
        + [repr(d) for v in mail.values() for d in getattr(v, "defects", [])]}))
"#;

/// What Python's `email` reads in a mail: `subject`, `to`, `text`, `html`, `types`, `defects`.
pub fn read_by_python(raw: &[u8]) -> serde_json::Value {
    let mut child = Command::new("/usr/bin/python3")
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("/usr/bin/python3 is missing");
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), raw).unwrap();
    let said = child.wait_with_output().unwrap();
    assert!(said.status.success(), "python could not read the mail");
    serde_json::from_slice(&said.stdout).unwrap()
}
