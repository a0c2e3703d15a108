//! Names and numbers of things, so that a person can't be passed where a department is meant.
//!
//! Slugs are what users write in the directory and config: letters, digits, `-`, `_`, `.`, up to 64 bytes.
//! Integer ids come from the register and are never reused.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is no slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a name: use 1 to 64 letters, digits, `-`, `_` or `.`")]
pub struct BadSlug {
    text: String,
}

fn check_slug(text: &str) -> Result<(), BadSlug> {
    let fits = !text.is_empty()
        && text.len() <= 64
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if fits {
        Ok(())
    } else {
        Err(BadSlug {
            text: text.chars().take(64).collect(),
        })
    }
}

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text as written in the file.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadSlug;
            fn from_str(text: &str) -> Result<Self, BadSlug> {
                check_slug(text).map(|()| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadSlug;
            fn try_from(text: String) -> Result<Self, BadSlug> {
                check_slug(&text).map(|()| Self(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

slug!(
    /// A person of the directory.
    PersonId
);
slug!(
    /// A department of the directory.
    DepartmentId
);
slug!(
    /// A desk whose roster says who sits there.
    DeskId
);
slug!(
    /// A feed's name in the config.
    FeedName
);
slug!(
    /// A category of the policy, such as `service`.
    CategoryId
);

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Wraps a row number of the register.
            pub const fn new(id: i64) -> Self {
                Self(id)
            }
            /// The row number.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.trim_start_matches('#').parse().map(Self)
            }
        }
    };
}

number!(
    /// A call in the register.
    CallId
);
number!(
    /// A case in the register.
    CaseId
);
number!(
    /// A line in the journal.
    LineId
);
