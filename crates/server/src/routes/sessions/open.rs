//! `POST /v1/sessions`: the first factor.
//!
//! One path for everybody: the same reads, one hash, one transaction with the same writes, whether the
//! name is known or not, locked or not. What differs is decided after the hash, on rows read within the
//! transaction: what an administrator changed while the password was checked holds.

use audit::record::Factors;
use axum::{Json, extract::State, http::StatusCode, response::IntoResponse as _, response::Response};
use jiff::Timestamp;
use policy::{Factor as Shown, Lacking, lockout};
use protocol::v1::{
    problem::{Problem, ProblemCode},
    session::{
        ChallengeIssued, FirstFactor, OpenSession, PASSWORD_SIZE_BYTES_MAX, SecondFactorKind, SessionOpened,
        USER_NAME_SIZE_BYTES_MAX,
    },
};
use uuid::Uuid;

use crate::{
    app::App,
    auth::workstation::{ProvenWorkstation, SpentProof},
    error::ApiError,
    identity::{lockout::Factor, name::UserName},
    routes::body::{JsonBody, invalid},
    sign_in::{
        answers::{self, Answer},
        opening, refusals, rehash,
    },
    store::{
        attempts::{AttemptKey, Outcome},
        challenges::{self, Challenge},
        failures, users,
    },
};

/// Begins a sign-in. A repeat with the same `attempt_id` and body gets the same answer.
///
/// # Errors
/// `sign_in.refused`, `sign_in.locked_out`, `workstation.cloned`, `conflict`, `server.busy`.
#[utoipa::path(post, path = "/v1/sessions", tag = "sessions", request_body = OpenSession, responses(
    (status = 201, description = "Signed in: policy asks for no second factor", body = SessionOpened),
    (status = 202, description = "A second factor is asked", body = ChallengeIssued),
    (status = 401, description = "Name or password is wrong, or the proof", body = Problem),
    (status = 403, description = "The workstation signs nobody in", body = Problem),
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
    let FirstFactor::Password { name: typed, password } = &request.factor else {
        return Err(ApiError::new(ProblemCode::BadgeUnknown));
    };
    let name = check(typed, password.expose())?;
    let asked = answers::mac(&app, key, &[typed.as_bytes(), password.expose().as_bytes()]);
    let place = app.lanes.first_place(workstation.id).await?;
    // Not before: whoever waited may have waited for the first of this very attempt.
    if let Some(answer) = answers::repeated(&app, &proof, key, &asked).await? {
        return answer.into_response(&app);
    }

    let checked = {
        let mut read = app.store.read().await?;
        users::find_by_name(&mut read, &name).await?
    };
    let hash = checked.as_ref().map(|user| user.password_hash.as_str());
    let was_right = app.passwords.verify(password, hash, place.clone()).await?;

    let now = app.clock.now();
    let mut write = app.store.write().await?;
    proof.spend(&mut write).await?;
    workstation.require_good_standing_still(&mut write).await?;
    if let Some(answer) = answers::repeated_within(&app, &mut write, key, &asked).await? {
        write.commit().await?;
        return answer.into_response(&app);
    }
    let user = users::find_by_name(&mut write, &name).await?;
    // Her hash may have got another cost meanwhile; the password is the same while its number is.
    let which = |user: &users::User| (user.id, user.password_number);
    let is_right = was_right && user.as_ref().map(which) == checked.as_ref().map(which);
    let subject = name.subject(&app.keys.index);
    let is_known_here = users::is_known_place(&mut write, &name, workstation.id, now).await?;
    let counts = failures::counts(&mut write, subject, workstation.id, Factor::First).await?;
    let about = workstation.about().user(user.as_ref());
    if let Some(left) = counts.locked_for(is_known_here, now) {
        refusals::locked_out(&mut write, about, now).await?;
        write.commit().await?;
        return Err(refusals::locked_out_for(left));
    }
    // A suspended password opens nothing, right or wrong, and does not say which it was.
    let Some(user) = user.filter(|_| is_right && !counts.is_suspended()) else {
        let failure = refusals::Failure { subject, workstation_id: workstation.id, factor: Factor::First };
        refusals::failed(&mut write, about, failure, now).await?;
        answers::remember(&mut write, key, asked, Outcome::FirstRefused, now).await?;
        write.commit().await?;
        return Err(ApiError::new(ProblemCode::SignInRefused));
    };
    let answer = match app.policy.sign_in_factors().lacking(&[Shown::Password]) {
        Lacking::AnyOf(_) => {
            let challenge = challenge(&user, &workstation, now);
            challenges::insert(&mut write, &challenge).await?;
            answers::remember(&mut write, key, asked, Outcome::Challenged(challenge.id), now).await?;
            Answer::Challenged(issued(&challenge, now))
        }
        Lacking::Nothing if user.disabled_at.is_some() => {
            refusals::disabled(&mut write, about, now).await?;
            answers::remember(&mut write, key, asked, Outcome::Disabled, now).await?;
            Answer::Refused(ApiError::new(ProblemCode::UserDisabled))
        }
        Lacking::Nothing => {
            let opened = opening::open(&app, &mut write, &user, &workstation, Factors::Password, now).await?;
            answers::remember(&mut write, key, asked, Outcome::Opened(opened.session_id), now).await?;
            Answer::Opened(opened)
        }
    };
    write.commit().await?;
    if !matches!(answer, Answer::Refused(_)) {
        rehash::if_outdated(&app, user, password, place);
    }
    answer.into_response(&app)
}

/// The challenge as the client is told of it.
#[must_use]
pub fn issued(challenge: &Challenge, now: Timestamp) -> ChallengeIssued {
    let left = challenge.expires_at.duration_since(now);
    ChallengeIssued {
        challenge_id: challenge.id,
        satisfied_by: vec![SecondFactorKind::Totp],
        expires_in_ms: u64::try_from(left.as_millis()).unwrap_or(0),
        tries_left: challenge.tries_left,
        user: None,
    }
}

fn check(name: &str, password: &str) -> Result<UserName, ApiError> {
    if password.len() > PASSWORD_SIZE_BYTES_MAX {
        return Err(invalid("A password has at most 1024 bytes."));
    }
    if name.len() > USER_NAME_SIZE_BYTES_MAX {
        return Err(invalid("A name has at most 256 bytes."));
    }
    UserName::parse(name).ok_or_else(|| invalid("A name is not empty and has no control characters."))
}

fn challenge(user: &users::User, workstation: &ProvenWorkstation, now: Timestamp) -> Challenge {
    Challenge {
        id: Uuid::new_v4(),
        workstation_id: workstation.id,
        user_id: user.id,
        expires_at: now.saturating_add(lockout::CHALLENGE_LIFETIME).unwrap_or(Timestamp::MAX),
        tries_left: lockout::CHALLENGE_TRIES_MAX,
        is_satisfied: false,
    }
}

impl Answer {
    /// The answer as it is sent.
    ///
    /// # Errors
    /// The refusal, where it is one.
    pub fn into_response(self, app: &App) -> Result<Response, ApiError> {
        match self {
            Self::Challenged(challenge) => Ok((StatusCode::ACCEPTED, Json(challenge)).into_response()),
            Self::Opened(opened) => {
                app.deadlines_changed.notify_one();
                let mut response = (StatusCode::CREATED, Json(opened)).into_response();
                response.extensions_mut().insert(crate::auth::workstation::RollNonce);
                Ok(response)
            }
            Self::Refused(refusal) => Err(refusal),
        }
    }
}
