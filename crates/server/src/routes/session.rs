//! `/v1/session`: the session at hand, named by its credential.

pub mod conceal;
pub mod identify;
pub mod resume;

use std::time::Duration;

use axum::{Json, extract::State};
use jiff::Timestamp;
use protocol::v1::{
    problem::{Problem, ProblemCode},
    session::{ActivityReport, SessionState, SessionStatus},
};
use uuid::Uuid;

use super::body::JsonBody;
use crate::{
    app::App,
    auth::{credential::PresentedCredential, workstation::ProvenWorkstation},
    ending::{self, Ended},
    error::ApiError,
    session::{Session, State as Standing, expiry, lifecycle::Outcome},
    sign_in::{grace, opening::remaining_ms},
    store::{
        Connection, StoreError,
        sessions::{self, SessionRow},
        transact,
    },
};

/// Where the session stands.
///
/// # Errors
/// `session.unknown`, `session.ended`.
#[utoipa::path(get, path = "/v1/session", tag = "session", responses(
    (status = 200, description = "Where it stands", body = SessionStatus),
    (status = 401, description = "No session has this credential here, or the proof is wrong", body = Problem),
    (status = 410, description = "It has ended; the cause is told", body = Problem),
))]
pub async fn status(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    credential: PresentedCredential,
) -> Result<Json<SessionStatus>, ApiError> {
    let now = app.clock.now();
    let mut read = app.store.read().await?;
    let row = sessions::find_by_credential(&mut read, credential.0, workstation.id)
        .await?
        .ok_or(ApiError::new(ProblemCode::SessionUnknown))?;
    if let Standing::Ended { cause } = row.session.state {
        return Err(ApiError::new(ProblemCode::SessionEnded).cause(cause));
    }
    let state = state_told(&row.session, now);
    Ok(Json(told(&app, &mut read, &row, state, now).await?))
}

/// Takes a report of activity.
///
/// # Errors
/// `session.unknown`, `session.lapsed`, `session.ended`.
#[utoipa::path(post, path = "/v1/session/activity", tag = "session", request_body = ActivityReport, responses(
    (status = 200, description = "Where it stands now", body = SessionStatus),
    (status = 401, description = "No session has this credential here, or it lapsed", body = Problem),
    (status = 410, description = "It has ended; the cause is told", body = Problem),
))]
pub async fn activity(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    credential: PresentedCredential,
    JsonBody(report): JsonBody<ActivityReport>,
) -> Result<Json<SessionStatus>, ApiError> {
    let now = app.clock.now();
    let (outcome, ended) = transact!(app.store, |write| {
        let row = sessions::find_by_credential(write, credential.0, workstation.id)
            .await?
            .ok_or(ApiError::new(ProblemCode::SessionUnknown))?;
        sessions::note_credential_used(write, row.id).await?;
        match row.session.on_activity(Duration::from_millis(report.idle_ms), now) {
            Outcome::Open { last_input_at } => {
                let session = Session { last_input_at, last_heard_at: now, ..row.session };
                sessions::update(write, row.id, &session).await?;
                let row = SessionRow { session, ..row };
                let told = told(&app, write, &row, SessionState::Open, now).await?;
                Ok((Ok(told), None))
            }
            Outcome::Lapsed => {
                if row.session.state == Standing::Open {
                    let session = Session { state: Standing::Lapsed { since: now }, ..row.session };
                    sessions::update(write, row.id, &session).await?;
                }
                Ok((Err(ApiError::new(ProblemCode::SessionLapsed)), None))
            }
            Outcome::Ends(cause) => {
                let ended = ending::end(write, &row, cause, now).await?;
                Ok((Err(ApiError::new(ProblemCode::SessionEnded).cause(cause)), ended))
            }
            Outcome::HadEnded(cause) => Err(ApiError::new(ProblemCode::SessionEnded).cause(cause)),
        }
    })?;
    ended.into_iter().for_each(|ended: Ended| ended.tell(&app));
    outcome.map(Json)
}

/// The session that this credential opens here, if it is in use.
///
/// # Errors
/// `session.unknown`, `session.lapsed`, `session.ended`.
pub async fn in_use(
    connection: &mut Connection,
    credential: PresentedCredential,
    workstation_id: Uuid,
    now: Timestamp,
) -> Result<SessionRow, ApiError> {
    let row = sessions::find_by_credential(connection, credential.0, workstation_id)
        .await?
        .ok_or(ApiError::new(ProblemCode::SessionUnknown))?;
    match row.session.state {
        Standing::Ended { cause } => Err(ApiError::new(ProblemCode::SessionEnded).cause(cause)),
        Standing::Lapsed { .. } => Err(ApiError::new(ProblemCode::SessionLapsed)),
        Standing::Open if expiry::due(&row.session, now).is_some() => {
            Err(ApiError::new(ProblemCode::SessionLapsed))
        }
        Standing::Open => Ok(row),
    }
}

/// The state as it is told: what is due has happened, also where the job that sees to it has not come by yet.
#[must_use]
pub fn state_told(session: &Session, now: Timestamp) -> SessionState {
    match session.state {
        Standing::Ended { .. } => SessionState::Ended,
        Standing::Lapsed { .. } => SessionState::Lapsed,
        Standing::Open if expiry::due(session, now).is_some() => SessionState::Lapsed,
        Standing::Open => SessionState::Open,
    }
}

/// Where it stands, with what is left of her grace: ended or renewed elsewhere, its workstation learns that here.
async fn told(
    app: &App,
    connection: &mut Connection,
    row: &SessionRow,
    state: SessionState,
    now: Timestamp,
) -> Result<SessionStatus, StoreError> {
    Ok(SessionStatus {
        session_id: row.id,
        state,
        inactivity_remaining_ms: remaining_ms(row.session.inactive_at(), now),
        absolute_remaining_ms: remaining_ms(row.session.absolute_until, now),
        grace_remaining_ms: grace::of_session(app, connection, row, now).await?,
    })
}
