//! Audit records on their way: on disk first, then to the endpoint.
//!
//! Appending answers when the record would survive a power cut. Delivery goes on in the background, oldest
//! first; a record leaves the spool when the endpoint has it, or says that it has one with its id. One that
//! it refuses for good is set aside, which is itself a record.

use std::{sync::Arc, time::Duration};

use agent_core::{
    command::FailClosedCause,
    event::{Event, RecordKey},
};
use agent_runtime::ports::{AuditTrail, EventSink};
use audit::{
    fhir::{self, AuditEvent},
    record::AuditRecord,
};
use audit_spool::Pending;
use protocol::v1::problem::Problem;
use reqwest::{Method, StatusCode};
use tokio::{sync::Notify, task::JoinHandle};
use tracing::{error, info, warn};

use crate::{
    backoff::Backoff,
    server_link::{Body, ServerLink},
    spool::SpoolThread,
    workstation::Workstation,
};

/// Media type of what is sent.
const FHIR_JSON: &str = "application/fhir+json";
/// Records taken out of the spool at a time.
const BATCH: usize = 50;
/// An endpoint that does not answer is asked again after at most this long, then twice as long, …
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// … up to this.
const RETRY_MAX: Duration = Duration::from_secs(60);

/// [`AuditTrail`] over the spool.
#[derive(Debug)]
pub struct SpooledTrail {
    workstation: Workstation,
    sink: EventSink,
    appended: Arc<Notify>,
    delivery: JoinHandle<()>,
}

impl SpooledTrail {
    /// Begins to deliver as soon as the workstation is fit. To be called within a tokio runtime.
    #[must_use]
    pub fn start(workstation: Workstation, sink: EventSink) -> Self {
        let appended = Arc::new(Notify::new());
        let delivery = tokio::spawn(deliver(workstation.clone(), Arc::clone(&appended)));
        Self { workstation, sink, appended, delivery }
    }
}

impl AuditTrail for SpooledTrail {
    fn append(&self, key: RecordKey, record: AuditRecord) {
        let Some(fit) = self.workstation.fit() else {
            self.sink.send(Event::AuditFailed(key, FailClosedCause::SpoolUnavailable));
            return;
        };
        let (sink, appended) = (self.sink.clone(), Arc::clone(&self.appended));
        fit.spool.run_then(
            move |spool, now| spool.append(&record, now),
            move |result| match result {
                Ok(_) => {
                    sink.send(Event::AuditStored(key));
                    appended.notify_one();
                }
                Err(cause) => sink.send(Event::AuditFailed(key, cause)),
            },
        );
    }
}

impl Drop for SpooledTrail {
    fn drop(&mut self) {
        self.delivery.abort();
    }
}

/// What the endpoint said to one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Stored,
    RefusedForGood,
    TryLater,
}

async fn deliver(workstation: Workstation, appended: Arc<Notify>) {
    let fit = workstation.until_fit().await;
    let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
    loop {
        match deliver_some(&fit.spool, &fit.link).await {
            Ok(0) => {
                backoff.reset();
                appended.notified().await;
            }
            Ok(_) => backoff.reset(),
            // A new record does not shorten the pause: the endpoint is not there.
            Err(()) => tokio::time::sleep(backoff.pause()).await,
        }
    }
}

/// Delivers what is pending and acknowledges what was stored. `Err` when it is to be tried again later.
async fn deliver_some(spool: &SpoolThread, link: &ServerLink) -> Result<usize, ()> {
    let pending = spool.run(|spool, now| spool.pending(BATCH, now)).await.map_err(drop)?;
    let mut delivered = 0;
    for Pending { seq, record } in pending {
        match send(link, &record).await {
            Answer::Stored => {
                spool.run(move |spool, _| spool.acknowledge(&[seq])).await.map_err(drop)?;
            }
            Answer::RefusedForGood => {
                error!(audit.seq = seq, audit.id = %record.id, "An audit record was refused and is set aside");
                spool.run(move |spool, now| spool.set_aside(seq, now)).await.map_err(drop)?;
            }
            Answer::TryLater => return Err(()),
        }
        delivered += 1;
    }
    Ok(delivered)
}

async fn send(link: &ServerLink, record: &AuditRecord) -> Answer {
    let json = fhir::to_json(&AuditEvent::from(record));
    let path = format!("/fhir/AuditEvent/{}", record.id);
    match link.exchange_any(Method::PUT, &path, Body::Bytes(FHIR_JSON, &json), None).await {
        Ok((status, said)) => answer(record, status, &said),
        Err(fault) => {
            warn!(audit.id = %record.id, "An audit record waits: {fault}");
            Answer::TryLater
        }
    }
}

/// By the status alone: the endpoint may be any FHIR repository, with words of its own.
fn answer(record: &AuditRecord, status: StatusCode, said: &[u8]) -> Answer {
    match status {
        // The other of agent and server wrote it first.
        StatusCode::CONFLICT => {
            info!(audit.id = %record.id, "The endpoint has this record already");
            Answer::Stored
        }
        status if status.is_success() => Answer::Stored,
        // A workstation that may not speak is no fault of the record.
        StatusCode::FORBIDDEN if serde_json::from_slice::<Problem>(said).is_ok() => Answer::TryLater,
        StatusCode::BAD_REQUEST
        | StatusCode::FORBIDDEN
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY => Answer::RefusedForGood,
        _ => Answer::TryLater,
    }
}

#[cfg(test)]
mod full_spool;
#[cfg(test)]
mod tests;
