//! `session list | end` and `auditor token | list | revoke`.

use jiff::{SignedDuration, Timestamp};
use protocol::v1::{
    problem::ProblemCode,
    session::{EndCause, SessionState},
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    message::{Answer, AuditorLine, SessionLine},
    perform::{LINES_MAX, check_text, missing},
};
use crate::{
    app::App,
    ending,
    error::ApiError,
    keys::random,
    routes::body::invalid,
    session::State,
    store::{
        StoreError, auditor_tokens,
        sessions::{self, Of},
        transact, users, workstations,
    },
    trail::{self, About},
};

/// A token lives at most this long.
const TOKEN_LIFE_MAX: SignedDuration = SignedDuration::from_hours(24 * 366);

pub(super) async fn list(app: &App) -> Result<Answer, ApiError> {
    let mut read = app.store.read().await?;
    let mut lines = Vec::new();
    for row in sessions::unended(&mut read, Of::Everyone, LINES_MAX).await? {
        let user = users::find(&mut read, row.user_id).await?;
        let workstation = workstations::find(&mut read, row.workstation_id).await?;
        lines.push(SessionLine {
            session_id: row.id,
            state: match row.session.state {
                State::Open => SessionState::Open,
                State::Lapsed { .. } => SessionState::Lapsed,
                State::Ended { .. } => SessionState::Ended,
            },
            user_name: user.ok_or(StoreError::Corrupt("user of a session"))?.name,
            workstation: workstation.ok_or(StoreError::Corrupt("workstation of a session"))?.name,
            opened_at: row.opened_at,
            last_heard_at: row.session.last_heard_at,
        });
    }
    Ok(Answer::Sessions { sessions: lines })
}

pub(super) async fn end(app: &App, session_id: Uuid) -> Result<Answer, ApiError> {
    let now = app.clock.now();
    let ended = transact!(app.store, |write| {
        let row = sessions::find(write, session_id)
            .await?
            .ok_or_else(|| missing("There is no such session. `session list` shows all."))?;
        let ended = ending::end(write, &row, EndCause::Admin, now).await?;
        Ok::<_, ApiError>(ended)
    })?;
    let is_changed = ended.is_some();
    ended.into_iter().for_each(|ended| ended.tell(app));
    Ok(Answer::Done { is_changed, sessions_ended: usize::from(is_changed) })
}

pub(super) async fn auditor_token(app: &App, name: &str, expires_in_s: u64) -> Result<Answer, ApiError> {
    check_text("An auditor's name", name)?;
    let life = i64::try_from(expires_in_s).map(SignedDuration::from_secs).ok();
    let life = life
        .filter(|life| *life >= SignedDuration::from_secs(1) && *life <= TOKEN_LIFE_MAX)
        .ok_or_else(|| invalid("A token lives 1 second to 366 days."))?;
    let now = app.clock.now();
    let expires_at = now.saturating_add(life).unwrap_or(Timestamp::MAX);
    let token = crate::auth::credential::text(&random::<32>());
    let token_hash = Sha256::digest(token.expose().as_bytes()).into();
    transact!(app.store, |write| {
        if !auditor_tokens::insert(write, name, token_hash, now, expires_at).await? {
            return Err(
                ApiError::new(ProblemCode::Conflict).detail("A token was made under this name before.")
            );
        }
        trail::administration(write, About::default(), "auditor.token", now).await?;
        Ok::<_, ApiError>(())
    })?;
    Ok(Answer::Token { name: name.to_owned(), token, expires_at })
}

pub(super) async fn auditors(app: &App) -> Result<Answer, ApiError> {
    let mut read = app.store.read().await?;
    let lines = auditor_tokens::list(&mut read, LINES_MAX).await?.into_iter().map(|token| AuditorLine {
        name: token.name,
        made_at: token.made_at,
        expires_at: token.expires_at,
        is_revoked: token.revoked_at.is_some(),
    });
    Ok(Answer::Auditors { auditors: lines.collect() })
}

pub(super) async fn auditor_revoke(app: &App, name: &str) -> Result<Answer, ApiError> {
    let now = app.clock.now();
    let is_changed = transact!(app.store, |write| {
        let is_changed = auditor_tokens::revoke(write, name, now).await?;
        if is_changed {
            trail::administration(write, About::default(), "auditor.revoke", now).await?;
        }
        Ok::<_, ApiError>(is_changed)
    })?;
    Ok(Answer::Done { is_changed, sessions_ended: 0 })
}
