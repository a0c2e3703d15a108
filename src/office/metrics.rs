//! The figures of the house in Prometheus's text form.
//!
//! **Not here**: where they are asked for ([`crate::web`]).

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;

use crate::register::gauges::Gauges;

/// What is measured.
#[derive(Debug, Clone)]
pub(super) struct Metrics {
    /// Of the database.
    pub(super) gauges: Gauges,
    /// By the site's clock.
    pub(super) now: Timestamp,
    /// Commits of the daemon.
    pub(super) commits: u64,
    /// Time they took.
    pub(super) busy: Duration,
    /// Times that the writer waited for the database.
    pub(super) waits: u64,
    /// Commits that took a second or more.
    pub(super) slow: u64,
    /// Bytes left on the disk, if that can be told.
    pub(super) free: Option<u64>,
    /// Length of the database file.
    pub(super) database: u64,
    /// Length of its write-ahead log.
    pub(super) log: u64,
}

/// The text as it grows.
struct Page(String);

impl Page {
    /// A family: name, kind, what it is, and its values with their labels.
    fn family(&mut self, name: &str, kind: &str, help: &str, values: &[(&[(&str, &str)], f64)]) {
        if values.is_empty() {
            return;
        }
        // Writing into a String can't fail.
        let _ = writeln!(
            self.0,
            "# HELP firstanswer_{name} {help}\n# TYPE firstanswer_{name} {kind}"
        );
        for (labels, value) in values {
            let labels: Vec<String> = labels
                .iter()
                .map(|(name, text)| format!("{name}=\"{}\"", escaped(text)))
                .collect();
            let labels = if labels.is_empty() {
                String::new()
            } else {
                format!("{{{}}}", labels.join(","))
            };
            let _ = writeln!(self.0, "firstanswer_{name}{labels} {value}");
        }
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.family(name, "gauge", help, &[(&[], value)]);
    }

    fn counter(&mut self, name: &str, help: &str, value: f64) {
        self.family(name, "counter", help, &[(&[], value)]);
    }
}

/// Reads a count off a feed's row.
type CountOf = fn(&crate::register::read::FeedRow) -> i64;

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

impl Metrics {
    /// In Prometheus's text form.
    pub(super) fn text(&self) -> String {
        let mut page = Page(String::new());
        let version = env!("CARGO_PKG_VERSION");
        page.family("build_info", "gauge", "The program.", &[(&[("version", version)], 1.0)]);
        self.feeds(&mut page);
        let Gauges {
            cases_open,
            cases_overdue,
            notices_waiting,
            mails_waiting,
            mails_failed,
            mail_held,
            alarms,
            ..
        } = &self.gauges;
        page.gauge("cases_open", "Open cases.", *cases_open as f64);
        page.gauge(
            "cases_overdue",
            "Open cases with a deadline that has passed.",
            *cases_overdue as f64,
        );
        page.gauge(
            "notices_waiting",
            "Notices that no mail carries yet.",
            *notices_waiting as f64,
        );
        page.gauge(
            "mails_waiting",
            "Mails to be sent or tried again.",
            *mails_waiting as f64,
        );
        page.gauge(
            "mails_failed",
            "Mails given up, until outbox retry.",
            *mails_failed as f64,
        );
        page.gauge(
            "mail_held",
            "1 while all mail is held until outbox retry.",
            f64::from(*mail_held),
        );
        let labels: Vec<[(&str, &str); 1]> = alarms.iter().map(|key| [("alarm", key.as_str())]).collect();
        let standing: Vec<(&[(&str, &str)], f64)> = labels.iter().map(|label| (label.as_slice(), 1.0)).collect();
        page.family("alarm", "gauge", "An alarm that stands.", &standing);
        page.gauge("alarms", "How many alarms stand.", alarms.len() as f64);
        page.counter("commits_total", "Transactions of the daemon.", self.commits as f64);
        page.counter(
            "slow_commits_total",
            "Commits that took the disk a second or more.",
            self.slow as f64,
        );
        page.counter(
            "commit_seconds_total",
            "Time they took, syncs included.",
            self.busy.as_secs_f64(),
        );
        page.counter(
            "writer_waits_total",
            "Looks at a database that could not be written.",
            self.waits as f64,
        );
        page.gauge("database_bytes", "Length of the database.", self.database as f64);
        page.gauge("log_bytes", "Length of its write-ahead log.", self.log as f64);
        if let Some(free) = self.free {
            page.gauge("disk_free_bytes", "Room left on its disk.", free as f64);
        }
        page.0
    }

    fn feeds(&self, page: &mut Page) {
        let feeds = &self.gauges.feeds;
        let labels: Vec<[(&str, &str); 1]> = feeds.iter().map(|feed| [("feed", feed.name.as_str())]).collect();
        let mut family = |name: &str, kind: &str, help: &str, of: &dyn Fn(usize) -> Option<f64>| {
            let values: Vec<(&[(&str, &str)], f64)> = labels
                .iter()
                .enumerate()
                .filter_map(|(n, label)| of(n).map(|value| (label.as_slice(), value)))
                .collect();
            page.family(name, kind, help, &values);
        };
        let counters: [(&str, &str, CountOf); 7] = [
            ("feed_lines_total", "Raw lines received.", |feed| feed.lines),
            ("feed_legs_total", "Legs read from them.", |feed| feed.legs),
            ("feed_skipped_total", "Lines that tell of no call.", |feed| feed.skipped),
            ("feed_quarantined_total", "Lines that could not be read.", |feed| {
                feed.quarantined
            }),
            ("feed_duplicates_total", "Lines that the switch sent again.", |feed| {
                feed.duplicates
            }),
            (
                "feed_lost_bytes_total",
                "Bytes of a serial line that came too fast.",
                |feed| i64::try_from(feed.faults.lost_bytes).unwrap_or(i64::MAX),
            ),
            ("feed_partial_total", "Lines cut off by their connection.", |feed| {
                feed.partial
            }),
        ];
        for (name, help, of) in counters {
            family(name, "counter", help, &|n| Some(of(&feeds[n]) as f64));
        }
        family("feed_pending", "gauge", "Lines that wait for a decision.", &|n| {
            Some(feeds[n].pending as f64)
        });
        family("feed_connections", "gauge", "Open connections.", &|n| {
            Some(feeds[n].connections as f64)
        });
        family("feed_last_line_age_seconds", "gauge", "Since the last line.", &|n| {
            let at = feeds[n].last_line_at?;
            Some(self.now.duration_since(at).as_secs_f64().max(0.0))
        });
        family(
            "feed_drift_seconds",
            "gauge",
            "The switch's clock: receipt minus end stamp.",
            &|n| feeds[n].drift_seconds.map(|seconds| seconds as f64),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::read::FeedRow;

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let now = Timestamp::UNIX_EPOCH;
        let feed = FeedRow {
            name: "pbx".to_owned(),
            dialect: None,
            lines: 12,
            legs: 9,
            skipped: 1,
            quarantined: 2,
            partial: 0,
            pending: 0,
            duplicates: 0,
            last_line_at: Some(now - jiff::SignedDuration::from_secs(90)),
            drift_seconds: None,
            connections: 1,
            now: None,
            faults: crate::register::PortFaults {
                lost_bytes: 5,
                ..Default::default()
            },
        };
        let metrics = Metrics {
            gauges: Gauges {
                cases_open: 7,
                cases_overdue: 3,
                notices_waiting: 0,
                mails_waiting: 1,
                mails_failed: 0,
                mail_held: true,
                alarms: vec!["feed_silent:\"a\"".to_owned()],
                feeds: vec![feed],
            },
            now,
            commits: 40,
            busy: Duration::from_millis(1500),
            waits: 0,
            slow: 0,
            free: None,
            database: 4096,
            log: 0,
        };
        let text = metrics.text();
        for line in [
            "# TYPE firstanswer_feed_lines_total counter",
            "firstanswer_feed_lines_total{feed=\"pbx\"} 12",
            "firstanswer_feed_quarantined_total{feed=\"pbx\"} 2",
            "firstanswer_feed_last_line_age_seconds{feed=\"pbx\"} 90",
            "firstanswer_feed_lost_bytes_total{feed=\"pbx\"} 5",
            "firstanswer_cases_overdue 3",
            "firstanswer_mail_held 1",
            "firstanswer_alarm{alarm=\"feed_silent:\\\"a\\\"\"} 1",
            "firstanswer_commit_seconds_total 1.5",
        ] {
            assert!(text.lines().any(|l| l == line), "lacks `{line}`:\n{text}");
        }
        assert!(!text.contains("drift"), "what is not known is not told");
        assert!(!text.contains("disk_free"));
    }
}
