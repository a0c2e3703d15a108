//! The fenced blocks of the documents: what stands in them is run, checked, or marked with a reason.
//!
//! | block | what is done |
//! |---|---|
//! | `sh`, `console` | run in a Debian of its own ([`crate::steps`]), but for those of [`ELSEWHERE`] |
//! | `toml` | `firstanswer check`, whole or laid into a config that is complete |
//! | `text` | a picture; nothing |
//!
//! **Invariants.** A block of another kind fails; so does a mark that marks nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::docs::{documents, read};
use crate::house::{House, crate_root, program};

/// A fenced block.
#[derive(Debug, Clone)]
pub struct Block {
    /// The file it stands in.
    pub document: String,
    /// The line of its fence, from 1.
    pub line: usize,
    /// The word behind the fence.
    pub kind: String,
    /// What stands in it.
    pub text: String,
}

impl Block {
    /// Its first line.
    pub fn first(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// Why it is not run in the machine, if so.
    pub fn elsewhere(&self) -> Option<&'static str> {
        let mark = ELSEWHERE
            .iter()
            .find(|(document, first, _)| *document == self.document && self.first().starts_with(first));
        mark.map(|(_, _, why)| *why)
    }
}

/// Blocks that are not run in the machine: document, how the block begins, and where it is run or why not.
const ELSEWHERE: [(&str, &str, &str); 10] = [
    (
        "README.md",
        "cargo run --release -- serve",
        "run by docs::the_quick_start…",
    ),
    (
        "README.md",
        "cargo run --release -- play",
        "run by docs::the_quick_start…",
    ),
    (
        "README.md",
        "apt-get update",
        "needs the network; the program is built already and laid where cargo puts it",
    ),
    ("README.md", "cargo build --release", "run by supply::…, where cargo is"),
    ("README.md", "tests/run", "runs this test"),
    (
        "docs/performance.md",
        "cargo bench",
        "measures for minutes, with a machine to itself",
    ),
    ("CONTRIBUTING.md", "tests/run", "runs this test"),
    (
        "docs/adding-a-pbx.md",
        "rustfmt --edition",
        "needs a checkout with cargo; tests/run does the same",
    ),
    (
        "docs/adding-a-pbx.md",
        "target/debug/firstanswer serve",
        "of a dialect that is not there yet; the same with known lines is docs::the_quick_start…",
    ),
    (
        "docs/adding-a-pbx.md",
        "socat -u OPEN",
        "of a dialect that is not there yet",
    ),
];

/// The blocks of a document, in order.
pub fn blocks(document: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut inside = false;
    for (n, line) in (1..).zip(read(document).lines()) {
        if let Some(kind) = line.trim_start().strip_prefix("```") {
            inside = !inside;
            if inside {
                found.push(Block {
                    document: document.to_owned(),
                    line: n,
                    kind: kind.trim().to_owned(),
                    text: String::new(),
                });
            }
        } else if inside {
            let block = found.last_mut().expect("inside a block");
            block.text += line;
            block.text.push('\n');
        }
    }
    assert!(!inside, "{document}: the last block has no end");
    found
}

fn all_blocks() -> Vec<Block> {
    documents().iter().flat_map(|name| blocks(name)).collect()
}

#[test]
fn every_block_is_of_a_kind_that_is_tried() {
    for block in all_blocks() {
        let known = ["sh", "console", "toml", "text"].contains(&block.kind.as_str());
        assert!(
            known,
            "{}:{}: a block of kind `{}` is tried by nobody: say sh, console, toml or text",
            block.document, block.line, block.kind
        );
    }
    for (document, first, why) in ELSEWHERE {
        let there = blocks(document).iter().any(|b| b.first().starts_with(first));
        assert!(there, "{document} has no block that begins with `{first}` ({why})");
    }
}

/// A complete config, section by section, for fragments to be laid into.
const BASE: [(&str, &str); 8] = [
    ("site", r#"{name="House", time_zone="Asia/Shanghai", language="zh"}"#),
    ("store", r#"{path="var/firstanswer.db"}"#),
    ("directory", r#"{path="directory.toml"}"#),
    ("calendar", r#"{hours="24x7"}"#),
    ("mail", r#"{transport="maildir:var/mail", from="fa@example.org"}"#),
    (
        "web",
        r#"{listen="127.0.0.1:8080", public_url="http://127.0.0.1:8080"}"#,
    ),
    ("policy", r#"{use="bureau"}"#),
    ("feed", "[ {name=\"a\", tcp_listen=\"127.0.0.1:2300\"} ]"),
];

/// Names of the sections that a text of TOML begins.
fn sections(toml: &str) -> Vec<&str> {
    toml.lines()
        .filter_map(|line| {
            let table = line.strip_prefix("[[").or_else(|| line.strip_prefix('['));
            match table {
                Some(rest) => rest.split([']', '.']).next(),
                None => line.split_once(" = ").map(|(key, _)| key),
            }
        })
        .collect()
}

/// The fragment, with what it lacks to be a config before it.
fn completed(fragment: &str) -> String {
    let said = sections(fragment);
    let mut whole = String::new();
    for (name, value) in BASE.iter().filter(|(name, _)| !said.contains(name)) {
        let _ = writeln!(whole, "{name} = {value}");
    }
    whole + fragment
}

/// `check` of a config in a folder that has a directory and calendars; what it said if it found anything.
fn refused(folder: &Path, config: &str) -> Option<String> {
    let path = folder.join("firstanswer.toml");
    fs::write(&path, config).unwrap();
    let output = Command::new(program())
        .arg("--config")
        .arg(&path)
        .args(["--lang", "en", "check"])
        .current_dir(folder)
        .output()
        .unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn every_config_in_the_documents_is_valid() {
    let folder = TempDir::with_prefix("fa").unwrap();
    let config = crate_root().join("config");
    fs::copy(
        config.join("directory.example.toml"),
        folder.path().join("directory.toml"),
    )
    .unwrap();
    fs::create_dir(folder.path().join("calendars")).unwrap();
    fs::copy(
        config.join("calendars/cn.toml"),
        folder.path().join("calendars/cn.toml"),
    )
    .unwrap();
    let mut tried = 0;
    for block in all_blocks().iter().filter(|b| b.kind == "toml") {
        let said = refused(folder.path(), &completed(&block.text));
        assert!(said.is_none(), "{}:{}: {said:?}", block.document, block.line);
        tried += 1;
    }
    assert!(
        tried >= 4,
        "the documents show only {tried} configs: are they still found?"
    );
    // And a wrong one would be found.
    assert!(refused(folder.path(), &completed("[mail]\ntransprot = \"x\"\n")).is_some());
}

/// A block as both languages must have it: without comments, and in no language.
fn bare(block: &Block) -> String {
    let mut text = String::new();
    for line in block.text.lines() {
        if block.kind == "console" && !line.starts_with("$ ") {
            continue;
        }
        let kept = match line.rsplit_once("# ") {
            Some((before, comment)) if comment != "trial" => before,
            _ => line,
        };
        let kept = kept.replace("language = \"en\"", "language = \"zh\"");
        text += kept.replace("--lang en", "--lang zh").trim_end();
        text.push('\n');
    }
    text
}

#[test]
fn the_chinese_readme_says_and_does_the_same() {
    let of = |name: &str| {
        let levels: Vec<usize> = read(name)
            .lines()
            .filter(|l| l.starts_with('#') && !l.starts_with("#!"))
            .filter_map(|l| l.split_once(' ').map(|(marks, _)| marks.len()))
            .collect();
        let blocks: Vec<(String, String)> = blocks(name).iter().map(|b| (b.kind.clone(), bare(b))).collect();
        (levels, blocks)
    };
    let (english, chinese) = (of("README.md"), of("README.zh-CN.md"));
    for ((kind, en), (_, zh)) in english.1.iter().zip(&chinese.1) {
        assert_eq!(en, zh, "a block of kind {kind}");
    }
    assert_eq!(english.1.len(), chinese.1.len(), "blocks");
    assert!(chinese.1.len() > 15, "are blocks still found?");
    assert_eq!(english.0, chinese.0, "levels of the headings");
    assert!(read("README.md").contains("](README.zh-CN.md)"));
    for name in documents().iter().filter(|name| !name.starts_with("README")) {
        assert!(
            read("README.md").contains(&format!("]({name})")),
            "README.md leads to {name}"
        );
    }
    assert!(read("README.zh-CN.md").contains("](README.md)"));
    let targets = |name: &str| {
        let text = read(name);
        let mut all: Vec<String> = text
            .split("](")
            .skip(1)
            .map(|part| part.split(')').next().unwrap_or_default().to_owned())
            .filter(|target| !target.starts_with("README"))
            .collect();
        all.sort();
        all.dedup();
        all
    };
    assert_eq!(targets("README.md"), targets("README.zh-CN.md"), "links");
}

/// The table of switches between its marks.
fn with_table(readme: &str, head: &str, rows: &str) -> String {
    let (before, rest) = readme.split_once("<!-- from `firstanswer dialects`").expect("the mark");
    let (mark, rest) = rest.split_once("-->\n").expect("its end");
    let (_, after) = rest.split_once("<!-- end -->").expect("the mark of the end");
    format!("{before}<!-- from `firstanswer dialects`{mark}-->\n{head}\n|---|---|---|\n{rows}<!-- end -->{after}")
}

#[test]
fn every_dialect_is_in_the_readme_as_the_program_tells_it() {
    let rows = House::now().build().cli(["dialects", "--json"]).rows();
    assert!(!rows.is_empty());
    let words = |value: &serde_json::Value, between: &str| {
        let list: Vec<&str> = value.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        list.join(between)
    };
    for (name, head, [tcp, serial, file]) in [
        (
            "README.md",
            "| dialect | switches | the log comes by |",
            ["TCP", "serial line", "file"],
        ),
        (
            "README.zh-CN.md",
            "| 话单格式 | 交换机 | 送达方式 |",
            ["TCP", "串口", "文件"],
        ),
    ] {
        let mut table = String::new();
        for row in &rows {
            let ways = words(&row["transports"], ", ")
                .replace("tcp", tcp)
                .replace("serial", serial)
                .replace("file", file);
            let _ = writeln!(
                table,
                "| `{}` | {} | {ways} |",
                row["name"].as_str().unwrap(),
                words(&row["models"], "; ")
            );
        }
        let text = read(name);
        let right = with_table(&text, head, &table);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(crate_root().join(name), right).unwrap();
        } else {
            assert!(
                text == right,
                "{name}: the table of switches is not what `firstanswer dialects` says; repair: \
                 UPDATE=1 cargo nextest run --test it every_dialect"
            );
        }
    }
}

#[test]
fn every_figure_of_metrics_is_in_the_operations_document() {
    let house = House::now().open();
    let body = house.get("/metrics").body;
    let shown: BTreeSet<&str> = body
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    assert!(shown.len() > 15, "{shown:?}");
    let text = read("docs/operations.md");
    let mut told = BTreeSet::new();
    for row in text.lines().filter(|l| l.starts_with("| `firstanswer_")) {
        let names = row.split('`').skip(1).step_by(2);
        for name in names.map(|n| n.split('{').next().unwrap_or(n)) {
            // `_legs_total` goes on from the name before it.
            told.insert(match name.strip_prefix('_') {
                Some(rest) => format!("firstanswer_feed_{rest}"),
                None => name.to_owned(),
            });
        }
    }
    // Told only where there is something to tell: an alarm that stands, a line that came, a clock that was compared.
    let perhaps = ["alarm", "feed_drift_seconds", "feed_last_line_age_seconds"].map(|n| format!("firstanswer_{n}"));
    assert!(perhaps.iter().all(|name| told.remove(name)), "{told:?}");
    let shown: BTreeSet<&str> = shown.into_iter().filter(|n| !perhaps.iter().any(|p| p == n)).collect();
    let told: BTreeSet<&str> = told.iter().map(String::as_str).collect();
    assert_eq!(shown, told, "figures of /metrics, and those of docs/operations.md");
}
