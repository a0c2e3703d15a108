//! Mail: does it really go out, and what waits?

use std::path::PathBuf;

use super::Visit;
use crate::cli::mail::{send_test, tested};
use crate::config::{MailTransport, SecretFrom, Smtp};
use crate::mail::Smtp as Way;

/// Where systemd keeps the credentials of the running service; root can read them.
const CREDENTIALS: &str = "/run/credentials/firstanswer.service";

/// Sends a test mail if an address was given, else connects and logs in.
pub(super) fn way(visit: &mut Visit<'_>, to: Option<&str>) {
    const CHECK: &str = "mail";
    let mail = &visit.loaded.config.mail;
    if mail.admin.is_none() {
        visit.note(
            CHECK,
            visit.say.doc_mail_no_admin(),
            visit.say.doc_mail_no_admin_way_out(),
        );
    }
    if let Some(to) = to {
        match send_test(visit.cli, visit.loaded, to) {
            Ok(by) => visit.ok(CHECK, tested(visit.say, to, by)),
            Err(error) => visit.wrong(CHECK, format!("{error:#}"), visit.say.doc_mail_tested_way_out()),
        }
        return;
    }
    match &mail.transport {
        MailTransport::Maildir(path) if path.join("new").is_dir() || !path.exists() => {
            visit.note(
                CHECK,
                visit.say.doc_mail_folder(path.display()),
                visit.say.doc_mail_folder_way_out(),
            );
        }
        MailTransport::Maildir(path) => {
            visit.wrong(
                CHECK,
                visit.say.doc_mail_no_maildir(path.display()),
                visit.say.doc_mail_no_maildir_way_out(),
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
            visit.say.doc_mail_untried(&named),
            visit.say.doc_mail_untried_way_out(),
        ),
        Ok(()) if secret.is_some() => visit.ok(CHECK, visit.say.doc_mail_login(&named)),
        Ok(()) => visit.ok(CHECK, visit.say.doc_mail_answers(&named)),
        Err(why) => visit.wrong(CHECK, why, visit.say.doc_mail_way_out()),
    }
}

/// What does not go, and why.
pub(super) fn outbox(visit: &mut Visit<'_>) {
    const CHECK: &str = "outbox";
    let say = visit.say;
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
    let retry = say.doc_outbox_way_out();
    let nothing = held.is_none() && dead.is_empty() && failed == 0 && tried.is_none();
    if let Some(why) = held {
        visit.wrong(CHECK, say.doc_outbox_held(why), say.doc_outbox_held_way_out());
    }
    for (address, _, why) in dead {
        visit.wrong(CHECK, say.doc_outbox_dead(address, why), say.doc_outbox_dead_way_out());
    }
    if failed > 0 {
        visit.note(CHECK, say.doc_outbox_given_up(failed), retry.clone());
    }
    if let Some((message, why)) = tried {
        visit.wrong(CHECK, say.doc_outbox_stuck(message, why), retry);
    }
    if nothing {
        visit.ok(CHECK, say.doc_outbox_clear());
    }
}
