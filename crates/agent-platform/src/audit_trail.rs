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

use self::batch::Sent;
use crate::{
    backoff::Backoff,
    server_link::{Body, ServerLink},
    spool::SpoolThread,
    workstation::Workstation,
};

mod batch;

/// Media type of what is sent.
const FHIR_JSON: &str = "application/fhir+json";
/// Records taken out of the spool at a time, at most.
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

/// How one round of deliveries went.
enum Round {
    NothingPending,
    /// Some records left the spool.
    Settled,
    /// None did: it is to be tried again later.
    Late,
    /// So many were more than the endpoint, or the way to it, takes in the time of one request.
    TooSlow(usize),
}

async fn deliver(workstation: Workstation, appended: Arc<Notify>) {
    let fit = workstation.until_fit().await;
    let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
    let mut at_a_time = BATCH;
    loop {
        match deliver_some(&fit.spool, &fit.link, at_a_time).await {
            Round::NothingPending => {
                backoff.reset();
                appended.notified().await;
            }
            Round::Settled => {
                backoff.reset();
                at_a_time = (at_a_time + 1).min(BATCH);
            }
            // A new record does not shorten the pause: the endpoint is not there.
            Round::Late => tokio::time::sleep(backoff.pause()).await,
            Round::TooSlow(sent) => {
                at_a_time = (sent / 2).max(1);
                tokio::time::sleep(backoff.pause()).await;
            }
        }
    }
}

/// Delivers what is pending: several records at one go, one by itself. Each is settled by its own answer, so that
/// none holds up another.
async fn deliver_some(spool: &SpoolThread, link: &ServerLink, at_a_time: usize) -> Round {
    let Ok(pending) = spool.run(move |spool, now| spool.pending(at_a_time, now)).await else {
        return Round::Late;
    };
    if pending.is_empty() {
        return Round::NothingPending;
    }
    let pending = batch::that_fits(pending);
    let answers = match batch::send(link, &pending).await {
        Sent::Answered(answers) => answers,
        Sent::TooSlow => return Round::TooSlow(pending.len()),
        Sent::NotTaken => one_by_one(link, &pending).await,
    };
    match settle(spool, &pending, &answers).await {
        Ok(0) | Err(()) => Round::Late,
        Ok(_) => Round::Settled,
    }
}

/// Until one finds the endpoint away: the next ones would, too.
async fn one_by_one(link: &ServerLink, pending: &[Pending]) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(pending.len());
    for Pending { record, .. } in pending {
        let answer = send(link, record).await;
        answers.push(answer);
        if answer == Answer::TryLater {
            break;
        }
    }
    answers
}

/// Acknowledges what was stored, sets aside what was refused; the rest waits. How many do not.
async fn settle(spool: &SpoolThread, pending: &[Pending], answers: &[Answer]) -> Result<usize, ()> {
    let mut stored = Vec::new();
    let mut settled = 0;
    for (Pending { seq, record }, answer) in pending.iter().zip(answers) {
        let seq = *seq;
        match answer {
            Answer::Stored => stored.push(seq),
            Answer::RefusedForGood => {
                error!(audit.seq = seq, audit.id = %record.id, "An audit record was refused and is set aside");
                spool.run(move |spool, now| spool.set_aside(seq, now)).await.map_err(drop)?;
                settled += 1;
            }
            Answer::TryLater => {}
        }
    }
    settled += stored.len();
    if !stored.is_empty() {
        spool.run(move |spool, _| spool.acknowledge(&stored)).await.map_err(drop)?;
    }
    Ok(settled)
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
