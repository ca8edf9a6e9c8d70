//! A repeated attempt gets the answer of the first.
//!
//! What was asked is compared by a keyed hash, for it holds a password or a code. A session's credential
//! is not kept: while the one that was answered has never been used, a repeat mints a fresh one in its
//! place, so that whichever answer the workstation has, one credential opens the session. Once it has
//! been used the first answer did arrive, and a repeat is a `conflict`.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use jiff::Timestamp;
use protocol::v1::{
    badge::BadgesRevoked,
    problem::ProblemCode,
    session::{ChallengeIssued, ResumeMethod, SessionOpened, SessionResumed},
};

use super::{grace, opening, refusals, shown};
use crate::{
    app::App,
    auth::{
        credential,
        workstation::{RollNonce, SpentProof},
    },
    elsewhere::{self, Others},
    error::ApiError,
    session::State,
    store::{
        Connection, StoreError,
        attempts::{self, Attempt, AttemptKey, Outcome},
        challenges::{self, Challenge},
        screens,
        sessions::{self, SessionRow},
        transact,
        users::{self, User},
    },
};

/// What a sign-in is answered with.
#[derive(Debug)]
pub enum Answer {
    /// Another factor is asked.
    Challenged(ChallengeIssued),
    /// Signed in.
    Opened(SessionOpened, Others),
    /// The screen may be uncovered.
    Resumed(SessionResumed, Others),
    /// Her badges open nothing any more.
    BadgesRevoked(BadgesRevoked),
    /// No.
    Refused(ApiError),
    /// No, and her session ended with it.
    RefusedAndTold(ApiError, Others),
}

impl Answer {
    /// The answer as it is sent, after the commit.
    ///
    /// # Errors
    /// The refusal, where it is one.
    pub fn into_response(self, app: &App) -> Result<Response, ApiError> {
        match self {
            Self::Challenged(challenge) => Ok((StatusCode::ACCEPTED, Json(challenge)).into_response()),
            Self::Opened(opened, others) => {
                others.tell(app);
                app.deadlines_changed.notify_one();
                let mut response = (StatusCode::CREATED, Json(opened)).into_response();
                response.extensions_mut().insert(RollNonce);
                Ok(response)
            }
            Self::Resumed(resumed, others) => {
                others.tell(app);
                app.deadlines_changed.notify_one();
                Ok(Json(resumed).into_response())
            }
            Self::BadgesRevoked(revoked) => Ok(Json(revoked).into_response()),
            Self::Refused(refusal) => Err(refusal),
            Self::RefusedAndTold(refusal, others) => {
                others.tell(app);
                Err(refusal)
            }
        }
    }
}

/// The challenge as the client is told of it; of whom, where a badge has named her.
#[must_use]
pub fn issued(challenge: &Challenge, user: &User, now: Timestamp) -> ChallengeIssued {
    let left = challenge.expires_at.duration_since(now);
    ChallengeIssued {
        challenge_id: challenge.id,
        satisfied_by: challenge.asks.iter().filter_map(|factor| shown::second_factor(*factor)).collect(),
        expires_in_ms: u64::try_from(left.as_millis()).unwrap_or(0),
        tries_left: challenge.tries_left,
        user: challenge.badge_id.map(|_| opening::summary(user)),
    }
}

/// The keyed hash of what was asked.
///
/// Its key is that of the key store, not one of the process: an agent repeats an attempt whose answer a
/// restart has lost, and must get that answer. A code is spent and a failure counted by then, so that
/// deciding it anew would refuse a right code, count a wrong password twice or open a second session. The
/// price: whoever has the database *and* the key store can try passwords against it without Argon2. It is
/// kept for twenty minutes at most (`store/attempts.rs`) and overwritten when deleted.
#[must_use]
pub fn mac(app: &App, key: AttemptKey, asked: &[&[u8]]) -> [u8; 32] {
    let mut parts: Vec<&[u8]> =
        vec![b"tapward attempt v1", key.workstation_id.as_bytes(), key.attempt_id.as_bytes()];
    parts.extend_from_slice(asked);
    app.keys.index.mac(&parts)
}

/// The answer to an attempt that was made before, without a transaction where it was not.
///
/// # Errors
/// `conflict` when something else was asked under this id.
pub async fn repeated(
    app: &App,
    proof: &SpentProof,
    key: AttemptKey,
    asked: &[u8; 32],
) -> Result<Option<Answer>, ApiError> {
    let is_known = {
        let mut read = app.store.read().await?;
        attempts::find(&mut read, key).await?.is_some()
    };
    if !is_known {
        return Ok(None);
    }
    let answer = transact!(app.store, |write| {
        proof.spend(write).await?;
        let answer = repeated_within(app, write, key, asked).await?;
        Ok::<_, ApiError>(answer)
    })?;
    Ok(answer)
}

/// The answer to an attempt that was made before, within the transaction of this one.
///
/// # Errors
/// `conflict` when something else was asked under this id.
pub async fn repeated_within(
    app: &App,
    connection: &mut Connection,
    key: AttemptKey,
    asked: &[u8; 32],
) -> Result<Option<Answer>, ApiError> {
    let Some(attempt) = attempts::find(connection, key).await? else {
        return Ok(None);
    };
    if !bool::from(subtle::ConstantTimeEq::ct_eq(attempt.body_mac.as_slice(), asked.as_slice())) {
        return Err(ApiError::new(ProblemCode::Conflict));
    }
    let refused = |code| Ok(Some(Answer::Refused(ApiError::new(code))));
    match attempt.outcome {
        Outcome::FirstRefused => refused(ProblemCode::SignInRefused),
        Outcome::SecondRefused { tries_left } => {
            let refusal = ApiError::new(ProblemCode::SecondFactorRefused).tries_left(tries_left);
            Ok(Some(Answer::Refused(refusal)))
        }
        Outcome::Disabled => refused(ProblemCode::UserDisabled),
        Outcome::Challenged(id) => {
            let now = app.clock.now();
            let challenge = challenges::find(connection, id, key.workstation_id).await?;
            match challenge.filter(|known| known.takes_answers(now)) {
                Some(challenge) => {
                    let user = users::find(connection, challenge.user_id)
                        .await?
                        .ok_or(StoreError::Corrupt("user of a challenge"))?;
                    Ok(Some(Answer::Challenged(issued(&challenge, &user, now))))
                }
                None => refused(ProblemCode::ChallengeOver),
            }
        }
        Outcome::Opened(id) => opened_again(app, connection, id).await.map(Some),
        Outcome::Resumed { session_id, method } => {
            resumed_again(app, connection, session_id, method).await.map(Some)
        }
        Outcome::BadgesRevoked { revoked } => Ok(Some(Answer::BadgesRevoked(BadgesRevoked { revoked }))),
        Outcome::BadgeUnknown => refused(refusals::unknown_badge(&app.policy)),
        Outcome::BadgeRefused => refused(ProblemCode::BadgeRefused),
        Outcome::BadgeOfAnother => refused(ProblemCode::BadgeOfAnother),
    }
}

/// Remembers what an attempt came to; without an outcome a repeat is decided anew.
///
/// # Errors
/// [`StoreError`].
pub async fn remember(
    connection: &mut Connection,
    key: AttemptKey,
    asked: [u8; 32],
    outcome: Option<Outcome>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(outcome) = outcome else { return Ok(()) };
    attempts::insert(connection, key, &Attempt { body_mac: asked, outcome }, now).await
}

async fn opened_again(
    app: &App,
    connection: &mut Connection,
    session_id: uuid::Uuid,
) -> Result<Answer, ApiError> {
    let row = sessions::find(connection, session_id).await?.ok_or(StoreError::Corrupt("attempt"))?;
    match row.session.state {
        State::Ended { cause } => {
            return Ok(Answer::Refused(ApiError::new(ProblemCode::SessionEnded).cause(cause)));
        }
        State::Lapsed { .. } => return Ok(Answer::Refused(ApiError::new(ProblemCode::SessionLapsed))),
        State::Open if row.is_credential_used => {
            return Ok(Answer::Refused(ApiError::new(ProblemCode::Conflict)));
        }
        State::Open => {}
    }
    let now = app.clock.now();
    let Some(others) = uncovered_again(app, connection, &row, now).await? else {
        return Ok(Answer::Refused(ApiError::new(ProblemCode::ChallengeOver)));
    };
    let user = users::find(connection, row.user_id).await?.ok_or(StoreError::Corrupt("user of a session"))?;
    let (credential, hash) = credential::mint();
    sessions::replace_credential(connection, row.id, hash, None).await?;
    let left = grace::of_session(app, connection, &row, now).await?;
    let opened = opening::answer(app, &row, &user, credential, now);
    Ok(Answer::Opened(SessionOpened { grace_remaining_ms: left, ..opened }, others))
}

async fn resumed_again(
    app: &App,
    connection: &mut Connection,
    session_id: uuid::Uuid,
    method: ResumeMethod,
) -> Result<Answer, ApiError> {
    let now = app.clock.now();
    let row = sessions::find(connection, session_id).await?.ok_or(StoreError::Corrupt("attempt"))?;
    match row.session.state {
        State::Ended { cause } => {
            return Ok(Answer::Refused(ApiError::new(ProblemCode::SessionEnded).cause(cause)));
        }
        State::Lapsed { .. } => return Ok(Answer::Refused(ApiError::new(ProblemCode::SessionLapsed))),
        State::Open => {}
    }
    let Some(others) = uncovered_again(app, connection, &row, now).await? else {
        return Ok(Answer::Refused(ApiError::new(ProblemCode::ChallengeOver)));
    };
    let left = grace::of_session(app, connection, &row, now).await?;
    let limits = opening::limits(app, &row.session, now);
    let resumed = SessionResumed { session_id, method, limits, grace_remaining_ms: left };
    Ok(Answer::Resumed(resumed, others))
}

/// Her screen is about to be uncovered by an answer that is given once more. What becomes of her others is told once more
/// too: the first time may have been lost with the answer. `None` where it is to stay covered: since the first answer she has
/// uncovered a screen elsewhere, or covered this one, and nobody may stand there who waits for it.
async fn uncovered_again(
    app: &App,
    connection: &mut Connection,
    row: &SessionRow,
    now: Timestamp,
) -> Result<Option<Others>, StoreError> {
    if screens::is_to_stay_covered(connection, row.id).await? {
        return Ok(None);
    }
    Ok(Some(elsewhere::follow(app, connection, row.user_id, row.id, now).await?))
}
