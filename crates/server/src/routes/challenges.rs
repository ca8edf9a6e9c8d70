//! `POST /v1/challenges/{id}`: the second factor.

use audit::record::Factors;
use axum::{
    extract::{Path, State},
    response::Response,
};
use protocol::v1::{
    problem::{Problem, ProblemCode},
    session::{AnswerChallenge, SecondFactor, SessionOpened},
};
use uuid::Uuid;

use super::body::JsonBody;
use crate::{
    app::App,
    auth::workstation::{ProvenWorkstation, SpentProof},
    error::ApiError,
    identity::{lockout::Factor, name::UserName, sealing, totp},
    sign_in::{
        answers::{self, Answer},
        opening, refusals,
    },
    store::{
        StoreError,
        attempts::{AttemptKey, Outcome},
        challenges, failures,
        users::{self, totp_place},
    },
};

/// Answers a challenge. A repeat with the same `attempt_id` and body gets the same answer; a code is
/// accepted once, whoever sends it.
///
/// # Errors
/// `second_factor.refused`, `challenge.over`, `sign_in.locked_out`, `user.disabled`, `conflict`.
#[utoipa::path(post, path = "/v1/challenges/{id}", tag = "sessions", request_body = AnswerChallenge,
    params(("id" = Uuid, Path, description = "Of `202` to `POST /v1/sessions`")), responses(
    (status = 201, description = "Signed in", body = SessionOpened),
    (status = 401, description = "The code is wrong, stale or was used, or the proof", body = Problem),
    (status = 403, description = "The account or the workstation signs in nobody", body = Problem),
    (status = 409, description = "The attempt id was used for something else", body = Problem),
    (status = 410, description = "The challenge is over", body = Problem),
    (status = 429, description = "Too many failures for this name here", body = Problem),
))]
pub async fn answer(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    workstation: ProvenWorkstation,
    proof: SpentProof,
    JsonBody(request): JsonBody<AnswerChallenge>,
) -> Result<Response, ApiError> {
    workstation.require_good_standing()?;
    let key = AttemptKey { workstation_id: workstation.id, attempt_id: request.attempt_id };
    let SecondFactor::Totp { code } = &request.factor else {
        return Err(ApiError::new(ProblemCode::ChallengeOver));
    };
    let asked = answers::mac(&app, key, &[id.as_bytes(), code.expose().as_bytes()]);

    let now = app.clock.now();
    let mut write = app.store.write().await?;
    proof.spend(&mut write).await?;
    workstation.require_good_standing_still(&mut write).await?;
    if let Some(answer) = answers::repeated_within(&app, &mut write, key, &asked).await? {
        write.commit().await?;
        return answer.into_response(&app);
    }
    let challenge = challenges::find(&mut write, id, workstation.id).await?;
    let Some(challenge) = challenge.filter(|known| known.takes_answers(now)) else {
        write.commit().await?;
        return Err(ApiError::new(ProblemCode::ChallengeOver));
    };
    let user = users::find(&mut write, challenge.user_id)
        .await?
        .ok_or(StoreError::Corrupt("user of a challenge"))?;
    let name = UserName::parse(&user.name).ok_or(StoreError::Corrupt("user name"))?;
    let subject = name.subject(&app.keys.index);
    let about = workstation.about().user(Some(&user));
    let is_known_here = users::is_known_place(&mut write, &name, workstation.id, now).await?;
    let counts = failures::counts(&mut write, subject, workstation.id, Factor::Second).await?;
    if let Some(left) = counts.locked_for(is_known_here, now) {
        refusals::locked_out(&mut write, about, now).await?;
        write.commit().await?;
        return Err(refusals::locked_out_for(left));
    }

    let secret = sealing::open(&app.keys.field, totp_place(user.id), &user.totp_sealed)
        .map_err(|_| StoreError::Corrupt("TOTP secret"))?;
    let step = totp::matching_step(&secret, code, app.clock.wall())
        .map_err(|_| StoreError::Corrupt("TOTP secret"))?;
    let is_accepted = match step {
        Some(step) => users::spend_totp_step(&mut write, user.id, step).await?,
        None => false,
    };
    let (outcome, answer) = if !is_accepted {
        challenges::take_try(&mut write, id).await?;
        let tries_left = challenge.tries_left.saturating_sub(1);
        let failure = refusals::Failure { subject, workstation_id: workstation.id, factor: Factor::Second };
        refusals::failed(&mut write, about, failure, now).await?;
        let refusal = ApiError::new(ProblemCode::SecondFactorRefused).tries_left(tries_left);
        (Outcome::SecondRefused { tries_left }, Answer::Refused(refusal))
    } else if user.disabled_at.is_some() || counts.is_suspended() {
        challenges::satisfy(&mut write, id, now).await?;
        refusals::disabled(&mut write, about, now).await?;
        (Outcome::Disabled, Answer::Refused(ApiError::new(ProblemCode::UserDisabled)))
    } else {
        challenges::satisfy(&mut write, id, now).await?;
        let opened = opening::open(&app, &mut write, &user, &workstation, Factors::PasswordTotp, now).await?;
        (Outcome::Opened(opened.session_id), Answer::Opened(opened))
    };
    answers::remember(&mut write, key, asked, outcome, now).await?;
    write.commit().await?;
    answer.into_response(&app)
}
