//! `POST /v1/badges/lost`: "I lost my badge".

use axum::{extract::State, response::Response};
use protocol::v1::{badge::BadgeLost, problem::Problem, session::ChallengeIssued};

use crate::{
    app::App,
    auth::workstation::{ProvenWorkstation, SpentProof},
    error::ApiError,
    routes::body::JsonBody,
    sign_in::by_name::{self, Typed},
    store::{attempts::AttemptKey, challenges::Purpose},
};

/// Takes her name and password by the workstation's proof alone, and asks for her one-time code; the answer to that
/// challenge revokes every badge of hers and ends her grace. No session is opened, and none is touched: neither hers,
/// nor that of somebody else whose screen is covered there. Guesses are counted like those of a sign-in, and a repeat
/// with the same `attempt_id` and body gets the same answer.
///
/// # Errors
/// `sign_in.refused`, `sign_in.locked_out`, `workstation.cloned`, `conflict`, `server.busy`.
#[utoipa::path(post, path = "/v1/badges/lost", tag = "badges", request_body = BadgeLost, responses(
    (status = 202, description = "Her one-time code is asked", body = ChallengeIssued),
    (status = 401, description = "Name or password is wrong, or the proof", body = Problem),
    (status = 403, description = "The workstation signs nobody in", body = Problem),
    (status = 409, description = "The attempt id was used for something else", body = Problem),
    (status = 422, description = "A value is out of its range", body = Problem),
    (status = 429, description = "Too many failures for this name here", body = Problem),
    (status = 503, description = "Too many passwords at once, of this workstation or of all", body = Problem),
))]
pub async fn lost(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    proof: SpentProof,
    JsonBody(request): JsonBody<BadgeLost>,
) -> Result<Response, ApiError> {
    workstation.require_good_standing()?;
    let key = AttemptKey { workstation_id: workstation.id, attempt_id: request.attempt_id };
    let typed = Typed { name: &request.name, password: &request.password, purpose: Purpose::BadgeLost };
    by_name::begin(&app, &workstation, &proof, key, typed).await?.into_response(&app)
}
