//! Parsing, each dialect of the registry on its golden lines, beside cutting the same bytes at line ends.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use firstanswer::smdr::{Line, Options, registry};
use jiff::civil::date;

use crate::pbx;
use crate::table::Table;

/// Lines in one pass.
const LINES: usize = 100_000;

/// The best of so many passes counts: the others were disturbed.
const PASSES: usize = 7;

pub fn run(table: &mut Table) {
    for dialect in registry::all() {
        let name = dialect.about().name;
        let golden = golden(name);
        let lines: Vec<Vec<u8>> = golden.iter().cycle().take(LINES).cloned().collect();
        measure(table, name, "golden lines", &lines);
    }
    let history = pbx::history(LINES);
    let lines: Vec<Vec<u8>> = history
        .split(|b| *b == b'\n')
        .map(|l| l.trim_ascii_end().to_vec())
        .collect();
    measure(table, "avaya-ip-office", "a day's lines", &lines);
}

fn measure(table: &mut Table, name: &str, which: &str, lines: &[Vec<u8>]) {
    let joined = lines.join(&b'\n');
    let split = best(|| {
        let mut lengths = 0;
        let mut begin = 0;
        for end in memchr::memchr_iter(b'\n', &joined) {
            lengths += black_box(&joined[begin..end]).len();
            begin = end + 1;
        }
        black_box(lengths);
    });
    let dialect = registry::by_name(name).unwrap();
    let received = date(2026, 10, 8).at(12, 0, 0, 0);
    let mut out = Vec::new();
    let parse = best(|| {
        let mut parser = dialect.parser(&Options::new()).unwrap();
        for (number, bytes) in (1..).zip(lines) {
            parser.line(
                Line {
                    number,
                    bytes,
                    received,
                },
                &mut out,
            );
            black_box(&out);
            out.clear();
        }
    });
    let per_line = |time: Duration| time.as_nanos() as f64 / lines.len() as f64;
    table.row(
        format!("parse {name}, {which}"),
        format!("{:.0} ns/line", per_line(parse)),
        &format!(
            "{:.1} × memchr split ({:.0} ns)",
            parse.as_secs_f64() / split.as_secs_f64(),
            per_line(split)
        ),
    );
}

fn best(mut pass: impl FnMut()) -> Duration {
    (0..PASSES)
        .map(|_| {
            let begun = Instant::now();
            pass();
            begun.elapsed()
        })
        .min()
        .unwrap()
}

fn golden(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let mut inputs: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    inputs.retain(|path| path.extension().is_some_and(|e| e == "in"));
    inputs.sort();
    let texts = inputs.iter().map(|path| fs::read(path).unwrap());
    texts
        .flat_map(|text| {
            text.split(|b| *b == b'\n')
                .map(|l| l.trim_ascii_end().to_vec())
                .collect::<Vec<_>>()
        })
        .filter(|line| !line.is_empty())
        .collect()
}
