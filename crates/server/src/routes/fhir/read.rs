//! `GET /fhir/AuditEvent/{id}`, `GET /fhir/AuditEvent`: an auditor reads. Reading is on record.

use audit::{
    fhir::{AuditEvent, Meta, SERVER_SYSTEM, SERVER_VALUE, WORKSTATION_SYSTEM},
    record::What,
};
use axum::{
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode, Uri, header, uri::Authority},
};
use protocol::v1::problem::ProblemCode;
use serde_json::{Value, json};

use super::{
    auditor::Auditor,
    body::FhirJson,
    parameters::{COUNT_DEFAULT, PageMark, Parameters},
    write::id_in_path,
};
use crate::{
    app::App,
    error::ApiError,
    store::{
        StoreError,
        audit_events::{self, Page, StoredEvent, Through},
        transact,
    },
    trail::{self, About},
};

/// One event.
///
/// # Errors
/// `not_found`, `auditor.refused`.
#[utoipa::path(get, path = "/fhir/AuditEvent/{id}", tag = "fhir",
    params(("id" = uuid::Uuid, Path, description = "Of the record")), responses(
    (status = 200, description = "AuditEvent, with the server's stamp in `meta`", body = Object, content_type = "application/fhir+json"),
    (status = 401, description = "The auditor's token is missing, wrong or over", body = Object, content_type = "application/fhir+json"),
    (status = 404, description = "There is no such event", body = Object, content_type = "application/fhir+json"),
))]
pub async fn read(
    State(app): State<App>,
    auditor: Auditor,
    id: Result<Path<String>, PathRejection>,
) -> Result<FhirJson<AuditEvent>, ApiError> {
    let id = id_in_path(id).ok_or(ApiError::new(ProblemCode::NotFound))?;
    let found = audit_events::find(&mut app.store.read().await?, id).await?;
    let stored = found.ok_or(ApiError::new(ProblemCode::NotFound))?;
    put_on_record(&app, auditor).await?;
    Ok(FhirJson(StatusCode::OK, stamped(&stored)?))
}

/// A page of events, oldest first. The `next` link leads on; all pages of one search show the record as
/// it was when the first was read.
///
/// # Errors
/// `request.malformed` with the parameter that is wrong, `auditor.refused`.
#[utoipa::path(get, path = "/fhir/AuditEvent", tag = "fhir",
    params(
    ("date" = Option<String>, Query, description = "A day (UTC) or an instant, with ge, gt, le, lt or eq before it; at most one lower and one upper end"),
    ("user" = Option<uuid::Uuid>, Query, description = "About this person"),
    ("workstation" = Option<uuid::Uuid>, Query, description = "At this workstation"),
    ("agent:identifier" = Option<String>, Query, description = "`urn:tapward:user|<id>` or `urn:tapward:workstation|<id>`"),
    ("_id" = Option<uuid::Uuid>, Query, description = "This event"),
    ("_count" = Option<u32>, Query, description = "Events of a page, 1 to 500; 100 when absent"),
    ("page" = Option<String>, Query, description = "From a `next` link"),
    ), responses(
    (status = 200, description = "Bundle of type searchset", body = Object, content_type = "application/fhir+json"),
    (status = 400, description = "A parameter is unknown or wrong", body = Object, content_type = "application/fhir+json"),
    (status = 401, description = "The auditor's token is missing, wrong or over", body = Object, content_type = "application/fhir+json"),
))]
pub async fn search(
    State(app): State<App>,
    auditor: Auditor,
    uri: Uri,
    headers: HeaderMap,
    pairs: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<FhirJson<Value>, ApiError> {
    let Query(pairs) = pairs.map_err(|_| {
        ApiError::new(ProblemCode::RequestMalformed).detail("The parameters of the search cannot be read.")
    })?;
    let parameters = Parameters::read(&pairs)?;
    let count = parameters.count.unwrap_or(COUNT_DEFAULT);
    let (page, through, total) = look_up(&app, &parameters, count).await?;
    put_on_record(&app, auditor).await?;
    let base = base(&uri, &headers);
    Ok(FhirJson(StatusCode::OK, searchset(&base, &pairs, &page, through, total)?))
}

/// One page, the newest event of the state it shows, and how many events there are in all.
async fn look_up(app: &App, parameters: &Parameters, count: u32) -> Result<(Page, Through, u64), StoreError> {
    let mut read = app.store.read().await?;
    let through = match &parameters.page {
        Some(mark) => mark.through.clone(),
        None => audit_events::newest(&mut read).await?,
    };
    let after = parameters.page.as_ref().map(|mark| mark.after);
    let page = audit_events::search(&mut read, &parameters.search, after, &through, count).await?;
    let total = audit_events::count(&mut read, &parameters.search, &through).await?;
    Ok((page, through, total))
}

/// That someone reads is stored before anything is shown; where it cannot be, nothing is.
async fn put_on_record(app: &App, auditor: Auditor) -> Result<(), StoreError> {
    let what = What::TrailRead { auditor: auditor.name };
    transact!(app.store, |write| trail::put(write, About::default(), what.clone(), app.clock.now()).await)
}

fn searchset(
    base: &str,
    pairs: &[(String, String)],
    page: &Page,
    through: Through,
    total: u64,
) -> Result<Value, ApiError> {
    let entries = page
        .events
        .iter()
        .map(|stored| {
            let event = stamped(stored)?;
            Ok(json!({
                "fullUrl": format!("{base}/fhir/AuditEvent/{}", event.id),
                "resource": event,
                "search": { "mode": "match" },
            }))
        })
        .collect::<Result<Vec<_>, ApiError>>()?;
    let mut links = vec![json!({ "relation": "self", "url": address(base, pairs, None) })];
    if let Some(after) = page.next {
        let mark = PageMark { after, through };
        links.push(json!({ "relation": "next", "url": address(base, pairs, Some(&mark)) }));
    }
    let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset", "total": total, "link": links });
    // FHIR forbids an empty list.
    if !entries.is_empty() {
        bundle["entry"] = Value::Array(entries);
    }
    Ok(bundle)
}

/// The search again, on the page that begins at `mark`, or as it was asked.
fn address(base: &str, pairs: &[(String, String)], mark: Option<&PageMark>) -> String {
    let kept = pairs.iter().filter(|(name, _)| mark.is_none() || name != "page");
    let mut query: Vec<String> =
        kept.map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    query.extend(mark.map(|mark| format!("page={}", mark.spelled())));
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{base}/fhir/AuditEvent{separator}{}", query.join("&"))
}

/// RFC 3986, section 2.1: all but the unreserved characters.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Where the client found this server: links lead back there. Empty, for relative links, where it did not
/// say.
fn base(uri: &Uri, headers: &HeaderMap) -> String {
    let named = headers.get(header::HOST).and_then(|value| value.to_str().ok()?.parse::<Authority>().ok());
    let authority = uri.authority().cloned().or(named).filter(|authority| !authority.as_str().contains('@'));
    authority.map(|authority| format!("https://{authority}")).unwrap_or_default()
}

/// The event with the stamp of the server: when it came, and by whose proof.
fn stamped(stored: &StoredEvent) -> Result<AuditEvent, ApiError> {
    let event: AuditEvent =
        serde_json::from_str(&stored.event).map_err(|_| StoreError::Corrupt("audit event"))?;
    let source = match stored.receipt.received_from {
        Some(workstation) => format!("{WORKSTATION_SYSTEM}:{workstation}"),
        None => format!("{SERVER_SYSTEM}:{SERVER_VALUE}"),
    };
    let meta = Meta {
        version_id: Some("1".to_owned()),
        last_updated: Some(stored.receipt.received_at.to_string()),
        source: Some(source),
    };
    Ok(AuditEvent { meta: Some(meta), ..event })
}
