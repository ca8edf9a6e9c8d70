//! `POST /v1/sessions`: the first factor.
//!
//! A badge has its own way (`sign_in/by_badge.rs`). For a name there is one path for everybody: the same reads, one hash, one transaction with the same writes, whether the
//! name is known or not, locked or not. What differs is decided after the hash, on rows read within the
//! transaction: what an administrator changed while the password was checked holds.

use axum::{extract::State, response::Response};
use policy::Factor as Shown;
use protocol::{
    secret::WireSecret,
    v1::{
        problem::{Problem, ProblemCode},
        session::{
            ChallengeIssued, FirstFactor, OpenSession, PASSWORD_SIZE_BYTES_MAX, SessionOpened,
            USER_NAME_SIZE_BYTES_MAX,
        },
    },
};

use crate::{
    app::App,
    auth::workstation::{ProvenWorkstation, SpentProof},
    error::ApiError,
    identity::{lockout::Factor, name::UserName},
    routes::body::{JsonBody, invalid},
    sign_in::{
        answers::{self, Answer},
        by_badge,
        next::{self, Step},
        proving::{self, Secret},
        refusals, rehash,
    },
    store::{
        attempts::{AttemptKey, Outcome},
        challenges::Purpose,
        failures, users,
    },
};

/// Begins a sign-in. A repeat with the same `attempt_id` and body gets the same answer.
///
/// # Errors
/// `sign_in.refused`, `sign_in.locked_out`, `badge.unknown`, `badge.refused`, `badge.unusable`, `workstation.cloned`,
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
            let typed = Typed { name, password };
            by_password(&app, &workstation, &proof, key, typed).await?
        }
        FirstFactor::Badge { badge } => by_badge::open(&app, &workstation, &proof, key, badge).await?,
    };
    answer.into_response(&app)
}

/// What was typed.
#[derive(Debug, Clone, Copy)]
struct Typed<'a> {
    name: &'a str,
    password: &'a WireSecret,
}

async fn by_password(
    app: &App,
    workstation: &ProvenWorkstation,
    proof: &SpentProof,
    key: AttemptKey,
    typed: Typed<'_>,
) -> Result<Answer, ApiError> {
    let Typed { name: typed_name, password } = typed;
    let name = check(typed_name, password.expose())?;
    let asked = answers::mac(app, key, &[typed_name.as_bytes(), password.expose().as_bytes()]);
    let place = app.lanes.first_place(workstation.id).await?;
    // Not before: whoever waited may have waited for the first of this very attempt.
    if let Some(answer) = answers::repeated(app, proof, key, &asked).await? {
        return Ok(answer);
    }

    let found = {
        let mut read = app.store.read().await?;
        users::find_by_name(&mut read, &name).await?
    };
    let checked = proving::check(app, found, Secret::Password, password, place.clone()).await?;

    let now = app.clock.now();
    let mut write = app.store.write().await?;
    proof.spend(&mut write).await?;
    workstation.require_good_standing_still(&mut write).await?;
    if let Some(answer) = answers::repeated_within(app, &mut write, key, &asked).await? {
        write.commit().await?;
        return Ok(answer);
    }
    let user = users::find_by_name(&mut write, &name).await?;
    let is_right = user.as_ref().is_some_and(|user| checked.is_right_for(user));
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
    let Some(user) = user.filter(|_| is_right && !counts.is_suspended(Factor::First)) else {
        let failure = refusals::Failure { subject, workstation_id: workstation.id, factor: Factor::First };
        refusals::failed(&mut write, about, failure, now).await?;
        answers::remember(&mut write, key, asked, Some(Outcome::FirstRefused), now).await?;
        write.commit().await?;
        return Err(ApiError::new(ProblemCode::SignInRefused));
    };
    let shown = &[Shown::Password];
    let step = Step { user: &user, workstation, purpose: Purpose::SignIn, shown, badge: None };
    let (outcome, answer) = next::after(app, &mut write, step, now).await?;
    answers::remember(&mut write, key, asked, outcome, now).await?;
    write.commit().await?;
    if !matches!(answer, Answer::Refused(_)) {
        rehash::if_outdated(app, user, password, place);
    }
    Ok(answer)
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
