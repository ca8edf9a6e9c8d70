//! Every route of the server. Nothing is routed anywhere else.

use axum::{Router, extract::DefaultBodyLimit, middleware, response::Response};
use protocol::v1::problem::ProblemCode;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    auth::workstation::{ProofLayer, require, require_key},
    error::ApiError,
    middleware::{correlation, request_log, security_headers, time_limit},
    routes::{self, openapi},
};

/// Bodies that carry a credential, a password or a code are at most this large.
pub const CREDENTIAL_BODY_SIZE_BYTES_MAX: usize = 4 * 1024;
/// A list of a hundred ended sessions fits in this.
pub const RECOVERY_BODY_SIZE_BYTES_MAX: usize = 16 * 1024;

/// The whole API over `app`.
pub fn router(app: App) -> Router {
    let (router, document) = documented(&app).split_for_parts();
    router
        .merge(openapi::router(document))
        .fallback(async || ApiError::new(ProblemCode::NotFound))
        .method_not_allowed_fallback(async || ApiError::new(ProblemCode::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(CREDENTIAL_BODY_SIZE_BYTES_MAX))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(time_limit::REQUEST_MAX, time_limit::enforce))
        .layer(middleware::from_fn_with_state(app.clone(), request_log::log))
        .layer(middleware::from_fn(correlation::assign))
        .layer(middleware::from_fn(security_headers::add))
        .with_state(app)
}

fn documented(app: &App) -> OpenApiRouter<App> {
    let layer = |body_size_bytes_max| ProofLayer { app: app.clone(), body_size_bytes_max };
    let operations = OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(routes::health::healthz))
        .routes(routes!(routes::health::readyz));
    let enrolment = OpenApiRouter::new()
        .routes(routes!(routes::workstations::enrol))
        .layer(middleware::from_fn_with_state(layer(CREDENTIAL_BODY_SIZE_BYTES_MAX), require_key));
    let workstation = OpenApiRouter::new()
        .routes(routes!(
            routes::sessions::open::open,
            routes::sessions::list::list,
            routes::sessions::end_others::end_others
        ))
        .routes(routes!(routes::badges::enrol::enrol))
        .routes(routes!(routes::badges::lost::lost))
        .routes(routes!(routes::challenges::answer))
        .routes(routes!(routes::session::status))
        .routes(routes!(routes::session::activity))
        .routes(routes!(routes::session::conceal::conceal))
        .routes(routes!(routes::session::resume::resume))
        .routes(routes!(routes::session::identify::identify))
        .routes(routes!(routes::sessions::adopt::adopt))
        .routes(routes!(routes::sessions::end::end))
        .routes(routes!(routes::events::events))
        .layer(middleware::from_fn_with_state(layer(CREDENTIAL_BODY_SIZE_BYTES_MAX), require));
    let recovery = OpenApiRouter::new()
        .routes(routes!(routes::recovery::recover))
        .layer(DefaultBodyLimit::max(RECOVERY_BODY_SIZE_BYTES_MAX))
        .layer(middleware::from_fn_with_state(layer(RECOVERY_BODY_SIZE_BYTES_MAX), require));
    operations.merge(enrolment).merge(workstation).merge(recovery).merge(routes::fhir::router(app))
}

/// What was being done is in the panic's own log line; the client learns that it was our fault.
fn panicked(_cause: Box<dyn std::any::Any + Send>) -> Response {
    axum::response::IntoResponse::into_response(ApiError::new(ProblemCode::ServerFault))
}
