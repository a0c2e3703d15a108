//! Durations, hours, days, addresses: each form, and each refusal with its way out.

use jiff::civil::{Weekday, time};

use crate::calendar::Span::{self, Business, BusinessDays, Elapsed, EndOfDay};
use crate::config::hours::{daily, interval, intervals, watch, week_hours, weekdays};
use crate::config::load::Wrong;
use crate::config::spans::{signed_span, span};
use crate::config::values::{address, zone};

#[track_caller]
fn means(text: &str, expected: Span) {
    assert_eq!(span(text), Ok(expected), "{text}");
}

#[test]
fn durations_of_the_contract() {
    means("90s", Elapsed(90));
    means("30m", Elapsed(1_800));
    means("4h", Elapsed(14_400));
    means("0s", Elapsed(0));
    means("30 business minutes", Business(1_800));
    means("1 business minute", Business(60));
    means("4 business hours", Business(14_400));
    means("1 business hour", Business(3_600));
    means("2 business days", BusinessDays(2));
    means("1 business day", BusinessDays(1));
    means("end of day", EndOfDay);
    assert_eq!(signed_span("-1 business day"), Ok(BusinessDays(-1)));
    assert_eq!(signed_span("-30m"), Ok(Elapsed(-1_800)));
}

#[track_caller]
fn refused(text: &str, reason: &str, way_out: &str) {
    let wrong = span(text).expect_err(text);
    assert!(wrong.reason.contains(reason), "{text}: {}", wrong.reason);
    assert!(wrong.way_out.contains(way_out), "{text}: {}", wrong.way_out);
}

#[test]
fn durations_that_are_none() {
    refused("2d", "no duration", "\"48h\"");
    refused("2 days", "no duration", "\"2 business days\"");
    refused("4 hours", "no duration", "\"4h\"");
    refused("60", "no duration", "\"60s\"");
    refused("1.5h", "no whole number", "\"90m\"");
    refused("-1 business day", "negative", "minus");
    refused("5 business weeks", "`weeks` is no unit", "days");
    refused("99999999999999999999 business days", "longer than ten years", "shorter");
    refused("9223372036854775807h", "longer than ten years", "shorter");
    refused("soon", "no duration", "\"end of day\"");
    refused("", "no duration", "\"90s\"");
}

fn reasons<T>(result: Result<T, Vec<Wrong>>) -> Vec<String> {
    let wrongs = result.err().unwrap_or_default();
    wrongs.into_iter().map(|wrong| wrong.reason).collect()
}

#[test]
fn a_watch_may_run_over_midnight() {
    assert_eq!(watch("08:30-12:00"), Ok((time(8, 30, 0, 0), time(12, 0, 0, 0))));
    assert_eq!(watch("20:00-08:00"), Ok((time(20, 0, 0, 0), time(8, 0, 0, 0))));
    assert_eq!(watch("08:00-08:00"), Ok((time(8, 0, 0, 0), time(8, 0, 0, 0))));
    assert_eq!(watch("20:00-24:00"), Ok((time(20, 0, 0, 0), time(0, 0, 0, 0))));
    for text in ["20:00", "24:00-08:00", "20:00-25:00"] {
        assert!(watch(text).is_err(), "{text}");
    }
}

#[test]
fn intervals_lie_within_a_day() {
    assert_eq!(interval("09:00-12:00"), Ok((time(9, 0, 0, 0), time(12, 0, 0, 0))));
    assert_eq!(interval("20:00-24:00"), Ok((time(20, 0, 0, 0), time(0, 0, 0, 0))));
    assert_eq!(interval("00:00-24:00"), Ok((time(0, 0, 0, 0), time(0, 0, 0, 0))));
    for (text, reason) in [
        ("12:00-09:00", "runs backwards"),
        ("09:00-09:00", "runs backwards"),
        ("24:00-24:00", "no time of day"),
        ("09:00", "no interval"),
        ("9-12", "no time of day"),
        ("25:00-26:00", "no time of day"),
        ("09:60-12:00", "no time of day"),
        ("+9:00-12:00", "no time of day"),
    ] {
        assert!(
            interval(text).is_err_and(|wrong| wrong.reason.contains(reason)),
            "{text}"
        );
    }
    assert_eq!(
        reasons(intervals("09:00-12:00 11:59-13:00")),
        ["09:00-12:00 and 11:59-13:00 overlap"]
    );
    assert_eq!(
        reasons(intervals("09:00-24:00 23:00-23:30")),
        ["09:00-24:00 and 23:00-23:30 overlap"]
    );
    assert_eq!(
        reasons(intervals("9-12 13:00-12:00")),
        ["`9` is no time of day", "`13:00-12:00` runs backwards"]
    );
    // Half-open: what touches does not overlap.
    assert_eq!(intervals("12:00-13:00 09:00-12:00").map(|list| list.len()), Ok(2));
    assert_eq!(daily("20:00-08:00"), Ok((time(20, 0, 0, 0), time(8, 0, 0, 0))));
    assert!(daily("08:00-08:00").is_err());
}

#[test]
fn weeks_in_words() {
    use Weekday::{Friday, Monday, Saturday, Sunday, Wednesday};
    assert_eq!(weekdays("mon,wed"), Ok(vec![Monday, Wednesday]));
    assert_eq!(weekdays("fri-mon"), Ok(vec![Monday, Friday, Saturday, Sunday]));
    assert!(weekdays("mon-fry").is_err_and(|wrong| wrong.reason.contains("`fry`")));
    let hours = week_hours("mon-fri 09:00-12:00 13:30-17:30; sat 09:00-12:00").unwrap();
    assert_eq!(hours.days.each_ref().map(Vec::len), [2, 2, 2, 2, 2, 1, 0]);
    assert_eq!(week_hours("24x7").unwrap().days.each_ref().map(Vec::len), [1; 7]);
    for (text, expected) in [
        ("mon-fri", vec!["days without hours"]),
        ("09:00-12:00", vec!["`09:00-12:00` has no days before it"]),
        (
            "mon-fri 09:00-12:00; wed 11:00-13:00",
            vec!["wed: 09:00-12:00 and 11:00-13:00 overlap"],
        ),
        // Everything at once.
        (
            "mon-fri 12:00-09:00 sat 9-10 son 10:00-11:00 sun",
            vec![
                "`12:00-09:00` runs backwards",
                "`9` is no time of day",
                "`son` is no day of the week",
                "days without hours",
            ],
        ),
    ] {
        assert_eq!(reasons(week_hours(text)), expected, "{text}");
    }
}

#[test]
fn zones_and_addresses() {
    let way_out = |text| crate::config::site::socket(text).err().map(|wrong| wrong.way_out);
    assert_eq!(
        way_out("127.0.0.1:99999").as_deref(),
        Some("ports are 1 to 65535: \"127.0.0.1:8080\"")
    );
    assert_eq!(way_out("127.0.0.1:65535"), None);
    assert_eq!(zone("Asia/Shanghai").unwrap().iana_name(), Some("Asia/Shanghai"));
    assert_eq!(
        zone("Asia/Shangai").unwrap_err().way_out,
        "did you mean `Asia/Shanghai`?"
    );
    for good in ["fa@localhost", "wang@x.cn", "first.answer+x@mail.example.org"] {
        assert!(address(good).is_ok(), "{good}");
    }
    for bad in [
        "fa",
        "@x.cn",
        "fa@",
        "a..b@x.cn",
        "a b@x.cn",
        "fa@-x.cn",
        "fa@x..cn",
        "Wang <wang@x.cn>",
    ] {
        assert!(address(bad).is_err(), "{bad}");
    }
}
