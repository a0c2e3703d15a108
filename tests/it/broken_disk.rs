//! A disk that fails at the n-th write or sync: `tests/broken_disk.c` under the real program.
//!
//! **Invariants.** Counts what it is told to fail, so that a test knows whether the fault came, and where the calls end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::house::{House, crate_root};

/// What fails, and how.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// `write` or `sync`.
    pub call: &'static str,
    /// Which one, from 1; 0: none, they are counted.
    pub nth: usize,
    /// `EIO` or `ENOSPC`.
    pub error: &'static str,
    /// All later writes and syncs fail too.
    pub ever: bool,
}

/// What the layer counted.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    /// Calls that worked.
    pub worked: usize,
    /// Calls that failed.
    pub failed: usize,
}

/// The layer, compiled once.
fn layer() -> &'static Path {
    static LAYER: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = LAYER.get_or_init(|| {
        let dir = TempDir::with_prefix("fa-disk").unwrap();
        let path = dir.path().join("broken_disk.so");
        let status = Command::new("cc")
            .args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"])
            .arg(&path)
            .arg(crate_root().join("tests/broken_disk.c"))
            .status();
        assert!(status.expect("cc is missing; tests/run installs gcc").success());
        (dir, path)
    });
    path
}

/// The house's folder `var` lies on such a disk from the next start on.
pub fn put_under(house: &mut House, fault: Fault) {
    let var = house.path("var");
    fs::create_dir_all(&var).unwrap();
    let (under, log) = (fs::canonicalize(&var).unwrap(), house.path("disk-calls"));
    let _ = fs::remove_file(&log);
    let nth = fault.nth.to_string();
    let mut env = vec![
        ("LD_PRELOAD", layer().to_str().unwrap()),
        ("BROKEN_UNDER", under.to_str().unwrap()),
        ("BROKEN_CALL", fault.call),
        ("BROKEN_NTH", &nth),
        ("BROKEN_ERROR", fault.error),
        ("BROKEN_LOG", log.to_str().unwrap()),
    ];
    if fault.ever {
        env.push(("BROKEN_EVER", "1"));
    }
    house.set_env(&env);
}

/// The disk is well again from the next start on.
pub fn mend(house: &mut House) {
    house.set_env(&[]);
}

/// What was counted since [`put_under`].
pub fn counted(house: &House) -> Counted {
    let calls = fs::read(house.path("disk-calls")).unwrap_or_default();
    let failed = calls.iter().filter(|call| **call == b'x').count();
    Counted {
        worked: calls.len() - failed,
        failed,
    }
}
