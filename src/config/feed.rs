//! `[[feed]]`: connections to switches.
//!
//! **Not here**: opening them (`feed`), what a dialect's options mean ([`crate::smdr`]).

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use ipnet::IpNet;
use jiff::tz::TimeZone;

use super::load::Wrong;
use super::near::choose;
use super::reader::{Field, Section};
use super::secret::SecretFrom;
use super::settings::{Feed, FileFrom, FlowControl, Login, Parity, Serial, SwitchLogin, Transport};
use super::site::{duration, host_port, path, socket};
use super::source::Place;
use super::spans::length;
use super::tree::Value;
use super::values::{unknown, zone};
use crate::feed::login;
use crate::ids::FeedName;
use crate::smdr::{self, OptionValue, Options};

/// The keys of a transport, and those that only make sense with it.
const TRANSPORTS: [(&str, &[&str]); 4] = [
    ("tcp_listen", &["allow", "max_connections"]),
    ("tcp_connect", &["login"]),
    ("serial", &["baud", "data_bits", "parity", "stop_bits", "flow_control"]),
    ("file", &["from"]),
];

/// Names of dialects, besides `auto`.
pub(crate) fn known_dialects() -> Vec<&'static str> {
    smdr::all().iter().map(|dialect| dialect.about().name).collect()
}

/// Whether a dialect takes the options; the error names option and reason.
fn check_options(dialect: &str, options: &Options) -> Result<(), String> {
    match smdr::by_name(dialect) {
        Some(dialect) => dialect.parser(options).map(drop).map_err(|error| error.to_string()),
        // `auto`: whichever dialect is found takes the options it knows.
        None => Ok(()),
    }
}

/// What of a feed is right, and where its parts stand, for the checks between feeds: none for a mistake elsewhere in it.
struct Placed {
    feed: Option<Feed>,
    name: String,
    was: Vec<FeedName>,
    pair: Option<FeedName>,
    transport: Option<Transport>,
    was_at: Place,
    transport_at: Place,
    pair_at: Place,
    path: String,
}

pub(crate) fn feeds(field: &Field<'_>, site_zone: &TimeZone, pages: SocketAddr) -> Option<Vec<Feed>> {
    // Names are gathered first: a feed that is wrong elsewhere still has its name, and is there to be paired with.
    let names = names_of(field.node);
    twice(field);
    let placed = field.list(|f| f.section(|s| feed(s, site_zone)))?;
    between(field, &placed, &names);
    ports(field, &placed, pages);
    Some(placed.into_iter().filter_map(|placed| placed.feed).collect())
}

/// Names of the feeds of a main file, as written.
pub(crate) fn names(root: &super::tree::Node) -> Vec<String> {
    let Value::Table(entries) = &root.value else {
        return Vec::new();
    };
    entries
        .iter()
        .find(|entry| entry.key == "feed")
        .map(|entry| names_of(&entry.node))
        .unwrap_or_default()
}

fn names_of(feeds: &super::tree::Node) -> Vec<String> {
    match &feeds.value {
        Value::List(list) => list.iter().filter_map(name_of).collect(),
        _ => Vec::new(),
    }
}

fn name_of(node: &super::tree::Node) -> Option<String> {
    let Value::Table(entries) = &node.value else {
        return None;
    };
    entries
        .iter()
        .find(|entry| entry.key == "name")
        .and_then(|entry| match &entry.node.value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })
}

fn feed(s: &mut Section<'_>, site_zone: &TimeZone) -> Option<Placed> {
    let name = s.need("name", "\"pbx\"", |f| f.slug::<FeedName>());
    let was = s.or("was", Vec::new(), |f| f.list(|f| f.slug()));
    let dialect = s.or("dialect", Some("auto".to_owned()), |f| f.parse(dialect).map(Some));
    let options = s.or("options", Options::new(), options);
    if let Some(dialect) = &dialect
        && let Err(reason) = check_options(dialect, &options)
    {
        s.wrong_key("options", reason, "`firstanswer dialects` lists them");
    }
    let time_zone = s.or("time_zone", site_zone.clone(), |f| f.parse(zone));
    let silence = s.opt("silence", |f| f.parse(length));
    let detect_lines = s.or("detect_lines", 10, |f| f.count(1, 1_000));
    let drift = s.or("drift", Duration::from_secs(120), duration);
    let pair = s.opt("pair", |f| f.slug());
    let idle = s.or("idle", Duration::from_secs(2), duration);
    let idle_limit = s.or("idle_limit", Duration::ZERO, duration);
    let max_line = s.or("max_line", 8_192, |f| f.count(128, 1 << 20));
    let transport = transport(s, name.as_ref());
    let at = |key: &str| s.key_at(key).unwrap_or(s.at);
    Some(Placed {
        name: s.text("name").unwrap_or_default().to_owned(),
        was: was.clone(),
        pair: pair.clone(),
        transport: transport.clone(),
        was_at: at("was"),
        transport_at: transport.as_ref().map_or(s.at, |transport| at(transport.key())),
        pair_at: at("pair"),
        path: s.path.clone(),
        feed: name
            .zip(dialect)
            .zip(transport)
            .map(|((name, dialect), transport)| Feed {
                name,
                was,
                dialect,
                options,
                time_zone,
                silence,
                detect_lines,
                drift,
                pair,
                idle,
                idle_limit: Some(idle_limit).filter(|limit| !limit.is_zero()),
                max_line: usize::try_from(max_line).unwrap_or(8_192),
                transport,
            }),
    })
}

fn dialect(text: &str) -> Result<String, Wrong> {
    let known = known_dialects();
    if text == "auto" || known.contains(&text) {
        return Ok(text.to_owned());
    }
    let names: Vec<&str> = known.iter().copied().chain(["auto"]).collect();
    Err(Wrong::new(
        format!("the dialect `{text}` is not known"),
        choose(text, &names),
    ))
}

fn options(field: &Field<'_>) -> Option<Options> {
    let mut options = Options::new();
    field.map(|key, _, value| {
        let taken = match &value.node.value {
            Value::Text(text) => Some(OptionValue::Text(text.clone())),
            Value::Bool(truth) => Some(OptionValue::Bool(*truth)),
            Value::Int(number) => Some(OptionValue::Int(*number)),
            Value::List(_) => value.texts().map(OptionValue::List),
            other => {
                value.wrong(
                    format!("an option is not {}", other.kind()),
                    "write a text, a number, true, false or a list of texts",
                );
                None
            }
        };
        if let Some(taken) = taken {
            options.insert(key.to_owned(), taken);
        }
    })?;
    Some(options)
}

fn transport(s: &mut Section<'_>, name: Option<&FeedName>) -> Option<Transport> {
    let given: Vec<&str> = TRANSPORTS
        .iter()
        .map(|(key, _)| *key)
        .filter(|key| s.has(key))
        .collect();
    // All keys are read whatever was given, so that each is checked and none is called unknown.
    let listen = tcp_listen(s, given == ["tcp_listen"]);
    let connect = tcp_connect(s, name);
    let serial = serial(s);
    let file = file(s);
    for (key, own) in TRANSPORTS {
        for stray in own.iter().filter(|own| !given.contains(&key) && s.has(own)) {
            s.wrong_key(
                stray,
                format!("`{stray}` belongs to `{key}`"),
                format!("take it out, or add {key}"),
            );
        }
    }
    match given.as_slice() {
        [] => {
            s.wrong(
                "the feed has no transport",
                "add tcp_listen, tcp_connect, serial or file",
            );
            None
        }
        [_] => listen.or(connect).or(serial).or(file),
        [first, rest @ ..] => {
            for second in rest {
                s.wrong_key(
                    second,
                    format!("the feed has `{first}` and `{second}`"),
                    "keep one; two ways are two feeds",
                );
            }
            None
        }
    }
}

fn tcp_listen(s: &mut Section<'_>, alone: bool) -> Option<Transport> {
    let listen = s.opt("tcp_listen", |f| f.parse(socket));
    let given = s.has("allow");
    let allow = s.opt("allow", |f| f.list(|f| f.parse(network)));
    let max_connections = s.or("max_connections", 8, |f| f.count(1, 1_000));
    let listen = listen?;
    let allow = match allow {
        Some(allow) if allow.is_empty() && alone => {
            s.wrong_key(
                "allow",
                "nobody may connect",
                "name the switch: allow = [\"192.168.1.20\"]",
            );
            allow
        }
        Some(allow) => allow,
        None if listen.ip().is_loopback() => loopback(),
        None => {
            if !given && alone {
                let reason = "anybody could connect and forge calls";
                s.wrong_key("tcp_listen", reason, "name the switch: allow = [\"192.168.1.20\"]");
            }
            Vec::new()
        }
    };
    Some(Transport::TcpListen {
        listen,
        allow,
        max_connections,
    })
}

fn loopback() -> Vec<IpNet> {
    ["127.0.0.0/8", "::1/128"]
        .iter()
        .filter_map(|net| net.parse().ok())
        .collect()
}

fn network(text: &str) -> Result<IpNet, Wrong> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>().map(|net| net.trunc()).or(address).map_err(|_| {
        Wrong::new(
            format!("`{text}` is no network"),
            "write \"192.168.1.0/24\", or one address: \"192.168.1.20\"",
        )
    })
}

fn tcp_connect(s: &mut Section<'_>, name: Option<&FeedName>) -> Option<Transport> {
    let target = s.opt("tcp_connect", |f| f.parse(host_port));
    let login = s.opt("login", |f| {
        f.section(|s| {
            let user = s.need("user", "\"SMDR\"", |f| f.text().map(str::to_owned));
            let file = s.opt("password_file", path).map(SecretFrom::File);
            let credential = || SecretFrom::Credential(format!("feed-{}", name.map_or("", FeedName::as_str)));
            let user_prompts = s.or("user_prompt", owned(&login::USER_PROMPTS), prompts);
            let password_prompts = s.or("password_prompt", owned(&login::PASSWORD_PROMPTS), prompts);
            let login = Login {
                user: user?,
                password: file.unwrap_or_else(credential),
            };
            Some(SwitchLogin {
                login,
                user_prompts,
                password_prompts,
            })
        })
    });
    target.map(|(host, port)| Transport::TcpConnect { host, port, login })
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// What ends a prompt: compared without case and without blanks around it.
fn prompts(field: &Field<'_>) -> Option<Vec<String>> {
    field.list(|f| {
        f.parse(|text| match text.trim() {
            "" => Err(Wrong::new(
                "an empty prompt would be everywhere",
                "write how the switch's question ends: \"login:\"",
            )),
            text => Ok(text.to_lowercase()),
        })
    })
}

fn serial(s: &mut Section<'_>) -> Option<Transport> {
    let device = s.opt("serial", path);
    let baud = s.or("baud", 9_600, |f| f.count(50, 4_000_000));
    let data_bits = s.or("data_bits", 8, |f| f.count(7, 8));
    let parities = [("none", Parity::None), ("odd", Parity::Odd), ("even", Parity::Even)];
    let parity = s.or("parity", Parity::None, |f| f.one_of(&parities));
    let stop_bits = s.or("stop_bits", 1, |f| f.count(1, 2));
    let flows = [
        ("none", FlowControl::None),
        ("xonxoff", FlowControl::XonXoff),
        ("rtscts", FlowControl::RtsCts),
    ];
    let flow_control = s.or("flow_control", FlowControl::None, |f| f.one_of(&flows));
    device.map(|path| {
        Transport::Serial(Serial {
            path,
            baud,
            data_bits,
            parity,
            stop_bits,
            flow_control,
        })
    })
}

fn file(s: &mut Section<'_>) -> Option<Transport> {
    let file = s.opt("file", path);
    let from = s.or("from", FileFrom::End, |f| {
        f.one_of(&[("end", FileFrom::End), ("start", FileFrom::Start)])
    });
    file.map(|path| Transport::File { path, from })
}

/// What makes two feeds clash.
fn clash(transport: &Transport) -> Option<(String, &'static str)> {
    match transport {
        // Addresses can clash without being the same: `ports`.
        Transport::TcpListen { .. } => None,
        Transport::TcpConnect { host, port, .. } => Some((format!("{host}:{port}"), "connects to")),
        Transport::Serial(serial) => Some((shown(&serial.path), "reads")),
        Transport::File { path, .. } => Some((shown(path), "reads")),
    }
}

/// Whether the system gives only one of the two to a program.
fn same_port(a: SocketAddr, b: SocketAddr) -> bool {
    let all = |ip: IpAddr, other: IpAddr| ip.is_unspecified() && (ip.is_ipv6() || other.is_ipv4());
    a.port() != 0 && a.port() == b.port() && (a.ip() == b.ip() || all(a.ip(), b.ip()) || all(b.ip(), a.ip()))
}

/// Feeds that listen where the pages or another feed do.
fn ports(field: &Field<'_>, feeds: &[Placed], pages: SocketAddr) {
    let mut taken: Vec<(String, SocketAddr)> = Vec::new();
    for feed in feeds {
        let Some(Transport::TcpListen { listen, .. }) = &feed.transport else {
            continue;
        };
        let wrong = |reason: &str| {
            let path = format!("{}.tcp_listen", feed.path);
            field
                .load
                .report(feed.transport_at, &path, reason, "change one of them");
        };
        if let Some((other, at)) = taken.iter().find(|(_, at)| same_port(*at, *listen)) {
            wrong(&format!("the feed `{other}` listens on {at} already"));
        }
        if same_port(pages, *listen) {
            wrong(&format!("the pages listen on {pages} already (`web.listen`)"));
        }
        taken.push((feed.name.clone(), *listen));
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Feeds of one name.
fn twice(field: &Field<'_>) {
    let Value::List(list) = &field.node.value else { return };
    let mut seen = HashSet::new();
    for (index, node) in list.iter().enumerate() {
        let (Some(name), Value::Table(entries)) = (name_of(node), &node.value) else {
            continue;
        };
        let at = entries
            .iter()
            .find(|entry| entry.key == "name")
            .map(|entry| entry.key_at);
        let reason = format!("there are two feeds `{name}`");
        if !seen.insert(name)
            && let Some(at) = at
        {
            let path = format!("{}[{index}].name", field.path);
            field.load.report(at, &path, &reason, "rename one of them");
        }
    }
}

fn between(field: &Field<'_>, feeds: &[Placed], names: &[String]) {
    let load = field.load;
    let mut used: HashMap<String, &str> = HashMap::new();
    for Placed {
        name,
        was,
        pair,
        transport,
        was_at,
        transport_at,
        pair_at,
        path,
        ..
    } in feeds
    {
        let key = |key: &str| format!("{path}.{key}");
        for old in was.iter().filter(|old| names.iter().any(|name| name == old.as_str())) {
            let reason = format!("`{old}` is the name of a feed that still exists");
            load.report(*was_at, &key("was"), &reason, "name only feeds that are gone");
        }
        if let Some(transport) = transport
            && let Some((what, verb)) = clash(transport)
            && let Some(other) = used.insert(what.clone(), name)
        {
            let reason = format!("the feed `{other}` {verb} {what} already");
            load.report(*transport_at, &key(transport.key()), &reason, "change one of them");
        }
        if let Some(pair) = pair {
            let others: Vec<&str> = names.iter().map(String::as_str).filter(|n| n != name).collect();
            if pair.as_str() == name {
                load.report(
                    *pair_at,
                    &key("pair"),
                    "a feed can't be its own pair",
                    "name the other feed",
                );
            } else if !others.contains(&pair.as_str()) {
                let wrong = unknown("feed", pair.as_str(), &others);
                load.report(*pair_at, &key("pair"), &wrong.reason, &wrong.way_out);
            }
        }
    }
}
