//! One line per request: which route, which status, how long. No body, no query, no header.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};

use jiff::SignedDuration;

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
    let duration_ms = whole_millis(app.clock.wall().duration_since(begun));
    let status = response.status().as_u16();
    let correlation_id = correlation::current();
    if response.status().is_server_error() {
        tracing::warn!(%correlation_id, %method, route, http.status = status, duration_ms, "Answered");
    } else {
        tracing::debug!(%correlation_id, %method, route, http.status = status, duration_ms, "Answered");
    }
    response
}

/// As a number that JSON has too: one of 128 bits is written as text. None where the wall clock was set back meanwhile.
fn whole_millis(passed: SignedDuration) -> u64 {
    u64::try_from(passed.as_millis()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_took_is_a_number_in_the_log() {
        for (passed, told) in [(4_999, 4), (0, 0), (-7_000, 0)] {
            assert_eq!(whole_millis(SignedDuration::from_micros(passed)), told, "{passed} µs");
        }
    }
}
