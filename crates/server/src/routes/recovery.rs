//! `POST /v1/workstation/recovery`: an agent starts, and what was open there is over.

use axum::{Json, extract::State};
use protocol::v1::{
    problem::Problem,
    session::{EndCause, RecoverSessions, SessionEnded, SessionsRecovered},
};

use super::body::{JsonBody, invalid};
use crate::{
    app::App,
    auth::workstation::{ProvenWorkstation, SpentProof},
    ending,
    error::ApiError,
    session::State as Standing,
    store::{
        sessions::{self, Of},
        transact,
    },
};

/// Ends that one call may tell.
const ENDED_MAX: usize = 100;

/// Ends every session of this workstation: those the agent tells of with their cause, the others as
/// `crash-recovered`. A starting agent holds no session.
///
/// # Errors
/// `workstation.cloned`: the session at hand is finished by the machine that holds it.
#[utoipa::path(post, path = "/v1/workstation/recovery", tag = "workstations", request_body = RecoverSessions,
    responses(
    (status = 200, description = "What was ended, with the causes on record", body = SessionsRecovered),
    (status = 401, description = "The proof is missing, wrong or not fresh", body = Problem),
    (status = 403, description = "The workstation is revoked or cloned", body = Problem),
    (status = 422, description = "More than 100 ends", body = Problem),
))]
pub async fn recover(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    proof: SpentProof,
    JsonBody(request): JsonBody<RecoverSessions>,
) -> Result<Json<SessionsRecovered>, ApiError> {
    workstation.require_good_standing()?;
    if request.ended.len() > ENDED_MAX {
        return Err(invalid("`ended` has at most 100 entries."));
    }
    let now = app.clock.now();
    let (mut answer, ended) = transact!(app.store, |write| {
        proof.spend(write).await?;
        let mut answer = Vec::new();
        for told in &request.ended {
            let row = sessions::find(write, told.session_id).await?;
            let Some(row) = row.filter(|row| row.workstation_id == workstation.id) else {
                continue;
            };
            let cause = match row.session.state {
                Standing::Ended { cause } => cause,
                Standing::Open | Standing::Lapsed { .. } => {
                    sessions::end(write, row.id, told.cause, now).await?;
                    told.cause
                }
            };
            answer.push(SessionEnded { session_id: row.id, cause });
        }
        let left = Of::Workstation(workstation.id);
        let ended = ending::end_all(write, left, EndCause::CrashRecovered, now).await?;
        Ok::<_, ApiError>((answer, ended))
    })?;
    for ended in ended {
        answer.push(ended.session);
        ended.tell(&app);
    }
    Ok(Json(SessionsRecovered { ended: answer }))
}
