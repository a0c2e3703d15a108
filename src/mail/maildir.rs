//! Delivery into a maildir, durably and once.
//!
//! ```text
//! tmp/NAME  write, fsync  --rename-->  new/NAME  fsync new/      (a reader moves it to cur/NAME:2,…)
//! ```
//! **Invariants.** `NAME` comes from the Message-ID, so a message delivered before a crash is found again and not
//! delivered twice, also after a reader moved it. A file in `new/` is whole. Nothing is reported before it is durable.
//!
//! **Not here**: reading mail.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Error;

/// A maildir by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maildir {
    root: PathBuf,
}

impl Maildir {
    /// The maildir at this path; made at the first delivery.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Makes the folders and proves that they can be written to: for a start-up check.
    ///
    /// # Errors
    /// With the folder that can't be made.
    pub fn prepare(&self) -> Result<(), Error> {
        for folder in ["tmp", "new", "cur"] {
            let path = self.root.join(folder);
            if !path.is_dir() {
                make_folder(&path)?;
            }
        }
        Ok(())
    }

    /// Delivers a message; doing it again with the same id changes nothing.
    ///
    /// # Errors
    /// With the file, what was being done and the system's reason. What was begun is undone or repeated next time.
    pub fn deliver(&self, message_id: &str, bytes: &[u8]) -> Result<(), Error> {
        self.prepare()?;
        let name = file_name(message_id);
        let (begun, done) = (self.root.join("tmp").join(&name), self.root.join("new").join(&name));
        if self.has(&name, &done)? {
            // The crash may have come between rename and sync.
            return sync_folder(&self.root.join("new"));
        }
        write_durably(&begun, bytes).inspect_err(|_| {
            // Room is short perhaps; a left-over would be overwritten next time anyway.
            let _ = fs::remove_file(&begun);
        })?;
        fs::rename(&begun, &done).map_err(at(&done, "move into new/"))?;
        sync_folder(&self.root.join("new"))
    }

    fn has(&self, name: &str, done: &Path) -> Result<bool, Error> {
        if done.try_exists().map_err(at(done, "look for the message"))? {
            return Ok(true);
        }
        let cur = self.root.join("cur");
        for entry in fs::read_dir(&cur).map_err(at(&cur, "list"))? {
            let entry = entry.map_err(at(&cur, "list"))?.file_name();
            if entry.to_string_lossy().split(':').next() == Some(name) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// 128 bits of the id's hash: no character of the id reaches the file system.
fn file_name(message_id: &str) -> String {
    let id = message_id.trim_matches(['<', '>', ' ']);
    let hash = Sha256::digest(id.as_bytes());
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}.firstanswer")
}

fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(at(path, "create"))?;
    file.write_all(bytes).map_err(at(path, "write"))?;
    file.sync_all().map_err(at(path, "sync"))
}

fn make_folder(path: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(at(path, "make folder"))?;
    // The entry of a new folder lives in its parent.
    path.ancestors()
        .skip(1)
        .take(2)
        .filter(|parent| !parent.as_os_str().is_empty())
        .try_for_each(sync_folder)
}

fn sync_folder(path: &Path) -> Result<(), Error> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(at(path, "sync"))
}

fn at(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Maildir { path, doing, source }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::mail::{Delivery, Transport};

    fn files(root: &Path, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(root.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_message_arrives_whole_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("var/mail");
        Maildir::new(&root).deliver("m-1@host", b"To: x\r\n\r\n.\r\n").unwrap();
        let [name] = files(&root, "new").try_into().unwrap();
        let file = root.join("new").join(name);
        assert_eq!(fs::read(&file).unwrap(), b"To: x\r\n\r\n.\r\n");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(files(&root, "tmp").is_empty());
    }

    #[test]
    fn f49_delivering_again_after_a_crash_makes_no_second_mail() {
        let home = tempfile::tempdir().unwrap();
        let maildir = Maildir::new(home.path());
        maildir.deliver("m-1@host", b"one").unwrap();
        maildir.deliver("<m-1@host>", b"one").unwrap();
        assert_eq!(files(home.path(), "new").len(), 1);

        // A reader took it in between.
        let [name] = files(home.path(), "new").try_into().unwrap();
        let moved = home.path().join("cur").join(format!("{name}:2,S"));
        fs::rename(home.path().join("new").join(&name), moved).unwrap();
        maildir.deliver("m-1@host", b"one").unwrap();
        assert_eq!(files(home.path(), "new").len(), 0);

        maildir.deliver("m-2@host", b"two").unwrap();
        assert_eq!(files(home.path(), "new").len(), 1);
    }

    #[test]
    fn f49_a_crash_while_writing_leaves_nothing_half_in_new() {
        let home = tempfile::tempdir().unwrap();
        let maildir = Maildir::new(home.path());
        maildir.prepare().unwrap();
        let half = home.path().join("tmp").join(file_name("m-1@host"));
        fs::write(&half, b"hal").unwrap();
        maildir.deliver("m-1@host", b"whole").unwrap();
        let [name] = files(home.path(), "new").try_into().unwrap();
        assert_eq!(fs::read(home.path().join("new").join(name)).unwrap(), b"whole");
        assert!(files(home.path(), "tmp").is_empty());
    }

    #[tokio::test]
    async fn f46_a_maildir_that_takes_nothing_means_later() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("mail");
        fs::write(&file, b"a file where the folder should be").unwrap();
        let delivery = Transport::Maildir(Maildir::new(&file))
            .deliver("m-1@host", "wang@x.cn", b"x")
            .await;
        let Delivery::Later { why, .. } = delivery else {
            unreachable!("expected Later, got {delivery:?}");
        };
        assert!(why.contains("mail/tmp"), "{why}");
    }

    #[test]
    fn hostile_ids_stay_inside_the_maildir() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("mail");
        Maildir::new(&root)
            .deliver("../../../etc/cron.d/x\0:2,S@host", b"x")
            .unwrap();
        assert_eq!(files(&root, "new").len(), 1);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
