//! Every route of the server. Nothing is routed anywhere else.

use axum::Router;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::App, routes};

/// The whole API over `app`.
#[must_use]
pub fn router(app: App) -> Router {
    let (router, _document) = OpenApiRouter::new()
        .routes(routes!(routes::health::healthz))
        .routes(routes!(routes::health::readyz))
        .split_for_parts();
    router.layer(axum::middleware::from_fn(crate::middleware::correlation::assign)).with_state(app)
}
