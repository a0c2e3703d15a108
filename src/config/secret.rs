//! Passwords: where they are, and a value that prints nothing.
//!
//! **Invariants.** A secret is read when it is needed, never while the config is checked; no error and no `Debug`
//! shows one.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where a password is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretFrom {
    /// In a file, relative to the working directory; a line end after it doesn't count.
    File(PathBuf),
    /// In a systemd credential of this name.
    Credential(String),
}

/// A password in memory.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text, for the one who logs in with it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Why a password could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file can't be read.
    #[error("the password in {} can't be read: {reason}; the service's user must be able to read it", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// The file is no text, or empty.
    #[error("the password in {} is empty or no text; write it on one line", path.display())]
    NotText {
        /// Which file.
        path: PathBuf,
    },
    /// No credentials were handed over.
    #[error(
        "the credential `{name}` was not handed over; name a password_file, or add LoadCredential={name}:… to the unit"
    )]
    NoCredential {
        /// Its name.
        name: String,
    },
}

impl SecretFrom {
    /// Reads it. `credentials` is systemd's folder (`$CREDENTIALS_DIRECTORY`), if there is one.
    ///
    /// # Errors
    /// What can't be read, never what stands in it.
    pub fn read(&self, credentials: Option<&Path>) -> Result<Secret, SecretError> {
        let path = match self {
            Self::File(path) => path.clone(),
            Self::Credential(name) => credentials
                .ok_or_else(|| SecretError::NoCredential { name: name.clone() })?
                .join(name),
        };
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(reason) => return Err(SecretError::Unreadable { path, reason }),
        };
        match String::from_utf8(bytes) {
            Ok(text) if !text.trim_end_matches(['\r', '\n']).is_empty() => {
                Ok(Secret(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
            _ => Err(SecretError::NotText { path }),
        }
    }
}
