//! One line per request: which route, which status, how long. No body, no query, no header.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};

use super::correlation;
use crate::app::App;

/// Logs the request once it is answered.
pub async fn log(
    State(app): State<App>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().clone();
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str).to_owned();
    let begun = app.clock.wall();
    let response = next.run(request).await;
    let duration_ms = app.clock.wall().duration_since(begun).as_millis();
    let status = response.status().as_u16();
    let correlation_id = correlation::current();
    if response.status().is_server_error() {
        tracing::warn!(%correlation_id, %method, route, http.status = status, duration_ms, "Answered");
    } else {
        tracing::debug!(%correlation_id, %method, route, http.status = status, duration_ms, "Answered");
    }
    response
}
