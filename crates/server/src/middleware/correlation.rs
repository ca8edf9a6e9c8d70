//! One id per request: in the log, in a problem document, in no other place.

use axum::{extract::Request, middleware::Next, response::Response};
use uuid::Uuid;

tokio::task_local! {
    static CORRELATION_ID: Uuid;
}

/// The id of the request at hand; a fresh one outside of any.
#[must_use]
pub fn current() -> Uuid {
    CORRELATION_ID.try_with(|id| *id).unwrap_or_else(|_| Uuid::new_v4())
}

/// Gives the request its id.
pub async fn assign(request: Request, next: Next) -> Response {
    CORRELATION_ID.scope(Uuid::new_v4(), next.run(request)).await
}
