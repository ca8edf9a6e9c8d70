//! `DELETE /v1/sessions/{id}`: the session is over.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use protocol::v1::{
    problem::{Problem, ProblemCode},
    session::{EndCause, EndSession, SessionEnded},
};
use uuid::Uuid;

use crate::{
    app::App,
    auth::{
        credential::PresentedCredential,
        workstation::{ProvenWorkstation, SpentProof},
    },
    ending::{self, Ended},
    error::ApiError,
    routes::{body::JsonBody, session::in_use},
    session::{State as Standing, lifecycle::Outcome},
    store::{
        Connection,
        sessions::{self, SessionRow},
        transact,
    },
    trail,
};

/// Ends a session of this workstation, whose proof alone suffices. It may be repeated: the cause that
/// came first stands and is answered. Its logout record is the workstation's to deliver.
///
/// With the credential of her session here, however that was begun, a person ends one of hers elsewhere, cause
/// `user-elsewhere`; that workstation is told, and the server records it, and in which session she asked.
///
/// # Errors
/// `session.unknown` when the workstation never had such a session, nor the person of its session.
#[utoipa::path(delete, path = "/v1/sessions/{id}", tag = "sessions", request_body = EndSession,
    params(("id" = Uuid, Path, description = "Of the session")), responses(
    (status = 200, description = "Ended, with the cause on record", body = SessionEnded),
    (status = 401, description = "There is no such session here, or the proof is wrong", body = Problem),
))]
pub async fn end(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    workstation: ProvenWorkstation,
    credential: Option<Extension<PresentedCredential>>,
    proof: SpentProof,
    JsonBody(request): JsonBody<EndSession>,
) -> Result<Json<SessionEnded>, ApiError> {
    let now = app.clock.now();
    let (session, ended) = transact!(app.store, |write| {
        proof.spend(write).await?;
        let row = sessions::find(write, id).await?.ok_or(ApiError::new(ProblemCode::SessionUnknown))?;
        if request.cause == EndCause::UserElsewhere
            && let Some(Extension(credential)) = credential
        {
            let here = in_use(write, credential, workstation.id, now).await?;
            if here.id != row.id {
                return end_another_of_hers(write, &workstation, (&here, &row), now).await;
            }
        }
        if row.workstation_id != workstation.id {
            return Err(ApiError::new(ProblemCode::SessionUnknown));
        }
        let cause = match row.session.on_end(request.cause) {
            Outcome::HadEnded(cause) => cause,
            Outcome::Ends(cause) => {
                sessions::end(write, id, cause, now).await?;
                cause
            }
            Outcome::Open { .. } | Outcome::Lapsed => {
                unreachable!("an end leaves no session open or lapsed")
            }
        };
        Ok((SessionEnded { session_id: id, cause }, None))
    })?;
    match ended {
        Some(ended) => ended.tell(&app),
        None => {
            tracing::info!(session.id = %id, workstation.id = %workstation.id, "Session ended by its workstation");
        }
    }
    Ok(Json(session))
}

/// Ends the second, which the person of the first no longer wants; wherever it is, even left over at this workstation.
async fn end_another_of_hers(
    write: &mut Connection,
    workstation: &ProvenWorkstation,
    (here, row): (&SessionRow, &SessionRow),
    now: Timestamp,
) -> Result<(SessionEnded, Option<Ended>), ApiError> {
    if here.user_id != row.user_id {
        return Err(ApiError::new(ProblemCode::SessionUnknown));
    }
    let ended = ending::end(write, row, EndCause::UserElsewhere, now).await?;
    if ended.is_some() {
        let about = trail::about_herself(write, workstation, here).await?;
        trail::administration(write, about, "session.end-elsewhere", now).await?;
    }
    let cause = match row.session.state {
        Standing::Ended { cause } => cause,
        Standing::Open | Standing::Lapsed { .. } => EndCause::UserElsewhere,
    };
    Ok((SessionEnded { session_id: row.id, cause }, ended))
}
