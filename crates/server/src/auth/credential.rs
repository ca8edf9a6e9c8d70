//! The session credential: 256 random bits, kept by the server as a hash.

use axum::{extract::FromRequestParts, http::request::Parts};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::{secret::WireSecret, v1::problem::ProblemCode};
use sha2::{Digest as _, Sha256};

use crate::{error::ApiError, keys::random};

/// SHA-256 of the credential that came with a request and that its proof names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PresentedCredential(pub [u8; 32]);

impl std::fmt::Debug for PresentedCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PresentedCredential(…)")
    }
}

/// A new credential and what is stored of it.
#[must_use]
pub fn mint() -> (WireSecret, [u8; 32]) {
    let credential = text(&zeroize::Zeroizing::new(random::<32>()));
    let hash = hash(credential.expose());
    (credential, hash)
}

/// Random bytes as a secret is sent: base64url.
#[must_use]
pub fn text(bytes: &[u8; 32]) -> WireSecret {
    WireSecret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored of a credential. It is random, so one round of a fast hash is enough.
#[must_use]
pub fn hash(credential: &str) -> [u8; 32] {
    Sha256::digest(credential.as_bytes()).into()
}

impl<S: Send + Sync> FromRequestParts<S> for PresentedCredential {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().copied().ok_or(ApiError::new(ProblemCode::SessionUnknown))
    }
}
