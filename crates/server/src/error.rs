//! Refusals and faults as they reach a client: `application/problem+json`.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use protocol::v1::{
    problem::{PROBLEM_MEDIA_TYPE, PROBLEM_TYPE_PREFIX, Problem, ProblemCode},
    session::EndCause,
};
use uuid::Uuid;

use crate::{identity::password::HashError, store::StoreError};

/// A refusal on its way to the client. Build it from a code and add what the client may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The stable code.
    pub code: ProblemCode,
    /// What to do about it; never holds what was sent.
    pub detail: Option<String>,
    /// When to come back.
    pub retry_after_ms: Option<u64>,
    /// Tries left on a challenge.
    pub tries_left: Option<u32>,
    /// Why a session ended.
    pub cause: Option<EndCause>,
}

impl ApiError {
    /// A refusal with nothing but its code.
    #[must_use]
    pub const fn new(code: ProblemCode) -> Self {
        Self { code, detail: None, retry_after_ms: None, tries_left: None, cause: None }
    }

    /// Adds words for the person or program that sent the request.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds when a try may succeed again.
    #[must_use]
    pub const fn retry_after_ms(mut self, retry_after_ms: u64) -> Self {
        self.retry_after_ms = Some(retry_after_ms);
        self
    }

    /// Adds how many tries are left.
    #[must_use]
    pub const fn tries_left(mut self, tries_left: u32) -> Self {
        self.tries_left = Some(tries_left);
        self
    }

    /// Adds why the session ended.
    #[must_use]
    pub const fn cause(mut self, cause: EndCause) -> Self {
        self.cause = Some(cause);
        self
    }

    /// The document that is sent.
    #[must_use]
    pub fn problem(&self, correlation_id: Uuid) -> Problem {
        Problem {
            type_uri: format!("{PROBLEM_TYPE_PREFIX}{}", spelled(self.code)),
            title: title(self.code).to_owned(),
            status: status(self.code).as_u16(),
            code: self.code,
            detail: self.detail.clone(),
            correlation_id,
            retry_after_ms: self.retry_after_ms,
            tries_left: self.tries_left,
            cause: self.cause,
        }
    }
}

impl From<ProblemCode> for ApiError {
    fn from(code: ProblemCode) -> Self {
        Self::new(code)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(source) => {
                tracing::error!(error = %source, "The database could not be reached");
                Self::new(ProblemCode::ServerUnavailable).retry_after_ms(1_000)
            }
            // The store has said so, if it was the last try.
            StoreError::Overtaken => Self::new(ProblemCode::ServerUnavailable).retry_after_ms(1_000),
            StoreError::Corrupt(what) => {
                tracing::error!(what, "A row of the database could not be understood");
                Self::new(ProblemCode::ServerFault)
            }
        }
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::new(ProblemCode::ServerBusy).retry_after_ms(1_000),
            HashError::Broken => {
                tracing::error!("Passwords cannot be hashed with this configuration");
                Self::new(ProblemCode::ServerFault)
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let correlation_id = crate::middleware::correlation::current();
        let status = status(self.code);
        let mut response = (status, Json(self.problem(correlation_id))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(retry_after_ms) = self.retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_ms.div_ceil(1_000)));
        }
        response
    }
}

/// The code as JSON spells it.
#[must_use]
pub fn spelled(code: ProblemCode) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(_) | Err(_) => String::from("server.fault"),
    }
}

/// The status each code is answered with.
#[must_use]
pub const fn status(code: ProblemCode) -> StatusCode {
    match code {
        ProblemCode::UseDpopNonce
        | ProblemCode::ProofInvalid
        | ProblemCode::WorkstationUnknown
        | ProblemCode::SignInRefused
        | ProblemCode::SecondFactorRefused
        | ProblemCode::SessionUnknown
        | ProblemCode::SessionLapsed
        | ProblemCode::AuditorRefused => StatusCode::UNAUTHORIZED,
        ProblemCode::WorkstationRevoked
        | ProblemCode::WorkstationCloned
        | ProblemCode::EnrolmentRefused
        | ProblemCode::UserDisabled
        | ProblemCode::BadgeRefused
        | ProblemCode::BadgeOfAnother
        | ProblemCode::BadgeEnrolmentRefused => StatusCode::FORBIDDEN,
        ProblemCode::SignInLockedOut | ProblemCode::BadgeWait => StatusCode::TOO_MANY_REQUESTS,
        ProblemCode::ChallengeOver | ProblemCode::SessionEnded => StatusCode::GONE,
        ProblemCode::Conflict | ProblemCode::BadgeTaken | ProblemCode::BadgeTooMany => StatusCode::CONFLICT,
        ProblemCode::RequestMalformed => StatusCode::BAD_REQUEST,
        ProblemCode::RequestInvalid | ProblemCode::BadgeUnusable => StatusCode::UNPROCESSABLE_ENTITY,
        ProblemCode::RequestTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ProblemCode::NotFound | ProblemCode::BadgeUnknown | ProblemCode::BadgeUnlisted => {
            StatusCode::NOT_FOUND
        }
        ProblemCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ProblemCode::MediaTypeUnsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ProblemCode::ServerBusy | ProblemCode::ServerUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        ProblemCode::ServerFault => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

const fn title(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::UseDpopNonce => "Repeat the request with the nonce of this answer",
        ProblemCode::ProofInvalid => "The proof of possession is missing or wrong",
        ProblemCode::WorkstationUnknown => "No workstation has this id and key",
        ProblemCode::WorkstationRevoked => "This workstation was revoked",
        ProblemCode::WorkstationCloned => "Two machines use this workstation's key",
        ProblemCode::EnrolmentRefused => "The enrolment code is wrong, used up or over",
        ProblemCode::SignInRefused => "Name or password is wrong",
        ProblemCode::SignInLockedOut => "Too many failures; try again later",
        ProblemCode::UserDisabled => "This account cannot sign in; ask the help desk",
        ProblemCode::SecondFactorRefused => "The code is wrong, stale or was used before",
        ProblemCode::BadgeUnknown => "Nobody has this badge",
        ProblemCode::BadgeUnlisted => "Nobody has this badge; the help desk can add it",
        ProblemCode::BadgeWait => "Too many unknown badges here; try again later",
        ProblemCode::BadgeRefused => "This badge cannot be used; ask the help desk",
        ProblemCode::BadgeUnusable => "This kind of badge cannot be used",
        ProblemCode::BadgeOfAnother => "This badge is another person's",
        ProblemCode::BadgeTaken => "This badge is already another person's",
        ProblemCode::BadgeTooMany => "This person has as many badges as one may have",
        ProblemCode::BadgeEnrolmentRefused => "This badge cannot be enrolled here",
        ProblemCode::ChallengeOver => "The sign-in took too long; start again",
        ProblemCode::SessionUnknown => "No session here has this credential",
        ProblemCode::SessionLapsed => "The session lapsed; adopt it or end it",
        ProblemCode::SessionEnded => "The session has ended",
        ProblemCode::Conflict => "The same id was used for something else",
        ProblemCode::RequestMalformed => "The message cannot be read",
        ProblemCode::RequestInvalid => "A value is out of its range",
        ProblemCode::RequestTooLarge => "The message is too large",
        ProblemCode::NotFound => "There is nothing here",
        ProblemCode::MethodNotAllowed => "This address does not take this method",
        ProblemCode::MediaTypeUnsupported => "This media type is not taken here",
        ProblemCode::AuditorRefused => "The auditor's token is missing, wrong or over",
        ProblemCode::ServerBusy => "The server is busy; try again shortly",
        ProblemCode::ServerUnavailable => "The server cannot decide now; try again shortly",
        ProblemCode::ServerFault => "The server has a fault; the correlation id finds it in its log",
    }
}
