//! End-to-end tests: what a user would do with the real program, and what must hold while they do it.
//!
//! - [`house`] starts the program in a temporary folder; [`pbx`] is the switch, [`http`] the browser, [`mailbox`] the
//!   mailbox, [`post`] and [`sink`] the mail servers, [`serial`] a serial cable.
//! - `scenarios_*`: lines in, cases out. Expected values are worked out by hand from the rules.
//! - `reloads`: what a reload does to feeds. `replays`: what a switch sends again after a reconnect.
//! - `faults_*`: one test per promised fault; the name carries its number (`docs/faults.md`).
//! - `cheap_mistakes`: what such systems get wrong.
//! - `service`: installed on a Debian 12 of its own ([`machine`]); `steps`: the README's steps, on another.
//! - `commands`, `listen_raw`: what scripts rely on. `threats`: what an attacker tries. `docs`, [`fences`]: what the documents say, run or
//!   looked up. `supply`: what the program is made of. `house_rules`: who may know whom. `fortnight`: an office's two weeks, recounted by another program. `fuzz`: what no
//!   bytes may do to a parser.
//!
//! **Not here**: what one room can show alone stands beside its code.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod backup;
mod broken_disk;
mod cheap_mistakes;
mod commands;
mod docs;
mod faults_calendar;
mod faults_damage;
mod faults_disk;
mod faults_feed;
mod faults_io;
mod faults_mail;
mod faults_mailer;
mod faults_store;
mod faults_time;
mod faults_ways;
mod fences;
mod fortnight;
mod fuzz;
mod house;
mod house_rules;
mod http;
mod listen_raw;
mod machine;
mod mailbox;
mod manager;
mod pages;
mod pbx;
mod pictures;
mod post;
mod privacy;
mod reloads;
mod replays;
mod report;
mod scenarios_answer;
mod scenarios_case;
mod scenarios_clock;
mod scenarios_dialects;
mod scenarios_life;
mod scenarios_page;
mod serial;
mod service;
mod sink;
mod steps;
mod supply;
mod threats;
