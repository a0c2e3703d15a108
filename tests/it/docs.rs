//! Docs that can't lie: what README and docs say is run, or looked up.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::house::{PATIENCE, crate_root, free_port, program};
use crate::{http, mailbox};

/// A file of the repository.
pub fn read(name: &str) -> String {
    fs::read_to_string(crate_root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Markdown files a user reads.
pub fn documents() -> Vec<String> {
    let mut names: Vec<String> = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"]
        .map(str::to_owned)
        .into();
    for entry in fs::read_dir(crate_root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "md") {
            names.push(format!("docs/{}", path.file_name().unwrap().to_str().unwrap()));
        }
    }
    names
}

/// Commands in `sh` blocks, without prompt and comment.
fn commands(document: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in document.lines() {
        if let Some(fence) = line.trim_start().strip_prefix("```") {
            inside = !inside && matches!(fence.trim(), "sh" | "console");
        } else if inside {
            let line = line.trim().trim_start_matches("$ ");
            let line = line.split(" #").next().unwrap_or_default().trim();
            if !line.is_empty() {
                found.push(line.to_owned());
            }
        }
    }
    found
}

/// The words after `firstanswer` or after cargo's `--`; what stands in quotes is one.
fn arguments(command: &str) -> Option<Vec<String>> {
    let rest = command
        .strip_prefix("firstanswer ")
        .or_else(|| command.strip_prefix("cargo run --release -- "))?;
    let rest = rest.split(" > ").next().unwrap_or(rest);
    let mut words = Vec::new();
    for (n, part) in rest.split('"').enumerate() {
        match n % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    Some(words)
}

#[test]
fn every_command_in_the_documents_exists() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for name in documents() {
        let text = read(&name);
        // Those in the middle of a sentence, too.
        let spoken = text
            .split('`')
            .filter(|part| part.starts_with("firstanswer ") && !part.contains(['…', '\n']))
            .map(str::to_owned);
        for command in commands(&text).into_iter().chain(spoken).collect::<BTreeSet<_>>() {
            let Some(arguments) = arguments(&command) else { continue };
            tried += 1;
            let output = Command::new(program())
                .args(&arguments)
                .arg("--help")
                .stdin(Stdio::null())
                .output()
                .unwrap();
            if !String::from_utf8_lossy(&output.stdout).contains("firstanswer") {
                wrong.push(format!(
                    "{name}: {command}\n  {}",
                    String::from_utf8_lossy(&output.stderr)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        tried > 5,
        "the documents show only {tried} commands: are they still found?"
    );
}

#[test]
fn the_shipped_configs_are_valid() {
    let mut tried = 0;
    for entry in fs::read_dir(crate_root().join("config")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap_or_default();
        if path.extension().is_none_or(|e| e != "toml") || !text.contains("[[feed]]") {
            continue;
        }
        tried += 1;
        let output = Command::new(program())
            .arg("--config")
            .arg(&path)
            .arg("check")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", path.display());
    }
    assert!(tried >= 1, "config/ holds no config");
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Ends the daemon of the quick start with the test.
struct Guest(std::process::Child);

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_quick_start_of_the_readme_ends_in_a_mail_whose_link_opens() {
    let folder = TempDir::with_prefix("fa").unwrap();
    copy_folder(&crate_root().join("config"), &folder.path().join("config"));
    let (feed, web) = (free_port(), free_port());
    let elsewhere = |text: &str| {
        text.replace("127.0.0.1:2300", &format!("127.0.0.1:{feed}"))
            .replace("127.0.0.1:8080", &format!("127.0.0.1:{web}"))
    };
    let config = folder.path().join("config/quickstart.toml");
    fs::write(&config, elsewhere(&fs::read_to_string(&config).unwrap())).unwrap();

    let readme = read("README.md");
    let quick: Vec<String> = commands(&readme)
        .iter()
        .filter(|c| c.starts_with("cargo run --release"))
        .map(|c| elsewhere(c))
        .collect();
    assert_eq!(quick.len(), 2, "the quick start is: serve, play; found {quick:?}");
    let run = |command: &str| {
        let mut program = Command::new(program());
        program.args(arguments(command).unwrap()).current_dir(folder.path());
        program
    };
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let serve = run(&quick[0]).stdin(Stdio::null()).stderr(log).spawn().unwrap();
    let _guest = Guest(serve);
    let said = || fs::read_to_string(folder.path().join("log")).unwrap_or_default();
    let begun = std::time::Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", feed)).is_err() {
        assert!(begun.elapsed() < PATIENCE, "the feed never listened\n{}", said());
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    let played = run(&quick[1]).output().unwrap();
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));

    // "A reminder within two minutes of playing the sample feed."
    let limit = 120;
    let begun = std::time::Instant::now();
    let mail = loop {
        if let Some(mail) = mailbox::read(&folder.path().join("var/mail")).into_iter().next() {
            break mail;
        }
        assert!(
            begun.elapsed().as_secs() < limit,
            "no mail within {limit} s\n{}",
            said()
        );
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    let link = mail.link();
    let path = link
        .strip_prefix(&format!("http://127.0.0.1:{web}"))
        .expect("a link to the house");
    assert_eq!(http::request(web, "GET", path, None).status, 200);
}

/// Names of test functions that carry a fault's number, sorted.
fn fault_tests() -> Vec<String> {
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        rust_files(&crate_root().join(folder), &mut files);
    }
    let mut names = Vec::new();
    for file in files {
        for line in fs::read_to_string(&file).unwrap().lines() {
            let line = line.trim();
            let Some(rest) = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn f") else {
                continue;
            };
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            if name.as_bytes().get(2) == Some(&b'_') && name[..2].parse::<u32>().is_ok() {
                names.push(format!("f{name}"));
            }
        }
    }
    names.sort();
    names.dedup();
    names
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The line of the table with its last cell rewritten: the tests that carry its number, and what is for later.
fn with_tests(line: &str, number: u32, tests: &[String]) -> String {
    let row = line.trim_end().strip_suffix('|');
    let (before, shown) = row.and_then(|r| r.rsplit_once('|')).expect("a row of a table");
    let later = shown.find("later: ").map(|at| shown[at..].trim());
    let prefix = format!("f{number:02}_");
    let mut cell: Vec<String> = tests
        .iter()
        .filter(|t| t.starts_with(&prefix))
        .map(|t| format!("`{t}`"))
        .collect();
    cell.extend(later.map(str::to_owned));
    format!("{before}| {} |", cell.join(", "))
}

#[test]
fn every_promised_fault_has_its_tests_or_says_why_not() {
    let tests = fault_tests();
    let table = read("docs/faults.md");
    let mut numbers = Vec::new();
    let mut rewritten = String::new();
    for line in table.lines() {
        let number = line
            .strip_prefix("| F")
            .and_then(|rest| rest.split(' ').next())
            .and_then(|n| n.parse::<u32>().ok());
        match number {
            Some(number) => {
                numbers.push(number);
                rewritten += &with_tests(line, number, &tests);
            }
            None => rewritten += line,
        }
        rewritten.push('\n');
    }
    assert_eq!(
        numbers,
        (1..=60).collect::<Vec<_>>(),
        "docs/faults.md has a row for each"
    );
    if std::env::var_os("UPDATE").is_some() {
        fs::write(crate_root().join("docs/faults.md"), &rewritten).unwrap();
    } else {
        let bare: Vec<_> = rewritten
            .lines()
            .filter(|l| l.starts_with("| F") && l.ends_with("|  |"))
            .collect();
        assert!(
            bare.is_empty(),
            "no test has these numbers; write one, or `later: ` and why:\n{}",
            bare.join("\n")
        );
        let stale: Vec<_> = table
            .lines()
            .zip(rewritten.lines())
            .filter(|(a, b)| a != b)
            .map(|(_, b)| b)
            .collect();
        assert!(
            stale.is_empty(),
            "these rows of docs/faults.md should be (repair: UPDATE=1 cargo nextest run --test it promised_fault):\n{}",
            stale.join("\n")
        );
    }
}

/// The articles of the five regulations, in their order.
const ARTICLES: [(&str, &str); 5] = [
    ("R1", "1 2 3 4 5a 5b 6"),
    ("R2", "1 2 3 3.1 3.2a 3.2b 3.3 4a 4b 4c 5 6 7 8"),
    ("R3", "1 2 3 4 5 6 7 8"),
    (
        "R4",
        "1.1 1.2 2.1 2.2 2.3 2.4 2.5 2.6 3.1 3.2 3.3 3.4 4 4.1 4.2 4.3 4.4 4.5 4.6 5 6",
    ),
    ("R5", "1 2.1 2.2 2.3 2.4 2.5 2.6 2.7 3a 3b"),
];

fn articles() -> Vec<String> {
    let of = |(regulation, ends): &(&str, &str)| {
        let ids = ends.split(' ').map(|end| format!("{regulation}.{end}"));
        ids.collect::<Vec<_>>()
    };
    ARTICLES.iter().flat_map(of).collect()
}

/// Whether `file::test` is the function of a test in a file whose path ends so.
fn is_test(files: &[(PathBuf, String)], name: &str) -> bool {
    let Some((module, function)) = name.rsplit_once("::") else {
        return false;
    };
    let module = Path::new("").join(module.replace("::", "/"));
    let head = format!("fn {function}(");
    files.iter().any(|(path, text)| {
        let Some((before, _)) = text.split_once(&head) else {
            return false;
        };
        // What stands before `fn` on its own line is no mark: blanks, `async`, nothing.
        let above = before.rsplit_once('\n').map_or("", |(above, _)| above);
        let marks: Vec<_> = above.lines().rev().take(4).map(str::trim).collect();
        let marked = marks
            .iter()
            .take_while(|l| l.starts_with("#[") || l.starts_with("//"))
            .any(|l| l.contains("test]"));
        path.with_extension("").ends_with(&module) && (marked || text.contains("proptest!"))
    })
}

#[test]
fn every_article_has_its_tests_or_says_what_is_missing() {
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        rust_files(&crate_root().join(folder), &mut files);
    }
    let files: Vec<_> = files
        .into_iter()
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    let (mut ids, mut wrong) = (Vec::new(), Vec::new());
    for line in read("docs/regulations.md").lines().filter(|l| l.starts_with("| R")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let id = cells[0];
        ids.push(id.to_owned());
        if cells.len() != 4 || cells.iter().any(|cell| cell.is_empty()) {
            wrong.push(format!("{id}: a row has four cells, none empty"));
            continue;
        }
        let (named, later) = cells[3].split_once("later: ").unwrap_or((cells[3], ""));
        let names: Vec<_> = named.split('`').filter(|part| part.contains("::")).collect();
        if names.is_empty() && later.trim().is_empty() {
            wrong.push(format!("{id}: name a test, or say `later: ` and what is missing"));
        }
        let gone = names.iter().filter(|name| !is_test(&files, name));
        wrong.extend(gone.map(|name| format!("{id}: there is no test {name}")));
    }
    assert!(wrong.is_empty(), "docs/regulations.md:\n{}", wrong.join("\n"));
    assert_eq!(ids, articles(), "docs/regulations.md has a row for each article, once");
}

#[test]
fn the_shipped_policies_cite_articles_that_there_are() {
    let known = articles();
    let mut cited = 0;
    for entry in fs::read_dir(crate_root().join("config/policies")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        let words = words.map(|word| word.trim_end_matches('.'));
        for word in words.filter(|w| w.len() > 3 && w.starts_with('R') && w.as_bytes()[2] == b'.' && !w.ends_with(".x"))
        {
            cited += 1;
            assert!(
                known.iter().any(|id| id == word),
                "{}: no article {word}",
                path.display()
            );
        }
    }
    assert!(cited > 50, "only {cited} articles cited: are they still found?");
}

#[test]
fn the_scripts_can_be_run() {
    for script in ["tests/run", ".ci/run"] {
        let mode = fs::metadata(crate_root().join(script)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{script} has no run bit");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for name in documents() {
        let folder = crate_root().join(&name).parent().unwrap().to_owned();
        for part in read(&name).split("](").skip(1) {
            let target = part.split([')', '#']).next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") {
                assert!(folder.join(target).exists(), "{name}: ({target}) leads nowhere");
            }
        }
    }
}
