//! Files, database, disk, clock, calendar, alarms.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use super::Visit;
use crate::config::{MailTransport, SecretFrom, Transport};
use crate::directory::Lang;
use crate::register::read::Reader;
use crate::register::{Alarm, Error, check, room, spill};
use crate::remind::note;

/// Days before the end of the calendar that are worth a note.
const CALENDAR_DAYS: i32 = 60;

/// Less room than this is worth a note.
const LITTLE_ROOM: u64 = 1 << 30;

/// The configuration is read already; who else can read the passwords?
pub(super) fn files(visit: &mut Visit<'_>) {
    let config = &visit.loaded.config;
    let (people, numbers) = (
        visit.loaded.directory.people.len(),
        visit.loaded.directory.holdings.len(),
    );
    visit.ok(
        "config",
        visit
            .say
            .doc_config(visit.cli.config.display(), people, numbers, config.feeds.len()),
    );
    let mut passwords = Vec::new();
    if let MailTransport::Smtp(server) = &config.mail.transport {
        passwords.extend(
            server
                .login
                .as_ref()
                .map(|login| ("mail".to_owned(), login.password.clone())),
        );
    }
    for feed in &config.feeds {
        if let Transport::TcpConnect { login: Some(login), .. } = &feed.transport {
            passwords.push((format!("feed {}", feed.name), login.login.password.clone()));
        }
    }
    for (whose, from) in passwords {
        let SecretFrom::File(path) = from else { continue };
        password(visit, &format!("password of {whose}"), &path);
    }
}

fn password(visit: &mut Visit<'_>, check: &str, path: &Path) {
    let shown = path.display();
    match fs::metadata(path) {
        Err(error) => visit.wrong(check, format!("{shown}: {error}"), visit.say.doc_password_way_out()),
        Ok(file) if file.mode() & 0o007 != 0 => {
            visit.wrong(check, visit.say.doc_password_open(&shown), format!("chmod o= {shown}"))
        }
        Ok(_) => visit.ok(check, visit.say.doc_closed(&shown)),
    }
}

/// Lines that came while the database was damaged.
pub(super) fn spill(visit: &mut Visit<'_>) {
    const CHECK: &str = "spill";
    let path = &visit.loaded.config.store;
    let file = spill::path_of(path);
    let (lines, since) = match spill::waiting(path) {
        Ok(None) => return,
        Ok(Some(waiting)) => waiting,
        Err(error) => return visit.wrong(CHECK, error.to_string(), visit.say.doc_spill_read()),
    };
    let text = match since {
        Some(at) => {
            let at = visit.loaded.config.site.time_zone.to_datetime(at);
            visit
                .say
                .doc_spill_since(file.display(), lines, at.strftime("%Y-%m-%d %H:%M"))
        }
        None => visit.say.doc_spill(file.display(), lines),
    };
    let way_out = if visit.running {
        visit.say.doc_spill_running()
    } else {
        visit.say.doc_spill_stopped()
    };
    visit.wrong(CHECK, text, way_out);
}

/// Is it there, ours, whole, and nobody else's to read?
pub(super) fn database(visit: &mut Visit<'_>) {
    const CHECK: &str = "database";
    let path = &visit.loaded.config.store;
    let shown = path.display().to_string();
    match Reader::open(path) {
        Ok(reader) => visit.reader = Some(reader),
        Err(Error::Missing { .. }) => {
            visit.note(
                CHECK,
                visit.say.doc_database_none(&shown),
                visit.say.doc_database_none_way_out(),
            );
            return;
        }
        Err(error) => {
            visit.wrong(CHECK, error.to_string(), visit.say.doc_database_shut());
            return;
        }
    }
    match check::all(path) {
        Ok(()) if check::is_suspect(path) => visit.note(
            CHECK,
            visit.say.doc_database_suspect(&shown),
            visit.say.doc_database_suspect_way_out(),
        ),
        Ok(()) => visit.ok(CHECK, visit.say.doc_database_whole(&shown)),
        Err(error) => visit.wrong(CHECK, error.to_string(), visit.say.doc_database_restore()),
    }
    access(visit, path);
    if !visit.running {
        visit.note("daemon", visit.say.doc_daemon_stopped(), visit.say.doc_daemon_start());
    } else {
        visit.ok("daemon", visit.say.doc_daemon_runs());
    }
}

fn access(visit: &mut Visit<'_>, path: &Path) {
    const CHECK: &str = "access";
    let Ok(file) = fs::metadata(path) else { return };
    let shown = path.display();
    if file.mode() & 0o004 != 0 && open_to_all(path) {
        visit.wrong(CHECK, visit.say.doc_access_open(&shown), format!("chmod o= {shown}"));
    } else {
        visit.ok(CHECK, visit.say.doc_closed(&shown));
    }
    for more in ["-wal", "-shm", ".lock"] {
        let mut other = path.file_name().unwrap_or_default().to_owned();
        other.push(more);
        let other = path.with_file_name(other);
        if fs::metadata(&other).is_ok_and(|o| o.uid() != file.uid()) {
            visit.wrong(
                CHECK,
                visit.say.doc_access_other(other.display()),
                format!("chown --reference={shown} {}", other.display()),
            );
        }
    }
}

/// Every folder above lets others pass.
fn open_to_all(path: &Path) -> bool {
    let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    whole
        .ancestors()
        .skip(1)
        .all(|folder| fs::metadata(folder).is_ok_and(|folder| folder.mode() & 0o001 != 0))
}

/// Is there room?
pub(super) fn disk(visit: &mut Visit<'_>) {
    const CHECK: &str = "disk";
    let path = &visit.loaded.config.store;
    let megabytes = |bytes: u64| bytes >> 20;
    match room::free(path) {
        Err(error) => visit.wrong(
            CHECK,
            visit.say.doc_disk_folder(path.display(), error),
            visit.say.doc_disk_folder_way_out(),
        ),
        Ok(free) if free < 2 * room::KEPT => visit.wrong(
            CHECK,
            visit.say.doc_disk_none(megabytes(free)),
            visit.say.doc_disk_none_way_out(),
        ),
        Ok(free) if free < LITTLE_ROOM => {
            visit.note(
                CHECK,
                visit.say.doc_disk_left(megabytes(free)),
                visit.say.doc_disk_little_way_out(),
            );
        }
        Ok(free) => visit.ok(CHECK, visit.say.doc_disk_left(megabytes(free))),
    }
    let log = room::log_length(path);
    if log > room::LOG_LIMIT {
        let who: Vec<String> = room::who_reads(path).iter().map(u32::to_string).collect();
        visit.wrong(
            CHECK,
            visit.say.doc_log_grown(megabytes(log)),
            visit.say.doc_log_way_out(who.join(", ")),
        );
    }
}

/// Is the machine's clock kept right?
pub(super) fn clock(visit: &mut Visit<'_>) {
    const CHECK: &str = "clock";
    let asked = Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .output();
    let said = asked.ok().filter(|asked| asked.status.success());
    match said
        .map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned())
        .as_deref()
    {
        Some("yes") => visit.ok(CHECK, visit.say.doc_clock_set()),
        Some("no") => visit.wrong(CHECK, visit.say.doc_clock_unset(), visit.say.doc_clock_unset_way_out()),
        _ => visit.note(
            CHECK,
            visit.say.doc_clock_unknown(),
            visit.say.doc_clock_unknown_way_out(),
        ),
    }
}

/// Does the calendar still know the holidays?
pub(super) fn calendar(visit: &mut Visit<'_>) {
    const CHECK: &str = "calendar";
    let calendar = &visit.loaded.calendar;
    let zone = &visit.loaded.config.site.time_zone;
    let clock = visit.reader.as_ref().and_then(|reader| reader.clock().ok());
    let today = zone
        .to_datetime(clock.unwrap_or(crate::clock::Clock::Real).now())
        .date();
    let way_out = visit.say.doc_calendar_way_out();
    match calendar.known_until {
        None => visit.ok(CHECK, visit.say.doc_calendar_plain(&calendar.id)),
        Some(until) if until < today => {
            visit.wrong(CHECK, visit.say.doc_calendar_ends(&calendar.id, until), way_out);
        }
        Some(until) if (until - today).get_days() < CALENDAR_DAYS => {
            visit.note(CHECK, visit.say.doc_calendar_ends(&calendar.id, until), way_out);
        }
        Some(until) => visit.ok(CHECK, visit.say.doc_calendar_known(&calendar.id, until)),
    }
}

/// What the daemon has found itself.
pub(super) fn alarms(visit: &mut Visit<'_>) {
    const CHECK: &str = "alarms";
    let Some(reader) = &visit.reader else { return };
    let alarms = match reader.alarms() {
        Ok(alarms) => alarms,
        Err(error) => {
            visit.wrong(CHECK, error.to_string(), visit.say.doc_alarms_shut());
            return;
        }
    };
    if alarms.is_empty() {
        visit.ok(CHECK, visit.say.doc_alarms_none());
    }
    for row in alarms {
        let style = note::Style {
            lang: visit.say.0,
            zone: &visit.loaded.config.site.time_zone,
            now: row.raised_at,
        };
        let (subject, mut text) = note::alarm_words(&row.alarm, style);
        let way_out = text.pop().unwrap_or_default();
        let colon = if visit.say.0 == Lang::Zh { "：" } else { ": " };
        let what = format!("{subject}{colon}{}", note::in_one_line(&text, visit.say.0));
        // Months ahead of its end; how grave it is by now is the calendar's own line.
        if matches!(row.alarm, Alarm::CalendarEnds { .. }) {
            visit.note(CHECK, what, way_out);
        } else {
            visit.wrong(CHECK, what, way_out);
        }
    }
}
