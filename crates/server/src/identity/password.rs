//! Passwords: Argon2id with a pepper, a bounded number at a time, and the same work for everybody.
//!
//! The permit moves into the blocking task: a client that goes away frees its place only when the hash
//! it asked for is done, so memory stays bounded whatever clients do. Beyond a short queue the answer is
//! `server.busy`; before it, each workstation has a lane of its own (`identity/lanes.rs`). A name nobody has
//! is verified against a hash of nobody's password.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use protocol::{secret::WireSecret, v1::session::PASSWORD_SIZE_BYTES_MAX};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::lanes::FirstPlace;
use crate::keys::{Key, random};

/// A new password has at least this many characters (NIST SP 800-63B-4, 3.1.1.2, asks for 8 with a
/// second factor).
pub const PASSWORD_CHARACTERS_MIN: usize = 12;
/// Requests that may wait for a free place; the next one is told to come back.
const WAITING_MAX: usize = 64;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    /// Memory of one hash.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for HashCost {
    /// The OWASP minimum for Argon2id: 19 MiB, two passes, one lane.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2 }
    }
}

/// Why a password was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many at once; come back shortly.
    #[error("too many passwords are being checked")]
    Busy,
    /// The cost or the pepper cannot be used; only a wrong configuration does this.
    #[error("passwords cannot be hashed with this configuration")]
    Broken,
}

/// Hashes and verifies passwords.
pub struct Passwords {
    hashing: Hashing,
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    nobody: String,
}

#[derive(Clone)]
struct Hashing {
    pepper: Key,
    params: Params,
}

impl Passwords {
    /// Prepares `places` hashes at a time.
    ///
    /// # Errors
    /// [`HashError::Broken`] for a cost Argon2 does not know.
    pub fn new(pepper: Key, cost: HashCost, places: usize) -> Result<Self, HashError> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(|_| HashError::Broken)?;
        let hashing = Hashing { pepper, params };
        let nobody = hashing.hash(&random::<32>())?;
        Ok(Self {
            hashing,
            places: Arc::new(Semaphore::new(places.max(1))),
            waiting: AtomicUsize::new(0),
            nobody,
        })
    }

    /// Whether `password` is the one that `stored` was made of; always false, and as slow, for nobody.
    /// The place in the lane is held until the hash is done, whether or not somebody still waits for it.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn verify(
        &self,
        password: &WireSecret,
        stored: Option<&str>,
        place: FirstPlace,
    ) -> Result<bool, HashError> {
        let is_somebody = stored.is_some();
        let stored = stored.unwrap_or(&self.nobody).to_owned();
        let password = normalised(password);
        let verify = move |hashing: &Hashing| {
            let is_right = hashing.verify(&password, &stored);
            drop(place);
            is_right
        };
        Ok(self.run(verify).await? && is_somebody)
    }

    /// Whether `stored` was made at another cost than a password set now: configuration or default changed.
    #[must_use]
    pub fn is_outdated(&self, stored: &str) -> bool {
        let Ok(stored) = PasswordHash::new(stored) else {
            return false;
        };
        let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        Params::try_from(&stored).is_ok_and(|made_with| cost(&made_with) != cost(&self.hashing.params))
    }

    /// The PHC string of a new password.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn hash(&self, password: &WireSecret) -> Result<String, HashError> {
        let password = normalised(password);
        self.run(move |hashing| hashing.hash(&password)).await?
    }

    /// Takes one place as a hash would, and holds it until it is dropped: a full house, for tests.
    ///
    /// # Errors
    /// [`HashError::Busy`] when the server is closing.
    pub async fn hold_place(&self) -> Result<OwnedSemaphorePermit, HashError> {
        Arc::clone(&self.places).acquire_owned().await.map_err(|_| HashError::Busy)
    }

    /// How many wait for a place.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hashing) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let place = {
            let _waiting = Waiting::enter(&self.waiting)?;
            self.hold_place().await?
        };
        let hashing = self.hashing.clone();
        let task = tokio::task::spawn_blocking(move || {
            let result = work(&hashing);
            drop(place);
            result
        });
        task.await.map_err(|_| HashError::Broken)
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").field("params", &self.hashing.params).finish_non_exhaustive()
    }
}

impl Hashing {
    fn hash(&self, password: &[u8]) -> Result<String, HashError> {
        let salt = random::<16>();
        let hash: PasswordHash =
            self.argon2()?.hash_password_with_salt(password, &salt).map_err(|_| HashError::Broken)?;
        Ok(hash.to_string())
    }

    fn verify(&self, password: &[u8], stored: &str) -> bool {
        let (Ok(argon2), Ok(stored)) = (self.argon2(), PasswordHash::new(stored)) else {
            return false;
        };
        argon2.verify_password(password, &stored).is_ok()
    }

    fn argon2(&self) -> Result<Argon2<'_>, HashError> {
        Argon2::new_with_secret(self.pepper.bytes(), Algorithm::Argon2id, Version::V0x13, self.params.clone())
            .map_err(|_| HashError::Broken)
    }
}

/// One request in the queue; leaving it is not forgotten when the client goes away.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(waiting: &'a AtomicUsize) -> Result<Self, HashError> {
        let before = waiting.fetch_add(1, Ordering::AcqRel);
        let entered = Self(waiting);
        if before >= WAITING_MAX { Err(HashError::Busy) } else { Ok(entered) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What is wrong with a new password, in words for the administrator.
#[must_use]
pub fn refusal_of_new(password: &WireSecret) -> Option<&'static str> {
    let text = password.expose();
    if text.len() > PASSWORD_SIZE_BYTES_MAX {
        return Some("a password has at most 1024 bytes");
    }
    if text.nfc().count() < PASSWORD_CHARACTERS_MIN {
        return Some("a password has at least 12 characters");
    }
    if text.contains('\0') {
        return Some("a password has no NUL character");
    }
    None
}

/// A password for somebody who will be handed it: 100 random bits, easy to read aloud.
#[must_use]
pub fn generate() -> WireSecret {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes = Zeroizing::new(random::<20>());
    let mut text = String::with_capacity(24);
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    WireSecret::new(text)
}

fn normalised(password: &WireSecret) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Zeroizing::new(password.expose().nfc().collect::<String>()).as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::identity::lanes::Lanes;

    const CHEAP: HashCost = HashCost { memory_kib: 64, passes: 1 };

    fn secret(text: &str) -> WireSecret {
        WireSecret::new(text.to_owned())
    }

    /// With a lane to itself.
    async fn verify(passwords: &Passwords, password: &str, stored: Option<&str>) -> Result<bool, HashError> {
        let place = Lanes::default().first_place(uuid::Uuid::nil()).await?;
        passwords.verify(&secret(password), stored, place).await
    }

    #[tokio::test]
    async fn a_password_verifies_however_its_accents_were_typed() {
        let passwords = Passwords::new(Key::new([1; 32]), CHEAP, 2).unwrap();
        let stored = passwords.hash(&secret("contraseña larga")).await.unwrap();

        assert!(verify(&passwords, "contrasen\u{303}a larga", Some(&stored)).await.unwrap());
        assert!(!verify(&passwords, "contrasena larga", Some(&stored)).await.unwrap());
        assert!(!verify(&passwords, "Contraseña larga", Some(&stored)).await.unwrap());
    }

    #[tokio::test]
    async fn another_pepper_opens_nothing() {
        let ours = Passwords::new(Key::new([1; 32]), CHEAP, 2).unwrap();
        let theirs = Passwords::new(Key::new([2; 32]), CHEAP, 2).unwrap();
        let stored = ours.hash(&secret("correct horse battery")).await.unwrap();

        assert!(!verify(&theirs, "correct horse battery", Some(&stored)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let passwords = Passwords::new(Key::new([1; 32]), CHEAP, 2).unwrap();

        assert!(!verify(&passwords, "anything at all", None).await.unwrap());
    }

    #[tokio::test]
    async fn the_parameters_stand_in_the_stored_text() {
        let passwords = Passwords::new(Key::new([1; 32]), HashCost::default(), 2).unwrap();
        let stored = passwords.hash(&secret("correct horse battery")).await.unwrap();

        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_still_verifies_and_shows_as_outdated() {
        let before = Passwords::new(Key::new([1; 32]), CHEAP, 2).unwrap();
        let after = Passwords::new(Key::new([1; 32]), HashCost { memory_kib: 128, passes: 2 }, 2).unwrap();
        let stored = before.hash(&secret("correct horse battery")).await.unwrap();

        assert!(verify(&after, "correct horse battery", Some(&stored)).await.unwrap());
        assert!(after.is_outdated(&stored) && !before.is_outdated(&stored));
        assert!(!after.is_outdated("not a hash"));
    }

    #[tokio::test]
    async fn a_full_queue_is_told_to_come_back_and_empties_again() {
        let passwords = Passwords::new(Key::new([1; 32]), CHEAP, 1).unwrap();
        let held = passwords.hold_place().await.unwrap();
        let mut queue = Vec::new();
        for _ in 0..WAITING_MAX {
            let mut waiting = Box::pin(verify(&passwords, "x", None));
            assert!(futures_util::poll!(&mut waiting).is_pending());
            queue.push(waiting);
        }

        assert_eq!(verify(&passwords, "x", None).await, Err(HashError::Busy));
        queue.clear();
        drop(held);
        assert_eq!(verify(&passwords, "x", None).await, Ok(false));
    }

    #[test]
    fn a_new_password_is_long_enough_and_bounded() {
        assert!(refusal_of_new(&secret("eleven char")).is_some());
        assert!(refusal_of_new(&secret("twelve chars")).is_none());
        assert!(refusal_of_new(&secret(&"x".repeat(1_025))).is_some());
        assert!(refusal_of_new(&secret("twelve\0chars")).is_some());
    }
}
