//! `/fhir`: the audit endpoint, FHIR R4 (4.0.1).
//!
//! A workstation writes, by its proof; an auditor reads, by a token. Nobody changes and nobody deletes.
//! The answer to a write says what is stored under the id: `201` stored now, `200` stored before byte for
//! byte, `409` another record with that id was stored before and stands. An agent takes all three as
//! delivered: a logout, for one, may have been written by the server first.
//!
//! A refusal is a FHIR `OperationOutcome` with the problem code in its coding. A workstation, which speaks
//! the rest of the API too, gets the problem document it knows, unless it accepts `application/fhir+json`.

use axum::{extract::DefaultBodyLimit, middleware};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    auth::workstation::{ProofLayer, require},
};

pub mod auditor;
pub mod batch;
pub mod body;
pub mod metadata;
pub mod outcome;
pub mod parameters;
pub mod read;
pub mod write;

/// Media type of every message here.
pub const FHIR_MEDIA_TYPE: &str = "application/fhir+json";
/// A batch is at most this large.
pub const BATCH_SIZE_BYTES_MAX: usize = 512 * 1024;

/// The routes of the endpoint.
#[must_use]
pub fn router(app: &App) -> OpenApiRouter<App> {
    let proof = |body_size_bytes_max| {
        let layer = ProofLayer { app: app.clone(), body_size_bytes_max };
        middleware::from_fn_with_state(layer, require)
    };
    let one = OpenApiRouter::new()
        .routes(routes!(write::put))
        .routes(routes!(write::post))
        .layer(DefaultBodyLimit::max(audit::fhir::EVENT_SIZE_BYTES_MAX))
        .layer(proof(audit::fhir::EVENT_SIZE_BYTES_MAX));
    let batch = OpenApiRouter::new()
        .routes(routes!(batch::post))
        .layer(DefaultBodyLimit::max(BATCH_SIZE_BYTES_MAX))
        .layer(proof(BATCH_SIZE_BYTES_MAX));
    let auditors = OpenApiRouter::new().routes(routes!(read::read)).routes(routes!(read::search));
    let public = OpenApiRouter::new().routes(routes!(metadata::metadata));
    one.merge(batch).merge(auditors).merge(public).layer(middleware::from_fn(outcome::translate))
}
