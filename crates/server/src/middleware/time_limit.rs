//! No request takes for ever: neither a body that trickles in nor a database that does not answer.

use std::time::Duration;

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use protocol::v1::problem::ProblemCode;

use crate::error::ApiError;

/// From the head of the request to the head of the answer; a stream may go on after it.
pub const REQUEST_MAX: Duration = Duration::from_secs(15);

/// Answers `server.unavailable` for a request that takes too long.
pub async fn enforce(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::new(ProblemCode::ServerUnavailable).retry_after_ms(1_000).into_response(),
    }
}
