//! `/healthz`, `/readyz`: whether the process lives, and whether it can decide anything.

use axum::{extract::State, http::StatusCode};

use crate::{app::App, error::ApiError};

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, description = "The process answers")))]
pub async fn healthz() -> StatusCode {
    StatusCode::OK
}

/// The database answers.
///
/// # Errors
/// `server.unavailable` when it does not.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses(
    (status = 200, description = "The database answers"),
    (status = 503, description = "It does not", body = protocol::v1::problem::Problem),
))]
pub async fn readyz(State(app): State<App>) -> Result<StatusCode, ApiError> {
    app.store.check().await?;
    Ok(StatusCode::OK)
}
