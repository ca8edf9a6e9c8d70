//! `PUT /fhir/AuditEvent/{id}`, `POST /fhir/AuditEvent`: a workstation delivers a record.

use audit::{
    fhir::{self, AuditEvent, ReadError},
    record::{AuditRecord, Source, What},
};
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderName, StatusCode, header},
};
use protocol::v1::problem::ProblemCode;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::body::FhirBytes;
use crate::{
    app::App,
    auth::workstation::ProvenWorkstation,
    error::ApiError,
    routes::body::invalid,
    store::{
        audit_events::{self, Insertion, Receipt},
        sessions, users,
    },
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
    let mut write = app.store.write().await?;
    let insertion = take(&mut write, app, workstation, record).await?;
    write.commit().await?;
    let status = status(insertion)?;
    let location = format!("/fhir/AuditEvent/{}", record.id);
    Ok((status, [(header::LOCATION, location), (header::ETAG, "W/\"1\"".to_owned())]))
}

/// Stores `record` if it is this workstation's to tell.
pub(super) async fn take(
    connection: &mut SqliteConnection,
    app: &App,
    workstation: &ProvenWorkstation,
    record: &AuditRecord,
) -> Result<Insertion, ApiError> {
    refuse_what_is_anothers(connection, workstation, record).await?;
    let receipt = Receipt { received_at: app.clock.now(), received_from: Some(workstation.id) };
    Ok(audit_events::insert(connection, record, receipt).await?)
}

pub(super) fn status(insertion: Insertion) -> Result<StatusCode, ApiError> {
    match insertion {
        Insertion::Inserted => Ok(StatusCode::CREATED),
        Insertion::Identical => Ok(StatusCode::OK),
        Insertion::Conflict => Err(ApiError::new(ProblemCode::Conflict)
            .detail("Another record with this id was stored before and stands.")),
    }
}

/// A workstation tells what happened at itself: not what the server did, not what happened at another,
/// and of sessions that the server knows only its own.
async fn refuse_what_is_anothers(
    connection: &mut SqliteConnection,
    workstation: &ProvenWorkstation,
    record: &AuditRecord,
) -> Result<(), ApiError> {
    if record.source != Source::Agent {
        return Err(invalid("The record says that the server wrote it."));
    }
    if record.workstation.as_ref().is_none_or(|named| named.id != workstation.id) {
        return Err(invalid("The record names another workstation."));
    }
    // Names are given once and kept: another one under this id would show auditors a place that is not it.
    if record.workstation.as_ref().is_none_or(|named| named.name != workstation.name) {
        return Err(invalid("The record names this workstation otherwise than the server."));
    }
    let Some(session_id) = record.session_id else { return Ok(()) };
    // A session unknown here may have been lost with an older copy of the database: its record counts.
    let Some(session) = sessions::find(connection, session_id).await? else { return Ok(()) };
    let is_user_right = record.user.as_ref().is_none_or(|user| user.id == session.user_id);
    if session.workstation_id != workstation.id || !is_user_right {
        return Err(invalid("The record names a session of another workstation or person."));
    }
    if matches!(record.what, What::Login { factors } if factors != session.factors) {
        return Err(invalid("The record names other factors than the person has shown."));
    }
    let Some(named) = &record.user else { return Ok(()) };
    let person = users::find(connection, session.user_id).await?;
    if person.is_none_or(|person| person.display_name == named.display_name) {
        Ok(())
    } else {
        Err(invalid("The record names the person otherwise than the server."))
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
