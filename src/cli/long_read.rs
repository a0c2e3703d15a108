//! A command that reads for long ends itself rather than let the daemon's write-ahead log grow without end.
//!
//! A list left open in a pager reads until the pager is closed, and while it reads the log can't shrink.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::register::room;

/// Nobody is ended before.
const AT_LEAST: Duration = Duration::from_secs(10);

/// How often the log is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Watches over this command from now on. Only for commands that change nothing: it may end at any moment.
pub fn watch(database: &Path) {
    let (database, begun) = (database.to_owned(), Instant::now());
    let watching = move || {
        loop {
            std::thread::sleep(EVERY);
            if let Some(why) = too_long(room::log_length(&database), begun.elapsed()) {
                eprintln!("firstanswer: {why}");
                std::process::exit(super::Exit::Failed as i32);
            }
        }
    };
    // Without the thread the daemon's alarm still names this process.
    let _ = std::thread::Builder::new().name("long read".to_owned()).spawn(watching);
}

fn too_long(log: u64, lasted: Duration) -> Option<String> {
    (log > room::LOG_LIMIT && lasted >= AT_LEAST).then(|| {
        format!(
            "this command has read for {} s, and meanwhile the database's log has grown to {} MB and can't shrink: it \
             ends here. Ask for less (`--limit`, `--from`), or write into a file instead of a pager",
            lasted.as_secs(),
            log >> 20
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f35_a_command_is_ended_only_when_it_reads_for_long_and_the_log_is_long() {
        let (short, long) = (Duration::from_secs(9), Duration::from_secs(75));
        assert_eq!(too_long(300 << 20, short), None);
        assert_eq!(too_long(200 << 20, long), None);
        let why = too_long(300 << 20, long).unwrap_or_default();
        assert!(why.contains("75 s") && why.contains("300 MB"), "{why}");
    }
}
