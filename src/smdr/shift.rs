//! Moves a whole log in time, so that an old one can be played as if it came today. Pure.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Line, OptionError, Options, Parsed, registry};

/// How many seconds to add to every stamp of `lines` so that the last call of them ends `now` by the clock of
/// the switch's zone; stamps of a format that prints another zone are held against that one's clock. `None` if no line is a call, or there is no such dialect.
///
/// # Errors
/// An option that the dialect does not take.
pub fn seconds_to(
    dialect: &str,
    options: &Options,
    lines: &[&[u8]],
    now: Timestamp,
    zone: &TimeZone,
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
                received: zone.to_datetime(now),
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
            let wall = leg
                .start
                .offset
                .map_or_else(|| zone.to_datetime(now), |o| o.to_datetime(now));
            let since_start = wall.duration_since(leg.start.at).as_secs();
            Some(since_start.saturating_sub(busy))
        }
        Parsed::Skipped { .. } | Parsed::Unparsed { .. } => None,
    });
    Ok(behind.min())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::civil::{DateTime, date};

    use super::*;

    #[test]
    fn the_last_call_ends_now() {
        let lines: [&[u8]; 2] = [
            b"2026/03/02 09:15:00,00:01:30,10,7,O,8,8,,1,1,0,E7,A,E8,B",
            b"2026/03/02 09:10:00,00:00:30,10,7,O,8,8,,1,2,0,E7,A,E8,B",
        ];
        let now = date(2026, 3, 3).at(9, 16, 41, 0);
        let seconds = |lines: &[&[u8]]| shanghai("avaya-ip-office", lines, now);
        assert_eq!(seconds(&lines), Some(86_401));
        assert_eq!(seconds(&[b"nothing"]), None);
    }

    #[test]
    fn stamps_in_utc_are_moved_to_now_in_utc() {
        // 3CX prints UTC: 07:53:11 there is 15:53:11 on the wall in Shanghai; 31 s until the answer, 56 s of talk.
        let line = b"Call 23193,00000172FF10D141_4445,00:00:56,2020/06/29 07:53:11,2020/06/29 07:53:42,\
            2020/06/29 07:54:39,TerminatedByDst,Ext.114,0155500001,114,10001,0155500001,,,,,1,0.95,default,\
            Chain: Ext.114;0155500001;";
        let now = date(2020, 6, 29).at(15, 54, 48, 0);
        assert_eq!(shanghai("3cx", &[line], now), Some(10));
    }

    fn shanghai(dialect: &str, lines: &[&[u8]], now: DateTime) -> Option<i64> {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let now = zone.to_timestamp(now).unwrap();
        seconds_to(dialect, &Options::new(), lines, now, &zone).unwrap()
    }
}
