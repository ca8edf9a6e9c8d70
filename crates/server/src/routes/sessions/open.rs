//! `POST /v1/sessions`: the first factor.
//!
//! A badge has its own way (`sign_in/by_badge.rs`), and so has a name (`sign_in/by_name.rs`).

use axum::{extract::State, response::Response};
use protocol::v1::{
    problem::Problem,
    session::{ChallengeIssued, FirstFactor, OpenSession, SessionOpened},
};

use crate::{
    app::App,
    auth::workstation::{ProvenWorkstation, SpentProof},
    error::ApiError,
    routes::body::JsonBody,
    sign_in::{
        by_badge,
        by_name::{self, Typed},
    },
    store::{attempts::AttemptKey, challenges::Purpose},
};

/// Begins a sign-in. A repeat with the same `attempt_id` and body gets the same answer.
///
/// # Errors
/// `sign_in.refused`, `sign_in.locked_out`, `badge.unknown`, `badge.unlisted`, `badge.refused`, `badge.unusable`, `workstation.cloned`,
/// `conflict`, `server.busy`.
#[utoipa::path(post, path = "/v1/sessions", tag = "sessions", request_body = OpenSession, responses(
    (status = 201, description = "Signed in: nothing more is asked", body = SessionOpened),
    (status = 202, description = "Another factor is asked", body = ChallengeIssued),
    (status = 401, description = "Name or password is wrong, or the proof", body = Problem),
    (status = 403, description = "The badge, the account or the workstation signs nobody in", body = Problem),
    (status = 404, description = "Nobody has this badge", body = Problem),
    (status = 409, description = "The attempt id was used for something else", body = Problem),
    (status = 422, description = "A value is out of its range", body = Problem),
    (status = 429, description = "Too many failures for this name here", body = Problem),
    (status = 503, description = "Too many passwords at once, of this workstation or of all", body = Problem),
))]
pub async fn open(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    proof: SpentProof,
    JsonBody(request): JsonBody<OpenSession>,
) -> Result<Response, ApiError> {
    workstation.require_good_standing()?;
    let key = AttemptKey { workstation_id: workstation.id, attempt_id: request.attempt_id };
    let answer = match &request.factor {
        FirstFactor::Password { name, password } => {
            let typed = Typed { name, password, purpose: Purpose::SignIn };
            by_name::begin(&app, &workstation, &proof, key, typed).await?
        }
        FirstFactor::Badge { badge } => by_badge::open(&app, &workstation, &proof, key, badge).await?,
    };
    answer.into_response(&app)
}
