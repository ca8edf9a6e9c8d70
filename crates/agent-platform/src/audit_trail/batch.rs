//! Several records in one FHIR Bundle of type `batch`. Each entry has an answer of its own.

use agent_core::event::ContactFault;
use audit::fhir::{self, AuditEvent};
use audit_spool::Pending;
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::{
    delivery::FHIR_JSON,
    single::{Answer, answer, is_away, is_our_refusal},
};
use crate::server_link::{Body, CallFault, ExchangeFault, ServerLink};

/// What is sent at one go, at most: half of what our server takes.
const SIZE_BYTES_MAX: usize = 256 * 1024;
/// What an entry adds to its record, at most.
const ENTRY_SIZE_BYTES_MAX: usize = 256;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    resource_type: &'static str,
    #[serde(rename = "type")]
    type_: &'static str,
    entry: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    resource: AuditEvent,
    request: EntryRequest,
}

#[derive(Debug, Serialize)]
struct EntryRequest {
    method: &'static str,
    url: String,
}

/// As far as it is read; other endpoints say more.
#[derive(Debug, Deserialize)]
struct Responses {
    #[serde(rename = "type")]
    type_: String,
    entry: Vec<ResponseEntry>,
}

#[derive(Debug, Deserialize)]
struct ResponseEntry {
    response: Response,
}

#[derive(Debug, Deserialize)]
struct Response {
    /// Begins with the HTTP status: `201`, or `201 Created`.
    status: String,
}

/// The oldest of `pending`, as many as fit; at least one.
pub(super) fn that_fits(mut pending: Vec<Pending>) -> Vec<Pending> {
    let mut size = 0;
    let fits = pending.iter().take_while(|pending| {
        size += fhir::to_json(&AuditEvent::from(&pending.record)).len() + ENTRY_SIZE_BYTES_MAX;
        size <= SIZE_BYTES_MAX
    });
    let count = fits.count().max(1);
    pending.truncate(count);
    pending
}

/// What became of a batch.
pub(super) enum Sent {
    /// The answer to each record, in their order.
    Answered(Vec<Answer>),
    /// There was but one record, or the endpoint takes no batches: each is sent by itself.
    NotTaken,
    /// It stumbled over one of them, or all: fewer tell which.
    TooMany,
    /// Not answered in time: fewer may be.
    TooSlow,
    /// The endpoint takes nothing now, or is not there.
    Away,
}

pub(super) async fn send(link: &ServerLink, pending: &[Pending]) -> Sent {
    if pending.len() < 2 {
        return Sent::NotTaken;
    }
    let bundle =
        Bundle { resource_type: "Bundle", type_: "batch", entry: pending.iter().map(entry).collect() };
    let Ok(json) = serde_json::to_vec(&bundle) else { return Sent::NotTaken };
    match link.exchange_any(Method::POST, "/fhir", Body::Bytes(FHIR_JSON, &json), None).await {
        Ok((status, said)) if status.is_success() => answers(pending, &said).map_or(Sent::NotTaken, judged),
        Ok((status, said)) => {
            warn!(http.status = status.as_u16(), "A batch of {} audit records is not taken", pending.len());
            refused(status, &said)
        }
        Err(fault) => {
            warn!("{} audit records wait: {fault}", pending.len());
            match fault {
                ExchangeFault::AnswerTooLarge => Sent::NotTaken,
                ExchangeFault::Call(CallFault::Contact(ContactFault::Slow)) => Sent::TooSlow,
                ExchangeFault::Call(CallFault::Contact(_) | CallFault::Refused(_)) => Sent::Away,
            }
        }
    }
}

fn refused(status: StatusCode, said: &[u8]) -> Sent {
    if is_away(status) || status == StatusCode::FORBIDDEN && is_our_refusal(said) {
        Sent::Away
    } else if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
        Sent::TooMany
    } else {
        // What it refuses as a whole may hold records that it takes.
        Sent::NotTaken
    }
}

fn entry(Pending { record, .. }: &Pending) -> Entry {
    Entry {
        resource: AuditEvent::from(record),
        request: EntryRequest { method: "PUT", url: format!("AuditEvent/{}", record.id) },
    }
}

/// An endpoint that took some is there: it is about the records that it says it cannot now.
fn judged(mut answers: Vec<Answer>) -> Sent {
    if answers.iter().all(|answer| *answer == Answer::Away) {
        return Sent::Away;
    }
    for answer in answers.iter_mut().filter(|answer| **answer == Answer::Away) {
        *answer = Answer::Unable;
    }
    Sent::Answered(answers)
}

/// `None` when this answers something else.
fn answers(pending: &[Pending], said: &[u8]) -> Option<Vec<Answer>> {
    let responses: Responses = serde_json::from_slice(said).ok()?;
    if responses.type_ != "batch-response" || responses.entry.len() != pending.len() {
        return None;
    }
    let answers = pending.iter().zip(&responses.entry).map(|(Pending { record, .. }, entry)| {
        let code = entry.response.status.get(..3).and_then(|code| code.parse::<StatusCode>().ok());
        code.map_or(Answer::Unable, |status| answer(record, status, &[]))
    });
    Some(answers.collect())
}
