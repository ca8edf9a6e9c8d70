//! What a person presents, and the server's answers to it: of a sign-in, and of a session that is to be resumed.

use std::{sync::Arc, time::Duration};

use agent_core::{
    badge::Badge,
    command::{Answer, ResumeFactor},
    event::{ContactFault, Event},
    ids::{AttemptId, ChallengeId, SessionId},
    secret::Secret,
};
use protocol::{
    secret::WireSecret,
    v1::{
        badge::{BadgeLost, BadgesRevoked},
        session::{
            AnswerChallenge, ChallengeIssued, FirstFactor, OpenSession, ResumeSession, SecondFactor,
            SessionOpened, SessionResumed,
        },
    },
};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use tracing::warn;

use super::{
    HttpSessionServer, answer_in_session, contact::Contact, held::HeldCredential, is_about_session, translate,
};
use crate::{
    server_link::{CallFault, ServerLink},
    workstation::FitWorkstation,
};

/// A resume waits for no longer than this until the server has taken that the screen was covered.
const CONCEALING_MAX: Duration = Duration::from_secs(1);

/// Every answer to what a person presented.
enum Accepted {
    Opened(SessionOpened),
    Resumed(SessionResumed),
    Challenge(ChallengeIssued),
    BadgesRevoked(BadgesRevoked),
}

/// Told apart by what they hold; the status must agree.
#[derive(Deserialize)]
#[serde(untagged)]
enum AcceptedBody {
    Opened(SessionOpened),
    Resumed(SessionResumed),
    Challenge(ChallengeIssued),
    BadgesRevoked(BadgesRevoked),
}

impl HttpSessionServer {
    pub(super) fn open(&self, attempt: AttemptId, factor: FirstFactor) {
        self.present(attempt, move |fit| async move {
            let request = OpenSession { attempt_id: attempt.0, factor };
            ask(&fit.link, "/v1/sessions", &request, None).await
        });
    }

    pub(super) fn report_lost(&self, attempt: AttemptId, name: String, password: &Secret) {
        let password = wire(password);
        self.present(attempt, move |fit| async move {
            let request = BadgeLost { attempt_id: attempt.0, name, password };
            ask(&fit.link, "/v1/badges/lost", &request, None).await
        });
    }

    pub(super) fn answer(&self, attempt: AttemptId, challenge: ChallengeId, answer: &Answer) {
        let factor = match answer {
            Answer::Totp(code) => SecondFactor::Totp { code: wire(code) },
            Answer::Password(password) => SecondFactor::Password { password: wire(password) },
            Answer::Pin(pin) => SecondFactor::Pin { pin: wire(pin) },
        };
        self.present(attempt, move |fit| async move {
            let request = AnswerChallenge { attempt_id: attempt.0, factor };
            ask(&fit.link, &format!("/v1/challenges/{challenge}"), &request, None).await
        });
    }

    pub(super) fn resume(
        &self,
        attempt: AttemptId,
        session: SessionId,
        factor: &ResumeFactor,
        renews_grace: bool,
    ) {
        let factor = match factor {
            ResumeFactor::Badge(badge) => {
                protocol::v1::session::ResumeFactor::Badge { badge: translate::presented(badge) }
            }
            ResumeFactor::Password(password) => {
                protocol::v1::session::ResumeFactor::Password { password: wire(password) }
            }
        };
        let Some((fit, HeldCredential { credential, .. })) = self.speaking_for(session) else {
            self.contact.send(Event::SignInUnanswered { attempt, fault: ContactFault::Unavailable });
            return;
        };
        let contact = self.contact.clone();
        let concealing = Arc::clone(&self.concealing);
        tokio::spawn(async move {
            // The other way round the server would hold an uncovered screen for covered. She is not kept waiting for it.
            let _ = tokio::time::timeout(CONCEALING_MAX, concealing.lock()).await;
            let request = ResumeSession { attempt_id: attempt.0, factor, renews_grace };
            let result = ask(&fit.link, "/v1/session/resume", &request, Some(&credential)).await;
            if let Err(fault @ CallFault::Refused(problem)) = &result
                && is_about_session(problem.code)
            {
                // The session is told of; what was presented is asked again once that is settled.
                answer_in_session(&contact, session, fault);
                contact.send(Event::SignInUnanswered { attempt, fault: ContactFault::Unavailable });
                return;
            }
            tell(&contact, attempt, result);
        });
    }

    fn present<F>(&self, attempt: AttemptId, request: impl FnOnce(Arc<FitWorkstation>) -> F + Send + 'static)
    where
        F: Future<Output = Result<Accepted, CallFault>> + Send,
    {
        let Some(fit) = self.workstation.fit() else {
            self.contact.send(Event::SignInUnanswered { attempt, fault: ContactFault::Unavailable });
            return;
        };
        let contact = self.contact.clone();
        tokio::spawn(async move { tell(&contact, attempt, request(fit).await) });
    }
}

/// The first factor of name and password.
pub(super) fn by_password(name: String, password: &Secret) -> FirstFactor {
    FirstFactor::Password { name, password: wire(password) }
}

/// The first factor of a badge.
pub(super) fn by_badge(badge: &Badge) -> FirstFactor {
    FirstFactor::Badge { badge: translate::presented(badge) }
}

async fn ask(
    link: &ServerLink,
    path: &str,
    request: &(impl serde::Serialize + Sync),
    credential: Option<&str>,
) -> Result<Accepted, CallFault> {
    let (status, answer) = link.call(Method::POST, path, Some(request), credential).await?;
    match (status, answer) {
        (StatusCode::CREATED, AcceptedBody::Opened(opened)) => Ok(Accepted::Opened(opened)),
        (StatusCode::OK, AcceptedBody::Resumed(resumed)) => Ok(Accepted::Resumed(resumed)),
        (StatusCode::OK, AcceptedBody::BadgesRevoked(revoked)) => Ok(Accepted::BadgesRevoked(revoked)),
        (StatusCode::ACCEPTED, AcceptedBody::Challenge(challenge)) => Ok(Accepted::Challenge(challenge)),
        _ => Err(CallFault::Contact(ContactFault::NotOurServer)),
    }
}

fn tell(contact: &Contact, attempt: AttemptId, result: Result<Accepted, CallFault>) {
    contact.note(result.as_ref().err());
    match result {
        Ok(Accepted::Opened(opened)) => {
            let grace = grace(opened.session_id, opened.grace_remaining_ms);
            contact.send(translate::opened(attempt, opened));
            contact.send(grace);
        }
        Ok(Accepted::Resumed(resumed)) => {
            contact.send(translate::resumed(attempt, resumed));
            contact.send(grace(resumed.session_id, resumed.grace_remaining_ms));
        }
        Ok(Accepted::BadgesRevoked(revoked)) => {
            contact.send(Event::BadgesRevoked { attempt, count: revoked.revoked });
        }
        Ok(Accepted::Challenge(challenge)) => match translate::challenge(attempt, challenge) {
            Some(event) => contact.send(event),
            None => {
                warn!("The server asks for something that nobody here can give");
                contact.send(Event::SignInUnanswered { attempt, fault: ContactFault::Unavailable });
            }
        },
        Err(fault) => refuse(contact, attempt, &fault),
    }
}

/// How long a tap alone still signs the person of `session` in.
pub(super) fn grace(session: uuid::Uuid, remaining_ms: Option<u64>) -> Event {
    Event::GraceTold { session: SessionId(session), remaining: remaining_ms.map(Duration::from_millis) }
}

fn refuse(contact: &Contact, attempt: AttemptId, fault: &CallFault) {
    let unanswered = |fault| Event::SignInUnanswered { attempt, fault };
    match fault {
        CallFault::Contact(fault) => contact.send(unanswered(*fault)),
        CallFault::Refused(problem) => match translate::refusal(problem) {
            Some(refusal) => contact.send(Event::SignInRefused { attempt, refusal }),
            None => {
                warn!("A sign-in was refused for a reason nobody can mend at the screen: {fault}");
                contact.send(unanswered(ContactFault::Unavailable));
            }
        },
    }
}

fn wire(secret: &Secret) -> WireSecret {
    WireSecret::new(secret.expose().to_owned())
}
