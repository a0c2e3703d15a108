//! The register on a real file: what goes in, what becomes of it, what is mailed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod beside;
mod calls;
mod health;
mod lines;
mod mail;
mod properties;
mod recount;
mod replay;
pub(crate) mod script;
mod search;
mod shared;
mod threads;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::read::Reader;
use super::*;
use crate::case::{Case, Command};

pub(crate) const DIRECTORY: &str = r#"fallback = "li"
department = [
 {id="bureau", name="局机关", head="zhao", complaints=true},
 {id="permits", name="审批科", parent="bureau", head="li", phone="8020"} ]
person = [
 {id="wang", name="王芳", mail="wang@x.cn", department="permits", rank=3},
 {id="liu", name="刘洋", mail="liu@x.cn", department="permits"},
 {id="li", name="李强", mail="li@x.cn", department="permits", roles=["supervisor"]},
 {id="zhao", name="赵敏", mail="zhao@x.cn", department="bureau", roles=["manager"]} ]
holding = [ {ext="8021", person="wang"}, {ext="8022", person="liu"}, {ext="8023", person="li"}, {ext="8000", desk="front"} ]
desk = [ {id="front", department="permits", roster=[ {days="mon-fri", at="20:00-21:00", person="wang"} ]} ]
"#;

/// Open day and night, mail at any hour, a register deadline of two minutes.
pub(crate) const POLICY: &str = r#"mail.quiet="none", clock.floor="0s", clock.register="120s", opens.missed="count""#;

pub(crate) fn rules_of(directory: &str, policy: &str) -> Rules {
    let site = format!(
        r#"site = {{name="House", time_zone="Asia/Shanghai", country="CN", area_code="021"}}
directory = {{path="people.toml"}}
calendar = {{hours="24x7"}}
mail = {{transport="maildir:var/mail", from="fa@localhost", digest_window="60s"}}
policy = {{use="bureau", override={{{policy}}}}}
[[feed]]
name = "pbx"
tcp_listen = "127.0.0.1:2300"
dialect = "avaya-ip-office"
[[feed]]
name = "any"
tcp_listen = "127.0.0.1:2301"
dialect = "auto"
detect_lines = 3
[[feed]]
name = "script"
tcp_listen = "127.0.0.1:2302"
dialect = "auto"
"#
    );
    let files: BTreeMap<&str, &str> = [("etc/site.toml", site.as_str()), ("etc/people.toml", directory)].into();
    let loaded = crate::config::load_with(Path::new("etc/site.toml"), &|path| {
        let text = path.to_str().and_then(|path| files.get(path));
        text.map(|text| text.as_bytes().to_vec())
            .ok_or(std::io::ErrorKind::NotFound.into())
    });
    let mut rules = crate::daemon::rules(&loaded.unwrap_or_else(|problems| panic!("{problems}")));
    let script = rules.feeds.get_mut(&feed("script")).unwrap();
    script.dialect = "script".to_owned();
    rules
}

pub(crate) fn rules() -> Arc<Rules> {
    Arc::new(rules_of(DIRECTORY, POLICY))
}

pub(crate) fn feed(name: &str) -> FeedName {
    name.parse().unwrap()
}

/// `09:00:00` of Thursday 5 March 2026 in Shanghai.
pub(crate) fn t(clock: &str) -> Timestamp {
    format!("2026-03-05T{clock}+08:00").parse().unwrap()
}

pub(crate) fn line(text: &str, at: Timestamp) -> IncomingLine {
    kind(text, at, LineKind::Whole)
}

pub(crate) fn kind(text: &str, at: Timestamp, kind: LineKind) -> IncomingLine {
    IncomingLine {
        bytes: Bytes::copy_from_slice(text.as_bytes()),
        received_at: at,
        kind,
        continues: false,
    }
}

/// A line of IP Office: `start` as `09:00:00`.
pub(crate) fn ipo(id: u32, start: &str, ring: u32, talk: u32, ext: &str, more: bool) -> String {
    format!(
        "2026/03/05 {start},00:{:02}:{:02},{ring},13900000001,I,{ext},8020,,0,{id},{},E{ext},Extn{ext},T9001,Line 1.1,0,0",
        talk / 60,
        talk % 60,
        u8::from(more)
    )
}

/// A store with its folder and its clock.
pub(crate) struct House {
    pub(crate) dir: TempDir,
    pub(crate) store: Store,
    pub(crate) now: Timestamp,
    pub(crate) connection: i64,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(rules())
    }

    pub(crate) fn with(rules: Arc<Rules>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = t("08:00:00");
        let mut store = Store::open_for_serve(&dir.path().join("fa.db"), Arc::clone(&rules)).unwrap();
        store.adopt(rules, now).unwrap();
        let mut house = Self {
            dir,
            store,
            now,
            connection: 0,
        };
        house.connect("script");
        house
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("fa.db")
    }

    pub(crate) fn connect(&mut self, name: &str) -> i64 {
        let now = self.now;
        let opened = self
            .store
            .transact(|s| s.connection_opened(&feed(name), "10.0.0.1", now));
        self.connection = opened.unwrap();
        self.connection
    }

    /// As after a crash: the store is opened anew, nothing was closed.
    pub(crate) fn restart(&mut self) {
        self.restart_with(rules());
    }

    pub(crate) fn restart_with(&mut self, rules: Arc<Rules>) {
        self.store = Store::open_for_serve(&self.path(), Arc::clone(&rules)).unwrap();
        self.store.adopt(rules, self.now).unwrap();
    }

    pub(crate) fn take(&mut self, name: &str, lines: &[IncomingLine]) {
        let connection = self.connection;
        self.store
            .transact(|s| s.take_lines(&feed(name), connection, lines, true))
            .unwrap();
    }

    /// Lines of the script, received at `clock`.
    pub(crate) fn says(&mut self, clock: &str, lines: &[&str]) -> &mut Self {
        self.now = t(clock);
        let lines: Vec<IncomingLine> = lines.iter().map(|text| line(text, t(clock))).collect();
        self.take("script", &lines);
        self
    }

    pub(crate) fn tick(&mut self, clock: &str) -> &mut Self {
        self.now = t(clock);
        let now = self.now;
        while self.store.transact(|s| s.tick(now)).unwrap() {}
        self
    }

    pub(crate) fn change(&mut self, case: i64, command: &Command, person: &str) -> Result<Case, Error> {
        let who = Who {
            actor: crate::case::Actor::Person(person.parse().unwrap()),
            channel: "page",
            seen: None,
        };
        let now = self.now;
        self.store
            .transact(|s| s.change(CaseId::new(case), None, command, &who, now))
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.path()).unwrap()
    }

    pub(crate) fn case(&self, id: i64) -> Case {
        self.store.case(CaseId::new(id)).unwrap()
    }

    pub(crate) fn handler(&self, id: i64) -> String {
        self.case(id).handler.to_string()
    }

    pub(crate) fn cases(&self) -> usize {
        self.reader().cases(&read::Filter::default(), self.now).unwrap().len()
    }

    pub(crate) fn calls(&self) -> Vec<read::CallRow> {
        self.reader().calls(&read::Filter::default()).unwrap()
    }

    /// State, reason and raw text of each journal line.
    pub(crate) fn journal(&self) -> Vec<(LineState, Option<String>, String)> {
        let mut rows = Vec::new();
        self.reader()
            .journal(false, None, None, |row| {
                rows.push((row.state, row.reason, String::from_utf8(row.raw).unwrap()));
                Ok::<(), Error>(())
            })
            .unwrap();
        rows
    }

    pub(crate) fn states(&self) -> Vec<LineState> {
        self.journal().into_iter().map(|(state, ..)| state).collect()
    }

    pub(crate) fn feed_row(&self, name: &str) -> read::FeedRow {
        let feeds = self.reader().feeds().unwrap();
        feeds.into_iter().find(|row| row.name == name).unwrap()
    }

    /// A feed's counters agree with its journal.
    #[track_caller]
    pub(crate) fn count(&self, name: &str) {
        let row = self.feed_row(name);
        let mut found = [0; 6];
        self.reader()
            .journal(false, Some(name), None, |row| {
                found[row.state as usize] += 1;
                Ok::<(), Error>(())
            })
            .unwrap();
        let counted = [
            row.legs,
            row.skipped,
            row.duplicates,
            row.quarantined,
            row.partial,
            row.pending,
        ];
        assert_eq!(
            counted, found,
            "legs, skipped, duplicate, quarantined, partial, pending"
        );
        assert_eq!(row.lines, found.iter().sum::<i64>());
    }
}

/// Mail of a kind: the person, and each notice as `case rung`.
pub(crate) fn compose(order: &Order, _: &Rules) -> Result<Composed, String> {
    let Order::Reminder(draft) = order else {
        return Err("only reminders here".to_owned());
    };
    let told = draft.notices.iter().map(|n| format!("{} {}", n.case.id, n.rung));
    Ok(Composed {
        address: draft.address.clone(),
        subject: "s".to_owned(),
        message_id: format!("m{}@x.cn", draft.message),
        bytes: format!("{}: {}", draft.reader, told.collect::<Vec<_>>().join(", ")).into_bytes(),
    })
}

pub(crate) const MINUTE: SignedDuration = SignedDuration::from_mins(1);
