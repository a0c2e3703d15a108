//! What the program is made of: licences, sources and double versions of everything that is built in.
//!
//! `deny.toml` says what may come in; this test reads it and looks at `cargo tree`, so that a checkout needs no
//! further tool. `cargo deny check licenses bans sources` reads the same file and says the same.
//!
//! **Not here**: advisories. Their list is fetched from the network; see `CONTRIBUTING.md`.

use std::collections::BTreeMap;
use std::process::Command;

use crate::docs::read;
use crate::house::{crate_root, program};

/// The cargo that runs this.
fn cargo() -> Command {
    Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
}

/// What is built for Linux on this processor, tests and macros included: name, version, licence.
fn crates() -> Vec<[String; 3]> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = cargo()
        .args([
            "tree",
            "--locked",
            "--offline",
            "--prefix",
            "none",
            "--format",
            "{p}\t{l}",
        ])
        .args(["--target", &target])
        .current_dir(crate_root())
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let mut all: Vec<[String; 3]> = said
        .lines()
        .filter_map(|line| {
            let (package, licence) = line.split_once('\t')?;
            let mut words = package.split(' ');
            let (name, version) = (words.next()?, words.next()?);
            Some([name, version, licence.trim_end_matches(" (*)")].map(str::to_owned))
        })
        .collect();
    all.sort();
    all.dedup();
    assert!(all.len() > 100, "only {} crates: are they still found?", all.len());
    all
}

/// The strings of a list in `deny.toml`, whatever stands around them.
fn list(table: &str, key: &str) -> Vec<String> {
    let text = read("deny.toml");
    let table = text.split(&format!("[{table}]\n")).nth(1).expect("the table");
    let table = table.split("\n[").next().unwrap_or(table);
    let from = table.split(&format!("{key} = [")).nth(1).expect("the list");
    let body = from.split("\n]").next().unwrap_or_default();
    let uncommented = body.lines().map(|line| line.split(" # ").next().unwrap_or(line));
    uncommented
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split('"').nth(1).map(str::to_owned))
        .collect()
}

/// An SPDX expression against licences that may come in: `AND` binds more than `OR`; `/` is an old `OR`.
fn permits(allowed: &[String], expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let holds = any(allowed, &words, &mut at);
    holds && at == words.len()
}

fn any(allowed: &[String], words: &[&str], at: &mut usize) -> bool {
    let mut holds = all(allowed, words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        holds |= all(allowed, words, at);
    }
    holds
}

fn all(allowed: &[String], words: &[&str], at: &mut usize) -> bool {
    let mut holds = one(allowed, words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        holds &= one(allowed, words, at);
    }
    holds
}

fn one(allowed: &[String], words: &[&str], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let holds = any(allowed, words, at);
        *at += 1;
        return holds;
    }
    // `X WITH Y` is a licence of its own.
    if words.get(*at) == Some(&"WITH") {
        *at += 2;
        return false;
    }
    allowed.iter().any(|licence| licence == word)
}

#[test]
fn a_licence_is_read_as_it_is_meant() {
    let allowed = ["MIT".to_owned(), "ISC".to_owned()];
    for good in [
        "MIT",
        "MIT OR GPL-3.0",
        "GPL-3.0/MIT",
        "(GPL-3.0 OR MIT) AND ISC",
        "A WITH B OR MIT",
    ] {
        assert!(permits(&allowed, good), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "GPL-3.0 OR (MIT AND GPL-2.0)",
        "MIT WITH B",
    ] {
        assert!(!permits(&allowed, bad), "{bad}");
    }
}

#[test]
fn only_known_licences_come_in() {
    let allowed = list("licenses", "allow");
    assert!(allowed.contains(&"MIT".to_owned()), "{allowed:?}");
    let mut wrong = Vec::new();
    let all = crates();
    for [name, version, licence] in &all {
        if !permits(&allowed, licence) {
            wrong.push(format!("{name} {version}: `{licence}`"));
        }
    }
    assert!(wrong.is_empty(), "not in deny.toml's `allow`:\n{}", wrong.join("\n"));
    for licence in &allowed {
        let without: Vec<String> = allowed.iter().filter(|l| *l != licence).cloned().collect();
        let needed = all.iter().any(|[_, _, used]| !permits(&without, used));
        assert!(needed, "deny.toml allows `{licence}`, which nothing needs");
    }
}

#[test]
fn everything_comes_from_the_registry() {
    // Everything that is locked, for whatever target, with its hash.
    let lock = read("Cargo.lock");
    assert!(!lock.contains("git+"), "Cargo.lock has a crate from a git repository");
    let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    assert_eq!(lock.matches("\nsource = ").count(), lock.matches(registry).count());
    let (sources, sums) = (
        lock.matches("\nsource = ").count(),
        lock.matches("\nchecksum = ").count(),
    );
    assert_eq!(sources, sums, "each locked crate has its hash");
    let own = lock.matches("[[package]]").count() - sources;
    assert_eq!(own, 1, "what has no source is this crate alone");
}

#[test]
fn two_versions_of_a_crate_are_known_by_name() {
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for [name, version, ..] in crates() {
        versions.entry(name).or_default().push(version);
    }
    let banned = list("bans", "deny");
    for name in &banned {
        assert!(!versions.contains_key(name), "{name} is banned by deny.toml");
    }
    let mut double: Vec<String> = versions
        .into_iter()
        .filter(|(_, versions)| versions.len() > 1)
        .map(|(name, _)| name)
        .collect();
    double.sort();
    let mut known: Vec<String> = list("bans", "skip")
        .iter()
        .map(|spec| spec.split('@').next().unwrap_or(spec).to_owned())
        .collect();
    known.sort();
    assert_eq!(
        double, known,
        "crates in two versions, and those that deny.toml skips with a reason"
    );
}

#[test]
fn the_program_loads_the_c_library_and_nothing_else() {
    let said = Command::new("ldd").arg(program()).output().expect("ldd");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let loaded: Vec<&str> = said.lines().filter_map(|l| l.split_whitespace().next()).collect();
    assert!(loaded.iter().any(|name| name.starts_with("libc.so")), "{said}");
    for name in loaded {
        let name = name.rsplit('/').next().unwrap_or(name);
        let libc = ["linux-vdso", "libc.so", "libm.so", "libgcc_s.so", "ld-linux"];
        assert!(libc.iter().any(|known| name.starts_with(known)), "loads {name}");
    }
    let tree = cargo()
        .args([
            "tree",
            "--offline",
            "--locked",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--no-dedupe",
        ])
        .current_dir(crate_root())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
}
