//! Refusals in FHIR's words.

use axum::{
    body::to_bytes,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use protocol::{
    dpop::PROOF_HEADER,
    v1::problem::{PROBLEM_MEDIA_TYPE, Problem, ProblemCode},
};
use serde_json::{Value, json};

use super::{FHIR_MEDIA_TYPE, body::FhirJson};
use crate::error::spelled;

/// Problem documents are far smaller.
const PROBLEM_SIZE_BYTES_MAX: usize = 16 * 1024;

/// Turns problem documents into `OperationOutcome` for whoever speaks FHIR.
pub async fn translate(request: Request, next: Next) -> Response {
    let speaks_fhir = speaks_fhir(request.headers());
    let response = next.run(request).await;
    if speaks_fhir && is_problem(response.headers()) { translated(response).await } else { response }
}

/// `OperationOutcome` of one problem.
#[must_use]
pub fn outcome(problem: &Problem) -> Value {
    let code = spelled(problem.code);
    let diagnostics = match &problem.detail {
        Some(detail) => format!("{detail} ({})", problem.correlation_id),
        None => problem.correlation_id.to_string(),
    };
    json!({
        "resourceType": "OperationOutcome",
        "issue": [{
            "severity": "error",
            "code": issue_type(problem.code),
            "details": {
                "coding": [{ "system": audit::codes::PROBLEM, "code": code }],
                "text": problem.title,
            },
            "diagnostics": diagnostics,
        }],
    })
}

fn speaks_fhir(headers: &HeaderMap) -> bool {
    let accepts_fhir = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains(FHIR_MEDIA_TYPE));
    accepts_fhir || !headers.contains_key(PROOF_HEADER)
}

fn is_problem(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes() == PROBLEM_MEDIA_TYPE.as_bytes())
}

async fn translated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let problem = to_bytes(body, PROBLEM_SIZE_BYTES_MAX).await.ok();
    let Some(problem) = problem.and_then(|bytes| serde_json::from_slice::<Problem>(&bytes).ok()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FHIR_MEDIA_TYPE));
    if problem.code == ProblemCode::AuditorRefused {
        parts.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    let mut response = FhirJson(parts.status, outcome(&problem)).into_response();
    response.headers_mut().extend(parts.headers);
    *response.extensions_mut() = parts.extensions;
    response
}

/// FHIR's `issue-type` nearest to a code.
fn issue_type(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::UseDpopNonce
        | ProblemCode::ProofInvalid
        | ProblemCode::WorkstationUnknown
        | ProblemCode::AuditorRefused
        | ProblemCode::SignInRefused
        | ProblemCode::SecondFactorRefused => "login",
        ProblemCode::WorkstationRevoked
        | ProblemCode::WorkstationCloned
        | ProblemCode::EnrolmentRefused
        | ProblemCode::UserDisabled
        | ProblemCode::BadgeRefused
        | ProblemCode::BadgeOfAnother
        | ProblemCode::BadgeEnrolmentRefused => "forbidden",
        ProblemCode::SessionUnknown | ProblemCode::SessionLapsed | ProblemCode::SessionEnded => "expired",
        ProblemCode::Conflict | ProblemCode::BadgeTaken | ProblemCode::BadgeTooMany => "conflict",
        ProblemCode::RequestMalformed => "structure",
        ProblemCode::RequestInvalid | ProblemCode::BadgeUnusable => "value",
        ProblemCode::RequestTooLarge => "too-long",
        ProblemCode::NotFound
        | ProblemCode::ChallengeOver
        | ProblemCode::BadgeUnknown
        | ProblemCode::BadgeUnlisted => "not-found",
        ProblemCode::MethodNotAllowed | ProblemCode::MediaTypeUnsupported => "not-supported",
        ProblemCode::SignInLockedOut | ProblemCode::BadgeWait | ProblemCode::ServerBusy => "throttled",
        ProblemCode::ServerUnavailable => "transient",
        ProblemCode::ServerFault => "exception",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::http::HeaderName;
    use uuid::Uuid;

    use super::*;
    use crate::error::ApiError;

    #[test]
    fn an_outcome_carries_the_code_the_words_and_the_correlation_id() {
        let problem = ApiError::new(ProblemCode::Conflict).detail("Another record.").problem(Uuid::nil());

        let outcome = outcome(&problem);

        assert_eq!(outcome["issue"][0]["code"], "conflict");
        assert_eq!(outcome["issue"][0]["details"]["coding"][0]["code"], "conflict");
        assert_eq!(
            outcome["issue"][0]["diagnostics"],
            "Another record. (00000000-0000-0000-0000-000000000000)"
        );
    }

    #[test]
    fn a_workstation_gets_the_problem_document_unless_it_asks_for_fhir() {
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            pairs
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect()
        };

        assert!(speaks_fhir(&headers(&[])));
        assert!(!speaks_fhir(&headers(&[("dpop", "x"), ("accept", "*/*")])));
        assert!(speaks_fhir(&headers(&[("dpop", "x"), ("accept", "application/fhir+json")])));
    }
}
