//! `POST /v1/sessions/{id}/adopt`: back in contact, with the truth about the inactivity.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State},
};
use protocol::{
    secret::WireSecret,
    v1::{
        problem::{Problem, ProblemCode},
        session::{AdoptSession, EndCause, SessionAdopted},
    },
};
use uuid::Uuid;

use crate::{
    app::App,
    auth::{
        credential::{self, PresentedCredential},
        workstation::{ProvenWorkstation, SpentProof},
    },
    ending::{self, Ended},
    error::ApiError,
    routes::body::JsonBody,
    session::{
        Session, State as Standing,
        lifecycle::{Inactivity, Outcome},
    },
    sign_in::opening,
    store::{
        Connection, StoreError, screens,
        sessions::{self, Of, SessionRow},
        transact,
    },
};

/// Sessions of the workstation that are looked through for a newer one.
const UNENDED_MAX: i64 = 100;

/// Goes on with a session under a fresh credential, or ends it with its true cause. It takes the
/// credential of the session; the one before it is good once more while the fresh one was never used,
/// for the answer that carried it may have been lost. So may the answer to a sign-in that came after it: a session
/// that nobody ever used ends, and does not stand in the way.
///
/// # Errors
/// `session.unknown`, `session.ended`.
#[utoipa::path(post, path = "/v1/sessions/{id}/adopt", tag = "sessions", request_body = AdoptSession,
    params(("id" = Uuid, Path, description = "Of the session")), responses(
    (status = 200, description = "It goes on", body = SessionAdopted),
    (status = 401, description = "This credential opens no such session here, or the proof is wrong", body = Problem),
    (status = 410, description = "It has ended, before or with this; the cause is told", body = Problem),
))]
pub async fn adopt(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    workstation: ProvenWorkstation,
    presented: PresentedCredential,
    proof: SpentProof,
    JsonBody(request): JsonBody<AdoptSession>,
) -> Result<Json<SessionAdopted>, ApiError> {
    let now = app.clock.now();
    let adopted = transact!(app.store, |write| {
        proof.spend(write).await?;
        let row = sessions::find(write, id).await?.filter(|row| row.workstation_id == workstation.id);
        let Some(row) = row else {
            return Err(ApiError::new(ProblemCode::SessionUnknown));
        };
        if !sessions::may_adopt(write, id, presented.0).await? {
            return Err(ApiError::new(ProblemCode::SessionUnknown));
        }
        let inactivity = Inactivity {
            current: Duration::from_millis(request.idle_ms),
            longest: Duration::from_millis(request.idle_longest_ms),
        };
        let mut outcome = row.session.on_adopt(inactivity, now);
        let since = if matches!(outcome, Outcome::Open { .. }) {
            opened_since(write, &row).await?
        } else {
            Since::default()
        };
        if since.is_used {
            outcome = Outcome::Ends(EndCause::CrashRecovered);
        }
        match outcome {
            Outcome::Open { last_input_at } => {
                let session =
                    Session { state: Standing::Open, last_input_at, last_heard_at: now, ..row.session };
                let (credential, hash) = credential::mint();
                sessions::update(write, id, &session).await?;
                if row.session.was_uncovered_by(last_input_at) {
                    screens::note_uncovered(write, id).await?;
                }
                sessions::replace_credential(write, id, hash, Some(presented.0)).await?;
                let mut never_used = Vec::new();
                for other in since.never_used {
                    never_used.extend(ending::end(write, &other, EndCause::CrashRecovered, now).await?);
                }
                Ok(Adopted::GoesOn { session, credential, never_used })
            }
            Outcome::Ends(cause) => {
                Ok(Adopted::Ends { cause, ended: ending::end(write, &row, cause, now).await? })
            }
            Outcome::HadEnded(cause) => Err(ApiError::new(ProblemCode::SessionEnded).cause(cause)),
            Outcome::Lapsed => Err(ApiError::new(ProblemCode::SessionLapsed)),
        }
    })?;
    match adopted {
        Adopted::GoesOn { session, credential, never_used } => {
            never_used.into_iter().for_each(|ended| ended.tell(&app));
            app.deadlines_changed.notify_one();
            let limits = opening::limits(&app, &session, now);
            Ok(Json(SessionAdopted { session_id: id, credential, limits }))
        }
        Adopted::Ends { cause, ended } => {
            ended.into_iter().for_each(|ended| ended.tell(&app));
            Err(ApiError::new(ProblemCode::SessionEnded).cause(cause))
        }
    }
}

/// What an adoption came to.
enum Adopted {
    GoesOn { session: Session, credential: WireSecret, never_used: Vec<Ended> },
    Ends { cause: EndCause, ended: Option<Ended> },
}

/// What was opened at the workstation since: only one session is open there.
#[derive(Debug, Default)]
struct Since {
    /// Whether somebody is there.
    is_used: bool,
    /// Sessions that the workstation never learned of, or that were cancelled before it did.
    never_used: Vec<SessionRow>,
}

async fn opened_since(connection: &mut Connection, row: &SessionRow) -> Result<Since, StoreError> {
    let mut since = Since::default();
    for other in sessions::unended(connection, Of::Workstation(row.workstation_id), UNENDED_MAX).await? {
        if other.id == row.id || other.session.state != Standing::Open {
            continue;
        }
        if sessions::was_ever_used(connection, other.id).await? {
            since.is_used = true;
        } else {
            since.never_used.push(other);
        }
    }
    Ok(since)
}
