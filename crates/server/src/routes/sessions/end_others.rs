//! `DELETE /v1/sessions`: "sign me out everywhere".

use axum::{Json, extract::State};
use protocol::v1::{
    problem::Problem,
    session::{EndCause, SignedOutElsewhere},
};

use crate::{
    app::App,
    auth::{
        credential::PresentedCredential,
        workstation::{ProvenWorkstation, SpentProof},
    },
    ending,
    error::ApiError,
    routes::session::in_use,
    store::{
        graces,
        sessions::{self, Of},
        transact,
    },
    trail,
};

/// Sessions that one call ends; a person has far fewer.
const UNENDED_MAX: i64 = 1_000;

/// Ends every other session of the person of this one, and her grace: the next tap anywhere asks for what is
/// missing. This session is its workstation's to end, as ever. It may be repeated.
///
/// # Errors
/// `session.unknown`, `session.lapsed`, `session.ended`.
#[utoipa::path(delete, path = "/v1/sessions", tag = "sessions", responses(
    (status = 200, description = "Signed out everywhere else", body = SignedOutElsewhere),
    (status = 401, description = "No session has this credential here, or it lapsed", body = Problem),
    (status = 410, description = "It has ended; the cause is told", body = Problem),
))]
pub async fn end_others(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    credential: PresentedCredential,
    proof: SpentProof,
) -> Result<Json<SignedOutElsewhere>, ApiError> {
    let now = app.clock.now();
    let ended = transact!(app.store, |write| {
        proof.spend(write).await?;
        let here = in_use(write, credential, workstation.id, now).await?;
        let mut ended = Vec::new();
        for row in sessions::unended(write, Of::User(here.user_id), UNENDED_MAX).await? {
            if row.id != here.id {
                ended.extend(ending::end(write, &row, EndCause::UserElsewhere, now).await?);
            }
        }
        graces::end(write, here.user_id).await?;
        let about = trail::about_herself(write, &workstation, &here).await?;
        trail::administration(write, about, "session.end-everywhere", now).await?;
        Ok::<_, ApiError>(ended)
    })?;
    let told = SignedOutElsewhere { ended: ended.iter().map(|ended| ended.session).collect() };
    ended.into_iter().for_each(|ended| ended.tell(&app));
    Ok(Json(told))
}
