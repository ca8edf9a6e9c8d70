//! Bodies in and out: `application/fhir+json`, bounded.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use protocol::v1::problem::ProblemCode;
use serde::Serialize;

use super::FHIR_MEDIA_TYPE;
use crate::{error::ApiError, routes::body::read};

/// The bytes of a FHIR body.
#[derive(Debug)]
pub struct FhirBytes(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for FhirBytes {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !media_type.is_some_and(is_fhir) {
            let words = "Send application/fhir+json.";
            return Err(ApiError::new(ProblemCode::MediaTypeUnsupported).detail(words));
        }
        read(request, state).await.map(Self)
    }
}

/// Whether `media_type` is FHIR's JSON, or JSON as such.
pub(super) fn is_fhir(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    [FHIR_MEDIA_TYPE, "application/json"].iter().any(|known| essence.eq_ignore_ascii_case(known))
}

/// A FHIR resource as an answer.
#[derive(Debug)]
pub struct FhirJson<T>(pub StatusCode, pub T);

impl<T: Serialize> IntoResponse for FhirJson<T> {
    fn into_response(self) -> Response {
        let Ok(bytes) = serde_json::to_vec(&self.1) else {
            return ApiError::new(ProblemCode::ServerFault).into_response();
        };
        let media_type = HeaderValue::from_static(FHIR_MEDIA_TYPE);
        (self.0, [(header::CONTENT_TYPE, media_type)], bytes).into_response()
    }
}
