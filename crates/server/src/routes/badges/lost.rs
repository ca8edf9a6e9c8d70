//! `POST /v1/badges/lost`: "I lost my badge".

use axum::{Json, extract::State};
use protocol::v1::{
    badge::BadgesRevoked,
    problem::{Problem, ProblemCode},
};

use super::about;
use crate::{
    app::App,
    auth::{
        credential::PresentedCredential,
        workstation::{ProvenWorkstation, SpentProof},
    },
    badges,
    error::ApiError,
    routes::session::in_use,
    store::{badges as rows, graces, screens, sessions},
    trail,
};

/// Revokes every badge of the person of this session, whose sign-in must have been a strong one, and ends her grace.
/// It may be repeated. No session is touched.
///
/// # Errors
/// `badge.enrolment_refused` where no password and code were shown in this session; `session.unknown`,
/// `session.lapsed`, `session.ended`.
#[utoipa::path(post, path = "/v1/badges/lost", tag = "badges", responses(
    (status = 200, description = "None of her badges opens anything any more", body = BadgesRevoked),
    (status = 401, description = "No session has this credential here, or it lapsed", body = Problem),
    (status = 403, description = "The sign-in was not with password and one-time code", body = Problem),
    (status = 410, description = "The session has ended; the cause is told", body = Problem),
))]
pub async fn lost(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    credential: PresentedCredential,
    proof: SpentProof,
) -> Result<Json<BadgesRevoked>, ApiError> {
    let now = app.clock.now();
    let mut write = app.store.write().await?;
    proof.spend(&mut write).await?;
    let row = in_use(&mut write, credential, workstation.id, now).await?;
    sessions::note_credential_used(&mut write, row.id).await?;
    if screens::strong_at(&mut write, row.id).await?.is_none() {
        let detail = "Sign in with your password and a code first.";
        return Err(ApiError::new(ProblemCode::BadgeEnrolmentRefused).detail(detail));
    }
    let about = about(&mut write, &workstation, row.id, row.user_id).await?;
    let mut revoked = 0;
    for badge in rows::live_of(&mut write, row.user_id).await? {
        if badges::revoke(&mut write, &badge, now).await? {
            trail::administration(&mut write, about.clone(), "badge.lost", now).await?;
            revoked += 1;
        }
    }
    graces::end(&mut write, row.user_id).await?;
    write.commit().await?;
    tracing::info!(user.id = %row.user_id, revoked, "Badges revoked by their holder");
    Ok(Json(BadgesRevoked { revoked }))
}
