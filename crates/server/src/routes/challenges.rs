//! `POST /v1/challenges/{id}`: what was asked for.
//!
//! A one-time code, a password or a PIN. Each has a count of its own failures; what is wrong takes one of the
//! challenge's tries. What is right may lead to another challenge, until nothing is lacking.

use axum::{
    extract::{Path, State},
    response::Response,
};
use jiff::Timestamp;
use policy::Factor as Shown;
use protocol::{
    secret::WireSecret,
    v1::{
        badge::BadgesRevoked,
        problem::{Problem, ProblemCode},
        session::{
            AnswerChallenge, ChallengeIssued, PASSWORD_SIZE_BYTES_MAX, SecondFactor, SessionOpened,
            SessionResumed,
        },
    },
};
use uuid::Uuid;

use super::body::{JsonBody, invalid};
use crate::{
    app::App,
    auth::workstation::{ProvenWorkstation, SpentProof},
    error::ApiError,
    identity::{lanes::FirstPlace, lockout::Factor, name::UserName, sealing, totp},
    sign_in::{
        answers::{self, Answer},
        next::{self, Step},
        proving::{self, Checked, Secret},
        refusals, rehash,
    },
    store::{
        Connection, StoreError,
        attempts::{AttemptKey, Outcome},
        badges,
        challenges::{self, Challenge},
        failures, transact,
        users::{self, User, totp_place},
    },
};

/// What a challenge leads to that opens no session: as its question was `POST /v1/session/resume` or
/// `POST /v1/badges/lost`.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it stands in the interface's description")]
enum Satisfied {
    /// Of a resume.
    Resumed(SessionResumed),
    /// Of a lost badge.
    BadgesRevoked(BadgesRevoked),
}

/// Answers a challenge. A repeat with the same `attempt_id` and body gets the same answer; a code is
/// accepted once, whoever sends it.
///
/// # Errors
/// `second_factor.refused`, `challenge.over`, `sign_in.locked_out`, `user.disabled`, `conflict`.
#[utoipa::path(post, path = "/v1/challenges/{id}", tag = "sessions", request_body = AnswerChallenge,
    params(("id" = Uuid, Path, description = "Of `202` to a sign-in or a resume")), responses(
    (status = 200, description = "The session is resumed, or her badges are revoked", body = Satisfied),
    (status = 201, description = "Signed in", body = SessionOpened),
    (status = 202, description = "It was right, and another factor is asked", body = ChallengeIssued),
    (status = 401, description = "It is wrong, stale or was used, or the proof", body = Problem),
    (status = 403, description = "The account or the workstation signs in nobody", body = Problem),
    (status = 409, description = "The attempt id was used for something else", body = Problem),
    (status = 410, description = "The challenge or the session is over", body = Problem),
    (status = 422, description = "This challenge is not satisfied by that", body = Problem),
    (status = 429, description = "Too many failures for this name here", body = Problem),
    (status = 503, description = "Too many passwords at once, of this workstation or of all", body = Problem),
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
    let given = Given::of(&request.factor)?;
    let asked = given.asked(&app, key, id);
    let mut checked = None;
    if let Some(which) = given.secret() {
        let place = app.lanes.first_place(workstation.id).await?;
        // Not before: whoever waited may have waited for the first of this very attempt.
        if let Some(answer) = answers::repeated(&app, &proof, key, &asked).await? {
            return answer.into_response(&app);
        }
        // What takes no answer costs no hash. It tells of no name: a challenge is made
        // only for whom a badge or a right password has named.
        let user = {
            let mut read = app.store.read().await?;
            let challenge = find(&mut read, id, &workstation, app.clock.now()).await?;
            given.must_be_asked_by(&challenge)?;
            users::find(&mut read, challenge.user_id).await?
        };
        let was = proving::check(&app, user, which, given.text, place.clone()).await?;
        checked = Some((was, place));
    }

    let now = app.clock.now();
    let (answer, user) = transact!(app.store, |write| {
        proof.spend(write).await?;
        workstation.require_good_standing_still(write).await?;
        if let Some(answer) = answers::repeated_within(&app, write, key, &asked).await? {
            return Ok((answer, None));
        }
        // Again: it may have been answered, or have run out, while the hash took its time.
        let challenge = find(write, id, &workstation, now).await?;
        given.must_be_asked_by(&challenge)?;
        let user =
            users::find(write, challenge.user_id).await?.ok_or(StoreError::Corrupt("user of a challenge"))?;
        let answering = Answering { workstation: &workstation, challenge: &challenge, user: &user };
        let was = checked.as_ref().map(|(was, _)| was);
        let (outcome, answer) = decide(&app, write, answering, &given, was, now).await?;
        answers::remember(write, key, asked, outcome, now).await?;
        Ok::<_, ApiError>((answer, Some(user)))
    })?;
    if let Some(((_, place), user)) = checked.zip(user) {
        renew_hash(&app, &given, &answer, user, place);
    }
    answer.into_response(&app)
}

/// The challenge, if it still takes answers here.
async fn find(
    connection: &mut Connection,
    id: Uuid,
    workstation: &ProvenWorkstation,
    now: Timestamp,
) -> Result<Challenge, ApiError> {
    let challenge = challenges::find(connection, id, workstation.id).await?;
    challenge.filter(|known| known.takes_answers(now)).ok_or(ApiError::new(ProblemCode::ChallengeOver))
}

/// What was given, and which factor it is.
struct Given<'a> {
    factor: Shown,
    text: &'a WireSecret,
}

impl<'a> Given<'a> {
    fn of(given: &'a SecondFactor) -> Result<Self, ApiError> {
        let (factor, text) = match given {
            SecondFactor::Totp { code } => (Shown::Totp, code),
            SecondFactor::Password { password } => (Shown::Password, password),
            SecondFactor::Pin { pin } => (Shown::Pin, pin),
        };
        if text.expose().len() > PASSWORD_SIZE_BYTES_MAX {
            return Err(invalid("A password or PIN has at most 1024 bytes."));
        }
        Ok(Self { factor, text })
    }

    fn must_be_asked_by(&self, challenge: &Challenge) -> Result<(), ApiError> {
        if challenge.asks.contains(&self.factor) {
            return Ok(());
        }
        Err(invalid("This challenge is not satisfied by that."))
    }

    /// What is hashed, and so checked outside the transaction.
    const fn secret(&self) -> Option<Secret> {
        match self.factor {
            Shown::Password => Some(Secret::Password),
            Shown::Pin => Some(Secret::Pin),
            Shown::Totp | Shown::Badge => None,
        }
    }

    /// Under which its failures are counted.
    const fn counted(&self) -> Factor {
        match self.factor {
            Shown::Password => Factor::First,
            Shown::Pin => Factor::Pin,
            Shown::Totp | Shown::Badge => Factor::Second,
        }
    }

    fn asked(&self, app: &App, key: AttemptKey, challenge: Uuid) -> [u8; 32] {
        let text = self.text.expose().as_bytes();
        match self.factor {
            Shown::Password => answers::mac(app, key, &[challenge.as_bytes(), b"password", text]),
            Shown::Pin => answers::mac(app, key, &[challenge.as_bytes(), b"pin", text]),
            Shown::Totp | Shown::Badge => answers::mac(app, key, &[challenge.as_bytes(), text]),
        }
    }
}

#[derive(Clone, Copy)]
struct Answering<'a> {
    workstation: &'a ProvenWorkstation,
    challenge: &'a Challenge,
    user: &'a User,
}

/// What becomes of the answer. That of somebody locked out was not looked at, and is not remembered.
async fn decide(
    app: &App,
    connection: &mut Connection,
    answering: Answering<'_>,
    given: &Given<'_>,
    checked: Option<&Checked>,
    now: Timestamp,
) -> Result<(Option<Outcome>, Answer), ApiError> {
    let Answering { workstation, challenge, user } = answering;
    let name = UserName::parse(&user.name).ok_or(StoreError::Corrupt("user name"))?;
    let subject = name.subject(&app.keys.index);
    let about = workstation.about().user(Some(user));
    let factor = given.counted();
    let is_known_here = users::is_known_place(connection, &name, workstation.id, now).await?;
    let counts = failures::counts(connection, subject, workstation.id, factor).await?;
    if let Some(left) = counts.locked_for(is_known_here, now) {
        refusals::locked_out(connection, about, now).await?;
        return Ok((None, Answer::Refused(refusals::locked_out_for(left))));
    }
    let is_suspended = counts.is_suspended(factor);
    let is_accepted = match checked {
        // A suspended password or PIN opens nothing, right or wrong, and does not say which it was.
        Some(checked) => checked.is_right_for(user) && !is_suspended,
        None => spend_code(app, connection, user, given.text).await?,
    };
    if !is_accepted {
        challenges::take_try(connection, challenge.id).await?;
        let tries_left = challenge.tries_left.saturating_sub(1);
        let failure = refusals::Failure { subject, workstation_id: workstation.id, factor };
        refusals::failed(connection, about, failure, now).await?;
        let refusal = ApiError::new(ProblemCode::SecondFactorRefused).tries_left(tries_left);
        return Ok((Some(Outcome::SecondRefused { tries_left }), Answer::Refused(refusal)));
    }
    challenges::satisfy(connection, challenge.id, now).await?;
    if is_suspended {
        refusals::disabled(connection, about, now).await?;
        let refusal = ApiError::new(ProblemCode::UserDisabled);
        return Ok((Some(Outcome::Disabled), Answer::Refused(refusal)));
    }
    let badge = match challenge.badge_id {
        Some(id) => badges::find_by_id(connection, id).await?,
        None => None,
    };
    // Revoked since: it names nobody any more, and what was shown beside it begins nothing.
    if challenge.badge_id.is_some() && badge.is_none_or(|badge| badge.revoked_at.is_some()) {
        crate::trail::refused(connection, about, ProblemCode::BadgeRefused, now).await?;
        let refusal = ApiError::new(ProblemCode::BadgeRefused);
        return Ok((Some(Outcome::BadgeRefused), Answer::Refused(refusal)));
    }
    let shown: Vec<Shown> = challenge.shown.iter().copied().chain([given.factor]).collect();
    let purpose = challenge.purpose;
    let step = Step { user, workstation, purpose, shown: &shown, badge: badge.as_ref() };
    next::after(app, connection, step, now).await
}

async fn spend_code(
    app: &App,
    connection: &mut Connection,
    user: &User,
    code: &WireSecret,
) -> Result<bool, StoreError> {
    let secret = sealing::open(&app.keys.field, totp_place(user.id), &user.totp_sealed)
        .map_err(|_| StoreError::Corrupt("TOTP secret"))?;
    let step = totp::matching_step(&secret, code, app.clock.wall())
        .map_err(|_| StoreError::Corrupt("TOTP secret"))?;
    match step {
        Some(step) => users::spend_totp_step(connection, user.id, step).await,
        None => Ok(false),
    }
}

fn renew_hash(app: &App, given: &Given<'_>, answer: &Answer, user: User, place: FirstPlace) {
    let was_accepted = !matches!(answer, Answer::Refused(_) | Answer::RefusedAndTold(..));
    if was_accepted && given.factor == Shown::Password {
        rehash::if_outdated(app, user, given.text, place);
    }
}
