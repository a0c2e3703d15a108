//! `firstanswer.toml` but for its feeds: site, store, mail, web, and which files it includes.
//!
//! **Not here**: feeds ([`super::feed`]), the included files ([`super::directory`], [`super::policy`],
//! [`super::calendar`]).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::load::Wrong;
use super::reader::{Field, Section};
use super::secret::SecretFrom;
use super::settings::{Login, Mail, MailTransport, Site, Smtp, Tls, Web};
use super::spans::{elapsed_seconds, length};
use super::values::{address, sender, zone};
use crate::calendar::Span;
use crate::call::number::DialPlan;
use crate::directory::Lang;

/// Languages by the word in the files.
pub(crate) const LANGUAGES: [(&str, Lang); 2] = [("zh", Lang::Zh), ("en", Lang::En)];
/// Messages in a minute unless said: ten a second, after a first minute's worth at once.
const RATE: u32 = 600;
/// Where the database is unless said.
const STORE: &str = "var/firstanswer.db";

impl Default for Site {
    fn default() -> Self {
        Self {
            name: "First answer".to_owned(),
            time_zone: zone("local").unwrap_or(TimeZone::UTC),
            language: Lang::Zh,
            country: "CN".to_owned(),
            area_code: None,
            dial_out: Vec::new(),
        }
    }
}

pub(crate) fn site(field: &Field<'_>) -> Option<Site> {
    field.section(|s| {
        let default = Site::default();
        Some(Site {
            name: s.opt_text("name").unwrap_or(default.name),
            time_zone: s.or("time_zone", default.time_zone, |f| f.parse(zone)),
            language: s.or("language", default.language, |f| f.one_of(&LANGUAGES)),
            country: s.or("country", default.country, |f| f.parse(country)),
            area_code: s.opt("area_code", |f| f.parse(area_code)),
            dial_out: s.or("dial_out", default.dial_out, |f| f.list(|f| f.parse(dialled))),
        })
    })
}

/// A country whose numbers are known; its two letters.
fn country(text: &str) -> Result<String, Wrong> {
    let known = |code: &str| {
        let plan = DialPlan {
            country: code.to_owned(),
            area_code: String::new(),
            dial_out: Vec::new(),
        };
        plan.country_known()
    };
    if text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()) && known(text) {
        return Ok(text.to_owned());
    }
    // Of two letters the nearest names are those that share one at its place.
    let given = text.to_ascii_uppercase();
    let letters = || 'A'..='Z';
    let all = letters().flat_map(|first| letters().map(move |second| format!("{first}{second}")));
    let shared = |code: &str| code == given || code.chars().zip(given.chars()).any(|(a, b)| a == b);
    let near: Vec<String> = match given.len() {
        2 if known(&given) => vec![given.clone()],
        2 => all.filter(|code| shared(code) && known(code)).collect(),
        _ => Vec::new(),
    };
    let way_out = match near.as_slice() {
        [] => "write its two capital letters: \"CN\"".to_owned(),
        [one] => format!("did you mean `{one}`?"),
        several => format!(
            "write its two capital letters: \"CN\"; the nearest are {}",
            several.join(", ")
        ),
    };
    Err(Wrong::new(format!("the country `{text}` is not known"), way_out))
}

fn area_code(text: &str) -> Result<String, Wrong> {
    let good = (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    good.then(|| text.to_owned())
        .ok_or_else(|| Wrong::new(format!("`{text}` is no area code"), "write its digits: \"021\""))
}

fn dialled(text: &str) -> Result<String, Wrong> {
    let good = (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#'));
    good.then(|| text.to_owned()).ok_or_else(|| {
        Wrong::new(
            format!("`{text}` is no dialling prefix"),
            "write what is dialled: \"9\"",
        )
    })
}

pub(crate) fn store(field: &Field<'_>) -> Option<PathBuf> {
    field.section(|s| Some(s.or("path", PathBuf::from(STORE), path)))
}

pub(crate) fn default_store() -> PathBuf {
    PathBuf::from(STORE)
}

/// A path as written.
pub(crate) fn path(field: &Field<'_>) -> Option<PathBuf> {
    field.text().map(PathBuf::from)
}

pub(crate) fn web(field: &Field<'_>) -> Option<Web> {
    field.section(|s| {
        let default = default_web();
        let listen = s.or("listen", default.listen, |f| f.parse(socket));
        if listen.ip().is_unspecified() && !s.has("public_url") {
            s.wrong_key(
                "listen",
                "links in mails would lead nowhere",
                "add public_url = \"http://NAME:PORT\"",
            );
        }
        let own = format!("http://{listen}");
        Some(Web {
            listen,
            public_url: s.or("public_url", own, |f| f.parse(public_url)),
        })
    })
}

pub(crate) fn default_web() -> Web {
    let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
    Web {
        listen,
        public_url: format!("http://{listen}"),
    }
}

/// `127.0.0.1:8080`, `[::1]:8080`.
pub(crate) fn socket(text: &str) -> Result<SocketAddr, Wrong> {
    text.parse().map_err(|_| {
        let way_out = match text.rsplit_once(':') {
            Some(("", port)) => format!("name the address too: \"127.0.0.1:{port}\", or \"0.0.0.0:{port}\" for all"),
            Some((_, port)) if port.parse::<u16>().is_err() => "ports are 1 to 65535: \"127.0.0.1:8080\"".to_owned(),
            Some((_, port)) => format!("write the address in numbers: \"127.0.0.1:{port}\""),
            None => "write address and port: \"127.0.0.1:8080\"".to_owned(),
        };
        Wrong::new(format!("`{text}` is no address to listen on"), way_out)
    })
}

/// `host:port` of another machine.
pub(crate) fn host_port(text: &str) -> Result<(String, u16), Wrong> {
    let wrong = || Wrong::new(format!("`{text}` names no host and port"), "write \"pbx:2300\"");
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    Ok((
        check_host(host).ok_or_else(wrong)?,
        port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?,
    ))
}

fn check_host(host: &str) -> Option<String> {
    let plain = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let good = if plain == host {
        plain.chars().all(fits)
    } else {
        plain.parse::<std::net::Ipv6Addr>().is_ok()
    };
    (good && !plain.is_empty()).then(|| plain.to_owned())
}

fn public_url(text: &str) -> Result<String, Wrong> {
    let wrong = |reason: &str| Wrong::new(format!("`{text}` {reason}"), "write \"https://first.example.org\"");
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let rest = rest.ok_or_else(|| wrong("is no address of a page"))?;
    if rest.is_empty() || rest.starts_with('/') || rest.contains([' ', '?', '#', '@']) {
        return Err(wrong("is no address of a page"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// What `transport` says.
enum Scheme {
    Maildir(PathBuf),
    Smtp(Tls, String, u16),
}

fn transport(text: &str) -> Result<Scheme, Wrong> {
    let forms =
        "write \"maildir:var/mail\", \"smtp://HOST:PORT\", \"smtps://HOST:PORT\" or \"smtp+starttls://HOST:PORT\"";
    if let Some(path) = text.strip_prefix("maildir:") {
        let good = !path.is_empty() && !path.starts_with("//");
        return good
            .then(|| Scheme::Maildir(PathBuf::from(path)))
            .ok_or_else(|| Wrong::new("the maildir has no path", "write \"maildir:var/mail\""));
    }
    let (scheme, rest) = text
        .split_once("://")
        .ok_or_else(|| Wrong::new("this is no mail transport", forms))?;
    let (tls, port) = match scheme {
        "smtp" => (Tls::None, 25),
        "smtps" => (Tls::Implicit, 465),
        "smtp+starttls" => (Tls::StartTls, 587),
        _ => return Err(Wrong::new(format!("the mail transport `{scheme}` is not known"), forms)),
    };
    if rest.contains('@') {
        return Err(Wrong::new(
            "a login stands in the address",
            "write user=\"…\" and password_file=\"…\" instead",
        ));
    }
    let rest = rest.trim_end_matches('/');
    let bare = !rest.ends_with(']') && rest.contains(':');
    let (host, port) = if bare {
        host_port(rest)?
    } else {
        (check_host(rest).unwrap_or_default(), port)
    };
    if host.is_empty() {
        return Err(Wrong::new("the mail server has no name", forms));
    }
    Ok(Scheme::Smtp(tls, host, port))
}

/// Without a call for so long somebody should look.
const DEAD_MAN: Span = Span::BusinessDays(1);

fn span_or_none(text: &str) -> Result<Option<Span>, Wrong> {
    if text == "none" {
        return Ok(None);
    }
    length(text).map(Some)
}

pub(crate) fn mail(field: &Field<'_>) -> Option<Mail> {
    field.section(|s| {
        let scheme = s.need("transport", "\"maildir:var/mail\"", |f| f.parse(transport));
        let user = s.opt_text("user");
        let password_file = s.opt("password_file", path);
        let ca_file = s.opt("ca_file", path);
        let from = s.need("from", "\"firstanswer@example.org\"", |f| f.parse(sender));
        let admin = s.opt("admin", |f| f.parse(address));
        let digest_window = s.or("digest_window", Duration::from_secs(300), duration);
        let rate = s.or("rate", RATE, |f| f.count(0, 100_000));
        // Where no administrator is named a clerk would get the letter: only if wished.
        let dead_man = s.or("dead_man", admin.as_ref().map(|_| DEAD_MAN), |f| f.parse(span_or_none));
        let transport = match scheme? {
            Scheme::Maildir(path) => {
                for key in ["user", "password_file", "ca_file"] {
                    if s.has(key) {
                        s.wrong_key(key, "a maildir needs no login", "take it out, or name a mail server");
                    }
                }
                MailTransport::Maildir(path)
            }
            Scheme::Smtp(tls, host, port) => {
                let login = smtp_login(s, tls, &host, user, password_file);
                if tls == Tls::None && ca_file.is_some() {
                    s.wrong_key(
                        "ca_file",
                        "nothing is encrypted here",
                        "write smtps:// or smtp+starttls://",
                    );
                }
                MailTransport::Smtp(Smtp {
                    host,
                    port,
                    tls,
                    login,
                    ca_file,
                })
            }
        };
        Some(Mail {
            transport,
            from: from?,
            admin,
            digest_window,
            rate,
            dead_man,
        })
    })
}

fn smtp_login(
    s: &Section<'_>,
    tls: Tls,
    host: &str,
    user: Option<String>,
    password_file: Option<PathBuf>,
) -> Option<Login> {
    let local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if user.is_none() {
        if s.has("password_file") && !s.has("user") {
            s.wrong_key("password_file", "a password without a user", "add user = \"…\"");
        }
        return None;
    }
    if tls == Tls::None && !local {
        s.wrong_key(
            "user",
            "the password would travel in clear",
            "write smtps:// or smtp+starttls://",
        );
    }
    let password = password_file.map_or_else(|| SecretFrom::Credential("smtp-password".to_owned()), SecretFrom::File);
    user.map(|user| Login { user, password })
}

/// Elapsed time.
pub(crate) fn duration(field: &Field<'_>) -> Option<Duration> {
    field
        .parse(elapsed_seconds)
        .map(|seconds| Duration::from_secs(seconds.unsigned_abs()))
}
