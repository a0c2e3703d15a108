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
        visit.wrong("feeds", visit.say.doc_feeds_none(), visit.say.doc_feeds_none_way_out());
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
            visit.ok(&check, visit.say.doc_feed_dialled(format_args!("{host}:{port}")));
        }
        Transport::TcpConnect { host, port, .. } => dial(visit, &check, host, *port),
        Transport::Serial(serial) => device(visit, &check, &serial.path),
        Transport::File { path, .. } => match File::open(path) {
            Ok(_) => visit.ok(&check, visit.say.doc_feed_read(path.display())),
            Err(error) => visit.wrong(
                &check,
                format!("{}: {error}", path.display()),
                visit.say.doc_feed_file_way_out(),
            ),
        },
    }
}

/// Taken by the daemon if it runs, free if not. Of a running daemon's pages it is not asked: they would answer.
fn port(visit: &mut Visit<'_>, check: &str, listen: SocketAddr) {
    match (TcpListener::bind(listen).map_err(|error| error.kind()), visit.running) {
        (Err(ErrorKind::AddrInUse), true) => visit.ok(check, visit.say.doc_port_listens(listen)),
        (Err(ErrorKind::AddrInUse), false) => visit.wrong(
            check,
            visit.say.doc_port_taken(listen),
            visit.say.doc_port_taken_way_out(listen.port()),
        ),
        (Ok(_), true) => visit.wrong(
            check,
            visit.say.doc_port_unheard(listen),
            visit.say.doc_port_unheard_way_out(),
        ),
        (Ok(_), false) => visit.ok(check, visit.say.doc_port_free(listen)),
        (Err(ErrorKind::AddrNotAvailable), _) => visit.wrong(
            check,
            visit.say.doc_port_foreign(listen),
            visit.say.doc_port_foreign_way_out(),
        ),
        (Err(kind), true) => visit.note(check, format!("{listen}: {kind}"), visit.say.doc_port_as_root()),
        (Err(kind), false) => visit.wrong(
            check,
            visit.say.doc_port_refused(listen, kind),
            visit.say.doc_port_refused_way_out(),
        ),
    }
}

fn dial(visit: &mut Visit<'_>, check: &str, host: &str, port: u16) {
    let way_out = visit.say.doc_dial_way_out();
    let found = match (host, port).to_socket_addrs() {
        Ok(mut found) => found.next(),
        Err(error) => {
            visit.wrong(check, format!("{}: {error}", visit.say.doc_dial_unnamed(host)), way_out);
            return;
        }
    };
    match found.map(|address| TcpStream::connect_timeout(&address, PATIENCE)) {
        Some(Ok(_)) => visit.ok(check, visit.say.doc_dial_answers(format_args!("{host}:{port}"))),
        Some(Err(error)) => visit.wrong(check, format!("{host}:{port}: {error}"), way_out),
        None => visit.wrong(check, visit.say.doc_dial_unnamed(host), way_out),
    }
}

fn device(visit: &mut Visit<'_>, check: &str, path: &Path) {
    let shown = path.display();
    match std::fs::metadata(path) {
        Err(error) => visit.wrong(check, format!("{shown}: {error}"), visit.say.doc_device_way_out()),
        Ok(file) if !file.file_type().is_char_device() => {
            visit.wrong(
                check,
                visit.say.doc_device_none(&shown),
                visit.say.doc_device_none_way_out(),
            );
        }
        Ok(file) if file.mode() & 0o006 == 0 && file.mode() & 0o060 == 0 => visit.wrong(
            check,
            visit.say.doc_device_shut(&shown),
            visit.say.doc_device_shut_way_out(),
        ),
        Ok(_) => visit.ok(check, visit.say.doc_device_there(&shown)),
    }
}

/// What came, and who is not known.
fn heard(visit: &mut Visit<'_>) {
    let say = visit.say;
    let Some(reader) = &visit.reader else { return };
    let (feeds, unmapped) = (reader.feeds(), reader.unmapped());
    for feed in feeds.unwrap_or_default() {
        let configured = visit.loaded.config.feeds.iter().any(|f| f.name.as_str() == feed.name);
        let check = format!("feed {}", feed.name);
        if configured && feed.lines == 0 {
            visit.note(&check, say.doc_feed_unheard(), say.doc_feed_unheard_way_out());
        } else if configured && feed.quarantined * 10 > feed.lines {
            visit.wrong(
                &check,
                say.doc_feed_unread(feed.lines, feed.quarantined),
                say.doc_feed_unread_way_out(),
            );
        }
    }
    let unmapped = unmapped.unwrap_or_default();
    if visit.reader.is_some() && unmapped.is_empty() {
        visit.ok("extensions", say.doc_extensions_known());
    }
    for (extension, calls, _) in unmapped {
        visit.note(
            "extensions",
            say.doc_extensions_nobody(&extension, calls),
            say.doc_extensions_way_out(&extension),
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
            Ok(answer) if answer.starts_with("HTTP/1.1 200") => visit.ok(CHECK, visit.say.doc_pages_ready(listen)),
            Ok(answer) => visit.wrong(
                CHECK,
                format!("{listen}: {}", answer.lines().last().unwrap_or_default()),
                visit.say.doc_pages_log(),
            ),
            Err(error) => visit.wrong(CHECK, format!("{listen}: {error}"), visit.say.doc_pages_restart()),
        }
    }
    let public = &web.public_url;
    if ["http://127.", "http://localhost", "http://[::1]"]
        .iter()
        .any(|own| public.starts_with(own))
    {
        visit.note(
            CHECK,
            visit.say.doc_pages_local(public),
            visit.say.doc_pages_local_way_out(),
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
