//! `POST /v1/session/resume`: the holder of a covered session is back.
//!
//! No lockout ends a session or keeps a tap within grace from resuming it. Passwords typed at a covered screen are
//! counted like those of a sign-in: it is as good a place to guess at.

use axum::{extract::State, response::Response};
use jiff::Timestamp;
use policy::{Factor as Shown, ResumeMethod};
use protocol::{
    secret::WireSecret,
    v1::{
        badge::PresentedBadge,
        problem::{Problem, ProblemCode},
        session::{ChallengeIssued, PASSWORD_SIZE_BYTES_MAX, ResumeFactor, ResumeSession, SessionResumed},
    },
};

use super::in_use;
use crate::{
    app::App,
    auth::{
        credential::PresentedCredential,
        workstation::{ProvenWorkstation, SpentProof},
    },
    error::ApiError,
    identity::{lockout::Factor, name::UserName},
    routes::body::{JsonBody, invalid},
    sign_in::{
        answers::{self, Answer},
        grace,
        next::{self, Step},
        presenting::{self, Presented},
        proving::{self, Secret},
        refusals,
    },
    store::{
        Connection, StoreError,
        attempts::{AttemptKey, Outcome},
        challenges::Purpose,
        failures,
        sessions::{self, SessionRow},
        transact, users,
    },
    trail,
};

/// Resumes, or asks for what is missing. A repeat with the same `attempt_id` and body gets the same answer.
///
/// # Errors
/// `badge.unknown`, `badge.unlisted`, `badge.wait`, `badge.refused`, `badge.of_another`, `badge.unusable`, `sign_in.refused`,
/// `sign_in.locked_out`, `session.unknown`, `session.lapsed`, `session.ended`, `conflict`, `server.busy`.
#[utoipa::path(post, path = "/v1/session/resume", tag = "session", request_body = ResumeSession, responses(
    (status = 200, description = "The screen may be uncovered", body = SessionResumed),
    (status = 202, description = "Another factor is asked", body = ChallengeIssued),
    (status = 401, description = "The password is wrong, no session has this credential here, or it lapsed", body = Problem),
    (status = 403, description = "The badge is another person's, or opens nothing", body = Problem),
    (status = 404, description = "Nobody has this badge", body = Problem),
    (status = 409, description = "The attempt id was used for something else", body = Problem),
    (status = 410, description = "The session has ended; the cause is told", body = Problem),
    (status = 422, description = "A value is out of its range", body = Problem),
    (status = 429, description = "Too many failures for this name here, or too many unknown badges", body = Problem),
    (status = 503, description = "Too many passwords at once, of this workstation or of all", body = Problem),
))]
pub async fn resume(
    State(app): State<App>,
    workstation: ProvenWorkstation,
    credential: PresentedCredential,
    proof: SpentProof,
    JsonBody(request): JsonBody<ResumeSession>,
) -> Result<Response, ApiError> {
    let key = AttemptKey { workstation_id: workstation.id, attempt_id: request.attempt_id };
    let resuming = Resuming { app: &app, workstation: &workstation, credential, proof: &proof, key };
    let answer = match &request.factor {
        ResumeFactor::Badge { badge } if request.renews_grace => {
            presenting::number(badge)?;
            return Err(invalid("A grace period is renewed with password and one-time code."));
        }
        ResumeFactor::Badge { badge } => resuming.by_badge(badge).await?,
        ResumeFactor::Password { password } => resuming.by_password(password, request.renews_grace).await?,
    };
    answer.into_response(&app)
}

#[derive(Clone, Copy)]
struct Resuming<'a> {
    app: &'a App,
    workstation: &'a ProvenWorkstation,
    credential: PresentedCredential,
    proof: &'a SpentProof,
    key: AttemptKey,
}

impl Resuming<'_> {
    async fn by_badge(self, badge: &PresentedBadge) -> Result<Answer, ApiError> {
        let Self { app, workstation, credential, proof, key } = self;
        let number = presenting::number(badge)?;
        let grade = presenting::grade_asked(badge.grade);
        let asked = answers::mac(app, key, &[&credential.0, b"badge", number.as_bytes(), grade]);
        let now = app.clock.now();
        transact!(app.store, |write| {
            proof.spend(write).await?;
            if let Some(answer) = answers::repeated_within(app, write, key, &asked).await? {
                return Ok(answer);
            }
            let row = in_use(write, credential, workstation.id, now).await?;
            sessions::note_credential_used(write, row.id).await?;
            let presented = presenting::look_up(app, write, workstation, (&number, badge.grade), now).await?;
            let (outcome, answer) = self.decide(write, &row, presented, now).await?;
            answers::remember(write, key, asked, outcome, now).await?;
            Ok(answer)
        })
    }

    async fn decide(
        self,
        connection: &mut Connection,
        row: &SessionRow,
        presented: Presented,
        now: Timestamp,
    ) -> Result<(Option<Outcome>, Answer), ApiError> {
        let Self { app, workstation, .. } = self;
        match presented {
            Presented::Names(badge, user) if user.id == row.user_id => {
                let purpose = Purpose::Resume { session_id: row.id };
                let step =
                    Step { user: &user, workstation, purpose, shown: &[Shown::Badge], badge: Some(&badge) };
                let grace =
                    grace::remaining(app, connection, user.id, workstation.id, badge.grade, now).await?;
                let is_enough = grace.is_some() && app.policy.resume_factors().allow(ResumeMethod::Badge);
                if is_enough {
                    next::complete(app, connection, step, now).await
                } else {
                    next::after(app, connection, step, now).await
                }
            }
            // No refused login: it is how the next person begins to take the workstation over.
            Presented::Names(..) => {
                let refusal = ApiError::new(ProblemCode::BadgeOfAnother);
                Ok((Some(Outcome::BadgeOfAnother), Answer::Refused(refusal)))
            }
            Presented::Refused(user) => {
                let about = workstation.about().user(Some(&user));
                trail::refused(connection, about, ProblemCode::BadgeRefused, now).await?;
                let refusal = ApiError::new(ProblemCode::BadgeRefused);
                Ok((Some(Outcome::BadgeRefused), Answer::Refused(refusal)))
            }
            Presented::Unknown { waits: Some(waits) } => {
                let refusal = refusals::badge_waits(connection, workstation, waits, now).await?;
                Ok((None, Answer::Refused(refusal)))
            }
            Presented::Unknown { waits: None } => {
                trail::refused(connection, workstation.about(), ProblemCode::BadgeUnknown, now).await?;
                let refusal = ApiError::new(refusals::unknown_badge(&app.policy));
                Ok((Some(Outcome::BadgeUnknown), Answer::Refused(refusal)))
            }
        }
    }

    async fn by_password(self, password: &WireSecret, renews_grace: bool) -> Result<Answer, ApiError> {
        let Self { app, workstation, credential, proof, key } = self;
        if password.expose().len() > PASSWORD_SIZE_BYTES_MAX {
            return Err(invalid("A password has at most 1024 bytes."));
        }
        let what: &[u8] = if renews_grace { b"renewal" } else { b"password" };
        let asked = answers::mac(app, key, &[&credential.0, what, password.expose().as_bytes()]);
        let place = app.lanes.first_place(workstation.id).await?;
        // Not before: whoever waited may have waited for the first of this very attempt.
        if let Some(answer) = answers::repeated(app, proof, key, &asked).await? {
            return Ok(answer);
        }
        let found = {
            let mut read = app.store.read().await?;
            let row = in_use(&mut read, credential, workstation.id, app.clock.now()).await?;
            users::find(&mut read, row.user_id).await?
        };
        let checked = proving::check(app, found, Secret::Password, password, place).await?;

        let now = app.clock.now();
        transact!(app.store, |write| {
            proof.spend(write).await?;
            if let Some(answer) = answers::repeated_within(app, write, key, &asked).await? {
                return Ok(answer);
            }
            let row = in_use(write, credential, workstation.id, now).await?;
            sessions::note_credential_used(write, row.id).await?;
            let user =
                users::find(write, row.user_id).await?.ok_or(StoreError::Corrupt("user of a session"))?;
            let name = UserName::parse(&user.name).ok_or(StoreError::Corrupt("user name"))?;
            let subject = name.subject(&app.keys.index);
            let about = workstation.about().user(Some(&user));
            let counts = failures::counts(write, subject, workstation.id, Factor::First).await?;
            // She has signed in here: what was guessed elsewhere does not slow her.
            if let Some(left) = counts.locked_for(true, now) {
                refusals::locked_out(write, about, now).await?;
                return Ok(Answer::Refused(refusals::locked_out_for(left)));
            }
            if !checked.is_right_for(&user) || counts.is_suspended(Factor::First) {
                let factor = Factor::First;
                let failure = refusals::Failure { subject, workstation_id: workstation.id, factor };
                refusals::failed(write, about, failure, now).await?;
                answers::remember(write, key, asked, Some(Outcome::FirstRefused), now).await?;
                return Ok(Answer::Refused(ApiError::new(ProblemCode::SignInRefused)));
            }
            let session_id = row.id;
            let purpose =
                if renews_grace { Purpose::Renew { session_id } } else { Purpose::Resume { session_id } };
            let step = Step { user: &user, workstation, purpose, shown: &[Shown::Password], badge: None };
            let (outcome, answer) = next::after(app, write, step, now).await?;
            answers::remember(write, key, asked, outcome, now).await?;
            Ok(answer)
        })
    }
}
