//! The real program in a temporary folder, with a directory, a maildir, pages and one feed.
//!
//! ```text
//! Plan (builder) --open()--> House: pbx(), case(1), journal(), mails(), cli(…), kill9(), restart() …
//! ```
//! **Invariants.** Waits for conditions, never for time to pass; what is not reached in time panics with what was
//! waited for and the end of the program's log. The child dies with the test.
//!
//! **Not here**: the lines ([`crate::pbx`]), pages ([`crate::http`]), mails ([`crate::mailbox`]).

use std::fs::{self, File, OpenOptions};
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;

use crate::http::{self, Response};
use crate::mailbox::{self, Mail};
use crate::pbx::Pbx;

/// The program under test: this build's, or the one that `FIRSTANSWER_PROGRAM` names (a release build, a package's).
pub fn program() -> String {
    std::env::var("FIRSTANSWER_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_firstanswer").to_owned())
}

/// How long a condition may take: far more than needed, so that a busy machine does not fail a right program.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The crate's folder.
pub fn crate_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// True for `tests/run --long`.
pub fn long() -> bool {
    std::env::var_os("FIRSTANSWER_LONG").is_some_and(|v| v != "0")
}

/// Who works in the house. Wang answers 8021, Liu 8022; Li heads them and catches what falls through; Zhao is above.
pub const DIRECTORY: &str = r#"
fallback = "li"
department = [
 {id="bureau", name="局机关", name_en="Bureau", head="zhao", complaints=true},
 {id="permits", name="审批科", name_en="Permits", parent="bureau", head="li", phone="8020"} ]
person = [
 {id="wang", name="王芳", name_en="Wang Fang", mail="wang@x.cn", language="zh", department="permits", rank=3},
 {id="liu", name="刘洋", name_en="Liu Yang", mail="liu@x.cn", language="en", department="permits"},
 {id="li", name="李强", mail="li@x.cn", department="permits", roles=["supervisor"]},
 {id="zhao", name="赵敏", mail="zhao@x.cn", department="bureau", roles=["manager"]} ]
holding = [
 {ext="8021", person="wang"},
 {ext="8022", person="liu"},
 {ext="8000", desk="front"},
 {ext="8500", machine="queue", lead="li"},
 {ext="8600", group=["8021", "8022"], lead="li"} ]
desk = [ {id="front", department="permits", roster=[ {days="mon-fri", at="08:30-12:00", person="wang"} ]} ]
"#;

/// What the house will be like; [`Plan::open`] starts it.
#[must_use = "nothing runs until `.open()`"]
pub struct Plan {
    directory: String,
    dialect: String,
    calendar: String,
    policy: Vec<String>,
    digest_window: String,
    zone: String,
    allow: String,
    feed: Option<String>,
    mail: String,
    simulated: Option<(String, f64)>,
    lang: &'static str,
    env: Vec<(String, String)>,
    more_config: String,
    descriptors: Option<u32>,
}

impl Plan {
    /// The feed's dialect, if it is another switch than an IP Office.
    pub fn dialect(mut self, name: &str) -> Self {
        self.dialect = name.to_owned();
        self
    }

    /// Another office than [`DIRECTORY`].
    pub fn directory(mut self, text: &str) -> Self {
        text.clone_into(&mut self.directory);
        self
    }

    /// More rows of `holding`, and the people they need.
    pub fn more_people(mut self, people: &str, holdings: &str) -> Self {
        let with = |text: &str, list: &str, rows: &str| text.replacen(list, &format!("{list}\n{rows}"), 1);
        self.directory = with(&self.directory, "person = [", people);
        self.directory = with(&self.directory, "holding = [", holdings);
        self
    }

    /// Everybody's language and the site's.
    pub fn language(mut self, lang: &'static str) -> Self {
        for other in ["zh", "en"] {
            let theirs = format!("language=\"{other}\"");
            self.directory = self.directory.replace(&theirs, &format!("language=\"{lang}\""));
        }
        self.lang = lang;
        self
    }

    /// More lists of the directory: `duty = […]`.
    pub fn more_directory(mut self, more: &str) -> Self {
        self.directory += more;
        self
    }

    /// A policy key, as in `override = {clock.register="60s"}`.
    pub fn policy(mut self, key_and_value: &str) -> Self {
        self.policy.push(key_and_value.to_owned());
        self
    }

    /// Missed calls open call-back cases, as in the shipped policy.
    pub fn call_backs(mut self) -> Self {
        self.policy.retain(|key| !key.starts_with("opens.missed"));
        self
    }

    /// The site's zone, if it is not Shanghai; the simulated start is a wall time there.
    pub fn zone(mut self, name: &str) -> Self {
        self.zone = name.to_owned();
        self
    }

    /// The site's calendar, as in `{hours="24x7"}`.
    pub fn calendar(mut self, table: &str) -> Self {
        self.calendar = table.to_owned();
        self
    }

    /// How long the first due notice waits for others.
    pub fn digest_window(mut self, span: &str) -> Self {
        self.digest_window = span.to_owned();
        self
    }

    /// More of the configuration, behind the feed `pbx`.
    pub fn more_config(mut self, text: &str) -> Self {
        self.more_config += text;
        self
    }

    /// Simulated seconds per real second.
    pub fn rate(mut self, rate: f64) -> Self {
        let (start, _) = self.simulated.take().expect("a rate needs a simulated start");
        self.simulated = Some((start, rate));
        self
    }

    /// Who may connect to the feed.
    pub fn allow(mut self, networks: &str) -> Self {
        self.allow = networks.to_owned();
        self
    }

    /// How lines arrive, as keys of `[[feed]]`, if not by a connection to [`House::pbx_port`].
    pub fn feed(mut self, keys: &str) -> Self {
        self.feed = Some(keys.to_owned());
        self
    }

    /// How mail leaves, as settings of `mail`: `transport="smtp://…"`.
    pub fn mail(mut self, settings: &str) -> Self {
        self.mail = settings.to_owned();
        self
    }

    /// An environment variable of the program.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// File descriptors that the program may have.
    pub fn descriptors(mut self, count: u32) -> Self {
        self.descriptors = Some(count);
        self
    }

    /// Reminders after two simulated minutes (four real seconds at `x30`), at any hour.
    pub fn quick_reminders(self) -> Self {
        self.rate(30.0)
            .digest_window("1s")
            .policy(r#"mail.quiet="none""#)
            .policy(r#"clock.floor="0s""#)
            .policy(r#"clock.register="120s""#)
    }

    /// Writes the files, without starting anything.
    pub fn build(self) -> House {
        let dir = TempDir::with_prefix("fa").unwrap();
        let house = House {
            pbx_port: free_port(),
            web_port: free_port(),
            child: None,
            started: None,
            lived: false,
            plan: self,
            dir,
        };
        house.write_config();
        house.write("directory.toml", &house.plan.directory);
        house
    }

    /// Starts the program and waits until it is ready.
    #[track_caller]
    pub fn open(self) -> House {
        let mut house = self.build();
        house.start();
        house
    }
}

/// The running program and its folder.
pub struct House {
    /// Port of the feed `pbx`.
    pub pbx_port: u16,
    /// Port of the pages.
    pub web_port: u16,
    child: Option<Child>,
    started: Option<(Instant, f64)>,
    lived: bool,
    plan: Plan,
    dir: TempDir,
}

impl House {
    /// A house whose clock starts at this wall time of Shanghai and runs as ours does.
    pub fn at(start: &str) -> Plan {
        let mut plan = Self::now();
        let cn = crate_root().join("config/calendars/cn.toml");
        plan.calendar = format!("{{path={:?}}}", cn.to_str().unwrap());
        plan.simulated = Some((start.to_owned(), 1.0));
        plan
    }

    /// A house on the machine's own clock, working day and night.
    pub fn now() -> Plan {
        Plan {
            directory: DIRECTORY.to_owned(),
            dialect: "avaya-ip-office".to_owned(),
            calendar: r#"{hours="24x7"}"#.to_owned(),
            policy: vec![r#"opens.missed="count""#.to_owned()],
            digest_window: "1s".to_owned(),
            zone: "Asia/Shanghai".to_owned(),
            allow: r#"["127.0.0.0/8"]"#.to_owned(),
            feed: None,
            mail: r#"transport="maildir:var/mail""#.to_owned(),
            simulated: None,
            lang: "zh",
            env: Vec::new(),
            more_config: String::new(),
            descriptors: None,
        }
    }

    fn write_config(&self) {
        let Plan {
            dialect,
            calendar,
            policy,
            digest_window,
            zone,
            allow,
            feed,
            mail,
            lang,
            more_config,
            ..
        } = &self.plan;
        let (pbx, web, policy) = (self.pbx_port, self.web_port, policy.join(", "));
        let listens = || format!("tcp_listen = \"127.0.0.1:{pbx}\"\nallow = {allow}");
        let feed = feed.clone().unwrap_or_else(listens);
        self.write(
            "firstanswer.toml",
            &format!(
                r#"site = {{name="House", time_zone="{zone}", language="{lang}", country="CN", area_code="021", dial_out=["9"]}}
store = {{path="var/firstanswer.db"}}
directory = {{path="directory.toml"}}
calendar = {calendar}
mail = {{{mail}, from="fa@x.cn", admin="root@x.cn", digest_window="{digest_window}"}}
web = {{listen="127.0.0.1:{web}", public_url="http://127.0.0.1:{web}"}}
policy = {{use="bureau", override={{{policy}}}}}
[[feed]]
name = "pbx"
dialect = "{dialect}"
{feed}
{more_config}"#
            ),
        );
    }

    /// A path in the house's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file in the house's folder.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.path("var/firstanswer.db")
    }

    // --- the program's life -------------------------------------------------------------------------------------

    /// Starts `serve` and does not wait.
    pub fn spawn(&mut self) {
        assert!(self.child.is_none(), "the house is already open");
        fs::create_dir_all(self.path("var")).unwrap();
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .unwrap();
        let mut words = ["--config", "firstanswer.toml", "serve"].map(str::to_owned).to_vec();
        // A simulated clock is for a database that nothing has happened in yet; an old one remembers it.
        if let (Some((start, rate)), false) = (&self.plan.simulated, self.lived) {
            words.push("--simulated-time".to_owned());
            words.push(format!("{start}x{rate}"));
            self.started = Some((Instant::now(), *rate));
        }
        let mut command = Command::new(program());
        if let Some(count) = self.plan.descriptors {
            command = Command::new("sh");
            command.args(["-c", &format!("ulimit -n {count}; exec \"$0\" \"$@\""), &program()]);
        }
        command
            .args(&words)
            .current_dir(self.dir.path())
            .env("NOTIFY_SOCKET", self.path("notify"))
            .env_remove("RUST_LOG")
            .envs(self.plan.env.iter().map(|(k, v)| (k, v)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        self.child = Some(command.spawn().unwrap_or_else(|e| panic!("{words:?}: {e}")));
    }

    /// Starts `serve`, waits for `READY=1` and asks `/readyz`.
    #[track_caller]
    pub fn start(&mut self) {
        let socket_path = self.path("notify");
        let _ = fs::remove_file(&socket_path);
        let socket = UnixDatagram::bind(&socket_path).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        self.spawn();
        let begun = Instant::now();
        let mut buffer = [0; 4096];
        loop {
            if let Ok(n) = socket.recv(&mut buffer)
                && String::from_utf8_lossy(&buffer[..n]).lines().any(|l| l == "READY=1")
            {
                break;
            }
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                panic!("`serve` ended with {status} instead of READY=1\n{}", self.tail());
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "no READY=1 within {PATIENCE:?}\n{}",
                self.tail()
            );
        }
        let ready = self.get("/readyz");
        assert_eq!(ready.status, 200, "READY=1 was said but /readyz is: {}", ready.body);
        self.lived = true;
    }

    /// Sets the program's environment from the next start on, or takes it back.
    pub fn set_env(&mut self, env: &[(&str, &str)]) {
        self.plan.env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    }

    /// Process id of the program.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("the house is closed").id()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.pid().to_string()])
            .status()
            .unwrap();
        assert!(status.success(), "kill -s {name}");
    }

    /// `kill -9`, as the kernel's memory killer does.
    pub fn kill9(&mut self) {
        let mut child = self.child.take().expect("the house is closed");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks to stop, and waits for the end.
    #[track_caller]
    pub fn sigterm(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait_for_end()
    }

    /// Waits until the program ended by itself.
    #[track_caller]
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        let mut child = self.child.take().expect("the house is closed");
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            if begun.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("the program did not end within {PATIENCE:?}\n{}", self.tail());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills the program if it runs, and starts it again.
    #[track_caller]
    pub fn restart(&mut self) {
        if self.child.is_some() {
            self.kill9();
        }
        self.start();
    }

    /// Asks to read the configuration again.
    pub fn sighup(&self) {
        self.signal("HUP");
    }

    /// True while the program has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|c| c.try_wait().unwrap().is_none())
    }

    /// A value of `/proc/PID/status` in kB, such as `VmHWM`.
    pub fn memory_kb(&self, key: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|l| l.starts_with(key)).expect("a memory figure");
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// All that the program has logged so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.path("log")).unwrap_or_default()).into_owned()
    }

    /// The end of the log, for failures.
    pub fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        format!("--- log ---\n{}", lines[lines.len().saturating_sub(25)..].join("\n"))
    }

    // --- what people do -----------------------------------------------------------------------------------------

    /// The switch's end of the feed.
    pub fn pbx(&self) -> Pbx {
        Pbx::new(self.pbx_port)
    }

    /// A moment of the house's clock as IP Office prints it, so many seconds from now.
    pub fn stamp(&self, from_now: i64) -> String {
        let now = match (&self.plan.simulated, self.started) {
            (Some((start, _)), Some((at, rate))) => {
                let start: jiff::civil::DateTime = start.parse().unwrap();
                start.saturating_add(jiff::SignedDuration::from_secs_f64(at.elapsed().as_secs_f64() * rate))
            }
            _ => {
                let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
                zone.to_datetime(jiff::Timestamp::now())
            }
        };
        let moment = now.saturating_add(jiff::SignedDuration::from_secs(from_now));
        moment.strftime("%Y/%m/%d %H:%M:%S").to_string()
    }

    /// Runs a command on this house.
    pub fn cli<const N: usize>(&self, words: [&str; N]) -> Said {
        self.cli_words(&words)
    }

    /// Runs a command on this house.
    pub fn cli_words(&self, words: &[&str]) -> Said {
        let output = Command::new(program())
            .args(["--config", "firstanswer.toml"])
            .args(words)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Said {
            words: words.join(" "),
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("what a command prints is UTF-8"),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What a command prints, as bytes.
    pub fn cli_bytes(&self, words: &[&str]) -> Vec<u8> {
        let output = Command::new(program())
            .args(["--config", "firstanswer.toml"])
            .args(words)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{words:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    /// `case list`, oldest first.
    #[track_caller]
    pub fn cases(&self) -> Vec<Value> {
        by_id(self.cli(["case", "list", "--json"]).rows())
    }

    /// The n-th case that opened, from 1.
    #[track_caller]
    pub fn case(&self, n: usize) -> Value {
        let mut cases = self.cases();
        assert!(
            n <= cases.len(),
            "there is no case number {n}: {cases:#?}\n{}",
            self.tail()
        );
        cases.swap_remove(n - 1)
    }

    /// `case show`.
    #[track_caller]
    pub fn case_shown(&self, id: i64) -> Value {
        let mut rows = self.cli(["case", "show", &id.to_string(), "--json"]).rows();
        assert_eq!(rows.len(), 1, "case show {id}");
        rows.remove(0)
    }

    /// When a deadline of a case is due.
    #[track_caller]
    pub fn due(&self, case: i64, kind: &str) -> jiff::Timestamp {
        let shown = self.case_shown(case);
        let deadlines = shown["deadlines"].as_array().expect("deadlines");
        let found = deadlines.iter().rfind(|d| d["kind"] == kind);
        let found = found.unwrap_or_else(|| panic!("no {kind} deadline in {deadlines:#?}"));
        instant(&found["due_at"]).unwrap_or_else(|| panic!("due_at of {found}"))
    }

    /// `call list`, oldest first.
    #[track_caller]
    pub fn calls(&self) -> Vec<Value> {
        by_id(self.cli(["call", "list", "--json"]).rows())
    }

    /// The n-th call, from 1.
    #[track_caller]
    pub fn call(&self, n: usize) -> Value {
        let mut calls = self.calls();
        assert!(
            n <= calls.len(),
            "there is no call number {n}: {calls:#?}\n{}",
            self.tail()
        );
        calls.swap_remove(n - 1)
    }

    /// `journal list`, oldest first.
    #[track_caller]
    pub fn journal(&self) -> Vec<Value> {
        by_id(self.cli(["journal", "list", "--json"]).rows())
    }

    /// `feed status` of the one feed.
    #[track_caller]
    pub fn feed_status(&self) -> Value {
        let mut rows = self.cli(["feed", "status", "--json"]).rows();
        assert_eq!(rows.len(), 1, "one feed");
        rows.remove(0)
    }

    /// Keys of the alarms that stand.
    pub fn alarms(&self) -> Vec<String> {
        let database = rusqlite::Connection::open(self.database()).unwrap();
        let mut statement = database
            .prepare("SELECT key FROM alarm WHERE cleared_at IS NULL ORDER BY key")
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    /// The mails that arrived, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        mailbox::read(&self.path("var/mail"))
    }

    /// GET of a path.
    pub fn get(&self, path: &str) -> Response {
        http::request(self.web_port, "GET", path, None)
    }

    /// The same with one more header.
    pub fn get_with(&self, path: &str, header: &str) -> Response {
        http::request_with(self.web_port, "GET", path, None, header)
    }

    /// Opens a link of a mail.
    pub fn open(&self, link: &str) -> Response {
        self.get(&self.path_of(link))
    }

    /// Posts a form to a link of a mail.
    pub fn post(&self, link: &str, fields: &[(&str, &str)]) -> Response {
        http::request(self.web_port, "POST", &self.path_of(link), Some(&http::form(fields)))
    }

    /// The path of a link, which must point to this house.
    #[track_caller]
    pub fn path_of(&self, link: &str) -> String {
        let base = format!("http://127.0.0.1:{}", self.web_port);
        let path = link.strip_prefix(&base);
        path.unwrap_or_else(|| panic!("`{link}` does not begin with public_url {base}"))
            .to_owned()
    }

    // --- waiting ------------------------------------------------------------------------------------------------

    /// Waits until something holds; says what was waited for if it never does.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        self.wait_for(what, |h| holds(h).then_some(()));
    }

    /// Waits until there is a value.
    #[track_caller]
    pub fn wait_for<T>(&self, what: &str, mut find: impl FnMut(&Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = find(self) {
                return found;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "waited {PATIENCE:?} in vain: {what}\n{}",
                self.tail()
            );
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    /// Waits until so many lines are in the journal and none of them is pending.
    #[track_caller]
    pub fn wait_for_lines(&self, count: usize) {
        self.wait_until(&format!("{count} lines in the journal, none pending"), |h| {
            let journal = h.journal();
            journal.len() >= count && journal.iter().all(|l| l["state"] != "pending")
        });
    }

    /// Waits for the first mail to a person.
    #[track_caller]
    pub fn wait_for_mail(&self, to: &str) -> Mail {
        self.wait_for(&format!("a mail to {to}"), |h| {
            h.mails().into_iter().find(|m| m.to == to)
        })
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// The command.
    pub words: String,
    /// Exit code; none: a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// The command must have ended with this code.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        let Self { words, out, err, .. } = &self;
        assert_eq!(
            self.code,
            Some(code),
            "`firstanswer {words}` should exit {code}\nstdout: {out}\nstderr: {err}"
        );
        self
    }

    /// One JSON object a line.
    #[track_caller]
    pub fn rows(self) -> Vec<Value> {
        let said = self.ends(0);
        let parse = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|e| panic!("`{}` printed no JSON: {e}\n{line}", said.words))
        };
        said.out.lines().filter(|l| !l.is_empty()).map(parse).collect()
    }
}

fn by_id(mut rows: Vec<Value>) -> Vec<Value> {
    rows.sort_by_key(|r| r["id"].as_i64());
    rows
}

/// A time of the output as an instant.
pub fn instant(value: &Value) -> Option<jiff::Timestamp> {
    value.as_str()?.parse().ok()
}

/// Compares the named fields; all that differ are reported at once. Times with an offset compare as instants.
#[track_caller]
pub fn check(got: &Value, expected: &Value) {
    let differs = |(key, want): (&String, &Value)| {
        let have = &got[key];
        let same = match (instant(have), instant(want)) {
            (Some(a), Some(b)) => a == b,
            _ => have == want,
        };
        (!same).then(|| format!("  {key}: expected {want}, got {have}"))
    };
    let wrong: Vec<String> = expected
        .as_object()
        .expect("expected fields")
        .iter()
        .filter_map(differs)
        .collect();
    assert!(
        wrong.is_empty(),
        "{} field(s) differ:\n{}\nin {got:#}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// A wall time of Shanghai as an instant.
pub fn shanghai(wall: &str) -> jiff::Timestamp {
    format!("{wall}+08:00").parse().unwrap()
}

/// A port nobody listens on, below the range that outgoing connections take theirs from.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let seed = nanos / 1000 + std::process::id() * 97 + NEXT.fetch_add(1, Ordering::Relaxed) * 1009;
    (0..10_000)
        .map(|n| u16::try_from(12_000 + (seed + n) % 20_000).unwrap())
        .find(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok())
        .expect("a free port")
}

/// A file of the house that the test itself opens for its own purposes.
pub fn open_file(path: &Path) -> File {
    File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
