//! Whose a badge is, making one hers, and telling that her screen is covered.

use std::sync::Arc;

use agent_core::{
    badge::Badge,
    command::ConcealCause,
    event::{Event, NotEnrolled, Whose},
    ids::{AttemptId, SessionId},
};
use protocol::v1::{
    badge::{self as wire, BadgeEnrolled, BadgeIdentified, EnrolBadge, IdentifyBadge},
    problem::ProblemCode,
    session::{ConcealSession, SessionStatus},
};
use reqwest::Method;
use tracing::debug;

use super::{HttpSessionServer, held::HeldCredential, sign_in::grace, translate};
use crate::server_link::CallFault;

impl HttpSessionServer {
    pub(super) fn identify(&self, attempt: AttemptId, session: SessionId, badge: &Badge) {
        let contact = self.contact.clone();
        let Some((fit, HeldCredential { credential, .. })) = self.speaking_for(session) else {
            return contact.send(Event::BadgeIdentified { attempt, whose: None });
        };
        let request = IdentifyBadge { badge: translate::presented(badge) };
        tokio::spawn(async move {
            let result: Result<(_, BadgeIdentified), _> =
                fit.link.call(Method::POST, "/v1/session/identify", Some(&request), Some(&credential)).await;
            contact.note(result.as_ref().err());
            let whose = match result {
                Ok((_, identified)) => Some(whose(identified.whose)),
                // No badge at all, whoever asks.
                Err(CallFault::Refused(problem)) if problem.code == ProblemCode::BadgeUnusable => {
                    Some(Whose::Refused)
                }
                Err(_) => None,
            };
            contact.send(Event::BadgeIdentified { attempt, whose });
        });
    }

    pub(super) fn enrol(&self, session: SessionId, badge: &Badge) {
        let contact = self.contact.clone();
        let refused = move |because| Event::BadgeNotEnrolled { session, because };
        let Some((fit, HeldCredential { credential, .. })) = self.speaking_for(session) else {
            return contact.send(refused(NotEnrolled::Unanswered));
        };
        let (mark, request) = (badge.mark, EnrolBadge { badge: translate::presented(badge) });
        tokio::spawn(async move {
            let result: Result<(_, BadgeEnrolled), _> =
                fit.link.call(Method::POST, "/v1/badges", Some(&request), Some(&credential)).await;
            contact.note(result.as_ref().err());
            match result {
                Ok((_, enrolled)) => {
                    contact.send(Event::BadgeEnrolled { session, badge: mark });
                    contact.send(grace(session.0, enrolled.grace_remaining_ms));
                }
                Err(CallFault::Contact(_)) => contact.send(refused(NotEnrolled::Unanswered)),
                Err(CallFault::Refused(problem)) => contact.send(refused(not_enrolled(problem.code))),
            }
        });
    }

    pub(super) fn conceal(&self, session: SessionId, cause: ConcealCause) {
        let Some((fit, HeldCredential { credential, .. })) = self.speaking_for(session) else { return };
        let contact = self.contact.clone();
        let concealing = Arc::clone(&self.concealing);
        tokio::spawn(async move {
            let _telling = concealing.lock().await;
            let request = ConcealSession { cause: translate::conceal_cause(cause) };
            let result: Result<(_, SessionStatus), _> =
                fit.link.call(Method::POST, "/v1/session/conceal", Some(&request), Some(&credential)).await;
            match result {
                Ok((_, status)) => contact.send(grace(session.0, status.grace_remaining_ms)),
                // The next report tells how the session stands.
                Err(fault) => {
                    debug!(session.id = %session, "The server was not told that session {session} is concealed: {fault}");
                }
            }
        });
    }
}

const fn whose(whose: wire::Whose) -> Whose {
    match whose {
        wire::Whose::Holder => Whose::Holder,
        wire::Whose::Other => Whose::Other,
        wire::Whose::Unknown => Whose::Unknown,
        wire::Whose::Refused => Whose::Refused,
    }
}

fn not_enrolled(code: ProblemCode) -> NotEnrolled {
    if code == ProblemCode::BadgeTaken {
        NotEnrolled::Taken
    } else if code == ProblemCode::BadgeTooMany {
        NotEnrolled::TooMany
    } else {
        NotEnrolled::Refused
    }
}
