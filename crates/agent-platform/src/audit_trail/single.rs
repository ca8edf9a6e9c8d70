//! One record by itself, and what an endpoint's answer means to a record.

use agent_core::event::ContactFault;
use audit::{
    fhir::{self, AuditEvent},
    record::AuditRecord,
};
use audit_spool::Pending;
use protocol::v1::problem::Problem;
use reqwest::{Method, StatusCode};
use tracing::{info, warn};

use super::delivery::FHIR_JSON;
use crate::server_link::{Body, CallFault, ExchangeFault, ServerLink};

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The endpoint has it.
    Stored,
    /// It never will.
    RefusedForGood,
    /// It cannot take this one for now; those behind it may fare better.
    Unable,
    /// None in time. It may be the record, it may be the way to the endpoint.
    Unanswered,
    /// It takes nothing for now, or is not there.
    Away,
}

/// The answers to the first of `pending`, through one that finds the endpoint away, since the next ones would, too, or
/// that is not answered, since the next ones may not be, either.
pub(super) async fn one_by_one(link: &ServerLink, pending: &[Pending]) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(pending.len());
    for Pending { record, .. } in pending {
        let answer = send(link, record).await;
        answers.push(answer);
        if matches!(answer, Answer::Away | Answer::Unanswered) {
            break;
        }
    }
    answers
}

async fn send(link: &ServerLink, record: &AuditRecord) -> Answer {
    let json = fhir::to_json(&AuditEvent::from(record));
    let path = format!("/fhir/AuditEvent/{}", record.id);
    match link.exchange_any(Method::PUT, &path, Body::Bytes(FHIR_JSON, &json), None).await {
        Ok((status, said)) => answer(record, status, &said),
        Err(fault) => {
            warn!(audit.id = %record.id, "An audit record waits: {fault}");
            match fault {
                ExchangeFault::AnswerTooLarge => Answer::Unable,
                ExchangeFault::Call(CallFault::Contact(ContactFault::Slow)) => Answer::Unanswered,
                // Also whoever is not the endpoint, and answers in its place: that says nothing about a record.
                ExchangeFault::Call(CallFault::Contact(_) | CallFault::Refused(_)) => Answer::Away,
            }
        }
    }
}

/// By the status alone: the endpoint may be any FHIR repository, with words of its own.
pub(super) fn answer(record: &AuditRecord, status: StatusCode, said: &[u8]) -> Answer {
    match status {
        // The other of agent and server wrote it first.
        StatusCode::CONFLICT => {
            info!(audit.id = %record.id, "The endpoint has this record already");
            Answer::Stored
        }
        status if status.is_success() => Answer::Stored,
        // A workstation that may not speak is no fault of the record.
        StatusCode::FORBIDDEN if is_our_refusal(said) => Answer::Away,
        StatusCode::BAD_REQUEST
        | StatusCode::FORBIDDEN
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY => Answer::RefusedForGood,
        status if is_away(status) => Answer::Away,
        status => {
            let status = status.as_u16();
            warn!(audit.id = %record.id, http.status = status, "The endpoint cannot take an audit record now");
            Answer::Unable
        }
    }
}

/// Our server's, of the workstation; a proxy's or another repository's has other words.
pub(super) fn is_our_refusal(said: &[u8]) -> bool {
    serde_json::from_slice::<Problem>(said).is_ok()
}

/// The endpoint takes nothing now: no fault of any record. Most `401` are a [`CallFault`] and never come here; one to a
/// second proof, or to an entry of a batch, does.
pub(super) fn is_away(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}
