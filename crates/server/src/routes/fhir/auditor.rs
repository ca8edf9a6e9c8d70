//! Who reads: an auditor, by a bearer token.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use protocol::v1::problem::ProblemCode;
use sha2::{Digest as _, Sha256};

use crate::{app::App, error::ApiError, store::auditor_tokens};

/// A longer token is refused unread.
const TOKEN_SIZE_BYTES_MAX: usize = 256;

/// An auditor whose token may be used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auditor {
    /// The token's name.
    pub name: String,
}

impl FromRequestParts<App> for Auditor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let refused = ApiError::new(ProblemCode::AuditorRefused);
        let token = bearer(parts).ok_or_else(|| refused.clone())?;
        // Found by its hash: how long the search takes tells nothing about the token.
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let now = app.clock.now();
        let name = auditor_tokens::find(&mut app.store.read().await?, hash, now).await?;
        name.map(|name| Self { name }).ok_or(refused)
    }
}

/// The token of `Authorization: Bearer …`; two such headers are none.
fn bearer(parts: &Parts) -> Option<&str> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?;
    if values.next().is_some() || value.len() > TOKEN_SIZE_BYTES_MAX {
        return None;
    }
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token.trim())
}
