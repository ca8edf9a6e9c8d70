//! `POST /v1/session/conceal`: the screen is covered, the session kept.

use axum::{Json, extract::State};
use protocol::v1::{
    problem::Problem,
    session::{ConcealCause, ConcealSession, SessionState, SessionStatus},
};

use super::{in_use, told};
use crate::{
    app::App,
    auth::{credential::PresentedCredential, workstation::ProvenWorkstation},
    error::ApiError,
    routes::body::JsonBody,
    store::{screens, sessions, transact},
};

/// Notes that the screen is covered. It may be repeated, and no deadline moves: covering is no activity. Its record
/// is the workstation's to deliver.
///
/// # Errors
/// `session.unknown`, `session.lapsed`, `session.ended`.
#[utoipa::path(post, path = "/v1/session/conceal", tag = "session", request_body = ConcealSession, responses(
    (status = 200, description = "Where it stands", body = SessionStatus),
    (status = 401, description = "No session has this credential here, or it lapsed", body = Problem),
    (status = 410, description = "It has ended; the cause is told", body = Problem),
))]
pub async fn conceal(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    credential: PresentedCredential,
    JsonBody(request): JsonBody<ConcealSession>,
) -> Result<Json<SessionStatus>, ApiError> {
    let now = app.clock.now();
    let (row, told) = transact!(app.store, |write| {
        let row = in_use(write, credential, workstation.id, now).await?;
        sessions::note_credential_used(write, row.id).await?;
        screens::conceal(write, row.id, request.cause == ConcealCause::Elsewhere, now).await?;
        let told = told(&app, write, &row, SessionState::Open, now).await?;
        Ok::<_, ApiError>((row, told))
    })?;
    tracing::info!(
        session.id = %row.id, workstation.id = %workstation.id, cause = ?request.cause,
        "Screen covered, session kept"
    );
    Ok(Json(told))
}
