//! `GET /fhir/metadata`: what this endpoint can do, for anyone.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::body::FhirJson;

/// When this statement last changed.
const STATEMENT_DATE: &str = "2026-11-22";

/// CapabilityStatement.
#[utoipa::path(get, path = "/fhir/metadata", tag = "fhir", responses(
    (status = 200, description = "CapabilityStatement", body = Object, content_type = "application/fhir+json"),
))]
pub async fn metadata() -> FhirJson<Value> {
    FhirJson(StatusCode::OK, statement())
}

fn statement() -> Value {
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": STATEMENT_DATE,
        "kind": "instance",
        "software": { "name": "Tapward session server", "version": env!("CARGO_PKG_VERSION") },
        "implementation": { "description": "Audit endpoint of the Tapward session server" },
        "fhirVersion": "4.0.1",
        "format": ["json", super::FHIR_MEDIA_TYPE],
        "rest": [{
            "mode": "server",
            "security": {
                "description": "Workstations write with a DPoP proof of their key (RFC 9449); auditors read \
                                with a bearer token. Nobody updates or deletes.",
            },
            "resource": [{
                "type": "AuditEvent",
                "documentation": "Each event is stored once under the id its writer gave it: PUT and POST \
                                  alike answer 201, 200 when the same bytes are there, 409 when others are.",
                "interaction": [
                    { "code": "read" },
                    { "code": "create" },
                    { "code": "update", "documentation": "Creates; an event is never changed." },
                    { "code": "search-type" },
                ],
                "versioning": "no-version",
                "readHistory": false,
                "updateCreate": true,
                "searchParam": [
                    { "name": "_id", "type": "token" },
                    {
                        "name": "date",
                        "definition": "http://hl7.org/fhir/SearchParameter/AuditEvent-date",
                        "type": "date",
                        "documentation": "A day (UTC) or an instant; ge, gt, le, lt, eq.",
                    },
                    {
                        "name": "agent",
                        "definition": "http://hl7.org/fhir/SearchParameter/AuditEvent-agent",
                        "type": "reference",
                        "documentation": "With the modifier :identifier only: urn:tapward:user|<id> or \
                                          urn:tapward:workstation|<id>.",
                    },
                    { "name": "user", "type": "token", "documentation": "About this person." },
                    { "name": "workstation", "type": "token", "documentation": "At this workstation." },
                ],
            }],
            "interaction": [{ "code": "batch", "documentation": "At most 100 entries." }],
        }],
    })
}
