//! `POST /fhir`: many records in one Bundle of type `batch`.

use audit::{fhir::AuditEvent, record::AuditRecord};
use axum::{extract::State, http::StatusCode};
use protocol::v1::problem::ProblemCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    body::{FhirBytes, FhirJson},
    outcome,
    write::{malformed, read_event, status},
};
use crate::{
    app::App,
    auth::workstation::ProvenWorkstation,
    delivery,
    error::{self, ApiError},
    middleware::correlation,
    routes::body::invalid,
    store::{Connection, transact},
};

/// Records of one batch, at most.
pub const BATCH_ENTRIES_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Bundle {
    resource_type: String,
    #[serde(rename = "type")]
    type_: String,
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Entry {
    #[serde(default, rename = "fullUrl")]
    _full_url: Option<String>,
    resource: Value,
    request: EntryRequest,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryRequest {
    method: String,
    url: String,
}

/// Stores records, each on its own: one refusal leaves the others stored. The answer has an entry for
/// each, in their order, with the status that the single call would have given.
///
/// # Errors
/// `request.malformed` when the Bundle cannot be read, `request.invalid` when it is no batch or has more
/// than 100 entries.
#[utoipa::path(post, path = "/fhir", tag = "fhir",
    request_body(content = Object, content_type = "application/fhir+json", description = "Bundle of type batch, at most 100 entries"),
    responses(
    (status = 200, description = "Bundle of type batch-response", body = Object, content_type = "application/fhir+json"),
    (status = 400, description = "Not a Bundle", body = protocol::v1::problem::Problem),
    (status = 401, description = "The proof is missing, wrong or not fresh", body = protocol::v1::problem::Problem),
    (status = 403, description = "The workstation is revoked", body = protocol::v1::problem::Problem),
    (status = 413, description = "Over 512 KiB", body = protocol::v1::problem::Problem),
    (status = 415, description = "Not application/fhir+json", body = protocol::v1::problem::Problem),
    (status = 422, description = "No batch, or more than 100 entries", body = protocol::v1::problem::Problem),
))]
pub async fn post(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    FhirBytes(bytes): FhirBytes,
) -> Result<FhirJson<Value>, ApiError> {
    let bundle: Bundle = serde_json::from_slice(&bytes).map_err(|error| malformed(&error))?;
    if bundle.resource_type != "Bundle" || bundle.type_ != "batch" {
        return Err(invalid("This address takes a Bundle of type `batch`."));
    }
    if bundle.entry.len() > BATCH_ENTRIES_MAX {
        return Err(invalid("A batch has at most 100 entries."));
    }
    let records: Vec<_> = bundle.entry.into_iter().map(read).collect();
    let responses = transact!(app.store, |write| {
        let mut responses = Vec::with_capacity(records.len());
        for record in &records {
            responses.push(json!({ "response": respond(write, &app, &workstation, record).await? }));
        }
        Ok::<_, ApiError>(responses)
    })?;
    let answer = json!({ "resourceType": "Bundle", "type": "batch-response", "entry": responses });
    Ok(FhirJson(StatusCode::OK, answer))
}

/// The record of one entry.
fn read(entry: Entry) -> Result<AuditRecord, ApiError> {
    let event: AuditEvent = serde_json::from_value(entry.resource).map_err(|_| {
        ApiError::new(ProblemCode::RequestMalformed)
            .detail("The resource is not an AuditEvent as Tapward writes it.")
    })?;
    let record = read_event(&event)?;
    let is_named = match entry.request.method.as_str() {
        "PUT" => entry.request.url == location(&record),
        "POST" => entry.request.url == "AuditEvent",
        _ => false,
    };
    if is_named {
        return Ok(record);
    }
    Err(invalid("An entry is a PUT of AuditEvent/{id} or a POST of AuditEvent."))
}

fn location(record: &AuditRecord) -> String {
    format!("AuditEvent/{}", record.id)
}

/// The answer to one entry. `Err` only when the database failed: then nothing of the batch is stored.
async fn respond(
    write: &mut Connection,
    app: &App,
    workstation: &ProvenWorkstation,
    record: &Result<AuditRecord, ApiError>,
) -> Result<Value, ApiError> {
    match stored(write, app, workstation, record).await {
        Ok((status, location)) => {
            Ok(json!({ "status": status.to_string(), "location": location, "etag": "W/\"1\"" }))
        }
        Err(fault) if delivery::is_fault(fault.code) => Err(fault),
        Err(refusal) => {
            let problem = refusal.problem(correlation::current());
            Ok(json!({
                "status": error::status(refusal.code).to_string(),
                "outcome": outcome::outcome(&problem),
            }))
        }
    }
}

async fn stored(
    write: &mut Connection,
    app: &App,
    workstation: &ProvenWorkstation,
    record: &Result<AuditRecord, ApiError>,
) -> Result<(StatusCode, String), ApiError> {
    let record = record.as_ref().map_err(Clone::clone)?;
    let insertion = delivery::take(write, workstation.into(), record, app.clock.now()).await?;
    Ok((status(insertion)?, location(record)))
}
