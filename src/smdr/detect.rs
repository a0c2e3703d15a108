//! Which dialect lines are of. Pure: the lines in, a verdict with its reason out.
//!
//! Each dialect scores each line that holds text; its score is the mean. The best one is taken if it reaches
//! [`THRESHOLD`] and leads the next by [`MARGIN`]: better no answer than a wrong one, since a feed that waits for its
//! dialect loses nothing, while wrong legs blame people.

use super::registry;

/// The mean that the best dialect must reach.
pub const THRESHOLD: f64 = 0.5;
/// How far it must lead the next.
pub const MARGIN: f64 = 0.1;

/// The verdict, as `detect --json` prints it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Detection {
    /// The dialect; `None`: unknown.
    pub dialect: Option<&'static str>,
    /// The best score, 0 to 1, whether it was enough or not.
    pub score: f64,
    /// The next dialect that saw anything of its own in the lines.
    pub runner_up: Option<&'static str>,
    /// Its score.
    pub runner_up_score: f64,
    /// How many lines were judged: those that hold text.
    pub lines: usize,
    /// The reason in words.
    pub why: String,
}

/// Judges lines without their ends.
pub fn detect(lines: &[&[u8]]) -> Detection {
    let lines: Vec<&[u8]> = lines.iter().copied().filter(|line| holds_text(line)).collect();
    let scores = registry::all()
        .iter()
        .map(|d| (mean(&lines, |line| d.score(line)), d.about().name));
    verdict(lines.len(), scores.collect())
}

fn verdict(lines: usize, mut scores: Vec<(f64, &'static str)>) -> Detection {
    scores.sort_by(|(a, a_name), (b, b_name)| b.total_cmp(a).then(a_name.cmp(b_name)));
    let mut seen = scores.into_iter().filter(|(score, _)| *score > 0.0);
    let best = seen.next();
    let next = seen.next();

    let score = best.map_or(0.0, |(score, _)| score);
    let runner_up_score = next.map_or(0.0, |(score, _)| score);
    let clear = score >= THRESHOLD && score - runner_up_score >= MARGIN;
    Detection {
        dialect: best.filter(|_| clear).map(|(_, name)| name),
        score,
        runner_up: next.map(|(_, name)| name),
        runner_up_score,
        lines,
        why: why(lines, best, next),
    }
}

fn holds_text(line: &[u8]) -> bool {
    line.iter().any(|b| *b > b' ' && *b != 0x7f)
}

/// To three decimals, as shown: what is compared is what is read.
fn mean(lines: &[&[u8]], score: impl Fn(&[u8]) -> f64) -> f64 {
    let sum: f64 = lines.iter().map(|line| score(line).clamp(0.0, 1.0)).sum();
    #[allow(clippy::cast_precision_loss)] // nobody judges 2^52 lines
    let mean = sum / lines.len().max(1) as f64;
    (mean * 1000.0).round() / 1000.0
}

fn counted(lines: usize) -> String {
    if lines == 1 {
        "1 line".to_owned()
    } else {
        format!("{lines} lines")
    }
}

fn why(lines: usize, best: Option<(f64, &str)>, next: Option<(f64, &str)>) -> String {
    if lines == 0 {
        return "no line holds text".to_owned();
    }
    let lines = counted(lines);
    let Some((score, name)) = best else {
        return format!("no dialect fits any of {lines}");
    };
    let behind = next.map_or("no other dialect fits any".to_owned(), |(s, n)| {
        format!("the next is {n} with {s}")
    });
    if score < THRESHOLD {
        format!("{name} fits best, but its mean of {score} over {lines} is below {THRESHOLD}; {behind}")
    } else if next.is_some_and(|(s, _)| score - s < MARGIN) {
        format!("{name} scores {score} over {lines}, but leads by less than {MARGIN}; {behind}")
    } else {
        format!("{name} scores {score} over {lines}; {behind}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = b"2008/06/28 09:28:41,00:00:00,9,8004206,I,4324,4324,,0,1000014155,0,E4324,Joe Bloggs,\
        T9161,LINE 5.1,0,0,,,,,,,,,,,,,";

    #[track_caller]
    fn check_unknown(text: &str) {
        let lines: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
        let found = detect(&lines);
        assert_eq!(found.dialect, None, "{found:?}");
        assert!(found.score < THRESHOLD, "{found:?}");
    }

    #[test]
    fn one_line_is_enough() {
        let found = detect(&[LINE]);
        assert_eq!((found.dialect, found.lines), (Some("avaya-ip-office"), 1));
        assert!(found.why.contains("over 1 line;"), "{}", found.why);
    }

    #[test]
    fn other_texts_are_unknown() {
        check_unknown("");
        check_unknown("\n  \n\u{1}\u{2}\n");
        check_unknown("Dear all,\nthe meeting, as said, is on Monday, in room 4, at 9.\nYours, J.\n");
        check_unknown("Oct 11 22:14:15 host sshd[421]: Accepted publickey for root from 10.0.0.7 port 4242 ssh2");
        check_unknown("10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a,b,c HTTP/1.0\" 200 2326");
        check_unknown("2024/01/01 10:00:00,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p");
        check_unknown(&",".repeat(40));
    }

    /// Ten of each, as such files go on: no count of lines makes them a call log.
    #[test]
    fn files_of_other_kinds_are_unknown() {
        let many = |line: &dyn Fn(u32) -> String| (0..10).map(|n| line(n) + "\n").collect::<String>();
        check_unknown(&many(&|n| {
            format!("<134>1 2026-03-05T09:{n:02}:00+08:00 gw app 77 ID47 - link eth{n} up, 1000 Mbit/s")
        }));
        check_unknown(&many(&|n| {
            format!("Mar  5 09:{n:02}:11 gw kernel: [ 12{n}.5] usb 1-{n}: new device, address 7")
        }));
        check_unknown(&many(&|n| {
            format!("10.0.0.{n} - admin [05/Mar/2026:09:{n:02}:44 +0800] \"POST /login HTTP/1.1\" 302 5{n}")
        }));
        check_unknown(&many(&|n| {
            format!(
                "{{\"time\":\"2026-03-05T09:{n:02}:00Z\",\"from\":\"802{n}\",\"to\":\"13800000000\",\"seconds\":{n}}}"
            )
        }));
        check_unknown(
            "date,item,price,quantity,customer\n2026-03-05,paper A4,21.50,12,8021\n2026-03-06,toner,310.00,1,8022\n",
        );
        check_unknown(&many(&|n| {
            format!("2026-03-05 09:{n:02}:00;8021;13800000000;00:0{n}:10;answered")
        }));
        check_unknown(&many(&|n| {
            format!("\"802{n}\",\"Wang\",\"2026-03-05\",\"09:00\",\"17:30\",\"late\"")
        }));
        check_unknown(&many(&|n| {
            format!("{n:>3}  Wang Fang            8021   08:{n:02}  17:30  present")
        }));
        check_unknown(
            "# Notes\n\n- call 8021 at 9:30\n- 3 of 4 lines were busy\n\nThe rest, as agreed, on 05/03/26.\n",
        );
        check_unknown(
            "\u{7f}ELF\u{2}\u{1}\u{1}\n\u{3}\u{0}>\u{0}\u{1}\n%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n",
        );
        check_unknown(&many(&|n| format!("{}{}", "%&x~".repeat(10), n)));
    }

    #[test]
    fn a_narrow_lead_is_no_verdict() {
        let narrow = verdict(9, vec![(0.85, "b"), (0.9, "a"), (0.0, "c")]);
        assert_eq!(
            (narrow.dialect, narrow.runner_up, narrow.runner_up_score),
            (None, Some("b"), 0.85)
        );
        assert_eq!(verdict(9, vec![(0.7, "b"), (0.9, "a")]).dialect, Some("a"));
        assert_eq!(verdict(9, vec![(0.49, "a")]).dialect, None);
    }

    #[test]
    fn noise_among_the_lines_is_borne_up_to_half() {
        assert_eq!(detect(&[LINE, b"\xff\xfe~~", LINE]).dialect, Some("avaya-ip-office"));
        assert_eq!(detect(&[LINE, b"\xff\xfe~~", b"=====", b"hello"]).dialect, None);
    }
}
