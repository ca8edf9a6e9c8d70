//! The holder of a session is back: its screen may be uncovered again.

use jiff::Timestamp;
use protocol::v1::{problem::ProblemCode, session::SessionResumed};
use uuid::Uuid;

use super::{answers::Answer, grace, next::Step, opening, shown};
use crate::{
    app::App,
    elsewhere::{self, Others},
    ending,
    error::ApiError,
    session::{Session, lifecycle::Outcome as Becomes},
    store::{
        Connection, StoreError,
        attempts::Outcome,
        screens,
        sessions::{self, SessionRow},
    },
};

/// Resumes session `session_id`. Being back is activity, and the only activity that a covered screen knows; the absolute
/// limit stays. One that lapsed or ended meanwhile is not resumed, and that is not remembered: it may be adopted since, and
/// a repeat is decided anew.
///
/// # Errors
/// [`ApiError`] of the store.
pub async fn resume(
    app: &App,
    connection: &mut Connection,
    step: Step<'_>,
    session_id: Uuid,
    now: Timestamp,
) -> Result<(Option<Outcome>, Answer), ApiError> {
    let row = sessions::find(connection, session_id).await?;
    let Some(row) = row.filter(|row| row.user_id == step.user.id) else {
        return Err(ApiError::from(StoreError::Corrupt("session of a challenge")));
    };
    let method = shown::resume_method(step.shown);
    let refused = |refusal| Ok((None, Answer::Refused(refusal)));
    let last_input_at = match row.session.on_resume(now) {
        Becomes::Open { last_input_at } => last_input_at,
        Becomes::Lapsed => return refused(ApiError::new(ProblemCode::SessionLapsed)),
        Becomes::HadEnded(cause) => return refused(ApiError::new(ProblemCode::SessionEnded).cause(cause)),
        Becomes::Ends(cause) => {
            let ended = ending::end(connection, &row, cause, now).await?;
            let others = Others::ended(ended);
            let refusal = ApiError::new(ProblemCode::SessionEnded).cause(cause);
            return Ok((None, Answer::RefusedAndTold(refusal, others)));
        }
    };
    let session = Session { last_input_at, last_heard_at: now, concealed_at: None, ..row.session };
    sessions::update(connection, session_id, &session).await?;
    screens::uncover(connection, session_id, now).await?;
    opening::clear_failures(app, connection, step.user, step.workstation.id, step.shown).await?;
    if shown::factors(step.shown).is_strong() {
        screens::note_strong(connection, session_id, now).await?;
        grace::begin(connection, step.user.id, step.workstation.id, now).await?;
    }
    let others = elsewhere::follow(app, connection, step.user.id, session_id, now).await?;
    let mut row = SessionRow { session, ..row };
    if let Some(badge) = step.badge {
        sessions::note_badge(connection, session_id, badge.id).await?;
        row.badge_id = Some(badge.id);
    }
    let left = grace::of_session(app, connection, &row, now).await?;
    tracing::info!(session.id = %session_id, workstation.id = %row.workstation_id, "Session resumed");
    let resumed = SessionResumed {
        session_id,
        method,
        limits: opening::limits(app, &row.session, now),
        grace_remaining_ms: left,
    };
    let outcome = Some(Outcome::Resumed { session_id, method });
    Ok((outcome, Answer::Resumed(resumed, others)))
}
