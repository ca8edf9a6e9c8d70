//! `GET /v1/sessions`: where the person of this session is signed in.

use axum::{Json, extract::State};
use protocol::v1::{
    problem::Problem,
    session::{MySession, MySessions},
};

use crate::{
    app::App,
    auth::{credential::PresentedCredential, workstation::ProvenWorkstation},
    error::ApiError,
    routes::session::{in_use, state_told},
    store::{StoreError, screens, workstations},
};

/// Sessions that are listed; a person has far fewer.
const SESSIONS_MAX: i64 = 100;

/// Her sessions that are not ended, this one among them.
///
/// # Errors
/// `session.unknown`, `session.lapsed`, `session.ended`.
#[utoipa::path(get, path = "/v1/sessions", tag = "sessions", responses(
    (status = 200, description = "Where she is signed in", body = MySessions),
    (status = 401, description = "No session has this credential here, or it lapsed", body = Problem),
    (status = 410, description = "It has ended; the cause is told", body = Problem),
))]
pub async fn list(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    credential: PresentedCredential,
) -> Result<Json<MySessions>, ApiError> {
    let now = app.clock.now();
    let mut read = app.store.read().await?;
    let here = in_use(&mut read, credential, workstation.id, now).await?;
    let mut sessions = Vec::new();
    for screen in screens::of(&mut read, here.user_id, SESSIONS_MAX).await? {
        let place = workstations::find(&mut read, screen.row.workstation_id)
            .await?
            .ok_or(StoreError::Corrupt("workstation of a session"))?;
        sessions.push(MySession {
            session_id: screen.row.id,
            workstation: place.name,
            unit: place.unit,
            opened_at: screen.row.opened_at.to_string(),
            state: state_told(&screen.row.session, now),
            is_covered: screen.is_concealed(),
            is_this: screen.row.id == here.id,
        });
    }
    Ok(Json(MySessions { sessions }))
}
