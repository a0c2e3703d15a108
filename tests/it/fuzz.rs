//! The checks of `fuzz/`, driven by a seeded mutator where no nightly compiler is: a short run on every machine.
//!
//! ```text
//! cargo nextest run --test it fuzz                       1,000 inputs a target (FIRSTANSWER_LONG=1: 10,000)
//! FUZZ_SEED=7 FUZZ_INPUTS=10000 cargo nextest run --test it fuzz     another run, as long as wanted
//! FUZZ_INPUT=target/fuzz/framing-1f3a cargo nextest run --test it fuzz::an_input_is_replayed
//! ```
//! A failing input is cut down, written to `target/fuzz`, and the command that replays it is printed. Mended, it goes
//! to `fuzz/corpus/<target>`, from which every run starts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use firstanswer::smdr::{self, Parsed};

#[path = "../../fuzz/src/lib.rs"]
mod checks;

use checks::{TARGETS, Target};

/// Longest input that is made.
const LONGEST: usize = 4_000;

/// A small generator of numbers: the same seed, the same inputs.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `end`, which is at least 1.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

fn inputs() -> u64 {
    let long = env::var_os("FIRSTANSWER_LONG").is_some();
    number("FUZZ_INPUTS", if long { 10_000 } else { 1_000 })
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}; copy golden files to it", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Bytes that mean something to a dialect or to the codec.
const TELLING: &[u8] = b",;|\"'\r\n\0\x0c\x02\x03 :/.-<>@*09IO\x7f\x80\xff\xc3";

/// What a field may hold that few do.
const PIECES: &[&[u8]] = &[
    b"9223372036854775808",
    b"99999999999999999999",
    b"00:00:00",
    b"23:59:60",
    b"2026/02/29 24:00:00",
    b"\"\"",
    b",,,,,,,,",
    b"-1",
    b"Chain: ;",
    b"<I>",
    b"Local/1@x;1",
    b"\xef\xbb\xbf",
    "王芳".as_bytes(),
];

/// One of the corpus with one to six changes.
fn mutated(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut input = random.of(corpus).clone();
    for _ in 0..=random.below(6) {
        let at = random.below(input.len());
        let to = (at + random.below(40)).min(input.len());
        match random.below(8) {
            0 if !input.is_empty() => input[at] = random.next() as u8,
            1 if !input.is_empty() => input[at] = *random.of(TELLING),
            2 => input.insert(at, *random.of(TELLING)),
            3 => drop(input.drain(at..to)),
            4 => {
                let copy = input[at..to].to_vec();
                let there = random.below(input.len());
                input.splice(there..there, copy);
            }
            5 => {
                let piece = random.of(PIECES);
                input.splice(at..to.min(at + piece.len()), piece.iter().copied());
            }
            6 => {
                let other = random.of(corpus);
                let from = random.below(other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => input.truncate(at),
        }
    }
    input.truncate(LONGEST);
    input
}

fn holds(check: fn(&[u8]), input: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| check(input))).is_ok()
}

/// Leaves out what the failure does not need.
fn cut_down(check: fn(&[u8]), mut input: Vec<u8>) -> Vec<u8> {
    let mut size = input.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < input.len() {
            let mut shorter = input.clone();
            shorter.drain(at..(at + size).min(input.len()));
            if holds(check, &shorter) {
                at += size;
            } else {
                input = shorter;
            }
        }
        size /= 2;
    }
    input
}

fn run((name, check): Target) {
    let seed = number("FUZZ_SEED", 1);
    println!("{name}: FUZZ_SEED={seed} FUZZ_INPUTS={}", inputs());
    let corpus = corpus(name);
    corpus.iter().for_each(|input| check(input));
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for n in 0..inputs() {
        let input = mutated(&mut random, &corpus);
        if holds(check, &input) {
            continue;
        }
        let input = cut_down(check, input);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{name}-{seed}-{n}"));
        fs::write(&file, &input).unwrap();
        panic!(
            "{name} fails on `{}`\nFUZZ_INPUT={} cargo nextest run --test it fuzz::an_input_is_replayed",
            input.escape_ascii(),
            file.display()
        );
    }
}

fn target(name: &str) -> Target {
    *TARGETS.iter().find(|(known, _)| *known == name).expect("a target")
}

#[test]
fn framing_holds() {
    run(target("framing"));
}

#[test]
fn detection_holds() {
    run(target("detection"));
}

#[test]
fn f25_avaya_ip_office_holds() {
    run(target("avaya_ip_office"));
}

#[test]
fn f25_panasonic_kx_holds() {
    run(target("panasonic_kx"));
}

#[test]
fn f25_siemens_hipath_holds() {
    run(target("siemens_hipath"));
}

#[test]
fn f25_asterisk_csv_holds() {
    run(target("asterisk_csv"));
}

#[test]
fn f25_three_cx_holds() {
    run(target("three_cx"));
}

/// `FUZZ_INPUT` names a file whose name begins with its target's; without it there is nothing to do.
#[test]
fn an_input_is_replayed() {
    let Some(file) = env::var_os("FUZZ_INPUT").map(PathBuf::from) else {
        return;
    };
    let name = file.file_name().unwrap().to_str().unwrap();
    let (_, check) = TARGETS
        .iter()
        .find(|(t, _)| name.starts_with(t))
        .expect("a target's name");
    check(&fs::read(&file).unwrap());
}

/// Every dialect has a target, so that a new one is not forgotten.
#[test]
fn every_dialect_has_a_target() {
    for dialect in smdr::all() {
        let name = dialect.about().name.replace('-', "_").replace("3cx", "three_cx");
        assert!(
            TARGETS.iter().any(|(target, _)| *target == name),
            "no target `{name}`: enter it in fuzz/src/lib.rs (a function and TARGETS), fuzz/fuzz_targets/{name}.rs, \
             fuzz/Cargo.toml, and here as f25_{name}_holds; copy its golden files to fuzz/corpus/{name}"
        );
        assert!(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join(format!("fuzz/fuzz_targets/{name}.rs"))
                .is_file(),
            "fuzz/fuzz_targets/{name}.rs is missing"
        );
        let run = format!("fn f25_{name}_holds()");
        assert!(
            include_str!("fuzz.rs").contains(&run),
            "tests/it/fuzz.rs has no `{run}`"
        );
    }
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml")).unwrap();
    for (target, _) in TARGETS {
        let entry = format!("name = \"{target}\"");
        assert!(manifest.contains(&entry), "fuzz/Cargo.toml has no [[bin]] with {entry}");
    }
}

#[test]
fn f08_garbage_and_prose_are_no_calls() {
    const WORDS: &[&str] = &[
        "the",
        "call",
        "at",
        "09:15",
        "on",
        "2026/03/04",
        "from",
        "8021",
        "to",
        "room",
        "12",
        "-",
        "and",
        "then,",
        "I",
        "said:",
        "\"no\"",
        "02155550123",
        "3'15",
        "Ext.",
        "Chain",
        "1",
        "0",
        "OK",
    ];
    let mut random = Random(number("FUZZ_SEED", 1) | 1);
    for _ in 0..inputs() {
        let noise: Vec<u8> = (0..random.below(200)).map(|_| random.next() as u8).collect();
        let seven_bits: Vec<u8> = noise.iter().map(|b| b & 0x7f).collect();
        let prose: Vec<&str> = (0..random.below(25)).map(|_| *random.of(WORDS)).collect();
        let prose = prose.join(" ").into_bytes();
        for dialect in smdr::all() {
            let name = dialect.about().name;
            let lines = [&noise[..], &seven_bits, &prose];
            for parsed in checks::parse(name, lines.into_iter()) {
                assert!(!matches!(parsed, Parsed::Leg(_)), "{name}: {parsed:?}");
            }
        }
    }
}

/// Time that this thread has worked: what others do on the machine is not in it.
fn worked() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec.cast_unsigned(), u32::try_from(spent.tv_nsec).unwrap())
}

/// Parser denial of service: sixteen times the bytes take about sixteen times as long, and a hundred at most.
#[test]
fn f06_work_is_linear_in_the_length_of_a_line() {
    const SHORT: usize = 64 << 10;
    const LONG: usize = 1 << 20;
    for dialect in smdr::all() {
        let name = dialect.about().name;
        let corpus = corpus(&name.replace('-', "_").replace("3cx", "three_cx"));
        let line = corpus[0].split(|b| *b == b'\n').next().unwrap();
        let patterns = [
            line,
            b",",
            b"\"",
            b"\"\"",
            b"9",
            b" ",
            b"00:00'01 ",
            b"<I>",
            b"Ext.1;",
            b"a,\"b\"",
            b"'",
            b"/",
        ];
        for pattern in patterns {
            // What begins as a call does is read furthest.
            for head in [&b""[..], line] {
                let long: Vec<u8> = head.iter().chain(pattern.iter().cycle()).take(LONG).copied().collect();
                let took = |bytes: &[u8]| {
                    let begun = worked();
                    dialect.score(bytes);
                    checks::parse(name, [bytes].into_iter());
                    worked() - begun
                };
                // The cache may be cold: only a ratio that stays is one.
                let linear = (0..5).any(|_| took(&long) <= took(&long[..SHORT]) * 100 + Duration::from_millis(50));
                assert!(linear, "{name}: a line of `{}`", pattern.escape_ascii());
            }
        }
    }
}
