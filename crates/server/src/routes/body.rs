//! Reads a JSON body, and says what is wrong with it without repeating it.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use protocol::v1::problem::ProblemCode;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// A JSON body of type `T`.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = media_type
            .and_then(|text| text.split(';').next())
            .is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            return Err(ApiError::new(ProblemCode::MediaTypeUnsupported).detail("Send application/json."));
        }
        parse(&read(request, state).await?).map(Self)
    }
}

/// Reads a body, bounded by the route.
///
/// # Errors
/// `request.too_large`, `request.malformed` when it breaks off.
pub async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            // The proof layer before this names its bound in bytes; it is the same.
            ApiError::new(ProblemCode::RequestTooLarge).detail("Send a shorter message.")
        } else {
            broken_off()
        }
    })
}

/// A body that is not whole; who still listens learns that its length was not what was wrong.
#[must_use]
pub fn broken_off() -> ApiError {
    ApiError::new(ProblemCode::RequestMalformed).detail("The message breaks off.")
}

/// Parses JSON; the refusal names a place, never what stood there.
///
/// # Errors
/// `request.malformed`.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let place =
            format!("The message cannot be read at line {}, column {}.", error.line(), error.column());
        ApiError::new(ProblemCode::RequestMalformed).detail(place)
    })
}

/// A value is out of its range; `detail` says which and what is accepted.
#[must_use]
pub fn invalid(detail: &str) -> ApiError {
    ApiError::new(ProblemCode::RequestInvalid).detail(detail)
}
