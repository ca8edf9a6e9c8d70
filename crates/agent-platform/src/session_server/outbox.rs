//! Ends of sessions on their way to the server. They stand in the spool until it has them.

use std::{sync::Arc, time::Duration};

use protocol::v1::{
    problem::ProblemCode,
    session::{EndSession, SessionEnded},
};
use reqwest::Method;
use tokio::sync::Notify;
use tracing::warn;
use uuid::Uuid;

use super::{contact::Contact, translate};
use crate::{
    backoff::Backoff,
    server_link::{CallFault, ServerLink},
    workstation::{FitWorkstation, Workstation},
};

/// A server that does not answer is asked again after at most this long, then twice as long, …
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// … up to this; news of the server's return shortens it.
const RETRY_MAX: Duration = Duration::from_secs(60);

/// Delivers whatever stands in the outbox, for ever. `added` tells of a new end, or that the server is back.
pub(super) async fn deliver(workstation: Workstation, contact: Contact, added: Arc<Notify>) {
    let fit = workstation.until_fit().await;
    let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
    loop {
        if deliver_all(&fit, &contact).await {
            backoff.reset();
            added.notified().await;
        } else {
            // News is as good as a pause.
            let _ = tokio::time::timeout(backoff.pause(), added.notified()).await;
        }
    }
}

/// `false` when some are left for later.
async fn deliver_all(fit: &FitWorkstation, contact: &Contact) -> bool {
    loop {
        let Ok(ends) = fit.spool.run(|spool, _| spool.session_ends()).await else { return false };
        if ends.is_empty() {
            return true;
        }
        for end in ends {
            let session = end.session_id;
            let cause = translate::recorded_cause_on_the_wire(end.cause);
            if !tell(&fit.link, contact, session, cause).await {
                return false;
            }
            if fit.spool.run(move |spool, _| spool.session_end_told(session)).await.is_err() {
                return false;
            }
        }
    }
}

/// Whether the server has the end, or needs it no more.
pub(super) async fn tell(
    link: &ServerLink,
    contact: &Contact,
    session: Uuid,
    cause: protocol::v1::session::EndCause,
) -> bool {
    let path = format!("/v1/sessions/{session}");
    let result: Result<(_, SessionEnded), _> =
        link.call(Method::DELETE, &path, Some(&EndSession { cause }), None).await;
    contact.note(result.as_ref().err());
    match result {
        Ok(_) => true,
        // It was ended before, or the server never knew it (its database was restored).
        Err(CallFault::Refused(problem)) if is_needless(problem.code) => true,
        Err(CallFault::Refused(problem)) => {
            warn!(session.id = %session, "The end of a session waits: {:?}", problem.code);
            false
        }
        Err(CallFault::Contact(_)) => false,
    }
}

const fn is_needless(code: ProblemCode) -> bool {
    matches!(code, ProblemCode::SessionEnded | ProblemCode::SessionUnknown | ProblemCode::NotFound)
}
