//! The workstation that a proof has proven.

use axum::{extract::FromRequestParts, http::request::Parts};
use protocol::v1::problem::ProblemCode;
use uuid::Uuid;

use crate::error::ApiError;

/// A workstation whose proof was checked, body and all. As an extractor it answers `proof.invalid`
/// where the proof layer does not stand before the route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenWorkstation {
    /// Its id.
    pub id: Uuid,
    /// Its name, for example `WS-07`.
    pub name: String,
    /// Whether it may do more than finish what it began.
    pub standing: Standing,
}

/// How a proven workstation stands with the server. A revoked one is answered by the layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is held against it.
    Good,
    /// Two machines use its key: no sign-in; the session at hand is finished and records are taken.
    Cloned,
}

impl<S: Send + Sync> FromRequestParts<S> for ProvenWorkstation {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError::new(ProblemCode::ProofInvalid))
    }
}
