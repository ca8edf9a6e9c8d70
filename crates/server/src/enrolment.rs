//! Enrolment codes: `TW1-<96-bit secret>-<128-bit prefix of SHA-256 of the authority's SPKI>`.
//!
//! Both parts are base32 (RFC 4648, upper case, no padding): 20 and 26 characters. The second part is
//! the trust root of the first contact, so the code must come to the workstation by a way that nobody
//! else can write to; the first is a secret until it is used up. The server keeps its SHA-256: it is
//! random, so looking the hash up tells nothing by its time.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use protocol::secret::WireSecret;
use sha2::{Digest as _, Sha256};

use crate::keys::random;

/// First part of every code.
pub const PREFIX: &str = "TW1";
/// Uses of a code when nothing else is said.
pub const USES_DEFAULT: u32 = 1;
/// Uses of a code at most.
pub const USES_MAX: u32 = 1_000;
/// Life of a code when nothing else is said.
pub const LIFE_DEFAULT: SignedDuration = SignedDuration::from_hours(24);
/// Life of a code at most.
pub const LIFE_MAX: SignedDuration = SignedDuration::from_hours(24 * 30);

const SECRET_SIZE_BYTES: usize = 12;
const FINGERPRINT_SIZE_BYTES: usize = 16;
/// Failed enrolments in [`FAILURES_WINDOW`] before further wrong codes are told to wait, unrecorded.
const FAILURES_MAX: usize = 20;
const FAILURES_WINDOW: SignedDuration = SignedDuration::from_mins(1);
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The prefix of SHA-256 of the TLS authority's public key (SPKI, DER).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; FINGERPRINT_SIZE_BYTES]);

impl Fingerprint {
    /// The fingerprint of a public key.
    #[must_use]
    pub fn of_spki(der: &[u8]) -> Self {
        let mut prefix = [0; FINGERPRINT_SIZE_BYTES];
        prefix.copy_from_slice(&Sha256::digest(der)[..FINGERPRINT_SIZE_BYTES]);
        Self(prefix)
    }
}

/// A new code, and the hash of its secret.
#[must_use]
pub fn mint(authority: Fingerprint) -> (WireSecret, [u8; 32]) {
    let secret = zeroize::Zeroizing::new(base32(&random::<SECRET_SIZE_BYTES>()));
    let code = format!("{PREFIX}-{}-{}", *secret, base32(&authority.0));
    (WireSecret::new(code), Sha256::digest(secret.as_bytes()).into())
}

/// The hash to look for, of the secret part as somebody may have typed it.
#[must_use]
pub fn hash_of_typed(secret: &WireSecret) -> [u8; 32] {
    let typed = zeroize::Zeroizing::new(secret.expose().trim().to_ascii_uppercase());
    Sha256::digest(typed.as_bytes()).into()
}

/// RFC 4648 base32 without padding.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut word = [0u8; 8];
        word[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(word);
        for place in 0..(chunk.len() * 8).div_ceil(5) {
            let digit = usize::try_from((bits >> (35 - 5 * place)) & 31).unwrap_or(0);
            text.push(char::from(ALPHABET[digit]));
        }
    }
    text
}

/// Failed enrolments of late, over all keys: a key costs nothing, so none is counted for itself.
#[derive(Debug, Default)]
pub struct Failures(Mutex<VecDeque<Timestamp>>);

impl Failures {
    /// How long wrong codes have to wait, if so.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> Option<SignedDuration> {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while failures.front().is_some_and(|at| now.duration_since(*at) >= FAILURES_WINDOW) {
            failures.pop_front();
        }
        let oldest = failures.front().copied().filter(|_| failures.len() >= FAILURES_MAX)?;
        Some(FAILURES_WINDOW - now.duration_since(oldest))
    }

    /// Counts one.
    pub fn count(&self, now: Timestamp) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() < FAILURES_MAX {
            failures.push_back(now);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn base32_is_that_of_the_standard() {
        let vectors = [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ];

        for (plain, text) in vectors {
            assert_eq!(base32(plain.as_bytes()), text);
        }
    }

    #[test]
    fn a_code_has_three_parts_and_its_secret_is_found_however_it_is_typed() {
        let (code, hash) = mint(Fingerprint::of_spki(b"authority"));
        let parts: Vec<_> = code.expose().split('-').collect();

        assert_eq!((parts[0], parts[1].len(), parts[2].len(), parts.len()), ("TW1", 20, 26, 3));
        for typed in [parts[1].to_owned(), format!(" {}\n", parts[1].to_lowercase())] {
            assert_eq!(hash_of_typed(&WireSecret::new(typed)), hash);
        }
    }

    #[test]
    fn too_many_wrong_codes_make_the_next_wrong_one_wait() {
        let failures = Failures::default();
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        for _ in 0..FAILURES_MAX {
            assert_eq!(failures.wait(start), None);
            failures.count(start);
        }

        assert_eq!(failures.wait(start), Some(FAILURES_WINDOW));
        assert_eq!(failures.wait(start + FAILURES_WINDOW), None);
    }
}
