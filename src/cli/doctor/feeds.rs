//! Feeds and pages: can they be reached?

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::time::Duration;

use super::Visit;
use crate::config::{Feed, Transport};

/// How long another machine may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Each feed, and extensions that nobody holds.
pub(super) fn all(visit: &mut Visit<'_>) {
    let loaded = visit.loaded;
    if loaded.config.feeds.is_empty() {
        visit.wrong(
            "feeds",
            "there is none: no call is seen",
            "add a [[feed]] to the configuration",
        );
    }
    for feed in &loaded.config.feeds {
        one(visit, feed);
    }
    heard(visit);
}

fn one(visit: &mut Visit<'_>, feed: &Feed) {
    let check = format!("feed {}", feed.name);
    match &feed.transport {
        Transport::TcpListen { listen, .. } => port(visit, &check, *listen),
        Transport::TcpConnect { host, port, .. } if visit.running => {
            visit.ok(&check, format!("{host}:{port}: dialled by the daemon; see the alarms"));
        }
        Transport::TcpConnect { host, port, .. } => dial(visit, &check, host, *port),
        Transport::Serial(serial) => device(visit, &check, &serial.path),
        Transport::File { path, .. } => match File::open(path) {
            Ok(_) => visit.ok(&check, format!("{}: can be read", path.display())),
            Err(error) => visit.wrong(
                &check,
                format!("{}: {error}", path.display()),
                "see the path, and that the service's user may read it (file.conf among the examples)",
            ),
        },
    }
}

/// Taken by the daemon if it runs, free if not. Of a running daemon's pages it is not asked: they would answer.
fn port(visit: &mut Visit<'_>, check: &str, listen: SocketAddr) {
    match (TcpListener::bind(listen).map_err(|error| error.kind()), visit.running) {
        (Err(ErrorKind::AddrInUse), true) => visit.ok(check, format!("{listen}: the daemon listens")),
        (Err(ErrorKind::AddrInUse), false) => visit.wrong(
            check,
            format!("{listen}: another program listens there"),
            format!(
                "ss -ltnp 'sport = :{}' names it; stop it, or listen on another port",
                listen.port()
            ),
        ),
        (Ok(_), true) => visit.wrong(
            check,
            format!("{listen}: the daemon runs, but does not listen there"),
            "systemctl reload firstanswer takes it over; if it could not be had, journalctl -u firstanswer says why",
        ),
        (Ok(_), false) => visit.ok(check, format!("{listen}: free")),
        (Err(ErrorKind::AddrNotAvailable), _) => visit.wrong(
            check,
            format!("{listen}: this machine has no such address"),
            "name one of `ip address`, or 0.0.0.0 for all",
        ),
        (Err(kind), true) => visit.note(check, format!("{listen}: {kind}"), "run this as root"),
        (Err(kind), false) => visit.wrong(
            check,
            format!("{listen}: can't be listened on: {kind}"),
            "take a port above 1023, for the service has no rights",
        ),
    }
}

fn dial(visit: &mut Visit<'_>, check: &str, host: &str, port: u16) {
    let way_out = "see the address, the switch's settings and the firewall; addresses outside private networks need \
                   network.conf";
    let found = match (host, port).to_socket_addrs() {
        Ok(mut found) => found.next(),
        Err(error) => {
            visit.wrong(check, format!("{host}: has no address: {error}"), way_out);
            return;
        }
    };
    match found.map(|address| TcpStream::connect_timeout(&address, PATIENCE)) {
        Some(Ok(_)) => visit.ok(check, format!("{host}:{port}: answers")),
        Some(Err(error)) => visit.wrong(check, format!("{host}:{port}: {error}"), way_out),
        None => visit.wrong(check, format!("{host}: has no address"), way_out),
    }
}

fn device(visit: &mut Visit<'_>, check: &str, path: &Path) {
    let shown = path.display();
    match std::fs::metadata(path) {
        Err(error) => visit.wrong(
            check,
            format!("{shown}: {error}"),
            "is the adapter plugged in? ls -l /dev/serial/by-id names them",
        ),
        Ok(file) if !file.file_type().is_char_device() => {
            visit.wrong(
                check,
                format!("{shown}: is no device"),
                "ls -l /dev/serial/by-id names them",
            );
        }
        Ok(file) if file.mode() & 0o006 == 0 && file.mode() & 0o060 == 0 => visit.wrong(
            check,
            format!("{shown}: only its owner may use it"),
            "give it to the group dialout by a udev rule",
        ),
        Ok(_) => visit.ok(
            check,
            format!("{shown}: is there (the service needs serial.conf among the examples)"),
        ),
    }
}

/// What came, and who is not known.
fn heard(visit: &mut Visit<'_>) {
    let Some(reader) = &visit.reader else { return };
    let (feeds, unmapped) = (reader.feeds(), reader.unmapped());
    for feed in feeds.unwrap_or_default() {
        let configured = visit.loaded.config.feeds.iter().any(|f| f.name.as_str() == feed.name);
        let check = format!("feed {}", feed.name);
        if configured && feed.lines == 0 {
            visit.note(
                &check,
                "no line has come yet",
                "make a call; see that the switch sends its call log here",
            );
        } else if configured && feed.quarantined * 10 > feed.lines {
            visit.wrong(
                &check,
                format!("of {} lines {} could not be read", feed.lines, feed.quarantined),
                "firstanswer journal list --quarantined shows why; is the dialect right? firstanswer detect FILE",
            );
        }
    }
    let unmapped = unmapped.unwrap_or_default();
    if visit.reader.is_some() && unmapped.is_empty() {
        visit.ok("extensions", "each one that answered is in the directory");
    }
    for (extension, calls, _) in unmapped {
        visit.note(
            "extensions",
            format!("{extension} has answered {calls} calls and is nobody's: their cases go to the fallback"),
            format!("add {{ext=\"{extension}\", person=\"…\"}} to holding, or say which machine it is"),
        );
    }
}

/// Are the pages there, and do links lead to them?
pub(super) fn pages(visit: &mut Visit<'_>) {
    const CHECK: &str = "pages";
    let web = &visit.loaded.config.web;
    let listen = web.listen;
    if !visit.running {
        port(visit, CHECK, listen);
    } else {
        match ask(listen) {
            Ok(answer) if answer.starts_with("HTTP/1.1 200") => visit.ok(CHECK, format!("{listen}: ready")),
            Ok(answer) => visit.wrong(
                CHECK,
                format!("{listen}: {}", answer.lines().last().unwrap_or_default()),
                "journalctl -u firstanswer -n 50",
            ),
            Err(error) => visit.wrong(CHECK, format!("{listen}: {error}"), "systemctl restart firstanswer"),
        }
    }
    let public = &web.public_url;
    if ["http://127.", "http://localhost", "http://[::1]"]
        .iter()
        .any(|own| public.starts_with(own))
    {
        visit.note(
            CHECK,
            format!("links in mails begin with {public}: they open on this machine only"),
            "set web.public_url to what people's browsers reach, and put a proxy with TLS before it",
        );
    }
}

fn ask(listen: SocketAddr) -> std::io::Result<String> {
    let mut address = listen;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer)?;
    Ok(answer)
}
