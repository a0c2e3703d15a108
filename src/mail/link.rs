//! Signed links: who may do what with which case, without a password.
//!
//! ```text
//! token = base64url( version 1 | key id 4 | expires 8 | tag 1 | case 8 | person … | MAC 32 )
//! MAC   = HMAC-SHA256( key, "firstanswer link" | epoch 4 | all bytes before )
//! ```
//! **Invariants.** The MAC covers every byte before it, and the register's epoch: restoring a backup raises that and
//! voids every older link. It is compared in constant time before anything else is believed. One link has one
//! spelling: base64 with loose bits at the end is refused.
//!
//! **Not here**: whether the person still has the case (the office behind [`crate::web`]).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use super::Error;
use crate::ids::{CaseId, PersonId};

/// How long a link works, in seconds: 30 days.
pub const LIFETIME_SECONDS: i64 = 30 * 86_400;

const VERSION: u8 = 1;
const DOMAIN: &[u8] = b"firstanswer link";
const HEAD: usize = 1 + 4 + 8 + 1 + 8;
const MAC: usize = 32;
const TAG_LIST: u8 = 0;
const TAG_CASE: u8 = 1;

/// What a link says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Link {
    /// Whose it is.
    pub person: PersonId,
    /// What it opens.
    pub target: Target,
    /// From this second on it no longer works.
    pub expires: Timestamp,
}

/// What a link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// One case.
    Case(CaseId),
    /// Everything open of the person.
    List,
}

impl Link {
    /// A link that works for 30 days from `now`, to the second.
    pub fn new(person: PersonId, target: Target, now: Timestamp) -> Self {
        let expires = now.as_second().saturating_add(LIFETIME_SECONDS);
        Self {
            person,
            target,
            expires: Timestamp::from_second(expires).unwrap_or(Timestamp::MAX),
        }
    }
}

/// Why a token opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// Not made by us, mangled, or voided by a rotation or a restore.
    #[error("the link is forged or mangled")]
    Forged,
    /// Ours, but too old. Whose it was is known, so that the page can speak their language.
    #[error("the link of {} expired at {}", .0.person, .0.expires)]
    Expired(Link),
}

/// One signing key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Tells keys apart across rotations.
    pub id: u32,
    secret: [u8; 32],
}

impl Key {
    /// Wraps a stored key.
    pub fn new(id: u32, secret: [u8; 32]) -> Self {
        Self { id, secret }
    }

    /// Makes a new key from the system's randomness.
    ///
    /// # Errors
    /// If the system has none to give.
    pub fn generate(id: u32) -> Result<Self, Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(Error::Random)?;
        Ok(Self { id, secret })
    }

    /// The bytes, for the register alone.
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The key that signs, the older ones that still verify, and the register's epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    epoch: u32,
    current: Key,
    older: Vec<Key>,
}

impl Keys {
    /// Keys of a register at this epoch.
    pub fn new(epoch: u32, current: Key, older: Vec<Key>) -> Self {
        Self { epoch, current, older }
    }

    /// The token of a link, fit for a URL as it is.
    pub fn sign(&self, link: &Link) -> String {
        let (tag, case) = match link.target {
            Target::List => (TAG_LIST, 0),
            Target::Case(case) => (TAG_CASE, case.get()),
        };
        let mut bytes = vec![VERSION];
        bytes.extend(self.current.id.to_be_bytes());
        bytes.extend(link.expires.as_second().to_be_bytes());
        bytes.push(tag);
        bytes.extend(case.to_be_bytes());
        bytes.extend(link.person.as_str().as_bytes());
        let mac = self.mac(&self.current, &bytes).finalize().into_bytes();
        bytes.extend(mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a token says, if we signed it and it still works.
    ///
    /// # Errors
    /// [`BadLink::Forged`] before anything of it is believed, else [`BadLink::Expired`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Link, BadLink> {
        let link = self.read(token).ok_or(BadLink::Forged)?;
        if now.as_second() >= link.expires.as_second() {
            return Err(BadLink::Expired(link));
        }
        Ok(link)
    }

    fn read(&self, token: &str) -> Option<Link> {
        // The longest we make: a slug of 64 bytes. Longer ones are not worth decoding.
        if token.len() > 160 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (said, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC)?)?;
        let (head, person) = said.split_at_checked(HEAD)?;
        let id = u32::from_be_bytes(head.get(1..5)?.try_into().ok()?);
        let key = std::iter::once(&self.current).chain(&self.older).find(|k| k.id == id)?;
        self.mac(key, said).verify_slice(mac).ok()?;

        if head.first() != Some(&VERSION) {
            return None;
        }
        let case = i64::from_be_bytes(head.get(14..22)?.try_into().ok()?);
        let target = match *head.get(13)? {
            TAG_LIST => Target::List,
            TAG_CASE => Target::Case(CaseId::new(case)),
            _ => return None,
        };
        let expires = i64::from_be_bytes(head.get(5..13)?.try_into().ok()?);
        Some(Link {
            person: std::str::from_utf8(person).ok()?.parse().ok()?,
            target,
            expires: Timestamp::from_second(expires).ok()?,
        })
    }

    fn mac(&self, key: &Key, said: &[u8]) -> Hmac<Sha256> {
        // Filled up to the hash's block, as HMAC itself would: that constructor can't fail.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&key.secret);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(DOMAIN);
        mac.update(&self.epoch.to_be_bytes());
        mac.update(said);
        mac
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: &str = "2026-03-05T09:30:00Z";

    fn keys(epoch: u32) -> Keys {
        Keys::new(epoch, Key::new(7, [7; 32]), vec![Key::new(6, [6; 32])])
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn link(target: Target) -> Link {
        Link::new("wang".parse().unwrap(), target, at(NOW))
    }

    #[test]
    fn what_was_signed_is_read_back() {
        for target in [Target::List, Target::Case(CaseId::new(12))] {
            let token = keys(1).sign(&link(target));
            assert_eq!(keys(1).verify(&token, at(NOW)).unwrap(), link(target));
            let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            assert!(token.bytes().all(fits), "{token} must need no escaping");
        }
    }

    #[test]
    fn a_chinese_slug_of_64_bytes_fits() {
        let person: PersonId = "王".repeat(21).parse().unwrap();
        let link = Link::new(person, Target::Case(CaseId::new(i64::MAX)), at(NOW));
        assert_eq!(keys(1).verify(&keys(1).sign(&link), at(NOW)).unwrap(), link);
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let token = keys(1).sign(&link(Target::Case(CaseId::new(12))));
        let raw = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for bit in 0..raw.len() * 8 {
            let mut forged = raw.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let forged = URL_SAFE_NO_PAD.encode(forged);
            assert_eq!(keys(1).verify(&forged, at(NOW)), Err(BadLink::Forged), "bit {bit}");
        }
        for bit in 0..token.len() * 8 {
            let mut forged = token.clone().into_bytes();
            forged[bit / 8] ^= 1 << (bit % 8);
            if let Ok(forged) = String::from_utf8(forged) {
                assert_eq!(
                    keys(1).verify(&forged, at(NOW)),
                    Err(BadLink::Forged),
                    "letter bit {bit}"
                );
            }
        }
    }

    #[test]
    fn cut_lengthened_and_empty_tokens_are_refused() {
        let token = keys(1).sign(&link(Target::List));
        for end in 0..token.len() {
            assert_eq!(keys(1).verify(&token[..end], at(NOW)), Err(BadLink::Forged));
        }
        for extra in ["A", "=", " ", "\n", &"A".repeat(9_000)] {
            assert_eq!(
                keys(1).verify(&format!("{token}{extra}"), at(NOW)),
                Err(BadLink::Forged)
            );
        }
    }

    #[test]
    fn thirty_days_to_the_second() {
        let token = keys(1).sign(&link(Target::List));
        assert!(keys(1).verify(&token, at("2026-04-04T09:29:59Z")).is_ok());
        let expired = keys(1).verify(&token, at("2026-04-04T09:30:00Z"));
        assert_eq!(expired, Err(BadLink::Expired(link(Target::List))));
    }

    #[test]
    fn an_older_key_still_verifies_an_unknown_one_does_not() {
        let older = Keys::new(1, Key::new(6, [6; 32]), vec![]).sign(&link(Target::List));
        let unknown = Keys::new(1, Key::new(5, [5; 32]), vec![]).sign(&link(Target::List));
        assert!(keys(1).verify(&older, at(NOW)).is_ok());
        assert_eq!(keys(1).verify(&unknown, at(NOW)), Err(BadLink::Forged));
    }

    #[test]
    fn a_restored_register_voids_older_links() {
        let token = keys(1).sign(&link(Target::List));
        assert_eq!(keys(2).verify(&token, at(NOW)), Err(BadLink::Forged));
    }

    #[test]
    fn a_key_does_not_print_its_secret() {
        assert_eq!(format!("{:?}", Key::new(3, [0xab; 32])), "Key { id: 3, .. }");
    }
}
