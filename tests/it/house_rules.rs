//! Who may know whom, held as a test: the plan of the house read against the source.
//!
//! Rules hold for the program, not for the tests beside it. Each names what it forbids and why; a finding is printed
//! as `file:line: text`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::house::crate_root;

/// Rooms without I/O and without a clock.
const PURE: [&str; 5] = ["smdr", "call", "calendar", "directory", "case"];

struct Source {
    /// Relative to the crate, with `/`.
    name: String,
    text: String,
}

impl Source {
    /// First folder or file under `src`, without `.rs`.
    fn room(&self) -> &str {
        let inside = self.name.strip_prefix("src/").unwrap_or(&self.name);
        let first = inside.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Lines of code, numbered, without comments and without the test module at the end.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = inline_tests(&self.text).unwrap_or(usize::MAX);
        (1..)
            .zip(self.text.lines())
            .take_while(move |(n, _)| *n < tests)
            .map(|(n, line)| (n, code_of(line)))
            .filter(|(_, code)| !code.is_empty())
    }

    /// Files and folders that are compiled for tests only: `#[cfg(test)]`, perhaps `#[path = …]`, `mod …;`.
    fn test_files(&self) -> Vec<String> {
        let path = Path::new(&self.name);
        let folder = path.parent().unwrap();
        let own = match path.file_stem().unwrap().to_str().unwrap() {
            "mod" | "lib" | "main" => folder.to_owned(),
            stem => folder.join(stem),
        };
        let mut found = Vec::new();
        let lines: Vec<&str> = self.text.lines().map(str::trim).collect();
        for (n, _) in lines.iter().enumerate().filter(|(_, l)| **l == "#[cfg(test)]") {
            let mut file = None;
            for line in &lines[n + 1..] {
                if let Some(path) = line.strip_prefix("#[path = \"").and_then(|l| l.strip_suffix("\"]")) {
                    file = Some(folder.join(path));
                } else if !line.starts_with("#[") {
                    let name = line.split("mod ").nth(1).and_then(|l| l.strip_suffix(';'));
                    found.extend(name.map(|name| file.take().unwrap_or_else(|| own.join(name))));
                    break;
                }
            }
        }
        let slashed = |path: PathBuf| path.with_extension("").to_str().unwrap().to_owned();
        found.into_iter().map(slashed).collect()
    }
}

/// Number of the line where a file's own `#[cfg(test)] mod … {` begins.
fn inline_tests(text: &str) -> Option<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = |n: &usize| {
        let next = lines[n + 1..].iter().find(|l| !l.starts_with("#["));
        lines[*n] == "#[cfg(test)]" && next.is_some_and(|l| l.starts_with("mod ") && l.ends_with('{'))
    };
    (0..lines.len()).find(begins).map(|n| n + 1)
}

/// A line without its comment. A `//` inside a string (a URL) is kept.
fn code_of(line: &str) -> &str {
    let mut quoted = false;
    let bytes = line.as_bytes();
    for at in 0..bytes.len() {
        match bytes[at] {
            b'"' if at == 0 || bytes[at - 1] != b'\\' => quoted = !quoted,
            b'/' if !quoted && bytes.get(at + 1) == Some(&b'/') => return line[..at].trim(),
            _ => {}
        }
    }
    line.trim()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&crate_root().join(folder), &mut paths);
    paths.sort();
    let read = |path: &PathBuf| Source {
        name: path.strip_prefix(crate_root()).unwrap().to_str().unwrap().to_owned(),
        text: fs::read_to_string(path).unwrap(),
    };
    paths.iter().map(read).collect()
}

/// What is compiled into the program: the sources without those of tests.
fn program() -> Vec<Source> {
    let all = sources("src");
    let tests: Vec<String> = all.iter().flat_map(Source::test_files).collect();
    let is_test = |s: &Source| {
        let name = s.name.trim_end_matches(".rs");
        tests.iter().any(|t| name == t || name.starts_with(&format!("{t}/")))
    };
    all.into_iter().filter(|s| !is_test(s)).collect()
}

/// Fails with every line of code that has one of the words, in the sources that the rule covers.
#[track_caller]
fn forbid(rule: &str, words: &[&str], covers: impl Fn(&Source) -> bool) {
    let mut found = Vec::new();
    for source in program().iter().filter(|s| covers(s)) {
        for (n, code) in source.code() {
            if words.iter().any(|w| has_word(code, w)) {
                found.push(format!("  {}:{n}: {code}", source.name));
            }
        }
    }
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

/// The word stands in the code, not as the end of a longer one.
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_') || !word.starts_with(char::is_alphanumeric)
    })
}

#[test]
fn pure_rooms_do_no_input_or_output() {
    let words = ["tokio", "rusqlite", "axum", "lettre", "std::fs", "std::net", "std::io"];
    forbid("pure rooms take and return values", &words, |s| {
        PURE.contains(&s.room())
    });
}

#[test]
fn pure_rooms_never_ask_the_clock() {
    let words = ["::now(", "SystemTime", "Instant"];
    forbid("the time is an argument", &words, |s| PURE.contains(&s.room()));
}

#[test]
fn pure_rooms_know_none_of_the_others() {
    let walls = [
        "register", "feed", "mail", "web", "remind", "daemon", "cli", "config", "clock", "report",
    ];
    let words: Vec<String> = walls.iter().map(|w| format!("crate::{w}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    forbid("arrows point inwards", &words, |s| PURE.contains(&s.room()));
}

#[test]
fn only_the_clock_asks_the_time() {
    let words = [
        "Timestamp::now(",
        "Zoned::now(",
        "SystemTime::now(",
        "ZonedDateTime::now(",
    ];
    forbid("one clock, which tests and `--simulated-time` can move", &words, |s| {
        !["clock", "cli"].contains(&s.room())
    });
}

#[test]
fn sql_stands_only_in_the_register() {
    let words = [
        "rusqlite",
        "SELECT ",
        "INSERT INTO",
        "UPDATE ",
        "DELETE FROM",
        "BEGIN IMMEDIATE",
        "PRAGMA ",
    ];
    forbid("only the register knows its engine", &words, |s| s.room() != "register");
}

#[test]
fn only_mail_knows_lettre_and_only_web_knows_axum() {
    forbid("composing and sending is mail's", &["lettre"], |s| s.room() != "mail");
    forbid("HTTP is web's", &["axum", "axum_server", "tower_http"], |s| {
        s.room() != "web"
    });
}

#[test]
fn nobody_knows_the_command_line_or_the_daemon() {
    let outside = |s: &Source| !["cli", "main", "lib", "daemon"].contains(&s.room());
    forbid(
        "the program's edge is not used from inside",
        &["crate::cli", "crate::daemon"],
        outside,
    );
    forbid("the daemon prints nothing", &["crate::cli"], |s| s.room() == "daemon");
}

#[test]
fn tasks_have_a_supervisor() {
    let words = ["tokio::spawn", "task::spawn(", "spawn_local"];
    forbid("the daemon's set supervises every task", &words, |s| {
        s.room() != "daemon"
    });
}

/// The rooms that a room uses, as its code names them.
fn used_by(room: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for source in program().iter().filter(|s| s.room() == room) {
        let code: Vec<&str> = source.code().map(|(_, code)| code).collect();
        let code = code.join(" ");
        for part in code.split("crate::").skip(1) {
            for name in first_names(part) {
                used.insert(name.to_owned());
            }
        }
    }
    let rooms = rooms();
    used.retain(|name| name != room && rooms.contains(name));
    used
}

/// The first name of a path, or those of `{a::…, b}`.
fn first_names(path: &str) -> Vec<&str> {
    let word = |text: &'_ str| {
        text.find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(text.len())
    };
    let Some(list) = path.strip_prefix('{') else {
        return vec![&path[..word(path)]];
    };
    let (mut depth, mut fresh, mut names) = (0, true, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            _ if fresh && c.is_alphanumeric() => {
                names.push(&list[at..at + word(&list[at..])]);
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

/// The modules that `src/lib.rs` has.
fn rooms() -> Vec<String> {
    let lib = fs::read_to_string(crate_root().join("src/lib.rs")).unwrap();
    let names = lib
        .lines()
        .filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
}

/// What each room is for, in the words of the document.
const PURPOSES: [(&str, &str); 18] = [
    ("feed", "bytes in, lines out: TCP, serial lines, files, logins"),
    ("smdr", "dialects: lines become legs; which dialect it is"),
    (
        "call",
        "legs become calls; numbers; who answered first, and how sure that is",
    ),
    ("directory", "people, extensions over time, desks, who handles what"),
    ("case", "the case as a state machine, policies, deadlines, the ladder"),
    ("calendar", "business time"),
    ("register", "the database: the one writer, readers, backup"),
    ("remind", "what is due becomes notices, then messages"),
    ("mail", "composing, signed links, SMTP and maildir"),
    ("web", "the pages behind links, the report's page, health and metrics"),
    ("report", "what managers ask, counted"),
    ("config", "what users write, checked, with every error's place"),
    ("l10n", "sentences in Chinese and English"),
    ("office", "what pages ask of the register"),
    ("daemon", "starts, supervises, reloads, stops"),
    ("cli", "one file a command; prints, never decides"),
    ("clock", "the only place that asks the time"),
    ("ids", "names and numbers as types"),
];

#[test]
fn the_architecture_document_shows_who_uses_whom() {
    let mut named: Vec<String> = PURPOSES.iter().map(|(room, _)| (*room).to_owned()).collect();
    named.sort();
    assert_eq!(named, rooms(), "each room of src/lib.rs has its purpose here");
    let mut table = String::from("| room | what it does | pure | uses |\n|---|---|---|---|\n");
    for (room, purpose) in PURPOSES {
        let pure = if PURE.contains(&room) { "yes" } else { "" };
        let used: Vec<String> = used_by(room).into_iter().collect();
        table += &format!("| `{room}` | {purpose} | {pure} | {} |\n", used.join(", "));
    }
    let path = crate_root().join("docs/architecture.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("<!-- rooms -->\n").expect("the mark");
    let (_, after) = rest.split_once("<!-- end -->").expect("the mark of the end");
    let right = format!("{before}<!-- rooms -->\n{table}<!-- end -->{after}");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, right).unwrap();
    } else {
        assert!(
            text == right,
            "docs/architecture.md: the table of rooms should be (UPDATE=1 cargo nextest run --test it architecture):\n{table}"
        );
    }
}

#[test]
fn errors_of_the_edge_stay_at_the_edge() {
    forbid("anyhow is for cli and daemon", &["anyhow"], |s| {
        !["cli", "daemon", "main"].contains(&s.room())
    });
}

#[test]
fn every_file_says_what_it_is_for() {
    let bare: Vec<_> = ["src", "tests", "benches"]
        .iter()
        .flat_map(|folder| sources(folder))
        .filter(|s| {
            // Allowances for a whole file may stand before it.
            let first = s.text.lines().find(|l| !l.is_empty() && !l.starts_with("#!["));
            !first.is_some_and(|l| l.starts_with("//! "))
        })
        .map(|s| s.name)
        .collect();
    assert!(bare.is_empty(), "begin with `//!` and a sentence: {bare:#?}");
}

#[test]
fn no_file_is_longer_than_nine_hundred_lines() {
    let long: Vec<_> = ["src", "tests"]
        .iter()
        .flat_map(|folder| sources(folder))
        .map(|s| (s.text.lines().count(), s.name))
        .filter(|(lines, _)| *lines > 900)
        .collect();
    assert!(long.is_empty(), "would a newcomer find the place inside? {long:#?}");
}

#[test]
fn the_glossarys_words_are_the_only_ones() {
    let mut found = Vec::new();
    for source in &program() {
        for (n, code) in source.code() {
            for word in identifiers(code) {
                let lower = word.to_lowercase();
                // The first is promised JSON, the second the csv crate's.
                let record = lower.contains("record") && !["leg_records", "write_record"].contains(&word);
                if lower.contains("ticket") || record {
                    found.push(format!("  {}:{n}: {word}", source.name));
                }
            }
        }
    }
    assert!(
        found.is_empty(),
        "say line, leg, call or case (never ticket, never record):\n{}",
        found.join("\n")
    );
}

/// Identifiers outside string literals.
fn identifiers(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (n, part) in code.split('"').enumerate() {
        if n % 2 == 0 {
            let words = part.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            found.extend(words.filter(|w| w.starts_with(|c: char| c.is_alphabetic() || c == '_')));
        }
    }
    found
}

#[test]
fn the_rules_find_what_they_look_for() {
    assert_eq!(code_of("let u = \"http://x\"; // tokio"), "let u = \"http://x\";");
    assert!(has_word("use tokio::net;", "tokio"));
    assert!(!has_word("my_tokio_like", "tokio"));
    assert!(has_word("Timestamp::now()", "::now("));
    let room = Source {
        name: "src/call/first.rs".to_owned(),
        text: "use x;\n#[cfg(test)]\n#[path = \"first_tests.rs\"]\nmod tests;\n#[cfg(test)]\npub mod golden;\n\
               #[cfg(test)]\n#[allow(a)]\nmod more {\n use tokio;\n}\n"
            .to_owned(),
    };
    assert_eq!(room.test_files(), ["src/call/first_tests", "src/call/first/golden"]);
    assert!(
        room.code().all(|(_, code)| !code.contains("tokio")),
        "its own tests are not the program"
    );
    assert_eq!(first_names("call::leg::Leg;"), ["call"]);
    assert_eq!(
        first_names("{call::{Leg, self}, ids, case::a};"),
        ["call", "ids", "case"]
    );
    assert_eq!(identifiers("let leg_records = \"record\";"), ["let", "leg_records"]);
}

/// Words that once stood beside the glossary's, and the glossary's.
const SYNONYMS: [(&str, &str); 12] = [
    ("事项单", "首问责任记录"),
    ("首问记录", "首问责任记录"),
    ("工单", "首问责任记录"),
    ("把握", "确定程度"),
    ("违规", "违反首问责任"),
    ("免责", "免除"),
    ("经办人", "承办人"),
    ("首接", "首先接听"),
    ("名录", "通讯录"),
    ("警报", "告警"),
    ("守护进程", "守护程序"),
    ("受理人", "承办人"),
];

#[test]
fn chinese_readers_meet_one_word_for_each_thing() {
    let mut found = Vec::new();
    let mut look = |path: &Path, text: &str| {
        for (nth, line) in text.lines().enumerate() {
            for (word, ours) in SYNONYMS.iter().filter(|(word, _)| line.contains(word)) {
                found.push(format!("{}:{}: {word} is {ours}", path.display(), nth + 1));
            }
        }
    };
    let root = crate_root();
    for source in sources("src") {
        look(Path::new(&source.name), &source.text);
    }
    let templates = ["src/web/templates", "src/mail/templates", "src/report/templates"];
    let files = templates
        .iter()
        .flat_map(|folder| fs::read_dir(root.join(folder)).unwrap());
    let files = files.map(|file| file.unwrap().path());
    for path in files.chain([root.join("README.zh-CN.md")]) {
        look(&path, &fs::read_to_string(&path).unwrap());
    }
    assert!(found.is_empty(), "{found:#?}");
}
