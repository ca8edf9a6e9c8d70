//! What the server tells unasked: one stream of events, opened again whenever it ends.

use std::{sync::Arc, time::Duration};

use agent_core::{
    command::FailClosedCause,
    event::{ContactFault, Event},
    ids::SessionId,
};
use protocol::v1::{
    event::{KEEP_ALIVE_MS, ServerEvent},
    problem::ProblemCode,
    session::SessionStatus,
};
use reqwest::Method;
use tokio::sync::Notify;
use tracing::{debug, warn};

use super::{
    answer_in_session,
    contact::Contact,
    held::{Held, HeldCredential},
    sign_in::grace,
    translate,
};
use crate::{
    backoff::Backoff,
    server_link::{CallFault, sse::EventReader},
    workstation::{FitWorkstation, Workstation},
};

/// A stream that is silent for this long is dead.
const SILENCE_MAX: Duration = Duration::from_millis(2 * KEEP_ALIVE_MS);
/// A stream that cannot be opened is tried again after at most this long, then twice as long, …
const RETRY_FIRST: Duration = Duration::from_millis(500);
/// … up to this.
const RETRY_MAX: Duration = Duration::from_secs(15);

/// Listens for ever.
pub(super) async fn listen(workstation: Workstation, contact: Contact, held: Held, reached: Arc<Notify>) {
    let fit = workstation.until_fit().await;
    let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
    loop {
        if let Err(fault) = follow(&fit, &contact, &held, &reached, &mut backoff).await {
            contact.note(Some(&fault));
        }
        // Whatever else reaches it again, the stream does, too: what was missed is told there.
        let _ = tokio::time::timeout(backoff.pause(), contact.back()).await;
    }
}

/// Until the stream ends.
async fn follow(
    fit: &FitWorkstation,
    contact: &Contact,
    held: &Held,
    reached: &Notify,
    backoff: &mut Backoff,
) -> Result<(), CallFault> {
    let mut stream = fit.link.open_stream("/v1/events", "text/event-stream").await?;
    let mut reader = EventReader::default();
    loop {
        let chunk = match tokio::time::timeout(SILENCE_MAX, stream.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            // It was opened, so the server was there: whether it still is, the next try will tell.
            Ok(Ok(None) | Err(_)) => return Ok(()),
            Err(_) => return Err(CallFault::Contact(ContactFault::Slow)),
        };
        let events = reader.read(&chunk).map_err(|_| CallFault::Contact(ContactFault::NotOurServer))?;
        for event in events {
            match serde_json::from_str(&event) {
                Ok(ServerEvent::Hello) => {
                    backoff.reset();
                    contact.note(None);
                    reached.notify_one();
                    ask_after_session(fit, contact, held).await;
                }
                Ok(ServerEvent::SessionEnded(ended)) => contact.send(Event::SessionEndedByServer {
                    session: SessionId(ended.session_id),
                    cause: translate::cause(ended.cause),
                }),
                Ok(ServerEvent::CoveredElsewhere { session_id }) => {
                    contact.send(Event::CoveredElsewhere { session: SessionId(session_id) });
                }
                Ok(ServerEvent::WorkstationRevoked) => {
                    contact.send(Event::WorkstationRefused(FailClosedCause::WorkstationRevoked));
                }
                // A newer server may say more than we know.
                Err(error) => debug!("An event of the server is not known here: {error}"),
            }
        }
    }
}

/// While there was no stream, the session may have ended.
pub(super) async fn ask_after_session(fit: &FitWorkstation, contact: &Contact, held: &Held) {
    let Some(HeldCredential { session, credential }) = held.current() else { return };
    let result: Result<(_, SessionStatus), _> =
        fit.link.call(Method::GET, "/v1/session", None::<&()>, Some(&credential)).await;
    match result {
        Ok((_, status)) => contact.send(grace(session.0, status.grace_remaining_ms)),
        // It may have been adopted meanwhile, and the answer with the fresh credential is on its way or was lost:
        // that is no end. The next report, or the next adoption, tells.
        Err(CallFault::Refused(problem)) if problem.code == ProblemCode::SessionUnknown => {
            warn!(session.id = %session, "The server does not know the session by this credential");
        }
        Err(fault @ CallFault::Refused(_)) => answer_in_session(contact, session, &fault),
        Err(CallFault::Contact(fault)) => {
            warn!(session.id = %session, "The server did not say how the session stands: {fault:?}");
        }
    }
}
