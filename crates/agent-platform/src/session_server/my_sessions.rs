//! "My sessions": where else she is signed in, and signing her out there.

use std::{sync::Arc, time::Duration};

use agent_core::{
    event::Event,
    ids::{AttemptId, SessionId},
    my_sessions::{Elsewhere, SessionElsewhere},
};
use jiff::Timestamp;
use protocol::v1::session::{EndCause, EndSession, MySession, MySessions, SessionEnded, SignedOutElsewhere};
use reqwest::Method;
use tracing::warn;
use zeroize::Zeroizing;

use super::{HttpSessionServer, answer_in_session, held::HeldCredential, is_about_session, sign_in::grace};
use crate::{server_link::CallFault, workstation::FitWorkstation};

/// So many can be looked at; a person has far fewer.
const SHOWN_MAX: usize = 100;

impl HttpSessionServer {
    pub(super) fn list_mine(&self, attempt: AttemptId, session: SessionId) {
        self.then_list(attempt, session, |_, _| async { Ok(()) });
    }

    pub(super) fn end_mine(&self, attempt: AttemptId, session: SessionId, which: Elsewhere) {
        let contact = self.contact.clone();
        self.then_list(attempt, session, move |fit, credential| async move {
            match which {
                Elsewhere::At(there) => {
                    let request = EndSession { cause: EndCause::UserElsewhere };
                    let path = format!("/v1/sessions/{there}");
                    let _: (_, SessionEnded) =
                        fit.link.call(Method::DELETE, &path, Some(&request), Some(&credential)).await?;
                }
                Elsewhere::Everywhere => {
                    let _: (_, SignedOutElsewhere) =
                        fit.link.call(Method::DELETE, "/v1/sessions", None::<&()>, Some(&credential)).await?;
                    contact.send(grace(session.0, None));
                }
            }
            Ok(())
        });
    }

    /// Does something about her sessions, and tells where else she is signed in then.
    fn then_list<F>(
        &self,
        attempt: AttemptId,
        session: SessionId,
        act: impl FnOnce(Arc<FitWorkstation>, Zeroizing<String>) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<(), CallFault>> + Send,
    {
        let contact = self.contact.clone();
        let told = move |elsewhere| Event::MySessionsTold { attempt, session, elsewhere };
        let Some((fit, HeldCredential { credential, .. })) = self.speaking_for(session) else {
            return contact.send(told(None));
        };
        tokio::spawn(async move {
            let listed = match act(Arc::clone(&fit), credential.clone()).await {
                Ok(()) => list(&fit, &credential).await,
                Err(fault) => Err(fault),
            };
            match listed {
                Ok(elsewhere) => {
                    contact.note(None);
                    contact.send(told(Some(elsewhere)));
                }
                Err(fault) => {
                    warn!(session.id = %session, "Her sessions were not told: {fault}");
                    contact.send(told(None));
                    match &fault {
                        CallFault::Refused(problem) if is_about_session(problem.code) => {
                            answer_in_session(&contact, session, &fault);
                        }
                        CallFault::Refused(_) | CallFault::Contact(_) => contact.note(Some(&fault)),
                    }
                }
            }
        });
    }
}

async fn list(fit: &FitWorkstation, credential: &str) -> Result<Vec<SessionElsewhere>, CallFault> {
    let (_, mine): (_, MySessions) =
        fit.link.call(Method::GET, "/v1/sessions", None::<&()>, Some(credential)).await?;
    Ok(elsewhere(mine, fit.link.wall()))
}

fn elsewhere(mine: MySessions, now: Timestamp) -> Vec<SessionElsewhere> {
    let others = mine.sessions.into_iter().filter(|row| !row.is_this).take(SHOWN_MAX);
    others.map(|row| row_of(row, now)).collect()
}

fn row_of(row: MySession, now: Timestamp) -> SessionElsewhere {
    // The clocks of server and workstation differ by less than anybody would see in "2 h".
    let opened_at = row.opened_at.parse().unwrap_or(now);
    SessionElsewhere {
        session: SessionId(row.session_id),
        workstation: row.workstation,
        unit: row.unit,
        opened_ago: Duration::try_from(now.duration_since(opened_at)).unwrap_or_default(),
        is_covered: row.is_covered,
    }
}
