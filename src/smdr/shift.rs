//! Moves a whole log in time, so that an old one can be played as if it came today. Pure.

use jiff::civil::DateTime;

use super::{Line, OptionError, Options, Parsed, registry};

/// How many seconds to add to every stamp of `lines` so that the last call of them ends at `now`, which is wall time
/// of the switch. `None` if no line is a call, or there is no such dialect.
///
/// # Errors
/// An option that the dialect does not take.
pub fn seconds_to(
    dialect: &str,
    options: &Options,
    lines: &[&[u8]],
    now: DateTime,
) -> Result<Option<i64>, OptionError> {
    let Some(dialect) = registry::by_name(dialect) else {
        return Ok(None);
    };
    let mut parser = dialect.parser(options)?;
    let mut parsed = Vec::new();
    for (number, bytes) in (1..).zip(lines) {
        parser.line(
            Line {
                number,
                bytes,
                received: now,
            },
            &mut parsed,
        );
    }
    parser.flush(&mut parsed);
    let behind = parsed.iter().filter_map(|p| match p {
        Parsed::Leg(leg) => {
            let busy = leg
                .ring_seconds
                .unwrap_or(0)
                .saturating_add(leg.talk_seconds.unwrap_or(0));
            let since_start = now.duration_since(leg.start.at).as_secs();
            Some(since_start.saturating_sub(busy))
        }
        Parsed::Skipped { .. } | Parsed::Unparsed { .. } => None,
    });
    Ok(behind.min())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_last_call_ends_now() {
        let lines: [&[u8]; 2] = [
            b"2026/03/02 09:15:00,00:01:30,10,7,O,8,8,,1,1,0,E7,A,E8,B",
            b"2026/03/02 09:10:00,00:00:30,10,7,O,8,8,,1,2,0,E7,A,E8,B",
        ];
        let now = date(2026, 3, 3).at(9, 16, 41, 0);
        let seconds = |lines: &[&[u8]]| seconds_to("avaya-ip-office", &Options::new(), lines, now).unwrap();
        assert_eq!(seconds(&lines), Some(86_401));
        assert_eq!(seconds(&[b"nothing"]), None);
    }
}
