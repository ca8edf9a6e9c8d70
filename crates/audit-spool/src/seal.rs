//! Sealing: AES-256-GCM with a random nonce, and the chain's hash.

use std::fmt;

use audit::record::AuditRecord;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest, rand,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::{Fault, SpoolError};

/// First byte of everything sealed.
const SEAL_VERSION: u8 = 1;
/// Bytes of a hash of the chain.
pub(crate) const HASH_SIZE: usize = 32;
/// What the first record is chained to.
pub(crate) const CHAIN_START: Hash = [0; HASH_SIZE];

/// A hash of the chain.
pub(crate) type Hash = [u8; HASH_SIZE];

/// The 256-bit key of one spool. The keychain keeps it; this type wipes it.
#[derive(Clone)]
pub struct SpoolKey(Zeroizing<[u8; 32]>);

impl SpoolKey {
    /// The key with these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A fresh random key.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`] when the machine has no randomness.
    pub fn generate() -> Result<Self, SpoolError> {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(&mut bytes[..]).map_err(|_| SpoolError::Unavailable(Fault::Cryptography))?;
        Ok(Self(bytes))
    }

    /// The bytes, for the keychain.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SpoolKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpoolKey(…)")
    }
}

/// What a sealed value is bound to: it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    /// A record.
    Record { seq: i64, id: Uuid, prior: &'a Hash },
    /// An open session.
    OpenSession(Uuid),
    /// A small value.
    Meta(&'a str),
}

impl Place<'_> {
    fn associated_data(self) -> Vec<u8> {
        let mut data = b"tapward-spool-v1:".to_vec();
        match self {
            Place::Record { seq, id, prior } => {
                data.extend_from_slice(b"record:");
                data.extend_from_slice(&seq.to_be_bytes());
                data.extend_from_slice(id.as_bytes());
                data.extend_from_slice(prior);
            }
            Place::OpenSession(session) => {
                data.extend_from_slice(b"open-session:");
                data.extend_from_slice(session.as_bytes());
            }
            Place::Meta(name) => {
                data.extend_from_slice(b"meta:");
                data.extend_from_slice(name.as_bytes());
            }
        }
        data
    }
}

/// Seals and opens with one key.
pub(crate) struct Sealer(LessSafeKey);

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

impl Sealer {
    pub(crate) fn new(key: &SpoolKey) -> Result<Self, SpoolError> {
        let key = UnboundKey::new(&AES_256_GCM, key.expose()).map_err(|_| no_cryptography())?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Version, nonce, ciphertext, tag.
    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, SpoolError> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| no_cryptography())?;
        let mut body = plain.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.associated_data()),
                &mut body,
            )
            .map_err(|_| no_cryptography())?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + body.len());
        sealed.push(SEAL_VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// What was sealed at this place with this key, or nothing.
    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN)?;
        if *version != SEAL_VERSION {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = Zeroizing::new(body.to_vec());
        let size = self.0.open_in_place(nonce, Aad::from(place.associated_data()), &mut body).ok()?.len();
        body.truncate(size);
        Some(body)
    }

    pub(crate) fn seal_record(
        &self,
        seq: i64,
        prior: &Hash,
        record: &AuditRecord,
    ) -> Result<Vec<u8>, SpoolError> {
        self.seal(Place::Record { seq, id: record.id, prior }, &record_json(record))
    }
}

/// SHA-256 of the link before and everything about this one.
pub(crate) fn chain_hash(seq: i64, id: Uuid, prior: &Hash, sealed: &[u8]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"tapward-spool-v1:chain:");
    context.update(prior);
    context.update(&seq.to_be_bytes());
    context.update(id.as_bytes());
    context.update(sealed);
    let mut hash = CHAIN_START;
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

fn record_json(record: &AuditRecord) -> Vec<u8> {
    serde_json::to_vec(record).expect("a record is structs of strings and numbers")
}

fn no_cryptography() -> SpoolError {
    SpoolError::Unavailable(Fault::Cryptography)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_key_does_not_show_itself() {
        let key = SpoolKey::new([0xAB; 32]);

        assert_eq!(format!("{key:?}"), "SpoolKey(…)");
        assert_eq!(format!("{:?}", Sealer::new(&key).unwrap()), "Sealer(…)");
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_with_its_key_only() {
        let sealer = Sealer::new(&SpoolKey::new([1; 32])).unwrap();
        let session = Uuid::from_u128(1);
        let sealed = sealer.seal(Place::OpenSession(session), b"Maria").unwrap();

        assert_eq!(sealer.open(Place::OpenSession(session), &sealed).unwrap().as_slice(), b"Maria");
        assert!(sealer.open(Place::OpenSession(Uuid::from_u128(2)), &sealed).is_none());
        assert!(sealer.open(Place::Meta("nonce"), &sealed).is_none());
        let other = Sealer::new(&SpoolKey::new([2; 32])).unwrap();
        assert!(other.open(Place::OpenSession(session), &sealed).is_none());
        for size in 0..sealed.len() {
            assert!(sealer.open(Place::OpenSession(session), &sealed[..size]).is_none(), "{size}");
        }
    }

    #[test]
    fn one_text_never_gives_the_same_bytes_twice() {
        let sealer = Sealer::new(&SpoolKey::generate().unwrap()).unwrap();

        assert_ne!(
            sealer.seal(Place::Meta("a"), b"x").unwrap(),
            sealer.seal(Place::Meta("a"), b"x").unwrap()
        );
    }
}
