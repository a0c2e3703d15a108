//! Two weeks of an office of forty, through the real parts, recounted by a program that shares no code with this one.
//!
//! ```text
//! story.py --what happens--> this driver --lines, commands--> the daemon --mail--> postbox.py
//!     \--> recount.py --what ought to have come of it--> compare.py <--what came of it--/
//! ```
//! Days run slowly and nights fast: between them the program is stopped and its simulated clock, which it keeps in its
//! database, is given another rate from the same moment on. What was received when, and when a person's command was
//! taken, is told to the recount; nothing else that the program says is.
//!
//! **Not here**: the rules (`tests/fortnight/recount.py`, written from the contract), what is compared (`compare.py`).

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::house::{House, crate_root, free_port, long};
use crate::pbx::{Line, Pbx};

/// When the slow days begin and end; nights are left early, as the program goes on while it is being stopped.
const MORNING: &str = "08:25:00";
const EVENING: &str = "18:20:00";
const NIGHT_ENDS: &str = "06:30:00";

/// Simulated seconds per second, at night and on holidays.
const NIGHT: f64 = 50_000.0;

/// How large, and how fast.
struct Size {
    seed: u64,
    calls: u32,
    days: u32,
    rate: f64,
}

#[test]
fn heavy_a_fortnight_is_recounted() {
    let size = if long() {
        Size {
            seed: seed(),
            calls: 80,
            days: 7,
            rate: 900.0,
        }
    } else {
        Size {
            seed: seed(),
            calls: 18,
            days: 7,
            rate: 3600.0,
        }
    };
    let run = Run::play(&size);
    if let Err(said) = run.compare(&[]) {
        panic!("the program and the recount disagree\n{said}\n{}", run.house.tail());
    }
    // The comparison is able to fail: a recount with one rule broken must be contradicted.
    for rule in ["due", "first", "charge", "custody", "rung", "offer", "reader"] {
        let said = run.compare(&["--break", rule]).expect_err(rule);
        assert!(said.contains("disagree"), "{rule}: {said}");
    }
}

/// `FORTNIGHT_SEED=7` tells another story.
fn seed() -> u64 {
    std::env::var("FORTNIGHT_SEED").map_or(1, |text| text.parse().expect("a number"))
}

fn script(name: &str) -> PathBuf {
    crate_root().join("tests/fortnight").join(name)
}

fn python(script_name: &str) -> Command {
    let mut command = Command::new("/usr/bin/python3");
    command.arg("-B").arg(script(script_name));
    command
}

// --- the mail server ------------------------------------------------------------------------------------------------

struct Postbox {
    port: u16,
    folder: PathBuf,
    child: Option<Child>,
}

impl Postbox {
    fn open(port: u16, folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let mut postbox = Self {
            port,
            folder: folder.to_owned(),
            child: None,
        };
        postbox.up();
        postbox
    }

    fn up(&mut self) {
        let mut child = python("postbox.py")
            .arg(self.port.to_string())
            .arg(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("/usr/bin/python3");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "ready\n", "python3-aiosmtpd is missing? tests/run installs it");
        self.child = Some(child);
    }

    fn down(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Postbox {
    fn drop(&mut self) {
        self.down();
    }
}

// --- the clock ------------------------------------------------------------------------------------------------------

/// A stretch of simulated time: since `anchor` it is `start`, and runs at `rate`.
#[derive(Debug, Clone, Copy, serde::Serialize)]
struct Phase {
    start: Timestamp,
    anchor: Timestamp,
    rate: f64,
}

impl Phase {
    fn now(&self) -> Timestamp {
        let passed = Timestamp::now().duration_since(self.anchor).as_secs_f64() * self.rate;
        self.start + SignedDuration::from_secs_f64(passed)
    }

    fn wait_until(&self, at: Timestamp) {
        let left = at.duration_since(self.now()).as_secs_f64() / self.rate;
        if left > 0.0 {
            std::thread::sleep(Duration::from_secs_f64(left));
        }
    }
}

fn wall(text: &str) -> Timestamp {
    crate::house::shanghai(text)
}

// --- the run --------------------------------------------------------------------------------------------------------

struct Run {
    house: House,
    story: Value,
    postbox: Postbox,
    branch: u16,
    lines: Vec<Line>,
    phases: Vec<Phase>,
    acts: Mutex<Vec<Value>>,
}

impl Run {
    fn play(size: &Size) -> Self {
        let told = python("story.py")
            .args(["--seed", &size.seed.to_string(), "--calls", &size.calls.to_string()])
            .args(["--days", &size.days.to_string()])
            .output()
            .unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        let story: Value = serde_json::from_slice(&told.stdout).unwrap();
        let start = story["start"].as_str().unwrap().to_owned();
        let (port, branch) = (free_port(), free_port());
        let feed = format!(
            "[[feed]]\nname = \"branch\"\ndialect = \"siemens-hipath\"\ntcp_listen = \"127.0.0.1:{branch}\"\ndrift = \"0s\"\n"
        );
        let mut house = House::at(&start)
            .rate(size.rate)
            .call_backs()
            .digest_window("5m")
            // Its clock runs thousands of times faster than its sockets: what lines lose on the way is no drift.
            .more_config(&format!("drift = \"0s\"\n{feed}"))
            .directory(story["directory"].as_str().unwrap())
            .mail(&format!(r#"transport="smtp://127.0.0.1:{port}""#))
            .build();
        let postbox = Postbox::open(port, &house.path("post"));
        let anchor = Timestamp::now();
        house.start();
        let mut run = Self {
            house,
            story,
            postbox,
            branch,
            lines: Vec::new(),
            phases: Vec::new(),
            acts: Mutex::default(),
        };
        run.phases.push(run.remembered().unwrap_or(Phase {
            start: wall(&start),
            anchor,
            rate: size.rate,
        }));
        run.house.write("story.json", &run.story.to_string());
        run.connect();
        run.days(size);
        run.collect();
        run
    }

    /// The simulation as the program keeps it.
    fn remembered(&self) -> Option<Phase> {
        let db = rusqlite::Connection::open(self.house.database()).unwrap();
        let text: String = db
            .query_row("SELECT value FROM meta WHERE key = 'simulation'", [], |row| row.get(0))
            .ok()?;
        let kept: Value = serde_json::from_str(&text).unwrap();
        let instant = |key: &str| kept[key].as_str().unwrap().parse().unwrap();
        Some(Phase {
            start: instant("start"),
            anchor: instant("anchor"),
            rate: kept["rate"].as_f64().unwrap(),
        })
    }

    fn phase(&self) -> &Phase {
        self.phases.last().unwrap()
    }

    /// Stops the program, turns its clock to another rate, not before a moment, and starts it again.
    fn turn(&mut self, rate: f64, not_before: Timestamp) {
        self.lines.clear();
        self.house.sigterm();
        let phase = Phase {
            start: self.phase().now().max(not_before),
            anchor: Timestamp::now(),
            rate,
        };
        let db = rusqlite::Connection::open(self.house.database()).unwrap();
        let text = serde_json::to_string(&phase).unwrap();
        let changed = db
            .execute("UPDATE meta SET value = ?1 WHERE key = 'simulation'", [text])
            .unwrap();
        assert_eq!(changed, 1, "the simulation is remembered");
        drop(db);
        self.phases.push(phase);
        self.house.start();
        self.connect();
    }

    /// Both switches connect: the office's and the branch's.
    fn connect(&mut self) {
        self.lines = vec![self.house.pbx().connect(), Pbx::new(self.branch).connect()];
    }

    fn days(&mut self, size: &Size) {
        let steps = self.story["steps"].as_array().unwrap().clone();
        let mut days: Vec<(String, Vec<(usize, Value)>)> = Vec::new();
        for (n, step) in steps.into_iter().enumerate() {
            let day = step["at"].as_str().unwrap()[..10].to_owned();
            match days.last_mut() {
                Some((last, rows)) if *last == day => rows.push((n, step)),
                _ => days.push((day, vec![(n, step)])),
            }
        }
        for (n, (day, steps)) in days.iter().enumerate() {
            if n > 0 {
                self.turn(NIGHT, Timestamp::MIN);
                self.phase().wait_until(wall(&format!("{day}T{NIGHT_ENDS}")));
                self.turn(size.rate, wall(&format!("{day}T{MORNING}")));
            }
            self.day(steps);
            if story_works(&self.story, day) {
                self.phase().wait_until(wall(&format!("{day}T{EVENING}")));
            }
        }
    }

    /// The switch prints and the mail server fails on one thread, people act on another.
    fn day(&mut self, steps: &[(usize, Value)]) {
        let (phase, house, acts, story) = (*self.phases.last().unwrap(), &self.house, &self.acts, &self.story);
        let (lines, postbox) = (&mut self.lines, &mut self.postbox);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for (n, step) in steps.iter().filter(|(_, step)| step["do"] == "act") {
                    phase.wait_until(wall(step["at"].as_str().unwrap()));
                    let done = act(house, story, step, &phase, *n);
                    acts.lock().unwrap().push(done);
                }
            });
            for (_, step) in steps {
                if step["do"] == "act" {
                    continue;
                }
                phase.wait_until(wall(step["at"].as_str().unwrap()));
                match step["do"].as_str().unwrap() {
                    "line" => {
                        let branch = usize::from(step["feed"] == "branch");
                        lines[branch].send(step["line"].as_str().unwrap());
                    }
                    "post_down" => postbox.down(),
                    "post_up" => postbox.up(),
                    other => panic!("a step `{other}`"),
                }
            }
        });
    }

    /// Everything the program can say, into one file.
    fn collect(&mut self) {
        self.turn(0.001, Timestamp::MIN);
        let cases = self.house.cases();
        let shown: Vec<Value> = cases
            .iter()
            .map(|case| self.house.case_shown(case["id"].as_i64().unwrap()))
            .collect();
        let rows = |words: &[&str]| self.house.cli_words(words).rows();
        let said = json!({
            "calls": self.house.calls(),
            "cases": shown,
            "journal": self.house.journal(),
            "outbox": rows(&["outbox", "list", "--json"]),
            "violations": rows(&["violation", "list", "--json"]),
            "acts": *self.acts.lock().unwrap(),
            "phases": self.phases,
            "mails": self.postbox.folder,
        });
        self.house.write("product.json", &said.to_string());
        if let Ok(keep) = std::env::var("FORTNIGHT_KEEP") {
            fs::create_dir_all(&keep).unwrap();
            let copied = Command::new("cp")
                .arg("-rT")
                .arg(self.house.path("."))
                .arg(&keep)
                .status();
            assert!(copied.unwrap().success());
        }
    }

    /// What the comparison says; an error if there is a disagreement.
    fn compare(&self, more: &[&str]) -> Result<String, String> {
        let said = python("compare.py")
            .arg(self.house.path("story.json"))
            .arg(self.house.path("product.json"))
            .args(more)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
        if more.is_empty() {
            println!("{}", text.lines().next().unwrap_or_default());
        }
        if said.status.success() { Ok(text) } else { Err(text) }
    }
}

/// Is it a day on which the office works?
fn story_works(story: &Value, day: &str) -> bool {
    story["working_days"]
        .as_array()
        .unwrap()
        .iter()
        .any(|works| works == day)
}

/// One command of one person, about the case of a call.
fn act(house: &House, story: &Value, step: &Value, phase: &Phase, n: usize) -> Value {
    // The line may be a moment late on a busy machine.
    let case = (0..20).find_map(|_| case_of(house, story, step["call"].as_str().unwrap()));
    let (actor, verb) = (step["actor"].as_str().unwrap(), step["verb"].as_str().unwrap());
    let words: Vec<&str> = step["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    // Who was reminded of it closes it on the page behind the mail's link.
    let link = case
        .filter(|_| verb == "close")
        .and_then(|case| link(house, actor, case));
    let begun = phase.now();
    let (door, code, err) = match (case, link) {
        (Some(case), Some(link)) => {
            let said = close_on_the_page(house, &link, case, &words);
            (
                "page",
                if said.status == 303 { 0 } else { i32::from(said.status) },
                said.body,
            )
        }
        _ => {
            let id = case.unwrap_or_default().to_string();
            let said = house.cli_words(&[&["--as", actor, "case", verb, &id], &words[..]].concat());
            ("command", said.code.unwrap_or(-1), said.err)
        }
    };
    let err = err.chars().take(2000).collect::<String>();
    json!({"step": n, "case": case, "door": door, "begun": begun, "ended": phase.now(), "code": code, "err": err})
}

/// Posts the form; if the switch changed the case while it was filled in, looks again and posts again, as the page says.
fn close_on_the_page(house: &House, link: &str, case: i64, words: &[&str]) -> crate::http::Response {
    let mut said = house.post(link, &form(house, case, words));
    for _ in 0..3 {
        if said.status != 409 {
            break;
        }
        said = house.post(link, &form(house, case, words));
    }
    said
}

/// The link to a case in the newest mail to a person that names it.
fn link(house: &House, person: &str, case: i64) -> Option<String> {
    let mut files: Vec<_> = fs::read_dir(house.path("post"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files.iter().rev().find_map(|file| {
        let bytes = fs::read(file).unwrap();
        let mail = bytes.ends_with(b"\n").then(|| crate::mailbox::parse(&bytes))?;
        let (_, after) = mail
            .text
            .split_once(&format!("#{case} "))
            .filter(|_| mail.to == format!("{person}@x.cn"))?;
        let mut words = after.split(|c: char| c.is_whitespace() || "<>()\"".contains(c));
        words
            .find(|word| word.starts_with("http") && word.contains("/t/"))
            .map(str::to_owned)
    })
}

/// The flags of a command as the fields of the page's form.
fn form<'a>(house: &House, case: i64, words: &[&'a str]) -> Vec<(&'static str, &'a str)> {
    let version = house.case_shown(case)["version"].to_string();
    let mut fields = vec![("do", "close"), ("version", &*version.leak())];
    for pair in words.chunks(2) {
        let field = match pair[0] {
            "--outcome" => "outcome",
            "--duty" => "duty",
            "--caller-name" => "caller_name",
            "--matter" => "matter",
            "--text" => "text",
            "--right-body" => "right_body",
            "--right-phone" => "right_phone",
            other => panic!("no field for {other}"),
        };
        fields.push((field, pair[1]));
    }
    fields
}

/// Which case a call has, asked of the program as a clerk would: by the caller's number and the time.
fn case_of(house: &House, story: &Value, key: &str) -> Option<i64> {
    let call = story["calls"]
        .as_array()
        .unwrap()
        .iter()
        .find(|call| call["key"] == key)?;
    let start: DateTime = call["start"].as_str()?.parse().ok()?;
    let from = start.to_string();
    let to = start.saturating_add(SignedDuration::from_secs(1)).to_string();
    let rows = house
        .cli(["call", "list", "--json", "--from", &from, "--to", &to])
        .rows();
    let shown = call["shown"].as_str()?;
    let found = rows
        .iter()
        .find(|row| row["calling_number"].as_str().unwrap_or("") == shown);
    found?["case"].as_i64()
}
