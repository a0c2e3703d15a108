//! A serial cable: a pseudo-terminal whose one end the switch holds, under a stable name.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// The switch's end. Dropping it unplugs the cable.
pub struct Cable {
    /// Where the switch writes.
    pub switch: File,
    device: PathBuf,
}

impl Cable {
    /// A cable that is plugged in nowhere yet.
    pub fn new() -> Self {
        let switch = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&switch).unwrap();
        unlockpt(&switch).unwrap();
        let device = ptsname(&switch, Vec::new()).unwrap().into_string().unwrap().into();
        Self {
            switch: switch.into(),
            device,
        }
    }

    /// The device's own name, which the next one does not have.
    pub fn device(&self) -> &Path {
        &self.device
    }

    /// Gives it the stable name, as udev does.
    pub fn plug_in(&self, name: &Path) {
        let _ = fs::remove_file(name);
        symlink(&self.device, name).unwrap();
    }

    /// The switch prints.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.switch.write_all(bytes.as_ref()).unwrap();
    }
}
