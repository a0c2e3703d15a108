//! Mail: does it really go out, and what waits?

use std::path::PathBuf;

use super::Visit;
use crate::cli::mail::send_test;
use crate::config::{MailTransport, SecretFrom, Smtp};
use crate::mail::Smtp as Way;

/// Where systemd keeps the credentials of the running service; root can read them.
const CREDENTIALS: &str = "/run/credentials/firstanswer.service";

/// Sends a test mail if an address was given, else connects and logs in.
pub(super) fn way(visit: &mut Visit<'_>, to: Option<&str>) {
    const CHECK: &str = "mail";
    let mail = &visit.loaded.config.mail;
    if mail.admin.is_none() {
        visit.note(CHECK, "nobody is told of alarms but the fallback", "set mail.admin");
    }
    if let Some(to) = to {
        match send_test(visit.cli, visit.loaded, to) {
            Ok(by) => visit.ok(CHECK, format!("a test mail to {to} was handed over by {by}")),
            Err(error) => visit.wrong(
                CHECK,
                format!("{error:#}"),
                "see docs/mail.md for what the answer means",
            ),
        }
        return;
    }
    match &mail.transport {
        MailTransport::Maildir(path) if path.join("new").is_dir() || !path.exists() => {
            visit.note(
                CHECK,
                format!("mails are put into the folder {}: nobody is mailed", path.display()),
                "name a mail server: transport = \"smtp+starttls://HOST:587\"",
            );
        }
        MailTransport::Maildir(path) => {
            visit.wrong(
                CHECK,
                format!("{}: is no maildir", path.display()),
                "name another folder",
            );
        }
        MailTransport::Smtp(server) => server_answers(visit, server),
    }
}

fn server_answers(visit: &mut Visit<'_>, server: &Smtp) {
    const CHECK: &str = "mail";
    let named = format!("{}:{}", server.host, server.port);
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let credentials = credentials.or_else(|| Some(PathBuf::from(CREDENTIALS)).filter(|folder| folder.is_dir()));
    let mut server = server.clone();
    // The password is perhaps for the daemon alone.
    let secret = server.login.as_ref().map(|login| login.password.clone());
    let hidden =
        matches!(&secret, Some(secret @ SecretFrom::Credential(_)) if secret.read(credentials.as_deref()).is_err());
    if hidden {
        server.login = None;
    }
    let way = Way::new(server, &visit.loaded.config.mail.from, credentials);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let answered = match runtime {
        Ok(runtime) => runtime.block_on(way.prove()),
        Err(error) => Err(error.to_string()),
    };
    match answered {
        Ok(()) if hidden => visit.note(
            CHECK,
            format!("{named}: answers; the login was not tried, for its password is the daemon's alone"),
            "firstanswer doctor --mail ADDRESS lets the daemon send a test",
        ),
        Ok(()) if secret.is_some() => visit.ok(CHECK, format!("{named}: answers and takes the login")),
        Ok(()) => visit.ok(CHECK, format!("{named}: answers")),
        Err(why) => visit.wrong(
            CHECK,
            why,
            "see docs/mail.md; a server outside private networks needs network.conf",
        ),
    }
}

/// What does not go, and why.
pub(super) fn outbox(visit: &mut Visit<'_>) {
    const CHECK: &str = "outbox";
    let Some(reader) = &visit.reader else { return };
    let held = reader.mail_held().ok().flatten();
    let dead = reader.dead_addresses().unwrap_or_default();
    let unsent = reader.outbox(true, None).unwrap_or_default();
    let failed = unsent.iter().filter(|message| message.state == "failed").count();
    let mut tried = unsent
        .iter()
        .filter(|message| message.state == "waiting" && message.attempts > 0);
    let tried = tried
        .next_back()
        .map(|last| (last.message, last.last_error.clone().unwrap_or_default()));
    let retry = "firstanswer outbox list shows them; firstanswer outbox retry tries again";
    let nothing = held.is_none() && dead.is_empty() && failed == 0 && tried.is_none();
    if let Some(why) = held {
        visit.wrong(
            CHECK,
            format!("all mail is held: {why}"),
            "firstanswer outbox retry lets it go",
        );
    }
    for (address, _, why) in dead {
        visit.wrong(
            CHECK,
            format!("{address} takes no mail: {why}"),
            "mend the address in the directory, then: firstanswer outbox retry",
        );
    }
    if failed > 0 {
        visit.note(CHECK, format!("{failed} mails were given up"), retry);
    }
    if let Some((message, why)) = tried {
        visit.wrong(CHECK, format!("mail {message} did not go yet: {why}"), retry);
    }
    if nothing {
        visit.ok(CHECK, "nothing is stuck");
    }
}
