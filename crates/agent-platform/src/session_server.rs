//! The session server, as the agent needs it.
//!
//! Each call is one request on a task of its own, answered by one event. In the background one task
//! holds the event stream ([`push`]) and one delivers the ends of sessions ([`outbox`]).

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use agent_core::{
    badge::Badge,
    command::{Answer, ConcealCause, EndCause, ResumeFactor},
    event::{ContactFault, Event},
    ids::{AttemptId, ChallengeId, SessionId},
    my_sessions::Elsewhere,
    secret::Secret,
};
use agent_runtime::ports::{EventSink, SessionServer};
use audit_spool::SessionEnd;
use protocol::v1::{
    problem::ProblemCode,
    session::{ActivityReport, AdoptSession, SessionAdopted, SessionState, SessionStatus},
};
use reqwest::Method;
use tokio::{sync::Notify, task::JoinHandle};
use tracing::warn;
use zeroize::Zeroizing;

use self::{
    contact::Contact,
    held::{Held, HeldCredential},
};
use crate::{
    server_link::CallFault,
    workstation::{FitWorkstation, Workstation},
};

mod badges;
mod contact;
mod held;
mod my_sessions;
mod outbox;
mod push;
mod sign_in;
pub(crate) mod translate;

/// [`SessionServer`] by HTTPS.
#[derive(Debug)]
pub struct HttpSessionServer {
    workstation: Workstation,
    contact: Contact,
    held: Held,
    /// The session that was ended here last: it stays ended, however long the server takes to hear of it.
    ended: Mutex<Option<(SessionId, EndCause)>>,
    end_added: Arc<Notify>,
    /// Held while the server is told that the screen is covered: a resume must not overtake it.
    concealing: Arc<tokio::sync::Mutex<()>>,
    background: Vec<JoinHandle<()>>,
}

impl HttpSessionServer {
    /// Begins as soon as the workstation is fit. To be called within a tokio runtime.
    #[must_use]
    pub fn start(workstation: Workstation, sink: EventSink) -> Self {
        let contact = Contact::new(sink);
        let held = Held::default();
        let end_added = Arc::new(Notify::new());
        let background = vec![
            tokio::spawn(push::listen(
                workstation.clone(),
                contact.clone(),
                held.clone(),
                Arc::clone(&end_added),
            )),
            tokio::spawn(outbox::deliver(workstation.clone(), contact.clone(), Arc::clone(&end_added))),
        ];
        Self {
            workstation,
            contact,
            held,
            ended: Mutex::new(None),
            end_added,
            concealing: Arc::default(),
            background,
        }
    }

    fn in_session<F>(
        &self,
        session: SessionId,
        request: impl FnOnce(Arc<FitWorkstation>, Zeroizing<String>) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<Vec<Event>, CallFault>> + Send,
    {
        let ended_here = *self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cause)) = ended_here.filter(|(ended, _)| *ended == session) {
            self.contact.send(Event::SessionEndedByServer { session, cause });
            return;
        }
        let Some((fit, HeldCredential { credential, .. })) = self.speaking_for(session) else {
            self.contact.send(Event::ServerAway(ContactFault::Unavailable));
            return;
        };
        let contact = self.contact.clone();
        tokio::spawn(async move {
            match request(fit, credential).await {
                Ok(events) => {
                    contact.note(None);
                    events.into_iter().for_each(|event| contact.send(event));
                }
                Err(fault) => answer_in_session(&contact, session, &fault),
            }
        });
    }
}

impl HttpSessionServer {
    /// What a call within `session` is made with; logged where there is nothing.
    fn speaking_for(&self, session: SessionId) -> Option<(Arc<FitWorkstation>, HeldCredential)> {
        let held = self.held.current().filter(|held| held.session == session);
        let speaking = self.workstation.fit().zip(held);
        if speaking.is_none() {
            warn!(session.id = %session, "There is no credential to speak for this session");
        }
        speaking
    }
}

impl SessionServer for HttpSessionServer {
    fn open_session(&self, attempt: AttemptId, name: String, password: Secret) {
        self.open(attempt, sign_in::by_password(name, &password));
    }

    fn open_session_by_badge(&self, attempt: AttemptId, badge: Badge) {
        self.open(attempt, sign_in::by_badge(&badge));
    }

    fn answer_challenge(&self, attempt: AttemptId, challenge: ChallengeId, answer: Answer) {
        self.answer(attempt, challenge, &answer);
    }

    fn identify_badge(&self, attempt: AttemptId, session: SessionId, badge: Badge) {
        self.identify(attempt, session, &badge);
    }

    fn enrol_badge(&self, session: SessionId, badge: Badge) {
        self.enrol(session, &badge);
    }

    fn tell_concealed(&self, session: SessionId, cause: ConcealCause) {
        self.conceal(session, cause);
    }

    fn report_badges_lost(&self, attempt: AttemptId, name: String, password: Secret) {
        self.report_lost(attempt, name, &password);
    }

    fn list_my_sessions(&self, attempt: AttemptId, session: SessionId) {
        self.list_mine(attempt, session);
    }

    fn end_elsewhere(&self, attempt: AttemptId, session: SessionId, which: Elsewhere) {
        self.end_mine(attempt, session, which);
    }

    fn resume_session(
        &self,
        attempt: AttemptId,
        session: SessionId,
        factor: ResumeFactor,
        renews_grace: bool,
    ) {
        self.resume(attempt, session, &factor, renews_grace);
    }

    fn hold_credential(&self, session: SessionId, credential: Secret) {
        self.held
            .hold(HeldCredential { session, credential: Zeroizing::new(credential.expose().to_owned()) });
    }

    fn forget_credential(&self) {
        self.held.forget();
    }

    fn report_activity(&self, session: SessionId, idle: Duration) {
        self.in_session(session, move |fit, credential| async move {
            let report = ActivityReport { idle_ms: translate::milliseconds(idle) };
            let (_, status): (_, SessionStatus) =
                fit.link.call(Method::POST, "/v1/session/activity", Some(&report), Some(&credential)).await?;
            Ok(match status.state {
                SessionState::Open => {
                    vec![
                        Event::ActivityAccepted { session },
                        sign_in::grace(session.0, status.grace_remaining_ms),
                    ]
                }
                SessionState::Lapsed => vec![Event::SessionLapsed { session }],
                SessionState::Ended => vec![ended(session, None)],
            })
        });
    }

    fn adopt_session(&self, session: SessionId, idle: Duration, idle_longest: Duration) {
        self.in_session(session, move |fit, credential| async move {
            let request = AdoptSession {
                idle_ms: translate::milliseconds(idle),
                idle_longest_ms: translate::milliseconds(idle_longest),
            };
            let path = format!("/v1/sessions/{session}/adopt");
            let (_, adopted): (_, SessionAdopted) =
                fit.link.call(Method::POST, &path, Some(&request), Some(&credential)).await?;
            Ok(vec![translate::adopted(adopted)])
        });
    }

    fn end_session(&self, session: SessionId, cause: EndCause) {
        let Some(fit) = self.workstation.fit() else {
            warn!(session.id = %session, "The end of a session cannot be kept before start-up is done");
            return;
        };
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some((session, cause));
        let stored = fit.spool.run(move |spool, now| {
            spool.put_session_end(SessionEnd {
                session_id: session.0,
                cause: translate::cause_on_record(cause),
                ended_at: now,
            })
        });
        let (contact, added) = (self.contact.clone(), Arc::clone(&self.end_added));
        tokio::spawn(async move {
            let is_told = match stored.await {
                Ok(()) => {
                    added.notify_one();
                    true
                }
                // The disk does not take it: then the server alone can be told, now. Whether that is tried
                // again is the core's to say.
                Err(_) => {
                    outbox::tell(&fit.link, &contact, session.0, translate::cause_on_the_wire(cause)).await
                }
            };
            if is_told {
                contact.send(Event::SessionEndTold { session });
            }
        });
    }
}

impl Drop for HttpSessionServer {
    fn drop(&mut self) {
        for task in &self.background {
            task.abort();
        }
    }
}

fn answer_in_session(contact: &Contact, session: SessionId, fault: &CallFault) {
    match fault {
        CallFault::Contact(fault) => {
            contact.note_away(*fault);
            contact.send(Event::ServerAway(*fault));
        }
        CallFault::Refused(problem) => {
            contact.note(Some(fault));
            let told = if problem.code == ProblemCode::SessionLapsed {
                Event::SessionLapsed { session }
            } else if problem.code == ProblemCode::SessionEnded {
                ended(session, problem.cause)
            } else if problem.code == ProblemCode::SessionUnknown {
                ended(session, None)
            } else {
                warn!(session.id = %session, "The server did not take what was reported: {fault}");
                Event::ServerAway(ContactFault::Unavailable)
            };
            contact.send(told);
        }
    }
}

/// Whether a refusal tells how the session stands.
fn is_about_session(code: ProblemCode) -> bool {
    [ProblemCode::SessionLapsed, ProblemCode::SessionEnded, ProblemCode::SessionUnknown].contains(&code)
}

/// A server that no longer knows why has lost contact with what was.
fn ended(session: SessionId, cause: Option<protocol::v1::session::EndCause>) -> Event {
    let cause = cause.map_or(EndCause::ContactLost, translate::cause);
    Event::SessionEndedByServer { session, cause }
}

#[cfg(test)]
mod tests;
