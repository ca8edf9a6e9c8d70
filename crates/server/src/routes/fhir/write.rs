//! `PUT /fhir/AuditEvent/{id}`, `POST /fhir/AuditEvent`: a workstation delivers a record.

use audit::{
    fhir::{self, AuditEvent, ReadError},
    record::AuditRecord,
};
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderName, StatusCode, header},
};
use protocol::v1::problem::ProblemCode;
use uuid::Uuid;

use super::body::FhirBytes;
use crate::{
    app::App,
    auth::workstation::ProvenWorkstation,
    delivery,
    error::ApiError,
    routes::body::invalid,
    store::{audit_events::Insertion, transact},
};

/// What a write is answered with: the status and where the record is.
type Written = (StatusCode, [(HeaderName, String); 2]);

/// Stores a record under its id, once.
///
/// # Errors
/// `conflict` when another record has the id; `request.malformed` and `request.invalid` when it is no
/// record of this workstation's.
#[utoipa::path(put, path = "/fhir/AuditEvent/{id}", tag = "fhir",
    params(("id" = Uuid, Path, description = "Of the record")),
    request_body(content = Object, content_type = "application/fhir+json", description = "AuditEvent"),
    responses(
    (status = 200, description = "Stored before, byte for byte"),
    (status = 201, description = "Stored"),
    (status = 400, description = "Not an AuditEvent as Tapward writes it", body = protocol::v1::problem::Problem),
    (status = 401, description = "The proof is missing, wrong or not fresh", body = protocol::v1::problem::Problem),
    (status = 403, description = "The workstation is revoked", body = protocol::v1::problem::Problem),
    (status = 409, description = "Another record has this id and stands; take it as delivered", body = protocol::v1::problem::Problem),
    (status = 413, description = "Over 16 KiB", body = protocol::v1::problem::Problem),
    (status = 415, description = "Not application/fhir+json", body = protocol::v1::problem::Problem),
    (status = 422, description = "It names another workstation, session or id", body = protocol::v1::problem::Problem),
))]
pub async fn put(
    State(app): State<App>,
    id: Result<Path<String>, PathRejection>,
    workstation: ProvenWorkstation,
    FhirBytes(bytes): FhirBytes,
) -> Result<Written, ApiError> {
    let record = read(&bytes)?;
    let is_named = id.is_ok_and(|Path(id)| id == record.id.to_string());
    if !is_named {
        return Err(invalid("The id in the address is not the id of the record."));
    }
    store(&app, &workstation, &record).await
}

/// Stores a record under the id it carries, once. Unlike FHIR's create the server gives no id of its own:
/// whoever writes a login or logout first, there is one.
///
/// # Errors
/// Those of [`put`].
#[utoipa::path(post, path = "/fhir/AuditEvent", tag = "fhir",
    request_body(content = Object, content_type = "application/fhir+json", description = "AuditEvent"),
    responses(
    (status = 200, description = "Stored before, byte for byte"),
    (status = 201, description = "Stored"),
    (status = 400, description = "Not an AuditEvent as Tapward writes it", body = protocol::v1::problem::Problem),
    (status = 401, description = "The proof is missing, wrong or not fresh", body = protocol::v1::problem::Problem),
    (status = 403, description = "The workstation is revoked", body = protocol::v1::problem::Problem),
    (status = 409, description = "Another record has this id and stands; take it as delivered", body = protocol::v1::problem::Problem),
    (status = 413, description = "Over 16 KiB", body = protocol::v1::problem::Problem),
    (status = 415, description = "Not application/fhir+json", body = protocol::v1::problem::Problem),
    (status = 422, description = "It names another workstation or session", body = protocol::v1::problem::Problem),
))]
pub async fn post(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    FhirBytes(bytes): FhirBytes,
) -> Result<Written, ApiError> {
    store(&app, &workstation, &read(&bytes)?).await
}

async fn store(
    app: &App,
    workstation: &ProvenWorkstation,
    record: &AuditRecord,
) -> Result<Written, ApiError> {
    let insertion = transact!(app.store, |write| {
        let insertion = delivery::take(write, workstation.into(), record, app.clock.now()).await?;
        Ok::<_, ApiError>(insertion)
    })?;
    let status = status(insertion)?;
    let location = format!("/fhir/AuditEvent/{}", record.id);
    Ok((status, [(header::LOCATION, location), (header::ETAG, "W/\"1\"".to_owned())]))
}

pub(super) fn status(insertion: Insertion) -> Result<StatusCode, ApiError> {
    match insertion {
        Insertion::Inserted => Ok(StatusCode::CREATED),
        Insertion::Identical => Ok(StatusCode::OK),
        Insertion::Conflict => Err(ApiError::new(ProblemCode::Conflict)
            .detail("Another record with this id was stored before and stands.")),
    }
}

/// The record that `bytes` say.
fn read(bytes: &[u8]) -> Result<AuditRecord, ApiError> {
    fhir::read(bytes).map_err(|error| refused(&error))
}

/// The record that `event` says.
pub(super) fn read_event(event: &AuditEvent) -> Result<AuditRecord, ApiError> {
    AuditRecord::try_from(event).map_err(|error| refused(&error))
}

/// Says what is wrong without repeating what was sent.
fn refused(error: &ReadError) -> ApiError {
    let code = match error {
        ReadError::TooLarge => ProblemCode::RequestTooLarge,
        ReadError::Json(json) => return malformed(json),
        ReadError::Element { .. } | ReadError::NotCanonical => ProblemCode::RequestMalformed,
        ReadError::Record(_) => ProblemCode::RequestInvalid,
    };
    ApiError::new(code).detail(error.to_string())
}

/// A place, never what stood there.
pub(super) fn malformed(error: &serde_json::Error) -> ApiError {
    let place = format!("The message cannot be read at line {}, column {}.", error.line(), error.column());
    ApiError::new(ProblemCode::RequestMalformed).detail(place)
}

/// As an address spells an id; anything else names nothing here.
pub(super) fn id_in_path(id: Result<Path<String>, PathRejection>) -> Option<Uuid> {
    let Path(text) = id.ok()?;
    Uuid::try_parse(&text).ok().filter(|id| id.to_string() == text)
}
