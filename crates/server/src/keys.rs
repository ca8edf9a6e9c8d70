//! The server's key store: a file of mode 0600 beside the database, never in it.

use std::fmt;

use zeroize::Zeroizing;

/// One 256-bit key. `Debug` hides it and its memory is wiped on drop.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Wraps key bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the one primitive that needs them.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Every symmetric key the server holds.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Mixed into every password hash (Argon2's secret input).
    pub pepper: Key,
    /// Authenticates the nonces of proofs.
    pub nonce: Key,
    /// Seals columns (TOTP secrets).
    pub field: Key,
    /// Blind indexes and look-ups.
    pub index: Key,
}
