//! `POST /v1/session/identify`: whose is this badge?

use axum::{Json, extract::State};
use protocol::v1::{
    badge::{BadgeIdentified, IdentifyBadge, Whose},
    problem::Problem,
};

use super::in_use;
use crate::{
    app::App,
    auth::{credential::PresentedCredential, workstation::ProvenWorkstation},
    error::ApiError,
    routes::body::JsonBody,
    sign_in::presenting::{self, Presented},
    store::{sessions, transact},
};

/// Tells as much of a badge as the workstation of a session needs: the holder's covers, another's begins his sign-in.
/// It is no activity and proves nothing.
///
/// # Errors
/// `session.unknown`, `session.lapsed`, `session.ended`, `badge.unusable`.
#[utoipa::path(post, path = "/v1/session/identify", tag = "session", request_body = IdentifyBadge, responses(
    (status = 200, description = "Whose", body = BadgeIdentified),
    (status = 401, description = "No session has this credential here, or it lapsed", body = Problem),
    (status = 410, description = "It has ended; the cause is told", body = Problem),
    (status = 422, description = "It is no badge number, or changes with each presentation", body = Problem),
))]
pub async fn identify(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    credential: PresentedCredential,
    JsonBody(request): JsonBody<IdentifyBadge>,
) -> Result<Json<BadgeIdentified>, ApiError> {
    let number = presenting::number(&request.badge)?;
    let now = app.clock.now();
    let whose = transact!(app.store, |write| {
        let row = in_use(write, credential, workstation.id, now).await?;
        sessions::note_credential_used(write, row.id).await?;
        let badge = (&number, request.badge.grade);
        let whose = match presenting::look_up(&app, write, &workstation, badge, now).await? {
            Presented::Unknown { .. } => Whose::Unknown,
            Presented::Refused(_) => Whose::Refused,
            Presented::Names(_, user) if user.id == row.user_id => Whose::Holder,
            Presented::Names(..) => Whose::Other,
        };
        Ok::<_, ApiError>(whose)
    })?;
    Ok(Json(BadgeIdentified { whose }))
}
