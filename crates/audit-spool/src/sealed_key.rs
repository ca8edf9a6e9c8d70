//! The spool's key, sealed to the server's recovery key, so that a lost keychain loses no record, and signed by the
//! workstation, so that nobody else's file is taken for its spool.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    agreement::{PrivateKey, X25519},
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey},
};
use rustls::crypto::{
    aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256,
    hpke::{EncapsulatedSecret, Hpke, HpkePrivateKey, HpkePublicKey},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{aside::with_suffix, seal::SpoolKey};

/// What is appended to the name of a spool for its sealed key.
pub(crate) const SEALED_KEY: &str = ".key.sealed";
/// First bytes of the file, with its version.
const MAGIC: &[u8; 5] = b"TWSK\x01";
/// What is sealed is a spool's key and nothing else.
const PURPOSE: &[u8] = b"tapward-spool-key-v1";
/// What a workstation signs here is no proof.
const SIGNED: &[u8] = b"tapward-sealed-spool-key-v1:";
const KEY_SIZE: usize = 32;
const ID_SIZE: usize = 16;
const TAG_SIZE: usize = 16;
const SIGNATURE_SIZE: usize = 64;
/// Bytes of the file.
pub const SEALED_KEY_SIZE_BYTES: usize = MAGIC.len() + ID_SIZE + 4 * KEY_SIZE + TAG_SIZE + SIGNATURE_SIZE;

static SUITE: &dyn Hpke = DH_KEM_X25519_HKDF_SHA256_AES_256;

/// Where the sealed key of the spool at `spool` lies.
#[must_use]
pub fn sealed_key_beside(spool: &Path) -> PathBuf {
    with_suffix(spool, SEALED_KEY)
}

/// The public half of a server's recovery key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryPublicKey([u8; KEY_SIZE]);

impl RecoveryPublicKey {
    /// The key with these bytes. Whether they are one shows when something is sealed to it.
    #[must_use]
    pub const fn new(bytes: [u8; KEY_SIZE]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; KEY_SIZE] {
        &self.0
    }
}

/// A server's recovery key: opens the keys of the spools of its workstations. The server's key store keeps it; this
/// type wipes it.
#[derive(Clone)]
pub struct RecoveryKey {
    private: Zeroizing<[u8; KEY_SIZE]>,
    public: RecoveryPublicKey,
}

impl RecoveryKey {
    /// A fresh random key.
    ///
    /// # Errors
    /// [`SealedKeyError::Cryptography`] when the machine has no randomness.
    pub fn generate() -> Result<Self, SealedKeyError> {
        let (_, private) = SUITE.generate_key_pair().map_err(|_| SealedKeyError::Cryptography)?;
        let bytes = private.secret_bytes().try_into().map_err(|_| SealedKeyError::Cryptography)?;
        Self::new(bytes)
    }

    /// The key with these private bytes.
    ///
    /// # Errors
    /// [`SealedKeyError::NoKey`].
    pub fn new(private: [u8; KEY_SIZE]) -> Result<Self, SealedKeyError> {
        let private = Zeroizing::new(private);
        let key = PrivateKey::from_private_key(&X25519, &private[..]).map_err(|_| SealedKeyError::NoKey)?;
        let public = key.compute_public_key().map_err(|_| SealedKeyError::NoKey)?;
        let public = public.as_ref().try_into().map_err(|_| SealedKeyError::NoKey)?;
        Ok(Self { private, public: RecoveryPublicKey(public) })
    }

    /// The private bytes, for the key store.
    #[must_use]
    pub fn expose(&self) -> &[u8; KEY_SIZE] {
        &self.private
    }

    /// Its public half.
    #[must_use]
    pub const fn public(&self) -> RecoveryPublicKey {
        self.public
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey(…)")
    }
}

/// Why a key cannot be sealed, or what was sealed does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealedKeyError {
    /// The bytes are no key to seal to or to open with.
    #[error("the recovery key is none")]
    NoKey,
    /// The bytes are no sealed key.
    #[error("this is no sealed key, or a newer program made it")]
    NoSealedKey,
    /// It was sealed to the recovery key of another server, or to an earlier one of this server.
    #[error("this file's key was sealed for another server")]
    AnotherServer,
    /// It was changed since it was sealed and signed.
    #[error("the sealed key is damaged")]
    Damaged,
    /// No randomness.
    #[error("the machine has no randomness")]
    Cryptography,
}

/// A spool's key as it lies on the disk: it opens with the recovery key it was sealed to, and for its workstation. To
/// that key anybody can seal; whose key it is, the signature says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    workstation: Uuid,
    recipient: RecoveryPublicKey,
    encapsulated: [u8; KEY_SIZE],
    sealed: [u8; KEY_SIZE + TAG_SIZE],
    signer: [u8; KEY_SIZE],
    signature: [u8; SIGNATURE_SIZE],
}

impl SealedKey {
    /// Seals `key` of the spool of `workstation`, and signs that with the workstation's own key.
    ///
    /// # Errors
    /// [`SealedKeyError::NoKey`] when nothing can be sealed to `recipient`.
    pub fn seal(
        key: &SpoolKey,
        workstation: Uuid,
        recipient: RecoveryPublicKey,
        signer: &Ed25519KeyPair,
    ) -> Result<Self, SealedKeyError> {
        let public = HpkePublicKey(recipient.0.to_vec());
        let (encapsulated, sealed) = SUITE
            .seal(PURPOSE, &associated_data(workstation), key.expose(), &public)
            .map_err(|_| SealedKeyError::NoKey)?;
        let unsigned = Self {
            workstation,
            recipient,
            encapsulated: encapsulated.0.try_into().map_err(|_| SealedKeyError::NoKey)?,
            sealed: sealed.try_into().map_err(|_| SealedKeyError::NoKey)?,
            signer: [0; KEY_SIZE],
            signature: [0; SIGNATURE_SIZE],
        };
        unsigned.signed_by(signer)
    }

    fn signed_by(mut self, signer: &Ed25519KeyPair) -> Result<Self, SealedKeyError> {
        self.signer = signer.public_key().as_ref().try_into().map_err(|_| SealedKeyError::Cryptography)?;
        let signature = signer.sign(&self.to_be_signed());
        self.signature = signature.as_ref().try_into().map_err(|_| SealedKeyError::Cryptography)?;
        Ok(self)
    }

    /// The key that was sealed.
    ///
    /// # Errors
    /// [`SealedKeyError::AnotherServer`] and `Damaged`.
    pub fn open(&self, with: &RecoveryKey) -> Result<SpoolKey, SealedKeyError> {
        if self.recipient != with.public {
            return Err(SealedKeyError::AnotherServer);
        }
        UnparsedPublicKey::new(&ED25519, &self.signer)
            .verify(&self.to_be_signed(), &self.signature)
            .map_err(|_| SealedKeyError::Damaged)?;
        let encapsulated = EncapsulatedSecret(self.encapsulated.to_vec());
        let private = HpkePrivateKey::from(with.private.to_vec());
        let plain = SUITE
            .open(&encapsulated, PURPOSE, &associated_data(self.workstation), &self.sealed, &private)
            .map(Zeroizing::new)
            .map_err(|_| SealedKeyError::Damaged)?;
        plain.as_slice().try_into().map(SpoolKey::new).map_err(|_| SealedKeyError::Damaged)
    }

    /// Whose spool it is of.
    #[must_use]
    pub const fn workstation(&self) -> Uuid {
        self.workstation
    }

    /// The key that signed it. Whether that is the workstation's, the server knows.
    #[must_use]
    pub const fn signer(&self) -> &[u8; KEY_SIZE] {
        &self.signer
    }

    /// As the file holds it; see the crate's documentation.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.content().as_slice(), &self.signature].concat()
    }

    /// All of it but the signature.
    fn content(&self) -> Vec<u8> {
        [
            &MAGIC[..],
            self.workstation.as_bytes(),
            &self.recipient.0,
            &self.encapsulated,
            &self.sealed,
            &self.signer,
        ]
        .concat()
    }

    fn to_be_signed(&self) -> Vec<u8> {
        [SIGNED, &self.content()].concat()
    }

    /// What the file holds.
    ///
    /// # Errors
    /// [`SealedKeyError::NoSealedKey`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealedKeyError> {
        let read = || {
            let rest = bytes.strip_prefix(MAGIC)?;
            let (workstation, rest) = rest.split_first_chunk::<ID_SIZE>()?;
            let (recipient, rest) = rest.split_first_chunk()?;
            let (encapsulated, rest) = rest.split_first_chunk()?;
            let (sealed, rest) = rest.split_first_chunk()?;
            let (signer, signature) = rest.split_first_chunk()?;
            Some(Self {
                workstation: Uuid::from_bytes(*workstation),
                recipient: RecoveryPublicKey(*recipient),
                encapsulated: *encapsulated,
                sealed: *sealed,
                signer: *signer,
                signature: signature.try_into().ok()?,
            })
        };
        read().ok_or(SealedKeyError::NoSealedKey)
    }
}

/// A key that was sealed for one workstation does not open as another's.
fn associated_data(workstation: Uuid) -> Vec<u8> {
    [b"workstation:".as_slice(), workstation.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const WS_07: Uuid = Uuid::from_u128(7);

    fn sealed(to: &RecoveryKey) -> SealedKey {
        SealedKey::seal(&SpoolKey::new([7; 32]), WS_07, to.public(), &signer()).unwrap()
    }

    fn signer() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap()
    }

    #[test]
    fn a_sealed_key_opens_with_the_recovery_key_it_was_sealed_to_and_with_no_other() {
        let ours = RecoveryKey::generate().unwrap();
        let theirs = RecoveryKey::generate().unwrap();
        let sealed = sealed(&ours);

        assert_eq!(sealed.open(&ours).unwrap().expose(), &[7; 32]);
        assert_eq!(sealed.open(&theirs).unwrap_err(), SealedKeyError::AnotherServer);
        let pretended = SealedKey { recipient: theirs.public(), ..sealed }.signed_by(&signer()).unwrap();
        assert_eq!(pretended.open(&theirs).unwrap_err(), SealedKeyError::Damaged);
    }

    #[test]
    fn a_sealed_key_opens_for_its_own_workstation_alone() {
        let ours = RecoveryKey::generate().unwrap();
        let of_another = SealedKey { workstation: Uuid::from_u128(8), ..sealed(&ours) };
        let of_another = of_another.signed_by(&signer()).unwrap();

        assert_eq!(of_another.open(&ours).unwrap_err(), SealedKeyError::Damaged);
    }

    #[test]
    fn what_somebody_sealed_without_the_workstations_key_names_another_signer_or_does_not_open() {
        let ours = RecoveryKey::generate().unwrap();
        let honest = sealed(&ours);
        assert_eq!(honest.signer(), signer().public_key().as_ref());
        let forger = Ed25519KeyPair::generate().unwrap();

        let forged = SealedKey::seal(&SpoolKey::new([6; 32]), WS_07, ours.public(), &forger).unwrap();
        assert_eq!(forged.signer(), forger.public_key().as_ref());
        let pretended = SealedKey { signer: *honest.signer(), ..forged };
        assert_eq!(pretended.open(&ours).unwrap_err(), SealedKeyError::Damaged);
    }

    #[test]
    fn the_file_is_read_as_it_was_written_and_any_changed_byte_is_noticed() {
        let ours = RecoveryKey::generate().unwrap();
        let bytes = sealed(&ours).to_bytes();

        assert_eq!(bytes.len(), SEALED_KEY_SIZE_BYTES);
        assert_eq!(SealedKey::from_bytes(&bytes).unwrap().to_bytes(), bytes);
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert!(
                SealedKey::from_bytes(&changed).and_then(|sealed| sealed.open(&ours)).is_err(),
                "{place}"
            );
            assert!(SealedKey::from_bytes(&bytes[..place]).is_err(), "{place}");
        }
        assert!(SealedKey::from_bytes(&[bytes.as_slice(), b"x"].concat()).is_err());
    }

    #[test]
    fn a_recovery_key_is_kept_as_bytes_and_does_not_show_itself() {
        let ours = RecoveryKey::generate().unwrap();
        let again = RecoveryKey::new(*ours.expose()).unwrap();

        assert_eq!(again.public(), ours.public());
        assert_eq!(format!("{ours:?}"), "RecoveryKey(…)");
    }

    #[test]
    fn nothing_is_sealed_to_bytes_that_anybody_could_open() {
        // A point of low order: what is agreed with it is known to all.
        let nobody = RecoveryPublicKey::new([0; 32]);

        assert_eq!(
            SealedKey::seal(&SpoolKey::new([7; 32]), WS_07, nobody, &signer()).unwrap_err(),
            SealedKeyError::NoKey
        );
    }
}
