//! The program as a child process, seen from outside: its feed, its database, its `/proc` entry.

use std::fs::{self, File};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::house;

/// A running program and its folder.
pub struct Program {
    folder: TempDir,
    feed_port: u16,
    web_port: u16,
    child: Option<Child>,
}

/// What a burst took.
pub struct Took {
    /// First byte sent to last line durable.
    pub time: Duration,
    /// Of the program, user and system.
    pub cpu: Duration,
}

impl Program {
    pub fn new() -> Self {
        // In the target folder: /tmp may be memory, where a sync costs nothing.
        let folder = TempDir::with_prefix_in("bench", env!("CARGO_TARGET_TMPDIR")).unwrap();
        let (feed_port, web_port) = (free_port(), free_port());
        house::write(folder.path(), feed_port, web_port);
        Self {
            folder,
            feed_port,
            web_port,
            child: None,
        }
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("var/firstanswer.db")
    }

    /// The folder of its configuration.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn web_port(&self) -> u16 {
        self.web_port
    }

    /// A command beside the running program; how long it took.
    pub fn command(&self, words: &[&str]) -> Duration {
        let begun = Instant::now();
        let done = Command::new(env!("CARGO_BIN_EXE_firstanswer"))
            .args(["--config", "firstanswer.toml"])
            .args(words)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let took = begun.elapsed();
        assert!(
            done.status.success(),
            "{words:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        took
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Starts it; how long until the feed accepts.
    pub fn start(&mut self) -> Duration {
        let log = File::create(self.log()).unwrap();
        let begun = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_firstanswer"))
            .args(["--config", "firstanswer.toml", "serve"])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        while TcpStream::connect(("127.0.0.1", self.feed_port)).is_err() {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "{}", fs::read_to_string(self.log()).unwrap());
            thread::sleep(Duration::from_millis(1));
        }
        begun.elapsed()
    }

    pub fn kill9(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks it to stop, and waits.
    pub fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        let pid = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", "TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        child.wait().unwrap();
    }

    /// Sends all over one connection and waits until the database has that many lines more.
    pub fn ingest(&self, bytes: &[u8], lines: usize) -> Took {
        let reader = self.reader();
        let target = count(&reader, "SELECT coalesce(sum(lines), 0) FROM feed") + lines as i64;
        let cpu = self.cpu();
        let begun = Instant::now();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut socket = TcpStream::connect(("127.0.0.1", self.feed_port)).unwrap();
                socket.write_all(bytes).unwrap();
            });
            while count(&reader, "SELECT coalesce(sum(lines), 0) FROM feed") < target {
                thread::sleep(Duration::from_millis(5));
            }
        });
        Took {
            time: begun.elapsed(),
            cpu: self.cpu() - cpu,
        }
    }

    pub fn reader(&self) -> Connection {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(self.database(), flags).unwrap()
    }

    pub fn calls(&self) -> i64 {
        count(&self.reader(), "SELECT count(*) FROM call")
    }

    pub fn cases(&self) -> i64 {
        count(&self.reader(), "SELECT count(*) FROM cases")
    }

    /// Bytes of the database.
    pub fn size(&self) -> u64 {
        fs::metadata(self.database()).unwrap().len()
    }

    /// A figure of `/proc/PID/status`, in kB.
    pub fn memory_kb(&self, key: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.as_ref().unwrap().id())).unwrap();
        let line = status.lines().find(|l| l.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// User and system time so far; the kernel counts in hundredths of a second.
    fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.as_ref().unwrap().id())).unwrap();
        // The name, in parentheses, may hold blanks; user and system time are the 12th and 13th field behind it.
        let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 1..].split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    /// Waits until the log says that the whole database was checked; how long that took since `begun`.
    pub fn wait_for_check(&self, begun: Instant) -> String {
        while begun.elapsed() < Duration::from_secs(60) {
            let log = fs::read_to_string(self.log()).unwrap();
            if log.contains("the database was checked") {
                return format!("{} ms", begun.elapsed().as_millis());
            }
            thread::sleep(Duration::from_millis(10));
        }
        "before that".to_owned()
    }
}

pub fn count(reader: &Connection, sql: &str) -> i64 {
    let mut statement = reader.prepare_cached(sql).unwrap();
    statement.query_row([], |row| row.get(0)).unwrap()
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
