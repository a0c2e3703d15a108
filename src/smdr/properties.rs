//! What holds for every dialect, whatever the bytes.

use jiff::civil::date;
use proptest::prelude::*;

use super::{Dialect, Line, Options, Parsed, golden, registry};

/// A line: noise, or a golden one with some bytes changed, cut or doubled.
fn any_line() -> impl Strategy<Value = Vec<u8>> {
    let golden: Vec<Vec<u8>> = registry::all()
        .iter()
        .flat_map(|d| golden::inputs(d.about().name))
        .flat_map(|file| golden::lines(&file))
        .map(|line| line.to_vec())
        .collect();
    let bent = (
        proptest::sample::select(golden),
        any::<[(prop::sample::Index, u8); 3]>(),
        0usize..4,
        0usize..400,
    );
    let bent = bent.prop_map(|(mut line, bytes, changes, cut)| {
        for (at, byte) in bytes.iter().take(changes) {
            if !line.is_empty() {
                let at = at.index(line.len());
                line[at] = *byte;
            }
        }
        line.truncate(cut);
        line
    });
    prop_oneof![4 => bent, 1 => proptest::collection::vec(any::<u8>(), 0..300)]
}

proptest! {
    #[test]
    fn f25_every_line_comes_out_once_and_nothing_panics(
        lines in proptest::collection::vec(any_line(), 0..8),
        seconds in any::<i64>(),
    ) {
        for dialect in registry::all() {
            let Ok(mut parser) = dialect.parser(&Options::new()) else { panic!("no options must do") };
            let mut out = Vec::new();
            for (number, bytes) in (1..).zip(&lines) {
                let score = dialect.score(bytes);
                prop_assert!((0.0..=1.0).contains(&score), "{score}");
                let _ = dialect.shifted(bytes, seconds);
                parser.line(Line { number, bytes, received: date(2026, 3, 5).at(12, 0, 0, 0) }, &mut out);
            }
            parser.flush(&mut out);
            check_accounted(&lines, &out)?;
        }
    }
}

/// Legs may share lines; skipped and unparsed lines are in nothing else.
fn check_accounted(lines: &[Vec<u8>], out: &[Parsed]) -> Result<(), TestCaseError> {
    let mut in_legs = vec![0; lines.len() + 1];
    let mut alone = in_legs.clone();
    for parsed in out {
        match parsed {
            Parsed::Leg(leg) => {
                prop_assert_eq!(leg.lines, leg.line_numbers.len() as u64);
                prop_assert_eq!(Some(&leg.line), leg.line_numbers.first());
                leg.line_numbers.iter().for_each(|n| in_legs[*n as usize] += 1);
            }
            Parsed::Skipped { line, .. } => alone[*line as usize] += 1,
            Parsed::Unparsed { line, column, .. } => {
                let length = lines[*line as usize - 1].len();
                prop_assert!((1..=length + 1).contains(column), "column {} of {}", column, length);
                alone[*line as usize] += 1;
            }
        }
    }
    for number in 1..=lines.len() {
        let once = if in_legs[number] > 0 {
            alone[number] == 0
        } else {
            alone[number] == 1
        };
        prop_assert!(
            once,
            "line {number}: {:?}",
            lines[number - 1].escape_ascii().to_string()
        );
    }
    Ok(())
}

/// F9: whatever byte of a golden line is altered, the line is not parsed, or only what `may_change` names for that
/// place differs. Returns how many altered lines were parsed.
pub fn check_altered(dialect: &dyn Dialect, may_change: impl Fn(&[u8], usize) -> Vec<&'static str>) -> usize {
    let leg = |line: &[u8]| -> Option<serde_json::Value> {
        let Ok(mut parser) = dialect.parser(&Options::new()) else {
            panic!("no options must do")
        };
        let mut out = Vec::new();
        let received = date(2026, 3, 5).at(12, 0, 0, 0);
        parser.line(
            Line {
                number: 1,
                bytes: line,
                received,
            },
            &mut out,
        );
        parser.flush(&mut out);
        match out.pop() {
            Some(Parsed::Leg(leg)) => serde_json::to_value(leg).ok(),
            _ => None,
        }
    };
    let files = golden::inputs(dialect.about().name);
    let mut parsed = 0;
    for line in files.iter().flat_map(|file| golden::lines(file)) {
        let Some(before) = leg(&line) else { continue };
        for at in 0..line.len() {
            for byte in *b"|,9x I:\0\xff\x07" {
                let mut altered = line.to_vec();
                altered[at] = byte;
                let Some(after) = leg(&altered) else { continue };
                parsed += 1;
                let allowed = may_change(&line, at);
                for (key, value) in before.as_object().into_iter().flatten() {
                    assert!(
                        allowed.contains(&key.as_str()) || after[key] == *value,
                        "{key} of {}: {value} became {}",
                        altered.escape_ascii(),
                        after[key]
                    );
                }
            }
        }
    }
    parsed
}
