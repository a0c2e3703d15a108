//! A Debian 12 of its own, booted with its own systemd: systemd-nspawn over a tree that stays as it is.
//!
//! **Invariants.** Each boot begins with a clean machine (an overlay in memory). It has no network but its own loopback.
//! It goes with the test. What is missing fails the test.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::house::{PATIENCE, Said, crate_root, program};

/// Where `tests/run` puts the tree; outside the repository, for it has links that lead everywhere.
const TREE: &str = "/var/cache/firstanswer-tests/debian-12";

/// The running machine.
pub struct Machine {
    nspawn: Child,
    leader: u32,
    dir: TempDir,
    /// One machine at a time runs on the tree.
    _turn: fs::File,
}

impl Machine {
    /// Boots. The repository is at `/mnt/repo`, the program at `/mnt/t/firstanswer`, [`Machine::share`] at `/mnt/t`.
    pub fn boot() -> Self {
        let tree = Path::new(TREE);
        assert!(
            tree.join("usr/lib/systemd/systemd").exists(),
            "{}: not there; tests/run makes it",
            tree.display()
        );
        let turn = fs::File::create(tree.with_extension("lock")).unwrap();
        turn.lock().unwrap();
        let dir = TempDir::with_prefix("fa-machine").unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let share = dir.path().join("share");
        fs::create_dir(&share).unwrap();
        // Without what only a debugger reads: the machine's disk is memory.
        let stripped = Command::new("strip")
            .arg("-o")
            .arg(share.join("firstanswer"))
            .arg(program())
            .status();
        assert!(stripped.expect("strip is missing; tests/run installs gcc").success());
        let notify = dir.path().join("notify");
        let socket = UnixDatagram::bind(&notify).unwrap();
        let log = fs::File::create(dir.path().join("console")).unwrap();
        let nspawn = Command::new("systemd-nspawn")
            .args(["-q", "-b", "-D"])
            .arg(tree)
            .args([
                "--register=no",
                "--keep-unit",
                "--private-network",
                "--notify-ready=yes",
            ])
            .args([
                "--console=pipe",
                "--volatile=overlay",
                "--system-call-filter=bpf",
                "--capability=all",
            ])
            .arg(format!("--bind-ro={}:/mnt/t", share.display()))
            .arg(format!("--bind-ro={}:/mnt/repo", crate_root().display()))
            .env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1")
            .env("NOTIFY_SOCKET", &notify)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("systemd-nspawn is missing; tests/run installs systemd-container");
        let mut machine = Self {
            nspawn,
            leader: 0,
            dir,
            _turn: turn,
        };
        machine.wait_for_boot(&socket);
        machine.ok("mkdir -p /root && printf '127.0.0.1 localhost\\n::1 localhost\\n' > /etc/hosts");
        machine
    }

    fn wait_for_boot(&mut self, socket: &UnixDatagram) {
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let begun = Instant::now();
        let mut buffer = [0; 4096];
        let mut ready = false;
        while !ready || self.leader == 0 {
            if let Ok(n) = socket.recv(&mut buffer) {
                for line in String::from_utf8_lossy(&buffer[..n]).lines() {
                    match line.split_once('=') {
                        Some(("X_NSPAWN_LEADER_PID", pid)) => self.leader = pid.parse().unwrap(),
                        Some(("READY", "1")) => ready = true,
                        _ => {}
                    }
                }
            }
            let ended = self.nspawn.try_wait().unwrap();
            assert!(
                ended.is_none() && begun.elapsed() < PATIENCE,
                "no machine could be booted ({ended:?}):\n{}",
                fs::read_to_string(self.dir.path().join("console")).unwrap_or_default()
            );
        }
    }

    /// The process of the machine's first program, for `nsenter`.
    pub const fn leader(&self) -> u32 {
        self.leader
    }

    /// A folder that the machine sees at `/mnt/t`.
    pub fn share(&self) -> PathBuf {
        self.dir.path().join("share")
    }

    /// Writes a file of the machine.
    #[track_caller]
    pub fn write(&self, path: &str, text: &str) {
        let mut child = self
            .enter(
                "-a",
                &["sh", "-c", "mkdir -p \"$(dirname \"$0\")\" && cat > \"$0\"", path],
            )
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{path}");
    }

    /// A program of this machine in the other's namespaces: all (`-a`), or its network alone (`-n`).
    pub fn enter(&self, which: &str, words: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["-t", &self.leader.to_string(), which, "--"])
            .args(words)
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs a line of shell inside.
    pub fn sh(&self, line: &str) -> Said {
        let output = self
            .enter("-a", &["sh", "-c", line])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Said {
            words: line.to_owned(),
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The same, which must succeed; what it printed.
    #[track_caller]
    pub fn ok(&self, line: &str) -> String {
        let said = self.sh(line);
        assert_eq!(
            said.code,
            Some(0),
            "{line}\n{}\n{}\n{}",
            said.out,
            said.err,
            self.tail()
        );
        said.out.trim_end().to_owned()
    }

    /// Waits until a line of shell succeeds and what it prints is right.
    #[track_caller]
    pub fn wait_until(&self, what: &str, line: &str, holds: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let said = self.sh(line);
            if said.code == Some(0) && holds(said.out.trim_end()) {
                return said.out.trim_end().to_owned();
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "waited {PATIENCE:?} in vain: {what}\n`{line}` says: {}{}\n{}",
                said.out,
                said.err,
                self.tail()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The end of the service's log.
    pub fn tail(&self) -> String {
        let said =
            self.sh("journalctl -u firstanswer --no-pager -n 30 -o cat; systemctl status firstanswer --no-pager -n 0");
        format!("--- journal ---\n{}{}", said.out, said.err)
    }

    /// The process here that has this number inside.
    pub fn outside(&self, inside: u32) -> u32 {
        let space = |pid: &str| fs::read_link(Path::new("/proc").join(pid).join("ns/pid")).ok();
        let ours = space(&self.leader.to_string());
        let found = fs::read_dir("/proc").unwrap().find_map(|entry| {
            let pid = entry.ok()?.file_name().into_string().ok()?;
            let status = fs::read_to_string(Path::new("/proc").join(&pid).join("status")).ok()?;
            let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
            let last = numbers.split_whitespace().last()?.parse::<u32>().ok()?;
            (last == inside && space(&pid) == ours).then(|| pid.parse().unwrap())
        });
        found.unwrap_or_else(|| panic!("no process has the number {inside} inside"))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Off at once: nothing of it is kept.
        let _ = Command::new("kill")
            .args(["-s", "KILL", &self.leader.to_string()])
            .status();
        let begun = Instant::now();
        while self.nspawn.try_wait().is_ok_and(|ended| ended.is_none()) && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.nspawn.kill();
        let _ = self.nspawn.wait();
    }
}
