//! The README's steps on a clean Debian 12, line by line, until the reminder is read and its link has closed the case;
//! then every other command of the documents, in the same machine.
//!
//! **Invariants.** What is run is what stands in the documents: nothing is replaced but the building of the program,
//! which is laid where cargo would have put it. The mail server is another program's, with TLS and a login.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::docs::documents;
use crate::fences::{Block, blocks};
use crate::house::{PATIENCE, crate_root};
use crate::machine::Machine;
use crate::mailbox::Mail;
use crate::post::{Doorman, Papers};

/// The checkout, inside.
const CHECKOUT: &str = "/root/firstanswer";

/// Commands that a reader ends by Ctrl-C.
const ENDLESS: &str = "firstanswer listen-raw";

/// What `doctor` may find wrong with a machine like this one: no time service, and a calendar that is close to its end.
const NOT_OURS: [&str; 6] = [
    "WRONG clock:",
    "WRONG calendar:",
    "WRONG alarms: ",
    "错误 时钟：",
    "错误 日历：",
    "错误 告警：",
];

/// What a block finds, or leaves, that the reader's own machine would not have: document, how it begins, before, after.
const PROPS: [(&str, &str, &str, &str); 3] = [
    // README's backup is still there.
    (
        "docs/operations.md",
        "firstanswer backup",
        "rm /var/backups/firstanswer.db",
        "true",
    ),
    // "With the daemon stopped."
    (
        "docs/feeds.md",
        "firstanswer listen-raw",
        "systemctl stop firstanswer",
        "systemctl start firstanswer",
    ),
    // The cable of the sentence before it.
    (
        "docs/feeds.md",
        "firstanswer play --to /tmp/ttyPBX",
        "setsid socat PTY,link=/tmp/ttyFA,rawer PTY,link=/tmp/ttyPBX,rawer >/dev/null 2>&1 & \
         for i in $(seq 100); do [ -e /tmp/ttyPBX ] && exit 0; sleep 0.05; done; exit 1",
        "true",
    ),
];

/// Debian with a checkout, a program that is built, and a mail server that is known by name.
struct Reader {
    machine: Machine,
    doorman: Doorman,
}

impl Reader {
    fn begin() -> Self {
        let machine = Machine::boot();
        let papers = Papers::issue();
        fs::copy(papers.path("ca.pem"), machine.share().join("ca.pem")).unwrap();
        // The reader's mail server is signed by an authority that Debian knows.
        machine.ok("mkdir -p /etc/ssl/certs && cp /mnt/t/ca.pem /etc/ssl/certs/ca-certificates.crt");
        machine.ok("echo 127.0.0.1 mail.example.org >> /etc/hosts");
        machine.ok(&format!(
            "mkdir -p {CHECKOUT}/target/release && cp -r /mnt/repo/config /mnt/repo/systemd {CHECKOUT}/ \
             && cp /mnt/t/firstanswer {CHECKOUT}/target/release/"
        ));
        let login = ["firstanswer", "the password"];
        let doorman = Doorman::start_for(&papers, "other", machine.leader(), 587, login);
        Self { machine, doorman }
    }

    /// Runs a block as a whole, as pasted into a shell.
    #[track_caller]
    fn paste(&self, block: &Block) {
        let mut text = String::from("set -e\n");
        for line in block.text.lines() {
            if line.starts_with(ENDLESS) {
                text += "timeout --preserve-status -s INT 2 ";
            }
            if line.starts_with("firstanswer doctor") {
                // Its findings are looked at below.
                text += &format!("{{ {line}\n}} || [ $? = 1 ]\n");
                continue;
            }
            text += line;
            text.push('\n');
        }
        let said = self.machine.sh(&format!("cd {CHECKOUT}\n{text}"));
        assert_eq!(
            said.code,
            Some(0),
            "{}:{}:\n{}\n--- said\n{}{}\n{}",
            block.document,
            block.line,
            block.text,
            said.out,
            said.err,
            self.machine.tail()
        );
        let wrong: Vec<&str> = said
            .out
            .lines()
            .filter(|l| l.starts_with("WRONG") || l.starts_with("错误"))
            .collect();
        let ours = wrong.iter().any(|l| !NOT_OURS.iter().any(|known| l.starts_with(known)));
        assert!(!ours, "{}:{}: {wrong:#?}", block.document, block.line);
    }

    /// Runs the command of a `console` block until it prints what the block shows.
    #[track_caller]
    fn compare(&self, block: &Block) {
        let (command, shown) = block.text.split_once('\n').expect("a command and what it prints");
        let command = command.strip_prefix("$ ").expect("`$ ` before the command");
        let begun = Instant::now();
        loop {
            let said = self.machine.sh(&format!("cd {CHECKOUT} && {command}"));
            if said.code == Some(0) && shows(shown, &said.out) {
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{}:{}: `{command}` prints\n{}{}\nand not what is shown:\n{shown}",
                block.document,
                block.line,
                said.out,
                said.err
            );
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// The reminder to the reader; "within a minute".
    fn reminder(&self) -> Mail {
        let begun = Instant::now();
        loop {
            let mails = self.doorman.mails();
            let overdue = |m: &Mail| m.to == "me@example.org" && m.text.contains("#2");
            if let Some(mail) = mails.into_iter().find(overdue) {
                return mail;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "no reminder\n{}",
                self.machine.tail()
            );
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Opens the link in a browser of the same machine, and closes the case.
    fn close(&self, link: &str) {
        let tests = crate_root().join("tests");
        let output = Command::new("nsenter")
            .args(["-t", &self.machine.leader().to_string(), "-n", "--", "node"])
            .arg(tests.join("page.mjs"))
            .args([link, "en"])
            .current_dir(&tests)
            .output()
            .expect("nsenter");
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn run(&self, block: &Block) {
        let prop = PROPS
            .iter()
            .find(|(document, first, _, _)| *document == block.document && block.first().starts_with(first));
        if let Some((_, _, before, _)) = prop {
            self.machine.ok(before);
        }
        match block.kind.as_str() {
            "console" => self.compare(block),
            _ => self.paste(block),
        }
        if let Some((_, _, _, after)) = prop {
            self.machine.ok(after);
        }
    }
}

/// Whether a text is what a document shows of it: line by line, `…` for anything within a line.
fn shows(shown: &str, text: &str) -> bool {
    let fits = |pattern: &str, line: &str| {
        let mut rest = line.trim_end();
        let parts: Vec<&str> = pattern.trim_end().split('…').collect();
        for (n, part) in parts.iter().enumerate() {
            let at = match n {
                0 => rest.starts_with(part).then_some(0),
                _ if n + 1 == parts.len() => rest.ends_with(part).then(|| rest.len() - part.len()),
                _ => rest.find(part),
            };
            let Some(at) = at else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.is_empty() || pattern.ends_with('…')
    };
    let (shown, text): (Vec<_>, Vec<_>) = (shown.trim_end().lines().collect(), text.trim_end().lines().collect());
    shown.len() == text.len() && shown.iter().zip(text).all(|(pattern, line)| fits(pattern, line))
}

#[test]
fn what_is_shown_is_compared() {
    assert!(shows("#2\n  a …, b\nc…", "#2\n  a 12:30, b\nc 1 2\n"));
    assert!(!shows("#2\n  a …, b", "#2\n  a 12:30, c"));
    assert!(!shows("#2", "#2\nmore"));
    assert!(!shows("#2", "#22"));
}

#[test]
fn the_steps_of_the_readme_lead_from_nothing_to_a_reminder_and_every_command_works() {
    let reader = Reader::begin();
    let in_machine = |block: &Block| matches!(block.kind.as_str(), "sh" | "console") && block.elsewhere().is_none();
    let readme: Vec<Block> = blocks("README.md").into_iter().filter(in_machine).collect();
    let why = readme
        .iter()
        .position(|b| b.kind == "console")
        .expect("the README shows what `case why` prints");

    // Install, configure, check, two calls, and why the second is Wang's, in both languages.
    for block in &readme[..=why] {
        reader.run(block);
    }
    for block in blocks("README.zh-CN.md").iter().filter(|b| b.kind == "console") {
        reader.run(block);
    }
    let tested = reader.doorman.mails();
    // In the site's language: an address has no other.
    let test = |m: &Mail| m.to == "me@example.org" && m.subject == "[首问] 测试邮件";
    assert!(tested.iter().any(test), "no test mail: {tested:?}");

    // The reminder arrives, and its link closes the case.
    let reminder = reader.reminder();
    assert!(
        reminder.subject.starts_with("[First answer] Overdue"),
        "{}",
        reminder.subject
    );
    reader.close(&reminder.link());
    let case = reader.machine.ok("firstanswer case show 2 --json");
    let case: serde_json::Value = serde_json::from_str(&case).unwrap();
    assert_eq!(case["state"], "closed");
    assert_eq!(case["caller_name"], "陈先生");

    // For real, and the commands by job.
    for block in &readme[why + 1..] {
        reader.run(block);
    }
    let config = reader.machine.ok("cat /etc/firstanswer/firstanswer.toml");
    assert!(!config.contains("trial") && !config.contains("digest"), "{config}");

    // Every command of the other documents.
    for document in documents().iter().filter(|name| !name.starts_with("README")) {
        for block in blocks(document).iter().filter(|b| in_machine(b)) {
            reader.run(block);
        }
    }
    for (document, first, ..) in PROPS {
        let there = blocks(document).iter().any(|b| b.first().starts_with(first));
        assert!(there, "{document} has no block that begins with `{first}`");
    }
}
