//! Columns that only the server's field key reads: AES-256-GCM, bound to table, column and row.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::keys::Key;

/// First byte of a sealed value; a later key or cipher takes another.
const VERSION: u8 = 1;
/// AES-GCM nonces have this many bytes.
const NONCE_SIZE_BYTES: usize = 12;

/// Where a sealed value stands; moved elsewhere it does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Table.
    pub table: &'static str,
    /// Column.
    pub column: &'static str,
    /// Row.
    pub row: Uuid,
}

/// The value cannot be sealed or opened: wrong key, wrong place or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value cannot be opened here")]
pub struct SealError;

/// Seals `plain` for `place`.
///
/// # Errors
/// [`SealError`] when the cipher refuses, which only a broken build does.
pub fn seal(key: &Key, place: Place, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let cipher = cipher(key)?;
    let mut sealed = Zeroizing::new(plain.to_vec());
    let nonce =
        cipher.seal_in_place_append_tag(Aad::from(aad(place)), &mut *sealed).map_err(|_| SealError)?;
    let mut value = vec![VERSION];
    value.extend_from_slice(nonce.as_ref());
    value.extend_from_slice(&sealed);
    Ok(value)
}

/// Opens what [`seal`] made for the same place.
///
/// # Errors
/// [`SealError`] for anything else.
pub fn open(key: &Key, place: Place, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (&VERSION, rest) = value.split_first().ok_or(SealError)? else {
        return Err(SealError);
    };
    let (nonce, sealed) = rest.split_at_checked(NONCE_SIZE_BYTES).ok_or(SealError)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
    let mut plain = Zeroizing::new(sealed.to_vec());
    let length =
        cipher(key)?.open_in_place(nonce, Aad::from(aad(place)), &mut plain).map_err(|_| SealError)?.len();
    plain.truncate(length);
    Ok(plain)
}

fn cipher(key: &Key) -> Result<RandomizedNonceKey, SealError> {
    RandomizedNonceKey::new(&AES_256_GCM, key.bytes()).map_err(|_| SealError)
}

fn aad(place: Place) -> Vec<u8> {
    let mut aad = format!("tapward column v{VERSION}\0{}\0{}\0", place.table, place.column).into_bytes();
    aad.extend_from_slice(place.row.as_bytes());
    aad
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const PLACE: Place = Place { table: "users", column: "totp", row: Uuid::from_u128(1) };

    #[test]
    fn a_value_opens_only_where_it_was_sealed() {
        let key = Key::new([7; 32]);
        let value = seal(&key, PLACE, b"secret").unwrap();

        assert_eq!(open(&key, PLACE, &value).unwrap().as_slice(), b"secret");
        for elsewhere in [
            Place { row: Uuid::from_u128(2), ..PLACE },
            Place { column: "name", ..PLACE },
            Place { table: "sessions", ..PLACE },
        ] {
            assert_eq!(open(&key, elsewhere, &value), Err(SealError));
        }
        assert_eq!(open(&Key::new([8; 32]), PLACE, &value), Err(SealError));
    }

    #[test]
    fn a_changed_or_cut_value_does_not_open() {
        let key = Key::new([7; 32]);
        let value = seal(&key, PLACE, b"secret").unwrap();

        for at in 0..value.len() {
            let mut changed = value.clone();
            *changed.get_mut(at).unwrap() ^= 1;
            assert_eq!(open(&key, PLACE, &changed), Err(SealError), "byte {at}");
            assert_eq!(open(&key, PLACE, value.get(..at).unwrap()), Err(SealError), "cut at {at}");
        }
    }

    #[test]
    fn the_same_secret_is_never_sealed_to_the_same_bytes() {
        let key = Key::new([7; 32]);

        assert_ne!(seal(&key, PLACE, b"secret").unwrap(), seal(&key, PLACE, b"secret").unwrap());
    }
}
