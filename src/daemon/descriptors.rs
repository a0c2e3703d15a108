//! How the process's file descriptors are shared out, so that no crowd of visitors keeps a feed or the database out.
//!
//! A page that is read needs up to four: its connection, the database, its log and its index. Half of all are for pages
//! at most, an eighth for connections to feeds that have not sent a byte; the rest is for feeds that speak, the writer,
//! and mail.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Pages nobody needs more of.
const MANY: usize = 512;

/// What the process may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Descriptors(usize);

impl Descriptors {
    /// Asks for as many as the system gives.
    pub fn all() -> Self {
        let mut limit = getrlimit(Resource::Nofile);
        let soft = limit.current;
        limit.current = limit.maximum;
        let taken = setrlimit(Resource::Nofile, limit).is_ok();
        let count = if taken { limit.maximum } else { soft };
        Self(count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX)))
    }

    /// Connections of visitors at once.
    pub fn pages(self) -> usize {
        (self.0 / 8).clamp(2, MANY)
    }

    /// Connections to one feed that have not sent anything.
    pub fn idle(self) -> usize {
        (self.0 / 8).clamp(2, 1024)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f59_half_of_the_descriptors_are_kept_for_feeds_and_database() {
        for count in [64, 256, 1024, 1 << 20] {
            let descriptors = Descriptors(count);
            assert!(descriptors.pages() * 4 <= count / 2, "{count}");
            assert!(descriptors.idle() <= count / 8, "{count}");
        }
        assert_eq!(Descriptors(1024).pages(), 128);
        assert_eq!(Descriptors(usize::MAX).pages(), 512);
    }
}
